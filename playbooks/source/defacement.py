"""The bank's web site shows what the bank did not put there: words and pictures, but also account numbers, phone numbers, rates, links or scripts."""
from common import (CREATED, IS_INCIDENT, PERSONAL_DATA, answers, branch_opening, business, calendar, close_record, decide, exception, final_data, final_report, follow_up,
                    improve, intake, judge, judge_data, name_authority, no_incident, outside, phone_boj, phone_fsa, police, preserve, prove_cause, publish, rate, reopen, report_data,
                    reports, resume, review, share)
from dsl import IF, PAR, SWITCH, WHILE, A

ARRIVAL = [
    intake("channels/csirt_lead",
           ("Photograph page and address bar, save the page with its source and the time, from two lines (one outside); do not log in there.",
            "画面とアドレスバーを撮影し、行内外の2回線からページとソースを時刻とともに保存する。当該画面でログインしない。"),
           ("Note which pages, and whether the login button to internet banking is on them.", "該当ページ及びIBログインボタンの有無を記録する。")),
    decide(("Compare with the approved master of the page and with the record of publications; ask the agency whether it changed anything.",
            "承認済み原本及び更新記録と照合し、制作会社に更新の有無を確認する。"),
           ("Rule out a false name or address: is the page ours, or a copy on another server? A copy is phishing, another playbook.",
            "名前解決の改ざん及び偽サイトとの別を確認する。他所の模倣サイトはフィッシング対応の手順書による。")),
]

SITE = [
    judge(("Keep a copy of the machine or of all files with times and of the memory before the page is changed; if the altered page harms visitors now, the sorry page comes first.",
           "ページ変更前にサーバー全体（又は時刻付き全ファイル）とメモリの取得を優先するか、閲覧者に被害が及ぶ場合にお詫びページへの切替を優先するか判断する。"), by="detection+PT45M"),
    A("sorry_page", "containment", "channels/public_relations", ("Switch to the sorry page and cut the login link", "お詫びページへ切り替え、ログイン導線を切断する"),
      ("Point the name to a page on another server, static, without scripts and without links to login; empty the caches of content delivery.",
       "別サーバー上の静的なお詫びページ（スクリプト及びログインリンクなし）へ切り替え、配信事業者のキャッシュを消去する。"),
      ("Say there how customers reach internet banking safely (app, own bookmark) or that it is stopped, and the phone number, read aloud by a second person.",
       "IBへの安全な経路（アプリ、登録済みブックマーク）又は停止の旨及び電話番号を記載し、電話番号は2名で読み合わせる。"),
      ("Confirm from three outside lines and by phone app that the altered page is gone.", "外部3回線及びアプリから改ざんページが表示されないことを確認する。"),
      evidence=("time of switching, pictures before and after", "切替時刻及び前後の画面"), by="detection+PT1H", clauses="4-1.1 4-1.2", needs="authority_named evidence_judged", priority=1),
    A("lock_out", "containment", "it_operations/csirt_lead", ("Lock the attacker out of the publishing system", "更新系から攻撃者を締め出す"),
      ("Stop publication; disable all accounts of content management, file transfer, host's console, domain registrar and name servers but one, renewed from a clean machine.",
       "更新を停止し、CMS、ファイル転送、ホスティング管理画面、ドメイン登録及びネームサーバーのIDを、健全な端末で更新した1個を除き無効化する。"),
      ("Cut the site's ways to the inside: forms, databases, mail, single sign-on with internet banking.", "サイトから行内への経路（フォーム、データベース、メール、IBとの連携）を遮断する。"),
      evidence=("accounts disabled, ways cut, with time", "無効化ID及び遮断経路一覧（時刻入り）"), by="detection+PT1H30M", clauses="4-1.1", needs="authority_named evidence_judged", priority=1),
    A("propose_ib", "containment", "channels/crisis_head", ("Decide whether internet banking is stopped too", "IBの停止要否を判断する"),
      ("Weigh: hour and length, customers and cut-offs hit, substitutes, the app's own line; against visitors led astray by the altered page.",
       "停止時間帯・期間、影響顧客・取引時限、代替手段及びアプリの別経路と、改ざんページによる誘導被害を比較する。"),
      ("Look at the same server's other sites, and whether internet banking loads scripts or pictures from there.", "同一サーバーの他サイト及びIB画面が当該サイトの部品を読み込んでいないか確認する。"),
      evidence=("comparison, decision", "比較表及び決定記録"), approve="crisis_head", by="detection+PT1H30M", clauses="4-1.3 4-1.4", needs="authority_named", out="__stop_ib__", priority=1),
    IF("stop_ib_q", ("Internet banking is to be stopped?", "IBを停止するか"), "__stop_ib__:value = true", [
        A("stop_ib", "containment", "channels/system_owner", ("Stop internet banking in order", "IBを所定の手順で停止する"),
          ("Announce, let transfers under way end, close logins, then sessions; note the last transaction.", "告知のうえ、処理中の振込の完了を待ってログイン、セッションの順に停止し、最終取引を記録する。"),
          ("Tell the joint provider and API partners first.", "IB共同センター及びAPI接続先へ事前に連絡する。"),
          evidence=("time and last transaction", "停止時刻及び最終取引"), by="step:propose_ib+PT30M", clauses="4-1.1 4-a", needs="authority_named evidence_judged", priority=1)], phase="containment"),
]

EXAMINE = [
    preserve(("Have the hosting firm keep its logs at once, by phone and in writing: web server, content management, file transfer, console, database, for 90 days.",
              "ホスティング事業者へ電話及び書面で、Web、CMS、ファイル転送、管理画面及びデータベースの過去90日分のログ保全を直ちに依頼する。"),
             ("Copy all files with times; keep the caches of search engines and of the web archive.", "全ファイルを時刻情報とともに複製し、検索サイト等のキャッシュを保存する。"), by="detection+PT4H"),
    A("analyse", "analysis", "forensics/csirt_lead", ("Find what was altered, since when and how", "改ざん箇所、期間及び手口を分析する"),
      ("Compare every file, database page and setting with the master; look above all at account numbers, phone numbers, interest rates, fees, forms, downloads, login links and scripts.",
       "全ファイル、データベース及び設定を原本と照合する。特に口座番号、電話番号、金利、手数料、入力フォーム、配布ファイル、ログインリンク及びスクリプトを確認する。"),
      ("Establish from the copied logs: first change, way in (hole in content management, stolen account, supplier), what else that account can reach.",
       "複製ログから、最初の改ざん、経路（CMSの脆弱性、ID窃取、委託先）及び当該IDの到達範囲を特定する。"),
      ("Say who visited the altered pages in the period, by number, and what may have happened to them and to operations.",
       "期間中の閲覧者数並びに閲覧者及び業務に生じうる被害を示す。"),
      ("Answer what was altered (display, content, malware), whether visitors may be harmed and whether differences from the master remain.",
       "改ざんの種類（display：表示のみ、content：取引に関わる記載・リンク、malware：不正プログラム配布）、閲覧者被害の可能性及び原本との差異の残存を回答する。"),
      evidence=("list of changes with times, way in, number of visitors", "改ざん箇所一覧（時刻入り）、経路及び閲覧者数"), by="detection+PT12H", clauses="2-1.1", needs="evidence_preserved", gives="impact_known",
      out="__altered__ __visitors_harmed__ __differs__", priority=1),
    SWITCH("altered", ("What was altered?", "何が改ざんされたか"), "__altered__", {
        "content": (("Numbers, rates or links that customers act on", "取引に関わる記載・リンク"), [
            A("misled", "containment", "fraud_desk/channels", ("Stop payments and logins led astray", "誘導された送金・ログインによる被害を防止する"),
              ("For a false account number: ask the receiving bank to freeze, recall transfers. For a false phone number: have the carrier stop the line. For a false login: lock customers who logged in, reset passwords.",
               "偽口座は受取銀行へ凍結を依頼し組戻しを行う。偽電話番号は通信事業者へ停止を依頼する。偽ログインは該当顧客の利用を停止し再設定する。"),
              ("For a false rate or fee: have legal decide which one holds for contracts made in the period.", "金利・手数料の誤表示は、期間中の契約に適用する条件を法務が判断する。"),
              evidence=("cases found, steps taken", "該当取引及び措置一覧"), by="step:analyse+PT1H", clauses="4-1.1 4-1.2", needs="authority_named evidence_judged", priority=1)]),
        "malware": (("Visitors were given malware", "不正プログラムの配布"), [
            A("sample", "analysis", "forensics/csirt_lead", ("Find out what visitors were given and how to be rid of it", "配布物の種類と駆除方法を特定する"),
              ("Analyse a copy; name systems hit, detection names, removal; send it to vendors of protection and JPCERT/CC.", "検体を解析し、影響する環境、検知名及び駆除方法を特定し、対策ベンダー及びJPCERT/CCへ提供する。"),
              ("Check the bank's own PCs that visited the site.", "当該サイトを閲覧した行内端末を確認する。"),
              evidence=("result of the analysis", "解析結果"), by="step:analyse+PT12H", clauses="2-1.1 3-5", needs="evidence_preserved", priority=1)]),
        "default": (("Words and pictures only", "表示のみ"), [
            A("message", "analysis", "general_affairs/csirt_lead", ("Read the message: is more announced?", "書込み内容を分析し、後続攻撃の予告を確認する"),
              ("Look for threats against staff, branches, dates; compare with notices on other firms and on social media.", "行員・店舗への脅迫、日付等の予告の有無を確認し、他社事例及びSNSの投稿と照合する。"),
              ("Warn guards and branches if persons are threatened; expect denial of service next.", "人身への脅迫がある場合は警備・営業店へ通知する。続くDDoS攻撃に備える。"),
              evidence=("message, judgement", "書込み内容及び評価"), by="step:analyse+PT4H", clauses="2-1.1", priority=3)])}, phase="analysis"),
    IF("harmed", ("Visitors may have been harmed?", "閲覧者に被害が及ぶ可能性があるか"), "__visitors_harmed__:value = true", [
        A("tell_visitors", "coordination", "channels/public_relations", ("Tell the visitors of the period", "期間中の閲覧者へ周知する"),
          ("Publish from when to when, which pages, what may have happened, how to check and what to do; by mail to customers who logged in then.",
           "閲覧期間、対象ページ、想定被害、確認方法及び対処を公表し、期間中のログイン顧客へは個別に連絡する。"),
          ("Set up a phone line for those who typed something in; help with the removal.", "情報を入力した閲覧者の専用窓口を設け、駆除方法を案内する。"),
          evidence=("notice, customers written to", "周知文及び個別連絡件数"), by="detection+P1D", clauses="3-2", needs="authorities_told", priority=1)], phase="coordination"),
]

TECHNICAL = [
    name_authority(("Phone hosting firm, web agency, content delivery and domain registrar: contract number and password at hand.",
                    "ホスティング事業者、制作会社、配信事業者及びドメイン登録事業者へ、契約番号・認証情報を用意して電話する。"), by="detection+PT35M"),
    PAR("lines", ("Change over and examine", "切替・封じ込めと調査を並行して進める"), SITE, EXAMINE),
    PAR("mend", ("Mend the site, and find what was lost in the period", "サイトの修復と期間中の申込等の確認を並行して行う"), [
        A("remove", "eradication", "it_operations/csirt_lead", ("Remove the cause and raise the guard", "原因を除去し、防御を強化する"),
          ("Patch or replace the content management; remove web shells, accounts, tasks; new keys for publishing; all sites on the same host likewise.",
           "CMSを修正又は更改し、Webシェル、不正ID及びタスクを除去し、更新用の認証情報を新しくする。同一サーバーの全サイトも同様とする。"),
          ("Allow publishing only from named addresses with multi-factor and a second person's release; switch web filter and alarm on changed files on.",
           "更新元を限定し、多要素認証及び再鑑者の公開承認を必須とする。WAF及び改ざん検知を有効にする。"),
          ("Have an outside expert test the site before it returns.", "公開前に外部専門家の脆弱性診断を受ける。"),
          evidence=("list of removals and changes, test report", "除去・変更一覧及び診断報告書"), by="detection+P3D", clauses="5-1.1 5-1.2 5-1.3 4-1.6", needs="impact_known", gives="cause_known", priority=2),
        WHILE("until_same", ("Differences from the master remain?", "原本との差異が残っているか"), "__differs__:value = true", 8, [
            A("rebuild", "recovery", "it_operations/channels", ("Build the site anew from the master and compare", "原本からサイトを再構築し、照合する"),
              ("Initialise the server, install anew, copy the master: not the backup of the host, which may hold the altered pages.", "サーバーを初期化・再構築し、原本から復元する。ホスティング側バックアップは改ざん後の可能性があるため用いない。"),
              ("Prove the master itself by publication records and paper originals: it is as old as the last approval.", "原本自体を公開記録及び起案書と照合し、承認時から変更がないことを確認する。"),
              ("Compare hash values of all files; answer whether differences remain.", "全ファイルのハッシュ値を照合し、差異の残存を回答する。"),
              evidence=("comparison of hash values", "ハッシュ値照合結果"), clauses="6-2 6-3.1", needs="cause_known", out="__differs__", priority=1)], phase="recovery"),
        prove_cause(("Show the way in closed by the expert's test; logs without the attacker for 24 hours; all accounts renewed.",
                     "経路の閉塞を専門家の診断で確認し、24時間の不審アクセスなし及び全IDの更新完了を示す。"), by="step:remove+P1D", needs="cause_known evidence_preserved")],
        [A("undelivered", "recovery", "contact_centre/operations", ("Find applications and messages lost or altered in the period", "期間中の申込・問合せの未達・改ざんを確認し、再提出を依頼する"),
          ("List what came by the site's forms, from first change to sorry page: loan applications, openings, inquiries; call back each one whose data could have been altered or read.",
           "改ざん開始から切替までのフォーム受付（ローン、口座開設、問合せ等）を抽出し、改ざん・窃取の可能性がある申込者へ折返し確認する。"),
          ("Ask for it again by another way; process none twice.", "別経路での再提出を依頼し、二重受付を防止する。"),
          evidence=("list of cases with their settlement", "対象一覧（処理結果入り）"), approve="operations", by="step:analyse+P2D", clauses="6-3.2 6-4", needs="impact_known", gives="reconciled", priority=2)]),
    A("verify", "recovery", "system_owner/channels", ("Confirm the site before it is public and linked again", "公開・再接続前にサイトを確認する"),
      ("Read aloud in pairs every account number, phone number, rate and fee against the paper; click every link to login, forms and downloads.",
       "口座番号、電話番号、金利及び手数料を起案書と2名で読み合わせ、ログイン、フォーム及び配布ファイルの全リンクを確認する。"),
      ("Confirm from outside lines: certificate, names, redirects, app's web views, forms arriving.", "外部回線から、証明書、名前解決、転送、アプリ内表示及びフォームの到達を確認する。"),
      evidence=("read-out sheet with two signatures", "読み合わせ表（2名署名）"), approve="channels", by="tolerance_breach-PT1H", clauses="6-4 6-5", needs="reconciled", gives="works_as_usual", priority=1),
    resume(("Check besides: expert's test passed; alarm on changed files works; who may publish from now on.", "このほか、専門家の診断結果、改ざん検知の稼働及び更新権限者を確認する。")),
    reopen(("Open the site first without login link, the link after an hour without alarms, internet banking if it was stopped.", "ログインリンクなしで公開し、1時間の異常なしを確認してリンク（停止時はIB）を再開する。")),
]

AUTHORITIES = [
    rate(("Rate highest where account numbers, login links or downloads are on the page; consider the hour at which most visitors come.", "口座番号、ログインリンク又は配布ファイルがあるページの改ざんは最優先とし、閲覧の集中時間帯を考慮する。"), by="detection+PT40M"),
    phone_fsa(("Say whether customers could be led to false accounts or logins, and when the sorry page went up.", "偽口座・偽ログインへの誘導の可能性及びお詫びページへの切替時刻を伝える。")),
    phone_boj(),
    police(("Ask whether they need the server before it is built anew.", "再構築前にサーバーの証拠取得を要するか確認する。")),
    judge_data(("Find out which data in forms, member pages and logs of the site could be read or were sent elsewhere.", "フォーム、会員ページ及びログについて、閲覧・外部送信の可能性があるデータを確認する。"), needs="impact_known"),
    report_data(),
    follow_up(),
]

PUBLIC = [
    A("tell_hosts", "coordination", "third_party_manager/channels", ("Tell hosting, agency, partners who link or embed", "ホスティング・制作会社・リンク元へ通知する"),
      ("Tell group companies and regional portals that link to the site or embed its rates, the app's developer, the joint internet-banking provider: what is down, until when, no links meanwhile.",
       "当行サイトへのリンクや金利表示を組み込むグループ会社・地域サイト、アプリ開発会社及びIB共同センターへ、停止内容・見込み及びリンク停止を依頼する。"),
      ("Ask hosting and agency whether their other customers are hit the same way.", "ホスティング・制作会社へ、他の顧客の同様の被害を照会する。"),
      evidence=("list of calls with time and name", "通知先一覧（時刻・相手方氏名）"), by="detection+PT3H", clauses="4-a 3-1", needs="authority_named", priority=2),
    answers(("Prepare for: I clicked, I transferred, I typed my password; is internet banking the same server; which rate holds.", "「リンクを押した」「振り込んだ」「パスワードを入力した」「IBへの影響」「適用金利」を想定する。")),
    publish(("Publish on the sorry page itself; say from when to when the page was false.", "お詫びページに掲載し、改ざんされていた期間を明記する。")),
    share(("Include web shells, addresses, the hole used and the text shown.", "Webシェル、通信先、悪用された脆弱性及び表示された文面を含める。")),
]

BUSINESS = [
    calendar(("List the publications of today that are bound to the site: rates, statutory notices, results, campaign ends.", "本日サイト掲載を要する事項（金利、法定公告、決算、募集期限等）を確認する。")),
    A("substitute", "coordination", "channels/operations", ("Publish and take orders elsewhere", "代替媒体での掲載・受付を行う"),
      ("Publish rates and statutory notices at branches and by newspaper or electronic notice elsewhere; take applications by phone, post and counter.", "金利・法定公告は店頭、新聞又は他の電子公告媒体で行い、申込は電話、郵送及び窓口で受け付ける。"),
      ("Give customers the address of internet banking by app and at ATMs, never by a link in a mail.", "IBの接続先はアプリ及びATM画面で案内し、メールのリンクでは案内しない。"),
      evidence=("what is published where, time", "代替掲載・受付一覧（時刻入り）"), by="tolerance_breach-PT2H", clauses="4-1.4", gives="substitute_runs", priority=2),
    branch_opening(("Open the branches; tell the staff the false numbers and rates so that they recognise a customer who was misled.", "通常開店とし、誤誘導された顧客に気付けるよう、偽の番号・金利を行員に周知する。")),
]

PLAYBOOK = {
    "key": "defacement", "attack_type": "defacement",
    "name": ("Defaced web site", "Webサイト改ざん 対応手順書"),
    "description": ("The bank's web site was altered. Visitors are protected first; then what was altered, since when and whom it touched is found before the site returns.",
                    "自行Webサイトが改ざんされた場合の対応手順。閲覧者の保護を最優先とし、改ざん箇所、期間及び影響先を特定したうえで公開を再開する。"),
    "types": ["detection", "mitigation", "remediation", "notification"], "created": CREATED, "modified": CREATED, "priority": 3, "severity": 55,
    "target": {"within": "PT1H", "level": 0.3, "note": ("Sorry page within the hour; the site itself after proof, at most three days. A proposal: set it against your own tolerances.",
                                                        "1時間以内にお詫びページへ切り替え、サイト本体は立証後、遅くとも3日以内に再開する。目安であり、自行の耐性度に合わせて定める。")},
    "override_role": "crisis_head",
    "reports": reports(personal_data="P60D"),
    "variables": {**IS_INCIDENT, **PERSONAL_DATA,
                  "__stop_ib__": ("bool", ("whether internet banking is stopped too", "IBを停止するか")),
                  "__altered__": ("string", ("what was altered: display, content or malware", "改ざんの種類（display：表示のみ、content：取引に関わる記載・リンク、malware：不正プログラム配布）")),
                  "__visitors_harmed__": ("bool", ("whether visitors may have been harmed", "閲覧者に被害が及ぶ可能性があるか")),
                  "__differs__": ("bool", ("whether differences from the master remain", "原本との差異が残っているか"))},
    "flow": ARRIVAL + [
        IF("incident", ("An incident to respond to?", "対応を要するインシデントか"), "__is_incident__:value = true", [
            PAR("respond", ("Technical work, coordination and business continuity side by side", "技術対応、連携・報告及び業務継続を並行して進める"),
                TECHNICAL,
                [outside(AUTHORITIES + PUBLIC, "rate", "phone_fsa follow_up", "phone_boj", "police", "judge_data data_hit", "tell_hosts", "answers publish", "share")],
                [business(BUSINESS, "branch_opening", "calendar substitute")]),
            PAR("afterwards", ("Final reports and review", "最終報告と事後検証"),
                [final_report(), final_data()],
                [close_record(), review(("Ask how long the altered page was up before anybody noticed, and who noticed.", "改ざんから発見までの時間及び発見者を検証する。")), improve()]),
        ], [no_incident()], phase="triage")],
    "exception": exception(),
}

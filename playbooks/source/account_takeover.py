"""Account takeover: strangers log in as customers, by phishing, stolen passwords or a captured phone number. Money need not have moved yet; where it has, the playbook for
fraudulent transfers runs beside this one."""
from common import (CREATED, IS_INCIDENT, PERSONAL_DATA, answers, close_record, decide, exception, final_data, final_report, follow_up, improve, intake,
                    judge_data, name_authority, no_incident, outside, phone_boj, phone_fsa, police, publish, rate, reopen, report_data, reports, resume, review, share)
from dsl import IF, PAR, WHILE, A, rows

ARRIVAL = [
    intake("soc/csirt_lead",
           ("Look for the signs: log-ins in bulk from few addresses, many failures then successes, new devices, changes of phone or mail followed by raised limits, customers who cannot get in or got a notice of a log-in they did not make, reports of false pages.",
            "少数の接続元からの大量ログイン、失敗の多発後の成功、新規端末、電話番号・メールの変更直後の限度額引上げ、ログイン不能又は覚えのないログイン通知の申出、偽サイトの通報の有無を確認する。"),
           ("Lock the account reported while you speak; the duty officer may do so alone.", "申出のあった口座は通話中に利用を停止する（当番者の権限で行う）。")),
    decide(("Take five accounts at random from the suspicious ones and call their owners on the number held before any change: was it you?",
            "疑わしい口座から無作為に5件を抽出し、変更前の登録番号へ電話して本人の操作か確認する。"),
           ("Tell apart: a false page without a victim yet (warn and take down, still an incident), one careless customer, an attack on many.",
            "被害者のない偽サイト（注意喚起・閉鎖を要し、インシデントとする）、個別顧客の事案、多数を狙う攻撃を区別する。")),
]

STOP = [
    A("judge", "containment", "csirt_lead/crisis_head", ("Judge how far to stop, and what comes first: containment or evidence", "停止範囲及び封じ込めと証拠保全の優先順位を判断する"),
      ("Weigh: accounts entered per hour, what a log-in alone allows, the day (5th or 10th day, pay day, month-end), customers shut out and their way in by counter, ATM or phone.",
       "時間当たりの侵入口座数、ログインのみで可能な取引、特異日（五十日、給与振込日、月末）、締め出される顧客数及び窓口・ATM・電話による代替手段を検討する。"),
      ("Judge which comes first: locking at once warns the attacker, watching longer costs customers. Without an order of the police, lock.",
       "封じ込めと証拠保全の優先順位を判断する。即時停止は攻撃者に察知され、観察の継続は被害を広げる。警察の要請がない限り停止を優先する。"),
      ("Answer whether all customers are hit by the measure (everybody proves who he is again) or the accounts with traces only.", "全顧客を対象とするか（全員に再認証を求める）、痕跡のある口座に限るかを回答する。"),
      evidence=("the judgement with the factors weighed", "検討要素を付した判断記録"), approve="crisis_head", by="detection+PT45M", clauses="4-1.3 4-1.4 4-1.5", needs="authority_named", gives="evidence_judged",
      out="__all_customers__", priority=1),
    PAR("stops", ("Lock, hold and unlink at the same time", "停止・保留・連携遮断を並行して行う"), [
        A("lock", "containment", "channels/csirt_lead", ("Lock the accounts with traces", "痕跡のある口座を停止する"),
          ("Cut open sessions, make passwords, tokens, registered devices and app keys invalid, stop booked transfers and open investment orders. Leave card and counter.",
           "接続中のセッションを切断し、パスワード、トークン、登録端末及びアプリの鍵を無効化し、予約振込及び未約定の投資注文を取り消す。カード・窓口の利用は残す。"),
          ("Call in the expert of the joint internet-banking centre for logs and rules.", "IB共同センターの専門家を招集し、ログ・検知ルールの対応に当たらせる。"),
          evidence=("list of accounts with time of lock, checked by a second person", "口座別停止時刻一覧（再鑑済み）"), by="detection+PT1H", clauses="4-1.1 4-1.6", needs="authority_named evidence_judged", priority=1)],
        [A("hold_changes", "containment", "channels/csirt_lead", ("Hold changes of phone number, mail, payee and limit", "電話番号・メール・振込先・限度額の変更を保留する"),
           ("Every change of phone number, mail address, payee, limit, device or address takes effect after 72 hours at the earliest, and is told to the old contact at once; by telephone and counter too.",
            "電話番号、メールアドレス、振込先、限度額、端末及び住所の変更は72時間後の反映とし、変更前の連絡先へ直ちに通知する。電話・窓口受付分も同様とする。"),
           ("Put changes of the last 72 hours back to pending until the customer confirms them.", "直近72時間の変更は、顧客の確認が取れるまで保留に戻す。"),
           evidence=("setting in force; list of changes put back", "設定の適用結果及び保留に戻した変更一覧"), by="detection+PT1H30M", clauses="4-1.1 4-1.2", needs="authority_named evidence_judged", priority=1)],
        [A("stop_links", "containment", "channels/third_party_manager", ("Stop links with payment services", "決済サービスとの連携を停止する"),
           ("Stop new account links and top-ups by funds-transfer firms, instant debits, cash-out by phone at ATMs, and API tokens of the accounts hit; all links if takeovers go through them.",
            "資金移動業者による口座連携の新規登録・チャージ、即時口座振替、スマホATM及び被害口座のAPIトークンを停止する。連携経由の被害がある場合は全停止とする。"),
           ("Call each firm: which accounts, since when, freeze what has been topped up; agree what both tell customers.", "各社へ電話し、対象口座・時刻を示してチャージ残高の凍結を要請し、顧客案内を調整する。"),
           evidence=("per firm: time of stop, person, balance frozen", "各社別の停止時刻、相手方及び凍結残高"), by="detection+PT1H30M", clauses="4-1.1 4-a 3-1", needs="authority_named evidence_judged", priority=1)]),
    IF("everybody", ("Must everybody prove who he is again?", "全顧客に再認証を求めるか"), "__all_customers__:value = true", [
        A("reauthenticate", "containment", "channels/csirt_lead", ("Make everybody prove who he is again", "全顧客に再認証を求める"),
          ("Put up the notice, cut all sessions, let in only with a second means that the attack does not relay (app key, token, call-back); close the way in that was used (old app, SMS code) until then.",
           "案内を掲出の上、全セッションを切断し、中継されない追加認証（アプリの鍵、トークン、折返し電話）を必須とする。悪用された経路（旧アプリ、SMS認証）は閉鎖する。"),
          ("Have log-ins counted by the minute and lines of the contact centre doubled before you do it.", "実施前に、ログイン件数の分単位の監視及びコンタクトセンターの増員を整える。"),
          evidence=("time, log-ins before and after, calls", "実施時刻、前後のログイン件数及び入電件数"), by="step:judge+PT2H", clauses="4-1.1", needs="authority_named evidence_judged", priority=1)], phase="containment"),
]

LOOK = [
    rate(("Accounts entered, accounts tried, changes made, money moved; does the attack go on at this minute?", "侵入口座数、試行口座数、登録変更数及び資金移動の有無を集計し、攻撃が継続中か確認する。")),
    A("preserve", "analysis", "csirt/csirt_lead", ("Preserve logs and false pages before anybody looks into them", "分析に先立ちログ及び偽サイトを保全する"),
      ("Copy and seal log-in, device, change-of-registration, SMS and mail logs of 90 days, records of the contact centre on changes by phone, logs of the API agents.",
       "90日分のログイン、端末、登録変更、SMS・メール送信の各ログ、コンタクトセンターの変更受付記録及びAPI接続ログを複製・封印する。"),
      ("Save the false pages, their addresses, certificates and the mails or messages that lead there, with time, before they go down.", "偽サイトの画面、URL、証明書及び誘導メール・SMSを、閉鎖前に取得時刻とともに保存する。"),
      ("Take hash values; analyse the copy only.", "ハッシュ値を採取し、分析は複製に対してのみ行う。"),
      evidence=("list of logs and pages with hash values", "保全物一覧（ハッシュ値入り）"), by="recognition+PT3H", clauses="2-1.2 2-2", gives="evidence_preserved", priority=1),
    A("analyse", "analysis", "csirt/csirt_lead", ("Find how the log-ins came about, and all accounts entered", "不正ログインの手口及び全侵入口座を特定する"),
      ("Phishing with a relay, passwords used elsewhere, captured phone number (SIM exchanged, number forwarded), malware, talked out of our contact centre, or credentials lost by us or a supplier?",
       "中継型フィッシング、パスワードの使い回し、電話番号の乗っ取り（SIM再発行、転送）、マルウェア、コンタクトセンターへのなりすまし、自行・委託先からの認証情報流出のいずれかを特定する。"),
      ("List every account: entered, changed, money moved; what was on the screens. Say what follows if it goes on: tonight, next pay day, other services with the same password.",
       "侵入、変更、資金移動の別に全口座と表示画面を一覧にし、継続時の影響（当夜、次の給与振込日、同一パスワードの他サービス）を見積もる。"),
      evidence=("finding on method; list of accounts by what was done", "手口の判定及び被害区分別の口座一覧"), by="recognition+PT6H", clauses="2-1.1", needs="evidence_preserved", gives="cause_known",
      out="__own_leak__ __still_entered__", priority=1),
    WHILE("until_quiet", ("Are further accounts being entered?", "新たな侵入が続いているか"), "__still_entered__:value = true", 24, [
        A("sweep", "containment", "soc/csirt_lead", ("Search by the traces known, lock what is found", "判明済みの痕跡で再検索し、判明口座を停止する"),
          ("Search hourly by address, device, browser marks, typing speed, mail domain and receiving account; lock and hand each account to the contact centre.",
           "接続元、端末、ブラウザ特徴、操作速度、メールドメイン及び受取口座により1時間ごとに検索し、停止の上コンタクトセンターへ引き継ぐ。"),
          ("Six hours without a new one end the search.", "6時間新たな侵入がないことをもって終了とする。"),
          evidence=("conditions, accounts found, time", "検索条件、判明口座数及び時刻"), clauses="4-1.1 2-1.1", needs="authority_named", out="__still_entered__", priority=1)], phase="containment"),
]

TAKEDOWN = [
    A("takedown", "eradication", "csirt/csirt_lead", ("Have the phishing sites taken down", "フィッシングサイトを閉鎖させる"),
      ("Report each address to the host, the registrar, JPCERT/CC, the Council of Anti-Phishing Japan, the browsers' block lists and the takedown contractor; false text messages to the carriers.",
       "URLごとに、ホスティング事業者、レジストラ、JPCERT/CC、フィッシング対策協議会、ブラウザの警告リスト及び閉鎖代行事業者へ通報する。偽SMSは携帯電話事業者へ通報する。"),
      ("Look every two hours whether it is down, from home and mobile lines; search for new ones of the same kit and certificates issued in our name.",
       "2時間ごとに家庭用・携帯回線から閉鎖を確認し、同一キットの新サイト及び自行名を含む証明書の発行を監視する。"),
      ("Check that our own mails cannot be forged: SPF, DKIM, DMARC set to reject.", "自行メールの詐称対策（SPF、DKIM、DMARCの拒否設定）を確認する。"),
      evidence=("list of addresses: reported, down, when", "URL別の通報・閉鎖時刻一覧"), by="recognition+PT4H", clauses="5-1.1 5-1.3 4-1.2", needs="authority_named", priority=1),
]

BACK = [
    IF("lost_by_us", ("Were credentials lost by the bank or a supplier?", "自行・委託先から認証情報が流出したか"), "__own_leak__:value = true", [
        A("clean_own", "eradication", "identity_admin/csirt_lead", ("Close the leak and clean what was broken into", "流出元を塞ぎ、侵害された機器を再構築する"),
          ("With the forensics firm: find the way in, remove it, initialise and rebuild the machines, renew keys and signing secrets; have the supplier show the same in writing.",
           "フォレンジック会社とともに侵入経路を特定・除去し、機器を初期化・再構築し、鍵・署名用秘密情報を更新する。委託先には書面で立証させる。"),
          ("Count all customers whose credentials were there as hit, entered or not.", "当該認証情報の全顧客を、侵入の有無にかかわらず被害者として扱う。"),
          evidence=("expert's report, list of keys renewed", "専門家の報告書及び更新した鍵の一覧"), by="recognition+P2D", clauses="5-1.1 5-1.3 6-2", needs="cause_known", priority=1)], phase="eradication"),
    A("raise", "eradication", "channels/ciso", ("Take the way in out of use and raise watch", "悪用された認証方式を廃し、監視を強化する"),
      ("Replace what was relayed (SMS and mail codes, fixed secrets) for transfers and changes; new credentials for every account hit, only after identification.",
       "振込・登録変更について中継された認証方式（SMS・メール認証、固定暗証）を廃し、被害口座の認証情報は本人確認後に再発行する。"),
      ("Rules on new device plus change plus transfer; limits on tries per address and account; the phone desk asks the new questions and calls back.",
       "新規端末・登録変更・振込の連続、接続元別・口座別の試行回数に検知ルールを設定し、電話受付は新しい確認項目と折返し確認による。"),
      evidence=("rules and settings in force", "適用したルール及び設定"), by="recognition+P2D", clauses="5-1.1 5-1.2", needs="cause_known", priority=1),
    A("prove", "eradication", "forensics/ciso", ("Prove that the same attack fails now", "同一手口が阻止されることを立証する"),
      ("Somebody who did not make the settings replays the attack against test accounts, stolen credentials and relay included: log-in, change and transfer must each fail.",
       "設定に関与していない者が、窃取された認証情報及び中継手法を含め試験口座に対して再現し、ログイン、変更、振込がいずれも阻止されることを確認する。"),
      ("24 hours without a takeover in the watch. What cannot be stopped on the customer's side is named as residual risk.", "24時間新たな乗っ取りがないことを確認し、顧客側で防げない部分は残存リスクとして明記する。"),
      evidence=("record of the replay, report of the watch", "再現試験の記録及び監視報告"), approve="ciso risk_management", by="recognition+P3D", clauses="6-1.2 5-1.3", needs="cause_known evidence_judged", gives="cause_dealt_with", priority=1),
    A("restore", "recovery", "operations/system_owner", ("Put registered data back to what the customer says", "登録情報を顧客の確認した内容に復元する"),
      ("Compare phone, mail, address, payees, limits and PIN state with a generation from before the first takeover and with paper forms; the history may have been altered as well.",
       "電話番号、メール、住所、振込先、限度額及び暗証の状態を、最初の乗っ取り前の世代及び書面の届出と照合する。変更履歴自体の改ざんにも留意する。"),
      ("Put back what the identified customer confirms, line by line; a second person checks each.", "本人確認済みの顧客が確認した項目を1件ずつ復元し、別人が再鑑する。"),
      evidence=("list of records put back with both names", "復元一覧（実施者・再鑑者名）"), approve="system_owner", by="recognition+P4D", clauses="6-2 6-3.1", needs="cause_dealt_with", gives="rebuilt", priority=1),
    A("reconcile", "recovery", "settlement/operations", ("Undo what the attacker ordered; have the customers' own orders sent again", "不正な取引を取り消し、正当な指図の再送信を求める"),
      ("Go through transfers, top-ups, debits, investment orders, loans and points of the accounts hit; undo, reclaim or book to suspense; totals with the partners agree.",
       "被害口座の振込、チャージ、口座振替、投資注文、借入及びポイントを点検し、取消、返還請求又は仮勘定への振替を行い、連携先の計数と突合する。"),
      ("Ask customers to order again what was cancelled or held (booked transfers, tax payments); nothing is repeated on a guess.", "取消・保留した指図（予約振込、納税等）は顧客に再送信を求め、推測により再実行しない。"),
      evidence=("reconciliation per account and partner", "口座別・連携先別の突合表"), approve="operations", by="recognition+P4D", clauses="6-3.2 6-4", needs="rebuilt", gives="reconciled", priority=1),
    A("verify", "recovery", "system_owner/channels", ("Confirm that all works as usual, before links are opened", "連携再開前に正常稼働を確認する"),
      ("Walk log-in, change, transfer, app, corporate service and phone desk through with the department that runs them.", "ログイン、登録変更、振込、アプリ、法人サービス及び電話受付を所管部とともに一連で確認する。"),
      ("Per payment service and agent: link runs, tokens are new, the firm's own identification is enough, it agrees to the hour.", "決済事業者等ごとに、接続の稼働、トークンの更新、先方の本人確認の十分性及び再開時刻の同意を確認する。"),
      evidence=("test sheet signed by the system owner, consents", "確認表（システム責任者署名）及び同意書"), approve="channels", by="recognition+P5D", clauses="6-4 6-5", needs="reconciled", gives="works_as_usual counterparts_consent", priority=1),
    resume(("Check besides: how many accounts are still locked, queue of people to be identified, what stays held (changes, links) and until when.", "このほか、停止中の口座数、本人確認待ちの件数並びに継続する保留・連携停止の内容及び期限を確認する。"),
           needs="cause_dealt_with works_as_usual reconciled counterparts_consent"),
    reopen(("Customers identified anew first, then all; changes of registration after that; payment services one by one, the largest last.", "本人確認済みの顧客、全顧客、登録変更、決済サービス（規模の小さい順）の順とする。")),
]

AUTHORITIES = [
    phone_fsa(("Accounts entered and tried, money moved or not, method as far as known, what is held or stopped, customers told.", "侵入口座数、試行口座数、資金移動の有無、判明した手口、保留・停止の内容及び顧客連絡の状況を伝える。")),
    phone_boj(("Say whether transfers are stopped and how many customers are shut out.", "振込停止の有無及び利用できない顧客数を伝える。")),
    police(("Unauthorised log-in is a crime of its own: hand over addresses, false pages, numbers; false pages to the phishing desk of the police as well.",
            "不正アクセス行為として接続元、偽サイト及び電話番号を提供し、偽サイトは警察のフィッシング窓口にも通報する。")),
    judge_data(("A log-in shows name, balance and statement: each account entered counts, also where no money moved.", "ログインにより氏名、残高、明細が閲覧されうるため、資金移動がなくても侵入口座は対象とする。")),
    report_data(("Where the number itself was captured, write by post to the address held before the change.", "電話番号が乗っ取られた顧客へは、変更前の住所宛て郵便で通知する。")),
    follow_up(("Accounts by what was done to them, identified anew, still locked; links still stopped.", "被害区分別の口座数、本人確認済み・停止中の口座数及び停止中の連携先を記載する。")),
]

CUSTOMERS = [
    answers(("How to tell our page and number from false ones; what to do after typing a password there; we send no links.", "正規サイト・電話番号の見分け方、偽サイトに入力した場合の対処及びリンク付きメールを送らない旨を記載する。"),
            ("The phone desk changes nothing by phone today but locks at once on request.", "当面、電話での登録変更は受け付けず、利用停止の申出には即時に応じる。")),
    publish(("Show the false mail and page with the address made unusable. Say what is held and how one gets in again. By post, app and page, never by a mail with a link.",
             "偽メール・偽サイトを、URLを無効化して示す。保留中の取引及び再開方法を記載する。周知は郵便、アプリ及びホームページにより、リンク付きメールは用いない。")),
    share(("Addresses, kits, domains, sender numbers, the sequence log-in, change, transfer.", "接続元、キット、ドメイン、送信元番号及びログインから変更・振込に至る手順を加える。")),
]

BUSINESS = [
    A("money", "coordination", "fraud_desk/operations", ("See whether money, points or securities have gone", "資金・ポイント・有価証券の流出有無を確認する"),
      ("Go through the accounts entered, newest first; call receiving banks and funds-transfer firms for a freeze the minute one is found, at night too.",
       "侵入口座を新しい順に点検し、流出を発見した場合は夜間であっても直ちに被仕向銀行及び資金移動業者へ凍結を要請する。"),
      ("Answer whether anything has gone.", "流出の有無を回答する。"),
      evidence=("list of accounts looked at, losses, freeze calls", "点検口座、流出額及び凍結要請の記録"), by="detection+PT1H", clauses="1-3.1 2-1.1", out="__money_gone__", priority=1),
    IF("gone", ("Has anything gone?", "流出があったか"), "__money_gone__:value = true", [
        A("transfer_run", "coordination", "secretariat/crisis_head", ("Begin the playbook for fraudulent transfers beside this one", "不正送金対応手順書を併せて開始する"),
          ("Start it for the same incident; recall, freeze of own receiving accounts, suspicious-transaction reports and compensation are run there.",
           "同一インシデントについて開始し、組戻し、自行受取口座の凍結、疑わしい取引の届出及び補償は同手順書により行う。"),
          ("One head, one chronology, one list of accounts for both.", "指揮者、時系列及び口座一覧は両手順書で共通とする。"),
          evidence=("number of the run", "対応番号"), by="step:money+PT15M", clauses="3-1", priority=1)], phase="coordination"),
    A("identify", "coordination", "branches/operations", ("Open a way back for customers shut out", "締め出された顧客の本人確認窓口を設ける"),
      ("Counter with identity document, call-back to the number held before, video with document; who cannot come gets a letter with a code. Decide hours and extra staff by 8:30 for each day.",
       "本人確認書類による窓口、変更前登録番号への折返し、書類提示を伴うビデオ通話を設け、来店困難者へは郵便で確認コードを送る。日々の受付時間・増員は8時30分までに決定する。"),
      ("Cash by card and counter goes on; who must pay today (taxes, rent, pay) is served at the counter by two people.", "カード・窓口による払出しは継続し、当日期限の支払（納税、家賃、給与）は窓口で2名により処理する。"),
      ("No identification by what the attacker may have seen: balance, last transaction, date of birth.", "攻撃者が閲覧しうる情報（残高、直近取引、生年月日）のみによる本人確認は行わない。"),
      evidence=("customers identified per day and way, waiting", "方法別の本人確認件数（日別）及び待ち件数"), by="tolerance_breach-PT2H", clauses="4-1.4 3-2", priority=1),
]

PLAYBOOK = {
    "key": "account-takeover", "attack_type": "account-takeover", "created": CREATED, "modified": CREATED,
    "name": ("Account takeover", "口座・アカウント乗っ取り 対応手順書"),
    "description": ("Strangers log in as customers. Lock, hold changes of registration and stop links with payment services; take the false pages down; let customers back in only after it is certain who they are.",
                    "第三者が顧客になりすましてログインした場合の手順。口座の停止、登録変更の保留、決済サービス連携の停止及び偽サイトの閉鎖を行い、確実な本人確認を経て利用を再開する。"),
    "types": ["detection", "mitigation", "remediation", "notification"], "priority": 5, "severity": 70,
    "target": {"within": "PT8H", "level": 0.8, "note": ("Counter, ATM and card never stop; customers whose accounts bear no trace are kept out for 8 hours at the most; held changes and links follow within 5 days. A proposal: set it against your own tolerances.",
                                                     "窓口、ATM及びカードは継続する。痕跡のない顧客がIBを利用できない時間は8時間以内とし、保留中の変更及び連携は5日以内に再開する。目安であり、自行の耐性度に合わせて定める。")},
    "override_role": "crisis_head",
    "reports": reports(personal_data="P60D"),
    "variables": {**IS_INCIDENT, **PERSONAL_DATA,
                  "__all_customers__": ("bool", ("whether all customers must prove who they are again", "全顧客に再認証を求めるか")),
                  "__own_leak__": ("bool", ("whether credentials were lost by the bank or a supplier, or that cannot be ruled out", "自行・委託先から認証情報が流出したか（否定できない場合を含む。）")),
                  "__still_entered__": ("bool", ("whether further accounts are being entered", "新たな侵入が続いているか")),
                  "__money_gone__": ("bool", ("whether money, points or securities have gone", "資金・ポイント・有価証券の流出があったか"))},
    "flow": ARRIVAL + [
        IF("incident", ("An incident to respond to?", "対応を要するインシデントか"), "__is_incident__:value = true", [
            PAR("respond", ("Technical work, coordination and the customers' way back side by side", "技術対応、連携・報告及び顧客の利用継続を並行して進める"),
                [name_authority(("The stops in question: log-in, changes of registration, links with payment services. The head of the phone desk takes part.", "本件で判断を要する停止はログイン、登録変更及び決済サービス連携である。電話受付の責任者も招集する。"),
                                by="detection+PT30M"),
                 PAR("at_once", ("Stop, look and take down at the same time", "停止、調査及び偽サイト閉鎖を並行して行う"), STOP, LOOK, TAKEDOWN), *BACK],
                [outside(AUTHORITIES + CUSTOMERS, "phone_fsa follow_up", "phone_boj", "police", "judge_data data_hit", "answers publish", "share")],
                [PAR("customers", ("What has gone, and the way back for customers", "被害の確認と顧客の利用再開を並行して進める"), *rows(BUSINESS, "money gone", "identify"))]),
            PAR("afterwards", ("Final reports and review", "最終報告と事後検証"),
                [final_report(("Accounts by what was done, compensation, authentication as it is now.", "被害区分別の口座数、補償の状況及び見直し後の認証方式を記載する。")), final_data()],
                [close_record(), review(("Ask how long a stolen password worked, which change of registration was let through and by which channel.", "窃取された認証情報が有効であった時間並びに看過した登録変更及びその経路を検証する。")),
                 improve(("Put a date on the end of relayable authentication; agree standing contacts with every payment service.", "中継されうる認証方式の廃止期限を定め、全連携先と常設の緊急連絡先を取り決める。"))]),
        ], [no_incident()], phase="triage")],
    "exception": exception(),
}

"""Denial of service: the line, the devices in front or the servers of internet banking and web site are flooded, or somebody threatens to."""
from common import (CREATED, IS_INCIDENT, answers, branch_opening, business, calendar, close_record, decide, exception, final_report, follow_up, improve, intake, judge,
                    name_authority, no_incident, outside, phone_boj, phone_fsa, police, preserve, prove_cause, publish, rate, reopen, reports, resume, review, share)
from dsl import IF, PAR, SWITCH, WHILE, A

ARRIVAL = [
    intake("soc/csirt_lead",
           ("Note what does not answer and from where: web site, internet banking, app, API, mail, remote access; look at the line's load and the provider's alarms.",
            "応答しないサービス（ホームページ、IB、アプリ、API、メール、遠隔接続）と確認地点、回線使用率及び事業者の警報を記録する。"),
           ("Take in a letter that threatens an attack in the same way, with the mail's full headers.", "攻撃を予告する脅迫メールも同様に受け付け、ヘッダー情報ごと保存する。")),
    decide(("Rule out the ordinary: a pay day's peak, a campaign, a change in the line or in the load balancer, a fault at the provider.",
            "給料日等の集中、キャンペーン、回線・負荷分散装置の変更及び事業者障害を除外する。"),
           ("Count a threat alone as an incident too.", "脅迫のみの場合もインシデントに該当する。")),
]

MITIGATE = [
    A("propose", "containment", "csirt_lead/crisis_head", ("Decide the mitigation", "緩和策を決定する"),
      ("Say who orders it: whoever holds the contract for the scrubbing service, the bank or the joint internet-banking provider; have the number and the password of the contract at hand.",
       "緩和サービスの契約者（自行又はIB共同センター）、発動依頼の窓口電話番号及び認証情報を確認する。"),
      ("Weigh per measure: effect, hours and length, customers shut out, cost, substitutes, other lines; with and without blocking addresses abroad.",
       "対策ごとに、効果、実施時間帯・期間、影響顧客、費用、代替手段及び代替経路を比較する。海外からの接続遮断の要否を含める。"),
      ("Put it to the authority; answer whether addresses abroad are blocked.", "権限者に付議し、海外からの接続を遮断するか回答する。"),
      evidence=("table of measures, decision", "対策比較表及び決定記録"), approve="crisis_head", by="detection+PT1H45M", clauses="4-1.3 4-1.4", needs="authority_named impact_known", out="__block_abroad__", priority=1),
    SWITCH("kind", ("Which kind of attack?", "攻撃の種類はどれか"), "__kind__", {
        "volume": (("The line is full", "回線帯域の枯渇"), [
            A("scrub", "containment", "network/channels", ("Send the traffic through the scrubbing service", "緩和サービスへ通信を迂回させる"),
              ("Have provider or scrubbing service take over the addresses; confirm the change of route and of names from two outside networks.",
               "事業者に経路の切替を依頼し、経路・名前解決の切替を外部2回線から確認する。"),
              ("Let only the scrubbing service reach the origin; answer after 15 minutes whether the attack still gets through.",
               "オリジンへの到達を緩和サービス経由に限定し、15分後に攻撃の影響が続いているか回答する。"),
              evidence=("time of switching, load before and after", "切替時刻及び前後の回線使用率"), by="detection+PT2H", clauses="4-1.1 4-1.6", needs="authority_named evidence_judged", out="__under_attack__", priority=1, timeout=3600000,
              failing=[A("withdraw", "containment", "network/channels", ("If the scrubbing does not take hold within the hour: take the address that is hit off", "緩和が60分以内に効かない場合、標的アドレスを切り離す"),
                         ("Have the provider drop all traffic to the address aimed at, so that the others on the line live; the authority decides by phone.",
                          "権限者の電話による決定を得て、事業者に標的アドレス宛の通信を破棄させ、同一回線の他サービスを存続させる。"),
                         ("Move the most needed service to another line or provider; stay on the phone with the scrubbing service; answer whether the attack still gets through.",
                          "優先度の高いサービスを別回線・別事業者へ移し、緩和サービスとの電話を継続し、攻撃の影響が続いているか回答する。"),
                         evidence=("decision, addresses taken off, services that live", "決定記録、切離しアドレス及び存続サービス"), approve="crisis_head", by="detection+PT3H", clauses="4-1.1 4-1.3",
                         needs="authority_named evidence_judged", out="__under_attack__", priority=1)])]),
        "application": (("Requests exhaust the servers", "サーバー処理能力の枯渇"), [
            A("throttle", "containment", "channels/system_owner", ("Limit and sort requests", "リクエストを制限・選別する"),
              ("Switch on limits per address and session, challenges, the waiting room; take heavy functions (search, statements) off first, balance and transfer last.",
               "接続元・セッション単位の制限、認証チャレンジ及び待合室を適用し、検索・明細等の負荷の高い機能から停止する。残高照会・振込は最後とする。"),
              ("Watch that customers of mobile carriers behind one address are not shut out; answer whether the attack still gets through.",
               "携帯事業者等の共有アドレスの顧客が遮断されないことを確認し、攻撃の影響が続いているか回答する。"),
              evidence=("rules with time, error rate before and after", "適用規則（時刻入り）及び前後のエラー率"), by="detection+PT2H", clauses="4-1.1", needs="authority_named evidence_judged", out="__under_attack__", priority=1)]),
        "dns": (("Names are not resolved", "名前解決の停止"), [
            A("names", "containment", "network/channels", ("Move the names to servers that hold", "名前解決を耐性のあるサーバーへ移す"),
              ("Bring in the second DNS provider, lengthen validity of answers, limit queries; secure the registrar account against changes.",
               "副DNS事業者へ切り替え、有効期間を延長し、問合せを制限する。登録事業者の管理アカウントを変更から保護する。"),
              ("Resolve the bank's names from five outside networks; answer whether the attack still gets through.", "外部5回線から名前解決を確認し、攻撃の影響が続いているか回答する。"),
              evidence=("results of resolution from outside", "外部からの名前解決の確認結果"), by="detection+PT2H", clauses="4-1.1", needs="authority_named evidence_judged", out="__under_attack__", priority=1)]),
        "default": (("Several, or not clear", "複合又は不明"), [
            A("combine", "containment", "network/csirt_lead", ("Use all measures at hand, strongest first", "利用可能な対策を効果の大きい順に併用する"),
              ("Use scrubbing for all addresses, limits at the servers and the second DNS; change one thing at a time and write down what it did.",
               "全アドレスの迂回、サーバー側制限及び副DNSを併用する。1つずつ適用し、効果を記録する。"),
              ("Call in the provider's experts and stay on one telephone conference with them; answer whether the attack still gets through.",
               "事業者の専門家と常時電話会議を維持し、攻撃の影響が続いているか回答する。"),
              evidence=("measures with time and effect", "対策一覧（時刻・効果入り）"), by="detection+PT2H", clauses="4-1.1 4-1.6", needs="authority_named evidence_judged", out="__under_attack__", priority=1)])}, phase="containment"),
    IF("abroad", ("Addresses abroad are to be blocked?", "海外からの接続を遮断するか"), "__block_abroad__:value = true", [
        A("block_abroad", "containment", "network/channels", ("Block addresses abroad, with a condition to lift it", "海外からの接続を、解除条件を定めて遮断する"),
          ("Write the condition to lift it down first: attack traffic below the threshold for 2 hours, or a date at the latest.", "解除条件（攻撃通信が2時間閾値未満、又は遅くとも特定の日時）を先に定め、記録する。"),
          ("Tell customers abroad by app and mail, and how they reach the bank; keep overseas branches, correspondents and monitoring on the list of exceptions.",
           "海外在住・渡航中の顧客へ代替の連絡方法を案内し、海外拠点、コルレス先及び監視元を除外リストに登録する。"),
          evidence=("condition, list of exceptions, notice", "解除条件、除外リスト及び案内文"), by="step:propose+PT30M", clauses="4-1.1 4-1.4", needs="authority_named evidence_judged", priority=2)], phase="containment"),
    WHILE("until_quiet", ("The attack still gets through?", "攻撃の影響が続いているか"), "__under_attack__:value = true", 24, [
        A("adapt", "containment", "csirt/csirt_lead", ("Look again every 30 minutes and adapt", "30分ごとに状況を確認し、対策を調整する"),
          ("Compare kind, volume and origin with the last round; the attacker changes when a measure works.", "種類、量及び発信元を前回と比較し、攻撃の変化に応じて対策を変更する。"),
          ("Confirm from outside lines that customers get in; tell contact centre and crisis team; answer whether the attack still gets through.",
           "外部回線から顧客が利用できることを確認し、本部及びコンタクトセンターへ連絡し、影響が続いているか回答する。"),
          evidence=("graph and success rate of logins per round", "回ごとの通信量グラフ及びログイン成功率"), clauses="4-1.1 2-1.1", needs="authority_named", out="__under_attack__", priority=1)], phase="containment"),
]

BEHIND = [
    A("behind", "analysis", "soc/csirt_lead", ("Look behind the flood", "陽動の可能性を確認する"),
      ("Search alarms suppressed or missed since the flood began: logins of administrators, fraud alerts, changes of payees, large outbound traffic.",
       "攻撃開始以降に埋没した警報（特権ログイン、不正送金検知、振込先変更、大量の外部送信）を精査する。"),
      ("Stop, if something is there, that path by the rules of its own playbook, start that playbook as a second run and tell the authority: customers' data and money go before availability.",
       "兆候があれば当該経路を遮断し、該当する手順書を別案件として開始し、権限者へ報告する。顧客情報・資金の保護を可用性に優先する。"),
      evidence=("alarms looked at, result", "確認した警報及び結果"), by="detection+PT3H", clauses="2-1.1 4-1.2", priority=2),
    A("tell_third_parties", "containment", "third_party_manager/channels", ("Tell third parties whom attack or mitigation affects", "攻撃・緩和策の影響を受ける第三者へ通知する"),
      ("Tell internet provider, joint internet-banking provider and its other banks, payment-initiation firms on the API, monitoring, cloud, content delivery: what, since when, what changes for them.",
       "回線事業者、IB共同センター及び他の利用行、API接続先の電子決済等代行業者、監視・クラウド・配信事業者へ、事象及び変更内容を通知する。"),
      ("Ask whether they are attacked too and whether blocking will cut them off; give exceptions by address.", "先方の被害有無及び遮断の影響を確認し、必要なアドレスを除外する。"),
      evidence=("list of calls with time and name", "通知先一覧（時刻・相手方氏名）"), by="detection+PT2H", clauses="4-a 3-1", needs="authority_named evidence_judged", priority=2),
]

TECHNICAL = [
    name_authority(("Phone the duty officers of line provider, scrubbing service and joint internet-banking provider; keep one conference line open.",
                    "回線事業者、緩和サービス及びIB共同センターの当番者に電話し、会議回線を常時確保する。")),
    judge(("Judge whether there is time for a capture of ten minutes before traffic is diverted: afterwards the sources are not seen any more.", "迂回後は発信元が見えなくなるため、迂回前に10分間の通信記録を取得する時間を確保するか判断する。"), by="detection+PT1H"),
    preserve(("Capture packets at the edge, export flows, logs of firewall, load balancer, web filter and DNS, and ask the provider for his; keep the threat letter.",
              "境界での通信記録、フロー、ファイアウォール、負荷分散装置、WAF及びDNSのログを取得し、事業者保有分及び脅迫文を入手する。"), who="network/csirt_lead", by="detection+PT1H15M"),
    A("analyse", "analysis", "csirt/csirt_lead", ("Find kind, target and bottleneck", "攻撃の種類、標的及び隘路を分析する"),
      ("Establish from the copies protocols, sources, volume per minute, addresses and pages aimed at, and which part gives way first: line, firewall, balancer, server, names.",
       "複製データから、プロトコル、発信元、分当たり量、標的を分析し、隘路（回線、ファイアウォール、負荷分散、サーバー、名前解決）を特定する。"),
      ("Say which services customers cannot use now and which will fail at the next peak or cut-off.", "現在利用できないサービス及び次の集中時・取引時限に影響を受けるサービスを示す。"),
      ("Answer the kind: volume, application, dns, or mixed.", "攻撃の種類（volume：帯域、application：処理能力、dns：名前解決、mixed：複合）を回答する。"),
      evidence=("summary with figures", "分析結果（数値入り）"), by="detection+PT1H30M", clauses="2-1.1", needs="evidence_preserved", gives="impact_known", out="__kind__", priority=1),
    PAR("mitigate", ("Mitigate, look behind it, tell who is affected", "緩和策の実施、陽動の確認及び関係先への通知を並行して行う"), MITIGATE, BEHIND[:1], BEHIND[1:]),
    PAR("mend", ("Mend, and reconcile what was caught half-way", "原因の除去・復元と中断取引の突合を並行して行う"), [
        A("close", "eradication", "network/channels", ("Take away what made the attack work", "攻撃を成立させた要因を除去する"),
          ("Change origin addresses that became known and close direct ways to them; switch protection on for good where it was on demand only.",
           "露見したオリジンのアドレスを変更し、直接到達経路を閉塞する。オンデマンド型の防御は常時型に切り替える。"),
          ("Raise monitoring thresholds, firewall and access rules; enlarge what gave way first; patch devices that fell over.", "監視閾値、ファイアウォール及びアクセス制御を見直し、隘路を増強し、停止した機器を修正する。"),
          ("Have the provider's experts review it.", "事業者の専門家による確認を受ける。"),
          evidence=("list of changes, expert's remarks", "変更一覧及び専門家の所見"), by="detection+P2D", clauses="5-1.1 5-1.2 5-1.3", needs="impact_known", gives="cause_known", priority=2),
        prove_cause(("Show two hours under the threshold with protection on, origin not reachable directly, repeated load test or provider's statement that the same attack would be held.",
                     "防御有効下で2時間閾値未満、オリジン直接到達不可、及び同種攻撃に耐えることの負荷試験結果又は事業者の確認書を示す。"), by="step:close+P1D", needs="cause_known evidence_preserved"),
        A("restore", "recovery", "it_operations/system_owner", ("Bring devices back to their normal state", "機器・設定を正常な状態に戻す"),
          ("Restart exhausted devices, clear sessions and queues, rebuild servers that crashed; take temporary rules out one by one, except those decided to stay.",
           "枯渇した機器を再起動し、セッション・滞留を解消し、異常停止したサーバーを再構築する。恒久化する規則を除き暫定規則を1つずつ解除する。"),
          ("Compare the configuration with the saved one, and the saved one with its approved record: a flood is a good moment to alter it.",
           "設定を保存済み設定と照合し、保存済み設定自体も承認記録と照合して改ざんの有無を確認する。"),
          evidence=("comparison of configurations", "設定照合結果"), by="step:prove_cause+PT4H", clauses="6-2 6-3.1", needs="cause_dealt_with", gives="rebuilt", priority=2)],
        [A("undelivered", "recovery", "settlement/operations", ("Find transactions caught half-way and have them sent again", "未達・中断取引を特定し、再送を受ける"),
          ("Match internet-banking journal, core banking, Zengin and API logs for the hours of the attack: accepted but not booked, booked but not confirmed, sent twice.",
           "攻撃時間帯のIBジャーナル、勘定系、全銀及びAPIの記録を照合し、受付未記帳、記帳未通知及び二重送信を抽出する。"),
          ("Ask customers and partners to send again what did not arrive, once only; correct doubles before cut-off.", "未達分は顧客・接続先へ1回に限り再送を依頼し、二重分は取引時限前に訂正する。"),
          evidence=("list of cases with their settlement", "対象取引一覧（処理結果入り）"), approve="operations", by="tolerance_breach-PT2H", clauses="6-3.2 6-4", gives="reconciled", priority=1)]),
    A("verify", "recovery", "system_owner/channels", ("Confirm normal operation from outside before opening", "再開前に外部から正常稼働を確認する"),
      ("Log in, look up, transfer and log out as a customer from three mobile carriers, two fixed lines and one country abroad.",
       "携帯3社、固定2回線及び海外1か所から、ログイン、照会、振込及びログアウトを顧客と同じ手順で確認する。"),
      ("Confirm that API partners, mail and remote access connect; have the system owner sign.", "API接続先、メール及び遠隔接続の疎通を確認し、システム責任者が署名する。"),
      evidence=("test sheet signed by the system owner", "確認表（システム責任者署名）"), approve="channels", by="tolerance_breach-PT1H", clauses="6-4 6-5", needs="rebuilt reconciled", gives="works_as_usual", priority=1),
    resume(("Check besides: attack over or held; who watches tonight; threshold at which the service is closed again.", "このほか、攻撃の終息又は抑止の状況、夜間の監視体制及び再停止の閾値を確認する。")),
    reopen(("Let customers in by the waiting room, a fifth at a time; watch for the attack's return at the next full hour.", "待合室で2割ずつ受け入れ、次の正時に攻撃が再来しないか監視する。")),
    A("lift", "recovery", "network/channels", ("Lift the blocks when their condition is met", "解除条件の充足を確認し、遮断を解除する"),
      ("Check the condition to lift daily; lift by region, look for an hour, go on. Leave no rule without owner and date.", "解除条件を毎日確認し、地域ごとに解除して1時間監視する。担当・期限のない規則を残さない。"),
      ("Tell customers abroad and third parties; record what stays and why.", "海外の顧客及び第三者へ連絡し、残置する規則と理由を記録する。"),
      evidence=("list of rules lifted and kept", "解除・残置規則一覧"), approve="csirt_lead", by="step:reopen+P3D", clauses="6-5", needs="resumed", priority=3),
]

AUTHORITIES = [
    rate(("Count what hangs on the same line: internet banking, web site, app, API, mail, remote work, contact centre's phones.", "同一回線に依存するIB、ホームページ、アプリ、API、メール、在宅勤務及びIP電話を洗い出す。")),
    phone_fsa(("Report threats too. Use the common form for DDoS; say whether other banks of the same provider are hit.", "脅迫のみの場合も報告する。DDoS攻撃事案の共通様式を用い、同一事業者の他行の状況も伝える。")),
    phone_boj(),
    police(("Hand over threat letter, addresses and times. Nobody pays and nobody answers the letter.", "脅迫文、発信元及び時刻を提供する。金銭要求には応じず、返信もしない。")),
    follow_up(("Say whether the attack has returned and what was made permanent.", "攻撃の再来の有無及び恒久化した対策を報告する。")),
]

PUBLIC = [
    answers(("Prepare for: is my money safe, how do I pay today, was anything stolen. Warn of fake sites and calls that make use of the stop.", "「預金は安全か」「本日の振込方法」「情報流出の有無」を想定し、停止に便乗した偽サイト・電話への注意を促す。")),
    publish(("Use, as the own site may be down, social media, the page at the provider that stays up, ATM screens, local press and radio.", "自行サイトが停止している場合は、SNS、事業者側の静的ページ、ATM画面、地元紙・放送等の他の媒体で告知する。"),
            ("Do not say which measure works nor how large the attack is.", "有効な対策及び攻撃規模は公表しない。"), by="recognition+PT2H"),
    share(("Include volume, protocols, sources, the course in time and the text of the threat.", "通信量、プロトコル、発信元、時間推移及び脅迫文を含める。")),
]

BUSINESS = [
    calendar(("List the corporate files (salaries, bulk transfers) that must come in today by internet banking.", "本日IBで受け付ける総合振込・給与振込等の期限を確認する。")),
    A("substitute", "coordination", "operations/channels", ("Open other ways to the customer", "代替チャネルを案内・開設する"),
      ("Send customers to ATMs, counters and telephone banking; waive the fees that they would not have paid online.", "ATM、窓口及びテレホンバンキングへ誘導し、IBとの手数料差額を免除する。"),
      ("Take corporate files on media or by the file-transfer line; phone the twenty largest senders of the day yourself.", "法人の一括データは媒体又はファイル伝送で受け付け、当日の大口先20社へ電話で案内する。"),
      ("Ask for later cut-offs where files will be late.", "遅延が見込まれる場合は持込時限の延長を要請する。"),
      evidence=("ways opened with time, customers phoned", "代替手段の開始時刻及び連絡先一覧"), by="tolerance_breach-PT2H", clauses="4-1.4 3-2", gives="substitute_runs", priority=1),
    branch_opening(("Prepare for full counters: staff from headquarters, longer hours, cash for the ATMs.", "窓口の混雑に備え、本部応援、営業時間延長及びATM現金の増装填を決める。")),
    A("relief", "coordination", "operations/legal", ("Make good what customers missed by the stop", "停止により生じた顧客の不利益を救済する"),
      ("Book payments that came late with the value date, take back late fees, write to the creditor where the customer asks.", "遅延した支払は起算日処理とし、遅延損害金等を免除し、依頼があれば相手方へ証明書を発行する。"),
      ("Set one rule for all branches; list the cases.", "全店共通の取扱基準を定め、対象を一覧で管理する。"),
      evidence=("rule and list of cases", "取扱基準及び対象一覧"), approve="crisis_head", by="step:reopen+P2D", clauses="3-2", needs="resumed substitute_runs", priority=3),
]

PLAYBOOK = {
    "key": "ddos", "attack_type": "ddos",
    "name": ("Denial of service (DDoS)", "DDoS攻撃 対応手順書"),
    "description": ("Internet banking, web site or names do not answer because of an attack, or an attack is threatened: from the first alarm to lifting the last block.",
                    "攻撃によりIB、ホームページ又は名前解決が利用できない場合及び攻撃予告を受けた場合の対応手順。最初の警報から最後の遮断解除までを定める。"),
    "types": ["detection", "mitigation", "remediation", "notification"], "created": CREATED, "modified": CREATED, "priority": 2, "severity": 70,
    "target": {"within": "PT4H", "level": 0.7, "note": ("Balance and transfer for most customers at home within four hours, other ways open meanwhile. A proposal: set it against your own tolerances.",
                                                        "国内の大半の顧客の残高照会・振込を4時間以内に回復し、その間は代替チャネルを提供する。目安であり、自行の耐性度に合わせて定める。")},
    "override_role": "crisis_head",
    "reports": reports(common_form=True),
    "variables": {**IS_INCIDENT,
                  "__kind__": ("string", ("kind of attack: volume, application, dns or mixed", "攻撃の種類（volume：帯域、application：処理能力、dns：名前解決、mixed：複合）")),
                  "__block_abroad__": ("bool", ("whether addresses abroad are blocked", "海外からの接続を遮断するか")),
                  "__under_attack__": ("bool", ("whether the attack still gets through", "攻撃の影響が続いているか"))},
    "flow": ARRIVAL + [
        IF("incident", ("An incident to respond to?", "対応を要するインシデントか"), "__is_incident__:value = true", [
            PAR("respond", ("Technical work, coordination and business continuity side by side", "技術対応、連携・報告及び業務継続を並行して進める"),
                TECHNICAL,
                [outside(AUTHORITIES + PUBLIC, "rate", "phone_fsa follow_up", "phone_boj", "police", "answers publish", "share")],
                [business(BUSINESS, "branch_opening", "calendar substitute relief")]),
            PAR("afterwards", ("Final report and review", "最終報告と事後検証"),
                [final_report()],
                [close_record(), review(("Set the hour at which protection was asked for against the hour at which it worked.", "緩和サービスの依頼時刻と効果発現時刻の差を検証する。")),
                 improve(("Prove the contracts by a test of the diversion, at night too.", "夜間を含む迂回切替訓練により契約の実効性を確認する。"))]),
        ], [no_incident()], phase="triage")],
    "exception": exception(),
}

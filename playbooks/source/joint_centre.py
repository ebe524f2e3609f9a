"""The joint centre that runs core banking, or a contractor without whom operations stand still, is hit by ransomware. The bank is not hit itself, or so it seems."""
from common import (CREATED, IS_INCIDENT, PERSONAL_DATA, answers, branch_opening, business, calendar, close_record, decide, exception, final_data, final_report, follow_up,
                    improve, intake, judge, judge_data, later_entry, name_authority, no_incident, outside, phone_boj, phone_fsa, police, preserve, prove_cause, publish, rate, reopen,
                    report_data, reports, resume, review, share)
from dsl import IF, PAR, SWITCH, WHILE, A

ARRIVAL = [
    intake("core_banking/csirt_lead",
           ("Phone the centre's duty officer on the number in the ledger, another member bank too; note what stands still: counter, ATM, internet banking, transfers, batch.",
            "共同センターの当番者へ台帳の番号で電話し、他の加盟行にも確認する。停止業務（窓口、ATM、IB、為替、バッチ）を記録する。"),
           ("Note the last transaction that came back and the state of the night's batch.", "最後に正常応答した取引及び夜間バッチの進捗を記録する。")),
    decide(("Ask whether it is a fault, an operating error or an attack; as long as the centre cannot rule an attack out, go by attack.", "障害、操作誤り又は攻撃の別を確認し、攻撃を否定できない間は攻撃として扱う。")),
]

CUT = [
    judge(("Bear in mind that our evidence lies in our gateway and the centre keeps its own; judge whether the line is cut although it may carry settlement that still runs.",
           "自行側の証拠は接続境界の記録であり、センター側の証拠はセンターが保全する。稼働中の決済を止めてでも回線を遮断するかを判断する。"), by="detection+PT1H15M"),
    A("propose_cut", "containment", "csirt_lead/crisis_head", ("Decide which lines to the centre are cut", "共同センターとの回線遮断の範囲を判断する"),
      ("Set out per line: hours and length, operations hit, what runs on it unhurt, other lines, substitutes; and whether the centre vouches for its network in writing.",
       "回線ごとに、時間帯・期間、影響業務、正常稼働中の業務、代替経路、代替手段及びセンターによる健全性の書面確認の有無を示す。"),
      ("Hear what the other member banks do.", "他の加盟行の判断を確認する。"),
      evidence=("table per line, decision", "回線別比較表及び決定記録"), approve="crisis_head", by="detection+PT1H30M", clauses="4-1.3 4-1.4", needs="authority_named", priority=1),
    A("cut", "containment", "network/csirt_lead", ("Cut the lines decided, check our own side", "決定した回線を遮断し、自行側の侵害有無を確認する"),
      ("Cut maintenance and office lines first, core lines as decided; change keys and accounts that the centre holds for us, from our side.",
       "保守・事務系回線を先に、勘定系回線を決定に従い遮断し、センターが保有する自行の鍵・IDを自行側で更新する。"),
      ("Search gateway, terminals and servers that talk with the centre for its indicators; if found, start the ransomware playbook as a second run.",
       "境界装置及びセンターと通信する端末・サーバーをセンター提供の侵害指標で探索し、検出時はランサムウェアの手順書を別案件として開始する。"),
      evidence=("lines cut with time, result of the search", "遮断回線一覧（時刻入り）及び探索結果"), by="detection+PT2H", clauses="4-1.1", needs="authority_named evidence_judged", priority=1),
    A("tell_networks", "containment", "settlement/core_banking", ("Tell the networks and partners that we are off", "対外接続先へ停止を通知する"),
      ("Phone Zengin-Net, the integrated ATM switch, CAFIS, payment services, API firms, credit bureaux: since when, what, expected, whom to ask; agree on what they show to their customers.",
       "全銀ネット、統合ATM、CAFIS、資金移動業者、API接続先、信用情報機関等へ、時刻、内容、見込み及び照会先を通知し、相手方顧客への表示を調整する。"),
      ("Ask Zengin-Net and counterparts how incoming transfers are held and until when outgoing ones can be handed in.", "全銀ネット等に、被仕向振込の保留方法及び仕向の持込期限を確認する。"),
      evidence=("list of calls with time and name", "通知先一覧（時刻・相手方氏名）"), by="detection+PT2H", clauses="4-a 3-1", needs="authority_named evidence_judged", priority=1),
]

ATMS = [
    A("stop_atms", "containment", "channels/branches", ("Stop the ATMs in order and give captured cards back", "ATMを順序立てて停止し、取り込んだカードを返却する"),
      ("Stop by remote command before they fail by themselves; a machine that stands still with a card or cash inside is looked at by two people.",
       "自然停止前に遠隔操作で休止させ、カード・現金を取り込んだまま停止した機械は2名で確認する。"),
      ("Send staff to every corner that has captured a card, unmanned ones and weekends too, guards first; intercom answered within a minute; never let customers wait at the machine.",
       "カードを取り込んだ全コーナー（無人店舗・休日を含む。）へ行員（初動は警備員）を派遣し、インターホンは1分以内に応答する。顧客を機械前で待たせない。"),
      ("Give the card back against proof of identity; write down amount claimed where the counting is open.", "本人確認のうえカードを返却し、計数未了の場合は申出金額を記録する。"),
      evidence=("machines stopped, cards captured and given back: numbers agree", "休止台数並びにカード取込み・返却枚数の照合表"), by="detection+PT1H", clauses="4-1.1 3-2", needs="authority_named", priority=1),
    A("other_atms", "coordination", "channels/settlement", ("Let customers draw elsewhere, if it can be", "他行ATM等での引出しの可否を確認し、案内する"),
      ("Ask the switch whether stand-in with a limit can be had; if not, say clearly that other banks' machines do not work either.", "限度額付き代行の可否を統合ATMに確認し、不可の場合は他行ATMも利用できない旨を明確に案内する。"),
      ("Put papers on the machines, text on the screens that can still be changed.", "機械への貼紙及び変更可能な画面への表示を行う。"),
      evidence=("what works where, time of the notices", "利用可否一覧及び掲示時刻"), by="detection+PT2H", clauses="4-1.4 3-2", priority=2),
]

CENTRE = [
    A("joint_meeting", "coordination", "core_banking/crisis_head", ("Sit in the centre's crisis meeting with the other banks", "共同センター・加盟行の合同対策会議に参加する"),
      ("Send an officer with authority to decide; every two hours: facts, what is being done, order of recovery among the banks, who says what to the public.",
       "決定権限を有する役席者を派遣し、2時間ごとに事実、対応、加盟行間の復旧順序及び公表内容を確認する。"),
      ("Ask for the facts in writing: way in, systems, backups, whether ledgers and customers' data were reached.", "侵入経路、対象システム、バックアップ並びに元帳・顧客データへの到達の有無を書面で求める。"),
      ("Bring our order: which operation breaches its tolerance first.", "自行の重要な業務の耐性度超過時刻に基づく優先順位を提示する。"),
      evidence=("minutes, centre's written answers", "議事録及びセンターの書面回答"), by="detection+PT3H", clauses="3-1 1-3.1", needs="authority_named", priority=1),
    preserve(("Preserve our gateway's logs, terminals' journals, last files sent and received, the totals of the last closing; ask the centre in writing to preserve its own, with the period.",
              "境界装置のログ、端末ジャーナル、最終送受信ファイル及び直近締上の計数を保全し、センターへ対象期間を示して保全を書面で求める。"), who="core_banking/csirt_lead", by="detection+PT6H"),
    A("analyse", "analysis", "csirt/csirt_lead", ("Establish with the centre: cause, path, extent, outlook", "センターとともに原因・経路・影響・見通しを分析する"),
      ("Establish from its experts' report and our own copies: way in, what was encrypted, what was carried off, how far backups reach; ask what they do not know.",
       "センター専門家の報告及び自行の保全記録から、経路、暗号化範囲、持出し及びバックアップの到達範囲を分析し、未判明事項も確認する。"),
      ("Run the outage through the map: which operation breaches when, by the centre's expected recovery and by twice that; what falls on month-end.",
       "センターの復旧見込み及びその2倍の期間で、各業務の耐性度超過時刻及び月末等への影響を試算する。"),
      ("Answer the outlook: hours, days or longer.", "復旧見通し（hours：時間単位、days：数日、long：長期）を回答する。"),
      evidence=("report, table of operations with times of breach", "分析報告書及び業務別の超過時刻表"), by="detection+PT8H", clauses="2-1.1 4-1.6", needs="evidence_preserved", gives="impact_known", out="__outlook__", priority=1),
    SWITCH("outlook", ("How long will it last?", "停止はどの程度続くか"), "__outlook__", {
        "long": (("A week or longer, or unknown for days", "長期（1週間以上又は見通し不明）"), [
            A("long_plan", "coordination", "corporate_planning/crisis_head", ("Turn to the plan for a long stop", "長期停止の計画へ移行する"),
              ("Call the board; ask FSA and Bank of Japan, association and other banks for help: paying our customers, taking salaries and pensions, lending staff and cash.",
               "取締役会を開催し、金融庁・日本銀行、業界団体及び他行へ、払戻しの代行、給与・年金の受入れ、要員・現金の支援を要請する。"),
              ("Ready the exit: parallel core on the centre's offline backup, another centre's system, manual ledgers per branch; decide within two days.",
               "オフラインバックアップによる別環境の構築、他センターの利用又は店別手元帳への移行を2日以内に決定する。"),
              evidence=("minutes, decision", "議事録及び決定記録"), approve="crisis_head", by="step:analyse+PT12H", clauses="4-1.4", needs="authority_named", priority=1)]),
        "default": (("Hours or some days", "時間単位又は数日"), [
            A("short_plan", "coordination", "operations/crisis_head", ("Plan backwards from the next opening", "次の開店時刻から逆算して計画する"),
              ("Plan from 8:30 back: branches told 8:00, tests 6:00, books 4:00, data 2:00; the hour at which it is decided that tomorrow is a day of slips.",
               "8時30分から逆算し、8時営業店連絡、6時確認完了、4時突合、2時データ復元とし、翌日の伝票扱いを決定する時刻を定める。"),
              ("Send those who will be needed at night to rest.", "夜間対応要員を休養させる。"),
              evidence=("timetable", "逆算工程表"), by="step:analyse+PT2H", clauses="4-1.4", needs="impact_known", priority=1)])}, phase="coordination"),
    A("watch_removal", "eradication", "core_banking/ciso", ("See to it that the centre removes the cause", "センターにおける原因除去を確認する"),
      ("Have its plan with dates: way in closed, directory new, machines initialised; our expert reads it and asks.", "侵入口の閉塞、認証基盤の再構築及び機器初期化の計画を期限付きで徴求し、自行の専門家が検証する。"),
      ("Raise monitoring and narrow access on our side of the lines; multi-factor for the centre's people.", "自行側の監視強化、接続範囲の縮小及びセンター要員の多要素認証を行う。"),
      ("Ask our other contractors for the same hole.", "他の委託先へ同様の欠陥の有無を照会する。"),
      evidence=("plan with remarks, changes on our side", "計画書（所見入り）及び自行側の変更一覧"), by="detection+P2D", clauses="5-1.1 5-1.2", needs="impact_known", gives="cause_known", priority=2),
    prove_cause(("Have the statement of the centre's outside expert read and questioned by ours, the same for all member banks; open no line on the centre's word alone.",
                 "センターの外部専門家の確認書を自行の専門家が検証する。全加盟行共通の内容とし、センターの口頭説明のみで回線を開かない。"), who="core_banking/ciso", approve="ciso risk_management", by="step:watch_removal+P1D", needs="cause_known evidence_preserved"),
    A("check_data", "recovery", "core_banking/settlement", ("Check the data the centre restored", "センターが復元したデータを検証する"),
      ("Check that the point restored to lies before the first intrusion, or is proven clean; compare number of accounts, balances by branch and product, totals of the last closing with our own records.",
       "復元時点が侵入前であること又は健全性の立証を確認し、口座数、店別・科目別残高及び直近締上計数を自行の記録と照合する。"),
      ("Read 50 accounts against passbooks, slips and journals; look for changed master data (limits, payees, rates).", "50口座を通帳・伝票・ジャーナルと照合し、限度額、振込先、金利等の登録内容の改ざんを確認する。"),
      ("Answer whether differences are open.", "未解消の差異の有無を回答する。"),
      evidence=("comparison signed by two", "照合表（2名署名）"), by="tolerance_breach-PT6H", clauses="6-3.1", needs="cause_dealt_with", gives="backup_clean", out="__differences__", priority=1),
    WHILE("until_agreed", ("Differences are open?", "未解消の差異があるか"), "__differences__:value = true", 8, [
        A("clear", "recovery", "settlement/operations", ("Clear the differences, have undelivered items sent again", "差異を解消し、未達取引の再送を受ける"),
          ("Fill the gap between restored point and stop from journals, Zengin, ATM switch and paper; ask networks and customers to send again what never arrived, once only.",
           "復元時点から停止までをジャーナル、全銀、ATM及び伝票で補完し、未達分は対外接続先・顧客へ1回に限り再送を依頼する。"),
          ("Match ledger, daily totals, BOJ account, Zengin and ATM totals, cash; answer whether differences are open.", "元帳、日計、日銀当座預金、全銀・ATM計数及び現金を突合し、未解消差異の有無を回答する。"),
          evidence=("reconciliation sheet with re-check", "突合表（再鑑者押印）"), approve="operations", clauses="6-3.2 6-4", needs="backup_clean", out="__differences__", priority=1)], phase="recovery"),
    A("accept", "recovery", "system_owner/core_banking", ("Accept the rebuilt system and try the lines", "再構築されたシステムを受け入れ、接続を確認する"),
      ("See the build record: initialised, patched, new keys; walk counter, ATM, internet banking, outgoing and incoming transfer, night batch, with our own staff.",
       "初期化、修正及び鍵更新の構築記録を確認し、窓口、ATM、IB、仕向・被仕向振込及び夜間バッチを自行要員が一連で確認する。"),
      ("Sign that books agree; get the consent of Zengin-Net, the ATM switch and CAFIS to reconnect, each in writing; agree on the order among the banks.",
       "勘定の一致を署名で確認し、全銀ネット、統合ATM及びCAFISから再接続の同意を書面で得て、加盟行間の順序を調整する。"),
      evidence=("test sheet signed by the system owner; consents", "確認表（システム責任者署名）及び同意書"), approve="core_banking", by="tolerance_breach-PT2H", clauses="6-2 6-4 6-5", needs="backup_clean",
      gives="works_as_usual counterparts_consent reconciled", priority=1),
    resume(("Check besides: books agree; counterparts consent; what the other member banks decide; how to stop again.", "このほか、勘定の一致、接続先の同意、他の加盟行の判断及び再停止の手順を確認する。"),
           needs="cause_dealt_with works_as_usual counterparts_consent reconciled"),
    reopen(("Open counters of five branches, all counters, ATMs, transfers, internet banking: each half an hour after the one before.", "5か店の窓口、全店窓口、ATM、為替、IBの順に、30分ずつ間隔を置いて再開する。"), who="core_banking/system_owner"),
]

TECHNICAL = [
    name_authority(("Name our delegate to the centre's crisis meeting and what he may agree to without asking.", "センターの合同会議への派遣者及び単独で同意できる範囲を定める。")),
    PAR("lines", ("Lines, machines and the centre", "回線、ATM及びセンター対応を並行して進める"), CUT, ATMS, CENTRE),
]

AUTHORITIES = [
    rate(("Count from the moment the operations stopped, not from the centre's call.", "耐性度の経過時間は、センターからの連絡時刻ではなく業務停止時刻から起算する。")),
    phone_fsa(("Report though the centre reports too. Use the common form for ransomware; say how many member banks are hit.", "センターの報告の有無にかかわらず自行が報告する。ランサムウェア事案の共通様式を用い、影響する加盟行数を伝える。")),
    phone_boj(("Say how the day's settlement on the account is made (terminal, paper, another office), and what cash is needed at branches.", "当座預金の当日決済方法（端末、書面、他拠点）及び営業店の現金需要を伝える。")),
    police(("Agree with the centre who is the complainant. Payment to the attacker: the centre decides nothing without the member banks; the principle is no, sanctions law checked by lawyers.",
            "届出者をセンターと調整する。身代金はセンター単独で判断させず、支払わないことを原則とし、外為法等を弁護士が確認する。")),
    judge_data(("Report customers' data at the centre as the bank's own; count encryption alone as damage.", "センターに委託した個人データの報告義務は自行にもある。暗号化のみでも毀損に当たりうる。"), needs="impact_known"),
    report_data(),
    follow_up(),
]

PUBLIC = [
    answers(("Prepare for: where do I get cash today, was my salary paid in, can my bill be paid, is my money safe, when does it end.", "「本日の現金」「給与の入金」「支払期日」「預金の安全」「復旧時期」を想定する。")),
    publish(("Use the same text as the centre and the other member banks where possible; say where and when captured cards are given back.", "可能な限りセンター・他の加盟行と文言を統一し、取り込まれたカードの返却場所・時間を記載する。"), by="recognition+PT2H"),
    share(("Go through the centre's experts; add what was seen on our lines.", "センターの専門家を通じ、自行回線での観測結果を加える。")),
]

BUSINESS = [
    calendar(("List the payments of today and tomorrow that may not fail: pensions, salaries, tax, bills, securities, BOJ settlement.", "本日・翌日に不履行が許されない支払（年金、給与、納税、手形、証券、日銀決済）を挙げる。")),
    A("substitute", "coordination", "operations/branches", ("Pay and receive without the core system", "勘定系なしで払戻し・受入れを行う"),
      ("Pay at the counter by hand slips against passbook, seal and identity, limit per person and day, balances from last night's list; keep a slip ledger per branch so that nobody draws at two.",
       "窓口は前夜残高表を参照し、通帳・印鑑・本人確認により1人1日の限度額内で手書き伝票により支払い、店間の重複払いを店別台帳の相互連絡で防止する。"),
      ("Put payments in order: pensions and salaries, tax, bills and checks, urgent transfers by BOJ terminal or another bank.", "年金・給与、納税、手形・小切手、至急振込（日銀端末又は他行依頼）の順に優先する。"),
      ("Bring cash to the branches; count at noon and close.", "営業店へ現金を補充し、正午及び締上時に現金を照合する。"),
      evidence=("time begun per branch, slips, cash", "店別開始時刻、伝票件数及び現金照合表"), by="tolerance_breach-PT2H", clauses="4-1.4", gives="substitute_runs", priority=1),
    branch_opening(("Speak with the other member banks: one decision for one town.", "同一地域の他の加盟行と判断をそろえる。")),
    A("liquidity", "coordination", "treasury/settlement", ("Secure liquidity and the day's settlement", "資金繰りと当日の決済を確保する"),
      ("Estimate payments in and out without the ledger, from yesterday's and last year's same day; keep a reserve on the BOJ account; ask for loans early.",
       "前日及び前年同日の実績から受払を推計し、日銀当座預金に余裕を確保し、借入を早期に打診する。"),
      ("Tell Zengin-Net and the Bank of Japan at once if a settlement may fail.", "決済不能のおそれがある場合は直ちに全銀ネット及び日本銀行へ連絡する。"),
      evidence=("estimate, funds secured", "資金繰り表及び調達状況"), by="recognition+PT3H", clauses="4-1.4", priority=1),
    later_entry(("Enter incoming transfers held by Zengin first, then slips by branch.", "全銀で保留された被仕向振込、店別伝票の順に入力する。")),
]

PLAYBOOK = {
    "key": "joint-centre", "attack_type": "joint-centre",
    "name": ("Joint centre or contractor hit by ransomware", "共同センター・委託先のランサムウェア被害 対応手順書"),
    "description": ("The centre that runs the bank's core system, or a contractor it cannot do without, is down by ransomware: cut off, pay customers without a ledger, come back together with the other member banks.",
                    "勘定系を運営する共同センター又は代替困難な委託先がランサムウェアにより停止した場合の対応手順。遮断、元帳なしの払戻し及び加盟行と協調した復旧を定める。"),
    "types": ["mitigation", "remediation", "notification"], "created": CREATED, "modified": CREATED, "priority": 1, "severity": 95,
    "target": {"within": "P1D", "level": 0.4, "note": ("Cash at all counters within the tolerance, priority payments the same day, core back as the centre can prove it. A proposal: set it against your own tolerances.",
                                                       "全店窓口での現金払戻しを耐性度内に開始し、優先度の高い支払は当日中に実行し、勘定系はセンターの立証後に復旧する。目安であり、自行の耐性度に合わせて定める。")},
    "override_role": "crisis_head",
    "reports": reports(common_form=True, personal_data="P60D"),
    "variables": {**IS_INCIDENT, **PERSONAL_DATA,
                  "__outlook__": ("string", ("how long it will last: hours, days or long", "復旧見通し（hours：時間単位、days：数日、long：長期）")),
                  "__differences__": ("bool", ("whether differences in the restored books are open", "復元後の勘定に未解消の差異があるか"))},
    "flow": ARRIVAL + [
        IF("incident", ("An incident to respond to?", "対応を要するインシデントか"), "__is_incident__:value = true", [
            PAR("respond", ("Centre and lines, coordination and business continuity side by side", "センター・回線対応、連携・報告及び業務継続を並行して進める"),
                TECHNICAL,
                [outside(AUTHORITIES + PUBLIC, "rate", "phone_fsa follow_up", "phone_boj", "police", "judge_data data_hit", "answers publish", "share")],
                [business(BUSINESS, "branch_opening", "calendar substitute later_entry", "liquidity")]),
            PAR("afterwards", ("Final reports and review", "最終報告と事後検証"),
                [final_report(), final_data()],
                [close_record(), review(("Ask with the centre and the member banks, and once more by ourselves, what we depended on without knowing.", "センター・加盟行と合同で、更に自行単独で検証し、認識していなかった依存関係を洗い出す。")),
                 improve(("Amend contract and exit plan; exercise the day without a ledger at all branches.", "契約及び出口戦略を見直し、全店で元帳なしの営業訓練を実施する。"))]),
        ], [no_incident()], phase="triage")],
    "exception": exception(),
}

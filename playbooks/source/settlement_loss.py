"""Loss of settlement infrastructure: the Zengin system, the Bank of Japan's network, the integrated ATM switch, or several. It is not ours to repair; ours is to know at every moment
which payment went and which did not, to get the urgent ones through by other ways, to stay liquid and to keep customers from defaulting through no fault of theirs."""
from common import (CREATED, IS_INCIDENT, answers, branch_opening, business, calendar, close_record, decide, exception, final_report, follow_up, improve, intake, judge,
                    name_authority, no_incident, outside, phone_boj, phone_fsa, police, publish, rate, reopen, reports, resume, review, share)
from dsl import IF, PAR, SWITCH, WHILE, A

ARRIVAL = [
    intake("settlement/operations",
           ("Which traffic stands still since which second: outgoing, incoming or both; Zengin in core hours or out of them, large-value, Bank of Japan's network, other banks' cards? Note the last number answered in each direction.",
            "停止した通信（仕向・被仕向の別、全銀のコアタイム・モアタイム、大口、日銀ネット、他行カード）と時刻を確認し、方向別に応答のあった最終通番を記録する。"),
           ("Look at our own relay computers, lines and host first; then telephone Zengin-Net, the Bank of Japan's network desk or the ATM centre, and two other banks.",
            "自行の中継コンピューター、回線及びホストを確認の上、全銀ネット、日銀ネット運行窓口又は統合ATMセンター及び他行2行へ電話する。")),
    decide(("Ours alone, some banks or all? If ours alone and lasting under 30 minutes, the ordinary fault procedure does.", "自行のみ、一部行又は全参加行のいずれかを確認する。自行のみで30分以内に回復する場合は通常の障害手順による。")),
]

FIND = [
    rate(("Outgoing and incoming, customers with payments due today, banks for which we settle, our own position. If the operator names no hour within 60 minutes, plan for the whole day and the next.",
          "仕向・被仕向、当日期限の顧客、当行が決済を代行する金融機関及び自行の資金ポジションを確認する。60分以内に復旧見込みが示されない場合は、当日及び翌日終日の停止を前提とする。"), by="detection+PT45M"),
    A("preserve", "analysis", "csirt/csirt_lead", ("Preserve logs and telegrams", "ログ及び電文を保全する"),
      ("Copy logs of relay computers, lines, host interface and message queues from an hour before the last good number; the queues as they stand, by number and state.",
       "最終正常通番の1時間前以降について、中継コンピューター、回線、ホスト接続及び電文キューのログを複製し、キューは通番・状態を付してそのまま保全する。"),
      ("Restart nothing before that is copied; look into copies only.", "複製完了前に再起動を行わない。調査は複製に対して行う。"),
      evidence=("list with hash values, last good numbers", "保全物一覧（ハッシュ値入り）及び最終正常通番"), by="detection+PT1H", clauses="2-1.2 2-2", gives="evidence_preserved", priority=1),
    A("analyse", "analysis", "settlement/operations", ("Establish whose fault it is and how far it goes", "障害箇所及び影響範囲を特定する"),
      ("Operator, line, or our own relay computer and its last change? Fault or attack, and can it come over the line to us? Get the operator's word in writing with its hour.",
       "運営機関、回線又は自行の中継コンピューター（直近の変更作業を含む。）のいずれか、障害又は攻撃のいずれか及び回線を通じた波及の可能性を、運営機関の書面回答（時刻入り）により確認する。"),
      ("Count per kind: payments accepted and not sent, sent without answer, incoming awaited; sums; what falls due before the end of today, tomorrow, month-end.",
       "種類別に、受付済み未送信、送信済み応答なし及び着金待ちの件数・金額並びに当日中、翌日及び月末の期限到来分を集計する。"),
      ("Answer: may an attack come over the line; is the fault in our own equipment.", "回線を通じた攻撃の可能性の有無及び自行設備の障害か否かを回答する。"),
      evidence=("finding, table of payments by state", "判定結果及び状態別集計表"), by="detection+PT2H", clauses="2-1.1", needs="evidence_preserved", gives="cause_known impact_known", out="__may_spread__ __ours__", priority=1),
    IF("spreading", ("May an attack come over the line?", "回線を通じた攻撃の可能性があるか"), "__may_spread__:value = true", [
        A("propose_cut", "containment", "csirt_lead/crisis_head", ("Decide whether the line is cut", "回線遮断の要否を判断する"),
          ("Put to the authority: what other banks do, what the operator asks, which payments it cuts off and until which cut-off, other lines (media, counter, more-time system), what is lost by waiting an hour.",
           "他行の対応、運営機関の要請、不能となる決済とその時限、代替経路（媒体、窓口、モアタイム）及び1時間待機した場合の影響を権限者に示す。"),
          ("With the relay's vendor as expert: has anything come over already? Answer whether to cut.", "中継設備のベンダーを専門家として、既に波及した痕跡の有無を確認し、遮断の要否を回答する。"),
          evidence=("table of payments and lines, decision", "影響比較表及び決定記録"), approve="crisis_head", by="step:analyse+PT20M", clauses="4-1.3 4-1.4 4-1.6", needs="authority_named evidence_judged",
          out="__cut__", priority=1),
        IF("cutting", ("Is the line to be cut?", "回線を遮断するか"), "__cut__:value = true", [
            A("cut_line", "containment", "network/csirt_lead", ("Cut the line to the infrastructure", "当該インフラとの回線を遮断する"),
              ("Tell the operator and the Bank of Japan before, not after; then cut at the relay, seen from both sides; note last numbers and time.",
               "遮断前に運営機関及び日本銀行へ連絡した上で中継設備において遮断し、両側から確認して最終通番・時刻を記録する。"),
              ("Leave the relay switched on and untouched for the expert.", "中継設備は電源を入れたまま、専門家の調査まで操作しない。"),
              evidence=("time, last numbers, calls made", "遮断時刻、最終通番及び連絡記録"), by="step:propose_cut+PT15M", clauses="4-1.1", needs="authority_named evidence_judged", priority=1)], phase="containment")],
       phase="containment"),
    IF("whose", ("Is the fault in our own equipment?", "自行設備の障害か"), "__ours__:value = true", [
        A("repair_own", "eradication", "it_operations/system_owner", ("Repair our own relay and interface", "自行の中継・接続設備を修復する"),
          ("With the vendor: take back the last change or go to the standby relay; initialise what is in doubt and rebuild it from the released version, not from last night's copy, which holds the fault.",
           "ベンダーとともに直近の変更の取消し又は予備機への切替を行う。疑義のある機器は初期化し、不具合を含む直近の複製ではなくリリース版から再構築する。"),
          ("The standby shares the fault if it had the same change: try it off-line with one telegram of each kind.", "予備機にも同一の変更が適用済みの場合があるため、電文種類ごとに1件ずつオフラインで検証する。"),
          evidence=("version in use, test telegrams", "採用版数及び試験電文の結果"), by="tolerance_breach-PT3H", clauses="5-1.1 5-1.3 6-2 6-3.1", needs="cause_known", priority=1)], [
        A("follow_operator", "eradication", "settlement/third_party_manager", ("Follow the operator and press for facts", "運営機関の復旧状況を追跡する"),
          ("Take part in every conference of the operator; ask what is done, what is next, fallback hour; pass it on within 10 minutes. Offer test telegrams.",
           "運営機関の全ての状況説明に参加し、実施済み・次の作業及び代替手段への移行時刻を確認して10分以内に共有する。試験電文に協力する。"),
          ("Ask for the remedy in writing: what was removed, tested by whom, what stays switched off.", "除去した原因、検証者及び停止したままの機能を書面で求める。"),
          evidence=("notes of each conference, the operator's statement", "説明会ごとの記録及び運営機関の回答書"), by="tolerance_breach-PT3H", clauses="5-1.1 3-1", needs="cause_known", priority=1)], phase="eradication"),
]

TECHNICAL = [
    name_authority(("The decisions in question: refusing same-day payments, cutting the line, going over to media, asking for later cut-offs. Treasury and the settlement desk sit in one room.",
                    "本件で判断を要する事項は、当日扱いの停止、回線遮断、媒体への移行及び時限延長の要請である。資金繰り担当と為替・決済担当は同室とする。"), by="detection+PT30M"),
    judge(("Restarting a relay clears queues that prove what was sent: copy first unless the restart alone saves the day's cut-off.", "中継設備の再起動は送達状況を示すキューを失わせる。再起動しなければ当日の時限に間に合わない場合を除き、複製を優先する。"), by="detection+PT45M"),
    PAR("at_once", ("Hold, look for the fault and tell partners side by side", "送信保留、障害箇所の特定及び関係先通知を並行して行う"), [
        A("hold", "containment", "settlement/operations", ("Hold the queues: nothing is sent twice", "送信を保留し、二重送信を防止する"),
          ("Stop sending and automatic repetition; freeze the queue in four heaps: not sent, sent and answered, sent without answer, received and not posted. Nobody sends again from the third heap before the operator says which arrived.",
           "送信及び自動再送を停止し、キューを未送信、応答済み、応答なし及び受信未記帳に区分して固定する。応答なしの分は、運営機関が到達を確認するまで再送しない。"),
          ("At all channels: take orders for the next possible day, say so before the customer confirms; stop what cannot be undone (instant transfers, cards of other banks).",
           "全チャネルで「最短の処理可能日扱い」として受け付け、確定前に表示する。取消不能な取引（即時振込、他行カード）は停止する。"),
          evidence=("four heaps with numbers and sums, time of the stop per channel", "区分別の通番・金額及びチャネル別停止時刻"), by="detection+PT1H", clauses="4-1.1", needs="authority_named evidence_judged", gives="contained", priority=1)],
        FIND, [
        A("partners", "containment", "third_party_manager/settlement", ("Tell those who depend on us", "当行に依存する先へ通知する"),
          ("Financial institutions for which we settle or relay, joint-centre banks, securities and card firms with accounts for payments, funds-transfer firms, large senders of pay files: what stands, since when, until when, what we need from them.",
           "決済代行・中継先の金融機関、共同センターの加盟行、証券・カード会社、資金移動業者及び大口の給与データ先へ、停止内容、時刻、見込み及び依頼事項を通知する。"),
          ("Have them hold their files and tell us their urgent ones.", "データの送信保留及び緊急分の申告を依頼する。"),
          evidence=("list of calls", "通知先一覧"), by="detection+PT2H", clauses="4-a 3-1", priority=2)]),
    PAR("make_sure", ("Prove the remedy and settle the unknown side by side", "原因対応の立証と送達状況の確定を並行して行う"), [
        A("prove", "eradication", "settlement/ciso", ("Show that the cause is dealt with", "原因への対応が完了したことを立証する"),
          ("The operator's statement (or our vendor's) says what was removed and by which test; an hour of test telegrams of every kind without a fault; with an attack, an outside expert finds no trace on our side.",
           "運営機関（又は当行ベンダー）の書面により除去した原因及び検証方法を確認し、全種類の試験電文が1時間正常であること、攻撃の場合は外部専門家が当行側に痕跡がないことを確認する。"),
          ("Watch of the relay and access to it raised; the rule that lets us fall back stays armed for two weeks.", "中継設備の監視及びアクセス制御を強化し、代替手段への移行態勢を2週間維持する。"),
          evidence=("statements, log of test telegrams", "回答書及び試験電文記録"), approve="ciso risk_management", by="tolerance_breach-PT2H", clauses="5-1.2 5-1.3 6-1.2", needs="cause_known contained", gives="cause_dealt_with", priority=1)], [
        A("reconcile", "recovery", "settlement/operations", ("Settle the unknown: sent, arrived, posted", "送達・記帳の状況を確定する"),
          ("With the operator's totals by bank and number: put each telegram without answer to arrived or not arrived; have undelivered ones sent again, once, at the operator's call; ask others to send again what should have reached us.",
           "運営機関の銀行別・通番別計数により応答なし電文を到達・未到達に確定する。未達分は運営機関の指示により1回に限り再送し、当行宛ての未達分は相手行に再送を求める。"),
          ("Compare with media carried in, the more-time system and paper: nothing twice. Position at the Bank of Japan agrees with the books.",
           "媒体、モアタイム及び書面による処理分と突合し、二重処理がないこと及び日銀当座預金残高と帳簿の一致を確認する。"),
          evidence=("reconciliation by number, differences with owners", "通番別突合表（差異の担当を含む。）"), approve="operations", by="tolerance_breach-PT1H30M", clauses="6-3.2 6-4", needs="impact_known", gives="reconciled", priority=1)]),
    A("verify", "recovery", "system_owner/settlement", ("Confirm line and processing before going back on", "回線復帰前に正常稼働を確認する"),
      ("One small real payment of each kind out and in with a bank that agreed, posted and seen at both ends; night batch and Bank of Japan terminals too.",
       "同意を得た他行と、種類ごとに少額の実取引を仕向・被仕向各1件行い、双方の記帳を確認する。夜間バッチ及び日銀ネット端末も確認する。"),
      ("The operator's consent and the hour of our return; the numbers in step.", "運営機関の同意、復帰時刻及び通番の整合を確認する。"),
      evidence=("test sheet signed by the system owner, consent", "確認表（システム責任者署名）及び同意書"), approve="settlement", by="tolerance_breach-PT1H", clauses="6-4 6-5", needs="cause_dealt_with reconciled",
      gives="works_as_usual counterparts_consent", priority=1),
    resume(("Check besides: order in which the backlog goes, our net debit cap and liquidity for it, hours until the cut-off: too late is the next day, said so.", "このほか、滞留分の処理順、仕向超過限度額と資金、時限までの残り時間を確認し、間に合わない分は翌日扱いと決定する。"),
           needs="cause_dealt_with works_as_usual reconciled counterparts_consent"),
    reopen(("Incoming first, then the urgent backlog, then new orders, then same-day handling on all channels.", "被仕向、緊急の滞留分、新規受付、全チャネルの当日扱いの順とする。")),
]

PAYMENTS = [
    A("priorities", "coordination", "operations/settlement", ("Draw up the order of payments", "優先順位表を作成する"),
      ("Pull from the heaps by due hour: pensions and pay, taxes and social insurance, bills and cheques falling due, securities and foreign-exchange settlement, medical and emergency payments by customers' word; then by sum.",
       "期限の早い順に、年金・給与、納税・社会保険料、手形・小切手決済、証券・外為決済及び顧客申告による医療等の緊急支払を抽出し、残りは金額順とする。"),
      ("A list with number, receiver, due hour and way; the head of the settlement desk signs each new version.", "通番、受取先、期限及び処理方法を記載し、版ごとに為替・決済担当の責任者が確認する。"),
      ("Answer which infrastructure is lost.", "喪失したインフラの種別を回答する。"),
      evidence=("list with version and hour", "優先順位表（版数・時刻）"), approve="settlement", by="detection+PT2H", clauses="1-3.1 4-1.4", out="__infrastructure__", priority=1),
    SWITCH("other_way", ("Which infrastructure is lost?", "喪失したインフラの種別"), "__infrastructure__", {
        "zengin": (("the Zengin system", "全銀システム"), [
            A("zengin_media", "recovery", "settlement/operations", ("Send by file transfer, media or out of core hours", "ファイル転送・媒体・モアタイムにより送信する"),
              ("By the operator's fallback notice: make files in its format from the list, encrypted, counted by two people; send by file transfer, else carry tape media to the centre (two people, two copies, sealed, receipt).",
               "運営機関の代替手段の通知に従い、優先順位表から所定様式のデータを作成・暗号化し2名で計数する。ファイル転送により、不可の場合は媒体（2名・正副2式・封印・受領証）を持ち込む。"),
              ("Put what fits into the more-time system after 15:30 if both banks are on it; large-value payments by the Bank of Japan's network if the receiver agrees.",
               "双方が参加する場合は15時30分以降モアタイムで処理し、大口は受取行の同意を得て日銀ネットにより処理する。"),
              ("Each payment moved is struck off the queue before the file leaves.", "処理した指図は、送付前にキューから消し込む。"),
              evidence=("receipts, totals by file, strike-off list", "受領証、ファイル別計数及び消込一覧"), by="tolerance_breach-PT2H", clauses="4-1.4 4-1.2", needs="authority_named", priority=1)]),
        "boj": (("the Bank of Japan's network", "日銀ネット"), [
            A("boj_paper", "recovery", "settlement/treasury", ("Settle by the Bank of Japan's fallback", "日本銀行の代替手続により決済する"),
              ("Ask the branch which fallback is in force (terminal at its counter, paper instructions, later closing); send signatories with seals; order: settlement of Zengin and clearing, other systems, customers' large payments, market.",
               "取引店に代替手続（店頭端末、書面、稼働終了時刻の繰下げ）を確認し、届出印を持つ権限者を派遣する。為替決済・手形交換、他の決済制度、顧客大口、市場取引の順とする。"),
              ("Confirm each booking by call-back; keep a shadow of the account by hand.", "記帳は1件ごとに折返し電話で確認し、当座預金残高を手作業で並行管理する。"),
              evidence=("paper instructions with receipt, shadow account", "受領印付き書面及び並行残高表"), by="tolerance_breach-PT2H", clauses="4-1.4", needs="authority_named", priority=1)]),
        "atm": (("the integrated ATM switch", "統合ATM"), [
            A("atm_alone", "recovery", "channels/branches", ("Run the own ATMs alone", "自行ATMのみで運営する"),
              ("Switch off other banks' cards here with a notice on the ATM screens; tell customers by app, page and at convenience-store machines where cash is to be had; double the cash rounds and the counters' hours.",
               "他行カードの取扱いを停止しATM画面に表示する。現金引出し可能な場所をアプリ、ホームページ及び提携先で案内し、現金装填及び窓口時間を拡大する。"),
              ("Cards captured and cash not paid out: a person goes to each; booked and not paid is corrected the same day.", "カード取込み及び未払出しには要員を派遣し、記帳済み未払いは当日中に訂正する。"),
              evidence=("ATMs and hours, corrections made", "稼働ATM・時間及び訂正件数"), by="tolerance_breach-PT2H", clauses="4-1.4 3-2", needs="authority_named", priority=1)]),
        "default": (("several, or another one", "複数又はその他"), [
            A("bilateral", "recovery", "settlement/operations", ("Settle two by two and in cash", "個別銀行間及び現金により決済する"),
              ("Agree with the largest counterpart banks on lists by encrypted file and phone, netted and settled when the network is back, within limits per bank, in force once the head of the crisis team approves; inside the bank all goes on.",
               "主要な相手行と、暗号化ファイル・電話による明細交換、差額の復旧後決済及び銀行別限度を取り決め、本部長の承認により発効する。自行内の振替は継続する。"),
              ("Cash: order from the Bank of Japan, bank drafts at the counters, own branches of both sides.", "日本銀行からの現金手当、自己宛小切手及び双方の自行店舗を利用する。"),
              evidence=("agreements, lists exchanged, sums by bank", "取決め、交換明細及び銀行別金額"), approve="crisis_head", by="tolerance_breach-PT2H", clauses="4-1.4", needs="authority_named", priority=1)])}, phase="recovery"),
    A("extension", "coordination", "settlement/crisis_head", ("Ask for and use later cut-offs", "時限延長を要請し、対応態勢を敷く"),
      ("Ask the operator and the Bank of Japan by an hour before each cut-off, with numbers and sums that would miss it; answer others' requests the same way.",
       "時限延長は、間に合わない件数・金額を示し、各時限の1時間前までに運営機関及び日本銀行へ要請する。他行からの要請にも同様に対応する。"),
      ("Hold back the night batch and the date change, staff to the new hour, joint centre and cash firms told; name the hour at which it rolls to the next day.",
       "夜間バッチ・日付更新を繰り下げ、要員、共同センター及び警送会社を手配し、翌日繰越しとする時刻を定める。"),
      ("Answer whether the infrastructure is still out at the next cut-off.", "次の時限において停止が続くか回答する。"),
      evidence=("requests and answers, new timetable", "要請・回答の記録及び変更後のタイムチャート"), by="tolerance_breach-PT2H", clauses="3-1 4-1.4", needs="authority_named", gives="substitute_runs",
      out="__still_out__", priority=1),
    WHILE("rounds", ("Is it still out at the next cut-off?", "次の時限においても停止が続くか"), "__still_out__:value = true", 20, [
        A("next_round", "recovery", "settlement/operations", ("Make the round of the next cut-off", "次の時限に向けた処理を行う"),
          ("New version of the list with what came in and what fell due; the next files, media or paper by the way in use, two hours before the cut-off; strike off, count by two.",
           "新規受付分・期限到来分を反映した優先順位表を作成し、時限の2時間前までに採用中の代替手段で次回分を送付する。消込及び計数は2名で行う。"),
          ("Before the night: does the date change wait, who relieves whom, what do branches and contact centre say at 8:00? Answer again.",
           "夜間に入る前に、日付更新の可否、要員交代及び翌朝8時の案内内容を定め、停止が続くか再度回答する。"),
          evidence=("list by version, receipts, heaps by number and sum", "版別の優先順位表、受領証及び区分別残高"), clauses="4-1.4", needs="authority_named", out="__still_out__", priority=1)], phase="recovery"),
    A("work_off", "recovery", "settlement/operations", ("Work off the backlog and put dates right", "滞留分を処理し、起算日を整える"),
      ("In the order of the list, within the net debit cap, by hours agreed with the operator; value dates as promised, interest and fees made good without being asked.",
       "優先順位表の順に、仕向超過限度額の範囲内で運営機関と合意した時間に処理する。約定どおりの起算日とし、利息・手数料は申出を待たず補填する。"),
      ("Tell each customer whose payment arrived late; give a written confirmation of the delay to whoever asks.", "遅延した顧客へ連絡し、求めに応じて遅延証明書を交付する。"),
      evidence=("heaps at zero, list of corrections", "区分別残数ゼロ及び補填一覧"), approve="operations", by="step:reopen+P2D", clauses="6-4 6-3.2", needs="resumed substitute_runs", priority=1),
]

LIQUIDITY = [
    A("liquidity", "coordination", "treasury/crisis_head", ("Find out whether the money lasts", "資金繰りを確認する"),
      ("Project the account at the Bank of Japan by the hour with incoming payments left out, outgoing ones at their worst; net debit cap and collateral; foreign currency.",
       "着金なし・仕向最大の前提で、日銀当座預金残高を時間単位で見積もる。仕向超過限度額、担保余力及び外貨も対象とする。"),
      ("Answer whether it falls short at any hour.", "不足する時間帯の有無を回答する。"),
      evidence=("projection by hour", "時間別資金繰り表"), by="detection+PT2H", clauses="2-1.1 1-3.1", out="__short__", priority=1),
    WHILE("short_of_money", ("Does the money fall short?", "資金が不足するか"), "__short__:value = true", 12, [
        A("fund", "coordination", "treasury/crisis_head", ("Fund the gap", "不足資金を手当てする"),
          ("In this order: intraday credit against collateral, moving collateral, call money by phone from banks that can still pay, putting off own payments, standing facility of the Bank of Japan.",
           "日中当座貸越（担保）、担保の差替え、支払可能な先からの電話によるコール調達、自己の支払の繰延べ、日本銀行の補完貸付の順に手当てする。"),
          ("Tell the Bank of Japan before the gap, not in it. Project again; answer again.", "不足の発生前に日本銀行へ連絡する。再度見積もり、不足の有無を回答する。"),
          evidence=("deals, collateral moved, new projection", "調達明細、担保差入れ及び見積り"), approve="settlement", clauses="4-1.4", needs="authority_named", out="__short__", priority=1)], phase="coordination"),
]

CUSTOMERS = [
    calendar(("Bills and cheques presented today, direct debits, loan instalments, closing of securities and foreign exchange, tax dates.", "当日の手形・小切手の呈示、口座振替、融資返済、証券・外為の受渡し及び納税期限を確認する。")),
    A("relief", "coordination", "branches/legal", ("Keep customers from defaulting through no fault of theirs", "顧客の債務不履行を防ぐ救済措置を講じる"),
      ("Bills and cheques: use or ask the clearing house for the grace on dishonour (不渡); for our own paper return none as dishonoured for money that is under way.",
       "手形・小切手は、電子交換所の不渡猶予の適用を確認・要請し、着金待ちのものを資金不足による不渡返還としない。"),
      ("Own claims: no default interest, no arrears entry, no stop of lines; overdraft up to the payment awaited after a look at the telegram or payslip, by the branch head.",
       "自行債権は遅延損害金、延滞登録及び与信停止を行わない。着金見込みを確認の上、支店長権限で立替・当座貸越に応じる。"),
      ("Others' claims: confirmations of delay for landlords, tax offices, card firms; ask card and insurance firms for the same grace for all.",
       "第三者に対しては家主、税務署、カード会社等宛ての遅延証明書を交付し、カード・保険会社へ一律の猶予を要請する。"),
      evidence=("instruction to branches, cases by kind", "営業店指示及び種類別件数"), approve="legal", by="recognition+PT4H", clauses="3-2 4-1.4", priority=1),
    branch_opening(("More people at counters, cash for four hours more, the list of what can be paid today at the door. After 15:00: counter hours longer or not.", "窓口要員及び4時間分の現金を積み増し、本日取扱可能な支払を店頭に掲示する。15時以降の窓口延長の要否も決定する。")),
    answers(("My pay has not come; has my transfer arrived; I must pay today. Never: \"send it once more\". Take number, receiver, due hour; urgent ones go to the list.",
             "「給与が入らない」「振込は届いたか」「本日中に支払う必要がある」への回答を定める。再度の振込は案内せず、通番・受取先・期限を聴取し、緊急分は優先順位表へ回付する。")),
    publish(("Together with the operator's notice, same words and hours; what goes on (own branches, cash, cards), what is taken for the next day, no second order please.",
             "運営機関の公表と文言・時刻を合わせ、継続する業務（自行内、現金、カード）、翌日扱いの取引及び再操作を控える旨を示す。")),
]

AUTHORITIES = [
    phone_fsa(("Which infrastructure, ours or all banks', numbers and sums not sent and not arrived, pensions and pay among them, other ways in use, liquidity, relief.",
               "対象インフラ、自行のみか全行か、未送信・未着の件数・金額（年金・給与の内訳）、代替手段、資金繰り及び救済措置を伝える。")),
    phone_boj(("Projection by hour, collateral, whether later closing of its network is needed; that contact stays open all day.", "時間別資金繰り、担保及び日銀ネットの時限延長の要否を伝え、終日連絡を維持する。")),
    police(("Where an attack cannot be ruled out, in step with the operator's own report; false calls and mails that ask for payment by another way.", "攻撃を否定できない場合に運営機関と歩調を合わせて通報する。別の振込先を案内する詐欺電話・メールも通報する。")),
    share(("State of our line and telegrams, what worked as a way round, frauds that use the outage.", "回線・電文の状況、有効な代替手段及び障害に便乗した詐欺を加える。")),
    follow_up(("Backlog by day until zero, late payments, relief given, cause as the operator states it.", "滞留の日別推移、遅延件数、救済措置の実績及び運営機関の示す原因を記載する。")),
]

PLAYBOOK = {
    "key": "settlement-loss", "attack_type": "settlement-loss", "created": CREATED, "modified": CREATED,
    "name": ("Loss of settlement infrastructure", "決済インフラ停止 対応手順書"),
    "description": ("The Zengin system, the Bank of Japan's network or the integrated ATM switch is out, or our connection to it. Send nothing twice, bring the urgent payments through by other ways, keep liquid, shield customers from default, settle what is unknown before going back.",
                    "全銀システム、日銀ネット若しくは統合ATM又は当行との接続が停止した場合の手順。二重送信を防止し、緊急の支払を代替手段で処理し、資金繰りを維持し、顧客の債務不履行を防ぎ、送達状況を確定してから復帰する。"),
    "types": ["mitigation", "remediation", "notification"], "priority": 3, "severity": 90, "clauses": ["FSA-CS 2.5.1-1", "FSA-CS 2.5.1-a"],
    "target": {"within": "PT4H", "level": 0.3, "note": ("The urgent payments of the list leave by another way within 4 hours and before the day's last cut-off; all of the backlog within a day of the return. A proposal: set it against your own tolerances.",
                                                     "優先順位表の緊急分を4時間以内かつ当日最終時限前に代替手段で送信し、滞留分は復帰後1日以内に処理する。目安であり、自行の耐性度に合わせて定める。")},
    "override_role": "crisis_head",
    "reports": reports(),
    "variables": {**IS_INCIDENT,
                  "__infrastructure__": ("string", ("which infrastructure is lost: zengin, boj, atm, or several", "喪失したインフラ：zengin（全銀システム）、boj（日銀ネット）、atm（統合ATM）、several（複数・その他）")),
                  "__may_spread__": ("bool", ("whether an attack may come over the line", "回線を通じた攻撃の可能性があるか")),
                  "__cut__": ("bool", ("whether the line is cut", "回線を遮断するか")),
                  "__ours__": ("bool", ("whether the fault is in our own equipment", "自行設備の障害か")),
                  "__still_out__": ("bool", ("whether the infrastructure is still out at the next cut-off", "次の時限においても停止が続くか")),
                  "__short__": ("bool", ("whether the money falls short at any hour", "資金が不足する時間帯があるか"))},
    "flow": ARRIVAL + [
        IF("incident", ("An incident to respond to?", "対応を要するインシデントか"), "__is_incident__:value = true", [
            PAR("respond", ("Technical work, payments, liquidity, customers and authorities side by side", "技術対応、決済、資金繰り、顧客対応及び当局連絡を並行して進める"),
                TECHNICAL, PAYMENTS, LIQUIDITY,
                [outside(AUTHORITIES + CUSTOMERS[3:], "phone_fsa follow_up", "phone_boj", "police", "answers publish", "share")],
                [business(CUSTOMERS[:3], "branch_opening", "calendar relief")]),
            PAR("afterwards", ("Final report and review", "最終報告と事後検証"),
                [final_report(("The operator's report belongs to it; say what of the damage was ours to prevent.", "運営機関の報告書を添付し、当行の対応で防止可能であった影響を明記する。"))],
                [close_record(), review(("Ask how long we did not know which payments had gone, when the first urgent one left by another way, how near the liquidity came to its limit.",
                                         "送達状況が不明であった時間、緊急分を代替手段で最初に送信した時刻及び資金繰りの最小余力を検証する。")),
                                 improve(("Media and file format drills with the operator, signatories and seals at hand, bilateral agreements, the notice of relief ready to print.",
                                          "運営機関との媒体・データ授受訓練、権限者・届出印の配置、個別銀行間の取決め及び救済措置の案内文の常備を見直す。"))]),
        ], [no_incident()], phase="triage")],
    "exception": exception(),
}

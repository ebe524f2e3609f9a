"""Fraudulent transfers: money leaves customers' accounts through internet banking by orders they did not give.

The money lane runs beside the technical one from the first minutes: what is frozen within the hour can come back, the rest hardly ever does.
"""
from common import (CREATED, FSA, IS_INCIDENT, PERSONAL_DATA, PLANNING, answers, close_record, decide, exception, final_data, final_report,
                    follow_up, improve, intake, judge_data, name_authority, no_incident, outside, phone_boj, phone_fsa, police, publish, rate, reopen, report_data,
                    reports, resume, review, share)
from dsl import IF, PAR, SWITCH, WHILE, A, report

SUSPICIOUS = report(FSA, ("suspicious-transaction report", "疑わしい取引の届出"), "other", "recognition+P3D", False, "suspicious", ("electronic filing", "電子申請"), PLANNING)
STOPPED = ("time of each setting, checked by a second person; result of the test orders", "設定変更時刻（再鑑済み）及び試験指図の結果")

TECHNICAL = [
    name_authority(("The stop in question: internet transfers, same-day handling, links with payment services. The duty officer of the financial crime desk may stop single accounts without asking.",
                    "本件で判断を要する停止はIB振込、即時振込及び決済サービス連携である。個別口座の停止は金融犯罪対策担当の当番者に委任する。"), by="detection+PT20M"),
    PAR("at_once", ("Stop the way out and look for its cause side by side", "出口の停止と原因の調査を並行して行う"), [
        A("judge", "containment", "csirt_lead/crisis_head", ("Judge how far to stop, and what comes first: containment or evidence", "停止範囲及び封じ込めと証拠保全の優先順位を判断する"),
          ("Weigh: new cases per hour, sum at risk until morning, the day (五十日, pay day, month-end), customers who depend on it, counters open or not, whether the stop warns the fraudster.",
           "時間当たりの新規件数、翌朝までの想定被害額、特異日（五十日、給与振込日、月末）、影響顧客、窓口の営業状況及び停止により攻撃者に察知される影響を検討する。"),
          ("Choose the smallest stop that closes the way out: no more; same-day handling, new payees and limits; all internet transfers.", "出口を塞ぐ最小の範囲を選ぶ（拡大しない／即時振込・振込先登録・限度額／IB振込全体）。"),
          ("Say in one sentence which comes first and why. A stop destroys few logs; what it costs is sight of a fraudster who is still logged in. Set the hour at which this is looked at again.",
           "封じ込めと証拠保全の優先順位及び理由を一文で記録する。停止で失われるログは少ないが、接続中の攻撃者を観察できなくなる点を考慮する。見直す時刻を定める。"),
          evidence=("the decision with the factors weighed", "検討要素を付した決定記録"), approve="crisis_head", by="detection+PT40M", clauses="4-1.3 4-1.4 4-1.5", needs="authority_named", gives="evidence_judged", out="__stop_scope__", priority=1),
        A("stop_accounts", "containment", "channels/csirt_lead", ("Stop the accounts hit", "被害口座を停止する"),
          ("Stop internet banking and app of every account on the list; cut sessions that are open; withdraw registered devices and tokens.",
           "一覧の全口座についてIB・アプリの利用を停止し、接続中のセッションを切断し、登録端末・トークンを無効化する。"),
          ("Catch what has not left: booked transfers, tonight's batch files, Pay-easy, small-value and foreign transfers; give the telegram numbers to the joint centre before its cut-off.",
           "未送信の指図（予約振込、当夜の総合振込、ペイジー、少額送金、外国送金）を抜き取り、締切時刻前に共同センターへ通番を連絡する。"),
          ("Call in the experts of the joint internet-banking centre and of the fraud monitor; lower the alert thresholds for all other accounts.",
           "IB共同センター及び不正検知サービスの専門家を招集し、その他の口座の検知しきい値を引き下げる。"),
          evidence=("per account: time of stop, orders held by telegram number; checked by a second person", "口座ごとの停止時刻及び保留指図（通番）。再鑑済みのもの"), by="detection+PT1H", clauses="4-1.1 4-1.6", needs="authority_named evidence_judged", priority=1),
        SWITCH("stop", ("How much more is stopped?", "停止範囲をどこまで拡大するか"), "__stop_scope__", {
            "same_day": (("same-day handling, new payees, limits", "即時振込・振込先登録・限度額"), [
                A("stop_same_day", "containment", "channels/csirt_lead", ("Stop same-day handling and lower the limits", "即時振込を停止し、限度額を引き下げる"),
                  ("Turn transfers to payees not used before into next-day ones; stop new payees and raised limits; lower the daily limit.",
                   "初回の振込先への当日扱いを翌日扱いに切り替え、振込先登録及び限度額の引上げを停止し、1日当たり限度額を引き下げる。"),
                  ("Put in one test order of each kind: it must be held.", "種類ごとに試験指図を1件投入し、保留されることを確認する。"),
                  evidence=STOPPED, by="step:judge+PT30M", clauses="4-1.1", needs="authority_named evidence_judged", priority=1)]),
            "service": (("all internet transfers", "IB振込全体"), [
                A("stop_service", "containment", "channels/csirt_lead", ("Stop internet transfers altogether", "IB振込を全面停止する"),
                  ("Put up the notice, then close transfers, Pay-easy and links with payment services on every channel: browser, app, corporate, API. Leave balances readable where safe.",
                   "案内を掲出の上、全チャネル（ブラウザ、アプリ、法人、API）の振込、ペイジー及び決済連携を閉じる。安全であれば残高照会は残す。"),
                  ("Put in one test order from outside on each channel: none may pass.", "チャネルごとに外部から試験指図を1件投入し、通らないことを確認する。"),
                  evidence=STOPPED, by="step:judge+PT30M", clauses="4-1.1", needs="authority_named evidence_judged", priority=1)])}, phase="containment",
               why=("\"none\" goes on without a further stop, under closer watch.", "「none」の場合は追加の停止をせず、監視を強化して継続する。")),
        A("partners", "coordination", "third_party_manager/channels", ("Tell those whom the stop touches", "停止措置の影響を受ける先へ通知する"),
          ("Joint internet-banking centre, account-linked payment services, electronic-settlement agents, accounting software, other banks of the centre; the ATM network if cash-out by phone stops: what, since when, until when.",
           "IB共同センター、口座連携先の決済事業者、電子決済等代行業者、会計ソフト及び参加行、スマホATM停止時は統合ATM関係先へ、対象、開始時刻及び見込みを通知する。"),
          ("Ask payment services and agents what they see of the same accounts; agree what their customers are told.", "決済事業者等に同一口座の異常を照会し、先方顧客への案内を調整する。"),
          evidence=("who was told, when", "通知先及び時刻"), by="step:judge+PT1H", clauses="4-a 3-1", priority=2),
        A("way_out_shut", "containment", "csirt/csirt_lead", ("Confirm that no more money leaves", "流出が止まったことを確認する"),
          ("Count new fraudulent orders every 15 minutes; two hours without one, or every one held, is contained. Otherwise go back to the authority for a wider stop.",
           "不正指図の新規件数を15分ごとに集計し、2時間発生なし又は全件保留をもって封じ込め完了とする。発生が続くときは範囲の拡大を権限者に付議する。"),
          ("Put in test orders on each channel from outside, of the kind the fraudster used.", "攻撃者と同種の試験指図を外部から各チャネルに投入する。"),
          evidence=("counts by quarter of an hour", "15分ごとの件数表"), by="detection+PT4H", clauses="4-1.1", needs="evidence_judged", gives="contained", priority=1)], [
        rate(("Single, several with the same traces, or widespread? Count cases and sum, companies among them, hour of the latest.", "単発、同一痕跡の複数又は広範囲かを、件数、金額、法人の有無及び直近の発生時刻により判定する。"), by="detection+PT30M"),
        A("preserve", "analysis", "csirt/csirt_lead", ("Preserve the logs before anybody looks into them", "分析に先立ちログを保全する"),
          ("Copy and seal, from 90 days before the first fraud on: log-in, authentication, transfers, changes of registration, device identifiers, source addresses, alerts of the fraud monitor, mails to customers.",
           "最初の不正の90日前に遡り、ログイン、認証、振込、登録変更、端末識別情報、接続元、不正検知及び顧客宛通知の各ログを複製・封印する。"),
          ("Have the joint internet-banking centre and the vendor of the one-time passwords hold theirs; take hash values; analyse the copy only.",
           "IB共同センター及びワンタイムパスワード事業者に保全を依頼する。ハッシュ値を採取し、分析は複製に対してのみ行う。"),
          evidence=("list of logs with period, place and hash value", "ログ一覧（対象期間、保管場所、ハッシュ値）"), by="recognition+PT2H", clauses="2-1.2 2-2", gives="evidence_preserved", priority=1),
        A("method", "analysis", "csirt/csirt_lead", ("Find method and path, and who else is hit", "手口・経路及び他の被害者を特定する"),
          ("Tell from the copy how the order was made: relayed one-time password, malware or remote control on the customer's device, taken-over phone number, stolen certificate, manipulated file of a corporate batch, an insider, our own system.",
           "複製により指図の手口（ワンタイムパスワード中継型フィッシング、顧客端末のマルウェア・遠隔操作、電話番号の乗っ取り、電子証明書の窃取、総合振込データの改ざん、内部者、自行システムの侵害）を特定する。"),
          ("Search all accounts for the same receiving accounts, addresses, devices, hours and fresh changes of registration; log-ins without a transfer count too.",
           "同一の受取口座、接続元、端末、時間帯及び直前の登録変更により全口座を検索する。送金のないログインのみの口座も対象とする。"),
          ("Say what may still come: booked transfers, tonight's and tomorrow's batches, the next 5th or 10th day (五十日).", "今後生じうる影響（予約振込、当夜・翌日の総合振込、次の五十日）を見積もる。"),
          evidence=("finding on method; accounts by certain, likely, log-in only", "手口の判定及び口座一覧（確実・可能性あり・ログインのみ）"), by="recognition+PT4H", clauses="2-1.1", needs="evidence_preserved",
          gives="cause_known", out="__bank_side__ __further_victims__", priority=1),
        WHILE("victims", ("Until the search finds no further victims", "新たな被害口座がなくなるまで"), "__further_victims__:value = true", 20, [
            A("sweep", "containment", "csirt/csirt_lead", ("Search again and stop what is found", "新たな痕跡により再検索し、判明口座を停止する"),
              ("Add what was just learnt (addresses, devices, receiving accounts) and search the copy and today's log; stop each account found and withdraw its booked transfers.",
               "新たに判明した接続元、端末及び受取口座を加え、保全した複製と当日ログを検索する。判明した口座は停止し、予約振込を取り消す。"),
              ("Hand each to the financial crime desk (money gone) and the contact centre (call the owner, on the number registered before any recent change).",
               "金融犯罪対策担当（送金済み資金の凍結要請）及びコンタクトセンター（変更前の登録番号による連絡）へ口座ごとに引き継ぐ。"),
              evidence=("conditions, hits, time of stop per account", "検索条件、該当件数及び口座ごとの停止時刻"), clauses="4-1.1 2-1.1", needs="authority_named", out="__further_victims__", priority=1)], phase="containment")]),
    IF("path", ("Was the bank's own side broken into?", "自行側が侵害されたか"), "__bank_side__:value = true", [
        A("clean_bank", "eradication", "it_operations/csirt_lead", ("Clean and rebuild what was broken into", "侵害された機器を駆除・再構築する"),
          ("With the outside experts: remove malware and accounts, close the hole, renew keys, certificates and administrators' passwords; initialise the devices and rebuild them from a medium older than the first trace.",
           "外部専門家とともにマルウェア・不正アカウントを除去し、脆弱性を修正し、鍵・証明書・特権パスワードを更新する。機器は初期化し、最初の痕跡より前の媒体から再構築する。"),
          ("Trust no backup for its date alone: compare programs with their released hash values, customer master and limits with the log of changes.",
           "バックアップは日付のみで信用せず、プログラムはリリース時のハッシュ値、顧客マスタ・限度額は変更履歴と突合する。"),
          evidence=("result of the comparison, the experts' report", "突合結果及び外部専門家の報告"), by="recognition+P2D", clauses="5-1.1 5-1.3 6-2 6-3.1", needs="cause_known", priority=1)], [
        A("clean_customer", "eradication", "channels/csirt_lead", ("Close the way in on the customers' side", "顧客側の侵入経路を塞ぐ"),
          ("Have phishing sites and senders taken down (JPCERT/CC, registrar, takedown contractor); refuse their addresses at our doors.", "JPCERT/CC、レジストラ及び閉鎖代行事業者を通じてフィッシングサイト等を閉鎖させ、当該接続元を遮断する。"),
          ("Issue new credentials and tokens to every account hit after identification at the counter or by two independent means; an infected device must be initialised before it logs in again.",
           "被害口座全件につき、窓口又は独立した二つの方法で本人確認の上、認証情報・トークンを再発行する。感染端末は初期化後でなければ利用させない。"),
          evidence=("confirmation of the takedowns; list of accounts with new credentials", "閉鎖確認及び認証情報再発行一覧"), by="recognition+P1D", clauses="5-1.1 4-1.2", needs="cause_known", priority=1)],
       why=("As long as it cannot be told, the bank's own side counts as broken into.", "判定できない間は、自行側の侵害として扱う。"), phase="eradication"),
    A("harden", "eradication", "channels/ciso", ("Raise watch and authentication; prove that the method fails now", "監視・認証を強化し、当該手口が阻止されることを確認する"),
      ("Set monitoring rules on this method, demand a second means for new payees and raised limits, staff the fraud monitor around the clock for two weeks.",
       "当該手口の検知ルールを設定し、振込先登録・限度額引上げに追加認証を求め、不正検知を2週間24時間体制とする。"),
      ("Have the expert of the monitoring service replay the fraudulent orders in the test environment: every one must be stopped.", "検証環境で不正検知サービスの専門家に不正指図を再現させ、全件が阻止されることを確認する。"),
      evidence=("rules in force, result of the replay", "適用ルール及び再現試験の結果"), approve="ciso", by="recognition+P2D tolerance_breach-PT4H", clauses="5-1.2 5-1.3 6-1.2", needs="cause_known contained", gives="cause_dealt_with", priority=1),
    PAR("make_sure", ("Confirm normal operation and reconcile side by side", "正常稼働の確認と勘定の突合を並行して行う"), [
        A("confirm", "recovery", "channels/system_owner", ("Confirm with the system owner that all works as usual", "システム責任者とともに正常稼働を確認する"),
          ("Run log-in, transfer, batch, booked transfer and API through with test accounts; set payees, limits and customer master against a generation from before the first fraud, and that against the log of changes.",
           "試験口座でログイン、振込、総合振込、予約振込及びAPIを通しで確認し、振込先、限度額及び顧客マスタを最初の不正前の世代と、当該世代を変更履歴と照合する。"),
          ("Before each link (payment services, agents, corporate hosts) is opened again: it runs, exposed keys are renewed, the partner agrees to the hour.",
           "決済事業者、電子決済等代行業者、法人ホスト等の接続ごとに、正常稼働、露出した鍵の更新及び相手方の同意を再接続前に確認する。"),
          evidence=("test record signed by the system owner; list of links with consents", "システム責任者確認済みの試験記録及び接続先同意一覧"), approve="system_owner", by="tolerance_breach-PT3H", clauses="6-2 6-3.1 6-4 6-5",
          needs="cause_dealt_with contained", gives="works_as_usual", priority=1)], [
        A("reconcile", "recovery", "settlement/operations", ("Reconcile, and have orders repeated", "勘定を突合し、未達の指図の再送信を求める"),
          ("Telegrams sent = orders accepted; held orders, returned money, suspense accounts, balance at the Bank of Japan.", "送信電文と受付指図、保留指図、返却資金、仮勘定及び日銀当座預金残高を突合する。"),
          ("Ask the customer or the bank to send again what was held, dropped or not delivered; repeat none on a guess.", "保留・欠落・未達の指図は顧客又は相手行に再送信を求め、推測により再実行しない。"),
          evidence=("reconciliation, differences explained", "突合表（差異理由を含む。）"), approve="operations", by="tolerance_breach-PT2H", clauses="6-3.2 6-4", gives="reconciled", priority=1)]),
    resume(("Besides: books reconciled, cases in the last hours, limits and same-day rules to begin with, who watches the monitor tonight.",
            "このほか、勘定の突合、直近の発生件数、再開時の限度額・即時振込の条件及び当夜の監視要員を確認する。"), needs="cause_dealt_with works_as_usual reconciled"),
    reopen(("Known payees with low limits first, then corporate batches, new payees next day, same-day handling last; an hour between.",
            "既存振込先（低限度額）、法人総合振込、新規振込先（翌日扱い）、即時振込の順とし、各段階の間隔は1時間とする。"),
           ("Tell partners and branches what stays lowered and until when.", "継続する制限と期間を提携先及び営業店へ伝える。")),
]

MONEY = [
    PAR("money", ("Get the money back, tell the victims and keep honest payments going side by side", "資金の保全、被害顧客への連絡及び代替手段の確保を並行して行う"), [
        A("freeze", "coordination", "fraud_desk/operations", ("Ask the receiving banks to freeze, at night too", "夜間を含め、被仕向銀行へ口座凍結を要請する"),
          ("Call the fraud desk of every bank, funds-transfer service and crypto-asset exchange the money went to, by the out-of-hours list: sending account, time, amount, telegram number, receiving branch, account, name.",
           "夜間・休日連絡先一覧により、送金先の銀行、資金移動業者及び暗号資産交換業者の不正利用窓口へ電話し、仕向口座、時刻、金額、通番、被仕向店・口座・受取人名を伝える。"),
          ("Ask what is left and where the rest went; call the next institution yourself, do not wait for it to be passed on.", "残高及び移転先を確認し、移転先には取次ぎを待たず自ら電話する。"),
          ("Send the written request when their desk opens, by 9:00 of the next business day.", "書面の依頼は相手方の受付開始後直ちに、遅くとも翌営業日9時に送付する。"),
          evidence=("per receiving account: who was called when, frozen or not, amount left", "受取口座ごとの架電記録（相手方、時刻、凍結の可否、残高）"),
          why=("The receiving bank decides on the freeze, by the law on relief for victims of transfer fraud and its own account rules. A request needs nobody's leave: call at once.",
               "凍結の判断は被仕向銀行が振り込め詐欺救済法及び預金規定に基づき行う。要請に決裁は要しないため直ちに電話する。"),
          by="detection+PT45M", clauses="4-1.1 4-a 3-1", out="__own_accounts__", priority=1),
        IF("own_accounts", ("Did money arrive on accounts of our own?", "自行の口座が受取に使われたか"), "__own_accounts__:value = true", [
            A("freeze_own", "containment", "fraud_desk/legal", ("Freeze receiving accounts of our own", "自行の受取口座を凍結する"),
              ("Stop withdrawals, card and internet banking; look for further accounts of the same holder, address, phone or device.", "出金、カード及びIBを停止し、同一の名義、住所、電話、端末による口座を調査する。"),
              ("Begin the relief law's procedure: have the Deposit Insurance Corporation announce it. Do not warn the holder.", "振り込め詐欺救済法の手続（預金保険機構への公告の求め）を開始する。名義人へ事前に告知しない。"),
              evidence=("accounts frozen, balance, time", "凍結口座一覧（残高、時刻）"), by="step:freeze+PT30M", clauses="4-1.1", needs="authority_named", priority=1)]),
        A("recall", "coordination", "settlement/operations", ("Recall the transfers (組戻し)", "組戻しを依頼する"),
          ("Take the customer's request (by phone with call-back now, the form later) and send the recall telegram in core hours; outside them as the receiving bank demands. Charge no fee.",
           "顧客の依頼を受け（当面は電話・折返し確認、書面は後日）、コアタイム中は組戻依頼電文、時間外は被仕向銀行所定の方法により依頼する。手数料は免除する。"),
          ("Every transfer on the list has its recall by the end of core hours of the day; hand the list on for daily follow-up.", "一覧の全件について当日のコアタイム終了までに依頼し、管理表を日次の追跡に引き継ぐ。"),
          evidence=("list: asked, answered, amount back", "組戻し管理表（依頼、回答、返却額）"), by="recognition+PT6H", clauses="4-1.1", priority=2),
        A("suspicious", "coordination", "fraud_desk/legal", ("File the suspicious-transaction reports", "疑わしい取引の届出を行う"),
          ("Judge and file for each receiving account of our own and each account used to pass money on, promptly, electronically, with the police reference.",
           "自行の受取口座及び中継に使われた口座ごとに要否を判断し、警察の受理番号を付して速やかに電子申請する。"),
          ("Tell neither the customers concerned nor anybody who need not know that a report was or will be made.", "届出を行う（行った）ことを、対象顧客及び知る必要のない者に漏らさない。"),
          evidence=("receipt numbers", "受付番号"), by="recognition+P3D", clauses="3-3", report="suspicious", priority=2)], [
        A("victims_told", "coordination", "contact_centre/fraud_desk", ("Tell the customers hit", "被害顧客へ連絡する"),
          ("Call on the number registered before the fraud, from a number customers know; never ask for a password. Say what happened, what is stopped, what to do now, how compensation runs.",
           "不正前から登録されていた番号へ、周知済みの番号から電話する。暗証番号等は決して尋ねない。事実、停止措置、依頼事項及び補償手続を伝える。"),
          ("Have them change the same password elsewhere, have the device checked, go to the police.", "他サービスの同一パスワードの変更、端末の点検及び警察への届出を依頼する。"),
          evidence=("per customer: reached when, by whom", "顧客ごとの連絡時刻及び連絡者"), by="recognition+PT6H", clauses="3-2", priority=1)], [
        A("substitute", "coordination", "operations/branches", ("Keep honest payments going", "正当な振込の代替手段を確保する"),
          ("Tell customers what stands in for what was stopped: counter, ATM, next-day transfer, for companies fax and call-back. Decide on longer counter hours and tell the branches by 8:30.",
           "停止した取引の代替（窓口、ATM、翌日扱い、法人はFAX・折返し確認）を案内する。給与振込日・五十日が近いときは窓口時間の延長を判断し、8時30分までに営業店へ伝達する。"),
          ("Collect what must be paid today (pay, taxes, bills due) and release each by two people.", "当日期限の支払（給与、納税、手形決済等）を集約し、1件ごとに2名で処理する。"),
          evidence=("instruction to the branches, number of payments made so", "営業店指示及び処理件数"), by="tolerance_breach-PT2H", clauses="4-1.4", priority=2)]),
]

COMPENSATION = [
    A("compensation", "coordination", "fraud_desk/legal", ("Follow the recalls to their end; compensate by the rules", "組戻しの結果を確定し、補償規定に基づき対応する"),
      ("Follow each recall and freeze daily until the money is back, refused, or shared out under the relief law; what comes back goes to the account it left.",
       "組戻し及び凍結を、返却、拒絶又は救済法による分配まで毎日追跡し、返却資金は元の口座へ入金する。"),
      ("Take each claim: noticed when, told us when, police, care taken. Individuals by our rules after the Japanese Bankers Association's agreement of 2008, companies by those after its view of 2014.",
       "申出ごとに気付いた時期、通知時期、警察への届出及び管理状況を確認する。個人は平成20年の全銀協申し合わせ、法人は平成26年の同考え方を踏まえた自行規定による。"),
      ("Name the time limit for the notice and the day of the answer; do not argue about negligence on the phone.", "通知の期限及び回答予定日を案内する。電話で過失の有無を論じない。"),
      evidence=("list of claims with decision and date", "補償管理表（決定、日付）"), approve="legal", by="recognition+P30D", clauses="3-2", priority=3),
]

AUTHORITIES = [
    phone_fsa(("Number and sum, individuals or companies, method as far as known, what is stopped, what is frozen, customers told.", "件数・金額、個人・法人の別、判明した手口、停止した取引、凍結状況及び顧客連絡の状況を伝える。")),
    phone_boj(("Say whether the bank's funds-transfer balance and the night's clearing are touched.", "為替決済尻及び当夜の決済への影響の有無を伝える。")),
    police(("Hand over receiving accounts, addresses, times; ask them to request the freeze from their side too. Customers file their own damage reports.",
            "受取口座、接続元及び時刻を提供し、警察からの凍結要請も依頼する。被害届は顧客からも提出を求める。")),
    judge_data(("Balance, statement, address and payees were open to whoever logged in: list what was shown.", "不正ログイン中に表示された残高、明細、住所及び振込先を一覧にする。")),
    report_data(("Tell customers hit again by letter: the first call is easily taken for a fraud itself.", "最初の電話は詐欺と誤解されやすいため、被害顧客へは書面でも通知する。")),
    follow_up(("Cases and sums by method, frozen and returned, customers told, limits kept.", "手口別の件数・金額、凍結・返却額、顧客連絡の状況及び継続する制限を記載する。")),
]

PUBLIC = [
    answers(("Three questions that tell a new case; such a call goes through to the financial crime desk at once.", "新たな被害を見分ける3項目の質問を示し、該当時は金融犯罪対策担当へ即時転送する。")),
    publish(("On the log-in page and in the app: what is going on, how to tell the false mail or page, what is stopped until when. Nothing on thresholds or on what we see of the fraudster.",
             "ログイン画面・アプリに、事象、偽メール・偽サイトの見分け方及び停止する取引と見込みを示す。検知基準や把握状況を推知させる記載を避ける。")),
    share(("Add the lure's text, domains, order of steps and how it was noticed; name the receiving banks, not the accounts.", "誘導文面、ドメイン、手順及び発見の端緒を加える。受取銀行名は示し、口座は示さない。")),
]

FLOW = [
    intake("contact_centre/fraud_desk",
           ("Account, time, amount, kind of order, receiving account, mails or calls before it, what is left. Stop that one account while you speak.",
            "口座、時刻、金額、取引種類、受取口座、事前の不審なメール・電話及び残高を確認し、当該口座は通話中に停止する。"), by="detection+PT10M"),
    decide(("Look at log-ins, devices and changes of phone, mail, payees and limits of 30 days. Family member, mistake, the customer's own order under deceit (other procedure, same freeze)?",
            "直近30日のログイン、端末及び電話・メール・振込先・限度額の変更を確認し、家族の操作、誤送金及び本人が欺かれて行った振込（別手順、凍結要請は同じ）と区別する。"), by="detection+PT20M"),
    IF("incident", ("Is it an incident?", "インシデントに該当するか"), "__is_incident__:value = true", [
        PAR("respond", ("Technical work, coordination and recovery of the money side by side", "技術対応、連携・報告及び資金の保全・顧客対応を並行して進める"),
            TECHNICAL,
            [outside(AUTHORITIES + PUBLIC, "phone_fsa follow_up", "phone_boj", "police", "judge_data data_hit", "answers publish", "share")],
            MONEY),
        PAR("afterwards", ("Compensation, final reports and review", "補償、最終報告及び事後検証"),
            COMPENSATION,
            [final_report(("Figures as finally established, compensation paid and refused, what was recovered.", "被害の確定値、補償の実施・不実施及び回収額を記載する。")), final_data()],
            [close_record(),
             review(("Minutes from the order to the first freeze call; alerts that were there and not read; receiving banks that could not be reached at night.",
                     "指図から最初の凍結要請までの分数、見落とした検知及び夜間に連絡できなかった被仕向銀行を確認する。")),
             improve(("Out-of-hours list of receiving banks, monitoring rules, limits, terms of compensation.", "被仕向銀行の夜間連絡先、検知ルール、限度額及び補償規定を見直す。"))]),
    ], [no_incident()], phase="triage"),
]

PLAYBOOK = {
    "key": "fraudulent-transfer", "attack_type": "fraudulent-transfer", "created": CREATED, "modified": CREATED,
    "name": ("Fraudulent transfers", "不正送金 対応手順書"),
    "description": ("Orders that customers did not give move money out of their accounts. Freeze by phone first, at any hour; stop the way out as far as needed; find everybody hit; close the way in; give customers their due.",
                    "顧客の意思によらない指図により口座から資金が移転した場合の手順。時間を問わず電話による凍結要請を最優先とし、必要な範囲で出口を止め、被害者を漏れなく特定し、侵入経路を塞ぎ、補償まで行う。"),
    "types": ["investigation", "mitigation", "remediation"], "priority": 5, "severity": 80,
    "target": {"within": "PT12H", "level": 0.9, "note": ("Transfers at counters and ATMs never stop; internet transfers to known payees, where they had to stop, are back within 12 hours with lowered limits. A proposal: set it against your own tolerances.",
                                                     "窓口・ATMの振込は継続する。停止したIBの既存振込先への振込は、限度額を引き下げて12時間以内に再開する。目安であり、自行の耐性度に合わせて定める。")},
    "override_role": "crisis_head",
    "reports": {**reports(personal_data="P60D"), "suspicious": SUSPICIOUS},
    "variables": {
        **IS_INCIDENT, **PERSONAL_DATA,
        "__own_accounts__": ("bool", ("whether money arrived on accounts of our own", "自行の口座が受取に使われたか")),
        "__stop_scope__": ("string", ("what is stopped besides the accounts hit: none, same_day (same-day handling, new payees, limits) or service (all internet transfers)",
                                      "被害口座のほかに停止する範囲：none（なし）、same_day（即時振込・振込先登録・限度額）、service（IB振込全体）")),
        "__bank_side__": ("bool", ("whether the bank's own side was broken into, or that cannot be ruled out", "自行側が侵害されたか（否定できない場合を含む。）")),
        "__further_victims__": ("bool", ("whether the search found accounts not known before", "検索により未把握の被害口座が見つかったか")),
    },
    "flow": FLOW, "exception": exception(),
}

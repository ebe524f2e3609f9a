"""Customers' data leak at a supplier, or at a supplier's supplier. The bank answers for it as if it were its own."""
from common import (CREATED, IS_INCIDENT, PERSONAL_DATA, answers, branch_opening, business, calendar, close_record, decide, exception, final_data, final_report, follow_up, improve,
                    intake, judge, judge_data, name_authority, no_incident, outside, phone_boj, phone_fsa, police, preserve, prove_cause, publish, rate, reopen, report_data, reports,
                    resume, review, share)
from dsl import IF, PAR, WHILE, A

ARRIVAL = [
    intake("third_party_manager/csirt_lead",
           ("Take it in also when it comes from elsewhere: the press, a leak site, another client bank, a customer who got a strange call. Ask the caller's name and phone the supplier back on the number in the ledger.",
            "報道、リークサイト、他の委託元、不審電話を受けた顧客等からの連絡も受け付け、委託先台帳の電話番号へ折り返して真偽を確認する。"), by="detection+PT30M"),
    decide(("Look up in the ledger of third parties which service, which data, which access and which sub-contractors it is about.",
            "外部委託先台帳により、対象の業務、データ種別、アクセス権限及び再委託先を確認する。"),
           ("Do not wait because the supplier \"is still examining\": possible is enough.", "委託先が「調査中」であることは待つ理由とせず、おそれの段階で対応を開始する。"), by="detection+PT2H"),
]

CONTAIN = [
    judge(("Bear in mind that the supplier's logs are the only evidence: shutting its system down at our demand may destroy them, cutting our side off does not.",
           "証拠は委託先のログに限られる。先方システムの停止は証拠を失うおそれがあるが、自行側の遮断では失われない。"), by="detection+PT5H"),
    A("cut", "containment", "network/csirt_lead", ("Stop sending data and cut the supplier's access", "データ送信を停止し、委託先のアクセスを遮断する"),
      ("Stop file transfers and interfaces; disable the supplier's accounts, VPN, keys and certificates on our side; note the last file sent.",
       "ファイル伝送・連携を停止し、自行側の委託先用ID、VPN、鍵及び証明書を無効化する。最終送信ファイルを記録する。"),
      ("Ask the supplier to cut the place where the data lie off the internet, keep it switched on, and withdraw links and shares.",
       "委託先に、データ保管場所を電源を入れたままインターネットから切り離し、公開・共有設定を解除するよう求める。"),
      ("Have the same done, and confirmed in writing, where a sub-contractor holds the data.", "再委託先が保管している場合は同じ措置を求め、書面で確認する。"),
      evidence=("list of accesses cut, supplier's confirmation", "遮断一覧及び委託先の確認書"), by="detection+PT6H", clauses="4-1.1 4-1.2", needs="authority_named evidence_judged", priority=1),
    A("propose_stop", "containment", "system_owner/crisis_head", ("Decide whether the supplier's service is stopped", "委託業務の停止要否を判断する"),
      ("Set out: hours and length, operations and customers hit by a stop, substitute (own staff, second supplier, paper), other ways for the data; and what leaks if it goes on.",
       "停止時間帯・期間、影響業務・顧客、代替手段（自行処理、代替委託先、紙）、代替経路及び継続時の漏えいリスクを示す。"),
      ("Look at the next dates that hang on it: statements, cards, salary files, inheritance papers.", "明細発送、カード発行、給与データ等、当該委託業務に依存する直近の期日を確認する。"),
      evidence=("table, decision", "比較表及び決定記録"), approve="crisis_head", by="detection+PT8H", clauses="4-1.3 4-1.4", needs="authority_named", out="__stop_service__", priority=1),
    IF("stopping", ("The service is to be stopped?", "委託業務を停止するか"), "__stop_service__:value = true", [
        A("stop_service", "containment", "operations/system_owner", ("Stop the service and start the substitute", "委託業務を停止し、代替手段を開始する"),
          ("Give the supplier the stop in writing with the hour; take back originals, seals, media and papers, counted against the list.", "停止時刻を書面で通知し、原本・媒体・帳票を一覧と照合して回収する。"),
          ("Do the work by own staff, the second supplier or on paper; least data for the least people; tell customers of longer times.",
           "自行要員、代替委託先又は紙により処理し、取扱データ・要員を最小限とする。所要日数の延伸を顧客に案内する。"),
          evidence=("time of stop, list of what came back, first cases by the substitute", "停止時刻、回収一覧及び代替処理の初回実績"), by="tolerance_breach-PT2H", clauses="4-1.1 4-1.4", needs="authority_named evidence_judged", priority=1)],
       phase="containment"),
    A("tell_third_parties", "containment", "third_party_manager/legal", ("Tell sub-contractors, partners and other client banks what we cut", "再委託先・提携先・他の委託元へ遮断を通知する"),
      ("Phone everybody whose work stands still by the cut; say since when and whom to ask.", "遮断により業務が停止する先へ、時刻及び照会先を電話で通知する。"),
      ("Get from the supplier who its other client banks are and open one line with them; share facts, agree who asks what.", "委託先から他の委託元を確認して連絡網を設け、事実を共有し、照会の重複を避ける。"),
      evidence=("list of calls with time and name", "通知先一覧（時刻・相手方氏名）"), by="step:cut+PT2H", clauses="4-a 3-1", needs="authority_named evidence_judged", priority=2),
]

DATA = [
    preserve(("Preserve our logs of transfers and of the supplier's accesses for as long as the contract has run, or the retention allows.",
              "自行側の伝送記録及び委託先アクセスログを、契約開始以降又は保存されている全期間について保全する。"),
             ("Demand in writing that supplier and sub-contractors preserve theirs, with the period, and send copies; refer to the clause of the contract.",
              "委託先・再委託先に対し、対象期間を示して保全及び複製の提出を契約条項に基づき書面で求める。"), who="csirt/csirt_lead", by="detection+P1D"),
    A("analyse", "analysis", "csirt/csirt_lead", ("Establish cause, path and period with the supplier", "委託先とともに原因・経路・期間を分析する"),
      ("Establish from the copies: attack or mistake, way in, period, accounts, what was copied or could be seen; do not take the supplier's summary for evidence.",
       "複製ログにより、攻撃か過失か、経路、期間、悪用ID及び持出し・閲覧可能範囲を確認する。委託先の要約のみで判断しない。"),
      ("Say what may come of it: fraud with accounts, phishing, impersonation at the counter; which operations are hit now and later.",
       "口座の不正利用、フィッシング、窓口でのなりすまし等の想定被害並びに現在及び今後影響を受ける業務を示す。"),
      ("Answer whether an attack (or another wrongful purpose) is suspected, and whether our network may have been reached through the supplier.",
       "攻撃等の不正の目的のおそれの有無及び委託先経由で自行ネットワークに到達した可能性の有無を回答する。"),
      evidence=("report with sources", "分析報告書（根拠資料付き）"), by="detection+P2D", clauses="2-1.1", needs="evidence_preserved", gives="impact_known", out="__attack__ __reached_us__", priority=1),
    IF("reached", ("Our own network may have been reached?", "自行ネットワークへの到達の可能性があるか"), "__reached_us__:value = true", [
        A("hunt_here", "analysis", "soc/csirt_lead", ("Search our own network for the attacker", "自行ネットワーク内の侵害有無を調査する"),
          ("Search servers and PCs that talked with the supplier, the accounts it used and what they opened, for the indicators known by now.",
           "委託先と通信した機器及び委託先用IDの操作先を、判明済みの侵害指標で探索する。"),
          ("Start, if anything is found, the playbook for targeted attacks as a second run.", "検出した場合は、標的型攻撃の手順書を別案件として開始する。"),
          evidence=("machines searched, result", "探索対象及び結果"), by="step:analyse+P2D", clauses="2-1.1 4-1.1", priority=1)], phase="analysis"),
]

# May take weeks: nothing waits for it but the notices.
PERSONS = [
    A("list_persons", "analysis", "privacy/operations", ("Make the list of the persons concerned", "対象者一覧を作成する"),
      ("Make it from our own records of what was sent, not from the supplier's: name, kinds of data, accounts, individual numbers (特定個人情報), period; count twice.",
       "委託先の記録ではなく自行の送信記録から、氏名、データ項目、口座、特定個人情報の有無及び期間を特定し、2名で計数する。"),
      ("Mark the vulnerable ones (stalked, dead, minors) and those with frozen or monitored accounts; answer whether gaps remain.",
       "配慮を要する顧客（DV等被害者、故人、未成年者）及び監視・凍結口座の顧客を識別し、未確定分の有無を回答する。"),
      evidence=("list with counts, made by, checked by", "一覧（件数、作成者・照合者）"), by="detection+P3D", clauses="2-1.1 3-2", needs="impact_known", out="__list_open__", priority=1),
    WHILE("until_complete", ("Gaps in the list remain?", "対象者一覧に未確定分があるか"), "__list_open__:value = true", 8, [
        A("close_gaps", "analysis", "privacy/third_party_manager", ("Close the gaps of the list with supplier and sub-contractors", "委託先・再委託先との照合により未確定分を解消する"),
          ("Match our list with theirs record by record; ask for what each sub-contractor still holds, copies and backups too.",
           "双方の一覧を明細単位で照合し、再委託先が保有する複製・バックアップも含めて照会する。"),
          ("Count the unresolved as hit after three rounds; answer whether gaps remain.", "3巡で解消しない分は対象に含め、未確定分の有無を回答する。"),
          evidence=("differences per round", "回ごとの差異一覧"), clauses="2-1.1", out="__list_open__", priority=2)], phase="analysis"),
]

PROTECT = [
    A("protect_accounts", "containment", "fraud_desk/channels", ("Keep the data from being used", "漏えい情報の悪用を防止する"),
      ("Watch the accounts concerned: changes of phone, mail, payee, limits and new devices are held until the customer has been called back.",
       "対象口座の監視を強化し、電話番号、メール、振込先、限度額の変更及び端末登録は折返し確認が済むまで保留する。"),
      ("Reissue cards, reset PINs and passwords that leaked at the bank's cost; ask card firms and credit bureaux to flag.", "漏えいしたカード・暗証番号・パスワードは銀行負担で再発行・再設定し、カード会社等へ監視を依頼する。"),
      ("Have the counters ask those on the list for a second proof of identity; no word to others why.", "窓口では対象者の本人確認を加重する。理由は第三者に告げない。"),
      ("Have an expert watch leak sites and markets, without downloading; have copies taken down by hosts and search engines.",
       "外部専門家によりリークサイト等を監視し（データは取得しない。）、事業者・検索サイトへ削除を要請する。"),
      evidence=("date from which each measure works, accounts covered", "措置別の適用日時及び対象口座数"), by="detection+P1D", clauses="4-1.2 3-2 4-1.6", needs="authority_named", priority=1),
]

TECHNICAL = [
    name_authority(("Get the supplier's officer in charge and its crisis team's number; demand the facts in writing every 4 hours: what, since when, which data, whose, what is being done.",
                    "委託先の責任者及び対策本部の連絡先を確保し、事象、時期、データ、対象者及び措置について4時間ごとの書面報告を求める。"), by="detection+PT2H30M"),
    PAR("lines", ("Contain, find the cause, protect the customers", "封じ込め、原因分析及び顧客保護を並行して進める"), CONTAIN, DATA, PROTECT),
    A("remove", "eradication", "third_party_manager/csirt_lead", ("Have the cause removed at the supplier, and elsewhere", "委託先における原因を除去させ、横展開する"),
      ("Demand removal with dates: hole patched, malware gone, accounts renewed, wrong share closed; sub-contractors likewise.", "脆弱性の修正、マルウェアの除去、ID更新、公開設定の是正等を期限を定めて求める。再委託先も同様とする。"),
      ("Have supplier raise monitoring and access control; take back data it need not hold, with proof of deletion, backups included.",
       "監視及びアクセス制御の強化を求め、不要データはバックアップを含めて返却・消去させ、消去証明を徴求する。"),
      ("Ask all suppliers with the same product or way of work whether they have the same hole.", "同一製品・同一方式の全委託先に同様の欠陥の有無を照会する。"),
      evidence=("supplier's report on each demand, proofs of deletion", "要求事項別の実施報告及び消去証明書"), by="detection+P7D", clauses="5-1.1 5-1.2", needs="impact_known", gives="cause_known", priority=2),
    prove_cause(("Show an independent expert's report on the supplier, and send our own people to see the change: a letter of assurance alone is not enough.",
                 "委託先から独立した専門家の調査報告及び自行による立入確認を行う。委託先の誓約書のみでは足りない。"), who="third_party_manager/ciso", by="step:remove+P7D", needs="cause_known evidence_preserved"),
    A("rebuild", "recovery", "system_owner/third_party_manager", ("Have the service rebuilt and new keys made", "委託先環境の再構築と認証情報の更新を確認する"),
      ("See hit machines initialised and built anew by the supplier; make new accounts, keys and certificates on both sides; least access.", "被害機器の初期化・再構築を確認し、双方のID、鍵及び証明書を更新し、権限を最小化する。"),
      ("Compare data that the supplier restores with what we sent, by count and hash: its backups may be altered.", "委託先の復元データはバックアップの改ざんに備え、自行送信分と件数・ハッシュ値で照合する。"),
      ("See it run a day on test data.", "試験データで1日分の稼働を確認する。"),
      evidence=("build record, comparison of data", "構築記録及びデータ照合結果"), by="step:prove_cause+P5D", clauses="6-2 6-3.1", needs="cause_dealt_with", gives="rebuilt", priority=2),
    A("undelivered", "recovery", "operations/system_owner", ("Find files and orders caught in between, and send them again", "滞留・未達のファイル・依頼を特定し、再送する"),
      ("Find from the last file sent before the cut what the supplier had not processed, results that never came back, customers' orders waiting.",
       "遮断前の最終送信以降について、未処理、結果未受領及び顧客依頼の滞留を特定する。"),
      ("Have it sent again once, numbered; what the substitute did meanwhile is not done twice.", "連番を付して1回に限り再送し、代替処理分との二重処理を防止する。"),
      evidence=("list of cases with their settlement", "対象一覧（処理結果入り）"), approve="system_owner", by="step:rebuild+P1D", clauses="6-3.2", needs="rebuilt", gives="reconciled", priority=2),
    A("verify", "recovery", "system_owner/operations", ("Confirm the service end to end before connecting again", "再接続前に業務を一連で確認する"),
      ("Walk one case of each kind from the customer's order to the result, with the department that runs it and the supplier.", "所管部及び委託先とともに、種類ごとに1件、顧客の依頼から結果まで通しで確認する。"),
      ("Check that the line opens only what is needed, and that alarms ring on both sides.", "接続範囲が必要最小限であること及び双方で警報が発報することを確認する。"),
      evidence=("test sheet signed by the system owner", "確認表（システム責任者署名）"), approve="operations", by="tolerance_breach-PT2H", clauses="6-4 6-5", needs="rebuilt reconciled", gives="works_as_usual", priority=2),
    resume(("Check besides: expert's report; what other client banks do; whether to stay with this supplier at all.", "このほか、専門家報告、他の委託元の判断及び委託継続の可否を確認する。")),
    reopen(("Start with the least sensitive data; full data after a week without findings.", "機微性の低いデータから再開し、1週間異常がないことを確認して全面再開する。"), who="third_party_manager/system_owner", by="step:resume+P10D"),
]

AUTHORITIES = [
    rate(("List our other services that use the same supplier, sub-contractor, product or cloud account.", "同じ委託先、再委託先、製品又はクラウド環境を利用する他の業務を洗い出す。"), by="detection+PT3H"),
    phone_fsa(("Report as the bank, whatever the supplier does; say which other institutions use it.", "委託先の対応にかかわらず自行が報告し、他の利用金融機関も伝える。")),
    phone_boj(("Say whether settlement or cash services hang on the supplier.", "決済・現金関連業務への影響の有無を伝える。")),
    police(("Agree with supplier and other client banks who files the complaint.", "被害届の提出者を委託先及び他の委託元と調整する。"), by="recognition+P1D"),
    judge_data(("Report as the bank, also when the supplier reports too; agree the text with it, not the time. Possible is enough: do not wait for the list of persons.", "委託先が報告する場合も自行が報告する。内容は調整するが、時期は調整を待たない。対象者一覧の完成も待たず、おそれの段階で判断する。"),
               ("Ask legal about corporate customers' data, suspicious-transaction files and credit data: they have rules of their own.", "法人情報、疑わしい取引関係情報及び信用情報は別の規律があるため、法務に確認する。"), by="recognition+P2D"),
    report_data(("Publish for those who cannot be reached by letter, set up a line, keep trying for three months.", "郵送不達の本人については、公表及び専用窓口で対応し、3か月間は連絡を継続する。")),
    follow_up(),
]

PUBLIC = [
    A("agree_time", "coordination", "public_relations/legal", ("Agree the time of publication with supplier and other client banks", "公表時期を委託先・他の委託元と調整する"),
      ("Propose one hour for all; none publishes before its customers can be told, none is held back by others beyond a day.", "同時公表を提案する。顧客への案内準備前に先行せず、他者の都合による延期は1日を限度とする。"),
      ("Have ready a text for the case that the press is first.", "報道が先行した場合の公表文を用意する。"),
      evidence=("agreed time, or that there was none", "合意した時刻又は不調の記録"), by="recognition+P1D", clauses="3-4 3-1", needs="authorities_told", priority=2),
    answers(("Prepare for: are my data among them, what will happen to me, why had they my data, do you compensate. A line of its own with identity check.",
             "「自分は対象か」「どのような被害が想定されるか」「なぜ委託先が保有していたか」「補償の有無」を想定し、本人確認を行う専用窓口を設ける。"), by="recognition+P1D"),
    publish(("Name the supplier only as agreed or as needed for the customer's protection; say that customers concerned get a letter.",
             "委託先名は合意した場合又は顧客保護に必要な場合に限り記載し、対象者には個別に通知する旨を記載する。"), by="recognition+P2D"),
    share(("Include product and configuration of the supplier that were abused, so that others can look at theirs.", "悪用された製品・設定を含め、他機関が自らの委託先を点検できるようにする。")),
]

BUSINESS = [
    calendar(("List the mailings, cards and files that the supplier makes this week.", "当該委託先が今週処理する発送物、カード及びデータを確認する。"), by="recognition+PT4H"),
    branch_opening(("Open the branches as a rule in this kind of case; brief the staff before the doors open, with the list of what the supplier does for us.",
                    "本類型では通常開店を原則とし、開店前の朝礼で事案及び停止中の委託業務を全行員に周知する。")),
    A("load", "coordination", "operations/hr", ("Staff the substitute and the complaints", "代替処理・苦情対応の要員を確保する"),
      ("Count cases per day against people; call in headquarters, retired staff, the second supplier; train in an hour, check every case in the first days.",
       "日次件数に対する必要要員を算定し、本部、OB及び代替委託先を動員する。1時間の研修後に従事させ、当初は全件再鑑する。"),
      ("Report backlog and oldest case daily.", "滞留件数及び最長滞留日数を毎日報告する。"),
      evidence=("plan of staff, backlog", "要員計画及び滞留状況"), by="recognition+P1D", clauses="4-1.4", priority=3),
]

PLAYBOOK = {
    "key": "third-party-leak", "attack_type": "third-party-leak",
    "name": ("Customer data leaked at a third party", "外部委託先における顧客情報漏えい 対応手順書"),
    "description": ("Customers' data leak at a supplier or its sub-contractor, by attack or mistake. The bank reports, notifies and protects its customers itself.",
                    "委託先又は再委託先において、攻撃又は過失により顧客情報が漏えいした場合の対応手順。報告、本人通知及び顧客保護は自行の責任で行う。"),
    "types": ["investigation", "mitigation", "remediation", "notification"], "created": CREATED, "modified": CREATED, "priority": 2, "severity": 75,
    "target": {"within": "P3D", "level": 0.8, "note": ("The substitute for the stopped service within three days; notices to persons within seven days of the judgement. A proposal: set it against your own tolerances.",
                                                       "停止した委託業務の代替を3日以内に軌道に乗せ、該当性判断後7日以内に本人通知を行う。目安であり、自行の耐性度に合わせて定める。")},
    "override_role": "crisis_head",
    "reports": reports(personal_data="P60D P30D"),
    "variables": {**IS_INCIDENT, **PERSONAL_DATA,
                  "__stop_service__": ("bool", ("whether the supplier's service is stopped", "委託業務を停止するか")),
                  "__attack__": ("bool", ("whether an attack or another wrongful purpose is suspected", "攻撃等の不正の目的のおそれがあるか")),
                  "__reached_us__": ("bool", ("whether our own network may have been reached", "自行ネットワークへの到達の可能性があるか")),
                  "__list_open__": ("bool", ("whether gaps in the list of persons remain", "対象者一覧に未確定分があるか"))},
    "flow": ARRIVAL + [
        IF("incident", ("An incident to respond to?", "対応を要するインシデントか"), "__is_incident__:value = true", [
            PAR("respond", ("Supplier, persons concerned, coordination and business continuity side by side", "委託先対応、対象者の特定、連携・報告及び業務継続を並行して進める"),
                TECHNICAL, PERSONS,
                [outside(AUTHORITIES + PUBLIC, "rate", "phone_fsa follow_up", "phone_boj", "police", "judge_data data_hit", "answers agree_time publish", "share")],
                [business(BUSINESS, "branch_opening", "calendar load")]),
            PAR("afterwards", ("Final reports and review", "最終報告と事後検証"),
                [final_report(), final_data("__attack__")],
                [close_record(), review(("Look at the choice of the supplier, at the contract and at what was checked yearly: would it have been seen?", "委託先の選定、契約及び年次点検で把握可能であったか検証する。")),
                 improve(("Decide whether to stay, with what conditions, or to leave by the exit plan.", "委託継続、条件付継続又は出口戦略に基づく終了を決定する。"))]),
        ], [no_incident()], phase="triage")],
    "exception": exception(),
}

"""What all playbooks share: roles, facts, sources of rules, reports to authorities, and the steps every incident of a Japanese bank has.

A shared step is a function: what a playbook adds of its own (more commands, another deadline) is handed in, so that each playbook says what is particular to it.
"""
from dsl import IF, PAR, A, report, rows

CREATED = "2026-11-21T00:00:00.000Z"

# code: name, description, who steps in (in this order) when nobody of the role can be reached
ROLES = {
    "crisis_head": (("Head of the crisis team", "対策本部長"), ("Decides for the bank: isolation and shutdown, resumption, publication. The president, or the officer in charge.", "遮断・停止、業務再開、公表等を銀行として決定する。頭取又は担当役員。"), "crisis_deputy ciso"),
    "crisis_deputy": (("Deputy head of the crisis team", "副本部長"), ("Officer in charge of systems or risk; leads while the head is away.", "システム又はリスク管理の担当役員。本部長不在時に指揮を執る。"), "ciso"),
    "ciso": (("CISO", "サイバーセキュリティ統括責任者（CISO）"), ("Answers for cybersecurity; advises the head of the crisis team.", "サイバーセキュリティを統括し、対策本部長に意見を具申する。"), "csirt_lead"),
    "secretariat": (("Secretariat of the crisis team", "本部事務局"), ("Calls the team together, keeps the chronology, sees to it that every deadline has an owner.", "本部を招集し、時系列を記録し、期限ごとの担当を管理する。"), "risk_management"),
    "csirt_lead": (("CSIRT lead", "CSIRT責任者"), ("Leads the technical response.", "技術面の対応を指揮する。"), "csirt"),
    "csirt": (("CSIRT", "CSIRT担当"), ("Investigates, contains, removes.", "調査、封じ込め及び根絶を行う。"), "soc"),
    "soc": (("Security monitoring (SOC)", "監視担当（SOC）"), ("Watches around the clock, own staff or contractor.", "常時監視を行う。委託先を含む。"), "csirt"),
    "forensics": (("Forensics", "フォレンジック担当"), ("Preserves and examines evidence; usually an outside expert under contract.", "証拠の保全及び解析を行う。通常は契約済みの外部専門家。"), "csirt"),
    "network": (("Network operations", "ネットワーク担当"), ("Switches, firewalls, lines.", "回線、ファイアウォール等の設定・遮断を行う。"), "it_operations"),
    "identity_admin": (("Accounts and endpoints", "認証基盤・端末担当"), ("Directory, privileged accounts, PCs.", "認証基盤、特権ID及び行内端末を管理する。"), "it_operations"),
    "it_operations": (("Systems operations", "システム運用担当"), ("Runs the servers, jobs and backups.", "サーバー、ジョブ及びバックアップを運用する。"), "system_owner"),
    "system_owner": (("System owner", "システム責任者"), ("Answers for the system hit and for saying that it works as usual.", "対象システムの所管部の責任者。正常稼働を確認する。"), "it_operations"),
    "core_banking": (("Core banking desk", "勘定系担当（共同センター窓口）"), ("Core banking system and the joint centre that runs it.", "勘定系及びその運営者である共同センターとの窓口。"), "system_owner"),
    "channels": (("Channels department", "チャネル所管部（IB・ATM）"), ("Internet banking, ATMs, apps, web site.", "インターネットバンキング、ATM、アプリ及びホームページを所管する。"), "operations"),
    "operations": (("Operations department", "事務統括部"), ("Procedures of branches and back office, substitute procedures, later entry.", "営業店・集中部門の事務、代替手段及び後刻入力を統括する。"), "branches"),
    "settlement": (("Settlement desk", "為替・決済担当"), ("Zengin, BOJ account, clearing; cut-off times.", "内国為替、日銀当座預金及び手形等の決済と取引時限を管理する。"), "operations"),
    "treasury": (("Treasury", "資金繰り担当"), ("Liquidity and funding.", "資金繰り及び資金調達を行う。"), "settlement"),
    "branches": (("Branch support", "営業店統括部"), ("Instructs the branches; opens them or not.", "営業店への指示及び開店可否の取りまとめを行う。"), "operations"),
    "contact_centre": (("Contact centre", "コンタクトセンター"), ("Answers customers by phone and mail.", "顧客からの電話・メール照会に応対する。"), "branches"),
    "fraud_desk": (("Financial crime desk", "金融犯罪対策担当"), ("Freezes, recalls, suspicious-transaction reports.", "口座凍結、組戻し及び疑わしい取引の届出を行う。"), "operations"),
    "public_relations": (("Public relations", "広報担当"), ("Press, web site, social media, timely disclosure.", "報道対応、ホームページ、SNS及び適時開示を担当する。"), "corporate_planning"),
    "authority_liaison": (("Liaison to the authorities", "当局窓口"), ("FSA, Local Finance Bureau, Bank of Japan.", "金融庁・財務局及び日本銀行との窓口。"), "corporate_planning secretariat"),
    "corporate_planning": (("Corporate planning", "経営企画部"), ("Board, group companies, shareholders.", "取締役会、グループ会社及び株主への対応を担当する。"), "secretariat"),
    "general_affairs": (("General affairs", "総務部"), ("Police, premises, staff on duty, meals and rest.", "警察窓口、庁舎管理、要員の交代・宿泊等の後方支援を担当する。"), "hr"),
    "hr": (("Human resources", "人事部"), ("Staffing, shifts, staff who are suspected or hurt.", "要員の確保・交代及び職員に関する事項を担当する。"), "general_affairs"),
    "legal": (("Legal and compliance", "法務・コンプライアンス担当"), ("Law, contracts, outside lawyers.", "法令・契約の確認及び弁護士との連携を担当する。"), "risk_management"),
    "privacy": (("Personal data manager", "個人データ管理責任者"), ("Says whether personal data are hit, reports and notifies.", "個人データの漏えい等の該当性を判断し、報告及び本人通知を行う。"), "legal"),
    "third_party_manager": (("Third-party manager", "外部委託管理担当"), ("Contracts with suppliers, their duty officers, their answers.", "外部委託先等の契約、緊急連絡先及び照会を管理する。"), "system_owner"),
    "risk_management": (("Risk management (second line)", "リスク統括部（第2線）"), ("Checks independently of those who act.", "対応の実施者から独立して検証・けん制を行う。"), "legal"),
    "internal_audit": (("Internal audit (third line)", "内部監査部（第3線）"), ("Observes, and checks the review afterwards.", "対応状況を把握し、事後検証の適切性を確認する。"), ""),
}

FACTS = {
    "authority_named": ("who may order isolation and shutdown is named and on duty", "遮断・停止の判断権限者を特定済み"),
    "evidence_judged": ("containment or evidence first: decided and recorded", "封じ込めと証拠保全の優先順位を判断・記録済み"),
    "evidence_preserved": ("logs and other evidence are preserved", "ログ等の証跡を保全済み"),
    "contained": ("the damage spreads no further", "被害の拡大を防止済み（封じ込め完了）"),
    "data_judged": ("whether personal data are hit is judged", "個人データの漏えい等の該当性を判断済み"),
    "cause_known": ("cause and path are known", "原因・経路を特定済み"),
    "impact_known": ("what is hit, and whom, is known", "影響範囲を特定済み"),
    "cause_dealt_with": ("the cause is dealt with and that is proven", "原因への対応を確認済み"),
    "backup_clean": ("the data to restore from are proven clean", "復旧に用いるバックアップの健全性を確認済み"),
    "rebuilt": ("systems are rebuilt", "システムの再構築を完了済み"),
    "works_as_usual": ("normal operation is confirmed with the system owner", "システム責任者と正常稼働を確認済み"),
    "reconciled": ("ledger and counterparts agree", "勘定・残高等の突合を完了済み"),
    "counterparts_consent": ("counterparts consent to being connected again", "接続先から再接続の同意を取得済み"),
    "resumed": ("business is resumed by decision", "業務再開を決定・実施済み"),
    "authorities_told": ("the authorities have been told by phone", "当局への電話による一報を実施済み"),
    "substitute_runs": ("the substitute procedure runs", "代替手段による業務を開始済み"),
}

# code: title, how far it is confirmed, citation
PLANNING = ("No text of the rule that says how soon was found: the time is a planning value of this playbook. Set your own with opres.set_report_deadline.",
            "期限を定める規定の文言は確認できていない。期限は本手順書の目安であり、opres.set_report_deadline で自行の定めに置き換える。")
SOURCES = {
    "fsa_guideline": (("Guideline on cybersecurity in the financial sector, 2.5", "金融分野におけるサイバーセキュリティに関するガイドライン 2.5節"),
                      ("Confirmed: read in full; clauses are cited per step.", "確認済み：本文を参照し、対応項目ごとに項番を示す。"), "Financial Services Agency of Japan, October 2024 (Japanese)"),
    "fsa_incident_report": (("Report of an incident to the FSA or Local Finance Bureau", "金融庁・財務局への障害発生等報告"),
                            ("Confirmed: that the report exists. Not confirmed: how soon each of its reports is due.", "報告書の存在は確認済み。各報告の期限は未確認。"),
                            "Supervisory guidelines of the Financial Services Agency of Japan"),
    "fsa_common_form": (("Common forms for DDoS and ransomware", "DDoS攻撃・ランサムウェア事案の共通様式"),
                        ("Confirmed by three secondary sources: accepted since 2025-10-01. Not confirmed: how soon.", "2025年10月1日以降の受付を二次資料3点で確認。期限は未確認。"),
                        "Amendment of the supervisory guidelines, 2025-09-26"),
    "appi": (("Act on the Protection of Personal Information: report and notice of a leak", "個人情報の保護に関する法律に基づく漏えい等報告・本人通知"),
             ("Confirmed by secondary sources: preliminary report promptly, about 3 to 5 days after learning; final one within 30 days, 60 where a wrongful purpose is suspected.",
              "二次資料で確認：速報は速やかに（知ってからおおむね3～5日以内）、確報は30日以内（不正の目的のおそれがある場合は60日以内）。"),
             "Personal Information Protection Commission, guideline on the Act (general rules)"),
    "boj": (("Notice to the Bank of Japan", "日本銀行への連絡"), ("Practice; not confirmed by a text.", "実務慣行による。文言は未確認。"), "Practice of banks that hold an account at the Bank of Japan"),
    "suspicious": (("Suspicious-transaction report (Act on Prevention of Transfer of Criminal Proceeds, Article 8)", "疑わしい取引の届出（犯罪による収益の移転防止に関する法律第8条）"),
                   ("Confirmed: the duty to report \"promptly\" and not to tell the customer. No number of days is laid down.", "速やかに届け出る義務及び顧客に漏らさない義務は確認済み。日数の定めはない。"),
                   "Act No. 22 of 2007, Article 8; FSA page on the procedure"),
    "jvcea": (("Report to the self-regulatory body of crypto-asset businesses (JVCEA)", "暗号資産交換業の自主規制団体（JVCEA）への報告"),
              ("Not confirmed: that members report and how soon is to be read in the body's rules.", "未確認：報告の要否・期限は同団体の規則に照らして確認する。"), "Rules of the self-regulatory body"),
    "timely_disclosure": (("Timely disclosure of a listed company", "上場会社の適時開示"), ("Not confirmed: whether and when is to be judged with the exchange's rules.", "未確認：開示の要否・時期は取引所規則に照らして判断する。"),
                          "Rules of the stock exchange"),
}

FSA = ("Local Finance Bureau / Financial Services Agency", "財務局・金融庁")
BOJ = ("Bank of Japan (branch in charge)", "日本銀行（取引店）")
PPC = ("Financial Services Agency, to which the reports are delegated; for individual numbers the Personal Information Protection Commission", "金融庁（報告の受理権限の委任先）。特定個人情報は個人情報保護委員会")
INCIDENT_FORM = ("incident report (障害発生等報告書)", "障害発生等報告書")
COMMON_FORM = ("common form, else incident report", "共通様式（又は障害発生等報告書）")


def reports(common_form=False, personal_data=None):
    """The reports a playbook has. personal_data: None, "P60D" (an attack is suspected) or "P30D"; with both words, two final reports."""
    form, source = (COMMON_FORM, "fsa_common_form") if common_form else (INCIDENT_FORM, "fsa_incident_report")
    made = {
        "fsa_first": report(FSA, ("first report", "第一報"), "first", "recognition+PT1H", False, source, form, PLANNING),
        "boj_first": report(BOJ, ("first notice", "第一報"), "first", "recognition+PT1H", False, "boj", None, PLANNING),
        "fsa_follow_up": report(FSA, ("follow-up: recovery, cause", "続報（復旧・原因判明時）"), "follow_up", "submission:fsa_first+P7D", False, source, form, PLANNING),
        "fsa_final": report(FSA, ("final report", "最終報"), "final", "submission:fsa_first+P1M", False, source, form, PLANNING),
    }
    if personal_data:
        made["ppc_preliminary"] = report(PPC, ("leak of personal data: preliminary report", "個人データ漏えい等報告（速報）"), "first", "recognition+P5D", True, "appi", None,
                                         ("Promptly, about 3 to 5 days after learning of it.", "知った後速やかに（おおむね3～5日以内）。"))
    for limit in (personal_data or "").split():
        key = "ppc_final" if limit == "P60D" else "ppc_final_30"
        made[key] = report(PPC, ("leak of personal data: final report", "個人データ漏えい等報告（確報）"), "final", f"recognition+{limit}", True, "appi", None,
                           ("Within 60 days of learning, an attack being suspected.", "不正の目的のおそれがあるため、知った日から60日以内。") if limit == "P60D" else
                           ("Within 30 days of learning, no wrongful purpose being suspected.", "不正の目的のおそれがないため、知った日から30日以内。"))
    return made


# --- intake ---------------------------------------------------------------------------------------------------------------------------------------------

def intake(who, *particular, by="detection+PT15M"):
    return A("intake", "triage", who, ("Take in the report and write down the first facts", "検知・受付の内容を記録する"),
             ("Write down who reported it and how (monitoring, customer, branch, third party, police, JPCERT/CC), when it was noticed and when it seems to have begun.",
              "検知の端緒（監視、顧客、営業店、外部委託先、警察、JPCERT/CC等）、検知時刻及び発生推定時刻を記録する。"),
             *particular,
             ("Call the CSIRT duty officer at once, at night too; send nothing about it through systems that may be hit.",
              "夜間・休日を問わずCSIRT当番に直ちに電話する。被害のおそれのあるシステム上で本件の連絡を行わない。"),
             evidence=("intake sheet with times and source", "受付票（端緒・時刻の記載があるもの）"), by=by, clauses="1-1", priority=1)


def decide(*particular, by="detection+PT30M"):
    return A("decide", "triage", "csirt_lead/ciso", ("Confirm the facts and decide whether to respond", "事実関係を確認し、対応要否を判断する"),
             *particular,
             ("Ask whether a change, a test or a known fault explains it; two people look at the same facts.", "変更作業、試験又は既知の障害で説明できないか、2名で同じ事実を確認する。"),
             ("Answer whether this is an incident; where in doubt, it is.", "インシデントに該当するか回答する。判断に迷う場合は該当とする。"),
             evidence=("what was confirmed, and the ground of the decision", "確認した事実及び判断理由"), by=by, clauses="1-2", out="__is_incident__", priority=1)


IS_INCIDENT = {"__is_incident__": ("bool", ("whether this is an incident that must be responded to", "対応を要するインシデントに該当するか"))}


def no_incident():
    return A("no_incident", "triage", "csirt/csirt_lead", ("Close the intake as no incident", "インシデント非該当として受付を終了する"),
             ("Write down why it is none and tell the one who reported it.", "非該当の理由を記録し、連絡者に回答する。"),
             ("Have the second line read it within a business day; reopen if it sees it otherwise.", "翌営業日までに第2線の確認を受け、見解が異なる場合は受付を再開する。"),
             evidence=("reason, and who was told", "非該当理由及び回答先"), approve="risk_management", by="detection+P1D", clauses="1-2", priority=4)


def rate(*particular, by="detection+PT1H"):
    return A("rate", "triage", "csirt_lead/ciso", ("Set priority and severity; report up", "優先度・重大度を定め、経営陣へ報告する"),
             ("Say which critical operations are hit or will be, and read the tolerance clock: which one is breached first, and when.",
              "影響を受ける（受けうる）重要な業務を挙げ、耐性度の超過時刻が最も早い業務を確認する。"),
             *particular,
             ("Set the severity by the reporting criteria and report to the CSIRT manager, the CISO and the executives as they demand; speak, do not only write.",
              "報告基準に照らして重大度を定め、CSIRT管理者、CISO及び経営陣へ報告する。メールのみとせず電話で伝達する。"),
             evidence=("severity, time and recipient of each report", "重大度並びに報告先及び報告時刻"), by=by, clauses="1-3.1 1-3.2", priority=1)


def name_authority(*particular, by="detection+PT45M"):
    return A("name_authority", "triage", "secretariat/crisis_head", ("Open the crisis team; name the deciding authority", "対策本部を設置し、判断権限者を特定する"),
             ("Name, for this hour and the next shift, who decides on isolation and shutdown and who on resumption; go down the order of deputies where somebody cannot be reached.",
              "遮断・停止及び業務再開の判断権限者を、現在及び次の交代時間帯について氏名で特定する。連絡不能の場合は代行順位に従う。"),
             ("Hand out roles, contacts and this playbook to everybody involved, third parties' duty officers too; have each say their part back.",
              "役割分担、連絡先及び本手順書を、外部委託先の当番者を含む全関係者に配付し、各自の担当を復唱させる。"),
             ("Choose a meeting room and a line of communication that the attacker cannot read (phones, paper, separate accounts).",
              "攻撃者に傍受されない会議室・連絡手段（電話、紙、別系統のアカウント）を定める。"),
             *particular,
             ("Plan the shifts for 72 hours, with rest.", "72時間分の要員交代・休息計画を定める。"),
             why=("Nothing is cut off or shut down before it is clear who may say so; at three in the morning this is what takes longest.",
                  "判断権限者が不明のままでは遮断・停止を決定できない。夜間・休日に最も時間を要する項目であり、最優先で行う。"),
             evidence=("names of the authorities and their deputies, time of opening", "判断権限者・代行者の氏名及び本部設置時刻"), by=by, clauses="4-1.3 3-1", gives="authority_named", priority=1)


# --- coordination: beside everything, from minute 0 ---------------------------------------------------------------------------------------------------------

def chronology():
    return A("chronology", "coordination", "secretariat/crisis_head", ("Start the chronology", "時系列（クロノロ）の記録を開始する"),
             ("Name a keeper who does nothing else; write each fact, decision and call with the time it happened and the time it was entered.",
              "記録専任者を置き、事実、判断及び連絡を、発生時刻と記録時刻とともに記録する。"),
             ("Keep a list of the logs collected: system, period, hash, place, who took them.", "収集ログの一覧（対象、期間、ハッシュ値、保管場所、採取者）を作成する。"),
             ("Keep a copy on paper while systems are not to be trusted.", "システムの信頼性が確認できない間は、紙でも記録する。"),
             evidence=("the chronology's first page", "時系列記録（開始分）"), by="recognition+PT30M", clauses="2-2", priority=1)


def phone_fsa(*particular):
    return A("phone_fsa", "coordination", "authority_liaison/ciso", ("Phone the Local Finance Bureau and the FSA at once, then send the first report", "財務局・金融庁へ直ちに電話し、第一報を提出する"),
             ("Phone on awareness, without waiting for the cause: what, since when, which services and customers, what is being done, when the next call comes.",
              "原因判明を待たず、認識後直ちに電話する（事象、発生時刻、影響サービス・顧客、対応状況、次回連絡時刻）。"),
             *particular,
             ("Send the first report by the form; mark what is not yet known as under examination.", "所定の様式で第一報を提出する。未判明の事項は「調査中」と明記する。"),
             why=("The authorities would rather hear little at once than all of it late.", "内容の完全性より速報性を優先する。"),
             evidence=("time of the call, name of the official, copy of the report", "電話時刻、当局担当者名及び報告書写し"), clauses="3-3", gives="authorities_told", report="fsa_first", priority=1)


def phone_boj(*particular):
    return A("phone_boj", "coordination", "authority_liaison/settlement", ("Tell the Bank of Japan", "日本銀行へ連絡する"),
             ("Phone the branch where the account is held and the department for financial institutions; say whether the account, funds transfers or cash are affected.",
              "取引店及び金融機構局へ電話し、日銀当座預金、資金決済及び現金供給への影響の有無を伝える。"),
             *particular,
             ("Name the one who can be reached at any hour and the time of the next call.", "常時連絡可能な担当者及び次回連絡時刻を伝える。"),
             evidence=("time of the call and what was said", "連絡時刻及び連絡内容"), clauses="3-3", report="boj_first", priority=1)


def police(*particular, by="recognition+PT4H"):
    return A("police", "coordination", "general_affairs/legal", ("Consult the prefectural cyber police", "都道府県警察（サイバー担当）へ相談・通報する"),
             ("Phone the cyber desk; agree what they want preserved and whether anything is not to be switched off or published.",
              "サイバー担当窓口へ電話し、保全を求められる証拠並びに停止・公表を控えるべき事項の有無を確認する。"),
             *particular, evidence=("name of the officer, reference", "担当者名及び受理番号"), by=by, clauses="3-3", priority=2)


def share(*particular):
    return A("share", "coordination", "csirt/ciso", ("Share the attacker's technique with the Financial ISAC and JPCERT/CC", "攻撃手口を金融ISAC・JPCERT/CCと共有する"),
             ("Write technique and indicators down (addresses, hashes, mails, tools, times); take out customers, systems' names and anything that helps an attacker.",
              "手口及び侵害指標（通信先、ハッシュ値、メール、ツール、時刻）を整理し、顧客情報、システム名等の機密情報を除く。"),
             *particular,
             ("Have it released by the CISO, send it, ask for what others have seen.", "CISOの承認を得て提供し、他機関の知見を照会する。"),
             evidence=("what was shared, when, with whom", "共有内容、日時及び共有先"), approve="ciso", by="recognition+P1D", clauses="3-5", priority=3)


def calendar(*particular, by="recognition+PT1H"):
    return A("calendar", "coordination", "operations/secretariat", ("Check the calendar: what falls on today and tomorrow", "五十日・月末等の特異日と取引時限を確認する"),
             ("Check whether it is a 5th, 10th …, month-end, pay or pension day, tax day, closing day or before a long weekend, and which files must leave by which cut-off.",
              "五十日、月末、給与・年金支給日、納税日、決算日、連休前等に当たるか、また当日の取引時限とデータ授受を確認する。"),
             *particular, evidence=("list of the day's dates and cut-offs", "当日の特異日・取引時限一覧"), by=by, clauses="2-1.1 4-1.4", priority=2)


def answers(*particular, by="recognition+PT2H"):
    return A("answers", "coordination", "contact_centre/public_relations", ("Brief contact centre and branches: questions and answers", "コンタクトセンター・営業店へ想定問答を配付する"),
             ("Put on one page what may be said, what is not known yet, what customers shall do, when the next word comes; the same words everywhere.",
              "説明可能な事実、調査中の事項、顧客への依頼事項及び次回案内時刻を1枚にまとめ、全拠点で同一の説明とする。"),
             *particular,
             ("Raise the number of lines and people; report hourly what customers say: they see damage first.", "回線・人員を増強し、申出内容を1時間ごとに本部へ報告する（被害の早期把握）。"),
             evidence=("the page, version and time", "想定問答（版数・配付時刻）"), by=by, clauses="3-1 3-2", priority=2)


def publish(*particular, by="recognition+PT3H", needs="authorities_told"):
    return A("publish", "coordination", "public_relations/crisis_head", ("Publish the known facts", "判明している事実を公表する"),
             ("Say damage, response and expected recovery as far as known; nothing that helps the attacker or harms customers; no guess at the cause.",
              "被害、対応状況及び復旧見込みのうち判明した事実を記載する。攻撃者を利し顧客を害する情報及び原因の推測は載せない。"),
             ("Put it where customers are: web site, app, ATM screens, notices at branches, social media; where the own site is down, elsewhere.",
              "ホームページ、アプリ、ATM画面、店頭掲示及びSNSに掲載する。自行サイト停止時は他の媒体を用いる。"),
             *particular,
             ("Judge, if listed, with the exchange's rules whether timely disclosure is due before or with it.", "上場会社の場合、適時開示の要否・時期を判断し、公表との先後を定める。"),
             evidence=("text as published, time, media", "公表文、掲載時刻及び媒体"), approve="crisis_head", by=by, clauses="3-4", needs=needs, priority=2)


def branch_opening(*particular):
    return A("branch_opening", "coordination", "branches/operations", ("Decide by 8:30 how the branches open", "8時30分までに営業店の開店方法を決定する"),
             ("Decide within three hours of recognition, at the latest by 8:30: open as usual, open with a limited list of services, or not; per service and branch, with what staff say at the door.",
              "認識から3時間以内に、遅くとも8時30分までに、通常営業、取扱業務を限定した営業又は休業を業務・店舗ごとに決定し、店頭での説明内容を定める。"),
             *particular,
             ("Tell the branches by phone chain by 8:00, the head's decision by 8:30; repeat it for each further business day.",
              "8時までに電話連絡網で見込みを、8時30分までに本部長の決定を伝達する。翌営業日以降も継続する。"),
             why=("What is not decided by 8:30 is decided by the queue at the door.", "8時30分までに決定しない場合、店頭の混乱に直結する。"),
             evidence=("decision per service and branch, time", "業務・店舗別の決定内容及び時刻"), approve="crisis_head", by="recognition+PT3H", clauses="4-1.4", needs="authority_named", priority=1)


def outside(steps, *keys):
    """All that is recorded and said to others, side by side: nobody's call waits for another's letter. keys: the rows, each the keys of its steps."""
    return PAR("outside", ("Chronology, authorities, police, persons concerned, customers and other institutions side by side",
                           "記録、当局、警察、本人、顧客・広報及び他機関への対応を並行して進める"), [chronology()], *rows(steps, *keys))


def business(steps, *keys):
    """Business continuity; keys as of outside."""
    return PAR("business", ("Opening of the branches and substitute procedures side by side", "開店判断と代替手段を並行して進める"), *rows(steps, *keys))


def follow_up(*particular, needs="resumed"):
    return A("follow_up", "coordination", "authority_liaison/ciso", ("Report recovery and cause to the authorities", "復旧及び原因を当局へ続報する"),
             ("Phone FSA and Bank of Japan on resumption; follow up in writing when services are back and again when the cause is known.",
              "業務再開時に金融庁・財務局及び日本銀行へ電話し、復旧時及び原因判明時に書面で続報する。"),
             *particular,
             ("Until then phone at the times announced, also when nothing has changed.", "それまでの間は、状況に変化がない場合も予告した時刻に電話で状況を報告する。"),
             evidence=("report as submitted, time of the calls", "提出した報告書及び電話時刻"), clauses="3-3", needs=needs, report="fsa_follow_up", priority=2)


# --- personal data ------------------------------------------------------------------------------------------------------------------------------------------

PERSONAL_DATA = {"__personal_data__": ("bool", ("whether personal data were or may have been leaked, lost or damaged", "個人データの漏えい・滅失・毀損（そのおそれを含む。）の有無"))}


def judge_data(*particular, by="recognition+P1D", needs=""):
    return A("judge_data", "analysis", "privacy/legal", ("Judge whether personal data are hit", "個人データの漏えい等に該当するか判断する"),
             *particular,
             ("Count persons and kinds of data (accounts, PINs, cards, individual numbers); where it cannot be ruled out, treat it as hit.",
              "対象人数及びデータ種別（口座、暗証番号、カード、特定個人情報等）を特定する。否定できない場合は「おそれあり」として扱う。"),
             ("Note the time of learning: the days of the report run from it.", "報告期限の起算となる「知った」日時を記録する。"),
             evidence=("judgement with numbers and kinds", "該当性判断書（人数・種別を記載）"), by=by, clauses="2-1.1 4-1.2", needs=needs, gives="data_judged", out="__personal_data__", priority=2)


def report_data(*particular):
    """Preliminary report and notice to the persons, if personal data are hit."""
    return IF("data_hit", ("Personal data are hit?", "個人データの漏えい等に該当するか"), "__personal_data__:value = true", [
        A("ppc_preliminary", "coordination", "privacy/legal", ("Submit the preliminary report on personal data", "個人データ漏えい等の速報を提出する"),
          ("Report to the FSA, to which it is delegated; leaks of individual numbers to the Personal Information Protection Commission.",
           "報告権限の委任先である金融庁へ提出する。特定個人情報は個人情報保護委員会へ報告する。"),
          ("Write what is known of all items, and \"under examination\" for the others; do not wait for the investigation.", "全項目について判明分を記載し、未判明分は「調査中」とする。調査完了を待たない。"),
          evidence=("receipt", "受付番号又は受付メール"), by="recognition+P3D", clauses="3-3", report="ppc_preliminary", priority=1),
        A("notify_people", "coordination", "privacy/contact_centre", ("Notify the persons concerned and warn them of secondary damage", "本人へ通知し、二次被害への注意を喚起する"),
          ("Tell each: what of his data, what may be done with it, what the bank does, what he shall do, whom to ask.", "対象データ、想定される悪用、銀行の措置、本人が取るべき対応及び照会先を通知する。"),
          ("Warn of calls, mails and texts in the bank's name; say that the bank never asks for PINs.", "銀行を騙る電話・メール・SMSへの注意を促し、暗証番号等を尋ねることはない旨を明記する。"),
          *particular, evidence=("text, number sent, number returned", "通知文、発送件数及び返戻件数"), by="step:judge_data+P7D", clauses="3-2 4-1.2", priority=2)],
        phase="coordination", needs="data_judged")


def _final(key):
    return A(key, "coordination", "privacy/legal", ("Submit the final report on personal data", "個人データ漏えい等の確報を提出する"),
             ("Fill in all items: outline, data, persons, cause, secondary damage, notice, publication, measures.", "概要、データ項目、人数、原因、二次被害、本人対応、公表及び再発防止策の全項目を記載する。"),
             ("Count the limit from the day of learning, to be safe with that day as the first; where an item stays unknown, say why.", "期限は、安全のため「知った」日を1日目として計算する。不明の項目は理由を付す。"),
             ("Keep the limit: 30 days; 60 where an attack or another wrongful purpose is suspected.", "期限は30日以内（攻撃等の不正の目的のおそれがある場合は60日以内）とする。"),
             evidence=("receipt", "受付番号又は受付メール"), approve="legal", by="recognition+P58D" if key == "ppc_final" else "recognition+P28D", clauses="3-3", report=key,
             priority=2)


def final_data(attack=None):
    """The final report, if personal data were hit. attack: the variable that says whether an attack is suspected, where that is not plain; needs both reports then."""
    flow = [IF("wrongful", ("An attack or another wrongful purpose is suspected?", "攻撃等の不正の目的のおそれがあるか"), f"{attack}:value = true",
               [_final("ppc_final")], [_final("ppc_final_30")], phase="coordination")] if attack else [_final("ppc_final")]
    return IF("data_final", ("Personal data were hit?", "個人データの漏えい等に該当したか"), "__personal_data__:value = true", flow, phase="coordination")


# --- judging, resuming -----------------------------------------------------------------------------------------------------------------------------------

def judge(*particular, by="detection+PT1H"):
    return A("judge", "containment", "csirt_lead/crisis_head", ("Judge: containment or evidence first", "封じ込めと証拠保全の優先順位を判断する"),
             ("Put both to the authority: what spreads per hour of waiting, what evidence is lost by cutting off or switching off.",
              "待機1時間当たりの被害拡大と、遮断・停止により失われる証拠を対比して権限者に示す。"),
             *particular,
             ("Have the authority decide; record decision, grounds and time. Where the service itself is at stake and nothing else is known, put containment first.",
              "権限者が決定し、内容、理由及び時刻を記録する。業務継続への影響が大きく他に判断材料がない場合は封じ込めを優先する。"),
             why=("Cutting off and switching off destroy traces, and waiting for traces lets the damage grow. Neither is right by itself: it is the authority's judgement, and it must be possible to read it afterwards.",
                  "遮断・停止は痕跡を失わせ、証拠保全を待てば被害が拡大する。いずれを優先するかは権限者の判断事項であり、事後に検証できるよう記録する。"),
             evidence=("decision with grounds", "判断内容及び理由"), approve="crisis_head", by=by, clauses="4-1.5", needs="authority_named", gives="evidence_judged", priority=1)


def resume(*factors, needs="cause_dealt_with works_as_usual", by="tolerance_breach-PT1H"):
    return A("resume", "sign_off", "secretariat/crisis_head", ("Decide to resume business", "業務再開を判断する"),
             ("Put the factors to the head of the crisis team one by one, each with its proof: cause dealt with; normal operation confirmed; monitoring raised; way back if it fails.",
              "原因への対応、正常稼働の確認、監視強化及び再停止時の手順を、それぞれ証跡とともに対策本部長へ付議する。"),
             *factors,
             ("Hear the CISO and the second line; record dissent. The head decides which service resumes when.", "CISO及び第2線の意見を聴取し、異論も記録する。本部長がサービス別の再開時刻を決定する。"),
             why=("Who resumes without having dealt with the cause is attacked again in the same way.", "原因への対応を欠いたまま再開すれば、同じ攻撃により再び被害を受ける。"),
             evidence=("list of factors with proofs, decision", "判断要素一覧（証跡付き）及び決定記録"), approve="crisis_head ciso", by=by, clauses="6-1.1 6-1.2", needs=needs, priority=1)


def preserve(*particular, who="forensics/csirt_lead", by="detection+PT6H"):
    return A("preserve", "analysis", who, ("Preserve logs and evidence before anything is analysed", "分析に先立ちログ等の証跡を保全する"),
             *particular,
             ("Extend the retention of these logs at once; hash each copy, list it, keep it where it cannot be overwritten, two names on each.",
              "対象ログの保存期間を直ちに延長し、複製にハッシュ値を付して一覧に記載し、書換え不能の媒体に2名で封印する。"),
             ("Analyse the copies only.", "分析は複製に対してのみ行う。"),
             evidence=("list of what was preserved, with hash values", "保全物一覧（ハッシュ値入り）"), by=by, clauses="2-1.2 2-2", needs="evidence_judged", gives="evidence_preserved", priority=1)


def prove_cause(*particular, who="csirt/csirt_lead", approve="ciso risk_management", needs="evidence_preserved", by=""):
    return A("prove_cause", "sign_off", who, ("Prove that the cause is dealt with", "原因への対応が完了したことを立証する"),
             *particular,
             ("Where the cause is not wholly known: say so, name what makes up for it, and let the second line judge the residual risk.",
              "原因が完全には特定できない場合はその旨及び補完策を明記し、第2線が残存リスクを評価する。"),
             why=("A precondition of resuming; not confirmed by the one who removed the cause alone.", "業務再開の前提条件であり、原因除去の実施者のみでは確認を完了できない。"),
             evidence=("statement with its proofs", "確認書（根拠資料付き）"), approve=approve, by=by, clauses="5-1.3 6-1.2", needs=needs, gives="cause_dealt_with", priority=1)


def later_entry(*particular, needs="resumed substitute_runs", who="branches/operations"):
    return A("later_entry", "recovery", who, ("Enter what was done on paper, with re-check", "手作業分を後刻入力し、再鑑する"),
             ("Enter slips in number order with the value date of the day; a second person compares each; suspense items to zero within two business days.",
              "伝票を連番順に当日付で入力し、別人が照合する。仮勘定は2営業日以内に解消する。"),
             *particular,
             ("Look for payments beyond the balance and for double payments; talk to the customer before collecting.", "残高超過・二重払いを抽出し、回収前に顧客と協議する。"),
             evidence=("slips entered against numbers given out", "入力件数と交付番号の照合表"), approve="operations", by="step:reopen+P2D", clauses="6-4", needs=needs, priority=2)


def reopen(*particular, who="channels/system_owner", by="step:resume+PT4H"):
    return A("reopen", "recovery", who, ("Resume service by service and watch", "サービスを順次再開し、監視を強化する"),
             ("Resume in the order decided, one after the other; watch errors, load and logins for 30 minutes before the next.",
              "決定した順序で1つずつ再開し、次の再開前に30分間、エラー、負荷及びログイン状況を監視する。"),
             *particular,
             ("Tell contact centre, branches and authorities the minute it is open; take the notices down.", "再開と同時にコンタクトセンター、営業店及び当局窓口へ連絡し、停止の案内を取り下げる。"),
             evidence=("time of resumption per service", "サービス別再開時刻"), by=by, clauses="6-5", gives="resumed", priority=1)


# --- after -----------------------------------------------------------------------------------------------------------------------------------------------

def close_record():
    return A("close_record", "review", "secretariat/crisis_head", ("Close the record", "対応記録を取りまとめる"),
             ("Put chronology, list of logs, decisions with their grounds, and approvals by phone that were ratified into one file; note what was entered later.",
              "時系列、収集ログ一覧、判断とその理由及び電話承認の事後確認を一件記録に編てつし、後刻入力分を明示する。"),
             ("Have the second line check that nothing was changed afterwards.", "事後の改変がないことを第2線が確認する。"),
             evidence=("file, list of contents", "一件記録及び目次"), approve="risk_management", by="step:resume+P10D", clauses="2-2", priority=3)


def review(*particular, by="step:resume+P14D"):
    return A("review", "review", "ciso/crisis_head", ("Analyse cause, spread and response", "発生原因・被害拡大要因を分析し、対応を評価する"),
             ("Say why it happened, why it spread, why it was not noticed earlier; set the times against the tolerance and this playbook's targets.",
              "発生、拡大及び検知遅れの要因を分析し、所要時間を耐性度及び本手順書の目標と対比する。"),
             *particular,
             ("Ask those who did the work; look for causes in systems and procedures, not for culprits.", "実施者から聴取する。個人の責任追及ではなく仕組み上の要因を明らかにする。"),
             evidence=("review report", "事後検証報告書"), by=by, clauses="6-6.1", priority=3)


def improve(*particular):
    return A("improve", "review", "risk_management/crisis_head", ("Improve plans, controls and organisation; follow it up", "計画・態勢を見直し、再発防止策を管理する"),
             ("Turn each finding into a measure with an owner and a date, or a residual risk that management accepts; put them before the board.",
              "課題ごとに再発防止策（担当・期限）又は経営陣が受容する残存リスクを定め、取締役会へ報告する。"),
             *particular,
             ("Amend this playbook and the contingency plan; set a date for the exercise that proves it.", "本手順書及びコンティンジェンシープランを改定し、効果を確認する演習の期日を定める。"),
             evidence=("list of measures, minutes of the board", "再発防止策一覧及び取締役会議事録"), approve="crisis_head", by="step:review+P14D", clauses="6-6.2", priority=3)


def final_report(*particular):
    return A("final_report", "coordination", "authority_liaison/ciso", ("Submit the final report", "最終報を提出する"),
             ("Write cause, damage and measures with dates, as approved by the head of the crisis team.", "原因、被害及び再発防止策（期限を含む。）について対策本部長の承認を得て提出する。"),
             *particular,
             ("Tell the Bank of Japan and whoever was told by phone that the matter is closed.", "日本銀行及び電話連絡先へ完了を報告する。"),
             evidence=("report as submitted", "提出した報告書"), approve="crisis_head", clauses="3-3", report="fsa_final", priority=3)


def exception():
    """What happens when a step fails and nothing is written for that: the secretariat takes it to the authority."""
    return [A("escalate", "coordination", "secretariat/crisis_head", ("Take the failed step to the head of the crisis team", "実施不能となった項目を対策本部長に付議する"),
              ("Say which step cannot be done, why, what it holds up and what else could be done; at most 30 minutes after it failed.",
               "実施不能となった項目、理由、後続への影響及び代替案を、判明後30分以内に報告する。"),
              ("Have it tried again, passed by the authority's judgement, or the run ended; the decision is recorded with its reason.",
               "再実施、権限者の判断による通過又は対応の中止のいずれかを決定し、理由とともに記録する。"),
              evidence=("decision and reason", "決定内容及び理由"), clauses="2-2", priority=1)]

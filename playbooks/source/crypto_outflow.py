"""Outflow of crypto-assets: only for firms that hold them for customers or on their own account. A transfer on a chain cannot be called back; what counts is to get the rest out of reach
with keys the attacker cannot have, to follow what has gone until somebody can freeze it, and to trust nobody's word over a chat, for signers are deceived before systems are."""
from common import (CREATED, FSA, IS_INCIDENT, PERSONAL_DATA, PLANNING, answers, calendar, close_record, decide, exception, final_data, final_report, follow_up, improve,
                    intake, judge, judge_data, name_authority, no_incident, outside, phone_boj, phone_fsa, police, publish, rate, reopen, report_data, reports, resume, review, share)
from dsl import IF, PAR, WHILE, A, report, rows

JVCEA = report(("JVCEA, the self-regulatory body", "自主規制団体（JVCEA）"), ("report of the outflow", "流出事案の報告"), "first", "recognition+PT3H", False, "jvcea", None, PLANNING)
SUSPICIOUS = report(FSA, ("suspicious-transaction report", "疑わしい取引の届出"), "other", "recognition+P3D", False, "suspicious", ("electronic filing", "電子申請"), PLANNING)

ARRIVAL = [
    intake("soc/csirt_lead",
           ("Asset, chain, transaction ids, from and to addresses, block, time in Japan time, amount; from which wallet (hot, warm, cold), which request and which signers stand behind it.",
            "資産、チェーン、取引ID、送付元・送付先アドレス、ブロック、時刻（日本時間）、数量及び送付元ウォレット（ホット・ウォーム・コールド）、対応する送付依頼・署名者を確認する。"),
           ("The duty officer may stop withdrawals at once without asking.", "当番者は決裁を待たず顧客の出庫を停止できる。")),
    decide(("Look with our own node and a second explorer; hold every on-chain movement of 24 hours against the list of approved requests. Not one of ours, an own re-arrangement, change, a customer's account taken over?",
            "自社ノード及び別の照会手段により、24時間の全移転を承認済み依頼と照合し、不正移転、自社の内部移動（チェンジを含む。）、個別顧客の乗っ取りを区別する。"),
           ("Call the signers by phone on the numbers in the paper list: what did you sign, on which screen, at whose request?", "紙の連絡表の番号により署名者へ電話し、署名内容、表示画面及び依頼者を確認する。"), by="detection+PT20M"),
]

RESCUE = [
    A("stop", "containment", "channels/csirt_lead", ("Stop withdrawals and signing", "出庫及び署名を停止する"),
      ("Stop customers' withdrawals, deposits to old addresses, automatic sweeps, market-maker and API keys; take signing machines, HSM or shared-key nodes off the network, powered on.",
       "顧客の出庫、旧アドレスへの入庫案内、自動集約、マーケットメーカー・APIの鍵を停止し、署名端末、HSM又は分散鍵ノードを電源を入れたままネットワークから切り離す。"),
      ("Withdraw allowances of smart contracts and pause contracts of our own; ask staked or lent assets' counterparts to hold.",
       "スマートコントラクトの承認を取り消し、自社コントラクトを停止し、ステーキング・貸借先へ保留を依頼する。"),
      ("Try one withdrawal of the smallest amount: it must not leave.", "最小額の出庫を1件試み、送付されないことを確認する。"),
      evidence=("time per asset and way out, result of the try", "資産・経路別の停止時刻及び試験結果"), by="detection+PT40M", clauses="4-1.1", needs="authority_named evidence_judged", priority=1),
    A("propose_rescue", "containment", "csirt_lead/crisis_head", ("Decide whether and how the rest is moved", "残存資産の退避の要否・方法を判断する"),
      ("Weigh: which keys may be known, whether moving shows the attacker more, whether the signing path itself lies about what it signs, hours it takes by asset, what is stuck.",
       "漏えいのおそれがある鍵、退避により攻撃者に与える情報、署名経路の表示が改ざんされている可能性、資産別の所要時間及び移動不能な資産を検討する。"),
      ("Destination: new keys made now on machines never connected, by two people who did not sign before, address read over two ways and confirmed by a small amount first.",
       "退避先は、未接続の新規端末で、従前の署名者以外の2名が生成した鍵とする。アドレスは二つの経路で読み合わせ、少額の試験送付後に全量を移す。"),
      ("Answer whether wallets must be moved.", "退避すべきウォレットがあるか回答する。"),
      evidence=("table of wallets by danger, decision", "危険度別ウォレット一覧及び決定記録"), approve="crisis_head ciso", by="detection+PT1H30M", clauses="4-1.3 4-1.4", needs="authority_named", out="__wallets_left__", priority=1),
    WHILE("rescue", ("Are wallets still to be moved?", "退避すべきウォレットが残っているか"), "__wallets_left__:value = true", 30, [
        A("move", "containment", "it_operations/csirt_lead", ("Move the next wallet to safe keys", "次のウォレットを安全な鍵へ退避する"),
          ("The most endangered and largest first; read the raw transaction on a clean machine, not the vendor's screen; two signers in one room, a third reads.",
           "危険度・金額の高い順に実施する。取引の生データをベンダー画面ではなく健全な端末で読み、同室の署名者2名に加え第三者が読み上げ確認する。"),
          ("Small amount, six confirmations (or the asset's own number), then the rest; enter amount, id and new balance.", "少額送付を6承認（資産ごとに定める承認数）まで確認した後に残額を移し、数量、取引ID及び移動後残高を記録する。"),
          evidence=("transaction ids, balances before and after", "取引ID及び前後の残高"), clauses="4-1.1", needs="authority_named evidence_judged", out="__wallets_left__", priority=1)], phase="containment"),
    A("safe", "containment", "csirt/csirt_lead", ("Confirm that nothing more leaves", "流出が止まったことを確認する"),
      ("Every old address watched on the chain around the clock; two hours without a movement that is not ours.", "全旧アドレスをチェーン上で常時監視し、2時間自社以外による移動がないことを確認する。"),
      ("Go through every place a key, seed or share of it is or was: also backups, photographs, vendor's, staff who left.", "鍵、シード及びその分散片の所在を、バックアップ、撮影物、ベンダー及び退職者を含めて全て確認する。"),
      evidence=("watch list, table of keys", "監視一覧及び鍵の所在表"), by="detection+PT6H", clauses="4-1.1 4-1.2", needs="evidence_judged", gives="contained", priority=1),
]

TRACE = [
    A("freeze", "coordination", "fraud_desk/legal", ("Ask for a freeze wherever the coins stop", "移転先へ凍結を要請する"),
      ("Call the out-of-hours desks of exchanges at home and abroad, issuers of stablecoins, bridges and payment firms: addresses, ids, amounts; the police number as soon as there is one. In writing within two hours.",
       "国内外の交換業者、ステーブルコイン発行者、ブリッジ運営者及び決済事業者の時間外窓口へ、アドレス、取引ID及び数量を伝えて凍結を要請し、2時間以内に書面を送る。警察の受理番号は判明後直ちに追送する。"),
      ("Have the analysis firm mark the addresses so that all its clients see them.", "分析会社に当該アドレスの警戒登録を依頼する。"),
      ("Answer whether the coins are still moving.", "資産の移動が続いているか回答する。"),
      evidence=("per place: asked when, answer, amount frozen", "要請先別の時刻、回答及び凍結数量"), by="detection+PT1H", clauses="4-a 4-1.1", out="__moving__", priority=1),
    WHILE("follow", ("Are the coins still moving?", "資産の移動が続いているか"), "__moving__:value = true", 40, [
        A("follow_coins", "analysis", "csirt/fraud_desk", ("Follow the coins", "資産の移転を追跡する"),
          ("With the analysis firm, every two hours: splits, mixers, bridges, exchanges; each new place is asked for a freeze before the report is written.",
           "分析会社とともに2時間ごとに分割、ミキサー、ブリッジ及び交換業者への移転を追跡し、判明した移転先には報告に先立ち凍結を要請する。"),
          ("Keep the graph with proofs so that a court can follow it. Three days without a movement, or the handover to a standing watch, end the pursuit.",
           "追跡図は、法的手続に用いうる証拠とともに保存する。3日間移動がないこと又は常設監視への引継ぎをもって終了とする。"),
          evidence=("graph with ids, requests made", "取引ID付き追跡図及び要請記録"), clauses="2-1.1 2-2", out="__moving__", priority=2)], phase="analysis"),
]

FIND = [
    rate(("By asset at today's price: customers', own, share of all held, whether own assets and funds cover the customers' loss.", "資産別に、時価、顧客分・自己分、預り総額に占める割合及び自己資産による補填可能性を算定する。"), by="detection+PT30M"),
    A("preserve", "analysis", "forensics/csirt_lead", ("Preserve machines and logs of the signing path", "署名経路の機器・ログを保全する"),
      ("Memory and disk of signing and operators' machines, logs of wallet software, HSM, request and approval system, chat, mail, source repository, vendor's remote access for 180 days; hash values, two names.",
       "署名・運用端末のメモリ・ディスク、ウォレット、HSM、依頼・承認システム、チャット、メール、ソースコード管理及びベンダー遠隔接続の180日分のログを取得し、ハッシュ値を付して2名で封印する。"),
      ("The vendor preserves its side today, in writing. Analyse copies only.", "ベンダーにも当日中の保全を書面で求める。分析は複製に対してのみ行う。"),
      evidence=("list with hash values, the vendor's answer", "保全物一覧（ハッシュ値入り）及びベンダー回答"), by="detection+PT4H", clauses="2-1.2 2-2 4-1.6", needs="evidence_judged", gives="evidence_preserved", priority=1),
    A("analyse", "analysis", "forensics/csirt_lead", ("Find how the transfer came to be signed", "不正移転が署名された経緯を特定する"),
      ("Key stolen, signer deceived (recruiter, test program, false meeting), request altered between screen and signature, vendor's session taken, contract flaw, insider? Compare request, what was shown and what was signed.",
       "鍵の窃取、署名者への欺罔（勧誘、検証用プログラム、偽会議）、画面と署名対象の相違、ベンダーのセッション奪取、コントラクトの欠陥又は内部者のいずれかを、依頼内容・表示内容・署名内容の比較により特定する。"),
      ("Amounts by asset, customers' and own, hot and cold; who else may be reached by the same way; what follows for trading, pending orders, tomorrow's withdrawals in yen.",
       "資産別の数量、顧客分・自己分、ホット・コールドの別、同一経路で及びうる範囲並びに売買、未約定注文及び翌日の円出金への影響を示す。"),
      evidence=("interim report", "中間報告書"), by="detection+P1D", clauses="2-1.1", needs="evidence_preserved", gives="cause_known impact_known", priority=1),
]

TECHNICAL = [
    name_authority(("The decisions in question: stopping withdrawals and trading, moving the rest, choosing signers. Identity of each by call-back and a word agreed in person: faces and voices on a screen prove nothing.",
                    "本件で判断を要する事項は、出庫・売買の停止、残存資産の退避及び署名者の指名である。本人確認は折返し電話と対面で定めた合言葉により、画面上の顔・声を根拠としない。"), by="detection+PT20M"),
    judge(("Moving the rest does not touch evidence if it is done with new machines; switching signing machines off does. Minutes count for the first.",
           "新規端末による退避は証拠に影響しないが、署名端末の停止は影響する。退避は分単位で判断する。"), by="detection+PT30M"),
    PAR("at_once", ("Save the rest, look for the way in and tell partners side by side", "残存資産の退避、原因調査及び関係先通知を並行して行う"), RESCUE, FIND, [
        A("partners", "coordination", "third_party_manager/legal", ("Tell those whom it touches", "影響を受ける関係先へ通知する"),
          ("Wallet vendor, custodian, liquidity providers, other exchanges with the same vendor, banks that hold our customers' yen, insurer: what stopped, since when, what to check at their side.",
           "ウォレットベンダー、カストディアン、流動性供給先、同一ベンダーを利用する他社、顧客円貨の預託銀行及び保険会社へ、停止内容、時刻及び確認依頼事項を通知する。"),
          ("By phone to known numbers; nothing by the chat the attacker may read.", "周知の番号へ電話し、攻撃者に傍受されうるチャットは用いない。"),
          evidence=("list of calls", "架電記録"), by="detection+PT2H", clauses="4-a 3-1", priority=1)]),
    PAR("make_sure", ("Make the signing path new and reconcile side by side", "署名経路の更新と残高の突合を並行して行う"), [
        A("new_keys", "eradication", "identity_admin/csirt_lead", ("Remove the cause and make all keys new", "原因を除去し、全ての鍵を更新する"),
          ("Initialise and rebuild every machine of the signing path from sources checked by hash; close the way in at the vendor's too, shown in writing.",
           "署名経路の全機器を、ハッシュ値を確認した媒体から初期化・再構築する。ベンダー側の侵入経路も書面で閉鎖を立証させる。"),
          ("New key ceremony for every wallet, witnessed and filmed; a seed restored from backup is as stolen as the key: no old key is used again.",
           "全ウォレットの鍵を立会い・録画の下で新規生成する。バックアップから復元したシードは漏えいした鍵と同等であるため、旧鍵は一切使用しない。"),
          ("Signing shows what is signed on a device of its own; limits, waiting time and call-back above an amount; two people from two departments.",
           "署名対象を独立した機器で表示し、限度、待機時間及び一定額以上の折返し確認を設け、異なる部署の2名による署名とする。"),
          evidence=("minutes of the ceremonies, list of rebuilt machines", "鍵生成の立会記録及び再構築機器一覧"), by="recognition+P5D", clauses="5-1.1 5-1.2 6-2 6-3.1", needs="cause_known contained", gives="rebuilt", priority=1),
        A("prove", "eradication", "forensics/ciso", ("Prove that the cause is dealt with", "原因への対応が完了したことを立証する"),
          ("An outside expert who built none of it replays the attack: forged request, altered screen, deceived signer, stolen session. Each must be stopped by two controls.",
           "構築に関与しない外部専門家が攻撃（偽依頼、表示改ざん、署名者の欺罔、セッション奪取）を再現し、それぞれ二つ以上の統制で阻止されることを確認する。"),
          ("Where the way in was not found, say so; the second line judges what remains.", "侵入経路が特定できない場合はその旨を明記し、第2線が残存リスクを評価する。"),
          evidence=("expert's statement", "外部専門家の確認書"), approve="ciso risk_management", by="recognition+P6D", clauses="5-1.3 6-1.2", needs="rebuilt", gives="cause_dealt_with", priority=1)], [
        A("reconcile", "recovery", "operations/treasury", ("Reconcile chain, ledger and customers", "チェーン残高、帳簿及び顧客残高を突合する"),
          ("Per asset at one block height: balance on the chain by new addresses, ledger, sum of customers' balances, own assets; deposits that arrived at old addresses meanwhile.",
           "同一ブロック高で、資産別に新アドレスのチェーン残高、帳簿、顧客残高合計及び自己資産を突合し、停止中に旧アドレスへ着金した入庫を確定する。"),
          ("Withdrawals asked for and not sent: ask the customer again, address confirmed anew; none is sent from the old queue.", "未送付の出庫依頼は、顧客に送付先の再確認と再依頼を求め、旧キューから送付しない。"),
          evidence=("reconciliation per asset, checked by a second person", "資産別突合表（再鑑済み）"), approve="risk_management", by="recognition+P2D", clauses="6-3.2 6-4", needs="contained", gives="reconciled", priority=1)]),
    A("verify", "recovery", "system_owner/operations", ("Confirm that all works as usual before wallets go online", "ウォレット接続前に正常稼働を確認する"),
      ("Walk deposit, sweep, order, withdrawal and approval with each department in real small amounts; alarms ring when they should.", "入庫、集約、注文、出庫及び承認を少額の実取引により所管部とともに確認し、警報の発報を確認する。"),
      ("Before nodes, vendors, liquidity providers and API customers are connected again: new credentials, consent, hour.", "ノード、ベンダー、流動性供給先及びAPI顧客の再接続前に、認証情報の更新、同意及び時刻を確認する。"),
      evidence=("test sheet signed by the system owner, consents", "確認表（システム責任者署名）及び同意書"), approve="operations", by="recognition+P6D", clauses="6-4 6-5", needs="cause_dealt_with reconciled", gives="works_as_usual", priority=1),
    resume(("Check besides: customers' loss is covered and by what; the authority's view is known; order by asset; daily limits to begin with.", "このほか、顧客損失の補填方法、当局の意見、資産別の再開順及び当初の日次限度を確認する。"),
           needs="cause_dealt_with works_as_usual reconciled"),
    reopen(("Yen first, then trading, deposits to new addresses, withdrawals with limits, asset by asset; the one that was hit last.", "円入出金、売買、新アドレスへの入庫、限度付き出庫の順に資産ごとに再開し、被害資産を最後とする。")),
]

AUTHORITIES = [
    phone_fsa(("Asset, amount, yen value, customers' share, hot or cold, stopped or not, cover by own assets, freeze requests made.", "資産、数量、円換算額、顧客分の割合、ホット・コールドの別、停止状況、自己資産による補填見込み及び凍結要請の状況を伝える。")),
    A("jvcea", "coordination", "authority_liaison/legal", ("Tell the self-regulatory body", "自主規制団体（JVCEA）へ報告する"),
      ("Phone, then in writing: the same facts; ask it to pass addresses and the method to all members within the hour.", "電話の後、書面で同一の事実を報告し、アドレス及び手口の全会員への速やかな周知を依頼する。"),
      ("Take the duties of members from its rules as they are now.", "会員の義務は最新の規則により確認する。"),
      evidence=("time, person, copy", "連絡時刻、担当者名及び報告書写し"), clauses="3-3 3-5", report="jvcea", priority=2),
    phone_boj(("Where the firm is a bank or settles through one: effect on yen payments and liquidity.", "銀行又は銀行を通じて決済する場合に、円決済・資金繰りへの影響を伝える。")),
    police(("Ids, addresses, graph; ask for official freeze requests at home and through the international channels.", "取引ID、アドレス及び追跡図を提供し、国内外への公的な凍結要請を依頼する。"), by="recognition+PT2H"),
    A("suspicious", "coordination", "fraud_desk/legal", ("File the suspicious-transaction reports; check sanctions", "疑わしい取引の届出及び制裁対象の確認を行う"),
      ("File for accounts with us that touched the coins; check addresses against sanctions lists before anything is sent or paid. Tell the holders nothing.",
       "流出資産に関与した自社口座について届け出る。送付・支払の前にアドレスを制裁リストと照合する。名義人には告知しない。"),
      ("No bounty or return offered to the attacker without lawyer, police and the head's decision.", "攻撃者への報奨・返還交渉は、弁護士、警察及び本部長の決定なく行わない。"),
      evidence=("receipt numbers, result of the check", "受付番号及び照合結果"), by="recognition+P3D", clauses="3-3", report="suspicious", priority=3),
    judge_data(("Whoever reached the signing path may have read identity documents: look at what those accounts could see.", "署名経路へ到達した攻撃者は本人確認書類を閲覧しうるため、悪用アカウントの参照可能範囲を確認する。")),
    report_data(),
    follow_up(("Amounts as established, frozen, covered; new keys; order of resumption.", "確定した流出額、凍結額、補填額、鍵の更新状況及び再開順を記載する。")),
]

PUBLIC = [
    answers(("Are my coins there; when can I withdraw; in coins or yen; do not send to the old address. Nobody of ours asks for a seed or a test transfer.", "「自分の資産はあるか」「出庫はいつか」「補填は現物か円か」への回答を定め、旧アドレスへの入庫禁止及びシード・試験送付を求めることはない旨を案内する。")),
    publish(("Asset, amount, time, what is stopped, how customers are protected, next word; before the market finds it on the chain and in the same minute to all. Not how the keys are kept.",
             "資産、数量、時刻、停止内容、顧客保護方針及び次回案内時刻を、チェーン上で知られる前に全員へ同時に公表する。鍵の管理方法は公表しない。"), by="recognition+PT2H"),
    share(("Lure and tools used on the signers, addresses, the vendor's product if it agrees.", "署名者への誘導手口・ツール、アドレス及び（同意を得た場合）ベンダー製品名を加える。")),
]

BUSINESS = [
    A("halt", "coordination", "operations/crisis_head", ("Decide on trading, and keep yen payments going", "売買の継続可否を判断し、円出金を維持する"),
      ("Halt or go on per asset: can prices be trusted, can positions be closed, are margin calls fair while nobody can pay in? Forced closing is suspended while deposits are stopped.",
       "資産別に、価格の信頼性、決済の可否及び入庫停止中の追証の公正性を検討して売買の継続を判断する。入庫停止中はロスカットを停止する。"),
      ("Yen withdrawals go on by the bank's cut-offs; requests by phone and paper where the site is closed, numbered, called back. Say by 8:30 each day what is open.",
       "円出金は銀行の時限に従い継続し、サイト停止時は電話・書面により連番・折返し確認で受け付ける。日々の取扱範囲は8時30分までに決定する。"),
      evidence=("decision per asset, notice, requests by number", "資産別の決定、案内文及び受付簿"), approve="crisis_head", by="detection+PT2H tolerance_breach-PT1H", clauses="4-1.4", needs="authority_named", priority=1),
    calendar(("Rush for yen: cash at the bank, day limits, weekend without transfers. Expiries and settlements of derivatives.", "円出金の集中に備え、預託銀行の残高、限度額、週末の振込可否及びデリバティブの期日を確認する。")),
    A("cover", "coordination", "treasury/crisis_head", ("Cover the customers' loss", "顧客資産の補填方針を決定する"),
      ("Own assets of the same kind held as guarantee, insurance, buying in the market without moving it, credit from the group; in coins or yen, at which price, when.",
       "履行保証用の自己資産、保険、市場への影響を抑えた調達及びグループからの借入により、補填の手段（現物又は円）、基準価格及び時期を定める。"),
      ("Show that the rest of the firm stays solvent; customers' assets of other kinds are not touched for it.", "補填後の財務の健全性を示し、他の顧客資産を流用しない。"),
      evidence=("plan with sums, board's decision", "補填計画及び取締役会決議"), approve="crisis_head", by="recognition+P1D", clauses="3-2 1-3.1", needs="impact_known", priority=1),
]

PLAYBOOK = {
    "key": "crypto-outflow", "attack_type": "crypto-outflow", "created": CREATED, "modified": CREATED,
    "name": ("Outflow of crypto-assets (firms that hold them)", "暗号資産流出 対応手順書（暗号資産を保有する場合）"),
    "description": ("Crypto-assets have left a wallet without right. Stop withdrawals and signing, move the rest to new keys, follow and freeze what is gone, cover the customers, and go online only with a signing path that was made new.",
                    "暗号資産がウォレットから不正に移転された場合の手順（暗号資産を保有・管理する場合に限り適用する。）。出庫・署名を停止し、残存資産を新しい鍵へ退避し、流出資産を追跡・凍結し、顧客損失を補填し、署名経路を全面更新して再開する。"),
    "types": ["investigation", "mitigation", "remediation", "notification"], "priority": 20, "severity": 85,
    "target": {"within": "P7D", "level": 0.5, "note": ("Yen withdrawals never stop; trading within a day; withdrawals of assets only with new keys, within 7 days. A proposal: set it against your own tolerances.",
                                                    "円出金は継続し、売買は1日以内、出庫は鍵の更新後7日以内に再開する。目安であり、自社の耐性度に合わせて定める。")},
    "override_role": "crisis_head",
    "reports": {**reports(personal_data="P60D"), "jvcea": JVCEA, "suspicious": SUSPICIOUS},
    "variables": {**IS_INCIDENT, **PERSONAL_DATA,
                  "__wallets_left__": ("bool", ("whether wallets are still to be moved", "退避すべきウォレットが残っているか")),
                  "__moving__": ("bool", ("whether the coins are still moving", "流出資産の移動が続いているか"))},
    "flow": ARRIVAL + [
        IF("incident", ("An incident to respond to?", "対応を要するインシデントか"), "__is_incident__:value = true", [
            PAR("respond", ("Technical work, tracing, coordination and business side by side", "技術対応、流出資産の追跡、連携・報告及び業務継続を並行して進める"),
                TECHNICAL, TRACE,
                [outside(AUTHORITIES + PUBLIC, "phone_fsa follow_up", "phone_boj", "jvcea", "police", "suspicious", "judge_data data_hit", "answers publish", "share")],
                [PAR("business", ("Trading, yen payments and the customers' loss", "取引・円の支払及び損失の補填を並行して進める"), *rows(BUSINESS, "halt cover", "calendar"))]),
            PAR("afterwards", ("Final reports and review", "最終報告と事後検証"),
                [final_report(("Amount lost, frozen, returned, covered.", "流出額、凍結額、返還額及び補填額を記載する。")), final_data()],
                [close_record(), review(("Ask who could sign what alone, what the signers saw, how long from the first block to the stop.", "単独で署名可能であった範囲、署名者に表示された内容及び最初の移転から停止までの時間を検証する。")),
                 improve(("Share held hot, split of keys over people, places and vendors, drills with a deceived signer.", "ホット保管の割合、鍵の人・場所・ベンダー間の分散及び署名者への欺罔を想定した訓練を見直す。"))]),
        ], [no_incident()], phase="triage")],
    "exception": exception(),
}

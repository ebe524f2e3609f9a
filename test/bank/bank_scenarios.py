"""The scenario library of Minatono Bank. Times are local (+09:00); 2026-11-30, 2026-12-30, 2027-01-29, 2027-02-26 and 2027-03-31
are month-ends, 2026-12-25 is a pay day, 2027-02-28 a Sunday. A shock: (code, node, what it does)."""
from compose import scenario


def gone(duration=None, onset="0", level=0, **more):
    return {"onset": onset, "level": level, **({"duration": duration} if duration else {}), **more}


# ---- sites, power, telecommunications, nature

scenario("dc-east-lost", "Data centre east lost for four hours on a month-end", "東データセンター喪失：月末・4時間",
         "2026-11-30T08:00:00+09:00",
         ("site", "fac.dc-east", gone("4h", duration_distribution="lognormal(median 4h, p95 24h)")),
         ("ledger", "data.ledger-east", gone("4h", data_loss="10 min")))
scenario("dc-east-lost-standby-fails", "Data centre east lost and core banking west does not start",
         "東データセンター喪失・待機系起動失敗", "2026-11-30T08:00:00+09:00",
         ("site", "fac.dc-east", gone("4h", duration_distribution="lognormal(median 4h, p95 24h)")),
         ("standby", "sys.core-west", gone("9h", probability=0.1)))
scenario("power-east-cut", "Power cut in the east for eight hours", "東日本広域停電：8時間", "2026-12-15T09:40:00+09:00",
         ("power", "tp.power-east", gone("8h", duration_distribution="pert(1h,8h,30h)")))
scenario("earthquake", "Large earthquake near the head office", "大規模地震：本店周辺", "2027-02-05T10:12:00+09:00",
         ("power", "tp.power-east", gone("4 days", common_cause="quake")),
         ("fuel", "tp.fuel", gone("6 days", common_cause="quake")),
         ("carrier", "tp.carrier-a", gone("36h", common_cause="quake")),
         ("head-office", "fac.hq", gone("48h", common_cause="quake")),
         ("operations-centre", "fac.ops-centre", gone("24h", common_cause="quake")),
         ("branches-east", "fac.branch-east", gone("7 days", common_cause="quake")),
         ("branches-central", "fac.branch-central", gone("4 days", level=0.4, common_cause="quake")),
         ("staff-east", "ppl.branch-east", gone("7 days", level=0.3, common_cause="quake")),
         ("staff-central", "ppl.branch-central", gone("4 days", level=0.6, common_cause="quake")),
         ("cash", "tp.cash-carrier", gone("3 days", level=0.5, common_cause="quake")))
scenario("carrier-a-lost", "Carrier A lost for eight hours", "通信事業者Aの大規模障害", "2027-02-12T10:00:00+09:00",
         ("carrier", "tp.carrier-a", gone("8h", duration_distribution="triangular(2h,8h,60h)")))
scenario("conduit-cut", "The conduit into town that both carriers rent is cut for two hours", "市内管路の切断：両通信事業者が共用・2時間",
         "2027-01-20T10:00:00+09:00",
         ("conduit", "tp.conduit", gone("2h", duration_distribution="uniform(1h,8h)")))

# ---- cyber attacks

scenario("ransomware-office", "Ransomware on office systems and branch terminals at year-end", "ランサムウェア：OA・営業店端末、年末",
         "2026-12-28T06:30:00+09:00",
         ("office-pcs", "sys.office-pc", gone("5 days", common_cause="ransomware")),
         ("terminals", "sys.teller", gone("3 days", level=0.3, common_cause="ransomware")),
         ("identity", "sys.identity", gone("2 days", common_cause="ransomware")),
         ("loan-files", "data.loan-files", gone("2 days", data_loss="3 days", probability=0.4)),
         ("isolation", "net.wan", gone("5h", onset="90 min", common_cause="ransomware")))
scenario("ransomware-joint-centre", "Ransomware at the joint centre, both sites and the replica, on a pay day",
         "共同センターのランサムウェア被害：給料日", "2026-12-25T02:00:00+09:00",
         ("core-east", "sys.core-east", gone("40h", common_cause="joint-centre")),
         ("core-west", "sys.core-west", gone("40h", common_cause="joint-centre")),
         ("ledger-east", "data.ledger-east", gone("30h", data_loss="14h", common_cause="joint-centre")),
         ("ledger-west", "data.ledger-west", gone("30h", data_loss="14h", common_cause="joint-centre")))
scenario("ddos", "Waves of DDoS against internet banking; the mitigation service is overrun", "DDoS攻撃：波状・緩和サービス飽和",
         "2026-12-29T11:00:00+09:00",
         ("wave-1", "net.internet", gone("1h", level=0.1)),
         ("wave-2", "net.internet", gone("1h", onset="2h", level=0.1)),
         ("wave-3", "net.internet", gone("1h", onset="5h", level=0.1)),
         ("mitigation", "tp.ddos", gone("3h", onset="30 min", probability=0.3)))
scenario("supplier-leak", "Leak of customer data at a printing subcontractor; its service stops", "印刷再委託先からの顧客情報漏えい：業務停止",
         "2026-11-24T14:00:00+09:00",
         ("subcontractor", "tp.mailing-sub", gone(duration_distribution="lognormal(median 21d, p95 90d)")))
scenario("signing-theft", "Theft of message-signing authority by social engineering; senders stopped, custodians suspended",
         "ソーシャルエンジニアリングによる送金権限の窃取：送信停止・鍵管理者の権限停止", "2027-01-15T11:00:00+09:00",
         ("swift", "sys.swift-gw", gone("36h")),
         ("file-transfer", "sys.eb", gone("20h")),
         ("custodian-a", "ppl.key-a", gone("5 days", common_cause="suspension")),
         ("custodian-b", "ppl.key-b", gone("5 days", common_cause="suspension")))
scenario("account-takeover", "Wave of account takeovers; online orders cut to a third", "口座乗っ取り多発：即時振込停止・限度額引下げ",
         "2027-03-05T09:30:00+09:00",
         ("orders", "proc.ib-order", gone("4 days", level=0.3)),
         ("analysts", "ppl.fraud", gone("4 days", level=0.6)),
         ("agents", "ppl.call-main", gone("2 days", level=0.7)))

# ---- systems: change, daily operation, programs

scenario("atm-change", "ATM replacement on a month-end Sunday: settings differ, ATMs stop and keep cards", "ATM更改時の仕様差異：月末・カード取込",
         "2027-02-28T11:00:00+09:00",
         ("east", "sys.atm-east", gone("20h", level=0.2)),
         ("central", "sys.atm-central", gone("20h", level=0.25)),
         ("west", "sys.atm-west", gone("20h", level=0.3)),
         ("watch-centre", "tp.atm-watch", gone("14h", level=0.3)))
scenario("storage-controller", "A storage controller fails by a firmware fault; its twin takes over", "ストレージ製品障害：切替成功",
         "2026-12-01T07:04:00+09:00",
         ("controller", "sys.storage-e1", gone("6h")))
scenario("storage-no-failover", "A storage controller fails and its twin does not take over", "ストレージ製品障害：冗長構成が機能せず",
         "2026-12-01T07:04:00+09:00",
         ("controller", "sys.storage-e1", gone("6h")),
         ("twin", "sys.storage-e2", gone("3h", probability=0.05)))
scenario("relay-computers", "Both relay computers to the Zengin System fail after an update, two days", "全銀中継コンピュータ2台同時障害：更改後",
         "2026-12-10T08:30:00+09:00",
         ("relay-1", "sys.rc-1", gone("45h", common_cause="relay-software")),
         ("relay-2", "sys.rc-2", gone("45h", common_cause="relay-software")))
scenario("poor-recovery", "Ledger database fails in the night; jobs are restarted in the wrong order", "夜間の元帳DB障害と復旧手順の不備",
         "2027-01-04T23:40:00+09:00",
         ("ledger", "data.ledger-east", gone("25 min")),
         ("batch", "sys.batch", gone("7h", duration_distribution="triangular(2h,7h,12h)")))
scenario("wrong-procedure", "Year-end work by a wrong procedure: core banking restored from an old copy", "年末特別作業の手順誤り：旧世代からの復元",
         "2027-01-04T03:00:00+09:00",
         ("core", "sys.core", gone("5h", data_loss="40 min")))
scenario("security-update", "Faulty update of endpoint protection on a month-end", "セキュリティソフト更新不具合：月末",
         "2027-02-26T13:09:00+09:00",
         ("terminals", "sys.teller", gone("10h", level=0.15, duration_distribution="lognormal(median 10h, p95 72h)",
                                          common_cause="content-update")),
         ("office-pcs", "sys.office-pc", gone("30h", level=0.2, common_cause="content-update")),
         ("boj-terminal", "sys.boj-main", gone("6h", common_cause="content-update")))

# ---- third parties and settlement infrastructure

scenario("cloud-region-lost", "Cloud region Tokyo lost for ten hours on the last business day of the year", "クラウド東京リージョン障害：大納会・月末",
         "2026-12-30T10:20:00+09:00",
         ("region", "fac.cloud-tokyo", gone("10h", duration_distribution="lognormal(median 6h, p95 20h)")))
scenario("cloud-provider-lost", "All regions of the cloud provider fail together", "クラウド全リージョン同時障害",
         "2026-12-03T12:00:00+09:00",
         ("provider", "tp.cloud", gone("5h", duration_distribution="exponential(mean 5h)")))
scenario("zengin-halt", "The Zengin System stops for a day at the end of the financial year", "全銀システム停止：年度末",
         "2027-03-31T07:20:00+09:00",
         ("clearing", "tp.zengin", gone("26h", duration_distribution="uniform(8h,48h)")))
scenario("boj-net-halt", "BOJ-NET stops for five hours on a month-end", "日銀ネット停止：月末・5時間", "2027-01-29T12:00:00+09:00",
         ("settlement", "tp.boj", gone("5h")))
scenario("joint-centre-stops", "The joint-centre company stops operating for three days", "共同センター運営会社の業務停止：3日",
         "2027-02-10T06:00:00+09:00",
         ("company", "tp.joint-centre", gone("3 days", duration_distribution="pert(1d,3d,14d)")))
scenario("cash-carrier-strike", "Strike at the cash carrier before year-end", "現金輸送会社のストライキ：年末", "2026-12-25T07:00:00+09:00",
         ("strike", "tp.cash-carrier", gone("4 days")))

# ---- people

scenario("pandemic", "Pandemic: two in five of the staff absent for two weeks", "感染症の流行：要員4割欠勤・2週間", "2027-01-18T08:00:00+09:00",
         *((code.split(".")[1], code, gone("14 days", level=0.6, common_cause="pandemic"))
           for code in ("ppl.branch-east", "ppl.branch-central", "ppl.branch-west", "ppl.payments", "ppl.treasury", "ppl.custody",
                        "ppl.it-ops", "ppl.core-engineers", "ppl.call-main", "ppl.call-west", "ppl.loan-centre", "ppl.credit",
                        "ppl.fx", "ppl.aml", "ppl.fraud", "ppl.cash")))
scenario("sudden-leave", "A key custodian leaves, another is ill, and core banking is restarted as planned", "鍵管理者の突然の退職・病欠と計画再起動",
         "2026-11-27T21:00:00+09:00",
         ("left", "ppl.key-a", gone()),
         ("ill", "ppl.key-b", gone("60h", duration_distribution="triangular(24h,60h,120h)")),
         ("planned-restart", "sys.core", gone("10 min", onset="5h")))

-- DDoS攻撃への対応の記録：給料日の未明、インターネットバンキングがつながらなくなった銀行の対策本部が、対応手順書に沿って検知から
-- 最終報・検証までを進める。各自が自分のログインで操作する。未明の作業は紙に記録し、後から実施時刻（occurred_at）を添えて入力した。
-- 受け付けられない操作もそのまま載せる。
SET client_min_messages = notice;
CREATE EXTENSION opres;
SET search_path = public, opres;
SET timezone = 'Asia/Tokyo';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\set SHOW_CONTEXT never
\pset null '-'
\pset footer off

-- 平時の準備 ---------------------------------------------------------------------------------------------------------------------------
-- 業務と経営資源の対応（マップ）及び耐性度
SELECT load_map($${
  "nodes": [
    {"code": "op.ib", "kind": "operation", "name": "Internet banking", "names": {"ja": "インターネットバンキング"}},
    {"code": "op.payroll", "kind": "operation", "name": "Payroll transfers", "names": {"ja": "給与振込の受付"}},
    {"code": "op.atm", "kind": "operation", "name": "ATM withdrawals", "names": {"ja": "ATM出金"}},
    {"code": "sys.ib", "kind": "system", "name": "Internet banking servers", "names": {"ja": "IBサーバー"}, "restart": "15 min"},
    {"code": "sys.core", "kind": "system", "name": "Core banking", "names": {"ja": "勘定系"}},
    {"code": "net.internet", "kind": "network", "name": "Internet access", "names": {"ja": "インターネット接続"}}],
  "requirements": [
    {"node": "op.ib", "members": [{"node": "sys.ib"}]},
    {"node": "op.payroll", "impact": 0.7, "members": [{"node": "sys.ib"}]},
    {"node": "op.atm", "members": [{"node": "sys.core"}]},
    {"node": "sys.ib", "members": [{"node": "net.internet"}, {"node": "sys.core"}]}],
  "tolerances": [
    {"operation": "op.ib", "tolerance": "70% within 4h"},
    {"operation": "op.payroll", "tolerance": "80% by 08:30 Asia/Tokyo on Mon-Fri"},
    {"operation": "op.atm", "tolerance": "100% within 2h"}]}$$, '記載例のマップ') AS "版";
-- 対策本部員17名：1人に1ログイン。職務（役割）の担当者とその代行者
\set people `cat test/bank/people.json`
SELECT regexp_replace(:'people', '("logins": \[\s*")', '\1regress_', 'g') AS people \gset
SELECT string_agg('regress_' || (p->>'code'), ', ') AS team FROM jsonb_array_elements(:'people'::jsonb->'people') AS p \gset
SET example.team = :'team';
DO $$
DECLARE
  login name;
BEGIN
  FOREACH login IN ARRAY string_to_array(current_setting('example.team'), ', ') LOOP
    EXECUTE format('CREATE ROLE %I', login);
    PERFORM opres.grant_access(login::regrole, 'responder', '対策本部員');
  END LOOP;
  PERFORM opres.grant_access('regress_sasaki', 'commander', '対策本部長（頭取）');
  PERFORM opres.grant_access('regress_hayashi', 'commander', '対策本部事務局');
  PERFORM opres.grant_access('regress_yokoyama', 'auditor', '内部監査部');
END
$$;
SELECT load_people(:'people'::jsonb, '4月1日付の体制') AS "登録件数";
-- 対応手順書：当行では、不利益が生じなかった場合に限りC-12（救済）を省略できることとした。
\set playbook `cat playbooks/ddos.json`
\set ours extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13
SELECT s.key AS step FROM jsonb_each(:'playbook'::jsonb->'workflow') AS s WHERE s.value->'step_extensions'->:'ours'->>'code' = 'C-12' \gset
SELECT load_playbook(jsonb_set(:'playbook'::jsonb || '{"created": "2026-04-01T00:00:00.000Z", "modified": "2026-04-01T00:00:00.000Z"}',
  ARRAY['workflow', :'step', 'step_extensions', :'ours', 'mandatory'], 'false'), '4月1日 取締役会決議') AS "手順書";
SELECT set_reporting_criterion('president', 'crisis_head', '15 min', '{"en": "Tell the president", "ja": "頭取へ直ちに電話で報告する"}', operations => 'at_risk', reason => '危機管理規程第8条');

-- 2026年9月25日（金）2時50分　監視センターが検知 ------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_endo;
SELECT open_incident('IBがつながらない（外部からの大量通信）', 'ddos', 60, '{net.internet}', '2026-09-25 02:45+09', '2026-09-25 02:50+09', '2026-09-25 03:00+09',
  note => '回線使用率100%、正規の通信が通らない') AS "事案番号";
-- どの業務が、いつ耐性度を超えるか
SELECT n.names->>'ja' AS "業務", c.tolerance AS "耐性度", c.breaches_at AS "超過時刻", round(100 * c.worst_level) || '%' AS "最低水準", c.cause AS "原因" FROM tolerance_clock(1) AS c JOIN node AS n ON n.code = c.operation;
SELECT what AS "行内報告", role AS "報告先", due_at AS "期限", holders AS "担当者" FROM reports_due(1, 'ja');
SELECT start_run(1, 'ddos') AS "対応番号";
SELECT step AS "項番", name AS "対応項目", role AS "担当", state AS "状態", due_at AS "期限" FROM todo(1, 'ja');
SELECT instructions(1, 'T-01', 'ja');
SELECT advance(1, 'T-01', 'success', '02:50 回線監視の警報。コンタクトセンターへの入電3件', '{"受付票": "09-25-1"}', '2026-09-25 02:58+09') AS "T-01";
-- 証跡のない完了、型の異なる回答は受け付けられない。
SET SESSION AUTHORIZATION regress_mori;
SELECT advance(1, 'T-02', 'success', '攻撃と判断', "values" => '{"__is_incident__": true}');
SELECT advance(1, 'T-02', 'success', '攻撃と判断', '{"画面": "T-02.png"}', "values" => '{"__is_incident__": "たぶん"}');
SELECT advance(1, 'T-02', 'success', '変更作業なし。通信事業者も流入を確認。攻撃と判断する', '{"画面": "T-02.png"}', '2026-09-25 03:00+09', '{"__is_incident__": true}') AS "T-02";
SELECT step AS "項番", name AS "対応項目", role AS "担当", state AS "状態", due_at AS "期限", waits_for AS "待ち事項" FROM todo(1, 'ja');

-- 3時05分　対策本部の設置 ----------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_hayashi;
SELECT record_call(1, 'sasaki', 'reached', '自宅。Web会議で参加', '2026-09-25 03:02+09') AS "記録番号";
SELECT record_report(1, 'president', '電話にて報告', '2026-09-25 03:02+09');
SELECT advance(1, 'T-03', 'success', '遮断・停止の判断権限者は頭取、不在時は水野執行役', '{"議事録": "1"}', '2026-09-25 03:05+09') AS "T-03";
SELECT advance(1, 'C-01', 'success', 'ホワイトボード及び本システム', '{"写真": "C-01"}', '2026-09-25 03:05+09') AS "C-01";
SET SESSION AUTHORIZATION regress_mori;
SELECT advance(1, 'K-01', 'success', '緩和を優先。並行して通信記録を保全する', '{"議事録": "2"}', '2026-09-25 03:10+09') AS "K-01";
-- 実施者は承認できない。担当でない者も承認できない。
SELECT approve(1, 'K-01');
SET SESSION AUTHORIZATION regress_goto;
SELECT approve(1, 'K-01');
-- 頭取の通信が切れ、電話で承認を得た。聞いた林が代わりに入力し、頭取は復旧後に自ら追認する。
SET SESSION AUTHORIZATION regress_hayashi;
SELECT approve(1, 'K-01', '電話にて承認', 'sasaki', occurred_at => '2026-09-25 03:14+09') AS "K-01";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'K-01', '電話で述べたとおり', occurred_at => '2026-09-25 03:40+09') AS "K-01";

-- 分析と緩和 -----------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'A-02', 'success', '帯域を埋める攻撃');
SELECT advance(1, 'A-01', 'success', '通信記録を別回線の保管庫へ', '{"保管": "A-01"}', '2026-09-25 03:15+09') AS "A-01";
SELECT advance(1, 'A-02', 'success', '毎秒90ギガビット、UDP反射。標的はIBの公開アドレス', '{"解析": "A-02"}', '2026-09-25 03:25+09', '{"__kind__": "volume"}') AS "A-02";
SET SESSION AUTHORIZATION regress_mori;
SELECT advance(1, 'K-02', 'success', '緩和サービスへ迂回、海外からの接続を遮断', '{"議事録": "3"}', '2026-09-25 03:28+09', '{"__block_abroad__": true}') AS "K-02";
-- 差戻し：遮断の解除条件が書かれていない。
SET SESSION AUTHORIZATION regress_sasaki;
SELECT reject(1, 'K-02', '海外遮断の解除条件を明記すること', occurred_at => '2026-09-25 03:30+09') AS "K-02";
SET SESSION AUTHORIZATION regress_mori;
SELECT advance(1, 'K-02', 'success', '緩和サービスへ迂回、海外からの接続を遮断。解除は流入が平時の2倍未満で6時間続いたとき', '{"議事録": "3"}', '2026-09-25 03:33+09', '{"__block_abroad__": true}') AS "K-02";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'K-02', occurred_at => '2026-09-25 03:35+09') AS "K-02";
SET SESSION AUTHORIZATION regress_kondo;
SELECT instructions(1, 'K-03', 'ja');
-- 緩和サービスが効かない。手順書は、その場合に標的アドレスの切離し（K-04）へ進むと定める。
SELECT advance(1, 'K-03', 'failure', '経路広告が一部の通信事業者に届かず、効果なし', '{"記録": "K-03"}', '2026-09-25 04:20+09') AS "K-03";
SELECT advance(1, 'K-04', 'success', '標的アドレスを切り離し、予備アドレスでIBを公開', '{"設定": "K-04"}', '2026-09-25 05:10+09', '{"__under_attack__": true}') AS "K-04";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'K-04', occurred_at => '2026-09-25 05:15+09') AS "K-04";
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'K-08', 'success', '海外からの接続を遮断', '{"設定": "K-08"}', '2026-09-25 05:30+09') AS "K-08";
-- 予備アドレスで8割が戻った。耐性度の見通しはどう変わるか。
SET SESSION AUTHORIZATION regress_mori;
SELECT update_incident(1, '{"nodes": {"net.internet": {"state": "degraded", "level": 0.8, "at": "2026-09-25T05:30:00+09:00", "expected_at": "2026-09-25T07:30:00+09:00"}}}', '予備アドレスで公開', '2026-09-25 05:35+09');
SELECT n.names->>'ja' AS "業務", c.tolerance AS "耐性度", c.breaches_at AS "超過時刻", round(100 * c.worst_level) || '%' AS "最低水準" FROM tolerance_clock(1) AS c JOIN node AS n ON n.code = c.operation;
-- 30分ごとの確認：攻撃が止むまで繰り返す。
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'K-09', 'success', '流入は半減', '{"記録": "K-09-1"}', '2026-09-25 06:00+09', '{"__under_attack__": true}') AS "K-09";
SELECT advance(1, 'K-09', 'success', '流入は平時並み', '{"記録": "K-09-2"}', '2026-09-25 06:30+09', '{"__under_attack__": false}') AS "K-09";
SET SESSION AUTHORIZATION regress_endo;
SELECT advance(1, 'A-03', 'success', '他の侵入・不正送金の兆候なし', '{"記録": "A-03"}', '2026-09-25 05:00+09') AS "A-03";
SET SESSION AUTHORIZATION regress_shimizu;
SELECT advance(1, 'K-10', 'success', '共同利用先2社へ通知', '{"受信簿": "K-10"}', '2026-09-25 04:30+09') AS "K-10";

-- 当局・関係先への報告、公表 --------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_mori;
SELECT advance(1, 'T-04', 'success', '重大度80、「重大」', '{"議事録": "4"}', '2026-09-25 03:45+09') AS "T-04";
SELECT update_incident(1, '{"severity": 80, "classification": "重大", "customers": 182000, "transactions": 4100}', 'T-04の判断による', '2026-09-25 03:45+09');
SELECT authority AS "提出先", report AS "報告", due_at AS "期限", confirmed AS "規定を確認済み", due_by AS "起算点" FROM authority_reports(1, 'ja');
SET SESSION AUTHORIZATION regress_goto;
SELECT advance(1, 'C-06', 'success', '想定問答第1版', '{"文書": "QA-1"}', '2026-09-25 03:48+09') AS "C-06";
-- 公表は、当局への一報を済ませてから。
SET SESSION AUTHORIZATION regress_murakami;
SELECT advance(1, 'C-07', 'success', 'ホームページ掲載文（第1案）', '{"文書": "公表-1"}');
SET SESSION AUTHORIZATION regress_ota;
SELECT advance(1, 'C-02', 'success', '3:50 財務局へ電話、4:10 第一報を送付', '{"reference": "財務局2026-204"}', '2026-09-25 04:10+09') AS "C-02";
SELECT advance(1, 'C-04', 'success', '日銀支店へ電話', '{"reference": "日銀0925-1"}', '2026-09-25 03:55+09') AS "C-04";
SELECT advance(1, 'C-05', 'success', '県警へ通報。脅迫文なし', '{"reference": "県警512"}', '2026-09-25 04:40+09') AS "C-05";
SET SESSION AUTHORIZATION regress_murakami;
SELECT advance(1, 'C-07', 'success', 'ホームページ掲載文（第2案）', '{"文書": "公表-2"}', '2026-09-25 04:55+09') AS "C-07";
-- 水野執行役の電話承認として林が入力したが、本人は第1案しか聞いていないと否認した。入力者でも本人でもない頭取が整理する。
SET SESSION AUTHORIZATION regress_hayashi;
SELECT approve(1, 'C-07', '電話にて承認', 'mizuno', occurred_at => '2026-09-25 04:58+09') AS "C-07";
SET SESSION AUTHORIZATION regress_mizuno;
SELECT dispute(1, 'C-07', '私が承認したのは第1案である');
SET SESSION AUTHORIZATION regress_hayashi;
SELECT settle_dispute(1, 'C-07', '承認の範囲内');
SELECT kind, subject, state FROM open_matters(1) WHERE kind = 'dispute';
SET SESSION AUTHORIZATION regress_sasaki;
SELECT settle_dispute(1, 'C-07', '両案の差は時刻表記のみであることを確認し、頭取が第2案を承認した。今後は案の番号を復唱する');

-- 業務の継続 -----------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_fujita;
SELECT advance(1, 'C-10', 'success', '25日は給料日。給与振込は当日8時30分まで', '{"暦": "9月"}', '2026-09-25 03:40+09') AS "C-10";
SELECT advance(1, 'C-11', 'success', 'ATM・電話・店頭を案内。給与振込データは媒体で受付', '{"通達": "第31号"}', '2026-09-25 06:00+09') AS "C-11";
SET SESSION AUTHORIZATION regress_goto;
SELECT advance(1, 'C-09', 'success', '全店通常開店。給与振込の窓口を各店1名増やす', '{"通達": "第32号"}', '2026-09-25 05:40+09') AS "C-09";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'C-09', occurred_at => '2026-09-25 05:50+09') AS "C-09";

-- 原因への対応、業務再開の判断 -------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'E-01', 'success', '公開アドレスを分散し、緩和サービスを常時接続に変更', '{"設定": "E-01"}', '2026-09-26 18:00+09') AS "E-01";
SELECT advance(1, 'S-01', 'success', '攻撃停止後24時間、流入は平時並み', '{"報告": "S-01"}', '2026-09-26 20:00+09') AS "S-01";
-- リスク統括は「攻撃者が残る以上、完了とはいえない」と差し戻した。最後は判断権限者が、理由を記録して先へ進める。
SET SESSION AUTHORIZATION regress_nishida;
SELECT reject(1, 'S-01', '攻撃者が残る以上、原因への対応が完了したとはいえない', occurred_at => '2026-09-26 20:20+09') AS "S-01";
SET SESSION AUTHORIZATION regress_hayashi;
SELECT override(1, 'S-01', '再開を急ぐため');
SET SESSION AUTHORIZATION regress_sasaki;
SELECT override(1, 'S-01', '攻撃者の排除は当行ではできない。再攻撃に耐える設定を確認したため、残る危険を受け入れる', '2026-09-26 20:40+09') AS "S-01";
-- 機器の戻しに失敗し、手順書に続きはない。中断として事務局が付議し、再実施した。
SET SESSION AUTHORIZATION regress_ishii;
SELECT advance(1, 'R-01', 'failure', '旧設定の投入で負荷分散装置が再起動を繰り返す', occurred_at => '2026-09-26 22:00+09') AS "R-01";
SELECT step AS "項番", name AS "対応項目", role AS "担当", state AS "状態", waits_for AS "待ち事項" FROM todo(1, 'ja');
SET SESSION AUTHORIZATION regress_hayashi;
SELECT advance(1, 'C-14', 'success', '保守会社の立会いで翌朝再実施', '{"議事録": "9"}', '2026-09-26 22:30+09') AS "C-14";
SET SESSION AUTHORIZATION regress_ishii;
SELECT advance(1, 'R-01', 'retry', occurred_at => '2026-09-27 08:00+09') AS "R-01";
SELECT advance(1, 'R-01', 'success', '修正版で正常', '{"記録": "R-01"}', '2026-09-27 09:00+09') AS "R-01";
SET SESSION AUTHORIZATION regress_fujita;
SELECT advance(1, 'R-02', 'success', '中断取引37件を特定し、全件再送を受けた', '{"一覧": "R-02"}', '2026-09-25 16:00+09') AS "R-02";
SET SESSION AUTHORIZATION regress_goto;
SELECT approve(1, 'R-02', '事務の代行者として再鑑', occurred_at => '2026-09-25 17:00+09') AS "R-02";
SET SESSION AUTHORIZATION regress_ishii;
SELECT advance(1, 'R-03', 'success', '行外の3拠点から確認', '{"記録": "R-03"}', '2026-09-27 10:00+09') AS "R-03";
SET SESSION AUTHORIZATION regress_okada;
SELECT approve(1, 'R-03', occurred_at => '2026-09-27 10:10+09') AS "R-03";
SET SESSION AUTHORIZATION regress_hayashi;
SELECT advance(1, 'S-02', 'success', '元のアドレスでの全面再開を付議', '{"議事録": "10"}', '2026-09-27 10:30+09') AS "S-02";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'S-02', occurred_at => '2026-09-27 10:40+09') AS "S-02";
SET SESSION AUTHORIZATION regress_ono;
SELECT approve(1, 'S-02', occurred_at => '2026-09-27 10:45+09') AS "S-02";
SET SESSION AUTHORIZATION regress_okada;
SELECT advance(1, 'R-04', 'success', '全面再開、終日監視', '{"記録": "R-04"}', '2026-09-27 12:00+09') AS "R-04";
SELECT update_incident(1, '{"nodes": {"net.internet": {"state": "restored", "at": "2026-09-25T06:30:00+09:00"}}, "customers": 176400}', '回線は6時30分に回復していたことを確認', '2026-09-27 12:00+09');
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'R-05', 'success', '解除条件を満たしたため海外遮断を解除', '{"設定": "R-05"}', '2026-09-28 09:00+09') AS "R-05";
SET SESSION AUTHORIZATION regress_mori;
SELECT approve(1, 'R-05', occurred_at => '2026-09-28 09:10+09') AS "R-05";
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'C-08', 'success', '送信元一覧と時刻', '{"送信": "C-08"}', '2026-09-25 15:00+09') AS "C-08";
SET SESSION AUTHORIZATION regress_ono;
SELECT approve(1, 'C-08', occurred_at => '2026-09-25 15:30+09') AS "C-08";
SET SESSION AUTHORIZATION regress_ota;
SELECT advance(1, 'C-03', 'success', '復旧及び原因', '{"reference": "財務局2026-204-2"}', '2026-09-29 15:00+09') AS "C-03";
-- 不利益は生じなかったので救済は省略する。理由のない省略はできない。
SET SESSION AUTHORIZATION regress_fujita;
SELECT advance(1, 'C-12', 'omit');
SELECT advance(1, 'C-12', 'omit', '給与振込は全件当日に処理でき、顧客の不利益は生じなかった', occurred_at => '2026-09-30 15:00+09') AS "C-12";

-- 終結 -----------------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_hayashi;
SELECT close_incident(1, '業務は平常に復した。');
SELECT advance(1, 'V-01', 'success', '対応記録一式', '{"文書": "V-01"}', '2026-10-05 17:00+09') AS "V-01";
SET SESSION AUTHORIZATION regress_nishida;
SELECT approve(1, 'V-01', occurred_at => '2026-10-06 10:00+09') AS "V-01";
SET SESSION AUTHORIZATION regress_ono;
SELECT advance(1, 'V-02', 'success', '緩和サービスの経路広告が一部の事業者に届かないことを平時に確かめていなかった', '{"文書": "V-02"}', '2026-10-09 17:00+09') AS "V-02";
SET SESSION AUTHORIZATION regress_nishida;
SELECT advance(1, 'V-03', 'success', '経路広告の確認訓練を四半期ごとに行う', '{"文書": "V-03"}', '2026-10-20 17:00+09') AS "V-03";
SET SESSION AUTHORIZATION regress_ota;
SELECT advance(1, 'C-13', 'success', '最終報', '{"reference": "財務局2026-204-3"}', '2026-10-23 15:00+09') AS "C-13";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'V-03', occurred_at => '2026-10-21 10:00+09') AS "V-03";
SELECT approve(1, 'C-13', occurred_at => '2026-10-23 16:00+09') AS "C-13";
SET SESSION AUTHORIZATION regress_hayashi;
SELECT authority AS "提出先", report AS "報告", due_at AS "期限", submitted_at AS "提出日時", reference AS "受付番号" FROM authority_reports(1, 'ja');
SELECT n.names->>'ja' AS "業務", c.tolerance AS "耐性度", c.breaches_at AS "超過時刻", c.breached AS "超過", round(100 * c.worst_level) || '%' AS "最低水準" FROM tolerance_clock(1) AS c JOIN node AS n ON n.code = c.operation;
-- 検証で残った課題は、次の訓練で確かめるまで管理する。
SELECT record_finding(1, '経路広告の到達を平時に確認していない', 'net.internet', 'システム部', '2026-12-31') AS "指摘番号";
SELECT close_incident(1, '業務は平常に復し、最終報及び検証を終えた。', '2026-10-30 17:00+09');

-- 記録の確認 -----------------------------------------------------------------------------------------------------------------------------
-- 時系列（実際に行われた時刻順）。入力時刻と、入力した時に行われたものとして記録される対応開始、否認、指摘は、
-- 実行のたびに時刻が異なるため除き、否認は後に別に示す。
SELECT to_char(occurred_at, 'MM/DD HH24:MI') AS "日時", who AS "実施者", regexp_replace(what, '［[^］]*記録］$', '') AS "内容" FROM timeline(1, 'ja') WHERE kind NOT IN ('begin', 'wake', 'finding', 'dispute', 'settle');
SELECT who AS "実施者", what AS "内容" FROM timeline(1, 'ja') WHERE kind IN ('dispute', 'settle');
-- 内部監査：状態は記録と一致し、監査証跡は改ざんされていない（該当なし＝異常なし）。
SET SESSION AUTHORIZATION regress_yokoyama;
SELECT * FROM check_runs();
SELECT * FROM verify_audit('ja');
SELECT action AS "行為", subject AS "対象", reason AS "理由" FROM audit_trail WHERE action ~ '^run\.(override|reject|dispute|settle|omit)|^incident\.close' ORDER BY entry;

RESET SESSION AUTHORIZATION;
DROP EXTENSION opres;
DROP OWNED BY :team;
DROP ROLE :team;

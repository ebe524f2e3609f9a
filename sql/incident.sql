-- An incident as the people of a bank meet it at night, entered afterwards from paper, so that times stand still: opened, kept up to
-- date, the tolerance clock, who is to be told, the chronicle in both languages, closed. Runs of playbooks have files of their own.
SET client_min_messages = notice;
CREATE EXTENSION opres;
SET search_path = public, opres;
SET timezone = 'Asia/Tokyo';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\set SHOW_CONTEXT never
\pset null '-'
SELECT load_map($${
  "nodes": [
    {"code": "op.transfer", "kind": "operation", "name": "Domestic transfers", "names": {"ja": "内国為替"}},
    {"code": "op.atm", "kind": "operation", "name": "ATM withdrawals", "names": {"ja": "ATM出金"}},
    {"code": "sys.core", "kind": "system", "name": "Core banking", "names": {"ja": "勘定系"}, "restart": "20 min"},
    {"code": "sys.atm", "kind": "system", "name": "ATM switch", "names": {"ja": "ATM中継"}},
    {"code": "tp.centre", "kind": "third_party", "name": "Joint centre", "names": {"ja": "共同センター"}}],
  "requirements": [
    {"node": "op.transfer", "members": [{"node": "sys.core"}]},
    {"node": "op.atm", "members": [{"node": "sys.atm"}]},
    {"node": "sys.atm", "buffer": "1h", "members": [{"node": "sys.core"}]},
    {"node": "sys.core", "members": [{"node": "tp.centre"}]}],
  "tolerances": [
    {"operation": "op.transfer", "tolerance": "100% within 4h"},
    {"operation": "op.transfer", "tolerance": "100% by 15:30 Asia/Tokyo"},
    {"operation": "op.atm", "tolerance": "80% within 30 min"}]}$$, 'map of the example');
CREATE ROLE regress_reader;
CREATE ROLE regress_duty;
CREATE ROLE regress_sato;
SELECT grant_access('regress_reader', 'reader', 'second line');
SELECT grant_access('regress_duty', 'responder', 'officer on duty');
SELECT grant_access('regress_sato', 'commander', 'head of the secretariat');
SELECT save_person('p.sato', 'Hanako Sato', '{"ja": "佐藤花子"}', logins => '{regress_sato}', reason => 'staff');
SELECT save_role_holder('publicity', 'p.sato', reason => 'staff');

-- Who inside the bank is told, and how soon
SELECT set_reporting_criterion('ciso', 'ciso', '30 min', '{"en": "Tell the CISO", "ja": "CISOへ電話で報告"}', min_severity => 60, reason => 'rules of reporting');
SELECT set_reporting_criterion('board', 'president', '15 min', '{"en": "Tell the president", "ja": "頭取へ報告"}', operations => 'at_risk', reason => 'rules of reporting');
SELECT set_reporting_criterion('public', 'publicity', '1 h', min_customers => 1000, operations => 'braeched', reason => 'rules of reporting');
SELECT set_reporting_criterion('public', 'publicity', '1 h', min_customers => 1000, operations => 'breached', reason => 'rules of reporting');

-- 02:25: the monitoring shows that the core does not answer. ---------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_duty;
SELECT open_incident('Core banking does not answer', 'ransomware', 50, '{sys.cor}', detected_at => '2024-11-20 02:25+09');
SELECT open_incident('Core banking does not answer', 'ransomware', 50, '{sys.core}', '2024-11-20 02:35+09', '2024-11-20 02:25+09');
SELECT open_incident('Core banking does not answer', 'ransomware', 50, '{sys.core}', detected_at => '2024-11-20 02:25+09', recognised_at => '2024-11-20 02:40+09', note => 'alarm of the monitoring');
SELECT operation, tolerance, breaches_at, breached, worst_level, cause FROM tolerance_clock(1);
SELECT criterion, role, what, since, due_at FROM reports_due(1);
-- What is typed in haste
SELECT update_incident(1, '{"sevirity": 80}', 'demand for ransom found');
SELECT update_incident(1, '{"severity": 180}', 'demand for ransom found');
SELECT update_incident(1, '{"nodes": {"tp.center": {"state": "lost"}}}', 'told by the centre');
SELECT update_incident(1, '{"nodes": {"tp.centre": {"state": "degraded"}}}', 'told by the centre');
SELECT update_incident(1, '{"nodes": {"sys.core": {"state": "restored", "at": "2024-11-20T02:00:00+09:00"}}}', 'started again');
SELECT update_incident(1, '{"severity": 80}');
SELECT close_incident(1, 'a try');
-- What is known at 03:10, 04:00, 05:30
SELECT update_incident(1, '{"severity": 80, "occurred_at": "2024-11-20T02:10:00+09:00"}', 'demand for ransom found; in the logs since 02:10', '2024-11-20 03:10+09');
SELECT update_incident(1, '{"customers": 12000, "classification": "major", "nodes": {"sys.core": {"state": "degraded", "level": 0.5, "at": "2024-11-20T03:50:00+09:00", "expected_at": "2024-11-20T06:00:00+09:00"}}}',
  'half of the branches are served again', '2024-11-20 04:00+09');
SELECT operation, tolerance, breaches_at, worst_level, overdue FROM tolerance_clock(1);
SELECT update_incident(1, '{"nodes": {"sys.core": {"state": "restored"}}}', 'confirmed with the system owner', '2024-11-20 05:30+09');
SELECT operation, tolerance, breaches_at, worst_level, overdue FROM tolerance_clock(1);
SELECT node, state, level, since, restored_at FROM incident_node;
SELECT at, level FROM incident_level ORDER BY at;
RESET SESSION AUTHORIZATION;

-- The secretariat ----------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_sato;
SELECT criterion, role, what, due_at, reported_at, overdue, holders FROM reports_due(1, 'ja');
SELECT kind, subject, due_at, role FROM overdue;
SELECT record_report(1, 'ciso', 'by telephone', '2024-11-20 02:45+09');
SELECT record_report(1, 'boad');
SELECT annotate_incident(1, 'Correction: it was the second alarm; the first, at 02:12, was taken for a test.', '2024-11-20 02:12+09', '{"log": "M-4711"}');
SELECT close_incident(1, 'Rebuilt from the backup of 19 November; cause dealt with.');
SELECT record_report(1, 'board', occurred_at => '2024-11-20 02:50+09');
SELECT record_report(1, 'public', occurred_at => '2024-11-20 03:30+09');
SELECT * FROM open_matters(1);
SELECT close_incident(1, 'Rebuilt from the backup of 19 November; cause dealt with.', '2024-11-20 18:00+09');
SELECT update_incident(1, '{"severity": 10}', 'less than it looked');
SELECT annotate_incident(1, 'Review on 4 December.', '2024-11-20 18:30+09');
-- The chronicle: the note tells when something was entered long after; that differs from run to run.
SELECT occurred_at, who, regexp_replace(what, 'entered \d.*\]$', 'entered ...]') AS what FROM timeline(1);
SELECT occurred_at, who, regexp_replace(what, '［\d{4}/.*記録］', '［…］') AS what FROM timeline(1, 'ja');
-- A false alarm, and a drill
SELECT open_incident('A printer smokes', 'malware', 5, detected_at => '2024-11-21 09:00+09') AS incident \gset
SELECT update_incident(:incident, '{"state": "no_incident"}', 'dust', '2024-11-21 09:20+09');
SELECT open_incident('Autumn drill', 'ddos', 30, exercise => true, detected_at => '2024-11-22 10:00+09', confidential => true);
SELECT id, title, attack_type, severity, state, exercise, confidential, detected_at, breach_at, nodes_down FROM incidents;
RESET SESSION AUTHORIZATION;

-- The second line reads, but not what is confidential, and changes nothing. -------------------------------------------------------------
SET SESSION AUTHORIZATION regress_reader;
SELECT id, title, state FROM incidents;
SELECT occurred_at, who, kind FROM timeline(2);
SELECT * FROM timeline(3);
SELECT update_incident(1, '{"severity": 1}', 'x');
RESET SESSION AUTHORIZATION;
SELECT action, subject, reason FROM audit_trail WHERE action ~ '^(incident|criterion)' ORDER BY entry;
SELECT * FROM verify_audit();

DROP EXTENSION opres;
DROP OWNED BY regress_reader, regress_duty, regress_sato;
DROP ROLE regress_reader, regress_duty, regress_sato;

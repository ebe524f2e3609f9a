-- A night with ransomware, as a crisis team works through it: the bank's playbook from the alarm at 02:25 to the review in November.
-- Systems were down and the team worked on paper; the secretariat has everybody enter afterwards what was done when, so that the times
-- of this story stand still. Each person acts with her own login. What the team hears when it goes wrong is part of the story.
SET client_min_messages = notice;
CREATE EXTENSION opres;
SET search_path = public, opres;
SET timezone = 'Asia/Tokyo';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
\set SHOW_CONTEXT never
\set VERBOSITY default
\pset null '-'
\pset footer off

-- Prepared long before -----------------------------------------------------------------------------------------------------------------
-- The map: three operations, and what they stand on.
SELECT load_map($${
  "nodes": [
    {"code": "op.transfer", "kind": "operation", "name": "Domestic transfers"},
    {"code": "op.atm", "kind": "operation", "name": "ATM withdrawals"},
    {"code": "op.branch", "kind": "operation", "name": "Branch counters"},
    {"code": "sys.core", "kind": "system", "name": "Core banking", "restart": "20 min"},
    {"code": "sys.identity", "kind": "system", "name": "Directory", "restart": "1h"},
    {"code": "sys.teller", "kind": "system", "name": "Teller terminals", "restart": "30 min"}],
  "requirements": [
    {"node": "op.transfer", "members": [{"node": "sys.core"}]},
    {"node": "op.transfer", "impact": 0.6, "buffer": "2h", "members": [{"node": "sys.teller"}]},
    {"node": "op.atm", "members": [{"node": "sys.core"}]},
    {"node": "op.branch", "members": [{"node": "sys.teller"}]},
    {"node": "sys.teller", "members": [{"node": "sys.identity"}]}],
  "tolerances": [
    {"operation": "op.transfer", "tolerance": "80% within 12h"},
    {"operation": "op.atm", "tolerance": "100% within 4h"},
    {"operation": "op.branch", "tolerance": "50% by 09:00 Asia/Tokyo on Mon-Fri"}]}$$, 'map of the example') AS revision;
-- The crisis team: seventeen people, each with a login of her own; who holds which role, who is whose deputy.
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
    PERFORM opres.grant_access(login::regrole, 'responder', 'member of the crisis team');
  END LOOP;
  PERFORM opres.grant_access('regress_sasaki', 'commander', 'president, head of the crisis team');
  PERFORM opres.grant_access('regress_hayashi', 'commander', 'secretariat of the crisis team');
  PERFORM opres.grant_access('regress_yokoyama', 'auditor', 'internal audit');
END
$$;
SELECT load_people(:'people'::jsonb, 'the crisis team as of April') AS saved;
-- The playbook, as the bank has adopted it in April: telling third parties of a cut (K-06) may be left out where it concerns none.
\set playbook `cat playbooks/ransomware.json`
\set ours extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13
SELECT s.key AS step FROM jsonb_each(:'playbook'::jsonb->'workflow') AS s WHERE s.value->'step_extensions'->:'ours'->>'code' = 'K-06' \gset
SELECT load_playbook(jsonb_set(:'playbook'::jsonb || '{"created": "2026-04-01T00:00:00.000Z", "modified": "2026-04-01T00:00:00.000Z"}',
  ARRAY['workflow', :'step', 'step_extensions', :'ours', 'mandatory'], 'false'), 'adopted by the board on 1 April') AS playbook;
SELECT name, attack_type, modified, usable, steps FROM playbooks;
-- What the bank's own rules say: the Bank of Japan within half an hour, the president within 15 minutes when an operation is at risk.
SELECT set_report_deadline('boj_first', 'recognition', '30 min', 'agreed with the branch of the Bank of Japan');
SELECT set_reporting_criterion('president', 'crisis_head', '15 min', '{"en": "Tell the president"}', operations => 'at_risk', reason => 'rules of reporting');

-- Wednesday, 16 September 2026, 02:25: files on branch terminals cannot be opened. -------------------------------------------------------
SET SESSION AUTHORIZATION regress_endo;
SELECT open_incident('Files on branch terminals encrypted', 'ransomware', 60, '{sys.identity,sys.teller}', '2026-09-16 02:10+09', '2026-09-16 02:25+09', '2026-09-16 02:40+09',
  note => 'call from the monitoring centre') AS incident;
-- Which operation will breach first? The counters must be half open at nine; the ATMs are not touched.
SELECT operation, tolerance, breaches_at, worst_level, cause FROM tolerance_clock(1);
SELECT start_run(1, 'ransomware', note => 'begun by the officer on duty') AS run;
SELECT step, name, role, state, due_at, due_by FROM todo(1);
SELECT instructions(1, 'T-01');
SELECT advance(1, 'T-01', 'success', 'first call from Aoba branch');
SELECT advance(1, 'T-01', 'success', 'first call from Aoba branch', '{"sheet": "intake 118"}', '2026-09-16 02:35+09') AS "T-01";
-- Is it an incident at all? Mori answers for the CSIRT; yes or no is wanted, and what proves it.
SET SESSION AUTHORIZATION regress_mori;
SELECT advance(1, 'T-02', 'success', evidence => '{"photo": "T-02-1.jpg"}', "values" => '{"__is_incident__": "probably"}');
SELECT advance(1, 'T-02', 'success', "values" => '{"__is_incident__": true}');
SELECT advance(1, 'T-02', 'success', 'ransom note on three terminals, no change was planned', '{"photo": "T-02-1.jpg"}', '2026-09-16 02:42+09', '{"__is_incident__": true}') AS "T-02";
-- From here on three things go on side by side: technical work, telling people, keeping the business going.
SELECT step, name, role, state, due_at, waits_for FROM todo(1);

-- 02:50: the crisis team meets. --------------------------------------------------------------------------------------------------------
-- Legal is early: nobody is named yet who decides, and the police come first.
SET SESSION AUTHORIZATION regress_shimizu;
SELECT advance(1, 'C-06', 'success', 'no payment');
SET SESSION AUTHORIZATION regress_hayashi;
SELECT advance(1, 'T-03', 'success', 'room 301; decides: President Sasaki, else Mizuno', '{"minutes": "M-1"}', '2026-09-16 02:55+09') AS "T-03";
SELECT advance(1, 'C-01', 'success', 'on the whiteboard, photographed every half hour', '{"photo": "C-01-1.jpg"}', '2026-09-16 02:55+09') AS "C-01";
SELECT record_report(1, 'president', 'by telephone, at home', '2026-09-16 02:50+09');
SELECT record_call(1, 'sasaki', 'no_answer', occurred_at => '2026-09-16 02:46+09') AS event;
SELECT record_call(1, 'sasaki', 'reached', 'is on his way, 40 minutes', '2026-09-16 02:50+09') AS event;
-- Cut off at once, or keep evidence first? Mori judges, the president approves: not Mori himself.
SET SESSION AUTHORIZATION regress_mori;
SELECT advance(1, 'K-01', 'success', 'cut off at once: it still spreads; memory of two terminals is kept', '{"minutes": "M-2"}', '2026-09-16 02:58+09') AS "K-01";
SELECT approve(1, 'K-01', 'I am sure');
-- He is in the car. He approves by telephone; Hayashi, who heard it, enters it in his name.
SET SESSION AUTHORIZATION regress_hayashi;
BEGIN;
SELECT approve(1, 'K-01', 'by telephone, 03:02', 'sasaki', occurred_at => '2026-09-16 02:50+09') AS "a wrong hour";
ROLLBACK;
BEGIN;
SELECT approve(1, 'K-01', 'by telephone, 03:02', 'sasaki', occurred_at => '2025-09-16 03:02+09') AS "a wrong year";
ROLLBACK;
SELECT approve(1, 'K-01', 'by telephone, 03:02', 'sasaki', occurred_at => '2026-09-16 03:02+09') AS "K-01";
SELECT kind, subject, state FROM open_matters(1) WHERE kind = 'ratification';
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'K-02', 'success', 'branch segments and VPN cut off', '{"config": "fw-0316"}', '2026-09-16 03:10+09') AS "K-02";
SET SESSION AUTHORIZATION regress_ishii;
SELECT advance(1, 'K-05', 'success', 'backup network unplugged, administrators'' passwords changed', '{"log": "K-05"}', '2026-09-16 03:20+09') AS "K-05";
-- The cut concerns no third party: left out, which needs a note.
SET SESSION AUTHORIZATION regress_shimizu;
SELECT advance(1, 'K-06', 'omit');
SELECT advance(1, 'K-06', 'omit', 'no third party is connected through the branch segments', occurred_at => '2026-09-16 03:25+09') AS "K-06";
-- 03:35: the president arrives, and confirms what he said.
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'K-01', 'as I said on the telephone', occurred_at => '2026-09-16 03:35+09') AS "K-01";
SELECT count(*) AS open_ratifications FROM open_matters(1) WHERE kind = 'ratification';
-- Are services shut down? He sends it back: the note does not say which.
SET SESSION AUTHORIZATION regress_mori;
SELECT advance(1, 'K-03', 'success', 'shut down', '{"minutes": "M-3"}', '2026-09-16 03:40+09', '{"__shut_down__": true}') AS "K-03";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT reject(1, 'K-03', 'which services, and until when?', occurred_at => '2026-09-16 03:42+09') AS "K-03";
SET SESSION AUTHORIZATION regress_mori;
SELECT advance(1, 'K-03', 'success', 'no service is shut down: core banking stands apart; look again at 05:00', '{"minutes": "M-3"}', '2026-09-16 03:48+09', '{"__shut_down__": false}') AS "K-03";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'K-03', occurred_at => '2026-09-16 03:50+09') AS "K-03";
-- Priority and severity; the classification sets further deadlines.
SET SESSION AUTHORIZATION regress_mori;
SELECT advance(1, 'T-04', 'success', 'severity 85, major', '{"minutes": "M-4"}', '2026-09-16 03:30+09') AS "T-04";
SELECT update_incident(1, '{"severity": 85, "classification": "major", "customers": 40000}', 'as judged in T-04', '2026-09-16 03:30+09');

-- Outside: authorities, police, press ---------------------------------------------------------------------------------------------------
SELECT authority, report, due_at, confirmed, submitted_at FROM authority_reports(1);
SET SESSION AUTHORIZATION regress_ota;
SELECT advance(1, 'C-04', 'success', 'told the officer on duty', '{"reference": "BOJ-0916-1"}', '2026-09-16 03:05+09') AS "C-04";
SELECT advance(1, 'C-05', 'success', 'reported to the cyber police', '{"reference": "police 771"}', '2026-09-16 04:10+09') AS "C-05";
SET SESSION AUTHORIZATION regress_goto;
SELECT advance(1, 'C-09', 'success', 'questions and answers, version 1', '{"paper": "QA-1"}', '2026-09-16 04:30+09') AS "C-09";
-- 04:30: a newspaper calls. The rule is to tell the authorities first, and their line is busy. The president decides to publish.
SET SESSION AUTHORIZATION regress_murakami;
SELECT advance(1, 'C-10', 'success', 'text 1', '{"text": "press-1"}', '2026-09-16 04:35+09');
SELECT override(1, 'C-10', 'the newspaper goes to print at five');
SET SESSION AUTHORIZATION regress_sasaki;
SELECT override(1, 'C-10', 'the newspaper goes to print at five; the Finance Bureau is called again at once', '2026-09-16 04:40+09') AS "C-10";
SET SESSION AUTHORIZATION regress_ota;
SELECT advance(1, 'C-02', 'success', 'by telephone 04:45, first report by mail', '{"reference": "LFB 2026-118"}', '2026-09-16 04:50+09') AS "C-02";

-- The business: how do the branches open? -----------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_fujita;
SELECT advance(1, 'C-13', 'success', '16th: no special day', '{"calendar": "September"}', '2026-09-16 03:30+09') AS "C-13";
SELECT advance(1, 'C-14', 'success', 'paper slips and balances of yesterday at all branches', '{"instruction": "No. 16"}', '2026-09-16 06:30+09') AS "C-14";
SET SESSION AUTHORIZATION regress_goto;
SELECT advance(1, 'C-12', 'success', 'all branches open at nine: withdrawals to 100,000 yen on paper', '{"instruction": "No. 17"}', '2026-09-16 07:50+09') AS "C-12";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'C-12', occurred_at => '2026-09-16 08:05+09') AS "C-12";
SET SESSION AUTHORIZATION regress_mori;
-- Half of the terminals, without a trace and in a segment of their own, are back an hour before the counters open. What does the clock say now?
SELECT update_incident(1, '{"nodes": {"sys.identity": {"state": "degraded", "level": 0.5, "at": "2026-09-16T06:30:00+09:00"}, "sys.teller": {"state": "degraded", "level": 0.5, "at": "2026-09-16T08:00:00+09:00", "expected_at": "2026-09-19T18:00:00+09:00"}}}',
  'emergency directory; terminals of branches without a trace', '2026-09-16 08:00+09');
SELECT operation, tolerance, breaches_at, worst_level FROM tolerance_clock(1);

-- Finding out ----------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_baba;
SELECT advance(1, 'A-01', 'success', 'images of the domain controllers, firewall logs', '{"images": "vault 3", "sha256": "list A-01"}', '2026-09-16 07:00+09') AS "A-01";
SELECT advance(1, 'A-02', 'success', 'way in: VPN account of a contractor; 212 terminals; one more to be searched', '{"report": "A-02"}', '2026-09-16 15:00+09', '{"__still_found__": true}') AS "A-02";
-- Search until nothing is found any more: a round for each time.
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'K-07', 'success', 'two more terminals', '{"list": "K-07-1"}', '2026-09-16 18:00+09', '{"__still_found__": true}') AS "K-07";
SELECT advance(1, 'K-07', 'success', 'nothing', '{"list": "K-07-2"}', '2026-09-16 22:00+09', '{"__still_found__": false}') AS "K-07";
SET SESSION AUTHORIZATION regress_shimizu;
SELECT advance(1, 'A-03', 'success', 'no sign of anything carried off, but it cannot be excluded: counts as a leak', '{"paper": "A-03"}', '2026-09-16 20:00+09', '{"__personal_data__": true}') AS "A-03";
SELECT advance(1, 'C-07', 'success', 'preliminary report', '{"reference": "PPC-5521"}', '2026-09-18 11:00+09') AS "C-07";
SELECT advance(1, 'C-08', 'success', 'letters to 40,000 customers, notice on the web site', '{"letter": "C-08"}', '2026-09-18 17:00+09') AS "C-08";
SELECT advance(1, 'C-06', 'success', 'no payment, no contact', '{"minutes": "M-9"}', '2026-09-16 12:00+09') AS "C-06";
SET SESSION AUTHORIZATION regress_ono;
SELECT approve(1, 'C-06', occurred_at => '2026-09-16 12:10+09') AS "C-06";
-- One person counts once, though she is also the president's deputy: the other approval is his.
SELECT approve(1, 'C-06');
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'C-06', occurred_at => '2026-09-16 12:30+09') AS "C-06";
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'C-11', 'success', 'hashes and addresses', '{"mail": "F-ISAC"}', '2026-09-17 10:00+09') AS "C-11";
SET SESSION AUTHORIZATION regress_ono;
SELECT approve(1, 'C-11', occurred_at => '2026-09-17 10:20+09') AS "C-11";

-- The cause. The first try fails, and nothing in the playbook says what then: it is held, and the secretariat takes it up. ---------------------
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'E-01', 'failure', 'the new firmware of the VPN gateway does not start', occurred_at => '2026-09-17 09:00+09') AS "E-01";
SELECT step, name, role, state, waits_for FROM todo(1);
SET SESSION AUTHORIZATION regress_hayashi;
SELECT advance(1, 'C-17', 'success', 'the maker sends another gateway by noon', '{"minutes": "M-12"}', '2026-09-17 09:30+09') AS "C-17";
SET SESSION AUTHORIZATION regress_kondo;
SELECT advance(1, 'E-01', 'retry', 'with the other gateway', occurred_at => '2026-09-17 12:30+09') AS "E-01";
SELECT advance(1, 'E-01', 'success', 'gateway replaced, contractor''s accounts closed, all passwords renewed', '{"ticket": "E-01"}', '2026-09-17 16:00+09') AS "E-01";
SET SESSION AUTHORIZATION regress_baba;
SELECT advance(1, 'S-01', 'success', 'no trace for 24 hours', '{"report": "S-01"}', '2026-09-18 16:00+09') AS "S-01";
SET SESSION AUTHORIZATION regress_ono;
SELECT approve(1, 'S-01', occurred_at => '2026-09-18 16:30+09') AS "S-01";
SET SESSION AUTHORIZATION regress_nishida;
SELECT approve(1, 'S-01', occurred_at => '2026-09-18 17:00+09') AS "S-01";

-- Back to work. The newest backup is not clean; the playbook says what then: an older one. ---------------------------------------------------
SET SESSION AUTHORIZATION regress_ishii;
SELECT advance(1, 'R-01', 'failure', 'the generation of 15 September has the loader', '{"scan": "R-01"}', '2026-09-17 20:00+09') AS "R-01";
SELECT advance(1, 'R-02', 'success', 'generation of 12 September; three days of changes are lost', '{"scan": "R-02"}', '2026-09-18 02:00+09') AS "R-02";
-- Who is system owner besides Ishii, who did it?
SELECT person, position, because FROM call_list('system_owner');
SET SESSION AUTHORIZATION regress_kondo;
SELECT approve(1, 'R-02', occurred_at => '2026-09-18 02:30+09') AS "R-02";
SET SESSION AUTHORIZATION regress_ishii;
SELECT advance(1, 'R-03', 'success', 'directory, then terminals by branch', '{"protocol": "R-03"}', '2026-09-19 18:00+09') AS "R-03";
SET SESSION AUTHORIZATION regress_mori;
SELECT update_incident(1, '{"nodes": {"sys.identity": {"state": "restored", "at": "2026-09-19T12:00:00+09:00"}, "sys.teller": {"state": "restored", "at": "2026-09-19T18:00:00+09:00"}}}', 'rebuilt', '2026-09-19 18:00+09');
SET SESSION AUTHORIZATION regress_fujita;
SELECT advance(1, 'R-04', 'success', 'books agree; 14 instructions sent again', '{"list": "R-04"}', '2026-09-20 15:00+09') AS "R-04";
SELECT approve(1, 'R-04');
SET SESSION AUTHORIZATION regress_goto;
SELECT approve(1, 'R-04', 'as deputy for operations', occurred_at => '2026-09-20 16:00+09') AS "R-04";
SET SESSION AUTHORIZATION regress_ishii;
SELECT advance(1, 'R-05', 'success', 'tests of all branches; counterparts consent', '{"list": "R-05"}', '2026-09-20 20:00+09') AS "R-05";
SET SESSION AUTHORIZATION regress_okada;
SELECT approve(1, 'R-05', occurred_at => '2026-09-20 20:30+09') AS "R-05";
SET SESSION AUTHORIZATION regress_hayashi;
SELECT advance(1, 'S-02', 'success', 'all branches open as usual on the 21st', '{"minutes": "M-20"}', '2026-09-20 21:00+09') AS "S-02";
SET SESSION AUTHORIZATION regress_ono;
SELECT approve(1, 'S-02', occurred_at => '2026-09-20 21:10+09') AS "S-02";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'S-02', occurred_at => '2026-09-20 21:15+09') AS "S-02";
SET SESSION AUTHORIZATION regress_okada;
SELECT advance(1, 'R-06', 'success', 'branch by branch, watched until noon', '{"log": "R-06"}', '2026-09-21 12:00+09') AS "R-06";
SELECT update_incident(1, '{"customers": 38211, "transactions": 3204}', 'counted', '2026-09-21 12:00+09');
-- What has become of the promises: the counters opened in time, transfers stayed below 80 % for longer than 12 hours.
SELECT operation, tolerance, breaches_at, breached, worst_level FROM tolerance_clock(1);
SET SESSION AUTHORIZATION regress_goto;
SELECT advance(1, 'R-07', 'success', '3,204 slips entered', '{"list": "R-07"}', '2026-09-22 18:00+09') AS "R-07";
SET SESSION AUTHORIZATION regress_fujita;
SELECT approve(1, 'R-07', occurred_at => '2026-09-22 19:00+09') AS "R-07";
SET SESSION AUTHORIZATION regress_ota;
SELECT advance(1, 'C-03', 'success', 'recovery and cause', '{"reference": "LFB 2026-118-2"}', '2026-09-22 15:00+09') AS "C-03";

-- To the end -----------------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_hayashi;
SELECT close_incident(1, 'Rebuilt; cause dealt with.');
SELECT kind, subject, state FROM open_matters(1);
SELECT advance(1, 'V-01', 'success', 'record of 96 pages', '{"file": "V-01"}', '2026-09-29 17:00+09') AS "V-01";
SET SESSION AUTHORIZATION regress_nishida;
SELECT approve(1, 'V-01', occurred_at => '2026-09-30 10:00+09') AS "V-01";
SET SESSION AUTHORIZATION regress_ono;
SELECT advance(1, 'V-02', 'success', 'the contractor''s account had no second factor', '{"file": "V-02"}', '2026-10-02 17:00+09') AS "V-02";
SET SESSION AUTHORIZATION regress_nishida;
SELECT advance(1, 'V-03', 'success', 'second factor for contractors by December', '{"file": "V-03"}', '2026-10-14 17:00+09') AS "V-03";
SET SESSION AUTHORIZATION regress_ota;
SELECT advance(1, 'C-15', 'success', 'final report', '{"reference": "LFB 2026-118-3"}', '2026-10-15 15:00+09') AS "C-15";
SET SESSION AUTHORIZATION regress_sasaki;
SELECT approve(1, 'V-03', occurred_at => '2026-10-15 10:00+09') AS "V-03";
SELECT approve(1, 'C-15', occurred_at => '2026-10-15 16:00+09') AS "C-15";
SET SESSION AUTHORIZATION regress_shimizu;
SELECT advance(1, 'C-16', 'success', 'final report on personal data', '{"reference": "PPC-5521-2"}', '2026-11-10 11:00+09') AS "C-16";
SET SESSION AUTHORIZATION regress_nishida;
SELECT approve(1, 'C-16', 'as deputy for legal', occurred_at => '2026-11-10 13:00+09') AS "C-16";
-- A mistake in the record is not overwritten but noted.
SET SESSION AUTHORIZATION regress_baba;
SELECT annotate_run(1, 'Correction: 214 terminals, not 212.', 'A-02', occurred_at => '2026-11-11 09:00+09');
SET SESSION AUTHORIZATION regress_hayashi;
SELECT authority, report, due_at, submitted_at, reference, confirmed FROM authority_reports(1);
SELECT playbook, state, done, steps FROM runs;
SELECT * FROM open_matters(1);
SELECT close_incident(1, 'Rebuilt; cause dealt with; reports submitted.', '2026-11-12 17:00+09');

-- What remains ---------------------------------------------------------------------------------------------------------------------------
-- The chronicle, by the time at which things were so. When each was entered stands there too, and differs each time that this is played;
-- so does the moment at which the run was begun, and at which what waited for nothing but time went on (begin, wake).
SELECT occurred_at, who, regexp_replace(what, ' ?\[entered [^]]*\]$', '') AS what FROM timeline(1) WHERE kind NOT IN ('begin', 'wake');
-- Internal audit: are states what the events come to, and is the trail intact? No row: they are.
SET SESSION AUTHORIZATION regress_yokoyama;
SELECT * FROM check_runs();
SELECT * FROM verify_audit();
SELECT action, count(*) FROM audit_trail GROUP BY action ORDER BY action;

RESET SESSION AUTHORIZATION;
DROP EXTENSION opres;
DROP OWNED BY :team;
DROP ROLE :team;

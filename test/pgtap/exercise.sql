-- What an exercise has shown: times against the map, the tolerances and the playbook; findings followed up; coverage.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = error;
SET LOCAL TimeZone = 'Asia/Tokyo';
SET LOCAL opres.reason = 'a test';

CREATE ROLE opres_lead;
CREATE ROLE opres_head;
CREATE ROLE opres_reader;
GRANT USAGE ON SCHEMA public TO PUBLIC;
SELECT opres.grant_access('opres_lead', 'commander'), opres.grant_access('opres_head', 'approver'), opres.grant_access('opres_reader', 'reader');
SELECT opres.save_person('p.lead', 'Lead', logins => '{opres_lead}'), opres.save_person('p.head', 'Head', logins => '{opres_head}');
SELECT opres.save_role_holder('csirt_lead', 'p.lead'), opres.save_role_holder('crisis_head', 'p.head');

-- sys.a stands in dc, sys.b stands by for it; proc.p needs either; op.pay needs proc.p; op.card needs net.
SELECT opres.load_map($${"nodes": [{"code": "op.pay", "kind": "operation", "name": "Payments", "names": {"ja": "振込"}}, {"code": "op.card", "kind": "operation"}, {"code": "op.calm", "kind": "operation"},
    {"code": "proc.p", "kind": "process", "restart": "5 min"}, {"code": "sys.a", "kind": "system", "restart": "20 min"}, {"code": "sys.b", "kind": "system"},
    {"code": "dc", "kind": "facility", "rto": "2h"}, {"code": "net", "kind": "network"}, {"code": "pool", "kind": "system", "restart": "10 min"},
    {"code": "u1", "kind": "system", "rto": "1h"}, {"code": "u2", "kind": "system", "rto": "4h"}, {"code": "u3", "kind": "system", "restart": "30 min"}],
  "requirements": [{"node": "op.pay", "name": "process", "members": [{"node": "proc.p"}]},
    {"node": "proc.p", "name": "core", "switchover": "15 min", "members": [{"node": "sys.a"}, {"node": "sys.b", "standby": true}]},
    {"node": "sys.a", "name": "place", "members": [{"node": "dc"}]}, {"node": "op.card", "name": "network", "members": [{"node": "net"}]},
    {"node": "pool", "name": "units", "mode": "pool", "needed": 50, "members": [{"node": "u1", "capacity": 30}, {"node": "u2", "capacity": 30}, {"node": "u3", "capacity": 20}]}],
  "tolerances": [{"operation": "op.pay", "tolerance": "100% within 2h"}, {"operation": "op.pay", "tolerance": "100% within 10 min"},
    {"operation": "op.card", "tolerance": "100% within 2h"}, {"operation": "op.card", "tolerance": "40% within 1h"}, {"operation": "op.card", "tolerance": "4h in total per 365d below 100%"},
    {"operation": "op.calm", "tolerance": "100% within 1 min"}]}$$);

-- The times of the exercise, in hours after it began, ten hours ago.
CREATE FUNCTION pg_temp.h(hours float8) RETURNS timestamptz LANGUAGE sql AS $$SELECT now() + (hours - 10) * interval '1 hour'$$;
CREATE FUNCTION pg_temp.at(hours float8) RETURNS text LANGUAGE sql AS $$SELECT to_jsonb(pg_temp.h(hours)) #>> '{}'$$;
CREATE FUNCTION pg_temp.known(nodes jsonb) RETURNS void LANGUAGE sql AS $$SELECT opres.update_incident(1, jsonb_build_object('nodes', nodes))$$;
ALTER SEQUENCE opres.incident_id_seq RESTART;
ALTER SEQUENCE opres.run_id_seq RESTART;
SELECT is(opres.open_incident('exercise', 'drill', 50, '{dc,sys.a,proc.p,u1,u2,u3,pool}', pg_temp.h(0), pg_temp.h(0), exercise => true), 1::bigint, 'an exercise');
SELECT pg_temp.known(jsonb_build_object('proc.p', jsonb_build_object('state', 'restored', 'at', pg_temp.at(0.5)), 'dc', jsonb_build_object('state', 'restored', 'at', pg_temp.at(1)),
  'sys.a', jsonb_build_object('state', 'restored', 'at', pg_temp.at(1.25)), 'net', jsonb_build_object('state', 'lost', 'at', pg_temp.at(1)),
  'u1', jsonb_build_object('state', 'restored', 'at', pg_temp.at(2)), 'u2', jsonb_build_object('state', 'restored', 'at', pg_temp.at(3)),
  'pool', jsonb_build_object('state', 'restored', 'at', pg_temp.at(3.5)), 'op.card', jsonb_build_object('state', 'lost', 'at', pg_temp.at(1))));
SELECT pg_temp.known(jsonb_build_object('net', jsonb_build_object('state', 'restored', 'at', pg_temp.at(2)),
  'op.card', jsonb_build_object('state', 'degraded', 'level', 0.5, 'at', pg_temp.at(1.75))));
SELECT pg_temp.known(jsonb_build_object('op.card', jsonb_build_object('state', 'restored', 'at', pg_temp.at(4))));

-- dc: hit itself, 1 h, rto 2 h. sys.a: 15 min after dc, restart 20 min. proc.p: on the standby after 30 min, 15 min + 5 min by the map. u1, u2: rto.
-- u3 is not back. pool: 50 of 80 are there with u1 and u2, since 3 h; 30 min for 10. net: hit itself, no rto, no restart: nothing.
SELECT results_eq($$SELECT kind, subject, planned, measured, met FROM opres.exercise_findings(1) WHERE kind ~ '^node'$$,
  $$VALUES ('node_late', 'u1', interval '1h', interval '2h', false), ('node_late', 'pool', '10 min', '30 min', false), ('node_late', 'proc.p', '20 min', '30 min', false),
    ('node_in_time', 'sys.a', '20 min', '15 min', true), ('node_in_time', 'dc', '2h', '1h', true), ('node_in_time', 'u2', '4h', '3h', true)$$, 'nodes against the map');
-- op.pay: as the map plays it, proc.p being lost for half an hour by itself, and then takes 5 min. op.card: its own levels: none for 45 min, half until 4 h.
SELECT results_eq($$SELECT kind, subject, planned, measured, met FROM opres.exercise_findings(1) WHERE kind ~ '^operation' ORDER BY subject COLLATE "C", kind$$,
  $$VALUES ('operation_breached', 'Payments: 100% within 10min', interval '10 min', interval '35 min', false), ('operation_kept', 'Payments: 100% within 2h', '2h', '35 min', true),
    ('operation_breached', 'op.card: 100% within 2h', '2h', '3h', false), ('operation_kept', 'op.card: 40% within 1h', '1h', '45 min', true),
    ('operation_kept', 'op.card: 4h in total per 365d below 100%', '4h', '3h', true)$$, 'operations against their tolerances; nothing of one that was not touched');
SELECT results_eq($$SELECT finding, subject, advice IS NOT NULL FROM opres.exercise_findings(1, 'ja') WHERE subject ~ '^振込' ORDER BY met$$,
  $$VALUES ('耐性度を超過', '振込: 100% within 10min', true), ('耐性度の範囲内', '振込: 100% within 2h', false)$$, 'in Japanese');

-- A playbook: D-1 due an hour after detection, D-2 approved by the head, D-3 a report due two hours after; payments back within 3 h ------------------------
SELECT opres.load_playbook(replace($${"type": "playbook", "spec_version": "cacao-2.0", "id": "playbook--11111111-1111-4111-8111-111111111111", "name": "Drill",
  "created_by": "identity--11111111-1111-4111-8111-111111111112", "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
  "playbook_types": ["mitigation"], "workflow_start": "start--11111111-1111-4111-8111-111111111113",
  "extension_definitions": {"EXT": {"type": "extension-definition", "name": "opres", "created_by": "identity--11111111-1111-4111-8111-111111111112", "schema": "opres-extension.schema.json", "version": "1.0.0"}},
  "playbook_extensions": {"EXT": {"attack_type": "drill", "languages": ["en"], "override_role": "crisis_head", "recovery_target": {"within": "PT3H", "level": 0.5, "note": {"en": "n"}},
    "reports": {"r1": {"authority": {"en": "FSA"}, "report": {"en": "first report"}, "kind": "first", "form": {"en": "f"}, "deadlines": [{"anchor": "detection", "after": "PT2H"}], "confirmed": true, "source": "s"}},
    "sources": {"s": {"title": {"en": "t"}, "note": {"en": "n"}}}}},
  "agent_definitions": {"group--11111111-1111-4111-8111-111111111114": {"type": "group", "name": "lead", "agent_target_extensions": {"EXT": {"role": "csirt_lead"}}},
    "group--11111111-1111-4111-8111-111111111115": {"type": "group", "name": "head", "agent_target_extensions": {"EXT": {"role": "crisis_head"}}}},
  "workflow": {
    "start--11111111-1111-4111-8111-111111111113": {"type": "start", "on_completion": "action--11111111-1111-4111-8111-111111111101"},
    "action--11111111-1111-4111-8111-111111111101": {"type": "action", "name": "one", "agent": "group--11111111-1111-4111-8111-111111111114", "commands": [{"type": "manual", "command": "x"}],
      "on_completion": "action--11111111-1111-4111-8111-111111111102", "step_extensions": {"EXT": {"code": "D-1", "deadlines": [{"anchor": "detection", "after": "PT1H"}]}}},
    "action--11111111-1111-4111-8111-111111111102": {"type": "action", "name": "two", "agent": "group--11111111-1111-4111-8111-111111111114", "commands": [{"type": "manual", "command": "x"}],
      "on_completion": "action--11111111-1111-4111-8111-111111111103", "step_extensions": {"EXT": {"code": "D-2", "approvals": [{"role": "crisis_head", "count": 1}]}}},
    "action--11111111-1111-4111-8111-111111111103": {"type": "action", "name": "three", "agent": "group--11111111-1111-4111-8111-111111111114", "commands": [{"type": "manual", "command": "x"}],
      "on_completion": "end--11111111-1111-4111-8111-111111111116", "step_extensions": {"EXT": {"code": "D-3", "report": "r1", "deadlines": [{"anchor": "detection", "after": "PT90M"}]}}},
    "end--11111111-1111-4111-8111-111111111116": {"type": "end"}}}$$, 'EXT', 'extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13')::jsonb);
SET SESSION AUTHORIZATION opres_lead;
SELECT is(opres.start_run(1, 'drill'), 1::bigint, 'the playbook is begun');
CREATE FUNCTION pg_temp.shown(kinds text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT concat_ws(' ', kind, subject, date_trunc('minute', planned), date_trunc('minute', CASE WHEN kind NOT IN ('step_open', 'report_missing', 'unratified') THEN measured END)) FROM opres.exercise_findings(1) WHERE kind ~ kinds$$;
SELECT results_eq($$SELECT pg_temp.shown('^target')$$, $$VALUES ('target_met Drill 03:00:00 01:45:00')$$, 'the target of the playbook: no operation below half after 1 h 45 min');
SELECT results_eq($$SELECT pg_temp.shown('^step|^report')$$,
  $$VALUES ('report_missing FSA: first report 02:00:00'), ('step_open D-1 one 01:00:00')$$, 'what is due; what is not reached is nobody''s fault');
SELECT opres.advance(1, 'D-1', 'failure');
SELECT opres.advance(1, 'D-1', 'retry');
SELECT opres.advance(1, 'D-1', 'success', occurred_at => now() - interval '1 s');
SELECT opres.advance(1, 'D-2', 'success');
RESET SESSION AUTHORIZATION;
-- Who leads gets a second login, and the head's role.
CREATE ROLE opres_lead_admin;
SELECT opres.grant_access('opres_lead_admin', 'approver'), opres.save_person('p.lead', logins => '{opres_lead,opres_lead_admin}'), opres.save_role_holder('crisis_head', 'p.lead', 2);
SET SESSION AUTHORIZATION opres_lead_admin;
SELECT throws_ok($$SELECT opres.approve(1, 'D-2')$$, '42501', 'who has done step D-2 may not approve it, nor pass on what another says of it', 'a person with two logins does not approve with the one what she has done with the other');
SELECT is((SELECT s.state FROM opres.run_step AS s WHERE s.code = 'D-2'), 'submitted', 'it is not approved');
SET SESSION AUTHORIZATION opres_head;
SELECT opres.reject(1, 'D-2', 'not yet');
SET SESSION AUTHORIZATION opres_lead;
SELECT opres.advance(1, 'D-2', 'success');
RESET SESSION AUTHORIZATION;
SELECT opres.save_person('p.secretary', 'Secretary', logins => '{opres_reader}');
SELECT opres.grant_access('opres_reader', 'signer');
SET SESSION AUTHORIZATION opres_reader;
SELECT opres.approve(1, 'D-2', on_behalf_of => 'p.head');
SET SESSION AUTHORIZATION opres_head;
SELECT throws_ok($$SELECT opres.override(1, 'D-3', 'no')$$, '42501', NULL, 'an approver does not override');
RESET SESSION AUTHORIZATION;
SELECT opres.grant_access('opres_head', 'commander');
SET SESSION AUTHORIZATION opres_head;
SELECT opres.override(1, 'D-3', 'told by telephone');
RESET SESSION AUTHORIZATION;
SELECT results_eq($$SELECT pg_temp.shown('^(step|report|over|un|disp)')$$,
  $$VALUES ('report_late FSA: first report 02:00:00 10:00:00'), ('step_late D-1 one 01:00:00 09:59:00'), ('step_late D-3 three 01:30:00 10:00:00'), ('step_failed D-1 one'),
    ('step_repeated D-1 one'), ('step_repeated D-2 two'), ('overridden D-3 three'), ('unratified D-2 two: Head 24:00:00')$$, 'what was not done as the playbook says');
SET SESSION AUTHORIZATION opres_head;
SELECT opres.dispute(1, 'D-2', 'I said no such thing');
RESET SESSION AUTHORIZATION;
SELECT results_eq($$SELECT kind, subject FROM opres.exercise_findings(1) WHERE kind IN ('unratified', 'disputed')$$, $$VALUES ('disputed', 'D-2 two: Head')$$, 'an approval denied');
SELECT results_eq($$SELECT kind, subject, planned, measured FROM opres.exercise_findings(1) WHERE kind = 'notice_late'$$, $$SELECT '', '', NULL::interval, NULL::interval WHERE false$$, 'no criterion, no notice');
INSERT INTO opres.incident_report (incident, criterion, role, texts, needed, since, due_at) VALUES
  (1, 'c', 'ciso', '{"ja": "役員へ報告"}', true, pg_temp.h(0), pg_temp.h(1)), (1, 'd', 'ciso', '{}', false, pg_temp.h(0), pg_temp.h(1)), (1, 'e', 'ciso', '{}', true, pg_temp.h(0), now() + interval '1h');
INSERT INTO opres.incident_report (incident, criterion, role, texts, needed, since, due_at, reported_at) VALUES (1, 'f', 'board', '{}', false, pg_temp.h(0), pg_temp.h(1), pg_temp.h(2)),
  (1, 'g', 'board', '{}', true, pg_temp.h(0), pg_temp.h(1), pg_temp.h(0.5));
SELECT results_eq($$SELECT subject, planned, measured FROM opres.exercise_findings(1, 'ja') WHERE kind = 'notice_late'$$,
  $$VALUES ('ciso: 役員へ報告', interval '1h', interval '10h'), ('board: f', '1h', '2h')$$, 'told late, or not');
SELECT throws_ok('SELECT * FROM opres.exercise_findings(1, $$fr$$)', '22023', 'unknown language "fr"', 'no other language');
SELECT throws_ok('SELECT * FROM opres.exercise_findings(9)', '42704', 'there is no incident 9', 'no such incident');
SELECT is_empty($$SELECT k.kind FROM (SELECT DISTINCT kind FROM opres.exercise_texts()) AS k WHERE (SELECT count(*) FROM opres.exercise_texts() AS t WHERE t.kind = k.kind) <> 2$$,
  'every finding has its words in two languages');

-- A target missed, a cut-off missed ----------------------------------------------------------------------------------------------------
SELECT opres.update_incident(1, jsonb_build_object('nodes', jsonb_build_object('op.card', jsonb_build_object('state', 'lost', 'at', pg_temp.at(5)))));
SELECT results_eq($$SELECT pg_temp.shown('^target')$$, $$VALUES ('target_missed Drill 03:00:00 10:00:00')$$, 'the target is missed by what is down for longer');
INSERT INTO opres.tolerance (operation, tolerance) VALUES ('op.card', format('100%% by %s Asia/Tokyo', to_char(pg_temp.h(5.5) AT TIME ZONE 'Asia/Tokyo', 'HH24:MI'))::opres.impact_tolerance),
  ('op.card', format('100%% by %s Asia/Tokyo', to_char(pg_temp.h(4.5) AT TIME ZONE 'Asia/Tokyo', 'HH24:MI'))::opres.impact_tolerance);
SELECT results_eq($$SELECT kind, subject, planned, measured FROM opres.exercise_findings(1) WHERE subject ~ ' by '$$,
  format($$VALUES ('operation_breached', 'op.card: 100%% by %s Asia/Tokyo', NULL::interval, NULL::interval)$$, to_char(pg_temp.h(5.5) AT TIME ZONE 'Asia/Tokyo', 'HH24:MI')), 'a cut-off');

-- Findings are followed up -----------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION opres_lead;
SELECT is(opres.record_finding(1, 'Restart of the core takes too long', 'sys.a', 'IT operations', '2027-03-31'), 1, 'a finding is recorded');
SELECT is(opres.record_finding(1, 'Nobody had the form'), 2, 'another');
SELECT throws_ok($$SELECT opres.record_finding(1, ' ')$$, '22023', 'the finding is empty', 'not without words');
SELECT throws_ok($$SELECT opres.record_finding(9, 'x')$$, '42704', 'there is no incident 9', 'of an incident there is');
SELECT throws_ok($$SELECT opres.accept_risk(1, 1, 'x')$$, '42501', NULL, 'who leads does not accept risks');
SELECT throws_ok($$SELECT opres.settle_finding(1, 3, 1, 'x')$$, '42704', 'incident 1 has no finding 3', 'no such finding');
SELECT throws_ok($$SELECT opres.settle_finding(1, 1, 1, 'x')$$, '22023', 'incident 1 is no exercise since the finding', 'not by the same exercise');
SELECT throws_ok($$SELECT opres.settle_finding(1, 1, NULL, 'x')$$, '22004', NULL, 'not by none');
SELECT is(opres.open_incident('real', 'drill', 50), 2::bigint, 'an incident');
SELECT is(opres.open_incident('again', 'drill', 50, exercise => true), 3::bigint, 'another exercise');
SELECT throws_ok($$SELECT opres.settle_finding(1, 1, 2, 'x')$$, '22023', 'incident 2 is no exercise since the finding', 'not by what was no exercise');
SELECT lives_ok($$SELECT opres.settle_finding(1, 1, 3, '18 min now')$$, 'settled by another exercise');
SELECT throws_ok($$SELECT opres.settle_finding(1, 1, 3, 'x')$$, '55000', 'finding 1 of incident 1 is settled', 'once');
RESET SESSION AUTHORIZATION;
SELECT opres.grant_access('opres_lead', 'approver');
SET SESSION AUTHORIZATION opres_lead;
SELECT throws_ok($$SELECT opres.accept_risk(1, 2, 'x')$$, '42501', 'the risk of finding 2 must be accepted by somebody else than p.lead', 'not by who found it');
SET SESSION AUTHORIZATION opres_head;
SELECT lives_ok($$SELECT opres.accept_risk(1, 2, 'the form is on paper now')$$, 'by an approver');
SET SESSION AUTHORIZATION opres_reader;
SELECT results_eq('SELECT number, state, recorded_by, settled_by, settled_in, reason FROM opres.exercise_finding ORDER BY number',
  $$VALUES (1, 're-exercised', 'p.lead' COLLATE "C", 'p.lead' COLLATE "C", 3::bigint, '18 min now'), (2, 'risk accepted', 'p.lead', 'p.head', NULL, 'the form is on paper now')$$, 'readers see what became of them');
SELECT results_eq($$SELECT what FROM opres.timeline(1) WHERE kind ~ '^finding' ORDER BY recorded_at$$,
  $$VALUES ('Finding 1: sys.a: Restart of the core takes too long'), ('Finding 2: Nobody had the form'), ('Finding 1 settled: dealt with, as exercise 3 has shown. 18 min now'),
    ('Finding 2 settled: residual risk accepted. the form is on paper now')$$, 'in the chronicle');
SELECT results_eq($$SELECT what FROM opres.timeline(1, 'ja') WHERE kind = 'finding_settled' ORDER BY recorded_at LIMIT 1$$,
  $$VALUES ('課題1を完了：演習（3）で改善を確認。18 min now')$$, 'in Japanese');
RESET SESSION AUTHORIZATION;

-- Coverage ---------------------------------------------------------------------------------------------------------------------------------
UPDATE opres.incident SET detected_at = pg_temp.h(id) WHERE id > 1;
INSERT INTO opres.incident (title, attack_type, severity, state, time_zone, detected_at, opened_by, opened_at) VALUES ('x', 'ddos', 1, 'open', 'UTC', pg_temp.h(6), 'x', now()), ('y', 'false', 1, 'no_incident', 'UTC', now(), 'x', now());
INSERT INTO opres.playbook (id, modified, name, attack_type, revoked, valid_until, canonical_hash, document, loaded_at, loaded_by) VALUES
  ('p1', now() - interval '1 day', 'Leak', 'leak', false, NULL, sha256(''), '{}', now(), 'x'), ('p1', now(), 'Leak', 'leak', true, NULL, sha256(''), '{}', now(), 'x'),
  ('p2', now(), 'Malware', 'malware', false, now() - interval '1 h', sha256(''), '{}', now(), 'x'), ('p3', now(), 'Drill two', 'drill', false, now() + interval '1 h', sha256(''), '{}', now(), 'x');
SELECT opres.record_finding(1, 'x');
SET SESSION AUTHORIZATION opres_reader;
SELECT results_eq('SELECT * FROM opres.exercise_coverage()',
  $$VALUES ('ddos', '{}'::text[], NULL::timestamptz, pg_temp.h(6), 0::bigint), ('leak', '{}', NULL, NULL, 0), ('malware', '{}', NULL, NULL, 0),
    ('drill', '{Drill,Drill two}', pg_temp.h(3), pg_temp.h(2), 1)$$, 'coverage: what has no playbook in force, what was never exercised, the last times');
RESET SESSION AUTHORIZATION;
UPDATE opres.playbook SET document = '{"playbook_extensions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"texts": {"ja": {"name": "訓練二"}}}}}' WHERE id = 'p3';
SELECT is((SELECT playbooks FROM opres.exercise_coverage('ja') WHERE attack_type = 'drill'), '{Drill,訓練二}', 'names in Japanese, where there are any');
SELECT throws_ok($$SELECT opres.exercise_coverage('fr')$$, '22023', NULL, 'no other language');
SELECT * FROM finish();
ROLLBACK;

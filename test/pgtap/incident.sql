-- Incidents: opened and changed as facts become known, what is refused and how, levels of nodes as they were, reporting criteria,
-- closing, the chronicle. All in one transaction: now() stands still. (What comes with commits: test/server/incident_*.py.)
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = error;
SET LOCAL timezone = 'Asia/Tokyo';
SET LOCAL opres.reason = 'a test';
SELECT opres.load_map('{"nodes": [
    {"code": "op.transfer", "kind": "operation"}, {"code": "op.atm", "kind": "operation"}, {"code": "op.far", "kind": "operation"},
    {"code": "sys.core", "kind": "system", "name": "Core", "names": {"ja": "勘定系"}}, {"code": "sys.atm", "kind": "system"},
    {"code": "tp.cloud", "kind": "third_party"}],
  "requirements": [{"node": "op.transfer", "members": [{"node": "sys.core"}]},
    {"node": "op.atm", "members": [{"node": "sys.core"}]}, {"node": "op.atm", "name": "atm", "members": [{"node": "sys.atm"}]}],
  "tolerances": [{"operation": "op.transfer", "tolerance": "100% within 2h"}, {"operation": "op.atm", "tolerance": "50% within 30 min"},
    {"operation": "op.far", "tolerance": "100% within 1h"}]}');
CREATE FUNCTION pg_temp.ago(text) RETURNS timestamptz LANGUAGE sql AS 'SELECT now() - $1::interval';
CREATE FUNCTION pg_temp.iso(timestamptz) RETURNS text LANGUAGE sql AS $$SELECT to_char($1 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')$$;

-- As declared ---------------------------------------------------------------------------------------------------------------------
SELECT results_eq($$SELECT proname::text COLLATE "default", pg_get_function_arguments(oid), pg_get_function_result(oid) FROM pg_proc
    WHERE pronamespace = 'opres'::regnamespace AND proname IN ('open_incident', 'update_incident', 'close_incident', 'tolerance_clock') ORDER BY 1$$,
  $$VALUES
    ('close_incident', 'incident bigint, note text, occurred_at timestamp with time zone DEFAULT now()', 'void'),
    ('open_incident', 'title text, attack_type text, severity integer, nodes text[] DEFAULT ''{}''::text[], occurred_at timestamp with time zone DEFAULT NULL::timestamp with time zone, detected_at timestamp with time zone DEFAULT now(), recognised_at timestamp with time zone DEFAULT NULL::timestamp with time zone, exercise boolean DEFAULT false, confidential boolean DEFAULT false, note text DEFAULT NULL::text', 'bigint'),
    ('tolerance_clock', 'incident bigint', 'TABLE(operation text, tolerance opres.impact_tolerance, breaches_at timestamp with time zone, remaining interval, breached boolean, worst_level double precision, cause text[], overdue text[])'),
    ('update_incident', 'incident bigint, changes jsonb, reason text DEFAULT NULL::text, occurred_at timestamp with time zone DEFAULT now()', 'void')$$,
  'signatures');

-- Opening -------------------------------------------------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.open(arguments text) RETURNS text LANGUAGE sql AS $$SELECT 'SELECT opres.open_incident(' || arguments || ')'$$;
SELECT throws_ok(pg_temp.open($$'T', 'ddos', 50, '{sys.cor}'$$), '42704', 'node "sys.cor" does not exist in the map', 'an unknown node');
SELECT throws_ok(pg_temp.open(a), c, m, a)
FROM (VALUES
  ($$'', 'ddos', 50$$, '23514', '$.title: ""'),
  ($$E' \t', 'ddos', 50$$, '23514', '$.title: " \t"'),
  ($$NULL, 'ddos', 50$$, '23502', '$.title: must not be null'),
  ($$'T', 'DDoS', 50$$, '23514', '$.attack_type: "DDoS"'),
  ($$'T', '', 50$$, '23514', '$.attack_type: ""'),
  ($$'T', NULL, 50$$, '23502', '$.attack_type: must not be null'),
  ($$'T', 'ddos', 101$$, '23514', '$.severity: 101 is out of range'),
  ($$'T', 'ddos', -1$$, '23514', '$.severity: -1 is out of range'),
  ($$'T', 'ddos', NULL$$, '23502', '$.severity: must not be null'),
  ($$'T', 'ddos', 50, '{NULL}'$$, '22004', 'the code of a node must not be null'),
  ($$'T', 'ddos', 50, detected_at => NULL$$, '22004', 'detected_at, exercise and confidential must not be null'),
  ($$'T', 'ddos', 50, detected_at => now() + '1 h'$$, '23514', 'detected_at lies in the future'),
  ($$'T', 'ddos', 50, occurred_at => now() + '1 h'$$, '23514', 'occurred_at lies in the future'),
  ($$'T', 'ddos', 50, recognised_at => now() + '1 h'$$, '23514', 'recognised_at lies in the future'),
  ($$'T', 'ddos', 50, detected_at => '-infinity'$$, '22023', 'detected_at must be a time'),
  ($$'T', 'ddos', 50, occurred_at => '1026-11-20'$$, '23514', 'occurred_at is too long ago'),
  ($$'T', 'ddos', 50, detected_at => now() - interval '1 h', occurred_at => now()$$, '23514', 'occurred_at is later than detected_at'),
  ($$'T', 'ddos', 50, recognised_at => now() - interval '1 h'$$, '23514', 'recognised_at is earlier than detected_at')) AS v (a, c, m);
SELECT is((SELECT count(*) FROM opres.incident), 0::bigint, 'nothing was opened');

SELECT opres.open_incident('Ransomware', 'ransomware', 80, '{sys.core,sys.core}', pg_temp.ago('60 min'), pg_temp.ago('50 min'),
  pg_temp.ago('40 min'), note => 'the SOC has called') AS i \gset
SELECT results_eq($$SELECT title, attack_type::text COLLATE "default", severity, state, exercise, confidential, time_zone, occurred_at, detected_at, recognised_at, opened_by
    FROM opres.incident WHERE id = $$ || :i,
  $$VALUES ('Ransomware', 'ransomware', 80, 'open', false, false, 'Asia/Tokyo', pg_temp.ago('60 min'), pg_temp.ago('50 min'), pg_temp.ago('40 min'), '@postgres')$$,
  'an incident as it was opened');
SELECT results_eq('SELECT node::text COLLATE "default", state, level, since, restored_at, expected_at FROM opres.incident_node',
  $$VALUES ('sys.core', 'lost', 0::float8, pg_temp.ago('60 min'), NULL::timestamptz, NULL::timestamptz)$$, 'its node is lost since it occurred');
SELECT results_eq('SELECT number, kind, occurred_at, person::text COLLATE "default", login, note FROM opres.incident_event',
  $$VALUES (1, 'open', pg_temp.ago('50 min'), '@postgres', 'postgres', 'the SOC has called')$$, 'its event');
SELECT ok((SELECT recorded_at BETWEEN now() AND clock_timestamp() FROM opres.incident_event), 'recorded now');
SELECT is((SELECT breach_at FROM opres.incident), pg_temp.ago('30 min'), 'the earliest breach');
SELECT results_eq('SELECT operation, breaches_at, remaining, breached, worst_level, cause, overdue FROM opres.tolerance_clock(' || :i || ')',
  $$VALUES ('op.atm', pg_temp.ago('30 min'), interval '-30 min', true, 0::float8, '{op.atm,sys.core}'::text[], NULL::text[]),
    ('op.transfer', now() + '1 h', interval '1 h', false, 0, '{op.transfer,sys.core}', NULL), ('op.far', NULL, NULL, false, 1, NULL, NULL)$$,
  'its clock, the most urgent first');
SELECT throws_ok('SELECT * FROM opres.tolerance_clock(0)', '42704', 'there is no incident 0', 'a clock of nothing');
SELECT throws_ok('SELECT * FROM opres.tolerance_clock(NULL)', '22004', 'the incident must not be null', 'a clock of NULL');
SELECT opres.open_incident('Small', 'ddos', 10) AS s \gset
SELECT is((SELECT string_agg(concat_ws(' ', operation, breaches_at), ', ') FROM opres.tolerance_clock(:s)),
  'op.atm, op.far, op.transfer', 'nothing hit, nothing breached');

-- What update_incident refuses ----------------------------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.change(changes text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
  SELECT format('SELECT opres.update_incident((SELECT min(id) FROM opres.incident), %L %s)', changes, more)$$;
SELECT throws_ok(pg_temp.change(changes), code, message, message)
FROM (VALUES
  ('[]', '42804', '$: expected an object, found an array'),
  ('5', '42804', '$: expected an object, found a number'),
  ('null', '42804', '$: expected an object, found null'),
  ('{"sevrity": 5}', '42703', '$.sevrity: unknown key'),
  ('{"exercise": true}', '42703', '$.exercise: unknown key'),
  ('{"severity": "5"}', '42804', '$.severity: expected a number, found a string'),
  ('{"severity": 5.5}', '23514', '$.severity: 5.5'),
  ('{"severity": null}', '23502', '$.severity: must not be null'),
  ('{"title": ""}', '23514', '$.title: ""'),
  ('{"attack_type": "ransom ware"}', '23514', '$.attack_type: "ransom ware"'),
  ('{"currency": "yen"}', '23514', '$.currency: "yen"'),
  ('{"customers": -1}', '23514', '$.customers: -1 is out of range'),
  ('{"customers": 1.5}', '23514', '$.customers: 1.5'),
  ('{"amount": true}', '42804', '$.amount: expected a number, found a boolean'),
  ('{"detected_at": null}', '23502', '$.detected_at: must not be null'),
  ('{"occurred_at": "2026-11-20 08:00"}', '22007', '$.occurred_at: "2026-11-20 08:00" is no time stamp'),
  ('{"occurred_at": "2026-13-20 08:00Z"}', '22008', '$.occurred_at: date/time field value out of range: "2026-13-20 08:00Z"'),
  ('{"occurred_at": "2999-01-01T00:00:00Z"}', '23514', '$.occurred_at lies in the future'),
  ('{"recognised_at": "2020-01-01T00:00:00Z"}', '23514', '$.recognised_at is earlier than detected_at'),
  ('{"classified_at": "2020-01-01T00:00:00Z"}', '23514', '$.classified_at is earlier than detected_at'),
  ('{"state": "closed"}', '22023', '$.state: unknown state "closed"'),
  ('{"nodes": ["sys.core"]}', '42804', '$.nodes: expected an object, found an array'),
  ('{"nodes": {"sys.core": "lost"}}', '42804', '$.nodes."sys.core": expected an object, found a string'),
  ('{"nodes": {"sys.core": {"stat": "lost"}}}', '42703', '$.nodes."sys.core".stat: unknown key'),
  ('{"nodes": {"sys.core": {"state": "gone"}}}', '22023', '$.nodes."sys.core".state: unknown state "gone"'),
  ('{"nodes": {"sys.core": {"level": 2}}}', '23514', '$.nodes."sys.core".level: 2 is out of range'),
  ('{"nodes": {"sys.core": {"state": null}}}', '23502', '$.nodes."sys.core".state: must not be null'),
  ('{"nodes": {"sys.core": {"state": "degraded"}}}', '23514', '$.nodes."sys.core".level: missing'),
  ('{"nodes": {"sys.core": {"state": "lost", "level": 0.5}}}', '23514', '$.nodes."sys.core".level: 0.5 does not fit lost'),
  ('{"nodes": {"sys.core": {"state": "degraded", "level": 1}}}', '23514', '$.nodes."sys.core".level: 1 does not fit degraded'),
  ('{"nodes": {"sys.core": {"state": "degraded", "level": 0}}}', '23514', '$.nodes."sys.core".level: 0 does not fit degraded'),
  ('{"nodes": {"sys.core": {"state": "restored", "level": 0.9}}}', '23514', '$.nodes."sys.core".level: 0.9 does not fit restored'),
  ('{"nodes": {"sys.atm": {"state": "restored"}}}', '23514', '$.nodes."sys.atm".state: the incident has not hit this node'),
  ('{"nodes": {"sys.atn": {}}}', '42704', '$.nodes."sys.atn": no node has the code "sys.atn"'),
  ('{"nodes": {"x": {}}}', '42704', '$.nodes.x: no node has the code "x"'),
  ('{"nodes": {"sys.core": {"at": "2999-01-01T00:00:00Z", "level": 0.5}}}', '23514', '$.nodes."sys.core".at lies in the future'),
  ('{"nodes": {"sys.core": {"since": "2999-01-01T00:00:00Z"}}}', '23514', '$.nodes."sys.core".since lies in the future'),
  ('{"nodes": {"sys.core": {"at": "2020-01-01T00:00:00Z", "level": 0.5}}}', '23514', '$.nodes."sys.core".at: sys.core was not hit yet'),
  ('{"nodes": {"sys.core": {"at": "2020-01-01T00:00:00Z", "state": "restored"}}}', '23514', '$.nodes."sys.core".at: sys.core was hit at that time or later'),
  ('{"nodes": {"sys.core": {"state": "restored", "expected_at": "2999-01-01T00:00:00Z"}}}', '23514', '$.nodes."sys.core".expected_at: sys.core is restored'),
  ('{"nodes": {"sys.core": {"expected_at": "2020-01-01T00:00:00Z"}}}', '23514', '$.nodes."sys.core".expected_at: sys.core cannot be back before it was hit'),
  ('{"nodes": {"sys.atm": {"since": "2020-01-01T00:00:00Z", "at": "2020-01-02T00:00:00Z"}}}', '23514', '$.nodes."sys.atm".at: differs from since')
) AS v (changes, code, message);
SELECT throws_ok(pg_temp.change(NULL), '22004', 'changes must not be null', 'no changes');
SELECT throws_ok(pg_temp.change('{"severity": 1}', $$, occurred_at => now() + '1 h'$$), '23514', 'occurred_at lies in the future', 'a change in the future');
SELECT throws_ok(pg_temp.change('{"severity": 1}', $$, occurred_at => NULL$$), '22023', 'occurred_at must be a time', 'a change at no time');
SELECT throws_ok($$SELECT opres.update_incident(0, '{"severity": 1}')$$, '42704', 'there is no incident 0', 'a change of nothing');
SET LOCAL opres.reason = '';
SELECT throws_ok(pg_temp.change('{"severity": 1}'), '22023', 'changing an incident needs a reason', 'no reason');
SET LOCAL opres.reason = 'a test';
SELECT is((SELECT count(*) FROM opres.incident_event WHERE incident = :i), 1::bigint, 'nothing of it was changed');
SELECT lives_ok(pg_temp.change('{"severity": 80, "title": "Ransomware", "customers": null, "nodes": {"sys.core": {"state": "lost"}}}'), 'a change of nothing new');
SELECT is((SELECT count(*) FROM opres.incident_event WHERE incident = :i), 1::bigint, 'is no event');

-- What it changes -----------------------------------------------------------------------------------------------------------------
SELECT opres.update_incident(:i, '{"title": "Ransomware at the core", "severity": 90, "classification": "major", "customers": 12000,
  "transactions": 34, "amount": 12345678901234567890.12, "currency": "JPY", "confidential": true, "attack_type": "targeted-attack"}',
  'figures', pg_temp.ago('20 min'));
SELECT results_eq('SELECT title, severity, classification, classified_at, customers, transactions, amount, currency, confidential, attack_type::text COLLATE "default" FROM opres.incident WHERE id = ' || :i,
  $$VALUES ('Ransomware at the core', 90, 'major', pg_temp.ago('20 min'), 12000::bigint, 34::bigint, 12345678901234567890.12, 'JPY', true, 'targeted-attack')$$,
  'facts; who classifies has classified at that time');
SELECT results_eq('SELECT details, note, occurred_at FROM opres.incident_event WHERE number = 2 AND incident = ' || :i, format($$VALUES (
    '{"before": {"title": "Ransomware", "severity": 80, "classification": null, "classified_at": null, "customers": null, "transactions": null,
      "amount": null, "currency": null, "confidential": false, "attack_type": "ransomware"},
    "after": {"title": "Ransomware at the core", "severity": 90, "classification": "major", "classified_at": %s, "customers": 12000, "transactions": 34,
      "amount": 12345678901234567890.12, "currency": "JPY", "confidential": true, "attack_type": "targeted-attack"}}'::jsonb, 'figures', pg_temp.ago('20 min'))$$,
  to_json(pg_temp.iso(pg_temp.ago('20 min')))), 'before and after are kept, and nothing else');
SELECT is((SELECT count(*) FROM opres.incident_reader), 1::bigint, 'who makes it confidential goes on seeing it');
SELECT opres.update_incident(:i, format('{"classification": null, "recognised_at": null, "customers": null, "classified_at": %s, "confidential": false}', to_json(pg_temp.iso(pg_temp.ago('10 min'))))::jsonb);
SELECT results_eq('SELECT classification, classified_at, recognised_at, customers FROM opres.incident WHERE id = ' || :i,
  $$VALUES (NULL::text, pg_temp.ago('10 min'), NULL::timestamptz, NULL::bigint)$$, 'null: not known');

-- A transaction that opens and goes on: now() stands still, but what is said later is later.
SELECT opres.open_incident('At once', 'ddos', 50, '{sys.core}') AS o \gset
SELECT is((SELECT since FROM opres.incident_node WHERE incident = :o), now(), 'lost since it was detected, now');
SELECT lives_ok(format('SELECT opres.update_incident(%s, %L)', :o, '{"nodes": {"sys.core": {"state": "restored"}}}'), 'restored in the same transaction');
SELECT ok((SELECT restored_at > since FROM opres.incident_node WHERE incident = :o), 'later');

-- Nodes: levels as they were ------------------------------------------------------------------------------------------------------
CREATE FUNCTION pg_temp.node(code text, change text, at text DEFAULT '0') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  i CONSTANT bigint := (SELECT min(id) FROM opres.incident);
  said jsonb := change;
  k text;
BEGIN
  -- times are said as minutes ago
  FOREACH k IN ARRAY '{since,at,expected_at}'::text[] LOOP
    IF said->>k IS NOT NULL THEN said := jsonb_set(said, ARRAY[k], to_jsonb(pg_temp.iso(now() - (said->>k)::int * interval '1 min'))); END IF;
  END LOOP;
  PERFORM opres.update_incident(i, jsonb_build_object('nodes', jsonb_build_object(code, said)), 'a test', now() - at::int * interval '1 min');
  RETURN (SELECT string_agg(format('%s:%s', round(extract(epoch FROM now() - l.at) / 60), l.level), ' ' ORDER BY l.at)
      FROM opres.incident_level AS l WHERE l.incident = i AND l.node = code)
    || (SELECT format(' %s %s since %s', n.state, n.level, round(extract(epoch FROM now() - n.since) / 60))
      || coalesce(' until ' || round(extract(epoch FROM now() - n.restored_at) / 60), '')
      || coalesce(' back ' || round(extract(epoch FROM now() - n.expected_at) / 60), '')
      FROM opres.incident_node AS n WHERE n.incident = i AND n.node = code);
END
$$;
SELECT is(pg_temp.node(code, change, at), result, format('%s %s', change, at)) FROM (VALUES
  -- minutes ago : level from then on ...
  ('sys.core', '{"state": "degraded", "level": 0.4}', '45', '60:0 45:0.4 degraded 0.4 since 60'),
  ('sys.core', '{"level": 0.6, "at": "30"}', '0', '60:0 45:0.4 30:0.6 degraded 0.6 since 60'),
  ('sys.core', '{"state": "lost", "at": "40"}', '0', '60:0 45:0.4 40:0 lost 0 since 60'),
  ('sys.core', '{"expected_at": "-90"}', '0', '60:0 45:0.4 40:0 lost 0 since 60 back -90'),
  ('sys.core', '{"expected_at": "-60", "state": "degraded", "level": 0.2, "at": "38"}', '0', '60:0 45:0.4 40:0 38:0.2 degraded 0.2 since 60 back -60'),
  ('sys.core', '{"expected_at": null}', '0', '60:0 45:0.4 40:0 38:0.2 degraded 0.2 since 60'),
  ('sys.core', '{"state": "restored"}', '35', '60:0 45:0.4 40:0 38:0.2 35:1 restored 1 since 60 until 35'),
  ('sys.core', '{"state": "restored", "at": "36"}', '0', '60:0 45:0.4 40:0 38:0.2 36:1 restored 1 since 60 until 36'),
  ('sys.core', '{"state": "lost"}', '20', '60:0 45:0.4 40:0 38:0.2 36:1 20:0 lost 0 since 20'),
  ('sys.core', '{"since": "25"}', '0', '60:0 45:0.4 40:0 38:0.2 36:1 25:0 lost 0 since 25'),
  ('sys.core', '{"level": 0.5, "at": "15"}', '0', '60:0 45:0.4 40:0 38:0.2 36:1 25:0 15:0.5 degraded 0.5 since 25'),
  ('sys.core', '{"since": "10"}', '0', '60:0 45:0.4 40:0 38:0.2 36:1 10:0.5 degraded 0.5 since 10'),
  ('sys.core', '{"since": "30"}', '0', '60:0 45:0.4 40:0 38:0.2 36:1 30:0.5 degraded 0.5 since 30'),
  ('sys.core', '{"level": 1, "at": "5"}', '0', '60:0 45:0.4 40:0 38:0.2 36:1 30:0.5 5:1 restored 1 since 30 until 5'),
  -- it was not restored at all: what is said for a time overrides what was said for later ones
  ('sys.core', '{"level": 0.3, "at": "20"}', '0', '60:0 45:0.4 40:0 38:0.2 36:1 30:0.5 20:0.3 degraded 0.3 since 30'),
  ('sys.atm', '{}', '12', '12:0 lost 0 since 12'),
  ('tp.cloud', '{"level": 0.25, "since": "50", "expected_at": "-30"}', '0', '50:0.25 degraded 0.25 since 50 back -30'),
  ('tp.cloud', '{"level": 0.25, "at": "50"}', '0', '50:0.25 degraded 0.25 since 50 back -30')) AS v (code, change, at, result);
SELECT throws_ok($$SELECT pg_temp.node('sys.core', '{"since": "36"}')$$, '23514', '$.nodes."sys.core".since: sys.core was not yet restored then', 'hit again before it was restored');
SELECT pg_temp.node('sys.core', '{"level": 1, "at": "10"}');
SELECT throws_ok($$SELECT pg_temp.node('sys.core', '{"since": "10"}')$$, '23514', '$.nodes."sys.core".since: sys.core was restored before', 'hit after it was restored');
SELECT results_eq('SELECT start, shocks, overdue, unknown FROM opres.incident_shocks(' || :i || ')', $$VALUES (pg_temp.ago('60 min'), '[
    {"node": "sys.core", "level": 0, "onset": "0 us", "duration": "900000000 us"}, {"node": "tp.cloud", "level": 0.25, "onset": "600000000 us", "duration": "4800000000 us"},
    {"node": "sys.core", "level": 0.4, "onset": "900000000 us", "duration": "300000000 us"}, {"node": "sys.core", "level": 0, "onset": "1200000000 us", "duration": "120000000 us"},
    {"node": "sys.core", "level": 0.2, "onset": "1320000000 us", "duration": "120000000 us"}, {"node": "sys.core", "level": 0.5, "onset": "1800000000 us", "duration": "600000000 us"},
    {"node": "sys.core", "level": 0.3, "onset": "2400000000 us", "duration": "600000000 us"}, {"node": "sys.atm", "level": 0, "onset": "2880000000 us"}]'::jsonb, '{}'::text[], '{}'::text[])$$,
  'played as it was');

-- It began earlier or later: what was hit then moves with it, the rest stays. ------------------------------------------------------
SELECT opres.open_incident('Moved', 'ddos', 50, '{sys.core,sys.atm}', detected_at => pg_temp.ago('50 min')) AS m \gset
SELECT opres.update_incident(:m, format('{"nodes": {"sys.atm": {"since": %s}}}', to_json(pg_temp.iso(pg_temp.ago('30 min'))))::jsonb);
SELECT opres.update_incident(:m, format('{"occurred_at": %s}', to_json(pg_temp.iso(pg_temp.ago('80 min'))))::jsonb, 'the logs say so');
SELECT results_eq('SELECT node::text COLLATE "default", since FROM opres.incident_node WHERE incident = ' || :m || ' ORDER BY 1',
  $$VALUES ('sys.atm', pg_temp.ago('30 min')), ('sys.core', pg_temp.ago('80 min'))$$, 'the beginning is found out');
SELECT is((SELECT details->'after'->'nodes' FROM opres.incident_event WHERE incident = :m AND number = 3), format('{"sys.core":
  {"state": "lost", "level": 0, "since": "%s", "restored_at": null, "expected_at": null}}', pg_temp.iso(pg_temp.ago('80 min')))::jsonb, 'and kept on record');
SELECT is((SELECT breach_at FROM opres.incident WHERE id = :m), pg_temp.ago('50 min'), 'the clock runs from there');
SELECT opres.update_incident(:m, '{"occurred_at": null}');
SELECT results_eq('SELECT node::text COLLATE "default", since FROM opres.incident_node WHERE incident = ' || :m || ' ORDER BY 1',
  $$VALUES ('sys.atm', pg_temp.ago('30 min')), ('sys.core', pg_temp.ago('50 min'))$$, 'and back to the detection');

-- A recovery expected at a time that has passed is no recovery. --------------------------------------------------------------------
SELECT opres.open_incident('Late', 'ddos', 50, '{sys.core}', detected_at => pg_temp.ago('20 min')) AS l \gset
SELECT opres.update_incident(:l, format('{"nodes": {"sys.core": {"expected_at": %s}}}', to_json(pg_temp.iso(now() + '5 min')))::jsonb);
SELECT is((SELECT breach_at FROM opres.incident WHERE id = :l), NULL, 'back in time: nothing breaches');
SELECT opres.update_incident(:l, format('{"nodes": {"sys.core": {"expected_at": %s}}}', to_json(pg_temp.iso(now() - interval '5 min')))::jsonb);
SELECT results_eq('SELECT operation, breaches_at, overdue FROM opres.tolerance_clock(' || :l || ')',
  $$VALUES ('op.atm', now() + '10 min', '{sys.core}'::text[]), ('op.transfer', now() + '100 min', '{sys.core}'), ('op.far', NULL, NULL)$$, 'not back when expected: down until further notice');
UPDATE opres.incident SET breach_at = NULL WHERE id = :l; -- as it was before that time came
SELECT is(opres.refresh_clocks(), 1::bigint, 'a clock that says something else');
SELECT is((SELECT breach_at FROM opres.incident WHERE id = :l), now() + '10 min', 'is kept');
SELECT is((SELECT details FROM opres.incident_event WHERE incident = :l AND kind = 'clock'),
  format('{"before": {"breach_at": null}, "after": {"breach_at": "%s"}}', pg_temp.iso(now() + '10 min'))::jsonb, 'and on record');
SELECT is(opres.refresh_clocks(), 0::bigint, 'once');

-- A node the map has no more
SELECT opres.load_map('{"nodes": [{"code": "op.far", "kind": "operation"}], "tolerances": [{"operation": "op.far", "tolerance": "100% within 1h"}]}');
SELECT results_eq('SELECT operation, breaches_at FROM opres.tolerance_clock(' || :l || ')', $$VALUES ('op.far', NULL::timestamptz)$$, 'a clock without the node');
SELECT is((SELECT unknown FROM opres.incident_shocks(:l)), '{sys.core}', 'which is told');
SELECT lives_ok('SELECT opres.update_incident(' || :l || $$, '{"nodes": {"sys.core": {"state": "restored"}}}')$$, 'it can still be restored');
SELECT lives_ok('SELECT opres.close_incident(' || :l || $$, 'over')$$, 'closed');

-- Reporting inside ----------------------------------------------------------------------------------------------------------------
SELECT opres.load_map('{"nodes": [{"code": "op.x", "kind": "operation"}, {"code": "s", "kind": "system"}, {"code": "t", "kind": "third_party"}],
  "requirements": [{"node": "op.x", "members": [{"node": "s"}]}], "tolerances": [{"operation": "op.x", "tolerance": "100% within 2h"}]}');
SELECT opres.set_reporting_criterion('all', 'csirt_lead', '10 min', '{"en": "Call", "ja": "電話"}');
SELECT opres.set_reporting_criterion('severe', 'ciso', '30 min', min_severity => 60);
SELECT opres.set_reporting_criterion('ddos', 'net', '30 min', attack_types => '{ddos,x}');
SELECT opres.set_reporting_criterion('many', 'publicity', '1 h', min_customers => 1000);
SELECT opres.set_reporting_criterion('trades', 'back_office', '1 h', min_transactions => 10);
SELECT opres.set_reporting_criterion('yen', 'cfo', '1 h', min_amount => 1e6, currency => 'JPY');
SELECT opres.set_reporting_criterion('suppliers', 'procurement', '2 h', node_kinds => '{third_party,people}');
SELECT opres.set_reporting_criterion('risk', 'crisis_head', '15 min', operations => 'at_risk');
SELECT opres.set_reporting_criterion('breach', 'board', '20 min', operations => 'breached');
SELECT throws_ok(format('SELECT opres.set_reporting_criterion(%s)', a), '22023', NULL, a) FROM (VALUES
  ($$'c', 'Ciso', '1 h'$$), ($$NULL, 'ciso', '1 h'$$), ($$'c', NULL, '1 h'$$), ($$'c', 'ciso', NULL$$), ($$'c', 'ciso', '-1 h'$$), ($$'c', 'ciso', '1 mon'$$),
  ($$'c', 'ciso', '1 h', min_severity => 101$$), ($$'c', 'ciso', '1 h', currency => 'JPY'$$), ($$'c', 'ciso', '1 h', operations => 'gone'$$),
  ($$'c', 'ciso', '1 h', '[]'$$), ($$'c', 'ciso', '1 h', attack_types => '{}'$$), ($$' ', 'ciso', '1 h'$$)) AS v (a);
CREATE FUNCTION pg_temp.due(i bigint) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(format('%s %s %s', criterion, round(extract(epoch FROM since - now()) / 60), round(extract(epoch FROM due_at - now()) / 60)), ', ' ORDER BY criterion)
  FROM opres.reports_due(i) WHERE reported_at IS NULL $$;
SELECT opres.open_incident('Small', 'ddos', 10, detected_at => pg_temp.ago('20 min')) AS r \gset
SELECT is(pg_temp.due(:r), 'all -20 -10, ddos -20 10', 'what it meets when it is opened: since it was detected');
SELECT opres.update_incident(:r, '{"severity": 60, "customers": 1000, "transactions": 9, "amount": 1000000, "currency": "USD", "nodes": {"s": {}, "t": {}}}', occurred_at => pg_temp.ago('5 min'));
SELECT is(pg_temp.due(:r), 'all -20 -10, breach 115 135, ddos -20 10, many -5 55, risk -5 10, severe -5 25, suppliers -5 115', 'what it meets later: since then; the breach when it comes');
SELECT opres.update_incident(:r, '{"severity": 59, "transactions": 10, "currency": "JPY"}');
SELECT is(pg_temp.due(:r), 'all -20 -10, breach 115 135, ddos -20 10, many -5 55, risk -5 10, suppliers -5 115, trades 0 60, yen 0 60', 'what it meets no more need not be reported');
SELECT opres.record_report(:r, 'many', 'told', pg_temp.ago('1 min'));
SELECT opres.update_incident(:r, '{"customers": 5, "severity": 60}');
SELECT results_eq('SELECT criterion, role, what, reported_at, overdue FROM opres.reports_due(' || :r || $$, 'ja') WHERE criterion IN ('many', 'all', 'severe') ORDER BY 1$$,
  $$VALUES ('all', 'csirt_lead', '電話', NULL::timestamptz, true), ('many', 'publicity', NULL, pg_temp.ago('1 min'), false), ('severe', 'ciso', NULL, NULL, false)$$,
  'what was reported stays reported; what is met again is due again');
SELECT opres.update_incident(:r, '{"nodes": {"s": {"state": "restored"}}}');
SELECT ok(pg_temp.due(:r) !~ 'risk|breach', 'nothing at risk any more');
SELECT throws_ok(format('SELECT opres.record_report(%s, %L)', :r, 'x'), '42704', format('incident %s need not be reported by the criterion x', :r), 'no such criterion');
SELECT throws_ok('SELECT * FROM opres.reports_due(0)', '42704', 'there is no incident 0', 'reports of nothing');
SELECT throws_ok('SELECT * FROM opres.reports_due(' || :r || $$, 'fr')$$, '22023', 'unknown language "fr"', 'in no language');
SELECT throws_ok($$SELECT opres.remove_reporting_criterion('x')$$, '42704', 'there is no reporting criterion x', 'a criterion that is not there');
SELECT lives_ok($$SELECT opres.remove_reporting_criterion('yen')$$, 'a criterion is removed');
SELECT is((SELECT count(*) FROM opres.overdue WHERE kind = 'internal report' AND incident = :r), 1::bigint, 'overdue: one report');
SELECT is((SELECT nodes_down FROM opres.incidents WHERE id = :r), '{t}', 'what is down');

-- Closing -------------------------------------------------------------------------------------------------------------------------
SELECT throws_ok(format('SELECT opres.close_incident(%s, %L)', :r, 'over'), '55000', format('incident %s cannot be closed yet', :r), 'reports are open');
SELECT opres.record_report(:r, criterion) FROM opres.reports_due(:r) WHERE reported_at IS NULL;
SELECT throws_ok(format('SELECT opres.close_incident(%s, %L)', :r, n), '22023', 'closing an incident needs a note', 'no note') FROM unnest('{"",NULL," "}'::text[]) AS n;
SELECT lives_ok(format('SELECT opres.close_incident(%s, %L)', :r, 'over'), 'closed');
SELECT results_eq('SELECT state, closed_at IS NOT NULL FROM opres.incident WHERE id = ' || :r, $$VALUES ('closed', true)$$, 'it is');
SELECT throws_ok(format(call, :r), '55000', format('incident %s is closed', :r), call) FROM (VALUES
  ($$SELECT opres.update_incident(%s, '{"severity": 1}')$$), ($$SELECT opres.close_incident(%s, 'again')$$), ($$SELECT opres.record_report(%s, 'all')$$)) AS v (call);
SELECT throws_ok(format('SELECT opres.annotate_incident(%s, %L)', :r, n), '22023', 'the note is empty', 'an empty note') FROM unnest('{"",NULL}'::text[]) AS n;
SELECT throws_ok(format('SELECT opres.annotate_incident(%s, %L, now() + %L)', :r, 'x', '1 h'), '23514', 'occurred_at lies in the future', 'a note in the future');
SELECT lives_ok(format('SELECT opres.annotate_incident(%s, %L, pg_temp.ago(%L), %L)', :r, 'found later', '40 min', '{"file": "x.log"}'), 'a note after all');
-- No incident after all
SELECT opres.open_incident('False', 'ddos', 10) AS f \gset
SELECT lives_ok(format('SELECT opres.update_incident(%s, %L, %L)', :f, '{"state": "no_incident"}', 'a test of the monitoring'), 'it was none');
SELECT throws_ok(format('SELECT opres.update_incident(%s, %L)', :f, '{"severity": 1}'), '55000', format('incident %s was found to be none', :f), 'and is over');
SELECT is((SELECT closed_at IS NOT NULL FROM opres.incident WHERE id = :f), true, 'closed');
INSERT INTO opres.incident (title, attack_type, severity, time_zone, detected_at, opened_by, opened_at) VALUES ('R', 'ddos', 1, 'UTC', now(), 'x', now()) RETURNING id AS a \gset
INSERT INTO opres.run (incident, playbook, modified, pins, state, started_at, events, stamp) VALUES (:a, 'p', now(), '{}', 'active', now(), 1, 1);
SELECT throws_ok(format('SELECT opres.update_incident(%s, %L)', :a, '{"state": "no_incident"}'), '55000', format('incident %s has an active run', :a), 'not while a run is active');

-- The chronicle -------------------------------------------------------------------------------------------------------------------
SELECT opres.load_map('{"nodes": [{"code": "sys.core", "kind": "system", "name": "Core", "names": {"ja": "勘定系"}}]}');
SELECT opres.save_person('p.sato', 'Hanako Sato', '{"ja": "佐藤花子"}', logins => ARRAY[session_user]);
SELECT opres.open_incident('障害', 'ddos', 50, '{sys.core}', '2026-01-05 09:30+09', '2026-01-05 09:50+09', '2026-01-05 10:00+09', exercise => true) AS t \gset
SELECT opres.update_incident(:t, '{"severity": 70, "customers": 300, "nodes": {"sys.core": {"level": 0.45, "expected_at": "2026-01-05T12:00:00+09:00"}}}', 'the centre', '2026-01-05 10:15+09');
SELECT opres.update_incident(:t, '{"nodes": {"sys.core": {"expected_at": null}}, "confidential": true, "customers": null}', 'the centre again', '2026-01-05 10:20+09');
SELECT opres.update_incident(:t, '{"nodes": {"sys.core": {"state": "restored"}}}', 'tested', '2026-01-05 11:00+09');
SELECT opres.update_incident(:t, '{"occurred_at": "2026-01-05T09:28:00+09:00"}', 'the logs', '2026-01-05 11:05+09');
SELECT opres.annotate_incident(:t, 'Kein Zugriff von außen', '2026-01-05 09:40+09', '"shelf 7"');
SELECT opres.record_report(:t, 'all', occurred_at => '2026-01-05 10:02+09');
CREATE FUNCTION pg_temp.told(i bigint, lang text) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT regexp_replace(concat_ws(' | ', to_char(occurred_at, 'HH24:MI'), who, what), '( \[entered |［)\d{4}[-/]\d\d[-/]\d\d \d\d:\d\d', '\1', '') FROM opres.timeline(i, lang) $$;
SELECT results_eq('SELECT pg_temp.told(' || :t || $$, 'en')$$, ARRAY[
  '09:40 | Hanako Sato | Note: Kein Zugriff von außen [evidence: shelf 7] [entered ]',
  '09:50 | Hanako Sato | Exercise opened: 障害 (attack type ddos; severity 50; occurred 2026-01-05 09:30; detected 2026-01-05 09:50; recognised 2026-01-05 10:00; Core lost since 2026-01-05 09:30). a test [entered ]',
  '10:02 | Hanako Sato | Reported to csirt_lead (criterion all) [entered ]',
  '10:15 | Hanako Sato | Known now: severity 50 -> 70; customers affected unknown -> 300; Core degraded to 45% since 2026-01-05 10:15; expected back at 2026-01-05 12:00. the centre [entered ]',
  '10:20 | Hanako Sato | Known now: confidential no -> yes; customers affected 300 -> unknown; Core; not known when it will be back. the centre again [entered ]',
  '11:00 | Hanako Sato | Known now: Core restored at 2026-01-05 11:00. tested [entered ]',
  '11:05 | Hanako Sato | Known now: occurred 2026-01-05 09:30 -> 2026-01-05 09:28; Core hit since 2026-01-05 09:28. the logs [entered ]'], 'in English');
SELECT results_eq('SELECT pg_temp.told(' || :t || $$, 'ja')$$, ARRAY[
  '09:40 | 佐藤花子 | 追記：Kein Zugriff von außen［証拠：shelf 7］［記録］',
  '09:50 | 佐藤花子 | 演習として登録：障害（攻撃種別 ddos、深刻度 50、発生 2026/01/05 09:30、検知 2026/01/05 09:50、認識 2026/01/05 10:00、勘定系：停止（2026/01/05 09:30から））。a test［記録］',
  '10:02 | 佐藤花子 | csirt_leadへ報告（報告基準 all）［記録］',
  '10:15 | 佐藤花子 | 状況更新：深刻度 50→70、影響顧客数 不明→300、勘定系：縮退（2026/01/05 10:15から、水準45%）、復旧見込み 2026/01/05 12:00。the centre［記録］',
  '10:20 | 佐藤花子 | 状況更新：機密扱い いいえ→はい、影響顧客数 300→不明、勘定系、復旧見込み 未定。the centre again［記録］',
  '11:00 | 佐藤花子 | 状況更新：勘定系：復旧（2026/01/05 11:00）。tested［記録］',
  '11:05 | 佐藤花子 | 状況更新：発生 2026/01/05 09:30→2026/01/05 09:28、勘定系：影響は2026/01/05 09:28から。the logs［記録］'], 'in Japanese');
SELECT throws_ok('SELECT * FROM opres.timeline(' || :t || $$, 'de')$$, '22023', 'unknown language "de"', 'in no other');
SELECT throws_ok('SELECT * FROM opres.timeline(0)', '42704', 'there is no incident 0', 'the chronicle of nothing');
SELECT throws_ok('SELECT * FROM opres.authority_reports(0)', '42704', 'there is no incident 0', 'reports of nothing');
SELECT throws_ok('SELECT * FROM opres.open_matters(0)', '42704', 'there is no incident 0', 'matters of nothing');
SELECT is_empty($$SELECT word FROM opres.chronicle_words() GROUP BY word HAVING count(*) > 1$$, 'every word once');

-- Redaction -----------------------------------------------------------------------------------------------------------------------
SELECT throws_ok(format('SELECT opres.redact_event(%L)', s), '22023', NULL, 'no event: ' || coalesce(s, 'NULL'))
FROM unnest(ARRAY['incident 1', 'incident x event 1', 'run 1 event 0', 'run 1 event 1; DROP', 'entry 5', NULL, 'incident 99999999999999999999 event 1']) AS s;
SELECT throws_ok($$SELECT opres.redact_event('incident 999999 event 1')$$, '42704', 'there is no incident 999999 event 1', 'none of that number');
SELECT throws_ok($$SELECT opres.redact_event('run 999999 event 1')$$, '42704', 'there is no run 999999 event 1', 'nor of a run');
SELECT throws_ok(format($$SELECT opres.redact_event('incident %s event 1')$$, :t), '55000', format('incident %s event 1 was not recorded before this transaction', :t), 'not before it is on record');
SELECT * FROM finish();
ROLLBACK;

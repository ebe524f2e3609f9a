-- load_map, dump_map, map_diff: what they promise beyond what a user sees at once (sql/load_map.sql) and beyond broken documents
-- (test/server/broken_documents.py).
BEGIN;
SELECT plan(54);
SET LOCAL opres.reason = 'a test';
SET search_path = public, opres;
SET LOCAL client_min_messages = warning;

-- A map with everything the tables can hold ------------------------------------------------------------------------------------
-- Written by plain SQL, with values at the ends of their ranges.
INSERT INTO node (code, kind, name, names, owner, location, country, restart, unavailability, rto, rpo, mtpd, reviewed_on, reviewed_by,
  attributes) VALUES
  ('op.振込 "x" \ ''y''', 'operation', E'two\nlines', '{"ja": "", "zh-Hant-TW": "匯款", "en-GB": "x"}', '', ' ', 'JP', '36500 days', NULL,
   '0', '1 us', '1 day 23:59:59.999999', '0044-03-15 BC', E'tab\t', '{"a": {"b": null}, "": [[], {}], "n": 1e-30}'),
  ('a', 'system', NULL, '{}', NULL, NULL, NULL, '24:00:00', 0.1, NULL, NULL, NULL, '5874897-12-31', NULL, '{}'),
  ('b', 'people', NULL, '{}', NULL, NULL, NULL, '00:00:00.000001', 1e-300, NULL, NULL, NULL, '10000-01-01', NULL, '{}'),
  ('c', 'third_party', NULL, '{}', NULL, NULL, NULL, '0', 1, NULL, NULL, NULL, '0001-01-01', NULL, '{}'),
  ('d', 'data', NULL, '{}', NULL, NULL, NULL, '0', 0, NULL, NULL, NULL, NULL, NULL, '{"": ""}'),
  (repeat('天', 66) || 'xx', 'network', NULL, '{}', NULL, NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO requirement (node, name, mode, needed, needed_for, impact, buffer, switchover, switchover_failure) VALUES
  ('op.振込 "x" \ ''y''', '勘定系 / a', 'quorum', 2, 'start', 5e-324, '1 us', '36500 days', 1),
  ('a', 'pool', 'pool', 1.7976931348623157e308, 'run', 0.1, '0', '0', 0.30000000000000004);
INSERT INTO requirement_member (node, requirement, member, capacity, standby, replica_lag) VALUES
  ('op.振込 "x" \ ''y''', '勘定系 / a', 'a', 0.1, false, '0'), ('op.振込 "x" \ ''y''', '勘定系 / a', 'b', 1, false, '1 us'),
  ('op.振込 "x" \ ''y''', '勘定系 / a', 'c', 5e-324, true, '1 day'),
  ('a', 'pool', 'b', 1.7976931348623157e308, false, '0'), ('a', 'pool', 'c', 1, true, '0');
INSERT INTO calendar_day (calendar, day) VALUES ('休日', '4713-01-01 BC'), ('休日', '5874897-12-31'), ('jp bank', '2026-11-20');
INSERT INTO tolerance (operation, tolerance) SELECT 'op.振込 "x" \ ''y''', t::impact_tolerance FROM unnest(ARRAY[
  '100% within 2h', '33.3333333333333% within 1us', 'data loss 0', '4h in total per 365d below 99.9%',
  '100% by 24:00 Asia/Tokyo on calendar "jp bank" except calendar "休日"']) AS t;
INSERT INTO scenario (code, name, names, start) VALUES ('s', E'a\u2028b', '{"ja": "障害"}', '2026-11-20 08:00:00.123456+09'),
  ('bc', NULL, '{}', '0044-03-15 08:00:00+00 BC'), ('far', NULL, '{}', '294276-12-31 23:59:59.999999+00'), ('none', '', '{}', NULL);
INSERT INTO shock (scenario, code, node, onset, level, duration, data_loss, probability, duration_distribution, common_cause) VALUES
  ('s', 'x', 'a', '1 us', 0.30000000000000004, '0', '0', 0.1, NULL, 'quake'),
  ('s', 'y', 'a', '0', 1, NULL, '1 day', 0.1, 'lognormal(median 4h, p95 24h)', 'quake'),
  ('s', 'z', 'b', '36500 days', 0, '36500 days', NULL, 0, 'fixed(4h)', NULL);
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

CREATE TEMP TABLE dumped AS SELECT dump_map() AS document;
SELECT is(load_map(document), 1::bigint, 'load_map(dump_map()) makes no revision') FROM dumped;
SELECT is(dump_map(), document, 'and leaves the map as it is') FROM dumped;
CREATE TEMP VIEW content AS SELECT 'node' AS part, to_jsonb(t) - 'since_revision' AS content FROM node AS t
  UNION ALL SELECT 'requirement', to_jsonb(t) - 'since_revision' FROM requirement AS t
  UNION ALL SELECT 'member', to_jsonb(t) - 'since_revision' FROM requirement_member AS t
  UNION ALL SELECT 'tolerance', to_jsonb(t) - 'since_revision' FROM tolerance AS t
  UNION ALL SELECT 'calendar_day', to_jsonb(t) - 'since_revision' FROM calendar_day AS t
  UNION ALL SELECT 'scenario', to_jsonb(t) - 'since_revision' FROM scenario AS t
  UNION ALL SELECT 'shock', to_jsonb(t) - 'since_revision' FROM shock AS t;
CREATE TEMP TABLE before AS TABLE content;
SELECT lives_ok($$SELECT load_map('{}')$$, 'an empty document empties the map');
SELECT is_empty('SELECT code FROM node UNION ALL SELECT calendar FROM calendar_day UNION ALL SELECT code FROM scenario', 'nothing is left');
SELECT lives_ok('SELECT load_map(document) FROM dumped', 'a dump loads into an empty map');
SELECT is(dump_map(), document, 'which then dumps the same') FROM dumped;
-- 24:00:00 and 1 day are the same duration.
UPDATE before SET content = jsonb_set(content, '{restart}', '"1 day"') WHERE part = 'node' AND content->>'code' = 'a';
SELECT bag_eq('SELECT part, content FROM before', 'SELECT part, content FROM content', 'row by row what was there');
SELECT is(load_map(document::text::jsonb), (SELECT revision FROM map_head), 'a dump sent as text is the same document') FROM dumped;

-- Whatever the session's settings are --------------------------------------------------------------------------------------------
SET LOCAL DateStyle = 'German, DMY';
SET LOCAL TimeZone = 'America/St_Johns';
SET LOCAL IntervalStyle = 'sql_standard';
SET LOCAL extra_float_digits = -15;
SET LOCAL lc_messages = 'C';
SELECT is(dump_map(), document, 'a dump depends on no setting') FROM dumped;
SELECT is(load_map(document), (SELECT revision FROM map_head), 'nor does a load') FROM dumped;
SELECT is((SELECT after->>'start' FROM map_diff(0, NULL) WHERE subject = 'scenario s'), '2026-11-19T23:00:00.123456+00:00', 'nor map_diff: time stamps');
SELECT is((SELECT after->'level' FROM map_diff(0, NULL) WHERE subject = 'shock s / x'), '0.30000000000000004'::jsonb, 'nor map_diff: numbers');
SELECT is((SELECT after->>'restart' FROM map_diff(0, NULL) WHERE subject = 'node a'), '1d', 'nor map_diff: durations');
SELECT ok(bool_or(problem ~ '0001-01-01') AND NOT bool_or(problem ~ '\d\d\.\d\d\.\d{4}'), 'nor check_map: dates') FROM check_map();
SELECT is(current_setting('search_path') || current_setting('timezone') || current_setting('datestyle'), 'public, opresAmerica/St_JohnsGerman, DMY',
  'and they are left as they were');
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL TimeZone = 'UTC';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1;

-- Only what differs is touched ----------------------------------------------------------------------------------------------------
CREATE TEMP TABLE rows_before AS SELECT 'node' AS part, code AS key, ctid AS place FROM node
  UNION ALL SELECT 'member', concat_ws('/', node, requirement, member), ctid FROM requirement_member
  UNION ALL SELECT 'shock', concat_ws('/', scenario, code), ctid FROM shock;
SELECT lives_ok($$SELECT load_map(jsonb_set(document, '{nodes,0,restart}', '"25h"')) FROM dumped$$, 'one node of a dump is changed');
SELECT is(string_agg(b.part || ' ' || b.key, ', '), 'node a', 'its row alone is rewritten')
FROM rows_before AS b LEFT JOIN (SELECT 'node' AS part, code AS key, ctid AS place FROM node
  UNION ALL SELECT 'member', concat_ws('/', node, requirement, member), ctid FROM requirement_member
  UNION ALL SELECT 'shock', concat_ws('/', scenario, code), ctid FROM shock) AS a USING (part, key, place)
WHERE a.key IS NULL;
SELECT lives_ok($$SELECT load_map(document) FROM dumped$$, 'and back');

-- A document that turns everything around -------------------------------------------------------------------------------------------
-- An operation becomes a system and loses its tolerances, a node that a shock hits goes, a quorum grows with its members.
SELECT load_map('{"nodes": [{"code": "o", "kind": "operation"}, {"code": "x", "kind": "system"}, {"code": "y", "kind": "system"}],
  "requirements": [{"node": "o", "name": "r", "needed": 1, "members": [{"node": "x"}]}],
  "tolerances": [{"operation": "o", "tolerance": "100% by 15:30 UTC on calendar c"}], "calendars": [{"code": "c", "days": ["2026-01-01"]}],
  "scenarios": [{"code": "s", "shocks": [{"code": "h", "node": "y", "probability": 0.5, "common_cause": "q"},
                                         {"code": "i", "node": "x", "probability": 0.5, "common_cause": "q"}]}]}') > 0 AS loaded \gset
SELECT lives_ok($$SELECT load_map('{"nodes": [{"code": "o", "kind": "system"}, {"code": "x", "kind": "operation"}, {"code": "z", "kind": "data"}],
  "requirements": [{"node": "x", "name": "r", "needed": 2, "members": [{"node": "o"}, {"node": "z"}]},
                   {"node": "o", "name": "r", "mode": "pool", "needed": 0.5, "members": [{"node": "z"}, {"node": "x", "standby": true}]}],
  "tolerances": [{"operation": "x", "tolerance": "100% by 15:30 UTC on calendar d"}], "calendars": [{"code": "d", "days": ["2026-01-01"]}],
  "scenarios": [{"code": "s", "shocks": [{"code": "h", "node": "z", "probability": 0.25, "common_cause": "q"},
                                         {"code": "i", "node": "x", "probability": 0.25, "common_cause": "q"},
                                         {"code": "j", "node": "o", "probability": 0.25, "common_cause": "q"}]}]}')$$,
  'kinds, quorums, calendars and probabilities change around');
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'and the map is valid then');
SET CONSTRAINTS ALL DEFERRED;
SELECT is(string_agg(code, ' ' ORDER BY code), 'o x z', 'with the nodes of the document') FROM node;
SELECT lives_ok('SELECT load_map(document) FROM dumped', 'and back again');
SELECT is(dump_map(), document, 'to what it was') FROM dumped;

-- Default names ----------------------------------------------------------------------------------------------------------------------
SELECT load_map(jsonb_build_object(
  'nodes', '[{"code": "n", "kind": "system"}]'::jsonb || (SELECT jsonb_agg(jsonb_build_object('code', c, 'kind', 'system'))
    FROM unnest(ARRAY[repeat('天', 66), repeat('地', 66)]) AS c),
  'requirements', (SELECT jsonb_agg(jsonb_build_object('node', 'n', 'needed_for', CASE WHEN i % 2 = 0 THEN 'run' ELSE 'start' END,
    'members', jsonb_build_array(jsonb_build_object('node', repeat('天', 66)), jsonb_build_object('node', repeat('地', 66)))))
    FROM generate_series(1, 12) AS i),
  'scenarios', jsonb_build_array(jsonb_build_object('code', 's', 'shocks', (SELECT jsonb_agg(jsonb_build_object('node', repeat('天', 66)))
    FROM generate_series(1, 3000)))))) > 0 AS loaded \gset
SELECT is(count(*), 12::bigint, 'long default names are cut, and told apart by a number') FROM requirement WHERE node = 'n';
SELECT is(max(octet_length(name)), 200, 'at a whole character, within 200 bytes') FROM requirement;
SELECT ok(bool_and(name ~ '^地{62,66}\+?( \(\d+\))?$'), 'the members by their codes, in order') FROM requirement;
SELECT is(count(*), 3000::bigint, 'thousands of shocks without codes') FROM shock;
SELECT ok(bool_or(code ~ ' \(3000\)$') AND max(octet_length(code)) <= 200, 'numbered to the last') FROM shock;
SELECT load_map('{"nodes": [{"code": "n", "kind": "system"}, {"code": "m", "kind": "system"}],
  "requirements": [{"node": "n", "members": [{"node": "m"}]}, {"node": "n", "name": "m", "needed_for": "start", "members": [{"node": "m"}]}],
  "scenarios": [{"code": "s", "shocks": [{"node": "n"}, {"node": "m", "code": "n"}]}]}') > 0 AS loaded \gset
SELECT is(string_agg(name || ' ' || needed_for, ', ' ORDER BY name), 'm start, m (2) run', 'a given name wins over a default one, wherever it stands') FROM requirement;
SELECT is(string_agg(code || ' ' || node, ', ' ORDER BY code), 'n m, n (2) n', 'of shocks as well') FROM shock;

-- Null is absent ----------------------------------------------------------------------------------------------------------------------
SELECT is(load_map('{"nodes": [{"code": "n", "kind": "system", "name": null, "names": null, "owner": null, "location": null, "country": null,
  "restart": null, "unavailability": null, "rto": null, "rpo": null, "mtpd": null, "reviewed_on": null, "reviewed_by": null,
  "attributes": null}, {"code": "m", "kind": "system"}], "requirements": [{"node": "n", "name": null, "mode": null, "needed": null,
  "needed_for": null, "impact": null, "buffer": null, "switchover": null, "switchover_failure": null,
  "members": [{"node": "m", "capacity": null, "standby": null, "replica_lag": null}]}], "tolerances": null, "calendars": null,
  "scenarios": [{"code": "s", "name": null, "names": null, "start": null, "shocks": null}, {"code": "t", "shocks": [{"code": null, "node": "n",
  "onset": null, "level": null, "duration": null, "data_loss": null, "probability": null, "duration_distribution": null,
  "common_cause": null}]}]}'),
  load_map('{"nodes": [{"code": "n", "kind": "system"}, {"code": "m", "kind": "system"}], "requirements": [{"node": "n",
  "members": [{"node": "m"}]}], "scenarios": [{"code": "s"}, {"code": "t", "shocks": [{"node": "n"}]}]}'),
  'null in a document is the same as an absent key');
SELECT is(load_map(NULL), NULL, 'no document, no load');

-- Revisions, differences -----------------------------------------------------------------------------------------------------------------
-- One transaction is one revision; the rows are given an earlier one here, and some a history.
SELECT throws_ok('SELECT dump_map(-1)', '42704', 'map revision -1 does not exist', 'no negative revision');
SELECT throws_ok('SELECT map_diff(0, 99)', '42704', 'map revision 99 does not exist', 'no revision to come');
SELECT is(dump_map(0), dump_map() || '{"nodes": [], "requirements": [], "tolerances": [], "calendars": [], "scenarios": []}', 'revision 0 is the empty map');
SELECT is(dump_map((SELECT revision FROM map_head)), dump_map(), 'the current revision by its number');
SELECT is_empty('SELECT * FROM map_diff(NULL, NULL)', 'no difference between now and now');
SELECT is(string_agg(DISTINCT change, ' '), 'added', 'everything was added since revision 0') FROM map_diff(0, NULL);
SELECT is(string_agg(DISTINCT change, ' '), 'removed', 'and is removed on the way back') FROM map_diff(NULL, 0);
SELECT bag_eq('SELECT subject, after FROM map_diff(0, NULL)', 'SELECT subject, before FROM map_diff(NULL, 0)', 'with the same rows');
SELECT is(array_agg(subject), ARRAY['node m', 'node n', 'requirement n / m', 'member n / m / m', 'scenario s', 'scenario t', 'shock t / n'],
  'nodes first, by code') FROM map_diff(0, NULL);
SELECT is((SELECT after FROM map_diff(0, NULL) WHERE subject = 'member n / m / m'), '{"node": "m", "capacity": 1, "standby": false, "replica_lag": "0"}',
  'an added row with all its keys');

-- The lists in C are those in SQL
SELECT lives_ok(format($$SELECT load_map(%L)$$, (SELECT jsonb_build_object('nodes', jsonb_agg(jsonb_build_object('code', k, 'kind', k)))
  FROM unnest(enum_range(NULL::node_kind)) AS k)), 'load_map knows every kind of node');
SELECT throws_like($$SELECT load_map('{"nodes": [{"code": "a", "kind": "?"}]}')$$, '$.nodes[0].kind: unknown kind "?"', 'and no other');
SELECT set_eq($$SELECT jsonb_object_keys(node_json(n)) FROM node AS n WHERE code = 'data'$$,
  $$SELECT attname FROM pg_attribute WHERE attrelid = 'node'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'since_revision'$$,
  'a dump has every column of node');
SELECT set_eq($$SELECT key FROM jsonb_object_keys(requirement_json(NULL)) AS key$$,
  $$SELECT attname FROM pg_attribute WHERE attrelid = 'requirement'::regclass AND attnum > 0 AND attname <> 'since_revision'$$, 'of requirement');
SELECT set_eq($$SELECT key FROM jsonb_object_keys(member_json(NULL)) AS key$$,
  $$SELECT replace(attname, 'member', 'node') FROM pg_attribute WHERE attrelid = 'requirement_member'::regclass AND attnum > 0
    AND attname NOT IN ('node', 'requirement', 'since_revision')$$, 'of requirement_member');
SELECT set_eq($$SELECT key FROM jsonb_object_keys(scenario_json(NULL)) AS key$$,
  $$SELECT attname FROM pg_attribute WHERE attrelid = 'scenario'::regclass AND attnum > 0 AND attname <> 'since_revision'$$, 'of scenario');
SELECT set_eq($$SELECT key FROM jsonb_object_keys(shock_json(NULL)) AS key$$,
  $$SELECT attname FROM pg_attribute WHERE attrelid = 'shock'::regclass AND attnum > 0 AND attname NOT IN ('scenario', 'since_revision')$$, 'of shock');

-- Who may load --------------------------------------------------------------------------------------------------------------------------
CREATE ROLE opres_test_editor;
CREATE ROLE opres_test_reader;
SELECT grant_access('opres_test_editor', 'editor'), grant_access('opres_test_reader', 'reader') \gset
GRANT EXECUTE ON FUNCTION load_map TO opres_test_reader;
GRANT SELECT ON dumped TO opres_test_editor;
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO opres_test_editor, opres_test_reader;
SET LOCAL ROLE opres_test_editor;
SELECT lives_ok('SELECT load_map(document) FROM dumped', 'an editor may load');
SELECT is(dump_map(), document, 'and dump') FROM dumped;
SET LOCAL ROLE opres_test_reader;
SELECT is(dump_map(), document, 'a reader may dump') FROM dumped;
SELECT throws_ok('SELECT load_map(document) FROM dumped', '42501', 'permission denied for table shock',
  'but not load, not even with the privilege to call it and nothing to change');
RESET ROLE;
SELECT is((SELECT count(*) FROM check_map()), (SELECT count(*) FROM check_map('ja')), 'check_map finds the same in both languages');

SELECT * FROM finish();
ROLLBACK;

-- The tables of the map: what they refuse, row by row and at the end of a transaction, and what editing them by plain SQL does.
-- One transaction is one revision, so what several revisions do together is tested in test/server/editors.py.
BEGIN;
SELECT plan(142);
SET search_path = public, opres;
SET LOCAL client_min_messages = warning;

-- Rows that cannot be ---------------------------------------------------------------------------------------------------------
INSERT INTO node (code, kind) VALUES ('op', 'operation'), ('a', 'system'), ('b', 'system'), ('c', 'system');
INSERT INTO requirement (node, name) VALUES ('op', 'core');
INSERT INTO requirement_member (node, requirement, member) VALUES ('op', 'core', 'a'), ('op', 'core', 'b');
INSERT INTO scenario (code) VALUES ('s');

CREATE FUNCTION pg_temp.refused(statement text, code text, violated text, description text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  got_code text := 'no error';
  got_constraint text := '';
BEGIN
  BEGIN
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000';
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS got_code = RETURNED_SQLSTATE, got_constraint = CONSTRAINT_NAME;
  END;
  RETURN is(format('%s %s', replace(got_code, 'ZZ000', 'no error'), got_constraint), format('%s %s', code, violated), description);
END
$$;

SELECT pg_temp.refused(format('INSERT INTO opres.node (code, kind) VALUES (%L, ''system'')', bad), '23514', 'node_code_check',
  format('%s is no code', to_json(bad)))
FROM unnest(ARRAY['', ' x', 'x ', E'a\nb', E'a\u0085b', 'x' || U&'\3000', repeat('x', 201)]) AS bad;
SELECT pg_temp.refused('INSERT INTO opres.node (code, kind) VALUES (''a'', ''people'')', '23505', 'node_pkey', 'a code twice');
SELECT pg_temp.refused('INSERT INTO opres.node (code, kind) VALUES (''x'', ''machine'')', '22P02', '', 'an unknown kind');
SELECT pg_temp.refused(format('INSERT INTO opres.node (code, kind, %s) VALUES (''x'', ''system'', %L)', field, value), '23514',
  format('node_%s_check', field), format('node.%s = %s', field, value))
FROM (VALUES ('restart', '-1 s'), ('restart', '1 month'), ('restart', '36501 days'), ('restart', '1 day -25 hours'),
  ('rto', '-1 s'), ('rpo', '1 year'), ('mtpd', '-1 us'), ('names', '[]'), ('names', '{"ja": 1}'), ('attributes', '3'),
  ('unavailability', '1.01'), ('unavailability', 'NaN'), ('unavailability', '-0.1')) AS v (field, value);
SELECT pg_temp.refused('INSERT INTO opres.node (code, kind, unavailability) VALUES (''x'', ''operation'', 0.1)', '23514', 'node_unavailability_of_resource',
  'an operation has no unavailability of its own');
SELECT pg_temp.refused('UPDATE opres.node SET kind = ''process'', unavailability = 0 WHERE code = ''a''', '23514', 'node_unavailability_of_resource',
  'nor has a process');

SELECT pg_temp.refused(format('INSERT INTO opres.requirement (node, name, %s) VALUES (''a'', ''x'', %L)', field, value), '23514',
  coalesce(violated, format('requirement_%s_check', field)), format('requirement.%s = %s', field, value))
FROM (VALUES ('mode', 'vote', NULL), ('needed', '0', NULL), ('needed', '-1', NULL), ('needed', '1.5', 'requirement_quorum_is_whole'),
  ('needed', 'NaN', NULL), ('needed', 'Infinity', NULL), ('needed_for', 'stop', NULL), ('impact', '0', NULL), ('impact', '1.1', NULL),
  ('impact', 'NaN', NULL), ('buffer', '-1 s', NULL), ('buffer', '2 months', NULL), ('switchover', '-1 s', NULL),
  ('switchover_failure', '2', NULL)) AS v (field, value, violated);
SELECT pg_temp.refused('INSERT INTO opres.requirement (node, name) VALUES (''a'', ''x '')', '23514', 'requirement_name_check', 'a bad name');
SELECT pg_temp.refused('INSERT INTO opres.requirement (node, name) VALUES (''zz'', ''x'')', '23503', 'requirement_node_fkey',
  'a requirement of an unknown node');

SELECT pg_temp.refused(format('INSERT INTO opres.requirement_member (node, requirement, member, %s) VALUES (''op'', ''core'', ''c'', %L)',
  field, value), '23514', format('requirement_member_%s_check', field), format('requirement_member.%s = %s', field, value))
FROM (VALUES ('capacity', '0'), ('capacity', '-1'), ('capacity', 'NaN'), ('capacity', 'Infinity'), ('replica_lag', '-1 s'),
  ('replica_lag', '1 month')) AS v (field, value);
SELECT pg_temp.refused('INSERT INTO opres.requirement_member (node, requirement, member) VALUES (''op'', ''core'', ''op'')', '23514',
  'requirement_member_is_another', 'a node that needs itself');
SELECT pg_temp.refused('INSERT INTO opres.requirement_member (node, requirement, member) VALUES (''op'', ''core'', ''a'')', '23505',
  'requirement_member_pkey', 'a member twice');
SELECT pg_temp.refused('DELETE FROM opres.node WHERE code = ''a''', '23503', 'requirement_member_member_fkey', 'a node in use cannot go');

SELECT pg_temp.refused('INSERT INTO opres.calendar_day VALUES (''x'', ''infinity'')', '23514', 'calendar_day_day_check', 'no last day');
SELECT pg_temp.refused('INSERT INTO opres.scenario (code, start) VALUES (''x'', ''infinity'')', '23514', 'scenario_start_check',
  'a scenario starts some time');
SELECT pg_temp.refused(format('INSERT INTO opres.shock (scenario, code, node, %s) VALUES (''s'', ''x'', ''a'', %L)', field, value),
  '23514', violated, format('shock.%s = %s', field, value))
FROM (VALUES ('onset', '-1 s', 'shock_onset_check'), ('level', '1.1', 'shock_level_check'), ('level', 'NaN', 'shock_level_check'),
  ('duration', '0', 'shock_lasts_or_takes_data'), ('duration', '1 month', 'shock_duration_check'), ('data_loss', '-1 s', 'shock_data_loss_check'),
  ('probability', '1.5', 'shock_probability_check'), ('common_cause', '', 'shock_common_cause_check')) AS v (field, value, violated);
SELECT pg_temp.refused('INSERT INTO opres.shock (scenario, code, node) VALUES (''s'', ''x'', ''zz'')', '23503', 'shock_node_fkey',
  'a shock to an unknown node');
SELECT lives_ok('INSERT INTO opres.shock (scenario, code, node, duration, data_loss) VALUES (''s'', ''loss'', ''a'', ''0'', ''1 h'')',
  'a shock may take data alone');

-- Whole maps that cannot be ----------------------------------------------------------------------------------------------------
CREATE TEMP TABLE whole (statement text, code text, violated text, description text);
INSERT INTO whole VALUES
  ($$UPDATE opres.requirement SET needed = 3 WHERE name = 'core'$$, '23514', 'requirement_can_be_met',
  'a quorum of 3 of 2'),
  ($$UPDATE opres.requirement SET needed = 2; DELETE FROM opres.requirement_member WHERE member = 'b'$$,
  '23514', 'requirement_can_be_met', 'a quorum of 2 of 2 loses one'),
  ($$UPDATE opres.requirement SET needed = 2; UPDATE opres.requirement_member SET standby = true WHERE member = 'b'$$,
  '23514', 'requirement_can_be_met', 'a standby does not count for a quorum'),
  ($$UPDATE opres.requirement_member SET standby = true$$, '23514', 'requirement_can_be_met', 'all are standby'),
  ($$DELETE FROM opres.requirement_member WHERE member = 'b'; UPDATE opres.requirement_member SET standby = true$$,
  '23514', 'requirement_can_be_met', 'the only one left is standby'),
  ($$UPDATE opres.requirement SET mode = 'pool', needed = 2.1$$, '23514', 'requirement_can_be_met', 'a pool of 2.1 of 2'),
  ($$UPDATE opres.requirement SET mode = 'pool', needed = 2; UPDATE opres.requirement_member SET capacity = 0.9
  WHERE member = 'a'$$, '23514', 'requirement_can_be_met', 'a member of a pool shrinks'),
  ($$UPDATE opres.requirement SET mode = 'pool', needed = 2 * (1 + 0.9e-9)$$, 'no error', '',
  'a pool short of no more than 1e-9 is no error'),
  ($$UPDATE opres.requirement SET mode = 'pool', needed = 2 * (1 + 1.1e-9)$$, '23514', 'requirement_can_be_met',
  'a pool short of more is'),
  ($$UPDATE opres.requirement SET needed = 5; DELETE FROM opres.requirement_member$$, 'no error', '',
  'a requirement without members can be stored'),
  ($$UPDATE opres.requirement SET needed = 3; INSERT INTO opres.requirement_member (node, requirement, member)
  VALUES ('op', 'core', 'c')$$, 'no error', '', 'what is right in the end is right'),
  ($$INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'core', 'zz')$$, '23503', 'requirement_member_member_fkey', 'an unknown member'),
  ($$INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'zz', 'a')$$, '23503',
  'requirement_member_node_requirement_fkey', 'a member of an unknown requirement'),
  ($$INSERT INTO opres.tolerance VALUES ('a', '100% within 2h')$$, '23514', 'tolerance_of_operation',
  'a tolerance of a system'),
  ($$INSERT INTO opres.tolerance VALUES ('op', '100% within 2h'); UPDATE opres.node SET kind = 'process'
  WHERE code = 'op'$$, '23514', 'tolerance_of_operation', 'an operation with a tolerance becomes a process'),
  ($$INSERT INTO opres.tolerance VALUES ('op', '100% by 15:30 Asia/Tokyo on calendar jp')$$, '23503',
  'tolerance_calendar', 'a tolerance on a calendar without days'),
  ($$INSERT INTO opres.calendar_day VALUES ('jp', '2026-11-20');
  INSERT INTO opres.tolerance VALUES ('op', '100% by 15:30 Asia/Tokyo on calendar jp except calendar gotobi')$$, '23503',
  'tolerance_calendar', 'the exception is a calendar too'),
  ($$INSERT INTO opres.calendar_day VALUES ('jp', '2026-11-20');
  INSERT INTO opres.tolerance VALUES ('op', '100% by 15:30 Asia/Tokyo on calendar jp')$$, 'no error', '', 'a calendar is there with its first day'),
  ($$INSERT INTO opres.shock (scenario, code, node, probability, common_cause) VALUES ('s', 'x', 'a', 0.5, 'quake'),
  ('s', 'y', 'b', 0.4, 'quake')$$, '23514', 'shock_common_cause', 'one cause, two probabilities'),
  ($$INSERT INTO opres.scenario (code) VALUES ('t'); INSERT INTO opres.shock (scenario, code, node, probability,
  common_cause) VALUES ('s', 'x', 'a', 0.5, 'quake'), ('t', 'y', 'b', 0.4, 'quake'), ('s', 'z', 'b', 0.4, NULL)$$, 'no error', '',
  'the cause of another scenario is another cause');
SELECT pg_temp.refused(statement, code, violated, description) FROM whole;
-- After many edits (rolled back or not) the check goes another way: it must find the same.
SAVEPOINT few;
INSERT INTO node (code, kind) SELECT 'many' || i, 'system' FROM generate_series(1, 10001) AS i;
ROLLBACK TO few;
SELECT pg_temp.refused(statement, code, violated, description || ' (after many edits)') FROM whole;

SELECT throws_ok($$UPDATE opres.requirement SET needed = 3 WHERE name = 'core'; SET CONSTRAINTS opres.map_is_valid IMMEDIATE$$, '23514',
  'requirement "core" of node "op" needs 3 of 2 active members', 'the message names node, requirement and numbers');
SELECT throws_ok($$INSERT INTO opres.tolerance VALUES ('a', '100% within 2h'); SET CONSTRAINTS opres.map_is_valid IMMEDIATE$$, '23514',
  'node "a" has a tolerance but is no operation', 'the message names the node');

-- The check runs again when its ground has changed.
SAVEPOINT before;
UPDATE requirement SET needed = 2;
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'valid so far');
SELECT throws_ok($$DELETE FROM opres.requirement_member WHERE member = 'b'$$, '23514', NULL, 'immediate: the statement is refused');
SET CONSTRAINTS ALL DEFERRED;
SELECT lives_ok($$DELETE FROM opres.requirement_member WHERE member = 'b'$$, 'deferred again: the statement passes');
SAVEPOINT mended;
INSERT INTO requirement_member (node, requirement, member) VALUES ('op', 'core', 'c');
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'mended');
ROLLBACK TO mended;
SELECT throws_ok('SET CONSTRAINTS ALL IMMEDIATE', '23514', NULL, 'what mended it is rolled back: the check does not rely on what it saw');
ROLLBACK TO before;
UPDATE requirement SET needed = 2;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SAVEPOINT outside;
SAVEPOINT inside;
UPDATE node SET name = 'x';
RELEASE inside;
ROLLBACK TO outside;
DELETE FROM opres.requirement_member WHERE member = 'b';
SELECT throws_ok('SET CONSTRAINTS ALL IMMEDIATE', '23514', NULL, 'a check queued in what is undone is queued again');
ROLLBACK TO before;
SELECT throws_ok($$SET CONSTRAINTS ALL IMMEDIATE; MERGE INTO opres.requirement_member AS m USING (VALUES ('a', false), ('b', true)) AS v (member, go)
  ON m.member = v.member WHEN MATCHED AND v.go THEN DELETE WHEN MATCHED THEN UPDATE SET standby = true
  WHEN NOT MATCHED THEN INSERT (node, requirement, member) VALUES ('op', 'core', v.member)$$, '23514', NULL, 'MERGE is checked as a whole');
ROLLBACK TO before;

-- Editing -----------------------------------------------------------------------------------------------------------------------
SELECT results_eq('SELECT revision FROM opres.map_head', ARRAY[1::bigint], 'all of this is one revision');
SELECT results_eq('SELECT DISTINCT since_revision FROM opres.node', ARRAY[1::bigint], 'rows carry it');
SELECT results_eq($$SELECT made_by::text, made_at >= now() FROM opres.map_revision$$, $$SELECT session_user::text, true$$,
  'it says who made it and when');
SELECT results_eq('SELECT stamp FROM opres.map_revision', 'SELECT stamp FROM opres.map_head', 'the head and its revision have one stamp');
SELECT is_empty('SELECT FROM opres.node_history UNION ALL SELECT FROM opres.requirement_history UNION ALL SELECT FROM opres.requirement_member_history',
  'what came and went within a revision leaves no history');

SAVEPOINT before;
UPDATE node SET since_revision = 41, name = 'x' WHERE code = 'a';
SELECT results_eq($$SELECT since_revision FROM opres.node WHERE code = 'a'$$, ARRAY[1::bigint], 'nobody chooses the revision of an update');
ROLLBACK TO before;
WITH changed AS (UPDATE node SET since_revision = 41 RETURNING *) SELECT is(count(*), 0::bigint, 'an update of nothing else is none') FROM changed;
WITH changed AS (UPDATE node SET name = name, names = '{}' RETURNING *) SELECT is(count(*), 0::bigint, 'an update to the same values is none') FROM changed;
WITH changed AS (UPDATE node SET attributes = jsonb_build_object('x', repeat('long ', 2000)) WHERE code = 'a' RETURNING *)
  SELECT is(count(*), 1::bigint, 'a large value') FROM changed;
WITH changed AS (UPDATE node SET attributes = jsonb_build_object('x', repeat('long ', 2000)) WHERE code = 'a' RETURNING *)
  SELECT is(count(*), 0::bigint, 'the same large value is no change, however it is stored') FROM changed;
WITH changed AS (UPDATE node SET restart = '24 hours' WHERE code = 'a' RETURNING *) SELECT is(count(*), 1::bigint, 'a change') FROM changed;
WITH changed AS (UPDATE node SET restart = '1 day' WHERE code = 'a' RETURNING *)
  SELECT is(count(*), 1::bigint, 'what reads differently is a change') FROM changed;

INSERT INTO node (code, kind, since_revision) VALUES ('restored', 'system', 7);
SELECT results_eq($$SELECT since_revision FROM opres.node WHERE code = 'restored'$$, ARRAY[7::bigint], 'a row that brings its revision keeps it');

UPDATE node SET code = 'a2' WHERE code = 'a';
SELECT results_eq('SELECT member FROM opres.requirement_member ORDER BY 1', $$VALUES ('a2' COLLATE "C"), ('b')$$, 'renaming a node renames it as a member');
SELECT results_eq('SELECT node FROM opres.shock', $$VALUES ('a2' COLLATE "C")$$, 'and in shocks');
UPDATE node SET code = 'op2' WHERE code = 'op';
SELECT results_eq('SELECT node, requirement FROM opres.requirement_member', $$VALUES ('op2' COLLATE "C", 'core' COLLATE "C"), ('op2', 'core')$$, 'and as a dependent');
DELETE FROM node WHERE code = 'op2';
SELECT is_empty('SELECT FROM opres.requirement UNION ALL SELECT FROM opres.requirement_member', 'a node goes with its requirements');
SET CONSTRAINTS ALL DEFERRED;
SELECT lives_ok('DELETE FROM opres.node', 'with constraints deferred the order does not matter');
DELETE FROM scenario;
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'the map is empty and valid');

SELECT throws_ok(format('TRUNCATE opres.%I CASCADE', relname), '0A000', NULL, format('%s cannot be truncated', relname))
FROM pg_class WHERE relnamespace = 'opres'::regnamespace AND relkind = 'r' AND relname IN ('node', 'requirement', 'requirement_member',
  'tolerance', 'calendar_day', 'scenario', 'shock', 'map_head', 'map_revision', 'node_history');

-- Housekeeping ----------------------------------------------------------------------------------------------------------------------
SELECT set_eq(
  $$SELECT c::regclass::text FROM pg_extension, unnest(extconfig) AS c WHERE extname = 'opres'$$,
  $$SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'opres'::regnamespace AND relkind IN ('r', 'S', 'p')$$,
  'pg_dump writes the rows of every table');
SELECT is_empty($$SELECT a.attrelid::regclass, a.attname FROM pg_attribute AS a
  LEFT JOIN pg_attribute AS h ON h.attrelid = to_regclass(a.attrelid::regclass || '_history') AND h.attname = a.attname
    AND (h.atttypid, h.atttypmod, h.attcollation) = (a.atttypid, a.atttypmod, a.attcollation)
  WHERE a.attnum > 0 AND NOT a.attisdropped AND h.attname IS NULL AND to_regclass(a.attrelid::regclass || '_history') IS NOT NULL$$,
  'a history has every column of its table');
SELECT is_empty($$SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname IN ('edit_row', 'refuse_truncate') AND tgenabled <> 'A'$$,
  'restored and replicated rows are noticed, and TRUNCATE refused, on subscribers too');
SELECT * FROM finish();
ROLLBACK;

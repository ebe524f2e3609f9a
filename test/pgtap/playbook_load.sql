-- load_playbook and what is told of loaded playbooks, beyond broken documents (test/server/broken_playbooks.py): versions, bytes, signatures,
-- finding, the order of steps, playbooks inside playbooks.
BEGIN;
SELECT plan(82);
SET LOCAL opres.reason = 'a test';
SET search_path = public, opres;
SET LOCAL client_min_messages = error;

-- A playbook with one action; what is given replaces or adds members.
CREATE FUNCTION pg_temp.id(kind text, n int) RETURNS text LANGUAGE sql AS $$
  SELECT format('%s--00000000-0000-4000-8000-%s', kind, lpad(n::text, 12, '0')) $$;
CREATE FUNCTION pg_temp.pb(n int, modified text DEFAULT '2026-02-01T00:00:00.000Z', more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('type', 'playbook', 'spec_version', 'cacao-2.0', 'id', pg_temp.id('playbook', n), 'name', 'Playbook ' || n,
    'created_by', pg_temp.id('identity', 1), 'created', '2026-01-01T00:00:00.000Z', 'modified', modified,
    'workflow_start', pg_temp.id('start', 1),
    'workflow', jsonb_build_object(
      pg_temp.id('start', 1), jsonb_build_object('type', 'start', 'on_completion', pg_temp.id('action', 1)),
      pg_temp.id('action', 1), jsonb_build_object('type', 'action', 'name', 'Act', 'agent', pg_temp.id('group', 1), 'on_completion', pg_temp.id('end', 1),
        'commands', '[{"type": "manual", "command": "Act."}]'::jsonb),
      pg_temp.id('end', 1), '{"type": "end"}'::jsonb),
    'agent_definitions', jsonb_build_object(pg_temp.id('group', 1), '{"type": "group", "name": "CSIRT"}'::jsonb)) || more $$;
CREATE FUNCTION pg_temp.extended(members jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('playbook_extensions', jsonb_build_object('extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13', members)) $$;
-- A playbook that begins others, one after another.
CREATE FUNCTION pg_temp.nest(n int, inner_playbooks int[], modified text DEFAULT '2026-02-01T00:00:00.000Z', of_action jsonb DEFAULT '{}', more jsonb DEFAULT '{}')
RETURNS jsonb LANGUAGE sql AS $$
  SELECT pg_temp.pb(n, modified, more) || jsonb_build_object('workflow', jsonb_build_object(
      pg_temp.id('start', 1), jsonb_build_object('type', 'start', 'on_completion', pg_temp.id('playbook-action', 1)),
      pg_temp.id('end', 1), '{"type": "end"}'::jsonb)
    || (SELECT jsonb_object_agg(pg_temp.id('playbook-action', k::int), jsonb_build_object('type', 'playbook-action', 'playbook_id', pg_temp.id('playbook', p),
          'on_completion', CASE WHEN k = cardinality(inner_playbooks) THEN pg_temp.id('end', 1) ELSE pg_temp.id('playbook-action', k::int + 1) END) || of_action)
        FROM unnest(inner_playbooks) WITH ORDINALITY AS u (p, k))) $$;
CREATE FUNCTION pg_temp.said(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  message text; code text; detail text;
BEGIN
  EXECUTE query;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, code = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
  RETURN code || ' ' || message;
END $$;

-- Versions and bytes --------------------------------------------------------------------------------------------------------------
CREATE TEMP TABLE given AS SELECT jsonb_pretty(pg_temp.pb(1)) || E'\n \t\n' AS document;
SELECT is(load_playbook(document), pg_temp.id('playbook', 1), 'returns the id') FROM given;
SELECT is(playbook_document(pg_temp.id('playbook', 1)), document, 'kept byte for byte, white space too') FROM given;
SELECT is(load_playbook(document), pg_temp.id('playbook', 1), 'the same again') FROM given;
SELECT is(load_playbook(pg_temp.pb(1)), pg_temp.id('playbook', 1), 'the same as jsonb');
SELECT is(load_playbook(pg_temp.pb(1)::text), pg_temp.id('playbook', 1), 'the same in other bytes');
SELECT is(playbook_document(pg_temp.id('playbook', 1)), document, 'the first bytes are kept') FROM given;
SELECT is((SELECT count(*) FROM playbook), 1::bigint, 'one version');
SELECT is(load_playbook(NULL::text), NULL, 'NULL is nothing');
SELECT is(load_playbook(NULL::jsonb), NULL, 'NULL is nothing, as jsonb too');
SELECT is(pg_temp.said($$SELECT opres.load_playbook(pg_temp.pb(1) || '{"name": "Another"}')$$),
  '23505 playbook "playbook--00000000-0000-4000-8000-000000000001" of 2026-02-01T00:00:00.000Z is loaded already, with other content',
  'a version is never changed');
SELECT is(pg_temp.said($$SELECT opres.load_playbook(pg_temp.pb(1, '2026-02-01T09:00:00.000+09:00'))$$),
  '23505 playbook "playbook--00000000-0000-4000-8000-000000000001" of 2026-02-01T09:00:00.000+09:00 is loaded already, with other content',
  'the same moment in another zone is the same version');
SELECT is((SELECT octet_length(canonical_hash) FROM playbook), 32, 'a hash is kept');
SELECT lives_ok($$SELECT load_playbook(pg_temp.pb(1, '2026-03-01T00:00:00.000Z'), 'annual review')$$, 'a newer version, with a reason');
SELECT results_eq($$SELECT modified, newest, usable, steps FROM playbooks ORDER BY modified$$,
  $$VALUES ('2026-02-01Z'::timestamptz, false, true, 3), ('2026-03-01Z', true, true, 3)$$, 'both are there');
SELECT is(playbook_document(pg_temp.id('playbook', 1), '2026-02-01Z'), document, 'the older one is still to be had') FROM given;
SELECT is(playbook_document(pg_temp.id('playbook', 1))::jsonb ->> 'modified', '2026-03-01T00:00:00.000Z', 'the newer one is what one gets');
SELECT throws_ok($$SELECT playbook_document('playbook--x')$$, '42704', 'playbook "playbook--x" is not loaded', 'none');
SELECT throws_ok($$SELECT playbook_document(pg_temp.id('playbook', 1), '2026-02-02Z')$$, '42704', NULL, 'none of that version');
SELECT throws_ok($$SELECT playbook_document(NULL)$$, '42704', NULL, 'none');

-- Who may ------------------------------------------------------------------------------------------------------------------------
CREATE ROLE playbook_reader; CREATE ROLE playbook_planner; CREATE ROLE playbook_nobody;
SELECT grant_access('playbook_reader', 'reader'), grant_access('playbook_planner', 'planner');
SELECT results_eq($$SELECT r, has_function_privilege(r, f, 'EXECUTE') FROM unnest('{playbook_reader,playbook_planner,playbook_nobody}'::name[]) AS r,
    unnest('{"opres.load_playbook(text,text)","opres.load_playbook(jsonb,text)"}'::text[]) AS f ORDER BY 1, 2$$,
  $$VALUES ('playbook_nobody'::name, false), ('playbook_nobody', false), ('playbook_planner', true), ('playbook_planner', true),
           ('playbook_reader', false), ('playbook_reader', false)$$, 'planners load');
SET ROLE playbook_planner;
SELECT is(load_playbook((SELECT playbook_document(pg_temp.id('playbook', 1)))), pg_temp.id('playbook', 1), 'a planner loads and reads');
SELECT is((SELECT count(*) FROM playbook_steps(pg_temp.id('playbook', 1))), 3::bigint, 'and sees the steps');
SELECT is((SELECT count(*) FROM check_playbook('{}')), 9::bigint, 'and checks');
RESET ROLE;
SET ROLE playbook_nobody;
SELECT throws_ok($$SELECT * FROM opres.playbooks$$, '42501', NULL, 'nobody else reads');
RESET ROLE;

-- Finding ------------------------------------------------------------------------------------------------------------------------
SELECT lives_ok($$SELECT load_playbook(pg_temp.pb(2, more => pg_temp.extended('{"attack_type": "ransomware"}')))$$, 'one with an attack type');
SELECT is((SELECT count(*) FROM playbook_steps(s)), 3::bigint, 'found by ' || s)
FROM unnest(ARRAY[pg_temp.id('playbook', 2), 'ransomware', 'Playbook 2', pg_temp.id('playbook', 1) || '@2026-02-01T00:00:00.000Z',
  pg_temp.id('playbook', 1) || '@2026-02-01T09:00:00+09:00']) AS s;
SELECT is(pg_temp.said(format('SELECT * FROM opres.playbook_steps(%L)', s)), said, 'not found: ' || s) FROM (VALUES
  ('ransomwear', '42704 there is no playbook "ransomwear"'), ('', '42704 there is no playbook ""'),
  (pg_temp.id('playbook', 1) || '@2026-02-01T00:00:00.001Z', '42704 there is no playbook "playbook--00000000-0000-4000-8000-000000000001@2026-02-01T00:00:00.001Z"'),
  (pg_temp.id('playbook', 99), '42704 there is no playbook "playbook--00000000-0000-4000-8000-000000000099"')) AS v (s, said);
SELECT load_playbook(pg_temp.pb(3, more => pg_temp.extended('{"attack_type": "ransomware"}')));
SELECT is(pg_temp.said($$SELECT * FROM opres.playbook_steps('ransomware')$$), '42P08 more than one playbook is called "ransomware"', 'two of the same type');
SELECT load_playbook(pg_temp.pb(3, '2026-03-01T00:00:00.000Z', pg_temp.extended('{"attack_type": "ddos"}')));
SELECT is((SELECT count(*) FROM playbook_steps('ransomware')), 3::bigint, 'what only an old version is called, it is not called');

-- May a run begin ------------------------------------------------------------------------------------------------------------------
SELECT load_playbook(pg_temp.pb(4, more => '{"valid_from": "2999-01-01T00:00:00.000Z"}'));
SELECT load_playbook(pg_temp.pb(5, more => '{"valid_until": "2026-02-02T00:00:00.000Z"}'));
SELECT load_playbook(pg_temp.pb(6));
SELECT load_playbook(pg_temp.pb(6, '2026-02-02T00:00:00.000Z', '{"revoked": true}'));
SELECT load_playbook(pg_temp.pb(7, more => '{"revoked": true}'));
SELECT load_playbook(pg_temp.pb(7, '2026-02-02T00:00:00.000Z'));
SELECT results_eq($$SELECT id::text COLLATE "default", usable FROM playbooks WHERE id > pg_temp.id('playbook', 3) ORDER BY id, modified$$,
  $$SELECT pg_temp.id('playbook', n), u FROM (VALUES (4, false), (5, false), (6, false), (6, false), (7, false), (7, true)) AS v (n, u)$$,
  'not yet, no longer, revoked later, revoked before and valid again');
CREATE TEMP TABLE incident AS SELECT open_incident('x', 'ransomware', 50) AS id;
SELECT matches(pg_temp.said(format('SELECT opres.start_run((SELECT id FROM pg_temp.incident), %L)', pg_temp.id('playbook', n))), said, said) FROM (VALUES
  (4, '^55000 playbook .* is not valid before 2999-01-01'), (5, '^55000 playbook .* was valid until 2026-02-02'), (6, '^55000 playbook .* is revoked$'),
  (7, '^no error$')) AS v (n, said);

-- The order of steps -----------------------------------------------------------------------------------------------------------------
-- a -> b on success, -> c on failure, which goes on to b; b begins a parallel of two; the exception comes last.
SELECT load_playbook(pg_temp.pb(8) || jsonb_build_object('workflow_exception', pg_temp.id('action', 9), 'workflow', (
  SELECT jsonb_object_agg(id, (CASE WHEN id LIKE 'action%' THEN (pg_temp.pb(1) -> 'workflow' -> pg_temp.id('action', 1)) - 'on_completion' ELSE '{}' END) || step)
  FROM (VALUES (pg_temp.id('start', 1), jsonb_build_object('type', 'start', 'on_completion', pg_temp.id('action', 5))),
    (pg_temp.id('action', 5), jsonb_build_object('on_success', pg_temp.id('parallel', 1), 'on_failure', pg_temp.id('action', 4))),
    (pg_temp.id('action', 4), jsonb_build_object('on_completion', pg_temp.id('parallel', 1))),
    (pg_temp.id('parallel', 1), jsonb_build_object('type', 'parallel', 'next_steps', jsonb_build_array(pg_temp.id('action', 3), pg_temp.id('action', 2)),
      'on_completion', pg_temp.id('action', 1))),
    (pg_temp.id('action', 3), jsonb_build_object('on_completion', pg_temp.id('end', 3))), (pg_temp.id('end', 3), '{"type": "end"}'),
    (pg_temp.id('action', 2), jsonb_build_object('on_completion', pg_temp.id('end', 2))), (pg_temp.id('end', 2), '{"type": "end"}'),
    (pg_temp.id('action', 1), jsonb_build_object('on_completion', pg_temp.id('end', 1))), (pg_temp.id('end', 1), '{"type": "end"}'),
    (pg_temp.id('action', 9), jsonb_build_object('on_completion', pg_temp.id('end', 9))), (pg_temp.id('end', 9), '{"type": "end"}'),
    (pg_temp.id('end', 7), '{"type": "end"}')) AS v (id, step))));
SELECT results_eq($$SELECT "position", step, branches, on_success, on_failure FROM playbook_steps(pg_temp.id('playbook', 8))$$, $$VALUES
  (1, pg_temp.id('start', 1), '{}'::int[], 2, NULL::int), (2, pg_temp.id('action', 5), '{}', 4, 3), (3, pg_temp.id('action', 4), '{}', 4, NULL),
  (4, pg_temp.id('parallel', 1), '{5,7}', 9, NULL), (5, pg_temp.id('action', 3), '{}', 6, NULL), (6, pg_temp.id('end', 3), '{}', NULL, NULL),
  (7, pg_temp.id('action', 2), '{}', 8, NULL), (8, pg_temp.id('end', 2), '{}', NULL, NULL), (9, pg_temp.id('action', 1), '{}', 10, NULL),
  (10, pg_temp.id('end', 1), '{}', NULL, NULL), (11, pg_temp.id('action', 9), '{}', 12, NULL), (12, pg_temp.id('end', 9), '{}', NULL, NULL)$$,
  'a step comes after all that leads to it, branches in their order, the exception last, an end that nothing leads to not at all');

-- Playbooks inside -----------------------------------------------------------------------------------------------------------------
SELECT is((SELECT count(*) FROM check_playbook(pg_temp.nest(20, '{21}')) WHERE severity = 'warning' AND problem ~ 'is not loaded'), 1::bigint,
  'what it begins is not loaded yet: a warning');
SELECT load_playbook(pg_temp.nest(20, '{21,21}'));
SELECT is(pg_temp.said($$SELECT * FROM opres.playbook_steps(pg_temp.id('playbook', 20))$$),
  '42704 playbook "playbook--00000000-0000-4000-8000-000000000021" is not loaded', 'but it cannot be put together');
SELECT load_playbook(pg_temp.pb(21));
SELECT results_eq($$SELECT step, branches FROM playbook_steps(pg_temp.id('playbook', 20))$$, $$VALUES
  (pg_temp.id('start', 1), '{}'::int[]),
  (pg_temp.id('playbook-action', 1), '{3}'), (pg_temp.id('playbook-action', 1) || '/' || pg_temp.id('action', 1), '{}'),
  (pg_temp.id('playbook-action', 1) || '/' || pg_temp.id('end', 1), '{}'),
  (pg_temp.id('playbook-action', 2), '{6}'), (pg_temp.id('playbook-action', 2) || '/' || pg_temp.id('action', 1), '{}'),
  (pg_temp.id('playbook-action', 2) || '/' || pg_temp.id('end', 1), '{}'), (pg_temp.id('end', 1), '{}')$$,
  'twice the same playbook, each in its place, without its start');
SELECT matches(pg_temp.said($$SELECT opres.load_playbook(pg_temp.nest(22, '{22}'))$$), 'the playbook would begin itself: .*022, .*022$', 'not itself');
SELECT matches(pg_temp.said($$SELECT opres.load_playbook(pg_temp.nest(21, '{20}', '2026-03-01T00:00:00.000Z'))$$),
  'the playbook would begin itself: .*021, .*020, .*021$', 'not one that begins it');
SELECT load_playbook(pg_temp.nest(n, ARRAY[n - 1])) FROM generate_series(31, 37) AS n;
SELECT load_playbook(pg_temp.pb(30));
SELECT is((SELECT count(*) FROM playbook_steps(pg_temp.id('playbook', 37))), 17::bigint, 'eight playbooks within one another');
SELECT matches(pg_temp.said($$SELECT opres.load_playbook(pg_temp.nest(38, '{37}'))$$), '^54000 .* more than 8 playbooks within one another', 'nine are too many');
SELECT load_playbook(pg_temp.nest(40, '{21}', of_action => '{"playbook_version": "2026-02-01T00:00:00.000Z"}'));
SELECT load_playbook(pg_temp.pb(21, '2026-04-01T00:00:00.000Z') || jsonb_build_object('workflow', (pg_temp.pb(1) -> 'workflow') || jsonb_build_object(
  pg_temp.id('action', 1), (pg_temp.pb(1) -> 'workflow' -> pg_temp.id('action', 1)) || '{"name": "Act otherwise"}')));
SELECT results_eq($$SELECT n, name FROM unnest('{20,40}'::int[]) AS n, playbook_steps(pg_temp.id('playbook', n)) WHERE type = 'action' ORDER BY 1$$,
  $$VALUES (20, 'Act otherwise'), (20, 'Act otherwise'), (40, 'Act')$$, 'the newest version, unless one is asked for');
SELECT is((SELECT string_agg(problem, ' ') FROM check_playbook(pg_temp.nest(41, '{21}', of_action => '{"playbook_version": "2026-02-01T00:00:00.001Z"}'))),
  'The playbook playbook--00000000-0000-4000-8000-000000000021 is not loaded.', 'of that version none is loaded');
-- Both in one playbook, and in a run of it: each its own
SELECT load_playbook(jsonb_set(pg_temp.nest(42, '{21,21}'), ARRAY['workflow', pg_temp.id('playbook-action', 1), 'playbook_version'], '"2026-02-01T00:00:00.000Z"'));
SELECT open_incident('A test', 'test', 1) AS incident \gset
SELECT start_run(:incident, pg_temp.id('playbook', 42)) AS run \gset
SELECT is((SELECT name FROM opres.todo(:run)), 'Act', 'the version asked for');
SELECT advance(:run, (SELECT step FROM opres.todo(:run)), 'success');
SELECT is((SELECT name FROM opres.todo(:run)), 'Act otherwise', 'and the newest, where none is');
SELECT is((SELECT role FROM opres.todo(:run)), 'CSIRT', 'an agent without a role is called by its name');
-- 100 placements of 101 steps each
SELECT load_playbook(pg_temp.pb(50) || jsonb_build_object('workflow', (SELECT jsonb_build_object(pg_temp.id('start', 1),
    jsonb_build_object('type', 'start', 'on_completion', pg_temp.id('action', 1)), pg_temp.id('end', 1), '{"type": "end"}'::jsonb)
  || jsonb_object_agg(pg_temp.id('action', n), (pg_temp.pb(1) -> 'workflow' -> pg_temp.id('action', 1))
    || jsonb_build_object('on_completion', CASE n WHEN 100 THEN pg_temp.id('end', 1) ELSE pg_temp.id('action', n + 1) END)) FROM generate_series(1, 100) AS n)));
SELECT lives_ok($$SELECT load_playbook(pg_temp.nest(51, (SELECT array_agg(50) FROM generate_series(1, 90))))$$, '9272 steps');
SELECT matches(pg_temp.said($$SELECT opres.load_playbook(pg_temp.nest(52, (SELECT array_agg(50) FROM generate_series(1, 100))))$$),
  '^54000 .* which is more than 10000$', 'too many steps');

-- Variables handed over
CREATE FUNCTION pg_temp.variables(of_x jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('playbook_variables', jsonb_build_object('__x__', of_x)) $$;
SELECT load_playbook(pg_temp.pb(60, more => pg_temp.variables('{"type": "integer", "external": true}')));
SELECT is(pg_temp.said(format('SELECT opres.load_playbook(pg_temp.nest(61, ''{60}'', of_action => %L, more => %L))', of_action, more)), said, 'handed over: ' || said)
FROM (VALUES
  ('{"in_args": ["__x__"], "out_args": ["__x__"]}', pg_temp.variables('{"type": "string"}'),
    '23514 $.workflow."playbook-action--00000000-0000-4000-8000-000000000001".in_args[0]: __x__ is of another type in the playbook playbook--00000000-0000-4000-8000-000000000060'),
  ('{"out_args": ["__x__"]}', pg_temp.variables('{"type": "integer", "constant": true, "value": "1"}'),
    '23514 $.workflow."playbook-action--00000000-0000-4000-8000-000000000001".out_args[0]: __x__ is a constant: nothing can be stored in it'),
  ('{"in_args": ["__y__"]}', '{"playbook_variables": {"__y__": {"type": "bool"}}}',
    '23514 $.workflow."playbook-action--00000000-0000-4000-8000-000000000001".in_args[0]: the playbook playbook--00000000-0000-4000-8000-000000000060 has no variable __y__'),
  ('{"in_args": ["__x__"], "out_args": ["__x__"]}', pg_temp.variables('{"type": "integer"}'), 'no error')) AS v (of_action, more, said);
SELECT load_playbook(pg_temp.pb(60, '2026-05-01T00:00:00.000Z', pg_temp.variables('{"type": "integer"}')));
SELECT matches(pg_temp.said($$SELECT opres.load_playbook(pg_temp.nest(62, '{60}', of_action => '{"in_args": ["__x__"]}', more => pg_temp.variables('{"type": "integer"}')))$$),
  'where it is no external variable$', 'given to a variable that is not external');

-- Signatures -------------------------------------------------------------------------------------------------------------------------
-- Not to be checked, for the algorithm is unknown: that is no matter here (test/server/playbook_signatures.py).
CREATE FUNCTION pg_temp.signed(VARIADIC signees text[]) RETURNS jsonb LANGUAGE sql AS $$
  SELECT pg_temp.pb(70) || jsonb_build_object('signatures', (SELECT jsonb_agg(jsonb_build_object('type', 'jss', 'id', pg_temp.id('jss', 1), 'signee', s,
    'created', '2026-02-01T00:00:00.000Z', 'modified', '2026-02-01T00:00:00.000Z', 'related_to', pg_temp.id('playbook', 70),
    'related_version', '2026-02-01T00:00:00.000Z', 'hash_algorithm', 'sha-256', 'algorithm', 'LMS_SHA256_M32_H5', 'value', 'x')) FROM unnest(signees) AS s)) $$;
SELECT load_playbook(pg_temp.pb(70));
SELECT is(load_playbook(pg_temp.signed('a')), pg_temp.id('playbook', 70), 'a signature is added');
SELECT is(playbook_document(pg_temp.id('playbook', 70))::jsonb, pg_temp.signed('a'), 'the signed document is kept now');
SELECT is((SELECT jsonb_array_length(signatures) FROM playbooks WHERE id = pg_temp.id('playbook', 70)), 1, 'what was found of it too');
SELECT is(load_playbook(pg_temp.pb(70)), pg_temp.id('playbook', 70), 'the document without it is the same version');
SELECT is(playbook_document(pg_temp.id('playbook', 70))::jsonb, pg_temp.signed('a'), 'and takes no signature away');
SELECT is(pg_temp.said($$SELECT opres.load_playbook(pg_temp.signed('b'))$$), '23505 playbook "playbook--00000000-0000-4000-8000-000000000070" of '
  '2026-02-01T00:00:00.000Z lacks signatures that it has been loaded with', 'nor does one that was signed elsewhere');
SELECT lives_ok($$SELECT load_playbook(pg_temp.signed('b', 'a'))$$, 'signed by both');
SELECT is(playbook_document(pg_temp.id('playbook', 70))::jsonb, pg_temp.signed('b', 'a'), 'by both');

-- Looking for what to do with what is said of a step: codes, languages
SELECT lives_ok($$SELECT load_playbook(replace(pg_temp.pb(80)::text, '"name": "Act"', '"name": "Act", "step_extensions": {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13":
  {"code": "A-1", "phase": "analysis", "mandatory": false, "texts": {"ja": {"name": "実施"}}}}'))$$, 'with a code');
SELECT load_playbook(replace(pg_temp.nest(81, '{80}')::text, '"type": "playbook-action"', '"type": "playbook-action", "step_extensions":
  {"extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13": {"code": "P"}}'));
SELECT results_eq($$SELECT code, phase, name, mandatory FROM playbook_steps(pg_temp.id('playbook', 81), 'ja') WHERE type = 'action'$$,
  $$VALUES ('P/A-1', 'analysis', '実施', false)$$, 'codes stand behind that of the playbook action; in Japanese');
SELECT is((SELECT name FROM playbook_steps(pg_temp.id('playbook', 80)) WHERE type = 'action'), 'Act', 'in English');

-- The step a person means --------------------------------------------------------------------------------------------------------------
SELECT load_playbook(replace(replace((playbook_document(pg_temp.id('playbook', 80)))::text, 'playbook--0', 'playbook--9'), 'action--00000000', 'action--abcdef12'));
CREATE TEMP TABLE run AS SELECT start_run((SELECT id FROM incident), replace(pg_temp.id('playbook', 80), '--0', '--9')) AS id;
SELECT is(step_name((SELECT id FROM pg_temp.run), s), 'A-1 Act', 'the step ' || s)
FROM unnest('{A-1,action--abcdef12-0000-4000-8000-000000000001,action--abcdef12,abcdef12,abcdef12-0000}'::text[]) AS s;
SELECT is(pg_temp.said(format('SELECT opres.step_name((SELECT id FROM pg_temp.run), %L)', s)), said, 'not a step: ' || s) FROM (VALUES
  ('abcdef1', '42704 there is no step "abcdef1"'), ('action--', '42704 there is no step "action--"'), ('A-2', '42704 there is no step "A-2"'),
  ('', '42704 there is no step ""'), ('00000000', '42P08 more than one step begins with "00000000"')) AS v (s, said);

SELECT * FROM finish();
ROLLBACK;

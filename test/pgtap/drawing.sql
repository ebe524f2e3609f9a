-- map_dot without dot: what the function declares, who may call it, states worked out by hand, groups, links and addresses. What
-- needs dot or several transactions is in test/server/drawing_*.py.
BEGIN;
SELECT plan(53);
SET LOCAL opres.reason = 'a test';
SET LOCAL search_path = public, opres;
SET LOCAL client_min_messages = warning;

CREATE FUNCTION pg_temp.load(requirements jsonb, shocks jsonb, tolerances jsonb DEFAULT '[]') RETURNS void LANGUAGE sql AS $$
  SELECT opres.load_map(jsonb_build_object(
    'nodes', (SELECT jsonb_agg(jsonb_build_object('code', code, 'kind', CASE left(code, 2)
        WHEN 'op' THEN 'operation' WHEN 'pr' THEN 'process' WHEN 'pp' THEN 'people' WHEN 'fa' THEN 'facility' ELSE 'system' END))
      FROM (SELECT r->>'node' FROM jsonb_array_elements(requirements) AS r
            UNION SELECT m->>'node' FROM jsonb_array_elements(requirements) AS r, jsonb_array_elements(r->'members') AS m
            UNION SELECT s->>'node' FROM jsonb_array_elements(shocks) AS s) AS codes (code)),
    'requirements', requirements, 'tolerances', tolerances,
    'scenarios', CASE WHEN shocks = '[]' THEN '[]' ELSE jsonb_build_array(jsonb_build_object('code', 's', 'shocks',
      (SELECT jsonb_agg(s || jsonb_build_object('code', n::text)) FROM jsonb_array_elements(shocks) WITH ORDINALITY AS t (s, n)))) END))
$$;
CREATE FUNCTION pg_temp.members(VARIADIC codes text[]) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_build_object('node', rtrim(code, '*')) || CASE WHEN code LIKE '%*' THEN '{"standby": true}' ELSE '{}' END::jsonb)
  FROM unnest(codes) AS code
$$;
CREATE FUNCTION pg_temp.need(node text, name text, members jsonb, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('node', node, 'name', name, 'members', members) || more
$$;
-- The classes of a node or edge, by its id.
CREATE FUNCTION pg_temp.class(dot text, id text) RETURNS text LANGUAGE sql AS $$
  SELECT trim('"' FROM substring(block FROM 'class=("[^"]*"|[^,\]]*)'))
  FROM regexp_split_to_table(dot, ';\n') AS block WHERE block ~ ('id="' || regexp_replace(id, '[.+]', '\\\&', 'g') || '"')
$$;

-- What it declares -------------------------------------------------------------------------------------------------------------
SELECT volatility_is('opres', 'map_dot', 'stable', 'map_dot reads only');
SELECT is(proparallel::text, 's', 'map_dot may run in a parallel worker') FROM pg_proc WHERE proname = 'map_dot';
SELECT isnt(prosecdef, true, 'map_dot has the rights of its caller') FROM pg_proc WHERE proname = 'map_dot';
SELECT matches(obj_description(oid, 'pg_proc'), 'opres.max_drawn_nodes', 'the comment names the caps') FROM pg_proc WHERE proname = 'map_dot';
-- (Settings are there once the library is loaded, which the first call of a C function does.)
SELECT ok(opres.is_code('a'), 'the library is loaded');
SELECT is((SELECT setting FROM pg_settings WHERE name = 'opres.max_drawn_nodes'), '1000', 'opres.max_drawn_nodes');
SELECT is((SELECT setting FROM pg_settings WHERE name = 'opres.max_drawn_edges'), '5000', 'opres.max_drawn_edges');

-- Who may --------------------------------------------------------------------------------------------------------------------
CREATE ROLE drawing_nobody;
CREATE ROLE drawing_reader;
SELECT opres.grant_access('drawing_reader', 'reader');
SELECT pg_temp.load(jsonb_build_array(pg_temp.need('op', 'all', pg_temp.members('a'))), '[]');
SELECT is(has_function_privilege('drawing_nobody', 'opres.map_dot(text, text, text, text, bigint, text, int, int)', 'EXECUTE'), false,
  'nobody draws without being granted to');
SET LOCAL ROLE drawing_reader;
SELECT matches(opres.map_dot(), '^strict digraph', 'a reader draws');
RESET ROLE;
REVOKE SELECT ON opres.tolerance FROM drawing_reader;
SET LOCAL ROLE drawing_reader;
SELECT throws_ok('SELECT opres.map_dot()', '42501', NULL, 'one map table that must not be read is enough to refuse');
RESET ROLE;

-- States by hand -----------------------------------------------------------------------------------------------------------------
-- 2 of 3, one lost: the group and what rests on it have nothing to spare.
SELECT pg_temp.load(jsonb_build_array(
  pg_temp.need('op', 'process', pg_temp.members('pr')), pg_temp.need('pr', 'hub', pg_temp.members('a', 'b', 'c'), '{"needed": 2}'),
  pg_temp.need('op2', 'more', pg_temp.members('d', 'e', 'f'), '{"needed": 1}')), '[{"node": "a"}, {"node": "d"}]');
CREATE TEMP TABLE drawing AS SELECT opres.map_dot(scenario => 's') AS dot;
SELECT is(pg_temp.class(dot, 'group-a'), 'system group at_risk', '2 of 3 with one lost') FROM drawing;
SELECT is(pg_temp.class(dot, 'node-pr'), 'process at_risk', 'what needs it') FROM drawing;
SELECT is(pg_temp.class(dot, 'node-op'), 'operation at_risk', 'and what needs that') FROM drawing;
SELECT is(pg_temp.class(dot, 'group-d'), 'system group untouched', '1 of 3 with one lost has one to spare') FROM drawing;
SELECT is(pg_temp.class(dot, 'node-op2'), 'operation untouched', 'and so has what needs it') FROM drawing;
SELECT matches(dot, 'BGCOLOR="#A4133C"[^>]*ID="cell-a"', 'the lost member is red') FROM drawing;
SELECT matches(dot, '2 of 3 needed 3つ中2つで継続', 'what it takes to go on') FROM drawing;
SELECT matches(dot, '! pr', 'the sign of a risk') FROM drawing;
SELECT matches(dot, 'No operation is affected|without reserve', 'the verdict') FROM drawing;

-- A standby that takes over after ten minutes: down until then, and nothing to spare afterwards. A loss within the buffer.
SELECT pg_temp.load(jsonb_build_array(
  pg_temp.need('op', 'core', pg_temp.members('core')),
  pg_temp.need('core', 'site', pg_temp.members('a', 'b*'), '{"switchover": "10 min"}'),
  pg_temp.need('op2', 'power', pg_temp.members('grid'), '{"buffer": "2h"}'),
  pg_temp.need('op3', 'half', pg_temp.members('g'), '{"impact": 0.3}'),
  pg_temp.need('op4', 'restart', pg_temp.members('g'), '{"needed_for": "start"}')),
  '[{"node": "a", "duration": "1h"}, {"node": "grid", "duration": "1h"}, {"node": "g", "duration": "1h"}]',
  '[{"operation": "op", "tolerance": "100% within 5min"}, {"operation": "op2", "tolerance": "100% within 1h"},
    {"operation": "op3", "tolerance": "100% within 90min"}]');
UPDATE drawing SET dot = opres.map_dot(scenario => 's');
SELECT is(pg_temp.class(dot, 'group-core'), 'system group failed spof', 'members go into the node they make up, which is down while they switch')
  FROM drawing;
SELECT is(pg_temp.class(dot, 'node-op'), 'operation failed', 'so is what needs it') FROM drawing;
SELECT matches(dot, '✕ op<', 'the sign of a failure') FROM drawing;
SELECT is(pg_temp.class(dot, 'node-op2'), 'operation at_risk', 'living on a buffer is a risk') FROM drawing;
SELECT is(pg_temp.class(dot, 'node-op3'), 'operation degraded', 'a loss of 30 %') FROM drawing;
SELECT matches(dot, '▲ op3<', 'the sign of a degraded node') FROM drawing;
SELECT is(pg_temp.class(dot, 'node-op4'), 'operation untouched', 'what is needed to restart alone is not missed') FROM drawing;
SELECT is(pg_temp.class(dot, 'edge-op4:20g'), 'restart', 'a link needed to restart') FROM drawing;
SELECT is(pg_temp.class(dot, 'edge-op3:20g'), 'redundant', 'a link whose loss costs less than half') FROM drawing;
SELECT is(pg_temp.class(dot, 'edge-op:20core'), 'needs binding', 'the path that decides') FROM drawing;
SELECT matches(dot, 'switchover 切替 10 min', 'how long the standby takes') FROM drawing;
SELECT matches(dot, 'STYLE="DASHED" ID="cell-b"', 'a standby has a dashed frame') FROM drawing;
SELECT matches(dot, '1 of 4 operations exceeds its tolerance \(1 stop, 1 degrade, 1 without reserve\)', 'the verdict counts') FROM drawing;
SELECT matches(opres.map_dot('op', scenario => 's'), 'Recovery 10 min against a tolerance of 5 min: 5 min over', 'the verdict of one operation');
SELECT matches(opres.map_dot('op', scenario => 's', lang => 'ja'), '耐性度5分に対し復旧見込10分：5分超過', 'the same in Japanese');
SELECT matches(opres.map_dot('op2', scenario => 's'), 'All operations stay within tolerance', 'one operation that stays within');
UPDATE drawing SET dot = opres.map_dot(view => 'summary', scenario => 's');
SELECT is(pg_temp.class(dot, 'card-op'), 'card over spof', 'a card over tolerance') FROM drawing;
SELECT is(pg_temp.class(dot, 'card-op2'), 'card within spof', 'a card within') FROM drawing;
SELECT is(pg_temp.class(dot, 'card-op3'), 'card narrow', 'a card with little margin') FROM drawing;
SELECT is(pg_temp.class(dot, 'card-op4'), 'card no_tolerance', 'a card without tolerance') FROM drawing;
SELECT ok(position('card-op"' IN dot) < position('card-op3"' IN dot) AND position('card-op3"' IN dot) < position('card-op4"' IN dot)
  AND position('card-op4"' IN dot) < position('card-op2"' IN dot), 'worst first') FROM drawing;

-- An outage that outlasts the horizon, and a cut-off without a clock.
SELECT pg_temp.load(jsonb_build_array(pg_temp.need('op', 'a', pg_temp.members('a')), pg_temp.need('op2', 'a', pg_temp.members('a'))),
  '[{"node": "a"}]', '[{"operation": "op", "tolerance": "100% within 1d"}, {"operation": "op2", "tolerance": "100% by 15:00 Asia/Tokyo"}]');
UPDATE drawing SET dot = opres.map_dot(view => 'summary', scenario => 's');
SELECT matches(dot, 'not within 30 days', 'not back before the horizon') FROM drawing;
SELECT is(pg_temp.class(dot, 'card-op2'), 'card undecided spof', 'a cut-off without a clock decides nothing') FROM drawing;

-- Groups -------------------------------------------------------------------------------------------------------------------------
SELECT pg_temp.load(jsonb_build_array(
  pg_temp.need('op', 'all of them', pg_temp.members('a', 'b')),
  pg_temp.need('op', 'used elsewhere', pg_temp.members('c', 'd'), '{"needed": 1}'), pg_temp.need('op2', 'alone', pg_temp.members('d')),
  pg_temp.need('op', 'of two kinds', pg_temp.members('e', 'fac'), '{"needed": 1}'),
  pg_temp.need('op', 'clerks', (SELECT jsonb_agg(jsonb_build_object('node', 'pp' || lpad(i::text, 2, '0'), 'capacity', i)) FROM generate_series(1, 30) AS i),
    '{"mode": "pool", "needed": 100}'),
  pg_temp.need('op2', 'clerks', (SELECT jsonb_agg(jsonb_build_object('node', 'pp' || lpad(i::text, 2, '0'), 'capacity', i)) FROM generate_series(1, 30) AS i),
    '{"mode": "pool", "needed": 250.5}'),
  pg_temp.need('op2', 'twice', pg_temp.members('d', 'a'), '{"needed": 2}')), '[]');
UPDATE drawing SET dot = opres.map_dot();
SELECT is(array_agg(m[1] ORDER BY m[1]), '{group-pp01}', 'only members that are redundant, alike and never used apart are one node')
  FROM drawing, regexp_matches(dot, 'id="(group-[^"]*)"', 'g') AS m;
SELECT matches(dot, '100–250.5 of 465 needed', 'a pool asked for different amounts') FROM drawing;
SELECT matches(dot, '>\+19<', 'more members than fit are counted') FROM drawing;
SELECT is((SELECT count(*) FROM regexp_matches(dot, 'ID="cell-', 'g')), 11::bigint, 'and the others drawn') FROM drawing;
SELECT is((SELECT count(*) FROM regexp_matches(dot, 'id="edge-op2:20d"', 'g')), 1::bigint, 'two requirements, one line') FROM drawing;

-- Addresses and names --------------------------------------------------------------------------------------------------------------
UPDATE opres.node SET attributes = jsonb_build_object('url', v.url)
FROM (VALUES ('a', 'https://wiki.example.com/a?x=1&y=%20#top'), ('b', 'http://wiki.example.com'), ('c', 'javascript:alert(1)'),
  ('d', 'https://x/"><script>'), ('e', 'https://')) AS v (code, url) WHERE node.code = v.code;
SELECT results_eq($$SELECT m[1] FROM regexp_matches(opres.map_dot(), '\thref="([^"]*)"', 'g') AS m$$,
  $$VALUES ('https://wiki.example.com/a?x=1&amp;y=%20#top')$$, 'only plain https addresses become links');
UPDATE opres.node SET name = 'Name', names = '{"ja": "名前"}' WHERE code = 'a';
UPDATE opres.node SET name = NULL, names = '{"ja": "和名"}' WHERE code = 'b';
UPDATE opres.node SET name = 'Same', names = '{"ja": "Same"}' WHERE code = 'c';
UPDATE opres.node SET name = NULL, names = '{"en": "From names"}' WHERE code = 'e';
UPDATE drawing SET dot = opres.map_dot(lang => 'ja');
SELECT matches(dot, '<B>名前</B>.*?COLOR="#444444">Name<', 'the asked language bold, the other grey') FROM drawing;
SELECT matches(dot, '<B>和名</B></FONT></TD></TR><TR><TD BGCOLOR="#A4133C"', 'one language is enough') FROM drawing;
SELECT is((SELECT count(*) FROM regexp_matches(dot, '>Same<', 'g')), 1::bigint, 'nothing is said twice') FROM drawing;
SELECT matches(dot, '<B>From names</B>', 'names.en stands in for name') FROM drawing;
SELECT matches(dot, '<B>d</B>', 'the code stands in for both') FROM drawing;
SELECT * FROM finish();
ROLLBACK;

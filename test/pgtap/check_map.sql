-- check_map: what each finding takes and what it leaves alone, at the edges. (What it says of it: sql/check_map.sql.)
BEGIN;
SELECT plan(46);
SET search_path = public, opres;
SET LOCAL client_min_messages = warning;

SELECT is_empty($$SELECT finding FROM finding_texts() GROUP BY finding
  HAVING array_agg(lang ORDER BY lang) <> '{en,ja}' OR count(DISTINCT severity) <> 1$$, 'every finding once in each language, of one severity');
SELECT ok(bool_and(severity IN ('error', 'warning', 'note') AND problem <> '' AND advice <> ''), 'with text') FROM finding_texts();

-- Loads a map of few words: nodes [code, kind, more], the rest as in a document. Says what is found, least things left out.
CREATE FUNCTION pg_temp.found(nodes jsonb, requirements jsonb, tolerances text[] DEFAULT '{}', more jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM opres.load_map(jsonb_build_object(
    'nodes', (SELECT jsonb_agg(jsonb_build_object('code', n->0, 'kind', n->1) || coalesce(n->2, '{}')) FROM jsonb_array_elements(nodes) AS n),
    'requirements', (SELECT jsonb_agg(jsonb_build_object('node', r->0, 'members',
      (SELECT jsonb_agg(CASE jsonb_typeof(m) WHEN 'string' THEN jsonb_build_object('node', m) ELSE m END) FROM jsonb_array_elements(r->1) AS m))
      || coalesce(r->2, '{}')) FROM jsonb_array_elements(requirements) AS r),
    'tolerances', (SELECT jsonb_agg(jsonb_build_object('operation', 'op', 'tolerance', t)) FROM unnest(tolerances) AS t)) || more);
  RETURN coalesce((
    SELECT string_agg(concat_ws(' ', finding, '|', subject, '|', array_to_string(arguments || ARRAY(SELECT duration_text(least(d, '36500 days')) FROM unnest(durations) AS d), ', ')), E'\n' ORDER BY finding COLLATE "C", subject COLLATE "C")
    FROM opres.map_findings(NULL)
    WHERE finding NOT IN ('never_reviewed', 'needs_nothing', 'nobody_needs', 'operation_without_tolerance')), '');
END
$$;
CREATE FUNCTION pg_temp.found(nodes text, requirements text, tolerances text[] DEFAULT '{}', more text DEFAULT '{}') RETURNS text
LANGUAGE sql AS 'SELECT pg_temp.found(nodes::jsonb, requirements::jsonb, tolerances, more::jsonb)';

-- A standby that shares every supplier with what it stands in for -----------------------------------------------------------------
\set nodes '[["x","system"],["a","system"],["a2","system"],["s","system"],["east","facility"],["west","facility"],["rack","facility"],["row","facility"]]'
\set pair '["x",["a",{"node":"s","standby":true}],{"name":"r"}]'
\set shares 'standby_shares_suppliers | member x / r / s | '
SELECT is(pg_temp.found(:'nodes', '[' || :'pair' || ', ["a",["east","west"]], ["s",["east"]]]'), :'shares' || 'a, east', 'its only supplier is one of the active member''s');
SELECT is(pg_temp.found(:'nodes', '[' || :'pair' || ', ["a",["east"]], ["s",["east","west"]]]'), '', 'it has one of its own');
SELECT is(pg_temp.found(:'nodes', '[' || :'pair' || ', ["a",["rack"]], ["rack",["east"]], ["s",["east"]]]'), :'shares' || 'a, east', 'shared by way of one more node');
SELECT is(pg_temp.found(:'nodes', '[' || :'pair' || ', ["a",["row"]], ["row",["rack"]], ["rack",["east"]], ["s",["east"]]]'), '', 'by way of two it is not looked for');
SELECT is(pg_temp.found(:'nodes', '[' || :'pair' || ', ["a",["east"]], ["s",["a"]]]'), :'shares' || 'a, a', 'it needs the active member itself');
SELECT is(pg_temp.found(:'nodes', '[' || :'pair' || ', ["a",["east"]]]'), '', 'it needs nothing');
SELECT is(pg_temp.found(:'nodes', '[' || :'pair' || ', ["s",["east"]]]'), '', 'the active member needs nothing');
SELECT is(pg_temp.found(:'nodes', '[["x",["a","a2",{"node":"s","standby":true}],{"name":"r"}], ["a",["east"]], ["a2",["west"]], ["s",["east"]]]'), '', 'shared with one of two active members');
SELECT is(pg_temp.found(:'nodes', '[["x",["a","a2",{"node":"s","standby":true}],{"name":"r"}], ["a",["east"]], ["a2",["west","east"]], ["s",["east"]]]'),
  :'shares' || 'a, a2, east', 'shared with both');
SELECT is(pg_temp.found(:'nodes', '[' || :'pair' || ', ["a",["east"]], ["s",["east"],{"needed_for":"start"}]]'), :'shares' || 'a, east', 'what is needed for the start counts');

-- What an operation stands and falls with -------------------------------------------------------------------------------------------
\set nodes '[["op","operation",{"restart":"30min"}],["p","process",{"restart":"30min"}],["a","system",{"restart":"30min"}],["b","system"],["c","system"],["d","system",{"restart":"1d"}],["e","system",{"restart":"2d"}]]'
\set late 'restart_over_tolerance | tolerance op / 100% within 1h | a, , 1h 30min, 0, 1h 30min, 1h'
SELECT is(pg_temp.found(:'nodes', '[["op",["p"]],["p",["a"]]]', '{100% within 1h}'), :'late', 'restarts add up along the way');
SELECT is(pg_temp.found(:'nodes', '[["op",["p"]],["p",["a"]]]', '{100% within 90min}'), '', 'just in time');
SELECT is(pg_temp.found(:'nodes', '[["op",["p"]],["p",["a"]]]', '{1h in total per 7d below 80%}'),
  'restart_over_tolerance | tolerance op / 1h in total per 7d below 80% | a, , 1h 30min, 0, 1h 30min, 1h', 'a total as well');
SELECT is(pg_temp.found(:'nodes', '[["op",["p"]],["p",["a"]]]', '{data loss 1h,100% by 15:30 UTC}'), '', 'not so the other forms');
SELECT is(pg_temp.found(:'nodes', '[["op",["p"]],["p",["a"],' || option || ']]', '{100% within 1h}'), '', 'nothing is sure with ' || option)
FROM unnest(ARRAY['{"buffer":"1min"}', '{"impact":0.9}', '{"needed_for":"start"}']) AS option;
SELECT is(pg_temp.found(:'nodes', '[["op",["p"]],["p",' || members || ']]', '{100% within 1h}'), expected, 'members: ' || members)
FROM (VALUES ('["a","b"]', :'late'), ('["a","b"],{"needed":2}', :'late'), ('["a","b"],{"needed":1}', ''), ('["a",{"node":"b","standby":true}]', ''),
  ('["a","b"],{"mode":"pool"}', ''), ('["a"],{"mode":"pool"}', :'late')) AS v (members, expected);
SELECT is(pg_temp.found(:'nodes', '[["op",["p"]],["p",["b"]],["b",["c"]],["c",["d"]],["d",["e"]]]', '{100% within 2h}'),
  'restart_over_tolerance | tolerance op / 100% within 2h | d, , 1d 1h, 0, 1d 1h, 2h', 'four steps, no further');
SELECT is(pg_temp.found(:'nodes', '[["op",["p"]],["p",["b"]],["b",["p"],{"impact":0.5}]]', '{100% within 2h}'), '', 'cycles end');
SELECT is(pg_temp.found('[["op","operation"],["a","system",{"restart":"36500d"}],["b","system",{"restart":"36500d"}]]', '[["op",["a"]],["a",["b"]]]', '{100% within 2h}'),
  'restart_over_tolerance | tolerance op / 100% within 2h | b,  (+1), 36500d, 0, 36500d, 2h', 'a sum that is longer than a duration can be');

-- Switchovers
\set nodes '[["op","operation",{"restart":"30min"}],["a","system"],["s","system"]]'
SELECT is(pg_temp.found(:'nodes', '[["op",["a",{"node":"s","standby":true}],{"name":"r","switchover":"1h",' || options || '}]]', ARRAY[tolerance]),
  CASE WHEN arguments <> '' THEN format('switchover_over_tolerance | tolerance op / %s | op / r, , %s', tolerance::impact_tolerance, arguments) ELSE '' END, options || ', ' || tolerance)
FROM (VALUES
  ('"buffer":"0"', '100% within 80min', '1h 30min, 1h, 30min, 1h 20min'),
  ('"buffer":"0"', '100% within 90min', ''),
  ('"buffer":"5min"', '100% within 80min', '1h 25min, 55min, 30min, 1h 20min'),
  ('"buffer":"1h"', '100% within 40min', ''),
  ('"impact":0.5', '50% within 1h', ''),
  ('"impact":0.5', '51% within 1h', '1h 30min, 1h, 30min, 1h'),
  ('"needed_for":"start"', '100% within 1h', '')) AS v (options, tolerance, arguments);

-- RTO, RPO, MTPD
SELECT is(pg_temp.found('[["op","operation",{"rto":"4h","restart":"1h"}],["a","system",{"rto":"2h","rpo":"1h"}]]', '[["op",["a"]]]', tolerances), expected, tolerances::text)
FROM (VALUES
  ('{100% within 4h}'::text[], ''),
  ('{100% within 3h}', 'rto_over_tolerance | tolerance op / 100% within 3h | op, , 4h, 4h, 0, 3h'),
  ('{50% within 3h,100% within 4h}', ''),
  ('{100% within 150min}', 'rto_over_tolerance | tolerance op / 100% within 2h 30min | op,  (+1), 4h, 4h, 0, 2h 30min'),
  ('{50% within 150min,100% within 4h}', 'rto_over_tolerance | tolerance op / 50% within 2h 30min | a, , 3h, 2h, 1h, 2h 30min'),
  ('{data loss 1h}', ''),
  ('{data loss 59min}', 'rpo_over_tolerance | tolerance op / data loss 59min | a, , 1h, 1h, 0, 59min')) AS v (tolerances, expected);
SELECT is(pg_temp.found('[["op","operation",{"mtpd":"1d","rto":"25h"}]]', '[]', '{50% within 24h,90% within 3d}'),
  E'rto_over_mtpd | node op | 1d 1h, 1d', 'the MTPD against the RTO; of the tolerances, the lowest level counts');
SELECT is(pg_temp.found('[["op","operation",{"mtpd":"1d","rto":"24h"}]]', '[]', '{50% within 25h,90% within 3d}'),
  'mtpd_under_tolerance | tolerance op / 50% within 1d 1h | 1d, 1d 1h', 'the MTPD against the tolerance');

-- Today
SELECT is(pg_temp.found(format('[["op","operation",{"reviewed_on":"%s"}],["a","system",{"reviewed_on":"%s"}]]', to_char(current_date - interval '1 year', 'YYYY-MM-DD'),
  to_char(current_date - interval '1 year 1 day', 'YYYY-MM-DD')), '[]', '{}'),
  'review_overdue | node a | ' || to_char(current_date - interval '1 year 1 day', 'YYYY-MM-DD'), 'a review more than a year ago');
SELECT is(pg_temp.found('[["op","operation"]]', '[]', '{100% by 15:30 UTC on calendar c except calendar d}', format(
  '{"calendars":[{"code":"c","days":["2020-01-01","%s"]},{"code":"d","days":["%s"]},{"code":"e","days":["2020-01-01"]}],
    "scenarios":[{"code":"s","start":"%sT12:00:00+00:00","shocks":[{"node":"op"}]}]}',
  current_date + 89, current_date + 90, current_date + 60)),
  format(E'calendar_misses_scenario | calendar c | 2020-01-01, %1$s, s\ncalendar_misses_scenario | calendar d | %2$s, %2$s, s\n'
    'calendar_runs_out | calendar c | %1$s\ncalendar_unused | calendar e | ', current_date + 89, current_date + 90),
  'calendars that end within 90 days, or within 30 days of the start of a scenario');

SELECT * FROM finish();
ROLLBACK;

-- Verdicts of simulate, worked out by hand: every form of tolerance, data loss, causes, horizons, distributions, revisions.
BEGIN;
SELECT plan(86);
SET LOCAL opres.reason = 'a test';
SET LOCAL search_path = public, opres;
SET LOCAL client_min_messages = warning;
SET LOCAL timezone = 'UTC';

-- One operation on one system, with a tolerance given for the call; what it says, in one line -----------------------------------
CREATE FUNCTION pg_temp.small(tolerance text) RETURNS void LANGUAGE sql AS $$
  SELECT opres.load_map(jsonb_build_object(
    'nodes', '[{"code": "op", "kind": "operation"}, {"code": "sys", "kind": "system"}]'::jsonb,
    'requirements', '[{"node": "op", "members": [{"node": "sys"}]}]'::jsonb,
    'tolerances', jsonb_build_array(jsonb_build_object('operation', 'op', 'tolerance', tolerance)),
    'calendars', '[{"code": "open", "days": ["2026-11-20", "2026-11-24"]}, {"code": "late", "days": ["2026-11-24"]}]'::jsonb))
$$;
-- Shocks of sys as {onset, duration, level}: NULL for open-ended and for level 0.
CREATE FUNCTION pg_temp.shocks(VARIADIC parts text[]) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('code', 's' || n, 'node', 'sys', 'onset', split_part(part, ' for ', 1),
    'duration', nullif(split_part(split_part(part, ' for ', 2), ' at ', 1), ''),
    'level', nullif(split_part(part, ' at ', 2), '')::numeric)))
  FROM unnest(parts) WITH ORDINALITY AS t (part, n)
$$;
CREATE FUNCTION pg_temp.verdict(shocks jsonb, horizon interval DEFAULT '30 days', start timestamptz DEFAULT NULL)
RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(format('%s, breached %s, worst %s, below %s, back %s, loss %s, %s',
    CASE WHEN met THEN 'met' WHEN NOT met THEN 'not met' ELSE 'unknown' END, coalesce(breached_at::text, '-'), round(worst_level::numeric, 6),
    time_below, coalesce(recovered_at::text, '-'), data_loss, coalesce(cause::text, '-')), '; ')
  FROM opres.simulate_shocks(shocks, horizon, start)
$$;

-- within ---------------------------------------------------------------------------------------------------------------------------
SELECT pg_temp.small('100% within 2h');
SELECT is(pg_temp.verdict('[]'), 'met, breached -, worst 1.000000, below 00:00:00, back -, loss 00:00:00, -', 'within: nothing happens');
SELECT is(pg_temp.verdict(pg_temp.shocks('1h for 2h')),
  'met, breached -, worst 0.000000, below 02:00:00, back 03:00:00, loss 00:00:00, {op,sys}', 'within: exactly as long is kept');
SELECT is(pg_temp.verdict(pg_temp.shocks('1h for 7200.000001 s')),
  'not met, breached 03:00:00, worst 0.000000, below 02:00:00.000001, back 03:00:00.000001, loss 00:00:00, {op,sys}', 'within: a microsecond longer is not');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 1h', '2h for 3h')),
  'not met, breached 04:00:00, worst 0.000000, below 04:00:00, back 05:00:00, loss 00:00:00, {op,sys}', 'within: the second stretch breaches');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 1h', '1h for 2h at 0.3')),
  'not met, breached 02:00:00, worst 0.000000, below 03:00:00, back 03:00:00, loss 00:00:00, {op,sys}', 'within: two levels, one stretch');
SELECT is(pg_temp.verdict(pg_temp.shocks('0')),
  'not met, breached 02:00:00, worst 0.000000, below 30 days, back -, loss 00:00:00, {op,sys}', 'within: open-ended is never back');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 3h'), '2h'),
  'met, breached -, worst 0.000000, below 02:00:00, back -, loss 00:00:00, {op,sys}', 'horizon: cut when exactly as long');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 3h'), '2h 0.000001s'),
  'not met, breached 02:00:00, worst 0.000000, below 02:00:00.000001, back -, loss 00:00:00, {op,sys}', 'horizon: a microsecond later');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 3h'), '3h'),
  'not met, breached 02:00:00, worst 0.000000, below 03:00:00, back -, loss 00:00:00, {op,sys}', 'horizon: "recovered at the horizon" is not recovered');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 3h'), '3h 0.000001s'),
  'not met, breached 02:00:00, worst 0.000000, below 03:00:00, back 03:00:00, loss 00:00:00, {op,sys}', 'horizon: seen to come back');
SELECT is(pg_temp.verdict(pg_temp.shocks('3h for 9h'), '3h'),
  'met, breached -, worst 1.000000, below 00:00:00, back -, loss 00:00:00, -', 'horizon: a shock at it does nothing');
SELECT is(pg_temp.verdict(pg_temp.shocks('4h for 9h', '0 for 1h'), '3h'),
  'met, breached -, worst 0.000000, below 01:00:00, back 01:00:00, loss 00:00:00, {op,sys}', 'horizon: nor does one after it');
SELECT pg_temp.small('50% within 1h');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 5h at 0.5')),
  'met, breached -, worst 0.500000, below 00:00:00, back -, loss 00:00:00, {op,sys}', 'within: at the level is not below it');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 5h at 0.4999999999')),
  'met, breached -, worst 0.500000, below 00:00:00, back -, loss 00:00:00, {op,sys}', 'within: by less than 1e-9 is not below it');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 5h at 0.4999')),
  'not met, breached 01:00:00, worst 0.499900, below 05:00:00, back 05:00:00, loss 00:00:00, {op,sys}', 'within: below it');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 30 min at 0.2', '30 min for 8h at 0.9')),
  'met, breached -, worst 0.200000, below 00:30:00, back 00:30:00, loss 00:00:00, {op,sys}', 'within: back is back at the level');
SELECT pg_temp.small('50% within 0');
SELECT is(pg_temp.verdict(pg_temp.shocks('1h for 1s at 0.4')),
  'not met, breached 01:00:00, worst 0.400000, below 00:00:01, back 01:00:01, loss 00:00:00, {op,sys}', 'within 0: at once');

-- data loss ------------------------------------------------------------------------------------------------------------------------
SELECT pg_temp.small('data loss 15min');
SELECT is(pg_temp.verdict('[{"code": "a", "node": "sys", "onset": "1h", "duration": "0", "data_loss": "15 min"}]'),
  'met, breached -, worst 1.000000, below 00:00:00, back -, loss 00:15:00, -', 'data loss: exactly as much is kept');
SELECT is(pg_temp.verdict('[{"code": "a", "node": "sys", "onset": "1h", "duration": "0", "data_loss": "900.000001 s"}]'),
  'not met, breached 01:00:00, worst 1.000000, below 00:00:00, back -, loss 00:15:00.000001, {op,sys}', 'data loss: more is not, at the onset');
SELECT is(pg_temp.verdict('[{"code": "b", "node": "sys", "onset": "2h", "duration": "1h", "data_loss": "20 min"},
    {"code": "a", "node": "sys", "onset": "1h", "duration": "0", "data_loss": "10 min"}]'),
  'not met, breached 02:00:00, worst 0.000000, below 01:00:00, back 03:00:00, loss 00:20:00, {op,sys}', 'data loss: the largest, at its onset');
SELECT is(pg_temp.verdict('[{"code": "b", "node": "sys", "onset": "2h", "duration": "1h", "data_loss": "20 min"},
    {"code": "a", "node": "sys", "onset": "1h", "duration": "0", "data_loss": "10 min"}]', '2h'),
  'met, breached -, worst 1.000000, below 00:00:00, back -, loss 00:10:00, -', 'data loss: not of a shock at the horizon');
SELECT is(pg_temp.verdict('[{"code": "a", "node": "op", "onset": "3h", "duration": "1h", "data_loss": "1 day"}]'),
  'not met, breached 03:00:00, worst 0.000000, below 01:00:00, back 04:00:00, loss 1 day, {op}', 'data loss: of the operation itself');

-- in total -------------------------------------------------------------------------------------------------------------------------
SELECT pg_temp.small('4h in total per 365d below 100%');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 2h', '10h for 2h')),
  'met, breached -, worst 0.000000, below 04:00:00, back 12:00:00, loss 00:00:00, {op,sys}', 'total: exactly as much is kept');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 2h', '10h for 3h at 0.9')),
  'not met, breached 12:00:00, worst 0.000000, below 05:00:00, back 13:00:00, loss 00:00:00, {op,sys}', 'total: the moment it is exceeded');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 2h', '10h for 2h', '20h for 1 min')),
  'not met, breached 20:00:00, worst 0.000000, below 04:01:00, back 20:01:00, loss 00:00:00, {op,sys}', 'total: all used up before the last one');
SELECT pg_temp.small('4h in total per 1 day below 100%');
-- From 24 h to 26 h the first dip leaves the window as fast as the second one comes in: 4 h all the time.
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 3h', '23h for 3h')),
  'met, breached -, worst 0.000000, below 06:00:00, back 1 day 02:00:00, loss 00:00:00, {op,sys}', 'total: the window slides');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 3h', '22h 59 min for 3h')),
  'not met, breached 23:59:00, worst 0.000000, below 06:00:00, back 1 day 01:59:00, loss 00:00:00, {op,sys}', 'total: a minute too much in it');
SELECT pg_temp.small('1h in total per 10h below 60%');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 5h at 0.6', '5h for 1h at 0.5')),
  'met, breached -, worst 0.500000, below 01:00:00, back 06:00:00, loss 00:00:00, {op,sys}', 'total: below its level only');

-- by a time of day. 2026-11-20 is a Friday, 23 a holiday, 15:30 in Tokyo is 06:30 here ---------------------------------------------
SELECT pg_temp.small('100% by 15:30 Asia/Tokyo on Mon-Fri');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 3 days')),
  'unknown, breached -, worst 0.000000, below 3 days, back 3 days, loss 00:00:00, {op,sys}', 'by: without a start nobody knows');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 90 min'), '30 days', '2026-11-20 05:00+00'),
  'met, breached -, worst 0.000000, below 01:30:00, back 01:30:00, loss 00:00:00, {op,sys}', 'by: back at the very moment is kept');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 5400.000001 s'), '30 days', '2026-11-20 05:00+00'),
  'not met, breached 01:30:00, worst 0.000000, below 01:30:00.000001, back 01:30:00.000001, loss 00:00:00, {op,sys}', 'by: a microsecond later is not');
SELECT is(pg_temp.verdict(pg_temp.shocks('90 min for 1s'), '30 days', '2026-11-20 05:00+00'),
  'not met, breached 01:30:00, worst 0.000000, below 00:00:01, back 01:30:01, loss 00:00:00, {op,sys}', 'by: down just then');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 1 day'), '30 days', '2026-11-21 05:00+00'),
  'met, breached -, worst 0.000000, below 1 day, back 1 day, loss 00:00:00, {op,sys}', 'by: no cut-off on a Saturday');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 3 days'), '30 days', '2026-11-21 05:00+00'),
  'not met, breached 2 days 01:30:00, worst 0.000000, below 3 days, back 3 days, loss 00:00:00, {op,sys}', 'by: on Monday');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 3 days'), '2 days 01:30', '2026-11-21 05:00+00'),
  'met, breached -, worst 0.000000, below 2 days 01:30:00, back -, loss 00:00:00, {op,sys}', 'by: a cut-off at the horizon does not count');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 3 days'), '30 days', '2026-11-20 06:30+00'),
  'not met, breached 00:00:00, worst 0.000000, below 3 days, back 3 days, loss 00:00:00, {op,sys}', 'by: at the start itself');
SELECT is(pg_temp.verdict('[]', '30 days', '2026-11-20 06:30+00'), 'met, breached -, worst 1.000000, below 00:00:00, back -, loss 00:00:00, -',
  'by: nothing happens');
SELECT pg_temp.small('80% by 15:30 Asia/Tokyo on calendar open except calendar late');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 30 days'), '30 days', '2026-11-20 07:00+00'),
  'met, breached -, worst 0.000000, below 30 days, back -, loss 00:00:00, {op,sys}', 'by: the only day left is over');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 30 days'), '30 days', '2026-11-20 05:00+00'),
  'not met, breached 01:30:00, worst 0.000000, below 30 days, back -, loss 00:00:00, {op,sys}', 'by: on the day of the calendar');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 30 days at 0.8'), '30 days', '2026-11-20 05:00+00'),
  'met, breached -, worst 0.800000, below 00:00:00, back -, loss 00:00:00, {op,sys}', 'by: at its level');
SELECT pg_temp.small('80% by 15:30 Asia/Tokyo on calendar open');
SELECT is(pg_temp.verdict(pg_temp.shocks('0 for 30 days'), '30 days', '2026-11-20 07:00+00'),
  'not met, breached 3 days 23:30:00, worst 0.000000, below 30 days, back -, loss 00:00:00, {op,sys}', 'by: the next day of the calendar');

-- The rules in passing: buffer, restart, impact, switchover, pool, start --------------------------------------------------------
SELECT load_map('{
  "nodes": [{"code": "op", "kind": "operation"}, {"code": "proc", "kind": "process", "restart": "10 min"},
    {"code": "a", "kind": "system"}, {"code": "b", "kind": "system"}, {"code": "c", "kind": "system"}, {"code": "key", "kind": "people"}],
  "requirements": [
    {"node": "op", "name": "proc", "buffer": "1h", "impact": 0.5, "members": [{"node": "proc"}]},
    {"node": "proc", "name": "machines", "mode": "pool", "needed": 4, "members": [{"node": "a", "capacity": 2}, {"node": "b", "capacity": 2}]},
    {"node": "proc", "name": "spare", "switchover": "30 min", "members": [{"node": "a"}, {"node": "c", "standby": true}]},
    {"node": "proc", "name": "key", "needed_for": "start", "members": [{"node": "key"}]}],
  "tolerances": [{"operation": "op", "tolerance": "100% within 1h"}]}');
-- a gone 0 to 3 h: machines 1/2 in [0, 3 h); spare 0 in [0, 30 min). proc: 0 in [0, 30 min), then 1/2 not before 40 min (restart), 1 at 3:10.
-- op feels it from 1 h on, when 1/2 is the best of the hour before: 1 - 0.5 * (1 - 1/2) = 3/4, until 3:10.
SELECT results_eq($$SELECT node, at, level FROM simulate_shocks_levels('[{"code": "x", "node": "a", "duration": "3h"}]') WHERE node IN ('op', 'proc')$$,
  $$VALUES ('op', interval '1h', 0.75::float8), ('op', '3h 10 min', 1), ('proc', '0', 0), ('proc', '40 min', 0.5), ('proc', '3h 10 min', 1)$$,
  'pool, standby, restart, buffer and impact together');
SELECT is(pg_temp.verdict('[{"code": "x", "node": "a", "duration": "3h"}]'),
  'not met, breached 02:00:00, worst 0.750000, below 02:10:00, back 03:10:00, loss 00:00:00, {op,proc,a}', 'and the cause is a, by the pool');
-- Not felt: the buffer ends when proc is back (50 min + 10 min restart).
SELECT is(pg_temp.verdict('[{"code": "x", "node": "b", "duration": "50 min"}]'),
  'met, breached -, worst 1.000000, below 00:00:00, back -, loss 00:00:00, -', 'as long as the buffer is not felt');
SELECT is(pg_temp.verdict('[{"code": "x", "node": "b", "duration": "3001 s"}]'),
  'met, breached -, worst 0.750000, below 00:00:01, back 01:00:01, loss 00:00:00, {op,proc,b}', 'a second longer is');
-- Two dips no further apart than the restart time merge: [0, 30 min) and [40 min, 1 h) are down until 1:10.
SELECT results_eq($$SELECT at, level FROM simulate_shocks_levels('[{"code": "x", "node": "b", "duration": "30 min"},
    {"code": "y", "node": "b", "onset": "40 min", "duration": "20 min"}]') WHERE node = 'proc'$$,
  $$VALUES (interval '0', 0.5::float8), ('1h 10 min', 1)$$, 'dips as far apart as the restart time merge');
SELECT results_eq($$SELECT at, level FROM simulate_shocks_levels('[{"code": "x", "node": "b", "duration": "30 min"},
    {"code": "y", "node": "b", "onset": "40 min 0.000001 s", "duration": "20 min"}]') WHERE node = 'proc'$$,
  $$VALUES (interval '0', 0.5::float8), ('40 min', 1), ('40 min 0.000001 s', 0.5), ('1h 10 min 0.000001 s', 1)$$, 'a microsecond further they do not');
-- The key is gone [0, 5 h): a running proc does not mind; once b has been down it cannot come back before 5:10.
SELECT results_eq($$SELECT DISTINCT node FROM simulate_shocks_levels('[{"code": "k", "node": "key", "duration": "5h"}]')$$, $$VALUES ('key')$$,
  'what is needed to start is not needed to run');
SELECT is(pg_temp.verdict('[{"code": "k", "node": "key", "duration": "5h"}, {"code": "x", "node": "b", "onset": "1h", "duration": "1 min"}]'),
  'not met, breached 03:00:00, worst 0.750000, below 03:10:00, back 05:10:00, loss 00:00:00, {op,proc,b}',
  'but to come back; held at the half it fell to, the cause is what it fell by');
SELECT is(pg_temp.verdict('[{"code": "k", "node": "key", "duration": "5h"}, {"code": "x", "node": "proc", "onset": "1h", "duration": "1 min"}]'),
  'not met, breached 03:00:00, worst 0.500000, below 03:10:00, back 05:10:00, loss 00:00:00, {op,proc,key}', 'down altogether: the key');
-- Both reasons at the first moment of the worst level; the operation's own shock goes before its requirements.
SELECT is(pg_temp.verdict('[{"code": "x", "node": "b", "onset": "0", "duration": "3h"}, {"code": "o", "node": "op", "onset": "1h", "duration": "2h", "level": 0.75}]'),
  'not met, breached 02:00:00, worst 0.750000, below 02:10:00, back 03:10:00, loss 00:00:00, {op}', 'its own shock before its requirements');
-- The worst level decides where nothing is breached.
SELECT is(pg_temp.verdict('[{"code": "x", "node": "a", "duration": "61 min"}, {"code": "y", "node": "proc", "onset": "10h", "duration": "100 min"}]'),
  'met, breached -, worst 0.500000, below 01:01:00, back 11:50:00, loss 00:00:00, {op,proc}', 'the cause of the worst level');

-- Data loss: quorum the k-th smallest, pool the largest, a standby its lag behind; not over start requirements ------------------
SELECT load_map('{
  "nodes": [{"code": "op1", "kind": "operation"}, {"code": "op2", "kind": "operation"}, {"code": "op3", "kind": "operation"}, {"code": "op4", "kind": "operation"},
    {"code": "op5", "kind": "operation"}, {"code": "a", "kind": "data"}, {"code": "b", "kind": "data"}, {"code": "c", "kind": "data"}],
  "requirements": [
    {"node": "op1", "needed": 2, "members": [{"node": "a"}, {"node": "b"}, {"node": "c"}]},
    {"node": "op2", "mode": "pool", "needed": 1, "members": [{"node": "a"}, {"node": "b"}, {"node": "c"}]},
    {"node": "op3", "members": [{"node": "b"}, {"node": "c", "standby": true, "replica_lag": "5 min"}]},
    {"node": "op4", "needed_for": "start", "members": [{"node": "b"}]},
    {"node": "op5", "members": [{"node": "a"}, {"node": "c", "standby": true, "replica_lag": "5 min"}]}],
  "tolerances": [{"operation": "op1", "tolerance": "data loss 1 min"}, {"operation": "op2", "tolerance": "data loss 1 min"},
    {"operation": "op3", "tolerance": "data loss 1 min"}, {"operation": "op4", "tolerance": "data loss 1 min"}, {"operation": "op5", "tolerance": "data loss 1 min"}]}');
CREATE TEMP TABLE lossy AS SELECT * FROM simulate_shocks('[{"code": "a", "node": "a", "onset": "1h", "duration": "0", "data_loss": "3 min"},
  {"code": "b", "node": "b", "onset": "2h", "duration": "0", "data_loss": "10 min"}]');
SELECT results_eq('SELECT operation, data_loss, breached_at, cause FROM lossy', $$VALUES
  ('op1', interval '3 min', interval '2h', '{op1,a}'::text[]), -- 0, 3, 10: the second smallest is 0 until 2 h
  ('op2', '10 min', '1h', '{op2,a}'),
  ('op3', '5 min', '2h', '{op3,c}'), -- 10 min, or the copy of 5 min ago
  ('op4', '0', NULL, NULL),
  ('op5', '3 min', '1h', '{op5,a}')$$, 'data loss by quorum, pool, standby and for a start');

-- Oscillation: a dip of 5 h goes round every 8 h ----------------------------------------------------------------------------------
SELECT load_map('{
  "nodes": [{"code": "op", "kind": "operation"}, {"code": "calm", "kind": "operation"}, {"code": "a", "kind": "system", "restart": "3h"}, {"code": "b", "kind": "system", "restart": "5h"}],
  "requirements": [{"node": "a", "buffer": "4h", "members": [{"node": "b"}]}, {"node": "b", "buffer": "4h", "members": [{"node": "a"}]},
    {"node": "op", "members": [{"node": "a"}], "impact": 0.5}, {"node": "calm", "buffer": "5h", "members": [{"node": "a"}]}],
  "tolerances": [{"operation": "op", "tolerance": "100% within 5h"}, {"operation": "op", "tolerance": "60% within 4h"}, {"operation": "op", "tolerance": "50% within 0"},
    {"operation": "calm", "tolerance": "100% within 0"}],
  "scenarios": [{"code": "round", "shocks": [{"code": "x", "node": "a", "duration": "2h"}]}]}');
SELECT results_eq($$SELECT operation, tolerance::text, met, breached_at, worst_level, time_below, recovered_at, cause
    FROM simulate_shocks('[{"code": "x", "node": "a", "duration": "2h"}]', '20h') ORDER BY 1, 2$$, $$VALUES
  ('calm', '100% within 0', true, NULL::interval, 1::float8, interval '0', NULL::interval, NULL::text[]),
  ('op', '100% within 5h', true, NULL, 0.5, '14h', NULL, '{oscillates}'),
  ('op', '50% within 0', true, NULL, 0.5, '0', NULL, '{op,a}'),
  ('op', '60% within 4h', false, '4h'::interval, 0.5, '14h', NULL, '{oscillates}')$$,
  'oscillates: for levels it falls below for ever, and for nobody it does not reach');
SELECT results_eq($$SELECT recovered_at, cause FROM simulate_shocks('[{"code": "x", "node": "a", "duration": "2h"}]', '6h') WHERE tolerance::text = '100% within 5h'$$,
  $$VALUES (NULL::interval, '{oscillates}'::text[])$$, 'also where the horizon shows it up again');
-- At 15 h: a and op are up (13 h to 16 h), b is down
SELECT set_eq($$SELECT node, back_at, waits_for FROM recovery_order('round', '15h')$$, $$VALUES
  ('a', NULL::interval, '{b}'::text[]), ('b', NULL, '{a}'), ('op', NULL, '{a}')$$, 'who oscillates is never back for good, up at the horizon or not');

-- Restart deadlock; mutual dependence without restart time -------------------------------------------------------------------------
SELECT load_map('{
  "nodes": [{"code": "op", "kind": "operation"}, {"code": "a", "kind": "system"}, {"code": "b", "kind": "system"}],
  "requirements": [{"node": "a", "members": [{"node": "b"}]}, {"node": "b", "members": [{"node": "a"}]}, {"node": "op", "members": [{"node": "b"}]}],
  "tolerances": [{"operation": "op", "tolerance": "100% within 2h"}]}');
SELECT is(pg_temp.verdict('[{"code": "x", "node": "a", "duration": "1h"}]'),
  'met, breached -, worst 0.000000, below 01:00:00, back 01:00:00, loss 00:00:00, {op,b,a}', 'a circle without restart time comes back by itself');
SELECT is_empty('SELECT * FROM restart_deadlocks()', 'and is no deadlock');
UPDATE node SET restart = '1 s' WHERE code = 'b';
SELECT is(pg_temp.verdict('[{"code": "x", "node": "a", "duration": "1h"}]'),
  'not met, breached 02:00:00, worst 0.000000, below 30 days, back -, loss 00:00:00, {op,b,a}', 'with one it never does');
SELECT results_eq('SELECT * FROM restart_deadlocks()', $$VALUES ('{a,b}'::text[])$$, 'and is one');
UPDATE requirement SET impact = 0.9 WHERE node = 'a';
SELECT is_empty('SELECT * FROM restart_deadlocks()', 'not with less than full impact');
UPDATE requirement SET impact = 1, buffer = '1 s' WHERE node = 'a';
SELECT is_empty('SELECT * FROM restart_deadlocks()', 'nor with a buffer');
UPDATE requirement SET buffer = '0' WHERE node = 'a';
INSERT INTO node (code, kind) VALUES ('c', 'system');
INSERT INTO requirement_member (node, requirement, member, standby) SELECT node, name, 'c', true FROM requirement WHERE node = 'a';
SELECT is_empty('SELECT * FROM restart_deadlocks()', 'nor with a spare outside');
UPDATE node SET restart = '0' WHERE code = 'b';
DELETE FROM requirement_member WHERE member = 'c';
UPDATE requirement SET needed_for = 'start' WHERE node = 'b';
SELECT results_eq('SELECT * FROM restart_deadlocks()', $$VALUES ('{a,b}'::text[])$$, 'a start requirement locks like a restart time');

-- A saved scenario: start, distribution, several shocks ------------------------------------------------------------------------------
SELECT load_map('{
  "nodes": [{"code": "op", "kind": "operation"}, {"code": "sys", "kind": "system"}],
  "requirements": [{"node": "op", "members": [{"node": "sys"}]}],
  "tolerances": [{"operation": "op", "tolerance": "100% within 2h"}, {"operation": "op", "tolerance": "100% by 09:00 UTC"}],
  "scenarios": [
    {"code": "median", "shocks": [{"code": "x", "node": "sys", "duration_distribution": "uniform(1h,4h)"}]},
    {"code": "given", "shocks": [{"code": "x", "node": "sys", "duration": "1h", "duration_distribution": "uniform(1h,4h)"}]},
    {"code": "unlikely", "shocks": [{"code": "x", "node": "sys", "duration": "1h", "probability": 0}]},
    {"code": "dated", "start": "2026-11-20T08:30:00Z", "shocks": [{"code": "x", "node": "sys", "duration": "1h"}]}]}');
SELECT results_eq($$SELECT tolerance::text, met, breached_at, time_below FROM simulate('median')$$,
  $$VALUES ('100% within 2h', false, interval '2h', interval '2h 30 min'), ('100% by 09:00 UTC', NULL, NULL, '2h 30 min')$$, 'a distribution: its median');
SELECT results_eq($$SELECT DISTINCT time_below FROM simulate('given')$$, $$VALUES (interval '1h')$$, 'a duration goes before a distribution');
SELECT results_eq($$SELECT DISTINCT time_below FROM simulate('unlikely')$$, $$VALUES (interval '1h')$$, 'every shock happens, whatever its probability');
SELECT results_eq($$SELECT tolerance::text, met, breached_at FROM simulate('dated')$$,
  $$VALUES ('100% within 2h', true, NULL::interval), ('100% by 09:00 UTC', false, '30 min')$$, 'the start of the scenario');
SELECT results_eq($$SELECT at, level FROM simulate_levels('median') WHERE node = 'op'$$, $$VALUES (interval '0', 0::float8), ('2h 30 min', 1)$$, 'levels of a saved scenario');

-- Last year's figures ----------------------------------------------------------------------------------------------------------------
SELECT load_map('{
  "nodes": [{"code": "op", "kind": "operation"}, {"code": "sys", "kind": "system", "restart": "30 min"}],
  "requirements": [{"node": "op", "members": [{"node": "sys"}]}],
  "tolerances": [{"operation": "op", "tolerance": "100% within 2h"}, {"operation": "op", "tolerance": "100% by 15:00 UTC on calendar open"}],
  "calendars": [{"code": "open", "days": ["2026-11-20"]}],
  "scenarios": [{"code": "s", "start": "2026-11-20T13:00:00Z", "shocks": [{"code": "x", "node": "sys", "duration": "4h"}]}]}') AS past \gset
CREATE TEMP TABLE figures AS SELECT * FROM simulate('s');
CREATE TEMP TABLE levels AS SELECT * FROM simulate_levels('s');
SELECT results_eq('SELECT met, breached_at, recovered_at FROM figures', $$VALUES (false, interval '2h', interval '4h 30 min'), (false, '2h', '4h 30 min')$$, 'this year');
SELECT label_revision(:past, 'FY2026');
-- A transaction is one revision, so these edits belong to the same one: figures change.
UPDATE shock SET duration = '1h';
SELECT results_eq('SELECT met, recovered_at FROM simulate(''s'')', $$VALUES (true, interval '1h 30 min'), (true, '1h 30 min')$$, 'edits of the same transaction');
SELECT throws_ok(format('SELECT * FROM simulate(''s'', revision => %s)', :past + 1), '42704', format('map revision %s does not exist', :past + 1), 'no revision to come');
SELECT results_eq($$SELECT met, recovered_at FROM simulate('s', revision => map_revision_of('FY2026'))$$,
  $$VALUES (true, interval '1h 30 min'), (true, '1h 30 min')$$, 'the current revision by its number');

-- Read only -------------------------------------------------------------------------------------------------------------------------
SAVEPOINT read_only;
SET TRANSACTION READ ONLY;
SELECT (SELECT count(*) FROM simulate('s')) + (SELECT count(*) FROM simulate_levels('s')) + (SELECT count(*) FROM explain('s', 'op', '1h'))
  + (SELECT count(*) FROM recovery_order('s')) + (SELECT count(*) FROM restart_deadlocks()) + (SELECT count(*) FROM depends_on('op'))
  + (SELECT count(*) FROM dependents('sys')) + (SELECT count(*) FROM simulate_shocks('[{"code": "y", "node": "sys"}]'))
  + (SELECT count(*) FROM simulate_shocks_levels('[{"code": "y", "node": "sys"}]')) AS read_only \gset
ROLLBACK TO read_only;
-- 2 tolerances; op and sys down and up; op and sys; op and sys; none; sys; op; 2; op and sys down for good
SELECT is(:read_only, 2 + 4 + 2 + 2 + 0 + 1 + 1 + 2 + 2, 'everything works in a read-only transaction');
SELECT is_empty($$SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'opres'::regnamespace
  AND proname IN ('simulate', 'simulate_levels', 'simulate_shocks', 'simulate_shocks_levels', 'explain', 'recovery_order', 'restart_deadlocks', 'depends_on', 'dependents')
  AND (provolatile <> 's' OR proparallel <> 's' OR prosecdef)$$, 'declared stable, parallel safe and with the rights of the caller');
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'opres'::regnamespace
  AND proname IN ('simulate', 'simulate_levels', 'simulate_shocks', 'simulate_shocks_levels', 'explain', 'recovery_order', 'restart_deadlocks', 'depends_on', 'dependents')
  AND obj_description(oid, 'pg_proc') <> ''), 9::bigint, 'and described');

-- Kinds: the SQL enum and the list in C are in the same order --------------------------------------------------------------------------
SELECT load_map(jsonb_build_object(
  'nodes', '[{"code": "op", "kind": "operation"}]'::jsonb || (SELECT jsonb_agg(jsonb_build_object('code', 'a ' || k, 'kind', k)) FROM unnest(enum_range(NULL::node_kind)) AS k),
  'requirements', jsonb_build_array(jsonb_build_object('node', 'op', 'needed', 1, 'members', (SELECT jsonb_agg(jsonb_build_object('node', 'a ' || k)) FROM unnest(enum_range(NULL::node_kind)) AS k)))));
SELECT set_eq($$SELECT node, kind FROM depends_on('op')$$, $$SELECT 'a ' || k, k FROM unnest(enum_range(NULL::node_kind)) AS k$$, 'every kind comes out as it went in');
SELECT set_eq($$SELECT DISTINCT distance, redundant FROM depends_on('op')$$, $$VALUES (1, true)$$, 'one of many: each is redundant');
UPDATE requirement SET needed = 8;
SELECT set_eq($$SELECT DISTINCT distance, redundant FROM depends_on('op')$$, $$VALUES (1, false)$$, 'all of many: none is');

-- explain -------------------------------------------------------------------------------------------------------------------------------
SELECT load_map('{
  "nodes": [{"code": "op", "kind": "operation", "name": "Operation", "names": {"ja": "業務"}}, {"code": "sys", "kind": "system", "restart": "90 s", "name": "System", "names": {"ja": "システム", "en": "not this"}},
    {"code": "spare", "kind": "system", "names": {"en": "The spare"}}, {"code": "x", "kind": "data"}],
  "requirements": [{"node": "op", "name": "r", "buffer": "1 min", "switchover": "10 min", "impact": 0.125, "members": [{"node": "sys"}, {"node": "spare", "standby": true}]},
    {"node": "sys", "name": "data", "needed_for": "start", "members": [{"node": "x"}]}],
  "scenarios": [{"code": "s", "shocks": [{"code": "first", "node": "sys", "duration": "5 min"}, {"code": "deeper", "node": "sys", "onset": "1 min", "level": 0, "duration": "2 min"},
     {"code": "data", "node": "x", "level": 0.3333, "duration": "1h"}, {"code": "west", "node": "spare", "onset": "20 min", "level": 0.5, "duration": "1h"}]}]}');
SELECT results_eq($$SELECT * FROM explain('s', 'op', '2 min')$$, $$VALUES
  (0, 'op', 0.875::float8, 'requirement "r" is not met (System is at 0%), buffer of 1 min used up, standby not in service yet (switchover takes 10 min)'),
  (1, 'sys', 0, 'hit by shock "deeper"')$$, 'explain: buffer, switchover, the shock that binds');
SELECT results_eq($$SELECT because FROM explain('s', 'op', '2 min', 'ja')$$, $$VALUES
  ('要件「r」が未充足（システムが0%）、猶予1分を使い切り、待機系への切替（10分）未了'), ('事象「deeper」による')$$, 'explain: the same in Japanese');
SELECT results_eq($$SELECT node, level, because FROM explain('s', 'sys', '6 min')$$, $$VALUES
  ('sys', 0::float8, 'hit by shock "first", still restarting (takes 1 min 30 s)')$$, 'explain: the restart');
SELECT results_eq($$SELECT node, level, because FROM explain('s', 'sys', '10 min')$$, $$VALUES
  ('sys', 0.3333::float8, 'cannot start: requirement "data" is not met (x is at 33.3%)'), ('x', 0.3333, 'hit by shock "data"')$$,
  'explain: what keeps it from starting');
-- From 10 min on the spare carries op, at 20 min it is at a half: 1 - 0.125 / 2.
SELECT results_eq($$SELECT node, level, because FROM explain('s', 'op', '30 min')$$, $$VALUES
  ('op', 0.9375::float8, 'requirement "r" is not met (The spare is at 50%), buffer of 1 min used up'), ('spare', 0.5, 'hit by shock "west"')$$, 'explain: the spare');
SELECT results_eq($$SELECT * FROM explain('s', 'op', '15 min')$$, $$VALUES (0, 'op', 1::float8, 'not affected')$$, 'explain: nothing to explain');
SELECT results_eq($$SELECT DISTINCT node FROM explain('s', 'op', '0')$$, $$VALUES ('op')$$, 'explain: at the first moment the buffer holds');

SELECT * FROM finish();
ROLLBACK;

-- Seven public outages against their documented times (README.md names the sources). Run from the repository's top folder by
-- pg_prove in a database with opres and pgtap; rolls back.
BEGIN;
SET LOCAL search_path = public, opres; -- the operators of impact_tolerance
SELECT plan(47);

CREATE FUNCTION pg_temp.level_at(scenario text, node text, at timestamptz) RETURNS float8 LANGUAGE sql AS $$
  SELECT coalesce((SELECT l.level
                   FROM opres.scenario s CROSS JOIN opres.simulate_levels(s.code) l
                   WHERE s.code = $1 AND l.node = $2 AND s.start + l.at <= $3
                   ORDER BY l.at DESC LIMIT 1), 1)
$$;

-- The time a node is below 100 % inside some opening hours.
CREATE FUNCTION pg_temp.lost(scenario text, node text, hours tstzmultirange) RETURNS interval LANGUAGE sql AS $$
  WITH change AS (
    SELECT s.start + l.at AS since, l.level, lead(s.start + l.at, 1, 'infinity') OVER (ORDER BY l.at) AS until
    FROM opres.scenario s CROSS JOIN opres.simulate_levels(s.code) l
    WHERE s.code = $1 AND l.node = $2)
  SELECT coalesce(sum(upper(r) - lower(r)), '0')
  FROM change, unnest(hours * tstzmultirange(tstzrange(since, until))) r
  WHERE level < 1
$$;

-- When the operation is back for good, as a time of the clock.
CREATE FUNCTION pg_temp.back_at(scenario text, operation text) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT s.start + o.recovered_at
  FROM opres.scenario s CROSS JOIN opres.simulate(s.code) o
  WHERE s.code = $1 AND o.operation = $2 AND o.tolerance::text LIKE '100%'
  LIMIT 1
$$;

CREATE FUNCTION pg_temp.breach(scenario text, operation text, tolerance text) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT s.start + o.breached_at
  FROM opres.scenario s CROSS JOIN opres.simulate(s.code) o
  WHERE s.code = $1 AND o.operation = $2 AND o.tolerance = $3::opres.impact_tolerance
$$;

CREATE FUNCTION pg_temp.cause(scenario text, operation text, tolerance text) RETURNS text[] LANGUAGE sql AS $$
  SELECT cause FROM opres.simulate($1) WHERE operation = $2 AND tolerance = $3::opres.impact_tolerance
$$;

-- Tokyo Stock Exchange, 2020-10-01 ------------------------------------------------------------------------------------
\set doc `cat test/outages/tse-2020-10-01.json`
SELECT lives_ok(format('SELECT opres.load_map(%L)', :'doc'), 'TSE: the map loads');
SELECT is_empty($$SELECT * FROM opres.check_map() WHERE severity = 'error'$$, 'TSE: no errors');
SELECT is(pg_temp.lost('as-it-was', 'op.trading',
  '{[2020-10-01 09:00+09,2020-10-01 11:30+09),[2020-10-01 12:30+09,2020-10-01 15:00+09)}'), '5 hours',
  'TSE: both sessions of the day lost');
SELECT is(pg_temp.back_at('as-it-was', 'op.trading'), '2020-10-02 09:00+09', 'TSE: trading resumed the next day at 09:00');
SELECT is(pg_temp.breach('as-it-was', 'op.trading', '100% by 09:00 Asia/Tokyo on calendar tse'), '2020-10-01 09:00+09',
  'TSE: the opening is missed once, that day');
SELECT is(pg_temp.cause('as-it-was', 'op.trading', '100% within 30s'),
  '{op.trading,proc.information,sys.info-gateway,sys.shared-disk,sys.nas-1}', 'TSE: it began with disk unit 1');
SELECT is(pg_temp.cause('as-it-was', 'op.trading', '100% by 12:30 Asia/Tokyo on calendar tse'), '{op.trading,proc.orders}',
  'TSE: in the afternoon the cut order path was what kept it closed');
SELECT is(pg_temp.level_at('as-it-was', 'proc.matching', '2020-10-01 10:00+09'), 1::float8, 'TSE: matching itself never failed');
SELECT is(pg_temp.level_at('as-it-was', 'sys.shared-disk', '2020-10-01 09:26+09'), 1::float8, 'TSE: the forced takeover worked at 09:26');
SELECT ok(pg_temp.breach('no-halt', 'op.trading', '100% by 09:00 Asia/Tokyo on calendar tse') IS NOT NULL
  AND pg_temp.breach('no-halt', 'op.trading', '100% by 12:30 Asia/Tokyo on calendar tse') IS NULL,
  'TSE: going on after 09:26 would have saved the afternoon, not the opening');
SELECT results_eq($$SELECT met, time_below FROM opres.simulate('takeover-works')
  WHERE tolerance = '100% within 30s'::opres.impact_tolerance$$, $$VALUES (true, interval '15 s')$$,
  'TSE: a takeover after 15 s is within the required 30 s');
SELECT is(pg_temp.lost('takeover-works', 'op.trading',
  '{[2020-10-01 09:00+09,2020-10-01 11:30+09),[2020-10-01 12:30+09,2020-10-01 15:00+09)}'), '0',
  'TSE: and no trading would have been lost');

-- Mizuho, 2021-08-19 --------------------------------------------------------------------------------------------------
\set doc `cat test/outages/mizuho-2021-08-19.json`
SELECT lives_ok(format('SELECT opres.load_map(%L)', :'doc'), 'Mizuho: the map loads');
SELECT is_empty($$SELECT * FROM opres.check_map() WHERE severity = 'error'$$, 'Mizuho: no errors');
SELECT is(pg_temp.level_at('as-it-was', 'op.counter', '2021-08-19 20:52:59+09'), 1::float8, 'Mizuho: the first disk was not felt');
SELECT is(pg_temp.level_at('as-it-was', 'op.counter', '2021-08-19 20:53+09'), 0::float8, 'Mizuho: down at 20:53');
SELECT is(pg_temp.breach('as-it-was', 'op.counter', '100% by 09:00 Asia/Tokyo on calendar bank'), '2021-08-20 09:00+09',
  'Mizuho: not open at 09:00');
SELECT is(pg_temp.lost('as-it-was', 'proc.general', '{[2021-08-20 09:00+09,2021-08-20 15:00+09)}'), '45 min',
  'Mizuho: most transactions again at 09:45');
SELECT is(pg_temp.breach('as-it-was', 'op.counter', '80% by 09:45 Asia/Tokyo on calendar bank'), NULL,
  'Mizuho: partly open at 09:45');
SELECT is(pg_temp.back_at('as-it-was', 'op.counter'), '2021-08-20 11:58+09', 'Mizuho: fully open at 11:58');
SELECT is(pg_temp.back_at('first-disk-only', 'op.counter'), NULL, 'Mizuho: with the mirror disk alive nothing would have happened');
SELECT is(pg_temp.lost('standby-works', 'op.counter', '{[2021-08-20 09:00+09,2021-08-20 15:00+09)}'), '0',
  'Mizuho: with the stand-by server no opening hour would have been lost');
SELECT is(pg_temp.lost('moved-at-first-report', 'op.counter', '{[2021-08-20 09:00+09,2021-08-20 15:00+09)}'), '0',
  'Mizuho: nor with the move ordered at 22:02');

-- Zengin, 2023-10-10 --------------------------------------------------------------------------------------------------
\set doc `cat test/outages/zengin-2023-10-10.json`
SELECT lives_ok(format('SELECT opres.load_map(%L)', :'doc'), 'Zengin: the map loads');
SELECT is(pg_temp.lost('as-it-was', 'op.core-time',
  '{[2023-10-10 08:30+09,2023-10-10 15:30+09),[2023-10-11 08:30+09,2023-10-11 15:30+09),[2023-10-12 08:30+09,2023-10-12 15:30+09)}'),
  '14 hours', 'Zengin: fourteen hours of core time lost');
SELECT is(pg_temp.back_at('as-it-was', 'op.core-time'), '2023-10-12 08:30+09', 'Zengin: normal on 12 October at 08:30');
SELECT is(pg_temp.cause('as-it-was', 'op.core-time', '100% within 2h'),
  '{op.core-time,proc.relay,sys.rc-1,data.index-table}', 'Zengin: two computers, one fault');
SELECT is(round(pg_temp.level_at('as-it-was', 'op.same-day', '2023-10-10 19:00+09') * 1400000), 1000000::float8,
  'Zengin: a million of 1.4 million done on the day');
SELECT is_empty($$SELECT * FROM opres.simulate('one-computer') WHERE worst_level < 1$$, 'Zengin: one computer alone would not have been felt');
SELECT is_empty($$SELECT * FROM opres.simulate('reboot-works') WHERE NOT met$$, 'Zengin: a reboot that works keeps every cut-off');

-- AWS Tokyo, 2021-09-02 -----------------------------------------------------------------------------------------------
\set doc `cat test/outages/aws-tokyo-2021-09-02.json`
SELECT lives_ok(format('SELECT opres.load_map(%L)', :'doc'), 'AWS: the map loads');
SELECT is(pg_temp.back_at('as-it-was', 'op.dx-only'), '2021-09-02 13:42+09', 'AWS: two lines do not help, normal at 13:42');
SELECT ok(pg_temp.level_at('as-it-was', 'op.dx-only', '2021-09-02 12:29+09') < pg_temp.level_at('as-it-was', 'op.dx-only', '2021-09-02 12:30+09'),
  'AWS: recovering from 12:30');
SELECT is_empty($$SELECT * FROM opres.simulate('as-it-was') WHERE operation = 'op.dx-vpn' AND NOT met$$,
  'AWS: a VPN over the internet was not affected and would have carried the service');
SELECT is_empty($$SELECT * FROM opres.simulate('redundancy-works') WHERE worst_level < 1$$, 'AWS: one device alone would not have been felt');

-- Kakao, 2022-10-15 ---------------------------------------------------------------------------------------------------
\set doc `cat test/outages/kakao-2022-10-15.json`
SELECT lives_ok(format('SELECT opres.load_map(%L)', :'doc'), 'Kakao: the map loads');
SELECT is(pg_temp.back_at('as-it-was', 'op.messages'), '2022-10-16 01:30+09', 'Kakao: text messages back at 01:30, not after 20 minutes');
SELECT is(pg_temp.cause('as-it-was', 'op.messages', '100% within 2h'), '{op.messages,sys.servers-pangyo,fac.pangyo}',
  'Kakao: the cause is the site');
SELECT is(pg_temp.back_at('as-it-was', 'op.messages-if'), '2022-10-15 15:53+09', 'Kakao: independent tools would have made it 20 minutes');
SELECT results_eq($$SELECT recovered_at FROM opres.simulate('as-it-was', '5 days') WHERE operation = 'op.rest'$$,
  $$VALUES (NULL::interval)$$, 'Kakao: what ran in Pangyo alone was not back within days');

-- CrowdStrike, 2024-07-19 ---------------------------------------------------------------------------------------------
\set doc `cat test/outages/crowdstrike-2024-07-19.json`
SELECT lives_ok(format('SELECT opres.load_map(%L)', :'doc'), 'CrowdStrike: the map loads');
SELECT results_eq('SELECT * FROM opres.restart_deadlocks()', $$VALUES ('{data.recovery-keys,sys.key-server}'::text[])$$,
  'CrowdStrike: the keys and the server that holds them wait for each other');
SELECT ok(pg_temp.level_at('as-it-was', 'tp.content', '2024-07-19 05:27Z') = 1
  AND pg_temp.level_at('as-it-was', 'op.keys-on-paper', '2024-07-20 05:27Z') = 0,
  'CrowdStrike: withdrawn after 78 minutes, hosts still down a day later');
SELECT results_eq($$SELECT DISTINCT operation, recovered_at IS NULL FROM opres.simulate('as-it-was') ORDER BY 1$$,
  $$VALUES ('op.keys-inside', true), ('op.keys-on-paper', false), ('op.staged', true)$$,
  'CrowdStrike: keys that lie on a host that is down never come back by themselves; staged updates are not hit');
SELECT is_empty($$SELECT * FROM opres.simulate('as-it-was') WHERE operation = 'op.staged' AND worst_level < 1$$,
  'CrowdStrike: content taken two hours late is not felt');

-- ION, 2023-01-31 -----------------------------------------------------------------------------------------------------
\set doc `cat test/outages/ion-2023-01-31.json`
SELECT lives_ok(format('SELECT opres.load_map(%L)', :'doc'), 'ION: the map loads');
SELECT results_eq($$
  SELECT day, pg_temp.level_at('as-it-was', 'op.report', (day + time '15:30') AT TIME ZONE 'America/New_York') = 1
  FROM opres.calendar_day WHERE calendar = 'cot' ORDER BY day$$,
  $$VALUES (date '2023-02-03', false), ('2023-02-10', false), ('2023-02-17', false), ('2023-02-24', true)$$,
  'ION: three weekly reports missed, publishing again on 24 February');
SELECT * FROM finish();
ROLLBACK;

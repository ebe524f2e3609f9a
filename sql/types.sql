-- The types: durations as text, impact tolerances, levels over time, distributions of durations.
CREATE EXTENSION opres;
SET search_path = opres, public;
SET TimeZone = 'UTC';
SET IntervalStyle = 'postgres';

-- Durations ---------------------------------------------------------------------------------------------------------------------
SELECT value, duration(value), duration_text(duration(value))
FROM unnest('{0,1w 2d 3h 4min 5s 6ms 7us,20 min,1 day,2 hours,1.5h,90min,02:30,02:30:00.5,1d 12:00,P1DT2H,P1W,PT0.5S,36500d}'::text[])
  AS value;
SELECT duration_text('1 day 26:00:00'), duration_text('0'), duration_text('1 week 00:00:00.001');
SELECT duration('1 month');
SELECT duration('P1Y');
SELECT duration('5m');
SELECT duration('5');
SELECT duration('-1h');
SELECT duration('1h 1d');
SELECT duration('0.5us');
SELECT duration('36500d 1us');
SELECT duration('五分');
SELECT duration_text('1 month');
SELECT duration_text('-1 hour');

-- Impact tolerances: what people write, and what it reads as -----------------------------------------------------------------------
SELECT value::impact_tolerance
FROM unnest('{100% within 2h, 99.50 % WITHIN 90 minutes, 100% within 0, data loss 15 min, data loss 0,
  4h in total per 365d below 100%, 90min in total per 4w below 33.3%,
  100% by 15:30 Asia/Tokyo, 100% by 9:00 asia/tokyo on Mon-Fri, 100% by 15:30:15 UTC on calendar jp-bank,
  100% by 24:00 Europe/London on calendar jp-bank except calendar jp-month-end}'::text[]) AS value;
SELECT '100% by 17:00 America/New_York on monday,wed , Fri'::impact_tolerance, '100% by 12:00 UTC on Fri-Mon'::impact_tolerance,
  '100% by 12:00 UTC on Mon-Sun'::impact_tolerance;
SELECT '80% by 15:00 Asia/Tokyo on calendar 五十日 except calendar "day off"'::impact_tolerance;

SELECT 'soon'::impact_tolerance;
SELECT '100%'::impact_tolerance;
SELECT '0% within 2h'::impact_tolerance;
SELECT '101% within 2h'::impact_tolerance;
SELECT '100 within 2h'::impact_tolerance;
SELECT '100% within 2 months'::impact_tolerance;
SELECT '100% within 2h on Mon'::impact_tolerance;
SELECT 'data loss'::impact_tolerance;
SELECT '4h in total per 365d'::impact_tolerance;
SELECT '4h in total per 4h below 100%'::impact_tolerance;
SELECT '100% by 15:30'::impact_tolerance;
SELECT '100% by 25:00 UTC'::impact_tolerance;
SELECT '100% by 15:30 JST'::impact_tolerance;
SELECT '100% by 15:30 EST'::impact_tolerance;
SELECT '100% by 15:30 +09:00'::impact_tolerance;
SELECT '100% by 15:30 JST-9'::impact_tolerance;
SELECT '100% by 15:30 Etc/GMT-9'::impact_tolerance;
SELECT '100% by 15:30 Asia/Tokio'::impact_tolerance;
SELECT '100% by 15:30 posix/Asia/Tokyo'::impact_tolerance;
SELECT '100% by 15:30 Asia/Tokyo on Holidays'::impact_tolerance;
SELECT '100% by 15:30 Asia/Tokyo on Mon-Wed,Tue'::impact_tolerance;
SELECT '100% by 15:30 Asia/Tokyo on calendar'::impact_tolerance;
SELECT '100% by 15:30 Asia/Tokyo except Mon'::impact_tolerance;
SELECT '100% by 15:30 Asia/Tokyo on Mon on calendar a'::impact_tolerance;

-- Their fields, order, equality, hash
\pset null -
CREATE TABLE tolerances (tolerance impact_tolerance PRIMARY KEY);
INSERT INTO tolerances VALUES ('100% by 15:30 Asia/Tokyo on Mon-Fri'), ('4h in total per 365d below 99.9%'), ('data loss 15min'),
  ('100% within 2h'), ('50% within 2h'), ('100% within 30min'), ('80% by 09:00 Asia/Tokyo on calendar a except calendar b');
INSERT INTO tolerances VALUES ('100.0% within 120 min');
SELECT tolerance, tolerance_form(tolerance) AS form, tolerance_level(tolerance) AS level, tolerance_limit(tolerance) AS "limit",
  tolerance_window(tolerance) AS "window" FROM tolerances ORDER BY tolerance;
SELECT tolerance_cut_off(tolerance) AS cut_off, tolerance_zone(tolerance) AS zone, tolerance_weekdays(tolerance) AS weekdays,
  tolerance_calendar(tolerance) AS calendar, tolerance_except_calendar(tolerance) AS except_calendar
FROM tolerances WHERE tolerance_form(tolerance) = 'by' ORDER BY tolerance;
SELECT max(n) FROM (SELECT count(*) AS n FROM tolerances, generate_series(1, 3) GROUP BY tolerance) AS grouped;
SELECT a.tolerance < b.tolerance AS less, a.tolerance <= b.tolerance AS less_or_equal, a.tolerance = b.tolerance AS equal,
  a.tolerance <> b.tolerance AS unequal, a.tolerance >= b.tolerance AS greater_or_equal, a.tolerance > b.tolerance AS greater, count(*)
FROM tolerances AS a, tolerances AS b GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1 DESC, 3 DESC;
SET enable_hashjoin = on;
SET enable_mergejoin = off;
SET enable_nestloop = off;
SELECT count(*) FROM tolerances AS a JOIN tolerances AS b USING (tolerance);
SET enable_mergejoin = on;
SET enable_hashjoin = off;
SELECT count(*) FROM tolerances AS a JOIN tolerances AS b USING (tolerance);
RESET enable_hashjoin;
RESET enable_nestloop;

-- Levels over time ------------------------------------------------------------------------------------------------------------------
SELECT value::level_curve FROM unnest(ARRAY['{}', '{0: 0.5, 2h: 0, 4h 30min: 1}', '{02:30:0.25,P1D:1}', '{0: 1, 1h: 0.5, 2h: 0.50, 3h: 1}',
  '{1us: 0.1, 2us: 0.30000000000000004, 3us: 1e-12}']) AS value;
SELECT '0.5'::level_curve;
SELECT '{0: 0.5'::level_curve;
SELECT '{0: 50%}'::level_curve;
SELECT '{0: -0.5}'::level_curve;
SELECT '{0: NaN}'::level_curve;
SELECT '{2h: 0.5, 1h: 1}'::level_curve;
SELECT '{1 month: 0.5}'::level_curve;
SELECT '{0: 0.5} and more'::level_curve;

CREATE TABLE curves (name text, curve level_curve);
INSERT INTO curves VALUES ('fine', '{}'), ('down', '{1h: 0}'), ('outage', '{1h: 0, 5h: 1}'), ('limping', '{1h: 0.4, 3h: 0.8, 10h: 1}'),
  ('twice', '{1h: 0, 2h: 1, 24h: 0, 27h: 1}');
SELECT name, level_at(curve, '2 hours'), worst_level(curve), time_below(curve), time_below(curve, 0.5) AS below_half,
  recovered_at(curve) AS recovered, recovered_at(curve, 0.5) AS recovered_half, recovered_at(curve, 1, '4 hours') AS in_4_hours
FROM curves ORDER BY curve;
SELECT name, tolerance, breached_at(curve, tolerance, '2 days', '2026-11-20 22:00+00') AS breached
FROM curves, unnest('{100% within 2h,100% within 1h,80% within 1h,50% within 2h,3h in total per 1d below 100%,data loss 0,100% by 09:30 Asia/Tokyo}'
  ::impact_tolerance[]) AS tolerance
WHERE breached_at(curve, tolerance, '2 days', '2026-11-20 22:00+00') IS NOT NULL ORDER BY curve, tolerance;

-- A cut-off needs a start. 2026-11-20 is a Friday.
SELECT breached_at('{0: 0}', '100% by 15:30 Asia/Tokyo');
SELECT days, breached_at('{0: 0}', ('100% by 15:30 Asia/Tokyo ' || days)::impact_tolerance, start => '2026-11-20 08:00+09')
FROM unnest('{"",on Fri,on Mon-Thu,on Sun}'::text[]) AS days;
SELECT breached_at('{0: 0}', '100% by 15:30 Asia/Tokyo on calendar bank', start => '2026-11-20 08:00+09');
INSERT INTO calendar_day (calendar, day) VALUES ('bank', '2026-11-20'), ('bank', '2026-11-24'), ('bank', '2026-11-30'),
  ('month end', '2026-11-30');
SELECT breached_at('{0: 0}', '100% by 15:30 Asia/Tokyo on calendar bank', start => '2026-11-20 08:00+09') AS friday,
  breached_at('{8h: 0}', '100% by 15:30 Asia/Tokyo on calendar bank', start => '2026-11-20 08:00+09') AS tuesday,
  breached_at('{8h: 0}', '100% by 15:30 Asia/Tokyo on calendar bank except calendar bank', start => '2026-11-20 08:00+09') AS never,
  breached_at('{8d: 0}', '100% by 24:00 Asia/Tokyo on calendar bank except calendar "month end"', start => '2026-11-20 08:00+09')
    AS not_at_month_end;
-- Clocks go forward over 02:30 in New York on 2026-03-08, and back over 01:30 on 2026-11-01.
SELECT timestamptz '2026-03-08 00:00-05' + breached_at('{0: 0}', '100% by 02:30 America/New_York', start => '2026-03-08 00:00-05')
    AS missing_time,
  timestamptz '2026-11-01 00:00-04' + breached_at('{0: 0}', '100% by 01:30 America/New_York', start => '2026-11-01 00:00-04')
    AS double_time;

SELECT time_below('{}', 0);
SELECT time_below('{}', 1, '1 month');
SELECT level_at('{}', '-1 hour');
SELECT breached_at('{}', '100% by 15:30 UTC', start => 'infinity');

-- The minimum of curves; curves from rows and to rows
SELECT level_curve '{1h: 0.5, 3h: 1}' & '{2h: 0.2, 4h: 1}' AS both, minimum('{1h: 0.5}', '{}') AS as_function;
SELECT minimum(curve) FROM curves WHERE name IN ('outage', 'limping');
SELECT minimum(curve) IS NULL AS none, count(*) FROM curves WHERE name = 'nobody';
SELECT * FROM steps('{1h: 0.5, 3h: 1}');
SELECT name, level_curve_agg(at, level) = curve AS same FROM curves LEFT JOIN LATERAL steps(curve) ON true
WHERE curve <> '{}' GROUP BY name, curve ORDER BY name;
SELECT level_curve_agg(at, level ORDER BY at DESC) FROM steps('{1h: 0.5, 2h: 0.25, 3h: 1}');
SELECT level_curve_agg(at, level) FROM (VALUES (interval '1 hour', 0.5::float8), ('1 hour', 0.6)) AS v (at, level);
SELECT level_curve_agg('1 hour', 1.5);
SELECT count(DISTINCT curve), min(name) FROM curves;

-- In parallel the aggregates come to the same.
CREATE TABLE many AS SELECT format('{%ss: 0.%s, %ss: 1}', i, 100 + i * 7919 % 900, i + 1 + i % 5)::level_curve AS curve FROM generate_series(1, 3000) AS i;
ANALYZE many;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE alone AS SELECT minimum(curve) AS least, (SELECT level_curve_agg(s.at, s.level) FROM steps(minimum(curve)) AS s) AS again FROM many;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT minimum(curve) FROM many;
SELECT least = again AS taken_apart, least = (SELECT minimum(curve) FROM many) AS in_parallel, (SELECT count(*) > 100 FROM steps(least)) AS long
FROM alone;
CREATE TABLE rows AS SELECT interval '1 s' * n AS at, 0.5 + n % 2 * 0.25 AS level FROM generate_series(1, 3000) AS n;
ANALYZE rows;
EXPLAIN (COSTS OFF) SELECT level_curve_agg(at, level) FROM rows;
SELECT level_curve_agg(at, level) = (SELECT level_curve_agg(at, level ORDER BY at DESC) FROM rows) AS in_parallel FROM rows;

-- Distributions of durations ----------------------------------------------------------------------------------------------------------
SELECT d, mean(d), median(d), quantile(d, 0.95) AS p95
FROM unnest('{fixed(4h),"uniform(1h, 8h)","triangular(1h,4h,24h)","pert(1h,4h,24h)","exponential(mean 6h)","lognormal(median 4h, p95 24h)"}'
  ::duration_distribution[]) AS d ORDER BY d;
SELECT interval '90 minutes'::duration_distribution AS certain, quantile('uniform(0,1h)', 0) AS least, quantile('uniform(0,1h)', 1) AS most,
  quantile('exponential(mean 1h)', 1) AS longest;
SELECT 'pert(1h,4h,24h)'::duration_distribution = 'pert(01:00, 4 hours, P1D)' AS equal,
  'fixed(2h)'::duration_distribution < 'fixed(3h)' AS less, count(DISTINCT d)
FROM unnest('{fixed(4h),fixed(04:00),exponential(mean 4h)}'::duration_distribution[]) AS d;
SELECT 'normal(4h)'::duration_distribution;
SELECT 'fixed(4h'::duration_distribution;
SELECT 'fixed(0)'::duration_distribution;
SELECT 'uniform(8h,1h)'::duration_distribution;
SELECT 'pert(4h,1h,24h)'::duration_distribution;
SELECT 'exponential(6h)'::duration_distribution;
SELECT 'lognormal(median 4h, p95 4h)'::duration_distribution;
SELECT interval '1 month'::duration_distribution;
SELECT interval '0'::duration_distribution;
SELECT quantile('fixed(1h)', 1.5);
SELECT mean('lognormal(median 1us, p95 36500d)');

-- Binary output
SELECT impact_tolerance_send('100% within 2h') AS tolerance, level_curve_send('{1h: 0.5}') AS curve,
  duration_distribution_send('fixed(4h)') AS distribution;
DROP TABLE tolerances, curves, many, alone, rows;
DROP EXTENSION opres;

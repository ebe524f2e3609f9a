-- check_map: what is wrong with a map or looks wrong. Each opres.check_* function finds some kinds of things, whatever the language;
-- finding_texts says them. All are set-based and bounded: a map of 100,000 nodes takes seconds.

CREATE FUNCTION opres.tolerance_parts(tolerance opres.impact_tolerance, OUT form text, OUT level float8, OUT "limit" interval,
  OUT calendar text, OUT except_calendar text)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_tolerance_parts';
COMMENT ON FUNCTION opres.tolerance_parts(opres.impact_tolerance) IS
  'internal: what a tolerance consists of; form: within, by, data loss, total; limit: the longest time (NULL for by)';

-- "a, b, c (+4)"
CREATE FUNCTION opres.some_of(names text[]) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_to_string(names[:3], ', ') || CASE WHEN cardinality(names) > 3 THEN format(' (+%s)', cardinality(names) - 3) ELSE '' END;
COMMENT ON FUNCTION opres.some_of(text[]) IS 'internal: the first three names and how many more there are';

CREATE FUNCTION opres.duration_words(duration interval, lang text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_duration_words';
COMMENT ON FUNCTION opres.duration_words(interval, text) IS 'internal: a duration for people in a language, at most three units: 2 h 30 min';

-- What no analysis runs on, and what has no effect.
CREATE FUNCTION opres.check_requirements(revision bigint) RETURNS TABLE (finding text, subject text, arguments text[], durations interval[])
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH supply AS (
    SELECT q.node, q.name, q.mode, q.needed_for, q.switchover, q.switchover_failure,
      count(m.member) FILTER (WHERE NOT m.standby) AS active, count(m.member) FILTER (WHERE m.standby) AS standby
    FROM opres.requirement_at(revision) AS q
    LEFT JOIN opres.requirement_member_at(revision) AS m ON m.node = q.node AND m.requirement = q.name
    GROUP BY q.node, q.name, q.mode, q.needed_for, q.switchover, q.switchover_failure
  )
  SELECT 'requirement_empty', format('requirement %s / %s', s.node, s.name), '{}'::text[], '{}'::interval[] FROM supply AS s WHERE s.active = 0
  UNION ALL
  SELECT 'switchover_without_standby', format('requirement %s / %s', s.node, s.name), '{}', ARRAY[s.switchover]
  FROM supply AS s WHERE s.standby = 0 AND s.active > 0 AND (s.switchover > '0' OR s.switchover_failure > 0)
  UNION ALL
  SELECT CASE WHEN NOT m.standby THEN 'lag_of_active' ELSE 'lag_for_start' END,
    format('member %s / %s / %s', m.node, m.requirement, m.member), '{}', ARRAY[m.replica_lag]
  FROM opres.requirement_member_at(revision) AS m JOIN supply AS s ON s.node = m.node AND s.name = m.requirement
  WHERE m.replica_lag > '0' AND (NOT m.standby OR s.needed_for = 'start')
  UNION ALL
  SELECT 'capacity_in_quorum', format('member %s / %s / %s', m.node, m.requirement, m.member), ARRAY[m.capacity::text], '{}'
  FROM opres.requirement_member_at(revision) AS m JOIN supply AS s ON s.node = m.node AND s.name = m.requirement
  WHERE m.capacity <> 1 AND s.mode = 'quorum'
$$;
COMMENT ON FUNCTION opres.check_requirements(bigint) IS 'internal: part of check_map';

-- What is missing around a node.
CREATE FUNCTION opres.check_nodes(revision bigint) RETURNS TABLE (finding text, subject text, arguments text[], durations interval[])
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT 'operation_without_tolerance', 'node ' || n.code, '{}'::text[], '{}'::interval[]
  FROM opres.node_at(revision) AS n
  WHERE n.kind = 'operation' AND NOT EXISTS (SELECT FROM opres.tolerance_at(revision) AS t WHERE t.operation = n.code)
  UNION ALL
  SELECT 'needs_nothing', 'node ' || n.code, '{}', '{}'
  FROM opres.node_at(revision) AS n
  WHERE n.kind IN ('operation', 'process') AND NOT EXISTS (SELECT FROM opres.requirement_at(revision) AS q WHERE q.node = n.code)
  UNION ALL
  SELECT 'nobody_needs', 'node ' || n.code, '{}', '{}'
  FROM opres.node_at(revision) AS n
  WHERE n.kind <> 'operation' AND NOT EXISTS (SELECT FROM opres.requirement_member_at(revision) AS m WHERE m.member = n.code)
  UNION ALL
  SELECT CASE WHEN coalesce(btrim(n.country), '') <> '' THEN 'third_party_without_owner'
              WHEN coalesce(btrim(n.owner), '') <> '' THEN 'third_party_without_country'
              ELSE 'third_party_without_both' END, 'node ' || n.code, '{}', '{}'
  FROM opres.node_at(revision) AS n
  WHERE n.kind = 'third_party' AND (coalesce(btrim(n.owner), '') = '' OR coalesce(btrim(n.country), '') = '')
  UNION ALL
  SELECT 'review_overdue', 'node ' || n.code, ARRAY[to_jsonb(n.reviewed_on) #>> '{}'], '{}'
  FROM opres.node_at(revision) AS n
  WHERE n.reviewed_on < current_date - interval '1 year'
  UNION ALL
  SELECT 'never_reviewed', 'map', ARRAY[count(*)::text, opres.some_of(array_agg(n.code ORDER BY n.code))], '{}'
  FROM opres.node_at(revision) AS n
  WHERE n.reviewed_on IS NULL
  HAVING count(*) > 0
$$;
COMMENT ON FUNCTION opres.check_nodes(bigint) IS 'internal: part of check_map';

-- A standby that falls with what it stands in for: each direct supplier of the standby is, for every active member of the
-- requirement, that member itself, a direct supplier of it, or a direct supplier of one of those. (Two steps, not the whole way:
-- far enough for a site, a network, a provider, and bounded. Requirements of either purpose count.)
CREATE FUNCTION opres.check_standbys(revision bigint) RETURNS TABLE (finding text, subject text, arguments text[], durations interval[])
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH supplier AS MATERIALIZED (
    SELECT DISTINCT m.node, m.member AS supplier FROM opres.requirement_member_at(revision) AS m
  ), pair AS MATERIALIZED (
    SELECT s.node, s.requirement, s.member AS standby, a.member AS active
    FROM opres.requirement_member_at(revision) AS s
    JOIN opres.requirement_member_at(revision) AS a ON a.node = s.node AND a.requirement = s.requirement
    WHERE s.standby AND NOT a.standby
  ), near AS MATERIALIZED (
    SELECT p.active, p.active AS supplier FROM pair AS p
    UNION
    SELECT p.active, s.supplier FROM (SELECT DISTINCT active FROM pair) AS p JOIN supplier AS s ON s.node = p.active
    UNION
    SELECT p.active, t.supplier FROM (SELECT DISTINCT active FROM pair) AS p
    JOIN supplier AS s ON s.node = p.active JOIN supplier AS t ON t.node = s.supplier
  ), own AS (
    SELECT DISTINCT p.node, p.requirement, p.standby
    FROM pair AS p JOIN supplier AS s ON s.node = p.standby
    LEFT JOIN near AS n ON n.active = p.active AND n.supplier = s.supplier
    WHERE n.supplier IS NULL
  )
  SELECT 'standby_shares_suppliers', format('member %s / %s / %s', p.node, p.requirement, p.standby), ARRAY[
    opres.some_of(array_agg(DISTINCT p.active)), opres.some_of(array_agg(DISTINCT s.supplier))], '{}'::interval[]
  FROM pair AS p JOIN supplier AS s ON s.node = p.standby
  WHERE NOT EXISTS (SELECT FROM own AS o WHERE (o.node, o.requirement, o.standby) = (p.node, p.requirement, p.standby))
  GROUP BY p.node, p.requirement, p.standby
$$;
COMMENT ON FUNCTION opres.check_standbys(bigint) IS 'internal: part of check_map';

-- What an operation stands and falls with: itself and, up to four steps on, the members of `run` requirements of full impact and no
-- buffer that cannot be met without them (no standby, all active members needed). above: the longest sum of the restart times of
-- the nodes from the operation down to this one, this one left out; so long the operation stays down after this one is back.
CREATE FUNCTION opres.check_lifelines(revision bigint) RETURNS TABLE (operation text, node text, above interval)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH vital AS MATERIALIZED (
    SELECT q.node, m.member, n.restart
    FROM (
      SELECT q.node, q.name
      FROM opres.requirement_at(revision) AS q
      JOIN opres.requirement_member_at(revision) AS m ON m.node = q.node AND m.requirement = q.name
      WHERE q.needed_for = 'run' AND q.impact = 1 AND q.buffer = '0'
      GROUP BY q.node, q.name, q.mode, q.needed
      HAVING NOT bool_or(m.standby) AND (count(*) = 1 OR q.mode = 'quorum' AND coalesce(q.needed, count(*)) = count(*))
    ) AS q
    JOIN opres.requirement_member_at(revision) AS m ON m.node = q.node AND m.requirement = q.name
    JOIN opres.node_at(revision) AS n ON n.code = q.node
  ), step0 AS (
    SELECT DISTINCT t.operation, t.operation AS node, interval '0' AS above FROM opres.tolerance_at(revision) AS t
  ), step1 AS (
    SELECT s.operation, v.member AS node, max(s.above + v.restart) AS above FROM step0 AS s JOIN vital AS v USING (node) GROUP BY 1, 2
  ), step2 AS (
    SELECT s.operation, v.member AS node, max(s.above + v.restart) AS above FROM step1 AS s JOIN vital AS v USING (node) GROUP BY 1, 2
  ), step3 AS (
    SELECT s.operation, v.member AS node, max(s.above + v.restart) AS above FROM step2 AS s JOIN vital AS v USING (node) GROUP BY 1, 2
  ), step4 AS (
    SELECT s.operation, v.member AS node, max(s.above + v.restart) AS above FROM step3 AS s JOIN vital AS v USING (node) GROUP BY 1, 2
  )
  SELECT s.operation, s.node, max(s.above)
  FROM (TABLE step0 UNION ALL TABLE step1 UNION ALL TABLE step2 UNION ALL TABLE step3 UNION ALL TABLE step4) AS s
  GROUP BY s.operation, s.node
$$;
COMMENT ON FUNCTION opres.check_lifelines(bigint) IS
  'internal: what operations with a tolerance cannot do without for a moment, and how long they take to resume after it is back';

-- Tolerances that the map's own times already break. For each tolerance the worst place is named.
CREATE FUNCTION opres.check_times(revision bigint) RETURNS TABLE (finding text, subject text, arguments text[], durations interval[])
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH tolerance AS MATERIALIZED (
    SELECT t.operation, t.tolerance, p.form, p.level, p."limit"
    FROM opres.tolerance_at(revision) AS t, opres.tolerance_parts(t.tolerance) AS p
    WHERE p.form <> 'by'
  ), levels AS (
    SELECT t.operation, max(t.level) AS highest, min(t.level) FILTER (WHERE t.form = 'within') AS lowest
    FROM tolerance AS t WHERE t.form <> 'data loss' GROUP BY t.operation
  ), lifeline AS MATERIALIZED (
    SELECT l.operation, l.node, l.above, n.restart, n.rto, n.rpo
    FROM opres.check_lifelines(revision) AS l JOIN opres.node_at(revision) AS n ON n.code = l.node
  ), switched AS MATERIALIZED (
    -- A switchover as long as the buffer or shorter is not felt.
    SELECT q.node, q.name, q.impact, q.switchover - q.buffer AS felt
    FROM opres.requirement_at(revision) AS q
    WHERE q.needed_for = 'run' AND q.switchover > q.buffer AND EXISTS (
      SELECT FROM opres.requirement_member_at(revision) AS m WHERE m.node = q.node AND m.requirement = q.name AND m.standby)
  ), late AS (
    SELECT 'switchover_over_tolerance' AS finding, t.operation, t.tolerance, t."limit", s.node || ' / ' || s.name AS place,
      s.felt + l.restart + l.above AS takes, ARRAY[s.felt, l.restart + l.above] AS parts
    FROM tolerance AS t JOIN lifeline AS l USING (operation) JOIN switched AS s ON s.node = l.node
    WHERE t.form <> 'data loss' AND 1 - s.impact < t.level - 1e-9 AND s.felt + l.restart + l.above > t."limit"
    UNION ALL
    SELECT 'restart_over_tolerance', t.operation, t.tolerance, t."limit", l.node, l.restart + l.above,
      ARRAY['0', l.restart + l.above]
    FROM tolerance AS t JOIN lifeline AS l USING (operation)
    WHERE t.form <> 'data loss' AND l.restart + l.above > t."limit"
    UNION ALL
    SELECT 'rto_over_tolerance', t.operation, t.tolerance, t."limit", l.node, l.rto + l.above,
      ARRAY[l.rto, l.above]
    FROM tolerance AS t JOIN lifeline AS l USING (operation) JOIN levels AS h USING (operation)
    -- An operation's own RTO promises it back as a whole: it says nothing of tolerances for lower levels.
    WHERE t.form <> 'data loss' AND l.rto + l.above > t."limit" AND (l.node <> l.operation OR t.level = h.highest)
    UNION ALL
    SELECT 'rpo_over_tolerance', t.operation, t.tolerance, t."limit", l.node, l.rpo, ARRAY[l.rpo, '0']
    FROM tolerance AS t JOIN lifeline AS l USING (operation)
    WHERE t.form = 'data loss' AND l.rpo > t."limit"
  ), worst AS (
    SELECT DISTINCT ON (finding, operation, tolerance) late.*,
      count(*) OVER (PARTITION BY finding, operation, tolerance) - 1 AS others
    FROM late ORDER BY finding, operation, tolerance, takes DESC, place COLLATE "C"
  )
  -- The place, how many other places; the time it takes, of which this itself, of which restarts; the limit.
  SELECT w.finding, format('tolerance %s / %s', w.operation, w.tolerance),
    ARRAY[w.place, CASE WHEN w.others > 0 THEN format(' (+%s)', w.others) ELSE '' END], w.takes || w.parts || w."limit"
  FROM worst AS w
  UNION ALL
  SELECT 'mtpd_under_tolerance', format('tolerance %s / %s', t.operation, t.tolerance),
    '{}', ARRAY[n.mtpd, t."limit"]
  FROM tolerance AS t JOIN opres.node_at(revision) AS n ON n.code = t.operation JOIN levels AS h USING (operation)
  -- The lowest level is what comes nearest to a standstill, which is what the MTPD is about.
  WHERE t.form = 'within' AND t.level = h.lowest AND n.mtpd < t."limit"
  UNION ALL
  SELECT 'rto_over_mtpd', 'node ' || n.code, '{}', ARRAY[n.rto, n.mtpd]
  FROM opres.node_at(revision) AS n
  WHERE n.rto > n.mtpd
$$;
COMMENT ON FUNCTION opres.check_times(bigint) IS 'internal: part of check_map';

-- Calendars that run out, scenarios that cannot be judged. 30 days: the horizon of simulate if none is given.
CREATE FUNCTION opres.check_calendars(revision bigint) RETURNS TABLE (finding text, subject text, arguments text[], durations interval[])
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH cut_off AS MATERIALIZED (
    SELECT t.operation, t.tolerance, p.calendar, p.except_calendar
    FROM opres.tolerance_at(revision) AS t, opres.tolerance_parts(t.tolerance) AS p
    WHERE p.form = 'by'
  ), used AS (
    SELECT c.calendar FROM cut_off AS c WHERE c.calendar IS NOT NULL
    UNION
    SELECT c.except_calendar FROM cut_off AS c WHERE c.except_calendar IS NOT NULL
  ), calendar AS MATERIALIZED (
    SELECT d.calendar, min(d.day) AS first, max(d.day) AS last FROM opres.calendar_day_at(revision) AS d GROUP BY d.calendar
  ), scenario AS (
    SELECT s.code, (s.start AT TIME ZONE 'UTC')::date AS start FROM opres.scenario_at(revision) AS s
  )
  SELECT 'calendar_runs_out', 'calendar ' || k.calendar, ARRAY[to_jsonb(k.last) #>> '{}'], '{}'::interval[]
  FROM calendar AS k JOIN used AS u ON u.calendar = k.calendar
  WHERE k.last < current_date + 90
  UNION ALL
  SELECT 'calendar_misses_scenario', 'calendar ' || k.calendar, ARRAY[to_jsonb(k.first) #>> '{}',
    to_jsonb(k.last) #>> '{}', opres.some_of(array_agg(s.code ORDER BY s.code))], '{}'
  FROM calendar AS k JOIN used AS u ON u.calendar = k.calendar
  JOIN scenario AS s ON s.start < k.first OR s.start + 30 > k.last
  GROUP BY k.calendar, k.first, k.last
  UNION ALL
  SELECT 'calendar_unused', 'calendar ' || k.calendar, '{}', '{}'
  FROM calendar AS k WHERE NOT EXISTS (SELECT FROM used AS u WHERE u.calendar = k.calendar)
  UNION ALL
  SELECT 'scenario_without_start', 'scenario ' || s.code, ARRAY[(SELECT count(*) FROM cut_off)::text], '{}'
  FROM scenario AS s WHERE s.start IS NULL AND EXISTS (SELECT FROM cut_off)
  UNION ALL
  SELECT 'scenario_without_shock', 'scenario ' || s.code, '{}', '{}'
  FROM scenario AS s WHERE NOT EXISTS (SELECT FROM opres.shock_at(revision) AS h WHERE h.scenario = s.code)
$$;
COMMENT ON FUNCTION opres.check_calendars(bigint) IS 'internal: part of check_map';

-- All findings. The engine is asked for restart deadlocks, which it cannot tell while some requirement has no active member.
CREATE FUNCTION opres.map_findings(revision bigint) RETURNS TABLE (finding text, subject text, arguments text[], durations interval[])
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT * FROM opres.check_requirements(revision);
  -- Counted, not asked with EXISTS: for the first row alone the planner would choose a nested loop.
  IF (SELECT count(*) FROM opres.requirement_at(revision) AS q WHERE NOT EXISTS (SELECT FROM opres.requirement_member_at(revision) AS m
    WHERE m.node = q.node AND m.requirement = q.name AND NOT m.standby)) > 0
  THEN
    RETURN QUERY SELECT 'deadlocks_unknown', 'map', '{}'::text[], '{}'::interval[];
  ELSIF revision IS DISTINCT FROM 0 THEN
    RETURN QUERY SELECT 'restart_deadlock', 'node ' || d.cycle[1], ARRAY[array_to_string(d.cycle || d.cycle[1], ' → ')],
        '{}'::interval[]
      FROM opres.restart_deadlocks(revision) AS d;
  END IF;
  RETURN QUERY SELECT * FROM opres.check_nodes(revision);
  RETURN QUERY SELECT * FROM opres.check_standbys(revision);
  RETURN QUERY SELECT * FROM opres.check_times(revision);
  RETURN QUERY SELECT * FROM opres.check_calendars(revision);
END
$$;
COMMENT ON FUNCTION opres.map_findings(bigint) IS 'internal: what check_map says, before it is put into words';

CREATE FUNCTION opres.check_map(lang text DEFAULT 'en', revision bigint DEFAULT NULL)
RETURNS TABLE (severity text, subject text, problem text, advice text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
  r CONSTANT bigint := opres.known_revision(revision);
BEGIN
  IF lang IS NULL OR NOT EXISTS (SELECT FROM opres.finding_texts() AS t WHERE t.lang = check_map.lang) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('unknown language "%s"', lang),
      DETAIL = format('Expected %s.', (SELECT string_agg(DISTINCT t.lang, ' or ') FROM opres.finding_texts() AS t));
  END IF;
  RETURN QUERY
  SELECT t.severity, f.subject, format(t.problem, VARIADIC w.words), format(t.advice, VARIADIC w.words)
  FROM opres.map_findings(r) AS f
  JOIN opres.finding_texts() AS t ON t.finding = f.finding AND t.lang = check_map.lang,
  LATERAL (SELECT f.arguments || ARRAY(
    SELECT opres.duration_words(least(d.duration, '36500 days'), check_map.lang) -- sums may be longer than a duration can be
    FROM unnest(f.durations) WITH ORDINALITY AS d (duration, place) ORDER BY d.place) AS words) AS w
  ORDER BY array_position('{error,warning,note}', t.severity), f.subject COLLATE "C", f.finding COLLATE "C",
    f.arguments COLLATE "C";
END
$$;
COMMENT ON FUNCTION opres.check_map(text, bigint) IS
  'What is wrong with the map (error: no analysis runs), what is legal but suspicious (warning) and what has no effect (note); in English (en) or Japanese (ja); of a revision or (NULL) as it is now. subject names the thing as map_diff does. A standby has every supplier in common with what it stands in for if each supplier of it is, for every active member, that member itself or a supplier of it, directly or by way of one more node. Tolerances are compared with switchovers, restarts, RTO and RPO of the operation and of what it cannot do without for a moment, up to four requirements away: full impact, no buffer, no standby, all active members needed. Review dates and calendars are compared with today.';

-- The tolerance clock: the damage of an incident, as it is known now, played on the map from the time it began.

CREATE FUNCTION opres.exact_duration(length interval) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (extract(epoch FROM length) * 1000000)::bigint || ' us';
COMMENT ON FUNCTION opres.exact_duration(interval) IS 'internal: a duration as the map document has it, to the microsecond';

-- The damage as shocks, beginning at `start`. A level holds until the next is known; the last one until the node is expected back,
-- or, where nobody knows or the expected time has passed without its being back, for good.
CREATE FUNCTION opres.incident_shocks(incident bigint, OUT start timestamptz, OUT shocks jsonb, OUT overdue text[], OUT unknown text[])
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  WITH i AS (
    SELECT o.id, least(opres.incident_start(o), (SELECT min(l.at) FROM opres.incident_level AS l WHERE l.incident = o.id)) AS start
    FROM opres.incident AS o WHERE o.id = incident_shocks.incident
  ), piece AS (
    SELECT l.node, l.at, l.level, lead(l.at) OVER (PARTITION BY l.node ORDER BY l.at) AS until
    FROM opres.incident_level AS l WHERE l.incident = incident_shocks.incident
  ), shock AS (
    SELECT p.node, p.at - i.start AS onset, p.level,
      coalesce(p.until, CASE WHEN n.expected_at > now() THEN n.expected_at END) - p.at AS duration,
      p.until IS NULL AND n.expected_at <= now() AS overdue,
      EXISTS (SELECT FROM opres.node AS m WHERE m.code = p.node) AS known
    FROM i CROSS JOIN piece AS p JOIN opres.incident_node AS n ON n.incident = i.id AND n.node = p.node
    WHERE p.level < 1
  )
  SELECT i.start,
    (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('node', s.node, 'level', s.level,
       'onset', opres.exact_duration(s.onset), 'duration', opres.exact_duration(s.duration))) ORDER BY s.onset, s.node), '[]')
     FROM shock AS s WHERE s.known),
    ARRAY(SELECT s.node FROM shock AS s WHERE s.overdue ORDER BY s.node),
    ARRAY(SELECT DISTINCT s.node FROM shock AS s WHERE NOT s.known ORDER BY s.node)
  FROM i
$$;
COMMENT ON FUNCTION opres.incident_shocks(bigint) IS
  'What an incident has done to the map as far as is known now, for opres.simulate_shocks(shocks, horizon, start): start: when it began; shocks: lost and degraded nodes, from when until when; overdue: nodes that were expected back at a time that has passed, and are taken as down until further notice; unknown: nodes that the map has no more, and that are left out. NULLs if there is no such incident.';

-- Asks nobody whether she may see the incident: time goes on for those that are confidential, whoever looks at the clock.
CREATE FUNCTION opres.incident_clock(incident bigint) RETURNS TABLE (operation text, tolerance opres.impact_tolerance,
  breaches_at timestamptz, remaining interval, breached boolean, worst_level float8, cause text[], overdue text[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  played record;
BEGIN
  SELECT * INTO played FROM opres.incident_shocks(incident);
  IF cardinality(played.unknown) > 0 THEN
    RAISE WARNING USING MESSAGE = format('the map has no node %s any more', array_to_string(played.unknown, ', ')),
      DETAIL = format('The clock of incident %s runs without it.', incident_clock.incident);
  END IF;
  -- An interval of days added to a time would be days of the session's time zone, not of 24 hours.
  RETURN QUERY
  SELECT s.operation, s.tolerance, b.breaches_at, b.breaches_at - now(), b.breaches_at IS NOT NULL AND b.breaches_at <= now(),
    s.worst_level, s.cause, CASE WHEN cardinality(played.overdue) > 0 AND s.worst_level < 1 THEN played.overdue END
  FROM opres.simulate_shocks(played.shocks, greatest(now() - played.start, '0') + '30 days', played.start) AS s,
    LATERAL (SELECT played.start + extract(epoch FROM s.breached_at)::float8 * interval '1 second') AS b (breaches_at)
  ORDER BY b.breaches_at NULLS LAST, s.worst_level, s.operation COLLATE "C", s.tolerance;
END
$$;
COMMENT ON FUNCTION opres.incident_clock(bigint) IS 'internal: opres.tolerance_clock for what runs as the owner of the tables; others see by it what row-level security lets them see';

CREATE FUNCTION opres.tolerance_clock(incident bigint) RETURNS TABLE (operation text, tolerance opres.impact_tolerance,
  breaches_at timestamptz, remaining interval, breached boolean, worst_level float8, cause text[], overdue text[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000 ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM opres.check_incident(incident);
  RETURN QUERY SELECT * FROM opres.incident_clock(incident);
END
$$;
COMMENT ON FUNCTION opres.tolerance_clock(bigint) IS
  'When which operation breaches its tolerance, as far as is known now: the incident''s lost, degraded and restored nodes are played on the current map from occurred_at (else detected_at; else the first time a node was hit, if that is earlier), each until it was restored or is expected back; what the map says about starting again comes on top. One row per operation and tolerance, the most urgent first. breaches_at: NULL = it stays within for 30 days from now; remaining: from now on, negative once breached; worst_level: what the operation falls to, 1 = it is not touched; cause: the path of nodes from the operation to the damage; overdue: nodes expected back at a time that has passed and not said to be restored, taken as down until further notice; NULL if there are none.';

-- map_diff: what changed between two revisions, thing by thing.

-- opres.<table>_gone(low, high): rows of revision `low` that are no more, or have become other rows, in the later revision `high`.
-- (What has come is simpler: rows at `high` with since_revision > low.) The cost follows the changes, not the map.
DO $$
DECLARE
  map_table name;
  columns text;
BEGIN
  FOREACH map_table IN ARRAY '{node,requirement,requirement_member,tolerance,calendar_day,scenario,shock}'::name[] LOOP
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_catalog.pg_attribute
    WHERE attrelid = format('opres.%I', map_table)::regclass AND attnum > 0 AND NOT attisdropped;

    EXECUTE format($format$
      CREATE FUNCTION opres.%2$I(low bigint, high bigint) RETURNS SETOF opres.%1$I LANGUAGE sql STABLE PARALLEL SAFE AS $body$
        SELECT %3$s FROM opres.%4$I WHERE until_revision > low AND until_revision <= high AND since_revision <= low
      $body$;
      COMMENT ON FUNCTION opres.%2$I(bigint, bigint) IS
        'internal: rows of %1$s that are part of revision low and no longer of the later revision high';
      $format$, map_table, map_table || '_gone', columns, map_table || '_history');
  END LOOP;
END
$$;

-- Everything that differs between two revisions, low < high: one row for each thing gone and for each that has come. `position`
-- orders the kinds of things, `key` names the thing.
CREATE FUNCTION opres.map_changes(low bigint, high bigint)
RETURNS TABLE (came boolean, "position" int, key text[], content jsonb)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT false, 1, ARRAY['node', n.code], opres.node_json(n) FROM opres.node_gone(low, high) AS n
  UNION ALL
  SELECT true, 1, ARRAY['node', n.code], opres.node_json(n) FROM opres.node_at(high) AS n WHERE n.since_revision > low
  UNION ALL
  SELECT false, 2, ARRAY['requirement', q.node, q.name], opres.requirement_json(q) FROM opres.requirement_gone(low, high) AS q
  UNION ALL
  SELECT true, 2, ARRAY['requirement', q.node, q.name], opres.requirement_json(q)
  FROM opres.requirement_at(high) AS q WHERE q.since_revision > low
  UNION ALL
  SELECT false, 3, ARRAY['member', m.node, m.requirement, m.member], opres.member_json(m)
  FROM opres.requirement_member_gone(low, high) AS m
  UNION ALL
  SELECT true, 3, ARRAY['member', m.node, m.requirement, m.member], opres.member_json(m)
  FROM opres.requirement_member_at(high) AS m WHERE m.since_revision > low
  UNION ALL
  SELECT false, 4, ARRAY['tolerance', t.operation, t.tolerance::text],
    jsonb_build_object('operation', t.operation, 'tolerance', t.tolerance::text)
  FROM opres.tolerance_gone(low, high) AS t
  UNION ALL
  SELECT true, 4, ARRAY['tolerance', t.operation, t.tolerance::text],
    jsonb_build_object('operation', t.operation, 'tolerance', t.tolerance::text)
  FROM opres.tolerance_at(high) AS t WHERE t.since_revision > low
  UNION ALL
  SELECT false, 5, ARRAY['calendar', d.calendar], jsonb_build_object('days', jsonb_agg(d.day ORDER BY d.day))
  FROM opres.calendar_day_gone(low, high) AS d GROUP BY d.calendar
  UNION ALL
  SELECT true, 5, ARRAY['calendar', d.calendar], jsonb_build_object('days', jsonb_agg(d.day ORDER BY d.day))
  FROM opres.calendar_day_at(high) AS d WHERE d.since_revision > low GROUP BY d.calendar
  UNION ALL
  SELECT false, 6, ARRAY['scenario', s.code], opres.scenario_json(s) FROM opres.scenario_gone(low, high) AS s
  UNION ALL
  SELECT true, 6, ARRAY['scenario', s.code], opres.scenario_json(s) FROM opres.scenario_at(high) AS s WHERE s.since_revision > low
  UNION ALL
  SELECT false, 7, ARRAY['shock', h.scenario, h.code], opres.shock_json(h) FROM opres.shock_gone(low, high) AS h
  UNION ALL
  SELECT true, 7, ARRAY['shock', h.scenario, h.code], opres.shock_json(h) FROM opres.shock_at(high) AS h WHERE h.since_revision > low
$$;
COMMENT ON FUNCTION opres.map_changes(bigint, bigint) IS 'internal: what map_diff compares';

-- The keys of `a` that `b` does not have with the same value.
CREATE FUNCTION opres.differing_keys(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') FROM jsonb_each(a) AS e WHERE b -> e.key IS DISTINCT FROM e.value);
COMMENT ON FUNCTION opres.differing_keys(jsonb, jsonb) IS 'internal: an object without the keys that are the same in another one';

CREATE FUNCTION opres.map_diff(from_revision bigint, to_revision bigint)
RETURNS TABLE (subject text, change text, before jsonb, after jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
  present CONSTANT bigint := coalesce((SELECT head.revision FROM opres.map_head AS head), 0);
  older bigint := coalesce(opres.known_revision(from_revision), present);
  newer bigint := coalesce(opres.known_revision(to_revision), present);
  no_days CONSTANT jsonb := '{"days": []}';
  backward CONSTANT boolean := older > newer;
BEGIN
  IF backward THEN
    SELECT newer, older INTO older, newer;
  END IF;
  RETURN QUERY
  WITH changes AS MATERIALIZED (
    SELECT * FROM opres.map_changes(older, newer)
  ), sides AS (
    SELECT position, key, b.content AS before, a.content AS after
    FROM (SELECT * FROM changes AS c WHERE c.came = backward) AS b
    FULL JOIN (SELECT * FROM changes AS c WHERE c.came <> backward) AS a USING (position, key)
  )
  SELECT
    s.key[1] || ' ' || array_to_string(s.key[2:], ' / '),
    c.change,
    CASE c.change WHEN 'changed' THEN opres.differing_keys(coalesce(s.before, no_days), coalesce(s.after, no_days)) ELSE s.before END,
    CASE c.change WHEN 'changed' THEN opres.differing_keys(coalesce(s.after, no_days), coalesce(s.before, no_days)) ELSE s.after END
  FROM sides AS s,
  LATERAL (SELECT CASE
    -- A calendar is what its days make of it: it has changed if a day of it is in both revisions, or others came for those gone.
    WHEN s.position = 5 AND (s.before IS NOT NULL AND s.after IS NOT NULL
      OR EXISTS (SELECT FROM opres.calendar_day_at(older) AS d WHERE d.calendar = s.key[2])
      AND EXISTS (SELECT FROM opres.calendar_day_at(newer) AS d WHERE d.calendar = s.key[2])) THEN 'changed'
    WHEN s.before IS NULL THEN 'added'
    WHEN s.after IS NULL THEN 'removed'
    ELSE 'changed' END) AS c (change)
  WHERE s.before IS DISTINCT FROM s.after
  ORDER BY s.position, s.key COLLATE "C";
END
$$;
COMMENT ON FUNCTION opres.map_diff(bigint, bigint) IS
  'What changed from one revision to another (NULL = the current one, 0 = the empty map before the first edit; the first may be the later one). subject: node CODE, requirement NODE / NAME, member NODE / REQUIREMENT / MEMBER, tolerance OPERATION / TEXT, calendar CODE, scenario CODE, shock SCENARIO / CODE. change: added, removed, changed. before and after are the row as in the document, with its defaults; for what has changed only the keys that differ, for a calendar the days that went and came.';

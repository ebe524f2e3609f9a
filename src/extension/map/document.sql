-- The map as one JSON document: load_map, dump_map; and the map as it was in a revision, row by row, which the document, map_diff
-- and check_map are made of. The reading of a document is C (document.c); everything here runs with the caller's privileges.

-- NULL is the current map, 0 the empty one before the first edit.
CREATE FUNCTION opres.known_revision(revision bigint) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  latest bigint;
BEGIN
  IF revision <> 0 AND NOT EXISTS (SELECT FROM opres.map_revision AS r WHERE r.revision = known_revision.revision) THEN
    latest := (SELECT head.revision FROM opres.map_head AS head);
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('map revision %s does not exist', revision),
      HINT = CASE WHEN latest IS NULL THEN 'The map has never been edited.'
                  ELSE format('The latest revision is %s.', latest) END;
  END IF;
  RETURN revision;
END
$$;
COMMENT ON FUNCTION opres.known_revision(bigint) IS
  'The revision itself if it exists; NULL (the current map) and 0 (the empty map before the first edit) always do. Else an error.';

-- opres.<table>_at(revision): the rows of a table as a revision has them, NULL = now. Simple enough to be inlined.
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
      CREATE FUNCTION opres.%2$I(revision bigint) RETURNS SETOF opres.%1$I LANGUAGE sql STABLE PARALLEL SAFE AS $body$
        SELECT %3$s FROM opres.%1$I WHERE revision IS NULL OR since_revision <= revision
        UNION ALL
        SELECT %3$s FROM opres.%4$I WHERE revision IS NOT NULL AND since_revision <= revision AND until_revision > revision
      $body$;
      COMMENT ON FUNCTION opres.%2$I(bigint) IS 'rows of %1$s as they are in a revision of the map; NULL = the current one';
      $format$, map_table, map_table || '_at', columns, map_table || '_history');
  END LOOP;
END
$$;

-- One row as JSON, all keys, durations in canonical text. What depends on settings (time stamps, floating point) is pinned by the
-- functions that call these.
CREATE FUNCTION opres.node_json(n opres.node) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object('code', n.code, 'kind', n.kind, 'name', n.name, 'names', n.names, 'owner', n.owner,
  'location', n.location, 'country', n.country, 'restart', opres.duration_text(n.restart), 'unavailability', n.unavailability,
  'rto', opres.duration_text(n.rto), 'rpo', opres.duration_text(n.rpo), 'mtpd', opres.duration_text(n.mtpd),
  'reviewed_on', n.reviewed_on, 'reviewed_by', n.reviewed_by, 'attributes', n.attributes);

CREATE FUNCTION opres.requirement_json(r opres.requirement) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object('node', r.node, 'name', r.name, 'mode', r.mode, 'needed', r.needed, 'needed_for', r.needed_for,
  'impact', r.impact, 'buffer', opres.duration_text(r.buffer), 'switchover', opres.duration_text(r.switchover),
  'switchover_failure', r.switchover_failure);

CREATE FUNCTION opres.member_json(m opres.requirement_member) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object('node', m.member, 'capacity', m.capacity, 'standby', m.standby,
  'replica_lag', opres.duration_text(m.replica_lag));

CREATE FUNCTION opres.scenario_json(s opres.scenario) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object('code', s.code, 'name', s.name, 'names', s.names, 'start', s.start);

CREATE FUNCTION opres.shock_json(s opres.shock) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object('code', s.code, 'node', s.node, 'onset', opres.duration_text(s.onset), 'level', s.level,
  'duration', opres.duration_text(s.duration), 'data_loss', opres.duration_text(s.data_loss), 'probability', s.probability,
  'duration_distribution', s.duration_distribution::text, 'common_cause', s.common_cause);

COMMENT ON FUNCTION opres.node_json(opres.node) IS 'internal: a row of node as JSON';
COMMENT ON FUNCTION opres.requirement_json(opres.requirement) IS 'internal: a row of requirement as JSON, without its members';
COMMENT ON FUNCTION opres.member_json(opres.requirement_member) IS 'internal: a row of requirement_member as JSON, without what it belongs to';
COMMENT ON FUNCTION opres.scenario_json(opres.scenario) IS 'internal: a row of scenario as JSON, without its shocks';
COMMENT ON FUNCTION opres.shock_json(opres.shock) IS 'internal: a row of shock as JSON, without its scenario';

CREATE FUNCTION opres.without_defaults(object jsonb, defaults jsonb) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_without_defaults';
COMMENT ON FUNCTION opres.without_defaults(jsonb, jsonb) IS
  'internal: an object without the keys that are null, an empty object, or the same scalar as in defaults';

CREATE FUNCTION opres.load_map(document jsonb, reason text DEFAULT NULL) RETURNS bigint
LANGUAGE c AS 'MODULE_PATHNAME', 'opres_load_map'
SET search_path = pg_catalog, opres, pg_temp;
COMMENT ON FUNCTION opres.load_map(jsonb, text) IS
  'Replaces the whole map by what the document says and returns the revision, which is the current one if nothing differs (0 for an empty document on a map never edited). All or nothing: the document is checked first, and every error names the JSON path, what is wrong there and what was expected. A requirement without name is called by its members'' codes joined by +, a shock without code by its node''s; where that is taken, with (2), (3) and so on, in the order of the document. The reason is kept in the audit trail with the revision (no reason: that of the setting opres.reason, if any); a transaction that has edited the map before keeps its first. Needs the privilege to edit the map. Of two equal keys in one JSON object jsonb keeps the last: they cannot be reported. jsonb ends at 256 MB: load larger maps into the tables with \copy.';

CREATE FUNCTION opres.dump_map(revision bigint DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
  r CONSTANT bigint := opres.known_revision(revision);
BEGIN
  RETURN jsonb_build_object(
    'nodes', (
      SELECT coalesce(jsonb_agg(opres.without_defaults(opres.node_json(n), '{"restart": "0"}') ORDER BY n.code), '[]')
      FROM opres.node_at(r) AS n),
    'requirements', (
      SELECT coalesce(jsonb_agg(opres.without_defaults(
        opres.requirement_json(q) || jsonb_build_object('members', coalesce(m.members, '[]')),
        '{"mode": "quorum", "needed_for": "run", "impact": 1, "buffer": "0", "switchover": "0", "switchover_failure": 0}')
        ORDER BY q.node, q.name), '[]')
      FROM opres.requirement_at(r) AS q
      LEFT JOIN (
        SELECT m.node, m.requirement, jsonb_agg(opres.without_defaults(opres.member_json(m),
          '{"capacity": 1, "standby": false, "replica_lag": "0"}') ORDER BY m.member) AS members
        FROM opres.requirement_member_at(r) AS m
        GROUP BY m.node, m.requirement) AS m ON m.node = q.node AND m.requirement = q.name),
    'tolerances', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('operation', t.operation, 'tolerance', t.tolerance::text)
        ORDER BY t.operation, t.tolerance), '[]')
      FROM opres.tolerance_at(r) AS t),
    'calendars', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('code', c.calendar, 'days', c.days) ORDER BY c.calendar), '[]')
      FROM (SELECT d.calendar, jsonb_agg(d.day ORDER BY d.day) AS days FROM opres.calendar_day_at(r) AS d GROUP BY d.calendar) AS c),
    'scenarios', (
      SELECT coalesce(jsonb_agg(opres.without_defaults(
        opres.scenario_json(s) || jsonb_build_object('shocks', coalesce(h.shocks, '[]')), '{}') ORDER BY s.code), '[]')
      FROM opres.scenario_at(r) AS s
      LEFT JOIN (
        SELECT h.scenario, jsonb_agg(opres.without_defaults(opres.shock_json(h),
          '{"onset": "0", "level": 0, "probability": 1}') ORDER BY h.code) AS shocks
        FROM opres.shock_at(r) AS h
        GROUP BY h.scenario) AS h ON h.scenario = s.code));
EXCEPTION
  WHEN program_limit_exceeded THEN
    RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded', MESSAGE = 'the map is too large for one JSON document',
      DETAIL = format('jsonb ends at 256 MB: %s.', SQLERRM),
      HINT = 'Copy the tables one by one, such as with \copy opres.node (code, kind, ...) TO ''node.csv'' CSV.';
END
$$;
COMMENT ON FUNCTION opres.dump_map(bigint) IS
  'The map as the document that load_map reads, of a revision or (NULL) as it is now; revision 0 is the empty map. Everything is in order of its code, durations in canonical text, time stamps in UTC, whatever the session''s settings are; keys that hold their default are left out. load_map(dump_map()) changes nothing (load_map refuses a requirement that is still without members, as SQL can store it). jsonb ends at 256 MB: copy larger maps table by table.';

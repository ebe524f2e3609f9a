-- Editing the map by plain SQL: triggers that turn a transaction into a revision, keep history and check the map at commit.
-- The story of a statement is told in edit.c; here are the parts of it that are SQL. Functions that write map_head, map_revision or
-- a history run as the owner: nobody else may. They are called by triggers alone, no user has the privilege to execute them.

-- Called under the editors' lock, which keeps the answer true to the end of the transaction (or the serialization fails).
CREATE FUNCTION opres.next_revision() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT revision FROM opres.map_head), 0) + 1;
END
$$;
COMMENT ON FUNCTION opres.next_revision() IS 'internal: the number of the revision an edit would make';

-- The upsert makes a second editor under REPEATABLE READ or SERIALIZABLE fail to serialize, even when the first one has only just
-- created the head.
CREATE FUNCTION opres.make_revision() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made bigint;
  fresh uuid := gen_random_uuid();
BEGIN
  INSERT INTO opres.map_head AS head (revision, stamp) VALUES (1, fresh)
  ON CONFLICT (only_row) DO UPDATE SET revision = head.revision + 1, stamp = excluded.stamp
  RETURNING head.revision INTO made;
  INSERT INTO opres.map_revision (revision, stamp, made_at, made_by, made_in)
  VALUES (made, fresh, clock_timestamp(), session_user, pg_current_xact_id());
  RETURN made;
END
$$;
COMMENT ON FUNCTION opres.make_revision() IS 'internal: makes the next revision of the map; returns its number';

CREATE FUNCTION opres.queue_check() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE opres.map_head SET revision = revision;
END
$$;
COMMENT ON FUNCTION opres.queue_check() IS 'internal: has the map checked again at the end of the transaction, or at once if constraints are immediate';

-- By index, whatever the statistics say: right after a load they say nothing.
CREATE FUNCTION opres.has_edits(made bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
  RETURN EXISTS (SELECT FROM opres.node WHERE since_revision = made)
    OR EXISTS (SELECT FROM opres.requirement WHERE since_revision = made)
    OR EXISTS (SELECT FROM opres.requirement_member WHERE since_revision = made)
    OR EXISTS (SELECT FROM opres.tolerance WHERE since_revision = made)
    OR EXISTS (SELECT FROM opres.calendar_day WHERE since_revision = made)
    OR EXISTS (SELECT FROM opres.scenario WHERE since_revision = made)
    OR EXISTS (SELECT FROM opres.shock WHERE since_revision = made);
END
$$;
COMMENT ON FUNCTION opres.has_edits(bigint) IS 'internal: whether rows have come or changed in a revision';

-- What makes a map valid beyond one row. Looks at what revision `made`, the one this transaction makes, has touched. Two functions
-- of one text: after few edits every query goes from what was touched to the rest by index, one by one; after many, by hash tables.
-- The planner is not asked: right after a load there are no statistics, and a plan made while the map was small may have to serve
-- for a large one. So the time follows the edit, always.
DO $do$
DECLARE
  body text := $body$
DECLARE
  bad record;
BEGIN
  -- References of rows that came or changed (tables.sql says why not by foreign key).
  SELECT * INTO bad FROM (
    SELECT 'requirement' AS name, 'requirement_node_fkey' AS violated,
      format('requirement "%s" belongs to node "%s", which does not exist', q.name, q.node) AS message
    FROM opres.requirement AS q
    WHERE q.since_revision = made AND NOT EXISTS (SELECT FROM opres.node AS n WHERE n.code = q.node)
    UNION ALL
    SELECT 'requirement_member', 'requirement_member_member_fkey',
      format('requirement "%s" of node "%s" has member "%s", which does not exist', m.requirement, m.node, m.member)
    FROM opres.requirement_member AS m
    WHERE m.since_revision = made AND NOT EXISTS (SELECT FROM opres.node AS n WHERE n.code = m.member)
    UNION ALL
    SELECT 'tolerance', 'tolerance_operation_fkey',
      format('tolerance "%s" belongs to operation "%s", which does not exist', t.tolerance, t.operation)
    FROM opres.tolerance AS t
    WHERE t.since_revision = made AND NOT EXISTS (SELECT FROM opres.node AS n WHERE n.code = t.operation)
    UNION ALL
    SELECT 'shock', 'shock_scenario_fkey', format('shock "%s" belongs to scenario "%s", which does not exist', s.code, s.scenario)
    FROM opres.shock AS s
    WHERE s.since_revision = made AND NOT EXISTS (SELECT FROM opres.scenario AS c WHERE c.code = s.scenario)
    UNION ALL
    SELECT 'shock', 'shock_node_fkey',
      format('shock "%s" of scenario "%s" hits node "%s", which does not exist', s.code, s.scenario, s.node)
    FROM opres.shock AS s
    WHERE s.since_revision = made AND NOT EXISTS (SELECT FROM opres.node AS n WHERE n.code = s.node)
  ) AS dangling LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', SCHEMA = 'opres', TABLE = bad.name, CONSTRAINT = bad.violated,
      MESSAGE = bad.message, HINT = 'Add it in the same transaction: the map is checked at its end.';
  END IF;

  -- A member that comes or changes carries the revision itself; one that has gone left its trace in the history, unless it came in
  -- the same revision: then the requirement is again what it was. (LEFT JOIN keeps the order of the joins.)
  SELECT t.node, t.name, q.node IS NOT NULL AS known, q.mode, q.needed, count(*) FILTER (WHERE NOT m.standby) AS active,
    coalesce(sum(m.capacity) FILTER (WHERE NOT m.standby), 0) AS capacity INTO bad
  FROM (
    SELECT node, name FROM opres.requirement WHERE since_revision = made
    UNION SELECT node, requirement FROM opres.requirement_member WHERE since_revision = made
    UNION SELECT node, requirement FROM opres.requirement_member_history WHERE until_revision = made
  ) AS t
  LEFT JOIN opres.requirement AS q ON q.node = t.node AND q.name = t.name
  LEFT JOIN opres.requirement_member AS m ON m.node = t.node AND m.requirement = t.name
  GROUP BY t.node, t.name, q.node, q.mode, q.needed
  HAVING count(m.member) > 0 AND (q.node IS NULL OR count(*) FILTER (WHERE NOT m.standby) = 0
    OR q.mode = 'quorum' AND q.needed > count(*) FILTER (WHERE NOT m.standby)
    OR q.mode = 'pool' AND sum(m.capacity) FILTER (WHERE NOT m.standby) < q.needed * (1 - 1e-9))
  ORDER BY t.node, t.name LIMIT 1;
  IF FOUND AND NOT bad.known THEN
    RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', SCHEMA = 'opres', TABLE = 'requirement_member',
      CONSTRAINT = 'requirement_member_node_requirement_fkey',
      MESSAGE = format('members belong to requirement "%s" of node "%s", which does not exist', bad.name, bad.node),
      HINT = 'Add it in the same transaction: the map is checked at its end.';
  ELSIF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', SCHEMA = 'opres', TABLE = 'requirement', CONSTRAINT = 'requirement_can_be_met',
      MESSAGE = CASE
        WHEN bad.active = 0 THEN format('requirement "%s" of node "%s" has standby members only', bad.name, bad.node)
        WHEN bad.mode = 'quorum' THEN format('requirement "%s" of node "%s" needs %s of %s active members', bad.name, bad.node,
          bad.needed, bad.active)
        ELSE format('requirement "%s" of node "%s" needs capacity %s of %s', bad.name, bad.node, bad.needed, bad.capacity) END,
      DETAIL = CASE
        WHEN bad.active = 0 THEN 'A requirement with members needs at least one that is no standby.'
        WHEN bad.mode = 'quorum' THEN 'A quorum needs a whole number from 1 to the number of its active members.'
        ELSE 'A pool needs at most what its active members have together; standby members do not count.' END,
      HINT = 'Change the requirement and its members in one transaction: they are checked at its end.';
  END IF;

  SELECT n.code, n.kind, t.tolerance INTO bad
  FROM opres.tolerance AS t JOIN opres.node AS n ON n.code = t.operation
  WHERE (t.since_revision = made OR n.since_revision = made) AND n.kind <> 'operation'
  ORDER BY n.code LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', SCHEMA = 'opres', TABLE = 'tolerance', CONSTRAINT = 'tolerance_of_operation',
      MESSAGE = format('node "%s" has a tolerance but is no operation', bad.code),
      DETAIL = format('Its kind is %s, the tolerance "%s".', bad.kind, bad.tolerance),
      HINT = 'Only operations have tolerances: remove it, or make the node an operation.';
  END IF;

  -- A calendar is there while it has a day. Whose last day has gone, history tells.
  SELECT t.operation, t.tolerance, c.name INTO bad
  FROM opres.tolerance AS t CROSS JOIN LATERAL unnest(opres.calendars(t.tolerance)) AS c (name)
  WHERE (t.since_revision = made OR EXISTS (SELECT FROM opres.calendar_day_history WHERE until_revision = made))
    AND NOT EXISTS (SELECT FROM opres.calendar_day AS d WHERE d.calendar = c.name)
  ORDER BY t.operation, c.name LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', SCHEMA = 'opres', TABLE = 'tolerance', CONSTRAINT = 'tolerance_calendar',
      MESSAGE = format('calendar "%s" of a tolerance of operation "%s" has no days', bad.name, bad.operation),
      DETAIL = format('The tolerance is "%s".', bad.tolerance),
      HINT = 'Put its days into opres.calendar_day.';
  END IF;

  SELECT s.scenario, s.common_cause, min(s.probability) AS low, max(s.probability) AS high INTO bad
  FROM opres.shock AS s
  WHERE s.common_cause IS NOT NULL AND s.scenario IN (SELECT t.scenario FROM opres.shock AS t WHERE t.since_revision = made)
  GROUP BY s.scenario, s.common_cause
  HAVING min(s.probability) <> max(s.probability)
  ORDER BY s.scenario, s.common_cause LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', SCHEMA = 'opres', TABLE = 'shock', CONSTRAINT = 'shock_common_cause',
      MESSAGE = format('shocks of common cause "%s" in scenario "%s" have unequal probabilities', bad.common_cause, bad.scenario),
      DETAIL = format('They range from %s to %s.', bad.low, bad.high),
      HINT = 'Shocks of one common cause happen together: give them the same probability.';
  END IF;
END
$body$;
BEGIN
  EXECUTE format('CREATE FUNCTION opres.check_few_edits(made bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER '
    'SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off '
    'SET enable_material = off SET jit = off AS %L', body);
  EXECUTE format('CREATE FUNCTION opres.check_many_edits(made bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER '
    'SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET work_mem = %L SET jit = off AS %L', '64MB', body);
END
$do$;
COMMENT ON FUNCTION opres.check_few_edits(bigint) IS 'internal: refuses an invalid map at the end of the transaction that makes the revision';
COMMENT ON FUNCTION opres.check_many_edits(bigint) IS 'internal: check_few_edits, when a revision has touched many rows';

-- The triggers. C functions; what each does stands in edit.c.
CREATE FUNCTION opres.edit_begin() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'opres_edit_begin';
COMMENT ON FUNCTION opres.edit_begin() IS 'trigger: one editor at a time';
CREATE FUNCTION opres.edit_row() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'opres_edit_row';
COMMENT ON FUNCTION opres.edit_row() IS 'trigger: makes the change of a row part of a revision';
CREATE FUNCTION opres.edit_settle() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'opres_edit_settle';
COMMENT ON FUNCTION opres.edit_settle() IS 'trigger: ends a statement that edits';
CREATE FUNCTION opres.edit_check() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'opres_edit_check';
COMMENT ON FUNCTION opres.edit_check() IS 'trigger: checks the map at the end of the transaction';
CREATE FUNCTION opres.refuse_truncate() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'opres_refuse_truncate';
COMMENT ON FUNCTION opres.refuse_truncate() IS 'trigger: refuses TRUNCATE';

-- Order: the names of AFTER triggers are their order. History comes before the settling, which may check the map.
-- ENABLE ALWAYS: on a subscriber of logical replication (session_replication_role = replica) rows arrive as they were written at the
-- publisher, head, revisions and history with them: no edit, like a restore, but sessions there must let go of compiled maps, and
-- TRUNCATE is no better there. The other triggers rest: what they do arrives by itself.
DO $$
DECLARE
  map_table name;
  foreign_key name;
  columns text;
BEGIN
  FOREACH map_table IN ARRAY '{node,requirement,requirement_member,tolerance,calendar_day,scenario,shock}'::name[] LOOP
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_catalog.pg_attribute
    WHERE attrelid = format('opres.%I', map_table)::regclass AND attnum > 0 AND NOT attisdropped;

    EXECUTE format($format$
      CREATE FUNCTION opres.%2$I() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
      DECLARE
        made bigint := (SELECT revision FROM opres.map_head);
      BEGIN
        INSERT INTO opres.%3$I (%4$s, until_revision)
        SELECT %4$s, made FROM old_rows WHERE since_revision < made;
        RETURN NULL;
      END
      $body$;
      COMMENT ON FUNCTION opres.%2$I() IS 'trigger: keeps rows of %1$s as they were before a revision';

      CREATE TRIGGER edit_begin BEFORE UPDATE OR DELETE ON opres.%1$I FOR EACH STATEMENT EXECUTE FUNCTION opres.edit_begin();
      CREATE TRIGGER edit_row BEFORE INSERT OR UPDATE OR DELETE ON opres.%1$I FOR EACH ROW EXECUTE FUNCTION opres.edit_row();
      CREATE TRIGGER history_of_delete AFTER DELETE ON opres.%1$I REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION opres.%2$I();
      CREATE TRIGGER history_of_update AFTER UPDATE ON opres.%1$I REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION opres.%2$I();
      CREATE TRIGGER settle AFTER INSERT OR UPDATE OR DELETE ON opres.%1$I FOR EACH STATEMENT EXECUTE FUNCTION opres.edit_settle();
      ALTER TABLE opres.%1$I ENABLE ALWAYS TRIGGER edit_row;
      $format$, map_table, 'keep_' || map_table || '_history', map_table || '_history', columns);
  END LOOP;

  -- tables.sql says why. A restore of data only with --disable-triggers ends with all triggers enabled: right too, but slow.
  FOR map_table, foreign_key IN
    SELECT c.relname, t.tgname
    FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'opres'::regnamespace AND t.tgfoid = 'pg_catalog."RI_FKey_check_ins"'::regproc
  LOOP
    EXECUTE format('ALTER TABLE opres.%I DISABLE TRIGGER %I', map_table, foreign_key);
  END LOOP;

  FOR map_table IN SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 'opres'::regnamespace AND relkind = 'r' LOOP
    EXECUTE format($format$
      CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON opres.%1$I FOR EACH STATEMENT EXECUTE FUNCTION opres.refuse_truncate();
      ALTER TABLE opres.%1$I ENABLE ALWAYS TRIGGER refuse_truncate;
      $format$, map_table);
  END LOOP;
END
$$;

-- A revision writes the head once, so the map is checked once. SET CONSTRAINTS opres.map_is_valid IMMEDIATE checks at once.
CREATE CONSTRAINT TRIGGER map_is_valid AFTER INSERT OR UPDATE ON opres.map_head
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION opres.edit_check();

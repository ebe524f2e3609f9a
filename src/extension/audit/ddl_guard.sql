-- The DDL guard: optional event triggers. They refuse DDL on what belongs to the extension outside of its own install and upgrade
-- scripts, and record GRANT and REVOKE on it that did not come by grant_access. They fire for every DDL of the database, so nothing
-- installs them but a superuser's own decision, on record with a reason.
--
-- Allowed: indexes and statistics on tables other than audit_entry, ALTER EXTENSION UPDATE, whatever is outside of schema opres and
-- neither inherits from audit_entry nor refers to it. REASSIGN OWNED and what is done to roles, databases and event triggers fires no
-- event trigger: a superuser can take the guard away by ALTER EVENT TRIGGER, which verify_audit finds, or from 17 on pass it by SET
-- event_triggers, which nothing finds but its outcome.
--
-- The event triggers do not belong to the extension: pg_dump writes them, and restores them last.

CREATE FUNCTION opres.ddl_is_own() RETURNS boolean LANGUAGE c AS 'MODULE_PATHNAME', 'opres_ddl_is_own';
COMMENT ON FUNCTION opres.ddl_is_own() IS
  'internal: whether a command is part of the extension''s own scripts or of grant_access';

CREATE FUNCTION opres.run_grant(command text) RETURNS void LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'opres_run_grant';
COMMENT ON FUNCTION opres.run_grant(text) IS 'internal: runs a GRANT or REVOKE that its caller records';

CREATE FUNCTION opres.ddl_granted(command pg_ddl_command, OUT catalog oid, OUT objects oid[], OUT privileges text, OUT grantees oid[],
  OUT grant_option boolean)
LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'opres_ddl_granted';
COMMENT ON FUNCTION opres.ddl_granted(pg_ddl_command) IS 'internal: what a GRANT or REVOKE is about; NULL for other commands';

CREATE FUNCTION opres.ddl_refuse(tag text, object text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'the DDL guard of opres refuses this command',
    DETAIL = format('%s: %s', tag, object),
    HINT = 'SELECT opres.remove_ddl_guard(''reason'') first; that is recorded.';
END
$$;
COMMENT ON FUNCTION opres.ddl_refuse(text, text) IS 'internal: the DDL guard''s error';

CREATE FUNCTION opres.ddl_is_guarded(catalog oid, object oid, schema_name text) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE
    WHEN catalog = 'pg_trigger'::regclass THEN
      (SELECT t.tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = e.extnamespace) FROM pg_trigger AS t WHERE t.oid = object)
    WHEN catalog = 'pg_rewrite'::regclass THEN
      (SELECT r.ev_class IN (SELECT oid FROM pg_class WHERE relnamespace = e.extnamespace) FROM pg_rewrite AS r WHERE r.oid = object)
    WHEN catalog = 'pg_policy'::regclass THEN
      (SELECT p.polrelid IN (SELECT oid FROM pg_class WHERE relnamespace = e.extnamespace) FROM pg_policy AS p WHERE p.oid = object)
    WHEN catalog = 'pg_namespace'::regclass THEN object = e.extnamespace
    WHEN catalog = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = object) THEN
      object IN (SELECT i.indexrelid FROM pg_index AS i WHERE i.indrelid = to_regclass('opres.audit_entry'))
    WHEN catalog = 'pg_statistic_ext'::regclass THEN
      object IN (SELECT s.oid FROM pg_statistic_ext AS s WHERE s.stxrelid = to_regclass('opres.audit_entry'))
    ELSE schema_name = 'opres'
      OR EXISTS (
        SELECT FROM pg_depend AS d
        WHERE d.classid = catalog AND d.objid = object AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e')
      OR catalog = 'pg_class'::regclass AND (
        EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = object AND i.inhparent = to_regclass('opres.audit_entry'))
        OR EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = object AND c.confrelid = to_regclass('opres.audit_entry')))
    END
  FROM pg_extension AS e
  WHERE e.extname = 'opres'
$$;
COMMENT ON FUNCTION opres.ddl_is_guarded(oid, oid, text) IS 'internal: whether an object is under the DDL guard';

CREATE FUNCTION opres.ddl_guard_start() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'opres_ddl_guard_start';
COMMENT ON FUNCTION opres.ddl_guard_start() IS 'event trigger: refuses what would take the extension away, or objects out of it, before it begins';

-- As the owner of the extension: whoever runs DDL has no privileges on what is called here.
CREATE FUNCTION opres.ddl_guard_end() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c record;
BEGIN
  IF opres.ddl_is_own() THEN
    RETURN;
  END IF;
  FOR c IN
    SELECT d.command_tag, d.classid, d.objid, d.schema_name, d.object_type, d.object_identity, g.*
    FROM pg_event_trigger_ddl_commands() AS d CROSS JOIN LATERAL opres.ddl_granted(d.command) AS g
  LOOP
    IF c.objects IS NOT NULL THEN
      PERFORM opres.ddl_record(c.command_tag, lower(c.object_type), c.catalog, c.objects, c.privileges, c.grantees, c.grant_option);
    ELSIF c.classid <> 'pg_extension'::regclass AND opres.ddl_is_guarded(c.classid, c.objid, c.schema_name) THEN
      PERFORM opres.ddl_refuse(c.command_tag, format('%s %s', c.object_type, c.object_identity));
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION opres.ddl_guard_end() IS
  'event trigger: refuses DDL on what belongs to the extension, records GRANT and REVOKE on it';

CREATE FUNCTION opres.ddl_record(tag text, kind text, catalog oid, objects oid[], privileges text, grantees oid[], grant_option boolean)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ours text[] := (
    SELECT array_agg(i.identity ORDER BY i.identity COLLATE "C")
    FROM unnest(objects) AS o (object)
      CROSS JOIN LATERAL pg_identify_object(catalog, object, 0) AS i
    WHERE catalog <> 0 AND opres.ddl_is_guarded(catalog, object, i.schema));
BEGIN
  IF ours IS NOT NULL THEN
    PERFORM opres.audit_append('ddl.privilege', tag, opres.reason_for(NULL, NULL), json_build_object(
      'object_type', kind, 'schema', 'opres', 'objects', ours, 'privileges', privileges, 'grant_option', grant_option,
      'grantees', (SELECT json_agg(coalesce(r.rolname, 'public') ORDER BY r.rolname)
                   FROM unnest(grantees) AS g (role) LEFT JOIN pg_roles AS r ON r.oid = g.role))::text);
  END IF;
END
$$;
COMMENT ON FUNCTION opres.ddl_record(text, text, oid, oid[], text, oid[], boolean) IS
  'internal: records a GRANT or REVOKE, as far as it is about what belongs to the extension';

-- Members of the extension cannot be dropped at all; what is left are parts of tables and objects added to the schema later. The
-- trigger of a foreign key to one of our tables goes with that key.
CREATE FUNCTION opres.ddl_guard_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  d record;
BEGIN
  IF opres.ddl_is_own() THEN
    RETURN;
  END IF;
  FOR d IN
    SELECT * FROM pg_event_trigger_dropped_objects()
    WHERE schema_name = 'opres' AND object_type NOT IN ('index', 'statistics object') AND (original OR object_type <> 'trigger')
  LOOP
    PERFORM opres.ddl_refuse(tg_tag, format('%s %s', d.object_type, d.object_identity));
  END LOOP;
END
$$;
COMMENT ON FUNCTION opres.ddl_guard_drop() IS 'event trigger: refuses to drop what belongs to the extension or is in its schema';

CREATE FUNCTION opres.ddl_guard_triggers() RETURNS TABLE (name name, event text, function regproc, tags text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    ('opres_ddl_guard_start'::name, 'ddl_command_start', 'opres.ddl_guard_start'::regproc,
      '{ALTER EXTENSION,ALTER SCHEMA,ALTER TABLE,DROP EXTENSION,DROP LANGUAGE,DROP OWNED,DROP SCHEMA}'::text[]),
    ('opres_ddl_guard_end', 'ddl_command_end', 'opres.ddl_guard_end', NULL),
    ('opres_ddl_guard_drop', 'sql_drop', 'opres.ddl_guard_drop', NULL)
$$;
COMMENT ON FUNCTION opres.ddl_guard_triggers() IS 'internal: the event triggers the DDL guard consists of';

CREATE FUNCTION opres.install_ddl_guard(reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t record;
BEGIN
  reason := opres.reason_for(reason, 'installing the DDL guard');
  IF EXISTS (SELECT FROM pg_event_trigger WHERE evtname IN (SELECT name FROM opres.ddl_guard_triggers())) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'the DDL guard is already installed',
      HINT = 'If it is damaged: opres.remove_ddl_guard(reason), then install it again.';
  END IF;
  FOR t IN SELECT * FROM opres.ddl_guard_triggers() LOOP
    EXECUTE format('CREATE EVENT TRIGGER %I ON %I %s EXECUTE FUNCTION %s()', t.name, t.event,
      CASE WHEN t.tags IS NOT NULL
        THEN (SELECT format('WHEN TAG IN (%s)', string_agg(quote_literal(tag), ', ')) FROM unnest(t.tags) AS tag) END,
      t.function);
    EXECUTE format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', t.name);
  END LOOP;
  PERFORM opres.audit_append('ddl.guard', 'installed', reason, NULL);
END
$$;
COMMENT ON FUNCTION opres.install_ddl_guard(text) IS
  'Installs event triggers that refuse DDL on what belongs to the extension, other than its own upgrades, and record GRANT and REVOKE on it. For superusers; needs a reason. Indexes and statistics on map tables stay allowed. They fire for every DDL of the database. DROP EXTENSION is refused until remove_ddl_guard; a superuser can also disable event triggers, which verify_audit tells.';

CREATE FUNCTION opres.remove_ddl_guard(reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t record;
  removed boolean := false;
BEGIN
  reason := opres.reason_for(reason, 'removing the DDL guard');
  FOR t IN SELECT e.evtname FROM pg_event_trigger AS e JOIN opres.ddl_guard_triggers() AS g ON g.name = e.evtname LOOP
    EXECUTE format('DROP EVENT TRIGGER %I', t.evtname);
    removed := true;
  END LOOP;
  IF NOT removed AND NOT EXISTS (SELECT FROM opres.verify_audit_ddl_guard('en')) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'the DDL guard is not installed';
  END IF;
  PERFORM opres.audit_append('ddl.guard', 'removed', reason, NULL);
END
$$;
COMMENT ON FUNCTION opres.remove_ddl_guard(text) IS
  'Removes the event triggers of install_ddl_guard, and says so in the audit trail. For superusers; needs a reason.';

CREATE FUNCTION opres.verify_audit_ddl_guard(lang text) RETURNS TABLE (problem text, entry bigint, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT 'protection missing', NULL::bigint, format(CASE lang
    WHEN 'ja' THEN '%s番の記録によれば DDL ガードが導入されていますが、イベントトリガー %s が存在しないか、変更または無効化されています。'
    ELSE 'Entry %s says that the DDL guard was installed, but event trigger %s is missing, changed or disabled.' END, l.entry, g.name)
  FROM (SELECT max(e.entry) AS entry FROM ONLY opres.audit_entry AS e WHERE e.action = 'ddl.guard') AS m
    JOIN opres.audit_entry AS l ON l.entry = m.entry
    CROSS JOIN opres.ddl_guard_triggers() AS g
  WHERE l.subject = 'installed' AND NOT opres.acts_to_record() && '{ddl.guard installed,ddl.guard removed}' AND NOT EXISTS (
    SELECT FROM pg_event_trigger AS t
    WHERE t.evtname = g.name AND t.evtevent = g.event AND t.evtfoid = g.function AND t.evtenabled = 'A'
      AND t.evttags IS NOT DISTINCT FROM g.tags)
$$;
COMMENT ON FUNCTION opres.verify_audit_ddl_guard(text) IS 'internal: the part of verify_audit that is about the DDL guard';

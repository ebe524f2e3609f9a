-- Who sees an incident. Row-level security shows it to readers; what runs as its owner asks sees_incident or check_incident.
--
-- Views of ours must not be made over these tables: before PostgreSQL 15 a view reads as its owner, whom no policy stops.

CREATE FUNCTION opres.sees_incident(incident bigint) RETURNS boolean
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_sees_incident';
COMMENT ON FUNCTION opres.sees_incident(bigint) IS
  'whether there is an incident and the caller sees it. One that is not confidential all see who may read incidents; a confidential one: who may read the audit trail, who opened it, and whom opres.incident_reader names';

CREATE FUNCTION opres.check_incident(incident bigint) RETURNS void
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_check_incident';
COMMENT ON FUNCTION opres.check_incident(bigint) IS
  'internal: an error unless the caller sees the incident, the same for one that is not there and one that is not to be seen';

-- Every table with a column incident or run is one of them.
-- incident: a test of the row itself comes first, so that only confidential ones cost a call. The others see what their incident's
-- policy lets through; the planner reads it once for many rows, or looks one up by its primary key.
ALTER TABLE opres.incident ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON opres.incident FOR SELECT USING (NOT confidential OR opres.sees_incident(id));

DO $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT c.relname AS name, a.attname AS of
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'opres'::regnamespace AND c.relkind = 'r' AND a.attname IN ('incident', 'run')
  LOOP
    EXECUTE format('ALTER TABLE opres.%I ENABLE ROW LEVEL SECURITY', t.name);
    EXECUTE format('CREATE POLICY seen ON opres.%1$I FOR SELECT USING (EXISTS (SELECT FROM opres.%2$I AS o WHERE o.id = %1$I.%2$I))',
      t.name, t.of);
  END LOOP;
END
$$;

CREATE FUNCTION opres.admit_to_incident(incident bigint, reader text, kind text DEFAULT 'person', reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  reason := opres.reason_for(reason, 'admitting somebody to an incident');
  PERFORM opres.check_incident(incident);
  PERFORM opres.check_incident_reader(reader, kind);
  PERFORM opres.hold_person(reader) WHERE kind = 'person';
  INSERT INTO opres.incident_reader (incident, kind, reader, admitted_by, admitted_at)
  VALUES (incident, kind, reader, opres.acting_person(), clock_timestamp())
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE NOTICE '% "%" is admitted to incident % already', kind, reader, incident;
    RETURN;
  END IF;
  PERFORM opres.audit_append('incident.admit', format('incident %s', incident), reason,
    jsonb_build_object('kind', kind, 'reader', reader)::text);
END
$$;
COMMENT ON FUNCTION opres.admit_to_incident(bigint, text, text, text) IS
  'lets somebody see a confidential incident: a person (kind person, the default: her code), whoever holds a role of the playbooks (kind holders) or the members of a database role (kind database_role), which must have the access reader or one that includes it. May be done before the incident is made confidential. Needs a reason, here or in the setting opres.reason: the audit trail keeps both.';

CREATE FUNCTION opres.check_incident_reader(reader text, kind text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF kind IS NULL OR kind NOT IN ('person', 'holders', 'database_role') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('unknown kind of reader %s', coalesce(quote_ident(kind), 'NULL')),
      HINT = 'There is: person (the code of a person), holders (a role of playbooks), database_role.';
  ELSIF reader IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'the reader must not be null';
  ELSIF kind = 'person' AND NOT EXISTS (SELECT FROM opres.person AS p WHERE p.code = reader AND p.erased_at IS NULL)
    OR kind = 'holders' AND NOT EXISTS (SELECT FROM opres.role_holder AS h WHERE h.role = reader)
    OR kind = 'database_role' AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = reader)
  THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object',
      MESSAGE = format(CASE kind WHEN 'person' THEN 'there is no person "%s"' WHEN 'holders' THEN 'nobody holds the role "%s"'
        ELSE 'there is no database role "%s"' END, reader);
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_incident_reader(text, text) IS
  'internal: an error if there is nobody whom admit_to_incident could let in under that name';

CREATE FUNCTION opres.remove_from_incident(incident bigint, reader text, kind text DEFAULT 'person', reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  reason := opres.reason_for(reason, 'removing somebody from an incident');
  PERFORM opres.check_incident(incident);
  DELETE FROM opres.incident_reader AS r
  WHERE r.incident = remove_from_incident.incident AND r.kind = remove_from_incident.kind AND r.reader = remove_from_incident.reader;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object',
      MESSAGE = format('%s "%s" is not admitted to incident %s', coalesce(kind, 'NULL'), coalesce(reader, 'NULL'), incident),
      HINT = 'The table opres.incident_reader lists who is. Who opened an incident always sees it.';
  END IF;
  PERFORM opres.audit_append('incident.remove', format('incident %s', incident), reason,
    jsonb_build_object('kind', kind, 'reader', reader)::text);
END
$$;
COMMENT ON FUNCTION opres.remove_from_incident(bigint, text, text, text) IS
  'the reverse of admit_to_incident; what she has seen she has seen. Needs a reason, here or in the setting opres.reason: the audit trail keeps both.';

CREATE FUNCTION opres.admit_acting_person(incident bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  person CONSTANT text := opres.acting_person();
BEGIN
  INSERT INTO opres.incident_reader (incident, kind, reader, admitted_by, admitted_at)
  SELECT incident, CASE WHEN person ~ '^@' THEN 'database_role' ELSE 'person' END, CASE WHEN person ~ '^@' THEN substr(person, 2) ELSE person END, person, clock_timestamp()
  ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION opres.admit_acting_person(bigint) IS
  'internal: who makes an incident confidential goes on seeing it. Recorded with that.';

-- A responder may make an incident confidential; that it is not any more is for those who say who sees it.
CREATE FUNCTION opres.check_unconfidential(incident bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT has_function_privilege(opres.acting_role(), 'opres.admit_to_incident(bigint, text, text, text)', 'EXECUTE') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('incident %s stays confidential', incident),
      DETAIL = 'Only the access commander can end that.';
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_unconfidential(bigint) IS
  'internal: an error unless the caller may make an incident not confidential any more';

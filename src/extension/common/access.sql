-- Who may do what. Nothing is granted by installing: opres.grant_access gives a role one of the accesses below.
--
-- Functions are sorted by what they declare of themselves. IMMUTABLE ones and the types' input functions compute from their
-- arguments alone and stay open to PUBLIC (tables with our types need them). STABLE ones read, with the rights of the caller, and
-- go to readers. VOLATILE ones and those that run as their owner are nobody's, unless access_privileges() names them.

CREATE FUNCTION opres.access_privileges() RETURNS TABLE (access text, privilege text, object text)
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  WITH map_table (name) AS (
    VALUES ('node'), ('requirement'), ('requirement_member'), ('tolerance'), ('calendar_day'), ('scenario'), ('shock')
  ), column_list (name, columns) AS (
    SELECT t.name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
    FROM map_table AS t JOIN pg_attribute AS a ON a.attrelid = ('opres.' || quote_ident(t.name))::regclass
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'since_revision'
    GROUP BY t.name
  ), incident_table (access, columns, name) AS (
    -- Telephone numbers come out of functions alone (call_list, dump_people), for those who call.
    VALUES
      ('reader', '', 'playbook'),
      ('reader', '', 'playbooks'),
      ('reader', '', 'playbook_key'),
      ('reader', '', 'incident'),
      ('reader', '', 'incident_node'),
      ('reader', '', 'incident_level'),
      ('reader', '', 'incident_event'),
      ('reader', '', 'incident_report'),
      ('reader', '', 'reporting_criterion'),
      ('reader', '', 'incident_reader'),
      ('reader', '', 'incidents'),
      ('reader', '', 'overdue'),
      ('reader', '', 'run'),
      ('reader', '', 'runs'),
      ('reader', '', 'run_event'),
      ('reader', '', 'run_step'),
      ('reader', '', 'run_report'),
      ('reader', '', 'run_ratification'),
      ('reader', '', 'report_deadline'),
      ('integrator', '', 'webhook_endpoint'),
      ('integrator', '', 'outbox'),
      ('integrator', '', 'webhook_sender'),
      ('integrator', '', 'webhook_identity'),
      ('integrator', ' (sender, id, kind, valid_until)', 'webhook_secret'),
      ('integrator', '', 'webhook_receipt'),
      ('reader', '', 'exercise_finding'),
      ('reader', ' (code, kind, name, names, organisation)', 'contact'),
      ('reader', '', 'role_holder'),
      ('reader', '', 'on_call'),
      ('reader', ' (code, name, names, organisation, department, erased_at)', 'person'),
      ('auditor', '', 'person_login')
  ), named_function (access, name) AS (
    VALUES
      ('editor', 'load_map'),
      ('editor', 'label_revision'),
      ('approver', 'approve_revision'),
      ('approver', 'accept_risk'),
      ('planner', 'load_playbook'),
      ('planner', 'set_report_deadline'),
      ('planner', 'set_reporting_criterion'),
      ('planner', 'remove_reporting_criterion'),
      ('integrator', 'save_webhook_endpoint'),
      ('integrator', 'remove_webhook_endpoint'),
      ('integrator', 'add_endpoint_secret'),
      ('integrator', 'remove_endpoint_secret'),
      ('integrator', 'replay_delivery'),
      ('integrator', 'purge_outbox'),
      ('integrator', 'save_webhook_sender'),
      ('integrator', 'remove_webhook_sender'),
      ('integrator', 'add_webhook_secret'),
      ('integrator', 'remove_webhook_secret'),
      ('integrator', 'map_webhook_user'),
      ('integrator', 'unmap_webhook_user'),
      ('integrator', 'purge_webhook_receipts'),
      ('courier', 'receive_webhook'),
      ('courier', 'claim_deliveries'),
      ('courier', 'record_delivery'),
      ('courier', 'raise_events'),
      ('courier', 'webhook_health'),
      ('responder', 'open_incident'),
      ('responder', 'update_incident'),
      ('responder', 'annotate_incident'),
      ('responder', 'record_report'),
      ('responder', 'start_run'),
      ('responder', 'advance'),
      ('responder', 'set_values'),
      ('responder', 'annotate_run'),
      ('responder', 'call_list'),
      ('responder', 'contacts'),
      ('responder', 'record_call'),
      ('responder', 'record_finding'),
      ('signer', 'approve'),
      ('signer', 'reject'),
      ('signer', 'dispute'),
      ('commander', 'override'),
      ('commander', 'abort_run'),
      ('commander', 'tick'),
      ('commander', 'rebuild'),
      ('commander', 'settle_dispute'),
      ('commander', 'close_incident'),
      ('commander', 'settle_finding'),
      ('commander', 'admit_to_incident'),
      ('commander', 'remove_from_incident'),
      ('registrar', 'save_person'),
      ('registrar', 'erase_person'),
      ('registrar', 'save_role_holder'),
      ('registrar', 'remove_role_holder'),
      ('registrar', 'save_on_call'),
      ('registrar', 'remove_on_call'),
      ('registrar', 'save_contact'),
      ('registrar', 'remove_contact'),
      ('registrar', 'load_people'),
      ('registrar', 'dump_people'),
      ('auditor', 'verify_audit'),
      ('auditor', 'verify_audit_entries'),
      ('auditor', 'verify_audit_ddl_guard'),
      ('auditor', 'verify_map_revisions'),
      ('auditor', 'verify_events'),
      ('auditor', 'verify_run_events'),
      ('auditor', 'verify_incident_events'),
      ('auditor', 'acts_to_record'),
      ('witness', 'audit_checkpoint'),
      ('witness', 'audit_consistency_proof'),
      ('witness', 'audit_inclusion_proof'),
      ('eraser', 'erase_content'),
      ('eraser', 'redact_event')
  )
  SELECT 'reader', 'USAGE', 'SCHEMA opres'
  UNION ALL
  SELECT 'reader', 'SELECT', format('TABLE opres.%I', name)
  FROM (TABLE map_table UNION ALL SELECT name || '_history' FROM map_table
        UNION ALL VALUES ('map_head'), ('map_revision'), ('map_revisions')) AS t
  UNION ALL
  SELECT access, 'SELECT' || columns, format('TABLE opres.%I', name) FROM incident_table
  UNION ALL
  SELECT 'reader', 'EXECUTE', format('FUNCTION %s', p.oid::regprocedure)
  FROM pg_proc AS p
  WHERE p.pronamespace = 'opres'::regnamespace AND p.provolatile = 's' AND NOT p.prosecdef
    AND NOT EXISTS (SELECT FROM pg_type AS t WHERE p.oid IN (t.typinput, t.typreceive))
    AND p.proname NOT IN (SELECT name FROM named_function)
  UNION ALL
  SELECT 'auditor', 'SELECT', 'TABLE opres.' || name FROM (VALUES ('audit_entry'), ('audit_trail')) AS t (name)
  UNION ALL
  SELECT 'editor', format('INSERT (%1$s), UPDATE (%1$s), DELETE', columns), format('TABLE opres.%I', name) FROM column_list
  UNION ALL
  SELECT f.access, 'EXECUTE', format('FUNCTION %s', p.oid::regprocedure)
  FROM named_function AS f JOIN pg_proc AS p ON p.pronamespace = 'opres'::regnamespace AND p.proname = f.name
$$;
COMMENT ON FUNCTION opres.access_privileges() IS
  'what grant_access grants, besides what the access rests on (access_rests_on); each row is a GRANT privilege ON object';

-- A witness and an eraser of personal data have their functions and nothing else: they need not know the map. Whoever answers the
-- telephone enters the approval she was told (on behalf of the approver), so responders sign too: who may approve what is a matter of
-- the roles of the playbooks, which the run asks, not of the database. Every row is listed: bases of bases are not looked up.
CREATE FUNCTION opres.access_rests_on() RETURNS TABLE (access text, base text)
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  VALUES ('editor', 'reader'), ('approver', 'reader'), ('approver', 'signer'), ('auditor', 'reader'), ('auditor', 'witness'),
    ('planner', 'reader'), ('signer', 'reader'), ('responder', 'reader'), ('responder', 'signer'),
    ('commander', 'reader'), ('commander', 'signer'), ('commander', 'responder'), ('registrar', 'reader'), ('integrator', 'reader')
$$;
COMMENT ON FUNCTION opres.access_rests_on() IS
  'internal: which accesses include another. All include USAGE of the schema, which is taken away with reader.';

-- Refuses who may not grant, and an access that does not exist.
CREATE FUNCTION opres.check_access(access text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  known text[];
BEGIN
  IF NOT pg_has_role(current_user, (SELECT extowner FROM pg_extension WHERE extname = 'opres'), 'USAGE') THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'permission denied to change access to opres',
      DETAIL = 'Only a superuser or the owner of the extension may.';
  END IF;
  known := ARRAY(SELECT p.access FROM opres.access_privileges() AS p UNION SELECT r.access FROM opres.access_rests_on() AS r ORDER BY 1);
  IF access IS NULL OR access <> ALL (known) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('there is no access "%s"', access),
      HINT = 'There is: ' || array_to_string(known, ', ');
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_access(text) IS 'internal: an error unless the caller may grant this access';

-- An entry of the audit trail names the role as it was called then.
CREATE FUNCTION opres.record_access(action text, grantee regrole, access text, reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM opres.audit_append(action, format('role %s', (SELECT rolname FROM pg_roles WHERE oid = grantee)), reason,
    format('{"access": %s}', to_json(access)));
END
$$;
COMMENT ON FUNCTION opres.record_access(text, regrole, text, text) IS 'internal: a change of access enters the audit trail';

CREATE FUNCTION opres.grant_access(grantee regrole, access text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  p record;
BEGIN
  PERFORM opres.check_access(access);
  reason := opres.reason_for(reason, 'granting access');
  FOR p IN
    SELECT * FROM opres.access_privileges() AS a
    WHERE a.access = grant_access.access OR a.privilege = 'USAGE'
      OR a.access IN (SELECT b.base FROM opres.access_rests_on() AS b WHERE b.access = grant_access.access)
  LOOP
    PERFORM opres.run_grant(format('GRANT %s ON %s TO %s', p.privilege, p.object, grantee));
  END LOOP;
  PERFORM opres.record_access('access.grant', grantee, access, reason);
END
$$;
COMMENT ON FUNCTION opres.grant_access(regrole, text, text) IS
  'lets a database role use opres. reader: read the map and its history, play outages, read playbooks, and the incidents and runs that are not confidential, without anybody''s telephone number. editor: read and edit, by SQL, \copy or load_map, and label revisions. approver: read, approve revisions made by others, and what a signer may. planner: read, load playbooks, set deadlines of reports and criteria of reporting. responder: open incidents, keep them up to date, start and advance runs, whom to call, and what a signer may. signer: read, and approve, reject and dispute steps, as far as she holds the roles that the step asks for, or has heard it by telephone from who does; confirm what was approved by telephone in her name. commander: what a responder may, override, abort runs, close incidents, accept that an incident is not confidential any more, and say who sees those that are (she herself only those she is admitted to). registrar: people, their logins, who holds which role, outside contacts. auditor: read the map and all incidents, read and verify the audit trail, and what a witness may. witness: checkpoints and proofs of the audit trail, which show hashes alone; nothing else. eraser: erase_content and redact_event, nothing else. integrator: read, and the systems that send webhooks and that are told of events, with their secrets; whoever has it can make a sender speak for anybody. courier: what the program opres serve needs, nothing else. Grants what is there now: call it again after an upgrade of the extension. Needs a reason, here or in the setting opres.reason: the audit trail keeps both.';

CREATE FUNCTION opres.revoke_access(grantee regrole, access text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  p record;
BEGIN
  PERFORM opres.check_access(access);
  reason := opres.reason_for(reason, 'revoking access');
  FOR p IN
    SELECT * FROM opres.access_privileges() AS a
    WHERE revoke_access.access IN ('reader', a.access)
      OR a.access IN (SELECT b.access FROM opres.access_rests_on() AS b WHERE b.base = revoke_access.access)
  LOOP
    PERFORM opres.run_grant(format('REVOKE %s ON %s FROM %s', p.privilege, p.object, grantee));
  END LOOP;
  PERFORM opres.record_access('access.revoke', grantee, access, reason);
END
$$;
COMMENT ON FUNCTION opres.revoke_access(regrole, text, text) IS
  'the reverse of grant_access. What another access gives stays: editor, planner and registrar leave the role a reader, approver and responder a signer and reader, commander a responder, auditor a reader and a witness. What rests on it goes with it: witness takes auditor, signer takes approver, responder and commander, reader takes everything. Needs a reason, here or in the setting opres.reason: the audit trail keeps both.';

-- From everybody: default privileges (ALTER DEFAULT PRIVILEGES) have granted the application what other tables and functions of the
-- superuser who installs are granted.
DO $$
DECLARE
  g record;
BEGIN
  FOR g IN
    SELECT 'TABLE' AS kind, c.oid::regclass::text AS object, a.grantee
    FROM pg_catalog.pg_class AS c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
    WHERE c.relnamespace = 'opres'::regnamespace AND c.relkind IN ('r', 'v') AND a.grantee <> c.relowner
    UNION
    SELECT 'SCHEMA', 'opres', a.grantee
    FROM pg_catalog.pg_namespace AS n CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS a
    WHERE n.oid = 'opres'::regnamespace AND a.grantee <> n.nspowner
    UNION
    SELECT 'ROUTINE', p.oid::regprocedure::text, a.grantee
    FROM pg_catalog.pg_proc AS p
      CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS a
    WHERE p.pronamespace = 'opres'::regnamespace AND a.grantee <> p.proowner
  LOOP
    EXECUTE format('REVOKE ALL ON %s %s FROM %s', g.kind, g.object, CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END);
  END LOOP;
END
$$;
DO $$
DECLARE
  function regprocedure;
BEGIN
  FOR function IN
    SELECT p.oid FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace = 'opres'::regnamespace AND NOT p.prosecdef
      AND (p.provolatile = 'i' OR EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE p.oid IN (t.typinput, t.typreceive)))
  LOOP
    EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO PUBLIC', function);
  END LOOP;
END
$$;

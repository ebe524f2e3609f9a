-- Contacts outside, and calls: whom to call now, and who was called.

CREATE FUNCTION opres.save_contact(code text, kind text DEFAULT NULL, name text DEFAULT NULL, names jsonb DEFAULT NULL,
  organisation text DEFAULT NULL, contact_person text DEFAULT NULL, phones text[] DEFAULT NULL, night_phones text[] DEFAULT NULL,
  email text DEFAULT NULL, hours text DEFAULT NULL, note text DEFAULT NULL, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  kinds CONSTANT text[] := '{authority,isac,police,vendor,counterpart,media,other}';
  old opres.contact;
  new opres.contact;
  columns text[];
BEGIN
  SELECT * INTO old FROM opres.contact AS c WHERE c.code = code FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM opres.check_callee_code(code, 'person', EXISTS (SELECT FROM opres.person AS p WHERE p.code = code));
  END IF;
  IF kind <> ALL (kinds) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('there is no kind of contact "%s"', kind),
      HINT = 'There is: ' || array_to_string(kinds, ', ');
  END IF;
  PERFORM opres.check_texts(phones, 'phones'), opres.check_texts(night_phones, 'night_phones'), opres.check_names(names);
  new.code := code;
  new.kind := coalesce(kind, old.kind, 'other');
  new.name := nullif(coalesce(name, old.name), '');
  new.names := coalesce(names, old.names, '{}');
  new.organisation := nullif(coalesce(organisation, old.organisation), '');
  new.contact_person := nullif(coalesce(contact_person, old.contact_person), '');
  new.phones := coalesce(phones, old.phones, '{}');
  new.night_phones := coalesce(night_phones, old.night_phones, '{}');
  new.email := nullif(coalesce(email, old.email), '');
  new.hours := nullif(coalesce(hours, old.hours), '');
  new.note := nullif(coalesce(note, old.note), '');
  columns := opres.changed_columns(to_jsonb(old) - 'code', to_jsonb(new) - 'code');
  IF columns = '{}' THEN
    RETURN;
  END IF;
  INSERT INTO opres.contact SELECT new.*
  ON CONFLICT ON CONSTRAINT contact_pkey DO UPDATE SET kind = new.kind, name = new.name, names = new.names,
    organisation = new.organisation, contact_person = new.contact_person, phones = new.phones, night_phones = new.night_phones,
    email = new.email, hours = new.hours, note = new.note;
  PERFORM opres.audit_append('contact.save', format('contact %s', code), opres.reason_for(reason, NULL),
    jsonb_build_object('columns', columns)::text);
END
$$;
COMMENT ON FUNCTION opres.save_contact(text, text, text, jsonb, text, text, text[], text[], text, text, text, text) IS
  'adds a contact outside the institution or changes what is known of it; what is not given (or null) stays as it is, an empty text or array empties it. kind: authority, isac, police, vendor, counterpart, media, other; names: in other languages, {"ja": "..."}; contact_person: whom to ask for; phones, and night_phones for outside of hours: in the order in which to try them. The audit trail says which columns changed, not what is in them. Errors: a code that is a person''s.';

CREATE FUNCTION opres.remove_contact(code text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM opres.contact AS c WHERE c.code = remove_contact.code;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('there is no contact %s', coalesce('"' || code || '"', 'NULL'));
  END IF;
  PERFORM opres.audit_append('contact.remove', format('contact %s', code), opres.reason_for(reason, NULL), NULL);
END
$$;
COMMENT ON FUNCTION opres.remove_contact(text, text) IS
  'removes a contact and all that is known of it. Calls that were made to it keep its code and their notes. Old copies remain in dead rows until VACUUM, in the WAL, standbys, backups and dumps.';

CREATE FUNCTION opres.contacts(lang text DEFAULT 'en')
RETURNS TABLE (code text, kind text, name text, organisation text, contact_person text, phones text[], night_phones text[], email text,
  hours text, note text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.code, c.kind, coalesce(c.names->>lang, c.name, c.code), c.organisation, c.contact_person, c.phones, c.night_phones, c.email, c.hours,
    c.note
  FROM opres.contact AS c ORDER BY c.kind, c.code
$$;
COMMENT ON FUNCTION opres.contacts(text) IS
  'the contacts outside: authorities, ISAC, police, vendors, counterparts, by kind; names in the language if they have one in it';

-- Calls ---------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION opres.record_call(incident bigint, whom text, outcome text, note text DEFAULT NULL, occurred_at timestamptz DEFAULT now())
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  outcomes CONSTANT text[] := '{reached,no_answer,busy,left_message}';
  i opres.incident;
BEGIN
  PERFORM opres.check_incident(incident);
  IF NOT EXISTS (SELECT FROM opres.contact AS c WHERE c.code = whom) THEN
    PERFORM opres.hold_person(whom);
  END IF;
  IF outcome IS NULL OR outcome <> ALL (outcomes) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('unknown outcome of a call %s', coalesce('"' || outcome || '"', 'NULL')),
      HINT = 'There is: ' || array_to_string(outcomes, ', ');
  END IF;
  PERFORM opres.check_event_time(occurred_at, 'occurred_at');
  i := opres.lock_incident(incident);
  RETURN opres.record_incident_event(i, 'call', occurred_at, nullif(note, ''), jsonb_build_object('whom', whom, 'outcome', outcome));
END
$$;
COMMENT ON FUNCTION opres.record_call(bigint, text, text, text, timestamptz) IS
  'records that somebody was called because of an incident, in its chronicle and in the audit trail; the number of the event. whom: code of a person or of a contact; outcome: reached, no_answer, busy, left_message; note: what was said (erased with the person by opres.erase_person); occurred_at: when, in the past.';

-- Approvals that are awaited are somebody else's turn than the step. The agents of a playbook name the deputies of their roles.
CREATE FUNCTION opres.playbook_extension(extensions jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT extensions->'extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13'
$$;
COMMENT ON FUNCTION opres.playbook_extension(jsonb) IS 'internal: what we add to CACAO, out of the extensions of a playbook, step or agent';

CREATE FUNCTION opres.running_playbooks(incident bigint) RETURNS TABLE (run bigint, document jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.id, p.document::jsonb
  FROM opres.run AS r JOIN opres.playbook AS p ON (p.id, p.modified) = (r.playbook, r.modified)
    OR EXISTS (SELECT FROM jsonb_each_text(r.pins) AS i WHERE split_part(i.key, '@', 1) = p.id AND i.value::timestamptz = p.modified)
  WHERE r.incident = $1 AND r.state = 'active'
$$;
COMMENT ON FUNCTION opres.running_playbooks(bigint) IS 'internal: the playbooks of the active runs of an incident, those inside them too';

CREATE FUNCTION opres.roles_wanted(incident bigint) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH step AS (
    SELECT s.role, s.state, opres.playbook_extension(p.document->'workflow'->regexp_replace(s.step, '^.*/', '')->'step_extensions') AS more
    FROM opres.run AS r JOIN opres.run_step AS s ON s.run = r.id LEFT JOIN opres.running_playbooks($1) AS p
      ON p.run = r.id AND p.document->'workflow' ? regexp_replace(s.step, '^.*/', '')
    WHERE r.incident = $1 AND r.state = 'active' AND s.state IN ('reached', 'held', 'submitted')
  )
  SELECT w.role FROM step AS s, LATERAL (VALUES (s.role), (s.more->>'accountable')) AS w (role) WHERE s.state <> 'submitted' AND w.role IS NOT NULL
  UNION
  SELECT a.value->>'role' FROM step AS s, jsonb_array_elements(s.more->'approvals') AS a WHERE s.state = 'submitted'
$$;
COMMENT ON FUNCTION opres.roles_wanted(bigint) IS
  'internal: the roles whose turn it is in the active runs of an incident: those that do steps reached, or answer for them, and those whose approval is awaited';

CREATE FUNCTION opres.deputy_roles(incident bigint) RETURNS TABLE (role text, deputy text, place bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH running AS (SELECT document FROM opres.running_playbooks($1)), playbook AS (
    SELECT document FROM running
    UNION ALL
    SELECT p.document::jsonb FROM opres.playbook AS p
    WHERE NOT EXISTS (SELECT FROM running) AND NOT p.revoked
      AND NOT EXISTS (SELECT FROM opres.playbook AS newer WHERE newer.id = p.id AND newer.modified > p.modified)
  )
  SELECT e->>'role', d.value, min(d.ordinality)
  FROM playbook AS p, jsonb_each(p.document->'agent_definitions') AS a,
    opres.playbook_extension(a.value->'agent_target_extensions') AS e, jsonb_array_elements_text(e->'deputies') WITH ORDINALITY AS d
  GROUP BY e->>'role', d.value
$$;
COMMENT ON FUNCTION opres.deputy_roles(bigint) IS
  'internal: the roles that stand in for a role, in order, as the playbooks under way in an incident say; without any, as the latest version of every playbook says';

-- Everybody once per role, where she comes first: place 0 is the role itself.
CREATE FUNCTION opres.callees(role text, incident bigint, at timestamptz) RETURNS TABLE (person text, as_role text, on_call boolean, "position" bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH stand_in (as_role, place) AS (
    SELECT $1, 0 UNION ALL SELECT d.deputy, d.place FROM opres.deputy_roles($2) AS d WHERE d.role = $1 AND d.deputy <> $1
  ), callee AS (
    SELECT o.person, s.as_role, s.place, true AS on_call, o.rank FROM stand_in AS s JOIN opres.on_call AS o ON o.role = s.as_role
    WHERE o.valid_from <= $3 AND $3 < o.valid_until
    UNION ALL
    SELECT h.person, s.as_role, s.place, false, h.rank FROM stand_in AS s JOIN opres.role_holder AS h ON h.role = s.as_role
    WHERE h.valid_from <= $3 AND $3 < h.valid_until
  ), first AS (
    SELECT DISTINCT ON (person) * FROM callee ORDER BY person, place, on_call DESC, rank
  )
  SELECT person, as_role, on_call, row_number() OVER (ORDER BY place, on_call DESC, rank, person) FROM first
$$;
COMMENT ON FUNCTION opres.callees(text, bigint, timestamptz) IS 'internal: whom to call for a role, in which order: on call, holders by rank, then likewise the deputy roles';

CREATE FUNCTION opres.call_list(role text DEFAULT NULL, incident bigint DEFAULT NULL, lang text DEFAULT 'en')
RETURNS TABLE (for_role text, "position" bigint, person text, name text, because text, phones text[], email text, department text, organisation text,
  attempts bigint, last_call_at timestamptz, last_outcome text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM opres.check_lang(call_list.lang);
  IF call_list.incident IS NOT NULL THEN
    PERFORM opres.check_incident(call_list.incident);
  ELSIF call_list.role IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'neither a role nor an incident is given';
  END IF;
  RETURN QUERY
  WITH wanted (role) AS (
    SELECT call_list.role WHERE call_list.role IS NOT NULL
    UNION SELECT r FROM opres.roles_wanted(call_list.incident) AS r WHERE call_list.role IS NULL
  ), call AS (
    SELECT e.details->>'whom' AS whom, count(*) AS attempts, max(e.occurred_at) AS at,
      (array_agg(e.details->>'outcome' ORDER BY e.occurred_at DESC, e.number DESC))[1] AS outcome
    FROM opres.incident_event AS e WHERE e.incident = call_list.incident AND e.kind = 'call' GROUP BY 1
  )
  SELECT w.role, c."position", c.person, coalesce(p.names->>call_list.lang, p.name, p.code),
    CASE WHEN c.on_call AND call_list.lang = 'ja' THEN '当番' WHEN c.on_call THEN 'on call'
      WHEN call_list.lang = 'ja' THEN '役割の保有者' ELSE 'holder' END
      || CASE WHEN c.as_role = w.role THEN '' WHEN call_list.lang = 'ja' THEN format('（代行：%s）', c.as_role)
        ELSE format(' (deputy: %s)', c.as_role) END,
    p.phones, p.email, p.department, p.organisation, coalesce(k.attempts, 0), k.at,
    opres.chronicle_word(k.outcome, call_list.lang)
  FROM wanted AS w, opres.callees(w.role, call_list.incident, now()) AS c JOIN opres.person AS p ON p.code = c.person LEFT JOIN call AS k ON k.whom = c.person
  ORDER BY w.role COLLATE "C", c."position";
END
$$;
COMMENT ON FUNCTION opres.call_list(text, bigint, text) IS
  'whom to call now for a role of the playbooks, in which order: who is on call, then the holders by rank, then those of the deputy roles. With an incident: how often and when she was called because of it, and how the last call went; without a role: all roles whose turn it is in its runs (of steps reached: who does them, who answers for them; of approvals awaited: who gives them). phones: in the order in which to try them. Record calls by opres.record_call. Errors: neither role nor incident, no such incident.';

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
    PERFORM opres.check_person(whom);
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
  FROM opres.run AS r JOIN opres.playbook AS p ON (p.id, p.modified) = (r.playbook, r.modified) OR (r.pins->>p.id)::timestamptz = p.modified
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

-- Erasing -------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION opres.erase_call_notes(whom text, reason text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  calls text[];
BEGIN
  IF EXISTS (SELECT FROM opres.incident_event AS e
    WHERE e.kind = 'call' AND e.details->>'whom' = whom AND e.note <> '[redacted]' AND e.recorded_at >= transaction_timestamp())
  THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'a call to be erased is not committed yet',
      DETAIL = 'Its entry in the audit trail is written when it is.';
  END IF;
  WITH emptied AS (
    UPDATE opres.incident_event AS e SET note = '[redacted]'
    WHERE e.kind = 'call' AND e.details->>'whom' = whom AND e.note <> '[redacted]'
    RETURNING format('incident %s %s', e.incident, e.number) AS call
  )
  SELECT array_agg(e.call) INTO calls FROM emptied AS e;
  PERFORM opres.erase_content(a.entry, reason)
  FROM (SELECT e.entry, e.subject, e.content FROM ONLY opres.audit_entry AS e WHERE e.action = 'incident.call' AND e.salt IS NOT NULL OFFSET 0) AS a
  WHERE format('%s %s', a.subject, a.content::jsonb->>'event') = ANY (calls);
  RETURN coalesce(cardinality(calls), 0);
END
$$;
COMMENT ON FUNCTION opres.erase_call_notes(text, text) IS
  'internal: erases the notes of calls to somebody, from the chronicles of incidents and from the audit trail; how many';

-- Where a name still stands in what people wrote: whoever erases must look there herself.
CREATE FUNCTION opres.mentions(words text[]) RETURNS TABLE (place text, incident bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('incident %s event %s', e.incident, e.number), e.incident FROM opres.incident_event AS e
  WHERE EXISTS (SELECT FROM unnest(words) AS w WHERE strpos(concat_ws(' ', e.note, e.details), w) > 0)
  UNION ALL
  SELECT format('run %s event %s', e.run, e.number), r.incident FROM opres.run_event AS e JOIN opres.run AS r ON r.id = e.run
  WHERE EXISTS (SELECT FROM unnest(words) AS w WHERE strpos(concat_ws(' ', e.note, e.evidence, e."values"), w) > 0)
$$;
COMMENT ON FUNCTION opres.mentions(text[]) IS 'internal: events of incidents and runs in whose words one of the words given stands';

CREATE FUNCTION opres.erase_person(code text, reason text DEFAULT NULL, lang text DEFAULT 'en')
RETURNS TABLE (state text, what text, "count" bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  ja CONSTANT boolean := lang = 'ja';
  erased CONSTANT text := CASE WHEN ja THEN '消去済み' ELSE 'erased' END;
  remains CONSTANT text := CASE WHEN ja THEN '残存' ELSE 'remains' END;
  old opres.person;
  columns text[];
  calls bigint;
  mentioned text[];
  unseen bigint;
BEGIN
  PERFORM opres.check_lang(lang);
  reason := opres.reason_for(reason, 'erasing a person');
  PERFORM opres.check_person(code);
  PERFORM opres.refuse_own(code = opres.acting_person(), 'record by erasing it');
  SELECT * INTO old FROM opres.person AS p WHERE p.code = code FOR UPDATE;
  columns := opres.changed_columns(NULL, to_jsonb(old) - 'code');
  calls := opres.erase_call_notes(code, reason);
  SELECT array_agg(m.place ORDER BY m.place) FILTER (WHERE opres.sees_incident(m.incident)), count(*) FILTER (WHERE NOT opres.sees_incident(m.incident))
  INTO mentioned, unseen
  FROM opres.mentions(ARRAY(SELECT w FROM unnest(ARRAY[old.name, old.email] || old.phones || ARRAY(SELECT value FROM jsonb_each_text(old.names))) AS w
    WHERE w <> '')) AS m;
  UPDATE opres.person AS p SET name = NULL, names = '{}', organisation = NULL, department = NULL, phones = '{}', email = NULL,
    note = NULL, erased_at = clock_timestamp() WHERE p.code = code;
  RETURN QUERY SELECT erased, CASE WHEN ja THEN '個人データの項目：' ELSE 'personal columns: ' END || array_to_string(columns, ', '),
    cardinality(columns)::bigint;
  RETURN QUERY WITH gone AS (DELETE FROM opres.person_login AS l WHERE l.person = code RETURNING 1)
    SELECT erased, CASE WHEN ja THEN 'ログインとの対応' ELSE 'which logins are hers' END, count(*) FROM gone;
  RETURN QUERY WITH gone AS (DELETE FROM opres.role_holder AS h WHERE h.person = code RETURNING 1)
    SELECT erased, CASE WHEN ja THEN '保有する役割' ELSE 'roles held' END, count(*) FROM gone;
  RETURN QUERY WITH gone AS (DELETE FROM opres.on_call AS o WHERE o.person = code RETURNING 1)
    SELECT erased, CASE WHEN ja THEN '当番' ELSE 'times on call' END, count(*) FROM gone;
  RETURN QUERY WITH gone AS (DELETE FROM opres.incident_reader AS r WHERE (r.kind, r.reader) = ('person', code) RETURNING 1)
    SELECT erased, CASE WHEN ja THEN '機密インシデントの閲覧許可' ELSE 'admissions to incidents' END, count(*) FROM gone;
  RETURN QUERY SELECT erased, CASE WHEN ja THEN '架電記録のメモ（監査証跡の内容を含む）' ELSE 'notes of calls to her, in the audit trail too' END,
    calls;
  PERFORM opres.audit_append('person.erase', format('person %s', code), reason, jsonb_build_object('columns', columns)::text);
  RETURN QUERY SELECT remains, CASE WHEN ja THEN '時系列記録・監査証跡中の個人コードおよびログイン名' ELSE 'her code and the names of her logins in chronicles and in the audit trail' END,
    (SELECT count(*) FROM opres.incident_event AS e WHERE e.person = code)
    + (SELECT count(*) FROM opres.run_event AS e WHERE code IN (e.person, e.heard_by));
  RETURN QUERY SELECT remains, concat(CASE WHEN ja THEN '氏名・連絡先を含む記述：' ELSE 'words in which her name or number stands: ' END,
    array_to_string(mentioned, ', '), CASE WHEN unseen > 0 AND ja THEN format('、閲覧権限のないインシデント %s 件', unseen)
      WHEN unseen > 0 THEN format('; %s more in incidents you do not see', unseen) END), unseen + coalesce(cardinality(mentioned), 0)
    WHERE unseen > 0 OR mentioned IS NOT NULL;
  RETURN QUERY SELECT remains, CASE WHEN ja THEN 'VACUUM 前の旧行、WAL、待機系、バックアップ、ダンプ' ELSE 'old copies in dead rows until VACUUM, the WAL, standbys, backups and dumps' END,
    NULL::bigint;
END
$$;
COMMENT ON FUNCTION opres.erase_person(text, text, text) IS
  'erases what is known of a person: name, organisation, telephone numbers, mail, note, logins, roles, times on call, notes of calls to her. Her code stays, for the records speak of it, and is not given to anybody else. Tells what was erased and what remains. Needs a reason, here or in the setting opres.reason: the audit trail keeps both.';

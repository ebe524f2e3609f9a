-- Erasing a person: what is known of her goes, what she did stays, and whoever erases is told what remains.

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
  SELECT * INTO old FROM opres.person AS p WHERE p.code = code FOR UPDATE;
  PERFORM opres.check_person(code);
  PERFORM opres.refuse_own(code = opres.acting_person(), 'record by erasing it');
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
  RETURN QUERY WITH gone AS (DELETE FROM opres.webhook_identity AS i WHERE i.person = code RETURNING 1)
    SELECT erased, CASE WHEN ja THEN 'Webhook 送信元での利用者 ID' ELSE 'who she is in systems that send webhooks' END, count(*) FROM gone
    HAVING count(*) > 0;
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

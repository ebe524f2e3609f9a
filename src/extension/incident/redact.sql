-- Personal data in notes and evidence is erased on request: in the event, and in its entry of the audit trail, which goes on verifying.
-- What the event did stays: a run comes to the same state.

CREATE FUNCTION opres.redact_event(subject text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  part CONSTANT text[] := regexp_match(subject, '^(incident|run) ([1-9][0-9]{0,17}) event ([1-9][0-9]{0,8})$');
  id CONSTANT bigint := part[2];
  number CONSTANT int := part[3];
  i opres.incident;
BEGIN
  reason := opres.reason_for(reason, 'erasing personal data of an event');
  IF part IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s names no event', coalesce(quote_literal(subject), 'NULL')),
      DETAIL = 'Expected: incident N event N, or run N event N.',
      HINT = 'opres.timeline(incident) shows run and number of every event.';
  END IF;
  -- Who erases need not see what: no check_incident.
  SELECT * INTO i FROM opres.incident AS o
  WHERE o.id = CASE part[1] WHEN 'incident' THEN id ELSE (SELECT r.incident FROM opres.run AS r WHERE r.id = id) END FOR UPDATE;
  IF (now() <= CASE part[1]
      WHEN 'incident' THEN (SELECT e.recorded_at FROM opres.incident_event AS e WHERE e.incident = id AND e.number = number)
      ELSE (SELECT e.recorded_at FROM opres.run_event AS e WHERE e.run = id AND e.number = number) END) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('%s was not recorded before this transaction', subject),
      DETAIL = 'What a transaction has done is written to the audit trail when it commits; it can be erased there afterwards.',
      HINT = 'Redact it in a transaction of its own.';
  END IF;
  IF part[1] = 'incident' THEN
    UPDATE opres.incident_event AS e SET note = CASE WHEN e.note IS NOT NULL THEN '[redacted]' END, details = CASE WHEN e.details ? 'evidence'
      THEN jsonb_set(e.details, '{evidence}', '{"redacted": true}') ELSE e.details END
    WHERE e.incident = id AND e.number = number;
  ELSE
    UPDATE opres.run_event AS e SET note = CASE WHEN e.note IS NOT NULL THEN '[redacted]' END, evidence = CASE WHEN e.evidence IS NOT NULL
      THEN jsonb_strip_nulls(jsonb_build_object('redacted', true, 'reference', e.evidence->'reference')) END
    WHERE e.run = id AND e.number = number;
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('there is no %s', subject);
  END IF;
  PERFORM opres.erase_content(a.entry, reason) FROM ONLY opres.audit_entry AS a
  WHERE a.salt IS NOT NULL AND CASE part[1]
    WHEN 'run' THEN a.subject = redact_event.subject AND a.action ~ '^run\.'
    ELSE a.subject = format('incident %s', id) AND a.action ~ '^incident\.'
      AND substring(a.content FROM '"event": ([0-9]+)') = number::text END;
  PERFORM opres.record_incident_event(i, 'redact', clock_timestamp(), reason, jsonb_build_object('subject', subject));
END
$$;
COMMENT ON FUNCTION opres.redact_event(text, text) IS
  'Erases personal data: note and evidence of one event, here and in its entry of the audit trail. subject: incident N event N, or run N event N, as opres.timeline shows them. States, times, who did it, values given and the reference number of a report stay. Recorded as an event of the incident, with the reason, which is needed, here or in the setting opres.reason. An event of this transaction cannot be redacted: its entry is not written yet. Old copies remain in dead rows until VACUUM, in the WAL, standbys, backups and dumps.';

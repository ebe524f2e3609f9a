-- Reporting inside the institution: which incidents are told to whom and how soon, by criteria the institution sets. (Reports to
-- authorities are the playbooks'.) What an incident must be reported by is a row (incident_report), made when it begins to meet a
-- criterion; so what is overdue is a query.

CREATE FUNCTION opres.criterion_content(c opres.reporting_criterion) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_strip_nulls(to_jsonb(c))::text;
COMMENT ON FUNCTION opres.criterion_content(opres.reporting_criterion) IS 'internal: what the audit trail keeps of a criterion';

CREATE FUNCTION opres.set_reporting_criterion(code text, role text, within interval, texts jsonb DEFAULT '{}',
  min_severity int DEFAULT NULL, attack_types text[] DEFAULT NULL, min_customers bigint DEFAULT NULL,
  min_transactions bigint DEFAULT NULL, min_amount numeric DEFAULT NULL, currency text DEFAULT NULL,
  node_kinds opres.node_kind[] DEFAULT NULL, operations text DEFAULT NULL, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  c opres.reporting_criterion;
BEGIN
  reason := opres.reason_for(reason, 'setting a reporting criterion');
  INSERT INTO opres.reporting_criterion AS o
  VALUES (code, role, within, coalesce(texts, '{}'), min_severity, attack_types, min_customers, min_transactions, min_amount, currency,
    node_kinds, operations)
  ON CONFLICT ON CONSTRAINT reporting_criterion_pkey DO UPDATE SET role = excluded.role, within = excluded.within,
    texts = excluded.texts, min_severity = excluded.min_severity, attack_types = excluded.attack_types,
    min_customers = excluded.min_customers, min_transactions = excluded.min_transactions, min_amount = excluded.min_amount,
    currency = excluded.currency, node_kinds = excluded.node_kinds, operations = excluded.operations
  RETURNING o.* INTO c;
  PERFORM opres.audit_append('criterion.set', format('reporting criterion %s', code), reason, opres.criterion_content(c));
EXCEPTION WHEN check_violation OR not_null_violation THEN
  RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
    MESSAGE = format('%s cannot be a reporting criterion', coalesce(code, 'NULL')),
    DETAIL = 'Needed are a code, a role ([a-z][a-z0-9_]*) and an interval without months, not negative. Severity is 0 to 100, other '
      'least values are not negative, lists not empty, operations is at_risk or breached, currency are three capital letters and go '
      'with min_amount, texts an object of languages.';
END
$$;
COMMENT ON FUNCTION opres.set_reporting_criterion(text, text, interval, jsonb, int, text[], bigint, bigint, numeric, text, opres.node_kind[], text, text) IS
  'Sets a criterion by which an incident is reported inside the institution: to the holders of a role, within an interval from when it is met. All conditions given must hold; without any it is met by every incident. operations: at_risk (some tolerance will be breached as things stand) or breached; node_kinds: a node of one of these kinds was hit; texts: {"en": ..., "ja": ...}, what is to be done. For incidents opened or changed from now on. Needs a reason, here or in the setting opres.reason.';

CREATE FUNCTION opres.remove_reporting_criterion(code text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  reason := opres.reason_for(reason, 'removing a reporting criterion');
  DELETE FROM opres.reporting_criterion AS c WHERE c.code = code;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('there is no reporting criterion %s', coalesce(code, 'NULL')),
      HINT = coalesce((SELECT 'There is: ' || string_agg(c.code, ', ' ORDER BY c.code) FROM opres.reporting_criterion AS c),
        'There is none.');
  END IF;
  PERFORM opres.audit_append('criterion.remove', format('reporting criterion %s', code), reason, NULL);
END
$$;
COMMENT ON FUNCTION opres.remove_reporting_criterion(text, text) IS
  'Removes a reporting criterion. Reports that incidents need by it already remain. Needs a reason, here or in the setting opres.reason.';

CREATE FUNCTION opres.criterion_met(c opres.reporting_criterion, i opres.incident) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
  ((c).min_severity IS NULL OR (i).severity >= (c).min_severity)
  AND ((c).attack_types IS NULL OR (i).attack_type = ANY ((c).attack_types))
  AND ((c).min_customers IS NULL OR (i).customers >= (c).min_customers)
  AND ((c).min_transactions IS NULL OR (i).transactions >= (c).min_transactions)
  AND ((c).min_amount IS NULL OR (i).amount >= (c).min_amount)
  AND ((c).currency IS NULL OR (i).currency = (c).currency)
  AND ((c).operations IS NULL OR (i).breach_at IS NOT NULL)
  AND ((c).node_kinds IS NULL OR EXISTS (SELECT FROM opres.incident_node AS n JOIN opres.node AS m ON m.code = n.node
    WHERE n.incident = (i).id AND m.kind = ANY ((c).node_kinds))), false);
COMMENT ON FUNCTION opres.criterion_met(opres.reporting_criterion, opres.incident) IS
  'internal: whether an incident meets a criterion, or, if it asks for a breach, will meet it at breach_at';

-- A criterion met before and reported stays so. What was not reported and is met no more need not be.
CREATE FUNCTION opres.refresh_incident_reports(i opres.incident, since timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  UPDATE opres.incident_report AS r SET needed = false
  WHERE r.incident = i.id AND r.needed AND r.reported_at IS NULL
    AND EXISTS (SELECT FROM opres.reporting_criterion AS c WHERE c.code = r.criterion AND NOT opres.criterion_met(c, i));
  INSERT INTO opres.incident_report AS r (incident, criterion, role, texts, needed, since, due_at)
  SELECT i.id, c.code, c.role, c.texts, true, b.since, b.since + c.within
  FROM opres.reporting_criterion AS c,
    LATERAL (SELECT CASE c.operations WHEN 'breached' THEN greatest(i.breach_at, refresh_incident_reports.since)
      ELSE refresh_incident_reports.since END) AS b (since)
  WHERE opres.criterion_met(c, i)
  ON CONFLICT (incident, criterion) DO UPDATE SET needed = true, since = excluded.since, due_at = excluded.due_at
  WHERE r.reported_at IS NULL AND (NOT r.needed
    OR EXISTS (SELECT FROM opres.reporting_criterion AS c
      WHERE c.code = r.criterion AND c.operations = 'breached' AND i.breach_at > r.since));
END
$$;
COMMENT ON FUNCTION opres.refresh_incident_reports(opres.incident, timestamptz) IS
  'internal: which criteria an incident meets, after something of it has changed (since: when)';

CREATE FUNCTION opres.reports_due(incident bigint, lang text DEFAULT 'en') RETURNS TABLE (criterion text, role text, what text,
  since timestamptz, due_at timestamptz, reported_at timestamptz, overdue boolean, holders text[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM opres.check_lang(lang);
  PERFORM opres.check_incident(incident);
  RETURN QUERY
  SELECT r.criterion, r.role, coalesce(r.texts->>lang, r.texts->>'en'), r.since, r.due_at, r.reported_at,
    r.reported_at IS NULL AND r.due_at < now(),
    ARRAY(SELECT opres.person_said(h.person, lang) FROM opres.role_holder AS h
      WHERE h.role = r.role AND h.valid_from <= now() AND now() < h.valid_until ORDER BY h.rank, h.person)
  FROM opres.incident_report AS r
  WHERE r.incident = reports_due.incident AND (r.needed OR r.reported_at IS NOT NULL)
  ORDER BY r.due_at, r.criterion;
END
$$;
COMMENT ON FUNCTION opres.reports_due(bigint, text) IS
  'Who inside the institution is to be told of an incident by its reporting criteria, until when, and when it was done (opres.record_report), the most urgent first. since: when the criterion was met; in the future where it will be by a breach of a tolerance that is foreseen. what: in English (en) or Japanese (ja), as far as the criterion has it; holders: who holds the role now, in the order in which they are called.';

CREATE FUNCTION opres.record_report(incident bigint, criterion text, note text DEFAULT NULL, occurred_at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  i CONSTANT opres.incident := opres.lock_open_incident(incident);
  role text;
BEGIN
  PERFORM opres.check_event_time(occurred_at, 'occurred_at');
  SELECT r.role INTO role FROM opres.incident_report AS r WHERE r.incident = i.id AND r.criterion = criterion;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object',
      MESSAGE = format('incident %s need not be reported by the criterion %s', i.id, coalesce(criterion, 'NULL')),
      DETAIL = coalesce((SELECT 'It is by ' || string_agg(r.criterion, ', ' ORDER BY r.due_at, r.criterion) || '.'
        FROM opres.incident_report AS r WHERE r.incident = i.id AND r.needed), 'It need not be reported by any.'),
      HINT = 'What else is told to somebody can be kept by opres.annotate_incident.';
  END IF;
  UPDATE opres.incident_report AS r
  SET reported_at = occurred_at, event = opres.record_incident_event(i, 'report', occurred_at, note,
    jsonb_build_object('criterion', criterion, 'role', role))
  WHERE r.incident = i.id AND r.criterion = criterion AND r.reported_at IS NULL;
  IF NOT FOUND THEN
    PERFORM opres.record_incident_event(i, 'report', occurred_at, note, jsonb_build_object('criterion', criterion, 'role', role));
  END IF;
END
$$;
COMMENT ON FUNCTION opres.record_report(bigint, text, text, timestamptz) IS
  'Keeps on record that the holder of a criterion''s role was told of the incident; occurred_at: when. The first time counts, later ones are kept as well.';

-- Closing an incident, and what stands in its way; what is overdue.

-- Row-level security shows callers the runs of incidents they see. In words they are told by those of the chronicle.
CREATE FUNCTION opres.open_matters(incident bigint, lang text DEFAULT 'en') RETURNS TABLE (kind text, run bigint, subject text, state text,
  what text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM opres.check_lang(lang);
  PERFORM opres.check_incident(incident);
  RETURN QUERY
  WITH r AS (
    SELECT o.id, o.state FROM opres.run AS o WHERE o.incident = open_matters.incident
  ), matter AS (
    SELECT CASE WHEN s.state = 'submitted' THEN 'approval' WHEN s.type ~ '-condition$' THEN 'decision' ELSE 'step' END AS kind,
      s.run, coalesce(s.code, s.step) AS subject, s.state, CASE s.state WHEN 'idle' THEN 3 ELSE 0 END AS later, s.position,
      CASE WHEN s.state IN ('submitted', 'held', 'idle') THEN 'open_' || s.state WHEN s.type ~ '-condition$' THEN 'open_decision' ELSE 'open_step' END
        AS word, ARRAY[opres.step_name(s.run, s.step, lang)] AS names
    FROM r JOIN opres.run_step AS s ON s.run = r.id
    WHERE r.state = 'active' AND (s.state = 'submitted'
      OR s.state IN ('reached', 'held') AND (s.mandatory OR s.type <> 'action')
      OR s.state = 'idle' AND s.mandatory AND s.type = 'action')
    UNION ALL
    SELECT CASE WHEN t.disputed_at IS NULL THEN 'ratification' ELSE 'dispute' END, t.run, coalesce(s.code, e.step),
      'by ' || t.person, 0, t.event, CASE WHEN t.disputed_at IS NULL THEN 'open_ratification' ELSE 'open_dispute' END,
      ARRAY[opres.step_name(e.run, e.step, lang), opres.person_said(t.person, lang)]
    FROM r JOIN opres.run_ratification AS t ON t.run = r.id
      JOIN opres.run_event AS e ON e.run = t.run AND e.number = t.event
      LEFT JOIN opres.run_step AS s ON s.run = e.run AND s.step = e.step
    WHERE t.ratified_at IS NULL AND t.settled_at IS NULL
    UNION ALL
    SELECT 'report', p.run, p.report, 'not submitted', 1, p.position, 'open_report', ARRAY[coalesce(w.name, p.report), w.authority]
    FROM r JOIN opres.run_report AS p ON p.run = r.id LEFT JOIN LATERAL opres.run_reports_said(r.id, lang) AS w ON w.report = p.report
    WHERE p.needed AND p.submitted_at IS NULL
      AND NOT EXISTS (SELECT FROM r AS other JOIN opres.run_report AS q ON q.run = other.id
        WHERE q.report = p.report AND q.submitted_at IS NOT NULL)
    UNION ALL
    SELECT 'internal report', NULL, i.criterion, 'not told: ' || i.role, 1, 0, 'open_internal', ARRAY[coalesce(i.texts->>lang, i.texts->>'en', i.role), i.criterion]
    FROM opres.incident_report AS i
    WHERE i.incident = open_matters.incident AND i.needed AND i.reported_at IS NULL AND i.since <= now()
    UNION ALL
    SELECT 'review', NULL, 'review', 'no step of the review is done', 2, 0, 'open_review', '{}'
    WHERE EXISTS (SELECT FROM r JOIN opres.run_step AS s ON s.run = r.id WHERE s.phase = 'review' AND s.type = 'action')
      AND NOT EXISTS (SELECT FROM r JOIN opres.run_step AS s ON s.run = r.id
        WHERE s.phase = 'review' AND s.type = 'action' AND s.state = 'done')
  )
  SELECT m.kind, m.run, m.subject, m.state, format(opres.chronicle_word(m.word, lang), VARIADIC m.names)
  FROM matter AS m ORDER BY m.later, m.run NULLS LAST, m.position, m.kind, m.subject;
END
$$;
COMMENT ON FUNCTION opres.open_matters(bigint, text) IS
  'What keeps an incident from being closed; no row = nothing. kind: step (a mandatory one that is not done, state: run_step''s), approval, decision (a question of the playbook), ratification (of an approval by telephone), dispute (one that was denied), report (to an authority), internal report (by a criterion, opres.reports_due), review (the playbooks have one and nothing of it was done). subject: code of the step, report or criterion. what: the same in words, in English (en) or Japanese (ja). A report submitted in any run of the incident is submitted.';

CREATE FUNCTION opres.close_incident(incident bigint, note text, occurred_at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  i opres.incident := opres.lock_open_incident(incident);
  shown CONSTANT int := 10;
  matters text[];
  down text;
  run bigint;
BEGIN
  IF note IS NULL OR note !~ '\S' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'closing an incident needs a note',
      HINT = 'Say how it ended.';
  END IF;
  PERFORM opres.check_event_time(occurred_at, 'occurred_at');
  PERFORM opres.refresh_runs(i.id); -- locks the runs
  matters := ARRAY(SELECT concat('run ' || m.run || ' ', m.kind, ' ' || nullif(m.subject, m.kind), ' (', m.state, ')')
    FROM opres.open_matters(i.id) WITH ORDINALITY AS m ORDER BY m.ordinality);
  IF cardinality(matters) > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('incident %s cannot be closed yet', i.id),
      DETAIL = format('Open: %s%s.', array_to_string(matters[:shown], ', '),
        CASE WHEN cardinality(matters) > shown THEN format(' and %s more', cardinality(matters) - shown) END),
      HINT = format('SELECT * FROM opres.open_matters(%s) lists all of it.', i.id);
  END IF;
  FOR run IN SELECT r.id FROM opres.run AS r WHERE r.incident = i.id AND r.state = 'active' ORDER BY r.id LOOP
    PERFORM opres.abort_run(run, note);
  END LOOP;
  down := (SELECT string_agg(n.node, ', ' ORDER BY n.node) FROM opres.incident_node AS n
    WHERE n.incident = i.id AND n.state <> 'restored');
  IF down IS NOT NULL THEN
    RAISE WARNING USING MESSAGE = format('incident %s is closed with nodes that are not restored', i.id),
      DETAIL = format('Not restored: %s.', down);
  END IF;
  i.state := 'closed';
  i.closed_at := CASE WHEN occurred_at = now() THEN clock_timestamp() ELSE occurred_at END; -- after what it ends
  UPDATE opres.incident AS o SET state = i.state, closed_at = i.closed_at WHERE o.id = i.id;
  PERFORM opres.record_incident_event(i, 'close', i.closed_at, note,
    jsonb_build_object('before', '{"state": "open"}'::jsonb, 'after', '{"state": "closed"}'::jsonb));
END
$$;
COMMENT ON FUNCTION opres.close_incident(bigint, text, timestamptz) IS
  'Closes an incident for good; the note says how it ended, occurred_at when. Refused while opres.open_matters tells of mandatory steps, approvals, ratifications, disputes, reports or a review that are open. A run in which only optional steps are left is ended with it (opres.abort_run). Afterwards nothing of it changes; what is found out later is added by opres.annotate_incident.';

-- A function and a view over it: before PostgreSQL 15 a view over the tables would read them as its owner, whom no policy stops.
CREATE FUNCTION opres.incident_list() RETURNS TABLE (id bigint, title text, attack_type text, severity int, state text, exercise boolean,
  confidential boolean, occurred_at timestamptz, detected_at timestamptz, recognised_at timestamptz, classified_at timestamptz,
  classification text, customers bigint, transactions bigint, amount numeric, currency text, breach_at timestamptz, nodes_down text[],
  active_runs bigint[], time_zone text, opened_by text, opened_at timestamptz, closed_at timestamptz)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100 AS $$
  SELECT i.id, i.title, i.attack_type, i.severity, i.state, i.exercise, i.confidential, i.occurred_at, i.detected_at, i.recognised_at,
    i.classified_at, i.classification, i.customers, i.transactions, i.amount, i.currency, i.breach_at,
    ARRAY(SELECT n.node::text FROM opres.incident_node AS n WHERE n.incident OPERATOR(pg_catalog.=) i.id
      AND n.state OPERATOR(pg_catalog.<>) 'restored' ORDER BY n.node),
    ARRAY(SELECT r.id FROM opres.run AS r WHERE r.incident OPERATOR(pg_catalog.=) i.id
      AND r.state OPERATOR(pg_catalog.=) 'active' ORDER BY r.id),
    i.time_zone, i.opened_by, i.opened_at, i.closed_at
  FROM opres.incident AS i
  ORDER BY i.state OPERATOR(pg_catalog.=) 'open' DESC, i.severity DESC, i.id DESC
$$;
COMMENT ON FUNCTION opres.incident_list() IS 'internal: the rows of the view opres.incidents';
CREATE VIEW opres.incidents AS SELECT * FROM opres.incident_list();
COMMENT ON VIEW opres.incidents IS
  'the incidents one may see: open ones first, then by severity. breach_at: the earliest breach of a tolerance as last computed; nodes_down: lost and degraded ones; active_runs: of playbooks';

CREATE FUNCTION opres.overdue_list() RETURNS TABLE (kind text, incident bigint, run bigint, subject text, due_at timestamptz, role text)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
  SELECT o.* FROM (
    SELECT CASE s.state WHEN 'submitted' THEN 'approval' ELSE 'step' END, r.incident, r.id, coalesce(s.code, s.step), s.due_at, s.role
    FROM opres.run_step AS s JOIN opres.run AS r ON r.id = s.run
    WHERE s.due_at < now() AND s.ended_at IS NULL AND r.state = 'active' AND s.state IN ('reached', 'submitted', 'running', 'held')
    UNION ALL
    SELECT 'report', r.incident, r.id, p.report, p.due_at, s.role
    FROM opres.run_report AS p JOIN opres.run AS r ON r.id = p.run LEFT JOIN opres.run_step AS s ON s.run = p.run AND s.step = p.step
    WHERE p.needed AND p.submitted_at IS NULL AND p.due_at < now()
      AND EXISTS (SELECT FROM opres.incident AS i WHERE i.id = r.incident AND i.state = 'open')
      AND NOT EXISTS (SELECT FROM opres.run AS other JOIN opres.run_report AS q ON q.run = other.id
        WHERE other.incident = r.incident AND q.report = p.report AND q.submitted_at IS NOT NULL)
    UNION ALL
    SELECT CASE WHEN t.disputed_at IS NULL THEN 'ratification' ELSE 'dispute' END, r.incident, r.id, coalesce(s.code, e.step),
      t.due_at, e.role
    FROM opres.run_ratification AS t JOIN opres.run AS r ON r.id = t.run
      JOIN opres.run_event AS e ON e.run = t.run AND e.number = t.event LEFT JOIN opres.run_step AS s ON s.run = e.run AND s.step = e.step
    WHERE t.ratified_at IS NULL AND t.settled_at IS NULL AND t.due_at < now()
    UNION ALL
    SELECT 'internal report', n.incident, NULL, n.criterion, n.due_at, n.role
    FROM opres.incident_report AS n JOIN opres.incident AS i ON i.id = n.incident
    WHERE n.needed AND n.reported_at IS NULL AND n.due_at < now() AND i.state = 'open'
  ) AS o (kind, incident, run, subject, due_at, role)
  ORDER BY o.due_at, o.incident, o.run, o.subject
$$;
COMMENT ON FUNCTION opres.overdue_list() IS 'internal: the rows of the view opres.overdue';
CREATE VIEW opres.overdue AS SELECT * FROM opres.overdue_list();
COMMENT ON VIEW opres.overdue IS
  'what should have been done before now in the incidents one may see, the oldest first: steps of active runs, approvals, reports to authorities and inside the institution, ratifications of approvals by telephone, disputes. subject: code of the step, report or criterion';

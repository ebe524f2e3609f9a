-- Runs of playbooks: begun, advanced, approved, watched. What a run may do is decided by the engine's workflow machine
-- (src/engine/workflow-semantics.md), nothing of it here.

CREATE FUNCTION opres.start_run(incident bigint, playbook text, "values" jsonb DEFAULT NULL, note text DEFAULT NULL,
  occurred_at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET intervalstyle = 'iso_8601' AS 'MODULE_PATHNAME', 'opres_start_run';
COMMENT ON FUNCTION opres.start_run(bigint, text, jsonb, text, timestamptz) IS
  'begins a run of a playbook for an open incident; returns the run''s number. playbook: its id (the newest version), id@modified, or an attack type or name that only one playbook has. The versions of playbooks inside it are those of now, for the whole run. values: of external variables, {"__name__": value}. Refused: a playbook revoked or out of its validity; a second run of a playbook for the same incident while the first goes on.';

CREATE FUNCTION opres.advance(run bigint, step text, outcome text, note text DEFAULT NULL, evidence jsonb DEFAULT NULL,
  occurred_at timestamptz DEFAULT now(), "values" jsonb DEFAULT NULL) RETURNS text
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_advance';
COMMENT ON FUNCTION opres.advance(bigint, text, text, text, jsonb, timestamptz, jsonb) IS
  'says how a step ended; returns the step''s state then: done, submitted (approvals open), failed, held. step: its code, its id or the beginning of it. outcome: success, failure, omit (an optional step left out; needs a note), retry (a held one); of a question true, false or a case. evidence: where the proof is kept; its member "reference" is the reference number of a report submitted. values: what the step asks for, {"__name__": value}; they may stand in evidence as well. occurred_at: when it was done, if it is entered later.';

CREATE FUNCTION opres.approve(run bigint, step text, note text DEFAULT NULL, on_behalf_of text DEFAULT NULL, evidence jsonb DEFAULT NULL,
  occurred_at timestamptz DEFAULT now()) RETURNS text
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_approve';
COMMENT ON FUNCTION opres.approve(bigint, text, text, text, jsonb, timestamptz) IS
  'approves a submitted step, in a role the step asks for and the caller holds; never by who has done it, and once. Returns the state: submitted (more approvals are open) or done. on_behalf_of: code or login of who approved by telephone; the caller is on record as who heard it, and who approved must confirm it by approving it herself within opres.ratify_within: then returned: ratified.';

CREATE FUNCTION opres.reject(run bigint, step text, reason text DEFAULT NULL, on_behalf_of text DEFAULT NULL,
  occurred_at timestamptz DEFAULT now()) RETURNS text
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_reject';
COMMENT ON FUNCTION opres.reject(bigint, text, text, text, timestamptz) IS
  'sends a submitted step back to be done again, by one who might approve it; approvals given are forgotten. Needs a reason, here or in opres.reason.';

CREATE FUNCTION opres.override(run bigint, step text, reason text, occurred_at timestamptz DEFAULT now()) RETURNS text
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_override';
COMMENT ON FUNCTION opres.override(bigint, text, text, timestamptz) IS
  'passes a step by the judgement of the authority the playbook names, though facts, approvals, evidence or time are missing; recorded as that. Needs a reason.';

CREATE FUNCTION opres.set_values(run bigint, "values" jsonb, note text DEFAULT NULL, occurred_at timestamptz DEFAULT now()) RETURNS void
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_set_values';
COMMENT ON FUNCTION opres.set_values(bigint, jsonb, text, timestamptz) IS 'sets external variables of a run''s playbook: {"__name__": value}; null = unknown';

CREATE FUNCTION opres.abort_run(run bigint, reason text, occurred_at timestamptz DEFAULT now()) RETURNS void
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_abort_run';
COMMENT ON FUNCTION opres.abort_run(bigint, text, timestamptz) IS 'ends a run for good before its end. Needs a reason.';

CREATE FUNCTION opres.annotate_run(run bigint, note text, step text DEFAULT NULL, evidence jsonb DEFAULT NULL,
  occurred_at timestamptz DEFAULT now()) RETURNS void
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_annotate_run';
COMMENT ON FUNCTION opres.annotate_run(bigint, text, text, jsonb, timestamptz) IS
  'adds a note to the record of a run, also when it is over: how corrections are made. Changes no state.';

CREATE FUNCTION opres.dispute(run bigint, step text, reason text) RETURNS void
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_dispute';
COMMENT ON FUNCTION opres.dispute(bigint, text, text) IS
  'denies an approval that another entered on the caller''s behalf. The incident cannot be closed until that is settled (settle_dispute). Needs a reason.';

CREATE FUNCTION opres.settle_dispute(run bigint, step text, reason text) RETURNS void
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_settle_dispute';
COMMENT ON FUNCTION opres.settle_dispute(bigint, text, text) IS
  'says what became of approvals of a step that were denied by those on whose behalf they were entered; by neither of the two. Needs a reason.';

CREATE FUNCTION opres.tick(run bigint DEFAULT NULL) RETURNS bigint
LANGUAGE c SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_tick';
COMMENT ON FUNCTION opres.tick(bigint) IS
  'does what time alone brings about in a run, or in all: steps whose delay is over begin, steps whose timeout has passed fail where the playbook says what then. Returns how many events that made. To be called now and then (once a minute); nothing is lost if it is called late. Of all runs those that somebody is changing are left for the next time, and those that cannot go on with a warning.';

CREATE FUNCTION opres.refresh_runs(incident bigint) RETURNS void
LANGUAGE c STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'opres_refresh_runs';
COMMENT ON FUNCTION opres.refresh_runs(bigint) IS
  'internal: makes the due times of an incident''s runs anew after its times have changed';

CREATE FUNCTION opres.lock_run(run bigint) RETURNS void
LANGUAGE c AS 'MODULE_PATHNAME', 'opres_lock_run';
COMMENT ON FUNCTION opres.lock_run(bigint) IS
  'internal: locks a run to the end of the transaction, as everything that changes it does; an error if there is none that the caller sees';

CREATE FUNCTION opres.lock_runs_if_free(incident bigint) RETURNS boolean
LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'opres_lock_runs_if_free';
COMMENT ON FUNCTION opres.lock_runs_if_free(bigint) IS
  'internal: locks the runs of an incident to the end of the transaction; false, at once, if somebody else is changing one of them';

CREATE FUNCTION opres.todo(run bigint, lang text DEFAULT 'en')
RETURNS TABLE (step text, name text, phase text, role text, state text, due_at timestamptz, waits_for text[], id text, priority int,
  accountable text, due_by text, overdue boolean, form text[], mandatory boolean)
LANGUAGE c STABLE STRICT ROWS 10 AS 'MODULE_PATHNAME', 'opres_todo';
COMMENT ON FUNCTION opres.todo(bigint, text) IS
  'the steps of a run whose turn it is, the most urgent first. step: its code, or its id if it has none. role: that of its agent, of an agent without a role its name. state: ready, waiting (for facts or a time), question (an answer), submitted (approvals open), held (failed: retry or override). form: variables whose values it asks for. In Japanese phase, role and state are words; in English they are identifiers.';

CREATE FUNCTION opres.instructions(run bigint, step text, lang text DEFAULT 'en') RETURNS text
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'opres_instructions';
COMMENT ON FUNCTION opres.instructions(bigint, text, text) IS
  'all that is to be known of a step, on one sheet of text: what to do (in commands, __x__:value is replaced by the value of the variable, where it is known), by whom, by when, what proves it, who approves';

CREATE FUNCTION opres.step_name(run bigint, step text, lang text DEFAULT 'en') RETURNS text
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'opres_step_name';
COMMENT ON FUNCTION opres.step_name(bigint, text, text) IS 'a step''s code and name';

CREATE FUNCTION opres.run_projection(run bigint) RETURNS SETOF opres.run_step
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'opres_run_projection';
COMMENT ON FUNCTION opres.run_projection(bigint) IS 'what run_step should be of a run, from its events alone';

CREATE FUNCTION opres.run_report_projection(run bigint) RETURNS SETOF opres.run_report
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'opres_run_report_projection';
COMMENT ON FUNCTION opres.run_report_projection(bigint) IS 'what run_report should be of a run, from its events alone';

CREATE FUNCTION opres.rebuild(run bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  differing bigint;
BEGIN
  PERFORM opres.lock_run(rebuild.run);
  SELECT count(*) INTO differing FROM opres.check_runs(rebuild.run) AS c WHERE c.problem IN ('step', 'report');
  DELETE FROM opres.run_step AS s WHERE s.run = rebuild.run;
  INSERT INTO opres.run_step SELECT * FROM opres.run_projection(rebuild.run);
  DELETE FROM opres.run_report AS r WHERE r.run = rebuild.run;
  INSERT INTO opres.run_report SELECT * FROM opres.run_report_projection(rebuild.run);
  PERFORM opres.audit_append('run.rebuild', format('run %s', run), NULL, format('{"differing": %s}', differing));
  RETURN differing;
END
$$;
COMMENT ON FUNCTION opres.rebuild(bigint) IS
  'makes run_step and run_report of a run anew from its events; returns how many rows were different (0 unless somebody has changed the tables)';

-- Rows that are there and should not be, and the other way round, are told by step; a row that is different is both, and told once.
CREATE FUNCTION opres.check_runs(run bigint DEFAULT NULL)
RETURNS TABLE (checked_run bigint, problem text, subject text, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH r AS MATERIALIZED (
    SELECT id, events FROM opres.run WHERE check_runs.run IS NULL OR id = check_runs.run
  ), step AS (
    SELECT coalesce(s.run, p.run) AS run, coalesce(s.step, p.step) AS step, to_jsonb(s) AS is, to_jsonb(p) AS should
    FROM (SELECT s.* FROM opres.run_step AS s JOIN r ON r.id = s.run) AS s
      FULL JOIN (SELECT p.* FROM r CROSS JOIN LATERAL opres.run_projection(r.id) AS p) AS p ON p.run = s.run AND p.step = s.step
  ), report AS (
    SELECT coalesce(s.run, p.run) AS run, coalesce(s.report, p.report) AS report, to_jsonb(s) AS is, to_jsonb(p) AS should
    FROM (SELECT s.* FROM opres.run_report AS s JOIN r ON r.id = s.run) AS s
      FULL JOIN (SELECT p.* FROM r CROSS JOIN LATERAL opres.run_report_projection(r.id) AS p) AS p ON p.run = s.run AND p.report = s.report
  ), state AS (
    SELECT o.id, o.state, o.ended_at, CASE WHEN EXISTS (SELECT FROM opres.run_event AS e WHERE e.run = o.id AND e.kind = 'abort') THEN 'aborted'
        WHEN a.active THEN 'active' ELSE 'completed' END AS should,
      (SELECT max(e.recorded_at) FROM opres.run_event AS e
        WHERE e.run = o.id AND e.kind NOT IN ('annotate', 'ratify', 'dispute', 'settle')) AS last_at
    FROM r JOIN opres.run AS o ON o.id = r.id
      JOIN (SELECT s.run, bool_or(s.should->>'state' IN ('reached', 'submitted', 'running', 'held')) AS active FROM step AS s GROUP BY s.run) AS a ON a.run = r.id
  ), approval AS (
    -- By telephone: what the approver said of it herself, the first time, and whether that was settled.
    SELECT e.run, e.number AS event, e.person, f.kind AS said, f.kind = 'dispute' AND EXISTS (SELECT FROM opres.run_event AS g
        WHERE g.run = e.run AND g.number > f.number AND g.kind = 'settle' AND g.step = e.step AND g.person NOT IN (e.person, e.heard_by)) AS settled
    FROM r JOIN opres.run_event AS e ON e.run = r.id
      LEFT JOIN LATERAL (SELECT f.kind, f.number FROM opres.run_event AS f WHERE f.run = e.run AND f.number > e.number AND f.step = e.step
        AND f.person = e.person AND f.kind IN ('ratify', 'dispute') ORDER BY f.number LIMIT 1) AS f ON true
    WHERE e.kind = 'approve' AND e.heard_by IS NOT NULL
  ), confirmation AS (
    SELECT q.* FROM opres.run_ratification AS q JOIN r ON r.id = q.run
  )
  SELECT s.run, 'step', s.step, format('is %s, should be %s', coalesce(s.is::text, 'missing'), coalesce(s.should::text, 'missing'))
  FROM step AS s WHERE s.is IS DISTINCT FROM s.should
  UNION ALL
  SELECT s.run, 'report', s.report, format('is %s, should be %s', coalesce(s.is::text, 'missing'), coalesce(s.should::text, 'missing'))
  FROM report AS s WHERE s.is IS DISTINCT FROM s.should
  UNION ALL
  SELECT s.id, 'run', 'state', format('is %s, should be %s', s.state, s.should) FROM state AS s WHERE s.state <> s.should
  UNION ALL
  SELECT s.id, 'run', 'ended_at', format('is %s, should be %s', coalesce(s.ended_at::text, 'null'), coalesce(s.last_at::text, 'null'))
  FROM state AS s WHERE s.state = s.should AND s.ended_at IS DISTINCT FROM CASE WHEN s.should <> 'active' THEN s.last_at END
  UNION ALL
  SELECT coalesce(a.run, q.run), 'confirmation', coalesce(a.event, q.event)::text, CASE WHEN a.event IS NULL THEN 'there is no such approval'
    WHEN q.event IS NULL THEN 'it is missing' ELSE 'it is not what the events say' END
  FROM approval AS a FULL JOIN confirmation AS q ON q.run = a.run AND q.event = a.event
  WHERE (a.person, coalesce(a.said = 'ratify', false), coalesce(a.said = 'dispute', false), a.settled)
    IS DISTINCT FROM (q.person, q.ratified_at IS NOT NULL, q.disputed_at IS NOT NULL, q.settled_at IS NOT NULL)
  UNION ALL
  SELECT e.run, 'event', e.number::text, 'the run does not count it'
  FROM r JOIN opres.run_event AS e ON e.run = r.id AND e.number > r.events
  UNION ALL
  SELECT r.id, 'event', n::text, 'the event is missing'
  FROM r CROSS JOIN LATERAL generate_series(1, r.events) AS n
  WHERE NOT EXISTS (SELECT FROM opres.run_event AS e WHERE e.run = r.id AND e.number = n)
$$;
COMMENT ON FUNCTION opres.check_runs(bigint) IS
  'compares what is kept of a run, or of all, with what the events come to; no row = they agree. problem: step (run_step), report (run_report), run (its state), confirmation (run_ratification), event (one missing or not counted)';

-- security_barrier: no function of the asker's sees a row before the filter has let it through.
CREATE VIEW opres.runs WITH (security_barrier) AS
  SELECT r.id AS run, r.incident, i.title AS incident_title, i.exercise, p.name AS playbook, p.attack_type, r.modified, r.state, r.started_at,
    r.ended_at, (SELECT count(*) FROM opres.run_step AS s WHERE s.run = r.id AND s.type = 'action' AND s.state = 'done') AS done,
    (SELECT count(*) FROM opres.run_step AS s WHERE s.run = r.id AND s.type = 'action' AND s.state NOT IN ('skipped', 'cancelled')) AS steps
  FROM opres.run AS r JOIN opres.incident AS i ON i.id = r.incident JOIN opres.playbook AS p ON p.id = r.playbook AND p.modified = r.modified
  WHERE NOT i.confidential OR opres.sees_incident(i.id);
COMMENT ON VIEW opres.runs IS 'runs of playbooks, and how many of their actions are done';

CREATE FUNCTION opres.set_report_deadline(report text, anchor text, after interval, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  reason := opres.reason_for(reason, 'setting the deadline of a report');
  IF report IS NULL OR report !~ '^[a-z][a-z0-9_.-]*$' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%L is not the code of a report', report),
      HINT = 'Playbooks say which reports there are, in "reports" of the extension.';
  ELSIF after IS NULL THEN
    DELETE FROM opres.report_deadline AS d WHERE d.report = set_report_deadline.report;
  ELSIF anchor IS NULL OR anchor NOT IN ('occurrence', 'detection', 'recognition', 'classification', 'tolerance_breach', 'start') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('a deadline cannot run from %L', anchor),
      DETAIL = 'Expected occurrence, detection, recognition, classification, tolerance_breach or start.';
  ELSIF after < interval '0' OR after > interval '100 years' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s cannot be the time for a report', after),
      DETAIL = 'Expected 0 to 100 years.';
  ELSE
    -- The playbook may be loaded later; a slip of the pen would leave the playbook's own deadline standing without a word.
    IF NOT EXISTS (SELECT FROM opres.playbook AS p, jsonb_each(p.document::jsonb->'playbook_extensions') AS e
        WHERE e.value->'reports' ? set_report_deadline.report) THEN
      RAISE NOTICE 'no playbook that is loaded has a report %', quote_ident(report);
    END IF;
    INSERT INTO opres.report_deadline AS d (report, anchor, after, note) VALUES (report, anchor, after, reason)
    ON CONFLICT ON CONSTRAINT report_deadline_pkey DO UPDATE SET anchor = excluded.anchor, after = excluded.after, note = excluded.note;
  END IF;
  PERFORM opres.audit_append('report_deadline.set', format('report %s', report), reason,
    jsonb_build_object('anchor', anchor, 'after', after::text)::text);
END
$$;
COMMENT ON FUNCTION opres.set_report_deadline(text, text, interval, text) IS
  'the institution''s own deadline of a report to an authority, instead of the playbooks'': `after` an anchor (occurrence, detection, recognition, classification, tolerance_breach, start of the run). NULL as `after` takes it back. Runs begun later use it. A notice where no playbook that is loaded has the report. Needs a reason.';

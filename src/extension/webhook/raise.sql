-- What time alone brings about, told like any other event: overdue steps, reports and ratifications; tolerances half used, nearly used
-- and breached. Asked by a timer; what happened while nobody asked is told at the next time, each once.

CREATE FUNCTION opres.raise_event(event text, subject text, incident bigint, data jsonb) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  INSERT INTO opres.event_raised (event, subject, raised_at) VALUES (event, subject, clock_timestamp()) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  PERFORM opres.publish(event, incident, data);
  RETURN 1;
END
$$;
COMMENT ON FUNCTION opres.raise_event(text, text, bigint, jsonb) IS 'internal: tells of an event unless it was told already; how many';

CREATE FUNCTION opres.raise_events() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  raised bigint := opres.tick();
  told bigint;
  i record;
  o record;
  t record;
BEGIN
  FOR o IN SELECT * FROM opres.overdue_list() AS l ORDER BY l.due_at, l.incident, l.run, l.kind, l.subject LOOP
    raised := raised + opres.raise_event(replace(o.kind, ' ', '_') || '.overdue', format('incident %s run %s %s due %s', o.incident, o.run, o.subject, opres.utc_text(o.due_at)),
      o.incident, jsonb_build_object('run', o.run, 'subject', o.subject, 'due_at', opres.utc_text(o.due_at)));
  END LOOP;
  FOR i IN
    SELECT n.id, coalesce(n.occurred_at, n.detected_at) AS since FROM opres.incident AS n
    WHERE n.state = 'open' AND n.breach_at IS NOT NULL ORDER BY n.id
  LOOP
    told := 0;
    BEGIN
      FOR t IN
        SELECT c.operation, c.tolerance::text AS tolerance, c.breaches_at, e.event FROM opres.incident_clock(i.id) AS c
          CROSS JOIN LATERAL (VALUES ('tolerance.half', 0.5), ('tolerance.near', 0.9), ('tolerance.breached', 1)) AS e (event, part)
        WHERE c.breaches_at IS NOT NULL AND clock_timestamp() >= i.since + (c.breaches_at - i.since) * e.part
        ORDER BY c.breaches_at, c.operation, c.tolerance::text, e.part
      LOOP
        told := told + opres.raise_event(t.event, format('incident %s %s %s at %s', i.id, t.operation, t.tolerance, opres.utc_text(t.breaches_at)),
          i.id, jsonb_build_object('operation', t.operation, 'tolerance', t.tolerance, 'breaches_at', opres.utc_text(t.breaches_at)));
      END LOOP;
      raised := raised + told;
    EXCEPTION WHEN OTHERS THEN
      -- A map that cannot be played keeps nobody else's time from being told. What was told of this one is rolled back, and told later.
      RAISE WARNING USING MESSAGE = format('tolerances of incident %s were left alone: %s', i.id, SQLERRM), ERRCODE = SQLSTATE;
    END;
  END LOOP;
  PERFORM opres.purge_webhook_receipts();
  PERFORM opres.purge_outbox();
  RETURN raised;
END
$$;
COMMENT ON FUNCTION opres.raise_events() IS
  'does what time brings about in runs (tick), and tells of what has become overdue and of tolerances of which 50 %, 90 % or all is used: events step.overdue, approval.overdue, report.overdue, internal_report.overdue, ratification.overdue, dispute.overdue, tolerance.half, tolerance.near, tolerance.breached, each once for each time it was due. Returns how many. To be called on a timer; late is not never.';

-- Whether the events of incidents and runs are what the audit trail recorded of them. Part of verify_audit.

CREATE FUNCTION opres.event_trail_texts() RETURNS TABLE (finding text, problem text, lang text, detail text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  VALUES
  ('unrecorded', 'event unrecorded', 'en', 'No entry records %1$s (%2$s).'),
  ('unrecorded', 'event unrecorded', 'ja', '%1$s（%2$s）の記録がありません。'),
  ('missing', 'event missing', 'en', 'The entry records an event that does not exist: %1$s (%2$s).'),
  ('missing', 'event missing', 'ja', '記録されている事象（%1$s、%2$s）が存在しません。'),
  ('doubled', 'event doubled', 'en', 'Entry %2$s records the same event: %1$s.'),
  ('doubled', 'event doubled', 'ja', '%2$s番に同じ事象（%1$s）の記録があります。'),
  ('changed', 'event changed', 'en', '%1$s, %2$s: recorded is %3$s, the table says %4$s.'),
  ('changed', 'event changed', 'ja', '%1$sの%2$s：記録では%3$s、現在の表では%4$sです。'),
  ('differs', 'incident changed', 'en', '%1$s, %2$s: its events say %3$s, the table says %4$s.'),
  ('differs', 'incident changed', 'ja', '%1$sの%2$s：事象の記録では%3$s、現在の表では%4$sです。')
$$;
COMMENT ON FUNCTION opres.event_trail_texts() IS 'internal: the findings of verify_events in words; a detail is a format for the arguments';

-- Times are compared as times, texts as texts, JSON as JSON: not the text that was hashed, which depends on how it was written.
-- What was redacted is in the table as that, and its entry has no content any more.
CREATE FUNCTION opres.verify_run_events() RETURNS TABLE (finding text, entry bigint, arguments text[])
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
  WITH recorded AS MATERIALIZED (
    SELECT a.entry, a.action, a.subject, CASE WHEN a.content ~ '^\{' THEN a.content::jsonb END AS content, a.salt IS NULL AS erased,
      min(a.entry) OVER (PARTITION BY a.subject) AS first
    FROM ONLY opres.audit_entry AS a WHERE a.subject ~ '^run [0-9]+ event [0-9]+$'
  ), pair AS MATERIALIZED (
    SELECT coalesce(e.subject, r.subject) AS subject, e.kind, e.row, r.entry, r.action, r.content, r.erased
    FROM (SELECT format('run %s event %s', v.run, v.number) AS subject, v.kind, to_jsonb(v) AS row FROM opres.run_event AS v
        WHERE format('run.%s run %s event %s', v.kind, v.run, v.number) <> ALL (opres.acts_to_record())) AS e
      FULL JOIN (SELECT * FROM recorded WHERE entry = first) AS r ON r.subject = e.subject
  )
  SELECT 'unrecorded', NULL::bigint, ARRAY[p.subject, p.kind] FROM pair AS p WHERE p.entry IS NULL
  UNION ALL
  SELECT 'missing', p.entry, ARRAY[p.subject, substring(p.action FROM '^run\.(.*)$')] FROM pair AS p WHERE p.kind IS NULL
  UNION ALL
  SELECT 'doubled', r.entry, ARRAY[r.subject, r.first::text] FROM recorded AS r WHERE r.entry > r.first
  UNION ALL
  SELECT 'changed', p.entry, ARRAY[p.subject, 'kind', substring(p.action FROM '^run\.(.*)$'), p.kind] FROM pair AS p
  WHERE p.action <> 'run.' || p.kind
  UNION ALL
  SELECT 'changed', p.entry, ARRAY[p.subject, c.name, coalesce(p.content ->> c.name, '-'), coalesce(p.row ->> c.name, '-')]
  FROM pair AS p CROSS JOIN LATERAL unnest('{run,number,step,occurred_at,recorded_at,person,login,roles,role,heard_by,choice,values,evidence,note}'::text[])
    AS c (name)
  WHERE NOT p.erased AND p.kind IS NOT NULL AND CASE
    WHEN c.name ~ '_at$' THEN (p.content ->> c.name)::timestamptz IS DISTINCT FROM (p.row ->> c.name)::timestamptz
    ELSE nullif(p.content -> c.name, 'null') IS DISTINCT FROM nullif(p.row -> c.name, 'null') END
$$;
COMMENT ON FUNCTION opres.verify_run_events() IS 'internal: events of runs against their entries of the audit trail';

-- The number of an event is in what was hashed: an erased entry cannot say of which it was. So many may be without one.
CREATE FUNCTION opres.verify_incident_events() RETURNS TABLE (finding text, entry bigint, arguments text[])
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
  WITH recorded AS MATERIALIZED (
    SELECT r.*, min(r.entry) OVER (PARTITION BY r.subject, r.number) AS first
    FROM (SELECT a.entry, a.action, a.subject, a.reason, a.salt IS NULL AS erased, a.content::jsonb AS content,
        (a.content::jsonb ->> 'event')::int AS number
      FROM ONLY opres.audit_entry AS a
      WHERE a.subject ~ '^incident [0-9]+$' AND (a.salt IS NULL OR a.content ~ '^\{' AND a.content::jsonb ? 'event')) AS r
  ), erased AS (
    SELECT subject, count(*) AS entries FROM recorded WHERE erased GROUP BY subject
  ), event AS (
    SELECT e.*, format('incident %s', e.incident) AS subject FROM opres.incident_event AS e
    WHERE NOT format('incident.%s incident %s', e.kind, e.incident) = ANY (opres.acts_to_record())
  ), pair AS MATERIALIZED (
    SELECT coalesce(e.subject, r.subject) AS subject, coalesce(e.number, r.number) AS number, e.kind, e.occurred_at, e.recorded_at, e.person,
      e.login, e.note, e.details, r.entry, r.action, r.reason, r.content
    FROM event AS e FULL JOIN (SELECT * FROM recorded WHERE NOT erased AND entry = first) AS r ON r.subject = e.subject AND r.number = e.number
  ), lone AS (
    SELECT p.*, row_number() OVER (PARTITION BY p.subject ORDER BY p.number) AS place FROM pair AS p WHERE p.entry IS NULL
  )
  SELECT 'unrecorded', NULL::bigint, ARRAY[format('%s event %s', l.subject, l.number), l.kind]
  FROM lone AS l LEFT JOIN erased AS x ON x.subject = l.subject WHERE l.place > coalesce(x.entries, 0)
  UNION ALL
  SELECT 'missing', p.entry, ARRAY[format('%s event %s', p.subject, p.number), substring(p.action FROM '^incident\.(.*)$')]
  FROM pair AS p WHERE p.kind IS NULL AND NOT EXISTS (
    SELECT FROM unnest(opres.acts_to_record()) AS act WHERE act ~ ('^incident\.\w+ ' || p.subject || '$'))
  UNION ALL
  SELECT 'doubled', r.entry, ARRAY[format('%s event %s', r.subject, r.number), r.first::text]
  FROM recorded AS r WHERE NOT r.erased AND r.entry > r.first
  UNION ALL
  SELECT 'changed', p.entry, ARRAY[format('%s event %s', p.subject, p.number), c.name, coalesce(c.old, '-'), coalesce(c.new, '-')]
  FROM pair AS p CROSS JOIN LATERAL (VALUES
    ('kind', substring(p.action FROM '^incident\.(.*)$'), p.kind),
    ('occurred_at', p.content ->> 'occurred_at', opres.utc_text(p.occurred_at)),
    ('recorded_at', p.content ->> 'recorded_at', opres.utc_text(p.recorded_at)),
    ('person', p.content ->> 'person', p.person),
    ('login', p.content ->> 'login', p.login),
    ('note', p.reason, p.note),
    ('details', (p.content -> 'details')::text, p.details::text)
  ) AS c (name, old, new)
  WHERE p.entry IS NOT NULL AND p.kind IS NOT NULL AND c.old IS DISTINCT FROM c.new
  UNION ALL
  -- breach_at is computed, not said.
  SELECT 'differs', NULL, ARRAY[format('incident %s', i.id), f.key, coalesce(nullif(s.said, 'null')::text, '-'), coalesce(nullif(f.value, 'null')::text, '-')]
  FROM opres.incident AS i CROSS JOIN LATERAL jsonb_each(opres.incident_facts(i) - 'breach_at' || jsonb_build_object('exercise', i.exercise)) AS f
    LEFT JOIN (SELECT DISTINCT ON (e.incident, a.key) e.incident, a.key, a.value AS said
      FROM opres.incident_event AS e CROSS JOIN LATERAL jsonb_each(e.details->'after') AS a
      WHERE jsonb_typeof(e.details->'after') = 'object' ORDER BY e.incident, a.key, e.number DESC) AS s ON s.incident = i.id AND s.key = f.key
  WHERE nullif(f.value, 'null') IS DISTINCT FROM nullif(s.said, 'null')
$$;
COMMENT ON FUNCTION opres.verify_incident_events() IS 'internal: events of incidents against their entries of the audit trail';

CREATE FUNCTION opres.verify_events(lang text DEFAULT 'en') RETURNS TABLE (problem text, entry bigint, detail text)
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
  SELECT t.problem, f.entry, format(t.detail, VARIADIC f.arguments)
  FROM (SELECT * FROM opres.verify_run_events() UNION ALL SELECT * FROM opres.verify_incident_events()) AS f
    JOIN opres.event_trail_texts() AS t ON t.finding = f.finding AND t.lang = verify_events.lang
$$;
COMMENT ON FUNCTION opres.verify_events(text) IS
  'whether the events of incidents and runs are what the audit trail recorded of them; no row = they are. problem: event unrecorded, event missing, event doubled, event changed, incident changed (it is not what its events come to). Part of verify_audit.';

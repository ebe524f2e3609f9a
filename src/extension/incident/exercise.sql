-- What an exercise has shown: times measured against what the map and the playbooks promise, and what was done otherwise than they
-- say; findings that are followed up; which attack types have a playbook and were exercised. Real incidents are measured likewise.

CREATE FUNCTION opres.exercise_texts() RETURNS TABLE (kind text, place int, lang text, finding text, advice text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  VALUES
  ('target_missed', 1, 'en', 'Target recovery time and level of the playbook missed', 'Shorten the recovery, or set a target that can be kept and see that it stays within the tolerances.'),
  ('target_missed', 1, 'ja', '対応手順書の目標復旧時間・水準を未達', '復旧を短縮するか、耐性度の範囲内で達成可能な目標に見直してください。'),
  ('operation_breached', 2, 'en', 'Tolerance for disruption breached', 'Shorten the recovery or provide a substitute procedure; exercise again.'),
  ('operation_breached', 2, 'ja', '耐性度を超過', '復旧の短縮又は代替手段の確保を行い、再度演習してください。'),
  ('report_missing', 3, 'en', 'Report to an authority not submitted', 'Have the step begun earlier, name a deputy for it, prepare the form.'),
  ('report_missing', 3, 'ja', '当局報告が未提出', '着手を早める、代行者を定める、様式を事前に準備するなどの措置を講じてください。'),
  ('report_late', 4, 'en', 'Report to an authority submitted late', 'Have the step begun earlier, name a deputy for it, prepare the form.'),
  ('report_late', 4, 'ja', '当局報告が期限を超過', '着手を早める、代行者を定める、様式を事前に準備するなどの措置を講じてください。'),
  ('notice_late', 5, 'en', 'Reported inside the institution too late, or not', 'Check the reporting line and the order of calls.'),
  ('notice_late', 5, 'ja', '行内報告が期限を超過又は未了', '報告経路と連絡順位を確認してください。'),
  ('node_late', 6, 'en', 'Recovered later than the map says', 'Correct the map (restart, switchover) to what can be kept, or shorten the recovery; then look again at the scenarios.'),
  ('node_late', 6, 'ja', 'マップ上の復旧時間を超過', 'マップの再開時間・切替時間を実測に合わせるか復旧を短縮し、シナリオを再検証してください。'),
  ('step_open', 7, 'en', 'Step due and not done', 'Find out why it was left; correct the playbook or the staffing.'),
  ('step_open', 7, 'ja', '期限を過ぎて未実施', '未実施の理由を確認し、手順書又は体制を見直してください。'),
  ('step_late', 8, 'en', 'Step done late', 'Begin earlier, add people, or set a deadline that can be kept.'),
  ('step_late', 8, 'ja', '期限を超過して実施', '着手の前倒し、増員又は期限の見直しを検討してください。'),
  ('step_failed', 9, 'en', 'Step failed', 'Correct its instructions; practise it by itself.'),
  ('step_failed', 9, 'ja', '不成功となった対応項目', '手順の記載を見直し、個別に訓練してください。'),
  ('step_repeated', 10, 'en', 'Step taken up again after a failure or sent back', 'Say in the playbook what is to be ready before it is submitted.'),
  ('step_repeated', 10, 'ja', '不成功又は差戻し後に再実施', '提出前に整えるべき事項を手順書に明記してください。'),
  ('overridden', 11, 'en', 'Gate passed by the judgement of the authority', 'Consider whether the gate stands at the right place.'),
  ('overridden', 11, 'ja', '判断権限者の判断により関門を通過', '関門の位置・条件の妥当性を検討してください。'),
  ('disputed', 12, 'en', 'Approval by telephone denied by who is said to have given it', 'Find out what was said; have approvals by telephone read back.'),
  ('disputed', 12, 'ja', '電話承認を本人が否認', '経緯を確認し、電話承認の復唱を徹底してください。'),
  ('unratified', 13, 'en', 'Approval by telephone not confirmed', 'Have it confirmed, and the time for it kept.'),
  ('unratified', 13, 'ja', '電話承認の事後確認が未了又は遅延', '本人による事後確認を期限内に行わせてください。'),
  ('target_met', 14, 'en', 'Target recovery time and level of the playbook met', NULL),
  ('target_met', 14, 'ja', '対応手順書の目標復旧時間・水準を達成', NULL),
  ('operation_kept', 15, 'en', 'Tolerance for disruption kept', NULL),
  ('operation_kept', 15, 'ja', '耐性度の範囲内', NULL),
  ('node_in_time', 16, 'en', 'Recovered as fast as the map says', NULL),
  ('node_in_time', 16, 'ja', 'マップ上の復旧時間内に復旧', NULL)
$$;
COMMENT ON FUNCTION opres.exercise_texts() IS 'internal: what exercise_findings says, in every language, and in which order';

CREATE FUNCTION opres.exact_interval(length float8) RETURNS interval LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN length * interval '1 second';
COMMENT ON FUNCTION opres.exact_interval(float8) IS 'internal: seconds as an interval without days, as times are measured';

CREATE FUNCTION opres.time_between(from_at timestamptz, to_at timestamptz) RETURNS interval LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN opres.exact_interval(extract(epoch FROM to_at - from_at)::float8);
COMMENT ON FUNCTION opres.time_between(timestamptz, timestamptz) IS 'internal: how long it is from one time to another, without days';

-- Nodes ---------------------------------------------------------------------------------------------------------------------------

-- When a requirement of a node that was hit was met again: members not hit count from the beginning, those restored from then on.
CREATE FUNCTION opres.requirements_back(incident bigint) RETURNS TABLE (node text, requirement text, back_at timestamptz, by_standby boolean, switchover interval)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH member AS (
    SELECT q.node, q.name, q.switchover, m.standby,
      CASE q.mode WHEN 'pool' THEN m.capacity ELSE 1 END AS weight,
      coalesce(q.needed, sum(CASE q.mode WHEN 'pool' THEN m.capacity ELSE 1 END) FILTER (WHERE NOT m.standby) OVER (PARTITION BY q.node, q.name)) AS needed,
      CASE WHEN h.node IS NULL THEN '-infinity' ELSE coalesce(h.restored_at, 'infinity') END AS back_at
    FROM opres.incident_node AS n
    JOIN opres.requirement AS q ON q.node = n.node
    JOIN opres.requirement_member AS m ON m.node = q.node AND m.requirement = q.name
    LEFT JOIN opres.incident_node AS h ON h.incident = n.incident AND h.node = m.member
    WHERE n.incident = $1
  ), sum AS (
    SELECT m.*, sum(weight) OVER (PARTITION BY node, name ORDER BY back_at) AS up,
      sum(CASE WHEN standby THEN 0 ELSE weight END) OVER (PARTITION BY node, name ORDER BY back_at) AS active_up
    FROM member AS m
  ), back AS (
    SELECT node, name, switchover, min(back_at) FILTER (WHERE up >= needed - 1e-9) AS back_at,
      min(back_at) FILTER (WHERE active_up >= needed - 1e-9) AS active_back_at
    FROM sum GROUP BY node, name, switchover
  )
  SELECT node, name, back_at, active_back_at IS NULL OR active_back_at > back_at, switchover FROM back
$$;
COMMENT ON FUNCTION opres.requirements_back(bigint) IS
  'internal: when each requirement of the nodes an incident has hit was met again: -infinity = it always was, infinity or NULL = not yet; by_standby: with the help of standby members';

-- A node that was hit itself, nothing it needs being lost, is repaired, which the map knows no time for: what the business continuity plan
-- promises counts then, if anything.
CREATE FUNCTION opres.node_times(incident bigint) RETURNS TABLE (node text, ready_at timestamptz, restored_at timestamptz, planned interval)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH time AS (
    SELECT n.node, greatest(n.since, max(b.back_at)) AS ready_at, n.restored_at, m.rto, coalesce(bool_or(b.by_standby OR b.back_at > n.since), false) AS led,
      m.restart + coalesce(max(b.switchover) FILTER (WHERE b.by_standby), '0') AS restart
    FROM opres.incident_node AS n JOIN opres.node AS m ON m.code = n.node
    LEFT JOIN opres.requirements_back($1) AS b ON b.node = n.node AND b.back_at <= n.restored_at
    WHERE n.incident = $1 AND n.restored_at IS NOT NULL AND m.kind <> 'operation'
    GROUP BY n.node, n.since, n.restored_at, m.restart, m.rto
  )
  SELECT t.node, t.ready_at, t.restored_at, opres.exact_interval(extract(epoch FROM p.planned)::float8)
  FROM time AS t, LATERAL (SELECT CASE WHEN t.led THEN t.restart ELSE coalesce(t.rto, nullif(t.restart, '0')) END) AS p (planned)
  WHERE p.planned IS NOT NULL
$$;
COMMENT ON FUNCTION opres.node_times(bigint) IS
  'internal: since when the restored nodes of an incident could have been recovered, and how long that takes by the map; without those of which the map says nothing';

-- Operations ----------------------------------------------------------------------------------------------------------------------

-- What is still so when an incident is closed was so until then.
CREATE FUNCTION opres.measured_until(incident bigint) RETURNS timestamptz LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(i.closed_at, now()) FROM opres.incident AS i WHERE i.id = $1 $$;
COMMENT ON FUNCTION opres.measured_until(bigint) IS 'internal: until when times of an incident are measured: its end, else now';

-- Level of the operations over time, as pieces, up to then: as recorded of the operation itself; of the others as it follows from what was
-- recorded of their resources.
CREATE FUNCTION opres.operation_pieces(incident bigint) RETURNS TABLE (operation text, from_at timestamptz, until_at timestamptz, level float8)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  until CONSTANT timestamptz := opres.measured_until(operation_pieces.incident);
  played record;
BEGIN
  SELECT * INTO played FROM opres.incident_shocks(operation_pieces.incident);
  RETURN QUERY
  WITH change (node, at, level) AS (
    SELECT l.node, l.at, l.level FROM opres.incident_level AS l JOIN opres.node AS n ON n.code = l.node AND n.kind = 'operation'
    WHERE l.incident = operation_pieces.incident
    UNION ALL
    SELECT s.node, played.start + opres.exact_interval(extract(epoch FROM s.at)::float8), s.level
    FROM opres.simulate_shocks_levels(played.shocks, greatest(now() - played.start, '0') + '1 day') AS s
    JOIN opres.node AS n ON n.code = s.node AND n.kind = 'operation'
    WHERE NOT EXISTS (SELECT FROM opres.incident_level AS l WHERE l.incident = operation_pieces.incident AND l.node = s.node)
  ), piece AS (
    SELECT c.node, c.at, lead(c.at, 1, 'infinity') OVER (PARTITION BY c.node ORDER BY c.at) AS ended, c.level FROM change AS c
  )
  SELECT p.node::text, p.at, least(p.ended, until), p.level FROM piece AS p WHERE p.at < until;
END
$$;
COMMENT ON FUNCTION opres.operation_pieces(bigint) IS
  'internal: how the operations fared in an incident up to its end, else now, piece by piece; nothing of those that were not touched';

-- The longest time and all the time an operation was below a level.
CREATE FUNCTION opres.stretch_below(pieces jsonb, level float8, OUT longest interval, OUT total interval, OUT last_until timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH piece AS (
    SELECT (p->>'from_at')::timestamptz AS from_at, (p->>'until_at')::timestamptz AS until_at, (p->>'level')::float8 >= $2 - 1e-9 AS up
    FROM jsonb_array_elements($1) AS p
  ), stretch AS (
    SELECT p.*, count(*) FILTER (WHERE up) OVER (ORDER BY from_at) AS number FROM piece AS p
  ), outage AS (
    SELECT sum(until_at - from_at) AS length, max(until_at) AS until_at FROM stretch WHERE NOT up GROUP BY number
  )
  SELECT opres.exact_interval(extract(epoch FROM max(length))::float8), opres.exact_interval(extract(epoch FROM sum(length))::float8), max(until_at) FROM outage
$$;
COMMENT ON FUNCTION opres.stretch_below(jsonb, float8) IS
  'internal: the longest stretch and the sum of the times that pieces (from_at, until_at, level) are below a level, and when it last was; NULL: never';

-- Findings ------------------------------------------------------------------------------------------------------------------------

-- Each part finds some kinds; exercise_findings puts them into words. subject is in the language already.
CREATE FUNCTION opres.findings_of_recovery(incident bigint, lang text)
RETURNS TABLE (kind text, subject text, planned interval, measured interval, run bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH i AS (
    SELECT o.id, opres.incident_start(o) AS start, opres.measured_until(o.id) AS until FROM opres.incident AS o WHERE o.id = $1
  ), operation AS (
    SELECT p.operation, jsonb_agg(to_jsonb(p)) AS pieces FROM opres.operation_pieces($1) AS p GROUP BY p.operation
  ), target AS (
    SELECT r.id AS run, opres.exact_interval(extract(epoch FROM (t->>'within')::interval)::float8) AS within, (t->>'level')::float8 AS level
    FROM opres.run AS r JOIN opres.playbook AS p ON (p.id, p.modified) = (r.playbook, r.modified),
      LATERAL (SELECT opres.playbook_extension(p.document::jsonb->'playbook_extensions')->'recovery_target') AS x (t)
    WHERE r.incident = $1 AND t->>'within' IS NOT NULL
  ), reached AS (
    SELECT t.run, t.within, max(coalesce(opres.time_between(i.start, b.last_until), '0')) AS measured, bool_or(coalesce(b.last_until >= i.until, false)) AS down
    FROM i, target AS t, operation AS o, opres.stretch_below(o.pieces, coalesce(t.level, 1)) AS b
    GROUP BY t.run, t.within
  ), kept AS (
    SELECT t.operation, t.tolerance, d."limit", CASE d.form WHEN 'within' THEN coalesce(b.longest, '0') ELSE coalesce(b.total, '0') END AS measured,
      coalesce(b.last_until >= i.until, false) AS down
    FROM i, operation AS o JOIN opres.tolerance AS t ON t.operation = o.operation, opres.tolerance_parts(t.tolerance) AS d,
      opres.stretch_below(o.pieces, coalesce(d.level, 1)) AS b
    WHERE d.form IN ('within', 'total')
  )
  SELECT CASE WHEN measured > within THEN 'target_missed' ELSE 'target_met' END, opres.run_playbook_name(run, $2), within, measured, run
  FROM reached WHERE measured > within OR NOT down
  UNION ALL
  SELECT CASE WHEN measured > "limit" THEN 'operation_breached' ELSE 'operation_kept' END,
    format('%s: %s', opres.node_name(operation, $2), tolerance), "limit", measured, NULL
  FROM kept WHERE measured > "limit" OR NOT down
  UNION ALL
  SELECT 'operation_breached', format('%s: %s', opres.node_name(s.operation, $2), s.tolerance), NULL, NULL, NULL
  FROM i, opres.incident_shocks($1) AS d, opres.simulate_shocks(d.shocks, greatest(i.until - d.start, '0') + '1 day', d.start) AS s
  WHERE (opres.tolerance_parts(s.tolerance)).form = 'by' AND NOT s.met AND d.start + opres.exact_interval(extract(epoch FROM s.breached_at)::float8) <= i.until
  UNION ALL
  SELECT CASE WHEN opres.time_between(n.ready_at, n.restored_at) > n.planned THEN 'node_late' ELSE 'node_in_time' END,
    opres.node_name(n.node, $2), n.planned, opres.time_between(n.ready_at, n.restored_at), NULL
  FROM opres.node_times($1) AS n
$$;
COMMENT ON FUNCTION opres.findings_of_recovery(bigint, text) IS 'internal: part of exercise_findings: times of recovery';

CREATE FUNCTION opres.findings_of_reports(incident bigint, lang text)
RETURNS TABLE (kind text, subject text, planned interval, measured interval, run bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH i AS (
    SELECT o.detected_at, opres.measured_until(o.id) AS until FROM opres.incident AS o WHERE o.id = $1
  )
  SELECT CASE WHEN p.submitted_at IS NULL THEN 'report_missing' ELSE 'report_late' END, format('%s: %s', w.authority, w.name),
    opres.time_between(i.detected_at, p.due_at), opres.time_between(i.detected_at, coalesce(p.submitted_at, i.until)), r.id
  FROM i, opres.run AS r JOIN opres.run_report AS p ON p.run = r.id JOIN opres.run_reports_said(r.id, $2) AS w ON w.report = p.report
  WHERE r.incident = $1 AND (p.needed OR p.submitted_at IS NOT NULL) AND p.due_at < coalesce(p.submitted_at, i.until)
  UNION ALL
  SELECT 'notice_late', format('%s: %s', n.role, coalesce(n.texts->>$2, n.texts->>'en', n.criterion)), opres.time_between(n.since, n.due_at),
    opres.time_between(n.since, coalesce(n.reported_at, i.until)), NULL
  FROM i, opres.incident_report AS n
  WHERE n.incident = $1 AND (n.needed OR n.reported_at IS NOT NULL) AND n.due_at < coalesce(n.reported_at, i.until)
$$;
COMMENT ON FUNCTION opres.findings_of_reports(bigint, text) IS 'internal: part of exercise_findings: reports to authorities and inside the institution';

CREATE FUNCTION opres.findings_of_steps(incident bigint, lang text)
RETURNS TABLE (kind text, subject text, planned interval, measured interval, run bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH step AS (
    SELECT r.id AS run, i.detected_at, s.step, s.state, s.due_at,
      (SELECT e.occurred_at FROM opres.run_event AS e
       WHERE e.run = s.run AND e.step = s.step AND e.kind IN ('success', 'failure', 'omit', 'override', 'expire')
       ORDER BY e.number DESC LIMIT 1) AS acted_at
    FROM opres.incident AS i JOIN opres.run AS r ON r.incident = i.id JOIN opres.run_step AS s ON s.run = r.id
    WHERE i.id = $1 AND s.due_at < opres.measured_until($1)
  ), event AS (
    SELECT e.* FROM opres.run AS r JOIN opres.run_event AS e ON e.run = r.id WHERE r.incident = $1
  ), times AS (
    SELECT CASE WHEN e.kind IN ('failure', 'expire') THEN 'step_failed' WHEN e.kind IN ('retry', 'reject') THEN 'step_repeated' ELSE 'overridden' END AS kind,
      e.run, e.step, count(*) AS times
    FROM event AS e WHERE e.kind IN ('failure', 'expire', 'retry', 'reject', 'override') GROUP BY 1, 2, 3
  )
  SELECT CASE WHEN s.state IN ('reached', 'running') THEN 'step_open' ELSE 'step_late' END, opres.step_name(s.run, s.step, $2),
    opres.time_between(s.detected_at, s.due_at),
    opres.time_between(s.detected_at, CASE WHEN s.state IN ('reached', 'running') THEN opres.measured_until($1) ELSE s.acted_at END), s.run
  FROM step AS s WHERE s.state IN ('reached', 'running') OR s.state NOT IN ('idle', 'skipped', 'cancelled') AND s.acted_at > s.due_at
  UNION ALL
  SELECT t.kind, opres.step_name(t.run, t.step, $2) || CASE WHEN t.times > 1 THEN format(' (×%s)', t.times) ELSE '' END, NULL, NULL, t.run
  FROM times AS t
  UNION ALL
  SELECT CASE WHEN q.disputed_at IS NULL THEN 'unratified' ELSE 'disputed' END,
    format('%s: %s', opres.step_name(e.run, e.step, $2), opres.person_said(q.person, $2)),
    opres.time_between(e.occurred_at, q.due_at), opres.time_between(e.occurred_at, coalesce(q.ratified_at, q.disputed_at, opres.measured_until($1))), e.run
  FROM event AS e JOIN opres.run_ratification AS q ON (q.run, q.event) = (e.run, e.number)
  WHERE q.ratified_at IS NULL OR q.disputed_at IS NOT NULL OR q.ratified_at > q.due_at
$$;
COMMENT ON FUNCTION opres.findings_of_steps(bigint, text) IS 'internal: part of exercise_findings: steps and approvals';

CREATE FUNCTION opres.exercise_findings(incident bigint, lang text DEFAULT 'en')
RETURNS TABLE (finding text, subject text, planned interval, measured interval, advice text, kind text, met boolean, run bigint)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM opres.check_lang(lang);
  PERFORM opres.check_incident(incident);
  RETURN QUERY
  SELECT t.finding, f.subject, f.planned, f.measured, t.advice, f.kind, t.advice IS NULL, f.run
  FROM (SELECT * FROM opres.findings_of_recovery(exercise_findings.incident, exercise_findings.lang)
    UNION ALL SELECT * FROM opres.findings_of_reports(exercise_findings.incident, exercise_findings.lang)
    UNION ALL SELECT * FROM opres.findings_of_steps(exercise_findings.incident, exercise_findings.lang)) AS f
  JOIN opres.exercise_texts() AS t ON t.kind = f.kind AND t.lang = exercise_findings.lang
  ORDER BY t.place, f.measured - f.planned DESC NULLS LAST, f.subject COLLATE "C", f.run;
END
$$;
COMMENT ON FUNCTION opres.exercise_findings(bigint, text) IS
  'What an exercise (or an incident) has shown, worst first: times measured against what the map as it is now, the tolerances and the playbooks promise, and where the playbooks were not followed; in English (en) or Japanese (ja). met: the promise was kept, there is no advice. Measured until the incident was closed, else until now. kind and what is compared: target_*: from occurrence (else detection) until no affected operation was below the level of the playbook''s recovery_target any more, with its time (a day = 24 h, a month = 30 days). operation_*: the longest time, for a total the sum of times, that the operation was below the level of the tolerance, with its limit: by its own levels if they were recorded, else as it follows by the map from those of its resources (which start again once restored, as the map says: record the operation''s own levels where they are known); cut-offs have no times. What is still down and may still keep its promise is left out. node_*: of every resource and process step restored, from when it was lost or, if that is later, enough members of each of its requirements were there again, until it was restored, with its restart, plus the switchover of a requirement that rested on standby members then; a requirement still unmet when the node was restored does not count. Of one that was hit itself, nothing it needs being lost: with its rto, without one with its restart; without either it is left out. report_*, step_open, step_late: from the detection until it was submitted or done (in life, not when it was entered), with when it was due. notice_late: from when the reporting criterion was met. unratified, disputed: from the approval. step_failed, step_repeated (retried or sent back), overridden: without times.';

-- Followed up ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION opres.record_finding(incident bigint, finding text, subject text DEFAULT NULL, owner text DEFAULT NULL, due_on date DEFAULT NULL)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  i opres.incident;
  number int;
BEGIN
  PERFORM opres.check_incident(incident);
  IF finding IS NULL OR finding !~ '\S' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the finding is empty';
  END IF;
  i := opres.lock_incident(incident);
  SELECT coalesce(max(f.number), 0) + 1 INTO number FROM opres.exercise_finding AS f WHERE f.incident = incident;
  INSERT INTO opres.exercise_finding (incident, number, finding, subject, owner, due_on, state, recorded_by, recorded_at)
  VALUES (incident, number, finding, subject, owner, due_on, 'open', opres.acting_person(), clock_timestamp());
  PERFORM opres.record_incident_event(i, 'finding', now(), NULL, jsonb_strip_nulls(jsonb_build_object('number', number, 'finding', finding,
    'subject', subject, 'owner', owner, 'due_on', due_on)));
  RETURN number;
END
$$;
COMMENT ON FUNCTION opres.record_finding(bigint, text, text, text, date) IS
  'records a finding of an exercise or incident that is to be followed up; its number there. subject: what it is about; owner: who is to deal with it (a role or department); due_on: until when. It stays open until another exercise has shown that it is dealt with (settle_finding) or the residual risk is approved (accept_risk).';

CREATE FUNCTION opres.lock_finding(incident bigint, number int) RETURNS opres.exercise_finding
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  f opres.exercise_finding;
BEGIN
  PERFORM opres.check_incident(incident);
  SELECT * INTO f FROM opres.exercise_finding AS e WHERE (e.incident, e.number) = (incident, number) FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('incident %s has no finding %s', incident, coalesce(number::text, 'NULL')),
      HINT = 'The table opres.exercise_finding lists them.';
  ELSIF f.state <> 'open' THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('finding %s of incident %s is settled', number, incident),
      DETAIL = format('%s settled it.', f.settled_by);
  END IF;
  RETURN f;
END
$$;
COMMENT ON FUNCTION opres.lock_finding(bigint, int) IS 'internal: an open finding, its row locked; an error if there is none';

CREATE FUNCTION opres.close_finding(f opres.exercise_finding, state text, reason text, exercise bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE opres.exercise_finding AS e SET state = close_finding.state, settled_by = opres.acting_person(), settled_at = clock_timestamp(),
    settled_in = exercise, reason = close_finding.reason WHERE (e.incident, e.number) = (f.incident, f.number);
  PERFORM opres.record_incident_event(opres.lock_incident(f.incident), 'finding_settled', now(), reason,
    jsonb_strip_nulls(jsonb_build_object('number', f.number, 'state', state, 'exercise', exercise)));
END
$$;
COMMENT ON FUNCTION opres.close_finding(opres.exercise_finding, text, text, bigint) IS 'internal: a finding is settled, and that is recorded';

CREATE FUNCTION opres.settle_finding(incident bigint, number int, exercise bigint, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  f CONSTANT opres.exercise_finding := opres.lock_finding(incident, number);
BEGIN
  reason := opres.reason_for(reason, 'settling a finding');
  PERFORM opres.check_incident(exercise);
  IF NOT EXISTS (SELECT FROM opres.incident AS e WHERE e.id = exercise AND e.exercise AND e.opened_at > f.recorded_at) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('incident %s is no exercise since the finding', exercise),
      DETAIL = format('Finding %s of incident %s was recorded at %s.', number, incident, f.recorded_at),
      HINT = 'A residual risk is approved by opres.accept_risk.';
  END IF;
  PERFORM opres.close_finding(f, 're-exercised', reason, exercise);
END
$$;
COMMENT ON FUNCTION opres.settle_finding(bigint, int, bigint, text) IS
  'a finding is dealt with, as another exercise, opened after it was recorded, has shown. Needs a reason, here or in the setting opres.reason. Recorded in the chronicle of the incident the finding is of.';

CREATE FUNCTION opres.accept_risk(incident bigint, number int, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  f CONSTANT opres.exercise_finding := opres.lock_finding(incident, number);
BEGIN
  reason := opres.reason_for(reason, 'accepting a residual risk');
  IF f.recorded_by = opres.acting_person() THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('the risk of finding %s must be accepted by somebody else than %s', number, f.recorded_by),
      DETAIL = format('%s recorded the finding.', f.recorded_by);
  END IF;
  PERFORM opres.close_finding(f, 'risk accepted', reason, NULL);
END
$$;
COMMENT ON FUNCTION opres.accept_risk(bigint, int, text) IS
  'the residual risk of a finding is approved, by somebody else than who recorded it. Needs a reason, here or in the setting opres.reason. Recorded in the chronicle of the incident.';

CREATE FUNCTION opres.exercise_coverage(lang text DEFAULT 'en')
RETURNS TABLE (attack_type text, playbooks text[], last_exercise timestamptz, last_incident timestamptz, open_findings bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM opres.check_lang(lang);
  RETURN QUERY
  WITH playbook AS (
    SELECT DISTINCT ON (p.id) p.id, p.attack_type, p.revoked, p.valid_from, p.valid_until,
      coalesce(opres.playbook_extension(p.document::jsonb -> 'playbook_extensions') -> 'texts' -> exercise_coverage.lang ->> 'name', p.name) AS name
    FROM opres.playbook AS p ORDER BY p.id, p.modified DESC
  ), usable AS (
    SELECT p.attack_type, array_agg(p.name ORDER BY p.name) AS names FROM playbook AS p
    WHERE NOT p.revoked AND coalesce(p.valid_from <= now(), true) AND coalesce(p.valid_until > now(), true)
    GROUP BY p.attack_type
  ), seen AS (
    SELECT i.attack_type, max(i.detected_at) FILTER (WHERE i.exercise) AS exercise, max(i.detected_at) FILTER (WHERE NOT i.exercise) AS incident,
      sum((SELECT count(*) FROM opres.exercise_finding AS f WHERE f.incident = i.id AND f.state = 'open')) AS findings
    FROM opres.incident AS i WHERE i.state <> 'no_incident' GROUP BY i.attack_type
  )
  SELECT t.attack_type, coalesce(u.names, '{}'), s.exercise, s.incident, coalesce(s.findings, 0)::bigint
  FROM (SELECT p.attack_type FROM playbook AS p WHERE p.attack_type IS NOT NULL UNION SELECT s.attack_type FROM seen AS s) AS t
  LEFT JOIN usable AS u ON u.attack_type = t.attack_type LEFT JOIN seen AS s ON s.attack_type = t.attack_type
  ORDER BY s.exercise NULLS FIRST, t.attack_type;
END
$$;
COMMENT ON FUNCTION opres.exercise_coverage(text) IS
  'per attack type that a playbook or an incident has: the playbooks that could be started now (their names in English, en, or Japanese, ja; latest versions; none if revoked or out of their validity), when it was last exercised and last a real incident (detection; as far as the caller sees them), and how many findings are open. Never exercised first, then the longest ago.';

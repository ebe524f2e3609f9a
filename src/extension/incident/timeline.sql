-- The chronicle of an incident: everything that became known and was done, in words. The words of both languages stand together.

CREATE FUNCTION opres.chronicle_words() RETURNS TABLE (word text, en text, ja text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  VALUES
    -- what is known of an incident
    ('title', 'title', '件名'), ('attack_type', 'attack type', '攻撃種別'), ('severity', 'severity', '深刻度'),
    ('confidential', 'confidential', '機密扱い'), ('occurred_at', 'occurred', '発生'), ('detected_at', 'detected', '検知'),
    ('recognised_at', 'recognised', '認識'), ('classification', 'classification', '区分'),
    ('classified_at', 'classified', '区分決定'),
    ('customers', 'customers affected', '影響顧客数'), ('transactions', 'transactions affected', '影響取引件数'),
    ('amount', 'amount affected', '影響金額'), ('currency', 'currency', '通貨'),
    ('breach_at', 'earliest tolerance breach', '耐性度超過（最短）'), ('state', 'state', '状態'),
    ('null', 'unknown', '不明'), ('none', 'none foreseen', '見込みなし'), ('true', 'yes', 'はい'), ('false', 'no', 'いいえ'),
    ('default', 'none of the cases', 'その他'),
    ('no_incident', 'found to be no incident', 'インシデントに該当せずと判断'),
    -- nodes
    ('lost', '%1$s lost since %2$s', '%1$s：停止（%2$sから）'), ('degraded', '%1$s degraded to %3$s since %2$s', '%1$s：縮退（%2$sから、水準%3$s）'),
    ('restored', '%1$s restored at %2$s', '%1$s：復旧（%2$s）'), ('hit', '%1$s hit since %2$s', '%1$s：影響は%2$sから'),
    ('expected', 'expected back at %s', '復旧見込み %s'),
    ('unexpected', 'not known when it will be back', '復旧見込み 未定'),
    -- events of an incident
    ('open', 'Incident opened: %1$s (%2$s)', 'インシデントを登録：%1$s（%2$s）'),
    ('exercise', 'Exercise opened: %1$s (%2$s)', '演習として登録：%1$s（%2$s）'),
    ('update', 'Known now: %s', '状況更新：%s'), ('annotate', 'Note: %s', '追記：%s'),
    ('report', 'Reported to %1$s (criterion %2$s)', '%1$sへ報告（報告基準 %2$s）'),
    ('clock', 'Not back when expected: %s', '復旧見込み時刻を経過：%s'), ('close', 'Incident closed', 'インシデント対応を終了'),
    ('redact', 'Personal data of record %s erased', '「%s」の個人情報を消去'),
    ('call', 'Called %1$s: %2$s', '%1$sへ架電：%2$s'), ('reached', 'reached', '応答あり'), ('no_answer', 'no answer', '応答なし'),
    ('busy', 'busy', '話中'), ('left_message', 'left a message', '伝言'),
    ('finding', 'Finding %1$s: %2$s', '課題%1$s：%2$s'), ('finding_settled', 'Finding %1$s settled: %2$s', '課題%1$sを完了：%2$s'),
    ('re-exercised', 'dealt with, as exercise %s has shown', '演習（%s）で改善を確認'), ('risk accepted', 'residual risk accepted', '残存リスクを承認'),
    -- events of a run
    ('begin', 'Work by the playbook "%1$s" begun (run %2$s)', '対応手順書「%1$s」による対応を開始（対応案件%2$s）'),
    ('success', '%s: done', '%s：実施'), ('failure', '%s: not achieved', '%s：不成功'), ('decide', '%1$s: decided: %2$s', '%1$s：「%2$s」と判断'),
    ('approve', '%s: approved', '%s：承認'), ('heard', ' by telephone, heard by %s', '（電話による承認、代理記録 %s）'),
    ('reject', '%s: sent back', '%s：差戻し'), ('omit', '%s: left out', '%s：省略'),
    ('override', '%s: passed by the judgement of the authority', '%s：判断権限者の判断により通過'), ('role', ' (as %s)', '（%sとして）'),
    ('retry', '%s: taken up again', '%s：再実施'), ('expire', '%s: time is over', '%s：制限時間を超過'), ('wake', '%s: begun', '%s：開始'),
    ('set', 'Facts of the run: %s', '対応案件の前提：%s'), ('abort', 'Work by the playbook ended early (run %s)', '対応を打切り（対応案件%s）'),
    ('annotate_step', 'Note on %1$s: %2$s', '%1$sに追記：%2$s'), ('ratify', '%s: approval by telephone confirmed', '%s：電話による承認を本人が事後確認'),
    ('dispute', '%s: approval by telephone denied', '%s：電話による承認を本人が否認'),
    ('settle', '%s: denied approval settled', '%s：否認された承認の取扱いを決定'),
    -- what is open
    ('open_step', '%s: to be done', '%s：未実施'), ('open_decision', '%s: to be decided', '%s：判断待ち'),
    ('open_submitted', '%s: approval awaited', '%s：承認待ち'), ('open_held', '%s: held up', '%s：中断'), ('open_idle', '%s: not begun', '%s：未着手'),
    ('open_ratification', '%1$s: approval by telephone to be confirmed by %2$s', '%1$s：電話による承認の事後確認待ち（%2$s）'),
    ('open_dispute', '%1$s: approval denied by %2$s, to be settled', '%1$s：否認された承認（%2$s）の取扱いが未決定'),
    ('open_report', 'Report not submitted: %1$s (%2$s)', '%1$s：未提出（%2$s）'),
    ('open_internal', 'Not told by criterion %2$s: %1$s', '%1$s（報告基準 %2$s）：未了'),
    ('open_review', 'No step of the review is done', '事後検証が未実施'),
    -- beside
    ('values', ' [%s]', '［%s］'), ('value', '%1$s: %2$s', '%1$s：%2$s'), ('note', '. %s', '。%s'), ('evidence', ' [evidence: %s]', '［証拠：%s］'), ('late', ' [entered %s]', '［%s記録］'), ('system', 'system', 'システム'),
    ('redacted', '[personal data erased]', '［個人情報消去済］'), ('join', '; ', '、'), ('arrow', ' -> ', '→')
$$;
COMMENT ON FUNCTION opres.chronicle_words() IS 'internal: the words of the chronicle, English and Japanese';

-- One constant: a chronicle asks for a dozen words per event.
DO $$
BEGIN
  EXECUTE format('CREATE FUNCTION opres.chronicle_word(word text, lang text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN %L::jsonb -> word ->> lang',
    (SELECT jsonb_object_agg(w.word, jsonb_build_object('en', w.en, 'ja', w.ja)) FROM opres.chronicle_words() AS w));
END
$$;
COMMENT ON FUNCTION opres.chronicle_word(text, text) IS 'internal: a word of the chronicle in a language; NULL if there is none';

CREATE FUNCTION opres.node_name(code text, lang text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT coalesce(n.names->>lang, n.name) FROM opres.node AS n WHERE n.code = node_name.code), code);
COMMENT ON FUNCTION opres.node_name(text, text) IS 'internal: what a node is called in a language; its code if it has no name';

CREATE FUNCTION opres.person_said(person text, lang text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT coalesce(p.names->>lang, p.name) FROM opres.person AS p WHERE p.code = person_said.person), person,
  opres.chronicle_word('system', lang));
COMMENT ON FUNCTION opres.person_said(text, text) IS
  'internal: a person''s name in a language, her code if there is none or it was erased; without a person: the system';

CREATE FUNCTION opres.callee_said(code text, lang text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT coalesce(c.names->>lang, c.name) FROM opres.contact AS c WHERE c.code = callee_said.code), opres.person_said(code, lang));
COMMENT ON FUNCTION opres.callee_said(text, text) IS 'internal: what a person or a contact that was called is called in a language, else her code';

-- A value as an event tells it, as people say it.
CREATE FUNCTION opres.fact_said(name text, value jsonb, zone text, lang text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
  WHEN value IS NULL OR value = 'null' THEN opres.chronicle_word(CASE name WHEN 'breach_at' THEN 'none' ELSE 'null' END, lang)
  WHEN name ~ '_at$' THEN opres.local_time((value #>> '{}')::timestamptz, zone, lang)
  WHEN jsonb_typeof(value) = 'boolean' THEN opres.chronicle_word(value #>> '{}', lang)
  ELSE value #>> '{}' END;
COMMENT ON FUNCTION opres.fact_said(text, jsonb, text, text) IS 'internal: a value that an event of an incident tells, as people say it';

-- A node whose state changed has "at", since when it is so.
CREATE FUNCTION opres.node_said(code text, node jsonb, before jsonb, zone text, lang text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN node ? 'at' THEN format(opres.chronicle_word(node->>'state', lang), opres.node_name(code, lang),
      opres.fact_said('node_at', node->'at', zone, lang), round((node->>'level')::numeric * 100, 1)::float8 || '%')
    WHEN node->'since' IS DISTINCT FROM before->'since'
      THEN format(opres.chronicle_word('hit', lang), opres.node_name(code, lang), opres.fact_said('node_at', node->'since', zone, lang))
    ELSE opres.node_name(code, lang) END
  || CASE WHEN node->'expected_at' IS NOT DISTINCT FROM coalesce(before->'expected_at', 'null') OR node->>'state' = 'restored' THEN ''
    WHEN node->>'expected_at' IS NULL THEN opres.chronicle_word('join', lang) || opres.chronicle_word('unexpected', lang)
    ELSE opres.chronicle_word('join', lang)
      || format(opres.chronicle_word('expected', lang), opres.fact_said('node_at', node->'expected_at', zone, lang))
  END;
COMMENT ON FUNCTION opres.node_said(text, jsonb, jsonb, text, text) IS 'internal: what an event says of a node, in words';

-- What has changed, each with what it was before.
CREATE FUNCTION opres.facts_said(before jsonb, after jsonb, zone text, lang text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT string_agg(f.said, opres.chronicle_word('join', lang) ORDER BY f.place, f.name COLLATE "C") FROM (
    SELECT w.place, w.word AS name, CASE
      WHEN w.word = 'state' THEN opres.chronicle_word(after->>'state', lang)
      ELSE opres.chronicle_word(w.word, lang) || ' '
        || CASE WHEN before ? w.word
          THEN opres.fact_said(w.word, before->w.word, zone, lang) || opres.chronicle_word('arrow', lang) ELSE '' END
        || opres.fact_said(w.word, after->w.word, zone, lang) END AS said
    FROM opres.chronicle_words() WITH ORDINALITY AS w (word, en, ja, place)
    WHERE after ? w.word
    UNION ALL
    SELECT 1000, n.key, opres.node_said(n.key, n.value, before->'nodes'->n.key, zone, lang)
    FROM jsonb_each(coalesce(after->'nodes', '{}')) AS n
  ) AS f
$$;
COMMENT ON FUNCTION opres.facts_said(jsonb, jsonb, text, text) IS 'internal: what an event says has changed, in words';

-- What follows the sentence of an event: its note and its evidence, as far as there are any.
CREATE FUNCTION opres.remarks_said(note text, evidence jsonb, lang text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN note IS NULL THEN ''
    ELSE format(opres.chronicle_word('note', lang), CASE note WHEN '[redacted]' THEN opres.chronicle_word('redacted', lang) ELSE note END) END
  || CASE WHEN evidence IS NULL THEN ''
    ELSE format(opres.chronicle_word('evidence', lang), CASE WHEN evidence->>'redacted' = 'true' THEN opres.chronicle_word('redacted', lang)
      WHEN jsonb_typeof(evidence) = 'string' THEN evidence #>> '{}' ELSE evidence::text END) END;
COMMENT ON FUNCTION opres.remarks_said(text, jsonb, text) IS 'internal: note and evidence of an event, in words';

CREATE FUNCTION opres.incident_event_said(e opres.incident_event, zone text, lang text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  after CONSTANT jsonb := e.details->'after';
  said text := opres.chronicle_word(e.kind, lang);
BEGIN
  IF e.kind = 'open' THEN
    said := format(CASE WHEN (after->>'exercise')::boolean THEN opres.chronicle_word('exercise', lang) ELSE said END, after->>'title',
      opres.facts_said('{}', after - '{title,state,exercise,confidential}'::text[], zone, lang));
  ELSIF e.kind IN ('update', 'clock') THEN
    said := format(said, opres.facts_said(e.details->'before', after, zone, lang));
  ELSIF e.kind = 'annotate' THEN
    RETURN format(said, CASE e.note WHEN '[redacted]' THEN opres.chronicle_word('redacted', lang) ELSE e.note END)
      || opres.remarks_said(NULL, e.details->'evidence', lang);
  ELSIF e.kind = 'report' THEN
    said := format(said, e.details->>'role', e.details->>'criterion');
  ELSIF e.kind = 'call' THEN
    said := format(said, opres.callee_said(e.details->>'whom', lang), opres.chronicle_word(e.details->>'outcome', lang));
  ELSIF e.kind = 'finding' THEN
    said := format(said, e.details->>'number', concat_ws(': ', e.details->>'subject', e.details->>'finding'));
  ELSIF e.kind = 'finding_settled' THEN
    said := format(said, e.details->>'number', format(opres.chronicle_word(e.details->>'state', lang), e.details->>'exercise'));
  ELSIF e.kind = 'redact' THEN
    said := format(said, e.details->>'subject');
  END IF;
  RETURN said || opres.remarks_said(e.note, e.details->'evidence', lang);
END
$$;
COMMENT ON FUNCTION opres.incident_event_said(opres.incident_event, text, text) IS 'internal: an event of an incident in words';

CREATE FUNCTION opres.run_playbook_name(run bigint, lang text) RETURNS text
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'opres_run_playbook_name';
COMMENT ON FUNCTION opres.run_playbook_name(bigint, text) IS 'internal: what a run''s playbook is called in a language; its id if it has no name';

CREATE FUNCTION opres.run_variable_said(run bigint, step text, variable text, lang text) RETURNS text
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'opres_run_variable_said';
COMMENT ON FUNCTION opres.run_variable_said(bigint, text, text, text) IS
  'internal: what a variable that a step asks for, or without a step one that the run is given, is called in a language; its name if nothing is said of it';

CREATE FUNCTION opres.values_said(run bigint, step text, "values" jsonb, lang text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(format(opres.chronicle_word('value', lang), opres.run_variable_said(run, step, v.key, lang),
    coalesce(opres.chronicle_word(coalesce(substring(v.value FROM '^(?:true|false)$'), CASE WHEN v.value IS NULL THEN 'null' END), lang), v.value)),
    opres.chronicle_word('join', lang) ORDER BY v.key)
  FROM jsonb_each_text("values") AS v
$$;
COMMENT ON FUNCTION opres.values_said(bigint, text, jsonb, text) IS 'internal: the values that an event of a run gives, in words; NULL if it gives none';

CREATE FUNCTION opres.run_event_said(e opres.run_event, lang text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  step CONSTANT text := CASE WHEN e.step IS NOT NULL THEN opres.step_name(e.run, e.step, lang) END;
  given CONSTANT text := opres.values_said(e.run, e.step, e."values", lang);
  -- Values may have been given among the evidence; they are told once.
  evidence CONSTANT jsonb := CASE WHEN jsonb_typeof(e.evidence) = 'object' AND jsonb_typeof(e."values") = 'object'
    THEN nullif(e.evidence - ARRAY(SELECT jsonb_object_keys(e."values")), '{}') ELSE e.evidence END;
  word CONSTANT text := opres.chronicle_word(CASE WHEN e.kind = 'annotate' AND e.step IS NOT NULL THEN 'annotate_step' ELSE e.kind END, lang);
BEGIN
  RETURN CASE e.kind
      WHEN 'begin' THEN format(word, opres.run_playbook_name(e.run, lang), e.run)
      WHEN 'abort' THEN format(word, e.run)
      WHEN 'decide' THEN format(word, step, coalesce(opres.chronicle_word(e.choice, lang), e.choice))
      WHEN 'set' THEN format(word, given)
      WHEN 'annotate' THEN format(word, VARIADIC array_remove(ARRAY[step, CASE e.note WHEN '[redacted]' THEN opres.chronicle_word('redacted', lang)
        ELSE coalesce(e.note, '') END], NULL))
      ELSE coalesce(format(word, step), e.kind || coalesce(' ' || step, '')) END
    || CASE WHEN e.heard_by IS NOT NULL AND e.kind IN ('approve', 'reject')
      THEN format(opres.chronicle_word('heard', lang), opres.person_said(e.heard_by, lang)) ELSE '' END
    || CASE WHEN given IS NULL OR e.kind = 'set' THEN '' ELSE format(opres.chronicle_word('values', lang), given) END
    || opres.remarks_said(CASE WHEN e.kind <> 'annotate' THEN e.note END, evidence, lang);
END
$$;
COMMENT ON FUNCTION opres.run_event_said(opres.run_event, text) IS 'internal: an event of a run in words';

CREATE FUNCTION opres.timeline(incident bigint, lang text DEFAULT 'en') RETURNS TABLE (occurred_at timestamptz, recorded_at timestamptz,
  who text, what text, run bigint, number int, kind text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 200 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  late CONSTANT interval := '15 min';
  zone text;
BEGIN
  PERFORM opres.check_lang(lang);
  PERFORM opres.check_incident(incident);
  SELECT i.time_zone INTO zone FROM opres.incident AS i WHERE i.id = timeline.incident;
  RETURN QUERY
  SELECT e.occurred_at, e.recorded_at, e.who, e.what || CASE WHEN e.recorded_at > e.occurred_at + late
      THEN format(opres.chronicle_word('late', lang), opres.local_time(e.recorded_at, zone, lang)) ELSE '' END,
    e.run, e.number, e.kind
  FROM (
    SELECT o.occurred_at, o.recorded_at, opres.person_said(o.person, lang) AS who, opres.incident_event_said(o, zone, lang) AS what,
      NULL::bigint AS run, o.number, o.kind
    FROM opres.incident_event AS o WHERE o.incident = timeline.incident
    UNION ALL
    SELECT o.occurred_at, o.recorded_at, opres.person_said(o.person, lang), opres.run_event_said(o, lang), o.run, o.number, o.kind
    FROM opres.run AS r JOIN opres.run_event AS o ON o.run = r.id WHERE r.incident = timeline.incident
  ) AS e
  ORDER BY e.occurred_at, e.recorded_at, e.run NULLS FIRST, e.number;
END
$$;
COMMENT ON FUNCTION opres.timeline(bigint, text) IS
  'The chronicle of an incident and its runs, in English (en) or Japanese (ja), by the time at which things were so. recorded_at: when it was entered; what tells it too where that was more than 15 minutes later. who: the person''s name, her code where it was erased, @login where the login is nobody''s. Times in the text are those of the incident''s time zone. run, number, kind: the event, of a run or, without one, of the incident.';

CREATE FUNCTION opres.run_reports_said(run bigint, lang text) RETURNS TABLE (report text, authority text, name text, kind text, form text,
  note text, due_by text)
LANGUAGE c STABLE STRICT ROWS 10 AS 'MODULE_PATHNAME', 'opres_run_reports_said';
COMMENT ON FUNCTION opres.run_reports_said(bigint, text) IS 'internal: what a run''s playbook says of its reports to authorities';

CREATE FUNCTION opres.authority_reports(incident bigint, lang text DEFAULT 'en') RETURNS TABLE (authority text, report text,
  due_at timestamptz, submitted_at timestamptz, reference text, confirmed boolean, kind text, run bigint, step text, code text, due_by text,
  form text, note text, overdue boolean)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM opres.check_lang(lang);
  PERFORM opres.check_incident(incident);
  RETURN QUERY
  SELECT w.authority, w.name, p.due_at, p.submitted_at, p.reference, p.confirmed, w.kind, p.run, coalesce(s.code, p.step)::text, p.report::text,
    w.due_by, w.form, w.note, p.submitted_at IS NULL AND coalesce(p.due_at < now(), false)
  FROM opres.run AS r CROSS JOIN LATERAL opres.run_reports_said(r.id, lang) AS w
    JOIN opres.run_report AS p ON p.run = r.id AND p.report = w.report
    LEFT JOIN opres.run_step AS s ON s.run = p.run AND s.step = p.step
  WHERE r.incident = authority_reports.incident AND (p.needed OR p.submitted_at IS NOT NULL)
  ORDER BY p.due_at NULLS LAST, p.run, p.position;
END
$$;
COMMENT ON FUNCTION opres.authority_reports(bigint, text) IS
  'The reports to authorities that an incident''s runs ask for, the most urgent first. due_at: NULL = nothing is said of it, or the time it runs from is not known yet; due_by: what it runs from; confirmed: whether the rule is confirmed: else the deadline is the institution''s to set (opres.set_report_deadline); reference: number under which it was submitted; kind: first, follow_up, final or other; step: the one that submits it; code: what the playbook calls the report. authority, report, form and note in English (en) or Japanese (ja).';

-- Incidents: opened, changed as facts become known, annotated.
--
-- One at a time: whoever changes an incident holds its row's lock first (then, where need be, those of its runs), so numbers of
-- events have no gap and no change is lost. Each change is an event (incident_event), which says what was before and what is after,
-- and an entry of the audit trail with the same content. Two times are kept: when it was so, and when it was entered.

CREATE FUNCTION opres.check_incident_changes(changes jsonb) RETURNS void
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'opres_check_incident_changes';
COMMENT ON FUNCTION opres.check_incident_changes(jsonb) IS
  'internal: keys, types and ranges of what update_incident is given; errors name the JSON path';

CREATE FUNCTION opres.check_map_node(code text, place text) RETURNS void
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'opres_check_map_node';
COMMENT ON FUNCTION opres.check_map_node(text, text) IS
  'internal: an error unless the map has a node of that code; place: the JSON path for the error, NULL outside of a document';

CREATE FUNCTION opres.acting_login() RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_acting_login';
COMMENT ON FUNCTION opres.acting_login() IS 'internal: the login that was authenticated, as the audit trail names it; else the session''s role';

CREATE FUNCTION opres.local_time(at timestamptz, time_zone text, lang text DEFAULT 'en') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE time_zone, CASE lang WHEN 'ja' THEN 'YYYY/MM/DD HH24:MI' ELSE 'YYYY-MM-DD HH24:MI' END);
COMMENT ON FUNCTION opres.local_time(timestamptz, text, text) IS 'internal: a time as people read it, in a time zone';

CREATE FUNCTION opres.check_lang(lang text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF lang IS NULL OR lang NOT IN ('en', 'ja') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('unknown language "%s"', lang),
      DETAIL = 'Expected en or ja.';
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_lang(text) IS 'internal: an error unless it is a language we speak';

CREATE FUNCTION opres.refuse_change(place text, problem text, detail text, hint text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF hint IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = concat_ws(': ', place, problem), DETAIL = detail;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = concat_ws(': ', place, problem), DETAIL = detail, HINT = hint;
END
$$;
COMMENT ON FUNCTION opres.refuse_change(text, text, text, text) IS 'internal: the error for a change that does not fit the incident';

-- Where its clocks begin.
CREATE FUNCTION opres.incident_start(i opres.incident) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((i).occurred_at, (i).detected_at);
COMMENT ON FUNCTION opres.incident_start(opres.incident) IS 'internal: when the business stopped, as far as known: occurred_at, else detected_at';

-- What update_incident can change, as an event tells it.
CREATE FUNCTION opres.incident_facts(i opres.incident) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object('title', (i).title, 'attack_type', (i).attack_type, 'severity', (i).severity, 'state', (i).state,
  'confidential', (i).confidential, 'occurred_at', opres.utc_text((i).occurred_at), 'detected_at', opres.utc_text((i).detected_at),
  'recognised_at', opres.utc_text((i).recognised_at), 'classified_at', opres.utc_text((i).classified_at),
  'classification', (i).classification, 'customers', (i).customers, 'transactions', (i).transactions, 'amount', (i).amount,
  'currency', (i).currency, 'breach_at', opres.utc_text((i).breach_at));
COMMENT ON FUNCTION opres.incident_facts(opres.incident) IS 'internal: an incident as its events tell it';

CREATE FUNCTION opres.node_facts(n opres.incident_node) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN (n).node IS NOT NULL THEN jsonb_build_object('state', (n).state, 'level', (n).level,
  'since', opres.utc_text((n).since), 'restored_at', opres.utc_text((n).restored_at), 'expected_at', opres.utc_text((n).expected_at)) END;
COMMENT ON FUNCTION opres.node_facts(opres.incident_node) IS 'internal: a node of an incident as its events tell it';

CREATE FUNCTION opres.lock_incident(incident bigint) RETURNS opres.incident
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  i opres.incident;
BEGIN
  PERFORM opres.check_incident(incident);
  SELECT * INTO STRICT i FROM opres.incident AS o WHERE o.id = lock_incident.incident FOR UPDATE;
  RETURN i;
END
$$;
COMMENT ON FUNCTION opres.lock_incident(bigint) IS
  'internal: an incident, its row locked until the end of the transaction; an error if there is none that the caller sees';

CREATE FUNCTION opres.lock_open_incident(incident bigint) RETURNS opres.incident
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  i opres.incident := opres.lock_incident(incident);
BEGIN
  IF i.state <> 'open' THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format(CASE i.state WHEN 'closed' THEN 'incident %s is closed' ELSE 'incident %s was found to be none' END, i.id),
      DETAIL = format('It was closed at %s.', opres.local_time(i.closed_at, i.time_zone)),
      HINT = 'What is found out later can be added by opres.annotate_incident.';
  END IF;
  RETURN i;
END
$$;
COMMENT ON FUNCTION opres.lock_open_incident(bigint) IS 'internal: as lock_incident, and an error if the incident is closed';

CREATE FUNCTION opres.check_event_time(at timestamptz, name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF at IS NULL OR NOT isfinite(at) THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s must be a time', name);
  ELSIF at > clock_timestamp() THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('%s lies in the future', name),
      DETAIL = format('It is %s, and now is %s.', at, date_trunc('second', clock_timestamp()));
  ELSIF at < '2000-01-01 00:00+00' THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('%s is too long ago', name), DETAIL = format('It is %s.', at);
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_event_time(timestamptz, text) IS 'internal: an error unless it is a time past, and not before the year 2000';

-- The event and its entry in the audit trail. Numbers are counted under the lock of the incident's row.
CREATE FUNCTION opres.record_incident_event(i opres.incident, kind text, occurred_at timestamptz, note text, details jsonb) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  number CONSTANT int := (SELECT coalesce(max(e.number), 0) + 1 FROM opres.incident_event AS e WHERE e.incident = i.id);
  person CONSTANT text := opres.acting_person();
  recorded_at CONSTANT timestamptz := clock_timestamp();
BEGIN
  INSERT INTO opres.incident_event (incident, number, kind, occurred_at, recorded_at, person, login, note, details)
  VALUES (i.id, number, kind, occurred_at, recorded_at, person, opres.acting_login(), note, details);
  PERFORM opres.audit_append('incident.' || kind, format('incident %s', i.id), note,
    jsonb_build_object('event', number, 'occurred_at', opres.utc_text(occurred_at), 'recorded_at', opres.utc_text(recorded_at),
      'person', person, 'login', opres.acting_login(), 'details', details)::text);
  PERFORM opres.publish('incident.' || kind, i.id, jsonb_build_object('number', number, 'occurred_at', opres.utc_text(occurred_at),
    'recorded_at', opres.utc_text(recorded_at), 'person', person, 'state', (SELECT n.state FROM opres.incident AS n WHERE n.id = i.id)));
  RETURN number;
END
$$;
COMMENT ON FUNCTION opres.record_incident_event(opres.incident, text, timestamptz, text, jsonb) IS
  'internal: adds an event to an incident whose row is locked, and its entry to the audit trail (incident.KIND, incident N); its number';

-- Times must be in an order that can be. An attack may be announced: then it was detected before it occurred.
CREATE FUNCTION opres.check_incident_times(i opres.incident, place text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT * FROM (VALUES (i.occurred_at, 'occurred_at'), (i.detected_at, 'detected_at'), (i.recognised_at, 'recognised_at'),
      (i.classified_at, 'classified_at')) AS v (at, name) WHERE v.at IS NOT NULL
  LOOP
    PERFORM opres.check_event_time(t.at, place || t.name);
    IF t.name IN ('recognised_at', 'classified_at') AND t.at < i.detected_at THEN
      PERFORM opres.refuse_change(NULL, format('%s%s is earlier than detected_at', place, t.name),
        format('Detected at %s, %s.', i.detected_at, replace(t.name, '_at', ' at ') || t.at));
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION opres.check_incident_times(opres.incident, text) IS
  'internal: an error if the times of an incident cannot be; place: what stands before their names in the error';

-- Nobody is kept from opening an incident because there is no playbook for it.
CREATE FUNCTION opres.note_missing_playbook(attack_type text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM opres.playbook AS p WHERE p.attack_type = note_missing_playbook.attack_type) THEN
    RAISE NOTICE USING MESSAGE = format('there is no playbook for the attack type %s', attack_type),
      HINT = coalesce((SELECT 'There are playbooks for ' || string_agg(DISTINCT p.attack_type, ', ' ORDER BY p.attack_type) || '.'
        FROM opres.playbook AS p WHERE NOT p.revoked), 'None is loaded (opres.load_playbook).');
  END IF;
END
$$;
COMMENT ON FUNCTION opres.note_missing_playbook(text) IS 'internal: a notice if no playbook is for this attack type';

-- Moves the beginning of the node's disruption (the last, if it was restored and hit again).
CREATE FUNCTION opres.move_node_onset(INOUT n opres.incident_node, since timestamptz, place text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  earlier CONSTANT timestamptz := (SELECT max(l.at) FROM opres.incident_level AS l
    WHERE l.incident = n.incident AND l.node = n.node AND l.at < n.since);
  first timestamptz;
BEGIN
  IF since >= n.restored_at THEN
    PERFORM opres.refuse_change(place, format('%s was restored before', n.node), format('It was restored at %s, and not hit before %s.',
      n.restored_at, since), 'Correct first when it was restored.');
  ELSIF since <= earlier THEN
    PERFORM opres.refuse_change(place, format('%s was not yet restored then', n.node),
      format('It was hit before, and restored at %s.', earlier));
  END IF;
  first := coalesce((SELECT max(l.at) FROM opres.incident_level AS l
    WHERE l.incident = n.incident AND l.node = n.node AND l.at >= n.since AND l.at <= move_node_onset.since), n.since);
  DELETE FROM opres.incident_level AS l WHERE l.incident = n.incident AND l.node = n.node AND l.at >= n.since AND l.at < first;
  UPDATE opres.incident_level AS l SET at = move_node_onset.since WHERE l.incident = n.incident AND l.node = n.node AND l.at = first;
  n.since := since;
END
$$;
COMMENT ON FUNCTION opres.move_node_onset(opres.incident_node, timestamptz, text) IS
  'internal: corrects since when a node is hit; levels before that time are forgotten, the first one after begins there';

-- What the levels from a time on become; whatever was said of later times is overridden by what is said now.
CREATE FUNCTION opres.set_node_level(INOUT n opres.incident_node, state text, level float8, at timestamptz, place text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF n.since IS NULL OR (n.restored_at IS NOT NULL AND state <> 'restored' AND at >= n.restored_at) THEN
    n.since := at; -- hit, or hit again
  ELSIF state = 'restored' AND at <= n.since THEN
    PERFORM opres.refuse_change(place || '.at', format('%s was hit at that time or later', n.node),
      format('It is hit since %s.', n.since));
  ELSIF at < n.since THEN
    PERFORM opres.refuse_change(place || '.at', format('%s was not hit yet', n.node), format('It is hit since %s.', n.since),
      'since corrects the beginning.');
  END IF;
  DELETE FROM opres.incident_level AS l WHERE l.incident = n.incident AND l.node = n.node AND l.at >= set_node_level.at;
  INSERT INTO opres.incident_level (incident, node, at, level) VALUES (n.incident, n.node, at, level);
  n.state := state;
  n.level := level;
  n.restored_at := CASE WHEN state = 'restored' THEN at END;
  n.expected_at := CASE WHEN state <> 'restored' THEN n.expected_at END;
END
$$;
COMMENT ON FUNCTION opres.set_node_level(opres.incident_node, text, float8, timestamptz, text) IS
  'internal: a node is lost, degraded or restored from a time on';

-- What a change says of state and level: one follows from the other where only one is given.
CREATE FUNCTION opres.read_node_state(n opres.incident_node, change jsonb, place text, OUT state text, OUT level float8)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  level := change->>'level';
  state := coalesce(change->>'state', CASE WHEN level = 0 THEN 'lost' WHEN level < 1 THEN 'degraded' WHEN level = 1 THEN 'restored' END,
    n.state, 'lost');
  level := coalesce(level, CASE state WHEN 'lost' THEN 0 WHEN 'restored' THEN 1 ELSE CASE n.state WHEN 'degraded' THEN n.level END END);
  IF level IS NULL THEN
    PERFORM opres.refuse_change(place || '.level', 'missing', 'A degraded node needs the level it still has, between 0 and 1.');
  ELSIF (state <> CASE level WHEN 0 THEN 'lost' WHEN 1 THEN 'restored' ELSE 'degraded' END) THEN
    PERFORM opres.refuse_change(place || '.level', format('%s does not fit %s', level, state),
      'A lost node has level 0, a degraded one a level between 0 and 1, a restored one level 1.');
  ELSIF n.node IS NULL AND state = 'restored' THEN
    PERFORM opres.refuse_change(place || '.state', 'the incident has not hit this node',
      'Only what was lost or degraded can be restored.');
  END IF;
END
$$;
COMMENT ON FUNCTION opres.read_node_state(opres.incident_node, jsonb, text) IS 'internal: the state and level a change gives a node';

CREATE FUNCTION opres.change_node(i opres.incident, code text, change jsonb, now_at timestamptz, place text,
  OUT before jsonb, OUT after jsonb)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  n opres.incident_node;
  new record;
  since CONSTANT timestamptz := change->>'since';
  at timestamptz := change->>'at';
BEGIN
  SELECT * INTO n FROM opres.incident_node AS o WHERE o.incident = i.id AND o.node = code;
  IF n.node IS NULL THEN
    PERFORM opres.check_map_node(code, place);
  END IF;
  before := opres.node_facts(n);
  new := opres.read_node_state(n, change, place);
  PERFORM opres.check_event_time(since, place || '.since') WHERE since IS NOT NULL;
  PERFORM opres.check_event_time(at, place || '.at') WHERE at IS NOT NULL;
  IF n.node IS NULL THEN
    IF since <> at THEN
      PERFORM opres.refuse_change(place || '.at', 'differs from since', 'A node that was not hit before is in this state since it was hit.',
        'Give first what it was like at the beginning, then what it is like now, in two calls.');
    END IF;
    n.incident := i.id;
    n.node := code;
    at := coalesce(since, at);
  ELSIF since <> n.since THEN
    n := opres.move_node_onset(n, since, place || '.since');
  END IF;
  IF at IS NOT NULL OR n.state IS DISTINCT FROM new.state OR n.level IS DISTINCT FROM new.level THEN
    -- now() is when the transaction began: another may have told of this node since.
    at := coalesce(at, CASE WHEN now_at = now() THEN clock_timestamp() ELSE now_at END);
    n := opres.set_node_level(n, new.state, new.level, at, place);
  END IF;
  IF change ? 'expected_at' THEN
    n.expected_at := change->>'expected_at';
  END IF;
  IF n.expected_at IS NOT NULL AND n.state = 'restored' THEN
    PERFORM opres.refuse_change(place || '.expected_at', format('%s is restored', code),
      format('It is restored since %s.', n.restored_at));
  ELSIF n.expected_at > now() + interval '10 years' THEN
    PERFORM opres.refuse_change(place || '.expected_at', 'too far in the future', 'Expected at most ten years from now.',
      'null says that it is not known.');
  ELSIF change ? 'expected_at' AND n.expected_at <= greatest(n.since, at) THEN
    PERFORM opres.refuse_change(place || '.expected_at', format('%s cannot be back before it was hit', code),
      format('It is hit since %s.', n.since));
  END IF;
  INSERT INTO opres.incident_node VALUES (n.*)
  ON CONFLICT (incident, node) DO UPDATE SET state = excluded.state, level = excluded.level, since = excluded.since,
    restored_at = excluded.restored_at, expected_at = excluded.expected_at;
  after := opres.node_facts(n) || CASE WHEN at IS NOT NULL THEN jsonb_build_object('at', opres.utc_text(at)) ELSE '{}' END;
END
$$;
COMMENT ON FUNCTION opres.change_node(opres.incident, text, jsonb, timestamptz, text) IS
  'internal: a node of an incident as update_incident is told, checked; what was before and what is after';

-- Everything that follows from what is known of an incident: when which operation breaches, who must be told, what is due when.
CREATE FUNCTION opres.incident_changed(INOUT i opres.incident, since timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  problem text;
BEGIN
  BEGIN
    i.breach_at := (SELECT min(c.breaches_at) FROM opres.incident_clock(i.id) AS c);
  EXCEPTION WHEN OTHERS THEN
    -- A map that cannot be played must not keep anybody from recording what happens.
    GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT;
    RAISE WARNING USING MESSAGE = format('the tolerance clock of incident %s cannot be computed: %s', i.id, problem),
      DETAIL = 'Everything else is recorded. Deadlines by tolerance breaches stay as they were.';
  END;
  UPDATE opres.incident AS o SET breach_at = i.breach_at WHERE o.id = i.id AND o.breach_at IS DISTINCT FROM i.breach_at;
  PERFORM opres.refresh_incident_reports(i, since);
  IF EXISTS (SELECT FROM opres.run AS r WHERE r.incident = i.id) THEN
    PERFORM opres.refresh_runs(i.id);
  END IF;
END
$$;
COMMENT ON FUNCTION opres.incident_changed(opres.incident, timestamptz) IS
  'internal: breach_at, reports due and due times of the runs, after something of the incident has changed (since: when)';

-- Where a node was not back when it was expected, the clock says something else without anybody having said anything.
CREATE FUNCTION opres.refresh_clocks() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  i opres.incident;
  before timestamptz;
  changed bigint := 0;
BEGIN
  FOR i IN
    SELECT o.* FROM opres.incident AS o
    WHERE o.state = 'open' AND EXISTS (SELECT FROM opres.incident_node AS n
      WHERE n.incident = o.id AND n.state <> 'restored' AND n.expected_at <= now())
    ORDER BY o.id FOR UPDATE SKIP LOCKED -- whoever is at it computes it too
  LOOP
    CONTINUE WHEN NOT opres.lock_runs_if_free(i.id);
    before := i.breach_at;
    i := opres.incident_changed(i, now());
    IF i.breach_at IS DISTINCT FROM before THEN
      PERFORM opres.record_incident_event(i, 'clock', now(), NULL, jsonb_build_object(
        'before', jsonb_build_object('breach_at', opres.utc_text(before)),
        'after', jsonb_build_object('breach_at', opres.utc_text(i.breach_at))));
      changed := changed + 1;
    END IF;
  END LOOP;
  RETURN changed;
END
$$;
COMMENT ON FUNCTION opres.refresh_clocks() IS
  'Computes breach_at anew of the open incidents of which a node was not back when it was expected; how many have another one now. opres.tick does it.';

CREATE FUNCTION opres.open_incident(title text, attack_type text, severity int, nodes text[] DEFAULT '{}',
  occurred_at timestamptz DEFAULT NULL, detected_at timestamptz DEFAULT now(), recognised_at timestamptz DEFAULT NULL,
  exercise boolean DEFAULT false, confidential boolean DEFAULT false, note text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  i opres.incident;
  code text;
  hit jsonb := '{}';
BEGIN
  IF detected_at IS NULL OR exercise IS NULL OR confidential IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'detected_at, exercise and confidential must not be null';
  END IF;
  PERFORM opres.check_incident_changes(jsonb_build_object('title', title, 'attack_type', attack_type, 'severity', severity));
  i.title := title;
  i.attack_type := attack_type;
  i.severity := severity;
  i.state := 'open';
  i.exercise := exercise;
  i.confidential := confidential;
  i.time_zone := current_setting('TimeZone');
  i.occurred_at := occurred_at;
  i.detected_at := detected_at;
  i.recognised_at := recognised_at;
  PERFORM opres.check_incident_times(i, '');
  IF occurred_at > detected_at THEN
    PERFORM opres.refuse_change(NULL, 'occurred_at is later than detected_at',
      format('Occurred at %s, detected at %s.', occurred_at, detected_at),
      'An attack that is announced has not occurred yet: leave occurred_at out, and give it by opres.update_incident when it has.');
  END IF;
  -- Before a number is taken, so that a slip leaves no gap.
  PERFORM opres.check_map_node(n, NULL) FROM unnest(nodes) AS n;
  INSERT INTO opres.incident (title, attack_type, severity, state, exercise, confidential, time_zone, occurred_at, detected_at,
    recognised_at, opened_by, opened_at)
  VALUES (i.title, i.attack_type, i.severity, i.state, i.exercise, i.confidential, i.time_zone, i.occurred_at, i.detected_at,
    i.recognised_at, opres.acting_person(), clock_timestamp())
  RETURNING * INTO i;
  FOREACH code IN ARRAY coalesce(nodes, '{}') LOOP
    IF NOT hit ? code THEN
      hit := hit || jsonb_build_object(code, (opres.change_node(i, code,
        jsonb_build_object('state', 'lost', 'at', opres.utc_text(opres.incident_start(i))), i.detected_at, code)).after);
    END IF;
  END LOOP;
  PERFORM opres.note_missing_playbook(i.attack_type);
  i := opres.incident_changed(i, i.detected_at);
  PERFORM opres.record_incident_event(i, 'open', i.detected_at, opres.reason_for(note, NULL), jsonb_build_object('after',
    jsonb_strip_nulls(opres.incident_facts(i)) || jsonb_build_object('exercise', i.exercise, 'nodes', hit)));
  RETURN i.id;
END
$$;
COMMENT ON FUNCTION opres.open_incident(text, text, int, text[], timestamptz, timestamptz, timestamptz, boolean, boolean, text) IS
  'Opens an incident; its number. attack_type: a code such as ransomware; severity 0 to 100, higher = worse; nodes: codes of nodes of the map that are lost (level 0) since occurred_at, else detected_at; occurred_at: when the business stopped, NULL = not known; detected_at: when it was noticed; recognised_at: when the institution knew that it is one. Times lie in the past. exercise: a drill; confidential: for the access of readers see opres.grant_access. Days and months of deadlines are counted in the session''s time zone. A notice where no playbook is for the attack type.';

CREATE FUNCTION opres.update_incident(incident bigint, changes jsonb, reason text DEFAULT NULL, occurred_at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  i opres.incident := opres.lock_open_incident(incident);
  old CONSTANT opres.incident := i;
  nodes jsonb;
  before jsonb;
  after jsonb;
BEGIN
  PERFORM opres.check_incident_changes(changes);
  PERFORM opres.check_event_time(occurred_at, 'occurred_at');
  reason := opres.reason_for(reason, 'changing an incident');
  i := opres.changed_incident(i, changes, occurred_at);
  PERFORM opres.check_incident_times(i, '$.') WHERE changes ?| '{occurred_at,detected_at,recognised_at,classified_at,classification}';
  IF i.occurred_at > i.detected_at AND (i.occurred_at, i.detected_at) IS DISTINCT FROM (old.occurred_at, old.detected_at) THEN
    RAISE WARNING USING MESSAGE = format('incident %s occurred after it was detected', i.id),
      DETAIL = 'That is right only if it was announced.';
  END IF;
  IF i.attack_type <> old.attack_type THEN
    PERFORM opres.note_missing_playbook(i.attack_type);
  END IF;
  IF i.state = 'no_incident' THEN
    PERFORM opres.check_no_active_run(i);
    i.closed_at := occurred_at;
  END IF;
  IF i.confidential AND NOT old.confidential THEN
    PERFORM opres.admit_acting_person(i.id);
  ELSIF old.confidential AND NOT i.confidential THEN
    PERFORM opres.check_unconfidential(i.id);
  END IF;
  UPDATE opres.incident AS o SET title = i.title, attack_type = i.attack_type, severity = i.severity, state = i.state,
    confidential = i.confidential, occurred_at = i.occurred_at, detected_at = i.detected_at, recognised_at = i.recognised_at,
    classified_at = i.classified_at, classification = i.classification, customers = i.customers, transactions = i.transactions,
    amount = i.amount, currency = i.currency, closed_at = i.closed_at
  WHERE o.id = i.id;
  nodes := opres.changed_nodes(i, old, changes, occurred_at);
  i := opres.incident_changed(i, occurred_at);
  before := opres.incident_facts(old);
  after := opres.incident_facts(i);
  SELECT jsonb_object_agg(a.key, before->a.key) FILTER (WHERE a.value IS DISTINCT FROM before->a.key),
    jsonb_object_agg(a.key, a.value) FILTER (WHERE a.value IS DISTINCT FROM before->a.key)
  INTO before, after FROM jsonb_each(after) AS a;
  IF before IS NULL AND nodes IS NULL THEN
    RAISE NOTICE USING MESSAGE = format('nothing of incident %s has changed', i.id);
    RETURN;
  END IF;
  before := coalesce(before, '{}') || CASE WHEN nodes IS NULL THEN '{}' ELSE jsonb_build_object('nodes', nodes->'before') END;
  after := coalesce(after, '{}') || CASE WHEN nodes IS NULL THEN '{}' ELSE jsonb_build_object('nodes', nodes->'after') END;
  PERFORM opres.record_incident_event(i, 'update', occurred_at, reason, jsonb_build_object('before', before, 'after', after));
END
$$;
COMMENT ON FUNCTION opres.update_incident(bigint, jsonb, text, timestamptz) IS
  'Changes an open incident as facts become known; needs a reason, here or in the setting opres.reason. changes: an object with any of title, attack_type, severity, classification (sets classified_at unless that is given), occurred_at, detected_at, recognised_at, classified_at, confidential, customers, transactions, amount, currency, state ("no_incident": it was none, and is closed; not while a run is active), nodes: code -> {"state": "lost" / "degraded" / "restored", "level": still there of a degraded node, 0 to 1, "at": since when it is in that state, "since": since when it is hit at all, "expected_at": when it will be back, null = not known}. Times as ISO 8601 with offset. A state said for a time overrides what was said of later times. null: not known (any more). occurred_at: when this was so, for "at" and the chronicle; now if left out. Nodes hit since the incident began move with its beginning.';

CREATE FUNCTION opres.changed_incident(INOUT i opres.incident, changes jsonb, occurred_at timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  i.title := coalesce(changes->>'title', i.title);
  i.attack_type := coalesce(changes->>'attack_type', i.attack_type);
  i.severity := coalesce((changes->>'severity')::numeric::int, i.severity);
  i.state := coalesce(changes->>'state', i.state);
  i.confidential := coalesce((changes->>'confidential')::boolean, i.confidential);
  i.detected_at := coalesce((changes->>'detected_at')::timestamptz, i.detected_at);
  IF changes ? 'classification' THEN
    i.classification := changes->>'classification';
    i.classified_at := CASE WHEN i.classification IS NOT NULL THEN changed_incident.occurred_at END;
  END IF;
  i.occurred_at := CASE WHEN changes ? 'occurred_at' THEN (changes->>'occurred_at')::timestamptz ELSE i.occurred_at END;
  i.recognised_at := CASE WHEN changes ? 'recognised_at' THEN (changes->>'recognised_at')::timestamptz ELSE i.recognised_at END;
  i.classified_at := CASE WHEN changes ? 'classified_at' THEN (changes->>'classified_at')::timestamptz ELSE i.classified_at END;
  i.customers := CASE WHEN changes ? 'customers' THEN (changes->>'customers')::numeric::bigint ELSE i.customers END;
  i.transactions := CASE WHEN changes ? 'transactions' THEN (changes->>'transactions')::numeric::bigint ELSE i.transactions END;
  i.amount := CASE WHEN changes ? 'amount' THEN (changes->>'amount')::numeric ELSE i.amount END;
  i.currency := CASE WHEN changes ? 'currency' THEN changes->>'currency' ELSE i.currency END;
END
$$;
COMMENT ON FUNCTION opres.changed_incident(opres.incident, jsonb, timestamptz) IS
  'internal: an incident with the changes given to update_incident, those of its nodes aside';

-- {"before": {code: node}, "after": {code: node}} of the nodes that changed; NULL if none did.
CREATE FUNCTION opres.changed_nodes(i opres.incident, old opres.incident, changes jsonb, occurred_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  start CONSTANT timestamptz := opres.incident_start(i);
  change record;
  node record;
  result jsonb;
BEGIN
  FOR change IN
    SELECT n.key AS code, n.value AS what,
      '$.nodes.' || CASE WHEN n.key ~ '^[A-Za-z_][A-Za-z0-9_]*$' THEN n.key ELSE to_json(n.key)::text END AS place
    FROM jsonb_each(coalesce(changes->'nodes', '{}')) AS n
    UNION ALL
    SELECT n.node, jsonb_build_object('since', opres.utc_text(start)), '$.occurred_at'
    FROM opres.incident_node AS n
    WHERE n.incident = i.id AND n.since = opres.incident_start(old) AND start <> n.since AND NOT coalesce(changes->'nodes' ? n.node, false)
  LOOP
    node := opres.change_node(i, change.code, change.what, occurred_at, change.place);
    IF node.before IS DISTINCT FROM node.after THEN
      result := jsonb_build_object('before', coalesce(result->'before', '{}') || jsonb_build_object(change.code, node.before),
        'after', coalesce(result->'after', '{}') || jsonb_build_object(change.code, node.after));
    END IF;
  END LOOP;
  RETURN result;
END
$$;
COMMENT ON FUNCTION opres.changed_nodes(opres.incident, opres.incident, jsonb, timestamptz) IS
  'internal: the nodes of an incident after the changes given to update_incident; those hit since it began move with its beginning';

CREATE FUNCTION opres.check_no_active_run(i opres.incident) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  active CONSTANT text := (SELECT string_agg(r.id::text, ', ' ORDER BY r.id) FROM opres.run AS r
    WHERE r.incident = i.id AND r.state = 'active');
BEGIN
  IF active IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('incident %s has an active run', i.id),
      DETAIL = format('Active: run %s.', active), HINT = 'End it first: opres.abort_run.';
  END IF;
END
$$;
COMMENT ON FUNCTION opres.check_no_active_run(opres.incident) IS 'internal: an error while a run of the incident is active';

CREATE FUNCTION opres.annotate_incident(incident bigint, note text, occurred_at timestamptz DEFAULT now(), evidence jsonb DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  i CONSTANT opres.incident := opres.lock_incident(incident);
BEGIN
  IF note IS NULL OR note !~ '\S' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the note is empty';
  END IF;
  PERFORM opres.check_event_time(occurred_at, 'occurred_at');
  PERFORM opres.record_incident_event(i, 'annotate', occurred_at, note, jsonb_strip_nulls(jsonb_build_object('evidence', evidence)));
END
$$;
COMMENT ON FUNCTION opres.annotate_incident(bigint, text, timestamptz, jsonb) IS
  'Adds a note to the chronicle of an incident, open or closed: what happened, a correction, where a piece of evidence lies (evidence: any JSON). occurred_at: when it was so, in the past. Nothing is overwritten; personal data can be erased (opres.redact_event).';

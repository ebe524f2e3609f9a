-- The way out: who is told, what is to be sent, what came of it. The program beside the server claims, sends and records; the rules
-- and the secrets are here.

-- A message is tried again after these waits (and up to half as long again, so that many do not come back at the same moment).
CREATE FUNCTION opres.delivery_wait(attempts int) RETURNS interval LANGUAGE sql VOLATILE
RETURN (ARRAY['5 s', '30 s', '2 min', '10 min', '30 min', '1 h', '2 h', '4 h']::interval[])[least(greatest(attempts, 1), 8)] * (1 + random() / 2);
COMMENT ON FUNCTION opres.delivery_wait(int) IS 'internal: how long to wait after that many attempts have failed';

-- "whsec_" and base64, as the Standard Webhooks specification writes secrets.
CREATE FUNCTION opres.read_webhook_secret(secret text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  key bytea;
BEGIN
  IF secret IS NULL OR secret = '' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the secret is empty',
      DETAIL = 'Expected whsec_ and 24 to 64 bytes in base64, or a text of at least 16 bytes.';
  END IF;
  BEGIN
    key := CASE WHEN secret LIKE 'whsec\_%'
      THEN decode(rpad(substr(secret, 7), (length(secret) - 6 + 3) / 4 * 4, '='), 'base64') ELSE convert_to(secret, 'UTF8') END;
  EXCEPTION WHEN invalid_parameter_value OR data_exception THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'what follows whsec_ is not base64';
  END;
  IF length(key) < 16 THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'the secret is too short',
      DETAIL = format('It has %s bytes; expected at least 16.', length(key)), HINT = 'Made well: echo "whsec_$(openssl rand -base64 32)".';
  END IF;
  RETURN key;
END
$$;
COMMENT ON FUNCTION opres.read_webhook_secret(text) IS
  'internal: the bytes of a secret: whsec_ and base64 (padded or not), or a text as it is; an error if it is empty or shorter than 16 bytes';

CREATE FUNCTION opres.save_webhook_endpoint(name text, url text, events text[] DEFAULT '{*}', min_severity int DEFAULT 0,
  attack_types text[] DEFAULT NULL, confidential boolean DEFAULT false, allow_http boolean DEFAULT false,
  allow_private boolean DEFAULT false, concurrency int DEFAULT 4, give_up_after interval DEFAULT '3 days', enabled boolean DEFAULT true,
  reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  reason := opres.reason_for(reason, 'changing who is told of events');
  IF url IS NULL OR url !~ '^https?://[^/?#@\s]+([/?][^\s#]*)?$' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'this is no URL an event can be sent to',
      DETAIL = 'Expected https://HOST/PATH, without user, password and fragment.';
  ELSIF url LIKE 'http:%' AND NOT allow_http THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'plain http is not allowed for this endpoint',
      HINT = 'Use https, or say allow_http => true where nobody else can listen.';
  END IF;
  IF cardinality(events) IS NULL OR cardinality(events) = 0 OR EXISTS (SELECT FROM unnest(events) AS e (p) WHERE p IS NULL OR p !~ '^[a-z_.]*\*?$' OR p = '') THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'events: expected the types of events, such as incident.open, run.* or *';
  END IF;
  INSERT INTO opres.webhook_endpoint AS e (name, url, events, min_severity, attack_types, confidential, allow_http, allow_private, concurrency,
    give_up_after, enabled)
  VALUES (name, url, events, min_severity, attack_types, confidential, allow_http, allow_private, concurrency, give_up_after, enabled)
  ON CONFLICT ON CONSTRAINT webhook_endpoint_pkey DO UPDATE SET url = excluded.url, events = excluded.events, min_severity = excluded.min_severity,
    attack_types = excluded.attack_types, confidential = excluded.confidential, allow_http = excluded.allow_http,
    allow_private = excluded.allow_private, concurrency = excluded.concurrency, give_up_after = excluded.give_up_after, enabled = excluded.enabled;
  PERFORM opres.audit_append('webhook_endpoint.save', format('endpoint %s', name), reason, jsonb_build_object('host',
    substring(url FROM '^https?://([^/?]+)'), 'events', events, 'min_severity', min_severity, 'attack_types', attack_types, 'confidential',
    confidential, 'allow_http', allow_http, 'allow_private', allow_private, 'enabled', enabled)::text);
END
$$;
COMMENT ON FUNCTION opres.save_webhook_endpoint(text, text, text[], int, text[], boolean, boolean, boolean, int, interval, boolean, text) IS
  'adds a system that is told of events, or changes it. events: types or patterns that end with *. confidential: of confidential incidents too. allow_http, allow_private: plain http; addresses that are private, loopback or link-local. concurrency: messages under way at a time. The part of the URL after the host is not recorded in the audit trail: it may be a secret. Needs a reason.';

CREATE FUNCTION opres.lock_webhook_endpoint(endpoint text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM opres.webhook_endpoint AS e WHERE e.name = endpoint FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('there is no endpoint %s', coalesce(quote_literal(endpoint), 'NULL')),
      HINT = 'opres.save_webhook_endpoint adds one.';
  END IF;
END
$$;
COMMENT ON FUNCTION opres.lock_webhook_endpoint(text) IS 'internal: locks the row of an endpoint; an error if there is none';

CREATE FUNCTION opres.add_endpoint_secret(endpoint text, secret text, valid_until timestamptz DEFAULT 'infinity', reason text DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  added int;
BEGIN
  reason := opres.reason_for(reason, 'adding a secret');
  IF valid_until IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'valid_until must not be null';
  END IF;
  PERFORM opres.lock_webhook_endpoint(endpoint);
  INSERT INTO opres.webhook_endpoint_secret (endpoint, id, secret, valid_until)
  VALUES (endpoint, (SELECT coalesce(max(s.id), 0) + 1 FROM opres.webhook_endpoint_secret AS s WHERE s.endpoint = endpoint),
    opres.read_webhook_secret(secret), valid_until)
  RETURNING id INTO added;
  PERFORM opres.audit_append('webhook_endpoint.secret', format('endpoint %s', endpoint), reason,
    jsonb_build_object('added', added, 'valid_until', valid_until)::text);
  RETURN added;
END
$$;
COMMENT ON FUNCTION opres.add_endpoint_secret(text, text, timestamptz, text) IS
  'adds a secret by which messages to an endpoint are signed; returns its number. With several valid ones every message has a signature by each, so that the receiver can change over. Needs a reason.';

CREATE FUNCTION opres.remove_endpoint_secret(endpoint text, id int, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  reason := opres.reason_for(reason, 'removing a secret');
  DELETE FROM opres.webhook_endpoint_secret AS s WHERE s.endpoint = endpoint AND s.id = id;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('endpoint %s has no secret %s', coalesce(endpoint, 'NULL'), coalesce(id::text, 'NULL'));
  END IF;
  PERFORM opres.audit_append('webhook_endpoint.secret', format('endpoint %s', endpoint), reason, jsonb_build_object('removed', id)::text);
END
$$;
COMMENT ON FUNCTION opres.remove_endpoint_secret(text, int, text) IS 'removes a secret of an endpoint. Needs a reason.';

CREATE FUNCTION opres.remove_webhook_endpoint(name text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  reason := opres.reason_for(reason, 'changing who is told of events');
  PERFORM opres.lock_webhook_endpoint(name);
  DELETE FROM opres.outbox AS o WHERE o.endpoint = name;
  DELETE FROM opres.webhook_endpoint_secret AS s WHERE s.endpoint = name;
  DELETE FROM opres.webhook_endpoint AS e WHERE e.name = name;
  PERFORM opres.audit_append('webhook_endpoint.remove', format('endpoint %s', name), reason, NULL);
END
$$;
COMMENT ON FUNCTION opres.remove_webhook_endpoint(text, text) IS
  'removes an endpoint, its secrets and what is still to be sent to it; enabled => false keeps them. Needs a reason.';

-- Standard Webhooks: v1, and the HMAC over id, time and body, in base64; one for each secret.
CREATE FUNCTION opres.delivery_headers(endpoint text, message_id text, body text) RETURNS jsonb
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object('content-type', 'application/json', 'user-agent', 'opres', 'webhook-id', message_id, 'webhook-timestamp', at.seconds,
    'webhook-signature', (SELECT string_agg('v1,' || encode(opres.hmac_sha256(s.secret, convert_to(message_id || '.' || at.seconds || '.' || body, 'UTF8')), 'base64'), ' ' ORDER BY s.id)
      FROM opres.webhook_endpoint_secret AS s WHERE s.endpoint = delivery_headers.endpoint AND s.valid_until > clock_timestamp()))
  FROM (SELECT floor(extract(epoch FROM clock_timestamp()))::bigint::text AS seconds) AS at
$$;
COMMENT ON FUNCTION opres.delivery_headers(text, text, text) IS 'internal: the headers of a message as it is sent now; the signature is null without a valid secret';

-- An endpoint's row is locked for as long as it is being looked at, so that two who claim at the same time do not both count the same
-- free places; one that another is looking at is left out. Each endpoint gets its share: a slow one delays nobody.
CREATE FUNCTION opres.claim_deliveries(worker text, max_count int DEFAULT 32, lease interval DEFAULT '2 minutes')
RETURNS TABLE (id bigint, endpoint text, url text, headers jsonb, body text, allow_http boolean, allow_private boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  e opres.webhook_endpoint;
  moment CONSTANT timestamptz := clock_timestamp(); -- a value, not a function: an index can be asked for it
  claimed int;
  free int;
  rest int := max_count;
BEGIN
  IF worker IS NULL OR worker = '' OR max_count IS NULL OR max_count < 1 OR max_count > 1000 OR lease IS NULL OR lease < '10 s' OR lease > '1 hour' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'claim_deliveries: expected a worker, 1 to 1000 messages, a lease of 10 s to 1 hour';
  END IF;
  FOR e IN
    SELECT p.* FROM opres.webhook_endpoint AS p
    WHERE p.enabled AND EXISTS (SELECT FROM opres.webhook_endpoint_secret AS s WHERE s.endpoint = p.name AND s.valid_until > moment)
      -- Its first one, by the index, however many wait elsewhere or later.
      AND (SELECT o.next_attempt_at FROM opres.outbox AS o WHERE o.endpoint = p.name AND o.state IN ('pending', 'claimed')
        ORDER BY o.next_attempt_at LIMIT 1) <= moment
    ORDER BY random() FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    EXIT WHEN rest <= 0;
    free := least(rest, e.concurrency - (SELECT count(*) FROM opres.outbox AS o
      WHERE o.endpoint = e.name AND o.state = 'claimed' AND o.claimed_until > moment));
    CONTINUE WHEN free <= 0;
    RETURN QUERY
    WITH due AS (
      SELECT o.id FROM opres.outbox AS o
      WHERE o.endpoint = e.name AND o.state IN ('pending', 'claimed') AND o.next_attempt_at <= moment
      ORDER BY o.next_attempt_at, o.id LIMIT free FOR UPDATE SKIP LOCKED
    ), taken AS (
      -- next_attempt_at = the end of the lease: what is not recorded by then is due again.
      UPDATE opres.outbox AS o SET state = 'claimed', claimed_by = worker, claimed_until = clock_timestamp() + lease,
        next_attempt_at = clock_timestamp() + lease, attempts = o.attempts + 1
      FROM due WHERE o.id = due.id
      RETURNING o.id, o.message_id, o.body
    )
    SELECT t.id, e.name, e.url, opres.delivery_headers(e.name, t.message_id, t.body), t.body, e.allow_http, e.allow_private
    FROM taken AS t ORDER BY t.id;
    GET DIAGNOSTICS claimed = ROW_COUNT;
    rest := rest - claimed;
  END LOOP;
END
$$;
COMMENT ON FUNCTION opres.claim_deliveries(text, int, interval) IS
  'messages that are due, claimed for a worker until the lease is over; url, headers (signed now) and body are what is to be sent. To be committed before anything is sent: a message whose claim is not recorded in time is due again, so each arrives at least once, always under the same webhook-id. Never more of an endpoint at a time than its concurrency. An endpoint without a valid secret is sent nothing.';

CREATE FUNCTION opres.record_delivery(id bigint, worker text, status int, error text DEFAULT NULL, retry_after interval DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  o opres.outbox;
  became text;
BEGIN
  SELECT * INTO o FROM opres.outbox AS b WHERE b.id = id AND b.state = 'claimed' AND b.claimed_by = worker FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  became := CASE
    WHEN status BETWEEN 200 AND 299 THEN 'delivered'
    WHEN status = 410 OR clock_timestamp() > o.created_at + (SELECT e.give_up_after FROM opres.webhook_endpoint AS e WHERE e.name = o.endpoint) THEN 'dead'
    ELSE 'pending' END;
  UPDATE opres.outbox AS b SET state = became, claimed_by = NULL, claimed_until = NULL, last_status = status, last_error = left(error, 200),
    delivered_at = CASE WHEN became = 'delivered' THEN clock_timestamp() END,
    next_attempt_at = clock_timestamp() + greatest(opres.delivery_wait(o.attempts), least(coalesce(retry_after, '0'), '1 day'))
  WHERE b.id = id;
  RETURN became;
END
$$;
COMMENT ON FUNCTION opres.record_delivery(bigint, text, int, text, interval) IS
  'what came of a message: status = the HTTP status, 0 if there was none, error why. Returns delivered (2xx), pending (to be tried again, not before retry_after), dead (410, or tried for longer than the endpoint''s give_up_after); null if the message is not claimed by this worker any more.';

CREATE FUNCTION opres.replay_delivery(id bigint, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  reason := opres.reason_for(reason, 'sending a message again');
  UPDATE opres.outbox AS o SET state = 'pending', attempts = 0, created_at = clock_timestamp(), next_attempt_at = clock_timestamp(), delivered_at = NULL
  WHERE o.id = id AND o.state IN ('dead', 'delivered');
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('message %s is neither dead nor delivered', coalesce(id::text, 'NULL'));
  END IF;
  PERFORM opres.audit_append('webhook.replay', format('message %s', id), reason, NULL);
  PERFORM pg_notify('opres_outbox', '');
END
$$;
COMMENT ON FUNCTION opres.replay_delivery(bigint, text) IS
  'sends a message again that is dead or was delivered, under the same webhook-id. Needs a reason.';

CREATE FUNCTION opres.purge_outbox(older_than interval DEFAULT '30 days') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  before CONSTANT timestamptz := clock_timestamp() - older_than;
  gone bigint;
BEGIN
  IF older_than IS NULL OR older_than < '1 day' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'purge_outbox: expected at least 1 day';
  END IF;
  DELETE FROM opres.outbox AS o WHERE o.id IN (
    SELECT d.id FROM opres.outbox AS d WHERE d.state = 'delivered' AND d.delivered_at < before
    ORDER BY d.delivered_at LIMIT 10000 FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;
COMMENT ON FUNCTION opres.purge_outbox(interval) IS 'deletes messages delivered longer ago than that; returns how many, 10,000 at most. raise_events calls it (30 days). What happened is in the events and the audit trail.';

CREATE FUNCTION opres.webhook_health() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object('version', (SELECT extversion FROM pg_extension WHERE extname = 'opres'), 'in_recovery', pg_is_in_recovery(),
    'pending', count(*) FILTER (WHERE o.state = 'pending'), 'claimed', count(*) FILTER (WHERE o.state = 'claimed'),
    'dead', count(*) FILTER (WHERE o.state = 'dead'),
    'oldest_seconds', coalesce(extract(epoch FROM clock_timestamp() - min(o.created_at) FILTER (WHERE o.state IN ('pending', 'claimed'))), 0)::bigint,
    'endpoints', (SELECT coalesce(jsonb_object_agg(e.name, jsonb_build_object('pending', e.pending, 'dead', e.dead)), '{}')
      FROM (SELECT p.name, count(b.id) FILTER (WHERE b.state IN ('pending', 'claimed')) AS pending, count(b.id) FILTER (WHERE b.state = 'dead') AS dead
        FROM opres.webhook_endpoint AS p LEFT JOIN opres.outbox AS b ON b.endpoint = p.name AND b.state <> 'delivered' GROUP BY p.name) AS e))
  FROM opres.outbox AS o WHERE o.state <> 'delivered'
$$;
COMMENT ON FUNCTION opres.webhook_health() IS 'numbers for health checks and metrics: messages pending, claimed, dead, the age of the oldest not delivered, the same by endpoint';

-- Senders of webhooks: who may send, how they sign, whom they speak for. Each change is in the audit trail, secrets are not.

CREATE FUNCTION opres.check_webhook_options(scheme text, options jsonb) RETURNS void
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'opres_check_webhook_options';
COMMENT ON FUNCTION opres.check_webhook_options(text, jsonb) IS 'internal: an error unless these are options of the scheme';

CREATE FUNCTION opres.check_webhook_sender(s opres.webhook_sender) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  actions CONSTANT text[] := '{advance,approve,annotate,open_incident,status}';
  problem text;
BEGIN
  problem := CASE
    WHEN coalesce(s.name !~ '^[a-z0-9][a-z0-9_-]{0,62}$', true) THEN 'name: expected small letters, digits, - and _, 63 at most'
    WHEN coalesce(s.scheme NOT IN ('standard', 'github', 'slack', 'generic'), true) THEN 'scheme: expected standard, github, slack or generic'
    WHEN s.options IS NULL OR jsonb_typeof(s.options) <> 'object' THEN 'options: expected an object'
    WHEN coalesce(cardinality(s.actions), 0) = 0 OR NOT s.actions <@ actions
      THEN 'actions: expected some of ' || array_to_string(actions, ', ')
    WHEN s.role !~ '^[a-z][a-z0-9_]*$' THEN 'role: expected a role of the playbooks'
    WHEN cardinality(s.incidents) = 0 OR array_position(s.incidents, NULL) IS NOT NULL THEN 'incidents: expected numbers of incidents, or NULL for all'
    WHEN cardinality(s.attack_types) = 0 OR array_position(s.attack_types, NULL) IS NOT NULL THEN 'attack_types: expected types of attacks, or NULL for all'
    WHEN coalesce(s.tolerance < '1 s' OR s.tolerance > '1 hour', true) THEN 'tolerance: expected 1 second to 1 hour'
    WHEN coalesce(s.keep < '1 day', true) THEN 'keep: expected at least 1 day'
    WHEN s.enabled IS NULL THEN 'enabled: expected true or false'
  END;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = problem;
  END IF;
  PERFORM opres.check_webhook_options(s.scheme, s.options);
  PERFORM opres.hold_person(s.person) WHERE s.person IS NOT NULL;
END
$$;
COMMENT ON FUNCTION opres.check_webhook_sender(opres.webhook_sender) IS 'internal: an error if something is the matter with a sender to be saved';

CREATE FUNCTION opres.save_webhook_sender(name text, scheme text, actions text[], person text DEFAULT NULL, role text DEFAULT NULL,
  incidents bigint[] DEFAULT NULL, attack_types text[] DEFAULT NULL, options jsonb DEFAULT '{}', tolerance interval DEFAULT '5 minutes',
  keep interval DEFAULT '7 days', enabled boolean DEFAULT true, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  s opres.webhook_sender;
BEGIN
  reason := opres.reason_for(reason, 'changing who may send webhooks');
  s := jsonb_populate_record(s, jsonb_build_object('name', name, 'scheme', scheme, 'options', options, 'tolerance', tolerance, 'keep', keep,
    'person', person, 'role', role, 'actions', actions, 'incidents', incidents, 'attack_types', attack_types, 'enabled', enabled));
  PERFORM opres.check_webhook_sender(s);
  INSERT INTO opres.webhook_sender VALUES (s.*)
  ON CONFLICT ON CONSTRAINT webhook_sender_pkey DO UPDATE SET scheme = excluded.scheme, options = excluded.options, tolerance = excluded.tolerance,
    keep = excluded.keep, person = excluded.person, role = excluded.role, actions = excluded.actions, incidents = excluded.incidents,
    attack_types = excluded.attack_types, enabled = excluded.enabled;
  PERFORM opres.audit_append('webhook_sender.save', format('sender %s', name), reason, to_jsonb(s)::text);
END
$$;
COMMENT ON FUNCTION opres.save_webhook_sender(text, text, text[], text, text, bigint[], text[], jsonb, interval, interval, boolean, text) IS
  'adds a system that may send webhooks, or changes it (all of it: what is left out becomes the default). scheme: standard (Standard Webhooks), github, slack, or generic with options {"signature_header", "prefix", "encoding": hex or base64, "content": what is signed, of {id}, {timestamp} and {body}, default {body}; "id_header", "timestamp_header", "timestamp_unit": s or ms}. actions: of advance, approve, annotate, open_incident, status. person: in whose name; NULL: those of map_webhook_user. role: the person must hold it. incidents, attack_types: only of these. tolerance: how far its clock may be from ours. keep: how long messages are remembered, longer than the sender tries. Needs a reason.';

CREATE FUNCTION opres.lock_webhook_sender(sender text) RETURNS opres.webhook_sender
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s opres.webhook_sender;
BEGIN
  SELECT * INTO s FROM opres.webhook_sender AS w WHERE w.name = sender FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('there is no sender %s', coalesce(quote_literal(sender), 'NULL')),
      HINT = 'opres.save_webhook_sender adds one.';
  END IF;
  RETURN s;
END
$$;
COMMENT ON FUNCTION opres.lock_webhook_sender(text) IS 'internal: a sender, its row locked; an error if there is none';

CREATE FUNCTION opres.remove_webhook_sender(name text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  reason := opres.reason_for(reason, 'changing who may send webhooks');
  PERFORM opres.lock_webhook_sender(name);
  DELETE FROM opres.webhook_secret AS s WHERE s.sender = name;
  DELETE FROM opres.webhook_identity AS i WHERE i.sender = name;
  DELETE FROM opres.webhook_sender AS w WHERE w.name = name;
  PERFORM opres.audit_append('webhook_sender.remove', format('sender %s', name), reason, NULL);
END
$$;
COMMENT ON FUNCTION opres.remove_webhook_sender(text, text) IS
  'removes a sender, its secrets and who is who in its system; receipts of what it sent stay. Needs a reason.';

-- A secret as its sender knows it: kind and bytes.
CREATE FUNCTION opres.read_sender_secret(scheme text, said text, OUT kind text, OUT secret bytea)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  kind := 'hmac';
  IF said LIKE 'whsk\_%' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'this is a private key',
      DETAIL = 'It is for the sender alone, who should make another one now.', HINT = 'Its public key begins with whpk_.';
  ELSIF said LIKE 'whpk\_%' THEN
    IF scheme <> 'standard' THEN
      RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('senders of the scheme %s do not sign by keys', scheme);
    END IF;
    kind := 'ed25519';
    BEGIN
      secret := decode(substr(said, 6), 'base64');
    EXCEPTION WHEN invalid_parameter_value OR data_exception THEN
      secret := '';
    END;
    IF length(secret) <> 32 THEN
      RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'this is no public key of Ed25519',
        DETAIL = 'Expected whpk_ and 32 bytes in base64.';
    END IF;
  ELSIF scheme IN ('github', 'slack') AND octet_length(convert_to(said, 'UTF8')) >= 16 THEN
    secret := convert_to(said, 'UTF8');
  ELSE
    secret := opres.read_webhook_secret(said);
  END IF;
END
$$;
COMMENT ON FUNCTION opres.read_sender_secret(text, text) IS
  'internal: what a sender signs by, as it is written: whpk_ and base64: a public key; whsec_ and base64; a text as it is; those of GitHub and Slack always as they are';

CREATE FUNCTION opres.add_webhook_secret(sender text, secret text, valid_until timestamptz DEFAULT 'infinity', reason text DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  s opres.webhook_sender;
  made record;
  added int;
BEGIN
  reason := opres.reason_for(reason, 'adding a secret');
  s := opres.lock_webhook_sender(sender);
  made := opres.read_sender_secret(s.scheme, secret);
  IF valid_until IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'valid_until must not be null';
  END IF;
  INSERT INTO opres.webhook_secret (sender, id, kind, secret, valid_until)
  VALUES (sender, (SELECT coalesce(max(o.id), 0) + 1 FROM opres.webhook_secret AS o WHERE o.sender = sender), made.kind, made.secret, valid_until)
  RETURNING id INTO added;
  PERFORM opres.audit_append('webhook_sender.secret', format('sender %s', sender), reason,
    jsonb_build_object('added', added, 'kind', made.kind, 'valid_until', valid_until)::text);
  RETURN added;
END
$$;
COMMENT ON FUNCTION opres.add_webhook_secret(text, text, timestamptz, text) IS
  'adds a secret by which a sender signs (whsec_ and base64, or a text of at least 16 bytes), or the public key of an Ed25519 one (whpk_ and base64; scheme standard); returns its number. Several are valid side by side, so that the sender can change over. Without any the sender is refused. Needs a reason.';

CREATE FUNCTION opres.remove_webhook_secret(sender text, id int, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  reason := opres.reason_for(reason, 'removing a secret');
  DELETE FROM opres.webhook_secret AS s WHERE s.sender = sender AND s.id = id;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('sender %s has no secret %s', coalesce(sender, 'NULL'), coalesce(id::text, 'NULL'));
  END IF;
  PERFORM opres.audit_append('webhook_sender.secret', format('sender %s', sender), reason, jsonb_build_object('removed', id)::text);
END
$$;
COMMENT ON FUNCTION opres.remove_webhook_secret(text, int, text) IS 'removes a secret or key of a sender: what is signed by it is refused from now on. Needs a reason.';

-- An id in another system is personal data, and may be a mail address: it is in no entry of the audit trail.
CREATE FUNCTION opres.map_webhook_user(sender text, external_id text, person text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  reason := opres.reason_for(reason, 'saying who is who in a sending system');
  PERFORM opres.lock_webhook_sender(sender);
  IF external_id IS NULL OR external_id !~ '\S' OR octet_length(external_id) > 200 THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'external_id: expected the id of a user in the sending system, 200 bytes at most';
  END IF;
  PERFORM opres.hold_person(person);
  INSERT INTO opres.webhook_identity AS i (sender, external_id, person) VALUES (sender, external_id, person)
  ON CONFLICT ON CONSTRAINT webhook_identity_pkey DO UPDATE SET person = excluded.person;
  PERFORM opres.audit_append('webhook_sender.map', format('sender %s', sender), reason,
    jsonb_build_object('mapped', person)::text);
END
$$;
COMMENT ON FUNCTION opres.map_webhook_user(text, text, text, text) IS
  'says which of our persons a user of a sending system is; for senders that speak for several (person NULL). Needs a reason.';

CREATE FUNCTION opres.unmap_webhook_user(sender text, external_id text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  person text;
BEGIN
  reason := opres.reason_for(reason, 'saying who is who in a sending system');
  DELETE FROM opres.webhook_identity AS i WHERE i.sender = sender AND i.external_id = external_id RETURNING i.person INTO person;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('sender %s has no such user', coalesce(sender, 'NULL'));
  END IF;
  PERFORM opres.audit_append('webhook_sender.map', format('sender %s', sender), reason, jsonb_build_object('unmapped', person)::text);
END
$$;
COMMENT ON FUNCTION opres.unmap_webhook_user(text, text, text) IS 'a user of a sending system is nobody any more. Needs a reason.';

-- Signatures of playbooks, and whose the institution trusts.

CREATE TABLE opres.playbook_key (
  name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
  public_key bytea NOT NULL UNIQUE,
  added_at timestamptz NOT NULL,
  added_by text NOT NULL
);
COMMENT ON TABLE opres.playbook_key IS
  'keys whose signatures of playbooks are trusted: public_key is the DER of the SubjectPublicKeyInfo, its SHA-256 the fingerprint. Written by add_playbook_key and remove_playbook_key; the audit trail has who did it and why';
SELECT pg_catalog.pg_extension_config_dump('opres.playbook_key', '');

CREATE FUNCTION opres.check_signatures(document jsonb) RETURNS jsonb
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_check_signatures_sql';
COMMENT ON FUNCTION opres.check_signatures(jsonb) IS
  'what is found of the signatures of a playbook (CACAO 2.0, ITU-T X.590), one object each: state (valid, invalid, lapsed: revoked or out of its validity, unchecked: cannot be checked), reason why not valid, id, signee, algorithm, hash_algorithm, fingerprint of the key (SHA-256, hexadecimal), key (its name in opres.playbook_key), trusted (valid, and by such a key), countersignature. An empty array for an unsigned one. Nothing is fetched; certificates are not followed to an authority.';

CREATE FUNCTION opres.public_key_bytes(public_key text) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_public_key_bytes';
COMMENT ON FUNCTION opres.public_key_bytes(text) IS
  'internal: the DER of a public key given as PEM, as base64, or as a certificate in PEM; invalid_parameter_value if it is none';

-- Who may make a key trusted decides what the institution follows in an incident: nobody is granted these by an access.
CREATE FUNCTION opres.add_playbook_key(name text, public_key text, reason text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  der bytea := opres.public_key_bytes(public_key);
  fingerprint text := encode(sha256(der), 'hex');
BEGIN
  reason := opres.reason_for(reason, 'trusting a key');
  IF name IS NULL OR name = '' OR der IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'a trusted key needs a name and a public key';
  END IF;
  INSERT INTO opres.playbook_key VALUES (name, der, now(), session_user);
  PERFORM opres.audit_append('playbook_key.add', format('key %s', name), reason,
    json_build_object('fingerprint', fingerprint, 'public_key', translate(encode(der, 'base64'), E'\n', ''))::text);
  RETURN fingerprint;
EXCEPTION WHEN unique_violation THEN
  RAISE EXCEPTION USING ERRCODE = 'duplicate_object', MESSAGE = format('the name %s or this key is taken', name),
    DETAIL = (SELECT format('Key %s has the fingerprint %s.', k.name, encode(sha256(k.public_key), 'hex'))
              FROM opres.playbook_key AS k WHERE k.name = add_playbook_key.name OR k.public_key = der LIMIT 1),
    HINT = 'remove_playbook_key removes the one that is there.';
END
$$;
COMMENT ON FUNCTION opres.add_playbook_key(text, text, text) IS
  'trusts a key: playbooks signed with it count as signed by the institution''s choice. public_key: PEM (BEGIN PUBLIC KEY or BEGIN CERTIFICATE), or the public_key of a signature. Returns its fingerprint. Needs a reason, here or in the setting opres.reason; the audit trail keeps both. For superusers and the owner of the extension, and whom they grant it.';

CREATE FUNCTION opres.remove_playbook_key(name text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  der bytea;
BEGIN
  reason := opres.reason_for(reason, 'removing a trusted key');
  DELETE FROM opres.playbook_key AS k WHERE k.name = remove_playbook_key.name RETURNING k.public_key INTO der;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('there is no trusted key %s', coalesce(name, 'NULL')),
      HINT = (SELECT 'There is: ' || string_agg(k.name, ', ' ORDER BY k.name) FROM opres.playbook_key AS k);
  END IF;
  PERFORM opres.audit_append('playbook_key.remove', format('key %s', name), reason,
    json_build_object('fingerprint', encode(sha256(der), 'hex'))::text);
END
$$;
COMMENT ON FUNCTION opres.remove_playbook_key(text, text) IS
  'trusts a key no longer. Playbooks loaded before stay as they are. Needs a reason, here or in the setting opres.reason; the audit trail keeps both.';

-- Events are told by what records them; before that, so that it can call it.

CREATE FUNCTION opres.publish(type text, incident bigint, data jsonb) RETURNS void
LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'opres_publish_sql';
COMMENT ON FUNCTION opres.publish(text, bigint, jsonb) IS
  'internal: puts an event of an incident into the outbox, once for every endpoint whose filters let it pass; with the transaction, or not at all';

CREATE FUNCTION opres.hmac_sha256(key bytea, data bytea) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_hmac_sha256_sql';
COMMENT ON FUNCTION opres.hmac_sha256(bytea, bytea) IS 'HMAC-SHA256 (RFC 2104)';

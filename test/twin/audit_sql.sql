-- The audit trail's second twin: src/engine/audit-format.md and the root of RFC 6962, section 2.1, in SQL alone. Leaves are numbered
-- from 0. psql -v schema=NAME -f: makes the functions in that schema, over the rows of NAME.trail, which has the columns of
-- opres.audit_entry; NAME.leaf gets the leaves, recomputed from the first on, each with the recomputed one before.
\set ON_ERROR_STOP on
SET search_path = :schema, pg_catalog;
SET check_function_bodies = off; -- root calls itself

CREATE FUNCTION field(value bytea) RETURNS bytea IMMUTABLE LANGUAGE sql
RETURN CASE WHEN value IS NULL THEN int4send(-1) ELSE int4send(length(value)) || value END;

CREATE FUNCTION field(value text) RETURNS bytea IMMUTABLE LANGUAGE sql
RETURN field(convert_to(value, 'UTF8'));

CREATE FUNCTION field(value bigint) RETURNS bytea IMMUTABLE LANGUAGE sql
RETURN field(int8send(value));

CREATE FUNCTION content_hash(salt bytea, reason text, content text) RETURNS bytea IMMUTABLE LANGUAGE sql
RETURN sha256(salt || 'opres content v1\012'::bytea || field(reason) || field(content));

CREATE FUNCTION leaf_hash(r trail, previous bytea) RETURNS bytea IMMUTABLE LANGUAGE sql
RETURN sha256('\x00'::bytea || 'opres entry v1\012'::bytea || field(r.entry) || field(previous)
  || field((extract(epoch FROM r.at) * 1000000)::bigint) || field(content_hash(r.salt, r.reason, r.content))
  || field(r.login) || field(r.session_role) || field(r.acting_role) || field(r.action) || field(r.subject));

CREATE TABLE leaf AS
WITH RECURSIVE chain(number, hash) AS (
  SELECT 0::bigint, leaf_hash(t, NULL) FROM trail t WHERE entry = 1
  UNION ALL
  SELECT number + 1, leaf_hash(t, hash) FROM chain JOIN trail t ON t.entry = number + 2
)
SELECT number, hash FROM chain;
ALTER TABLE leaf ADD PRIMARY KEY (number);
ANALYZE leaf;

-- MTH(D[first : first + size])
CREATE FUNCTION root(first bigint, size bigint) RETURNS bytea STABLE LANGUAGE sql AS $$
  SELECT CASE size WHEN 0 THEN sha256('') WHEN 1 THEN (SELECT hash FROM leaf WHERE number = first)
    ELSE sha256('\x01' || root(first, k) || root(first + k, size - k)) END
  FROM (SELECT max(1::bigint << b) AS k FROM generate_series(0, 62) AS b WHERE 1::bigint << b < greatest(size, 2)) AS split
$$;

-- What stands in column subtrees of an entry.
CREATE FUNCTION subtrees(entry bigint) RETURNS bytea STABLE LANGUAGE sql AS $$
  SELECT string_agg(root(entry - (1::bigint << b), 1::bigint << b), '' ORDER BY b)
  FROM generate_series(1, 62) AS b WHERE entry % (1::bigint << b) = 0
$$;

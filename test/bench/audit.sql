-- What test/bench/audit appends to and compares with. Every rival writes a row of the same columns and widths as opres.audit_entry.
CREATE SCHEMA bench;
CREATE SEQUENCE bench.number;

-- The bare row: hashes ready made, a number from a sequence, no chain, no lock, no checks.
CREATE TABLE bench.bare (
  entry bigint PRIMARY KEY DEFAULT nextval('bench.number'), previous_hash bytea, at timestamptz NOT NULL, login text,
  session_role text NOT NULL, acting_role text NOT NULL, action text NOT NULL, subject text, content_hash bytea NOT NULL,
  leaf_hash bytea NOT NULL, subtrees bytea, salt bytea, reason text, content text);

CREATE TABLE bench.head_trail (LIKE bench.bare);
ALTER TABLE bench.head_trail ADD PRIMARY KEY (entry);
CREATE TABLE bench.advisory_trail (LIKE bench.bare);
ALTER TABLE bench.advisory_trail ADD PRIMARY KEY (entry);
CREATE TABLE bench.head (entry bigint NOT NULL, leaf_hash bytea);
INSERT INTO bench.head VALUES (0);

-- What is hashed is put together as simply as SQL can; no tree is kept: its column gets as many bytes as ours has on average.
CREATE FUNCTION bench.leaf(entry bigint, previous bytea, at timestamptz, content_hash bytea, action text, subject text)
RETURNS bytea IMMUTABLE LANGUAGE sql
RETURN sha256('\x00'::bytea || int8send(entry) || coalesce(previous, '') || timestamptz_send(at) || content_hash
  || convert_to(session_user || '/' || current_user || '/' || action || '/' || coalesce(subject, ''), 'UTF8'));

-- The usual chain: the last hash in a head row, locked until the transaction ends.
CREATE FUNCTION bench.append_head(action text, subject text, reason text, content text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last bench.head;
  at timestamptz;
  salt bytea := uuid_send(gen_random_uuid());
  content_hash bytea := sha256(salt || convert_to(reason || '/' || content, 'UTF8'));
  leaf bytea;
BEGIN
  SELECT * INTO last FROM bench.head FOR UPDATE;
  at := clock_timestamp();
  leaf := bench.leaf(last.entry + 1, last.leaf_hash, at, content_hash, action, subject);
  INSERT INTO bench.head_trail VALUES (last.entry + 1, last.leaf_hash, at, session_user, session_user, current_user, action, subject,
    content_hash, leaf, leaf, salt, reason, content);
  UPDATE bench.head SET entry = last.entry + 1, leaf_hash = leaf;
END $$;

-- The same with an advisory lock, held until the transaction ends, and the last row as head.
CREATE FUNCTION bench.append_advisory(action text, subject text, reason text, content text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last bigint;
  previous bytea;
  at timestamptz;
  salt bytea := uuid_send(gen_random_uuid());
  content_hash bytea := sha256(salt || convert_to(reason || '/' || content, 'UTF8'));
  leaf bytea;
BEGIN
  PERFORM pg_advisory_xact_lock(6962);
  SELECT t.entry, t.leaf_hash INTO last, previous FROM bench.advisory_trail t ORDER BY t.entry DESC LIMIT 1;
  at := clock_timestamp();
  last := coalesce(last, 0) + 1;
  leaf := bench.leaf(last, previous, at, content_hash, action, subject);
  INSERT INTO bench.advisory_trail VALUES (last, previous, at, session_user, session_user, current_user, action, subject,
    content_hash, leaf, leaf, salt, reason, content);
END $$;

-- Reading, proving and verifying the audit trail. How entries come into it: append.c; the bytes: src/engine/audit-format.md.

-- The view reads with the rights of who asks, so an auditor needs SELECT on the table too. Before PostgreSQL 15, when a view always
-- reads as its owner, a filter inside asks for that privilege.
DO $$
DECLARE
  invoker CONSTANT boolean := pg_catalog.current_setting('server_version_num')::integer >= 150000;
BEGIN
  EXECUTE pg_catalog.format('CREATE VIEW opres.audit_trail WITH (%s) AS
    SELECT entry, at, login AS actor, action, subject, reason, content, leaf_hash, session_role, acting_role, previous_hash,
      content_hash, salt, salt IS NULL AS erased
    FROM ONLY opres.audit_entry %s',
    CASE WHEN invoker THEN 'security_invoker' ELSE 'security_barrier' END,
    CASE WHEN NOT invoker THEN $filter$WHERE pg_catalog.has_table_privilege('opres.audit_entry', 'SELECT')$filter$ END);
END
$$;
-- As with the table: no owner of the extension can put another view in its place.
ALTER VIEW opres.audit_trail OWNER TO opres_audit;
COMMENT ON VIEW opres.audit_trail IS
  'the audit trail: what was done, by whom, when and why, numbered in the order of commits. Read-only; for auditors (opres.grant_access). Times are the server''s clock and may step back when that is set';
COMMENT ON COLUMN opres.audit_trail.entry IS 'number, from 1 without a gap; a view has no order: ORDER BY entry';
COMMENT ON COLUMN opres.audit_trail.at IS 'when it was committed, by the server''s clock';
COMMENT ON COLUMN opres.audit_trail.actor IS 'the login that was authenticated; null: a process of the server';
COMMENT ON COLUMN opres.audit_trail.action IS 'what was done: map.revision, map.label, map.approve, access.grant, access.revoke, audit.erase, ddl.guard, ddl.privilege';
COMMENT ON COLUMN opres.audit_trail.subject IS 'to what: map revision N, role NAME, entry N, or the tag of a command';
COMMENT ON COLUMN opres.audit_trail.reason IS 'why, in the words of who did it; null if none was given, or if it was erased';
COMMENT ON COLUMN opres.audit_trail.content IS 'particulars as JSON, exactly the text that was hashed; null if there are none, or if they were erased';
COMMENT ON COLUMN opres.audit_trail.session_role IS 'session_user: other than actor after SET SESSION AUTHORIZATION';
COMMENT ON COLUMN opres.audit_trail.acting_role IS 'the role set by SET ROLE, else session_role';
COMMENT ON COLUMN opres.audit_trail.leaf_hash IS 'SHA-256 over all of the entry but salt, reason and content, which content_hash stands for: its leaf in the Merkle tree';
COMMENT ON COLUMN opres.audit_trail.previous_hash IS 'leaf_hash of the entry before; null in entry 1';
COMMENT ON COLUMN opres.audit_trail.content_hash IS 'SHA-256 over salt, reason and content';
COMMENT ON COLUMN opres.audit_trail.salt IS '16 random bytes, hashed with reason and content, so that these cannot be guessed from content_hash; null if erased';
COMMENT ON COLUMN opres.audit_trail.erased IS 'reason and content were erased for good; the hashes still hold';

CREATE FUNCTION opres.audit_checkpoint(size bigint DEFAULT NULL) RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_audit_checkpoint';
COMMENT ON FUNCTION opres.audit_checkpoint(bigint) IS
  'The audit trail now, or when it had that many entries, as three lines for a witness outside: origin (opres/SYSTEM/DATABASE/TIMELINE), number of entries, root hash of the Merkle tree (RFC 6962) in base64; a note body as in C2SP tlog-checkpoint, unsigned. Everything it covers is on disk, and on the synchronous standbys if there are any, before it answers. On a hot standby: what was replayed there.';

CREATE FUNCTION opres.audit_inclusion_proof(entry bigint, size bigint) RETURNS bytea[]
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_audit_inclusion_proof';
COMMENT ON FUNCTION opres.audit_inclusion_proof(bigint, bigint) IS
  'The Merkle inclusion proof (RFC 6962, 2.1.1; audit path, deepest node first) that an entry is in the tree of the first `size` entries. Entries are numbered from 1: its leaf index is entry - 1. Each element is 32 bytes; none if size is 1. Errors: an entry not in that tree, more entries than there are.';

CREATE FUNCTION opres.audit_consistency_proof(old_size bigint, new_size bigint) RETURNS bytea[]
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'opres_audit_consistency_proof';
COMMENT ON FUNCTION opres.audit_consistency_proof(bigint, bigint) IS
  'The Merkle consistency proof (RFC 6962, 2.1.2) that the tree of the first old_size entries is a beginning of the tree of the first new_size. Each element is 32 bytes; none for old_size 0 and equal sizes. Errors: sizes the wrong way round, more entries than there are.';

CREATE FUNCTION opres.verify_audit_entries(lang text) RETURNS TABLE (problem text, entry bigint, detail text)
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'opres_verify_audit_entries';
COMMENT ON FUNCTION opres.verify_audit_entries(text) IS 'internal: the part of verify_audit that is about the entries themselves';

CREATE FUNCTION opres.verify_audit(lang text DEFAULT 'en') RETURNS TABLE (problem text, entry bigint, detail text)
LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
  SELECT v.problem, v.entry, v.detail
  FROM (SELECT * FROM opres.verify_audit_entries(lang) UNION ALL SELECT * FROM opres.verify_audit_ddl_guard(lang)
    UNION ALL SELECT * FROM opres.verify_map_revisions(lang) UNION ALL SELECT * FROM opres.verify_events(lang)) AS v
  ORDER BY v.entry NULLS FIRST, v.problem COLLATE "C", v.detail COLLATE "C"
$$;
COMMENT ON FUNCTION opres.verify_audit(text) IS
  'Recomputes the whole audit trail from the texts in it; no row = intact. It cannot see that the newest entries were cut off or all were made anew: for that compare checkpoints kept outside. problem: gap (entries are missing from this one on), doubled entry, malformed entry, content changed (not what content_hash says), content missing (erased without a record of it), entry changed (not what leaf_hash says), chain broken (the entry before is not the one it was written after), subtrees changed (only proofs suffer), index damaged, protection missing (entry is null). detail: in English (en) or Japanese (ja). What follows from a problem is not told again: after a bad entry the next ones are compared with what it says it was. Then whether what the trail records still is so: see verify_map_revisions and verify_events.';

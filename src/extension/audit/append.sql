-- Adding to the audit trail, and what keeps everybody else from its table. The story is told in append.c and guard.c.

-- SECURITY DEFINER is not needed to write: the C function inserts by itself and asks for no privilege but EXECUTE, which nobody has.
CREATE FUNCTION opres.audit_append(action text, subject text, reason text, content text) RETURNS void
LANGUAGE c AS 'MODULE_PATHNAME', 'opres_audit_append_sql';
COMMENT ON FUNCTION opres.audit_append(text, text, text, text) IS
  'internal: adds an entry to the audit trail, written when the transaction commits. For functions that record what they do.';

CREATE FUNCTION opres.reason_for(given text, act text) RETURNS text
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'opres_reason_for';
COMMENT ON FUNCTION opres.reason_for(text, text) IS
  'internal: the reason given, else the setting opres.reason; without either an error that names the act, or NULL if act is NULL';

CREATE FUNCTION opres.audit_guard() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'opres_audit_guard';
COMMENT ON FUNCTION opres.audit_guard() IS
  'trigger: refuses to change the audit trail, and rows that are no entries of it';

CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON opres.audit_entry
  FOR EACH ROW EXECUTE FUNCTION opres.audit_guard();
CREATE TRIGGER guard_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON opres.audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION opres.audit_guard();
ALTER TABLE opres.audit_entry ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE opres.audit_entry ENABLE ALWAYS TRIGGER guard_statement;

-- Erasing and recording it are one function, so that a caller cannot keep the one and drop the other. The entry is queued first: the
-- guard lets an UPDATE pass for which it waits.
CREATE FUNCTION opres.erase_content(entry bigint, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  erased boolean;
BEGIN
  reason := opres.reason_for(reason, 'erasing the content of an entry');
  SELECT e.salt IS NULL INTO erased FROM ONLY opres.audit_entry AS e WHERE e.entry = erase_content.entry FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_object',
      MESSAGE = format('the audit trail has no entry %s', coalesce(entry::text, 'NULL')),
      HINT = 'The view opres.audit_trail lists them; those of this transaction appear when it commits.';
  ELSIF erased THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('the content of entry %s is erased already', entry);
  END IF;
  PERFORM opres.audit_append('audit.erase', format('entry %s', entry), reason, NULL);
  UPDATE ONLY opres.audit_entry AS e SET salt = NULL, reason = NULL, content = NULL WHERE e.entry = erase_content.entry;
END
$$;
COMMENT ON FUNCTION opres.erase_content(bigint, text) IS
  'erases reason and content of an entry of the audit trail (personal data); the entry itself stays and still verifies. Recorded as an entry of its own, with the reason. Old copies remain in dead rows until VACUUM, in the WAL, standbys, backups and dumps.';

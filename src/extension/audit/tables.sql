-- The audit trail's table. Rows are added by append.c alone, at commit, not by SQL; nobody has privileges on it. What an entry is and
-- how it is hashed stands in src/engine/audit-format.md; the order of the columns is known to trail.h.

-- The table belongs to a role nobody can log in as or become, so that no owner of the database or of the extension is its owner.
DO $$
DECLARE
  r pg_catalog.pg_roles;
BEGIN
  SELECT * INTO r FROM pg_catalog.pg_roles WHERE rolname = 'opres_audit';
  IF NOT FOUND THEN
    CREATE ROLE opres_audit NOLOGIN;
    COMMENT ON ROLE opres_audit IS 'owns the audit trail of opres; nobody may log in as it or be a member of it';
  ELSIF r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolbypassrls
    OR EXISTS (SELECT FROM pg_catalog.pg_auth_members WHERE roleid = r.oid OR member = r.oid) THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'role opres_audit has powers or members it must not have',
      DETAIL = 'The audit trail belongs to it: it must be NOLOGIN, without attributes, members and memberships.',
      HINT = 'Rename that role, or take these from it.';
  END IF;
END $$;

CREATE TABLE opres.audit_entry (
  entry bigint PRIMARY KEY CHECK (entry > 0),
  previous_hash bytea CHECK (length(previous_hash) = 32),
  at timestamptz NOT NULL CHECK (isfinite(at)),
  login text,
  session_role text NOT NULL,
  acting_role text NOT NULL,
  action text NOT NULL,
  subject text,
  content_hash bytea NOT NULL CHECK (length(content_hash) = 32),
  leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32),
  subtrees bytea,
  salt bytea CHECK (length(salt) = 16),
  reason text,
  content text,
  CONSTRAINT audit_entry_first CHECK ((previous_hash IS NULL) = (entry = 1)),
  CONSTRAINT audit_entry_erased CHECK (salt IS NOT NULL OR (reason IS NULL AND content IS NULL))
);
ALTER TABLE opres.audit_entry OWNER TO opres_audit;
COMMENT ON TABLE opres.audit_entry IS
  'the audit trail: one row per entry, numbered in the order of commits; read it by the view opres.audit_trail';
SELECT pg_catalog.pg_extension_config_dump('opres.audit_entry', '');

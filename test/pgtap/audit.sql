-- The audit trail's view, functions and accesses: what they declare, and exactly who may do what. Entries come with a commit, and
-- this file rolls back: what the functions answer is in test/server/audit_verify.py.
BEGIN;
SELECT plan(50);
SET LOCAL client_min_messages = warning;
SET LOCAL opres.reason = 'tests';

-- As declared ---------------------------------------------------------------------------------------------------------------------
SELECT results_eq($$SELECT format('%s %s', attname, format_type(atttypid, atttypmod)) COLLATE "default" FROM pg_attribute
    WHERE attrelid = 'opres.audit_trail'::regclass AND attnum > 0 ORDER BY attnum$$,
  $$VALUES ('entry bigint'), ('at timestamp with time zone'), ('actor text'), ('action text'), ('subject text'), ('reason text'),
    ('content text'), ('leaf_hash bytea'), ('session_role text'), ('acting_role text'), ('previous_hash bytea'),
    ('content_hash bytea'), ('salt bytea'), ('erased boolean')$$, 'columns of audit_trail');
SELECT results_eq($$SELECT format('%s %s %s strict %s definer %s parallel %s', proname, pg_get_function_result(oid), provolatile, proisstrict, prosecdef, proparallel) COLLATE "default"
    FROM pg_proc AS p WHERE pronamespace = 'opres'::regnamespace
      AND proname IN ('audit_checkpoint', 'audit_inclusion_proof', 'audit_consistency_proof', 'verify_audit') ORDER BY proname$$,
  $$VALUES ('audit_checkpoint text s strict f definer f parallel r'), ('audit_consistency_proof bytea[] s strict t definer f parallel s'),
    ('audit_inclusion_proof bytea[] s strict t definer f parallel s'),
    ('verify_audit TABLE(problem text, entry bigint, detail text) s strict f definer f parallel r')$$, 'functions');
SELECT is((SELECT string_agg(rolname, ',') FROM pg_class AS c JOIN pg_roles AS r ON r.oid = relowner
    WHERE c.oid IN ('opres.audit_entry'::regclass, 'opres.audit_trail'::regclass)), 'opres_audit,opres_audit', 'table and view belong to opres_audit');
SELECT throws_ok(sql, '42501', 'the audit trail cannot be changed', 'not by a superuser through the view: ' || sql)
FROM unnest(ARRAY['DELETE FROM opres.audit_trail', $$UPDATE opres.audit_trail SET action = 'x'$$]) AS sql;

-- A trail without entries ---------------------------------------------------------------------------------------------------------
SELECT is((SELECT count(*) FROM ONLY opres.audit_entry), 0::bigint, 'no entry');
SELECT is_empty('SELECT * FROM opres.verify_audit()', 'nothing is intact');
SELECT is_empty($$SELECT * FROM opres.verify_audit('ja')$$, 'in Japanese');
SELECT throws_ok($$SELECT * FROM opres.verify_audit('fr')$$, '22023', 'unknown language "fr"', 'no other language');
SELECT throws_ok('SELECT * FROM opres.verify_audit(NULL)', '22004', 'the language must not be null', 'no language does not look intact');
SELECT is(opres.audit_checkpoint(), format(E'opres/%s/%s/%s\n0\n%s\n', s.system_identifier, d.oid, c.timeline_id, encode(sha256(''), 'base64')),
  'a checkpoint of nothing')
FROM pg_control_system() AS s, pg_control_checkpoint() AS c, pg_database AS d WHERE d.datname = current_database();
SELECT is(opres.audit_checkpoint(0), opres.audit_checkpoint(), 'the same by its size');
SELECT is(opres.audit_checkpoint(NULL), opres.audit_checkpoint(), 'null is now');
SELECT is(opres.audit_consistency_proof(0, 0), '{}', 'an empty proof');
SELECT throws_ok(format('SELECT opres.%s', call), '22023', message, call)
FROM (VALUES
  ('audit_checkpoint(1)', 'the audit trail has fewer than 1 entries'),
  ('audit_checkpoint(-1)', 'the number of entries must not be negative'),
  ('audit_inclusion_proof(1, 1)', 'the audit trail has fewer than 1 entries'),
  ('audit_inclusion_proof(1, 0)', 'entry 1 is not among the first 0'),
  ('audit_inclusion_proof(0, 0)', 'entry 0 is not among the first 0'),
  ('audit_inclusion_proof(-9223372036854775808, 0)', 'entry -9223372036854775808 is not among the first 0'),
  ('audit_inclusion_proof(1, -1)', 'the number of entries must not be negative'),
  ('audit_consistency_proof(0, 1)', 'the audit trail has fewer than 1 entries'),
  ('audit_consistency_proof(1, 0)', 'the audit trail has fewer than 1 entries'),
  ('audit_consistency_proof(-1, 0)', 'the number of entries must not be negative'),
  ('audit_consistency_proof(0, 9223372036854775807)', 'the audit trail has fewer than 9223372036854775807 entries')) AS v (call, message);
SELECT is(opres.audit_inclusion_proof(NULL, 0), NULL, 'null in, null out');
SELECT is(opres.audit_consistency_proof(0, NULL), NULL, 'in both');

-- Who may what --------------------------------------------------------------------------------------------------------------------
CREATE ROLE opres_nobody;
CREATE ROLE opres_reader;
CREATE ROLE opres_auditor;
CREATE ROLE opres_witness;
CREATE ROLE opres_eraser;
SELECT opres.grant_access(('opres_' || access)::regrole, access) FROM unnest('{reader,auditor,witness,eraser}'::text[]) AS access;

-- Functions by name; IMMUTABLE ones and the types' are everybody's.
CREATE FUNCTION pg_temp.may(role text) RETURNS TABLE (may text) LANGUAGE sql AS $$
  SELECT 'EXECUTE ' || proname FROM pg_proc AS p
  WHERE pronamespace = 'opres'::regnamespace AND has_function_privilege(role, oid, 'EXECUTE') AND NOT has_function_privilege('opres_nobody', oid, 'EXECUTE')
  UNION
  SELECT format('%s %s', privilege, relname)
  FROM pg_class AS c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS privilege
  WHERE relnamespace = 'opres'::regnamespace AND relkind IN ('r', 'v', 'm', 'p') AND (has_table_privilege(role, c.oid, privilege)
    OR CASE WHEN privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') THEN has_any_column_privilege(role, c.oid, privilege) END)
  UNION
  SELECT format('%s SCHEMA', privilege) FROM unnest('{USAGE,CREATE}'::text[]) AS privilege WHERE has_schema_privilege(role, 'opres', privilege)
$$;
SELECT is_empty($$SELECT pg_temp.may('opres_nobody')$$, 'nobody may anything');
SELECT set_eq($$SELECT pg_temp.may('opres_witness')$$,
  '{USAGE SCHEMA,EXECUTE audit_checkpoint,EXECUTE audit_consistency_proof,EXECUTE audit_inclusion_proof}'::text[], 'a witness');
SELECT set_eq($$SELECT pg_temp.may('opres_eraser')$$, '{USAGE SCHEMA,EXECUTE erase_content,EXECUTE redact_event}'::text[], 'an eraser');
SELECT set_eq($$SELECT regexp_replace(may, '(verify)_\w+$', '\1') FROM pg_temp.may('opres_auditor')
    WHERE may NOT IN (SELECT pg_temp.may('opres_reader'))$$,
  '{SELECT audit_entry,SELECT audit_trail,SELECT person_login,EXECUTE verify,EXECUTE acts_to_record,EXECUTE audit_checkpoint,EXECUTE audit_consistency_proof,EXECUTE audit_inclusion_proof}'::text[],
  'an auditor, besides what a reader may');
SELECT is_empty($$SELECT pg_temp.may('opres_reader') EXCEPT SELECT pg_temp.may('opres_auditor')$$, 'all that a reader may');
SELECT is_empty($$SELECT may FROM pg_temp.may('opres_reader') WHERE may ~ 'audit|erase'$$, 'a reader has nothing of the audit trail');
SELECT is_empty($$SELECT may FROM pg_temp.may('opres_auditor') WHERE may !~ '^(SELECT|EXECUTE) |^USAGE SCHEMA$'$$, 'an auditor writes nothing');

SET SESSION AUTHORIZATION opres_auditor;
SELECT lives_ok(sql, 'an auditor: ' || sql) FROM unnest(ARRAY['TABLE opres.audit_trail', 'SELECT * FROM opres.verify_audit()',
  'SELECT opres.audit_checkpoint()', 'SELECT opres.dump_map()']) AS sql;
SELECT throws_ok($$DELETE FROM opres.audit_trail$$, '42501', NULL, 'but deletes nothing');
SELECT throws_ok($$SELECT opres.audit_append('x', NULL, NULL, NULL)$$, '42501', NULL, 'nor adds anything');
SELECT throws_ok($$SELECT opres.erase_content(1, 'x')$$, '42501', NULL, 'nor erases');
SET SESSION AUTHORIZATION opres_witness;
SELECT lives_ok('SELECT opres.audit_checkpoint(), opres.audit_consistency_proof(0, 0)', 'a witness sees hashes');
SELECT throws_ok('TABLE opres.audit_trail', '42501', NULL, 'and no entries');
SELECT throws_ok('SELECT * FROM opres.verify_audit()', '42501', NULL, 'nor what is wrong with them');
RESET SESSION AUTHORIZATION;

-- The rights are those of who asks: neither the view nor the functions lend any.
GRANT USAGE ON SCHEMA opres TO opres_nobody;
GRANT SELECT ON opres.audit_trail TO opres_nobody;
DO $$
BEGIN
  EXECUTE (SELECT format('GRANT EXECUTE ON FUNCTION %s TO opres_nobody', string_agg(p.oid::regprocedure::text, ', '))
           FROM pg_proc AS p WHERE p.pronamespace = 'opres'::regnamespace AND p.proname ~ '^verify_');
END
$$;
SET SESSION AUTHORIZATION opres_nobody;
SELECT throws_ok('TABLE opres.audit_trail', '42501', 'permission denied for table audit_entry', 'the view alone is not enough');
SELECT throws_ok('SELECT * FROM opres.verify_audit()', '42501', 'permission denied for table audit_entry', 'nor are the functions');
RESET SESSION AUTHORIZATION;

-- Taking away: an access, and what rests on it ---------------------------------------------------------------------------------
SELECT opres.revoke_access('opres_auditor', 'auditor');
SELECT set_eq($$SELECT pg_temp.may('opres_auditor')$$, $$SELECT pg_temp.may('opres_reader') UNION SELECT pg_temp.may('opres_witness')$$,
  'an auditor no more: a reader and a witness');
SELECT opres.grant_access('opres_auditor', 'auditor');
SELECT opres.revoke_access('opres_auditor', 'witness');
SELECT set_eq($$SELECT pg_temp.may('opres_auditor')$$, $$SELECT pg_temp.may('opres_reader')$$, 'a witness no more: nor an auditor, who rests on it');
SELECT opres.revoke_access('opres_eraser', 'eraser');
SELECT set_eq($$SELECT pg_temp.may('opres_eraser')$$, '{USAGE SCHEMA}'::text[], 'an eraser no more');
SELECT opres.revoke_access(role::regrole, 'reader') FROM unnest('{opres_auditor,opres_witness,opres_eraser}'::text[]) AS role;
SELECT lives_ok('DROP ROLE opres_auditor, opres_witness, opres_eraser', 'a reader no more is nothing more');
SELECT * FROM finish();
ROLLBACK;

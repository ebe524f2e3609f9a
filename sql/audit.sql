-- The audit trail as its auditor, its witness and a tamperer meet it. Times, salts and hashes differ from run to run: shown is what
-- does not.
SET client_min_messages = warning;
CREATE EXTENSION opres;
SET search_path = public, opres;
\set SHOW_CONTEXT never
CREATE ROLE regress_auditor;
CREATE ROLE regress_witness;
SELECT grant_access('regress_auditor', 'auditor', 'audit of FY2026');
SELECT grant_access('regress_witness', 'witness', 'witness at the head office');
SELECT load_map('{"nodes": [{"code": "op", "kind": "operation"}]}', 'first map');
SELECT label_revision(1, 'FY2026', 'for the board');
SELECT label_revision(1, 'FY2027');
SELECT grant_access('regress_auditor', 'reader', '  ');
-- What is rolled back leaves no trace.
BEGIN;
SELECT label_revision(1, 'draft', 'a try');
ROLLBACK;
-- Reasons may hold personal data, which can be erased. That is recorded, and the rest still verifies.
SET opres.reason = 'asked for by Taro Yamada, tel. 03-1234-5678';
SELECT label_revision(1, 'FY2026, corrected');
RESET opres.reason;
SELECT erase_content(5, 'name and telephone number are not needed');
SELECT erase_content(5, 'again');
SELECT erase_content(99, 'no such entry');

-- The auditor ---------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_auditor;
SELECT entry, actor = acting_role AS own, action, subject, reason, content, erased FROM audit_trail WHERE action <> 'map.revision' ORDER BY entry;
SELECT entry, action, subject, reason, content::jsonb - '{stamp,made_at}'::text[] #- '{written,node,sha256}' AS content
FROM audit_trail WHERE action = 'map.revision';
SELECT entry, previous_hash = lag(leaf_hash) OVER (ORDER BY entry) AS linked, length(leaf_hash) AS bytes, at <= now() AS past FROM audit_trail ORDER BY entry;
SELECT * FROM verify_audit();
DELETE FROM audit_trail;
INSERT INTO audit_entry SELECT * FROM audit_entry;
RESET SESSION AUTHORIZATION;

-- The witness ---------------------------------------------------------------------------------------------------------------------
SET SESSION AUTHORIZATION regress_witness;
SELECT line, regexp_replace(regexp_replace(text, '^opres/\d+/\d+/\d+$', 'opres/SYSTEM/DATABASE/TIMELINE'), '^[A-Za-z0-9+/]{43}=$', 'ROOT') AS text
FROM regexp_split_to_table(audit_checkpoint(), '\n') WITH ORDINALITY AS t (text, line);
SELECT audit_checkpoint(0) = format(E'%s\n0\n%s\n', split_part(audit_checkpoint(), E'\n', 1), encode(sha256(''), 'base64')) AS empty_tree;
SELECT cardinality(audit_inclusion_proof(2, 6)) AS inclusion, cardinality(audit_consistency_proof(3, 6)) AS consistency,
  audit_consistency_proof(6, 6) AS same, audit_inclusion_proof(1, 1) AS alone;
SELECT audit_checkpoint(7);
SELECT audit_checkpoint(-1);
SELECT audit_inclusion_proof(7, 6);
SELECT audit_inclusion_proof(0, 6);
SELECT audit_consistency_proof(6, 3);
SELECT audit_consistency_proof(3, 7);
SELECT entry FROM audit_trail;
SELECT * FROM verify_audit();
RESET SESSION AUTHORIZATION;

-- A superuser ---------------------------------------------------------------------------------------------------------------------
UPDATE audit_entry SET reason = 'x' WHERE entry = 1;
DELETE FROM audit_entry WHERE entry = 1;
TRUNCATE audit_entry;
-- With the guard out of the way nothing stops a superuser, who is found out.
BEGIN;
ALTER TABLE audit_entry DISABLE TRIGGER ALL;
UPDATE audit_entry SET reason = 'routine' WHERE entry = 1;
DELETE FROM audit_entry WHERE entry = 2;
UPDATE audit_entry SET login = 'somebody else' WHERE entry = 4;
UPDATE audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = 6;
SELECT * FROM verify_audit();
SELECT * FROM verify_audit('ja');
ROLLBACK;
SELECT * FROM verify_audit();
SELECT * FROM verify_audit('de');

DROP EXTENSION opres;
DROP OWNED BY regress_auditor, regress_witness;
DROP ROLE regress_auditor, regress_witness;

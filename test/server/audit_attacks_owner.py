#!/usr/bin/env python3
"""Attacks on the audit trail by people with powers over the database who are no superusers: its owner, the owner of the extension,
who may create roles, who may write every table; and by the role the trail belongs to, as far as one can become it."""
import sys

import audit_trail
from audit_attack import Outside, attack, failure, prepare, refused, tally
from sessions import Session

CHANGES = ("UPDATE opres.audit_entry SET login = 'x' WHERE entry = 1;",
           "UPDATE opres.audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = 1;",
           "UPDATE opres.audit_entry SET content = content;",
           "UPDATE opres.audit_entry SET login = 'x' WHERE false;",
           "DELETE FROM opres.audit_entry WHERE entry = 1;",
           "DELETE FROM opres.audit_entry WHERE false;",
           "TRUNCATE opres.audit_entry;",
           "WITH gone AS (DELETE FROM opres.audit_entry RETURNING *) SELECT count(*) FROM gone;",
           "MERGE INTO opres.audit_entry AS t USING (VALUES (1)) AS v (n) ON t.entry = v.n WHEN MATCHED THEN UPDATE SET login = 'x';",
           "INSERT INTO opres.audit_entry SELECT * FROM opres.audit_entry WHERE entry = 1 ON CONFLICT (entry) DO UPDATE SET login = 'x';",
           "BEGIN; SELECT entry FROM opres.audit_entry FOR UPDATE; DELETE FROM opres.audit_entry;")
OWNERS = ("ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL;", "ALTER TABLE opres.audit_entry DROP COLUMN login CASCADE;", "DROP TABLE opres.audit_entry;",
          "DROP TRIGGER guard_row ON opres.audit_entry;", "ALTER TABLE opres.audit_entry OWNER TO CURRENT_USER;", "GRANT ALL ON opres.audit_entry TO CURRENT_USER;",
          "CREATE RULE skip AS ON INSERT TO opres.audit_entry DO INSTEAD NOTHING;", "CREATE TABLE public.child () INHERITS (opres.audit_entry);",
          "ALTER TABLE opres.audit_entry ENABLE ROW LEVEL SECURITY;", "CREATE OR REPLACE VIEW opres.audit_trail AS SELECT 1 AS entry;", "SET ROLE opres_audit;",
          "SET session_replication_role = replica;", "CLUSTER opres.audit_entry USING audit_entry_pkey;", "COMMENT ON TABLE opres.audit_entry IS 'x';")


def forged(a):
    """The next entry, well-formed, in somebody else's name."""
    rows = a.rows()
    tree = audit_trail.Tree()
    audit_trail.relinked(rows, tree)
    made = audit_trail.relinked([rows[0]._replace(login="ceo", session_role="ceo", acting_role="ceo", action="map.approve", reason="I agree", content=None)], tree)
    return audit_trail.insert(made)


def landlord():
    """Who owns the database owns nothing in it."""
    with attack("the owner of the database") as a:
        with Session() as s:
            s.run(f"ALTER DATABASE {a.database} OWNER TO landlord;")
        with a.session("landlord") as s:
            for sql in (*CHANGES, *OWNERS, "DROP EXTENSION opres;", "DROP EXTENSION opres CASCADE;", "DROP SCHEMA opres CASCADE;", "ALTER SCHEMA opres RENAME TO x;",
                        "ALTER SCHEMA opres OWNER TO landlord;", "CREATE FUNCTION opres.f() RETURNS int LANGUAGE sql AS 'SELECT 1';", forged(a),
                        "SELECT opres.audit_append('a', NULL, NULL, NULL);", "REASSIGN OWNED BY opres_audit TO landlord;",
                        f"ALTER DATABASE {a.database} SET session_replication_role = replica;", f"ALTER DATABASE {a.database} SET opres.require_reason = off;"):
                refused(s, sql, "42501", "", a.what)
                s.run("ROLLBACK;")
            # What she may do to all sessions of her database leaves appends and their order alone.
            s.run("CREATE SCHEMA evil; CREATE TABLE evil.audit_entry (entry bigint);"
                  f"ALTER DATABASE {a.database} SET search_path = evil, pg_catalog, opres; ALTER DATABASE {a.database} SET synchronous_commit = off;"
                  f"ALTER DATABASE {a.database} SET default_transaction_isolation = 'serializable'; ALTER DATABASE {a.database} SET row_security = off;"
                  f"ALTER DATABASE {a.database} SET enable_indexscan = off; ALTER DATABASE {a.database} SET bytea_output = 'escape'; ALTER DATABASE {a.database} SET datestyle = 'German';"
                  "CREATE FUNCTION evil.trap(bigint, bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE 'captured: %', current_user; END $$;"
                  "CREATE AGGREGATE evil.max(bigint) (SFUNC = evil.trap, STYPE = bigint, INITCOND = '0');"
                  "CREATE FUNCTION evil.encode(bytea, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'captured: %', current_user; END $$; GRANT USAGE ON SCHEMA evil TO PUBLIC;")
        outside = Outside()
        outside.keep(a)
        with a.session("landlord") as s:  # she may have every table of her database rewritten
            for sql in ("VACUUM FULL;", f"REINDEX DATABASE {a.database};", "ANALYZE;"):
                tally.equal(failure(s, sql), None, f"{a.what}: {sql}")
        rows = a.rows()
        with a.session() as s:
            tally.ok(s.value("SELECT pg_relation_filenode('opres.audit_entry') <> 'opres.audit_entry'::regclass::oid;") == "t", f"{a.what}: the table was rewritten")
        tally.equal([row[1:] for row in rows], [row[1:] for row in a.before], f"{a.what}: rewritten as it was")
        a.before = rows
        outside.verify(a, 0)
        with a.session() as s:
            s.run("SELECT opres.audit_append('test.act', NULL, NULL, NULL);")
        outside.verify(a, 0, dump=True)
        outside.keep(a, "run")
        outside.close()


def extension_owner():
    """Who owns the extension without being a superuser (REASSIGN OWNED) does not own the trail. She can drop the extension with it, which
    is found outside, and runs its SECURITY DEFINER functions as herself."""
    with Session() as s:
        s.run("CREATE DATABASE attack_extension;")
    with Session("attack_extension", "founder") as s:
        s.run("CREATE EXTENSION opres; SELECT opres.audit_append('test.act', NULL, NULL, NULL); REASSIGN OWNED BY founder TO alice;")
    with Session("attack_extension", "alice") as s, Session("attack_extension") as boss:
        before = audit_trail.read("attack_extension")
        for sql in (*CHANGES, *OWNERS):
            # The schema is hers as well, so she may drop tables in it; not members of an extension.
            refused(s, sql, "2BP01" if sql.startswith("DROP TABLE") else "42501", "", "the owner of the extension")
            s.run("ROLLBACK;")
        s.run("SELECT opres.audit_append('test.act', NULL, 'by alice', NULL);")
        rows = audit_trail.read("attack_extension")
        tally.equal((rows[:1], audit_trail.problems(rows), rows[-1].login), (before, [], "alice"), "the owner of the extension appends as herself")
        tally.equal(boss.run("SELECT problem FROM opres.verify_audit();"), [], "the owner of the extension: verify_audit")
        first = boss.value("SELECT opres.audit_checkpoint();")
        s.run("DROP EXTENSION opres CASCADE;")
        refused(boss, "SELECT opres.audit_append('test.act', NULL, NULL, NULL);", "42883", "does not exist", "a dropped extension")
        refused(s, "CREATE EXTENSION opres;", "42501", "", "made anew by its owner")
        refused(boss, "CREATE EXTENSION opres;", "42501", "schema opres belongs to somebody else", "made anew in her schema")
        boss.run("ALTER SCHEMA opres OWNER TO postgres; CREATE EXTENSION opres; SELECT opres.audit_append('test.act', NULL, NULL, NULL);")
        tally.ok(len(audit_trail.read("attack_extension")) == 1 and boss.run("SELECT opres.audit_checkpoint();")[1:] != [[first]],
                 "made anew, it begins at entry 1")
    with Session() as s:
        s.run("DROP DATABASE attack_extension WITH (FORCE);")


def table_owner():
    # (It has not even the right to look into the schema: it is given that here.)
    with attack("the role the trail belongs to") as a, a.session() as s:
        s.run("GRANT USAGE ON SCHEMA opres TO opres_audit; SET ROLE opres_audit;")
        for sql in (*CHANGES, forged(a)):
            refused(s, sql, "42501", "the audit trail cannot be changed", a.what)
            s.run("ROLLBACK;")
        refused(s, "DROP TABLE opres.audit_entry;", "2BP01", "extension opres requires it", a.what)
        refused(s, "DROP OWNED BY opres_audit CASCADE;", "2BP01", "extension opres requires it", a.what)
        refused(s, "SET session_replication_role = replica;", "42501", "permission denied", a.what)
    with attack("the role the trail belongs to, triggers disabled", "whole") as a:
        with a.session() as s:
            s.run("GRANT USAGE ON SCHEMA opres TO opres_audit; SET ROLE opres_audit; ALTER TABLE opres.audit_entry DISABLE TRIGGER guard_row;")
        a.unprotected("guard_row is not enabled always")


def write_all():
    """pg_write_all_data (from 14 on) is a privilege on every table; the guard asks for more."""
    with attack("who may write every table") as a:
        with a.session("writer") as s:
            for sql in (*CHANGES, forged(a), "INSERT INTO opres.audit_entry (entry) VALUES (1);"):
                if not sql.startswith("TRUNCATE"):
                    refused(s, sql, "42501", "the audit trail cannot be changed", a.what)
                    s.run("ROLLBACK;")
            refused(s, "TRUNCATE opres.audit_entry;", "42501", "permission denied", a.what)


def create_role():
    """Up to 15 CREATEROLE may grant itself every role but a superuser, the trail's as well: then it is a table's owner, who can disable
    triggers. Triggers refuse until then, verify_audit tells, and the checkpoints outside hold. From 16 on the GRANT is refused."""
    with Session() as s:
        old = int(s.value("SHOW server_version_num;")) < 160000
    with attack("CREATEROLE", None) as a:
        with a.session("clerk") as s:
            if not old:
                refused(s, "GRANT opres_audit TO clerk;", "42501", "permission denied", a.what)
                refused(s, "ALTER ROLE opres_audit LOGIN;", "42501", "permission denied", a.what)
                return
            try:
                s.run("GRANT opres_audit TO clerk;")
                for sql in CHANGES:
                    refused(s, sql, "42501", "the audit trail cannot be changed", a.what)
                    s.run("ROLLBACK;")
                a.unprotected("opres_audit")
                s.run("ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL; UPDATE opres.audit_entry SET reason = 'x' WHERE entry = 2; ALTER TABLE opres.audit_entry ENABLE ALWAYS TRIGGER"
                      " guard_row; ALTER TABLE opres.audit_entry ENABLE ALWAYS TRIGGER guard_statement; REVOKE opres_audit FROM clerk;")
                a.detected(("content changed", 2))
                s.run("ALTER ROLE opres_audit LOGIN;")
                tally.ok(("protection missing", 0) in a.problems(), f"{a.what}: the trail's role may log in: verify_audit")
            finally:
                s.run("ALTER ROLE opres_audit NOLOGIN;")


def roles_made_before():
    """CREATE EXTENSION takes no role opres_audit that somebody could be, and no schema somebody has put things in."""
    with Session() as s:
        s.run("CREATE DATABASE attack_roles;")
    with Session("attack_roles") as s:
        for before, after in (("ALTER ROLE opres_audit LOGIN;", "ALTER ROLE opres_audit NOLOGIN;"), ("GRANT opres_audit TO mallory;", "REVOKE opres_audit FROM mallory;"),
                              ("GRANT mallory TO opres_audit;", "REVOKE mallory FROM opres_audit;"), ("ALTER ROLE opres_audit CREATEROLE;", "ALTER ROLE opres_audit NOCREATEROLE;"),
                              ("ALTER ROLE opres_audit SUPERUSER;", "ALTER ROLE opres_audit NOSUPERUSER;"), ("ALTER ROLE opres_audit BYPASSRLS;", "ALTER ROLE opres_audit NOBYPASSRLS;")):
            s.run(before)
            error = failure(s, "CREATE EXTENSION opres;")
            s.run(after)
            tally.ok(error is not None and error.code == "42501" and "must not have" in str(error), f"CREATE EXTENSION after {before}: {error}")
        for before, after in (("CREATE FUNCTION opres.audit_append(text, text, text, varchar) RETURNS void LANGUAGE sql AS '';", "DROP FUNCTION opres.audit_append;"),
                              ("CREATE TABLE opres.trap ();", "DROP TABLE opres.trap;"), ("CREATE TYPE opres.trap AS ENUM ();", "DROP TYPE opres.trap;"),
                              ("CREATE OPERATOR opres.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);", "DROP OPERATOR opres.= (text, text);")):
            s.run("CREATE SCHEMA IF NOT EXISTS opres;" + before)
            refused(s, "CREATE EXTENSION opres;", "55000", "schema opres is not empty", before)
            s.run(after)
        s.run("GRANT ALL ON SCHEMA opres TO mallory;")
        s.run("CREATE EXTENSION opres;")
        tally.equal(s.value("SELECT has_schema_privilege('mallory', 'opres', 'USAGE') OR has_schema_privilege('mallory', 'opres', 'CREATE');"), "f", "rights on the schema")
    with Session() as s:
        s.run("DROP DATABASE attack_roles WITH (FORCE);")


prepare("CREATE ROLE landlord LOGIN; CREATE ROLE founder LOGIN SUPERUSER; CREATE ROLE alice LOGIN; CREATE ROLE clerk LOGIN CREATEROLE; CREATE ROLE writer LOGIN;"
        " GRANT pg_write_all_data, pg_read_all_data TO writer; GRANT USAGE ON SCHEMA opres TO writer, clerk;")
for test in (landlord, extension_owner, table_owner, write_all, create_role, roles_made_before):
    test()
sys.exit(tally.close())

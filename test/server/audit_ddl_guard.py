#!/usr/bin/env python3
"""The DDL guard: what it refuses, what it records, what it lets pass; that upgrades, dumps and restores, grant_access and the DDL of
everybody else go on with it; and that its removal is recorded and its absence told."""
import json
import os
import subprocess
import sys
import tempfile

import audit_trail
from audit_attack import SEED, attack, failure, prepare, refused, tally
from sessions import Session

INSTALL = "SELECT opres.install_ddl_guard('audit finding 7');"
SAYS = "the DDL guard of opres refuses this command"
VIEW = ("DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW opres.audit_trail AS ' || replace(pg_get_viewdef('opres.audit_trail'), ';', '')"
        " || ' WHERE entry <> 2'; END $$;")

REFUSED = ("ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL;", "ALTER TABLE opres.audit_entry ADD COLUMN n int;", "ALTER TABLE opres.audit_entry DROP COLUMN login CASCADE;",
           "ALTER TABLE opres.audit_entry DROP CONSTRAINT audit_entry_pkey;", "ALTER TABLE opres.audit_entry RENAME TO x;", "ALTER TABLE opres.audit_entry RENAME COLUMN login TO x;",
           "ALTER TABLE opres.audit_entry SET SCHEMA public;", "ALTER TABLE opres.audit_entry OWNER TO mallory;", "ALTER TABLE opres.audit_entry SET UNLOGGED;",
           "ALTER TABLE opres.audit_entry ENABLE ROW LEVEL SECURITY;", "ALTER TABLE IF EXISTS ONLY opres.audit_entry SET (fillfactor = 50);",
           "ALTER TABLE opres.node DISABLE TRIGGER ALL;", "ALTER TABLE opres.node ADD CONSTRAINT short CHECK (length(code) < 5);", "ALTER VIEW opres.audit_trail RENAME TO x;",
           "ALTER TABLE opres.audit_trail OWNER TO mallory;", "ALTER VIEW opres.audit_trail SET (security_barrier);", VIEW,
           "CREATE TRIGGER t BEFORE INSERT ON opres.audit_entry FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();",
           "CREATE TRIGGER t AFTER UPDATE ON opres.node FOR EACH ROW EXECUTE FUNCTION opres.edit_check();", "DROP TRIGGER guard_row ON opres.audit_entry;",
           "DROP TRIGGER edit_row ON opres.node;", "ALTER TRIGGER guard_row ON opres.audit_entry RENAME TO x;", "CREATE RULE r AS ON INSERT TO opres.audit_entry DO INSTEAD NOTHING;",
           "CREATE RULE r AS ON DELETE TO opres.map_revision DO INSTEAD NOTHING;", "CREATE POLICY p ON opres.audit_entry;", "CREATE INDEX ON opres.audit_entry (login);",
           "CREATE STATISTICS public.s ON login, action FROM opres.audit_entry;", "CREATE TABLE public.child () INHERITS (opres.audit_entry);",
           "CREATE TABLE public.child (LIKE opres.audit_entry INCLUDING ALL); ALTER TABLE public.child INHERIT opres.audit_entry;",
           "CREATE TABLE public.note (entry bigint REFERENCES opres.audit_entry);", "CREATE TABLE opres.mine (n int);", "CREATE TABLE opres.mine AS SELECT 1 AS n;",
           "SELECT 1 AS n INTO opres.mine;", "CREATE FUNCTION opres.mine() RETURNS int LANGUAGE sql AS 'SELECT 1';", "CREATE TYPE opres.mine AS ENUM ('a');",
           "CREATE OPERATOR opres.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);", "CREATE SEQUENCE opres.mine;",
           "CREATE OR REPLACE FUNCTION opres.verify_audit(lang text DEFAULT 'en') RETURNS TABLE (problem text, entry bigint, detail text) LANGUAGE sql AS"
           " $$ SELECT NULL::text, NULL::bigint, NULL::text WHERE false $$;",
           "ALTER FUNCTION opres.verify_audit(text) OWNER TO mallory;", "ALTER FUNCTION opres.audit_append(text, text, text, text) SECURITY DEFINER;",
           "ALTER FUNCTION opres.audit_guard() RENAME TO x;", "ALTER TYPE opres.node_kind ADD VALUE 'x';", "ALTER SCHEMA opres RENAME TO x;", "ALTER SCHEMA opres OWNER TO mallory;",
           "ALTER EXTENSION opres DROP TABLE opres.audit_entry;", "ALTER EXTENSION opres ADD TABLE public.theirs;", "DROP EXTENSION opres;", "DROP EXTENSION opres CASCADE;",
           "DROP EXTENSION IF EXISTS pgcrypto, opres CASCADE;", "DROP SCHEMA opres CASCADE;", "DROP OWNED BY postgres CASCADE;", "DROP OWNED BY mallory, CURRENT_USER CASCADE;",
           "DROP EXTENSION plpgsql CASCADE;", "DROP LANGUAGE plpgsql CASCADE;",
           "DO $$ BEGIN ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL; END $$;", "SET session_replication_role = replica; ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL;")

# By anybody who may: a superuser and an ordinary role with a schema of his own.
PASSES = ("CREATE TABLE {0}.t (n int PRIMARY KEY, code text);", "ALTER TABLE {0}.t ADD COLUMN m int;", "CREATE INDEX ON {0}.t (m);", "CREATE TEMP TABLE audit_entry (n int);",
          "CREATE VIEW {0}.v AS SELECT * FROM {0}.t;", "CREATE FUNCTION {0}.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
          "CREATE TRIGGER t BEFORE INSERT ON {0}.t FOR EACH ROW EXECUTE FUNCTION {0}.f();", "DROP TRIGGER t ON {0}.t;", "CREATE RULE r AS ON DELETE TO {0}.t DO INSTEAD NOTHING;",
          "DROP RULE r ON {0}.t;", "GRANT SELECT ON {0}.t TO PUBLIC;", "COMMENT ON TABLE {0}.t IS 'x';", "ALTER TABLE {0}.t RENAME TO t2;", "DROP VIEW {0}.v;", "DROP TABLE {0}.t2 CASCADE;",
          "DROP FUNCTION {0}.f;", "CREATE TYPE {0}.e AS ENUM ('a');", "DROP TYPE {0}.e;", "ALTER TABLE IF EXISTS {0}.nothing ADD COLUMN n int;")
# What a superuser may do to ours.
OURS = ("CREATE INDEX node_name ON opres.node (name);", "ALTER INDEX opres.node_name SET (fillfactor = 90);", "REINDEX TABLE opres.audit_entry;", "DROP INDEX opres.node_name;",
        "CREATE STATISTICS public.s ON kind, name FROM opres.node;", "DROP STATISTICS public.s;", "VACUUM FULL opres.audit_entry;", "ANALYZE;",
        "CREATE TABLE public.asset (node text REFERENCES opres.node);", "DROP TABLE public.asset;", "CREATE VIEW public.people AS SELECT login FROM opres.audit_entry;",
        "DROP VIEW public.people;", "CREATE TABLE public.copied (LIKE opres.audit_entry INCLUDING ALL);", "DROP TABLE public.copied;", "CREATE PUBLICATION p FOR TABLE opres.node;",
        "DROP PUBLICATION p;", "ALTER EXTENSION opres UPDATE;", "CREATE EXTENSION pg_surgery;", "DROP EXTENSION pg_surgery;", "TRUNCATE public.theirs;")


def refuses():
    with attack("refused by the guard") as a:
        with a.session() as s:
            s.run("CREATE TABLE public.theirs (n int);" + INSTALL)
            for sql in REFUSED:
                refused(s, sql, "55000", SAYS, a.what)
                s.run("RESET session_replication_role;")
            for sql in ("DROP TABLE opres.audit_entry CASCADE;", "DROP FUNCTION opres.ddl_guard_end() CASCADE;"):
                refused(s, sql, "2BP01", "extension opres requires it", a.what)
            refused(s, "DROP SCHEMA opres;", "55000", SAYS, a.what)
            s.run("DROP TABLE public.theirs, public.child;")


def passes():
    with attack("passed by the guard") as a:
        with a.session() as s:
            s.run("CREATE TABLE public.theirs (n int); CREATE SCHEMA own AUTHORIZATION mallory;" + INSTALL)
            s.run("SELECT opres.grant_access('mallory', 'reader', 'test');")
            for sql in (*(sql.format("public") for sql in PASSES), *OURS):
                tally.equal(failure(s, sql), None, f"{a.what}: {sql}")
            s.run("REVOKE SELECT ON TABLE public.theirs FROM PUBLIC;")
        count = len(a.rows())
        with a.session("mallory") as s:
            for sql in PASSES:
                tally.equal(failure(s, sql.format("own")), None, f"{a.what}, to mallory: {sql}")
        tally.equal(len(a.rows()), count, "that is not our matter, and not recorded")


def last(a, count):
    return [(row.action, row.subject, row.reason, row.content and json.loads(row.content)) for row in a.rows()[-count:]]


def records():
    with attack("privileges") as a, a.session() as s:
        s.run(INSTALL)
        tally.equal(last(a, 1), [("ddl.guard", "installed", "audit finding 7", None)], "installing is recorded")
        what = {"object_type": "table", "schema": "opres", "objects": ["opres.audit_entry", "opres.node"], "privileges": "SELECT", "grant_option": False, "grantees": ["mallory", "public"]}
        s.run("CREATE TABLE public.t (); GRANT SELECT ON opres.node, opres.audit_entry, public.t TO mallory, PUBLIC;")
        tally.equal(last(a, 1), [("ddl.privilege", "GRANT", None, what)], "GRANT")
        s.run("SET opres.reason = 'ticket 5'; REVOKE ALL ON opres.node, opres.audit_entry FROM mallory, PUBLIC;")
        tally.equal(last(a, 1), [("ddl.privilege", "REVOKE", "ticket 5", {**what, "privileges": "ALL"})], "REVOKE")
        s.run("GRANT INSERT, update (code, name) ON opres.node TO mallory WITH GRANT OPTION;")
        tally.equal(last(a, 1), [("ddl.privilege", "GRANT", "ticket 5", {**what, "objects": ["opres.node"], "privileges": "INSERT, UPDATE (code, name)", "grant_option": True,
                                                                         "grantees": ["mallory"]})], "GRANT of columns")
        s.run("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA opres TO mallory; GRANT USAGE, CREATE ON SCHEMA opres TO mallory; GRANT USAGE ON TYPE opres.node_kind TO mallory;")
        kinds = [(row[3]["object_type"], row[3]["privileges"]) for row in last(a, 3)]
        tally.equal(kinds, [("function", "EXECUTE"), ("schema", "USAGE, CREATE"), ("type", "USAGE")], "GRANT of other things")
        tally.ok("opres.audit_append(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.text)" in last(a, 3)[0][3]["objects"], "functions are named with their arguments")
        with a.session("mallory") as m:
            m.run("GRANT INSERT ON opres.node TO reader_role;")
        tally.equal((a.rows()[-1].login, last(a, 1)[0][:2]), ("mallory", ("ddl.privilege", "GRANT")), "GRANT by who was given the right to")
        count = len(a.rows())
        s.run("GRANT SELECT ON public.t TO PUBLIC; GRANT CREATE ON SCHEMA public TO mallory; GRANT CONNECT ON DATABASE postgres TO mallory; GRANT reader_role TO mallory;"
              "REVOKE reader_role FROM mallory; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO mallory; ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM mallory;")
        tally.equal(len(a.rows()), count, "privileges on other things are not recorded")
        s.run("SELECT opres.grant_access('mallory', 'auditor', 'new auditor'); SELECT opres.revoke_access('mallory', 'auditor', 'left');")
        tally.equal([row[:3] for row in last(a, 2)], [("access.grant", "role mallory", "new auditor"), ("access.revoke", "role mallory", "left")], "grant_access records itself")
        tally.equal(len(a.rows()), count + 2, "and nothing twice")
        refused(s, "BEGIN; SELECT opres.grant_access('mallory', 'nothing', 'x');", "22023", "there is no access", a.what)
        s.run("ROLLBACK; GRANT SELECT ON opres.node TO mallory;")
        tally.equal(last(a, 1)[0][:2], ("ddl.privilege", "GRANT"), "after a grant_access that failed, GRANT is recorded again")
        for sql in ("DROP TABLE public.t", "GRANT SELECT ON opres.node TO mallory; DROP TABLE public.t", "SELECT 1", ""):
            refused(s, f"SELECT opres.run_grant('{sql}');", "22023", "neither GRANT nor REVOKE", a.what)
        s.run("BEGIN; GRANT DELETE ON opres.node TO mallory; ROLLBACK;")
        tally.equal(len(a.rows()), count + 3, "a GRANT that is rolled back leaves nothing")


def comes_and_goes():
    with attack("installing and removing") as a, a.session() as s:
        for sql, what in (("SELECT opres.install_ddl_guard();", "installing the DDL guard needs a reason"), ("SELECT opres.remove_ddl_guard(' ');", "removing the DDL guard needs a reason")):
            refused(s, sql, "22023", what, a.what)
        refused(s, "SELECT opres.remove_ddl_guard('why');", "55000", "is not installed", a.what)
        s.run("GRANT EXECUTE ON FUNCTION opres.install_ddl_guard, opres.remove_ddl_guard, opres.audit_append, opres.reason_for, opres.ddl_guard_triggers TO mallory;")
        a.refused("SELECT opres.install_ddl_guard('why');", "42501", "permission denied to create event trigger", "mallory")
        s.run(INSTALL)
        refused(s, INSTALL, "55000", "already installed", a.what)
        a.refused("SELECT opres.remove_ddl_guard('why');", "42501", "must be owner of event trigger", "mallory")
        s.run("BEGIN; SELECT opres.remove_ddl_guard('why'); ROLLBACK;")
        refused(s, "ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL;", "55000", SAYS, a.what)
        a.detected()
        for sql in ("ALTER EVENT TRIGGER opres_ddl_guard_end DISABLE;", "ALTER EVENT TRIGGER opres_ddl_guard_end ENABLE;", "ALTER EVENT TRIGGER opres_ddl_guard_end RENAME TO x;",
                    "ALTER EVENT TRIGGER x RENAME TO opres_ddl_guard_end; ALTER EVENT TRIGGER opres_ddl_guard_end ENABLE ALWAYS; DROP EVENT TRIGGER opres_ddl_guard_drop;"):
            s.run(sql)
            a.unprotected("opres_ddl_guard_drop" if "DROP" in sql else "opres_ddl_guard_end")
        s.run("SELECT opres.remove_ddl_guard('it is damaged');" + INSTALL)
        a.detected()
        s.run("DROP EVENT TRIGGER opres_ddl_guard_start, opres_ddl_guard_end, opres_ddl_guard_drop;".replace(", ", "; DROP EVENT TRIGGER "))
        tally.equal(s.value("SELECT count(*) FROM opres.verify_audit();"), "3", "all of it dropped by hand: three are missing")
        s.run("SELECT opres.remove_ddl_guard('somebody has taken it away');")
        tally.equal(last(a, 1), [("ddl.guard", "removed", "somebody has taken it away", None)], "removing is recorded")
        a.detected()
        tally.equal(failure(s, "CREATE TABLE opres.mine (); DROP TABLE opres.mine;"), None, "without it, DDL is free")


def upgraded():
    """An upgrade script may do to our objects what it likes: replace, add, drop, alter, grant."""
    extensions = os.path.dirname(subprocess.run(["find", os.path.join(os.environ["OPRES_CLUSTER"], "stage"), "-name", "opres.control"], check=True, stdout=subprocess.PIPE,
                                                text=True).stdout.split()[0])
    with attack("an upgrade") as a, a.session() as s:
        version = s.value("SELECT extversion FROM pg_extension WHERE extname = 'opres';")
        script = os.path.join(extensions, f"opres--{version}--{version}.later.sql")
        with open(script, "w", encoding="utf-8") as file:
            file.write("CREATE FUNCTION opres.new() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE opres.more (n int); ALTER TABLE opres.node ADD COLUMN more int;"
                       "ALTER TABLE opres.node DROP COLUMN more; DROP FUNCTION opres.new(); ALTER EXTENSION opres DROP TABLE opres.more; DROP TABLE opres.more;"
                       "CREATE TRIGGER more AFTER INSERT ON opres.node FOR EACH ROW EXECUTE FUNCTION opres.edit_check(); DROP TRIGGER more ON opres.node;"
                       "GRANT SELECT ON opres.node TO mallory; REVOKE SELECT ON opres.node FROM mallory; ALTER TABLE opres.audit_entry SET (fillfactor = 100);")
        os.chmod(script, 0o644)
        s.run(INSTALL)
        count = len(a.rows())
        tally.equal(failure(s, f"ALTER EXTENSION opres UPDATE TO '{version}.later';"), None, a.what)
        tally.equal(s.value("SELECT extversion FROM pg_extension WHERE extname = 'opres';"), f"{version}.later", "upgraded")
        tally.equal(len(a.rows()), count, "an upgrade's own grants are not recorded")
        refused(s, "ALTER TABLE opres.node ADD COLUMN more int;", "55000", SAYS, "after an upgrade")
        os.unlink(script)


def restored():
    """Dumped and restored in every way, the guard is there again, and was in nobody's way."""
    with Session(SEED) as s:
        s.run(INSTALL + "GRANT SELECT ON opres.node TO mallory; INSERT INTO opres.node (code, kind) VALUES ('a', 'system'); CREATE TABLE public.asset (node text REFERENCES opres.node);")
    rows = audit_trail.read(SEED)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "dump")
        for what, dump, restore in (("psql", "-Fp", ("psql", "-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-f", path)), ("psql -1", "-Fp", ("psql", "-X", "-q", "-1", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-f", path)),
                                    ("pg_restore -j2", "-Fc", ("pg_restore", "-e", "-j2", path)), ("pg_restore -1", "-Fc", ("pg_restore", "-e", "-1", path))):
            with Session() as s:
                s.run("DROP DATABASE IF EXISTS attack_restored; CREATE DATABASE attack_restored;")
            subprocess.run(["pg_dump", dump, "-f", path, SEED], check=True)
            done = subprocess.run([*restore, "-d", "attack_restored"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            tally.equal((done.returncode, done.stdout), (0, ""), f"restored by {what}")
            with Session("attack_restored") as s:
                tally.equal([row[1:] for row in audit_trail.read("attack_restored")], [row[1:] for row in rows], f"{what}: the trail, nothing added")
                tally.equal(s.run("SELECT * FROM opres.verify_audit();"), [], f"{what}: verify_audit")
                tally.equal(s.value("SELECT has_table_privilege('mallory', 'opres.node', 'SELECT');"), "t", f"{what}: privileges are back")
                refused(s, "ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL;", "55000", SAYS, what)
                s.run("GRANT INSERT ON opres.node TO mallory;")
                tally.equal(audit_trail.read("attack_restored")[-1].action, "ddl.privilege", f"{what}: grants are recorded")
                refused(s, "DROP EXTENSION opres;", "55000", SAYS, what)
                s.run("SELECT opres.remove_ddl_guard('end of the test'); DROP EXTENSION opres CASCADE;")
    with Session() as s:
        s.run("DROP DATABASE attack_restored;")


prepare()
for test in (refuses, passes, records, comes_and_goes, upgraded, restored):
    test()
sys.exit(tally.close())

#!/usr/bin/env python3
"""Attacks on the audit trail by people of the application: without any privilege, and with each access grant_access gives. All are
refused; what they may do does not hold others up."""
import os
import subprocess
import sys

from audit_attack import ACCESSES, SEED, attack, failure, prepare, refused, tally
from sessions import Session

PEOPLE = ("mallory", *(f"{access}_role" for access in ACCESSES))
ROW = ("(100, decode(repeat('00', 32), 'hex'), now(), 'x', 'x', 'x', 'x', 'x', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'),"
       " NULL, NULL, NULL, NULL)")
# What nobody may, whatever his access.
WRITES = (f"INSERT INTO opres.audit_entry VALUES {ROW};",
          f"INSERT INTO opres.audit_entry VALUES {ROW} ON CONFLICT DO NOTHING;",
          "COPY opres.audit_entry FROM stdin;\n\\.",
          "UPDATE opres.audit_entry SET login = 'x' WHERE entry = 1;",
          "UPDATE opres.audit_entry SET content = 'x';",
          "UPDATE opres.audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = 1;",
          "DELETE FROM opres.audit_entry WHERE entry = 7;",
          "MERGE INTO opres.audit_entry AS t USING (VALUES (1)) AS v (n) ON t.entry = v.n WHEN MATCHED THEN DELETE;",
          "TRUNCATE opres.audit_entry;",
          "TRUNCATE opres.audit_entry CASCADE;",
          "SELECT entry FROM opres.audit_entry FOR UPDATE;",
          "SELECT entry FROM opres.audit_entry FOR KEY SHARE;",
          "BEGIN; LOCK TABLE opres.audit_entry IN ROW EXCLUSIVE MODE; ROLLBACK;",
          "BEGIN; LOCK TABLE opres.audit_entry IN ACCESS EXCLUSIVE MODE; ROLLBACK;",
          "BEGIN; LOCK TABLE opres.audit_trail IN SHARE MODE; ROLLBACK;",
          "INSERT INTO opres.audit_trail (entry) VALUES (100);",
          "UPDATE opres.audit_trail SET actor = 'x';",
          "DELETE FROM opres.audit_trail;",
          "CREATE TABLE public.stolen (entry bigint REFERENCES opres.audit_entry);",
          "CREATE TABLE public.child () INHERITS (opres.audit_entry);",
          "CREATE TRIGGER fill BEFORE INSERT ON opres.audit_entry FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();",
          "CREATE RULE skip AS ON INSERT TO opres.audit_entry DO INSTEAD NOTHING;",
          "CREATE POLICY hide ON opres.audit_entry;",
          "CREATE INDEX ON opres.audit_entry (login);",
          "ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL;",
          "ALTER TABLE opres.audit_entry RENAME TO old;",
          "DROP TABLE opres.audit_entry;",
          "DROP TABLE opres.audit_entry CASCADE;",
          "DROP EXTENSION opres;",
          "DROP EXTENSION opres CASCADE;",
          "ALTER EXTENSION opres DROP TABLE opres.audit_entry;",
          "GRANT opres_audit TO CURRENT_USER;",
          "ALTER ROLE opres_audit LOGIN;",
          "REASSIGN OWNED BY opres_audit TO CURRENT_USER;",
          "DROP OWNED BY opres_audit;",
          "SET ROLE opres_audit;",
          "SET SESSION AUTHORIZATION postgres;",
          "SET session_replication_role = replica;",
          "ALTER ROLE CURRENT_USER SET opres.require_reason = off;",
          "CREATE FUNCTION opres.audit_append(text, text, text, varchar) RETURNS void LANGUAGE sql AS '';",
          "CREATE TABLE opres.mine (n int);",
          "CREATE OR REPLACE FUNCTION opres.verify_audit(lang text DEFAULT 'en') RETURNS TABLE (problem text, entry bigint, detail text)"
          " LANGUAGE sql AS $$ SELECT NULL::text, NULL::bigint, NULL::text WHERE false $$;",
          "CREATE OR REPLACE VIEW opres.audit_trail AS SELECT 1 AS entry;",
          "SELECT opres.audit_append('map.approve', 'map revision 1', 'why', NULL);",
          "SELECT opres.run_grant('GRANT ALL ON opres.audit_entry TO mallory');",
          "SELECT opres.install_ddl_guard('why');",
          "SELECT opres.remove_ddl_guard('why');",
          "SELECT opres.grant_access('mallory', 'auditor');",
          "CREATE TEMP TABLE t (n int); CREATE TRIGGER g BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION opres.audit_guard();",
          "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION opres.ddl_guard_end();",
          "SELECT pg_read_file('PG_VERSION');")
# What one access gives and the others do not.
OWN = {"SELECT count(*) FROM opres.audit_entry;": ("auditor",),
       "SELECT content FROM opres.audit_trail;": ("auditor",),
       "COPY opres.audit_entry TO stdout;": ("auditor",),
       "SELECT * FROM opres.verify_audit();": ("auditor",),
       "SELECT * FROM opres.verify_audit_entries('en');": ("auditor",),
       "SELECT opres.audit_checkpoint();": ("auditor", "witness"),
       "SELECT opres.audit_consistency_proof(1, 2);": ("auditor", "witness"),
       "SELECT opres.audit_inclusion_proof(1, 2);": ("auditor", "witness"),
       "SELECT opres.erase_content(1, 'why');": ("eraser",)}
# Functions that write or run as their owner, and who may call them.
PRIVILEGED = {"label_revision": "editor", "load_map": "editor", "approve_revision": "approver", "accept_risk": "approver", "approve": "approver",
              "dispute": "approver", "reject": "approver", "erase_content": "eraser", "redact_event": "eraser"}


def writes():
    for user in PEOPLE:
        with attack(user) as a, a.session(user) as s:
            for sql in WRITES:
                refused(s, sql, "42501", "", a.what)
                s.run("ROLLBACK;")
            # These are no errors for who holds some privilege, and must do nothing.
            failure(s, "GRANT ALL ON opres.audit_entry TO CURRENT_USER; GRANT ALL ON opres.audit_entry TO mallory; REVOKE ALL ON opres.audit_entry FROM opres_audit;")
            tally.equal(a.session().run("SELECT r.rolname, p FROM pg_roles AS r, unnest('{INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p"
                                        " WHERE NOT rolsuper AND has_table_privilege(r.oid, 'opres.audit_entry', p) AND rolname !~ '^(opres_audit$|pg_)';"),
                        [], f"{a.what}: privileges")


def own():
    for user in PEOPLE:
        access = user.removesuffix("_role")
        with attack(f"{user}, and what some may") as a:
            with a.session(user) as s:
                for sql, allowed in OWN.items():
                    if access in allowed:
                        tally.equal(failure(s, f"BEGIN; {sql} ROLLBACK;"), None, f"{user}: {sql}")
                    else:
                        refused(s, sql, "42501", "permission denied", a.what)


def functions():
    """Nothing that writes is anybody's but what is named above."""
    with Session(SEED) as s:
        for user in PEOPLE:
            got = s.run(f"SELECT proname FROM pg_proc WHERE pronamespace = 'opres'::regnamespace AND (prosecdef OR provolatile = 'v')"
                        f" AND has_function_privilege('{user}', oid, 'EXECUTE') ORDER BY 1;")
            want = sorted(name for name, access in PRIVILEGED.items() if user == f"{access}_role")
            tally.equal([name for (name,) in got], want, f"{user}: functions that write")
            tally.equal(s.value(f"SELECT has_schema_privilege('{user}', 'opres', 'CREATE');"), "f", f"{user}: CREATE in schema opres")
        tally.equal(s.run("SELECT proname FROM pg_proc WHERE pronamespace = 'opres'::regnamespace AND prosecdef"
                          " AND NOT coalesce(proconfig, '{}') && '{\"search_path=pg_catalog, pg_temp\"}';"), [],
                    "SECURITY DEFINER functions without a pinned search_path")


def default_privileges():
    """What the superuser who installs lets the application do with his tables and functions in general does not reach ours."""
    with Session() as s:
        s.run("CREATE DATABASE attack_defaults;")
    with Session("attack_defaults") as s, Session("attack_defaults", "mallory") as m:
        s.run("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO mallory, PUBLIC; ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO mallory;"
              "ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO mallory; CREATE TABLE public.theirs (); CREATE EXTENSION opres;")
        s.run("GRANT USAGE ON SCHEMA opres TO mallory;")
        tally.equal(failure(m, "SELECT FROM public.theirs;"), None, "default privileges are there")
        for sql in ("SELECT FROM opres.audit_entry;", "SELECT FROM opres.audit_trail;", f"INSERT INTO opres.audit_entry VALUES {ROW};",
                    "SELECT opres.audit_append('a', NULL, NULL, NULL);", "UPDATE opres.node SET code = 'x';", "SELECT FROM opres.map_head;",
                    "CREATE TABLE opres.mine ();"):
            refused(m, sql, "42501", "permission denied", "default privileges")
    with Session() as s:
        s.run("DROP DATABASE attack_defaults WITH (FORCE);")


def waiting():
    """Who may read may hold a table lock that reading takes; appends do not wait for that, nor for an open snapshot."""
    with attack("an auditor who does not end her transaction") as a:
        reader, writer = a.session("auditor_role"), a.session()
        reader.run("BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE opres.audit_trail IN ACCESS SHARE MODE; SELECT count(*) FROM opres.audit_trail;"
                   " SELECT opres.audit_checkpoint(); DECLARE c CURSOR FOR SELECT * FROM opres.audit_trail; FETCH c;")
        writer.run("SET lock_timeout = '5s';")
        tally.equal(failure(writer, "SELECT opres.audit_append('test.act', NULL, 'while she reads', NULL);"), None, a.what)
        tally.equal(reader.value("SELECT count(*) FROM opres.audit_trail WHERE reason = 'while she reads';"), "0", f"{a.what}: her snapshot")
        reader.run("COMMIT;")
    with attack("an eraser who does not end her transaction") as a:
        eraser, writer = a.session("eraser_role"), a.session()
        eraser.run("BEGIN; SELECT opres.erase_content(2, 'why');")
        writer.run("SET lock_timeout = '5s';")
        tally.equal(failure(writer, "SELECT opres.audit_append('test.act', NULL, 'idle holder', NULL);"), None, a.what)
        eraser.run("COMMIT;")
        a.before = [row._replace(xmin=a.rows()[1].xmin, salt=None, reason=None, content=None) if row.entry == 2 else row for row in a.before]


def from_outside(user, sql, options):
    """A connection that brings settings with it; the text of its errors."""
    done = subprocess.run(["psql", "-X", "-q", "-d", SEED, "-U", user, "-v", "VERBOSITY=verbose", "-c", sql], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", check=False, env=dict(os.environ, PGOPTIONS=options))
    return done.stderr


def required_reason():
    """A reason that is required cannot be switched off by who must give it, neither before the library is loaded nor when connecting."""
    with Session() as s:
        s.run(f"ALTER DATABASE {SEED} SET opres.require_reason = on;")
    try:
        with Session(SEED, "editor_role") as s:
            refused(s, "INSERT INTO opres.node (code, kind) VALUES ('a', 'system');", "22023", "needs a reason", "an edit without a reason")
            refused(s, "SET opres.require_reason = off;", "42501", "permission denied to set parameter", "no reasons any more")
        for what, options, before in (("PGOPTIONS", "-c opres.require_reason=off", ""), ("PGOPTIONS in capitals", "-c OPRES.Require_Reason=false", ""), ("SET before the library is there", "", "SET opres.require_reason = off;"),
                                      ("blanks", "", "SET opres.reason = '   ';"), ("wide blanks", "", "SET opres.reason = '\u3000 \u00a0';")):
            said = from_outside("editor_role", f"{before} INSERT INTO opres.node (code, kind) VALUES ('{what}', 'system');", options)
            tally.ok("needs a reason" in said, f"no reason, by {what}, is refused: {said!r}")
        said = from_outside("postgres", "INSERT INTO opres.node (code, kind) VALUES ('x', 'system');", "-c opres.require_reason=off")
        tally.equal(said, "", "a superuser may bring the setting along")
    finally:
        with Session() as s:
            s.run(f"ALTER DATABASE {SEED} RESET opres.require_reason;")


def no_text():
    """Bytes that are no text in the database's encoding would make a trail whose dump cannot be restored."""
    for reason in ("\udcff\udcfe", "x \udce3\udc80"):  # as given to psql: FF FE, and a character cut short
        said = from_outside("editor_role", "INSERT INTO opres.node (code, kind) VALUES ('bytes', 'system');", f"-c opres.reason={reason}".replace("x ", "x\\ "))
        tally.ok("22021: invalid byte sequence" in said, f"a reason that is no text is refused: {said!r}")
    said = from_outside("editor_role", "INSERT INTO opres.node (code, kind) VALUES ('bytes', 'system');", "-c opres.reason=理由")
    tally.equal(said, "", "one that is may come with the connection")
    with Session() as s:
        s.run("CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0;")
    with Session("latin") as s:
        s.run("SET client_encoding = 'UTF8'; CREATE ROLE \"é\" LOGIN SUPERUSER;")
    for sql in ("INSERT INTO opres.node (code, kind) VALUES ('name', 'system');", "SELECT opres.audit_append('test', NULL, NULL, NULL);"):
        said = from_outside("\udce9", sql, "")
        tally.ok("22021: invalid byte sequence" in said, f"nor may the name of who acts be no text: {said!r}")
    with Session("latin") as s:
        s.run("SET client_encoding = 'UTF8'; DROP ROLE \"é\";")
    dump = subprocess.run(["pg_dump", SEED], stdout=subprocess.PIPE, check=True).stdout
    with Session() as s:
        s.run("CREATE DATABASE restored;")
    restored = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "restored"], input=dump, stdout=subprocess.DEVNULL, check=False)
    tally.equal(restored.returncode, 0, "the dump comes back")


def settings():
    """Settings that change how values are written do not change what is recorded of a map, and cause no false alarm."""
    odd = ("SET datestyle = 'German, DMY'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = -15; SET bytea_output = 'escape'; SET timezone = 'Asia/Kathmandu'; SET array_nulls = off;"
           "SET standard_conforming_strings = off; SET xmlbinary = 'hex'; SET lc_numeric = 'C'; SET lc_monetary = 'C'; SET quote_all_identifiers = on; SET backslash_quote = on;"
           "SET plpgsql.extra_errors = 'all'; SET default_text_search_config = 'simple'; SET search_path = ''; SET enable_indexscan = off; SET escape_string_warning = off;")
    edit = ("INSERT INTO opres.node (code, kind, restart, unavailability, reviewed_on, attributes, names) VALUES ('a{0}', 'operation', '1 day 2 hours', NULL, '2026-02-03',"
            " '{{\"x\": 1.50}}', '{{\"ja\": \"名\"}}'), ('b{0}', 'system', '90 min', 0.1::float8 + 0.2, NULL, '{{}}', '{{}}'); INSERT INTO opres.tolerance (operation, tolerance)"
            " VALUES ('a{0}', '100% by 15:30 Asia/Tokyo on Mon-Fri'); UPDATE opres.node SET restart = '36:00:00', unavailability = unavailability / 3 WHERE code = 'b{0}';"
            "INSERT INTO opres.calendar_day (calendar, day) VALUES ('c{0}', '2026-04-05'); DELETE FROM opres.node WHERE code = 'b{0}';")
    with attack("settings of an editor") as a:
        for number, before in enumerate(("", odd)):
            with a.session("editor_role") as s:
                s.run(before)
                tally.equal(failure(s, edit.format(number)), None, f"{a.what}: edits")
        for before in ("", odd):
            with a.session() as s:
                s.run(before)
                tally.equal(s.run("SELECT * FROM opres.verify_audit();"), [], f"{a.what}: verify_audit {'with them' if before else 'without'}")
        with a.session("auditor_role") as s:
            s.run(odd)
            tally.equal(s.run("SELECT * FROM opres.verify_audit('ja');"), [], f"{a.what}: verify_audit by an auditor with them")


prepare("GRANT CREATE ON SCHEMA public TO PUBLIC;")
writes()
own()
functions()
default_privileges()
waiting()
required_reason()
no_text()
settings()
sys.exit(tally.close())

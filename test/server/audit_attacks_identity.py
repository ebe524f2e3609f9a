#!/usr/bin/env python3
"""Who did it, and why: attempts to act under another name, to have functions of one's own called in the place of ours, and to give
reasons that are none. The actor on record is the login, whatever a session is turned into."""
import sys
import time

import audit_trail
from audit_attack import attack, failure, prepare, refused, tally
from sessions import Session

# As the functions of the extension append: SECURITY DEFINER. Its search_path is not pinned: that is part of what is attacked.
ACT = """CREATE ROLE boss; CREATE ROLE temp LOGIN; GRANT boss TO mallory;
CREATE FUNCTION public.act(what text) RETURNS void LANGUAGE sql SECURITY DEFINER AS
  $$ SELECT opres.audit_append('test.act', what, current_user::text, session_user::text) $$;
CREATE FUNCTION public.act_alone() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$ SELECT opres.audit_append('test.act', NULL, NULL, NULL) $$;
CREATE FUNCTION public.act_as_boss(what text) RETURNS void LANGUAGE sql SET role = 'boss' AS $$ SELECT public.act(what) $$;
GRANT EXECUTE ON FUNCTION public.act TO PUBLIC;"""

# Things of the same names, in a schema that comes before pg_catalog. Each cries out if it is called.
EVIL = """CREATE SCHEMA evil AUTHORIZATION mallory; CREATE SCHEMA loot; GRANT ALL ON SCHEMA loot TO PUBLIC; GRANT USAGE ON SCHEMA evil TO PUBLIC;
SET ROLE mallory; SET search_path = evil;
CREATE FUNCTION evil.cry() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'captured: %', current_user; END $$;
CREATE TABLE evil.audit_entry (entry bigint, at timestamptz);
CREATE TABLE evil.pg_roles (rolname name); CREATE TABLE evil.pg_class (oid oid); CREATE TABLE evil.pg_proc (oid oid);
CREATE VIEW evil.audit_trail AS SELECT 1 AS entry;
""" + "".join(f"CREATE FUNCTION evil.{name}({arguments}) RETURNS {result} LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.cry(); RETURN NULL; END $$;\n"
              for name, arguments, result in (
                  ("now", "", "timestamptz"), ("clock_timestamp", "", "timestamptz"), ("transaction_timestamp", "", "timestamptz"), ("sha256", "bytea", "bytea"),
                  ("length", "bytea", "int"), ("format", "text, bigint", "text"), ("format", "text, text", "text"), ("has_table_privilege", "text, text", "boolean"),
                  ("pg_has_role", "name, oid, text", "boolean"), ("quote_ident", "text", "text"), ("max", "bigint", "bigint"), ("unnest", "anyarray", "text"),
                  ("pg_current_xact_id_if_assigned", "", "xid8"), ("to_json", "text", "json"), ("reason_for", "text, text", "text"), ("audit_append", "text, text, text, text", "text"),
                  ("text_pair", "text, text", "boolean"), ("number_pair", "bigint, bigint", "boolean"), ("name_pair", "name, name", "boolean"), ("joined", "text, text", "text"))
              ) + "".join(f"CREATE OPERATOR evil.{operator} (LEFTARG = {kind}, RIGHTARG = {kind}, FUNCTION = evil.{function});\n"
                          for kind, function in (("text", "text_pair"), ("bigint", "number_pair"), ("name", "name_pair"))
                          for operator in ("=", "<>", "<", ">", "<=", ">=")) + """CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.joined);
GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC; GRANT INSERT ON evil.audit_entry TO PUBLIC;"""
CAPTURED = "SET search_path = evil, pg_temp, pg_catalog, opres, public;"


def last(a):
    return a.rows()[-1]


def who(a):
    row = last(a)
    return row.login, row.session_role, row.acting_role


def names():
    with attack("the actor") as a:
        with a.session("mallory") as s:
            s.run("SELECT act('plain');")
            tally.equal(who(a), ("mallory", "mallory", "mallory"), "a SECURITY DEFINER function is looked through")
            tally.equal((last(a).reason, last(a).content), ("postgres", "mallory"), "which it was")
            s.run("SET ROLE boss; SELECT act('role');")
            tally.equal(who(a), ("mallory", "mallory", "boss"), "SET ROLE")
            s.run("RESET ROLE; BEGIN; SET LOCAL ROLE boss; SELECT act('local'); RESET ROLE; COMMIT;")
            tally.equal(who(a), ("mallory", "mallory", "boss"), "SET LOCAL ROLE, and another at the commit")
            s.run("SELECT act_as_boss('clause');")
            tally.equal(who(a), ("mallory", "mallory", "boss"), "a function that sets a role")
            for sql in ("SET opres.login = 'boss';", "SET opres.actor = 'boss';", "SET session.user = 'boss';"):
                failure(s, sql)
            s.run("SET application_name = 'postgres'; SET opres.reason = 'boss did it'; SELECT act('names');")
            tally.equal(who(a), ("mallory", "mallory", "mallory"), "application_name and settings")
            refused(s, "SET SESSION AUTHORIZATION boss;", "42501", "permission denied to set session authorization", a.what)
            refused(s, "SET opres.reason = E'\\xff';", "22021", "invalid byte sequence", a.what)
        with a.session() as s:
            s.run("SET SESSION AUTHORIZATION mallory; SELECT act('session');")
            tally.equal(who(a), ("postgres", "mallory", "mallory"), "SET SESSION AUTHORIZATION by a superuser")
            s.run("RESET SESSION AUTHORIZATION; SET ROLE mallory; SELECT act('superuser');")
            tally.equal(who(a), ("postgres", "postgres", "mallory"), "SET ROLE by a superuser")
            s.run("RESET ROLE;")


def renamed():
    """Names are as they were when the session began (login) and when the act was done. Somebody may get another's name: dates of the
    renaming are not in our trail, so this limit is stated."""
    with attack("roles renamed and dropped") as a:
        with a.session() as boss, a.session("temp") as s:
            s.run("SELECT act('before');")
            boss.run("ALTER ROLE temp RENAME TO other;")
            s.run("SELECT act('renamed');")
            tally.equal(who(a), ("temp", "other", "other"), "a role renamed under its session")
            number = boss.value("SELECT oid FROM pg_roles WHERE rolname = 'other';")
            boss.run("DROP ROLE other;")
            s.run("SELECT act_alone();")
            tally.equal(who(a), ("temp", f"role {number}", f"role {number}"), "a role dropped under its session")


def times():
    with attack("the time") as a, a.session("mallory") as s:
        before = time.time_ns() // 1000
        s.run("SET timezone = 'Pacific/Kiritimati'; SET datestyle = 'German'; BEGIN; SELECT pg_sleep(.2); SELECT act('late');")
        queued = time.time_ns() // 1000
        time.sleep(.1)
        s.run("COMMIT;")
        tally.ok(before + 200_000 <= queued <= last(a).at <= time.time_ns() // 1000, "the time is that of the commit, on the server's clock")


def capture():
    """Functions, operators and tables of an attacker before ours: none is called by a function of ours."""
    with attack("search_path") as a:
        with a.session() as s:
            s.run(EVIL)
        with a.session("mallory") as s:
            s.run(CAPTURED + "CREATE TEMP TABLE audit_entry (entry bigint); CREATE TEMP TABLE pg_roles (rolname name);"
                  " CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT evil.cry()::timestamptz';")
            refused(s, "SELECT now();", "P0001", "captured: mallory", "the trap works")
            refused(s, "SELECT 'a'::text = 'b'::text;", "P0001", "captured: mallory", "the trap works for operators")
            s.run("SELECT public.act('captured');")
            tally.equal(last(a).subject, "captured", "an append goes into our table")
            tally.equal(s.value("SELECT (SELECT count(*) FROM evil.audit_entry) OPERATOR(pg_catalog.+) (SELECT count(*) FROM pg_temp.audit_entry);"), "0",
                        "an append goes into no other table")
        for user, calls in (
                ("eraser_role", ("SELECT opres.erase_content(2, 'captured');",)),
                ("editor_role", ("INSERT INTO opres.node (code, kind) VALUES ('a', 'system');", "UPDATE opres.node SET name = 'A';",
                                 "SELECT opres.load_map('{\"nodes\": [{\"code\": \"a\", \"kind\": \"system\"}]}', 'captured');",
                                 "SELECT opres.label_revision(1, 'captured', 'captured');", "DELETE FROM opres.node;")),
                ("approver_role", ("SELECT opres.approve_revision(1, 'captured');",)),
                ("auditor_role", ("SELECT * FROM opres.verify_audit();", "SELECT opres.audit_checkpoint();", "SELECT entry FROM opres.audit_trail;",
                                  "SELECT opres.audit_inclusion_proof(1, 2);", "SELECT opres.audit_consistency_proof(1, 2);")),
                ("postgres", ("SELECT opres.grant_access('mallory', 'editor', 'captured');", "SELECT opres.revoke_access('mallory', 'reader', 'captured');",
                              "SELECT opres.install_ddl_guard('captured');", "GRANT SELECT ON opres.node TO mallory;", "CREATE TABLE public.t ();", "DROP TABLE public.t;",
                              "SELECT opres.remove_ddl_guard('captured');"))):
            with a.session(user) as s:
                s.run(CAPTURED + "CREATE TEMP TABLE audit_entry (entry bigint);")
                for sql in calls:
                    tally.equal(failure(s, sql), None, f"{user} in an attacker's search_path: {sql}")
        a.before = [row._replace(xmin=a.rows()[1].xmin, salt=None, reason=None, content=None) if row.entry == 2 else row for row in a.before]


def reasons():
    with attack("reasons, long and odd") as a, a.session() as s, a.session("eraser_role") as e:
        for reason in ("NULL", "''", "'  '", "E' \\t\\r\\n '", "U&'\\3000\\00A0'"):
            refused(e, f"SELECT opres.erase_content(1, {reason});", "22023", "needs a reason", a.what)
            refused(s, f"SELECT opres.grant_access('mallory', 'reader', {reason});", "22023", "needs a reason", a.what)
        refused(e, "SELECT opres.erase_content(1, E'\\xc3\\x28');", "22021", "invalid byte sequence", a.what)
        refused(e, "SELECT opres.erase_content(1, E'\\x00');", "22021", "invalid byte sequence", a.what)
        refused(e, "SELECT opres.erase_content(1, U&'\\D800');", "42601", "surrogate", a.what)
        for number in ("0", "-1", "NULL", "1000000", "9223372036854775807"):
            refused(e, f"SELECT opres.erase_content({number}, 'why');", "42704", "has no entry", a.what)
        refused(e, "SELECT opres.erase_content(3, 'again');", "55000", "erased already", a.what)
        refused(s, "SELECT opres.audit_append('a', repeat('x', 65300), NULL, NULL);", "54000", "too long", a.what)
        refused(s, "SELECT opres.audit_append(repeat('x', 65300), NULL, NULL, NULL);", "54000", "too long", a.what)
        refused(s, "SELECT opres.audit_append('', NULL, NULL, NULL);", "22023", "needs an action", a.what)
        refused(s, "SELECT opres.audit_append(NULL, NULL, NULL, NULL);", "22023", "needs an action", a.what)
        s.run("SELECT opres.audit_append('test.long', repeat('あ', 20000), repeat('理由', 1000000), repeat('x', 20000000));")
        s.run("SELECT opres.audit_append('test.odd', E'\\n\\r\\t\\x01\\x7f', E'\\\\x00', '\U0001f4a3\ufeff\u202e');")
        s.run("SELECT opres.audit_append('test.fields', '', '', '');")
        rows = a.rows()
        tally.equal((len(rows[-3].subject), len(rows[-3].reason), len(rows[-3].content)), (20000, 2000000, 20000000), "long texts are kept whole")
        tally.equal((rows[-2].subject, rows[-2].content), ("\n\r\t\x01\x7f", "\U0001f4a3\ufeff\u202e"), "odd characters are kept")
        tally.equal((rows[-1].subject, rows[-1].reason, rows[-1].content), ("", "", ""), "empty is not NULL")


def encodings():
    """What is hashed is UTF-8, whatever the database speaks."""
    with Session() as s:
        s.run("CREATE DATABASE attack_eucjp ENCODING 'EUC_JP' LOCALE 'C' TEMPLATE template0;"
              "CREATE DATABASE attack_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0;")
    try:
        with Session("attack_eucjp") as s:
            s.run("SET client_encoding = 'UTF8'; CREATE EXTENSION opres; SELECT opres.audit_append('test.act', '口座', '監査の理由。ｶﾅ 髙', '内容～①');")
            rows = audit_trail.read("attack_eucjp")
            tally.equal((rows[0].subject, rows[0].reason, audit_trail.problems(rows)), ("口座", "監査の理由。ｶﾅ 髙", []), "EUC_JP, recomputed in UTF-8")
            tally.equal(s.run("SELECT * FROM opres.verify_audit('ja');"), [], "EUC_JP, verified")
        with Session("attack_ascii") as s:
            s.run("CREATE EXTENSION opres; SELECT opres.audit_append('test.act', NULL, '監査', NULL);")
            for arguments in ("E'\\xff', NULL, NULL", "NULL, E'\\xa5\\xab', NULL", "NULL, NULL, E'\\xc0\\xaf'"):
                refused(s, f"SELECT opres.audit_append('test.act', {arguments});", "22021", "invalid byte sequence", "SQL_ASCII")
            s.run("SELECT opres.audit_append('test.act', NULL, NULL, NULL);")
            rows = audit_trail.read("attack_ascii")
            tally.equal((len(rows), audit_trail.problems(rows)), (2, []), "SQL_ASCII, recomputed")
            tally.equal(s.run("SELECT * FROM opres.verify_audit();"), [], "SQL_ASCII, verified")
    finally:
        with Session() as s:
            s.run("DROP DATABASE attack_eucjp WITH (FORCE); DROP DATABASE attack_ascii WITH (FORCE);")


prepare(ACT)
for test in (names, renamed, times, capture, reasons, encodings):
    test()
sys.exit(tally.close())

#!/usr/bin/env python3
"""How edits of the map, labels, approvals and accesses enter the audit trail: who, why, once, or not at all; whether what was changed
behind its back is found and named; whether the digests hold in every dump, encoding and session. Digests are computed a second time
here, from the rows as text. Run in a cluster of its own (test/with-cluster)."""
import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile

from sessions import Session, SqlError, Tally

TABLES = ("node", "requirement", "requirement_member", "tolerance", "calendar_day", "scenario", "shock")
MAP = """{"nodes": [{"code": "op", "kind": "operation", "name": "振込"}, {"code": "a", "kind": "system"}, {"code": "b", "kind": "system"}],
 "requirements": [{"node": "op", "name": "core", "members": [{"node": "a"}, {"node": "b", "standby": true, "replica_lag": "5 s"}]}],
 "tolerances": [{"operation": "op", "tolerance": "100% within 2h"}],
 "calendars": [{"code": "jp", "days": ["2026-11-20", "2026-11-24"]}],
 "scenarios": [{"code": "s", "start": "2026-11-20T08:00:00+09:00", "shocks": [{"code": "x", "node": "a", "duration": "26h",
   "duration_distribution": "exponential(mean 4h)", "probability": 0.1}]}]}"""
tally = Tally()


class Trail:
    """What has come into the trail since the last look."""

    def __init__(self, session):
        self.session = session
        self.seen = 0

    def news(self, columns="action, subject, coalesce(reason, 'NULL')"):
        rows = self.session.run(f"SELECT entry, {columns} FROM opres.audit_entry WHERE entry > {self.seen} ORDER BY entry;")
        if rows:
            self.seen = int(rows[-1][0])
        return [tuple(row[1:]) for row in rows]


def fails(session, sql, code, what):
    try:
        session.run(sql)
        tally.ok(False, f"{what}: no error")
    except SqlError as error:
        tally.equal(error.code, code, f"{what} ({error})")


def head(session):
    return int(session.value("SELECT coalesce(max(revision), 0) FROM opres.map_head;"))


# Who -----------------------------------------------------------------------------------------------------------------------------

def actors(root, trail):
    root.run("CREATE ROLE team; CREATE ROLE amy LOGIN; CREATE ROLE bob LOGIN; GRANT team TO amy;"
             " SELECT opres.grant_access(r::regrole, 'editor', 'joins') FROM unnest('{team,amy,bob}'::text[]) AS r;"
             " SELECT opres.grant_access('bob', 'approver', 'head of risk');")
    tally.equal(trail.news("login, session_role, acting_role, action, subject, reason, content"),
                [("postgres", "postgres", "postgres", "access.grant", f"role {role}", reason, '{"access": "%s"}' % access)
                 for role, access, reason in (("team", "editor", "joins"), ("amy", "editor", "joins"), ("bob", "editor", "joins"),
                                              ("bob", "approver", "head of risk"))], "accesses are recorded")
    root.run(f"SELECT opres.load_map($map${MAP}$map$, 'the first map');")
    tally.equal(trail.news(), [("map.revision", "map revision 1", "the first map")], "a load is recorded with its reason")
    root.run("""CREATE FUNCTION public.touch() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$UPDATE opres.node SET owner = coalesce(owner, '') || '.'$$;
      CREATE FUNCTION public.label(r bigint) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$SELECT opres.label_revision(r, 'L' || r, 'named')$$;
      GRANT EXECUTE ON FUNCTION public.touch(), public.label(bigint) TO PUBLIC;""")
    who = "login, session_role, acting_role, action"
    edit = "UPDATE opres.node SET name = coalesce(name, '') || '!' WHERE code = 'a';"
    with Session(user="amy") as amy:
        for prepare, acts, role, what in (
                ("", edit, "amy", "her own edit"), ("SET ROLE team;", edit, "team", "an edit under SET ROLE"),
                ("", "SELECT public.touch();", "amy", "an edit by a SECURITY DEFINER function"),
                ("SET ROLE team;", "SELECT public.touch();", "team", "the same under SET ROLE")):
            amy.run(f"{prepare} {acts} RESET ROLE;")
            tally.equal(trail.news(who), [("amy", "amy", role, "map.revision")], what)
        amy.run("SET ROLE team; SELECT public.label(1); RESET ROLE;")
        tally.equal(trail.news(who), [("amy", "amy", "team", "map.label")], "a label by a SECURITY DEFINER function under SET ROLE")
        amy.run(f"BEGIN; SET LOCAL ROLE team; {edit} RESET ROLE; {edit} COMMIT;")
        tally.equal(trail.news(who), [("amy", "amy", "team", "map.revision")], "who made the head has made the revision")
    root.run(f"SET SESSION AUTHORIZATION amy; {edit} SET ROLE team; {edit} RESET SESSION AUTHORIZATION;")
    tally.equal(trail.news(who), [("postgres", "amy", role, "map.revision") for role in ("amy", "team")], "under SET SESSION AUTHORIZATION")
    last = head(root)
    with Session(user="bob") as bob:
        bob.run(f"SELECT opres.approve_revision({last}, 'looked at it');")
    tally.equal(trail.news(who + ", subject, reason"), [("bob", "bob", "bob", "map.approve", f"map revision {last}", "looked at it")],
                "an approval")
    tally.equal(root.value(f"""SELECT e.content = format('{{"revision": {last}, "approved_at": "%s", "approved_by": "bob"}}',
        to_char(r.approved_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        FROM opres.audit_entry e, opres.map_revision r WHERE e.entry = {trail.seen} AND r.revision = {last};"""), "t", "says when and by whom")
    root.run("SELECT opres.revoke_access('bob', 'approver', 'retires');")
    tally.equal(trail.news("action, subject, reason, content"), [("access.revoke", "role bob", "retires", '{"access": "approver"}')],
                "an access revoked")
    root.run("SELECT opres.grant_access('bob', 'approver', 'comes back');")
    trail.news()


# Why -----------------------------------------------------------------------------------------------------------------------------

def reasons(root, trail):
    edit = "UPDATE opres.node SET name = coalesce(name, '') || '?' WHERE code = 'b';"
    why = "coalesce(reason, 'NULL')"
    for sql, reason, what in (
            (edit, "NULL", "no reason is none"),
            (f"SET opres.reason = ' 見直し　'; {edit} RESET opres.reason;", "見直し", "the setting, blanks cut off"),
            (f"BEGIN; SET LOCAL opres.reason = 'this one'; {edit} COMMIT;", "this one", "SET LOCAL"),
            (f"SET opres.reason = '  '; {edit} RESET opres.reason;", "NULL", "blanks are none"),
            (f"BEGIN; SET LOCAL opres.reason = 'first'; {edit} SET LOCAL opres.reason = 'second'; {edit} COMMIT;", "first", "the first given"),
            (f"BEGIN; {edit} SET LOCAL opres.reason = 'late'; {edit} COMMIT;", "late", "one that comes with a later edit"),
            (f"BEGIN; {edit} SET LOCAL opres.reason = 'too late'; COMMIT;", "NULL", "one that comes after all edits"),
            (f"BEGIN; {edit} SAVEPOINT s; SET LOCAL opres.reason = 'x'; {edit} ROLLBACK TO s; SET LOCAL opres.reason = 'y'; {edit} COMMIT;",
             "y", "one rolled back is none"),
            ("SET opres.reason = 'of the session'; SELECT opres.load_map(jsonb_set(opres.dump_map(), '{nodes,0,owner}', '\"p\"'), 'of the load');",
             "of the load", "the argument before the setting"),
            (edit, "of the session", "which it leaves as it was"),
            ("SELECT opres.load_map(jsonb_set(opres.dump_map(), '{nodes,0,owner}', '\"q\"'));", "of the session", "no argument, the setting"),
            ("SELECT opres.load_map(jsonb_set(opres.dump_map(), '{nodes,0,owner}', '\"r\"'), ' ');", "of the session", "a blank one, too"),
            ("RESET opres.reason; SELECT opres.load_map(jsonb_set(opres.dump_map(), '{nodes,0,owner}', '\"s\"'), 'again');" + edit,
             "again", "an argument lasts as long as its call")):
        root.run(sql)
        tally.equal([row[0] for row in trail.news(why)][:1], [reason], what)
    tally.equal(root.value("SELECT opres.load_map(NULL, 'x') IS NULL;"), "t", "no document, no revision")

    for call, what in (("label_revision(2, 'x')", "a label"), ("label_revision(2, 'x', ' ')", "a label with a blank"), ("approve_revision(2)", "an approval"),
                       ("grant_access('amy', 'approver')", "an access"), ("revoke_access('amy', 'editor', NULL)", "revoking one"),
                       ("revoke_access('amy', 'editor', '　')", "revoking one with an ideographic space")):
        fails(root, f"SELECT opres.{call};", "22023", f"{what} needs a reason")
    tally.equal(trail.news(), [], "and what is refused is not recorded")
    tally.equal(root.run("SELECT count(*) FROM opres.map_revision WHERE revision = 2 AND (label IS NOT NULL OR approved_at IS NOT NULL);"
                         " SELECT has_table_privilege('amy', 'opres.node', 'DELETE'), has_function_privilege('amy', 'opres.approve_revision(bigint, text)', 'EXECUTE');"),
                [["0"], ["t", "f"]], "nor done")
    root.run("SET opres.reason = 'of the session'; SELECT opres.label_revision(2, 'FY2026'); RESET opres.reason;")
    tally.equal(trail.news("action, reason, content"), [("map.label", "of the session", '{"revision": 2, "label": "FY2026"}')], "the setting does")

    root.run("ALTER DATABASE postgres SET opres.require_reason = on;")
    with Session(user="amy") as amy:
        for sql, what in ((edit, "UPDATE"), ("INSERT INTO opres.node (code, kind) VALUES ('new', 'system');", "INSERT"), ("DELETE FROM opres.shock;", "DELETE"),
                          ("COPY opres.node (code, kind) FROM stdin;\nnew\tsystem\n\\.", "COPY"), ("SELECT opres.load_map('{}');", "load_map"),
                          ("SELECT opres.load_map('{}', ' ');", "load_map with a blank")):
            fails(amy, sql, "22023", f"{what} without a reason, where one is required")
        fails(amy, "SET opres.require_reason = off;", "42501", "an editor who does not require a reason of herself")
        tally.equal(trail.news(), [], "none of these is recorded")
        amy.run("SELECT opres.load_map(opres.dump_map()); UPDATE opres.node SET name = name; DELETE FROM opres.node WHERE false;")
        tally.equal(trail.news(), [], "what changes nothing needs no reason")
        amy.run(f"BEGIN; SET LOCAL opres.reason = 'given'; {edit} COMMIT; SELECT opres.load_map(jsonb_set(opres.dump_map(), '{{nodes,0,owner}}', '\"t\"'), 'given');")
        tally.equal(trail.news(why), [("given",), ("given",)], "with a reason they pass")
    root.run("ALTER DATABASE postgres RESET opres.require_reason;")


# Once, or not at all -------------------------------------------------------------------------------------------------------------

def counting(root, trail):
    edit = "UPDATE opres.node SET name = coalesce(name, '') || '+' WHERE code = 'a';"
    other = "UPDATE opres.shock SET level = 1 - level;"
    swallow = "DO $$BEGIN BEGIN {} RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END; END$$;"
    one = [("map.revision",)]
    for sql, want, what in (
            (f"BEGIN; {edit} {other} {edit} DELETE FROM opres.tolerance; {edit} COMMIT;", one, "many statements, one entry"),
            (f"BEGIN; {edit} ROLLBACK;", [], "a rollback"),
            (f"BEGIN; SAVEPOINT s; {edit} ROLLBACK TO s; COMMIT;", [], "a rollback to a savepoint"),
            (f"BEGIN; SAVEPOINT s; {edit} ROLLBACK TO s; {other} COMMIT;", one, "an edit after it"),
            (f"BEGIN; {edit} SAVEPOINT s; {other} ROLLBACK TO s; COMMIT;", one, "an edit before it"),
            (f"BEGIN; SAVEPOINT s; SAVEPOINT t; {edit} RELEASE t; ROLLBACK TO s; COMMIT;", [], "released, then rolled back"),
            (f"BEGIN; SAVEPOINT s; SAVEPOINT t; {edit} RELEASE t; RELEASE s; COMMIT;", one, "released twice"),
            (swallow.format(edit), [], "an exception swallowed"),
            (swallow.format(edit) + other, one, "an exception swallowed in another transaction"),
            (f"BEGIN; {swallow.format(edit)} {other} COMMIT;", one, "an exception swallowed before an edit"),
            (swallow.format("PERFORM opres.label_revision(1, 'gone', 'x');"), [], "a label swallowed"),
            (swallow.format("PERFORM opres.grant_access('amy', 'approver', 'x');"), [], "an access swallowed"),
            ("SELECT opres.load_map(opres.dump_map(), 'nothing');", [], "a load that changes nothing"),
            ("UPDATE opres.node SET name = name;", [], "an update that changes nothing"),
            ("INSERT INTO opres.node (code, kind) VALUES ('a', 'system') ON CONFLICT DO NOTHING;", [], "an insert that conflicts"),
            ("INSERT INTO opres.node (code, kind) VALUES ('a', 'data') ON CONFLICT (code) DO UPDATE SET name = opres.node.name;", [], "an upsert that changes nothing"),
            ("INSERT INTO opres.node (code, kind) VALUES ('a', 'data') ON CONFLICT (code) DO UPDATE SET name = 'upserted';", one, "one that does"),
            ("DELETE FROM opres.node WHERE code = 'nobody';", [], "deleting nothing"),
            ("BEGIN; INSERT INTO opres.node (code, kind) VALUES ('brief', 'data'); DELETE FROM opres.node WHERE code = 'brief'; COMMIT;", one, "a row that came and went"),
            ("BEGIN; SET CONSTRAINTS ALL IMMEDIATE; " + edit + other + "COMMIT;", one, "immediate constraints"),
            (f"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1; {edit} COMMIT;", one, "REPEATABLE READ"),
            (f"BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; {edit} COMMIT;", one, "SERIALIZABLE"),
            ("UPDATE opres.node SET code = 'a2' WHERE code = 'a';", one, "a cascade"),
            ("UPDATE opres.node SET code = 'a' WHERE code = 'a2';", one, "and back"),
            (f"BEGIN; {edit} SELECT opres.label_revision((SELECT revision FROM opres.map_head), 'draft', 'at once'); COMMIT;",
             [("map.label",), ("map.revision",)], "a revision labelled at once")):
        root.run(sql)
        tally.equal(trail.news("action"), want, what)
    for sql, code, what in ((f"BEGIN; {edit} PREPARE TRANSACTION 'p';", "0A000", "an edit cannot be prepared"),
                            ("INSERT INTO opres.requirement (node, name) VALUES ('nobody', 'x');", "23503", "a map that is not valid")):
        fails(root, sql, code, what)
        root.run("ROLLBACK;")
    tally.equal(trail.news(), [], "and is not recorded")
    root.run("BEGIN; SELECT opres.label_revision(1, 'FY2025', 'for good'), opres.label_revision(2, NULL, 'taken off'), opres.label_revision(3, '年度', 'x'); COMMIT;")
    tally.equal(trail.news("subject, content"), [("map revision 1", '{"revision": 1, "label": "FY2025"}'), ("map revision 2", '{"revision": 2, "label": null}'),
                                                ("map revision 3", '{"revision": 3, "label": "年度"}')], "labels, in their order")
    tally.equal(root.value("SELECT count(*) FROM opres.audit_entry WHERE action = 'map.revision';"),
                root.value("SELECT count(*) FROM opres.map_revision;"), "as many entries as revisions")


def together(root, trail):
    """Editors, a labeller and somebody who verifies, all at once; each commits from within a procedure."""
    loop = "DO $$BEGIN FOR i IN 1..{} LOOP {}; COMMIT; END LOOP; END$$;"
    users = [Session(user="amy") for _ in range(4)]
    before = head(root)
    trail.news()
    for number, session in enumerate(users[:3]):
        session.send(f"SET opres.reason = 'editor {number}'; " + loop.format(100, f"UPDATE opres.node SET owner = '{number} ' || i WHERE code = 'b'"))
    users[3].send(loop.format(100, "PERFORM opres.label_revision(1 + i % 3, 'L' || i, 'loop')"))
    looks = 0
    while head(root) < before + 250 and looks < 2000:
        found = root.run("SELECT * FROM opres.verify_map_revisions();")
        if found:
            tally.equal(found, [], "while others edit, the map agrees with the trail")
            break
        looks += 1
    for session in users:
        session.receive()
        session.close()
    tally.ok(looks > 1, f"{looks} looks while others edited")
    news = trail.news("action, reason")
    tally.equal({row: news.count(row) for row in news}, {**{("map.revision", f"editor {n}"): 100 for n in range(3)}, ("map.label", "loop"): 100},
                "an entry for each commit of a procedure")
    tally.equal(root.run("SELECT * FROM opres.verify_audit();"), [], "after it, too")


# What ----------------------------------------------------------------------------------------------------------------------------

def record_text(values):
    """A row as PostgreSQL writes it, NULL as None."""
    def quoted(value):
        if value is None:
            return ""
        if value != "" and not any(c in '"\\(),' or c.isspace() for c in value):
            return value
        return '"' + value.replace("\\", "\\\\").replace('"', '""') + '"'
    return "(" + ",".join(map(quoted, values)) + ")"


def table_rows(table, database="postgres"):
    """Rows of a table as text, column by column; settings as psql finds them are not to matter, so these are set here."""
    null = "a text no row has"
    sql = ("SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET extra_float_digits = 1; SET client_encoding = 'UTF8';"
           f" COPY opres.{table} TO STDOUT (FORMAT csv, HEADER, NULL '{null}', FORCE_QUOTE *);")
    out = subprocess.run(["psql", "-X", "-q", "-d", database, "-c", sql], check=True, capture_output=True).stdout.decode()
    rows = list(csv.reader(io.StringIO(out, newline="")))
    return [dict(zip(rows[0], (None if value == null else value for value in row))) for row in rows[1:]]


def digest(rows):
    hashes = sorted(hashlib.sha256(record_text(row.values()).encode()).digest() for row in rows)
    return {"rows": len(rows), "sha256": hashlib.sha256(b"".join(hashes)).hexdigest()}


def expected_contents(database="postgres"):
    """What the trail must say of each revision, from the tables."""
    written, ended = {}, {}
    for table in TABLES:
        for history in ("", "_history"):
            for row in table_rows(table + history, database):
                until = row.pop("until_revision", None)
                written.setdefault(row["since_revision"], {}).setdefault(table, []).append(row)
                if until is not None:
                    ended.setdefault(until, {}).setdefault(table, []).append(row)
    return {row["revision"]: {"revision": int(row["revision"]), "stamp": row["stamp"],
                              "made_at": (row["made_at"].replace(" ", "T").removesuffix("+00") + ".").split(".")[0]
                              + "." + (row["made_at"].removesuffix("+00") + ".").split(".")[1].ljust(6, "0") + "Z",
                              "written": {table: digest(rows) for table, rows in written.get(row["revision"], {}).items()},
                              "ended": {table: digest(rows) for table, rows in ended.get(row["revision"], {}).items()}}
            for row in table_rows("map_revision", database)}


def digests(root, trail):
    # Values that quote, NULLs, every type, and sessions that write them otherwise.
    root.run("""INSERT INTO opres.node (code, kind, name, names, owner, restart, unavailability, rto, reviewed_on, attributes) VALUES
        ('q "1\\', 'data', E'two\\nlines,(x)', '{"ja": "\\"引用\\""}', '', '1 day 25:00:00.000001', 1e-300, '36500 days', '0044-03-15 BC', '{"b": [1, 1e2], "a": null}');
      SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Kolkata'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = -15; SET bytea_output = 'escape';
      INSERT INTO opres.node (code, kind, unavailability, reviewed_on, rto) VALUES ('third', 'data', 1.0 / 3, '31/12/2025', '1 day 02:03:04.5');
      INSERT INTO opres.scenario (code, start) VALUES ('later', '2026-11-21 12:00:00.25 Asia/Tokyo');
      UPDATE opres.shock SET probability = 1.0 / 3, duration = '1 day 2:30', duration_distribution = 'lognormal(median 4h, p95 12h)';
      DELETE FROM opres.calendar_day WHERE day = '20/11/2026';""")
    tally.equal(root.run("SELECT * FROM opres.verify_map_revisions();"), [], "whatever the session's settings")
    for setting in ("datestyle", "timezone", "intervalstyle", "extra_float_digits", "bytea_output"):
        root.run(f"RESET {setting};")
    tally.equal(root.run("SELECT * FROM opres.verify_map_revisions();"), [], "and others")
    trail.news()
    check_contents(root, "postgres", 40)
    root.run("SET max_parallel_workers_per_gather = 8; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
             " SELECT count(*) FROM opres.node; SELECT opres.label_revision(4, 'parallel', 'a test');")
    tally.equal(root.run("SELECT v.* FROM opres.node, opres.verify_map_revisions() AS v;"), [], "with parallel workers")
    root.run("RESET ALL;")
    hashes = "(SELECT sha256(n::text::bytea) AS h FROM generate_series(1, 1000) AS n ORDER BY 1)"
    tally.equal(root.value(f"SELECT opres.sha256_of(h) = (SELECT sha256(string_agg(h, '' ORDER BY h)) FROM {hashes} AS a) FROM {hashes} AS b;"), "t",
                "sha256_of is sha256(string_agg())")
    tally.equal(root.run("SELECT opres.sha256_of(h) IS NULL FROM (SELECT ''::bytea AS h WHERE false) AS n;"), [["t"]],
                "of nothing it is NULL")
    fails(root, f"SELECT opres.sha256_of(h ORDER BY h DESC) FROM {hashes} AS a;", "22023", "hashes the wrong way round")
    fails(root, "SELECT opres.sha256_of('x');", "22023", "what is no hash")
    fails(root, "SELECT opres.sha256_of(NULL);", "22023", "nor is NULL")
    tally.equal(root.value("SELECT opres.row_sha256('日本') = sha256(convert_to('日本', 'UTF8'));"), "t", "row_sha256 is sha256 of UTF-8")


def check_contents(session, database, least):
    want = expected_contents(database)
    got = {row[0]: json.loads(row[1]) for row in session.run("SELECT substring(subject FROM '\\d+$'), content FROM opres.audit_entry WHERE action = 'map.revision';")}
    tally.equal(sorted(got), sorted(want), f"{database}: the revisions that are there are recorded")
    tally.ok(len(want) >= least and any(c["ended"] for c in want.values()), f"{database}: there are digests to compare")
    for revision, content in want.items():
        tally.equal(got.get(revision), content, f"{database}: revision {revision} as computed here")


# Behind its back -----------------------------------------------------------------------------------------------------------------

def findings(session, lang="en"):
    return session.run(f"SELECT problem, coalesce(entry::text, '-'), detail FROM opres.verify_map_revisions('{lang}');")


def tampering(root, trail):
    root.run(f"SELECT opres.load_map($map${MAP}$map$, 'as it was'); SELECT opres.label_revision(1, 'FY2025', 'x');"
             " UPDATE opres.requirement SET buffer = '1 h'; UPDATE opres.node SET owner = 'o';")
    with Session(user="bob") as bob:
        tally.ok(head(root) > 5, "there are revisions")
        bob.run("SELECT opres.approve_revision(1, 'fine');")
    trail.news()
    entry = {f"{a}/{s.removeprefix('map revision ')}": e for e, a, s in root.run("SELECT max(entry), action, subject FROM opres.audit_entry GROUP BY action, subject;")}
    last = head(root)
    gone = root.value("SELECT until_revision FROM opres.node_history WHERE code = 'a' ORDER BY 1 LIMIT 1;")
    was = root.value(f"SELECT since_revision FROM opres.node_history WHERE code = 'a' AND until_revision = {gone};")
    made = {t: root.value(f"SELECT max(since_revision) FROM opres.{t};") for t in TABLES}

    def revision(number, *problems):
        return {(problem, entry[f"map.revision/{number}"]) for problem in problems}

    attacks = [
        # SQL, problems with the entries that tell them, a word of the details
        ("UPDATE opres.node SET name = 'x' WHERE code = 'a';", revision(last, "rows changed"), "Table node,"),
        ("UPDATE opres.node SET owner = NULL WHERE code = 'a';", revision(last, "rows changed"), "Table node,"),
        ("DELETE FROM opres.node WHERE code = 'b';", revision(last, "rows changed"), "Table node,"),
        ("INSERT INTO opres.node (code, kind, since_revision) VALUES ('z', 'data', 1);", revision(1, "rows changed"), "Table node,"),
        ("INSERT INTO opres.node (code, kind, since_revision) VALUES ('z', 'data', 999);", {("rows unrecorded", "-")}, "999"),
        (f"UPDATE opres.node SET since_revision = 1 WHERE code = 'a';", revision(1, "rows changed") | revision(last, "rows changed"), "Table node,"),
        (f"UPDATE opres.node_history SET name = 'x' WHERE code = 'a' AND until_revision = {gone};", revision(gone, "rows changed") | revision(was, "rows changed"), "Table node,"),
        (f"DELETE FROM opres.node_history WHERE code = 'a' AND until_revision = {gone};", revision(gone, "rows changed") | revision(was, "rows changed"), "Table node,"),
        (f"UPDATE opres.node_history SET until_revision = 1 WHERE code = 'a' AND until_revision = {gone};",
         revision(1, "rows changed") | revision(gone, "rows changed"), "changed or deleted"),
        ("CREATE TABLE public.more (LIKE opres.node INCLUDING CONSTRAINTS); ALTER TABLE public.more INHERIT opres.node; INSERT INTO public.more SELECT * FROM opres.node WHERE code = 'a';",
         revision(last, "rows changed"), "Table node,"),
        *((f"DELETE FROM opres.{t} WHERE since_revision = {made[t]};", revision(made[t], "rows changed"), f"Table {t},") for t in TABLES),
        *((f"DELETE FROM opres.{t}_history WHERE until_revision = (SELECT max(until_revision) FROM opres.{t}_history);", None, f"Table {t},") for t in TABLES),
        ("UPDATE opres.map_revision SET made_by = 'eve' WHERE revision = 3;", revision(3, "revision changed"), "made_by"),
        ("UPDATE opres.map_revision SET made_at = made_at + '1 s' WHERE revision = 3;", revision(3, "revision changed"), "made_at"),
        ("UPDATE opres.map_revision SET stamp = gen_random_uuid() WHERE revision = 3;", revision(3, "revision changed"), "stamp"),
        ("DELETE FROM opres.map_revision WHERE revision = 3;", revision(3, "revision missing"), "does not exist"),
        (f"DELETE FROM opres.map_revision WHERE revision = {last};", revision(last, "revision missing") | {("head changed", "-")}, "does not exist"),
        (f"INSERT INTO opres.map_revision (revision, stamp, made_at, made_by, made_in) VALUES ({last} + 1, gen_random_uuid(), now(), 'amy', '3');",
         {("revision unrecorded", "-"), ("head changed", "-")}, "amy"),
        ("UPDATE opres.map_head SET stamp = gen_random_uuid();", {("head changed", "-")}, "map_head"),
        ("UPDATE opres.map_head SET revision = 2;", {("head changed", "-")}, "map_head"),
        ("DELETE FROM opres.map_head;", {("head changed", "-")}, "map_head"),
        ("UPDATE opres.map_revision SET label = 'x' WHERE revision = 1;", {("label changed", entry["map.label/1"])}, "FY2025"),
        ("UPDATE opres.map_revision SET label = NULL WHERE revision = 1;", {("label changed", entry["map.label/1"])}, "FY2025"),
        ("UPDATE opres.map_revision SET label = 'x' WHERE revision = 2;", {("label changed", entry["map.label/2"])}, "revision 2"),
        ("UPDATE opres.map_revision SET label = 'x' WHERE revision = 5;", {("label changed", "-")}, "revision 5"),
        ("UPDATE opres.map_revision SET approved_at = now(), approved_by = 'bob' WHERE revision = 2;", {("approval changed", "-")}, "bob"),
        ("UPDATE opres.map_revision SET approved_by = 'amy' WHERE revision = 1;", {("approval changed", entry["map.approve/1"])}, "amy"),
        ("UPDATE opres.map_revision SET approved_at = approved_at - interval '1 day' WHERE revision = 1;", {("approval changed", entry["map.approve/1"])}, "bob"),
        ("UPDATE opres.map_revision SET approved_at = NULL, approved_by = NULL WHERE revision = 1;", {("approval changed", entry["map.approve/1"])}, "bob"),
    ]
    whole = root.run("SELECT * FROM opres.verify_audit();")
    tally.equal((findings(root), whole), ([], []), "nothing was changed")
    for sql, want, word in attacks:
        root.run(f"BEGIN; SET LOCAL session_replication_role = replica; {sql}")
        found = findings(root)
        if want is None:
            tally.ok(found and {problem for problem, _, _ in found} == {"rows changed"}, f"{sql} finds {found}")
        else:
            tally.equal({(problem, number) for problem, number, _ in found}, want, sql)
        tally.ok(any(word in detail for _, _, detail in found), f"{sql}: the detail names {word}: {found}")
        japanese = findings(root, "ja")
        tally.equal([row[:2] for row in japanese], [row[:2] for row in found], f"{sql}: the same in Japanese")
        tally.ok(all(any(ord(c) > 0x3000 for c in detail) and "%" not in detail for _, _, detail in japanese), f"{sql}: in Japanese {japanese}")
        together = root.run("SELECT problem, coalesce(entry::text, '-'), detail FROM opres.verify_audit();")
        tally.ok(all(row in together for row in found), f"{sql}: verify_audit says so too")
        root.run("ROLLBACK;")
    tally.equal(findings(root), [], "undone, nothing is wrong")
    tally.equal(trail.news(), [], "none of this is an edit")
    fails(root, "SELECT * FROM opres.verify_map_revisions('fr');", "22023", "there is no French")
    fails(root, "SELECT * FROM opres.verify_map_revisions(NULL);", "22023", "nor NULL")
    with Session(user="amy") as amy:
        fails(amy, "SELECT * FROM opres.verify_map_revisions();", "42501", "an editor does not verify")
    root.run("CREATE ROLE ann LOGIN; SELECT opres.grant_access('ann', 'auditor', 'internal audit');")
    with Session(user="ann") as ann:
        tally.equal(findings(ann), [], "an auditor does, with her own rights")


def forgeries(root):
    """What a superuser adds to the trail to make it agree: told, because no entry goes away. In a database of its own."""
    with Session("forged") as session:
        session.run("CREATE EXTENSION opres; INSERT INTO opres.node (code, kind) VALUES ('a', 'system'); UPDATE opres.node SET name = 'x';"
                    " SET session_replication_role = replica; UPDATE opres.node SET name = 'y'; SET session_replication_role = origin;"
                    " SELECT opres.audit_append('map.revision', 'map revision 2', NULL, content) FROM opres.revision_contents() WHERE revision = 2;")
        tally.equal({tuple(row[:2]) for row in findings(session)}, {("rows changed", "2"), ("revision doubled", "3")}, "a second entry does not replace the first")
        session.run("SELECT opres.audit_append('map.revision', 'map revision 3', NULL, '{'), opres.audit_append('map.approve', 'map revision 1', 'x', '[1]'),"
                    " opres.audit_append('map.approve', 'map revision 1', 'x', NULL), opres.audit_append('map.revision', NULL, 'x', NULL),"
                    " opres.audit_append('map.label', 'map revision 1', 'x', 'no JSON');")
        tally.equal({tuple(row[:2]) for row in findings(session)},
                    {("rows changed", "2"), ("revision doubled", "3"), ("revision missing", "4"), ("approval changed", "6"), ("revision missing", "7"),
                     ("label changed", "8")}, "what no function of ours wrote")
        session.run("SELECT opres.audit_append('map.revision', 'map revision 4', NULL, 'no JSON'); INSERT INTO opres.node (code, kind) VALUES ('b', 'system');"
                    " BEGIN; INSERT INTO opres.node (code, kind) VALUES ('c', 'system'); DELETE FROM opres.node WHERE code = 'c'; COMMIT;")
        found = {tuple(row[:2]) for row in findings(session)}
        tally.ok({("rows changed", "4"), ("revision changed", "9"), ("revision doubled", "10"), ("revision doubled", "11")} <= found,
                 f"and what stood where a revision came to stand: {found}")


def erasing(root):
    """Content erased by the rules leaves nothing to compare; who made and who approved still is."""
    with Session("erased") as session:
        session.run("CREATE EXTENSION opres; INSERT INTO opres.node (code, kind) VALUES ('a', 'system'); SELECT opres.label_revision(1, 'Ms Sato', 'x');"
                    " SET SESSION AUTHORIZATION bob; RESET SESSION AUTHORIZATION; SELECT opres.grant_access('bob', 'approver', 'x');"
                    " SET SESSION AUTHORIZATION bob; SELECT opres.approve_revision(1, 'x'); RESET SESSION AUTHORIZATION;"
                    " SELECT opres.erase_content(e, 'personal data') FROM generate_series(1, 4) AS e;")
        tally.equal(session.run("SELECT * FROM opres.verify_audit();"), [], "erased content")
        session.run("SET session_replication_role = replica; UPDATE opres.map_revision SET made_by = 'eve', approved_by = 'eve', label = 'Ms X';")
        tally.equal({tuple(row[:2]) for row in findings(session)}, {("revision changed", "1"), ("approval changed", "4")}, "names are compared")


def not_yet(root):
    """Within the transaction of an act its entry is not written, and not missed; what else there is to find is found."""
    root.run("SELECT opres.audit_append('test', NULL, 'x', 'to be erased');")
    entry = root.value("SELECT max(entry) FROM opres.audit_entry;")
    root.run("SELECT opres.install_ddl_guard('x');")
    number = root.value("SELECT entry FROM opres.audit_trail WHERE action = 'map.revision' AND NOT erased ORDER BY entry LIMIT 1;")
    forge = f"SET session_replication_role = replica; UPDATE opres.map_revision SET made_by = 'zoe' WHERE 'map revision ' || revision = (SELECT subject FROM opres.audit_entry WHERE entry = {number}); SET session_replication_role = origin;"
    for act in ("UPDATE opres.node SET owner = 'not yet' WHERE code = 'a';", "INSERT INTO opres.node (code, kind) VALUES ('not yet', 'system');",
                "DELETE FROM opres.tolerance; UPDATE opres.node SET owner = 'not yet', name = 'twice' WHERE code = 'a';",
                "SELECT opres.label_revision(2, 'not yet', 'x');", f"SELECT opres.erase_content({entry}, 'x');", "SELECT opres.remove_ddl_guard('x');"):
        for way in (f"BEGIN; {act}", f"BEGIN; SAVEPOINT s; {act} ROLLBACK TO s;", f"BEGIN; SAVEPOINT s; {act} RELEASE s;"):
            root.run(way)
            tally.equal(root.run("SELECT * FROM opres.verify_audit();"), [], f"{way} nothing is missed")
            root.run(forge)
            tally.equal(root.run("SELECT problem, entry FROM opres.verify_audit();"), [["revision changed", number]], f"{way} the rest is compared")
            root.run("ROLLBACK;")
        tally.equal(root.run("SELECT * FROM opres.verify_audit();"), [], f"after {act}")
    root.run("SELECT opres.remove_ddl_guard('x');")
    tally.equal(root.run("SELECT * FROM opres.verify_audit();"), [], "the guard removed")


# Elsewhere -----------------------------------------------------------------------------------------------------------------------

def restores(root, trail):
    """Dumps of all kinds, and another encoding: the trail comes as it is, adds nothing, and agrees with the map."""
    ways = {
        "plain": "pg_dump postgres | psql -X -q -v ON_ERROR_STOP=1 -d {}",
        "parallel": "pg_dump -Fd -j2 -f {dir}/d postgres && pg_restore -j4 -d {} {dir}/d",
        "inserts": "pg_dump --inserts postgres | PGOPTIONS='-c datestyle=german -c intervalstyle=sql_standard -c timezone=Asia/Tokyo' psql -X -q -v ON_ERROR_STOP=1 -d {}",
    }
    want = root.run("SELECT * FROM opres.audit_entry ORDER BY entry;")
    root.run("DROP FUNCTION public.touch(), public.label(bigint);")
    with tempfile.TemporaryDirectory() as folder:
        for database, way in ways.items():
            root.run(f"CREATE DATABASE {database};")
            run = subprocess.run(["bash", "-o", "pipefail", "-c", way.format(database, dir=folder)], capture_output=True, text=True, check=False,
                                 env=dict(os.environ, PGOPTIONS="-c client_min_messages=warning"))
            tally.equal((run.returncode, run.stderr), (0, ""), f"{database}: restores")
            with Session(database) as session:
                tally.equal(session.run("SELECT * FROM opres.audit_entry ORDER BY entry;"), want, f"{database}: the trail as it was")
                tally.equal(session.run("SELECT * FROM opres.verify_audit();"), [], f"{database}: which agrees with the map")
                session.run("UPDATE opres.node SET location = 'elsewhere';")
                tally.equal(session.run("SELECT * FROM opres.verify_audit();"), [], f"{database}: also after an edit")
                if database == "parallel":
                    check_contents(session, database, 40)
                session.run("SET session_replication_role = replica; UPDATE opres.node SET owner = 'me' WHERE code = 'a';")
                tally.equal([row[0] for row in findings(session)], ["rows changed"], f"{database}: where changes are found")
    tally.equal(trail.news(), [], "a dump adds nothing here")


def encodings(root):
    root.run("CREATE DATABASE euc ENCODING 'EUC_JP' LOCALE 'C' TEMPLATE template0; CREATE DATABASE utf ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;")
    with Session("euc") as session:
        session.run("SET client_encoding = 'UTF8'; CREATE EXTENSION opres; INSERT INTO opres.node (code, kind, name) VALUES ('勘定系', 'system', 'あ'), ('ｱ', 'data', '亜');"
                    " UPDATE opres.node SET name = name || '～' WHERE kind = 'system'; SELECT opres.label_revision(1, '２０２６年度', '承認済み');")
        tally.equal(session.run("SELECT * FROM opres.verify_audit();"), [], "EUC_JP")
        check_contents(session, "euc", 2)
        run = subprocess.run("pg_dump euc | psql -X -q -v ON_ERROR_STOP=1 -d utf", shell=True, capture_output=True, text=True, check=False)
        tally.equal((run.returncode, run.stderr), (0, ""), "from EUC_JP to UTF-8")
    with Session("utf") as session:
        tally.equal(session.run("SELECT * FROM opres.verify_audit();"), [], "the digests of EUC_JP hold in UTF-8")


def main():
    with Session() as root:
        root.run("CREATE EXTENSION opres; CREATE DATABASE forged; CREATE DATABASE erased;")
        trail = Trail(root)
        actors(root, trail)
        reasons(root, trail)
        counting(root, trail)
        digests(root, trail)
        together(root, trail)
        tampering(root, trail)
        not_yet(root)
        forgeries(root)
        erasing(root)
        trail.news()
        restores(root, trail)
        encodings(root)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""load_map beside other editors (stories with a known end; editors.py has the random ones), within transactions, and cancelled."""
import json
import sys
import time

from sessions import Session, SqlError, Tally

tally = Tally()


def document(*codes, **more):
    return json.dumps({"nodes": [{"code": code, "kind": "system", **more} for code in codes]})


def load(text):
    return f"SELECT opres.load_map($doc${text}$doc$);"


CODES = "SELECT coalesce(string_agg(code, ' ' ORDER BY code), '-') FROM opres.node;"
REVISION = "SELECT coalesce((SELECT revision FROM opres.map_head), 0);"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted;"
ADD = "INSERT INTO opres.node (code, kind) VALUES ('late', 'system');"


def fresh_map(session):
    session.run("DROP EXTENSION IF EXISTS opres; CREATE EXTENSION opres;")


def wait_for_waiter(session):
    for _ in range(400):
        if session.value(WAITING) != "0":
            return True
        time.sleep(0.025)
    return False


def refused(session, sql, code, what):
    try:
        session.run(sql)
        tally.ok(False, f"{what}: not refused")
    except SqlError as error:
        tally.equal(error.code, code, what)


def story_of_waiting(a, b, c, end, revision):
    """A load waits for an editor and then compares with what he has left."""
    fresh_map(c)
    a.run(load(document("a", "b")))
    a.run("BEGIN;" + ADD)
    b.send(load(document("a", "b")))
    tally.ok(wait_for_waiter(c), f"the load waits for an editor who will {end}")
    a.run(end + ";")
    tally.equal(b.receive(), [[revision]], f"the revision after {end}")
    tally.equal(c.value(CODES), "a b", f"the map after {end}")


def story_of_snapshots(a, b, c, level):
    """Under an old snapshot a load that writes must fail; its caller tries again."""
    fresh_map(c)
    a.run(load(document("a", "b")))
    b.run(f"BEGIN ISOLATION LEVEL {level};")
    tally.equal(b.value(CODES), "a b", f"{level}: the old map")
    a.run(ADD)
    tally.equal(b.value(load(document("a", "b"))), "1", f"{level}: nothing to change as b sees it")
    refused(b, load(document("a")), "40001", f"{level}: cannot write over what it does not see")
    b.run("ROLLBACK;")
    b.run(f"BEGIN ISOLATION LEVEL {level};")
    tally.equal(b.value(load(document("a"))), "3", f"{level}: works when tried again")
    b.run("COMMIT;")
    tally.equal(c.value(CODES), "a", f"{level}: the map")


def story_of_two_loads(a, b, c):
    """Two loads at once, on a map never edited and on one that has been."""
    fresh_map(c)
    for first, second in ((1, 2), (3, 4)):
        a.run("BEGIN;")
        tally.equal(a.value(load(document("a", "x"))), str(first), "the first load")
        b.send(load(document("b", "x")))
        tally.ok(wait_for_waiter(c), "the second load waits")
        a.run("COMMIT;")
        tally.equal(b.receive(), [[str(second)]], "then it loads")
        tally.equal(c.value(CODES), "b x", "the last one stays")
    # Four at the same time, in any order.
    sessions = [Session() for _ in range(4)]
    for i, session in enumerate(sessions):
        session.send("".join(load(document("x", f"n{i}", owner=str(turn))) for turn in range(25)))
    revisions = [int(row[0]) for session in sessions for row in session.receive()]
    tally.equal(sorted(revisions), list(range(5, 105)), "a hundred loads, a hundred revisions")
    for session in sessions:
        session.close()


def story_of_savepoints(a, c):
    fresh_map(c)
    a.run(load(document("a")))
    a.run("BEGIN; SAVEPOINT s;")
    refused(a, load('{"nodes": [{"code": "b"}]}'), "23502", "a broken document within a transaction")
    a.run("ROLLBACK TO s;")
    tally.equal(a.value(load(document("c"))), "2", "a good one after it")
    a.run("SAVEPOINT t;")
    tally.equal(a.value(load(document("d"))), "2", "one transaction, one revision")
    tally.equal(a.value("SELECT opres.dump_map() = opres.dump_map(2);"), "t", "which can be dumped at once")
    a.run("ROLLBACK TO t; COMMIT;")
    tally.equal(c.value(CODES), "c", "what was not rolled back stays")
    tally.equal(c.value(REVISION), "2", "in one revision")


def story_of_cancelling(a, c):
    """At whatever moment: nothing has changed, and the next load works."""
    fresh_map(c)
    a.run(load(document("a")))
    a.run("""CREATE TEMP TABLE big AS SELECT jsonb_build_object(
        'nodes', (SELECT jsonb_agg(jsonb_build_object('code', 'n' || i, 'kind', 'system')) FROM generate_series(0, 29999) AS i),
        'requirements', (SELECT jsonb_agg(jsonb_build_object('node', 'n' || i, 'name', 'r', 'members', jsonb_build_array(
            jsonb_build_object('node', 'n' || (i + 1) % 30000), jsonb_build_object('node', 'n' || (i + 7) % 30000))))
          FROM generate_series(0, 29999) AS i)) AS document;""")
    cancelled = 0
    for milliseconds in (5, 20, 50, 100, 200, 400, 800, 1200):
        try:
            a.run(f"SET statement_timeout = {milliseconds}; SELECT opres.load_map(document) FROM big;")
            a.run("SET statement_timeout = 0;" + load(document("a")))
        except SqlError as error:
            cancelled += 1
            tally.equal(error.code, "57014", f"cancelled after {milliseconds} ms")
        tally.equal(c.value(CODES), "a", f"the map after {milliseconds} ms")
    tally.ok(cancelled >= 3, "some loads are cancelled")
    a.run("SET statement_timeout = 0;")
    tally.equal(a.value("SELECT opres.load_map(document) > 1 FROM big;"), "t", "it loads when given time")
    tally.equal(a.value("SELECT count(*) FROM opres.requirement_member;"), "60000", "all of it")


with Session() as one, Session() as two, Session() as watcher:
    story_of_waiting(one, two, watcher, "COMMIT", "3")
    story_of_waiting(one, two, watcher, "ROLLBACK", "1")
    story_of_snapshots(one, two, watcher, "REPEATABLE READ")
    story_of_snapshots(one, two, watcher, "SERIALIZABLE")
    story_of_two_loads(one, two, watcher)
    story_of_savepoints(one, watcher)
    story_of_cancelling(one, watcher)
sys.exit(tally.close())

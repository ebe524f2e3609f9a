#!/usr/bin/env python3
"""Runs alone. kill -9 of a session in the middle of an analysis, a compilation, an edit: after the server's recovery the map, its
revisions and what outages do are what was committed, and everything goes on."""
import os
import signal
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
if "OPRES_CLUSTER" not in os.environ:
    os.environ["OPRES_CRASHES"] = "1"
    os.execv(os.path.join(ROOT, "test/with-cluster"), ["with-cluster", os.path.abspath(__file__)])

from sessions import Session, SqlError, Tally  # noqa: E402

tally = Tally()
STATE = """SELECT md5(opres.dump_map()::text);
SELECT revision, stamp, label FROM opres.map_revision ORDER BY revision;
SELECT s.code, md5(string_agg(t::text, ';' ORDER BY t::text)) FROM opres.scenario AS s, LATERAL opres.simulate_levels(s.code) AS t GROUP BY 1 ORDER BY 1;
SELECT md5(string_agg(t::text, ';' ORDER BY t::text)) FROM opres.simulate('dc-east-lost', revision => 1) AS t;"""
LONG = """SELECT count(*) FROM opres.simulate_shocks('[{"code": "x", "node": "zz.a", "duration": "2 microseconds"}]', '36500 days');"""
VICTIMS = {
    "a run": "SET opres.max_events = 0; SET opres.max_memory = 0; " + LONG,
    "a run after an edit of its own": "BEGIN; UPDATE opres.node SET restart = '1 h' WHERE kind = 'process'; SET opres.max_events = 0;"
                                      " SET opres.max_memory = 0; " + LONG,
    "compiling and playing": "DO $$ BEGIN LOOP PERFORM count(*) FROM opres.simulate('dc-east-lost', revision => 1 + (random() * 2)::int); END LOOP; END $$;",
    "editing": "DO $$ BEGIN LOOP UPDATE opres.node SET restart = restart + '1 s'; PERFORM count(*) FROM opres.simulate('dc-east-lost'); END LOOP; END $$;",
    "loading": "BEGIN; DO $$ DECLARE d jsonb := opres.dump_map(); BEGIN LOOP PERFORM opres.load_map('{}'); PERFORM opres.load_map(d); END LOOP; END $$;",
}


def again():
    """A session, as soon as the server lets one in."""
    for _ in range(300):
        session = Session()
        try:
            session.run("SELECT 1;")
            return session
        except (SqlError, ConnectionError, BrokenPipeError):
            time.sleep(.1)
    raise TimeoutError("the server does not come back")


def kill(what, statement, wait):
    with again() as s:
        before = s.run(STATE)
    victim = again()
    pid = int(victim.value("SELECT pg_backend_pid();"))

    def run():
        try:
            victim.run(statement)
        except (SqlError, ConnectionError, BrokenPipeError):
            pass

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(wait)
    tally.ok(thread.is_alive(), f"{what}: still at it")
    os.kill(pid, signal.SIGKILL)
    thread.join()
    victim.process.kill()
    victim.process.wait()
    with again() as s:
        tally.equal(s.run(STATE), before, f"{what}: killed after {wait} s")
        revision = int(s.value("SELECT revision FROM opres.map_head;"))
        s.run("UPDATE opres.node SET restart = restart + '1 min' WHERE code = 'sys.core';")
        tally.equal(int(s.value("SELECT revision FROM opres.map_head;")), revision + 1, f"{what}: editing goes on with the next revision")
        with again() as other:
            tally.equal(s.run(STATE), other.run(STATE), f"{what}: and so do outages")


def main():
    with Session() as s:
        s.run("CREATE EXTENSION opres;")
        with open(os.path.join(ROOT, "test/bank/bank.json"), encoding="utf-8") as file:
            s.run(f"SELECT opres.load_map($doc${file.read()}$doc$);")
        s.run("BEGIN; INSERT INTO opres.node (code, kind, restart) VALUES ('zz.a', 'system', '3 microseconds'), ('zz.b', 'system', '5 microseconds');"
              " INSERT INTO opres.requirement (node, name, buffer) VALUES ('zz.a', 'r', '4 microseconds'), ('zz.b', 'r', '4 microseconds');"
              " INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('zz.a', 'r', 'zz.b'), ('zz.b', 'r', 'zz.a'); COMMIT;"
              " UPDATE opres.node SET name = name || '.' WHERE code = 'sys.core';")
    for what, statement in VICTIMS.items():
        for wait in (.3, .8):
            kill(what, statement, wait)
    return tally.close()


sys.exit(main())

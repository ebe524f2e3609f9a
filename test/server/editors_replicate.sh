#!/bin/bash
# Runs alone: needs a cluster with wal_level = logical.
# Logical replication of the map to another database: what arrives is no edit there, history and revisions come along, and a session
# that has compiled the map lets go of it while the first copy of the tables is still coming in, and with every change after that.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
if [[ ${1:-} != inside ]]; then CLUSTER_OPTIONS='-c wal_level=logical' exec test/with-cluster "$0" inside; fi
cd "$(dirname "$0")" || exit 1
exec python3 - <<'PYTHON'
import os
import sys
import time
sys.path.insert(0, ".")
sys.dont_write_bytecode = True
from sessions import Session, Tally

MAP = """INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('a', 'system'), ('b', 'system');
INSERT INTO opres.requirement (node, name) VALUES ('op', 'r');
INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'a');
INSERT INTO opres.scenario (code) VALUES ('s');
INSERT INTO opres.shock (scenario, code, node, duration) VALUES ('s', 'x', 'a', '4h'), ('s', 'y', 'b', '9h');"""
ALL = ("SELECT revision, (SELECT count(*) FROM opres.map_revision), (SELECT count(*) FROM opres.node_history), md5(opres.dump_map()::text),"
       " md5(opres.dump_map(revision - 1)::text) FROM opres.map_head;")
BACK = "SELECT max(at) FROM opres.simulate_levels('s') WHERE node = 'op';"
tally = Tally()


def wait(session, sql, want):
    """The answer, or what it is after half a minute."""
    until = time.time() + 30
    while True:
        got = session.run(sql)
        if got == want or time.time() > until:
            return got
        time.sleep(0.05)


with Session() as s:
    s.run("CREATE DATABASE source;")
    s.run("CREATE DATABASE target;")
with Session("source") as source, Session("target") as target, Session("target") as looker:
    source.run("CREATE EXTENSION opres;")
    target.run("CREATE EXTENSION opres;")
    source.run(MAP)
    source.run("UPDATE opres.node SET restart = '1h' WHERE code = 'op'; UPDATE opres.node SET name = 'x' WHERE code = 'b';")
    tables = source.value("SELECT string_agg('opres.' || relname, ', ') FROM pg_class WHERE relnamespace = 'opres'::regnamespace AND relkind = 'r';")
    source.run(f"CREATE PUBLICATION map FOR TABLE {tables};")
    source.run("SELECT pg_create_logical_replication_slot('map', 'pgoutput');")
    target.run(f"CREATE SUBSCRIPTION map CONNECTION 'host={os.environ['PGHOST']} user=postgres dbname=source' PUBLICATION map WITH (create_slot = false, slot_name = 'map');")
    until = time.time() + 30
    while time.time() < until:  # looks on while the tables arrive one by one
        try:
            if looker.run(BACK) == source.run(BACK):
                break
        except Exception:
            pass
    tally.equal(wait(target, ALL, source.run(ALL)), source.run(ALL), "the first copy: map, revisions, history")
    tally.equal(looker.run(BACK), [["05:00:00"]], "a session that looked on")
    for sql, back in (("UPDATE opres.node SET restart = '2h' WHERE code = 'op';", "06:00:00"),
                      ("INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'b');", "11:00:00"),
                      ("UPDATE opres.node SET code = 'b2' WHERE code = 'b';", "11:00:00"),
                      ("DELETE FROM opres.requirement_member WHERE member = 'b2';", "06:00:00")):
        source.run(sql)
        tally.equal(wait(looker, BACK, [[back]]), [[back]], f"outage after {sql}")
        tally.equal(wait(target, ALL, source.run(ALL)), source.run(ALL), f"all there is after {sql}")
    try:
        target.run("TRUNCATE opres.shock;")
        tally.ok(False, "TRUNCATE on the subscriber")
    except Exception as error:
        tally.equal(error.code, "0A000", "TRUNCATE on the subscriber")
    target.run("ALTER SUBSCRIPTION map DISABLE; ")
    target.run("ALTER SUBSCRIPTION map SET (slot_name = NONE);")
    target.run("DROP SUBSCRIPTION map;")
    source.run("SELECT pg_drop_replication_slot('map') FROM (SELECT pg_sleep(0.2)) AS pause;")
sys.exit(tally.close())
PYTHON

#!/usr/bin/env python3
"""Analyses on a hot standby: the same answers as on the primary, also in a session of the standby that keeps a compiled map while the
primary edits, restores rows and withdraws edits; no edit there; and an ordinary server after promotion. A physical standby of the
test's cluster, by pg_basebackup over the Unix socket."""
import os
import shutil
import subprocess
import sys
import time

from sessions import Session, SqlError, Tally

CLUSTER = os.environ["OPRES_CLUSTER"]
PRIMARY, STANDBY = os.environ["PGHOST"], os.path.join(CLUSTER, "standby-socket")
DATA = os.path.join(CLUSTER, "standby")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
tally = Tally()

ANSWERS = """SELECT 'document', md5(opres.dump_map()::text);
SELECT 'outage', s.code, md5(string_agg(t::text, ';' ORDER BY t::text)) FROM opres.scenario AS s, LATERAL opres.simulate(s.code) AS t GROUP BY 2 ORDER BY 2;
SELECT 'levels', s.code, md5(string_agg(t::text, ';' ORDER BY t::text)) FROM opres.scenario AS s, LATERAL opres.simulate_levels(s.code) AS t GROUP BY 2 ORDER BY 2;
SELECT 'back', s.code, md5(string_agg(t::text, ';' ORDER BY t::text)) FROM opres.scenario AS s, LATERAL opres.recovery_order(s.code) AS t GROUP BY 2 ORDER BY 2;
SELECT 'why', s.code, md5(string_agg(t::text, ';')) FROM opres.scenario AS s, LATERAL opres.explain(s.code, 'op.transfer', '3 hours', 'ja') AS t GROUP BY 2 ORDER BY 2;
SELECT 'before', r.revision, md5(string_agg(t::text, ';' ORDER BY t::text)) FROM opres.map_revision AS r, LATERAL opres.simulate('dc-east-lost', revision => r.revision) AS t
  GROUP BY 2 ORDER BY 2;
SELECT 'what if', md5(string_agg(t::text, ';')) FROM opres.simulate_shocks('[{"node": "net.wan", "code": "x", "duration": "5h"}]') AS t;
SELECT 'locked', * FROM opres.restart_deadlocks();
SELECT 'needs', n.code, md5(string_agg(t::text, ';' ORDER BY t::text)) FROM opres.node AS n, LATERAL opres.depends_on(n.code) AS t WHERE n.kind = 'operation' GROUP BY 2 ORDER BY 2;
SELECT 'used by', md5(string_agg(t::text, ';' ORDER BY t::text)) FROM opres.dependents('net.wan') AS t;
SELECT 'drawn', md5(opres.map_dot(scenario => 'dc-east-lost'));"""


def at(host):
    """A session on that server."""
    os.environ["PGHOST"] = host
    try:
        return Session()
    finally:
        os.environ["PGHOST"] = PRIMARY


def as_server(*command):
    """Runs one of the server's programs as the user who may."""
    if os.geteuid() == 0:
        command = ("runuser", "-u", "postgres", "--", *command)
    subprocess.run(command, check=True, cwd=CLUSTER, stdout=subprocess.DEVNULL)


def start_standby(primary):
    as_server("mkdir", "-p", STANDBY)
    as_server("pg_basebackup", "-h", PRIMARY, "-U", "postgres", "-D", DATA, "-R", "-X", "stream", "-c", "fast", "--no-sync")
    settings = {"listen_addresses": "", "unix_socket_directories": STANDBY, "fsync": "off", "timezone": "UTC"}
    for name in ("extension_destdir", "extension_control_path", "dynamic_library_path"):
        value = primary.run(f"SELECT current_setting('{name}', true);")[0][0]
        if value:
            settings[name] = value
    as_server("pg_ctl", "-D", DATA, "-s", "-w", "-l", os.path.join(CLUSTER, "standby.log"), "-o",
              " ".join(f"-c {name}='{value}'" for name, value in settings.items()), "start")


def caught_up(primary, standby):
    lsn = primary.value("SELECT pg_current_wal_lsn();")
    for _ in range(600):
        if standby.value(f"SELECT pg_last_wal_replay_lsn() >= '{lsn}';") == "t":
            return
        time.sleep(.05)
    raise TimeoutError("the standby does not catch up")


def compare(primary, standby, what):
    """A warm session of the standby and a new one against the primary."""
    caught_up(primary, standby)
    want = primary.run(ANSWERS)
    tally.ok(len(want) > 30, f"{what}: {len(want)} answers")
    tally.equal(standby.run(ANSWERS), want, f"{what}: a warm session")
    with at(STANDBY) as fresh:
        tally.equal(fresh.run(ANSWERS), want, f"{what}: a new session")


def edits(primary, standby):
    compare(primary, standby, "as backed up")
    primary.run("UPDATE opres.node SET restart = restart + '7 min' WHERE kind = 'system';")
    compare(primary, standby, "after an edit")
    primary.run("BEGIN; UPDATE opres.node SET restart = '9 h'; SAVEPOINT s; DELETE FROM opres.tolerance; ROLLBACK TO s;")
    compare_open = standby.run(ANSWERS)
    primary.run("COMMIT;")
    compare(primary, standby, "after a commit")
    tally.ok(standby.run(ANSWERS) != compare_open, "the standby sees the commit and nothing before it")
    primary.run("BEGIN; DELETE FROM opres.shock; ROLLBACK;")
    compare(primary, standby, "after a rollback")
    # A snapshot of the standby stays what it is while the primary goes on.
    standby.run("BEGIN ISOLATION LEVEL REPEATABLE READ;")
    before = standby.run(ANSWERS)
    primary.run("UPDATE opres.shock SET duration = duration + '1 h' WHERE duration > '0';")
    caught_up(primary, standby)
    tally.equal(standby.run(ANSWERS), before, "an old snapshot on the standby")
    standby.run("COMMIT;")
    compare(primary, standby, "and a new one")
    # Restored rows have no new stamp: only the invalidation in the log says that kept maps are not the map any more.
    primary.run("INSERT INTO opres.node (code, kind, since_revision) VALUES ('zz', 'system', 1);"
                " INSERT INTO opres.requirement (node, name, since_revision) SELECT code, 'restored', 1 FROM opres.node WHERE kind = 'operation';"
                " INSERT INTO opres.requirement_member (node, requirement, member, since_revision) SELECT node, name, 'zz', 1 FROM opres.requirement"
                " WHERE name = 'restored';")
    compare(primary, standby, "after rows were restored on the primary")
    tally.equal(standby.value("SELECT count(*) > 0 FROM opres.dependents('zz');"), "t", "which the standby sees")


def refusals(standby):
    for sql in ("UPDATE opres.node SET name = 'x';", "SELECT opres.load_map('{}');", "SELECT opres.label_revision(1, 'x', 'y');"):
        try:
            standby.run(sql)
            tally.ok(False, f"on a standby: {sql}")
        except SqlError as error:
            tally.equal(error.code, "25006", f"on a standby: {sql}")
    tally.equal(standby.value("SELECT pg_is_in_recovery();"), "t", "still a standby")


def promotion(primary, standby):
    want = primary.run(ANSWERS)
    as_server("pg_ctl", "-D", DATA, "-s", "-w", "promote")
    for _ in range(200):
        if standby.value("SELECT pg_is_in_recovery();") == "f":
            break
        time.sleep(.05)
    tally.equal(standby.run(ANSWERS), want, "after promotion, in the same session")
    standby.run("DELETE FROM opres.requirement WHERE name = 'restored';")
    with at(STANDBY) as fresh:
        tally.equal(standby.run(ANSWERS), fresh.run(ANSWERS), "after promotion and an edit")
    tally.ok(standby.run(ANSWERS) != want, "which changed something")
    tally.equal(primary.run(ANSWERS), want, "and nothing on the old primary")


def main():
    with Session() as primary:
        primary.run("CREATE EXTENSION opres;")
        with open(os.path.join(ROOT, "test/bank/bank.json"), encoding="utf-8") as file:
            primary.run(f"SELECT opres.load_map($doc${file.read()}$doc$);")
        primary.run("UPDATE opres.node SET restart = restart + '1 min' WHERE kind = 'process';")
        try:
            start_standby(primary)
            with at(STANDBY) as standby:
                edits(primary, standby)
                refusals(standby)
                promotion(primary, standby)
        finally:
            if os.path.exists(os.path.join(DATA, "postmaster.pid")):
                as_server("pg_ctl", "-D", DATA, "-s", "-m", "immediate", "stop")
            shutil.rmtree(DATA, ignore_errors=True)
    return tally.close()


sys.exit(main())

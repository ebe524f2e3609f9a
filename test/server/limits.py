#!/usr/bin/env python3
"""opres.max_events and opres.max_memory: what they stop, what they let through, that the memory is really no more, and that an outage
without end stops by itself under the default settings."""
import sys
import time

from sessions import Session, SqlError, Tally

tally = Tally()
# A dip of 5 us goes round every 8 us, for ever.
MAP = """BEGIN;
INSERT INTO opres.node (code, kind, restart) VALUES ('op', 'operation', '0'), ('a', 'system', '3 microseconds'), ('b', 'system', '5 microseconds');
INSERT INTO opres.requirement (node, name, buffer) VALUES ('a', 'r', '4 microseconds'), ('b', 'r', '4 microseconds'), ('op', 'r', '0');
INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('a', 'r', 'b'), ('b', 'r', 'a'), ('op', 'r', 'a');
INSERT INTO opres.tolerance (operation, tolerance) VALUES ('op', '100% within 1h');
INSERT INTO opres.scenario (code) VALUES ('s');
INSERT INTO opres.shock (scenario, code, node, duration) VALUES ('s', 'x', 'a', '2 microseconds');
COMMIT;"""
ENDLESS = "SELECT count(*) FROM opres.{}('s', horizon => '36500 days');"


def peak(session, pid, reset=False):
    """Most private memory of the backend so far, in kB; with reset, from now on."""
    if reset:
        with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status if ":" in line)
    return int(fields["VmHWM"].split()[0])


def refused(session, sql, what):
    """Ends with a limit's error, which is returned."""
    try:
        session.run(sql)
        tally.ok(False, f"{what}: not stopped")
        return ""
    except SqlError as error:
        tally.equal(error.code, "54000", what)
        return str(error)


def stops(session, pid):
    """Each limit alone, and the defaults."""
    for limit, text in (("SET opres.max_events = 10000; SET opres.max_memory = 0;", "more events than opres.max_events"),
                        ("SET opres.max_events = 0; SET opres.max_memory = '4 MB';", "more memory than opres.max_memory")):
        session.run(limit)
        for function in ("simulate", "simulate_levels", "recovery_order"):
            tally.ok(text in refused(session, ENDLESS.format(function), f"{function}, {limit}"), f"{function}: the error says {text}")
        tally.ok(text in refused(session, "SELECT count(*) FROM opres.explain('s', 'op', '36500 days');", f"explain, {limit}"), f"explain says {text}")
        tally.ok(text in refused(session, "SELECT count(*) FROM opres.simulate_shocks('[{\"code\": \"x\", \"node\": \"a\", \"duration\": \"2 us\"}]', '36500 days');",
                                 f"simulate_shocks, {limit}"), f"simulate_shocks says {text}")
    session.run("RESET opres.max_events; RESET opres.max_memory;")
    before = peak(session, pid, reset=True)
    start = time.monotonic()
    refused(session, ENDLESS.format("simulate"), "the defaults")
    took = time.monotonic() - start
    grown = (peak(session, pid) - before) // 1024
    tally.ok(took < 120, f"the defaults stop an outage without end only after {took:.0f} s")
    tally.ok(grown < 1024 + 64, f"the defaults: {grown} MB were taken")
    print(f"default limits: an outage without end stopped after {took:.1f} s, {grown} MB taken")


def bounds(session, pid):
    """The memory of a run stays below opres.max_memory, whatever it is set to."""
    session.run("SET opres.max_events = 0;")
    for megabytes in (1, 8, 64):
        session.run(f"SET opres.max_memory = '{megabytes} MB';")
        before = peak(session, pid, reset=True)
        refused(session, ENDLESS.format("simulate"), f"{megabytes} MB")
        grown = peak(session, pid) - before
        tally.ok(grown <= megabytes * 1024 + 1024, f"opres.max_memory = {megabytes} MB: {grown} kB were taken")
    session.run("RESET opres.max_memory; RESET opres.max_events;")


def fewest(session, setting, unit, sql):
    """The smallest value of the setting with which the statement runs, by halving; it runs with every larger one tried."""
    low, high = 0, 1 << 24
    while high - low > 1:
        middle = (low + high) // 2
        session.run(f"SET {setting} = '{middle}{unit}';")
        try:
            session.run(sql)
            high = middle
        except SqlError as error:
            if error.code != "54000":
                raise
            low = middle
    session.run(f"RESET {setting};")
    return high


def thresholds(session):
    """Just enough is enough, one less is not, and the answer does not depend on the limit."""
    sql = "SELECT * FROM opres.simulate_levels('s', '0.001 s');"
    want = session.run(sql)
    # a and op: down at 0, up at 5 us, every 8: 125 times each; b down at 4, up at 10, the last one at 1002 us
    tally.equal(len(want), 250 + 250 + 249, "levels in a millisecond")
    for setting, unit in (("opres.max_events", ""), ("opres.max_memory", " kB")):
        enough = fewest(session, setting, unit, sql)
        for value in (enough, enough + 1, enough * 2):
            session.run(f"SET {setting} = '{value}{unit}';")
            tally.equal(session.run(sql), want, f"{setting} = {value}{unit}")
        session.run(f"RESET {setting};")
        print(f"{setting}: {enough}{unit} are enough for {len(want)} changes")


def settings(session):
    for setting, value, code in (("opres.max_events", "-1", "22023"), ("opres.max_memory", "-1", "22023"), ("opres.max_memory", "many", "22023"),
                                 ("opres.max_events", "1 kB", "22023")):
        try:
            session.run(f"SET {setting} = '{value}';")
            tally.ok(False, f"{setting} = {value}: accepted")
        except SqlError as error:
            tally.equal(error.code, code, f"{setting} = {value}")
    tally.equal(session.run("SELECT name, setting, unit, context FROM pg_settings WHERE name IN ('opres.max_events', 'opres.max_memory') ORDER BY 1;"),
                [["opres.max_events", "100000000", "", "user"], ["opres.max_memory", "1048576", "kB", "user"]], "defaults")


def main():
    with Session() as s:
        s.run("CREATE EXTENSION opres;")
        s.run(MAP)
        pid = s.value("SELECT pg_backend_pid();")
        s.value("SELECT count(*) FROM opres.simulate('s', '1 microsecond');")
        settings(s)
        thresholds(s)
        stops(s, pid)
        bounds(s, pid)
        tally.equal(s.value("SELECT count(*) FROM opres.simulate_levels('s', '0.000007 s');"), "5", "and the next answer is right")
    return tally.close()


sys.exit(main())

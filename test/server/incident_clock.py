#!/usr/bin/env python3
"""The tolerance clock against two independent computations: a map of three nodes played here minute by minute, and simulate_shocks
called with shocks this test has made of the histories it gave to update_incident. Histories are random: lost, degraded, restored, hit
again, corrected. Then the clock for a reader, for nobody, and on a hot standby. OPRES_LONG=1: ten times as many histories."""
import json
import os
import random
import sys
from datetime import datetime, timedelta, timezone

from clusters import Cluster
from sessions import Session, SqlError, Tally

LONG = 10 if os.environ.get("OPRES_LONG") else 1
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOKYO = timezone(timedelta(hours=9))
MINUTES = 4 * 24 * 60  # played here; every tolerance is shorter than half of it, and nothing changes later than the middle
RESTART = 25
SMALL = {"nodes": [{"code": "op", "kind": "operation"}, {"code": "a", "kind": "system", "restart": f"{RESTART} min"}, {"code": "b", "kind": "network"}],
         "requirements": [{"node": "op", "name": "a", "members": [{"node": "a"}]}, {"node": "op", "name": "b", "members": [{"node": "b"}]}],
         "tolerances": [{"operation": "op", "tolerance": t} for t in
                        ("100% within 2h", "50% within 30min", "1% within 12h", "100% by 15:30 Asia/Tokyo", "40% by 09:00 Asia/Tokyo")]}
tally = Tally()


class Hit:
    """What happened to a node, as it is to be understood from what was said: [minute, level], in order."""

    def __init__(self, since, level):
        self.rows, self.since, self.restored, self.expected = [[since, level]], since, None, None

    def allows(self, at, level):
        again = self.restored is not None and level < 1 and at >= self.restored
        return again or (at > self.since if level == 1 else at >= self.since)

    def say(self, at, level):
        if self.restored is not None and level < 1 and at >= self.restored:
            self.since = at
        self.rows = [r for r in self.rows if r[0] < at] + [[at, level]]
        self.restored = at if level == 1 else None
        if level == 1:
            self.expected = None

    def pieces(self):
        """(from, until or None, level) of what is below 1."""
        ends = [r[0] for r in self.rows[1:]] + [self.expected]
        return [(at, end, level) for (at, level), end in zip(self.rows, ends) if level < 1]

    def level(self, minute):
        for at, end, level in self.pieces():
            if at <= minute and (end is None or minute < end):
                return level
        return 1


class Story:
    """An incident made of random changes, told to the database and kept here."""

    def __init__(self, session, rng, nodes, now):
        self.session, self.now = session, now
        self.length = rng.randint(1, 30 * 60)  # minutes since it began
        self.start = now.replace(second=rng.randint(0, 59), microsecond=rng.choice([0, 1, 999999])) - timedelta(minutes=self.length + 1)
        first = rng.sample(nodes, rng.randint(0, min(2, len(nodes))))
        self.hits = {n: Hit(0, 0) for n in first}
        occurred = rng.random() < .7
        detected = self.start + timedelta(minutes=rng.randint(0, self.length) if occurred else 0)
        self.id = session.value(f"SELECT opres.open_incident('t', 'ddos', 5, {array(first)}, {literal(self.start) if occurred else 'NULL'}, {literal(detected)});")
        for _ in range(rng.randint(0, 12)):
            self.change(rng, rng.choice(nodes))

    def at(self, minute):
        return (self.start + timedelta(minutes=minute)).isoformat()

    def change(self, rng, node):
        minute, level = rng.randint(0, self.length), rng.choice([0, 0, .25, .4, .5, .75, 1])
        said, hit = {"level": level}, self.hits.get(node)
        by_argument = rng.random() < .3
        if not by_argument:
            said["at"] = self.at(minute)
        if rng.random() < .5:
            said["state"] = {0: "lost", 1: "restored"}.get(level, "degraded")
        expected = rng.randint(self.length + 2, self.length + 20 * 60) if level < 1 and rng.random() < .4 else None
        if level < 1 and rng.random() < .6:
            said["expected_at"] = self.at(expected) if expected is not None else None
        same = by_argument and hit is not None and hit.rows[-1][1] == level  # what is so already is no change, unless a time is said
        allowed = level < 1 if hit is None else same or hit.allows(minute, level)
        self.session.run("SAVEPOINT change;")
        try:
            self.session.run(f"SELECT opres.update_incident({self.id}, {literal(json.dumps({'nodes': {node: said}}))}, 'r'"
                             + (f", {literal(self.at(minute))});" if by_argument else ");"))
            tally.ok(allowed, f"{node} {said} accepted after {hit and hit.rows}")
        except SqlError as error:
            self.session.run("ROLLBACK TO SAVEPOINT change;")
            tally.ok(not allowed and error.code == "23514", f"{node} {said} refused after {hit and hit.rows}: {error}")
        if not allowed:
            return
        if hit is None:
            self.hits[node] = hit = Hit(minute, level)
        elif not same:
            hit.say(minute, level)
        if "expected_at" in said:
            hit.expected = expected


    def shocks(self):
        out = []
        for node, hit in self.hits.items():
            for at, end, level in hit.pieces():
                out.append({"node": node, "onset": f"{at} min", "level": level, **({} if end is None else {"duration": f"{end - at} min"})})
        return json.dumps(out)


def literal(value):
    return "'" + (value.isoformat() if isinstance(value, datetime) else value).replace("'", "''") + "'"


def array(items):
    return "ARRAY[" + ",".join(literal(i) for i in items) + "]::text[]"


def levels_of_op(story):
    """Minute by minute: an operation that needs both, of which `a` takes a while to start again."""
    hits = [story.hits.get(n) for n in ("a", "b")]
    own = [[1.0 if h is None else h.level(m) for m in range(MINUTES)] for h in hits]
    a, level = [], 1.0
    for m in range(MINUTES):
        level = min(own[0][m], max(level, min(own[0][max(0, m - RESTART):m + 1])))
        a.append(level)
    return [min(x, y) for x, y in zip(a, own[1])]


def breach_of(levels, tolerance, story):
    share, kind, limit = tolerance.split(" ")[:3]
    share = int(share.rstrip("%")) / 100
    if kind == "within":
        limit, below = {"2h": 120, "30min": 30, "12h": 720}[limit], 0
        for m, level in enumerate(levels):
            below = below + 1 if level < share else 0
            if below > limit:
                return story.start + timedelta(minutes=m)  # as long as the limit, and it goes on
        return None
    hour, minute = map(int, limit.split(":"))
    cut = story.start.astimezone(TOKYO).replace(hour=hour, minute=minute, second=0, microsecond=0)
    end = story.start + timedelta(minutes=MINUTES)
    while cut < end:
        if cut >= story.start and levels[int((cut - story.start) / timedelta(minutes=1))] < share:
            return cut
        cut += timedelta(days=1)
    return None


def transaction(session):
    """A transaction; now() stands still in it."""
    session.run("BEGIN; SET LOCAL opres.reason = 't';")
    return datetime.fromisoformat(session.value("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00');"))


def by_the_minute(session, rng):
    session.run(f"SELECT opres.load_map({literal(json.dumps(SMALL))}, 't');")
    breached = 0
    for number in range(150 * LONG):
        now = transaction(session)
        story = Story(session, rng, ["a", "b"], now)
        levels = levels_of_op(story)
        got = session.run(f"SELECT tolerance, to_char(breaches_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00'), breached,"
                          f" breaches_at - now() = remaining, breached = (remaining <= '0') FROM opres.tolerance_clock({story.id});")
        want = {t["tolerance"]: breach_of(levels, t["tolerance"], story) for t in SMALL["tolerances"]}
        story_said = f"story {number}: {story.start} {story.shocks()}"
        tally.equal({row[0]: row[1] for row in got}, {t: b.astimezone(timezone.utc).isoformat(timespec="microseconds") if b else "" for t, b in want.items()}, story_said)
        tally.ok(all(row[2:] == (["t" if row[1] <= now.isoformat(timespec="microseconds") else "f", "t", "t"] if row[1] else ["f", "", ""]) for row in got),
                 f"{story_said}: breached, remaining")
        times = [row[1] or "9" for row in got]
        tally.equal(times, sorted(times), f"{story_said}: the most urgent first")
        first = session.value(f"SELECT coalesce(to_char(breach_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00'), '9') FROM opres.incident WHERE id = {story.id};")
        tally.equal(first, min(times), f"{story_said}: breach_at")
        breached += sum(1 for b in want.values() if b)
        session.run("ROLLBACK;")
    tally.ok(breached > 100, f"histories that breach something: {breached}")


DIFFERENT = """WITH c AS (SELECT * FROM opres.tolerance_clock({id})),
  s AS (SELECT * FROM opres.simulate_shocks({shocks}, now() - {start}::timestamptz + interval '30 days', {start}))
SELECT count(*), count(c.breaches_at) FILTER (WHERE c.worst_level < 1), count(*) FILTER (WHERE c.operation IS NULL OR s.operation IS NULL
  OR c.breaches_at - {start}::timestamptz IS DISTINCT FROM s.breached_at OR c.worst_level <> s.worst_level OR c.cause IS DISTINCT FROM s.cause)
FROM c FULL JOIN s ON c.operation = s.operation AND c.tolerance OPERATOR(opres.=) s.tolerance;"""


def by_simulate_shocks(session, rng):
    """On the sample bank. Times of both are instants: sessions in zones with summer time make no difference."""
    with open(os.path.join(ROOT, "test", "bank", "bank.json"), encoding="utf-8") as file:
        session.run(f"SELECT opres.load_map({literal(file.read())}, 't');")
    nodes = [row[0] for row in session.run("SELECT code FROM opres.node WHERE kind NOT IN ('operation', 'process') ORDER BY 1;")]
    breaches = 0
    for number in range(25 * LONG):
        now = transaction(session)
        session.run(f"SET LOCAL timezone = '{rng.choice(['UTC', 'Asia/Tokyo', 'America/New_York', 'Australia/Lord_Howe'])}';")
        story = Story(session, rng, rng.sample(nodes, rng.randint(1, 5)), now)
        rows, hit, different = session.run(DIFFERENT.format(id=story.id, shocks=literal(story.shocks()), start=literal(story.start)))[0]
        tally.ok(int(rows) > 10 and different == "0", f"bank {number}: {different} of {rows} rows differ: {story.start} {story.shocks()}")
        breaches += int(hit)
        session.run("ROLLBACK;")
    tally.ok(breaches > 20, f"breaches on the bank: {breaches}")


def who_sees(session):
    session.run("CREATE ROLE reader LOGIN; CREATE ROLE nobody LOGIN;"
                "SELECT opres.grant_access('reader', 'reader', 't');")
    open_ = session.value("SELECT opres.open_incident('t', 'ddos', 5, '{fac.dc-east}', now() - interval '3 h', now() - interval '2 h');")
    secret = session.value("SELECT opres.open_incident('t', 'ddos', 5, '{fac.dc-east}', confidential => true);")
    clock = "SELECT operation, tolerance, breaches_at, worst_level, cause FROM opres.tolerance_clock({});"
    want = session.run(clock.format(open_))
    tally.ok(any(row[2] for row in want), "something breaches")
    with Session(user="reader") as reader:
        tally.equal(reader.run(clock.format(open_)), want, "a reader's clock")
        refused(reader, clock.format(secret), "42704", "a reader's clock of a confidential incident")
    with Session(user="nobody") as nobody:
        refused(nobody, clock.format(open_), "42501", "nobody's clock")
    return open_, clock.format(open_), want


def refused(session, sql, code, what):
    try:
        session.run(sql)
        tally.ok(False, what)
    except SqlError as error:
        tally.equal(error.code, code, what)


class Room:
    """The cluster the test runs in, as clusters.py speaks of its own."""
    host = os.environ["PGHOST"]
    session = staticmethod(Session)


def on_a_standby(incident, clock, want):
    standby = Cluster("standby", primary_conninfo=f"host={Room.host} user=postgres").copied_from(Room)
    standby.signalled("standby.signal")
    standby.start()
    standby.caught_up(Room)
    with standby.session(user="reader") as s:
        tally.equal(s.value("SELECT pg_is_in_recovery();"), "t", "a standby")
        tally.equal(s.run(clock), want, "the clock on a standby")
        for what in ("timeline({}, 'ja')", "reports_due({})", "authority_reports({})", "open_matters({})"):
            tally.ok(s.run(f"SELECT count(*) FROM opres.{what.format(incident)};"), f"{what} on a standby")
        tally.equal(s.value("SELECT count(*) FROM opres.incidents;"), "1", "incidents on a standby")
    with standby.session() as s:
        refused(s, f"SELECT opres.update_incident({incident}, '{{\"severity\": 1}}', 't');", "25006", "no change on a standby")
    standby.stop()


def main():
    rng = random.Random(os.environ.get("OPRES_SEED", "clock"))
    with Session() as session:
        session.run("CREATE EXTENSION opres;")
        by_the_minute(session, rng)
        by_simulate_shocks(session, rng)
        on_a_standby(*who_sees(session))
    return tally.close()


sys.exit(main())

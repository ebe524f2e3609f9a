#!/usr/bin/env python3
"""Editors at work on one map, at the three isolation levels, with savepoints, rollbacks and errors.

First stories of two sessions with a known end. Then eight editors at random: no deadlock, no lost edit, every committed
transaction exactly one revision, the map of every revision afterwards what it was when it was current, every one of them valid;
and an outage played in a session, in the middle of its own edits, is what a new session makes of the same map in another database.
OPRES_LONG=1: ten times as many transactions. OPRES_SEED: another run."""
import json
import os
import random
import sys
import threading

from sessions import Session, SqlError, Tally

TABLES = {"node": "code", "requirement": "node, name", "requirement_member": "node, requirement, member",
          "tolerance": "operation, tolerance", "calendar_day": "calendar, day", "scenario": "code", "shock": "scenario, code"}
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
tally = Tally()


def digest_at(revision):
    """SQL for a digest of the map of a revision, read from the tables by their definition and nothing else."""
    parts = []
    for table in TABLES:
        columns = f"(t.*)::opres.{table}"
        rows = (f"SELECT {columns}::text AS line FROM opres.{table} AS t WHERE since_revision <= {revision} UNION ALL "
                f"SELECT (to_jsonb(h) - 'until_revision')::text FROM opres.{table}_history AS h "
                f"WHERE since_revision <= {revision} AND until_revision > {revision}")
        rows = rows.replace(f"{columns}::text", "to_jsonb(t)::text")
        parts.append(f"SELECT '{table}' || line AS line FROM ({rows}) AS r")
    return f"SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")) FROM ({' UNION ALL '.join(parts)}) AS a"


def digest_now():
    parts = [f"SELECT '{table}' || to_jsonb(t)::text AS line FROM opres.{table} AS t" for table in TABLES]
    return f"SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")) FROM ({' UNION ALL '.join(parts)}) AS a"


REVISION = "SELECT coalesce((SELECT revision FROM opres.map_head), 0);"
OUTAGE = "SELECT * FROM opres.simulate_levels('s') ORDER BY 1, 2;"


def refused(session, sql, code, what):
    try:
        session.run(sql)
        tally.ok(False, f"{what}: not refused")
    except SqlError as error:
        tally.equal(error.code, code, what)


def fresh_database(name):
    with Session() as s:
        s.run(f"DROP DATABASE IF EXISTS {name};")
        s.run(f"CREATE DATABASE {name};")
    with Session(name) as s:
        s.run("CREATE EXTENSION opres;")


# Stories --------------------------------------------------------------------------------------------------------------------------

def story_of_revisions():
    """What makes a revision and what does not; what stays in the history."""
    fresh_database("stories")
    with Session("stories") as a:
        def revision_after(sql, want, what):
            a.run(sql)
            tally.equal(a.value(REVISION), str(want), what)

        revision_after("", 0, "a map never edited")
        revision_after("UPDATE opres.node SET name = 'x'; DELETE FROM opres.node;", 0, "nothing to change")
        revision_after("BEGIN; INSERT INTO opres.node (code, kind) VALUES ('x', 'system'); ROLLBACK;", 0, "rolled back")
        revision_after("INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('a', 'system'), ('b', 'system');", 1, "a statement")
        revision_after("UPDATE opres.node SET kind = kind;", 1, "no change")
        revision_after("INSERT INTO opres.node (code, kind) VALUES ('a', 'data') ON CONFLICT DO NOTHING;", 1, "an upsert of nothing")
        revision_after("INSERT INTO opres.node (code, kind) VALUES ('a', 'system') ON CONFLICT (code) DO UPDATE SET kind = excluded.kind;", 1,
                       "an upsert to the same")
        revision_after("BEGIN; INSERT INTO opres.node (code, kind) VALUES ('a', 'data') ON CONFLICT DO NOTHING; SAVEPOINT s;"
                       " INSERT INTO opres.node (code, kind) VALUES ('c', 'data'); ROLLBACK TO s; COMMIT;", 1, "the edit rolled back to a savepoint")
        revision_after("BEGIN; INSERT INTO opres.node (code, kind) VALUES ('a', 'data') ON CONFLICT DO NOTHING; SAVEPOINT s;"
                       " INSERT INTO opres.node (code, kind) VALUES ('c', 'data'); RELEASE s; UPDATE opres.node SET name = 'c' WHERE code = 'c';"
                       " DELETE FROM opres.node WHERE code = 'c'; COMMIT;", 2, "one transaction, one revision")
        revision_after("BEGIN; SAVEPOINT s; UPDATE opres.node SET name = 'no' WHERE code = 'a'; ROLLBACK TO s;"
                       " UPDATE opres.node SET name = 'yes' WHERE code = 'a'; SAVEPOINT s; DELETE FROM opres.node; ROLLBACK TO s; COMMIT;", 3,
                       "the number is taken again after a rollback to a savepoint")
        revision_after("DO $$ BEGIN FOR i IN 1..5 LOOP BEGIN INSERT INTO opres.node (code, kind) VALUES ('n' || i, 'system');"
                       " IF i % 2 = 1 THEN RAISE EXCEPTION 'no'; END IF; EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$;", 4,
                       "exception blocks")
        tally.equal(a.value("SELECT string_agg(code, ',' ORDER BY code) FROM opres.node WHERE since_revision = 4;"), "n2,n4", "rows of those that passed")
        revision_after("DO $$ BEGIN FOR i IN 1..3 LOOP UPDATE opres.node SET name = i::text WHERE code = 'n2'; COMMIT; END LOOP; END $$;", 7,
                       "a procedure's transactions")
        revision_after("INSERT INTO opres.requirement (node, name) VALUES ('op', 'r');", 8, "a requirement")
        revision_after("INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'a'), ('op', 'r', 'b');", 9, "members")
        before = a.value(digest_at(9) + ";")
        revision_after("UPDATE opres.node SET code = code || '2' WHERE code IN ('a', 'op');", 10, "renamed, as member and as dependent")
        tally.equal(a.value(digest_at(9) + ";"), before, "the map before the renaming")
        tally.equal(a.run("SELECT node, requirement, member FROM opres.requirement_member_history ORDER BY member;"),
                    [["op", "r", "a"], ["op", "r", "b"]], "a row updated by two cascades is kept once")
        revision_after("DELETE FROM opres.node WHERE code = 'op2';", 11, "deleted with all that belongs to it")
        tally.equal(a.value("SELECT count(*) FROM opres.requirement_member_history WHERE until_revision = 11;"), "2", "history of a cascade of a cascade")
        tally.equal(a.value(digest_at(9) + ";"), before, "the map before that")
        revision_after("BEGIN; SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO opres.node (code, kind) VALUES ('op', 'operation');"
                       " INSERT INTO opres.requirement (node, name) VALUES ('op', 'r'); INSERT INTO opres.requirement_member"
                       " (node, requirement, member) VALUES ('op', 'r', 'b'); DELETE FROM opres.node WHERE code = 'op'; COMMIT;", 12,
                       "came and went")
        tally.equal(a.value("SELECT count(*) FROM opres.requirement_history WHERE since_revision = 12;"), "0", "what came and went in one revision was never part of a map")
        tally.equal(a.value(digest_at(12) + ";"), a.value(digest_now() + ";"), "the current revision is what the tables hold")
        refused(a, "BEGIN; DELETE FROM opres.node WHERE code = 'b'; INSERT INTO opres.requirement (node, name) VALUES ('b', 'r'); COMMIT;", "23503",
                "a requirement added after its node has gone")
        refused(a, "BEGIN; INSERT INTO opres.requirement (node, name) VALUES ('zz', 'r'); COMMIT;", "23503", "checked at the end of the transaction")
        tally.equal(a.value(REVISION), "12", "what is refused makes no revision")
        # What another revision has made, this one may break by touching something else.
        a.run("BEGIN; INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('c', 'system');"
              " INSERT INTO opres.requirement (node, name, needed) VALUES ('op', 'r', 2);"
              " INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'b'), ('op', 'r', 'c');"
              " INSERT INTO opres.calendar_day (calendar, day) VALUES ('jp', '2026-11-20'), ('jp', '2026-11-24');"
              " INSERT INTO opres.tolerance (operation, tolerance) VALUES ('op', '100% by 15:30 Asia/Tokyo on calendar jp');"
              " INSERT INTO opres.scenario (code) VALUES ('s'); INSERT INTO opres.shock (scenario, code, node, probability, common_cause)"
              " VALUES ('s', 'x', 'b', 0.5, 'quake'), ('s', 'y', 'c', 0.5, 'quake'); COMMIT;")
        refused(a, "DELETE FROM opres.requirement_member WHERE member = 'c';", "23514", "the quorum loses a member")
        refused(a, "UPDATE opres.requirement_member SET standby = true WHERE member = 'c';", "23514", "or an active one")
        refused(a, "UPDATE opres.node SET kind = 'process' WHERE code = 'op';", "23514", "the operation with a tolerance is none any more")
        refused(a, "DELETE FROM opres.calendar_day;", "23503", "the tolerance's calendar goes")
        refused(a, "UPDATE opres.calendar_day SET calendar = 'bank';", "23503", "or takes another name")
        refused(a, "UPDATE opres.shock SET probability = 0.4 WHERE code = 'x';", "23514", "one of two shocks of a common cause changes its probability")
        refused(a, "DELETE FROM opres.node WHERE code = 'c';", "23503", "a member goes")
        revision_after("DELETE FROM opres.calendar_day WHERE day = '2026-11-24';", 14, "a calendar loses a day, not its last")


def story_of_two():
    """Two editors: the second waits for the first and then sees what it did, or fails to serialize; never a deadlock."""
    fresh_database("stories")
    with Session("stories") as a, Session("stories") as b:
        for level, created in ((level, created) for created in (False, True) for level in LEVELS):
            name = f"{level}{', the first edit of all' if not created else ''}"
            if not created:
                a.run("SET session_replication_role = replica; DELETE FROM opres.node; DELETE FROM opres.map_head; DELETE FROM opres.map_revision;"
                      " DELETE FROM opres.node_history; RESET session_replication_role;")
            b.run(f"BEGIN ISOLATION LEVEL {level};")
            b.run("SELECT count(*) FROM opres.node;")
            a.run("BEGIN; INSERT INTO opres.node (code, kind) VALUES ('a' || clock_timestamp(), 'system');")
            b.send("INSERT INTO opres.node (code, kind) VALUES ('b' || clock_timestamp(), 'system');")
            a.run("SELECT pg_sleep(0.2);")
            before = int(a.value(REVISION))
            a.run("COMMIT;")
            if level == "READ COMMITTED":
                b.receive()
                b.run("COMMIT;")
                tally.equal(int(b.value(REVISION)), before + 1, f"{name}: the second makes the next revision")
            else:
                try:
                    b.receive()
                    tally.ok(False, f"{name}: the second edits what it does not see")
                except SqlError as error:
                    tally.equal(error.code, "40001", f"{name}: the second fails to serialize")
                b.run("ROLLBACK;")
                tally.equal(int(b.value(REVISION)), before, f"{name}: and makes no revision")
        # Each wants the row the other has: the order in which rows are locked does not matter, the editors' lock comes first.
        a.run("INSERT INTO opres.node (code, kind) VALUES ('x', 'system'), ('y', 'system') ON CONFLICT DO NOTHING;")
        a.run("BEGIN; UPDATE opres.node SET name = 'a' WHERE code = 'x';")
        b.send("BEGIN; UPDATE opres.node SET name = 'b' WHERE code = 'y'; UPDATE opres.node SET name = name || 'b' WHERE code = 'x'; COMMIT;")
        a.run("SELECT pg_sleep(0.2); UPDATE opres.node SET name = 'a' WHERE code = 'y'; COMMIT;")
        b.receive()
        tally.equal(a.run("SELECT code, name FROM opres.node WHERE code IN ('x', 'y') ORDER BY code;"), [["x", "ab"], ["y", "b"]], "crosswise, without a deadlock")
        tally.equal(a.run("SELECT name, since_revision + 1 = until_revision FROM opres.node_history WHERE code = 'x' AND name = 'a';"), [["a", "t"]],
                    "the history of the second begins with what the first left")


MAP = """INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('a', 'system'), ('b', 'system');
INSERT INTO opres.requirement (node, name) VALUES ('op', 'r');
INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'a');
INSERT INTO opres.scenario (code) VALUES ('s');
INSERT INTO opres.shock (scenario, code, node, duration) VALUES ('s', 'x', 'a', '4h');
INSERT INTO opres.node (code, kind) SELECT 'b' || h, 'system' FROM generate_series(5, 9) AS h;
INSERT INTO opres.shock (scenario, code, node, duration) SELECT 's', code, code, substr(code, 2)::int * interval '1h' FROM opres.node WHERE code ~ 'b[0-9]';"""


def story_of_the_cache():
    """A compiled map is let go when the session's own edits, their undoing, or a restore by another session make it wrong."""
    fresh_database("stories")
    with Session("stories") as a, Session("stories") as b:
        a.run(MAP)

        def back_at(session, want, what, arguments=""):
            tally.equal(session.value(f"SELECT max(at) FROM opres.simulate_levels('s'{arguments}) WHERE node = 'op';"), want, what)

        back_at(a, "04:00:00", "as loaded")
        back_at(b, "04:00:00", "as loaded, elsewhere")
        a.run("BEGIN; UPDATE opres.node SET restart = '1h' WHERE code = 'op';")
        back_at(a, "05:00:00", "its own edit")
        back_at(b, "04:00:00", "nobody else's")
        a.run("SAVEPOINT s; UPDATE opres.node SET restart = '2h' WHERE code = 'op';")
        back_at(a, "06:00:00", "in a subtransaction")
        a.run("ROLLBACK TO s;")
        back_at(a, "05:00:00", "rolled back to the savepoint")
        back_at(a, "05:00:00", "and still")
        a.run("DECLARE c CURSOR FOR SELECT max(at) FROM opres.simulate_levels('s') WHERE node = 'op'; UPDATE opres.node SET restart = '3h' WHERE code = 'op';")
        tally.equal(a.value("FETCH c;"), "05:00:00", "a cursor opened before an edit")
        back_at(a, "07:00:00", "after the cursor")
        back_at(a, "04:00:00", "the revision before", f", revision => {int(a.value(REVISION)) - 1}")
        a.run("ROLLBACK;")
        back_at(a, "04:00:00", "rolled back")
        a.run("BEGIN; SAVEPOINT s; UPDATE opres.node SET restart = '1h' WHERE code = 'op';")
        back_at(a, "05:00:00", "the only edit in a subtransaction")
        a.run("RELEASE s; COMMIT;")
        back_at(a, "05:00:00", "committed")
        back_at(b, "05:00:00", "committed, elsewhere")
        b.run("BEGIN ISOLATION LEVEL REPEATABLE READ;")
        back_at(b, "05:00:00", "an old snapshot")
        a.run("UPDATE opres.node SET restart = '2h' WHERE code = 'op';")
        back_at(b, "05:00:00", "an old snapshot after a commit")
        b.run("COMMIT;")
        back_at(b, "06:00:00", "a new snapshot")
        # Functions that play outages in the middle of the statement that edits.
        a.run("CREATE FUNCTION back() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT max(at) FROM opres.simulate_levels('s') WHERE node = 'op'); END $$;")
        growing = ("INSERT INTO opres.requirement_member (node, requirement, member, capacity)"
                   " SELECT 'op', 'r', 'b' || h, 1 + 0 * length(back()){} FROM generate_series(5, 7) AS h;")
        a.run("BEGIN; " + growing.format(""))
        back_at(a, "09:00:00", "played in the middle of an INSERT")
        a.run("ROLLBACK;")
        back_at(a, "06:00:00", "and rolled back")
        refused(a, growing.format(" + 0 / (7 - h)"), "22012", "played in the middle of an INSERT that fails")
        back_at(a, "06:00:00", "and afterwards")
        a.run("CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM back(); RETURN new; END $$;"
              " CREATE TRIGGER zz BEFORE INSERT OR UPDATE ON opres.requirement_member FOR EACH ROW EXECUTE FUNCTION look();")
        a.run("BEGIN; INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'b7');")
        back_at(a, "09:00:00", "played by somebody's trigger before the row is written")
        a.run("UPDATE opres.requirement_member SET member = 'b8' WHERE member = 'b7';")
        back_at(a, "10:00:00", "and at its update")
        a.run("ROLLBACK; CREATE TABLE seen (back text);"
              " CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (back()); RETURN NULL; END $$;"
              " CREATE TRIGGER yy AFTER INSERT ON opres.requirement_member FOR EACH ROW EXECUTE FUNCTION keep();")
        a.run("BEGIN; INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'b7');")
        tally.equal(a.value("SELECT back FROM seen;"), "09:00:00", "played before the row is written and again after it")
        a.run("ROLLBACK; DROP TRIGGER yy ON opres.requirement_member; DROP TRIGGER zz ON opres.requirement_member;")
        a.run("BEGIN;")
        tally.equal(a.run("UPDATE opres.node SET restart = restart + '1h' WHERE code IN ('op', 'a') RETURNING back();")[-1:], [["08:00:00"]],
                    "played in the middle of an UPDATE")
        back_at(a, "08:00:00", "and after it")
        a.run("ROLLBACK;")

    # A restore in the order that is worst: the head comes first, then the tables, each committed, while a session looks on.
    fresh_database("restored")
    with Session("stories") as a, Session("restored") as b, Session("restored") as looker:
        a.run("\\! rm -rf \"$OPRES_CLUSTER\"/copy; mkdir -m 777 \"$OPRES_CLUSTER\"/copy")
        order = ["map_head", "map_revision", "scenario", "node", "shock", "requirement", "requirement_member"]
        where = os.environ["OPRES_CLUSTER"] + "/copy/"
        for table in order:
            a.run(f"\\copy opres.{table} TO '{where}{table}'")
        for table in order:
            b.run(f"\\copy opres.{table} FROM '{where}{table}'")
            if table != "map_revision":
                try:
                    looker.run(OUTAGE)
                except SqlError:
                    pass
        tally.equal(looker.run(OUTAGE), a.run(OUTAGE), "a session that looked on while a dump was restored")
        looker.run("BEGIN ISOLATION LEVEL REPEATABLE READ;")
        seen = looker.run(OUTAGE)
        b.run("INSERT INTO opres.requirement_member (node, requirement, member, since_revision) VALUES ('op', 'r', 'b8', 1);")
        tally.equal(looker.run(OUTAGE), seen, "an old snapshot while rows are restored")
        looker.run("SELECT count(*) FROM pg_database;")  # locks a table, and so hears of the restore
        tally.equal(looker.run(OUTAGE), seen, "and still, having heard of the restore")
        looker.run("COMMIT;")
        tally.ok(looker.run(OUTAGE) != seen, "and a new one afterwards")
        back_at(looker, "10:00:00", "with what was restored")
        looker.run("BEGIN; INSERT INTO opres.requirement_member (node, requirement, member, since_revision) VALUES ('op', 'r', 'b9', 1);")
        back_at(looker, "11:00:00", "rows the session itself restores")
        looker.run("ROLLBACK;")
        back_at(looker, "10:00:00", "rolled back")
        tally.equal(b.value(REVISION), a.value(REVISION), "restored rows make no revision")


# At random ------------------------------------------------------------------------------------------------------------------------

EXPECTED = {"23503", "23505", "23514", "40001", "42704", "P0001", "22023"}


class Recorded:
    """What committed transactions have left, revision by revision."""

    def __init__(self):
        self.lock = threading.Lock()
        self.digests = {}
        self.documents = {}
        self.counted = []  # revisions whose transaction added 1 s to the counter's restart
        self.states = []  # (document, outage as the session saw it, where)
        self.problems = []
        self.commits = self.errors = 0


class Editor(threading.Thread):
    def __init__(self, number, seed, transactions, record):
        super().__init__()
        self.random = random.Random(f"{seed}-{number}")
        self.number, self.transactions, self.record = number, transactions, record
        self.session = None
        self.level = None

    def statement(self):
        r = self.random
        (n, m), q = r.sample([f"n{i}" for i in range(12)], 2), f"r{r.randrange(2)}"
        return r.choice((
            f"INSERT INTO opres.node (code, kind, restart) VALUES ('{n}', 'system', '{r.randrange(4)} h');",
            f"INSERT INTO opres.node (code, kind) VALUES ('{n}', 'system') ON CONFLICT DO NOTHING;",
            f"INSERT INTO opres.node (code, kind) VALUES ('{n}', 'system') ON CONFLICT (code) DO UPDATE SET name = 'upsert {r.randrange(3)}';",
            f"UPDATE opres.node SET restart = '{r.randrange(5)} h' WHERE code = '{n}';",
            f"UPDATE opres.node SET name = name WHERE code >= '{n}';",
            f"UPDATE opres.node SET code = '{m}' WHERE code = '{n}';",
            f"DELETE FROM opres.node WHERE code = '{n}';",
            f"INSERT INTO opres.requirement (node, name, buffer) VALUES ('{n}', '{q}', '{r.randrange(2)} h');",
            f"INSERT INTO opres.requirement (node, name) SELECT code, '{q}' FROM opres.node WHERE code <> 'counter' ON CONFLICT DO NOTHING;",
            f"INSERT INTO opres.requirement_member (node, requirement, member, standby) SELECT node, name, '{m}', {r.random() < .2} FROM opres.requirement"
            f" WHERE node = '{n}' AND node <> '{m}' ON CONFLICT DO NOTHING;",
            f"INSERT INTO opres.requirement_member (node, requirement, member) SELECT q.node, q.name, n.code FROM opres.requirement AS q"
            f" JOIN opres.node AS n ON n.code > q.node AND n.code <> 'counter' ON CONFLICT DO NOTHING;",
            f"INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('{n}', '{q}', '{m}');",
            f"DELETE FROM opres.requirement_member WHERE member = '{m}' AND requirement = '{q}';",
            f"DELETE FROM opres.requirement_member WHERE member = '{m}'; DELETE FROM opres.shock WHERE node = '{m}'; DELETE FROM opres.node WHERE code = '{m}';",
            f"DELETE FROM opres.requirement WHERE name = '{q}' AND node > '{n}';",
            f"UPDATE opres.requirement SET needed = {r.randrange(1, 4)} WHERE node = '{n}';",
            f"UPDATE opres.requirement SET needed = NULL WHERE name = '{q}';",
            f"UPDATE opres.requirement SET mode = 'pool', needed = {r.random() + .5} WHERE node = '{n}' AND name = '{q}';",
            f"UPDATE opres.requirement_member SET standby = NOT standby WHERE node = '{n}' AND member < '{m}';",
            f"UPDATE opres.requirement_member SET capacity = {r.randrange(1, 3)} WHERE member = '{m}';",
            f"UPDATE opres.node SET kind = '{r.choice(('operation', 'system'))}' WHERE code = '{n}';",
            f"INSERT INTO opres.tolerance (operation, tolerance) VALUES ('{n}', '100% within {r.randrange(1, 3)}h') ON CONFLICT DO NOTHING;",
            "DELETE FROM opres.tolerance;",
            f"INSERT INTO opres.shock (scenario, code, node, duration) VALUES ('s', 'x{r.randrange(3)}', '{n}', '{r.randrange(1, 9)} h')"
            " ON CONFLICT (scenario, code) DO UPDATE SET node = excluded.node, duration = excluded.duration;",
            "DELETE FROM opres.scenario; INSERT INTO opres.scenario (code) VALUES ('s');",
            f"DO $$ BEGIN UPDATE opres.node SET restart = restart + '1 min' WHERE code < '{n}'; DELETE FROM opres.requirement WHERE node = '{m}';"
            " RAISE EXCEPTION 'no'; EXCEPTION WHEN raise_exception THEN NULL; END $$;",
            f"DO $$ BEGIN FOR i IN 1..4 LOOP BEGIN INSERT INTO opres.node (code, kind) VALUES ('n' || i + {r.randrange(9)}, 'system');"
            " EXCEPTION WHEN unique_violation THEN NULL; END; END LOOP; END $$;",
            "SET CONSTRAINTS ALL IMMEDIATE;", "SET CONSTRAINTS ALL DEFERRED;",
            f"MERGE INTO opres.node AS t USING (VALUES ('{n}', 1), ('{m}', 2)) AS v (code, what) ON t.code = v.code"
            " WHEN MATCHED AND v.what = 1 THEN UPDATE SET location = 'merged' WHEN MATCHED THEN DELETE"
            " WHEN NOT MATCHED THEN INSERT (code, kind) VALUES (v.code, 'system');",
            "LOAD",
        ))

    def look(self, where):
        """Notes what this session makes of the map it sees now, for the comparison with a fresh one. One snapshot for both."""
        rows = self.session.run("SELECT opres.dump_map()::text, (SELECT coalesce(string_agg(format('%s %s %s', node, at, level), ';' ORDER BY node, at), '')"
                                " FROM opres.simulate_levels('s'));")
        document, outage = "|".join(rows[0]).rsplit("|", 1)
        with self.record.lock:
            self.record.states.append((document, outage, f"editor {self.number}, {self.level}, {where}"))

    def play(self, where):
        """The outage, or the error it ends with (a map in the middle of an edit may be invalid)."""
        self.session.run("SAVEPOINT look;")
        try:
            self.look(where)
            self.session.run("RELEASE look;")
        except SqlError:
            self.session.run("ROLLBACK TO look; RELEASE look;")

    def step(self):
        statement = self.statement()
        if statement == "LOAD":
            with self.record.lock:
                documents = list(self.record.documents.values())
            if not documents:
                return
            self.loaded = True
            statement = "SELECT opres.load_map($doc$" + self.random.choice(documents) + "$doc$);"
        if self.random.random() < .7:
            self.session.run("SAVEPOINT one;")
            try:
                self.session.run(statement)
                self.session.run("RELEASE one;")
            except SqlError as error:
                if error.code not in EXPECTED or error.code == "40001":
                    raise
                self.session.run("ROLLBACK TO one;")
        else:
            self.session.run(statement)

    def transaction(self):
        r = self.random
        self.level = r.choice(("READ COMMITTED", *LEVELS))
        self.loaded = counted = False
        self.session.run(f"BEGIN ISOLATION LEVEL {self.level};")
        before = None
        if r.random() < .5:
            self.play("before the edit")
        for i in range(r.randrange(1, 6)):
            if r.random() < .2:
                self.session.run("SAVEPOINT several;")
                try:
                    self.step()
                    self.step()
                    self.play("in a subtransaction")
                finally:
                    if r.random() < .5:
                        self.session.run("ROLLBACK TO several;")
            else:
                self.step()
            if r.random() < .4:
                self.play(f"after step {i}")
        if r.random() < .5:
            self.session.run("UPDATE opres.node SET restart = restart + '1 s' WHERE code = 'counter';")
            counted = self.session.value("SELECT count(*) FROM opres.node WHERE code = 'counter';") == "1"
        if r.random() < .1:
            self.session.run("ROLLBACK;")
            return
        made = self.session.run("SELECT revision FROM opres.map_revision WHERE made_in = pg_current_xact_id_if_assigned();")
        digest = document = before
        if made:
            digest = self.session.value(digest_now() + ";")
            document = "|".join(self.session.run("SELECT opres.dump_map();")[0])
        self.session.run("COMMIT;")
        with self.record.lock:
            self.record.commits += 1
            if len(made) > 1:
                self.record.problems.append(f"a transaction made revisions {made}")
            if made:
                if made[0][0] in self.record.digests:
                    self.record.problems.append(f"revision {made[0][0]} was made twice")
                self.record.digests[made[0][0]] = digest
                self.record.documents[made[0][0]] = document
                if counted and not self.loaded:
                    self.record.counted.append(int(made[0][0]))
            elif counted:
                self.record.problems.append("an edit made no revision")
        if r.random() < .3:
            self.session.run("BEGIN ISOLATION LEVEL REPEATABLE READ;")
            self.play("after the commit")
            self.session.run("COMMIT;")

    def run(self):
        self.session = Session("editors")
        for _ in range(self.transactions):
            try:
                self.transaction()
            except SqlError as error:
                with self.record.lock:
                    self.record.errors += 1
                    if error.code not in EXPECTED:
                        self.record.problems.append(f"editor {self.number}, {self.level}: {error}")
                self.session.run("ROLLBACK;")
            except Exception as error:  # psql gone: the server crashed
                with self.record.lock:
                    self.record.problems.append(f"editor {self.number}: {error!r}")
                return
            if self.random.random() < .05:
                self.session.close()
                self.session = Session("editors")
        self.session.close()


VALID = """
WITH n AS (SELECT * FROM opres.node WHERE since_revision <= {r} UNION ALL SELECT {node} FROM opres.node_history WHERE {past}),
q AS (SELECT * FROM opres.requirement WHERE since_revision <= {r} UNION ALL SELECT {requirement} FROM opres.requirement_history WHERE {past}),
m AS (SELECT * FROM opres.requirement_member WHERE since_revision <= {r} UNION ALL SELECT {requirement_member} FROM opres.requirement_member_history WHERE {past}),
t AS (SELECT * FROM opres.tolerance WHERE since_revision <= {r} UNION ALL SELECT {tolerance} FROM opres.tolerance_history WHERE {past}),
x AS (SELECT * FROM opres.shock WHERE since_revision <= {r} UNION ALL SELECT {shock} FROM opres.shock_history WHERE {past})
SELECT 'dangling requirement ' || node FROM q WHERE node NOT IN (SELECT code FROM n)
UNION ALL SELECT 'dangling member ' || member FROM m WHERE member NOT IN (SELECT code FROM n) OR (node, requirement) NOT IN (SELECT node, name FROM q)
UNION ALL SELECT 'dangling shock ' || code FROM x WHERE node NOT IN (SELECT code FROM n)
UNION ALL SELECT 'tolerance of ' || operation FROM t WHERE operation NOT IN (SELECT code FROM n WHERE kind = 'operation')
UNION ALL SELECT 'twice ' || code FROM n GROUP BY code HAVING count(*) > 1
UNION ALL SELECT 'twice ' || member FROM m GROUP BY node, requirement, member HAVING count(*) > 1
UNION ALL SELECT format('unmet %s %s', q.node, q.name) FROM q JOIN m ON m.node = q.node AND m.requirement = q.name GROUP BY q.node, q.name, q.mode, q.needed
  HAVING count(*) FILTER (WHERE NOT standby) = 0 OR q.mode = 'quorum' AND q.needed > count(*) FILTER (WHERE NOT standby)
    OR q.mode = 'pool' AND q.needed > sum(capacity) FILTER (WHERE NOT standby) * (1 + 2e-9);"""


def columns(session, table):
    return session.value(f"SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'opres.{table}'::regclass AND attnum > 0;")


def compare_with_fresh(states):
    """A sample of what sessions saw, against a session of its own for each, in another database."""
    fresh_database("fresh")
    wrong = 0
    for document, outage, where in states:
        # In the middle of a transaction a tolerance may wait for its operation; levels need none.
        document = json.dumps(dict(json.loads(document), tolerances=[]), ensure_ascii=False)
        with Session("fresh") as s:
            s.run(f"BEGIN; SELECT opres.load_map($doc${document}$doc$);")
            got = s.run("SELECT coalesce(string_agg(format('%s %s %s', node, at, level), ';' ORDER BY node, at), '') FROM opres.simulate_levels('s');")[0]
            s.run("ROLLBACK;")
        if "|".join(got) != outage and (wrong := wrong + 1) <= 5:
            print(f"# {where}: a session saw\n#   {outage}\n# a fresh one\n#   {'|'.join(got)}\n# of\n#   {document}")
    return wrong


def editors_at_random():
    seed = int(os.environ.get("OPRES_SEED") or 20261121)
    long = 10 if os.environ.get("OPRES_LONG") else 1
    chance = random.Random(seed)
    fresh_database("editors")
    with Session("editors") as s:
        s.run("INSERT INTO opres.node (code, kind) VALUES ('counter', 'system'); INSERT INTO opres.scenario (code) VALUES ('s');")
        start = int(s.value(REVISION))
    record = Recorded()
    threads = [Editor(i, seed, 40 * long, record) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for problem in record.problems[:20]:
        print(f"# {problem}")
    tally.equal(len(record.problems), 0, f"seed {seed}: editors met nothing that may not happen")
    tally.ok(record.commits > 80 * long, f"enough was committed: {record.commits} of {record.commits + record.errors}")
    with Session("editors") as s:
        last = int(s.value(REVISION))
        names = {table: columns(s, table) for table in TABLES}
        tally.equal(sorted(int(r) for r in record.digests), list(range(start + 1, last + 1)), "every committed edit is one revision, and no other")
        tally.equal(s.value("SELECT count(*) FROM opres.map_revision;"), str(last), "of which map_revision keeps a row")
        counter = ("SELECT extract(epoch FROM restart)::int FROM (TABLE opres.node UNION ALL SELECT {} FROM opres.node_history WHERE since_revision <= {r}"
                   " AND until_revision > {r}) AS n WHERE code = 'counter' AND since_revision <= {r} ORDER BY since_revision DESC LIMIT 1;")
        lost = [r for r in record.counted if int(s.value(counter.format(names["node"], r=r))) != int(s.value(counter.format(names["node"], r=r - 1))) + 1]
        tally.ok(len(record.counted) > 20 * long, f"{len(record.counted)} edits counted")
        tally.equal(lost, [], "no edit is lost")
        wrong = [r for r, digest in record.digests.items() if s.value(digest_at(r) + ";") != digest]
        tally.equal(wrong, [], "every revision is afterwards what it was when it was current")
        invalid = {r: found for r in record.digests
                   if (found := s.run(VALID.format(r=r, past=f"since_revision <= {r} AND until_revision > {r}", **names)))}
        tally.equal(invalid, {}, "every revision is valid")
        wrong = [r for r in record.documents if "|".join(s.run(f"SELECT opres.dump_map({r});")[0]) != record.documents[r]]
        tally.equal(wrong, [], "and its document is the same")
    sample = chance.sample(record.states, min(len(record.states), 150 * long))
    tally.equal(compare_with_fresh(sample), 0, f"{len(sample)} outages of {len(record.states)} played in sessions that edit are what a fresh session plays")
    print(f"# {record.commits} commits, {record.errors} transactions ended by an error, {last} revisions, {len(record.states)} looks")


def main():
    story_of_revisions()
    story_of_two()
    story_of_the_cache()
    editors_at_random()
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

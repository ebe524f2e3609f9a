#!/usr/bin/env python3
"""The compiled map a session keeps is never another map than the one it sees. A session that stays warm edits at random, in and out of
transactions, savepoints and exception blocks, and after every step each analysis must say what it says in a session that has never
compiled a map: on committed states in the same database, on uncommitted ones from the dumped map in another. Then stories that the
random walk would miss, and the memory of the session over thousands of edits. (editors.py has several editors at a time.)
OPRES_LONG=1: ten times as many steps. OPRES_SEED: another walk."""
import os
import random
import sys

from sessions import Session, SqlError, Tally

LONG = bool(os.environ.get("OPRES_LONG"))
STEPS = 10000 if LONG else 1000
NODES = [f"n{i}" for i in range(9)]
tally = Tally()


def analyses(revision="NULL"):
    """Everything an analysis says of a revision, as one text. A map that cannot be used: its error."""
    r = f"revision => {revision}"
    return f"""SELECT md5(concat_ws('|',
      (SELECT string_agg(t::text, ';' ORDER BY t::text) FROM opres.simulate('s', {r}) AS t),
      (SELECT string_agg(t::text, ';' ORDER BY t::text) FROM opres.simulate_levels('s', {r}) AS t),
      (SELECT string_agg(t::text, ';' ORDER BY t::text) FROM opres.simulate_shocks_levels('[{{"code": "x", "node": "n0", "duration": "5h"}}]', {r}) AS t),
      (SELECT string_agg(t::text, ';') FROM opres.explain('s', 'n1', '3 h', {r}) AS t),
      (SELECT string_agg(t::text, ';') FROM opres.recovery_order('s', {r}) AS t),
      (SELECT string_agg(t::text, ';') FROM opres.restart_deadlocks({r}) AS t),
      (SELECT string_agg(t::text, ';' ORDER BY t::text) FROM opres.depends_on('n1', {r}) AS t),
      (SELECT string_agg(t::text, ';' ORDER BY t::text) FROM opres.dependents('n0', {r}) AS t)));"""


def say(session, sql):
    """What a session answers, or the error it gives; inside a transaction the error is undone."""
    if session.open:
        session.run("SAVEPOINT say;")
    try:
        answer = session.value(sql)
    except SqlError as error:
        answer = str(error)
        if session.open:
            session.run("ROLLBACK TO say;")
    if session.open:
        session.run("RELEASE say;")
    return answer


class Walk:
    MEND = (" DELETE FROM opres.requirement AS q WHERE NOT EXISTS (SELECT FROM opres.requirement_member AS m WHERE (m.node, m.requirement) = (q.node, q.name)"
            " AND NOT m.standby);")

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.warm = Session("walk")
        self.warm.open = False
        self.savepoints = 0

    def edit(self):
        r = self.random
        n, m = r.sample(NODES, 2)
        return r.choice((
            f"UPDATE opres.node SET restart = '{r.randrange(5)} h' WHERE code = '{n}';",
            f"UPDATE opres.node SET kind = '{r.choice(('operation', 'system', 'data'))}' WHERE code = '{n}' AND code <> 'n1';",
            f"INSERT INTO opres.requirement (node, name, buffer, impact) VALUES ('{n}', 'r{r.randrange(2)}', '{r.randrange(3)} h', {r.choice((1, .5))}) ON CONFLICT DO NOTHING;"
            f" INSERT INTO opres.requirement_member (node, requirement, member) SELECT node, name, '{m}' FROM opres.requirement WHERE node = '{n}' ON CONFLICT DO NOTHING;",
            f"INSERT INTO opres.requirement_member (node, requirement, member, standby) SELECT node, name, '{m}', {r.random() < .2} FROM opres.requirement"
            f" WHERE node = '{n}' ON CONFLICT DO NOTHING;",
            f"INSERT INTO opres.requirement_member (node, requirement, member) SELECT node, name, '{m}' FROM opres.requirement WHERE node = '{n}' ON CONFLICT DO NOTHING;",
            f"DELETE FROM opres.requirement_member WHERE node = '{n}' AND member < '{m}';",
            f"DELETE FROM opres.requirement WHERE node = '{n}';",
            f"UPDATE opres.requirement SET buffer = '{r.randrange(3)} h', switchover = '{r.randrange(3)} h' WHERE node = '{n}';",
            f"UPDATE opres.requirement SET needed_for = CASE needed_for WHEN 'run' THEN 'start' ELSE 'run' END WHERE node = '{n}';",
            f"UPDATE opres.shock SET duration = '{r.randrange(1, 9)} h', node = '{n}' WHERE code = 'x';",
            f"INSERT INTO opres.shock (scenario, code, node, onset, duration) VALUES ('s', 'y', '{n}', '{r.randrange(5)} h', '2 h') ON CONFLICT (scenario, code)"
            " DO UPDATE SET node = excluded.node;",
            "DELETE FROM opres.shock WHERE code = 'y';",
            f"INSERT INTO opres.tolerance (operation, tolerance) VALUES ('n1', '100% within {r.randrange(1, 6)}h') ON CONFLICT DO NOTHING;",
            "DELETE FROM opres.tolerance;",
            f"UPDATE opres.node SET code = 'm' WHERE code = '{n}'; UPDATE opres.node SET code = '{n}' WHERE code = 'm';",
            f"DO $$ BEGIN UPDATE opres.node SET restart = '9 h'; PERFORM count(*) FROM opres.simulate('s'); PERFORM 1 / 0;"
            f" EXCEPTION WHEN division_by_zero THEN UPDATE opres.node SET restart = restart + '1 h' WHERE code = '{n}'; END $$;",
            "DO $$ BEGIN FOR i IN 1..3 LOOP BEGIN UPDATE opres.node SET restart = i * interval '1 h' WHERE code = 'n2'; PERFORM count(*) FROM opres.simulate('none');"
            " EXCEPTION WHEN undefined_object THEN NULL; END; END LOOP; END $$;",
            f"WITH gone AS (DELETE FROM opres.requirement WHERE node = '{n}' RETURNING 1) SELECT count(*) FROM gone, opres.simulate('s');",
        ))

    def step(self):
        r, s = self.random, self.warm
        if not s.open and r.random() < .3:
            s.run(f"BEGIN ISOLATION LEVEL {r.choice(('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'))};")
            s.open, self.savepoints = True, 0
        elif s.open and r.random() < .3:
            choice = r.random()
            if choice < .3 and self.savepoints:
                s.run(f"ROLLBACK TO p{self.savepoints};")
                return f"ROLLBACK TO p{self.savepoints}"
            if choice < .6:
                self.savepoints += 1
                s.run(f"SAVEPOINT p{self.savepoints};")
            else:
                end = "COMMIT" if choice < .85 else "ROLLBACK"
                try:
                    s.run(f"{end};")
                except SqlError as error:  # the map would not be valid
                    if error.code != "23514":
                        raise
                s.open = False
                return end
        edit = self.edit()
        if not s.open or r.random() < .5:  # mostly the map can be used
            edit += self.MEND
        try:
            if s.open:
                s.run("SAVEPOINT edit;")
            s.run(edit)
            if s.open:
                s.run("RELEASE edit;")
        except SqlError as error:
            if error.code not in ("23503", "23505", "23514", "55000"):
                raise
            if s.open:
                s.run("ROLLBACK TO edit; RELEASE edit;")
        return edit


def reference(document):
    """What a session that never compiled says of a dumped map; None if the map in the middle of an edit is not valid."""
    with Session("reference") as s:
        s.open = True
        s.run("BEGIN;")
        try:
            s.run(f"SELECT opres.load_map($doc${document}$doc$);")
        except SqlError as error:
            if error.code != "23514":
                raise
            s.run("ROLLBACK;")
            return None
        answer = say(s, analyses())
        s.run("ROLLBACK;")
    return answer


def walk(seed):
    w = Walk(seed)
    s = w.warm
    nodes = ", ".join(f"('{n}', '{'operation' if n == 'n1' else 'system'}')" for n in NODES)
    s.run(f"INSERT INTO opres.node (code, kind) VALUES {nodes}; INSERT INTO opres.scenario (code) VALUES ('s');"
          " INSERT INTO opres.shock (scenario, code, node, duration) VALUES ('s', 'x', 'n0', '4h');")
    answers = set()
    for number in range(STEPS):
        done = w.step()
        if w.random.random() < .3:
            say(s, "SELECT count(*) FROM opres.simulate('s');")
        answer = say(s, analyses())
        answers.add(answer)
        if s.open:
            want = reference(s.value("SELECT opres.dump_map()::text;"))
            if want is not None:
                tally.equal(answer, want, f"seed {seed}, step {number}, uncommitted, after {done}")
        else:
            past = w.random.randrange(1, int(s.value("SELECT revision FROM opres.map_head;")) + 1)
            with Session("walk") as fresh:
                fresh.open = False
                tally.equal(answer, say(fresh, analyses()), f"seed {seed}, step {number}, after {done}")
                if w.random.random() < .3:
                    tally.equal(say(s, analyses(past)), say(fresh, analyses(past)), f"seed {seed}, step {number}, revision {past}, after {done}")
        if tally.failed > 5:
            break
    tally.ok(len(answers) > STEPS / 10, f"only {len(answers)} different answers")
    if s.open:
        s.run("ROLLBACK;")
    s.close()


# Six statements, six revisions; the map can be used without its requirement (1) and with its member (3 and on).
MAP = """INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('a', 'system'), ('b', 'system');
INSERT INTO opres.requirement (node, name) VALUES ('op', 'r');
INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'a');
INSERT INTO opres.tolerance (operation, tolerance) VALUES ('op', '100% within 2h');
INSERT INTO opres.scenario (code) VALUES ('s');
INSERT INTO opres.shock (scenario, code, node, duration) VALUES ('s', 'x', 'a', '4h');"""
BACK = "SELECT max(at) FROM opres.simulate_levels('s') WHERE node = 'op';"


def fresh_database(name):
    with Session() as s:
        s.run(f"DROP DATABASE IF EXISTS {name};")
        s.run(f"CREATE DATABASE {name};")
    with Session(name) as s:
        s.run("CREATE EXTENSION opres;")


def story_of_the_extension():
    """DROP and CREATE EXTENSION in a session that has maps, plans and enum values of the old one."""
    fresh_database("stories")
    with Session("stories") as s:
        for hours in (4, 5, 6):
            s.run(MAP)
            s.run(f"UPDATE opres.shock SET duration = '{hours} h';")
            tally.equal(s.value(BACK), f"0{hours}:00:00", f"extension made anew, {hours} h")
            tally.equal(s.run("SELECT node, kind FROM opres.depends_on('op');"), [["a", "system"]], "kinds of the new enum")
            tally.equal(s.value("SELECT cause FROM opres.simulate('s');"), "{op,a}", "a tolerance of the new type")
            tally.equal(s.value("SELECT count(*) FROM opres.explain('s', 'op', '1 h');"), "2", "explain")
            s.run("DROP EXTENSION opres; CREATE EXTENSION opres;")
            tally.equal(s.value("SELECT count(*) FROM opres.restart_deadlocks();"), "0", "the new one is empty")
        s.run("BEGIN;")
        s.run(MAP)
        tally.equal(s.value(BACK), "04:00:00", "in a transaction")
        s.run("SET CONSTRAINTS ALL IMMEDIATE; DROP EXTENSION opres; SAVEPOINT gone;")
        try:
            s.run(BACK)
            tally.ok(False, "simulate without the extension")
        except SqlError as error:
            tally.ok(error.code in ("3F000", "42883"), f"without the extension: {error}")
        s.run("ROLLBACK;")
        tally.equal(s.value("SELECT count(*) FROM opres.node;"), "0", "back again, without the map")


def story_of_truncate():
    fresh_database("stories")
    with Session("stories") as s:
        s.run(MAP)
        tally.equal(s.value(BACK), "04:00:00", "before TRUNCATE")
        for what in ("opres.node CASCADE", "opres.shock", "opres.map_head", "opres.requirement_member", "opres.node_history", "opres.map_revision"):
            try:
                s.run(f"TRUNCATE {what};")
                tally.ok(False, f"TRUNCATE {what}")
            except SqlError as error:
                tally.equal(error.code, "0A000", f"TRUNCATE {what}")
        tally.equal(s.value(BACK), "04:00:00", "after TRUNCATE")


def story_of_revisions():
    """More revisions than maps are kept, in one query and in turns; statements prepared before the edits."""
    fresh_database("stories")
    with Session("stories") as s:
        s.run(MAP)
        first = int(s.value("SELECT revision FROM opres.map_head;"))
        s.run("PREPARE back AS " + BACK + " PREPARE back_at(bigint) AS SELECT max(at) FROM opres.simulate_levels('s', revision => $1) WHERE node = 'op';")
        for hours in range(1, 6):
            tally.equal(s.value("EXECUTE back;"), f"0{3 + hours}:00:00", "prepared before the edits")
            s.run(f"UPDATE opres.node SET restart = '{hours} h' WHERE code = 'op';")
        want = [[f"0{4 + i}:00:00"] for i in range(6)]
        tally.equal(s.run(f"SELECT (SELECT max(at) FROM opres.simulate_levels('s', revision => r) WHERE node = 'op') FROM generate_series({first}, {first + 5}) AS r;"),
                    want, "six revisions in a query")
        for turn in range(2):
            for i in (0, 3, 5, 1, 4, 2):
                tally.equal(s.value(f"EXECUTE back_at({first + i});"), want[i][0], f"revisions in turns, {turn}")
        s.run("BEGIN; UPDATE opres.node SET restart = '9 h' WHERE code = 'op';")
        tally.equal(s.value("EXECUTE back;"), "13:00:00", "prepared, in a transaction")
        tally.equal(s.value(f"EXECUTE back_at({first + 5});"), want[5][0], "the revision before, while editing")
        tally.equal(s.value(f"EXECUTE back_at({first + 6});"), "13:00:00", "the revision being made, by its number")
        s.run("ROLLBACK;")
        tally.equal(s.value("EXECUTE back;"), want[5][0], "rolled back")
        try:
            s.run(f"EXECUTE back_at({first + 6});")
            tally.ok(False, "a revision rolled back")
        except SqlError as error:
            tally.equal(error.code, "42704", "a revision rolled back")
        s.run("UPDATE opres.node SET restart = '10 h' WHERE code = 'op';")
        tally.equal(s.value(f"EXECUTE back_at({first + 6});"), "14:00:00", "its number used again")


def story_of_errors():
    """Errors in the middle of analyses, caught by the same transaction, do not use up the places where maps are kept."""
    fresh_database("stories")
    with Session("stories") as s:
        s.run(MAP)
        s.run("INSERT INTO opres.node (code, kind, restart) VALUES ('x', 'system', '3 s'), ('y', 'system', '5 s');"
              " INSERT INTO opres.requirement (node, name, buffer) VALUES ('x', 'r', '4 s'), ('y', 'r', '4 s');"
              " INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('x', 'r', 'y'), ('y', 'r', 'x');")
        s.run("""BEGIN;
          DO $$ BEGIN FOR i IN 1..50 LOOP
            BEGIN
              PERFORM count(*) FROM opres.simulate_shocks('[{"code": "z", "node": "x", "duration": "2 s"}]', revision => 1 + i % 7);
            EXCEPTION WHEN undefined_object OR object_not_in_prerequisite_state THEN NULL; END;
            BEGIN
              SET LOCAL opres.max_events = 100;
              PERFORM count(*) FROM opres.simulate_shocks('[{"code": "z", "node": "x", "duration": "2 s"}]');
              RAISE 'not refused';
            EXCEPTION WHEN program_limit_exceeded THEN NULL; END;
          END LOOP; END $$;""")
        tally.equal(s.value(BACK), "04:00:00", "after many errors in the same transaction")
        tally.equal(s.value("SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'opres map';"), "2", "two maps are kept, none is lost")
        s.run("COMMIT;")
        tally.equal(s.value(BACK), "04:00:00", "and after it")
        for _ in range(3):
            s.value("SELECT count(*) FROM opres.simulate('s', revision => 6);")
        tally.equal(s.value("SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'opres map';"), "2", "two maps are kept")
        tally.equal(s.value("SELECT count(*) FROM pg_backend_memory_contexts WHERE name LIKE 'opres o%' OR name LIKE 'opres row%';"), "0", "nothing of a run is")


def story_of_parallel_workers():
    """A worker has its own cache and sees what its leader sees."""
    fresh_database("stories")
    with Session("stories") as s:
        s.run(MAP)
        force = "debug_parallel_query" if int(s.value("SHOW server_version_num;")) >= 160000 else "force_parallel_mode"
        s.run(f"SET {force} = on; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;")
        plan = " ".join(row[0] for row in s.run("EXPLAIN (COSTS OFF) " + BACK))
        tally.ok("Gather" in plan, f"in a worker: {plan}")
        tally.equal(s.value(BACK), "04:00:00", "in a worker")
        s.run("BEGIN; UPDATE opres.node SET restart = '1 h' WHERE code = 'op';")
        tally.equal(s.value(BACK), "05:00:00", "in a worker, uncommitted")
        s.run("ROLLBACK;")
        tally.equal(s.value(BACK), "04:00:00", "in a worker, rolled back")
        s.run("SET opres.max_events = 1;")
        try:
            s.run(BACK)
            tally.ok(False, "a worker knows no limit")
        except SqlError as error:
            tally.equal(error.code, "54000", "a worker's limit")


def story_of_memory():
    """Thousands of edits and analyses: what the session holds does not grow."""
    fresh_database("stories")
    rounds = 20000 if LONG else 2000
    with Session("stories") as s:
        s.run(MAP)
        pid = s.value("SELECT pg_backend_pid();")

        def resident():
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))  # not the shared buffers

        held = []
        for part in range(5):
            s.run(f"""DO $$ BEGIN FOR i IN 1..{rounds // 5} LOOP
                UPDATE opres.node SET restart = i * interval '1 s' WHERE code = 'op';
                IF (SELECT max(at) FROM opres.simulate_levels('s') WHERE node = 'op') <> interval '4 h' + i * interval '1 s' THEN RAISE 'wrong'; END IF;
                PERFORM count(*) FROM opres.simulate('s', revision => 6 + i % 5);
                PERFORM count(*) FROM opres.explain('s', 'op', '1 h'); PERFORM count(*) FROM opres.recovery_order('s');
                PERFORM count(*) FROM opres.depends_on('op'); PERFORM count(*) FROM opres.restart_deadlocks();
                PERFORM count(*) FROM opres.simulate_shocks('[{{"code": "z", "node": "a", "duration": "2 s"}}]');
                COMMIT;
              END LOOP; END $$;""")
            held.append((int(s.value("SELECT sum(total_bytes) FROM pg_backend_memory_contexts;")), resident()))
        tally.ok(held[-1][0] <= held[1][0] + 200_000, f"bytes held after each fifth of {rounds} edits: {[h[0] for h in held]}")
        tally.ok(held[-1][1] <= held[1][1] + 300, f"private kB after each fifth of {rounds} edits: {[h[1] for h in held]}")
        print(f"{rounds} edits: {held[1][0]} bytes held after two fifths, {held[-1][0]} at the end; private {held[1][1]} kB, {held[-1][1]} kB")


def main():
    seed = int(os.environ.get("OPRES_SEED", "20261121"))
    fresh_database("walk")
    fresh_database("reference")
    story_of_the_extension()
    story_of_truncate()
    story_of_revisions()
    story_of_errors()
    story_of_parallel_workers()
    story_of_memory()
    walk(seed)
    return tally.close()


sys.exit(main())

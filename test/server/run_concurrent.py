#!/usr/bin/env python3
"""Many work on a run at the same time: of two who do the same step one wins and the other is told; of many in parallel branches nothing is
lost or doubled; what is rolled back, in whole or to a savepoint, no session remembers."""
import random
import sys
import threading

import runs
from sessions import Session, SqlError, Tally

tally = Tally()
SEED = random.randrange(2 ** 32)
print(f"seed {SEED}")


def outcome(session, sql):
    """What a statement says: its value or the code of its error."""
    try:
        return session.value(sql)
    except SqlError as error:
        return error.code


def two_at_once():
    """The same step by two commanders, in both orders of arriving, at two isolation levels."""
    with Session() as a, Session() as b:
        run = runs.begin(a, runs.parallel(2, 40, "two"))
        for n in range(1, 21):
            step = f"SELECT opres.advance({run}, 'A1.{n}', 'success');"
            a.run("BEGIN;")
            first = a.value(step)
            b.send(step)
            a.run("COMMIT;" if n % 2 else "ROLLBACK;")
            try:
                second = b.receive()[0][0]
            except SqlError as error:
                second = error.code
                tally.ok("done" in str(error), f"the loser is told what is wrong: {error}")
            tally.equal((first, second), ("done", "55000" if n % 2 else "done"), f"step {n}: one wins")
        for n in range(21, 31):
            step = f"SELECT opres.advance({run}, 'A1.{n}', 'success');"
            for s in (a, b):
                s.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM opres.run;")
            first = a.value(step)
            b.send(step)
            a.run("COMMIT;")
            try:
                second = b.receive()[0][0]
            except SqlError as error:
                second = error.code
            tally.equal((first, second), ("done", "40001"), f"step {n} at REPEATABLE READ: a conflict that can be tried again")
            b.run("ROLLBACK;")
        tally.equal(a.value(f"SELECT count(*) FROM opres.run_step WHERE run = {run} AND code LIKE 'A1.%' AND state = 'done';"), "30", "each once")
        runs.check(a, tally, "two at once")


def undone():
    """Savepoints and rollbacks, in the session itself and seen from another that has the run in memory."""
    rng = random.Random(SEED)
    with Session() as a, Session() as b:
        run = runs.begin(a, runs.parallel(4, 30, "undone"))
        done = [0] * 5
        for _ in range(80):
            branch = rng.randrange(1, 5)
            if done[branch] == 30:
                continue
            step = f"SELECT opres.advance({run}, 'A{branch}.{done[branch] + 1}', 'success');"
            other = branch % 4 + 1
            b.run(f"SELECT count(*) FROM opres.todo({run});")
            way = rng.randrange(4)
            a.run("BEGIN; SAVEPOINT s;")
            a.run(step)
            if way in (0, 1):
                a.run("ROLLBACK TO s;")
            if way == 1 and done[other] < 30:
                a.run(f"SELECT opres.advance({run}, 'A{other}.{done[other] + 1}', 'success');")
            a.run("ROLLBACK;" if way == 2 else "COMMIT;")
            if way == 1 and done[other] < 30:
                done[other] += 1
            elif way == 3:
                done[branch] += 1
            want = sorted(f"A{n}.{done[n] + 1}" for n in range(1, 5) if done[n] < 30)
            for name, s in (("a", a), ("b", b)):
                tally.equal(sorted(r[0] for r in s.run(f"SELECT step FROM opres.todo({run});")), want, f"{name} sees what is")
        runs.check(a, tally, "undone")


class Worker(threading.Thread):
    def __init__(self, run, number):
        super().__init__()
        self.run_id, self.random, self.done, self.refused, self.other = run, random.Random(f"{SEED} {number}"), 0, 0, []

    def run(self):
        with Session() as s:
            while True:
                todo = [r[0] for r in s.run(f"SELECT step FROM opres.todo({self.run_id});")]
                if not todo:
                    return
                got = outcome(s, f"SELECT opres.advance({self.run_id}, '{self.random.choice(todo)}', 'success');")
                self.done += got == "done"
                self.refused += got == "55000"
                if got not in ("done", "55000"):
                    self.other.append(got)
                    return


def many():
    with Session() as s:
        run = runs.begin(s, runs.parallel(8, 25, "many"))
        workers = [Worker(run, n) for n in range(8)]
        for w in workers:
            w.start()
        for w in workers:
            w.join()
        tally.equal([w.other for w in workers if w.other], [], "nothing but done or a clear conflict")
        tally.equal(sum(w.done for w in workers), 200, "each step once")
        tally.ok(sum(w.refused for w in workers) > 0, "there were conflicts: it was at the same time")
        tally.equal(s.value(f"SELECT state FROM opres.run WHERE id = {run};"), "completed", "the run is completed")
        runs.check(s, tally, "many")


def beginners():
    """Two begin the same playbook for the same incident."""
    with Session() as a, Session() as b:
        incident = a.value("SELECT opres.open_incident('Another', 'many', 50);")
        a.run(f"BEGIN; SELECT opres.start_run({incident}, 'many');")
        b.send(f"SELECT opres.start_run({incident}, 'many');")
        a.run("COMMIT;")
        try:
            b.receive()
            got = "begun"
        except SqlError as error:
            got = error.code
        tally.equal(got, "55000", "one run of a playbook for an incident")


with Session() as setup:
    setup.run("DROP EXTENSION IF EXISTS opres CASCADE; CREATE EXTENSION opres;")
for test in (two_at_once, undone, many, beginners):
    test()
with Session() as end:
    tally.equal(end.run("SELECT * FROM opres.verify_audit();")[:3], [], "the audit trail")
    end.run("DROP EXTENSION opres CASCADE;")
sys.exit(tally.close())

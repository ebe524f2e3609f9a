#!/usr/bin/env python3
"""Runs through crashes: sessions advance a run while the server is killed (-9). Every acknowledged step is done after the recovery,
each once; projections and audit trail agree; the run goes on where it was."""
import os
import random
import sys
import threading
import time

import runs
from clusters import GONE, Cluster
from sessions import SqlError, Tally

tally = Tally()
SEED = random.randrange(2 ** 32)
ROUNDS = 40 if os.environ.get("OPRES_LONG") else 6
WORKERS, BRANCHES, LENGTH = 4, 6, 120
print(f"seed {SEED}")


class Worker(threading.Thread):
    def __init__(self, cluster, run, number):
        super().__init__(daemon=True)
        self.cluster, self.run_id, self.random = cluster, run, random.Random(f"{SEED} {number} {time.monotonic()}")
        self.acknowledged, self.problems = [], []

    def run(self):
        session = self.cluster.session()
        try:
            while True:
                todo = [r[0] for r in session.run(f"SELECT step FROM opres.todo({self.run_id});")]
                if not todo:
                    break
                step = self.random.choice(todo)
                try:
                    session.run(f"SELECT opres.advance({self.run_id}, '{step}', 'success');")
                    self.acknowledged.append(step)
                except SqlError as error:
                    if error.code != "55000":
                        raise
        except GONE as error:
            if isinstance(error, SqlError) and error.code not in ("57P01", "57P02", "57P03"):
                self.problems.append(str(error))
        session.process.kill()
        session.process.wait()


cluster = Cluster("runs", fsync="on", commit_delay="2000", commit_siblings="1").create().start()
with cluster.session() as s:
    s.run("CREATE EXTENSION opres;")
    run = runs.begin(s, runs.parallel(BRANCHES, LENGTH, "crash"))
rng, acknowledged = random.Random(SEED), []
for number in range(ROUNDS):
    workers = [Worker(cluster, run, f"{number}.{n}") for n in range(WORKERS)]
    for w in workers:
        w.start()
    time.sleep(rng.uniform(.05, .5))
    cluster.kill(everything=bool(rng.randrange(2)))
    for w in workers:
        w.join()
    cluster.start()
    with cluster.again() as s:
        acknowledged += [step for w in workers for step in w.acknowledged]
        tally.equal([w.problems for w in workers if w.problems], [], f"crash {number}: errors")
        done = {r[0] for r in s.run(f"SELECT code FROM opres.run_step WHERE run = {run} AND state = 'done';")}
        tally.equal(sorted(set(acknowledged) - done)[:5], [], f"crash {number}: acknowledged and not done")
        tally.equal(len(acknowledged), len(set(acknowledged)), f"crash {number}: acknowledged once")
        twice = s.run(f"SELECT step FROM opres.run_event WHERE run = {run} AND kind = 'success' GROUP BY step HAVING count(*) > 1;")
        tally.equal(twice, [], f"crash {number}: done twice")
        runs.check(s, tally, f"crash {number}")
        tally.equal(s.run("SELECT * FROM opres.verify_audit();")[:3], [], f"crash {number}: the audit trail")
tally.ok(len(acknowledged) > 20, f"too little was done to be a test: {len(acknowledged)}")
tally.equal(cluster.complaints(), [], "the server's log")
print(f"{len(acknowledged)} steps acknowledged through {ROUNDS} crashes")
cluster.stop()
sys.exit(tally.close())

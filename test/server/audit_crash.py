#!/usr/bin/env python3
"""The audit trail through crashes: 8 sessions write to it while the server is killed (-9: all of it, the postmaster, a single
session) or stopped at once. Whatever synchronous_commit a session has: an acknowledged transaction has its entries after the recovery,
one that was not has all of them or none, no number is missing or double, and every checkpoint ever answered is still a beginning of
the trail. commit_delay makes the time long in which a commit can be seen and is not on disk yet."""
import os
import random
import signal
import sys
import threading
import time

import audit_trail
from clusters import GONE, Cluster
from sessions import SqlError, Tally

tally = Tally()
WRITERS, WITNESSES = 8, 2
COMMITS = ("on", "off", "local", "remote_write", "remote_apply")


class Writer(threading.Thread):
    """Writes until the server is gone."""

    def __init__(self, cluster, name, seed, stop):
        super().__init__(daemon=True)
        self.cluster, self.name, self.stop, self.random = cluster, name, stop, random.Random(f"{seed} {name}")
        self.acknowledged, self.unknown, self.problems, self.pid = [], [], [], None

    def run(self):
        try:
            session = self.cluster.session()
            self.pid = int(session.value("SELECT pg_backend_pid();"))
            number = 0
            while not self.stop.is_set():
                number += 1
                labels = [f"{self.name}.{number}.{i}" for i in range(self.random.randrange(1, 4))]
                commit = self.random.choice(COMMITS)
                calls = " ".join(f"SELECT opres.audit_append('test', '{label}', NULL, '{commit}');" for label in labels)
                self.unknown.append(labels)
                # Some in one message with their commit, some as a transaction of several.
                session.run(f"SET synchronous_commit = {commit}; BEGIN; INSERT INTO work VALUES ('{labels[0]}'); {calls}")
                session.run("COMMIT;")
                self.acknowledged.append(self.unknown.pop())
        except GONE as error:
            if isinstance(error, SqlError) and error.code not in ("57P01", "57P02", "57P03"):
                self.problems.append(str(error))
        session.process.kill()
        session.process.wait()


class Witness(threading.Thread):
    """Asks for checkpoints until the server is gone."""

    def __init__(self, cluster, stop):
        super().__init__(daemon=True)
        self.cluster, self.stop, self.seen, self.problems = cluster, stop, [], []

    def run(self):
        session = self.cluster.session()
        try:
            session.run("SET synchronous_commit = off;")
            while not self.stop.is_set():
                self.seen.append(audit_trail.checkpoint(session))
        except GONE as error:
            if isinstance(error, SqlError) and error.code not in ("57P01", "57P02", "57P03"):
                self.problems.append(str(error))
        except ValueError as error:
            self.problems.append(str(error))
        session.process.kill()
        session.process.wait()


class Trail:
    """What was ever true of the trail, and must stay so."""

    def __init__(self, cluster):
        self.cluster, self.tree, self.at, self.entries_of = cluster, audit_trail.Tree(), {}, {}
        self.acknowledged, self.checkpoints = [], []
        self.kept_of_unknown = self.crashes = 0

    def check(self, what):
        """After a crash: the entries that came, and all that was promised."""
        rows = audit_trail.read("postgres", len(self.tree), self.cluster.host)
        first = len(self.tree)
        tally.equal(audit_trail.problems(rows, self.tree)[:5], [], f"{what}: what is new, recomputed")
        tally.equal([row.subject for row in rows if row.subject in self.at][:5], [], f"{what}: there twice")
        self.at.update((row.subject, row.entry) for row in rows)
        tally.equal(len(self.at), len(self.tree), f"{what}: every entry is another")
        with self.cluster.again() as s:
            tally.equal(s.value("SELECT format('%s %s', count(*), max(entry)) FROM opres.audit_entry;"), f"{len(self.tree)} {len(self.tree)}",
                        f"{what}: no number is missing")
            got = audit_trail.checkpoint(s)
            tally.equal((got.size, got.root), (len(self.tree), self.tree.root()), f"{what}: the checkpoint now")
        return first

    def settle(self, what, writers, witnesses):
        before = self.check(what)
        with self.cluster.session() as s:
            work = {label for (label,) in s.run("SELECT label FROM work;")}
        lost = [labels for writer in writers for labels in writer.acknowledged if not self.whole(labels)]
        tally.equal(lost[:5], [], f"{what}: acknowledged and whole")
        for labels in (labels for writer in writers for labels in writer.unknown):
            there = any(label in self.at for label in labels)
            tally.ok(self.whole(labels) or not there, f"{what}: {labels} is there in parts")
            self.kept_of_unknown += there
        recorded = {label for label in self.at if label.endswith(".0")}
        tally.equal(sorted(recorded ^ work)[:5], [], f"{what}: what is recorded is there, and what is there is recorded")
        made = sum(len(writer.acknowledged) for writer in writers)
        seen = [checkpoint for witness in witnesses for checkpoint in witness.seen]
        gone = [c for c in seen if c.size > len(self.tree) or c.root != self.tree.root(c.size)]
        tally.equal(gone[:3], [], f"{what}: of {len(seen)} checkpoints, these hold no more (size {len(self.tree)})")
        for checkpoint in seen[-3:]:
            self.consistent(checkpoint, what)
        for thread in (*writers, *witnesses):
            tally.equal(thread.problems, [], f"{what}: errors")
        self.acknowledged += [labels for writer in writers for labels in writer.acknowledged]
        self.checkpoints += seen
        self.crashes += 1
        return made, len(seen), len(self.tree) - before

    def whole(self, labels):
        """All are there, together and in order."""
        first = self.at.get(labels[0])
        return first is not None and [self.at.get(label) for label in labels] == list(range(first, first + len(labels)))

    def consistent(self, checkpoint, what):
        """By the server's own proof, as a witness would ask for it."""
        try:
            with self.cluster.session() as s:
                proof = audit_trail.hashes(s, f"opres.audit_consistency_proof({checkpoint.size}, {len(self.tree)})")
        except SqlError as error:
            tally.ok(False, f"{what}: a proof from {checkpoint.size} to {len(self.tree)}: {error}")
            return
        tally.ok(audit_trail.consistency_holds(checkpoint.size, len(self.tree), proof, checkpoint.root, self.tree.root()),
                 f"{what}: no proof from {checkpoint.size} to {len(self.tree)}")


def kill(cluster, how, writers, chance):
    if how == "everything":
        cluster.kill()
    elif how == "the postmaster":
        cluster.kill(everything=False)
    elif how == "a session":
        os.kill(chance.choice(writers).pid, signal.SIGKILL)
    else:
        cluster.stop("immediate")


def delay(cluster, microseconds):
    """How long a session waits before it flushes the log."""
    with cluster.again() as s:
        s.run(f"ALTER SYSTEM SET commit_delay = {microseconds};")
        s.run("SELECT pg_reload_conf();")


def crash(cluster, trail, how, seed, chance):
    what = f"crash {trail.crashes + 1}, {how}"
    stop = threading.Event()
    writers = [Writer(cluster, f"c{trail.crashes}w{i}", seed, stop) for i in range(WRITERS)]
    witnesses = [Witness(cluster, stop) for _ in range(WITNESSES)]
    for thread in (*writers, *witnesses):
        thread.start()
    late = time.monotonic() + 30
    while not all(len(writer.acknowledged) >= 3 for writer in writers) or not all(len(witness.seen) >= 2 for witness in witnesses):
        if time.monotonic() > late:
            break
        time.sleep(.01)
    time.sleep(chance.uniform(.2, .8))
    tally.ok(all(thread.is_alive() for thread in (*writers, *witnesses)), f"{what}: all are at it")
    kill(cluster, how, writers, chance)
    for thread in (*writers, *witnesses):
        thread.join(30)
        tally.ok(not thread.is_alive(), f"{what}: a session hangs")
    if how != "a session":
        cluster.start()
    cluster.again().close()
    made, seen, entries = trail.settle(what, writers, witnesses)
    tally.ok(made >= 3 * WRITERS and seen >= 2 * WITNESSES, f"{what}: {made} transactions were acknowledged, {seen} checkpoints answered")
    return entries


def append(label):
    return f"SELECT opres.audit_append('test', '{label}', NULL, NULL);"


def asynchronous(cluster, trail, rounds):
    """synchronous_commit = off: killed right after a commit, a transaction without an entry may be gone, one with an entry never.
    That the former are lost shows that the latter could be."""
    lost = 0
    for i in range(rounds):
        with cluster.again() as s:
            s.run(f"SET synchronous_commit = off; BEGIN; INSERT INTO other VALUES ('with {i}'); {append(f'asynchronous {i}')} COMMIT;")
            s.run(f"INSERT INTO other VALUES ('without {i}');")
            cluster.kill()
            s.process.kill()
        cluster.start()
        trail.check(f"asynchronous commit {i}")
        with cluster.session() as s:
            work = {label for (label,) in s.run("SELECT label FROM other;")}
        tally.ok(f"asynchronous {i}" in trail.at and f"with {i}" in work, f"asynchronous commit {i}: with an entry it stays")
        lost += f"without {i}" not in work
        trail.crashes += 1
    tally.ok(lost > 0, f"of {rounds} asynchronous commits without an entry {lost} were lost")
    return lost


def seen_early(cluster, trail):
    """A commit can be seen before it is flushed; a checkpoint that counts it is answered only when it is."""
    early = 0
    delay(cluster, 100000)
    for i in range(5):
        with cluster.again() as writer, cluster.again() as witness:
            size = int(witness.value("SELECT count(*) FROM opres.audit_entry;"))
            writer.run(f"BEGIN; {append(f'early {i}')}")
            writer.send("COMMIT;")
            while witness.value("SELECT count(*) FROM opres.audit_entry;") == str(size):
                pass
            early += witness.value("SELECT pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn();") == "t"
            got = audit_trail.checkpoint(witness)
            cluster.kill()
            writer.process.kill()
        cluster.start()
        trail.check(f"seen early {i}")
        tally.equal((got.size, got.root), (size + 1, trail.tree.root(size + 1)), f"seen early {i}: the checkpoint that counted it holds")
        trail.crashes += 1
    tally.ok(early > 0, f"{early} of 5 commits were seen before they were on disk")
    delay(cluster, 0)


def main():
    seed = int(os.environ.get("OPRES_SEED") or 20261121)
    crashes = 200 if os.environ.get("OPRES_LONG") else 20
    chance = random.Random(seed)
    # Nobody flushes by the way: the writer of the log sleeps for 10 s.
    cluster = Cluster("crash", fsync="on", wal_writer_delay="10s", wal_writer_flush_after="1GB", restart_after_crash="on", commit_siblings="0",
                      wal_buffers="16MB").create().start()
    with cluster.session() as s:
        s.run("CREATE EXTENSION opres; CREATE TABLE work (label text PRIMARY KEY); CREATE TABLE other (label text);")
    trail = Trail(cluster)
    ways = ("everything", "a session", "the postmaster", "a session", "everything", "an immediate stop")
    entries = 0
    for i in range(crashes):
        delay(cluster, (20000, 3000, 0)[i % 3])
        entries += crash(cluster, trail, ways[i % len(ways)], seed, chance)
    print(f"# {trail.crashes} crashes: {len(trail.acknowledged)} acknowledged transactions, {entries} entries; {trail.kept_of_unknown} more were"
          f" committed without an answer; {len(trail.checkpoints)} checkpoints")
    lost = asynchronous(cluster, trail, 6)
    seen_early(cluster, trail)
    rows = audit_trail.read("postgres", host=cluster.host)
    whole = audit_trail.Tree()
    tally.equal(audit_trail.problems(rows, whole)[:5], [], "the whole trail, recomputed at last")
    tally.equal([c for c in trail.checkpoints if whole.root(c.size) != c.root][:3], [], "every checkpoint ever answered holds")
    tally.equal([labels for labels in trail.acknowledged if not trail.whole(labels)][:3], [], "every acknowledged transaction is there")
    with cluster.session() as s:
        tally.equal(s.run("SELECT problem, entry FROM opres.verify_audit();"), [], "verify_audit finds nothing")
    tally.equal(cluster.complaints(), [], "the server's log")
    print(f"# with those of single commits {trail.crashes} crashes; {lost} asynchronous commits without an entry were lost, none with one")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The audit trail with a synchronous standby. An append's commit record is written asynchronously and waited for afterwards, so here:
whatever synchronous_commit a session has, an acknowledged entry is on the standby, when the primary is killed and the standby promoted;
with the standby gone a commit with an entry waits, and a checkpoint as well, for they must not promise what a failover would undo."""
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
COMMITS = ("on", "off", "local", "remote_write", "remote_apply")


def append(label):
    return f"SELECT opres.audit_append('test', '{label}', NULL, NULL);"


class Writer(threading.Thread):
    def __init__(self, cluster, number):
        super().__init__(daemon=True)
        self.cluster, self.number, self.acknowledged, self.problems = cluster, number, [], []

    def run(self):
        chance = random.Random(self.number)
        session = self.cluster.session()
        try:
            i = 0
            while True:
                i += 1
                label = f"w{self.number}.{i}"
                session.run(f"SET synchronous_commit = {chance.choice(COMMITS)}; BEGIN; {append(label)} COMMIT;")
                self.acknowledged.append(label)
        except GONE as error:
            if isinstance(error, SqlError) and error.code not in ("57P01", "57P02", "57P03"):
                self.problems.append(str(error))
        session.process.kill()
        session.process.wait()


class Witness(threading.Thread):
    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.seen = cluster, []

    def run(self):
        session = self.cluster.session()
        try:
            session.run("SET synchronous_commit = local;")
            while True:
                self.seen.append(audit_trail.checkpoint(session))
        except (*GONE, ValueError):
            pass
        session.process.kill()
        session.process.wait()


def synchronous(primary):
    """Waits until the standby is the synchronous one."""
    with primary.session() as s:
        for _ in range(400):
            if s.run("SELECT sync_state FROM pg_stat_replication;") == [["sync"]]:
                return
            time.sleep(.05)
    raise TimeoutError("there is no synchronous standby")


def replicated(name, number):
    """A primary and its synchronous standby."""
    primary = Cluster(f"primary{number}", fsync="on", wal_writer_delay="10s").create().start()
    with primary.session() as s:
        s.run("CREATE EXTENSION opres; CREATE TABLE other (label text);")
    standby = Cluster(f"standby{number}", fsync="on", wal_receiver_status_interval="1s", cluster_name=name,
                      wal_retrieve_retry_interval="100ms").copied_from(primary, "-R").start()
    with primary.session() as s:
        s.run(f"ALTER SYSTEM SET synchronous_standby_names = '{name}';")
        s.run("SELECT pg_reload_conf();")
    synchronous(primary)
    return primary, standby


def failover(number):
    """The primary is killed while sessions write, and the standby takes over."""
    primary, standby = replicated(f"near{number}", number)
    writers, witness = [Writer(primary, i) for i in range(6)], Witness(primary)
    for thread in (*writers, witness):
        thread.start()
    late = time.monotonic() + 30
    while min(len(writer.acknowledged) for writer in writers) < 50 or len(witness.seen) < 20:
        if time.monotonic() > late:
            break
        time.sleep(.01)
    time.sleep(.3)
    # The standby gets nothing for a moment, then or later: meanwhile nobody may be told anything.
    with standby.session() as s:
        receiver = int(s.value("SELECT pid FROM pg_stat_wal_receiver;"))
    os.kill(receiver, signal.SIGSTOP)
    time.sleep(.5)
    primary.kill()
    os.kill(receiver, signal.SIGKILL)
    for thread in (*writers, witness):
        thread.join(30)
    standby.again().close()
    standby.promote()
    what = f"failover {number}"
    tree = audit_trail.Tree()
    rows = audit_trail.read("postgres", host=standby.host)
    tally.equal(audit_trail.problems(rows, tree)[:5], [], f"{what}: recomputed")
    present, acknowledged = {row.subject for row in rows}, [label for writer in writers for label in writer.acknowledged]
    tally.equal(sorted(set(acknowledged) - present)[:5], [], f"{what}: acknowledged and on the standby")
    tally.ok(len(acknowledged) > 50 and len(witness.seen) > 5, f"{what}: {len(acknowledged)} acknowledged, {len(witness.seen)} checkpoints")
    tally.equal([c for c in witness.seen if c.size > len(tree) or c.root != tree.root(c.size)][:3], [], f"{what}: checkpoints that hold no more")
    tally.equal([writer.problems for writer in writers if writer.problems], [], f"{what}: errors")
    with standby.session() as s:
        s.run(append("goes on"))
        tally.equal(s.run("SELECT problem, entry FROM opres.verify_audit();"), [], f"{what}: verify_audit")
        tally.equal(audit_trail.checkpoint(s).size, len(rows) + 1, f"{what}: goes on")
    print(f"# {what}: {len(acknowledged)} acknowledged, {len(rows)} there, {len(witness.seen)} checkpoints")
    return primary, standby


class Pending:
    """A statement sent, whose answer is waited for in another thread."""

    def __init__(self, cluster, sql, before=""):
        self.session, self.answer, self.error = cluster.session(), None, None
        self.session.run("SET client_min_messages = warning; " + before)
        self.pid = int(self.session.value("SELECT pg_backend_pid();"))
        self.session.send(sql)
        self.thread = threading.Thread(target=self.receive, daemon=True)
        self.thread.start()

    def receive(self):
        try:
            self.answer = "\n".join("|".join(row) for row in self.session.receive())
        except (SqlError, ConnectionError) as error:
            self.error = error

    def waits(self, seconds=.4):
        self.thread.join(seconds)
        return self.thread.is_alive()

    def ended(self):
        self.thread.join(20)
        return not self.thread.is_alive()


def nothing_promised_alone(primary, standby):
    """The standby is gone: what promises that entries stay must wait."""
    standby.stop()
    with primary.session() as s:
        size = audit_trail.read("postgres", host=primary.host)[-1].entry
        for commit in ("off", "local"):
            pending = Pending(primary, "INSERT INTO other VALUES ('without an entry');", f"SET synchronous_commit = {commit};")
            tally.ok(pending.ended(), f"without an entry, a commit that asked not to wait ({commit}) does not")
        commits = {commit: Pending(primary, "COMMIT;", f"SET synchronous_commit = {commit}; BEGIN; {append(f'alone {commit}')}") for commit in COMMITS}
        tally.equal([commit for commit, pending in commits.items() if not pending.waits()], [], "with one it waits, at every level")
        pids = ", ".join(str(pending.pid) for pending in commits.values())
        tally.equal(s.run(f"SELECT DISTINCT wait_event FROM pg_stat_activity WHERE pid IN ({pids});"), [["SyncRep"]], "for the standby, not for each other")
        tally.equal(s.value("SELECT count(*) FROM pg_locks WHERE NOT granted;"), "0", "nobody waits for a lock")
        tally.equal(s.value("SELECT max(entry) FROM opres.audit_entry;"), str(size + len(COMMITS)), "the entries can be seen here")
        checkpoint = Pending(primary, "SELECT opres.audit_checkpoint();", "SET synchronous_commit = off;")
        hasty = Pending(primary, "SELECT opres.audit_checkpoint();", "SET statement_timeout = '300 ms';")
        tally.ok(checkpoint.waits(), "a checkpoint of them waits")
        tally.ok(hasty.ended() and getattr(hasty.error, "code", "") == "57014", f"or ends by its timeout, unanswered: {hasty.answer}, {hasty.error}")
        cancelled, terminated = commits.pop("off"), commits.pop("local")
        s.run(f"SELECT pg_cancel_backend({cancelled.pid}), pg_cancel_backend({checkpoint.pid}), pg_terminate_backend({terminated.pid});")
        tally.ok(cancelled.ended() and cancelled.error is None and "canceling wait for synchronous replication" in cancelled.answer,
                 f"a cancel ends the wait with a warning: {cancelled.answer}, {cancelled.error}")
        tally.equal(cancelled.session.value("SHOW synchronous_commit;"), "off", "and the session's setting is its own")
        tally.ok(checkpoint.ended() and getattr(checkpoint.error, "code", "") == "57014", f"a cancelled checkpoint is none: {checkpoint.answer}")
        tally.ok(terminated.ended() and terminated.error is not None, "who is terminated hears of no commit")
        tally.ok(all(pending.waits() for pending in commits.values()), "the others go on waiting")
    standby.start()
    synchronous(primary)
    tally.equal([commit for commit, pending in commits.items() if not pending.ended() or pending.error or "WARNING" in pending.answer], [],
                "when the standby is back, they are told")
    with primary.session() as s:
        got = audit_trail.checkpoint(s)
        tally.equal(got.size, size + len(COMMITS), "and a checkpoint is answered")
        s.run("SET synchronous_commit = local;")
        s.run(append("after"))
        tally.equal(s.value("SHOW synchronous_commit;"), "local", "the session's setting is its own")
    tally.ok(audit_trail.read("postgres", host=standby.host)[-1].subject == "after", "what was told is there")


def applied(primary, standby):
    """Who asks for more than that the standby has it, gets more: with remote_apply it can be seen there."""
    late = []
    with primary.session() as p, standby.session() as s:
        p.run("SET synchronous_commit = remote_apply;")
        for i in range(100):
            p.run(append(f"applied {i}"))
            if s.value("SELECT subject FROM opres.audit_entry ORDER BY entry DESC LIMIT 1;") != f"applied {i}":
                late.append(i)
    tally.equal(late, [], "remote_apply: what was told can be read on the standby")


def main():
    for number in range(2):
        primary, standby = failover(number)
        tally.equal(standby.complaints(), [], "the standby's log")
        standby.stop("immediate")
    primary, standby = replicated("alone", 2)
    with primary.session() as s:
        s.run(append("first"))
    applied(primary, standby)
    nothing_promised_alone(primary, standby)
    tally.equal(primary.complaints() + standby.complaints(), [], "the servers' logs")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

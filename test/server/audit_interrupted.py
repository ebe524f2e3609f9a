#!/usr/bin/env python3
"""Sessions that write to the audit trail are cancelled, timed out and terminated at any moment, also in the middle of a commit: who was
told of an error has left nothing, who was told of the commit everything, who was told nothing all or none; the others go on. And what
no session may be troubled by: serializable transactions that only append never fail, an entry is erased once however many try."""
import os
import random
import sys
import threading
import time

import audit_trail
from clusters import GONE, Cluster
from sessions import SqlError, Tally

tally = Tally()
GOES_ON = {"57014", "55P03"}  # cancelled or timed out, in a session that stays


class Writer(threading.Thread):
    def __init__(self, cluster, number, stop):
        super().__init__(daemon=True)
        self.cluster, self.number, self.stop, self.random = cluster, number, stop, random.Random(number)
        self.pid, self.told, self.refused, self.unknown, self.problems, self.at_commit = None, [], [], [], [], 0

    def transaction(self, session, label):
        r = self.random
        timeout = r.choice(("0", "0", "1 ms", "3 ms"))
        began = False
        try:
            session.run("BEGIN;")  # apart: cancelled, what follows would be no transaction
            session.run(f"SAVEPOINT s; SELECT opres.audit_append('test', '{label}', NULL, i::text) FROM generate_series(1, {r.choice((1, 5, 40))}) AS i;"
                        f" RELEASE s; SET LOCAL statement_timeout = '{timeout}'; SET LOCAL lock_timeout = '{timeout}';")
            began = True
            session.run("COMMIT;")
            self.told.append(label)
        except SqlError as error:
            if error.code not in GOES_ON:
                raise
            self.at_commit += began
            self.refused.append(label)
            try:
                session.run("ROLLBACK;")
            except SqlError as late:  # a cancel that came late
                if late.code not in GOES_ON:
                    raise
                session.run("ROLLBACK;")

    def run(self):
        number = 0
        while not self.stop.is_set():
            session = self.cluster.again()
            try:
                self.pid = int(session.value("SELECT pg_backend_pid();"))
                while not self.stop.is_set():
                    number += 1
                    label = f"w{self.number}.{number}"
                    self.unknown.append(label)
                    self.transaction(session, label)
                    self.unknown.pop()
            except GONE as error:
                if isinstance(error, SqlError) and error.code not in ("57P01", "57014"):
                    self.problems.append(str(error))
            session.process.kill()
            session.process.wait()


def disturb(cluster, writers, seconds):
    chance, end, done = random.Random(1), time.monotonic() + seconds, [0, 0]
    with cluster.session() as s:
        while time.monotonic() < end:
            pid = chance.choice(writers).pid
            if pid:
                kind = chance.random() < .03
                s.run(f"SELECT {'pg_terminate_backend' if kind else 'pg_cancel_backend'}({pid});")
                done[kind] += 1
            time.sleep(.001)
    return done


def interrupted(cluster, seconds):
    stop = threading.Event()
    writers = [Writer(cluster, i, stop) for i in range(8)]
    for writer in writers:
        writer.start()
    cancelled, terminated = disturb(cluster, writers, seconds)
    stop.set()
    for writer in writers:
        writer.join(60)
        tally.ok(not writer.is_alive(), f"writer {writer.number} is stuck")
        tally.equal(writer.problems, [], f"writer {writer.number}: errors")
    rows = audit_trail.read("postgres", host=cluster.host)
    tally.equal(audit_trail.problems(rows)[:5], [], "the trail, recomputed")
    runs = []
    for row in rows:
        if runs and runs[-1][0] == row.subject:
            runs[-1][1].append(row)
        else:
            runs.append((row.subject, [row]))
    present = dict(runs)
    tally.equal(len(runs), len(present), "the entries of a transaction stand together")
    told = {label for writer in writers for label in writer.told}
    refused = {label for writer in writers for label in writer.refused}
    unknown = {label for writer in writers for label in writer.unknown}
    tally.equal(sorted(told - set(present))[:5], [], "who was told of the commit has left entries")
    tally.equal(sorted(refused & set(present))[:5], [], "who was told of an error has left none")
    tally.equal(sorted(set(present) - told - unknown)[:5], [], "and nobody else has")
    tally.equal([label for label, group in present.items() if [row.content for row in group] != [str(i) for i in range(1, len(group) + 1)]
                 or len({row.xmin for row in group}) > 1], [], "all of them in the order of the calls, from the first")
    at_commit = sum(writer.at_commit for writer in writers)
    tally.ok(len(told) > 50 and at_commit > 20 and terminated > 5, f"{len(told)} committed, {at_commit} interrupted in their commit, {terminated} terminated")
    print(f"# {len(told)} transactions committed, {len(refused)} interrupted, {at_commit} of them in their commit, {len(unknown)} told nothing,"
          f" {len(unknown & set(present))} of them committed; {cancelled} cancels, {terminated} terminations; {len(rows)} entries")


def together(cluster, sessions, sql):
    """The same statements in many sessions at once: how often each error came."""
    errors, lock = {}, threading.Lock()

    def run(number):
        with cluster.session() as s:
            for statement in sql(number):
                try:
                    s.run(statement)
                except SqlError as error:
                    with lock:
                        errors[error.code] = errors.get(error.code, 0) + 1
                    s.run("ROLLBACK;")

    threads = [threading.Thread(target=run, args=(i,), daemon=True) for i in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


def entries(cluster):
    with cluster.session() as s:
        return int(s.value("SELECT count(*) FROM opres.audit_entry;"))


def only_appending(cluster):
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        size = entries(cluster)
        statement = f"BEGIN ISOLATION LEVEL {level}; SELECT 1; SELECT opres.audit_append('test', 'only', NULL, NULL); COMMIT;"
        tally.equal(together(cluster, 8, lambda _: [statement] * 100), {}, f"{level}: who only appends never fails")
        tally.equal(entries(cluster), size + 800, f"{level}: and all is there")


def erasing(cluster):
    """Everybody tries to erase the same entries, in other orders."""
    def statements(number):
        entries = list(range(1, 41))
        random.Random(number).shuffle(entries)
        return [f"SELECT opres.erase_content({entry}, 'asked for');" for entry in entries]

    errors = together(cluster, 6, statements)
    tally.equal(errors, {"55000": 200}, "all but one are told that it is done")
    rows = audit_trail.read("postgres", host=cluster.host)
    records = sorted(int(row.subject.removeprefix("entry ")) for row in rows if row.action == "audit.erase")
    tally.equal(records, list(range(1, 41)), "each erasure is recorded once")
    tally.equal([row.entry for row in rows if row.salt is None], list(range(1, 41)), "and done")
    tally.equal(audit_trail.problems(rows)[:5], [], "the trail, recomputed")


def main():
    cluster = Cluster("interrupted", fsync="on").create().start()
    with cluster.session() as s:
        s.run("CREATE EXTENSION opres;")
    interrupted(cluster, 60 if os.environ.get("OPRES_LONG") else 3)
    only_appending(cluster)
    erasing(cluster)
    with cluster.session() as s:
        tally.equal(s.run("SELECT problem, entry FROM opres.verify_audit();"), [], "verify_audit finds nothing")
    tally.equal(cluster.complaints(), [], "the server's log")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

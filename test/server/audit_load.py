#!/usr/bin/env python3
"""Many entries: in one transaction, in many of them, in many subtransactions. They are there, in order; the memory of a session that
queues them is bounded by what it queues, and given back; who commits afterwards, and what reads the trail, does not pay for their
number."""
import os
import sys
import time

import audit_trail
from clusters import Cluster
from sessions import Tally

tally = Tally()
LONG = bool(os.environ.get("OPRES_LONG"))
MEMORY = "SELECT sum(total_bytes) FROM pg_backend_memory_contexts;"


def peak(pid):
    """The most memory a process has had, without what it shares, in bytes."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        fields = dict(line.split(":\t", 1) for line in file if ":\t" in line)
    return 1024 * (int(fields["VmHWM"].split()[0]) - int(fields["RssShmem"].split()[0]))


def timed(session, sql):
    began = time.monotonic()
    session.run(sql)
    return time.monotonic() - began


def check(cluster, want, what):
    began = time.monotonic()
    rows = audit_trail.read("postgres", check.read, cluster.host)
    tally.equal(audit_trail.problems(rows, check.tree)[:5], [], f"{what}: recomputed")
    tally.ok([row.subject for row in rows] == want, f"{what}: {len(rows)} entries, {len(want)} wanted, in the order of the calls")
    tally.ok(all(a.at <= b.at for a, b in zip(rows, rows[1:])), f"{what}: times do not decrease")
    check.read += len(rows)
    return time.monotonic() - began


check.read, check.tree = 0, audit_trail.Tree()


def in_one(cluster, count):
    """One transaction: what waits in memory until the commit is bounded by their texts and some 500 bytes each."""
    with cluster.session() as s, cluster.session() as other:
        s.run("SELECT opres.audit_append('test', 'warm', NULL, NULL);")
        before, pid = int(s.value(MEMORY)), int(s.value("SELECT pg_backend_pid();"))
        least = peak(pid)
        queued = timed(s, f"BEGIN; SELECT opres.audit_append('test', 'one ' || i, 'because', 'content ' || i) FROM generate_series(1, {count}) AS i;")
        other.run("SELECT opres.audit_append('test', 'other', NULL, NULL);")
        s.send("COMMIT;")
        began = time.monotonic()
        s.receive()
        committed = time.monotonic() - began
        other.run("SELECT opres.audit_append('test', 'after', NULL, NULL);")
        used = peak(pid) - least
        after = int(s.value(MEMORY))
    tally.ok(used < 500 * count + 20e6, f"{count} entries in one transaction took {used / count:.0f} bytes each at most")
    tally.ok(after < before + 1e6, f"which are given back: {before} bytes before, {after} after")
    check(cluster, ["warm", "other", *(f"one {i}" for i in range(1, count + 1)), "after"], "in one transaction")
    print(f"# {count} entries in one transaction: queued in {queued:.2f} s, committed in {committed:.2f} s, {used / count:.0f} bytes each at most")


def rolled_back(cluster, count):
    """What subtransactions queued and rolled back is gone, and the number of them is no burden."""
    with cluster.session() as s:
        before, pid = int(s.value(MEMORY)), int(s.value("SELECT pg_backend_pid();"))
        least = peak(pid)
        seconds = timed(s, f"""DO $$ BEGIN FOR i IN 1..{count} LOOP BEGIN PERFORM opres.audit_append('test', 'sub ' || i, NULL, NULL);
            IF i % 10 > 0 THEN RAISE 'no'; END IF; EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$;""")
        used, after = peak(pid) - least, int(s.value(MEMORY))
    tally.ok(used < 1000 * count + 20e6, f"{count} subtransactions took {used / count:.0f} bytes each at most")
    tally.ok(after < before + 1e6, f"which are given back: {before} bytes before, {after} after")
    check(cluster, [f"sub {i}" for i in range(10, count + 1, 10)], "in subtransactions")
    print(f"# {count} subtransactions, a tenth kept: {seconds:.2f} s, {used / count:.0f} bytes each at most")


def in_many(cluster, count):
    """A transaction each: the memory of the session does not grow with their number."""
    with cluster.session() as s:
        loop = ("DO $$ BEGIN FOR i IN {}..{} LOOP PERFORM opres.audit_append('test', 'many ' || i, 'because', 'content ' || i); COMMIT;"
                " END LOOP; END $$;")
        s.run(loop.format(1, 1000))
        pid = int(s.value("SELECT pg_backend_pid();"))
        least = peak(pid)
        seconds = timed(s, loop.format(1001, count))
        used = peak(pid) - least
    tally.ok(used < 4e6, f"{count} transactions: the session grew by {used} bytes")
    check(cluster, [f"many {i}" for i in range(1, count + 1)], "in many transactions")
    print(f"# {count - 1000} transactions of an entry: {seconds:.2f} s, {(count - 1000) / seconds:.0f} a second; the session grew by {used} bytes")


def reading(cluster):
    """Of a large trail."""
    size = len(check.tree)
    with cluster.session() as s:
        s.run("SELECT opres.audit_checkpoint();")
        single = min(timed(s, "SELECT opres.audit_checkpoint();") for _ in range(20))
        proof = min(timed(s, f"SELECT opres.audit_consistency_proof({size // 3}, {size});") for _ in range(20))
        append = min(timed(s, "SELECT opres.audit_append('test', 'single', NULL, NULL);") for _ in range(20))
        pid = int(s.value("SELECT pg_backend_pid();"))
        least = peak(pid)
        verify = timed(s, "DO $$ BEGIN IF EXISTS (SELECT FROM opres.verify_audit()) THEN RAISE 'not whole'; END IF; END $$;")
        grown = peak(pid) - least
        got = audit_trail.checkpoint(s)
    check(cluster, ["single"] * 20, "single appends")
    tally.equal((got.size, got.root), (len(check.tree), check.tree.root()), "the checkpoint of a large trail")
    # A walk over all entries would take 100 times as long.
    tally.ok(max(single, proof, append) < .01, f"checkpoint {single * 1e3:.2f} ms, proof {proof * 1e3:.2f} ms, append {append * 1e3:.2f} ms")
    tally.ok(grown < 20e6, f"verify_audit took {grown} bytes")
    print(f"# a trail of {size} entries: checkpoint {single * 1e3:.2f} ms, proof {proof * 1e3:.2f} ms, append {append * 1e3:.2f} ms,"
          f" verify_audit {verify:.2f} s ({size / verify:.0f} a second), {grown} bytes")


def restored(cluster, size):
    """A dump of it: the guard looks at every row."""
    with cluster.session() as s:
        s.run("CREATE DATABASE restored;")
    began = time.monotonic()
    status = os.system(f"pg_dump -h {cluster.host} postgres | psql -h {cluster.host} -X -q -o /dev/null -v ON_ERROR_STOP=1 -d restored")
    seconds = time.monotonic() - began
    with cluster.session("restored") as s:
        tally.equal((status, audit_trail.checkpoint(s).root), (0, check.tree.root()), "a large trail dumped and restored")
    print(f"# dumped and restored in {seconds:.2f} s ({size / seconds:.0f} a second)")


def main():
    cluster = Cluster("load", fsync="on", shared_buffers="128MB").create().start()
    with cluster.session() as s:
        s.run("CREATE EXTENSION opres;")
    in_one(cluster, 100_000)
    rolled_back(cluster, 20_000)
    in_many(cluster, 101_000 if LONG else 21_000)
    reading(cluster)
    restored(cluster, len(check.tree))
    tally.equal(cluster.complaints(), [], "the server's log")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

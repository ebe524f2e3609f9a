#!/usr/bin/env python3
"""The audit trail on a hot standby: read, verified, proven as on the primary, after each replay and while it goes on; nothing is appended
there. Promoted, it is a new incarnation (another timeline) that goes on, and what was kept of the old one still holds."""
import sys
import threading

import audit_trail
from clusters import Cluster
from sessions import SqlError, Tally

tally = Tally()


def write(session, name, count):
    for i in range(count):
        session.run(f"SELECT opres.audit_append('test', '{name} {i}', '理由', 'content');")


def answers(session, size):
    """All a server says of the trail."""
    out = [session.run("SELECT opres.audit_checkpoint();"), session.run("SELECT * FROM opres.verify_audit('ja');"),
           session.run("SELECT md5(string_agg(t::text, ';' ORDER BY entry)), count(*) FROM opres.audit_trail AS t;")]
    for old in (0, 1, size // 3, size - 1, size):
        out.append(session.run(f"SELECT opres.audit_consistency_proof({old}, {size}), opres.audit_checkpoint({old});"))
    for entry in (1, size // 2, size):
        out.append(session.run(f"SELECT opres.audit_inclusion_proof({entry}, {size});"))
    return out


def compare(primary, standby, what):
    standby.caught_up(primary)
    with primary.session() as p, standby.session() as s:
        rows = audit_trail.read("postgres", host=standby.host)
        tally.equal(audit_trail.problems(rows), [], f"{what}: the standby's rows, recomputed")
        want = answers(p, len(rows))
        tally.equal(answers(s, len(rows)), want, f"{what}: the standby's answers")
        tally.equal((want[1], audit_trail.checkpoint(s).size), ([], len(rows)), f"{what}: nothing is wrong")


def refusals(standby):
    with standby.session() as s:
        before = audit_trail.checkpoint(s)
        for sql in ("SELECT opres.audit_append('test', 's', 'r', 'c');", "BEGIN; SELECT opres.audit_append('test', 's', 'r', 'c'); COMMIT;",
                    "SELECT opres.erase_content(1, 'r');", "SELECT opres.label_revision(1, 'l', 'r');"):
            try:
                s.run(sql)
                tally.ok(False, f"on a standby: {sql}")
            except SqlError as error:
                tally.equal(error.code, "25006", f"on a standby: {sql}")
            s.run("ROLLBACK;")
        tally.equal(audit_trail.checkpoint(s), before, "on a standby nothing has come of it")


def while_it_goes_on(primary, standby):
    """Checkpoints of a standby that replays: each is one of the primary's trail, at the size it says."""
    done, seen = threading.Event(), []

    def watch():
        with standby.session() as s:
            while not done.is_set():
                seen.append(audit_trail.checkpoint(s))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with primary.session() as p:
        write(p, "meanwhile", 400)
        p.run("SELECT opres.audit_append('test', 'many ' || i, NULL, NULL) FROM generate_series(1, 3000) AS i;")
        write(p, "at last", 100)
    standby.caught_up(primary)
    done.set()
    watcher.join()
    tree = audit_trail.Tree(row.leaf_hash for row in audit_trail.read("postgres", host=primary.host))
    tally.equal([c for c in seen if c.root != tree.root(c.size)], [], "a standby's checkpoints while it replays")
    sizes = [c.size for c in seen]
    tally.ok(sizes == sorted(sizes) and len(set(sizes)) > 20, f"{len(set(sizes))} of them different, none smaller than one before")


def promotion(primary, standby):
    with primary.session() as p, standby.session() as s:
        kept = [audit_trail.checkpoint(p), audit_trail.parsed("\n".join(row[0] for row in p.run("SELECT opres.audit_checkpoint(7);")))]
        old = audit_trail.read("postgres", host=primary.host)
        standby.promote()
        now = audit_trail.checkpoint(s)
        tally.equal((now.size, now.root), (kept[0].size, kept[0].root), "promoted: the same trail")
        tally.equal(now.origin, kept[0].origin.rsplit("/", 1)[0] + "/2", "promoted: a new incarnation")
        write(s, "promoted", 20)
        rows = audit_trail.read("postgres", host=standby.host)
        tally.equal(rows[:len(old)], old, "what was there is there")
        tally.equal(len(rows), len(old) + 20, "and goes on")
        tally.equal(audit_trail.problems(rows), [], "promoted: recomputed")
        tally.equal(s.run("SELECT problem, entry FROM opres.verify_audit();"), [], "promoted: verify_audit")
        now = audit_trail.checkpoint(s)
        for checkpoint in kept:
            proof = audit_trail.hashes(s, f"opres.audit_consistency_proof({checkpoint.size}, {now.size})")
            tally.ok(audit_trail.consistency_holds(checkpoint.size, now.size, proof, checkpoint.root, now.root),
                     f"promoted: the checkpoint of {checkpoint.size} entries holds")
        # The old primary goes on by itself: a fork, which a kept checkpoint of either side shows on the other.
        write(p, "forked", 20)
        fork = audit_trail.checkpoint(p)
        tally.equal(fork.size, now.size, "two servers of one size")
        tally.ok(fork.root != now.root and fork.origin != now.origin, "and two histories, each with its name")


def main():
    primary = Cluster("primary").create().start()
    with primary.session() as s:
        s.run("CREATE EXTENSION opres;")
        write(s, "before the backup", 10)
    standby = Cluster("standby").copied_from(primary, "-R").start()
    compare(primary, standby, "as backed up")
    with primary.session() as p:
        write(p, "after", 11)
        p.run("INSERT INTO opres.node (code, kind) VALUES ('a', 'system'); SELECT opres.erase_content(3, 'asked for');")
        compare(primary, standby, "after appends and an erasure")
        p.run("BEGIN; SELECT opres.audit_append('test', 'rolled back', NULL, NULL); ROLLBACK;")
        p.run("BEGIN; SELECT opres.audit_append('test', i::text, NULL, NULL) FROM generate_series(1, 100) AS i; COMMIT;")
        compare(primary, standby, "after a rollback and many")
    refusals(standby)
    while_it_goes_on(primary, standby)
    promotion(primary, standby)
    for cluster in (primary, standby):
        tally.equal(cluster.complaints(), [], f"the log of the {cluster.name}")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

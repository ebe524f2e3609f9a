#!/usr/bin/env python3
"""The audit trail of a cluster restored to a point in time, from a base backup and archived WAL: a new incarnation (another timeline),
whole, shorter. A checkpoint kept from before that point still holds; one from after it does not, and says that entries are gone. What
is written then goes on, and is another history than the one given up. The same for a copy of the files put back."""
import os
import sys
import time

import audit_trail
from clusters import ROOM, Cluster, as_server
from sessions import SqlError, Tally

tally = Tally()


def write(session, name, count):
    for i in range(count):
        session.run(f"SELECT opres.audit_append('test', '{name} {i}', 'because', 'content');")


def holds(session, kept, what):
    """Whether a kept checkpoint is still a beginning of the trail: by the server's own proof, verified outside, as a witness does."""
    now = audit_trail.checkpoint(session)
    if kept.size > now.size:
        try:
            session.run(f"SELECT opres.audit_consistency_proof({kept.size}, {now.size});")
            tally.ok(False, f"{what}: a proof from {kept.size} back to {now.size}")
        except SqlError as error:
            tally.equal(error.code, "22023", f"{what}: a proof from {kept.size} back to {now.size}")
        return False
    proof = audit_trail.hashes(session, f"opres.audit_consistency_proof({kept.size}, {now.size})")
    return audit_trail.consistency_holds(kept.size, now.size, proof, kept.root, now.root)


def restored(primary, archive, name, target, settings):
    """A cluster restored from the backup up to a target, and promoted."""
    cluster = Cluster(name, **settings, restore_command=f"cp {archive}/%f %p", recovery_target_action="promote", **target)
    os.rename(os.path.join(ROOM, f"backup-{name}", "data"), cluster.data)
    cluster.signalled("recovery.signal")
    cluster.start()
    with cluster.again() as s:
        for _ in range(200):
            if s.value("SELECT pg_is_in_recovery();") == "f":
                return cluster
            time.sleep(.05)
    raise TimeoutError(f"{name} does not end its recovery")


def check(cluster, primary_rows, names, kept, timeline, what):
    before, after = kept
    with cluster.session() as s:
        rows = audit_trail.read("postgres", host=cluster.host)
        tally.equal(sorted({row.subject.split()[0] for row in rows}), sorted(names), f"{what}: what is there")
        tally.equal(rows, primary_rows[:len(rows)], f"{what}: a beginning of what there was")
        tally.ok(len(rows) < len(primary_rows), f"{what}: shorter: {len(rows)} of {len(primary_rows)}")
        tally.equal(audit_trail.problems(rows), [], f"{what}: recomputed")
        tally.equal(s.run("SELECT problem, entry FROM opres.verify_audit();"), [], f"{what}: verify_audit")
        now = audit_trail.checkpoint(s)
        tally.equal(now.origin.rsplit("/", 1), [before.origin.rsplit("/", 1)[0], timeline], f"{what}: the same cluster and database, another timeline")
        tally.ok(holds(s, before, what), f"{what}: a checkpoint from before holds")
        tally.ok(not holds(s, after, what), f"{what}: one from after does not")
        # Longer than what was lost: the sizes agree again, the histories do not.
        write(s, "anew", len(primary_rows) - len(rows) + 3)
        tally.ok(holds(s, before, what), f"{what}: a checkpoint from before still holds when it goes on")
        tally.ok(not holds(s, after, what), f"{what}: one of the history given up does not, however long the new one is")
        tally.ok(holds(s, now, what), f"{what}: the first one of the new incarnation holds")
        rows = audit_trail.read("postgres", host=cluster.host)
        tally.equal(audit_trail.problems(rows), [], f"{what}: recomputed when it has gone on")
        tally.equal(s.run("SELECT problem, entry FROM opres.verify_audit();"), [], f"{what}: verify_audit when it has gone on")
    tally.equal(cluster.complaints(), [], f"{what}: the server's log")


def put_back():
    """A cold copy of the files put back is the same incarnation, so it says: only a kept checkpoint tells."""
    cluster = Cluster("copied").create().start()
    with cluster.session() as s:
        s.run("CREATE EXTENSION opres;")
        write(s, "kept", 5)
        before = audit_trail.checkpoint(s)
    cluster.stop()
    as_server("cp", "-a", cluster.data, cluster.data + ".old")
    cluster.start()
    with cluster.session() as s:
        write(s, "lost", 3)
        after = audit_trail.checkpoint(s)
    cluster.stop()
    os.rename(cluster.data, cluster.data + ".new")
    os.rename(cluster.data + ".old", cluster.data)
    cluster.start()
    with cluster.session() as s:
        tally.equal(audit_trail.checkpoint(s), before, "old files put back: the old checkpoint, the same origin")
        write(s, "other", 3)
        now = audit_trail.checkpoint(s)
        tally.equal((now.origin, now.size), (after.origin, after.size), "as long as before, under the same name")
        tally.equal(s.run("SELECT problem, entry FROM opres.verify_audit();"), [], "old files put back: verify_audit sees nothing of it")
        tally.ok(holds(s, before, "old files put back") and not holds(s, after, "old files put back"), "the kept checkpoint does")


def main():
    archive = os.path.join(ROOM, "archive")
    settings = {"archive_mode": "on", "archive_command": f"cp %p {archive}/%f", "wal_level": "replica"}
    primary = Cluster("primary", **settings)
    primary.create().start()
    os.mkdir(archive)
    os.chmod(archive, 0o777)
    with primary.session() as s:
        s.run("CREATE EXTENSION opres;")
        write(s, "first", 5)
        for name in ("named", "timed"):
            Cluster(f"backup-{name}").copied_from(primary)
        write(s, "second", 5)
        before = audit_trail.checkpoint(s)
        tally.equal((before.size, before.origin.rsplit("/", 1)[1]), (10, "1"), "the checkpoint before")
        s.run("SELECT pg_create_restore_point('here');")
        write(s, "third", 5)
        between = audit_trail.checkpoint(s)
        time.sleep(.05)
        moment = s.value("SELECT clock_timestamp();")
        time.sleep(.05)
        write(s, "fourth", 5)
        after = audit_trail.checkpoint(s)
        rows = audit_trail.read("postgres", host=primary.host)
        segment = s.value("SELECT pg_walfile_name(pg_switch_wal());")
        for _ in range(400):
            if s.value(f"SELECT last_archived_wal >= '{segment}' FROM pg_stat_archiver;") == "t":
                break
            time.sleep(.05)
    primary.stop("immediate")
    settings["archive_mode"] = "off"
    named = restored(primary, archive, "named", {"recovery_target_name": "here"}, settings)
    check(named, rows, ("first", "second"), (before, after), "2", "to a restore point")
    named.stop()
    timed = restored(primary, archive, "timed", {"recovery_target_time": moment}, settings)
    check(timed, rows, ("first", "second", "third"), (between, after), "2", "to a moment")
    put_back()
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

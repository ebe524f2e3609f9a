#!/usr/bin/env python3
"""audit_checkpoint answers for what is on disk, and on the synchronous standbys: it flushes the write-ahead log wherever the log stands
(also at the beginning of a page and of a segment), waits for standbys whatever synchronous_commit says, and answers nothing when that
wait is cancelled. A standby's checkpoints are those of its primary; its promotion begins another incarnation of the same trail."""
import sys
import time

import audit_trail
from clusters import Cluster
from sessions import SqlError, Tally

PAGE, SEGMENT = 8192, 16 * 1024 * 1024
tally = Tally()


def number(lsn):
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def positions(session):
    """Insert and flush position of the log."""
    return [number(lsn) for lsn in session.run("SELECT pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn();")[0]]


def checkpointed(session, what):
    before = positions(session)[0]
    audit_trail.checkpoint(session)
    # behind a page's header nothing can be flushed that is not written
    tally.ok(positions(session)[1] >= before - (40 if before % SEGMENT == 40 else 24 if before % PAGE == 24 else 0), f"{what}: flushed")


def fill_page(session):
    """Ends the log exactly with a page, so that the insert position stands behind the header of the next."""
    emit = "SELECT pg_logical_emit_message(false, 'x', repeat('x', {}));"
    for _ in range(50):
        session.run(emit.format(1000))
        start = positions(session)[0]
        session.run(emit.format(1000))
        overhead = positions(session)[0] - start - 1000
        left = PAGE - positions(session)[0] % PAGE
        if left > overhead + 1000 and overhead < 200:
            session.run(emit.format(left - overhead))
            if positions(session)[0] % PAGE == 24:
                return True
    return False


def flushes(cluster):
    """The log's writer sleeps, so that nobody else flushes what is committed asynchronously."""
    with cluster.session() as s:
        s.run("SET synchronous_commit = off; CREATE TABLE t (i int); SELECT opres.audit_append('a', NULL, NULL, NULL);")
        unflushed = 0
        for i in range(20):
            s.run(f"INSERT INTO t VALUES ({i});")
            insert, flush = positions(s)
            unflushed += flush < insert
            checkpointed(s, f"commit {i}")
        tally.ok(unflushed > 10, f"{unflushed} of 20 commits were not flushed")
        for i in range(5):
            tally.ok(fill_page(s), "the log ends with a page")
            checkpointed(s, f"page {i}")
        s.run("SELECT pg_switch_wal();")
        tally.equal(positions(s)[0] % SEGMENT, 40, "the log ends with a segment")
        checkpointed(s, "segment")
        s.run("BEGIN READ ONLY;")
        checkpointed(s, "read only")
        s.run("COMMIT;")
    with open(cluster.log, encoding="utf-8") as file:
        tally.ok("flush past end" not in file.read(), "no flush beyond the end of the log")


def waits(session):
    """Whether a session waits for standbys: for as long as anybody might want to know."""
    for _ in range(100):
        if session.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE '%audit_checkpoint%'"
                         " AND pid <> pg_backend_pid();") == "1":
            return True
        time.sleep(.02)
    return False


def set_standbys(cluster, session, names):
    session.run(f"ALTER SYSTEM SET synchronous_standby_names = '{names}';")
    session.run("SELECT pg_reload_conf();")
    for _ in range(100):
        with cluster.session() as s:
            if s.value("SHOW synchronous_standby_names;") == names:
                return
        time.sleep(.02)


def synchronous(primary):
    """Without the standby there is no answer, whatever the session's commits wait for."""
    with primary.session() as admin:
        set_standbys(primary, admin, "nobody")
        for level in ("on", "off", "local", "remote_write", "remote_apply"):
            with primary.session() as s:
                s.run(f"SET synchronous_commit = {level};")
                pid = s.value("SELECT pg_backend_pid();")
                s.send("SELECT opres.audit_checkpoint();")
                tally.ok(waits(admin), f"synchronous_commit = {level}: waits")
                admin.run(f"SELECT pg_cancel_backend({pid});")
                try:
                    s.receive()
                    tally.ok(False, f"synchronous_commit = {level}: answers without the standby")
                except SqlError as error:
                    tally.equal(error.code, "57014", f"synchronous_commit = {level}: cancelled")
                tally.equal(s.value("SHOW synchronous_commit;"), level, "the setting is what it was")
                s.run("SET statement_timeout = '100ms';")
                try:
                    s.run("SELECT opres.audit_checkpoint();")
                    tally.ok(False, f"synchronous_commit = {level}: answers after the time is up")
                except SqlError as error:
                    tally.equal(error.code, "57014", f"synchronous_commit = {level}: the time is up")
        # A standby comes: who waits is answered, and what is answered is there.
        with primary.session() as s:
            s.send("SELECT opres.audit_checkpoint();")
            tally.ok(waits(admin), "waits")
            standby = Cluster("standby", wal_writer_delay="10s", synchronous_standby_names="").copied_from(primary, "-R")
            with open(f"{standby.data}/postgresql.auto.conf", "a", encoding="utf-8") as file:
                file.write(f"primary_conninfo = 'host={primary.host} user=postgres application_name=nobody'\n")
            standby.start()
            want = "\n".join(line for (line,) in s.receive())
            tally.equal(audit_trail.parsed(want).size, 1, "answered when the standby has come")
        with primary.session() as s:
            s.run("SET synchronous_commit = local; INSERT INTO t SELECT generate_series(1, 100000);")
            end = number(s.value("SELECT pg_current_wal_insert_lsn();"))
            s.run("SELECT opres.audit_checkpoint();")
            reached = number(admin.value("SELECT flush_lsn FROM pg_stat_replication WHERE application_name = 'nobody';"))
            tally.ok(reached >= end - 40, "the standby has flushed what the checkpoint may cover")
        set_standbys(primary, admin, "")
    return standby


def incarnations(primary, standby):
    with primary.session() as p, standby.session() as s:
        p.run("DO $$ BEGIN FOR i IN 1..20 LOOP PERFORM opres.audit_append('a', 'subject ' || i, NULL, NULL); END LOOP; END $$;")
        standby.caught_up(primary)
        kept = audit_trail.checkpoint(p)
        tally.equal(audit_trail.checkpoint(s), kept, "a standby's checkpoint")
        tally.equal(s.run("SELECT * FROM opres.verify_audit();"), [], "and verification")
        for sql in ("opres.audit_inclusion_proof(7, 21)", "opres.audit_consistency_proof(5, 21)"):
            tally.equal(audit_trail.hashes(s, sql), audit_trail.hashes(p, sql), f"on the standby: {sql}")
        primary.stop("fast")
        standby.promote()
        for _ in range(200):
            if s.value("SELECT pg_is_in_recovery();") == "f":
                break
            time.sleep(.05)
        s.run("SELECT opres.audit_append('after', NULL, NULL, NULL);")
        now = audit_trail.checkpoint(s)
        tally.equal((kept.origin.rsplit("/", 1)[0], kept.origin.rsplit("/", 1)[1], now.origin.rsplit("/", 1)[1]),
                    (now.origin.rsplit("/", 1)[0], "1", "2"), "promotion begins another incarnation")
        tally.equal(now.size, kept.size + 1, "of the same trail")
        tally.ok(audit_trail.consistency_holds(kept.size, now.size, audit_trail.hashes(s, f"opres.audit_consistency_proof({kept.size}, {now.size})"),
                                               kept.root, now.root), "of which the old one is a beginning")


def main():
    primary = Cluster("primary", wal_writer_delay="10s", wal_writer_flush_after="1GB", autovacuum="off", checkpoint_timeout="1h",
                      wal_keep_size="64MB").create().start()
    with primary.session() as s:
        s.run("CREATE EXTENSION opres;")
    flushes(primary)
    standby = synchronous(primary)
    incarnations(primary, standby)
    tally.equal(primary.complaints() + standby.complaints(), [], "the servers' logs")
    return tally.close()


sys.exit(main())

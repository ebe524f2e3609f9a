#!/usr/bin/env python3
"""Many sessions write to the audit trail at a time, at every isolation level: several entries per transaction, savepoints, rollbacks,
transactions that fail when they commit, edits of the map, maintenance of the table meanwhile. The trail must then be whole, hold the
entries of the committed transactions and of no other, together and in the order of the calls, and the transactions in the order of
their commits: by the server's log (pg_waldump), by what sessions were told and when, by the clock."""
import os
import random
import re
import subprocess
import sys
import threading
import time

import audit_trail
from clusters import Cluster
from sessions import SqlError, Tally

tally = Tally()
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
EXPECTED = {"23503", "23505", "40001", "P0001"}
SETUP = """
CREATE EXTENSION opres;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE once (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
INSERT INTO once VALUES (1);
CREATE TABLE skew (id int PRIMARY KEY, value int);
INSERT INTO skew SELECT i, 0 FROM generate_series(1, 40) AS i;
CREATE TABLE late (label text);
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM opres.audit_append('test', NEW.label, 'late', NULL); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late();
INSERT INTO opres.node (code, kind, restart) SELECT 'n' || i, 'system', '1 h' FROM generate_series(0, 9) AS i;
CREATE INDEX audit_entry_subject ON opres.audit_entry (subject);
"""


class Record:
    """What sessions did, kept by all of them."""

    def __init__(self):
        self.lock = threading.Lock()
        self.committed = []  # (labels, edited, commit sent, commit answered)
        self.failed = {}
        self.gone, self.problems = set(), []


class Writer(threading.Thread):
    def __init__(self, cluster, name, transactions, record, seed, reads):
        super().__init__(daemon=True)
        self.reads = reads
        self.cluster, self.name, self.transactions, self.record = cluster, name, transactions, record
        self.random = random.Random(f"{seed} {name}")
        self.made = 0

    def label(self, labels):
        self.made += 1
        label = f"{self.name}.{self.made}"
        labels.append(label)
        return label

    def append(self, labels):
        content = self.random.choice(("NULL", "''", "'{\"a\": 1e2, \"a\": 2}'", "'口座 ' || repeat('x', 3000)"))
        reason = self.random.choice(("NULL", "'because'", "'理由'"))
        return f"SELECT opres.audit_append('test', '{self.label(labels)}', {reason}, {content});"

    def step(self, kept, lost):
        """A statement or several; notes the labels of entries that stay, and of those that don't."""
        r, kind = self.random, self.random.randrange(8)
        if kind == 0:
            return f"SAVEPOINT s; {self.append(kept)} SAVEPOINT t; {self.append(kept)} RELEASE s;"
        if kind == 1:
            return f"SAVEPOINT s; {self.append(kept)} SAVEPOINT t; {self.append(lost)} ROLLBACK TO t; {self.append(kept)} RELEASE s;"
        if kind == 2:
            return f"SAVEPOINT s; {self.append(lost)} SAVEPOINT t; {self.append(lost)} RELEASE t; ROLLBACK TO s; RELEASE s;"
        if kind == 3:
            return ("DO $$ BEGIN BEGIN PERFORM opres.audit_append('test', '%s', NULL, NULL); RAISE 'no'; EXCEPTION WHEN raise_exception THEN"
                    " PERFORM opres.audit_append('test', '%s', NULL, NULL); END; PERFORM opres.audit_append('test', '%s', NULL, NULL); END $$;"
                    % (self.label(lost), self.label(kept), self.label(kept)))
        if kind == 4:
            few = [self.label(kept) for _ in range(r.randrange(1, 6))]
            return f"SELECT opres.audit_append('test', l, 'several', NULL) FROM unnest('{{{','.join(few)}}}'::text[]) AS l;"
        if kind == 5:
            look = "SELECT count(*) FROM opres.audit_entry;" if self.reads else ""
            return f"NOTIFY somebody; CREATE TEMP TABLE IF NOT EXISTS brief (i int) ON COMMIT DROP; {look}"
        return self.append(kept)

    def script(self):
        """A transaction up to its commit: its text, the labels it leaves in order, those it does not, whether it edits the map."""
        r, kept, lost, edits = self.random, [], [], False
        out = [f"BEGIN ISOLATION LEVEL {r.choice(LEVELS)};"]
        if r.random() < .3:
            out.append(f"SELECT sum(value) FROM skew WHERE id > {r.randrange(40)}; UPDATE skew SET value = value + 1 WHERE id = {r.randrange(1, 41)};")
        if r.random() < .2:
            out.append(f"UPDATE opres.node SET restart = restart + '1 s' WHERE code = 'n{r.randrange(10)}';")
            edits = True
        for _ in range(r.randrange(1, 5)):
            out.append(self.step(kept, lost))
        if r.random() < .06:
            out.append("INSERT INTO child VALUES (7);")
        if r.random() < .06:
            out.append("INSERT INTO once VALUES (1);")
        last = []
        if r.random() < .1:
            out.append(f"INSERT INTO late VALUES ('{self.label(last)}');")
        elif r.random() < .1:
            # What a cursor that outlives its transaction calls, it calls at the commit.
            out.append(f"DECLARE c{self.made} CURSOR WITH HOLD FOR {self.append(last)}")
        return " ".join(out), kept + last, lost, edits

    def transaction(self, session):
        script, kept, lost, edits = self.script()
        ends = self.random.random()
        began = None
        try:
            session.run(script)
            if ends < .07:
                session.run("ROLLBACK;")
                lost, kept = lost + kept, None
            else:
                began = time.time()
                session.run("COMMIT;")
        except SqlError as error:
            session.run("ROLLBACK;")
            with self.record.lock:
                key = f"{error.code} {'at commit' if began else 'before'}"
                self.record.failed[key] = self.record.failed.get(key, 0) + 1
                if error.code not in EXPECTED or error.code == "23505" and "once_id_key" not in str(error):
                    self.record.problems.append(f"{self.name}: {error}")
            lost, kept = lost + kept, None
        with self.record.lock:
            self.record.gone.update(lost)
            if kept is not None:
                self.record.committed.append((kept, edits, began, time.time()))

    def run(self):
        try:
            with self.cluster.session() as session:
                for _ in range(self.transactions):
                    self.transaction(session)
        except Exception as error:  # psql gone: the server crashed
            with self.record.lock:
                self.record.problems.append(f"{self.name}: {error!r}")


def maintain(cluster, done, record):
    """What an administrator may do to the table at any time. Who reads a table and then writes to it may meet a deadlock with REINDEX,
    as with any table; so writers don't read meanwhile."""
    statements = ("VACUUM opres.audit_entry;", "REINDEX TABLE CONCURRENTLY opres.audit_entry;", "VACUUM (FREEZE) opres.audit_entry;",
                  "REINDEX TABLE opres.audit_entry;", "ANALYZE opres.audit_entry;", "VACUUM FULL opres.audit_entry;")
    times = 0
    with cluster.session() as session:
        while not done.is_set() or times < len(statements):
            try:
                session.run(statements[times % len(statements)])
            except SqlError as error:
                record.problems.append(f"{statements[times % len(statements)]}: {error}")
            times += 1
            time.sleep(.05)


def look(cluster, done, record):
    """What others see at any moment is a beginning of the trail: no entry without those before it, and its root."""
    record.looks = []
    with cluster.session() as session:
        while not done.is_set():
            session.run("BEGIN ISOLATION LEVEL REPEATABLE READ;")
            count, last = session.run("SELECT count(*), coalesce(max(entry), 0) FROM opres.audit_entry;")[0]
            checkpoint = audit_trail.checkpoint(session)
            session.run("COMMIT;")
            if not count == last == str(checkpoint.size):
                record.problems.append(f"{count} entries up to {last} were seen, and a checkpoint of {checkpoint.size}")
            record.looks.append(checkpoint)
            time.sleep(.002)


def commit_order(cluster, start, end):
    """xid -> its place in the order of the commit records."""
    out = subprocess.run(["pg_waldump", "-p", os.path.join(cluster.data, "pg_wal"), "-r", "Transaction", "-s", start, "-e", end], check=True,
                         capture_output=True, text=True).stdout
    return {int(xid): place for place, xid in enumerate(re.findall(r"tx:\s*(\d+),.*desc: COMMIT ", out))}


def check_order(rows, order, what):
    by_transaction = []
    for row in rows:
        if not by_transaction or by_transaction[-1][0] != row.xmin:
            by_transaction.append((row.xmin, []))
        by_transaction[-1][1].append(row)
    xids = [xid for xid, _ in by_transaction]
    tally.equal(len(xids), len(set(xids)), f"{what}: the entries of a transaction stand together")
    tally.equal([xid for xid in xids if xid not in order], [], f"{what}: every entry is of a transaction whose commit is in the log")
    places = [order.get(xid, -1) for xid in xids]
    tally.equal([xids[i] for i in range(1, len(places)) if places[i] < places[i - 1]], [], f"{what}: the order of entries is that of the commit records")
    return by_transaction


def check_records(by_transaction, record, clock_held, what):
    """The transactions of the trail against what the sessions did."""
    kept = {tuple(labels): rest for labels, *rest in record.committed if labels}
    found, times, wrong = [], [], []
    for _, rows in by_transaction:
        labels = tuple(row.subject for row in rows if row.action == "test")
        revisions = [row for row in rows if row.action == "map.revision"]
        others = [row.action for row in rows if row.action not in ("test", "map.revision")]
        if others:
            wrong.append(("nobody asked for", others))
        if labels:
            found.append(labels)
            edited, began, answered = kept.get(labels, (False, 0, 0))
            if len(revisions) != int(edited):
                wrong.append((labels, "edits", len(revisions)))
            times.append((began, answered))
            if clock_held and not all(began - .001 <= row.at / 1e6 <= answered + .001 for row in rows):
                record.problems.append(f"{labels}: a time that is not that of its commit")
    tally.equal(wrong[:5], [], f"{what}: an edit of the map is one entry, and there are no others")
    tally.equal(sorted(found), sorted(kept), f"{what}: each committed transaction has its entries, all in the order of its calls, and no other has")
    present = {label for labels in found for label in labels}
    tally.equal(sorted(present & record.gone), [], f"{what}: nothing that was rolled back is there")
    # Who was told of his commit before another sent his comes before him.
    soonest, late = float("inf"), []
    for place in range(len(times) - 1, -1, -1):
        if times[place][0] > soonest:
            late.append(found[place])
        soonest = min(soonest, times[place][1])
    tally.equal(late, [], f"{what}: who was told first stands first")


def offset():
    return time.time() - time.monotonic()


def write(cluster, sessions, transactions, seed, maintained=False):
    what = f"{sessions} sessions" + (" and maintenance" if maintained else "")
    record, done = Record(), threading.Event()
    with cluster.session() as s:
        start, last = s.value("SELECT pg_current_wal_insert_lsn();"), int(s.value("SELECT coalesce(max(entry), 0) FROM opres.audit_entry;"))
    clock, began = offset(), time.monotonic()
    writers = [Writer(cluster, f"{sessions}{'m' if maintained else 'w'}{i}", transactions, record, seed, not maintained)
               for i in range(sessions)]
    for writer in writers:
        writer.start()
    others = [threading.Thread(target=target, args=(cluster, done, record), daemon=True) for target in ([look, maintain] if maintained else [look])]
    for other in others:
        other.start()
    for writer in writers:
        writer.join(120)
        tally.ok(not writer.is_alive(), f"{what}: {writer.name} is stuck")
    done.set()
    for other in others:
        other.join(60)
        tally.ok(not other.is_alive(), f"{what}: who looks on is stuck")
    seconds, clock_held = time.monotonic() - began, abs(offset() - clock) < .0005
    with cluster.session() as s:
        end = s.value("SELECT pg_current_wal_flush_lsn();")
    rows = audit_trail.read("postgres", host=cluster.host)
    tree = audit_trail.Tree()
    tally.equal(audit_trail.problems(rows, tree)[:5], [], f"{what}: the trail, recomputed")
    tally.equal([c for c in record.looks if c.root != tree.root(c.size)][:3], [], f"{what}: checkpoints meanwhile")
    tally.ok(len({c.size for c in record.looks}) > 5, f"{what}: of {len({c.size for c in record.looks})} sizes")
    rows = rows[last:]
    by_transaction = check_order(rows, commit_order(cluster, start, end), what)
    check_records(by_transaction, record, clock_held, what)
    revisions = [int(row.subject.removeprefix("map revision ")) for row in rows if row.action == "map.revision"]
    tally.ok(len(revisions) > 5, f"{what}: {len(revisions)} edits of the map")
    tally.equal(revisions, list(range(revisions[0], revisions[0] + len(revisions))) if revisions else [], f"{what}: revisions in their order")
    if clock_held:
        tally.ok(all(a.at <= b.at for a, b in zip(rows, rows[1:])), f"{what}: times do not decrease")
    for problem in record.problems[:10]:
        print(f"# {what}: {problem}")
    tally.equal(len(record.problems), 0, f"{what}: nothing happened that may not")
    for key in ("23503 at commit", "23505 at commit", "40001 at commit"):
        tally.ok(record.failed.get(key, 0) > 0, f"{what}: {key}, to have been tested")
    print(f"# {what}: {len(record.committed)} transactions committed, failed {record.failed}, {len(rows)} entries, {seconds:.1f} s")


def check_server(cluster):
    """The server's own view, and that of the indexes."""
    with cluster.session() as s:
        s.run("CREATE EXTENSION IF NOT EXISTS amcheck;")
        tally.equal(s.run("SELECT problem, entry FROM opres.verify_audit();"), [], "verify_audit finds nothing")
        tally.equal(s.run("SELECT bt_index_check(indexrelid, true) FROM pg_index WHERE indrelid = 'opres.audit_entry'::regclass;"), [[""]] * 2,
                    "every index knows every row")
        tree = audit_trail.Tree(row.leaf_hash for row in audit_trail.read("postgres", host=cluster.host))
        got = audit_trail.checkpoint(s)
        tally.equal((got.size, got.root), (len(tree), tree.root()), "the checkpoint")
        system = s.value("SELECT system_identifier FROM pg_control_system();")
        database = s.value("SELECT oid FROM pg_database WHERE datname = current_database();")
        tally.equal(got.origin, f"opres/{system}/{database}/1", "and its origin")
        chance = random.Random(1)
        for _ in range(30):
            new = chance.randrange(1, len(tree) + 1)
            old, leaf = chance.randrange(new + 1), chance.randrange(new)
            tally.equal(audit_trail.hashes(s, f"opres.audit_consistency_proof({old}, {new})"), tree.consistency(old, new), f"consistency {old} {new}")
            tally.equal(audit_trail.hashes(s, f"opres.audit_inclusion_proof({leaf + 1}, {new})"), tree.inclusion(leaf, new), f"inclusion {leaf} {new}")


def last_entries(cluster, count):
    return [row.subject for row in audit_trail.read("postgres", host=cluster.host)[-count:]]


def append(label):
    return f"SELECT opres.audit_append('test', '{label}', NULL, NULL);"


def story_of_an_idle_one(cluster):
    """Who appends and then does nothing keeps nobody waiting, and comes when it commits."""
    with cluster.session() as idle, cluster.session() as other:
        idle.run(f"BEGIN; {append('idle 1')} SAVEPOINT s; {append('idle 2')}")
        began = time.monotonic()
        other.run(f"SET lock_timeout = '2 s'; {append('other 1')} BEGIN; {append('other 2')} COMMIT;")
        tally.ok(time.monotonic() - began < 1, "an idle transaction with entries keeps nobody waiting")
        tally.equal(last_entries(cluster, 2), ["other 1", "other 2"], "and its entries are not there")
        tally.equal(idle.value("SELECT count(*) FROM opres.audit_entry WHERE subject LIKE 'idle%';"), "0", "nor does it see them itself")
        sent = time.time()
        idle.run("COMMIT;")
        tally.equal(last_entries(cluster, 4), ["other 1", "other 2", "idle 1", "idle 2"], "they come when it commits")
        tally.ok(audit_trail.read("postgres", host=cluster.host)[-1].at / 1e6 >= sent - .001, "with the time of then")


def story_of_a_locked_table(cluster):
    """Under somebody's lock of the table a commit waits, or ends by its timeout, and then nothing of it is there."""
    with cluster.session() as holder, cluster.session() as patient, cluster.session() as hasty:
        holder.run("BEGIN; LOCK TABLE opres.audit_entry IN SHARE MODE;")
        patient.run(f"BEGIN; {append('patient')}")
        patient.send("COMMIT;")
        try:
            hasty.run(f"SET lock_timeout = '100 ms'; BEGIN; {append('hasty')} COMMIT;")
            tally.ok(False, "lock_timeout ends a commit that waits")
        except SqlError as error:
            tally.equal(error.code, "55P03", "lock_timeout ends a commit that waits")
        # The holder's own commit needs what the waiting one holds: one of the two ends by a deadlock, none with half an entry.
        holder.run(append("holder"))
        ended = []
        holder.send("COMMIT;")
        for session, name in ((holder, "holder"), (patient, "patient")):
            try:
                session.receive()
            except SqlError as error:
                ended.append((name, error.code))
        tally.ok(ended in ([], [("holder", "40P01")], [("patient", "40P01")]), f"a deadlock with who locks the table ends one of them: {ended}")
        hasty.run(f"ROLLBACK; {append('after')}")
        want = [name for name in ("patient", "holder") if name not in {name for name, _ in ended}]
        tally.equal(sorted(last_entries(cluster, len(want) + 1)), sorted([*want, "after"]), "the others' entries are there")


def story_of_procedures(cluster):
    """Transactions within a DO block; two-phase commit, read-only."""
    with cluster.session() as s:
        s.run("""DO $$ BEGIN FOR i IN 1..4 LOOP PERFORM opres.audit_append('test', 'loop ' || i, NULL, NULL);
              IF i % 2 = 0 THEN COMMIT; ELSE ROLLBACK AND CHAIN; END IF; END LOOP; END $$;""")
        tally.equal(last_entries(cluster, 2), ["loop 2", "loop 4"], "COMMIT and ROLLBACK in a block")
        for sql, code in ((f"BEGIN; {append('two-phase')} PREPARE TRANSACTION 'x';", "0A000"), (f"BEGIN READ ONLY; {append('read-only')} COMMIT;", "25006")):
            try:
                s.run(sql)
                tally.ok(False, f"{sql} is refused")
            except SqlError as error:
                tally.equal(error.code, code, sql)
            s.run("ROLLBACK;")
        s.run(f"BEGIN; {append('whole')} COMMIT AND CHAIN; {append('whole again')} ROLLBACK AND CHAIN; {append('at last')} COMMIT;")
        tally.equal(last_entries(cluster, 3), ["loop 4", "whole", "at last"], "COMMIT AND CHAIN")


def main():
    seed = int(os.environ.get("OPRES_SEED") or 20261121)
    long = 10 if os.environ.get("OPRES_LONG") else 1
    cluster = Cluster("writers", fsync="on", checkpoint_timeout="1h", max_prepared_transactions="5").create().start()
    with cluster.session() as s:
        s.run(SETUP)
    write(cluster, 8, 200 * long, seed)
    write(cluster, 16, 100 * long, seed)
    write(cluster, 16, 120 * long, seed, maintained=True)
    write(cluster, 32, 60 * long, seed)
    story_of_an_idle_one(cluster)
    story_of_a_locked_table(cluster)
    story_of_procedures(cluster)
    tally.equal(audit_trail.problems(audit_trail.read("postgres", host=cluster.host))[:5], [], "the trail, recomputed at last")
    check_server(cluster)
    tally.equal(cluster.complaints(), [], "the server's log")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

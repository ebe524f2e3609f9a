#!/usr/bin/env python3
# Runs alone: needs max_prepared_transactions.
"""Acts and their entries go together: attempts to keep the one and be rid of the other by savepoints, EXCEPTION blocks, cursors,
procedures, prepared transactions, commits that fail, and to hold others up."""
import os
import subprocess
import sys
import time

from audit_attack import attack, failure, prepare, refused, tally
from sessions import SqlError

# An act, its entry inside, as in the functions of the extension.
ACT = """CREATE TABLE public.done (what text PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION public.act(what text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS
  $$ BEGIN INSERT INTO public.done VALUES (what); PERFORM opres.audit_append('test.act', what, NULL, NULL); END $$;
CREATE FUNCTION public.act_and_fail(what text) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.act(what); RAISE EXCEPTION 'on purpose'; END $$;
CREATE FUNCTION public.act_late() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.act('late ' || NEW.what); RETURN NULL; END $$;
CREATE TABLE public.late (what text);
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON public.late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.act_late();
CREATE PROCEDURE public.act_in_pieces() LANGUAGE plpgsql AS
  $$ BEGIN PERFORM public.act('piece 1'); COMMIT; PERFORM public.act('piece 2'); ROLLBACK; PERFORM public.act('piece 3'); END $$;
GRANT ALL ON public.done, public.late TO mallory;"""


def entries(a):
    return [row.subject for row in a.rows() if row.action == "test.act" and row.entry > len(a.before)]


def together(a, what, want):
    """What was done, in the order of its entries; every act has its entry and every entry its act."""
    with a.session() as s:
        done = sorted(row[0] for row in s.run("SELECT what FROM public.done;"))
    tally.equal((entries(a), done), (want, sorted(want)), what)


# (what, statements by mallory, acts that are left)
SCRIPTS = (
    ("ROLLBACK TO a savepoint", "BEGIN; SELECT act('a'); SAVEPOINT s; SELECT act('b'); ROLLBACK TO s; SELECT act('c'); COMMIT;", ["a", "c"]),
    ("a savepoint again and again", "BEGIN; SAVEPOINT s; SELECT act('a'); ROLLBACK TO s; SELECT act('b'); ROLLBACK TO s; SELECT act('c'); RELEASE s; COMMIT;", ["c"]),
    ("inner released, outer rolled back", "BEGIN; SELECT act('a'); SAVEPOINT o; SELECT act('b'); SAVEPOINT i; SELECT act('c'); RELEASE i; ROLLBACK TO o; SELECT act('d'); COMMIT;",
     ["a", "d"]),
    ("inner rolled back, outer released", "BEGIN; SAVEPOINT o; SELECT act('a'); SAVEPOINT i; SELECT act('b'); ROLLBACK TO i; SELECT act('c'); RELEASE o; COMMIT;", ["a", "c"]),
    ("deep", "BEGIN;" + "".join(f"SAVEPOINT s{i}; SELECT act('{i}');" for i in range(70)) + "ROLLBACK TO s35; RELEASE s10; SELECT act('end'); COMMIT;",
     [str(i) for i in range(35)] + ["end"]),
    ("an EXCEPTION block that swallows", "DO $$ BEGIN PERFORM act('a'); BEGIN PERFORM act_and_fail('b'); EXCEPTION WHEN OTHERS THEN NULL; END; PERFORM act('c'); END $$;", ["a", "c"]),
    ("an EXCEPTION block around an append that fails",
     "DO $$ BEGIN PERFORM act('a'); BEGIN PERFORM act(repeat('x', 70000)); EXCEPTION WHEN program_limit_exceeded THEN NULL; END; END $$;", ["a"]),
    ("a loop of EXCEPTION blocks", "DO $$ BEGIN FOR i IN 1..9 LOOP BEGIN PERFORM act(i::text); IF i % 2 = 0 THEN RAISE 'no'; END IF; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $$;",
     ["1", "3", "5", "7", "9"]),
    ("ROLLBACK", "BEGIN; SELECT act('a'); ROLLBACK; SELECT act('b');", ["b"]),
    ("COMMIT of a failed transaction", "BEGIN; SELECT act('a'); DO $$ BEGIN BEGIN RAISE 'x'; EXCEPTION WHEN OTHERS THEN NULL; END; END $$; COMMIT;", ["a"]),
    ("COMMIT AND CHAIN", "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT act('a'); COMMIT AND CHAIN; SELECT act('b'); ROLLBACK AND CHAIN; SELECT act('c'); COMMIT;", ["a", "c"]),
    ("a procedure that commits", "CALL act_in_pieces();", ["piece 1", "piece 3"]),
    ("a cursor WITH HOLD, run at the commit", "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT act('c' || n) FROM generate_series(1, 3) AS n; COMMIT; FETCH ALL c; CLOSE c;",
     ["c1", "c2", "c3"]),
    ("a cursor WITH HOLD, rolled back", "BEGIN; SAVEPOINT s; DECLARE c CURSOR WITH HOLD FOR SELECT act('c' || n) FROM generate_series(1, 3) AS n; FETCH 2 FROM c; ROLLBACK TO s; COMMIT;", []),
    ("a deferred trigger that appends", "BEGIN; INSERT INTO late VALUES ('x'); SELECT act('a'); COMMIT;", ["a", "late x"]),
    ("a deferred trigger in a lost savepoint", "BEGIN; SAVEPOINT s; INSERT INTO late VALUES ('x'); ROLLBACK TO s; INSERT INTO late VALUES ('y'); COMMIT;", ["late y"]),
    ("a temporary table of the name", "CREATE TEMP TABLE audit_entry (entry bigint) ON COMMIT DROP; SELECT act('a');", ["a"]),
    ("asynchronous commit", "SET synchronous_commit = off; SELECT act('a'); SHOW synchronous_commit;", ["a"]),
    ("read-only after the act", "BEGIN; SELECT act('a'); SET TRANSACTION READ ONLY; COMMIT;", ["a"]),
    ("settings against us", "SET enable_indexscan = off; SET enable_bitmapscan = off; SET default_toast_compression = 'pglz'; SET work_mem = '64kB'; SET transform_null_equals = on;"
     " SET standard_conforming_strings = off; SET default_transaction_deferrable = on; SET idle_in_transaction_session_timeout = '10s'; SET jit_above_cost = 0; SELECT act('a');", ["a"]),
    ("one statement, two acts", "WITH x AS (SELECT act('a')) SELECT act('b') FROM x;", None),
    ("several statements in one message", "SELECT act('a')\\; SELECT act('b');", ["a", "b"]))


def scripts():
    for what, sql, want in SCRIPTS:
        with attack(what) as a:
            with a.session("mallory") as s:
                tally.equal(failure(s, sql), None, what)
            if want is not None:
                together(a, what, want)
            else:
                together(a, what, entries(a))
                tally.equal(sorted(entries(a)), ["a", "b"], what)


def refused_commits():
    """The commit fails after entries were queued, or even written: neither act nor entry, and no gap."""
    for what, sql, code in (
            ("PREPARE TRANSACTION", "BEGIN; SELECT act('a'); PREPARE TRANSACTION 'p';", "0A000"),
            ("PREPARE TRANSACTION after a deferred append", "BEGIN; INSERT INTO late VALUES ('x'); PREPARE TRANSACTION 'p';", "0A000"),
            ("a deferred constraint", "BEGIN; SELECT act('a'); INSERT INTO done VALUES ('x'), ('x'); COMMIT;", "23505"),
            ("a deferred trigger whose append fails", "BEGIN; SELECT act('a'); INSERT INTO late VALUES (repeat('x', 70000)); COMMIT;", "54000"),
            ("an error in a message", "SELECT act('a')\\; SELECT 1/0;", "22012"),
            ("a read-only transaction", "BEGIN READ ONLY; SELECT opres.audit_append('test.act', NULL, NULL, NULL); COMMIT;", "25006")):
        with attack(what) as a:
            a.refused(sql, code, user=None if "READ ONLY" in sql else "mallory")
            together(a, what, [])
            with a.session() as s:
                tally.equal(s.run("SELECT gid FROM pg_prepared_xacts;"), [], f"{what}: nothing prepared")
    with attack("PREPARE TRANSACTION without an append") as a, a.session() as s:
        s.run("BEGIN; SELECT act('a'); ROLLBACK; BEGIN; SAVEPOINT s; SELECT act('b'); ROLLBACK TO s; INSERT INTO late SELECT WHERE false; PREPARE TRANSACTION 'p';")
        s.run("COMMIT PREPARED 'p';")
        together(a, a.what, [])


def skewed():
    """Serialization failures are found after our pre-commit has written the entries."""
    with attack("a serialization failure at the commit") as a:
        sessions = [a.session("mallory") for _ in range(2)]
        for n, s in enumerate(sessions):
            s.run(f"BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM done; SELECT act('{n}');")
        errors = [failure(s, "COMMIT;") for s in sessions]
        codes = [error.code for error in errors if error]
        tally.equal(codes, ["40001"], f"{a.what}: one of two")
        together(a, a.what, [str(n) for n, error in enumerate(errors) if not error])
        for s in sessions:
            s.run("ROLLBACK;")
            s.run(f"SELECT act('again {sessions.index(s)}');")
        tally.equal(len(entries(a)), 3, f"{a.what}: both go on")


def waiting():
    """Idle transactions with entries hold nobody up; who really holds the trail (a superuser restoring rows) can be waited for no
    longer than one likes, and nothing is left of who gave up."""
    with attack("an idle transaction") as a:
        idle, other = a.session("mallory"), a.session("mallory")
        idle.run("BEGIN; SELECT act('first'); SAVEPOINT s; SELECT act('second');")
        other.run("SET lock_timeout = '5s'; SELECT act('third');")
        idle.run("COMMIT;")
        together(a, a.what, ["third", "first", "second"])
    with attack("a session that is killed") as a:
        idle, boss = a.session("mallory"), a.session()
        idle.run("BEGIN; SELECT act('gone');")
        boss.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mallory';")
        boss.run("SELECT act('left');")
        together(a, a.what, ["left"])
    with attack("the trail's lock") as a:
        holder, waiter = a.session(), a.session("mallory")
        hold(holder)
        refused(waiter, "SET lock_timeout = '200ms'; BEGIN; SELECT act('a'); COMMIT;", "55P03", "lock timeout", a.what)
        waiter.run("ROLLBACK; SET lock_timeout = 0;")
        pid = waiter.value("SELECT pg_backend_pid();")
        waiter.send("SELECT act('b');")
        time.sleep(.2)
        holder.run(f"SELECT pg_cancel_backend({pid});")
        error = None
        try:
            waiter.receive()
        except SqlError as caught:
            error = caught.code
        tally.equal(error, "57014", f"{a.what}: a commit that waits is cancelled")
        waiter.send("SELECT act('c');")
        time.sleep(.2)
        holder.run("ROLLBACK;")
        waiter.receive()
        together(a, a.what, ["c"])


def hold(session):
    """A refused INSERT by a superuser takes the lock of the appends on the way, and a savepoint keeps his transaction."""
    row = session.run("SELECT * FROM opres.audit_entry WHERE entry = 2;")
    tally.equal(len(row), 1, "there is an entry 2")
    session.run("BEGIN; SAVEPOINT s;")
    try:
        session.run("INSERT INTO opres.audit_entry SELECT * FROM opres.audit_entry WHERE entry = 2;")
    except SqlError as error:
        tally.equal(error.code, "23505", "an entry twice")
    session.run("ROLLBACK TO s;")


def outside():
    """A connection that breaks in the middle of a COMMIT: the act and the entry are both there or both not."""
    with attack("connections that break") as a:
        for n in range(20):
            process = subprocess.Popen(["psql", "-X", "-q", "-d", a.database, "-U", "mallory", "-c", f"SELECT act('{n}')"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=dict(os.environ))
            time.sleep(.001 * n)
            process.kill()
            process.wait()
        with a.session() as s:
            for _ in range(100):
                if s.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'mallory' AND datname = current_database();") == "0":
                    break
                time.sleep(.05)
        together(a, a.what, entries(a))


if "inside" not in sys.argv:
    os.environ["CLUSTER_OPTIONS"] = "-c max_prepared_transactions=5"
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    os.execv(os.path.join(top, "test", "with-cluster"), ["with-cluster", os.path.abspath(__file__), "inside"])
prepare(ACT)
for test in (scripts, refused_commits, skewed, waiting, outside):
    test()
sys.exit(tally.close())

#!/usr/bin/env python3
"""The outbox among many: commits that tell somebody do not wait for each other's flush; claiming does not slow down by what waits elsewhere; what time
brings about is told once by several who ask, of confidential incidents too, while people work."""
import os
import sys
import threading
import time

import runs
from sessions import Session, SqlError, Tally

tally = Tally()
LONG = bool(os.environ.get("OPRES_LONG"))
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def until(question, seconds=20):
    end = time.monotonic() + seconds
    while not question() and time.monotonic() < end:
        time.sleep(.05)
    return question()


def set_up(admin):
    admin.run("CREATE EXTENSION opres; SET opres.reason = 'a test'; CREATE ROLE courier LOGIN; CREATE ROLE responder LOGIN;"
              "SELECT opres.grant_access('courier', 'courier'), opres.grant_access('responder', 'responder');"
              "SELECT opres.save_webhook_endpoint('all', 'https://all.example/', confidential => true);"
              f"SELECT opres.add_endpoint_secret('all', '{SECRET}');")


def test_commits(admin):
    """Nobody confirms, so each waits after its flush, as a slow disk would let it wait; none for another's lock."""
    steps = [(runs.begin(admin, runs.parallel(2, 3, f"row{n}")), Session()) for n in range(3)]
    admin.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'; SELECT pg_reload_conf();")
    try:
        tally.ok(until(lambda: admin.value("SHOW synchronous_standby_names;") == "nobody"), "nobody confirms")
        until(lambda: all(s.value("SHOW synchronous_standby_names;") == "nobody" for _, s in steps))
        for run, session in steps:
            session.send(f"SELECT opres.advance({run}, 'A1.1', 'success');")
        waiting = "SELECT string_agg(wait_event, ' ' ORDER BY wait_event) FROM pg_stat_activity WHERE query LIKE 'SELECT opres.advance%' AND state = 'active';"
        until(lambda: admin.value(waiting) == "SyncRep SyncRep SyncRep")
        tally.equal(admin.value(waiting), "SyncRep SyncRep SyncRep", "all are through but for the standby")
        tally.equal(admin.value("SELECT count(*) FROM pg_locks WHERE NOT granted;"), "0", "nobody waits for a lock")
    finally:
        admin.send("ALTER SYSTEM RESET synchronous_standby_names; SELECT pg_reload_conf();")
        admin.receive()
    for _, session in steps:
        tally.equal(session.receive(), [["done"]], "done")
        session.close()


def test_claims(admin):
    admin.run("SELECT opres.save_webhook_endpoint('fails', 'https://fails.example/'), opres.add_endpoint_secret('fails', 'a text of sixteen bytes');"
              "INSERT INTO opres.webhook_endpoint (name, url) SELECT 'e' || i, 'https://e.example/' FROM generate_series(1, 1000) AS i;"
              "INSERT INTO opres.webhook_endpoint_secret (endpoint, id, secret) SELECT 'e' || i, 1, '\\x00' FROM generate_series(1, 1000) AS i;"
              "INSERT INTO opres.outbox (endpoint, message_id, type, body, created_at, next_attempt_at)"
              " SELECT 'fails', 'm' || i, 'test', '{}', now(), now() + interval '1 hour' FROM generate_series(1, 100000) AS i;"
              "INSERT INTO opres.outbox (endpoint, message_id, type, body, created_at, next_attempt_at)"
              " SELECT 'e' || i, 'n' || i, 'test', '{}', now(), now() FROM generate_series(1, 1000) AS i;"
              "DELETE FROM opres.outbox WHERE endpoint = 'all'; ANALYZE opres.outbox;")
    with Session(user="courier") as s:
        began = time.monotonic()
        counts = [s.value("SELECT count(*) FROM opres.claim_deliveries('w', 20);") for _ in range(10)]
        took = time.monotonic() - began
    tally.equal(counts, ["20"] * 10, "a claim takes what is due")
    tally.ok(took < 5, f"ten claims among 100,000 that wait and 1,000 endpoints took {took:.1f} s")
    admin.run("UPDATE opres.outbox SET next_attempt_at = now() WHERE endpoint = 'fails'; DELETE FROM opres.outbox WHERE endpoint <> 'fails';")
    with Session(user="courier") as s:
        began = time.monotonic()
        counts = [s.value("SELECT count(*) FROM opres.claim_deliveries('w', 20);") for _ in range(3)]
        took = time.monotonic() - began
    tally.equal(counts, ["4", "0", "0"], "as many as may be under way to an endpoint")
    tally.ok(took < 3, f"three claims of an endpoint with 100,000 due took {took:.1f} s")
    admin.run("DELETE FROM opres.outbox; DELETE FROM opres.webhook_endpoint_secret WHERE endpoint LIKE 'e%'; DELETE FROM opres.webhook_endpoint WHERE name LIKE 'e%';"
              "SELECT opres.remove_webhook_endpoint('fails');")


def test_confidential(admin):
    """The courier sees no incident, and tells of all."""
    admin.run("INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('sys', 'system');")
    admin.run("BEGIN; INSERT INTO opres.requirement (node, name, needed) VALUES ('op', 'sys', 1);"
              "INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'sys', 'sys');"
              "INSERT INTO opres.tolerance (operation, tolerance) VALUES ('op', '100% within 2h'); COMMIT;")
    with Session(user="responder") as s:
        hidden = s.value("SELECT opres.open_incident('Hidden', 'parallel', 50, '{sys}', now() - interval '70 minutes', now() - interval '70 minutes', confidential => true);")
        other = s.value("SELECT opres.open_incident('Other', 'parallel', 50, '{sys}', now() - interval '3 hours', now() - interval '3 hours');")
        s.run(f"""SELECT opres.update_incident({hidden}, jsonb_build_object('nodes', jsonb_build_object('sys', jsonb_build_object('expected_at', now() + interval '1 second'))), 'soon');""")
    breach = admin.value(f"SELECT breach_at FROM opres.incident WHERE id = {hidden};")
    with Session(user="courier") as s:
        s.run("SELECT opres.raise_events();")
        tally.equal(admin.value(f"SELECT string_agg(type, ' ' ORDER BY id) FROM opres.outbox WHERE body::jsonb #>> '{{data,incident}}' = '{other}' AND type LIKE 'tolerance.%';"),
                    "tolerance.half tolerance.near tolerance.breached", "of the others")
        time.sleep(1.2)
        s.run("SELECT opres.raise_events();")
    tally.ok(breach != admin.value(f"SELECT breach_at FROM opres.incident WHERE id = {hidden};"), "the clock of a confidential incident is computed anew when a node is not back")
    tally.equal(admin.value(f"SELECT count(*) FROM opres.outbox WHERE body::jsonb #>> '{{data,incident}}' = '{hidden}' AND type = 'tolerance.half';"), "1", "and told of")
    with Session(user="responder") as s:
        tally.equal(s.value(f"SELECT count(*) FROM opres.tolerance_clock({hidden});"), "1", "who opened it sees its clock")
        admin.run(f"UPDATE opres.incident SET opened_by = '@postgres' WHERE id = {hidden};")
        for function in ("tolerance_clock", "incident_clock"):
            try:
                got = s.value(f"SELECT count(*) FROM opres.{function}({hidden});")
            except SqlError as error:
                got = error.code
            tally.ok(got in ("0", "42704", "22004"), f"who may not see it does not by {function}: {got}")


def test_together(admin):
    """Steps are due as soon as it is their turn; three ask what time has brought about, six people work, for a while. No errors, each told once."""
    made = [runs.begin(admin, runs.parallel(8, 30, f"busy{n}", deadlines=[{"anchor": "start", "after": "PT1S"}])) for n in range(4)]
    end, errors = time.monotonic() + (60 if LONG else 8), []

    def ask():
        with Session(user="courier") as s:
            while time.monotonic() < end:
                try:
                    s.run("SELECT opres.raise_events();")
                except SqlError as error:
                    errors.append(str(error))

    def work(branches):
        with Session() as s:
            for n in range(1, 31):
                for branch in branches:
                    for run in made:
                        if time.monotonic() > end:
                            return
                        try:
                            s.run(f"SELECT opres.advance({run}, 'A{branch}.{n}', 'success');")
                        except SqlError as error:
                            errors.append(str(error))
                time.sleep(.4)

    threads = [threading.Thread(target=ask) for _ in range(3)] + [threading.Thread(target=work, args=((b,) if b < 6 else (6, 7, 8),)) for b in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.equal(errors[:3], [], "nobody is in another's way")
    with Session(user="courier") as s:
        time.sleep(1.2)
        s.run("SELECT opres.raise_events();")
    told = admin.run("SELECT body::jsonb #>> '{data,run}', body::jsonb #>> '{data,subject}', body::jsonb #>> '{data,due_at}', count(*) FROM opres.outbox"
                     " WHERE type = 'step.overdue' GROUP BY 1, 2, 3;")
    tally.ok(len(told) >= 30, f"steps were overdue: {len(told)}")
    tally.equal([row for row in told if row[3] != "1"], [], "each is told once")
    tally.equal(admin.run("SELECT o.run, o.subject FROM opres.overdue AS o WHERE o.kind = 'step' AND NOT EXISTS (SELECT FROM opres.outbox AS b WHERE b.type = 'step.overdue'"
                          " AND b.body::jsonb #>> '{data,run}' = o.run::text AND b.body::jsonb #>> '{data,subject}' = o.subject);"), [], "and none is forgotten")
    runs.check(admin, tally, "together")


def main():
    with Session() as admin:
        set_up(admin)
        test_commits(admin)
        test_claims(admin)
        test_confidential(admin)
        test_together(admin)
    return tally.close()


sys.exit(main())

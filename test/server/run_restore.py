#!/usr/bin/env python3
"""A database full of incidents, runs, people, playbooks, outbox and audit trail, dumped and restored in every way pg_dump offers: the same
rows, policies and privileges, nothing to complain about, and runs go on where they were, with the next numbers; also in sessions that
remember what was before the restore. On a hot standby readers see what the primary shows, and after its promotion runs go on there."""
import json
import subprocess
import sys
import tempfile

import runs
from clusters import Cluster
from sessions import Session, SqlError, Tally

tally = Tally()
work = tempfile.TemporaryDirectory()
LOGINS = {"bob": "responder", "boss": "approver", "chief": "commander", "reader": "reader", "auditor": "auditor", "integrator": "integrator"}
GATED = {"approvals": [{"role": "boss", "count": 1}]}


def fill(s):
    """Every table has rows; run 1 waits for an approval and a confirmation, run 2 is of the ransomware playbook, confidential is incident 3."""
    s.run("CREATE EXTENSION opres; SET opres.reason = 'a test';")
    for login, access in LOGINS.items():
        if not s.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{login}';"):
            s.run(f"CREATE ROLE {login} LOGIN;")
        s.run(f"SELECT opres.grant_access('{login}', '{access}'), opres.save_person('p.{login}', '名 {login}', phones => '{{03-1234-5678}}', logins => '{{{login}}}');")
    s.run("SELECT opres.save_role_holder(role, 'p.boss') FROM unnest('{boss,csirt_lead,crisis_head,ciso}'::text[]) AS role;"
          "SELECT opres.save_on_call('boss', 'p.boss', '2026-01-01', '2030-01-01'); SELECT opres.save_contact('fsa', 'authority', '金融庁', phones => '{03-0000-0000}');"
          "SELECT opres.set_report_deadline('fsa_first', 'detection', '1 day', 'our own');"
          "SELECT opres.save_webhook_endpoint('chat', 'https://example.org/hook');")
    s.run("INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('sys', 'system'); INSERT INTO opres.requirement (node, name) VALUES ('op', 'r');"
          "INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'sys'); INSERT INTO opres.tolerance VALUES ('op', '100% within 2h');")
    s.run("\\set doc `cat playbooks/ransomware.json`\nSELECT opres.load_playbook(:'doc');")
    run = runs.begin(s, runs.parallel(3, 8, "gate", **GATED))
    assert run == 1
    as_person(s, "bob", "SELECT opres.advance(1, 'A1.1', 'success', '実施'); SELECT opres.advance(1, 'A2.1', 'success', evidence => '{\"file\": \"x\"}');")
    as_person(s, "chief", "SELECT opres.approve(1, 'A2.1', on_behalf_of => 'boss');"
              "SELECT opres.open_incident('ランサム', 'ransomware', 80, '{sys}', now() - interval '1h', now() - interval '50min', now() - interval '40min');"
              "SELECT opres.start_run(2, 'ransomware'); SELECT opres.update_incident(2, '{\"customers\": 12000, \"nodes\": {\"sys\": {\"level\": 0.5, \"state\": \"degraded\"}}}', 'x');"
              "SELECT opres.annotate_incident(2, E'a\\tb\\\\n\\n口座'); SELECT opres.record_call(2, 'fsa', 'reached', 'x'); SELECT opres.record_finding(2, 'A key was missing');"
              "SELECT opres.open_incident('An insider', 'ransomware', 70, confidential => true); SELECT opres.start_run(3, 'ransomware');"
              "SELECT opres.admit_to_incident(3, 'p.boss', reason => 'x');")


def as_person(s, who, sql):
    s.run(f"SET SESSION AUTHORIZATION {who}; SET opres.reason = 'a test';")
    s.run(sql)
    s.run("RESET SESSION AUTHORIZATION; RESET opres.reason;")


def shell(command):
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def rows_of(s):
    """What every table holds; entries of the trail but for the transaction that wrote them."""
    out = {}
    for (table,) in s.run("SELECT relname FROM pg_class WHERE relnamespace = 'opres'::regnamespace AND relkind = 'r' ORDER BY 1;"):
        out[table] = s.run(f"SELECT count(*), md5(string_agg(t::text, ';' ORDER BY t::text COLLATE \"C\")) FROM opres.{table} AS t;")[0]
    return out


def rights_of(s):
    return s.run("SELECT c.relname, c.relrowsecurity, array(SELECT a::text FROM unnest(c.relacl) AS a ORDER BY 1) FROM pg_class AS c"
                 " WHERE c.relnamespace = 'opres'::regnamespace AND c.relkind IN ('r', 'v') ORDER BY 1;"
                 "SELECT p.oid::regprocedure, array(SELECT a::text FROM unnest(p.proacl) AS a ORDER BY 1) FROM pg_proc AS p WHERE p.pronamespace = 'opres'::regnamespace ORDER BY 1;"
                 "SELECT tablename, policyname, cmd, roles, qual FROM pg_policies WHERE schemaname = 'opres' ORDER BY 1, 2;")


def said(session, sql):
    try:
        rows = session.run(sql)
        return rows[0][0] if rows else ""
    except SqlError as error:
        return error.code


def goes_on(session, what):
    """session(user): a session in the database, which is as `fill` has left it."""
    with session("bob") as bob, session("boss") as boss, session("chief") as chief, session("reader") as reader, session("postgres") as admin:
        tally.equal(said(bob, "SELECT opres.approve(1, 'A1.1');"), "42501", f"{what}: who has done it is still known")
        tally.equal(said(bob, "SELECT opres.advance(1, 'A1.1', 'success');"), "55000", f"{what}: what is done is done")
        tally.equal(said(boss, "SELECT opres.approve(1, 'A1.1');"), "done", f"{what}: the approval that was open")
        tally.equal(said(boss, "SELECT opres.approve(1, 'A2.1');"), "ratified", f"{what}: the confirmation that was open")
        tally.equal(said(bob, "SELECT opres.advance(1, 'A1.2', 'success');"), "submitted", f"{what}: the next step")
        tally.equal(said(chief, "SELECT opres.open_incident('next', 'gate', 1);"), "4", f"{what}: the next incident")
        tally.equal(said(chief, "SELECT opres.start_run(4, 'gate');"), "4", f"{what}: the next run")
        tally.ok(int(said(chief, "SELECT opres.tick();")) < 100, f"{what}: time goes on")
        tally.equal(reader.run("SELECT id FROM opres.incident ORDER BY 1;"), [["1"], ["2"], ["4"]], f"{what}: what is confidential stays so")
        tally.equal(said(chief, "SELECT opres.annotate_run(3, 'mine');"), "", f"{what}: who opened it sees it")
        tally.equal(said(boss, "SELECT count(*) > 0 FROM opres.todo(3);"), "t", f"{what}: who was admitted sees it")
        tally.equal(admin.run("SELECT * FROM opres.check_runs();"), [], f"{what}: afterwards, check_runs")
        tally.equal(admin.run("SELECT max(id) FROM opres.outbox;")[0][0].isdigit(), True, f"{what}: the outbox is told")


def way(name, command, extension=False, unprotected=False):
    shell("dropdb --if-exists -f way; createdb way")
    with Session("way") as s:
        s.run("CREATE TABLE public.other AS SELECT n FROM generate_series(1, 5) AS n; CREATE TYPE public.ot AS ENUM ('x');" + ("CREATE EXTENSION opres;" if extension else ""))
    done = shell(command)
    tally.equal((done.returncode, done.stdout[:400]), (0, ""), f"{name}: restores without complaint")
    with Session("postgres") as a, Session("way") as b:
        want, got = rows_of(a), rows_of(b)
        tally.equal({t: got.get(t) for t in want if got.get(t) != want[t]}, {}, f"{name}: the same rows")
        if not extension:
            tally.equal(rights_of(b), rights_of(a), f"{name}: the same rights")
        tally.equal(b.run("SELECT * FROM opres.check_runs();"), [], f"{name}: check_runs")
        tally.equal(b.run("SELECT problem FROM opres.verify_audit();"), [["protection missing"]] if unprotected else [], f"{name}: verify_audit")
        if extension:
            b.run("SET opres.reason = 'a test';" + "".join(f"SELECT opres.grant_access('{login}', '{access}');" for login, access in LOGINS.items()))
    goes_on(lambda user: Session("way", user=user), name)


def ways():
    plain = "pg_dump {} postgres | psql -X -q -o /dev/null -v ON_ERROR_STOP=1 {} -d way"
    way("pg_dump | psql", plain.format("", ""))
    way("pg_dump --inserts | psql -1", plain.format("--inserts", "-1"))
    way("pg_restore -1", f"pg_dump -Fc -f {work.name}/c postgres && pg_restore -1 -d way {work.name}/c")
    way("pg_restore -j4", f"pg_dump -Fd -j2 -f {work.name}/d postgres && pg_restore -j4 -d way {work.name}/d")
    way("data only", plain.format("--data-only", ""), extension=True)
    way("data only, triggers disabled", plain.format("--data-only --disable-triggers", "-1"), extension=True, unprotected=True)


def older_memory():
    """Sessions that go on while the database they are in is restored to what it was."""
    shell("dropdb --if-exists -f way; createdb way; pg_dump -Fc -f {0}/c postgres; pg_restore -d way {0}/c".format(work.name))
    todo = "SELECT step, state FROM opres.todo(1) ORDER BY 1;"
    with Session("way", user="bob") as bob, Session("way", user="reader") as reader, Session("way") as admin:
        before = reader.run(todo)
        for n in ("A1.1", "A3.1"):
            said(bob, f"SELECT opres.advance(1, '{n}', 'success');")
        tally.ok(reader.run(todo) != before, "something is done")
        admin.run("DROP EXTENSION opres CASCADE; DROP SCHEMA opres CASCADE;")
        done = shell(f"pg_restore -d way {work.name}/c")
        tally.equal((done.returncode, done.stdout[:300]), (0, ""), "restored beside open sessions")
        for who, session in (("bob", bob), ("reader", reader)):
            tally.equal(session.run(todo), before, f"{who}'s session does not remember what was before the restore")
        tally.equal(said(bob, "SELECT opres.advance(1, 'A3.1', 'success');"), "submitted", "and goes on from there")
        tally.equal(admin.run("SELECT * FROM opres.check_runs();"), [], "restored under sessions: check_runs")
        tally.equal(admin.run("SELECT * FROM opres.verify_audit();"), [], "restored under sessions: verify_audit")


LOOKS = ("SELECT * FROM opres.todo(1);", "SELECT * FROM opres.todo(2, 'ja');", "SELECT opres.instructions(1, 'A1.2');",
         "SELECT operation, tolerance, breaches_at FROM opres.tolerance_clock(2);", "SELECT * FROM opres.timeline(2, 'ja');", "SELECT * FROM opres.authority_reports(2);",
         "SELECT * FROM opres.check_runs();", "SELECT * FROM opres.incidents;", "SELECT * FROM opres.runs ORDER BY run;", "SELECT kind, subject, due_at FROM opres.overdue;",
         "SELECT * FROM opres.open_matters(2);", "SELECT * FROM opres.run_event ORDER BY run, number;", "SELECT opres.acting_person(), opres.sees_incident(3);")


def standby_shows(primary, standby, what):
    standby.caught_up(primary)
    for user in ("reader", "boss", "auditor"):
        with primary.session(user=user) as p, standby.session(user=user) as s:
            for sql in LOOKS:
                tally.equal(s.run(sql), p.run(sql), f"{what}: {user}: {sql}")


def standby():
    primary = Cluster("run_primary").create().start()
    with primary.session() as s:
        fill(s)
    standby = Cluster("run_standby").copied_from(primary, "-R").start()
    standby_shows(primary, standby, "as backed up")
    with standby.session(user="bob") as bob, standby.session(user="reader") as reader:
        todo = "SELECT step, state FROM opres.todo(1) ORDER BY 1;"
        before = reader.run(todo)
        with primary.session() as p:
            as_person(p, "bob", "SELECT opres.advance(1, 'A3.1', 'success');")
            standby.caught_up(primary)
            tally.ok(reader.run(todo) != before, "a standby's session does not go by what it remembers")
            p.run("BEGIN;")
            as_person(p, "bob", "SELECT opres.annotate_run(1, 'not yet');")
            tally.equal(bob.run(todo), reader.run(todo), "and nothing of what is not committed")
            p.run("ROLLBACK;")
        standby_shows(primary, standby, "after replay")
        for sql in ("SELECT opres.advance(1, 'A1.2', 'success');", "SELECT opres.approve(1, 'A1.1');", "SELECT opres.annotate_run(1, 'x');", "SELECT opres.open_incident('x', 'x', 1);",
                    "SELECT opres.update_incident(2, '{\"severity\": 1}', 'x');", "SELECT opres.start_run(2, 'gate');"):
            tally.equal(said(bob, sql), "25006", f"on a standby: {sql}")
        tally.equal(said(reader, "SELECT count(*) FROM opres.incident;"), "2", "on a standby what is confidential is not seen")
        primary.stop()
        standby.promote()
        for _ in range(100):
            if said(bob, "SELECT pg_is_in_recovery();") == "f":
                break
        tally.equal(said(bob, "SELECT opres.advance(1, 'A3.1', 'success');"), "55000", "promoted: what was replayed is done")
    goes_on(lambda user: standby.session(user=user), "promoted")
    tally.equal(standby.complaints(), [], "the standby's log")
    standby.stop()


def main():
    with Session() as s:
        fill(s)
        empty = [t for t, (count, _) in rows_of(s).items() if count == "0"]
        tally.ok(not {"run", "run_event", "run_step", "run_report", "run_ratification", "incident", "incident_event", "incident_node", "incident_level", "incident_reader",
                      "person", "person_login", "role_holder", "on_call", "contact", "playbook", "outbox", "webhook_endpoint", "report_deadline", "exercise_finding",
                      "audit_entry"} & set(empty), f"tables that test nothing: {empty}")
    ways()
    older_memory()
    standby()
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

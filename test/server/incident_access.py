#!/usr/bin/env python3
"""Accesses to incidents over real connections, each login its own.

A confidential incident with a run: nobody but auditors, who opened it and who is admitted can tell it from one that is not there, not by a
table or view, and not by any function of the schema that takes an incident or a run: every one is called with both, and must answer
the same. What an admitted one may do is up to her access. A plan made for one role is not used for another. Dumped and restored it
stays confidential. And row-level security must not make a chronicle slow to read."""
import re
import subprocess
import sys
import time

from sessions import Session, SqlError, Tally

tally = Tally()
PLAYBOOK = "playbooks/ransomware.json"
ABSENT = 987654
LOGINS = {"reader": ["reader"], "responder": ["responder"], "commander": ["commander"], "approver": ["approver"], "planner": ["planner"],
          "registrar": ["registrar"], "eraser": ["eraser"], "auditor": ["auditor"],
          "busybody": ["commander", "approver", "planner", "registrar", "editor"], "opener": ["commander"], "admitted": ["responder"], "nobody": []}


def setup(admin):
    admin.run("CREATE EXTENSION opres;")
    admin.run("SET opres.reason = 'a test';")
    for login, accesses in LOGINS.items():
        admin.run(f"CREATE ROLE {login} LOGIN;")
        for access in accesses:
            admin.run(f"SELECT opres.grant_access('{login}', '{access}');")
    for login in ("opener", "admitted", "busybody"):
        admin.run(f"SELECT opres.save_person('p.{login}', '{login}', logins => '{{{login}}}');")
    admin.run("SELECT opres.save_role_holder('csirt_lead', 'p.opener'), opres.save_role_holder('crisis_head', 'p.busybody');")
    admin.run("INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('sys', 'system');"
              "INSERT INTO opres.requirement (node, name) VALUES ('op', 'r');"
              "INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'sys');"
              "INSERT INTO opres.tolerance VALUES ('op', '100% within 2h');")
    admin.run(f"\\set doc `cat {PLAYBOOK}`\nSELECT opres.load_playbook(:'doc');")


def open_secret():
    """The confidential incident and its run, by their opener; numbers that are not those of anything else."""
    with Session() as admin:
        admin.run("ALTER SEQUENCE opres.incident_id_seq RESTART 567123; ALTER SEQUENCE opres.run_id_seq RESTART 678123;")
    with Session(user="opener") as opener:
        opener.run("SET opres.reason = 'a test';")
        incident = opener.value("SELECT opres.open_incident('An insider', 'ransomware', 70, '{sys}', confidential => true);")
        run = opener.value(f"SELECT opres.start_run({incident}, 'ransomware');")
        opener.run(f"SELECT opres.record_call({incident}, 'p.admitted', 'no_answer', 'at home');")
        opener.run(f"SELECT opres.record_finding({incident}, 'The key was not in the safe');")
    with Session(user="reader") as reader:
        tally.equal(reader.run("SELECT count(*) FROM opres.incident;"), [["0"]], "a reader sees no incident")
    return int(incident), int(run)


# What is not there and what is not seen -------------------------------------------------------------------------------------------

FUNCTIONS = """SELECT p.proname, p.prokind, p.proretset, array_to_string(p.proargnames[1:p.pronargs], ','),
    (SELECT string_agg(format_type(t, NULL), ',' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n)), p.pronargs - p.pronargdefaults
  FROM pg_proc AS p
  WHERE p.pronamespace = 'opres'::regnamespace AND has_function_privilege(p.oid, 'EXECUTE')
    AND p.proargnames[1:p.pronargs] && '{incident,run,exercise}' ORDER BY p.oid;"""
VALUES = {"text": "'x'", "integer": "1", "bigint": "1", "jsonb": "'{}'", "timestamp with time zone": "now()", "text[]": "'{}'", "boolean": "true",
          "double precision": "0.5", "interval": "'1h'", "date": "now()::date"}


def outcome(session, sql, number):
    """What a statement comes to, the number it was given left out."""
    session.run("BEGIN;")
    try:
        said = repr(session.run(sql))
    except SqlError as error:
        said = f"{error} {error.detail}"
    session.run("ROLLBACK;")
    return re.sub(rf"\b{number}\b", "N", said)


def calls(session, incident, run):
    """A call of every function that takes an incident or a run and that the session may execute, and the number given."""
    for name, kind, rows, names, types, required in session.run(FUNCTIONS):
        names, types = names.split(","), types.split(",")
        which = next(n for n in names if n in ("incident", "run", "exercise"))
        if kind != "f" or types[names.index(which)] != "bigint":
            continue
        number = run if which == "run" else incident
        given = [f'"{n}" => ' + (str(number) if n in ("incident", "run", "exercise") else "'ja'" if n == "lang" else VALUES[t])
                 for i, (n, t) in enumerate(zip(names, types)) if i < int(required) or n == which]
        yield f"SELECT {'* FROM ' if rows == 't' else ''}opres.{name}({', '.join(given)});", number


def same_as_absent(login, incident, run):
    """Every function that takes an incident or a run says the same of one that is not to be seen as of one that is not there."""
    with Session(user=login) as s:
        s.run("SET opres.reason = 'looking';")
        called = list(zip(calls(s, incident, run), calls(s, ABSENT, ABSENT)))
        for (sql, number), (other, absent) in called:
            tally.equal(outcome(s, sql, number), outcome(s, other, absent), f"{login}: tells it from one that is not there: {sql}")
        tally.ok(len(called) >= (25 if login == "busybody" else 10), f"{login} could call {len(called)} functions only")


def hidden(login, incident, run):
    with Session(user=login) as s:
        for table in s.run("SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
                           " WHERE relnamespace = 'opres'::regnamespace AND relkind IN ('r', 'v') AND has_column_privilege(c.oid, a.attnum, 'SELECT')"
                           " AND (attname IN ('incident', 'run') OR relname = 'incident' AND attname = 'id');"):
            number = run if table[1] == "run" else incident
            tally.equal(s.run(f"SELECT count(*) FROM opres.{table[0]} WHERE {table[1]} = {number};"), [["0"]], f"{login}: {table[0]}.{table[1]}")
        tally.equal(s.run(f"SELECT opres.sees_incident({incident});"), [["f"]], f"{login} does not see it")


def seen(login, incident, run):
    with Session(user=login) as s:
        for table in ("incident_event", "incident_node", "run", "exercise_finding"):
            tally.ok(s.run(f"SELECT count(*) > 0 FROM opres.{table} WHERE incident = {incident};") == [["t"]], f"{login} sees {table}")
        for table in ("run_event", "run_step", "run_report"):
            tally.ok(s.run(f"SELECT count(*) > 0 FROM opres.{table} WHERE run = {run};") == [["t"]], f"{login} sees {table}")
        for call in (f"timeline({incident})", f"todo({run})", f"authority_reports({incident})", f"tolerance_clock({incident})"):
            tally.ok(len(s.run(f"SELECT * FROM opres.{call};")) > 0, f"{login}: {call}")
        tally.equal(s.run(f"SELECT count(*) FROM opres.incidents WHERE incident = {incident};"
                          if column(s, "incidents", "incident") else f"SELECT count(*) FROM opres.incidents WHERE id = {incident};"), [["1"]], f"{login}: incidents")
        tally.equal(s.run(f"SELECT count(*) FROM opres.runs WHERE run = {run};"), [["1"]], f"{login}: runs")


def column(session, table, name):
    return session.run(f"SELECT 1 FROM pg_attribute WHERE attrelid = 'opres.{table}'::regclass AND attname = '{name}';") != []


def refused(login, sql, code, what):
    with Session(user=login) as s:
        try:
            s.run(sql)
            tally.ok(False, f"{what}: not refused")
        except SqlError as error:
            tally.equal(error.code, code, what)


# ------------------------------------------------------------------------------------------------------------------------------------

def admitting(incident, run):
    hidden("admitted", incident, run)
    with Session(user="opener") as opener:
        opener.run(f"SELECT opres.admit_to_incident({incident}, 'p.admitted', reason => 'she knows the vault');")
    seen("admitted", incident, run)
    with Session(user="admitted") as s:
        s.run(f"SELECT opres.annotate_incident({incident}, 'The vault is locked');")
        tally.equal(s.value(f"SELECT person FROM opres.incident_event WHERE incident = {incident} AND kind = 'annotate';"), "p.admitted", "she works on it")
    refused("admitted", f"SELECT opres.admit_to_incident({incident}, 'p.busybody', reason => 'x');", "42501", "an admitted responder does not admit")
    with Session(user="opener") as opener:
        opener.run(f"SELECT opres.remove_from_incident({incident}, 'p.admitted', reason => 'done');")
    hidden("admitted", incident, run)
    with Session(user="auditor") as auditor:
        tally.equal(auditor.run("SELECT action, actor, content::jsonb->>'reader' FROM opres.audit_trail WHERE action ~ '^incident.(admit|remove)' ORDER BY entry;"),
                    [["incident.admit", "opener", "p.admitted"], ["incident.remove", "opener", "p.admitted"]], "who was let in is on record")
        tally.equal(auditor.run("SELECT * FROM opres.verify_audit();"), [], "the trail verifies")


def becoming_confidential():
    """Who makes an open one confidential goes on seeing it; others do not any more, not even within their transaction's next statement."""
    with Session(user="opener") as opener, Session(user="responder") as responder, Session(user="reader") as reader, \
            Session(user="busybody") as busybody:
        incident = opener.value("SELECT opres.open_incident('For all', 'ransomware', 10);")
        run = opener.value(f"SELECT opres.start_run({incident}, 'ransomware');")
        look, act = f"SELECT count(*) FROM opres.todo({run});", f"SELECT opres.annotate_run({run}, 'I was here');"
        tally.ok(int(reader.value(look)) > 0, "a run is for all readers")
        busybody.run(act)
        count = f"SELECT count(*) FROM opres.incident_event WHERE incident = {incident};"
        reader.run("BEGIN;")
        tally.equal(reader.run(count), [["1"]], "an incident is for all readers")
        responder.run(f"SELECT opres.update_incident({incident}, '{{\"confidential\": true}}', 'an insider');")
        tally.equal(reader.run(count), [["0"]], "until it is confidential")
        reader.run("COMMIT;")
        for session, sql in ((reader, look), (busybody, look), (busybody, act), (busybody, f"SELECT opres.advance({run}, 'T-01', 'failure');")):
            try:
                session.run(sql)
                tally.ok(False, f"what a session keeps of a run is shown when it is confidential: {sql}")
            except SqlError as error:
                tally.equal(str(error), f"42704: there is no run {run}", sql)
        tally.equal(responder.run(count), [["2"]], "who made it so sees it")
        tally.ok(int(responder.value(look)) > 0, "and its run")
        tally.equal(opener.run(count), [["2"]], "who opened it sees it")
        open_again = f"SELECT opres.update_incident({incident}, '{{\"confidential\": false}}', 'no insider');"
        refused("responder", open_again, "42501", "a responder does not open it again")
        opener.run(open_again)
        tally.equal(reader.run(count), [["3"]], "a commander does")


def allowed(login, incident, run):
    """What an access may call it can do: no privilege is missing inside."""
    with Session(user=login) as s:
        s.run("SET opres.reason = 'looking';")
        for sql, number in calls(s, incident, run):
            said = outcome(s, sql, number)
            tally.ok("permission denied" not in said, f"{login}: {sql}: {said[:200]}")


def plans(incident):
    """A plan made for one role must not serve another."""
    with Session(user="postgres") as s:
        s.run("SET plan_cache_mode = force_generic_plan;"
              f"PREPARE q AS SELECT count(*) FROM opres.run_event AS e JOIN opres.run AS r ON r.id = e.run WHERE r.incident = {incident};")
        for role, want in (("auditor", True), ("reader", False), ("auditor", True), ("commander", False)):
            s.run(f"SET ROLE {role};")
            tally.equal(int(s.value("EXECUTE q;")) > 0, want, f"the prepared statement as {role}")
            s.run("RESET ROLE;")
        s.run("SET SESSION AUTHORIZATION opener;")
        tally.ok(int(s.value("EXECUTE q;")) > 0, "the prepared statement as opener")


def phones(incident):
    with Session(user="registrar") as s:
        s.run("SELECT opres.save_person('p.admitted', phones => '{090-1234-5678}'), opres.save_role_holder('csirt_lead', 'p.admitted', 2);")
    with Session(user="opener") as s:
        tally.equal(s.run(f"SELECT person, phones, attempts FROM opres.call_list('csirt_lead', {incident});"),
                    [["p.opener", "{}", "0"], ["p.admitted", "{090-1234-5678}", "1"]], "who responds sees whom to call")
        tally.ok(["p.opener"] in s.run(f"SELECT person FROM opres.call_list(incident => {incident});"), "for the steps whose turn it is")
    for login in ("reader", "auditor", "approver", "registrar", "planner"):
        refused(login, "SELECT * FROM opres.call_list('csirt_lead');", "42501", f"{login} sees nobody's telephone")
        refused(login, "SELECT phones FROM opres.person;", "42501", f"{login} reads nobody's telephone")
        refused(login, "SELECT p FROM opres.person AS p;", "42501", f"{login} reads no whole row")


def restored(incident, run):
    with Session() as admin:
        admin.run("CREATE DATABASE restored;")
    dump = subprocess.run(["pg_dump", "postgres"], capture_output=True, text=True, check=True)
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "restored"], input=dump.stdout, capture_output=True, text=True, check=True)
    for login, want in (("reader", "0"), ("commander", "0"), ("opener", "1"), ("auditor", "1")):
        with Session("restored", user=login) as s:
            tally.equal(s.run(f"SELECT count(*) FROM opres.run WHERE id = {run};"), [[want]], f"{login} in the restored database")
    with Session("restored", user="auditor") as s, Session(user="auditor") as before:
        for table in ("incident_event", "run_event", "incident_reader", "exercise_finding", "role_holder", "person_login"):
            sql = f"SELECT t::text FROM opres.{table} AS t ORDER BY 1;"
            tally.equal(s.run(sql), before.run(sql), f"{table} restored")
    refused("reader", f"SELECT opres.check_incident({incident});", "42704", "a reader learns nothing")
    out = subprocess.run(["pg_dump", "-U", "reader", "-t", "opres.incident", "postgres"], capture_output=True, text=True)
    tally.ok(out.returncode != 0 and "An insider" not in out.stdout, "a reader's dump is an error, not a part")


def speed(admin):
    """Reading one chronicle among many takes no longer than with no policies, but for a little; reading all of them not much longer."""
    admin.run("INSERT INTO opres.incident (title, attack_type, severity, confidential, time_zone, detected_at, opened_by, opened_at)"
              " SELECT 'i', 'x', 1, i % 50 = 0, 'UTC', now(), 'x', now() FROM generate_series(1, 2000) AS i;"
              "INSERT INTO opres.incident_event SELECT i.id, n, 'annotate', now(), now(), 'x', 'x', 'note' FROM opres.incident AS i, generate_series(11, 110) AS n;"
              "INSERT INTO opres.run (incident, playbook, modified, pins, state, started_at, events, stamp)"
              " SELECT id, 'p', now(), '{}', 'completed', now(), 1, 1 FROM opres.incident;"
              "INSERT INTO opres.run_event (run, number, kind, occurred_at, recorded_at, login)"
              " SELECT r.id, n, 'annotate', now(), now(), 'x' FROM opres.run AS r, generate_series(1001, 1100) AS n; ANALYZE;")
    incident = admin.value("SELECT min(id) FROM opres.incident WHERE NOT confidential AND title = 'i';")
    run = admin.value(f"SELECT id FROM opres.run WHERE incident = {incident};")

    def best(login, sql, times):
        with Session(user=login) as s:
            taken = []
            for _ in range(times):
                began = time.perf_counter()
                s.run(sql)
                taken.append(time.perf_counter() - began)
        return min(taken) * 1000

    one = f"SELECT count(*) FROM opres.run_event WHERE run = {run};"
    every = "SELECT count(*) FROM opres.run_event;"
    figures = {(who, what): best(who, sql, 15) for who in ("postgres", "reader") for what, sql in (("one", one), ("all", every))}
    print({f"{who} {what}": f"{ms:.2f} ms" for (who, what), ms in figures.items()})
    tally.ok(figures["reader", "one"] < figures["postgres", "one"] + 5, "a reader waits for one chronicle")
    tally.ok(figures["reader", "all"] < 10 * figures["postgres", "all"] + 100, "a reader waits for all chronicles")
    with Session(user="reader") as s:
        plan = "\n".join(r[0] for r in s.run(f"EXPLAIN SELECT * FROM opres.run_event WHERE run = {run};"))
        tally.ok(re.search(r"Index.*run_event_pkey", plan), f"a run's events are found by index:\n{plan}")


def main():
    with Session() as admin:
        setup(admin)
        refused("nobody", "SELECT count(*) FROM opres.incident;", "42501", "nobody sees anything")
        incident, run = open_secret()
        for login in ("reader", "commander", "busybody", "registrar", "planner"):
            hidden(login, incident, run)
        for login in ("busybody", "reader"):
            same_as_absent(login, incident, run)
        refused("eraser", "SELECT count(*) FROM opres.incident;", "42501", "an eraser sees no incident")
        for login in ("opener", "auditor", "postgres"):
            seen(login, incident, run)
        for login in ("opener", "auditor", "busybody", "reader"):
            allowed(login, incident, run)
        refused("auditor", f"SELECT opres.annotate_incident({incident}, 'x');", "42501", "an auditor only looks")
        admitting(incident, run)
        becoming_confidential()
        plans(incident)
        phones(incident)
        restored(incident, run)
        speed(admin)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

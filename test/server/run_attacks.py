#!/usr/bin/env python3
"""Attempts to get round approvals and the record of runs, each by somebody with an access of her own: by being two, by others' rights, by
what is looked up by name, by transactions, old snapshots and memory, by writing the tables; playbooks written to deceive or to stop the
server; and a superuser who edits what happened, which is found."""
import json
import os
import random
import sys
import threading
import time

import runs
from runs import EXTENSION, action, ident
from sessions import Session, SqlError, Tally

tally = Tally()
LONG = bool(os.environ.get("OPRES_LONG"))
LOGINS = {"alice": ["responder"], "alice2": ["approver"], "bob": ["responder"], "boss": ["approver"], "boss2": ["approver"], "commander": ["commander"],
          "registrar": ["registrar"], "registrar2": ["registrar"], "planner": ["planner"], "reader": ["reader"], "auditor": ["auditor"],
          "eraser": ["eraser"], "editor": ["editor"], "integrator": ["integrator"], "courier": ["courier"], "pool": ["responder", "approver"], "mallory": []}
PERSONS = {"alice": "{alice,alice2}", "bob": "{bob}", "boss": "{boss}", "boss2": "{boss2}", "commander": "{commander}", "registrar": "{registrar}"}
GATED = {"approvals": [{"role": "boss", "count": 1}]}
DOER, LOCKED, NO = "42501", "55000", ("42501",)


def setup(admin):
    admin.run("CREATE EXTENSION opres; SET opres.reason = 'a test';")
    for login, accesses in LOGINS.items():
        admin.run(f"CREATE ROLE {login} LOGIN; GRANT USAGE ON SCHEMA opres TO {login};")
        for access in accesses:
            admin.run(f"SELECT opres.grant_access('{login}', '{access}');")
        admin.run(f"CREATE SCHEMA {login}_own AUTHORIZATION {login};")
    for person, logins in PERSONS.items():
        admin.run(f"SELECT opres.save_person('p.{person}', logins => '{logins}');")
    for person in ("alice", "boss", "boss2"):
        admin.run(f"SELECT opres.save_role_holder('boss', 'p.{person}');")


def begin(admin, name, branches=2, length=12, **own):
    return runs.begin(admin, runs.parallel(branches, length, name, **{**GATED, **own}))


def said(session, sql):
    """What a statement comes to: its first value, or the code of its error."""
    try:
        rows = session.run(sql)
        return rows[0][0] if rows else ""
    except SqlError as error:
        return error.code


def begun(said):
    return said.isdigit() and len(said) < 5  # not an SQLSTATE


def alone(user, sql, database="postgres"):
    with Session(database, user=user) as s:
        return said(s, sql)


def state(admin, run, step):
    return admin.value(f"SELECT state FROM opres.run_step WHERE run = {run} AND code = '{step}';")


# One person is one person ------------------------------------------------------------------------------------------------------------

def one_person(admin):
    run = begin(admin, "one-person")
    approve = f"SELECT opres.approve({run}, 'A1.1'"
    tally.equal(alone("alice", f"SELECT opres.advance({run}, 'A1.1', 'success');"), "submitted", "alice does it")
    for who, sql, what in (
            ("alice", f"{approve});", "her own"), ("alice2", f"{approve});", "her own, by her second login"),
            ("bob", f"{approve}, on_behalf_of => 'alice2');", "passed on for the doer, by a login of hers"),
            ("bob", f"{approve}, on_behalf_of => 'p.alice');", "passed on for the doer, by her code"),
            ("alice", f"{approve}, on_behalf_of => 'boss');", "heard by the doer"), ("alice2", f"{approve}, on_behalf_of => 'p.boss');", "heard by her second login"),
            ("bob", f"{approve});", "by one without the role"), ("pool", f"{approve});", "by a login that is nobody's"),
            ("pool", f"{approve}, on_behalf_of => 'boss');", "heard by a login that is nobody's"),
            ("bob", f"{approve}, on_behalf_of => 'p.commander');", "for one without the role"),
            ("reader", f"{approve});", "by a reader"), ("mallory", f"{approve});", "by nobody at all"), ("auditor", f"{approve});", "by an auditor")):
        tally.equal(alone(who, sql), DOER, f"approved by {who}: {what}")
    tally.equal(alone("bob", f"{approve}, on_behalf_of => 'bob');"), "22023", "on behalf of herself")
    tally.equal(alone("bob", f"{approve}, on_behalf_of => 'boss' || repeat(' ', 80));"), "42704", "on behalf of nobody, a login when cut off")
    tally.equal(alone("pool", f"SELECT opres.advance({run}, 'A2.1', 'success');"), DOER, "a login that is nobody's does what others must approve")
    tally.equal(alone("alice", f"SELECT opres.override({run}, 'A1.1', 'I may');"), DOER, "override without the access")
    tally.equal(alone("commander", f"SELECT opres.override({run}, 'A1.1', 'I may');"), DOER, "override without the role")
    tally.equal(state(admin, run, "A1.1"), "submitted", "nothing of it did anything")
    tally.equal(alone("bob", f"{approve}, on_behalf_of => 'boss');"), "done", "by telephone, heard by one who has not done it")
    tally.equal(alone("bob", f"SELECT opres.dispute({run}, 'A1.1', 'x');"), LOCKED, "who heard it cannot deny it")
    tally.equal(alone("boss", f"SELECT opres.dispute({run}, 'A1.1', 'I said no');"), "", "she denies it")
    for who in ("boss", "bob"):
        admin.run(f"SELECT opres.grant_access('{who}', 'commander', 'x');")
        tally.equal(alone(who, f"SELECT opres.settle_dispute({run}, 'A1.1', 'well');"), LOCKED, f"{who} settles her own dispute")
        admin.run(f"SELECT opres.revoke_access('{who}', 'commander', 'x');")
    incident = admin.value(f"SELECT incident FROM opres.run WHERE id = {run};")
    admin.run(f"SELECT opres.abort_run({run}, 'x');")
    tally.equal(alone("commander", f"SELECT opres.close_incident({incident}, 'well');"), LOCKED, "closed with a dispute open, the run aborted")
    tally.equal(alone("commander", f"SELECT opres.settle_dispute({run}, 'A1.1', 'well');"), "", "a third one settles it")


def others_rights(admin):
    """Whatever runs with the rights of another is still the doing of who has logged in."""
    run = begin(admin, "others-rights")
    with Session(user="alice") as alice:
        alice.run(f"SELECT opres.advance({run}, 'A1.1', 'success');")
    admin.run("GRANT boss TO alice; GRANT alice, alice2, bob, boss TO pool; GRANT CREATE ON SCHEMA public TO boss;")
    with Session(user="boss") as boss:
        boss.run("CREATE FUNCTION public.nod(run bigint) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT opres.approve(run, 'A1.1') $$;"
                 f"CREATE VIEW public.nods AS SELECT public.nod({run}); GRANT SELECT ON public.nods TO alice;"
                 "CREATE TABLE public.bell (run bigint); GRANT INSERT ON public.bell TO alice;"
                 "CREATE FUNCTION public.ring() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN PERFORM opres.approve(NEW.run, 'A1.1'); RETURN NEW; END $$;"
                 "CREATE CONSTRAINT TRIGGER ring AFTER INSERT ON public.bell DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.ring();"
                 "CREATE PROCEDURE public.nod_too(run bigint) LANGUAGE plpgsql AS $$ BEGIN PERFORM opres.approve(run, 'A1.1'); COMMIT; END $$;")
    ways = {"SET ROLE": f"SET ROLE boss; SELECT opres.approve({run}, 'A1.1');", "a function of hers": f"SELECT public.nod({run});",
            "a view of hers": "SELECT * FROM public.nods;", "a deferred trigger of hers": f"INSERT INTO public.bell VALUES ({run});",
            "a procedure of hers": f"CALL public.nod_too({run});", "DO": f"SET ROLE boss; DO $$ BEGIN PERFORM opres.approve({run}, 'A1.1'); END $$;",
            "a prepared statement": f"SET ROLE boss; PREPARE p AS SELECT opres.approve({run}, 'A1.1'); EXECUTE p;",
            "a cursor that outlives": f"SET ROLE boss; BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT opres.approve({run}, 'A1.1'); COMMIT;"}
    for what, sql in ways.items():
        tally.equal(alone("alice", sql), DOER, f"alice approves her own by {what}")
    tally.equal(alone("alice", f"SELECT opres.approve({run}, 'A1.1');", "dbname=postgres options='-c role=boss'"), DOER, "by a role given with the connection")
    tally.equal(alone("alice", "SET SESSION AUTHORIZATION boss;"), "42501", "SET SESSION AUTHORIZATION")
    tally.equal(alone("pool", f"SET ROLE alice2; SELECT opres.approve({run}, 'A1.1');"), DOER, "a pool's login as the doer's second")
    tally.equal(state(admin, run, "A1.1"), "submitted", "nothing of it did anything")
    tally.equal(alone("pool", f"SET ROLE bob; SELECT opres.advance({run}, 'A2.1', 'success'); SET ROLE boss; SELECT opres.approve({run}, 'A2.1');"), "submitted",
                "a login that is nobody's acts for two persons")
    tally.equal(state(admin, run, "A2.1"), "done", "who are two")
    tally.equal(admin.run(f"SELECT person, login FROM opres.run_event WHERE run = {run} AND kind IN ('success', 'approve') ORDER BY number;"),
                [["p.alice", "alice"], ["p.bob", "pool"], ["p.boss", "pool"]], "and all is on record")
    tally.ok(alone("boss2", f"SELECT opres.approve({run}, 'A1.1');") == "done", "another approves")
    # Steps in the middle of a statement, at commit, in a cursor: events and entries in the right order, nothing twice.
    with Session(user="bob") as bob:
        bob.run(f"BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT opres.advance({run}, 'A1.2', 'success'); COMMIT; FETCH c; CLOSE c;")
        bob.run(f"SELECT opres.advance({run}, 'A2.2', 'success'), (SELECT count(*) FROM opres.todo({run}));")
    tally.equal([state(admin, run, s) for s in ("A1.2", "A2.2")], ["submitted", "submitted"], "done by a cursor at commit")
    admin.run("REVOKE boss FROM alice; REVOKE alice, alice2, bob, boss FROM pool; DROP TABLE public.bell; DROP VIEW public.nods;")


def register(admin):
    """Who keeps the register of people does not become others, nor makes others herself, in the middle of a run."""
    run = begin(admin, "register")
    tally.equal(alone("alice", f"SELECT opres.annotate_run({run}, 'x', occurred_at => '0206-11-21');"), "22023", "a year long ago")
    for sql in ("SELECT opres.save_role_holder('boss', 'p.registrar');", "SELECT opres.save_person('p.registrar', logins => '{}');",
                "SELECT opres.save_person('p.new', logins => '{registrar}');", """SELECT opres.load_people('{"role_holders": [{"role": "boss", "person": "p.registrar"}]}');""",
                """SELECT opres.load_people('{"people": [{"code": "p.registrar", "logins": []}]}');""", "SELECT opres.erase_person('p.registrar', 'x');",
                "SELECT opres.speak_as('p.boss', 'x');", "INSERT INTO opres.role_holder VALUES ('boss', 'p.registrar');"):
        tally.equal(alone("registrar", sql), "42501", f"a registrar for herself: {sql}")
    with Session(user="bob") as bob, Session(user="registrar") as registrar, Session(user="boss") as boss:
        bob.run(f"SELECT opres.advance({run}, 'A1.1', 'success');")
        registrar.run("SELECT opres.save_person('p.bob', logins => '{}'), opres.save_person('p.ghost', logins => '{bob}'), opres.save_role_holder('boss', 'p.ghost');")
        tally.equal(said(bob, f"SELECT opres.approve({run}, 'A1.1');"), DOER, "a login that has become somebody else's since she did it")
        tally.equal(said(bob, f"SELECT opres.approve({run}, 'A1.1', on_behalf_of => 'boss');"), DOER, "and passes on")
        registrar.run("SELECT opres.save_person('p.ghost', logins => '{}'), opres.save_person('p.bob', logins => '{bob}');")
        tally.equal(said(boss, f"SELECT opres.approve({run}, 'A1.1');"), "done", "another approves")
        # A role that was taken away is not held in an old snapshot.
        bob.run(f"SELECT opres.advance({run}, 'A1.2', 'success');")
        for level in ("REPEATABLE READ", "SERIALIZABLE"):
            boss.run(f"BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM opres.role_holder;")
            registrar.run("SELECT opres.remove_role_holder('boss', 'p.boss');")
            tally.equal(said(boss, f"SELECT opres.approve({run}, 'A1.2');"), DOER, f"a role taken away is gone at {level}")
            boss.run("ROLLBACK;")
            registrar.run("SELECT opres.save_role_holder('boss', 'p.boss');")
        # Nor while one waits for the run.
        with Session(user="bob") as other:
            other.run(f"BEGIN; SELECT opres.annotate_run({run}, 'wait');")
            boss.send(f"SELECT opres.approve({run}, 'A1.2');")
            while admin.value("SELECT count(*) FROM pg_locks WHERE NOT granted;") == "0":
                pass
            registrar.run("SELECT opres.remove_role_holder('boss', 'p.boss');")
            other.run("COMMIT;")
            try:
                boss.receive()
                tally.ok(False, "a role taken away while one waits is held")
            except SqlError as error:
                tally.equal(error.code, DOER, "a role taken away while one waits")
        registrar.run("SELECT opres.save_role_holder('boss', 'p.boss', valid_from => '2020-01-01', valid_until => '2021-01-01');")
        tally.equal(said(boss, f"SELECT opres.approve({run}, 'A1.2');"), DOER, "a role that has run out")
        registrar.run("SELECT opres.save_role_holder('boss', 'p.boss', valid_until => 'infinity');")


# Names, privileges, tables -----------------------------------------------------------------------------------------------------------

TRAPS = """SET search_path = alice_own, pg_catalog;
CREATE FUNCTION alice_own.trap() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'captured as %', current_user; END $$;
CREATE FUNCTION alice_own.same(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT alice_own.trap()';
CREATE FUNCTION alice_own.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT alice_own.trap()';
CREATE FUNCTION alice_own.less(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql AS 'SELECT alice_own.trap()';
CREATE OPERATOR alice_own.= (FUNCTION = alice_own.same, LEFTARG = bigint, RIGHTARG = bigint);
CREATE OPERATOR alice_own.= (FUNCTION = alice_own.same, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR alice_own.<> (FUNCTION = alice_own.same, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR alice_own.<= (FUNCTION = alice_own.less, LEFTARG = timestamptz, RIGHTARG = timestamptz);
CREATE FUNCTION alice_own.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '-infinity'::timestamptz FROM (SELECT alice_own.trap()) AS t $$;
CREATE FUNCTION alice_own.format(text, bigint) RETURNS text LANGUAGE sql AS 'SELECT alice_own.trap()::text';
CREATE TEMP TABLE run_event (LIKE opres.run_event); CREATE TEMP TABLE run_step (LIKE opres.run_step); CREATE TEMP TABLE run (LIKE opres.run);
CREATE TEMP TABLE incident (LIKE opres.incident); CREATE TEMP TABLE role_holder (LIKE opres.role_holder); CREATE TEMP TABLE pg_roles (rolname name);
INSERT INTO role_holder VALUES ('boss', 'p.bob', 1, '-infinity', 'infinity');"""


def names(admin):
    run = begin(admin, "names")
    incident = admin.value(f"SELECT incident FROM opres.run WHERE id = {run};")
    with Session(user="alice") as alice:
        alice.run(TRAPS)
        for path in ("alice_own, pg_catalog", "pg_temp, alice_own, pg_catalog", ""):
            alice.run(f"SET search_path = {path or repr('')};")
            for sql in (f"SELECT count(*) FROM opres.todo({run}, 'ja');", f"SELECT length(opres.instructions({run}, 'A1.1'));", f"SELECT count(*) FROM opres.timeline({incident});",
                        f"SELECT count(*) FROM opres.tolerance_clock({incident});", f"SELECT count(*) FROM opres.authority_reports({incident});",
                        f"SELECT count(*) FROM opres.open_matters({incident});", "SELECT count(*) FROM opres.incidents;", "SELECT count(*) FROM opres.overdue;",
                        "SELECT count(*) FROM opres.check_runs();", "SELECT count(*) FROM opres.run_event;", "SELECT count(*) FROM opres.runs;",
                        f"SELECT opres.annotate_run({run}, 'x');", f"SELECT opres.annotate_incident({incident}, 'x');",
                        f"SELECT opres.update_incident({incident}, '{{\"severity\": 7}}', 'x');", f"SELECT opres.update_incident({incident}, '{{\"severity\": 8}}', 'x');"):
                try:
                    alice.run(sql)
                    tally.ok(True, sql)
                except SqlError as error:
                    tally.ok(False, f"search_path {path!r}: {sql}: {error}")
        tally.equal(said(alice, f"SELECT opres.advance({run}, 'A1.1', 'success');"), "submitted", "she does it")
        tally.equal(said(alice, f"SELECT opres.approve({run}, 'A1.1', on_behalf_of => 'p.bob');"), DOER, "a role in a table of her own counts nothing")
        tally.equal([alice.value(f"SELECT count(*) FROM pg_temp.{t};") for t in ("run_event", "run_step", "run", "incident")], ["0"] * 4, "her own tables get nothing")


def leaks(admin):
    """What is confidential is not handed to a function of the asker's before it is left out."""
    incident = admin.value("SELECT opres.open_incident('secret', 'names', 1, confidential => true);")
    run = admin.value(f"SELECT opres.start_run({incident}, 'names');")
    admin.run(f"SELECT opres.annotate_incident({incident}, 'secret');")
    with Session(user="reader") as reader:
        reader.run("CREATE FUNCTION reader_own.look(x text, n bigint, secret bigint) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN IF n = secret THEN"
                   " RAISE EXCEPTION 'seen %', x; END IF; RETURN true; END $$; GRANT USAGE ON SCHEMA reader_own TO PUBLIC;")
        for table, column, secret in (("incident", "id", incident), ("incidents", "id", incident), ("incident_event", "incident", incident), ("runs", "run", run),
                                      ("run", "id", run), ("run_event", "run", run), ("run_step", "run", run)):
            sql = f"SELECT count(*) FROM opres.{table} AS t WHERE reader_own.look(t::text, {column}, {secret});"
            tally.equal(said(admin, sql), "P0001", f"{table}: there is something to see")
            tally.ok(said(reader, sql) != "P0001", f"{table} leaks")
        tally.equal(said(reader, "SET row_security = off; SELECT count(*) FROM opres.incident;"), "42501", "row-level security turned off")


def tables(admin):
    """Nobody but an editor of the map writes any table; nobody calls what is internal."""
    rows = admin.run("SELECT c.relname, c.relkind FROM pg_class AS c WHERE c.relnamespace = 'opres'::regnamespace AND c.relkind IN ('r', 'S') ORDER BY 1;")
    tally.ok(len(rows) > 30, "there are tables")
    for login in LOGINS:
        with Session(user=login) as s:
            for name, kind in rows:
                if kind == "S":
                    for sql in (f"SELECT setval('opres.{name}', 1);", f"SELECT nextval('opres.{name}');"):
                        tally.equal(said(s, sql), "42501", f"{login}: {sql}")
                    continue
                tried = [f"TRUNCATE opres.{name};", f"CREATE TRIGGER t BEFORE INSERT ON opres.{name} EXECUTE FUNCTION suppress_redundant_updates_trigger();",
                         f"ALTER TABLE opres.{name} DISABLE ROW LEVEL SECURITY;", f"ALTER TABLE opres.{name} DISABLE TRIGGER ALL;",
                         f"CREATE RULE r AS ON INSERT TO opres.{name} DO INSTEAD NOTHING;", f"CREATE POLICY p ON opres.{name};", f"DROP TABLE opres.{name};",
                         f"CREATE INDEX ON opres.{name} ((random()));", f"CREATE TABLE pg_temp.child () INHERITS (opres.{name});"]
                if login != "editor":
                    tried += [f"INSERT INTO opres.{name} DEFAULT VALUES;", f"DELETE FROM opres.{name};", f"COPY opres.{name} FROM STDIN;\n\\."]
                got = {sql: said(s, sql) for sql in tried}
                tally.equal({sql: code for sql, code in got.items() if code != "42501"}, {}, f"{login} writes {name}")
            allowed = {r[0] for r in s.run("SELECT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'opres'::regnamespace"
                                           " AND (p.provolatile = 'v' OR p.prosecdef) AND has_function_privilege(p.oid, 'EXECUTE');")}
            with Session() as a:
                granted = {r[0] for r in a.run("SELECT p.proname FROM pg_proc AS p JOIN (SELECT object FROM opres.access_privileges() WHERE privilege = 'EXECUTE') AS f"
                                               " ON f.object = 'FUNCTION ' || p.oid::regprocedure WHERE p.provolatile = 'v' OR p.prosecdef;")}
            tally.equal(sorted(allowed - granted), [], f"{login} calls what nobody is granted")
            for sql in ("SELECT opres.speak_as('p.boss', 'x');", "SELECT opres.audit_append('run.approve', 'run 1 event 9', NULL, NULL);", "SELECT opres.refresh_runs(1);",
                        "SELECT opres.admit_acting_person(1);", "SELECT opres.set_logins('p.boss', '{mallory}', 'x');", "SELECT opres.run_grant('GRANT postgres TO mallory');",
                        "SELECT opres.refresh_clocks();"):
                tally.equal(said(s, sql), "42501", f"{login}: {sql}")
            tally.ok(said(s, "SELECT pg_create_logical_replication_slot('s', 'test_decoding');") in ("42501", "55000"), f"{login} decodes the log")
            tally.equal(said(s, "SET session_replication_role = replica;"), "42501", f"{login} turns triggers off")
            said(s, "SET opres.ratify_within = '1000d'; SELECT opres.is_duration('1h');")
            tally.equal(s.value("SHOW opres.ratify_within;"), "1d", f"{login} gives herself time")


# Transactions and memory -------------------------------------------------------------------------------------------------------------

def seen_as_is(admin, session, run, what):
    """What a session has in memory is what the tables say."""
    sql = f"SELECT step, state FROM opres.todo({run}) ORDER BY step;"
    with Session() as fresh:
        tally.equal(session.run(sql), fresh.run(sql), what)
    tally.equal(admin.run(f"SELECT * FROM opres.check_runs({run});"), [], f"{what}: projections")


def memory(admin):
    run = begin(admin, "memory", approvals=[])
    with Session(user="bob") as bob:
        bob.run(f"DO $$ BEGIN PERFORM opres.advance({run}, 'A1.1', 'success'); RAISE EXCEPTION 'x'; EXCEPTION WHEN raise_exception THEN NULL; END $$;")
        seen_as_is(admin, bob, run, "an exception after an advance")
        for sql in (f"SELECT opres.advance({run}, 'A1.1', 'success'), 1 / (random() * 0)::int;", f"SELECT opres.advance({run}, 'A1.' || n, 'success') FROM generate_series(1, 40) AS n;",
                    f"SELECT opres.advance({run}, 'A1.1', 'success', evidence => '\"\\u0000\"');", f"SELECT opres.advance({run}, 'A1.1', 'success', occurred_at => 'infinity');"):
            said(bob, sql)
            seen_as_is(admin, bob, run, sql)
        bob.run(f"BEGIN; SAVEPOINT a; SELECT opres.advance({run}, 'A1.1', 'success'); SAVEPOINT b; SELECT opres.advance({run}, 'A1.2', 'success');"
                f" RELEASE b; ROLLBACK TO a; SELECT opres.advance({run}, 'A2.1', 'success'); COMMIT;")
        seen_as_is(admin, bob, run, "released and rolled back")
        bob.run(f"BEGIN; SELECT opres.advance({run}, 'A1.1', 'success'); SAVEPOINT a;")
        said(bob, f"SELECT opres.advance({run}, 'A9.9', 'success');")
        bob.run(f"ROLLBACK TO a; SELECT opres.advance({run}, 'A1.2', 'success'); COMMIT;")
        seen_as_is(admin, bob, run, "an error and on")
        bob.run("SET statement_timeout = '20ms';")
        for _ in range(5):
            said(bob, f"SELECT opres.annotate_run({run}, repeat('x', n)) FROM generate_series(1, 5000) AS n;")
        bob.run("RESET statement_timeout;")
        seen_as_is(admin, bob, run, "cancelled")
    # Somebody's trigger asks for the run that is being changed, and for many others.
    many = [begin(admin, f"many-{n}", length=1) for n in range(20)]
    admin.run("CREATE FUNCTION public.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM opres.todo(NEW.run); PERFORM opres.step_name(NEW.run, 'A1.1');"
              f" PERFORM opres.todo(n) FROM unnest('{{{','.join(map(str, many))}}}'::bigint[]) AS n; RETURN NEW; END $$;"
              "CREATE TRIGGER look AFTER INSERT ON opres.run_event FOR EACH ROW EXECUTE FUNCTION public.look();")
    with Session() as s:
        for n in range(3, 7):
            s.run(f"BEGIN; SAVEPOINT a; SELECT opres.advance({run}, 'A1.{n}', 'success'); ROLLBACK TO a;")
            seen_as_is(admin, s, run, "a trigger that looks, rolled back")
            s.run(f"SELECT opres.advance({run}, 'A1.{n}', 'success'); COMMIT;")
            seen_as_is(admin, s, run, "a trigger that looks")
    admin.run("DROP TRIGGER look ON opres.run_event; DROP FUNCTION public.look();")
    # A version that was rolled back comes again with other content.
    gate = json.loads(runs.parallel(2, 2, "again", **GATED))
    with Session(user="planner") as planner, Session() as s:
        tally.equal(said(planner, f"SELECT opres.start_run(1, 'again');"), "42501", "a planner starts nothing")
        s.run("BEGIN;")
        runs.begin(s, runs.parallel(2, 2, "again"))
        s.run("ROLLBACK;")
        run = runs.begin(s, json.dumps(gate))
        tally.equal(said(s, f"SELECT opres.advance({run}, 'A1.1', 'success');"), DOER, "the playbook that was rolled back is played")


def ticking(admin):
    """A run somebody holds, and one that cannot go on, keep the others from nothing."""
    held, broken, free = (begin(admin, f"tick-{n}", length=1, approvals=[]) for n in ("held", "broken", "free"))
    name = "timed"
    S, A, E, F = ident("start", name), ident("action", name), ident("end", name), ident("end", name + " failed")
    document = json.loads(runs.parallel(2, 1, name))
    timed = action("T1", E)
    del timed["on_completion"]
    document["workflow"] = {S: {"type": "start", "on_completion": A}, A: {**timed, "on_success": E, "on_failure": F, "timeout": 1}, E: {"type": "end"}, F: {"type": "end"}}
    document["workflow_start"] = S
    held, broken, free = (runs.begin(admin, json.dumps({**document, "id": ident("playbook", f"timed {n}"), "name": f"timed-{n}", "playbook_extensions": {
        EXTENSION: {"attack_type": f"timed-{n}"}}})) for n in ("held", "broken", "free"))
    admin.run(f"DELETE FROM opres.playbook WHERE name = 'timed-broken';")
    # The clock of the incident of the one that is held has something to do as well.
    incident = admin.value(f"SELECT incident FROM opres.run WHERE id = {held};")
    admin.run("INSERT INTO opres.node (code, kind) VALUES ('op', 'operation'), ('sys', 'system'); INSERT INTO opres.requirement (node, name) VALUES ('op', 'r');"
              "INSERT INTO opres.requirement_member (node, requirement, member) VALUES ('op', 'r', 'sys'); INSERT INTO opres.tolerance VALUES ('op', '100% within 2h');")
    admin.run(f"SELECT opres.update_incident({incident}, jsonb_build_object('nodes', jsonb_build_object('sys', jsonb_build_object('state', 'lost', 'expected_at', clock_timestamp()"
              " + interval '100ms'))), 'x'); SELECT pg_sleep(.15);")
    tally.equal(admin.value(f"SELECT breach_at IS NULL FROM opres.incident WHERE id = {incident};"), "t", "back before it breaches")
    with Session(user="bob") as bob, Session(user="commander") as commander:
        bob.run(f"BEGIN; SELECT opres.annotate_run({held}, 'let me think');")
        commander.run("SET statement_timeout = '5s';")
        tally.equal(said(commander, "SELECT opres.tick();"), "1", "one can go on")
        tally.equal(said(commander, f"SELECT opres.tick({broken});"), "42704", "one cannot, and it is said why")
        bob.run("ROLLBACK;")
        tally.equal(said(commander, "SELECT opres.tick();"), "1", "the other afterwards")
        tally.equal(admin.value(f"SELECT breach_at IS NULL FROM opres.incident WHERE id = {incident};"), "f", "and its clock")
    tally.equal(admin.run(f"SELECT state FROM opres.run WHERE id IN ({held}, {free});"), [["completed"], ["completed"]], "both have")
    admin.run(f"DELETE FROM opres.run WHERE id = {broken}; DELETE FROM opres.run_step WHERE run = {broken}; DELETE FROM opres.run_report WHERE run = {broken};")


# Playbooks -----------------------------------------------------------------------------------------------------------------------------

def load(session, document):
    session.run("CREATE TEMP TABLE IF NOT EXISTS doc (line text);")
    text = json.dumps(document).replace("\\", "\\\\")
    try:
        session.run(f"TRUNCATE doc;\nCOPY doc FROM STDIN;\n{text}\n\\.\n")
        session.run("SELECT opres.load_playbook(line) FROM doc;")
        return "loaded"
    except SqlError as error:
        return error.code


def playbook(name, workflow, **more):
    return {**json.loads(runs.parallel(2, 1, name)), "workflow": workflow, "workflow_start": ident("start", name),
            "playbook_variables": {"__x__": {"type": "integer", "value": "1", "external": True}}, **more}


def spinning(name, depth, limit, condition="__x__:value = 1"):
    """Loops within one another that wait for nobody."""
    workflow = {ident("start", name): {"type": "start", "on_completion": ident("while-condition", f"{name} 0")}}
    for i in range(depth):
        end = ident("end", f"{name} {i}")
        workflow[end] = {"type": "end"}
        inside = ident("while-condition", f"{name} {i + 1}") if i + 1 < depth else ident("end", f"{name} last")
        follows = {"on_completion": end} if i == 0 else {"on_success": end, "on_failure": end}
        workflow[ident("while-condition", f"{name} {i}")] = {"type": "while-condition", "condition": condition, "on_true": inside, **follows,
                                                             "step_extensions": {EXTENSION: {"code": f"W{i}", "phase": "triage", "round_limit": limit}}}
    workflow[ident("end", f"{name} last")] = {"type": "end"}
    return playbook(name, workflow)


def calling(name, other, modified="2026-01-01T00:00:00.000Z", code="P1", **more):
    call = {"type": "playbook-action", "playbook_id": ident("playbook", other), "on_completion": ident("end", name),
            "step_extensions": {EXTENSION: {"code": code, "phase": "triage"}}}
    return playbook(name, {ident("start", name): {"type": "start", "on_completion": ident("playbook-action", name)}, ident("playbook-action", name): call,
                           ident("end", name): {"type": "end"}}, modified=modified, **more)


def deceitful(admin):
    with Session() as s:
        s.run("SET statement_timeout = '1s';")
        incident = s.value("SELECT opres.open_incident('x', 'spin', 1);")
        tally.equal(load(s, spinning("spin", 3, 1000000)), "loaded", "loops within loops")
        tally.equal(said(s, f"SELECT opres.start_run({incident}, 'spin');"), "57014", "a billion of billions of rounds are cancelled, and it is said so")
        tally.equal(s.value("SELECT count(*) FROM opres.run WHERE playbook = '" + ident("playbook", "spin") + "';"), "0", "nothing is left of it")
        s.run("SET statement_timeout = '20s';")
        tally.equal(load(s, spinning("deep", 100, 1, "__x__:value = 2")), "loaded", "100 within one another")
        tally.ok(begun(said(s, f"SELECT opres.start_run({incident}, 'deep');")), "it begins")
        tally.equal(load(s, spinning("deeper", 101, 1)), "23514", "101 are refused")
        tally.equal(load(s, spinning("long", 1, 1, " OR ".join(["__x__:value = 1"] * 3600))), "loaded", "a condition of 65 kB")
        tally.equal(load(s, spinning("longer", 1, 1, "(" * 101 + "__x__:value = 1" + ")" * 101)), "loaded", "what cannot be parsed is a question")
        for run in ("long", "longer"):
            tally.ok(begun(said(s, f"SELECT opres.start_run({incident}, '{run}');")), f"{run} begins")
        tally.equal(said(s, "SELECT opres.load_playbook(repeat('[', 3000000));"), "54001", "an abyss of brackets")
        tally.equal(load(s, json.loads(runs.parallel(2, 4995, "large"))), "loaded", "9,995 steps")
        run = said(s, f"SELECT opres.start_run({incident}, 'large');")
        tally.equal(said(s, f"SELECT opres.advance({run}, 'A2.1', 'success');"), "done", "and one done")
        tally.equal(load(s, json.loads(runs.parallel(2, 5000, "larger"))), "54000", "more than 10,000 are refused")
        for name, text in {"escape": "\x1b[2Ketwas", "right to left": "abc\u202egnp.exe", "isolate": "\u2067x", "bell": "x\a", "back": "x\b", "return": "Pay\rDo not",
                           "C1": "x\u009b2K", "delete": "x\u007f"}.items():
            document = json.loads(runs.parallel(2, 1, "shown"))
            next(v for v in document["workflow"].values() if v["type"] == "action")["name"] = text
            tally.equal(load(s, document), "23514", f"a name that deceives the eye: {name}")
        document = json.loads(runs.parallel(2, 2, "twice"))
        for step in document["workflow"].values():
            if step["type"] == "action":
                step["step_extensions"][EXTENSION]["code"] = "SAME"
        tally.equal(load(s, document), "23514", "two steps of one name")
        tally.equal(load(s, calling("self", "self")), "23514", "a playbook that calls itself")
        tally.equal([load(s, calling("ping", "pong")), load(s, calling("pong", "ping"))][-1], "23514", "two that call one another")
        for after in ("300000 years", "-1 day"):
            tally.equal(said(s, f"SELECT opres.set_report_deadline('x', 'detection', '{after}', 'x');"), "22023", f"a deadline after {after}")
        s.run("SET statement_timeout = 0;")
        run = begin(s, "big-words", approvals=[])
        big = "repeat('x', 20000000)"
        for sql in (f"SELECT opres.advance({run}, {big}, 'success');", f"SELECT opres.advance({run}, 'A1.1', {big});", f"SELECT opres.approve({run}, 'A1.1', on_behalf_of => {big});"):
            tally.ok(said(s, sql) in ("42704", "22023", "42501"), sql)
        seen_as_is(admin, s, run, "20 MB of words")
        said(s, f"SELECT opres.advance({run}, 'A1.1', 'success', {big});")
        seen_as_is(admin, s, run, "a note of 20 MB")


def pinned(admin):
    """A run goes on with the versions it was begun with, whatever is loaded or revoked since."""
    with Session() as s, Session() as other:
        child = json.loads(runs.parallel(2, 2, "child"))
        newer = json.loads(runs.parallel(3, 2, "child"))
        newer["modified"] = "2026-02-01T00:00:00.000Z"
        tally.equal([load(s, child), load(s, calling("parent", "child"))], ["loaded", "loaded"], "a playbook inside another")
        incident = s.value("SELECT opres.open_incident('x', 'parent', 1);")
        run = s.value(f"SELECT opres.start_run({incident}, 'parent');")
        todo = f"SELECT step FROM opres.todo({run}) ORDER BY 1;"
        first = s.run(todo)
        tally.equal(len(first), 2, "two branches")
        tally.equal([load(s, newer), load(s, {**newer, "modified": "2026-03-01T00:00:00.000Z", "revoked": True})], ["loaded", "loaded"], "it changes and is revoked")
        tally.equal(load(s, calling("parent", "child", "2026-03-01T00:00:00.000Z", revoked=True)), "loaded", "so is the one around it")
        for session in (s, other):
            tally.equal(session.run(todo), first, "the run goes on with what it was begun with")
        tally.equal(said(other, f"SELECT opres.advance({run}, '{first[0][0]}', 'success');"), "done", "and on")
        tally.equal(other.run(f"SELECT * FROM opres.check_runs({run});"), [], "rightly")
        tally.equal(said(s, f"SELECT opres.abort_run({run}, 'x');"), "", "ended")
        tally.equal(said(s, f"SELECT opres.start_run({incident}, 'parent');"), LOCKED, "what is revoked is not begun")


# What a superuser edits is found --------------------------------------------------------------------------------------------------------

def edits(admin):
    run = begin(admin, "edits")
    incident = admin.value(f"SELECT incident FROM opres.run WHERE id = {run};")
    with Session(user="alice") as alice, Session(user="bob") as bob:
        alice.run(f"SELECT opres.advance({run}, 'A1.1', 'success', 'a note', '{{\"reference\": \"7\"}}');")
        bob.run(f"SELECT opres.approve({run}, 'A1.1', on_behalf_of => 'boss'); SELECT opres.advance({run}, 'A2.1', 'success');")
    event = f"FROM opres.run_event WHERE run = {run} AND number = 2"
    changes = {
        **{f"run_event.{column}": f"UPDATE opres.run_event SET {column} = {value} WHERE run = {run} AND number = 2;" for column, value in {
            "person": "'p.bob'", "login": "'bob'", "note": "'another'", "evidence": "'{}'", "occurred_at": "occurred_at - interval '1h'", "roles": "'{boss,ceo}'",
            "recorded_at": "recorded_at - interval '1us'", "step": "(SELECT step FROM opres.run_step WHERE run_step.run = run_event.run AND code = 'A2.1')", "kind": "'failure'",
            '"values"': "'{}'"}.items()},
        "an approval that was by telephone": f"UPDATE opres.run_event SET heard_by = NULL WHERE run = {run} AND kind = 'approve';",
        "an event gone": f"DELETE {event};", "the last event gone": f"DELETE FROM opres.run_event WHERE run = {run} AND number = (SELECT max(number) FROM opres.run_event WHERE run = {run});",
        "an event more": f"INSERT INTO opres.run_event SELECT run, (SELECT max(number) + 1 FROM opres.run_event WHERE run = {run}), 'approve', (SELECT step FROM opres.run_step"
                         f" WHERE run = {run} AND code = 'A2.1'), now(), now(), 'p.boss2', 'boss2', '{{boss}}', 'boss' {event};",
        "a state": f"UPDATE opres.run_step SET state = 'done' WHERE run = {run} AND code = 'A2.1';", "doers": f"UPDATE opres.run_step SET doers = '{{}}' WHERE run = {run} AND code = 'A2.1';",
        "a due time": f"UPDATE opres.run_step SET due_at = now() + interval '9 years' WHERE run = {run} AND code = 'A2.1';",
        "a step gone": f"DELETE FROM opres.run_step WHERE run = {run} AND code = 'A2.1';",
        "a run's state": f"UPDATE opres.run SET state = 'completed' WHERE id = {run};",
        "a run's number of events": f"UPDATE opres.run SET events = events - 1 WHERE id = {run};",
        "a confirmation that was not given": f"UPDATE opres.run_ratification SET ratified_at = now() WHERE run = {run};",
        "a confirmation nobody waits for any more": f"DELETE FROM opres.run_ratification WHERE run = {run};",
        "the incident's severity": f"UPDATE opres.incident SET severity = 1 WHERE id = {incident};", "its state": f"UPDATE opres.incident SET state = 'closed' WHERE id = {incident};",
        "what was said of it": f"UPDATE opres.incident_event SET note = 'nothing happened' WHERE incident = {incident};",
        "its beginning": f"UPDATE opres.incident SET occurred_at = now() - interval '1 week' WHERE id = {incident};"}
    check = "SELECT problem FROM opres.check_runs() UNION ALL SELECT problem FROM opres.verify_audit();"
    tally.equal(admin.run(check), [], "before any")
    for what, sql in changes.items():
        admin.run(f"BEGIN; {sql}")
        try:
            tally.ok(len(admin.run(check)) > 0, f"nobody finds {what}")
        except SqlError as error:  # a run that cannot be played at all is found too
            tally.ok(error.code in ("XX001", "55000", "42501", "22023"), f"{what}: {error}")
        admin.run("ROLLBACK;")
    tally.equal(admin.run(check), [], "after all")


# All at once --------------------------------------------------------------------------------------------------------------------------------

class Busy(threading.Thread):
    """Does whatever comes to mind with three runs and their incidents."""

    def __init__(self, user, runs_, seed, until):
        super().__init__()
        self.user, self.runs, self.rng, self.until, self.got = user, runs_, random.Random(seed), until, {}

    def run(self):
        with Session(user=self.user) as s:
            s.run("SET opres.reason = 'x'; SET statement_timeout = '10s';")
            while time.monotonic() < self.until:
                sql = self.pick()
                code = said(s, sql)
                code = code if len(code) == 5 and code[0] in "0123456789XP" and code[2:].isalnum() else "ok"
                self.got.setdefault(code, sql)
                said(s, "ROLLBACK;")

    def pick(self):
        incident, run = self.rng.choice(self.runs)
        ready, submitted = (f"FROM (SELECT step FROM opres.todo({run}) WHERE state = '{state}' LIMIT 1) AS t;" for state in ("ready", "submitted"))
        lost = "jsonb_build_object('nodes', jsonb_build_object('sys', jsonb_build_object('state', 'lost', 'expected_at', clock_timestamp() + interval '50ms')))"
        return self.rng.choice((
            f"SELECT opres.advance({run}, step, 'success') {ready}", f"SELECT opres.approve({run}, step) {submitted}", f"SELECT opres.reject({run}, step, 'no') {submitted}",
            f"SELECT opres.approve({run}, step, on_behalf_of => 'p.boss2') {submitted}", "SELECT opres.tick();", f"SELECT opres.rebuild({run});",
            f"SELECT opres.update_incident({incident}, '{{\"severity\": {self.rng.randrange(100)}}}', 'x');", f"SELECT opres.update_incident({incident}, {lost}, 'x');",
            "SELECT count(*) FROM opres.check_runs();", f"SELECT opres.annotate_run({run}, 'x');", f"SELECT opres.dispute({run}, 'A1.1', 'x');",
            f"BEGIN; SELECT opres.annotate_run({run}, 'y'); SAVEPOINT a; SELECT opres.annotate_run({run}, 'z'); ROLLBACK TO a; COMMIT;",
            "SELECT count(*) FROM opres.overdue;", f"SELECT opres.close_incident({incident}, 'x');", f"SELECT opres.annotate_incident({incident}, 'x');"))


def together(admin):
    """Six people at whatever they may, at the same time: nobody is stuck with another, nothing is mixed up."""
    numbers = []
    for n in range(3):
        run = begin(admin, f"together-{n}", 4, 30)
        numbers.append((admin.value(f"SELECT incident FROM opres.run WHERE id = {run};"), run))
    for user in ("bob", "boss", "boss2"):
        admin.run(f"SELECT opres.grant_access('{user}', 'commander', 'x');")
    seed = random.randrange(2 ** 32)
    print(f"seed {seed}")
    until = time.monotonic() + (60 if LONG else 4)
    people = [Busy(user, numbers, f"{seed} {n}", until) for n, user in enumerate(("bob", "boss", "boss2") * 2)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    got = {code: sql for one in people for code, sql in one.got.items()}
    tally.equal({code: sql for code, sql in got.items() if code not in ("ok", "55000", "42501", "22023", "42704")}, {}, "six people at once")
    tally.ok("ok" in got and int(admin.value(f"SELECT count(*) FROM opres.run_event WHERE run IN ({', '.join(str(r) for _, r in numbers)});")) > 50, "they got something done")
    tally.equal(admin.run("SELECT * FROM opres.check_runs();")[:3], [], "six people at once: what is there is what happened")
    for user in ("bob", "boss", "boss2"):
        admin.run(f"SELECT opres.revoke_access('{user}', 'commander', 'x');")


# Nonsense --------------------------------------------------------------------------------------------------------------------------------

ODD = {"text": ["NULL", "''", "'x'", "'1'", "repeat('あ', 50000)", "E'\\x1b[0m'", "'action--'", "'p.bob'", "'success'", "'A1.1'", "'ja'", "'{}'"], "integer": ["NULL", "0", "-1", "2147483647"],
       "bigint": ["NULL", "0", "-1", "1", "2", "9223372036854775807"], "text[]": ["NULL", "'{}'", "'{NULL}'", "'{{a},{b}}'", "'{x}'"], "name[]": ["NULL", "'{NULL}'", "'{bob}'"],
       "jsonb": ["NULL", "'{}'", "'[]'", "'1'", "'null'", "'\"x\"'", "(repeat('[', 3000) || repeat(']', 3000))::jsonb", "'{\"nodes\": {\"sys\": {}}}'", "'{\"__x__\": [1]}'",
                 "'{\"people\": [1]}'", "jsonb_build_object(repeat('k', 50000), 1)"],
       "timestamp with time zone": ["NULL", "now()", "'infinity'", "'-infinity'", "'4713-01-01 BC'", "'294276-12-31'"], "boolean": ["NULL", "true", "false"],
       "double precision": ["NULL", "'NaN'", "'Infinity'", "0.5", "-1"], "interval": ["NULL", "'1h'", "'-1h'", "'178000000 years'"], "date": ["NULL", "'infinity'", "'2026-01-01'"],
       "bytea": ["NULL", "''", "'\\x00ff'"], "name": ["NULL", "'bob'"], "numeric": ["NULL", "'NaN'", "1"]}


def nonsense(admin):
    """Whatever anybody calls with whatever is answered or refused; nothing of it is an internal error, or the end of the server."""
    seed = random.randrange(2 ** 32)
    print(f"seed {seed}")
    rng, kinds = random.Random(seed), {}
    for access in ("commander", "approver", "planner", "registrar", "editor", "eraser", "auditor", "integrator", "courier"):
        admin.run(f"SELECT opres.grant_access('mallory', '{access}', 'x');")
    functions = admin.run("SELECT p.proname, coalesce((SELECT string_agg(format_type(t, NULL), ';' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n)), '')"
                          " FROM pg_proc AS p WHERE p.pronamespace = 'opres'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0 AND has_function_privilege('mallory', p.oid, 'EXECUTE');")
    with Session(user="mallory") as s:
        s.run("SET opres.reason = 'x'; SET statement_timeout = '5s';")
        for turn in range(6 if LONG else 1):
            for name, types in functions * 6:
                types = types.split(";") if types else []
                if not set(types) <= set(ODD):
                    continue
                arguments = [f"{'NULL' if turn == 0 and rng.random() < .3 else rng.choice(ODD[t])}::{t}" for t in types]
                sql = f"BEGIN; SELECT count(*) FROM opres.{name}({', '.join(arguments)}) AS t;"
                try:
                    s.run(sql)
                except SqlError as error:
                    kinds[error.code] = kinds.get(error.code, 0) + 1
                    tally.ok(error.code[:2] not in ("XX", "P0", "58", "53") and error.code not in ("42883", "42P01", "42601", "42702", "23505"), f"{sql[:300]}: {error}")
                s.run("ROLLBACK;")
    tally.ok(sum(kinds.values()) > 500, f"refused: {kinds}")
    for access in ("commander", "approver", "planner", "registrar", "editor", "eraser", "auditor", "integrator", "courier"):
        admin.run(f"SELECT opres.revoke_access('mallory', '{access}', 'x');")


def main():
    with Session() as admin:
        setup(admin)
        for test in (one_person, others_rights, register, names, leaks, tables, memory, ticking, edits, pinned, together, nonsense, deceitful):
            began = time.monotonic()
            test(admin)
            print(f"{test.__name__} {time.monotonic() - began:.1f} s")
        tally.equal(admin.run("SELECT * FROM opres.check_runs();")[:3], [], "all runs are what their events come to")
        tally.equal(admin.run("SELECT * FROM opres.verify_audit();")[:3], [], "the audit trail")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

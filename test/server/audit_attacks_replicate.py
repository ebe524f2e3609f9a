#!/usr/bin/env python3
# Runs alone: needs wal_level = logical.
"""Attacks on the audit trail by logical replication: somebody whose server is subscribed to sends rows for opres.audit_entry. The apply
worker and the one that makes the first copy meet the triggers like everybody; nothing of the trail is changed. And what is recorded by
an act of replication names nobody as its login."""
import os
import sys
import time

import audit_trail
from audit_attack import attack, prepare, tally
from sessions import Session

COLUMNS = ("entry bigint PRIMARY KEY, previous_hash bytea, at timestamptz, login text, session_role text, acting_role text, action text, subject text, content_hash bytea,"
           " leaf_hash bytea, subtrees bytea, salt bytea, reason text, content text")
LOG = os.path.join(os.environ.get("OPRES_CLUSTER", ""), "server.log")


def log_since(position):
    with open(LOG, encoding="utf-8", errors="replace") as file:
        file.seek(position)
        return file.read()


def wait(session, sql, want):
    until = time.time() + 30
    while True:
        got = session.value(sql)
        if got == want or time.time() > until:
            return got
        time.sleep(.05)


class Source:
    """The attacker's database: a table of the same name and columns, with which she does what she likes."""

    def __init__(self, rows):
        with Session() as s:
            s.run("CREATE DATABASE attack_source;")
        self.session = Session("attack_source")
        self.session.run(f"CREATE SCHEMA opres; CREATE TABLE opres.audit_entry ({COLUMNS}); CREATE TABLE public.acts (n int PRIMARY KEY);")
        self.session.run(audit_trail.insert(rows))
        self.session.run("CREATE PUBLICATION p FOR TABLE opres.audit_entry, public.acts; SELECT pg_create_logical_replication_slot('attack', 'pgoutput');")

    def subscribe(self, target, copy):
        target.run(f"CREATE SUBSCRIPTION attack CONNECTION 'host={os.environ['PGHOST']} user=postgres dbname=attack_source' PUBLICATION p"
                   f" WITH (create_slot = false, slot_name = 'attack', copy_data = {copy}, disable_on_error = true);")

    def close(self, target):
        target.run("ALTER SUBSCRIPTION attack DISABLE; ALTER SUBSCRIPTION attack SET (slot_name = NONE); DROP SUBSCRIPTION attack;")
        for _ in range(200):
            if self.session.value("SELECT count(*) FROM pg_replication_slots WHERE active;") == "0":
                break
            time.sleep(.05)
        self.session.run("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots;")
        self.session.close()
        with Session() as s:
            s.run("DROP DATABASE attack_source WITH (FORCE);")


def sent(what, statement, words, copy="false"):
    """The statement of the source is refused at the target, by the trail's guard."""
    with attack(what) as a:
        position = os.path.getsize(LOG)
        target = a.session()
        target.run("CREATE TABLE public.acts (n int PRIMARY KEY);")
        rows = a.rows()
        source = Source(rows)
        try:
            if copy == "true":
                source.session.run(statement(rows))
            source.subscribe(target, copy)
            if copy == "false":
                source.session.run(statement(rows))
            tally.equal(wait(target, "SELECT subenabled FROM pg_subscription;", "f"), "f", f"{what}: the subscription stops with an error")
            said = log_since(position)
            tally.ok(words in said, f"{what}: the server's log: {said[-500:]}")
            tally.equal(a.rows(), rows, f"{what}: the trail")
        finally:
            source.close(target)


def following(rows, **changes):
    """The next entry, with hashes as they should be, then changed."""
    tree = audit_trail.Tree(row.leaf_hash for row in rows)
    return audit_trail.relinked([rows[0]._replace(login="ceo", content="forged")], tree)[0]._replace(**changes)


def well_formed():
    """As with a superuser: the next entry, well-formed, is accepted from a subscription of his (a stated limit). From 16 on the apply
    worker acts as the table's owner, who is none."""
    with attack("replication: the next entry, well-formed: a stated limit") as a:
        target = a.session()
        target.run("CREATE TABLE public.acts (n int PRIMARY KEY);")
        rows = a.rows()
        refuses = int(target.value("SHOW server_version_num;")) >= 160000
        source = Source(rows)
        try:
            source.subscribe(target, "false")
            source.session.run(audit_trail.insert([following(rows)]))
            if refuses:
                tally.equal(wait(target, "SELECT subenabled FROM pg_subscription;", "f"), "f", f"{a.what}: refused")
            else:
                tally.equal(wait(target, "SELECT count(*) FROM opres.audit_entry;", str(len(rows) + 1)), str(len(rows) + 1), a.what)
                tally.equal(a.rows()[-1].login, "ceo", a.what)
        finally:
            source.close(target)


def acts():
    """A trigger of the target appends when a row arrives: the worker is no login."""
    with attack("an act of replication") as a:
        target = a.session()
        target.run("CREATE TABLE public.acts (n int PRIMARY KEY); CREATE FUNCTION public.act() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
                   " $$ BEGIN PERFORM opres.audit_append('test.act', 'act ' || NEW.n, NULL, NULL); RETURN NULL; END $$;"
                   " CREATE TRIGGER act AFTER INSERT ON public.acts FOR EACH ROW EXECUTE FUNCTION public.act(); ALTER TABLE public.acts ENABLE ALWAYS TRIGGER act;")
        rows = a.rows()
        source = Source(rows)
        try:
            source.subscribe(target, "false")
            source.session.run("INSERT INTO public.acts SELECT n FROM generate_series(1, 3) AS n;")
            tally.equal(wait(target, "SELECT count(*) FROM opres.audit_entry;", str(len(rows) + 3)), str(len(rows) + 3), "acts that arrived")
            tally.equal([(row.login, row.session_role, row.subject) for row in a.rows()[-3:]], [(None, "postgres", f"act {n}") for n in (1, 2, 3)], "who did them")
        finally:
            source.close(target)


if "inside" not in sys.argv:
    os.environ["CLUSTER_OPTIONS"] = "-c wal_level=logical -c wal_retrieve_retry_interval=100ms -c max_logical_replication_workers=8"
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    os.execv(os.path.join(top, "test", "with-cluster"), ["with-cluster", os.path.abspath(__file__), "inside"])
prepare()
CHANGE = "the audit trail cannot be changed"
sent("replication: UPDATE", lambda rows: "UPDATE opres.audit_entry SET login = 'nobody' WHERE entry = 2;", CHANGE)
sent("replication: erasure", lambda rows: "UPDATE opres.audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = 2;", CHANGE)
sent("replication: DELETE", lambda rows: "DELETE FROM opres.audit_entry WHERE entry = 2;", CHANGE)
sent("replication: TRUNCATE", lambda rows: "TRUNCATE opres.audit_entry;", CHANGE)
sent("replication: TRUNCATE with another table", lambda rows: "TRUNCATE public.acts, opres.audit_entry CASCADE;", CHANGE)
sent("replication: a forged row", lambda rows: audit_trail.insert([following(rows, login="cfo")]), "is not entry")
sent("replication: a fork", lambda rows: "DELETE FROM opres.audit_entry WHERE entry = 99;" + audit_trail.insert([following(rows[:-1], entry=len(rows) + 1)]), "is not entry")
sent("replication: the first copy", lambda rows: "DELETE FROM opres.audit_entry;" + audit_trail.insert([following(rows, login="cfo")]), "is not entry", "true")
well_formed()
acts()
sys.exit(tally.close())

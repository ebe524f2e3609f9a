#!/usr/bin/env python3
"""Attacks on the audit trail by a superuser, with rows and functions (DDL on the table: audit_attacks_ddl.py). By plain SQL he is refused
like everybody; what he can do around it is detected, by verify_audit or, where he has changed that too, by the companion program against
a checkpoint kept outside. One thing he can do is a stated limit: add an entry in another's name."""
import sys

import audit_trail
from audit_attack import Outside, attack, failure, prepare, refused, said, tally
from sessions import Session

DISABLE, ENABLE = ("ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL;",
                   "ALTER TABLE opres.audit_entry ENABLE ALWAYS TRIGGER guard_row, ENABLE ALWAYS TRIGGER guard_statement;")
# verify_audit as the superuser would like it.
BLIND = """CREATE OR REPLACE FUNCTION opres.verify_audit(lang text DEFAULT 'en') RETURNS TABLE (problem text, entry bigint, detail text)
  LANGUAGE sql STABLE AS $$ SELECT NULL::text, NULL::bigint, NULL::text WHERE false $$;"""


def tampered(statement):
    return DISABLE + statement + ENABLE


def relinked(rows):
    return audit_trail.relinked(rows)


def put(rows):
    """Puts rows in the place of all there are."""
    return tampered("DELETE FROM opres.audit_entry;" + audit_trail.insert(rows))


def plain_sql():
    """Triggers fire for a superuser, in every replication role."""
    for role in ("origin", "replica", "local"):
        with attack(f"a superuser, session_replication_role = {role}") as a, a.session() as s:
            s.run(f"SET session_replication_role = {role};")
            for sql in ("UPDATE opres.audit_entry SET login = 'x';", "UPDATE opres.audit_entry SET content = NULL, reason = NULL, salt = NULL WHERE entry = 1;",
                        "DELETE FROM opres.audit_entry WHERE entry = 9;", "TRUNCATE opres.audit_entry;", "TRUNCATE opres.audit_entry CASCADE;",
                        "UPDATE ONLY opres.audit_entry SET at = now() WHERE entry = 2;",
                        "UPDATE opres.audit_trail SET actor = 'x';", "DELETE FROM opres.audit_trail;",
                        "DO $$ BEGIN UPDATE opres.audit_entry SET login = 'x'; EXCEPTION WHEN OTHERS THEN DELETE FROM opres.audit_entry; END $$;"):
                refused(s, sql, "42501", "the audit trail cannot be changed", a.what)
            # An erasure queued by hand lets its entry be erased, and only so, and is on record.
            for change in ("login = 'x'", "salt = NULL", "salt = NULL, reason = NULL, content = ''", "salt = NULL, reason = NULL, content = NULL, login = 'x'"):
                refused(s, "BEGIN; SELECT opres.audit_append('audit.erase', 'entry 4', 'why', NULL);"
                           f" UPDATE opres.audit_entry SET {change} WHERE entry = 4;", "42501", "the audit trail cannot be changed", a.what)
                s.run("ROLLBACK;")
            for entry in (1, 5):
                refused(s, "BEGIN; SELECT opres.audit_append('audit.erase', 'entry 4', 'why', NULL);"
                           f" UPDATE opres.audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = {entry};", "42501", "the audit trail cannot be changed", a.what)
                s.run("ROLLBACK;")
            refused(s, "BEGIN; SELECT opres.audit_append('audit.erase', NULL, 'of which entry?', NULL);"
                       " UPDATE opres.audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = 4;", "42501", "the audit trail cannot be changed", a.what)
            s.run("ROLLBACK;")
            refused(s, "BEGIN; SAVEPOINT s; SELECT opres.audit_append('audit.erase', 'entry 4', 'why', NULL); ROLLBACK TO s;"
                       " UPDATE opres.audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = 4;", "42501", "the audit trail cannot be changed", a.what)
            s.run("ROLLBACK;")


def other_columns():
    """The guard over rows that are no entries: as a trigger of another table, and of ours with a column of another type."""
    with attack("the guard as a trigger of another table") as a:
        for columns, row in (("n int", "1"), ("entry text, n int", "'1', 1")):
            a.refused(f"CREATE TABLE public.other ({columns}); INSERT INTO public.other VALUES ({row});"
                      " CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON public.other FOR EACH ROW EXECUTE FUNCTION opres.audit_guard();"
                      f" INSERT INTO public.other VALUES ({row});", "55000", "is not the table the extension made")
            a.refused("BEGIN; SELECT opres.audit_append('audit.erase', 'entry 1', 'x', NULL); UPDATE public.other SET n = 2;", "55000", "is not the table")
            with a.session() as s:
                s.run("DROP TABLE public.other;")
    with attack("a column of another type", "refused") as a:
        a.refused("ALTER TABLE opres.audit_entry ALTER COLUMN subtrees TYPE bigint USING 7; INSERT INTO opres.audit_entry SELECT * FROM opres.audit_entry;",
                  "55000", "is not the table the extension made")


def without_subtrees():
    """Subtrees taken away: there are no checkpoints, no proofs and, once one is needed, no appends; each says why."""
    with attack("subtrees taken away", None) as a:
        with a.session() as s:
            s.run(tampered("UPDATE opres.audit_entry SET subtrees = NULL;"))
            size = s.value("SELECT count(*) FROM opres.audit_entry;")
            for sql in ("audit_checkpoint()", f"audit_inclusion_proof({size}, {size})", f"audit_consistency_proof(5, {size})"):
                refused(s, f"SELECT opres.{sql};", "XX001", "hashes of its tree are missing", a.what)
            tally.ok(["subtrees changed"] in s.run("SELECT problem FROM opres.verify_audit();"), f"{a.what}: verify_audit says so")
        codes = set()
        for _ in range(4):
            with a.session() as s:
                error = failure(s, "SELECT opres.audit_append('test', NULL, NULL, NULL);")
                codes.add(error.code if error else None)
        tally.ok("XX001" in codes and codes <= {None, "XX001"}, f"{a.what}: appends: {codes}")


def truncated_by_cascade():
    """TRUNCATE ... CASCADE reaches the table by a foreign key of it; one to it is no way to change it."""
    with attack("TRUNCATE CASCADE through a foreign key of the table", "whole") as a:
        with a.session() as s:
            s.run("CREATE TABLE public.actions (action text PRIMARY KEY); INSERT INTO public.actions SELECT DISTINCT action FROM opres.audit_entry;"
                  "INSERT INTO public.actions VALUES ('test.after');"
                  "ALTER TABLE opres.audit_entry ADD CONSTRAINT known FOREIGN KEY (action) REFERENCES public.actions ON UPDATE CASCADE ON DELETE CASCADE;")
            refused(s, "TRUNCATE public.actions CASCADE;", "42501", "the audit trail cannot be changed", a.what)
            for usage in ("", "GRANT USAGE ON SCHEMA opres TO opres_audit;"):  # what foreign keys do, they do as the table's owner
                s.run(usage)
                for sql in ("DELETE FROM public.actions;", "UPDATE public.actions SET action = 'x' WHERE action = 'test.act';"):
                    refused(s, sql, "42501", "the audit trail cannot be changed" if usage else "permission denied for schema opres", a.what)
        a.unprotected("was added")
    with attack("TRUNCATE CASCADE through a foreign key to the table", "whole") as a:
        with a.session() as s:
            s.run("CREATE TABLE public.notes (entry bigint REFERENCES opres.audit_entry ON DELETE CASCADE);"
                  "GRANT USAGE ON SCHEMA opres TO opres_audit; INSERT INTO public.notes VALUES (1);")
            refused(s, "TRUNCATE opres.audit_entry CASCADE;", "42501", "the audit trail cannot be changed", a.what)
            s.run("TRUNCATE public.notes CASCADE;")
        a.unprotected("was added")


def forged_rows():
    """INSERT verifies: malformed, wrong hashes, wrong links, doubles. What is well-formed and next is accepted: the stated limit."""
    with attack("forged rows") as a, a.session() as s:
        rows = a.rows()
        tree = audit_trail.Tree(row.leaf_hash for row in rows)
        following = audit_trail.relinked([rows[0]._replace(login="ceo", content="forged")], tree)[0]
        fork = audit_trail.relinked([rows[4]._replace(content="forged")], audit_trail.Tree(row.leaf_hash for row in rows[:4]))[0]
        gap = audit_trail.relinked([rows[0], rows[0]], audit_trail.Tree(row.leaf_hash for row in rows))[1]
        zeros = b"\0" * 32
        for what, row, code, words in (
                ("a wrong leaf hash", following._replace(leaf_hash=zeros), "23000", "does not hash to its leaf_hash"),
                ("another login", following._replace(login="cfo"), "23000", "does not hash to its leaf_hash"),
                ("another content", following._replace(content="other"), "23000", "do not hash to its content_hash"),
                ("another reason", following._replace(reason=None), "23000", "do not hash to its content_hash"),
                ("a time a microsecond later", following._replace(at=following.at + 1), "23000", "does not hash to its leaf_hash"),
                ("no salt", following._replace(salt=None), "", ""),
                ("a short salt", following._replace(salt=b"x"), "23000", "salt"),
                ("a short leaf hash", following._replace(leaf_hash=b"x"), "23000", "leaf_hash"),
                ("a short content hash", following._replace(content_hash=b""), "23000", "content_hash"),
                ("subtrees too many", following._replace(subtrees=(following.subtrees or b"") + zeros), "23000", "subtrees"),
                ("subtrees that are no hashes", following._replace(subtrees=b"x"), "23000", "subtrees"),
                ("number 0", following._replace(entry=0), "23000", "not positive"),
                ("a negative number", following._replace(entry=-1), "23000", "not positive"),
                ("the first again", rows[0], "23505", "duplicate"),
                ("an entry there is", rows[4], "23505", "duplicate"),
                ("a fork", fork, "23000", "previous_hash of the entry after"),
                ("the highest number", following._replace(entry=2**63 - 1), "23000", ""),
                ("no previous hash", following._replace(previous_hash=None), "23000", "previous_hash")):
            error = failure(s, audit_trail.insert([row]))
            tally.ok(error is not None and (not code or error.code == code) and words in said(error), f"forged row: {what}: {said(error)}")
        s.run("SET session_replication_role = replica;")
        refused(s, audit_trail.insert([following._replace(login="cfo")]), "23000", "is not entry", a.what)
        s.run(f"BEGIN; {audit_trail.insert([gap])} ROLLBACK;")
        tally.equal(a.rows(), a.before, "nothing of that is left")
    with attack("a row behind a gap", None) as a:
        with a.session() as s:
            s.run(audit_trail.insert([gap]))
        a.detected(("gap", gap.entry - 1))
        with a.session() as s:
            failure(s, "SELECT opres.audit_append('test.after', NULL, NULL, NULL);")
        tally.ok(("gap", gap.entry - 1) in a.problems(), f"{a.what}: it stays detected")
    with attack("the next entry, in another's name: a stated limit") as a, a.session() as s:
        s.run(audit_trail.insert([following]))
        tally.equal((a.problems(), a.rows()[-1].login), (set(), "ceo"), "nothing tells it from one that was made by its act")


def redefined(outside):
    """Functions and views of the extension replaced: what they say is worth nothing then, and what is outside does not ask them."""
    changed = tampered("UPDATE opres.audit_entry SET reason = 'harmless' WHERE entry = 2;")
    with attack("verify_audit redefined", None) as a:
        outside.keep(a)
        with a.session() as s:
            s.run(changed)
            a.detected(("content changed", 2))
            s.run(BLIND)
        a.detected()
        outside.verify(a, 1, "2")
        outside.verify(a, 1, "2", dump=True)
    with attack("the whole trail rehashed, verify_audit honest", None) as a:
        outside.keep(a)
        rows = a.rows()
        with a.session() as s:
            s.run(put(relinked([row._replace(login="nobody") if row.entry == 2 else row for row in rows])))
        a.detected()
        outside.verify(a, 1)
        outside.verify(a, 1, dump=True)
        outside.refuses(a)
    with attack("the tail cut", None) as a:
        outside.keep(a)
        with a.session() as s:
            s.run(tampered("DELETE FROM opres.audit_entry WHERE entry > 8;"))
        a.detected()
        outside.verify(a, 1)
        outside.refuses(a)
        with a.session() as s:
            s.run("SELECT opres.audit_append('test.act', NULL, NULL, NULL) FROM generate_series(1, 50);")
        a.detected()
        outside.verify(a, 1, dump=True)
        outside.refuses(a)
    with attack("an audit_checkpoint that lies", None) as a:
        outside.keep(a)
        with a.session() as s:
            old = "\n".join(line for (line,) in s.run("SELECT opres.audit_checkpoint();"))
            s.run(put(relinked([row._replace(login="nobody") for row in a.rows()])))
            s.run(f"CREATE OR REPLACE FUNCTION opres.audit_checkpoint(size bigint DEFAULT NULL) RETURNS text LANGUAGE sql STABLE AS $$ SELECT '{old}' $$;")
        outside.verify(a, 1)
    with attack("a view that hides an entry", None) as a:
        outside.keep(a)
        with a.session() as s:
            s.run(f"DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW opres.audit_trail AS ' || replace(pg_get_viewdef('opres.audit_trail'), ';', '') || ' WHERE entry <> 2'; END $$;")
            tally.equal(s.value("SELECT count(*) FROM opres.audit_trail WHERE entry = 2;"), "0", "the view hides it")
        a.detected()
        outside.verify(a, 0)
    with attack("the guard's function redefined", "whole") as a:
        with a.session() as s:
            s.run("CREATE OR REPLACE FUNCTION opres.audit_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';")
        a.unprotected("audit_guard is another")
    with attack("content taken away without a record", None) as a:
        outside.keep(a)
        with a.session() as s:
            s.run(tampered("UPDATE opres.audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = 2;"))
        a.detected(("content missing", 2))
        outside.verify(a, 1, "2")
    with attack("a limit: rows of a revision whose digests were erased", None) as a:
        with a.session() as s:
            s.run("INSERT INTO opres.node (code, kind) VALUES ('a', 'system');")
            number = len(a.rows())
            forge = "BEGIN; SET LOCAL session_replication_role = replica; UPDATE opres.node SET name = 'forged'; COMMIT;"
            s.run(forge)
            a.detected(("rows changed", number))
            s.run(f"SELECT opres.erase_content({number}, 'why');")
        a.detected()
        tally.equal((a.rows()[-1].action, a.rows()[-1].subject), ("audit.erase", f"entry {number}"), "the erasure is on record")
    with attack("a limit: changed after the last checkpoint that was kept", None) as a:
        outside.keep(a)
        with a.session() as s:
            s.run("SELECT opres.audit_append('test.act', 'the truth', NULL, NULL);")
            rows = a.rows()
            s.run(put(relinked([*rows[:-1], rows[-1]._replace(subject="a lie")])))
        a.detected()
        outside.verify(a, 0, f"{len(rows) - 1}")


def below(outside):
    """Around SQL: the catalogs, the files, tuples killed."""
    with attack("a row killed below SQL", None) as a:
        outside.keep(a)
        with a.session() as s:
            s.run("CREATE EXTENSION pg_surgery; SELECT heap_force_kill('opres.audit_entry', array_agg(ctid)) FROM opres.audit_entry WHERE entry = 2;")
        tally.ok(("gap", 2) in a.problems(), f"{a.what}: {a.problems()}")
        outside.verify(a, 1, "2")
    with attack("the last row killed below SQL", None) as a:
        outside.keep(a)
        with a.session() as s:
            s.run("CREATE EXTENSION pg_surgery; SELECT ctid AS victim FROM opres.audit_entry ORDER BY entry DESC LIMIT 1 \\gset\n"
                  "SELECT heap_force_kill('opres.audit_entry', ARRAY[:'victim'::tid]);")
            failure(s, "SELECT opres.audit_append('test.act', 'another story', NULL, NULL);")
        outside.verify(a, 1)
        outside.refuses(a)
    with attack("triggers taken from the catalogs", "whole") as a:
        with a.session() as s:
            s.run("SET allow_system_table_mods = on; UPDATE pg_class SET relhastriggers = false WHERE oid = 'opres.audit_entry'::regclass;")
        a.unprotected("trigger")
    with attack("an index that takes no more rows", "refused") as a, a.session() as s:
        s.run("SET allow_system_table_mods = on; UPDATE pg_index SET indisready = false WHERE indexrelid = 'opres.audit_entry_pkey'::regclass;")
    with attack("an index that is not valid", "refused") as a, a.session() as s:
        s.run("SET allow_system_table_mods = on; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'opres.audit_entry_pkey'::regclass;")
    with attack("another file under the table", None) as a:
        outside.keep(a)
        with a.session() as s:
            s.run("CREATE TABLE public.other (LIKE opres.audit_entry INCLUDING ALL); INSERT INTO public.other SELECT * FROM opres.audit_entry;"
                  "UPDATE public.other SET login = 'nobody' WHERE entry = 2; SET allow_system_table_mods = on;"
                  "UPDATE pg_class SET relfilenode = (SELECT relfilenode FROM pg_class WHERE oid = 'public.other'::regclass) WHERE oid = 'opres.audit_entry'::regclass;"
                  "UPDATE pg_class SET relfilenode = (SELECT relfilenode FROM pg_class WHERE oid = 'public.other_pkey'::regclass) WHERE oid = 'opres.audit_entry_pkey'::regclass;")
        tally.ok(("entry changed", 2) in a.problems(), f"{a.what}: {a.problems()}")
        outside.verify(a, 1, "2")


def another_database(outside):
    """A copy of the database put in its place: another incarnation, which the witness follows only if nothing is missing."""
    with attack("a copy in the place of the database", None) as a:
        outside.keep(a)
        a.close_sessions()
        with Session() as s:
            s.run(f"CREATE DATABASE attack_copy TEMPLATE {a.database}; ALTER DATABASE {a.database} RENAME TO attack_put_away; ALTER DATABASE attack_copy RENAME TO {a.database};")
        with Session("attack_put_away") as old, Session(a.database) as new:
            first, second = audit_trail.checkpoint(old), audit_trail.checkpoint(new)
            tally.ok(first.origin != second.origin and first.root == second.root, "the copy has another origin")
            new.run(put(relinked([row._replace(login="nobody") for row in a.rows()])))
        outside.verify(a, 1)
        outside.refuses(a)
        with Session() as s:
            s.run("DROP DATABASE attack_put_away WITH (FORCE);")


def main():
    prepare()
    outside = Outside()
    try:
        with attack("no attack") as a:
            outside.keep(a)
            outside.verify(a, 0)
            outside.verify(a, 0, dump=True)
        plain_sql()
        other_columns()
        without_subtrees()
        truncated_by_cascade()
        forged_rows()
        for test in (redefined, below, another_database):
            test(outside)
    finally:
        outside.close()
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

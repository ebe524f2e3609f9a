#!/usr/bin/env python3
"""Attacks on the audit trail by DDL of a superuser. What makes the table another is met with refused appends, never with an entry written
somewhere else; what takes its protection away is told by verify_audit; what only looks dangerous changes nothing."""
import sys

import audit_trail
from audit_attack import Outside, attack, failure, prepare, refused, tally
from sessions import Session

TABLE = "ALTER TABLE opres.audit_entry"
COPY = "CREATE TABLE opres.audit_entry (LIKE opres.audit_entry_old INCLUDING ALL); "
RENAME = f"{TABLE} RENAME TO audit_entry_old; "

# PostgreSQL itself refuses them.
REFUSED = (("DROP TABLE opres.audit_entry;", "2BP01", "extension opres requires it"),
           ("DROP TABLE opres.audit_entry CASCADE;", "2BP01", "extension opres requires it"),
           ("DROP OWNED BY opres_audit;", "2BP01", "extension opres requires it"),
           ("DROP OWNED BY opres_audit CASCADE;", "2BP01", "extension opres requires it"),
           ("DROP VIEW opres.audit_trail;", "2BP01", "extension opres requires it"),
           ("DROP FUNCTION opres.audit_append;", "2BP01", "extension opres requires it"),
           ("DROP FUNCTION opres.audit_guard CASCADE;", "2BP01", "extension opres requires it"),
           (f"{TABLE} DROP COLUMN reason;", "2BP01", "depend"),
           (f"{TABLE} ALTER COLUMN login TYPE varchar(10);", "0A000", "cannot alter type of a column used by a view or rule"),
           ("CREATE RULE \"_RETURN\" AS ON SELECT TO opres.audit_entry DO INSTEAD SELECT * FROM opres.audit_entry;", "", ""),
           ("DROP SCHEMA opres;", "2BP01", "depend"),
           ("DROP ROLE opres_audit;", "2BP01", "depend"))

# Appends are refused from then on: (what, SQL, what undoes it, or None where an error for ever is right).
BROKEN = (("renamed", RENAME, "ALTER TABLE opres.audit_entry_old RENAME TO audit_entry;"),
          ("renamed, a copy in its place", RENAME + COPY + "INSERT INTO opres.audit_entry SELECT * FROM opres.audit_entry_old;",
           "DROP TABLE opres.audit_entry; ALTER TABLE opres.audit_entry_old RENAME TO audit_entry;"),
          ("renamed, a copy of the same owner in its place", RENAME + COPY + f"{TABLE} OWNER TO opres_audit;",
           "DROP TABLE opres.audit_entry; ALTER TABLE opres.audit_entry_old RENAME TO audit_entry;"),
          ("renamed, a view in its place", RENAME + "CREATE VIEW opres.audit_entry AS SELECT * FROM opres.audit_entry_old; ALTER VIEW opres.audit_entry OWNER TO opres_audit;",
           "DROP VIEW opres.audit_entry; ALTER TABLE opres.audit_entry_old RENAME TO audit_entry;"),
          ("renamed, a partitioned table in its place", RENAME + "CREATE TABLE opres.audit_entry (LIKE opres.audit_entry_old) PARTITION BY RANGE (entry);",
           "DROP TABLE opres.audit_entry; ALTER TABLE opres.audit_entry_old RENAME TO audit_entry;"),
          ("moved to another schema", f"{TABLE} SET SCHEMA public;", "ALTER TABLE public.audit_entry SET SCHEMA opres;"),
          ("given to another owner", f"{TABLE} OWNER TO mallory;", f"{TABLE} OWNER TO opres_audit;"),
          ("REASSIGN OWNED", "REASSIGN OWNED BY opres_audit TO mallory;", f"{TABLE} OWNER TO opres_audit; ALTER VIEW opres.audit_trail OWNER TO opres_audit;"),
          ("a role of the same name", "ALTER ROLE opres_audit RENAME TO opres_audit_old; CREATE ROLE opres_audit;",
           "DROP ROLE opres_audit; ALTER ROLE opres_audit_old RENAME TO opres_audit;"),
          ("taken out of the extension", "ALTER EXTENSION opres DROP TABLE opres.audit_entry;", "ALTER EXTENSION opres ADD TABLE opres.audit_entry;"),
          ("UNLOGGED", f"{TABLE} SET UNLOGGED;", f"{TABLE} SET LOGGED;"),
          ("a column more", f"{TABLE} ADD COLUMN note text;", None),
          ("a column renamed", f"{TABLE} RENAME COLUMN login TO logged_in;", f"{TABLE} RENAME COLUMN logged_in TO login;"),
          ("columns exchanged", f"{TABLE} RENAME COLUMN reason TO r; {TABLE} RENAME COLUMN content TO reason; {TABLE} RENAME COLUMN r TO content;",
           f"{TABLE} RENAME COLUMN reason TO r; {TABLE} RENAME COLUMN content TO reason; {TABLE} RENAME COLUMN r TO content;"),
          ("a type changed, the view away", "ALTER EXTENSION opres DROP VIEW opres.audit_trail; DROP VIEW opres.audit_trail;"
           f" {TABLE} ALTER COLUMN login TYPE varchar(10);", f"{TABLE} ALTER COLUMN login TYPE text;"),
          ("a time without zone", "ALTER EXTENSION opres DROP VIEW opres.audit_trail; DROP VIEW opres.audit_trail;"
           f" {TABLE} DROP CONSTRAINT audit_entry_at_check; {TABLE} ALTER COLUMN at TYPE timestamp;", None),
          ("the primary key dropped", f"{TABLE} DROP CONSTRAINT audit_entry_pkey;", f"{TABLE} ADD PRIMARY KEY (entry);"),
          ("the primary key made deferrable", f"{TABLE} DROP CONSTRAINT audit_entry_pkey; {TABLE} ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (entry) DEFERRABLE;",
           f"{TABLE} DROP CONSTRAINT audit_entry_pkey; {TABLE} ADD PRIMARY KEY (entry);"),
          ("a primary key over more", f"{TABLE} DROP CONSTRAINT audit_entry_pkey; {TABLE} ADD PRIMARY KEY (entry, at);",
           f"{TABLE} DROP CONSTRAINT audit_entry_pkey; {TABLE} ADD PRIMARY KEY (entry);"),
          ("a unique index that entries violate", "CREATE UNIQUE INDEX trap ON opres.audit_entry (action) WHERE entry > 13; "
           "SELECT opres.audit_append('test.after', NULL, NULL, NULL);", None),
          ("an index whose expression fails", "CREATE FUNCTION public.trap(bigint) RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF $1 > 13 THEN RAISE 'trap' USING ERRCODE = '55000';"
           " END IF; RETURN $1; END $$; GRANT EXECUTE ON FUNCTION public.trap TO PUBLIC; CREATE INDEX trap ON opres.audit_entry (public.trap(entry));", "DROP INDEX opres.trap;"),
          ("a partition of another table", "CREATE TABLE public.whole (LIKE opres.audit_entry) PARTITION BY RANGE (entry);"
           " ALTER TABLE public.whole ATTACH PARTITION opres.audit_entry DEFAULT;", "ALTER TABLE public.whole DETACH PARTITION opres.audit_entry;"),
          ("schema renamed", "ALTER SCHEMA opres RENAME TO opres_old;", "ALTER SCHEMA opres_old RENAME TO opres;"),
          ("DROP EXTENSION", "DROP EXTENSION opres CASCADE;", None))

# (what, SQL, words of verify_audit): appends go on, protection is missing.
UNPROTECTED = (("DISABLE TRIGGER ALL", f"{TABLE} DISABLE TRIGGER ALL;", "not enabled always"),
               ("one trigger disabled", f"{TABLE} DISABLE TRIGGER guard_statement;", "guard_statement is not enabled always"),
               ("triggers as pg_restore --disable-triggers leaves them", f"{TABLE} DISABLE TRIGGER ALL; {TABLE} ENABLE TRIGGER ALL;", "not enabled always"),
               ("triggers for replicas alone", f"{TABLE} ENABLE REPLICA TRIGGER guard_row;", "guard_row is not enabled always"),
               ("a trigger dropped", "DROP TRIGGER guard_row ON opres.audit_entry;", "trigger"),
               ("a trigger renamed", "ALTER TRIGGER guard_row ON opres.audit_entry RENAME TO guard;", "trigger"),
               ("a trigger with a condition", "DROP TRIGGER guard_row ON opres.audit_entry; CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON opres.audit_entry"
                f" FOR EACH ROW WHEN (false) EXECUTE FUNCTION opres.audit_guard(); {TABLE} ENABLE ALWAYS TRIGGER guard_row;", "guard_row is another"),
               ("a trigger of another kind", "DROP TRIGGER guard_row ON opres.audit_entry; CREATE TRIGGER guard_row BEFORE INSERT ON opres.audit_entry"
                f" FOR EACH ROW EXECUTE FUNCTION opres.audit_guard(); {TABLE} ENABLE ALWAYS TRIGGER guard_row;", "guard_row is another"),
               ("a trigger that fills", "CREATE FUNCTION public.fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.login := 'ceo'; NEW.at := '2000-01-01'; RETURN NEW; END $$;"
                f" CREATE TRIGGER a_fill BEFORE INSERT ON opres.audit_entry FOR EACH ROW EXECUTE FUNCTION public.fill(); {TABLE} ENABLE ALWAYS TRIGGER a_fill;", "a_fill was added"),
               ("a trigger that drops rows", "CREATE FUNCTION public.skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
                " CREATE TRIGGER a_skip BEFORE INSERT ON opres.audit_entry FOR EACH ROW EXECUTE FUNCTION public.skip();", "a_skip was added"),
               ("a rule on INSERT", "CREATE RULE skip AS ON INSERT TO opres.audit_entry DO INSTEAD NOTHING;", "rules"),
               ("a rule on UPDATE", "CREATE RULE skip AS ON UPDATE TO opres.audit_entry DO INSTEAD NOTHING;", "rules"),
               ("a rule that deletes more", "CREATE TABLE public.t (n int); CREATE RULE more AS ON INSERT TO opres.audit_entry DO ALSO DELETE FROM public.t;", "rules"),
               ("row security", f"{TABLE} ENABLE ROW LEVEL SECURITY; {TABLE} FORCE ROW LEVEL SECURITY; CREATE POLICY hide ON opres.audit_entry USING (entry <> 2);",
                "row security"),
               ("an inheritance child", "CREATE TABLE public.child () INHERITS (opres.audit_entry);", "inherit"))

# Nothing of that is felt.
HARMLESS = (("a default", f"{TABLE} ALTER COLUMN login SET DEFAULT 'ceo'; {TABLE} ALTER COLUMN at SET DEFAULT '2000-01-01';"),
            ("constraints", f"{TABLE} ADD CONSTRAINT never CHECK (entry < 5) NOT VALID; {TABLE} ALTER COLUMN subject SET STORAGE EXTERNAL;"),
            ("statistics and storage", f"{TABLE} SET (autovacuum_enabled = off, fillfactor = 10); CREATE STATISTICS public.s ON login, action FROM opres.audit_entry; ANALYZE opres.audit_entry;"),
            ("rewritten", "VACUUM FULL opres.audit_entry; CLUSTER opres.audit_entry USING audit_entry_pkey; REINDEX TABLE opres.audit_entry;"),
            ("the primary key made anew", f"{TABLE} DROP CONSTRAINT audit_entry_pkey; {TABLE} ADD PRIMARY KEY (entry);"),
            ("one more index", "CREATE INDEX ON opres.audit_entry (login, entry); CREATE INDEX ON opres.audit_entry (lower(action)) WHERE subject IS NOT NULL;"),
            ("a publication", f"CREATE PUBLICATION p FOR TABLE opres.audit_entry; {TABLE} REPLICA IDENTITY FULL;"),
            ("a policy that is not in force", "CREATE POLICY hide ON opres.audit_entry USING (entry <> 2);"),
            ("a table of the name elsewhere", "CREATE TABLE public.audit_entry (LIKE opres.audit_entry INCLUDING ALL); CREATE TEMP TABLE audit_entry (n int);"),
            ("grants", "GRANT ALL ON opres.audit_entry TO mallory;"))


def refused_by_server():
    for sql, code, words in REFUSED:
        with attack(sql) as a, a.session() as s:
            error = failure(s, sql)
            tally.ok(error is not None and (not code or error.code == code) and words in f"{error} {error.detail}", f"{sql}: {error}")


def broken():
    for what, sql, undo in BROKEN:
        with attack(what, None) as a:
            with a.session() as warm:
                warm.run("SELECT opres.audit_append('test.act', 'before', NULL, NULL);" if "13" not in sql else "SELECT 1;")
                a.before = a.rows()
                with a.session() as s:
                    s.run(sql)
                # A session that knew the table before.
                if "DROP EXTENSION" not in sql and "SCHEMA opres" not in sql:
                    error = failure(warm, "SELECT opres.audit_append('test.after', 'warm', NULL, NULL);")
                    if error is None and what == "taken out of the extension":  # it has seen that this is the table
                        a.before = a.rows()
                    else:
                        tally.ok(error is not None and error.code in ("55000", "42P01", "23505"), f"{what}: a session from before: {error}")
            a.goes_no_further()
            if undo:
                with a.session() as s:
                    s.run(undo)
                    s.run("DROP TABLE public.act;")
                    s.run("SELECT opres.audit_append('test.after', NULL, NULL, NULL);")
                rows = a.rows()
                tally.equal(([row[1:] for row in rows[:-1]], audit_trail.problems(rows)), ([row[1:] for row in a.before], []), f"{what}: undone, it goes on where it was")


def unprotected():
    for what, sql, words in UNPROTECTED:
        with attack(what, "whole") as a:
            with a.session() as s:
                s.run(sql)
                s.run("SELECT opres.audit_append('test.act', 'filled?', NULL, NULL);")
            tally.equal(a.rows()[-1][4:8], ("postgres", "postgres", "postgres", "test.act"), f"{what}: the entry is as it should be")
            a.unprotected(words)


def harmless():
    for what, sql in HARMLESS:
        with attack(what) as a:
            with a.session() as s:
                for statement in sql.split(";")[:-1]:
                    s.run(statement + ";")
            if what == "rewritten":
                a.before = [row._replace(xmin=now.xmin) for row, now in zip(a.before, a.rows())]


def child(outside):
    """Rows of a table that inherits are not entries: neither shown nor counted."""
    with attack("forged rows in an inheritance child", "whole") as a:
        outside.keep(a)
        with a.session() as s:
            s.run("CREATE TABLE public.child () INHERITS (opres.audit_entry);")
            rows = a.rows()
            tree = audit_trail.Tree(row.leaf_hash for row in rows)
            forged = audit_trail.relinked([rows[0]._replace(login="ceo")], tree)
            s.run(audit_trail.insert(forged).replace("opres.audit_entry", "public.child", 1))
            tally.equal(s.value("SELECT count(*) FROM opres.audit_trail;"), str(len(rows)), f"{a.what}: the view")
            tally.equal(s.run("SELECT opres.audit_checkpoint();")[1], [str(len(rows))], f"{a.what}: the checkpoint")
        outside.verify(a, 0)
        with a.session() as s:  # read() asks for the table with its children
            s.run("ALTER TABLE public.child NO INHERIT opres.audit_entry;")
            s.run("CREATE TABLE public.other () INHERITS (opres.audit_entry);")
        a.unprotected("inherit")


def hidden(outside):
    """Row security shows the auditor less; the program outside does not let itself be shown less."""
    with attack("rows hidden by row security", "whole") as a:
        outside.keep(a)
        with a.session() as s:
            s.run(f"{TABLE} ENABLE ROW LEVEL SECURITY; CREATE POLICY hide ON opres.audit_entry USING (entry <> 2);")
        with a.session("auditor_role") as s:
            tally.equal(s.value("SELECT count(*) FROM opres.audit_trail WHERE entry = 2;"), "0", f"{a.what}: in the view")
            tally.equal(s.run("SELECT problem FROM opres.verify_audit();"), [["protection missing"]], f"{a.what}: verify_audit, for the auditor")
        done = outside.run("verify", "--dbname", f"dbname={a.database} user=auditor_role")
        tally.ok(done.returncode == 2 and "row-level security" in done.stderr, f"{a.what}: opres verify, for the auditor: {done.stdout}{done.stderr}")


def dropped(outside):
    """Dropped and made anew, or the table exchanged in every particular: found outside alone."""
    with attack("DROP EXTENSION and CREATE EXTENSION", None) as a:
        outside.keep(a)
        with a.session() as s:
            s.run("DROP EXTENSION opres CASCADE; CREATE EXTENSION opres; SELECT opres.audit_append('test.act', n::text, NULL, NULL) FROM generate_series(1, 30) AS n;")
        a.detected()
        outside.verify(a, 1)
        outside.verify(a, 1, dump=True)
        outside.refuses(a)
    with attack("a table that is the same in every particular", None) as a:
        outside.keep(a)
        with a.session() as s:
            s.run(RENAME + COPY + "INSERT INTO opres.audit_entry SELECT * FROM opres.audit_entry_old WHERE entry <= 8;"
                  f"{TABLE} OWNER TO opres_audit; ALTER EXTENSION opres DROP TABLE opres.audit_entry_old; ALTER EXTENSION opres ADD TABLE opres.audit_entry;")
            tally.equal(failure(s, "SELECT opres.audit_append('test.act', NULL, NULL, NULL);"), None, f"{a.what}: appends go on")
        a.unprotected("trigger")
        outside.verify(a, 1)
        outside.refuses(a)


def main():
    prepare()
    outside = Outside()
    try:
        for test in (refused_by_server, broken, unprotected, harmless):
            test()
        for test in (child, hidden, dropped):
            test(outside)
        with Session() as s:
            refused(s, "DROP ROLE opres_audit;", "2BP01", "depend", "the role the trail belongs to")
    finally:
        outside.close()
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

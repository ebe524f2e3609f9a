#!/usr/bin/env python3
"""opres verify on a real server: over a connection, on every kind of dump pg_dump makes, with notes by opres witness; what a
superuser changes is found. It needs SELECT on the table only, and leaves the server as it was."""
import base64
import os

import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "companion"))
import program  # noqa: E402
import trail  # noqa: E402
from program import check, expect, run  # noqa: E402
from sessions import Session  # noqa: E402

program.ENVIRONMENT.update({name: os.environ[name] for name in ("PGHOST", "PGUSER", "PGDATABASE")})
DUMPS = [[], ["--inserts"], ["--column-inserts"], ["--inserts", "--rows-per-insert=7"], ["--inserts", "--on-conflict-do-nothing"], ["--data-only"],
         ["--data-only", "--inserts"], ["--quote-all-identifiers"], ["--inserts", "--quote-all-identifiers"], ["--create"], ["--encoding=UTF8"],
         ["--serializable-deferrable"], ["--disable-triggers", "--data-only"], ["--no-owner", "--no-privileges"], ["--table=opres.audit_entry"]]
READ = "SELECT entry, previous_hash, at, login, session_role, acting_role, action, subject, content_hash, leaf_hash, subtrees, salt, reason, content "


def pg(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr.decode()}")
    return done.stdout


def literal(text):
    return "NULL" if text is None else " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def fill(session):
    session.run("CREATE EXTENSION opres;")
    for number, text in enumerate(text for text in trail.TEXTS for _ in range(3)):
        session.run(f"BEGIN; SELECT opres.audit_append({literal('test ' + text)}, {literal(text if number % 3 else None)}, {literal(text if number % 2 else None)}, "
                    f"{literal(text * 20 if number % 5 else None)}); COMMIT;")
    for number in (3, 4, 20):
        session.run(f"SELECT opres.erase_content({number}, 'asked for');")
    session.run("SELECT count(opres.audit_append('many', 'n', NULL, i::text)) FROM generate_series(1, 500) i;")
    # The server's own times, in a zone of the past and the future.
    session.run("ALTER DATABASE postgres SET TimeZone = 'Asia/Tokyo'; ALTER DATABASE postgres SET DateStyle = 'SQL, DMY'; "
                "ALTER DATABASE postgres SET bytea_output = 'escape'; ALTER DATABASE postgres SET standard_conforming_strings = off; "
                "ALTER DATABASE postgres SET IntervalStyle = 'iso_8601'; ALTER DATABASE postgres SET row_security = on;")


def sources(root, size):
    said = [f"intact: {size} entries\n", f"root of {size} entries: {root}\n", "erased: 3, on record"]
    expect(run("verify"), 0, "over a connection, libpq's defaults", out=said)
    expect(run("verify", "--dbname", "dbname=postgres"), 0, "over a connection", out=said)
    expect(run("verify", "-d", "postgres"), 0, "over a connection, by name", out=said)
    for options in DUMPS:
        expect(program.verify(pg("pg_dump", *options)), 0, f"pg_dump {' '.join(options)}", out=said)
    for options in [["--format=custom"], ["--format=tar"], ["--compress=3"]]:
        expect(program.verify(pg("pg_dump", *options)), 2, f"pg_dump {' '.join(options)}", err="opres verify --dump -")
    with program.Folder() as folder:
        pg("pg_dump", "--format=custom", f"--file={folder.path}/custom")
        expect(program.verify(pg("pg_restore", "-f", "-", f"{folder.path}/custom")), 0, "pg_restore -f -", out=said)
        pg("pg_dump", "--format=directory", f"--file={folder.path}/directory")
        expect(run("verify", "--dump", folder.path / "directory"), 2, "directory format", err="pg_restore")
    expect(program.verify(pg("pg_dump", "--schema-only")), 2, "pg_dump --schema-only", err="no data of opres.audit_entry")
    expect(program.verify(pg("pg_dump", "--encoding=EUC_JP", "--exclude-table-data=public.*", "--data-only", "--table=opres.map_head")), 2,
           "another table in another encoding", err="no data of")


def privileges(session):
    session.run("CREATE ROLE auditor LOGIN; CREATE ROLE nobody LOGIN;")
    expect(run("verify", "--dbname", "user=nobody dbname=postgres"), 2, "without a privilege", err="permission denied")
    session.run("GRANT USAGE ON SCHEMA opres TO auditor; GRANT SELECT ON opres.audit_entry TO auditor;")
    expect(run("verify", "--dbname", "user=auditor dbname=postgres"), 0, "with SELECT on the table only")
    session.run("ALTER ROLE auditor SET default_transaction_read_only = on; ALTER ROLE auditor SET search_path = public, opres; "
                "CREATE FUNCTION public.max(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1/0';")
    expect(run("verify", "--dbname", "user=auditor dbname=postgres"), 0, "settings of the role")
    expect(run("verify", "--dbname", "dbname=nowhere"), 2, "no such database", err="nowhere")
    expect(run("verify", "--dbname", "host=/nowhere"), 2, "no server", err="nowhere")
    expect(run("verify", "--dbname", "dbname=template1"), 2, "a database without the extension", err="opres")
    expect(run("verify", "--dbname", "what=ever"), 2, "no connection string", err="what")


def row_security(session):
    """A policy that hides entries makes an error, not a shorter trail."""
    session.run("ALTER TABLE opres.audit_entry ENABLE ROW LEVEL SECURITY; CREATE POLICY a_part ON opres.audit_entry USING (entry < 10);")
    expect(run("verify", "--dbname", "user=auditor dbname=postgres"), 2, "a policy that hides entries", err="row-level security")
    session.run("DROP POLICY a_part ON opres.audit_entry; ALTER TABLE opres.audit_entry DISABLE ROW LEVEL SECURITY;")


def inherited(session):
    """A child table adds rows to a SELECT, not to the trail."""
    session.run("CREATE TABLE public.child () INHERITS (opres.audit_entry); INSERT INTO public.child SELECT * FROM opres.audit_entry LIMIT 5;")
    expect(run("verify"), 0, "a table that inherits from the trail's")
    session.run("DROP TABLE public.child;")


def meanwhile():
    """While others append: what is read is always a whole trail."""
    writers = [Session() for _ in range(4)]
    for number, writer in enumerate(writers):
        writer.send("".join(f"SELECT opres.audit_append('writer', {number}::text, NULL, {i}::text);\n" for i in range(400)))
    sizes = []
    while any(writer.process.poll() is None for writer in writers) and len(sizes) < 12:
        answer = run("verify")
        expect(answer, 0, "while others append")
        sizes.append(int(answer.out.split()[1]))
    for writer in writers:
        check(len(writer.receive()) == 400, "a writer's entries")
        writer.close()
    check(sizes == sorted(sizes) and sizes[-1] > sizes[0], f"sizes seen: {sizes}")


def witnessed(session):
    session.run("CREATE ROLE w LOGIN; CREATE ROLE a LOGIN; SELECT opres.grant_access('a', 'auditor', 'for the test');")
    expect(run("verify", "--dbname", "user=a dbname=postgres"), 0, "with the access of an auditor")
    session.run("SELECT opres.grant_access('w', 'witness', 'for the test');")
    with program.Folder() as folder:
        key, state = folder.path / "key", folder.path / "state"
        vkey = run("witness", "keygen", "--key", key, "--name", "witness.example").out.strip()
        for i in range(3):
            done = run("witness", "--key", key, "--state", state, "--dbname", "user=w dbname=postgres", "--once", *(["--init"] if i == 0 else []))
            check(done.status == 0, f"witness, {i}", done)
            session.run("SELECT count(opres.audit_append('test', NULL, NULL, i::text)) FROM generate_series(1, 10) i;")
        size = int(session.value("SELECT max(entry) FROM opres.audit_entry;"))
        arguments = ["--notes", state, "--key", vkey, "--require-anchor"]
        expect(run("verify", *arguments), 0, "with a witness's notes", out=["notes: 3 of 3 agree", f"anchored: whole up to entry {size - 10}, by note", f"entries {size - 9} to {size}"])
        expect(program.verify(pg("pg_dump", "--inserts"), *arguments), 0, "a dump with them", out="notes: 3 of 3 agree")
        tampered(session, arguments, size)


def as_superuser(session, sql):
    """What only a superuser can: past the triggers of the table."""
    session.run(f"BEGIN; ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL; {sql}; ALTER TABLE opres.audit_entry ENABLE TRIGGER ALL; COMMIT;")


def tampered(session, arguments, size):
    session.run(f"CREATE TABLE public.kept AS {READ} FROM opres.audit_entry;")
    for what, sql, first in [("a login", "UPDATE opres.audit_entry SET login = 'mallory' WHERE entry = 50", 50), ("a content", "UPDATE opres.audit_entry SET content = 'x' WHERE entry = 51", 51),
                             ("a time", "UPDATE opres.audit_entry SET at = at + interval '1 us' WHERE entry = 52", 52), ("a deletion", "DELETE FROM opres.audit_entry WHERE entry BETWEEN 60 AND 62", 60),
                             ("an erasure without a record", "UPDATE opres.audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = 70", 70),
                             ("the tail", f"DELETE FROM opres.audit_entry WHERE entry > {size - 12}", size - 11), ("all", "DELETE FROM opres.audit_entry", 1)]:
        as_superuser(session, sql)
        for source in (run("verify", *arguments), program.verify(pg("pg_dump"), *arguments)):
            expect(source, 1, f"tampered with: {what}", first_bad=first)
        as_superuser(session, "TRUNCATE opres.audit_entry; INSERT INTO opres.audit_entry SELECT * FROM public.kept ORDER BY random()")
        expect(run("verify", *arguments), 0, f"put right after: {what}", out="notes: 3 of 3 agree")
    as_superuser(session, f"DELETE FROM opres.audit_entry WHERE entry > {size - 5}")
    expect(run("verify", *arguments), 0, "the tail after the last note: not protected, and not claimed", out=f"not anchored: entries {size - 9} to {size - 5}. Nothing is proven")


def encodings():
    """A database of another encoding: hashed is UTF-8, and UTF-8 is read."""
    pg("psql", "-qXc", "CREATE DATABASE euc ENCODING 'EUC_JP' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    pg("psql", "-qX", "-d", "euc", "-c", "SET client_encoding = 'UTF8'", "-c", "CREATE EXTENSION opres", "-c", "SELECT opres.audit_append('操作', '勘定系', '理由', '停止')")
    expect(run("verify", "-d", "euc"), 0, "EUC_JP over a connection", out="intact: 1 entries")
    expect(program.verify(pg("pg_dump", "-d", "euc")), 2, "EUC_JP in a dump", err="--encoding=UTF8")
    expect(program.verify(pg("pg_dump", "-d", "euc", "--encoding=UTF8")), 0, "EUC_JP in a dump in UTF-8", out="intact: 1 entries")
    # Bytes that are no UTF-8: the server breaks off while it sends. What came until then is not taken for the trail.
    pg("psql", "-qXc", "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    pg("psql", "-qX", "-d", "ascii", "-c", "CREATE EXTENSION opres", "-c", "SELECT count(opres.audit_append('a', NULL, NULL, i::text)) FROM generate_series(1, 5000) i")
    expect(run("verify", "-d", "ascii"), 0, "SQL_ASCII over a connection", out="intact: 5000 entries")
    with Session("ascii") as session:
        as_superuser(session, "INSERT INTO opres.audit_entry SELECT 5001, leaf_hash, at, E'\\xff', session_role, acting_role, action, subject, content_hash, "
                              "leaf_hash, NULL, salt, reason, content FROM opres.audit_entry WHERE entry = 5000")
    expect(run("verify", "-d", "ascii"), 2, "a server that breaks off", err="invalid byte sequence")
    pg("psql", "-qXc", "DROP DATABASE ascii")
    everything = pg("pg_dumpall", "--encoding=UTF8")
    expect(program.verify(everything), 2, "pg_dumpall, two trails", err="--database NAME")
    expect(program.verify(everything, "--database", "euc"), 0, "pg_dumpall, one of them", out="intact: 1 entries")


def main():
    with Session() as session:
        fill(session)
        size = int(session.value("SELECT max(entry) FROM opres.audit_entry;"))
        note = session.run("SELECT opres.audit_checkpoint();")
        root = note[2][0]
        check(note[1] == [str(size)] and len(base64.b64decode(root)) == 32, "the checkpoint's size and root")
        before = session.value("SELECT pg_current_xact_id_if_assigned() IS NULL AND count(*) = 0 FROM pg_locks WHERE mode ~ 'Exclusive' AND relation = 'opres.audit_entry'::regclass;")
        check(before == "t", "nothing holds the trail")
        sources(root, size)
        privileges(session)
        row_security(session)
        inherited(session)
        check(int(session.value("SELECT max(entry) FROM opres.audit_entry;")) == size, "verifying adds no entry")
        meanwhile()
        witnessed(session)
    encodings()




main()
program.close()

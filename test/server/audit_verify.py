#!/usr/bin/env python3
"""verify_audit finds every way to tamper with the audit trail and names it once, where it is; roots and proofs of every size are those
of a twin made from the page of the format alone. Tampering is a superuser's, with the guard out of the way, in transactions that roll
back. Also what verify_audit cannot find (a cut tail, a trail made anew) and a kept checkpoint does."""
import os
import random
import subprocess
import sys
import time

import audit_trail
from sessions import Session, SqlError, Tally

N = 77
tally = Tally()

# Entries of several kinds; two of them say what a record of an erasure might say, too early and about no entry.
ENTRIES = """
CREATE ROLE "other ü" SUPERUSER;
SELECT opres.audit_append('first', NULL, NULL, NULL);
DO $$
BEGIN
  FOR i IN 2..74 LOOP
    PERFORM set_config('role', CASE i % 3 WHEN 0 THEN 'none' ELSE 'other ü' END, true);
    PERFORM opres.audit_append(CASE i WHEN 5 THEN 'audit.erase' WHEN 40 THEN 'audit.erase' WHEN 41 THEN 'erase' ELSE '作業' || i END,
      CASE i WHEN 5 THEN 'entry 30' WHEN 40 THEN 'entry 017' WHEN 41 THEN 'entry 18' WHEN 6 THEN '' WHEN 7 THEN NULL ELSE 'subject ' || i END,
      CASE i % 4 WHEN 0 THEN NULL ELSE repeat('理由', i * 40) END, CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE repeat(md5(i::text), i * 10) END);
  END LOOP;
END
$$;
SELECT opres.erase_content(12, 'a request of the person'); -- entry 75
SELECT opres.audit_append('last but one', NULL, NULL, NULL);
SELECT opres.audit_append('last', 'the last', 'reason', NULL);
"""


def verify(session):
    return [(problem, int(entry) if entry else None) for problem, entry in session.run("SELECT problem, entry FROM opres.verify_audit();")]


UNGUARDED = "BEGIN; ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL;"
GUARDED = "ALTER TABLE opres.audit_entry ENABLE ALWAYS TRIGGER guard_row, ENABLE ALWAYS TRIGGER guard_statement;"


def tampered(session, sql):
    """What verify_audit says after sql and what the rows are."""
    session.run(UNGUARDED + sql + GUARDED)
    found = verify(session)
    session.run("ROLLBACK;")
    return found


def found(session, sql, want):
    got = tampered(session, sql)
    tally.equal(got, want, sql[:150])


def set_one(session, column, value, entry, *want):
    found(session, f"UPDATE opres.audit_entry SET {column} = {value} WHERE entry = {entry};", list(want))


def in_place_of(rows, entries):
    """A statement that puts rows in the place of those with these numbers."""
    return f"DELETE FROM opres.audit_entry WHERE entry IN ({', '.join(map(str, entries))});" + audit_trail.insert(rows)


def roots_and_proofs(session, tree):
    """Every size, every entry, every pair of sizes."""
    texts = session.run(f"SELECT translate(opres.audit_checkpoint(n), E'\\n', E'\\t') FROM generate_series(0, {N}) AS n;")
    for size, (text,) in enumerate(texts):
        got = audit_trail.parsed(text.replace("\t", "\n"))
        tally.equal((got.size, got.root), (size, tree.root(size)), f"root of {size}")
    tally.equal(len(texts), N + 1, "sizes")
    database = session.run("SELECT format('opres/%s/%s/1', system_identifier, d.oid) FROM pg_control_system(), pg_database AS d"
                           " WHERE datname = current_database();")
    tally.equal(audit_trail.checkpoint(session), audit_trail.Checkpoint(database[0][0], N, tree.root(N)), "checkpoint")

    def proofs(query):
        return {(int(a), int(b)): [bytes.fromhex(h) for h in proof.split(",") if h]
                for a, b, proof in session.run(f"""SELECT a, b, (SELECT string_agg(encode(h, 'hex'), ',' ORDER BY n) FROM unnest(proof) WITH ORDINALITY AS t (h, n))
                    FROM ({query}) AS q;""")}
    inclusion = proofs(f"SELECT a, b, opres.audit_inclusion_proof(a, b) AS proof FROM generate_series(1, {N}) AS b, generate_series(1, b) AS a")
    tally.equal(len(inclusion), N * (N + 1) // 2, "inclusion proofs")
    wrong = [(entry, size) for (entry, size), proof in inclusion.items()
             if proof != tree.inclusion(entry - 1, size)
             or not audit_trail.inclusion_holds(tree.levels[0][entry - 1], entry - 1, size, proof, tree.root(size))]
    tally.equal(wrong, [], "inclusion proofs other than the twin's")
    consistency = proofs(f"SELECT a, b, opres.audit_consistency_proof(a, b) AS proof FROM generate_series(0, {N}) AS b, generate_series(0, b) AS a")
    tally.equal(len(consistency), (N + 1) * (N + 2) // 2, "consistency proofs")
    wrong = [(old, new) for (old, new), proof in consistency.items()
             if proof != tree.consistency(old, new) or not audit_trail.consistency_holds(old, new, proof, tree.root(old), tree.root(new))]
    tally.equal(wrong, [], "consistency proofs other than the twin's")


def snapshots(session):
    """Proofs and checkpoints are those of the transaction's snapshot; parallel workers see the same."""
    with Session() as other:
        session.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;")
        before = session.run("SELECT opres.audit_checkpoint();")
        other.run("SELECT opres.audit_append('after', NULL, NULL, NULL);")
        tally.equal(session.run("SELECT opres.audit_checkpoint();"), before, "an old snapshot's checkpoint")
        try:
            session.run(f"SELECT opres.audit_inclusion_proof({N + 1}, {N + 1});")
            tally.ok(False, "an old snapshot has no proof of a newer entry")
        except SqlError as error:
            tally.equal(error.code, "22023", "an old snapshot has no proof of a newer entry")
        session.run("ROLLBACK;")
        tally.equal(session.value(f"SELECT cardinality(opres.audit_inclusion_proof({N + 1}, {N + 1})) > 0;"), "t", "a new one has")
        proof = f"SELECT opres.audit_inclusion_proof(3, {N}), opres.audit_consistency_proof(9, {N})"
        want = session.run(proof + ";")
        name = "debug_parallel_query" if int(session.value("SHOW server_version_num;")) >= 160000 else "force_parallel_mode"
        session.run(f"SET {name} = on;")
        plan = "\n".join(row[0] for row in session.run(f"EXPLAIN (ANALYZE, VERBOSE) {proof};"))
        tally.ok("Workers Launched: 1" in plan, f"a worker makes proofs: {plan}")
        tally.equal(session.run(proof + ";"), want, "a worker's proofs")
        for sql in ("SELECT opres.audit_checkpoint();", "SELECT count(*) FROM opres.verify_audit();"):
            tally.ok(session.run(sql), f"in parallel mode: {sql}")
        session.run(f"RESET {name};")
    # The rest of this file speaks of N entries.
    session.run(UNGUARDED + f"DELETE FROM opres.audit_entry WHERE entry > {N};" + GUARDED + "COMMIT;")


def contents(session):
    for column in ("reason", "content"):
        set_one(session, column, "'forged'", 17, ("content changed", 17))
        set_one(session, column, f"{column} || ' '", 18, ("content changed", 18))
    set_one(session, "content", "NULL", 11, ("content changed", 11))
    set_one(session, "content", "''", 10, ("content changed", 10))
    set_one(session, "reason", "''", 8, ("content changed", 8))
    set_one(session, "salt", "substring(sha256('x') FOR 16)", 22, ("content changed", 22))
    found(session, "UPDATE opres.audit_entry SET reason = content, content = reason WHERE entry = 19;", [("content changed", 19)])
    found(session, "UPDATE opres.audit_entry SET content = 'x' WHERE salt IS NOT NULL;", [("content changed", n) for n in range(1, N + 1) if n != 12])


def entries(session):
    for column, value in (("login", "'x'"), ("login", "NULL"), ("session_role", "'x'"), ("acting_role", "acting_role || ' '"), ("action", "''"),
                          ("subject", "NULL"), ("subject", "subject || 'x'"), ("at", "at + interval '1 microsecond'")):
        for entry in (2, 33, 64, N):
            set_one(session, column, value, entry, ("entry changed", entry))
    set_one(session, "subject", "''", 7, ("entry changed", 7))
    set_one(session, "subject", "NULL", 6, ("entry changed", 6))
    set_one(session, "login", "NULL", 1, ("entry changed", 1))
    set_one(session, "content_hash", "sha256('x')", 20, ("content changed", 20), ("entry changed", 20))
    set_one(session, "content_hash", "sha256('x')", 12, ("entry changed", 12))
    set_one(session, "leaf_hash", "sha256('x')", 32, ("entry changed", 32))
    set_one(session, "leaf_hash", "sha256('x')", N, ("entry changed", N))
    set_one(session, "previous_hash", "sha256('x')", 32, ("chain broken", 32), ("entry changed", 32))
    set_one(session, "at", "'294276-12-31 23:59:59.999999+00'", 20, ("malformed entry", 20))
    found(session, "UPDATE opres.audit_entry SET login = session_role, session_role = 'z' WHERE entry IN (9, 10, 50);",
          [("entry changed", 9), ("entry changed", 10), ("entry changed", 50)])
    found(session, "UPDATE opres.audit_entry SET action = 'x';", 
          sorted([("entry changed", n) for n in range(1, N + 1)] + [("content missing", 12)], key=lambda p: (p[1], p[0])))


def rewritten(session, rows, tree):
    """Entries made anew, hashes and all."""
    def forged(number):
        row = rows[number - 1]._replace(action="forged", content="forged")
        return row._replace(content_hash=audit_trail.content_hash(row.salt, row.reason, row.content))

    for number in (1, 2, 31, 32, 48, 63, 64, 74):
        row = forged(number)
        row = row._replace(leaf_hash=audit_trail.leaf_hash(row, row.previous_hash, row.content_hash))
        subtrees = [("subtrees changed", number)] if number % 2 == 0 else []
        found(session, in_place_of([row], [number]), subtrees + [("chain broken", number + 1)])
        # With its own subtrees; those of later entries are not compared over the break.
        made = audit_trail.Tree(tree.levels[0][:number - 1] + [row.leaf_hash])
        found(session, in_place_of([row._replace(subtrees=made.subtrees(number))], [number]), [("chain broken", number + 1)])
    # Two exchanged: each would be an entry changed, by its number alone; the links are wrong as well.
    found(session, in_place_of([rows[19]._replace(entry=21), rows[20]._replace(entry=20)], [20, 21]),
          [("chain broken", 20), ("entry changed", 20), ("subtrees changed", 20), ("chain broken", 21), ("entry changed", 21),
           ("subtrees changed", 21), ("chain broken", 22)])
    # From one on all anew, and the last ones cut off: nothing in the table can tell, a checkpoint kept outside does. So we say.
    def check_limit(sql, what):
        session.run(UNGUARDED + sql + GUARDED)
        tally.equal(verify(session), [], f"{what}: verify_audit alone finds nothing")
        got = audit_trail.checkpoint(session)
        tally.ok(got.size < N or got.root != tree.root(N), f"{what}: a kept checkpoint finds it")
        session.run("ROLLBACK;")
    check_limit(in_place_of(audit_trail.relinked([forged(30)] + rows[30:], audit_trail.Tree(tree.levels[0][:29])), range(30, N + 1)), "made anew from 30")
    check_limit(f"DELETE FROM opres.audit_entry WHERE entry > {N - 2};", "cut")
    row = forged(N)._replace(salt=b"0123456789abcdef")
    row = row._replace(content_hash=audit_trail.content_hash(row.salt, row.reason, row.content))
    check_limit(in_place_of([row._replace(leaf_hash=audit_trail.leaf_hash(row, row.previous_hash, row.content_hash))], [N]), "another last entry")
    check_limit("DELETE FROM opres.audit_entry;", "emptied")


def missing(session):
    for first, last in ((1, 1), (1, 30), (2, 2), (20, 20), (33, 47), (64, 64), (63, 65), (76, 76)):
        found(session, f"DELETE FROM opres.audit_entry WHERE entry BETWEEN {first} AND {last};", [("gap", first)])
    found(session, "DELETE FROM opres.audit_entry WHERE entry IN (3, 9, 10, 70);", [("gap", 3), ("gap", 9), ("gap", 70)])
    # Without the entry that records it, an erasure is none.
    found(session, "DELETE FROM opres.audit_entry WHERE entry = 75;", [("content missing", 12), ("gap", 75)])
    # A number far off does not take for ever.
    found(session, f"UPDATE opres.audit_entry SET entry = 9223372036854775806 WHERE entry = {N};",
          [("gap", N), ("entry changed", 9223372036854775806), ("subtrees changed", 9223372036854775806)])
    found(session, f"UPDATE opres.audit_entry SET entry = 9223372036854775807 WHERE entry = {N};",
          [("gap", N), ("entry changed", 9223372036854775807)])


def subtrees(session):
    for entry in (2, 4, 24, 64):
        for value in ("NULL", "subtrees || sha256('x')", "set_byte(subtrees, 0, get_byte(subtrees, 0) # 1)",
                      "set_byte(subtrees, length(subtrees) - 1, get_byte(subtrees, length(subtrees) - 1) # 128)"):
            set_one(session, "subtrees", value, entry, ("subtrees changed", entry))
        set_one(session, "subtrees", "substring(subtrees FROM 33)", entry, ("subtrees changed", entry))
    set_one(session, "subtrees", "sha256('x')", 3, ("subtrees changed", 3))
    set_one(session, "subtrees", "'\\x00'", 4, ("malformed entry", 4))


def erasures(session):
    erase = "UPDATE opres.audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = %s;"
    for entry in (1, 16, 17, 18, 30, N):
        found(session, erase % entry, [("content missing", entry)])
    found(session, erase % "ANY ('{3,12,13,70}')", [("content missing", 3), ("content missing", 13), ("content missing", 70)])
    found(session, erase % 3 + f"UPDATE opres.audit_entry SET action = 'audit.erase', subject = 'entry 3' WHERE entry = {N};",
          [("content missing", 3), ("entry changed", N)])
    found(session, "UPDATE opres.audit_entry SET subject = 'entry 3' WHERE entry = 75;", [("content missing", 12), ("entry changed", 75)])


def malformed(session):
    free = ("DO $$ BEGIN EXECUTE (SELECT string_agg(format('ALTER TABLE opres.audit_entry DROP CONSTRAINT %I;', conname), '') FROM pg_constraint"
            " WHERE conrelid = 'opres.audit_entry'::regclass AND contype = 'c'); END $$;"
            " ALTER TABLE opres.audit_entry ALTER at DROP NOT NULL, ALTER action DROP NOT NULL, ALTER session_role DROP NOT NULL,"
            " ALTER content_hash DROP NOT NULL, ALTER leaf_hash DROP NOT NULL;")
    for column, value in (("leaf_hash", "'\\x00'"), ("leaf_hash", "NULL"), ("content_hash", "''"), ("content_hash", "NULL"), ("salt", "'\\x00'"),
                          ("salt", "NULL"), ("at", "NULL"), ("at", "'infinity'"), ("at", "'-infinity'"), ("action", "NULL"),
                          ("previous_hash", "'\\x00'")):
        found(session, free + f"UPDATE opres.audit_entry SET {column} = {value} WHERE entry = 33;", [("malformed entry", 33)])
    found(session, free + "UPDATE opres.audit_entry SET session_role = NULL WHERE entry = 33;", [("entry changed", 33)])
    found(session, free + "UPDATE opres.audit_entry SET previous_hash = NULL WHERE entry = 33;", [("chain broken", 33), ("entry changed", 33)])
    found(session, free + "UPDATE opres.audit_entry SET previous_hash = sha256('') WHERE entry = 1;", [("chain broken", 1), ("entry changed", 1)])
    found(session, free + "UPDATE opres.audit_entry SET entry = 0 WHERE entry = 1;", [("malformed entry", 0), ("gap", 1)])
    found(session, free + "UPDATE opres.audit_entry SET entry = -5 WHERE entry = 1;", [("malformed entry", -5), ("gap", 1)])


def index(session):
    """The index and the table may say different things."""
    def with_index(change, sql, back):
        return (f"UPDATE pg_index SET {change} WHERE indexrelid = 'opres.audit_entry_pkey'::regclass;{sql}"
                f"UPDATE pg_index SET {back} WHERE indexrelid = 'opres.audit_entry_pkey'::regclass;")
    again = "CREATE TEMP TABLE again ON COMMIT DROP AS SELECT * FROM opres.audit_entry WHERE entry = %s;"
    back = "INSERT INTO opres.audit_entry SELECT * FROM again;"
    for entry in (1, 32, 33, N):
        found(session, again % entry + with_index("indisunique = false", back, "indisunique = true"), [("doubled entry", entry)])
        hidden = again % entry + f"DELETE FROM opres.audit_entry WHERE entry = {entry};" + with_index("indisready = false", back, "indisready = true")
        found(session, hidden, ([("gap", entry)] if entry < N else []) + [("index damaged", entry)])


def protection(session):
    table = "ALTER TABLE opres.audit_entry "
    trigger = "CREATE TRIGGER {} BEFORE INSERT OR UPDATE OR DELETE ON opres.audit_entry FOR EACH ROW {} EXECUTE FUNCTION opres.audit_guard();"
    rule = "CREATE RULE r AS ON DELETE TO opres.audit_entry DO INSTEAD NOTHING;"
    child = "CREATE TABLE public.child () INHERITS (opres.audit_entry);"
    always = table + "ENABLE ALWAYS TRIGGER guard_row;"
    for sql, said in (
            (table + "DISABLE TRIGGER guard_row;", "trigger guard_row is not enabled always"),
            (table + "ENABLE TRIGGER guard_statement;", "trigger guard_statement is not enabled always"),
            (table + "ENABLE REPLICA TRIGGER guard_statement;", "trigger guard_statement is not enabled always"),
            (table + "ENABLE ROW LEVEL SECURITY;", "row security can hide rows of it"),
            (rule, "it has rules"), (child, "other tables inherit from it"),
            ("DROP TRIGGER guard_row ON opres.audit_entry;", "a trigger of it is missing"),
            (trigger.format("a", ""), "trigger a was added"),
            ("DROP TRIGGER guard_row ON opres.audit_entry;" + trigger.format("guard_row", "WHEN (false)") + always, "trigger guard_row is another"),
            ("DROP TRIGGER guard_row ON opres.audit_entry;" + trigger.replace("OR DELETE ", "").format("guard_row", "") + always, "trigger guard_row is another"),
            (rule + "DROP RULE r ON opres.audit_entry;", None), (child + "DROP TABLE public.child;", None),
            (trigger.format("a", "") + "DROP TRIGGER a ON opres.audit_entry;", None)):
        session.run("BEGIN;" + sql)
        tally.equal(session.run("SELECT problem, entry, detail FROM opres.verify_audit();"),
                    [["protection missing", "", f"The table is not protected as it should be: {said}."]] if said else [], sql)
        japanese = session.run("SELECT detail FROM opres.verify_audit('ja');")
        tally.ok(not japanese if said is None else "に不備があります（" in japanese[0][0] and said not in japanese[0][0], f"{sql}: {japanese}")
        session.run("ROLLBACK;")


def words(session):
    """Every problem is told in both languages, differently."""
    sql = ("DELETE FROM opres.audit_entry WHERE entry IN (3, 9, 10);"
           "UPDATE opres.audit_entry SET content = 'x' WHERE entry = 13; UPDATE opres.audit_entry SET action = 'x' WHERE entry = 14;"
           "UPDATE opres.audit_entry SET previous_hash = sha256('x') WHERE entry = 15; UPDATE opres.audit_entry SET subtrees = NULL WHERE entry = 20;"
           "UPDATE opres.audit_entry SET salt = NULL, reason = NULL, content = NULL WHERE entry = 22; UPDATE opres.audit_entry SET subtrees = '\\x00' WHERE entry = 24;")
    session.run(UNGUARDED + sql + GUARDED)
    said = {lang: session.run(f"SELECT problem, entry, detail FROM opres.verify_audit('{lang}');") for lang in ("en", "ja")}
    session.run("ROLLBACK;")
    tally.equal([row[:2] for row in said["en"]], [row[:2] for row in said["ja"]], "the same problems in both languages")
    tally.equal({row[0] for row in said["en"]}, {"gap", "content changed", "entry changed", "chain broken", "subtrees changed", "content missing",
                                                 "malformed entry"}, "kinds of problems")
    tally.ok(all(row[2].isascii() and row[2].endswith(".") for row in said["en"]), "details in English")
    tally.ok(all(not row[2].isascii() and row[2].endswith("。") for row in said["ja"]), "details in Japanese")
    tally.equal([row[2] for row in said["en"] if row[0] == "gap"], ["There is no entry of this number.", "There are no entries 9 to 10."], "gaps")
    tally.equal([row[2] for row in said["ja"] if row[0] == "gap"], ["この番号の記録がありません。", "9番から10番までの記録がありません。"], "gaps in Japanese")
    tally.equal([row[2] for row in said["ja"] if row[0] == "malformed entry"],
                ["監査証跡の記録として読み取れません（subtrees の長さが32バイトの倍数ではありません）。"], "what is malformed, in Japanese")
    try:
        session.run("INSERT INTO opres.audit_entry (entry) VALUES (1000);")
        tally.ok(False, "a malformed row is refused")
    except SqlError as error:
        tally.ok(str(error) == "23000: row is not entry 1000 of the audit trail" and "NULL" in error.detail, f"a malformed row is refused by its number: {error}")


def random_changes(session, rows):
    """The first bad entry is the twin's, whatever was changed."""
    chance = random.Random(int(os.environ.get("OPRES_SEED") or 20261121))
    columns = ("previous_hash", "at", "login", "session_role", "acting_role", "action", "subject", "content_hash", "leaf_hash", "salt", "reason", "content")
    for i in range(2000 if os.environ.get("OPRES_LONG") else 150):
        changed, sql = list(rows), ""
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            at = chance.randrange(len(changed))
            if chance.random() < .1:
                gone = changed.pop(at)
                sql += f"DELETE FROM opres.audit_entry WHERE entry = {gone.entry};"
                continue
            name, other = chance.choice(columns), chance.choice(rows)
            row = changed[at]._replace(**{name: getattr(other, name)})
            if (row.previous_hash is None) != (row.entry == 1) or (row.salt is None and (row.reason or row.content) is not None):
                continue
            changed[at] = row
            sql += in_place_of([row], [row.entry])
        tree, bad = audit_trail.Tree(), None
        for row in changed:
            previous = tree.levels[0][-1] if len(tree) else None
            hashed = row.content_hash if row.salt is None else audit_trail.content_hash(row.salt, row.reason, row.content)
            leaf = audit_trail.leaf_hash(row, previous, hashed)
            if row.entry != len(tree) + 1 or (row.previous_hash, row.content_hash, row.leaf_hash) != (previous, hashed, leaf):
                bad = min(row.entry, len(tree) + 1)
                break
            tree.add(leaf)
        got = [entry for problem, entry in tampered(session, sql) if problem not in ("content missing", "subtrees changed")]
        tally.equal(min(got, default=None), bad, f"change {i}: {sql[:300]}")


def refusals(session):
    """Who may run the function and not read the table; a trail that lost its rows has no proofs."""
    session.run("CREATE ROLE outsider LOGIN; GRANT USAGE ON SCHEMA opres TO outsider;"
                " GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA opres TO outsider;")
    with Session(user="outsider") as s:
        for sql in ("SELECT * FROM opres.verify_audit();", "SELECT * FROM opres.verify_audit_entries('en');"):
            try:
                s.run(sql)
                tally.ok(False, f"without SELECT: {sql}")
            except SqlError as error:
                tally.equal((error.code, "audit_entry" in str(error)), ("42501", True), f"without SELECT: {sql}")
        tally.equal(s.value("SELECT count(opres.audit_checkpoint());"), "1", "a checkpoint shows no entry")
    session.run("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA opres FROM outsider; REVOKE USAGE ON SCHEMA opres FROM outsider; DROP ROLE outsider;")
    session.run(UNGUARDED + "DELETE FROM opres.audit_entry WHERE entry = 64;")
    for sql in ("SELECT opres.audit_checkpoint();", f"SELECT opres.audit_inclusion_proof(70, {N});", f"SELECT opres.audit_consistency_proof(3, {N});"):
        session.run("SAVEPOINT s;")
        try:
            session.run(sql)
            tally.ok(False, f"entry 64 is gone: {sql}")
        except SqlError as error:
            tally.equal(error.code, "XX001", f"entry 64 is gone: {sql}")
        session.run("ROLLBACK TO s;")
    session.run("ROLLBACK;")


def cancelled():
    """At once, also in a long trail."""
    with Session() as session, Session() as killer:
        session.run("DO $$ BEGIN FOR i IN 1..300000 LOOP PERFORM opres.audit_append('a', NULL, NULL, 'content'); END LOOP; END $$;")
        tally.equal(verify(session), [], "a long trail is intact")
        pid = session.value("SELECT pg_backend_pid();")
        for wait in (0, .05, .1):
            session.send("SELECT count(*) FROM opres.verify_audit(), generate_series(1, 3) AS n, opres.verify_audit() AS again;")
            time.sleep(wait)
            began = time.monotonic()
            killer.run(f"SELECT pg_cancel_backend({pid});")
            try:
                session.receive()
                tally.ok(False, "verify_audit was not cancelled")
            except SqlError as error:
                tally.equal(error.code, "57014", "cancelled")
            tally.ok(time.monotonic() - began < .1, f"cancelled within {time.monotonic() - began:.3f} s")
        tally.equal(verify(session), [], "and then verifies")


def main():
    with Session() as session:
        session.run("CREATE EXTENSION opres;" + ENTRIES)
        rows = audit_trail.read("postgres")
        tree = audit_trail.Tree()
        tally.equal(audit_trail.problems(rows, tree), [], "the twin finds nothing")
        tally.equal(len(tree), N, "entries")
        tally.equal(verify(session), [], "nor does verify_audit")
        view = session.run("SELECT string_agg(format('%s %s', entry, erased), ',' ORDER BY entry) FILTER (WHERE erased), count(*),"
                           " bool_and(actor = 'postgres') FROM opres.audit_trail;")
        tally.equal(view, [["12 t", str(N), "t"]], "the view")
        roots_and_proofs(session, tree)
        snapshots(session)
        contents(session)
        entries(session)
        rewritten(session, rows, tree)
        missing(session)
        subtrees(session)
        erasures(session)
        malformed(session)
        index(session)
        protection(session)
        words(session)
        random_changes(session, rows)
        refusals(session)
        tally.equal(verify(session), [], "nothing is left of all that")
    cancelled()
    return tally.close()


sys.exit(main())

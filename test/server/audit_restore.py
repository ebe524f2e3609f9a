#!/usr/bin/env python3
"""Dumps the audit trail and restores it in every way pg_dump offers, rows in any order: the restored trail has the same entries and the
same root, is whole, and goes on with the next number. A row that was altered in the dump is refused by name; so is a trail on top of
another. What gets in with the triggers disabled, verify_audit finds; and that they were."""
import base64
import os
import random
import subprocess
import sys
import tempfile

import audit_trail
from sessions import Session, SqlError, Tally

tally = Tally()
work = tempfile.TemporaryDirectory()
COPY = f"COPY opres.audit_entry ({', '.join(audit_trail.COLUMNS)}) FROM stdin"
# Where the trail's rows alone are restored, verify_audit rightly misses the map it speaks of.
TRAIL = "SELECT problem, entry FROM opres.verify_audit() WHERE problem NOT IN ('revision missing', 'rows changed');"
SOURCE = """
CREATE EXTENSION opres;
INSERT INTO opres.node (code, kind) VALUES ('a', 'system'), ('b', 'system');
SELECT opres.audit_append('test', 'subject ' || i, CASE WHEN i % 3 > 0 THEN E'理由\\n' || i END,
  CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'\\\\N\\t"口座" ' || i ELSE repeat('長い', 2000) END) FROM generate_series(1, 2000) AS i;
UPDATE opres.node SET name = 'x';
SELECT opres.erase_content(7, 'asked for'), opres.erase_content(1003, 'asked for');
SELECT opres.label_revision(1, 'FY2026', 'the year begins');
SELECT opres.audit_append('test', NULL, NULL, NULL);
"""


def shell(command, **options):
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)


def fresh(database, options="", extension=False):
    shell(f"dropdb --if-exists {database}")
    made = shell(f"createdb {options} {database}")
    assert made.returncode == 0, made.stdout
    if extension:
        with Session(database) as s:
            s.run("CREATE EXTENSION opres;")


def state(database):
    """The rows but for who wrote them down, and the checkpoint."""
    with Session(database) as s:
        return [row._replace(xmin=0) for row in audit_trail.read(database)], audit_trail.checkpoint(s)


def way(name, command, options="", extension=False, unprotected=False):
    fresh("way", options, extension)
    done = shell(command)
    tally.equal((done.returncode, done.stdout.decode()[:300]), (0, ""), f"{name}: restores without complaint")
    rows, checkpoint = state("way")
    want, kept = state("source")
    tally.ok(rows == want, f"{name}: {len(rows)} rows, not the {len(want)} there were")
    tally.equal((checkpoint.size, checkpoint.root), (kept.size, kept.root), f"{name}: the same root")
    tally.ok(checkpoint.origin != kept.origin and checkpoint.origin.split("/")[1] == kept.origin.split("/")[1],
             f"{name}: in another incarnation: {checkpoint.origin} after {kept.origin}")
    with Session("way") as s:
        tally.equal(s.run("SELECT problem, entry FROM opres.verify_audit();"), [["protection missing", ""]] if unprotected else [],
                    f"{name}: verify_audit")
        s.run("SELECT opres.audit_append('test', 'goes on', NULL, NULL); UPDATE opres.node SET name = 'y';")
    rows = audit_trail.read("way")
    tally.equal([row.action for row in rows[len(want):]], ["test", "map.revision"], f"{name}: goes on")
    tally.equal(audit_trail.problems(rows)[:5], [], f"{name}: recomputed")


def ways():
    plain = "pg_dump {} source | psql -X -q -o /dev/null -v ON_ERROR_STOP=1 {} -d way"
    way("pg_dump | psql", plain.format("", ""))
    way("pg_dump --inserts | psql", plain.format("--inserts --rows-per-insert=100", ""))
    way("pg_dump --column-inserts | psql -1", plain.format("--column-inserts", "-1"))
    way("pg_restore -1", f"pg_dump -Fc -f {work.name}/c source && pg_restore -1 -d way {work.name}/c")
    way("pg_restore -j4", f"pg_dump -Fd -j2 -f {work.name}/d source && pg_restore -j4 -d way {work.name}/d")
    way("data only", plain.format("--data-only", "-1"), extension=True)
    way("data only, triggers disabled", plain.format("--data-only --disable-triggers", "-1"), extension=True, unprotected=True)
    way("into another encoding", plain.format("", ""), "-E EUC_JP --locale=C -T template0")
    # And back, from what was appended and restored there.
    shell("dropdb source2; createdb -T way source2")
    fresh("way")
    done = shell("pg_dump source2 | psql -X -q -o /dev/null -v ON_ERROR_STOP=1 -d way")
    tally.equal((done.returncode, done.stdout.decode()[:300]), (0, ""), "back from another encoding: restores without complaint")
    (rows, checkpoint), (want, kept) = state("way"), state("source2")
    tally.ok(rows == want and checkpoint.root == kept.root, "back from another encoding: the same")


def dumped():
    """The lines of the rows in a plain dump, in the order of their entries; all else is of no interest here."""
    out = shell("pg_dump --data-only -t opres.audit_entry source").stdout.decode()
    lines = out.split("FROM stdin;\n", 1)[1].split("\n\\.\n", 1)[0].split("\n")
    if f"COPY opres.audit_entry ({', '.join(audit_trail.COLUMNS)}) FROM" not in out:
        raise ValueError("the dump has other columns")
    return sorted(lines, key=lambda line: int(line.split("\t")[0]))


def put(lines, commit=False):
    """Copies rows into the table of database `way`: what the server says about it."""
    text = "\n".join(["BEGIN;", COPY + ";", *lines, "\\.", "COMMIT;" if commit else "ROLLBACK;", ""])
    return shell("PGOPTIONS= psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -d way", input=text.encode()).stdout.decode()


def in_any_order(lines):
    (want, kept), chance = state("source"), random.Random(1)
    for name, order in (("backwards", lines[::-1]), ("shuffled", chance.sample(lines, len(lines))), ("shuffled again", chance.sample(lines, len(lines)))):
        fresh("way", extension=True)
        tally.equal(put(order, commit=True), "", f"rows {name}: restored")
        rows, checkpoint = state("way")
        tally.ok(rows == want and checkpoint.root == kept.root, f"rows {name}: the same trail")
        with Session("way") as s:
            tally.equal(s.run(TRAIL), [], f"rows {name}: verify_audit")
            s.run("SELECT opres.audit_append('test', 'goes on', NULL, NULL);")
        tally.equal(audit_trail.problems(audit_trail.read("way"))[:5], [], f"rows {name}: recomputed, with what goes on")


def altered(line, column, value):
    fields = line.split("\t")
    fields[audit_trail.COLUMNS.index(column)] = value
    return "\t".join(fields)


def refused_rows(lines):
    """One change in one row: whole rows before and after it, in order and backwards."""
    hash_of_another, few = lines[4].split("\t")[audit_trail.COLUMNS.index("leaf_hash")], lines[:16]
    changes = {"at": "2026-11-21 00:00:00+00", "login": "somebody", "session_role": "somebody", "acting_role": "somebody", "action": "map.approve",
               "subject": "subject 1", "reason": "another", "content": "another", "salt": "\\\\x" + "00" * 16, "content_hash": hash_of_another,
               "leaf_hash": hash_of_another, "previous_hash": hash_of_another}
    names = audit_trail.COLUMNS
    for column, value in changes.items():
        for order in (1, -1):
            said = put([altered(line, column, value) if i == 11 else line for i, line in enumerate(few)][::order])
            tally.ok("ERROR:  23000: row is not entry 12 of the audit trail" in said, f"{column} altered, order {order}: {said[:300]}")
    for column in ("login", "subject", "reason", "content", "salt", "previous_hash"):
        said = put([altered(line, column, "\\N") if i == 11 else line for i, line in enumerate(few)])
        tally.ok("row is not entry 12 of the audit trail" in said, f"{column} set to NULL: {said[:300]}")
    tally.ok("entry 16 of" in put([altered(line, "subtrees", "\\\\x" + "ab" * 128) if i == 15 else line for i, line in enumerate(few)]), "other subtrees")
    tally.ok("entry 15 of" in put([altered(line, "subtrees", hash_of_another) if i == 14 else line for i, line in enumerate(few)]), "subtrees too many")
    tally.ok("entry 17 of" in put([altered(lines[11], "entry", "17"), *few]), "another number")
    tally.ok("23505" in put([*few, few[3]]), "a row twice")
    # One that is hashed anew by itself does not link.
    rows = audit_trail.read("source")[:16]
    tree = audit_trail.Tree(row.leaf_hash for row in rows[:11])
    forged = audit_trail.relinked([rows[11]._replace(action="map.approve")], tree)[0]
    values = {"action": forged.action, "leaf_hash": f"\\\\x{forged.leaf_hash.hex()}", "subtrees": f"\\\\x{forged.subtrees.hex()}"}
    line = lines[11]
    for name in values:
        line = altered(line, name, values[name])
    for order, refused in ((1, 13), (-1, 12)):
        said = put((few[:11] + [line] + few[12:])[::order])
        tally.ok(f"row is not entry {refused} of" in said, f"hashed anew by itself, order {order}: {said[:300]}")
    tally.equal(set(names) - set(changes) - {"entry", "subtrees"}, set(), "every column was altered")


def whole_dump_refused():
    """As somebody would do it: a letter of a plain dump is altered and the dump restored."""
    dump = f"{work.name}/altered"
    shell(f"pg_dump source | sed 's/\\tsubject 500\\t/\\tsubject 501\\t/' > {dump}")
    fresh("way")
    said = shell(f"psql -X -q -o /dev/null -1 -v ON_ERROR_STOP=1 -d way -f {dump}").stdout.decode()
    tally.ok("row is not entry 501 of the audit trail" in said, f"an altered dump is refused, the row named: {said[:300]}")
    fresh("way", extension=True)
    said = shell(f"pg_dump --data-only --disable-triggers source | sed 's/\\tsubject 500\\t/\\tsubject 501\\t/' | psql -X -q -o /dev/null -1 -d way").stdout
    with Session("way") as s:
        tally.equal(s.run("SELECT problem, entry FROM opres.verify_audit();"), [["protection missing", ""], ["entry changed", "501"]],
                    f"with triggers disabled it gets in, and is found: {said[:300]}")


def what_is_not_seen_row_by_row(lines):
    """A gap is no fault of a row; a trail that ends sooner is whole. The first verify_audit finds, the second a kept checkpoint."""
    fresh("way", extension=True)
    tally.equal(put(lines[:20] + lines[21:], commit=True), "", "rows but one")
    with Session("way") as s:
        tally.equal(s.run(TRAIL), [["gap", "21"]], "verify_audit finds the gap")
        tally.equal(put([lines[20]], commit=True), "", "the row that was missing")
        tally.equal(s.run(TRAIL), [], "mends it")
    fresh("way", extension=True)
    tally.equal(put(lines[:1500], commit=True), "", "the first 1500 rows")
    kept = state("source")[1]
    with Session("way") as s:
        tally.equal(s.run(TRAIL), [["content missing", "7"], ["content missing", "1003"]],
                    "verify_audit sees no end that is missing, but erasures whose records are")
        got = audit_trail.checkpoint(s)
        tally.ok(got.size < kept.size, f"a checkpoint of {kept.size} entries does: there are {got.size}")


def on_top_of_another(lines):
    fresh("way", extension=True)
    with Session("way") as s:
        s.run("SELECT opres.audit_append('test', 'its own ' || i, NULL, NULL) FROM generate_series(1, 5) AS i;")
    before = state("way")
    for name, order in (("in order", lines), ("backwards", lines[::-1]), ("those behind", lines[5:]), ("the sixth", lines[5:6])):
        said = put(order, commit=True)
        tally.ok("ERROR:" in said and ("of the audit trail" in said or "23505" in said), f"onto another trail, {name}: {said[:300]}")
        tally.ok(state("way") == before, f"onto another trail, {name}: which is as it was")
    done = shell("pg_dump --data-only source | psql -X -q -1 -v ON_ERROR_STOP=1 -d way")
    tally.ok(done.returncode != 0 and state("way") == before, f"a dump restored onto another trail: {done.stdout.decode()[:300]}")


def main():
    os.environ["PGOPTIONS"] = "-c client_min_messages=warning"
    fresh("source")
    with Session("source") as s:
        s.run(SOURCE)
    rows, kept = state("source")
    tally.ok(len(rows) > 2000 and audit_trail.problems(rows) == [] and kept.size == len(rows), f"the source has {len(rows)} entries")
    tally.equal(base64.b64encode(kept.root), base64.b64encode(audit_trail.Tree(row.leaf_hash for row in rows).root()), "and their root")
    ways()
    lines = dumped()
    tally.equal(len(lines), len(rows), "a dump has every row")
    in_any_order(lines)
    fresh("way", extension=True)
    refused_rows(lines)
    tally.equal(len(audit_trail.read("way")), 0, "nothing refused has left a row")
    whole_dump_refused()
    what_is_not_seen_row_by_row(lines)
    on_top_of_another(lines)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

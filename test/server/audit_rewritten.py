#!/usr/bin/env python3
"""A superuser rewrites the audit trail: takes the triggers off, cuts off its end, makes a fork or all of it anew with right hashes, puts
the triggers back. What is promised of that, and what is not: verify_audit finds nothing wrong with a trail hashed anew throughout; a
checkpoint kept outside does, if it is of what was changed; what came after the last one can be changed unseen. And what was not
hashed anew throughout, verify_audit finds, even where the roots kept with the rows still tell the old story."""
import sys

import audit_trail
from sessions import Session, SqlError, Tally

tally = Tally()
ENTRIES, KEPT = 100, (30, 64, 90)


def checkpoint_at(session, size):
    return audit_trail.parsed("\n".join(row[0] for row in session.run(f"SELECT opres.audit_checkpoint({size});")))


def rewrite(session, sql):
    """As a superuser may; afterwards everything looks as before."""
    session.run(f"BEGIN; ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL; {sql} ALTER TABLE opres.audit_entry ENABLE ALWAYS TRIGGER guard_row,"
                " ENABLE ALWAYS TRIGGER guard_statement; COMMIT;")


def put(session, rows):
    rewrite(session, "DELETE FROM opres.audit_entry; " + audit_trail.insert(rows))


def holds(session, kept, what):
    """Whether a kept checkpoint is a beginning of the trail as it is: by the server's proof and by recomputation, which must agree."""
    rows = audit_trail.read("rewritten")
    tree = audit_trail.Tree()
    sound = not audit_trail.problems(rows, tree)
    recomputed = sound and kept.size <= len(tree) and tree.root(kept.size) == kept.root
    now = audit_trail.checkpoint(session)
    try:
        proof = audit_trail.hashes(session, f"opres.audit_consistency_proof({kept.size}, {now.size})")
        proven = audit_trail.consistency_holds(kept.size, now.size, proof, kept.root, now.root)
    except SqlError as error:
        tally.equal((error.code, kept.size > now.size), ("22023", True), f"{what}: a proof from {kept.size} to {now.size}")
        proven = False
    tally.equal(proven, recomputed, f"{what}: the proof from {kept.size} to {now.size} against the recomputation")
    return recomputed


def found(session):
    return session.run("SELECT problem, entry FROM opres.verify_audit();")


def forged(rows, number):
    """The same trail with another story at one entry, hashed anew from there on."""
    tree = audit_trail.Tree(row.leaf_hash for row in rows[:number - 1])
    return rows[:number - 1] + audit_trail.relinked([rows[number - 1]._replace(login="somebody", content="another story"), *rows[number:]], tree)


def story(session, rows, kept, name, new, detected):
    """The trail is put in place, found out or not, goes on, and is found out or not then."""
    put(session, new)
    for when in ("rewritten", "gone on"):
        what = f"{name}, {when}"
        tally.equal(found(session), [], f"{what}: verify_audit finds nothing (it cannot)")
        tally.equal([c.size for c in kept if not holds(session, c, what)], detected, f"{what}: checkpoints that find it out")
        session.run("SELECT opres.audit_append('test', 'goes on', NULL, NULL) FROM generate_series(1, 40);")
        tally.equal(audit_trail.problems(audit_trail.read("rewritten")), [], f"{what}: recomputed")
    put(session, rows)
    tally.equal([c.size for c in kept if not holds(session, c, name)], [], f"{name}: put back as it was, all hold")


def half_done(session, rows, kept):
    """Rewritten, but not throughout."""
    changed = rows[40]._replace(action="map.approve")
    put(session, [*rows[:40], changed, *rows[41:]])
    tally.equal(found(session), [["entry changed", "41"]], "a row: found")
    put(session, [*rows[:40], rows[40]._replace(content="x"), *rows[41:]])
    tally.equal(found(session), [["content changed", "41"]], "a content: found")
    # With its own hashes made anew: the next row still tells of the old one.
    anew = audit_trail.relinked([changed], audit_trail.Tree(row.leaf_hash for row in rows[:40]))[0]
    put(session, [*rows[:40], anew, *rows[41:]])
    tally.equal(found(session)[0], ["chain broken", "42"], "a row with its hashes: found")
    tally.ok(audit_trail.problems(audit_trail.read("rewritten")) != [], "by a recomputation too")
    # All but the subtrees: the checkpoint still is the old one, since roots are made from them. So checkpoints are no verification.
    new = [row._replace(subtrees=old.subtrees) for row, old in zip(forged(rows, 5), rows)]
    put(session, new)
    now = checkpoint_at(session, 64)
    tally.equal(now.root, kept[1].root, "a trail made anew but for its subtrees shows the witness the old root")
    problems = found(session)
    tally.equal(sorted({problem for problem, _ in problems}), ["subtrees changed"], "verify_audit finds that")
    tally.ok(["subtrees changed", "6"] in problems and ["subtrees changed", "64"] in problems, f"from where on: {problems[:5]}")
    tally.ok(audit_trail.problems(audit_trail.read("rewritten")) != [], "and so does a recomputation")
    put(session, rows)


def main():
    with Session() as s:
        s.run("CREATE DATABASE rewritten;")
    with Session("rewritten") as s:
        s.run("CREATE EXTENSION opres;")
        s.run(f"SELECT opres.audit_append('test', 'act ' || i, 'because', 'content ' || i) FROM generate_series(1, {ENTRIES}) AS i;")
        rows = audit_trail.read("rewritten")
        kept = [checkpoint_at(s, size) for size in KEPT]
        tally.equal([(c.size, c.root) for c in kept], [(size, audit_trail.Tree(row.leaf_hash for row in rows[:size]).root()) for size in KEPT], "what is kept")
        story(s, rows, kept, "the end cut off", rows[:80], [90])
        story(s, rows, kept, "the end cut off and written anew", rows[:80] + forged(rows, 81)[80:], [90])
        story(s, rows, kept, "a fork in the middle", forged(rows, 50), [64, 90])
        story(s, rows, kept, "all made anew", forged(rows, 1), [30, 64, 90])
        story(s, rows, kept, "an entry taken out", audit_trail.relinked(rows[:44] + rows[45:]), [64, 90])
        story(s, rows, kept, "an entry put between", audit_trail.relinked(rows[:44] + [rows[44]] + rows[44:]), [64, 90])
        story(s, rows, kept, "two entries exchanged", audit_trail.relinked(rows[:44] + [rows[45], rows[44]] + rows[46:]), [64, 90])
        # The stated limit: nothing tells of what came after the last checkpoint that was kept.
        story(s, rows, kept, "changed behind the last checkpoint", forged(rows, 91), [])
        story(s, rows, kept, "cut off behind the last checkpoint", rows[:90], [])
        half_done(s, rows, kept)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Two sessions load the same version of a playbook at a time: whoever comes second waits for the first, and then finds what it did. Signing too."""
import json
import sys
import time

from playbook_samples import changed, ordinary
from sessions import Session, SqlError, Tally

ONE = ordinary(10)
OTHER = changed(ONE, ("description",), "Another")


def load(document):
    return f"SELECT opres.load_playbook(convert_from('\\x{json.dumps(document).encode().hex()}', 'UTF8'));"


def signed(*signees):
    return {**ONE, "signatures": [{"type": "jss", "id": "jss--af892292-c4b4-47eb-9be6-4897ff4b9388", "signee": s, "created": ONE["created"],
                                   "modified": ONE["modified"], "related_to": ONE["id"], "related_version": ONE["modified"], "hash_algorithm": "sha-256",
                                   "algorithm": "LMS_SHA256_M32_H5", "value": "x"} for s in signees]}


def outcome(session):
    try:
        session.receive()
        return "loaded"
    except SqlError as error:
        return error.code


def at_a_time(observer, tally, level, first, second, end, wanted, trail):
    """The first session loads and waits, the second begins, the first ends so."""
    with Session() as one, Session() as two:
        two.run(f"SET default_transaction_isolation = '{level}';")
        two.run("BEGIN; SELECT 1;")
        one.run("BEGIN;")
        one.run(load(first))
        two.send(load(second))
        for _ in range(200):
            if observer.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%load_playbook%';") != "0":
                break
            time.sleep(.01)
        else:
            tally.ok(False, f"{level}: the second does not wait")
        one.run(f"{end};")
        what = f"{level}, {end}"
        tally.equal(outcome(two), wanted, what)
        two.run("COMMIT;")
    tally.equal(observer.value("SELECT count(*) FROM opres.playbook;"), "1", f"{what}: versions")
    tally.equal(observer.value("SELECT coalesce(string_agg(action, ' ' ORDER BY entry), '') FROM opres.audit_trail WHERE action LIKE 'playbook.%';"), trail, f"{what}: the trail")
    observer.run("BEGIN; DROP EXTENSION opres; CREATE EXTENSION opres; COMMIT;")


def main():
    tally = Tally()
    with Session() as observer:
        observer.run("CREATE EXTENSION opres;")
        at_a_time(observer, tally, "read committed", ONE, ONE, "COMMIT", "loaded", "playbook.load")
        at_a_time(observer, tally, "read committed", ONE, OTHER, "COMMIT", "23505", "playbook.load")
        at_a_time(observer, tally, "read committed", ONE, OTHER, "ROLLBACK", "loaded", "playbook.load")
        at_a_time(observer, tally, "read committed", ONE, signed("a"), "COMMIT", "loaded", "playbook.load playbook.sign")
        at_a_time(observer, tally, "repeatable read", ONE, ONE, "COMMIT", "40001", "playbook.load")
        at_a_time(observer, tally, "repeatable read", ONE, OTHER, "ROLLBACK", "loaded", "playbook.load")
        observer.run(load(ONE))
        at_a_time(observer, tally, "read committed", signed("a"), signed("b"), "COMMIT", "23505", "playbook.load playbook.sign")
        observer.run(load(ONE))
        at_a_time(observer, tally, "read committed", signed("a"), signed("a", "b"), "COMMIT", "loaded", "playbook.load playbook.sign playbook.sign")
        observer.run(load(ONE))
        at_a_time(observer, tally, "read committed", signed("a"), signed("b"), "ROLLBACK", "loaded", "playbook.load playbook.sign")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

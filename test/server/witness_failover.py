#!/usr/bin/env python3
"""opres witness when the primary is lost: it goes over to the promoted standby by itself, in a new line of notes; the old primary that came
back, and a standby that was behind, are refused. opres verify says the same of the notes."""
import os
import subprocess
import sys
import time

from clusters import Cluster
from notes import OPRES, Folder, check_reader
from sessions import Tally

OK, BROKEN, CANNOT = 0, 1, 2
tally = Tally()


def append(cluster, count, name):
    with cluster.session() as session:
        session.run(f"SELECT opres.audit_append('test.act', '{name}', NULL, NULL) FROM generate_series(1, {count}) \\g /dev/null")
        return int(session.value("SELECT max(entry) FROM opres.audit_entry;"))


def wait_until(condition, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        time.sleep(.05)
    return False


def verdict(cluster, folder):
    result = subprocess.run([OPRES, "verify", "--dbname", f"host={cluster.host} user=postgres dbname=postgres", "--notes", folder.state,
                             "--key", folder.key.text, "--require-anchor"], capture_output=True, text=True, check=False, timeout=60)
    return result.returncode, result.stdout.split(":")[0]


def refused(folder, cluster, word, what):
    before = folder.files()
    result = folder.witness(dbname=f"host={cluster.host} user=w dbname=postgres")
    tally.ok(result.returncode == BROKEN and word in result.stderr and folder.files() == before, f"{what}: {result.stderr}")


def main():
    check_reader()
    first = Cluster("witness1").create().start()
    with first.session() as session:
        session.run("CREATE EXTENSION opres; CREATE ROLE w LOGIN; SELECT opres.grant_access('w', 'witness', 'keeps checkpoints') \\g /dev/null")
    second = Cluster("witness2").copied_from(first, "-R").start()
    folder = Folder(f"host={first.host},{second.host} user=w dbname=postgres")
    append(first, 5, "before")
    result = folder.witness("--init")
    tally.ok(result.returncode == OK, f"a beginning: {result.stderr}")
    process = subprocess.Popen(folder.arguments(*folder.command("--interval", "1s")), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        size = append(first, 5, "before")
        tally.ok(wait_until(lambda: folder.last()[1] == size), "the primary's growth is signed")
        second.caught_up(first)
        result = folder.witness(dbname=f"host={second.host} user=w dbname=postgres")
        tally.ok(result.returncode == CANNOT, f"the state is locked: {result.stderr}")
        first.kill()
        time.sleep(1.5)
        second.promote()
        size = append(second, 5, "after")
        tally.ok(wait_until(lambda: folder.last()[1] == size), "the promoted standby's growth is signed")
        tally.equal((folder.last()[0], folder.last()[2].rsplit("/", 1)[1]), (2, "2"), "in a new line, of the new timeline")
    finally:
        process.terminate()
        _, err = process.communicate()
    tally.ok(process.returncode == OK and "another incarnation" in err and "REFUSED" not in err, f"it was said aloud: {err}")
    tally.equal(verdict(second, folder), (OK, "intact"), "verify: the notes of both lines hold")

    first.start()
    append(first, 5, "in vain")
    refused(folder, first, "not the one that was kept", "the old primary, which went on as well")
    tally.equal(verdict(first, folder), (BROKEN, "broken"), "verify: of the old primary they do not")
    first.stop("immediate")

    third = Cluster("witness3").copied_from(second, "-R").start()
    third.caught_up(second)
    result = folder.witness(dbname=f"host={third.host} user=w dbname=postgres")
    tally.ok(result.returncode == CANNOT and "standby" in result.stderr, f"a standby is not asked: {result.stderr}")
    third.stop()
    size = append(second, 3, "lost")
    result = folder.witness()
    tally.ok(result.returncode == OK and folder.last()[1] == size, f"entries that the standby has not got: {result.stderr}")
    second.kill()
    third.start()
    third.promote()
    refused(folder, third, "shorter", "a standby that was behind")
    tally.equal(verdict(third, folder), (BROKEN, "broken"), "verify: entries are missing")
    size = append(third, 10, "after the loss")
    refused(folder, third, "not the one that was kept", "a standby that was behind, and went on")
    result = folder.witness("--reason", "asynchronous standby promoted after the loss of a site", verb="accept",
                            dbname=f"host={third.host} user=w dbname=postgres")
    tally.ok(result.returncode == OK and folder.last()[:2] == (3, size), f"the loss is accepted: {result.stderr}")
    tally.equal(verdict(third, folder), (BROKEN, "broken"), "verify: and seen ever after by who has the older notes")
    os.remove(os.path.join(folder.notes, f"{size - 10 + 3:020d}-2.note"))
    tally.equal(verdict(third, folder), (OK, "intact"), "verify: without the note of what was lost")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

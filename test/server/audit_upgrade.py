#!/usr/bin/env python3
"""pg_upgrade of a cluster with an audit trail, to a new cluster of the same version: tables, triggers, owner and membership of the
extension are taken over object by object, not by CREATE EXTENSION, and the rows as files. The trail is the same, protected as before
and goes on; the cluster has a new identifier and thus the trail a new incarnation."""
import subprocess
import sys

import audit_trail
from clusters import Cluster, as_server
from sessions import SqlError, Tally

tally = Tally()
PROTECTION = """SELECT tgname, tgenabled, tgtype FROM pg_trigger WHERE tgrelid = 'opres.audit_entry'::regclass ORDER BY 1;
SELECT relname, relowner::regrole, relacl FROM pg_class WHERE oid IN ('opres.audit_entry'::regclass, 'opres.audit_trail'::regclass) ORDER BY 1;
SELECT rolname, rolcanlogin, rolsuper FROM pg_roles WHERE rolname = 'opres_audit';
SELECT evtname, evtevent, evtfoid::regproc, evtenabled, evttags FROM pg_event_trigger ORDER BY 1;"""


def main():
    old, new = Cluster("old").create().start(), Cluster("new").create()
    with old.session() as s:
        s.run("CREATE EXTENSION opres; CREATE ROLE auditor; SELECT opres.grant_access('auditor', 'auditor', 'appointed');")
        s.run("INSERT INTO opres.node (code, kind) VALUES ('a', 'system'); SELECT opres.label_revision(1, 'l', 'r');"
              "SELECT opres.install_ddl_guard('it must not be in the way');")
        s.run("SELECT opres.audit_append('test', 'before ' || i, '理由', 'content') FROM generate_series(1, 500) AS i; SELECT opres.erase_content(9, 'asked for');")
        want, protection, kept = audit_trail.read("postgres", host=old.host), s.run(PROTECTION), audit_trail.checkpoint(s)
    old.stop()
    found = " ".join(f"-c {name}='{value}'" for name, value in new.settings.items() if name in ("extension_destdir", "extension_control_path", "dynamic_library_path"))
    binaries = as_server("pg_config", "--bindir", stdout=subprocess.PIPE, text=True).stdout.strip()
    as_server("pg_upgrade", "-b", binaries, "-B", binaries, "-d", old.data, "-D", new.data, "-U", "postgres", "-o", found, "-O", found, "-s", new.host,
              "--no-sync")
    new.start()
    with new.session() as s:
        rows = audit_trail.read("postgres", host=new.host)
        tally.equal([row._replace(xmin=0) for row in rows], [row._replace(xmin=0) for row in want], "the same rows")
        tally.equal(s.run("SELECT * FROM opres.verify_audit();"), [], "verify_audit finds nothing")
        tally.equal(s.run(PROTECTION), protection, "triggers, owner and privileges as before")
        now = audit_trail.checkpoint(s)
        tally.equal((now.size, now.root), (kept.size, kept.root), "the same root")
        tally.ok(now.origin.split("/")[1] != kept.origin.split("/")[1], f"a new incarnation: {now.origin} after {kept.origin}")
        try:
            s.run("UPDATE opres.audit_entry SET subject = 'x' WHERE entry = 1;")
            tally.ok(False, "the guard stands")
        except SqlError as error:
            tally.equal(error.code, "42501", "the guard stands")
        try:
            s.run("ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL;")
            tally.ok(False, "the DDL guard stands")
        except SqlError as error:
            tally.equal(error.code, "55000", "the DDL guard stands")
        s.run("SET ROLE auditor; SELECT count(*) FROM opres.audit_trail; RESET ROLE; UPDATE opres.node SET name = 'x';"
              " SELECT opres.audit_append('test', 'after', NULL, NULL);")
        rows = audit_trail.read("postgres", host=new.host)
        tally.equal([row.action for row in rows[len(want):]], ["map.revision", "test"], "it goes on")
        tally.equal(audit_trail.problems(rows), [], "recomputed")
    tally.equal(new.complaints(), [], "the server's log")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())

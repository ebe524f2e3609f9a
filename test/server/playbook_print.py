#!/usr/bin/env python3
"""`opres playbook` over a connection: what is printed is what printing the stored document from a file gives; versions, revoked
playbooks, privileges."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sessions import Session

TOP = Path(__file__).resolve().parent.parent.parent
PROGRAM = str(TOP / "build/companion/opres")
passed = failed = 0


def expect(holds, what, said=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print(f"not so: {what} {said}"[:1500])


def run(*arguments, user=None):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **({"PGUSER": user} if user else {})}
    return subprocess.run([PROGRAM, "playbook", *map(str, arguments)], capture_output=True, text=True, check=False, env=environment)


def body(text):
    """Without the lines that say where it comes from."""
    return [line for line in text.splitlines() if not line.startswith("Printed from:")]


def squeezed(text):
    return "".join("".join(line.lstrip("| ").split()) for line in text.splitlines())


def main():
    server = Session()
    server.run("CREATE EXTENSION opres; SET opres.reason = 'test';")

    def load(text):
        return server.value(f"SELECT opres.load_playbook(convert_from('\\x{text.encode().hex()}', 'UTF8'));")

    paths = [path for path in sorted((TOP / "playbooks").glob("*.json")) if "schema" not in path.name][:3]
    for path in paths:
        load(path.read_text(encoding="utf-8"))
    for path in paths:
        document = json.loads(path.read_text(encoding="utf-8"))
        for options in ((), ("--lang", "ja")):
            got, wanted = run("--id", document["id"], *options), run(path, *options)
            same = [line for line in got.stdout.splitlines() if "印刷元" not in line and "Printed from" not in line] == \
                   [line for line in wanted.stdout.splitlines() if "印刷元" not in line and "Printed from" not in line]
            expect(got.returncode == 0 and same, f"{path.name} {options} from the database as from the file", got.stderr)
        expect(f"Printed from: postgres, {document['id']}" in run("--id", document["id"]).stdout, f"{path.name}: where it comes from")
    document = json.loads(paths[0].read_text(encoding="utf-8"))
    first = document["modified"]
    document.update(name="A later version", modified="2027-01-01T00:00:00.000Z")
    load(json.dumps(document))
    expect("A later version" in run("--id", document["id"]).stdout, "the latest version")
    expect("A later version" not in run("--id", f"{document['id']}@{first}").stdout, "the first one by its time")
    expect("A later version" in run("--id", f"{document['id']}@2027-01-01T09:00:00+09:00").stdout, "a time as it is said elsewhere")
    everything = run("--all")
    expect(everything.returncode == 0 and everything.stdout.count("\f") == len(paths) - 1, "every playbook once", everything.stderr)
    twice = run("--id", document["id"], "--id", document["id"])
    expect(twice.stdout.count("\f") == 1, "two are asked for")
    document.update(revoked=True, modified="2027-02-01T00:00:00.000Z")
    load(json.dumps(document))
    expect(run("--all").stdout.count("\f") == len(paths) - 2, "a revoked one is left out of all")
    expect("!! This version is revoked" in run("--id", document["id"]).stdout, "and says so when asked for")
    for arguments in (("--id", "playbook--none"), ("--id", f"{document['id']}@2020-01-01T00:00:00Z"), ("--id", f"{document['id']}@yesterday evening"),
                      ("--all", "--dbname", "nowhere"), ("--id", "' OR true --")):
        refused = run(*arguments)
        expect(refused.returncode == 2 and not refused.stdout and refused.stderr.count("\n") == 1, f"{arguments}: refused", refused.stderr)
    server.run("CREATE ROLE reader LOGIN; CREATE ROLE nobody LOGIN; SELECT opres.grant_access('reader', 'reader');")
    expect(run("--all", user="reader").returncode == 0, "a reader may")
    expect(run("--all", user="nobody").returncode == 2, "others may not")
    ours = next(d for d in (json.loads(p.read_text(encoding="utf-8")) for p in reversed(paths)) if "fsa_first" in json.dumps(d))
    before = run("--id", ours["id"]).stdout
    server.run("SELECT opres.set_report_deadline('fsa_first', 'recognition', '1 day 2 hours');")
    after, japanese = run("--id", ours["id"]).stdout, run("--id", ours["id"], "--lang", "ja").stdout
    said = "within 1 day 2 hours of recognition (set by the institution)"
    expect(said not in before and squeezed(said) in squeezed(after) and "認識から1日2時間以内（自行の定め）" in squeezed(japanese), "a deadline that is set")
    expect(squeezed(before).count("NOTCONFIRMED") > squeezed(after).count("NOTCONFIRMED") > 0, "the others as before")
    server.run("SELECT opres.set_report_deadline('fsa_first', 'recognition', NULL);")
    expect(run("--id", ours["id"]).stdout == before, "and no longer is")
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept.json"
        kept.write_text(server.value(f"SELECT encode(convert_to(document, 'UTF8'), 'hex') FROM opres.playbook WHERE id = '{document['id']}' "
                                     f"AND modified = '{first}';"), encoding="ascii")
        kept.write_bytes(bytes.fromhex(kept.read_text(encoding="ascii")))
        expect(body(run(kept).stdout) == body(run("--id", f"{document['id']}@{first}").stdout), "a stored document printed from a file")
    server.close()
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())

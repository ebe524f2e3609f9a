#!/usr/bin/env python3
"""opres witness against a server: what it signs is checked by another reader (notes.py); what a superuser does to the trail is refused and
leaves everything kept as it was; and what goes wrong with key, state, options and server."""
import base64
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time

from notes import OPRES, TOP, Folder, Key, check_reader, open_note, root
import sessions

OK, BROKEN, CANNOT = 0, 1, 2
passed = failed = 0


def ok(holds, what, result=None):
    global passed, failed
    if holds:
        passed += 1
        return
    failed += 1
    print(f"not ok: {what}")
    if result is not None:
        print(f"  status {result.returncode}\n  stdout: {result.stdout}\n  stderr: {result.stderr}")


class Session(sessions.Session):
    def send(self, sql):
        super().send(sql if sql.endswith((";", "/dev/null")) else sql + ";")


class Trail:
    """A database with the extension and its trail, and what a superuser does there."""

    def __init__(self, database, restored_from=None):
        with Session() as session:
            session.run(f"CREATE DATABASE {database}")
        if restored_from:
            subprocess.run(f"pg_dump {restored_from} | psql -X -q -v ON_ERROR_STOP=1 -d {database}", shell=True, check=True,
                           stdout=subprocess.DEVNULL)
        self.database = database
        self.conninfo = f"user=w dbname={database}"
        self.session = Session(database)
        if not restored_from:
            self.session.run("CREATE EXTENSION opres")
            self.session.run("SELECT opres.grant_access('w', 'witness', 'keeps checkpoints') \\g /dev/null")

    def append(self, count, content="content"):
        self.session.run(f"SELECT opres.audit_append('test.act', 'subject', 'a reason', '{content}') "
                         f"FROM generate_series(1, {count}) \\g /dev/null")

    def cut(self, entries):
        self.session.run("ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL; DELETE FROM opres.audit_entry WHERE entry > "
                         f"(SELECT max(entry) - {entries} FROM opres.audit_entry);"
                         "ALTER TABLE opres.audit_entry ENABLE ALWAYS TRIGGER guard_row;"
                         "ALTER TABLE opres.audit_entry ENABLE ALWAYS TRIGGER guard_statement;")

    def size(self):
        return int(self.session.value("SELECT count(*) FROM opres.audit_entry"))

    def leaves(self):
        return [bytes.fromhex(row[0]) for row in
                self.session.run("SELECT encode(leaf_hash, 'hex') FROM opres.audit_entry ORDER BY entry")]

    def origin(self):
        return "opres/" + self.session.value(
            "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), (SELECT oid FROM pg_database WHERE datname = "
            "current_database()), (SELECT timeline_id FROM pg_control_checkpoint()))")


def test_keys():
    with_key = Folder()
    text = open(with_key.key_file, encoding="ascii").read()
    ok(stat.S_IMODE(os.stat(with_key.key_file).st_mode) == 0o600, "the key file is its owner's alone")
    ok(with_key.key.name == "test.example/witness" and re.fullmatch(
        r"PRIVATE\+KEY\+test\.example/witness\+[0-9a-f]{8}\+\S{44}\n", text) is not None, "the key file is in sumdb/note's form")
    seed = text.strip().split("+", 4)[4]
    result = with_key.run("vkey", "--key", with_key.key_file)
    ok(result.returncode == OK and Key(result.stdout.strip()).public == with_key.key.public, "vkey prints the verifier key", result)
    ok(seed not in result.stdout + result.stderr, "and not the secret")
    result = with_key.run("keygen", "--name", "other", "--key", with_key.key_file)
    ok(result.returncode == CANNOT and open(with_key.key_file, encoding="ascii").read() == text, "a key is never written over", result)
    link = os.path.join(with_key.path, "link")
    os.symlink(os.path.join(with_key.path, "elsewhere"), link)
    result = with_key.run("keygen", "--name", "other", "--key", link)
    ok(result.returncode == CANNOT and not os.path.exists(link), "nor through a dangling link", result)
    for name in ("", "a b", "a+b", "a\u3000b", "a\tb", "n" * 201):
        target = os.path.join(with_key.path, "bad")
        result = with_key.run("keygen", "--name", name, "--key", target)
        ok(result.returncode == CANNOT and not os.path.exists(target), f"a key named {name!r} is refused", result)
    old = os.umask(0)
    try:
        target = os.path.join(with_key.path, "open")
        result = with_key.run("keygen", "--name", "監査/証人", "--key", target)
        ok(result.returncode == OK and stat.S_IMODE(os.stat(target).st_mode) == 0o600, "whatever the umask", result)
        ok(Key(result.stdout.strip()).name == "監査/証人", "a name may be in Japanese")
    finally:
        os.umask(old)


def test_bad_key_files(trail):
    folder = Folder(trail.conninfo)
    ok(folder.witness("--init").returncode == OK, "a beginning")
    good = open(folder.key_file, "rb").read()
    before = folder.files()

    def refused(what, content=None, mode=0o600, path=None):
        path = path or os.path.join(folder.path, "changed")
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
            os.chmod(path, mode)
        result = folder.witness(key=path)
        ok(result.returncode == CANNOT and "key file" in result.stderr and folder.files() == before, f"a key file that {what}", result)
        ok(good.decode().strip().split("+", 4)[4] not in result.stderr, f"the secret is not told of a key file that {what}")

    for mode in (0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o777):
        refused(f"is open to others ({mode:o})", good, mode)
    refused("is empty", b"")
    refused("is cut off", good[:-3])
    refused("has a second line", good + b"x\n")
    refused("has blanks", b" " + good)
    refused("ends with two line feeds", good + b"\n")
    refused("is far too long", good.strip() * 1000)
    refused("has another name in it", good.replace(b"test.example", b"rest.example"))
    refused("is binary", bytes(range(256)))
    refused("is not there", path=os.path.join(folder.path, "nothing"))
    refused("is a folder", path=folder.path)
    fifo = os.path.join(folder.path, "fifo")
    os.mkfifo(fifo, 0o600)
    refused("is a pipe", path=fifo)
    if os.geteuid() == 0:
        path = os.path.join(folder.path, "foreign")
        shutil.copy(folder.key_file, path)
        os.chmod(path, 0o600)
        os.chown(path, 65534, 65534)
        refused("belongs to somebody else", path=path)
    other = Folder(trail.conninfo)
    result = folder.witness(key=other.key_file)
    ok(result.returncode == CANNOT and "not signed by this key" in result.stderr and folder.files() == before,
       "a state is not continued with another key", result)
    ok(folder.witness().returncode == OK, "with its own key it is")


def check_notes(trail, folder, sizes, what):
    """The notes of the first line stand for the trail, at these sizes."""
    leaves, kept = trail.leaves(), folder.checkpoints()
    ok(sorted(kept) == [(1, size) for size in sizes], f"{what}: the notes are of {sizes}, got {sorted(kept)}")
    for (_, size), (origin, digest) in kept.items():
        ok(digest == root(leaves[:size]) and origin == trail.origin(), f"{what}: the note of {size} entries is the trail's")
    ok(folder.last()[1] == max(sizes) and folder.last()[3] == kept[1, max(sizes)][1], f"{what}: the state is the last note")


def test_growth():
    trail = Trail("growth")
    folder = Folder(trail.conninfo)
    result = folder.witness()
    ok(result.returncode == CANNOT and "--init" in result.stderr and not os.path.exists(folder.state), "a beginning is explicit", result)
    os.mkdir(folder.state)
    result = folder.witness()
    ok(result.returncode == CANNOT and "--init" in result.stderr and folder.files() == {}, "in a folder that is there, too", result)
    start = trail.size()
    result = folder.witness("--init")
    ok(result.returncode == OK and f"{start} entries" in result.stdout and result.stderr == "", "the first checkpoint", result)
    sizes = [start]
    check_notes(trail, folder, sizes, "first")
    before = folder.files()
    result = folder.witness("--init")
    ok(result.returncode == CANNOT and folder.files() == before, "a beginning is made once", result)
    os.utime(os.path.join(folder.state, "state"), (0, 0))
    result = folder.witness()
    ok(result.returncode == OK and result.stdout.startswith("unchanged: ") and folder.files() == before, "nothing new: nothing signed", result)
    ok(time.time() - os.stat(os.path.join(folder.state, "state")).st_mtime < 60, "the state's time tells of the comparison")
    ok(folder.witness("--quiet").stdout == "", "--quiet says nothing")
    for count in (1, 1, 2, 5, 30, 64, 1):
        trail.append(count)
        sizes.append(sizes[-1] + count)
        result = folder.witness("--quiet")
        ok(result.returncode == OK and result.stdout == "", f"{count} more entries", result)
    check_notes(trail, folder, sizes, "grown")
    ok(all(folder.files()[name] == content for name, content in before.items() if name != "state"), "notes are never written anew")
    result = folder.witness("--once", lang="ja")
    ok(result.returncode == OK and "変化なし" in result.stdout, "in Japanese", result)


def test_empty_trail():
    trail = Trail("empty")
    trail.cut(trail.size())
    folder = Folder(trail.conninfo)
    ok(folder.witness("--init").returncode == OK, "an empty trail can be a beginning")
    trail.append(3)
    result = folder.witness()
    ok(result.returncode == OK, "and grow", result)
    check_notes(trail, folder, [0, 3], "from nothing")


def refuse(folder, what, word="REFUSED", status=BROKEN):
    before = folder.files()
    result = folder.witness()
    ok(result.returncode == status and word in result.stderr, f"{what}: refused", result)
    ok(folder.files() == before and result.stdout == "", f"{what}: nothing is signed, nothing kept is touched")
    again = folder.witness(lang="ja")
    ok(again.returncode == status and ("拒否" in again.stderr or status != BROKEN), f"{what}: refused again, in Japanese", again)
    result = folder.witness("--interval", "1s")
    ok(result.returncode == status and folder.files() == before, f"{what}: with --interval it ends at once", result)


def test_tampering():
    trail = Trail("tampered")
    folder = Folder(trail.conninfo)
    trail.append(20)
    folder.witness("--init")
    trail.append(13)
    ok(folder.witness().returncode == OK, "before the tampering")
    size = trail.size()
    true_leaves = trail.leaves()

    trail.cut(1)
    refuse(folder, "the last entry cut off", "shorter")
    trail.append(1, "something else")
    ok(trail.size() == size, "as many entries as before")
    refuse(folder, "the last entry made anew", "not the one that was kept")
    trail.append(50)
    refuse(folder, "the last entry made anew, and more after it", "not the one that was kept")
    trail.cut(trail.size() - 3)
    refuse(folder, "nearly all cut off", "shorter")
    trail.cut(3)
    refuse(folder, "all cut off", "shorter")
    trail.append(size + 5, "all new")
    refuse(folder, "all made anew", "not the one that was kept")

    before = folder.files()
    for reason in ("", "  ", "two\nlines", "a\ttab", "x" * 1001, "\u3000"):
        result = folder.witness("--reason", reason, verb="accept")
        ok(result.returncode == CANNOT and folder.files() == before, f"the reason {reason[:10]!r} is none", result)
    result = folder.run("accept", "--key", folder.key_file, "--state", folder.state)
    ok(result.returncode == CANNOT and folder.files() == before, "accepting needs a reason", result)
    kept = folder.last()
    result = folder.witness("--reason", "復元: storage failure, ticket 4711", verb="accept")
    ok(result.returncode == OK and str(kept[1]) in result.stderr, "a break can be accepted by a person", result)
    after = folder.files()
    ok(all(after[name] == content for name, content in before.items() if name != "state"), "all that was kept before stays")
    text = open_note(after[f"notes/{trail.size():020d}-2.break"], folder.key)
    ok(re.fullmatch(r"opres witness break v1\nline 2\nkept (\S+) (\d+) (\S+)\naccepted (\S+) (\d+) (\S+)\nat \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n"
                    r"reason 復元: storage failure, ticket 4711\n", text) is not None, f"the break is on record: {text}")
    ok(f"kept {kept[2]} {kept[1]} {base64.b64encode(kept[3]).decode()}\n" in text, "with what it breaks from")
    notes = folder.checkpoints()
    ok(notes[1, size][1] == root(true_leaves) and notes[2, trail.size()][1] == root(trail.leaves()), "each line's notes stand for its trail")
    result = folder.witness("--reason", "again", verb="accept")
    ok(result.returncode == CANNOT and folder.files() == after, "there is no break where there is none", result)
    trail.append(4)
    ok(folder.witness().returncode == OK and (2, trail.size()) in folder.checkpoints(), "the new line goes on")
    trail.cut(2)
    refuse(folder, "the new line cut", "shorter")
    result = folder.witness("--reason", "second break", verb="accept")
    ok(result.returncode == OK and folder.last()[0] == 3 and (3, trail.size()) in folder.checkpoints(), "a third line", result)


def test_lying_server():
    """A superuser who makes the functions say what he likes."""
    trail = Trail("lying")
    folder = Folder(trail.conninfo)
    trail.append(9)
    folder.witness("--init")
    trail.append(4)
    origin, size = trail.origin(), trail.size()
    good = base64.b64encode(root(trail.leaves())).decode()
    foreign = base64.b64encode(bytes(range(32))).decode()

    def says(body):
        trail.session.run("CREATE OR REPLACE FUNCTION opres.audit_checkpoint(size bigint DEFAULT NULL) RETURNS text LANGUAGE sql STABLE "
                          f"AS $f$ SELECT {body} $f$")

    def says_lines(*lines):
        says("E'" + "".join(line + "\\n" for line in lines) + "'")

    for what, lines in {
            "a size with a leading zero": (origin, f"0{size}", good),
            "a size with a sign": (origin, f"+{size}", good),
            "a size with a blank": (origin, f"{size} ", good),
            "a size beyond 2^63": (origin, "9223372036854775808", good),
            "a negative size": (origin, "-1", good),
            "no size": (origin, "", good),
            "another origin's form": ("opres/1/2", f"{size}", good),
            "an origin with a blank": (origin + " ", f"{size}", good),
            "a foreign origin": ("example.com/log", f"{size}", good),
            "a fourth line": (origin, f"{size}", good, "more"),
            "an empty line at the end": (origin, f"{size}", good, ""),
            "two lines": (origin, f"{size}"),
            "base64 that is not canonical": (origin, f"{size}", good[:-2] + chr(ord(good[-2]) + 1) + "="),
            "a root that is too short": (origin, f"{size}", good[:40] + "="),
            "an empty trail with a root": (origin, "0", good),
            "another root": (origin, f"{size}", foreign),
            "the root of fewer entries": (origin, f"{size}", base64.b64encode(root(trail.leaves()[:-1])).decode()),
            "more entries than there are": (origin, f"{size + 1}", good),
            "fewer entries than were kept": (origin, "1", good)}.items():
        says_lines(*lines)
        refuse(folder, what)
    says("NULL")
    refuse(folder, "no checkpoint")
    says("'" + "x" * 100000 + "'")
    refuse(folder, "a checkpoint without end")
    says("E'\\x1b[2J\\x07" + "\\n'")
    refuse(folder, "a checkpoint of control characters")
    says_lines(origin, f"{size}", good)

    def proves(body):
        trail.session.run("CREATE OR REPLACE FUNCTION opres.audit_consistency_proof(old_size bigint, new_size bigint) RETURNS bytea[] "
                          f"LANGUAGE sql STABLE AS $f$ SELECT {body} $f$")

    true_proof = trail.session.value(f"SELECT opres.audit_consistency_proof({folder.last()[1]}, {size})")
    for what, body in {
            "an empty proof": "'{}'::bytea[]",
            "no proof": "NULL::bytea[]",
            "a proof that is cut off": f"('{true_proof}'::bytea[])[2:]",
            "a proof with more at the end": f"'{true_proof}'::bytea[] || sha256('')",
            "a proof with NULL in it": f"'{true_proof}'::bytea[] || NULL::bytea",
            "a proof of short hashes": "ARRAY[substr(sha256(''), 2)]",
            "a proof of 65 hashes": "array_fill(sha256(''), ARRAY[65])",
            "a proof of very many hashes": "array_fill(sha256(''), ARRAY[100000])",
            "a proof with a bit turned": f"set_bit(('{true_proof}'::bytea[])[1], 0, 1 - get_bit(('{true_proof}'::bytea[])[1], 0)) || "
                                         f"('{true_proof}'::bytea[])[2:]"}.items():
        proves(body)
        refuse(folder, what)
    says_lines(origin, f"{size + 40}", foreign)
    refuse(folder, "a root of nowhere with the true proof of another size")
    says_lines(origin, f"{size}", good)
    proves(f"'{true_proof}'::bytea[]")
    result = folder.witness()
    ok(result.returncode == OK, "the truth is signed, whoever says it", result)
    ok(folder.last()[1] == size and folder.last()[3] == root(trail.leaves()), "and it is the truth")
    for what, error, status in (
            ("damaged data", "data_corrupted", BROKEN), ("a damaged index", "index_corrupted", BROKEN),
            ("no privilege", "insufficient_privilege", CANNOT), ("an error of its own", "raise_exception", CANNOT)):
        trail.session.run("CREATE OR REPLACE FUNCTION opres.audit_checkpoint(size bigint DEFAULT NULL) RETURNS text LANGUAGE plpgsql STABLE "
                          f"AS $f$ BEGIN RAISE EXCEPTION USING ERRCODE = '{error}', MESSAGE = E'so it is\\x1b[31m'; END $f$")
        refuse(folder, what, "so it is\\x1b[31m", status)


def test_search_path():
    """Functions of the same name in the role's search_path are not what is called."""
    trail = Trail("captured")
    folder = Folder(trail.conninfo)
    trail.session.run("CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO PUBLIC;"
                      "CREATE FUNCTION trap.unnest(bytea[]) RETURNS SETOF bytea LANGUAGE sql AS $$ SELECT 'trap'::bytea $$;"
                      "CREATE FUNCTION trap.encode(bytea, text) RETURNS text LANGUAGE sql AS $$ SELECT 'trap'::text $$;"
                      "ALTER ROLE w IN DATABASE captured SET search_path = trap, pg_catalog;"
                      "ALTER ROLE w IN DATABASE captured SET default_transaction_isolation = 'read committed';"
                      "ALTER ROLE w IN DATABASE captured SET client_encoding = 'LATIN1';"
                      "ALTER ROLE w IN DATABASE captured SET bytea_output = 'escape'")
    folder.witness("--init")
    trail.append(5)
    result = folder.witness()
    ok(result.returncode == OK and folder.last()[1] == trail.size(), "the role's settings do not reach the witness", result)


def test_incarnations():
    trail = Trail("first")
    trail.append(10)
    folder = Folder(trail.conninfo)
    folder.witness("--init")
    trail.append(5)
    size = trail.size()
    restored = Trail("restored", restored_from="first")
    ok(restored.leaves() == trail.leaves() and restored.origin() != trail.origin(), "a restored dump has the entries, and another origin")
    folder.dbname = restored.conninfo
    result = folder.witness()
    ok(result.returncode == OK and restored.origin() in result.stderr and trail.origin() in result.stderr,
       "a new incarnation that goes on is signed, and said aloud", result)
    ok(folder.last()[:3] == (2, size, restored.origin()) and folder.checkpoints()[2, size] == (restored.origin(), root(restored.leaves())),
       "in a line of its own")
    ok(not any(name.endswith(".break") for name in folder.files()), "it is no break")
    folder.dbname = trail.conninfo
    result = folder.witness("--quiet")
    ok(result.returncode == OK and trail.origin() in result.stderr and folder.last()[:2] == (3, size), "back again, of the same size", result)
    ok(folder.checkpoints()[3, size][1] == folder.checkpoints()[2, size][1], "with the same root")
    restored.append(3, "in the copy")
    trail.append(2, "in the first")
    ok(folder.witness().returncode == OK and folder.last()[:2] == (3, size + 2), "one of the two goes on")
    folder.dbname = restored.conninfo
    refuse(folder, "two incarnations that both went on", "not the one that was kept")
    copy = Folder()
    shutil.copytree(folder.state, copy.state)
    twins = [Trail(name, restored_from="first") for name in ("twin_a", "twin_b")]
    for twin, own in zip(twins, (folder, copy)):
        twin.append(1)
        result = own.witness(dbname=twin.conninfo, key=folder.key_file)
        ok(result.returncode == OK, "each copy of a state goes a way of its own", result)
    shutil.copy(os.path.join(copy.state, "state"), folder.state)
    result = folder.witness(dbname=twins[1].conninfo)
    ok(result.returncode == CANNOT and "contradicts" in result.stderr, "a state that contradicts its newest note", result)
    shutil.rmtree(folder.state)
    shutil.copytree(copy.state, folder.state)
    older = Trail("older", restored_from="first")
    older.cut(4)
    folder.dbname = older.conninfo
    refuse(folder, "an incarnation that lost entries", "shorter")
    result = folder.witness("--reason", "restored to yesterday", verb="accept")
    ok(result.returncode == OK and folder.last()[:3] == (5, older.size(), older.origin()), "lost entries can be accepted", result)
    ok(f"{older.size():020d}-5.break" in os.listdir(folder.notes), "with a break on record")


def test_state(trail):
    """What may befall the folder: the newest of state and notes counts, and nothing that is damaged is built upon."""
    folder = Folder(trail.conninfo)
    folder.witness("--init")
    first = folder.files()
    trail.append(3)
    folder.witness()
    files = folder.files()
    state = os.path.join(folder.state, "state")
    newest = os.path.join(folder.notes, f"{trail.size():020d}.note")

    def put(path, content):
        with open(path, "wb") as file:
            file.write(content)

    os.remove(newest)
    result = folder.witness()
    ok(result.returncode == OK and folder.files() == files, "a lost note is signed again, to the byte", result)
    os.remove(state)
    result = folder.witness()
    ok(result.returncode == OK and folder.files() == files, "a lost state comes back from the notes", result)
    put(state, first["state"])
    result = folder.witness()
    ok(result.returncode == OK and folder.files() == files, "an old state comes forward", result)
    shutil.rmtree(folder.notes)
    result = folder.witness()
    ok(result.returncode == OK and folder.last()[1] == trail.size() and list(folder.checkpoints()) == [(1, trail.size())],
       "notes that were moved away are not missed", result)
    for name, content in files.items():
        put(os.path.join(folder.state, name), content)
    for name in ("x.note", "1.note", "00000000000000009999.note.old", "00000000000000009999-1.note", "00000000000000009999-02.note",
                 "0000000000000000999a.note", "99999999999999999999.note", "00000000000000009999-0.note", "00000000000000009999.txt"):
        put(os.path.join(folder.notes, name), b"not ours")
    ok(folder.witness().returncode == OK, "files of other names are left alone")
    for name in set(folder.files()) - set(files):
        os.remove(os.path.join(folder.state, name))

    def refused(path, content, what):
        put(path, content)
        before = folder.files()
        result = folder.witness()
        ok(result.returncode == CANNOT and folder.files() == before, what, result)

    for path, name in ((state, "state"), (newest, "notes/" + os.path.basename(newest))):
        good = files[name]
        for i in range(0, len(good), 1 if os.environ.get("OPRES_LONG") else 7):
            refused(path, good[:i] + bytes([good[i] ^ 1]) + good[i + 1:], f"{name} with byte {i} changed")
        refused(path, good[:-1], f"{name} cut off")
        refused(path, b"", f"{name} empty")
        refused(path, good + b"\n", f"{name} with more at the end")
        put(path, good)
    refused(newest, first[f"notes/{folder_size(first):020d}.note"], "a note under another's name")
    put(newest, files["notes/" + os.path.basename(newest)])
    refused(state, files["notes/" + os.path.basename(newest)], "a note as the state")
    put(state, files["state"])
    refused(os.path.join(folder.notes, f"{10**18:020d}.note"), b"not ours", "a newer note that is none")
    os.remove(os.path.join(folder.notes, f"{10**18:020d}.note"))
    ok(folder.witness().returncode == OK and folder.files() == files, "all mended")

    def no_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    trail.append(1)
    result = folder.witness(preexec_fn=no_room)
    ok(result.returncode == CANNOT and {**folder.files(), "new": b""} == {**files, "new": b""}, "no room: nothing is half written", result)
    ok(folder.witness().returncode == OK and folder.last()[1] == trail.size(), "room again")
    plain = os.path.join(folder.path, "plain")
    put(plain, b"")
    for words in ((), ("--init",)):
        result = folder.run("run", "--key", folder.key_file, "--state", plain, "--dbname", trail.conninfo, *words)
        ok(result.returncode == CANNOT, "a state that is no folder", result)


def folder_size(files):
    return int(re.fullmatch(r"notes/(\d+)\.note", next(name for name in files if name.startswith("notes/")))[1])


def wait_until(condition, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def test_interval(trail):
    folder = Folder(trail.conninfo)
    folder.witness("--init")
    link = os.path.join(folder.path, "socket")
    environment = {**os.environ, "PGHOST": link}
    process = subprocess.Popen([OPRES, "witness", *folder.command("--interval", "1s")], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=environment)
    try:
        time.sleep(0.5)
        ok(process.poll() is None, "a server that is not there is waited for")
        os.symlink(os.environ["PGHOST"], link)
        trail.append(2)
        ok(wait_until(lambda: folder.last()[1] == trail.size()), "and used when it is")
        result = folder.witness()
        ok(result.returncode == CANNOT and "another witness" in result.stderr, "one witness to a state", result)
        for _ in range(2):
            trail.append(2)
            ok(wait_until(lambda: folder.last()[1] == trail.size()), "growth is signed")
        with open(f"/proc/{process.pid}/limits", encoding="ascii") as limits:
            ok(re.search(r"Max core file size +0 +0 ", limits.read()) is not None, "it leaves no core dump")
        with open(f"/proc/{process.pid}/cmdline", "rb") as cmdline, open(f"/proc/{process.pid}/environ", "rb") as environ:
            secret = open(folder.key_file, "rb").read().strip().split(b"+", 4)[4]
            ok(secret not in cmdline.read() + environ.read(), "the secret is not in its arguments or environment")
        process.send_signal(signal.SIGHUP)
        trail.session.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'w' \\g /dev/null")
        os.remove(link)
        time.sleep(1.2)
        os.symlink(os.environ["PGHOST"], link)
        trail.append(1)
        ok(wait_until(lambda: folder.last()[1] == trail.size()) and process.poll() is None, "SIGHUP and a lost server do not end it")
        process.terminate()
        ok(process.wait(10) == OK, "SIGTERM does")
    finally:
        process.kill()
        out, err = process.communicate()
    ok(out.count("witnessed: ") == len(folder.checkpoints()) - 1, f"a line for each note: {out}")
    ok("server: " in err and secret.decode() not in out + err, f"the lost server was told, the secret not: {err}")
    trail.session.run("REVOKE EXECUTE ON FUNCTION opres.audit_checkpoint FROM w")
    trail.append(1)
    before = folder.files()
    for words in ((), ("--interval", "1s")):
        result = folder.witness(*words)
        ok(result.returncode == CANNOT and "permission denied" in result.stderr and folder.files() == before,
           "without the privilege it ends", result)
    trail.session.run("GRANT EXECUTE ON FUNCTION opres.audit_checkpoint TO w")
    trail.session.run("REVOKE EXECUTE ON FUNCTION opres.audit_consistency_proof FROM w")
    result = folder.witness()
    ok(result.returncode == CANNOT and "permission denied" in result.stderr and folder.files() == before, "the proof is needed", result)
    trail.session.run("GRANT EXECUTE ON FUNCTION opres.audit_consistency_proof TO w")
    ok(folder.witness().returncode == OK, "with it again")
    ok(trail.session.value("SELECT has_table_privilege('w', 'opres.audit_entry', 'SELECT')") == "f", "the trail itself it cannot read")


def test_usage(trail):
    folder = Folder(trail.conninfo)
    for words in ((), ("run",), ("nothing",), ("--key", "k"), ("run", "--state", "s"), ("keygen", "--key", "k"), ("vkey",), ("vkey", "--key"),
                  ("vkey", "--key", "k", "--state", "s"), folder.command("--init", "--init"), folder.command("more"),
                  folder.command("--interval", "1s", "--once"), folder.command("--interval", "0"), folder.command("--interval", "1ms"),
                  folder.command("--interval", "often"), folder.command("--nothing"), folder.command("--init", "--reason", "x"),
                  folder.command("--init", dbname="host=x password=secret-word"), folder.command(dbname="postgresql://u:secret-word@h/d"),
                  folder.command(dbname="host='"), folder.command("--init", dbname="host=/nowhere user=w"),
                  folder.command("--init", dbname="user=nobody-like-this")):
        for lang in ("en", "ja"):
            result = folder.run(*words, lang=lang)
            ok(result.returncode == CANNOT and result.stdout == "" and result.stderr.startswith("opres: "), f"usage: {words}", result)
            ok("secret-word" not in result.stderr, "no password is told")
            ok(result.stderr.isascii() == (lang == "en") or "server:" in result.stderr or "--dbname:" in result.stderr,
               f"language {lang}: {words}", result)
    ok(not os.path.exists(os.path.join(folder.state, "state")), "nothing began")
    for lang, word in (("en", "Usage: "), ("ja", "使い方: ")):
        result = folder.run("--help", lang=lang)
        ok(result.returncode == OK and result.stdout.startswith(word) and result.stderr == "", f"help in {lang}", result)
        documented = set(re.findall(r"--[a-z]+", result.stdout))
        with open(os.path.join(TOP, "src", "companion", "opres.1"), encoding="utf-8") as page:
            ok(documented <= set(re.findall(r"--[a-z]+", page.read().replace("\\-", "-"))), "the manual page has all options of the help")
        ok(documented >= {"--key", "--state", "--dbname", "--init", "--interval", "--name", "--reason", "--quiet", "--lang"}, "help has all options")


def main():
    check_reader()
    with Session() as session:
        session.run("CREATE ROLE w LOGIN")
    shared = Trail("shared")
    shared.append(7)
    test_keys()
    test_bad_key_files(shared)
    test_growth()
    test_empty_trail()
    test_tampering()
    test_lying_server()
    test_search_path()
    test_incarnations()
    test_state(shared)
    test_interval(shared)
    test_usage(shared)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())

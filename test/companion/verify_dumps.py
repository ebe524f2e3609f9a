#!/usr/bin/env python3
"""opres verify on dumps that are whole, however pg_dump may have written them, and on files that are none."""
import base64
import datetime
import gzip
import random

import program
import trail
from program import expect, verify

OFFSETS = [0, 9 * 3600, -(5 * 3600 + 1800), 5 * 3600 + 2700, 9 * 3600 + 18 * 60 + 59, -(4 * 3600 + 56 * 60 + 2)]


def whole(rows, dump, what, **more):
    root = base64.b64encode(trail.root_of(rows)).decode()
    expect(verify(dump), 0, what, out=[f"intact: {len(rows)} entries\n", f"root of {len(rows)} entries: {root}\n"], **more)


def sizes():
    for size in [*range(0, 18), 31, 32, 33, 63, 64, 65, 100, 127, 1000]:
        rows = trail.trail(size)
        whole(rows, trail.dump(rows), f"{size} entries")
        if size:
            whole(rows, trail.dump(rows, trail.insert_block), f"{size} entries in INSERTs")
    expect(verify(trail.dump([])), 0, "no entry", out="intact: 0 entries\nroot of 0 entries: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")


def styles():
    rows = trail.trail(60, seed=1, erased={4: 9, 5: 10, 40: 60})
    some = ["content", "at", "entry", "subject", "salt", "leaf_hash", "login", "previous_hash", "session_role", "reason", "action",
            "acting_role", "content_hash"]
    for row in rows:
        row["novel"] = f"x{row['entry']}"
    for what, style in {"offsets": {"offsets": OFFSETS}, "bytea in escape format": {"escape": True}, "no subtrees, another order": {"columns": some},
                        "a column nobody knows": {"columns": some + ["novel"]}, "that column first": {"columns": ["novel"] + some}}.items():
        whole(rows, trail.dump(rows, **style), f"COPY, {what}")
        whole(rows, trail.dump(rows, trail.insert_block, **style), f"INSERT, {what}")
    for what, style in {"several rows": {"together": 7}, "ON CONFLICT": {"after": "\n ON CONFLICT DO NOTHING"}, "one statement": {"together": 100},
                        "backslashes escaped": {"nonstandard": True}, "escaped, escape format": {"nonstandard": True, "escape": True}}.items():
        whole(rows, trail.dump(rows, trail.insert_block, **style), f"INSERT, {what}")
    whole(rows, trail.dump(rows, table='"opres"."audit_entry"'), "quoted names")
    whole(rows, trail.dump(rows).replace(b"\n", b"\r\n"), "lines of Windows")
    whole(rows, b"\xef\xbb\xbf" + trail.dump(rows), "a byte order mark")
    whole(rows, trail.dump(rows).replace(b"'UTF8'", b"'UTF-8'"), "UTF-8 by another name")
    whole(rows, trail.copy_block(rows).encode(), "the block alone")


def orders():
    rows = trail.trail(300, seed=2, erased={7: 30, 8: 31, 120: 200, 121: 203, 122: 204})
    orders_ = {"reversed": rows[::-1], "begun in the middle": rows[150:] + rows[:150], "odd ones first": rows[::2] + rows[1::2],
               "erased ones last": [r for r in rows if r["salt"]] + [r for r in rows if not r["salt"]]}
    rng = random.Random(3)
    for i in range(10):
        orders_[f"shuffled, {i}"] = rng.sample(rows, len(rows))
    for what, order in orders_.items():
        whole(rows, trail.dump(order), what)
    blocks = trail.copy_block(rows[100:]) + trail.insert_block(rows[:100])
    whole(rows, (trail.HEAD + blocks + trail.TAIL).encode(), "two blocks")


def ages():
    """Times at the edges of what PostgreSQL can hold."""
    rows = trail.trail(4, seed=4)
    shown = ["0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "294247-01-10 04:00:54.775807+00", "0044-03-15 12:00:00+00 BC"]
    micros = [-62135596800 * 10**6, 253402300799999999, 2**63 - 1, None]
    # Python's dates begin in year 1: 44 BC is the year -43, 400 years (146097 days) before 357.
    micros[3] = ((datetime.date(357, 3, 15).toordinal() - 146097 - datetime.date(1970, 1, 1).toordinal()) * 86400 + 12 * 3600) * 10**6
    dump = []
    for row, at in zip(rows, micros):
        row["at"] = at
    trail.seal(rows)
    for row, text in zip(rows, shown):
        dump.append(trail.copy_line({**row, "at": None}, trail.COLUMNS, {}).replace("\\N", text, 1) if row["previous_hash"] is not None
                    else "\t".join(text if i == 2 else part for i, part in enumerate(trail.copy_line({**row, "at": None}, trail.COLUMNS, {}).split("\t"))))
    block = trail.copy_block([]).replace("FROM stdin;\n", "FROM stdin;\n" + "\n".join(dump) + "\n")
    whole(rows, block.encode(), "times from 44 BC to 294247")
    for wrong in ("294247-01-10 04:00:54.775808+00", "294276-12-31 23:59:59+00", "infinity", "2026-02-29 00:00:00+00", "2026-13-01 00:00:00+00",
                  "2026-01-01 24:00:00+00", "2026-01-01 00:00:00", "2026-01-01", "2026-01-01 00:00:00+0", "2026-01-01 00:00:00.+00", ""):
        expect(verify(block.replace(shown[2], wrong).encode()), 1, f"time {wrong!r}", first_bad=3, out="column at")


def databases():
    one, two = trail.trail(5, seed=5), trail.trail(8, seed=6)

    def section(name, rows):
        return f"\\connect {name}\n\n{trail.dump(rows).decode()}"
    odd = "-reuse-previous=on \"dbname='o''d\\\\'d \"\"x'\"".replace("''", "\\'", 1).replace("\\\\'", "\\\\")
    both = (section("postgres", one) + section('"Bank two"', two) + section(odd, two)).encode()
    expect(verify(both), 2, "several databases", err=["several databases", "postgres, Bank two", "--database"])
    for name, rows in {"postgres": one, "Bank two": two, "o'd\\d \"x": two}.items():
        expect(verify(both, "--database", name), 0, f"database {name} of several", out=f"intact: {len(rows)} entries\n")
    expect(verify(both, "--database", "three"), 2, "a database that is not there", err="three")
    expect(verify(section("postgres", one).encode()), 0, "pg_dump -C")


def not_dumps():
    rows = trail.trail(5)
    plain = trail.dump(rows)
    for what, dump, said in [
            ("an empty file", b"", "no data of opres.audit_entry"), ("a dump without the table", (trail.HEAD + trail.TAIL).encode(), "no data of"),
            ("custom format", b"PGDMP\1\16\0", "pg_restore -f -"), ("tar", b"toc.dat".ljust(257, b"\0") + b"ustar\0", "pg_restore -f -"),
            ("gzip", gzip.compress(plain), "compressed"), ("another encoding", plain.replace(b"'UTF8'", b"'EUC_JP'"), "--encoding=UTF8"),
            ("binary junk", bytes(range(256)) * 20, ""), ("zeros", bytes(100000), "no data of"),
            ("COPY with options", plain.replace(b"content) FROM stdin;", b"content) FROM stdin WITH (FORMAT csv);"), "COPY with options"),
            ("a column twice", plain.replace(b"login, session_role", b"login, login"), "list of columns"),
            ("a list that breaks off", plain.replace(b"(entry, previous_hash", b"(entry, (previous_hash"), "list of columns"),
            ("INSERT ... SELECT", b"INSERT INTO opres.audit_entry SELECT 1;\n", "INSERT without VALUES"),
            ("a string without end", trail.HEAD.encode() + b"\nSELECT 'abc", "breaks off"),
            ("a comment without end", trail.HEAD.encode() + b"\n/* /* */", "breaks off"),
            ("a dollar quote without end", trail.HEAD.encode() + b"\nDO $x$ $y$ $x ", "breaks off")]:
        expect(verify(dump), 2, what, err=said)
    for name in trail.COLUMNS:
        if name != "subtrees":
            missing = [column for column in trail.COLUMNS if column != name]
            expect(verify(trail.dump(rows, columns=missing)), 2, f"without column {name}", err=f"no column {name} ")
            expect(verify(trail.dump(rows, trail.insert_block, columns=missing)), 2, f"INSERT without column {name}", err=f"no column {name} ")


def cut():
    """Cut off at any byte, a dump says so or lacks the table; it is never found whole."""
    rows = trail.trail(3, seed=7)
    for block in (trail.copy_block, trail.insert_block):
        dump = trail.dump(rows, block)
        end = dump.rindex(b"\\.\n") + 3 if block is trail.copy_block else dump.rindex(b"PostgreSQL database dump complete")
        rng = random.Random(8)
        for at in sorted(rng.sample(range(1, end), 120)):
            answer = verify(dump[:at])
            program.check(answer.status == 2 and not answer.out, f"{block.__name__} cut off at byte {at} of {len(dump)}", answer)


def files():
    rows = trail.trail(5)
    with program.Folder() as folder:
        dump = folder.put("dump.sql", trail.dump(rows))
        expect(program.run("verify", "--dump", dump), 0, "from a file")
        expect(program.run("verify", f"--dump={folder.path}/none"), 2, "no such file", err="cannot be read")
        expect(program.run("verify", "--dump", folder.path), 2, "a folder", err="pg_restore -f -")
        expect(program.run("verify", "--dump", "/proc/self/mem"), 2, "a file that cannot be read", err="Input/output error")
        with open("/dev/full", "wb") as full:
            answer = program.run("verify", "--dump", dump, stdout=full)
        expect(answer, 2, "output that does not arrive", err="standard output")


def usage():
    for what, arguments in {"an unknown option": ["--what"], "no value": ["--dump"], "two dumps": ["--dump", "a", "--dump", "b"],
                            "dump and connection": ["--dump", "-", "--dbname", "x"], "a database of no dump": ["--database", "x"],
                            "an argument": ["--dump", "-", "x"], "another language": ["--dump", "-", "--lang", "fr"],
                            "no key": ["--dump", "-", "--key", "abc"], "no key file": ["--dump", "-", "--key", "@/none"],
                            "no notes": ["--dump", "-", "--notes", "/none"], "a password": ["--dbname", "dbname=x password=y"]}.items():
        expect(program.run("verify", *arguments), 2, what)
    expect(program.run("verifi"), 2, "no such command", err="verifi")
    expect(program.run(), 2, "no command")
    for arguments in (["--help"], ["verify", "--help"], ["witness", "--help"], ["--version"]):
        for lang in ("en", "ja"):
            answer = program.run(*arguments, "--lang", lang)
            program.check(answer.status == 0 and answer.out and not answer.err, f"{arguments} in {lang}", answer)
    said = program.run("verify", "--help").out
    program.check(all(f"--{name}" in said for name in ("dump", "database", "dbname", "notes", "key", "require-anchor")), "--help names all options")


def languages():
    dump = trail.dump(trail.trail(5))
    for environment, japanese in [({"LC_ALL": "ja_JP.UTF-8"}, True), ({"LC_ALL": "", "LC_MESSAGES": "ja"}, True), ({"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, True),
                                  ({"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, False), ({"LC_ALL": "jam"}, False)]:
        answer = verify(dump, environment=environment)
        program.check(answer.status == 0 and answer.word == "intact" and ("異常なし" in answer.out) == japanese, f"language of {environment}", answer)
    expect(verify(dump, "--lang", "ja", environment={"LANG": "en"}), 0, "--lang ja", out="異常なし")
    expect(verify(dump, "--lang=en", environment={"LC_ALL": "ja_JP"}), 0, "--lang en", no_out="異常なし")


def progress():
    """Shown when asked for, and on a terminal only. A slow source: the line comes after half a second."""
    import os
    import pty
    import subprocess
    import time

    dump = trail.dump(trail.trail(6000, seed=9))
    for what, arguments, terminal, wanted in [("asked for", ["--progress"], False, True), ("not asked for", [], False, False), ("on a terminal", [], True, True),
                                              ("quiet on a terminal", ["--quiet"], True, False)]:
        ours, theirs = pty.openpty() if terminal else os.pipe()
        with subprocess.Popen([program.PROGRAM, "verify", "--dump", "-", *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=theirs, env=program.ENVIRONMENT) as process:
            process.stdin.write(dump[:len(dump) // 2])
            process.stdin.flush()
            time.sleep(.8)
            process.stdin.write(dump[len(dump) // 2:])
            process.stdin.close()
        os.write(theirs, b"#")
        said = b""
        while not said.endswith(b"#"):
            said += os.read(ours, 65536)
        program.check(process.returncode == 0 and (b"B/s" in said) == wanted and (not wanted or said.endswith(b"\x1b[K#")), f"progress, {what}: {said!r}")
        os.close(ours)
        os.close(theirs)


for test in (sizes, styles, orders, ages, databases, not_dumps, cut, files, usage, languages, progress):
    test()
program.close()

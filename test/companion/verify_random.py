#!/usr/bin/env python3
"""opres verify on dumps with bytes changed at random: it never crashes, and what it says is what an independent reader of the dump
finds. And on input made to hurt.   --cases N"""
import argparse
import os
import random
import re

import program
import trail
from program import check, expect, verify

SIMPLE = {98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11}


def unescape(value):
    """The rules of COPY's text format, as PostgreSQL's manual has them."""
    out, i = bytearray(), 0
    while i < len(value):
        if value[i] != 92:
            out.append(value[i])
            i += 1
            continue
        octal, hexa = re.compile(rb"[0-7]{1,3}").match(value, i + 1), re.compile(rb"x[0-9A-Fa-f]{1,2}").match(value, i + 1)
        if octal:
            out.append(int(octal.group(), 8) & 255)
            i = octal.end()
        elif hexa:
            out.append(int(hexa.group()[1:], 16))
            i = hexa.end()
        elif i + 1 == len(value):
            return None
        else:
            out.append(SIMPLE.get(value[i + 1], value[i + 1]))
            i += 2
    return bytes(out)


def meaning(name, value):
    """A value, or the text itself where it is none."""
    if value is None:
        return None
    if name in ("previous_hash", "content_hash", "leaf_hash", "salt"):
        if re.fullmatch(rb"\\x([0-9a-fA-F]{2})*", value):
            return bytes.fromhex(value[2:].decode())
    if name == "at":
        found = re.fullmatch(rb"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)", value)
        if found:
            try:
                year, month, day, hour, minute, second = (int(found[i]) for i in range(1, 7))
                at = trail.datetime.datetime(year, month, day, hour, minute, second) - trail.EPOCH
                offset = int(found[9]) * 3600 * (-1 if found[8] == b"-" else 1)
                return (at.days * 86400 + at.seconds - offset) * 10**6 + int((found[7] or b"").ljust(6, b"0"))
            except ValueError:
                return value
    return value


def read(block):
    """The rows of a COPY block, as a set of what they mean; None if it is none."""
    rows = []
    for line in block.split(b"\n")[:-1]:
        if line.endswith(b"\r"):
            line = line[:-1]
        if line == b"\\.":
            break
        values = line.split(b"\t")
        if len(values) != len(trail.COLUMNS):
            return None
        texts = [None if value == b"\\N" else unescape(value) for value in values]
        rows.append(tuple(meaning(name, text) for name, text in zip(trail.COLUMNS, texts) if name != "subtrees"))
    return sorted(rows, key=repr)


def data(rng, cases):
    """Bytes of the table's data."""
    found = kept = 0
    for case in range(cases):
        rows = trail.trail(rng.choice([1, 2, 5, 9]), seed=rng.randrange(20), erased={})
        dump = trail.dump(rows)
        begin = dump.index(b"FROM stdin;\n", dump.index(b"COPY opres.audit_entry (entry, previous")) + len(b"FROM stdin;\n")
        end = dump.index(b"\n\\.\n", begin) + 1
        block = bytearray(dump[begin:end])
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            at = rng.randrange(len(block))
            how = rng.randrange(5)
            if how == 0:
                block[at] ^= 1 << rng.randrange(8)
            elif how == 1:
                block[at] = rng.choice(b"\\\t\n\rN0a.A x\0\xff")
            elif how == 2:
                block[at:at] = bytes([rng.choice(b"\\\t\n\rN0a.A x\0\xff")])
            elif how == 3:
                del block[at:at + rng.choice([1, 2, 30])]
            else:
                other = rng.randrange(len(block))
                block[at], block[other] = block[other], block[at]
            if not block:
                break
        answer = verify(dump[:begin] + bytes(block) + dump[end:])
        was, now = read(dump[begin:end]), read(bytes(block) + b"\\.\n")
        if was == now:
            kept += 1
            check(answer.status == 0, f"case {case}: nothing that counts is changed", answer)
        else:
            found += 1
            check(answer.status in (1, 2) and answer.err.count("\n") <= 1, f"case {case}: a value is changed, and not found", answer)
    check(found > cases // 2 and (kept > 0 or cases < 300), f"{found} changes to be found, {kept} that change no value")


def anywhere(rng, cases):
    """Bytes of the whole file: an answer, of whatever kind."""
    for case in range(cases):
        rows = trail.trail(4, seed=case % 10)
        dump = bytearray(trail.dump(rows, rng.choice([trail.copy_block, trail.insert_block])))
        for _ in range(rng.choice([1, 3, 20])):
            at = rng.randrange(len(dump))
            how = rng.randrange(4)
            if how == 0:
                dump[at] = rng.choice(b"\\\t\n'\"$;()-/*.,\0\xff")
            elif how == 1:
                dump[at:at] = rng.choice([b"'", b'"', b"$$", b"/*", b"--", b"\\", b"\n", b";", b"(", b"E'", b"\\connect x\n", b"COPY opres.audit_entry FROM stdin;\n",
                                          b"INSERT INTO opres.audit_entry VALUES (", b"SET client_encoding = 'x';"])
            elif how == 2:
                del dump[at:at + rng.choice([1, 10, 500])]
            else:
                dump = dump[:at] + dump[at:][:rng.randrange(2000)] + dump[at:]
            if not dump:
                dump = bytearray(b"x")
        answer = verify(bytes(dump))
        check(answer.status in (0, 1, 2) and "\0" not in answer.out and (answer.status != 0 or answer.word == "intact"), f"anywhere, case {case}", answer)


def hostile():
    """Input made to take memory, time or sense."""
    rows = trail.trail(5)
    copy_, insert = trail.copy_block([]).split("\\.\n")[0].encode(), b"INSERT INTO opres.audit_entry VALUES ("
    line = trail.copy_line(rows[0], trail.COLUMNS, {}).encode()
    long = 40_000_000
    for what, dump in {"a long line of the table": copy_ + b"x" * long + b"\n\\.\n", "tabs": copy_ + b"\t" * long + b"\n\\.\n",
                       "backslashes": copy_ + b"\\" * long + b"\n\\.\n", "a long content": copy_ + line + b"x" * long + b"\n\\.\n",
                       "zeros": copy_ + bytes(1000) + b"\n\\.\n", "no UTF-8": copy_ + line.replace(b"1", b"\xff\xfe", 1) + b"\n\\.\n",
                       "an action too long": copy_ + trail.copy_line({**rows[0], "action": "x" * 70000}, trail.COLUMNS, {}).encode() + b"\n\\.\n",
                       "control characters": copy_ + b"\x1b[2J\x1b]0;x\x07" + b"\n\\.\n"}.items():
        answer = verify(dump)
        expect(answer, 1, what)
        check("\x1b" not in answer.out, f"{what}: escapes reach the terminal", answer)
    for what, dump in {"a long line without end": copy_ + b"x" * long, "a long string": insert + b"'" + b"x" * long, "a long name": b'"' + b"x" * long,
                       "a long word": b"x" * long, "open parentheses": b"(" * long, "nested comments": b"/*" * long, "dollars": b"$" * long,
                       "a long tag": b"$" + b"x" * long + b"$", "many columns": b"COPY opres.audit_entry (" + b"a, " * 2000 + b"b) FROM stdin;\n\\.\n",
                       "many values": insert + b"1, " * 1000, "one long line": b" " * long, "line ends": b"\n" * long, "a command": b"\\" + b"x" * long,
                       "a database without end": b"\\connect \"" + b"x" * long, "a connection without end": b"\\connect -reuse-previous=on \"dbname='" + b"\\" * 3000,
                       "a long encoding": b"SET client_encoding = '" + b"x" * 5000 + b"';\n" + copy_ + b"\\.\n"}.items():
        expect(verify(dump), 2, what)
    numbers = trail.copy_block([{**rows[0], "entry": i * 2 + 2, "previous_hash": b"x" * 32} for i in range(20000)])
    expect(verify(numbers.encode()), 1, "gaps everywhere", first_bad=1)
    deep = b"CREATE FUNCTION f() RETURNS void BEGIN ATOMIC " + b"CASE " * 100000 + b"END " * 100001 + b";\n" + trail.dump(rows)
    expect(verify(deep), 0, "a function of many CASEs")


arguments = argparse.ArgumentParser()
arguments.add_argument("--cases", type=int, default=20000 if os.environ.get("OPRES_LONG") else 400)
cases_ = arguments.parse_args().cases
data(random.Random(41), cases_)
anywhere(random.Random(42), cases_)
hostile()
program.close()

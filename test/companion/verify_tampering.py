#!/usr/bin/env python3
"""opres verify on trails that were tampered with: each way is found, at the right entry; and what notes add to that."""
import base64
import copy
import random

import program
import trail
from program import expect, verify

KEY = trail.Key("witness.bank.example", "ours")
OTHER = trail.Key("witness.bank.example", "not ours")  # of the same name
SECOND = trail.Key("auditor.example", "second")
LATER = "opres/7301234567890123456/16385/2"


def changed(rows, number, **values):
    rows = copy.deepcopy(rows)
    rows[number - 1].update(values)
    return rows


def flip(value):
    return bytes([value[0] ^ 1]) + value[1:]


def one_column():
    """Each column changed by itself, in the first, a middle and the last entry; the entry after tells when only the leaf was done again."""
    rows = trail.trail(40, seed=20, erased={5: 30})
    texts = {"login": "mallory", "session_role": "mallory", "acting_role": "mallory", "action": "map.approve", "subject": "map revision 7"}
    for number in (1, 17, 40):
        row = rows[number - 1]
        for column, value in {**texts, "at": row["at"] + 1, "content_hash": flip(row["content_hash"]), "leaf_hash": flip(row["leaf_hash"]),
                              "salt": flip(row["salt"]), "reason": (row["reason"] or "") + ".", "content": (row["content"] or "") + ".",
                              "previous_hash": flip(row["previous_hash"] or b"\0" * 32)}.items():
            # A previous hash in entry 1 is a malformed row; elsewhere what is wrong is the leaf (or the link, told of the same entry).
            dump = trail.dump(changed(rows, number, **{column: value}))
            expect(verify(dump), 1, f"{column} of entry {number}", first_bad=number, out=f"entry {number}: ")
        for column in ("reason", "content", "login", "subject"):
            if row[column] is not None:
                expect(verify(trail.dump(changed(rows, number, **{column: None}))), 1, f"{column} of {number} set to NULL", first_bad=number)
            else:
                expect(verify(trail.dump(changed(rows, number, **{column: ""}))), 1, f"{column} of {number}, NULL made empty", first_bad=number)
        for column in ("at", "session_role", "acting_role", "action", "content_hash", "leaf_hash"):
            expect(verify(trail.dump(changed(rows, number, **{column: None}))), 1, f"{column} of {number} NULL", first_bad=number, out=f"column {column}")
    expect(verify(trail.dump(changed(rows, 17, previous_hash=None))), 1, "previous hash NULL", first_bad=17, out="column previous_hash")
    for column in ("content_hash", "leaf_hash", "salt", "previous_hash"):
        expect(verify(trail.dump(changed(rows, 17, **{column: rows[16][column][:-1]}))), 1, f"{column} a byte short", first_bad=17, out=f"column {column}")


def deeper():
    rows = trail.trail(40, seed=21)
    more = changed(rows, 12, content="another")
    more[11]["content_hash"] = trail.content_hash(more[11])
    expect(verify(trail.dump(more)), 1, "content and its hash", first_bad=12, out="leaf hash")
    more[11]["leaf_hash"] = trail.leaf_hash(more[11])
    expect(verify(trail.dump(more)), 1, "content, its hash and the leaf", first_bad=13, out=["broken: problems in the trail: 1,", "does not go on from the entry before"])
    more[12]["previous_hash"] = more[11]["leaf_hash"]
    expect(verify(trail.dump(more)), 1, "and the next one's previous hash", first_bad=13, out="leaf hash")
    unlinked = copy.deepcopy(rows)
    unlinked[12]["previous_hash"] = flip(unlinked[12]["previous_hash"])
    unlinked[12]["leaf_hash"] = trail.leaf_hash(unlinked[12])
    unlinked[13]["previous_hash"] = unlinked[12]["leaf_hash"]
    trail.seal(unlinked, 14)
    rng = random.Random(2)
    for order in (unlinked, unlinked[::-1], unlinked[1::2] + unlinked[::2], *(rng.sample(unlinked, 40) for _ in range(20))):
        expect(verify(trail.dump(order)), 1, f"a wrong link alone, {[row['entry'] for row in order[:5]]}...", first_bad=13,
               out=["broken: problems in the trail: 1,", "entry 13: it does not go on"])
    trail.seal(more, 13)
    expect(verify(trail.dump(more)), 0, "all after it done again: no dump alone can tell", out="Nothing from outside the database vouches")
    swapped = copy.deepcopy(rows)
    swapped[19]["content"], swapped[20]["content"] = "a", "b"
    trail.seal(swapped)
    for column in ("salt", "reason", "content", "content_hash"):
        swapped[19][column], swapped[20][column] = swapped[20][column], swapped[19][column]
    expect(verify(trail.dump(swapped)), 1, "contents of two entries swapped", first_bad=20)
    numbers = copy.deepcopy(rows)
    numbers[19]["entry"], numbers[20]["entry"] = 21, 20
    expect(verify(trail.dump(numbers)), 1, "numbers of two entries swapped", first_bad=20)
    fields = changed(rows, 9, login="ab", session_role="c")
    trail.seal(fields)
    fields[8].update(login="a", session_role="bc")
    expect(verify(trail.dump(fields)), 1, "a letter from one column to the next", first_bad=9)


def numbers():
    rows = trail.trail(50, seed=22)
    for what, gone, first, said in [("the first", [1], 1, "entry 1: missing"), ("one in the middle", [25], 25, "entry 25: missing"),
                                    ("some", [25, 26, 27], 25, "entries 25 to 27: missing"), ("the first ones", [1, 2], 1, "entries 1 to 2: missing")]:
        expect(verify(trail.dump([row for row in rows if row["entry"] not in gone])), 1, f"{what} deleted", first_bad=first, out=said)
    closed = [row for row in copy.deepcopy(rows) if row["entry"] != 25]
    for number, row in enumerate(closed, 1):
        row["entry"] = number
    expect(verify(trail.dump(closed)), 1, "the gap closed by new numbers", first_bad=25)
    expect(verify(trail.dump(rows + rows[6:7])), 1, "a row twice", first_bad=7, out="more than one row")
    expect(verify(trail.dump(rows[:30] + changed(rows, 7, login="mallory")[6:7] + rows[30:])), 1, "two of a number", first_bad=7)
    inserted = copy.deepcopy(rows)
    extra = {**copy.deepcopy(rows[9]), "login": "mallory"}
    inserted.insert(10, extra)
    for number, row in enumerate(inserted, 1):
        row["entry"] = number
    expect(verify(trail.dump(inserted)), 1, "one put between", first_bad=11)
    for wrong in (0, -5, 2**63 - 1):
        expect(verify(trail.dump(changed(rows, 20, entry=wrong))), 1, f"number {wrong}", first_bad=20)
    for wrong in ("", "x", "20x", "020", "9223372036854775808", "1e3", "9" * 400):
        for block in (trail.copy_block, trail.insert_block):
            plain = trail.dump(rows, block).decode()
            old = "\n20\t" if block is trail.copy_block else "(20, "
            new = old.replace("20", wrong if block is trail.copy_block else f"'{wrong}'")
            expect(verify(plain.replace(old, new).encode()), 1, f"number {wrong!r}", first_bad=20, out="row without a number")
    order = copy.deepcopy(rows)
    random.Random(1).shuffle(order)
    order.remove(next(row for row in order if row["entry"] == 33))
    expect(verify(trail.dump(order)), 1, "a gap in disorder", first_bad=33, out="entry 33: missing")
    many = [row for row in rows if row["entry"] % 2]
    expect(verify(trail.dump(many)), 1, "every second one deleted", first_bad=2, out=["broken: problems in the trail: 24,", "and 4 more"])


def lines():
    """A line that is no row: too few columns, too many, an escape that breaks off."""
    rows = trail.trail(30, seed=23)
    texts = [trail.copy_line(row, trail.COLUMNS, {}) for row in rows]
    for what, line in {"a column less": texts[11].rsplit("\t", 1)[0], "a column more": texts[11] + "\t", "empty": "", "a lone backslash": texts[11][:-1] + "\\"}.items():
        dump = trail.copy_block(rows).replace(texts[11], line)
        at = dump.encode().split(b"\n").index(line.encode()) + 1
        if line == "":
            at = dump.split("\n").index(texts[10]) + 2
        expect(verify(dump.encode()), 1, f"a line that is no row: {what}", first_bad=12, out=f"(line {at} of the dump)")
    dump = trail.insert_block(rows)
    for what, new in {"a value less": "INSERT INTO opres.audit_entry VALUES (12);\n", "a function": "INSERT INTO opres.audit_entry VALUES (f(12));\n",
                      "DEFAULT": "INSERT INTO opres.audit_entry VALUES (DEFAULT);\n"}.items():
        start = dump.index("INSERT INTO opres.audit_entry VALUES (12,")
        end = dump.index("INSERT INTO opres.audit_entry VALUES (13,")
        expect(verify((dump[:start] + new + dump[end:] + trail.TAIL).encode()), 1, f"an INSERT that is no row: {what}", first_bad=12)


def digits():
    """What is no hexadecimal digit is taken for none."""
    rows = trail.trail(10, seed=34)
    dump = trail.dump(rows)
    for column in ("content_hash", "leaf_hash", "salt", "previous_hash"):
        text = rows[4][column].hex().encode()
        for digit in {b"f", b"0"} & {text[i:i + 1] for i in range(len(text))}:
            at = text.index(digit)
            wrongs = (text[:at] + bytes([wrong]) + text[at + 1:] for wrong in b"gG/:@`x\xff \"'")
            for wrong in wrongs:
                place = dump.index(b"\n5\t")
                row_end = dump.index(b"\n", place + 1)
                row = dump[place:row_end].replace(text, wrong)
                expect(verify(dump[:place] + row + dump[row_end:]), 1, f"{column} with {wrong[at:at + 1]}", first_bad=5, out=f"column {column}")


def erasures():
    rows = trail.trail(40, seed=24, erased={5: 30, 6: 31})
    erased = copy.deepcopy(rows)
    trail.erase(erased[7])
    expect(verify(trail.dump(rows)), 0, "erased with a record", out="erased: 2, on record", no_out="remark")
    expect(verify(trail.dump(erased)), 1, "erased without a record", first_bad=8, out="no later entry says")
    for what, changes in {"by an earlier entry": (20, 10, {}), "by itself": (20, 20, {}), "by an entry about another": (20, 30, {"subject": "entry 21"}),
                          "by another action": (20, 30, {"action": "map.label"}), "by a subject with more": (20, 30, {"subject": "entry 20 "}),
                          "by a subject with zeros": (20, 30, {"subject": "entry 020"})}.items():
        number, by, other = changes
        rows = trail.trail(40, seed=25)
        rows[by - 1].update(action="audit.erase", subject=f"entry {number}")
        rows[by - 1].update(other)
        trail.seal(rows)
        trail.erase(rows[number - 1])
        expect(verify(trail.dump(rows)), 1, f"erased {what}", first_bad=number, out=f"entry {number}: reason and content are gone")
    rows = trail.trail(40, seed=26)
    for by in (30, 31):
        rows[by - 1].update(action="audit.erase", subject="entry 3")
    trail.seal(rows)
    expect(verify(trail.dump(rows)), 0, "recorded as erased, and is there", out="remark: recorded as erased, and there all the same: 1")
    trail.erase(rows[2])
    expect(verify(trail.dump(rows)), 0, "erased, recorded twice", no_out="remark")
    for column in ("reason", "content"):
        expect(verify(trail.dump(changed(rows, 3, **{column: "new"}))), 1, f"{column} without salt", first_bad=3, out=f"column {column}")
    expect(verify(trail.dump(changed(rows, 3, content_hash=flip(rows[2]["content_hash"])))), 1, "the hash of what was erased", first_bad=3)


def notes():
    rows = trail.trail(100, seed=27)
    dump = trail.dump(rows)
    vkey = KEY.text
    sizes = [0, 1, 10, 33, 64, 80]
    with program.Folder() as folder:
        files = {size: folder.put(f"notes/{size:020}.note", trail.note_of(KEY, rows, size)) for size in sizes}
        folder.put("lock", ""), folder.put("state", "x"), folder.put("notes/readme", "x"), folder.put("notes/x.note.new", "x")

        def all_(*more):
            return ["--notes", folder.path, "--key", vkey, *more]
        expect(verify(dump, *all_()), 0, "notes that agree", out=["notes: 6 of 6 agree", "signatures: checked", f"anchored: whole up to entry 80, by note {files[80]} ({trail.ORIGIN})",
                                                                   "not anchored: entries 81 to 100"])
        expect(verify(dump, "--notes", folder.path / "notes", "--key", vkey), 0, "the folder of notes itself", out="6 of 6 agree")
        expect(verify(dump, "--notes", folder.path), 0, "no key", out=["signatures: NOT CHECKED", "agrees: up to entry 80"], no_out="anchored: whole")
        expect(verify(dump, "--notes", folder.path, "--require-anchor"), 3, "an anchor without a key")
        expect(verify(dump, "--require-anchor"), 3, "no anchor", out="unanchored: 100 entries")
        expect(verify(dump, "--notes", files[0], "--key", vkey, "--require-anchor"), 3, "an anchor of no entry")
        expect(verify(dump, "--notes", files[1], "--key", vkey, "--require-anchor"), 0, "an anchor of one entry", out="not anchored: entries 2 to 100")
        expect(verify(dump, "--key", vkey, "--notes", files[10], "--notes", files[33]), 0, "several --notes", out="2 of 2 agree")
        expect(verify(trail.dump(rows[:80]), *all_("--require-anchor")), 0, "all anchored", no_out="not anchored")
        rng = random.Random(1)
        expect(verify(trail.dump(rng.sample(rows, 100)), *all_()), 0, "in disorder", out="notes: 6 of 6 agree")
        expect(verify(trail.dump(trail.trail(100, seed=27)), *all_()), 0, "the same trail made again", out="6 of 6")
        # A rewriting of all from an entry on, which only notes can tell.
        for first, between in [(1, 1), (2, (2, 10)), (34, (34, 64)), (64, (34, 64)), (65, (65, 80)), (80, (65, 80))]:
            more = changed(rows, first, content="rewritten")
            trail.seal(more, first)
            expect(verify(trail.dump(more), *all_()), 1, f"rewritten from entry {first} on", first_bad=between,
                   out=["broken: problems in the trail: 0,", "the change lies in entries"])
        more = changed(rows, 81, content="rewritten")
        trail.seal(more, 81)
        expect(verify(trail.dump(more), *all_()), 0, "rewritten after the last note: not protected, and not claimed", out="not anchored: entries 81 to 100. Nothing is proven")
        expect(verify(trail.dump(rows[:79]), *all_()), 1, "the tail cut off", first_bad=80, out="(80 entries): the trail ends at entry 79")
        expect(verify(trail.dump([]), *all_()), 1, "all deleted", first_bad=1, out="the trail ends at entry 0")
        shorter = trail.trail(100, seed=28)[:70]
        expect(verify(trail.dump(shorter), *all_()), 1, "another trail", first_bad=1, out="notes: 1 of 6 agree")
        expect(verify(trail.dump(changed(rows, 50, content="x")), *all_()), 1, "one content", first_bad=50, out=["notes: 4 of 6 agree", "anchored: whole up to entry 33"])
        expect(verify(trail.dump([r for r in rows if r["entry"] != 50]), *all_()), 1, "one deleted", first_bad=50, out=["cannot be compared", "4 of 6"])
        hidden = changed(rows, 70, content="x")
        hidden[33]["content"] = "rewritten"
        trail.seal(hidden, 34)
        hidden[69]["content"] = "y"
        expect(verify(trail.dump(hidden), *all_()), 1, "rewritten from 34 on, and 70 changed", first_bad=(34, 64))
        contradicting = folder.put("other.note", trail.note_of(KEY, trail.trail(100, seed=28), 60))
        expect(verify(dump, *all_("--notes", contradicting)), 1, "a note of another trail below one that agrees", out="these entries are those of")
        for name in ("notes/0.note", "notes/z.note"):  # before and after the one of 80 entries that agrees
            folder.put(name, trail.note_of(KEY, trail.trail(100, seed=28), 80))
            answer = verify(dump, *all_())
            expect(answer, 1, f"two notes of a size, {name}", out="these entries are those of")
            program.check(answer.first_bad is None, "no entry is bad: one note is", answer)
            (folder.path / name).unlink()


def incarnations():
    rows = trail.trail(60, seed=29)
    dump = trail.dump(rows)
    with program.Folder() as folder:
        folder.put("00000000000000000020.note", trail.note_of(KEY, rows, 20))
        folder.put("00000000000000000030.note", trail.note_of(KEY, rows, 30))
        folder.put("00000000000000000050-2.note", trail.note_of(KEY, rows, 50, LATER))
        expect(verify(dump, "--notes", folder.path, "--key", KEY.text), 0, "notes of two incarnations",
               out=[f"incarnation {trail.ORIGIN}: notes: 2, the last of size 30", f"incarnation {LATER}: notes: 1, the last of size 50"])
        folder.put("00000000000000000040-2.note", trail.note_of(KEY, trail.trail(60, seed=30), 40, LATER))
        expect(verify(dump, "--notes", folder.path, "--key", KEY.text), 1, "one of them of another trail")
        (folder.path / "00000000000000000040-2.note").unlink()
        folder.put("00000000000000000050-2.break", "opres witness break v1\n")
        expect(verify(dump, "--notes", folder.path, "--key", KEY.text), 0, "a break that a witness recorded", out=["(times: 1); it says why in", "-2.break"])


def signatures():
    rows = trail.trail(20, seed=31)
    dump = trail.dump(rows)
    good = trail.note_of(KEY, rows, 12)
    body = trail.checkpoint(12, trail.root_of(rows, 12))
    with program.Folder() as folder:
        def note(content, *keys):
            path = folder.put("a.note", content)
            return verify(dump, "--notes", path, *[word for key in keys or [KEY.text] for word in ("--key", key)])
        expect(note(good), 0, "signed", out="pinned keys: 1")
        expect(note(good + SECOND.line(body)), 0, "signed by one more whom nobody knows")
        expect(note(good + SECOND.line(body), KEY.text, SECOND.text), 0, "signed by two", out="pinned keys: 2")
        expect(note(good, KEY.text, SECOND.text), 0, "one of two keys")
        expect(note(good, SECOND.text), 1, "signed by somebody else", out="no signature by a pinned key", no_out="anchored: whole")
        expect(note(good, OTHER.text), 1, "signed with another key of the name", out="no signature by a pinned key")
        line = good.splitlines()[-1]
        raw = bytearray(base64.b64decode(line.split()[-1]))
        raw[20] ^= 1
        forged = good.replace(line.split()[-1], base64.b64encode(raw).decode())
        expect(note(forged), 1, "a wrong signature", out="its signature is wrong")
        expect(note(forged, KEY.text, SECOND.text), 1, "a wrong signature, two keys", out="its signature is wrong")
        wrong_line = forged.splitlines()[-1] + "\n"
        expect(note(trail.checkpoint(12, trail.root_of(rows, 12)) + "\n" + SECOND.line(body) + wrong_line, KEY.text, SECOND.text), 1, "one right, one wrong",
               out="its signature is wrong")
        expect(note(good.replace("\n12\n", "\n11\n")), 1, "another size under the signature", out="its signature is wrong")
        expect(note(good.replace("opres/7", "opres/8")), 1, "another origin under the signature", out="its signature is wrong")
        foreign = trail.checkpoint(12, trail.root_of(rows, 12), "go.sum database tree".replace(" ", ""))
        expect(note(f"{foreign}\n{KEY.line(foreign)}"), 1, "a checkpoint of something else", out="no signed checkpoint")
        for what, junk in {"empty": "", "no signature": body, "junk": "\0\1\2", "text": "hello\n", "a dump": dump, "long": "x" * 2_000_000}.items():
            path = folder.put("a.note", junk)
            answer = verify(dump, "--notes", path, "--key", KEY.text)
            if what == "long":
                expect(answer, 2, "a note of 2 MB", err="cannot be read")
            else:
                expect(answer, 1, f"a note that is none: {what}", out="no signed checkpoint")
        (folder.path / "a.note").unlink()
        expect(verify(dump, "--notes", folder.path, "--key", KEY.text), 2, "a folder without notes", err="no *.note")
        (folder.path / "d.note").mkdir()
        expect(verify(dump, "--notes", folder.path, "--key", KEY.text), 2, "a folder named as a note", err="cannot be read")
        keys = folder.put("keys", f"# of the witness\n{KEY.text}\r\n\n{SECOND.text}\n")
        path = folder.put("good.note", good)
        expect(verify(dump, "--notes", path, "--key", f"@{keys}"), 0, "keys from a file", out="pinned keys: 2")
        expect(verify(dump, "--notes", path, "--key", f"@{folder.put('none', '# none')}"), 2, "a file without keys", err="no verifier key")
        for wrong in (KEY.text[:-4], KEY.text.replace("+", " "), KEY.text + "=", KEY.text.replace(KEY.id.hex(), "00000000"), "@", ""):
            expect(verify(dump, "--key", wrong), 2, f"the key {wrong!r}")


def cut_and_broken():
    """What was found before a dump breaks off counts."""
    rows = changed(trail.trail(30, seed=32), 7, login="mallory")
    dump = trail.dump(rows)
    at = dump.index(b"\n25\t")
    expect(verify(dump[:at]), 1, "broken, then cut off", first_bad=7, out="not read to its end", err="breaks off", no_out="root of")
    expect(verify(dump[:dump.index(b"\n6\t")]), 2, "cut off before it is broken", err="breaks off")


def japanese():
    """Every message has two languages: the same verdict, number and status in both."""
    rows = trail.trail(40, seed=33)
    more = changed(rows, 7, content="x")
    with program.Folder() as folder:
        path = folder.put("a.note", trail.note_of(KEY, rows, 12))
        answer = verify(trail.dump(more[:11]), "--notes", path, "--lang", "ja")
        expect(answer, 1, "in Japanese", out=["broken: 不正あり", "最初の不正な記録: 7番", "証跡は 11番で終わっています", "署名: 未検証"])


for test in (one_column, deeper, numbers, lines, digits, erasures, notes, incarnations, signatures, cut_and_broken, japanese):
    test()
program.close()

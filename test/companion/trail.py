"""Trails, dumps and notes made from src/engine/audit-format.md alone: hashlib and struct, nothing of the program under test."""
import base64
import datetime
import hashlib
import random
import struct

import ed25519

COLUMNS = ["entry", "previous_hash", "at", "login", "session_role", "acting_role", "action", "subject", "content_hash", "leaf_hash",
           "subtrees", "salt", "reason", "content"]
ORIGIN = "opres/7301234567890123456/16385/1"
EPOCH = datetime.datetime(1970, 1, 1)


def sha(data):
    return hashlib.sha256(data).digest()


def field(value):
    if value is None:
        return struct.pack(">i", -1)
    if isinstance(value, int):
        value = struct.pack(">q", value)
    elif isinstance(value, str):
        value = value.encode()
    return struct.pack(">i", len(value)) + value


def content_hash(row):
    return sha(row["salt"] + b"opres content v1\n" + field(row["reason"]) + field(row["content"]))


def leaf_hash(row):
    names = ["entry", "previous_hash", "at", "content_hash", "login", "session_role", "acting_role", "action", "subject"]
    return sha(b"\0opres entry v1\n" + b"".join(field(row[name]) for name in names))


def root(leaves):
    """The tree hash of RFC 6962, section 2.1."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1" + root(leaves[:split]) + root(leaves[split:]))


def subtrees(rows, number):
    roots, size = b"", 2
    while number % size == 0:
        roots += root([row["leaf_hash"] for row in rows[number - size:number]])
        size *= 2
    return roots or None


TEXTS = ["", "x", "map revision 12", "勘定系システムの停止", "tab\there", "line\nfeed\r\n", "back\\slash \\N \\. \\x41", "it's \"quoted\" $$ --",
         "\u0001\u0007\b\f\v", "😀 émoji", " blanks ", '{"revision": 12, "stamp": "a-b"}', "\\", "'", "''", ";", "/* no comment", "\\.\n"]


def text(rng):
    return rng.choice(TEXTS) if rng.random() < .7 else "".join(rng.choice("abc \\\t\n'é漢x01\"$") for _ in range(rng.randrange(40)))


def maybe(rng, value):
    return None if rng.random() < .2 else value


def new_row(rng, number, at):
    return {"entry": number, "previous_hash": None, "at": at, "login": maybe(rng, "alice"),
            "session_role": rng.choice(["alice", "ぼぶ", "o'hara"]), "acting_role": rng.choice(["bcm_editor", "alice"]),
            "action": rng.choice(["map.revision", "access.grant", "map.label", text(rng) or "a"]), "subject": maybe(rng, text(rng)),
            "salt": rng.randbytes(16), "reason": maybe(rng, text(rng)), "content": maybe(rng, text(rng))}


def seal(rows, first=1):
    """Computes the hashes from entry `first` on; erased rows keep their content hash."""
    for row in rows[first - 1:]:
        number = row["entry"]
        row["previous_hash"] = rows[number - 2]["leaf_hash"] if number > 1 else None
        if row["salt"] is not None:
            row["content_hash"] = content_hash(row)
        row["leaf_hash"] = leaf_hash(row)
    for row in rows[first - 1:]:
        row["subtrees"] = subtrees(rows, row["entry"])


def erase(row):
    row["salt"] = row["reason"] = row["content"] = None


def trail(count, seed=0, erased=()):
    """A trail of so many entries; each number in erased is erased by the entry its value (dict) tells."""
    rng = random.Random(f"trail {count} {seed}")
    at = 1_700_000_000_000_000 + rng.randrange(10**15)
    rows = []
    for number in range(1, count + 1):
        at += rng.choice([1, 1000, 10**6, 3600 * 10**6, -5])
        rows.append(new_row(rng, number, at))
    for number, by in dict(erased).items():
        rows[by - 1].update(action="audit.erase", subject=f"entry {number}", content=None)
    seal(rows)
    for number in dict(erased):
        erase(rows[number - 1])
    return rows


def root_of(rows, size=None):
    return root([row["leaf_hash"] for row in rows[:len(rows) if size is None else size]])


# Dumps

def timestamp(micros, offset=0):
    """As PostgreSQL writes it in a zone so many seconds east of UTC."""
    local = EPOCH + datetime.timedelta(microseconds=micros + offset * 10**6)
    shown = local.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")
    if local.microsecond:
        shown += f".{local.microsecond:06}".rstrip("0")
    hours, rest = divmod(abs(offset), 3600)
    shown += f"{'-' if offset < 0 else '+'}{hours:02}"
    if rest:
        shown += f":{rest // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")
    return shown


def bytea(value, escape=False):
    if not escape:
        return "\\x" + value.hex()
    return "".join("\\\\" if byte == 92 else chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}" for byte in value)


def shown(value, name, style):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return bytea(value, style.get("escape", False))
    if name == "at":
        offsets = style.get("offsets", [0])
        return timestamp(value, offsets[value % len(offsets)])
    return str(value)


COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"})


def copy_line(row, columns, style):
    values = [shown(row[name], name, style) for name in columns]
    return "\t".join("\\N" if value is None else value.translate(COPY_ESCAPES) for value in values)


def literal(value, name, style):
    value = shown(value, name, style)
    if value is None:
        return "NULL"
    if name == "entry":
        return value
    if style.get("nonstandard") and "\\" in value:
        return " E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + value.replace("'", "''") + "'"


HEAD = """--
-- PostgreSQL database dump
--

-- Dumped from database version 15.8
-- Dumped by pg_dump version 15.8

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE EXTENSION IF NOT EXISTS opres WITH SCHEMA opres;

COMMENT ON EXTENSION opres IS 'it''s; COPY opres.audit_entry FROM stdin;
\\.
';

CREATE TABLE public.other (
    "COPY opres.audit_entry FROM stdin;" text
);

CREATE FUNCTION public.f() RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT CASE WHEN true THEN 1 END;
 INSERT INTO opres.audit_entry DEFAULT VALUES;
END;

CREATE FUNCTION public.g() RETURNS void LANGUAGE plpgsql AS $_$
BEGIN
COPY opres.audit_entry FROM stdin; $a$ $_ $
END $_$;

COPY public.other ("COPY opres.audit_entry FROM stdin;") FROM stdin;
COPY opres.audit_entry (entry) FROM stdin;
--
/* '
\\N
\\.

"""
TAIL = """
SELECT pg_catalog.setval('public.s', 1, false);

--
-- PostgreSQL database dump complete
--

"""
HEADER = """
--
-- Data for Name: audit_entry; Type: TABLE DATA; Schema: opres; Owner: opres_audit
--

"""


def copy_block(rows, **style):
    columns = style.get("columns", COLUMNS)
    lines = "".join(copy_line(row, columns, style) + "\n" for row in rows)
    return f"{HEADER}COPY {style.get('table', 'opres.audit_entry')} ({', '.join(columns)}) FROM stdin;\n{lines}\\.\n\n"


def insert_block(rows, **style):
    columns, together = style.get("columns", COLUMNS), style.get("together", 1)
    names = f" ({', '.join(columns)})" if "columns" in style else ""
    out = HEADER
    for first in range(0, len(rows), together):
        values = ["(" + ", ".join(literal(row[name], name, style) for name in columns) + ")" for row in rows[first:first + together]]
        out += f"INSERT INTO opres.audit_entry{names} VALUES{' ' if together == 1 else chr(10) + chr(9)}" + (",\n\t").join(values)
        out += style.get("after", "") + ";\n"
    return out + "\n"


def dump(rows, block=copy_block, **style):
    head = HEAD.replace("standard_conforming_strings = on", "standard_conforming_strings = off") if style.get("nonstandard") else HEAD
    return (head + block(rows, **style) + TAIL).encode()


# Notes

class Key:
    def __init__(self, name, seed):
        self.name, self.seed = name, hashlib.sha256(seed.encode()).digest()
        self.public = ed25519.public_key(self.seed)
        self.id = sha(f"{name}\n".encode() + b"\1" + self.public)[:4]
        self.text = f"{name}+{self.id.hex()}+{base64.b64encode(bytes([1]) + self.public).decode()}"

    def line(self, body):
        return f"— {self.name} {base64.b64encode(self.id + ed25519.sign(self.seed, body.encode())).decode()}\n"


def checkpoint(size, root_hash, origin=ORIGIN):
    return f"{origin}\n{size}\n{base64.b64encode(root_hash).decode()}\n"


def note(key, size, root_hash, origin=ORIGIN):
    body = checkpoint(size, root_hash, origin)
    return f"{body}\n{key.line(body)}"


def note_of(key, rows, size, origin=ORIGIN):
    return note(key, size, root_of(rows, size), origin)

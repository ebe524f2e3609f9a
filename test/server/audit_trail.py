"""The audit trail recomputed from src/engine/audit-format.md: entries, leaves, the tree of RFC 6962 and its proofs. Shares nothing
with the extension but that page; trusts no stored hash."""
import base64
import collections
import hashlib
import os
import struct
import subprocess

EPOCH = 946_684_800_000_000  # PostgreSQL's, 2000-01-01, in microseconds since 1970
COLUMNS = ("entry", "previous_hash", "at", "login", "session_role", "acting_role", "action", "subject", "content_hash", "leaf_hash",
           "subtrees", "salt", "reason", "content")
Row = collections.namedtuple("Row", ("xmin", *COLUMNS))
TEXTS = {Row._fields.index(name) for name in ("login", "session_role", "acting_role", "action", "subject", "reason", "content")}


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def field(value):
    if value is None:
        return struct.pack(">i", -1)
    if isinstance(value, int):
        value = struct.pack(">q", value)
    elif isinstance(value, str):
        value = value.encode()
    return struct.pack(">i", len(value)) + value


def content_hash(salt, reason, content):
    return sha256(salt, b"opres content v1\n", field(reason), field(content))


def leaf_hash(row, previous, hashed_content):
    return sha256(b"\0", b"opres entry v1\n", field(row.entry), field(previous), field(row.at), field(hashed_content), field(row.login),
                  field(row.session_role), field(row.acting_role), field(row.action), field(row.subject))


class Tree:
    """RFC 6962, section 2.1, over leaf hashes; of any size up to what was added."""

    def __init__(self, leaves=()):
        self.levels = [[]]
        for leaf in leaves:
            self.add(leaf)

    def __len__(self):
        return len(self.levels[0])

    def add(self, leaf):
        level, node = 0, leaf
        while True:
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level].append(node)
            if len(self.levels[level]) % 2:
                return
            node = sha256(b"\1", *self.levels[level][-2:])
            level += 1

    def subtrees(self, entry):
        """What audit_entry.subtrees must be."""
        roots, level = b"", 1
        while entry % (1 << level) == 0:
            roots += self.levels[level][(entry >> level) - 1]
            level += 1
        return roots or None

    def range(self, low, high):
        size = high - low
        if size & (size - 1) == 0 and low % size == 0:
            return self.levels[size.bit_length() - 1][low // size]
        middle = low + split(size)
        return sha256(b"\1", self.range(low, middle), self.range(middle, high))

    def root(self, size=None):
        size = len(self) if size is None else size
        return self.range(0, size) if size else sha256()

    def inclusion(self, leaf, size, low=0):
        """PATH(leaf, D[low:low + size])"""
        if size == 1:
            return []
        k = split(size)
        if leaf < k:
            return self.inclusion(leaf, k, low) + [self.range(low + k, low + size)]
        return self.inclusion(leaf - k, size - k, low + k) + [self.range(low, low + k)]

    def consistency(self, old, new, low=0, whole=True):
        """SUBPROOF(old, D[low:low + new], whole)"""
        if old in (0, new):
            return [] if whole else [self.range(low, low + new)]
        k = split(new)
        if old <= k:
            return self.consistency(old, k, low, whole) + [self.range(low + k, low + new)]
        return self.consistency(old - k, new - k, low + k, False) + [self.range(low, low + k)]


def split(size):
    """The largest power of two below size."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_holds(leaf, index, size, proof, root):
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = sha256(b"\1", p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\1", r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistency_holds(old, new, proof, old_root, new_root):
    """RFC 9162, section 2.1.4.2; an empty old tree and equal sizes as well."""
    if old > new or old in (0, new):
        return old <= new and not proof and old_root == (sha256() if old == 0 else new_root)
    if not proof:
        return False
    if old & (old - 1) == 0:
        proof = [old_root, *proof]
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\1", c, fr), sha256(b"\1", c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\1", sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


def read(database, after=0, host=None):
    """The rows of the table after an entry, in the order of their numbers, as they are stored."""
    query = f"SELECT xmin::text::bigint, {', '.join(COLUMNS)} FROM opres.audit_entry WHERE entry > {after} ORDER BY entry"
    command = ["psql", "-X", "-q", "-d", database, *(("-h", host) if host else ()), "-c", f"COPY ({query}) TO STDOUT (FORMAT binary)"]
    data = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=dict(os.environ, PGCLIENTENCODING="UTF8")).stdout
    rows, position = [], 19
    while data[position:position + 2] != b"\xff\xff":
        values, position = [], position + 2
        for i, name in enumerate(Row._fields):
            length = struct.unpack_from(">i", data, position)[0]
            position += 4
            if length < 0:
                values.append(None)
                continue
            value, position = data[position:position + length], position + length
            if name in ("xmin", "entry", "at"):
                value = struct.unpack(">q", value)[0] + (EPOCH if name == "at" else 0)
            values.append(value.decode() if i in TEXTS else value)
        rows.append(Row(*values))
    return rows


def problems(rows, tree=None, erased=None):
    """What is wrong with rows that follow those of the tree; they are added to it, recomputed."""
    tree = Tree() if tree is None else tree
    erased = {int(row.subject.removeprefix("entry ")): row.entry for row in rows if row.action == "audit.erase"} if erased is None else erased
    found = []
    for row in rows:
        number, previous = len(tree) + 1, tree.levels[0][-1] if len(tree) else None
        if row.entry != number:
            found.append(f"entry {row.entry} stands where {number} should")
        if row.salt is None:
            hashed = row.content_hash
            if erased.get(row.entry, 0) <= row.entry:
                found.append(f"entry {row.entry} is empty but was not erased")
        else:
            hashed = content_hash(row.salt, row.reason, row.content)
        if len(row.salt or b"." * 16) != 16:
            found.append(f"entry {row.entry}: salt")
        leaf = leaf_hash(row, previous, hashed)
        tree.add(leaf)
        for name, want in (("previous_hash", previous), ("content_hash", hashed), ("leaf_hash", leaf), ("subtrees", tree.subtrees(number))):
            if getattr(row, name) != want:
                found.append(f"entry {row.entry}: {name}")
    return found


def relinked(rows, tree=None):
    """The rows numbered and hashed anew, one after the other: what a forger with all rights would put in place."""
    tree, made = Tree() if tree is None else tree, []
    for row in rows:
        number, previous = len(tree) + 1, tree.levels[0][-1] if len(tree) else None
        hashed = row.content_hash if row.salt is None else content_hash(row.salt, row.reason, row.content)
        row = row._replace(entry=number, previous_hash=previous, content_hash=hashed)
        leaf = leaf_hash(row, previous, hashed)
        tree.add(leaf)
        made.append(row._replace(leaf_hash=leaf, subtrees=tree.subtrees(number)))
    return made


def insert(rows):
    """A statement that puts rows in place."""
    def literal(value):
        if value is None:
            return "NULL"
        if isinstance(value, bytes):
            return f"'\\x{value.hex()}'"
        return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
    values = (", ".join(f"timestamptz 'epoch' + {row.at} * interval '1 microsecond'" if name == "at" else literal(getattr(row, name))
                        for name in COLUMNS) for row in rows)
    return f"INSERT INTO opres.audit_entry ({', '.join(COLUMNS)}) VALUES\n" + ",\n".join(f"({value})" for value in values) + ";"


Checkpoint = collections.namedtuple("Checkpoint", ("origin", "size", "root"))


def checkpoint(session):
    """audit_checkpoint, taken apart; ValueError if it is not three lines, each ended."""
    return parsed("\n".join(line for (line,) in session.run("SELECT opres.audit_checkpoint();")))


def parsed(text):
    origin, size, root, *end = text.split("\n")
    if end != [""] or str(int(size)) != size or len(base64.b64decode(root, validate=True)) != 32:
        raise ValueError(f"no checkpoint: {text!r}")
    return Checkpoint(origin, int(size), base64.b64decode(root))


def hashes(session, sql):
    """A bytea[] of hashes as a function returned it."""
    return [bytes.fromhex(row[0]) for row in session.run(f"SELECT encode(h, 'hex') FROM unnest({sql}) WITH ORDINALITY AS t (h, n) ORDER BY n;")]


# The published vectors of RFC 6962's reference implementation (certificate-transparency, merkle_tree_test.cc): inputs and roots.
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = ("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")


def check_ourselves():
    tree = Tree(sha256(b"\0", bytes.fromhex(data)) for data in INPUTS)
    for size, root in enumerate(ROOTS, 1):
        assert tree.root(size).hex() == root
        for leaf in range(size):
            assert inclusion_holds(tree.levels[0][leaf], leaf, size, tree.inclusion(leaf, size), tree.root(size))
            assert not inclusion_holds(tree.levels[0][leaf - 1], leaf, size, tree.inclusion(leaf, size), tree.root(size)) or size == 1
        for old in range(size + 1):
            assert consistency_holds(old, size, tree.consistency(old, size), tree.root(old), tree.root(size))
            assert not consistency_holds(old, size, tree.consistency(old, size), tree.root(old), tree.root(size - 1)) or old == 0


check_ourselves()

"""Another reader of what `opres witness` writes: Ed25519 after RFC 8032 (section 5.1.7), C2SP signed notes, the root of RFC 6962."""
import base64
import functools
import hashlib
import os
import re
import struct
import subprocess
import tempfile

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Points on -x^2 + y^2 = 1 + D x^2 y^2 as (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z (RFC 8032, section 5.1.4)."""
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * D * a[3] * b[3] % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, z - t, z + t, n + m
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def multiply(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, point)
        point = add(point, point)
        n >>= 1
    return total


def decode_point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        raise ValueError("y is too large")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_M1 % P
    if (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@functools.cache
def signature_holds(public, message, signature):
    if len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    try:
        key, r = decode_point(public), decode_point(signature[:32])
    except ValueError:
        return False
    return s < L and same(multiply(s, BASE), add(r, multiply(k, key)))


class Key:
    """NAME+hex(key id)+base64(0x01 ‖ public key)"""

    def __init__(self, text):
        self.text = text
        self.name, key_id, encoded = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+(\S+)", text).groups()
        typed = base64.b64decode(encoded, validate=True)
        assert len(typed) == 33 and typed[0] == 1
        self.public = typed[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + typed).digest()[:4]
        assert self.id.hex() == key_id


def open_note(data, key):
    """The text of a note with exactly one signature, by this key."""
    text, signature = data.rsplit(b"\n\n", 1)
    text += b"\n"
    name, encoded = re.fullmatch("— (\\S+) (\\S+)\n", signature.decode()).groups()
    assert name == key.name
    signed = base64.b64decode(encoded, validate=True)
    assert base64.b64encode(signed).decode() == encoded and signed[:4] == key.id
    assert signature_holds(key.public, text, signed[4:]), "the signature does not hold"
    return text.decode()


def root(leaves):
    """RFC 6962, section 2.1, over leaf hashes; the split is the largest power of two below their number."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
OPRES = os.path.join(TOP, "build", "companion", "opres")


class Folder:
    """A key and a state of a witness in a folder that goes away, and the program run on them."""

    def __init__(self, dbname="user=w"):
        self.temporary = tempfile.TemporaryDirectory()
        self.path = self.temporary.name
        self.key_file = os.path.join(self.path, "key")
        self.state = os.path.join(self.path, "state")
        self.notes = os.path.join(self.state, "notes")
        self.dbname = dbname
        self.key = Key(self.run("keygen", "--name", "test.example/witness", "--key", self.key_file).stdout.strip())

    def arguments(self, *words, lang="en"):
        return [OPRES, "--lang", lang, "witness", *words] if words and words[0] == "--help" else [OPRES, "witness", *words, "--lang", lang]

    def run(self, *words, lang="en", **more):
        return subprocess.run(self.arguments(*words, lang=lang), capture_output=True, text=True, timeout=120, check=False, **more)

    def command(self, *words, verb="run", dbname=None, key=None):
        """The words of a command that works on key, state and server."""
        return [verb, "--key", key or self.key_file, "--state", self.state, "--dbname", dbname or self.dbname, *words]

    def witness(self, *words, verb="run", lang="en", dbname=None, key=None, **more):
        return self.run(*self.command(*words, verb=verb, dbname=dbname, key=key), lang=lang, **more)

    def files(self):
        """Everything that is kept, but the lock: name -> bytes."""
        kept = {}
        for folder, _, names in os.walk(self.state):
            for name in names:
                if name != "lock":
                    with open(os.path.join(folder, name), "rb") as file:
                        kept[os.path.relpath(os.path.join(folder, name), self.state)] = file.read()
        return kept

    def checkpoints(self):
        """(line, size) -> (origin, root) of every note; each is what its name says and signed."""
        kept = {}
        for name in os.listdir(self.notes):
            match = re.fullmatch(r"(\d{20})(?:-(\d+))?\.note", name)
            if not match:
                continue
            with open(os.path.join(self.notes, name), "rb") as file:
                origin, size, encoded = open_note(file.read(), self.key).splitlines()
            assert f"{int(size):020d}" == match[1], name
            kept[int(match[2] or 1), int(size)] = (origin, base64.b64decode(encoded, validate=True))
        return kept

    def last(self):
        """The state's (line, size, origin, root)."""
        with open(os.path.join(self.state, "state"), "rb") as file:
            text = open_note(file.read(), self.key)
        line, origin, size, encoded = re.fullmatch(r"opres witness state v1\nline (\d+)\nkept (\S+) (\d+) (\S+)\n", text).groups()
        return int(line), int(size), origin, base64.b64decode(encoded, validate=True)


def check_reader():
    """The published examples of Go's sumdb/note and RFC 8032, section 7.1 (TEST 3); a wrong bit is seen."""
    key = Key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    note = ("This is an example message.\n\n— example.com/foo "
            "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n").encode()
    assert open_note(note, key) == "This is an example message.\n"
    public = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    signature = bytes.fromhex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                              "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")
    assert signature_holds(public, bytes.fromhex("af82"), signature)
    assert not signature_holds(public, bytes.fromhex("af83"), signature)
    assert not signature_holds(public, bytes.fromhex("af82"), signature[:63] + struct.pack("B", signature[63] ^ 1))

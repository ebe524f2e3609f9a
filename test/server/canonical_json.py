#!/usr/bin/env python3
"""opres.canonical_json against RFC 8785: the RFC's own examples (3.2.2 to 3.2.4, the numbers of Appendix B), and random documents
against a canonicaliser written here from the RFC's text: doubles by their bits, all powers of two, strings of all planes."""
import os
import random
import struct
import subprocess
import sys

PSQL = ["psql", "-X", "-q", "-A", "-t"]
CASES = 20000 if os.environ.get("OPRES_LONG") else 2000

# Appendix B.
NUMBERS = """0000000000000000 0
8000000000000000 0
0000000000000001 5e-324
8000000000000001 -5e-324
7fefffffffffffff 1.7976931348623157e+308
ffefffffffffffff -1.7976931348623157e+308
4340000000000000 9007199254740992
c340000000000000 -9007199254740992
4430000000000000 295147905179352830000
44b52d02c7e14af5 9.999999999999997e+22
44b52d02c7e14af6 1e+23
44b52d02c7e14af7 1.0000000000000001e+23
444b1ae4d6e2ef4e 999999999999999700000
444b1ae4d6e2ef4f 999999999999999900000
444b1ae4d6e2ef50 1e+21
3eb0c6f7a0b5ed8c 9.999999999999997e-7
3eb0c6f7a0b5ed8d 0.000001
41b3de4355555553 333333333.3333332
41b3de4355555554 333333333.33333325
41b3de4355555555 333333333.3333333
41b3de4355555556 333333333.3333334
41b3de4355555557 333333333.33333343
becbf647612f3696 -0.0000033333333333333333
43143ff3c1cb0959 1424953923781206.2"""

# 3.2.2 with the bytes of 3.2.4, 3.2.3, and what the RFC says in words.
DOCUMENTS = [
    (r"""{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
          "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}""",
     bytes.fromhex("7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a"
                   "5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31 65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37"
                   "5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d").decode()),
    (r"""{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
          "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}""",
     '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign",'
     '"\U0001f600":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'),
    ('{"peach": "This sorting order", "p\u00e9ch\u00e9": "is wrong according to French", "p\u00eache": "but canonicalization MUST",'
     ' "sin": "ignore locale"}',
     '{"peach":"This sorting order","p\u00e9ch\u00e9":"is wrong according to French","p\u00eache":"but canonicalization MUST",'
     '"sin":"ignore locale"}'),
    ("[56, {\"d\": true, \"10\": null, \"1\": [ ]}]", '[56,{"1":[],"10":null,"d":true}]'),
    (r'"\u0001"', '"\\u0001"'),
    ("  null ", "null"), ("{}", "{}"), ("[]", "[]"), ("-0", "0"), ("[[[]]]", "[[[]]]"), ("0.1", "0.1"), ("100e-2", "1"),
    ("9007199254740993", "9007199254740992"), ("1e-400", "0"), ("0.30000000000000000000000001", "0.3"),
    ('{"": {"": {}}}', '{"":{"":{}}}'),
    (r'"\b\t\n\f\r\u000b\u001f\u007f\u2028/<"', '"\\b\\t\\n\\f\\r\\u000b\\u001f\u007f\u2028/<"'),
]


def number(value):
    """ECMAScript's Number::toString. Python's repr has the same digits: the fewest that give the double back, the nearest of them."""
    if value == 0:
        return "0"
    if value < 0:
        return "-" + number(-value)
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    n = int(exponent or 0) + (len(whole) if whole != "0" else len(digits) - len(part))
    digits = digits.rstrip("0")
    k = len(digits)
    if k <= n <= 21:
        return digits + "0" * (n - k)
    if 0 < n <= 21:
        return digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return "0." + "0" * -n + digits
    return digits[0] + ("." + digits[1:] if k > 1 else "") + f"e{n - 1:+d}"


def string(value):
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
    return '"' + "".join(short.get(ord(c)) or (f"\\u{ord(c):04x}" if ord(c) < 32 else c) for c in value) + '"'


def canonical(value):
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be"))
    return "{" + ",".join(string(name) + ":" + canonical(value[name]) for name in names) + "}"


def loose(value, rng):
    """The same value as somebody else might write it."""
    gap = rng.choice(["", " ", "\n\t"])
    if isinstance(value, float):
        return gap + rng.choice([f"{value:.17e}", f"{value:.25E}", repr(value), f"{value:.40g}"])
    if isinstance(value, str):
        units = value.encode("utf-16-be")
        codes = [units[i:i + 2].hex() for i in range(0, len(units), 2)]
        return gap + ('"' + "".join("\\u" + c for c in codes) + '"' if rng.random() < 0.3 else string(value))
    if isinstance(value, list):
        return gap + "[" + ",".join(loose(v, rng) for v in value) + gap + "]"
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return gap + "{" + ",".join(loose(k, rng) + gap + ":" + loose(v, rng) for k, v in items) + gap + "}"
    return gap + canonical(value)


def double(rng):
    while True:
        if rng.random() < 0.3:
            return rng.randrange(10**9) / 10**rng.randrange(12)
        bits = rng.choice([rng.getrandbits(64), rng.getrandbits(10) << 52])
        if bits >> 52 & 2047 != 2047:
            return struct.unpack(">d", struct.pack(">Q", bits))[0]


def text(rng):
    planes = [(1, 0x20), (0x20, 0x7F), (0x7F, 0x800), (0x3040, 0x30FF), (0xD700, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)]
    return "".join(chr(rng.randint(*rng.choice(planes))) for _ in range(rng.randrange(6)))


def document(rng, depth=0):
    kind = rng.random()
    if depth > 4 or kind < 0.3:
        return double(rng)
    if kind < 0.5:
        return text(rng)
    if kind < 0.6:
        return rng.choice([None, True, False])
    if kind < 0.8:
        return [document(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {text(rng): document(rng, depth + 1) for _ in range(rng.randrange(7))}


def ask_elsewhere(encoding, document_text):
    """In a database of another encoding: what comes to a client of UTF-8."""
    subprocess.run([*PSQL, "-c", f"CREATE DATABASE {encoding} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"],
                   check=True, capture_output=True)
    run = subprocess.run([*PSQL, "-d", encoding, "-v", "ON_ERROR_STOP=1", "-c", "CREATE EXTENSION opres",
                          "-c", f"SELECT opres.canonical_json('{document_text}')"],
                         capture_output=True, text=True, check=False, env=dict(os.environ, PGCLIENTENCODING="UTF8"))
    return run.stdout.rstrip("\n") or run.stderr


def ask(documents):
    """What the server says to each; ASCII both ways."""
    script = "CREATE EXTENSION opres;\n" + "".join(
        f"SELECT encode(convert_to(opres.canonical_json(convert_from('\\x{d.encode().hex()}', 'UTF8')::jsonb), 'UTF8'), 'hex');\n"
        for d in documents)
    run = subprocess.run([*PSQL, "-v", "ON_ERROR_STOP=1"], input=script, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(run.stderr[-2000:])
    return [bytes.fromhex(line).decode() for line in run.stdout.splitlines()]


def error(document_text):
    command = [*PSQL, "-v", "VERBOSITY=sqlstate", "-c", f"SELECT opres.canonical_json('{document_text}')"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stderr.strip()


def main():
    rng = random.Random(8785)
    cases = list(DOCUMENTS)
    for line in NUMBERS.splitlines():
        bits, expected = line.split()
        value = struct.unpack(">d", bytes.fromhex(bits))[0]
        cases += [(f"{value:.1100g}", expected), (repr(value), expected)]
        assert number(value) == expected
    for exponent in range(-1074, 1024):
        cases.append((repr(2.0**exponent), number(2.0**exponent)))
    for exponent in range(-323, 309):
        cases.append((f"1e{exponent}", number(float(f"1e{exponent}"))))
    for _ in range(CASES):
        value = document(rng)
        cases.append((loose(value, rng), canonical(value)))
        value = double(rng)
        cases.append((f"{value:.17g}", number(value)))
    passed = failed = 0

    def check(good, what):
        nonlocal passed, failed
        passed, failed = passed + good, failed + (not good)
        if not good and failed <= 10:
            print(f"not ok: {what}"[:1000])

    answers = ask([given for given, _ in cases])
    check(len(answers) == len(cases), f"{len(answers)} answers to {len(cases)} questions")
    for (given, expected), got in zip(cases, answers):
        check(got == expected, f"{given!r}: expected {expected!r}, got {got!r}")
    for beyond in ("1e309", "-1e400", '{"a": [1.7976931348623159e308]}', "2" + "0" * 400):
        check(error(beyond) == "ERROR:  22003", f"{beyond}: {error(beyond)}")
    for encoding in ("euc_jp", "sql_ascii"):
        got = ask_elsewhere(encoding, '{"監査": "日本\\n", "z": 1.50, "ア": []}')
        check(got == '{"z":1.5,"ア":[],"監査":"日本\\n"}', f"{encoding}: {got}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

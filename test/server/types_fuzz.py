#!/usr/bin/env python3
"""Valid values of the types with bytes changed, dropped or doubled, as text and through binary COPY: each one works, and then
prints and reads back, or is refused by an error that names the type. SEED repeats a run."""
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
ROUNDS = 40000 if os.environ.get("OPRES_LONG") else 3000
VALUES = {
    "impact_tolerance": [
        "100% within 2h", "99.5% within 1d 2h 3min 4s 5ms 6us", "data loss 15min", "0.25% within 0",
        "4h in total per 365d below 33.3333333333333%", "100% by 15:30 Asia/Tokyo on Mon-Wed,Fri",
        "100% by 24:00 UTC on calendar jp-bank except calendar jp-month-end",
        '50% by 09:00:01 America/Argentina/Buenos_Aires except calendar "五十日 ""x"""'],
    "level_curve": ["{}", "{0: 0.5}", "{0: 0.5, 2h: 0, 4h 30min: 1}", "{1us: 0.30000000000000004, 02:30: 1e-12, P1D: 0.5, 36500d: 1}"],
    "duration_distribution": ["fixed(4h)", "uniform(0, 8h)", "triangular(1h,4h,24h)", "pert(1h,4h,24h)", "exponential(mean 6h)",
                              "lognormal(median 4h, p95 24h)"],
}
LIKELY = "0123456789.:,%-+/_eEPTWdhms(){}\" \t天é"
passed = failed = 0


def check(holds, what):
    global passed, failed
    passed += bool(holds)
    if not holds:
        failed += 1
        print("not so: " + what)


def psql(script, merge=False):
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "VERBOSITY=verbose"] + ([] if merge else ["-v", "ON_ERROR_STOP=1"]),
                          input=script, text=True, check=not merge, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT if merge else None)
    return done.stdout


def mutate_text(rng, text):
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        change = rng.randrange(5)
        if change == 0:
            text = text[:at] + rng.choice(LIKELY) + text[at + 1:]
        elif change == 1:
            text = text[:at] + rng.choice(LIKELY) + text[at:]
        elif change == 2:
            text = text[:at] + text[at + 1:]
        elif change == 3:
            text = text[:at] + chr(rng.choice([rng.randrange(1, 128), rng.randrange(128, 0xd800), 0x3000])) + text[at + 1:]
        else:
            end = min(len(text), at + rng.randrange(1, 12))
            text = text[:at] + text[at:end] + text[at:]
    return text


def mutate_bytes(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data) + 1)
        change = rng.randrange(5)
        if change == 0 and at < len(data):
            data[at] = rng.randrange(256)
        elif change == 1 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif change == 2:
            del data[at:at + rng.randrange(1, 9)]
        elif change == 3:
            data[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif len(data) >= 8:
            at = rng.randrange(len(data) - 7)
            data[at:at + 8] = struct.pack(">d", rng.choice([0.0, -0.0, 1.0, 2.0, float("nan"), float("inf"), 5e-324, -1.0, 0.5]))
    return bytes(data)


def copy_text(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def fuzz_text(rng, type_name):
    texts = [mutate_text(rng, rng.choice(VALUES[type_name])) for _ in range(ROUNDS)]
    script = [f"""
        CREATE TEMP TABLE input (number int, value text);
        CREATE FUNCTION pg_temp.try(value text) RETURNS text LANGUAGE plpgsql AS $$
        DECLARE
          read opres.{type_name};
          message text;
          state text;
        BEGIN
          read := value::opres.{type_name};
          RETURN CASE WHEN read::text::opres.{type_name} OPERATOR(opres.=) read AND read::text::opres.{type_name}::text = read::text
                      THEN 'read' ELSE 'reads back as something else' END;
        EXCEPTION WHEN OTHERS THEN
          GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
          RETURN state || CASE WHEN strpos(message, '{type_name}') > 0 THEN ' named' ELSE ' ' || message END;
        END $$;
        COPY input FROM stdin;"""]
    script += [f"{number}\t{copy_text(text)}" for number, text in enumerate(texts)] + ["\\."]
    script += ["SELECT number, pg_temp.try(value) FROM input ORDER BY number;"]
    answers = [line.split("|", 1)[1] for line in psql("\n".join(script)).splitlines()]
    check(len(answers) == len(texts), f"an answer for every text of {type_name}")
    for text, answer in zip(texts, answers):
        check(answer == "read" or re.fullmatch(r"(22P02|22003|22023) named", answer), f"{type_name} {text!r}: {answer}")
    share = sum(answer == "read" for answer in answers) / len(answers)
    check(0.01 < share < 0.9, f"some texts of {type_name} are read and some refused ({share:.2f} read)")


def fuzz_binary(rng, type_name, folder):
    valid = psql(f"SELECT encode(opres.{type_name}_send(value::opres.{type_name}), 'hex') FROM unnest(ARRAY[" +
                 ",".join("$v$" + value + "$v$" for value in VALUES[type_name]) + "]) AS value;").split()
    script = [f"CREATE TABLE binary_{type_name} (number int, value opres.{type_name});"]
    for number in range(ROUNDS):
        data = bytes.fromhex(rng.choice(valid))
        if number >= len(valid):
            data = mutate_bytes(rng, data)
        else:
            data = bytes.fromhex(valid[number])
        path = folder / f"{type_name}.{number}"
        path.write_bytes(b"PGCOPY\n\xff\r\n\0" + struct.pack(">iihii", 0, 0, 2, 4, number) + struct.pack(">i", len(data)) + data +
                         struct.pack(">h", -1))
        script += [f"\\warn try {number}", f"\\copy binary_{type_name} FROM '{path}' WITH (FORMAT binary)"]
    script += ["\\warn end", f"SELECT number, CASE WHEN value::text::opres.{type_name} OPERATOR(opres.=) value"
               f" AND opres.{type_name}_send(value::text::opres.{type_name}) = opres.{type_name}_send(value) THEN 'same' ELSE 'other' END"
               f" FROM binary_{type_name} ORDER BY number;"]
    output, _, rows = psql("\n".join(script), merge=True).partition("end\n")
    kept = dict(row.split("|") for row in rows.splitlines())
    tries = re.split(r"^try (\d+)\n", output, flags=re.M)[1:]
    check(len(tries) == 2 * ROUNDS, f"an answer for every binary {type_name}")
    for number, answer in zip(tries[::2], tries[1::2]):
        data = (folder / f"{type_name}.{number}").read_bytes().hex()
        if answer == "":
            check(kept.get(number) == "same", f"binary {type_name} {data} reads back: {kept.get(number)}")
        else:
            error = answer.splitlines()[0]
            check(re.match(r"ERROR:  (22P03|22003|22023): .*" + type_name, error) or error.startswith("ERROR:  22021: invalid byte"),
                  f"binary {type_name} {data}: {error}")
    check(all(kept.get(str(number)) == "same" for number in range(len(valid))), f"untouched binary values of {type_name} are read")
    share = len(kept) / ROUNDS
    check(0.01 < share < 0.9, f"some binary values of {type_name} are read and some refused ({share:.2f} read)")


def main():
    print(f"seed {SEED}, {ROUNDS} texts and binary values of each type")
    rng = random.Random(SEED)
    psql("CREATE EXTENSION opres;")
    with tempfile.TemporaryDirectory() as folder:
        for type_name in VALUES:
            fuzz_text(rng, type_name)
            fuzz_binary(rng, type_name, Path(folder))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())

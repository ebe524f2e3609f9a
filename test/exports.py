#!/usr/bin/env python3
"""What stands in two places stands there alike: functions in SQL and symbols in the library, enums in SQL and in C, attacks
in the table of them and their tests."""
import re
import subprocess
import sys
from pathlib import Path

top = Path(__file__).resolve().parent.parent
passed = failed = 0


def check(holds, what):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print("not so: " + what)


def same(got, expected, what):
    check(got == expected, f"{what}: only here {sorted(set(got) - set(expected))}, only there {sorted(set(expected) - set(got))}"
          if set(got) != set(expected) else what + ": another order")


def exported():
    libdir = subprocess.run(["pg_config", "--pkglibdir"], check=True, capture_output=True, text=True).stdout.strip()
    table = subprocess.run(["nm", "-D", "--defined-only", f"{top}/build/stage{libdir}/opres.so"],
                           check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in table.splitlines()}


def install_script():
    version = re.search(r"default_version *= *'(.*)'", (top / "opres.control").read_text()).group(1)
    return (top / f"opres--{version}.sql").read_text()


def sql_enum(script, name):
    body = re.search(rf"CREATE TYPE opres\.{name} AS ENUM\s*\((.*?)\)", script, re.S).group(1)
    return re.findall(r"'([^']*)'", body)


def c_enum(header, name):
    body = re.search(rf"typedef enum {name}\s*{{(.*?)}} {name};", (top / header).read_text(), re.S).group(1)
    return [word.removeprefix("OPRES_").lower() for word in re.findall(r"\bOPRES_\w+", body)]


def main():
    script = install_script()
    called = set(re.findall(r"AS\s+'MODULE_PATHNAME'\s*,\s*'(\w+)'", script))
    symbols = exported()
    functions = {name for name in symbols if not name.startswith("pg_finfo_")}
    infos = {name.removeprefix("pg_finfo_") for name in symbols if name.startswith("pg_finfo_")}
    check(not re.search(r"AS\s+'MODULE_PATHNAME'\s*(?!\s*,)[^,\s]", script), "every C function names its symbol")
    check({"Pg_magic_func", "_PG_init"} <= functions, "the library has its magic and its start")
    functions -= {"Pg_magic_func", "_PG_init"}
    same(functions, infos, "exported functions and their infos")
    same(functions, called, "exported functions and the functions SQL calls")
    for name in sorted(functions):
        check(name.startswith("opres_"), f"{name} has the prefix opres_")
    attacks = re.findall(r"^\| (?!attack |---)(.*) \| (.*) \| (.*) \|$", (top / "test/server/audit-attacks.md").read_text(), re.M)
    for attack, _, tests in attacks:
        check(".py`" in tests, f"a test of: {attack}")
        for word in re.findall(r"`([^`]*)`", tests):
            if word.endswith(".py"):
                path = top / "test/server" / word
                check(path.stat().st_mode & 0o111, f"{word} is a test that is run")
                text = path.read_text()
            else:
                check(re.search(rf"^def {word}\(", text, re.M), f"{path.name} has {word}: {attack}")
    check(len(attacks) > 40, f"{len(attacks)} attacks in the table")
    same(c_enum("src/extension/map/map_cache.h", "OpresKind"), sql_enum(script, "node_kind"), "kinds of node in C and in SQL")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())

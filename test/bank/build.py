#!/usr/bin/env python3
"""Composes bank.json, the map of Minatono Bank (みなと野銀行, fictional), from bank_map.py, bank_scenarios.py and bank_calendars.py.

    test/bank/build.py            writes test/bank/bank.json
    test/bank/build.py --check    exit status 1 if bank.json is not what the tables say

Standard library only. One line per node, requirement, tolerance and scenario: a change of the bank is a readable diff.
"""
import json
import pathlib
import sys

sys.dont_write_bytecode = True

import bank_map  # noqa: F401 (fills compose's rows)
import bank_scenarios  # noqa: F401
import compose
from bank_calendars import calendars

TARGET = pathlib.Path(__file__).with_name("bank.json")


def text(document):
    def line(row):
        return json.dumps(row, ensure_ascii=False)

    parts = [f'"{key}": [\n' + ",\n".join(line(row) for row in rows) + "\n]" for key, rows in document.items()]
    return "{" + ",\n".join(parts) + "}\n"


def main():
    wanted = text({"nodes": compose.nodes, "requirements": compose.requirements, "tolerances": compose.tolerances,
                   "calendars": calendars(), "scenarios": compose.scenarios})
    if sys.argv[1:] == ["--check"]:
        if TARGET.read_text(encoding="utf-8") != wanted:
            sys.exit("bank.json is not what the tables say: run test/bank/build.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        TARGET.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()

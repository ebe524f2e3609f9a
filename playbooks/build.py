#!/usr/bin/env python3
"""Writes the playbooks from their sources in source/: build.py [DIRECTORY], by default where this program is. A source is a module that has PLAYBOOK."""
import importlib
import json
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "source"))
import common  # noqa: E402
import dsl  # noqa: E402


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else HERE
    for name in sorted(os.listdir(os.path.join(HERE, "source"))):
        module = importlib.import_module(name[:-3]) if name.endswith(".py") else None
        if not hasattr(module, "PLAYBOOK"):
            continue
        document = dsl.Builder(module.PLAYBOOK).document(common.ROLES, common.FACTS, common.SOURCES)
        with open(os.path.join(target, module.PLAYBOOK["key"] + ".json"), "w", encoding="utf-8") as out:
            json.dump(document, out, ensure_ascii=False, indent=1)
            out.write("\n")


if __name__ == "__main__":
    main()

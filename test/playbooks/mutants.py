#!/usr/bin/env python3
"""The checks of check.py find what they are there for: documents spoilt in one place each must be reported, by the check that is meant to."""
import copy
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import check  # noqa: E402

E = check.EXTENSION


def actions(doc):
    return [s for s in doc["workflow"].values() if s["type"] == "action"]


def of(step):
    return step["step_extensions"][E]


def first(doc, test):
    return next(s for s in actions(doc) if test(of(s)))


def coded(doc, kind):
    return next(s for s in doc["workflow"].values() if s["type"] == kind)


def without_clause(doc):
    for step in actions(doc):
        of(step)["clauses"] = [c for c in of(step).get("clauses", []) if c != "FSA-CS 2.5.2.3-5"]


def unmet(doc):
    for step in actions(doc):
        of(step)["establishes"] = [f for f in of(step).get("establishes", []) if f != "cause_dealt_with"]


def early_sign_off(doc):
    for step in actions(doc):
        of(step)["requires"] = [f for f in of(step).get("requires", []) if f not in ("cause_dealt_with", "cause_known")]
    first(doc, lambda e: "cause_dealt_with" in e.get("establishes", []))["step_extensions"][E]["establishes"] = ["cause_known"]


def own_approval(doc):
    step = first(doc, lambda e: "approvals" in e)
    of(step)["approvals"][0]["role"] = doc["agent_definitions"][step["agent"]]["agent_target_extensions"][E]["role"]


def waiting_for_each_other(doc):
    for ident, gives, needs in zip(coded(doc, "parallel")["next_steps"], ("one", "other"), ("other", "one")):
        while doc["workflow"][ident]["type"] != "action":
            ident = doc["workflow"][ident]["next_steps"][0]
        extension = of(doc["workflow"][ident])
        extension.update(establishes=extension.get("establishes", []) + [gives], requires=extension.get("requires", []) + [needs])


MUTANTS = [
    ("another word than the source's", lambda d: d.update(description=d["description"] + "."), "sources"),
    ("an unknown member of a step", lambda d: of(actions(d)[0]).update(colour="red"), "schema"),
    ("a priority of 6", lambda d: of(actions(d)[0]).update(priority=6), "schema"),
    ("a deadline with both sides", lambda d: of(actions(d)[0]).update(deadlines=[{"anchor": "detection", "after": "PT1H", "before": "PT1H"}]), "schema"),
    ("a step to nowhere", lambda d: actions(d)[0].update(on_completion="action--00000000-0000-4000-8000-000000000000"), "cacao"),
    ("a step nobody reaches", lambda d: d["workflow"].update({"action--00000000-0000-4000-8000-000000000000": copy.deepcopy(actions(d)[0])}), "cacao"),
    ("a variable that is not declared", lambda d: d["playbook_variables"].pop("__is_incident__"), "cacao"),
    ("an action less than its type's activities", lambda d: d["playbook_activities"].pop(), "cacao"),
    ("no loop", lambda d: coded(d, "while-condition").update(type="action"), "size"),
    ("English where Japanese should be", lambda d: of(actions(d)[0])["texts"]["ja"].update(name="Intake"), "languages"),
    ("a command not translated", lambda d: of(actions(d)[0])["texts"]["ja"]["commands"].pop(), "languages"),
    ("polite Japanese", lambda d: of(actions(d)[0])["texts"]["ja"].update(name="記録します"), "languages"),
    ("a code twice", lambda d: of(actions(d)[0]).update(code=of(actions(d)[1])["code"]), "codes"),
    ("evidence left out", lambda d: of(actions(d)[0]).pop("evidence"), "codes"),
    ("the doer approves", own_approval, "people"),
    ("a role that nobody has", lambda d: of(actions(d)[0]).update(accountable="nobody"), "people"),
    ("a clause unanswered", without_clause, "clauses"),
    ("a clause that is none", lambda d: of(actions(d)[0])["clauses"].append("FSA-CS 2.5.2.9-1"), "clauses"),
    ("a report nobody submits", lambda d: first(d, lambda e: e.get("report") == "fsa_final")["step_extensions"][E].pop("report"), "reports"),
    ("a confirmed deadline changed", lambda d: d["playbook_extensions"][E]["reports"]["ppc_final"].update(deadlines=[{"anchor": "recognition", "after": "P90D"}]), "reports"),
    ("an unconfirmed one that does not say so", lambda d: d["playbook_extensions"][E]["reports"]["fsa_first"].update(confirmed=True), "reports"),
    ("a report without source", lambda d: d["playbook_extensions"][E]["reports"]["fsa_first"].pop("source"), "reports"),
    ("due before what comes before it", lambda d: of(actions(d)[1]).update(deadlines=[{"anchor": "detection", "after": "PT1M"}]), "due_order"),
    ("a fact nobody establishes", unmet, "workable"),
    ("sign-off before the cause is dealt with", early_sign_off, "workable"),
    ("teams that wait for each other", waiting_for_each_other, "workable"),
]


def main():
    passed = failed = 0
    path = os.path.join(check.BOOKS, "ransomware.json")
    with open(os.path.join(check.BOOKS, "opres-extension.schema.json"), encoding="utf-8") as text:
        definitions = json.load(text)
    given = {"sources": check.BOOKS, "schema": definitions, "clauses": check.table("clauses.tsv"), "holds": check.table("holds.tsv"), "reports": check.table("rules.tsv")}
    for what, spoil, name in MUTANTS:
        book = check.Book(path)
        spoil(book.doc)
        book.own = book.doc["playbook_extensions"][E]
        book.actions = {i: s for i, s in book.doc["workflow"].items() if s["type"] == "action"}
        book.text = json.dumps(book.doc, ensure_ascii=False, indent=1) + "\n"
        if list(getattr(check, name)(book, given.get(name))):
            passed += 1
        else:
            failed += 1
            print(f"not found by {name}: {what}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

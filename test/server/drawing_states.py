#!/usr/bin/env python3
"""What is painted is what was simulated: every scenario of the sample bank, drawn in full and narrowed.

States of nodes against opres.simulate_levels, nothing left to spare against a rule of this file's own, single points of failure
against losing each resource in turn (a fixed point of this file's own), heavy lines against the causes of opres.simulate, cards
against its verdicts."""
import json
import re
import sys
from collections import defaultdict

from drawing_dot import Count, Drawing, psql

EPSILON = 1e-9
RED, AMBER = "#A4133C", "#F5A623"


def rows(query):
    return [line.split("\t") for line in psql(f"COPY ({query}) TO STDOUT;\n").splitlines()]


class Bank:
    def __init__(self, document):
        self.kind = {n["code"]: n["kind"] for n in document["nodes"]}
        self.resources = [c for c, kind in self.kind.items() if kind not in ("operation", "process")]
        self.operations = [c for c, kind in self.kind.items() if kind == "operation"]
        self.needs, self.used = defaultdict(list), defaultdict(list)
        for r in document["requirements"]:
            members = {m["node"]: m.get("capacity", 1) if r.get("mode") == "pool" else 1 for m in r["members"]}
            active = sum(members[m["node"]] for m in r["members"] if not m.get("standby"))
            need = {"members": members, "needed": r.get("needed", active), "impact": r.get("impact", 1), "owner": r["node"],
                    "run": r.get("needed_for", "run") == "run", "pool": r.get("mode") == "pool"}
            self.needs[r["node"]].append(need)
            for member in members:
                self.used[member].append(need)

    def down_without(self, lost):
        down, changed = {lost}, True
        while changed:
            changed = False
            for node in self.kind:
                if node not in down and any(
                        n["run"] and n["impact"] >= 0.5
                        and sum(c for m, c in n["members"].items() if m not in down) < n["needed"] - EPSILON for n in self.needs[node]):
                    down.add(node)
                    changed = True
        return [o for o in self.operations if o in down]


class Levels:
    """Level over time of every node touched."""

    def __init__(self, scenario):
        self.steps = defaultdict(list)
        for node, at, level in rows(f"SELECT node, extract(epoch FROM at)::float8, level FROM opres.simulate_levels('{scenario}') ORDER BY node, at"):
            self.steps[node].append((float(at), float(level)))

    def at(self, node, time):
        return next((level for at, level in reversed(self.steps.get(node, [])) if at <= time), 1.0)

    def worst(self, node):
        return min((level for _, level in self.steps.get(node, [])), default=1.0)


def states(bank, levels):
    """failed, degraded, at_risk or untouched, per node."""
    state = {}
    for node in bank.kind:
        worst = levels.worst(node)
        state[node] = "failed" if worst <= EPSILON else "degraded" if worst < 1 - EPSILON else "untouched"

    def nothing_to_spare(need):
        times = {0.0} | {at for m in need["members"] for at, _ in levels.steps.get(m, [])}
        for time in times:
            shares = [c * levels.at(m, time) if need["pool"] else float(levels.at(m, time) >= 1 - EPSILON)
                      for m, c in need["members"].items()]
            if sum(shares) - max(shares) < need["needed"] - EPSILON:
                return True
        return False

    todo = [node for node in state if state[node] in ("failed", "degraded")]
    while todo:
        for need in bank.used[todo.pop()]:
            owner = need["owner"]
            if state[owner] == "untouched" and need["run"] and nothing_to_spare(need):
                state[owner] = "at_risk"
                todo.append(owner)
    return state


def check_states(count, scenario, drawing, state, complete):
    seen = set()
    for name in drawing.nodes:
        classes = drawing.classes(name)
        if "rest" in classes:
            continue
        if name in state:
            count.check(state[name] in classes, f"{scenario}: {name} is {classes}, not {state[name]}")
            seen.add(name)
        for code, colour in drawing.cells(name).items():
            painted = "failed" if colour == RED else "degraded" if colour == AMBER else "up"
            simulated = state[code] if state[code] in ("failed", "degraded") else "up"
            count.check(painted == simulated, f"{scenario}: cell {code} is {painted}, not {simulated}")
            seen.add(code)
        if name.startswith("group:"):
            cells = {state[code] for code in drawing.cells(name)}
            count.check(("untouched" in classes) == (cells <= {"untouched", "at_risk"}) or "at_risk" in classes,
                        f"{scenario}: {name} is {classes} with members {cells}")
    if complete:
        count.check(seen == set(state), f"{scenario}: not drawn: {sorted(set(state) - seen)}")


def check_paths(count, scenario, drawing, outcomes):
    """Heavy lines are exactly the steps of the paths of the operations in breach: of each one's first breach. True if checked."""
    where = {code: name for name in drawing.nodes for code in [name, *drawing.cells(name)]}
    heavy = {pair for pair, edge in drawing.edges.items() if "binding" in edge["class"].split()}
    steps = set()
    for operation in {o["operation"] for o in outcomes if not o["met"]}:
        own = [o for o in outcomes if o["operation"] == operation and not o["met"]]
        paths = {tuple(where[code] for code in o["cause"]) for o in own if o["breached"] == min(x["breached"] for x in own)}
        if len(paths) > 1:  # two tolerances breached at the same moment, each with a cause of its own
            return False
        path = paths.pop()
        steps |= {(a, b) for a, b in zip(path, path[1:]) if a != b}
    if steps:
        count.check(heavy == steps, f"{scenario}: heavy lines {sorted(heavy ^ steps)}")
    return bool(steps)


def outcomes_of(scenario):
    return [{"operation": o, "met": met == "t", "breached": None if at == "\\N" else float(at), "cause": cause.strip("{}").replace('"', "").split(",")}
            for o, met, at, cause in rows(f"SELECT operation, coalesce(met, true), extract(epoch FROM breached_at)::float8, cause FROM opres.simulate('{scenario}')")]


def check_cards(count, scenario, drawing, outcomes, hits):
    breached = {o["operation"] for o in outcomes if not o["met"]}
    over = {name for name in drawing.nodes if "over" in drawing.classes(name)}
    count.check(over == breached, f"{scenario}: cards over {sorted(over ^ breached)}")
    order = [name for name in drawing.nodes]
    count.check([name in over for name in order] == sorted([name in over for name in order], reverse=True), f"{scenario}: worst first")
    for name in order:
        points = sum(name in operations for operations in hits.values())
        count.check(f"◆{points} single point" in drawing.nodes[name]["label"], f"{name}: {points} single points")


def main():
    count = Count()
    with open("test/bank/bank.json", encoding="utf-8") as file:
        text = file.read()
    bank = Bank(json.loads(text))
    psql(f"CREATE EXTENSION opres;\nSELECT count(opres.load_map($doc${text}$doc$));\n")
    hits = {code: operations for code in bank.resources if (operations := bank.down_without(code))}

    plain = Drawing.read(psql("SELECT opres.map_dot(max_nodes => 1000);\n"))
    drawn = {name for name in plain.nodes if "spof" in plain.classes(name)}
    count.check(drawn == set(hits), f"single points of failure: {sorted(drawn ^ set(hits))}")
    for name in drawn & set(hits):
        found = re.search(r"(\d+) of (\d+)", plain.nodes[name]["label"][plain.nodes[name]["label"].index("SPOF"):])
        count.check(found and found.groups() == (str(len(hits[name])), str(len(bank.operations))), f"{name} hits {len(hits[name])}")
    heads = {b for (a, b), edge in plain.edges.items() if "binding" in edge["class"].split()}
    count.check(0 < len(heads) <= 5 and heads <= drawn, "heavy lines lead to the widest single points of failure")
    for operation in bank.operations:
        own = Drawing.read(psql(f"SELECT opres.map_dot('{operation}', max_nodes => 1000);\n"))
        points = {name for name in own.nodes if "spof" in own.classes(name)}
        expected = {code for code, operations in hits.items() if operation in operations}
        count.check(points == expected, f"{operation}: single points {sorted(points ^ expected)}")
        closure = {row[0] for row in rows(f"SELECT node FROM opres.depends_on('{operation}')")} | {operation}
        seen = {code for name in own.nodes for code in [name, *own.cells(name)] if not code.startswith("group:")}
        count.check(seen == closure, f"{operation}: draws what it depends on: {sorted(seen ^ closure)[:5]}")

    scenarios = [row[0] for row in rows("SELECT code FROM opres.scenario ORDER BY code")]
    calls = ["scenario => '{}', max_nodes => 1000", "scenario => '{}'", "scenario => '{}', view => 'summary'",
             "scenario => '{}', lang => 'ja', operation => 'op.transfer', max_nodes => 1000"]
    texts = psql("".join(f"SELECT opres.map_dot({call.format(s)}) || E'\\n=====';\n" for s in scenarios for call in calls)).split("=====\n")
    drawings = Drawing.all(texts[:-1])
    seen, paths = set(), 0
    for number, scenario in enumerate(scenarios):
        full, narrow, summary, one = drawings[4 * number:4 * number + 4]
        state = states(bank, Levels(scenario))
        outcomes = outcomes_of(scenario)
        check_states(count, scenario, full, state, True)
        check_states(count, scenario, narrow, state, False)
        check_states(count, scenario, one, state, False)
        paths += check_paths(count, scenario, full, outcomes)
        seen |= set(state.values())
        check_cards(count, scenario, summary, outcomes, hits)
        count.check(len(narrow.nodes) <= 60 and len(narrow.edges) <= 150, f"{scenario}: narrowed to {len(narrow.nodes)}, {len(narrow.edges)}")
        count.check(all(name in narrow.nodes for name in bank.operations), f"{scenario}: every operation is drawn")
    count.check(len(seen) == 4 and paths >= 10, f"the scenarios are worth something: {sorted(seen)}, {paths} with paths")
    return count.close()


sys.exit(main())

#!/usr/bin/env python3
"""depends_on and dependents against brute force: random maps, distances by plain breadth-first search, redundancy by going down from
"everything is there" until nothing changes; the current map and earlier revisions. OPRES_LONG=1: more maps. OPRES_SEED: others."""
import json
import os
import random
import sys

from sessions import Session, Tally

KINDS = ("operation", "process", "people", "system", "data", "facility", "network", "third_party")


def random_map(r):
    """Documents of load_map: cycles, pools, spares, start requirements, partial impacts, names of all sorts."""
    codes = [f"{r.choice('abzÄ勘')}{i}" for i in range(r.randrange(2, 11))]
    requirements = []
    for code in codes:
        for number in range(r.randrange(3)):
            others = r.sample([c for c in codes if c != code], r.randrange(1, min(4, len(codes) - 1) + 1))
            pool = r.random() < .3
            members = [{"node": c, "standby": i > 0 and r.random() < .3, "capacity": r.choice((1, 2, .5)) if pool else 1} for i, c in enumerate(others)]
            active = [m for m in members if not m["standby"]]
            needed = sum(m["capacity"] for m in active) * r.choice((1, .5, .3)) if pool else r.randrange(1, len(active) + 1)
            requirements.append({"node": code, "name": f"r{number}", "mode": "pool" if pool else "quorum", "needed": needed, "members": members,
                                 "needed_for": "start" if r.random() < .2 else "run", "impact": r.choice((1, 1, .25)),
                                 "buffer": r.choice(("0", "5 min")), "switchover": r.choice(("0", "1h"))})
    return {"nodes": [{"code": c, "kind": r.choice(KINDS), "restart": r.choice(("0", "1h"))} for c in codes], "requirements": requirements}


def falls_with(document, lost):
    """What is not whole when one node is lost, requirements of any impact and for a start included."""
    up = {n["code"] for n in document["nodes"]} - {lost}
    while True:
        down = set()
        for q in document["requirements"]:
            there = sum(m["capacity"] if q["mode"] == "pool" else 1 for m in q["members"] if m["node"] in up)
            if q["node"] in up and there / q["needed"] < 1 - 1e-9:
                down.add(q["node"])
        if not down:
            return {n["code"] for n in document["nodes"]} - up
        up -= down


def distances(document, start, suppliers):
    found, edge = {start: 0}, [start]
    while edge:
        reached = []
        for q in document["requirements"]:
            for m in q["members"]:
                here, there = (q["node"], m["node"]) if suppliers else (m["node"], q["node"])
                if here in edge and there not in found and there not in reached:
                    reached.append(there)
        for node in reached:
            found[node] = found[edge[0]] + 1
        edge = reached
    del found[start]
    return found


def expected(document, suppliers):
    kind = {n["code"]: n["kind"] for n in document["nodes"]}
    fallen = {code: falls_with(document, code) for code in kind}
    rows = []
    for asked in kind:
        for node, distance in distances(document, asked, suppliers).items():
            falls = asked in fallen[node] if suppliers else node in fallen[asked]
            rows.append([asked, node, kind[node], str(distance), "f" if falls else "t"])
    return sorted(rows)


def main():
    seed = int(os.environ.get("OPRES_SEED", "20261121"))
    r, tally = random.Random(seed), Tally()
    print(f"seed {seed}")
    redundant = []
    with Session() as s:
        s.run("CREATE EXTENSION opres;")
        documents = {}

        def compare(revision, argument):
            for function, suppliers in (("depends_on", True), ("dependents", False)):
                rows = s.run(f"SELECT n.code, d.node, d.kind, d.distance, d.redundant FROM opres.node_at({revision}) AS n,"
                             f" LATERAL opres.{function}(n.code, {argument}) AS d;")
                want = expected(documents[revision], suppliers)
                tally.equal(sorted(rows), want, f"{function}({argument}) of {json.dumps(documents[revision])}")
                redundant.extend(row[4] for row in want)

        for _ in range(1500 if os.environ.get("OPRES_LONG") else 200):
            document = random_map(r)
            revision = int(s.value(f"SELECT opres.load_map($doc${json.dumps(document)}$doc$);"))
            documents[revision] = document
            compare(revision, "NULL")
            if r.random() < .3:
                earlier = r.choice(list(documents))
                compare(earlier, str(earlier))
    tally.ok(redundant.count("t") > 100 and redundant.count("f") > 100, "the maps have both, what is redundant and what is not")
    return tally.close()


sys.exit(main())

#!/usr/bin/env python3
"""Changes of an incident broken at random: update_incident takes each, and the tables hold together, or refuses it with the place of what is
wrong, and nothing has changed. Then what nobody may say who does not see the incident. OPRES_LONG=1: more. OPRES_SEED: another run."""
import copy
import json
import os
import random
import sys
from datetime import datetime, timedelta, timezone

from sessions import Session, SqlError, Tally

ROUNDS = 20000 if os.environ.get("OPRES_LONG") else 1500
START = datetime(2026, 1, 5, 1, 0, tzinfo=timezone.utc)
NODES = ("s", "t", "o'clock", 'a "b"', "ＦＡＸ", "x.y")
ODD = [None, True, False, 0, 1, -1, 0.5, 1e308, -0.0, 2**63, 10**40, 1.5, "", " ", "x", "lost", "restored", "degraded", "\u3000", "é" * 600, "\\", "'", "0.4", "5",
       "2026-01-05T01:30:00Z", "2026-01-05 01:30:00.000001+09:00", "2026-02-30T00:00:00Z", "infinity", "now", "2026-01-05", "99999-01-01T00:00:00Z", "0001-01-01T00:00:00Z BC",
       "9999999-01-01T00:00:00Z", [], {}, [None], {"x": 1}, {"state": "lost"}, {"level": 0.3}]
CODES = ("22", "23", "42703", "42704", "42804")  # data, checks, an unknown key, an unknown node, a wrong type
tally = Tally()


def quoted(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"


def moment(rng):
    return (START + timedelta(seconds=rng.randint(-3600, 36000), microseconds=rng.choice([0, 0, 1, 999999]))).isoformat()


def node(rng):
    out = {}
    for key, make in (("state", lambda: rng.choice(["lost", "degraded", "restored"])), ("level", lambda: rng.choice([0, .2, .5, 1])), ("at", lambda: moment(rng)),
                      ("since", lambda: moment(rng)), ("expected_at", lambda: rng.choice([None, moment(rng)]))):
        if rng.random() < .4:
            out[key] = make()
    return out


def document(rng):
    whole = {"title": "t", "attack_type": "ddos", "severity": rng.randint(0, 100), "classification": "major", "occurred_at": moment(rng), "detected_at": moment(rng),
             "recognised_at": moment(rng), "classified_at": moment(rng), "confidential": False, "customers": 5, "transactions": 7, "amount": 12.5, "currency": "JPY",
             "nodes": {n: node(rng) for n in rng.sample(NODES, rng.randint(0, 3))}}
    return {k: v for k, v in whole.items() if rng.random() < (.6 if k == "nodes" else .15)}


def places(value, path=()):
    yield path
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, path + (key,))


def broken(rng, value):
    value = copy.deepcopy(value)
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        path = rng.choice(list(places(value)))
        if not path:
            if rng.random() < .1:
                return rng.choice(ODD)
            continue
        holder = value
        for key in path[:-1]:
            holder = holder[key]
        if rng.random() < .2 and isinstance(holder, dict):
            holder[rng.choice(["x", "sevrity", "", "nodes ", "Title", "s "])] = holder.pop(path[-1])
        else:
            holder[path[-1]] = copy.deepcopy(rng.choice(ODD))
    return value


HOLDS = """SELECT count(*) FROM opres.incident AS i, opres.incident_node AS n WHERE i.id = {0} AND n.incident = i.id AND (
    n.level IS DISTINCT FROM (SELECT l.level FROM opres.incident_level AS l WHERE l.incident = n.incident AND l.node = n.node ORDER BY l.at DESC LIMIT 1)
    OR n.state <> CASE n.level WHEN 0 THEN 'lost' WHEN 1 THEN 'restored' ELSE 'degraded' END OR (n.state = 'restored') <> (n.restored_at IS NOT NULL)
    OR n.state = 'restored' AND n.expected_at IS NOT NULL OR n.restored_at <= n.since
    OR NOT EXISTS (SELECT FROM opres.incident_level AS l WHERE l.incident = n.incident AND l.node = n.node AND l.at = n.since AND l.level < 1)
    OR EXISTS (SELECT FROM opres.incident_level AS l WHERE l.incident = n.incident AND l.node = n.node AND l.at > n.since AND l.level = 1 AND l.at <> n.restored_at)
    OR EXISTS (SELECT FROM (SELECT l.level, lag(l.level, 1, 1.0::float8) OVER (PARTITION BY l.incident, l.node ORDER BY l.at) AS before FROM opres.incident_level AS l
      WHERE l.incident = n.incident AND l.node = n.node AND l.at < n.since) AS p WHERE p.level = 1 AND p.before = 1))
  OR i.id = {0} AND (i.recognised_at < i.detected_at OR i.classified_at < i.detected_at) AND n.incident = i.id;"""


def at_random(session):
    rng = random.Random(os.environ.get("OPRES_SEED", "broken"))
    taken = refused = 0
    i = None
    for number in range(ROUNDS):
        if number % 20 == 0:
            i = session.value(f"SELECT opres.open_incident('t', 'ddos', 50, '{{s}}', detected_at => {quoted(START.isoformat())});")
        changes = broken(rng, document(rng))
        before = session.run(f"SELECT * FROM opres.incident WHERE id = {i};") + session.run(f"SELECT * FROM opres.incident_level WHERE incident = {i} ORDER BY node, at;")
        said = json.dumps(changes, ensure_ascii=False)
        try:
            session.run(f"SELECT opres.update_incident({i}, {quoted(said)}, 'r', {quoted(moment(rng))});")
            taken += 1
            tally.equal(session.value(HOLDS.format(i)), "0", f"after {said} it holds together")
            tally.ok(session.value(f"SELECT count(*) FROM opres.tolerance_clock({i});") == "1", f"after {said} there is a clock")
        except SqlError as error:
            refused += 1
            text = str(error).split(": ", 1)[1]
            tally.ok(error.code.startswith(CODES) and text.startswith("$"), f"{said} refused: {error}")
            after = session.run(f"SELECT * FROM opres.incident WHERE id = {i};") + session.run(f"SELECT * FROM opres.incident_level WHERE incident = {i} ORDER BY node, at;")
            tally.equal(after, before, f"{said} refused, and nothing has changed")
    tally.ok(taken > ROUNDS / 10 and refused > ROUNDS / 10, f"{taken} taken, {refused} refused")
    tally.equal(session.run("SELECT incident FROM opres.incident_event GROUP BY 1 HAVING max(number) <> count(*);"), [], "no gap in the numbers")


CALLS = ("update_incident({}, '{{\"severity\": 1}}', 'r')", "annotate_incident({}, 'x')", "record_report({}, 'c')", "close_incident({}, 'x')", "tolerance_clock({})", "reports_due({})",
         "timeline({})", "authority_reports({})", "open_matters({})")


def unseen(session):
    session.run("CREATE ROLE stranger LOGIN; SELECT opres.grant_access('stranger', 'commander', 't');")
    secret = session.value("SELECT opres.open_incident('t', 'ddos', 50, '{s}', confidential => true);")
    with Session(user="stranger") as stranger:
        for call in CALLS:
            said = []
            for incident in (secret, "9999"):
                try:
                    stranger.run(f"SELECT * FROM opres.{call.format(incident)};")
                    said.append("taken")
                except SqlError as error:
                    said.append(str(error).replace(incident, "N"))
            tally.ok(said[0] == said[1] != "taken", f"{call}: what is not seen is as what is not there: {said}")
        tally.equal(stranger.run(f"SELECT * FROM opres.incidents WHERE id = {secret};") + stranger.run(f"SELECT * FROM opres.overdue WHERE incident = {secret};"), [], "nor in the views")
        tally.ok(stranger.value("SELECT opres.open_incident('t', 'ddos', 50, '{s}', confidential => true) IS NOT NULL;") == "t", "one's own one sees")
        tally.equal(stranger.value("SELECT count(*), count(breach_at) FROM opres.incidents WHERE confidential;"), "1", "and its clock runs")


def main():
    with Session() as session:
        nodes = [{"code": "op", "kind": "operation"}, *({"code": n, "kind": "system"} for n in NODES)]
        requirements = [{"node": "op", "name": str(k), "members": [{"node": n}]} for k, n in enumerate(NODES)]
        session.run("CREATE EXTENSION opres; SELECT opres.load_map("
                    + quoted({"nodes": nodes, "requirements": requirements, "tolerances": [{"operation": "op", "tolerance": "100% within 2h"}]}) + ", 't');")
        at_random(session)
        unseen(session)
    return tally.close()


sys.exit(main())

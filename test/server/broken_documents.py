#!/usr/bin/env python3
"""load_map refuses broken documents: each with its SQLSTATE, the JSON path, what is wrong and what was expected, and nothing changed.
Then documents broken at random: they load and are what they say, or are refused with a path. SEED repeats a run."""
import copy
import json
import os
import random
import re
import subprocess
import sys

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
ROUNDS = 30000 if os.environ.get("OPRES_LONG") else 1500
LONG = "x" * 201

VALID = {
    "nodes": [
        {"code": "op.transfer", "kind": "operation", "name": "Domestic transfer", "names": {"ja": "内国為替", "zh-Hant": "匯款"},
         "owner": "Payments dept", "location": "Tokyo", "country": "JP", "restart": "20 min", "rto": "2h", "rpo": "15 min",
         "mtpd": "1 day", "reviewed_on": "2026-06-30", "reviewed_by": "Sato", "attributes": {"x": [1, None, {"y": {}}]}},
        {"code": "proc.enter", "kind": "process"},
        {"code": "sys.core-a", "kind": "system", "unavailability": 0.0005},
        {"code": "sys.core-b", "kind": "system", "restart": "P1DT2H"},
        {"code": "fac.dc-east", "kind": "facility"},
        {"code": "ppl.clerks", "kind": "people"},
    ],
    "requirements": [
        {"node": "op.transfer", "name": "core banking", "mode": "quorum", "needed": 1, "needed_for": "run", "impact": 1.0,
         "buffer": "0", "switchover": "15 min", "switchover_failure": 0.02,
         "members": [{"node": "sys.core-a"}, {"node": "sys.core-b", "standby": True, "capacity": 1, "replica_lag": "5 s"}]},
        {"node": "op.transfer", "members": [{"node": "proc.enter"}]},
        {"node": "proc.enter", "name": "clerks", "mode": "pool", "needed": 3.5, "members": [{"node": "ppl.clerks", "capacity": 4}]},
        {"node": "sys.core-a", "needed_for": "start", "impact": 0.5, "members": [{"node": "fac.dc-east"}]},
    ],
    "tolerances": [
        {"operation": "op.transfer", "tolerance": "100% within 2h"},
        {"operation": "op.transfer", "tolerance": "100% by 15:30 Asia/Tokyo on calendar jp-bank except calendar jp-month-end"},
        {"operation": "op.transfer", "tolerance": "data loss 15min"},
    ],
    "calendars": [
        {"code": "jp-bank", "days": ["2026-11-20", "2026-11-24"]},
        {"code": "jp-month-end", "days": ["2026-11-30"]},
    ],
    "scenarios": [
        {"code": "dc-east-lost", "name": "Data centre lost", "names": {"ja": "データセンター喪失"},
         "start": "2026-11-20T08:00:00+09:00",
         "shocks": [
             {"code": "loss", "node": "fac.dc-east", "onset": "0", "level": 0, "duration": "4h", "data_loss": None,
              "probability": 0.5, "duration_distribution": None, "common_cause": "quake"},
             {"node": "sys.core-b", "level": 0.3, "probability": 0.5, "common_cause": "quake",
              "duration_distribution": "triangular(1h, 4h, 24h)"},
             {"code": "bad copy", "node": "sys.core-a", "duration": "0", "data_loss": "1h"}]},
        {"code": "nothing"},
    ],
}

GONE = object()


def changed(path, value):
    """VALID with the value at a path, such as "nodes/0/kind", set (a list's end: "-"), or removed (GONE)."""
    document = copy.deepcopy(VALID)
    *way, last = path.split("/")
    place = document
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if value is GONE:
        del place[int(last) if isinstance(place, list) else last]
    elif last == "-":
        place.append(value)
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return document


def node(**more):
    return {"code": "n", "kind": "system", **more}


WRITE = 'Write it like "20 min", "1d 2h", "02:30:00" or "PT2H".'
UNIT = 'Write the number with its unit, such as "20 min".'
CODE = "Expected 1 to 200 bytes without control characters and without blanks at the ends."
MOMENT = 'Expected ISO 8601 with the offset from UTC, such as "2026-11-20T08:00:00+09:00".'
DAY = 'Expected year-month-day, such as "2026-06-30".'
NODES = "Expected the code of a node in $.nodes."
TAG = "Expected codes such as ja, en or zh-Hant as keys."
QUORUM = "A quorum can need at most its active members; standby ones do not count."
NODE_KEYS = ("The keys of a node are code, kind, name, names, owner, location, country, restart, unavailability, rto, rpo, mtpd, "
             "reviewed_on, reviewed_by, attributes.")
WHOLE = [  # whole documents
    ([], "42804", "$: expected an object, found an array", None, None),
    ("map", "42804", "$: expected an object, found a string", None, None),
    (7, "42804", "$: expected an object, found a number", None, None),
    (None, "42804", "$: expected an object, found null", None, None),
    ({"node": []}, "42703", "$.node: unknown key",
     "The keys of a map document are nodes, requirements, tolerances, calendars, scenarios.", 'Perhaps you meant "nodes".'),
    ({"nodes": {}}, "42804", "$.nodes: expected an array, found an object", None, None),
    ({"nodes": ["op"]}, "42804", "$.nodes[0]: expected an object, found a string", None, None),
    ({"nodes": [None]}, "42804", "$.nodes[0]: expected an object, found null", None, None),
    ({"requirements": [{"node": "a", "members": []}]}, "23503", '$.requirements[0].node: no node has the code "a"', NODES, None),
]
BROKEN = [
    # objects and keys
    ("nodes/0/knd", "operation", "42703", "$.nodes[0].knd: unknown key", NODE_KEYS, 'Perhaps you meant "kind".'),
    ("nodes/0/colour of it", "red", "42703", '$.nodes[0]."colour of it": unknown key', NODE_KEYS, None),
    ("requirements/0/members/1/stand_by", True, "42703", "$.requirements[0].members[1].stand_by: unknown key",
     "The keys of a member are node, capacity, standby, replica_lag.", 'Perhaps you meant "standby".'),
    ("scenarios/0/shocks/0/at", "0", "42703", "$.scenarios[0].shocks[0].at: unknown key",
     "The keys of a shock are code, node, onset, level, duration, data_loss, probability, duration_distribution, common_cause.",
     None),
    ("nodes/1/code", GONE, "23502", "$.nodes[1].code: missing", "A node needs code and kind.", None),
    ("nodes/1/code", None, "23502", "$.nodes[1].code: missing", "A node needs code and kind.", None),
    ("nodes/1/kind", GONE, "23502", "$.nodes[1].kind: missing", "A node needs code and kind.", None),
    ("requirements/0/node", GONE, "23502", "$.requirements[0].node: missing", "A requirement needs node and members.", None),
    ("requirements/0/members", GONE, "23502", "$.requirements[0].members: missing", "A requirement needs node and members.", None),
    ("requirements/0/members/0/node", None, "23502", "$.requirements[0].members[0].node: missing", "A member needs node.", None),
    ("tolerances/0/tolerance", None, "23502", "$.tolerances[0].tolerance: missing", "A tolerance needs operation and tolerance.",
     None),
    ("calendars/0/days", GONE, "23502", "$.calendars[0].days: missing", "A calendar needs code and days.", None),
    ("scenarios/1/code", GONE, "23502", "$.scenarios[1].code: missing", "A scenario needs code.", None),
    ("scenarios/0/shocks/2/node", GONE, "23502", "$.scenarios[0].shocks[2].node: missing", "A shock needs node.", None),
    # types
    ("nodes/0/code", 7, "42804", "$.nodes[0].code: expected a string, found a number", None, None),
    ("nodes/0/name", ["x"], "42804", "$.nodes[0].name: expected a string, found an array", None, None),
    ("nodes/0/names", ["x"], "42804", "$.nodes[0].names: expected an object, found an array", None, None),
    ("nodes/0/names/ja", 1, "42804", "$.nodes[0].names.ja: expected a string, found a number", None, None),
    ("nodes/0/names/ja", None, "42804", "$.nodes[0].names.ja: expected a string, found null", None, None),
    ("nodes/0/attributes", "x", "42804", "$.nodes[0].attributes: expected an object, found a string", None, None),
    ("nodes/2/unavailability", "0.5", "42804", "$.nodes[2].unavailability: expected a number, found a string", None, None),
    ("requirements/0/members", {}, "42804", "$.requirements[0].members: expected an array, found an object", None, None),
    ("requirements/0/members/0", "sys.core-a", "42804", "$.requirements[0].members[0]: expected an object, found a string", None,
     None),
    ("requirements/0/members/1/standby", "yes", "42804",
     "$.requirements[0].members[1].standby: expected true or false, found a string", None, None),
    ("requirements/0/needed", True, "42804", "$.requirements[0].needed: expected a number, found a boolean", None, None),
    ("tolerances/0/tolerance", 2, "42804", "$.tolerances[0].tolerance: expected a string, found a number", None, None),
    ("scenarios/0/shocks", "x", "42804", "$.scenarios[0].shocks: expected an array, found a string", None, None),
    ("scenarios/0/start", 1790000000, "42804", "$.scenarios[0].start: expected a time stamp in a string, found a number", None, None),
    ("calendars/0/days/0", 20261120, "42804", "$.calendars[0].days[0]: expected a date in a string, found a number", None, None),
    ("calendars/0/days/0", None, "42804", "$.calendars[0].days[0]: expected a date in a string, found null", None, None),
    # codes and names
    ("nodes/0/code", "", "23514", '$.nodes[0].code: "" is empty', CODE, None),
    ("nodes/0/code", LONG, "23514", '$.nodes[0].code: "%s..." is longer than 200 bytes' % ("x" * 80), CODE, None),
    ("nodes/0/code", "a\nb", "23514", '$.nodes[0].code: "a\\nb" contains a control character', CODE, None),
    ("nodes/0/code", "a\u0085b", "23514", '$.nodes[0].code: "a\u0085b" contains a control character', CODE, None),
    ("nodes/0/code", " a", "23514", '$.nodes[0].code: " a" begins with a blank', CODE, None),
    ("requirements/0/name", "勘定系\u3000", "23514", '$.requirements[0].name: "勘定系\u3000" ends with a blank', CODE, None),
    ("scenarios/0/shocks/0/common_cause", "", "23514", '$.scenarios[0].shocks[0].common_cause: "" is empty', CODE, None),
    ("nodes/0/names/j a", "x", "22023", '$.nodes[0].names."j a": not a language code', TAG, None),
    ("nodes/0/names/j", "x", "22023", "$.nodes[0].names.j: not a language code", TAG, None),
    ("scenarios/0/names/ja-", "x", "22023", '$.scenarios[0].names."ja-": not a language code', TAG, None),
    # twice
    ("nodes/-", {"code": "sys.core-a", "kind": "data"}, "23505", '$.nodes[6].code: node "sys.core-a" appears twice',
     "It is at $.nodes[2] already.", None),
    ("requirements/-", {"node": "op.transfer", "name": "core banking", "members": [{"node": "proc.enter"}]}, "23505",
     '$.requirements[4].name: requirement "core banking" appears twice in its node', "It is at $.requirements[0] already.", None),
    ("requirements/0/members/-", {"node": "sys.core-a", "standby": True}, "23505",
     '$.requirements[0].members[2].node: member "sys.core-a" appears twice', "It is at $.requirements[0].members[0] already.", None),
    ("tolerances/-", {"operation": "op.transfer", "tolerance": "100 %  within 120 min"}, "23505",
     '$.tolerances[3].tolerance: the operation has the tolerance "100% within 2h" twice', "It is at $.tolerances[0] already.", None),
    ("calendars/1/code", "jp-bank", "23505", '$.calendars[1].code: calendar "jp-bank" appears twice',
     "It is at $.calendars[0] already.", None),
    ("calendars/0/days/-", "2026-11-20", "23505", '$.calendars[0].days[2]: "2026-11-20" appears twice',
     "It is at $.calendars[0].days[0] already.", None),
    ("scenarios/1/code", "dc-east-lost", "23505", '$.scenarios[1].code: scenario "dc-east-lost" appears twice',
     "It is at $.scenarios[0] already.", None),
    ("scenarios/0/shocks/2/code", "loss", "23505", '$.scenarios[0].shocks[2].code: shock "loss" appears twice',
     "It is at $.scenarios[0].shocks[0] already.", None),
    # references
    ("requirements/3/members/0/node", "fac.dc-eats", "23503",
     '$.requirements[3].members[0].node: no node has the code "fac.dc-eats"', NODES, 'Perhaps you meant "fac.dc-east".'),
    ("requirements/1/members/0/node", "proc.enter ", "23514",
     '$.requirements[1].members[0].node: "proc.enter " ends with a blank', CODE, None),
    ("requirements/3/node", "sys.zebra", "23503", '$.requirements[3].node: no node has the code "sys.zebra"', NODES, None),
    ("tolerances/1/operation", "op.tranfer", "23503", '$.tolerances[1].operation: no node has the code "op.tranfer"', NODES,
     'Perhaps you meant "op.transfer".'),
    ("tolerances/1/tolerance", "100% by 15:30 Asia/Tokyo on calendar jp-bnk", "23503",
     '$.tolerances[1].tolerance: no calendar has the code "jp-bnk"', "Expected the code of a calendar in $.calendars.",
     'Perhaps you meant "jp-bank".'),
    ("tolerances/1/tolerance", "100% by 15:30 Asia/Tokyo except calendar holidays", "23503",
     '$.tolerances[1].tolerance: no calendar has the code "holidays"', "Expected the code of a calendar in $.calendars.", None),
    ("calendars", GONE, "23503", '$.tolerances[1].tolerance: no calendar has the code "jp-bank"',
     "Expected the code of a calendar in $.calendars.", None),
    ("scenarios/0/shocks/0/node", "fac.dc", "23503", '$.scenarios[0].shocks[0].node: no node has the code "fac.dc"', NODES, None),
    # choices
    ("nodes/2/kind", "sytem", "22023", '$.nodes[2].kind: unknown kind "sytem"',
     "Expected one of operation, process, people, system, data, facility, network, third_party.", 'Perhaps you meant "system".'),
    ("requirements/0/mode", "Quorum", "22023", '$.requirements[0].mode: unknown mode "Quorum"', "Expected one of quorum, pool.",
     'Perhaps you meant "quorum".'),
    ("requirements/0/needed_for", "stop", "22023", '$.requirements[0].needed_for: unknown needed_for "stop"',
     "Expected one of run, start.", None),
    # rules of a requirement
    ("requirements/0/members", [], "23514", "$.requirements[0].members: no active member",
     "A requirement needs at least one member that is not standby.", None),
    ("requirements/1/members", [], "23514", "$.requirements[1].members: no active member",
     "A requirement needs at least one member that is not standby.", None),
    ("requirements/1/members/0/standby", True, "23514", "$.requirements[1].members: no active member",
     "A requirement needs at least one member that is not standby.", None),
    ("requirements/1/members/0/node", "op.transfer", "23514",
     '$.requirements[1].members[0].node: node "op.transfer" cannot need itself', None, None),
    ("requirements/0/needed", 2, "23514", "$.requirements[0].needed: 2 needed of 1 active members", QUORUM, None),
    ("requirements/0/needed", 0.5, "23514", "$.requirements[0].needed: 0.5 is not a whole number", "A quorum counts members.",
     'Only in mode "pool" may it be a fraction.'),
    ("requirements/0/needed", 0, "23514", "$.requirements[0].needed: 0 is out of range", "Expected a number above 0.", None),
    ("requirements/0/needed", -1, "23514", "$.requirements[0].needed: -1 is out of range", "Expected a number above 0.", None),
    ("requirements/2/needed", 4.1, "23514", "$.requirements[2].needed: 4.1 needed of an active capacity of 4",
     "A pool can need at most the capacity of its active members; standby ones do not count.", None),
    ("requirements/2/members/0/capacity", 0, "23514", "$.requirements[2].members[0].capacity: 0 is out of range",
     "Expected a number above 0.", None),
    ("requirements/2/members/0/capacity", 10**400, "23514", "$.requirements[2].members[0].capacity: 1%s... is out of range" % ("0" * 39),
     "Expected a number above 0.", None),
    ("requirements/0/impact", 0, "23514", "$.requirements[0].impact: 0 is out of range", "Expected a number above 0 and at most 1.",
     None),
    ("requirements/0/impact", 1.5, "23514", "$.requirements[0].impact: 1.5 is out of range",
     "Expected a number above 0 and at most 1.", None),
    ("requirements/0/switchover_failure", 2, "23514", "$.requirements[0].switchover_failure: 2 is out of range",
     "Expected a number from 0 to 1.", None),
    # rules of a node
    ("nodes/2/unavailability", 1.01, "23514", "$.nodes[2].unavailability: 1.01 is out of range", "Expected a number from 0 to 1.",
     None),
    ("nodes/0/unavailability", 0.1, "23514", "$.nodes[0].unavailability: not for nodes of kind operation",
     "Only resources fail by themselves; an operation or process fails with what it needs.", None),
    ("nodes/1/unavailability", 0, "23514", "$.nodes[1].unavailability: not for nodes of kind process",
     "Only resources fail by themselves; an operation or process fails with what it needs.", None),
    ("nodes/2/kind", "operation", "23514", "$.nodes[2].unavailability: not for nodes of kind operation",
     "Only resources fail by themselves; an operation or process fails with what it needs.", None),
    # durations
    ("nodes/0/restart", 20, "42804", "$.nodes[0].restart: expected a duration in a string, found a number", None, UNIT),
    ("nodes/0/restart", 0, "42804", "$.nodes[0].restart: expected a duration in a string, found a number", None, UNIT),
    ("nodes/0/restart", "", "22P02", '$.nodes[0].restart: "" is no duration', 'At character 1: a duration is missing.', WRITE),
    ("nodes/0/rto", "-2h", "22P02", '$.nodes[0].rto: "-2h" is no duration', 'At character 1: a duration has no sign.', WRITE),
    ("nodes/0/rto", "2 months", "22P02",
     '$.nodes[0].rto: "2 months" is no duration', 'At character 3: months and years have no fixed length; use days.', WRITE),
    ("nodes/0/rto", "5 m", "22P02",
     '$.nodes[0].rto: "5 m" is no duration', 'At character 3: "m" could mean minutes or months; write min.', WRITE),
    ("nodes/0/mtpd", "101 years", "22P02",
     '$.nodes[0].mtpd: "101 years" is no duration', 'At character 5: months and years have no fixed length; use days.', WRITE),
    ("nodes/0/mtpd", "36501 d", "22003",
     '$.nodes[0].mtpd: "36501 d" is no duration', 'At character 1: the duration is longer than 100 years (36500 days).',
     WRITE),
    ("requirements/0/buffer", "soon", "22P02", '$.requirements[0].buffer: "soon" is no duration',
     'At character 1: a number is missing.', WRITE),
    ("requirements/0/members/1/replica_lag", "1 fortnight", "22P02",
     '$.requirements[0].members[1].replica_lag: "1 fortnight" is no duration',
     'At character 3: the unit is unknown (w, d, h, min, s, ms, us).', WRITE),
    # tolerances
    ("tolerances/0/operation", "sys.core-a", "23514", '$.tolerances[0].operation: node "sys.core-a" is no operation',
     "Only nodes of kind operation have tolerances.", None),
    ("tolerances/0/tolerance", "110% within 2h", "22003", '$.tolerances[0].tolerance: invalid impact_tolerance: "110% within 2h"',
     "At character 1: the level is above 100%.", None),
    ("tolerances/0/tolerance", "100% by 15:30 JST", "22023", '$.tolerances[0].tolerance: invalid impact_tolerance: "100% by 15:30 JST"',
     '"JST" is neither a place in the IANA time zone database nor UTC.', "Write Area/City, e.g. Asia/Tokyo, or UTC; abbreviations and offsets are refused."),
    # dates and times
    ("nodes/0/reviewed_on", "30.06.2026", "22007", '$.nodes[0].reviewed_on: "30.06.2026" is no date', DAY, None),
    ("nodes/0/reviewed_on", "infinity", "22007", '$.nodes[0].reviewed_on: "infinity" is no date', DAY, None),
    ("nodes/0/reviewed_on", "2026-02-30", "22008",
     '$.nodes[0].reviewed_on: date/time field value out of range: "2026-02-30"', None, None),
    ("calendars/0/days/1", "tomorrow", "22007", '$.calendars[0].days[1]: "tomorrow" is no date', DAY, None),
    ("calendars/0/days", [], "23514", "$.calendars[0].days: no day",
     "A calendar is the set of its days; expected at least one date.", None),
    ("scenarios/0/start", "2026-11-20T08:00:00", "22007", '$.scenarios[0].start: "2026-11-20T08:00:00" is no time stamp', MOMENT, None),
    ("scenarios/0/start", "2026-11-20", "22007", '$.scenarios[0].start: "2026-11-20" is no time stamp', MOMENT, None),
    ("scenarios/0/start", "2026-11-20T25:00:00Z", "22008",
     '$.scenarios[0].start: date/time field value out of range: "2026-11-20T25:00:00Z"', None, None),
    # shocks
    ("scenarios/0/shocks/0/duration", "0", "23514",
     "$.scenarios[0].shocks[0].duration: a shock without duration and without data_loss", '"0" is only for shocks that lose data.',
     "Leave the duration out if the shock lasts until further notice."),
    ("scenarios/0/shocks/0/level", 1.2, "23514", "$.scenarios[0].shocks[0].level: 1.2 is out of range",
     "Expected a number from 0 to 1.", None),
    ("scenarios/0/shocks/0/level", -0.1, "23514", "$.scenarios[0].shocks[0].level: -0.1 is out of range",
     "Expected a number from 0 to 1.", None),
    ("scenarios/0/shocks/2/probability", 7, "23514", "$.scenarios[0].shocks[2].probability: 7 is out of range",
     "Expected a number from 0 to 1.", None),
    ("scenarios/0/shocks/1/probability", 0.25, "23514",
     '$.scenarios[0].shocks[1].probability: 0.25 differs from the other shocks of the common cause "quake"',
     "Shocks of one cause happen together; $.scenarios[0].shocks[0] has 0.5.", None),
    ("scenarios/0/shocks/1/duration_distribution", "normal(4h)", "22P02",
     '$.scenarios[0].shocks[1].duration_distribution: invalid duration_distribution: "normal(4h)"', ANY := object(), None),
    ("scenarios/0/shocks/1/onset", "-1h", "22P02",
     '$.scenarios[0].shocks[1].onset: "-1h" is no duration', 'At character 1: a duration has no sign.', WRITE),
]
passed = failed = 0


def check(holds, what):
    global passed, failed
    passed += bool(holds)
    if not holds:
        failed += 1
        print("not so: " + what)


def psql(script):
    """Runs a script in one session; errors are part of the output."""
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t"], input=script, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=True)
    return done.stdout


def literal(document):
    return "'" + json.dumps(document, ensure_ascii=False).replace("'", "''") + "'"


# A document as the server got it: what came of it, as a line of JSON.
ATTEMPT = """
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS opres;
CREATE FUNCTION pg_temp.attempt(document jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  state text; message text; detail text; hint text; revision bigint; dump jsonb; again bigint;
BEGIN
  revision := opres.load_map(document);
  SET CONSTRAINTS ALL IMMEDIATE;
  dump := opres.dump_map();
  again := opres.load_map(dump);
  PERFORM * FROM opres.check_map('ja');
  RETURN json_build_object('loaded', revision, 'again', again, 'same', opres.dump_map() = dump, 'dump', dump);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN json_build_object('state', state, 'message', message, 'detail', detail, 'hint', hint);
END
$$;
"""


def attempts(documents, then=""):
    """For each document its outcome, after each of them what the query `then` says."""
    script = ATTEMPT + "".join("SELECT pg_temp.attempt(%s);\n%s\n" % (literal(document), then) for document in documents)
    lines = psql(script).split("\n")[:-1]
    step = 2 if then else 1
    if len(lines) != step * len(documents):
        sys.exit("psql gave %d lines for %d documents:\n" % (len(lines), len(documents)) + "\n".join(lines[:3] + lines[-3:]))
    return [json.loads(line) for line in lines[::step]], lines[1::step]


def test_broken():
    cases = list(WHOLE) + [(changed(path, value), *expected) for path, value, *expected in BROKEN]
    psql("CREATE EXTENSION IF NOT EXISTS opres;\nSELECT opres.load_map(%s);" % literal(VALID))
    state = "SELECT h.revision, h.stamp, md5(opres.dump_map()::text) FROM opres.map_head AS h;"
    before = psql(state).strip()
    outcomes, states = attempts([case[0] for case in cases], state)
    for (document, *expected), outcome, after in zip(cases, outcomes, states):
        wanted = [text or "" for text in expected]
        if ANY in wanted:
            outcome["detail"] = ANY
        check([outcome.get(key) for key in ("state", "message", "detail", "hint")] == wanted,
              "%s\n  expected %s\n  but got  %s" % (json.dumps(document, ensure_ascii=False)[:200] if len(wanted) < 4 else expected[1],
                                                 wanted, {k: v for k, v in outcome.items() if k != "dump"}))
        check(after == before, "nothing is changed after " + expected[1])
    # The same without a block that catches the error: a plain statement.
    out = psql("\\set VERBOSITY sqlstate\nSELECT opres.load_map(%s);\n" % literal(changed("nodes/2/kind", "sytem")) + state)
    check(out.strip().splitlines()[-1] == before and "22023" in out, "a plain statement changes nothing either: " + out)


def places(value, path=()):
    """Every place inside a document, as a path."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, path + (key,))


def at(document, path):
    for key in path:
        document = document[key]
    return document


POOL = [None, True, False, 0, 1, -1, 0.5, 2, 3.5, 1e308, 1e-320, 10**30, "", "0", "1h", "2 months", "x", "op.transfer", "sys.core-a",
        "sys.core-b", "system", "operation", "pool", "start", "100% within 1h", "2026-11-20", "2026-11-20T00:00:00Z", "jp-bank", [], {},
        [{}], {"ja": "x"}, "\u3000", "天" * 70, "a" * 200, "fixed(4h)"]


def mutate(rng, document):
    document = copy.deepcopy(document)
    for _ in range(rng.randrange(1, 5)):
        path = rng.choice([place for place in places(document) if place] or [None])
        if path is None:
            break
        holder, key = at(document, path[:-1]), path[-1]
        change = rng.randrange(7)
        if change == 0:
            del holder[key]
        elif change == 1:
            holder[key] = copy.deepcopy(rng.choice(POOL))
        elif change == 2 and isinstance(holder, list):
            holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
        elif change == 3:
            other = rng.choice([place for place in places(document) if place])
            holder[key] = copy.deepcopy(at(document, other))
        elif change == 4 and isinstance(holder, dict):
            holder[rng.choice(["code", "node", "name", "needed", "standby", "level", "kid", "duration", key + "x"])] = holder.pop(key)
        elif change == 5 and isinstance(holder[key], list):
            rng.shuffle(holder[key])
        elif isinstance(holder[key], str) and holder[key]:
            text, cut = holder[key], rng.randrange(len(holder[key]))
            holder[key] = text[:cut] + rng.choice(["", "\t", "é", "0", " ", text[cut] * 2]) + text[cut + 1:]
    return document


def test_random():
    rng = random.Random(SEED)
    done = loaded = 0
    while done < ROUNDS:
        documents = [mutate(rng, VALID) for _ in range(min(500, ROUNDS - done))]
        outcomes, _ = attempts(documents)
        done += len(documents)
        for document, outcome in zip(documents, outcomes):
            if "loaded" in outcome:
                loaded += 1
                good = outcome["again"] == outcome["loaded"] and outcome["same"]
            else:
                # What load_map lets through must not fail later, at the check at the end of the transaction, say.
                good = re.match(r"\$[.:\[]", outcome["message"]) and outcome["state"][:2] in ("22", "23", "42")
            check(good, "seed %d: %s\n  gave %s" % (SEED, json.dumps(document), outcome))
    check(ROUNDS * 0.05 < loaded < ROUNDS * 0.8, "some load, some do not: %d of %d load" % (loaded, ROUNDS))
    print("%d documents, %d of them load" % (ROUNDS, loaded))


def shuffled(rng, value):
    if isinstance(value, dict):
        return {key: inner if key == "attributes" else shuffled(rng, inner) for key, inner in rng.sample(list(value.items()), len(value))}
    if isinstance(value, list):
        return [shuffled(rng, inner) for inner in rng.sample(value, len(value))]
    return value


def test_order():
    """The order in a document means nothing."""
    rng = random.Random(SEED)
    outcomes, _ = attempts([VALID] + [shuffled(rng, VALID) for _ in range(30)])
    check(all(outcome.get("loaded") == outcomes[0]["loaded"] and outcome["dump"] == outcomes[0]["dump"] for outcome in outcomes),
          "seed %d: a document in another order loads as the same map" % SEED)
    empty, back = attempts([{}, outcomes[0]["dump"]])[0]
    check(empty["dump"] == {"nodes": [], "requirements": [], "tolerances": [], "calendars": [], "scenarios": []}, "an empty map")
    check(back["dump"] == outcomes[0]["dump"], "a dump loaded into an empty map gives the same dump")


def test_too_large():
    """jsonb ends at 256 MB; the map need not."""
    out = psql("""
        SELECT count(opres.load_map('{}'));
        BEGIN;
        INSERT INTO opres.node (code, kind, attributes)
        SELECT 'n' || i, 'system', jsonb_build_object('x', repeat('x', 140000000)) FROM generate_series(1, 2) AS i;
        SELECT opres.dump_map() IS NULL;
        ROLLBACK;""")
    check("the map is too large for one JSON document" in out and r"\copy opres.node" in out, "a map beyond 256 MB is no document: " + out)


print("seed %d" % SEED)
test_broken()
test_order()
test_random()
test_too_large()
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)

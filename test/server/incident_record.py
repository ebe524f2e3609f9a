#!/usr/bin/env python3
"""The record of incidents: many at work on one incident lose nothing, every event is in the audit trail as it was, what is rolled back is
nowhere; closing waits for what is open in the runs, and for who is just beginning one; personal data is erased and everything still
verifies and comes to the same; a dump brings all of it back. OPRES_LONG=1: more of it. OPRES_SEED: another run."""
import json
import os
import random
import subprocess
import sys
import threading

from sessions import Session, SqlError, Tally

LONG = 5 if os.environ.get("OPRES_LONG") else 1
SEED = os.environ.get("OPRES_SEED", "record")
EXT = "extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13"
MAP = {"nodes": [{"code": "op", "kind": "operation"}, *({"code": f"s{i}", "kind": "system"} for i in range(6))],
       "requirements": [{"node": "op", "name": f"s{i}", "members": [{"node": f"s{i}"}]} for i in range(6)],
       "tolerances": [{"operation": "op", "tolerance": "100% within 2h"}]}
tally = Tally()


def ident(kind, number):
    return f"{kind}--11111111-1111-4111-8111-{number:012d}"


def action(number, code, following, agent, **extension):
    return ident("action", number), {
        "type": "action", "name": f"step {code}", "agent": ident("group", agent), "commands": [{"type": "manual", "command": "do it"}],
        "on_completion": following, "step_extensions": {EXT: {"code": code, "texts": {"ja": {"name": f"手順{code}", "commands": ["実施"]}}, **extension}}}


def playbook():
    """D-1, D-2 (approved), a question, D-3 (a report), D-4 (optional), D-5 (review), D-6 (optional, the last one)."""
    end = ident("end", 99)
    steps = [(ident("start", 1), {"type": "start", "on_completion": ident("action", 1)}),
             action(1, "D-1", ident("action", 2), 1, deadlines=[{"anchor": "tolerance_breach", "before": "PT30M"}], evidence={"required": True, "what": {"en": "a log", "ja": "ログ"}}),
             action(2, "D-2", ident("if-condition", 7), 1, approvals=[{"role": "ciso", "count": 1}]),
             (ident("if-condition", 7), {"type": "if-condition", "name": "Is it so?", "condition": "Is it so?", "on_true": ident("action", 8),
                                         "on_completion": ident("action", 3), "step_extensions": {EXT: {"code": "Q-1", "texts": {"ja": {"name": "該当するか"}}}}}),
             action(8, "D-8", end, 1),
             action(3, "D-3", ident("action", 4), 1, report="r1"),
             action(4, "D-4", ident("action", 5), 1, mandatory=False),
             action(5, "D-5", ident("action", 6), 1, phase="review"),
             action(6, "D-6", end, 1, mandatory=False),
             (end, {"type": "end"})]
    report = {"authority": {"en": "FSA", "ja": "金融庁"}, "report": {"en": "first report", "ja": "第一報"}, "kind": "first", "form": {"en": "form", "ja": "様式"},
              "deadlines": [{"anchor": "detection", "after": "PT2H"}], "confirmed": True, "source": "s"}
    return {"type": "playbook", "spec_version": "cacao-2.0", "id": ident("playbook", 1), "name": "Drill", "created_by": ident("identity", 1),
            "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "playbook_types": ["mitigation"], "workflow_start": ident("start", 1),
            "extension_definitions": {EXT: {"type": "extension-definition", "name": "opres", "created_by": ident("identity", 1),
                                            "schema": "opres-extension.schema.json", "version": "1.0.0"}},
            "playbook_extensions": {EXT: {"attack_type": "drill", "languages": ["en", "ja"], "override_role": "ciso", "reports": {"r1": report},
                                          "sources": {"s": {"title": {"en": "t", "ja": "t"}, "note": {"en": "n", "ja": "n"}}},
                                          "texts": {"ja": {"name": "訓練"}}}},
            "agent_definitions": {ident("group", i): {"type": "group", "name": role, "agent_target_extensions": {EXT: {"role": role}}}
                                  for i, role in ((1, "csirt_lead"), (2, "ciso"))},
            "workflow": dict(steps)}


def quoted(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"


def refused(session, sql, code, what):
    """The error's detail."""
    try:
        session.run(sql)
    except SqlError as error:
        tally.equal(error.code, code, f"{what}: {error}")
        return error.detail
    tally.ok(False, f"{what}: not refused")
    return ""


def open_one(session, arguments=""):
    return session.value(f"SELECT opres.open_incident('t', 'drill', 50 {arguments});")


# Many at a time ------------------------------------------------------------------------------------------------------------------------

def two_at_a_time():
    with Session() as a, Session() as b:
        i = open_one(a)
        a.run(f"BEGIN; SELECT opres.update_incident({i}, '{{\"severity\": 70}}', 'a');")
        b.send(f"SELECT opres.update_incident({i}, '{{\"customers\": 5}}', 'b');")
        a.run("COMMIT;")
        b.receive()
        tally.equal(a.run(f"SELECT severity, customers FROM opres.incident WHERE id = {i};"), [["70", "5"]], "both changes are there")
        tally.equal(a.run(f"SELECT number, details->'before' FROM opres.incident_event WHERE incident = {i} AND kind = 'update' ORDER BY 1;"),
                    [["2", '{"severity": 50}'], ["3", '{"customers": null}']], "each event tells its own change")
        for level in ("REPEATABLE READ", "SERIALIZABLE"):
            b.run(f"BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM opres.incident;")
            a.run(f"SELECT opres.update_incident({i}, '{{\"severity\": {90 if level[0] == 'R' else 10}}}', 'a');")
            refused(b, f"SELECT opres.update_incident({i}, '{{\"severity\": 5}}', 'b');", "40001", f"{level}: the second one")
            b.run("ROLLBACK;")
        a.run(f"BEGIN; SELECT opres.update_incident({i}, '{{\"state\": \"no_incident\"}}', 'a');")
        b.send(f"SELECT opres.start_run({i}, 'drill');")
        a.run("COMMIT;")
        try:
            b.receive()
            tally.ok(False, "a run of what was found to be none")
        except SqlError as error:
            tally.equal(error.code, "55000", f"who begins a run waits, and cannot: {error}")
        # and the other way round
        i = open_one(a)
        a.run(f"BEGIN; SELECT opres.start_run({i}, 'drill');")
        b.send(f"SELECT opres.close_incident({i}, 'over');")
        a.run("COMMIT;")
        try:
            b.receive()
            tally.ok(False, "closed while a run begins")
        except SqlError as error:
            tally.equal((error.code, "step D-1 (reached)" in error.detail), ("55000", True), f"who closes waits, and cannot: {error.detail}")


def worker(number, incident, count, errors):
    rng = random.Random(f"{SEED}/{number}")
    with Session() as s:
        for _ in range(count):
            node = f"s{rng.randrange(6)}"
            changes = rng.choice([
                {"severity": rng.randint(0, 100)}, {"customers": rng.randint(0, 10**6), "amount": rng.randint(0, 10**9)},
                {"nodes": {node: {"state": "lost"}}}, {"nodes": {node: {"level": rng.choice([.1, .5, .9])}, "s0": {"level": 0}}},
                {"classification": rng.choice(["major", "minor", None])}, {"title": f"t{rng.random()}"}])
            try:
                ending = rng.choice(["COMMIT", "COMMIT", "COMMIT", "ROLLBACK"])
                s.run(f"BEGIN; SELECT opres.update_incident({incident}, {quoted(changes)}, {quoted(f'{number}')});")
                if rng.random() < .3:
                    s.run(f"SAVEPOINT p; SELECT opres.annotate_incident({incident}, 'gone'); ROLLBACK TO p; SELECT opres.annotate_incident({incident}, 'note');")
                s.run(f"{ending};")
            except SqlError as error:
                errors.append(str(error))
                s.run("ROLLBACK;")


def many_at_a_time():
    errors = []
    with Session() as s:
        i = open_one(s)
        threads = [threading.Thread(target=worker, args=(n, i, 25 * LONG, errors)) for n in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        tally.equal(errors, [], "nobody is refused")
        numbers = [int(r[0]) for r in s.run(f"SELECT number FROM opres.incident_event WHERE incident = {i} ORDER BY 1;")]
        tally.equal(numbers, list(range(1, len(numbers) + 1)), "numbers without a gap")
        tally.ok(len(numbers) > 50, "many events")
        tally.equal(s.value(f"SELECT count(*) FROM opres.incident_event WHERE note = 'gone';"), "0", "what is rolled back is nowhere")
        # From event to event: what was before is what the events so far came to, and the last is what stands in the tables.
        facts, nodes, broken = {}, {}, []
        for number, details in s.run(f"SELECT number, details FROM opres.incident_event WHERE incident = {i} ORDER BY number;"):
            details = json.loads(details)
            for key, value in details.get("before", {}).items():
                known, value = (nodes, value) if key == "nodes" else (facts, {key: value})
                broken += [(number, k, known.get(k), v) for k, v in value.items() if known.get(k) != v]
            after = details.get("after", {})
            nodes.update({k: {x: y for x, y in v.items() if x != "at"} for k, v in after.pop("nodes", {}).items()})
            facts.update(after)
        tally.equal(broken, [], "each event begins where the one before has ended")
        stands = json.loads(s.value(f"SELECT opres.incident_facts(i) FROM opres.incident AS i WHERE id = {i};"))
        tally.equal({k: facts.get(k) for k in stands}, stands, "the incident is what its events come to")
        tally.equal(nodes, {r[0]: json.loads(r[1]) for r in s.run(f"SELECT node, opres.node_facts(n) FROM opres.incident_node AS n WHERE incident = {i};")}, "so are its nodes")
        tally.equal(s.value(f"SELECT count(*) FROM opres.incident_node AS n WHERE incident = {i} AND level IS DISTINCT FROM (SELECT level FROM opres.incident_level AS l"
                            " WHERE l.incident = n.incident AND l.node = n.node ORDER BY at DESC LIMIT 1);"), "0", "so are their levels")
        tally.equal(s.value(f"SELECT count(*) FROM opres.incident AS i WHERE breach_at IS DISTINCT FROM (SELECT min(breaches_at) FROM opres.tolerance_clock(i.id));"),
                    "0", "the breach is what the clock says")


UNRECORDED = """WITH e AS (SELECT 'incident.' || kind AS action, 'incident ' || incident AS subject, number, note, jsonb_build_object('event', number,
    'occurred_at', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'recorded_at',
    to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'person', person, 'login', login, 'details', details) AS content, login FROM opres.incident_event),
  a AS (SELECT action, subject, (content::jsonb->>'event')::int AS number, reason AS note, content::jsonb AS content, actor AS login
    FROM opres.audit_trail WHERE subject ~ '^incident ')
SELECT coalesce(e.subject, a.subject), coalesce(e.number, a.number) FROM e FULL JOIN a USING (action, subject, number)
WHERE (e.note, e.content, e.login) IS DISTINCT FROM (a.note, a.content, a.login);"""


# Closing -------------------------------------------------------------------------------------------------------------------------------

def matters(session, incident):
    return [" ".join(r) for r in session.run(f"SELECT kind, subject, state FROM opres.open_matters({incident}) WHERE state <> 'idle';")]


def closing(session):
    i = open_one(session, ", '{s1}'")
    run = session.value(f"SELECT opres.start_run({i}, 'drill');")
    with Session(user="lead") as lead, Session(user="boss") as boss:
        report, review = "report r1 not submitted", "review review no step of the review is done"
        tally.equal(matters(lead, i), ["step D-1 reached", report, review], "all is open")
        detail = refused(lead, f"SELECT opres.close_incident({i}, 'over');", "55000", "closing")
        tally.ok(detail.startswith(f"Open: run {run} step D-1 (reached), run {run} report r1 (not submitted), review ("), f"what is open is listed: {detail}")
        tally.ok("step D-8 (idle)" in detail, f"also what comes later: {detail}")
        lead.run(f"SELECT opres.advance({run}, 'D-1', 'success', 'by Taro Yamada', '{{\"file\": \"taro.log\"}}');")
        with Session(user="doer") as doer:
            doer.run(f"SELECT opres.advance({run}, 'D-2', 'success');")
        tally.equal(matters(lead, i), ["approval D-2 submitted", report, review], "an approval is open")
        lead.run(f"SELECT opres.approve({run}, 'D-2', on_behalf_of => 'p.boss');")
        by_boss = "ratification D-2 by p.boss"
        tally.equal(matters(lead, i), ["decision Q-1 reached", by_boss, report, review], "a decision and a ratification are open")
        session.run(f"UPDATE opres.run_ratification SET due_at = now() - interval '1 min' WHERE run = {run};"  # that time has come
                    f"UPDATE opres.run_report SET due_at = now() - interval '2 min' WHERE run = {run};")
        tally.equal(lead.run(f"SELECT kind, run, subject FROM opres.overdue WHERE incident = {i};"), [["report", run, "r1"], ["ratification", run, "D-2"]], "overdue")
        lead.run(f"SELECT opres.advance({run}, 'Q-1', 'false'); SELECT opres.advance({run}, 'D-3', 'success', evidence => '{{\"reference\": \"FSA-17\", \"by\": \"Taro\"}}');")
        tally.equal(matters(lead, i), [by_boss, review], "an optional step is no matter; nor is what is left out")
        tally.equal(lead.run(f"SELECT authority, report, reference, overdue, step FROM opres.authority_reports({i}, 'ja');"), [["金融庁", "第一報", "FSA-17", "f", "D-3"]], "the report")
        boss.run(f"SELECT opres.dispute({run}, 'D-2', 'it was not me');")
        tally.equal([[r[0] for r in lead.run(f"SELECT what FROM opres.open_matters({i}, '{lang}');")] for lang in ("en", "ja")],
                    [["D-2 step D-2: approval denied by Boss, to be settled", "No step of the review is done", "D-5 step D-5: not begun"],
                     ["D-2 手順D-2：否認された承認（Boss）の取扱いが未決定", "事後検証が未実施", "D-5 手順D-5：未着手"]], "what is open, in words")
        lead.run(f"SELECT opres.advance({run}, 'D-4', 'omit', 'not needed'); SELECT opres.advance({run}, 'D-5', 'success');")
        tally.equal(matters(lead, i), ["dispute D-2 by p.boss"], "a dispute is open; the review is done")
        refused(lead, f"SELECT opres.close_incident({i}, 'over');", "55000", "closing with a dispute")
        session.run(f"SELECT opres.settle_dispute({run}, 'D-2', 'she remembers');")
        tally.equal(lead.run(f"SELECT * FROM opres.open_matters({i});"), [], "nothing is open")
        tally.equal(lead.value(f"SELECT state FROM opres.run WHERE id = {run};"), "active", "though an optional step is left")
        lead.run(f"SELECT opres.close_incident({i}, 'over');")
        tally.equal(lead.run(f"SELECT i.state, r.state FROM opres.incident AS i JOIN opres.run AS r ON r.incident = i.id WHERE i.id = {i};"),
                    [["closed", "aborted"]], "the run is ended with it")
        refused(lead, f"SELECT opres.start_run({i}, 'drill');", "55000", "no run of a closed incident")
        tally.equal([r[0] for r in lead.run(f"SELECT what FROM opres.timeline({i}, 'ja') WHERE kind NOT IN ('open', 'wake');")], [
            f"対応手順書「訓練」による対応を開始（対応案件{run}）", "D-1 手順D-1：実施。by Taro Yamada［証拠：{\"file\": \"taro.log\"}］", "D-2 手順D-2：実施",
            "D-2 手順D-2：承認（電話による承認、代理記録 Lead）", "Q-1 該当するか：「いいえ」と判断",
            "D-3 手順D-3：実施［証拠：{\"by\": \"Taro\", \"reference\": \"FSA-17\"}］", "D-2 手順D-2：電話による承認を本人が否認。it was not me",
            "D-4 手順D-4：省略。not needed", "D-5 手順D-5：実施", "D-2 手順D-2：否認された承認の取扱いを決定。she remembers",
            f"対応を打切り（対応案件{run}）。over", "インシデント対応を終了。over"], "its chronicle")
        tally.equal(lead.run(f"SELECT who FROM opres.timeline({i}) WHERE kind = 'dispute';"), [["Boss"]], "who")
    return i, run


def times_move(session):
    """Due times of runs hang on the incident's times; tick minds what time alone changes."""
    i = open_one(session, ", '{s1}', detected_at => now() - interval '10 min'")
    session.run(f"SELECT opres.start_run({i}, 'drill');")
    due = (f"SELECT i.detected_at - s.due_at, i.breach_at - s.due_at, p.due_at - i.detected_at FROM opres.incident AS i JOIN opres.run AS r ON r.incident = i.id"
           f" JOIN opres.run_step AS s ON s.run = r.id AND s.code = 'D-1' JOIN opres.run_report AS p ON p.run = r.id WHERE i.id = {i};")
    tally.equal(session.run(due), [["-01:30:00", "00:30:00", "02:00:00"]], "half an hour before the breach")
    tally.equal(session.run(f"SELECT * FROM opres.overdue WHERE incident = {i};"), [], "nothing is overdue")
    session.run(f"SELECT opres.update_incident({i}, jsonb_build_object('occurred_at', now() - interval '3 h'), 'r');")
    tally.equal(session.run(f"SELECT kind, subject, role, date_trunc('minute', now() - due_at) FROM opres.overdue WHERE incident = {i};"), [["step", "D-1", "csirt_lead", "01:30:00"]], "a step is")
    session.run(f"SELECT opres.update_incident({i}, jsonb_build_object('occurred_at', now() - interval '20 min', 'detected_at', now() - interval '5 min'), 'r');")
    tally.equal(session.run(due.replace("i.detected_at - s.due_at", "i.occurred_at - s.due_at")), [["-01:30:00", "00:30:00", "02:00:00"]], "they move with the incident")
    expected = "SELECT opres.update_incident({}, jsonb_build_object('nodes', jsonb_build_object('s1', jsonb_build_object('expected_at', now() + interval '{}'))), 'r');"
    session.run(expected.format(i, "1 h"))
    tally.equal(session.run(due), [["", "", "02:00:00"]], "back in time: no breach, no deadline by it")
    session.run(f"UPDATE opres.incident_node SET expected_at = now() - interval '1 min' WHERE incident = {i};"  # that time has come
                "SELECT opres.tick();")
    tally.equal(session.run(due), [["-01:15:00", "00:30:00", "02:00:00"]], "not back: the breach is back, and the deadline")
    tally.equal(session.run(f"SELECT kind FROM opres.incident_event WHERE incident = {i} ORDER BY number DESC LIMIT 1;"), [["clock"]], "and on record")
    session.run("SELECT opres.tick();")
    tally.equal(session.value(f"SELECT count(*) FROM opres.incident_event WHERE incident = {i} AND kind = 'clock';"), "1", "once")


# Redaction -----------------------------------------------------------------------------------------------------------------------------

def redaction(session, incident, run):
    session.run(f"SELECT opres.annotate_incident({incident}, 'ring Taro, 090-1234', evidence => '{{\"photo\": \"taro.jpg\"}}');")
    note = session.value(f"SELECT max(number) FROM opres.incident_event WHERE incident = {incident};")
    event = {kind: session.value(f"SELECT number FROM opres.run_event WHERE run = {run} AND step = {quoted(ident('action', n))} AND kind = 'success';")
             for kind, n in (("log", 1), ("report", 3))}
    states = f"SELECT * FROM opres.run_step WHERE run = {run} ORDER BY step;"
    before = session.run(states) + session.run(f"SELECT * FROM opres.run_report WHERE run = {run};")
    with Session(user="eraser") as eraser:
        refused(eraser, f"SELECT * FROM opres.timeline({incident});", "42501", "an eraser reads nothing")
        for subject in (f"incident {incident} event {note}", f"run {run} event {event['log']}", f"run {run} event {event['report']}"):
            eraser.run(f"SELECT opres.redact_event('{subject}', 'asked for');")
    with Session(user="lead") as lead:
        refused(lead, f"SELECT opres.redact_event('run {run} event 1', 'x');", "42501", "a commander does not erase")
    everything = session.value("SELECT string_agg(t, '') FROM (SELECT e::text FROM opres.incident_event AS e UNION ALL SELECT e::text FROM opres.run_event AS e"
                               " UNION ALL SELECT e::text FROM opres.audit_entry AS e) AS t (t);")
    for words in ("Taro, 090", "taro.jpg", "Taro Yamada", "taro.log", '"by": "Taro"'):
        tally.ok(words not in everything, f"{words} is nowhere")
    tally.equal(session.run(f"SELECT note, evidence FROM opres.run_event WHERE run = {run} AND number IN ({event['log']}, {event['report']}) ORDER BY number;"),
                [["[redacted]", '{"redacted": true}'], ["", '{"redacted": true, "reference": "FSA-17"}']], "the reference number stays")
    tally.equal(session.run("SELECT * FROM opres.verify_audit();"), [], "the trail verifies")
    tally.equal(session.run("SELECT * FROM opres.check_runs();"), [], "the run comes to the same")
    tally.equal(session.value(f"SELECT opres.rebuild({run});"), "0", "also made anew")
    tally.equal(session.run(states) + session.run(f"SELECT * FROM opres.run_report WHERE run = {run};"), before, "nothing of it has changed")
    what = [r[0] for r in session.run(f"SELECT what FROM opres.timeline({incident}) WHERE kind = 'redact' OR what ~ 'erased' ORDER BY recorded_at;")]
    tally.equal(what, ["D-1 step D-1: done. [personal data erased] [evidence: [personal data erased]]", "D-3 step D-3: done [evidence: [personal data erased]]",
                       "Note: [personal data erased] [evidence: [personal data erased]]", f"Personal data of record incident {incident} event {note} erased. asked for",
                       f"Personal data of record run {run} event {event['log']} erased. asked for",
                       f"Personal data of record run {run} event {event['report']} erased. asked for"], "the chronicle tells it")


# Dumps ---------------------------------------------------------------------------------------------------------------------------------

TABLES = ("incident", "incident_node", "incident_level", "incident_event", "incident_report", "incident_reader", "reporting_criterion", "run", "run_event", "run_step",
          "run_report", "run_ratification", "person", "playbook")


def tables(session):
    out = {t: session.value(f"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, ';' ORDER BY t::text)), '') FROM opres.{t} AS t;") for t in TABLES}
    out["chronicle"] = session.value("SELECT md5(string_agg(t::text, ';')) FROM opres.incident AS i, LATERAL opres.timeline(i.id, 'ja') AS t;")
    return out


def dump(session):
    session.run("SELECT opres.set_reporting_criterion('c', 'ciso', '30 min', '{\"ja\": \"報告\"}', min_severity => 10, node_kinds => '{system,people}', reason => 'r');"
                "SELECT opres.open_incident('t', 'drill', 50, '{s1,s2}');"
                "SELECT opres.update_incident(max(id), '{\"confidential\": true}', 'r') FROM opres.incident;")
    want = tables(session)
    tally.ok(all(not v.startswith("0 ") for v in want.values()), f"something of everything: {want}")
    path = os.path.join(os.environ["OPRES_CLUSTER"], "dump")
    subprocess.run(["pg_dump", "-Fc", "-f", path], check=True)
    session.run("CREATE DATABASE restored;")
    subprocess.run(["pg_restore", "-j", "3", "-d", "restored", path], check=True)
    with Session("restored") as restored:
        tally.equal(tables(restored), want, "restored")
        tally.equal(restored.run("SELECT * FROM opres.verify_audit();") + restored.run("SELECT * FROM opres.check_runs();"), [], "and it verifies")
        last = restored.value("SELECT max(id) FROM opres.incident;")
        tally.equal(open_one(restored), str(int(last) + 1), "numbers go on")


def main():
    with Session() as session:
        session.run("CREATE EXTENSION opres; CREATE ROLE lead LOGIN; CREATE ROLE boss LOGIN; CREATE ROLE eraser LOGIN; CREATE ROLE doer LOGIN;")
        session.run("SET opres.reason = 'test'; SELECT opres.grant_access('lead', 'commander'), opres.grant_access('boss', 'signer'), opres.grant_access('eraser', 'eraser'), opres.grant_access('doer', 'responder');"
                    "SELECT opres.save_person('p.lead', 'Lead', logins => '{lead}'), opres.save_person('p.boss', 'Boss', logins => '{boss}'), opres.save_person('p.doer', 'Doer', logins => '{doer}');"
                    "SELECT opres.save_role_holder('csirt_lead', 'p.lead'), opres.save_role_holder('ciso', 'p.boss');"
                    f"SELECT opres.load_map({quoted(MAP)}); SELECT opres.load_playbook({quoted(playbook())}::jsonb);")
        two_at_a_time()
        many_at_a_time()
        tally.equal(session.run(UNRECORDED), [], "every event is in the audit trail as it was, and nothing else")
        times_move(session)
        redaction(session, *closing(session))
        dump(session)
    return tally.close()


sys.exit(main())

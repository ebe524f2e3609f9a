#!/usr/bin/env python3
"""The playbooks as documents: made from their sources, valid, complete in both languages, every clause answered, and workable.

Facts this relies on stand beside it, not in the sources: clauses.tsv (the demands of guideline 2.5.2), holds.tsv (what a bank's playbook of that kind never
leaves out), rules.tsv (the time limits that are confirmed). The walk here is a small one of its own; walk.py walks them in the server.
"""
import csv
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile

from schema import faults

HERE = os.path.dirname(os.path.abspath(__file__))
BOOKS = os.path.join(HERE, "..", "..", "playbooks")
EXTENSION = "extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
ACTIVITIES = """compose-content deliver-content identify-audience identify-channel scan-system match-indicator analyze-collected-data identify-indicators
scan-vulnerabilities configure-systems restrict-access disconnect-system eliminate-risk revert-system restore-data restore-capabilities map-network identify-steps
step-sequence prepare-engagement execute-operation analyze-engagement-results""".split()
PLAYBOOK_TYPES = "attack detection engagement investigation mitigation notification prevention remediation".split()
EXPECTED = """ddos ransomware joint-centre malware defacement vulnerability third-party-leak fraudulent-transfer account-takeover faulty-update datacentre-loss settlement-loss
    crypto-outflow""".split()
ORDER = "[うくぐすつぬぶむるい]"  # what a Japanese verb ends in
JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")


def table(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


class Book:
    def __init__(self, path):
        with open(path, encoding="utf-8") as text:
            self.text = text.read()
        self.name = os.path.basename(path)[:-5]
        self.doc = json.loads(self.text)
        self.steps = self.doc["workflow"]
        self.own = self.doc["playbook_extensions"][EXTENSION]
        self.agents = {i: a["agent_target_extensions"][EXTENSION]["role"] for i, a in self.doc["agent_definitions"].items()}
        self.actions = {i: s for i, s in self.steps.items() if s["type"] == "action"}

    @staticmethod
    def of(step):
        return step.get("step_extensions", {}).get(EXTENSION, {})

    def branches(self, step):
        kind = step["type"]
        if kind == "parallel":
            return step["next_steps"]
        if kind == "switch-condition":
            return list(step["cases"].values())
        return [step[k] for k in ("on_true", "on_false") if k in step]

    def following(self, step):
        return [step[k] for k in ("on_completion", "on_success", "on_failure") if k in step]


# Each check yields what is wrong.

def sources(book, built):
    path = os.path.join(built, book.name + ".json")
    if not os.path.exists(path):
        yield "no source makes it"
    else:
        with open(path, encoding="utf-8") as text:
            if text.read() != book.text:
                yield "is not what its source makes: run playbooks/build.py"


def schema(book, definitions):
    for what, holder, word in ([("playbook", book.doc, "playbook_extensions")] + [("step", s, "step_extensions") for s in book.steps.values()]
                               + [("agent", a, "agent_target_extensions") for a in book.doc["agent_definitions"].values()]):
        for fault in faults(holder[word][EXTENSION], definitions["$defs"][what], definitions):
            yield f"{what} {holder['name']}: {fault}"


def cacao(book, _):
    doc = book.doc
    known = """type spec_version id name description playbook_types playbook_activities playbook_processing_summary created_by created modified priority severity
        industry_sectors labels external_references playbook_variables workflow_start workflow_exception workflow playbook_extensions agent_definitions extension_definitions"""
    if set(doc) != set(known.split()):
        yield f"members: {set(doc) ^ set(known.split())}"
    if book.own["attack_type"] != book.name:
        yield f"attack_type {book.own['attack_type']}: not the name of its file, by which people look for it"
    if doc["type"] != "playbook" or doc["spec_version"] != "cacao-2.0" or not re.fullmatch("playbook--" + UUID, doc["id"]):
        yield "head"
    for moment in (doc["created"], doc["modified"]):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment):
            yield f"time {moment}"
    if doc["modified"] < doc["created"] or not set(doc["playbook_types"]) <= set(PLAYBOOK_TYPES) or not set(doc["playbook_activities"]) <= set(ACTIVITIES):
        yield "times, types or activities"
    used = {c["playbook_activity"] for s in book.actions.values() for c in s["commands"]}
    if used != set(doc["playbook_activities"]):
        yield f"activities of steps: {used ^ set(doc['playbook_activities'])}"
    kinds = {s["type"] for s in book.steps.values()}
    told = doc["playbook_processing_summary"]
    for word, there in (("parallel_processing", "parallel" in kinds), ("if_logic", "if-condition" in kinds), ("while_logic", "while-condition" in kinds),
                        ("switch_logic", "switch-condition" in kinds), ("temporal_logic", any({"timeout", "delay"} & set(s) for s in book.steps.values())),
                        ("manual_playbook", True), ("extensions", True), ("external_playbooks", False)):
        if told[word] is not there:
            yield f"summary: {word}"
    for ident, step in book.steps.items():
        if not re.fullmatch(step["type"] + "--" + UUID, ident):
            yield f"{ident}: not the id of a {step['type']}"
        for other in book.following(step) + book.branches(step) + ([step["agent"]] if "agent" in step else []):
            if other not in book.steps and other not in doc["agent_definitions"]:
                yield f"{step['name']}: {other} is nowhere"
        if step["type"] == "action" and not (step["commands"] and all(c["type"] == "manual" and c["command"] for c in step["commands"])):
            yield f"{step['name']}: commands"
        if "on_completion" in step and {"on_success", "on_failure"} & set(step):
            yield f"{step['name']}: on_completion beside on_success or on_failure"
        for name in step.get("out_args", []):
            if name not in doc["playbook_variables"]:
                yield f"{step['name']}: {name} is not declared"
    reached, regions = set(), [doc["workflow_start"], doc["workflow_exception"]]
    while regions:
        ahead = [regions.pop()]
        while ahead:
            ident = ahead.pop()
            if ident in reached:
                continue
            reached.add(ident)
            ahead += [i for i in book.following(book.steps[ident]) if i in book.steps]
            inner = [i for i in book.branches(book.steps[ident]) if i in book.steps]
            if reached & set(inner) or len(set(inner)) != len(inner):
                yield f"{book.steps[ident]['name']}: a branch that is somewhere else too"
            regions += inner
    for ident in set(book.steps) - reached:
        yield f"{book.steps[ident]['name']}: never reached"


def size(book, _):
    if not 20 <= len(book.actions) <= 45:
        yield f"{len(book.actions)} actions"
    kinds = {s["type"] for s in book.steps.values()}
    for needed in ({"parallel"}, {"while-condition"}, {"if-condition", "switch-condition"}):
        if not kinds & needed:
            yield f"no {' or '.join(sorted(needed))}"


def words(book):
    """All texts as (where, English, Japanese)."""
    own, doc = book.own["texts"]["ja"], book.doc
    yield "name", doc["name"], own["name"]
    yield "description", doc["description"], own["description"]
    for name, variable in doc["playbook_variables"].items():
        yield name, variable["description"], own["variables"].get(name)
    pairs = [(f"fact {c}", f) for c, f in book.own["facts"].items()] + [("target", book.own["recovery_target"]["note"])]
    for code, source in book.own["sources"].items():
        pairs += [(f"source {code}", source[k]) for k in source]
    for code, report in book.own["reports"].items():
        pairs += [(f"report {code}", report[k]) for k in ("authority", "report", "form", "note") if k in report]
    for agent in doc["agent_definitions"].values():
        ja = agent["agent_target_extensions"][EXTENSION]["texts"]["ja"]
        yield "agent", agent["name"], ja["name"]
        yield "agent", agent["description"], ja["description"]
    for step in book.steps.values():
        extension, where = book.of(step), step["name"]
        ja = extension["texts"]["ja"]
        yield where, step["name"], ja["name"]
        if "description" in step or "description" in ja:
            yield where, step.get("description"), ja.get("description")
        if len(step.get("commands", [])) != len(ja.get("commands", [])):
            yield where + ": commands in number", None, None
        for command, text in zip(step.get("commands", []), ja.get("commands", [])):
            yield where, command["command"], text
        for case in step.get("cases", {}):
            yield f"{where}: case {case}", extension["texts"]["en"]["cases"].get(case), ja["cases"].get(case)
        if "evidence" in extension:
            pairs.append((where, extension["evidence"]["what"]))
    for where, pair in pairs:
        if set(pair) != {"en", "ja"}:
            yield where, None, None
        yield where, pair.get("en"), pair.get("ja")


def languages(book, _):
    if book.own["languages"] != ["en", "ja"]:
        yield "languages"
    for where, en, ja in words(book):
        if not en or not ja:
            yield f"{where}: a language is missing"
        elif not JAPANESE.search(ja):
            yield f"{where}: no Japanese: {ja}"
        elif JAPANESE.search(re.sub("（.*?）|\\(.*?\\)", "", en)):
            yield f"{where}: Japanese in English: {en}"
        elif re.search("です|ます(?:$|[。、（）])|ください|ましょう", ja):
            yield f"{where}: not how a procedure is worded: {ja}"
        elif re.search("[　  ]{2}|[,、]{2}|。。|TODO", en + ja) or en != en.strip() or ja != ja.strip():
            yield f"{where}: typing: {en} {ja}"
    for step in book.actions.values():
        ja = book.of(step)["texts"]["ja"]
        if not re.search(ORDER + "$", ja["name"]):
            yield f"{step['name']}: the name in Japanese orders nothing: {ja['name']}"
        for text in ja["commands"]:
            if not re.search(ORDER + "(（[^（）]*）)?。$", text):
                yield f"{step['name']}: ends otherwise than an order: {text}"


def inside(book, first):
    """All steps of a branch, and within those."""
    seen, ahead = set(), [first]
    while ahead:
        ident = ahead.pop()
        if ident not in seen:
            seen.add(ident)
            ahead += book.following(book.steps[ident]) + book.branches(book.steps[ident])
    return seen


def looped(book):
    return {i for s in book.steps.values() if s["type"] == "while-condition" for i in inside(book, s["on_true"])}


def codes(book, _):
    said = [book.of(s).get("code") for s in book.steps.values() if s["type"] not in ("start", "end")]
    if len(set(said)) != len(said) or None in said:
        yield "codes are missing or there twice"
    for step in book.actions.values():
        for needed in ("phase", "accountable", "evidence", "texts", "priority", "mandatory"):
            if needed not in book.of(step):
                yield f"{step['name']}: no {needed}"
        if not 2 <= len(step["commands"]) <= 7:
            yield f"{step['name']}: {len(step['commands'])} commands"
    for ident in set(book.actions) - looped(book) - {book.doc["workflow_exception"]}:
        step = book.actions[ident]
        if not book.of(step).get("deadlines") and "report" not in book.of(step):
            yield f"{step['name']}: by when?"
    phases = {book.of(s)["phase"] for s in book.actions.values()}
    for missing in {"triage", "analysis", "coordination", "containment", "eradication", "recovery", "sign_off", "review"} - phases:
        yield f"nothing in phase {missing}"


def people(book, _):
    roles = set(book.agents.values())
    if len(roles) != len(book.agents):
        yield "a role twice"
    for ident, agent in book.doc["agent_definitions"].items():
        for deputy in agent["agent_target_extensions"][EXTENSION].get("deputies", []):
            if deputy not in roles or deputy == book.agents[ident]:
                yield f"deputy {deputy} of {book.agents[ident]}"
    if book.own["override_role"] not in roles:
        yield "override_role"
    for step in book.actions.values():
        extension = book.of(step)
        approvers = [a["role"] for a in extension.get("approvals", [])]
        for role in approvers + [extension["accountable"]] + extension.get("deputies", []):
            if role not in roles:
                yield f"{step['name']}: {role} is nobody"
        if book.agents[step["agent"]] in approvers:
            yield f"{step['name']}: approved by the doer's own role"
        if extension["phase"] == "sign_off" and not approvers:
            yield f"{step['name']}: signed off by nobody"


def clauses(book, demands):
    answered = {c for s in book.actions.values() for c in book.of(s).get("clauses", [])}
    wanted = {"FSA-CS " + d["clause"] for d in demands}
    for clause in sorted(wanted - answered):
        yield f"{clause} is answered by no step"
    for clause in sorted(answered - wanted - {"FSA-CS 2.5.1-1"}):
        yield f"{clause} is no clause"


def holds(book, wanted):
    for row in wanted:
        if row["playbook"] in ("*", book.name) and row["a word of it"] not in book.text:
            yield f"{row['what']}: {row['a word of it']}"


def reports(book, rules):
    rules = {r["report"]: [{"anchor": r["anchor"], "after": r["after"]}] for r in rules}
    submitted = [book.of(s)["report"] for s in book.actions.values() if "report" in book.of(s)]
    if sorted(submitted) != sorted(book.own["reports"]):
        yield f"reports and the steps that submit them: {sorted(submitted)}, {sorted(book.own['reports'])}"
    for code, report in book.own["reports"].items():
        if report.get("source") not in book.own["sources"]:
            yield f"{code}: no source"
        if report["confirmed"] and report.get("deadlines") != rules.get(code):
            yield f"{code}: its deadline is not the one confirmed"
        if not report["confirmed"] and (code in rules or "No text of the rule" not in report["note"]["en"] or "確認できていない" not in report["note"]["ja"]):
            yield f"{code}: does not say that it is not confirmed"
    for where, deadlines in ([(c, r.get("deadlines", [])) for c, r in book.own["reports"].items()] + [(s["name"], book.of(s).get("deadlines", [])) for s in book.steps.values()]):
        for deadline in deadlines:
            kind, _, which = deadline["anchor"].partition(":")
            if kind == "submission" and (which not in book.own["reports"] or which == where) or kind == "step" and which not in book.actions:
                yield f"{where}: deadline from {deadline['anchor']}"


def minutes(duration):
    parts = re.fullmatch(r"P(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", duration).groups(default="0")
    return sum(int(n) * unit for n, unit in zip(parts, (43200, 10080, 1440, 60, 1)))


def due_order(book, _):
    """What comes after something else is not due before it: per anchor, deadlines of the report that a step submits included."""
    found = []

    def region(ident, floor):
        while book.steps[ident]["type"] != "end":
            step = book.steps[ident]
            due = book.of(step).get("deadlines", []) + book.own["reports"].get(book.of(step).get("report"), {}).get("deadlines", [])
            offsets = {}
            for deadline in due:
                offset = minutes(deadline["after"]) if "after" in deadline else -minutes(deadline["before"])
                offsets[deadline["anchor"]] = min(offset, offsets.get(deadline["anchor"], offset))
            for anchor, offset in offsets.items():
                if offset < floor.get(anchor, (offset,))[0]:
                    found.append(f"{step['name']} is due before {floor[anchor][1]}, which comes before it")
            floor = {**floor, **{a: (o, step["name"]) for a, o in offsets.items()}}
            after = [region(b, floor) for b in book.branches(step)]
            for inner in after:
                floor = {a: max((f[a] for f in (floor, inner) if a in f), key=lambda pair: pair[0]) for a in {**floor, **inner}}
            ident = step.get("on_completion", step.get("on_success"))
        return floor
    region(book.doc["workflow_start"], {})
    yield from found


class Stuck(Exception):
    pass


def walk(book, answer, backwards=False):
    """Walks the playbook; answer(what, choices) says how each question is answered. Every team goes on as far as it can, in turn, the first one first or the last. Returns
    the steps done in their order, or raises Stuck."""
    facts, known, done = set(), {}, []

    def region(ident):
        while True:
            step = book.steps[ident]
            extension, kind = book.of(step), step["type"]
            if kind == "end":
                return
            for fact in extension.get("requires", []):
                while fact not in facts:
                    yield f"{step['name']} waits for {fact}"
            failed = False
            if kind == "action":
                if "on_failure" in step:
                    failed = answer("fails: " + ident, 2) == 1
                left_out = not extension["mandatory"] and answer("left out: " + ident, 2) == 1
                if not failed:
                    for name in step.get("out_args", []):
                        known[name] = answer(name, 2 if book.doc["playbook_variables"][name]["type"] == "bool" else len(literals(book, name)))
                    if not left_out:
                        facts.update(extension.get("establishes", []))
                        done.append(ident)
            elif kind == "parallel":
                teams = [region(b) for b in step["next_steps"]][::-1 if backwards else 1]
                while teams:
                    waiting = {}
                    for team in list(teams):
                        try:
                            waiting[team] = next(team)
                        except StopIteration:
                            teams.remove(team)
                    if teams:
                        yield " / ".join(waiting.values())
            elif kind in ("if-condition", "switch-condition"):
                chosen = choice(book, step, known)
                if chosen:
                    yield from region(chosen)
            elif kind == "while-condition":
                rounds = 0
                while choice(book, step, known):
                    rounds += 1
                    if rounds > 3:
                        break
                    yield from region(step["on_true"])
            ident = step["on_failure"] if failed else step.get("on_completion", step.get("on_success"))

    team, before, same = region(book.doc["workflow_start"]), None, 0
    for waiting in team:
        state = (len(facts), len(done))
        same = same + 1 if state == before else 0
        before = state
        if same > 3:
            raise Stuck(waiting)
    return done


def literals(book, name):
    return [case for s in book.steps.values() if s.get("switch") == name for case in s["cases"]]


def choice(book, step, known):
    """The branch a construct takes: our conditions are "__x__:value = true", optionally several with OR."""
    if step["type"] == "switch-condition":
        return list(step["cases"].values())[known[step["switch"]]]
    holds_now = any(known[name] == 1 for name in re.findall("(__[a-z_]+__):value = true", step["condition"]))
    return step["on_true"] if holds_now else step.get("on_false")


def workable(book, _):
    """All answers to all questions, while loops answered once and then no longer."""
    questions = {}
    loops = {n for s in book.steps.values() if s["type"] == "while-condition" for n in re.findall("__[a-z_]+__", s["condition"])}

    def note(what, choices):
        questions.setdefault(what, choices)
        return 1 if what == "__is_incident__" else 0
    for step in book.steps.values():
        if step["type"] in ("if-condition", "while-condition") and not re.fullmatch(r"__[a-z_]+__:value = true( OR __[a-z_]+__:value = true)*", step["condition"]):
            yield f"{step['name']}: a condition this test cannot read"
    for name in {n for s in book.steps.values() for n in s.get("out_args", [])}:
        questions[name] = 2 if book.doc["playbook_variables"][name]["type"] == "bool" else len(literals(book, name))
    for ident, step in book.actions.items():
        if "on_failure" in step:
            questions["fails: " + ident] = 2
        if not book.of(step)["mandatory"]:
            questions["left out: " + ident] = 2
    done, seen = set(), set()
    names = sorted(questions)
    for backwards, *answers in itertools.product((False, True), *(range(questions[n]) for n in names)):
        given, times = dict(zip(names, answers)), {}

        def answer(what, _choices, given=given, times=times):
            times[what] = times.get(what, 0) + 1
            return 0 if what in loops and times[what] > 2 else given[what]
        try:
            steps = walk(book, answer, backwards)
        except Stuck as error:
            if str(error) not in seen:
                seen.add(str(error))
                yield f"stuck: {error}"
            continue
        except KeyError as error:
            yield f"asked before it is answered: {error}"
            return
        done |= set(steps)
        fault = order(book, steps)
        if fault and fault not in seen:
            seen.add(fault)
            yield fault
    exception = book.doc["workflow_exception"]
    for ident in set(book.actions) - done - {exception}:
        yield f"{book.actions[ident]['name']}: in no walk done"


def order(book, done):
    """What a guideline wants before what, in any walk in which both happen."""
    extensions = [book.of(book.steps[i]) for i in done]
    established = set()
    for extension in extensions:
        if extension["phase"] == "containment" and not {"authority_named", "evidence_judged"} & (established | set(extension.get("establishes", []))):
            return "containment before an authority is named"
        if extension["phase"] == "sign_off" and "cause_dealt_with" not in established | set(extension.get("establishes", [])):
            return "sign-off before the cause is dealt with"
        if "FSA-CS 2.5.2.2-1.1" in extension.get("clauses", []) and extension["phase"] == "analysis" and "evidence_preserved" in extension.get("requires", []):
            if "evidence_preserved" not in established:
                return "analysis before evidence is preserved"
        established |= set(extension.get("establishes", []))
    return None


def main():
    with open(os.path.join(BOOKS, "opres-extension.schema.json"), encoding="utf-8") as text:
        definitions = json.load(text)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as built:
        subprocess.run([sys.executable, os.path.join(BOOKS, "build.py"), built], check=True)
        checks = [(sources, built), (schema, definitions), (cacao, None), (size, None), (languages, None), (codes, None), (people, None), (clauses, table("clauses.tsv")),
                  (holds, table("holds.tsv")), (reports, table("rules.tsv")), (due_order, None), (workable, None)]
        names = sorted(n[:-5] for n in os.listdir(BOOKS) if n.endswith(".json") and n != "opres-extension.schema.json")
        for name in sorted(set(EXPECTED) | set(names) | {n[:-5] for n in os.listdir(built)}):
            if name not in names:
                print(f"{name}: no such playbook")
                failed += 1
                continue
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            book = Book(os.path.join(BOOKS, name + ".json"))
            for check, with_what in checks:
                wrong = list(check(book, with_what))
                for line in wrong[:20]:
                    print(f"{name}: {check.__name__}: {line}")
                passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

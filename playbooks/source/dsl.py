"""The words a playbook's source is written in, and what makes a CACAO 2.0 document of them.

A flow is a list: what is done one after another. Its members are A (an action) and PAR, IF, WHILE, SWITCH (constructs whose branches are flows again).
Texts are pairs: (English, Japanese). Identifiers are UUIDv5 of the playbook's key and the step's: they stay what they are when texts change. What people
type, the codes (C-03), are numbered here, in the order in which the steps stand, by phase.
"""
import re
import uuid

NAMESPACE = uuid.UUID("0f1c1c1e-9a53-4f0b-8d0e-5c1c3f7a6b21")
EXTENSION = "extension-definition--7c9b1f0e-3b0a-4c55-9d57-2f6f0a4e8b13"
AUTHOR = "identity--5b8e7a52-6a0e-4a0c-9d0f-8f3a1f6f2c44"
SCHEMA = "opres-extension.schema.json"
VERSION = "1.0.0"
# What an action of the phase is in CACAO's vocabulary of activities, and the letter its code begins with.
ACTIVITY = {"triage": "analyze-collected-data", "analysis": "analyze-collected-data", "coordination": "deliver-content", "containment": "restrict-access",
            "eradication": "eliminate-risk", "recovery": "restore-capabilities", "sign_off": "analyze-engagement-results", "review": "compose-content"}
LETTER = {"triage": "T", "analysis": "A", "coordination": "C", "containment": "K", "eradication": "E", "recovery": "R", "sign_off": "S", "review": "V"}
# Constructs: P (parallel), Q (a question: if, switch), W (while).
TYPES = {"A": ("action", None), "PAR": ("parallel", "P"), "IF": ("if-condition", "Q"), "WHILE": ("while-condition", "W"), "SWITCH": ("switch-condition", "Q")}


def A(key, phase, who, name, *commands, evidence=None, may_show=None, why=None, by="", clauses="", needs="", gives="", approve="", out="", report=None,
      deputies="", priority=2, optional=False, failing=None, timeout=None, delay=None, override=None):
    """An action. who: "the role that does it/the role that answers for it". commands: what is to be done, one pair each. evidence: what must be shown;
    may_show: what may be. by: its deadlines, "recognition+PT1H tolerance_breach-PT2H step:KEY+PT30M submission:REPORT+P1D". clauses: of guideline 2.5.2,
    "1-2 4-1.5", or whole ("2.5.1-1"). needs, gives: facts. approve: "crisis_head" or "crisis_head:1 csirt_lead:2". out: variables it asks for.
    failing: the flow of actions taken when it fails, after which the next step follows as if it had not. timeout, delay: milliseconds."""
    return dict(kind="A", **locals())


def PAR(key, name, *flows, why=None, phase=None):
    return dict(kind="PAR", key=key, name=name, flows=flows, why=why, phase=phase)


def IF(key, name, condition, true, false=None, why=None, phase=None, needs=""):
    return dict(kind="IF", key=key, name=name, condition=condition, flows=[true] + ([false] if false else []), why=why, phase=phase, needs=needs)


def WHILE(key, name, condition, rounds, flow, why=None, phase=None):
    return dict(kind="WHILE", key=key, name=name, condition=condition, rounds=rounds, flows=[flow], why=why, phase=phase)


def SWITCH(key, name, variable, cases, why=None, phase=None):
    """cases: literal (or "default") -> ((English label, Japanese label), flow)."""
    return dict(kind="SWITCH", key=key, name=name, variable=variable, cases={c: label for c, (label, _) in cases.items()},
                flows=[flow for _, flow in cases.values()], why=why, phase=phase)


def rows(steps, *keys):
    """The steps put in rows: "a b", "c" makes [[a, b], [c]]. Each step stands in one."""
    known = {step["key"]: step for step in steps}
    made = [[known.pop(key) for key in row.split()] for row in keys]
    if known:
        raise SystemExit(f"in no row: {' '.join(known)}")
    return made


def both(pair):
    return {"en": pair[0], "ja": pair[1]}


def deadlines(text, ident):
    """"detection+PT30M step:key-PT1H": an anchor, how long after (+) or before (-) it."""
    made = []
    for item in text.split():
        anchor, sign, duration = re.fullmatch(r"(.+)([+-])(P[0-9A-Z.]+)", item).groups()
        if anchor.startswith("step:"):
            anchor = "step:" + ident("action", anchor[5:])
        made.append({"anchor": anchor, "after" if sign == "+" else "before": duration})
    return made


def report(authority, name, kind, due, confirmed, source, form=None, note=None):
    """A report to an authority; due as `by` of an action."""
    made = {"authority": both(authority), "report": both(name), "kind": kind}
    if form:
        made["form"] = both(form)
    made.update(deadlines=deadlines(due, None), confirmed=confirmed, source=source)
    if note:
        made["note"] = both(note)
    return made


class Builder:
    def __init__(self, playbook):
        self.playbook, self.workflow, self.numbers = playbook, {}, {}

    def ident(self, kind, key):
        return f"{kind}--{uuid.uuid5(NAMESPACE, self.playbook['key'] + '/' + kind + '/' + key)}"

    def step_id(self, step):
        return self.ident(TYPES[step["kind"]][0], step["key"])

    def code(self, step):
        letter = TYPES[step["kind"]][1] or LETTER[step["phase"]]
        self.numbers[letter] = self.numbers.get(letter, 0) + 1
        return f"{letter}-{self.numbers[letter]:02d}"

    def flow(self, steps, name):
        """Writes a region; returns the id of its first step. Every region has an end of its own."""
        end = self.ident("end", name)
        steps = list(steps)
        for step, following in zip(steps, [self.step_id(s) for s in steps[1:]] + [end]):
            self.step(step, following)
        self.workflow[end] = {"type": "end", "name": "End", "step_extensions": {EXTENSION: {"texts": {"ja": {"name": "終了"}}}}}
        return self.step_id(steps[0])

    def step(self, step, following):
        ident = self.step_id(step)
        if ident in self.workflow:
            raise SystemExit(f"{self.playbook['key']}: two steps {step['key']}")
        made = self.workflow[ident] = {"type": TYPES[step["kind"]][0], "name": step["name"][0]}
        extension, ja = {"code": self.code(step)}, {"name": step["name"][1]}
        if step["phase"]:
            extension["phase"] = step["phase"]
        if step["why"]:
            made["description"], ja["description"] = step["why"]
        if step["kind"] == "A":
            self.action(step, made, extension, ja, following)
        else:
            self.construct(step, made, extension, ja, following)
        extension["texts"] = {**({"en": {"cases": {c: label[0] for c, label in step["cases"].items()}}} if "cases" in step else {}), "ja": ja}
        made["step_extensions"] = {EXTENSION: extension}

    def construct(self, step, made, extension, ja, following):
        made["on_completion"] = following
        firsts = [self.flow(f, f"{step['key']}/{number}") for number, f in enumerate(step["flows"])]
        if step["kind"] == "PAR":
            made["next_steps"] = firsts
        elif step["kind"] == "SWITCH":
            made["switch"], made["cases"] = step["variable"], dict(zip(step["cases"], firsts))
            ja["cases"] = {c: label[1] for c, label in step["cases"].items()}
        else:
            made["condition"], made["on_true"] = step["condition"], firsts[0]
            if len(firsts) > 1:
                made["on_false"] = firsts[1]
        if step["kind"] == "WHILE":
            extension["round_limit"] = step["rounds"]
        if step.get("needs"):
            extension["requires"] = step["needs"].split()

    def action(self, step, made, extension, ja, following):
        doer, accountable = step["who"].split("/")
        extension["accountable"] = accountable
        if step["deputies"]:
            extension["deputies"] = step["deputies"].split()
        extension["priority"], extension["mandatory"] = step["priority"], not step["optional"]
        if step["approve"]:
            extension["approvals"] = [{"role": a.split(":")[0], "count": int((a + ":1").split(":")[1])} for a in step["approve"].split()]
        if step["evidence"] or step["may_show"]:
            extension["evidence"] = {"required": bool(step["evidence"]), "what": both(step["evidence"] or step["may_show"])}
        for word, facts in (("requires", step["needs"]), ("establishes", step["gives"])):
            if facts:
                extension[word] = facts.split()
        if step["by"]:
            extension["deadlines"] = deadlines(step["by"], self.ident)
        if step["report"]:
            extension["report"] = step["report"]
        if step["override"]:
            extension["override_role"] = step["override"]
        if step["clauses"]:
            extension["clauses"] = [f"FSA-CS {'' if c.startswith('2.5') else '2.5.2.'}{c}" for c in step["clauses"].split()]
        made["commands"] = [{"type": "manual", "command": en, "playbook_activity": ACTIVITY[step["phase"]]} for en, _ in step["commands"]]
        ja["commands"] = [text for _, text in step["commands"]]
        made["agent"] = self.ident("group", doer)
        if step["out"]:
            made["out_args"] = step["out"].split()
        for word in ("timeout", "delay"):
            if step[word]:
                made[word] = step[word]
        if step["failing"]:
            rest = [self.step_id(s) for s in step["failing"]]
            made["on_success"], made["on_failure"] = following, rest[0]
            for instead, then in zip(step["failing"], rest[1:] + [following]):
                self.step(instead, then)
        else:
            made["on_completion"] = following

    def document(self, roles, facts, sources):
        p = self.playbook
        start = self.ident("start", "start")
        first = self.flow(p["flow"], "main")
        exception = self.flow(p["exception"], "exception")
        workflow = {start: {"type": "start", "name": "Start", "on_completion": first, "step_extensions": {EXTENSION: {"texts": {"ja": {"name": "開始"}}}}}, **self.workflow}
        extensions = [s["step_extensions"][EXTENSION] for s in workflow.values()]
        named = {f for e in extensions for f in e.get("requires", []) + e.get("establishes", [])}
        kinds = {s["type"] for s in workflow.values()}
        summary = {"manual_playbook": True, "external_playbooks": False, "parallel_processing": "parallel" in kinds, "if_logic": "if-condition" in kinds,
                   "while_logic": "while-condition" in kinds, "switch_logic": "switch-condition" in kinds,
                   "temporal_logic": any("timeout" in s or "delay" in s for s in workflow.values()), "data_markings": False, "digital_signatures": False,
                   "countersigned_signatures": False, "extensions": True}
        cited = [code for code in sources if code in {r["source"] for r in p["reports"].values()} | {"fsa_guideline"}]
        return {
            "type": "playbook", "spec_version": "cacao-2.0", "id": f"playbook--{uuid.uuid5(NAMESPACE, p['key'])}", "name": p["name"][0], "description": p["description"][0],
            "playbook_types": p["types"], "playbook_activities": sorted({c["playbook_activity"] for s in workflow.values() for c in s.get("commands", [])}),
            "playbook_processing_summary": summary, "created_by": AUTHOR, "created": p["created"], "modified": p["modified"], "priority": p["priority"], "severity": p["severity"],
            "industry_sectors": ["financial"], "labels": [p["attack_type"]],
            "external_references": [{"name": sources[c][0][0], "description": sources[c][1][0], "source": sources[c][2], "external_id": c} for c in cited],
            "playbook_variables": {n: {"type": t, "description": d[0], "value": None} for n, (t, d) in p["variables"].items()},
            "workflow_start": start, "workflow_exception": exception, "workflow": workflow,
            "playbook_extensions": {EXTENSION: {
                "attack_type": p["attack_type"], "languages": ["en", "ja"], "recovery_target": {**p["target"], "note": both(p["target"]["note"])},
                "override_role": p["override_role"], "facts": {f: both(facts[f]) for f in facts if f in named}, "reports": p["reports"],
                "sources": {c: {"title": both(sources[c][0]), "note": both(sources[c][1])} for c in cited}, "clauses": p.get("clauses", ["FSA-CS 2.5.1-1"]),
                "texts": {"ja": {"name": p["name"][1], "description": p["description"][1], "variables": {n: d[1] for n, (_, d) in p["variables"].items()}}}}},
            "agent_definitions": self.agents(workflow, roles),
            "extension_definitions": {EXTENSION: {
                "type": "extension-definition", "name": "opres: incidents of a financial institution", "created_by": AUTHOR, "schema": SCHEMA, "version": VERSION,
                "description": "Phases, accountable roles, approvals, evidence, facts, wall-clock deadlines, authority reports and texts in further languages; extension.md explains it."}},
        }

    def agents(self, workflow, roles):
        """Those who do something, and every role somebody is said to have."""
        codes = {self.ident("group", code): code for code in roles}
        spoken = {self.playbook["override_role"]} | {codes[s["agent"]] for s in workflow.values() if "agent" in s}
        for step in workflow.values():
            e = step["step_extensions"][EXTENSION]
            spoken |= {a["role"] for a in e.get("approvals", [])} | set(e.get("deputies", [])) | {e[k] for k in ("accountable", "override_role") if k in e}
        before = None
        while before != spoken:
            before, spoken = spoken, spoken | {d for r in spoken for d in roles[r][2].split()}
        return {self.ident("group", code): self.agent(code, *role) for code, role in roles.items() if code in spoken}

    @staticmethod
    def agent(code, name, description, deputies):
        extension = {"role": code, "texts": {"ja": {"name": name[1], "description": description[1]}}}
        if deputies:
            extension["deputies"] = deputies.split()
        return {"type": "group", "name": name[0], "description": description[0], "agent_target_extensions": {EXTENSION: extension}}

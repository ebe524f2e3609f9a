#!/usr/bin/env python3
"""The workflow machine's independent twin (test/twin) against runs in the database: random playbooks written as CACAO, loaded, begun, and
advanced at random by random people through advance, approve, reject, override, set_values, abort_run and tick. After every act the twin
agrees that it is allowed or refused, and every step's row is what the twin says.

run_twin.py [--books N] [--seed S] [--first I]"""
import argparse
import collections
import json
import multiprocessing
import os
import random
import re
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "twin"))

import runs  # noqa: E402
import workflow_generate as generate  # noqa: E402
from sessions import Session, SqlError, Tally  # noqa: E402
from workflow_playbook import CONSTRUCTS  # noqa: E402
from workflow_twin import Event, Run  # noqa: E402

LONG = bool(os.environ.get("OPRES_LONG"))
SPACE = uuid.UUID("0d3c5a8e-5a52-4a3f-9a53-6b4bd1b0a7a1")
KIND = {"action": "action", "start": "start", "end": "end", "parallel": "parallel", "if": "if-condition", "while": "while-condition",
        "switch": "switch-condition", "playbook_action": "playbook-action"}
SHORT, LATER = 1000, 3600 * 1000000  # in microseconds: gone when one looks, and not in this test
DELAYS, TIMEOUTS = {0: 0, 1: SHORT, 5: 2 * SHORT, 10: LATER}, {None: None, 1: SHORT, 5: 5 * SHORT, 10: LATER, 20: 2 * LATER}
ROLES = [f"r{i}" for i in range(generate.ROLES)]
ACTS, STARTS = 30, 2
STATE = "state, round, overridden, doers, approvals, reached_at, ready_at, due_at, ended_at".split(", ")


def micros(text):
    return None if text is None else int(text)


class Dressed:
    """A playbook of the twin as CACAO documents: names of steps and variables, and back."""

    def __init__(self, rng, key):
        self.key, self.book = key, generate.random_playbook(rng)
        steps = self.book.steps
        for s in steps:
            s.delay, s.timeout = DELAYS[s.delay], TIMEOUTS[s.timeout]
        self.close_playbooks()
        self.split_ends()
        self.action_of = {self.book.inner(n): n for n, s in enumerate(steps) if s.type == "playbook_action"}
        self.hand_by_name()
        self.references = [self.reference(n) for n in range(len(steps))]
        self.number = {r: n for n, r in enumerate(self.references)}

    def close_playbooks(self):
        """Documents end at an end: the row of steps that succeed from the beginning does."""
        steps = self.book.steps
        # The loader takes an exception that is an end for none, and says so.
        self.book.exceptions = [None if n is not None and steps[n].type == "end" else n for n in self.book.exceptions]
        firsts = [self.book.start] + [s.branches[0] for s in steps if s.type == "playbook_action"]
        for n in firsts:
            while (following := steps[n].follows_success()) is not None:
                n = following
            if steps[n].type == "end":
                continue
            steps.append(type(steps[n])("end", steps[n].playbook))
            if steps[n].on_failure is None:
                steps[n].on_completion = len(steps) - 1
            else:
                steps[n].on_success = len(steps) - 1

    def split_ends(self):
        """An end that several playbooks lead to: in documents each has its own."""
        steps, own = self.book.steps, {}

        def mine(n, p):
            if n is None or steps[n].type != "end" or steps[n].playbook == p:
                return n
            if (n, p) not in own:
                steps.append(type(steps[n])("end", p))
                own[n, p] = len(steps) - 1
            return own[n, p]
        for s in list(steps):
            inner = s.type == "playbook_action"
            s.on_completion, s.on_success, s.on_failure = (mine(n, s.playbook) for n in (s.on_completion, s.on_success, s.on_failure))
            if not inner:
                s.branches = [mine(n, s.playbook) for n in s.branches]
        led = {n for s in steps for n in (*s.followers(), *s.branches)} | {self.book.start, *self.book.exceptions}
        for n in range(len(steps) - 1, -1, -1):
            if n not in led:
                self.drop(n)

    def drop(self, gone):
        """Takes a step away that nothing leads to."""
        book = self.book

        def new(n):
            return n if n is None or n < gone else n - 1
        del book.steps[gone]
        for s in book.steps:
            s.on_completion, s.on_success, s.on_failure, s.branches = new(s.on_completion), new(s.on_success), new(s.on_failure), [new(n) for n in s.branches]
        book.start, book.exceptions = new(book.start), [new(n) for n in book.exceptions]
        book.variables = [v for v in book.variables]
        for v in book.variables:
            v.scope = v.scope if v.scope >= 0 else -1 - new(-1 - v.scope)

    def hand_by_name(self):
        """What a playbook action hands in and takes back has one name inside and outside."""
        self.names, taken = [f"__v{i}__" for i in range(len(self.book.variables))], set()
        for i, v in enumerate(self.book.variables):
            if v.in_from is not None and v.out_to is not None and v.in_from != v.out_to:
                v.out_to = None
            outer = v.in_from if v.in_from is not None else v.out_to
            if outer is None or (v.scope, outer) in taken or not v.external:
                v.in_from = v.out_to = None
                continue
            taken.add((v.scope, outer))
            self.names[i] = outer
        for i in range(len(self.names)):
            name = i
            while isinstance(self.names[name], int):
                name = self.names[name]
            self.names[i] = self.names[name]

    def identifier(self, kind, what):
        return f"{kind}--{uuid.uuid5(SPACE, f'{self.key} {what}')}"

    def identity(self, n):
        return self.identifier(KIND[self.book.steps[n].type], n)

    def reference(self, n):
        p = self.book.steps[n].playbook
        return self.identity(n) if p == 0 else f"{self.reference(self.action_of[p])}/{self.identity(n)}"

    def documents(self):
        """Inner ones first."""
        return [self.document(p) for p in sorted(range(len(self.book.exceptions)), key=self.depth, reverse=True)]

    def depth(self, p):
        return 0 if p == 0 else 1 + self.depth(self.book.steps[self.action_of[p]].playbook)

    def document(self, p):
        steps = self.book.steps
        workflow = {self.identity(n): self.step(n) for n, s in enumerate(steps) if s.playbook == p}
        start = self.identity(self.book.start) if p == 0 else self.identifier("start", f"playbook {p}")
        if p > 0:
            workflow[start] = {"type": "start", "on_completion": self.identity(steps[self.action_of[p]].branches[0])}
        ours = {"facts": {f"f{i}": {"en": f"fact {i}"} for i in range(self.book.facts)}}
        if self.book.override_roles[p] is not None:
            ours["override_role"] = ROLES[self.book.override_roles[p]]
        document = json.loads(runs.parallel(2, 1, self.key))
        document.update({
            "id": self.identifier("playbook", p), "name": f"{self.key} {p}", "workflow": workflow, "workflow_start": start, "playbook_extensions": {runs.EXTENSION: ours},
            "playbook_variables": self.variables(p),
            "agent_definitions": {self.identifier("group", r): {"type": "group", "name": r, "agent_target_extensions": {runs.EXTENSION: {"role": r}}} for r in ROLES}})
        if self.book.exceptions[p] is not None:
            document["workflow_exception"] = self.identity(self.book.exceptions[p])
        return document

    def variables(self, scope):
        return {self.names[i]: {"type": v.type, "constant": v.constant, "external": v.external, **({} if v.initial is None else {"value": v.initial})}
                for i, v in enumerate(self.book.variables) if v.scope == scope}

    def condition(self, n):
        text = self.book.steps[n].condition
        return "Ask whoever knows" if text is None else re.sub(r"__v(\d+)__", lambda m: self.names[int(m[1])], text)

    def step(self, n):
        s = self.book.steps[n]
        out = {"type": KIND[s.type], "name": f"Step {n}", **{key: self.identity(to) for key, to in (
            ("on_completion", s.on_completion), ("on_success", s.on_success), ("on_failure", s.on_failure)) if to is not None}}
        if s.type in ("start", "end"):
            return out
        ours = {"code": f"S{n}", "phase": "triage", "requires": [f"f{f}" for f in s.requires], "establishes": [f"f{f}" for f in s.establishes]}
        if s.override_role is not None:
            ours["override_role"] = ROLES[s.override_role]
        if s.delay:
            out["delay"] = s.delay // 1000
        if s.timeout:
            out["timeout"] = s.timeout // 1000
        if own := self.variables(-1 - n):
            out["step_variables"] = own
        getattr(self, f"write_{s.type}")(n, s, out, ours)
        out["step_extensions"] = {runs.EXTENSION: {key: value for key, value in ours.items() if value != []}}
        return out

    def write_action(self, n, s, out, ours):
        out.update(agent=self.identifier("group", ROLES[0]), commands=[{"type": "manual", "command": f"Do {n}."}])
        if s.outs:
            out["out_args"] = [self.names[v] for v in s.outs]
        if s.optional:
            ours["mandatory"] = False
        if s.evidence:
            ours["evidence"] = {"required": True, "what": {"en": "a paper"}}
        ours["approvals"] = [{"role": ROLES[role], "count": count} for role, count in s.approvals]

    def write_parallel(self, _, s, out, ours):
        out["next_steps"] = [self.identity(b) for b in s.branches]

    def write_if(self, n, s, out, ours):
        out.update({"condition": self.condition(n), **dict(zip(("on_true", "on_false"), map(self.identity, s.branches)))})

    def write_while(self, n, s, out, ours):
        out.update(condition=self.condition(n), on_true=self.identity(s.branches[0]))
        ours["round_limit"] = s.limit

    def write_switch(self, _, s, out, ours):
        out["switch"] = "Which is it" if s.variable is None else self.names[s.variable] + ":value"
        out["cases"] = {"default" if case is None else case: self.identity(b) for case, b in zip(s.cases, s.branches)}

    def write_playbook_action(self, _, s, out, ours):
        inner = self.book.steps[s.branches[0]].playbook
        out["playbook_id"] = self.identifier("playbook", inner)
        for key, which in (("in_args", "in_from"), ("out_args", "out_to")):
            if given := [self.names[i] for i, v in enumerate(self.book.variables) if v.scope == inner and getattr(v, which) is not None]:
                out[key] = given

    # ---- events

    def choice(self, n, choice):
        s = self.book.steps[n]
        if s.type == "switch":
            if 0 <= choice < len(s.cases):
                return "default" if s.cases[choice] is None else s.cases[choice]
            return "default" if choice == len(s.cases) and None not in s.cases else "none of them"
        return {0: "true", 1: "false"}.get(choice, "none of them")

    def chosen(self, n, said):
        s = self.book.steps[n]
        if s.type == "switch":
            return s.cases.index(None if said == "default" and None in s.cases else said) if said != "default" or None in s.cases else len(s.cases)
        return ("true", "false").index(said)

    def variable(self, step, name):
        """By the name an event has: of a step its out_args, else the outermost playbook's external ones."""
        fit = self.book.steps[step].outs if step is not None else [i for i, v in enumerate(self.book.variables) if v.scope == 0 and v.external]
        return next(i for i in fit if self.names[i] == name)

    def event(self, row):
        n = None if row["step"] is None else self.number[row["step"]]
        return Event(row["kind"], int(row["at"]), n, person(row["person"]), person(row["heard_by"]), None if row["role"] is None else ROLES.index(row["role"]),
                     tuple(ROLES.index(r) for r in row["roles"] or ()), 0 if row["choice"] is None else self.chosen(n, row["choice"]), row["evidence"],
                     tuple((self.variable(n, name), value) for name, value in (row["values"] or {}).items()))


def person(code):
    return None if code is None else int(code.removeprefix("p"))


def quoted(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


class Walk:
    """One run in the database and in the twin."""

    def __init__(self, rng, dressed, sessions, roles, tally):
        self.rng, self.dressed, self.book, self.sessions, self.tally = rng, dressed, dressed.book, sessions, tally
        self.twin, self.events, self.done, self.problem, self.run = Run(dressed.book), 0, [], None, None
        self.source = generate.Events(rng, self.twin, rng.random() < 0.2)
        self.source.roles = roles

    def say(self, sql, who=None):
        """(error or None, the clock before, the clock after)."""
        session = self.rng.choice(self.sessions) if self.run is not None else self.sessions[0]
        clock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;"
        before = int(session.value(clock))
        error = None
        session.run(f"SET SESSION AUTHORIZATION p{who};" if who is not None else "RESET SESSION AUTHORIZATION;")
        try:
            self.answer = session.value(sql)
        except SqlError as failed:
            error = failed
        session.run("RESET SESSION AUTHORIZATION;")
        self.done.append(f"{who}: {sql}{f' -- {error}' if error else ''}")
        return error, before, int(session.value(clock))

    def fetch(self):
        """New events into the twin, then the tables against it; what is wrong."""
        rows = json.loads(self.sessions[0].value(
            "SELECT coalesce(json_agg(json_build_object('number', number, 'kind', kind, 'step', step, 'person', person, 'heard_by', heard_by, 'role', role, 'roles', roles,"
            " 'choice', choice, 'values', \"values\", 'evidence', evidence IS NOT NULL, 'at', (extract(epoch FROM recorded_at) * 1000000)::bigint) ORDER BY number), '[]')"
            f" FROM opres.run_event WHERE run = {self.run} AND number > {self.events} AND kind NOT IN ('ratify');"))
        new = []
        for row in rows:
            event = self.dressed.event(row)
            reasons = self.twin.apply(event)
            self.events = row["number"]
            new.append(event)
            self.tally[f"applied {event.kind}"] += 1
            if reasons:
                return new, f"event {row}: the twin refuses it: {reasons}"
        return new, self.differs()

    def differs(self):
        times = ", ".join(f"(extract(epoch FROM {c}) * 1000000)::bigint::text AS {c}" if c.endswith("_at") else c for c in STATE)
        said = json.loads(self.sessions[0].value(f"SELECT json_object_agg(step, to_json(s)) FROM (SELECT step, {times} FROM opres.run_step WHERE run = {self.run}) AS s;"))
        state = self.sessions[0].value(f"SELECT state FROM opres.run WHERE id = {self.run};")
        if state != self.twin.state:
            return f"the run is {state}, the twin's {self.twin.state}"
        if set(said) != set(self.dressed.references):
            return f"other steps: more {set(said) - set(self.dressed.references)}, fewer {set(self.dressed.references) - set(said)}"
        for n, reference in enumerate(self.dressed.references):
            want, row = self.expected(n), said[reference]
            got = [micros(row[c]) if c.endswith("_at") else row[c] for c in STATE]
            if got != want:
                return f"step {n} ({reference}): {dict(zip(STATE, got))}, the twin says {dict(zip(STATE, want))}"
        return None

    def expected(self, n):
        a = self.twin.look(n)
        begun = a.state not in ("idle", "skipped")
        over = a.state in ("skipped", "cancelled") or (a.state == "idle" and self.twin.state != "active")
        return [a.state, a.round, a.overridden, [f"p{d}" for d in a.doers], len(a.approvals), a.reached_at if begun else None, a.ready_at if begun else None,
                a.due if begun and not over else None, a.ended_at if a.state in ("done", "failed", "cancelled") else None]

    def missed(self, at):
        """What time should have brought about by then."""
        for n, (a, s) in enumerate(zip(self.twin.table, self.book.steps)):
            if s.type in CONSTRUCTS and self.twin.ready(n, at) and self.twin.answer(n) is not None:
                return f"a tick has not begun step {n}"
            due = self.twin.look(n).due
            if a.state in ("reached", "submitted", "running") and s.on_failure is not None and due is not None and due <= at:
                return f"a tick has not let step {n} fail"
        return None

    def tick(self):
        error, before, _ = self.say(f"SELECT opres.tick({self.run});")
        if error:
            return f"tick: {error}"
        new, problem = self.fetch()
        if not problem and int(self.answer) != len(new):
            return f"tick says {self.answer}, made {new}"
        return problem or (self.missed(before) if self.twin.state == "active" else None)

    def start(self, incident):
        values = {self.dressed.names[v]: text for v, text in self.source.externals()}
        error, _, _ = self.say(f"SELECT opres.start_run({incident}, {quoted(self.dressed.identifier('playbook', 0))}, {quoted(json.dumps(values))});", 0)
        if error:
            return f"not begun: {error}"
        self.run = self.answer
        return self.fetch()[1]

    def statement(self, e):
        """An event as a call, and whose; None = it cannot be said so."""
        step = quoted(self.dressed.references[e.step]) if e.step is not None and 0 <= e.step < len(self.book.steps) else None
        if e.kind in ("begin", "expire", "wake") or (step is None and e.kind not in ("set", "abort")):
            return None
        outs = self.book.steps[e.step].outs if e.step is not None else []
        fit = [v for v, _ in e.values if 0 <= v < len(self.dressed.names) and (self.dressed.names.count(self.dressed.names[v]) == 1 or v in outs)]
        values = {self.dressed.names[v]: text for v, text in e.values if v in fit}
        if len(values) < len(e.values):
            return None
        values, evidence = quoted(json.dumps(values)), quoted('{"file": "x"}' if e.evidence else None)
        if e.kind in ("success", "failure", "omit", "retry"):
            return f"SELECT opres.advance({self.run}, {step}, '{e.kind}', 'a note', {evidence}, \"values\" => {values});", e.person
        if e.kind == "decide":
            return f"SELECT opres.advance({self.run}, {step}, {quoted(self.dressed.choice(e.step, e.choice))});", e.person
        if e.kind in ("approve", "reject"):
            behalf = "" if e.heard_by is None else f", on_behalf_of => 'p{e.person}'"
            return f"SELECT opres.{e.kind}({self.run}, {step}, 'why'{behalf});", e.person if e.heard_by is None else e.heard_by
        if e.kind == "override":
            return f"SELECT opres.override({self.run}, {step}, 'why');", e.person
        if e.kind == "set":
            return f"SELECT opres.set_values({self.run}, {values});", e.person
        return f"SELECT opres.abort_run({self.run}, 'why');", e.person

    def refused(self, e, at):
        """Whether the twin refuses it at that time, in whatever role."""
        e.at, e.roles = at, self.source.roles.get(e.person, ())
        if e.kind == "override":
            s = self.book.steps[e.step]
            e.role = s.override_role if s.override_role is not None else self.book.override_roles[s.playbook]
        if e.kind not in ("approve", "reject"):
            return bool(self.twin.refusals(e))
        return all(self.twin.refusals(self.with_role(e, role)) for role, _ in self.book.steps[e.step].approvals or [(0, 1)])

    @staticmethod
    def with_role(e, role):
        e.role = role
        return e

    def act(self):
        e = self.source.next()
        said = self.statement(e)
        if said is None:
            return self.tick()
        error, before, after = self.say(*said)
        new, problem = ([], None) if error else self.fetch()
        self.tally[f"refused {e.kind}" if error else f"said {e.kind}"] += 1
        if error and error.code == "22004" and self.choice_is_empty(e):
            return None
        if error and error.code not in ("55000", "22023", "42501", "42704"):
            return f"{said}: {error}"
        if problem:
            return problem
        if not error:
            kinds = [event.kind for event in new if event.kind != "wake"]
            return None if kinds == [e.kind] or (self.answer == "ratified" and kinds == []) else f"{said} was accepted and left {new}"
        if self.twin.state != "active":
            return None
        if self.refused(e, before) or self.refused(e, after):
            return None
        # What time has begun meanwhile may be in its way.
        counted = self.events
        return self.tick() or (None if self.events > counted or self.refused(e, before) else f"{said}: {error}, where the twin has nothing against it")

    def choice_is_empty(self, e):
        """A case may be an empty text; nobody can say it."""
        return e.kind == "decide" and self.dressed.choice(e.step, e.choice) == ""

    def walk(self, incident):
        problem, beyond = self.start(incident), 0
        for _ in range(ACTS):
            if problem or beyond > 2:
                break
            problem = (self.rng.random() < 0.5 and self.tick()) or self.act()
            beyond += self.twin.state != "active"
        problem = problem or self.differs()
        if problem is None and self.twin.state == "active":
            self.sessions[0].run(f"SELECT opres.tick({self.run});")
            if self.sessions[0].value(f"SELECT state FROM opres.run WHERE id = {self.run};") == "active":
                self.sessions[0].run(f"SET opres.reason = 'enough'; SELECT opres.abort_run({self.run}, 'enough');")
        return problem


def load(session, document):
    try:
        session.run(f"SELECT opres.load_playbook($doc${json.dumps(document)}$doc$::text);")
        return None
    except SqlError as error:
        return error


def batch(work):
    seed, numbers, roles = work
    tally, failures = collections.Counter(), []
    with Session() as a, Session() as b:
        for number in numbers:
            rng = random.Random(f"run twin/{seed}/{number}")
            dressed = Dressed(rng, f"{seed}.{number}")
            tally["books"] += 1
            error = next(filter(None, (load(a, d) for d in dressed.documents())), None)
            if error:
                tally["not loaded: " + re.sub(r'^.*?(?="?: )|\S+--\S+|\d+', "", str(error))[:70]] += 1
                tally["not loaded"] += 1
                continue
            for start in range(STARTS):
                incident = a.value("SELECT opres.open_incident('x', 'x', 1);")
                walk = Walk(rng, dressed, (a, b), roles, tally)
                try:
                    problem = walk.walk(incident)
                except SqlError as error:  # it cannot be handed from process to process
                    problem = f"unexpected: {error}"
                if problem:
                    failures.append(f"seed {seed}, playbook {number}, run {start}: {problem}\n    " + "\n    ".join(walk.done[-6:]))
                    break
    return tally, failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--books", type=int, default=6000 if LONG else 700)
    parser.add_argument("--seed", type=int, default=random.randrange(2 ** 32))
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    rng, tally, result, began = random.Random(args.seed), collections.Counter(), Tally(), time.monotonic()
    roles = {p: tuple(r for r in range(generate.ROLES) if rng.random() < 0.6) for p in range(generate.PERSONS)}
    with Session() as s:
        s.run("CREATE EXTENSION opres; SET opres.reason = 'a test';")
        for p, held in roles.items():
            s.run(f"CREATE ROLE p{p} LOGIN; SELECT opres.grant_access('p{p}', 'commander'); SELECT opres.save_person('p{p}', logins => '{{p{p}}}');"
                  + "".join(f"SELECT opres.save_role_holder('r{r}', 'p{p}');" for r in held))
    numbers = range(args.first, args.first + args.books)
    with multiprocessing.Pool(2) as pool:
        for counted, failures in pool.imap_unordered(batch, [(args.seed, list(numbers[i:i + 20]), roles) for i in range(0, args.books, 20)]):
            tally.update(counted)
            for failure in failures:
                result.ok(False, failure)
    for name, count in sorted(tally.items()):
        print(f"{count:8} {name}")
    print(f"seed {args.seed}, {tally['books']} playbooks, {time.monotonic() - began:.0f} s")
    result.passed += sum(count for name, count in tally.items() if name.startswith(("applied", "refused")))
    if args.books >= 200:
        for name in [f"applied {kind}" for kind in generate.KINDS] + [f"refused {kind}" for kind in ("success", "failure", "decide", "approve", "reject", "override", "set")]:
            result.ok(tally[name] >= args.books / 100, f"too little of it: {name}: {tally[name]}")
        result.ok(tally["not loaded"] < 0.7 * tally["books"], f"too few could be loaded: {tally['not loaded']} could not")
    with Session() as s:
        result.equal(s.run("SELECT * FROM opres.check_runs();")[:3], [], "check_runs")
        result.equal(s.run("SELECT * FROM opres.verify_audit();")[:3], [], "verify_audit")
    return result.close()


if __name__ == "__main__":
    sys.exit(main())

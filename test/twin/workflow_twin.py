"""The workflow machine's independent twin, from src/engine/workflow-semantics.md.

Every region is a coroutine: it walks from step to step by ordinary control flow, and where it waits for somebody it yields. An event
is sent to the coroutine of the outermost region, and each construct hands it on to the branch that has the step. A timeout and the
end of a run close coroutines; what is active in them notices and becomes cancelled. Whether an event is allowed is asked before,
of the table of steps alone: refusals() gives every reason against it.
"""

import dataclasses

from condition_python import Values
from workflow_playbook import CONSTRUCTS

ASKING = ('if', 'while', 'switch')
ACTIVE = ('reached', 'submitted', 'running', 'held')


@dataclasses.dataclass
class Event:
    kind: str
    at: int
    step: int | None = None
    person: int | None = None
    heard_by: int | None = None
    role: int | None = None
    roles: tuple = ()
    choice: int = 0
    evidence: bool = False
    values: tuple = ()  # (variable, text or None)


@dataclasses.dataclass
class Activation:
    state: str = 'idle'
    overridden: bool = False
    round: int = 0
    choice: int | None = None
    reached_at: int | None = None
    not_before: int | None = None
    ready_at: int | None = None  # None: a fact is missing; kept up to date while the step waits to be ready
    due: int | None = None
    ended_at: int | None = None
    waits: bool = False          # ready_at and due may still come
    doers: list = dataclasses.field(default_factory=list)
    approvals: list = dataclasses.field(default_factory=list)  # (person, role, heard_by)


class Expired(Exception):
    """A construct's time is over."""


class Run:
    """What has become of a playbook."""
    def __init__(self, book):
        self.book = book
        self.state = 'new'
        self.at = None
        self.table = [Activation() for _ in book.steps]
        self.facts = {}   # fact: when it was established first
        self.values = [v.initial for v in book.variables]
        self.exceptional = {}  # playbook: the coroutine of its exception region
        self.main = None
        self.main_ended = False

    # ---- what is asked of a run

    def missing(self, n):
        return [f for f in self.book.steps[n].requires if f not in self.facts]

    def ready(self, n, now):
        return self.table[n].state == 'reached' and now >= self.table[n].not_before and not self.missing(n)

    def answer(self, n):
        """What a construct's condition says: the branch, None = unknown; as many as there are branches = none of them."""
        s = self.book.steps[n]
        none = len(s.branches)
        if s.type not in ASKING:
            return 0
        if s.type == 'switch':
            value = None if s.variable is None else self.values[s.variable]
            if value is None:
                return None
            return s.cases.index(value) if value in s.cases else s.cases.index(None) if None in s.cases else none
        truth = self.book.truth(n, self.values)
        return None if truth is None else 0 if truth else min(1, none)

    def asks(self, n, now):
        return self.book.steps[n].type in ASKING and self.ready(n, now) and self.answer(n) is None

    def look(self, n):
        """The activation of a step, up to date."""
        a = self.table[n]
        if a.waits:
            s = self.book.steps[n]
            a.ready_at = None if self.missing(n) else max([a.not_before] + [self.facts[f] for f in s.requires])
            a.due = None if s.timeout is None or a.ready_at is None else a.ready_at + s.timeout
        return a

    # ---- events

    def apply(self, event):
        """Applies an event, or returns the reasons against it: {(reason, detail or None)}."""
        reasons = self.refusals(event)
        if reasons:
            return reasons
        self.at = event.at
        if event.kind in ('begin', 'set'):
            self.assign(event.values)
        if event.kind == 'begin':
            self.state = 'active'
            self.main = self.region(self.book.start)
            self.main_ended = self.started(self.main)
        elif event.kind == 'abort':
            self.state = 'aborted'
            for coroutine in (self.main, *self.exceptional.values()):
                coroutine.close()
            return set()
        elif event.kind != 'set':
            self.main_ended = self.hand_on(event, [] if self.main_ended else [(self.book.start, self.main)], 0) == []
        if self.main_ended and 0 not in self.exceptional:
            self.state = 'completed'
            for a in self.table:
                if a.state == 'idle':
                    a.state = 'skipped'
        return set()

    def refusals(self, e):
        reasons = set()
        if self.state == 'new':
            if e.kind != 'begin':
                reasons.add(('NOT_BEGUN', None))
        elif self.state != 'active':
            reasons.add(('OVER', None))
        if e.kind == 'begin' and self.state != 'new':
            reasons.add(('BEGUN', None))
        if self.at is not None and e.at < self.at:
            reasons.add(('TIME', None))
        if e.kind in ('begin', 'set'):
            return reasons | self.wrong_values(e, [i for i, v in enumerate(self.book.variables) if v.external and v.scope == 0])
        if e.kind == 'abort':
            return reasons
        if e.step is None or not 0 <= e.step < len(self.table):  # no step has any state, or any type
            return reasons | {('STATE', None), ('TYPE', None)}
        return reasons | getattr(self, 'against_' + e.kind)(e, self.book.steps[e.step], self.table[e.step])

    def wrong_values(self, e, allowed):
        variables = self.book.variables
        return {('VALUE', v) for v, text in e.values if v not in allowed or variables[v].constant
                or (text is not None and not Values().valid(variables[v].type, text))}

    def unready(self, e):
        a = self.table[e.step]
        reasons = {('FACT', f) for f in self.missing(e.step)} if a.state == 'reached' else {('STATE', None)}
        if a.state == 'reached' and e.at < a.not_before:
            reasons.add(('NOT_YET', None))
        return reasons

    def against_failure(self, e, s, _):
        reasons = self.unready(e) | self.wrong_values(e, s.outs)
        return reasons if s.type == 'action' else reasons | {('TYPE', None)}

    def against_success(self, e, s, a):
        reasons = self.against_failure(e, s, a)
        afterwards = dict(enumerate(self.values)) | dict(e.values)
        reasons |= {('VALUE_MISSING', v) for v in s.outs if afterwards[v] is None}
        return reasons | {('EVIDENCE', None)} if s.evidence and not e.evidence else reasons

    def against_decide(self, e, s, _):
        reasons = self.unready(e) if s.type in ASKING else self.unready(e) | {('TYPE', None)}
        if s.type in ASKING and (e.choice not in self.choices(e.step) or self.answer(e.step) is not None):
            reasons.add(('CHOICE', None))
        return reasons

    def choices(self, n):
        s = self.book.steps[n]
        every = list(range(len(s.branches)))
        closed = len(s.branches) == 2 if s.type == 'if' else None in s.cases
        return every if closed else every + [len(s.branches)]

    def against_approve(self, e, s, a):
        reasons = set() if a.state == 'submitted' else {('STATE', None)}
        if s.type != 'action':
            reasons.add(('TYPE', None))
        asked = dict(s.approvals).get(e.role, 0)
        if not asked or e.role not in e.roles:
            reasons.add(('ROLE', None))
        if e.person in a.doers or e.heard_by in a.doers or e.heard_by == e.person:
            reasons.add(('DOER', None))
        if e.person in [person for person, _, _ in a.approvals] or [role for _, role, _ in a.approvals].count(e.role) >= asked > 0:
            reasons.add(('TWICE', None))
        return reasons

    against_reject = against_approve

    def against_omit(self, _, s, a):
        reasons = set() if a.state == 'reached' else {('STATE', None)}
        return reasons if s.optional else reasons | {('TYPE', None)}

    def against_override(self, e, s, a):
        reasons = set() if a.state in ('reached', 'submitted', 'held') else {('STATE', None)}
        if s.type in ('start', 'end'):
            reasons.add(('TYPE', None))
        role = s.override_role if s.override_role is not None else self.book.override_roles[s.playbook]
        return reasons if role is not None and e.role == role and role in e.roles else reasons | {('ROLE', None)}

    def against_retry(self, _, s, a):
        reasons = {('TYPE', None)} if s.type in ('start', 'end') else set()
        return reasons if a.state == 'held' else reasons | {('STATE', None)}

    def against_expire(self, e, s, a):
        reasons = {('TYPE', None)} if s.type in ('start', 'end') else set()
        if s.timeout is None or s.on_failure is None:
            reasons.add(('NO_TIMEOUT', None))
        if a.state not in ('reached', 'submitted', 'running'):
            return reasons | {('STATE', None)}
        due = self.look(e.step).due
        if due is None and s.timeout is not None:
            reasons |= {('FACT', f) for f in self.missing(e.step)} | {('NOT_YET', None)}
        elif due is not None and e.at < due:
            reasons.add(('NOT_YET', None))
        return reasons

    def against_wake(self, e, s, _):
        reasons = self.unready(e)
        if s.type not in CONSTRUCTS:
            return reasons | {('TYPE', None)}
        return reasons | {('CHOICE', None)} if self.answer(e.step) is None else reasons

    # ---- regions and steps: coroutines

    def region(self, first):
        step = first
        while step is not None:
            step = yield from self.activity(step)

    def started(self, coroutine):
        """Goes on to the first wait; whether there is none."""
        try:
            next(coroutine)
            return False
        except StopIteration:
            return True

    def hand_on(self, event, regions, playbook=None):
        """Gives an event to the region that has its step; those that go on. With a playbook, its exception region may have it too."""
        left = []
        for first, coroutine in regions:
            try:
                if event.step in self.book.within(first):
                    coroutine.send(event)
                left.append((first, coroutine))
            except StopIteration:
                pass
        if playbook in self.exceptional and event.step in self.book.within(self.book.exceptions[playbook]):
            try:
                self.exceptional[playbook].send(event)
            except StopIteration:
                del self.exceptional[playbook]
        return left

    def activity(self, n):
        """A step from being reached to what follows it."""
        s = self.book.steps[n]
        self.reach(n, s.delay)
        try:
            while s.type not in ('start', 'end') and not (succeeds := (yield from self.attempt(n))):
                self.leave(n, 'failed' if s.on_failure is not None else 'held')
                if s.on_failure is not None:
                    return s.on_failure
                self.call_exception(n)
                event = yield
                if event.kind == 'override':
                    self.table[n].overridden = True
                    break
                self.reset(self.book.inside(n))
                self.reach(n, s.delay, self.table[n].doers)
        except GeneratorExit:
            self.leave(n, 'cancelled')
            raise
        if s.type == 'action' and succeeds == 'omitted':
            self.leave(n, 'skipped')
            return s.follows_success()
        self.leave(n, 'done')
        self.establish(n)
        return s.follows_success()

    def establish(self, n):
        for fact in self.book.steps[n].establishes:
            self.facts.setdefault(fact, self.at)

    def reach(self, n, delay, doers=()):
        self.table[n] = Activation('reached', reached_at=self.at, not_before=self.at + delay, waits=True, doers=list(doers))
        for i, v in enumerate(self.book.variables):
            if v.scope == -1 - n:
                self.values[i] = v.initial

    def leave(self, n, state):
        a = self.look(n)
        a.state, a.ended_at, a.waits = state, None if state == 'skipped' else self.at, False

    def reset(self, steps):
        for n in steps:
            self.table[n] = Activation()

    def assign(self, assignments):
        for variable, text in assignments:
            self.values[variable] = text

    def call_exception(self, n):
        """A step is held: its playbook's exception region begins, if there is one that can."""
        playbook = self.book.steps[n].playbook
        first = self.book.exceptions[playbook]
        if first is None or n in self.book.within(first) or playbook in self.exceptional:
            return
        self.reset(self.book.within(first))
        self.exceptional[playbook] = coroutine = self.region(first)
        if self.started(coroutine):
            del self.exceptional[playbook]

    def attempt(self, n):
        """Whether it succeeds, once; or 'omitted'."""
        if self.book.steps[n].type == 'action':
            return (yield from self.act(n))
        try:
            return (yield from getattr(self, self.book.steps[n].type + '_')(n))
        except Expired:
            return False

    def plain(self, n, event):
        """What means the same wherever a step waits: whether the event is a success; None if it is neither that nor a failure."""
        if event.kind == 'override':
            self.table[n].overridden = True
            return True
        if event.kind == 'expire':
            return False
        return None

    def act(self, n):
        s, a = self.book.steps[n], self.table[n]
        while True:
            event = yield
            if (said := self.plain(n, event)) is not None:
                return said
            if event.kind == 'omit':
                return 'omitted'
            self.assign(event.values)
            if event.kind == 'failure':
                return False
            if event.person not in a.doers:
                a.doers.append(event.person)
            if not s.approvals:
                return True
            self.look(n).state, a.waits = 'submitted', False
            while a.state == 'submitted':
                event = yield
                if (said := self.plain(n, event)) is not None:
                    return said
                if event.kind == 'reject':
                    self.reach(n, 0, a.doers)
                    a = self.table[n]
                    continue
                a.approvals.append((event.person, event.role, event.heard_by))
                if len(a.approvals) == sum(count for _, count in s.approvals):
                    return True

    def decision(self, n):
        """Waits until a construct goes on: the branch; None = it was overridden."""
        s = self.book.steps[n]
        at_once = self.table[n].round > 0 or (s.delay == 0 and not s.requires)
        choice = self.answer(n) if at_once else None
        if choice is None:
            a = self.table[n]
            a.state = 'reached'
            event = yield
            said = self.plain(n, event)
            if said is False:
                raise Expired
            if said:
                return None
            choice = event.choice if event.kind == 'decide' else self.answer(n)
        return choice

    def begin(self, n, choice):
        """A construct runs."""
        s, a = self.book.steps[n], self.look(n)
        a.state, a.waits = 'running', False
        if a.round == 0:
            a.due = None if s.timeout is None else self.at + s.timeout
        a.choice = choice

    def branches(self, n, firsts, playbook=None):
        """Some branches of a construct, until all have ended."""
        regions = []
        try:
            for first in firsts:
                coroutine = self.region(first)
                regions.append((first, coroutine))
                if self.started(coroutine):
                    regions.remove((first, coroutine))
            while regions or playbook in self.exceptional:
                event = yield
                if event.step == n:
                    raise Expired
                regions = self.hand_on(event, regions, playbook)
        except (Expired, GeneratorExit):
            for _, coroutine in regions:
                coroutine.close()
            if playbook in self.exceptional:
                self.exceptional.pop(playbook).close()
            raise

    def parallel_(self, n):
        choice = yield from self.decision(n)
        if choice is not None:
            self.begin(n, None)
            yield from self.branches(n, self.book.steps[n].branches)
        return True

    def playbook_action_(self, n):
        choice = yield from self.decision(n)
        if choice is not None:
            self.begin(n, None)
            inner = self.book.inner(n)
            self.bring_in(inner)
            yield from self.branches(n, self.book.steps[n].branches, inner)
            self.carry_out(inner)
        return True

    def bring_in(self, playbook):
        before = list(self.values)
        for i, v in enumerate(self.book.variables):
            if v.scope == playbook:
                self.values[i] = v.initial if v.in_from is None else before[v.in_from]

    def carry_out(self, playbook):
        for i, v in enumerate(self.book.variables):
            if v.scope == playbook and v.out_to is not None:
                self.values[v.out_to] = self.values[i]

    def if_(self, n):
        s = self.book.steps[n]
        choice = yield from self.decision(n)
        if choice is None:
            return True
        taken = s.branches[choice:choice + 1]
        kept = frozenset().union(*map(self.book.within, taken))
        for m in self.book.inside(n) - kept:
            self.table[m] = Activation('skipped')
        if taken:
            self.begin(n, choice)
            yield from self.branches(n, taken)
        return True

    switch_ = if_

    def while_(self, n):
        s = self.book.steps[n]
        while (choice := (yield from self.decision(n))) == 0:
            if self.table[n].round == s.limit:
                return False
            self.begin(n, 0)
            self.table[n].round += 1
            yield from self.branches(n, s.branches)
            self.reset(self.book.inside(n))
        return True

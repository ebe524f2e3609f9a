"""Random playbooks that are valid, and random events: what the twin's state allows, and much that it does not."""

import dataclasses

import workflow_values as values
from workflow_playbook import CONSTRUCTS, Playbook, Step, Variable, name
from workflow_twin import ACTIVE, ASKING, Event

PERSONS, ROLES = 5, 3
NUMBERS = ('integer', 'long', 'float')
KINDS = ('begin', 'success', 'failure', 'decide', 'approve', 'reject', 'omit', 'override', 'retry', 'expire', 'wake', 'set', 'abort')


class Builder:
    """Builds one playbook."""
    def __init__(self, rng):
        self.rng = rng
        self.steps, self.exceptions, self.overriders, self.variables = [], [], [], []
        self.facts = rng.choice((0, 0, 1, 3))
        self.left = rng.choice((4, 12, 20, 30, 45))
        self.timed = rng.random() < 0.6
        self.ends = []  # that may be led to again

    def chance(self, odds):
        return self.rng.random() < odds

    def build(self):
        start = self.add(Step('start'))
        self.playbook()
        self.steps[start].on_completion = self.region(0, 0)
        self.exception(0, 0)
        return self.shuffled(start)

    def add(self, step):
        self.steps.append(step)
        self.left -= 1
        return len(self.steps) - 1

    def playbook(self):
        """A new playbook with variables."""
        p = len(self.exceptions)
        self.exceptions.append(None)
        self.overriders.append(self.rng.choice((None, *range(ROLES), *range(ROLES))))
        for _ in range(self.rng.choice((0, 1, 2, 3))):
            self.variable(p)
        return p

    def variable(self, scope, outs=False):
        kind = self.rng.choice(('bool', 'integer', 'string', 'float', 'long', self.rng.choice(values.TYPES)))
        initial = values.good(self.rng, kind) if self.chance(0.4) else None
        constant = not outs and self.chance(0.15)
        self.variables.append(Variable(kind, scope, constant, self.chance(0.6), initial))
        return len(self.variables) - 1

    def exception(self, p, depth):
        if self.chance(0.5):
            self.exceptions[p] = self.region(p, depth + 1)

    def region(self, p, depth, tail=None):
        """The steps of a region, one after the other; the first. Some may lead to a tail that others lead to as well."""
        if depth > 0 and tail is None and self.chance(0.06):
            return self.add(Step('end', p))
        count = self.rng.choice((1, 2, 2, 3, 4)) + (2 if depth == 0 else 0) if self.left > 0 else 1
        steps = [self.step(p, depth) for _ in range(count)]
        for i, n in enumerate(steps):
            later = steps[i + 1:]
            if self.steps[n].type == 'end':
                continue
            ways = ['on_success', 'on_failure'] if later and self.chance(0.85) or self.chance(0.3) else ['on_completion']
            must = later[0] if later else tail
            for way in ways:
                setattr(self.steps[n], way, self.follower(later, tail, must if way != 'on_failure' and self.chance(0.8) else None))
            if must is not None and must not in self.steps[n].followers():
                setattr(self.steps[n], self.rng.choice(ways), must)
        return steps[0]

    def follower(self, later, tail, likely):
        if likely is not None:
            return likely
        choice = self.rng.randrange(6)
        if choice < 2 and later:
            return self.rng.choice(later)
        if choice == 2 and tail is not None:
            return tail
        if choice in (3, 4):
            if self.ends and self.chance(0.5):
                return self.rng.choice(self.ends)
            self.ends.append(self.add(Step('end', playbook=self.rng.randrange(len(self.exceptions)))))
            return self.ends[-1]
        return None

    def step(self, p, depth):
        kind = 'action'
        if self.left > 0 and depth < 4 and self.chance(0.45):
            kind = self.rng.choice(CONSTRUCTS)
        s = Step(kind, p)
        n = self.add(s)
        construct = kind != 'action'
        if self.facts and self.chance(0.45):
            s.establishes = self.some(range(self.facts))
        if self.facts and self.chance(0.25 if construct else 0.12):
            s.requires = self.some(range(self.facts))
        if self.timed and self.chance(0.4 if construct else 0.25):
            s.delay = self.rng.choice((1, 5, 10))
        if self.timed and self.chance(0.7 if construct else 0.4):
            s.timeout = self.rng.choice((1, 5, 10, 20))
        if self.chance(0.2):
            s.override_role = self.rng.randrange(ROLES)
        for _ in range(self.rng.choice((0, 0, 0, 1, 2))):
            self.variable(-1 - n, kind == 'action')
        getattr(self, 'make_' + kind)(n, s, p, depth)
        return n

    def some(self, things):
        things = list(things)
        return self.rng.sample(things, self.rng.randint(1, len(things)))

    def seen(self, n, p):
        return [i for i, v in enumerate(self.variables) if v.scope in (p, -1 - n)]

    def make_action(self, n, s, p, _):
        outs = [v for v in self.seen(n, p) if not self.variables[v].constant]
        if outs and self.chance(0.4):
            s.outs = self.some(outs)[:3]
        s.evidence, s.optional = self.chance(0.2), self.chance(0.15)
        if self.chance(0.3):
            s.approvals = [(role, self.rng.choice((1, 1, 2))) for role in self.some(range(ROLES))[:2]]

    def make_parallel(self, _, s, p, depth):
        s.branches = [self.region(p, depth + 1) for _ in range(self.rng.choice((2, 2, 3)))]

    def make_while(self, n, s, p, depth):
        s.condition = self.condition(n, p)
        s.limit = self.rng.choice((1, 2, 3))
        s.branches = [self.region(p, depth + 1)]

    def make_if(self, n, s, p, depth):
        s.condition = self.condition(n, p)
        s.branches = self.choices(p, depth, self.rng.choice((1, 2, 2)))

    def make_switch(self, n, s, p, depth):
        strings = self.seen(n, p)
        s.variable = self.rng.choice(strings) if strings and self.chance(0.7) else None
        kind = self.variables[s.variable].type if s.variable is not None else 'string'
        cases = list(values.GOOD[kind]) + ['elsewhere']
        s.cases = self.rng.sample(cases, min(len(cases), self.rng.choice((1, 2, 3))))
        if self.chance(0.4):
            s.cases[self.rng.randrange(len(s.cases))] = None
        s.branches = self.choices(p, depth, len(s.cases))

    def choices(self, p, depth, count):
        """Branches of which one is taken: they may share what comes last, or be the same."""
        if count < 2 or self.chance(0.6):
            return [self.region(p, depth + 1) for _ in range(count)]
        tail = self.region(p, depth + 1)
        return [tail if self.chance(0.2) else self.region(p, depth + 1, tail) for _ in range(count - 1)] + [tail]

    def make_playbook_action(self, n, s, p, depth):
        inner = self.playbook()
        seen = self.seen(n, p)
        for v in self.variables:
            alike = [i for i in seen if self.variables[i].type == v.type]
            if v.scope != inner or not alike:
                continue
            if v.external and not v.constant and self.chance(0.7):
                v.in_from = self.rng.choice(alike)
            open_ = [i for i in alike if not self.variables[i].constant]
            if open_ and self.chance(0.7):
                v.out_to = self.rng.choice(open_)
        s.branches = [self.region(inner, depth + 1)]
        self.exception(inner, depth + 1)

    # ---- conditions

    def condition(self, n, p, depth=0):
        if depth == 0 and self.chance(0.35):
            return None
        kind = self.rng.choice(('or', 'and', 'not', 'bare', 'compare', 'compare', 'compare', 'compare', 'in', 'like'))
        if kind in ('or', 'and', 'not') and depth < 3:
            parts = [self.condition(n, p, depth + 1) for _ in range(1 if kind == 'not' else 2)]
            return f'NOT ({parts[0]})' if kind == 'not' else f' {kind} '.join(f'({part})' if self.chance(0.5) else part for part in parts)
        seen, negated = self.seen(n, p), self.rng.choice(('', '', 'NOT '))
        if kind == 'in':
            seen = seen[:1]
            return f'{self.operand(seen)} {negated}IN ({", ".join(self.literal(seen) for _ in range(self.rng.choice((1, 2, 3))))})'
        if kind == 'like':
            pattern = self.rng.choice(('%', '_', 'y%', '%o', '1%', '復_', 't_ue', '% b', ''))
            return f'{name(self.rng.choice(seen)) if seen else "TRUE"} {negated}LIKE {quoted(pattern)}'
        if kind == 'bare':
            truths = [v for v in seen if self.variables[v].type in ('bool', 'string')]
            return name(self.rng.choice(truths)) if truths else self.rng.choice(('true', 'FALSE'))
        sign = self.rng.choice(('=', '==', '!=', '<>', '<', '<=', '>', '>='))
        if sign in ('<', '<=', '>', '>=') and self.chance(0.8):
            seen = [v for v in seen if self.variables[v].type in NUMBERS]
        seen = seen and [self.rng.choice(seen)]
        return f'{self.operand(seen)} {sign} {self.literal(seen) if self.chance(0.7) else self.operand(self.seen(n, p))}'

    def operand(self, seen):
        return name(self.rng.choice(seen)) + self.rng.choice(('', ':value')) if seen and self.chance(0.85) else self.literal(seen)

    def literal(self, seen):
        kind = self.variables[self.rng.choice(seen)].type if seen and self.chance(0.8) else self.rng.choice(('bool', 'integer', 'string'))
        text = values.good(self.rng, kind)
        return text if kind == 'bool' or (kind in NUMBERS and self.chance(0.8)) else quoted(text)

    # ---- numbers

    def shuffled(self, start):
        """The playbook with its steps in any order: nothing may hang on their numbers."""
        led_to = {n for s in self.steps for n in (*s.followers(), *s.branches)} | {start, *self.exceptions}
        order = [n for n in range(len(self.steps)) if n in led_to]  # not ends that were thought of and not used
        self.rng.shuffle(order)
        new = {old: number for number, old in enumerate(order)}
        new[None] = None
        steps = [self.steps[old] for old in order]
        for s in steps:
            s.on_completion, s.on_success, s.on_failure = new[s.on_completion], new[s.on_success], new[s.on_failure]
            s.branches = [new[n] for n in s.branches]
        for v in self.variables:
            v.scope = v.scope if v.scope >= 0 else -1 - new[-1 - v.scope]
        return Playbook(steps, new[start], [new[n] for n in self.exceptions], self.overriders, self.variables, self.facts)


def random_playbook(rng):
    return Builder(rng).build()


def quoted(text):
    return "'" + text.replace('\\', '\\\\').replace("'", "\\'") + "'"


class Events:
    """Random events for a run."""
    def __init__(self, rng, run, ends):
        self.rng = rng
        self.run = run
        self.ends = ends  # whether an abort comes at all
        self.hard = rng.random() < 0.3   # many failures
        self.strange = rng.choice((0.1, 0.3, 0.5))
        self.roles = {person: tuple(r for r in range(ROLES) if rng.random() < 0.6) for person in range(PERSONS)}

    def next(self):
        rng, run = self.rng, self.run
        if run.state == 'new':
            event = Event('begin', rng.randrange(20), values=self.externals())
            return self.spoilt(event) if rng.random() < 0.1 else event if rng.random() < 0.95 else self.any()
        if rng.random() < self.strange / 3:
            return self.any()
        active = [n for n, a in enumerate(run.table) if a.state in ACTIVE]
        if self.ends and rng.random() < 0.03:
            return Event('abort', self.soon(), person=self.person())
        if not active or rng.random() < 0.06:
            return Event('set', self.soon(), person=self.person(), values=self.externals())
        event = self.for_step(rng.choice(active))
        return self.spoilt(event) if rng.random() < self.strange else event

    def soon(self):
        return self.run.at + self.rng.choice((0, 0, 0, 1, 1, 2, 5))

    def person(self):
        return self.rng.randrange(PERSONS)

    def said(self, kind, n, at=None, **more):
        """An event by some person, with the roles she has."""
        person = more.pop('person', None)
        person = self.person() if person is None else person
        return Event(kind, self.soon() if at is None else at, n, person, roles=more.pop('roles', self.roles[person]), **more)

    def for_step(self, n):
        """Something that could be done with an active step now."""
        rng, run = self.rng, self.run
        s, a = run.book.steps[n], run.look(n)
        if rng.random() < 0.05 and a.state != 'running':
            return self.override(n)
        if a.due is not None and s.on_failure is not None and rng.random() < (0.6 if s.type in CONSTRUCTS else 0.2):
            return Event('expire', max(run.at, a.due + rng.choice((-1, 0, 0, 0, 3))), n)
        if a.state == 'running':
            return self.for_step(rng.choice([m for m, b in enumerate(run.table) if b.state in ACTIVE and b.state != 'running'] or [n])) \
                if any(b.state in ACTIVE and b.state != 'running' for b in run.table) else Event('expire', self.soon(), n)
        if a.state == 'held':
            return self.said('retry', n) if rng.random() < 0.6 else self.override(n)
        if a.state == 'submitted':
            return self.approval(n)
        if run.missing(n) and rng.random() < 0.3:
            return self.override(n)
        at = max(self.soon(), a.not_before if rng.random() < 0.9 else 0)
        if s.optional and rng.random() < 0.4:
            return self.said('omit', n, at)
        if s.type == 'action':
            kind = 'failure' if rng.random() < (0.5 if self.hard else 0.12) else 'success'
            return self.said(kind, n, at, evidence=s.evidence or rng.random() < 0.3, values=self.outs(n, kind))
        if run.answer(n) is None:
            return self.said('decide', n, at, choice=rng.choice(run.choices(n)))
        return Event('wake', at, n)

    def override(self, n):
        s = self.run.book.steps[n]
        role = s.override_role if s.override_role is not None else self.run.book.override_roles[s.playbook]
        return self.said('override', n, role=role, roles=(role, *self.roles[0]))

    def approval(self, n):
        rng, s, a = self.rng, self.run.book.steps[n], self.run.table[n]
        given = [role for _, role, _ in a.approvals]
        role = rng.choice([role for role, count in s.approvals if given.count(role) < count])
        able = [p for p in range(PERSONS) if p not in a.doers and p not in [person for person, _, _ in a.approvals]]
        if not able:
            return self.override(n)
        person = rng.choice(able)
        heard = [p for p in range(PERSONS) if p not in a.doers and p != person]
        return self.said('approve' if rng.random() < 0.8 else 'reject', n, person=person, role=role,
                         heard_by=rng.choice(heard) if heard and rng.random() < 0.2 else None, roles=tuple({*self.roles[person], role}))

    def outs(self, n, kind):
        return tuple((v, values.good(self.rng, self.run.book.variables[v].type) if kind == 'success' or self.rng.random() < 0.9 else None)
                     for v in self.run.book.steps[n].outs
                     if (kind == 'success' and self.run.values[v] is None) or self.rng.random() < 0.5)

    def externals(self):
        fit = [i for i, v in enumerate(self.run.book.variables) if v.external and v.scope == 0 and not v.constant]
        return tuple((i, values.good(self.rng, self.run.book.variables[i].type) if self.rng.random() < 0.85 else None)
                     for i in fit if self.rng.random() < 0.6)

    def spoilt(self, event):
        """The event with one thing about it another."""
        rng, run = self.rng, self.run
        variables = run.book.variables
        changes = [{'at': event.at - rng.choice((1, 1, 3, 30))}, {'kind': rng.choice(KINDS)}]
        if event.step is not None:
            changes += [{'step': rng.randrange(len(run.book.steps)) if rng.random() < 0.8 else rng.choice((-2, -1, len(run.book.steps)))}]
        if event.kind in ('decide', 'wake'):
            changes += [{'choice': choice} for choice in range(-1, 4)] + [{'kind': 'wake'}, {'kind': 'wake'}, {'kind': 'decide'}]
        if event.kind in ('approve', 'reject', 'override'):
            changes += [{'person': self.person()}, {'role': rng.randrange(ROLES)}, {'roles': ()}]
        if event.kind in ('approve', 'reject'):
            a = run.table[event.step]
            changes += [{'heard_by': event.person}]
            changes += [{'person': p} for p in a.doers] + [{'heard_by': p} for p in a.doers]
            changes += [{'person': p, 'heard_by': None} for p, _, _ in a.approvals]
            changes += [{'role': r, 'roles': (r,)} for _, r, _ in a.approvals]
        if event.kind == 'success':
            changes += [{'evidence': not event.evidence}, {'values': event.values[1:]}]
        if variables and event.kind in ('begin', 'set', 'success', 'failure'):
            constant = [i for i, v in enumerate(variables) if v.constant and v.external and v.scope == 0]
            likely = [rng.randrange(len(variables)), *(constant if event.kind in ('begin', 'set') else [])]
            for v in [len(variables), -1] if rng.random() < 0.1 else likely:
                changes += [{'values': event.values + ((v, values.good(rng, variables[v % len(variables)].type)),)}]
            for v, _ in event.values:
                changes += [{'values': event.values + ((v, None),)}]
                changes += [{'values': event.values + ((v, text),)} for text in (values.bad(rng, variables[v].type),) if text is not None]
        event = dataclasses.replace(event, **rng.choice(changes))
        return self.whole(event)

    def whole(self, event):
        """With what every event of its kind has."""
        if event.kind in ('begin', 'set', 'abort'):
            event.step = None
        elif event.step is None:
            event.step = self.rng.randrange(len(self.run.book.steps))
        if event.kind not in ('begin', 'expire', 'wake') and event.person is None:
            event.person = self.person()
        if event.at < 0:
            event.at = 0
        return event

    def any(self):
        """Any event at any step."""
        rng, run = self.rng, self.run
        kind = rng.choice([k for k in KINDS if k != 'abort' or self.ends])
        at = rng.randrange(20) if run.at is None else self.soon() if rng.random() < 0.9 else run.at - 1
        event = self.said(kind, rng.randrange(len(run.book.steps)), at, role=rng.randrange(ROLES), choice=rng.randrange(3),
                          evidence=rng.random() < 0.5, heard_by=rng.choice((None, None, self.person())), roles=tuple(range(ROLES)))
        return self.whole(event)

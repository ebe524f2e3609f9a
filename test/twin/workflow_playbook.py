"""Playbooks as the workflow twin sees them, what their regions are, and which are valid (src/engine/workflow-semantics.md)."""

import dataclasses
import functools

from condition_python import Conditions, Values

LONGEST = 100 * 365 * 86400 * 1000000  # "100 years", in microseconds
DEEPEST = 100                           # constructs within one another
CONSTRUCTS = ('playbook_action', 'parallel', 'if', 'while', 'switch')
TYPES = ('start', 'end', 'action') + CONSTRUCTS


@dataclasses.dataclass
class Variable:
    type: str
    scope: int  # a playbook, or -1 - step
    constant: bool = False
    external: bool = False
    initial: str | None = None
    in_from: int | None = None
    out_to: int | None = None


@dataclasses.dataclass
class Step:
    type: str
    playbook: int = 0
    on_completion: int | None = None
    on_success: int | None = None
    on_failure: int | None = None
    branches: list = dataclasses.field(default_factory=list)
    cases: list = dataclasses.field(default_factory=list)  # of a switch: literals, None = default
    variable: int | None = None                            # of a switch
    condition: str | None = None                           # of an if or a while; None = a question
    limit: int = 0
    delay: int = 0
    timeout: int | None = None
    evidence: bool = False
    optional: bool = False
    outs: list = dataclasses.field(default_factory=list)
    approvals: list = dataclasses.field(default_factory=list)  # (role, how many)
    requires: list = dataclasses.field(default_factory=list)
    establishes: list = dataclasses.field(default_factory=list)
    override_role: int | None = None

    def follows_success(self):
        return self.on_success if self.on_success is not None else self.on_completion

    def followers(self):
        return [n for n in (self.on_completion, self.on_success, self.on_failure) if n is not None]


@dataclasses.dataclass
class Playbook:
    steps: list
    start: int
    exceptions: list
    override_roles: list
    variables: list
    facts: int

    def region(self, first):
        """The steps a region has that begins at a step."""
        found, new = {first}, [first]
        while new:
            for n in self.steps[new.pop()].followers():
                if n not in found:
                    found.add(n)
                    new.append(n)
        return found

    @functools.lru_cache(maxsize=5000)
    def within(self, first):
        """A region and everything inside its constructs."""
        region = self.region(first)
        return frozenset(region.union(*(self.inside(n) for n in region)))

    @functools.lru_cache(maxsize=5000)
    def inside(self, n):
        """Everything inside a step that is a construct."""
        step = self.steps[n]
        firsts = list(step.branches)
        if step.type == 'playbook_action' and self.exceptions[self.inner(n)] is not None:
            firsts.append(self.exceptions[self.inner(n)])
        return frozenset().union(*(self.within(first) for first in firsts))

    def inner(self, n):
        """The playbook put in place of a playbook action."""
        return self.steps[self.steps[n].branches[0]].playbook

    @functools.lru_cache(maxsize=5000)
    def condition(self, n):
        """The condition of a step, parsed: (reader, tree), the numbers of variables it names."""
        reader = Conditions()
        tree = reader.parse(self.steps[n].condition, {name(i): (v.type, None) for i, v in enumerate(self.variables)})
        return reader, tree, [int(found[3:-2]) for found in reader.names]

    def truth(self, n, values):
        """What the condition of a step says, None = unknown."""
        if self.steps[n].condition is None:
            return None
        reader, tree, named = self.condition(n)
        reader.variables = {name(i): (self.variables[i].type, values[i]) for i in named}
        return reader.evaluate(tree)

    def sees(self, n, variable):
        return self.variables[variable].scope in (-1 - n, self.steps[n].playbook)

    __eq__ = object.__eq__
    __hash__ = object.__hash__  # for the caches; a playbook stays as it is once it has been asked


def name(variable):
    """In conditions."""
    return f'__v{variable}__'


RULES = (
    'numbers', 'branches', 'start', 'start there is', 'nothing more of start and end', 'end', 'on_completion alone', 'each literal once',
    'limit', 'evidence', 'optional', 'approvals', 'out_args', 'delay', 'timeout', 'counts', 'one count per role', 'out_args once',
    'out_args no constants', 'out_args seen', 'condition seen', 'switch seen', 'a playbook, a playbook action', 'no way back',
    'of one playbook', 'regions apart', 'every step in a region', 'nothing inside itself', 'nesting', 'initial values',
    'in and out of inner playbooks', 'in_args external', 'in_args no constants', 'out to no constants', 'of the same type',
    'in and out seen')


def violations(book):
    """What a playbook violates of the page's list: names of rules, each on its own. Numbers may be anything."""
    if not in_range(book):
        return {'numbers'}
    alone = {rule for n, s in enumerate(book.steps) for rule, kept in rules_of_step(book, n, s).items() if not kept}
    alone |= {rule for rule, kept in rules_of_variables(book).items() if not kept}
    if not alone & {'start', 'branches'}:
        alone |= set(regions(book)) | set(variables_between(book))
    return alone


def in_range(book):
    def each(items, length, least=0):
        return all(i is None or least <= i < length for i in items)
    steps, playbooks = len(book.steps), len(book.exceptions)
    return (each([book.start, *book.exceptions], steps) and playbooks >= 1
            and all(s.type in TYPES and 0 <= s.playbook < playbooks and each([*s.followers(), *s.branches], steps)
                    and each([s.variable, *s.outs], len(book.variables)) and each([*s.requires, *s.establishes], book.facts)
                    for s in book.steps)
            and all(-steps <= v.scope < playbooks and each([v.in_from, v.out_to], len(book.variables)) for v in book.variables))


def rules_of_step(book, n, s):
    fewest, most = {'parallel': (2, None), 'if': (1, 2), 'while': (1, 1), 'switch': (1, None),
                    'playbook_action': (1, 1)}.get(s.type, (0, 0))
    roles = [role for role, _ in s.approvals]
    things = s.delay or s.timeout is not None or s.requires or s.establishes or s.override_role is not None
    return {
        'branches': fewest <= len(s.branches) and (most is None or len(s.branches) <= most),
        'start': s.type != 'start' or (n == book.start and s.playbook == 0 and s.on_completion is not None and s.on_success is None
                                       and s.on_failure is None),
        'start there is': book.steps[book.start].type == 'start',
        'nothing more of start and end': s.type not in ('start', 'end') or not things,
        'end': s.type != 'end' or not s.followers(),
        'on_completion alone': s.on_completion is None or (s.on_success is None and s.on_failure is None),
        'each literal once': s.type != 'switch' or len(set(s.cases)) == len(s.cases),
        'limit': s.type != 'while' or s.limit >= 1,
        'evidence': s.type == 'action' or not s.evidence,
        'optional': s.type == 'action' or not s.optional,
        'approvals': s.type == 'action' or not s.approvals,
        'out_args': s.type == 'action' or not s.outs,
        'delay': 0 <= s.delay <= LONGEST,
        'timeout': s.timeout is None or 0 < s.timeout <= LONGEST,
        'counts': all(count >= 1 and role >= 0 for role, count in s.approvals),
        'one count per role': len(set(roles)) == len(roles),
        'out_args once': len(set(s.outs)) == len(s.outs),
        'out_args no constants': not any(book.variables[v].constant for v in s.outs),
        'out_args seen': all(book.sees(n, v) for v in s.outs),
        'condition seen': s.condition is None or all(book.sees(n, v) for v in book.condition(n)[2]),
        'switch seen': s.variable is None or book.sees(n, s.variable),
    }


def regions(book):
    """Regions are apart, of one playbook, without a way back; every step is in one, every inner playbook is somewhere once."""
    firsts = [(book.start, 0, 'main')]
    firsts += [(first, p, ('exception', p)) for p, first in enumerate(book.exceptions) if first is not None]
    inner = {}
    for n, s in enumerate(book.steps):
        for first in s.branches:
            p = s.playbook
            if s.type == 'playbook_action':
                p = book.steps[first].playbook
                inner.setdefault(p, []).append(n)
            # What may share steps has one name.
            firsts.append((first, p, ('choice', n) if s.type in ('if', 'switch') else ('branch', n, len(firsts))))
    if {p: len(places) for p, places in inner.items()} != dict.fromkeys(range(1, len(book.exceptions)), 1):
        yield 'a playbook, a playbook action'
    owner = {}
    for first, p, name_ in firsts:
        region = book.region(first)
        if any(n in book.region(f) for n in region for f in book.steps[n].followers()):
            yield 'no way back'
        if any(book.steps[n].playbook != p for n in region if book.steps[n].type != 'end'):
            yield 'of one playbook'
        if any(owner.setdefault(n, name_) != name_ for n in region if book.steps[n].type != 'end'):
            yield 'regions apart'
        for n in region:
            owner.setdefault(n, name_)
    if len(owner) < len(book.steps):
        yield 'every step in a region'
    around = [constructs_around(n, owner, inner) for n in owner if book.steps[n].type in CONSTRUCTS]
    if None in around:
        yield 'nothing inside itself'
    if any(count is not None and count >= DEEPEST for count in around):
        yield 'nesting'


def constructs_around(n, owner, inner):
    """How many constructs there are going out from a step, from a region to the construct it is of; None = it never ends."""
    seen = set()
    while n not in seen:
        seen.add(n)
        if n not in owner:
            return len(seen) - 1
        kind, *of = owner[n] if isinstance(owner[n], tuple) else (owner[n],)
        if kind == 'main' or (kind == 'exception' and of[0] not in inner):
            return len(seen) - 1
        n = inner[of[0]][0] if kind == 'exception' else of[0]
    return None


def rules_of_variables(book):
    return {
        'initial values': all(v.initial is None or Values().valid(v.type, v.initial) for v in book.variables),
        'in and out of inner playbooks': all(v.scope >= 1 or (v.in_from is None and v.out_to is None) for v in book.variables),
        'in_args external': all(v.in_from is None or v.external for v in book.variables),
        'in_args no constants': all(v.in_from is None or not v.constant for v in book.variables),
        'out to no constants': all(v.out_to is None or not book.variables[v.out_to].constant for v in book.variables),
        'of the same type': all(v.type == book.variables[other].type for v in book.variables for other in (v.in_from, v.out_to)
                                if other is not None),
    }


def variables_between(book):
    places = {book.inner(n): n for n, s in enumerate(book.steps) if s.type == 'playbook_action'}
    for v in book.variables:
        if v.scope in places:
            if not all(other is None or book.sees(places[v.scope], other) for other in (v.in_from, v.out_to)):
                yield 'in and out seen'

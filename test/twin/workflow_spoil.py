"""Playbooks with something changed about them, most of them not valid any more."""

import copy

import workflow_playbook
import workflow_values as values
from condition_python import Refused
from workflow_playbook import CONSTRUCTS, DEEPEST, LONGEST, Step


def spoilt(rng, book):
    book = copy.deepcopy(book)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        way = rng.choice((branch, follower, follower, kind, number, list_, list_, playbook, variable, variable, carried, nested, named))
        way(rng, book)
    for n, s in enumerate(book.steps):  # what another type does not look at, or would look at and not find
        if s.type not in ('if', 'while') or not understood(book, n):
            s.condition = None
        if s.type != 'switch':
            s.cases, s.variable = [], None
        s.cases += [None] * (len(s.branches) - len(s.cases)) if s.type == 'switch' else []
        del s.cases[len(s.branches):]
    return book


def understood(book, n):
    """Whether the step's condition is one: a variable may have become one of another type."""
    try:
        return book.steps[n].condition is None or bool(book.condition(n))
    except Refused:
        return False


def any_step(rng, book):
    return rng.choice((None, -2, len(book.steps), *range(len(book.steps)), *range(len(book.steps))))


def any_variable(rng, book):
    return rng.choice((-2, len(book.variables), *list(range(len(book.variables))) * 3))


def some_step(rng, book, *types):
    fit = [s for s in book.steps if s.type in types] if types else book.steps
    return rng.choice(fit or book.steps)


def branch(rng, book):
    s = some_step(rng, book, *CONSTRUCTS)
    if s.branches and rng.random() < 0.6:
        s.branches[rng.randrange(len(s.branches))] = rng.randrange(-1, len(book.steps) + 1)
    elif s.branches and rng.random() < 0.5:
        s.branches.pop()
    else:
        s.branches.append(rng.randrange(len(book.steps)))
        s.cases.append('another')


def follower(rng, book):
    setattr(some_step(rng, book), rng.choice(('on_completion', 'on_success', 'on_failure')), any_step(rng, book))


def kind(rng, book):
    some_step(rng, book).type = rng.choice(('start', 'end', 'action', *CONSTRUCTS))


def number(rng, book):
    s = some_step(rng, book)
    name, choices = rng.choice((('limit', (0, 1, -1)), ('delay', (-1, LONGEST, LONGEST + 1, 1)), ('evidence', (True,)),
                                ('optional', (True,)), ('timeout', (0, 1, -5, LONGEST, LONGEST + 1)), ('variable', (any_variable(rng, book),))))
    setattr(s, name, rng.choice(choices))
    if name == 'limit' and s.type != 'while':
        some_step(rng, book, 'while').limit = s.limit


def list_(rng, book):
    s = some_step(rng, book, *rng.choice(((), ('action',), ('switch',))))
    what = rng.randrange(6)
    if what == 0:
        s.approvals = s.approvals + [(rng.randrange(3), rng.choice((0, 1, 1, -1)))]
    elif what == 5:
        for other in book.steps:
            other.approvals = other.approvals + other.approvals[:1]
            other.outs = other.outs + other.outs[-1:]
    elif what == 1:
        s.outs = s.outs + [any_variable(rng, book)]
    elif what == 2:
        rng.choice((s.requires, s.establishes)).append(rng.randrange(-1, book.facts + 2))
    elif what == 3 and s.cases:
        s.cases[-1] = rng.choice((None, s.cases[0]))
    else:
        book.steps.append(Step(rng.choice(('action', 'end'))))


def playbook(rng, book):
    what = rng.randrange(4)
    if what == 0:
        book.exceptions[rng.randrange(len(book.exceptions))] = any_step(rng, book)
    elif what == 1:
        some_step(rng, book).playbook = rng.randrange(-1, len(book.exceptions) + 1)
    elif what == 2:
        if rng.random() < 0.5:
            book.steps[book.start].type = 'action'
        else:
            book.start = rng.randrange(len(book.steps))
    else:
        book.exceptions.append(None)
        book.override_roles.append(None)


def variable(rng, book):
    if not book.variables:
        return
    v = rng.choice(book.variables)
    name = rng.choice(('type', 'scope', 'constant', 'external', 'initial', 'in_from', 'out_to'))
    setattr(v, name, {'type': rng.choice(values.TYPES), 'scope': rng.randrange(-2 - len(book.steps), len(book.exceptions) + 1),
                      'constant': not v.constant, 'external': not v.external,
                      'initial': values.bad(rng, v.type) if rng.random() < 0.7 else values.good(rng, v.type),
                      'in_from': any_variable(rng, book), 'out_to': any_variable(rng, book)}[name])


def carried(rng, book):
    """Something about a variable that is carried in or out."""
    fit = [v for v in book.variables if v.in_from is not None or v.out_to is not None]
    if not fit:
        return
    v = rng.choice(fit)
    name, value = rng.choice((('constant', True), ('constant', True), ('external', False), ('in_from', any_variable(rng, book)),
                              ('out_to', any_variable(rng, book)), ('type', rng.choice(values.TYPES))))
    if rng.random() < 0.3 and all(other is None or 0 <= other < len(book.variables) for other in (v.in_from, v.out_to)):
        v = book.variables[v.in_from if v.out_to is None else v.out_to]
    setattr(v, name, value)


def nested(rng, book):
    """Constructs that are inside themselves, or within very many."""
    n = len(book.steps)
    how = rng.randrange(4)
    if how == 0:
        book.steps.append(Step('while', limit=1, branches=[n]))
    elif how == 1:
        book.steps += [Step('while', limit=1, branches=[n + 1]), Step('if', branches=[n])]
    elif how == 2:
        last = some_step(rng, book, 'action')
        last.on_completion, last.on_success, last.on_failure = n, None, None
        deep = DEEPEST + rng.choice((-3, -2, -1, 0, 1))
        book.steps += [Step('while', last.playbook, limit=1, branches=[n + 1 + i]) for i in range(deep)]
        book.steps.append(Step('action', last.playbook))
    else:
        p = len(book.exceptions)
        book.exceptions.append(n)
        book.override_roles.append(None)
        book.steps += [Step('playbook_action', playbook=p, branches=[n + 1]), Step('action', playbook=p)]


def named(rng, book):
    """A step that names any variable."""
    if book.variables:
        i = rng.randrange(len(book.variables))
        some_step(rng, book, 'if', 'while').condition = f"{workflow_playbook.name(i)} = 'x'"
        some_step(rng, book, 'switch').variable = any_variable(rng, book)

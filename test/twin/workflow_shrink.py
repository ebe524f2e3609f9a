"""Makes a playbook and the events of a run smaller while they still fail: one thing at a time, until nothing more can go."""

import copy
import dataclasses
import re

import workflow_playbook


def shrink(book, events, fails, most=2000):
    """The smallest (playbook, events) found for which fails(book, events) holds."""
    tried, progress = 0, True
    while progress and tried < most:
        progress = False
        for candidate in candidates(book, events):
            if candidate is None or workflow_playbook.violations(candidate[0]):
                continue
            tried += 1
            if fails(*candidate):
                (book, events), progress = candidate, True
                break
            if tried >= most:
                break
    return book, events


def candidates(book, events):
    for size in (8, 4, 2, 1):
        for i in range(0, len(events), size):
            yield book, events[:i] + events[i + size:]
    for p, first in enumerate(book.exceptions):
        if first is not None:
            yield pruned(book, events, lambda b, p=p: b.exceptions.__setitem__(p, None))
    for n in range(len(book.steps)):
        for change in step_changes(book, book.steps[n]):
            yield pruned(book, events, lambda b, n=n, change=change: [setattr(b.steps[n], *one) for one in change])
    for i, v in enumerate(book.variables):
        for name, value in (('constant', False), ('external', False), ('initial', None), ('in_from', None), ('out_to', None)):
            if getattr(v, name) != value:
                yield pruned(book, events, lambda b, i=i, name=name, value=value: setattr(b.variables[i], name, value))
    for i, e in enumerate(events):
        for name, value in (('heard_by', None), ('values', ()), ('values', e.values[1:]), ('values', e.values[:-1]), ('at', e.at - 1),
                            ('at', events[i - 1].at if i else 0)):
            if getattr(e, name) != value and not (name == 'at' and value < 0):
                yield book, events[:i] + [dataclasses.replace(e, **{name: value})] + events[i + 1:]


def step_changes(book, s):
    """Lists of (field, simpler value)."""
    for name, value in (('timeout', None), ('delay', 0), ('condition', None), ('variable', None), ('evidence', False),
                        ('optional', False), ('outs', []),
                        ('approvals', []), ('requires', []), ('establishes', []), ('override_role', None), ('on_failure', None),
                        ('on_success', None), ('on_completion', None)):
        if getattr(s, name) not in (value, None, 0):
            yield [(name, value)]
    if s.type in workflow_playbook.CONSTRUCTS:
        yield [('type', 'action'), ('branches', []), ('cases', []), ('condition', None), ('variable', None), ('limit', 0)]
        for i in range(len(s.branches)):
            yield [('branches', s.branches[:i] + s.branches[i + 1:]), ('cases', s.cases[:i] + s.cases[i + 1:])]
    if s.limit > 1:
        yield [('limit', 1)]
    for way in ('on_success', 'on_completion', 'on_failure'):
        if getattr(s, way) is not None:
            yield [(way, book.steps[getattr(s, way)].follows_success())]
    for i, first in enumerate(s.branches):
        after = book.steps[first].follows_success()
        if after is not None:
            yield [('branches', s.branches[:i] + [after] + s.branches[i + 1:])]


def pruned(book, events, change):
    """The playbook with a change, without what is of no region any more, and the events that still have their step."""
    book = copy.deepcopy(book)
    change(book)
    kept, new = set(), [book.start]
    while new:
        n = new.pop()
        if n in kept:
            continue
        kept.add(n)
        s = book.steps[n]
        new += s.followers() + s.branches
        if s.type != 'end' and book.exceptions[s.playbook] is not None:
            new.append(book.exceptions[s.playbook])
    return renumbered(book, events, sorted(kept))


def renumbered(book, events, kept):
    """The playbook with some of its steps alone, and with what they name."""
    playbooks = sorted({book.steps[n].playbook for n in kept if book.steps[n].type != 'end'} | {0})
    step = {n: i for i, n in enumerate(kept)} | {None: None}
    playbook = {p: i for i, p in enumerate(playbooks)}
    variables = [i for i, v in enumerate(book.variables) if (v.scope in playbook if v.scope >= 0 else -1 - v.scope in step)]
    variable = {v: i for i, v in enumerate(variables)} | {None: None}
    steps = [book.steps[n] for n in kept]
    for s in steps:
        s.on_completion, s.on_success, s.on_failure = step[s.on_completion], step[s.on_success], step[s.on_failure]
        s.branches = [step[n] for n in s.branches]
        s.playbook = playbook.get(s.playbook, 0)
        s.outs = [variable[v] for v in s.outs]
        s.variable = variable[s.variable]
        if s.condition:
            s.condition = re.sub('__v([0-9]+)__', lambda found: workflow_playbook.name(variable.get(int(found[1]))), s.condition)
    for i in variables:
        v = book.variables[i]
        v.scope = playbook[v.scope] if v.scope >= 0 else -1 - step[-1 - v.scope]
        v.in_from, v.out_to = variable.get(v.in_from), variable.get(v.out_to)
    small = workflow_playbook.Playbook(steps, step[book.start], [step[book.exceptions[p]] for p in playbooks],
                                       [book.override_roles[p] for p in playbooks], [book.variables[i] for i in variables], book.facts)
    return small, [dataclasses.replace(e, step=step[e.step], values=tuple((variable[v], text) for v, text in e.values if v in variable))
                   for e in events if e.step in step]

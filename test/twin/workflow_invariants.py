"""What must hold of every run, whatever happened: not how a state comes about, but what can never be seen.

That engine and twin agree says nothing where both are wrong in the same way; this does.
"""

import collections
import functools

import workflow_values as values
from workflow_playbook import CONSTRUCTS
from workflow_twin import ACTIVE, ASKING, Event

ENOUGH = 5000  # events in which a run comes to its end, if somebody wants it to


def broken(run):
    """What does not hold, in words."""
    book, table = run.book, run.table
    active = {n for n, a in enumerate(table) if a.state in ACTIVE}
    found = []
    if (run.state == 'active') != bool(active):
        found.append(f'the run is {run.state}, active are {sorted(active)}')
    if run.state == 'completed' and any(a.state == 'idle' for a in table):
        found.append('a step is idle in a completed run')
    for group in one_active(book):
        together = active & group
        if len(together) > 1:
            found.append(f'active in one region: {sorted(together)}')
    for n, s in enumerate(book.steps):
        if s.type in CONSTRUCTS and (table[n].state == 'running') != bool(active & book.inside(n)):
            found.append(f'construct {n} is {table[n].state}, active inside are {sorted(active & book.inside(n))}')
        found += [f'step {n}: {what}' for what in broken_step(run, s, table[n])]
    return found


@functools.lru_cache(maxsize=5000)
def one_active(book):
    """Sets of steps of which one is active at most."""
    firsts = [[book.start]] + [[first] for first in book.exceptions if first is not None]
    for s in book.steps:
        firsts += [s.branches] if s.type in ('if', 'switch') else [[first] for first in s.branches]
    return [frozenset().union(*map(book.region, together)) for together in firsts]


def broken_step(run, s, a):
    approvers = [person for person, _, _ in a.approvals]
    given = collections.Counter(role for _, role, _ in a.approvals)
    asked = dict(s.approvals)
    times = [t for t in (a.reached_at, a.not_before) if t is not None]
    yield from (what for what, holds in {
        'an approver is a doer': not set(approvers) & set(a.doers),
        'who heard an approval is a doer or the approver': all(h is None or (h not in a.doers and h != p) for p, _, h in a.approvals),
        'a person has approved twice': len(set(approvers)) == len(approvers),
        'more approvals of a role than asked for': all(given[role] <= asked.get(role, 0) for role in given),
        'submitted with nothing to wait for': a.state != 'submitted' or given != collections.Counter(asked),
        'done without its approvals': a.state != 'done' or a.overridden or given == collections.Counter(asked),
        'done by nobody': s.type != 'action' or a.state != 'done' or a.overridden or a.doers,
        'done without its facts': a.state != 'done' or set(s.establishes) <= set(run.facts),
        'failed, and nothing follows': a.state != 'failed' or s.on_failure is not None,
        'held, and something follows': a.state != 'held' or s.on_failure is None,
        'more rounds than its limit': a.round <= s.limit,
        'times not in order': times == sorted(times) and (a.ended_at is None or a.reached_at <= a.ended_at <= run.at),
        'ended and has no end': (a.state in ('done', 'failed', 'held', 'cancelled')) == (a.ended_at is not None),
        'idle, and something is left of it': a.state != 'idle' or not (a.doers or a.approvals or a.round or a.overridden),
        'overridden and not done': not a.overridden or a.state == 'done',
    }.items() if not holds)


class Approvals:
    """No way round an approval: reads the list of events alone, and of the run only which state a step has after each.

    A step that asks for approvals is done by the approval of as many persons as it asks for, each of whom had the role, none of whom
    has said success of this activation or heard another's approval; or by an override of somebody who has the role for it.
    """
    def __init__(self, book):
        self.book = book
        self.steps = {n: Submissions(s) for n, s in enumerate(book.steps) if s.approvals}
        self.states = dict.fromkeys(self.steps, 'idle')
        self.around = {n: {m for m, s in enumerate(book.steps) if s.branches and n in book.inside(m)} for n in self.steps}

    def broken(self, event, run):
        """What is wrong after an event that was applied."""
        found = []
        for n, its in self.steps.items():
            before, after = self.states[n], run.table[n].state
            self.states[n] = after
            own = event.step == n
            if own:
                its.happened(event)
            # By this event; it may have been reached again since, in another round.
            done = own and event.kind in ('approve', 'override') and after != 'submitted'
            ended = done or (own and event.kind in ('failure', 'expire', 'omit') and after != 'held')
            if (done and event.kind == 'approve' and not its.enough()) or (after == 'done' and before != 'done' and not done):
                found.append(f'step {n} is done without its approvals: {its.doers}, {its.given}')
            if own and event.kind == 'override' and not self.may_override(event):
                found.append(f'step {n} is overridden by somebody who may not')
            if ended or after not in ('reached', 'submitted', 'held') or (not own and event.step in self.around[n]):
                its.forget()
        return found

    def may_override(self, event):
        s = self.book.steps[event.step]
        role = self.book.override_roles[s.playbook] if s.override_role is None else s.override_role
        return role is not None and role == event.role and role in event.roles


class Submissions:
    """Who has done and who has approved what one activation of a step was."""
    def __init__(self, step):
        self.asked = dict(step.approvals)
        self.forget()

    def forget(self):
        self.doers, self.given = set(), []

    def happened(self, event):
        if event.kind == 'success':
            self.doers.add(event.person)
        if event.kind == 'approve':
            self.given.append(event)
        else:
            self.given = []

    def enough(self):
        persons = {e.person for e in self.given if e.role in e.roles and not {e.person, e.heard_by} & self.doers and e.person != e.heard_by}
        return (len(persons) == len(self.given) and self.doers
                and collections.Counter(e.role for e in self.given) == collections.Counter(self.asked))


def stuck(run):
    """Takes an active run to its end, as people would who want to be done with it: why it does not end, or None.

    Not to be ended is only what waits for a fact that nobody establishes, or is held, where there is no authority to override.
    """
    for _ in range(ENOUGH):
        if run.state != 'active':
            return None
        waiting = [n for n, a in enumerate(run.table) if a.state in ACTIVE and a.state != 'running']
        events = [event for event in (way_out(run, n) for n in waiting) if event is not None]
        if not events:
            return None
        reasons = run.apply(events[0])
        if reasons:
            return f'{events[0]} is refused: {reasons}'
    return f'after {ENOUGH} events it has not ended'


def way_out(run, n):
    """The event that gets a step out of the way."""
    book, s, a = run.book, run.book.steps[n], run.look(n)
    role = book.override_roles[s.playbook] if s.override_role is None else s.override_role
    at = max(run.at, a.not_before)
    if role is not None and (a.state == 'held' or run.missing(n)):
        return Event('override', at, n, 0, role=role, roles=(role,))
    if a.state == 'submitted':
        role = next(role for role, count in s.approvals if [r for _, r, _ in a.approvals].count(role) < count)
        return Event('approve', at, n, 1 + max([*a.doers, *(p for p, _, _ in a.approvals)]), role=role, roles=(role,))
    if a.state == 'held' and (s.type == 'action' or a.round == 0):
        return None if set(s.requires) - set(run.facts) else Event('retry', at, n, 0)
    if a.state == 'held' or run.missing(n):
        return None
    if s.optional:
        return Event('omit', at, n, 0)
    if s.type == 'action':
        return Event('success', at, n, 0, evidence=True, values=tuple((v, values.GOOD[book.variables[v].type][0]) for v in s.outs))
    if s.type in ASKING and run.answer(n) is None:
        return Event('decide', at, n, 0, choice=run.choices(n)[-1])
    return Event('wake', at, n)

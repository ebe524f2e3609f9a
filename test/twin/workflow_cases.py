"""Runs worked out by hand from src/engine/workflow-semantics.md: the twin must say what stands here, and the engine what the twin says.

An event a line: KIND TIME [STEP] [by=PERSON role= roles= heard= choice= evidence=1 VARIABLE:=VALUE], then what holds after it: steps'
states, a.due=10 and the like (- = none), run=STATE, asks=STEP, VARIABLE:=VALUE (- = none), fact=NUMBER; or what it is refused for. A person
who approves or overrides has the role she does it in and no other, where roles= does not say otherwise.
"""

import copy

from workflow_playbook import Playbook, Step, Variable
from workflow_twin import Event, Run

HOUR = 3600


def step(kind, then=None, **more):
    return Step(kind, on_completion=then, **more)


def two(kind, success, failure, **more):
    return Step(kind, on_success=success, on_failure=failure, **more)


def string(scope=0, **more):
    return Variable('string', scope, **more)


CASES = [
    ('approvals: four eyes, by role and number, none by a doer', {
        'start': step('start', 'a'), 'a': step('action', approvals=[(1, 2), (2, 1)], override_role=3)}, {}, {}, """
        begin 0                                       -> start=done a=reached run=active
        approve 1 a by=7 role=1                       -> refused STATE
        success 2 a by=1                              -> a=submitted a.doers=1
        approve 3 a by=1 role=1                       -> refused DOER
        approve 3 a by=2 role=1 heard=1               -> refused DOER
        approve 3 a by=2 role=1 heard=2               -> refused DOER
        approve 3 a by=2 role=1 roles=2               -> refused ROLE
        approve 3 a by=2 role=3                       -> refused ROLE
        approve 3 a by=2 role=1 roles=1,2 heard=9     -> a=submitted
        approve 4 a by=2 role=2 roles=1,2             -> refused TWICE
        approve 4 a by=3 role=1                       -> a=submitted
        approve 5 a by=4 role=1                       -> refused TWICE
        approve 5 a by=9 role=2                       -> a=done a.ended_at=5 run=completed
        approve 6 a by=8 role=2                       -> refused OVER STATE TWICE"""),
    ('a rejection forgets approvals, not doers', {
        'start': step('start', 'a'), 'a': step('action', approvals=[(1, 2)], delay=10, timeout=5)}, {}, {}, """
        begin 0                  -> a=reached a.not_before=10 a.ready_at=10 a.due=15
        success 9 a by=1         -> refused NOT_YET
        success 10 a by=1        -> a=submitted
        approve 11 a by=2 role=1 -> a=submitted
        reject 12 a by=2 role=1  -> refused TWICE
        reject 12 a by=3 role=1  -> a=reached a.not_before=12 a.ready_at=12 a.due=17 a.doers=1
        success 12 a by=4        -> a=submitted a.doers=1,4
        approve 13 a by=1 role=1 -> refused DOER
        approve 13 a by=2 role=1 -> a=submitted
        approve 13 a by=3 role=1 -> a=done"""),
    ('failure without a way: held; the exception region; retry, override', {
        'start': step('start', 'a'), 'a': step('action', 'b'), 'b': step('action'), 'x': step('action', 'y'), 'y': step('end')},
     {}, {'exceptions': ['x'], 'override_roles': [4]}, """
        begin 0                           -> a=reached x=idle
        failure 1 a by=1                  -> a=held x=reached b=idle
        success 2 x by=1                  -> x=done y=done a=held run=active
        retry 3 a by=2                    -> a=reached x=done
        failure 4 a by=2                  -> a=held x=reached x.reached_at=4 y=idle
        failure 5 x by=3                  -> x=held run=active
        override 6 a by=3 role=2          -> refused ROLE
        override 6 a by=3 role=4          -> a=done a.overridden=True b=reached
        success 7 b by=3                  -> b=done x=held run=active
        retry 7 x by=3                    -> x=reached
        success 8 x by=3                  -> y=done run=completed"""),
    ('a timeout with and without a way', {
        'start': step('start', 'p'), 'p': step('parallel', branches=['a', 'b']),
        'a': two('action', None, 'c', timeout=10), 'c': step('action'), 'b': step('action', timeout=10)}, {}, {}, """
        begin 5       -> p=running a=reached b=reached a.due=15
        expire 14 a   -> refused NOT_YET
        expire 15 b   -> refused NO_TIMEOUT
        expire 15 a   -> a=failed a.ended_at=15 c=reached
        success 15 c by=1  -> p=running
        success 15 b by=1  -> p=done run=completed"""),
    ('a construct expires: what is inside is cancelled, what follows failure is reached', {
        'start': step('start', 'p'), 'p': two('parallel', None, 'z', branches=['a', 'b'], timeout=10), 'a': step('action'),
        'b': step('action'), 'z': step('action')}, {}, {}, """
        begin 0            -> p=running p.due=10 a=reached b=reached
        failure 1 b by=1   -> b=held
        success 2 a by=1   -> a=done p=running
        expire 9 p         -> refused NOT_YET
        expire 10 p        -> p=failed a=done b=cancelled z=reached run=active
        retry 11 b by=1    -> refused STATE
        abort 12 by=1      -> run=aborted z=cancelled p=failed"""),
    ('facts and delay: ready at the later of both', {
        'start': step('start', 'p'), 'p': step('parallel', branches=['a', 'w']), 'a': step('action', establishes=[0]),
        'w': step('while', requires=[0], delay=3, timeout=7, branches=['b'], limit=1), 'b': step('action')}, {}, {'facts': 1}, """
        begin 0                         -> w=reached w.not_before=3 w.ready_at=- w.due=-
        decide 4 w by=1 choice=0        -> refused FACT
        wake 4 w                        -> refused FACT CHOICE
        success 5 a by=1                -> fact=0 w=reached w.ready_at=5 w.due=12 asks=w
        wake 5 w                        -> refused CHOICE
        decide 6 w by=1 choice=2        -> refused CHOICE
        decide 6 w by=1 choice=0        -> w=running w.round=1 w.due=13 w.choice=0 b=reached
        success 7 b by=2                -> b=idle w=reached w.reached_at=0 w.due=13 asks=w
        decide 8 w by=1 choice=0        -> w=held w.due=13
        retry 9 w by=1                  -> w=reached w.round=0 w.not_before=12 w.ready_at=12 b=idle
        decide 11 w by=1 choice=1       -> refused NOT_YET
        decide 12 w by=1 choice=1       -> w=done b=skipped run=completed"""),
    ('a condition, known and unknown; a branch not taken is skipped with all that is inside', {
        'start': step('start', 'i'), 'i': step('if', 'a', condition="__v0__ = 'yes'", branches=['t', 'f']), 't': step('action'),
        'f': step('parallel', branches=['g', 'h']), 'g': step('action'), 'h': step('end'), 'a': step('action', outs=['v'])},
     {'v': string(external=True)}, {}, """
        begin 0                       -> i=reached asks=i f=idle
        wake 0 i                      -> refused CHOICE
        set 1 by=1 v:=yes             -> i=reached v:=yes
        decide 1 i by=1 choice=0      -> refused CHOICE
        wake 1 i                      -> i=running i.choice=0 t=reached f=skipped g=skipped h=skipped
        set 2 by=1 v:=-               -> v:=- i=running
        success 3 t by=1              -> i=done a=reached
        success 3 a by=1              -> refused VALUE_MISSING
        success 3 a by=1 v:=-         -> refused VALUE_MISSING
        success 4 a by=1 v:=          -> v:= run=completed"""),
    ('branches of a switch may share steps', {
        'start': step('start', 's'), 's': step('switch', variable='v', cases=['x', 'y', None], branches=['a', 'b', 'c']),
        'a': step('action', 'c'), 'b': step('action'), 'c': step('action')}, {'v': string(initial='x')}, {}, """
        begin 0            -> s=running s.choice=0 a=reached b=skipped c=idle
        success 1 a by=1   -> c=reached
        success 1 c by=1   -> s=done run=completed"""),
    ('nothing follows: success at once', {
        'start': step('start', 's'), 's': step('switch', 'i', variable='v', cases=['y'], branches=['b']), 'b': step('action'),
        'i': step('if', condition='__v0__ = 1', branches=['c']), 'c': step('action')}, {'v': string(initial='x')}, {}, """
        begin 0                   -> s=done b=skipped i=reached asks=i s.choice=-
        decide 1 i by=1 choice=1  -> i=done c=skipped run=completed"""),
    ('an inner playbook: its variables, its exception region', {
        'start': step('start', 'p'), 'p': step('playbook_action', branches=['a']),
        'a': Step('action', 1, outs=['w']), 'x': Step('action', 1)},
     {'v': string(initial='in'), 'w': string(1, external=True, in_from='v', out_to='v'), 'u': string(1, initial='own')},
     {'exceptions': [None, 'x'], 'override_roles': [None, 2]}, """
        begin 0                     -> p=running a=reached w:=in u:=own
        failure 1 a by=1 w:=tried   -> a=held x=reached w:=tried
        override 2 a by=1 role=2    -> a=done p=running run=active v:=in
        failure 3 x by=1            -> x=held p=running
        override 3 p by=1 role=2    -> refused STATE ROLE
        retry 4 x by=1              -> x=reached
        success 5 x by=1            -> p=done v:=tried run=completed"""),
    ('what a branch causes has happened when the next is entered', {
        'start': step('start', 'p'), 'p': step('parallel', branches=['q', 'i']), 'q': step('playbook_action', branches=['e']),
        'e': Step('end', 1), 'i': step('if', condition="__v0__ = 'yes'", branches=['t']), 't': step('action')},
     {'v': string(), 'w': string(1, initial='yes', out_to='v')}, {'exceptions': [None, None], 'override_roles': [None, None]}, """
        begin 0            -> q=done e=done v:=yes i=running t=reached p=running
        success 1 t by=1   -> i=done p=done run=completed"""),
    ('an optional step may be left out, ready or not', {
        'start': step('start', 'a'), 'a': two('action', 'b', 'c', optional=True, delay=HOUR, establishes=[0], approvals=[(1, 1)]),
        'b': step('action', optional=False), 'c': step('action')}, {}, {'facts': 1}, """
        begin 0             -> a=reached
        omit 1 a by=1       -> a=skipped b=reached c=idle fact=-
        omit 2 b by=1       -> refused TYPE
        omit 2 a by=1       -> refused STATE
        success 2 b by=1    -> c=skipped run=completed"""),
    ('what is submitted is not left out any more', {
        'start': step('start', 'a'), 'a': step('action', optional=True, approvals=[(1, 1)], evidence=True)}, {}, {}, """
        begin 0                          -> a=reached
        success 0 a by=1                 -> refused EVIDENCE
        success 0 a by=1 evidence=1      -> a=submitted
        omit 1 a by=2                    -> refused STATE
        reject 1 a by=2 role=1           -> a=reached
        omit 0 a by=2                    -> refused TIME
        omit 2 a by=2                    -> a=skipped run=completed"""),
    ('nobody has an authority that is not there', {
        'start': step('start', 'a'), 'a': step('action')}, {}, {}, """
        override 0 a by=1 role=1         -> refused NOT_BEGUN STATE ROLE
        begin 0                          -> a=reached
        begin 0                          -> refused BEGUN
        override 0 a by=1                -> refused ROLE
        set 0 by=1                       -> a=reached"""),
]


def built(steps, variables, more):
    """The playbook, and what the names are numbers of."""
    steps, variables = copy.deepcopy((steps, variables))
    step_of = {name: n for n, name in enumerate(steps)}
    variable_of = {name: n for n, name in enumerate(variables)}

    def numbered(thing, fields, numbers):
        for field in fields:
            value = getattr(thing, field)
            setattr(thing, field, [numbers[v] for v in value] if isinstance(value, list) else numbers.get(value))
    for s in steps.values():
        numbered(s, ('on_completion', 'on_success', 'on_failure', 'branches'), step_of)
        numbered(s, ('variable', 'outs'), variable_of)
    for v in variables.values():
        numbered(v, ('in_from', 'out_to'), variable_of)
    exceptions = [step_of.get(name) for name in more.get('exceptions', [None])]
    book = Playbook(list(steps.values()), 0, exceptions, more.get('override_roles', [None]), list(variables.values()), more.get('facts', 0))
    return book, step_of, variable_of


def read(line, step_of, variable_of):
    """(event, what is expected after it)"""
    left, right = line.split('->')
    kind, at, *rest = left.split()
    named = dict(word.split('=', 1) for word in rest if '=' in word and ':=' not in word)
    place = [step_of[word] for word in rest if '=' not in word]
    role = int(named['role']) if 'role' in named else None
    roles = tuple(map(int, named['roles'].split(','))) if 'roles' in named else (role,)
    event = Event(kind, int(at), place[0] if place else None, int(named['by']) if 'by' in named else None, role=role, roles=roles,
                  heard_by=int(named['heard']) if 'heard' in named else None, choice=int(named.get('choice', 0)),
                  evidence='evidence' in named,
                  values=tuple((variable_of[v], None if text == '-' else text) for v, text in (w.split(':=') for w in rest if ':=' in w)))
    return event, right.split()


def wrong(expected, reasons, run, at, step_of, variable_of):
    """Which of the words expected after an event do not hold."""
    if expected[0] == 'refused':
        said = {reason for reason, _ in reasons}
        return [] if said == set(expected[1:]) else [f'{expected}, got {said}']
    found = [f'refused for {reasons}'] if reasons else []
    for word in expected:
        left, _, right = word.rpartition('=')
        if left.endswith(':'):
            value = run.values[variable_of[left[:-1]]]
            holds = (value is None) if right == '-' else value == right
        elif left == 'run':
            holds = run.state == right
        elif left == 'fact':
            holds = not run.facts if right == '-' else int(right) in run.facts
        elif left == 'asks':
            holds = run.asks(step_of[right], at)
        else:
            name, _, field = left.partition('.')
            value = getattr(run.look(step_of[name]), field or 'state')
            holds = (','.join(map(str, value)) if isinstance(value, list) else '-' if value is None else str(value)) == right
        found += [] if holds else [f'{word} does not hold']
    return found


def worked():
    """(name, playbook, events, what is wrong with the twin) of every case."""
    for name, steps, variables, more, lines in CASES:
        book, step_of, variable_of = built(steps, variables, more)
        run, events, found = Run(book), [], []
        for line in lines.strip().splitlines():
            event, expected = read(line, step_of, variable_of)
            events.append(event)
            found += [f'{line.strip()}: {what}' for what in wrong(expected, run.apply(event), run, event.at, step_of, variable_of)]
        yield name, book, events, found

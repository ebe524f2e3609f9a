"""The engine's side of the workflow test: test/engine/playbook_runner.c and what goes over its pipe, both ways."""

import subprocess
from pathlib import Path

from workflow_generate import KINDS
from workflow_playbook import TYPES
from workflow_values import TYPES as VALUE_TYPES

ROOT = Path(__file__).resolve().parents[2]
STATES = ('idle', 'reached', 'submitted', 'running', 'done', 'failed', 'held', 'skipped', 'cancelled')
RUN_STATES = ('new', 'active', 'completed', 'aborted')
PATIENCE = 120


def build():
    """The runner under AddressSanitizer and UBSan, in a folder of its own: other tests may build at the same time."""
    out = '../../build/engine/workflow'
    subprocess.run(['make', '--no-print-directory', '-s', '-j2', '-C', str(ROOT / 'test/engine'), 'VARIANT=asan', f'OUT={out}',
                    f'{out}/playbook_runner'], check=True)
    return str(ROOT / 'build/engine/workflow/playbook_runner')


def answers(text, program):
    """What the runner says to an input: its lines, and how it ended if not well."""
    try:
        run = subprocess.run([program], input=text.encode(), capture_output=True, timeout=PATIENCE)
        end = None if run.returncode == 0 else f'the runner ended with {run.returncode}: {run.stderr.decode()[-3000:]}'
        return run.stdout.decode().splitlines(), end
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b'').decode().splitlines(), 'the runner did not end'


# ---- to the engine

def number(value):
    return '-1' if value is None else str(int(value))


def text(value):
    return '-' if value is None else '=' + value.encode().hex()


def items(things, form=number):
    return ' '.join([str(len(things)), *map(form, things)])


def written(book):
    """A playbook for the runner."""
    lines = [f'book {len(book.steps)} {number(book.start)} {len(book.exceptions)} {len(book.variables)} {book.facts}']
    lines += [f'playbook {number(e)} {number(r)}' for e, r in zip(book.exceptions, book.override_roles, strict=True)]
    for v in book.variables:
        lines.append(f'variable {VALUE_TYPES.index(v.type)} {number(v.constant)} {number(v.external)} {v.scope} {text(v.initial)} '
                     f'{number(v.in_from)} {number(v.out_to)}')
    for n, s in enumerate(book.steps):
        numbers = (s.playbook, s.on_completion, s.on_success, s.on_failure, s.variable)
        lines.append(f'step {TYPES_OF_ENGINE.index(s.type)} {" ".join(map(number, numbers))} {text(s.condition)} '
                     f'{s.limit} {s.delay} {number(s.timeout)} {number(s.evidence)} {number(s.optional)} {number(s.override_role)} '
                     f'{items(s.branches)} {items(s.cases, text)} {items(s.outs)} {items([r for r, _ in s.approvals])} '
                     f'{items([c for _, c in s.approvals])} {items(s.requires)} {items(s.establishes)}')
    return lines


TYPES_OF_ENGINE = ('start', 'end', 'action', 'playbook_action', 'parallel', 'if', 'while', 'switch')
assert set(TYPES_OF_ENGINE) == set(TYPES)


def written_event(e):
    return (f'event {KINDS.index(e.kind)} {e.at} {number(e.step)} {number(e.person)} {number(e.heard_by)} {number(e.role)} {e.choice} '
            f'{number(e.evidence)} {items(e.roles)} {items([v for v, _ in e.values])} {items([t for _, t in e.values], text)}')


# ---- what the runner would say of the twin

def shown(run, now):
    """All lines of a run, by what they are of."""
    lines = {'state': f'state {RUN_STATES.index(run.state)}'}
    for n in range(len(run.table)):
        a = run.look(n)
        begun = a.state not in ('idle', 'skipped')
        ended = a.state in ('done', 'failed', 'held', 'cancelled')
        times = ' '.join(map(number, (a.reached_at, a.not_before, a.ready_at, a.due))) if begun else '-1 -1 -1 -1'
        approvals = ','.join(f'{p}:{r}:{number(h)}' for p, r, h in a.approvals)
        lines[n] = (f'step {n} {STATES.index(a.state)} {int(a.overridden)} {a.round} {number(a.choice)} {times} '
                    f'{number(a.ended_at) if ended else -1} {int(run.asks(n, now))} {",".join(map(str, a.doers))} {approvals}')
    for f in range(run.book.facts):
        lines['fact', f] = f'fact {f} {int(f in run.facts)}'
    for v, value in enumerate(run.values):
        lines['variable', v] = f'variable {v} {text(value)}'
    return lines


class Expectation:
    """Follows a run of the twin and compares what the runner says of each event."""
    def __init__(self, run):
        self.run = run
        self.last = {}

    def apply(self, event):
        """(reasons against the event, the lines that are new)."""
        reasons = self.run.apply(event)
        lines = shown(self.run, event.at)
        new = [line for thing, line in lines.items() if self.last.get(thing) != line]
        self.last = lines
        return reasons, new


def difference(expected, said):
    """What differs between (reasons, lines) and the runner's lines for an event, in words."""
    reasons, lines = expected
    if not said:
        return 'no answer'
    word, *rest = said[0].split(' ')
    if word == 'refused':
        if not reasons:
            return f'{said[0]}, where nothing is against it'
        if (rest[0], None) not in reasons and (rest[0], int(rest[1])) not in reasons:
            return f'{said[0]}, where only {sorted(map(str, reasons))} are against it'
    elif reasons:
        return f'{said[0]}, where {sorted(map(str, reasons))} are against it'
    if lines != said[1:]:
        here, there = sorted(set(lines) - set(said)), sorted(set(said[1:]) - set(lines))
        return f'expected {here}, got {there} (the rest is the same)'
    return None

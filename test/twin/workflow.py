#!/usr/bin/env python3
"""Differential test of the workflow machine: random playbooks and random events through the engine and its twin.

workflow.py [--books N] [--seed S] [--first I] [--workers W]   the comparison after every event, and of what is a valid playbook
workflow.py --mutants                                           wrong variants of the twin: each must be caught

A failure is made smaller while it stays one, and printed in the form playbook_runner reads. Exit status 1 if anything failed.
"""

import argparse
import collections
import dataclasses
import multiprocessing
import random
import sys
import time

import workflow_cases
import workflow_engine as engine
import workflow_invariants as invariants
import workflow_mutants as mutants
import workflow_playbook
from workflow_generate import KINDS, Events, random_playbook
from workflow_shrink import shrink
from workflow_spoil import spoilt
from workflow_twin import Run

BATCH = 50
EVENTS = (30, 30, 40, 150)  # of a playbook, in as many runs as it takes
BEYOND = 2        # events of a run that is over
SPOILT = 3        # playbooks not valid, for each that is
# What must occur among 100 events (or, of playbooks, among 100 of them) at least; asserted for a full run.
LEAST = {f'applied {kind}': 0.3 for kind in KINDS} | {'applied success': 10, 'applied approve': 4, 'applied abort': 0.2} | {
    f'refused {reason}': 0.05 for reason in ('NOT_BEGUN', 'BEGUN', 'OVER', 'TIME', 'STATE', 'TYPE', 'NOT_YET', 'FACT', 'VALUE',
                                            'VALUE_MISSING', 'EVIDENCE', 'ROLE', 'DOER', 'TWICE', 'CHOICE', 'NO_TIMEOUT')} | {
    f'in {state}': 1.5 for state in engine.STATES} | {
    f'run {state}': 0.5 for state in engine.RUN_STATES[1:]} | {
    f'{what} {type_}': 0.3 for type_ in workflow_playbook.CONSTRUCTS for what in ('running', 'waiting')} | {
    'overridden': 3, 'asked': 3, 'exception region': 2, 'inner exception region': 0.3, 'round beyond the first': 0.5,
    'held inside a construct': 1, 'answer from a condition': 1, 'case from a value': 0.5, 'book: shared steps': 5,
    'folded again': 1, 'spoilt: valid': 3} | {f'spoilt: only {rule}': 0.03 for rule in workflow_playbook.RULES}


class Tally(collections.Counter):
    """Counts what occurs, and keeps what should not."""
    def __init__(self):
        super().__init__()
        self.broken = []

    def event(self, event, reasons, run):
        self['events'] += 1
        if reasons:
            for reason in {reason for reason, _ in reasons}:
                self[f'several against it, {reason} too' if len({r for r, _ in reasons}) > 1 else f'refused {reason}'] += 1
            return
        self[f'applied {event.kind}'] += 1
        self[f'run {run.state}'] += 1
        steps = run.book.steps
        self.update({f'in {a.state}' for a in run.table})
        self.update({f'{a.state if a.state == "running" else "waiting"} {s.type}' for a, s in zip(run.table, steps, strict=True)
                     if s.type in workflow_playbook.CONSTRUCTS and a.state in ('running', 'reached')})
        held = [n for n, a in enumerate(run.table) if a.state == 'held']
        around = [n for n, a in enumerate(run.table) if a.state == 'running']
        self.update({name for name, holds in {
            'overridden': any(a.overridden for a in run.table),
            'asked': any(run.asks(n, event.at) for n in range(len(steps))),
            'exception region': 0 in run.exceptional,
            'inner exception region': any(p > 0 for p in run.exceptional),
            'round beyond the first': any(a.round > 1 for a in run.table),
            'held inside a construct': any(h in run.book.inside(n) for h in held for n in around),
            'answer from a condition': any(s.condition is not None and a.choice is not None for a, s in zip(run.table, steps, strict=True)),
            'case from a value': any(s.variable is not None and a.choice is not None for a, s in zip(run.table, steps, strict=True)),
        }.items() if holds})

    def book(self, book):
        self['books'] += 1
        self['steps'] += len(book.steps)
        for s in book.steps:
            if s.type in ('if', 'switch') and len(s.branches) > 1:
                together = book.region(s.branches[0]) & book.region(s.branches[1])
                if any(book.steps[n].type != 'end' for n in together):
                    self['book: shared steps'] += 1
                    return

    def share(self, name):
        of = self['books'] if name.startswith(('book:', 'spoilt:')) else self['events']
        return 100 * self[name] / max(1, of)


class Plan:
    """Input for the runner, and for each of its answers what is done with it."""
    def __init__(self):
        self.lines = []
        self.steps = []  # functions of the lines of an answer; what they return is a failure

    def check(self, book, name):
        """Whether both think the same of a playbook; the rules it violates."""
        self.lines += engine.written(book) + ['check', 'done']
        rules = workflow_playbook.violations(book)

        def compare(said):
            known = said == ['valid'] or (said and -1 <= int(said[0].split(' ')[1]) < len(book.steps))
            if (said == ['valid']) == bool(rules) or not known:
                return {'what': f'{name}: {said}, where the twin finds against it: {rules}', 'book': book, 'events': None}
            return None
        self.steps.append((1, compare))
        self.steps.append((1, lambda said: None if said == ['done'] else {'what': f'{name}: {said}', 'book': book, 'events': None}))
        return rules

    def run(self, book, folds, name):
        """Runs of a playbook, one after the other: of each its events and what is expected of them."""
        self.lines += engine.written(book)
        for events, expected in folds:
            self.lines += ['run', *map(engine.written_event, events)]
            failed = []  # what comes after a failure differs as well

            def compare(number, said, events=events, expected=expected, failed=failed):
                what = None if failed else engine.difference(expected[number], said)
                if what is None:
                    return None
                failed.append(number)
                return {'what': f'{name}, event {number}: {what}', 'book': book, 'events': events[:number + 1]}
            self.steps += [('end', lambda said, number=number, compare=compare: compare(number, said)) for number in range(len(events))]
        self.lines.append('done')
        self.steps.append((1, lambda said: None if said == ['done'] else {'what': f'{name}: {said}', 'book': book, 'events': folds[0][0]}))

    def record(self, book, events, said):
        """A run of a playbook: what is said of each event."""
        self.lines += [*engine.written(book), 'run', *map(engine.written_event, events), 'done']
        self.steps += [('end', said.append)] * len(events) + [(1, lambda said: None)]

    def carry_out(self, program):
        """All failures; a runner that dies is one of what it was about."""
        said, end = engine.answers('\n'.join(self.lines) + '\n', program)
        failures, at = [], 0
        for length, compare in self.steps:
            try:
                to = said.index('end', at) if length == 'end' else at + length
            except ValueError:
                to = len(said) + 1
            failure = compare(said[at:to]) if to <= len(said) else (compare([]) if length == 'end' else None)
            if failure:
                failures.append(failure)
            if to > len(said):
                return failures + ([{'what': end or 'the runner says too little', 'book': None, 'events': None}])
            at = to + (length == 'end')
        return failures + ([{'what': end, 'book': None, 'events': None}] if end else [])


def random_runs(rng, book, tally, kind=Run):
    """Runs of a playbook with random events: [(events, [(reasons, lines)], all lines at the end)]."""
    runs, count, enough = [], 0, rng.choice(EVENTS)
    while count < enough:
        run = kind(book)
        source, follow, watch = Events(rng, run, rng.random() < 0.3), engine.Expectation(run), invariants.Approvals(book)
        events, expected, beyond = [], [], 0
        while count < enough and beyond < BEYOND:
            event = source.next()
            events.append(event)
            expected.append(follow.apply(event))
            tally.event(event, expected[-1][0], run)
            if not expected[-1][0]:
                tally.broken += [f'event {count}: {what}' for what in (*invariants.broken(run), *watch.broken(event, run))]
            beyond += run.state in ('completed', 'aborted')
            count += 1
        runs.append((events, expected, follow.last))
    if run.state == 'active':
        tally.broken += filter(None, [invariants.stuck(run)])
        tally['taken to its end' if run.state != 'active' else 'not to be ended'] += 1
    return runs


def folds(rng, book, events, expected, last, tally):
    """A run; sometimes it is broken off and folded again before, and once more without what was refused: nothing must be another."""
    whole = (events, expected)
    if rng.random() < 0.7:
        return [whole]
    half = rng.randint(1, len(events))
    applied = [event for event, (reasons, _) in zip(events, expected, strict=True) if not reasons]
    again = engine.Expectation(Run(book))
    without = (applied, [again.apply(event) for event in applied])
    if engine.shown(again.run, events[-1].at) != last:
        tally.broken.append('without the refused events it is another')
    tally['folded again'] += 1
    return [(events[:half], expected[:half]), whole, without]


def batch(work):
    """Compares a batch of playbooks: (tally, failures)."""
    seed, numbers, program = work
    plan, tally, failures = Plan(), Tally(), []
    for number in numbers:
        rng = random.Random(f'workflow/{seed}/{number}')
        book, name = random_playbook(rng), f'seed {seed}, playbook {number}'
        if plan.check(book, name):
            failures.append({'what': f'{name}: the generator made one that is not valid', 'book': book, 'events': None})
            continue
        tally.book(book)
        for index, (events, expected, last) in enumerate(random_runs(rng, book, tally)):
            plan.run(book, folds(rng, book, events, expected, last, tally), f'{name}, run {index}')
        failures += [{'what': f'{name}, {what}', 'book': book, 'events': None} for what in tally.broken]
        tally.broken = []
        for index in range(SPOILT):
            rules = plan.check(spoilt(rng, book), f'{name}, spoilt {index}')
            tally['spoilt: valid' if not rules else f'spoilt: only {min(rules)}' if len(rules) == 1 else 'spoilt: several rules'] += 1
    return dict(tally), failures + plan.carry_out(program)


def worked_cases(program):
    """The cases worked out by hand: (number, failures)."""
    plan, count, failures = Plan(), 0, []
    for name, book, events, wrong in workflow_cases.worked():
        count += 1
        plan.check(book, name)
        follow = engine.Expectation(Run(book))
        plan.run(book, [(events, [follow.apply(event) for event in events])], name)
        failures += [{'what': f'{name}: {what}', 'book': None, 'events': None} for what in wrong]
    return count, failures + plan.carry_out(program)


def fails(book, events, program):
    """What is wrong with one run, or None."""
    follow, plan = engine.Expectation(Run(book)), Plan()
    try:
        expected = [follow.apply(event) for event in events]
    except (IndexError, KeyError, TypeError):  # an event that has lost what it is about
        return None
    plan.run(book, [(events, expected)], 'made smaller')
    failures = plan.carry_out(program)
    return failures[0]['what'] if failures else None


def tell(failure, program):
    print(f'not ok: {failure["what"]}')
    book, events = failure['book'], failure['events']
    if book is None:
        return
    if events is not None:
        book, events = shrink(book, events, lambda b, e: fails(b, e, program) is not None)
        print(fails(book, events, program))
    print('\n'.join(engine.written(book)))
    for number, step in enumerate(book.steps):
        said = {field.name: getattr(step, field.name) for field in dataclasses.fields(step)}
        print(f'# {number}:', ', '.join(f'{name} {value}' for name, value in said.items() if value not in (None, [], 0, False)))
    if events is not None:
        print('\n'.join(['run', *map(engine.written_event, events), 'done']))
        for event in events:
            print(f'# {event}')


def compare(args):
    program = engine.build()
    numbers = range(args.first, args.first + args.books)
    work = [(args.seed, list(numbers[i:i + BATCH]), program) for i in range(0, args.books, BATCH)]
    tally, failures, began = Tally(), [], time.monotonic()
    with multiprocessing.Pool(args.workers) as pool:
        for one, failed in pool.imap_unordered(batch, work):
            tally.update(one)
            failures += failed
    count, wrong = worked_cases(program)
    failures, short = wrong + failures, 0
    for name in sorted(set(LEAST) | set(tally) - {'events', 'books', 'steps'}):
        enough = args.books < 1000 or tally.share(name) >= LEAST.get(name, 0)
        short += not enough
        print(f'{tally[name]:8} {tally.share(name):7.2f} % {name}{"" if enough else f": FEWER THAN {LEAST[name]} %"}')
    for failure in failures[args.show:]:
        print(f'not ok: {failure["what"][:400]}')
    for failure in failures[:args.show]:
        tell(failure, program)
    print(f'# seed {args.seed}, {tally["books"]} playbooks of {tally["steps"] / max(1, tally["books"]):.0f} steps, '
          f'{tally["events"]} events, {SPOILT * tally["books"]} spoilt playbooks, {time.monotonic() - began:.0f} s')
    return count + tally['events'] + (1 + SPOILT) * tally['books'], len(failures) + short


def catch_mutants(args):
    """Every wrong twin must disagree with the engine on some event; what lets approvals be got round must be found by the invariants."""
    program = engine.build()
    caught, round_ = {}, {}
    for first in range(args.first, args.first + args.books, BATCH):
        left = [mutant for mutant in mutants.ALL if mutant not in caught]
        if not left:
            break
        recorded = record(args.seed, range(first, first + BATCH), program, [] if caught else workflow_cases.worked())
        for mutant in left:
            if where := caught_in(mutant, recorded):
                caught[mutant] = where
    for mutant in mutants.ROUND_APPROVALS:
        for number in range(args.books):
            rng, tally = random.Random(f'workflow/{args.seed}/{number}'), Tally()
            random_runs(rng, random_playbook(rng), tally, mutant)
            if any('approvals' in what or 'may not' in what for what in tally.broken):
                round_[mutant] = f'playbook {number}'
                break
    for mutant in mutants.ALL:
        print(f'{"ok" if mutant in caught else "not ok"}: {mutant.__name__}: {mutant.__doc__} ({caught.get(mutant)})')
    for mutant in mutants.ROUND_APPROVALS:
        print(f'{"ok" if mutant in round_ else "not ok"}: a way round approvals: {mutant.__doc__} ({round_.get(mutant)})')
    total = len(mutants.ALL) + len(mutants.ROUND_APPROVALS)
    return total, total - len(caught) - len(round_)


def record(seed, numbers, program, cases):
    """What the engine says to the events of cases and of the right twin's random runs: [(name, playbook, events, what is said of each)]."""
    plan, runs = Plan(), []
    for name, book, events, _ in cases:
        runs.append((name, book, events, []))
        plan.record(book, events, runs[-1][-1])
    for number in numbers:
        rng = random.Random(f'workflow/{seed}/{number}')
        book = random_playbook(rng)
        for events, _, _ in random_runs(rng, book, Tally()):
            runs.append((f'playbook {number}', book, events, []))
            plan.record(book, events, runs[-1][-1])
    if failures := plan.carry_out(program):
        sys.exit(failures[0]['what'])
    return runs


def caught_in(mutant, recorded):
    """Where a wrong twin differs from the engine, or None."""
    for name, book, events, said in recorded:
        follow = engine.Expectation(mutant(book))
        for number, (event, lines) in enumerate(zip(events, said, strict=True)):
            try:
                what = engine.difference(follow.apply(event), lines)
            except Exception as broken:  # noqa: BLE001: a wrong twin may do anything; it has differed then
                what = type(broken).__name__
            if what:
                return f'{name}, event {number}: {what}'
    return None


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--books', type=int, default=2500)
    options.add_argument('--seed', type=int, default=20261121)
    options.add_argument('--first', type=int, default=0)
    options.add_argument('--workers', type=int, default=2)
    options.add_argument('--show', type=int, default=3, help='failures made smaller and printed')
    options.add_argument('--mutants', action='store_true')
    args = options.parse_args()
    print(f'seed {args.seed}')
    total, failed = catch_mutants(args) if args.mutants else compare(args)
    print(f'{total - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())

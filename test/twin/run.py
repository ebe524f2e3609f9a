#!/usr/bin/env python3
"""Differential test: random maps through the twin and the engine; every curve and every verdict must agree.

run.py [--cases N] [--seed S] [--first I] [--workers W]     the comparison, coverage and invariants (default 3,000 cases)
run.py --replay FILE                                       the cases of a file (the form case_runner reads) through both
run.py --mutants                                           wrong variants of the twin: each must be caught

A mismatch is made smaller while it stays one, and printed in the form --replay reads. Exit status 1 if anything failed.
"""

import argparse
import collections
import multiprocessing
import random
import sys
import time

import coverage
import engine
import invariants
import mutants
from case import read, write
from generate import random_case
from shrink import shrink
from twin import DoesNotSettle

BATCH = 50


def settled_cases(seed, numbers):
    """(case, twin's answer, outage) of the numbered cases; the few the twin can't judge are replaced, and counted by the name."""
    for number in numbers:
        for attempt in range(20):
            case = random_case(seed, f'{number}.{attempt}' if attempt else number)
            try:
                yield case, *engine.twin_answer(case)
                break
            except DoesNotSettle:
                continue
        else:
            raise DoesNotSettle(f'seed {seed}, case {number}: nothing settles any more')


def mismatch(case, program):
    """Twin against engine for one case: what differs, or None; what the twin can't judge is no mismatch."""
    try:
        expected, _ = engine.twin_answer(case)
    except DoesNotSettle:
        return None
    return engine.difference(expected, engine.engine_answers([case], program)[0])


def batch(work):
    """Compares a batch of cases: (coverage counts, replaced, failures [(case, what)])."""
    seed, numbers, program = work
    triples = list(settled_cases(seed, numbers))
    answers = engine.engine_answers([case for case, _, _ in triples], program)
    counts, failures = collections.Counter(), []
    for (case, expected, outage), got in zip(triples, answers, strict=True):
        counts.update(coverage.features(outage, expected))
        what = engine.difference(expected, got)
        if what:
            failures.append((case, what))
    counts['(replaced)'] = sum('.' in case.id for case, _, _ in triples)
    rng = random.Random(f'{seed}/{numbers[0]}')
    checked, broken = invariants.check([case for case, expected, _ in triples if 'error' not in expected], rng, program)
    return counts, failures, checked, broken


def report_coverage(counts, cases):
    """Prints the shares; returns how many are too small."""
    short = 0
    for name in sorted(set(coverage.LEAST) | set(counts)):
        share, least = 100 * counts[name] / cases, coverage.LEAST.get(name, 0)
        enough = share >= least
        short += not enough
        print(f'{share:7.2f} % {name}{"" if enough else f": FEWER THAN {least} %"}')
    return short


def compare(args):
    program = engine.build()
    numbers = range(args.first, args.first + args.cases)
    work = [(args.seed, list(numbers[i:i + BATCH]), program) for i in range(0, args.cases, BATCH)]
    counts, failures, checked, broken = collections.Counter(), [], 0, []
    began = time.monotonic()
    with multiprocessing.Pool(args.workers) as pool:
        for one in pool.imap_unordered(batch, work):
            counts.update(one[0])
            failures += one[1]
            checked += one[2]
            broken += one[3]
    replaced = counts.pop('(replaced)', 0)
    # The shares are asserted for a full run only: a handful of cases may miss anything.
    short = report_coverage(counts, args.cases) if args.cases >= 1000 else 0
    for case, what in failures[:args.show]:
        print(f'not ok: seed {args.seed}, case {case.id}: {what}')
        small = shrink(case, lambda candidate: mismatch(candidate, program) is not None)
        print(f'made smaller: {mismatch(small, program)}\n{write(small)}')
    for what in broken[:args.show]:
        print(f'not ok: seed {args.seed}: {what}')
    if replaced > args.cases / 100:
        print(f'not ok: {replaced} cases replaced because the twin could not judge them')
        short += 1
    seconds = time.monotonic() - began
    print(f'# seed {args.seed}, {args.cases} maps, {checked} invariants, {replaced} maps replaced, {seconds:.0f} s')
    return args.cases + checked, len(failures) + len(broken) + short


def replay(path):
    program = engine.build()
    with open(path, encoding='utf-8') as file:
        cases = read(file.read())
    failed = 0
    for case in cases:
        what = mismatch(case, program)
        print(f'case {case.id}: {what or "the same"}')
        failed += what is not None
    return len(cases), failed


def catch_mutants(args):
    """Every wrong twin must disagree with the engine on some case."""
    program = engine.build()
    failed = 0
    for mutant in mutants.ALL:
        caught = None
        for first in range(args.first, args.first + args.cases, BATCH):
            triples = list(settled_cases(args.seed, range(first, first + BATCH)))
            answers = engine.engine_answers([case for case, _, _ in triples], program)
            for (case, _, _), got in zip(triples, answers, strict=True):
                try:
                    wrong = engine.difference(engine.twin_answer(case, mutant)[0], got)
                except DoesNotSettle:
                    continue
                if wrong:
                    caught = case.id
                    break
            if caught:
                break
        print(f'{"ok" if caught else "not ok"}: {mutant.__name__}: {mutant.__doc__} ' + (f'(case {caught})' if caught else ''))
        failed += caught is None
    return len(mutants.ALL), failed


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--cases', type=int, default=3000)
    options.add_argument('--seed', type=int, default=20261121)
    options.add_argument('--first', type=int, default=0)
    options.add_argument('--workers', type=int, default=2)
    options.add_argument('--show', type=int, default=3, help='failures made smaller and printed')
    options.add_argument('--replay')
    options.add_argument('--mutants', action='store_true')
    args = options.parse_args()
    print(f'seed {args.seed}')
    total, failed = replay(args.replay) if args.replay else catch_mutants(args) if args.mutants else compare(args)
    print(f'{total - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())

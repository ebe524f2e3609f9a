#!/usr/bin/env python3
"""Differential test: the engine's conditions and values of variables against the twin in Python (condition_python.py).

condition.py [--cases N] [--values N] [--seed S] [--mutants]

Random conditions over random variables: refused or not, the answer, whether it is warned of, which variables are named.
Random texts, nearly values, as values of each type. --mutants: wrong variants of the twin instead, each of which must differ.
Exit status 1 if anything failed.
"""

import argparse
import collections
import random
import subprocess
import sys

import condition_mutants
import condition_random
from condition_python import Conditions, Refused, Values
from engine import ROOT

BATCH = 2000
ANSWERS = {True: 'true', False: 'false', None: 'unknown'}


def build():
    """Its own folder, as in engine.py: programs may be built at the same time."""
    out = '../../build/engine/condition'
    subprocess.run(['make', '--no-print-directory', '-s', '-C', str(ROOT / 'test/engine'), 'VARIANT=asan', f'OUT={out}',
                    f'{out}/condition_runner'], check=True)
    return str(ROOT / 'build/engine/condition/condition_runner')


def token(text):
    return '-' if text is None else 'x' + text.encode().hex()


def ask(program, questions):
    run = subprocess.run([program], input=''.join(question + '\n' for question in questions), capture_output=True, text=True)
    if run.returncode:
        sys.exit(f'the runner ended with {run.returncode}\n{run.stderr[-3000:]}')
    return run.stdout.splitlines()


def expected(twin, text, known):
    try:
        answer, warned, names = twin.answer(text, known)
    except Refused:
        return 'refused'
    return ' '.join((ANSWERS[answer], str(int(warned)), *names))


def condition_cases(rng, count):
    """(text, variables)"""
    for _ in range(count):
        known = condition_random.variables(rng)
        yield condition_random.condition(rng, known), known


def compare_conditions(program, cases, twin, failures, kinds=None):
    questions = []
    for text, known in cases:
        questions += ['forget', *(f'variable {token(name)} {kind} {token(value)}' for name, (kind, value) in known.items()),
                      f'condition {token(text)}']
    for (text, known), got in zip(cases, ask(program, questions), strict=True):
        want = expected(twin, text, known)
        if got != want:
            failures.append(f'{text[:300]!r} with {known}\n  expected {want}\n  got      {got}')
        if kinds is not None:
            kinds[want.split(' ')[0]] += 1


def value_cases(rng, count):
    """(type, text); each text is asked for two types, the second any."""
    for _ in range(count // 2):
        kind = rng.choice(condition_random.TYPES)
        text = condition_random.nearly(rng, kind)
        yield kind, text
        yield rng.choice(condition_random.TYPES), text


def compare_values(program, cases, twin, failures, kinds=None):
    answers = ask(program, [f'value {kind} {token(text)}' for kind, text in cases])
    for (kind, text), got in zip(cases, answers, strict=True):
        want = str(int(twin.valid(kind, text)))
        if got != want:
            failures.append(f'{text!r} as {kind}\n  expected {want}\n  got      {got}')
        if kinds is not None:
            kinds[kind, want] += 1


def run(program, args):
    rng = random.Random(args.seed)
    failures, answers, values = [], collections.Counter(), collections.Counter()
    for first in range(0, args.cases, BATCH):
        cases = list(condition_cases(rng, min(BATCH, args.cases - first)))
        compare_conditions(program, cases, Conditions(), failures, answers)
    for first in range(0, args.values, BATCH):
        compare_values(program, list(value_cases(rng, min(BATCH, args.values - first))), Values(), failures, values)
    for failure in failures[:5]:
        print(f'not ok: seed {args.seed}: {failure}')
    # Cases that are all of one kind would test little.
    few = [kind for kind in ('true', 'false', 'unknown', 'refused') if answers[kind] * 12 < args.cases]
    few += [kind for kind in condition_random.TYPES if kind not in ('string', 'dictionary')
            and min(values[kind, '0'], values[kind, '1']) * 200 < args.values / len(condition_random.TYPES)]
    if few:
        print(f'not ok: too few cases of {few}: {answers}, {values}')
    done = sum(answers.values()) + sum(values.values())
    print(f'{done - len(failures)} passed, {len(failures) + bool(few)} failed')
    return 1 if failures or few or not done else 0


def run_mutants(program, args):
    """Each wrong variant must be caught."""
    missed = 0
    for mutant in condition_mutants.CONDITIONS + condition_mutants.VALUES:
        rng = random.Random(args.seed)
        failures = []
        for _ in range(20):
            if mutant in condition_mutants.CONDITIONS:
                compare_conditions(program, list(condition_cases(rng, BATCH)), mutant(), failures)
            else:
                compare_values(program, list(value_cases(rng, BATCH)), mutant(), failures)
            if failures:
                break
        if not failures:
            missed += 1
            print(f'not ok: {mutant.__name__} was not caught')
    caught = len(condition_mutants.CONDITIONS + condition_mutants.VALUES) - missed
    print(f'{caught} passed, {missed} failed')
    return 1 if missed else 0


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--cases', type=int, default=20000)
    options.add_argument('--values', type=int, default=40000)
    options.add_argument('--seed', type=int, default=20261121)
    options.add_argument('--mutants', action='store_true')
    args = options.parse_args()
    print(f'seed {args.seed}')
    program = build()
    return run_mutants(program, args) if args.mutants else run(program, args)


if __name__ == '__main__':
    sys.exit(main())

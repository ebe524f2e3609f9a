#!/usr/bin/env python3
"""Differential test: the engine's encoder, tree and proofs, without a server, against the twin in Python.

audit_engine.py [--entries N] [--trees N] [--seed S] [--mutants]

Random entries up to the limit and past it, byte for byte; frontiers leaf by leaf; roots and proofs in trees of up to 2^63 - 1 leaves,
in which all leaves but some near the places asked about are the same; the engine's verifier on true and on spoilt proofs, against the
twin's. --mutants: wrong variants of the twin instead, each of which must differ. Exit status 1 if anything failed.
"""

import argparse
import random
import subprocess
import sys

import audit_python as twin
from audit_random import flipped, perhaps, spoilt, text
from engine import ROOT

BATCH = 2000


def build():
    """Its own folder, as in engine.py, and another than there: both may be built at the same time."""
    out = '../../build/engine/audit'
    subprocess.run(['make', '--no-print-directory', '-s', '-C', str(ROOT / 'test/engine'), 'VARIANT=asan', f'OUT={out}',
                    f'{out}/audit_runner'], check=True)
    return str(ROOT / 'build/engine/audit/audit_runner')


def token(value):
    """As the runner reads it."""
    if value is None:
        return '-'
    if isinstance(value, int):
        return str(value)
    return 'x' + (value.encode() if isinstance(value, str) else value).hex()


def ask(program, questions):
    """One answer a question; a runner that dies is said so."""
    run = subprocess.run([program], input=''.join(question + '\n' for question in questions), capture_output=True, text=True)
    if run.returncode:
        sys.exit(f'the runner ended with {run.returncode}\n{run.stderr[-3000:]}')
    return [line.rstrip(' ') for line in run.stdout.splitlines()]


def compare(program, cases, failures):
    """Cases are (question, expected or None for no answer); failures are added as text."""
    answers = ask(program, [question for question, _ in cases])
    expected = [case for case in cases if case[1] is not None]
    for (question, want), got in zip(expected, answers, strict=True):
        if got != want:
            failures.append(f'{question[:600]}\n  expected {want[:600]}\n  got      {got[:600]}')
    return len(expected)


NUMBERS = (1, 2, 255, 256, 65536, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1)
TIMES = (0, 1, -1, -2**63, 2**63 - 1, 1795248000000000)


def random_row(rng):
    """An entry as the table has it; one in fifty around the limit of 65,535 bytes."""
    row = {'entry': rng.choice(NUMBERS) if rng.randrange(4) == 0 else rng.randrange(1, 2**rng.randrange(1, 63)),
           'previous_hash': rng.randbytes(32),
           'at': rng.choice(TIMES) if rng.randrange(4) == 0 else rng.randrange(0, 2**52),
           'salt': rng.randbytes(16), 'reason': perhaps(rng, text(rng)), 'content': perhaps(rng, text(rng, 200)),
           'login': perhaps(rng, text(rng, 20)), 'session_role': text(rng, 20), 'acting_role': text(rng, 20),
           'action': text(rng), 'subject': perhaps(rng, text(rng))}
    if row['entry'] == 1:
        row['previous_hash'] = None
    if rng.randrange(50) == 0:
        fill = 65536 + rng.randrange(-2, 2) - len(twin.Format().entry({**row, 'content_hash': bytes(32)}))
        row['action'] += 'x' * max(fill, 0)
    return row


def entry_case(row, form):
    content_hash = form.content_hash(row['salt'], row['reason'], row['content'])
    data = form.entry({**row, 'content_hash': content_hash})
    leaf = form.leaf(data).hex() if len(data) < 65536 else 'refused'
    names = ('entry', 'previous_hash', 'at', 'salt', 'reason', 'content', 'login', 'session_role', 'acting_role', 'action', 'subject')
    return 'entry ' + ' '.join(token(row[name]) for name in names), f'{content_hash.hex()} {data.hex()} {leaf}'


def random_tree(rng, kind):
    """(tree, its size, the question that makes it the runner's)"""
    size = min(2**63 - 1, rng.choice((rng.randrange(1, 20), rng.randrange(1, 2**rng.randrange(1, 64)),
                                      2**rng.randrange(0, 63) + rng.randrange(-1, 2), 2**63 - 1)) or 1)
    near = [rng.randrange(size) for _ in range(3)] + [0, size - 1, size // 2]
    special = {min(max(at + rng.randrange(-2, 3), 0), size - 1): rng.randbytes(32) for at in near for _ in range(3)}
    common = rng.randbytes(32)
    named = ''.join(f' {at} {token(special[at])}' for at in sorted(special))
    tree = twin.SparseTree(special, common)
    if kind is not twin.Tree:
        tree.__class__ = type('Mutant', (kind, twin.SparseTree), {})
    return tree, size, f'tree {len(special)} {token(common)}{named}'


def tree_cases(rng, kind=twin.Tree):
    """Root, frontier, proofs and their verification in a random tree."""
    tree, size, question = random_tree(rng, kind)
    cases = [(question, None), (f'root {size}', tree.root(0, size).hex()), (f'restart {size}', tree.root(0, size).hex())]
    places = list(tree.special) + [rng.randrange(size)]
    for leaf in rng.sample(places, 2):
        some = rng.randrange(leaf + 1, size + 1)
        proof = tree.inclusion(leaf, some)
        cases.append((f'inclusion {leaf} {some}', ' '.join(h.hex() for h in proof)))
        cases += inclusion_probes(rng, tree.root(leaf, leaf + 1), leaf, some, proof, tree.root(0, some))
    for old in rng.sample(places, 2):
        new = rng.randrange(old, size + 1)
        proof = tree.consistency(old, new)
        cases.append((f'consistency {old} {new}', ' '.join(h.hex() for h in proof)))
        if old:
            cases += consistency_probes(rng, old, new, proof, tree.root(0, old), tree.root(0, new))
    return cases


def inclusion_probes(rng, leaf, index, size, proof, root):
    """The proof, which must hold, and ways to spoil it, judged by the twin; false sizes may hold, so no case is given up on."""
    probes = [(leaf, index, size, proof, root), (leaf, index, size, spoilt(rng, proof), root),
              (flipped(rng, leaf), index, size, proof, root), (leaf, index, size, proof, flipped(rng, root)),
              (leaf, rng.randrange(size + 2), size, proof, root), (leaf, index, rng.randrange(2 * size + 1) % 2**63, proof, root)]
    for number, (h, i, n, p, r) in enumerate(probes):
        holds = True if number == 0 else False if number < 4 else twin.inclusion_holds(h, i, n, p, r)
        yield f'included {token(h)} {i} {n} {token(r)} {len(p)} ' + ' '.join(map(token, p)), str(int(holds))


def consistency_probes(rng, old, new, proof, old_root, new_root):
    probes = [(old, new, proof, old_root, new_root), (old, new, spoilt(rng, proof), old_root, new_root),
              (old, new, proof, flipped(rng, old_root), new_root), (old, new, proof, old_root, flipped(rng, new_root)),
              (rng.randrange(1, new + 2), new, proof, old_root, new_root), (new, old, proof, new_root, old_root)]
    for number, (o, n, p, a, b) in enumerate(probes):
        holds = True if number == 0 else False if number < 4 else twin.consistency_holds(o, n, p, a, b)
        yield f'consistent {o} {n} {token(a)} {token(b)} {len(p)} ' + ' '.join(map(token, p)), str(int(holds))


def frontier_cases(rng, count, kind=twin.Tree):
    """Leaf by leaf from nothing."""
    tree = kind([rng.randbytes(32) for _ in range(count)])
    for number, leaf in enumerate(tree.leaves, 1):
        subtrees = tree.subtrees(number) or b''
        completed = ''.join(' ' + subtrees[at:at + 32].hex() for at in range(0, len(subtrees), 32))
        yield f'leaf {token(leaf)}', tree.root(0, number).hex() + completed


def run(program, args):
    rng = random.Random(args.seed)
    failures = []
    done = compare(program, list(frontier_cases(rng, 1100)), failures)
    for first in range(0, args.entries, BATCH):
        rows = [random_row(rng) for _ in range(min(BATCH, args.entries - first))]
        done += compare(program, [entry_case(row, twin.Format()) for row in rows], failures)
    for first in range(0, args.trees, BATCH // 10):
        done += compare(program, [case for _ in range(min(BATCH // 10, args.trees - first)) for case in tree_cases(rng)], failures)
    for failure in failures[:5]:
        print(f'not ok: seed {args.seed}: {failure}')
    print(f'{done - len(failures)} passed, {len(failures)} failed')
    return 1 if failures or not done else 0


def run_mutants(program, args):
    """Each wrong variant must be caught within a few hundred cases."""
    missed = 0
    mutants = twin.FORMAT_MUTANTS + twin.TREE_MUTANTS
    for mutant in mutants:
        rng = random.Random(args.seed)
        failures = []
        if mutant in twin.TREE_MUTANTS:
            compare(program, [case for _ in range(100) for case in tree_cases(rng, mutant)], failures)
        else:
            cases = [entry_case(random_row(rng), mutant()) for _ in range(300)]
            pairs = [(rng.randbytes(32), rng.randbytes(32)) for _ in range(3)]
            cases += [(f'tree 2 {token(a)} 0 {token(a)} 1 {token(b)}', None) for a, b in pairs[:1]]
            cases.append(('root 2', mutant().node(*pairs[0]).hex()))
            compare(program, cases, failures)
        if not failures:
            missed += 1
            print(f'not ok: {mutant.__name__} was not caught')
    print(f'{len(mutants) - missed} passed, {missed} failed')
    return 1 if missed else 0


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--entries', type=int, default=10000)
    options.add_argument('--trees', type=int, default=1500)
    options.add_argument('--seed', type=int, default=20261121)
    options.add_argument('--mutants', action='store_true')
    args = options.parse_args()
    print(f'seed {args.seed}')
    program = build()
    return run_mutants(program, args) if args.mutants else run(program, args)


if __name__ == '__main__':
    sys.exit(main())

"""The engine's side: builds test/engine/case_runner.c with the engine's sources, feeds it cases, reads its answers.

An answer has the same form for the engine and the twin:
  {'error': (status, {nodes it may name}), ...} or
  {'curves': {code: [(tick, level), ...]}, 'verdicts': [{'breached', 'worst', 'below', 'recovered', 'loss', 'cause'}, ...]}
with times in ticks. Nodes without a change have no curve.
"""

import subprocess
from pathlib import Path

from case import write
from twin import LossUnbounded, Outage

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20  # seconds, and one more for every case


def build():
    """The case runner under AddressSanitizer and UBSan, in a folder of its own: other tests may build at the same time."""
    out = '../../build/engine/twin'
    subprocess.run(['make', '--no-print-directory', '-s', '-j2', '-C', str(ROOT / 'test/engine'), 'VARIANT=asan', f'OUT={out}',
                    f'{out}/case_runner'], check=True)
    return str(ROOT / 'build/engine/twin/case_runner')


def parse(case, lines):
    """The runner's lines for one case as an answer."""
    def ticks(token):
        if token == '-':
            return None
        whole, rest = divmod(int(token), case.tick)
        return whole if rest == 0 else int(token) / case.tick  # an engine's time off the grid stays visible
    curves, verdicts = {}, []
    for line in lines:
        word, *rest = line.split(' ')
        if word == 'level':
            curves.setdefault(rest[0], []).append((ticks(rest[1]), float(rest[2])))
        elif word == 'error':
            return {'error': (rest[0], {rest[1]}), 'message': line}
        else:
            verdicts.append({'breached': ticks(rest[2]), 'worst': float(rest[4]), 'below': ticks(rest[6]),
                             'recovered': ticks(rest[8]), 'loss': ticks(rest[10]),
                             'cause': None if rest[12] == '-' else rest[12].split(',')})
    return {'curves': curves, 'verdicts': verdicts}


def engine_answers(cases, program):
    """The engine's answers to some cases. A runner that dies is an answer too: error DIED for the case it died of."""
    answers = []
    while len(answers) < len(cases):
        rest = cases[len(answers):]
        try:
            run = subprocess.run([program], input=''.join(write(case) for case in rest).encode(), capture_output=True,
                                 timeout=PATIENCE + len(rest))
            output, end = run.stdout.decode(), f'the runner ended with {run.returncode}\n{run.stderr.decode()[-3000:]}'
        except subprocess.TimeoutExpired as late:
            output, end = (late.stdout or b'').decode(), 'the runner did not end'
        lines = []
        for line in output.splitlines():
            if line.startswith('done '):
                answers.append(parse(cases[len(answers)], lines))
                lines = []
            else:
                lines.append(line)
        if len(answers) < len(cases):
            answers.append({'error': ('DIED', set()), 'message': end})
    return answers


def twin_answer(case, model=Outage):
    """The twin's answer and the outage it comes from."""
    outage = model(case)
    try:
        outage.losses(case.horizon - 1)
    except LossUnbounded as unbounded:
        return {'error': ('LOSS_UNBOUNDED', unbounded.args[0])}, outage
    return {'curves': {node: curve for node, curve in outage.curves.items() if curve},
            'verdicts': [outage.verdict(t) for t in case.tolerances]}, outage


def difference(expected, got, epsilon=1e-9):
    """What differs between two answers, in words; None if nothing does."""
    if 'error' in expected or 'error' in got:
        if 'error' in expected and 'error' in got and expected['error'][0] == got['error'][0] and \
                got['error'][1] <= expected['error'][1]:
            return None
        return f"expected {expected.get('error', 'no error')}, got {got.get('message', got.get('error', 'no error'))}"
    for node in sorted(set(expected['curves']) | set(got['curves'])):
        a, b = expected['curves'].get(node, []), got['curves'].get(node, [])
        if [at for at, _ in a] != [at for at, _ in b] or any(abs(x - y) > epsilon for (_, x), (_, y) in zip(a, b)):
            return f'curve of {node}: expected {a}, got {b}'
    for index, (a, b) in enumerate(zip(expected['verdicts'], got['verdicts'], strict=True)):
        for what in a:
            same = abs(a[what] - b[what]) <= epsilon if what == 'worst' else a[what] == b[what]
            if not same:
                return f'tolerance {index}: {what}: expected {a[what]}, got {b[what]}'
    return None

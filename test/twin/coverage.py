"""What a case exercises, read off the twin's arrays, and how many of all cases must at least exercise it.

A differential test that never gets where the rules differ proves nothing; so the shares are part of the test.
"""

from twin import EPSILON

# Least share of all cases, in per cent. Rare things are rare in the maps; the numbers are about half of what the generator yields.
LEAST = {
    'buffer bridges': 35, 'buffer bridges all': 12, 'buffer used up': 30, 'cause ends in a cycle': 4, 'cause of 2 nodes': 17,
    'cause of 3 nodes': 11, 'cause of 4 nodes': 6, 'cause of 5 nodes': 3, 'data loss': 18, 'deadlock': 4,
    'impact below 1 felt': 30, 'level below 100 % recovered': 15, 'level held': 2, 'loss breached': 5, 'loss kept': 18,
    'loss without bound': 1, 'not recovered': 22, 'open-ended shock': 12, 'oscillates': 2.5, 'overlapping shocks': 14,
    'partial level': 40, 'pool for run falls': 30, 'pool for start falls': 10, 'quorum for run falls': 40,
    'quorum for start falls': 19, 'recovered': 26, 'replica lag counts': 0.8, 'restart delays': 35, 'rises in steps': 16,
    'shock after the horizon': 2, 'spreads': 36,
    'standby carries load': 30, 'standby not there yet': 19, 'standby sent back and called again': 11,
    'standby that has taken over fails': 4, 'start blocks': 5, 'start requirement in a cycle': 13,
    'start requirement lost while running': 7, 'total breached': 23, 'total kept': 8, 'touched cycle': 40,
    'touched cycle without buffer': 16, 'touches 8 nodes or more': 12, 'within breached': 30, 'within kept': 12,
}


def features(outage, answer):
    """Names of what happened in this case."""
    case = outage.case
    found = set()
    if 'error' in answer:
        return {'loss without bound'}
    span = range(case.horizon)

    def low(array, t):
        return outage.at(array, t) < 1 - EPSILON
    touched = {node for node in outage.nodes if answer['curves'].get(node)}
    shocked = {s.node for s in case.shocks}
    if touched - shocked:
        found.add('spreads')
    if len(touched) >= 8:
        found.add('touches 8 nodes or more')
    if any(EPSILON < level < 1 for curve in answer['curves'].values() for _, level in curve):
        found.add('partial level')
    if any(s.duration is None for s in case.shocks):
        found.add('open-ended shock')
    if any(s.onset >= case.horizon for s in case.shocks):
        found.add('shock after the horizon')
    if any(sum(s.node == node and s.onset <= t and (s.duration is None or t < s.onset + s.duration) for s in case.shocks) > 1
           for node in shocked for t in span):
        found.add('overlapping shocks')
    found |= cycles(outage, touched)
    for r in outage.requirements:
        found |= requirement_features(outage, r, span, low)
    for node in touched:
        found |= node_features(outage, node, span)
    for tolerance, verdict in zip(case.tolerances, answer['verdicts']):
        found |= verdict_features(case, tolerance, verdict)
    return found


def reachable(outage, start, usable):
    """Nodes that `start` needs, over the usable requirements."""
    seen, todo = set(), [start]
    while todo:
        for r in outage.of[todo.pop()]:
            for m in r.members if usable(r) else []:
                if m.node not in seen:
                    seen.add(m.node)
                    todo.append(m.node)
    return seen


def cycles(outage, touched):
    found = set()
    if any(node in reachable(outage, node, lambda r: True) for node in touched):
        found.add('touched cycle')
    if any(node in reachable(outage, node, lambda r: r.buffer == 0) and outage.case.nodes[node] == 0 for node in touched):
        found.add('touched cycle without buffer')
    if any(r.needed_for == 'start' and r.owner in reachable(outage, m.node, lambda r: True)
           for r in outage.requirements if r.owner in touched for m in r.members):
        found.add('start requirement in a cycle')
    return found


def requirement_features(outage, r, span, low):
    found = set()
    A, B, G, H, F = (arrays[r] for arrays in (outage.A, outage.B, outage.G, outage.H, outage.F))
    if not any(low(A, t) for t in span):
        return found
    found.add(f'{r.mode} for {r.needed_for} falls')
    if r.impact < 1 and any(low(F, t) for t in span):
        found.add('impact below 1 felt')
    if len(r.members) > len(r.active()):
        better = [t for t in span if outage.at(B, t) > outage.at(A, t) + EPSILON]
        if any(outage.at(G, t) > outage.at(A, t) + EPSILON for t in better):
            found.add('standby carries load')
        if any(outage.at(G, t) < outage.at(B, t) - EPSILON for t in better):
            found.add('standby not there yet')
        if r.switchover and any(low(G, t) and not low(G, t - 1) and low(A, t - 1) for t in span):
            found.add('standby that has taken over fails')
        changes = [t for t in span if outage.at(G, t) < outage.at(G, t - 1) - EPSILON]
        if r.switchover and len(changes) > 1:
            found.add('standby sent back and called again')
    if r.buffer:
        if any(low(H, t) and not low(F, t) for t in span):
            found.add('buffer bridges')
        if any(low(F, t) for t in span):
            found.add('buffer used up')
        if any(low(H, t) for t in span) and not any(low(F, t) for t in span):
            found.add('buffer bridges all')
    return found


def node_features(outage, node, span):
    found = set()
    O, R, S, L, Q = (arrays[node] for arrays in (outage.O, outage.R, outage.S, outage.L, outage.Q))
    rho = outage.case.nodes[node]
    for t in span:
        level, run = outage.at(L, t), outage.at(R, t)
        if level < run - EPSILON:
            least_run = min(outage.at(R, u) for u in range(t - rho, t + 1))
            found.add('start blocks' if level < least_run - EPSILON else 'restart delays')
            if level > min(outage.at(Q, u) for u in range(t - rho, t + 1)) + EPSILON:
                found.add('level held')
        if outage.at(S, t) < level - EPSILON:
            found.add('start requirement lost while running')
    levels = [outage.at(L, t) for t in span]
    if any(0 < a < b - EPSILON < 1 - EPSILON for a, b in zip(levels, levels[1:])):
        found.add('rises in steps')
    # Still down though no shock acts any more and nothing will change: a deadlock.
    start, period = outage.loop()
    if period == 1 and outage.at(L, start) < 1 - EPSILON and \
            all(outage.at(outage.O[n], start) > 1 - EPSILON for n in outage.nodes):
        found.add('deadlock')
    return found


def verdict_features(case, tolerance, verdict):
    found = set()
    if verdict['breached'] is not None:
        found.add(f'{tolerance.form} breached')
    elif verdict['worst'] < 1 - EPSILON:
        found.add(f'{tolerance.form} kept')
    if verdict['below'] and verdict['recovered'] is None:
        found.add('not recovered')
    if verdict['recovered'] is not None:
        found.add('recovered')
    if tolerance.level < 1 and 0 < verdict['below'] and verdict['recovered'] is not None:
        found.add('level below 100 % recovered')
    cause = verdict['cause']
    if cause == ['oscillates']:
        found.add('oscillates')
    elif cause:
        found.add(f'cause of {min(len(cause), 5)} nodes')
        if not any(s.node == cause[-1] for s in case.shocks):
            found.add('cause ends in a cycle')
    if verdict['loss']:
        found.add('data loss')
        if not any(s.data_loss == verdict['loss'] for s in case.shocks):
            found.add('replica lag counts')
    return found

"""What must hold between a case and a changed copy of it, whatever the rules are; asked of the engine alone, so it can't share a
mistake with the twin.

Same answer (they return a changed copy and the way back for its answer): scaled, renamed, shuffled, stranger. Never better: longer,
deeper; never worse: redundant, buffered, quicker (they change the case, or return False where there is nothing to change); these
only for maps where no requirement has both a switchover time and a standby: there a moment of recovery sends the standby back.
"""

import copy

import engine
from case import Member, Requirement, Shock, by_code

# A change is reported when it exceeds 1e-9 against the last report, so reported levels of two runs compare to within two of those.
TOLERANCE = 3e-9


def scaled(rng, case):
    """All times times a factor: the same in ticks of the new length."""
    result = copy.deepcopy(case)
    factor = rng.choice([2, 3, 1001])
    # Times end at 100 years.
    result.tick = case.tick * factor if case.tick * factor * 100 <= 36500 * 86400 * 1000000 else case.tick // factor
    return result, lambda answer: answer


def renamed(rng, case):
    """Other codes and names in the same order: the same under those names."""
    result = copy.deepcopy(case)
    order = sorted(case.nodes, key=by_code)
    new = {code: f'm{index:04d}{"x" * rng.randint(0, 3)}' for index, code in enumerate(order)}
    old = {b: a for a, b in new.items()}
    name_order = sorted({r.name for r in case.requirements}, key=by_code)
    result.nodes = {new[code]: restart for code, restart in result.nodes.items()}
    for r in result.requirements:
        r.owner, r.name = new[r.owner], f'{name_order.index(r.name):03d}'
    for thing in [m for r in result.requirements for m in r.members] + result.shocks + result.tolerances:
        thing.node = new[thing.node]

    def back(answer):
        if 'error' in answer:
            return answer
        verdicts = [{**v, 'cause': v['cause'] and [old.get(code, code) for code in v['cause']]} for v in answer['verdicts']]
        return {'curves': {old[code]: curve for code, curve in answer['curves'].items()}, 'verdicts': verdicts}
    return result, back


def shuffled(rng, case):
    """The same things in another order: the same."""
    result = copy.deepcopy(case)
    for things in [result.requirements, result.shocks] + [r.members for r in result.requirements]:
        rng.shuffle(things)
    result.nodes = dict(rng.sample(list(result.nodes.items()), len(result.nodes)))
    return result, lambda answer: answer


def stranger(rng, case):
    """A node nobody needs, which needs a node of the map and has a shock: the same for all others."""
    result = copy.deepcopy(case)
    code = rng.choice(['!', '~', 'm']) + 'stranger'
    result.nodes[code] = rng.randint(0, 5)
    result.requirements.append(Requirement(code, 'r', [Member(rng.choice(list(case.nodes)))], buffer=rng.randint(0, 3)))
    onset = rng.randint(0, 20)
    result.shocks.append(Shock('stranger', code, onset, 0.5, rng.randint(1, 9), rng.randint(0, 3)))

    def without(answer):
        if 'error' in answer:
            return answer
        return {**answer, 'curves': {node: curve for node, curve in answer['curves'].items() if node != code}}
    return result, without


SAME = [scaled, renamed, shuffled, stranger]


def longer(rng, case):
    """A longer shock is never better."""
    shocks = [s for s in case.shocks if s.duration is not None]
    if not shocks:
        return False
    shock = rng.choice(shocks)
    shock.duration = rng.choice([None, shock.duration + 1, shock.duration + rng.randint(1, 20)])


def deeper(rng, case):
    """A deeper shock is never better."""
    shocks = [s for s in case.shocks if s.level > 0]
    if not shocks:
        return False
    rng.choice(shocks).level *= rng.choice([0, 0.5, 0.75])


def redundant(rng, case):
    """One more member, as much needed as before: never worse."""
    if not case.requirements:
        return False
    r = rng.choice(case.requirements)
    others = [node for node in case.nodes if node != r.owner and node not in {m.node for m in r.members}]
    if not others:
        return False
    r.needed = r.needed_or_default()
    r.members.append(Member(rng.choice(others), rng.choice([1.0, 2.0]), r.switchover == 0 and rng.random() < 0.5))


def buffered(rng, case):
    """A larger buffer is never worse."""
    if not case.requirements:
        return False
    rng.choice(case.requirements).buffer += rng.randint(1, 10)


def quicker(rng, case):
    """A shorter restart is never worse."""
    slow = [node for node, restart in case.nodes.items() if restart > 0]
    if not slow:
        return False
    node = rng.choice(slow)
    case.nodes[node] = rng.randint(0, case.nodes[node] - 1)


WORSE, BETTER = [longer, deeper], [redundant, buffered, quicker]


def is_monotone(case):
    return not any(r.switchover > 0 and len(r.active()) < len(r.members) for r in case.requirements)


def without_loss(case):
    """Levels only: what data loss does is another matter."""
    result = copy.deepcopy(case)
    result.tolerances = []
    result.shocks = [s for s in result.shocks if s.duration != 0]
    for shock in result.shocks:
        shock.data_loss = None
    return result


def level_at(curve, t):
    return ([1.0] + [level for at, level in curve if at <= t])[-1]


def not_below(high, low, horizon):
    """None if every curve of `high` is nowhere below that of `low`, else where it is."""
    if 'error' in high or 'error' in low:
        return f'{high} / {low}'
    for node in set(high['curves']) | set(low['curves']):
        for t in range(horizon):
            a, b = level_at(high['curves'].get(node, []), t), level_at(low['curves'].get(node, []), t)
            if a < b - TOLERANCE:
                return f'{node} at tick {t}: {a} < {b}'
    return None


def check(cases, rng, program):
    """One change of either kind for every case: (number checked, what is broken)."""
    pairs = []
    for case in cases:
        change = rng.choice(SAME)
        changed, back = change(rng, case)
        pairs.append((change, case, changed, lambda a, b, case, back=back: engine.difference(a, back(b))))
        if is_monotone(case):
            change = rng.choice(WORSE + BETTER)
            base = without_loss(case)
            changed = copy.deepcopy(base)
            if change(rng, changed) is False:
                continue
            if change in WORSE:
                pairs.append((change, base, changed, lambda a, b, case: not_below(a, b, case.horizon)))
            else:
                pairs.append((change, base, changed, lambda a, b, case: not_below(b, a, case.horizon)))
    before = engine.engine_answers([base for _, base, _, _ in pairs], program)
    after = engine.engine_answers([changed for _, _, changed, _ in pairs], program)
    broken = []
    for (change, base, changed, judge), a, b in zip(pairs, before, after, strict=True):
        what = judge(a, b, base)
        if what:
            broken.append(f'{change.__name__}: {change.__doc__} {what}\n{engine.write(base)}{engine.write(changed)}')
    return len(pairs), broken

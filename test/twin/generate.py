"""Random maps, shocks and tolerances: small enough for the twin, mixed so that every rule gets its turn (coverage.py counts that).

Numbers are chosen so that no comparison with the 1e-9 of the definition is a matter of rounding: a swing that dies out in a cycle
passes through every order of magnitude, but with these impacts and capacities (a 7 or 17 in the numerator wherever there is a 5 in
the denominator; 97 is prime) it can't land on 1e-9 itself.
"""

import random

from case import Case, Member, Requirement, Shock, Tolerance

LEVELS = [k / 10 for k in range(1, 10)] + [0.25, 0.5, 0.75, 1 / 3, 2 / 3]
IMPACTS = [0.5, 0.25, 0.75, 1 / 3, 0.7, 0.85]
SLOW_IMPACT = 0.97  # a cycle of these converges slowly
CAPACITIES = [1.0, 1.0, 2.0, 3.0, 0.5, 4.0]
POOLS = [0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]
TICKS = [1000000, 1000000, 1, 7, 60000000, 3600000000, 999983, 39420000000000]  # the last: horizons up to 100 years


def random_case(seed, number):
    """Case `number` of a seed; the same two always give the same case."""
    rng = random.Random(f'{seed}/{number}')
    shape = rng.choices(['plain', 'tangle', 'ring', 'starter', 'instant', 'failover'], [34, 17, 18, 8, 11, 12])[0]
    case = Case(str(number), rng.randint(40, 80), {}, tick=rng.choice(TICKS))
    size = rng.choices([rng.randint(1, 5), rng.randint(4, 14), rng.randint(12, 30)], [22, 43, 35])[0]
    if shape in ('ring', 'failover'):
        size = max(3, min(size, 14))
    for code in random_codes(rng, size):
        case.nodes[code] = 0 if shape == 'instant' else duration(rng, 0.5)
    targets = {'ring': ring, 'starter': starter, 'failover': failover}.get(shape, plain)(rng, case, shape)
    shocks(rng, case, targets or list(case.nodes))
    tolerances(rng, case)
    rng.shuffle(case.requirements)
    case.nodes = dict(rng.sample(list(case.nodes.items()), len(case.nodes)))
    return case


def random_codes(rng, count):
    """Codes whose byte order has nothing to do with the order of the map; some share a beginning, some are not ASCII."""
    codes = set()
    while len(codes) < count:
        codes.add(rng.choice(['op.', 'sys-', 'S', 'z', '勘定系', 'é', '']) + str(rng.choice([rng.randint(0, 9), rng.randint(0, 99)])))
    codes = sorted(codes)
    rng.shuffle(codes)
    return codes


def duration(rng, none):
    """0 with the probability `none`, else short more often than long."""
    if rng.random() < none:
        return 0
    return rng.choice([1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12])


def requirement(rng, owner, name, candidates, instant=False, standby=0.35):
    """A requirement of `owner` on some of the candidates; everything about it random."""
    count = min(len(candidates), rng.choices([1, 2, 3, 4, 5], [45, 25, 15, 10, 5])[0])
    members = [Member(node) for node in rng.sample(candidates, count)]
    for m in members[1:]:
        m.standby = rng.random() < standby
    r = Requirement(owner, name, members)
    r.mode = rng.choice(['quorum', 'quorum', 'pool'])
    if r.mode == 'pool':
        for m in members:
            m.capacity = rng.choice(CAPACITIES)
        capacity = sum(m.capacity for m in r.active())
        r.needed = rng.choice([0, 0, capacity] + [n for n in POOLS if n <= capacity])
        if r.needed in (0, capacity) and (2 * capacity % 7 == 0 or 2 * capacity % 17 == 0):
            r.needed = max(n for n in POOLS if n <= capacity)  # see the top of the file
    else:
        r.needed = rng.choice([0, rng.randint(1, len(r.active())), rng.randint(1, len(r.active()))])
    if rng.random() < 0.45:
        for m in members:
            m.lag = duration(rng, 0.5)
    if rng.random() < 0.3:
        r.impact = rng.choice(IMPACTS)
    if not instant:
        r.buffer = duration(rng, 0.6)
        r.switchover = duration(rng, 0.5)
    rng.shuffle(members)
    r.needed_for = 'start' if rng.random() < 0.12 else 'run'
    return r


def names(rng, count):
    """Requirement names in random order."""
    return rng.sample(['core', 'people', 'a', 'b', 'net', 'Z', 'ä', 'power', '10', '9'], count)


def plain(rng, case, shape):
    """Layers with some arrows back (tangle: any node needs any other; instant: no delay anywhere but in a few places)."""
    nodes = list(case.nodes)
    for index, owner in enumerate(nodes):
        count = rng.choices([0, 1, 2, 3], [20, 45, 25, 10])[0]
        for name in names(rng, count):
            back = 1.0 if shape == 'tangle' else 0.5 if shape == 'instant' else 0.15
            candidates = nodes[:index]
            if not candidates or rng.random() < back:
                candidates = [n for n in nodes if n != owner]
            if candidates:
                case.requirements.append(requirement(rng, owner, name, candidates, shape == 'instant' and rng.random() < 0.85))
    if shape == 'instant' and rng.random() < 0.5:
        case.nodes[rng.choice(nodes)] = duration(rng, 0)
    if shape == 'instant' and len(nodes) <= 5 and rng.random() < 0.3:
        for r in case.requirements:
            r.impact = rng.choice([1.0, SLOW_IMPACT])


def ring(rng, case, shape):
    """A ring in which every buffer is followed by a restart of the same length: a pulse can go round for ever.

    Returns the nodes other shocks may hit: mostly those outside, because a second shock tends to end the swing.
    """
    nodes = list(case.nodes)
    size = rng.randint(2, min(4, len(nodes)))
    members = nodes[:size]
    delay = rng.randint(2, 6)
    for index, owner in enumerate(members):
        r = Requirement(owner, 'ring', [Member(members[index - 1])], buffer=delay)
        if rng.random() < 0.15:
            r.impact = rng.choice(IMPACTS)
        case.nodes[owner] = delay + (1 if rng.random() < 0.1 else 0)
        case.requirements.append(r)
    first = members[0]
    level = rng.choice([0.0, rng.choice(LEVELS)])
    case.shocks.append(Shock('pulse', first, rng.randint(0, 5), level, rng.randint(1, max(1, delay - 1))))
    for index, owner in enumerate(nodes[size:]):
        for name in names(rng, rng.randint(0, 2)):
            case.requirements.append(requirement(rng, owner, name, nodes[:size + index]))
    if rng.random() < 0.25:
        owner = rng.choice(members)
        case.requirements.append(requirement(rng, owner, 'outside', [n for n in nodes if n != owner]))
    return nodes if rng.random() < 0.2 else nodes[size:]


def starter(rng, case, shape):
    """Nodes that need others to start, which may need them to run."""
    plain(rng, case, 'plain')
    for r in rng.sample(case.requirements, (len(case.requirements) + 1) // 2):
        r.needed_for = 'start'
    for owner in rng.sample(list(case.nodes), len(case.nodes) // 2):
        if not case.nodes[owner]:
            case.nodes[owner] = duration(rng, 0.2)


def failover(rng, case, shape):
    """Requirements with active and standby members and a switchover time, where the active ones depend on what uses them."""
    nodes = list(case.nodes)
    for index, owner in enumerate(nodes):
        others = [n for n in nodes if n != owner]
        r = requirement(rng, owner, 'main', others, standby=0.6)
        r.switchover = duration(rng, 0.2)
        case.requirements.append(r)
        if rng.random() < 0.3:
            case.requirements.append(requirement(rng, owner, 'other', others))


def shocks(rng, case, nodes):
    """Shocks on some of the nodes."""
    favourite = rng.choice(nodes)
    # Nodes that others need with a standby beside them are worth losing, alone and with the standby.
    doubled = [m.node for r in case.requirements if len(r.active()) < len(r.members) for m in r.members if m.node in nodes]
    for index in range(rng.choices([0, 1, 2, 3, 4, 6], [2, 25, 30, 20, 14, 9])[0] + rng.randint(0, len(nodes) // 8)):
        node = rng.choices([favourite, rng.choice(nodes), rng.choice(doubled or nodes)], [35, 40, 25])[0]
        shock = Shock(f's{index}', node, 0)
        if rng.random() < 0.8:
            shock.onset = rng.randint(0, 15) if rng.random() < 0.7 else rng.randint(0, case.horizon + 3)
        shock.level = 0.0 if rng.random() < 0.55 else rng.choice(LEVELS + [1.0])
        kind = rng.random()
        if kind < 0.85:
            shock.duration = rng.randint(1, 15)
        elif kind < 0.9:
            shock.duration = max(1, case.horizon - shock.onset + rng.randint(-1, 5))
        if rng.random() < 0.3:
            shock.data_loss = rng.choice([0, 1, 2, 3, 5, 8])
            if rng.random() < 0.2:
                shock.duration = 0
        case.shocks.append(shock)


def tolerances(rng, case):
    nodes = list(case.nodes)
    # What depends on much lies at the end of the list; it is asked about more often.
    asked = {rng.choice(nodes[-4:]) for _ in range(2)} | {rng.choice(nodes)}
    # A node with a shock from the start is asked about too: a swing may never reach the others.
    asked |= {case.shocks[0].node} if case.shocks and rng.random() < 0.4 else set()
    for node in sorted(asked):
        for _ in range(rng.randint(1, 3)):
            level = 1.0 if rng.random() < 0.6 else rng.choice(LEVELS)
            form = rng.choices(['within', 'total', 'loss'], [50, 30, 20])[0]
            if form == 'within':
                case.tolerances.append(Tolerance(node, form, rng.choice([0, 1, 2, 3, 4, 6, 8, 12]), level))
            elif form == 'total':
                window = rng.randint(4, 40)
                case.tolerances.append(Tolerance(node, form, rng.randint(0, min(window - 1, 12)), level, window))
            else:
                case.tolerances.append(Tolerance(node, form, rng.choice([0, 1, 2, 4, 6, 9])))

"""Makes a case smaller while it still fails: drops and simplifies one thing at a time until nothing more can go."""

import copy


def shrink(case, fails, most_steps=3000):
    """The smallest case found for which fails(case) still holds."""
    steps, progress = 0, True
    while progress and steps < most_steps:
        progress = False
        for change in changes(case):
            candidate = copy.deepcopy(case)
            if change(candidate) is False or not valid(candidate):
                continue
            steps += 1
            if fails(candidate):
                case, progress = candidate, True
                break
            if steps >= most_steps:
                break
    return case


def valid(case):
    """A map the definition allows: every requirement has what it needs, every reference its node."""
    for r in case.requirements:
        if not r.active() or not {m.node for m in r.members} <= set(case.nodes):
            return False
        most = len(r.active()) if r.mode == 'quorum' else sum(m.capacity for m in r.active())
        if r.needed > most:
            return False
    return bool(case.nodes) and case.horizon > 0 and all(s.duration != 0 or s.data_loss is not None for s in case.shocks)


def changes(case):
    """Functions that change a copy of the case in place, the large ones first; False = nothing to change."""
    for node in case.nodes:
        yield lambda c, node=node: drop_node(c, node)
    for name in ('requirements', 'shocks', 'tolerances'):
        for index in range(len(getattr(case, name))):
            yield lambda c, name=name, index=index: getattr(c, name).pop(index)
    for i, r in enumerate(case.requirements):
        for j in range(len(r.members)):
            yield lambda c, i=i, j=j: drop_member(c.requirements[i], j)
    yield lambda c: put(c, 'tick', 1)
    yield lambda c: put(c, 'horizon', c.horizon // 2)
    yield lambda c: put(c, 'horizon', c.horizon - 1)
    for node in case.nodes:
        for simpler in lower(case.nodes[node]):
            yield lambda c, node=node, simpler=simpler: c.nodes.update({node: simpler})
    for i, r in enumerate(case.requirements):
        for name, value in (('impact', 1.0), ('mode', 'quorum'), ('needed', 0), ('needed_for', 'run')):
            yield lambda c, i=i, name=name, value=value: put(c.requirements[i], name, value)
        for name in ('buffer', 'switchover'):
            for simpler in lower(getattr(r, name)):
                yield lambda c, i=i, name=name, simpler=simpler: put(c.requirements[i], name, simpler)
        for j, m in enumerate(r.members):
            for name, value in (('standby', False), ('capacity', 1.0), ('lag', 0)):
                yield lambda c, i=i, j=j, name=name, value=value: put(c.requirements[i].members[j], name, value)
    for i, s in enumerate(case.shocks):
        for name, value in (('level', 0.0), ('data_loss', None)):
            yield lambda c, i=i, name=name, value=value: put(c.shocks[i], name, value)
        for name in ('onset', 'duration'):
            for simpler in lower(getattr(s, name) or 0):
                yield lambda c, i=i, name=name, simpler=simpler: put(c.shocks[i], name, simpler)
    for i, t in enumerate(case.tolerances):
        yield lambda c, i=i: put(c.tolerances[i], 'level', 1.0)
        for simpler in lower(t.limit):
            yield lambda c, i=i, simpler=simpler: put(c.tolerances[i], 'limit', simpler)


def lower(time):
    return sorted({0, time // 2, time - 1}) if time > 0 else []


def put(thing, name, value):
    if getattr(thing, name) == value:
        return False
    setattr(thing, name, value)
    return True


def drop_node(case, node):
    del case.nodes[node]
    case.shocks = [s for s in case.shocks if s.node != node]
    case.tolerances = [t for t in case.tolerances if t.node != node]
    case.requirements = [r for r in case.requirements if r.owner != node]
    for r in list(case.requirements):
        r.members = [m for m in r.members if m.node != node]
        if not r.active():
            case.requirements.remove(r)
        elif r.needed > (len(r.active()) if r.mode == 'quorum' else sum(m.capacity for m in r.active())):
            r.needed = 0


def drop_member(requirement, index):
    requirement.members.pop(index)
    if requirement.needed > len(requirement.active()):
        requirement.needed = 0

"""A map, its shocks and its tolerances as plain data, and the text form in which test/engine/case_runner.c reads it.

All times here are whole ticks; `tick` says how many microseconds one tick is when the case is written out. Codes and names hold no
blanks. A case owns its lists: copy.deepcopy it before changing it.
"""

import copy
import math
from dataclasses import dataclass, field


@dataclass
class Member:
    node: str
    capacity: float = 1.0
    standby: bool = False
    lag: int = 0


@dataclass(eq=False)
class Requirement:
    owner: str
    name: str
    members: list
    mode: str = 'quorum'
    needed: float = 0  # 0 = all active members / their capacity
    needed_for: str = 'run'
    impact: float = 1.0
    buffer: int = 0
    switchover: int = 0

    def active(self):
        return [m for m in self.members if not m.standby]

    def needed_or_default(self):
        if self.needed:
            return self.needed
        return len(self.active()) if self.mode == 'quorum' else sum(m.capacity for m in self.active())


@dataclass
class Shock:
    code: str
    node: str
    onset: int = 0
    level: float = 0.0
    duration: int = None  # None = open-ended
    data_loss: int = None


@dataclass
class Tolerance:
    """form: 'within' (level, limit), 'total' (level, limit, window) or 'loss' (limit)."""
    node: str
    form: str
    limit: int
    level: float = 1.0
    window: int = 0


@dataclass
class Case:
    id: str
    horizon: int
    nodes: dict  # code -> restart
    requirements: list = field(default_factory=list)
    shocks: list = field(default_factory=list)
    tolerances: list = field(default_factory=list)
    tick: int = 1000000


def by_code(code):
    """Codes are ordered by their bytes."""
    return code.encode()


def write(case):
    """The case as text, one token list a line."""
    def us(ticks):
        return '-' if ticks is None else str(ticks * case.tick)
    lines = [f'case {case.id}', f'horizon {us(case.horizon)}']
    lines += [f'node {code} {us(restart)}' for code, restart in case.nodes.items()]
    for r in case.requirements:
        lines.append(f'req {r.owner} {r.name} {r.mode} {r.needed!r} {r.needed_for} {r.impact!r} {us(r.buffer)} {us(r.switchover)}')
        lines += [f'mem {m.node} {m.capacity!r} {int(m.standby)} {us(m.lag)}' for m in r.members]
    lines += [f'shock {s.code} {s.node} {us(s.onset)} {s.level!r} {us(s.duration)} {us(s.data_loss)}' for s in case.shocks]
    for t in case.tolerances:
        if t.form == 'within':
            lines.append(f'tol {t.node} within {t.level!r} {us(t.limit)}')
        elif t.form == 'total':
            lines.append(f'tol {t.node} total {t.level!r} {us(t.limit)} {us(t.window)}')
        else:
            lines.append(f'tol {t.node} loss {us(t.limit)}')
    return '\n'.join(lines + ['end']) + '\n'


def map_times(case, change):
    """A copy of the case with change(time) in place of every time; absent times stay absent."""
    result = copy.deepcopy(case)
    result.horizon = change(case.horizon)
    result.nodes = {code: change(restart) for code, restart in case.nodes.items()}
    things = [(r, ('buffer', 'switchover')) for r in result.requirements]
    things += [(m, ('lag',)) for r in result.requirements for m in r.members]
    things += [(s, ('onset', 'duration', 'data_loss')) for s in result.shocks]
    things += [(t, ('limit', 'window')) for t in result.tolerances]
    for thing, names in things:
        for name in names:
            if getattr(thing, name) is not None:
                setattr(thing, name, change(getattr(thing, name)))
    return result


def read(text):
    """The cases of a text written by write(). The text doesn't hold the tick: it is the longest that all times are multiples of."""
    def us(token):
        return None if token == '-' else int(token)
    cases = []
    for line in text.splitlines():
        word, *rest = line.split() or ['']
        if word == 'case':
            case = Case(rest[0], 0, {}, tick=1)
        elif word == 'horizon':
            case.horizon = us(rest[0])
        elif word == 'node':
            case.nodes[rest[0]] = us(rest[1])
        elif word == 'req':
            case.requirements.append(Requirement(rest[0], rest[1], [], rest[2], float(rest[3]), rest[4], float(rest[5]),
                                                 us(rest[6]), us(rest[7])))
        elif word == 'mem':
            case.requirements[-1].members.append(Member(rest[0], float(rest[1]), rest[2] == '1', us(rest[3])))
        elif word == 'shock':
            case.shocks.append(Shock(rest[0], rest[1], us(rest[2]), float(rest[3]), us(rest[4]), us(rest[5])))
        elif word == 'tol' and rest[1] == 'within':
            case.tolerances.append(Tolerance(rest[0], 'within', us(rest[3]), float(rest[2])))
        elif word == 'tol' and rest[1] == 'total':
            case.tolerances.append(Tolerance(rest[0], 'total', us(rest[3]), float(rest[2]), us(rest[4])))
        elif word == 'tol':
            case.tolerances.append(Tolerance(rest[0], 'loss', us(rest[2])))
        elif word == 'end':
            times = []
            map_times(case, lambda time: times.append(time) or time)
            tick = math.gcd(*times)
            case = map_times(case, lambda time: time // tick)
            case.tick = tick
            cases.append(case)
        elif word and not word.startswith('#'):
            raise ValueError(f'unknown line: {line}')
    return cases

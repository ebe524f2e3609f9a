"""The outage engine's twin: the rules "Level over time" and their reading, by brute force, tick by tick.

Nothing here is clever on purpose. Time is whole ticks; every window is looked at as a whole at every tick; every tick starts with
all nodes at 1 and goes down until nothing changes. It shares nothing with the engine but the definition, so where both say the same
they are probably both right.

The arrays hold one value per tick and begin `before` ticks before 0, where everything is 1 and ran without incident. While the
tick t is being worked out it is the last entry of every array, so that array[-1 - d:] is the window [t - d, t].
"""

import math

from case import by_code

EPSILON = 1e-9  # two levels closer than this are the same level


class DoesNotSettle(Exception):
    """A tick needs too many sweeps, or the run doesn't repeat itself soon enough: the twin can't judge this case."""


class LossUnbounded(Exception):
    """Data loss grows without end along a cycle; args[0] = the nodes whose loss does."""


class Outage:
    most_sweeps = 20000
    most_ticks = 8000  # after the horizon, in search of a repetition

    def __init__(self, case):
        self.case = case
        self.nodes = list(case.nodes)
        self.requirements = case.requirements
        self.of = {node: sorted((r for r in case.requirements if r.owner == node), key=lambda r: by_code(r.name))
                   for node in self.nodes}
        self.needed = {r: r.needed_or_default() for r in case.requirements}
        self.members = {r: sorted(r.members, key=lambda m: by_code(m.node)) for r in case.requirements}
        self.active = {r: [m for m in self.members[r] if not m.standby] for r in case.requirements}
        delays = list(case.nodes.values()) + [r.buffer for r in case.requirements] + [r.switchover for r in case.requirements]
        self.before = 1 + max(delays)

        def ones(things):
            return {thing: [1.0] * self.before for thing in things}
        self.O = ones(self.nodes)  # own level
        self.R = ones(self.nodes)  # input for running
        self.S = ones(self.nodes)  # input for starting
        self.Q = ones(self.nodes)  # min(R, S)
        self.L = ones(self.nodes)  # level
        self.A = ones(self.requirements)  # level of the active members
        self.B = ones(self.requirements)  # level of all members
        self.G = ones(self.requirements)  # after switchover
        self.H = ones(self.requirements)  # after impact
        self.F = ones(self.requirements)  # after the buffer: H' of the definition
        self.ticks = 0
        self.sweeps = 0
        self._loop = None
        while self.ticks < case.horizon:
            self.next_tick()
        self.curves = {node: self.reported(node) for node in self.nodes}

    # The rules

    def own_level(self, node, t):
        """Minimum of the shocks active at t. No edge at or after the horizon is applied: what holds then holds for ever."""
        t = min(t, self.case.horizon - 1)
        level = 1.0
        for shock in self.case.shocks:
            if shock.node == node and shock.onset <= t and (shock.duration is None or t < shock.onset + shock.duration):
                level = min(level, shock.level)
        return level

    def supply(self, requirement, members):
        """Level of some members of the requirement: the k-th highest, or the share of the capacity needed."""
        if requirement.mode == 'quorum':
            levels = sorted((self.L[m.node][-1] for m in members), reverse=True)
            return levels[int(self.needed[requirement]) - 1]
        share = sum(m.capacity * self.L[m.node][-1] for m in members) / self.needed[requirement]
        return 1.0 if share > 1 - EPSILON else share

    def switched(self, requirement):
        """Rule 1: has the standby taken over, that is: A < 1 at every moment of [t - switchover, t]?"""
        return all(a < 1 - EPSILON for a in self.A[requirement][-1 - requirement.switchover:])

    def after_impact(self, requirement, supplied):
        """Rule 2: 1 - impact * (1 - G), written so that a G near 0 keeps its digits: a cycle may lead to 0 in the limit, and what
        rounding leaves there instead would grow in the next cycle with more capacity than it needs."""
        return (1 - requirement.impact) + requirement.impact * supplied

    def after_buffer(self, requirement):
        """Rule 3: the maximum of H over [t - buffer, t]."""
        return max(self.H[requirement][-1 - requirement.buffer:])

    def restart_window(self, node):
        """The minimum of min(R, S) over [t - restart, t]."""
        return min(self.Q[node][-1 - self.case.nodes[node]:])

    def after_restart(self, node):
        """Rule 5."""
        return min(self.R[node][-1], max(self.L[node][-2], self.restart_window(node)))

    def first_guess(self, node):
        """Every tick goes down from 1: that leads to the greatest solution."""
        return 1.0

    def evaluate(self, node):
        for r in self.of[node]:
            self.A[r][-1] = self.supply(r, self.active[r])
            self.B[r][-1] = self.supply(r, self.members[r])
            self.G[r][-1] = self.B[r][-1] if self.switched(r) else self.A[r][-1]
            self.H[r][-1] = self.after_impact(r, self.G[r][-1])
            self.F[r][-1] = self.after_buffer(r)
        self.R[node][-1] = min([self.O[node][-1]] + [self.F[r][-1] for r in self.of[node] if r.needed_for == 'run'])
        self.S[node][-1] = min([1.0] + [self.F[r][-1] for r in self.of[node] if r.needed_for == 'start'])
        self.Q[node][-1] = min(self.R[node][-1], self.S[node][-1])
        self.L[node][-1] = self.after_restart(node)

    def next_tick(self):
        for arrays in (self.A, self.B, self.G, self.H, self.F, self.O, self.R, self.S, self.Q):
            for array in arrays.values():
                array.append(1.0)
        for node in self.nodes:
            self.O[node][-1] = self.own_level(node, self.ticks)
            self.L[node].append(self.first_guess(node))
        for _ in range(self.most_sweeps):
            self.sweeps += 1
            last = {node: self.L[node][-1] for node in self.nodes}
            for node in self.nodes:
                self.evaluate(node)
            if all(self.L[node][-1] == last[node] for node in self.nodes):
                break
        else:
            raise DoesNotSettle(f'tick {self.ticks}')
        self.ticks += 1

    # What is reported

    def at(self, array, t):
        return array[self.before + t]

    def reported(self, node):
        """Changes before the horizon as (tick, level): the level differs from the last one reported, the first being 1."""
        steps, last = [], 1.0
        for t in range(self.case.horizon):
            level = self.at(self.L[node], t)
            if abs(level - last) > EPSILON:
                steps.append((t, level))
                last = level
        return steps

    def reported_levels(self, node):
        """The reported level at every tick before the horizon."""
        changes, levels, last = dict(self.curves[node]), [], 1.0
        for t in range(self.case.horizon):
            last = changes.get(t, last)
            levels.append(last)
        return levels

    # Does it repeat for ever?

    def loop(self):
        """(t, period): from tick t on, at or after the horizon, everything repeats itself with that period.

        What lies further back than the longest delay is forgotten, so two equal stretches of that length have equal futures.
        Values are compared rounded to 12 digits: a swing that dies out geometrically ends there, far below EPSILON.
        """
        if self._loop is None:
            names, seen, columns = {}, {}, []

            def column(t):
                arrays = [*self.L.values(), *self.A.values(), *self.H.values(), *self.Q.values()]
                return names.setdefault(tuple(round(self.at(array, t), 12) for array in arrays), len(names))
            columns = [column(t) for t in range(self.case.horizon - self.before, self.case.horizon)]
            while True:
                state = tuple(columns[-self.before:])
                if state in seen:
                    self._loop = seen[state], self.ticks - seen[state]
                    break
                seen[state] = self.ticks
                if self.ticks > self.case.horizon + self.most_ticks:
                    raise DoesNotSettle(f'no repetition until tick {self.ticks}')
                self.next_tick()
                columns.append(column(self.ticks - 1))
        return self._loop

    def oscillates(self, node, level):
        start, period = self.loop()
        levels = [self.at(self.L[node], t) for t in range(start, start + period)]
        return min(levels) < level - EPSILON and max(levels) - min(levels) > EPSILON

    # Data loss

    def effective_loss(self, requirement, member, loss):
        """A standby counts its replica's lag where an active member has lost data."""
        if member.standby and any(loss[m.node] > 0 for m in self.active[requirement]):
            return loss[member.node] + member.lag
        return loss[member.node]

    def required_loss(self, requirement, loss):
        losses = sorted(self.effective_loss(requirement, m, loss) for m in self.members[requirement])
        return losses[int(self.needed[requirement]) - 1] if requirement.mode == 'quorum' else losses[-1]

    def own_loss(self, node, until):
        return max([0] + [s.data_loss or 0 for s in self.case.shocks
                          if s.node == node and s.onset <= until and s.onset < self.case.horizon])

    def losses(self, until):
        """Data loss of every node from the shocks with onset <= until: up from 0 until nothing changes."""
        most = sum(s.data_loss or 0 for s in self.case.shocks) + sum(m.lag for r in self.requirements for m in r.members)
        loss = {node: 0 for node in self.nodes}
        while True:
            new = {node: max([self.own_loss(node, until)] +
                             [self.required_loss(r, loss) for r in self.of[node] if r.needed_for == 'run'])
                   for node in self.nodes}
            # A finite solution counts no lag twice, so it stays within `most`; what passes that grows for ever.
            new = {node: value if value <= most else math.inf for node, value in new.items()}
            if new == loss:
                break
            loss = new
        unbounded = {node for node in self.nodes if loss[node] == math.inf}
        if unbounded:
            raise LossUnbounded(unbounded)
        return loss

    def loss_breach(self, tolerance):
        onsets = sorted(s.onset for s in self.case.shocks if s.onset < self.case.horizon)
        return next((onset for onset in onsets if self.losses(onset)[tolerance.node] > tolerance.limit), None)

    # Tolerances

    def below(self, tolerance):
        """Per tick before the horizon: is the level below what is tolerated?"""
        return [level < tolerance.level - EPSILON for level in self.reported_levels(tolerance.node)]

    def within_breach(self, tolerance):
        """Start + limit of the first unbroken stretch that lasts longer than the limit."""
        length = 0
        for t, below in enumerate(self.below(tolerance)):
            length = length + 1 if below else 0
            if length > tolerance.limit:
                return t
        return None

    def total_breach(self, tolerance):
        """The moment the time below in the window that ends there exceeds the limit: it is the limit at t and more at t + 1."""
        below = self.below(tolerance)
        for t in range(self.case.horizon):
            if sum(below[max(0, t + 1 - tolerance.window):t + 1]) > tolerance.limit:
                return t
        return None

    def recovered(self, tolerance):
        """The moment from which the level stays good until the horizon."""
        below = self.below(tolerance)
        if not any(below) or below[-1] or self.oscillates(tolerance.node, tolerance.level):
            return None
        return max(t for t in range(self.case.horizon) if below[t]) + 1

    def worst(self, node):
        """(level, first tick at which it is reached or None if the level never fell)."""
        levels = self.reported_levels(node)
        worst = min([1.0] + levels)
        if not self.curves[node]:
            return 1.0, None
        return worst, next(t for t in range(self.case.horizon) if levels[t] <= worst + EPSILON)

    def breach(self, tolerance):
        return {'within': self.within_breach, 'total': self.total_breach, 'loss': self.loss_breach}[tolerance.form](tolerance)

    def verdict(self, tolerance):
        return self.verdict_at(tolerance, self.breach(tolerance))

    def verdict_at(self, tolerance, breached):
        """The verdict, given the tick of the breach."""
        worst, first_worst = self.worst(tolerance.node)
        if self.oscillates(tolerance.node, tolerance.level):
            cause = ['oscillates']
        elif tolerance.form == 'loss' and breached is not None:
            cause = self.loss_cause(tolerance.node, breached)
        elif breached is not None:
            cause = self.level_cause(tolerance.node, breached)
        elif first_worst is not None:
            cause = self.level_cause(tolerance.node, first_worst)
        else:
            cause = None
        return {'breached': breached, 'worst': worst, 'below': sum(self.below(tolerance)), 'recovered': self.recovered(tolerance),
                'loss': self.losses(self.case.horizon - 1)[tolerance.node], 'cause': cause}

    # Causes

    def level_cause(self, node, t):
        """From the node at t to what binds there, and on, until an own shock binds or a node repeats."""
        chain = []
        while node not in chain:
            chain.append(node)
            step = self.binding(node, t)
            if step is None:
                break
            node, t = step
        return chain

    def binding(self, node, t):
        """What gives the node its level at t: the next (node, tick), or None where its own shock does or its level is 1."""
        while True:
            level = self.at(self.L[node], t)
            if level >= 1 - EPSILON:
                return None
            if self.at(self.R[node], t) <= level + EPSILON:
                if self.at(self.O[node], t) <= level + EPSILON:
                    return None
                return self.through(self.lowest([r for r in self.of[node] if r.needed_for == 'run'], t), t)
            window = range(t - self.case.nodes[node], t + 1)
            lowest = min(self.at(self.Q[node], u) for u in window)
            if lowest >= level - EPSILON:
                u = max(u for u in window if self.at(self.Q[node], u) <= lowest + EPSILON)
                if self.at(self.O[node], u) <= lowest + EPSILON:
                    return None
                return self.through(self.lowest(self.of[node], u), u)
            t = max(at for at, _ in self.curves[node] if at <= t)  # the level was held: go back to where it came about

    def lowest(self, requirements, t):
        least = min(self.at(self.F[r], t) for r in requirements)
        return next(r for r in requirements if self.at(self.F[r], t) <= least + EPSILON)  # they are in order of name

    def through(self, requirement, u):
        """From a requirement at u through buffer and switchover to the member that decides: (member, tick)."""
        bridged = self.at(self.F[requirement], u)
        v = max(v for v in range(u - requirement.buffer, u + 1) if self.at(self.H[requirement], v) >= bridged - EPSILON)
        switched = all(self.at(self.A[requirement], w) < 1 - EPSILON for w in range(v - requirement.switchover, v + 1))
        members = self.members[requirement] if switched else self.active[requirement]
        level = {m.node: self.at(self.L[m.node], v) for m in members}
        if requirement.mode == 'quorum':
            kth = sorted(level.values(), reverse=True)[int(self.needed[requirement]) - 1]
            return next(m.node for m in members if abs(level[m.node] - kth) <= EPSILON), v
        most = max(m.capacity * (1 - level[m.node]) for m in members)
        return next(m.node for m in members if m.capacity * (1 - level[m.node]) >= most - EPSILON), v

    def loss_cause(self, node, until):
        loss, chain = self.losses(until), []
        while node not in chain:
            chain.append(node)
            if self.own_loss(node, until) == loss[node]:
                break
            r = next(r for r in self.of[node] if r.needed_for == 'run' and self.required_loss(r, loss) == loss[node])
            node = next(m.node for m in self.members[r] if self.effective_loss(r, m, loss) == loss[node])
        return chain

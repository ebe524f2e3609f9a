"""Deliberately wrong variants of the twin. Each must be caught by the differential test: that proves the test can fail."""

from twin import EPSILON, Outage


class BufferForgetsItsFirstMoment(Outage):
    """the buffer's window (t - buffer, t] instead of [t - buffer, t]"""
    def after_buffer(self, requirement):
        return max(self.H[requirement][-max(1, requirement.buffer):])


class RestartForgetsItsFirstMoment(Outage):
    """the restart's window (t - restart, t] instead of [t - restart, t]"""
    def restart_window(self, node):
        return min(self.Q[node][-max(1, self.case.nodes[node]):])


class SwitchoverForgetsItsFirstMoment(Outage):
    """the switchover's window (t - switchover, t] instead of [t - switchover, t]"""
    def switched(self, requirement):
        return all(a < 1 - EPSILON for a in self.A[requirement][-max(1, requirement.switchover):])


class StandbyAtOnce(Outage):
    """switchover time ignored"""
    def switched(self, requirement):
        return self.A[requirement][-1] < 1 - EPSILON


class StandbyOnlyAtTotalLoss(Outage):
    """the standby waits for A = 0, not for A < 1"""
    def switched(self, requirement):
        return all(a < EPSILON for a in self.A[requirement][-1 - requirement.switchover:])


class LeastSolution(Outage):
    """up from 0 instead of down from 1"""
    def first_guess(self, node):
        return 0.0


class FromTheLastLevels(Outage):
    """every tick goes down from the last levels instead of from 1: stuck when something rises in a cycle"""
    def first_guess(self, node):
        return self.L[node][-1]


class BlipDoesNotRefill(Outage):
    """one tick of supply does not refill the buffer: the second best moment of the window counts"""
    def after_buffer(self, requirement):
        window = sorted(self.H[requirement][-1 - requirement.buffer:])
        return max(window[-2], self.H[requirement][-1]) if len(window) > 1 else window[-1]


class PartialLossDrainsSlower(Outage):
    """a buffer lasts longer when less is lost: its mean counts while anything is left"""
    def after_buffer(self, requirement):
        window = self.H[requirement][-1 - requirement.buffer:]
        return max(window[-1], 1.0 if sum(1 - h for h in window[:-1]) < requirement.buffer - EPSILON else window[-1])


class StartDoesNotBlock(Outage):
    """start requirements ignored"""
    def after_restart(self, node):
        return min(self.R[node][-1], min(self.R[node][-1 - self.case.nodes[node]:]))


class StartIsRun(Outage):
    """start requirements treated as run requirements"""
    def after_restart(self, node):
        return self.restart_window(node)


class LevelNotHeld(Outage):
    """rule 5 without max(L(t-), ...) while the start requirement is lost below 100 %"""
    def after_restart(self, node):
        held = self.L[node][-2] if self.L[node][-2] > 1 - EPSILON else 0.0
        return min(self.R[node][-1], max(held, self.restart_window(node)))


class NextHigherCounts(Outage):
    """quorum: the member after the k-th where there is one"""
    def supply(self, requirement, members):
        if requirement.mode != 'quorum':
            return super().supply(requirement, members)
        levels = sorted((self.L[m.node][-1] for m in members), reverse=True)
        return levels[min(int(self.needed[requirement]), len(levels) - 1)]


class StandbyIsNeededToo(Outage):
    """by default a requirement needs all its members, standby included"""
    def supply(self, requirement, members):
        share = super().supply(requirement, members)
        if requirement.needed:
            return share
        if requirement.mode == 'quorum':
            return min(self.L[m.node][-1] for m in members)
        return share * self.needed[requirement] / sum(m.capacity for m in self.members[requirement])


class ImpactMultiplies(Outage):
    """losses of several requirements multiply instead of the worst counting"""
    def evaluate(self, node):
        super().evaluate(node)
        product = 1.0
        for r in self.of[node]:
            if r.needed_for == 'run':
                product *= self.F[r][-1]
        self.R[node][-1] = min(self.O[node][-1], product)
        self.Q[node][-1] = min(self.R[node][-1], self.S[node][-1])
        self.L[node][-1] = self.after_restart(node)


class ShocksEndLate(Outage):
    """shocks active on [onset, onset + duration]"""
    def own_level(self, node, t):
        return min(super().own_level(node, t), super().own_level(node, max(0, t - 1)) if t < self.case.horizon else 1.0)


class WithinAtTheLimit(Outage):
    """within: a stretch as long as the limit is a breach"""
    def within_breach(self, tolerance):
        found = super().within_breach(tolerance)
        stretch = 0
        for t, below in enumerate(self.below(tolerance)):
            stretch = stretch + 1 if below else 0
            if stretch >= max(1, tolerance.limit):
                return t + 1 if tolerance.limit else t
        return found


class WindowFixed(Outage):
    """in total: windows laid end to end instead of sliding"""
    def total_breach(self, tolerance):
        below = self.below(tolerance)
        for start in range(0, self.case.horizon, tolerance.window):
            count = 0
            for t in range(start, min(start + tolerance.window, self.case.horizon)):
                count += below[t]
                if count > tolerance.limit:
                    return t
        return None


class LagAlwaysCounts(Outage):
    """replica lag counts even where no active member has lost data"""
    def effective_loss(self, requirement, member, loss):
        return loss[member.node] + member.lag if member.standby else loss[member.node]


class LossLargestInQuorum(Outage):
    """data loss of a quorum: the largest instead of the k-th smallest"""
    def required_loss(self, requirement, loss):
        return max(self.effective_loss(requirement, m, loss) for m in requirement.members)


class EarliestCause(Outage):
    """causes: the earliest moment of a restart window instead of the latest"""
    def binding(self, node, t):
        rho = self.case.nodes[node]
        if rho and self.at(self.R[node], t) > self.at(self.L[node], t) + EPSILON:
            window = range(t - rho, t + 1)
            lowest = min(self.at(self.Q[node], u) for u in window)
            u = min(u for u in window if self.at(self.Q[node], u) <= lowest + EPSILON)
            if self.at(self.O[node], u) > lowest + EPSILON:
                return self.through(self.lowest(self.of[node], u), u)
            return None
        return super().binding(node, t)


class NeverOscillates(Outage):
    """a swing that goes on for ever is reported like any other outage"""
    def oscillates(self, node, level):
        return False


ALL = Outage.__subclasses__()

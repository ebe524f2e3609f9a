#!/usr/bin/env python3
"""What the definition of an outage says in words, each sentence as a small case with its answer worked out by hand.

Both the twin and the engine (test/engine/case_runner.c) must give that answer: consequences.py [--twin-only]
Times are ticks. An expectation lists the curve of every node that changes; of a verdict it lists what the sentence is about.
"""

import sys

import engine
from case import Case, Member, Requirement, Shock, Tolerance

CASES = []


def needs(owner, *members, name='r', standby=(), capacity=None, lag=None, **more):
    """owner needs the members; standby: those of them that are; capacity, lag: by code."""
    return Requirement(owner, name, [Member(m, (capacity or {}).get(m, 1.0), m in standby, (lag or {}).get(m, 0)) for m in members],
                       **more)


def hit(node, onset, end, level=0.0, loss=None):
    """A shock in [onset, end); end None = open-ended."""
    return Shock(f'shock{onset}', node, onset, level, None if end is None else end - onset, loss)


def within(node, limit, level=1.0):
    return Tolerance(node, 'within', limit, level)


def total(node, limit, window, level=1.0):
    return Tolerance(node, 'total', limit, level, window)


def loss(node, limit):
    return Tolerance(node, 'loss', limit)


def expect(sentence, restart, requirements, shocks, curves, *verdicts, horizon=40, twin=True):
    """restart: {node: restart}; verdicts: (tolerance, {what: value}) pairs; curves: {node: [(tick, level)]} or an error's name;
    twin: False for what the twin would work at for hours."""
    case = Case(str(len(CASES)), horizon, restart, requirements, shocks, [tolerance for tolerance, _ in verdicts])
    CASES.append((sentence, case, curves, [verdict for _, verdict in verdicts], twin))


# Cycles

K = 0.999999
LOST_OF_C = 0.00001 / (1 - 0.99999 * K * K)

expect('mutual dependence without restart time comes back by itself',
       {'a': 0, 'b': 0}, [needs('a', 'b'), needs('b', 'a')], [hit('a', 2, 5)],
       {'a': [(2, 0), (5, 1)], 'b': [(2, 0), (5, 1)]},
       (within('b', 2), {'breached': 4, 'worst': 0, 'below': 3, 'recovered': 5, 'loss': 0, 'cause': ['b', 'a']}))
expect('with full impact, no buffer and a restart time in the cycle it never does (a restart deadlock)',
       {'a': 1, 'b': 0}, [needs('a', 'b'), needs('b', 'a')], [hit('a', 2, 5)],
       {'a': [(2, 0)], 'b': [(2, 0)]},
       (within('a', 2), {'breached': 4, 'worst': 0, 'below': 38, 'recovered': None, 'cause': ['a']}),
       (within('b', 10), {'breached': 12, 'recovered': None, 'cause': ['b', 'a']}))
expect('a buffer in the cycle that outlasts the outage and the restart prevents the deadlock',
       {'a': 1, 'b': 0}, [needs('a', 'b'), needs('b', 'a', buffer=4)], [hit('a', 2, 5)],
       {'a': [(2, 0), (6, 1)]},
       (within('b', 0), {'breached': None, 'worst': 1, 'below': 0, 'recovered': None, 'cause': None}))
expect('nor does it come back when a start requirement needs the node itself',
       {'a': 1, 'b': 0}, [needs('a', 'b', needed_for='start'), needs('b', 'a')], [hit('a', 2, 5)],
       {'a': [(2, 0)], 'b': [(2, 0)]},
       (within('b', 10), {'breached': 12, 'recovered': None, 'cause': ['b', 'a']}))
expect('with restart 0 the formula lets the start cycle come back: both up is a solution, and the greatest',
       {'a': 0, 'b': 0}, [needs('a', 'b', needed_for='start'), needs('b', 'a')], [hit('a', 2, 5)],
       {'a': [(2, 0), (5, 1)], 'b': [(2, 0), (5, 1)]})
expect('half impact in a cycle with restart: the dip comes back by itself',
       {'a': 2, 'b': 0}, [needs('a', 'b', impact=0.5), needs('b', 'a', impact=0.5)], [hit('a', 0, 4, 0.4)],
       # b loses half of what a lost; a's input never falls below 0.85 for it. After the shock R of a is 0.85 while it restarts, and
       # the echo goes round and halves twice each time it passes a restart of 2.
       {'a': [(0, 0.4), (6, 0.85), (8, 0.9625), (10, 0.990625), (12, 0.99765625)], 'b': [(0, 0.7), (6, 0.925), (8, 0.98125),
                                                                                (10, 0.9953125), (12, 0.998828125)]}, horizon=14)
expect('a cycle without delay settles at the greatest solution: a = (a + 0.5) / 2',
       {'a': 0, 'b': 0, 'c': 0}, [needs('a', 'b', 'c', mode='pool'), needs('b', 'a')], [hit('c', 3, 9, 0.5)],
       {'a': [(3, 0.5), (9, 1)], 'b': [(3, 0.5), (9, 1)], 'c': [(3, 0.5), (9, 1)]},
       (within('a', 2), {'breached': 5, 'cause': ['a', 'b']}))
expect('a cycle without delay whose gain takes everything: a = a / 2',
       {'a': 0, 'b': 0, 'c': 0}, [needs('a', 'b', 'c', mode='pool'), needs('b', 'a')], [hit('c', 3, 9)],
       {'a': [(3, 0), (9, 1)], 'b': [(3, 0), (9, 1)], 'c': [(3, 0), (9, 1)]},
       (within('a', 2), {'breached': 5, 'cause': ['a', 'b']}))
expect('a cycle whose gain is close to 1: a = (999999 a + 0.5) / 1000000',
       {'a': 0, 'b': 0, 'c': 0}, [needs('a', 'b', 'c', mode='pool', capacity={'b': 999999.0}), needs('b', 'a')],
       [hit('c', 3, 9, 0.5)],
       {'a': [(3, 0.5), (9, 1)], 'b': [(3, 0.5), (9, 1)], 'c': [(3, 0.5), (9, 1)]}, twin=False)
expect('a larger cycle whose gain is close to 1, held up by what its members need besides',
       {'a': 0, 'b': 0, 'c': 0, 'd': 0},
       [needs('a', 'b', impact=K), needs('b', 'c', impact=K), needs('c', 'a', 'd', mode='pool', capacity={'a': 99999.0})],
       # With x = 1 - level: a = K b, b = K c, c = (99999 a + 1) / 100000 (K: above).
       [hit('d', 3, 9)],
       {'a': [(3, 1 - K * K * LOST_OF_C), (9, 1)], 'b': [(3, 1 - K * LOST_OF_C), (9, 1)], 'c': [(3, 1 - LOST_OF_C), (9, 1)],
        'd': [(3, 0), (9, 1)]}, twin=False)
expect('buffers in a cycle can oscillate for ever',
       {'a': 3, 'b': 3}, [needs('a', 'b', buffer=3), needs('b', 'a', buffer=3)], [hit('a', 0, 1)],
       {'a': [(0, 0), (4, 1), (6, 0), (10, 1), (12, 0), (16, 1), (18, 0)],
        'b': [(3, 0), (7, 1), (9, 0), (13, 1), (15, 0), (19, 1)]},
       (within('a', 3), {'breached': 3, 'worst': 0, 'below': 14, 'recovered': None, 'cause': ['oscillates']}),
       (within('b', 5), {'breached': None, 'below': 12, 'recovered': None, 'cause': ['oscillates']}), horizon=20)
YEARS = 36500 * 86400  # ticks in 100 years of 365 days
expect('a swing with delays of 100 years dies out after the end of time: still an answer',
       {'a': YEARS, 'b': YEARS}, [needs('a', 'b', buffer=YEARS, impact=0.99), needs('b', 'a', buffer=YEARS)], [hit('a', 0, 1)],
       {'a': [(0, 0)]}, (within('a', 0), {'breached': 0, 'below': YEARS, 'recovered': None, 'cause': ['a']}),
       horizon=YEARS, twin=False)
expect('what swings above the tolerated level does not oscillate below it',
       {'a': 3, 'b': 3, 'c': 0}, [needs('a', 'b', buffer=3), needs('b', 'a', buffer=3), needs('c', 'a', impact=0.25)],
       [hit('a', 0, 1)],
       {'a': [(0, 0), (4, 1), (6, 0)], 'b': [(3, 0), (7, 1)], 'c': [(0, 0.75), (4, 1), (6, 0.75)]},
       (within('c', 0, 0.7), {'breached': None, 'below': 0, 'recovered': None, 'worst': 0.75, 'cause': ['c', 'a']}),
       (within('c', 0, 0.8), {'breached': 0, 'recovered': None, 'cause': ['oscillates']}), horizon=9)

# Buffer

expect('a loss as long as the buffer is not felt',
       {'a': 0, 'b': 0}, [needs('a', 'b', buffer=3)], [hit('b', 2, 5)], {'b': [(2, 0), (5, 1)]},
       (within('a', 0), {'breached': None, 'cause': None}))
expect('a loss shorter than the buffer is not felt',
       {'a': 0, 'b': 0}, [needs('a', 'b', buffer=3)], [hit('b', 2, 4)], {'b': [(2, 0), (4, 1)]})
expect('a longer loss is felt once the buffer is used up',
       {'a': 0, 'b': 0}, [needs('a', 'b', buffer=3)], [hit('b', 2, 6)], {'b': [(2, 0), (6, 1)], 'a': [(5, 0), (6, 1)]},
       (within('a', 0), {'breached': 5, 'below': 1, 'recovered': 6, 'cause': ['a', 'b']}))
expect('a short blip refills the whole buffer',
       {'a': 0, 'b': 0}, [needs('a', 'b', buffer=3)], [hit('b', 0, 3), hit('b', 4, 7)], {'b': [(0, 0), (3, 1), (4, 0), (7, 1)]})
expect('half a loss drains it no slower',
       {'a': 0, 'b': 0}, [needs('a', 'b', buffer=3)], [hit('b', 2, 9, 0.5)],
       {'b': [(2, 0.5), (9, 1)], 'a': [(5, 0.5), (9, 1)]})
expect('the buffer delays every fall, the second one too',
       {'a': 0, 'b': 0}, [needs('a', 'b', buffer=3)], [hit('b', 0, 6, 0.5), hit('b', 6, 12)],
       {'b': [(0, 0.5), (6, 0), (12, 1)], 'a': [(3, 0.5), (9, 0), (12, 1)]})

# Restart

expect('two dips no further apart than the restart time merge',
       {'a': 3}, [], [hit('a', 0, 2), hit('a', 5, 7)], {'a': [(0, 0), (10, 1)]})
expect('two dips further apart do not',
       {'a': 3}, [], [hit('a', 0, 2), hit('a', 6, 8)], {'a': [(0, 0), (5, 1), (6, 0), (11, 1)]})
expect('a partial dip costs the full restart',
       {'a': 4}, [], [hit('a', 2, 3, 0.5)], {'a': [(2, 0.5), (7, 1)]})
expect('every rise waits for the restart',
       {'a': 3}, [], [hit('a', 0, 2), hit('a', 2, 6, 0.5)], {'a': [(0, 0), (5, 0.5), (9, 1)]})
expect('restarts add up along a chain',
       {'a': 3, 'b': 2, 'c': 1}, [needs('a', 'b'), needs('b', 'c')], [hit('c', 2, 3)],
       {'c': [(2, 0), (4, 1)], 'b': [(2, 0), (6, 1)], 'a': [(2, 0), (9, 1)]},
       # At 5 a is down because b is; b restarts because c was down at 3; c restarted then, after its shock in [2, 3).
       (within('a', 3), {'breached': 5, 'recovered': 9, 'cause': ['a', 'b', 'c']}))
expect('the cause lies back in the restart window',
       {'a': 5, 'b': 0, 'c': 0}, [needs('a', 'b', name='2'), needs('a', 'c', name='1')], [hit('b', 2, 4), hit('c', 1, 3)],
       {'a': [(1, 0), (9, 1)], 'b': [(2, 0), (4, 1)], 'c': [(1, 0), (3, 1)]},
       (within('a', 4), {'breached': 5, 'cause': ['a', 'b']}), (within('a', 1), {'breached': 2, 'cause': ['a', 'c']}))

# Start requirements

expect('a running node does not mind the loss of what it needs to start',
       {'a': 0, 's': 0}, [needs('a', 's', needed_for='start')], [hit('s', 2, 10)], {'s': [(2, 0), (10, 1)]})
expect('a node that is down cannot come back without it',
       {'a': 0, 's': 0}, [needs('a', 's', needed_for='start')], [hit('s', 2, 10), hit('a', 4, 6)],
       {'s': [(2, 0), (10, 1)], 'a': [(4, 0), (10, 1)]},
       (within('a', 3), {'breached': 7, 'recovered': 10, 'cause': ['a', 's']}), (within('a', 1), {'breached': 5, 'cause': ['a']}))
expect('the restart begins when run and start requirements are both there',
       {'a': 3, 's': 0}, [needs('a', 's', needed_for='start')], [hit('s', 2, 10), hit('a', 4, 6)],
       {'s': [(2, 0), (10, 1)], 'a': [(4, 0), (13, 1)]})
expect('what is half up stays half up: it cannot rise, but it need not fall',
       {'a': 0, 's': 0}, [needs('a', 's', needed_for='start')], [hit('s', 2, 10), hit('a', 4, 6, 0.5)],
       {'s': [(2, 0), (10, 1)], 'a': [(4, 0.5), (10, 1)]},
       (within('a', 3), {'breached': 7, 'cause': ['a']}))
expect('a buffer covers a start requirement too',
       {'a': 0, 's': 0}, [needs('a', 's', needed_for='start', buffer=4)], [hit('s', 2, 10), hit('a', 4, 5)],
       {'s': [(2, 0), (10, 1)], 'a': [(4, 0), (5, 1)]})

# Quorum, pool, impact

expect('two of three: one lost is not felt, then the second highest counts',
       {'a': 0, 'x': 0, 'y': 0, 'z': 0}, [needs('a', 'x', 'y', 'z', needed=2)], [hit('x', 2, 20, 0.3), hit('y', 6, 10, 0.6)],
       {'x': [(2, 0.3), (20, 1)], 'y': [(6, 0.6), (10, 1)], 'a': [(6, 0.6), (10, 1)]},
       (within('a', 1), {'breached': 7, 'worst': 0.6, 'cause': ['a', 'y']}))
expect('by default all active members are needed',
       {'a': 0, 'x': 0, 'y': 0}, [needs('a', 'x', 'y')], [hit('y', 2, 4, 0.3)],
       {'y': [(2, 0.3), (4, 1)], 'a': [(2, 0.3), (4, 1)]})
expect('capacities add up, at most to what is needed',
       {'a': 0, 'x': 0, 'y': 0}, [needs('a', 'x', 'y', mode='pool', needed=4.0, capacity={'x': 3.0, 'y': 2.0})],
       [hit('x', 2, 5), hit('y', 8, 9), hit('y', 12, 13, 0.5)],
       {'x': [(2, 0), (5, 1)], 'y': [(8, 0), (9, 1), (12, 0.5), (13, 1)], 'a': [(2, 0.5), (5, 1), (8, 0.75), (9, 1)]},
       (within('a', 2, 0.6), {'breached': 4, 'below': 3, 'cause': ['a', 'x']}))
expect('by default a pool needs the capacity of its active members; the largest loss decides',
       {'a': 0, 'x': 0, 'y': 0}, [needs('a', 'x', 'y', mode='pool', capacity={'x': 3.0, 'y': 2.0})],
       [hit('x', 2, 5, 0.5), hit('y', 2, 5)],
       {'x': [(2, 0.5), (5, 1)], 'y': [(2, 0), (5, 1)], 'a': [(2, 0.3), (5, 1)]},
       (within('a', 2), {'breached': 4, 'cause': ['a', 'y']}))
expect('a pool within 1e-9 of what is needed is full: ten tenths are one',
       {'a': 0, **{f'x{i}': 0 for i in range(10)}},
       [needs('a', *(f'x{i}' for i in range(10)), mode='pool', needed=1.0, capacity={f'x{i}': 0.1 for i in range(10)})],
       [hit('x3', 2, 5)], {'x3': [(2, 0), (5, 1)], 'a': [(2, 0.9), (5, 1)]})
expect('impact is the share lost when all is lost; the worst requirement counts, not the product',
       {'a': 0, 'x': 0, 'y': 0}, [needs('a', 'x', name='1', impact=0.4), needs('a', 'y', name='2', impact=0.7)],
       [hit('x', 2, 8), hit('y', 4, 6, 0.5)],
       {'x': [(2, 0), (8, 1)], 'y': [(4, 0.5), (6, 1)], 'a': [(2, 0.6), (8, 1)]},
       (within('a', 3), {'breached': 5, 'worst': 0.6, 'cause': ['a', 'x']}))
expect('ties go by name and by code',
       {'a': 0, 'x': 0, 'y': 0, 'v': 0, 'w': 0}, [needs('a', 'x', 'y', name='2'), needs('a', 'w', 'v', name='10')],
       [hit('v', 2, 8), hit('w', 2, 8), hit('x', 2, 8), hit('y', 2, 8)],
       {node: [(2, 0), (8, 1)] for node in 'avwxy'},
       (within('a', 3), {'breached': 5, 'cause': ['a', 'v']}))

# Standby

expect('standby joins after the switchover time',
       {'a': 0, 'x': 0, 'y': 0}, [needs('a', 'x', 'y', standby='y', switchover=4)], [hit('x', 2, 20)],
       {'x': [(2, 0), (20, 1)], 'a': [(2, 0), (6, 1)]},
       (within('a', 3), {'breached': 5, 'recovered': 6, 'cause': ['a', 'x']}))
expect('a moment of recovery sends the standby back',
       {'a': 0, 'x': 0, 'y': 0}, [needs('a', 'x', 'y', standby='y', switchover=4)], [hit('x', 2, 8), hit('x', 9, 20)],
       {'x': [(2, 0), (8, 1), (9, 0), (20, 1)], 'a': [(2, 0), (6, 1), (9, 0), (13, 1)]})
expect('half a loss calls the standby too; carrying load, it can fail itself',
       {'a': 0, 'x': 0, 'y': 0}, [needs('a', 'x', 'y', standby='y', switchover=4)], [hit('x', 2, 20, 0.5), hit('y', 10, 12, 0.2)],
       {'x': [(2, 0.5), (20, 1)], 'y': [(10, 0.2), (12, 1)], 'a': [(2, 0.5), (6, 1), (10, 0.5), (12, 1)]})
expect('a standby that has taken over decides with all the others',
       {'a': 0, 'x': 0, 'y': 0}, [needs('a', 'x', 'y', standby='y', switchover=1)], [hit('x', 2, 20), hit('y', 5, 12, 0.2)],
       {'x': [(2, 0), (20, 1)], 'y': [(5, 0.2), (12, 1)], 'a': [(2, 0), (3, 1), (5, 0.2), (12, 1)]},
       (within('a', 3), {'breached': 8, 'cause': ['a', 'y']}))
expect('standby that shares the failed supplier does not help',
       {'a': 0, 'p': 0, 'x': 0, 'y': 0}, [needs('a', 'x', 'y', standby='y'), needs('x', 'p'), needs('y', 'p')], [hit('p', 0, 5)],
       {node: [(0, 0), (5, 1)] for node in 'apxy'},
       (within('a', 4), {'breached': 4, 'cause': ['a', 'x', 'p']}))
expect('standby capacity tops up a pool',
       {'a': 0, 'x': 0, 'y': 0, 'z': 0},
       [needs('a', 'x', 'y', 'z', mode='pool', standby='z', capacity={'x': 3.0, 'y': 1.0, 'z': 2.0}, switchover=2)],
       [hit('x', 2, 9)],
       {'x': [(2, 0), (9, 1)], 'a': [(2, 0.25), (4, 0.75), (9, 1)]})

# Shocks and the horizon

expect('without a shock nothing happens',
       {'a': 0, 'b': 2}, [needs('a', 'b')], [], {},
       (within('a', 0), {'breached': None, 'worst': 1, 'below': 0, 'recovered': None, 'loss': 0, 'cause': None}))
expect('own level: the minimum of the shocks active',
       {'a': 0}, [], [hit('a', 0, 10, 0.5), hit('a', 4, 6, 0.2), hit('a', 8, 14, 0.5)],
       {'a': [(0, 0.5), (4, 0.2), (6, 0.5), (14, 1)]})
expect('a shock that lasts past the horizon is not recovered',
       {'a': 0}, [], [hit('a', 35, 45)], {'a': [(35, 0)]}, (within('a', 3), {'breached': 38, 'below': 5, 'recovered': None}))
expect('nor is one that ends at the horizon',
       {'a': 0}, [], [hit('a', 35, 40)], {'a': [(35, 0)]}, (within('a', 4), {'breached': 39, 'below': 5, 'recovered': None}),
       (within('a', 5), {'breached': None, 'cause': ['a']}))
expect('an open-ended shock never ends',
       {'a': 0}, [], [hit('a', 3, None)], {'a': [(3, 0)]}, (within('a', 3), {'breached': 6, 'below': 37, 'recovered': None}))
expect('shocks with onset at or after the horizon do nothing, to data neither',
       {'a': 0}, [], [hit('a', 40, 45, loss=3), hit('a', 41, None)], {},
       (loss('a', 0), {'breached': None, 'loss': 0, 'cause': None}))
expect('a level that differs by no more than 1e-9 from the last one reported is no change',
       {'a': 0, 'b': 0}, [], [hit('a', 3, 6, 1 - 5e-10), hit('b', 3, 6, 1 - 2e-9)], {'b': [(3, 1 - 2e-9), (6, 1)]},
       (within('a', 0), {'breached': None, 'below': 0}), (within('b', 0), {'breached': 3, 'below': 3, 'recovered': 6}))

# Tolerances

expect('within: a stretch as long as the limit is no breach',
       {'a': 0}, [], [hit('a', 2, 5), hit('a', 10, 14)], {'a': [(2, 0), (5, 1), (10, 0), (14, 1)]},
       (within('a', 3), {'breached': 13, 'below': 7, 'recovered': 14}), (within('a', 4), {'breached': None, 'recovered': 14}),
       (within('a', 0), {'breached': 2}))
expect('below the tolerated level, not at it',
       {'a': 0}, [], [hit('a', 2, 5, 0.8), hit('a', 10, 14, 0.75)], {'a': [(2, 0.8), (5, 1), (10, 0.75), (14, 1)]},
       (within('a', 0, 0.8), {'breached': 10, 'below': 4, 'worst': 0.75, 'recovered': 14}),
       (within('a', 0, 0.75), {'breached': None, 'below': 0, 'recovered': None, 'cause': ['a']}))
expect('in total: time below inside some window of that length',
       {'a': 0}, [], [hit('a', 0, 2), hit('a', 5, 7), hit('a', 10, 12)], {'a': [(0, 0), (2, 1), (5, 0), (7, 1), (10, 0), (12, 1)]},
       (total('a', 3, 10), {'breached': 6}), (total('a', 3, 7), {'breached': 6}), (total('a', 3, 6), {'breached': None}),
       (total('a', 5, 12), {'breached': 11}), (total('a', 6, 12), {'breached': None}), (total('a', 0, 12), {'breached': 0}))

# Data loss

LOST = {'op': [(3, 0), (9, 1)], 'db': [(3, 0), (9, 1)]}
expect('data loss: of one good copy the best counts; a standby is behind by its lag where an active one has lost data',
       {'op': 0, 'db': 0, 'rep': 0}, [needs('op', 'db', 'rep', standby=('rep',), lag={'rep': 2}, switchover=9)],
       [hit('db', 3, 9, loss=5)],
       LOST, (loss('op', 1), {'breached': 3, 'loss': 2, 'recovered': 9, 'below': 6, 'cause': ['op', 'rep']}),
       (loss('op', 2), {'breached': None, 'loss': 2, 'cause': ['op', 'db']}),
       (loss('db', 4), {'breached': 3, 'loss': 5, 'cause': ['db']}))
expect('a pool loses what its worst member lost',
       {'op': 0, 'db': 0, 'rep': 0}, [needs('op', 'db', 'rep', mode='pool', standby=('rep',), lag={'rep': 2}, switchover=9)],
       [hit('db', 3, 9, loss=5)], LOST, (loss('op', 1), {'breached': 3, 'loss': 5, 'cause': ['op', 'db']}))
expect('without a loss of the active one the lag does not count',
       {'op': 0, 'db': 0, 'rep': 0}, [needs('op', 'db', 'rep', mode='pool', standby=('rep',), lag={'rep': 2})],
       [Shock('x', 'rep', 3, 0.0, 0, 4), hit('db', 3, 9)], {'db': [(3, 0), (9, 1)]}, (loss('op', 3), {'breached': 3, 'loss': 4}))
expect('two of three copies: the second smallest loss',
       {'op': 0, 'x': 0, 'y': 0, 'z': 0}, [needs('op', 'x', 'y', 'z', needed=2)],
       [Shock('1', 'x', 2, 0.0, 0, 7), Shock('2', 'y', 5, 0.0, 0, 3), Shock('3', 'z', 8, 0.0, 0, 9)], {},
       (loss('op', 2), {'breached': 5, 'loss': 7, 'worst': 1, 'below': 0, 'recovered': None, 'cause': ['op', 'y']}),
       (loss('op', 6), {'breached': 8, 'cause': ['op', 'x']}), (loss('op', 7), {'breached': None, 'cause': None}))
expect('a start requirement hands on no loss of data; buffer and impact do not lessen it',
       {'op': 0, 'db': 0, 'up': 0}, [needs('op', 'db', needed_for='start'), needs('up', 'db', buffer=30, impact=0.5)],
       [hit('db', 3, 9, loss=5)], {'db': [(3, 0), (9, 1)]},
       (loss('op', 0), {'breached': None, 'loss': 0}), (loss('up', 0), {'breached': 3, 'loss': 5, 'cause': ['up', 'db']}))
expect('in a cycle the least solution counts',
       {'a': 0, 'b': 0}, [needs('a', 'b'), needs('b', 'a')], [Shock('x', 'b', 3, 0.0, 0, 3)], {},
       (loss('a', 2), {'breached': 3, 'loss': 3, 'cause': ['a', 'b']}))
expect('lag on a cycle makes the loss grow without end: an error, no answer',
       {'a': 0, 'b': 0, 'c': 0}, [needs('a', 'b', 'c', mode='pool', standby=('c',), lag={'c': 1}), needs('c', 'a')],
       [hit('b', 3, 9, loss=1)], 'LOSS_UNBOUNDED', (loss('a', 2), {}))


def check(answer, curves, verdicts):
    """What is wrong with an answer, or None."""
    if isinstance(curves, str):
        return None if answer.get('error', [''])[0] == curves else f'expected error {curves}, got {answer}'
    if 'error' in answer:
        return str(answer)
    expected = {'curves': curves, 'verdicts': [{**got, **verdict} for got, verdict in zip(answer['verdicts'], verdicts)]}
    return engine.difference(expected, answer)


def main():
    for_twin = [case for case in CASES if case[-1]]
    asked = [('twin', for_twin, [engine.twin_answer(case)[0] for _, case, *_ in for_twin])]
    if '--twin-only' not in sys.argv[1:]:
        asked.append(('engine', CASES, engine.engine_answers([case for _, case, *_ in CASES], engine.build())))
    failed = 0
    for who, cases, answers in asked:
        for (sentence, case, curves, verdicts, _), answer in zip(cases, answers, strict=True):
            wrong = check(answer, curves, verdicts)
            if wrong:
                failed += 1
                print(f'not ok: {who}: {sentence}\n  {wrong}\n{engine.write(case)}')
    print(f'{sum(len(cases) for _, cases, _ in asked) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/env python3
"""quantile() and mean() of duration distributions, against the standard library and numeric integration."""
import math
import os
import random
import subprocess
import sys
from statistics import NormalDist

SEED = int(os.environ.get("SEED", "20261121"))
LONGEST = 36500 * 86400 * 10**6
HOUR = 3600 * 10**6
PROBABILITIES = [1e-12, 1e-6, 0.001, 0.01, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.6, 0.75, 0.9, 0.95, 0.99, 0.999, 1 - 1e-6, 1 - 1e-12]
passed = failed = 0


def check(holds, what):
    global passed, failed
    passed += bool(holds)
    if not holds:
        failed += 1
        print("not so: " + what)


def integral(f, low, high):
    """Tanh-sinh quadrature: good to about 1e-13 even where f has an end without derivative."""
    middle, half, step, total = (low + high) / 2, (high - low) / 2, 1 / 64, 0.0
    for i in range(-280, 281):
        t = i * step
        s = math.pi / 2 * math.sinh(t)
        x, weight = math.tanh(s), math.pi / 2 * math.cosh(t) / math.cosh(s) ** 2
        if abs(x) < 1:
            total += weight * f(middle + half * x)
    return total * half * step


def beta_below(x, a, b):
    """The share of a beta distribution below x."""
    scale = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))
    if x > 0.5:
        return 1 - beta_below(1 - x, b, a)
    return scale * integral(lambda t: t ** (a - 1) * (1 - t) ** (b - 1), 0, x)


def expected_below(kind, p, x):
    """The share of the distribution at most x long."""
    a, b, c = (p + [0, 0])[:3]
    if kind == "uniform":
        return (x - a) / (b - a)
    if kind == "triangular":
        return (x - a) ** 2 / ((c - a) * (b - a)) if x < b else 1 - (c - x) ** 2 / ((c - a) * (c - b)) if x < c else 1
    if kind == "pert":
        shape = 1 + 4 * (b - a) / (c - a)
        return beta_below((x - a) / (c - a), shape, 6 - shape)
    if kind == "exponential":
        return -math.expm1(-x / a)
    sigma = math.log(b / a) / NormalDist().inv_cdf(0.95)
    return NormalDist(math.log(a), sigma).cdf(math.log(x)) if x > 0 else 0


def expected_mean(kind, p):
    if kind == "uniform":
        return (p[0] + p[1]) / 2
    if kind == "triangular":
        return sum(p) / 3
    if kind == "pert":
        return (p[0] + 4 * p[1] + p[2]) / 6
    if kind == "exponential":
        return p[0]
    sigma = math.log(p[1] / p[0]) / NormalDist().inv_cdf(0.95)
    return p[0] * math.exp(sigma ** 2 / 2)


def text_of(kind, p):
    labels = {"exponential": ["mean "], "lognormal": ["median ", "p95 "]}.get(kind, [""] * 3)
    return f"{kind}({', '.join(label + str(value) + 'us' for label, value in zip(labels, p))})"


def random_distribution(rng):
    kind = rng.choice(["uniform", "triangular", "pert", "exponential", "lognormal"])
    unit = rng.choice([HOUR, 24 * HOUR, 10**9])
    p = sorted(rng.sample(range(1, 30 * unit), {"exponential": 1, "uniform": 2, "lognormal": 2}.get(kind, 3)))
    if kind in ("triangular", "pert") and rng.random() < 0.3:
        p[1] = rng.choice([p[0], p[2]])
    if kind == "lognormal":
        p[1] = p[0] + 1 + int(p[0] * rng.choice([0.01, 1, 5, 50]))
    return kind, p


def main():
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    distributions = [random_distribution(rng) for _ in range(200)]
    script = ["CREATE EXTENSION opres;", "CREATE TEMP TABLE d (number int, d opres.duration_distribution);", "COPY d FROM stdin;"]
    script += [f"{number}\t{text_of(*d)}" for number, d in enumerate(distributions)] + ["\\."]
    script += ["SELECT number, (extract(epoch FROM opres.mean(d)) * 1000000)::bigint, string_agg((extract(epoch FROM",
               "  opres.quantile(d, p)) * 1000000)::bigint::text, ',' ORDER BY place) FROM d,",
               f"  unnest(ARRAY{[float(p) for p in PROBABILITIES]}::float8[]) WITH ORDINALITY AS q (p, place)",
               "GROUP BY number, d ORDER BY number;"]
    output = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"], input="\n".join(script), text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    lines = output.splitlines()
    check(len(lines) == len(distributions), "an answer for every distribution")
    for (kind, p), line in zip(distributions, lines):
        _, mean, quantiles = line.split("|")
        text = text_of(kind, p)
        check(abs(int(mean) - expected_mean(kind, p)) <= 0.51 + 1e-12 * expected_mean(kind, p), f"{text}: mean {mean}")
        quantiles = [int(q) for q in quantiles.split(",")]
        check(quantiles == sorted(quantiles), f"{text}: quantiles grow")
        for probability, quantile in zip(PROBABILITIES, quantiles):
            # Rounded to the microsecond: the probability lies between those of half a microsecond less and more.
            low, high = (min(max(quantile + d, p[0] if kind in ("uniform", "triangular", "pert") else 0),
                             p[-1] if kind in ("uniform", "triangular", "pert") else LONGEST) for d in (-0.51, 0.51))
            # The longest duration stands for all that would be longer.
            below, above = expected_below(kind, p, low), 1 if quantile == LONGEST else expected_below(kind, p, high)
            check(below <= probability * (1 + 1e-9) + 1e-15 and above >= probability * (1 - 1e-9) - 1e-15
                  and 1 - above <= (1 - probability) * (1 + 1e-3) + 1e-12,
                  f"{text}: quantile {probability}: {quantile} (between {below} and {above})")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())

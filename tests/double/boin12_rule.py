"""BOIN12 again, one state at a time and from the words of the paper: floating point, brute force, no table."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import comb, log
from typing import NamedTuple

from scipy.stats import beta

Triple = tuple[int, int, int]
SAME = 1e-10


class Rule(NamedTuple):
    """Limits, utilities from 0 to 100, and the guards."""

    phi_t: float
    phi_e: float
    u: tuple[float, float, float, float]
    levels: int
    total: int
    per_level: int
    fewest: int
    cohort: int = 3
    n_star: int = 6
    untried_from: int | None = 9
    c_t: float = 0.95
    c_e: float = 0.90


@cache
def lambdas(phi: float) -> tuple[float, float]:
    low, high = 0.6 * phi, 1.4 * phi
    escalate = log((1 - low) / (1 - phi)) / log(phi * (1 - low) / (low * (1 - phi)))
    return escalate, log((1 - phi) / (1 - high)) / log(high * (1 - phi) / (phi * (1 - high)))


def events(rule: Rule, n: int, y: int, e: int) -> Fraction:
    """Utility if outcomes add up: every response is worth u1 - u2, every DLT costs u1 - u3."""
    u1, u2, u3, _ = (Fraction(str(u)) for u in rule.u)
    return (n * u2 + e * (u1 - u2) - y * (u1 - u3)) / 100


@cache
def mean(rule: Rule, n: int, y: int, e: int) -> Fraction:
    """Posterior mean utility."""
    return (1 + events(rule, n, y, e)) / (2 + n)


@cache
def score(rule: Rule, n: int, y: int, e: int) -> float:
    """Pr(u > u_b)."""
    u1, u2, u3, u4 = rule.u
    t, r = rule.phi_t, rule.phi_e
    worst = u1 * (1 - t) * r + u2 * (1 - t) * (1 - r) + u3 * t * r + u4 * t * (1 - r)
    x = float(events(rule, n, y, e))
    return float(beta.sf((worst + (100 - worst) / 2) / 100, 1 + x, 1 + n - x))


@cache
def tail(limit: float, n: int, k: int) -> float:
    """Pr(p > limit) after k of n with a uniform prior."""
    return sum(comb(n + 1, i) * limit**i * (1 - limit) ** (n + 1 - i) for i in range(k + 1))


@cache
def is_toxic(rule: Rule, n: int, y: int) -> bool:
    return tail(rule.phi_t, n, y) >= rule.c_t


@cache
def is_futile(rule: Rule, n: int, e: int) -> bool:
    return 1 - tail(rule.phi_e, n, e) >= rule.c_e


@cache
def mtd(phi: str, pairs: tuple[tuple[int, int], ...]) -> int:
    """Place of the closest isotonic estimate, by the max-min formula on exact fractions."""
    a = [Fraction(20 * y + 1, 20) for _, y in pairs]
    t = [Fraction(10 * n + 1, 10) for n, _ in pairs]
    means = [x / m for x, m in zip(a, t, strict=True)]
    weight = [m * m * (m + 1) / (x * (m - x)) for x, m in zip(a, t, strict=True)]

    def average(i: int, j: int) -> Fraction:
        return sum((means[k] * weight[k] for k in range(i, j + 1)), Fraction(0)) / sum(weight[i : j + 1])

    size, target = len(pairs), Fraction(phi)
    fitted = [max(min(average(i, j) for j in range(k, size)) for i in range(k + 1)) for k in range(size)]
    least = min(abs(value - target) for value in fitted)
    nearest = [k for k in range(size) if abs(fitted[k] - target) == least]
    lowest = fitted[nearest[0]]
    same = [k for k in nearest if fitted[k] == lowest]
    return same[-1] if lowest < target else same[0]


def open_levels(rule: Rule, state: Sequence[Triple]) -> int:
    for k, (n, y, _) in enumerate(state):
        if is_toxic(rule, n, y):
            return k
    return rule.levels


def obd(rule: Rule, state: Sequence[Triple]) -> int:
    """Level from 1, 0 for none."""
    tried = [k for k in range(open_levels(rule, state)) if state[k][0]]
    if not tried:
        return 0
    top = tried[mtd(str(rule.phi_t), tuple(state[k][:2] for k in tried))]
    good = [k for k in tried if k <= top and not is_futile(rule, state[k][0], state[k][2])]
    good = [k for k in good if state[k][0] >= rule.fewest] or good
    best, at = Fraction(-1), 0
    for k in good:
        value = mean(rule, *state[k])
        if value > best:
            best, at = value, k + 1
    return at


def step(rule: Rule, state: Sequence[Triple], level: int) -> tuple[str, int, int]:
    """What follows: ("treat", level, size), ("select", OBD or 0, 0) or ("stop", 0, 0)."""
    total, top = sum(n for n, _, _ in state), open_levels(rule, state)
    if top == 0:
        return "stop", 0, 0
    if total >= rule.total:
        return "select", obd(rule, state), 0
    n, y, _ = state[level - 1]
    low, high = lambdas(rule.phi_t)
    toxic = n > 0 and y / n >= high
    if level <= top and n < rule.cohort and not (toxic and y > 1):
        return treat(rule, state, level, total)
    ok = [k + 1 for k in range(top) if not is_futile(rule, state[k][0], state[k][2])]
    lower, higher = [k for k in ok if k < level], [k for k in ok if k > level]
    if toxic or level > top:
        if lower:
            return treat(rule, state, lower[-1], total)
        return treat(rule, state, level, total) if level in ok else ("stop", 0, 0)
    if rule.untried_from and n >= rule.untried_from and higher and state[higher[0] - 1][0] == 0:
        return treat(rule, state, higher[0], total)
    may = lower[-1:] + ([level] if level in ok else [])
    if not (y / n > low and n >= rule.n_star):
        may += higher[:1]
    if not may:
        return "stop", 0, 0
    best = may[0]
    for k in may[1:]:
        if score(rule, *state[k - 1]) >= score(rule, *state[best - 1]) - SAME:
            best = k
    return treat(rule, state, best, total)


def treat(rule: Rule, state: Sequence[Triple], level: int, total: int) -> tuple[str, int, int]:
    n = state[level - 1][0]
    fresh = n < rule.cohort and all(m == 0 for m, _, _ in state[level:])
    size = min(rule.cohort - n if fresh else rule.cohort, rule.total - total, rule.per_level - n)
    return ("treat", level, size) if size > 0 else ("select", obd(rule, state), 0)


def walk(rule: Rule) -> dict[tuple[tuple[Triple, ...], int], tuple[float, tuple[str, int, int]]]:
    """Every state that is reached from level 1, with its number of ways and what follows."""
    found: dict[tuple[tuple[Triple, ...], int], tuple[float, tuple[str, int, int]]] = {}
    waiting: dict[tuple[tuple[Triple, ...], int], float] = {(((0, 0, 0),) * rule.levels, 1): 1.0}
    while waiting:
        after: dict[tuple[tuple[Triple, ...], int], float] = {}
        for (state, level), ways in waiting.items():
            kind, to, size = follows = step(rule, state, level)
            found[state, level] = ways, follows
            if kind != "treat":
                continue
            n, y, e = state[to - 1]
            for dy in range(size + 1):
                for de in range(size + 1):
                    grown = (*state[: to - 1], (n + size, y + dy, e + de), *state[to:])
                    key = grown, to
                    after[key] = after.get(key, 0.0) + ways * comb(size, dy) * comb(size, de)
        waiting = after
    return found

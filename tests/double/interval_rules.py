"""The interval and counting rules again, in floating point and from their papers' formulas.

E escalate, S stay, D de-escalate, X de-escalate and close the level; for y with a DLT out of n. Written from
Liu, Wang and Ji (2020), Ji, Li and Bekele (2007), Ji, Liu, Li and Bekele (2010), Guo et al. (2017), Storer (1989)
and Skolnik et al. (2008). Where masses that speak for different moves come within 1e-9 of each other the answer is "?".
"""

from collections.abc import Sequence
from math import comb, sqrt

from scipy.special import betainc


def is_excluded(n: int, y: int, target: float, cutoff: float = 0.95) -> bool:
    """Whether the rate exceeds the target with more than the cutoff; from three participants on."""
    return n >= 3 and 1 - _mass_below(target, n, y) > cutoff


def _mass_below(p: float, n: int, y: int) -> float:
    """The mass of Beta(1 + y, 1 + n - y) below p: more than y successes in n + 1 tries."""
    return sum(comb(n + 1, k) * p**k * (1 - p) ** (n + 1 - k) for k in range(y + 1, n + 2))


def i3_plus_3(n: int, y: int, low: float, high: float) -> str:
    """The i3+3 with a small allowance, so that 0.3 of 10 is 3."""
    slack = 1e-9
    if y < low * n - slack:
        return "E"
    if y <= high * n + slack:
        return "S"
    return "S" if y - 1 < low * n - slack else "D"


def _strongest(edges: Sequence[float], n: int, y: int, target_place: int) -> str:
    below = [_mass_below(edge, n, y) for edge in edges]
    heights = [(below[k + 1] - below[k]) / (edges[k + 1] - edges[k]) for k in range(len(edges) - 1)]
    near = [place for place, height in enumerate(heights) if height > max(heights) - 1e-9]
    moves = {"S" if place == target_place else "E" if place < target_place else "D" for place in near}
    return moves.pop() if len(moves) == 1 else "?"


def mtpi(n: int, y: int, low: float, high: float) -> str:
    """The three unit probability masses."""
    return _strongest([0, low, high, 1], n, y, 1)


def mtpi_2(n: int, y: int, low: float, high: float) -> str:
    """Intervals as wide as the target's, what is left at the ends by its own width."""
    width = high - low
    edges = [low]
    while edges[0] - width > 1e-9:
        edges.insert(0, edges[0] - width)
    if edges[0] > 1e-9:
        edges.insert(0, 0.0)
    place = len(edges) - 1
    edges.append(high)
    while edges[-1] + width < 1 - 1e-9:
        edges.append(edges[-1] + width)
    if edges[-1] < 1 - 1e-9:
        edges.append(1.0)
    return _strongest(edges, n, y, place)


def tpi(n: int, y: int, target: float, k1: float, k2: float) -> str:
    """The three masses around target - k2 sd and target + k1 sd."""
    a, b = 0.005 + y, 0.005 + n - y
    sd = sqrt(a * b / (a + b + 1)) / (a + b)
    low, high = max(target - k2 * sd, 0), min(target + k1 * sd, 1)
    masses = {
        "E": float(betainc(a, b, low)),
        "S": float(betainc(a, b, high) - betainc(a, b, low)),
        "D": float(1 - betainc(a, b, high)),
    }
    ranked = sorted(masses, key=masses.__getitem__)
    return "?" if masses[ranked[2]] - masses[ranked[1]] < 1e-9 else ranked[2]


def three_plus_three(n: int, y: int) -> str:
    """At three and six participants; other counts are completed first, unless two DLTs have settled it."""
    if n <= 6 and y >= 2:
        return "X"
    return {(3, 0): "E", (6, 0): "E", (6, 1): "E"}.get((n, y), "S")


def rolling_six(n: int, y: int) -> str:
    """With every window complete: without a DLT from three on, with one at six."""
    if y >= 2:
        return "X"
    return "E" if (y == 0 and n >= 3) or n == 6 else "S"

"""Second implementation of the area under a sampled level: quadrature of the curve itself.

The curve is written point by point (a straight line up, an exponential down, a line to or from zero), and
each piece between samples is integrated by Gauss-Legendre points; no trapezoidal formula is used.
"""

from itertools import pairwise

import numpy as np

NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)


def level_at(time: float, times: list[float], levels: list[float]) -> float:
    right = next(i for i in range(1, len(times)) if time <= times[i])
    share = (time - times[right - 1]) / (times[right] - times[right - 1])
    before, after = levels[right - 1], levels[right]
    if 0 < after < before:
        return float(np.exp((1 - share) * np.log(before) + share * np.log(after)))
    return (1 - share) * before + share * after


def area(times: list[float], levels: list[float], start: float, end: float) -> float:
    cuts = sorted({start, end, *(time for time in times if start < time < end)})
    total = 0.0
    for low, high in pairwise(cuts):
        middle, half = (low + high) / 2, (high - low) / 2
        heights = [level_at(middle + half * node, times, levels) for node in NODES]
        total += half * float(np.dot(WEIGHTS, heights))
    return total


def zeros_by_position(states: list[str]) -> tuple[list[int], list[int]]:
    """Places of the samples that make the curve to the last quantifiable one, and to the zero after it.

    A state is "q" or "b". Words of the rule: below quantification is zero before the first quantifiable
    sample, dropped between, zero at the first after the last.
    """
    where = [i for i, state in enumerate(states) if state == "q"]
    observed = [*range(where[0]), *where]
    after = [where[-1] + 1] if where[-1] + 1 < len(states) else []
    return observed, observed + after

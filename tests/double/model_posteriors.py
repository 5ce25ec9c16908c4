"""Posteriors of the dose-toxicity models again, one data set at a time, by adaptive and by panel quadrature.

Written from the definitions: a curve, a normal prior, Bernoulli outcomes. One parameter goes through
``scipy.integrate.quad`` in pieces around the mode; two go through Gauss-Legendre panels in the intercept, cut
where the rate crosses the limit, at many values of the slope. No grid is shared between data sets.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, log

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import brentq

Floats = NDArray[np.float64]
Curve = Callable[[float], Floats]
PANEL_NODES, PANEL_WEIGHTS = np.polynomial.legendre.leggauss(16)


def power_curve(skeleton: Sequence[float]) -> Curve:
    """log p / (1 - p) of every level, from p = s ** exp(b)."""
    logs = np.log(np.array(skeleton))

    def log_odds(b: float) -> Floats:
        exponent = logs * exp(b)
        return np.asarray(exponent - np.log(-np.expm1(exponent)))

    return log_odds


def logistic_curve(skeleton: Sequence[float], intercept: float) -> Curve:
    """The log odds are a line in doses that give the skeleton at b = 0."""
    doses = np.array([log(s / (1 - s)) for s in skeleton]) - intercept
    return lambda b: np.asarray(intercept + exp(b) * doses)


def log_likelihood(log_odds: Floats, n: Sequence[int], y: Sequence[int]) -> Floats:
    """Of y with a DLT out of n; the last axis of the log odds runs over the levels."""
    no_dlt = np.array(n) - np.array(y)
    return np.asarray(
        -(np.logaddexp(0, -log_odds) * np.array(y) + np.logaddexp(0, log_odds) * no_dlt).sum(axis=-1)
    )


def one_parameter(
    curve: Curve, sd: float, n: Sequence[int], y: Sequence[int], cut: float = np.inf
) -> tuple[float, float]:
    """The posterior mean of b, and the probability that b is below the cut."""

    def log_density(b: float) -> float:
        return float(log_likelihood(curve(b), n, y)) - b * b / (2 * sd * sd)

    grid = np.linspace(-10 * sd, 10 * sd, 801)
    heights = np.array([log_density(b) for b in grid])
    top = heights.max()
    around = grid[heights > top - 45]
    pieces = np.linspace(around[0] - sd / 40, around[-1] + sd / 40, 13)

    def integral(function: Callable[[float], float], upper: float = np.inf) -> float:
        ends = [*(end for end in pieces if end < upper), min(upper, pieces[-1])]
        return float(
            sum(
                quad(function, low, high, epsabs=1e-13, epsrel=1e-10)[0]
                for low, high in pairwise(ends)
                if high > low
            )
        )

    def density(b: float) -> float:
        return exp(log_density(b) - top)

    total = integral(density)
    return integral(lambda b: b * density(b)) / total, integral(density, cut) / total


def two_parameters(
    doses: Sequence[float],
    mean: Sequence[float],
    sd: Sequence[float],
    correlation: float,
    n: Sequence[int],
    y: Sequence[int],
    cuts: Sequence[float],
) -> tuple[Floats, Floats, Floats]:
    """For logit p = a + exp(b) x: means of (a, b); mean p and mean p^2 by level; P(p > c) by level and cut."""
    x = np.array(doses)
    b = np.linspace(mean[1] - 7.5 * sd[1], mean[1] + 7.5 * sd[1], 451)
    conditional_mean = mean[0] + correlation * sd[0] / sd[1] * (b - mean[1])
    conditional_sd = sd[0] * np.sqrt(1 - correlation**2)
    low, high = conditional_mean - 8 * conditional_sd, conditional_mean + 8 * conditional_sd
    shift = log_likelihood(np.array([np.log(0.3 / 0.7)] * len(n)), n, y)

    def inner(
        start: Floats, end: Floats, panels: int, *functions: Callable[[Floats], Floats]
    ) -> list[Floats]:
        """Integrals over a of the density times each function, at every b."""
        edges = start[:, None] + (end - start)[:, None] * np.linspace(0, 1, panels + 1)
        middle, half = (edges[:, 1:] + edges[:, :-1]) / 2, (edges[:, 1:] - edges[:, :-1]) / 2
        a = middle[..., None] + half[..., None] * PANEL_NODES
        log_odds = a[..., None] + (np.exp(b)[:, None] * x)[:, None, None, :]
        prior = ((a - conditional_mean[:, None, None]) / conditional_sd) ** 2 / 2
        prior = prior + (((b - mean[1]) / sd[1]) ** 2 / 2)[:, None, None]
        density = np.exp(log_likelihood(log_odds, n, y) - shift - prior) * PANEL_WEIGHTS * half[..., None]
        return [np.asarray((density * function(a)).sum(axis=(1, 2))) for function in functions]

    whole = inner(
        low,
        high,
        20,
        np.ones_like,
        lambda a: a,
        *(
            lambda a, d=d, power=power: np.exp(-power * np.logaddexp(0, -a - np.exp(b)[:, None, None] * d))
            for power in (1, 2)
            for d in x
        ),
    )
    sums = np.array([part.sum() for part in whole])
    mean_b = (whole[0] * b).sum() / sums[0]
    moments = sums[2:] / sums[0]
    above = np.empty((len(x), len(cuts)))
    for place, dose in enumerate(x):
        for column, cut in enumerate(cuts):
            start = np.clip(log(cut / (1 - cut)) - np.exp(b) * dose, low, high)
            above[place, column] = inner(start, high, 12, np.ones_like)[0].sum() / sums[0]
    return np.array([sums[1] / sums[0], mean_b]), moments.reshape(2, -1), above


def slope_at(curve: Curve, rate: float) -> float:
    """The b at which the lowest level has the rate; the rate falls as b grows."""
    return float(brentq(lambda b: curve(b)[0] - log(rate / (1 - rate)), -25, 6, xtol=1e-13))

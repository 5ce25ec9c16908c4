"""The CRM with a power curve and the BLRM with overdose control, by quadrature of their own.

CRM: O'Quigley, Pepe and Fisher 1990, Cheung 2011: rate = skeleton ** exp(b), b normal around 0; the posterior mean of
b is plugged in. BLRM: Neuenschwander, Branson and Gsponer 2008: logit(rate) = log(alpha) + beta log(dose/reference).
Both are computed for many states at once with a product of matrices: the logarithms of the rates at the nodes do not
depend on the data.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tests.double.every_state.steps import Advice
from tests.double.every_state.walk import State

Floats = NDArray[np.float64]
PIECE = 2000
"""States that are computed together."""


class Crm:
    """The advice of a CRM."""

    def __init__(
        self, skeleton: Sequence[float], target: Fraction, *, variance: float, certainty: float
    ) -> None:
        self.target = target
        self.certainty = certainty
        logs = np.log(np.array(skeleton))
        self._logs = logs
        # Gauss-Legendre on panels of a quarter deviation, split where level 1 is at the target
        cut = float(np.log(np.log(float(target)) / logs[0]))
        sd = variance**0.5
        edges = np.unique(np.append(np.linspace(-9 * sd, 9 * sd, 73), cut))
        x, w = np.polynomial.legendre.leggauss(6)
        half = np.diff(edges)[:, None] / 2
        self._b = (edges[:-1, None] + half * (x + 1)).ravel()
        weights = (half * w).ravel()
        self._log_prior = np.log(weights) - self._b**2 / (2 * variance)
        self._is_above = self._b < cut
        log_p = np.exp(self._b)[None, :] * logs[:, None]
        self._log_p, self._log_q = log_p, np.log(-np.expm1(log_p))
        self.narrowest = 1.0
        """How near any state came to another decision."""

    def advise(self, states: list[State]) -> list[Advice]:
        """The advice for each state."""
        found: list[Advice] = []
        for first in range(0, len(states), PIECE):
            found += self._advise(states[first : first + PIECE])
        return found

    def _advise(self, states: list[State]) -> list[Advice]:
        n = np.array([state[0] for state in states])
        y = np.array([state[1] for state in states])
        log_like = y @ self._log_p + (n - y) @ self._log_q + self._log_prior
        weights = np.exp(log_like - log_like.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        rates = np.exp(np.exp(weights @ self._b)[:, None] * self._logs)
        too_toxic = (weights * self._is_above).sum(axis=1)
        apart = np.abs(rates - float(self.target))
        wanted = apart.argmin(axis=1) + 1
        mtd = np.where(n > 0, apart, np.inf).argmin(axis=1) + 1
        nearest = np.sort(apart, axis=1)
        self.narrowest = min(
            self.narrowest,
            float((nearest[:, 1] - nearest[:, 0]).min()),
            float(np.abs(too_toxic - self.certainty).min()),
        )
        advice = []
        for row, (counts, events, level) in enumerate(states):
            goal = int(wanted[row])
            here, bad = counts[level - 1], events[level - 1]
            # coherence: nobody goes up from a level whose own rate is at the target or above
            if goal > level and here and Fraction(bad, here) >= self.target:
                goal = level
            advice.append(Advice(goal, len(self._logs), bool(too_toxic[row] > self.certainty), int(mtd[row])))
        return advice


class Blrm:
    """The advice of a BLRM; ``edges`` collects the states that hang on the limit or on two equal levels."""

    def __init__(
        self,
        doses: Sequence[float],
        reference: float,
        *,
        mean: tuple[float, float],
        sd: tuple[float, float],
        interval: tuple[float, float] = (0.16, 0.33),
        limit: float = 0.25,
        nearness: float = 1e-6,
    ) -> None:
        self.limit, self.nearness = limit, nearness
        self.edges: dict[State, float] = {}
        x = np.log(np.array(doses) / reference)
        cuts = [np.log(rate / (1 - rate)) for rate in interval]
        z = np.linspace(-7, 7, 85)
        gauss, w = np.polynomial.legendre.leggauss(6)
        places, logs = [], []
        above: dict[str, list[NDArray[np.bool_]]] = {"low": [], "high": []}
        for slope, log_slope_prior in zip(np.exp(mean[1] + sd[1] * z), -(z**2) / 2, strict=True):
            ends = (mean[0] - 8 * sd[0], mean[0] + 8 * sd[0])
            # the intercept at which each level stands at each end of the interval is an end of a panel
            moving = np.array([cut - slope * x for cut in cuts])
            inside = moving[(moving > ends[0]) & (moving < ends[1])]
            panels = np.unique(np.concatenate([np.linspace(*ends, 33), inside]))
            half = np.diff(panels)[:, None] / 2
            a = (panels[:-1, None] + half * (gauss + 1)).ravel()
            places.append(a[:, None] + slope * x)
            logs.append(np.log((half * w).ravel()) - (a - mean[0]) ** 2 / (2 * sd[0] ** 2) + log_slope_prior)
            for name, line in zip(("low", "high"), moving, strict=True):
                above[name].append(a[:, None] > line)
        logits = np.concatenate(places)
        self._log_p, self._log_q = -np.logaddexp(0, -logits).T, -np.logaddexp(0, logits).T
        self._log_prior = np.concatenate(logs)
        self._above_low = np.concatenate(above["low"]).astype(np.float64)
        self._above_high = np.concatenate(above["high"]).astype(np.float64)

    def advise(self, states: list[State]) -> list[Advice]:
        """The advice for each state."""
        known = {(n, y): None for n, y, _ in states}
        counts = list(known)
        shares: list[tuple[Floats, Floats]] = []
        for first in range(0, len(counts), PIECE // 4):
            shares += self._share(counts[first : first + PIECE // 4])
        by_counts = dict(zip(counts, shares, strict=True))
        return [self._decide(state, *by_counts[state[0], state[1]]) for state in states]

    def _share(self, counts: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[tuple[Floats, Floats]]:
        n = np.array([pair[0] for pair in counts])
        y = np.array([pair[1] for pair in counts])
        log_like = y @ self._log_p + (n - y) @ self._log_q + self._log_prior
        weights = np.exp(log_like - log_like.max(axis=1, keepdims=True))
        whole = weights.sum(axis=1, keepdims=True)
        over = weights @ self._above_high / whole
        target = weights @ self._above_low / whole - over
        return list(zip(over, target, strict=True))

    def _decide(self, state: State, over: Floats, target: Floats) -> Advice:
        n, _, level = state
        if (np.abs(over - self.limit) < self.nearness).any():
            self.edges[state] = float(np.abs(over - self.limit).min())
        n_open = int((over <= self.limit).sum())
        if n_open == 0:
            return Advice(wanted=0, n_open=0, is_too_toxic=True, mtd=0)
        reach = min(n_open, level + 1)
        wanted = self._best(target[:reach], state)
        tried = [k for k in range(n_open) if n[k]]
        mtd = tried[self._best(target[tried], state) - 1] + 1 if tried else 0
        return Advice(wanted=wanted, n_open=n_open, is_too_toxic=False, mtd=mtd)

    def _best(self, target: Floats, state: State) -> int:
        ranked = np.sort(target)
        if len(ranked) > 1 and ranked[-1] - ranked[-2] < self.nearness:
            self.edges.setdefault(state, float(ranked[-1] - ranked[-2]))
        return int(target.argmax()) + 1

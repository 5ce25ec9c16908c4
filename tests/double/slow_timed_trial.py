"""Trials on a calendar, again: plain Python, everything counted anew from the list of participants at every question.

Written from the definitions. The uniform numbers come in from outside: ``outcome(k)``, ``delay(k)`` and ``gap(k)`` are
those of the k-th participant, from 0, and of the k-th arrival.
"""

from collections.abc import Callable
from math import ceil, floor, log
from typing import NamedTuple

from scipy.stats import beta

Uniform = Callable[[int], float]
SPARE = 1e-9


class Treated(NamedTuple):
    """A participant: level from 1, start and end of the window, and whether the end is a DLT."""

    level: int
    start: float
    end: float
    has_dlt: bool


class Ended(NamedTuple):
    """A trial: who was treated, when the last decision was, how long accrual was closed, and whether it was toxic."""

    treated: list[Treated]
    duration: float
    closed: float
    too_toxic: bool


class Setting(NamedTuple):
    """What both rules need to know."""

    rates: tuple[float, ...]
    max_n: int
    window: float
    review: float
    first_to_second: float
    next_one: float
    mean_gap: float
    outcome: Uniform
    delay: Uniform
    gap: Uniform


def weibull_time(v: float, rate: float, late_share: float, window: float) -> float:
    """The time of a DLT from its uniform number: the distribution function over its value at the end is v."""
    shape = log(log(1 - rate) / log(1 - (1 - late_share) * rate)) / log(2)
    hazard = -log(1 - rate) / window**shape
    time: float = (-log(1 - v * rate) / hazard) ** (1 / shape)
    return time


class Trial:
    """A trial under way."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.treated: list[Treated] = []
        self.arrivals = 0
        self.closed = 0.0

    def wait_for_arrival(self) -> float:
        """The next gap."""
        self.arrivals += 1
        return -log(1 - self.setting.gap(self.arrivals)) * self.setting.mean_gap

    def treat(self, level: int, start: float) -> None:
        k, rate = len(self.treated), self.setting.rates[level - 1]
        has_dlt = self.setting.outcome(k) < rate
        lasts = self.setting.window
        if has_dlt:
            lasts = weibull_time(self.setting.delay(k), rate, 0.5, self.setting.window)
        self.treated.append(Treated(level, start, start + lasts, has_dlt))

    def n(self, level: int) -> int:
        return sum(one.level == level for one in self.treated)

    def y(self, level: int, t: float) -> int:
        return sum(one.level == level and one.has_dlt and one.end <= t + SPARE for one in self.treated)

    def pending(self, t: float, level: int | None = None) -> list[Treated]:
        return [one for one in self.treated if one.end > t + SPARE and level in {None, one.level}]

    def end(self, t: float, *, too_toxic: bool) -> Ended:
        return Ended(self.treated, t + self.setting.review, self.closed + self.setting.review, too_toxic)


def is_closed(n: int, y: int, target: float) -> bool:
    """BOIN's elimination."""
    return n >= 3 and bool(beta.sf(target, 1 + y, 1 + n - y) > 0.95)


def play_tite_boin(setting: Setting, target: float, cohort: int) -> Ended:
    """TITE-BOIN with the effective sample size, suspended while more than half are pending; no stop at the top."""
    p1, p2 = 0.6 * target, 1.4 * target
    lambda_e = log((1 - p1) / (1 - target)) / log(target * (1 - p1) / (p1 * (1 - target)))
    lambda_d = log((1 - target) / (1 - p2)) / log(p2 * (1 - target) / (target * (1 - p2)))
    n_levels = len(setting.rates)
    trial = Trial(setting)
    level, start = 1, 0.0

    def top(t: float) -> int:
        """Highest level that is not eliminated."""
        for one in range(1, n_levels + 1):
            if is_closed(trial.n(one), trial.y(one, t), target):
                return one - 1
        return n_levels

    def move(t: float) -> int:
        """Steps up the ladder."""
        n, y, open_ones = trial.n(level), trial.y(level, t), trial.pending(t, level)
        if not open_ones:
            return 1 if y <= floor(lambda_e * n) else -1 if y >= ceil(lambda_d * n) else 0
        if y >= lambda_d * n:
            return -1
        seen = sum(t - one.start for one in open_ones) / setting.window
        rate = y / (n - len(open_ones) + seen)
        return 1 if rate <= lambda_e else -1 if rate >= lambda_d else 0

    while True:
        for place in range(cohort):
            if place:
                stagger = setting.first_to_second if place == 1 else setting.next_one
                start += max(trial.wait_for_arrival(), stagger)
            trial.treat(level, start)
        t = start
        if len(trial.treated) >= setting.max_n:
            t = start + setting.window
            trial.closed += setting.window
            return trial.end(t, too_toxic=top(t) == 0)
        while (
            2 * len(trial.pending(t, level)) > trial.n(level)
            and top(t) >= level
            and trial.y(level, t) < lambda_d * trial.n(level)
        ):
            after = min(one.end for one in trial.pending(t, level))
            trial.closed += after - t
            t = after
        t += trial.wait_for_arrival()
        if top(t) == 0:
            return trial.end(t, too_toxic=True)
        level = min(max(level + move(t), 1), top(t)) if level <= top(t) else top(t)
        trial.closed += setting.review
        start = t + setting.review


def play_rolling_six(setting: Setting) -> Ended:
    """The rolling six: nobody is treated at a level with two DLTs, or above; three must have passed to go on."""
    n_levels = len(setting.rates)
    trial = Trial(setting)
    level, start, at_level = 1, 0.0, 1

    def choose(t: float) -> int | str:
        """The level of the next participant, or wait, or why the trial ends."""
        n, y, open_ones = trial.n(level), trial.y(level, t), trial.pending(t, level)
        if len(trial.pending(t)) > len(open_ones):
            return "wait"
        bad = y >= 2 and 6 * y > n
        if bad:
            below = level - 1
            if below == 0:
                return "toxic" if not open_ones else "wait"
            n_below, y_below = trial.n(below), trial.y(below, t)
            # a level passed with fewer than six, one of them with a DLT, is filled up; else it is the MTD
            is_found = (y_below == 0 and n_below >= 3) or (y_below <= 1 and n_below >= 6)
            if is_found:
                return "wait" if open_ones else "found"
            return below
        if open_ones and n < 6:
            return level if not is_below_closed(t) else "wait"
        passed = 6 * (y + len(open_ones)) <= n or (y + len(open_ones) == 0 and n >= 3)
        if open_ones and not passed:
            return "wait"
        if passed and (n >= 6 or y == 0) and n >= 3:
            if level < n_levels and not is_closed_level(level + 1, t):
                return level + 1
            return "wait" if open_ones else "found"
        return level

    def is_closed_level(one: int, t: float) -> bool:
        n, y = trial.n(one), trial.y(one, t)
        return y >= 2 and 6 * y > n

    def is_below_closed(t: float) -> bool:
        return any(is_closed_level(one, t) for one in range(1, level + 1))

    while True:
        trial.treat(level, start)
        t = start
        while True:
            chosen = choose(t)
            if isinstance(chosen, int):
                t += trial.wait_for_arrival()
                chosen = choose(t)
                earliest = start + (setting.first_to_second if at_level == 1 else setting.next_one)
                if chosen == level and t < earliest:
                    t = earliest
                    chosen = choose(t)
            if chosen != "wait":
                break
            after = min(one.end for one in trial.pending(t))
            trial.closed += after - t
            t = after
        if isinstance(chosen, str):
            return trial.end(t, too_toxic=chosen == "toxic")
        if chosen == level:
            at_level, start = at_level + 1, t
        else:
            trial.closed += setting.review
            level, at_level, start = chosen, 1, t + setting.review

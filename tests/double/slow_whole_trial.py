"""The whole trial again, played participant by participant in plain Python from the definition; slow.

Single doses: one participant on each level below the one where cohorts begin, until a DLT; then cohorts of three by
BOIN (Liu and Yuan 2015), with a cap per level and in all. The MTD caps the regimens: those in order up to the first
whose dose is above it. The multiple doses: BOIN from the first regimen. The highest regimen treated that is not
above the one selected, and the one below it, share the places that are left. Each is closed by the DLT that takes
P(rate > limit) over its probability, uniform prior, each outcome known before the next participant is treated.
"""

from dataclasses import dataclass
from functools import cache
from math import comb, log
from random import Random


@dataclass(frozen=True)
class Part:
    """A part with BOIN; ``first_whole`` is the level from which cohorts are whole."""

    n_levels: int
    target: float
    max_n: int
    max_at_level: int
    enough: int
    cohort: int = 3
    first_whole: int = 1


@dataclass(frozen=True)
class Trial:
    sad: Part
    mad: Part
    doses: tuple[float, ...]
    regimen_doses: tuple[float, ...]
    enrolment: int
    expansion_cap: int
    wanted_each: int
    most_regimens: int
    limit_rate: float
    limit_probability: float


@dataclass
class Played:
    """One trial; n and y are participants and DLTs per level of a part."""

    mtd: int
    regimen: int
    n: list[list[int]]
    y: list[list[int]]
    ending: str
    is_short: bool


def tail(rate: float, y: int, n: int) -> float:
    """P(p > rate) after y of n under a uniform prior: at most y of n + 1 below it."""
    return sum(comb(n + 1, k) * rate**k * (1 - rate) ** (n + 1 - k) for k in range(y + 1))


@cache
def boundaries(target: float) -> tuple[float, float]:
    low, high = 0.6 * target, 1.4 * target
    up = log((1 - low) / (1 - target)) / log(target * (1 - low) / (low * (1 - target)))
    down = log((1 - target) / (1 - high)) / log(high * (1 - target) / (target * (1 - high)))
    return up, down


def smooth(raw: list[float], weights: list[float]) -> list[float]:
    """Isotonic regression as the largest over all starts of the smallest over all ends of weighted means."""

    def mean(first: int, last: int) -> float:
        chosen = range(first, last + 1)
        return sum(raw[k] * weights[k] for k in chosen) / sum(weights[k] for k in chosen)

    size = len(raw)
    return [
        max(min(mean(first, last) for last in range(place, size)) for first in range(place + 1))
        for place in range(size)
    ]


def highest_open(part: Part, n: tuple[int, ...], y: tuple[int, ...], cap: int) -> int:
    for level in range(part.n_levels):
        if n[level] >= 3 and tail(part.target, y[level], n[level]) > 0.95:
            return min(level, cap)
    return cap


def select(part: Part, n: tuple[int, ...], y: tuple[int, ...], cap: int) -> int:
    """The level nearest to the target among those treated and open, with enough participants if one has them."""
    treated = [level for level in range(highest_open(part, n, y, cap)) if n[level]]
    if not treated:
        return 0
    raw = [(y[k] + 0.05) / (n[k] + 0.1) for k in treated]
    spread = [(y[k] + 0.05) * (n[k] - y[k] + 0.05) / ((n[k] + 0.1) ** 2 * (n[k] + 1.1)) for k in treated]
    levelled = smooth(raw, [1 / one for one in spread])
    estimate = {level: value + 1e-10 * (level + 1) for level, value in zip(treated, levelled, strict=True)}
    enough = [level for level in treated if n[level] >= part.enough] or treated
    return 1 + min(enough, key=lambda level: abs(estimate[level] - part.target))


@cache
def decide(  # noqa: PLR0912 - one branch for each sentence of the rule
    part: Part, n: tuple[int, ...], y: tuple[int, ...], level: int, cap: int
) -> tuple[int, int]:
    """The next cohort's level and size; a size of 0 is the end, with the level selected, 0 for none."""
    top = highest_open(part, n, y, cap)
    end = (select(part, n, y, cap), 0)
    if top == 0 or sum(n) >= part.max_n:
        return end
    here, dlt_here = n[level - 1], y[level - 1]
    single = not any(y)
    up, down = boundaries(part.target)
    if level > top:
        to = min(level - 1, top)
    elif here == 0:
        to = level
    elif single and level < part.first_whole and level < top:
        to = level + 1
    elif here < part.cohort and not (dlt_here > 1 and dlt_here / here >= down):
        to = level
    elif dlt_here / here <= up:
        if level < top:
            to = level + 1
        elif top == cap and here >= part.enough:
            return end
        else:
            to = level
    elif dlt_here / here >= down:
        to = max(level - 1, 1)
    else:
        to = level
    there = n[to - 1]
    if single and to < part.first_whole:
        size = 1
    elif 0 < there < part.cohort and not any(n[to:]):
        size = part.cohort - there
    else:
        size = part.cohort
    size = min(size, part.max_n - sum(n), part.max_at_level - there)
    return (to, size) if size > 0 else end


def play_part(
    rng: Random, part: Part, rates: list[float], cap: int, places: int, *, expands: bool
) -> tuple[int, list[int], list[int], bool]:
    """The level selected, counts, and whether the rule would have gone on without a place."""
    n, y, level = [0] * part.n_levels, [0] * part.n_levels, 1
    while True:
        to, size = decide(part, tuple(n), tuple(y), level, cap)
        if size == 0:
            return to, n, y, False
        room = places - sum(n)
        if room == 0:
            found = select(part, tuple(n), tuple(y), cap)
            return min(found, to) if expands else found, n, y, True
        level = to
        for _ in range(min(size, room)):
            n[level - 1] += 1
            y[level - 1] += rng.random() < rates[level - 1]


def play(rng: Random, trial: Trial, rates: list[float], regimen_rates: list[float]) -> Played:
    sad_places = min(trial.sad.max_n, trial.enrolment)
    mtd, n, y, is_short = play_part(rng, trial.sad, rates, trial.sad.n_levels, sad_places, expands=False)
    nobody = [0] * trial.mad.n_levels
    played = Played(mtd, 0, [n, nobody, nobody], [y, nobody, nobody], "", is_short)
    if mtd == 0:
        played.ending = "no_single_dose_tolerated"
        return played
    cap = 0
    while cap < trial.mad.n_levels and trial.regimen_doses[cap] <= trial.doses[mtd - 1]:
        cap += 1
    if cap == 0:
        played.ending = "no_regimen_allowed"
        return played
    places = min(trial.mad.max_n, trial.enrolment - sum(n))
    if places == 0:
        played.ending, played.is_short = "no_place_for_regimens", True
        return played
    regimen, n_mad, y_mad, short_mad = play_part(rng, trial.mad, regimen_rates, cap, places, expands=True)
    played.regimen, played.n[1], played.y[1] = regimen, n_mad, y_mad
    played.is_short |= short_mad
    if regimen == 0:
        played.ending = "no_regimen_tolerated"
        return played
    chosen = [level for level in range(1, regimen + 1) if n_mad[level - 1]][-trial.most_regimens :]
    room = min(trial.expansion_cap, trial.enrolment - sum(n) - sum(n_mad))
    played.is_short |= room < min(trial.wanted_each * len(chosen), trial.expansion_cap)
    if room < len(chosen):
        played.ending = "nothing_expanded"
        return played
    n_more, y_more, n_closed = [0] * trial.mad.n_levels, [0] * trial.mad.n_levels, 0
    for place, level in enumerate(chosen):
        left = len(chosen) - place
        share = (room + left - 1) // left
        room -= share
        for _ in range(share):
            n_more[level - 1] += 1
            if rng.random() < regimen_rates[level - 1]:
                y_more[level - 1] += 1
                if tail(trial.limit_rate, y_more[level - 1], n_more[level - 1]) > trial.limit_probability:
                    n_closed += 1
                    break
    played.n[2], played.y[2] = n_more, y_more
    played.ending = "expansion_closed" if n_closed == len(chosen) else "complete"
    return played

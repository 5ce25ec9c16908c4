"""A trial on a calendar while it is under way: participants with their windows, and the step inside the guards.

A participant's window is an interval of time; it ends with the DLT or with the window. *Pending* are those whose window
has not ended at the time of asking. Importing this module imports numba.
"""

from math import log1p
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from firstdose.design.simulated.flat_design import FlatDesign, Floats, Ints, Small
from firstdose.design.simulated.streams import look_up
from firstdose.design.simulated.time_models import POISSON, UNIFORM, WEIBULL, FlatArrivals
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, MOST_DLT_TO_FILL_UP

Cells = NDArray[np.uint8]

compiled = njit(cache=True, error_model="numpy")

NEAR_D, NEAR_RATE = 1e-9, 1e-12
"""To spare where times and rates are compared, so that a window that ends on an arrival, or a rate that falls on a
boundary, does not hang on rounding. With every window complete the whole numbers of the decision table decide."""

TREAT, TOO_TOXIC, END, WAIT = 0, 1, 2, 3
"""What follows."""

_ACTION, _ELIMINATED, _STOPS_AT_LOWEST = 3, 4, 8

LEVEL, HAS_DLT, RESPONDS, OPEN = 0, 1, 2, 3
"""Rows of ``who``."""
START, END_OF_WINDOW = 0, 1
"""Rows of ``when``."""
N, N_DLT, N_PENDING, N_OWN, N_COMPLETE, HAS_RESPONSE = 0, 1, 2, 3, 4, 5
"""Rows of ``counts``: all treated, DLTs seen, pending, those of escalation cohorts, complete windows, response seen."""
RATE, RESPONSE_RATE, TIME_RATE, SCALE, EXPONENT = 0, 1, 2, 3, 4
"""Rows of what is true of the levels: rates of DLT and of response, and the three numbers of the DLT times."""


class Clock(NamedTuple):
    """The times of a part [d]."""

    window_d: float
    review_d: float
    first_to_second_d: float
    next_d: float


class Guards(NamedTuple):
    """The numbers of a :class:`FlatDesign` that are read at every step; its arrays go beside them."""

    width: int
    ceiling: int
    max_n: int
    max_n_per_level: int
    whole: int
    titrates_below: int
    fewest_to_decide: int
    fewest_at_mtd: int
    enough: int
    stops_at_top: bool
    is_algorithmic: bool


class Table(NamedTuple):
    """What a step reads: the cells of the decision table, the sizes of cohorts, and the numbers beside them."""

    cells: Cells
    sizes: Ints
    guards: Guards


class Trial(NamedTuple):
    """A trial under way. Functions that are called for every participant take its arrays one by one: it is faster.

    ``who`` and ``when`` [d] are by participant in order of enrolment; the last row of ``who`` lists those whose window
    is open. ``counts`` are by level.
    """

    who: Ints
    when: Floats
    counts: Ints


class TimedRows(NamedTuple):
    """Results, one row per trial; an MTD of -1 is a tie that floating point cannot decide."""

    mtd: Small
    highest: Small
    too_toxic: NDArray[np.bool_]
    n: Small
    n_dlt: Small
    duration_d: Floats
    suspended_d: Floats
    n_backfilled: Small


class Course(NamedTuple):
    """Who was treated where and when, trials by participants in order; without rows where nobody asks."""

    level: Small
    start_d: Floats
    end_d: Floats
    has_dlt: Small


class Luck(NamedTuple):
    """The streams of one trial."""

    outcomes: np.uint64
    delays: np.uint64
    gaps: np.uint64
    responses: np.uint64
    chances: np.uint64


@compiled
def gap(arrivals: FlatArrivals, stream: np.uint64, place: int) -> float:
    """The gap before an arrival [d]."""
    if arrivals.code == POISSON:
        return float(-np.log(1.0 - look_up(stream, place)) * arrivals.mean_gap_d)
    return arrivals.mean_gap_d


@compiled
def delay(truth: Floats, code: int, level: int, v: float, window_d: float) -> float:
    """When in the window the DLT comes [d]."""
    if code == UNIFORM:
        return v * window_d
    p = v * truth[TIME_RATE, level]
    above = -log1p(-p) if code == WEIBULL else p / (1 - p)
    share: float = (above / truth[SCALE, level]) ** truth[EXPONENT, level]
    return min(share, 1.0) * window_d


@compiled
def settle(who: Ints, when: Floats, counts: Ints, n_open: int, t: float) -> int:
    """Count what ended until the time; the number of windows still open."""
    kept = 0
    for place in range(n_open):
        k = who[OPEN, place]
        if when[END_OF_WINDOW, k] <= t + NEAR_D:
            level = who[LEVEL, k]
            counts[N_DLT, level] += who[HAS_DLT, k]
            counts[N_PENDING, level] -= 1
            counts[HAS_RESPONSE, level] |= who[RESPONDS, k]
        else:
            who[OPEN, kept] = k
            kept += 1
    return kept


@compiled
def next_end(who: Ints, when: Floats, n_open: int, level: int) -> float:
    """When the next window of a level ends, of any level below 0."""
    found = np.inf
    for place in range(n_open):
        k = who[OPEN, place]
        if level < 0 or who[LEVEL, k] == level:
            found = min(found, when[END_OF_WINDOW, k])
    return found


@compiled
def find_highest(cells: Cells, guards: Guards, counts: Ints, seen: int) -> int:
    """The highest open level, 0 for none; -1 where level 1 stops the part. ``seen`` is the row of those counted."""
    if cells[counts[seen, 0] * guards.width + counts[N_DLT, 0]] & _STOPS_AT_LOWEST:
        return -1
    for level in range(guards.ceiling):
        if cells[counts[seen, level] * guards.width + counts[N_DLT, level]] & _ELIMINATED:
            return level
    return guards.ceiling


@compiled
def is_titrating(guards: Guards, counts: Ints, level: int) -> bool:
    """Whether single participants are treated at the level: nobody had a DLT so far, and titration reaches it."""
    titrates = level < guards.titrates_below
    for one in range(counts.shape[1]):
        titrates &= counts[N_DLT, one] == 0
    return titrates


@compiled
def decide(  # noqa: C901, PLR0912 - the questions in their order
    cells: Cells,
    sizes: Ints,
    guards: Guards,
    counts: Ints,
    seen: int,
    total: int,
    level: int,
    reached: int,
    wish: int,
) -> tuple[int, int, int]:
    """What follows, the level (from 0) and the size of the next cohort; in the order of assign_next_cohort.

    ``seen`` is the row of those counted. The caps are about participants of escalation cohorts, ``total`` in all.
    """
    highest = find_highest(cells, guards, counts, seen)
    if highest <= 0:
        return TOO_TOXIC, level, 0
    if total >= guards.max_n:
        return END, level, 0
    n_here, n_dlt_here = counts[seen, level], counts[N_DLT, level]
    without_dlt = True
    for one in range(reached + 1):
        without_dlt &= counts[N_DLT, one] == 0
    target, goes_down, singly = level, False, False
    if level >= highest:
        target, goes_down = highest - 1, True
    elif n_here == 0:
        singly = without_dlt and level < guards.titrates_below
    elif without_dlt and level < guards.titrates_below and level + 1 < highest:
        target = level + 1
        singly = target < guards.titrates_below
    elif n_here < guards.fewest_to_decide and not (wish == DE_ESCALATE and n_dlt_here > MOST_DLT_TO_FILL_UP):
        pass
    elif wish == ESCALATE:
        if level + 1 < highest:
            target = level + 1
        elif n_here >= guards.fewest_at_mtd and (
            guards.is_algorithmic or (guards.stops_at_top and highest == guards.ceiling)
        ):
            return END, level, 0
    elif wish == DE_ESCALATE and level > 0:
        target, goes_down = level - 1, True
    n_there = counts[seen, target]
    if (
        goes_down
        and guards.is_algorithmic
        and n_there >= guards.fewest_at_mtd
        and cells[n_there * guards.width + counts[N_DLT, target]] & _ACTION == ESCALATE
    ):
        return END, level, 0
    if target == level and n_there >= guards.enough:
        return END, level, 0
    size = sizes[counts[N_OWN, target]]
    if singly:
        size = 1
    elif not guards.is_algorithmic and reached > target:
        size = guards.whole
    size = min(size, guards.max_n - total, guards.max_n_per_level - counts[N_OWN, target])
    if size <= 0:
        return END, level, 0
    return TREAT, target, size


@compiled
def read_wish(cells: Cells, guards: Guards, counts: Ints, seen: int, level: int) -> int:
    """The action of the decision table."""
    return int(cells[counts[seen, level] * guards.width + counts[N_DLT, level]] & _ACTION)


@compiled
def enrol(
    who: Ints,
    when: Floats,
    counts: Ints,
    luck: Luck,
    truth: Floats,
    time_code: int,
    window_d: float,
    k: int,
    n_open: int,
    level: int,
    t: float,
) -> None:
    """Treat participant k."""
    has_dlt = look_up(luck.outcomes, k) < truth[RATE, level]
    who[LEVEL, k], when[START, k], who[HAS_DLT, k] = level, t, has_dlt
    duration_d = delay(truth, time_code, level, look_up(luck.delays, k), window_d) if has_dlt else window_d
    when[END_OF_WINDOW, k] = t + duration_d
    who[OPEN, n_open] = k
    counts[N, level] += 1
    counts[N_PENDING, level] += 1


def take_table(design: FlatDesign) -> Table:
    """What a step reads of a design."""
    return Table(design.cells, design.sizes, Guards(*(getattr(design, name) for name in Guards._fields)))

"""What follows on counts: the guards around a rule, state by state."""

from collections.abc import Callable
from typing import NamedTuple

from tests.double.every_state import mtd
from tests.double.every_state.level_rules import boin_boundaries
from tests.double.every_state.plan import COUNTING, Plan

Counts = tuple[int, ...]


class Step(NamedTuple):
    """What is done, at which level (the MTD at an end, 0 for none), and with how many."""

    action: str
    level: int
    size: int


class Advice(NamedTuple):
    """What a model makes of a state: the level it wants, how many levels are open, and who may be the MTD."""

    wanted: int
    n_open: int
    is_too_toxic: bool
    mtd: int


Advise = Callable[[Counts, Counts, int], Advice]


def next_step(plan: Plan, n: Counts, y: Counts, level: int, advise: Advise | None = None) -> Step:
    """The next cohort, or the end of the part."""
    if advise is not None:
        return _step_of_model(plan, n, level, advise(n, y, level))
    highest = plan.n_levels
    for k in reversed(range(plan.n_levels)):
        if plan.closed[n[k]][y[k]]:
            highest = k
    if highest == 0 or plan.stops[n[0]][y[0]]:
        return Step("too toxic", 0, 0)
    if sum(n) >= plan.max_n:
        return _end(plan, n, y, highest)
    if plan.rule in COUNTING:
        return _step_of_counting(plan, n, y, level, highest)
    return _step_of_interval(plan, n, y, level, highest)


def _step_of_counting(plan: Plan, n: Counts, y: Counts, level: int, highest: int) -> Step:
    here = n[level - 1]
    if level > highest:
        # two DLTs closed it: the level below is the MTD once it has what is asked, and gets three more before
        below = highest
        if 6 * y[below - 1] <= n[below - 1] and n[below - 1] >= plan.fewest_at_mtd and n[below - 1] >= 3:
            return _end(plan, n, y, highest)
        return _treat(plan, n, y, "D", below, highest)
    letter = plan.letters[here][y[level - 1]]
    if here == 0 or letter == "S":
        return _treat(plan, n, y, "S", level, highest)
    if level < highest:
        return _treat(plan, n, y, "E", level + 1, highest)
    if here >= plan.fewest_at_mtd:
        return _end(plan, n, y, highest)
    return _treat(plan, n, y, "S", level, highest)


def _step_of_interval(plan: Plan, n: Counts, y: Counts, level: int, highest: int) -> Step:
    here, events = n[level - 1], y[level - 1]
    if level > highest:
        return _treat(plan, n, y, "D", min(level - 1, highest), highest)
    if here == 0:
        return _treat(plan, n, y, "S", level, highest)
    letter = plan.letters[here][events]
    if _is_single(plan, y, level) and level < highest:
        return _treat(plan, n, y, "E", level + 1, highest)
    if here < plan.cohort_size and not (letter == "D" and events >= 2):
        return _treat(plan, n, y, "S", level, highest, whole=True)
    if letter == "E" and level < highest:
        return _treat(plan, n, y, "E", level + 1, highest, whole=True)
    if letter == "D" and level > 1:
        return _treat(plan, n, y, "D", level - 1, highest, whole=True)
    at_the_top = letter == "E" and highest == plan.n_levels
    if plan.stops_at_top and at_the_top and here >= plan.fewest_at_mtd:
        return _end(plan, n, y, highest)
    return _treat(plan, n, y, "S", level, highest, whole=True)


def _step_of_model(plan: Plan, n: Counts, level: int, advice: Advice) -> Step:
    if advice.is_too_toxic or advice.n_open == 0:
        return Step("too toxic", 0, 0)
    size = min(plan.cohort_size, plan.max_n - sum(n))
    if size <= 0:
        return Step("select", advice.mtd, 0)
    if n[level - 1] == 0 and advice.wanted >= level:
        return Step("S", level, size)
    if advice.wanted > level:
        return Step("E", level + 1, size)
    return Step("D" if advice.wanted < level else "S", advice.wanted, size)


def _is_single(plan: Plan, y: Counts, level: int) -> bool:
    """Participants come one by one below a level and until the first DLT anywhere."""
    return plan.titrates and not any(y) and (plan.titrates_until is None or level < plan.titrates_until)


def _treat(
    plan: Plan, n: Counts, y: Counts, move: str, level: int, highest: int, *, whole: bool = False
) -> Step:
    here = n[level - 1]
    enough = plan.stop_when_n
    if enough is not None and move == "S" and here >= enough:
        return _end(plan, n, y, highest)
    if not whole and _is_single(plan, y, level):
        size = 1
    elif plan.rule == "three_plus_three":
        size = 3 if here < 6 else 0
    elif plan.rule == "rolling_six":
        size = min(plan.cohort_size, 6 - here)
    elif here < plan.cohort_size and not any(n[level:]):
        size = plan.cohort_size - here
    else:
        size = plan.cohort_size
    size = min(size, plan.max_n - sum(n), plan.max_n_per_level - here)
    return Step(move, level, size) if size > 0 else _end(plan, n, y, highest)


def _end(plan: Plan, n: Counts, y: Counts, highest: int) -> Step:
    if plan.rule in COUNTING:
        return Step("select", mtd.choose_tolerated(n, y, highest, plan.fewest_at_mtd), 0)
    bound = boin_boundaries(float(plan.target))[1] if plan.bounded_mtd else None
    return Step("select", mtd.choose_closest(n, y, highest, plan.target, plan.fewest_at_mtd, bound), 0)

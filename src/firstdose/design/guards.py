"""Guards around every rule: closed levels, caps, and the size of the next cohort."""

from collections.abc import Sequence

from firstdose.design.decision_table import DecisionTable
from firstdose.design.rules.algorithmic import ALGORITHMIC


def assign_highest_open_level(
    table: DecisionTable, n: Sequence[int], n_dlt: Sequence[int], cap_level: int | None
) -> tuple[int, str]:
    """The highest level at which anyone may be treated (0 if none), and what closes the level above it.

    Parameters
    ----------
    table : DecisionTable
    n, n_dlt : sequence of int
        Evaluable participants and participants with a DLT, one per level, lowest first.
    cap_level : int or None
        Highest level that the result of another part allows.

    Returns
    -------
    tuple of int and str
        The level, and the reason code ``top_level``, ``level_above_eliminated`` or ``capped_by_other_part``.
    """
    highest, reason = table.specification.n_levels, "top_level"
    if cap_level is not None and cap_level < highest:
        highest, reason = max(cap_level, 0), "capped_by_other_part"
    for level, (n_here, n_dlt_here) in enumerate(zip(n, n_dlt, strict=True), start=1):
        if table.eliminated[n_here][n_dlt_here]:
            if level <= highest:
                highest, reason = level - 1, "level_above_eliminated"
            break
    return highest, reason


def is_lowest_too_toxic(table: DecisionTable, n: Sequence[int], n_dlt: Sequence[int]) -> bool:
    """Whether the counts at level 1 stop the part, by elimination or by the extra safe rule."""
    return bool(table.stops_at_lowest[n[0]][n_dlt[0]])


def assign_size(table: DecisionTable, n: Sequence[int], level: int, *, titrating: bool) -> int:
    """How many participants the next cohort at a level has; 0 if the level or the sample is full."""
    spec = table.specification
    n_here = n[level - 1]
    if titrating:
        size = 1
    elif spec.rule in ALGORITHMIC:
        size = ALGORITHMIC[spec.rule](n_here, spec.cohort_size)
    else:
        # BOIN 2.7.2 fills up the level where titration ended, and treats whole cohorts on a way back down;
        # the level reached last is also completed when a participant could not be evaluated
        is_first_cohort = n_here < spec.cohort_size and not any(n[level:])
        size = spec.cohort_size - n_here if is_first_cohort else spec.cohort_size
    return max(0, min(size, spec.max_n - sum(n), spec.max_n_per_level - n_here))

"""Guards around every rule: the size of the next cohort."""

from collections.abc import Sequence

from firstdose.design.decision_table import DecisionTable
from firstdose.design.rules.algorithmic import ALGORITHMIC


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

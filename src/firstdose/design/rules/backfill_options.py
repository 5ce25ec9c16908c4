"""What a design says of backfilling, as plain values, and what may be wrong with it."""

import msgspec

from firstdose.terms.outcomes import Fault


class Backfill(msgspec.Struct, frozen=True, kw_only=True):
    """How levels below the current one take further participants."""

    max_n_per_level: int = 12
    """A level takes none once so many were treated there, cohorts included (``n.cap``)."""
    needs_response: bool = True
    """Whether a response must have been seen at the level or below it."""


def check_backfill(backfill: Backfill, *, cohort_size: int) -> list[Fault]:
    """Every bad value, one sentence each.

    Examples
    --------
    >>> print(*check_backfill(Backfill(max_n_per_level=3), cohort_size=3))
    max_n_per_level: backfilling up to 3 at a level adds nobody to a cohort of 3; write 4 or more
    """
    most = backfill.max_n_per_level
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        what, next_ = f"max_n_per_level is {most}, not a whole number of 1 or more", "write 1 or more"
    elif most <= cohort_size:
        what = f"backfilling up to {most} at a level adds nobody to a cohort of {cohort_size}"
        next_ = f"write {cohort_size + 1} or more"
    else:
        return []
    return [Fault(what=what, next=next_, clause="max_n_per_level")]

"""How long a part takes on average, from a simple calendar.

A cohort starts when the one before it was decided upon. Its participants follow one another by the accrual,
and not before the sentinel's and the later intervals have passed; the cohort is decided upon when the DLT
window of its last participant and the review are over. A DLT does not shorten a window.
"""

from typing import Protocol

import msgspec


class Expected(Protocol):
    """What is read of a design's characteristics; exact and simulated ones have it."""

    @property
    def mean_n_cohorts(self) -> float: ...  # noqa: D102 - as in OperatingCharacteristics
    @property
    def mean_n_seconds(self) -> float: ...  # noqa: D102
    @property
    def mean_n_since(self) -> float: ...  # noqa: D102


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """The times of a part [d]."""

    dlt_window_d: float
    review_d: float = 0.0
    first_to_second_d: float = 0.0
    """From the first participant of a cohort, the sentinel, to the second at the earliest."""
    next_d: float = 0.0
    """From each later participant of a cohort to the next at the earliest."""
    accrual_d: float = 0.0
    """Between participants who are ready for treatment, on average."""


def compute_expected_duration_d(found: Expected, calendar: Calendar) -> float:
    """Expected days from the first infusion to the last decision.

    Parameters
    ----------
    found : Expected
        Such as :class:`firstdose.design.OperatingCharacteristics`. Its mean numbers of cohorts, of cohorts with a
        second participant, and of participants are read.
    calendar : Calendar

    Returns
    -------
    float
        Days. Exact where accrual is steady; with random accrual the longer of two waits is longer on average.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table, compute_operating_characteristics
    >>> table = compile_table(DesignSpecification(
    ...     rule="three_plus_three", n_levels=2, target_rate="0.25", max_n=12, max_n_per_level=6, mtd_min_n=3
    ... ))
    >>> always_safe = compute_operating_characteristics(table, [0.0, 0.0])
    >>> compute_expected_duration_d(
    ...     always_safe, Calendar(dlt_window_d=14, review_d=3, first_to_second_d=7, next_d=3, accrual_d=5)
    ... )
    63.0
    """
    n_cohorts, n_seconds = found.mean_n_cohorts, found.mean_n_seconds
    n_later = found.mean_n_since - n_cohorts - n_seconds
    return (
        n_cohorts * (calendar.dlt_window_d + calendar.review_d)
        + (n_cohorts - 1) * calendar.accrual_d
        + n_seconds * max(calendar.first_to_second_d, calendar.accrual_d)
        + n_later * max(calendar.next_d, calendar.accrual_d)
    )

"""The rolling six design.

Source
------
Skolnik JM, Barrett JS, Jayaraman B, Patel D, Adamson PC. Shortening the timeline of pediatric phase I trials:
the rolling six design. J Clin Oncol 2008;26:190-195. Two to six participants are enrolled at a level without
waiting for one another; what the next one gets depends on how many are enrolled, had a DLT, and are pending.

With every window complete the rule decides from three participants on: none with a DLT, up; one, on to six; at
most one of six, up; two or more, the level is closed with all above it.
"""

from typing import Literal

from firstdose.design.rules.three_plus_three import is_tolerated

FIRST_DECISION, MOST_AT_LEVEL = 3, 6
"""Participants without a DLT after which a level may be left, and the most that are enrolled at it."""

RollingSixReason = Literal[
    "cohort_incomplete",
    "no_dlt_in_rolling",
    "one_dlt_in_rolling",
    "at_most_one_dlt_in_six",
    "two_or_more_dlt",
]


def assign_reason(n: int, n_dlt: int) -> RollingSixReason:
    """Which row of the rule the complete counts of a level fall in; above six by the rate 1/6.

    Examples
    --------
    >>> [assign_reason(4, 0), assign_reason(5, 1), assign_reason(6, 1), assign_reason(4, 2)]
    ['no_dlt_in_rolling', 'one_dlt_in_rolling', 'at_most_one_dlt_in_six', 'two_or_more_dlt']
    """
    if n_dlt > 1 and not is_tolerated(n, n_dlt):
        return "two_or_more_dlt"
    if n >= MOST_AT_LEVEL:
        return "at_most_one_dlt_in_six"
    if n < FIRST_DECISION:
        return "cohort_incomplete"
    return "one_dlt_in_rolling" if n_dlt else "no_dlt_in_rolling"


def assign_cohort_size(n: int, cohort_size: int) -> int:
    """Participants to enrol without waiting for one another: a cohort, or what is left of six.

    Examples
    --------
    >>> [assign_cohort_size(n, 6) for n in (0, 2, 5)], [assign_cohort_size(n, 3) for n in (0, 3, 5)]
    ([6, 4, 1], [3, 3, 1])
    """
    return min(cohort_size, MOST_AT_LEVEL - n) if n < MOST_AT_LEVEL else cohort_size


PendingMove = Literal["enrol", "escalate", "de_escalate", "suspend"]


def assign_move_while_pending(n: int, n_dlt: int, n_pending: int) -> PendingMove:
    """What may be done while windows are open at the level.

    Parameters
    ----------
    n, n_dlt : int
        Evaluable participants at the level, and those of them with a DLT.
    n_pending : int
        Participants at the level whose window is open, 1 or more.

    Examples
    --------
    >>> assign_move_while_pending(3, 0, 1), assign_move_while_pending(5, 0, 1), assign_move_while_pending(4, 1, 2)
    ('enrol', 'escalate', 'suspend')
    """
    enrolled = n + n_pending
    if n_dlt > 1 and not is_tolerated(enrolled, n_dlt):
        return "de_escalate"
    if enrolled < MOST_AT_LEVEL:
        return "enrol"
    return "escalate" if is_tolerated(enrolled, n_dlt + n_pending) else "suspend"

"""The 3+3 design.

Source
------
Storer BE. Design and analysis of phase I clinical trials. Biometrics 1989;45:925-937. 0 of 3: escalate; 1 of
3: three more; at most 1 of 6: escalate; 2 or more: the level is closed, with all above it. The MTD is the
highest level with at most one DLT in six.

Counts that whole cohorts never give (1, 2, 4 or 5 participants, after titration or a participant who could
not be evaluated) are completed to three or to six before the rule decides.
"""

from typing import Literal

FIRST_COHORT, BOTH_COHORTS = 3, 6
"""Participants after which the rule decides."""

ThreePlusThreeReason = Literal[
    "cohort_incomplete", "no_dlt_in_three", "one_dlt_in_three", "at_most_one_dlt_in_six", "two_or_more_dlt"
]


def assign_reason(n: int, n_dlt: int) -> ThreePlusThreeReason:
    """Which row of the 3+3 the counts of a level fall in; above six participants by the rate 1/6.

    Examples
    --------
    >>> [assign_reason(3, 0), assign_reason(3, 1), assign_reason(6, 1), assign_reason(6, 2)]
    ['no_dlt_in_three', 'one_dlt_in_three', 'at_most_one_dlt_in_six', 'two_or_more_dlt']
    """
    if n_dlt > 1 and not is_tolerated(n, n_dlt):
        return "two_or_more_dlt"
    if n >= BOTH_COHORTS:
        return "at_most_one_dlt_in_six"
    if n != FIRST_COHORT:
        return "cohort_incomplete"
    return "one_dlt_in_three" if n_dlt else "no_dlt_in_three"


def is_tolerated(n: int, n_dlt: int) -> bool:
    """Whether at most one in six of the participants had a DLT."""
    return BOTH_COHORTS * n_dlt <= n


def assign_cohort_size(n: int) -> int:
    """Participants that complete three, or six.

    Examples
    --------
    >>> [assign_cohort_size(n) for n in (0, 1, 3, 4, 6)]
    [3, 2, 3, 2, 3]
    """
    return FIRST_COHORT - n % FIRST_COHORT

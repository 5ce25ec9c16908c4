"""What the rules without a model have in common: they count to six, and end where their MTD is found."""

from collections.abc import Callable, Mapping

from firstdose.design.rules import rolling_six, three_plus_three


def _complete_three(n: int, _cohort_size: int) -> int:
    return three_plus_three.assign_cohort_size(n)


ALGORITHMIC: Mapping[str, Callable[[int, int], int]] = {
    "three_plus_three": _complete_three,
    "rolling_six": rolling_six.assign_cohort_size,
}
"""Each such rule with the size of its next cohort, from the number at the level and the cohort size.

They take as the MTD the highest level with at most one DLT in six, and never estimate a rate.
"""

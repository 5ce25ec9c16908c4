"""Dose transition paths: what the design will do for every outcome of the next cohorts of a running part.

Source
------
Yap C, Billingham LJ, Cheung YK, Craddock C, O'Quigley J. Dose transition pathways: the missing link between
complex dose-finding designs and simple decision-making. Clin Cancer Res 2017;23:7440-7447.
"""

from collections.abc import Sequence
from math import comb

import msgspec
from msgspec import UNSET

from firstdose.design.decision_table import DecisionTable
from firstdose.design.next_cohort import Action, NextCohort, assign_next_cohort
from firstdose.design.tallies import Tallies


class PathStep(msgspec.Struct, frozen=True):
    """A cohort of a path: its level from 1, its size, and how many of it had a DLT."""

    level: int
    size: int
    n_dlt: int


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """The cohorts of a path with what the design recommends at its end.

    ``level`` is that of the next cohort or the MTD, None if there is none; ``size`` 0 where the part ends.
    """

    steps: tuple[PathStep, ...]
    action: Action
    level: int | None
    size: int
    reasons: tuple[str, ...]

    def compute_probability(self, true_rates: Sequence[float]) -> float:
        """The probability of the path from its start, under true DLT rates, lowest level first."""
        found = 1.0
        for step in self.steps:
            rate = true_rates[step.level - 1]
            found *= comb(step.size, step.n_dlt) * rate**step.n_dlt * (1 - rate) ** (step.size - step.n_dlt)
        return found


def enumerate_paths(
    table: DecisionTable,
    tallies: Tallies,
    level: int,
    k: int,
    *,
    titration_ended: bool = False,
    cap_level: int | None = None,
) -> tuple[Path, ...]:
    """Every path of the next k cohorts, shorter where the part ends before; fewest DLTs first.

    Parameters
    ----------
    table : DecisionTable
    tallies : Tallies
        The counts of today, without a pending participant.
    level : int
        Level of the last cohort, from 1.
    k : int
        How many cohorts to look ahead; 0 gives what is recommended now.
    titration_ended : bool
        Whether a trigger outside the counts has ended titration.
    cap_level : int, optional
        Highest level that the result of another part allows.

    Raises
    ------
    ValueError
        If a participant is pending.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> table = compile_table(DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate="0.25", max_n=18, max_n_per_level=9, mtd_min_n=6
    ... ))
    >>> paths = enumerate_paths(table, Tallies((3, 0, 0), (0, 0, 0), (0, 0, 0)), 1, 1)
    >>> [(path.steps[0].n_dlt, path.action.value, path.level) for path in paths]
    [(0, 'escalate', 3), (1, 'de_escalate', 1), (2, 'de_escalate', 1), (3, 'de_escalate', 1)]
    """
    if table.ranks is not UNSET:
        raise ValueError("the rule reads responses: see firstdose.design.exact.two_outcomes")
    if any(tallies.n_pending):
        raise ValueError("a participant is inside the DLT window: wait, or give each outcome as counts")
    found: list[Path] = []

    def follow(n: tuple[int, ...], n_dlt: tuple[int, ...], current: int, steps: tuple[PathStep, ...]) -> None:
        step: NextCohort = assign_next_cohort(
            table, n, n_dlt, current, titration_ended=titration_ended, cap_level=cap_level
        )
        if step.size == 0 or step.level is None or len(steps) == k:
            path = Path(
                steps=steps, action=step.action, level=step.level, size=step.size, reasons=step.reasons
            )
            found.append(path)
            return
        place = step.level - 1
        n_after = (*n[:place], n[place] + step.size, *n[place + 1 :])
        for events in range(step.size + 1):
            n_dlt_after = (*n_dlt[:place], n_dlt[place] + events, *n_dlt[place + 1 :])
            follow(n_after, n_dlt_after, step.level, (*steps, PathStep(step.level, step.size, events)))

    follow(tallies.n_evaluable, tallies.n_dlt, level, ())
    return tuple(found)

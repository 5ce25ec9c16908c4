"""A rule that reads responses beside DLTs, in the words of the other rules."""

from msgspec import UNSET

from firstdose.design.next_cohort import Action, NextCohort
from firstdose.design.rules import boin12
from firstdose.design.rules.boin12_table import RankTable
from firstdose.design.specification import DesignSpecification
from firstdose.design.tallies import Tallies

ACTIONS = {
    boin12.Boin12Action.ESCALATE: Action.ESCALATE,
    boin12.Boin12Action.STAY: Action.STAY,
    boin12.Boin12Action.DE_ESCALATE: Action.DE_ESCALATE,
    boin12.Boin12Action.STOP_NONE_ADMISSIBLE: Action.STOP_TOO_TOXIC,
    boin12.Boin12Action.STOP_AND_SELECT_OBD: Action.STOP_AND_SELECT_MTD,
}
"""The rule's actions in those of every rule: the level that is selected is the optimal biological dose."""


def count_responses(tallies: Tallies) -> boin12.Boin12Counts:
    """The counts as BOIN12 takes them.

    Raises
    ------
    ValueError
        If no responses are given.
    """
    if tallies.n_efficacy is UNSET:
        raise ValueError("the rule reads responses: give n_efficacy, one count per level")
    both = None if tallies.n_both is UNSET else tallies.n_both
    return boin12.Boin12Counts(tallies.n_evaluable, tallies.n_dlt, tallies.n_efficacy, both)


def assign_utility_step(
    ranks: RankTable, spec: DesignSpecification, tallies: Tallies, level: int, cap_level: int | None
) -> NextCohort:
    """The next cohort by the rank table, every window complete."""
    step = boin12.recommend_boin12(ranks, spec, count_responses(tallies), level, cap_level=cap_level)
    return NextCohort(ACTIONS[step.action], step.level, step.size, step.reasons)

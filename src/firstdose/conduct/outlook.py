"""What each outcome of the cohort that is recommended would lead to, for those who decide on it."""

from typing import Literal

import msgspec

from firstdose.design import DecisionTable, Tallies, recommend
from firstdose.record.events import RecommendationComputed
from firstdose.terms.words import Text


class CohortOutcome(msgspec.Struct, frozen=True):
    """So many of the next cohort with a DLT, and what the rule would then recommend.

    ``n_efficacy`` is how many of it would have the response, None for a rule that does not read it.
    ``next_level`` is that of the cohort after, or the MTD; None if there is none. ``next_size`` is 0 where the part
    would end.
    """

    n_dlt: int
    size: int
    level: int
    action: Literal["escalate", "stay", "de_escalate", "stop_too_toxic", "stop_and_select_mtd", "wait"]
    next_level: int | None
    next_size: int
    reason: Text
    n_efficacy: int | None = None


def view_outcomes(
    table: DecisionTable, found: RecommendationComputed, cap_level: int | None
) -> tuple[CohortOutcome, ...]:
    """Every outcome of the recommended cohort, fewest DLTs first; none where nobody is to be treated.

    Parameters
    ----------
    table : DecisionTable
    found : RecommendationComputed
        On complete windows; while one is open its own participants come first.
    cap_level : int or None
        Highest level that the result of another part allows.
    """
    if found.level is None or not found.cohort_size or any(found.n_pending):
        return ()
    place, size = found.level - 1, found.cohort_size
    responses = range(size + 1) if found.n_efficacy else (None,)
    return tuple(
        _view(table, found, place, size, n_dlt, n_efficacy, cap_level)
        for n_dlt in range(size + 1)
        for n_efficacy in responses
    )


def _view(
    table: DecisionTable,
    found: RecommendationComputed,
    place: int,
    size: int,
    n_dlt: int,
    n_efficacy: int | None,
    cap_level: int | None,
) -> CohortOutcome:
    """One outcome; where responses are counted with DLTs, the fewest with both are taken."""
    n_levels, level = len(found.n_dlt), place + 1
    after = Tallies(_add(found.n_evaluable, place, size), _add(found.n_dlt, place, n_dlt), (0,) * n_levels)
    if n_efficacy is not None:
        after = msgspec.structs.replace(
            after,
            n_efficacy=_add(found.n_efficacy, place, n_efficacy),
            n_both=_add(found.n_both, place, max(0, n_dlt + n_efficacy - size)),
        )
    said = recommend(table, after, level, found.titration_ended, cap_level=cap_level)
    return CohortOutcome(
        n_dlt=n_dlt,
        size=size,
        level=level,
        action=said.action.value,
        next_level=said.level,
        next_size=said.cohort_size,
        reason=said.reason_text,
        n_efficacy=n_efficacy,
    )


def _add(counts: tuple[int, ...], place: int, more: int) -> tuple[int, ...]:
    return (*counts[:place], counts[place] + more, *counts[place + 1 :])

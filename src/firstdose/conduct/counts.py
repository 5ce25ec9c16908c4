"""What a part's rule may know: counts per level, read from the record up to a cutoff."""

from datetime import datetime
from fractions import Fraction

import msgspec
from msgspec import UNSET

from firstdose.conduct.cohorts import find_cap_level
from firstdose.conduct.dose_rules import open_table
from firstdose.derive.pharmacodynamics.course import derive_course
from firstdose.derive.pharmacodynamics.measurements import select_usable
from firstdose.design import Recommendation, Tallies, recommend
from firstdose.design.specification import TITE_RULES
from firstdose.protocol.dose_rule import Response
from firstdose.protocol.resolved import Part
from firstdose.record.state import Participant, State
from firstdose.terms.calendar import protocol_day


class Counts(msgspec.Struct, frozen=True):
    """The counts of a part with the level of its latest cohort."""

    tallies: Tallies
    current_level: int
    titration_ended: bool
    cap_level: int | None


def count_part(state: State, part: Part, cutoff: datetime) -> Counts:
    """The counts of a part up to a cutoff.

    A participant with a DLT counts at once; one without counts when found DLT-evaluable, from the end of the
    window on. Pending is every place of the part's cohorts that may still count: infused and not determined
    by the cutoff, reserved, or still free in an open cohort. Participants who are not evaluable are in no
    count.
    """
    design = part.design
    assert design is not None
    n, n_dlt, n_pending = ([0] * design.n_levels for _ in range(3))
    shares: list[list[Fraction]] = [[] for _ in range(design.n_levels)]
    n_efficacy, n_both = [0] * design.n_levels, [0] * design.n_levels
    current_level = design.start_level
    for cohort in state.cohorts.values():
        if cohort.part != part.key:
            continue
        level = state.protocol.regimen_by_key[cohort.regimen].dose_level
        current_level = level
        if cohort.is_open:
            n_free = cohort.capacity - len(cohort.participants)
            n_pending[level - 1] += n_free
            shares[level - 1] += [Fraction(0)] * n_free
        for participant in (state.participants[code] for code in cohort.participants):
            had_dlt = _had_dlt(participant, cutoff)
            if had_dlt or _is_clean(participant, part, cutoff):
                n[level - 1] += 1
                n_dlt[level - 1] += had_dlt
                responded = design.boin12 is not None and has_responded(
                    state, participant, design.boin12.response, cutoff
                )
                n_efficacy[level - 1] += responded
                n_both[level - 1] += responded and had_dlt
            elif (
                not participant.is_determined
                or participant.evaluability is None
                or participant.evaluability.is_dlt_evaluable
            ):
                n_pending[level - 1] += 1
                shares[level - 1].append(_share_seen(participant, part, cutoff))
    return Counts(
        tallies=Tallies(
            tuple(n),
            tuple(n_dlt),
            tuple(n_pending),
            tuple(map(tuple, shares)) if design.rule in TITE_RULES else UNSET,
            tuple(n_efficacy) if design.boin12 else UNSET,
            tuple(n_both) if design.boin12 else UNSET,
        ),
        current_level=current_level,
        titration_ended=has_titration_trigger(state, part, cutoff),
        cap_level=find_cap_level(state, part),
    )


def _had_dlt(participant: Participant, cutoff: datetime) -> bool:
    return any(
        record.dlt is not None and record.dlt.is_dlt and record.reported.onset <= cutoff
        for record in participant.adverse_events.values()
    )


def _is_clean(participant: Participant, part: Part, cutoff: datetime) -> bool:
    """Whether a participant was seen through the whole window by the cutoff, and had no DLT."""
    determined, first = participant.evaluability, participant.first_infusion_at
    return (
        determined is not None
        and determined.is_dlt_evaluable
        and not determined.had_dlt
        and first is not None
        and protocol_day(cutoff, first) >= part.dlt_window.last
    )


def _share_seen(participant: Participant, part: Part, cutoff: datetime) -> Fraction:
    """The share of the DLT window that a pending participant was seen through by the cutoff, below 1.

    A window that is over and not yet determined is taken as seen up to its last day but one.
    """
    first = participant.first_infusion_at
    if first is None or cutoff < first:
        return Fraction(0)
    last = part.dlt_window.last
    return Fraction(min(protocol_day(cutoff, first), last - 1), last)


def has_responded(state: State, participant: Participant, response: Response, cutoff: datetime) -> bool:
    """Whether a participant had the response that the dose rule counts, on what was measured up to the cutoff."""
    first = participant.first_infusion_at
    if first is None:
        return False
    last = min(protocol_day(cutoff, first), response.last_day)
    course = derive_course(state, participant, (response.form, response.item))
    return any(
        0 < one.time_d < last + 1 and one.is_below(response.below)
        for one in select_usable(course.measurements)
    )


def has_titration_trigger(state: State, part: Part, cutoff: datetime) -> bool:
    """Whether a related adverse event of the trigger's grade came up in a DLT window of the part."""
    titration = part.design.titration if part.design else None
    if titration is None:
        return False
    window = part.dlt_window.window
    for participant in state.treated():
        first = participant.first_infusion_at
        if state.part_of(participant) != part.key or first is None:
            continue
        for record in participant.adverse_events.values():
            related = record.reported.causality.get("product", "possible") in (
                "possible",
                "probable",
                "definite",
            )
            if related and any(
                grade >= titration.trigger_grade and at <= cutoff and window.has(protocol_day(at, first))
                for at, grade, _ in record.grades
            ):
                return True
    return False


def recommend_for(state: State, part: Part, cutoff: datetime) -> tuple[Counts, Recommendation, str]:
    """What the part's rule recommends on the record up to a cutoff, with its counts and its table's digest."""
    assert part.design is not None
    counts = count_part(state, part, cutoff)
    table, digest = open_table(state, part)
    found = recommend(
        table, counts.tallies, counts.current_level, counts.titration_ended, cap_level=counts.cap_level
    )
    return counts, found, digest

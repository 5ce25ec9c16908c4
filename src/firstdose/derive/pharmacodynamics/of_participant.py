"""What the biomarkers of one participant show, by the study's definitions, with the positions behind it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec

from firstdose.derive.pharmacodynamics.b_cells import (
    Aplasia,
    Depletion,
    TimeToEvent,
    derive_aplasia,
    derive_deep_depletion,
    derive_nadir,
    derive_percent_depletion,
    derive_reconstitution,
    derive_recovery,
    derive_time_to_depletion,
)
from firstdose.derive.pharmacodynamics.complement import (
    ComplementSample,
    TimeToNormalisation,
    derive_complement_normalised,
    derive_time_to_normalisation,
)
from firstdose.derive.pharmacodynamics.course import Course, MarkerKey, derive_course
from firstdose.derive.pharmacodynamics.cytokines import (
    EffectAreas,
    Fold,
    Peak,
    derive_cytokine_peak,
    derive_effect_areas,
    derive_fold_over_baseline,
)
from firstdose.derive.pharmacodynamics.immunoglobulins import (
    derive_hypogammaglobulinaemia_of_interest,
    derive_is_below_lln,
    derive_is_igg_severe,
)
from firstdose.derive.pharmacodynamics.measurements import Measurement, select_usable
from firstdose.derive.reference_ranges import find_range
from firstdose.derive.windows import ScheduledVisit
from firstdose.record.state import Participant, State
from firstdose.terms.outcomes import Finding, NotDerived

RULES = "pharmacodynamics-1"
"""Baseline before lymphodepletion; visits by analysis windows; thresholds from the study's definitions."""

CD19: MarkerKey = ("lymphocyte_subsets", "cd19_b_cells_per_ul")
SUBSETS = ("transitional", "naive", "unswitched_memory", "switched_memory", "double_negative", "plasmablast")
CYTOKINES = ("il6", "il10", "il2r", "ifn_gamma", "tnf_alpha", "il15")
IMMUNOGLOBULINS = ("igg", "igm", "iga", "ige")
COMPLEMENTS = ("c3", "c4", "ch50")

T = TypeVar("T")


class BCells(msgspec.Struct, frozen=True, kw_only=True):
    """CD19+ B cells of one participant. Counts are cells per microlitre, times days from the first infusion."""

    course: Course
    nadir: Finding[Measurement]
    depletion: Finding[Depletion]
    was_depleted: Finding[bool]
    was_deeply_depleted: Finding[bool]
    time_to_depletion: Finding[TimeToEvent]
    aplasia: Finding[Aplasia]
    recovery: Finding[TimeToEvent]
    reconstitution: Finding[TimeToEvent]


class Cytokine(msgspec.Struct, frozen=True, kw_only=True):
    """One cytokine of one participant; areas in its unit times days."""

    course: Course
    peak: Finding[Peak]
    fold: Finding[Fold]
    effect: Finding[EffectAreas]


class Immunoglobulin(msgspec.Struct, frozen=True, kw_only=True):
    """One immunoglobulin of one participant; ``is_below_lln`` by visit of the grid, missing ones with reason."""

    course: Course
    lln: Decimal | None
    is_below_lln: tuple[bool | NotDerived, ...]


class Immunoglobulins(msgspec.Struct, frozen=True, kw_only=True):
    """The immunoglobulins, and the event of special interest.

    ``replaced_at_visit`` says for each visit of the grid whether replacement was given before the value that
    stands there; ``lowest_igg`` is the lowest value after the first infusion.
    """

    by_item: dict[str, Immunoglobulin]
    replaced_at_visit: tuple[bool | NotDerived, ...]
    lowest_igg: Finding[Measurement]
    was_replacement_given: Finding[bool]
    was_igg_severe: Finding[bool]
    had_event_of_interest: Finding[bool]


class Complement(msgspec.Struct, frozen=True, kw_only=True):
    """C3, C4 and CH50; ``was_low`` at baseline means that C3 or C4 was under its lower limit."""

    by_item: dict[str, Course]
    lln: dict[str, Decimal | None]
    is_normal_at_visit: tuple[bool | NotDerived, ...]
    was_low_at_baseline: Finding[bool]
    time_to_normalisation: Finding[TimeToNormalisation]


class SubsetAtVisit(msgspec.Struct, frozen=True, kw_only=True):
    """Share of the CD19+ cells in percent and number per microlitre of one subset."""

    visit: ScheduledVisit | None
    """None for the baseline."""
    share_percent: Decimal | NotDerived
    cells_per_ul: Decimal | NotDerived
    sources: tuple[int, ...]


class BCellSubsets(msgspec.Struct, frozen=True, kw_only=True):
    """Each subset at baseline (first) and at the visits of the grid."""

    participant: str
    by_subset: dict[str, tuple[SubsetAtVisit, ...]]


def derive_b_cells_of_participant(state: State, participant: Participant) -> BCells:
    """Depletion of CD19+ cells, its depth and length, and their return."""
    course = derive_course(state, participant, CD19)
    settings = state.protocol.definitions
    depleted_below = settings.b_cell_depletion_below_per_ul
    recovered_from = settings.b_cell_recovery_from_per_ul
    counts = course.measurements
    nadir = derive_nadir(counts)
    depletion = derive_percent_depletion(counts, course.baseline)
    reached = derive_time_to_depletion(counts, threshold_cells_per_ul=depleted_below)
    lln = _lln(state, participant, CD19)
    reconstitution = (
        NotDerived("no_lln", "the laboratory gave no lower limit of normal")
        if lln is None
        else derive_reconstitution(counts, depleted_below_cells_per_ul=depleted_below, lln_cells_per_ul=lln)
    )
    return BCells(
        course=course,
        nadir=_found(nadir, "endpoints.cd19_b_cells", _sources(course, nadir)),
        depletion=_found(depletion, "endpoints.cd19_b_cells", _sources(course, depletion)),
        was_depleted=_found(
            reached if isinstance(reached, NotDerived) else reached.had_event,
            "definitions.b_cell_depletion_below_per_ul",
            _sources(course, nadir),
        ),
        was_deeply_depleted=_found(
            derive_deep_depletion(depletion, from_percent=settings.b_cell_deep_depletion_percent),
            "definitions.b_cell_deep_depletion_percent",
            _sources(course, depletion),
        ),
        time_to_depletion=_found(
            reached, "definitions.b_cell_depletion_below_per_ul", _sources(course, reached)
        ),
        aplasia=_with_sources(
            course,
            "definitions.b_cell_recovery_from_per_ul",
            derive_aplasia(
                counts, depleted_below_cells_per_ul=depleted_below, recovered_from_cells_per_ul=recovered_from
            ),
        ),
        recovery=_with_sources(
            course,
            "definitions.b_cell_recovery_from_per_ul",
            derive_recovery(
                counts, depleted_below_cells_per_ul=depleted_below, recovered_from_cells_per_ul=recovered_from
            ),
        ),
        reconstitution=_with_sources(course, "reference_ranges", reconstitution),
    )


def derive_cytokine_of_participant(state: State, participant: Participant, item: str) -> Cytokine:
    """Peak of a cytokine up to the study's last day for it, its time, fold over baseline and effect areas."""
    course = derive_course(state, participant, ("cytokines", item))
    last_d = Decimal(state.protocol.definitions.cytokine_peak_last_d)
    peak = derive_cytokine_peak(course.measurements, last_d=last_d)
    clause = "definitions.cytokine_peak_last_d"
    sources = _all(course) if isinstance(peak, NotDerived) else (peak.source,)
    return Cytokine(
        course=course,
        peak=_found(peak, clause, sources),
        fold=_with_sources(course, clause, derive_fold_over_baseline(peak, course.baseline)),
        effect=_with_sources(
            course, clause, derive_effect_areas(course.measurements, course.baseline, last_d=last_d)
        ),
    )


def derive_immunoglobulins_of_participant(state: State, participant: Participant) -> Immunoglobulins:
    """Immunoglobulins by visit, loss of IgG and its replacement."""
    by_item = {}
    for item in IMMUNOGLOBULINS:
        course = derive_course(state, participant, ("immunoglobulins", item))
        lln = _lln(state, participant, course.marker)
        by_item[item] = Immunoglobulin(
            course=course,
            lln=lln,
            is_below_lln=tuple(
                at.measurement
                if isinstance(at.measurement, NotDerived)
                else derive_is_below_lln(at.measurement, lln)
                for at in course.by_visit
            ),
        )
    igg = by_item["igg"].course
    replaced = _replacements(participant)
    after = select_usable(igg.measurements, after_d=Decimal(0))
    lowest: Measurement | NotDerived = (
        min(after, key=lambda m: (m.upper_bound, m.time_d))
        if after
        else NotDerived("no_sample_after_infusion")
    )
    limit = state.protocol.definitions.igg_aesi_below_g_per_l
    severe = lowest if isinstance(lowest, NotDerived) else derive_is_igg_severe(lowest, below_g_per_l=limit)
    given = _any([replaced.get(m.source, _NOT_ASKED) for m in igg.measurements if m.time_d > 0])
    asked = tuple(m.source for m in igg.measurements if m.time_d > 0)
    clause = "definitions.igg_aesi_below_g_per_l"
    return Immunoglobulins(
        by_item=by_item,
        replaced_at_visit=tuple(
            at.measurement
            if isinstance(at.measurement, NotDerived)
            else replaced.get(at.measurement.source, _NOT_ASKED)
            for at in igg.by_visit
        ),
        lowest_igg=_found(lowest, "endpoints.immunoglobulins", _sources(igg, lowest)),
        was_replacement_given=_found(given, clause, asked),
        was_igg_severe=_found(severe, clause, _sources(igg, lowest)),
        had_event_of_interest=_found(
            derive_hypogammaglobulinaemia_of_interest(is_igg_severe=severe, was_replacement_given=given),
            clause,
            asked,
        ),
    )


def derive_complement_of_participant(state: State, participant: Participant) -> Complement:
    """Complement by visit, and when C3 and C4 came back to normal if either was low."""
    courses = {item: derive_course(state, participant, ("complement", item)) for item in COMPLEMENTS}
    lln = {item: _lln(state, participant, ("complement", item)) for item in COMPLEMENTS}
    c3, c4 = courses["c3"], courses["c4"]

    def sample(
        one: Measurement | NotDerived, other: Measurement | NotDerived
    ) -> ComplementSample | NotDerived:
        if isinstance(one, NotDerived):
            return one
        if isinstance(other, NotDerived):
            return other
        return ComplementSample(time_d=one.time_d, c3=one, c4=other, c3_lln=lln["c3"], c4_lln=lln["c4"])

    # both items stand on one form, so the same places in the two courses are one sample
    taken = [
        ComplementSample(time_d=one.time_d, c3=one, c4=other, c3_lln=lln["c3"], c4_lln=lln["c4"])
        for one, other in zip(c3.measurements, c4.measurements, strict=True)
    ]
    at_visits = [
        sample(one.measurement, other.measurement)
        for one, other in zip(c3.by_visit, c4.by_visit, strict=True)
    ]
    baseline = sample(c3.baseline, c4.baseline)
    was_normal = baseline if isinstance(baseline, NotDerived) else derive_complement_normalised(baseline)
    return Complement(
        by_item=courses,
        lln=lln,
        is_normal_at_visit=tuple(
            each if isinstance(each, NotDerived) else derive_complement_normalised(each) for each in at_visits
        ),
        was_low_at_baseline=_found(
            was_normal if isinstance(was_normal, NotDerived) else not was_normal,
            "endpoints.complement",
            tuple(dict.fromkeys((*_sources(c3, c3.baseline), *_sources(c4, c4.baseline)))),
        ),
        time_to_normalisation=_with_sources(
            c3, "endpoints.complement", derive_time_to_normalisation(baseline, taken)
        ),
    )


def derive_b_cell_subsets_of_participant(state: State, participant: Participant) -> BCellSubsets:
    """Shares and numbers of the subsets; neither where too few CD19+ cells stand behind a share."""
    parent = derive_course(state, participant, CD19)
    least = state.protocol.definitions.subset_min_parent_per_ul
    by_subset = {}
    for item in SUBSETS:
        course = derive_course(state, participant, (CD19[0], item))
        by_time = {m.time_d: m for m in course.measurements if m.is_usable}
        pairs = [(None, parent.baseline), *((at.visit, at.measurement) for at in parent.by_visit)]
        by_subset[item] = tuple(_subset_at(visit, count, by_time, least) for visit, count in pairs)
    return BCellSubsets(participant=participant.code, by_subset=by_subset)


def _subset_at(
    visit: ScheduledVisit | None,
    parent: Measurement | NotDerived,
    shares: dict[Decimal, Measurement],
    least: Decimal,
) -> SubsetAtVisit:
    if isinstance(parent, NotDerived):
        return SubsetAtVisit(visit=visit, share_percent=parent, cells_per_ul=parent, sources=())
    share = shares.get(parent.time_d)
    if share is None or parent.is_below(least):
        nothing = (
            NotDerived("parent_count_too_small", f"{parent.upper_bound} CD19+ cells/µL, {least} needed")
            if parent.is_below(least)
            else NotDerived("not_measured", "the share was not measured")
        )
        return SubsetAtVisit(
            visit=visit, share_percent=nothing, cells_per_ul=nothing, sources=(parent.source,)
        )
    return SubsetAtVisit(
        visit=visit,
        share_percent=share.upper_bound,
        cells_per_ul=parent.upper_bound * share.upper_bound / 100,
        sources=tuple(dict.fromkeys((parent.source, share.source))),
    )


_NOT_ASKED = NotDerived("not_assessed", "whether replacement was given was not recorded")


def _replacements(participant: Participant) -> dict[int, bool | NotDerived]:
    """Whether replacement was given before each IgG value, by the position of the value."""
    return {
        form.position_of("igg"): said
        if isinstance(said := form.values.get("ivig_given"), bool)
        else _NOT_ASKED
        for form in participant.forms_by_name.get("immunoglobulins", ())
    }


def _any(statuses: Sequence[bool | NotDerived]) -> bool | NotDerived:
    if any(status is True for status in statuses):
        return True
    unknown = next((status for status in statuses if isinstance(status, NotDerived)), None)
    if unknown is not None:
        return unknown
    return False if statuses else NotDerived("no_sample_after_infusion")


def _lln(state: State, participant: Participant, marker: MarkerKey) -> Decimal | None:
    found = find_range(state.protocol, *marker, participant.sex, participant.site)
    return None if found is None else found.low


def _all(course: Course) -> tuple[int, ...]:
    return tuple(measurement.source for measurement in course.measurements)


def _sources(course: Course, value: "Measurement | Depletion | TimeToEvent | NotDerived") -> tuple[int, ...]:
    if isinstance(value, NotDerived):
        return _all(course)
    return (value.source,) if isinstance(value, Measurement) else value.sources


Sourced = TypeVar("Sourced", Aplasia, TimeToEvent, Fold, EffectAreas, TimeToNormalisation)


def _with_sources(course: Course, clause: str, value: Sourced | NotDerived) -> Finding[Sourced]:
    return _found(value, clause, _all(course) if isinstance(value, NotDerived) else value.sources)


def _found(value: T | NotDerived, clause: str, sources: tuple[int, ...]) -> Finding[T]:
    return Finding(value=value, clause=clause, rule=RULES, sources=sources)

"""Cellular kinetics of one participant, read from the record by the study's definitions."""

from decimal import Decimal
from typing import TypeVar, cast

import msgspec

from firstdose.derive.kinetics.elimination import TerminalFit
from firstdose.derive.kinetics.exposure import Area, Exposure
from firstdose.derive.kinetics.infusions import InfusionKinetics
from firstdose.derive.kinetics.parameters import RULES, KineticsParameters, derive_kinetics_parameters
from firstdose.derive.kinetics.peak import Level
from firstdose.derive.kinetics.profile import Point, derive_profile
from firstdose.derive.kinetics.retention import Retention, derive_retention_to_confirmed_loss
from firstdose.derive.kinetics.samples import Sample, SampleState, SetAside, derive_usable_samples
from firstdose.protocol.resolved import Schedule
from firstdose.record.state import FormRecord, Participant, State
from firstdose.terms.calendar import elapsed_d, protocol_day
from firstdose.terms.measures import read_decimal
from firstdose.terms.outcomes import Finding, NotDerived

FORM = "cellular_kinetics"
_LEVEL, _STATE, _LLOQ = "transgene_copies_per_ug", "state", "lloq"
_STATES = ("quantifiable", "detected_below_quantification", "not_detected")
_HOURS_PER_DAY = 24
_NOT_KNOWN = Decimal("Infinity")
"""A limit that is not given: the usability check reads only finite limits."""

T = TypeVar("T")
OneSample = TypeVar("OneSample", Level, Point)
ManySamples = TypeVar("ManySamples", Area, TerminalFit, Retention)


class InfusionFindings(msgspec.Struct, frozen=True, kw_only=True):
    """Peak, area and trough of one infusion; times count from its start, ``start_d`` from the first one."""

    number: int
    start_d: Decimal
    cmax: Finding[Level]
    auc: Finding[Area]
    trough: Finding[Point]


class ParticipantKinetics(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of one participant over the window of the registered outcomes, and of each infusion.

    The time of a level is its Tmax or Tlast. ``auc`` is the main variant, the area to the last quantifiable
    level; the other two are named. ``is_window_covered`` holds whether samples tell the whole window;
    until then peaks are those so far and areas are not derived.
    """

    participant: str
    samples: tuple[Sample, ...]
    set_aside: tuple[SetAside, ...]
    is_window_covered: Finding[bool]
    cmax: Finding[Level]
    cmax_from_day_2: Finding[Level]
    clast: Finding[Level]
    auc: Finding[Area]
    auc_to_first_below_quantification: Finding[Area]
    auc_extrapolated: Finding[Area]
    half_life: Finding[TerminalFit]
    retention: Finding[Retention]
    retention_to_confirmed_loss: Finding[Retention]
    infusions: tuple[InfusionFindings, ...]
    cmax_accumulation: Finding[Decimal]
    auc_accumulation: Finding[float]

    @property
    def was_never_quantifiable(self) -> bool:
        """Whether samples were usable and none of them was quantifiable."""
        return isinstance(self.cmax.value, NotDerived) and self.cmax.value.reason == "never_quantifiable"


def derive_samples(state: State, participant: Participant) -> tuple[Sample, ...]:
    """The samples for the transgene level, in the order of their collection; none before an infusion.

    The nominal time counts from the first infusion: a time point from the latest infusion planned by its
    visit, a visit without time points by its planned day. A time point of an infusion that was not given has
    none.
    """
    first = participant.first_infusion_at
    regimen = state.regimen_of(participant)
    if first is None or regimen is None:
        return ()
    schedule = state.protocol.schedule_by_key[regimen.schedule]
    filled = sorted(
        participant.forms_by_name.get(FORM, ()), key=lambda form: (form.collected_at, form.position)
    )
    return tuple(
        _read_sample(
            form, _nominal_time_h(state, participant, schedule, form), elapsed_d(form.collected_at, first)
        )
        for form in filled
    )


def derive_kinetics_of_participant(state: State, participant: Participant) -> ParticipantKinetics:
    """Every kinetics parameter of a participant with its clause, its rule and the positions behind it."""
    samples = derive_samples(state, participant)
    last_d = Decimal(state.protocol.definitions.kinetics_last_d)
    first = participant.first_infusion_at
    given = [participant.infusions[number] for number in sorted(participant.infusions)]
    starts_d = [] if first is None else [elapsed_d(infusion.started_at, first) for infusion in given]
    ended_at = given[-1].completed_at if given else None
    found = derive_kinetics_parameters(
        samples,
        infusion_starts_d=starts_d,
        last_infusion_end_d=None if first is None or ended_at is None else elapsed_d(ended_at, first),
        window_last_d=last_d,
    )
    covered = _is_window_covered(state, participant, samples, last_d)
    profile = derive_profile(samples, end_d=last_d)
    return ParticipantKinetics(
        participant=participant.code,
        samples=samples,
        set_aside=found.set_aside,
        is_window_covered=covered,
        cmax=_of_level("cmax", found.cmax, samples),
        cmax_from_day_2=_of_level("cmax", found.cmax_from_day_2, samples),
        clast=_of_level("retention", found.clast, samples),
        **_areas(found, covered, samples),
        half_life=_finding("auc", found.half_life, samples),
        retention=_finding("retention", found.retention, samples),
        retention_to_confirmed_loss=_finding(
            "retention", derive_retention_to_confirmed_loss(profile), samples
        ),
        infusions=_of_infusions(found.infusions, samples),
        cmax_accumulation=_ratio(found.accumulation.cmax_ratio, "cmax", samples),
        auc_accumulation=_ratio(found.accumulation.auc_ratio, "auc", samples),
    )


def _read_sample(form: FormRecord, nominal_time_h: Decimal | None, actual_time_d: Decimal) -> Sample:
    said = form.values.get(_STATE)
    state = cast("SampleState", said) if said in _STATES else "missing"
    lloq = _number(form, _LLOQ)
    return Sample(
        nominal_time_h=nominal_time_h,
        actual_time_d=actual_time_d,
        transgene_level=_number(form, _LEVEL),
        state=state,
        lloq=_NOT_KNOWN if lloq is None else lloq,
        # the latest of the two items that say what the sample gave
        source=max(form.position_of(_STATE), form.position_of(_LEVEL)),
    )


def _number(form: FormRecord, item: str) -> Decimal | None:
    said = form.values.get(item)
    number = read_decimal(said) if isinstance(said, str) and said else None
    return number if isinstance(number, Decimal) else None


def _nominal_time_h(
    state: State, participant: Participant, schedule: Schedule, form: FormRecord
) -> Decimal | None:
    visit = schedule.by_key.get(form.visit)
    if visit is None:
        return None
    if not form.timepoint:
        return Decimal(_HOURS_PER_DAY * visit.day)
    hours = state.protocol.timepoints_h.get(form.timepoint)
    if hours is None:
        return None
    planned = [
        (each.day, each.infusion)
        for each in schedule.visits
        if each.infusion is not None and each.day <= visit.day
    ]
    if not planned:
        return _HOURS_PER_DAY * visit.day + hours
    day, number = max(planned)
    return _HOURS_PER_DAY * day + hours if number in participant.infusions else None


def _is_window_covered(
    state: State, participant: Participant, samples: tuple[Sample, ...], last_d: Decimal
) -> Finding[bool]:
    """True with a sample of the last day; or if the last sample was below quantification and none can follow."""
    usable = [s for s in derive_usable_samples(samples).samples if (s.actual_time_d or 0) > 0]
    reached = any(
        (sample.nominal_time_h or Decimal(0)) >= last_d * _HOURS_PER_DAY
        or (sample.actual_time_d or Decimal(0)) >= last_d
        for sample in usable
    )
    is_over = participant.has_left or _is_past_window(state, participant, last_d)
    value: bool | NotDerived
    if not usable:
        value = NotDerived("no_sample_after_infusion", "no usable sample after the infusion")
    elif reached:
        value = True
    elif not is_over:
        value = NotDerived("window_open", f"followed to day {_day(usable[-1])} of {last_d}")
    else:
        value = not usable[-1].is_quantifiable
    return _made("auc", value, tuple(sample.source for sample in usable[-1:]))


def _is_past_window(state: State, participant: Participant, last_d: Decimal) -> bool:
    first, regimen = participant.first_infusion_at, state.regimen_of(participant)
    if first is None or regimen is None or state.recorded_at is None:
        return False
    visits = state.protocol.schedule_by_key[regimen.schedule].visits
    closes_d = max((visit.last_day for visit in visits if visit.day == last_d), default=int(last_d))
    return protocol_day(state.recorded_at, first) > closes_d


def _day(sample: Sample) -> str:
    return f"{sample.actual_time_d or Decimal(0):.1f}"


def _areas(
    found: KineticsParameters, covered: Finding[bool], samples: tuple[Sample, ...]
) -> dict[str, Finding[Area]]:
    exposure: Exposure = found.exposure
    observed = [exposure.to_last_quantifiable, exposure.to_first_below_quantification]
    if covered.value is not True:
        absence = covered.value
        if not isinstance(absence, NotDerived):
            absence = NotDerived(
                "window_not_covered", "the last sample was quantifiable and the window goes on"
            )
        observed = [area if isinstance(area, NotDerived) else absence for area in observed]
    extrapolated = exposure.extrapolated
    if isinstance(covered.value, NotDerived) and not isinstance(extrapolated, NotDerived):
        # what is still to be sampled is not extrapolated
        extrapolated = covered.value
    return {
        "auc": _finding("auc", observed[0], samples),
        "auc_to_first_below_quantification": _finding("auc", observed[1], samples),
        "auc_extrapolated": _finding("auc", extrapolated, samples),
    }


def _of_infusions(
    found: tuple[InfusionKinetics, ...] | NotDerived, samples: tuple[Sample, ...]
) -> tuple[InfusionFindings, ...]:
    if isinstance(found, NotDerived):
        return ()
    return tuple(
        InfusionFindings(
            number=each.number,
            start_d=each.start_d,
            cmax=_of_level("cmax", each.cmax, samples),
            auc=_finding("auc", each.exposure.to_last_quantifiable, samples),
            trough=_of_level("cmax", each.trough, samples),
        )
        for each in found
    )


def _of_level(
    endpoint: str, value: OneSample | NotDerived, samples: tuple[Sample, ...]
) -> Finding[OneSample]:
    if isinstance(value, NotDerived) or value.source is None:
        return _made(endpoint, value, tuple(sample.source for sample in samples))
    return _made(endpoint, value, (value.source,))


def _finding(
    endpoint: str, value: ManySamples | NotDerived, samples: tuple[Sample, ...]
) -> Finding[ManySamples]:
    sources = tuple(sample.source for sample in samples) if isinstance(value, NotDerived) else value.sources
    return _made(endpoint, value, sources)


def _ratio(value: T | NotDerived, endpoint: str, samples: tuple[Sample, ...]) -> Finding[T]:
    return _made(endpoint, value, tuple(sample.source for sample in samples))


def _made(endpoint: str, value: T | NotDerived, sources: tuple[int, ...]) -> Finding[T]:
    return Finding(value=value, clause=f"endpoints.{endpoint}", rule=RULES, sources=sources)

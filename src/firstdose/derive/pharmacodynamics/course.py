"""The course of one marker in one participant, read from the record and placed on a grid of visits.

The grid has the planned days that every schedule shares, so participants of all parts stand in the same rows.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from firstdose.derive.pharmacodynamics.baseline import (
    derive_baseline_before_infusion,
    derive_baseline_before_lymphodepletion,
)
from firstdose.derive.pharmacodynamics.change import Change, derive_change
from firstdose.derive.pharmacodynamics.measurements import Measurement
from firstdose.derive.windows import (
    AnalysisWindow,
    DatedRecord,
    ScheduledVisit,
    derive_analysis_windows,
    derive_record_of_visit,
)
from firstdose.protocol.resolved import Protocol
from firstdose.record.state import FormRecord, Participant, State
from firstdose.terms.calendar import elapsed_d, protocol_day
from firstdose.terms.measures import read_decimal
from firstdose.terms.outcomes import NotDerived

_FULL_DAY_H = 24

MarkerKey = tuple[str, str]
"""Form and item."""


class AtVisit(msgspec.Struct, frozen=True, kw_only=True):
    """The measurement that stands for a visit, and its change from the baseline before lymphodepletion."""

    visit: ScheduledVisit
    measurement: Measurement | NotDerived
    change: Change | NotDerived


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """Every measurement of one marker in one participant, its two baselines, and its values by visit."""

    participant: str
    marker: MarkerKey
    measurements: tuple[Measurement, ...]
    baseline: Measurement | NotDerived
    before_infusion: Measurement | NotDerived
    by_visit: tuple[AtVisit, ...]


def derive_visit_grid(protocol: Protocol, form: str) -> tuple[ScheduledVisit, ...]:
    """The visits after Day 0 on which every schedule in use plans a form, earliest first."""
    used = {regimen.schedule for regimen in protocol.regimens}
    planned = [
        {
            visit.day: visit.key
            for visit in schedule.visits
            if visit.day > 0 and any(each.form == form for each in visit.forms)
        }
        for schedule in protocol.schedules
        if schedule.key in used
    ]
    if not planned:
        return ()
    shared = set.intersection(*(set(days) for days in planned))
    return tuple(ScheduledVisit(planned[0][day], day) for day in sorted(shared))


def derive_course(state: State, participant: Participant, marker: MarkerKey) -> Course:
    """The course of a marker. Empty, with reasons, before a first infusion."""
    form, item = marker
    grid = derive_visit_grid(state.protocol, form)
    windows = derive_analysis_windows(grid, previous_day=0)
    first, depletion = participant.first_infusion_at, participant.first_lymphodepletion_at
    filled = _filled_in_order(participant, form)
    if first is None or isinstance(windows, NotDerived):
        untreated = NotDerived("no_infusion", "no infusion was given")
        return Course(
            participant=participant.code,
            marker=marker,
            measurements=(),
            baseline=untreated,
            before_infusion=untreated,
            by_visit=tuple(AtVisit(visit=v, measurement=untreated, change=untreated) for v in grid),
        )
    measured = tuple(_measurement(each, item, first) for each in filled)
    baseline: Measurement | NotDerived = NotDerived("no_baseline", "lymphodepletion was not recorded")
    before: Measurement | NotDerived = NotDerived(
        "not_measured_before_infusion", "lymphodepletion was not recorded"
    )
    if depletion is not None:
        cut_d = elapsed_d(depletion, first)
        baseline = derive_baseline_before_lymphodepletion(measured, cut_d)
        before = derive_baseline_before_infusion(measured, cut_d)
    return Course(
        participant=participant.code,
        marker=marker,
        measurements=measured,
        baseline=baseline,
        before_infusion=before,
        by_visit=_place(state, participant, filled, measured, windows, baseline),
    )


def _filled_in_order(participant: Participant, form: str) -> list[FormRecord]:
    return sorted(
        participant.forms_by_name.get(form, ()), key=lambda filled: (filled.collected_at, filled.position)
    )


def _measurement(filled: FormRecord, item: str, first: datetime) -> Measurement:
    said = filled.values.get(item)
    number = read_decimal(said) if isinstance(said, str) and said else None
    return Measurement(
        time_d=elapsed_d(filled.collected_at, first),
        value=number if isinstance(number, Decimal) else None,
        source=filled.position_of(item),
    )


def _place(
    state: State,
    participant: Participant,
    filled: Sequence[FormRecord],
    measured: Sequence[Measurement],
    windows: Sequence[AnalysisWindow],
    baseline: Measurement | NotDerived,
) -> tuple[AtVisit, ...]:
    first = participant.first_infusion_at
    assert first is not None
    regimen = state.regimen_of(participant)
    planned = state.protocol.schedule_by_key[regimen.schedule].by_key if regimen else {}
    # ranks in time stand for positions: a form may be recorded after a later one
    records = [
        DatedRecord(
            day=protocol_day(form.collected_at, first),
            is_scheduled=form.visit in planned,
            source=rank,
        )
        for rank, (form, measurement) in enumerate(zip(filled, measured, strict=True))
        if measurement.is_usable and measurement.time_d > 0 and _stands_for_a_day(state.protocol, form)
    ]
    today = None if state.recorded_at is None else protocol_day(state.recorded_at, first)
    placed = []
    for window in windows:
        chosen = derive_record_of_visit(records, window)
        found: Measurement | NotDerived
        if isinstance(chosen, DatedRecord):
            found = measured[chosen.source]
        elif not participant.has_left and (
            today is None or window.days.has(today) or today < window.days.first
        ):
            found = NotDerived("not_yet_due", f"{window.visit.name} is not over yet")
        else:
            found = chosen
        change = found if isinstance(found, NotDerived) else derive_change(found, baseline)
        placed.append(AtVisit(visit=window.visit, measurement=found, change=change))
    return tuple(placed)


def _stands_for_a_day(protocol: Protocol, form: FormRecord) -> bool:
    """A sample some hours after an infusion shows its acute effect, not the visit; one a day later does."""
    hours = protocol.timepoints_h.get(form.timepoint, Decimal(0))
    return not 0 < hours < _FULL_DAY_H

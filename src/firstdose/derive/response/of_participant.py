"""The response of one participant, read from the record: every assessment, and what stands for each visit."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from firstdose.derive.baseline import is_baseline_moment
from firstdose.derive.response.doris import Doris, derive_doris
from firstdose.derive.response.lldas import ActivityOutsideSledai, Lldas, derive_lldas
from firstdose.derive.response.of_forms import (
    read_activity_outside,
    read_decimal_item,
    read_maintenance,
    read_new_features,
    read_prednisone,
    read_sledai,
    read_stability,
)
from firstdose.derive.response.sledai import Sledai
from firstdose.derive.windows import (
    AnalysisWindow,
    DatedRecord,
    ScheduledVisit,
    derive_analysis_windows,
    derive_record_of_visit,
)
from firstdose.protocol.resolved import Definitions, Protocol
from firstdose.record.state import FormRecord, Participant
from firstdose.terms.calendar import protocol_day, site_date
from firstdose.terms.outcomes import Finding, NotDerived

FORMS = ("sledai", "pga", "drugs")
_DAYS_PER_WEEK = 7
_NOT_FILLED = FormRecord("", "", "", datetime.min, datetime.min, "", 0, {}, {})  # noqa: DTZ901 - no moment at all

Progress = Literal["reached", "discontinued", "ongoing"]


class Assessed(msgspec.Struct, frozen=True, kw_only=True):
    """Disease activity and treatment at one visit that was held, with both endpoints."""

    visit: str
    day: int
    on: date
    is_before_lymphodepletion: bool
    sledai: Sledai
    outside: ActivityOutsideSledai
    pga: Decimal | None
    prednisone_mg_per_day: Fraction | NotDerived
    had_rescue: bool
    doris: Doris
    lldas: Lldas


class VisitResult(msgspec.Struct, frozen=True, kw_only=True):
    """What stands for an efficacy visit; ``assessed`` is not derived where no record lies in its window."""

    visit: ScheduledVisit
    progress: Progress
    assessed: Finding[Assessed]
    had_rescue: bool


class ParticipantResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The response of one participant: baseline, all assessments after it in time order, efficacy visits."""

    participant: str
    first_infusion: date
    baseline: Finding[Assessed]
    course: tuple[Finding[Assessed], ...]
    visits: tuple[VisitResult, ...]


def list_efficacy_windows(definitions: Definitions) -> tuple[AnalysisWindow, ...]:
    """The analysis windows of the efficacy visits: midpoints, with the ends that the study states (P-VIS)."""
    visits = [ScheduledVisit(f"W{day // _DAYS_PER_WEEK}", day) for day in definitions.efficacy_visit_days]
    # The first window's start is the day after a midpoint; doubling it gives the day that it is divided from.
    before = 2 * (definitions.efficacy_first_window_from_d - 1) - visits[0].day
    windows = derive_analysis_windows(visits, previous_day=before)
    if isinstance(windows, NotDerived):
        return ()
    last = windows[-1]
    ends = msgspec.structs.replace(last.days, last=definitions.efficacy_last_window_to_d)
    return (*windows[:-1], msgspec.structs.replace(last, days=ends))


def derive_response(
    participant: Participant, protocol: Protocol, *, known_until: datetime | None
) -> ParticipantResponse | NotDerived:
    """The response of one participant.

    Parameters
    ----------
    participant : Participant
    protocol : Protocol
        Its definitions give visits, windows and settings.
    known_until : datetime or None
        When the record was last added to: a visit whose window is still open then is ongoing.

    Returns
    -------
    ParticipantResponse
    NotDerived
        ``not_infused``.
    """
    first = participant.first_infusion_at
    if first is None:
        return NotDerived("not_infused", "no infusion was started")
    course = _assess_all(participant, protocol.definitions, first)
    before = [one for one in course if _value(one).is_before_lymphodepletion]
    after = tuple(one for one in course if not _value(one).is_before_lymphodepletion)
    no_baseline = Finding[Assessed](
        value=NotDerived("no_baseline", "no assessment before lymphodepletion"),
        clause="endpoints.doris",
        rule="last assessment before lymphodepletion (P-BASE-1)",
    )
    scheduled = frozenset(visit.key for schedule in protocol.schedules for visit in schedule.visits)
    return ParticipantResponse(
        participant=participant.code,
        first_infusion=site_date(first),
        baseline=before[-1] if before else no_baseline,
        course=after,
        visits=tuple(
            _choose(participant, after, window, scheduled, first, known_until)
            for window in list_efficacy_windows(protocol.definitions)
        ),
    )


def _value(finding: Finding[Assessed]) -> Assessed:
    assert isinstance(finding.value, Assessed)
    return finding.value


def _assess_all(
    participant: Participant, definitions: Definitions, first: datetime
) -> tuple[Finding[Assessed], ...]:
    """One assessment a visit with any of the forms, in time order; each is compared with the one before."""
    by_visit: dict[str, dict[str, FormRecord]] = {}
    for form in FORMS:
        for filled in participant.forms_by_name.get(form, ()):
            by_visit.setdefault(filled.visit, {})[form] = filled
    held = sorted(by_visit.values(), key=_collected_at)
    found: list[Finding[Assessed]] = []
    previous: dict[str, FormRecord] | None = None
    for forms in held:
        found.append(_assess(participant, forms, previous, definitions, first))
        if "sledai" in forms:
            previous = forms
    return tuple(found)


def _collected_at(forms: dict[str, FormRecord]) -> datetime:
    return next(forms[form].collected_at for form in FORMS if form in forms)


def _assess(
    participant: Participant,
    forms: dict[str, FormRecord],
    previous: dict[str, FormRecord] | None,
    definitions: Definitions,
    first: datetime,
) -> Finding[Assessed]:
    at = _collected_at(forms)
    on = site_date(at)
    sledai_form, pga_form, drugs_form = (forms.get(form, _NOT_FILLED) for form in FORMS)
    before = previous["sledai"] if previous else None
    sledai, outside = read_sledai(sledai_form.values), read_activity_outside(sledai_form.values)
    pga = read_decimal_item(pga_form.values, "pga")
    weight = _last_weight(participant, at)
    drugs_before = _last_before(participant, "drugs", at)
    prednisone = read_prednisone(drugs_form.values, on)
    assessed = Assessed(
        visit=next(iter(forms.values())).visit,
        day=protocol_day(at, first),
        on=on,
        is_before_lymphodepletion=is_baseline_moment(participant, at),
        sledai=sledai,
        outside=outside,
        pga=pga,
        prednisone_mg_per_day=prednisone,
        had_rescue=drugs_form.values.get("rescue_given") is True,
        doris=derive_doris(
            sledai,
            pga=pga,
            prednisone_mg_per_day=prednisone,
            is_treatment_stable=read_stability(
                drugs_form.values,
                on,
                site_date(drugs_before.collected_at) if drugs_before else None,
                stable_treatment_d=definitions.stable_treatment_d,
            ),
        ),
        lldas=derive_lldas(
            sledai,
            outside,
            pga=pga,
            prednisone_mg_per_day=prednisone,
            is_maintenance_tolerated=read_maintenance(
                drugs_form.values, Decimal(str(weight.values["weight"])) if weight else None
            ),
            previous_sledai=read_sledai(before.values) if before else None,
            previous_outside=read_activity_outside(before.values) if before else None,
            new_features_recorded=read_new_features(sledai_form.values),
            new_feature_rule=definitions.new_feature_rule,
        ),
    )
    used = [*forms.values(), *([before] if before else []), *([weight] if weight else [])]
    return Finding(
        value=assessed,
        clause="endpoints.doris, endpoints.lldas",
        rule="P-DORIS-1, P-DORIS-2, P-LLDAS-1 to P-LLDAS-3, P-GC-1",
        sources=tuple(dict.fromkeys(position for form in used for position in _positions(form))),
    )


def _positions(filled: FormRecord) -> tuple[int, ...]:
    return (filled.position, *(made.position for made in filled.corrections))


def _last_weight(participant: Participant, at: datetime) -> FormRecord | None:
    taken = [
        form
        for form in participant.forms_by_name.get("physical_examination", ())
        if form.collected_at <= at and form.values.get("weight")
    ]
    return max(taken, key=lambda form: form.collected_at, default=None)


def _last_before(participant: Participant, form: str, at: datetime) -> FormRecord | None:
    earlier = [one for one in participant.forms_by_name.get(form, ()) if one.collected_at < at]
    return max(earlier, key=lambda one: one.collected_at, default=None)


def _choose(
    participant: Participant,
    course: Sequence[Finding[Assessed]],
    window: AnalysisWindow,
    scheduled: frozenset[str],
    first: datetime,
    known_until: datetime | None,
) -> VisitResult:
    dated = {
        place: DatedRecord(day=_value(one).day, is_scheduled=_value(one).visit in scheduled, source=place)
        for place, one in enumerate(course)
    }
    chosen = derive_record_of_visit(list(dated.values()), window)
    if isinstance(chosen, NotDerived):
        last_day = window.days.last
        absent = Finding[Assessed](
            value=chosen, clause="definitions.efficacy_visit_days", rule="record of the visit (P-VIS)"
        )
        return VisitResult(
            visit=window.visit,
            progress=_find_progress(participant, int(last_day), first, known_until),
            assessed=absent,
            had_rescue=any(_value(one).had_rescue for one in course if _value(one).day <= last_day),
        )
    return VisitResult(
        visit=window.visit,
        progress="reached",
        assessed=course[chosen.source],
        had_rescue=any(_value(one).had_rescue for one in course[: chosen.source + 1]),
    )


def _find_progress(
    participant: Participant, last_day: int, first: datetime, known_until: datetime | None
) -> Progress:
    """Where a participant stands at a visit without a record: gone before it, not there yet, or missed it."""
    left = participant.consent_withdrawn_at
    if participant.withdrawn is not None:
        left = participant.withdrawn.happened_at
    if left is not None and protocol_day(left, first) <= last_day:
        return "discontinued"
    if participant.completed_at is None and (
        known_until is None or protocol_day(known_until, first) <= last_day
    ):
        return "ongoing"
    return "reached"

"""A participant's chart: the schedule with where each visit stands, and everything that was recorded."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from firstdose.conduct.visits import UNSCHEDULED, find_schedule
from firstdose.protocol.resolved import Form, Item, ReferenceRange, Visit
from firstdose.record.events import Value
from firstdose.record.state import AdverseEventRecord, Correction, FormRecord, Participant, QueryRecord, State
from firstdose.terms.calendar import protocol_day, site_date
from firstdose.terms.measures import read_decimal
from firstdose.terms.words import Text

VisitStatus = Literal[
    "done", "done_outside", "missed", "due", "overdue", "upcoming", "planned", "not_expected"
]
Flag = Literal["low", "high", "normal"]


class PlannedForm(msgspec.Struct, frozen=True):
    """A form that a visit asks for, at a time point, and whether it was filled."""

    form: str
    title: Text
    timepoint: str
    is_filled: bool


class PlannedVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of the schedule; its window is open from ``first_on`` to ``last_on``, both included.

    Before the first infusion the days of the window are ``is_estimated`` from lymphodepletion, or unknown.
    """

    key: str
    label: Text
    kind: str
    day: int
    first_on: date | None
    last_on: date | None
    is_estimated: bool
    status: VisitStatus
    held_on: date | None
    held_on_day: int | None
    missed_because: str
    forms: tuple[PlannedForm, ...]

    @property
    def n_filled(self) -> int:
        """How many of its forms were filled."""
        return sum(form.is_filled for form in self.forms)


class ItemView(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a form with its value and everything it was before."""

    item: Item
    value: Value
    not_done: str
    flag: Flag | None
    reference: str
    corrections: tuple[Correction, ...]
    queries: tuple[QueryRecord, ...]


class FilledForm(msgspec.Struct, frozen=True, kw_only=True):
    """A submitted form as it stands now."""

    record: FormRecord
    form: Form
    items: tuple[ItemView, ...]
    seen_position: int

    @property
    def n_flagged(self) -> int:
        """Values outside their reference range."""
        return sum(view.flag in ("low", "high") for view in self.items)


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about one participant."""

    participant: Participant
    regimen: Text | None
    part: str | None
    day: int | None
    visits: tuple[tuple[str, Text, tuple[FilledForm, ...]], ...]
    adverse_events: tuple[AdverseEventRecord, ...]
    open_queries: tuple[QueryRecord, ...]


def view_schedule(state: State, participant: Participant, now: datetime) -> tuple[PlannedVisit, ...]:
    """The planned visits of a participant in time order, with where each stands now."""
    anchor, is_estimated = _find_day_0(participant)
    visits = find_schedule(state, participant).visits
    return tuple(
        _view_visit(state, participant, visit, anchor, now, is_estimated=is_estimated) for visit in visits
    )


def _find_day_0(participant: Participant) -> tuple[date | None, bool]:
    """The date of Day 0, and whether it is only expected from lymphodepletion."""
    first = participant.first_infusion_at
    if first is not None:
        return site_date(first), False
    if participant.lymphodepletion:
        given = participant.lymphodepletion[0]
        return site_date(given.happened_at) - timedelta(days=given.planned_day), True
    return None, True


def _view_visit(
    state: State,
    participant: Participant,
    visit: Visit,
    anchor: date | None,
    now: datetime,
    *,
    is_estimated: bool,
) -> PlannedVisit:
    first_on = anchor + timedelta(days=visit.first_day) if anchor else None
    last_on = anchor + timedelta(days=visit.last_day) if anchor else None
    if visit.kind == "screening":
        first_on = site_date(participant.screened_at)
    recorded = participant.visits.get(visit.key)
    held_on = recorded.held_on if recorded else None
    held_on_day = protocol_day(held_on, anchor) if held_on and anchor and not is_estimated else None
    forms = tuple(
        PlannedForm(
            at.form,
            state.protocol.form_by_key[at.form].title.text,
            timepoint,
            (visit.key, at.form, timepoint) in participant.forms,
        )
        for at in visit.forms
        for timepoint in at.timepoints or ("",)
    )
    return PlannedVisit(
        key=visit.key,
        label=visit.label.text,
        kind=visit.kind,
        day=visit.day,
        first_on=first_on,
        last_on=last_on,
        is_estimated=is_estimated and visit.kind != "screening",
        status=_visit_status(participant, visit, (first_on, last_on), held_on_day, now),
        held_on=held_on,
        held_on_day=held_on_day,
        missed_because=recorded.missed_because if recorded else "",
        forms=forms,
    )


def _visit_status(
    participant: Participant,
    visit: Visit,
    window: tuple[date | None, date | None],
    held_on_day: int | None,
    now: datetime,
) -> VisitStatus:
    recorded = participant.visits.get(visit.key)
    if recorded is not None:
        if recorded.held_on is None:
            return "missed"
        has_window = visit.kind not in ("screening", "lymphodepletion") and held_on_day is not None
        is_outside = has_window and not visit.first_day <= (held_on_day or 0) <= visit.last_day
        return "done_outside" if is_outside else "done"
    if participant.has_left or participant.completed_at is not None:
        return "not_expected"
    first_on, last_on = window
    today = site_date(now)
    if first_on is None:
        return "planned"
    if last_on is not None and today > last_on:
        return "overdue"
    return "due" if today >= first_on else "upcoming"


def view_form(state: State, participant: Participant, record: FormRecord) -> FilledForm:
    """A submitted form with flags, corrections and queries beside its values."""
    form = state.protocol.form_by_key[record.form]
    return FilledForm(
        record=record,
        form=form,
        items=tuple(_view_item(state, participant, record, item) for item in form.items),
        seen_position=record.corrections[-1].position if record.corrections else record.position,
    )


def _view_item(state: State, participant: Participant, record: FormRecord, item: Item) -> ItemView:
    value = record.values.get(item.key)
    found = find_reference_range(state, participant, record.form, item.key)
    return ItemView(
        item=item,
        value=value,
        not_done=record.not_done.get(item.key, ""),
        flag=_flag(value, found),
        reference=_write_range(found),
        corrections=tuple(made for made in record.corrections if made.item == item.key),
        queries=tuple(
            query
            for query in participant.queries.values()
            if (query.visit, query.form, query.timepoint, query.item)
            == (record.visit, record.form, record.timepoint, item.key)
        ),
    )


def find_reference_range(
    state: State, participant: Participant, form: str, item: str
) -> ReferenceRange | None:
    """The reference range of an item for a participant: the site's own before the study's."""
    fitting = [
        found
        for found in state.protocol.reference_ranges
        if (found.form, found.item) == (form, item)
        and found.sex in (None, participant.sex)
        and found.site in (None, participant.site)
    ]
    return max(fitting, key=lambda found: (found.site is not None, found.sex is not None), default=None)


def _flag(value: Value, reference: ReferenceRange | None) -> Flag | None:
    number = read_decimal(value) if isinstance(value, str) and reference is not None else None
    if reference is None or not isinstance(number, Decimal):
        return None
    if reference.low is not None and number < reference.low:
        return "low"
    if reference.high is not None and number > reference.high:
        return "high"
    return "normal"


def _write_range(found: ReferenceRange | None) -> str:
    if found is None:
        return ""
    if found.low is None:
        return f"≤ {found.high}"
    return f"≥ {found.low}" if found.high is None else f"{found.low}–{found.high}"


def view_chart(state: State, participant: Participant, now: datetime) -> Chart:
    """The chart of a participant."""
    regimen = state.regimen_of(participant)
    first = participant.first_infusion_at
    return Chart(
        participant=participant,
        regimen=regimen.title.text if regimen else None,
        part=state.part_of(participant),
        day=protocol_day(now, first) if first else None,
        visits=tuple(_by_visit(state, participant)),
        adverse_events=tuple(participant.adverse_events.values()),
        open_queries=tuple(query for query in participant.queries.values() if not query.is_closed),
    )


def _by_visit(state: State, participant: Participant) -> Iterator[tuple[str, Text, tuple[FilledForm, ...]]]:
    planned = {visit.key: visit.label.text for visit in find_schedule(state, participant).visits}
    keys = dict.fromkeys([*planned, *(record.visit for record in participant.forms.values())])
    for key in keys:
        filled = [record for record in participant.forms.values() if record.visit == key]
        if filled:
            number = key.removeprefix(UNSCHEDULED)
            label = planned.get(key, Text(f"Unscheduled visit {number}", f"计划外访视 {number}"))
            yield key, label, tuple(view_form(state, participant, record) for record in filled)

"""The cohort board: who is where, which windows run, what the rule says now, and what may happen next."""

from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from firstdose.conduct.cohorts import (
    NextCohort,
    find_cap_level,
    find_decision,
    find_mtd,
    find_next_cohort,
)
from firstdose.conduct.counts import Counts, recommend_for
from firstdose.conduct.infusion import find_stagger_end
from firstdose.derive.analysis_sets import is_dlt_evaluable
from firstdose.design import Recommendation
from firstdose.protocol.resolved import Part
from firstdose.record.state import Cohort, Decision, Participant, State
from firstdose.terms.calendar import protocol_day, site_date
from firstdose.terms.outcomes import Refused
from firstdose.terms.words import Text

LAST_ACTIONS = ("select_mtd", "expand", "stop_too_toxic")
"""Decisions after which a part opens no further cohort."""
Status = Literal[
    "reserved", "lymphodepletion", "window_open", "window_over", "dlt", "evaluable", "not_evaluable", "left"
]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A participant in a cohort, as the board shows them.

    ``code`` is None where the reader may not see the participant. ``day`` is today's protocol day,
    ``window_d`` the length of the DLT window, ``days_left`` those until its last day.
    """

    code: str | None
    site: str
    status: Status
    reason: Text | None
    day: int | None
    window_d: int
    window_last_on: date | None
    days_left: int | None
    n_infusions: int
    n_planned: int
    is_sentinel: bool

    @property
    def days_seen(self) -> int:
        """Days of the DLT window that have passed, for a progress bar. [d]."""
        return min(max(self.day or 0, 0), self.window_d)


class StaggerClock(msgspec.Struct, frozen=True):
    """From when the next participant of a cohort may be infused, and who is waited for."""

    after: str | None
    wait_d: int
    opens_at: datetime
    is_over: bool


class CohortCard(msgspec.Struct, frozen=True, kw_only=True):
    """A cohort with its places."""

    key: str
    purpose: str
    is_open: bool
    capacity: int
    places: tuple[Place, ...]
    n_free: int
    stagger: StaggerClock | None
    decision: str | None


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """A dose level of a part with its cohorts and counts; ``mark`` says what was decided about it."""

    regimen: str
    title: Text
    dose_level: int
    cells_1e9: str
    infusion_days: tuple[int, ...]
    cohorts: tuple[CohortCard, ...]
    n_evaluable: int
    n_dlt: int
    n_pending: int
    mark: Literal["mtd", "current", "above_cap", "expanded", ""]


class RuleNow(msgspec.Struct, frozen=True):
    """What the rule of a part says on the record as it is."""

    counts: Counts
    recommendation: Recommendation
    table_digest: str


class PartBoard(msgspec.Struct, frozen=True, kw_only=True):
    """A part: its ladder, the rule, the latest decision, and which cohort may open."""

    key: str
    kind: str
    title: Text
    n_treated: int
    max_participants: int
    rungs: tuple[Rung, ...]
    rule: RuleNow | None
    decision: Decision | None
    may_open: tuple[NextCohort, ...]
    why_not: Refused | None
    has_begun: bool
    is_finished: bool


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Where the whole trial stands."""

    now: datetime
    parts: tuple[PartBoard, ...]
    paused_because: str
    n_enrolled: int
    enrolment: int


def view_board(state: State, now: datetime, *, sites: frozenset[str] | None = None) -> Board:
    """The board of a trial.

    Parameters
    ----------
    state : State
    now : datetime
    sites : frozenset of str, optional
        The sites whose participants the reader may name; all where it is left out. Other places stay on the
        board without a code: who is next depends on them.
    """
    return Board(
        now=now,
        parts=tuple(_view_part(state, part, now, sites) for part in state.protocol.parts),
        paused_because=state.paused_because,
        n_enrolled=sum(1 for _ in state.treated()),
        enrolment=state.protocol.study.enrolment,
    )


def _view_part(state: State, part: Part, now: datetime, sites: frozenset[str] | None) -> PartBoard:
    cohorts = [cohort for cohort in state.cohorts.values() if cohort.part == part.key]
    rule = RuleNow(*recommend_for(state, part, now)) if part.design is not None and cohorts else None
    may_open, why_not = _view_next(state, part)
    return PartBoard(
        key=part.key,
        kind=part.kind,
        title=part.title.text,
        n_treated=sum(state.part_of(found) == part.key for found in state.treated()),
        max_participants=part.max_participants,
        rungs=tuple(_view_rung(state, part, key, rule, now=now, sites=sites) for key in part.regimens),
        rule=rule,
        decision=find_decision(state, part.regimens_from or part.key),
        may_open=may_open,
        why_not=why_not,
        has_begun=bool(cohorts),
        is_finished=_is_finished(state, part, cohorts),
    )


def _is_finished(state: State, part: Part, cohorts: list[Cohort]) -> bool:
    """Whether a part takes nobody any more and every window of it is determined."""
    if not cohorts or any(cohort.is_open for cohort in cohorts):
        return False
    followed = [state.participants[code] for cohort in cohorts for code in cohort.participants]
    decision = find_decision(state, part.key)
    is_decided = part.design is None or (decision is not None and decision.made.action in LAST_ACTIONS)
    return is_decided and all(one.is_determined or one.has_left for one in followed)


def _view_next(state: State, part: Part) -> tuple[tuple[NextCohort, ...], Refused | None]:
    """The cohorts that may open, or the refusal of the one that would be next."""
    found = {key: find_next_cohort(state, part.key, key) for key in part.regimens}
    may_open = tuple(one for one in found.values() if isinstance(one, NextCohort))
    if may_open:
        return may_open, None
    decision = find_decision(state, part.key)
    level = part.design.start_level if part.design else 1
    if decision is not None and decision.made.level is not None:
        level = decision.made.level
    refused = found[part.regimens[level - 1]]
    return (), refused if isinstance(refused, Refused) else None


def _view_rung(
    state: State, part: Part, key: str, rule: RuleNow | None, *, now: datetime, sites: frozenset[str] | None
) -> Rung:
    regimen = state.protocol.regimen_by_key[key]
    cohorts = [co for co in state.cohorts.values() if co.part == part.key and co.regimen == key]
    seen = [state.participants[code] for cohort in cohorts for code in cohort.participants]
    place = regimen.dose_level - 1
    tallies = rule.counts.tallies if rule else None
    determined = [one for one in seen if is_dlt_evaluable(one)]
    return Rung(
        regimen=key,
        title=regimen.title.text,
        dose_level=regimen.dose_level,
        cells_1e9=str(regimen.cells_1e9),
        infusion_days=regimen.infusion_days,
        cohorts=tuple(_view_cohort(state, part, cohort, now, sites) for cohort in cohorts),
        n_evaluable=tallies.n_evaluable[place] if tallies else len(determined),
        n_dlt=tallies.n_dlt[place] if tallies else sum(one.has_dlt for one in seen),
        n_pending=tallies.n_pending[place]
        if tallies
        else sum(not one.is_determined and not one.has_left for one in seen),
        mark=_mark(state, part, key, rule),
    )


def _mark(
    state: State, part: Part, key: str, rule: RuleNow | None
) -> Literal["mtd", "current", "above_cap", "expanded", ""]:
    level = state.protocol.regimen_by_key[key].dose_level
    decision = find_decision(state, part.regimens_from or part.key)
    mtd = find_mtd(state, part.key)
    if mtd is not None:
        return "mtd" if mtd.key == key else ""
    if decision is not None and decision.made.action == "expand":
        return "expanded" if key in decision.made.regimens else ""
    cap = find_cap_level(state, part)
    if cap is not None and level > cap and find_mtd(state, part.capped_by or "") is not None:
        return "above_cap"
    return "current" if rule is not None and rule.counts.current_level == level else ""


def _view_cohort(
    state: State, part: Part, cohort: Cohort, now: datetime, sites: frozenset[str] | None
) -> CohortCard:
    participants = [state.participants[code] for code in cohort.participants]
    infused = sorted(
        (one for one in participants if one.first_infusion_at is not None),
        key=lambda one: one.first_infusion_at or now,
    )
    sentinel = infused[0].code if infused else None
    return CohortCard(
        key=cohort.key,
        purpose=cohort.purpose,
        is_open=cohort.is_open,
        capacity=cohort.capacity,
        places=tuple(
            _view_place(state, part, one, now, sites, is_sentinel=one.code == sentinel)
            for one in participants
        ),
        n_free=max(cohort.capacity - len(participants), 0) if cohort.is_open else 0,
        stagger=_view_stagger(state, cohort, participants, now, sites),
        decision=cohort.decision,
    )


def _view_stagger(
    state: State, cohort: Cohort, participants: list[Participant], now: datetime, sites: frozenset[str] | None
) -> StaggerClock | None:
    """The clock of who comes next: of the first participant who waits, or of a free place."""
    waiting = next((one for one in participants if not one.infusions and not one.has_left), None)
    if waiting is None:
        if not cohort.is_open or len(participants) >= cohort.capacity:
            return None
        waiting = Participant(
            code="", site="", sex="", year_of_birth=0, screened_at=now, screened_position=0, cohort=cohort.key
        )
    found = find_stagger_end(state, waiting)
    if found is None or found[1] == 0:
        return None
    latest, wait_d, since = found
    opens_at = since + timedelta(days=wait_d)
    is_named = sites is None or latest.site in sites
    return StaggerClock(latest.code if is_named else None, wait_d, opens_at, opens_at <= now)


def _view_place(
    state: State,
    part: Part,
    participant: Participant,
    now: datetime,
    sites: frozenset[str] | None,
    *,
    is_sentinel: bool,
) -> Place:
    regimen = state.regimen_of(participant)
    first = participant.first_infusion_at
    last = part.dlt_window.last
    day = protocol_day(now, first) if first is not None else None
    status, reason = _status(participant, day, last)
    return Place(
        code=participant.code if sites is None or participant.site in sites else None,
        site=participant.site,
        status=status,
        reason=reason,
        day=day,
        window_d=last,
        window_last_on=site_date(first) + timedelta(days=last) if first is not None else None,
        days_left=max(last - day, 0) if day is not None else None,
        n_infusions=len(participant.infusions),
        n_planned=len(regimen.infusion_days) if regimen else 0,
        is_sentinel=is_sentinel,
    )


def _status(participant: Participant, day: int | None, window_last: int) -> tuple[Status, Text | None]:
    determined = participant.evaluability if participant.is_determined else None
    if participant.has_dlt:
        terms = ", ".join(
            record.reported.preferred_term
            for record in participant.adverse_events.values()
            if record.dlt is not None and record.dlt.is_dlt
        )
        return "dlt", Text(terms, terms)
    if determined is not None:
        status: Status = "evaluable" if determined.is_dlt_evaluable else "not_evaluable"
        return status, None if determined.is_dlt_evaluable else Text(determined.reason, determined.reason)
    if participant.has_left:
        return "left", None
    if day is not None:
        return ("window_open" if day <= window_last else "window_over"), None
    return ("lymphodepletion" if participant.lymphodepletion else "reserved"), None

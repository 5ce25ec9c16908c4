"""A participant's chart and schedule, and what is asked for on them."""

from datetime import date
from typing import Any

from django.http import HttpResponse

from firstdose.conduct.chart import view_chart, view_schedule
from firstdose.conduct.commands import DetermineEvaluability, HoldVisit, ReserveSlot
from firstdose.conduct.dlt import assess_dlt
from firstdose.faces.web.access import Route
from firstdose.faces.web.desk import UNPROCESSABLE, Desk, page
from firstdose.record.state import Participant
from firstdose.terms.calendar import SHANGHAI, site_date
from firstdose.terms.outcomes import NotDerived, Refused

ACTS: tuple[Route, ...] = (
    "reserve_slot",
    "hold_visit",
    "report_event",
    "grade_event",
    "end_event",
    "adjudicate",
    "determine",
)


@page("chart")
def view(desk: Desk, code: str) -> HttpResponse:
    """Everything that was recorded about a participant."""
    return render_chart(desk, code)


@page("determine", "POST")
def determine(desk: Desk, code: str) -> HttpResponse:
    """Determine whether the participant counts for the dose decision."""
    answer = desk.ask(DetermineEvaluability(participant=code), desk.find_participant(code).site)
    if isinstance(answer, Refused):
        return render_chart(desk, code, refused=answer)
    return desk.redirect(answer, "determined", "chart", code)


@page("reserve_slot", "POST")
def reserve_slot(desk: Desk, code: str) -> HttpResponse:
    """Take a place in an open cohort."""
    participant = desk.find_participant(code)
    cohort = desk.request.POST.get("cohort", "")
    answer = desk.ask(ReserveSlot(participant=code, cohort=cohort), participant.site)
    if isinstance(answer, Refused):
        return render_chart(desk, code, refused=answer)
    return desk.redirect(answer, "slot_reserved", "chart", code)


@page("schedule")
def view_visits(desk: Desk, code: str) -> HttpResponse:
    """The planned visits with their windows and forms."""
    return _render_schedule(desk, code)


@page("hold_visit", "POST")
def hold_visit(desk: Desk, code: str) -> HttpResponse:
    """Record that a visit took place."""
    participant = desk.find_participant(code)
    typed = desk.request.POST
    try:
        held_on = date.fromisoformat(typed.get("happened_on", ""))
    except ValueError:
        held_on = site_date(desk.now)
    command = HoldVisit(participant=code, visit=typed.get("visit", ""), happened_on=held_on)
    answer = desk.ask(command, participant.site)
    if isinstance(answer, Refused):
        return _render_schedule(desk, code, refused=answer)
    return desk.redirect(answer, "visit_recorded", "schedule", code)


def render_chart(
    desk: Desk, code: str, *, typed: Any = None, refused: Refused | None = None, wrong: str = ""
) -> HttpResponse:
    """The chart, with what was typed and why it was refused where it was."""
    participant = desk.find_participant(code)
    return desk.render(
        "chart.html",
        UNPROCESSABLE if refused or wrong else 200,
        chart=view_chart(desk.state, participant, desk.now),
        proposed=_propose_dlts(desk, participant),
        open_cohorts=[
            key
            for key, cohort in desk.state.cohorts.items()
            if cohort.is_open and len(cohort.participants) < cohort.capacity
        ],
        may=_find_may(desk),
        typed=typed or {},
        refused=refused,
        wrong=wrong,
        categories=list_categories(desk),
        now_at_site=desk.now.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M"),
        tab="chart",
    )


def _render_schedule(desk: Desk, code: str, refused: Refused | None = None) -> HttpResponse:
    participant = desk.find_participant(code)
    return desk.render(
        "schedule.html",
        UNPROCESSABLE if refused else 200,
        chart=view_chart(desk.state, participant, desk.now),
        visits=view_schedule(desk.state, participant, desk.now),
        may=_find_may(desk),
        refused=refused,
        today=site_date(desk.now).isoformat(),
        tab="schedule",
    )


def list_categories(desk: Desk) -> tuple[str, ...]:
    """The categories that the study's DLT list and its stopping triggers name, and the two beside them."""
    protocol = desk.state.protocol
    criteria = [key for rule in protocol.dlt.criteria for key in rule.categories]
    triggers = [key for rule in protocol.stopping for key in rule.categories]
    return tuple(dict.fromkeys(("other", "infection", *criteria, *triggers)))


def _find_may(desk: Desk) -> dict[str, bool]:
    return {act: not desk.as_of and desk.may_open(act) for act in ACTS}


def _propose_dlts(desk: Desk, participant: Participant) -> dict[str, str]:
    """What the DLT list says of each adverse event that waits for adjudication."""
    if participant.first_infusion_at is None or not desk.may_open("adjudicate"):
        return {}
    proposed = {}
    for key, record in participant.adverse_events.items():
        if record.dlt is None:
            assessed = assess_dlt(desk.state, participant, key, desk.now)
            said = assessed.is_dlt
            proposed[key] = "unknown" if isinstance(said, NotDerived) else "yes" if said else "no"
    return proposed

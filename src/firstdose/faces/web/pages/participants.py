"""The participants that a person may see."""

from django.http import HttpResponse

from firstdose.conduct.chart import view_schedule
from firstdose.faces.web.desk import Desk, page
from firstdose.record.state import Participant
from firstdose.terms.calendar import protocol_day


@page("participants")
def view(desk: Desk) -> HttpResponse:
    """One row a participant, in enrolment order."""
    seen = [one for one in desk.state.participants.values() if desk.reach.has(one.site)]
    rows = [(one, _write_status(one), _find_day(desk, one), _find_next_visit(desk, one)) for one in seen]
    return desk.render("participants.html", rows=rows)


def _write_status(one: Participant) -> str:
    """Where a participant stands in the trial, as a word of the pages."""
    if one.screen_failed:
        return "screen_failed"
    if one.has_left:
        return "left"
    if one.completed_at:
        return "completed"
    if one.infusions:
        return "in_follow_up"
    if one.cohort:
        return "lymphodepletion" if one.lymphodepletion else "reserved"
    return "eligible" if one.eligible_at else "in_screening"


def _find_day(desk: Desk, one: Participant) -> int | None:
    first = one.first_infusion_at
    is_followed = not one.has_left and one.completed_at is None
    return protocol_day(desk.now, first) if first and is_followed else None


def _find_next_visit(desk: Desk, one: Participant) -> object:
    visits = view_schedule(desk.state, one, desk.now)
    open_visits = [visit for visit in visits if visit.status in ("due", "overdue", "upcoming")]
    return open_visits[0] if open_visits else None

"""A participant's chart and schedule."""

from django.http import HttpResponse

from firstdose.conduct.chart import view_chart, view_schedule
from firstdose.faces.web.desk import Desk, page


@page("chart")
def view(desk: Desk, code: str) -> HttpResponse:
    """Everything that was recorded about a participant."""
    participant = desk.find_participant(code)
    return desk.render("chart.html", chart=view_chart(desk.state, participant, desk.now), tab="chart")


@page("schedule")
def view_visits(desk: Desk, code: str) -> HttpResponse:
    """The planned visits with their windows and forms."""
    participant = desk.find_participant(code)
    visits = view_schedule(desk.state, participant, desk.now)
    chart = view_chart(desk.state, participant, desk.now)
    return desk.render("schedule.html", chart=chart, visits=visits, tab="schedule")

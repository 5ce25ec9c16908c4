"""Addresses of the pages."""

from django.urls import path

from firstdose.faces.web.pages import (
    adverse_events,
    board,
    chart,
    decisions,
    form,
    home,
    messages,
    participants,
    sign_in,
    trail,
)

PARTICIPANT = "t/<slug:trial>/participants/<str:code>"
FORM = f"{PARTICIPANT}/forms/<str:visit>/<str:form>"

urlpatterns = [
    path("", home.view, name="home"),
    path("sign-in", sign_in.view, name="sign_in"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("language", sign_in.choose_language, name="language"),
    path("t/<slug:trial>/", board.view, name="board"),
    path("t/<slug:trial>/participants", participants.view, name="participants"),
    path(PARTICIPANT, chart.view, name="chart"),
    path(f"{PARTICIPANT}/schedule", chart.view_visits, name="schedule"),
    path(f"{PARTICIPANT}/trail", trail.view, name="trail"),
    path(FORM, form.view, name="form"),
    path(f"{FORM}/fill", form.fill, name="fill_form"),
    path(f"{FORM}/correct", form.correct, name="correct_value"),
    path("t/<slug:trial>/adverse-events", adverse_events.view, name="adverse_events"),
    path("t/<slug:trial>/decisions", decisions.view, name="decisions"),
    path("t/<slug:trial>/snapshots", decisions.take_snapshot, name="take_snapshot"),
    path("t/<slug:trial>/decisions/<str:snapshot>", decisions.view_one, name="decision"),
    path("t/<slug:trial>/decisions/<str:snapshot>/make", decisions.make, name="make_decision"),
    path("t/<slug:trial>/decisions/<str:snapshot>/sign", decisions.sign, name="sign_decision"),
]

handler404 = messages.not_found
handler500 = messages.failed

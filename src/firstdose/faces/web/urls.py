"""Addresses of the pages."""

from django.urls import path

from firstdose.faces.web.pages import (
    adverse_events,
    board,
    chart,
    decisions,
    design_studio,
    design_trial,
    events,
    form,
    home,
    messages,
    participants,
    queries,
    sign_in,
    trail,
)

PARTICIPANT = "t/<slug:trial>/participants/<str:code>"
EVENT = f"{PARTICIPANT}/adverse-events/<str:event>"
FORM = f"{PARTICIPANT}/forms/<str:visit>/<str:form>"

urlpatterns = [
    path("", home.view, name="home"),
    path("sign-in", sign_in.view, name="sign_in"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("language", sign_in.choose_language, name="language"),
    path("design", design_studio.view, name="design"),
    path("design/characteristics", design_studio.answer_characteristics, name="design_characteristics"),
    path("design/trial", design_trial.view, name="design_trial"),
    path("design/trial/exact", design_trial.answer_exact, name="design_trial_exact"),
    path("design/trial/dates", design_trial.answer_dates, name="design_trial_dates"),
    path("design/trial/figure", design_trial.answer_figure, name="design_trial_figure"),
    path("t/<slug:trial>/", board.view, name="board"),
    path("t/<slug:trial>/participants", participants.view, name="participants"),
    path(PARTICIPANT, chart.view, name="chart"),
    path(f"{PARTICIPANT}/schedule", chart.view_visits, name="schedule"),
    path(f"{PARTICIPANT}/trail", trail.view, name="trail"),
    path(FORM, form.view, name="form"),
    path(f"{FORM}/proposals", form.propose, name="proposals"),
    path(f"{FORM}/fill", form.fill, name="fill_form"),
    path(f"{FORM}/correct", form.correct, name="correct_value"),
    path(f"{FORM}/queries", queries.raise_query, name="raise_query"),
    path(f"{FORM}/queries/answer", queries.answer, name="answer_query"),
    path(f"{FORM}/queries/close", queries.close, name="close_query"),
    path(f"{PARTICIPANT}/visits", chart.hold_visit, name="hold_visit"),
    path(f"{PARTICIPANT}/place", chart.reserve_slot, name="reserve_slot"),
    path(f"{PARTICIPANT}/evaluability", chart.determine, name="determine"),
    path(f"{PARTICIPANT}/adverse-events", events.report, name="report_event"),
    path(f"{EVENT}/grade", events.grade, name="grade_event"),
    path(f"{EVENT}/end", events.end, name="end_event"),
    path(f"{EVENT}/adjudicate", events.adjudicate, name="adjudicate"),
    path("t/<slug:trial>/cohorts", board.open_cohort, name="open_cohort"),
    path("t/<slug:trial>/pause", board.pause_trial, name="pause_trial"),
    path("t/<slug:trial>/resumption", board.resume_trial, name="resume_trial"),
    path("t/<slug:trial>/adverse-events", adverse_events.view, name="adverse_events"),
    path("t/<slug:trial>/decisions", decisions.view, name="decisions"),
    path("t/<slug:trial>/snapshots", decisions.take_snapshot, name="take_snapshot"),
    path("t/<slug:trial>/decisions/<str:snapshot>", decisions.view_one, name="decision"),
    path("t/<slug:trial>/decisions/<str:snapshot>/make", decisions.make, name="make_decision"),
    path("t/<slug:trial>/decisions/<str:snapshot>/sign", decisions.sign, name="sign_decision"),
]

handler404 = messages.not_found
handler500 = messages.failed

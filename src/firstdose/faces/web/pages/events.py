"""Adverse events of a participant: reported, graded, ended, and adjudicated."""

from datetime import datetime

from django.http import Http404, HttpResponse

from firstdose.conduct.commands import (
    AdjudicateDlt,
    AnyCommand,
    EndAdverseEvent,
    GradeAdverseEvent,
    ReportAdverseEvent,
)
from firstdose.faces.web.desk import Desk, page, parse_moment
from firstdose.faces.web.pages.chart import list_categories, render_chart
from firstdose.terms.outcomes import Refused
from firstdose.terms.scales import ASTCT_2019, MAGIC_2016

OUTCOMES = ("recovered", "recovered_with_sequelae", "not_recovered", "fatal", "unknown")
CAUSALITIES = ("unrelated", "unlikely", "possible", "probable", "definite")
SERIOUSNESS = (
    "death",
    "life_threatening",
    "hospitalisation_prolonged",
    "disability",
    "congenital_anomaly",
    "medically_important",
)
"""Criteria of a serious event: ICH E2A, section II B."""
VERSIONS = {"ASTCT": ASTCT_2019.version, "MAGIC": MAGIC_2016.version, "IEC-HS": "2023"}
"""The versions of the scales beside CTCAE, whose version the study file states."""


@page("report_event", "POST")
def report(desk: Desk, code: str) -> HttpResponse:
    """Report an adverse event with its assessment."""
    typed = desk.request.POST
    scale, category = typed.get("scale", "CTCAE"), typed.get("category", "other")
    onset, grade = parse_moment(typed.get("onset", "")), typed.get("grade", "")
    cause = {key: typed.get(key, "") for key in ("product", "lymphodepletion")}
    is_complete = all(typed.get(key, "").strip() for key in ("verbatim", "preferred_term"))
    seriousness = tuple(key for key in SERIOUSNESS if key in typed.getlist("seriousness"))
    is_known = category in list_categories(desk) and all(said in CAUSALITIES for said in cause.values())
    if onset is None or not is_complete or not is_known:
        return render_chart(desk, code, typed=typed, wrong="event_incomplete")
    command = ReportAdverseEvent(
        participant=code,
        verbatim=typed["verbatim"].strip(),
        preferred_term=typed["preferred_term"].strip(),
        system_organ_class=typed.get("system_organ_class", "").strip(),
        category=category,
        onset=onset,
        grade=int(grade) if grade.isdecimal() else None,
        scale=scale,
        scale_version=VERSIONS.get(scale, desk.state.protocol.definitions.ctcae_version),
        is_serious=bool(seriousness),
        seriousness=seriousness,
        causality=cause,
    )
    return _ask(desk, command, code)


@page("grade_event", "POST")
def grade(desk: Desk, code: str, event: str) -> HttpResponse:
    """Record that the grade changed."""
    typed = desk.request.POST
    changed = typed.get("grade", "")
    command = GradeAdverseEvent(
        participant=code,
        adverse_event=event,
        grade=int(changed) if changed.isdecimal() else 0,
        happened_at=_moment(desk),
    )
    return _ask(desk, command, code)


@page("end_event", "POST")
def end(desk: Desk, code: str, event: str) -> HttpResponse:
    """Record the end with its outcome."""
    outcome = desk.request.POST.get("outcome", "")
    if outcome not in OUTCOMES:
        return render_chart(desk, code, typed=desk.request.POST, wrong="event_incomplete")
    command = EndAdverseEvent(
        participant=code, adverse_event=event, outcome=outcome, happened_at=_moment(desk)
    )
    return _ask(desk, command, code)


@page("adjudicate", "POST")
def adjudicate(desk: Desk, code: str, event: str) -> HttpResponse:
    """Say whether an adverse event is dose-limiting; departing from the list needs a reason."""
    typed = desk.request.POST
    if typed.get("is_dlt") not in ("yes", "no"):
        raise Http404
    command = AdjudicateDlt(
        participant=code,
        adverse_event=event,
        is_dlt=typed["is_dlt"] == "yes",
        reason=typed.get("reason", "").strip(),
    )
    return _ask(desk, command, code)


def _moment(desk: Desk) -> datetime:
    """When it happened; now where nothing was typed."""
    return parse_moment(desk.request.POST.get("happened_at", "")) or desk.now


def _ask(desk: Desk, command: AnyCommand, code: str) -> HttpResponse:
    answer = desk.ask(command, desk.find_participant(code).site)
    if isinstance(answer, Refused):
        return render_chart(desk, code, typed=desk.request.POST, refused=answer)
    return desk.redirect(answer, "event_recorded", "chart", code)

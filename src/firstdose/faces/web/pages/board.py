"""The cohort board."""

from django.http import HttpResponse

from firstdose.conduct.board import view_board
from firstdose.conduct.commands import OpenCohort, PauseTrial, ResumeTrial
from firstdose.faces.web.access import find_reach
from firstdose.faces.web.desk import UNPROCESSABLE, Desk, page
from firstdose.terms.outcomes import Refused


@page("board")
def view(desk: Desk) -> HttpResponse:
    """Who is where, which windows run, and what the rule says now."""
    return _render(desk)


@page("open_cohort", "POST")
def open_cohort(desk: Desk) -> HttpResponse:
    """Open the cohort that the latest decision allows."""
    typed = desk.request.POST
    answer = desk.ask(OpenCohort(part=typed.get("part", ""), regimen=typed.get("regimen", "")))
    if isinstance(answer, Refused):
        return _render(desk, UNPROCESSABLE, refused=answer)
    return desk.redirect(answer, "cohort_opened", "board")


@page("pause_trial", "POST")
def pause_trial(desk: Desk) -> HttpResponse:
    """Stop all new infusions at once."""
    reason = desk.request.POST.get("reason", "").strip()
    if not reason:
        return _render(desk, UNPROCESSABLE, wrong="need_reason")
    answer = desk.ask(PauseTrial(reason=reason))
    if isinstance(answer, Refused):
        return _render(desk, UNPROCESSABLE, refused=answer)
    return desk.redirect(answer, "paused", "board")


@page("resume_trial", "POST")
def resume_trial(desk: Desk) -> HttpResponse:
    """End a pause, with the committee's reason."""
    answer = desk.ask(ResumeTrial(reason=desk.request.POST.get("reason", "").strip()))
    if isinstance(answer, Refused):
        return _render(desk, UNPROCESSABLE, refused=answer)
    return desk.redirect(answer, "resumed", "board")


def _render(desk: Desk, status: int = 200, refused: Refused | None = None, wrong: str = "") -> HttpResponse:
    named = find_reach("participants", desk.roles)
    sites = named.sites if named else frozenset()
    board = view_board(desk.state, desk.now, sites=sites)
    return desk.render("board.html", status, board=board, refused=refused, wrong=wrong)

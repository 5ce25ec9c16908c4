"""Queries: a question about a value is raised, answered and settled."""

from django.http import Http404, HttpResponse

from firstdose.conduct.commands import AnswerQuery, CloseQuery, RaiseQuery
from firstdose.faces.web.desk import Desk, page
from firstdose.faces.web.pages.form import find_timepoint, render_form
from firstdose.terms.outcomes import Refused


@page("raise_query", "POST")
def raise_query(desk: Desk, code: str, visit: str, form: str) -> HttpResponse:
    """Ask the site about a value."""
    typed = desk.request.POST
    asked_about = desk.state.protocol.form_by_key.get(form)
    if asked_about is None or typed.get("item", "") not in asked_about.by_key:
        raise Http404
    command = RaiseQuery(
        participant=code,
        visit=visit,
        form=form,
        timepoint=find_timepoint(desk),
        item=typed.get("item", ""),
        question=typed.get("question", "").strip(),
    )
    return _ask(desk, command, code, visit, form)


@page("answer_query", "POST")
def answer(desk: Desk, code: str, visit: str, form: str) -> HttpResponse:
    """Answer a question."""
    typed = desk.request.POST
    command = AnswerQuery(
        participant=code, query=typed.get("query", ""), answer=typed.get("answer", "").strip()
    )
    return _ask(desk, command, code, visit, form)


@page("close_query", "POST")
def close(desk: Desk, code: str, visit: str, form: str) -> HttpResponse:
    """Settle a question."""
    command = CloseQuery(participant=code, query=desk.request.POST.get("query", ""))
    return _ask(desk, command, code, visit, form)


def _ask(
    desk: Desk, command: RaiseQuery | AnswerQuery | CloseQuery, code: str, visit: str, form: str
) -> HttpResponse:
    participant = desk.find_participant(code)
    said = {RaiseQuery: "question", AnswerQuery: "answer"}.get(type(command))
    if said is not None and not getattr(command, said):
        return render_form(desk, participant, visit, form, typed=desk.request.POST, wrong="need_text")
    answered = desk.ask(command, participant.site)
    if isinstance(answered, Refused):
        return render_form(desk, participant, visit, form, typed=desk.request.POST, refused=answered)
    query = {"at": find_timepoint(desk)} if find_timepoint(desk) else {}
    return desk.redirect(answered, "query_recorded", "form", code, visit, form, **query)

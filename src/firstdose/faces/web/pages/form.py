"""One form of a participant: its values with their history, its entry, and corrections with their reasons."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse

from firstdose.conduct.chart import view_form
from firstdose.conduct.commands import CorrectValue, SubmitForm
from firstdose.conduct.form_values import check_values
from firstdose.conduct.proposals import Proposals, propose_for_record, propose_for_typed
from firstdose.conduct.visits import UNSCHEDULED, find_schedule
from firstdose.faces.web.access import Route
from firstdose.faces.web.desk import UNPROCESSABLE, Desk, page, parse_moment
from firstdose.protocol.resolved import Form, Item
from firstdose.record.events import Value
from firstdose.record.state import FormRecord, Participant
from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.outcomes import Refused
from firstdose.terms.words import Text


@page("form")
def view(desk: Desk, code: str, visit: str, form: str) -> HttpResponse:
    """The form as it stands; an empty one where it was not filled yet."""
    participant = desk.find_participant(code)
    return render_form(desk, participant, visit, form)


@page("fill_form", "POST")
def fill(desk: Desk, code: str, visit: str, form: str) -> HttpResponse:
    """Submit a filled form; a refusal stands beside it and nothing typed is lost."""
    participant = desk.find_participant(code)
    definition = _find_form(desk, form)
    typed = desk.request.POST
    collected_at = parse_moment(typed.get("collected_at", ""))
    if collected_at is None:
        return render_form(desk, participant, visit, form, typed=typed, wrong="need_moment")
    values = _parse_values(definition, typed)
    not_done = {
        item.key: said for item in definition.items if (said := typed.get(f"not_done.{item.key}", "").strip())
    }
    answer = desk.ask(
        SubmitForm(
            participant=code,
            visit=visit,
            form=form,
            timepoint=find_timepoint(desk),
            collected_at=collected_at,
            values=values,
            not_done=not_done,
        ),
        participant.site,
    )
    if isinstance(answer, Refused):
        found = {problem.item: problem.text for problem in check_values(definition, values, not_done)}
        return render_form(desk, participant, visit, form, typed=typed, refused=answer, problems=found)
    return desk.redirect(answer, "form_recorded", "schedule", code)


@page("proposals", "POST")
def propose(desk: Desk, code: str, visit: str, form: str) -> HttpResponse:
    """What the typed values propose, as pieces of the page for the script; nothing is recorded."""
    participant = desk.find_participant(code)
    definition = _find_form(desk, form)
    _require_place(desk, participant, visit, form)
    collected_at = _parse_collected(desk.request.POST)
    return desk.render(
        "form_proposals.html",
        definition=definition,
        wrong="" if collected_at else "need_moment",
        proposals=_propose_typed(desk, participant, definition, visit, desk.request.POST),
    )


@page("correct_value", "POST")
def correct(desk: Desk, code: str, visit: str, form: str) -> HttpResponse:
    """Correct one value, with the reason."""
    participant = desk.find_participant(code)
    definition = _find_form(desk, form)
    typed = desk.request.POST
    item = definition.by_key.get(typed.get("item", ""))
    if item is None:
        raise Http404
    seen = typed.get("seen_position", "")
    answer = desk.ask(
        CorrectValue(
            participant=code,
            visit=visit,
            form=form,
            timepoint=find_timepoint(desk),
            item=item.key,
            new=_parse_value(item, typed.get("new", "")),
            reason=typed.get("reason", ""),
            seen_position=int(seen) if seen.isdecimal() else None,
        ),
        participant.site,
    )
    if isinstance(answer, Refused):
        return render_form(desk, participant, visit, form, typed=typed, refused=answer)
    query = {"at": find_timepoint(desk)} if find_timepoint(desk) else {}
    return desk.redirect(answer, "value_corrected", "form", code, visit, form, **query)


def render_form(
    desk: Desk,
    participant: Participant,
    visit: str,
    form: str,
    *,
    typed: Any = None,
    refused: Refused | None = None,
    problems: dict[str, Any] | None = None,
    wrong: str = "",
) -> HttpResponse:
    """The page of a form, with what was typed and why it was refused where it was."""
    definition = _find_form(desk, form)
    record = _require_place(desk, participant, visit, form)
    planned = find_schedule(desk.state, participant).by_key.get(visit)
    number = visit.removeprefix(UNSCHEDULED)
    now_at_site = desk.now.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")
    return desk.render(
        "form.html",
        UNPROCESSABLE if typed is not None else 200,
        participant=participant,
        definition=definition,
        visit=visit,
        visit_label=planned.label.text if planned else Text(f"Unscheduled {number}", f"计划外访视 {number}"),
        timepoint=find_timepoint(desk),
        filled=view_form(desk.state, participant, record) if record else None,
        typed=typed or {},
        refused=refused,
        problems=problems or {},
        proposals=(
            propose_for_record(desk.state, participant, record)
            if record
            else _propose_typed(desk, participant, definition, visit, typed or {"collected_at": now_at_site})
        ),
        wrong=wrong,
        may=find_queries_may(desk),
        may_fill=not desk.as_of and desk.find_actor(SubmitForm, participant.site) is not None,
        now_at_site=now_at_site,
        tab="schedule",
    )


def _find_form(desk: Desk, form: str) -> Form:
    found = desk.state.protocol.form_by_key.get(form)
    if found is None:
        raise Http404
    return found


def _require_place(desk: Desk, participant: Participant, visit: str, form: str) -> FormRecord | None:
    """The form as it was submitted, or nothing where it may still be; one that has no place is not found."""
    record = participant.forms.get((visit, form, find_timepoint(desk)))
    if record is None and not _is_planned(desk, participant, visit, form):
        raise Http404
    return record


def _propose_typed(
    desk: Desk, participant: Participant, definition: Form, visit: str, typed: Any
) -> Proposals:
    """Proposals for typed values; none while it is not said when they were collected."""
    collected_at = _parse_collected(typed)
    if collected_at is None:
        return {}
    return propose_for_typed(
        desk.state,
        participant,
        definition,
        visit,
        find_timepoint(desk),
        collected_at,
        _parse_values(definition, typed),
    )


def _is_planned(desk: Desk, participant: Participant, visit: str, form: str) -> bool:
    if visit.startswith(UNSCHEDULED):
        return True
    planned = find_schedule(desk.state, participant).by_key.get(visit)
    points = [at.timepoints or ("",) for at in planned.forms if at.form == form] if planned else []
    return any(find_timepoint(desk) in at for at in points)


def find_queries_may(desk: Desk) -> dict[str, bool]:
    """Which steps of a query the person may take now."""
    steps: tuple[Route, ...] = ("raise_query", "answer_query", "close_query")
    return {step: not desk.as_of and desk.may_open(step) for step in steps}


def find_timepoint(desk: Desk) -> str:
    """The time point that a form is about."""
    return str(desk.request.POST.get("at") or desk.request.GET.get("at", ""))


def _parse_collected(typed: Any) -> datetime | None:
    """The moment of collection; one that lies on no day of the sites is none."""
    moment = parse_moment(typed.get("collected_at", ""))
    try:
        return moment if moment is None else moment.astimezone(SHANGHAI)
    except OverflowError:
        return None


def _parse_values(definition: Form, typed: Any) -> dict[str, Value]:
    read = {item.key: _parse_value(item, typed.get(f"value.{item.key}", "")) for item in definition.items}
    return {key: value for key, value in read.items() if value is not None}


def _parse_value(item: Item, text: str) -> Value:
    """What was typed, as the record keeps it: yes and no, or the text itself."""
    if item.type == "boolean":
        return {"yes": True, "no": False}.get(text)
    return text.strip() or None

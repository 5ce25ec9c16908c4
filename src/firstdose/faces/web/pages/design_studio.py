"""Designs side by side under a true DLT curve that the reader draws, with exact numbers."""

from collections.abc import Callable, Sequence
from functools import wraps
from time import perf_counter
from typing import Any

import msgspec
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from firstdose.conduct.dose_rules import compile_design, specify_design
from firstdose.design import GraphTooLarge
from firstdose.design.exact.scenarios import OVERDOSE_RATE
from firstdose.design.specification import TITE_RULES
from firstdose.faces.web import design_chart as chart
from firstdose.faces.web.access import find_reach
from firstdose.faces.web.design_query import (
    MOST_ALTERNATIVES,
    Asked,
    Wrong,
    list_parts,
    list_presets,
    read_question,
)
from firstdose.faces.web.design_sheet import Column, Sheet, compute_sheet, enumerate_design
from firstdose.faces.web.desk import Desk, find_language, find_server
from firstdose.faces.web.writing import Writer
from firstdose.protocol.resolved import Protocol
from firstdose.simulate.whole_trial import TrialPlan, plan_trial

BAD_REQUEST, UNAUTHORIZED, NOT_FOUND = 400, 401, 404
SUMMARY = ("p_correct", "p_selected_overdose", "p_stop_too_toxic", "mean_n", "mean_n_dlt", "mean_n_overdose")
"""Rows of a design as a whole, in the order of the table."""


def find_desk(request: Any) -> Desk | None:
    """The trial that is named, or the first one, among those that know the person."""
    named = request.GET.get("trial")
    login = request.user.get_username()
    for hosted in find_server(request).trials.values():
        if named not in (None, "", hosted.name):
            continue
        with hosted.trial.reading() as state:
            account = state.accounts.get(login)
            if state.definition and account and find_reach("home", account.roles) is not None:
                desk = Desk(request, hosted, "home", account.roles)
                desk.state = state
                return desk
    return None


def _compute(asked: Asked) -> tuple[Sheet, float] | Wrong:
    """The numbers, and how long they took [ms]."""
    began = perf_counter()
    for column in asked.columns:
        try:
            enumerate_design(column.specification)
        except GraphTooLarge:
            return Wrong("wrong_too_large", {"value": column.key})
    sheet = compute_sheet(asked.columns, asked.rates)
    return sheet, 1000 * (perf_counter() - began)


def add_timing(response: HttpResponse, ms: float) -> HttpResponse:
    """The answer with how long its numbers took."""
    response.headers["Server-Timing"] = f"compute;dur={ms:.2f}"
    return response


def signed_in(when_not: Callable[[Any], HttpResponse]) -> Callable[..., Callable[..., HttpResponse]]:
    """A view for anybody who is signed in; every role may read the protocol."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @require_safe
        @wraps(view)
        def answer(request: Any) -> HttpResponse:
            return view(request) if request.user.is_authenticated else when_not(request)

        return answer

    return wrap


def ask_to_sign_in(request: Any) -> HttpResponse:
    """To the page of signing in, and from there to what was asked for."""
    return redirect(reverse("sign_in", query={"next": request.get_full_path()}))


def say_signed_out(request: Any) -> HttpResponse:
    """One sentence, for a page that is open while nobody is signed in any more."""
    return refuse(Writer(find_language(request)), Wrong("wrong_signed_out", {}), UNAUTHORIZED)


def refuse(writer: Writer, wrong: Wrong, status: int = BAD_REQUEST) -> HttpResponse:
    """One sentence on what is wrong with a question."""
    return JsonResponse({"error": writer.say(wrong.key, **wrong.values)}, status=status)


@signed_in(say_signed_out)
def answer_characteristics(request: Any) -> HttpResponse:
    """The numbers as JSON, for a page whose curve is being moved."""
    writer = Writer(find_language(request))
    desk = find_desk(request)
    if desk is None:
        return refuse(writer, Wrong("wrong_trial", {}), NOT_FOUND)
    asked = read_question(request.GET, desk.state.protocol, specify_design, is_complete=True)
    if isinstance(asked, Wrong):
        return refuse(writer, asked)
    computed = _compute(asked)
    if isinstance(computed, Wrong):
        return refuse(writer, computed)
    sheet, ms = computed
    answer = {
        "designs": [column.key for column in asked.columns],
        **msgspec.to_builtins(sheet),
        "bars": [
            [
                {"y": bar.y, "height": bar.height, "above": bar.above}
                for bar in chart.place_bars(sheet, column)
            ]
            for column in range(len(asked.columns))
        ],
        "said": _summarise(writer, asked.columns, sheet),
    }
    return add_timing(JsonResponse(answer), ms)


def _summarise(writer: Writer, columns: tuple[Column, ...], sheet: Sheet) -> str:
    """What is read out when the hand rests."""
    shares = " · ".join(
        f"{writer.write_text(column.title)} {cell.text} %"
        for column, cell in zip(columns, sheet.rows["p_correct"], strict=True)
    )
    return writer.say("studio_said", shares=shares)


@signed_in(ask_to_sign_in)
def view(request: Any) -> HttpResponse:
    """The page; without a script it is a form."""
    desk = find_desk(request)
    if desk is None:
        raise Http404
    protocol = desk.state.protocol
    if not list_parts(protocol):
        raise Http404
    asked = read_question(request.GET, protocol, specify_design, is_complete=False)
    if isinstance(asked, Wrong):
        return _render_wrong(desk, protocol, asked)
    computed = _compute(asked)
    if isinstance(computed, Wrong):
        return _render_wrong(desk, protocol, computed)
    sheet, ms = computed
    return add_timing(_render(desk, protocol, asked, sheet, ms), ms)


def describe_curve(rates: Sequence[float], target_rate: float) -> dict[str, Any]:
    """What the drawing of a true DLT curve shows, beside the marks of its levels."""
    return {
        "points": chart.place_points(rates),
        "ticks": [(tick, chart.place_rate(float(tick))) for tick in chart.TICKS],
        "target_rate": chart.write_rate(target_rate),
        "target_y": chart.place_rate(target_rate),
        "overdose_rate": OVERDOSE_RATE,
        "overdose_y": chart.place_rate(OVERDOSE_RATE),
        "presets": [(one, ",".join(map(chart.write_rate, one.rates))) for one in list_presets(len(rates))],
        "chart": chart,
    }


def _render_wrong(desk: Desk, protocol: Protocol, wrong: Wrong) -> HttpResponse:
    """One sentence on what is wrong, and a way back to the first curve."""
    said = desk.writer.say(wrong.key, **wrong.values)
    return desk.render(
        "design_studio.html",
        BAD_REQUEST,
        wrong=said,
        parts=list_parts(protocol),
        has_whole=isinstance(plan_trial(protocol), TrialPlan),
        part=None,
    )


def _render(desk: Desk, protocol: Protocol, asked: Asked, sheet: Sheet, ms: float) -> HttpResponse:
    regimens = [protocol.regimen_by_key[key] for key in asked.part.regimens]
    own = asked.columns[0].specification
    n_levels = own.n_levels
    return desk.render(
        "design_studio.html",
        wrong="",
        parts=list_parts(protocol),
        has_whole=isinstance(plan_trial(protocol), TrialPlan),
        part=asked.part,
        own=own,
        is_tite=own.rule in TITE_RULES,
        regimens=regimens,
        levels=range(1, n_levels + 1),
        offered=asked.offered[1:],
        most=MOST_ALTERNATIVES,
        columns=asked.columns,
        shown=[column.key for column in asked.columns],
        digests=[compile_design(column.specification)[1] for column in asked.columns],
        n_states=[len(enumerate_design(column.specification).mtd) for column in asked.columns],
        sheet=sheet,
        summary=SUMMARY,
        marks=sheet.marks,
        is_none_correct=sheet.is_none_correct,
        **describe_curve(asked.rates, float(own.target_rate)),
        bars=[chart.place_bars(sheet, column) for column in range(len(asked.columns))],
        is_increasing=asked.is_increasing,
        ms=f"{ms:.1f}",
    )

"""The whole trial before it starts, under a true DLT curve that the reader draws: exact, and its dates simulated."""

from time import perf_counter
from typing import Any

import msgspec
from django.http import Http404, HttpResponse
from django.urls import reverse

from firstdose.deliver.design.trial_figure import draw_whole_trial
from firstdose.faces.web.design_query import Wrong, list_parts
from firstdose.faces.web.desk import Desk, find_language, render_page
from firstdose.faces.web.pages.design_studio import (
    BAD_REQUEST,
    NOT_FOUND,
    add_timing,
    ask_to_sign_in,
    describe_curve,
    find_desk,
    refuse,
    say_signed_out,
    signed_in,
)
from firstdose.faces.web.trial_query import (
    LOWEST_DAYS,
    MOST_DAYS,
    MOST_OPENS_D,
    MOST_SITES,
    Accrual,
    read_accrual,
    read_truth,
)
from firstdose.faces.web.trial_sheet import (
    N_TRIALS,
    SPREAD_PX,
    compute_dates,
    compute_trial,
    describe_dates,
    describe_exact,
)
from firstdose.faces.web.writing import Writer
from firstdose.simulate.whole_trial import (
    SimulatedCalendar,
    TrialPlan,
    Truth,
    WholeTrial,
    plan_trial,
    write_decision_tables,
    write_statement,
)
from firstdose.simulate.whole_trial.truth import MOST_GROWTH
from firstdose.terms.words import Text

MOST_SLID = 3
"""Ends of the slider of the bridge; numbers beyond can be written."""
FRESH = "design_trial_fresh.html"


def find_plan(desk: Desk) -> TrialPlan | Wrong:
    """The plan of the protocol's whole trial, if it has the parts that are covered."""
    found = plan_trial(desk.state.protocol)
    return found if isinstance(found, TrialPlan) else Wrong("wrong_no_plan", {})


def _compute_exact(plan: TrialPlan, truth: Truth) -> tuple[WholeTrial, float] | Wrong:
    """The exact numbers, and how long they took [ms]."""
    began = perf_counter()
    whole = compute_trial(plan, truth)
    if whole is None:
        return Wrong("wrong_not_exact", {})
    return whole, 1000 * (perf_counter() - began)


def _compute_all(
    plan: TrialPlan, truth: Truth, accrual: Accrual
) -> tuple[WholeTrial, SimulatedCalendar, float] | Wrong:
    exact = _compute_exact(plan, truth)
    if isinstance(exact, Wrong):
        return exact
    simulated = compute_dates(plan, truth, accrual.calendar, accrual.seed)
    assert isinstance(simulated, SimulatedCalendar), "curve, plan and accrual were read and checked"
    return exact[0], simulated, exact[1]


@signed_in(say_signed_out)
def answer_exact(request: Any) -> HttpResponse:
    """The exact parts of the page, for a curve that is being moved."""
    writer = Writer(find_language(request))
    desk = find_desk(request)
    if desk is None:
        return refuse(writer, Wrong("wrong_trial", {}), NOT_FOUND)
    plan = find_plan(desk)
    if isinstance(plan, Wrong):
        return refuse(writer, plan, NOT_FOUND)
    truth = read_truth(request.GET, plan, is_complete=True)
    if isinstance(truth, Wrong):
        return refuse(writer, truth)
    computed = _compute_exact(plan, truth)
    if isinstance(computed, Wrong):
        return refuse(writer, computed)
    whole, ms = computed
    shown = _show_exact(plan, whole, ms)
    return add_timing(render_page(request, FRESH, desk=desk, fresh=("regimens", "exact"), **shown), ms)


@signed_in(say_signed_out)
def answer_dates(request: Any) -> HttpResponse:
    """The simulated parts of the page, for a curve that rests; and the statement, which holds both."""
    writer = Writer(find_language(request))
    desk = find_desk(request)
    if desk is None:
        return refuse(writer, Wrong("wrong_trial", {}), NOT_FOUND)
    plan = find_plan(desk)
    if isinstance(plan, Wrong):
        return refuse(writer, plan, NOT_FOUND)
    asked = _read_all(request, plan, is_complete=True)
    if isinstance(asked, Wrong):
        return refuse(writer, asked)
    began = perf_counter()
    computed = _compute_all(plan, *asked)
    if isinstance(computed, Wrong):
        return refuse(writer, computed)
    whole, simulated, _ = computed
    ms = 1000 * (perf_counter() - began)
    shown = _show_dates(request, writer, plan, whole, simulated)
    return add_timing(
        render_page(request, FRESH, desk=desk, fresh=("simulated", "dates", "statement"), **shown), ms
    )


@signed_in(ask_to_sign_in)
def answer_figure(request: Any) -> HttpResponse:
    """The whole trial as one figure, to be kept."""
    writer = Writer(find_language(request))
    desk = find_desk(request)
    plan = find_plan(desk) if desk else None
    if plan is None or isinstance(plan, Wrong):
        raise Http404
    asked = _read_all(request, plan, is_complete=False)
    computed = asked if isinstance(asked, Wrong) else _compute_all(plan, *asked)
    if isinstance(computed, Wrong):
        said = writer.say(computed.key, **computed.values)
        return HttpResponse(said, status=BAD_REQUEST, content_type="text/plain; charset=utf-8")
    whole, simulated, _ = computed
    title = Text(f"Whole trial, {plan.enrolment} participants", f"全试验，{plan.enrolment} 例")
    figure = draw_whole_trial(plan, whole, simulated, title, language=writer.language)
    answer = HttpResponse(figure.svg, content_type="image/svg+xml")
    answer.headers["Content-Disposition"] = 'attachment; filename="whole-trial.svg"'
    return answer


@signed_in(ask_to_sign_in)
def view(request: Any) -> HttpResponse:
    """The page; without a script it is a form."""
    desk = find_desk(request)
    if desk is None:
        raise Http404
    plan = find_plan(desk)
    if isinstance(plan, Wrong):
        return _render_wrong(desk, plan, NOT_FOUND)
    asked = _read_all(request, plan, is_complete=False)
    computed = asked if isinstance(asked, Wrong) else _compute_all(plan, *asked)
    if isinstance(asked, Wrong) or isinstance(computed, Wrong):
        wrong = asked if isinstance(asked, Wrong) else computed
        assert isinstance(wrong, Wrong)
        return _render_wrong(desk, wrong)
    truth, accrual = asked
    whole, simulated, ms = computed
    protocol = desk.state.protocol
    answer = desk.render(
        "design_trial.html",
        wrong="",
        parts=list_parts(protocol),
        has_whole=True,
        regimens=[protocol.regimen_by_key[level.key] for level in plan.sad.levels],
        growth=f"{truth.growth:.10g}",
        accrual=accrual,
        bounds={"days": (LOWEST_DAYS, MOST_DAYS), "sites": MOST_SITES, "opens": MOST_OPENS_D},
        growths=(MOST_SLID, MOST_GROWTH),
        is_increasing=request.GET.get("increasing", "1") != "0",
        **_show_exact(plan, whole, ms),
        **_show_dates(request, desk.writer, plan, whole, simulated),
    )
    return add_timing(answer, ms)


def _read_all(request: Any, plan: TrialPlan, *, is_complete: bool) -> tuple[Truth, Accrual] | Wrong:
    truth = read_truth(request.GET, plan, is_complete=is_complete)
    if isinstance(truth, Wrong):
        return truth
    accrual = read_accrual(request.GET, plan)
    return accrual if isinstance(accrual, Wrong) else (truth, accrual)


def _render_wrong(desk: Desk, wrong: Wrong, status: int = BAD_REQUEST) -> HttpResponse:
    """One sentence on what is wrong, and a way back to the first curve."""
    return desk.render(
        "design_trial.html",
        status,
        wrong=desk.writer.say(wrong.key, **wrong.values),
        parts=list_parts(desk.state.protocol),
        has_whole=status != NOT_FOUND,
    )


def _show_exact(plan: TrialPlan, whole: WholeTrial, ms: float) -> dict[str, Any]:
    exact = describe_exact(plan, whole)
    return {
        **describe_curve(whole.truth.single_dose_rates, float(plan.sad.design.target_rate)),
        "exact": exact,
        "marks": exact.panels[0].marks,
        "is_none_correct": exact.panels[0].right == 0,
        "remarks": whole.remarks,
        "spread_px": SPREAD_PX,
        "overdose_rate": whole.overdose_rate,
        "ms": f"{ms:.1f}",
    }


def _show_dates(
    request: Any, writer: Writer, plan: TrialPlan, whole: WholeTrial, simulated: SimulatedCalendar
) -> dict[str, Any]:
    name = writer.say("trial_drawn")
    named = msgspec.structs.replace(whole, truth=msgspec.structs.replace(whole.truth, name=name))
    return {
        "dates": describe_dates(simulated),
        "simulated": writer.say("trial_simulated", n=f"{N_TRIALS:,}", seed=simulated.seed),
        "calendar": simulated.calendar,
        "figure_address": f"{reverse('design_trial_figure')}?{request.GET.urlencode()}",
        "statement": write_statement(plan, named, simulated),
        "tables": write_decision_tables(plan),
    }

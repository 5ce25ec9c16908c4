"""Whether a response was ever attained and was sustained, and the time to the first."""

from collections.abc import Sequence
from datetime import date, timedelta

from firstdose.deliver.document import Illustration, illustrate
from firstdose.deliver.figures import FollowUp, StepCurve, render_steps
from firstdose.deliver.groups import Group
from firstdose.deliver.outcomes.group_columns import name_part
from firstdose.deliver.outcomes.response_rates import Response, Responses, read_status
from firstdose.deliver.tables import (
    Cell,
    Column,
    Row,
    Table,
    cell_of_absence,
    cell_of_count,
    cell_of_count_of,
    cell_of_number,
)
from firstdose.derive.response.of_participant import Assessed, ParticipantResponse, VisitResult
from firstdose.derive.response.response_rate import (
    Assessment,
    TimeToResponse,
    derive_best_response,
    derive_sustained_response,
    derive_time_to_response,
)
from firstdose.numerics.survival import Curve, compute_kaplan_meier
from firstdose.record.state import Participant, State
from firstdose.terms.calendar import site_date
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text


def tabulate_durability(
    state: State, groups: Sequence[Group], response: Response, responses: Responses
) -> Table:
    """Ever attained, sustained, and the time to the first, by dose level."""
    rows = []
    for group in groups:
        codes = [code for code in group.participants if _has_finished(responses[code])]
        ever = [code for code in codes if _ever(response, responses[code])]
        held = [code for code in codes if _is_sustained(state, response, responses[code], is_imputed=True)]
        bridged = [
            code for code in codes if _is_sustained(state, response, responses[code], is_imputed=False)
        ]
        follow_ups = list_follow_ups(state, response, responses, group.participants)
        positions = _all_positions(responses, codes)
        rows.append(
            Row(
                stub=group.title,
                group=name_part(state, group),
                cells=(
                    cell_of_count_of(ever, codes, positions=positions),
                    cell_of_count_of(held, codes, positions=positions),
                    cell_of_count_of(bridged, codes, positions=positions),
                    cell_of_count([one.participant for one in follow_ups if one.has_event]),
                    _median_cell(follow_ups),
                ),
            )
        )
    span = state.protocol.definitions.sustained_response_d
    return Table(
        key=f"{response.key}-durability",
        title=Text(
            f"{response.name.en}: ever by Week 52, sustained, and time to the first",
            f"{response.name.zh}：第52周前曾达到、持续达到及首次达到时间",
        ),
        stubhead=Text("Dose level", "剂量水平"),
        columns=(
            Column(key="ever", label=Text("Ever", "曾达到")),
            Column(
                key="sustained",
                label=Text("Missing breaks", "缺失视为中断"),
                spanner=Text("Sustained", "持续达到"),
            ),
            Column(
                key="bridged",
                label=Text("Missing bridged", "缺失予以衔接"),
                spanner=Text("Sustained", "持续达到"),
            ),
            Column(
                key="attained",
                label=Text("So far attained", "迄今已达到"),
                spanner=Text("First response", "首次达到"),
            ),
            Column(
                key="median",
                label=Text("Median, days", "中位时间（天）"),
                spanner=Text("First response", "首次达到"),
            ),
        ),
        rows=tuple(rows),
        footnotes=(
            Text(
                f"Sustained: at consecutive efficacy visits at least {span} days apart, first to last (P-SUS-1). "
                "Median: Kaplan-Meier, from the first infusion to the first efficacy visit with the response; without it "
                "censored at the last known assessment (P-TTR-1).",
                f"持续达到：连续疗效访视均达到，首末相隔≥{span}天（P-SUS-1）。"
                "中位时间：Kaplan-Meier法，自首次输注至首个达到的疗效访视；未达到者于末次已知评估时删失（P-TTR-1）。",
            ),
        ),
        denominators=Text(
            "Ever and sustained: everyone of the set who reached Week 52 or left before it. First response: everyone "
            "of the set.",
            "曾达到及持续达到：该集中已到达第52周或此前退出者。首次达到：该集全部受试者。",
        ),
    )


def illustrate_time_to_first(
    state: State, part_groups: Sequence[Group], response: Response, responses: Responses
) -> Illustration:
    """Kaplan-Meier curves of the time to the first response, one a part."""
    curves = []
    for group in part_groups:
        follow_ups = list_follow_ups(state, response, responses, group.participants)
        found = compute_kaplan_meier(
            [float(one.time_d) for one in follow_ups], [one.has_event for one in follow_ups]
        )
        steps = () if isinstance(found, NotDerived) else _steps(found)
        curves.append(StepCurve(label=group.title, follow_ups=tuple(follow_ups), steps=steps))
    title = Text(f"Time to the first {response.name.en}", f"首次达到{response.name.zh}的时间")
    return illustrate(
        lambda language: render_steps(
            f"{response.key}-time",
            title,
            curves,
            language=language,
            y_title=Text("Share without the response so far", "尚未达到者比例"),
            time_unit="week",
        )
    )


def list_follow_ups(
    state: State, response: Response, responses: Responses, codes: Sequence[str]
) -> list[FollowUp]:
    """How long each participant was watched for the first response; one never assessed is left out."""
    found = []
    for code in codes:
        one = responses[code]
        time = derive_time_to_response(
            [
                Assessment(on=each.on, status=response.attains(each))
                for visit in one.visits
                if isinstance(each := visit.assessed.value, Assessed)
            ],
            one.first_infusion,
            died_on=_died_on(state.participants[code]),
        )
        if isinstance(time, TimeToResponse):
            found.append(FollowUp(participant=code, time_d=time.time_d, has_event=time.outcome == "response"))
    return found


def _has_finished(response: ParticipantResponse) -> bool:
    return bool(response.visits) and response.visits[-1].progress != "ongoing"


def _list_assessments(
    response: Response, one: ParticipantResponse, *, does_rescue_end: bool
) -> list[Assessment]:
    """The assessments of a participant; after rescue treatment the response is not attained, if asked for."""
    return [
        Assessment(
            on=_date_of(visit, one.first_infusion),
            status=False if does_rescue_end and visit.had_rescue else read_status(response, visit),
        )
        for visit in one.visits
    ]


def _ever(response: Response, one: ParticipantResponse) -> bool:
    return derive_best_response(_list_assessments(response, one, does_rescue_end=True)) is True


def _is_sustained(state: State, response: Response, one: ParticipantResponse, *, is_imputed: bool) -> bool:
    """Whether the response held; with imputation a missing visit breaks it and rescue treatment ends it."""
    held = derive_sustained_response(
        _list_assessments(response, one, does_rescue_end=is_imputed),
        missing="breaks" if is_imputed else "bridged",
        span_d=state.protocol.definitions.sustained_response_d,
    )
    return held is True


def _date_of(visit: VisitResult, first_infusion: date) -> date:
    found = visit.assessed.value
    return found.on if isinstance(found, Assessed) else first_infusion + timedelta(days=visit.visit.day)


def _died_on(participant: Participant) -> date | None:
    withdrawn = participant.withdrawn
    if withdrawn is None or withdrawn.reason != "death":
        return None
    return site_date(withdrawn.happened_at)


def _all_positions(responses: Responses, codes: Sequence[str]) -> list[int]:
    return sorted(
        {
            position
            for code in codes
            for visit in responses[code].visits
            for position in visit.assessed.sources
        }
    )


def _median_cell(follow_ups: Sequence[FollowUp]) -> Cell:
    curve = compute_kaplan_meier(
        [float(one.time_d) for one in follow_ups], [one.has_event for one in follow_ups]
    )
    who = [one.participant for one in follow_ups]
    if isinstance(curve, NotDerived):
        return cell_of_absence(NotDerived("no_data"), participants=who)
    if isinstance(curve.median, NotDerived):
        return cell_of_absence(NotDerived("not_reached"), participants=who)
    return cell_of_number(curve.median, participants=who)


def _steps(curve: Curve) -> tuple[tuple[float, float], ...]:
    return tuple((step.time, step.survival) for step in curve.steps if step.n_events)

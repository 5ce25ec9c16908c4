"""The course of SLEDAI-2K: one line a participant, the mean of each part."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from firstdose.deliver.document import Illustration, illustrate
from firstdose.deliver.figures import LineGroup, LinePoint, ParticipantLine, render_lines
from firstdose.deliver.groups import TOTAL, Group
from firstdose.deliver.outcomes.group_columns import Measured, mean_cell
from firstdose.deliver.outcomes.response_rates import Responses
from firstdose.deliver.tables import Column, Row, Table
from firstdose.derive.response.of_participant import Assessed, ParticipantResponse
from firstdose.derive.response.sledai import Sledai
from firstdose.terms.outcomes import Finding, NotDerived
from firstdose.terms.words import Text

Scores = Callable[[Sledai], int | NotDerived]


def illustrate_course(
    key: str, title: Text, part_groups: Sequence[Group], responses: Responses, score: Scores
) -> Illustration:
    """The score from baseline to Week 52, with the mean at the efficacy visits.

    Parameters
    ----------
    key, title : str, Text
        Of the figure.
    part_groups : sequence of Group
        Parts, and the total last.
    responses : mapping of participant to ParticipantResponse
    score : callable
        What is drawn of an assessment: the total or the clinical one.
    """
    groups = [
        LineGroup(
            label=group.title,
            participants=tuple(_line(responses[code], score) for code in group.participants),
            summary=_means(group, responses, score),
        )
        for group in part_groups
        if group.key != TOTAL
    ]
    return illustrate(
        lambda language: render_lines(
            key,
            title,
            groups,
            language=language,
            y_title=Text("Score", "评分"),
            time_unit="week",
            summary_label=Text("Mean", "均值"),
            is_in_panels=True,
        ),
        _tabulate(key, title, part_groups, responses, score),
    )


def _line(response: ParticipantResponse, score: Scores) -> ParticipantLine:
    points = []
    for finding in (response.baseline, *response.course):
        found = finding.value
        if isinstance(found, Assessed):
            value = score(found.sledai)
            if not isinstance(value, NotDerived):
                points.append(LinePoint(time_d=found.day, level=value))
    return ParticipantLine(participant=response.participant, points=tuple(points))


def _means(group: Group, responses: Responses, score: Scores) -> tuple[LinePoint, ...]:
    """The mean at the baseline (drawn at Day 0) and at every efficacy visit with a value."""
    first = next((responses[code] for code in group.participants), None)
    if first is None:
        return ()
    points = []
    baseline = _values([responses[code].baseline for code in group.participants], score)
    if baseline:
        points.append(LinePoint(time_d=0, level=_mean(baseline)))
    for place, visit in enumerate(first.visits):
        values = _values([responses[code].visits[place].assessed for code in group.participants], score)
        if values:
            points.append(LinePoint(time_d=visit.visit.day, level=_mean(values)))
    return tuple(points)


def _values(findings: Sequence[Finding[Assessed]], score: Scores) -> list[int]:
    scored = [score(one.value.sledai) for one in findings if isinstance(one.value, Assessed)]
    return [one for one in scored if not isinstance(one, NotDerived)]


def _mean(values: Sequence[int]) -> float:
    return float(Fraction(sum(values), len(values)))


def _tabulate(
    key: str, title: Text, part_groups: Sequence[Group], responses: Responses, score: Scores
) -> Table:
    visits = next(iter(responses.values())).visits if responses else ()
    rows = []
    for place in range(-1, len(visits)):
        measured = {}
        for code, one in responses.items():
            finding = one.baseline if place < 0 else one.visits[place].assessed
            if isinstance(finding.value, Assessed):
                value = score(finding.value.sledai)
                if not isinstance(value, NotDerived):
                    measured[code] = Measured(value, finding.sources)
        week = visits[place].visit.name.removeprefix("W") if place >= 0 else ""
        rows.append(
            Row(
                stub=Text("Baseline", "基线") if place < 0 else Text(f"Week {week}", f"第{week}周"),
                cells=tuple(mean_cell(group.participants, measured, 1) for group in part_groups),
            )
        )
    return Table(
        key=f"{key}-means",
        title=Text(f"{title.en}: mean and standard deviation", f"{title.zh}：均值及标准差"),
        stubhead=Text("Visit", "访视"),
        columns=tuple(
            Column(
                key=group.key,
                label=Text(
                    f"{group.title.en} N={len(group.participants)}",
                    f"{group.title.zh} N={len(group.participants)}",
                ),
            )
            for group in part_groups
        ),
        rows=tuple(rows),
        denominators=Text("Participants with a complete score at the visit.", "该访视评分完整的受试者。"),
    )

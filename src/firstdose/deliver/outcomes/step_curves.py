"""Kaplan-Meier curves of times to an event, by group, as a figure and as a table of medians."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.deliver.document import Illustration, illustrate
from firstdose.deliver.figures import Figure, FollowUp, StepCurve, render_steps
from firstdose.deliver.figures.axes import TimeUnit
from firstdose.deliver.formatting import format_number
from firstdose.deliver.groups import Group
from firstdose.deliver.outcomes.absences import cell_of_reason
from firstdose.deliver.outcomes.summaries import name_with_n
from firstdose.deliver.tables import Cell, Column, Row, Statistic, Table, cell_of_count
from firstdose.numerics.survival import Curve, compute_kaplan_meier
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Language, Text


class Duration(msgspec.Struct, frozen=True):
    """How long a participant was followed, whether the event ended it, and the positions behind it."""

    participant: str
    time_d: Decimal
    had_event: bool
    positions: tuple[int, ...]


Durations = dict[str, Duration]


def draw_durations(
    key: str,
    title: Text,
    durations: Durations,
    groups: Sequence[Group],
    *,
    y_title: Text,
    when_empty: Text,
    time_unit: TimeUnit = "day",
) -> Illustration:
    """A step curve for each group."""
    curves = []
    for group in groups:
        inside = _inside(durations, group)
        curve = _curve(inside)
        if isinstance(curve, Curve):
            curves.append(
                StepCurve(
                    label=group.title,
                    follow_ups=tuple(
                        FollowUp(participant=one.participant, time_d=one.time_d, has_event=one.had_event)
                        for one in inside
                    ),
                    steps=tuple((step.time, step.survival) for step in curve.steps),
                )
            )

    def draw(language: Language) -> Figure:
        return render_steps(
            key,
            title,
            curves,
            language=language,
            y_title=y_title,
            time_unit=time_unit,
            when_empty=when_empty,
        )

    return illustrate(draw)


def tabulate_durations(
    key: str,
    title: Text,
    durations: Durations,
    groups: Sequence[Group],
    *,
    event: Text,
    footnotes: Sequence[Text] = (),
) -> Table:
    """For each group: n, how many had the event, the Kaplan-Meier median, and the range of the times."""
    return Table(
        key=key,
        title=title,
        columns=(
            Column(key="n", label=Text("n", "例数")),
            Column(key="events", label=event),
            Column(key="censored", label=Text("Censored", "删失")),
            Column(key="median", label=Text("Median (days)", "中位数（天）")),
            Column(key="range", label=Text("Min to max (days)", "最小值～最大值（天）")),
        ),
        rows=tuple(_row(group, _inside(durations, group)) for group in groups),
        stubhead=Text("Group", "组别"),
        footnotes=(
            Text("Median by Kaplan-Meier; + marks a censored time.", "中位数为Kaplan-Meier估计；+表示删失。"),
            *footnotes,
        ),
    )


def _row(group: Group, inside: Sequence[Duration]) -> Row:
    stub = name_with_n(group)
    who = tuple(one.participant for one in inside)
    positions = tuple(sorted({position for one in inside for position in one.positions}))
    had = [one for one in inside if one.had_event]
    rest = [one for one in inside if not one.had_event]
    counts = (
        cell_of_count(who, positions=positions),
        *(
            cell_of_count(
                [one.participant for one in some],
                positions=tuple(sorted({position for one in some for position in one.positions})),
            )
            for some in (had, rest)
        ),
    )
    curve = _curve(inside)
    if isinstance(curve, NotDerived):
        nothing = cell_of_reason(curve)
        return Row(stub=stub, cells=(*counts, nothing, nothing))
    rounding = Text("half up to a whole number", "四舍五入至整数")
    if isinstance(curve.median, NotDerived):
        middle = cell_of_reason(curve.median, participants=who, positions=positions)
    else:
        shown = format_number(curve.median)
        middle = Cell(
            value=curve.median,
            shown=Text(shown, shown),
            rounding=rounding,
            statistics=(Statistic("n", len(inside)), Statistic("median", curve.median)),
            participants=who,
            positions=positions,
        )
    shortest = min(inside, key=lambda one: (one.time_d, not one.had_event))
    longest = max(inside, key=lambda one: (one.time_d, not one.had_event))
    spread = _say(shortest) if len(inside) == 1 else f"{_say(shortest)} – {_say(longest)}"
    return Row(
        stub=stub,
        cells=(
            *counts,
            middle,
            Cell(
                value=shortest.time_d,
                shown=Text(spread, spread),
                rounding=rounding,
                statistics=(Statistic("low", shortest.time_d), Statistic("high", longest.time_d)),
                participants=who,
                positions=positions,
            ),
        ),
    )


def _say(one: Duration) -> str:
    return f"{format_number(one.time_d)}{'' if one.had_event else '+'}"


def _inside(durations: Durations, group: Group) -> list[Duration]:
    return [durations[code] for code in group.participants if code in durations]


def _curve(inside: Sequence[Duration]) -> Curve | NotDerived:
    return compute_kaplan_meier([float(one.time_d) for one in inside], [one.had_event for one in inside])

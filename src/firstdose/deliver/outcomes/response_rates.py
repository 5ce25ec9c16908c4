"""Response rates by visit and their components, for one endpoint of response."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from firstdose.deliver.document import Illustration, illustrate
from firstdose.deliver.figures import (
    RatePoint,
    RateSeries,
    render_rates,
)
from firstdose.deliver.formatting import format_percent
from firstdose.deliver.groups import Group
from firstdose.deliver.outcomes.group_columns import cell_of_ratio, name_part
from firstdose.deliver.tables import (
    Cell,
    Column,
    Row,
    Table,
    cell_of_count_of,
)
from firstdose.derive.response.of_participant import Assessed, ParticipantResponse, VisitResult
from firstdose.derive.response.response_rate import (
    ResponseRate,
    VisitStatus,
    compute_response_rate_nri,
    compute_response_rate_observed,
)
from firstdose.record.state import State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

Attains = Callable[[Assessed], bool | NotDerived]


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint of response: its key, its name in tables and figures, and how an assessment attains it."""

    key: str
    name: Text
    attains: Attains
    components: tuple[tuple[Text, Attains], ...]


Responses = Mapping[str, ParticipantResponse]
"""The responses of the analysis set by participant."""


def list_statuses(
    response: Response, responses: Responses, codes: Sequence[str], place: int
) -> list[VisitStatus]:
    """The status of each participant at the efficacy visit of a place."""
    return [
        VisitStatus(
            participant=code,
            progress=visit.progress,
            status=read_status(response, visit),
            had_rescue=visit.had_rescue,
        )
        for code in codes
        for visit in [responses[code].visits[place]]
    ]


def tabulate_rates(
    state: State, groups: Sequence[Group], response: Response, responses: Responses, *, is_imputed: bool
) -> Table:
    """A row a dose level, a column a visit: responders of those counted, with the exact interval."""
    visits = _visit_names(responses)
    rate_of = compute_response_rate_nri if is_imputed else compute_response_rate_observed
    rows = []
    for group in groups:
        cells = []
        for place in range(len(visits)):
            statuses = list_statuses(response, responses, group.participants, place)
            cells.append(_rate_cell(rate_of(statuses), responses, place))
        rows.append(Row(stub=group.title, cells=tuple(cells), group=name_part(state, group)))
    title = (
        Text(
            f"{response.name.en} by visit, missing counted as not attained",
            f"各访视{response.name.zh}率（缺失按未达到计）",
        )
        if is_imputed
        else Text(f"{response.name.en} by visit, as observed", f"各访视{response.name.zh}率（仅计观察值）")
    )
    denominators = (
        Text(
            "Everyone of the set who reached the visit or left before it; missing, left, and rescue treatment before "
            "the visit count as not attained (P-RR-1).",
            "该集中已到达该访视或此前退出者；缺失、退出及访视前使用挽救治疗均按未达到计（P-RR-1）。",
        )
        if is_imputed
        else Text("Everyone whose status at the visit is known.", "该访视状态已知者。")
    )
    return Table(
        key=f"{response.key}-rates" if is_imputed else f"{response.key}-observed",
        title=title,
        stubhead=Text("Dose level", "剂量水平"),
        columns=tuple(
            Column(key=name, label=_name_visit(name, is_main=place == len(visits) - 1))
            for place, name in enumerate(visits)
        ),
        rows=tuple(rows),
        footnotes=(
            Text(
                "Under each rate: exact 95 % interval (Clopper and Pearson 1934). Nobody counted: 0/0.",
                "发生率下方为精确95%置信区间（Clopper-Pearson，1934）。无人计入时为0/0。",
            ),
        ),
        denominators=denominators,
    )


def tabulate_components(response: Response, responses: Responses) -> Table:
    """Each component by visit over all dose levels: how many met it of those in whom it is known."""
    visits = _visit_names(responses)
    rows = []
    for stub, attains in (*response.components, (response.name, response.attains)):
        cells = []
        for place in range(len(visits)):
            found = {
                code: (attains(visit.assessed.value), visit.assessed.sources)
                for code, one in responses.items()
                for visit in [one.visits[place]]
                if isinstance(visit.assessed.value, Assessed)
            }
            known = [code for code, (answer, _) in found.items() if not isinstance(answer, NotDerived)]
            met = [code for code in known if found[code][0] is True]
            positions = sorted({position for code in known for position in found[code][1]})
            cells.append(_component_cell(met, known, len(found) - len(known), positions))
        rows.append(Row(stub=stub, cells=tuple(cells)))
    return Table(
        key=f"{response.key}-components",
        title=Text(f"Components of {response.name.en}, by visit", f"{response.name.zh}各组成项，按访视"),
        stubhead=Text("Component met", "满足的组成项"),
        columns=tuple(Column(key=name, label=_name_visit(name)) for name in visits),
        rows=tuple(rows),
        denominators=Text(
            "Everyone of the set who was assessed at the visit and in whom the component is known.",
            "该集中在该访视接受评估且该项已知者。",
        ),
    )


def illustrate_rates(part_groups: Sequence[Group], response: Response, responses: Responses) -> Illustration:
    """Rates with exact intervals by visit, a mark a part."""
    visits = _visit_names(responses)
    series = []
    for group in part_groups:
        points: list[RatePoint | None] = []
        for place in range(len(visits)):
            statuses = list_statuses(response, responses, group.participants, place)
            rate = compute_response_rate_nri(statuses)
            if not rate.denominator or isinstance(rate.interval, NotDerived):
                points.append(None)
                continue
            low, high = rate.interval
            points.append(RatePoint(n=len(rate.responders), n_all=len(rate.denominator), low=low, high=high))
        series.append(RateSeries(label=group.title, points=tuple(points)))
    title = Text(
        f"{response.name.en} by visit with exact 95 % intervals, missing counted as not attained",
        f"各访视{response.name.zh}率及精确95%置信区间（缺失按未达到计）",
    )
    return illustrate(
        lambda language: render_rates(
            f"{response.key}-by-visit",
            title,
            [_name_visit(name) for name in visits],
            series,
            language=language,
            y_title=Text("Share of participants", "受试者比例"),
        )
    )


def summarize_main(response: Response, responses: Responses) -> Text:
    """The rate at the last efficacy visit, in a sentence."""
    visits = _visit_names(responses)
    if not visits:
        return Text("Nobody has been assessed yet.", "尚无受试者接受评估。")
    rate = compute_response_rate_nri(list_statuses(response, responses, list(responses), len(visits) - 1))
    if isinstance(rate.interval, NotDerived):
        return Text("Nobody has reached Week 52 yet.", "尚无受试者到达第52周。")
    cell = _rate_cell(rate, responses, len(visits) - 1, places=1)
    week = _name_visit(visits[-1])
    return Text(
        f"{week.en}: {cell.shown.en}, exact 95 % interval {cell.below.en}; missing counted as not attained.",
        f"{week.zh}：{cell.shown.zh}，精确95%置信区间{cell.below.zh}；缺失按未达到计。",
    )


def read_status(response: Response, visit: VisitResult) -> bool | NotDerived:
    """Whether the response was attained at a visit, or why that is not known."""
    found = visit.assessed.value
    return found if isinstance(found, NotDerived) else response.attains(found)


def _visit_names(responses: Responses) -> list[str]:
    return [visit.visit.name for visit in next(iter(responses.values())).visits] if responses else []


def _name_visit(name: str, *, is_main: bool = False) -> Text:
    week = name.removeprefix("W")
    if is_main:
        return Text(f"Week {week} (main)", f"第{week}周（主要）")
    return Text(f"Week {week}", f"第{week}周")


def _component_cell(
    met: Sequence[str], known: Sequence[str], n_missing: int, positions: Sequence[int]
) -> Cell:
    """How many of those known, and under it the share and how many are not known."""
    share = format_percent(len(met), len(known), 0) if known else ""
    said = [Text(share, share)] if share else []
    if n_missing:
        said.append(Text(f"{n_missing} not known", f"{n_missing}例不详"))
    below = Text(", ".join(one.en for one in said), "，".join(one.zh for one in said))
    return msgspec.structs.replace(
        cell_of_ratio(met, known, positions),
        below=below,
        rounding=Text("half up to whole per cent", "四舍五入至整数百分比") if share else Text("", ""),
    )


def _rate_cell(rate: ResponseRate, responses: Responses, place: int, *, places: int = 0) -> Cell:
    positions = {
        position for code in rate.denominator for position in responses[code].visits[place].assessed.sources
    }
    return cell_of_count_of(
        rate.responders,
        rate.denominator,
        interval=rate.interval if rate.denominator else None,
        places=places,
        positions=sorted(positions),
    )

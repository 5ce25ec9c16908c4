"""Serum complement: by visit, change from baseline, and normalisation of C3 and C4."""

from firstdose.deliver.document import Definition, Details, Section
from firstdose.deliver.formatting import Number, format_as_written, format_number
from firstdose.deliver.groups import Group, list_groups
from firstdose.deliver.outcomes.listings import Words, list_measure, list_words, tabulate_listing
from firstdose.deliver.outcomes.marker_courses import (
    BASELINE_NOTE,
    NO_VALUES,
    choose_span,
    draw_courses,
    list_change_rows,
    list_visit_rows,
    list_visits,
    name_item,
    name_without_unit,
    say_visit,
)
from firstdose.deliver.outcomes.observed import Observed, by_participant
from firstdose.deliver.outcomes.rates import Status, cell_of_rate
from firstdose.deliver.outcomes.section_head import introduce, last_day
from firstdose.deliver.outcomes.step_curves import Duration, Durations, draw_durations, tabulate_durations
from firstdose.deliver.outcomes.summaries import Measure, list_parts, name_with_n, tabulate_by_visit
from firstdose.deliver.tables import Column, Row, Table
from firstdose.derive.analysis_sets import derive_analysis_set
from firstdose.derive.pharmacodynamics.course import Course
from firstdose.derive.pharmacodynamics.of_participant import (
    COMPLEMENTS,
    Complement,
    derive_complement_of_participant,
)
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

_FORM = "complement"
_PLACES = {"c3": 2, "c4": 3, "ch50": 1}
Found = dict[str, Complement]


def tabulate_complement(state: State, endpoint: Endpoint) -> Section:
    """C3, C4 and CH50 by visit, who has both C3 and C4 normal, and the time to it."""
    members = derive_analysis_set(state, endpoint.analysis_set)
    parts, groups = list_parts(state, members), list_groups(state, members)
    found = {one.code: derive_complement_of_participant(state, one) for one in members}
    plain = {item: name_without_unit(state.protocol, _FORM, item) for item in COMPLEMENTS}
    names = {item: name_item(state.protocol, _FORM, item) for item in COMPLEMENTS}
    courses = {item: [each.by_item[item] for each in found.values()] for item in COMPLEMENTS}
    times = _times(found)
    span = choose_span(state.protocol, last_d=last_day(endpoint))
    return Section(
        key="complement",
        title=endpoint.title.text,
        summary=Text("Whether consumed complement came back to normal.", "被消耗的补体是否恢复正常。"),
        blocks=(
            *introduce(state, endpoint),
            Definition(
                term=Text("Normalisation", "恢复正常"),
                rule=Text(
                    "Among participants in whom C3 or C4 was under the laboratory's lower limit at baseline: the first "
                    "sample after the first infusion with both at or above it. Without one, the time is censored at the "
                    "last sample.",
                    "基线C3或C4低于实验室正常值下限者中：首次输注后两者均不低于下限的首份样本。未出现者以末次样本删失。",
                ),
                clause="endpoints.complement",
            ),
            *(
                draw_courses(
                    f"complement-{item}",
                    names[item],
                    courses[item],
                    parts[:-1],
                    span,
                    y_title=names[item],
                    centre="mean",
                    limits=_limits(found, item),
                )
                for item in ("c3", "c4")
            ),
            _tabulate_normal(found, parts),
            draw_durations(
                "complement-normalisation",
                Text("Time to normal C3 and C4 in those low at baseline", "基线偏低者C3和C4恢复正常的时间"),
                times,
                parts,
                y_title=Text("Still low", "仍偏低"),
                when_empty=NO_VALUES,
                time_unit="week",
            ),
            tabulate_durations(
                "complement-times",
                Text("Time to normal C3 and C4 in those low at baseline", "基线偏低者C3和C4恢复正常的时间"),
                times,
                groups,
                event=Text("Became normal", "恢复正常"),
            ),
            tabulate_by_visit(
                "complement-visits",
                Text("Complement by visit, mean (SD)", "各访视补体，均数（标准差）"),
                parts,
                [
                    row
                    for item in COMPLEMENTS
                    for row in list_visit_rows(
                        names[item],
                        courses[item],
                        kind="normal",
                        places=_PLACES[item],
                        has_before_infusion=False,
                    )
                ],
                footnotes=(BASELINE_NOTE,),
            ),
            Details(
                Text("Percent change from baseline by visit", "各访视较基线变化百分比"),
                (
                    tabulate_by_visit(
                        "complement-change",
                        Text(
                            "Percent change from baseline by visit, mean (SD)",
                            "各访视较基线变化百分比，均数（标准差）",
                        ),
                        parts,
                        [row for item in COMPLEMENTS for row in list_change_rows(plain[item], courses[item])],
                        footnotes=(BASELINE_NOTE,),
                    ),
                    draw_courses(
                        "complement-ch50",
                        names["ch50"],
                        courses["ch50"],
                        parts[:-1],
                        span,
                        y_title=names["ch50"],
                        centre="mean",
                        limits=_limits(found, "ch50"),
                    ),
                ),
            ),
            tabulate_listing(
                "complement-listing",
                Text("Complement of each participant", "各受试者补体"),
                groups,
                (
                    *(
                        list_measure(
                            f"{item}_{key}",
                            Text(f"{item.upper()} {en}", f"{item.upper()}{zh}"),
                            _measure(courses[item], item, is_last=key == "last"),
                        )
                        for item in ("c3", "c4")
                        for key, en, zh in (("baseline", "baseline", "基线"), ("last", "last", "末次"))
                    ),
                    list_words(
                        "low",
                        Text("Low at baseline", "基线偏低"),
                        {c: _was_low(each) for c, each in found.items()},
                    ),
                    list_words("normal_on", Text("Normal on day", "恢复正常于第几天"), _said(found, times)),
                ),
                footnotes=(
                    Text(
                        "In g/L. + marks a censored time: still low on that day.",
                        "单位g/L。+表示删失：该日仍偏低。",
                    ),
                ),
            ),
        ),
    )


def _limits(found: Found, item: str) -> tuple[tuple[Text, Number], ...]:
    """The lower limit of normal as a line, where all participants share one."""
    limits = {each.lln[item] for each in found.values()}
    limit = next(iter(limits)) if len(limits) == 1 else None
    if limit is None:
        return ()
    shown = format_as_written(limit)
    return ((Text(f"Lower limit of normal ({shown})", f"正常值下限（{shown}）"), limit),)


def _times(found: Found) -> Durations:
    times = {}
    for code, each in found.items():
        value = each.time_to_normalisation.value
        if not isinstance(value, NotDerived):
            times[code] = Duration(code, value.time_d, value.had_event, each.time_to_normalisation.sources)
    return times


def _tabulate_normal(found: Found, parts: tuple[Group, ...]) -> Table:
    visits = list_visits([each.by_item["c3"] for each in found.values()])

    def statuses(part: Group, place: int | None) -> list[Status]:
        said = []
        for code in part.participants:
            each = found[code]
            if place is None:
                low = each.was_low_at_baseline
                holds = low.value if isinstance(low.value, NotDerived) else not low.value
                said.append(Status(code, holds, low.sources))
            else:
                said.append(Status(code, each.is_normal_at_visit[place], _positions(each, place)))
        return said

    stubs: list[tuple[Text, int | None]] = [(Text("Baseline", "基线"), None)]
    stubs += [(say_visit(visit), i) for i, visit in enumerate(visits)]
    return Table(
        key="complement-normal",
        title=Text("C3 and C4 both normal, by visit", "各访视C3和C4均正常者"),
        columns=tuple(
            Column(
                key=part.key,
                label=name_with_n(part),
            )
            for part in parts
        ),
        rows=tuple(
            Row(stub=stub, cells=tuple(cell_of_rate(statuses(part, place)) for part in parts))
            for stub, place in stubs
        ),
        stubhead=Text("Visit", "访视"),
        denominators=Text("participants with both values at the visit", "该访视两项均有测定值的受试者"),
        footnotes=(Text("n/N (%), exact 95 % interval.", "n/N（%），95%精确区间。"),),
    )


def _positions(each: Complement, place: int) -> tuple[int, ...]:
    values = (each.by_item[item].by_visit[place].measurement for item in ("c3", "c4"))
    return tuple(dict.fromkeys(value.source for value in values if not isinstance(value, NotDerived)))


def _measure(courses: list[Course], item: str, *, is_last: bool) -> Measure:
    observed = []
    for course in courses:
        after = [m for m in course.measurements if m.is_usable and m.time_d > 0]
        value = course.baseline
        if is_last:
            value = after[-1] if after else NotDerived("no_sample_after_infusion")
        if isinstance(value, NotDerived):
            observed.append(Observed(course.participant, value))
        else:
            observed.append(Observed(course.participant, value.upper_bound, (value.source,)))
    return Measure(
        label=Text(item.upper(), item.upper()),
        values=by_participant(observed),
        kind="normal",
        places=_PLACES[item],
    )


def _was_low(each: Complement) -> tuple[Text | NotDerived, tuple[int, ...]]:
    low = each.was_low_at_baseline
    if isinstance(low.value, NotDerived):
        return low.value, low.sources
    return (Text("yes", "是") if low.value else Text("no", "否")), low.sources


def _said(found: Found, times: Durations) -> Words:
    said: dict[str, tuple[Text | NotDerived, tuple[int, ...]]] = {}
    for code, each in found.items():
        finding = each.time_to_normalisation
        if isinstance(finding.value, NotDerived):
            said[code] = (finding.value, finding.sources)
        else:
            shown = f"{format_number(times[code].time_d)}{'' if times[code].had_event else '+'}"
            said[code] = (Text(shown, shown), finding.sources)
    return said

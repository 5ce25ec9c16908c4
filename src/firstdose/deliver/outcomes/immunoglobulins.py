"""Immunoglobulins in peripheral blood: by visit, change from baseline, and the loss of IgG."""

from firstdose.deliver.document import Definition, Details, Section
from firstdose.deliver.formatting import format_as_written, format_list
from firstdose.deliver.groups import Group, list_groups
from firstdose.deliver.outcomes.listings import Listed, Words, list_measure, list_words, tabulate_listing
from firstdose.deliver.outcomes.marker_courses import (
    BASELINE_NOTE,
    choose_span,
    draw_courses,
    list_change_rows,
    list_visit_rows,
    list_visits,
    name_item,
    name_without_unit,
    observe_change,
    say_visit,
)
from firstdose.deliver.outcomes.observed import by_participant, observe
from firstdose.deliver.outcomes.rates import Status, cell_of_rate, status_of, tabulate_rates
from firstdose.deliver.outcomes.section_head import introduce, last_day
from firstdose.deliver.outcomes.summaries import Measure, list_parts, name_with_n, tabulate_by_visit
from firstdose.deliver.tables import Column, Row, Table
from firstdose.derive.analysis_sets import derive_analysis_set
from firstdose.derive.pharmacodynamics.of_participant import (
    IMMUNOGLOBULINS,
    Immunoglobulins,
    derive_immunoglobulins_of_participant,
)
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

_FORM = "immunoglobulins"
_WITH_LOWER_LIMIT = ("igg", "igm", "iga")
_PLACES = {"igg": 2, "igm": 2, "iga": 2, "ige": 1}
Found = dict[str, Immunoglobulins]


def tabulate_immunoglobulins(state: State, endpoint: Endpoint) -> Section:
    """Levels and percent change by visit, values under the lower limit, and the event of special interest."""
    members = derive_analysis_set(state, endpoint.analysis_set)
    parts, groups = list_parts(state, members), list_groups(state, members)
    found = {one.code: derive_immunoglobulins_of_participant(state, one) for one in members}
    plain = {item: name_without_unit(state.protocol, _FORM, item) for item in IMMUNOGLOBULINS}
    names = {item: name_item(state.protocol, _FORM, item) for item in IMMUNOGLOBULINS}
    courses = {item: [each.by_item[item].course for each in found.values()] for item in IMMUNOGLOBULINS}
    limit = format_as_written(state.protocol.definitions.igg_aesi_below_g_per_l)
    span = choose_span(state.protocol, last_d=last_day(endpoint))
    return Section(
        key="immunoglobulins",
        title=endpoint.title.text,
        summary=Text(
            "How far immunoglobulins fell and came back, and who needed replacement.",
            "免疫球蛋白的下降与恢复，以及接受替代治疗者。",
        ),
        blocks=(
            *introduce(state, endpoint),
            Definition(
                term=Text("Loss of IgG, an event of special interest", "IgG降低（特别关注事件）"),
                rule=Text(
                    f"IgG under {limit} g/L after the first infusion, or immunoglobulin given. Values after "
                    "replacement are counted as measured and marked.",
                    f"首次输注后IgG低于{limit} g/L，或使用免疫球蛋白替代治疗。替代治疗后的数值按实测值计入并予标注。",
                ),
                clause="definitions.igg_aesi_below_g_per_l",
            ),
            *(
                draw_courses(
                    f"immunoglobulins-{item}",
                    Text(
                        f"{plain[item].en}: percent change from baseline",
                        f"{plain[item].zh}：较基线变化百分比",
                    ),
                    courses[item],
                    parts[:-1],
                    span,
                    y_title=Text("Change from baseline (%)", "较基线变化（%）"),
                    centre="mean",
                    shows_percent_change=True,
                )
                for item in ("igg", "igm", "iga")
            ),
            Details(
                Text("Immunoglobulin E over time", "免疫球蛋白E变化过程"),
                (
                    draw_courses(
                        "immunoglobulins-ige",
                        names["ige"],
                        courses["ige"],
                        parts[:-1],
                        span,
                        y_title=names["ige"],
                        centre="geometric_mean",
                        y_scale="log",
                    ),
                ),
            ),
            tabulate_by_visit(
                "immunoglobulins-change",
                Text(
                    "Percent change from baseline by visit, mean (SD)",
                    "各访视较基线变化百分比，均数（标准差）",
                ),
                parts,
                [row for item in IMMUNOGLOBULINS for row in list_change_rows(plain[item], courses[item])],
                footnotes=(BASELINE_NOTE, *_name_replaced(found)),
            ),
            Details(
                Text("Levels by visit", "各访视水平"),
                (
                    tabulate_by_visit(
                        "immunoglobulins-visits",
                        Text("Immunoglobulins by visit, mean (SD)", "各访视免疫球蛋白，均数（标准差）"),
                        parts,
                        [
                            row
                            for item in IMMUNOGLOBULINS
                            for row in list_visit_rows(
                                names[item],
                                courses[item],
                                kind="log_normal" if item == "ige" else "normal",
                                places=_PLACES[item],
                                has_before_infusion=False,
                            )
                        ],
                        footnotes=(
                            BASELINE_NOTE,
                            Text("IgE: geometric mean (CV).", "IgE：几何均数（变异系数）。"),
                            *_name_replaced(found),
                        ),
                    ),
                ),
            ),
            _tabulate_below(found, parts, plain),
            tabulate_rates(
                "immunoglobulins-loss",
                Text("Loss of IgG and replacement after the first infusion", "首次输注后IgG降低及替代治疗"),
                groups,
                (
                    (
                        Text(f"IgG under {limit} g/L", f"IgG低于{limit} g/L"),
                        [status_of(code, each.was_igg_severe) for code, each in found.items()],
                    ),
                    (
                        Text("Immunoglobulin given", "使用免疫球蛋白"),
                        [status_of(code, each.was_replacement_given) for code, each in found.items()],
                    ),
                    (
                        Text("Event of special interest", "特别关注事件"),
                        [status_of(code, each.had_event_of_interest) for code, each in found.items()],
                    ),
                ),
            ),
            tabulate_listing(
                "immunoglobulins-listing",
                Text(
                    "IgG of each participant (g/L), and change of all at the last visit",
                    "各受试者IgG（g/L）及末次访视变化",
                ),
                groups,
                _listed(found),
                footnotes=(
                    Text(
                        "Lowest: the lowest IgG after the first infusion. Last: percent change from baseline at the last "
                        "visit with a value.",
                        "最低：首次输注后最低IgG。末次：有值的末次访视较基线变化百分比。",
                    ),
                ),
            ),
        ),
    )


def _tabulate_below(found: Found, parts: tuple[Group, ...], names: dict[str, Text]) -> Table:
    any_course = [each.by_item["igg"].course for each in found.values()]
    rows = [
        Row(
            stub=say_visit(visit),
            group=names[item],
            cells=tuple(
                cell_of_rate(
                    [
                        Status(code, each.by_item[item].is_below_lln[i], _position(each, item, i))
                        for code in part.participants
                        if (each := found.get(code)) is not None
                    ]
                )
                for part in parts
            ),
        )
        for item in _WITH_LOWER_LIMIT
        for i, visit in enumerate(list_visits(any_course))
    ]
    return Table(
        key="immunoglobulins-below",
        title=Text("Under the lower limit of normal by visit", "各访视低于正常值下限者"),
        columns=tuple(
            Column(
                key=part.key,
                label=name_with_n(part),
            )
            for part in parts
        ),
        rows=tuple(rows),
        stubhead=Text("Visit", "访视"),
        denominators=Text("participants with a value at the visit", "该访视有测定值的受试者"),
        footnotes=(Text("n/N (%), exact 95 % interval.", "n/N（%），95%精确区间。"),),
    )


def _position(each: Immunoglobulins, item: str, place: int) -> tuple[int, ...]:
    measurement = each.by_item[item].course.by_visit[place].measurement
    return () if isinstance(measurement, NotDerived) else (measurement.source,)


def _name_replaced(found: Found) -> tuple[Text, ...]:
    named = [
        f"{code} ({say_visit(at.visit).en})"
        for code, each in found.items()
        for at, replaced in zip(each.by_item["igg"].course.by_visit, each.replaced_at_visit, strict=True)
        if replaced is True
    ]
    if not named:
        return ()
    said = format_list(named)
    return (Text(f"After replacement: {said.en}.", f"替代治疗后数值：{said.zh}。"),)


def _listed(found: Found) -> tuple[Listed, ...]:
    lowest = Measure(
        label=Text("Lowest IgG", "最低IgG"),
        values=by_participant(
            observe(code, each.lowest_igg, lambda value: value.upper_bound) for code, each in found.items()
        ),
        kind="normal",
        places=2,
    )
    baseline: Words = {
        code: (
            (base, ())
            if isinstance(base := each.by_item["igg"].course.baseline, NotDerived)
            else (_words(str(base.upper_bound)), (base.source,))
        )
        for code, each in found.items()
    }
    marks: Words = {
        code: (
            each.had_event_of_interest.value
            if isinstance(each.had_event_of_interest.value, NotDerived)
            else (Text("yes", "是") if each.had_event_of_interest.value else Text("no", "否")),
            each.had_event_of_interest.sources,
        )
        for code, each in found.items()
    }
    return (
        list_words("baseline", Text("Baseline", "基线"), baseline),
        list_measure("lowest", Text("Lowest", "最低"), lowest),
        *(
            list_measure(
                item, Text(f"{label}, last (%)", f"{label}末次（%）"), _last_change(found, item), signed=True
            )
            for item, label in (("igg", "IgG"), ("igm", "IgM"), ("iga", "IgA"), ("ige", "IgE"))
        ),
        list_words("event", Text("Special interest", "特别关注"), marks),
    )


def _last_change(found: Found, item: str) -> Measure:
    observed = []
    for code, each in found.items():
        changes = [observe_change(code, at) for at in each.by_item[item].course.by_visit]
        known = [one for one in changes if not isinstance(one.value, NotDerived)]
        observed += known[-1:] or changes[:1]
    return Measure(
        label=Text("Change (%)", "变化（%）"), values=by_participant(observed), kind="normal", places=0
    )


def _words(shown: str) -> Text:
    return Text(shown, shown)

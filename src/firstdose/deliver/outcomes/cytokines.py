"""Cytokines in peripheral blood: by visit, peaks and their times, and the peaks by cytokine release syndrome."""

from collections.abc import Iterator

from firstdose.deliver.document import Definition, Details, Section
from firstdose.deliver.formatting import format_number
from firstdose.deliver.groups import TOTAL, Group, list_groups
from firstdose.deliver.outcomes.listings import Listed, list_measure, list_words, tabulate_listing
from firstdose.deliver.outcomes.marker_courses import (
    BASELINE_NOTE,
    choose_span,
    draw_courses,
    list_visit_rows,
    name_item,
    name_without_unit,
)
from firstdose.deliver.outcomes.observed import Observed, by_participant, observe
from firstdose.deliver.outcomes.section_head import introduce
from firstdose.deliver.outcomes.summaries import (
    Measure,
    VisitRow,
    list_parts,
    tabulate_by_visit,
    tabulate_summary,
)
from firstdose.derive.analysis_sets import derive_analysis_set
from firstdose.derive.pharmacodynamics.of_participant import (
    CYTOKINES,
    Cytokine,
    derive_cytokine_of_participant,
)
from firstdose.protocol.resolved import Endpoint
from firstdose.record.state import Participant, State
from firstdose.terms.calendar import elapsed_d
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

_FORM = "cytokines"
_LEADING = "il6"
"""The cytokine that the registry names."""
_SHORT = {
    "il6": "IL-6",
    "il10": "IL-10",
    "il2r": "sIL-2R",
    "ifn_gamma": "IFN-γ",
    "tnf_alpha": "TNF-α",
    "il15": "IL-15",
}
"""Names for the heads of narrow columns."""


def tabulate_cytokines(state: State, endpoint: Endpoint) -> Section:
    """Peak, fold over baseline, time of the peak and area of each cytokine, and its course."""
    members = derive_analysis_set(state, endpoint.analysis_set)
    parts, groups = list_parts(state, members), list_groups(state, members)
    last_d = state.protocol.definitions.cytokine_peak_last_d
    found = {
        item: {one.code: derive_cytokine_of_participant(state, one, item) for one in members}
        for item in CYTOKINES
    }
    plain = {item: name_without_unit(state.protocol, _FORM, item) for item in CYTOKINES}
    names = {item: name_item(state.protocol, _FORM, item) for item in CYTOKINES}
    crs = {one.code: _crs(one) for one in members}
    by_crs = _group_by_crs(members)
    leading = found[_LEADING]
    return Section(
        key="cytokines",
        title=endpoint.title.text,
        summary=Text(
            "How far cytokines rose after the infusions, when, and with which release syndrome.",
            "输注后细胞因子升高的程度、时间及其与细胞因子释放综合征的关系。",
        ),
        blocks=(
            *introduce(state, endpoint),
            Definition(
                term=Text("Peak, fold and area", "峰值、倍数与面积"),
                rule=Text(
                    f"Peak: the highest level after the first infusion up to Day {last_d}, the first of "
                    f"equal ones. Fold: peak over baseline. Area: under straight lines between samples from Day 0 "
                    f"to Day {last_d}, "
                    "above the baseline.",
                    f"峰值：首次输注后至第{last_d}天内最高水平，多个相同者取最早。倍数：峰值与基线之比。面积：第0～{last_d}天各样本间直线下、高于基线"
                    "部分的面积。",
                ),
                clause="definitions.cytokine_peak_last_d",
            ),
            tabulate_summary(
                "cytokines-peaks",
                Text(f"Peak level, Day 0 to Day {last_d}", f"峰值水平，第0～{last_d}天"),
                parts,
                [_peak(names[item], found[item]) for item in CYTOKINES],
            ),
            draw_courses(
                "cytokines-leading",
                Text(f"{names[_LEADING].en} by group", f"各组{names[_LEADING].zh}"),
                [each.course for each in leading.values()],
                [group for group in groups if group.key != TOTAL],
                choose_span(state.protocol, last_d=last_d),
                y_title=names[_LEADING],
                centre="geometric_mean",
                y_scale="log",
                is_in_panels=True,
            ),
            tabulate_summary(
                "cytokines-groups",
                Text(f"{plain[_LEADING].en}: peak by dose level", f"{plain[_LEADING].zh}：各剂量水平峰值"),
                groups,
                [_peak(names[_LEADING], leading)],
            ),
            tabulate_summary(
                "cytokines-crs",
                Text(
                    "Peak by worst grade of cytokine release syndrome (ASTCT 2019)",
                    "按细胞因子释放综合征最高级别（ASTCT 2019）的峰值",
                ),
                by_crs,
                [_peak(names[_LEADING], leading)],
                footnotes=(
                    Text(
                        "Highest grade at any time; descriptive, the grade and the peak may be of different infusions.",
                        "任意时间的最高级别；仅作描述，级别与峰值可能来自不同次输注。",
                    ),
                ),
            ),
            *(
                Details(
                    Text(f"Course over time: {plain[item].en}", f"变化过程：{plain[item].zh}"),
                    (
                        draw_courses(
                            f"cytokines-{item.replace('_', '-')}",
                            names[item],
                            [each.course for each in found[item].values()],
                            parts[:-1],
                            choose_span(state.protocol, last_d=last_d),
                            y_title=names[item],
                            centre="geometric_mean",
                            y_scale="log",
                        ),
                    ),
                )
                for item in CYTOKINES
                if item != _LEADING
            ),
            Details(
                Text("Folds, days of the peak, and areas", "倍数、达峰天数与面积"),
                (
                    tabulate_summary(
                        "cytokines-folds",
                        Text("Peak over baseline (fold)", "峰值与基线之比（倍）"),
                        parts,
                        [_fold(plain[item], found[item]) for item in CYTOKINES],
                        footnotes=(BASELINE_NOTE,),
                    ),
                    tabulate_summary(
                        "cytokines-times",
                        Text("Day of the peak", "达峰天数"),
                        parts,
                        [_peak_day(plain[item], found[item]) for item in CYTOKINES],
                    ),
                    tabulate_summary(
                        "cytokines-areas",
                        Text(
                            f"Area above baseline, Day 0 to Day {last_d}", f"高于基线的面积，第0～{last_d}天"
                        ),
                        parts,
                        [_area(names[item], found[item]) for item in CYTOKINES],
                        footnotes=(
                            Text("In the unit of the cytokine times days.", "单位：细胞因子单位×天。"),
                        ),
                    ),
                ),
            ),
            Details(
                Text("Every cytokine by visit", "各访视细胞因子"),
                (
                    tabulate_by_visit(
                        "cytokines-visits",
                        Text(
                            "Cytokines by visit, geometric mean (CV)", "各访视细胞因子，几何均数（变异系数）"
                        ),
                        parts,
                        [row for item in CYTOKINES for row in _visit_rows(names[item], found[item])],
                        footnotes=(BASELINE_NOTE,),
                    ),
                ),
            ),
            tabulate_listing(
                "cytokines-listing",
                Text(
                    "Peaks of each participant, with cytokine release syndrome",
                    "各受试者峰值及细胞因子释放综合征",
                ),
                groups,
                (
                    *_listed(names, found),
                    list_words("crs", Text("CRS: onset day (worst grade)", "CRS：起始天（最高级别）"), crs),
                ),
                footnotes=(
                    Text(
                        "Peak levels in pg/mL, sIL-2R (soluble interleukin 2 receptor) in U/mL; for IL-6 also the "
                        "day of the peak and its fold over baseline. CRS: cytokine release syndrome.",
                        "峰值单位pg/mL，sIL-2R（可溶性白细胞介素-2受体）为U/mL；IL-6另列达峰天数及与基线之比。"
                        "CRS：细胞因子释放综合征。",
                    ),
                ),
            ),
        ),
    )


def _peak(name: Text, found: dict[str, Cytokine]) -> Measure:
    return Measure(
        label=name,
        values=by_participant(
            observe(code, each.peak, lambda value: value.level) for code, each in found.items()
        ),
        kind="log_normal",
    )


def _fold(name: Text, found: dict[str, Cytokine]) -> Measure:
    return Measure(
        label=name,
        values=by_participant(
            observe(code, each.fold, lambda value: value.ratio) for code, each in found.items()
        ),
        kind="log_normal",
    )


def _peak_day(name: Text, found: dict[str, Cytokine]) -> Measure:
    return Measure(
        label=name,
        values=by_participant(
            observe(code, each.peak, lambda value: value.time_d) for code, each in found.items()
        ),
        kind="time",
        places=1,
    )


def _area(name: Text, found: dict[str, Cytokine]) -> Measure:
    return Measure(
        label=name,
        values=by_participant(
            observe(code, each.effect, lambda value: value.above) for code, each in found.items()
        ),
        kind="normal",
    )


def _visit_rows(name: Text, found: dict[str, Cytokine]) -> tuple[VisitRow, ...]:
    return list_visit_rows(name, [each.course for each in found.values()], kind="log_normal")


def _crs(participant: Participant) -> tuple[Text | NotDerived, tuple[int, ...]]:
    first = participant.first_infusion_at
    events = [event for event in participant.adverse_events.values() if event.reported.category == "crs"]
    if not events or first is None:
        return Text("–", "–"), ()
    said = "; ".join(
        f"{format_number(elapsed_d(event.reported.onset, first), 1)} "
        f"({'?' if event.worst_grade is None else event.worst_grade})"
        for event in events
    )
    return Text(said, said), tuple(event.position for event in events)


def _group_by_crs(members: tuple[Participant, ...]) -> tuple[Group, ...]:
    worst = {
        one.code: max(
            (
                event.worst_grade or 0
                for event in one.adverse_events.values()
                if event.reported.category == "crs"
            ),
            default=0,
        )
        for one in members
    }
    groups = [
        Group(
            f"crs-{grade}",
            Text(f"Grade {grade}", f"{grade}级")
            if grade
            else Text("No release syndrome", "无细胞因子释放综合征"),
            tuple(code for code, worst_grade in worst.items() if worst_grade == grade),
        )
        for grade in sorted(set(worst.values()))
    ]
    return tuple(groups)


def _listed(names: dict[str, Text], found: dict[str, dict[str, Cytokine]]) -> Iterator[Listed]:
    for item, name in names.items():
        yield list_measure(item, Text(_SHORT[item], _SHORT[item]), _peak(name, found[item]))
        if item == _LEADING:
            yield list_measure(f"{item}_day", Text("Day", "天"), _peak_day(name, found[item]))
            base: dict[str, Observed] = {
                code: observe(code, each.fold, lambda value: value.ratio)
                for code, each in found[item].items()
            }
            fold = Measure(label=name, values=base, kind="log_normal", places=1)
            yield list_measure(f"{item}_fold", Text("Fold", "倍数"), fold)

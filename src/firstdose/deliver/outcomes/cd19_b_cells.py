"""CD19+ B cells in peripheral blood: by visit, depletion and its depth, aplasia and recovery."""

from firstdose.deliver.document import Definition, Details, Section
from firstdose.deliver.formatting import format_as_written, format_number
from firstdose.deliver.groups import TOTAL, Group, list_groups
from firstdose.deliver.outcomes.listings import Words, list_measure, list_words, tabulate_listing
from firstdose.deliver.outcomes.marker_courses import (
    BASELINE_NOTE,
    NO_VALUES,
    choose_span,
    draw_courses,
    list_visit_rows,
    name_item,
)
from firstdose.deliver.outcomes.observed import Observed, by_participant, observe
from firstdose.deliver.outcomes.rates import status_of, tabulate_rates
from firstdose.deliver.outcomes.section_head import introduce, last_day
from firstdose.deliver.outcomes.split_groups import split_by_part
from firstdose.deliver.outcomes.step_curves import Duration, draw_durations, tabulate_durations
from firstdose.deliver.outcomes.summaries import Measure, list_parts, tabulate_by_visit, tabulate_summary
from firstdose.deliver.tables import Table
from firstdose.derive.analysis_sets import derive_analysis_set
from firstdose.derive.pharmacodynamics.b_cells import Aplasia, TimeToEvent
from firstdose.derive.pharmacodynamics.of_participant import CD19, BCells, derive_b_cells_of_participant
from firstdose.protocol.resolved import Definitions, Endpoint
from firstdose.record.state import State
from firstdose.terms.outcomes import Finding, NotDerived
from firstdose.terms.words import Text

_DAY_OF = Text("Day of", "达到天数")


def tabulate_cd19_b_cells(state: State, endpoint: Endpoint) -> Section:
    """B cells by visit and group, depletion rates, aplasia, recovery and reconstitution."""
    members = derive_analysis_set(state, endpoint.analysis_set)
    found = {one.code: derive_b_cells_of_participant(state, one) for one in members}
    groups, parts = list_groups(state, members), list_parts(state, members)
    settings = state.protocol.definitions
    courses = [each.course for each in found.values()]
    name = name_item(state.protocol, *CD19)
    nadir = _measure(
        Text("Nadir (cells/µL)", "最低值（个/µL）"),
        [observe(code, each.nadir, lambda value: value.upper_bound) for code, each in found.items()],
        2,
    )
    nadir_day = _measure(
        Text("Day of nadir", "最低值出现天数"),
        [observe(code, each.nadir, lambda value: value.time_d) for code, each in found.items()],
        0,
    )
    depth = _measure(
        Text("Depletion from baseline (%)", "较基线清除百分比（%）"),
        [observe(code, each.depletion, lambda value: value.percent) for code, each in found.items()],
        1,
    )
    baseline = _measure(
        Text("Baseline (cells/µL)", "基线（个/µL）"),
        [
            Observed(
                code,
                base if isinstance(base := each.course.baseline, NotDerived) else base.upper_bound,
                () if isinstance(base, NotDerived) else (base.source,),
            )
            for code, each in found.items()
        ],
        1,
    )
    aplasia = {code: one for code, each in found.items() if (one := _of_aplasia(code, each.aplasia))}
    recovery = {code: one for code, each in found.items() if (one := _of_time(code, each.recovery))}
    normal = {code: one for code, each in found.items() if (one := _of_time(code, each.reconstitution))}
    return Section(
        key="cd19-b-cells",
        title=endpoint.title.text,
        summary=Text(
            "How far B cells fell, for how long they stayed away, and when they came back.",
            "B细胞降低的程度、缺失持续时间及恢复时间。",
        ),
        blocks=(
            *introduce(state, endpoint),
            _define(settings),
            _tabulate_depletion(found, groups, settings),
            tabulate_summary(
                "cd19-nadir",
                Text("Nadir after the first infusion", "首次输注后最低值"),
                parts,
                (baseline, nadir, nadir_day, depth),
                footnotes=(BASELINE_NOTE,),
            ),
            Details(
                Text("Nadir and depletion by dose level", "各剂量水平最低值及清除百分比"),
                (
                    tabulate_summary(
                        "cd19-nadir-groups",
                        Text("Nadir after the first infusion by dose level", "各剂量水平首次输注后最低值"),
                        groups,
                        (nadir, depth),
                    ),
                ),
            ),
            draw_courses(
                "cd19-first-weeks",
                Text("CD19+ B cells in the first four weeks", "前四周CD19+ B细胞"),
                courses,
                [group for group in groups if group.key != TOTAL],
                choose_span(state.protocol, last_d=settings.kinetics_last_d),
                y_title=name,
                centre="median",
                y_scale="log",
                is_in_panels=True,
            ),
            draw_courses(
                "cd19-year",
                Text("CD19+ B cells over the whole follow-up", "随访全程CD19+ B细胞"),
                courses,
                parts[:-1],
                choose_span(state.protocol, last_d=last_day(endpoint)),
                y_title=name,
                centre="median",
                y_scale="log",
            ),
            tabulate_by_visit(
                "cd19-visits",
                Text("CD19+ B cells by visit, median [range]", "各访视CD19+ B细胞，中位数[范围]"),
                parts,
                list_visit_rows(name, courses, kind="time", places=1),
                footnotes=(BASELINE_NOTE,),
            ),
            *(
                Details(
                    Text(f"By visit and dose level: {title.en}", f"按访视及剂量水平：{title.zh}"),
                    (
                        tabulate_by_visit(
                            f"cd19-visits-{part}",
                            Text(
                                f"CD19+ B cells by visit, median [range], {title.en}",
                                f"各访视CD19+ B细胞，中位数[范围]，{title.zh}",
                            ),
                            inside,
                            list_visit_rows(name, courses, kind="time", places=1),
                        ),
                    ),
                )
                for part, title, inside in split_by_part(state, members)
            ),
            draw_durations(
                "cd19-recovery",
                Text("Time to recovery of B cells", "B细胞恢复时间"),
                recovery,
                parts,
                y_title=Text("Not yet recovered", "尚未恢复"),
                when_empty=NO_VALUES,
                time_unit="week",
            ),
            tabulate_durations(
                "cd19-aplasia",
                Text("Duration of B cell aplasia", "B细胞缺失持续时间"),
                aplasia,
                groups,
                event=Text("Recovered", "已恢复"),
            ),
            tabulate_durations(
                "cd19-reconstitution",
                Text("Time from the first infusion to a normal count", "自首次输注至B细胞计数正常的时间"),
                normal,
                groups,
                event=Text("Normal count reached", "达到正常值"),
            ),
            tabulate_listing(
                "cd19-listing",
                Text("B cells of each participant", "各受试者B细胞"),
                groups,
                (
                    list_measure("baseline", Text("Baseline", "基线"), baseline),
                    list_measure("nadir", Text("Nadir", "最低值"), nadir),
                    list_measure("nadir_day", Text("Day", "天"), nadir_day),
                    list_measure("depletion", Text("Fall (%)", "降幅（%）"), depth),
                    list_words(
                        "depleted_on",
                        Text("depletion", "清除"),
                        _times({code: each.time_to_depletion for code, each in found.items()}),
                        spanner=_DAY_OF,
                    ),
                    list_words(
                        "recovered_on",
                        Text("recovery", "恢复"),
                        _times({code: each.recovery for code, each in found.items()}),
                        spanner=_DAY_OF,
                    ),
                    list_words(
                        "normal_on",
                        Text("normal count", "计数正常"),
                        _times({code: each.reconstitution for code, each in found.items()}),
                        spanner=_DAY_OF,
                    ),
                    list_words("aplasia", Text("Aplasia (d)", "缺失（天）"), _aplasias(found)),
                ),
                footnotes=(
                    Text("+ marks a censored time: not seen until that day.", "+表示删失：截至该日未见。"),
                    BASELINE_NOTE,
                ),
            ),
        ),
    )


def _define(settings: Definitions) -> Definition:
    below = format_as_written(settings.b_cell_depletion_below_per_ul)
    deep = format_as_written(settings.b_cell_deep_depletion_percent)
    recovered = format_as_written(settings.b_cell_recovery_from_per_ul)
    return Definition(
        term=Text("Depletion, recovery, reconstitution", "清除、恢复与重建"),
        rule=Text(
            f"Depleted: a count under {below} cell/µL after the first infusion. Deep: a fall of at least {deep} % "
            f"from baseline to nadir. Aplasia: from the first such count to the recovery, the first of two "
            f"consecutive counts of {recovered} cells/µL or more. Reconstituted: the first count at or above the "
            "laboratory's lower limit of normal after depletion.",
            f"清除：首次输注后计数低于{below}个/µL。深度清除：自基线至最低值降幅不低于{deep}%。缺失：自首次达到清除至恢复，恢复为连续两次计数"
            f"不低于{recovered}个/µL中的首次。重建：清除后首次达到或超过实验室正常值下限。",
        ),
        clause="definitions.b_cell_depletion_below_per_ul",
    )


def _measure(label: Text, observed: list[Observed], places: int) -> Measure:
    return Measure(label=label, values=by_participant(observed), kind="time", places=places)


def _tabulate_depletion(found: dict[str, BCells], groups: tuple[Group, ...], settings: Definitions) -> Table:
    below = format_as_written(settings.b_cell_depletion_below_per_ul)
    percent = format_as_written(settings.b_cell_deep_depletion_percent)
    return tabulate_rates(
        "cd19-depletion",
        Text("Participants with B cell depletion", "B细胞清除的受试者"),
        groups,
        (
            (
                Text(f"Under {below} cell/µL", f"低于{below}个/µL"),
                [status_of(code, each.was_depleted) for code, each in found.items()],
            ),
            (
                Text(f"Fall of {percent} % or more", f"降幅不低于{percent}%"),
                [status_of(code, each.was_deeply_depleted) for code, each in found.items()],
            ),
        ),
        denominators=Text(
            "participants with a count after the first infusion, and for the fall with a baseline above 0",
            "首次输注后有计数的受试者；降幅另需基线高于0",
        ),
    )


def _of_aplasia(code: str, finding: Finding[Aplasia]) -> Duration | None:
    value = finding.value
    if isinstance(value, NotDerived):
        return None
    return Duration(code, value.duration_d, not value.is_censored, finding.sources)


def _of_time(code: str, finding: Finding[TimeToEvent]) -> Duration | None:
    value = finding.value
    if isinstance(value, NotDerived):
        return None
    return Duration(code, value.time_d, value.had_event, finding.sources)


def _times(findings: dict[str, Finding[TimeToEvent]]) -> Words:
    return {
        code: (_say(finding.value, _of_time(code, finding)), finding.sources)
        for code, finding in findings.items()
    }


def _aplasias(found: dict[str, BCells]) -> Words:
    return {
        code: (_say(each.aplasia.value, _of_aplasia(code, each.aplasia)), each.aplasia.sources)
        for code, each in found.items()
    }


def _say(value: Aplasia | TimeToEvent | NotDerived, one: Duration | None) -> Text | NotDerived:
    if isinstance(value, NotDerived):
        return value
    assert one is not None
    shown = f"{format_number(one.time_d)}{'' if one.had_event else '+'}"
    return Text(shown, shown)

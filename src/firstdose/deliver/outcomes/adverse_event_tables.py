"""Tables of adverse events: the summary, and classes and terms at the maximum grade."""

from collections.abc import Callable, Mapping, Sequence

from firstdose.deliver.document import Block, Details, Illustration, Paragraph, illustrate
from firstdose.deliver.figures import Bar, Category, render_bars
from firstdose.deliver.groups import TOTAL, Group
from firstdose.deliver.outcomes.group_columns import (
    SHORT_PARTS,
    Counted,
    count_row,
    describe_regimens,
    list_columns,
    name_level,
    share_cell,
    size_row,
)
from firstdose.deliver.tables import (
    Column,
    Row,
    Table,
    cell_of_count,
    cell_of_nothing,
)
from firstdose.derive.safety.adverse_event_incidence import IncidenceRow, derive_incidence
from firstdose.derive.safety.of_participant import ReadEvent
from firstdose.record.state import State
from firstdose.terms.outcomes import Finding, NotDerived
from firstdose.terms.words import Text

SEVERE = 3
FATAL = 5
GRADES = (1, 2, 3, 4, 5)

Events = Mapping[str, Sequence[Finding[ReadEvent]]]
"""The adverse events of each participant."""
Selects = Callable[[ReadEvent], bool]

_OUTCOME = Text("From enrolment to Week 52: the registry's count", "自入组至第52周：注册登记的计数")
_EMERGENT = Text("Treatment-emergent", "治疗期间出现")
_INTEREST = Text("Treatment-emergent, of special interest", "治疗期间出现的特别关注事件")
_CONSEQUENCE = Text("Consequences", "后果")
_ALL_BY_GRADE = Text("All, grade", "合计，级别")
_INTERESTS = (
    ("crs", 1, Text("Cytokine release syndrome", "细胞因子释放综合征")),
    ("crs", SEVERE, Text("Cytokine release syndrome, grade 3 or higher", "细胞因子释放综合征，≥3级")),
    ("icans", 1, Text("Neurotoxicity (ICANS)", "神经毒性（ICANS）")),
    ("gvhd", 1, Text("Graft-versus-host disease", "移植物抗宿主病")),
    ("iec_hs", 1, Text("Haemophagocytic syndrome (IEC-HS)", "噬血细胞综合征（IEC-HS）")),
    ("infusion_reaction", 1, Text("Infusion-related reaction", "输注相关反应")),
    ("infection", SEVERE, Text("Infection, grade 3 or higher", "感染，≥3级")),
)


def select(events: Events, selects: Selects) -> Counted:
    """Participants with an event that is selected, with the positions of all such events."""
    counted: dict[str, list[int]] = {}
    for code, found in events.items():
        positions = [
            position
            for one in found
            if isinstance(one.value, ReadEvent) and selects(one.value)
            for position in one.sources
        ]
        if positions:
            counted[code] = positions
    return counted


def say_scales(state: State, events: Events) -> Text:
    """The scales and versions that the events were graded on."""
    used = sorted({str(read_event(one).event.scale) for found in events.values() for one in found})
    named = used or [f"CTCAE {state.protocol.definitions.ctcae_version}"]
    return Text(f"Graded by {', '.join(named)}.", f"分级标准：{'、'.join(named)}。")


def tabulate_summary(state: State, groups: Sequence[Group], events: Events) -> Table:
    """Participants with any event, related, severe, serious, of special interest, and what followed."""
    emergent: list[tuple[Text, Selects]] = [
        (Text("Any adverse event", "任何不良事件"), _is_emergent),
        (Text("Related to KN5501", "与KN5501有关"), lambda one: _is_emergent(one) and one.is_related),
        (Text("Grade 3 or higher", "≥3级"), lambda one: _is_emergent(one) and _is_severe(one)),
        (
            Text("Related, grade 3 or higher", "与KN5501有关且≥3级"),
            lambda one: _is_emergent(one) and one.is_related and _is_severe(one),
        ),
        (Text("Serious", "严重不良事件"), lambda one: _is_emergent(one) and one.event.is_serious),
        (
            Text("Serious and related", "与KN5501有关的严重不良事件"),
            lambda one: _is_emergent(one) and one.event.is_serious and one.is_related,
        ),
        (Text("Dose-limiting toxicity", "剂量限制性毒性"), lambda one: one.is_dlt),
        (
            Text("Fatal", "致死"),
            lambda one: _is_emergent(one) and one.event.table_grade == FATAL,
        ),
    ]
    rows = [
        size_row(state, groups),
        count_row(
            Text("Any adverse event", "任何不良事件"),
            select(events, lambda one: one.is_counted),
            groups,
            group=_OUTCOME,
        ),
        count_row(
            Text("Began in lymphodepletion", "清淋期间发生"),
            select(events, lambda one: one.is_counted and one.period == "lymphodepletion"),
            groups,
            group=_OUTCOME,
        ),
    ]
    rows += [count_row(stub, select(events, test), groups, group=_EMERGENT) for stub, test in emergent]
    rows += [
        count_row(stub, select(events, _of_interest(category, grade)), groups, group=_INTEREST)
        for category, grade, stub in _INTERESTS
    ]
    rows += _list_consequences(state, groups)
    return Table(
        key="ae-summary",
        title=Text("Participants with adverse events, by dose level", "各剂量水平发生不良事件的受试者"),
        stubhead=Text("Participants with", "发生以下情况的受试者"),
        columns=list_columns(state, groups),
        rows=tuple(rows),
        footnotes=(
            say_scales(state, events),
            Text(
                "Each participant counts once in a row. Treatment-emergent: began, or worsened in grade, on or after "
                "the first infusion. Related: at least possibly; an event without a causality counts as related, one "
                "without a grade as grade 3.",
                "每名受试者每行只计一次。治疗期间出现：首次输注当时或之后发生或级别加重。"
                "有关：至少可能有关；未记录因果关系者按有关计，未分级者按3级计。",
            ),
            describe_regimens(state, groups),
        ),
        denominators=Text("Everyone who was treated.", "所有接受治疗的受试者。"),
    )


def tabulate_classes(state: State, groups: Sequence[Group], events: Events) -> tuple[Block, ...]:
    """Treatment-emergent events by class and term: participants by dose level, and all by maximum grade."""
    chosen = [read_event(one) for found in events.values() for one in found]
    incidence = derive_incidence([one.event for one in chosen if one.is_treatment_emergent])
    if isinstance(incidence, NotDerived):
        return (
            Paragraph(
                Text(
                    f"The events stand on {incidence.detail}; they are not put into one table.",
                    f"事件使用了同一标准的不同版本（{incidence.detail}），不合并列表。",
                )
            ),
        )
    if not incidence.socs:
        return (
            Paragraph(Text("No treatment-emergent event was reported.", "未报告治疗期间出现的不良事件。")),
        )
    sizes = size_row(state, groups)
    by_level = [Row(stub=sizes.stub, cells=(sizes.cells[0], cell_of_nothing(), *sizes.cells[1:]))]
    by_grade: list[Row] = []
    for soc in incidence.socs:
        for row, indent in ((soc.row, 0), *((pt, 1) for pt in soc.pts)):
            term = row.label if indent else None
            counted = _positions_of(events, soc.row.label, term, row.participants)
            severe = {code: counted[code] for code in row.severe}
            words = Text(row.label, row.label)
            plain = count_row(words, counted, groups, indent=indent)
            total = groups[-1].participants
            by_level.append(
                Row(
                    stub=words,
                    indent=indent,
                    cells=(
                        plain.cells[0],
                        share_cell(list(severe), total, _flatten(severe), is_total=False),
                        *plain.cells[1:],
                    ),
                )
            )
            by_grade.append(_grade_row(words, indent, row, counted))
    grade_columns = tuple(
        Column(
            key=f"grade-{grade}",
            label=Text(str(grade), str(grade)),
            spanner=Text("Maximum grade", "最高级别"),
        )
        for grade in GRADES
    )
    scales = say_scales(state, events)
    imputed = incidence.any_event.imputed
    notes = [scales]
    if imputed:
        notes.append(
            Text(
                f"A missing grade counts as 3: {', '.join(imputed)}.",
                f"缺失级别按3级计：{'、'.join(imputed)}。",
            )
        )
    notes.append(
        Text(
            "Classes by number of participants, then by name; terms likewise in their class. Terms as coded.",
            "系统器官分类按例数降序、再按名称排列；分类内首选术语同此。术语按记录中的编码（英文）显示。",
        )
    )
    return (
        Table(
            key="ae-terms",
            title=Text(
                "Treatment-emergent adverse events by class and preferred term",
                "治疗期间出现的不良事件：按系统器官分类和首选术语",
            ),
            stubhead=Text("Class and preferred term", "系统器官分类与首选术语"),
            columns=(
                Column(key=TOTAL, label=Text("any", "任何"), spanner=_ALL_BY_GRADE),
                Column(key="severe", label=Text("≥3", "≥3级"), spanner=_ALL_BY_GRADE),
                *list_columns(state, groups)[1:],
            ),
            rows=tuple(by_level),
            footnotes=tuple(notes),
            denominators=Text("Everyone who was treated.", "所有接受治疗的受试者。"),
        ),
        Details(
            Text(
                "The same events by maximum grade, all dose levels", "同一事件按最高级别汇总（全部剂量水平）"
            ),
            (
                Table(
                    key="ae-grades",
                    title=Text(
                        "Treatment-emergent adverse events by maximum grade",
                        "治疗期间出现的不良事件：按最高级别",
                    ),
                    stubhead=Text("Class and preferred term", "系统器官分类与首选术语"),
                    columns=grade_columns,
                    rows=tuple(by_grade),
                    footnotes=(scales,),
                    denominators=Text(
                        f"N = {len(groups[-1].participants)} treated.",
                        f"接受治疗者N={len(groups[-1].participants)}。",
                    ),
                ),
            ),
        ),
    )


def illustrate_grades(state: State, groups: Sequence[Group], events: Events) -> Illustration:
    """Participants by the highest grade of their treatment-emergent events, a bar a dose level."""
    highest = {
        code: max(
            (read_event(one).event.table_grade for one in found if read_event(one).is_treatment_emergent),
            default=0,
        )
        for code, found in events.items()
    }
    bars = [
        Bar(
            label=_name_bar(state, group),
            n_all=len(group.participants),
            counts=tuple(
                sum(highest.get(code, 0) == grade for code in group.participants) for grade in range(6)
            ),
        )
        for group in groups
        if group.key != TOTAL
    ]
    categories = [Category(key="0", label=Text("No event", "无不良事件"))]
    categories += [Category(key=str(grade), label=Text(f"Grade {grade}", f"{grade}级")) for grade in GRADES]
    return illustrate(
        lambda language: render_bars(
            "ae-worst-grade",
            Text(
                "Highest grade of treatment-emergent adverse events, by dose level",
                "各剂量水平治疗期间出现的不良事件最高级别",
            ),
            bars,
            categories,
            language=language,
            y_title=Text("Participants", "受试者例数"),
        )
    )


def read_event(finding: Finding[ReadEvent]) -> ReadEvent:
    """The event of a finding; an event of the record is always one."""
    assert isinstance(finding.value, ReadEvent)
    return finding.value


def _is_emergent(one: ReadEvent) -> bool:
    return one.is_treatment_emergent


def _is_severe(one: ReadEvent) -> bool:
    return one.event.table_grade >= SEVERE


def _of_interest(category: str, grade: int) -> Selects:
    return lambda one: (
        one.is_treatment_emergent and one.event.category == category and one.event.table_grade >= grade
    )


def _list_consequences(state: State, groups: Sequence[Group]) -> list[Row]:
    members = [state.participants[code] for code in groups[-1].participants]
    left = {
        one.code: [one.withdrawn_position or one.screened_position]
        for one in members
        if one.withdrawn is not None and one.withdrawn.reason == "adverse_event"
    }
    died = {
        one.code: [one.withdrawn_position or one.screened_position]
        for one in members
        if one.withdrawn is not None and one.withdrawn.reason == "death"
    }
    withheld = {one.code: [one.screened_position] for one in members if one.withheld_from is not None}
    named = (
        (Text("Left the trial because of an adverse event", "因不良事件退出试验"), left),
        (Text("Further infusions withheld", "停止后续输注"), withheld),
        (Text("Death", "死亡"), died),
    )
    return [count_row(stub, counted, groups, group=_CONSEQUENCE) for stub, counted in named]


def _positions_of(events: Events, soc: str, pt: str | None, codes: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for code in codes:
        found[code] = [
            position
            for one in events[code]
            if read_event(one).is_treatment_emergent
            and read_event(one).event.soc == soc
            and pt in (None, read_event(one).event.pt)
            for position in one.sources
        ]
    return found


def _grade_row(words: Text, indent: int, row: IncidenceRow, counted: dict[str, list[int]]) -> Row:
    cells = []
    for grade in GRADES:
        who = [code for code, worst in row.grade_by_participant if worst == grade]
        cells.append(cell_of_count(who, positions=_flatten({code: counted[code] for code in who})))
    return Row(stub=words, indent=indent, cells=tuple(cells))


def _flatten(counted: Mapping[str, Sequence[int]]) -> list[int]:
    return sorted({position for positions in counted.values() for position in positions})


def _name_bar(state: State, group: Group) -> Text:
    """The dose level under its bar, where the whole word of an expansion has no room."""
    level = name_level(state, state.participants[group.participants[0]])
    return Text(level.en.replace(SHORT_PARTS["expansion"].en, "Exp."), level.zh)

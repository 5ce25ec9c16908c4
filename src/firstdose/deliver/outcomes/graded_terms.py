"""Tables of graded terms: the worst grade, grade 3 or higher by dose level, and the shift from the baseline."""

from collections.abc import Mapping, Sequence

from firstdose.deliver.document import Block, Details
from firstdose.deliver.groups import Group
from firstdose.deliver.outcomes.group_columns import count_row, list_columns, size_row
from firstdose.deliver.tables import Cell, Column, Row, Table, cell_of_count
from firstdose.derive.safety.course import TermCourse
from firstdose.derive.safety.of_participant import ParticipantSafety
from firstdose.protocol.resolved import Protocol
from firstdose.record.state import State
from firstdose.terms.outcomes import Finding, NotDerived
from firstdose.terms.scales import Grade
from firstdose.terms.words import Text

SEVERE = 3
_GRADES = (0, 1, 2, 3, 4)

Safety = Mapping[str, ParticipantSafety]
"""The safety of each participant by code."""
Courses = Mapping[str, Sequence[tuple[str, TermCourse]]]
"""The courses of each participant, each with the key of its term."""


def tabulate_laboratory(state: State, groups: Sequence[Group], safety: Safety) -> tuple[Block, ...]:
    """Worst CTCAE grade of every term, grade 3 or higher by dose level, and the shift from the baseline."""
    protocol = state.protocol
    courses = {
        code: [(f"{term.analyte}-{term.direction}", term.course) for term in one.laboratory]
        for code, one in safety.items()
    }
    headings = {form.key: form.title.text for form in protocol.forms}
    worst = tabulate_worst(
        courses,
        key="laboratory-worst",
        title=Text(
            f"Laboratory, worst grade after the baseline ({say_ctcae(protocol)})",
            f"实验室检查：基线后最高级别（{say_ctcae(protocol)}）",
        ),
        headings=headings,
        footnotes=_describe_grading(protocol, safety),
    )
    return (
        worst,
        _tabulate_severe(state, groups, courses),
        Details(
            Text("Shift from the baseline grade to the worst grade", "基线级别至最高级别的转移"),
            (_tabulate_shift(courses, say_ctcae(protocol)),),
        ),
    )


def say_ctcae(protocol: Protocol) -> str:
    """The CTCAE version of the study: one for every table."""
    return f"CTCAE {protocol.definitions.ctcae_version}"


def tabulate_worst(
    courses: Courses,
    *,
    key: str,
    title: Text,
    headings: Mapping[str, Text],
    footnotes: tuple[Text, ...] = (),
) -> Table:
    """Participants by the worst grade of each term, over all dose levels."""
    rows = []
    for found in _by_term(courses).values():
        sample = next(iter(found.values()))
        assessed = {code: one for code, one in found.items() if one.worst.sources}
        cells: list[Cell] = [
            _count({code: one.worst.sources for code, one in assessed.items() if _worst_is(one, grade)})
            for grade in _GRADES
        ]
        cells.append(
            _count(
                {
                    code: one.worst.sources
                    for code, one in assessed.items()
                    if isinstance(one.worst.value, NotDerived)
                }
            )
        )
        cells.append(
            _count(
                {
                    code: one.is_emergent.sources
                    for code, one in found.items()
                    if one.is_emergent.value is True
                }
            )
        )
        rows.append(
            Row(
                stub=sample.term,
                group=headings.get(sample.form),
                cells=(_count({code: one.worst.sources for code, one in assessed.items()}), *cells),
            )
        )
    spanner = Text("Worst grade", "最高级别")
    columns = (
        Column(key="assessed", label=Text("Assessed", "已评估")),
        *(
            Column(key=f"grade-{grade}", label=Text(str(grade), str(grade)), spanner=spanner)
            for grade in _GRADES
        ),
        Column(key="not-gradable", label=Text("Not gradable", "无法分级"), spanner=spanner),
        Column(key="emergent", label=Text("Worse after infusion", "输注后加重")),
    )
    return Table(
        key=key,
        title=title,
        stubhead=Text("Term", "术语"),
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            Text(
                "Grades by the value alone. Worse after infusion: the highest grade after the first infusion exceeds "
                "the baseline grade.",
                "仅按数值分级。输注后加重：首次输注后最高级别高于基线级别。",
            ),
            *footnotes,
        ),
        denominators=Text("Participants with a value after the baseline.", "基线后有检测值的受试者。"),
    )


def _tabulate_severe(state: State, groups: Sequence[Group], courses: Courses) -> Table:
    rows = []
    for found in _by_term(courses).values():
        severe = {code: one.worst.sources for code, one in found.items() if is_at_least(one, SEVERE)}
        if severe:
            rows.append((len(severe), count_row(next(iter(found.values())).term, severe, groups)))
    ordered = sorted(rows, key=lambda each: (-each[0], each[1].stub.en))
    return Table(
        key="laboratory-severe",
        title=Text(
            f"Laboratory, grade 3 or higher after the baseline, by dose level ({say_ctcae(state.protocol)})",
            f"各剂量水平实验室检查：基线后≥3级（{say_ctcae(state.protocol)}）",
        ),
        stubhead=Text("Term", "术语"),
        columns=list_columns(state, groups),
        rows=(size_row(state, groups), *(row for _, row in ordered)),
        footnotes=(
            Text(
                "Terms that nobody had at grade 3 or higher are left out. Lymphodepletion lowers blood counts.",
                "无人达到3级的术语不列出。清淋预处理会降低血细胞计数。",
            ),
        ),
        denominators=Text("Everyone who was treated.", "所有接受治疗的受试者。"),
    )


def _tabulate_shift(courses: Courses, scale: str) -> Table:
    rows = []
    for found in _by_term(courses).values():
        term = next(iter(found.values())).term
        for before in (*_GRADES, None):
            whose = {code: one for code, one in found.items() if grade_of(one.baseline) == before}
            if not whose or not any(one.worst.sources for one in whose.values()):
                continue
            stub = (
                Text("Baseline not known", "基线不详")
                if before is None
                else Text(f"Baseline grade {before}", f"基线{before}级")
            )
            cells = [
                _count(
                    {
                        code: (*one.baseline.sources, *one.worst.sources)
                        for code, one in whose.items()
                        if _worst_is(one, grade)
                    }
                )
                for grade in _GRADES
            ]
            rows.append(Row(stub=stub, group=term, cells=tuple(cells)))
    return Table(
        key="laboratory-shift",
        title=Text(f"Laboratory, shift of grade ({scale})", f"实验室检查：级别转移（{scale}）"),
        stubhead=Text("Term and baseline grade", "术语及基线级别"),
        columns=tuple(
            Column(
                key=f"grade-{grade}",
                label=Text(str(grade), str(grade)),
                spanner=Text("Worst grade after the baseline", "基线后最高级别"),
            )
            for grade in _GRADES
        ),
        rows=tuple(rows),
        denominators=Text(
            "Participants with a graded value after the baseline.", "基线后有可分级数值的受试者。"
        ),
    )


def _describe_grading(protocol: Protocol, safety: Safety) -> tuple[Text, ...]:
    named: dict[str, Text] = {}
    for one in safety.values():
        for ungraded in one.ungraded:
            item = protocol.form_by_key[ungraded.form].by_key[ungraded.item]
            named[ungraded.item] = item.label.text
    if not named:
        return ()
    return (
        Text(
            f"{say_ctcae(protocol)} has no term for: {', '.join(one.en for one in named.values())}.",
            f"{say_ctcae(protocol)}无相应术语：{'、'.join(one.zh for one in named.values())}。",
        ),
    )


def _by_term(courses: Courses) -> dict[str, dict[str, TermCourse]]:
    """The courses by term and participant, terms in the order of the forms."""
    found: dict[str, dict[str, TermCourse]] = {}
    for code, terms in courses.items():
        for key, course in terms:
            found.setdefault(key, {})[code] = course
    return found


def _count(counted: Mapping[str, Sequence[int]]) -> Cell:
    return cell_of_count(
        list(counted), positions=sorted({position for at in counted.values() for position in at})
    )


def grade_of(finding: Finding[Grade]) -> int | None:
    """The grade as a number, or None where there is none."""
    return finding.value.value if isinstance(finding.value, Grade) else None


def _worst_is(course: TermCourse, grade: int) -> bool:
    return grade_of(course.worst) == grade


def is_at_least(course: TermCourse, grade: int) -> bool:
    """Whether the worst grade after the baseline is known to reach a grade."""
    found = grade_of(course.worst)
    return found is not None and found >= grade

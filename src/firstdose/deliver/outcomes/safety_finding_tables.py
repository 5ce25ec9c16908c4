"""Tables of abnormal findings: all together, physical examination, vital signs, electrocardiogram."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from firstdose.deliver.groups import Group
from firstdose.deliver.outcomes.graded_terms import (
    SEVERE,
    Safety,
    grade_of,
    is_at_least,
    say_ctcae,
    tabulate_worst,
)
from firstdose.deliver.outcomes.group_columns import (
    Counted,
    count_row,
    describe_regimens,
    list_columns,
    size_row,
)
from firstdose.deliver.tables import Table
from firstdose.derive.safety.bedside_of_participant import (
    SIGNIFICANT,
    EcgAssessment,
    ExaminedSystem,
    FlaggedSign,
)
from firstdose.derive.safety.ecg import QtcAssessment
from firstdose.derive.safety.of_participant import ParticipantSafety
from firstdose.derive.safety.vital_signs import SIGNIFICANCE_RULES, SignificanceRule
from firstdose.record.state import State
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

QTC_ABOVE_MS = (450, 480, 500)
QTC_CHANGE_ABOVE_MS = (30, 60)
"""ICH E14: categories of the value and of the change from baseline. [ms]"""


def tabulate_findings(state: State, groups: Sequence[Group], safety: Safety, with_event: Counted) -> Table:
    """The parts of the registry's outcome: events and abnormal findings after the baseline, one by one."""
    examined = {code: _significant(one) for code, one in safety.items()}
    new = {code: _significant(one, is_new=True) for code, one in safety.items()}
    flagged = {code: [p for f in one.vital_flags for p in f.sources] for code, one in safety.items()}
    worse = {code: _worse_than_baseline(one) for code, one in safety.items()}
    severe = {code: _at_least(one, SEVERE) for code, one in safety.items()}
    read = {code: _ecg_positions(one, _is_significant_ecg) for code, one in safety.items()}
    prolonged = {code: _ecg_positions(one, _is_prolonged) for code, one in safety.items()}
    named: list[tuple[Text, Text, Mapping[str, Sequence[int]]]] = [
        (_EVENTS, Text("Any adverse event", "任何不良事件"), with_event),
        (_EXAMINATION, Text("Clinically significant", "有临床意义的异常"), examined),
        (
            _EXAMINATION,
            Text("Clinically significant and new since baseline", "较基线新出现的有临床意义异常"),
            new,
        ),
        (_VITAL, Text("Possibly clinically significant", "可能有临床意义"), flagged),
        (_LABORATORY, Text("Any grade above the baseline grade", "高于基线级别"), worse),
        (_LABORATORY, Text("Grade 3 or higher", "≥3级"), severe),
        (_ECG, Text("Clinically significant", "有临床意义的异常"), read),
        (
            _ECG,
            Text("QTcF above 450 ms, or more than 30 ms above baseline", "QTcF>450 ms，或较基线延长>30 ms"),
            prolonged,
        ),
    ]
    rows = [
        count_row(stub, {code: at for code, at in counted.items() if at}, groups, group=heading)
        for heading, stub, counted in named
    ]
    rows.insert(0, size_row(state, groups))
    return Table(
        key="findings",
        title=Text(
            "Adverse events and abnormal findings, enrolment to Week 52",
            "不良事件与异常检查结果：自入组至第52周",
        ),
        stubhead=Text("Participants with", "发生以下情况的受试者"),
        columns=list_columns(state, groups),
        rows=tuple(rows),
        footnotes=(
            Text(
                "The registry counts abnormal findings among adverse events. An abnormal value is an adverse event here "
                "only where the investigator found it clinically significant (P-AE-1); all values are shown below. "
                "Findings are those after the last assessment before lymphodepletion.",
                "注册登记将异常检查结果计入不良事件。本报告中，仅研究者判定有临床意义的异常值为不良事件（P-AE-1）；"
                "所有数值见下表。异常结果指清淋前末次评估之后者。",
            ),
            describe_regimens(state, groups),
        ),
        denominators=Text("Everyone who was treated.", "所有接受治疗的受试者。"),
    )


def tabulate_examinations(state: State, groups: Sequence[Group], safety: Safety) -> Table:
    """Body systems with a clinically significant finding after the baseline, and those new since it."""
    after: defaultdict[Text, dict[str, Sequence[int]]] = defaultdict(dict)
    new: defaultdict[Text, dict[str, Sequence[int]]] = defaultdict(dict)
    for code, one in safety.items():
        for system in one.examinations:
            if system.after_baseline.value is True:
                after[system.label][code] = system.after_baseline.sources
            if system.is_new:
                new[system.label][code] = system.after_baseline.sources
    labels = _list_systems(safety)
    heading_after = Text("After the baseline", "基线后")
    heading_new = Text("New since the baseline", "较基线新出现")
    rows = [size_row(state, groups)]
    rows += [count_row(label, after[label], groups, group=heading_after) for label in labels if after[label]]
    rows += [count_row(label, new[label], groups, group=heading_new) for label in labels if new[label]]
    return Table(
        key="examinations",
        title=Text("Physical examination, clinically significant findings", "体格检查：有临床意义的异常"),
        stubhead=Text("Body system", "身体系统"),
        columns=list_columns(state, groups),
        rows=tuple(rows),
        footnotes=(
            Text(
                "Systems without a finding are left out. Findings of lupus itself are included.",
                "无异常的系统不列出。狼疮本身所致异常亦计入。",
            ),
        ),
        denominators=Text("Everyone who was treated.", "所有接受治疗的受试者。"),
    )


def tabulate_vital_signs(state: State, groups: Sequence[Group], safety: Safety) -> tuple[Table, Table]:
    """Vital signs of possible clinical significance by dose level, and their CTCAE grades."""
    flagged: defaultdict[str, dict[str, list[int]]] = defaultdict(dict)
    labels = {rule.key: rule.label for rule in SIGNIFICANCE_RULES}
    for code, one in safety.items():
        for finding in one.vital_flags:
            if isinstance(finding.value, FlaggedSign):
                labels.setdefault(finding.value.flag.key, finding.value.flag.label)
                flagged[finding.value.flag.key].setdefault(code, []).extend(finding.sources)
    rows = [size_row(state, groups)]
    rows += [count_row(label, flagged[key], groups) for key, label in labels.items()]
    said = [_say_rule(rule) for rule in SIGNIFICANCE_RULES]
    limits = Text("; ".join(one.en for one in said), "；".join(one.zh for one in said))
    by_sign = Table(
        key="vital-signs",
        title=Text("Vital signs of possible clinical significance", "可能有临床意义的生命体征"),
        stubhead=Text("Vital sign", "生命体征"),
        columns=list_columns(state, groups),
        rows=tuple(rows),
        footnotes=(Text(f"Limits: {limits.en}.", f"界值：{limits.zh}。"),),
        denominators=Text("Everyone who was treated.", "所有接受治疗的受试者。"),
    )
    courses = {code: [(course.key, course) for course in one.vital_grades] for code, one in safety.items()}
    graded = tabulate_worst(
        courses,
        key="vital-grades",
        title=Text(
            f"Vital signs, worst grade after the baseline ({say_ctcae(state.protocol)})",
            f"生命体征：基线后最高级别（{say_ctcae(state.protocol)}）",
        ),
        headings={},
    )
    return by_sign, graded


def tabulate_ecg(state: State, groups: Sequence[Group], safety: Safety) -> Table:
    """Electrocardiograms after the baseline: interpretation, QTcF and its change."""
    tests: list[tuple[Text, Text, Callable[[EcgAssessment], bool]]] = [
        (_READING, Text("Abnormal, clinically significant", "异常，有临床意义"), _is_significant_ecg),
        (_READING, Text("Abnormal, not clinically significant", "异常，无临床意义"), _is_abnormal_ecg),
    ]
    tests += [(_QTCF, Text(f"Above {limit} ms", f">{limit} ms"), _qtc_above(limit)) for limit in QTC_ABOVE_MS]
    tests += [
        (
            _CHANGE,
            Text(f"More than {limit} ms above baseline", f"较基线延长>{limit} ms"),
            _change_above(limit),
        )
        for limit in QTC_CHANGE_ABOVE_MS
    ]
    rows = [
        count_row(
            stub,
            {code: at for code, one in safety.items() if (at := _ecg_positions(one, test))},
            groups,
            group=heading,
        )
        for heading, stub, test in tests
    ]
    rows.insert(0, size_row(state, groups))
    return Table(
        key="ecg",
        title=Text("12-lead electrocardiogram after the baseline", "基线后12导联心电图"),
        stubhead=Text("Participants with, at any time", "任一时间出现以下情况的受试者"),
        columns=list_columns(state, groups),
        rows=tuple(rows),
        footnotes=(
            Text(
                "QTcF: mean of the tracings of a time point, Fridericia; baseline: the last before lymphodepletion.",
                "QTcF：同一时间点各次描记均值（Fridericia法）；基线：清淋前末次心电图。",
            ),
        ),
        denominators=Text("Everyone who was treated.", "所有接受治疗的受试者。"),
    )


_EVENTS = Text("Adverse events", "不良事件")
_EXAMINATION = Text("Physical examination", "体格检查")
_VITAL = Text("Vital signs", "生命体征")
_LABORATORY = Text("Laboratory", "实验室检查")
_ECG = Text("12-lead electrocardiogram", "12导联心电图")
_READING = Text("Interpretation", "判读")
_QTCF = Text("QTcF", "QTcF")
_CHANGE = Text("Change of QTcF", "QTcF变化")


def _at_least(safety: ParticipantSafety, grade: int) -> list[int]:
    return [
        position
        for term in safety.laboratory
        if is_at_least(term.course, grade)
        for position in term.course.worst.sources
    ]


def _worse_than_baseline(safety: ParticipantSafety) -> list[int]:
    positions: list[int] = []
    for term in safety.laboratory:
        before, after = grade_of(term.course.baseline), grade_of(term.course.worst)
        if after is not None and after > (before or 0):
            positions += term.course.worst.sources
    return positions


def _significant(safety: ParticipantSafety, *, is_new: bool = False) -> list[int]:
    def counts(system: ExaminedSystem) -> bool:
        return system.is_new if is_new else system.after_baseline.value is True

    return [
        position
        for system in safety.examinations
        if counts(system)
        for position in system.after_baseline.sources
    ]


def _list_systems(safety: Safety) -> list[Text]:
    return list(dict.fromkeys(system.label for one in safety.values() for system in one.examinations))


def _ecg_positions(safety: ParticipantSafety, test: Callable[[EcgAssessment], bool]) -> list[int]:
    return [
        position
        for finding in safety.ecgs
        if isinstance(finding.value, EcgAssessment) and test(finding.value)
        for position in finding.sources
    ]


def _is_significant_ecg(read: EcgAssessment) -> bool:
    return read.interpretation == SIGNIFICANT


def _is_abnormal_ecg(read: EcgAssessment) -> bool:
    return read.interpretation == "abnormal_not_significant"


def _qtc_above(limit_ms: int) -> Callable[[EcgAssessment], bool]:
    return lambda read: isinstance(read.qtc, QtcAssessment) and read.qtc.mean_ms > limit_ms


def _change_above(limit_ms: int) -> Callable[[EcgAssessment], bool]:
    def exceeds(read: EcgAssessment) -> bool:
        if not isinstance(read.qtc, QtcAssessment):
            return False
        return not isinstance(read.qtc.change_ms, NotDerived) and read.qtc.change_ms > limit_ms

    return exceeds


def _is_prolonged(read: EcgAssessment) -> bool:
    return _qtc_above(QTC_ABOVE_MS[0])(read) or _change_above(QTC_CHANGE_ABOVE_MS[0])(read)


def _say_rule(rule: SignificanceRule) -> Text:
    """A limit with its change from baseline, in words."""
    signs = {("low", False): "≤", ("low", True): "<", ("high", False): "≥", ("high", True): ">"}
    limit = f"{signs[rule.side, rule.is_strict]} {rule.limit}"
    if rule.change is None:
        return Text(f"{rule.label.en}: {limit}", f"{rule.label.zh}：{limit}")
    amount = abs(rule.change)
    moves = Text("a fall", "下降") if rule.change < 0 else Text("a rise", "上升")
    return Text(
        f"{rule.label.en}: {limit} with {moves.en} of {amount} or more",
        f"{rule.label.zh}：{limit}且较基线{moves.zh}≥{amount}",
    )

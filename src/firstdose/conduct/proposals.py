"""What the values of a form propose: CTCAE grades and SLEDAI-2K descriptors, before and after it is submitted.

A proposal is shown and never recorded: a person grades and attributes. The functions behind it are those of
the report, over the record with the form that is being filled in its place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

import msgspec

from firstdose.conduct.form_values import check_value, check_values
from firstdose.derive.baseline import is_baseline_moment
from firstdose.derive.response.activity_of_forms import (
    ITEMS,
    Evidence,
    ProposedDescriptor,
    propose_from_forms,
)
from firstdose.derive.response.of_forms import read_decimal_item
from firstdose.derive.response.sledai import DESCRIPTOR_BY_KEY
from firstdose.derive.response.sledai_proposal import DatedValue
from firstdose.derive.safety.ctcae_laboratory import (
    SCALES,
    Flag,
    LaboratoryGrade,
    NotGradable,
    compute_corrected_calcium,
)
from firstdose.derive.safety.laboratory_of_participant import GradedValue, derive_laboratory_values
from firstdose.protocol.resolved import Form, Item, ReferenceRange
from firstdose.record.events import Value
from firstdose.record.state import FormRecord, Participant, State
from firstdose.terms.calendar import site_date
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import Grade, Scale
from firstdose.terms.words import Text

ASSESSMENT = "sledai"
"""The form that asks for the descriptors themselves; the values stand on other forms."""
Standing = Literal["present", "absent", "withheld", "unknown"]

_FLAGS: dict[Flag, Text] = {
    "assumed_symptomatic": Text("symptoms not recorded, taken as present", "未记录症状，按有症状处理"),
    "baseline_missing": Text("no baseline, taken as normal", "无基线值，按正常处理"),
    "limit_missing": Text(
        "a limit of normal is missing, the grade may be higher", "缺少正常值界限，实际分级可能更高"
    ),
}
_WHY_UNKNOWN: dict[str, Text] = {
    "no_lln": Text("The lower limit of normal is missing.", "缺少正常值下限。"),
    "no_uln": Text("The upper limit of normal is missing.", "缺少正常值上限。"),
}
_NEEDS_BOTH = Text("C3 and C4 are both needed to propose absent.", "须同时有 C3 和 C4 才能建议为无。")
_NO_VALUE = Text("No value in the days that count.", "计入期内没有检验值。")
_INFECTION = Text(
    "A urinary infection is suspected: whether this is lupus is the investigator's to say.",
    "疑似尿路感染：是否由狼疮引起须由研究者判断。",
)
_CAUSE_OF_FEVER = Text(
    "Cytokine release, an infusion reaction or an infection is recorded on that day: whether this is lupus is "
    "the investigator's to say.",
    "当日已记录细胞因子释放综合征、输注反应或感染：是否由狼疮引起须由研究者判断。",
)


class GradeProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A grade of a value with what it rests on; without a grade the reason why there is none.

    ``term`` is None where CTCAE has none, and for a ``grade`` 0 of everything that the value could have.
    """

    scale: Scale
    term: Text | None
    grade: Grade | None
    criterion: Text | None = None
    reason: Text | None = None
    flags: tuple[Text, ...] = ()


class DescriptorProposal(msgspec.Struct, frozen=True, kw_only=True):
    """What is proposed for a descriptor, why, and the values behind it.

    ``withheld``: the value meets the test and is still not scored from it, a person must attribute first.
    """

    key: str
    label: Text
    stands: Standing
    test: Text
    why: Text | None
    since_lymphodepletion_d: int | None
    evidence: tuple[tuple[Item, DatedValue], ...]


class ItemProposals(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is proposed beside one item; ``problems`` are those that the form would tell.

    Grades were read against the ``range`` and what else they are ``compared_with``.
    """

    problems: tuple[Text, ...] = ()
    grades: tuple[GradeProposal, ...] = ()
    compared_with: tuple[Text, ...] = ()
    range: Text | None = None
    descriptors: tuple[DescriptorProposal, ...] = ()


Proposals = Mapping[str, ItemProposals]
"""By item; an item that nothing is said about is left out."""


def propose_for_typed(
    state: State,
    participant: Participant,
    form: Form,
    visit: str,
    timepoint: str,
    collected_at: datetime,
    values: Mapping[str, Value],
) -> Proposals:
    """Proposals for values that are typed and not submitted.

    Parameters
    ----------
    state : State
    participant : Participant
        Nothing is changed in either.
    form : Form
    visit, timepoint : str
        A form that stands there already is looked at with the typed values in its place.
    collected_at : datetime
        Decides whether the values are before lymphodepletion.
    values : mapping of item to value
        As the form would submit them. A wrong one is told and not graded; a missing one is not told yet.
    """
    typed: dict[str, Value] = {key: value for key, value in values.items() if value not in (None, "")}
    sound: dict[str, Value] = {
        key: value
        for key, value in typed.items()
        if key in form.by_key and not _is_wrong(form.by_key[key], value)
    }
    drafted = FormRecord(
        visit=visit,
        form=form.key,
        timepoint=timepoint,
        collected_at=collected_at,
        recorded_at=collected_at,
        actor="",
        position=state.position,
        values=sound,
        not_done={},
    )
    # what was not typed yet is not a problem yet, so that checks between typed items can already run
    not_yet = {item.key: "-" for item in form.items if item.key not in typed}
    problems: dict[str, tuple[Text, ...]] = {}
    for problem in check_values(form, typed, not_yet):
        if problem.item in typed:
            problems[problem.item] = (*problems.get(problem.item, ()), problem.text)
    return _propose(state, participant, drafted, problems)


def propose_for_record(state: State, participant: Participant, record: FormRecord) -> Proposals:
    """Proposals for a form that was submitted, with its values as they stand now."""
    return _propose(state, participant, record, {})


def _is_wrong(item: Item, value: Value) -> bool:
    problem = check_value(item, value)
    return problem is not None and problem.is_wrong


def _propose(
    state: State, participant: Participant, record: FormRecord, problems: dict[str, tuple[Text, ...]]
) -> Proposals:
    graded = {one.item: one for one in _grade(state, participant, record)}
    descriptors: dict[str, tuple[DescriptorProposal, ...]] = {}
    for item, proposed in _propose_descriptors(state, participant, record):
        descriptors[item] = (*descriptors.get(item, ()), proposed)
    scale = SCALES[state.protocol.definitions.ctcae_version]
    return {
        item.key: ItemProposals(
            problems=problems.get(item.key, ()),
            grades=_list_grades(graded[item.key], scale) if item.key in graded else (),
            range=_write_range(graded[item.key].range) if item.key in graded else None,
            compared_with=_compare(graded[item.key], participant) if item.key in graded else (),
            descriptors=descriptors.get(item.key, ()),
        )
        for item in state.protocol.form_by_key[record.form].items
        if item.key in graded or item.key in descriptors or item.key in problems
    }


def _grade(state: State, participant: Participant, record: FormRecord) -> Iterator[GradedValue]:
    """The values of one form, graded as the report grades them, with the baseline of the others."""
    place = (record.visit, record.form, record.timepoint)
    others = [
        one
        for one in participant.forms_by_name.get(record.form, ())
        if (one.visit, one.form, one.timepoint) != place
    ]
    with_it = replace(participant, forms_by_name={record.form: [*others, record]})
    for finding in derive_laboratory_values(with_it, state.protocol):
        assert isinstance(finding.value, GradedValue)
        if finding.value.record is record:
            yield finding.value


def _list_grades(value: GradedValue, scale: Scale) -> tuple[GradeProposal, ...]:
    graded = [one for one in value.grades if isinstance(one, LaboratoryGrade)]
    above = [one for one in graded if one.final_grade.value > 0]
    ungraded = [one for one in value.grades if isinstance(one, NotGradable)]
    said = [
        GradeProposal(
            scale=scale,
            term=one.term,
            grade=one.final_grade,
            criterion=one.criterion,
            flags=tuple(_FLAGS[flag] for flag in one.flags),
        )
        for one in above
    ]
    if graded and not above:
        one = graded[0]
        said.append(
            GradeProposal(
                scale=scale,
                # beside a term that cannot be graded, grade 0 says what it is of
                term=one.term if ungraded else None,
                grade=one.final_grade,
                criterion=one.criterion,
                flags=tuple(_FLAGS[flag] for flag in one.flags),
            )
        )
    return (
        *said,
        *(GradeProposal(scale=scale, term=one.term, grade=None, reason=one.detail) for one in ungraded),
    )


def _write_range(limits: ReferenceRange | None) -> Text:
    if limits is None:
        return Text("no reference range", "无参考范围")
    written = f"{limits.low}–{limits.high}"
    if limits.low is None or limits.high is None:
        written = f"≤ {limits.high}" if limits.low is None else f"≥ {limits.low}"
    return Text(f"reference {written}", f"参考范围 {written}")


def _compare(value: GradedValue, participant: Participant) -> tuple[Text, ...]:
    """What a value was graded as and against beside its range."""
    parts: list[Text] = []
    albumin = read_decimal_item(value.record.values, "albumin")
    if value.analyte == "corrected_calcium" and albumin is not None:
        corrected = compute_corrected_calcium(value.value, albumin)
        parts.append(Text(f"corrected for albumin {corrected}", f"白蛋白校正后 {corrected}"))
    if is_baseline_moment(participant, value.record.collected_at):
        parts.append(Text("before lymphodepletion", "清淋前"))
    elif value.baseline is not None:
        parts.append(Text(f"baseline {value.baseline}", f"基线值 {value.baseline}"))
    return tuple(parts)


def _propose_descriptors(
    state: State, participant: Participant, record: FormRecord
) -> Iterator[tuple[str, DescriptorProposal]]:
    """The descriptors that a form bears on, each beside the item that decides it."""
    is_assessment = record.form == ASSESSMENT
    filled = list(participant.forms.values()) if is_assessment else [record]
    visit_date = site_date(record.collected_at)
    for one in propose_from_forms(filled, participant, state.protocol, visit_date):
        key = one.proposal.key
        if is_assessment:
            yield key, _describe(state, one)
        elif beside := _find_item(one, record):
            yield beside, _describe(state, one)


def _find_item(one: ProposedDescriptor, record: FormRecord) -> str | None:
    """The item beside which a proposal stands: the first that meets the test, else the first with a value."""
    items = [
        item
        for form, item in ITEMS[one.proposal.key]
        if form == record.form and record.values.get(item) not in (None, "")
    ]
    low = [found.item for found in one.evidence if _is_below(found)]
    chosen = low if one.proposal.key == "low_complement" and low else items
    return chosen[0] if chosen else None


def _is_below(found: Evidence) -> bool:
    return found.measured.lln is not None and found.measured.value < found.measured.lln


def _describe(state: State, one: ProposedDescriptor) -> DescriptorProposal:
    proposal = one.proposal
    descriptor = DESCRIPTOR_BY_KEY[proposal.key]
    assert descriptor.machine_test is not None
    stands, why = _stand(one)
    return DescriptorProposal(
        key=proposal.key,
        label=descriptor.label,
        stands=stands,
        test=descriptor.machine_test,
        why=why,
        since_lymphodepletion_d=proposal.since_lymphodepletion_d,
        evidence=tuple(
            (state.protocol.form_by_key[found.form].by_key[found.item], found.measured)
            for found in one.evidence
        ),
    )


def _stand(one: ProposedDescriptor) -> tuple[Standing, Text | None]:
    finding = one.proposal.finding
    if not isinstance(finding, NotDerived):
        return ("present" if finding.present else "absent"), None
    if finding.reason == "needs_attribution":
        return "withheld", _withhold(one)
    if not one.evidence:
        return "unknown", _NO_VALUE
    return "unknown", _WHY_UNKNOWN.get(finding.reason, _NEEDS_BOTH)


def _withhold(one: ProposedDescriptor) -> Text:
    """Why a person must attribute first; the days since lymphodepletion are told where they are a reason."""
    since_d, is_fever = one.proposal.since_lymphodepletion_d, one.proposal.key == "fever"
    days = Text(f"{since_d} days since the start of lymphodepletion", f"距清淋开始 {since_d} 天")
    if one.has_excluded_cause:
        said = _CAUSE_OF_FEVER if is_fever else _INFECTION
        if not is_fever or since_d is None or since_d < 0:
            return said
        return Text(f"{days.en}. {said.en}", f"{days.zh}。{said.zh}")
    cause = (
        Text("cytokine release or an infection gives fever", "细胞因子释放或感染可致发热")
        if is_fever
        else Text("the drugs lower blood counts", "清淋药物可降低血细胞计数")
    )
    return Text(
        f"{days.en}, and {cause.en}: whether this is lupus is the investigator's to say.",
        f"{days.zh}，{cause.zh}：是否由狼疮引起须由研究者判断。",
    )

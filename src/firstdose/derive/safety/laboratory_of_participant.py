"""Laboratory values of a participant as CTCAE grades: which item is which analyte, and against which range."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

import msgspec

from firstdose.derive.baseline import is_baseline_moment
from firstdose.derive.reference_ranges import list_ranges
from firstdose.derive.safety.course import GradedReading, TermCourse, derive_term_course
from firstdose.derive.safety.ctcae_laboratory import (
    LaboratoryGrade,
    NotGradable,
    compute_corrected_calcium,
    grade_laboratory_value,
)
from firstdose.derive.safety.ctcae_limits import Direction
from firstdose.protocol.resolved import Protocol, ReferenceRange
from firstdose.record.state import FormRecord, Participant
from firstdose.terms.outcomes import Finding, NotDerived
from firstdose.terms.words import Text

ANALYTES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("haematology", "wbc"): "white_cells",
        ("haematology", "neutrophils"): "neutrophils",
        ("haematology", "lymphocytes"): "lymphocytes",
        ("haematology", "eosinophils"): "eosinophils",
        ("haematology", "haemoglobin"): "hemoglobin",
        ("haematology", "platelets"): "platelets",
        ("chemistry", "alt"): "alt",
        ("chemistry", "ast"): "ast",
        ("chemistry", "alp"): "alkaline_phosphatase",
        ("chemistry", "ggt"): "ggt",
        ("chemistry", "bilirubin"): "bilirubin",
        ("chemistry", "creatinine"): "creatinine",
        ("chemistry", "egfr"): "egfr",
        ("chemistry", "albumin"): "albumin",
        ("chemistry", "sodium"): "sodium",
        ("chemistry", "potassium"): "potassium",
        ("chemistry", "calcium"): "corrected_calcium",
        ("chemistry", "magnesium"): "magnesium",
        ("chemistry", "phosphate"): "phosphate",
        ("chemistry", "glucose"): "glucose",
        ("chemistry", "ldh"): "ldh",
        ("chemistry", "ck"): "creatine_kinase",
        ("chemistry", "urate"): "urate",
        ("coagulation", "inr"): "inr",
        ("coagulation", "aptt"): "aptt",
        ("coagulation", "fibrinogen"): "fibrinogen",
        ("coagulation", "d_dimer"): "d_dimer",
        ("coagulation", "ferritin"): "ferritin",
        ("coagulation", "crp"): "c_reactive_protein",
        ("coagulation", "procalcitonin"): "procalcitonin",
        ("urinalysis", "protein_24h"): "urine_protein",
    }
)
"""Items of the laboratory forms that CTCAE may grade, all in the units of its limits."""
CLAUSE = "definitions.ctcae_version"
NO_ALBUMIN = NotGradable(
    analyte="corrected_calcium",
    reason="no_albumin",
    detail=Text("Albumin is missing, so calcium cannot be corrected.", "缺少白蛋白，无法校正血钙。"),
)


class GradedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A measured value with the range and the baseline that it was graded against."""

    form: str
    item: str
    analyte: str
    record: FormRecord
    value: Decimal
    range: ReferenceRange | None
    baseline: Decimal | None
    grades: tuple[LaboratoryGrade | NotGradable, ...]


class LaboratoryTerm(msgspec.Struct, frozen=True, kw_only=True):
    """The course of one term of one analyte in a participant."""

    analyte: str
    direction: Direction
    course: TermCourse


class UngradedAnalyte(msgspec.Struct, frozen=True, kw_only=True):
    """An analyte that the version has no grades for; its values are reported, not graded."""

    form: str
    item: str
    reason: NotGradable


def derive_laboratory_values(
    participant: Participant, protocol: Protocol
) -> tuple[Finding[GradedValue], ...]:
    """Every laboratory value that CTCAE may grade, with its grades, in the order of forms and collection."""
    ranges = list_ranges(protocol, participant.sex, participant.site)
    found: list[Finding[GradedValue]] = []
    for (form, item), analyte in ANALYTES.items():
        taken = [(filled, _read(filled, item)) for filled in _list_filled(participant, form)]
        measured = [(filled, value) for filled, value in taken if value is not None]
        baseline = _find_baseline(participant, measured)
        for filled, value in measured:
            found.append(
                _grade(
                    protocol,
                    filled,
                    form=form,
                    item=item,
                    analyte=analyte,
                    value=value,
                    baseline=baseline,
                    limits=ranges.get((form, item)),
                )
            )
    return tuple(found)


def derive_laboratory(
    values: tuple[Finding[GradedValue], ...], participant: Participant
) -> tuple[tuple[LaboratoryTerm, ...], tuple[UngradedAnalyte, ...]]:
    """The course of every graded term, and the analytes that the version does not grade."""
    readings: defaultdict[tuple[str, Direction], list[GradedReading]] = defaultdict(list)
    named: dict[tuple[str, Direction], tuple[GradedValue, Text]] = {}
    ungraded: dict[str, UngradedAnalyte] = {}
    for finding in values:
        assert isinstance(finding.value, GradedValue)
        one = finding.value
        for grade in one.grades:
            term, direction = grade.term, grade.direction
            if term is None or direction is None:
                if isinstance(grade, NotGradable) and grade is not NO_ALBUMIN:
                    ungraded[one.analyte] = UngradedAnalyte(form=one.form, item=one.item, reason=grade)
                continue
            key = (one.analyte, direction)
            named.setdefault(key, (one, term))
            readings[key].append(
                GradedReading(
                    collected_at=one.record.collected_at,
                    grade=(
                        grade.final_grade
                        if isinstance(grade, LaboratoryGrade)
                        else NotDerived(grade.reason, grade.detail.en)
                    ),
                    sources=finding.sources,
                )
            )
    terms = tuple(
        LaboratoryTerm(
            analyte=key[0],
            direction=key[1],
            course=derive_term_course(
                readings[key], participant, form=one.form, key=one.item, term=term, clause=CLAUSE
            ),
        )
        for key, (one, term) in named.items()
    )
    return terms, tuple(ungraded.values())


def _grade(
    protocol: Protocol,
    filled: FormRecord,
    *,
    form: str,
    item: str,
    analyte: str,
    value: Decimal,
    baseline: tuple[FormRecord, Decimal] | None,
    limits: ReferenceRange | None,
) -> Finding[GradedValue]:
    graded: Decimal | None = value
    before = baseline[1] if baseline else None
    sources = [filled.position_of(item)]
    if analyte == "corrected_calcium":
        graded = _correct(filled, value)
        before = _correct(*baseline) if baseline else None
        sources.append(filled.position_of("albumin"))
    if baseline is not None and baseline[0] is not filled:
        sources.append(baseline[0].position_of(item))
    grades: tuple[LaboratoryGrade | NotGradable, ...] = (NO_ALBUMIN,)
    if graded is not None:
        grades = grade_laboratory_value(
            analyte,
            graded,
            version=protocol.definitions.ctcae_version,
            lln=limits.low if limits else None,
            uln=limits.high if limits else None,
            baseline=before,
            on_anticoagulation=_read_answer(filled, "on_anticoagulation"),
            fasting=_read_answer(filled, "glucose_fasting"),
        )
    return Finding(
        value=GradedValue(
            form=form,
            item=item,
            analyte=analyte,
            record=filled,
            value=value,
            range=limits,
            baseline=before,
            grades=grades,
        ),
        clause=CLAUSE,
        rule="grade by the value alone",
        sources=tuple(dict.fromkeys(sources)),
    )


def _find_baseline(
    participant: Participant, measured: list[tuple[FormRecord, Decimal]]
) -> tuple[FormRecord, Decimal] | None:
    before = [one for one in measured if is_baseline_moment(participant, one[0].collected_at)]
    return before[-1] if before else None


def _correct(filled: FormRecord, calcium: Decimal) -> Decimal | None:
    albumin = _read(filled, "albumin")
    return None if albumin is None else compute_corrected_calcium(calcium, albumin)


def _list_filled(participant: Participant, form: str) -> list[FormRecord]:
    return sorted(participant.forms_by_name.get(form, ()), key=lambda record: record.collected_at)


def _read(filled: FormRecord, item: str) -> Decimal | None:
    value = filled.values.get(item)
    return Decimal(value) if isinstance(value, str) and value else None


def _read_answer(filled: FormRecord, item: str) -> bool | None:
    value = filled.values.get(item)
    return value if isinstance(value, bool) else None

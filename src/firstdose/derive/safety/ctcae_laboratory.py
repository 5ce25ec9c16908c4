"""CTCAE grades of laboratory values, by the value alone.

A grade is never guessed: where a limit of normal is missing and no absolute limit decides, the value is not
gradable, which is not grade 0.
"""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

import msgspec

from firstdose.derive.safety.ctcae_limits import (
    CREATININE_CLEARANCE_MIN_GRADED,
    LABORATORY_TERMS,
    NOT_IN_CTCAE,
    Bound,
    Condition,
    Criterion,
    Direction,
    Reference,
    Sign,
    TermLimits,
    Version,
)
from firstdose.terms.measures import round_half_up
from firstdose.terms.scales import CTCAE_5, CTCAE_6, Grade, Scale
from firstdose.terms.words import Text

Flag = Literal[
    "assumed_symptomatic",
    "baseline_missing",
    "limit_missing",
]
SCALES: Mapping[Version, Scale] = MappingProxyType({"5.0": CTCAE_5, "6.0": CTCAE_6})

CALCIUM_PER_ALBUMIN_MMOL_PER_G = Decimal("0.02")
ALBUMIN_REFERENCE_G_PER_L = Decimal(40)

_NO_FINDING = Text("no criterion met", "未满足任何标准")
_COMPARE: dict[Sign, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class LaboratoryGrade(msgspec.Struct, frozen=True, kw_only=True):
    """A grade by the value alone, with the criterion that fired and what was assumed.

    ``clinical_grade`` is a higher grade from recorded clinical criteria, kept apart.
    """

    term: Text
    direction: Direction
    grade: Grade
    criterion: Text
    flags: tuple[Flag, ...] = ()
    clinical_grade: Grade | None = None

    @property
    def final_grade(self) -> Grade:
        """The clinical grade where one raises the value's, otherwise the value's."""
        return self.clinical_grade or self.grade


class NotGradable(msgspec.Struct, frozen=True, kw_only=True):
    """A value that has no grade, with the reason; this is not grade 0.

    ``reason`` is one of ``not_in_ctcae``, ``not_in_version``, ``unknown_analyte``, ``clinical_only``,
    ``no_lln``, ``no_uln``, ``no_baseline``, ``not_fasting``, ``fasting_unknown``, ``report_kidney_term``.
    """

    analyte: str
    reason: str
    detail: Text
    term: Text | None = None
    direction: Direction | None = None


class _Situation(msgspec.Struct, frozen=True, kw_only=True):
    """The value with everything that a criterion may look at; None is unknown."""

    value: Decimal
    references: dict[Reference, Decimal | None]
    conditions: dict[Condition, bool | None]


def grade_laboratory_value(
    analyte: str,
    value: Decimal,
    *,
    version: Version,
    lln: Decimal | None,
    uln: Decimal | None,
    baseline: Decimal | None,
    baseline_lln: Decimal | None = None,
    baseline_uln: Decimal | None = None,
    on_anticoagulation: bool | None = None,
    symptomatic: bool | None = None,
    intervention: bool | None = None,
    fasting: bool | None = None,
) -> tuple[LaboratoryGrade | NotGradable, ...]:
    """Grades of one value, one per term and direction that the analyte has.

    Parameters
    ----------
    analyte : str
        Key of the analyte in ``LABORATORY_TERMS``.
    value, lln, uln, baseline : Decimal or None
        In the unit of the analyte; where a term has only multiples any common unit serves. The baseline is
        the last value before lymphodepletion.
    version : "5.0" or "6.0"
        Of CTCAE; one version for a whole study.
    baseline_lln, baseline_uln : Decimal or None
        Limits of the laboratory that measured the baseline, where they differ from ``lln`` and ``uln``.
    on_anticoagulation, symptomatic, intervention, fasting : bool or None
        Recorded circumstances; None is unknown. Unknown symptoms give the higher grade, flagged; for urate
        ``symptomatic`` stands for physiologic consequences.

    Returns
    -------
    tuple of LaboratoryGrade or NotGradable
        The highest grade that is met, 0 when none is; NotGradable where it cannot be known.

    Source
    ------
    CTCAE v5.0 and v6.0; conventions P-CTC-2 to P-CTC-11.

    Examples
    --------
    >>> grades = grade_laboratory_value("neutrophils", Decimal("1.45"), version="5.0", lln=Decimal("1.40"),
    ...                                 uln=Decimal("6.3"), baseline=None)
    >>> str(grades[0].grade), grades[0].criterion.en
    ('grade 2 (CTCAE 5.0)', '< 1.5')
    """
    ungraded = _not_listed(analyte, version)
    if ungraded is not None:
        return (ungraded,)
    above_uln = _compare(operator.gt, baseline, baseline_uln if baseline_uln is not None else uln)
    below_lln = _compare(operator.lt, baseline, baseline_lln if baseline_lln is not None else lln)
    situation = _Situation(
        value=value,
        references={"absolute": Decimal(1), "lln": lln, "uln": uln, "baseline": baseline},
        conditions={
            "symptomatic": symptomatic,
            # known to have no symptoms: an intervention counts only where it is recorded (P-CTC-5: unknown symptoms)
            "symptomatic_or_intervention": _any(
                symptomatic, intervention if symptomatic is None else bool(intervention)
            ),
            "fasting": fasting,
            # P-CTC-6: only where anticoagulation is recorded.
            "on_anticoagulation": bool(on_anticoagulation),
            "baseline_missing": baseline is None,
            "baseline_above_uln": above_uln,
            "baseline_not_above_uln": None if above_uln is None else not above_uln,
            "baseline_below_lln": below_lln,
            "baseline_not_below_lln": None if below_lln is None else not below_lln,
        },
    )
    if baseline is None:
        # P-CTC-3 and P-CTC-7: a missing baseline counts as normal, and is flagged.
        situation.conditions.update(
            {
                "baseline_above_uln": False,
                "baseline_not_above_uln": True,
                "baseline_below_lln": False,
                "baseline_not_below_lln": True,
            }
        )
    return tuple(
        _grade(limits, situation, version)
        for limits in LABORATORY_TERMS
        if limits.analyte == analyte and version in limits.versions
    )


def raise_by_clinical_criterion(graded: LaboratoryGrade, clinical_grade: int) -> LaboratoryGrade:
    """The grade with a recorded clinical criterion ("transfusion indicated"), which can only raise it."""
    if clinical_grade <= graded.grade.value:
        return graded
    return msgspec.structs.replace(graded, clinical_grade=Grade(clinical_grade, graded.grade.scale))


def compute_corrected_calcium(total_mmol_per_l: Decimal, albumin_g_per_l: Decimal) -> Decimal:
    """Calcium corrected for albumin. [mmol/L].

    Examples
    --------
    >>> compute_corrected_calcium(Decimal("2.00"), Decimal(30))
    Decimal('2.20')
    """
    return total_mmol_per_l + CALCIUM_PER_ALBUMIN_MMOL_PER_G * (ALBUMIN_REFERENCE_G_PER_L - albumin_g_per_l)


def _not_listed(analyte: str, version: Version) -> NotGradable | None:
    if analyte in NOT_IN_CTCAE:
        return NotGradable(
            analyte=analyte,
            reason="not_in_ctcae",
            detail=Text("CTCAE has no term for this analyte.", "CTCAE 没有该检测项目的术语。"),
        )
    versions = {
        version for limits in LABORATORY_TERMS if limits.analyte == analyte for version in limits.versions
    }
    if not versions:
        return NotGradable(
            analyte=analyte,
            reason="unknown_analyte",
            detail=Text("This analyte has no limits here.", "该检测项目没有分级界值。"),
        )
    if version not in versions:
        return NotGradable(
            analyte=analyte,
            reason="not_in_version",
            detail=Text(
                f"CTCAE v{version} has no term for this analyte.", f"CTCAE v{version} 没有该检测项目的术语。"
            ),
        )
    return None


def _compare(
    compare: Callable[[Decimal, Decimal], bool], left: Decimal | None, right: Decimal | None
) -> bool | None:
    return None if left is None or right is None else compare(left, right)


def _limit(bound: Bound, situation: _Situation) -> Decimal | None:
    reference = situation.references[bound.reference]
    return None if reference is None else bound.multiple * reference + bound.offset


def _bounds_hold(criterion: Criterion, situation: _Situation) -> bool | None:
    answers = [
        _compare(_COMPARE[one.sign], situation.value, _limit(one, situation)) for one in criterion.bounds
    ]
    return _all(answers)


def _holds(criterion: Criterion, situation: _Situation) -> bool | None:
    conditions = [situation.conditions[one] for one in criterion.conditions]
    return _all([_bounds_hold(criterion, situation), *conditions])


def _any(*answers: bool | None) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _all(answers: list[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def _grade(limits: TermLimits, situation: _Situation, version: Version) -> LaboratoryGrade | NotGradable:
    if not limits.criteria:
        return _not_gradable(limits, "clinical_only")
    if limits.is_rounded_to_integer:
        situation = msgspec.structs.replace(situation, value=round_half_up(situation.value))
        if situation.value < CREATININE_CLEARANCE_MIN_GRADED:
            return _not_gradable(limits, "report_kidney_term")
    holds = [(criterion, _holds(criterion, situation)) for criterion in limits.criteria]
    met = [criterion for criterion, answer in holds if answer]
    open_criteria = [criterion for criterion, answer in holds if answer is None]
    assumed = [criterion for criterion in open_criteria if _waits_for_symptoms(criterion, situation)]
    unknown = [criterion for criterion in open_criteria if criterion not in assumed]
    fired = max([*met, *assumed], key=lambda one: one.grade, default=None)
    if fired is None:
        reason = _why_not_zero(limits, unknown, situation)
        if reason:
            return _not_gradable(limits, reason)
    grade = fired.grade if fired else 0
    flags: list[Flag] = []
    if fired in assumed:
        flags.append("assumed_symptomatic")
    if situation.references["baseline"] is None and _uses_baseline(limits, situation):
        flags.append("baseline_missing")
    if _why_unknown(unknown, situation) in ("no_lln", "no_uln") and any(one.grade > grade for one in unknown):
        flags.append("limit_missing")
    return LaboratoryGrade(
        term=limits.term,
        direction=limits.direction,
        grade=Grade(grade, SCALES[version]),
        criterion=fired.in_words() if fired else _NO_FINDING,
        flags=tuple(flags),
    )


def _why_not_zero(limits: TermLimits, unknown: list[Criterion], situation: _Situation) -> str:
    """Why a value that meets no criterion is not gradable; empty when it is grade 0."""
    reason = _why_unknown(unknown, situation)
    # A missing baseline alone leaves the other criteria standing, unless there are none.
    if reason and (reason != "no_baseline" or len(unknown) == len(limits.criteria)):
        return reason
    return "not_fasting" if _is_above_without_fasting(limits, situation) else ""


def _waits_for_symptoms(criterion: Criterion, situation: _Situation) -> bool:
    """Whether everything but the symptoms is known to hold (P-CTC-5)."""
    waits = [one for one in criterion.conditions if one.startswith("symptomatic")]
    return bool(waits) and _bounds_hold(criterion, situation) is True


def _why_unknown(unknown: list[Criterion], situation: _Situation) -> str:
    references = {bound.reference for criterion in unknown for bound in criterion.bounds}
    conditions = {
        one for criterion in unknown for one in criterion.conditions if situation.conditions[one] is None
    }
    if "lln" in references and situation.references["lln"] is None:
        return "no_lln"
    if "uln" in references and situation.references["uln"] is None:
        return "no_uln"
    if "fasting" in conditions:
        return "fasting_unknown"
    if conditions & {"baseline_below_lln", "baseline_not_below_lln"}:
        return "no_lln"
    return "no_baseline" if unknown else ""


def _uses_baseline(limits: TermLimits, situation: _Situation) -> bool:
    return any(
        any(bound.reference == "baseline" for bound in one.bounds)
        for one in limits.criteria
        if "on_anticoagulation" not in one.conditions or situation.conditions["on_anticoagulation"]
    )


def _is_above_without_fasting(limits: TermLimits, situation: _Situation) -> bool:
    """Whether only the lack of fasting keeps a criterion from being met."""
    return any(
        "fasting" in one.conditions and _bounds_hold(one, situation) is not False for one in limits.criteria
    )


_DETAIL: dict[str, Text] = {
    "clinical_only": Text("The term has clinical criteria only.", "该术语仅有临床标准。"),
    "no_lln": Text("The lower limit of normal is missing.", "缺少正常值下限。"),
    "no_uln": Text("The upper limit of normal is missing.", "缺少正常值上限。"),
    "no_baseline": Text("The baseline value is missing.", "缺少基线值。"),
    "fasting_unknown": Text("It is not recorded whether the sample was fasting.", "未记录是否空腹采样。"),
    "not_fasting": Text("The criteria are for fasting samples.", "该标准仅适用于空腹样本。"),
    "report_kidney_term": Text(
        "Report acute kidney injury or chronic kidney disease.", "请按急性肾损伤或慢性肾脏病报告。"
    ),
}


def _not_gradable(limits: TermLimits, reason: str) -> NotGradable:
    return NotGradable(
        analyte=limits.analyte,
        reason=reason,
        detail=_DETAIL[reason],
        term=limits.term,
        direction=limits.direction,
    )

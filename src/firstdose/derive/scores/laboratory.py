"""Measures of laboratory values: the CTCAE grade, and the value in another unit."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import cast

from firstdose.derive.safety.ctcae_laboratory import LaboratoryGrade, NotGradable, grade_laboratory_value
from firstdose.derive.safety.ctcae_limits import LABORATORY_TERMS, NOT_IN_CTCAE, Version
from firstdose.derive.safety.unit_conversion import Converted, convert_exactly, convert_for_grading
from firstdose.derive.safety.unit_factors import SPELLINGS, UNITS
from firstdose.derive.scores.columns import CELLS_KEPT, Cells, Column
from firstdose.derive.scores.measure import Measure, Plain, Scored, as_decimal
from firstdose.derive.scores.shared_columns import (
    CTCAE_VERSION,
    NO_VERSION,
    decimal,
    join,
    make_choice,
    make_number,
    make_yes_no,
    whole,
    word,
    yes_no,
)
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

ANALYTES = tuple(sorted({one.analyte for one in LABORATORY_TERMS} | NOT_IN_CTCAE))
UNIT_SPELLINGS = tuple(
    dict.fromkeys([unit for one in UNITS.values() for unit in one.factors] + list(SPELLINGS))
)
WITHOUT_UNIT = "1"
_NUMBERS = ("value", "lln", "uln", "baseline")


def _score_laboratory(cells: Cells) -> Scored:
    version, analyte = cells.word("ctcae_version"), cells.word("analyte")
    if version is None:
        return Scored(NO_VERSION, {})
    if analyte is None:
        return Scored(NotDerived("analyte_missing", "the analyte was not given"), {})
    numbers = _read_in_unit_of_grading(cells, analyte)
    if isinstance(numbers, NotDerived):
        return Scored(numbers, {})
    value = numbers["value"]
    if value is None:
        return Scored(NotDerived("value_missing", "no value was measured"), {})
    found = grade_laboratory_value(
        analyte,
        value,
        version=cast("Version", version),
        lln=numbers["lln"],
        uln=numbers["uln"],
        baseline=numbers["baseline"],
        on_anticoagulation=cells.answer("on_anticoagulation"),
        symptomatic=cells.answer("symptomatic"),
        intervention=cells.answer("intervention"),
        fasting=cells.answer("fasting"),
    )
    components: dict[str, Plain | NotDerived] = {}
    for one in found:
        components |= _describe(one)
    return Scored(_summarise(found), components)


def _read_in_unit_of_grading(cells: Cells, analyte: str) -> dict[str, Decimal | None] | NotDerived:
    """The value, its limits and its baseline through one factor, so that multiples stay exact."""
    numbers = {name: cells.decimal(name) for name in _NUMBERS}
    unit = cells.word("unit") or (WITHOUT_UNIT if _has_no_unit(analyte) else None)
    if analyte in NOT_IN_CTCAE:
        return numbers
    if unit is None:
        return NotDerived("unit_missing", f"the unit of {analyte} was not given")
    converted: dict[str, Decimal | None] = {}
    for name, number in numbers.items():
        found = None if number is None else _convert(analyte, number, unit)
        if isinstance(found, NotDerived):
            return found
        converted[name] = None if found is None else found.value
    return converted


@lru_cache(maxsize=CELLS_KEPT)
def _convert(analyte: str, number: Decimal, unit: str) -> Converted | NotDerived:
    """The limits of normal of a laboratory come again in every row."""
    return convert_for_grading(analyte, number, unit=unit)


def _has_no_unit(analyte: str) -> bool:
    return analyte in UNITS and UNITS[analyte].unit == WITHOUT_UNIT


def _describe(found: LaboratoryGrade | NotGradable) -> dict[str, Plain | NotDerived]:
    if isinstance(found, NotGradable):
        if found.direction is None or found.term is None:
            return {}
        side = found.direction
        return {f"{side}_term": found.term.en, f"{side}_reason": found.reason}
    side = found.direction
    return {
        f"{side}_term": found.term.en,
        f"{side}_grade": found.final_grade.value,
        f"{side}_criterion": found.criterion.en,
        f"{side}_flags": join(found.flags),
    }


def _summarise(found: tuple[LaboratoryGrade | NotGradable, ...]) -> int | NotDerived:
    """The grade of the side on which the value is abnormal; grade 0 only where no side is open."""
    graded = max((one.final_grade.value for one in found if isinstance(one, LaboratoryGrade)), default=0)
    ungraded = [one for one in found if isinstance(one, NotGradable)]
    if graded == 0 and ungraded:
        return NotDerived(ungraded[0].reason, ungraded[0].detail.en)
    return graded


def _score_conversion(cells: Cells) -> Scored:
    analyte, unit, value = cells.word("analyte"), cells.word("unit"), cells.decimal("value")
    if analyte is None or unit is None or value is None:
        return Scored(NotDerived("cell_missing", "an analyte, a value and its unit are needed"), {})
    to_unit = cells.word("to_unit") or UNITS[analyte].unit
    found = convert_exactly(analyte, value, unit=unit, to_unit=to_unit)
    if isinstance(found, NotDerived):
        return Scored(found, {})
    written = as_decimal(found)
    return Scored(
        written,
        {
            "unit": SPELLINGS.get(to_unit, to_unit),
            "is_exact": Fraction(written) == found,
            "exact": str(found),
        },
    )


def _make_unit(name: str, description: Text, example: str, *, is_required: bool) -> Column:
    return Column(
        name=name,
        kind="choice",
        choices=UNIT_SPELLINGS,
        is_case_kept=True,
        description=description,
        example=example,
        is_required=is_required,
    )


_SIDES = tuple(
    answer
    for side, en, zh in (("low", "low values", "降低"), ("high", "high values", "升高"))
    for answer in (
        word(f"{side}_term", f"term of {en}", f"{zh}的术语"),
        whole(f"{side}_grade", f"grade of {en}", f"{zh}的分级"),
        word(f"{side}_criterion", f"criterion of {en} that is met", f"{zh}所符合的标准"),
        word(f"{side}_flags", f"what was assumed of {en}", f"{zh}的假设"),
        word(f"{side}_reason", f"why {en} have no grade", f"{zh}无法分级的原因"),
    )
)

LABORATORY_MEASURES: tuple[Measure, ...] = (
    Measure(
        key="ctcae_laboratory",
        title=Text("CTCAE grade of a laboratory value", "检验值CTCAE分级"),
        row=Text("one value of one analyte", "一个检测项目的一个值"),
        columns=(
            CTCAE_VERSION,
            make_choice("analyte", Text("analyte", "检测项目"), ANALYTES, example="creatinine"),
            Column(
                name="value",
                kind="decimal",
                at_least=Decimal(0),
                description=Text("the value", "检验值"),
                is_required=True,
                example="1.8",
            ),
            _make_unit(
                "unit",
                Text(
                    "unit of value, limits and baseline",
                    "检验值、界值和基线的单位",
                ),
                "mg/dL",
                is_required=True,
            ),
            make_number("lln", Text("lower limit of normal", "正常值下限"), example="0.5", is_required=True),
            make_number(
                "uln",
                Text("upper limit of normal", "正常值上限"),
                example="1.2",
                is_required=True,
                is_positive=True,
            ),
            make_number(
                "baseline",
                Text(
                    "value before treatment; blank counts as normal and is flagged",
                    "治疗前的值；空白按正常计并标注",
                ),
                example="1.2",
                is_required=True,
            ),
            make_yes_no(
                "on_anticoagulation",
                Text("on anticoagulation (INR)", "接受抗凝治疗（INR）"),
                is_required=False,
                example="",
            ),
            make_yes_no(
                "symptomatic",
                Text("symptoms; unknown gives the higher grade, flagged", "有症状；未知时取较高级别并标注"),
                is_required=False,
                example="",
            ),
            make_yes_no(
                "intervention", Text("intervention indicated", "需要干预"), is_required=False, example=""
            ),
            make_yes_no("fasting", Text("fasting sample", "空腹样本"), is_required=False, example=""),
        ),
        value=whole("grade", "grade of the side on which the value is abnormal", "异常方向的分级"),
        components=_SIDES,
        source="CTCAE v5.0, NCI, 27 November 2017; v6.0, NCI, 22 July 2025 with errata of 20 January 2026",
        derive=_score_laboratory,
    ),
    Measure(
        key="unit_conversion",
        title=Text("a laboratory value in another unit", "检验值单位换算"),
        row=Text("one value of one analyte", "一个检测项目的一个值"),
        columns=(
            make_choice("analyte", Text("analyte", "检测项目"), UNITS, example="hemoglobin"),
            Column(
                name="value",
                kind="decimal",
                description=Text("the value", "检验值"),
                is_required=True,
                example="9.8",
            ),
            _make_unit("unit", Text("its unit", "单位"), "g/dL", is_required=True),
            _make_unit(
                "to_unit",
                Text(
                    "the unit asked for; blank is the unit of the CTCAE limits",
                    "目标单位；空白为CTCAE界值的单位",
                ),
                "",
                is_required=False,
            ),
        ),
        value=decimal("value", "the value in that unit", "换算值"),
        components=(
            word("unit", "that unit", "目标单位"),
            yes_no("is_exact", "the decimal is exact", "小数为精确值"),
            word("exact", "the same as an exact fraction", "精确分数"),
        ),
        source="customary factors of clinical chemistry; the SI prefixes, katal and litre are exact",
        derive=_score_conversion,
    ),
)

"""Laboratory values in the unit of the CTCAE limits."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstdose.derive.safety.ctcae_laboratory import LaboratoryGrade, grade_laboratory_value
from firstdose.derive.safety.ctcae_limits import LABORATORY_TERMS
from firstdose.derive.safety.unit_conversion import Converted, convert_exactly, convert_for_grading
from firstdose.derive.safety.unit_factors import SPELLINGS, UNITS
from firstdose.terms.outcomes import NotDerived


def _converted(analyte: str, value: str, unit: str) -> Decimal:
    found = convert_for_grading(analyte, Decimal(value), unit=unit)
    assert isinstance(found, Converted)
    return found.value


# fmt: off
CONVERSIONS = {
    # analyte                value     unit                 in the unit of the limits
    # --- one unit of each customary factor
    "creatinine":            ("creatinine", "1", "mg/dL", "88.42"),
    "bilirubin":             ("bilirubin", "1", "mg/dL", "17.104"),
    "haemoglobin":           ("hemoglobin", "8.0", "g/dL", "80"),
    "haemoglobin, molar":    ("hemoglobin", "1", "mmol/L", "16.114"),
    "glucose":               ("glucose", "18.016", "mg/dL", "1"),
    "calcium":               ("corrected_calcium", "1", "mg/dL", "0.2495"),
    "magnesium":             ("magnesium", "1", "mg/dL", "0.4114"),
    "urea":                  ("urea", "1", "mg/dL urea nitrogen", "0.357"),
    "urate":                 ("urate", "1", "mg/dL", "59.48"),
    "cholesterol":           ("cholesterol", "38.67", "mg/dL", "1"),
    "triglycerides":         ("triglycerides", "88.57", "mg/dL", "1"),
    "fibrinogen":            ("fibrinogen", "150", "mg/dL", "1.5"),
    "C3":                    ("c3", "90", "mg/dL", "0.9"),
    "IgE":                   ("ige", "1", "IU/mL", "2.4"),
    "UPCR":                  ("urine_protein_creatinine_ratio", "113.12", "mg/mmol", "1"),
    "neutrophils":           ("neutrophils", "1450", "cells/mm3", "1.45"),
    "fever":                 ("body_temperature", "100.4", "°F", "38"),
    # --- charges, enzyme units and minutes
    "sodium":                ("sodium", "130", "mEq/L", "130"),
    "calcium, equivalents":  ("ionised_calcium", "2", "mEq/L", "1"),
    "katal":                 ("alt", "0.5", "µkat/L", "30"),
    "clearance":             ("creatinine_clearance", "0.5", "mL/s", "30"),
    # --- the unit itself, and other spellings of it
    "the unit itself":       ("creatinine", "159.156", "umol/L", "159.156"),
    "a Greek letter":        ("creatinine", "90", "μmol/L", "90"),
    "a UCUM count":          ("platelets", "25", "10*9/L", "25"),
}
# fmt: on


@pytest.mark.parametrize(("analyte", "value", "unit", "expected"), CONVERSIONS.values(), ids=CONVERSIONS)
def test_a_value_in_the_unit_of_the_limits(analyte: str, value: str, unit: str, expected: str) -> None:
    assert _converted(analyte, value, unit) == Decimal(expected)


# fmt: off
UNKNOWN = {
    "case matters":                ("creatinine", "MG/DL", "unknown_unit"),
    "no unit":                     ("creatinine", "", "unknown_unit"),
    "unit of another analyte":     ("inr", "mg/dL", "unknown_unit"),
    "urea nitrogen is not urea":   ("urea", "mg/dL", "unknown_unit"),
    "an analyte without units":    ("ferritin", "ug/L", "unknown_analyte"),
}
# fmt: on


@pytest.mark.parametrize(("analyte", "unit", "reason"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_unit_is_never_converted_silently(analyte: str, unit: str, reason: str) -> None:
    found = convert_for_grading(analyte, Decimal(1), unit=unit)
    assert isinstance(found, NotDerived)
    assert found.reason == reason


def test_a_value_that_is_no_number_is_not_converted() -> None:
    found = convert_for_grading("creatinine", Decimal("NaN"), unit="mg/dL")
    assert isinstance(found, NotDerived)
    assert found.reason == "not_a_number"


# fmt: off
CREATININE = {
    # --- 1.5 times the upper limit is the top of grade 1, however it is written
    "exactly 1.5 x ULN":  ("1.8", 1),
    "a hair above":       ("1.8000001", 2),
    "at the limit":       ("1.2", 0),
    "above the limit":    ("1.21", 1),
    "exactly 3 x ULN":    ("3.6", 2),
    "above 3 x ULN":      ("3.61", 3),
}
# fmt: on


@pytest.mark.parametrize(("value", "grade"), CREATININE.values(), ids=CREATININE)
@pytest.mark.parametrize("is_converted", [False, True])
def test_creatinine_has_the_same_grade_before_and_after_conversion(
    value: str, grade: int, *, is_converted: bool
) -> None:
    measured, uln = Decimal(value), Decimal("1.2")
    if is_converted:
        measured, uln = (_converted("creatinine", str(one), "mg/dL") for one in (measured, uln))
    (found,) = grade_laboratory_value(
        "creatinine", measured, version="6.0", lln=None, uln=uln, baseline=None, baseline_lln=None
    )
    assert isinstance(found, LaboratoryGrade)
    assert found.grade.value == grade


def test_haemoglobin_in_millimoles_is_graded_on_the_limits_in_grams() -> None:
    # the printed limit of 4.9 mmol/L would call 4.95 mmol/L grade 2; in grams it is below 80 g/L
    value = _converted("hemoglobin", "4.95", "mmol/L")
    low = grade_laboratory_value(
        "hemoglobin", value, version="5.0", lln=Decimal(115), uln=Decimal(150), baseline=None
    )[0]
    assert isinstance(low, LaboratoryGrade)
    assert low.grade.value == 3


def test_every_graded_analyte_has_its_unit_here() -> None:
    assert {limits.analyte for limits in LABORATORY_TERMS} <= set(UNITS)
    for limits in LABORATORY_TERMS:
        assert UNITS[limits.analyte].unit == limits.unit, limits.analyte


def test_every_spelling_leads_to_a_unit_that_is_used() -> None:
    used = {unit for units in UNITS.values() for unit in units.factors}
    assert set(SPELLINGS.values()) <= used
    assert not set(SPELLINGS) & used


def test_where_multiples_of_a_limit_are_graded_the_conversion_is_exact() -> None:
    for limits in LABORATORY_TERMS:
        multiples = {
            bound.multiple
            for criterion in limits.criteria
            for bound in criterion.bounds
            if bound.reference != "absolute"
        }
        if multiples <= {Decimal(1)}:
            continue
        for unit in UNITS[limits.analyte].factors:
            found = convert_for_grading(limits.analyte, Decimal("1.23"), unit=unit)
            assert isinstance(found, Converted)
            assert found.is_exact, (limits.analyte, unit)


def test_a_decimal_without_an_end_says_so() -> None:
    found = convert_for_grading("glucose", Decimal(1), unit="mg/dL")
    assert isinstance(found, Converted)
    assert not found.is_exact
    assert abs(Fraction(found.value) - 1 / Fraction("18.016")) < Fraction(1, 10**27)


_PAIRS = [
    (analyte, one, other)
    for analyte, units in UNITS.items()
    for one in units.factors
    for other in units.factors
]


@given(st.sampled_from(_PAIRS), st.decimals("-1000", "1000", places=4))
def test_there_and_back_is_the_same_number(pair: tuple[str, str, str], value: Decimal) -> None:
    analyte, one, other = pair
    there = convert_exactly(analyte, value, unit=one, to_unit=other)
    assert isinstance(there, Fraction)
    units = UNITS[analyte].factors
    in_own_unit = (there + units[other].shift) * units[other].factor
    assert in_own_unit / units[one].factor - units[one].shift == Fraction(value)


@given(
    st.decimals("0.01", "50", places=2),
    st.decimals("0.01", "5", places=2),
    st.sampled_from(["1.5", "3", "6"]),
)
def test_a_value_stays_on_its_side_of_a_multiple(value: Decimal, uln: Decimal, multiple: str) -> None:
    before = (value > Decimal(multiple) * uln, value == Decimal(multiple) * uln)
    value, uln = (_converted("creatinine", str(one), "mg/dL") for one in (value, uln))
    assert (value > Decimal(multiple) * uln, value == Decimal(multiple) * uln) == before

"""CTCAE grades of laboratory values, on each side of each kind of limit, and a second implementation."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import ctcae_bands

from firstdose.derive.safety.ctcae_laboratory import (
    LaboratoryGrade,
    NotGradable,
    compute_corrected_calcium,
    grade_laboratory_value,
    raise_by_clinical_criterion,
)
from firstdose.derive.safety.ctcae_limits import LABORATORY_TERMS, Direction, Version, parse_bound


def _grades(
    analyte: str, version: Version, value: str, limits: tuple[str | None, ...], **flags: bool | None
) -> dict[str, LaboratoryGrade | NotGradable]:
    """Grades by direction; ``limits`` are LLN, ULN and baseline."""
    lln, uln, baseline = (None if one is None else Decimal(one) for one in limits)
    grades = grade_laboratory_value(
        analyte,
        Decimal(value),
        version=version,
        lln=lln,
        uln=uln,
        baseline=baseline,
        on_anticoagulation=flags.get("on_anticoagulation"),
        symptomatic=flags.get("symptomatic"),
        intervention=flags.get("intervention"),
        fasting=flags.get("fasting"),
    )
    return {one.direction or "": one for one in grades}


def _read(graded: LaboratoryGrade | NotGradable) -> int | str:
    return graded.reason if isinstance(graded, NotGradable) else graded.grade.value


HB = ("120", "160", "130")
ANC = ("1.8", "6.3", "3.0")
LFT = ("5", "40", "30")
HIGH_LFT = ("5", "40", "60")
BILI = ("0", "20", "10")
HIGH_BILI = ("0", "20", "30")
FIB = ("2.0", "4.0", "3.0")
LOW_FIB = ("2.0", "4.0", "1.6")
K = ("3.5", "5.0", "4.0")
NA = ("135", "145", "140")
# fmt: off
ROWS: list[tuple[str, str, Version, str, tuple[str | None, ...], dict[str, bool | None], int | str]] = [
    # --- hemoglobin: the boundary belongs to the lower grade
    ("hemoglobin", "low", "5.0", "120", HB, {}, 0),
    ("hemoglobin", "low", "5.0", "119", HB, {}, 1),
    ("hemoglobin", "low", "5.0", "100", HB, {}, 1),
    ("hemoglobin", "low", "5.0", "99", HB, {}, 2),
    ("hemoglobin", "low", "5.0", "80", HB, {}, 2),
    ("hemoglobin", "low", "5.0", "79", HB, {}, 3),
    ("hemoglobin", "high", "5.0", "160", HB, {}, 0),
    ("hemoglobin", "high", "5.0", "180", HB, {}, 1),
    ("hemoglobin", "high", "5.0", "181", HB, {}, 2),
    ("hemoglobin", "high", "6.0", "201", HB, {}, 3),
    # --- neutrophils: v6.0 lies one grade lower; absolute limits apply though the laboratory's own is lower
    ("neutrophils", "low", "5.0", "1.79", ANC, {}, 1),
    ("neutrophils", "low", "5.0", "1.5", ANC, {}, 1),
    ("neutrophils", "low", "5.0", "1.45", ("1.40", "6.3", "3.0"), {}, 2),
    ("neutrophils", "low", "5.0", "1.0", ANC, {}, 2),
    ("neutrophils", "low", "5.0", "0.99", ANC, {}, 3),
    ("neutrophils", "low", "5.0", "0.5", ANC, {}, 3),
    ("neutrophils", "low", "5.0", "0.49", ANC, {}, 4),
    ("neutrophils", "low", "6.0", "1.5", ANC, {}, 0),
    ("neutrophils", "low", "6.0", "0.49", ANC, {}, 3),
    ("neutrophils", "low", "6.0", "0.1", ANC, {}, 3),
    ("neutrophils", "low", "6.0", "0.09", ANC, {}, 4),
    # --- lymphocytes after lymphodepletion: grade 4 in v5.0, "present" in v6.0
    ("lymphocytes", "low", "5.0", "0.1", ("1.1", "3.2", "1.5"), {}, 4),
    ("lymphocytes", "low", "6.0", "0.1", ("1.1", "3.2", "1.5"), {}, 1),
    ("lymphocytes", "high", "5.0", "4.0", ("1.1", "3.2", "1.5"), {}, 0),
    ("lymphocytes", "high", "5.0", "4.1", ("1.1", "3.2", "1.5"), {}, 2),
    ("platelets", "low", "5.0", "24", ("125", "350", "200"), {}, 4),
    ("platelets", "low", "6.0", "24", ("125", "350", "200"), {}, 3),
    ("platelets", "low", "6.0", "9", ("125", "350", "200"), {}, 4),
    ("white_cells", "high", "5.0", "100", ("3.5", "9.5", "5"), {}, 0),
    ("white_cells", "high", "5.0", "101", ("3.5", "9.5", "5"), {}, 3),
    # --- creatinine: 1.8 mg/dL is exactly 1.5 times 1.2
    ("creatinine", "high", "5.0", "1.8", ("0.5", "1.2", "1.2"), {}, 1),
    ("creatinine", "high", "5.0", "1.81", ("0.5", "1.2", "1.3"), {}, 2),
    ("creatinine", "high", "5.0", "1.1", ("0.5", "1.2", "0.7"), {}, 2),  # inside normal
    ("creatinine", "high", "6.0", "1.1", ("0.5", "1.2", "0.7"), {}, 0),
    ("creatinine", "high", "6.0", "1.1", ("0.5", "1.2", "0.4"), {}, 2),  # baseline below normal
    ("creatinine", "high", "5.0", "7.2", ("0.5", "1.2", "5"), {}, 3),
    ("creatinine", "high", "5.0", "7.3", ("0.5", "1.2", "5"), {}, 4),
    # --- liver: multiples of the limit, or of a baseline that was above it
    ("alt", "high", "5.0", "40", LFT, {}, 0),
    ("alt", "high", "5.0", "120", LFT, {}, 1),
    ("alt", "high", "5.0", "121", LFT, {}, 2),
    ("alt", "high", "5.0", "801", LFT, {}, 4),
    ("alt", "high", "5.0", "60", HIGH_LFT, {}, 0),
    ("alt", "high", "6.0", "60", HIGH_LFT, {}, 1),
    ("alt", "high", "5.0", "89", HIGH_LFT, {}, 0),
    ("alt", "high", "5.0", "90", HIGH_LFT, {}, 1),
    ("ast", "high", "6.0", "121", HIGH_LFT, {}, 3),
    ("ast", "high", "6.0", "1000", ("5", "40", "240"), {}, 4),
    ("ast", "high", "6.0", "900", ("5", "40", "240"), {}, 3),             # baseline above 5 times the limit
    ("alkaline_phosphatase", "high", "5.0", "119", HIGH_LFT, {}, 0),
    ("alkaline_phosphatase", "high", "5.0", "120", HIGH_LFT, {}, 1),
    ("alkaline_phosphatase", "high", "6.0", "60", HIGH_LFT, {}, 0),
    ("alkaline_phosphatase", "high", "6.0", "61", HIGH_LFT, {}, 1),
    ("ggt", "high", "6.0", "60", HIGH_LFT, {}, 1),
    ("ggt", "high", "6.0", "601", HIGH_LFT, {}, 4),
    ("bilirubin", "high", "5.0", "20", BILI, {}, 0),
    ("bilirubin", "high", "5.0", "30", BILI, {}, 1),
    ("bilirubin", "high", "5.0", "31", BILI, {}, 2),
    ("bilirubin", "high", "5.0", "61", BILI, {}, 3),
    ("bilirubin", "high", "5.0", "201", BILI, {}, 4),
    ("bilirubin", "high", "5.0", "30", HIGH_BILI, {}, 0),
    ("bilirubin", "high", "6.0", "30", HIGH_BILI, {}, 1),
    ("bilirubin", "high", "5.0", "76", HIGH_BILI, {}, 2),
    ("bilirubin", "high", "6.0", "76", HIGH_BILI, {}, 3),
    # --- coagulation: multiples of baseline only under anticoagulation
    ("inr", "high", "5.0", "1.2", ("0.8", "1.2", "1.0"), {}, 0),
    ("inr", "high", "5.0", "1.3", ("0.8", "1.2", "1.0"), {}, 1),
    ("inr", "high", "5.0", "1.1", ("0.8", "1.2", "1.0"), {"on_anticoagulation": True}, 1),
    ("inr", "high", "5.0", "1.1", ("0.8", "1.2", "1.0"), {"on_anticoagulation": False}, 0),
    ("fibrinogen", "low", "5.0", "1.5", FIB, {}, 1),
    ("fibrinogen", "low", "5.0", "1.49", FIB, {}, 2),
    ("fibrinogen", "low", "5.0", "0.49", FIB, {}, 4),
    ("fibrinogen", "low", "5.0", "1.6", LOW_FIB, {}, 0),
    ("fibrinogen", "low", "5.0", "1.21", LOW_FIB, {}, 1),
    ("fibrinogen", "low", "5.0", "1.2", LOW_FIB, {}, 2),
    ("fibrinogen", "low", "5.0", "0.8", LOW_FIB, {}, 3),
    ("fibrinogen", "low", "5.0", "0.5", ("2.0", "4.0", "1.9"), {}, 3),
    ("fibrinogen", "low", "5.0", "0.49", ("2.0", "4.0", "0.6"), {}, 4),
    # --- symptoms decide; unknown gives the higher grade
    ("potassium", "low", "5.0", "3.4", K, {"symptomatic": False, "intervention": False}, 1),
    ("potassium", "low", "5.0", "3.4", K, {"symptomatic": False, "intervention": True}, 2),
    ("potassium", "low", "5.0", "3.4", K, {}, 2),
    ("potassium", "low", "5.0", "2.9", K, {"symptomatic": False, "intervention": False}, 3),
    ("potassium", "low", "5.0", "2.4", K, {}, 4),
    ("potassium", "high", "5.0", "5.5", K, {}, 1),
    ("potassium", "high", "5.0", "5.6", K, {}, 2),
    ("sodium", "low", "5.0", "130", NA, {"symptomatic": False}, 1),
    ("sodium", "low", "5.0", "129.5", NA, {"symptomatic": False}, 2),
    ("sodium", "low", "5.0", "129.5", NA, {"symptomatic": True}, 3),
    ("sodium", "low", "6.0", "124.9", NA, {"symptomatic": False}, 3),
    ("sodium", "low", "6.0", "119", NA, {"symptomatic": False}, 4),
    ("lipase", "high", "5.0", "150", ("10", "60", "30"), {"symptomatic": True}, 3),
    ("lipase", "high", "6.0", "150", ("10", "60", "30"), {"symptomatic": True}, 2),
    ("lipase", "high", "5.0", "301", ("10", "60", "30"), {"symptomatic": False}, 3),
    ("lipase", "high", "5.0", "301", ("10", "60", "30"), {"symptomatic": True}, 4),
    ("urate", "high", "5.0", "421", ("200", "420", "300"), {"symptomatic": False}, 1),
    ("urate", "high", "5.0", "421", ("200", "420", "300"), {}, 3),
    # --- other ladders
    ("magnesium", "high", "5.0", "1.23", ("0.7", "1.1", "0.9"), {}, 1),
    ("magnesium", "high", "5.0", "1.24", ("0.7", "1.1", "0.9"), {}, 3),
    ("triglycerides", "high", "5.0", "1.71", (None, "1.7", None), {}, 1),
    ("triglycerides", "high", "5.0", "1.70", (None, "1.7", None), {}, 0),
    ("urine_protein", "high", "5.0", "0.15", (None, "0.15", None), {}, 1),
    ("urine_protein", "high", "5.0", "1.0", (None, "0.15", None), {}, 2),
    ("urine_protein", "high", "6.0", "3.5", (None, "0.15", None), {}, 3),
    ("eosinophils", "high", "5.0", "0.6", ("0", "0.5", "0.7"), {}, 0),
    ("eosinophils", "high", "5.0", "0.8", ("0", "0.5", "0.7"), {}, 1),
    ("creatinine_clearance", "low", "6.0", "49.5", (None, None, None), {}, 0),
    ("creatinine_clearance", "low", "6.0", "49.4", (None, None, None), {}, 2),
    ("creatinine_clearance", "low", "6.0", "25", (None, None, None), {}, 3),
    ("glucose", "high", "6.0", "8.0", ("3.9", "6.1", "5"), {"fasting": True}, 1),
    ("glucose", "high", "6.0", "14.0", ("3.9", "6.1", "5"), {"fasting": False}, 3),
    # --- not gradable is not grade 0
    ("neutrophils", "low", "5.0", "1.7", (None, None, None), {}, "no_lln"),
    ("neutrophils", "low", "5.0", "1.4", (None, None, None), {}, 2),
    ("alt", "high", "5.0", "90", (None, None, "30"), {}, "no_uln"),
    ("eosinophils", "high", "5.0", "0.8", ("0", "0.5", None), {}, "no_baseline"),
    ("eosinophils", "high", "5.0", "0.4", ("0", "0.5", None), {}, 0),
    ("fibrinogen", "low", "5.0", "0.4", (None, None, None), {}, 4),
    ("fibrinogen", "low", "5.0", "0.6", (None, None, None), {}, "no_lln"),
    ("creatinine", "high", "6.0", "1.1", (None, "1.2", "0.4"), {}, "no_lln"),
    ("creatinine", "high", "5.0", "1.1", ("0.5", "1.2", None), {}, 0),
    ("phosphate", "low", "5.0", "0.3", ("0.8", "1.5", "1"), {}, "clinical_only"),
    ("glucose", "high", "5.0", "30", ("3.9", "6.1", "5"), {}, "clinical_only"),
    ("glucose", "high", "6.0", "8.0", ("3.9", "6.1", "5"), {}, "fasting_unknown"),
    ("glucose", "high", "6.0", "8.0", ("3.9", "6.1", "5"), {"fasting": False}, "not_fasting"),
    ("glucose", "high", "6.0", "6.0", ("3.9", "6.1", "5"), {"fasting": False}, 0),
    ("creatinine_clearance", "low", "6.0", "10", (None, None, None), {}, 3),
    ("creatinine_clearance", "low", "6.0", "9.5", (None, None, None), {}, 3),
    ("creatinine_clearance", "low", "6.0", "9.4", (None, None, None), {}, "report_kidney_term"),
]
# fmt: on


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(map(str, row[:-1])))
def test_a_value_has_the_grade_of_the_table(
    row: tuple[str, str, Version, str, tuple[str | None, ...], dict[str, bool | None], int | str],
) -> None:
    analyte, direction, version, value, limits, flags, expected = row
    assert _read(_grades(analyte, version, value, limits, **flags)[direction]) == expected


@pytest.mark.parametrize(
    ("analyte", "version", "reason"),
    [
        ("ferritin", "5.0", "not_in_ctcae"),
        ("igg", "6.0", "not_in_ctcae"),
        ("creatine_kinase", "6.0", "not_in_version"),
        ("creatinine_clearance", "5.0", "not_in_version"),
        ("unheard_of", "5.0", "unknown_analyte"),
    ],
)
def test_an_analyte_without_a_term_is_not_gradable(analyte: str, version: Version, reason: str) -> None:
    (graded,) = _grades(analyte, version, "1", (None, None, None)).values()
    assert _read(graded) == reason


def test_what_was_assumed_is_flagged_and_the_criterion_is_shown() -> None:
    assumed = _grades("potassium", "5.0", "3.4", K)["low"]
    assert isinstance(assumed, LaboratoryGrade)
    assert assumed.flags == ("assumed_symptomatic",)
    no_baseline = _grades("alt", "5.0", "130", ("5", "40", None))["high"]
    assert isinstance(no_baseline, LaboratoryGrade)
    assert (no_baseline.grade.value, no_baseline.flags) == (2, ("baseline_missing",))
    creatinine = _grades("creatinine", "5.0", "1.3", ("0.5", "1.2", None))["high"]
    assert isinstance(creatinine, LaboratoryGrade)
    assert (creatinine.grade.value, creatinine.flags) == (1, ("baseline_missing",))
    anemia = _grades("hemoglobin", "5.0", "79", ("120", "160", None))["low"]
    assert isinstance(anemia, LaboratoryGrade)
    assert anemia.flags == ()
    below_absolute = _grades("neutrophils", "5.0", "1.4", (None, None, None))["low"]
    assert isinstance(below_absolute, LaboratoryGrade)
    assert below_absolute.flags == ()
    no_limit = _grades("creatinine", "6.0", "1.3", (None, "1.2", "0.4"))["high"]
    assert isinstance(no_limit, LaboratoryGrade)
    assert (no_limit.grade.value, no_limit.flags) == (1, ("limit_missing",))
    inside_normal = _grades("creatinine", "5.0", "1.1", ("0.5", "1.2", "0.7"))["high"]
    assert isinstance(inside_normal, LaboratoryGrade)
    assert inside_normal.criterion.en == "> 1.5 × baseline"
    assert inside_normal.criterion.zh == "> 1.5 × 基线值"


def test_a_clinical_criterion_only_raises_and_the_grade_by_the_value_stays() -> None:
    graded = _grades("hemoglobin", "5.0", "79", HB)["low"]
    assert isinstance(graded, LaboratoryGrade)
    raised = raise_by_clinical_criterion(graded, 4)
    assert (raised.grade.value, raised.final_grade.value) == (3, 4)
    assert raise_by_clinical_criterion(graded, 2).final_grade.value == 3


def test_the_baseline_is_judged_by_the_limits_of_its_own_laboratory() -> None:
    (graded,) = grade_laboratory_value(
        "alt",
        Decimal(100),
        version="5.0",
        lln=None,
        uln=Decimal(70),
        baseline=Decimal(60),
        baseline_uln=Decimal(40),
    )
    assert isinstance(graded, LaboratoryGrade)
    assert graded.criterion.en == "≥ 1.5 × baseline, baseline above ULN"


def test_calcium_is_corrected_for_albumin() -> None:
    assert compute_corrected_calcium(Decimal("2.10"), Decimal(40)) == Decimal("2.10")
    assert compute_corrected_calcium(Decimal("2.10"), Decimal(25)) == Decimal("2.40")


@pytest.mark.parametrize("written", ["", "1.5", "<", ">x", "=>3"])
def test_a_bound_that_cannot_be_read_is_a_mistake(written: str) -> None:
    with pytest.raises(ValueError, match="not a bound"):
        parse_bound(written)


GRADED = sorted(
    {
        (limits.analyte, limits.direction, version)
        for limits in LABORATORY_TERMS
        for version in limits.versions
        if limits.criteria
    }
)
BESIDE = (Decimal(0), Decimal("0.001"), Decimal("-0.001"))
# Limits of normal beyond every absolute limit, so that each printed band is there; baselines inside, below
# and above them.
NORMAL = {"low": ("200", "300"), "high": ("0.5", "1")}
BASELINES = {"low": ("250", "100", "350"), "high": ("0.75", "0.25", "1.5", "8")}


def _compare_with_double(
    term: tuple[str, Direction, Version],
    value: Decimal,
    limits: tuple[Decimal, Decimal, Decimal],
    *,
    flag: bool,
) -> None:
    analyte, direction, version = term
    lln, uln, baseline = limits
    graded = {
        one.direction: one
        for one in grade_laboratory_value(
            analyte,
            value,
            version=version,
            lln=lln,
            uln=uln,
            baseline=baseline,
            symptomatic=flag,
            intervention=False,
            fasting=True,
            on_anticoagulation=flag,
        )
    }[direction]
    if analyte == "creatinine_clearance" and value < Decimal("9.5"):
        assert isinstance(graded, NotGradable)
        return
    expected = ctcae_bands.grade(
        analyte,
        direction,
        version,
        value,
        lln=lln,
        uln=uln,
        baseline=baseline,
        symptomatic=flag,
        anticoagulated=flag,
    )
    assert _read(graded) == expected, (value, limits, flag)


@pytest.mark.parametrize("term", GRADED, ids=" ".join)
def test_on_and_beside_every_limit_the_grade_agrees_with_the_second_implementation(
    term: tuple[str, Direction, Version],
) -> None:
    analyte, direction, version = term
    bounds = [
        bound
        for limits in LABORATORY_TERMS
        if (limits.analyte, limits.direction) == (analyte, direction) and version in limits.versions
        for criterion in limits.criteria
        for bound in criterion.bounds
    ]
    lln, uln = map(Decimal, NORMAL[direction])
    for baseline, bound, beside in product(map(Decimal, BASELINES[direction]), bounds, BESIDE):
        of = {"absolute": Decimal(1), "lln": lln, "uln": uln, "baseline": baseline}[bound.reference]
        value = bound.multiple * of + bound.offset + beside
        for flag in (True, False):
            _compare_with_double(term, value, (lln, uln, baseline), flag=flag)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(GRADED),
    st.decimals("0.01", 400, places=2),
    st.tuples(*(st.decimals("0.1", 200, places=2) for _ in range(3))),
    st.booleans(),
)
def test_anywhere_the_grade_agrees_with_the_second_implementation(
    term: tuple[str, Direction, Version],
    value: Decimal,
    numbers: tuple[Decimal, Decimal, Decimal],
    flag: bool,  # noqa: FBT001 - drawn
) -> None:
    lln, uln = sorted(numbers[:2])
    _compare_with_double(term, value, (lln, uln, numbers[2]), flag=flag)

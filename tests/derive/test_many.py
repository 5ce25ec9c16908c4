"""Grades, remission and low disease activity of whole columns: what one value or assessment says, row by row."""

import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firstdose.derive.exact_columns import FITS, MISSING, TRUE, UNREADABLE, read_answers, read_numbers
from firstdose.derive.response.attained_many import derive_doris_many, derive_lldas_many
from firstdose.derive.response.component_columns import judge_pga, judge_prednisone
from firstdose.derive.response.doris import derive_doris
from firstdose.derive.response.glucocorticoids import PREDNISONE_MG_PER_MG, compute_prednisone_mg
from firstdose.derive.response.lldas import (
    ActivityOutsideSledai,
    FlareIndex,
    NewFeatureRule,
    derive_lldas,
)
from firstdose.derive.response.of_forms import FINDINGS
from firstdose.derive.response.sledai import DESCRIPTOR_BY_KEY, DescriptorFinding, Sledai, derive_sledai
from firstdose.derive.safety.ctcae_integers import MULTIPLE_SCALE, compile_terms
from firstdose.derive.safety.ctcae_laboratory import LaboratoryGrade, grade_laboratory_value
from firstdose.derive.safety.ctcae_limits import LABORATORY_TERMS, NOT_IN_CTCAE
from firstdose.derive.safety.ctcae_many import grade_many
from firstdose.terms.measures import read_decimal
from firstdose.terms.outcomes import NotDerived

Row = dict[str, Any]
NUMBERS = ("value", "lln", "uln", "baseline", "baseline_lln", "baseline_uln")
ANSWERS = ("on_anticoagulation", "symptomatic", "intervention", "fasting")
FLAGS = ("assumed_symptomatic", "baseline_missing", "limit_missing")
UNIT = {limits.analyte: limits.unit for limits in LABORATORY_TERMS}


def _columns(rows: Sequence[Row]) -> Row:
    return {name: [row.get(name) for row in rows] for name in ("analyte", "version", *NUMBERS, *ANSWERS)}


def _one_by_one(rows: Sequence[Row]) -> list[tuple[object, ...]]:
    """What the scalar path says of each row, as the frame says it."""
    found: list[tuple[object, ...]] = []
    for place, row in enumerate(rows):
        numbers = {name: None if row.get(name) is None else Decimal(row[name]) for name in NUMBERS}
        asked: Row = {"lln": None, "uln": None, "baseline": None} | row | numbers
        for one in grade_laboratory_value(**asked):
            term = None if one.term is None else one.term.en
            if isinstance(one, LaboratoryGrade):
                criterion = None if one.criterion.en == "no criterion met" else one.criterion.en
                flags = [flag in one.flags for flag in FLAGS]
                found.append((place, term, one.direction, one.grade.value, None, criterion, *flags))
            else:
                found.append((place, term, one.direction, None, one.reason, None, False, False, False))
    return found


def _at_once(rows: Sequence[Row]) -> list[tuple[object, ...]]:
    return grade_many(**_columns(rows)).drop("analyte", "version").rows()


# fmt: off
GRADES: list[tuple[Row, int | str]] = [
    # --- creatinine: 1.8 mg/dL is exactly 1.5 times 1.2, in any unit
    ({"analyte": "creatinine", "value": "1.8", "lln": "0.5", "uln": "1.2", "baseline": "1.2", "unit": "mg/dL"}, 1),
    ({"analyte": "creatinine", "value": "1.80000001", "uln": "1.2", "baseline": "1.3", "unit": "mg/dL"}, 2),
    ({"analyte": "creatinine", "value": "1.800000001", "uln": "1.2", "baseline": "1.3", "unit": "mg/dL"}, 2),  # one by one
    # --- platelets: the limit itself is normal
    ({"analyte": "platelets", "value": "100", "lln": "100"}, 0),
    ({"analyte": "platelets", "value": "99.99999999", "lln": "100"}, 1),
    ({"analyte": "platelets", "value": "75", "lln": "100"}, 1),
    ({"analyte": "platelets", "value": "74.99999999", "lln": "100"}, 2),
    ({"analyte": "platelets", "value": "24.9", "lln": "100", "version": "6.0"}, 3),
    # --- an absolute limit stands in its own unit, a multiple in any
    ({"analyte": "platelets", "value": "74", "lln": "100", "unit": "10^9/L"}, 2),
    ({"analyte": "platelets", "value": "74", "lln": "100", "unit": ""}, 2),
    ({"analyte": "platelets", "value": "74000", "lln": "100000", "unit": "/uL"}, "unit_differs"),
    ({"analyte": "platelets", "value": "74000", "lln": "100000", "unit": "g/L"}, "unit_differs"),
    ({"analyte": "phosphate", "value": "1", "unit": "mg/dL"}, "clinical_only"),
    # --- what is not there or no number is not grade 0
    ({"analyte": "platelets", "value": None, "lln": "100"}, "value_missing"),
    ({"analyte": "platelets", "value": " ", "lln": "100"}, "value_missing"),
    ({"analyte": "platelets", "value": "<5", "lln": "100"}, "not_a_number"),
    ({"analyte": "platelets", "value": "nan", "lln": "100"}, "not_a_number"),
    ({"analyte": "platelets", "value": "80", "lln": None}, "no_lln"),
    ({"analyte": "platelets", "value": "80", "lln": "n/a"}, "reference_not_a_number"),
    ({"analyte": "platelets", "value": "120", "lln": "100", "uln": "n/a"}, 0),  # a limit that no criterion looks at
    ({"analyte": "alt", "value": "41", "uln": "40", "baseline": "x"}, "reference_not_a_number"),
    ({"analyte": "alt", "value": "41", "uln": "40", "baseline": "39", "baseline_uln": "x"}, "reference_not_a_number"),
    # --- what a criterion waits for
    ({"analyte": "glucose", "value": "8", "version": "6.0", "fasting": False}, "not_fasting"),
    ({"analyte": "glucose", "value": "8", "version": "6.0", "fasting": True}, "no_uln"),
    ({"analyte": "glucose", "value": "8", "version": "6.0", "uln": "6.1"}, "fasting_unknown"),
    ({"analyte": "creatinine", "value": "1.1", "version": "6.0", "uln": "1.2", "baseline": "0.4"}, "no_lln"),
    ({"analyte": "eosinophils", "value": "0.8", "uln": "0.5"}, "no_baseline"),
    # --- no term
    ({"analyte": "ferritin", "value": "900"}, "not_in_ctcae"),
    ({"analyte": "ferritin", "value": None, "version": None}, "not_in_ctcae"),
    ({"analyte": "creatine_kinase", "value": "900", "version": "6.0"}, "not_in_version"),
    ({"analyte": "unheard_of", "value": "1"}, "unknown_analyte"),
    ({"analyte": None, "value": "1"}, "unknown_analyte"),
    ({"analyte": "alt", "value": "1", "version": "4.03"}, "unknown_version"),
    ({"analyte": "alt", "value": "1", "version": None}, "unknown_version"),
    # --- written otherwise
    ({"analyte": "platelets", "value": " 7.4E+1 ", "lln": "1E2"}, 2),
    ({"analyte": "platelets", "value": "075.000000000000", "lln": "+100."}, 1),
    ({"analyte": "platelets", "value": "1E-9999999", "lln": "100"}, 4),
    ({"analyte": "creatinine_clearance", "value": "1E+40", "version": "6.0"}, 0),
    ({"analyte": "alt", "value": "5", "uln": "9E+999999"}, "out_of_range"),
]
# fmt: on


@pytest.mark.parametrize(("row", "expected"), GRADES, ids=str)
def test_a_value_in_a_column_has_its_grade_or_the_reason_why_not(row: Row, expected: int | str) -> None:
    asked = {"version": "5.0"} | row
    columns: Row = {name: [one] for name, one in asked.items()}
    found = grade_many(**columns).row(-1, named=True)  # glucose and phosphate: high
    assert (found["grade"] if found["reason"] is None else found["reason"]) == expected
    if found["reason"] is not None:
        assert [found[name] for name in ("grade", "criterion", *FLAGS)] == [None, None, False, False, False]


def test_columns_that_mix_all_of_these_give_each_its_own() -> None:
    rows = [{"version": "5.0"} | row for row, _ in GRADES]
    columns = _columns(rows) | {"unit": [row.get("unit") for row in rows]}
    frame = grade_many(**columns).unique("row", keep="last", maintain_order=True)
    found = [one["grade"] if one["reason"] is None else one["reason"] for one in frame.iter_rows(named=True)]
    assert found == [expected for _, expected in GRADES]


def _list_limits() -> list[Row]:
    """Every bound of every criterion exactly, and one unit to each side, with baselines on each side of normal."""
    rows: list[Row] = []
    for limits in LABORATORY_TERMS:
        bounds = {bound for criterion in limits.criteria for bound in criterion.bounds}
        lln, uln = ("200", "300") if limits.direction == "low" else ("0.5", "1")
        for bound, version, baseline, beside, flag in product(
            sorted(bounds, key=str),
            limits.versions,
            (None, "0.25", "0.75", "1.5", "100", "250"),
            ("0", "0.00000001", "-0.00000001", "0.000000001"),
            (True, False, None),
        ):
            references = {"absolute": "1", "lln": lln, "uln": uln, "baseline": baseline or "1"}
            value = bound.multiple * Decimal(references[bound.reference]) + bound.offset + Decimal(beside)
            row = {"analyte": limits.analyte, "version": version, "value": value, "lln": lln, "uln": uln}
            rows.append(row | {"baseline": baseline} | dict.fromkeys(ANSWERS, flag))
    return rows


def test_on_every_limit_and_one_unit_beside_it_columns_agree_with_single_values() -> None:
    rows = _list_limits()
    assert len(rows) > 10_000
    assert {row["analyte"] for row in rows} == {one.analyte for one in LABORATORY_TERMS if one.criteria}
    assert _at_once(rows) == _one_by_one(rows)


# fmt: off
POOL = (
    "0", "0.4", "0.5", "1", "1.2", "1.5", "1.8", "2", "2.0", "3.0", "5", "8", "9.5", "10", "40", "49.5", "60", "75",
    "100", "130", "1.23", "1.80000000000", "-1", "-0.5", "0.123456789", "12345678.5", "1e9",
)
# fmt: on
ANALYTES = sorted({one.analyte for one in LABORATORY_TERMS} | NOT_IN_CTCAE | {"unheard_of"})


def test_a_large_sample_of_anything_agrees_with_single_values() -> None:
    chance = np.random.default_rng(20260301)
    n = 8_000
    drawn = {name: chance.choice([*range(len(POOL)), *[-1] * 9], n) for name in NUMBERS[1:]}
    answers = {name: chance.integers(0, 3, n) for name in ANSWERS}
    rows: list[Row] = [
        {
            "analyte": ANALYTES[chance.integers(len(ANALYTES))],
            "version": ("5.0", "6.0")[chance.integers(2)],
            "value": POOL[chance.integers(len(POOL))],
            **{name: (*POOL, None)[places[row]] for name, places in drawn.items()},
            **{name: (True, False, None)[places[row]] for name, places in answers.items()},
        }
        for row in range(n)
    ]
    assert _at_once(rows) == _one_by_one(rows)


NUMBER = st.one_of(
    st.sampled_from(POOL),
    st.decimals(-2, 400, places=2).map(str),
    st.decimals("-1E8", "1E8", allow_nan=False).filter(lambda one: -30 < one.adjusted() < 9).map(str),
)
ROW = st.fixed_dictionaries(
    {"analyte": st.sampled_from(ANALYTES), "version": st.sampled_from(["5.0", "6.0"]), "value": NUMBER}
    | dict.fromkeys(NUMBERS[1:], st.none() | NUMBER)
    | dict.fromkeys(ANSWERS, st.sampled_from([True, False, None]))
)


@settings(max_examples=80, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_any_column_agrees_with_single_values(rows: list[Row]) -> None:
    assert _at_once(rows) == _one_by_one(rows)


def test_limits_as_integers_are_the_limits_of_the_tables() -> None:
    terms = {term.place: term for terms in compile_terms().values() for term in terms}
    assert len(terms) == len(LABORATORY_TERMS)
    for place, limits in enumerate(LABORATORY_TERMS):
        for criterion, written in zip(terms[place].criteria, limits.criteria, strict=True):
            assert (criterion.grade, criterion.conditions) == (written.grade, written.conditions)
            for bound, decimal in zip(criterion.bounds, written.bounds, strict=True):
                factor = Decimal(bound.multiple) / MULTIPLE_SCALE
                rest = Decimal(bound.offset) / MULTIPLE_SCALE / 10**8
                of_one = factor + rest  # a reference of 1, which is what an absolute limit is a multiple of
                assert (bound.sign, of_one) == (decimal.sign, decimal.multiple + decimal.offset)


def test_an_answer_for_all_rows_and_columns_of_other_kinds_say_the_same() -> None:
    texts = ["2.9", "3.4", "5.6"]
    kinds: list[Any] = [
        texts,
        [Decimal(one) for one in texts],
        np.array(texts),
        np.array([Decimal(one) for one in texts], dtype=object),
        pl.Series(texts),
        pl.Series(texts).cast(pl.Decimal(10, 3)),
    ]
    found = [
        grade_many("potassium", kind, version="5.0", lln="3.5", uln=5, symptomatic=False, intervention=False)
        for kind in kinds
    ]
    assert found[0].filter(direction="low")["grade"].to_list() == [3, 1, 0]
    assert found[0].filter(direction="high")["grade"].to_list() == [0, 0, 2]
    assert all(one.equals(found[0]) for one in found)
    in_chinese = grade_many("potassium", texts, version="5.0", lln="3.5", uln="5", language="zh")
    assert in_chinese["term"].to_list()[:2] == ["低钾血症", "高钾血症"]


def test_grades_of_no_values_are_an_empty_frame() -> None:
    frame = grade_many([], [], version="5.0")
    assert frame.height == 0
    assert frame.columns[:4] == ["row", "analyte", "version", "term"]


@pytest.mark.parametrize("floats", [[1.8], np.array([1.8]), pl.Series([1.8]), 1.8, ["1.8", 1.8]])
def test_binary_floats_are_not_what_was_written(floats: Any) -> None:
    n_rows = 2 if isinstance(floats, list) and len(floats) == 2 else 1
    with pytest.raises(TypeError, match="binary float"):
        grade_many(["creatinine"] * n_rows, floats, version="5.0", uln="1.2")


def test_columns_of_different_length_and_answers_that_are_none_are_mistakes() -> None:
    with pytest.raises(ValueError, match="one length"):
        grade_many(["alt", "ast"], ["1"], version="5.0")
    with pytest.raises(ValueError, match="one length"):
        grade_many("alt", "1", version="5.0")
    with pytest.raises(TypeError, match="yes, no or null"):
        grade_many(["alt"], ["1"], version="5.0", fasting=["yes"])
    with pytest.raises(ValueError, match="1 rows, not 2"):
        read_answers([True], 2)


WRITTEN = st.one_of(
    st.decimals(allow_nan=True).map(str),
    st.from_regex(r"[+-]?[0-9]{0,9}\.?[0-9]{0,10}", fullmatch=True),
    st.text(max_size=4),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(WRITTEN, min_size=1, max_size=8))
def test_a_number_in_a_column_is_the_decimal_that_was_written(texts: list[str]) -> None:
    column = read_numbers(texts, len(texts))
    for row, text in enumerate(texts):
        expected = read_decimal(text)
        if not text.strip():
            assert column.state[row] == MISSING
        elif isinstance(expected, NotDerived):
            assert column.state[row] == UNREADABLE
        else:
            assert column.read(row) == expected
            fits = expected == 0 or (-30 < expected.adjusted() < 7 and expected == round(expected, 8))
            assert bool(column.state[row] == FITS) is fits


# --- DORIS and LLDAS

KEYS = tuple(DESCRIPTOR_BY_KEY)
QUIET = dict.fromkeys(KEYS, "absent") | {
    "pga": "0",
    "prednisone_mg_per_day": "0",
    "is_treatment_stable": True,
    "haemolytic_anaemia": "absent",
    "gi_activity": "absent",
    "is_maintenance_tolerated": True,
    "new_features_recorded": False,
}
DEXAMETHASONE = {"glucocorticoid": "dexamethasone", "glucocorticoid_mg_per_day": "0.75"}
# fmt: off
ATTAINED: dict[str, tuple[Row, bool | None, bool | None, dict[str, str]]] = {
    # what differs from quiet                                 DORIS  LLDAS  reasons of components of DORIS
    "all quiet":            ({},                               True,  True,  {}),
    # --- each limit
    "PGA 0.49999999":       ({"pga": "0.49999999"},            True,  True,  {}),
    "PGA 0.5 is not DORIS": ({"pga": "0.5"},                   False, True,  {}),
    "PGA just below, long": ({"pga": "0.4999999999"},          True,  True,  {}),
    "PGA 1 is LLDAS":       ({"pga": "1"},                     False, True,  {}),
    "PGA 1.00000001":       ({"pga": "1.00000001"},            False, False, {}),
    "PGA 1.0000000001":     ({"pga": "1.0000000001"},          False, False, {}),
    "PGA 3":                ({"pga": "3"},                     False, False, {}),
    "PGA 3.1":              ({"pga": "3.1"},                   None,  None,  {"pga_is_low": "out_of_range"}),
    "PGA just above 3":     ({"pga": "3.0000000001"},          None,  None,  {"pga_is_low": "out_of_range"}),
    "PGA -0.1":             ({"pga": "-0.1"},                  None,  None,  {"pga_is_low": "out_of_range"}),
    "no PGA":               ({"pga": None},                    None,  None,  {"pga_is_low": "not_assessed"}),
    "PGA no number":        ({"pga": "low"},                   None,  None,  {"pga_is_low": "not_a_number"}),
    "5 mg":                 ({"prednisone_mg_per_day": "5"},   True,  True,  {}),
    "5.00000001 mg":        ({"prednisone_mg_per_day": "5.00000001"}, False, True, {}),
    "35/7 mg":              ({"prednisone_mg_per_day": "35/7"}, True, True,  {}),
    "36/7 mg":              ({"prednisone_mg_per_day": "36/7"}, False, True, {}),
    "7.5 mg":               ({"prednisone_mg_per_day": "15/2"}, False, True, {}),
    "just above 7.5 mg":    ({"prednisone_mg_per_day": "7.5000000001"}, False, False, {}),
    "fraction by 7E9":      ({"prednisone_mg_per_day": "35000000001/7000000000"}, False, True, {}),
    "divided by 0":         ({"prednisone_mg_per_day": "1/0"}, None,  None,  {"glucocorticoid_is_low": "not_a_number"}),
    "no dose":              ({"prednisone_mg_per_day": None},  None,  None,  {"glucocorticoid_is_low": "not_assessed"}),
    "unstable":             ({"is_treatment_stable": False},   False, True,  {}),
    "stability unknown":    ({"is_treatment_stable": None},    None,  True,  {"treatment_is_stable": "not_assessed"}),
    # --- SLEDAI: serology never matters to DORIS, 4 points do not matter to LLDAS
    "serology":             ({"low_complement": "present_sle", "increased_dna_binding": "present_sle"}, True, True, {}),
    "arthritis":            ({"arthritis": "present_sle"},     False, True,  {}),
    "fever":                ({"fever": "present_unknown"},     False, False, {}),
    "fever of infection":   ({"fever": "present_other_cause"}, True,  True,  {}),
    "fever not assessed":   ({"fever": "not_assessed"},        None,  None,  {"clinical_sledai_is_zero": "descriptors_missing"}),
    "rash not assessed":    ({"rash": None},                   None,  True,  {"clinical_sledai_is_zero": "descriptors_missing"}),
    "5 points":             ({"rash": "present_sle", "alopecia": "present_sle", "leukopenia": "present_sle"}, False, False, {}),
    # --- outside SLEDAI
    "gut":                  ({"gi_activity": "present_sle"},   True,  False, {}),
    "anaemia unknown":      ({"haemolytic_anaemia": None},     True,  None,  {}),
    # --- false wins over missing
    "no PGA, unstable":     ({"pga": None, "is_treatment_stable": False}, False, None, {"pga_is_low": "not_assessed"}),
    "new, no PGA":          ({"pga": None, "new_features_recorded": True}, None, False, {"pga_is_low": "not_assessed"}),
    "new not recorded":     ({"new_features_recorded": None},  True,  None,  {}),
    "not tolerated":        ({"is_maintenance_tolerated": False}, True, False, {}),
}
# fmt: on


@pytest.mark.parametrize("case", ATTAINED.values(), ids=ATTAINED)
def test_remission_and_low_disease_activity_in_a_column(
    case: tuple[Row, bool | None, bool | None, dict[str, str]],
) -> None:
    differs, doris, lldas, reasons = case
    columns = {name: [value] for name, value in (QUIET | differs).items()}
    found = derive_doris_many(columns).row(0, named=True)
    assert found["attained"] is doris
    assert found["attained_reason"] == (None if doris is not None else "component_missing")
    told = {
        name.removesuffix("_reason"): found[name]
        for name in found
        if name.endswith("_reason") and found[name]
    }
    assert {name: reason for name, reason in told.items() if name != "attained"} == reasons
    assert derive_lldas_many(columns).row(0, named=True)["attained"] is lldas


# fmt: off
DOSES = {
    # --- dexamethasone 0.75 mg is prednisone 5 mg, exactly
    "dexamethasone 0.75":   ("dexamethasone", "0.75", True, None),
    "dexamethasone more":   ("dexamethasone", "0.75000001", False, None),
    "and less, but long":   ("dexamethasone", "0.7499999999", True, None),
    "prednisone, long":     ("prednisone", "5.0000000001", False, None),
    "methylprednisolone 4": ("methylprednisolone", "4", True, None),
    "cortisone, as a form": ("cortisone_acetate", "25", True, None),
    "betamethasone 0.6":    ("betamethasone", "0.6", True, None),
    "betamethasone 0.61":   ("betamethasone", "0.61", False, None),
    # --- none is 0 mg; an unknown drug or amount is missing
    "none":                 ("none", None, True, None),
    "none, and an amount":  ("none", "20", True, None),
    "fludrocortisone":      ("fludrocortisone", "0.1", None, "unknown_glucocorticoid"),
    "amount unknown":       ("prednisone", None, None, "dose_unknown"),
    "amount no number":     ("prednisone", "?", None, "not_a_number"),
    "not recorded":         (None, None, None, "not_assessed"),
}
# fmt: on


@pytest.mark.parametrize(("drug", "dose", "is_low", "reason"), DOSES.values(), ids=DOSES)
def test_a_dose_of_any_glucocorticoid_is_compared_exactly(
    drug: str | None, dose: str | None, *, is_low: bool | None, reason: str | None
) -> None:
    quiet = {name: [value] for name, value in QUIET.items() if name != "prednisone_mg_per_day"}
    found = derive_doris_many(quiet | {"glucocorticoid": [drug], "glucocorticoid_mg_per_day": [dose]})
    component = found.select("glucocorticoid_is_low", "glucocorticoid_is_low_reason").row(0)
    assert component == (is_low, reason)


FINE = st.one_of(
    st.decimals(0, 9, places=18),
    st.decimals(0, 9, places=8),
    st.sampled_from([Decimal("0.5"), Decimal("0.500000001")]),
)


@settings(max_examples=60, deadline=None)
@given(FINE, st.lists(FINE, min_size=1, max_size=6))
@example(Decimal("0.499999999"), [Decimal("0.5")])
@example(Decimal("0.499999991"), [Decimal("0.49999999")])
def test_a_limit_of_any_precision_is_compared_exactly(limit: Decimal, numbers: list[Decimal]) -> None:
    written = [*numbers, limit, round(limit, 8)]
    n_rows = len(written)
    dose = judge_prednisone({"prednisone_mg_per_day": written}, n_rows, limit)
    assert (dose.answer == TRUE).tolist() == [one <= limit for one in written]
    drugs = {"glucocorticoid": "betamethasone", "glucocorticoid_mg_per_day": written}
    expected = [Fraction(one) * Fraction(25, 3) <= Fraction(limit) for one in written]
    assert (judge_prednisone(drugs, n_rows, limit).answer == TRUE).tolist() == expected
    below = judge_pga(written, n_rows, below=limit)
    assert (below.answer == TRUE).tolist() == [one < limit and one <= 3 for one in written]
    at_most = judge_pga(written, n_rows, at_most=limit)
    assert (at_most.answer == TRUE).tolist() == [one <= limit and one <= 3 for one in written]


def test_nothing_recorded_is_missing_and_not_false() -> None:
    doris = derive_doris_many({"pga": [None, None]})
    assert doris["attained"].to_list() == [None, None]
    lldas = derive_lldas_many({"pga": [None, None]})
    assert lldas.row(0, named=True)["no_new_features_reason"] == "no_previous_assessment"
    assert lldas["attained"].to_list() == [None, None]


def test_a_previous_assessment_is_one_of_the_rows() -> None:
    with pytest.raises(ValueError, match="previous row"):
        derive_lldas_many({"pga": ["0"], "previous_row": [1]})


FINDING = st.sampled_from([*(["absent"] * 6), *FINDINGS, None])
YES_NO = st.sampled_from([True, True, False, None])
PGA = st.sampled_from(
    [None, "0", "0.49", "0.5", "0.4999999999", "1", "1.01", "1.0000000001", "3", "3.01", "-1"]
)
DOSE = st.sampled_from(
    [
        None,
        *map(Fraction, ("0", "4.99", "5", "5.01", "7.5", "7.51", "36/7", "1/3")),
        Fraction(15, 2) + Fraction(1, 10**12),
    ]
)
ASSESSMENT = st.fixed_dictionaries(
    dict.fromkeys((*KEYS, "haemolytic_anaemia", "gi_activity"), FINDING)
    | dict.fromkeys(("is_treatment_stable", "is_maintenance_tolerated"), YES_NO)
    | {
        "new_features_recorded": st.sampled_from([None, None, True, False]),
        "pga": PGA,
        "prednisone_mg_per_day": DOSE,
        "flare": st.sampled_from(["none", "none", "mild_moderate", "severe", None]),
        "flare_compared_with": st.sampled_from(["previous", "baseline", None]),
    }
)
RULES: tuple[NewFeatureRule, ...] = ("sledai_any", "sledai_clinical", "sfi", "sfi_baseline")


def _sledai(row: Row) -> Sledai:
    return derive_sledai({key: FINDINGS[row[key]] for key in KEYS if row[key] is not None})


def _outside(row: Row) -> ActivityOutsideSledai:
    found = [FINDINGS.get(row[key], DescriptorFinding(None)) for key in ("haemolytic_anaemia", "gi_activity")]
    counts = [None if one.present is None else one.present and one.attributable != "no" for one in found]
    return ActivityOutsideSledai(haemolytic_anaemia=counts[0], gi_activity=counts[1])


def _or_missing(answer: Any) -> Any:
    return NotDerived("not_assessed") if answer is None else answer


def _told(one: Any, *names: str) -> Row:
    """Answers and reasons of a single assessment, as the frame names them."""
    told: Row = {}
    for name in names:
        answer = getattr(one, name)
        is_missing = isinstance(answer, NotDerived)
        told |= {
            name: None if is_missing else answer,
            f"{name}_reason": answer.reason if is_missing else None,
        }
    return told


def _check_assessments(rows: list[Row], rule: NewFeatureRule) -> None:
    previous = [None, *range(len(rows) - 1)]
    columns = {name: [row[name] for row in rows] for name in rows[0]} | {"previous_row": previous}
    doris = derive_doris_many(columns).rows(named=True)
    lldas = derive_lldas_many(columns, new_feature_rule=rule).rows(named=True)
    for place, row in enumerate(rows):
        before = None if place == 0 else rows[place - 1]
        shared: Row = {
            "pga": None if row["pga"] is None else Decimal(row["pga"]),
            "prednisone_mg_per_day": _or_missing(row["prednisone_mg_per_day"]),
        }
        compared = row["flare_compared_with"]
        flare_index = (
            None if compared is None else FlareIndex(flare=_or_missing(row["flare"]), compared_with=compared)
        )
        of_doris = derive_doris(
            _sledai(row), is_treatment_stable=_or_missing(row["is_treatment_stable"]), **shared
        )
        of_lldas = derive_lldas(
            _sledai(row),
            _outside(row),
            is_maintenance_tolerated=_or_missing(row["is_maintenance_tolerated"]),
            previous_sledai=None if before is None else _sledai(before),
            previous_outside=None if before is None else _outside(before),
            flare_index=flare_index,
            new_features_recorded=row["new_features_recorded"],
            new_feature_rule=rule,
            **shared,
        )
        assert doris[place] == _told(
            of_doris, *(name for name in doris[place] if not name.endswith("_reason"))
        )
        names = [name for name in lldas[place] if not name.endswith(("_reason", "_recorded"))]
        recorded = {"no_new_features_recorded": of_lldas.no_new_features_recorded}
        assert lldas[place] == _told(of_lldas, *names) | recorded


@settings(max_examples=70, deadline=None)
@given(st.lists(ASSESSMENT, min_size=1, max_size=6), st.sampled_from(RULES))
def test_any_assessments_agree_with_single_ones(rows: list[Row], rule: NewFeatureRule) -> None:
    _check_assessments(rows, rule)


@pytest.mark.parametrize("rule", RULES)
def test_a_large_sample_of_assessments_agrees_with_single_ones(rule: NewFeatureRule) -> None:
    chance = np.random.default_rng(20260302)
    # mostly quiet, so that every component decides somewhere
    common: Row = dict.fromkeys((*KEYS, "haemolytic_anaemia", "gi_activity"), "absent")
    rare: dict[str, tuple[list[Any], float]] = dict.fromkeys(common, ([*FINDINGS, None], 0.06))
    common |= {
        "pga": "0.49",
        "prednisone_mg_per_day": Fraction(5),
        "flare": "none",
        "flare_compared_with": "previous",
    }
    common |= {"is_treatment_stable": True, "is_maintenance_tolerated": True, "new_features_recorded": None}
    rare |= dict.fromkeys(
        ("is_treatment_stable", "is_maintenance_tolerated", "new_features_recorded"),
        ([None, True, False], 0.2),
    )
    rare |= {"pga": ([None, "0.5", "1", "1.01", "3.5"], 0.3), "flare": (["severe", None], 0.2)}
    rare |= {"prednisone_mg_per_day": ([None, Fraction(36, 7), Fraction(15, 2), Fraction(23, 3)], 0.3)}
    rare |= {"flare_compared_with": (["baseline", None], 0.3)}
    rows = [
        {
            name: values[chance.integers(len(values))] if chance.random() < p else common[name]
            for name, (values, p) in rare.items()
        }
        for _ in range(1_500)
    ]
    _check_assessments(rows, rule)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*PREDNISONE_MG_PER_MG, "fludrocortisone"]), NUMBER), min_size=1, max_size=8
    )
)
def test_any_doses_of_glucocorticoids_agree_with_single_ones(doses: list[tuple[str, str]]) -> None:
    columns = {
        "glucocorticoid": [drug for drug, _ in doses],
        "glucocorticoid_mg_per_day": [mg for _, mg in doses],
    }
    found = derive_doris_many(columns)["glucocorticoid_is_low"].to_list()
    single = [compute_prednisone_mg(drug, Decimal(mg)) for drug, mg in doses]
    assert found == [None if isinstance(one, NotDerived) else one <= 5 for one in single]


def test_booleans_and_frames_say_the_same_as_the_answers_of_the_form() -> None:
    columns = {name: [value] * 3 for name, value in QUIET.items()} | {"rash": ["absent", "present_sle", None]}
    as_booleans = dict.fromkeys(KEYS, np.zeros(3, np.bool_)) | {"rash": [False, True, None]}
    expected = derive_doris_many(columns)
    assert expected["attained"].to_list() == [True, False, None]
    assert derive_doris_many(columns | as_booleans).equals(expected)
    assert derive_doris_many(pl.DataFrame(columns)).equals(expected)


def test_the_modules_load_no_frames_until_they_are_asked() -> None:
    code = (
        "import sys, firstdose.derive.safety.ctcae_many, firstdose.derive.response.attained_many;"
        "sys.exit('polars' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

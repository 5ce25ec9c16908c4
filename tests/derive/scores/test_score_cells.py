"""Cells of a file: read exactly, or one sentence with line, column, value and what is expected."""

from decimal import Decimal

import polars as pl
import pytest

from firstdose.derive.scores import (
    MEASURE_BY_KEY,
    Column,
    check_header,
    find_measure,
    score_frame,
    score_rows,
)
from firstdose.derive.scores.columns import BadCell, Kind, make_reader
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Text

EXAMPLE = {
    key: {column.name: column.example for column in one.columns} for key, one in MEASURE_BY_KEY.items()
}

# fmt: off
# what went wrong              measure              column               cell               sentence
BAD: dict[str, tuple[str, str, str, str]] = {
    "a word":                  ("doris_2021",       "pga",               "low",             "2: pga: 'low' is not a number; write a decimal number from 0 to 3"),
    "NaN":                     ("doris_2021",       "pga",               "NaN",             "2: pga: 'NaN' is not a finite number; write a decimal number from 0 to 3"),
    "infinity":                ("doris_2021",       "pga",               "inf",             "2: pga: 'inf' is not a finite number; write a decimal number from 0 to 3"),
    "negative":                ("doris_2021",       "pga",               "-0.1",            "2: pga: -0.1 is below 0; write a decimal number from 0 to 3"),
    "above its scale":         ("doris_2021",       "pga",               "3.01",            "2: pga: 3.01 is above 3; write a decimal number from 0 to 3"),
    "a decimal comma":         ("doris_2021",       "pga",               "0,3",             "2: pga: '0,3' is written with a comma; write a decimal point"),
    "below a limit":           ("ctcae_laboratory", "value",             "<0.5",            "2: value: '<0.5' is not a number; write a decimal number of at least 0"),
    "underscores":             ("ctcae_laboratory", "value",             "1_8",             "2: value: '1_8' is not written as a number; write a decimal number of at least 0"),
    "full-width digits":       ("ctcae_laboratory", "value",             "１８",            "2: value: '１８' is not written as a number; write a decimal number of at least 0"),
    "endless":                 ("ctcae_laboratory", "value",             "1e999999",        "2: value: '1e999999' has too many digits; write a decimal number of at least 0"),
    "no limit at all":         ("ctcae_laboratory", "uln",               "0",               "2: uln: 0 is not above 0; write a decimal number above 0"),
    "half a point":            ("sdi",              "sdi_renal",         "1.5",             "2: sdi_renal: 1.5 is not a whole number; write a whole number from 0 to 3"),
    "more than the domain":    ("sdi",              "sdi_renal",         "4",               "2: sdi_renal: 4 is above 3; write a whole number from 0 to 3"),
    "an unknown letter":       ("bilag_score",      "bilag_renal",       "F",               "2: bilag_renal: 'F' is not a choice; write one of A, B, C, D, E"),
    "nearly an analyte":       ("ctcae_laboratory", "analyte",           "creatinin",       "2: analyte: 'creatinin' is not a choice; did you mean creatinine or creatine_kinase"),
    "a unit in other letters": ("ctcae_laboratory", "unit",              "MG/DL",           "2: unit: 'MG/DL' is not a choice; write one of"),
    "perhaps":                 ("doris_2021",       "is_treatment_stable", "perhaps",       "2: is_treatment_stable: 'perhaps' is not an answer; write yes, no or unknown"),
    "day and month":           ("susar_clock",      "sponsor_knew_event_on", "02.03.2025",  "2: sponsor_knew_event_on: '02.03.2025' is not a date; write a date, YYYY-MM-DD"),
    "30 February":             ("susar_clock",      "sponsor_knew_event_on", "2025-02-30",  "2: sponsor_knew_event_on: '2025-02-30' is not a day of the calendar; write a date, YYYY-MM-DD"),
    "a day without a time":    ("susar_clock",      "site_aware_at",     "2025-03-01",      "2: site_aware_at: '2025-03-01' is not a date with a time; write a date and time"),
    "not a vasopressor":       ("crs_astct",        "vasopressors",      "no",              "2: vasopressors: 'no' is not a word of the list; write words with a semicolon between, or none: norepi"),
}
# fmt: on


@pytest.mark.parametrize(("key", "column", "cell", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_cell_is_one_sentence_and_the_row_has_no_value(
    key: str, column: str, cell: str, sentence: str
) -> None:
    bad, *others = score_rows(key, [EXAMPLE[key] | {column: cell}, EXAMPLE[key], EXAMPLE[key]])
    (fault,) = bad.faults
    assert (bad.value, bad.reason) == (None, "bad_cell")
    assert str(fault).startswith(sentence)
    assert "\n" not in str(fault)
    for scored in others:
        assert scored.faults == ()
        assert scored.value is not None


def test_every_bad_cell_of_a_row_is_told() -> None:
    (scored,) = score_rows("doris_2021", [EXAMPLE["doris_2021"] | {"pga": "x", "rash": "y"}])
    assert [fault.clause for fault in scored.faults] == ["rash", "pga"]
    assert [fault.line for fault in scored.faults] == [2, 2]


# fmt: off
# kind and cell                        value
READ: dict[tuple[Kind, str], object] = {
    ("decimal", "1.80"):               Decimal("1.80"),
    ("decimal", " +.5 "):              Decimal("0.5"),
    ("decimal", "1e-3"):               Decimal("0.001"),
    ("whole_number", "3.0"):           3,
    ("yes_no_unknown", "YES"):         True,
    ("yes_no_unknown", "0"):           False,
    ("yes_no_unknown", "否"):          False,
    ("yes_no_unknown", "unknown"):     None,
    ("yes_no_unknown", ""):            None,
    ("choice", "two"):                 "two",
    ("choice", "One"):                 "one",
    ("choice", "一"):                  "one",
    ("list", "none"):                  (),
    ("list", "one; Two"):              ("one", "two"),
    ("list", ""):                      None,
}
# fmt: on


@pytest.mark.parametrize(("kind", "cell"), READ)
def test_a_cell_is_read_as_it_is_written(kind: Kind, cell: str) -> None:
    column = Column(
        name="x", kind=kind, description=Text("", ""), choices=("one", "two"), also=(("一", "one"),)
    )
    found = make_reader(column)(cell)
    assert (found, type(found)) == (READ[kind, cell], type(READ[kind, cell]))


def test_a_choice_of_letters_of_both_cases_keeps_them_apart() -> None:
    column = Column(
        name="unit", kind="choice", description=Text("", ""), choices=("mg/L", "Mg/L"), is_case_kept=True
    )
    assert make_reader(column)("Mg/L") == "Mg/L"
    assert isinstance(make_reader(column)("MG/L"), BadCell)


def test_a_file_without_a_required_column_is_told_which_and_which_name_is_near() -> None:
    names = [name for name in EXAMPLE["doris_2021"] if name not in ("proteinuria", "low_complement", "pga")]
    faults = check_header(MEASURE_BY_KEY["doris_2021"], [*names, "protienuria"])
    assert list(map(str, faults)) == [
        "1: doris_2021 needs a column 'proteinuria'; rename 'protienuria', or add it",
        "1: doris_2021 needs a column 'pga'; add it, with decimal number from 0 to 3",
    ]


def test_a_file_with_a_column_twice_or_with_a_name_of_the_answer_is_refused() -> None:
    names = list(EXAMPLE["pga"])
    twice = check_header(MEASURE_BY_KEY["pga"], [*names, names[0]])
    assert list(map(str, twice)) == ["1: two columns are named 'recorded_pga'; keep one"]
    scored = check_header(MEASURE_BY_KEY["pga"], [*names, "pga", "pga_reason"])
    assert list(map(str, scored)) == ["1: pga, pga_reason are already there; take them out, or rename them"]


def test_a_measure_that_is_not_there_names_near_ones() -> None:
    assert find_measure("DORIS") == Fault(what="there is no measure 'DORIS'", next="did you mean doris_2021?")
    assert "sledai_2k" in str(find_measure("what"))
    with pytest.raises(KeyError, match="did you mean lldas"):
        score_rows("llda", [])


def test_decimals_and_answers_of_python_are_read_and_binary_floats_refused() -> None:
    row = {
        "analyte": "creatinine",
        "ctcae_version": "5.0",
        "unit": "mg/dL",
        "fasting": True,
        "baseline": None,
    }
    numbers = {"value": Decimal("1.8"), "uln": Decimal("1.2"), "lln": 0}
    (scored,) = score_rows("ctcae_laboratory", [row | numbers])  # type: ignore[list-item] # not text, on purpose
    assert scored.value == 1
    with pytest.raises(TypeError, match=r"value: 1\.8 is a binary float"):
        score_rows("ctcae_laboratory", [row | {"value": 1.8}])  # type: ignore[list-item] # not text, on purpose


def test_a_frame_gets_the_answers_behind_its_columns() -> None:
    rows = [EXAMPLE["doris_2021"] | {"pga": pga} for pga in ("0.49", "0.5", "", "low")]
    frame = pl.DataFrame(rows).with_columns(participant=pl.Series(["P1", "P2", "P3", "P4"]))
    scored = score_frame("doris_2021", frame)
    assert scored.columns[: len(frame.columns)] == frame.columns
    assert scored["doris_2021"].to_list() == [True, False, None, None]
    assert scored["doris_2021_reason"].to_list() == [None, None, "component_missing", "bad_cell"]
    assert scored["doris_2021_pga_is_low"].to_list() == [True, False, None, None]


def test_a_frame_keeps_every_digit_and_lacks_no_column() -> None:
    frame = pl.DataFrame({"glucocorticoid": ["dexamethasone", "deflazacort"], "dose_mg": ["0.75", "9.000"]})
    assert score_frame("prednisone_equivalent", frame)["prednisone_equivalent"].to_list() == ["5", "7.5"]
    with pytest.raises(ValueError, match="needs a column 'dose_mg'"):
        score_frame("prednisone_equivalent", frame.drop("dose_mg"))
    with pytest.raises(TypeError, match="binary float"):
        score_frame("prednisone_equivalent", frame.with_columns(dose_mg=pl.Series([0.75, 7.5])))


def test_a_frame_without_rows_has_the_columns_of_the_answers() -> None:
    frame = pl.DataFrame(schema=dict.fromkeys(EXAMPLE["susar_clock"], pl.String))
    scored = score_frame("susar_clock", frame)
    assert scored.height == 0
    assert scored.schema["susar_clock"] == pl.Boolean()
    assert scored.schema["susar_clock_day_0"] == pl.Date()

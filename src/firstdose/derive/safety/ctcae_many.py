"""CTCAE grades of whole columns of laboratory values, as exact as one by one.

Numbers are compared as integers (`exact_columns`) with the limits of `ctcae_limits` (`ctcae_integers`). The
answer is that of `grade_laboratory_value`, row by row; a number that does not fit is handed to it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from firstdose.derive.exact_columns import (
    Codes,
    count_rows,
    read_answers,
    read_numbers,
    read_texts,
    read_words,
    write_words,
)
from firstdose.derive.safety.ctcae_groups import ANALYTES, UNITS, VERSIONS, Rows, grade_rows
from firstdose.derive.safety.ctcae_integers import list_criteria
from firstdose.derive.safety.ctcae_kernel import FLAGS, REASONS, Graded
from firstdose.derive.safety.ctcae_limits import LABORATORY_TERMS
from firstdose.terms.words import Language

if TYPE_CHECKING:
    import polars as pl


def grade_many(
    analyte: Any,
    value: Any,
    *,
    version: Any,
    lln: Any = None,
    uln: Any = None,
    baseline: Any = None,
    unit: Any = None,
    baseline_lln: Any = None,
    baseline_uln: Any = None,
    on_anticoagulation: Any = None,
    symptomatic: Any = None,
    intervention: Any = None,
    fasting: Any = None,
    language: Language = "en",
) -> "pl.DataFrame":
    """Grades of many values at once, one row per value, term and direction.

    Parameters
    ----------
    analyte, version : column of n text, or one text for all
        As `grade_laboratory_value` takes them; the columns may mix analytes and versions.
    value, lln, uln, baseline, baseline_lln, baseline_uln : column of n text, Decimal or int, one for all, or None
        Text is read as the decimal that it says; null and blank text are missing. The limits of a site and
        analyte are joined to the values before.
    unit : column of n text, one text for all, or None
        Of the value, its limits and its baseline; null and None are the unit of the analyte.
    on_anticoagulation, symptomatic, intervention, fasting : column of n booleans, one for all, or None
        Null and None are unknown.
    language : "en" or "zh"
        Of ``term`` and ``criterion``.

    Returns
    -------
    polars.DataFrame
        ``row`` (from 0), ``analyte``, ``version``, ``term``, ``direction``, ``grade`` (null where not
        gradable), ``reason`` (null where graded), ``criterion`` (null where none is met) and the flags of
        `LaboratoryGrade` as booleans. A value without any term has one row. Beside the reasons of
        `NotGradable` there are ``value_missing``, ``not_a_number``, ``reference_not_a_number`` (a limit or
        baseline that the term looks at), ``unit_differs`` (the term has a limit in another unit),
        ``unknown_version`` and ``out_of_range`` (decimals of 28 digits cannot hold the comparison).

    Raises
    ------
    TypeError
        If numbers are binary floats.
    ValueError
        If columns differ in length.

    Source
    ------
    CTCAE v5.0 and v6.0, by the limits of `ctcae_limits`.

    Notes
    -----
    Numbers with up to 8 decimals and below 10^7 are compared as integers; a row with any other goes through
    `grade_laboratory_value`, some 20 us each.

    Examples
    --------
    >>> grades = grade_many(
    ...     ["creatinine", "neutrophils", "ferritin"], ["1.8", "1.7", "900"], version="5.0",
    ...     lln=["0.5", None, None], uln=["1.2", None, None], baseline=["1.2", None, None],
    ...     unit=["mg/dL", None, None],
    ... )
    >>> grades.select("row", "grade", "reason", "criterion").rows()
    [(0, 1, None, '> ULN'), (1, None, 'no_lln', None), (2, None, 'not_in_ctcae', None)]
    """
    numbers = {
        "value": value,
        "lln": lln,
        "uln": uln,
        "baseline": baseline,
        "baseline_lln": baseline_lln,
        "baseline_uln": baseline_uln,
    }
    answers = {
        "on_anticoagulation": on_anticoagulation,
        "symptomatic": symptomatic,
        "intervention": intervention,
        "fasting": fasting,
    }
    n_rows = count_rows([analyte, version, unit, *numbers.values(), *answers.values()])
    analytes, versions = read_texts(analyte, n_rows), read_texts(version, n_rows)
    rows = Rows(
        analyte=read_words(analytes, n_rows, ANALYTES),
        version=read_words(versions, n_rows, VERSIONS),
        unit=_read_units(unit, n_rows),
        numbers={name: read_numbers(column, n_rows) for name, column in numbers.items()},
        answers={name: read_answers(column, n_rows) for name, column in answers.items()},
    )
    row, term, graded = grade_rows(rows)
    return _frame(row, term, graded, (analytes, versions), language)


def _read_units(unit: Any, n_rows: int) -> NDArray[np.int64]:
    """Places among the units of the tables; -1 where none is given, one more than the last for any other."""
    written = read_texts(unit, n_rows)
    places = read_words(written, n_rows, UNITS)
    is_given = (written.fill_null("").str.len_bytes() > 0).to_numpy()
    return np.where(is_given & (places < 0), len(UNITS), places)


def _frame(
    row: NDArray[np.int64],
    term: Codes,
    graded: Graded,
    written: tuple["pl.Series", "pl.Series"],
    language: Language,
) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415 - columns alone need it

    terms = [one.term.in_language(language) for one in LABORATORY_TERMS]
    criteria = [one.in_words().in_language(language) for one in list_criteria()]
    return pl.DataFrame(
        {
            "row": row,
            "analyte": written[0].gather(row),
            "version": written[1].gather(row),
            "term": write_words(term, terms),
            "direction": write_words(term, [one.direction for one in LABORATORY_TERMS]),
            "grade": pl.Series([0, 1, 2, 3, 4, None], dtype=pl.Int8).gather(graded.grade),
            "reason": write_words(graded.reason, REASONS),
            "criterion": write_words(graded.criterion, criteria),
            **{flag: (graded.flags & bit).astype(np.bool_) for flag, bit in FLAGS.items()},
        }
    )

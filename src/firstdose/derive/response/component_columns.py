"""Components of a composite as columns: three-valued answers, each with the reason where it is missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from firstdose.derive.exact_columns import (
    FALSE,
    FITS,
    MISSING,
    OUTSIDE,
    SCALE,
    TRUE,
    UNKNOWN,
    UNREADABLE,
    Codes,
    read_numbers,
    read_texts,
    read_words,
    write_answers,
    write_words,
)
from firstdose.derive.response.glucocorticoids import PREDNISONE_MG_PER_MG
from firstdose.derive.response.pga import SCALE_MAX

if TYPE_CHECKING:
    import polars as pl

NOT_ASSESSED = "not_assessed"
"""The reason of an answer that was not given."""
_NO_NUMBER = (NOT_ASSESSED, "not_a_number", "out_of_range", "dose_unknown", "unknown_glucocorticoid")
_REASON = {reason: np.int8(code) for code, reason in enumerate(_NO_NUMBER)}
_DRUGS = tuple(PREDNISONE_MG_PER_MG)
_NUMERATORS = np.array([PREDNISONE_MG_PER_MG[drug].numerator for drug in _DRUGS], np.int64)
_DENOMINATORS = np.array([PREDNISONE_MG_PER_MG[drug].denominator for drug in _DRUGS], np.int64)
_MAX_INT64 = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class Component:
    """Three-valued answers of n assessments; ``reason`` is a place among ``words``, read where one is unknown."""

    answer: Codes
    reason: Codes
    words: tuple[str, ...]


def name_unknown(answer: Codes, reason: str) -> Component:
    """Answers that are missing for one reason only."""
    return Component(answer, np.zeros(len(answer), np.int8), (reason,))


def all_of(components: Iterable[Component]) -> Component:
    """Whether all components hold, as `firstdose.derive.response.composite.derive_all_of` says of one."""
    return name_unknown(np.min([one.answer for one in components], axis=0), "component_missing")


def judge_pga(
    column: Any, n_rows: int, *, below: Decimal | None = None, at_most: Decimal | None = None
) -> Component:
    """Whether each physician global assessment is under its limit: ``below`` is strict, ``at_most`` is not."""
    pga = read_numbers(column, n_rows)
    is_low = np.ones(n_rows, np.bool_)
    # whole numbers are below a fraction when they are below the next whole number, and at most it likewise
    if below is not None:
        is_low &= pga.scaled < ceil(Fraction(below) * SCALE)
    if at_most is not None:
        is_low &= pga.scaled <= floor(Fraction(at_most) * SCALE)
    is_in_range = (pga.scaled >= 0) & (pga.scaled <= int(SCALE_MAX) * SCALE)
    for row, number in pga.outside.items():
        is_in_range[row] = 0 <= number <= SCALE_MAX
        is_low[row] = (below is None or number < below) and (at_most is None or number <= at_most)
    answer = np.where(is_low, TRUE, FALSE).astype(np.int8)
    answer[~is_in_range | (pga.state == MISSING) | (pga.state == UNREADABLE)] = UNKNOWN
    reason = np.full(n_rows, _REASON["out_of_range"], np.int8)
    reason[pga.state == UNREADABLE] = _REASON["not_a_number"]
    reason[pga.state == MISSING] = _REASON[NOT_ASSESSED]
    return Component(answer, reason, _NO_NUMBER)


def judge_prednisone(columns: Mapping[str, Any], n_rows: int, max_mg_per_day: Decimal) -> Component:
    """Whether each dose is at most the maximum: a dose of prednisone, or of a drug with its factor.

    Parameters
    ----------
    columns : mapping of name to column
        ``prednisone_mg_per_day``, or ``glucocorticoid`` (a key of ``PREDNISONE_MG_PER_MG``, or ``none``) and
        ``glucocorticoid_mg_per_day``. [mg/d]
    n_rows : int
    max_mg_per_day : Decimal
        It passes itself. [mg/d]
    """
    maximum = Fraction(max_mg_per_day)
    if "prednisone_mg_per_day" in columns:
        return _judge_fractions(columns["prednisone_mg_per_day"], n_rows, maximum)
    return _judge_drugs(
        columns.get("glucocorticoid"), columns.get("glucocorticoid_mg_per_day"), n_rows, maximum
    )


def frame_components(
    components: Mapping[str, Component], without_reason: Mapping[str, Codes] | None = None
) -> "pl.DataFrame":
    """Each component as true, false or null, with its reason where it is null."""
    import polars as pl  # noqa: PLC0415 - columns alone need it

    columns: dict[str, Any] = {}
    for name, one in components.items():
        columns[name] = write_answers(one.answer)
        reason = np.where(one.answer == UNKNOWN, one.reason, np.int8(-1))
        columns[f"{name}_reason"] = write_words(reason, one.words)
    return pl.DataFrame(columns | {name: write_answers(one) for name, one in (without_reason or {}).items()})


def _judge_fractions(column: Any, n_rows: int, maximum: Fraction) -> Component:
    parts = read_texts(column, n_rows).str.splitn("/", 2).struct.unnest()
    above = read_numbers(parts["field_0"], n_rows)
    below = read_numbers(parts["field_1"].fill_null("1"), n_rows)
    is_number = np.isin(above.state, (FITS, OUTSIDE)) & (below.state == FITS) & (below.scaled > 0)
    is_low = _is_at_most(above.scaled, below.scaled, maximum)
    for row, number in above.outside.items():
        if is_number[row]:
            is_low[row] = Fraction(number) / Fraction(int(below.scaled[row]), SCALE) <= maximum
    for row, number in below.outside.items():
        numerator = above.read(row)
        if numerator is not None and number > 0:
            is_number[row], is_low[row] = True, Fraction(numerator) / Fraction(number) <= maximum
    answer = np.where(is_low, TRUE, FALSE).astype(np.int8)
    answer[~is_number] = UNKNOWN
    reason = np.where(above.state == MISSING, _REASON[NOT_ASSESSED], _REASON["not_a_number"])
    return Component(answer, reason, _NO_NUMBER)


def _judge_drugs(drug: Any, dose: Any, n_rows: int, maximum: Fraction) -> Component:
    written = read_texts(drug, n_rows).str.replace_all("_", " ", literal=True)
    place = read_words(written, n_rows, (*_DRUGS, "none"))
    is_none = place == len(_DRUGS)
    doses = read_numbers(dose, n_rows)
    known = np.where((place < 0) | is_none, 0, place)
    is_low = _is_at_most(doses.scaled * _NUMERATORS[known], _DENOMINATORS[known] * SCALE, maximum)
    for row, number in doses.outside.items():
        if place[row] >= 0:
            is_low[row] = Fraction(number) * PREDNISONE_MG_PER_MG[_DRUGS[known[row]]] <= maximum
    is_low |= is_none & (maximum >= 0)
    answer = np.where(is_low, TRUE, FALSE).astype(np.int8)
    has_number = (doses.state == FITS) | (doses.state == OUTSIDE)
    answer[(place < 0) | ~(has_number | is_none)] = UNKNOWN
    reason = np.where(doses.state == MISSING, _REASON["dose_unknown"], _REASON["not_a_number"])
    reason[place < 0] = _REASON["unknown_glucocorticoid"]
    reason[written.is_null().to_numpy()] = _REASON[NOT_ASSESSED]
    return Component(answer, reason, _NO_NUMBER)


def _is_at_most(
    numerator: NDArray[np.int64], denominator: NDArray[np.int64], maximum: Fraction
) -> NDArray[np.bool_]:
    """Whether each fraction is at most the maximum, by whole numbers; beyond 64 bits by those of any size."""
    left: NDArray[Any] = numerator
    right: NDArray[Any] = denominator
    largest = max(
        int(np.abs(numerator).max(initial=0)) * maximum.denominator,
        int(denominator.max(initial=0)) * abs(maximum.numerator),
    )
    if largest > _MAX_INT64:
        left, right = left.astype(object), right.astype(object)
    return np.asarray(left * maximum.denominator <= right * maximum.numerator, np.bool_)

"""One term of CTCAE over many values of its analyte, in integers and three-valued answers.

The logic is that of `ctcae_laboratory`, one array operation where that asks one question.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from firstdose.derive.exact_columns import FALSE, SCALE, TRUE, UNKNOWN, Codes, Mask
from firstdose.derive.safety.ctcae_integers import (
    BASELINE_OF,
    MULTIPLE_SCALE,
    IntegerBound,
    IntegerCriterion,
    IntegerTerm,
)
from firstdose.derive.safety.ctcae_limits import (
    CREATININE_CLEARANCE_MIN_GRADED,
    Condition,
    Reference,
    Sign,
)

REASONS = (
    "not_in_ctcae",
    "unknown_analyte",
    "unknown_version",
    "not_in_version",
    "clinical_only",
    "value_missing",
    "not_a_number",
    "reference_not_a_number",
    "unit_differs",
    "out_of_range",
    "report_kidney_term",
    "no_lln",
    "no_uln",
    "fasting_unknown",
    "no_baseline",
    "not_fasting",
)
"""Those of `NotGradable`, and those that a column can have and a decimal cannot."""
REASON = {reason: np.int8(code) for code, reason in enumerate(REASONS)}
NONE = np.int8(-1)

ASSUMED_SYMPTOMATIC, BASELINE_MISSING, LIMIT_MISSING = 1, 2, 4
FLAGS: Mapping[str, int] = MappingProxyType(
    {
        "assumed_symptomatic": ASSUMED_SYMPTOMATIC,
        "baseline_missing": BASELINE_MISSING,
        "limit_missing": LIMIT_MISSING,
    }
)
"""Flags of a grade, as bits."""

Integers = NDArray[np.int64]
_COMPARE: Mapping[Sign, Callable[[Integers, Integers | np.int64], Mask]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Situations:
    """Values of one analyte with everything that a criterion may look at, one per row."""

    value: Integers
    references: Mapping[Reference, Integers]
    is_missing: Mapping[Reference, Mask]
    conditions: Mapping[Condition, Codes]


@dataclass(frozen=True, slots=True)
class Graded:
    """Grades of one term, one per row; -1 is no grade, no reason, or no criterion."""

    grade: Codes
    reason: Codes
    criterion: NDArray[np.int16]
    flags: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Open:
    """What the criteria that are neither met, nor assumed, nor excluded wait for."""

    n: Codes
    highest: Codes
    for_reference: Mapping[Reference, Mask]
    for_fasting: Mask
    for_baseline_lln: Mask


def grade_term(term: IntegerTerm, situations: Situations) -> Graded:
    """The highest grade that is met, 0 when none is; a reason where it cannot be known.

    Parameters
    ----------
    term : IntegerTerm
    situations : Situations
        n values of the analyte of the term.

    Returns
    -------
    Graded
        n grades.
    """
    n_rows = len(situations.value)
    if not term.criteria:
        return _ungraded(n_rows, "clinical_only")
    value = situations.value
    if term.limits.is_rounded_to_integer:
        value = _round_half_up(value)
    rank = np.zeros(n_rows, np.int16)
    waiting = _Open(
        n=np.zeros(n_rows, np.int8),
        highest=np.zeros(n_rows, np.int8),
        for_reference={one: np.zeros(n_rows, np.bool_) for one in ("lln", "uln")},
        for_fasting=np.zeros(n_rows, np.bool_),
        for_baseline_lln=np.zeros(n_rows, np.bool_),
    )
    is_above_without_fasting = np.zeros(n_rows, np.bool_)
    scaled = value * MULTIPLE_SCALE
    for criterion in term.criteria:
        bounds = reduce(np.minimum, [_compare(one, scaled, situations) for one in criterion.bounds])
        holds = reduce(np.minimum, [bounds, *(situations.conditions[one] for one in criterion.conditions)])
        np.maximum(rank, (holds == TRUE) * np.int16(criterion.rank_met), out=rank)
        is_open = holds == UNKNOWN
        if criterion.waits_for_symptoms:
            is_assumed = is_open & (bounds == TRUE)
            np.maximum(rank, is_assumed * np.int16(criterion.rank_assumed), out=rank)
            is_open &= ~is_assumed
        if "fasting" in criterion.conditions:
            is_above_without_fasting |= bounds != FALSE
        if is_open.any():
            _note_open(waiting, criterion, is_open, situations)
    grade = term.grade_of[rank]
    why = _why_unknown(waiting, situations)
    reason = _why_not_zero(len(term.criteria), waiting, why, is_above_without_fasting)
    reason[rank > 0] = NONE
    is_limit_missing = ((why == REASON["no_lln"]) | (why == REASON["no_uln"])) & (waiting.highest > grade)
    flags = (
        term.is_assumed_of[rank] * np.uint8(ASSUMED_SYMPTOMATIC)
        | _misses_baseline(term, situations) * np.uint8(BASELINE_MISSING)
        | is_limit_missing * np.uint8(LIMIT_MISSING)
    )
    if term.limits.is_rounded_to_integer:
        reason[value < CREATININE_CLEARANCE_MIN_GRADED * SCALE] = REASON["report_kidney_term"]
    graded = Graded(grade, reason, term.place_of[rank], flags)
    erase_grade(graded, reason != NONE)
    return graded


def erase_grade(graded: Graded, rows: Mask | int) -> None:
    """No grade, criterion and flags where a value is not gradable."""
    graded.grade[rows], graded.criterion[rows], graded.flags[rows] = NONE, NONE, 0


def _ungraded(n_rows: int, reason: str) -> Graded:
    return Graded(
        np.full(n_rows, NONE, np.int8),
        np.full(n_rows, REASON[reason], np.int8),
        np.full(n_rows, NONE, np.int16),
        np.zeros(n_rows, np.uint8),
    )


def _round_half_up(value: Integers) -> Integers:
    """Whole numbers, halves away from zero, still scaled."""
    rounded: Integers = np.sign(value) * ((np.abs(value) + SCALE // 2) // SCALE * SCALE)
    return rounded


def _compare(bound: IntegerBound, scaled: Integers, situations: Situations) -> Codes:
    compare = _COMPARE[bound.sign]
    if bound.reference == "absolute":
        return compare(scaled, np.int64(bound.offset)).view(np.int8) * np.int8(TRUE)
    limit = situations.references[bound.reference] * bound.multiple
    if bound.offset:
        limit += bound.offset
    answer = compare(scaled, limit).view(np.int8) * np.int8(TRUE)
    answer[situations.is_missing[bound.reference]] = UNKNOWN
    return answer


def _note_open(waiting: _Open, criterion: IntegerCriterion, is_open: Mask, situations: Situations) -> None:
    waiting.n[is_open] += 1
    waiting.highest[is_open] = np.maximum(waiting.highest[is_open], np.int8(criterion.grade))
    for reference in {one.reference for one in criterion.bounds} & waiting.for_reference.keys():
        waiting.for_reference[reference][is_open] = True
    for condition in criterion.conditions:
        is_asked = is_open & (situations.conditions[condition] == UNKNOWN)
        if condition == "fasting":
            waiting.for_fasting[is_asked] = True
        elif BASELINE_OF.get(condition) == "lln":
            waiting.for_baseline_lln[is_asked] = True


def _why_unknown(waiting: _Open, situations: Situations) -> Codes:
    """The first reason that stands; written from the last to the first."""
    why = np.full(len(waiting.n), NONE, np.int8)
    if not waiting.n.any():
        return why
    why[waiting.n > 0] = REASON["no_baseline"]
    why[waiting.for_baseline_lln] = REASON["no_lln"]
    why[waiting.for_fasting] = REASON["fasting_unknown"]
    why[waiting.for_reference["uln"] & situations.is_missing["uln"]] = REASON["no_uln"]
    why[waiting.for_reference["lln"] & situations.is_missing["lln"]] = REASON["no_lln"]
    return why


def _why_not_zero(n_criteria: int, waiting: _Open, why: Codes, is_above_without_fasting: Mask) -> Codes:
    reason = why.copy()
    # A missing baseline alone leaves the other criteria standing, unless there are none.
    reason[(why == REASON["no_baseline"]) & (waiting.n < n_criteria)] = NONE
    reason[is_above_without_fasting & (reason == NONE)] = REASON["not_fasting"]
    return reason


def _misses_baseline(term: IntegerTerm, situations: Situations) -> Mask:
    uses = [one for one in term.criteria if any(bound.reference == "baseline" for bound in one.bounds)]
    is_missing = situations.is_missing["baseline"]
    if any("on_anticoagulation" not in one.conditions for one in uses):
        return is_missing
    is_used: Mask = is_missing & (situations.conditions["on_anticoagulation"] == TRUE)
    return is_used if uses else np.zeros(len(is_missing), np.bool_)

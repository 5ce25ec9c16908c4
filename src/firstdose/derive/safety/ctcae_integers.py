"""The limits of `ctcae_limits` as integers, made once, for columns of scaled numbers.

A number is held in units of 10^-8 (`exact_columns`), a multiple in units of 10^-2: the product of a limit is
then a whole number of 10^-10 and fits an int64, which is checked when the limits are made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from firstdose.derive.exact_columns import MAX_SCALED, SCALE
from firstdose.derive.safety.ctcae_limits import (
    LABORATORY_TERMS,
    Bound,
    Condition,
    Criterion,
    Reference,
    Sign,
    TermLimits,
    Version,
)

MULTIPLE_SCALE = 100
"""No multiple, limit or offset of the tables has more than two decimals."""
BASELINE_OF: Mapping[Condition, Reference] = MappingProxyType(
    {
        "baseline_above_uln": "uln",
        "baseline_not_above_uln": "uln",
        "baseline_below_lln": "lln",
        "baseline_not_below_lln": "lln",
    }
)
"""The limit of normal that a baseline is judged by, by condition."""


@dataclass(frozen=True, slots=True)
class IntegerBound:
    """``multiple`` times the scaled reference plus ``offset``; an absolute limit stands in ``offset`` alone."""

    sign: Sign
    multiple: int
    reference: Reference
    offset: int


@dataclass(frozen=True, slots=True)
class IntegerCriterion:
    """A criterion with its place among all criteria of all terms, and its rank where it is met or assumed."""

    grade: int
    place: int
    bounds: tuple[IntegerBound, ...]
    conditions: tuple[Condition, ...]
    waits_for_symptoms: bool
    rank_met: int
    rank_assumed: int


@dataclass(frozen=True, slots=True)
class IntegerTerm:
    """A term; ``grade_of``, ``place_of`` and ``is_assumed_of`` say by rank which criterion fired (rank 0: none).

    ``is_absolute`` says that the unit of the value matters: one limit at least is no multiple of a reference.
    """

    place: int
    limits: TermLimits
    criteria: tuple[IntegerCriterion, ...]
    grade_of: NDArray[np.int8]
    place_of: NDArray[np.int16]
    is_assumed_of: NDArray[np.bool_]
    is_absolute: bool
    references: frozenset[Reference]
    conditions: frozenset[Condition]


@cache
def compile_terms() -> Mapping[tuple[str, Version], tuple[IntegerTerm, ...]]:
    """The terms of each analyte and version, in the order of the tables."""
    found: dict[tuple[str, Version], list[IntegerTerm]] = {}
    for place, (limits, first) in enumerate(zip(LABORATORY_TERMS, _first_places(), strict=True)):
        term = _compile_term(place, limits, first)
        for version in limits.versions:
            found.setdefault((limits.analyte, version), []).append(term)
    return MappingProxyType({key: tuple(terms) for key, terms in found.items()})


def list_criteria() -> tuple[Criterion, ...]:
    """All criteria of all terms, by their places."""
    return tuple(criterion for limits in LABORATORY_TERMS for criterion in limits.criteria)


def _first_places() -> list[int]:
    counts = [len(limits.criteria) for limits in LABORATORY_TERMS]
    return [sum(counts[:place]) for place in range(len(counts))]


def _compile_term(place: int, limits: TermLimits, first: int) -> IntegerTerm:
    n = len(limits.criteria)
    # Of the highest grade that fired, the first that is met stands before the first that is assumed.
    criteria = tuple(
        IntegerCriterion(
            grade=one.grade,
            place=first + at,
            bounds=tuple(_compile_bound(bound) for bound in one.bounds),
            conditions=one.conditions,
            waits_for_symptoms=any(condition.startswith("symptomatic") for condition in one.conditions),
            rank_met=2 * n * one.grade + 2 * n - 1 - at,
            rank_assumed=2 * n * one.grade + n - 1 - at,
        )
        for at, one in enumerate(limits.criteria)
    )
    n_ranks = 1 + max((one.rank_met for one in criteria), default=0)
    grade_of = np.zeros(n_ranks, np.int8)
    place_of = np.full(n_ranks, -1, np.int16)
    is_assumed_of = np.zeros(n_ranks, np.bool_)
    for criterion in criteria:
        ranks = [criterion.rank_met, criterion.rank_assumed]
        grade_of[ranks], place_of[ranks] = criterion.grade, criterion.place
        is_assumed_of[criterion.rank_assumed] = True
    bounds = [bound for one in limits.criteria for bound in one.bounds]
    conditions = frozenset(condition for one in limits.criteria for condition in one.conditions)
    judged: set[Reference] = {BASELINE_OF[one] for one in conditions if one in BASELINE_OF}
    return IntegerTerm(
        place=place,
        limits=limits,
        criteria=criteria,
        grade_of=grade_of,
        place_of=place_of,
        is_assumed_of=is_assumed_of,
        is_absolute=any(bound.reference == "absolute" or bound.offset for bound in bounds),
        references=frozenset(
            {bound.reference for bound in bounds} | judged | ({"baseline"} if judged else set())
        ),
        conditions=conditions,
    )


def _compile_bound(bound: Bound) -> IntegerBound:
    multiple, offset = _scale(bound.multiple), _scale(bound.offset) * SCALE
    if bound.reference == "absolute":
        multiple, offset = 0, multiple * SCALE + offset
    largest = max(multiple, MULTIPLE_SCALE) * MAX_SCALED + abs(offset)
    assert largest <= np.iinfo(np.int64).max, "a limit does not fit an integer of 64 bits"
    return IntegerBound(bound.sign, multiple, bound.reference, offset)


def _scale(number: Decimal) -> int:
    scaled = number * MULTIPLE_SCALE
    assert scaled == int(scaled), "a limit has more than two decimals"
    return int(scaled)

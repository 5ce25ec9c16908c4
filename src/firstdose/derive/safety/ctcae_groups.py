"""Columns of laboratory values by analyte and version: each group is graded term by term, then put in its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstdose.derive.exact_columns import (
    FALSE,
    MISSING,
    OUTSIDE,
    TRUE,
    UNKNOWN,
    UNREADABLE,
    Codes,
    Mask,
    ScaledColumn,
)
from firstdose.derive.safety.ctcae_integers import BASELINE_OF, IntegerTerm, compile_terms
from firstdose.derive.safety.ctcae_kernel import (
    FLAGS,
    NONE,
    REASON,
    Graded,
    Situations,
    erase_grade,
    grade_term,
)
from firstdose.derive.safety.ctcae_laboratory import LaboratoryGrade, NotGradable, grade_laboratory_value
from firstdose.derive.safety.ctcae_limits import LABORATORY_TERMS, NOT_IN_CTCAE, Condition, Reference, Version

VERSIONS: tuple[Version, ...] = ("5.0", "6.0")
GRADED = tuple(dict.fromkeys(one.analyte for one in LABORATORY_TERMS))
ANALYTES = (*GRADED, *sorted(NOT_IN_CTCAE))
UNITS = tuple(dict.fromkeys(one.unit for one in LABORATORY_TERMS))


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns, read."""

    analyte: NDArray[np.int64]
    version: NDArray[np.int64]
    unit: NDArray[np.int64]
    numbers: Mapping[str, ScaledColumn]
    answers: Mapping[str, Codes]


def grade_rows(rows: Rows) -> tuple[NDArray[np.int64], Codes, Graded]:
    """Row, place of the term (-1: none) and grade, in the order of the rows."""
    n_rows = len(rows.analyte)
    is_known = (rows.analyte >= 0) & (rows.version >= 0)
    group = np.where(is_known, rows.analyte * len(VERSIONS) + rows.version, -1).astype(np.int8)
    n_terms = np.array([len(_terms_of(code)) for code in range(len(ANALYTES) * len(VERSIONS))])
    n_answers = np.where(is_known, np.maximum(n_terms[group], 1), 1)
    end = np.cumsum(n_answers)
    first, n_all = end - n_answers, int(n_answers.sum())
    term = np.full(n_all, NONE, np.int8)
    all_graded = Graded(
        np.full(n_all, NONE, np.int8),
        np.full(n_all, NONE, np.int8),
        np.full(n_all, NONE, np.int16),
        np.zeros(n_all, np.uint8),
    )
    _name_what_has_no_term(all_graded.reason, first, rows)
    order = np.argsort(group, kind="stable")
    codes, counts = np.unique(group, return_counts=True)
    stops = np.cumsum(counts)
    for code, start, stop in zip(codes.tolist(), stops - counts, stops, strict=True):
        of_group = order[start:stop]
        terms = _terms_of(code) if code >= 0 else ()
        if not terms:
            continue
        situations = _take(of_group, rows, terms)
        beyond = _grade_outside(of_group, rows, code)
        for at, one in enumerate(terms):
            graded = grade_term(one, situations)
            for place, grades in beyond.items():
                _put(graded, place, one, grades[at] if grades else None)
            _withhold(graded, of_group, rows, one)
            places = first[of_group] + at
            term[places] = one.place
            all_graded.grade[places] = graded.grade
            all_graded.reason[places] = graded.reason
            all_graded.criterion[places] = graded.criterion
            all_graded.flags[places] = graded.flags
    return np.repeat(np.arange(n_rows), n_answers), term, all_graded


def _terms_of(code: int) -> tuple[IntegerTerm, ...]:
    analyte, version = divmod(code, len(VERSIONS))
    return compile_terms().get((ANALYTES[analyte], VERSIONS[version]), ())


def _name_what_has_no_term(reason: Codes, first: NDArray[np.int64], rows: Rows) -> None:
    """The reason of each row; those of rows that have terms are written over."""
    reason[first] = REASON["not_in_version"]
    reason[first[rows.version < 0]] = REASON["unknown_version"]
    reason[first[rows.analyte < 0]] = REASON["unknown_analyte"]
    reason[first[rows.analyte >= len(GRADED)]] = REASON["not_in_ctcae"]


def _take(of_group: NDArray[np.int64], rows: Rows, terms: Sequence[IntegerTerm]) -> Situations:
    """What the criteria of these terms look at, for the rows of one analyte."""
    used = frozenset().union(*(one.references for one in terms))
    asked = frozenset().union(*(one.conditions for one in terms))
    references: dict[Reference, NDArray[np.int64]] = {}
    is_missing: dict[Reference, Mask] = {}
    for name in ("lln", "uln", "baseline"):
        is_used = name in used
        state = rows.numbers[name].state[of_group] if is_used else np.full(len(of_group), MISSING, np.int8)
        references[name] = (
            rows.numbers[name].scaled[of_group] if is_used else np.zeros(len(of_group), np.int64)
        )
        is_missing[name] = state == MISSING  # what is no number is withheld later, with its reason
    answers = {name: codes[of_group] for name, codes in rows.answers.items()}
    conditions: dict[Condition, Codes] = {
        "symptomatic": answers["symptomatic"],
        # known to have no symptoms: an intervention counts only where it is recorded
        "symptomatic_or_intervention": np.where(
            (answers["symptomatic"] == FALSE) & (answers["intervention"] == UNKNOWN),
            FALSE,
            np.maximum(answers["symptomatic"], answers["intervention"]),
        ).astype(np.int8),
        "baseline_missing": is_missing["baseline"].view(np.int8) * np.int8(TRUE),
        "fasting": answers["fasting"],
        # P-CTC-6: only where anticoagulation is recorded.
        "on_anticoagulation": (answers["on_anticoagulation"] == TRUE).view(np.int8) * np.int8(TRUE),
    }
    if "baseline_above_uln" in asked or "baseline_not_above_uln" in asked:
        above = _judge_baseline(of_group, rows, references, is_missing, "uln")
        conditions |= {"baseline_above_uln": above[0], "baseline_not_above_uln": above[1]}
    if "baseline_below_lln" in asked or "baseline_not_below_lln" in asked:
        below = _judge_baseline(of_group, rows, references, is_missing, "lln")
        conditions |= {"baseline_below_lln": below[0], "baseline_not_below_lln": below[1]}
    return Situations(rows.numbers["value"].scaled[of_group], references, is_missing, conditions)


def _judge_baseline(
    of_group: NDArray[np.int64],
    rows: Rows,
    references: Mapping[Reference, NDArray[np.int64]],
    is_missing: Mapping[Reference, Mask],
    limit: Reference,
) -> tuple[Codes, Codes]:
    """Whether the baseline is outside its limit of normal, and whether it is not."""
    own = rows.numbers[f"baseline_{limit}"]
    has_own = own.state[of_group] != MISSING
    of_baseline = np.where(has_own, own.scaled[of_group], references[limit])
    baseline = references["baseline"]
    is_beyond = baseline > of_baseline if limit == "uln" else baseline < of_baseline
    beyond = is_beyond.view(np.int8) * np.int8(TRUE)
    beyond[is_missing[limit] & ~has_own] = UNKNOWN
    # P-CTC-3 and P-CTC-7: a missing baseline counts as normal, and is flagged.
    beyond[is_missing["baseline"]] = FALSE
    return beyond, np.int8(TRUE) - beyond


def _grade_outside(
    of_group: NDArray[np.int64], rows: Rows, code: int
) -> dict[int, tuple[LaboratoryGrade | NotGradable, ...]]:
    """Rows with a number that does not fit an integer, by their place in the group, graded one by one."""
    is_outside = np.zeros(len(of_group), np.bool_)
    for column in rows.numbers.values():
        if column.outside:
            is_outside |= column.state[of_group] == OUTSIDE
    analyte, version = divmod(code, len(VERSIONS))
    return {
        place: _grade_one(ANALYTES[analyte], VERSIONS[version], rows, int(of_group[place]))
        for place in np.flatnonzero(is_outside).tolist()
    }


def _grade_one(
    analyte: str, version: Version, rows: Rows, row: int
) -> tuple[LaboratoryGrade | NotGradable, ...]:
    numbers = {name: column.read(row) for name, column in rows.numbers.items()}
    answers = {name: (False, None, True)[codes[row]] for name, codes in rows.answers.items()}
    value = numbers["value"]
    if value is None:
        return ()  # withheld later, with its reason
    try:
        return grade_laboratory_value(
            analyte,
            value,
            version=version,
            lln=numbers["lln"],
            uln=numbers["uln"],
            baseline=numbers["baseline"],
            baseline_lln=numbers["baseline_lln"],
            baseline_uln=numbers["baseline_uln"],
            on_anticoagulation=answers["on_anticoagulation"],
            symptomatic=answers["symptomatic"],
            intervention=answers["intervention"],
            fasting=answers["fasting"],
        )
    except ArithmeticError:
        return ()


def _put(graded: Graded, place: int, term: IntegerTerm, one: LaboratoryGrade | NotGradable | None) -> None:
    """A grade from the scalar path, in codes."""
    if one is None or isinstance(one, NotGradable):
        graded.reason[place] = REASON[one.reason if one else "out_of_range"]
        erase_grade(graded, place)
        return
    named = [at for at, criterion in enumerate(term.limits.criteria) if criterion.in_words() == one.criterion]
    graded.grade[place], graded.reason[place] = one.grade.value, NONE
    graded.criterion[place] = term.criteria[named[0]].place if named else NONE
    graded.flags[place] = sum(bit for flag, bit in FLAGS.items() if flag in one.flags)


def _withhold(graded: Graded, of_group: NDArray[np.int64], rows: Rows, term: IntegerTerm) -> None:
    """No grade where the columns do not say what the term needs; the first reason is written last."""
    if not term.criteria:
        return
    value = rows.numbers["value"].state[of_group]
    found: list[tuple[str, Mask]] = []
    if term.is_absolute:
        unit = rows.unit[of_group]
        found.append(("unit_differs", (unit >= 0) & (unit != UNITS.index(term.limits.unit))))
    found += [
        ("reference_not_a_number", rows.numbers[name].state[of_group] == UNREADABLE)
        for name in _columns_of(term)
    ]
    found += [("not_a_number", value == UNREADABLE), ("value_missing", value == MISSING)]
    for reason, is_withheld in found:
        if is_withheld.any():
            graded.reason[is_withheld] = REASON[reason]
            erase_grade(graded, is_withheld)


def _columns_of(term: IntegerTerm) -> set[str]:
    """The limits and baselines that the criteria of a term look at."""
    judged = {f"baseline_{BASELINE_OF[one]}" for one in term.conditions if one in BASELINE_OF}
    return judged | (term.references - {"absolute"})

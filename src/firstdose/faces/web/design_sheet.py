"""Designs side by side: which are compared, what each does under given true DLT rates, and what is best."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal

import msgspec
import numpy as np

from firstdose.conduct.dose_rules import compile_design
from firstdose.deliver.formatting import format_number
from firstdose.design import (
    TITLES,
    DesignSpecification,
    FinalStates,
    check_specification,
    compute_scenarios,
    enumerate_final_states,
)
from firstdose.design.comparison import compute_p_correct, find_correct_levels, specify_rule
from firstdose.design.exact.scenarios import OVERDOSE_RATE, ScenarioCharacteristics
from firstdose.protocol.rule_names import RuleName
from firstdose.terms.words import Text

OWN = "own"
"""The key of the protocol's own design."""
PLACES = 2
"""Decimal places of what is shown: percentages and mean numbers."""
Mark = Literal["correct", "overdose", ""]
Better = Literal["high", "low"] | None


class Alternative(msgspec.Struct, frozen=True):
    """A design beside the protocol's: its key in the address, its name, and how its guards become its own."""

    key: str
    title: Text
    specify: Callable[[DesignSpecification], DesignSpecification]


def _under(rule: RuleName) -> Alternative:
    """The protocol's guards under another rule."""
    return Alternative(rule, TITLES[rule], lambda spec: specify_rule(spec, rule))


ALTERNATIVES = (
    _under("three_plus_three"),
    _under("boin"),
    _under("i3_plus_3"),
    _under("keyboard"),
    _under("mtpi_2"),
    _under("mtpi"),
    _under("tpi"),
    _under("rolling_six"),
    _under("crm"),
    Alternative(
        "no_titration",
        Text("own rule, no titration", "原规则，无单例滴定"),
        lambda spec: msgspec.structs.replace(spec, titration=None),
    ),
)
"""What may stand beside the protocol's design, in this order; one more is one line."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A design that is compared."""

    key: str
    title: Text
    specification: DesignSpecification


class Cell(msgspec.Struct, frozen=True):
    """A number as it is and as it is shown, and whether no other design has a better one."""

    value: float
    text: str
    is_best: bool


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What the designs do under the true rates: rows by their keys, one cell a design.

    ``marks`` has one entry a level: whether its selection is correct, or its true rate an overdose.
    """

    rates: tuple[float, ...]
    marks: tuple[Mark, ...]
    is_none_correct: bool
    rows: dict[str, tuple[Cell, ...]]


def list_columns(own: DesignSpecification) -> tuple[Column, ...]:
    """The protocol's design and every alternative that its guards allow and that differs from it."""
    columns = [Column(key=OWN, title=TITLES[own.rule], specification=own)]
    for one in ALTERNATIVES:
        specification = one.specify(own)
        if specification != own and not check_specification(specification):
            columns.append(Column(key=one.key, title=one.title, specification=specification))
    return tuple(columns)


@lru_cache(maxsize=64)
def enumerate_design(specification: DesignSpecification) -> FinalStates:
    """The final states of a design, enumerated once.

    Raises
    ------
    GraphTooLarge
        If the design reaches too many states.
    """
    return enumerate_final_states(compile_design(specification)[0])


def compute_sheet(columns: Sequence[Column], rates: Sequence[float]) -> Sheet:
    """What the designs do under true DLT rates, exactly.

    Parameters
    ----------
    columns : sequence of Column
        Designs of one part: they have its levels and its target rate.
    rates : sequence of float
        One per level, lowest first.
    """
    target = columns[0].specification.target_rate
    scenario = np.array([rates], dtype=np.float64)
    correct = find_correct_levels(rates, target)
    found = [compute_scenarios(enumerate_design(column.specification), scenario) for column in columns]
    numbers: dict[str, tuple[list[float], int, Better]] = {}

    def add(key: str, values: list[float], better: Better = None, *, times: int = 1) -> None:
        numbers[key] = (values, times, better)

    def one_each(name: str) -> list[float]:
        return [float(getattr(one, name)[0]) for one in found]

    p_correct = [float(compute_p_correct(one, scenario, target)[0]) for one in found]
    add("p_correct", p_correct, "high", times=100)
    add("p_selected_overdose", one_each("p_selected_overdose"), "low", times=100)
    # to stop is right only where no level is acceptable
    add("p_stop_too_toxic", one_each("p_stop_too_toxic"), "low" if correct else "high", times=100)
    # neither more nor fewer participants are better by themselves
    add("mean_n", one_each("mean_n"))
    add("mean_n_dlt", one_each("mean_n_dlt"), "low")
    add("mean_n_overdose", one_each("mean_n_overdose"), "low")
    for level in range(1, len(rates) + 1):
        better: Better = "high" if level in correct else None
        add(f"p_selected_{level}", _at_level(found, "p_selected", level), better, times=100)
        add(f"mean_n_{level}", _at_level(found, "mean_n_per_level", level))
        add(f"mean_n_dlt_{level}", _at_level(found, "mean_n_dlt_per_level", level))
    add("p_none", one_each("p_none"), None if correct else "high", times=100)
    return Sheet(
        rates=tuple(rates),
        marks=tuple(_mark(level, rate, correct) for level, rate in enumerate(rates, start=1)),
        is_none_correct=not correct,
        rows={key: _write_cells(*row) for key, row in numbers.items()},
    )


def _at_level(found: Sequence[ScenarioCharacteristics], name: str, level: int) -> list[float]:
    return [float(getattr(one, name)[0, level - 1]) for one in found]


def _mark(level: int, rate: float, correct: Sequence[int]) -> Mark:
    if level in correct:
        return "correct"
    return "overdose" if rate > OVERDOSE_RATE else ""


def _write_cells(values: Sequence[float], times: int, better: Better) -> tuple[Cell, ...]:
    """The cells of a row; designs that read the same are equally good, and where all do, none is named."""
    texts = [format_number(times * value, PLACES) for value in values]
    best = None if better is None else texts[values.index((max if better == "high" else min)(values))]
    if len(set(texts)) == 1:
        best = None
    return tuple(Cell(value, text, text == best) for value, text in zip(values, texts, strict=True))

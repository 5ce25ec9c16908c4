"""The interval and counting rules: what was printed of them, second implementations, and ties."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from tests.double import interval_rules as double

from firstdose.design import DecisionTable, DesignSpecification, compile_table, list_near_ties
from firstdose.design.decision_table import DE_ESCALATE, ESCALATE, STAY
from firstdose.design.rules import keyboard, mtpi, tpi

LETTERS = {ESCALATE: "E", STAY: "S", DE_ESCALATE: "D"}


def compiled(rule: Any, target: str, **changes: Any) -> DecisionTable:
    plain: dict[str, Any] = {"n_levels": 3, "max_n": 36, "max_n_per_level": 36, "mtd_min_n": 1}
    return compile_table(DesignSpecification(rule=rule, target_rate=Decimal(target), **(plain | changes)))


def letter(table: DecisionTable, n: int, y: int) -> str:
    return "X" if table.eliminated[n][y] else LETTERS[table.actions[n][y]]


# Blume and colleagues, Clin Trials 2015;12:24-33 (PMC4344878), Tables 2 and 3: the decisions of the mTPI for cohorts
# of 3 as printed, beside those of the 3+3; (DLTs, participants)
# fmt: off
PRINTED_MTPI = {
    "target 0.175, margins 0.125": ("0.175", "0.125", {
        (0, 3): "E", (0, 6): "E", (1, 6): "S", (2, 3): "D", (3, 3): "D", (2, 6): "S", (3, 6): "D", (4, 6): "D"}),
    "target 0.10, margins 0.05":   ("0.10", "0.05", {
        (0, 3): "E", (0, 6): "E", (1, 6): "S", (2, 3): "D", (3, 3): "D", (2, 6): "D", (3, 6): "D", (4, 6): "D"}),
}
# fmt: on


@pytest.mark.parametrize(("target", "margin", "printed"), PRINTED_MTPI.values(), ids=PRINTED_MTPI.keys())
def test_the_mtpi_decisions_as_printed(target: str, margin: str, printed: dict[tuple[int, int], str]) -> None:
    table = compiled("mtpi", target, equivalence_interval=(Decimal(margin), Decimal(margin)))
    found = {(y, n): LETTERS[table.actions[n][y]] for y, n in printed}
    assert found == printed


def test_the_three_plus_three_decisions_as_printed_beside_them() -> None:
    table = compiled("three_plus_three", "0.25", max_n_per_level=6)
    printed = {
        (0, 3): "E",
        (0, 6): "E",
        (1, 6): "E",
        (2, 3): "D",
        (3, 3): "D",
        (2, 6): "D",
        (3, 6): "D",
        (4, 6): "D",
    }
    assert {(y, n): LETTERS[table.actions[n][y]] for y, n in printed} == printed


def _i3(n: int, y: int, target: float) -> str:
    return double.i3_plus_3(n, y, target - 0.05, target + 0.05)


def _mtpi(n: int, y: int, target: float) -> str:
    return double.mtpi(n, y, target - 0.05, target + 0.05)


def _mtpi_2(n: int, y: int, target: float) -> str:
    return double.mtpi_2(n, y, target - 0.05, target + 0.05)


def _tpi(n: int, y: int, target: float) -> str:
    return double.tpi(n, y, target, 1.0, 1.5)


DOUBLES: dict[str, Callable[[int, int, float], str]] = {
    "i3_plus_3": _i3,
    "keyboard": _mtpi_2,
    "mtpi_2": _mtpi_2,
    "mtpi": _mtpi,
    "tpi": _tpi,
}


TIED = [("mtpi", "0.25", 2, 1)]
"""Counts at which two moves have exactly the same mass: Beta(2, 2) has 0.112 in [0.2, 0.3] and 0.784 above."""


@pytest.mark.parametrize("target", ["0.10", "0.20", "0.25", "0.30", "0.33"])
@pytest.mark.parametrize("rule", DOUBLES)
def test_an_interval_rule_agrees_with_a_second_implementation_for_every_count(rule: str, target: str) -> None:
    table = compiled(rule, target)
    tied = []
    for n in range(1, 19):
        for y in range(n + 1):
            expected = DOUBLES[rule](n, y, float(target))
            if double.is_excluded(n, y, float(target)):
                expected = "X"
            if expected == "?":
                tied.append((rule, target, n, y))
            else:
                assert letter(table, n, y) == expected, (n, y)
    assert tied == [case for case in TIED if case[:2] == (rule, target)]


@pytest.mark.parametrize("margins", [("0.05", "0.10"), ("0.15", "0.05"), ("0.01", "0.02")])
@pytest.mark.parametrize("rule", ["i3_plus_3", "keyboard", "mtpi"])
def test_uneven_margins_agree_too(rule: str, margins: tuple[str, str]) -> None:
    low, high = 0.25 - float(margins[0]), 0.25 + float(margins[1])
    second = {"i3_plus_3": double.i3_plus_3, "keyboard": double.mtpi_2, "mtpi": double.mtpi}[rule]
    table = compiled(rule, "0.25", equivalence_interval=(Decimal(margins[0]), Decimal(margins[1])))
    for n in range(1, 19):
        for y in range(n + 1):
            expected = "X" if double.is_excluded(n, y, 0.25) else second(n, y, low, high)
            assert letter(table, n, y) == expected, (n, y)


def test_other_deviations_of_the_tpi_agree_too() -> None:
    table = compiled("tpi", "0.30", tpi_k1=Decimal("1.5"), tpi_k2=Decimal("0.5"))
    for n in range(1, 19):
        for y in range(n + 1):
            expected = "X" if double.is_excluded(n, y, 0.3) else double.tpi(n, y, 0.3, 1.5, 0.5)
            assert letter(table, n, y) == expected, (n, y)


@pytest.mark.parametrize("rule", ["three_plus_three", "rolling_six"])
def test_a_counting_rule_agrees_with_a_second_implementation_up_to_six(rule: str) -> None:
    second = {"three_plus_three": double.three_plus_three, "rolling_six": double.rolling_six}[rule]
    table = compiled(rule, "0.25", max_n_per_level=6)
    for n in range(1, 7):
        for y in range(n + 1):
            assert letter(table, n, y) == second(n, y), (n, y)


def test_the_keyboard_equals_boin_at_a_target_of_a_quarter() -> None:
    # with margins of 0.05 Keyboard 0.1.3 gives the same boundaries and selection percentages as BOIN 2.7.2 in
    # cohorts of three; the decisions of the two tables are the same at these sizes
    boin, keys = compiled("boin", "0.25"), compiled("keyboard", "0.25")
    for n in range(3, 37, 3):
        assert keys.actions[n] == boin.actions[n], n


def test_the_first_half_of_the_keys_is_cut_where_zero_is_reached() -> None:
    edges, place = keyboard.compute_key_edges(Fraction(1, 20), Fraction(3, 20))
    assert edges[:3] == (Fraction(0), Fraction(1, 20), Fraction(3, 20))
    assert (place, edges[-1]) == (1, Fraction(1))
    # below a target key of [0.05, 0.15] there is no whole key, and the rest alone can say escalate
    assert keyboard.assign_reason(30, 0, low=Fraction(1, 20), high=Fraction(3, 20)) == "mass_below_interval"


# fmt: off
TIES: dict[str, tuple[int, int, Fraction, Fraction, str]] = {
    # Beta(2, 2) is even about 1/2, so keys at the same distance from it hold the same mass; the higher is taken
    "the target key and its mirror": (2, 1, Fraction(1, 4), Fraction(1, 2), "mass_above_interval"),
    "the target key is its mirror": (2, 1, Fraction(1, 2), Fraction(3, 4), "mass_in_interval"),
}
# fmt: on


@pytest.mark.parametrize(("n", "y", "low", "high", "reason"), TIES.values(), ids=TIES.keys())
def test_of_two_keys_with_the_same_mass_the_cautious_one_is_taken(
    n: int, y: int, low: Fraction, high: Fraction, reason: str
) -> None:
    assert keyboard.assign_reason(n, y, low=low, high=high) == reason


def test_a_tie_is_known_as_one() -> None:
    assert keyboard.is_nearly_tied(2, 1, low=Fraction(1, 4), high=Fraction(1, 2))
    assert not keyboard.is_nearly_tied(6, 1, low=Fraction(1, 5), high=Fraction(3, 10))
    # the two keys beside 1/2 are equal and speak for the same move
    assert not keyboard.is_nearly_tied(6, 3, low=Fraction(1, 5), high=Fraction(3, 10))


@pytest.mark.parametrize(
    "rule", ["boin", "i3_plus_3", "three_plus_three", "rolling_six", "keyboard", "mtpi_2", "tpi"]
)
def test_the_usual_designs_have_no_tie_to_look_at(rule: str) -> None:
    assert list_near_ties(compiled(rule, "0.25", max_n_per_level=6).specification) == ()


def test_a_tie_of_the_mtpi_is_decided_with_caution() -> None:
    low, high = Fraction(1, 5), Fraction(3, 10)
    assert mtpi.is_nearly_tied(2, 1, low=low, high=high)
    assert mtpi.assign_reason(2, 1, low=low, high=high) == "mass_above_interval"


@pytest.mark.parametrize("target", ["0.15", "0.20", "0.25", "0.30", "0.33", "0.40"])
def test_no_other_count_of_a_usual_design_is_tied(target: str) -> None:
    rate = Decimal(target)
    low, high = Fraction(rate) - Fraction(1, 20), Fraction(rate) + Fraction(1, 20)
    for n in range(1, 37):
        for y in range(n + 1):
            is_tied = ("mtpi", target, n, y) in TIED
            assert mtpi.is_nearly_tied(n, y, low=low, high=high) == is_tied, (n, y)
            assert not keyboard.is_nearly_tied(n, y, low=low, high=high)
            assert not tpi.is_nearly_tied(n, y, target_rate=rate, k1=Decimal(1), k2=Decimal("1.5"))


def test_an_interval_that_floating_point_blurs_is_compared_exactly() -> None:
    # 3 of 10 is not above 0.25 + 0.05, and 1 of 5 not below 0.25 - 0.05
    table = compiled("i3_plus_3", "0.25")
    assert [letter(table, 10, y) for y in (1, 2, 3, 4)] == ["E", "S", "S", "D"]
    assert [letter(table, 5, y) for y in (0, 1, 2)] == ["E", "S", "D"]


def test_one_dlt_above_the_interval_is_forgiven_where_one_fewer_is_below_it() -> None:
    table = compiled("i3_plus_3", "0.25")
    # 1 of 3 is above 0.30 and 0 of 3 below 0.20; 2 of 6 is above and 1 of 6 below; 4 of 12 above, 3 of 12 inside
    assert [letter(table, 3, 1), letter(table, 6, 2), letter(table, 12, 4)] == ["S", "S", "D"]

"""Decision tables of the interval rules as published, and boundaries as their packages print them.

Where each figure was found stands beside it. Decisions are letters for 0, 1, 2 ... DLTs: E escalate, S stay, D
de-escalate, X de-escalate and close the level ("DU", unacceptable). They are whole numbers: no tolerance.
"""

from decimal import Decimal
from typing import Any

import pytest

from firstdose.design import DecisionTable, DesignSpecification, Tallies, compile_table, recommend
from firstdose.design.decision_table import DE_ESCALATE, ESCALATE, STAY

LETTERS = {ESCALATE: "E", STAY: "S", DE_ESCALATE: "D"}


def compiled(rule: Any, target: str, **changes: Any) -> DecisionTable:
    plain: dict[str, Any] = {"n_levels": 5, "max_n": 36, "max_n_per_level": 36, "mtd_min_n": 1}
    return compile_table(DesignSpecification(rule=rule, target_rate=Decimal(target), **(plain | changes)))


# U: the level is closed as unacceptable, printed DU in the papers
def row(table: DecisionTable, n: int) -> str:
    return "".join("U" if table.eliminated[n][y] else LETTERS[table.actions[n][y]] for y in range(n + 1))


# Target 0.30, margins 0.05, exclusion above 0.95; the recommendations after cohorts at the second of five levels.
# fmt: off
FIGURES: dict[str, dict[int, str]] = {
    # Guo W, Wang SJ, Yang S, Lynn H, Ji Y. Contemp Clin Trials 2017;58:23-33, Figure 3 (10.1016/j.cct.2017.04.006),
    # as transcribed in the package escalation (GitHub brockk/escalation, tests/testthat/test_mtpi2.R)
    "mtpi_2": {3: "ESDU", 6: "EESDUUU", 9: "EEESDUUUUU", 10: "EEESDDUUUUU"},
    # Ji Y, Liu P, Li Y, Bekele BN. Clin Trials 2010;7:653-663, Figure 2 (10.1177/1740774510382799), as transcribed
    # in brockk/escalation, tests/testthat/test_mtpi.R; three of six is "stay", which the mTPI-2 was made to mend
    "mtpi": {3: "ESDU", 6: "EESSUUU", 9: "EESSSUUUUU", 12: "EEESSSDUUUUUU",
             30: "EEEEEEESSSSSSSUUUUUUUUUUUUUUUUU"},
    # Ji Y, Li Y, Bekele BN. Clin Trials 2007;4:235-244, Table 1 (10.1177/1740774507079442), K1 = 1, K2 = 1.5, as
    # transcribed in brockk/escalation, tests/testthat/test_tpi.R
    "tpi": {3: "ESDU", 6: "ESSDUUU", 9: "EESSSDUUUU", 12: "EEESSSDUUUUUU"},
}
# fmt: on
CLOSED_EARLIER = {("tpi", 9, 5)}
"""Five of nine at the target 0.30: the TPI as published asks its own prior Beta(0.005, 0.005), where the chance
above the target is 0.94 and the level stays open; here every rule asks the uniform prior, 0.953, and it closes."""


@pytest.mark.parametrize("rule", FIGURES)
def test_the_decisions_of_a_published_figure(rule: str) -> None:
    table = compiled(rule, "0.30")
    for n, published in FIGURES[rule].items():
        found = row(table, n)
        differing = {(rule, n, y) for y in range(n + 1) if found[y] != published[y]}
        assert differing <= CLOSED_EARLIER, (n, found)
        assert all(found[y] == "U" and published[y] == "D" for _, _, y in differing)


def test_the_one_difference_to_the_published_tpi_is_of_its_prior() -> None:
    assert row(compiled("tpi", "0.30"), 9)[5] == "U"
    open_longer = compiled("tpi", "0.30", elimination_probability=Decimal("0.9527"))
    assert row(open_longer, 9) == FIGURES["tpi"][9]


# Keyboard 0.1.3, get.boundary.kb(target, ncohort = 10, cohortsize = 3)$full_boundary_tab, as stored in GitHub
# dx-li/mdanderson-stats, tests/fixtures/keyboard-boundaries.csv (written by its tools/keyboard_reference.R): for
# n = 1, 2, 3 ... 30 the most DLTs that escalate, the fewest that de-escalate, and the fewest that eliminate; "-"
# where nothing eliminates. The package rounds nothing; the tables are whole numbers.
# fmt: off
KEYBOARD = {
    "0.15": ("0 0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 2",
             "1 1 1 1 1 2 2 2 2 2 3 3 3 3 3 4 4 4 4 4 5 5 5 5 5 6 6 6 6 6",
             "1 2 2 2 2 3 3 3 3 4 4 4 4 5 5 5 5 6 6 6 6 6 7 7 7 7 7 8 8 8"),
    "0.20": ("0 0 0 0 0 0 0 1 1 1 1 1 1 1 2 2 2 2 2 2 2 3 3 3 3 3 3 3 4 4",
             "1 1 1 1 2 2 2 2 3 3 3 3 4 4 4 4 5 5 5 5 6 6 6 6 7 7 7 7 8 8",
             "1 2 2 3 3 3 4 4 4 5 5 5 5 6 6 6 7 7 7 7 8 8 8 8 9 9 9 9 10 10"),
    "0.25": ("0 0 0 0 0 1 1 1 1 1 2 2 2 2 2 3 3 3 3 3 4 4 4 4 4 5 5 5 5 5",
             "1 1 1 2 2 2 3 3 3 3 4 4 4 5 5 5 6 6 6 6 7 7 7 8 8 8 9 9 9 9",
             "- 2 3 3 3 4 4 4 5 5 6 6 6 7 7 7 8 8 8 9 9 9 10 10 10 11 11 11 12 12"),
    "0.30": ("0 0 0 0 1 1 1 1 2 2 2 2 3 3 3 3 4 4 4 4 5 5 5 5 6 6 6 6 7 7",
             "1 1 2 2 2 3 3 3 4 4 4 5 5 5 6 6 6 7 7 7 8 8 9 9 9 10 10 10 11 11",
             "- 2 3 3 4 4 5 5 5 6 6 7 7 8 8 8 9 9 9 10 10 11 11 11 12 12 12 13 13 14"),
    "0.35": ("0 0 0 1 1 1 2 2 2 2 3 3 3 4 4 4 5 5 5 5 6 6 6 7 7 7 8 8 8 8",
             "1 1 2 2 2 3 3 4 4 4 5 5 6 6 6 7 7 8 8 8 9 9 10 10 10 11 11 12 12 12",
             "- 2 3 4 4 5 5 6 6 7 7 7 8 8 9 9 10 10 11 11 11 12 12 13 13 14 14 14 15 15"),
    "0.40": ("0 0 1 1 1 2 2 2 3 3 3 4 4 4 5 5 5 6 6 6 7 7 8 8 8 9 9 9 10 10",
             "1 1 2 2 3 3 4 4 5 5 5 6 6 7 7 8 8 9 9 9 10 10 11 11 12 12 13 13 14 14",
             "- - 3 4 4 5 5 6 7 7 8 8 9 9 10 10 11 11 12 12 13 13 14 14 15 15 15 16 16 17"),
}
# fmt: on


@pytest.mark.parametrize("target", KEYBOARD)
@pytest.mark.parametrize("rule", ["keyboard", "mtpi_2"])
def test_the_boundaries_that_the_package_keyboard_prints(rule: str, target: str) -> None:
    up, down, out = (line.split() for line in KEYBOARD[target])
    table = compiled(rule, target)
    for n in range(1, 31):
        actions, closed = table.actions[n], table.eliminated[n]
        assert max(y for y in range(n + 1) if actions[y] == ESCALATE) == int(up[n - 1]), n
        # the package writes a level that is eliminated as de-escalated too
        falls = [y for y in range(n + 1) if actions[y] == DE_ESCALATE or closed[y]]
        assert min(falls) == int(down[n - 1]), n
        if n >= 3:
            # the package tabulates elimination from one participant on and uses it from three on
            eliminates = min((y for y in range(n + 1) if closed[y]), default=None)
            assert str(eliminates or "-") == out[n - 1], n


# --- the i3+3


# Liu M, Wang SJ, Ji Y. J Biopharm Stat 2020;30:294-304, the rule in words; what follows is arithmetic, for no printed
# decision table was found.
# fmt: off
I3_PLUS_3 = {
    #          n  y  decision  why, with the interval [0.25, 0.35]
    "below":           (6, 1, "E"),   # 1/6 = 0.17 is below
    "on the low end":  (4, 1, "S"),   # 1/4 is in the interval, whose ends belong to it
    "inside":          (10, 3, "S"),
    "on the high end": (20, 7, "S"),  # 7/20 = 0.35
    "a third is inside":           (3, 1, "S"),
    "above, one fewer inside":     (9, 4, "D"),   # 4/9 above, 3/9 inside
    "above, and one fewer below":  (2, 1, "S"),   # 1/2 above, 0/2 below
}
# fmt: on


@pytest.mark.parametrize("case", I3_PLUS_3.values(), ids=I3_PLUS_3.keys())
def test_the_i3_plus_3_as_its_rule_is_printed(case: tuple[int, int, str]) -> None:
    n, y, expected = case
    assert row(compiled("i3_plus_3", "0.30"), n)[y] == expected


# --- the rolling six


# Frankel PH and others. JAMA Netw Open 2020;3(5):e204787, Table 2, the column of the rolling six of Skolnik and
# others (J Clin Oncol 2008;26:190-195); found at pmc.ncbi.nlm.nih.gov/articles/PMC7221509/table/zoi200229t2.
# Participants at the level, evaluable, DLTs: what the next participant gets. "hold" is waiting.
# fmt: off
ROLLING_SIX: dict[str, list[tuple[tuple[int, ...], tuple[int, ...], int, str]]] = {
    "row 1":  [((1, 2, 3, 4, 5), (0,), 0, "same")],
    "row 2":  [((6,), (0,), 0, "hold")],
    "row 3":  [((1, 2, 3, 4, 5), (1,), 0, "same")],
    "row 4":  [((6,), (1,), 0, "hold")],
    "row 6":  [((2, 3, 4, 5), (2,), 0, "same")],
    "row 7":  [((6,), (2,), 0, "hold")],
    "row 9":  [((3,), (3,), 0, "escalate")],
    "row 10": [((4, 5), (3,), 0, "same")],
    "row 11": [((6,), (3,), 0, "hold")],
    "row 13": [((4,), (4,), 0, "escalate")],
    "row 14": [((5,), (4,), 0, "same")],
    "row 15": [((6,), (4,), 0, "hold")],
    "row 16": [((5,), (5,), 0, "escalate")],
    # one window is open, and a DLT in it would make one of six
    "row 17": [((6,), (5,), 0, "escalate")],
    "row 19": [((1, 2, 3, 4, 5), (1, 2, 3, 4, 5), 1, "same")],
    "row 20": [((6,), (1, 2, 3), 1, "hold")],
    "row 21": [((6,), (4,), 1, "hold")],
    "row 22": [((6,), (5,), 1, "hold")],
    "row 25": [((6,), (6,), 1, "escalate")],
    "row 26": [((2, 3, 4, 5, 6), (2, 3, 4, 5, 6), 2, "de-escalate")],
    "row 30": [((3, 4, 5, 6), (3, 4, 5, 6), 3, "de-escalate")],
}
# fmt: on
MOVES = {"escalate": "escalate", "stay": "same", "de_escalate": "de-escalate", "wait": "hold"}


@pytest.mark.parametrize("rows", ROLLING_SIX.values(), ids=ROLLING_SIX.keys())
def test_the_rolling_six_as_its_decisions_are_printed(
    rows: list[tuple[tuple[int, ...], tuple[int, ...], int, str]],
) -> None:
    # three levels, the middle one asked, and room for three more at the lowest
    table = compiled("rolling_six", "0.25", n_levels=3, max_n=18, max_n_per_level=6, six_at_mtd=True)
    for totals, evaluables, n_dlt, expected in rows:
        for total in totals:
            for evaluable in (count for count in evaluables if n_dlt <= count <= total):
                tallies = Tallies((3, evaluable, 0), (0, n_dlt, 0), (0, total - evaluable, 0))
                found = recommend(table, tallies, 2)
                assert MOVES[found.action.value] == expected, (total, evaluable, found.reasons)

"""BOIN and keyboard as their packages run them: a trial participant by participant, the MTD, the characteristics.

The figures of BOIN 2.7.2 and Keyboard 0.1.3 are those stored in GitHub dx-li/mdanderson-stats, tests/fixtures/
(boin-reference.csv, boin-oc-reference.csv, boin-titration-reference.csv, keyboard-selection.csv, keyboard-oc.csv),
written by its scripts tools/boin_reference.R and tools/keyboard_reference.R with the packages themselves.
"""

from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from tests.double.r_random import UniformStream

from firstdose.design import (
    Action,
    DecisionTable,
    DesignSpecification,
    Tallies,
    Titration,
    compile_table,
    compute_operating_characteristics,
    recommend,
    select_mtd,
)
from firstdose.design.next_cohort import assign_next_cohort
from firstdose.design.rules.boin import compute_boundaries
from firstdose.design.selection import assign_mtd


def compiled(rule: Any, target: str, max_n: int = 30, **changes: Any) -> DecisionTable:
    plain: dict[str, Any] = {
        "n_levels": 5,
        "max_n": max_n,
        "max_n_per_level": max_n,
        "mtd_min_n": 1,
        "stop_at_top_level": False,
    }
    return compile_table(DesignSpecification(rule=rule, target_rate=Decimal(target), **(plain | changes)))


# --- boundaries


def test_the_elimination_row_of_the_papers_table() -> None:
    # Liu S, Yuan Y. J R Stat Soc C 2015;64:507-523, the table of boundaries up to 12 participants at the target 0.25,
    # as abstracted in GitHub dcnorris/precautionary, exec/prolog/boin.pl; its other two rows belong to an interval
    # that the abstract does not name, and are not compared
    eliminated = [3, 3, 3, 4, 4, 4, 5, 5, 6, 6]
    table = compiled("boin", "0.25")
    assert [min(y for y in range(n + 1) if table.eliminated[n][y]) for n in range(3, 13)] == eliminated


def test_the_boundaries_that_the_vignette_of_simfastboin_prints() -> None:
    # simFastBOIN, "Getting started", boin_lambda(target = 0.30); stat.ethz.ch/CRAN/web/packages/simFastBOIN/vignettes
    rate = Decimal("0.30")
    low, high = compute_boundaries(rate, Decimal("0.6") * rate, Decimal("1.4") * rate)
    assert (round(low, 7), round(high, 7)) == (Decimal("0.2364907"), Decimal("0.3585195"))


# Yan F and others. BOIN: an R package. J Stat Softw 2020;94(13), the trial that its section on conduct works through,
# as followed in GitHub brockk/escalation, tests/testthat/test_boin.R ("BOIN recommendations match published example"),
# target 0.3, five levels: level and DLTs of a cohort of three, and the level that follows
# fmt: off
WORKED_TRIAL = [(1, 0, 2), (2, 0, 3), (3, 2, 2), (2, 1, 3), (3, 0, 3), (3, 0, 4), (4, 3, 3), (3, 1, 3), (3, 1, 3)]
# fmt: on


def test_the_worked_trial_of_the_tutorial() -> None:
    table = compiled("boin", "0.30", 33)
    n, n_dlt = [0] * 5, [0] * 5
    for level, events, follows in WORKED_TRIAL:
        n[level - 1] += 3
        n_dlt[level - 1] += events
        found = recommend(table, Tallies(tuple(n), tuple(n_dlt), (0,) * 5), level)
        assert (found.level, found.cohort_size) == (follows, 3), (n, n_dlt)
    n[2], n_dlt[2] = n[2] + 3, n_dlt[2] + 1
    assert (n, n_dlt) == ([3, 6, 18, 3, 0], [0, 1, 5, 3, 0])
    assert select_mtd(table, Tallies(tuple(n), tuple(n_dlt), (0,) * 5)) == 3


def test_the_mtd_of_page_15_of_the_tutorial() -> None:
    # the same paper, p. 15, as followed in brockk/escalation, tests/testthat/test_select_boin_mtd.R
    table = compiled("boin", "0.30")
    assert select_mtd(table, Tallies((3, 3, 15, 9, 0), (0, 0, 4, 4, 0), (0,) * 5)) == 3


# --- select.mtd


# Target | s: extrasafe, b: boundMTD | DLTs/participants of the levels | the MTD, "-" for none (99 in the package) |
# the isotonic estimates as printed, two digits. All 64 rows of BOIN, the first 24 of 64 of Keyboard.
# fmt: off
SELECTED_BY_BOIN = """
0.25 | - | 3/15 2/9 1/3 12/24 23/30 | 2 | 0.20 0.23 0.34 0.50 0.77
0.3 | b | 0/9 0/3 3/12 6/9 5/9 | 3 | 0.01 0.02 0.25 0.61 0.61
0.4 | s | 1/3 2/12 3/6 4/12 10/24 | 4 | 0.20 0.20 0.39 0.39 0.42
0.15 | b | 0/6 0/3 1/6 3/9 10/15 | 3 | 0.01 0.02 0.17 0.34 0.67
0.25 | - | 0/9 0/3 9/24 15/30 28/30 | 3 | 0.01 0.02 0.38 0.50 0.93
0.3 | sb | 0/12 0/6 7/9 4/9 16/24 | 2 | 0.00 0.01 0.64 0.64 0.67
0.4 | - | 3/15 5/12 3/3 15/30 17/30 | 2 | 0.20 0.42 0.76 0.76 0.76
0.15 | b | 0/9 8/30 11/24 1/6 4/6 | 1 | 0.01 0.27 0.36 0.36 0.66
0.25 | s | 0/12 0/30 7/30 0/3 3/12 | 5 | 0.00 0.00 0.10 0.10 0.25
0.3 | b | 0/9 6/30 9/12 7/12 4/9 | 2 | 0.01 0.20 0.62 0.62 0.62
0.4 | - | 0/6 5/15 3/3 5/12 1/3 | 2 | 0.01 0.33 0.86 0.86 0.86
0.15 | sb | 5/30 2/3 3/3 6/12 21/30 | 1 | 0.17 0.66 0.84 0.84 0.84
0.25 | - | 3/24 0/6 2/6 3/6 4/12 | 3 | 0.03 0.03 0.34 0.39 0.39
0.3 | b | 1/15 1/9 0/9 15/30 2/3 | 3 | 0.02 0.02 0.02 0.50 0.66
0.4 | s | 0/3 2/15 4/9 11/24 0/3 | 5 | 0.02 0.14 0.17 0.17 0.17
0.15 | b | 1/15 3/24 13/30 9/30 7/12 | 2 | 0.07 0.13 0.36 0.36 0.58
0.25 | - | 0/3 0/9 4/9 8/30 7/12 | 3 | 0.01 0.01 0.30 0.30 0.58
0.3 | sb | 3/6 4/12 4/12 4/12 7/9 | 1 | 0.36 0.36 0.36 0.36 0.77
0.4 | - | 4/12 1/3 7/24 14/24 13/30 | 3 | 0.31 0.31 0.31 0.50 0.50
0.15 | b | 0/6 2/9 5/15 6/15 5/9 | 1 | 0.01 0.23 0.33 0.40 0.55
0.25 | s | 2/15 1/9 3/12 6/12 2/6 | 3 | 0.13 0.13 0.25 0.44 0.44
0.3 | b | 1/24 1/3 1/3 10/24 19/30 | 2 | 0.04 0.34 0.34 0.42 0.63
0.4 | - | 0/6 3/12 9/24 1/3 8/12 | 4 | 0.01 0.25 0.37 0.37 0.67
0.15 | sb | 1/12 2/30 7/30 3/9 6/12 | 2 | 0.07 0.07 0.23 0.34 0.50
0.25 | - | 0/9 5/12 6/24 2/3 5/9 | 2 | 0.01 0.30 0.30 0.59 0.59
0.3 | b | 3/15 0/3 2/12 5/6 16/24 | 3 | 0.07 0.07 0.17 0.72 0.72
0.4 | s | 4/12 2/9 3/6 2/3 17/30 | 3 | 0.28 0.28 0.50 0.58 0.58
0.15 | b | 0/12 1/9 4/15 3/12 2/9 | 2 | 0.00 0.12 0.25 0.25 0.25
0.25 | - | 1/15 2/6 4/12 0/3 0/3 | 5 | 0.07 0.07 0.07 0.07 0.07
0.3 | sb | 4/12 4/9 1/6 3/6 3/3 | 1 | 0.31 0.31 0.31 0.50 0.98
0.4 | - | 0/15 2/15 2/9 2/3 2/9 | 5 | 0.00 0.14 0.23 0.33 0.33
0.15 | b | 0/15 1/3 3/15 4/12 5/12 | 1 | 0.00 0.22 0.22 0.33 0.42
0.25 | s | 1/15 3/12 5/9 5/12 9/15 | 2 | 0.07 0.25 0.48 0.48 0.60
0.3 | b | 3/15 4/15 2/24 2/9 6/12 | 4 | 0.14 0.14 0.14 0.23 0.50
0.4 | - | 0/30 3/30 3/9 0/6 18/24 | 4 | 0.00 0.05 0.05 0.05 0.75
0.15 | sb | 2/9 3/12 1/3 10/15 1/6 | - | 0.23 0.25 0.34 0.46 0.46
0.25 | - | 1/24 2/6 2/12 14/30 17/30 | 3 | 0.04 0.21 0.21 0.47 0.57
0.3 | b | 1/9 0/9 0/24 1/9 7/30 | 5 | 0.00 0.00 0.00 0.12 0.23
0.4 | s | 6/15 2/15 1/3 1/3 3/9 | 5 | 0.22 0.22 0.34 0.34 0.34
0.15 | b | 2/3 15/24 9/15 13/24 7/9 | - | 0.59 0.59 0.59 0.59 0.77
0.25 | - | 0/15 2/6 1/3 15/15 8/9 | 2 | 0.00 0.34 0.34 0.99 0.99
0.3 | sb | 0/30 3/30 0/9 7/12 3/6 | 3 | 0.00 0.02 0.02 0.55 0.55
0.4 | - | 0/12 0/6 3/6 2/9 7/12 | 4 | 0.00 0.01 0.32 0.32 0.58
0.15 | b | 6/12 1/6 5/24 3/12 2/3 | - | 0.26 0.26 0.26 0.26 0.66
0.25 | s | 2/15 9/30 6/30 2/3 14/24 | 3 | 0.14 0.24 0.24 0.59 0.59
0.3 | b | 5/24 3/15 2/3 4/15 14/24 | 3 | 0.21 0.21 0.34 0.34 0.58
0.4 | - | 0/24 1/30 4/12 4/15 3/9 | 5 | 0.00 0.03 0.30 0.30 0.34
0.15 | sb | 1/3 1/12 0/3 4/30 4/12 | 4 | 0.06 0.06 0.06 0.13 0.33
0.25 | - | 4/15 6/30 1/3 10/12 9/12 | 2 | 0.22 0.22 0.34 0.80 0.80
0.3 | b | 1/24 3/30 3/15 2/3 24/30 | 3 | 0.04 0.10 0.20 0.66 0.80
0.4 | s | 2/15 3/24 9/30 8/30 8/15 | 4 | 0.13 0.13 0.28 0.28 0.53
0.15 | b | 0/3 13/30 11/12 23/30 19/30 | 1 | 0.02 0.43 0.78 0.78 0.78
0.25 | - | 8/30 2/6 4/15 14/24 4/6 | 1 | 0.27 0.29 0.29 0.58 0.66
0.3 | sb | 2/6 7/24 6/12 16/30 5/12 | 1 | 0.30 0.30 0.50 0.50 0.50
0.4 | - | 0/6 13/24 9/24 19/30 5/9 | 2 | 0.01 0.46 0.46 0.61 0.61
0.15 | b | 1/24 2/6 15/30 3/9 9/12 | 1 | 0.04 0.34 0.46 0.46 0.75
0.25 | s | 1/6 1/3 1/3 0/6 5/9 | 4 | 0.03 0.03 0.03 0.03 0.55
0.3 | b | 1/3 2/15 4/12 8/24 6/6 | 3 | 0.16 0.16 0.33 0.33 0.99
0.4 | - | 0/6 0/3 5/30 5/24 3/9 | 5 | 0.01 0.02 0.17 0.21 0.34
0.15 | sb | 0/9 1/3 11/30 10/30 3/6 | 1 | 0.01 0.34 0.35 0.35 0.50
0.25 | - | 0/9 1/15 8/24 2/15 2/6 | 4 | 0.01 0.07 0.23 0.23 0.34
0.3 | b | 0/9 10/30 7/12 11/12 12/15 | 2 | 0.01 0.33 0.58 0.87 0.87
0.4 | s | 1/6 3/24 1/6 1/3 0/6 | 5 | 0.05 0.05 0.05 0.05 0.05
0.15 | b | 1/3 2/12 2/15 1/30 1/3 | 4 | 0.06 0.06 0.06 0.06 0.34
""".strip().splitlines()
SELECTED_BY_KEYBOARD = """
0.25 | - | 2/15 5/9 16/24 6/9 2/3 | 1 | 0.14 0.55 0.67 0.67 0.67
0.3 | - | 6/24 2/6 1/3 14/30 2/9 | 2 | 0.25 0.34 0.34 0.39 0.39
0.4 | s | 2/15 1/6 1/3 1/3 10/12 | 4 | 0.14 0.17 0.34 0.34 0.83
0.15 | - | 3/9 3/6 7/9 10/12 22/24 | - | 0.34 0.50 0.77 0.83 0.91
0.25 | - | 0/3 2/15 5/24 2/9 5/12 | 4 | 0.02 0.14 0.21 0.23 0.42
0.3 | s | 6/24 3/12 1/6 18/30 16/24 | 3 | 0.24 0.24 0.24 0.60 0.67
0.4 | - | 4/12 4/9 4/9 5/9 2/6 | 2 | 0.33 0.45 0.45 0.46 0.46
0.15 | - | 2/15 1/15 6/30 4/12 1/3 | 3 | 0.09 0.09 0.20 0.33 0.34
0.25 | s | 4/30 1/3 1/9 1/6 12/24 | 4 | 0.13 0.15 0.15 0.17 0.50
0.3 | - | 0/30 0/24 1/3 0/3 2/3 | 4 | 0.00 0.00 0.04 0.04 0.66
0.4 | - | 4/30 8/24 8/30 4/12 1/3 | 5 | 0.13 0.30 0.30 0.33 0.34
0.15 | s | 0/15 5/30 1/3 1/3 4/6 | 2 | 0.00 0.17 0.34 0.34 0.66
0.25 | - | 1/9 12/24 6/9 14/30 17/30 | 1 | 0.12 0.50 0.52 0.52 0.57
0.3 | - | 2/30 0/3 1/3 10/15 18/30 | 3 | 0.05 0.05 0.34 0.62 0.62
0.4 | s | 2/30 4/15 2/12 1/6 1/9 | 5 | 0.07 0.18 0.18 0.18 0.18
0.15 | - | 6/24 4/9 2/9 8/24 1/6 | 1 | 0.25 0.30 0.30 0.30 0.30
0.25 | - | 5/24 11/30 0/3 7/15 9/12 | 3 | 0.16 0.16 0.16 0.47 0.75
0.3 | s | 0/3 1/30 2/6 4/6 2/3 | 3 | 0.02 0.03 0.34 0.66 0.66
0.4 | - | 0/3 7/15 1/6 12/24 8/15 | 3 | 0.02 0.34 0.34 0.50 0.53
0.15 | - | 0/12 1/15 6/12 12/15 8/15 | 2 | 0.00 0.07 0.50 0.69 0.69
0.25 | s | 1/6 0/3 9/24 8/24 11/15 | 3 | 0.04 0.04 0.35 0.35 0.73
0.3 | - | 2/3 6/12 3/6 3/3 6/12 | 1 | 0.53 0.53 0.53 0.90 0.90
0.4 | - | 2/15 0/6 2/15 2/12 8/30 | 5 | 0.03 0.03 0.14 0.17 0.27
0.15 | s | 2/3 3/30 2/6 20/24 8/12 | - | 0.13 0.13 0.34 0.79 0.79
""".strip().splitlines()
# fmt: on


@cache
def _table(rule: str, target: str, flags: str) -> DecisionTable:
    changes: dict[str, Any] = {}
    if "s" in flags:
        changes["extra_safe_offset"] = Decimal("0.05")
    if "b" in flags:
        changes["mtd_at_most_lambda_d"] = True
    return compiled(rule, target, **changes)


def _select(rule: str, line: str) -> tuple[int | None, int | None, list[float], list[float]]:
    target, flags, counts, mtd, estimates = (part.strip() for part in line.split("|"))
    pairs = [tuple(int(part) for part in pair.split("/")) for pair in counts.split()]
    found, _ = assign_mtd(_table(rule, target, flags), [n for _, n in pairs], [y for y, _ in pairs])
    return (
        found,
        None if mtd == "-" else int(mtd),
        _isotonic(pairs),
        [float(value) for value in estimates.split()],
    )


def _isotonic(pairs: list[tuple[int, ...]]) -> list[float]:
    """Pooled means of (y + 0.05) / (n + 0.1), weighted by the inverse of their beta variances."""
    pools: list[tuple[float, float, int]] = []
    for y, n in pairs:
        a, b = y + 0.05, n - y + 0.05
        mean, weight, size = a / (a + b), (a + b) ** 2 * (a + b + 1) / (a * b), 1
        while pools and pools[-1][0] > mean:
            other, more, many = pools.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight, size = weight + more, size + many
        pools.append((mean, weight, size))
    return [mean for mean, _, size in pools for _ in range(size)]


@pytest.mark.parametrize("line", SELECTED_BY_BOIN, ids=range(1, 65))
def test_the_mtd_is_the_one_that_boin_selects(line: str) -> None:
    found, printed, estimates, printed_estimates = _select("boin", line)
    assert found == printed
    assert estimates == pytest.approx(printed_estimates, abs=0.005001)


@pytest.mark.parametrize("line", SELECTED_BY_KEYBOARD, ids=range(1, 25))
def test_the_mtd_is_the_one_that_keyboard_selects(line: str) -> None:
    found, printed, estimates, printed_estimates = _select("keyboard", line)
    assert found == printed
    assert estimates == pytest.approx(printed_estimates, abs=0.005001)


# --- get.oc


# Target 0.3, ten cohorts of three, 10,000 trials: percent selected, mean participants, mean DLTs per level
RATES = (0.05, 0.15, 0.3, 0.45, 0.6)
# fmt: off
SIMULATED: dict[str, tuple[Any, dict[str, Any], tuple[float, ...], tuple[float, ...], tuple[float, ...]]] = {
    "BOIN": ("boin", {}, (0.0112, 0.2374, 0.5455, 0.1919, 0.0139),
             (4.1601, 9.1197, 11.1366, 4.785, 0.7959), (0.2076, 1.3651, 3.3434, 2.1553, 0.4857)),
    "keyboard": ("keyboard", {}, (0.0107, 0.2304, 0.5516, 0.1932, 0.0139),
                 (4.1493, 9.1686, 11.1675, 4.7454, 0.7638), (0.2, 1.3754, 3.348, 2.1522, 0.4605)),
    "BOIN, titration": ("boin", {"titration": Titration()}, (0.0113, 0.2125, 0.5693, 0.1957, 0.0112),
                        (1.943, 6.9901, 11.9186, 6.9567, 2.1916), (0.0983, 1.0549, 3.5524, 3.1345, 1.3078)),
}
# fmt: on
SIMULATION_ERRORS = 4.0
"""Standard errors of 10,000 trials that are allowed; a mean of n has at most the deviation of 10 participants."""


@pytest.mark.parametrize("case", SIMULATED.values(), ids=SIMULATED.keys())
def test_the_exact_characteristics_are_those_that_the_packages_simulate(
    case: tuple[Any, dict[str, Any], tuple[float, ...], tuple[float, ...], tuple[float, ...]],
) -> None:
    rule, changes, selected, mean_n, mean_n_dlt = case
    found = compute_operating_characteristics(compiled(rule, "0.30", **changes), RATES)
    for exact, simulated in zip(found.p_selected, selected, strict=True):
        error = (exact * (1 - exact) / 10_000) ** 0.5
        assert abs(exact - simulated) < SIMULATION_ERRORS * error
    assert found.mean_n_per_level == pytest.approx(mean_n, abs=SIMULATION_ERRORS * 10 / 100)
    assert found.mean_n_dlt_per_level == pytest.approx(mean_n_dlt, abs=SIMULATION_ERRORS * 3 / 100)


@pytest.mark.slow
def test_boin_from_the_stream_of_r_gives_every_digit_of_its_simulation() -> None:
    # get.oc(.3, RATES, 10, 3, n.earlystop = 100, ntrial = 10000, seed = 120)
    table = compiled("boin", "0.30")
    stream, known = UniformStream(120), {}
    selected, treated, toxic = [0] * 6, [0] * 5, [0] * 5
    for _ in range(10_000):
        n: tuple[int, ...] = (0,) * 5
        n_dlt, level = n, 1
        while True:
            state = (n, n_dlt, level)
            if state not in known:
                known[state] = assign_next_cohort(table, *state)
            step = known[state]
            if step.size == 0:
                break
            level = step.level or 0
            events = sum(number < RATES[level - 1] for number in stream.take(step.size))
            n = (*n[: level - 1], n[level - 1] + step.size, *n[level:])
            n_dlt = (*n_dlt[: level - 1], n_dlt[level - 1] + events, *n_dlt[level:])
        selected[step.level or 0] += 1
        treated = [a + b for a, b in zip(treated, n, strict=True)]
        toxic = [a + b for a, b in zip(toxic, n_dlt, strict=True)]
    _, _, percent, mean_n, mean_n_dlt = SIMULATED["BOIN"]
    assert [count / 10_000 for count in selected[1:]] == list(percent)
    assert [count / 10_000 for count in treated] == list(mean_n)
    assert [count / 10_000 for count in toxic] == list(mean_n_dlt)


def test_a_titration_that_meets_its_first_dlt_fills_up_the_cohort_there() -> None:
    # BOIN 2.7.2 adds cohortsize - 1 participants at the level of the first DLT
    table = compiled("boin", "0.30", titration=Titration())
    found = recommend(table, Tallies((1, 1, 1, 0, 0), (0, 0, 1, 0, 0), (0,) * 5), 3)
    assert (found.action, found.level, found.cohort_size) == (Action.STAY, 3, 2)

"""What is recommended after the counts of the day."""

from decimal import Decimal
from typing import Any

import pytest

from firstdose.design import (
    Action,
    DecisionTable,
    DesignSpecification,
    OverdoseCap,
    Tallies,
    Titration,
    compile_table,
    recommend,
    select_mtd,
)
from firstdose.terms.outcomes import NotDerived

UP, STAY, DOWN = Action.ESCALATE, Action.STAY, Action.DE_ESCALATE
Case = tuple[DecisionTable, str, int, Action, int | None, int]
GuardedCase = tuple[DecisionTable, str, int, int, Action, int | None, int]
TOXIC, MTD, WAIT = Action.STOP_TOO_TOXIC, Action.STOP_AND_SELECT_MTD, Action.WAIT


def compiled(rule: str, **changes: Any) -> DecisionTable:
    plain: dict[str, Any] = {
        "rule": rule,
        "n_levels": 4,
        "target_rate": Decimal("0.25"),
        "max_n": 18,
        "max_n_per_level": 9,
        "mtd_min_n": 6,
    }
    return compile_table(DesignSpecification(**(plain | changes)))


def tallies(counts: str) -> Tallies:
    """Counts as ``0/3 1/3+2``: with a DLT / evaluable + pending, lowest level first."""
    n, n_dlt, n_pending = [0] * 4, [0] * 4, [0] * 4
    for place, level in enumerate(counts.split()):
        seen, _, pending = level.partition("+")
        n_dlt[place], n[place] = (int(part) for part in seen.split("/"))
        n_pending[place] = int(pending or 0)
    return Tallies(tuple(n), tuple(n_dlt), tuple(n_pending))


BOIN = compiled("boin")
LONG = compiled("boin", max_n=36, max_n_per_level=12)
SAFER = compiled("boin", extra_safe_offset=Decimal("0.05"), max_n=36, max_n_per_level=12)
PUBLISHED = compiled("boin", stop_at_top_level=False, max_n=36, max_n_per_level=36, mtd_min_n=1)
EVEN = compiled("boin", target_rate=Decimal("0.5"), mtd_min_n=1)
# target 0.25: 0/3 up; 1/3 down; 1/6 up; 2/6 down; 3/3, 4/6, 5/9 eliminate; 2/8 stay
# fmt: off
#                                 table  counts                 level expected  to    size
BOIN_CASES = {
    # --- the start, and the three moves
    "the first cohort":          (BOIN, "0/0",                     1, STAY,     1,    3),
    "no DLT":                    (BOIN, "0/3",                     1, UP,       2,    3),
    "1 of 6":                    (BOIN, "0/3 1/6",                 2, UP,       3,    3),
    "2 of 8 lies between":       (LONG, "0/3 2/8",                 2, STAY,     2,    3),
    "1 of 3":                    (BOIN, "0/3 1/3",                 2, DOWN,     1,    3),
    "2 of 6":                    (BOIN, "0/3 2/6",                 2, DOWN,     1,    3),
    # --- the lowest level
    "1 of 3 at the lowest":      (BOIN, "1/3",                     1, STAY,     1,    3),
    "2 of 3 at the lowest":      (BOIN, "2/3",                     1, STAY,     1,    3),
    "3 of 3 at the lowest":      (BOIN, "3/3",                     1, TOXIC,    None, 0),
    "4 of 9 lowest":             (LONG, "4/9",                     1, STAY,     1,    3),
    "5 of 9 lowest":             (LONG, "5/9",                     1, TOXIC,    None, 0),
    "4 of 9 lowest, safer":      (SAFER, "4/9",                    1, TOXIC,    None, 0),
    "3 of 9 lowest, safer":      (SAFER, "3/9",                    1, STAY,     1,    3),
    # --- elimination
    "3 of 3 above the lowest":   (BOIN, "0/3 3/3",                 2, DOWN,     1,    3),
    "no way up past it":         (LONG, "0/6 3/3",                 1, STAY,     1,    3),
    "treats on below it":        (LONG, "0/9 3/3",                 1, STAY,     1,    3),
    "until the level is full":   (BOIN, "0/9 3/3",                 1, MTD,      1,    0),
    "stood on a closed level":   (LONG, "0/3 3/3 0/3",             3, DOWN,     1,    3),
    # --- a cohort that is not complete is completed, unless two DLTs have settled it
    "0 of 2 evaluable":          (BOIN, "0/3 0/2",                 2, STAY,     2,    1),
    "1 of 2 evaluable":          (BOIN, "0/3 1/2",                 2, STAY,     2,    1),
    "2 of 2 evaluable":          (BOIN, "0/3 2/2",                 2, DOWN,     1,    3),
    # --- the top level needs the participants of an MTD
    "top with 3":                (BOIN, "0/3 0/3 0/3 0/3",         4, STAY,     4,    3),
    "top with 6":                (BOIN, "0/3 0/3 0/3 0/6",         4, MTD,      4,    0),
    "top with 6, published":     (PUBLISHED, "0/3 0/3 0/3 0/6",    4, STAY,     4,    3),
    # --- the cap at one level
    "level full, would stay":    (compiled("boin", max_n_per_level=8), "0/3 2/8", 2, MTD, 2, 0),
    "level full, goes up":       (BOIN, "0/3 1/9",                 2, UP,       3,    3),
    "full level below":          (BOIN, "1/9 1/3",                 2, MTD,      1,    0),
    "only two places left":      (compiled("boin", max_n_per_level=8), "0/3 2/6 1/3", 3, DOWN, 2, 2),
    # --- the cap in all
    "17 of 18":                  (BOIN, "0/3 0/3 1/6 1/5",         4, STAY,     4,    1),
    "18 of 18":                  (BOIN, "0/3 0/3 1/6 1/6",         4, MTD,      4,    0),
    "cap and too toxic":         (compiled("boin", max_n=6, max_n_per_level=6), "4/6", 1, TOXIC, None, 0),
    # --- open windows
    "one pending here":          (BOIN, "0/3 0/2+1",               2, WAIT,     None, 0),
    "one pending below":         (BOIN, "0/2+1 0/3",               2, WAIT,     None, 0),
    "pending at the cap":        (BOIN, "0/3 0/3 1/6 1/5+1",       4, WAIT,     None, 0),
}
THREE = compiled("three_plus_three", max_n=36, max_n_per_level=6, mtd_min_n=3)
SIX = compiled("three_plus_three", max_n=36, max_n_per_level=6, mtd_min_n=3, six_at_mtd=True)
THREE_CASES = {
    "the first cohort":          (THREE, "0/0",                    1, STAY,     1,    3),
    # --- three, then three more
    "0 of 3":                    (THREE, "0/3",                    1, UP,       2,    3),
    "1 of 3":                    (THREE, "0/3 1/3",                2, STAY,     2,    3),
    "1 of 6":                    (THREE, "0/3 1/6",                2, UP,       3,    3),
    "0 of 6":                    (THREE, "0/3 0/6",                2, UP,       3,    3),
    # --- two DLTs close the level; three below are enough, unless six are asked for
    "2 of 3, three below":       (THREE, "0/3 2/3",                2, MTD,      1,    0),
    "2 of 6, three below":       (THREE, "0/3 2/6",                2, MTD,      1,    0),
    "2 of 3, 1 of 3 below":      (THREE, "1/3 2/3",                2, DOWN,     1,    3),
    "2 of 3, six asked for":     (SIX, "0/3 2/3",                  2, DOWN,     1,    3),
    "2 of 3, six below":         (SIX, "1/6 2/3",                  2, MTD,      1,    0),
    "2 of 6 at the lowest":      (THREE, "2/6",                    1, TOXIC,    None, 0),
    "1 of 6 below a closed one": (SIX, "1/6 2/3",                  1, MTD,      1,    0),
    "1 of 3 below a closed one": (SIX, "1/3 2/3",                  1, STAY,     1,    3),
    "2 of 6 below a closed one": (SIX, "0/6 2/6 2/3",              2, MTD,      1,    0),
    # --- the top level
    "top with 3":                (THREE, "0/3 0/3 0/3 0/3",        4, MTD,      4,    0),
    "top with 3, six asked for": (SIX, "0/3 0/3 0/3 0/3",          4, STAY,     4,    3),
    "top with 6":                (SIX, "0/3 0/3 0/3 1/6",          4, MTD,      4,    0),
    "top with 1 of 3":           (THREE, "0/3 0/3 0/3 1/3",        4, STAY,     4,    3),
    # --- started above the lowest level
    "down to an untried level":  (THREE, "0/0 2/3",                2, DOWN,     1,    3),
    # --- incomplete cohorts, and open windows
    "0 of 2":                    (THREE, "0/3 0/2",                2, STAY,     2,    1),
    "1 of 4":                    (THREE, "0/3 1/4",                2, STAY,     2,    2),
    "2 of 2":                    (THREE, "0/3 2/2",                2, MTD,      1,    0),
    "pending":                   (THREE, "0/3 0/1+2",              2, WAIT,     None, 0),
    # --- the cap in all: 1 of 3 is no MTD
    "cap":                       (compiled("three_plus_three", max_n=6, max_n_per_level=6, mtd_min_n=3),
                                  "0/3 1/3", 2, MTD, 1, 0),
    "cap, nothing tolerated":    (compiled("three_plus_three", max_n=6, max_n_per_level=6, mtd_min_n=3,
                                           start_level=2), "1/3 2/3", 1, MTD, None, 0),
}
# fmt: on
CASES: dict[str, Case] = {f"BOIN: {name}": case for name, case in BOIN_CASES.items()} | {
    f"3+3: {name}": case for name, case in THREE_CASES.items()
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_next_cohort(case: Case) -> None:
    table, counts, level, *expected = case
    found = recommend(table, tallies(counts), level)
    assert [found.action, found.level, found.cohort_size] == expected
    assert found.reasons
    assert "{" not in found.reason_text.en + found.reason_text.zh


ROLLING = compiled("rolling_six", cohort_size=6, max_n=24, max_n_per_level=6, mtd_min_n=3)
# fmt: off
#                              counts             level expected to    size
ROLLING_CASES: dict[str, tuple[str, int, Action, int | None, int]] = {
    # --- with every window complete
    "the first six":            ("0/0",               1, STAY,  1,    6),
    "0 of 3":                   ("0/3",               1, UP,    2,    6),
    "0 of 5":                   ("0/5",               1, UP,    2,    6),
    "0 of 2":                   ("0/2",               1, STAY,  1,    4),
    "1 of 3":                   ("0/3 1/3",           2, STAY,  2,    3),
    "1 of 5":                   ("0/3 1/5",           2, STAY,  2,    1),
    "1 of 6":                   ("0/3 1/6",           2, UP,    3,    6),
    "2 of 6":                   ("0/3 2/6",           2, MTD,   1,    0),
    # --- with windows open at the level: two to six are enrolled without waiting
    "one treated, pending":     ("0/0+1",             1, STAY,  1,    5),
    "three pending":            ("0/0+3",             1, STAY,  1,    3),
    "3 of 3 clean, one pending": ("0/3+1",            1, STAY,  1,    2),
    "one DLT, two pending":     ("1/3+2",             1, STAY,  1,    1),
    # --- six enrolled: up where the pending could not keep it down, else suspended
    "5 clean, one pending":     ("0/5+1",             1, UP,    2,    6),
    "4 clean, two pending":     ("0/4+2",             1, WAIT,  None, 0),
    "1 of 5, one pending":      ("1/5+1",             1, WAIT,  None, 0),
    "six pending":              ("0/0+6",             1, WAIT,  None, 0),
    # --- two DLTs have settled it, whoever is pending; an MTD waits for every window
    "2 DLTs, two pending":      ("1/4 2/3+2",         2, DOWN,  1,    2),
    "2 DLTs, MTD would follow": ("0/3 2/3+2",         2, WAIT,  None, 0),
    "2 DLTs at the lowest":     ("2/3+2",             1, WAIT,  None, 0),
    # --- a window at another level is waited for
    "pending below":            ("0/3+1 0/3",         2, WAIT,  None, 0),
}
# fmt: on


@pytest.mark.parametrize("case", ROLLING_CASES.values(), ids=ROLLING_CASES.keys())
def test_the_rolling_six_counts_those_who_are_pending(
    case: tuple[str, int, Action, int | None, int],
) -> None:
    counts, level, *expected = case
    found = recommend(ROLLING, tallies(counts), level)
    assert [found.action, found.level, found.cohort_size] == expected
    assert "{" not in found.reason_text.en + found.reason_text.zh


def test_the_rolling_six_enrols_nobody_above_a_cap_or_beyond_the_sample() -> None:
    assert recommend(ROLLING, tallies("0/3 0/1+1"), 2, cap_level=1).action is Action.WAIT
    short = compiled("rolling_six", cohort_size=6, max_n=8, max_n_per_level=6, mtd_min_n=3)
    assert recommend(short, tallies("0/3 0/2+1"), 2).cohort_size == 2
    assert recommend(short, tallies("0/3 0/2+3"), 2).action is Action.WAIT


PRECISE = compiled("boin", stop_when_n_at_level=6, max_n=36, max_n_per_level=12, mtd_min_n=3)
BOUNDED = compiled("boin", mtd_at_most_lambda_d=True, max_n=36, max_n_per_level=12, mtd_min_n=1)
CAPPED = compiled(
    "boin", overdose_cap=OverdoseCap(Decimal("0.33"), Decimal("0.7")), max_n=36, max_n_per_level=12
)
# fmt: off
OPTIONS: dict[str, Case] = {
    # --- it ends where it would stay with so many participants (n.earlystop), not where it moves
    "2 of 8 stays":             (PRECISE, "0/3 2/8",             2, MTD,   2,    0),
    "2 of 6 moves":             (PRECISE, "0/3 2/6",             2, DOWN,  1,    3),
    "1 of 6 moves":             (PRECISE, "0/3 1/6",             2, UP,    3,    3),
    "2 of 6 at the lowest":     (PRECISE, "2/6",                 1, MTD,   1,    0),
    "0 of 6 below a closed":    (PRECISE, "0/6 3/3",             1, MTD,   1,    0),
    "0 of 3 below a closed":    (PRECISE, "0/3 3/3",             1, STAY,  1,    3),
    # --- Pr(rate > 0.33) above 0.7 closes the level: 2 of 3 has 0.89 by Beta(3, 2), 2 of 6 has 0.58 by Beta(3, 5)
    "2 of 3 over the cap":      (CAPPED, "0/3 2/3",              2, DOWN,  1,    3),
    "and never back":           (CAPPED, "0/6 2/3",              1, STAY,  1,    3),
    "2 of 3 at the lowest":     (CAPPED, "2/3",                  1, TOXIC, None, 0),
    "2 of 6 under the cap":     (CAPPED, "2/6",                  1, STAY,  1,    3),
}
# fmt: on


@pytest.mark.parametrize("case", OPTIONS.values(), ids=OPTIONS.keys())
def test_the_options_of_a_design(case: Case) -> None:
    table, counts, level, *expected = case
    found = recommend(table, tallies(counts), level)
    assert [found.action, found.level, found.cohort_size] == expected
    assert "{" not in found.reason_text.en + found.reason_text.zh


# fmt: off
WITHIN_LAMBDA_D = {
    # lambda_d is 0.2984: of 0/3 and 1/3, estimated 0.016 and 0.339, the higher is nearer and exceeds it
    "the nearest exceeds it":   ("0/3 1/3",  2, 1),
    "all exceed it":            ("1/3",      1, "estimate_above_lambda_d"),
    "the nearest does not":     ("0/3 1/6",  2, 2),
}
# fmt: on


@pytest.mark.parametrize(("counts", "free", "bounded"), WITHIN_LAMBDA_D.values(), ids=WITHIN_LAMBDA_D.keys())
def test_the_mtd_may_be_bounded_by_lambda_d(counts: str, free: int, bounded: int | str) -> None:
    assert select_mtd(PUBLISHED, tallies(counts)) == free
    found = select_mtd(BOUNDED, tallies(counts))
    assert (found.reason if isinstance(found, NotDerived) else found) == bounded


def test_an_estimate_that_equals_lambda_d_does_not_exceed_it() -> None:
    # with the target 0.4 and p2 = 0.6 lambda_d is 1/2, and so is the estimate of 3 of 6
    even = compiled(
        "boin",
        target_rate=Decimal("0.4"),
        boin_p2_ratio=Decimal("1.5"),
        mtd_at_most_lambda_d=True,
        mtd_min_n=1,
    )
    assert select_mtd(even, tallies("3/6")) == 1


TO_TOP = compiled("boin", titration=Titration(), max_n=24)
TO_3 = compiled("boin", titration=Titration(until_level=3), max_n=24)
SIMPLE_TO_3 = compiled("three_plus_three", titration=Titration(until_level=3), max_n=24)
# fmt: off
#                                 table  counts            level ended  expected  to size
TITRATION: dict[str, GuardedCase] = {
    # --- one participant a level while nothing happens
    "the first participant":     (TO_3, "0/0",               1, False, STAY,   1, 1),
    "one up":                    (TO_3, "0/1",               1, False, UP,     2, 1),
    # --- a level that ends it: whole cohorts from there on
    "level 3 is reached":        (TO_3, "0/1 0/1",           2, False, UP,     3, 3),
    "cohorts from there":        (TO_3, "0/1 0/1 0/3",       3, False, UP,     4, 3),
    "no set level":              (TO_TOP, "0/1 0/1 0/1",     3, False, UP,     4, 1),
    "the top is filled up":      (TO_TOP, "0/1 0/1 0/1 0/1", 4, False, STAY,   4, 2),
    # --- the first DLT fills the level up to a cohort
    "DLT at level 2":            (TO_3, "0/1 1/1",           2, False, STAY,   2, 2),
    "then the rule: 1 of 3":     (TO_3, "0/1 1/3",           2, False, DOWN,   1, 3),
    "back up in whole cohorts":  (TO_3, "0/4 1/3",           1, False, UP,     2, 3),
    "DLT at level 1":            (TO_3, "1/1",               1, False, STAY,   1, 2),
    # --- a trigger that the counts do not know fills it up too
    "trigger at level 2":        (TO_3, "0/1 0/1",           2, True,  STAY,   2, 2),
    "then the rule: 0 of 3":     (TO_3, "0/1 0/3",           2, True,  UP,     3, 3),
    "cohorts below level 3":     (TO_3, "0/3",               1, True,  UP,     2, 3),
    "trigger before anyone":     (TO_3, "0/0",               1, True,  STAY,   1, 3),
    # --- under a 3+3
    "3+3 one up":                (SIMPLE_TO_3, "0/1",        1, False, UP,     2, 1),
    "3+3 DLT":                   (SIMPLE_TO_3, "0/1 1/1",    2, False, STAY,   2, 2),
    "3+3 closed, fills below":   (SIMPLE_TO_3, "0/1 2/3",    2, False, DOWN,   1, 2),
    "3+3 three more below":      (SIMPLE_TO_3, "0/3 2/3",    1, False, STAY,   1, 3),
    # --- windows are waited for in titration as well
    "the one is pending":        (TO_3, "0/1 0/0+1",         2, False, WAIT,   None, 0),
}
# fmt: on


@pytest.mark.parametrize("case", TITRATION.values(), ids=TITRATION.keys())
def test_accelerated_titration(case: GuardedCase) -> None:
    table, counts, level, ended, *expected = case
    found = recommend(table, tallies(counts), level, titration_ended=bool(ended))
    assert [found.action, found.level, found.cohort_size] == expected


# fmt: off
#                                 table  counts            level cap   expected  to   size
CAPS: dict[str, GuardedCase] = {
    # --- regimens in order of their risk, capped by the result of single doses
    "below the cap":             (BOIN, "0/3",               1, 2,    UP,     2,    3),
    "at the cap with 3":         (BOIN, "0/3 0/3",           2, 2,    STAY,   2,    3),
    "at the cap with 6":         (BOIN, "0/3 0/6",           2, 2,    MTD,    2,    0),
    "above a cap that fell":     (BOIN, "0/3 0/3 0/3",       3, 2,    DOWN,   2,    3),
    "two above it":              (BOIN, "0/3 0/3 0/3",       3, 1,    DOWN,   1,    3),
    "a cap above the top":       (BOIN, "0/3 0/3 0/3 0/3",   4, 9,    STAY,   4,    3),
    "nothing is allowed":        (BOIN, "0/0",               1, 0,    TOXIC,  None, 0),
    "elimination is stricter":   (LONG, "0/6 3/3",           1, 3,    STAY,   1,    3),
    "3+3 at the cap":            (THREE, "0/3 0/3",          2, 2,    MTD,    2,    0),
    "3+3 at the cap, six":       (SIX, "0/3 0/3",            2, 2,    STAY,   2,    3),
    "titration at the cap":      (TO_TOP, "0/1 0/1",         2, 2,    STAY,   2,    2),
}
# fmt: on


@pytest.mark.parametrize("case", CAPS.values(), ids=CAPS.keys())
def test_another_part_caps_the_level(case: GuardedCase) -> None:
    table, counts, level, cap, *expected = case
    found = recommend(table, tallies(counts), level, cap_level=cap)
    assert [found.action, found.level, found.cohort_size] == expected


def test_waiting_says_how_many() -> None:
    found = recommend(BOIN, tallies("0/2+1 0/1+2"), 2)
    assert found.reason_text.en == "Wait: participants still inside their DLT window: 3."
    assert found.reason_text.zh == "等待：3例参与者仍处于DLT观察窗内。"


# fmt: off
SELECTED = {
    # --- BOIN: isotonic estimate closest to 0.25, among levels with six
    "1 of 6 and 3 of 6":         (LONG, "0/3 1/6 3/6",       2),
    "the closest has only 3":    (LONG, "0/6 1/3",           1),
    "the same without a least":  (PUBLISHED, "0/6 1/3",      2),
    "none has six":              (LONG, "0/3 1/3",           2),
    "an eliminated level never": (LONG, "1/6 4/6",           1),
    "equal ones below: higher":  (PUBLISHED, "0/3 0/3 0/3",  3),
    "equal ones above: lower":   (PUBLISHED, "2/6 2/6 2/6",  1),
    "pooled below: higher":      (PUBLISHED, "1/6 0/6 3/6",  2),
    "both sides alike: lower":   (EVEN, "1/3 2/3",           1),
    "an untried lower level":    (PUBLISHED, "0/0 1/6",      2),
    "all eliminated":            (LONG, "3/3",               "no_mtd"),
    "lowest stopped, safer":     (SAFER, "4/9",              "no_mtd"),
    "nobody treated":            (LONG, "0/0",               "no_mtd"),
    "a window is open":          (LONG, "0/6 1/6+1",         "window_open"),
    # --- 3+3: the highest with at most one in six
    "3+3 1 of 6":                (THREE, "0/3 1/6 2/6",      2),
    "3+3 1 of 3 is too many":    (THREE, "0/3 1/3",          1),
    "3+3 six asked for":         (SIX, "1/6 0/3",            1),
    "3+3 none has six":          (SIX, "0/3 0/3",            2),
    "3+3 below a closed level":  (THREE, "0/3 2/3 0/3",      1),
    "3+3 none tolerated":        (THREE, "2/3",              "no_mtd"),
}
# fmt: on


@pytest.mark.parametrize(("table", "counts", "expected"), SELECTED.values(), ids=SELECTED.keys())
def test_the_selected_mtd(table: DecisionTable, counts: str, expected: int | str) -> None:
    found = select_mtd(table, tallies(counts))
    assert (found.reason if isinstance(found, NotDerived) else found) == expected


# fmt: off
REASONS = {
    # --- the cell of the table, then the guard that changed it
    "the rule alone":   (BOIN, "0/3",                     1, ("rate_at_or_below_escalation_boundary",)),
    "sample complete":  (BOIN, "0/3 0/3 1/6 1/6",         4, ("rate_at_or_below_escalation_boundary",
                                                              "sample_complete")),
    "too few at MTD":   (compiled("boin", max_n=9, max_n_per_level=6), "0/3 0/3 1/3", 3,
                         ("rate_at_or_above_de_escalation_boundary", "sample_complete", "too_few_at_mtd")),
    "top":              (BOIN, "0/3 0/3 0/3 0/3",         4, ("rate_at_or_below_escalation_boundary",
                                                              "top_level")),
    "top confirmed":    (BOIN, "0/3 0/3 0/3 0/6",         4, ("rate_at_or_below_escalation_boundary",
                                                              "top_level", "enough_at_mtd")),
    "below a closed":   (LONG, "0/6 3/3",                 1, ("rate_at_or_below_escalation_boundary",
                                                              "level_above_eliminated")),
    "level full":       (BOIN, "1/9 1/3",                 2, ("rate_at_or_above_de_escalation_boundary",
                                                              "level_full")),
    "lowest":           (BOIN, "1/3",                     1, ("rate_at_or_above_de_escalation_boundary",
                                                              "lowest_level")),
    "lowest too toxic": (BOIN, "3/3",                     1, ("excessive_toxicity",
                                                              "lowest_level_too_toxic")),
    "pending":          (BOIN, "0/2+1",                   1, ("window_open",)),
    "titrating":        (TO_3, "0/1",                     1, ("titration_continues",)),
    "titrated":         (TO_3, "0/1 0/1",                 2, ("titration_reaches_cohorts",)),
    "filled up":        (TO_3, "0/1 1/1",                 2, ("cohort_incomplete",)),
    "3+3":              (THREE, "0/3 2/3",                2, ("two_or_more_dlt", "enough_at_mtd")),
}
# fmt: on


@pytest.mark.parametrize(("table", "counts", "level", "reasons"), REASONS.values(), ids=REASONS.keys())
def test_the_reasons_are_told(
    table: DecisionTable, counts: str, level: int, reasons: tuple[str, ...]
) -> None:
    assert recommend(table, tallies(counts), level).reasons == reasons


def test_no_mtd_above_a_cap() -> None:
    assert select_mtd(PUBLISHED, tallies("0/3 0/3 0/3"), cap_level=2) == 2


@pytest.mark.parametrize(
    ("counts", "level"), [("4/3", 1), ("0/9 0/9 0/9", 1), ("0/3", 0), ("0/3", 5)], ids=str
)
def test_impossible_states_are_our_mistake(counts: str, level: int) -> None:
    with pytest.raises(ValueError, match=r"level|participants"):
        recommend(BOIN, tallies(counts), level)

"""BOIN12: published ranks and decisions, its limits, a second implementation, and exact operating characteristics."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import boin12_rule as double

from firstdose.design import DesignSpecification
from firstdose.design.exact.state_graph import GraphTooLarge
from firstdose.design.exact.two_outcome_characteristics import compute_boin12_characteristics
from firstdose.design.exact.two_outcomes import Judge, assign_from_rank_table, enumerate_boin12_states
from firstdose.design.rules.boin12 import (
    TEXTS,
    Boin12Action,
    Boin12Counts,
    Boin12Step,
    assign_obd,
    recommend_boin12,
)
from firstdose.design.rules.boin12_specification import UtilitySpecification, check_utility_specification
from firstdose.design.rules.boin12_table import (
    RankTable,
    compile_rank_table,
    compute_rank_digest,
    tabulate_ranks,
)
from firstdose.design.stepping import STOP_TOO_TOXIC

LIN = UtilitySpecification(
    max_toxicity_rate=Decimal("0.35"), min_efficacy_rate=Decimal("0.25"), u2=Decimal(40), u3=Decimal(60)
)
SECOND = UtilitySpecification(
    max_toxicity_rate=Decimal("0.15"),
    min_efficacy_rate=Decimal("0.4"),
    u2=Decimal(50),
    u3=Decimal(30),
    counts_both=True,
    toxicity_cutoff=Decimal("0.9"),
    efficacy_cutoff=Decimal("0.8"),
)
TABLE, SECOND_TABLE = compile_rank_table(LIN, 12, 3), compile_rank_table(SECOND, 12, 3)


def _guards(
    n_levels: int = 5, max_n: int = 36, max_n_per_level: int = 12, mtd_min_n: int = 1
) -> DesignSpecification:
    return DesignSpecification(
        rule="boin",
        n_levels=n_levels,
        target_rate=Decimal("0.35"),
        max_n=max_n,
        max_n_per_level=max_n_per_level,
        mtd_min_n=mtd_min_n,
    )


def _read(outcomes: str, n_levels: int = 5) -> tuple[Boin12Counts, int]:
    """Counts of cohorts such as "1NNN 2ENT": N neither, E response, T DLT, B both; and the last level."""
    level, letters = 1, ["" for _ in range(n_levels)]
    for cohort in outcomes.split():
        level = int(cohort[0])
        letters[level - 1] += cohort[1:]
    n = tuple(map(len, letters))
    both = tuple(at.count("B") for at in letters)
    y = tuple(at.count("T") + b for at, b in zip(letters, both, strict=True))
    e = tuple(at.count("E") + b for at, b in zip(letters, both, strict=True))
    return Boin12Counts(n, y, e, both), level


def _recommend(outcomes: str, max_n: int = 36) -> Boin12Step:
    counts, level = _read(outcomes)
    return recommend_boin12(TABLE, _guards(max_n=max_n), counts, level)


# --- published

# Lin et al. 2020, Table 3 (phi_T 0.35, phi_E 0.25, u2 40, u3 60), for 0, 3, 6 and 9 participants; as transcribed in
# the tests of the R package escalation (test_boin12_rds.R). Scores are whole or half numbers and are met exactly.
TABLE_3 = {
    (0, 0, 0): "60",
    (3, 0, 3): "91",
    (6, 1, 5): "87",
    (6, 5, 1): None,
    (9, 0, 8): "99",
    (9, 2, 3): "32.5",
    (9, 5, 5): "32.5",
    (9, 3, 1): "7",
    (9, 4, 0): None,
    (9, 6, 9): None,
}


@pytest.mark.parametrize("counts", TABLE_3, ids=str)
def test_the_printed_score_is_that_of_lin_2020_table_3(counts: tuple[int, int, int]) -> None:
    printed = {
        (row.n, row.n_dlt, row.n_efficacy): row.score for row in tabulate_ranks(compile_rank_table(LIN, 9, 3))
    }
    expected = TABLE_3[counts]
    assert printed[counts] == (None if expected is None else Decimal(expected))


# Lin et al. 2020, p. 1396 (first row) and Data Supplement, section 6 and Figure S2; as transcribed in the tests of
# the R package escalation (test_boin12.R). N* 6, 12 at a level at most, 30 in all.
EXAMPLE = {
    "1NNN 2ENT 3ETT 2EEN": 2,
    "1NNN": 2,
    "1NNN 2NNB": 3,
    "1NNN 2NNB 3NEE": 3,
    "1NNN 2NNB 3NEE 3NTN": 4,
    "1NNN 2NNB 3NEE 3NTN 4ETE": 4,
    "1NNN 2NNB 3NEE 3NTN 4ETE 4NBE": 4,
    "1NNN 2NNB 3NEE 3NTN 4ETE 4NBE 4BNN": 5,
    "1NNN 2NNB 3NEE 3NTN 4ETE 4NBE 4BNN 5BEN": 5,
    "1NNN 2NNB 3NEE 3NTN 4ETE 4NBE 4BNN 5BEN 5NBT": 4,
}


@pytest.mark.parametrize("outcomes", EXAMPLE)
def test_the_next_level_is_that_of_the_example_of_lin_2020(outcomes: str) -> None:
    step = _recommend(outcomes, max_n=30)
    assert (step.level, step.size) == (EXAMPLE[outcomes], 3)


def test_the_example_of_lin_2020_ends_with_level_4() -> None:
    step = _recommend("1NNN 2NNB 3NEE 3NTN 4ETE 4NBE 4BNN 5BEN 5NBT 4NEN", max_n=30)
    assert step[:3] == (Boin12Action.STOP_AND_SELECT_OBD, 4, 0)


# The next level after one cohort at level 1, 2 or 5, as the calculator of the authors gave it
# (biostatistics.mdanderson.org/shinyapps/BOIN12); as transcribed in the tests of the R package escalation
# (test_boin12.R, both parameterisations). None: "breaks the app", where no level is left.
# fmt: off
CALCULATOR = {
    "BBB": (None, 1, 4), "EBB": (1, 1, 4), "EEB": (1, 2, 5), "EEE": (1, 2, 5), "EET": (1, 2, 5), "ETB": (1, 1, 4),
    "ETT": (1, 1, 4), "NBB": (1, 1, 4), "NEB": (1, 2, 5), "NEE": (1, 2, 5), "NET": (2, 3, 4), "NNB": (2, 3, 4),
    "NNE": (2, 3, 4), "NNN": (2, 3, 4), "NNT": (2, 3, 4), "NTB": (1, 1, 4), "NTT": (1, 1, 4), "TBB": (None, 1, 4),
    "TTB": (None, 1, 4), "TTT": (None, 1, 4),
}
SECOND_CALCULATOR = {
    "BBB": (None, 1, 4), "EBB": (1, 1, 4), "EEB": (1, 1, 4), "EEE": (1, 2, 5), "EET": (1, 1, 4), "ETB": (1, 1, 4),
    "ETT": (1, 1, 4), "NBB": (1, 1, 4), "NEB": (1, 1, 4), "NEE": (1, 2, 5), "NET": (1, 1, 4), "NNB": (1, 1, 4),
    "NNE": (2, 1, 4), "NNN": (2, 3, 4), "NNT": (None, 1, 4), "NTB": (1, 1, 4), "NTT": (None, 1, 4),
    "TBB": (None, 1, 4), "TTB": (None, 1, 4), "TTT": (None, 1, 4),
}
# fmt: on
TOXIC_BY_TWO_OF_THREE = {"1EBB", "1ETB", "1ETT", "1NBB", "1NTB"}
"""Pr(DLT rate > 0.15 | 2 of 3) is 0.988, above the cutoff 0.9: by the criterion of the paper level 1 is closed and
nothing is left. The calculator goes on at level 1: it closes a level for toxicity from three DLTs on only."""
TIED_NEIGHBOURS = {"2NNE"}
"""Levels 1 and 3, both untried, tie; the calculator took the lower here and the higher after 2NNN."""


@pytest.mark.parametrize("cohort", CALCULATOR)
@pytest.mark.parametrize("level", [1, 2, 5])
def test_the_next_level_is_that_of_the_calculator(cohort: str, level: int) -> None:
    step = _recommend(f"{level}{cohort}")
    assert step.level == CALCULATOR[cohort][(1, 2, 5).index(level)]
    assert (step.action == Boin12Action.STOP_NONE_ADMISSIBLE) == (step.level is None)


@pytest.mark.parametrize("cohort", SECOND_CALCULATOR)
@pytest.mark.parametrize("level", [1, 2, 5])
def test_the_next_level_is_that_of_the_calculator_with_utilities_that_do_not_add_up(
    cohort: str, level: int
) -> None:
    outcomes = f"{level}{cohort}"
    counts, _ = _read(outcomes)
    found = recommend_boin12(SECOND_TABLE, _guards(), counts, level).level
    expected = SECOND_CALCULATOR[cohort][(1, 2, 5).index(level)]
    if outcomes in TOXIC_BY_TWO_OF_THREE:
        assert (found, expected) == (None, 1)
    elif outcomes in TIED_NEIGHBOURS:
        assert (found, expected) == (3, 1)
    else:
        assert found == expected


# --- limits, a row on each side

# fmt: off
LIMITS = {
    # --- lambda_d is 0.4189: 2 of 5 below, 3 of 7 above
    "rate just below lambda_d, untried above tempts": ("2NNNTT", 3, "highest_rank"),
    "rate just above lambda_d":                       ("2EEEETTT", 1, "nearest_admissible_below"),
    # --- N* = 6: with fewer, the level above competes between the boundaries
    "five at the level, rate between":                ("1NNNTT", 2, "highest_rank"),
    "six at the level, rate between":                 ("1NNENTT", 1, "highest_rank"),
    # --- lambda_e is 0.2763: at or below it the level above competes whatever the number
    "six at the level, rate at or below lambda_e":    ("1NNNNET", 2, "highest_rank"),
    "seven at the level, two DLTs are between":       ("1NNNNETT", 1, "highest_rank"),
    "eight at the level, two DLTs are below":         ("1NNNNNETT", 2, "highest_rank"),
    # --- an untried level above is explored from nine on, if the rate is below lambda_d
    "eight at a good level":                          ("1EEEEEEEE", 1, "highest_rank"),
    "nine at a good level":                           ("1EEEEEEEEE", 2, "untried_level_explored"),
    "nine at a good level, above was tried":          ("2TTN 1EEEEEEEEE", 1, "highest_rank"),
    "nine, three DLTs are below lambda_d":            ("1EEEEEEBBB", 2, "untried_level_explored"),
    "nine, four DLTs are above lambda_d":             ("1EEEEEBBBB", 1, "no_admissible_level_below"),
    # --- toxicity closes a level and all above: 3 of 3, not 2 of 3
    "three of three at level 2":                      ("1NNE 2TTT", 1, "nearest_admissible_below"),
    "two of three at level 2":                        ("1NNE 2TTE", 1, "nearest_admissible_below"),
    "level above closed":                             ("2TTT 1NNN", 1, "highest_rank"),
    "level above toxic and open":                     ("2TTN 1NNN", 1, "highest_rank"),
    # --- futility closes a level alone: no response in eight is futile, in seven not
    "futile at level 1":                              ("1NNNNNNNN", 2, "highest_rank"),
    "futile below, toxic here":                       ("1NNNNNNNN 2EET 2BBB", 2, "no_admissible_level_below"),
    "not futile below, toxic here":                   ("1NNNNNNN 2EET 2BBB", 1, "nearest_admissible_below"),
    "futile level is passed on the way down":         ("1NNE 2NNNNNNNN 3TTN", 1, "nearest_admissible_below"),
    "futile level is passed on the way up":           ("2NNNNNNNN 1NNN", 3, "highest_rank"),
    # --- a cohort that lacks participants is completed, unless two had a DLT
    "two of a cohort":                                ("2NT", 2, "cohort_incomplete"),
    "two DLTs of two":                                ("2TT", 1, "nearest_admissible_below"),
}
# fmt: on


@pytest.mark.parametrize("case", LIMITS.values(), ids=LIMITS.keys())
def test_a_limit_divides_the_decisions(case: tuple[str, int, str]) -> None:
    outcomes, level, reason = case
    step = _recommend(outcomes)
    assert (step.level, step.reasons[-1]) == (level, reason)


@pytest.mark.parametrize(
    ("outcomes", "reasons"),
    {
        "1TTT": ("lowest_level_too_toxic", "no_admissible_level"),
        # futile and toxic, but not closed for toxicity: nothing above may be treated
        "1NNNNTTTT": ("rate_at_or_above_de_escalation_boundary", "no_admissible_level"),
        # futile, and the rate allows no level above
        "1NNNNNTTT 2NNN 1N": ("rate_between_boundaries", "explored_enough", "no_admissible_level"),
    }.items(),
)
def test_the_part_stops_where_no_level_is_admissible(outcomes: str, reasons: tuple[str, ...]) -> None:
    assert _recommend(outcomes) == (Boin12Action.STOP_NONE_ADMISSIBLE, None, 0, reasons)


def test_no_response_closes_a_level_from_eight_on() -> None:
    assert [TABLE.futile[n][0] for n in (6, 7, 8, 9)] == [0, 0, 1, 1]
    assert [TABLE.futile[n][1] for n in (11, 12)] == [0, 0]


def test_guards_end_the_part_or_make_the_cohort_smaller() -> None:
    counts, level = _read("1NNE 2NNE")
    assert recommend_boin12(TABLE, _guards(max_n=7), counts, level).size == 1
    done = recommend_boin12(TABLE, _guards(max_n=6), counts, level)
    assert (done.action, done.reasons[0]) == (Boin12Action.STOP_AND_SELECT_OBD, "sample_complete")
    full, level = _read("1NNE 2EEE")
    step = recommend_boin12(TABLE, _guards(max_n_per_level=3), full, level)
    assert (step.action, step.level, step.reasons[-1]) == (Boin12Action.STOP_AND_SELECT_OBD, 2, "level_full")


def test_another_part_caps_the_levels() -> None:
    counts, level = _read("1NNE 2NNN")
    assert recommend_boin12(TABLE, _guards(), counts, level).level == 3
    assert recommend_boin12(TABLE, _guards(), counts, level, cap_level=2).level != 3
    above = recommend_boin12(TABLE, _guards(), counts, level, cap_level=1)
    assert (above.level, above.reasons) == (1, ("highest_level_boin12", "nearest_admissible_below"))
    none = recommend_boin12(TABLE, _guards(), counts, level, cap_level=0)
    assert none.reasons == ("capped_by_other_part",)


def test_the_first_cohort_is_treated_at_the_start_level() -> None:
    counts, _ = _read("")
    assert recommend_boin12(TABLE, _guards(), counts, 2) == (Boin12Action.STAY, 2, 3, ("no_one_treated",))


OBD = {
    # --- the MTD bounds the choice: level 3 has 4 of 6 with a DLT, and more responses
    "best level above the MTD": ("1NNN 2NEENNT 3BBBBEE", 2, None),
    "best level is the MTD": ("1NNN 2NEENNT 3BBEEEE", 3, None),
    # --- a futile or closed level is not selected
    "futile level": ("1NNN 2NNNNNNNN", 1, None),
    "closed level": ("1NNE 2BBB", 1, None),
    # --- of equal utilities the lower level
    "equal utilities": ("1NEE 2NEE", 1, None),
    "nobody tried": ("", None, "no_obd"),
    "all closed": ("1TTT", None, "no_obd"),
    "all tried are futile": ("1NNNNNNNN", None, "no_obd"),
}


@pytest.mark.parametrize("case", OBD.values(), ids=OBD.keys())
def test_the_optimal_biological_dose(case: tuple[str, int | None, str | None]) -> None:
    outcomes, level, remark = case
    assert assign_obd(TABLE, _guards(), _read(outcomes)[0]) == (level, remark)


def test_a_level_with_enough_participants_comes_before_a_better_one() -> None:
    counts, _ = _read("1NNENNE 2EEE")
    assert assign_obd(TABLE, _guards(mtd_min_n=3), counts) == (2, None)
    assert assign_obd(TABLE, _guards(mtd_min_n=6), counts) == (1, None)
    assert assign_obd(TABLE, _guards(mtd_min_n=9), counts) == (2, "too_few_at_obd")


# --- the table


def test_u4_and_u1_count_everywhere() -> None:
    """A scale that is stretched keeps the order of outcomes and changes the ranks: the benchmark is not alone."""
    raised = msgspec.structs.replace(LIN, u1=Decimal(90), u2=Decimal(40), u3=Decimal(60), u4=Decimal(10))
    assert check_utility_specification(raised) == []
    # 0.65 (90 x 0.25 + 40 x 0.75) + 0.35 (60 x 0.25 + 10 x 0.75) is 42
    assert (raised.undesirable, raised.benchmark) == (Fraction(42, 100), Fraction(71, 100))
    assert raised.compute_quasi_events(2, 1, 1, 0) == 1
    assert float(raised.compute_quasi_events(1, 1, 1, 1)) == 0.6
    assert float(raised.compute_quasi_events(1, 0, 0, 0)) == 0.4
    assert float(raised.compute_quasi_events(1, 0, 1, 0)) == 0.9
    assert float(raised.compute_quasi_events(1, 1, 0, 0)) == 0.1
    assert compile_rank_table(raised, 9, 3).ranks != compile_rank_table(LIN, 9, 3).ranks


def test_a_table_names_itself_and_a_design_written_otherwise_is_the_same() -> None:
    again = compile_rank_table(msgspec.structs.replace(LIN, u2="40.0", toxicity_cutoff="0.950"), 12, 3)
    assert again == TABLE
    assert TABLE.digest == compute_rank_digest(TABLE)
    other = compile_rank_table(msgspec.structs.replace(LIN, u2=Decimal(41), u3=Decimal(59)), 12, 3)
    assert other.digest != TABLE.digest


def test_more_responses_rank_higher_and_more_dlts_lower() -> None:
    for n, by_dlt in enumerate(TABLE.ranks):
        for y in range(n + 1):
            ranks = [places[0] for places in by_dlt[y] if places[0]]
            assert ranks == sorted(set(ranks))
        for e in range(n + 1):
            falling = [by_dlt[y][e][0] for y in range(n + 1) if by_dlt[y][e][0]]
            assert falling == sorted(set(falling), reverse=True)


def test_ranks_stand_in_the_order_of_the_desirabilities() -> None:
    rule = _rule(12, 36)
    cells = [
        (place, double.score(rule, n, y, e))
        for n, by_dlt in enumerate(TABLE.ranks)
        for y, row in enumerate(by_dlt)
        for e, (place,) in enumerate(row)
        if place
    ]
    cells.sort()
    for (low, worse), (high, better) in pairwise(cells):
        assert (better - worse > 1e-12) if high > low else abs(better - worse) < 1e-9


def test_utilities_that_do_not_add_up_need_the_participants_with_both() -> None:
    counts, level = _read("1NNB")
    with pytest.raises(ValueError, match="give n_both"):
        recommend_boin12(SECOND_TABLE, _guards(), counts._replace(n_both=None), level)
    with pytest.raises(ValueError, match="are not counted here"):
        assign_from_rank_table(SECOND_TABLE, _guards())
    assert {row.n_both for row in tabulate_ranks(SECOND_TABLE) if row.n == 3} == {0, 1, 2, 3}


FAULTS = {
    "max_toxicity_rate is 1.2": {"max_toxicity_rate": Decimal("1.2")},
    "min_efficacy_rate is 0, not between": {"min_efficacy_rate": Decimal(0)},
    "u2 is NaN, not a decimal number": {"u2": Decimal("NaN")},
    "explore_below is 0": {"explore_below": 0},
    "explore_untried_from is 0": {"explore_untried_from": 0},
    "u1 is 0 and u4 is 0": {"u1": Decimal(0)},
    "u1 is 120 and u4 is 0": {"u1": Decimal(120)},
    "u3 is 101, not between u4 = 0 and u1 = 100": {"u3": Decimal(101), "counts_both": True},
    "u2 + u3 is 90, so DLTs and responses alone": {"u2": Decimal(30)},
    "p2_ratio is 1, not above 1": {"p2_ratio": Decimal(1)},
    "p2_ratio times max_toxicity_rate is 1.05": {"p2_ratio": Decimal(3)},
    "a level where nobody was treated is too toxic": {"toxicity_cutoff": Decimal("0.65")},
    "a level where nobody was treated is futile": {"efficacy_cutoff": Decimal("0.25")},
}


@pytest.mark.parametrize("sentence", FAULTS)
def test_a_bad_value_is_told_in_a_sentence(sentence: str) -> None:
    wrong = msgspec.structs.replace(LIN, **FAULTS[sentence])  # type: ignore[arg-type] # values of every kind
    assert any(sentence in str(fault) for fault in check_utility_specification(wrong))
    with pytest.raises(ValueError, match="; "):
        compile_rank_table(wrong, 3, 3)


def test_cutoffs_just_above_the_prior_are_good() -> None:
    good = msgspec.structs.replace(LIN, toxicity_cutoff=Decimal("0.651"), efficacy_cutoff=Decimal("0.251"))
    assert check_utility_specification(good) == []
    assert check_utility_specification(msgspec.structs.replace(LIN, explore_untried_from=None)) == []


def test_every_reason_is_told_in_both_languages() -> None:
    values = {"level": 2, "target": 3, "n": 6, "n_dlt": 1}
    assert all(text.en.format(**values) and text.zh.format(**values) for text in TEXTS.values())


# --- the second implementation


def _rule(per_level: int, total: int, levels: int = 4, fewest: int = 3, **more: object) -> double.Rule:
    rule = double.Rule(0.35, 0.25, (100, 40, 60, 0), levels, total, per_level, fewest)
    return rule._replace(**more)  # type: ignore[arg-type] # values of every kind


KINDS = {Boin12Action.STOP_NONE_ADMISSIBLE: "stop", Boin12Action.STOP_AND_SELECT_OBD: "select"}


def _tell(step: Boin12Step) -> tuple[str, int, int]:
    return KINDS.get(step.action, "treat"), step.level or 0, step.size


@st.composite
def _states(draw: st.DrawFn) -> tuple[tuple[double.Triple, ...], int]:
    state = []
    for _ in range(4):
        n = draw(st.sampled_from([0, 1, 2, 3, 6, 7, 9, 11, 12]))
        state.append((n, draw(st.integers(0, n)), draw(st.integers(0, n))))
    return tuple(state), draw(st.integers(1, 4))


@cache
def _compile(phi_t: str, u2: int) -> tuple[RankTable, Judge]:
    table = compile_rank_table(
        msgspec.structs.replace(LIN, max_toxicity_rate=Decimal(phi_t), u2=Decimal(u2), u3=Decimal(100 - u2)),
        12,
        3,
    )
    return table, assign_from_rank_table(table, _guards(4, 36, 12, 3))


@given(_states(), st.sampled_from(["0.25", "0.3", "0.35"]), st.sampled_from([40, 30, 55]))
@settings(max_examples=400, deadline=None)
def test_the_rule_is_the_rule_written_a_second_time(
    drawn: tuple[tuple[double.Triple, ...], int], phi_t: str, u2: int
) -> None:
    state, level = drawn
    table, judge = _compile(phi_t, u2)
    rule = _rule(12, 36, phi_t=float(phi_t), u=(100, u2, 100 - u2, 0))
    counts = Boin12Counts(*zip(*state, strict=True))
    expected = double.step(rule, state, level)
    assert _tell(recommend_boin12(table, _guards(4, 36, 12, 3), counts, level)) == expected
    assert _tell_rows(judge, [drawn]) == [expected]


def _tell_rows(
    judge: Judge, states: Sequence[tuple[Sequence[double.Triple], int]]
) -> list[tuple[str, int, int]]:
    counts = np.array([state for state, _ in states], dtype=np.int8)
    level = np.array([level for _, level in states], dtype=np.int8)
    steps = judge(counts[..., 0], counts[..., 1], counts[..., 2], level)
    kinds = np.where(steps.size > 0, "treat", np.where(steps.action == STOP_TOO_TOXIC, "stop", "select"))
    return list(zip(kinds.tolist(), steps.level.tolist(), steps.size.tolist(), strict=True))


# the second design has a last cohort, and a last place at a level, that are not whole
@pytest.mark.parametrize(("n_levels", "max_n", "per_level"), [(4, 18, 12), (3, 10, 5)])
def test_every_state_of_a_design_is_decided_as_the_second_implementation_says(
    n_levels: int, max_n: int, per_level: int
) -> None:
    rule, guards = _rule(per_level, max_n, n_levels), _guards(n_levels, max_n, per_level, 3)
    walked = double.walk(rule)
    expected = [follows for _, follows in walked.values()]
    assert _tell_rows(assign_from_rank_table(TABLE, guards), list(walked)) == expected
    # the scalar step, with its reasons: wherever the part goes on, and a part of the ends
    for nth, ((state, level), (_, follows)) in enumerate(walked.items()):
        if follows[0] == "treat" or nth % 29 == 0:
            counts = Boin12Counts(*zip(*state, strict=True))
            assert _tell(recommend_boin12(TABLE, guards, counts, level)) == follows
    states = enumerate_boin12_states(TABLE, guards)
    found: dict[tuple[double.Triple, ...], tuple[float, int]] = {}
    for (state, _), (ways, follows) in walked.items():
        if follows[0] != "treat":
            found[state] = (found.get(state, (0.0, 0))[0] + ways, follows[1])
    ends: dict[tuple[double.Triple, ...], tuple[float, int]] = {}
    rows = np.stack([states.n, states.n_dlt, states.n_efficacy], axis=2).tolist()
    for row, ways, obd in zip(rows, states.n_paths.tolist(), states.obd.tolist(), strict=True):
        key = tuple(map(tuple, row))
        ends[key] = (ends.get(key, (0.0, 0))[0] + ways, obd)
    assert ends == found
    # states that differ in the level of their last cohort alone are one
    assert states.layers[max_n] == sum(sum(n for n, _, _ in state) == max_n for state in found)


# --- exact operating characteristics

DLT_RATES, RESPONSE_RATES = (0.03, 0.17, 0.35, 0.50), (0.12, 0.39, 0.43, 0.55)


def test_exact_characteristics_lie_within_three_standard_errors_of_simulated_trials() -> None:
    guards, n_trials = _guards(4, 18, 12, 3), 20_000
    states = enumerate_boin12_states(TABLE, guards)
    exact = compute_boin12_characteristics(states, DLT_RATES, RESPONSE_RATES)
    assert sum(exact.p_selected) + exact.p_none == pytest.approx(1, abs=1e-12)
    assign, chance = assign_from_rank_table(TABLE, guards), np.random.default_rng(20_201)
    n, y, e = (np.zeros((n_trials, 4), dtype=np.int16) for _ in range(3))
    level, obd, going = np.ones(n_trials, dtype=np.int8), np.zeros(n_trials, dtype=int), np.arange(n_trials)
    while len(going):
        steps = assign(n[going], y[going], e[going], level[going])
        is_end = steps.size == 0
        obd[going[is_end]] = steps.level[is_end]
        going, to, size = going[~is_end], steps.level[~is_end], steps.size[~is_end]
        level[going] = to
        n[going, to - 1] += size
        y[going, to - 1] += chance.binomial(size, np.array(DLT_RATES)[to - 1]).astype(np.int16)
        e[going, to - 1] += chance.binomial(size, np.array(RESPONSE_RATES)[to - 1]).astype(np.int16)
    for k in range(4):
        p = exact.p_selected[k]
        assert abs((obd == k + 1).mean() - p) < 3 * np.sqrt(p * (1 - p) / n_trials)
        for counts, mean in (
            (n, exact.mean_n_per_level),
            (y, exact.mean_n_dlt_per_level),
            (e, exact.mean_n_efficacy_per_level),
        ):
            assert abs(counts[:, k].mean() - mean[k]) < 3 * counts[:, k].std() / np.sqrt(n_trials)
    assert exact.mean_n_dlt_per_level == pytest.approx(np.multiply(exact.mean_n_per_level, DLT_RATES))


def test_a_toxic_drug_stops_the_part_and_a_futile_one_finds_no_dose() -> None:
    states = enumerate_boin12_states(TABLE, _guards(3, 18, 12, 3))
    toxic = compute_boin12_characteristics(states, (1, 1, 1), (0.5, 0.5, 0.5))
    assert (toxic.p_none, toxic.p_stop_none_admissible, toxic.mean_n) == (1, 1, 3)
    safe = compute_boin12_characteristics(states, (0, 0, 0), (1, 1, 1))
    assert safe.p_none == 0
    assert safe.mean_n_dlt_per_level == (0, 0, 0)
    with pytest.raises(ValueError, match="3 numbers between 0 and 1"):
        compute_boin12_characteristics(states, (0.1, 0.2), (0.3, 0.4))


def test_a_design_with_too_many_states_is_refused_before_its_walk_or_early_in_it() -> None:
    with pytest.raises(GraphTooLarge, match="are allowed"):
        enumerate_boin12_states(TABLE, _guards(5, 36, 12))
    with pytest.raises(GraphTooLarge, match="are allowed") as refused:
        enumerate_boin12_states(compile_rank_table(LIN, 40, 3), _guards(7, 40, 40))
    # before the walk, which would say less: every combination of counts at seven levels
    assert refused.value.expected > 10**20

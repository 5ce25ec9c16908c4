"""BOIN12 through the one interface of all rules: counts in, a recommendation with its reasons out."""

from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from firstdose.design import (
    Action,
    DecisionTable,
    DesignSpecification,
    Tallies,
    Titration,
    UtilitySpecification,
    check_specification,
    check_tallies,
    compile_table,
    enumerate_final_states,
    enumerate_paths,
    recommend,
    render_table,
    select_mtd,
    tabulate_decisions,
)
from firstdose.terms.outcomes import NotDerived

N_LEVELS = 4
UTILITIES = UtilitySpecification(
    max_toxicity_rate=Decimal("0.35"), min_efficacy_rate=Decimal("0.25"), u2=Decimal(40), u3=Decimal(60)
)
GOOD: dict[str, Any] = {
    "rule": "boin12",
    "n_levels": N_LEVELS,
    "target_rate": Decimal("0.35"),
    "max_n": 24,
    "max_n_per_level": 12,
    "mtd_min_n": 3,
    "boin12": UTILITIES,
}
TABLE = compile_table(DesignSpecification(**GOOD))


def test_no_cap_is_passed_no_level_skipped_and_every_reason_has_words() -> None:
    rng = np.random.default_rng(20260301)
    seen = set()
    for _ in range(500):
        n = 3 * rng.integers(0, 4, size=N_LEVELS) * (np.arange(N_LEVELS) < rng.integers(1, N_LEVELS + 1))
        if n.sum() > 24 or not n.any():
            continue
        n_dlt, responses = rng.binomial(n, 0.25), rng.binomial(n, 0.45)
        level = int(np.flatnonzero(n)[-1]) + 1
        tallies = Tallies(
            tuple(n.tolist()), tuple(n_dlt.tolist()), (0,) * N_LEVELS, n_efficacy=tuple(responses.tolist())
        )
        found = recommend(TABLE, tallies, level)
        seen.add(found.action)
        assert "{" not in found.reason_text.en + found.reason_text.zh
        if found.cohort_size:
            assert found.level is not None
            assert found.level <= level + 1
            assert n.sum() + found.cohort_size <= 24
            assert n[found.level - 1] + found.cohort_size <= 12
    assert seen == set(Action) - {Action.WAIT}


def test_it_waits_for_every_open_window() -> None:
    tallies = Tallies((3, 2, 0, 0), (0, 0, 0, 0), (0, 1, 0, 0), n_efficacy=(1, 1, 0, 0))
    assert recommend(TABLE, tallies, 2).action is Action.WAIT
    assert isinstance(select_mtd(TABLE, tallies), NotDerived)


def test_the_table_is_written_and_read_the_same_and_prints_no_boundaries_of_dlts_alone() -> None:
    again = msgspec.json.decode(render_table(TABLE), type=DecisionTable)
    assert again == TABLE
    assert compile_table(again.specification).digest == TABLE.digest
    assert tabulate_decisions(TABLE) == ()


def test_what_reads_dlts_alone_says_where_to_ask_instead() -> None:
    nobody = Tallies((0,) * N_LEVELS, (0,) * N_LEVELS, (0,) * N_LEVELS)
    with pytest.raises(ValueError, match="two_outcomes"):
        enumerate_final_states(TABLE)
    with pytest.raises(ValueError, match="two_outcomes"):
        enumerate_paths(TABLE, nobody, 1, 1)
    with pytest.raises(ValueError, match="give n_efficacy"):
        recommend(TABLE, nobody, 1)


# fmt: off
BAD = {
    "no utilities":       ({"boin12": msgspec.UNSET}, "boin12"),
    "two limits":         ({"target_rate": Decimal("0.30")}, "boin12.max_toxicity_rate"),
    "titration":          ({"titration": Titration()}, "titration"),
    "extra safe":         ({"extra_safe_offset": Decimal("0.05")}, "extra_safe_offset"),
    "stop when precise":  ({"stop_when_n_at_level": 9}, "stop_when_n_at_level"),
    "utilities of others": ({"rule": "boin"}, "boin12"),
}
# fmt: on


@pytest.mark.parametrize(("change", "clause"), BAD.values(), ids=BAD.keys())
def test_a_bad_design_is_told_with_its_place(change: dict[str, Any], clause: str) -> None:
    faults = check_specification(DesignSpecification(**(GOOD | change)))
    assert clause in [fault.clause for fault in faults]


def test_impossible_responses_are_told_with_their_level() -> None:
    said = [str(one) for one in check_tallies(Tallies((3, 3), (0, 0), (0, 0), n_efficacy=(1, 4)))]
    assert said == [
        "n_efficacy: level 2 has 4 participants with a response out of 3 evaluable; correct the counts"
    ]

"""Paths are counted before they are written out."""

from decimal import Decimal

import pytest

from firstdose.design import DesignSpecification, Tallies, Titration, compile_table, enumerate_paths
from firstdose.design.comparison import COUNT_RULES
from firstdose.design.exact.path_count import count_paths

NOBODY = Tallies((0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0))


@pytest.mark.parametrize("rule", COUNT_RULES)
@pytest.mark.parametrize("k", [0, 1, 2, 4, 7])
def test_as_many_are_counted_as_are_written_out(rule: str, k: int) -> None:
    table = compile_table(
        DesignSpecification(
            rule=rule,  # type: ignore[arg-type] # a name of the tuple of names
            n_levels=4,
            target_rate=Decimal("0.25"),
            max_n=15,
            max_n_per_level=6,
            mtd_min_n=3,
            titration=Titration(until_level=3),
        )
    )
    assert count_paths(table, NOBODY, 1, k, most=10**9) == len(enumerate_paths(table, NOBODY, 1, k))


def test_titration_that_was_ended_has_whole_cohorts_from_the_start() -> None:
    table = compile_table(
        DesignSpecification(
            rule="boin",
            n_levels=4,
            target_rate=Decimal("0.25"),
            max_n=15,
            max_n_per_level=6,
            mtd_min_n=3,
            titration=Titration(),
        )
    )
    assert count_paths(table, NOBODY, 1, 1, most=100) == 2
    assert count_paths(table, NOBODY, 1, 1, most=100, titration_ended=True) == 4


def test_counting_ends_as_soon_as_there_are_too_many() -> None:
    table = compile_table(
        DesignSpecification(
            rule="boin", n_levels=4, target_rate=Decimal("0.25"), max_n=60, max_n_per_level=60, mtd_min_n=6
        )
    )
    assert 100 < count_paths(table, NOBODY, 1, 20, most=100) < 1000

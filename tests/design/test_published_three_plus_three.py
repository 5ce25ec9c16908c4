"""The 3+3 as enumerated by others: how many paths, which, and the MTD at the end of each."""

from decimal import Decimal

import pytest

from firstdose.design import (
    Action,
    DecisionTable,
    DesignSpecification,
    Path,
    Tallies,
    compile_table,
    compute_operating_characteristics,
    enumerate_paths,
)


def compiled(n_levels: int, *, six_at_mtd: bool) -> DecisionTable:
    return compile_table(
        DesignSpecification(
            rule="three_plus_three",
            n_levels=n_levels,
            target_rate=Decimal("0.25"),
            max_n=6 * n_levels,
            max_n_per_level=6,
            mtd_min_n=3,
            six_at_mtd=six_at_mtd,
        )
    )


def paths_of(table: DecisionTable) -> tuple[Path, ...]:
    nobody = (0,) * table.specification.n_levels
    return tuple(enumerate_paths(table, Tallies(nobody, nobody, nobody), 1, 99))


# Norris DC. What were they thinking? arXiv 2012.05301 (2020), the 3+3 that asks six participants at the MTD; the
# counts as printed in GitHub dcnorris/precautionary, exec/prolog/esc.pl (n_trials)
# fmt: off
N_PATHS = {1: 10, 2: 46, 3: 154, 4: 442, 5: 1162, 6: 2890, 7: 6922}
# fmt: on


@pytest.mark.parametrize(("n_levels", "n_paths"), N_PATHS.items())
def test_the_paths_of_a_three_plus_three_are_as_many_as_enumerated_elsewhere(
    n_levels: int, n_paths: int
) -> None:
    assert len(paths_of(compiled(n_levels, six_at_mtd=True))) == n_paths


# The 46 paths of two levels, as printed in the same file: cohorts as level:DLTs, and the MTD, 0 for none. Where the
# listing ends without a dose that is too toxic ("mtd_notfound") the MTD is the highest level.
# fmt: off
TWO_LEVELS = """
1:0 2:0 2:0 = 2      1:0 2:0 2:1 = 2      1:0 2:0 2:2 1:0 = 1  1:0 2:0 2:2 1:1 = 1  1:0 2:0 2:2 1:2 = 0
1:0 2:0 2:2 1:3 = 0  1:0 2:0 2:3 1:0 = 1  1:0 2:0 2:3 1:1 = 1  1:0 2:0 2:3 1:2 = 0  1:0 2:0 2:3 1:3 = 0
1:0 2:1 2:0 = 2      1:0 2:1 2:1 1:0 = 1  1:0 2:1 2:1 1:1 = 1  1:0 2:1 2:1 1:2 = 0  1:0 2:1 2:1 1:3 = 0
1:0 2:1 2:2 1:0 = 1  1:0 2:1 2:2 1:1 = 1  1:0 2:1 2:2 1:2 = 0  1:0 2:1 2:2 1:3 = 0  1:0 2:1 2:3 1:0 = 1
1:0 2:1 2:3 1:1 = 1  1:0 2:1 2:3 1:2 = 0  1:0 2:1 2:3 1:3 = 0  1:0 2:2 1:0 = 1      1:0 2:2 1:1 = 1
1:0 2:2 1:2 = 0      1:0 2:2 1:3 = 0      1:0 2:3 1:0 = 1      1:0 2:3 1:1 = 1      1:0 2:3 1:2 = 0
1:0 2:3 1:3 = 0      1:1 1:0 2:0 2:0 = 2  1:1 1:0 2:0 2:1 = 2  1:1 1:0 2:0 2:2 = 1  1:1 1:0 2:0 2:3 = 1
1:1 1:0 2:1 2:0 = 2  1:1 1:0 2:1 2:1 = 1  1:1 1:0 2:1 2:2 = 1  1:1 1:0 2:1 2:3 = 1  1:1 1:0 2:2 = 1
1:1 1:0 2:3 = 1      1:1 1:1 = 0          1:1 1:2 = 0          1:1 1:3 = 0          1:2 = 0
1:3 = 0
"""
# fmt: on


def _written(path: Path) -> str:
    cohorts = " ".join(f"{step.level}:{step.n_dlt}" for step in path.steps)
    return f"{cohorts} = {path.level or 0}"


def test_every_path_over_two_levels_ends_as_enumerated_elsewhere() -> None:
    published = [
        " ".join(part.split()) for part in TWO_LEVELS.replace("\n", "  ").split("  ") if part.strip()
    ]
    assert len(published) == 46
    found = paths_of(compiled(2, six_at_mtd=True))
    assert sorted(map(_written, found)) == sorted(published)
    assert {path.action for path in found if not path.level} == {Action.STOP_TOO_TOXIC}


def test_a_path_of_the_manual_of_precautionary_is_one_of_four_levels() -> None:
    # precautionary 0.2.6, help page "exact": 0/3 at 1, 1/3 and 0/3 at 2, 2/3 at 3, which it ends with "MTD declared as
    # d=1". The enumeration it refers to has the MTD below the level that is closed, which is 2 with its 1/6; so does
    # every path of its own listing for two levels above.
    (path,) = [
        path
        for path in paths_of(compiled(4, six_at_mtd=True))
        if [(step.level, step.n_dlt) for step in path.steps] == [(1, 0), (2, 1), (2, 0), (3, 2)]
    ]
    assert path.level == 2


# GitHub gosukehommaEX/simFastBOIN, tests/testthat/test-3p3.R: what the closed form of its 3+3 must give, rule
# "previous" (no six asked) and rule "expand" (six at the MTD); rates, MTD, participants per level
# fmt: off
CERTAIN = {
    "harmless, then toxic":            (False, (0.0, 1.0), 1, (3, 3)),
    "harmless, then toxic, six asked": (True,  (0.0, 1.0), 1, (6, 3)),
    "toxic from the start":            (False, (1.0, 1.0), 0, (3, 0)),
    "toxic from the start, six asked": (True,  (1.0, 1.0), 0, (3, 0)),
}
# fmt: on


@pytest.mark.parametrize("case", CERTAIN.values(), ids=CERTAIN.keys())
def test_a_three_plus_three_under_certain_outcomes(
    case: tuple[bool, tuple[float, float], int, tuple[int, int]],
) -> None:
    six_at_mtd, rates, mtd, n = case
    found = compute_operating_characteristics(compiled(2, six_at_mtd=six_at_mtd), rates)
    assert (found.p_none, *found.p_selected)[mtd] == 1.0
    assert found.mean_n_per_level == n


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_one_level_of_a_three_plus_three_in_closed_form(rate: float) -> None:
    # the same file: with one level, by hand
    none, one = (1 - rate) ** 3, 3 * rate * (1 - rate) ** 2
    passes = none + one * none
    plain = compute_operating_characteristics(compiled(1, six_at_mtd=False), [rate])
    assert plain.p_selected[0] == pytest.approx(passes, abs=1e-15)
    assert plain.mean_n == pytest.approx(3 + 3 * one, abs=1e-14)
    asked = compute_operating_characteristics(compiled(1, six_at_mtd=True), [rate])
    assert asked.p_selected[0] == pytest.approx(none * (none + one) + one * none, abs=1e-15)
    assert asked.mean_n == pytest.approx(3 + 3 * one + 3 * none, abs=1e-14)

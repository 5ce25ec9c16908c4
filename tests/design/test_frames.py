"""Results of dose finding as frames: the statistician finds every number again, under a name that says what it is."""

from decimal import Decimal
from math import comb

import numpy as np
import polars as pl
import pytest

from firstdose.design import (
    DesignSpecification,
    Tallies,
    Titration,
    compile_table,
    compute_operating_characteristics,
    compute_scenarios,
    enumerate_final_states,
    enumerate_paths,
)
from firstdose.design.frames import (
    frame_characteristics,
    frame_paths,
    frame_scenarios,
    frame_scenarios_wide,
    frame_table,
)

KEYS = ("L1", "L2", "L3")
RATES = np.array([[0.05, 0.15, 0.30], [0.30, 0.50, 0.70]])
TABLE = compile_table(
    DesignSpecification(
        rule="boin",
        n_levels=3,
        target_rate=Decimal("0.25"),
        max_n=12,
        max_n_per_level=9,
        mtd_min_n=3,
        titration=Titration(until_level=2),
    )
)
FOUND = compute_scenarios(enumerate_final_states(TABLE), RATES)
NOBODY = Tallies((0, 0, 0), (0, 0, 0), (0, 0, 0))


def test_one_row_a_level_and_one_for_none_hold_all_selections() -> None:
    frame = frame_characteristics(compute_operating_characteristics(TABLE, RATES[0].tolist()), KEYS)
    assert frame["level_key"].to_list() == [*KEYS, "none"]
    assert frame["level"].to_list() == [1, 2, 3, None]
    assert frame["p_selected"].sum() == pytest.approx(1, abs=1e-12)
    assert frame["true_dlt_rate"].to_list() == [0.05, 0.15, 0.30, None]
    # whoever is treated at a level has a DLT with its true rate
    expected = [n * rate for n, rate in zip(frame["mean_n"][:3], RATES[0], strict=True)]
    assert frame["mean_n_dlt"][:3].to_list() == pytest.approx(expected, abs=1e-12)


def test_the_long_and_the_wide_form_tell_the_same() -> None:
    long = frame_scenarios(FOUND, RATES, level_keys=KEYS, scenario_names=("mild", "toxic"))
    wide = frame_scenarios_wide(FOUND, RATES, level_keys=KEYS, scenario_names=("mild", "toxic"))
    assert long.shape == (6, 7)
    for measure in ("true_dlt_rate", "p_selected", "mean_n", "mean_n_dlt"):
        for key in KEYS:
            assert wide[f"{measure}_{key}"].to_list() == long.filter(level_key=key)[measure].to_list()
    selected = wide.select(f"p_selected_{key}" for key in KEYS).sum_horizontal() + wide["p_none"]
    assert selected.to_list() == pytest.approx([1, 1], abs=1e-12)
    by_scenario = long.group_by("scenario", maintain_order=True).agg(pl.col("mean_n").sum())
    assert by_scenario["mean_n"].to_list() == pytest.approx(wide["mean_n"].to_list(), abs=1e-12)


def test_one_scenario_may_be_given_as_one_row_of_rates() -> None:
    found = compute_scenarios(enumerate_final_states(TABLE), RATES[:1])
    frame = frame_scenarios(found, RATES[0])
    assert frame["scenario"].to_list() == ["1", "1", "1"]
    assert frame["level_key"].to_list() == ["1", "2", "3"]


def test_the_boundaries_of_boin_at_a_quarter_stand_in_the_frame_of_its_table() -> None:
    # lambda_e 0.197 and lambda_d 0.298 (Liu and Yuan 2015, target 0.25): of 3 escalate at 0, of 6 at 1 or fewer;
    # de-escalate at 1 of 3 and 2 of 6
    frame = frame_table(TABLE)
    assert frame["n_evaluable"].to_list() == list(range(1, 10))
    rows = {row["n_evaluable"]: row for row in frame.iter_rows(named=True)}
    assert (rows[3]["escalate_if_n_dlt_at_most"], rows[3]["de_escalate_if_n_dlt_at_least"]) == (0, 1)
    assert (rows[6]["escalate_if_n_dlt_at_most"], rows[6]["de_escalate_if_n_dlt_at_least"]) == (1, 2)
    # never is null: with one or two participants no level is eliminated
    assert rows[1]["eliminate_if_n_dlt_at_least"] is None


def test_a_path_has_the_product_of_the_binomial_probabilities_of_its_cohorts() -> None:
    paths = enumerate_paths(TABLE, NOBODY, 1, 3)
    frame = frame_paths(paths, level_keys=KEYS, true_rates=RATES[0].tolist())
    assert frame["p_path"].sum() == pytest.approx(1, abs=1e-12)
    rate_of = dict(zip(KEYS, RATES[0], strict=True))
    for row in frame.iter_rows(named=True):
        expected = 1.0
        for cohort in (1, 2, 3):
            key, n, n_dlt = (row[f"cohort_{cohort}_{what}"] for what in ("level", "n", "n_dlt"))
            if key is not None:
                expected *= comb(n, n_dlt) * rate_of[key] ** n_dlt * (1 - rate_of[key]) ** (n - n_dlt)
        assert row["p_path"] == pytest.approx(expected, rel=1e-12)


def test_a_path_that_ends_names_the_mtd_and_one_that_goes_on_the_next_cohort() -> None:
    frame = frame_paths(enumerate_paths(TABLE, NOBODY, 1, 8), level_keys=KEYS)
    assert set(frame["action"]) == {"stop_and_select_mtd", "stop_too_toxic"}
    assert frame["next_level"].null_count() == frame.height
    assert frame.filter(action="stop_too_toxic")["mtd"].null_count() == len(
        frame.filter(action="stop_too_toxic")
    )
    one = frame_paths(enumerate_paths(TABLE, NOBODY, 1, 1), level_keys=KEYS)
    assert one["next_level"].to_list() == ["L2", "L1"]
    assert one["mtd"].null_count() == 2


def test_no_path_gives_an_empty_frame_with_its_columns() -> None:
    frame = frame_paths(())
    assert frame.columns == ["path", "action", "next_level", "next_n", "mtd", "reasons"]
    assert frame.height == 0


def test_keys_that_do_not_fit_the_levels_are_refused() -> None:
    with pytest.raises(ValueError, match="2 level keys for 3 levels"):
        frame_scenarios(FOUND, RATES, level_keys=("L1", "L2"))
    with pytest.raises(ValueError, match="1 scenario names for 2 scenarios"):
        frame_scenarios_wide(FOUND, RATES, scenario_names=("mild",))

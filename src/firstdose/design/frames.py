"""Results of dose finding as polars frames, for a statistician who goes on computing.

Probabilities lie between 0 and 1 and are not rounded; ``n_`` are participants, ``mean_`` expected values, ``p_``
probabilities. A level is named by its number from 1 and by its key, which is the number where none is given.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from firstdose.design.decision_table import DecisionTable, tabulate_decisions
from firstdose.design.exact.final_states import OperatingCharacteristics
from firstdose.design.exact.paths import Path
from firstdose.design.exact.scenarios import ScenarioCharacteristics

_TOTALS = (
    "p_none",
    "p_stop_too_toxic",
    "p_stop_early",
    "mean_n",
    "mean_n_dlt",
    "p_many_above_mtd",
    "p_selected_overdose",
    "mean_n_overdose",
    "mean_n_cohorts",
)
_PER_LEVEL = {
    "p_selected": "p_selected",
    "mean_n_per_level": "mean_n",
    "mean_n_dlt_per_level": "mean_n_dlt",
}


def frame_characteristics(
    found: OperatingCharacteristics, level_keys: Sequence[str] | None = None
) -> pl.DataFrame:
    """One row a level, lowest first, and a last row for the selection of none.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table, compute_operating_characteristics
    >>> table = compile_table(DesignSpecification(
    ...     rule="three_plus_three", n_levels=2, target_rate="0.25", max_n=12, max_n_per_level=6, mtd_min_n=3
    ... ))
    >>> frame = frame_characteristics(compute_operating_characteristics(table, [0.0, 1.0]))
    >>> frame.columns
    ['level', 'level_key', 'true_dlt_rate', 'p_selected', 'mean_n', 'mean_n_dlt']
    >>> frame["p_selected"].to_list()
    [1.0, 0.0, 0.0]
    """
    keys = _name_levels(len(found.true_rates), level_keys)
    return pl.DataFrame(
        {
            "level": [*range(1, len(keys) + 1), None],
            "level_key": [*keys, "none"],
            "true_dlt_rate": [*found.true_rates, None],
            "p_selected": [*found.p_selected, found.p_none],
            "mean_n": [*found.mean_n_per_level, None],
            "mean_n_dlt": [*found.mean_n_dlt_per_level, None],
        },
        schema={
            "level": pl.Int64,
            "level_key": pl.String,
            "true_dlt_rate": pl.Float64,
            "p_selected": pl.Float64,
            "mean_n": pl.Float64,
            "mean_n_dlt": pl.Float64,
        },
    )


def frame_scenarios(
    found: ScenarioCharacteristics,
    true_rates: NDArray[np.float64],
    *,
    level_keys: Sequence[str] | None = None,
    scenario_names: Sequence[str] | None = None,
) -> pl.DataFrame:
    """One row a scenario and level: the long form.

    Parameters
    ----------
    found : ScenarioCharacteristics
    true_rates : array of float, scenarios by levels
        Those that it was computed for.
    level_keys, scenario_names : sequence of str, optional
        Numbers from 1 if left out.
    """
    rates = _as_scenarios(true_rates)
    n_scenarios, n_levels = rates.shape
    keys = _name_levels(n_levels, level_keys)
    names = _name_scenarios(n_scenarios, scenario_names)
    return pl.DataFrame(
        {
            "scenario": [name for name in names for _ in keys],
            "level": list(range(1, n_levels + 1)) * n_scenarios,
            "level_key": keys * n_scenarios,
            "true_dlt_rate": rates.ravel(),
            **{column: getattr(found, name).ravel() for name, column in _PER_LEVEL.items()},
        }
    )


def frame_scenarios_wide(
    found: ScenarioCharacteristics,
    true_rates: NDArray[np.float64],
    *,
    level_keys: Sequence[str] | None = None,
    scenario_names: Sequence[str] | None = None,
) -> pl.DataFrame:
    """One row a scenario, with one column a level: ``p_selected_`` and the like, followed by its key.

    Parameters
    ----------
    found : ScenarioCharacteristics
    true_rates : array of float, scenarios by levels
        Those that it was computed for.
    level_keys, scenario_names : sequence of str, optional
        Numbers from 1 if left out.
    """
    rates = _as_scenarios(true_rates)
    keys = _name_levels(rates.shape[1], level_keys)
    columns: dict[str, Any] = {"scenario": _name_scenarios(len(rates), scenario_names)}
    columns |= {f"true_dlt_rate_{key}": rates[:, place] for place, key in enumerate(keys)}
    for name, column in _PER_LEVEL.items():
        values = getattr(found, name)
        columns |= {f"{column}_{key}": values[:, place] for place, key in enumerate(keys)}
    return pl.DataFrame(columns | {name: getattr(found, name) for name in _TOTALS})


def frame_table(table: DecisionTable) -> pl.DataFrame:
    """The decision table: limits on participants with a DLT, one row for each number evaluable at the level.

    A null is "never". A rule with a model has no such table, and the frame no rows.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, compile_table
    >>> table = compile_table(DesignSpecification(
    ...     rule="boin", n_levels=6, target_rate="0.25", max_n=18, max_n_per_level=9, mtd_min_n=6
    ... ))
    >>> frame_table(table).row(5)
    (6, 1, 2, 4, 4)
    """
    names = {
        "n": "n_evaluable",
        "escalate_at_most": "escalate_if_n_dlt_at_most",
        "de_escalate_at_least": "de_escalate_if_n_dlt_at_least",
        "eliminate_at_least": "eliminate_if_n_dlt_at_least",
        "stop_at_lowest_at_least": "stop_at_lowest_if_n_dlt_at_least",
    }
    rows = tabulate_decisions(table)
    return pl.DataFrame(
        {column: [getattr(row, name) for row in rows] for name, column in names.items()},
        schema=dict.fromkeys(names.values(), pl.Int64),
    )


def frame_paths(
    paths: Sequence[Path],
    *,
    level_keys: Sequence[str] | None = None,
    true_rates: Sequence[float] | None = None,
) -> pl.DataFrame:
    """One row a path: its cohorts from left to right, then what is recommended at its end.

    Parameters
    ----------
    paths : sequence of Path
    level_keys : sequence of str, optional
        Numbers from 1 if left out.
    true_rates : sequence of float, optional
        One per level, lowest first: with them each path has its probability.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification, Tallies, compile_table, enumerate_paths
    >>> table = compile_table(DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate="0.25", max_n=18, max_n_per_level=9, mtd_min_n=6
    ... ))
    >>> nobody = Tallies((0, 0, 0), (0, 0, 0), (0, 0, 0))
    >>> frame = frame_paths(enumerate_paths(table, nobody, 1, 1), true_rates=(0.1, 0.2, 0.3))
    >>> frame["cohort_1_n_dlt"].to_list(), frame["next_level"].to_list(), round(frame["p_path"].sum(), 12)
    ([0, 1, 2, 3], ['2', '1', '1', None], 1.0)
    """
    most = max((len(path.steps) for path in paths), default=0)
    n_levels = max(
        [0, *(step.level for path in paths for step in path.steps), *(path.level or 0 for path in paths)]
    )
    keys = _name_levels(n_levels if level_keys is None else len(level_keys), level_keys)
    columns: dict[str, Any] = {"path": list(range(1, len(paths) + 1))}
    schema: dict[str, Any] = {"path": pl.Int64}
    for place in range(most):
        steps = [path.steps[place] if place < len(path.steps) else None for path in paths]
        name = f"cohort_{place + 1}"
        columns[f"{name}_level"] = [step and keys[step.level - 1] for step in steps]
        columns[f"{name}_n"] = [step and step.size for step in steps]
        columns[f"{name}_n_dlt"] = [None if step is None else step.n_dlt for step in steps]
        schema |= {f"{name}_level": pl.String, f"{name}_n": pl.Int64, f"{name}_n_dlt": pl.Int64}
    columns |= {
        "action": [path.action.value for path in paths],
        "next_level": [keys[path.level - 1] if path.level and path.size else None for path in paths],
        "next_n": [path.size for path in paths],
        "mtd": [keys[path.level - 1] if path.level and not path.size else None for path in paths],
        "reasons": [";".join(path.reasons) for path in paths],
    }
    schema |= {
        "action": pl.String,
        "next_level": pl.String,
        "next_n": pl.Int64,
        "mtd": pl.String,
        "reasons": pl.String,
    }
    if true_rates is not None:
        columns["p_path"] = [path.compute_probability(true_rates) for path in paths]
        schema["p_path"] = pl.Float64
    return pl.DataFrame(columns, schema=schema)


def _as_scenarios(true_rates: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.atleast_2d(np.asarray(true_rates, dtype=np.float64))


def _name_levels(n_levels: int, level_keys: Sequence[str] | None) -> list[str]:
    keys = [str(level) for level in range(1, n_levels + 1)] if level_keys is None else list(level_keys)
    if len(keys) != n_levels:
        raise ValueError(f"{len(keys)} level keys for {n_levels} levels")
    return keys


def _name_scenarios(n_scenarios: int, names: Sequence[str] | None) -> list[str]:
    found = [str(place) for place in range(1, n_scenarios + 1)] if names is None else list(names)
    if len(found) != n_scenarios:
        raise ValueError(f"{len(found)} scenario names for {n_scenarios} scenarios")
    return found

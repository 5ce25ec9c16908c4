"""Dose rules: counts per level in, a recommendation with its reasons out; and what a design does on average.

House rules: a rule is compiled once into a frozen table of whole numbers, and everything reads that table;
no boundary is computed twice. Every comparison with a boundary is exact. One paper, one module. Levels count
from 1 and are never skipped. The same rules serve single doses and ordered regimens of several doses.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from firstdose.design.backfilling import view_backfill_levels
from firstdose.design.comparison import COUNT_RULES, compute_p_correct, find_correct_levels, specify_rule
from firstdose.design.decision_table import (
    BoundaryRow,
    DecisionTable,
    compile_table,
    compute_digest,
    render_table,
    tabulate_decisions,
)
from firstdose.design.exact.duration import Calendar, compute_expected_duration_d
from firstdose.design.exact.final_states import (
    FinalStates,
    GraphSize,
    OperatingCharacteristics,
    compute_operating_characteristics,
    compute_scenarios,
    enumerate_final_states,
    estimate_graph_size,
)
from firstdose.design.exact.path_count import count_paths
from firstdose.design.exact.paths import Path, PathStep, enumerate_paths
from firstdose.design.exact.state_graph import GraphTooLarge
from firstdose.design.exact.two_outcome_characteristics import compute_boin12_characteristics
from firstdose.design.exact.two_outcomes import enumerate_boin12_states
from firstdose.design.near_limits import NearLimit, list_near_limits
from firstdose.design.near_ties import list_near_ties
from firstdose.design.next_cohort import Action
from firstdose.design.recommendation import Recommendation, recommend, select_mtd
from firstdose.design.rules.backfill_options import Backfill
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.boin12_specification import UtilitySpecification
from firstdose.design.rules.boin12_table import tabulate_ranks
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.rules.skeleton import compute_indifference_intervals, compute_skeleton
from firstdose.design.rules.tite_boin import TiteOptions
from firstdose.design.rules.tite_boin_table import compute_boundary_rows
from firstdose.design.simulated.characteristics import (
    SimulatedCharacteristics,
    TrialSums,
    add_up,
    compute_simulated_characteristics,
)
from firstdose.design.simulated.time_models import (
    FixedArrivals,
    LogLogisticDltTimes,
    PoissonArrivals,
    UniformDltTimes,
    WeibullDltTimes,
)
from firstdose.design.simulated.timed_options import Backfilling, TimedCalendar, TiteCrm
from firstdose.design.simulated.timed_sums import TimedCharacteristics, add_up_timed
from firstdose.design.specification import DesignSpecification, OverdoseCap, Titration
from firstdose.design.specification_faults import check_specification
from firstdose.design.tallies import Tallies, check_tallies
from firstdose.design.titles import TITLES

if TYPE_CHECKING:
    from firstdose.design.frames import (
        frame_characteristics,
        frame_paths,
        frame_scenarios,
        frame_scenarios_wide,
        frame_table,
    )
    from firstdose.design.simulated.chunks import add_up_grid, simulate_scenario_chunk, split_grid
    from firstdose.design.simulated.comparison import compare_trial_by_trial
    from firstdose.design.simulated.timed_trials import simulate_timed_trials
    from firstdose.design.simulated.trials import simulate_trials, sum_trials
    from firstdose.design.simulated.utility_trials import simulate_utility_trials

__all__ = [
    "COUNT_RULES",
    "TITLES",
    "Action",
    "Backfill",
    "Backfilling",
    "BlrmSpecification",
    "BoundaryRow",
    "Calendar",
    "CrmSpecification",
    "DecisionTable",
    "DesignSpecification",
    "FinalStates",
    "FixedArrivals",
    "GraphSize",
    "GraphTooLarge",
    "LogLogisticDltTimes",
    "NearLimit",
    "OperatingCharacteristics",
    "OverdoseCap",
    "Path",
    "PathStep",
    "PoissonArrivals",
    "Recommendation",
    "SimulatedCharacteristics",
    "Tallies",
    "TimedCalendar",
    "TimedCharacteristics",
    "TiteCrm",
    "TiteOptions",
    "Titration",
    "TrialSums",
    "UniformDltTimes",
    "UtilitySpecification",
    "WeibullDltTimes",
    "add_up",
    "add_up_grid",
    "add_up_timed",
    "check_specification",
    "check_tallies",
    "compare_trial_by_trial",
    "compile_table",
    "compute_boin12_characteristics",
    "compute_boundary_rows",
    "compute_digest",
    "compute_expected_duration_d",
    "compute_indifference_intervals",
    "compute_operating_characteristics",
    "compute_p_correct",
    "compute_scenarios",
    "compute_simulated_characteristics",
    "compute_skeleton",
    "count_paths",
    "enumerate_boin12_states",
    "enumerate_final_states",
    "enumerate_paths",
    "estimate_graph_size",
    "find_correct_levels",
    "frame_characteristics",
    "frame_paths",
    "frame_scenarios",
    "frame_scenarios_wide",
    "frame_table",
    "list_near_limits",
    "list_near_ties",
    "recommend",
    "render_table",
    "select_mtd",
    "simulate_scenario_chunk",
    "simulate_timed_trials",
    "simulate_trials",
    "simulate_utility_trials",
    "specify_rule",
    "split_grid",
    "sum_trials",
    "tabulate_decisions",
    "tabulate_ranks",
    "view_backfill_levels",
]

_LOADED_LATE = {
    "frame_characteristics": "firstdose.design.frames",
    "frame_paths": "firstdose.design.frames",
    "frame_scenarios": "firstdose.design.frames",
    "frame_scenarios_wide": "firstdose.design.frames",
    "frame_table": "firstdose.design.frames",
    "simulate_trials": "firstdose.design.simulated.trials",
    "sum_trials": "firstdose.design.simulated.trials",
    "compare_trial_by_trial": "firstdose.design.simulated.comparison",
    "add_up_grid": "firstdose.design.simulated.chunks",
    "simulate_scenario_chunk": "firstdose.design.simulated.chunks",
    "split_grid": "firstdose.design.simulated.chunks",
    "simulate_timed_trials": "firstdose.design.simulated.timed_trials",
    "simulate_utility_trials": "firstdose.design.simulated.utility_trials",
}
"""What is loaded when it is first asked for: polars for frames, numba for simulation."""


def __getattr__(name: str) -> Any:
    if name not in _LOADED_LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LOADED_LATE[name]), name)

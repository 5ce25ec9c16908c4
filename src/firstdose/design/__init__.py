"""Dose rules: counts per level in, a recommendation with its reasons out; and what a design does on average.

House rules: a rule is compiled once into a frozen table of whole numbers, and everything reads that table;
no boundary is computed twice. Every comparison with a boundary is exact. One paper, one module. Levels count
from 1 and are never skipped. The same rules serve single doses and ordered regimens of several doses.
"""

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
from firstdose.design.exact.paths import Path, PathStep, enumerate_paths
from firstdose.design.exact.state_graph import GraphTooLarge
from firstdose.design.near_limits import NearLimit, list_near_limits
from firstdose.design.near_ties import list_near_ties
from firstdose.design.next_cohort import Action
from firstdose.design.recommendation import Recommendation, recommend, select_mtd
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.rules.skeleton import compute_indifference_intervals, compute_skeleton
from firstdose.design.specification import DesignSpecification, OverdoseCap, Titration
from firstdose.design.specification_faults import check_specification
from firstdose.design.tallies import Tallies, check_tallies
from firstdose.design.titles import TITLES

__all__ = [
    "TITLES",
    "Action",
    "BlrmSpecification",
    "BoundaryRow",
    "Calendar",
    "CrmSpecification",
    "DecisionTable",
    "DesignSpecification",
    "FinalStates",
    "GraphSize",
    "GraphTooLarge",
    "NearLimit",
    "OperatingCharacteristics",
    "OverdoseCap",
    "Path",
    "PathStep",
    "Recommendation",
    "Tallies",
    "Titration",
    "check_specification",
    "check_tallies",
    "compile_table",
    "compute_digest",
    "compute_expected_duration_d",
    "compute_indifference_intervals",
    "compute_operating_characteristics",
    "compute_scenarios",
    "compute_skeleton",
    "enumerate_final_states",
    "enumerate_paths",
    "estimate_graph_size",
    "list_near_limits",
    "list_near_ties",
    "recommend",
    "render_table",
    "select_mtd",
    "tabulate_decisions",
]

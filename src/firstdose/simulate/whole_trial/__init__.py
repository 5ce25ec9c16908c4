"""The whole trial before it starts: single doses, multiple doses and expansion as one design.

House rules: what can be exact is exact, and a number says which it is; a scenario, a plan and a calendar are
arguments, and values come out; a bad argument comes back as faults, all at once. The dose rules, the caps and the
committee's choices are those of conduct and rehearsal.
"""

from firstdose.simulate.whole_trial.calendar import (
    QUANTILES,
    Estimate,
    SimulatedCalendar,
    SimulatedDate,
    SiteAccrual,
    TrialCalendar,
    check_calendar,
    simulate_calendar,
    simulate_trials,
    spread_evenly,
)
from firstdose.simulate.whole_trial.exact import PartOutcome, WholeTrial, compute_whole_trial
from firstdose.simulate.whole_trial.plan import TrialPlan, check_plan, find_cap, plan_trial
from firstdose.simulate.whole_trial.sensitivity import (
    SCENARIOS,
    SensitivityRow,
    Variant,
    list_scenarios,
    list_variants,
    tabulate_sensitivity,
    vary_part,
)
from firstdose.simulate.whole_trial.statement import write_decision_tables, write_statement
from firstdose.simulate.whole_trial.truth import (
    Truth,
    assume_rehearsed,
    check_truth,
    compute_regimen_rate,
    compute_regimen_rates,
)

__all__ = [
    "QUANTILES",
    "SCENARIOS",
    "Estimate",
    "PartOutcome",
    "SensitivityRow",
    "SimulatedCalendar",
    "SimulatedDate",
    "SiteAccrual",
    "TrialCalendar",
    "TrialPlan",
    "Truth",
    "Variant",
    "WholeTrial",
    "assume_rehearsed",
    "check_calendar",
    "check_plan",
    "check_truth",
    "compute_regimen_rate",
    "compute_regimen_rates",
    "compute_whole_trial",
    "find_cap",
    "list_scenarios",
    "list_variants",
    "plan_trial",
    "simulate_calendar",
    "simulate_trials",
    "spread_evenly",
    "tabulate_sensitivity",
    "vary_part",
    "write_decision_tables",
    "write_statement",
]

"""How fast the whole trial is, exactly and on a calendar: python bench/whole_trial.py.

Seconds are of the clock, the best of some runs; the goals stand beside. ``first`` is a call with nothing known yet,
``again`` one more scenario of the same plan.
"""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import firstdose.protocol
from firstdose.protocol.resolve import build_protocol
from firstdose.protocol.resolved import Protocol
from firstdose.simulate.whole_trial import (
    TrialPlan,
    Truth,
    compute_whole_trial,
    list_scenarios,
    list_variants,
    plan_trial,
    simulate_calendar,
    spread_evenly,
    tabulate_sensitivity,
)
from firstdose.simulate.whole_trial.part_ends import enumerate_ends

A = (0.05, 0.10, 0.18, 0.25, 0.38, 0.50)
EXACT_GOAL_S, CALENDAR_GOAL_S, N_TRIALS, REPEATS = 0.3, 1.0, 10_000, 5
STUDY = Path(firstdose.protocol.__file__).parent / "studies" / "kn5501"


def best(act: Callable[[], object], repeats: int = REPEATS) -> float:
    """The least seconds among some runs."""
    taken = []
    for _ in range(repeats):
        start = perf_counter()
        act()
        taken.append(perf_counter() - start)
    return min(taken)


def plan_kn5501() -> TrialPlan:
    """The bundled study's whole trial."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted(STUDY.glob("*.yaml"))}
    protocol = build_protocol(texts)
    assert isinstance(protocol, Protocol)
    plan = plan_trial(protocol)
    assert isinstance(plan, TrialPlan)
    return plan


def main() -> None:
    """Print one line a measurement."""
    plan = plan_kn5501()
    truth = Truth(name="A", single_dose_rates=A, growth=-1.0)
    calendar = spread_evenly(plan)

    def anew() -> None:
        enumerate_ends.cache_clear()
        compute_whole_trial(plan, truth)

    lines = [
        ("exact whole trial, first", best(anew), EXACT_GOAL_S),
        ("exact whole trial, again", best(lambda: compute_whole_trial(plan, truth)), EXACT_GOAL_S),
        (
            f"{N_TRIALS:,} calendars, first (loading or compiling the kernels)",
            best(lambda: simulate_calendar(plan, truth, calendar, seed=1, n_trials=N_TRIALS), 1),
            None,
        ),
        (
            f"{N_TRIALS:,} calendars, again",
            best(lambda: simulate_calendar(plan, truth, calendar, seed=1, n_trials=N_TRIALS)),
            CALENDAR_GOAL_S,
        ),
    ]
    variants, scenarios = list_variants(plan), list_scenarios((-1.0, 0.0))
    n_rows = len(variants) * len(scenarios)
    lines.append(
        (f"table of {n_rows} exact trials", best(lambda: tabulate_sensitivity(variants, scenarios), 1), None)
    )
    for title, taken, goal in lines:
        beside = "" if goal is None else f"{taken / goal:6.2f} of the goal of {goal} s"
        print(f"{title:<62}{taken:8.4f} s{beside}")


if __name__ == "__main__":
    main()

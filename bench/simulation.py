"""How many trials a second are simulated on one core, and in how much memory: python bench/simulation.py [--cold].

Every line is measured in a process of its own, so that its peak memory is its own. Seconds are of the processor, the
best of some runs, after a first run that compiles or judges what is new; the goals stand beside. ``--cold`` adds the
time from nothing to a first result, with and without compiled code on the disk.
"""

import argparse
import resource
import subprocess
import sys
from decimal import Decimal
from multiprocessing import get_context
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, NamedTuple

from firstdose.design import DesignSpecification, compile_table
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.simulated.comparison import compare_trial_by_trial
from firstdose.design.simulated.trials import simulate_trials

MAIN = (0.05, 0.10, 0.18, 0.25, 0.38, 0.50)
COUNTING = ("three_plus_three", "rolling_six")
RULES = (*COUNTING, "boin", "i3_plus_3", "keyboard", "mtpi_2", "mtpi", "tpi", "crm", "blrm")
GOAL_PER_S, MODEL_GOAL_PER_S = 2_000_000, 1_000_000
PEERS_PER_S = {
    "boin": ("BOIN 2.7.2", 1_600),
    "crm": ("dfcrm 0.2-2.1", 110),
    "three_plus_three": ("UBCRM", 2_000),
}
"""Trials a second of other programs, measured on another machine of the kind."""
N_TRIALS, REPEATS = 1_000_000, 5
COLD = (
    "from bench.simulation import design; from firstdose.design import compile_table; "
    "from firstdose.design.simulated.trials import simulate_trials; "
    "simulate_trials(compile_table(design('boin')), {rates}, n_trials=10_000, seed=7)"
)


class Measured(NamedTuple):
    """Trials a second; seconds of the first run; peak memory of the process [MB]."""

    trials_per_s: float
    first_s: float
    peak_mb: float


def design(rule: Any) -> DesignSpecification:
    """A rule as published for six levels and 36 participants, with no cap at a level."""
    counting = rule in COUNTING
    plain: dict[str, Any] = {
        "n_levels": 6,
        "target_rate": Decimal("0.25"),
        "max_n": 36,
        "max_n_per_level": 6 if counting else 36,
        "mtd_min_n": 3 if counting else 1,
        "stop_at_top_level": False,
    }
    if rule == "crm":
        skeleton = tuple(map(Decimal, ("0.04", "0.08", "0.15", "0.25", "0.36", "0.48")))
        plain["crm"] = CrmSpecification(skeleton=skeleton, target_rate=Decimal("0.25"))
    if rule == "blrm":
        plain["blrm"] = BlrmSpecification(
            doses=tuple(map(Decimal, (1, 2, 3, 5, 7, 10))),
            reference_dose=Decimal(5),
            mean_log_alpha=Decimal("-1.1"),
            mean_log_beta=Decimal(0),
            sd_log_alpha=Decimal("1.5"),
            sd_log_beta=Decimal("0.7"),
            correlation=Decimal(0),
        )
    return DesignSpecification(rule=rule, **plain)


def measure(rule: str) -> Measured:
    """One rule in the main scenario."""
    table = compile_table(design(rule))
    start = perf_counter()
    simulate_trials(table, MAIN, n_trials=N_TRIALS, seed=7)
    first_s = perf_counter() - start
    taken = []
    for repeat in range(REPEATS):
        start = process_time()
        simulate_trials(table, MAIN, n_trials=N_TRIALS, seed=7, first_trial=repeat * N_TRIALS)
        taken.append(process_time() - start)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(N_TRIALS / min(taken), first_s, peak_mb)


def measure_comparison(rules: tuple[str, ...]) -> Measured:
    """Several rules trial by trial."""
    tables = {rule: compile_table(design(rule)) for rule in rules}
    start = perf_counter()
    compare_trial_by_trial(tables, MAIN, n_trials=1_000, seed=7)
    first_s = perf_counter() - start
    start = process_time()
    compare_trial_by_trial(tables, MAIN, n_trials=N_TRIALS, seed=7)
    taken = process_time() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(N_TRIALS * len(rules) / taken, first_s, peak_mb)


def print_cold() -> None:
    """From a new interpreter to 10,000 trials: nothing compiled, then everything on the disk."""
    with TemporaryDirectory() as folder:
        for title in ("nothing compiled yet", "compiled code on the disk"):
            start = perf_counter()
            subprocess.run(  # noqa: S603 - this interpreter with the text above
                [sys.executable, "-c", COLD.format(rates=MAIN)],
                check=True,
                env={**environ, "NUMBA_CACHE_DIR": folder, "PYTHONPATH": str(Path(__file__).parents[1])},
            )
            print(f"cold start, {title:<30}{perf_counter() - start:>8.2f} s to 10,000 trials")


def main(*, cold: bool) -> None:
    """Print one line a rule."""
    print(
        f"goals on one core: {GOAL_PER_S:,} trials a second from a table, {MODEL_GOAL_PER_S:,} with a model; "
        f"6 levels x 36 in threes, {N_TRIALS:,} trials"
    )
    print(f"{'design':<36}{'trials/s':>12}{'of goal':>9}{'first run s':>13}{'peak MB':>9}")
    context = get_context("spawn")
    for rule in RULES:
        with context.Pool(1) as pool:
            found = pool.apply(measure, (rule,))
        goal = MODEL_GOAL_PER_S if rule in {"crm", "blrm"} else GOAL_PER_S
        line = f"{rule:<36}{found.trials_per_s:>12,.0f}{found.trials_per_s / goal:>9.2f}"
        line += f"{found.first_s:>13.2f}{found.peak_mb:>9.0f}"
        if rule in PEERS_PER_S:
            peer, per_s = PEERS_PER_S[rule]
            line += f"   {found.trials_per_s / per_s:,.0f} x {peer}"
        print(line)
    for rules in (("boin", "i3_plus_3"), ("boin", "i3_plus_3", "mtpi", "three_plus_three")):
        with context.Pool(1) as pool:
            found = pool.apply(measure_comparison, (rules,))
        line = f"{f'compared trial by trial, {len(rules)} designs':<36}{found.trials_per_s:>12,.0f}"
        print(f"{line}{found.trials_per_s / GOAL_PER_S:>9.2f}{found.first_s:>13.2f}{found.peak_mb:>9.0f}")
    if cold:
        print_cold()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cold", action="store_true", help="time from nothing to a first result as well")
    main(cold=parser.parse_args().cold)

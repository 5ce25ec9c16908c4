"""How fast exact operating characteristics are, and in how much memory: python bench/design.py [--large].

Every line is measured in a process of its own, so that its peak memory is its own; ``--large`` adds cohorts of one
with 36 participants. Seconds are of the clock; the second figure is of the processor, which other programs do not
change. The goals stand beside. The growth with levels and participants is drawn into docs/pictures/design-growth.svg.
"""

import argparse
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
from growth import draw_growth

from firstdose.design import (
    DesignSpecification,
    GraphTooLarge,
    Tallies,
    compile_table,
    compute_scenarios,
    compute_skeleton,
    enumerate_final_states,
    enumerate_paths,
    estimate_graph_size,
)
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.specification import RULES, TITE_RULES

MAIN = (0.05, 0.10, 0.18, 0.25, 0.38, 0.50)
COUNTING = ("three_plus_three", "rolling_six")
BUILD_GOAL_S, SCENARIO_GOAL_S, MANY_GOAL_S, SINGLE_GOAL_S = 0.1, 0.005, 5.0, 5.0
CRM_GOAL_S, BLRM_GOAL_S = 0.2, 3.0
PATHS_GOAL_S, IMPORT_GOAL_S = 0.05, 0.5
MODEL_GOALS_S = {"crm": CRM_GOAL_S, "blrm": BLRM_GOAL_S}
GROWTH_LEVELS, GROWTH_N = range(3, 11), (12, 18, 24, 30, 36, 42, 48, 54, 60)
N_MANY = 10_000
REPEATS = 5


class Measured(NamedTuple):
    """Seconds of the clock and of the processor, the best of some runs; peak memory of the process [MB]."""

    n_states: int
    compile_s: float
    build_s: float
    build_cpu_s: float
    scenario_s: float
    many_s: float | None
    peak_mb: float


def best(act: Callable[[], object], repeats: int) -> tuple[float, float]:
    """The least seconds of the clock and of the processor among some runs."""
    clock, processor = [], []
    for _ in range(repeats):
        start, start_processor = perf_counter(), process_time()
        act()
        clock.append(perf_counter() - start)
        processor.append(process_time() - start_processor)
    return min(clock), min(processor)


def design(rule: Any, n_levels: int, max_n: int, cohort_size: int) -> DesignSpecification:
    """A rule as published, with no cap at a level."""
    counting = rule in COUNTING
    return DesignSpecification(
        rule=rule,
        n_levels=n_levels,
        target_rate=Decimal("0.25"),
        max_n=max_n,
        max_n_per_level=6 if counting else max_n,
        mtd_min_n=3 if counting else 1,
        cohort_size=3 if counting else cohort_size,
        stop_at_top_level=False,
        **model(rule, n_levels),
    )


def model(rule: str, n_levels: int) -> dict[str, Any]:
    """The model of a rule that has one."""
    if rule == "crm":
        rates = compute_skeleton(half_width=0.05, target_rate=0.25, prior_mtd=3, n_levels=n_levels)
        skeleton = tuple(Decimal(f"{rate:.6f}") for rate in rates)
        return {"crm": CrmSpecification(skeleton=skeleton, target_rate=Decimal("0.25"))}
    if rule == "blrm":
        return {
            "blrm": BlrmSpecification(
                doses=tuple(map(Decimal, (1, 3, 6, 10, 15, 20, 30, 45, 60, 90)[:n_levels])),
                reference_dose=Decimal(15),
                mean_log_alpha=Decimal("-1.1"),
                mean_log_beta=Decimal(0),
                sd_log_alpha=Decimal(2),
                sd_log_beta=Decimal(1),
            )
        }
    return {}


def measure(case: tuple[str, int, int, int, int, int]) -> Measured | str:
    """One design: compiled, built, asked for one scenario and for many; or why it was refused."""
    rule, n_levels, max_n, cohort_size, n_many, repeats = case
    spec = design(rule, n_levels, max_n, cohort_size)
    compile_s, _ = best(lambda: compile_table(spec), 1)
    table = compile_table(spec)
    size = estimate_graph_size(table)
    try:
        states = enumerate_final_states(table)
    except GraphTooLarge as refused:
        return f"refused: {refused}"
    # the table of a model is made while its states are walked, so that making it is part of building
    build = (
        (lambda: enumerate_final_states(compile_table(spec)))
        if rule in MODEL_GOALS_S
        else lambda: enumerate_final_states(table)
    )
    build_s, build_cpu_s = best(build, repeats) if repeats else (0.0, 0.0)
    rates = np.sort(np.random.default_rng(20260301).uniform(size=(max(n_many, 1), n_levels)), axis=1)
    scenario_s, _ = best(lambda: compute_scenarios(states, rates[:1]), max(repeats, 1))
    many_s = best(lambda: compute_scenarios(states, rates), 1)[0] if n_many else None
    assert not size.is_exact or size.n_states == len(states.mtd)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(len(states.mtd), compile_s, build_s, build_cpu_s, scenario_s, many_s, peak_mb)


def ratio(found: float, goal: float) -> str:
    """How the figure stands to its goal."""
    return f"{found / goal:5.2f} of goal"


def cases(*, large: bool) -> Iterator[tuple[str, tuple[str, int, int, int, int, int]]]:
    """Titles and designs: rule, levels, participants, cohort size, scenarios, repeats."""
    for rule in RULES:
        if rule not in TITE_RULES:  # with every window complete they are BOIN and the CRM
            yield f"{rule}, 6 x 36 in threes", (rule, 6, 36, 3, N_MANY if rule == "boin" else 0, REPEATS)
    for max_n in (18, 24, 30, 36) if large else (18, 24):
        yield f"boin, 6 x {max_n} one by one", ("boin", 6, max_n, 1, 0, 1)
    for n_levels in GROWTH_LEVELS:
        yield f"boin, {n_levels} x 30 in threes", ("boin", n_levels, 30, 3, 0, 1)
    for max_n in GROWTH_N:
        yield f"boin, 6 x {max_n} in threes", ("boin", 6, max_n, 3, 0, 1)


def print_paths() -> None:
    """The trees of dose transition paths."""
    nobody = Tallies((0,) * 6, (0,) * 6, (0,) * 6)
    for title, rule, n_cohorts in (
        ("boin, 4 cohorts", "boin", 4),
        ("crm, 4 cohorts", "crm", 4),
        ("3+3, to the end", "three_plus_three", 99),
    ):
        table = compile_table(design(rule, 6, 36, 3))
        taken, _ = best(lambda: enumerate_paths(table, nobody, 1, n_cohorts), REPEATS)  # noqa: B023 - called at once
        n_paths = len(enumerate_paths(table, nobody, 1, n_cohorts))
        print(f"paths, {title:<29}{n_paths:>11,} paths, {taken * 1000:.1f} ms, {ratio(taken, PATHS_GOAL_S)}")


def print_import() -> None:
    """Seconds until the design room can be used, in a process of its own."""
    for module in ("firstdose", "firstdose.design"):
        code = f"from time import perf_counter as now; start = now(); import {module}; print(now() - start)"
        seconds = min(
            float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)  # noqa: S603 - our own code
            for _ in range(REPEATS)
        )
        print(f"import {module:<29}{seconds:>11.3f} s, {ratio(seconds, IMPORT_GOAL_S)}")


def main(*, large: bool) -> None:
    """Print one line a design."""
    growth: dict[tuple[int, int], Measured] = {}
    print(
        f"goals: build {BUILD_GOAL_S} s, scenario {SCENARIO_GOAL_S * 1000:.0f} ms, {N_MANY:,} scenarios "
        f"{MANY_GOAL_S:.0f} s at 6 x 36 in threes; build {SINGLE_GOAL_S:.0f} s one by one"
    )
    print(
        f"{'design':<36}{'states':>11}{'compile s':>10}{'build s':>9}{'cpu s':>8}{'scenario ms':>12}{'peak MB':>9}"
    )
    print_import()
    print_paths()
    context = get_context("spawn")
    for title, case in cases(large=large):
        with context.Pool(1) as pool:
            found = pool.apply(measure, (case,))
        if isinstance(found, str):
            print(f"{title:<36}{found}")
            continue
        goal = SINGLE_GOAL_S if case[3] == 1 else MODEL_GOALS_S.get(case[0], BUILD_GOAL_S)
        if case[0] == "boin" and case[3] == 3:  # noqa: PLR2004 - cohorts of three
            growth[case[1], case[2]] = found
        print(
            f"{title:<36}{found.n_states:>11,}{found.compile_s:>10.3f}{found.build_s:>9.3f}{found.build_cpu_s:>8.3f}"
            f"{found.scenario_s * 1000:>12.2f}{found.peak_mb:>9.0f}   build {ratio(found.build_cpu_s, goal)}"
        )
        if found.many_s is not None:
            print(
                f"{'':<4}{N_MANY:,} random scenarios: {found.many_s:.2f} s, {ratio(found.many_s, MANY_GOAL_S)}"
            )
    picture = Path(__file__).parents[1] / "docs" / "pictures" / "design-growth.svg"
    picture.write_text(
        draw_growth(
            [(n_levels, growth[n_levels, 30].n_states) for n_levels in GROWTH_LEVELS],
            [(max_n, growth[6, max_n].n_states) for max_n in GROWTH_N],
        ),
        "utf-8",
    )
    print(f"the growth is drawn in {picture}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="cohorts of one with up to 36 participants")
    main(large=parser.parse_args().large)

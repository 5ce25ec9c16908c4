"""How fast trials on a calendar are simulated, and in how much memory: python bench/timed.py.

Every line is measured in a process of its own, so that its start and its peak memory are its own. Trials a second are
those of the best of some runs: of the processor, which other programs do not change, and of the clock. The first result
is the time from the start of the process to the characteristics of ten trials, with the compiled code in its cache; an
empty cache adds the time of compiling, once a machine. The goals stand beside.
"""

import resource
from collections.abc import Callable
from decimal import Decimal
from multiprocessing import get_context
from time import perf_counter, process_time
from typing import Any, NamedTuple

RATES = (0.05, 0.10, 0.18, 0.25, 0.38, 0.50)
RESPONSES = (0.2, 0.3, 0.4, 0.5, 0.5, 0.5)
TARGET = Decimal("0.25")
GOALS = {"tite_boin": 300_000}
"""Trials a second, 6 levels and 36 participants in threes, three arrivals a window."""
N_TRIALS = {"tite_crm": 2_000}
N_OTHER = 100_000
REPEATS = 5
CASES = (
    "boin",
    "three_plus_three",
    "rolling_six",
    "tite_boin",
    "tite_boin imputed",
    "bf_boin",
    "tite_crm",
    "boin12",
)


class Measured(NamedTuple):
    """Trials a second of the processor and of the clock, the seconds to the first result, and peak memory [MB]."""

    of_processor: float
    of_clock: float
    first_s: float
    peak_mb: float


def prepare(case: str) -> Callable[[int], object]:
    """What simulates so many trials; the imports are part of the first result."""
    from firstdose.design import DesignSpecification, compile_table  # noqa: PLC0415 - its time is measured

    counting = case in {"three_plus_three", "rolling_six"}
    rule: Any = case if counting else "boin"
    spec = DesignSpecification(
        rule=rule,
        n_levels=6,
        target_rate=TARGET,
        max_n=36,
        max_n_per_level=6 if counting else 36,
        mtd_min_n=3 if counting else 1,
        cohort_size=6 if case == "rolling_six" else 3,
        stop_at_top_level=False,
    )
    if case == "boin12":
        from firstdose.design.rules.boin12_specification import UtilitySpecification  # noqa: PLC0415
        from firstdose.design.rules.boin12_table import compile_rank_table  # noqa: PLC0415
        from firstdose.design.simulated.utility_trials import simulate_utility_trials  # noqa: PLC0415

        utility = UtilitySpecification(
            max_toxicity_rate=Decimal("0.35"), min_efficacy_rate=TARGET, u2=Decimal(40), u3=Decimal(60)
        )
        ranks = compile_rank_table(utility, 36, 3)
        return lambda n: simulate_utility_trials(ranks, spec, RATES, RESPONSES, n_trials=n, seed=1)
    from firstdose.design.rules.backfill_options import Backfill  # noqa: PLC0415
    from firstdose.design.rules.crm_specification import CrmSpecification  # noqa: PLC0415
    from firstdose.design.rules.tite_boin import TiteOptions  # noqa: PLC0415
    from firstdose.design.simulated import timed_options as timed  # noqa: PLC0415
    from firstdose.design.simulated.time_models import PoissonArrivals, WeibullDltTimes  # noqa: PLC0415
    from firstdose.design.simulated.timed_trials import simulate_timed_trials  # noqa: PLC0415

    model = CrmSpecification(skeleton=tuple(Decimal(str(rate)) for rate in RATES), target_rate=TARGET)
    rules: dict[str, timed.WhilePending] = {
        "tite_boin": TiteOptions(),
        "tite_boin imputed": TiteOptions(estimate="imputed"),
        "bf_boin": timed.Backfilling(rule=Backfill()),
        "tite_crm": timed.TiteCrm(model=model),
    }
    table = compile_table(spec)
    return lambda n: simulate_timed_trials(
        table,
        RATES,
        calendar=timed.TimedCalendar(dlt_window_d=1.0),
        arrivals=PoissonArrivals((1.0, 2.0)),
        dlt_times=WeibullDltTimes(0.5),
        n_trials=n,
        seed=1,
        while_pending=rules.get(case),
        response_rates=RESPONSES,
    )


def measure(case: str) -> Measured:
    """One rule, in this process."""
    start = perf_counter()
    simulate = prepare(case)
    simulate(10)
    first_s = perf_counter() - start
    n = N_TRIALS.get(case, N_OTHER)
    clock, processor = [], []
    for _ in range(REPEATS):
        start, start_processor = perf_counter(), process_time()
        simulate(n)
        clock.append(perf_counter() - start)
        processor.append(process_time() - start_processor)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(n / min(processor), n / min(clock), first_s, peak_mb)


def main() -> None:
    """Print one line a rule."""
    print("6 levels x 36 in threes, three arrivals a window, characteristics included")
    print(f"{'rule':<20}{'trials/s cpu':>14}{'trials/s clock':>16}{'first result s':>16}{'peak MB':>9}")
    context = get_context("spawn")
    for case in CASES:
        with context.Pool(1) as pool:
            found = pool.apply(measure, (case,))
        goal = GOALS.get(case)
        beside = f"   {found.of_processor / goal:.2f} of the goal of {goal:,}" if goal else ""
        print(
            f"{case:<20}{found.of_processor:>14,.0f}{found.of_clock:>16,.0f}{found.first_s:>16.2f}"
            f"{found.peak_mb:>9.0f}{beside}"
        )


if __name__ == "__main__":
    main()

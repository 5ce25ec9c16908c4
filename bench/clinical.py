"""How fast whole columns of laboratory values and assessments are graded: python bench/clinical.py.

Every line is measured in a process of its own, so that its peak memory is its own; the memory before the grading (the
columns as text, the libraries) stands beside. Seconds are the best of some runs, of the clock and of the processor,
and begin with text: reading it as numbers is part of them. The single values of a sample are graded in the same process,
one by one, from decimals and structs that are made before the clock starts; the ratio is of seconds a row. Every answer
of the sample is compared. The goals stand beside.
"""

import resource
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from multiprocessing import get_context
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np

N_VALUES, N_ASSESSMENTS = 1_000_000, 100_000
N_SAMPLE_VALUES, N_SAMPLE_ASSESSMENTS = 20_000, 2_000
N_SITES, N_PER_PARTICIPANT = 60, 10
GOALS_S = {"grades": 1.0, "doris": 1.0, "lldas": 1.0}
REPEATS = 5
CASES = ("grades", "doris", "lldas")


class Measured(NamedTuple):
    """Rows, seconds of the clock and of the processor, seconds a row one by one, and memory [MB]."""

    n_rows: int
    clock_s: float
    processor_s: float
    single_s_per_row: float
    before_mb: float
    peak_mb: float


class Case(NamedTuple):
    """What grades all rows, what grades a sample one by one, and whether both say the same."""

    n_rows: int
    n_sample: int
    at_once: Callable[[], Any]
    one_by_one: Callable[[], list[Any]]
    agree: Callable[[Any, list[Any]], bool]


def prepare_grades() -> Case:
    """Values of all analytes at many sites, each with its own limits of normal, in both versions."""
    import polars as pl  # noqa: PLC0415 - its memory is measured

    from firstdose.derive.safety.ctcae_laboratory import LaboratoryGrade, grade_laboratory_value  # noqa: PLC0415
    from firstdose.derive.safety.ctcae_limits import LABORATORY_TERMS, NOT_IN_CTCAE  # noqa: PLC0415
    from firstdose.derive.safety.ctcae_many import grade_many  # noqa: PLC0415

    chance = np.random.default_rng(20260301)
    analytes = sorted({one.analyte for one in LABORATORY_TERMS} | NOT_IN_CTCAE)
    n_ranges = N_SITES * len(analytes)

    def draw(low: float, high: float, n: int, missing: float) -> pl.Series:
        numbers = pl.Series(np.round(chance.uniform(low, high, n), 2).astype(str))
        return pl.select(pl.when(pl.Series(chance.random(n) >= missing)).then(numbers)).to_series()

    ranges = pl.DataFrame(
        {
            "site": np.repeat(np.arange(N_SITES), len(analytes)),
            "analyte": analytes * N_SITES,
            "lln": draw(1, 40, n_ranges, 0.02),
            "uln": draw(40, 90, n_ranges, 0.02),
        }
    )
    values = pl.DataFrame(
        {
            "site": chance.integers(N_SITES, size=N_VALUES),
            "analyte": pl.Series(np.array(analytes)[chance.integers(len(analytes), size=N_VALUES)]),
            "version": pl.Series(np.array(["5.0", "6.0"])[chance.integers(2, size=N_VALUES)]),
            "value": draw(0, 200, N_VALUES, 0),
            "baseline": draw(0, 120, N_VALUES, 0.05),
            "symptomatic": pl.Series([True, False, None]).gather(chance.integers(3, size=N_VALUES)),
        }
    )

    def at_once() -> pl.DataFrame:
        joined = values.join(ranges, on=["site", "analyte"], how="left", maintain_order="left")
        columns: dict[str, Any] = {name: joined[name] for name in joined.columns if name != "site"}
        return grade_many(**columns)

    sample = values.head(N_SAMPLE_VALUES).join(
        ranges, on=["site", "analyte"], how="left", maintain_order="left"
    )
    rows = [
        row
        | {
            name: None if row[name] is None else Decimal(row[name])
            for name in ("value", "lln", "uln", "baseline")
        }
        for row in sample.drop("site").iter_rows(named=True)
    ]

    def one_by_one() -> list[Any]:
        return [grade_laboratory_value(**row) for row in rows]

    def agree(frame: pl.DataFrame, single: list[Any]) -> bool:
        found = frame.filter(pl.col("row") < N_SAMPLE_VALUES).select("row", "grade", "reason").rows()
        expected = [
            (row, one.grade.value, None) if isinstance(one, LaboratoryGrade) else (row, None, one.reason)
            for row, grades in enumerate(single)
            for one in grades
        ]
        return found == expected

    return Case(N_VALUES, N_SAMPLE_VALUES, at_once, one_by_one, agree)


def draw_assessments() -> dict[str, Any]:
    """Assessments of participants in their order, mostly quiet."""
    import polars as pl  # noqa: PLC0415 - its memory is measured

    from firstdose.derive.response.attained_many import KEYS  # noqa: PLC0415 - as above

    chance = np.random.default_rng(20260302)
    n = N_ASSESSMENTS
    answers = pl.Series([False, True, None])
    rows = np.arange(n)
    return {
        **{
            key: answers.gather(chance.choice(3, n, p=[0.96, 0.03, 0.01]))
            for key in (*KEYS, "haemolytic_anaemia", "gi_activity")
        },
        "pga": pl.Series(["0", "0.3", "0.49", "0.5", "1", "1.2", None]).gather(chance.integers(7, size=n)),
        "prednisone_mg_per_day": pl.Series(["0", "2.5", "5", "36/7", "7.5", None]).gather(
            chance.integers(6, size=n)
        ),
        "is_treatment_stable": answers.gather(chance.choice(3, n, p=[0.1, 0.85, 0.05])),
        "is_maintenance_tolerated": answers.gather(chance.choice(3, n, p=[0.1, 0.85, 0.05])),
        "previous_row": pl.Series(
            [None if row % N_PER_PARTICIPANT == 0 else row - 1 for row in rows.tolist()]
        ),
    }


def prepare_attained(case: str) -> Case:
    """Assessments of participants, from descriptors to the composite."""
    from firstdose.derive.response.attained_many import KEYS, derive_doris_many, derive_lldas_many  # noqa: PLC0415
    from firstdose.derive.response.doris import derive_doris  # noqa: PLC0415
    from firstdose.derive.response.lldas import ActivityOutsideSledai, derive_lldas  # noqa: PLC0415
    from firstdose.derive.response.sledai import DescriptorFinding, derive_sledai  # noqa: PLC0415
    from firstdose.terms.outcomes import NotDerived  # noqa: PLC0415

    columns = draw_assessments()
    n_sample = N_SAMPLE_ASSESSMENTS
    sample = {name: column.head(n_sample).to_list() for name, column in columns.items()}
    missing = NotDerived("not_assessed")

    def or_missing(answer: Any) -> Any:
        return missing if answer is None else answer

    pga = [None if one is None else Decimal(one) for one in sample["pga"]]
    dose = [missing if one is None else Fraction(one) for one in sample["prednisone_mg_per_day"]]
    findings = [
        {key: DescriptorFinding(present=sample[key][row], attributable="yes") for key in KEYS}
        for row in range(n_sample)
    ]
    outside = [
        ActivityOutsideSledai(haemolytic_anaemia=anaemia, gi_activity=gut)
        for anaemia, gut in zip(sample["haemolytic_anaemia"], sample["gi_activity"], strict=True)
    ]

    def doris_one_by_one() -> list[Any]:
        return [
            derive_doris(
                derive_sledai(findings[row]),
                pga=pga[row],
                prednisone_mg_per_day=dose[row],
                is_treatment_stable=or_missing(sample["is_treatment_stable"][row]),
            )
            for row in range(n_sample)
        ]

    def lldas_one_by_one() -> list[Any]:
        scores = [derive_sledai(one) for one in findings]
        return [
            derive_lldas(
                scores[row],
                outside[row],
                pga=pga[row],
                prednisone_mg_per_day=dose[row],
                is_maintenance_tolerated=or_missing(sample["is_maintenance_tolerated"][row]),
                previous_sledai=None if previous is None else scores[previous],
                previous_outside=None if previous is None else outside[previous],
            )
            for row, previous in enumerate(sample["previous_row"])
        ]

    def agree(frame: Any, single: list[Any]) -> bool:
        expected = [None if isinstance(one.attained, NotDerived) else one.attained for one in single]
        return bool(frame["attained"].head(n_sample).to_list() == expected)

    if case == "doris":
        return Case(N_ASSESSMENTS, n_sample, lambda: derive_doris_many(columns), doris_one_by_one, agree)
    return Case(N_ASSESSMENTS, n_sample, lambda: derive_lldas_many(columns), lldas_one_by_one, agree)


def peak_mb() -> float:
    """The most memory that the process has held. [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def best(act: Callable[[], object]) -> tuple[float, float]:
    """The least seconds of the clock and of the processor among some runs."""
    clock, processor = [], []
    for _ in range(REPEATS):
        start, start_processor = perf_counter(), process_time()
        act()
        clock.append(perf_counter() - start)
        processor.append(process_time() - start_processor)
    return min(clock), min(processor)


def measure(name: str) -> Measured:
    """One case, all at once and a sample one by one."""
    case = prepare_grades() if name == "grades" else prepare_attained(name)
    before = peak_mb()
    clock, processor = best(case.at_once)
    peak = peak_mb()
    single, _ = best(case.one_by_one)
    assert case.agree(case.at_once(), case.one_by_one()), "the columns do not say what single values say"
    return Measured(case.n_rows, clock, processor, single / case.n_sample, before, peak)


def main() -> None:
    """Print one line a case."""
    print(
        f"{'case':<8}{'rows':>11}{'clock s':>9}{'cpu s':>8}{'us a row':>10}{'one by one us':>15}{'times':>8}"
        f"{'before MB':>11}{'peak MB':>9}"
    )
    context = get_context("spawn")
    for name in CASES:
        with context.Pool(1) as pool:
            found = pool.apply(measure, (name,))
        per_row = found.clock_s / found.n_rows
        print(
            f"{name:<8}{found.n_rows:>11,}{found.clock_s:>9.3f}{found.processor_s:>8.3f}{per_row * 1e6:>10.2f}"
            f"{found.single_s_per_row * 1e6:>15.1f}{found.single_s_per_row / per_row:>8.0f}"
            f"{found.before_mb:>11.0f}{found.peak_mb:>9.0f}"
            f"   {found.clock_s / GOALS_S[name]:.2f} of goal {GOALS_S[name]:.0f} s"
        )


if __name__ == "__main__":
    main()

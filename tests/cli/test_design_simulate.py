"""``firstdose design simulate``: rules on a part's calendar, the same on one process, two, or a cluster."""

import csv
import io
import json
import socket
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import distributed
import pytest
from click.testing import CliRunner, Result
from tests.trials import with_rule

from firstdose.conduct.dose_rules import specify_design
from firstdose.design import (
    CrmSpecification,
    DesignSpecification,
    FixedArrivals,
    GraphTooLarge,
    TimedCalendar,
    UniformDltTimes,
    UtilitySpecification,
    compile_table,
    compute_boin12_characteristics,
    enumerate_boin12_states,
)
from firstdose.design.rules.boin12_table import compile_rank_table
from firstdose.design.simulated.timed_chunks import add_up_questions, simulate_timed_chunk, split_timed
from firstdose.faces.cli import main
from firstdose.faces.cli.said import load_study
from firstdose.wiring import map_chunks

RATES = "0.05,0.10,0.18,0.25,0.35,0.45"
NEVER = "0,0,0,0,0,0"
TOXIC = "0.5,0.5,0.6,0.6,0.7,0.7"
RESPONSES = "0.2,0.3,0.4,0.5,0.6,0.6"
LEVELS = ["SAD-1", "SAD-2", "SAD-3", "SAD-4", "SAD-5", "SAD-6"]
SIMULATE = ["simulate", "kn5501", "--rates", RATES]
SHORT = ["--trials", "400"]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["design", *arguments])


def run(*arguments: str) -> Result:
    result = invoke(*arguments)
    assert result.exit_code == 0, result.stderr
    return result


def rows_of(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run(*arguments, "--format", "csv").stdout)))


def numbers_of(row: dict[str, str], prefix: str) -> list[float]:
    return [float(row[f"{prefix}_{level}"]) for level in LEVELS]


def write_study(folder: Path, rule: str, more: str = "") -> str:
    """The bundled study with another rule in its parts, and more in the design of the first."""
    folder.mkdir()
    for name, text in with_rule(rule).items():
        written = (
            text.replace(f"rule: {rule}\n", f"rule: {rule}\n{more}", 1) if name == "parts.yaml" else text
        )
        (folder / name).write_text(written, "utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def utility_study(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_study(tmp_path_factory.mktemp("studies") / "utility", "boin12")


@pytest.fixture(scope="module")
def backfilling_study(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("studies") / "backfilling"
    return write_study(folder, "boin", "        backfill: {max_n_per_level: 6, needs_response: true}\n")


# --- what a part takes


def test_a_part_without_a_dlt_takes_as_long_as_its_protocol_says() -> None:
    """Window 14 days, staggers of 7 and 3, review 3; while enrolment is open a participant comes every day.

    One participant at each of the first two levels takes 14 + 3 = 17 days, a cohort of three 7 + 3 + 14 + 3 = 27.
    Levels 3 to 5 are one cohort each and the top level two, as the MTD needs six; after each of the first six
    decisions it takes a day until a participant comes: 2 x 17 + 5 x 27 + 6 = 175 days.
    """
    asked = ["--rates", NEVER, "--arrivals", "fixed", "--days-between", "1", *SHORT]
    (row,) = rows_of("simulate", "kn5501", *asked)
    assert numbers_of(row, "mean_n") == [1, 1, 3, 3, 3, 6]
    assert float(row["p_selected_SAD-6"]) == 1
    told = ("mean_duration_d", "duration_q05_d", "duration_q50_d", "duration_q95_d")
    assert [float(row[name]) for name in told] == [175] * 4
    assert float(row["se_mean_duration_d"]) == 0


@pytest.mark.parametrize(("review", "days"), [("0", 154), ("3", 175), ("10", 224)])
def test_a_review_is_held_after_each_of_seven_cohorts(review: str, days: int) -> None:
    asked = ["--rates", NEVER, "--arrivals", "fixed", "--days-between", "1", "--review-days", review]
    (row,) = rows_of("simulate", "kn5501", *asked, *SHORT)
    assert float(row["mean_duration_d"]) == days


def test_the_window_is_the_part_s_own() -> None:
    # 28 days: four cohorts of three, 7 + 3 + 28 + 3 days each, and a day before each but the first
    asked = ["--part", "mad", "--rates", "0,0,0,0", "--arrivals", "fixed", "--days-between", "1"]
    (row,) = rows_of("simulate", "kn5501", *asked, *SHORT)
    assert float(row["mean_duration_d"]) == 4 * 41 + 3


def test_a_rule_that_waits_selects_and_treats_as_it_does_exactly_without_a_calendar() -> None:
    (exact,) = rows_of("oc", "kn5501", "--rates", RATES)
    (found,) = rows_of(*SIMULATE, "--trials", "20000")
    compared = [name for name in exact if f"se_{name}" in found and float(found[f"se_{name}"])]
    assert len(compared) > 15
    for name in compared:
        far = abs(float(found[name]) - float(exact[name]))
        assert far < 4 * float(found[f"se_{name}"]), name


def test_rules_that_decide_on_open_windows_wait_less() -> None:
    rules = ["boin", "tite_boin", "tite_crm"]
    rows = rows_of(*SIMULATE, *[word for rule in rules for word in ("--rule", rule)], "--trials", "2000")
    assert [row["rule"] for row in rows] == rules
    for name in ("mean_duration_d", "mean_suspended_d"):
        waiting, *others = (float(row[name]) for row in rows)
        assert all(other < waiting - 10 for other in others), name


def test_when_a_dlt_comes_changes_nothing_for_a_rule_that_waits_and_much_for_one_that_does_not() -> None:
    # the TITE-CRM sees a late DLT late, and treats more participants at toxic levels meanwhile
    shares = ("0.1", "0.9")
    asked = [
        "simulate",
        "kn5501",
        "--rates",
        TOXIC,
        "--rule",
        "boin",
        "--rule",
        "tite_crm",
        "--trials",
        "4000",
    ]
    (boin, early), (also_boin, late) = (
        rows_of(*asked, "--dlt-times", "weibull", "--late-share", share) for share in shares
    )
    assert boin == also_boin
    error = float(early["se_mean_n_dlt_SAD-4"]) + float(late["se_mean_n_dlt_SAD-4"])
    assert float(late["mean_n_dlt_SAD-4"]) > float(early["mean_n_dlt_SAD-4"]) + 3 * error


def test_rules_side_by_side_meet_the_participants_that_each_meets_alone() -> None:
    asked = [*SIMULATE, "--rates", TOXIC, "--seed", "5", *SHORT]
    together = rows_of(*asked, "--rule", "keyboard", "--rule", "rolling_six", "--rule", "keyboard")
    alone = [row for rule in ("keyboard", "rolling_six") for row in rows_of(*asked, "--rule", rule)]
    assert together == alone
    assert [row["scenario"] for row in together] == ["Scenario 1", "Scenario 2"] * 2


def test_each_of_several_scenarios_gives_what_it_gives_alone() -> None:
    # the second is lower than the first, and the third is the first again
    rates = (TOXIC, NEVER, TOXIC)
    asked = ["--rule", "boin", "--rule", "keyboard", *SHORT]
    together = rows_of("simulate", "kn5501", *[word for one in rates for word in ("--rates", one)], *asked)
    alone = {one: rows_of("simulate", "kn5501", "--rates", one, *asked) for one in set(rates)}
    expected = [alone[one][place] for place in range(2) for one in rates]
    assert [row | {"scenario": ""} for row in together] == [row | {"scenario": ""} for row in expected]


# --- what is told


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "simulated, 400 trials, seed 7",
                "Monte Carlo standard errors",
                "Duration (days)",
                "DLT window 14 days",
            ],
        ),
        ("zh", ["模拟，400次试验，种子7", "蒙特卡洛标准误", "历时（天）", "DLT观察窗14天"]),
    ],
)
def test_the_text_says_that_it_is_simulated_and_from_what(language: str, words: list[str]) -> None:
    text = run(*SIMULATE, "--seed", "7", *SHORT, "--language", language).stdout
    for word in words:
        assert word in text


def test_csv_and_json_hold_the_same_numbers() -> None:
    asked = [*SIMULATE, "--rates", TOXIC, "--rule", "boin", "--rule", "tite_boin", *SHORT]
    rows, told = rows_of(*asked), json.loads(run(*asked, "--format", "json").stdout)
    assert (told["n_trials"], told["seed"]) == (400, 1)
    assert told["calendar"]["dlt_window_d"] == 14
    scenarios = [(one["rule"], each) for one in told["rules"] for each in one["scenarios"]]
    for row, (rule, numbers) in zip(rows, scenarios, strict=True):
        assert (row["rule"], row["scenario"]) == (rule, numbers["name"])
        assert numbers_of(row, "p_selected") == numbers["p_selected"]
        assert sum(numbers["p_selected"]) + numbers["p_none"] == pytest.approx(1, abs=1e-12)
        assert sum(numbers["mean_n_per_level"]) == pytest.approx(numbers["mean_n"], abs=1e-9)
        assert float(row["duration_q50_d"]) == numbers["duration_quantiles_d"][1]


def test_the_share_of_correct_selections_is_that_of_the_level_closest_to_the_target() -> None:
    row, toxic = rows_of(*SIMULATE, "--rates", TOXIC, *SHORT)
    assert row["p_correct"] == row["p_selected_SAD-4"]
    assert toxic["p_correct"] == toxic["p_none"]


def test_a_tite_crm_beside_a_part_without_a_model_says_which_one_it_has() -> None:
    text = run(*SIMULATE, "--rule", "tite_crm", *SHORT).stdout
    assert "TITE-CRM: power model, skeleton" in text
    assert "complete windows" not in text


def test_a_tite_crm_with_more_states_than_can_be_listed_is_played() -> None:
    model = CrmSpecification(
        skeleton=tuple(map(Decimal, ("0.05", "0.1", "0.18", "0.25", "0.38", "0.5"))),
        target_rate=Decimal("0.25"),
    )
    spec = DesignSpecification(
        rule="tite_crm",
        n_levels=6,
        target_rate=Decimal("0.25"),
        max_n=60,
        max_n_per_level=60,
        mtd_min_n=3,
        cohort_size=1,
        crm=model,
    )
    with pytest.raises(GraphTooLarge):
        compile_table(spec)
    (chunk,) = split_timed(
        [spec],
        [(0.05, 0.10, 0.18, 0.25, 0.35, 0.45)],
        calendar=TimedCalendar(dlt_window_d=14.0),
        arrivals=FixedArrivals(2.0),
        dlt_times=UniformDltTimes(),
        n_trials=20,
        seed=1,
    )
    (found,) = add_up_questions([simulate_timed_chunk(chunk)])
    assert found.mean_n > 18


@pytest.mark.parametrize("rule", ["rolling_six", "tite_boin"])
def test_single_participants_are_titrated_on_complete_windows_whatever_the_rule(rule: str) -> None:
    asked = ["--rates", NEVER, "--rule", rule, "--arrivals", "fixed", "--days-between", "1"]
    result = run("simulate", "kn5501", *asked, *SHORT, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    # one participant at each level below the first with whole cohorts, though others come every day
    assert [float(row[f"mean_n_SAD-{level}"]) for level in (1, 2)] == [1, 1]


def test_results_go_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "simulated.json"
    assert run(*SIMULATE, *SHORT, "--format", "json", "--out", str(out)).stdout == ""
    assert json.loads(out.read_text("utf-8"))["rules"][0]["rule"] == "boin"


# --- responses and backfilling


def test_boin12_is_played_with_responses_and_lies_around_its_exact_numbers(utility_study: str) -> None:
    rates, responses = "0.05,0.15,0.25,0.4", "0.2,0.5,0.6,0.7"
    asked = ["--part", "mad", "--rates", rates, "--responses", responses, "--trials", "20000"]
    (row,) = rows_of("simulate", utility_study, *asked)
    part = load_study(utility_study).part_by_key["mad"]
    assert part.design is not None
    spec = specify_design(part.design)
    assert isinstance(spec.boin12, UtilitySpecification)
    ranks = compile_rank_table(spec.boin12, spec.max_n_per_level, spec.cohort_size)
    states = enumerate_boin12_states(ranks, spec)
    exact = compute_boin12_characteristics(
        states, [float(word) for word in rates.split(",")], [float(word) for word in responses.split(",")]
    )
    for name, short in (
        ("p_selected", "p_selected"),
        ("mean_n_per_level", "mean_n"),
        ("mean_n_efficacy_per_level", "mean_n_efficacy"),
    ):
        for level, number in zip(part.regimens, getattr(exact, name), strict=True):
            error = float(row[f"se_{short}_{level}"])
            assert abs(float(row[f"{short}_{level}"]) - number) < 4 * max(error, 1e-9), (name, level)
    assert "mean_duration_d" not in row
    text = run("simulate", utility_study, *asked, *SHORT).stdout
    assert "BOIN12: without a calendar" in text
    assert "Mean with response" in text


def test_boin12_and_a_rule_on_a_calendar_stand_side_by_side(utility_study: str) -> None:
    asked = ["--rates", RATES, "--responses", RESPONSES, "--rule", "boin12", "--rule", "boin", *SHORT]
    without, on_calendar = rows_of("simulate", utility_study, *asked)
    assert without["mean_duration_d"] == ""
    assert float(on_calendar["mean_duration_d"]) > 0
    assert on_calendar["mean_n_efficacy_SAD-1"] == ""
    assert without["p_correct"] == ""


def test_levels_below_are_filled_where_a_response_was_seen(backfilling_study: str) -> None:
    asked = ["simulate", backfilling_study, "--rates", NEVER, *SHORT]
    (seen,) = rows_of(*asked, "--responses", "1,1,1,1,1,1")
    (never,) = rows_of(*asked, "--responses", NEVER)
    assert float(never["mean_n_backfilled"]) == 0
    assert float(seen["mean_n_backfilled"]) > 1
    # backfilled participants add to those of the escalation
    assert float(seen["mean_n"]) == pytest.approx(float(never["mean_n"]) + float(seen["mean_n_backfilled"]))


def test_a_time_to_event_rule_beside_a_part_that_backfills_says_that_it_does_not(
    backfilling_study: str,
) -> None:
    asked = ["--rates", RATES, "--responses", RESPONSES, "--rule", "boin", "--rule", "tite_boin", *SHORT]
    text = run("simulate", backfilling_study, *asked).stdout
    assert "TITE-BOIN: without the part's backfilling" in text


# --- wherever it is played


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two processes on loopback."""
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        protocol="tcp://",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        silence_logs=50,
    ) as local:
        yield local.scheduler_address.replace("tcp://", "dask://")


def test_one_process_two_and_a_cluster_find_the_same_to_the_last_digit(
    cluster: str, utility_study: str
) -> None:
    rules = [word for rule in ("boin12", "boin", "tite_crm") for word in ("--rule", rule)]
    asked = ["simulate", utility_study, "--rates", RATES, "--responses", RESPONSES, *rules]
    asked += ["--trials", "25000", "--seed", "11", "--format", "csv"]
    one = run(*asked, "--workers", "1").stdout
    assert run(*asked, "--workers", "2").stdout == one
    assert run(*asked, "--on", cluster).stdout == one
    assert run(*asked[:-4], "--seed", "12", "--format", "csv").stdout != one


# --- mistakes

# fmt: off
# a careless user                 arguments                                          words of the sentence
MISTAKES = {
    # --- scenarios
    "no scenario":              (["simulate", "kn5501"],                            ["no scenario", "--rates"]),
    "NaN":                      (["simulate", "kn5501", "--rates", "nan,0,0,0,0,0"], ["nan", "between 0 and 1"]),
    "too few rates":            (["simulate", "kn5501", "--rates", "0.1"],          ["1 rate for 6 levels"]),
    # --- responses
    "a response rate above 1":  ([*SIMULATE, "--responses", "1.2,0,0,0,0,0"],       ["response rate of 1.2", "between 0 and 1"]),
    "a response rate of NaN":   ([*SIMULATE, "--responses", "nan,0,0,0,0,0"],       ["response rate of nan"]),
    "a word for a response":    ([*SIMULATE, "--responses", "many,0,0,0,0,0"],      ["'many' is not a number for --responses"]),
    "one response rate":        ([*SIMULATE, "--responses", "0.2"],                 ["1 response rate for 6 levels"]),
    # --- rules
    "an unknown rule":          ([*SIMULATE, "--rule", "coin"],                     ["rule 'coin' is not known", "boin12"]),
    "a rule against the guards": ([*SIMULATE, "--rule", "three_plus_three", "--cohort-size", "2"], ["cohorts of 3, not of 2"]),
    "a CRM that waits":         ([*SIMULATE, "--rule", "crm"],                      ["crm waits for every window", "tite_crm"]),
    "a BLRM":                   ([*SIMULATE, "--rule", "blrm"],                     ["blrm waits for every window"]),
    "BOIN12 without utilities": ([*SIMULATE, "--rule", "boin12", "--responses", RESPONSES], ["boin12 has no utilities"]),
    "a CRM for a tiny target":  ([*SIMULATE, "--rule", "tite_crm", "--target", "0.05"], ["tite_crm has no model"]),
    # --- times
    "no days between":          ([*SIMULATE, "--days-between", "0"],                ["0 days between participants", "0.01 to 3650"]),
    "negative days":            ([*SIMULATE, "--days-between=-1"],                  ["-1 days between"]),
    "NaN days":                 ([*SIMULATE, "--days-between", "nan"],              ["nan days between"]),
    "a word for days":          ([*SIMULATE, "--days-between", "few"],              ["'few' is not a number for --days-between"]),
    "a review before it":       ([*SIMULATE, "--review-days=-1"],                   ["review_d is -1.0"]),
    "a review that never is":   ([*SIMULATE, "--review-days", "inf"],               ["review_d is inf"]),
    "all DLTs late":            ([*SIMULATE, "--dlt-times", "weibull", "--late-share", "1"], ["share_in_second_half is 1.0"]),
    "a share of NaN":           ([*SIMULATE, "--dlt-times", "weibull", "--late-share", "nan"], ["share_in_second_half is nan"]),
    "a share of uniform times": ([*SIMULATE, "--late-share", "0.5"],                ["--late-share is about Weibull", "--dlt-times weibull"]),
    # --- the simulation
    "a single trial":           ([*SIMULATE, "--trials", "1"],                      ["1 trial cannot", "2 to 10,000,000"]),
    "too many trials":          ([*SIMULATE, "--trials", "10000001"],               ["10000001 trials cannot"]),
    "a negative seed":          ([*SIMULATE, "--seed", "-1"],                       ["seed of -1"]),
    "no process":               ([*SIMULATE, "--workers", "0"],                     ["0 processes cannot work"]),
    "two places":               ([*SIMULATE, "--workers", "2", "--on", "dask://h:1"], ["--on and --workers"]),
    "an address that is none":  ([*SIMULATE, "--on", "h:1"],                        ["'h:1' names no workers", "dask://HOST:PORT"]),
    # --- files
    "a folder that is not there": ([*SIMULATE, "--out", "nowhere/result.txt"],      ["no folder"]),
}
# fmt: on


@pytest.mark.parametrize(("arguments", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_gets_one_sentence(
    arguments: list[str], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _require_one_sentence(invoke(*arguments), words)
    assert list(tmp_path.iterdir()) == []


def _require_one_sentence(result: Result, words: list[str]) -> None:
    assert result.exit_code == 1
    assert result.stdout == ""
    # workers are sought when the simulation has begun, and its progress stands in a line of its own
    (said,) = [line for line in result.stderr.strip().splitlines() if line != "simulating"]
    assert "mistake of firstdose" not in said
    for word in words:
        assert word in said


def test_boin12_without_responses_asks_for_them(utility_study: str) -> None:
    result = invoke("simulate", utility_study, "--rates", RATES)
    _require_one_sentence(result, ["boin12 reads responses", "--responses"])


def test_backfilling_on_responses_asks_for_them(backfilling_study: str) -> None:
    result = invoke("simulate", backfilling_study, "--rates", RATES)
    _require_one_sentence(result, ["opens for backfilling with a response", "no response rates"])


def test_a_cluster_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # the same with less patience, so that the test does not wait ten seconds
    monkeypatch.setattr("firstdose.wiring.map_chunks", partial(map_chunks, connect_s=1))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        # bound and not listening: nobody answers
        address = f"127.0.0.1:{free.getsockname()[1]}"
        result = invoke(*SIMULATE, "--on", f"dask://{address}", *SHORT)
    _require_one_sentence(result, [f"no scheduler answers at {address}"])

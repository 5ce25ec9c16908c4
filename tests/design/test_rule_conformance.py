"""One suite over every rule inside its guards: what any design must do, whatever its rule."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec import UNSET

from firstdose.design import (
    Action,
    Calendar,
    DecisionTable,
    DesignSpecification,
    FinalStates,
    OverdoseCap,
    Tallies,
    Titration,
    check_specification,
    compile_table,
    compute_expected_duration_d,
    compute_operating_characteristics,
    compute_scenarios,
    enumerate_final_states,
    enumerate_paths,
    recommend,
    render_table,
    select_mtd,
)
from firstdose.design.decision_table import DE_ESCALATE, ESCALATE, REASONS
from firstdose.design.exact.state_graph import enumerate_states
from firstdose.design.exact.table_steps import assign_from_table
from firstdose.design.model_rules import build_model_rule
from firstdose.design.next_cohort import assign_next_cohort
from firstdose.design.reasons import TEXTS
from firstdose.design.rules.blrm import REASONS as BLRM_REASONS
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.crm import REASONS as CRM_REASONS
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.specification import MODEL_RULES, RULES, TITE_RULES
from firstdose.design.state_table import open_state_table
from firstdose.design.stepping import IntArray, Steps
from firstdose.terms.outcomes import NotDerived

N_LEVELS = 4
COUNTING = ("three_plus_three", "rolling_six")
A = (0.05, 0.12, 0.25, 0.45)
SCENARIOS = np.array(
    [
        A,
        (0.01, 0.02, 0.03, 0.04),
        (0.25, 0.4, 0.55, 0.7),
        (0.5, 0.6, 0.7, 0.8),
        (0.3, 0.1, 0.4, 0.2),
        (0.0, 0.0, 1.0, 1.0),
    ]
)

GUARDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "caps and least": {"max_n": 15, "max_n_per_level": 6, "mtd_min_n": 6},
    "started in the middle": {"start_level": 2, "mtd_min_n": 3},
    "titration to the top": {"titration": Titration()},
    "titration to level 3": {"titration": Titration(3), "mtd_min_n": 3},
    "stops when precise": {"stop_when_n_at_level": 9},
    "treats on at the top": {"stop_at_top_level": False},
    "overdose cap": {"overdose_cap": OverdoseCap(Decimal("0.33"), Decimal("0.7"))},
    "six at the MTD": {"six_at_mtd": True, "mtd_min_n": 3},
}
BOIN_OPTIONS: dict[str, dict[str, Any]] = {
    "extra safe": {"extra_safe_offset": Decimal("0.05")},
    "MTD at most lambda_d": {"mtd_at_most_lambda_d": True},
    "wide boundaries": {"boin_p1_ratio": Decimal("0.3"), "boin_p2_ratio": Decimal("1.9"), "cohort_size": 2},
}
CRM = CrmSpecification(
    skeleton=tuple(map(Decimal, ("0.08", "0.16", "0.25", "0.35"))), target_rate=Decimal("0.25")
)
MODELS: dict[str, dict[str, Any]] = {
    "crm": {"crm": CRM},
    "tite_crm": {"crm": CRM},
    "blrm": {
        "blrm": BlrmSpecification(
            doses=tuple(map(Decimal, (1, 3, 6, 10))),
            reference_dose=Decimal(6),
            mean_log_alpha=Decimal("-1.1"),
            mean_log_beta=Decimal(0),
            sd_log_alpha=Decimal("1.5"),
            sd_log_beta=Decimal("0.7"),
        )
    },
}
CASES: list[tuple[str, str]] = [
    (rule, guards)
    for rule in RULES
    for guards in GUARDS
    if guards != "overdose cap" or rule not in MODEL_RULES  # a model has an overdose limit of its own
]
CASES += [("boin", option) for option in BOIN_OPTIONS]


@cache
def table_of(rule: Any, guards: str) -> DecisionTable:
    plain: dict[str, Any] = {
        "n_levels": N_LEVELS,
        "target_rate": Decimal("0.25"),
        "max_n": 18,
        "max_n_per_level": 12,
        "mtd_min_n": 1,
    }
    if rule == "rolling_six":
        plain["cohort_size"] = 4
    plain |= MODELS.get(rule, {})
    return compile_table(DesignSpecification(rule=rule, **(plain | (GUARDS | BOIN_OPTIONS)[guards])))


class Seen:
    """Every state that a design reaches, with the step that was taken there."""

    def __init__(self, table: DecisionTable, cap_level: int | None = None) -> None:
        self.states: dict[tuple[tuple[int, ...], tuple[int, ...], int], tuple[int, int, int]] = {}
        self._assign = assign_from_table(table, cap_level)
        spec = table.specification
        nobody = (0,) * spec.n_levels
        enumerate_states(self._keep, max_n=spec.max_n, n=nobody, n_dlt=nobody, level=spec.start_level)

    def _keep(self, n: IntArray, n_dlt: IntArray, level: IntArray) -> Steps:
        steps = self._assign(n, n_dlt, level)
        for row in range(len(level)):
            state = (tuple(n[row].tolist()), tuple(n_dlt[row].tolist()), int(level[row]))
            self.states[state] = (int(steps.action[row]), int(steps.level[row]), int(steps.size[row]))
        return steps


ACTION_CODES = {
    Action.ESCALATE: 1,
    Action.STAY: 2,
    Action.DE_ESCALATE: 3,
    Action.STOP_TOO_TOXIC: 4,
    Action.STOP_AND_SELECT_MTD: 5,
}


@pytest.mark.parametrize(("rule", "guards"), CASES, ids=str)
@pytest.mark.parametrize("cap_level", [None, 2])
def test_the_step_of_many_states_is_the_recommendation_of_each(
    rule: str, guards: str, cap_level: int | None
) -> None:
    table = table_of(rule, guards)
    seen = Seen(table, cap_level).states
    assert len(seen) > 20
    for (n, n_dlt, level), found in seen.items():
        # where all were treated the level says nothing: it is the first
        step = assign_next_cohort(table, n, n_dlt, level, cap_level=cap_level)
        assert (ACTION_CODES[step.action], step.level or 0, step.size) == found, (n, n_dlt, level)


@pytest.mark.parametrize(("rule", "guards"), CASES, ids=str)
def test_the_same_holds_for_counts_that_no_design_reaches(rule: str, guards: str) -> None:
    # after a participant who could not be evaluated, or a committee that decided otherwise
    table = table_of(rule, guards)
    most = table.specification.max_n
    rng = np.random.default_rng([CASES.index((rule, guards)), 20260301])
    n = rng.integers(0, most // N_LEVELS + 1, size=(250, N_LEVELS)) * (rng.random((250, N_LEVELS)) < 0.7)
    n_dlt = rng.binomial(n, rng.choice([0.0, 0.1, 0.3], size=(250, 1)))
    level = rng.integers(1, N_LEVELS + 1, size=250)
    steps = assign_from_table(table)(n, n_dlt, level)
    for row in range(250):
        state = n[row].tolist(), n_dlt[row].tolist(), int(level[row])
        step = assign_next_cohort(table, *state)
        found = (int(steps.action[row]), int(steps.level[row]), int(steps.size[row]))
        assert (ACTION_CODES[step.action], step.level or 0, step.size) == found, state


def _reached(rule: str, guards: str) -> Iterator[tuple[DecisionTable, Tallies, int]]:
    table = table_of(rule, guards)
    for n, n_dlt, level in Seen(table).states:
        if sum(n) < table.specification.max_n:
            yield table, Tallies(n, n_dlt, (0,) * N_LEVELS), level


@pytest.mark.parametrize(("rule", "guards"), CASES, ids=str)
def test_no_guard_is_passed_in_any_state_that_is_reached(rule: str, guards: str) -> None:
    for table, tallies, level in _reached(rule, guards):
        spec = table.specification
        found = recommend(table, tallies, level)
        closed = [
            place
            for place, (n, y) in enumerate(zip(tallies.n_evaluable, tallies.n_dlt, strict=True), start=1)
            if table.eliminated and table.eliminated[n][y]
        ]
        lowest_closed = min(closed, default=N_LEVELS + 1)
        if found.level is not None:
            assert found.level < lowest_closed
        if found.cohort_size:
            assert found.level is not None
            assert found.level <= level + 1
            assert sum(tallies.n_evaluable) + found.cohort_size <= spec.max_n
            assert tallies.n_evaluable[found.level - 1] + found.cohort_size <= spec.max_n_per_level
            if found.level > level:
                # nobody goes up over unfinished cohorts, nor on more DLTs than the target
                n, y = tallies.n_evaluable[level - 1], tallies.n_dlt[level - 1]
                assert n >= 1
                assert rule == "blrm" or y / n <= float(spec.target_rate)
            if guards == "stops when precise" and found.level == level:
                assert tallies.n_evaluable[level - 1] < 9
        assert "{" not in found.reason_text.en + found.reason_text.zh


@pytest.mark.parametrize(("rule", "guards"), CASES, ids=str)
def test_probabilities_sum_to_one_and_means_agree_with_distributions(rule: str, guards: str) -> None:
    table = table_of(rule, guards)
    found = compute_scenarios(enumerate_final_states(table), SCENARIOS)
    whole = np.ones(len(SCENARIOS))
    counts = np.arange(found.p_n.shape[1])
    for total in (
        found.p_selected.sum(axis=1) + found.p_none,
        found.p_n.sum(axis=1),
        found.p_n_dlt.sum(axis=1),
    ):
        np.testing.assert_allclose(total, whole, atol=1e-12)
    np.testing.assert_allclose(found.p_n @ counts, found.mean_n, atol=1e-11)
    np.testing.assert_allclose(found.p_n_dlt @ counts, found.mean_n_dlt, atol=1e-11)
    # a participant has a DLT with the rate of the level, whatever the design does (Wald)
    np.testing.assert_allclose(found.mean_n_dlt_per_level, found.mean_n_per_level * SCENARIOS, atol=1e-11)
    assert (found.p_stop_too_toxic <= found.p_none + 1e-12).all()
    np.testing.assert_allclose(found.p_stop_early, 1 - found.p_n[:, table.specification.max_n], atol=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_one_scenario_alone_is_the_same_as_among_many(rule: str) -> None:
    table = table_of(rule, "caps and least")
    states = enumerate_final_states(table)
    many = compute_scenarios(states, SCENARIOS)
    for row, rates in enumerate(SCENARIOS):
        alone = compute_operating_characteristics(table, rates.tolist(), states)
        for name in many.__struct_fields__:
            np.testing.assert_allclose(
                getattr(alone, name), getattr(many, name)[row], atol=1e-13, err_msg=name
            )


def _walk(table: DecisionTable, rates: tuple[float, ...]) -> dict[str, Any]:
    """The whole tree of a design, path by path, with nothing merged."""
    spec = table.specification
    nobody = Tallies((0,) * N_LEVELS, (0,) * N_LEVELS, (0,) * N_LEVELS)
    sums: dict[str, Any] = {
        "mtd": np.zeros(N_LEVELS + 1),
        "n": 0.0,
        "cohorts": 0.0,
        "many": 0.0,
        "toxic": 0.0,
    }
    for path in enumerate_paths(table, nobody, spec.start_level, 99):
        p = path.compute_probability(rates)
        n = sum(step.size for step in path.steps)
        above = sum(step.size for step in path.steps if rates[step.level - 1] > 0.25)
        sums["mtd"][path.level or 0] += p
        sums["n"] += p * n
        sums["cohorts"] += p * len(path.steps)
        sums["many"] += p * (above > 0.6 * n)
        sums["toxic"] += p * (path.action is Action.STOP_TOO_TOXIC)
    return sums


@pytest.mark.parametrize("rule", RULES)
def test_the_merged_states_agree_with_every_path_walked_alone(rule: str) -> None:
    changes = {"max_n": 12, "max_n_per_level": 9, "titration": Titration(2)}
    spec = msgspec.structs.replace(table_of(rule, "plain").specification, **changes)
    table = compile_table(spec)
    found = compute_operating_characteristics(table, A)
    walked = _walk(table, A)
    np.testing.assert_allclose([found.p_none, *found.p_selected], walked["mtd"], atol=1e-13)
    assert found.mean_n == pytest.approx(walked["n"], abs=1e-12)
    assert found.mean_n_cohorts == pytest.approx(walked["cohorts"], abs=1e-12)
    assert found.p_many_above_mtd == pytest.approx(walked["many"], abs=1e-12)
    assert found.p_stop_too_toxic == pytest.approx(walked["toxic"], abs=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_from_counts_on_the_characteristics_are_the_average_over_the_next_cohort(rule: str) -> None:
    table = table_of(rule, "plain")
    now = Tallies((3, 3, 0, 0), (0, 1, 0, 0), (0, 0, 0, 0))

    def selected(states: FinalStates) -> np.ndarray[Any, Any]:
        found = compute_operating_characteristics(table, A, states)
        return np.array([found.p_none, *found.p_selected, found.mean_n])

    whole = selected(enumerate_final_states(table, tallies=now, current_level=2))
    parts = np.zeros_like(whole)
    for path in enumerate_paths(table, now, 2, 1):
        (step,) = path.steps
        n, n_dlt = list(now.n_evaluable), list(now.n_dlt)
        n[step.level - 1] += step.size
        n_dlt[step.level - 1] += step.n_dlt
        after = Tallies(tuple(n), tuple(n_dlt), (0, 0, 0, 0))
        states = enumerate_final_states(table, tallies=after, current_level=step.level)
        parts += path.compute_probability(A) * selected(states)
    np.testing.assert_allclose(whole, parts, atol=1e-12)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in MODEL_RULES])
def test_every_rule_goes_up_at_no_dlt_and_down_at_all(rule: str) -> None:
    table = table_of(rule, "plain")
    for n in (3, 6) if rule in COUNTING else range(3, 19):
        assert table.actions[n][0] == ESCALATE
        assert table.actions[n][n] == DE_ESCALATE
        assert list(table.actions[n]) == sorted(table.actions[n])
        assert list(table.eliminated[n]) == sorted(table.eliminated[n])


@pytest.mark.parametrize("rule", RULES)
def test_the_table_is_written_and_read_the_same(rule: str) -> None:
    for guards in (guards for one, guards in CASES if one == rule):
        table = table_of(rule, guards)
        again = msgspec.json.decode(render_table(table), type=DecisionTable)
        assert again == table
        assert compile_table(again.specification).digest == table.digest


def test_no_two_designs_share_a_digest() -> None:
    digests = [table_of(rule, guards).digest for rule, guards in CASES]
    assert len(set(digests)) == len(digests)


def test_every_reason_has_words() -> None:
    assert {*REASONS, *CRM_REASONS, *BLRM_REASONS} <= set(TEXTS)


@pytest.mark.parametrize("rule", MODEL_RULES)
def test_the_frozen_table_of_a_model_says_what_the_model_says_in_every_state(rule: str) -> None:
    for guards in ("plain", "titration to level 3", "six at the MTD"):
        table = table_of(rule, guards)
        assert table.states is not UNSET
        frozen = open_state_table(table.specification, table.states)
        model = build_model_rule(table.specification)
        states = list(Seen(table).states)
        n, n_dlt, level = (np.array(one) for one in zip(*states, strict=True))
        assert table.states.n_states == len(states)
        assert frozen.is_frozen(n, n_dlt, level).all()
        for said, read in zip(model.judge(n, n_dlt, level), frozen.rule.judge(n, n_dlt, level), strict=True):
            np.testing.assert_array_equal(said, read)


@pytest.mark.parametrize("rule", MODEL_RULES)
def test_counts_outside_the_frozen_table_are_judged_by_the_model_and_that_is_said(rule: str) -> None:
    table = table_of(rule, "plain")
    found = recommend(table, Tallies((3, 5, 0, 0), (0, 1, 0, 0), (0,) * 4), 2)
    assert "counts_outside_table" in found.reasons
    inside = recommend(table, Tallies((3, 6, 0, 0), (0, 1, 0, 0), (0,) * 4), 2)
    assert "counts_outside_table" not in inside.reasons


@pytest.mark.parametrize("rule", RULES)
def test_a_window_that_is_open_is_waited_for_before_an_mtd(rule: str) -> None:
    table = table_of(rule, "plain")
    for n_pending in ((1, 0, 0, 0), (0, 0, 0, 1)):
        tallies = Tallies((6, 6, 0, 0), (0, 1, 0, 0), n_pending)
        said = recommend(table, tallies, 2).action
        assert said is not Action.STOP_AND_SELECT_MTD
        assert said is Action.WAIT or rule in TITE_RULES
        assert isinstance(select_mtd(table, tallies), NotDerived)
    with pytest.raises(ValueError, match="window"):
        enumerate_paths(table, tallies, 2, 1)
    with pytest.raises(ValueError, match="window"):
        enumerate_final_states(table, tallies=tallies, current_level=2)


@pytest.mark.parametrize("rule", RULES)
def test_the_expected_duration_is_that_of_the_calendar_of_its_cohorts(rule: str) -> None:
    table = table_of(rule, "titration to level 3")
    always_safe = compute_operating_characteristics(table, (0.0,) * N_LEVELS)
    nobody = Tallies((0,) * N_LEVELS, (0,) * N_LEVELS, (0,) * N_LEVELS)
    (path,) = [
        path for path in enumerate_paths(table, nobody, 1, 99) if not any(step.n_dlt for step in path.steps)
    ]
    clock = 0.0
    for number, step in enumerate(path.steps):
        if number:
            clock += 5  # the next participant comes
        for member in range(1, step.size):
            clock += max(7, 5) if member == 1 else max(3, 5)
        clock += 14 + 2
    calendar = Calendar(dlt_window_d=14, review_d=2, first_to_second_d=7, next_d=3, accrual_d=5)
    assert compute_expected_duration_d(always_safe, calendar) == pytest.approx(clock, abs=1e-9)


def test_every_rule_is_a_good_design_in_every_guard() -> None:
    for rule, guards in CASES:
        assert check_specification(table_of(rule, guards).specification) == []


# --- a time-to-event rule while windows are open: six without a DLT at level 1, the others at level 2
PENDING = {
    "half of them pending, hardly seen":   ((6, 3, 0, 0), (0, 0, 0, 0), (0, 3, 0, 0), (0, 0, 0), "escalate", 3),
    "more than half pending":              ((6, 2, 0, 0), (0, 0, 0, 0), (0, 4, 0, 0), (9, 9, 9, 9), "wait", None),
    "nobody is complete, and nobody ill":  ((6, 0, 0, 0), (0, 0, 0, 0), (0, 3, 0, 0), (9, 9, 9), "wait", None),
    "a DLT in three, two hardly seen":     ((6, 4, 0, 0), (0, 1, 0, 0), (0, 2, 0, 0), (0, 0), "stay", 2),
    "a DLT in four, two nearly seen":      ((6, 4, 0, 0), (0, 1, 0, 0), (0, 2, 0, 0), (13, 13), "escalate", 3),
    "two DLTs in three, three hardly seen": ((6, 3, 0, 0), (0, 2, 0, 0), (0, 3, 0, 0), (0, 0, 0), "de_escalate", 1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("n", "n_dlt", "n_pending", "days", "action", "level"), PENDING.values(), ids=PENDING.keys()
)
def test_tite_boin_counts_the_pending_as_far_as_their_window_was_seen(
    n: tuple[int, ...],
    n_dlt: tuple[int, ...],
    n_pending: tuple[int, ...],
    days: tuple[int, ...],
    action: str,
    level: int | None,
) -> None:
    shares = tuple(Fraction(day, 14) for day in days)
    found = recommend(table_of("tite_boin", "plain"), Tallies(n, n_dlt, n_pending, ((), shares, (), ())), 2)
    assert (found.action.value, found.level) == (action, level)
    assert "{" not in found.reason_text.en + found.reason_text.zh


@pytest.mark.parametrize("rule", TITE_RULES)
def test_a_part_does_not_end_while_a_window_is_open_and_no_cap_is_passed(rule: str) -> None:
    table = table_of(rule, "caps and least")
    rng = np.random.default_rng(20260301)
    for _ in range(400):
        n = rng.integers(0, 5, size=N_LEVELS)
        n_dlt = rng.binomial(n, 0.15)
        n_pending = rng.integers(0, 3, size=N_LEVELS)
        if not n_pending.any() or n.sum() + n_pending.sum() > 15:
            continue
        shares = tuple(
            tuple(Fraction(int(day), 14) for day in rng.integers(0, 14, size=k)) for k in n_pending
        )
        level = int(rng.integers(1, N_LEVELS + 1))
        tallies = Tallies(tuple(n.tolist()), tuple(n_dlt.tolist()), tuple(n_pending.tolist()), shares)
        found = recommend(table, tallies, level)
        assert found.action is not Action.STOP_AND_SELECT_MTD
        if found.level is not None:
            enrolled = n + n_pending
            assert found.level <= level + 1
            assert enrolled.sum() + found.cohort_size <= 15
            assert enrolled[found.level - 1] + found.cohort_size <= 6


@pytest.mark.parametrize("rule", TITE_RULES)
def test_single_participants_are_titrated_on_complete_windows_alone(rule: str) -> None:
    table = table_of(rule, "titration to the top")
    tallies = Tallies((1, 0, 0, 0), (0,) * 4, (0, 1, 0, 0), ((), (Fraction(13, 14),), (), ()))
    assert recommend(table, tallies, 2).action is Action.WAIT

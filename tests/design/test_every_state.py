"""Every state that a design reaches, decided a second time from the published definitions.

The second implementation (``tests/double/every_state``) walks by its own steps: it must meet the same states, take the
same step in each, and end in the same places with the same number of ways to get there. The whole study, six levels
and 36 participants, is run by ``make verify``; four levels and 18 participants by every run.
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from tests.double.every_state.models import Blrm, Crm
from tests.double.every_state.plan import Plan
from tests.double.every_state.steps import Advice, Step, next_step
from tests.double.every_state.walk import State, Walk, walk

from firstdose.design import (
    DecisionTable,
    DesignSpecification,
    OverdoseCap,
    Titration,
    compile_table,
    enumerate_final_states,
)
from firstdose.design.exact.table_steps import assign_from_table
from firstdose.design.next_cohort import Action, assign_next_cohort
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.crm_specification import CrmSpecification

SMALL, WHOLE = (4, 18), (6, 36)
LETTERS = {
    Action.ESCALATE: "E",
    Action.STAY: "S",
    Action.DE_ESCALATE: "D",
    Action.STOP_TOO_TOXIC: "too toxic",
    Action.STOP_AND_SELECT_MTD: "select",
}
CODES = {1: "E", 2: "S", 3: "D", 4: "too toxic", 5: "select"}

# Options of the specification; the target is 0.25 where none is named
# fmt: off
DESIGNS: dict[str, dict[str, Any]] = {
    # --- as published: no cap at a level beyond the rule's own, on to the last participant
    "3+3":                       {"rule": "three_plus_three", "max_n_per_level": 6, "mtd_min_n": 3},
    "3+3 with de-escalation":    {"rule": "three_plus_three", "max_n_per_level": 6, "mtd_min_n": 3,
                                  "six_at_mtd": True},
    "rolling six":               {"rule": "rolling_six", "max_n_per_level": 6, "mtd_min_n": 3},
    "rolling six, four at first": {"rule": "rolling_six", "max_n_per_level": 6, "mtd_min_n": 3, "cohort_size": 4,
                                  "six_at_mtd": True},
    "BOIN":                      {"rule": "boin"},
    "keyboard":                  {"rule": "keyboard"},
    "mTPI-2":                    {"rule": "mtpi_2", "target_rate": Decimal("0.20")},
    "mTPI":                      {"rule": "mtpi"},
    "TPI":                       {"rule": "tpi", "target_rate": Decimal("0.30")},
    "i3+3":                      {"rule": "i3_plus_3"},
    "BOIN, titration":           {"rule": "boin", "titration": Titration()},
    "BOIN, titration to 3":      {"rule": "boin", "titration": Titration(3)},
    # a rate on an end of the interval, which cohorts of three never have
    "i3+3, cohorts of five": {"rule": "i3_plus_3", "cohort_size": 5},
    # counts that cohorts of three never have, such as the tie of the mTPI at one of two
    "mTPI, cohorts of two": {"rule": "mtpi", "cohort_size": 2},
    "TPI, cohorts of two": {"rule": "tpi", "cohort_size": 2},
    # --- with the guards that a protocol adds
    "BOIN, guarded":             {"rule": "boin", "max_n_per_level": 9, "mtd_min_n": 6, "stop_at_top_level": True},
    "i3+3, guarded":             {"rule": "i3_plus_3", "max_n_per_level": 9, "mtd_min_n": 6,
                                  "stop_at_top_level": True, "stop_when_n_at_level": 9},
    "BOIN, extra safe, bounded": {"rule": "boin", "extra_safe_offset": Decimal("0.05"),
                                  "mtd_at_most_lambda_d": True, "stop_when_n_at_level": 12},
    "keyboard, overdose cap":    {"rule": "keyboard", "start_level": 2,
                                  "overdose_cap": OverdoseCap(Decimal("0.33"), Decimal("0.8"))},
}
# fmt: on

ONLY_SMALL = ("mTPI, cohorts of two", "TPI, cohorts of two")


def _specify(name: str, size: tuple[int, int]) -> tuple[DesignSpecification, Plan]:
    n_levels, max_n = size
    plain: dict[str, Any] = {
        "n_levels": n_levels,
        "max_n": max_n,
        "max_n_per_level": max_n,
        "mtd_min_n": 1,
        "target_rate": Decimal("0.25"),
        "stop_at_top_level": False,
    }
    spec = DesignSpecification(**(plain | DESIGNS[name]))
    asked = DESIGNS[name]
    titration, cap, offset = asked.get("titration"), asked.get("overdose_cap"), asked.get("extra_safe_offset")
    plan = Plan(
        rule=spec.rule,
        n_levels=n_levels,
        max_n=max_n,
        max_n_per_level=spec.max_n_per_level,
        target=Fraction(spec.target_rate),
        cohort_size=spec.cohort_size,
        start_level=spec.start_level,
        mtd_min_n=spec.mtd_min_n,
        six_at_mtd=spec.six_at_mtd,
        titrates=titration is not None,
        titrates_until=titration.until_level if titration else None,
        stops_at_top=spec.stop_at_top_level,
        extra_safe_offset=None if offset is None else Fraction(offset),
        bounded_mtd=asked.get("mtd_at_most_lambda_d", False),
        stop_when_n=asked.get("stop_when_n_at_level"),
        overdose_rate=Fraction(cap.rate) if cap else None,
        overdose_probability=Fraction(cap.probability) if cap else None,
    )
    return spec, plan.compile()


def _walk(plan: Plan, advise: Callable[[list[State]], list[Advice]] | None = None) -> Walk:
    def take(states: list[State]) -> list[Step]:
        if advise is None:
            return [next_step(plan, *state) for state in states]
        given = advise(states)
        return [
            next_step(plan, *state, lambda *_, found=found: found)
            for state, found in zip(states, given, strict=True)
        ]

    return walk(plan.n_levels, plan.start_level, take, max_n=plan.max_n)


def _compare_steps(table: DecisionTable, found: Walk, leave_out: frozenset[State] = frozenset()) -> None:
    states = [state for state in found.steps if state not in leave_out]
    assign = assign_from_table(table)
    for first in range(0, len(states), 50_000):
        part = states[first : first + 50_000]
        n, y = (np.array([state[k] for state in part], dtype=np.int16) for k in (0, 1))
        steps = assign(n, y, np.array([state[2] for state in part], dtype=np.int8))
        for row, state in enumerate(part):
            taken = Step(CODES[int(steps.action[row])], int(steps.level[row]), int(steps.size[row]))
            assert taken == found.steps[state], state


def _compare_ends(table: DecisionTable, found: Walk) -> None:
    # participants one by one and then in cohorts: layers of three chains lie between each other, from whose sizes the
    # refusal of walks that are too large foresees far too many
    states = enumerate_final_states(table)
    reached: dict[tuple[tuple[int, ...], tuple[int, ...], int, bool], float] = {}
    for n, y, level, toxic, ways in zip(
        states.n_evaluable.tolist(),
        states.n_dlt.tolist(),
        states.mtd.tolist(),
        states.too_toxic.tolist(),
        states.n_paths.tolist(),
        strict=True,
    ):
        end = tuple(n), tuple(y), level, toxic
        reached[end] = reached.get(end, 0.0) + ways
    assert reached.keys() == found.ends.keys()
    assert all(reached[end] == pytest.approx(ways, rel=1e-12) for end, ways in found.ends.items())


@pytest.mark.parametrize("name", DESIGNS)
def test_the_recommendation_in_every_state_of_a_small_study(name: str) -> None:
    spec, plan = _specify(name, SMALL)
    table, found = compile_table(spec), _walk(plan)
    assert len(found.steps) > 50
    for (n, y, level), expected in found.steps.items():
        step = assign_next_cohort(table, n, y, level)
        assert Step(LETTERS[step.action], step.level or 0, step.size) == expected, (n, y, level)
    _compare_ends(table, found)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in DESIGNS if name not in ONLY_SMALL])
def test_the_step_in_every_state_of_the_whole_study(name: str) -> None:
    spec, plan = _specify(name, WHOLE)
    table, found = compile_table(spec), _walk(plan)
    _compare_steps(table, found)
    _compare_ends(table, found)


# --- rules with a model


SKELETON = ("0.02", "0.08", "0.16", "0.25", "0.35", "0.45")


LOW_SKELETON = ("0.02", "0.03", "0.05", "0.09")
"""A model that wants to go up after one DLT in four, a rate that is at the target."""


def _crm(
    size: tuple[int, int], rates: tuple[str, ...] = SKELETON, cohort_size: int = 3
) -> tuple[DesignSpecification, Plan, Crm]:
    n_levels, max_n = size
    skeleton = rates[:n_levels]
    spec = DesignSpecification(
        rule="crm",
        n_levels=n_levels,
        target_rate=Decimal("0.25"),
        max_n=max_n,
        max_n_per_level=max_n,
        mtd_min_n=1,
        cohort_size=cohort_size,
        stop_at_top_level=False,
        crm=CrmSpecification(skeleton=tuple(map(Decimal, skeleton)), target_rate=Decimal("0.25")),
    )
    model = Crm([float(rate) for rate in skeleton], Fraction(1, 4), variance=1.34, certainty=0.95)
    plan = Plan(
        rule="crm", n_levels=n_levels, max_n=max_n, max_n_per_level=max_n, cohort_size=cohort_size
    ).compile()
    return spec, plan, model


def _blrm(size: tuple[int, int]) -> tuple[DesignSpecification, Plan, Blrm]:
    n_levels, max_n = size
    doses = (1, 3, 10, 20, 30, 45)[:n_levels]
    spec = DesignSpecification(
        rule="blrm",
        n_levels=n_levels,
        target_rate=Decimal("0.25"),
        max_n=max_n,
        max_n_per_level=max_n,
        mtd_min_n=1,
        stop_at_top_level=False,
        blrm=BlrmSpecification(
            doses=tuple(map(Decimal, doses)),
            reference_dose=Decimal(20),
            mean_log_alpha=Decimal("-0.85"),
            mean_log_beta=Decimal(0),
            sd_log_alpha=Decimal(2),
            sd_log_beta=Decimal(1),
        ),
    )
    model = Blrm([float(dose) for dose in doses], 20.0, mean=(-0.85, 0.0), sd=(2.0, 1.0))
    return spec, Plan(rule="blrm", n_levels=n_levels, max_n=max_n, max_n_per_level=max_n).compile(), model


KNIFE_EDGES = frozenset(((21, 12, 0, 0, 0, 0), (1, 5, 0, 0, 0, 0), level) for level in (1, 2))
"""States of the whole study with an overdose limit missed by less than 1e-6: 0.2500009 at level 2."""


def _compare_model(
    spec: DesignSpecification, plan: Plan, model: Crm | Blrm, edges: frozenset[State] = frozenset()
) -> Walk:
    table, found = compile_table(spec), _walk(plan, model.advise)
    if isinstance(model, Blrm):
        assert frozenset(model.edges) == edges
    _compare_steps(table, found, edges)
    _compare_ends(table, found)
    return found


@pytest.mark.parametrize(
    ("rates", "cohort_size"), [(SKELETON, 3), (LOW_SKELETON, 4)], ids=["plain", "coherent"]
)
def test_the_crm_in_every_state_of_a_small_study(rates: tuple[str, ...], cohort_size: int) -> None:
    spec, plan, model = _crm(SMALL, rates, cohort_size)
    assert len(_compare_model(spec, plan, model).steps) > 100
    assert model.narrowest > 1e-9


def test_the_blrm_in_every_state_of_a_small_study() -> None:
    assert len(_compare_model(*_blrm(SMALL)).steps) > 300


@pytest.mark.slow
def test_the_crm_in_every_state_of_the_whole_study() -> None:
    spec, plan, model = _crm(WHOLE)
    assert len(_compare_model(spec, plan, model).steps) > 40_000
    assert model.narrowest > 1e-9


@pytest.mark.slow
def test_the_blrm_in_every_state_of_the_whole_study() -> None:
    assert len(_compare_model(*_blrm(WHOLE), KNIFE_EDGES).steps) > 20_000

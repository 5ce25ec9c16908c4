"""The whole trial before it starts: composed exactly, played slowly, and put on a calendar."""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from math import comb, exp, isclose, sqrt
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import Rehearsed
from tests.double import slow_whole_trial as slow
from tests.trials import bundled_protocol, start_part_two

from firstdose.conduct.cohorts import find_cap_level
from firstdose.design import (
    Calendar,
    DesignSpecification,
    Titration,
    compile_table,
    compute_expected_duration_d,
    compute_operating_characteristics,
)
from firstdose.design.rules.backfill_options import Backfill
from firstdose.simulate.expanded_regimens import choose_regimens
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.whole_trial import (
    QUANTILES,
    SiteAccrual,
    TrialCalendar,
    TrialPlan,
    Truth,
    Variant,
    WholeTrial,
    assume_rehearsed,
    check_calendar,
    check_truth,
    compute_regimen_rate,
    compute_regimen_rates,
    compute_whole_trial,
    find_cap,
    list_scenarios,
    list_variants,
    plan_trial,
    simulate_calendar,
    simulate_trials,
    spread_evenly,
    tabulate_sensitivity,
    vary_part,
    write_decision_tables,
    write_statement,
)
from firstdose.simulate.whole_trial.calendar import SimulatedCalendar, SimulatedTrials
from firstdose.simulate.whole_trial.expansion import compute_boundary, monitor, share_places
from firstdose.simulate.whole_trial.plan import (
    EscalationPart,
    ExpansionPart,
    PlannedLevel,
    ToxicityLimit,
)
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Text

A = (0.05, 0.10, 0.18, 0.25, 0.38, 0.50)
B = (0.01, 0.02, 0.04, 0.06, 0.09, 0.12)
LIMIT = ToxicityLimit((Decimal(1), Decimal(1)), Decimal("0.30"), Decimal("0.90"))


def kn5501() -> TrialPlan:
    plan = plan_trial(bundled_protocol())
    assert isinstance(plan, TrialPlan), plan
    return plan


PLAN = kn5501()


def whole(plan: TrialPlan = PLAN, rates: Sequence[float] = A, **changes: Any) -> WholeTrial:
    judged_every = changes.pop("judged_every", 1)
    truth = Truth(name="test", single_dose_rates=tuple(rates), **changes)
    found = compute_whole_trial(plan, truth, judged_every=judged_every)
    assert isinstance(found, WholeTrial), found
    return found


def distributions(found: WholeTrial) -> list[Sequence[float]]:
    parts = (found.sad, found.mad, found.expansion)
    return [
        found.p_n,
        found.p_n_dlt,
        found.p_sad_mtd,
        found.p_mad_regimen,
        [sum(row) for row in found.p_together],
        [p for _, p in found.p_endings],
        [p for _, p in found.p_expanded],
        *(part.p_n for part in parts),
        *(part.p_n_dlt for part in parts),
    ]


def mean(p: Sequence[float]) -> float:
    return sum(k * value for k, value in enumerate(p))


def with_enrolment(enrolment: int) -> TrialPlan:
    return msgspec.structs.replace(PLAN, enrolment=enrolment)


rates_of_six = st.lists(st.floats(0, 1), min_size=6, max_size=6)


# --- the distribution of everything


@given(rates=rates_of_six, growth=st.floats(-3, 3), enrolment=st.integers(1, 40))
@settings(max_examples=40)
def test_probabilities_sum_to_one_and_nobody_is_treated_beyond_the_enrolment(
    rates: list[float], growth: float, enrolment: int
) -> None:
    found = whole(with_enrolment(enrolment), rates, growth=growth)
    for p in distributions(found):
        assert abs(sum(p) - 1) < 1e-12
        assert min(p) >= 0
    assert len(found.p_n) == enrolment + 1
    assert isclose(mean(found.p_n), found.mean_n, abs_tol=1e-9)
    assert isclose(mean(found.p_n_dlt), found.mean_n_dlt, abs_tol=1e-9)
    for part in (found.sad, found.mad, found.expansion):
        assert isclose(mean(part.p_n), part.mean_n, abs_tol=1e-9)
        assert isclose(mean(part.p_n_dlt), part.mean_n_dlt, abs_tol=1e-9)
    shorts = [part.p_not_enough for part in (found.sad, found.mad, found.expansion)]
    assert max(shorts) - 1e-12 <= found.p_not_enough <= sum(shorts) + 1e-12


def test_the_single_doses_are_those_of_the_design_alone() -> None:
    alone = compute_operating_characteristics(compile_table(PLAN.sad.design), A)
    found = whole()
    assert found.p_sad_mtd[1:] == pytest.approx(alone.p_selected, abs=1e-13)
    assert found.sad.mean_n_per_level == pytest.approx(alone.mean_n_per_level, abs=1e-12)
    assert found.sad.p_n[:19] == pytest.approx(alone.p_n, abs=1e-13)
    assert found.sad.mean_n_overdose == pytest.approx(alone.mean_n_overdose, abs=1e-12)


def test_the_regimens_are_mixed_over_what_each_mtd_allows() -> None:
    """P(regimen) = sum over MTDs of P(MTD) P(regimen | cap), with the cap's part enumerated alone."""
    from firstdose.design import compute_scenarios, enumerate_final_states  # noqa: PLC0415 - of this test alone

    found = whole(growth=-1.0)
    table = compile_table(PLAN.mad.design)
    expected = np.zeros(4)
    for mtd, p in enumerate(found.p_sad_mtd):
        if mtd >= 3:
            finals = enumerate_final_states(table, 2 if mtd < 5 else 4)
            expected += p * compute_scenarios(finals, np.array([found.regimen_rates])).p_selected[0]
    assert found.p_mad_regimen[1:] == pytest.approx(expected.tolist(), abs=1e-13)
    assert found.p_sad_mtd[1] + found.p_sad_mtd[2] == pytest.approx(
        dict(found.p_endings)["no_regimen_allowed"], abs=1e-13
    )


# --- trials whose end is known


def test_without_any_toxicity_the_top_is_selected_and_nobody_has_a_dlt() -> None:
    found = whole(rates=(0.0,) * 6)
    assert found.p_sad_mtd[6] == found.p_mad_regimen[4] == found.p_n_dlt[0] == 1
    assert found.p_expanded == ((("M3", "M4"), 1.0),)
    # 1 + 1 + 3 + 3 + 3 + 6 single doses, 12 multiple doses, and the 7 that are left of the 12 wanted
    assert found.sad.p_n[17] == found.mad.p_n[12] == found.expansion.p_n[7] == found.p_n[36] == 1
    assert found.expansion.mean_n_per_level == (0, 0, 4, 3)
    assert found.p_not_enough == found.expansion.p_not_enough == 1
    assert dict(found.p_endings)["complete"] == 1


def test_where_everybody_has_a_dlt_three_participants_end_the_trial() -> None:
    found = whole(rates=(1.0,) * 6)
    assert found.p_sad_mtd[0] == found.p_n[3] == found.p_n_dlt[3] == found.p_stops_for_toxicity == 1
    assert found.p_not_enough == 0
    assert found.regimen_rates == (1,) * 4
    assert found.true_mtd == 0


def test_an_mtd_below_the_first_regimen_ends_the_trial_without_a_fault_of_toxicity() -> None:
    found = whole(rates=(0.0, 0.0, 1.0, 1.0, 1.0, 1.0))
    assert found.p_sad_mtd[2] == dict(found.p_endings)["no_regimen_allowed"] == 1
    assert found.p_stops_for_toxicity == 0
    assert found.mad.p_n[0] == found.expansion.p_n[0] == 1


def tiny(enrolment: int) -> TrialPlan:
    """One dose for three participants, the same dose once more as a regimen for three, then what is left."""
    design = DesignSpecification(
        rule="boin", n_levels=1, target_rate=Decimal("0.25"), max_n=3, max_n_per_level=3, mtd_min_n=3
    )
    level = PlannedLevel("L1", Decimal(1), n_infusions=1, observed_d=14)
    part = EscalationPart(
        key="sad", design=design, levels=(level,), max_participants=3, first_to_second_d=7, next_d=3
    )
    expansion = ExpansionPart(
        key="expansion", cohort_size=2, max_participants=6, min_regimens=1, max_regimens=2,
        monitoring=LIMIT, window_d=14, first_to_second_d=0, next_d=0,
    )  # fmt: skip
    return TrialPlan(
        enrolment=enrolment,
        sad=part,
        mad=msgspec.structs.replace(part, key="mad"),
        expansion=expansion,
        follow_up_d=364,
        site_keys=("01",),
    )


def test_a_tiny_trial_is_as_computed_by_hand() -> None:
    """With half of all having a DLT: 3 of 3 close the dose (255/256 > 0.95), 2 of 3 do not (0.949)."""
    found = whole(tiny(8), rates=(0.5,))
    assert found.p_sad_mtd == (1 / 8, 7 / 8)
    assert found.p_mad_regimen == pytest.approx((1 / 8 + 7 / 64, 49 / 64), abs=1e-15)
    # of the two that are left, a DLT of the first closes: P(rate > 0.3 | Beta(2, 1)) = 0.91
    assert dict(found.p_endings) == pytest.approx({
        "no_single_dose_tolerated": 8 / 64,
        "no_regimen_allowed": 0,
        "no_place_for_regimens": 0,
        "no_regimen_tolerated": 7 / 64,
        "nothing_expanded": 0,
        "expansion_closed": 49 / 128,
        "complete": 49 / 128,
    }, abs=1e-15)  # fmt: skip
    assert (found.p_n[3], found.p_n[6]) == pytest.approx((1 / 8, 7 / 64), abs=1e-15)
    assert (found.p_n[7], found.p_n[8]) == pytest.approx((49 / 128, 49 / 128), abs=1e-15)
    assert found.mean_n == pytest.approx(3 + 3 * 7 / 8 + 1.5 * 49 / 64, abs=1e-13)
    # nobody has a DLT: (1/8) (1/8) (1/4); everybody with all eight: never, for three DLTs end a part
    assert found.p_n_dlt[0] == pytest.approx(1 / 256, abs=1e-15)
    assert found.p_n_dlt[8] == 0
    assert found.p_not_enough == 0
    assert found.mean_n_overdose == found.mean_n
    # one place instead of two wanted; none at all; no place for the regimen
    assert whole(tiny(7), rates=(0.5,)).p_not_enough == pytest.approx(49 / 64, abs=1e-15)
    without = whole(tiny(6), rates=(0.5,))
    assert dict(without.p_endings)["nothing_expanded"] == pytest.approx(49 / 64, abs=1e-15)
    assert dict(whole(tiny(3), rates=(0.5,)).p_endings)["no_place_for_regimens"] == 7 / 8


# --- played slowly


def slow_trial(enrolment: int) -> slow.Trial:
    return slow.Trial(
        sad=slow.Part(6, 0.25, 18, 6, 6, first_whole=3),
        mad=slow.Part(4, 0.25, 12, 6, 3),
        doses=(0.75, 1.5, 3.0, 4.5, 6.0, 9.0),
        regimen_doses=(3.0, 3.0, 6.0, 6.0),
        enrolment=enrolment,
        expansion_cap=18,
        wanted_each=6,
        most_regimens=2,
        limit_rate=0.30,
        limit_probability=0.90,
    )  # fmt: skip


# fmt: off
# enrolment, single doses, growth
PLAYED = {
    # --- the enrolment binds in the expansion alone
    "kn5501, target at the fourth dose": (36, A, -1.0),
    "kn5501, all safe":                  (36, B, 0.0),
    # --- the enrolment binds in the multiple doses too
    "22 participants":                   (22, B, 0.0),
    "24, cut where the rule goes down":  (24, B, 0.0),
    "25 participants, falling rates":    (25, (0.02, 0.05, 0.2, 0.1, 0.05, 0.3), -0.5),
    # --- and in the single doses
    "14 participants":                   (14, A, 0.0),
}
# fmt: on
N_PLAYED = 10_000


@pytest.mark.parametrize("case", PLAYED.values(), ids=PLAYED.keys())
def test_the_composition_is_what_comes_of_playing_trials_one_by_one(
    case: tuple[int, tuple[float, ...], float],
) -> None:
    enrolment, rates, growth = case
    found = whole(with_enrolment(enrolment), rates, growth=growth)
    regimen_rates = list(found.regimen_rates)
    rng, trial = Random(20260301), slow_trial(enrolment)
    played = [slow.play(rng, trial, list(rates), regimen_rates) for _ in range(N_PLAYED)]

    def agrees(n_seen: float, p: float, n_errors: float = 3.0) -> bool:
        error = sqrt(max(p * (1 - p), 1 / N_PLAYED) / N_PLAYED)
        return abs(n_seen / N_PLAYED - p) <= n_errors * error

    pairs = Counter((one.mtd, one.regimen) for one in played)
    for level, p in enumerate(found.p_sad_mtd):
        assert agrees(sum(one.mtd == level for one in played), p), level
    for level, p in enumerate(found.p_mad_regimen):
        assert agrees(sum(one.regimen == level for one in played), p), level
    endings = Counter(one.ending for one in played)
    for ending, p in found.p_endings:
        assert agrees(endings[ending], p), ending
    assert agrees(sum(one.is_short for one in played), found.p_not_enough)
    # many cells: 4 standard errors
    for mtd, row in enumerate(found.p_together):
        for regimen, p in enumerate(row):
            assert agrees(pairs[mtd, regimen], p, 4)
    totals = Counter(sum(map(sum, one.n)) for one in played)
    with_dlt = Counter(sum(map(sum, one.y)) for one in played)
    for k in range(enrolment + 1):
        assert agrees(totals[k], found.p_n[k], 4), k
        assert agrees(with_dlt[k], found.p_n_dlt[k], 4), k
    for place, part in enumerate((found.sad, found.mad, found.expansion)):
        for counts, expected in (("n", part.mean_n_per_level), ("y", part.mean_n_dlt_per_level)):
            seen = np.array([getattr(one, counts)[place] for one in played])
            errors = seen.std(axis=0) / sqrt(N_PLAYED) + 1 / N_PLAYED
            assert (np.abs(seen.mean(axis=0) - expected) <= 4 * errors).all()


def test_a_trigger_ends_titration_as_in_simulated_trials() -> None:
    truth = Truth(name="triggers", single_dose_rates=A, growth=-1.0, trigger_rates=(0.3, 0.5, 0, 0, 0, 0))
    exact = compute_whole_trial(PLAN, truth)
    assert isinstance(exact, WholeTrial)
    n_trials = 20_000
    seen = simulate_trials(PLAN, truth, spread_evenly(PLAN), seed=5, n_trials=n_trials)
    assert isinstance(seen, SimulatedTrials)
    for played, p_level, part in (
        (seen.paths.sad, exact.p_sad_mtd, exact.sad),
        (seen.paths.mad, exact.p_mad_regimen, exact.mad),
    ):
        for level, p in enumerate(p_level):
            assert abs((played.level == level).mean() - p) <= 3.5 * sqrt(p * (1 - p) / n_trials) + 1e-4
        errors = played.n.std(axis=0) / sqrt(n_trials)
        assert (np.abs(played.n.mean(axis=0) - part.mean_n_per_level) <= 3.5 * errors + 1e-4).all()
    # who meets the trigger is followed by two more on the same level
    assert exact.sad.mean_n_per_level[0] > whole(growth=-1.0).sad.mean_n_per_level[0] + 0.5


def test_triggers_that_never_come_change_nothing() -> None:
    never = whole(trigger_rates=(0.0,) * 6)
    assert never.p_n == whole().p_n
    rare = whole(trigger_rates=(1e-12,) * 6)
    assert rare.p_sad_mtd == pytest.approx(never.p_sad_mtd, abs=1e-11)


# --- from single doses to regimens


def test_one_infusion_of_independent_risk_is_the_single_dose() -> None:
    single = msgspec.structs.replace(
        PLAN,
        mad=msgspec.structs.replace(
            PLAN.mad, levels=tuple(msgspec.structs.replace(one, n_infusions=1) for one in PLAN.mad.levels)
        ),
    )
    assert compute_regimen_rates(Truth(name="A", single_dose_rates=A), single) == (0.18, 0.18, 0.38, 0.38)


@given(rate=st.floats(0, 0.999), n_infusions=st.integers(1, 8), growth=st.floats(-5, 5))
def test_a_regimen_is_as_risky_as_its_infusions_one_after_another(
    rate: float, n_infusions: int, growth: float
) -> None:
    """No DLT at infusion k has probability (1 - p)^(e^(g (k - 1)))."""
    clean = 1.0
    for k in range(n_infusions):
        clean *= (1 - rate) ** exp(growth * k)
    found = compute_regimen_rate(rate, n_infusions, growth)
    assert isclose(found, 1 - clean, abs_tol=1e-12)
    assert rate - 1e-15 <= found <= compute_regimen_rate(rate, n_infusions + 1, growth) + 1e-15


def test_a_dose_that_always_harms_harms_in_every_regimen_and_one_that_never_does_in_none() -> None:
    assert compute_regimen_rate(1.0, 3, -2.0) == 1
    assert compute_regimen_rate(0.0, 5, 10.0) == 0


# fmt: off
# MTD of single doses  highest regimen
CAPS = {
    "no MTD":                         (0, 0),
    "below the first regimen's dose": (2, 0),
    "just the first two":             (3, 2),
    "between the doses":              (4, 2),
    "all":                            (5, 4),
    "more than all":                  (6, 4),
}
# fmt: on


@pytest.mark.parametrize("case", CAPS.values(), ids=CAPS.keys())
def test_an_mtd_allows_the_regimens_that_it_allows_at_the_sites(case: tuple[int, int]) -> None:
    mtd, cap = case
    assert find_cap(PLAN, mtd) == cap
    if mtd:
        trial = start_part_two(mtd)
        assert find_cap_level(trial.state, trial.protocol.part_by_key["mad"]) == cap


# --- the expansion

# fmt: off
CHOICES = {
    # participants per regimen, selected, fewest and most  -> chosen
    "two below one another":           ((3, 6, 3, 0), 2, 1, 2, (1, 2)),
    "the lowest alone":                ((6, 3, 0, 0), 1, 1, 2, (1,)),
    "the highest two of four":         ((3, 3, 3, 3), 4, 1, 2, (3, 4)),
    "one that was never treated":      ((0, 0, 3, 3), 4, 1, 2, (3, 4)),
    "none selected":                   ((3, 0, 0, 0), 0, 1, 2, ()),
    "fewer than the fewest":           ((6, 0, 0, 0), 1, 2, 2, ()),
    "one only is wanted":              ((3, 6, 0, 0), 2, 1, 1, (2,)),
}
# fmt: on


@pytest.mark.parametrize("case", CHOICES.values(), ids=CHOICES.keys())
def test_the_highest_regimens_treated_and_not_above_the_one_selected_are_expanded(
    case: tuple[tuple[int, ...], int, int, int, tuple[int, ...]],
) -> None:
    n, level, fewest, most, expected = case
    found = choose_regimens(np.array([n]), np.array([level]), fewest=fewest, most=most)
    assert tuple((np.flatnonzero(found[0]) + 1).tolist()) == expected


def test_a_dlt_closes_a_regimen_just_where_the_posterior_passes_its_limit() -> None:
    """P(rate > 0.30) is the chance of at most y of n + 1 below 0.30 (order statistics), counted out here."""
    for n, closes_at in enumerate(compute_boundary(LIMIT, 18), start=1):
        assert closes_at is not None
        for y in (closes_at - 1, closes_at):
            above = sum(comb(n + 1, k) * 0.3**k * 0.7 ** (n + 1 - k) for k in range(y + 1))
            assert (above > 0.9) == (y == closes_at)
    assert compute_boundary(None, 2) == (None, None)


@given(rate=st.floats(0, 1), places=st.integers(0, 7), judged_every=st.integers(1, 4))
@settings(max_examples=60)
def test_monitoring_is_the_sum_over_all_orders_of_outcomes(
    rate: float, places: int, judged_every: int
) -> None:
    boundary = compute_boundary(LIMIT, 7)
    expected = np.zeros((2, places + 1, places + 1))
    for outcomes in range(2**places):
        bits = [outcomes >> k & 1 for k in range(places)]
        p = float(np.prod([rate if bit else 1 - rate for bit in bits]))
        ends = [
            n
            for n in range(1, places + 1)
            if (n % judged_every == 0 or n == places) and sum(bits[:n]) >= (boundary[n - 1] or 99)
        ]
        n = ends[0] if ends else places
        expected[int(bool(ends)), n, sum(bits[:n])] += p
    assert np.abs(monitor(rate, places, boundary, judged_every=judged_every) - expected).max() < 1e-13


def test_judging_several_together_lets_more_be_treated() -> None:
    n = [whole(growth=-1.0, judged_every=size).expansion.mean_n for size in (1, 3, 18)]
    assert n == sorted(n)
    assert n[0] < n[2]


def test_the_rehearsed_trial_has_the_structure_of_this_one(rehearsed: Rehearsed) -> None:
    """What the committee chose and how places were shared, on the counts of the rehearsal."""
    state = rehearsed.state
    opened = {
        part: [cohort for cohort in state.cohorts.values() if cohort.part == part]
        for part in ("sad", "mad", "expansion")
    }
    n = {part: sum(len(cohort.participants) for cohort in cohorts) for part, cohorts in opened.items()}
    assert sum(n.values()) <= PLAN.enrolment
    expanded = state.decisions_in_effect("mad")[-1].made.regimens
    keys = [level.key for level in PLAN.mad.levels]
    treated = [sum(len(c.participants) for c in opened["mad"] if c.regimen == key) for key in keys]
    level = keys.index(expanded[-1]) + 1
    chosen = choose_regimens(np.array([treated]), np.array([level]), fewest=1, most=2)[0]
    assert tuple(key for key, is_chosen in zip(keys, chosen, strict=True) if is_chosen) == expanded
    places = min(PLAN.expansion.max_participants, PLAN.enrolment - n["sad"] - n["mad"])
    assert tuple(cohort.capacity for cohort in opened["expansion"]) == share_places(places, len(expanded))
    # and it could have come of the exact trial
    truth = assume_rehearsed(PLAN, Scenario())
    assert truth.single_dose_rates == pytest.approx((0.01, 0.02, 0.04, 0.07, 0.12, 0.30), abs=1e-9)
    assert truth.regimen_rates is not None
    assert truth.regimen_rates[0] == pytest.approx(1 - 0.96 * (1 - 0.15 * 0.04) ** 2, abs=1e-9)
    found = compute_whole_trial(PLAN, truth)
    assert isinstance(found, WholeTrial)
    assert found.sad.p_n[n["sad"]] > 0
    assert found.mad.p_n[n["mad"]] > 0


# --- the calendar


def calendar(per_month: float = 2.0, **changes: Any) -> TrialCalendar:
    sites = tuple(SiteAccrual(key, per_month, opens_d=30.0 * k) for k, key in enumerate(PLAN.site_keys))
    return TrialCalendar(sites=sites, **changes)


def trials(plan: TrialPlan, truth: Truth, of: TrialCalendar, n_trials: int = 40) -> SimulatedTrials:
    found = simulate_trials(plan, truth, of, seed=11, n_trials=n_trials)
    assert isinstance(found, SimulatedTrials), found
    return found


SAFE = Truth(name="safe", single_dose_rates=(0.0,) * 6)


@given(slow_rate=st.floats(0.1, 20), times=st.floats(1, 10), failure=st.floats(0, 0.6))
@settings(max_examples=20)
def test_a_trial_with_more_candidates_is_never_later(slow_rate: float, times: float, failure: float) -> None:
    truth = Truth(name="A", single_dose_rates=A, growth=-1.0)
    slower = trials(PLAN, truth, calendar(slow_rate, screen_failure_rate=failure))
    faster = trials(PLAN, truth, calendar(slow_rate * times, screen_failure_rate=failure))
    assert (slower.paths.sad.level == faster.paths.sad.level).all()
    for column in (0, 1):  # the ends of the parts
        pairs = zip(slower.times_d[:, column], faster.times_d[:, column], strict=True)
        assert all(late >= soon - 1e-9 or np.isnan(late) for late, soon in pairs)
    slower, faster = (trials(PLAN, SAFE, calendar(slow_rate * k)) for k in (1, times))
    # in the expansion a closed regimen may end sooner; where none is closed all dates keep their order
    assert (slower.times_d >= faster.times_d - 1e-9).all()


def test_a_trial_with_candidates_at_the_door_takes_its_delays_and_windows() -> None:
    """Six safe single-dose cohorts of 1, 1, 3, 3, 3 and 3 + 3, and four of multiple doses."""
    at_the_door = calendar(1e9, screen_failure_rate=0.0, screening_d=5, to_infusion_d=7, review_d=3)
    at_the_door = msgspec.structs.replace(at_the_door, sites=at_the_door.sites[:1])
    found = trials(PLAN, SAFE, at_the_door, n_trials=3)
    single, whole_sad, whole_mad = 12 + 14 + 3, 12 + 10 + 14 + 3, 12 + 10 + 28 + 3
    sad = 2 * single + 5 * whole_sad
    assert found.times_d[0] == pytest.approx(
        [sad, sad + 4 * whole_mad, sad + 4 * whole_mad + 12, sad + 4 * whole_mad + 12 + 364], abs=1e-3
    )
    assert (found.counts[:, 0] == 7).all()


def test_the_mean_end_of_the_single_doses_is_that_of_the_simple_calendar_of_the_design() -> None:
    """With candidates at the door: windows, reviews and staggers of the expected cohorts and participants."""
    at_the_door = TrialCalendar(
        sites=(SiteAccrual("01", 1e9),), screen_failure_rate=0.0, screening_d=5, to_infusion_d=7, review_d=3
    )
    found = simulate_calendar(PLAN, Truth(name="A", single_dose_rates=A), at_the_door, seed=4, n_trials=4000)
    assert isinstance(found, SimulatedCalendar)
    alone = compute_operating_characteristics(compile_table(PLAN.sad.design), A)
    expected = compute_expected_duration_d(
        alone, Calendar(dlt_window_d=14, review_d=3 + 5 + 7, first_to_second_d=7, next_d=3)
    )
    assert abs(found.sad_end.mean.value - expected) <= 3 * found.sad_end.mean.standard_error


def test_the_dates_of_a_site_that_opens_late_begin_with_its_opening() -> None:
    late = TrialCalendar(sites=(SiteAccrual("01", 1e9, opens_d=100.0),), screen_failure_rate=0.0)
    soon = TrialCalendar(sites=(SiteAccrual("01", 1e9),), screen_failure_rate=0.0)
    shift = trials(PLAN, SAFE, late).times_d - trials(PLAN, SAFE, soon).times_d
    assert np.abs(shift - 100).max() < 1e-3


def test_screening_takes_as_many_as_fail_and_pass() -> None:
    found = simulate_calendar(PLAN, SAFE, calendar(screen_failure_rate=0.4), seed=3, n_trials=4000)
    assert isinstance(found, SimulatedCalendar)
    # 36 who pass: negative binomial
    assert abs(found.mean_n_screened.value - 36 / 0.6) <= 4 * found.mean_n_screened.standard_error
    assert found.mean_n.value == 36


def without_stagger(plan: TrialPlan) -> TrialPlan:
    parts = {
        name: msgspec.structs.replace(getattr(plan, name), first_to_second_d=0, next_d=0)
        for name in ("sad", "mad")
    }
    return msgspec.structs.replace(plan, **parts)


@pytest.mark.parametrize("failure", [0.0, 0.5])
def test_waiting_for_candidates_is_as_long_as_their_rate_says(failure: float) -> None:
    """A wait of 10 days on average for each of six candidates who pass, twice that where half of all fail."""
    ten_days = TrialCalendar(
        sites=(SiteAccrual("01", 365.25 / 12 / 10),),
        screen_failure_rate=failure,
        screening_d=0,
        to_infusion_d=0,
        review_d=0,
    )
    truth = Truth(name="safe", single_dose_rates=(0.0,))
    found = simulate_calendar(without_stagger(tiny(6)), truth, ten_days, seed=8, n_trials=40_000)
    assert isinstance(found, SimulatedCalendar)
    wait = 10 / (1 - failure)
    for date, n_waits, watched in ((found.sad_end, 3, 14), (found.mad_end, 6, 28)):
        assert abs(date.mean.value - (n_waits * wait + watched)) <= 4 * date.mean.standard_error
        # waits without memory are as spread as they are long, also where some candidates fail
        assert date.mean.standard_error == pytest.approx(wait * sqrt(n_waits / 40_000), rel=0.1)


# --- the expansion in time

AT_THE_DOOR = TrialCalendar(sites=(SiteAccrual("01", 1e9),), screen_failure_rate=0.0)


def staggered(plan: TrialPlan, days: int) -> TrialPlan:
    expansion = msgspec.structs.replace(plan.expansion, first_to_second_d=days, next_d=days)
    return msgspec.structs.replace(plan, expansion=expansion)


def test_participants_who_are_treated_together_are_all_treated() -> None:
    truth = Truth(name="toxic regimens", single_dose_rates=(0.0,) * 6, regimen_rates=(0.3,) * 4)
    found = trials(PLAN, truth, AT_THE_DOOR, n_trials=300)
    assert (found.counts[:, 0] == found.paths.places.sum(axis=1)).all()
    assert found.counts[:, 2].sum() > 10


def test_where_each_waits_for_the_outcome_before_the_expansion_is_the_exact_one() -> None:
    plan = staggered(PLAN, 29)
    truth = Truth(name="A", single_dose_rates=A, growth=-1.0)
    exact, found = whole(plan, growth=-1.0), simulate_calendar(plan, truth, calendar(), seed=6, n_trials=6000)
    assert isinstance(found, SimulatedCalendar)
    for estimate, value in (
        (found.mean_n_expanded, exact.expansion.mean_n),
        (found.mean_n_dlt_expanded, exact.expansion.mean_n_dlt),
        (found.p_all_closed, dict(exact.p_endings)["expansion_closed"]),
    ):
        assert abs(estimate.value - value) <= 3 * estimate.standard_error


def test_half_a_window_apart_half_of_the_dlts_come_in_time() -> None:
    """Two places; a DLT of the first half of the first window closes before the second is treated.

    A later one does not, and closes only if the second has a DLT too: 1/2 1/2 + 1/2 1/2 1/2 of the 7/8 that
    have an expansion.
    """
    truth = Truth(name="half", single_dose_rates=(0.0,), regimen_rates=(0.5,))
    found = simulate_calendar(staggered(tiny(8), 7), truth, AT_THE_DOOR, seed=9, n_trials=8000)
    assert isinstance(found, SimulatedCalendar)
    for estimate, value in (
        (found.mean_n_expanded, 7 / 8 * (2 - 1 / 4)),
        (found.p_all_closed, 7 / 8 * 3 / 8),
    ):
        assert abs(estimate.value - value) <= 3 * estimate.standard_error


def test_the_same_seed_gives_the_same_calendar_and_each_trial_its_own() -> None:
    truth = Truth(name="A", single_dose_rates=A)
    first, again = (trials(PLAN, truth, calendar(), n_trials=20) for _ in range(2))
    more = trials(PLAN, truth, calendar(), n_trials=50)
    assert np.array_equal(first.times_d, again.times_d, equal_nan=True)
    assert np.array_equal(first.times_d, more.times_d[:20], equal_nan=True)
    assert len(set(first.times_d[:, 3])) == 20


def test_the_simulated_trials_agree_with_the_exact_ones_and_say_how_sure_they_are() -> None:
    truth = Truth(name="A", single_dose_rates=A, growth=-1.0)
    exact = whole(growth=-1.0)
    found = simulate_calendar(PLAN, truth, calendar(), seed=2, n_trials=5000)
    assert isinstance(found, SimulatedCalendar)
    p_opens = 1 - exact.mad.p_n[0]
    assert abs(found.mad_end.p_reached.value - p_opens) <= 3 * found.mad_end.p_reached.standard_error
    assert found.sad_end.p_reached.value == 1
    assert found.sad_end.n_trials == 5000
    for date in (found.sad_end, found.mad_end, found.last_first_infusion, found.last_visit):
        values = [one.value for one in date.quantiles]
        assert len(values) == len(QUANTILES)
        assert values == sorted(values)
        assert all(0 < one.standard_error < 10 for one in date.quantiles)
    # outcomes take their time, so more are treated than where each is known before the next
    assert found.mean_n_expanded.value > exact.expansion.mean_n
    together = whole(growth=-1.0, judged_every=18).expansion.mean_n
    assert found.mean_n_expanded.value < together + 4 * found.mean_n_expanded.standard_error


def test_without_monitoring_the_expansion_does_not_depend_on_time() -> None:
    plan = msgspec.structs.replace(PLAN, expansion=msgspec.structs.replace(PLAN.expansion, monitoring=None))
    truth = Truth(name="A", single_dose_rates=A, growth=-1.0)
    exact, found = (
        compute_whole_trial(plan, truth),
        simulate_calendar(plan, truth, calendar(), seed=2, n_trials=5000),
    )
    assert isinstance(exact, WholeTrial)
    assert isinstance(found, SimulatedCalendar)
    for estimate, value in (
        (found.mean_n, exact.mean_n),
        (found.mean_n_expanded, exact.expansion.mean_n),
        (found.mean_n_dlt_expanded, exact.expansion.mean_n_dlt),
    ):
        assert abs(estimate.value - value) <= 3 * estimate.standard_error
    assert found.p_all_closed.value == dict(exact.p_endings)["expansion_closed"] == 0


def test_exact_numbers_do_not_wait_for_compiled_code() -> None:
    asked = "import sys, firstdose.simulate.whole_trial; print('numba' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


# --- sensitivity


def test_a_table_has_a_row_for_every_scenario_and_variant_in_order() -> None:
    variants, scenarios = list_variants(PLAN), list_scenarios((0.0, -1.0))
    rows = tabulate_sensitivity(variants, scenarios)
    assert isinstance(rows, tuple), rows
    assert [(row.scenario, row.growth, row.variant) for row in rows] == [
        (truth.name, truth.growth, variant.name) for truth in scenarios for variant in variants
    ]
    as_planned = rows[0]
    assert as_planned.variant == Text("as planned", "按方案")
    assert as_planned.p_right_mtd == whole().p_sad_mtd[4]
    assert as_planned.p_mtd_overdose == pytest.approx(sum(whole().p_sad_mtd[5:]), abs=1e-15)
    assert as_planned.mean_n_overdose == whole().mean_n_overdose
    by_rule = {row.variant.en: row for row in rows if row.scenario == "A" and row.growth == 0}
    # keyboard and BOIN decide alike at this target (Yan 2017, Liu and Yuan 2015 boundaries)
    assert by_rule["rule keyboard"].p_right_mtd == pytest.approx(as_planned.p_right_mtd, abs=1e-12)
    assert by_rule["rule 3+3"].p_right_mtd != as_planned.p_right_mtd


def test_a_larger_cap_needs_more_of_the_enrolment() -> None:
    wider = whole(vary_part(PLAN, "sad", max_n=24), B)
    assert wider.sad.mean_n > whole(rates=B).sad.mean_n
    assert wider.expansion.mean_n < whole(rates=B).expansion.mean_n
    assert wider.p_not_enough > whole(rates=B).p_not_enough


# --- the protocol's text


def test_the_statement_says_what_was_computed_in_both_languages() -> None:
    truth = Truth(name="A", single_dose_rates=A, growth=-1.0)
    exact, timed = whole(growth=-1.0), simulate_calendar(PLAN, truth, calendar(), seed=2, n_trials=500)
    assert isinstance(timed, SimulatedCalendar)
    paragraphs = write_statement(PLAN, exact, timed)
    english, chinese = ("\n".join(getattr(one, name) for one in paragraphs) for name in ("en", "zh"))
    shown = [
        *(f"{100 * p:.1f}%" for p in exact.p_sad_mtd[1:]),
        f"{100 * exact.p_not_enough:.1f}%",
        f"{100 * exact.p_stops_for_toxicity:.1f}%",
        f"{exact.mean_n:.1f}",
        f"{exact.mean_n_overdose:.1f}",
        f"{timed.last_visit.mean.value / (365.25 / 12):.1f}",
        "25%",
        "500",
    ]
    for number in shown:
        assert number in english
        assert number in chinese
    not_enough, toxic = (f"{100 * p:.1f}%" for p in (exact.p_not_enough, exact.p_stops_for_toxicity))
    assert f"The 36 participants are not enough with probability {not_enough}:" in english
    assert f"36例不足的概率为{not_enough}：" in chinese
    assert f"The trial ends early for toxicity with probability {toxic}:" in english
    assert f"试验因毒性提前结束的概率为{toxic}：" in chinese
    assert "exact" in english
    assert "simulated" in english
    assert "精确计算" in chinese
    assert "simulated:" not in "\n".join(one.en for one in write_statement(PLAN, exact))
    # Chinese sentences carry no English words but names and abbreviations
    assert not any(word in chinese for word in (" the ", " and ", " participants"))


def test_the_decision_tables_print_the_boundaries_that_run() -> None:
    rows = [one.en for one in write_decision_tables(PLAN)]
    assert (
        "Of 6 treated at a level, with a DLT: escalate with at most 1; de-escalate with at least 2; close the level and "
        "all above with at least 4; stop the part at the lowest level with at least 4; otherwise stay."
    ) in rows
    assert "4 or more DLTs among 6–8 treated" in rows[-1]


def test_rates_that_fall_are_allowed_and_said() -> None:
    found = whole(rates=(0.1, 0.2, 0.15, 0.3, 0.25, 0.4))
    assert found.remarks[0].en.startswith("The true DLT rates of the single doses fall at level 3, 5")
    assert "下降" in found.remarks[0].zh
    assert found.remarks[0] in write_statement(PLAN, found)
    assert whole().remarks == ()


def test_a_time_to_event_rule_is_said_to_be_taken_with_complete_windows() -> None:
    timed = whole(vary_part(PLAN, "sad", rule="tite_boin"))
    assert "every DLT window is complete" in timed.remarks[0].en
    assert timed.p_sad_mtd == pytest.approx(whole().p_sad_mtd, abs=1e-13)


def test_backfilled_participants_are_said_to_be_left_out() -> None:
    found = whole(vary_part(PLAN, "sad", backfill=Backfill()))
    assert "backfilled" in found.remarks[0].en
    assert "回填" in found.remarks[0].zh


def test_a_rule_that_reads_responses_is_a_fault() -> None:
    truth = Truth(name="A", single_dose_rates=A)
    found = compute_whole_trial(vary_part(PLAN, "mad", rule="boin12"), truth)
    assert isinstance(found, list)
    assert any("reads responses" in fault.what for fault in found)


def test_triggers_of_titration_stand_in_the_statement() -> None:
    said = write_statement(PLAN, whole(trigger_rates=(0.12, 0.34, 0, 0, 0, 0)))[0]
    assert "0.12, 0.34" in said.en
    assert "0.12、0.34" in said.zh


# --- what cannot be computed

NAN = float("nan")
# fmt: off
BAD_TRUTHS = {
    "a rate above 1":        ({"single_dose_rates": (0.1, 0.2, 0.3, 0.4, 0.5, 1.5)}, "rate 6 of single_dose_rates is 1.5, not between 0 and 1"),
    "a rate below 0":        ({"single_dose_rates": (-0.1, 0.2, 0.3, 0.4, 0.5, 0.5)}, "rate 1 of single_dose_rates is -0.1, not between 0 and 1"),
    "not a number":          ({"single_dose_rates": (0.1, NAN, 0.3, 0.4, 0.5, 0.5)}, "rate 2 of single_dose_rates is nan, not between 0 and 1"),
    "a rate too few":        ({"single_dose_rates": (0.1, 0.2)}, "single_dose_rates has 2 rates for 6 levels"),
    "regimens too many":     ({"single_dose_rates": A, "regimen_rates": (0.1,) * 5}, "regimen_rates has 5 rates for 4 levels"),
    "a bad regimen":         ({"single_dose_rates": A, "regimen_rates": (0.1, 0.2, 2.0, 0.3)}, "rate 3 of regimen_rates is 2.0, not between 0 and 1"),
    "a bad trigger":         ({"single_dose_rates": A, "trigger_rates": (0.1,) * 5 + (NAN,)}, "rate 6 of trigger_rates is nan, not between 0 and 1"),
    "endless growth":        ({"single_dose_rates": A, "growth": float("inf")}, "growth is inf, not between -10 and 10"),
    "growth just too large": ({"single_dose_rates": A, "growth": 10.01}, "growth is 10.01, not between -10 and 10"),
}
# fmt: on


@pytest.mark.parametrize("case", BAD_TRUTHS.values(), ids=BAD_TRUTHS.keys())
def test_an_impossible_scenario_is_named_in_one_sentence(case: tuple[dict[str, Any], str]) -> None:
    truth = Truth(name="bad", **case[0])
    assert [fault.what for fault in check_truth(truth, PLAN)] == [case[1]]
    found = compute_whole_trial(PLAN, truth)
    assert isinstance(found, list)
    assert [fault.what for fault in found] == [case[1]]
    timed = simulate_calendar(PLAN, truth, calendar(), seed=1, n_trials=10)
    assert isinstance(timed, list)
    assert [fault.what for fault in timed] == [case[1]]


def test_a_regimen_of_no_single_dose_needs_rates_of_its_own() -> None:
    level = msgspec.structs.replace(PLAN.mad.levels[0], cells_1e9=Decimal("2.5"))
    plan = msgspec.structs.replace(
        PLAN, mad=msgspec.structs.replace(PLAN.mad, levels=(level, *PLAN.mad.levels[1:]))
    )
    found = compute_whole_trial(plan, Truth(name="A", single_dose_rates=A))
    assert isinstance(found, list)
    assert found[0].what == "regimen M1 gives 2.5 × 10⁹ cells, which is no single dose of the trial"
    assert isinstance(whole(plan, regimen_rates=(0.1, 0.2, 0.3, 0.4)), WholeTrial)


def replaced_calendar(**changes: Any) -> TrialCalendar:
    return msgspec.structs.replace(calendar(), **changes)


# fmt: off
BAD_CALENDARS = {
    "no candidates":        ({"sites": (SiteAccrual("01", 0.0),)}, "no site has candidates, so the trial never ends"),
    "fewer than none":      ({"sites": (SiteAccrual("01", -1.0), SiteAccrual("02", 1.0))}, "sites.01.candidates_per_month is -1.0, not 0 or more"),
    "a delay not a number": ({"review_d": NAN}, "review_d is nan, not 0 or more"),
    "all fail":             ({"screen_failure_rate": 1.0}, "screen_failure_rate is 1.0, not from 0 to below 1"),
}
# fmt: on


@pytest.mark.parametrize("case", BAD_CALENDARS.values(), ids=BAD_CALENDARS.keys())
def test_an_impossible_calendar_is_named_in_one_sentence(case: tuple[dict[str, Any], str]) -> None:
    bad = replaced_calendar(**case[0])
    assert [fault.what for fault in check_calendar(bad)] == [case[1]]
    found = simulate_calendar(PLAN, SAFE, bad, seed=1, n_trials=10)
    assert isinstance(found, list)


@pytest.mark.parametrize(("seed", "n_trials"), [(-1, 10), (1 << 63, 10), (1, 1), (1, 1_000_001)])
def test_a_bad_seed_or_number_of_trials_is_a_fault(seed: int, n_trials: int) -> None:
    found = simulate_calendar(PLAN, SAFE, calendar(), seed=seed, n_trials=n_trials)
    assert isinstance(found, list)
    assert len(found) == 1


def test_a_bad_design_is_a_fault_with_its_place() -> None:
    bad = vary_part(PLAN, "sad", target_rate=Decimal("1.25"))
    found = compute_whole_trial(bad, Truth(name="A", single_dose_rates=A))
    assert isinstance(found, list)
    assert found[0].clause == "parts.sad.design.target_rate"
    table = tabulate_sensitivity([Variant(Text("bad", "错误"), bad)], list_scenarios())
    assert isinstance(table, list)
    assert table[0].file == "A, bad"
    for argument in ({"overdose_rate": 1.5}, {"judged_every": 0}):
        faults = compute_whole_trial(PLAN, Truth(name="A", single_dose_rates=A), **argument)
        assert isinstance(faults, list)
        assert isinstance(faults[0], Fault)


def test_a_protocol_whose_parts_are_not_in_sequence_has_no_plan() -> None:
    protocol = bundled_protocol()
    free = [
        part.model_copy(update={"capped_by": None}) if part.key == "mad" else part for part in protocol.parts
    ]
    found = plan_trial(protocol.model_copy(update={"parts": tuple(free)}))
    assert isinstance(found, list)
    assert found[0].what == "part mad has capped_by None and not 'sad'"
    without = plan_trial(protocol.model_copy(update={"parts": tuple(free[:2])}))
    assert isinstance(without, list)
    assert "0 parts of kind expansion" in without[0].what


def test_the_plan_is_that_of_the_protocol() -> None:
    assert PLAN.enrolment == 36
    assert [level.n_infusions for level in PLAN.mad.levels] == [3, 3, 4, 5]
    assert {level.observed_d for level in PLAN.mad.levels} == {28}
    assert {level.observed_d for level in PLAN.sad.levels} == {14}
    assert PLAN.sad.design.titration == Titration(until_level=3)
    assert PLAN.expansion.monitoring == LIMIT


def test_a_participant_is_observed_through_the_window_and_after_the_last_infusion() -> None:
    """Last infusions on Days 14, 7, 21 and 14; eight days after Day 21 is past the window of 28."""
    protocol = bundled_protocol()
    parts = tuple(
        part.model_copy(update={"observe_after_last_infusion_d": 8}) if part.key == "mad" else part
        for part in protocol.parts
    )
    plan = plan_trial(protocol.model_copy(update={"parts": parts}))
    assert isinstance(plan, TrialPlan)
    assert [level.observed_d for level in plan.mad.levels] == [28, 28, 29, 28]


def test_infusions_after_the_window_add_no_risk_to_it() -> None:
    protocol = bundled_protocol()
    parts = tuple(
        part.model_copy(update={"dlt_window": part.dlt_window.model_copy(update={"last": 13})})
        if part.key == "mad"
        else part
        for part in protocol.parts
    )
    plan = plan_trial(protocol.model_copy(update={"parts": parts}))
    assert isinstance(plan, TrialPlan)
    assert [level.n_infusions for level in plan.mad.levels] == [2, 3, 2, 4]

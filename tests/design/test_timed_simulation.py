"""Trials on a calendar: the same as counted trials where nobody waits, the same as a slow second implementation."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import sqrt
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from tests.double.boin_by_formula import mtd as mtd_by_formula
from tests.double.slow_timed_trial import Ended, Setting, play_rolling_six, play_tite_boin

from firstdose.design import (
    Action,
    Calendar,
    DecisionTable,
    DesignSpecification,
    Tallies,
    Titration,
    compile_table,
    compute_expected_duration_d,
    compute_operating_characteristics,
)
from firstdose.design.next_cohort import assign_next_cohort
from firstdose.design.pending import assign_step_while_pending
from firstdose.design.rules import backfill, tite_boin, tite_crm
from firstdose.design.rules.backfill_options import Backfill
from firstdose.design.rules.boin12 import Boin12Action, Boin12Counts, recommend_boin12
from firstdose.design.rules.boin12_specification import UtilitySpecification
from firstdose.design.rules.boin12_table import compile_rank_table
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.simulated.streams import ARRIVAL, DLT_TIME, EFFICACY, OUTCOME, look_up, start_stream
from firstdose.design.simulated.time_models import (
    ArrivalModel,
    DltTimeModel,
    FixedArrivals,
    LogLogisticDltTimes,
    PoissonArrivals,
    UniformDltTimes,
    WeibullDltTimes,
    check_arrival_model,
    check_dlt_time_model,
    flatten_dlt_times,
)
from firstdose.design.simulated.timed_options import Backfilling, TimedCalendar, TiteCrm, WhilePending
from firstdose.design.simulated.timed_sums import (
    TimedCharacteristics,
    add_up_timed,
    compute_timed_characteristics,
)
from firstdose.design.simulated.timed_trials import (
    TimedTrials,
    keep_timed_trials,
    simulate_timed_trials,
    sum_timed_trials,
)
from firstdose.design.simulated.trials import keep_trials
from firstdose.design.simulated.utility_trials import (
    add_up_utility,
    compute_joint_rate,
    compute_utility_characteristics,
    keep_utility_trials,
    sum_utility_trials,
)

MAIN = (0.05, 0.10, 0.18, 0.25, 0.38, 0.50)
TARGET = Decimal("0.25")
SKELETON = tuple(map(Decimal, ("0.05", "0.10", "0.18", "0.25", "0.38", "0.50")))
TITE = tite_boin.TiteOptions()


def _table(rule: Any = "boin", **changes: Any) -> DecisionTable:
    plain: dict[str, Any] = {
        "n_levels": 6,
        "target_rate": TARGET,
        "max_n": 36,
        "max_n_per_level": changes.get("max_n", 36),
        "mtd_min_n": 1,
        "stop_at_top_level": False,
    }
    return compile_table(DesignSpecification(rule=rule, **(plain | changes)))


BOIN = _table()
COUNTING: dict[str, Any] = {"max_n_per_level": 6, "mtd_min_n": 3}
ROLLING_SIX = _table("rolling_six", cohort_size=6, **COUNTING)
THREE_PLUS_THREE = _table("three_plus_three", **COUNTING)


@dataclass(frozen=True)
class Played:
    """A simulation to be asked in several ways."""

    table: DecisionTable = BOIN
    rates: tuple[float, ...] = MAIN
    calendar: TimedCalendar = field(default_factory=lambda: TimedCalendar(dlt_window_d=28.0))
    arrivals: ArrivalModel = field(default_factory=lambda: PoissonArrivals((3 / 28,)))
    dlt_times: DltTimeModel = field(default_factory=WeibullDltTimes)
    while_pending: WhilePending | None = None
    response_rates: tuple[float, ...] | None = None

    def keep(self, n_trials: int, seed: int = 1) -> TimedTrials:
        kept: TimedTrials = self._ask(keep_timed_trials, n_trials, seed)
        return kept

    def simulate(self, n_trials: int, seed: int = 1) -> TimedCharacteristics:
        found: TimedCharacteristics = self._ask(simulate_timed_trials, n_trials, seed)
        return found

    def _ask(self, ask: Callable[..., Any], n_trials: int, seed: int) -> Any:
        return ask(
            self.table,
            self.rates,
            calendar=self.calendar,
            arrivals=self.arrivals,
            dlt_times=self.dlt_times,
            n_trials=n_trials,
            seed=seed,
            while_pending=self.while_pending,
            response_rates=self.response_rates,
        )


# fmt: off
WAITING = {
    # --- rules of whole cohorts
    "boin":              BOIN,
    "boin, small caps":  _table(max_n=21, max_n_per_level=9, mtd_min_n=6, stop_at_top_level=True),
    "boin, cautious":    _table(max_n=24, extra_safe_offset=Decimal("0.05"), mtd_at_most_lambda_d=True),
    "boin, early stop":  _table(stop_when_n_at_level=9),
    "keyboard, pairs":   _table("keyboard", max_n=20, cohort_size=2),
    "3+3":               THREE_PLUS_THREE,
    "3+3, six at MTD":   _table("three_plus_three", six_at_mtd=True, **COUNTING),
    # --- participants one by one first
    "boin, titration":   _table(titration=Titration(), max_n=24),
    "boin, to level 3":  _table(titration=Titration(3), max_n=24, start_level=2),
}
# fmt: on


@pytest.mark.parametrize("table", WAITING.values(), ids=WAITING.keys())
def test_a_rule_that_waits_does_on_the_calendar_what_it_does_on_counts(table: DecisionTable) -> None:
    timed = Played(table=table).keep(2_000)
    counted = keep_trials(table, MAIN, n_trials=2_000, seed=1)
    assert np.array_equal(timed.mtd, counted.mtd)
    assert np.array_equal(timed.n, counted.n)
    assert np.array_equal(timed.n_dlt, counted.n_dlt)


@pytest.mark.parametrize("cohort_size", [1, 3])
@pytest.mark.parametrize("estimate", tite_boin.ESTIMATES)
def test_tite_boin_is_boin_where_nobody_is_ever_pending(
    estimate: tite_boin.TiteEstimate, cohort_size: int
) -> None:
    table = _table(cohort_size=cohort_size, max_n=30)
    slow = Played(
        table=table, arrivals=FixedArrivals(29.0), while_pending=tite_boin.TiteOptions(estimate=estimate)
    ).keep(2_000)
    counted = keep_trials(table, MAIN, n_trials=2_000, seed=1)
    assert np.array_equal(slow.mtd, counted.mtd)
    assert np.array_equal(slow.n, counted.n)
    assert np.array_equal(slow.n_dlt, counted.n_dlt)
    if cohort_size == 1:
        return  # the first at a level is more than half of those treated there
    # of each trial only the last window is waited for
    assert slow.suspended_d == pytest.approx(np.where(slow.n.sum(axis=1) == 30, 28.0, 0.0))


def test_a_design_with_a_rule_for_open_windows_needs_no_other_word() -> None:
    crm = CrmSpecification(skeleton=SKELETON, target_rate=TARGET)
    named = (
        (Played(table=_table("tite_boin")), Played(while_pending=TITE)),
        (
            Played(table=_table("tite_crm", crm=crm, max_n=12)),
            Played(_table(max_n=12), while_pending=TiteCrm(model=crm)),
        ),
    )
    for by_rule, by_word in named:
        found, expected = by_rule.keep(100), by_word.keep(100)
        for name in TimedTrials._fields:
            assert np.array_equal(getattr(found, name), getattr(expected, name))


def test_backfilling_that_never_opens_is_boin_on_the_same_days() -> None:
    rule = Backfilling()
    calendar = TimedCalendar(dlt_window_d=28.0, review_d=4.0, first_to_second_d=7.0)
    closed = Played(calendar=calendar, while_pending=rule, response_rates=(0.0,) * 6).keep(2_000)
    plain = Played(calendar=calendar).keep(2_000)
    assert closed.n_backfilled.sum() == 0
    assert np.array_equal(closed.level[:, :36], plain.level)
    assert closed.start_d[:, :36] == pytest.approx(plain.start_d)
    assert closed.duration_d == pytest.approx(plain.duration_d)
    assert np.array_equal(closed.mtd, plain.mtd)


# --- a second implementation


def _make_setting(played: Played, seed: int, trial: int, rates: tuple[float, ...], max_n: int) -> Setting:
    assert isinstance(played.arrivals, PoissonArrivals)

    def uniform(stream: int) -> Callable[[int], float]:
        # in Python the start comes back as a plain number, which may be beyond a signed one
        start = np.uint64(start_stream(seed, trial, stream))
        return lambda place: float(look_up(start, place))

    calendar = played.calendar
    return Setting(
        rates=rates,
        max_n=max_n,
        window=calendar.dlt_window_d,
        review=calendar.review_d,
        first_to_second=calendar.first_to_second_d,
        next_one=calendar.next_d,
        mean_gap=1 / played.arrivals.rate_per_day,
        outcome=uniform(OUTCOME),
        delay=uniform(DLT_TIME),
        gap=uniform(ARRIVAL),
    )


def _require_equal(kept: TimedTrials, trial: int, slow: Ended) -> None:
    n = len(slow.treated)
    assert kept.level[trial, :n].tolist() == [one.level for one in slow.treated]
    assert not kept.level[trial, n:].any()
    assert kept.has_dlt[trial, :n].tolist() == [one.has_dlt for one in slow.treated]
    assert kept.start_d[trial, :n] == pytest.approx([one.start for one in slow.treated])
    assert kept.end_d[trial, :n] == pytest.approx([one.end for one in slow.treated])
    assert kept.duration_d[trial] == pytest.approx(slow.duration)
    assert kept.suspended_d[trial] == pytest.approx(slow.closed)


# fmt: off
# participants a window, review, first to second, next, rates
PACES = {
    "as they come":        (3.0,  0.0, 0.0, 0.0, MAIN),
    "a crowd":             (12.0, 0.0, 0.0, 0.0, MAIN),
    "with a sentinel":     (6.0,  2.0, 7.0, 3.0, MAIN),
    "few, and toxic":      (1.5,  1.0, 2.0, 1.0, (0.30, 0.45, 0.50, 0.55, 0.60, 0.70)),
}
# fmt: on


@pytest.mark.parametrize("pace", PACES.values(), ids=PACES.keys())
def test_tite_boin_agrees_with_a_slow_second_implementation(
    pace: tuple[float, float, float, float, tuple[float, ...]],
) -> None:
    a_window, review_d, first_to_second_d, next_d, rates = pace
    played = Played(
        table=_table(max_n=24),
        rates=rates,
        calendar=TimedCalendar(
            dlt_window_d=28.0, review_d=review_d, first_to_second_d=first_to_second_d, next_d=next_d
        ),
        arrivals=PoissonArrivals((a_window / 56, a_window / 56)),
        while_pending=TITE,
    )
    kept = played.keep(60, seed=11)
    for trial in range(60):
        slow = play_tite_boin(_make_setting(played, 11, trial, rates, 24), 0.25, 3)
        _require_equal(kept, trial, slow)
        n, y = kept.n[trial].tolist(), kept.n_dlt[trial].tolist()
        assert kept.mtd[trial] == (0 if slow.too_toxic else mtd_by_formula(n, y, 0.25))


@pytest.mark.parametrize("pace", PACES.values(), ids=PACES.keys())
def test_the_rolling_six_agrees_with_a_slow_second_implementation(
    pace: tuple[float, float, float, float, tuple[float, ...]],
) -> None:
    a_window, review_d, first_to_second_d, next_d, rates = pace
    played = Played(
        table=ROLLING_SIX,
        rates=rates,
        calendar=TimedCalendar(
            dlt_window_d=28.0, review_d=review_d, first_to_second_d=first_to_second_d, next_d=next_d
        ),
        arrivals=PoissonArrivals((a_window / 28,)),
    )
    kept = played.keep(150, seed=12)
    for trial in range(150):
        slow = play_rolling_six(_make_setting(played, 12, trial, rates, 36))
        _require_equal(kept, trial, slow)
        tolerated = [one + 1 for one in range(6) if 0 < kept.n[trial, one] >= 6 * kept.n_dlt[trial, one]]
        assert kept.mtd[trial] == (0 if slow.too_toxic else max(tolerated, default=0))


# --- the rules that a site runs, asked at every infusion of a simulated trial


def _tallies(kept: TimedTrials, trial: int, first: int, t: float, window_d: float) -> Tallies:
    """The counts that a site has at a time, of the participants before one."""
    n, dlt, pending = [0] * 6, [0] * 6, [0] * 6
    shares: list[list[Fraction]] = [[] for _ in range(6)]
    for k in range(first):
        place = int(kept.level[trial, k]) - 1
        if kept.end_d[trial, k] <= t + 1e-9:
            n[place] += 1
            dlt[place] += int(kept.has_dlt[trial, k])
        else:
            pending[place] += 1
            shares[place].append(Fraction(max(0.0, float(t - kept.start_d[trial, k])) / window_d))
    return Tallies(tuple(n), tuple(dlt), tuple(pending), tuple(map(tuple, shares)))


def _enrolled(tallies: Tallies) -> list[int]:
    return [a + b for a, b in zip(tallies.n_evaluable, tallies.n_pending, strict=True)]


@pytest.mark.parametrize(
    "options",
    [
        TITE,
        tite_boin.TiteOptions(estimate="imputed"),
        tite_boin.TiteOptions(suspend_above=Decimal(1), fewest_complete_to_escalate=2),
    ],
)
def test_every_infusion_under_tite_boin_is_what_the_rule_says(options: tite_boin.TiteOptions) -> None:
    table, window_d, review_d = _table(max_n=24), 28.0, 2.0
    played = Played(
        table=table,
        calendar=TimedCalendar(dlt_window_d=window_d, review_d=review_d),
        arrivals=PoissonArrivals((6 / 28,)),
        while_pending=options,
    )
    kept = played.keep(60, seed=3)
    moves = {"escalate": 1, "stay": 0, "de_escalate": -1}
    n_asked = 0
    for trial in range(60):
        for k in range(3, int(kept.n[trial].sum()), 3):
            tallies = _tallies(kept, trial, k, kept.start_d[trial, k] - review_d, window_d)
            level = int(kept.level[trial, k - 1])
            place, enrolled = level - 1, _enrolled(tallies)
            closed = [one for one in range(6) if table.eliminated[enrolled[one]][tallies.n_dlt[one]]]
            highest = min(closed, default=6)
            assert tallies.follow_up
            move = tite_boin.assign_move(
                tallies.n_evaluable[place],
                tallies.n_dlt[place],
                tallies.follow_up[place],
                target_rate=TARGET,
                p1=Decimal("0.15"),
                p2=Decimal("0.35"),
                options=options,
            )
            if level > highest:
                assert kept.level[trial, k] == highest
            else:
                assert kept.level[trial, k] == min(max(level + moves[move], 1), highest)
            n_asked += 1
    assert n_asked > 300


def test_every_participant_of_the_rolling_six_is_where_the_rule_says() -> None:
    played = Played(table=ROLLING_SIX, arrivals=PoissonArrivals((4 / 28,)))
    kept = played.keep(150, seed=4)
    for trial in range(150):
        for k in range(1, int(kept.n[trial].sum())):
            tallies = _tallies(kept, trial, k, kept.start_d[trial, k], 28.0)
            level = int(kept.level[trial, k - 1])
            if any(tallies.n_pending):
                step = assign_step_while_pending(ROLLING_SIX, tallies, level)
            else:
                step = assign_next_cohort(ROLLING_SIX, tallies.n_evaluable, tallies.n_dlt, level)
            assert step.action is not Action.WAIT
            assert step.level == kept.level[trial, k]


@pytest.mark.parametrize("model", ["power", "logistic"])
def test_every_infusion_under_the_tite_crm_is_what_the_rule_says(model: Any) -> None:
    spec = CrmSpecification(skeleton=SKELETON, target_rate=TARGET, model=model)
    played = Played(
        table=_table(max_n=24), arrivals=PoissonArrivals((4 / 28,)), while_pending=TiteCrm(model=spec)
    )
    kept = played.keep(25, seed=5)
    for trial in range(25):
        for k in range(3, int(kept.n[trial].sum()), 3):
            tallies = _tallies(kept, trial, k, kept.start_d[trial, k], 28.0)
            level = int(kept.level[trial, k - 1])
            step = tite_crm.assign_level(spec, tallies, level, max_n=24)
            # down is one level a cohort inside the guards of a design
            assert kept.level[trial, k] == max(step.level, level - 1)


@pytest.mark.parametrize("goes_to", ["highest", "random"])
@pytest.mark.parametrize("needs_response", [True, False])
def test_every_backfilled_participant_and_every_cohort_is_where_the_rule_says(
    *, needs_response: bool, goes_to: Any
) -> None:
    limits = backfill.BoinLimits(TARGET, Decimal("0.15"), Decimal("0.35"))
    rule = Backfill(max_n_per_level=9, needs_response=needs_response)
    rates = (0.12, 0.20, 0.22, 0.25, 0.38, 0.50)
    response_rates, review_d = (0.1, 0.3, 0.5, 0.5, 0.5, 0.5), 4.0
    played = Played(
        table=_table(max_n=24),
        rates=rates,
        calendar=TimedCalendar(dlt_window_d=28.0, review_d=review_d),
        arrivals=PoissonArrivals((6 / 28,)),
        while_pending=Backfilling(rule=rule, goes_to=goes_to),
        response_rates=response_rates,
    )
    kept = played.keep(120, seed=6)
    wide = _table(max_n=36)
    n_backfilled, n_conflicts = 0, 0
    for trial in range(120):
        efficacy = np.uint64(start_stream(6, trial, EFFICACY))
        is_cohort: list[bool] = []
        level, in_cohort, last = 1, 0, 0.0
        for k in range(int(kept.n[trial].sum())):
            start, at = float(kept.start_d[trial, k]), int(kept.level[trial, k])
            if k and in_cohort == 3:
                if start < last + 28.0 + review_d - 1e-9:
                    tallies = _tallies(kept, trial, k, start, 28.0)
                    seen = [0] * 6
                    for one in range(k):
                        place = int(kept.level[trial, one]) - 1
                        responds = look_up(efficacy, one) < response_rates[place]
                        seen[place] += int(responds and kept.end_d[trial, one] <= start + 1e-9)
                    rows = backfill.list_backfill_levels(
                        rule,
                        limits,
                        n=tallies.n_evaluable,
                        n_dlt=tallies.n_dlt,
                        n_pending=tallies.n_pending,
                        n_efficacy=seen,
                        current_level=level,
                    )
                    assert rows[at - 1].is_open
                    if goes_to == "highest":
                        assert at == backfill.assign_backfill_level(rows)
                    is_cohort.append(False)
                    n_backfilled += 1
                    continue
                tallies = _tallies(kept, trial, k, last + 28.0, 28.0)
                extra = [0] * 6
                for one in range(k):
                    is_evaluable = kept.end_d[trial, one] <= last + 28.0 + 1e-9
                    extra[kept.level[trial, one] - 1] += int(not is_cohort[one] and is_evaluable)
                decision = backfill.assign_backfill_conflict(
                    limits,
                    n=tallies.n_evaluable,
                    n_dlt=tallies.n_dlt,
                    n_backfilled=extra,
                    current_level=level,
                )
                n_conflicts += decision.pooled_from is not None
                counts = zip(tallies.n_evaluable, tallies.n_dlt, strict=True)
                highest = min((p for p, (n, y) in enumerate(counts) if wide.eliminated[n][y]), default=6)
                assert at == min(decision.level, highest)
                level, in_cohort = at, 0
            in_cohort += 1
            last = start
            is_cohort.append(True)
        assert sum(is_cohort) <= 24
        assert kept.n_backfilled[trial] == len(is_cohort) - sum(is_cohort)
    assert n_backfilled > 500
    assert n_conflicts > 10


# --- durations and characteristics


@pytest.mark.parametrize(("rule", "changes"), [("boin", {}), ("three_plus_three", COUNTING)])
def test_the_mean_duration_is_the_exact_one(rule: str, changes: dict[str, Any]) -> None:
    table = _table(rule, max_n=24, **changes)
    calendar = TimedCalendar(dlt_window_d=28, review_d=7, first_to_second_d=7, next_d=2)
    found = Played(table=table, calendar=calendar, arrivals=FixedArrivals(4.0)).simulate(20_000)
    exact = compute_expected_duration_d(
        compute_operating_characteristics(table, MAIN),
        Calendar(dlt_window_d=28, review_d=7, first_to_second_d=7, next_d=2, accrual_d=4),
    )
    # a design whose trials all take as long has no spread
    assert abs(found.mean_duration_d - exact) <= 3 * found.se_mean_duration_d + 1e-9
    low, middle, high = found.duration_quantiles_d
    assert low <= middle <= high
    assert found.mean_suspended_d < found.mean_duration_d


def test_boin_selects_as_the_exact_characteristics_say() -> None:
    found = Played().simulate(20_000)
    exact = compute_operating_characteristics(BOIN, MAIN)
    for simulated, error, truth in zip(found.p_selected, found.se_p_selected, exact.p_selected, strict=True):
        assert abs(simulated - truth) <= 3.5 * error + 1e-4
    for simulated, error, truth in zip(
        found.mean_n_per_level, found.se_mean_n_per_level, exact.mean_n_per_level, strict=True
    ):
        assert abs(simulated - truth) <= 3.5 * error


def test_tite_boin_selects_about_as_the_package_titegboin_does() -> None:
    """Levels 1 to 6 in per cent, measured with TITEgBOIN 0.4.0 (``get_oc_TITE_QuasiBOIN``, 12 cohorts of three).

    The package turns arrivals away and asks again at the next one; here accrual reopens when a window ends. It also
    weighs follow-up by thirds of the window, suspends at level 1 after a rate above lambda_d, and was run with its own
    random numbers. So only the shape is compared, to three points of a hundred.
    """
    found = Played(while_pending=TITE).simulate(20_000)
    package = (0.4, 8.7, 35.5, 40.4, 13.5, 1.6)
    assert 100 * np.array(found.p_selected) == pytest.approx(package, abs=3.0)
    waits = Played().simulate(20_000)
    assert found.mean_duration_d < 0.75 * waits.mean_duration_d


def test_a_faster_accrual_shortens_a_part_and_suspends_it_longer() -> None:
    slow, fast = (
        Played(while_pending=TITE, arrivals=PoissonArrivals((rate / 28,))).simulate(4_000) for rate in (3, 6)
    )
    assert fast.mean_duration_d < slow.mean_duration_d
    assert fast.mean_suspended_d > slow.mean_suspended_d


# --- properties


@st.composite
def _simulations(draw: st.DrawFn) -> Played:
    rates = tuple(sorted(draw(st.lists(st.floats(0, 1), min_size=4, max_size=4))))
    pending: WhilePending | None = draw(
        st.sampled_from([None, TITE, tite_boin.TiteOptions(estimate="imputed"), Backfilling()])
    )
    table = compile_table(
        DesignSpecification(
            rule="boin",
            n_levels=4,
            target_rate=TARGET,
            max_n=draw(st.integers(9, 18)),
            max_n_per_level=draw(st.integers(3, 9)),
            mtd_min_n=draw(st.integers(1, 3)),
            cohort_size=draw(st.integers(1, 3)),
            stop_at_top_level=draw(st.booleans()),
        )
    )
    days = st.floats(0, 10)
    return Played(
        table=table,
        rates=rates,
        calendar=TimedCalendar(
            dlt_window_d=draw(st.floats(1, 60)),
            review_d=draw(days),
            first_to_second_d=draw(days),
            next_d=draw(days),
        ),
        arrivals=draw(
            st.one_of(
                st.builds(FixedArrivals, st.floats(0, 40)),
                st.builds(PoissonArrivals, st.lists(st.floats(0.01, 5), min_size=1, max_size=3).map(tuple)),
            )
        ),
        dlt_times=draw(
            st.one_of(
                st.just(UniformDltTimes()),
                st.builds(WeibullDltTimes, st.floats(0.1, 0.9)),
                st.builds(LogLogisticDltTimes, st.floats(0.1, 0.9)),
            )
        ),
        while_pending=pending,
        response_rates=(0.2, 0.4, 0.6, 0.6) if isinstance(pending, Backfilling) else None,
    )


@settings(max_examples=60, deadline=None)
@given(_simulations(), st.integers(0, 1 << 40))
def test_caps_hold_and_times_are_in_order(played: Played, seed: int) -> None:
    spec, kept = played.table.specification, played.keep(40, seed)
    own = kept.n.sum(axis=1) - kept.n_backfilled
    assert (own <= spec.max_n).all()
    most = spec.max_n_per_level
    if isinstance(played.while_pending, Backfilling):
        most = max(most, 12) + spec.max_n_per_level
    assert (kept.n <= most).all()
    assert (kept.n_dlt <= kept.n).all()
    for trial in range(40):
        n = int(kept.n[trial].sum())
        start, end = kept.start_d[trial, :n], kept.end_d[trial, :n]
        assert (np.diff(start) >= -1e-9).all()
        assert (end >= start - 1e-9).all()
        assert (end <= start + played.calendar.dlt_window_d + 1e-9).all()
        assert kept.duration_d[trial] >= start[-1]
        assert -1e-9 <= kept.suspended_d[trial] <= kept.duration_d[trial] + 1e-6
        if kept.mtd[trial]:
            # the MTD is selected when every window is complete and was reviewed
            assert end.max() <= kept.duration_d[trial] - played.calendar.review_d + 1e-6
        # a level is reached by way of every level below
        assert (np.diff(np.maximum.accumulate(kept.level[trial, :n])) <= 1).all()


@settings(max_examples=60, deadline=None)
@given(_simulations(), st.integers(0, 1 << 40))
def test_nobody_is_treated_at_or_above_a_level_that_was_closed_when_it_was_decided(
    played: Played, seed: int
) -> None:
    spec = msgspec.structs.replace(played.table.specification, cohort_size=1)
    table = compile_table(spec)
    if isinstance(played.while_pending, Backfilling):
        return
    played = replace(played, table=table)
    kept = played.keep(30, seed)
    review_d, window_d = played.calendar.review_d, played.calendar.dlt_window_d
    for trial in range(30):
        for k in range(1, int(kept.n[trial].sum())):
            tallies = _tallies(kept, trial, k, kept.start_d[trial, k] - review_d, window_d)
            enrolled = _enrolled(tallies)
            closed = [one for one in range(4) if table.eliminated[enrolled[one]][tallies.n_dlt[one]]]
            assert kept.level[trial, k] <= min(closed, default=4)


@settings(max_examples=25, deadline=None)
@given(_simulations(), st.integers(0, 1 << 40), st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_parts_of_a_simulation_add_up_to_the_last_bit(played: Played, seed: int, sizes: list[int]) -> None:
    def part(first: int, size: int) -> Any:
        return sum_timed_trials(
            played.table,
            played.rates,
            calendar=played.calendar,
            arrivals=played.arrivals,
            dlt_times=played.dlt_times,
            n_trials=size,
            seed=seed,
            first_trial=first,
            while_pending=played.while_pending,
            response_rates=played.response_rates,
        )

    sizes = [*sizes, 2]
    firsts = [sum(sizes[:place]) for place in range(len(sizes))]
    parts = [part(first, size) for first, size in zip(firsts, sizes, strict=True)]
    added = compute_timed_characteristics(add_up_timed(parts[::-1]))
    whole = compute_timed_characteristics(part(0, sum(sizes)))
    for name in TimedCharacteristics.__struct_fields__:
        if name != "sums":
            assert getattr(added, name) == getattr(whole, name), name


def test_parts_that_do_not_follow_one_another_do_not_add_up() -> None:
    def part(first: int, seed: int = 1) -> Any:
        return sum_timed_trials(
            BOIN,
            MAIN,
            calendar=TimedCalendar(dlt_window_d=28),
            arrivals=FixedArrivals(1),
            dlt_times=UniformDltTimes(),
            n_trials=2,
            seed=seed,
            first_trial=first,
        )

    with pytest.raises(ValueError, match="trial 2 is expected and the next part begins with 4"):
        add_up_timed([part(0), part(4)])
    with pytest.raises(ValueError, match="the parts differ in seed"):
        add_up_timed([part(0), part(2, seed=2)])
    with pytest.raises(ValueError, match="no part"):
        add_up_timed([])


# --- arrivals and times of DLTs


def test_the_first_participants_of_a_cohort_keep_their_distance() -> None:
    kept = Played(
        calendar=TimedCalendar(dlt_window_d=28, first_to_second_d=14, next_d=3),
        arrivals=PoissonArrivals((5.0,)),
    ).keep(50)
    starts = kept.start_d.reshape(50, 12, 3)
    treated = kept.level.reshape(50, 12, 3) > 0
    assert (np.diff(starts, axis=2)[treated[:, :, 1:]].reshape(-1, 2) >= (14 - 1e-9, 3 - 1e-9)).all()


def test_the_same_participant_has_the_same_luck_under_every_rule() -> None:
    always = (0.25,) * 6
    plans: list[tuple[DecisionTable, WhilePending | None]] = [
        (BOIN, None),
        (BOIN, TITE),
        (ROLLING_SIX, None),
    ]
    first, *others = (
        Played(table=table, rates=always, while_pending=pending).keep(200) for table, pending in plans
    )
    for other in others:
        both = (first.level > 0) & (other.level > 0)
        assert np.array_equal(first.has_dlt[both], other.has_dlt[both])
        lasted, lasted_there = first.end_d - first.start_d, other.end_d - other.start_d
        assert lasted[both] == pytest.approx(lasted_there[both])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("model", [WeibullDltTimes, LogLogisticDltTimes])
def test_a_given_share_of_the_dlts_comes_in_the_second_half_of_the_window(model: Any, share: float) -> None:
    kept = Played(
        rates=(0.3,) * 6, dlt_times=model(share), while_pending=TITE, arrivals=FixedArrivals(10.0)
    ).keep(3_000)
    lasted = (kept.end_d - kept.start_d)[(kept.level > 0) & (kept.has_dlt == 1)]
    late = np.mean(lasted > 14.0)
    assert abs(late - share) < 4 * sqrt(share * (1 - share) / len(lasted))


def test_a_weibull_time_has_the_distribution_of_the_papers() -> None:
    # F(t) = 1 - exp(-h t^a) with F(28) = 0.3 and F(14) = 0.15
    flat = flatten_dlt_times(WeibullDltTimes(0.5), [0.3])
    shape = np.log(np.log(0.7) / np.log(0.85)) / np.log(2)
    assert 1 / flat.exponents[0] == pytest.approx(shape)
    assert flat.scales[0] == pytest.approx(-np.log(0.7))


def test_a_true_rate_of_0_or_1_has_dlt_times_too() -> None:
    kept = Played(rates=(0.0, 0.0, 0.0, 0.0, 0.0, 1.0), while_pending=TITE).keep(20)
    assert np.isfinite(kept.end_d).all()
    assert kept.n_dlt[:, :5].sum() == 0
    assert np.array_equal(kept.n_dlt[:, 5], kept.n[:, 5])


# fmt: off
FAULTS = {
    # --- arrivals
    "no site":            (lambda: check_arrival_model(PoissonArrivals(())), "there is no site"),
    "a site that stands": (lambda: check_arrival_model(PoissonArrivals((1.0, 0.0))), "site 2 has 0.0"),
    "a gap back in time": (lambda: check_arrival_model(FixedArrivals(-1.0)), "the gap is -1.0 days"),
    # --- times of DLTs
    "all late":           (lambda: check_dlt_time_model(WeibullDltTimes(1.0)), "share_in_second_half is 1.0"),
    "none late":          (lambda: check_dlt_time_model(LogLogisticDltTimes(0.0)), "share_in_second_half is 0.0"),
}
# fmt: on


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS.keys())
def test_an_impossible_model_is_told(case: tuple[Callable[[], list[Any]], str]) -> None:
    check, said = case
    (fault,) = check()
    assert said in str(fault)
    assert check_arrival_model(FixedArrivals(0.0)) == check_dlt_time_model(UniformDltTimes()) == []


# fmt: off
REFUSED = {
    "no window":            ({"calendar": TimedCalendar(dlt_window_d=0.0)}, "dlt_window_d is 0.0"),
    "a review back in time": ({"calendar": TimedCalendar(dlt_window_d=1.0, review_d=-1.0)}, "review_d is -1.0"),
    "tite of a 3+3":        ({"table": THREE_PLUS_THREE, "while_pending": TITE}, "give a table of boin"),
    "responses not known":  ({"while_pending": Backfilling()}, "no response rates are given"),
    "too few responses":    ({"response_rates": (0.1,)}, "response_rates are not 6 numbers"),
    "another target":       (
        {"while_pending": TiteCrm(model=CrmSpecification(skeleton=SKELETON, target_rate=Decimal("0.3")))},
        "write the same",
    ),
    "no table of counts":   (
        {"table": _table("crm", crm=CrmSpecification(skeleton=SKELETON, target_rate=TARGET), max_n=6)},
        "has no table of counts",
    ),
    "open windows twice":   (
        {"table": _table("tite_boin", backfill=Backfill())}, "the two are not simulated together"
    ),
    "too few rates":        ({"rates": (0.1,)}, "true_rates must be 6 numbers"),
}
# fmt: on


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_simulation_that_cannot_be_is_refused(case: tuple[dict[str, Any], str]) -> None:
    changes, said = case
    with pytest.raises(ValueError, match=said):
        Played(**changes).keep(2)


# --- two outcomes a participant


UTILITY = UtilitySpecification(
    max_toxicity_rate=Decimal("0.35"), min_efficacy_rate=Decimal("0.25"), u2=Decimal(40), u3=Decimal(60)
)
UTILITY_COUNTING_BOTH = UtilitySpecification(
    max_toxicity_rate=Decimal("0.35"),
    min_efficacy_rate=Decimal("0.25"),
    u2=Decimal(35),
    u3=Decimal(50),
    counts_both=True,
    explore_untried_from=None,
)


def _guards(**changes: Any) -> DesignSpecification:
    plain: dict[str, Any] = {
        "n_levels": 5,
        "target_rate": Decimal("0.35"),
        "max_n": 30,
        "max_n_per_level": 12,
        "mtd_min_n": 3,
    }
    return DesignSpecification(rule="boin", **(plain | changes))


@pytest.mark.parametrize(
    ("utility", "guards"),
    [
        (UTILITY, _guards()),
        (UTILITY, _guards(cohort_size=2, max_n=20, start_level=2, mtd_min_n=6)),
        (UTILITY_COUNTING_BOTH, _guards(max_n_per_level=9)),
    ],
)
def test_every_cohort_of_boin12_is_what_the_rule_says(
    utility: UtilitySpecification, guards: DesignSpecification
) -> None:
    table = compile_rank_table(utility, guards.max_n_per_level, guards.cohort_size)
    dlt_rates, response_rates = (0.05, 0.15, 0.30, 0.40, 0.60), (0.15, 0.35, 0.50, 0.55, 0.55)
    kept = keep_utility_trials(
        table, guards, dlt_rates, response_rates, n_trials=150, seed=8, correlation=0.4
    )
    given_dlt = [compute_joint_rate(p, q, 0.4) / p for p, q in zip(dlt_rates, response_rates, strict=True)]
    ends = set()
    for trial in range(150):
        outcomes, responses = (np.uint64(start_stream(8, trial, stream)) for stream in (OUTCOME, EFFICACY))
        counts = [[0] * 5 for _ in range(4)]
        level, k = guards.start_level, 0
        while True:
            step = recommend_boin12(table, guards, Boin12Counts(*counts), level)
            if not step.size:
                break
            assert step.level is not None
            level = step.level
            p, q = dlt_rates[level - 1], response_rates[level - 1]
            for _ in range(step.size):
                has_dlt = look_up(outcomes, k) < p
                with_dlt = given_dlt[level - 1]
                without = (q - p * with_dlt) / (1 - p)
                responds = look_up(responses, k) < (with_dlt if has_dlt else without)
                for row, happened in enumerate((True, has_dlt, responds, has_dlt and responds)):
                    counts[row][level - 1] += int(happened)
                k += 1
        assert kept.counts[trial].tolist() == counts
        assert kept.obd[trial] == (step.level or 0)
        assert kept.none_admissible[trial] == (step.action is Boin12Action.STOP_NONE_ADMISSIBLE)
        ends.add(step.level)
    assert len(ends) > 2


def test_parts_of_a_simulation_of_boin12_add_up() -> None:
    table = compile_rank_table(UTILITY, 12, 3)

    def part(first: int, size: int) -> Any:
        return sum_utility_trials(
            table, _guards(), (0.1,) * 5, (0.4,) * 5, n_trials=size, seed=2, first_trial=first
        )

    whole = compute_utility_characteristics(part(0, 300))
    assert compute_utility_characteristics(add_up_utility([part(100, 200), part(0, 100)])) == whole
    assert sum(whole.p_selected) + whole.p_none == pytest.approx(1)
    with pytest.raises(ValueError, match="missing or counted twice"):
        add_up_utility([part(0, 100), part(150, 150)])


@pytest.mark.parametrize("correlation", [-0.7, -0.2, 0.3, 0.9])
def test_joint_rates_are_those_of_two_normal_variables(correlation: float) -> None:
    # with both cut at their medians the probability is known: 1/4 + arcsin(r) / (2 pi)
    assert compute_joint_rate(0.5, 0.5, correlation) == pytest.approx(
        0.25 + np.arcsin(correlation) / (2 * np.pi)
    )
    draws = np.random.default_rng(5).multivariate_normal(
        (0, 0), ((1, correlation), (correlation, 1)), size=200_000
    )
    found = np.mean((draws[:, 0] < ndtri(0.2)) & (draws[:, 1] < ndtri(0.6)))
    assert compute_joint_rate(0.2, 0.6, correlation) == pytest.approx(found, abs=4 * 0.5 / sqrt(200_000))


def test_a_simulation_of_boin12_that_cannot_be_is_refused() -> None:
    table = compile_rank_table(UTILITY, 9, 3)
    for changes, said in (
        ({"correlation": 1.0}, "correlation is 1.0"),
        ({"response_rates": (0.5,)}, "response_rates must be 5"),
        ({}, "the rank table goes up to 9"),
    ):
        asked: dict[str, Any] = {"true_rates": (0.1,) * 5, "response_rates": (0.1,) * 5} | changes
        with pytest.raises(ValueError, match=said):
            keep_utility_trials(table, _guards(), n_trials=2, seed=1, **asked)

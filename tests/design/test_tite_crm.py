"""The TITE-CRM: a published posterior, the CRM itself, a second implementation, and its rule."""

from decimal import Decimal
from fractions import Fraction
from itertools import product

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import tite_rules

from firstdose.design.rules.crm import (
    REASONS,
    assign_closest_levels,
    compute_crm_posterior,
    compute_crm_rate_moments,
    judge_by_crm,
)
from firstdose.design.rules.crm_specification import CrmModel, CrmSpecification
from firstdose.design.rules.tite_crm import (
    TiteCrmStep,
    assign_level,
    check_tite_crm_counts,
    compute_tite_posterior,
)
from firstdose.design.stepping import DE_ESCALATE, ESCALATE
from firstdose.design.tallies import Tallies

CHEUNG = ("0.05", "0.12", "0.25", "0.40", "0.55")
ONE_PARAMETER: tuple[CrmModel, ...] = ("power", "logistic")


def _spec(
    skeleton: tuple[str, ...], target: str, model: CrmModel = "power", **more: object
) -> CrmSpecification:
    spec = CrmSpecification(skeleton=tuple(map(Decimal, skeleton)), target_rate=Decimal(target), model=model)
    return msgspec.structs.replace(spec, **more)


def _tallies(n: tuple[int, ...], y: tuple[int, ...], shares: list[list[Fraction]]) -> Tallies:
    return Tallies(n, y, tuple(map(len, shares)), tuple(map(tuple, shares)))


# --- published

# Cheung YK. Dose Finding by the Continual Reassessment Method. 2011, p. 124: four participants at level 3 without a
# DLT, followed for 73, 66, 35 and 28 of 126 days; estimate of beta 0.49, recommended level 4. As transcribed in the
# tests of the R package trialr (test_stan_crm.R). Tolerance: half of the last digit.
PAGE_124 = [Fraction(days, 126) for days in (73, 66, 35, 28)]


def test_the_estimate_of_cheungs_page_124_is_as_printed() -> None:
    follow_up = [[], [], PAGE_124, [], []]
    spec = _spec(CHEUNG, "0.25")
    posterior = compute_tite_posterior(spec, [0] * 5, [0] * 5, follow_up)
    assert posterior.slope[0] == pytest.approx(0.49, abs=0.005)
    assert assign_closest_levels(posterior.rates, 0.25)[0] == 4
    tallies = _tallies((0,) * 5, (0,) * 5, follow_up)
    assert assign_level(spec, tallies, 3, fewest_complete_to_escalate=0) == (4, "closest_level_above")
    # with nobody evaluable at the level it is not left upwards, unless that is asked for
    assert assign_level(spec, tallies, 3) == (3, "too_few_complete")


# The example of the help page of dfcrm's titecrm: its data are printed there, its result is not. So it is compared
# with the definition, integrated on its own.
DFCRM_SKELETON = ("0.05", "0.10", "0.20", "0.35", "0.50", "0.70")
DFCRM_LEVELS = (3, 3, 3, 4, 4, 3, 2, 2, 2, 3)
DFCRM_DLTS = (0, 0, 1, 0, 1, 0, 0, 0, 0, 0)
DFCRM_DAYS = (178, 181, 168, 181, 24, 181, 179, 102, 42, 3)
DFCRM_WINDOW = 180


@pytest.mark.parametrize("model", ONE_PARAMETER)
def test_the_example_of_dfcrm_comes_out_as_defined(model: CrmModel) -> None:
    n, y = [0] * 6, [0] * 6
    follow_up: list[list[Fraction]] = [[] for _ in range(6)]
    participants = []
    for level, dlt, days in zip(DFCRM_LEVELS, DFCRM_DLTS, DFCRM_DAYS, strict=True):
        if dlt or days >= DFCRM_WINDOW:
            n[level - 1] += 1
            y[level - 1] += dlt
        else:
            follow_up[level - 1].append(Fraction(days, DFCRM_WINDOW))
        participants.append((level - 1, bool(dlt), min(days / DFCRM_WINDOW, 1.0)))
    posterior = compute_tite_posterior(_spec(DFCRM_SKELETON, "0.2", model), n, y, follow_up)
    skeleton = list(map(float, DFCRM_SKELETON))
    mean = tite_rules.tite_mean(model, skeleton, participants)
    assert posterior.slope[0] == pytest.approx(mean, abs=1e-7)
    assert assign_closest_levels(posterior.rates, 0.2)[0] == tite_rules.closest_level(
        model, skeleton, mean, 0.2
    )


# --- second implementation


@st.composite
def _trials(draw: st.DrawFn) -> list[tuple[int, bool, Fraction]]:
    """Participants as place of the level among three, DLT, and share of the window seen."""
    shares = st.fractions(0, 1, max_denominator=28)
    drawn = draw(st.lists(st.tuples(st.integers(0, 2), st.booleans(), shares), min_size=1, max_size=12))
    return [(place, dlt, Fraction(1) if dlt else share) for place, dlt, share in drawn]


def _count(trial: list[tuple[int, bool, Fraction]]) -> tuple[list[int], list[int], list[list[Fraction]]]:
    n, y = [0] * 3, [0] * 3
    follow_up: list[list[Fraction]] = [[] for _ in range(3)]
    for place, dlt, share in trial:
        if share == 1:
            n[place] += 1
            y[place] += dlt
        else:
            follow_up[place].append(share)
    return n, y, follow_up


@settings(max_examples=60, deadline=None)
@given(_trials(), st.sampled_from(ONE_PARAMETER))
def test_the_posterior_mean_is_that_of_a_second_implementation(
    trial: list[tuple[int, bool, Fraction]], model: CrmModel
) -> None:
    skeleton = ("0.1", "0.25", "0.4")
    posterior = compute_tite_posterior(_spec(skeleton, "0.25", model), *_count(trial))
    mean = tite_rules.tite_mean(
        model, list(map(float, skeleton)), [(place, dlt, float(share)) for place, dlt, share in trial]
    )
    assert posterior.slope[0] == pytest.approx(mean, abs=1e-6)


# --- it is the CRM where every window is complete, and where nothing was seen of the open ones

MODELS: dict[CrmModel, dict[str, object]] = {
    "power": {},
    "logistic": {},
    "two_parameter_logistic": {"intercept_variance": Decimal(4), "slope_variance": Decimal(1)},
}


@pytest.mark.parametrize("model", MODELS)
def test_with_every_window_complete_every_step_is_that_of_the_crm(model: CrmModel) -> None:
    # three levels in cohorts of two: every state that cohorts can lead to, and many more
    spec = _spec(("0.1", "0.25", "0.4"), "0.25", model, **MODELS[model])
    pairs = [(n, y) for n in (0, 2, 4) for y in range(n + 1)]
    states = [
        (tuple(n for n, _ in cells), tuple(y for _, y in cells), level)
        for cells in product(pairs, repeat=3)
        for level in (1, 2, 3)
        if cells[level - 1][0]
    ]
    max_n = 12
    n, y, level = (np.array([state[place] for state in states]) for place in range(3))
    judged = judge_by_crm(spec, max_n=max_n)(n, y, level)
    for row, (n_here, y_here, level_here) in enumerate(states):
        tallies = Tallies(n_here, y_here, (0, 0, 0), ((), (), ()))
        found = assign_level(spec, tallies, level_here, max_n=max_n)
        if judged.is_too_toxic[row]:
            assert found == (0, "lowest_level_too_toxic")
            continue
        expected = level_here
        if judged.action[row] == ESCALATE:
            # of the top level judge never says so: no level above it is closest
            expected = level_here + 1
        elif judged.action[row] == DE_ESCALATE:
            expected = int(judged.highest[row])
        assert judged.reason is not None
        assert found == (expected, REASONS[judged.reason[row]]), tallies


@pytest.mark.parametrize("model", MODELS)
def test_a_window_just_opened_says_nothing_and_one_nearly_closed_says_all(model: CrmModel) -> None:
    spec = _spec(CHEUNG, "0.25", model, **MODELS[model])
    n, y = [3, 3, 2, 0, 0], [0, 1, 1, 0, 0]
    none: list[list[Fraction]] = [[], [], [], [], []]
    opened = compute_tite_posterior(spec, n, y, [[], [], [Fraction(0)], [], []], max_n=36)
    alone = compute_tite_posterior(spec, n, y, none, max_n=36)
    assert opened.rates == pytest.approx(alone.rates, abs=1e-12)
    closing = compute_tite_posterior(spec, n, y, [[], [], [1 - Fraction(1, 10**12)], [], []], max_n=36)
    closed = compute_crm_posterior(spec, [[3, 3, 3, 0, 0]], [y], max_n=36)
    for name in ("slope", "intercept", "rates", "p_lowest_above_target"):
        assert getattr(closing, name) == pytest.approx(getattr(closed, name), abs=1e-9)


@pytest.mark.parametrize("share", [Fraction(1, 14), Fraction(1, 2), Fraction(13, 14)])
@pytest.mark.parametrize("model", MODELS)
def test_a_pending_participant_is_partly_unseen_and_partly_without_a_dlt(
    model: CrmModel, share: Fraction
) -> None:
    # 1 - w F = (1 - w) 1 + w (1 - F), so the posterior is a mixture of two posteriors of the CRM
    spec = _spec(CHEUNG, "0.25", model, **MODELS[model])
    n, with_one_more, y = [3, 3, 2, 0, 0], [3, 3, 3, 0, 0], [0, 1, 1, 0, 0]
    unseen, seen = (compute_crm_posterior(spec, [counts], [y], max_n=36) for counts in (n, with_one_more))
    p_no_dlt = 1 - compute_crm_rate_moments(spec, [n], [y], max_n=36).mean[0, 2]
    weight = float(share) * p_no_dlt / (1 - float(share) + float(share) * p_no_dlt)
    found = compute_tite_posterior(spec, n, y, [[], [], [share], [], []], max_n=36)
    for name in ("slope", "intercept", "p_lowest_above_target"):
        mixture = (1 - weight) * getattr(unseen, name) + weight * getattr(seen, name)
        assert getattr(found, name) == pytest.approx(mixture, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(_trials(), st.integers(0, 2), st.fractions(0, 1, max_denominator=20))
def test_longer_follow_up_without_a_dlt_lowers_every_rate(
    trial: list[tuple[int, bool, Fraction]], place: int, part: Fraction
) -> None:
    spec = _spec(("0.1", "0.25", "0.4"), "0.25")
    n, y, follow_up = _count(trial)
    earlier, later = ([[*shares] for shares in follow_up] for _ in range(2))
    earlier[place].append(part / 2)
    later[place].append(part / 2 + Fraction(2, 5))
    rates = [compute_tite_posterior(spec, n, y, shares, max_n=20).rates for shares in (earlier, later)]
    assert (rates[1] <= rates[0] + 1e-12).all()


# --- the rule

FULL = Fraction(13, 14)
# fmt: off
#                                      n evaluable, DLTs, shares, level, fewest complete, step
STEPS: dict[str, tuple[tuple[int, ...], tuple[int, ...], list[list[Fraction]], int, int, TiteCrmStep]] = {
    # --- nobody
    "nobody treated":                 ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), [[], [], [], [], []], 2, 1, TiteCrmStep(2, "no_one_treated")),
    "nobody at this level yet":       ((3, 0, 0, 0, 0), (0, 0, 0, 0, 0), [[], [], [], [], []], 2, 1, TiteCrmStep(2, "no_one_treated")),
    # --- one level at a time, although the curve points at the top
    "no skipping":                    ((3, 0, 0, 0, 0), (0, 0, 0, 0, 0), [[FULL] * 3, [], [], [], []], 1, 1, TiteCrmStep(2, "closest_level_above")),
    # --- down as far as the curve points
    "down by two":                    ((3, 3, 3, 3, 0), (0, 0, 2, 3, 0), [[], [], [], [FULL], []], 4, 1, TiteCrmStep(2, "closest_level_below")),
    # --- coherence: the evaluable here have a rate at or above the target of 1/4
    "one in four evaluable":          ((6, 6, 4, 0, 0), (0, 0, 1, 0, 0), [[], [], [FULL] * 4, [], []], 3, 1, TiteCrmStep(3, "rate_at_or_above_target")),
    "one in five evaluable":          ((6, 6, 5, 0, 0), (0, 0, 1, 0, 0), [[], [], [FULL] * 4, [], []], 3, 1, TiteCrmStep(4, "closest_level_above")),
    # --- escalation on open windows alone
    "none evaluable, one asked for":  ((3, 0, 0, 0, 0), (0, 0, 0, 0, 0), [[], [FULL] * 3, [], [], []], 2, 1, TiteCrmStep(2, "too_few_complete")),
    "one evaluable, one asked for":   ((3, 1, 0, 0, 0), (0, 0, 0, 0, 0), [[], [FULL] * 2, [], [], []], 2, 1, TiteCrmStep(3, "closest_level_above")),
    "none evaluable, none asked for": ((3, 0, 0, 0, 0), (0, 0, 0, 0, 0), [[], [FULL] * 3, [], [], []], 2, 0, TiteCrmStep(3, "closest_level_above")),
    "one treated, two asked for":     ((3, 1, 0, 0, 0), (0, 0, 0, 0, 0), [[], [], [], [], []], 2, 2, TiteCrmStep(3, "closest_level_above")),
    # --- the target stands here
    "two in eight":                   ((0, 8, 0, 0, 0), (0, 2, 0, 0, 0), [[], [Fraction(0)], [], [], []], 2, 1, TiteCrmStep(2, "closest_level_here")),
    # --- pending participants never hold back a step down
    "down on open windows":           ((0, 1, 0, 0, 0), (0, 1, 0, 0, 0), [[], [FULL] * 2, [], [], []], 2, 1, TiteCrmStep(1, "closest_level_below")),
    # --- too toxic at the lowest level
    "three in three":                 ((3, 0, 0, 0, 0), (3, 0, 0, 0, 0), [[Fraction(0)], [], [], [], []], 1, 1, TiteCrmStep(0, "lowest_level_too_toxic")),
}
# fmt: on


@pytest.mark.parametrize("case", STEPS.values(), ids=STEPS.keys())
def test_where_the_next_participants_are_treated(
    case: tuple[tuple[int, ...], tuple[int, ...], list[list[Fraction]], int, int, TiteCrmStep],
) -> None:
    n, y, shares, level, fewest, step = case
    found = assign_level(
        _spec(CHEUNG, "0.25"), _tallies(n, y, shares), level, fewest_complete_to_escalate=fewest
    )
    assert found == step


def test_coherence_is_asked_for_or_not() -> None:
    # one of four evaluable, against a target of 1/4, and six without a DLT below
    tallies = _tallies((6, 6, 4, 0, 0), (0, 0, 1, 0, 0), [[], [], [FULL] * 4, [], []])
    steps = [assign_level(_spec(CHEUNG, "0.25", is_coherent=one), tallies, 3).level for one in (True, False)]
    assert steps == [3, 4]


def test_without_their_follow_up_the_pending_count_as_seen_for_no_time() -> None:
    spec = _spec(CHEUNG, "0.25")
    counts = ((3, 1, 0, 0, 0), (0, 0, 0, 0, 0), (0, 2, 0, 0, 0))
    none = Fraction(0)
    assert assign_level(spec, Tallies(*counts), 2, fewest_complete_to_escalate=2).reason == "too_few_complete"
    assert assign_level(spec, Tallies(*counts), 2) == assign_level(
        spec, Tallies(*counts, ((), (none, none), (), (), ())), 2
    )


def test_a_late_dlt_counts_in_full() -> None:
    # the same six participants, before and after one of the pending has a DLT
    spec = _spec(CHEUNG, "0.25")
    before = _tallies((3, 1, 0, 0, 0), (0, 0, 0, 0, 0), [[], [FULL, FULL], [], [], []])
    after = _tallies((3, 2, 0, 0, 0), (0, 1, 0, 0, 0), [[], [FULL], [], [], []])
    assert assign_level(spec, before, 2).level == 3
    assert assign_level(spec, after, 2).level <= 2


# --- bad input

EMPTY: list[list[Fraction]] = [[], [], [], [], []]
# fmt: off
BAD_COUNTS = {
    "window complete":   ([3, 0, 0, 0, 0], [0] * 5, [[], [Fraction(1)], [], [], []], "level 2 was seen through 1 of"),
    "no number":         ([3, 0, 0, 0, 0], [0] * 5, [[], [float("nan")], [], [], []], "level 2 was seen through nan of"),
    "before the window": ([3, 0, 0, 0, 0], [0] * 5, [[Fraction(-1, 14)], [], [], [], []], "level 1 was seen through -1/14 of"),
    "fewer than nobody": ([3, -2, 0, 0, 0], [0] * 5, EMPTY, "level 2 has n_evaluable -2"),
    "fewer than no DLT": ([3, 0, 0, 0, 0], [-1, 0, 0, 0, 0], EMPTY, "level 1 has n_dlt -1"),
    "more than all":     ([3, 0, 0, 0, 0], [4, 0, 0, 0, 0], EMPTY, "level 1 has 4 participants with a DLT out of 3"),
    "a level too few":   ([3, 0, 0, 0], [0] * 5, EMPTY, "n_evaluable is given for 4 levels and the skeleton has 5"),
}
# fmt: on


@pytest.mark.parametrize("case", BAD_COUNTS.values(), ids=BAD_COUNTS.keys())
def test_impossible_counts_are_named(
    case: tuple[list[int], list[int], list[list[Fraction]], str],
) -> None:
    n, y, follow_up, said = case
    faults = check_tite_crm_counts(_spec(CHEUNG, "0.25"), n, y, follow_up)
    assert [said in fault.what for fault in faults] == [True]


def test_possible_counts_have_no_fault() -> None:
    shares = [[], [Fraction(0), FULL], [], [], []]
    assert not check_tite_crm_counts(_spec(CHEUNG, "0.25"), [3, 3, 0, 0, 0], [0, 3, 0, 0, 0], shares)

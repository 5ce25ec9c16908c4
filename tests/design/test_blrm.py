"""The Bayesian logistic regression model: posteriors of others, second implementations, and its rule."""

from decimal import Decimal
from itertools import product
from math import log

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.double import blrm_rule, model_posteriors

from firstdose.design.rules.blrm import (
    IntervalProbabilities,
    assign_best_levels,
    compute_interval_probabilities,
    compute_rate_moments,
    judge_by_blrm,
    list_knife_edges,
    select_by_blrm,
)
from firstdose.design.rules.blrm_specification import BlrmSpecification, check_blrm_specification
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, STAY


def _spec(
    doses: tuple[str, ...],
    reference: str,
    mean: tuple[str, str],
    sd: tuple[str, str],
    correlation: str = "0",
    **more: object,
) -> BlrmSpecification:
    spec = BlrmSpecification(
        doses=tuple(map(Decimal, doses)),
        reference_dose=Decimal(reference),
        mean_log_alpha=Decimal(mean[0]),
        mean_log_beta=Decimal(mean[1]),
        sd_log_alpha=Decimal(sd[0]),
        sd_log_beta=Decimal(sd[1]),
        correlation=Decimal(correlation),
    )
    return msgspec.structs.replace(spec, **more)


SIX = _spec(("10", "20", "35", "50", "80", "100"), "90", ("-0.708", "-0.389"), ("1.2", "0.9"))
WIDE = _spec(("1", "3", "10", "30", "60", "100"), "60", ("-0.7", "0"), ("2", "1"))
CORRELATED = _spec(("0.5", "1", "2", "3", "6", "9"), "3", ("-1.1", "0"), ("1.5", "0.5"), "-0.5")
SPECS = (SIX, WIDE, CORRELATED)

# --- computed by others

# Posterior probabilities and means that SAS simulated for crmPack (its tests/testthat/testdata, sc1_sit*.csv and
# sc3_sit*.csv). Their simulation error is not stated; tolerance: the 0.01 with which crmPack compares its own.
SAS_1 = _spec(
    ("10", "20", "35", "50", "65", "80", "90", "100"),
    "90",
    ("-0.708", "-0.389"),
    ("1.2", "0.9"),
    target_low=Decimal("0.2"),
    target_high=Decimal("0.35"),
)
SAS_3 = _spec(
    ("10", "15", "30", "45", "60", "90", "120", "150", "180", "240"),
    "150",
    ("-0.8473", "-0.0935"),
    ("1.489", "1.275"),
    target_low=Decimal("0.2"),
    target_high=Decimal("0.35"),
)
# fmt: off
#                    n, DLTs; probability of the target interval, of overdosing, mean rate, lowest level first
SAS = {
    "one cohort":    (SAS_1, (3, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0),
                      (0.07846, 0.12798, 0.186355, 0.2295, 0.2605, 0.2739, 0.27458, 0.26995),
                      (0.0248, 0.05049, 0.100035, 0.16148, 0.22966, 0.30365, 0.350655, 0.394335),
                      (0.0763416, 0.1100903, 0.1545050, 0.1962704, 0.2367914, 0.2762609, 0.3016465, 0.3256561)),
    "DLT at 2":      (SAS_1, (3, 3, 0, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0, 0, 0),
                      (0.169825, 0.265225, 0.338905, 0.348835, 0.3327, 0.313185, 0.2978, 0.284645),
                      (0.04449, 0.102115, 0.205365, 0.310275, 0.396715, 0.462395, 0.499525, 0.529715),
                      (0.1303279, 0.1808762, 0.2392303, 0.2856072, 0.3235771, 0.3551505, 0.3733696, 0.3897236)),
    "none in 12":    (SAS_1, (3, 3, 3, 3, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0),
                      (0.004555, 0.012315, 0.034955, 0.0808, 0.15147, 0.21463, 0.238935, 0.247925),
                      (0.00011, 0.00027, 0.001785, 0.00942, 0.033535, 0.08973, 0.143165, 0.19762),
                      (0.0253072, 0.0399290, 0.0636293, 0.0919264, 0.1263038, 0.1669948, 0.1966994, 0.2265961)),
    "DLT at 4":      (SAS_1, (3, 3, 3, 3, 0, 0, 0, 0), (0, 0, 0, 1, 0, 0, 0, 0),
                      (0.02301, 0.05541, 0.14259, 0.257295, 0.3281, 0.334205, 0.328405, 0.31699),
                      (0.00121, 0.003775, 0.01616, 0.05664, 0.143375, 0.249985, 0.31266, 0.36502),
                      (0.0485119, 0.0763998, 0.1194826, 0.1659136, 0.2141389, 0.2609530, 0.2899453, 0.3166320)),
    "DLT at once":   (SAS_3, (0, 3, 0, 0, 0, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
                      (0.23963, 0.261655, 0.283215, 0.278015, 0.26768, 0.245325, 0.226115, 0.212515, 0.19969, 0.181395),
                      (0.200155, 0.241785, 0.34261, 0.41647, 0.471805, 0.54837, 0.598495, 0.632045, 0.65851, 0.695035),
                      (0.2140519, 0.2394935, 0.2924456, 0.3290749, 0.3572253, 0.3989403, 0.4291316, 0.4524144, 0.4711418, 0.4998400)),
    "DLT at 3":      (SAS_3, (0, 3, 3, 0, 0, 0, 0, 0, 0, 0), (0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
                      (0.121135, 0.155215, 0.238895, 0.28713, 0.30417, 0.295775, 0.277605, 0.25748, 0.240895, 0.21508),
                      (0.034415, 0.04906, 0.101875, 0.16794, 0.23862, 0.35789, 0.439145, 0.49924, 0.542175, 0.601335),
                      (0.1043760, 0.1237891, 0.1717886, 0.2118399, 0.2465452, 0.3033963, 0.3473605, 0.3820298, 0.4099905, 0.4524215)),
    "DLT at 5 and 6": (SAS_3, (0, 3, 3, 0, 3, 3, 0, 0, 0, 0), (0, 0, 0, 0, 1, 1, 0, 0, 0, 0),
                      (0.04423, 0.0612, 0.122445, 0.20813, 0.29474, 0.379765, 0.33641, 0.29045, 0.252835, 0.206835),
                      (0.00447, 0.006495, 0.016315, 0.036, 0.07812, 0.24015, 0.41266, 0.51969, 0.590735, 0.671685),
                      (0.0558884, 0.0688640, 0.1056691, 0.1430700, 0.1819468, 0.2608483, 0.3324806, 0.3910312, 0.4372329, 0.5034992)),
    "none in 9":     (SAS_3, (0, 3, 3, 0, 3, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                      (0.00537, 0.00696, 0.014135, 0.027235, 0.048225, 0.100895, 0.16378, 0.20218, 0.18891, 0.155845),
                      (0.00027, 0.000435, 0.00142, 0.00335, 0.00754, 0.037275, 0.10807, 0.247605, 0.383435, 0.52129),
                      (0.0152222, 0.0188107, 0.0295490, 0.0416975, 0.0562023, 0.0952208, 0.1531222, 0.2409860, 0.3366238, 0.4501153)),
}
# fmt: on
SasCase = tuple[
    BlrmSpecification,
    tuple[int, ...],
    tuple[int, ...],
    tuple[float, ...],
    tuple[float, ...],
    tuple[float, ...],
]


@pytest.mark.parametrize("case", SAS.values(), ids=SAS.keys())
def test_probabilities_are_those_that_sas_simulated(case: SasCase) -> None:
    spec, n, n_dlt, target, over, mean = case
    found = compute_interval_probabilities(spec, [n], [n_dlt])
    assert found.target[0] == pytest.approx(target, abs=0.01)
    assert found.over[0] == pytest.approx(over, abs=0.01)
    assert compute_rate_moments(spec, [n], [n_dlt]).mean[0] == pytest.approx(mean, abs=0.01)


# Neuenschwander, Branson, Gsponer 2008: their data and prior; the means that bcrm simulated with JAGS, as printed in
# escalation's test_trialr_nbg.R, which asks for 0.04. Tolerance: 0.005 for the simulation.
def test_means_of_neuenschwanders_trial_are_those_that_bcrm_simulated() -> None:
    doses = ("1", "2.5", "5", "10", "15", "20", "25", "30", "40", "50", "75", "100", "150", "200", "250")
    spec = _spec(doses, "250", ("2.15", "0.52"), ("0.84", "0.80"), str(0.134 / (0.84 * 0.80)))
    n, n_dlt = [3, 4, 5, 4, 0, 0, 2] + [0] * 8, [0] * 6 + [2] + [0] * 8
    # fmt: off
    printed = (0.01276366, 0.03170250, 0.06454400, 0.13103260, 0.19505604, 0.25486603, 0.30990977, 0.36015142,
               0.44716663, 0.51852928, 0.64632144, 0.72710146, 0.81804596, 0.86567496, 0.89421686)
    # fmt: on
    assert compute_rate_moments(spec, [n], [n_dlt]).mean[0] == pytest.approx(printed, abs=0.005)


# --- second implementations


def _double(
    spec: BlrmSpecification, n: tuple[int, ...], n_dlt: tuple[int, ...]
) -> tuple[model_posteriors.Floats, model_posteriors.Floats]:
    """Mean and mean square by level, and the probability above each end of the target interval."""
    _, moments, above = model_posteriors.two_parameters(
        [log(dose / spec.reference_dose) for dose in spec.doses],
        (float(spec.mean_log_alpha), float(spec.mean_log_beta)),
        (float(spec.sd_log_alpha), float(spec.sd_log_beta)),
        float(spec.correlation),
        n,
        n_dlt,
        (float(spec.target_low), float(spec.target_high)),
    )
    return moments, above


# the first are those on which rows of whole nodes err most: a steep posterior, and a cut far from the data
# fmt: off
AGAIN = {
    "a cliff between two levels":   (CORRELATED, (0, 18, 18, 0, 0, 0), (0, 0, 18, 0, 0, 0)),
    "a cliff, another prior":       (SIX,        (0, 18, 18, 0, 0, 0), (0, 0, 18, 0, 0, 0)),
    "both ends, none and all":      (WIDE,       (18, 0, 0, 0, 0, 18), (0, 0, 0, 0, 0, 18)),
    "all at the top, half with":    (SIX,        (0, 0, 0, 0, 0, 36), (0, 0, 0, 0, 0, 18)),
    "all at the bottom with a DLT": (WIDE,       (36, 0, 0, 0, 0, 0), (36, 0, 0, 0, 0, 0)),
    "against the prior's order":    (SIX,        (18, 0, 0, 0, 0, 18), (9, 0, 0, 0, 0, 0)),
    "a trial as it runs":           (CORRELATED, (3, 3, 6, 9, 3, 0), (0, 0, 1, 2, 2, 0)),
    "nobody":                       (WIDE,       (0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0)),
}
# fmt: on


@pytest.mark.parametrize("case", AGAIN.values(), ids=AGAIN.keys())
def test_probabilities_and_moments_are_right_to_four_digits_where_it_is_hardest(
    case: tuple[BlrmSpecification, tuple[int, ...], tuple[int, ...]],
) -> None:
    spec, n, n_dlt = case
    (mean, square), above = _double(spec, n, n_dlt)
    found = compute_interval_probabilities(spec, [n], [n_dlt], max_n=36)
    assert found.over[0] == pytest.approx(above[:, 1], abs=5e-5)
    assert found.under[0] == pytest.approx(1 - above[:, 0], abs=5e-5)
    moments = compute_rate_moments(spec, [n], [n_dlt], max_n=36)
    assert moments.mean[0] == pytest.approx(mean, abs=1e-5)
    assert moments.sd[0] == pytest.approx(np.sqrt(square - mean**2), abs=1e-4)


@st.composite
def _counts(draw: st.DrawFn, n_levels: int = 6, most: int = 36) -> tuple[tuple[int, ...], tuple[int, ...]]:
    left, cells = most, []
    for _ in range(n_levels):
        here = draw(st.integers(0, left))
        left -= here
        cells.append((here, draw(st.integers(0, here))))
    n, n_dlt = zip(*draw(st.permutations(cells)), strict=True)
    return n, n_dlt


@settings(deadline=None, max_examples=8)
@given(st.sampled_from(SPECS), _counts())
def test_probabilities_are_right_to_three_digits_for_any_data(
    spec: BlrmSpecification, counts: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    _, above = _double(spec, *counts)
    found = compute_interval_probabilities(spec, [counts[0]], [counts[1]], max_n=36)
    assert found.over[0] == pytest.approx(above[:, 1], abs=2e-4)
    assert found.target[0] == pytest.approx(above[:, 0] - above[:, 1], abs=2e-4)


SMALL = _spec(("10", "30", "90"), "90", ("-0.7", "-0.4"), ("1.2", "0.9"))
SMALL_STATES = [
    tuple(zip(*cells, strict=True))
    for cells in (
        *product([(0, 0), (3, 0), (3, 1)], repeat=3),
        ((3, 2), (0, 0), (0, 0)),
        ((3, 3), (0, 0), (0, 0)),
        ((3, 0), (3, 2), (0, 0)),
        ((6, 0), (3, 3), (0, 0)),
        ((3, 0), (3, 0), (3, 2)),
    )
]


def test_every_small_state_is_judged_as_the_rule_is_worded() -> None:
    judge = judge_by_blrm(SMALL, max_n=9)
    levels = np.array([1, 2, 3])
    limit = float(SMALL.overdose_limit)
    edges = set()
    for n, n_dlt in SMALL_STATES:
        _, above = _double(SMALL, n, n_dlt)
        edges |= {
            (n, n_dlt, level) for level, over in enumerate(above[:, 1], start=1) if abs(over - limit) < 0.02
        }
        if not any(n):
            continue
        said = judge(np.array([n] * 3), np.array([n_dlt] * 3), levels)
        step = np.select([said.action == ESCALATE, said.action == DE_ESCALATE], [1, -1], 0)
        following = np.minimum(np.minimum(levels + step, 3), said.highest)
        for level in (1, 2, 3):
            expected = blrm_rule.next_level(
                (above[:, 0] - above[:, 1]).tolist(), above[:, 1].tolist(), level, limit
            )
            assert bool(said.is_too_toxic[level - 1]) is (expected is None)
            if expected is not None:
                assert following[level - 1] == expected
    n_rows, dlt_rows = (np.array(rows) for rows in zip(*SMALL_STATES, strict=True))
    listed = list_knife_edges(SMALL, n_rows, dlt_rows, nearness=0.02)
    assert {(edge.n_evaluable, edge.n_dlt, edge.level) for edge in listed} == edges
    assert edges


# --- properties


@settings(deadline=None)
@given(st.sampled_from(SPECS), _counts())
@example(CORRELATED, ((23, 1, 2, 0, 4, 0), (17, 1, 2, 0, 4, 0)))  # nothing in the target interval
def test_neither_mean_nor_overdosing_falls_from_one_level_to_the_next(
    spec: BlrmSpecification, counts: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    found = compute_interval_probabilities(spec, [counts[0]], [counts[1]], max_n=36)
    assert (np.diff(found.over[0]) >= -1e-7).all()
    assert (np.diff(found.under[0]) <= 1e-7).all()
    assert found.under[0] + found.target[0] + found.over[0] == pytest.approx(1, abs=1e-12)
    assert (np.diff(compute_rate_moments(spec, [counts[0]], [counts[1]], max_n=36).mean[0]) >= 0).all()


@settings(deadline=None)
@given(st.sampled_from(SPECS), _counts(), st.integers(0, 5))
def test_one_more_dlt_at_a_level_never_makes_an_overdose_there_less_likely(
    spec: BlrmSpecification, counts: tuple[tuple[int, ...], tuple[int, ...]], place: int
) -> None:
    n, n_dlt = counts
    if n_dlt[place] < n[place]:
        more = tuple(y + (k == place) for k, y in enumerate(n_dlt))
        over = compute_interval_probabilities(spec, [n, n], [n_dlt, more], max_n=36).over[:, place]
        assert over[1] >= over[0] - 1e-7


@settings(deadline=None)
@given(
    st.sampled_from(SPECS),
    _counts(),
    st.integers(1, 6),
    st.sampled_from(["0.001", "0.7", "1000", "1E+6"]),
)
def test_doses_in_another_unit_change_nothing(
    spec: BlrmSpecification,
    counts: tuple[tuple[int, ...], tuple[int, ...]],
    level: int,
    factor: str,
) -> None:
    scaled = msgspec.structs.replace(
        spec,
        doses=tuple(dose * Decimal(factor) for dose in spec.doses),
        reference_dose=spec.reference_dose * Decimal(factor),
    )
    state = np.array([counts[0]]), np.array([counts[1]])
    one, other = (compute_interval_probabilities(which, *state, max_n=36) for which in (spec, scaled))
    assert one.over == pytest.approx(other.over, abs=1e-12)
    assert one.target == pytest.approx(other.target, abs=1e-12)
    said, said_scaled = (
        judge_by_blrm(which, max_n=36)(*state, np.array([level])) for which in (spec, scaled)
    )
    assert said == said_scaled


@settings(deadline=None)
@given(_counts(3, 18), st.integers(1, 3))
def test_nobody_is_sent_to_a_level_above_the_limit_nor_past_one(
    counts: tuple[tuple[int, ...], tuple[int, ...]], level: int
) -> None:
    state = np.array([counts[0]]), np.array([counts[1]])
    said = judge_by_blrm(SMALL, max_n=18)(*state, np.array([level]))
    over = compute_interval_probabilities(SMALL, *state, max_n=18).over[0]
    if said.action[0] == ESCALATE:
        assert over[level] <= 0.25
        assert said.highest[0] > level
    elif any(counts[0]) and not said.is_too_toxic[0]:
        assert over[min(level, said.highest[0]) - 1] <= 0.25


# --- limits of the rule

# fmt: off
#                                           target, may be chosen; level
BEST = {
    "the likeliest on target":              ((0.2, 0.4, 0.3), (True, True, True), 2),
    "not one above the limit":              ((0.2, 0.4, 0.5), (True, True, False), 2),
    "none within the limit":                ((0.2, 0.4, 0.5), (False, False, False), 0),
    # --- all are far below the target: the highest
    "one in twenty is nothing":             ((0.05, 0.02, 0.01), (True, True, True), 3),
    "more than one in twenty is something": ((0.051, 0.02, 0.01), (True, True, True), 1),
    "the highest within the limit":         ((0.01, 0.02, 0.5), (True, True, False), 2),
}
# fmt: on


@pytest.mark.parametrize("case", BEST.values(), ids=BEST.keys())
def test_which_level_is_best(case: tuple[tuple[float, ...], tuple[bool, ...], int]) -> None:
    target, may_be_chosen, level = case
    nothing = np.zeros((1, 3))
    found = IntervalProbabilities(under=nothing, target=np.array([target]), over=nothing)
    assert assign_best_levels(found, np.array([may_be_chosen])).tolist() == [level]


# probabilities of overdosing here by the second implementation
# fmt: off
#                                      n, DLTs, level; action, highest, too toxic
JUDGED = {
    "nobody treated, start at 1":      ((0, 0, 0), (0, 0, 0), 1, STAY, 3, False),
    "nobody treated, start at 3":      ((0, 0, 0), (0, 0, 0), 3, STAY, 3, False),
    # --- 0.01, 0.03, 0.28: level 3 is closed
    "six without a DLT":               ((3, 3, 0), (0, 0, 0), 2, STAY, 2, False),
    "level 2 next":                    ((3, 3, 0), (0, 0, 0), 1, ESCALATE, 2, False),
    "down from a closed level":        ((3, 3, 0), (0, 0, 0), 3, DE_ESCALATE, 2, False),
    # --- 0.04, 0.16, 0.53
    "one DLT at level 2":              ((3, 3, 0), (0, 1, 0), 2, STAY, 2, False),
    "all with a DLT":                  ((3, 0, 0), (3, 0, 0), 1, DE_ESCALATE, 0, True),
}
# fmt: on


@pytest.mark.parametrize("case", JUDGED.values(), ids=JUDGED.keys())
def test_what_the_model_makes_of_counts(
    case: tuple[tuple[int, ...], tuple[int, ...], int, int, int, bool],
) -> None:
    n, n_dlt, level, *expected = case
    said = judge_by_blrm(SMALL, max_n=18)(
        np.array([n], np.int16), np.array([n_dlt], np.int16), np.array([level], np.int16)
    )
    assert [said.action[0], said.highest[0], said.is_too_toxic[0]] == expected


def test_from_a_closed_level_the_way_down_goes_to_the_likeliest_on_target_and_not_to_the_highest_open() -> (
    None
):
    n, n_dlt = (3, 6, 0, 6, 0, 0), (1, 1, 0, 0, 0, 0)
    _, above = _double(WIDE, n, n_dlt)
    target = above[:, 0] - above[:, 1]
    assert (above[:5, 1] <= 0.25).all()  # five levels are open
    assert above[5, 1] > 0.25
    assert target.argmax() == 3
    said = judge_by_blrm(WIDE, max_n=36)(np.array([n]), np.array([n_dlt]), np.array([6]))
    assert [said.action[0], said.highest[0], said.is_too_toxic[0]] == [DE_ESCALATE, 4, False]


# fmt: off
#                                    n, DLTs, highest open, fewest; MTD
SELECTED = {
    "the likeliest on target":       ((3, 6, 0), (0, 1, 0), 3, 1, 2),
    "not one above the limit":       ((3, 3, 3), (0, 0, 2), 3, 1, 2),
    "not above the highest open":    ((3, 6, 0), (0, 1, 0), 1, 1, 1),
    "one with six participants":     ((6, 3, 0), (0, 1, 0), 3, 6, 1),
    "any, if none has six":          ((3, 3, 0), (0, 1, 0), 3, 6, 2),
    "none where all are too toxic":  ((3, 0, 0), (3, 0, 0), 3, 1, 0),
    "none where nobody was treated": ((0, 0, 0), (0, 0, 0), 3, 1, 0),
}
# fmt: on


@pytest.mark.parametrize("case", SELECTED.values(), ids=SELECTED.keys())
def test_which_level_is_the_mtd(case: tuple[tuple[int, ...], tuple[int, ...], int, int, int]) -> None:
    n, n_dlt, highest, fewest, mtd = case
    select = select_by_blrm(SMALL, max_n=18, fewest_at_mtd=fewest)
    assert select(np.array([n]), np.array([n_dlt]), np.array([highest])).tolist() == [mtd]


def test_no_states_have_no_posterior_and_no_judgement() -> None:
    nothing, no_level = np.empty((0, 3), np.int16), np.empty(0, np.int16)
    assert compute_interval_probabilities(SMALL, nothing, nothing).over.shape == (0, 3)
    assert len(judge_by_blrm(SMALL, max_n=18)(nothing, nothing, no_level).action) == 0
    assert len(select_by_blrm(SMALL, max_n=18)(nothing, nothing, no_level)) == 0
    assert list_knife_edges(SMALL, nothing, nothing) == ()


# --- bad values

# fmt: off
#                               what is changed; where, and the sentence
FAULTS = {
    "not increasing":           ({"doses": (Decimal(10), Decimal(30), Decimal(20))}, "doses",
                                 "the dose of level 3 is 20, not above 30 of level 2"),
    "a dose of 0":              ({"doses": (Decimal(0), Decimal(30))}, "doses",
                                 "the dose of level 1 is 0, not a decimal number above 0"),
    "a dose that is no number": ({"doses": (Decimal(10), Decimal("NaN"))}, "doses",
                                 "the dose of level 2 is NaN, not a decimal number above 0"),
    "no doses":                 ({"doses": ()}, "doses", "there are no doses"),
    "no reference":             ({"reference_dose": Decimal(0)}, "reference_dose",
                                 "reference_dose is 0, not a decimal number above 0"),
    "no spread":                ({"sd_log_beta": Decimal(0)}, "sd_log_beta",
                                 "sd_log_beta is 0, not a decimal number above 0"),
    "a mean in binary":         ({"mean_log_alpha": 0.5}, "mean_log_alpha",
                                 "mean_log_alpha is 0.5, not a decimal number"),
    "wholly correlated":        ({"correlation": Decimal(1)}, "correlation", "correlation is 1, not between -1 and 1"),
    "correlation no number":    ({"correlation": Decimal("NaN")}, "correlation",
                                 "correlation is NaN, not a decimal number"),
    "target up to 1":           ({"target_high": Decimal(1)}, "target_high", "target_high is 1, not between 0 and 1"),
    "target from NaN":          ({"target_low": Decimal("NaN")}, "target_low", "target_low is NaN, not a decimal number"),
    "empty target":             ({"target_low": Decimal("0.33")}, "target_low",
                                 "target_low is 0.33, not below target_high 0.33"),
    "no limit":                 ({"overdose_limit": Decimal(1)}, "overdose_limit",
                                 "overdose_limit is 1, not between 0 and 1"),
}
# fmt: on


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS.keys())
def test_a_bad_value_is_told_in_one_sentence(case: tuple[dict[str, object], str, str]) -> None:
    changes, clause, what = case
    faults = check_blrm_specification(msgspec.structs.replace(SMALL, **changes))
    assert [(fault.clause, fault.what) for fault in faults] == [(clause, what)]
    assert all(fault.next for fault in faults)


def test_good_values_have_no_fault_and_a_wrong_number_of_levels_has_one() -> None:
    assert check_blrm_specification(SMALL, n_levels=3) == []
    (fault,) = check_blrm_specification(SMALL, n_levels=4)
    assert fault.what == "there are 3 doses and 4 levels"

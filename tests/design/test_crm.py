"""The continual reassessment method: published posteriors, second implementations, and its rule."""

from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import sqrt

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.double import crm_rule, model_posteriors

from firstdose.design.rules.crm import (
    assign_closest_levels,
    compute_crm_posterior,
    compute_crm_rate_moments,
    judge_by_crm,
    select_by_crm,
)
from firstdose.design.rules.crm_specification import CrmModel, CrmSpecification, check_crm_specification
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, STAY

ONE_PARAMETER: tuple[CrmModel, ...] = ("power", "logistic")
CHEUNG = ("0.05", "0.12", "0.25", "0.40", "0.55")
SIX = ("0.02", "0.08", "0.16", "0.25", "0.35", "0.45")


def _spec(
    skeleton: tuple[str, ...], target: str, model: CrmModel = "power", **more: object
) -> CrmSpecification:
    spec = CrmSpecification(skeleton=tuple(map(Decimal, skeleton)), target_rate=Decimal(target), model=model)
    return msgspec.structs.replace(spec, **more)


TWO_PARAMETERS = _spec(
    CHEUNG,
    "0.25",
    "two_parameter_logistic",
    intercept_variance=Decimal(4),
    slope_variance=Decimal(1),
)

# --- published


# Cheung YK. Dose Finding by the Continual Reassessment Method. 2011, Table 3.2, p. 26: level, DLT and estimate of
# beta after each of 20 participants; as transcribed in the tests of the package clintrials (test_CRM_bayes).
# Tolerance: half of the last digit.
# fmt: off
CHEUNG_TABLE_3_2 = {
    "level": (3, 5, 5, 3, 4, 4, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4),
    "dlt":   (0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0),
    "beta":  (0.60, 0.93, 0.04, 0.18, 0.28, 0.34, 0.41, 0.47, 0.31, 0.35,
              0.25, 0.15, 0.18, 0.21, 0.24, 0.26, 0.28, 0.21, 0.22, 0.24),
}
# fmt: on


def test_the_twenty_participants_of_cheungs_table_are_led_as_printed() -> None:
    levels = np.array(CHEUNG_TABLE_3_2["level"])
    at_level = np.eye(5, dtype=int)[levels - 1]
    n = at_level.cumsum(axis=0)
    n_dlt = (at_level * np.array(CHEUNG_TABLE_3_2["dlt"])[:, None]).cumsum(axis=0)
    posterior = compute_crm_posterior(_spec(CHEUNG, "0.25", "logistic"), n, n_dlt)
    assert posterior.slope == pytest.approx(CHEUNG_TABLE_3_2["beta"], abs=0.005)
    assert assign_closest_levels(posterior.rates, 0.25)[:-1].tolist() == levels[1:].tolist()


# Values of dfcrm as its users printed them; tolerance: half of the last digit.
# fmt: off
#                            skeleton, target, model, n, DLTs, rates as printed, half of the last digit
PRINTED = {
    # README of the package escalation, mean_prob_tox of "2NNN 3TTN 2TNN 2NNT"
    "escalation README":     (("0.05", "0.1", "0.25", "0.4", "0.6"), "0.25", "power", (0, 9, 3, 0, 0), (0, 2, 2, 0, 0),
                              (0.1845713, 0.2728713, 0.4575229, 0.5964102, 0.7496662), 5e-8),
    # tests of the package clintrials, test_CRM_bayes_again, "verifiable in R"
    "clintrials, power":     (("0.1", "0.2", "0.4", "0.6"), "0.4", "power", (3, 3, 0, 0), (0, 2, 0, 0),
                              (0.240, 0.368, 0.566, 0.728), 0.0005),
    "clintrials, logistic":  (("0.1", "0.2", "0.4", "0.6"), "0.4", "logistic", (3, 3, 0, 0), (0, 2, 0, 0),
                              (0.274, 0.412, 0.598, 0.734), 0.0005),
    # Cheung 2011, p. 21, rates of dfcrm in the tests of the package trialr
    "Cheung p. 21":          (CHEUNG, "0.25", "logistic", (0, 0, 2, 1, 2), (0, 0, 0, 0, 1),
                              (0.01, 0.03, 0.08, 0.18, 0.33), 0.005),
}
# fmt: on


@pytest.mark.parametrize("case", PRINTED.values(), ids=PRINTED.keys())
def test_rates_are_those_that_dfcrm_prints(
    case: tuple[tuple[str, ...], str, CrmModel, tuple[int, ...], tuple[int, ...], tuple[float, ...], float],
) -> None:
    skeleton, target, model, n, n_dlt, printed, half_digit = case
    posterior = compute_crm_posterior(_spec(skeleton, target, model), [n], [n_dlt])
    assert posterior.rates[0] == pytest.approx(printed, abs=half_digit)


# Neuenschwander B, Branson M, Gsponer T. Stat Med 2008;27:2420-2439, Table I, as transcribed in crmPack's
# test-accuracy-published.R. The table was simulated: tolerance is one unit of the last digit and a fifth. The
# transcription takes 1.34 for the standard deviation and differs from the table by up to 0.004; it is the variance.
# fmt: off
TABLE_I = {
    "original skeleton":    (("0.01", "0.015", "0.020", "0.025", "0.03", "0.04", "0.05", "0.10", "0.17", "0.30"),
                             (0.069, 0.085, 0.099, 0.111, 0.123, 0.144, 0.163, 0.242, 0.330, 0.465),
                             (0.055, 0.062, 0.068, 0.072, 0.076, 0.082, 0.087, 0.101, 0.109, 0.108)),
    "equidistant skeleton": (("0.063", "0.125", "0.188", "0.250", "0.313", "0.375", "0.438", "0.500", "0.563", "0.625"),
                             (0.024, 0.054, 0.090, 0.130, 0.176, 0.226, 0.281, 0.341, 0.405, 0.475),
                             (0.030, 0.051, 0.069, 0.084, 0.097, 0.107, 0.115, 0.119, 0.120, 0.117)),
}
# fmt: on


@pytest.mark.parametrize("case", TABLE_I.values(), ids=TABLE_I.keys())
def test_means_and_deviations_of_the_rates_are_those_of_neuenschwanders_table(
    case: tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]],
) -> None:
    skeleton, mean, sd = case
    n, n_dlt = [3, 4, 5, 4, 0, 0, 2, 0, 0, 0], [0, 0, 0, 0, 0, 0, 2, 0, 0, 0]
    found = compute_crm_rate_moments(_spec(skeleton, "0.3"), [n], [n_dlt])
    assert found.mean[0] == pytest.approx(mean, abs=0.0012)
    assert found.sd[0] == pytest.approx(sd, abs=0.0012)


# --- second implementations


def _curve(skeleton: tuple[str, ...], model: CrmModel) -> model_posteriors.Curve:
    rates = [float(rate) for rate in skeleton]
    if model == "power":
        return model_posteriors.power_curve(rates)
    return model_posteriors.logistic_curve(rates, 3.0)


@st.composite
def _counts(draw: st.DrawFn, n_levels: int, most: int = 36) -> tuple[list[int], list[int]]:
    left, n, n_dlt = most, [], []
    for _ in range(n_levels):
        here = draw(st.integers(0, left))
        left -= here
        n.append(here)
        n_dlt.append(draw(st.integers(0, here)))
    order = draw(st.permutations(range(n_levels)))
    return [n[k] for k in order], [n_dlt[k] for k in order]


@st.composite
def _skeletons(draw: st.DrawFn, n_levels: int) -> tuple[str, ...]:
    hundredths = draw(st.lists(st.integers(2, 80), min_size=n_levels, max_size=n_levels, unique=True))
    return tuple(str(Decimal(rate) / 100) for rate in sorted(hundredths))


@settings(deadline=None, max_examples=10)
@given(_skeletons(6), st.sampled_from(ONE_PARAMETER), _counts(6))
@example(SIX, "power", ([36, 0, 0, 0, 0, 0], [36, 0, 0, 0, 0, 0]))
@example(SIX, "power", ([0, 0, 0, 0, 0, 36], [0, 0, 0, 0, 0, 0]))
@example(SIX, "logistic", ([0, 0, 0, 0, 36, 0], [0, 0, 0, 0, 9, 0]))
def test_the_mean_of_one_parameter_is_right_to_nine_digits(
    skeleton: tuple[str, ...], model: CrmModel, counts: tuple[list[int], list[int]]
) -> None:
    spec = _spec(skeleton, "0.25", model)
    curve = _curve(skeleton, model)
    posterior = compute_crm_posterior(spec, [counts[0]], [counts[1]])
    at_target = model_posteriors.slope_at(curve, 0.25)
    mean, p_below = model_posteriors.one_parameter(curve, sqrt(1.34), *counts, at_target)
    assert posterior.slope[0] == pytest.approx(mean, abs=1e-9)
    assert posterior.p_lowest_above_target[0] == pytest.approx(p_below, abs=1e-6)


@pytest.mark.parametrize(
    ("n", "n_dlt"),
    [
        ((36, 0, 0, 0, 0), (36, 0, 0, 0, 0)),
        ((0, 0, 0, 0, 36), (0, 0, 0, 0, 0)),
        ((3, 6, 6, 3, 0), (0, 1, 2, 2, 0)),
        ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0)),
    ],
)
def test_the_means_of_two_parameters_are_right_to_eight_digits(
    n: tuple[int, ...], n_dlt: tuple[int, ...]
) -> None:
    skeleton = [float(rate) for rate in CHEUNG]
    doses = [np.log(s / (1 - s)) - 3 for s in skeleton]
    means, _, above = model_posteriors.two_parameters(doses, (3, 0), (2, 1), 0, n, n_dlt, (0.25,))
    found = compute_crm_posterior(TWO_PARAMETERS, [n], [n_dlt], max_n=36)
    assert found.intercept[0] == pytest.approx(means[0], abs=1e-8)
    assert found.slope[0] == pytest.approx(means[1], abs=1e-8)
    assert found.p_lowest_above_target[0] == pytest.approx(above[0, 0], abs=1e-6)


@pytest.mark.parametrize("model", ONE_PARAMETER)
def test_every_small_state_is_judged_as_the_rule_is_worded(model: CrmModel) -> None:
    skeleton = ("0.10", "0.25", "0.45")
    curve = _curve(skeleton, model)
    judges = {
        coherent: judge_by_crm(
            _spec(skeleton, "0.25", model, is_coherent=coherent, too_toxic_probability=None), max_n=6
        )
        for coherent in (True, False)
    }
    levels = np.array([1, 2, 3])
    for cells in product([(0, 0), (2, 0), (2, 1), (2, 2)], repeat=3):
        n, n_dlt = zip(*cells, strict=True)
        mean, _ = model_posteriors.one_parameter(curve, sqrt(1.34), n, n_dlt)
        plugged_in = [float(1 / (1 + np.exp(-odds))) for odds in curve(mean)]
        for coherent, judge in judges.items():
            said = judge(np.array([n] * 3), np.array([n_dlt] * 3), levels)
            step = np.select([said.action == ESCALATE, said.action == DE_ESCALATE], [1, -1], 0)
            following = np.minimum(np.minimum(levels + step, 3), said.highest)
            assert following.tolist() == [
                crm_rule.next_level(plugged_in, n, n_dlt, level, Fraction(1, 4), coherent=coherent)
                for level in (1, 2, 3)
            ]


# --- properties


@settings(deadline=None)
@given(_skeletons(4), st.sampled_from(ONE_PARAMETER), _counts(4, 24), st.integers(1, 4), st.data())
def test_one_more_dlt_never_leads_higher(
    skeleton: tuple[str, ...],
    model: CrmModel,
    counts: tuple[list[int], list[int]],
    level: int,
    data: st.DataObject,
) -> None:
    n, n_dlt = counts
    without = [place for place in range(4) if n_dlt[place] < n[place]]
    if not without:
        return
    more = list(n_dlt)
    more[data.draw(st.sampled_from(without))] += 1
    spec = _spec(skeleton, "0.25", model)
    two = np.array([n, n]), np.array([n_dlt, more])
    rates = compute_crm_posterior(spec, *two).rates
    assert (rates[1] >= rates[0] - 1e-12).all()
    fewer_level, more_level = assign_closest_levels(rates, 0.25)
    assert more_level <= fewer_level
    said = judge_by_crm(spec, max_n=24)(*two, np.array([level, level]))
    assert said.action[1] >= said.action[0]
    assert said.highest[1] <= said.highest[0]
    assert said.is_too_toxic[1] >= said.is_too_toxic[0]


@settings(deadline=None)
@given(
    st.sampled_from([_spec(CHEUNG, "0.25"), _spec(CHEUNG, "0.25", "logistic"), TWO_PARAMETERS]), _counts(5)
)
def test_rates_and_their_means_never_fall_from_one_level_to_the_next(
    spec: CrmSpecification, counts: tuple[list[int], list[int]]
) -> None:
    rates = compute_crm_posterior(spec, [counts[0]], [counts[1]], max_n=36).rates[0]
    means = compute_crm_rate_moments(spec, [counts[0]], [counts[1]], max_n=36).mean[0]
    assert (np.diff(rates) >= 0).all()
    assert (np.diff(means) >= 0).all()


@settings(deadline=None)
@given(_skeletons(4), _counts(4, 24), st.integers(1, 4))
def test_no_escalation_while_the_rate_here_is_at_the_target_or_above(
    skeleton: tuple[str, ...], counts: tuple[list[int], list[int]], level: int
) -> None:
    n, n_dlt = counts
    if n[level - 1] and Fraction(n_dlt[level - 1], n[level - 1]) >= Fraction(1, 4):
        judge = judge_by_crm(_spec(skeleton, "0.25"), max_n=24)
        assert judge(np.array([n]), np.array([n_dlt]), np.array([level])).action[0] != ESCALATE


# --- limits of the rule

# fmt: off
#                                    rates, level
CLOSEST = {
    "all far below the target":      ((0.01, 0.02, 0.03), 3),
    "all above the target":          ((0.40, 0.50, 0.60), 1),
    "nearer from below":             ((0.10, 0.24, 0.27), 2),
    "nearer from above":             ((0.10, 0.22, 0.27), 3),
    # --- of two equally close the lower, also where binary fractions say otherwise
    "0.20 and 0.30 around 0.25":     ((0.05, 0.20, 0.30), 2),
    "0.21 and 0.29 around 0.25":     ((0.05, 0.21, 0.29), 2),
    "0.09 and 0.41 around 0.25":     ((0.09, 0.41, 0.60), 1),
}
# fmt: on


@pytest.mark.parametrize("case", CLOSEST.values(), ids=CLOSEST.keys())
def test_which_level_is_closest_to_the_target(case: tuple[tuple[float, ...], int]) -> None:
    rates, level = case
    assert assign_closest_levels(np.array([rates]), 0.25).tolist() == [level]


# fmt: off
#                                      n, DLTs, level; action, highest, too toxic
JUDGED = {
    # --- the start is the protocol's
    "nobody treated, start at 1":      ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), 1, STAY, 5, False),
    "nobody treated, start at 5":      ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), 5, STAY, 5, False),
    # --- the model would go up
    "no DLT in three":                 ((3, 0, 0, 0, 0), (0, 0, 0, 0, 0), 1, ESCALATE, 5, False),
    "one in four here is the target":  ((9, 4, 0, 0, 0), (0, 1, 0, 0, 0), 2, STAY, 5, False),
    "one in five here is below it":    ((9, 5, 0, 0, 0), (0, 1, 0, 0, 0), 2, ESCALATE, 5, False),
    # --- down to the level named, not by one level
    "two of three at level 5":         ((0, 0, 0, 0, 3), (0, 0, 0, 0, 2), 5, DE_ESCALATE, 2, False),
    "three of three at level 5":       ((0, 0, 0, 0, 3), (0, 0, 0, 0, 3), 5, DE_ESCALATE, 1, False),
    # --- too toxic
    "two of three at level 1":         ((3, 0, 0, 0, 0), (2, 0, 0, 0, 0), 1, STAY, 5, False),
    "six of six at level 1":           ((6, 0, 0, 0, 0), (6, 0, 0, 0, 0), 1, STAY, 5, True),
}
# fmt: on


@pytest.mark.parametrize("case", JUDGED.values(), ids=JUDGED.keys())
def test_what_the_model_makes_of_counts(
    case: tuple[tuple[int, ...], tuple[int, ...], int, int, int, bool],
) -> None:
    n, n_dlt, level, *expected = case
    said = judge_by_crm(_spec(CHEUNG, "0.25"), max_n=36)(
        np.array([n], np.int16), np.array([n_dlt], np.int16), np.array([level], np.int16)
    )
    assert [said.action[0], said.highest[0], said.is_too_toxic[0]] == expected


def test_a_part_is_not_stopped_before_anybody_was_treated_whatever_the_prior_says() -> None:
    # the prior rate of level 1 is above the target
    spec = _spec(("0.60", "0.70"), "0.25", too_toxic_probability=Decimal("0.5"))
    n, n_dlt, level = np.array([[0, 0], [3, 0]]), np.array([[0, 0], [2, 0]]), np.array([1, 1])
    assert (compute_crm_posterior(spec, n, n_dlt).p_lowest_above_target > 0.5).all()
    assert judge_by_crm(spec, max_n=12)(n, n_dlt, level).is_too_toxic.tolist() == [False, True]


# fmt: off
#                                              n, DLTs, highest open, fewest; MTD
SELECTED = {
    "closest of the levels tried":             ((3, 3, 6, 3, 0), (0, 0, 1, 2, 0), 5, 1, 3),
    "not one that was never tried":            ((3, 3, 0, 0, 0), (0, 0, 0, 0, 0), 5, 1, 2),
    "not above the highest open":              ((3, 3, 6, 3, 0), (0, 0, 1, 2, 0), 2, 1, 2),
    "one with six participants":               ((3, 6, 3, 3, 0), (0, 0, 1, 2, 0), 5, 6, 2),
    "any, if none has six":                    ((3, 3, 3, 3, 0), (0, 0, 1, 2, 0), 5, 6, 3),
    "none where none is open":                 ((3, 0, 0, 0, 0), (3, 0, 0, 0, 0), 0, 1, 0),
    "none where nobody was treated":           ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), 5, 1, 0),
}
# fmt: on


@pytest.mark.parametrize("case", SELECTED.values(), ids=SELECTED.keys())
def test_which_level_is_the_mtd(case: tuple[tuple[int, ...], tuple[int, ...], int, int, int]) -> None:
    n, n_dlt, highest, fewest, mtd = case
    select = select_by_crm(_spec(CHEUNG, "0.25"), max_n=36, fewest_at_mtd=fewest)
    assert select(np.array([n]), np.array([n_dlt]), np.array([highest])).tolist() == [mtd]


@pytest.mark.parametrize("spec", [_spec(CHEUNG, "0.25"), TWO_PARAMETERS])
def test_no_states_have_no_posterior_and_no_judgement(spec: CrmSpecification) -> None:
    nothing, no_level = np.empty((0, 5), np.int16), np.empty(0, np.int16)
    assert compute_crm_posterior(spec, nothing, nothing).rates.shape == (0, 5)
    assert len(judge_by_crm(spec, max_n=36)(nothing, nothing, no_level).action) == 0
    assert len(select_by_crm(spec, max_n=36)(nothing, nothing, no_level)) == 0


@pytest.mark.parametrize("spec", [_spec(CHEUNG, "0.25"), TWO_PARAMETERS])
def test_without_data_the_rates_are_the_skeleton(spec: CrmSpecification) -> None:
    posterior = compute_crm_posterior(spec, [[0] * 5], [[0] * 5])
    assert posterior.rates[0] == pytest.approx([float(rate) for rate in CHEUNG], abs=1e-12)


# --- bad values

GOOD = _spec(CHEUNG, "0.25")
# fmt: off
#                               what is changed; where, and the sentence
FAULTS = {
    "not increasing":           ({"skeleton": (Decimal("0.1"), Decimal("0.3"), Decimal("0.2"))}, "skeleton",
                                 "the prior rate of level 3 is 0.2, not above 0.3 of level 2"),
    "equal":                    ({"skeleton": (Decimal("0.1"), Decimal("0.1"))}, "skeleton",
                                 "the prior rate of level 2 is 0.1, not above 0.1 of level 1"),
    "a rate of 1":              ({"skeleton": (Decimal("0.1"), Decimal(1))}, "skeleton",
                                 "the prior rate of level 2 is 1, not between 0 and 1"),
    "a rate of 0":              ({"skeleton": (Decimal(0), Decimal("0.1"))}, "skeleton",
                                 "the prior rate of level 1 is 0, not between 0 and 1"),
    "a rate that is no number": ({"skeleton": (Decimal("NaN"), Decimal("0.1"))}, "skeleton",
                                 "the prior rate of level 1 is NaN, not a decimal number"),
    "no rates":                 ({"skeleton": ()}, "skeleton", "there are no prior rates"),
    "target of 0":              ({"target_rate": Decimal(0)}, "target_rate", "target_rate is 0, not between 0 and 1"),
    "target of 1":              ({"target_rate": Decimal(1)}, "target_rate", "target_rate is 1, not between 0 and 1"),
    "target is no number":      ({"target_rate": Decimal("NaN")}, "target_rate", "target_rate is NaN, not a decimal number"),
    "target in binary":         ({"target_rate": 0.25}, "target_rate", "target_rate is 0.25, not a decimal number"),
    "no variance":              ({"slope_variance": Decimal(0)}, "slope_variance",
                                 "slope_variance is 0, not a decimal number above 0"),
    "stops at once":            ({"too_toxic_probability": Decimal(0)}, "too_toxic_probability",
                                 "too_toxic_probability is 0, not between 0 and 1"),
    "unknown model":            ({"model": "probit"}, "model", "model 'probit' is not known"),
    "low intercept":            ({"model": "logistic", "intercept": Decimal("0.2")}, "intercept",
                                 "intercept is 0.2, not above 0.201, the logit of the highest rate"),
    "intercept is no number":   ({"intercept": Decimal("Infinity")}, "intercept",
                                 "intercept is Infinity, not a decimal number"),
    "a variance too many":      ({"intercept_variance": Decimal(1)}, "intercept_variance",
                                 "the power model has an intercept_variance"),
    "a variance too few":       ({"model": "two_parameter_logistic"}, "intercept_variance",
                                 "the two_parameter_logistic model lacks its intercept_variance"),
    "a negative variance":      ({"model": "two_parameter_logistic", "intercept_variance": Decimal(-1)}, "intercept_variance",
                                 "intercept_variance is -1, not a decimal number above 0"),
}
# fmt: on


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS.keys())
def test_a_bad_value_is_told_in_one_sentence(case: tuple[dict[str, object], str, str]) -> None:
    changes, clause, what = case
    faults = check_crm_specification(msgspec.structs.replace(GOOD, **changes))
    assert [(fault.clause, fault.what) for fault in faults] == [(clause, what)]
    assert all(fault.next for fault in faults)


def test_good_values_have_no_fault_and_a_wrong_number_of_levels_has_one() -> None:
    assert check_crm_specification(GOOD, n_levels=5) == []
    assert check_crm_specification(TWO_PARAMETERS, n_levels=5) == []
    (fault,) = check_crm_specification(GOOD, n_levels=6)
    assert fault.what == "there are 5 prior rates and 6 levels"

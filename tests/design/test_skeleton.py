"""Skeletons from an indifference interval, and the intervals of a skeleton."""

from decimal import Decimal
from itertools import pairwise
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.double.dfcrm_trial import Whole, final_states, p_selected

from firstdose.design.rules.crm import assign_closest_levels, compute_crm_posterior
from firstdose.design.rules.crm_specification import CrmModel, CrmSpecification
from firstdose.design.rules.skeleton import compute_indifference_intervals, compute_skeleton

MODELS = st.sampled_from(["power", "logistic"])


@given(st.floats(0.02, 0.1), st.floats(0.15, 0.4), st.integers(1, 6), MODELS)
def test_every_level_has_the_indifference_interval_asked_for(
    half_width: float, target: float, prior_mtd: int, model: CrmModel
) -> None:
    skeleton = compute_skeleton(
        half_width=half_width, target_rate=target, prior_mtd=prior_mtd, n_levels=6, model=model
    )
    assert skeleton[prior_mtd - 1] == pytest.approx(target, abs=1e-12)
    assert all(lower < upper for lower, upper in pairwise(skeleton))
    intervals = compute_indifference_intervals(skeleton, target_rate=target, model=model)
    assert intervals[0][0] is None
    assert intervals[-1][1] is None
    assert [end for pair in intervals for end in pair if end is not None] == pytest.approx(
        [target + half_width, target - half_width] * 5, abs=1e-9
    )


# fmt: off
#                                       half width, target, prior MTD, levels, intercept; the sentence
NO_SKELETON = {
    "no width":                         (0.0,  0.25, 3, 5, 3.0, "the interval from 0.25 to 0.25 is not within 0 and 1"),
    "down to a rate of 0":              (0.25, 0.25, 3, 5, 3.0, "the interval from 0.0 to 0.5 is not within 0 and 1"),
    "up to a rate of 1":                (0.25, 0.75, 3, 5, 3.0, "the interval from 0.5 to 1.0 is not within 0 and 1"),
    "a width that is not a number":     (nan,  0.25, 3, 5, 3.0, "the interval from nan to nan is not within 0 and 1"),
    "a target that is not a number":    (0.05, nan,  3, 5, 3.0, "the interval from nan to nan is not within 0 and 1"),
    # --- the prior MTD is one of the levels
    "below the lowest level":           (0.05, 0.25, 0, 5, 3.0, "the prior MTD 0 is not one of 5 levels"),
    "above the highest level":          (0.05, 0.25, 6, 5, 3.0, "the prior MTD 6 is not one of 5 levels"),
    # --- with an intercept below the logit of a rate, a steeper curve would lower that rate
    "an intercept below the interval":  (0.05, 0.25, 3, 5, -1., "the intercept -1.0 is not above -0.847"),
}
# fmt: on


@pytest.mark.parametrize("case", NO_SKELETON.values(), ids=NO_SKELETON.keys())
def test_no_skeleton_is_made_of_values_that_allow_none(
    case: tuple[float, float, int, int, float, str],
) -> None:
    half_width, target, prior_mtd, n_levels, intercept, said = case
    with pytest.raises(ValueError, match=said):
        compute_skeleton(
            half_width=half_width,
            target_rate=target,
            prior_mtd=prior_mtd,
            n_levels=n_levels,
            model="logistic",
            intercept=intercept,
        )


@pytest.mark.parametrize("rate", [0.0, 1.0, nan])
def test_no_interval_is_made_of_a_prior_rate_outside_0_and_1(rate: float) -> None:
    with pytest.raises(ValueError, match="is not between 0 and 1"):
        compute_indifference_intervals([0.1, rate], target_rate=0.25)


# Exact values of another program for dfcrm's design with getprior(0.05, 0.25, 3, 6), target 0.25, 12 cohorts of
# 3 from level 1, within one standard error of 2,000 trials of crmsim; tolerance: half of the last digit.
def test_the_skeleton_leads_the_trials_of_dfcrm_where_another_program_found_them() -> None:
    skeleton = compute_skeleton(half_width=0.05, target_rate=0.25, prior_mtd=3, n_levels=6)
    spec = CrmSpecification(skeleton=tuple(map(Decimal, skeleton)), target_rate=Decimal("0.25"))

    def name_level(n: Whole, y: Whole) -> Whole:
        return assign_closest_levels(compute_crm_posterior(spec, n, y, max_n=36).rates, 0.25)

    states = final_states(name_level, n_levels=6, max_n=36, cohort_size=3, target=0.25)
    assert states[4] == [4, 10, 26, 60, 145, 338, 745, 1598, 3313, 6660, 13043, 24908]
    found = p_selected(states, (0.05, 0.10, 0.18, 0.25, 0.38, 0.50))
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert found == pytest.approx([0.00053, 0.03854, 0.30479, 0.47974, 0.16482, 0.01157], abs=5e-6)

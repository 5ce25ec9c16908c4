"""The power model against a general regression."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from firstdose.derive.kinetics.dose_proportionality import PowerModel, compute_power_model
from firstdose.terms.outcomes import NotDerived

DOSES = [0.75, 1.5, 1.5, 3.0, 3.0, 3.0, 6.0]


@given(
    exposures=st.lists(st.floats(1, 1e7), min_size=7, max_size=7),
    confidence=st.sampled_from([0.8, 0.9, 0.95]),
)
def test_slope_and_interval_are_those_of_a_general_regression(
    exposures: list[float], confidence: float
) -> None:
    found = compute_power_model(DOSES, exposures, confidence)
    design = np.column_stack([np.ones(len(DOSES)), np.log(DOSES)])
    fitted, *_ = np.linalg.lstsq(design, np.log(exposures), rcond=None)
    residuals = np.log(exposures) - design @ fitted
    covariance = residuals @ residuals / (len(DOSES) - 2) * np.linalg.inv(design.T @ design)
    half = stats.t.ppf((1 + confidence) / 2, len(DOSES) - 2) * np.sqrt(covariance[1, 1])
    assert isinstance(found, PowerModel)
    assert found.slope == pytest.approx(fitted[1], abs=1e-8)
    assert found.low == pytest.approx(fitted[1] - half, abs=1e-6)
    assert found.high == pytest.approx(fitted[1] + half, abs=1e-6)
    assert (found.n, found.n_doses) == (7, 4)


# fmt: off
NO_SLOPE: list[tuple[list[float], list[float], str]] = [
    # two participants lie on every line; one dose level has no slope; a zero has no logarithm
    ([1.0, 2.0],      [10.0, 20.0],       "too_few_participants"),
    ([3.0, 3.0, 3.0], [10.0, 20.0, 30.0], "single_dose_level"),
    ([1.0, 2.0, 3.0], [10.0, 0.0, 30.0],  "value_not_positive"),
    ([],              [],                 "too_few_participants"),
]
# fmt: on


@pytest.mark.parametrize(("doses", "exposures", "reason"), NO_SLOPE)
def test_no_slope_is_given_where_there_is_none(
    doses: list[float], exposures: list[float], reason: str
) -> None:
    found = compute_power_model(doses, exposures)
    assert isinstance(found, NotDerived)
    assert found.reason == reason

"""When participants arrive, and when in its window a DLT comes: the two clocks of a simulated trial.

Whether a participant has a DLT is no part of this; it is decided by the true rate of the level alone. The time of a
DLT is told for a participant who has one.

Source
------
Weibull and log-logistic times are fixed by the DLT rate of the window and by the share of the DLTs that come in its
second half: Yuan Y, Lin R, Li D, Nie L, Warren KE. Clin Cancer Res 2018;24:4921-4930; Lin R, Yuan Y. Biostatistics
2020;21:807-824. A share of 0.5 is their standard.
"""

from collections.abc import Sequence
from math import isfinite, log, log1p
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.terms.outcomes import Fault

POISSON, FIXED = 0, 1
"""Codes of arrivals in the kernel."""
UNIFORM, WEIBULL, LOG_LOGISTIC = 0, 1, 2
"""Codes of DLT times in the kernel."""
NO_RATE, SURE_RATE = 1e-300, 1 - 1e-12
"""A true rate of 1 has no finite hazard: times are those of this rate. Below the other nobody has a DLT."""


class PoissonArrivals(msgspec.Struct, frozen=True, tag="poisson"):
    """Participants of several sites who arrive independently: exponential gaps.

    Examples
    --------
    >>> PoissonArrivals((0.05, 0.1)).rate_per_day
    0.15000000000000002
    """

    site_rates_per_day: tuple[float, ...]

    @property
    def rate_per_day(self) -> float:
        """Participants of all sites together."""
        return sum(self.site_rates_per_day)


class FixedArrivals(msgspec.Struct, frozen=True, tag="fixed"):
    """A participant is ready every so many days."""

    gap_d: float


ArrivalModel = PoissonArrivals | FixedArrivals


class UniformDltTimes(msgspec.Struct, frozen=True, tag="uniform"):
    """A DLT comes at any time of the window alike."""


class WeibullDltTimes(msgspec.Struct, frozen=True, tag="weibull"):
    """Times to DLT are Weibull, with this share of the DLTs of the window in its second half."""

    share_in_second_half: float = 0.5


class LogLogisticDltTimes(msgspec.Struct, frozen=True, tag="log_logistic"):
    """Times to DLT are log-logistic, with this share of the DLTs of the window in its second half."""

    share_in_second_half: float = 0.5


DltTimeModel = UniformDltTimes | WeibullDltTimes | LogLogisticDltTimes


def check_arrival_model(model: ArrivalModel) -> list[Fault]:
    """Everything that makes arrivals impossible, one sentence each.

    Examples
    --------
    >>> for fault in check_arrival_model(PoissonArrivals((0.1, -1.0))):
    ...     print(fault)
    site_rates_per_day: site 2 has -1.0 participants a day; write a number above 0
    """
    if isinstance(model, FixedArrivals):
        if isfinite(model.gap_d) and model.gap_d >= 0:
            return []
        return [Fault(what=f"the gap is {model.gap_d} days", next="write 0 or more", clause="gap_d")]
    if not model.site_rates_per_day:
        return [Fault(what="there is no site", next="give one rate per site", clause="site_rates_per_day")]
    return [
        Fault(
            what=f"site {place} has {rate} participants a day",
            next="write a number above 0",
            clause="site_rates_per_day",
        )
        for place, rate in enumerate(model.site_rates_per_day, start=1)
        if not (isfinite(rate) and rate > 0)
    ]


def check_dlt_time_model(model: DltTimeModel) -> list[Fault]:
    """Everything that makes DLT times impossible, one sentence each.

    Examples
    --------
    >>> print(*check_dlt_time_model(WeibullDltTimes(1.0)))
    share_in_second_half: share_in_second_half is 1.0, not between 0 and 1; write a number above 0 and below 1
    """
    if isinstance(model, UniformDltTimes) or 0 < model.share_in_second_half < 1:
        return []
    return [
        Fault(
            what=f"share_in_second_half is {model.share_in_second_half}, not between 0 and 1",
            next="write a number above 0 and below 1",
            clause="share_in_second_half",
        )
    ]


class FlatArrivals(NamedTuple):
    """Arrivals as the kernel reads them: the code, and the mean gap [d]."""

    code: int
    mean_gap_d: float


class FlatDltTimes(NamedTuple):
    """DLT times as the kernel reads them, one value per level: the rate, the scale and one over the shape."""

    code: int
    rates: NDArray[np.float64]
    scales: NDArray[np.float64]
    exponents: NDArray[np.float64]


def flatten_arrivals(model: ArrivalModel) -> FlatArrivals:
    """The model as plain numbers."""
    if isinstance(model, FixedArrivals):
        return FlatArrivals(FIXED, float(model.gap_d))
    return FlatArrivals(POISSON, 1.0 / model.rate_per_day)


def flatten_dlt_times(model: DltTimeModel, true_rates: Sequence[float]) -> FlatDltTimes:
    """The model as plain numbers.

    The time of a DLT with the uniform number v, in windows, is ``(g(v rate) / scale) ** exponent``, where g is the
    cumulative hazard of the Weibull model or the odds of the log-logistic one; both are 1 at the end of the window.

    Parameters
    ----------
    model : DltTimeModel
    true_rates : sequence of float
        True probability of a DLT in the window, one per level.
    """
    rates = np.minimum(np.array(true_rates, dtype=np.float64), SURE_RATE)
    scales, exponents = np.ones(len(rates)), np.ones(len(rates))
    if isinstance(model, UniformDltTimes):
        return FlatDltTimes(UNIFORM, rates, scales, exponents)
    is_weibull = isinstance(model, WeibullDltTimes)
    for place, rate in enumerate(rates.tolist()):
        if rate > NO_RATE:
            early = rate * (1 - model.share_in_second_half)
            whole, half = (-log1p(-p) if is_weibull else p / (1 - p) for p in (rate, early))
            scales[place], exponents[place] = whole, log(2) / log(whole / half)
    return FlatDltTimes(WEIBULL if is_weibull else LOG_LOGISTIC, rates, scales, exponents)

"""The parameters of a continual reassessment method, as plain values, and what may be wrong with them."""

from decimal import Decimal
from typing import Literal

import msgspec
from scipy.special import logit

from firstdose.design.value_checks import (
    check_increase,
    check_length,
    check_number,
    check_positive,
    check_probability,
    plain_decimal,
)
from firstdose.terms.outcomes import Fault

CrmModel = Literal["power", "logistic", "two_parameter_logistic"]
MODELS: tuple[CrmModel, ...] = ("power", "logistic", "two_parameter_logistic")

_NUMBERS = ("target_rate", "slope_variance", "intercept", "intercept_variance", "too_toxic_probability")


class CrmSpecification(msgspec.Struct, frozen=True, kw_only=True):
    """A model, its skeleton and its prior.

    ``power``: rate = skeleton ** exp(b). ``logistic``: logit(rate) = intercept + exp(b) x, where x gives the
    skeleton at b = 0. ``two_parameter_logistic``: the same with a normal intercept. b is normal around 0.
    """

    skeleton: tuple[Decimal, ...]
    """Prior guesses of the DLT rates, one per level, lowest first."""
    target_rate: Decimal
    model: CrmModel = "power"
    slope_variance: Decimal = Decimal("1.34")
    """Prior variance of b; the default is that of dfcrm."""
    intercept: Decimal = Decimal(3)
    """Of the logistic models; prior mean if there are two parameters. The default is that of dfcrm."""
    intercept_variance: Decimal | None = None
    """Prior variance of the intercept; two parameters only."""
    is_coherent: bool = True
    """No escalation while the observed rate at the current level is at or above the target."""
    too_toxic_probability: Decimal | None = Decimal("0.95")
    """The part stops when Pr(rate of level 1 > target) exceeds this; None never stops."""

    def __post_init__(self) -> None:
        """Write every number in one way, so that 0.25 and 0.250 are the same design."""
        for name in _NUMBERS:
            msgspec.structs.force_setattr(self, name, plain_decimal(getattr(self, name)))
        levels = tuple(plain_decimal(value) for value in self.skeleton)
        msgspec.structs.force_setattr(self, "skeleton", levels)


def check_crm_specification(spec: CrmSpecification, *, n_levels: int | None = None) -> list[Fault]:
    """Every bad value of a model, one sentence each, all at once.

    Parameters
    ----------
    spec : CrmSpecification
    n_levels : int, optional
        How many levels the design has.

    Examples
    --------
    >>> wrong = CrmSpecification(skeleton=(Decimal("0.2"), Decimal("0.1")), target_rate=Decimal("1.5"))
    >>> for fault in check_crm_specification(wrong, n_levels=3):
    ...     print(fault)
    target_rate: target_rate is 1.5, not between 0 and 1; write a number above 0 and below 1
    skeleton: there are 2 prior rates and 3 levels; give one per level
    skeleton: the prior rate of level 2 is 0.1, not above 0.2 of level 1; order the levels from low to high
    """
    faults = check_probability("target_rate", spec.target_rate)
    if spec.too_toxic_probability is not None:
        faults += check_probability("too_toxic_probability", spec.too_toxic_probability)
    faults += check_positive("slope_variance", spec.slope_variance)
    if spec.intercept_variance is not None:
        faults += check_positive("intercept_variance", spec.intercept_variance)
    faults += check_length("skeleton", spec.skeleton, "prior rates", n_levels)
    bad_rates = [
        fault
        for level, rate in enumerate(spec.skeleton, start=1)
        for fault in check_probability("skeleton", rate, f"the prior rate of level {level}")
    ]
    bad_intercept = check_number("intercept", spec.intercept)
    faults += bad_rates or check_increase("skeleton", spec.skeleton, "prior rate")
    return faults + (bad_intercept or _model_faults(spec, knows_rates=bool(spec.skeleton) and not bad_rates))


def _model_faults(spec: CrmSpecification, *, knows_rates: bool) -> list[Fault]:
    """Values that are good alone and do not fit the model."""
    if spec.model not in MODELS:
        return [
            Fault(
                what=f"model {spec.model!r} is not known", next="write " + " or ".join(MODELS), clause="model"
            )
        ]
    faults = []
    has_variance = spec.intercept_variance is not None
    if has_variance != (spec.model == "two_parameter_logistic"):
        faults.append(
            Fault(
                what=f"the {spec.model} model {'has an' if has_variance else 'lacks its'} intercept_variance",
                next="give it to the two_parameter_logistic model and to no other",
                clause="intercept_variance",
            )
        )
    if spec.model == "logistic" and knows_rates:
        # with the intercept below a level's logit, a steeper curve would lower some rates and raise others
        highest = float(logit(float(max(spec.skeleton))))
        if highest >= spec.intercept:
            faults.append(
                Fault(
                    what=f"intercept is {spec.intercept}, not above {highest:.3f}, the logit of the highest rate",
                    next="write a larger intercept",
                    clause="intercept",
                )
            )
    return faults

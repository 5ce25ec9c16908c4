"""The parameters of a Bayesian logistic regression model, as plain values, and what may be wrong with them."""

from decimal import Decimal

import msgspec

from firstdose.design.value_checks import (
    check_increase,
    check_length,
    check_number,
    check_positive,
    check_probability,
    plain_decimal,
)
from firstdose.terms.outcomes import Fault

_NUMBERS = (
    "reference_dose",
    "mean_log_alpha",
    "mean_log_beta",
    "sd_log_alpha",
    "sd_log_beta",
    "correlation",
    "target_low",
    "target_high",
    "overdose_limit",
)


class BlrmSpecification(msgspec.Struct, frozen=True, kw_only=True):
    """Doses, prior, intervals of the DLT rate, and the limit on overdosing."""

    doses: tuple[Decimal, ...]
    """One per level, lowest first, in any unit."""
    reference_dose: Decimal
    """Dose at which alpha is the odds of a DLT, in the unit of the doses."""
    mean_log_alpha: Decimal
    mean_log_beta: Decimal
    sd_log_alpha: Decimal
    sd_log_beta: Decimal
    correlation: Decimal = Decimal(0)
    """Prior correlation of log alpha and log beta."""
    target_low: Decimal = Decimal("0.16")
    """Rates above this and up to ``target_high`` are the target; above, they are overdoses."""
    target_high: Decimal = Decimal("0.33")
    overdose_limit: Decimal = Decimal("0.25")
    """Largest probability of an overdose with which a level may be used."""

    def __post_init__(self) -> None:
        """Write every number in one way, so that 0.25 and 0.250 are the same design."""
        for name in _NUMBERS:
            msgspec.structs.force_setattr(self, name, plain_decimal(getattr(self, name)))
        levels = tuple(plain_decimal(value) for value in self.doses)
        msgspec.structs.force_setattr(self, "doses", levels)


def check_blrm_specification(spec: BlrmSpecification, *, n_levels: int | None = None) -> list[Fault]:
    """Every bad value of a model, one sentence each, all at once.

    Parameters
    ----------
    spec : BlrmSpecification
    n_levels : int, optional
        How many levels the design has.

    Examples
    --------
    >>> wrong = BlrmSpecification(
    ...     doses=(Decimal(10), Decimal(30)), reference_dose=Decimal(0), mean_log_alpha=Decimal("NaN"),
    ...     mean_log_beta=Decimal(0), sd_log_alpha=Decimal(2), sd_log_beta=Decimal(1),
    ... )
    >>> for fault in check_blrm_specification(wrong, n_levels=2):
    ...     print(fault)
    reference_dose: reference_dose is 0, not a decimal number above 0; write a decimal above 0
    mean_log_alpha: mean_log_alpha is NaN, not a decimal number; write a decimal such as 3
    """
    faults = check_length("doses", spec.doses, "doses", n_levels)
    bad_doses = [
        fault
        for level, dose in enumerate(spec.doses, start=1)
        for fault in check_positive("doses", dose, f"the dose of level {level}")
    ]
    faults += bad_doses or check_increase("doses", spec.doses, "dose")
    for name in ("reference_dose", "sd_log_alpha", "sd_log_beta"):
        faults += check_positive(name, getattr(spec, name))
    for name in ("mean_log_alpha", "mean_log_beta"):
        faults += check_number(name, getattr(spec, name))
    bad_correlation = check_number("correlation", spec.correlation)
    if not bad_correlation and not -1 < spec.correlation < 1:
        said = f"correlation is {spec.correlation}, not between -1 and 1"
        bad_correlation = [Fault(what=said, next="write a number above -1 and below 1", clause="correlation")]
    bad_interval = [
        fault
        for name in ("target_low", "target_high")
        for fault in check_probability(name, getattr(spec, name))
    ]
    if not bad_interval and spec.target_low >= spec.target_high:
        said = f"target_low is {spec.target_low}, not below target_high {spec.target_high}"
        bad_interval = [Fault(what=said, next="write the lower end first", clause="target_low")]
    return faults + bad_correlation + bad_interval + check_probability("overdose_limit", spec.overdose_limit)

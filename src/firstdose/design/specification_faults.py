"""What may be wrong with the parameters of a design, one sentence each."""

from decimal import Decimal

from msgspec import UNSET

from firstdose.design.model_rules import check_model
from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.rules.backfill_options import check_backfill
from firstdose.design.rules.rolling_six import MOST_AT_LEVEL
from firstdose.design.rules.tite_boin import check_tite_options
from firstdose.design.specification import (
    BOIN_RULES,
    COHORT_OF_THREE,
    INTERVAL_RULES,
    MODEL_RULES,
    RATES,
    RULES,
    SIX_AT_MTD,
    TITE_RULES,
    UTILITY_RULES,
    DesignSpecification,
    OverdoseCap,
)
from firstdose.design.utility_faults import check_utility
from firstdose.terms.outcomes import Fault


def check_specification(spec: DesignSpecification) -> list[Fault]:
    """Every bad value of a design, one sentence each, all at once."""
    faults = _rate_faults(spec) + _count_faults(spec) + _option_faults(spec)
    known = (*RULES, *UTILITY_RULES)
    if spec.rule not in known:
        faults.append(_fault("rule", f"rule {spec.rule!r} is not known", "write " + " or ".join(known)))
    if not faults:
        faults = (
            _contradictions(spec)
            + _algorithmic_contradictions(spec)
            + _strange_to_rule(spec)
            + check_model(spec)
            + _tite_faults(spec)
            + check_utility(spec)
        )
    return faults


def _fault(clause: str, what: str, next_: str) -> Fault:
    return Fault(what=what, next=next_, clause=clause)


def _rate_faults(spec: DesignSpecification) -> list[Fault]:
    faults = []
    for name in RATES:
        value = getattr(spec, name)
        if value is None and name == "extra_safe_offset":
            continue
        if not isinstance(value, Decimal) or not value.is_finite():
            faults.append(
                _fault(name, f"{name} is {value}, not a decimal number", "write a decimal such as 0.25")
            )
        elif name == "boin_p2_ratio":
            if value <= 1:
                faults.append(_fault(name, f"{name} is {value}, not above 1", "write a ratio above 1"))
        elif not 0 < value < 1:
            faults.append(
                _fault(name, f"{name} is {value}, not between 0 and 1", "write a number above 0 and below 1")
            )
    return faults


def _count_faults(spec: DesignSpecification) -> list[Fault]:
    faults = []
    for name in ("n_levels", "cohort_size", "start_level", "max_n", "max_n_per_level", "mtd_min_n"):
        value = getattr(spec, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            faults.append(
                _fault(name, f"{name} is {value}, not a whole number of 1 or more", "write 1 or more")
            )
    until = spec.titration.until_level if spec.titration else None
    if until is not None and (isinstance(until, bool) or not isinstance(until, int) or until < 1):
        faults.append(
            _fault("titration.until_level", f"until_level is {until}", "write a level of 1 or more")
        )
    return faults


def _contradictions(spec: DesignSpecification) -> list[Fault]:
    """Values that are good alone and bad together."""
    until = spec.titration.until_level if spec.titration else None
    p2 = spec.boin_p2_ratio * spec.target_rate
    offset = spec.extra_safe_offset
    enough, cap = spec.stop_when_n_at_level, spec.overdose_cap
    found = (
        (
            spec.start_level > spec.n_levels,
            "start_level",
            f"start_level {spec.start_level} is above the {spec.n_levels} levels",
            "start at a level that exists",
        ),
        (
            spec.cohort_size > spec.max_n,
            "cohort_size",
            f"a cohort of {spec.cohort_size} is larger than the sample of {spec.max_n}",
            "make the cohort smaller or max_n larger",
        ),
        (
            spec.cohort_size > spec.max_n_per_level,
            "max_n_per_level",
            f"a cohort of {spec.cohort_size} is larger than the {spec.max_n_per_level} allowed at one level",
            "make the cohort smaller or max_n_per_level larger",
        ),
        (
            spec.max_n_per_level > spec.max_n,
            "max_n_per_level",
            f"{spec.max_n_per_level} participants at one level are more than {spec.max_n} in all",
            "write max_n or fewer",
        ),
        (
            spec.fewest_at_mtd > spec.max_n_per_level,
            "mtd_min_n",
            f"the MTD needs {spec.fewest_at_mtd} participants and a level may have {spec.max_n_per_level}",
            "lower mtd_min_n or raise max_n_per_level",
        ),
        (
            until is not None and until > spec.n_levels,
            "titration.until_level",
            f"titration runs until level {until} and there are {spec.n_levels} levels",
            "name a level that exists, or none to titrate to the top",
        ),
        (
            p2 >= 1,
            "boin_p2_ratio",
            f"boin_p2_ratio times target_rate is {p2}, not below 1",
            "write a smaller ratio",
        ),
        (
            offset is not None and offset >= spec.elimination_probability,
            "extra_safe_offset",
            f"extra_safe_offset {offset} is not below elimination_probability {spec.elimination_probability}",
            "write a smaller offset, such as 0.05",
        ),
        (
            spec.rule in INTERVAL_RULES and not 0 < spec.interval[0] < spec.interval[1] < 1,
            "equivalence_interval",
            f"the equivalence interval reaches from {float(spec.interval[0]):g} to {float(spec.interval[1]):g}",
            "choose margins that keep it between 0 and 1",
        ),
        (
            not isinstance(enough, bool) and isinstance(enough, int) and enough < spec.fewest_at_mtd,
            "stop_when_n_at_level",
            f"the part would stop with {enough} at a level and the MTD needs {spec.fewest_at_mtd}",
            "write as many as the MTD needs, or more",
        ),
        (
            isinstance(cap, OverdoseCap) and cap.rate < spec.target_rate,
            "overdose_cap.rate",
            "the rate of the overdose cap is below target_rate",
            "write a rate at or above the target",
        ),
    )
    return [_fault(clause, what, next_) for is_wrong, clause, what, next_ in found if is_wrong]


WITHOUT_MODEL = tuple(rule for rule in RULES if rule not in MODEL_RULES)
"""Rules that an overdose cap may be added to; a model has its own, and so have utilities."""
_OWN_PARAMETERS = {
    "overdose_cap": WITHOUT_MODEL,
    "equivalence_interval": INTERVAL_RULES,
    "tpi_k1": ("tpi",),
    "tpi_k2": ("tpi",),
    "mtd_at_most_lambda_d": BOIN_RULES,
    "tite": TITE_RULES,
    "backfill": BOIN_RULES,
    "boin12": UTILITY_RULES,
}
"""Parameters that only these rules read."""


def _strange_to_rule(spec: DesignSpecification) -> list[Fault]:
    """Parameters that the rule does not read, and that a reader would take as being in force."""
    return [
        _fault(
            name,
            f"{spec.rule} does not read {name}",
            f"leave it out or choose {' or '.join(rules)}",
        )
        for name, rules in _OWN_PARAMETERS.items()
        if getattr(spec, name) is not UNSET and spec.rule not in rules
    ] + [
        _fault(
            "extra_safe_offset", f"{spec.rule} has no extra safe stopping rule", "leave extra_safe_offset out"
        )
        for rule in MODEL_RULES
        if spec.rule == rule and spec.extra_safe_offset is not None
    ]


def _tite_faults(spec: DesignSpecification) -> list[Fault]:
    """Faults of what a design says of pending participants and of backfilling."""
    faults = []
    if spec.tite is not UNSET:
        faults += [_place("tite", fault) for fault in check_tite_options(spec.tite)]
    if spec.backfill is not UNSET:
        found = check_backfill(spec.backfill, cohort_size=spec.cohort_size)
        faults += [_place("backfill", fault) for fault in found]
    return faults


def _place(clause: str, fault: Fault) -> Fault:
    return Fault(what=fault.what, next=fault.next, clause=f"{clause}.{fault.clause}")


def _is_probability(value: object) -> bool:
    return isinstance(value, Decimal) and value.is_finite() and 0 < value < 1


def _option_faults(spec: DesignSpecification) -> list[Fault]:
    """Bad values of the parameters that may be left out."""
    faults = []
    margins = spec.equivalence_interval
    if margins is not UNSET and not (
        len(margins) == len(("e1", "e2")) and all(_is_probability(margin) for margin in margins)
    ):
        faults.append(
            _fault(
                "equivalence_interval",
                "equivalence_interval is not two margins between 0 and 1",
                "write two decimals such as 0.05, below and above the target",
            )
        )
    for name in ("tpi_k1", "tpi_k2"):
        value = getattr(spec, name)
        if value is not UNSET and not (isinstance(value, Decimal) and value.is_finite() and value > 0):
            faults.append(
                _fault(name, f"{name} is {value}, not a decimal above 0", "write a decimal such as 1.5")
            )
    enough = spec.stop_when_n_at_level
    if enough is not UNSET and (isinstance(enough, bool) or not isinstance(enough, int) or enough < 1):
        faults.append(
            _fault(
                "stop_when_n_at_level",
                f"stop_when_n_at_level is {enough}, not a whole number of 1 or more",
                "write 1 or more",
            )
        )
    cap = spec.overdose_cap
    if cap is not UNSET:
        faults.extend(
            _fault(
                f"overdose_cap.{name}",
                f"{name} of the overdose cap is {getattr(cap, name)}, not a decimal between 0 and 1",
                "write a decimal above 0 and below 1",
            )
            for name in ("rate", "probability")
            if not _is_probability(getattr(cap, name))
        )
    return faults


def _algorithmic_contradictions(spec: DesignSpecification) -> list[Fault]:
    """What the 3+3 and the rolling six cannot do."""
    if spec.rule not in ALGORITHMIC:
        return []
    is_rolling = spec.rule == "rolling_six"
    name = "rolling six" if is_rolling else "3+3"
    found = (
        (
            not is_rolling and spec.cohort_size != COHORT_OF_THREE,
            "cohort_size",
            f"the 3+3 treats cohorts of 3, not of {spec.cohort_size}",
            "write 3 or choose another rule",
        ),
        (
            is_rolling and not COHORT_OF_THREE - 1 <= spec.cohort_size <= MOST_AT_LEVEL,
            "cohort_size",
            f"the rolling six enrols 2 to 6 participants at once, not {spec.cohort_size}",
            "write 2 to 6 or choose another rule",
        ),
        (
            spec.max_n_per_level < SIX_AT_MTD,
            "max_n_per_level",
            f"the {name} needs up to 6 participants at a level and {spec.max_n_per_level} are allowed",
            "write 6 or more",
        ),
        (
            spec.mtd_min_n > SIX_AT_MTD,
            "mtd_min_n",
            f"the {name} treats 6 participants at most at a level and the MTD needs {spec.mtd_min_n}",
            "write 6 or fewer",
        ),
        (
            spec.extra_safe_offset is not None,
            "extra_safe_offset",
            f"the {name} has no extra safe stopping rule",
            "leave extra_safe_offset out or choose boin",
        ),
    )
    return [_fault(clause, what, next_) for is_wrong, clause, what, next_ in found if is_wrong]

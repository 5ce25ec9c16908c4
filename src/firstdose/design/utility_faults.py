"""What may be wrong with a design that reads responses."""

from msgspec import UNSET

from firstdose.design.rules.boin12_specification import check_utility_specification
from firstdose.design.specification import UTILITY_RULES, DesignSpecification
from firstdose.terms.outcomes import Fault


def check_utility(spec: DesignSpecification) -> list[Fault]:
    """Faults of a BOIN12 design, one sentence each; none for another rule."""
    if spec.rule not in UTILITY_RULES:
        return []
    if spec.boin12 is UNSET:
        return [
            Fault(
                what="boin12 has no utilities",
                next="give boin12 with its limits and utilities",
                clause="boin12",
            )
        ]
    faults = [
        Fault(what=fault.what, next=fault.next, clause=f"boin12.{fault.clause}")
        for fault in check_utility_specification(spec.boin12)
    ]
    if not faults and spec.boin12.max_toxicity_rate != spec.target_rate:
        said = f"max_toxicity_rate is {spec.boin12.max_toxicity_rate} and target_rate is {spec.target_rate}"
        faults.append(Fault(what=said, next="write one limit", clause="boin12.max_toxicity_rate"))
    has = {
        "titration": spec.titration is not None,
        "extra_safe_offset": spec.extra_safe_offset is not None,
        "stop_when_n_at_level": spec.stop_when_n_at_level is not UNSET,
    }
    faults += [
        Fault(what=f"boin12 does not read {name}", next="leave it out", clause=name)
        for name, is_given in has.items()
        if is_given
    ]
    return faults

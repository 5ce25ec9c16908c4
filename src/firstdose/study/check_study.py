"""A study file, checked as a whole: its form, its references, and whether its dose rules can work."""

from collections.abc import Mapping

from firstdose.conduct.dose_rules import specify_design
from firstdose.design import check_specification
from firstdose.protocol.resolve import build_protocol
from firstdose.protocol.resolved import Protocol
from firstdose.terms.outcomes import Fault


def check_study(files: Mapping[str, str]) -> Protocol | tuple[Fault, ...]:
    """The resolved protocol of a study's texts, or every fault in them."""
    protocol = build_protocol(files)
    if isinstance(protocol, tuple):
        return protocol
    faults = tuple(
        Fault(
            what=fault.what, why=fault.why, next=fault.next, clause=f"parts.{part.key}.design.{fault.clause}"
        )
        for part in protocol.parts
        if part.design is not None
        for fault in check_specification(specify_design(part.design))
    )
    return faults or protocol

"""SLEDAI-2K Responder Index 50 (S2K RI-50): an improvement by half counts half a descriptor's weight."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from firstdose.derive.response.composite import derive_all_of
from firstdose.derive.response.sledai import DESCRIPTOR_BY_KEY, DESCRIPTORS, Sledai
from firstdose.derive.response.sri import Sri
from firstdose.terms.outcomes import NotDerived

REDUCTION = Decimal(4)
"""Points from the SLEDAI-2K of baseline, the same as in SRI-4."""
HALF = Decimal("0.5")
"""Of the weight, for a descriptor that improved by half or more without going away."""


class Ri50(msgspec.Struct, frozen=True, kw_only=True):
    """S2K RI-50 at one visit with its bounds.

    ``halved`` are the descriptors that count half, ``not_rated`` those of baseline that are still present
    without an answer to whether they improved by half, ``missing`` those not assessed now; descriptor keys in
    the order of the instrument.
    """

    total: Decimal | NotDerived
    lower_bound: Decimal
    upper_bound: Decimal
    halved: tuple[str, ...]
    not_rated: tuple[str, ...]
    missing: tuple[str, ...]


def compute_ri50(baseline: Sledai, now: Sledai, *, improved_by_half: Mapping[str, bool | None]) -> Ri50:
    """S2K RI-50 at a visit.

    Parameters
    ----------
    baseline, now : Sledai
        SLEDAI-2K at baseline and at the visit.
    improved_by_half : mapping of descriptor key to bool or None
        For descriptors present at both: whether they improved by 50 % or more by the index's own definition of
        that descriptor. Answers for other descriptors change nothing.

    Returns
    -------
    Ri50
        A descriptor that has gone counts 0; one of baseline that improved by half counts half, otherwise all of
        its weight; one that is new since baseline counts all (P-RI50-1). The total is NotDerived when a
        descriptor was not assessed now, or not rated; the bounds always stand.

    Raises
    ------
    ValueError
        If a key is not a descriptor of the instrument.

    Source
    ------
    Touma Z et al. J Rheumatol 2011;38:275-284.

    Examples
    --------
    >>> from firstdose.derive.response.sledai import DescriptorFinding, derive_sledai
    >>> absent = dict.fromkeys(DESCRIPTOR_BY_KEY, DescriptorFinding(present=False))
    >>> joints = derive_sledai(absent | {"arthritis": DescriptorFinding(present=True, attributable="yes")})
    >>> compute_ri50(joints, joints, improved_by_half={"arthritis": True}).total
    Decimal('2.0')
    """
    unknown_keys = improved_by_half.keys() - DESCRIPTOR_BY_KEY.keys()
    if unknown_keys:
        raise ValueError(f"not SLEDAI-2K descriptors: {sorted(unknown_keys)}")
    lower, upper = Decimal(0), Decimal(0)
    halved, not_rated = [], []
    for descriptor in DESCRIPTORS:
        weight = Decimal(descriptor.weight)
        present, before = now.counts(descriptor.key), baseline.counts(descriptor.key)
        improved = improved_by_half.get(descriptor.key)
        if present is False:
            continue
        # half only for one that was there and improved; what is open may be half or all
        may_be_half = before is not False and improved is not False
        must_be_half = before is True and improved is True
        upper += weight * HALF if must_be_half else weight
        if present:
            lower += weight * HALF if may_be_half else weight
            if must_be_half:
                halved.append(descriptor.key)
            elif may_be_half:
                not_rated.append(descriptor.key)
    open_keys = [one.key for one in DESCRIPTORS if one.key in not_rated or one.key in now.missing]
    return Ri50(
        total=NotDerived("descriptors_open", ", ".join(open_keys)) if open_keys else lower,
        lower_bound=lower,
        upper_bound=upper,
        halved=tuple(halved),
        not_rated=tuple(not_rated),
        missing=now.missing,
    )


def derive_ri50_response(
    baseline: Sledai, ri50: Ri50, *, reduction: Decimal = REDUCTION
) -> bool | NotDerived:
    """Whether the index is at least the reduction below the SLEDAI-2K of baseline, by the bounds."""
    if baseline.lower_bound - ri50.upper_bound >= reduction:
        return True
    if baseline.upper_bound - ri50.lower_bound < reduction:
        return False
    open_keys = sorted({*baseline.missing, *ri50.missing, *ri50.not_rated})
    return NotDerived("descriptors_open", ", ".join(open_keys))


def derive_sri50(sri: Sri, baseline: Sledai, ri50: Ri50, *, reduction: Decimal = REDUCTION) -> Sri:
    """SRI-50: the SRI of the visit with its fall of SLEDAI-2K replaced by a fall of S2K RI-50.

    Parameters
    ----------
    sri : Sri
        From `firstdose.derive.response.sri.derive_sri`; the other components are taken from it.
    baseline : Sledai
        SLEDAI-2K at baseline.
    ri50 : Ri50
        At the visit.
    """
    reduced = derive_ri50_response(baseline, ri50, reduction=reduction)
    responded = derive_all_of(
        {
            "sledai_reduced": reduced,
            "bilag_not_worse": sri.bilag_not_worse,
            "pga_not_worse": sri.pga_not_worse,
            "no_treatment_failure": sri.no_treatment_failure,
        }
    )
    return msgspec.structs.replace(sri, sledai_reduced=reduced, responded=responded)

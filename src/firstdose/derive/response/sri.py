"""SLE Responder Index: SLEDAI-2K better, BILAG and physician not worse."""

from decimal import Decimal

import msgspec

from firstdose.derive.response.bilag import BilagLetters, derive_bilag_not_worse, derive_bilag_worsening
from firstdose.derive.response.composite import derive_all_of
from firstdose.derive.response.pga_worsening import derive_pga_not_worse
from firstdose.derive.response.sledai import Sledai
from firstdose.terms.outcomes import NotDerived

REDUCTION = 4
"""Points of SLEDAI-2K in SRI-4. Furie RA et al. Arthritis Rheum 2009;61:1143."""


class Sri(msgspec.Struct, frozen=True, kw_only=True):
    """SLE Responder Index at one visit with its components.

    ``could_respond`` is false for a baseline below the required reduction: such participants never respond
    and are reported apart.
    """

    responded: bool | NotDerived
    sledai_reduced: bool | NotDerived
    bilag_not_worse: bool | NotDerived
    pga_not_worse: bool | NotDerived
    no_treatment_failure: bool | NotDerived
    could_respond: bool | NotDerived


def derive_sledai_response(baseline: Sledai, now: Sledai, *, reduction: int = REDUCTION) -> bool | NotDerived:
    """Whether SLEDAI-2K fell by at least the reduction, also where the bounds already decide."""
    if baseline.lower_bound - now.upper_bound >= reduction:
        return True
    if baseline.upper_bound - now.lower_bound < reduction:
        return False
    return NotDerived("descriptors_missing", ", ".join(sorted({*baseline.missing, *now.missing})))


def derive_sri(
    baseline_sledai: Sledai,
    sledai: Sledai,
    *,
    baseline_bilag: BilagLetters,
    bilag: BilagLetters,
    baseline_pga: Decimal | None,
    pga: Decimal | None,
    has_treatment_failure: bool | None,
    reduction: int = REDUCTION,
) -> Sri:
    """SRI at one visit; SRI-4 unless another reduction is asked for.

    Parameters
    ----------
    baseline_sledai, sledai : Sledai
        At baseline and now.
    baseline_bilag, bilag : mapping of domain to letter or None
        BILAG-2004 letters.
    baseline_pga, pga : Decimal or None
        0 to 3; an increase of exactly 0.3 fails.
    has_treatment_failure : bool or None
        Rescue, a disallowed drug, or discontinuation before the visit.
    reduction : int
        Points of SLEDAI-2K.

    Source
    ------
    Furie RA et al. Arthritis Rheum 2009;61:1143.
    """
    failure: bool | NotDerived = (
        NotDerived("not_assessed", "treatment failure was not recorded")
        if has_treatment_failure is None
        else not has_treatment_failure
    )
    components: dict[str, bool | NotDerived] = {
        "sledai_reduced": derive_sledai_response(baseline_sledai, sledai, reduction=reduction),
        "bilag_not_worse": derive_bilag_not_worse(derive_bilag_worsening(baseline_bilag, bilag)),
        "pga_not_worse": derive_pga_not_worse(baseline_pga, pga),
        "no_treatment_failure": failure,
    }
    return Sri(
        responded=derive_all_of(components),
        could_respond=_could_respond(baseline_sledai, reduction),
        **components,
    )


def _could_respond(baseline: Sledai, reduction: int) -> bool | NotDerived:
    if baseline.lower_bound >= reduction:
        return True
    if baseline.upper_bound < reduction:
        return False
    return NotDerived("descriptors_missing", ", ".join(baseline.missing))

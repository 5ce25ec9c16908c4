"""SLE Responder Index: SLEDAI-2K better, BILAG and physician not worse."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, get_args

import msgspec

from firstdose.derive.response.composite import derive_all_of
from firstdose.derive.response.pga import SCALE_MAX
from firstdose.derive.response.sledai import Sledai
from firstdose.terms.outcomes import NotDerived

REDUCTION = 4
"""Points of SLEDAI-2K in SRI-4. Furie RA et al. Arthritis Rheum 2009;61:1143."""
PGA_INCREASE_BELOW = Decimal("0.3")
NEW_B_MAX = 1

BilagDomain = Literal[
    "constitutional",
    "mucocutaneous",
    "neuropsychiatric",
    "musculoskeletal",
    "cardiorespiratory",
    "gastrointestinal",
    "ophthalmic",
    "renal",
    "haematological",
]
BilagLetter = Literal["A", "B", "C", "D", "E"]
BILAG_DOMAINS: tuple[BilagDomain, ...] = get_args(BilagDomain)
BilagLetters = Mapping[BilagDomain, BilagLetter | None]


class BilagWorsening(msgspec.Struct, frozen=True, kw_only=True):
    """Domains that are newly A or newly B, and those that could be because a letter is missing."""

    new_a: tuple[BilagDomain, ...]
    new_b: tuple[BilagDomain, ...]
    open_a: tuple[BilagDomain, ...]
    open_b: tuple[BilagDomain, ...]


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


def derive_bilag_worsening(baseline: BilagLetters, now: BilagLetters) -> BilagWorsening:
    """Domains newly A or newly B.

    Parameters
    ----------
    baseline, now : mapping of domain to letter or None
        A domain not given, or None, was not assessed.

    Returns
    -------
    BilagWorsening
        New A: A now and not A at baseline. New B: B now and C, D or E at baseline; from A to B is better.

    Examples
    --------
    >>> all_e = dict.fromkeys(BILAG_DOMAINS, "E")
    >>> derive_bilag_worsening(all_e, all_e | {"renal": "B"}).new_b
    ('renal',)
    """
    new_a: list[BilagDomain] = []
    new_b: list[BilagDomain] = []
    open_a: list[BilagDomain] = []
    open_b: list[BilagDomain] = []
    for domain in BILAG_DOMAINS:
        before, after = baseline.get(domain), now.get(domain)
        if after in ("A", None) and before != "A":
            (open_a if before is None or after is None else new_a).append(domain)
        if after in ("B", None) and before not in ("A", "B"):
            (open_b if before is None or after is None else new_b).append(domain)
    return BilagWorsening(new_a=tuple(new_a), new_b=tuple(new_b), open_a=tuple(open_a), open_b=tuple(open_b))


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
        "bilag_not_worse": _bilag_not_worse(derive_bilag_worsening(baseline_bilag, bilag)),
        "pga_not_worse": _pga_not_worse(baseline_pga, pga),
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


def _bilag_not_worse(worsening: BilagWorsening) -> bool | NotDerived:
    if worsening.new_a or len(worsening.new_b) > NEW_B_MAX:
        return False
    if worsening.open_a or len(worsening.new_b) + len(worsening.open_b) > NEW_B_MAX:
        return NotDerived("bilag_missing", ", ".join(sorted({*worsening.open_a, *worsening.open_b})))
    return True


def _pga_not_worse(baseline: Decimal | None, now: Decimal | None) -> bool | NotDerived:
    if baseline is None or now is None:
        return NotDerived("not_assessed", "physician global assessment was not recorded")
    if not (0 <= baseline <= SCALE_MAX and 0 <= now <= SCALE_MAX):
        return NotDerived("out_of_range", f"physician global assessment outside 0 to {SCALE_MAX}")
    return now - baseline < PGA_INCREASE_BELOW

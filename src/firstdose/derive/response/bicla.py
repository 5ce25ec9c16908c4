"""BILAG-based Composite Lupus Assessment (BICLA): every active system better, nothing else worse."""

from decimal import Decimal

import msgspec

from firstdose.derive.response.bilag import (
    BILAG_DOMAINS,
    BilagLetter,
    BilagLetters,
    derive_bilag_not_worse,
    derive_bilag_worsening,
)
from firstdose.derive.response.composite import derive_all_of, derive_answer
from firstdose.derive.response.pga_worsening import derive_pga_not_worse
from firstdose.derive.response.sledai import Sledai
from firstdose.terms.outcomes import NotDerived

ACTIVE: frozenset[BilagLetter] = frozenset({"A", "B"})
"""Letters at baseline that must improve."""


class Bicla(msgspec.Struct, frozen=True, kw_only=True):
    """BICLA at one visit with its components.

    ``had_active_system`` is false when no system was A or B at baseline: the first component then asks for
    nothing, and such participants are reported apart.
    """

    responded: bool | NotDerived
    bilag_improved: bool | NotDerived
    bilag_not_worse: bool | NotDerived
    sledai_not_worse: bool | NotDerived
    pga_not_worse: bool | NotDerived
    no_treatment_failure: bool | NotDerived
    had_active_system: bool | NotDerived


def derive_bicla(
    baseline_sledai: Sledai,
    sledai: Sledai,
    *,
    baseline_bilag: BilagLetters,
    bilag: BilagLetters,
    baseline_pga: Decimal | None,
    pga: Decimal | None,
    has_treatment_failure: bool | None,
) -> Bicla:
    """BICLA at one visit.

    Parameters
    ----------
    baseline_sledai, sledai : Sledai
        At baseline and now; an equal total is not worse.
    baseline_bilag, bilag : mapping of domain to letter or None
        BILAG-2004 letters. Every A must become B, C or D, every B must become C or D, and there is no new A
        and at most one new B.
    baseline_pga, pga : Decimal or None
        0 to 3; an increase of exactly 0.3 fails.
    has_treatment_failure : bool or None
        Rescue, a disallowed drug, or discontinuation before the visit.

    Returns
    -------
    Bicla
        Three-valued.

    Source
    ------
    Wallace DJ et al. Arthritis Rheum 2011;63:S894.
    """
    failure = derive_answer(has_treatment_failure, "treatment failure")
    components: dict[str, bool | NotDerived] = {
        "bilag_improved": derive_bilag_improvement(baseline_bilag, bilag),
        "bilag_not_worse": derive_bilag_not_worse(derive_bilag_worsening(baseline_bilag, bilag)),
        "sledai_not_worse": derive_sledai_not_worse(baseline_sledai, sledai),
        "pga_not_worse": derive_pga_not_worse(baseline_pga, pga),
        "no_treatment_failure": failure if isinstance(failure, NotDerived) else not failure,
    }
    return Bicla(
        responded=derive_all_of(components),
        had_active_system=_had_active_system(baseline_bilag),
        **components,
    )


def derive_bilag_improvement(baseline: BilagLetters, now: BilagLetters) -> bool | NotDerived:
    """Whether every system that was A or B at baseline has improved by at least one letter.

    Returns
    -------
    bool
        True also when no system was A or B.
    NotDerived
        ``bilag_missing`` if a missing letter decides; ``letters_contradict`` if a system that was A or B is
        now E, never affected.
    """
    return derive_all_of(
        {domain: _improved(baseline.get(domain), now.get(domain)) for domain in BILAG_DOMAINS}
    )


def derive_sledai_not_worse(baseline: Sledai, now: Sledai) -> bool | NotDerived:
    """Whether the total is at most that of baseline, also where the bounds already decide."""
    if now.upper_bound <= baseline.lower_bound:
        return True
    if now.lower_bound > baseline.upper_bound:
        return False
    return NotDerived("descriptors_missing", ", ".join(sorted({*baseline.missing, *now.missing})))


def _improved(before: BilagLetter | None, after: BilagLetter | None) -> bool | NotDerived:
    if before in ("C", "D", "E") or (before is None and after in ("C", "D", "E")):
        return True
    if before is None or after is None:
        return NotDerived("bilag_missing", "a letter is missing")
    if after == "E":
        return NotDerived("letters_contradict", f"{before} at baseline and never affected now")
    # the letters are in the order of severity: later is better
    return after > before


def _had_active_system(baseline: BilagLetters) -> bool | NotDerived:
    if any(letter in ACTIVE for letter in baseline.values()):
        return True
    missing = [domain for domain in BILAG_DOMAINS if baseline.get(domain) is None]
    return NotDerived("bilag_missing", ", ".join(missing)) if missing else False

"""DORIS 2021 remission, on treatment."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from firstdose.derive.response.composite import derive_all_of
from firstdose.derive.response.pga import SCALE_MAX
from firstdose.derive.response.sledai import Sledai
from firstdose.terms.calendar import Window
from firstdose.terms.outcomes import NotDerived

PGA_BELOW = Decimal("0.5")
PREDNISONE_MAX_MG_PER_DAY = Decimal(5)
"""P-DORIS-1: "5 mg/day or less"; table 2 of the paper prints "<5", its abstract and box do not."""
UNSTABLE_WINDOW = Window(first=-28, last=0, closed="both")
"""P-DORIS-2: days from the visit in which a start or an increase makes treatment unstable."""

DrugClass = Literal[
    "antimalarial", "immunosuppressive", "biologic", "glucocorticoid", "study_product", "other"
]
CLASSES_KEPT_STABLE: frozenset[DrugClass] = frozenset({"antimalarial", "immunosuppressive", "biologic"})


class DrugChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of treatment; ``changed_on`` is None when its date is unknown."""

    drug: str
    drug_class: DrugClass
    kind: Literal["started", "increased", "decreased", "stopped", "rescue"]
    changed_on: date | None


class Doris(msgspec.Struct, frozen=True, kw_only=True):
    """DORIS remission at one visit with its four components."""

    attained: bool | NotDerived
    clinical_sledai_is_zero: bool | NotDerived
    pga_is_low: bool | NotDerived
    glucocorticoid_is_low: bool | NotDerived
    treatment_is_stable: bool | NotDerived


def derive_treatment_stability(
    changes: Sequence[DrugChange], visit_date: date, *, window: Window = UNSTABLE_WINDOW
) -> bool | NotDerived:
    """Whether antimalarials, immunosuppressives and biologics are stable at a visit.

    Parameters
    ----------
    changes : sequence of n DrugChange
        All changes of treatment, in any order. The study product is never a concomitant biologic.
    visit_date : date
        Day 0 of ``window``.
    window : Window
        Days from the visit (negative before it) in which a start, an increase or rescue is not stable.

    Returns
    -------
    bool
        Stopping and lowering are allowed.
    NotDerived
        If the date of a start, an increase or rescue is unknown and no other change decides.

    Source
    ------
    Convention P-DORIS-2.
    """
    destabilising = [change for change in changes if _may_destabilise(change)]
    if any(
        one.changed_on is not None and window.has((one.changed_on - visit_date).days) for one in destabilising
    ):
        return False
    undated = [one.drug for one in destabilising if one.changed_on is None]
    return NotDerived("date_unknown", f"date of change unknown: {', '.join(undated)}") if undated else True


def derive_doris(
    sledai: Sledai,
    *,
    pga: Decimal | None,
    prednisone_mg_per_day: Fraction | NotDerived,
    is_treatment_stable: bool | NotDerived,
    pga_below: Decimal = PGA_BELOW,
    prednisone_max_mg_per_day: Decimal = PREDNISONE_MAX_MG_PER_DAY,
) -> Doris:
    """DORIS remission at one visit.

    Parameters
    ----------
    sledai : Sledai
        Serology is ignored, so missing serology never blocks.
    pga : Decimal or None
        Physician global assessment on the 0 to 3 scale; exactly 0.5 is not remission.
    prednisone_mg_per_day : Fraction or NotDerived
        Exactly 5 is remission. [mg/d]
    is_treatment_stable : bool or NotDerived
        From `derive_treatment_stability`.

    Returns
    -------
    Doris
        Three-valued; the duration is no part of the definition.

    Source
    ------
    van Vollenhoven RF et al. Lupus Sci Med 2021;8:e000538.
    """
    components: dict[str, bool | NotDerived] = {
        "clinical_sledai_is_zero": _clinical_sledai_is_zero(sledai),
        "pga_is_low": derive_pga_component(pga, below=pga_below),
        "glucocorticoid_is_low": derive_glucocorticoid_component(
            prednisone_mg_per_day, prednisone_max_mg_per_day
        ),
        "treatment_is_stable": is_treatment_stable,
    }
    return Doris(attained=derive_all_of(components), **components)


def derive_pga_component(
    pga: Decimal | None, *, below: Decimal | None = None, at_most: Decimal | None = None
) -> bool | NotDerived:
    """Whether the assessment is under its limit: ``below`` is strict, ``at_most`` is not."""
    if pga is None:
        return NotDerived("not_assessed", "physician global assessment was not recorded")
    if not 0 <= pga <= SCALE_MAX:
        return NotDerived("out_of_range", f"physician global assessment {pga} is not in 0 to {SCALE_MAX}")
    return (below is None or pga < below) and (at_most is None or pga <= at_most)


def derive_glucocorticoid_component(
    prednisone_mg_per_day: Fraction | NotDerived, max_mg_per_day: Decimal
) -> bool | NotDerived:
    """Whether the dose is at most the maximum, compared exactly."""
    if isinstance(prednisone_mg_per_day, NotDerived):
        return prednisone_mg_per_day
    return prednisone_mg_per_day <= Fraction(max_mg_per_day)


def _may_destabilise(change: DrugChange) -> bool:
    if change.drug_class == "study_product":
        return False
    return change.kind == "rescue" or (
        change.kind in ("started", "increased") and change.drug_class in CLASSES_KEPT_STABLE
    )


def _clinical_sledai_is_zero(sledai: Sledai) -> bool | NotDerived:
    if sledai.clinical_lower_bound > 0:
        return False
    if sledai.clinical_upper_bound == 0:
        return True
    assert isinstance(sledai.clinical_total, NotDerived)
    return sledai.clinical_total

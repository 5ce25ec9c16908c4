"""Systemic glucocorticoids in mg of prednisone a day.

Factors are exact fractions: dexamethasone 0.75 mg is prednisone 5 mg, and a rounded factor would put it
above 5.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived

PREDNISONE_MG_PER_MG: Mapping[str, Fraction] = MappingProxyType(
    {
        "prednisone": Fraction(1),
        "prednisolone": Fraction(1),
        "methylprednisolone": Fraction(5, 4),
        "triamcinolone": Fraction(5, 4),
        "hydrocortisone": Fraction(1, 4),
        "cortisone acetate": Fraction(1, 5),
        "dexamethasone": Fraction(20, 3),
        "betamethasone": Fraction(25, 3),
        "deflazacort": Fraction(5, 6),
    }
)
"""US prednisolone label equivalences. Betamethasone 0.6 mg is used; the label's 0.75 mg would give 20/3."""

AVERAGED_D = 7
"""P-GC-1: the days averaged, ending on the visit day, which is included. [d]"""

Route = Literal[
    "oral",
    "intravenous",
    "intramuscular",
    "topical",
    "inhaled",
    "intranasal",
    "ophthalmic",
    "intra-articular",
]
SYSTEMIC_ROUTES: frozenset[Route] = frozenset({"oral", "intravenous", "intramuscular"})


class GlucocorticoidDose(msgspec.Struct, frozen=True, kw_only=True):
    """One dose; ``dose_mg`` is None when the amount is unknown.

    ``purpose`` "premedication" is a single dose given for an infusion of the study product.
    """

    drug: str
    dose_mg: Decimal | None
    given_on: date
    route: Route
    purpose: Literal["treatment", "premedication", "rescue"] = "treatment"


class DailyDose(msgspec.Struct, frozen=True, kw_only=True):
    """The mean daily dose with the doses that were left out of it."""

    prednisone_mg_per_day: Fraction | NotDerived
    premedication: tuple[GlucocorticoidDose, ...]
    not_systemic: tuple[GlucocorticoidDose, ...]


def compute_prednisone_mg(drug: str, dose_mg: Decimal) -> Fraction | NotDerived:
    """A dose in mg of prednisone.

    Examples
    --------
    >>> compute_prednisone_mg("dexamethasone", Decimal("0.75"))
    Fraction(5, 1)
    >>> compute_prednisone_mg("fludrocortisone", Decimal("0.1")).reason
    'unknown_glucocorticoid'
    """
    factor = PREDNISONE_MG_PER_MG.get(drug)
    if factor is None:
        return NotDerived("unknown_glucocorticoid", f"no prednisone equivalence for {drug}")
    return Fraction(dose_mg) * factor


def derive_daily_dose(
    doses: Sequence[GlucocorticoidDose],
    visit_date: date,
    *,
    known_days: Collection[date],
    averaged_d: int = AVERAGED_D,
) -> DailyDose:
    """Current dose: the mean over the days that end on the visit day.

    Parameters
    ----------
    doses : sequence of n GlucocorticoidDose
        Of one participant, in any order; doses outside the days are ignored.
    visit_date : date
        The last of the days.
    known_days : collection of date
        Days for which the intake is known; a known day without a dose is a day of 0 mg.
    averaged_d : int
        The number of days averaged. [d]

    Returns
    -------
    DailyDose
        The dose is NotDerived if the intake of any of the days is unknown, or the amount or the equivalence
        of a counted dose. Premedication for an infusion of the study product and doses by other than systemic
        routes are listed and not counted; rescue counts.

    Source
    ------
    Conventions P-GC-1 and P-GC-2.

    Examples
    --------
    >>> week = [date(2025, 3, day) for day in range(2, 9)]
    >>> daily = [GlucocorticoidDose(drug="dexamethasone", dose_mg=Decimal("0.75"), given_on=day, route="oral")
    ...          for day in week]
    >>> derive_daily_dose(daily, date(2025, 3, 8), known_days=week).prednisone_mg_per_day
    Fraction(5, 1)
    """
    days = [visit_date - timedelta(days=back) for back in range(averaged_d)]
    in_days = [dose for dose in doses if dose.given_on in days]
    not_systemic = tuple(dose for dose in in_days if dose.route not in SYSTEMIC_ROUTES)
    systemic = [dose for dose in in_days if dose.route in SYSTEMIC_ROUTES]
    premedication = tuple(dose for dose in systemic if dose.purpose == "premedication")
    counted = [dose for dose in systemic if dose.purpose != "premedication"]
    unknown_days = sorted(set(days) - set(known_days))
    return DailyDose(
        prednisone_mg_per_day=(
            NotDerived("days_unknown", ", ".join(day.isoformat() for day in unknown_days))
            if unknown_days
            else _mean(counted, averaged_d)
        ),
        premedication=premedication,
        not_systemic=not_systemic,
    )


def _mean(counted: list[GlucocorticoidDose], averaged_d: int) -> Fraction | NotDerived:
    total = Fraction(0)
    for dose in counted:
        if dose.dose_mg is None:
            return NotDerived("dose_unknown", f"amount of {dose.drug} on {dose.given_on} is unknown")
        prednisone_mg = compute_prednisone_mg(dose.drug, dose.dose_mg)
        if isinstance(prednisone_mg, NotDerived):
            return prednisone_mg
        total += prednisone_mg
    return total / averaged_d

"""Standard maintenance doses: item 5 of LLDAS."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from firstdose.terms.outcomes import NotDerived


class DrugMaximum(msgspec.Struct, frozen=True, kw_only=True):
    """The largest dose that is standard maintenance, in its unit, with its source; equal passes."""

    drug: str
    maximum: Decimal
    unit: str
    source: str


_GOLDER = "Golder V et al. Arthritis Res Ther 2016;18:260, table 3 footnote"
_STUDY = "study setting"

DRUG_MAXIMA: tuple[DrugMaximum, ...] = (
    DrugMaximum(drug="hydroxychloroquine", maximum=Decimal(400), unit="mg/day", source=_GOLDER),
    DrugMaximum(drug="methotrexate", maximum=Decimal(30), unit="mg/week", source=_GOLDER),
    DrugMaximum(drug="azathioprine", maximum=Decimal(200), unit="mg/day", source=_GOLDER),
    DrugMaximum(drug="mycophenolate mofetil", maximum=Decimal(3000), unit="mg/day", source=_GOLDER),
    DrugMaximum(drug="mycophenolic acid", maximum=Decimal(2160), unit="mg/day", source=_GOLDER),
    DrugMaximum(drug="leflunomide", maximum=Decimal(20), unit="mg/day", source=_GOLDER),
    DrugMaximum(drug="tacrolimus", maximum=Decimal(5), unit="mg/day", source=_STUDY),
    DrugMaximum(drug="ciclosporin", maximum=Decimal(4), unit="mg/kg/day", source=_STUDY),
    DrugMaximum(drug="belimumab", maximum=Decimal(10), unit="mg/kg IV every 4 weeks", source=_STUDY),
    DrugMaximum(drug="belimumab", maximum=Decimal(200), unit="mg SC every week", source=_STUDY),
    DrugMaximum(drug="telitacicept", maximum=Decimal(160), unit="mg SC every week", source=_STUDY),
    DrugMaximum(drug="anifrolumab", maximum=Decimal(300), unit="mg IV every 4 weeks", source=_STUDY),
)


class CurrentDrug(msgspec.Struct, frozen=True, kw_only=True):
    """A drug being taken at the visit, other than the study product and glucocorticoids."""

    drug: str
    dose: Decimal | None
    unit: str
    is_tolerated: bool | None
    is_investigational: bool = False


def derive_maintenance(
    drugs: Sequence[CurrentDrug], *, maxima: Sequence[DrugMaximum] = DRUG_MAXIMA
) -> bool | NotDerived:
    """Whether every drug is a tolerated standard maintenance dose and none is investigational.

    Parameters
    ----------
    drugs : sequence of n CurrentDrug
        Without the study product, which the item is not applied to (convention P-LLDAS-3).
    maxima : sequence of DrugMaximum
        One drug may have several, each in another unit.

    Returns
    -------
    bool
        True also when no drug is taken.
    NotDerived
        If a dose or tolerance is unknown, or a drug has no maximum in its unit, and nothing is known to fail.

    Examples
    --------
    >>> taken = CurrentDrug(drug="azathioprine", dose=Decimal(200), unit="mg/day", is_tolerated=True)
    >>> derive_maintenance([taken])
    True
    """
    answers = [_is_standard(drug, maxima) for drug in drugs]
    if any(answer is False for answer in answers):
        return False
    return next((answer for answer in answers if isinstance(answer, NotDerived)), True)


def _is_standard(taken: CurrentDrug, maxima: Sequence[DrugMaximum]) -> bool | NotDerived:
    if taken.is_investigational or taken.is_tolerated is False:
        return False
    limit = next((one for one in maxima if (one.drug, one.unit) == (taken.drug, taken.unit)), None)
    if limit is None:
        return NotDerived("no_maximum", f"no maintenance maximum for {taken.drug} in {taken.unit}")
    if taken.dose is None:
        return NotDerived("dose_unknown", f"dose of {taken.drug} is unknown")
    if taken.dose > limit.maximum:
        return False
    if taken.is_tolerated is None:
        return NotDerived("tolerance_unknown", f"tolerance of {taken.drug} is not recorded")
    return True

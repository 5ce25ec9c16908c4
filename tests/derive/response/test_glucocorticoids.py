"""Glucocorticoids in prednisone equivalents."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from firstdose.derive.response.glucocorticoids import (
    GlucocorticoidDose,
    Route,
    compute_prednisone_mg,
    derive_daily_dose,
)
from firstdose.terms.outcomes import NotDerived

VISIT = date(2025, 3, 8)
WEEK = [VISIT - timedelta(days=back) for back in range(7)]

# Doses that the US prednisolone label calls equal to 15 mg, and the further equivalences in use.
EQUIVALENT = {
    "prednisone": ("5", 5),
    "prednisolone": ("15", 15),
    "methylprednisolone": ("12", 15),
    "triamcinolone": ("12", 15),
    "hydrocortisone": ("60", 15),
    "cortisone acetate": ("75", 15),
    "dexamethasone": ("0.75", 5),
    "betamethasone": ("0.6", 5),
    "deflazacort": ("6", 5),
}


@pytest.mark.parametrize(("drug", "case"), EQUIVALENT.items(), ids=EQUIVALENT)
def test_equivalent_doses_are_exactly_equal(drug: str, case: tuple[str, int]) -> None:
    dose_mg, prednisone_mg = case
    assert compute_prednisone_mg(drug, Decimal(dose_mg)) == prednisone_mg


def _dose(
    mg: str | None, back_d: int = 0, route: Route = "oral", drug: str = "prednisone"
) -> GlucocorticoidDose:
    dose_mg = None if mg is None else Decimal(mg)
    return GlucocorticoidDose(
        drug=drug, dose_mg=dose_mg, given_on=VISIT - timedelta(days=back_d), route=route
    )


# fmt: off
MEANS = {
    # --- the mean of the seven days that end on the visit day
    "the same every day":           ([_dose("5", back) for back in range(7)], Fraction(5)),
    "raised on the visit day":      ([_dose("5", back) for back in range(1, 7)] + [_dose("12")], Fraction(6)),
    "the eighth day back is out":   ([_dose("70", 7)], Fraction(0)),
    "the seventh day is in":        ([_dose("70", 6)], Fraction(10)),
    "nothing taken":                ([], Fraction(0)),
    # --- systemic routes only
    "pulse into a vein":            ([_dose("700", 3, "intravenous")], Fraction(100)),
    "into a muscle":                ([_dose("70", 3, "intramuscular")], Fraction(10)),
    "into a joint":                 ([_dose("70", 3, "intra-articular")], Fraction(0)),
    "on the skin":                  ([_dose("70", 3, "topical")], Fraction(0)),
}
# fmt: on


@pytest.mark.parametrize(("doses", "mean"), MEANS.values(), ids=MEANS)
def test_the_current_dose_is_the_mean_of_seven_days(doses: list[GlucocorticoidDose], mean: Fraction) -> None:
    assert derive_daily_dose(doses, VISIT, known_days=WEEK).prednisone_mg_per_day == mean


def test_premedication_is_listed_and_not_counted_but_rescue_counts() -> None:
    premedication = GlucocorticoidDose(
        drug="dexamethasone",
        dose_mg=Decimal(10),
        given_on=VISIT,
        route="intravenous",
        purpose="premedication",
    )
    rescue = GlucocorticoidDose(
        drug="prednisone", dose_mg=Decimal(70), given_on=VISIT, route="oral", purpose="rescue"
    )
    dose = derive_daily_dose([premedication, rescue], VISIT, known_days=WEEK)
    assert dose.prednisone_mg_per_day == 10
    assert dose.premedication == (premedication,)


@pytest.mark.parametrize(
    ("doses", "known_days", "reason"),
    [
        ([], WEEK[:-1], "days_unknown"),
        ([_dose(None)], WEEK, "dose_unknown"),
        ([_dose("5", drug="fludrocortisone")], WEEK, "unknown_glucocorticoid"),
    ],
    ids=["a day is unknown", "an amount is unknown", "a drug without equivalence"],
)
def test_an_unknown_part_leaves_the_dose_missing(
    doses: list[GlucocorticoidDose], known_days: list[date], reason: str
) -> None:
    dose = derive_daily_dose(doses, VISIT, known_days=known_days).prednisone_mg_per_day
    assert isinstance(dose, NotDerived)
    assert dose.reason == reason

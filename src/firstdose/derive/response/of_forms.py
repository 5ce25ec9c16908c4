"""The response forms as the definitions read them: descriptors, assessment, glucocorticoids, other drugs."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from firstdose.derive.response.composite import derive_all_of
from firstdose.derive.response.doris import DrugChange, DrugClass, derive_treatment_stability
from firstdose.derive.response.glucocorticoids import AVERAGED_D, GlucocorticoidDose, derive_daily_dose
from firstdose.derive.response.lldas import ActivityOutsideSledai
from firstdose.derive.response.maintenance import CurrentDrug, derive_maintenance
from firstdose.derive.response.sledai import DESCRIPTORS, DescriptorFinding, Sledai, derive_sledai
from firstdose.record.events import Value
from firstdose.terms.calendar import Window
from firstdose.terms.outcomes import NotDerived

Values = Mapping[str, Value]

FINDINGS: Mapping[str, DescriptorFinding] = MappingProxyType(
    {
        "absent": DescriptorFinding(present=False),
        "present_sle": DescriptorFinding(present=True, attributable="yes"),
        "present_other_cause": DescriptorFinding(present=True, attributable="no"),
        "present_unknown": DescriptorFinding(present=True, attributable="unknown"),
        "not_assessed": DescriptorFinding(present=None),
    }
)
"""What each choice of a descriptor says."""
CHANGES: Mapping[str, DrugClass] = MappingProxyType(
    {
        "antimalarial_started_or_increased": "antimalarial",
        "immunosuppressant_started_or_increased": "immunosuppressive",
        "biologic_started_or_increased": "biologic",
    }
)
"""Items that ask for a start or an increase in the days in which treatment must be stable."""
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "methotrexate": "mg/week",
        "ciclosporin": "mg/kg/day",
        "telitacicept": "mg SC every week",
        "anifrolumab": "mg IV every 4 weeks",
    }
)
"""Units in which a drug's maximum stands; every other in mg a day, belimumab by its dose."""
BELIMUMAB_SC_MAX_MG = Decimal(200)
"""The form has no route: up to the subcutaneous dose it is read as subcutaneous, above it as intravenous."""
BY_WEIGHT = frozenset({"mg/kg/day", "mg/kg IV every 4 weeks"})


def read_sledai(values: Values) -> Sledai:
    """SLEDAI-2K of a form; a descriptor without an answer was not assessed."""
    return derive_sledai(
        {
            one.key: FINDINGS[answer]
            for one in DESCRIPTORS
            if isinstance(answer := values.get(one.key), str) and answer in FINDINGS
        }
    )


def read_activity_outside(values: Values) -> ActivityOutsideSledai:
    """Haemolytic anaemia and gastrointestinal activity; one of another cause is no activity of lupus."""
    return ActivityOutsideSledai(
        haemolytic_anaemia=_read_activity(values, "haemolytic_anaemia"),
        gi_activity=_read_activity(values, "gi_activity"),
    )


def read_new_features(values: Values) -> bool | None:
    """The investigator's answer to whether there are new features; the form asks the other way round."""
    answer = values.get("no_new_features")
    return not answer if isinstance(answer, bool) else None


def read_decimal_item(values: Values, item: str) -> Decimal | None:
    """A number of a form, or None where there is none."""
    value = values.get(item)
    return Decimal(value) if isinstance(value, str) and value else None


def read_prednisone(values: Values, visit_date: date) -> Fraction | NotDerived:
    """The mean daily dose over the 7 days that end on the visit day, in mg of prednisone.

    Parameters
    ----------
    values : mapping of item to value
        Of the form of lupus treatment: the drug, its dose on the visit day, and whether that was the same on
        the last 7 days; if not, the dose of each day before.
    visit_date : date
        The last of the 7 days.

    Returns
    -------
    Fraction
    NotDerived
        If a day's dose, the drug, or its equivalence is unknown.

    Source
    ------
    Convention P-GC-1.
    """
    drug, is_constant = values.get("glucocorticoid"), values.get("constant_last_7_days")
    if not isinstance(drug, str) or not drug:
        return NotDerived("not_assessed", "glucocorticoids were not recorded")
    today = Decimal(0) if drug == "none" else read_decimal_item(values, "glucocorticoid_mg_per_day")
    doses: dict[date, Decimal] = {} if today is None else {visit_date: today}
    for back in range(1, AVERAGED_D):
        on = visit_date - timedelta(days=back)
        of_day = "day" if back == 1 else "days"
        dose = today if is_constant is True else None
        if is_constant is False:
            dose = read_decimal_item(values, f"glucocorticoid_mg_{back}_{of_day}_before")
        if dose is not None:
            doses[on] = dose
    if drug == "none" and any(doses.values()):
        return NotDerived("drug_unknown", "the glucocorticoid of the days before the visit is not named")
    return derive_daily_dose(
        [
            GlucocorticoidDose(drug=drug.replace("_", " "), dose_mg=dose, given_on=on, route="oral")
            for on, dose in doses.items()
            if dose
        ],
        visit_date,
        known_days=doses,
    ).prednisone_mg_per_day


def read_stability(
    values: Values, visit_date: date, previous_date: date | None, *, stable_treatment_d: int
) -> bool | NotDerived:
    """Whether antimalarials, immunosuppressants and biologics were stable, without rescue treatment.

    The form says that a change lay in the days asked about; of rescue treatment it says only that it was
    given since the visit before, so its date is known to lie in those days only if that visit does.
    """
    window = Window(first=-stable_treatment_d, last=0, closed="both")
    unanswered = [item for item in (*CHANGES, "rescue_given") if not isinstance(values.get(item), bool)]
    changes = [
        DrugChange(drug=drug_class, drug_class=drug_class, kind="started", changed_on=visit_date)
        for item, drug_class in CHANGES.items()
        if values.get(item) is True
    ]
    if values.get("rescue_given") is True:
        is_recent = previous_date is not None and window.has((previous_date - visit_date).days)
        changes.append(
            DrugChange(
                drug="rescue", drug_class="other", kind="rescue", changed_on=visit_date if is_recent else None
            )
        )
    recorded = NotDerived("not_assessed", f"not recorded: {', '.join(unanswered)}") if unanswered else True
    return derive_all_of(
        {"changes": derive_treatment_stability(changes, visit_date, window=window), "recorded": recorded}
    )


def read_maintenance(values: Values, weight_kg: Decimal | None) -> bool | NotDerived:
    """Whether the other drugs are at tolerated standard maintenance doses (item 5 of LLDAS).

    Parameters
    ----------
    values : mapping of item to value
        Of the form of lupus treatment.
    weight_kg : Decimal or None
        The last weight, for maxima by weight.
    """
    items = (
        ("antimalarial", "antimalarial_mg_per_day"),
        ("immunosuppressant", "immunosuppressant_mg"),
        ("biologic", "biologic_mg"),
    )
    unanswered = [drug for drug, _ in items if not values.get(drug)]
    tolerated = values.get("tolerated")
    is_tolerated = tolerated if isinstance(tolerated, bool) else None
    drugs = [
        _read_drug(
            str(values[drug]).replace("_", " "), read_decimal_item(values, dose), weight_kg, is_tolerated
        )
        for drug, dose in items
        if values.get(drug) not in (None, "", "none")
    ]
    if values.get("other_investigational") is True:
        drugs.append(
            CurrentDrug(drug="other", dose=None, unit="", is_tolerated=None, is_investigational=True)
        )
    elif not isinstance(values.get("other_investigational"), bool):
        unanswered.append("other_investigational")
    recorded = NotDerived("not_assessed", f"not recorded: {', '.join(unanswered)}") if unanswered else True
    return derive_all_of({"drugs": derive_maintenance(drugs), "recorded": recorded})


def _read_drug(
    drug: str,
    dose_mg: Decimal | None,
    weight_kg: Decimal | None,
    is_tolerated: bool | None,  # noqa: FBT001 - an answer that is handed on
) -> CurrentDrug:
    unit = UNITS.get(drug, "mg/day")
    if drug == "belimumab":
        is_subcutaneous = dose_mg is not None and dose_mg <= BELIMUMAB_SC_MAX_MG
        unit = "mg SC every week" if is_subcutaneous else "mg/kg IV every 4 weeks"
    dose = dose_mg
    if unit in BY_WEIGHT:
        dose = dose_mg / weight_kg if dose_mg is not None and weight_kg else None
    return CurrentDrug(drug=drug, dose=dose, unit=unit, is_tolerated=is_tolerated)


def _read_activity(values: Values, item: str) -> bool | None:
    answer = values.get(item)
    found = FINDINGS.get(answer) if isinstance(answer, str) else None
    if found is None or found.present is None:
        return None
    return found.present and found.attributable != "no"

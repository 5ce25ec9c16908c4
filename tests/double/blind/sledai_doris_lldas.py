"""SLEDAI-2K, physician global assessment, glucocorticoid dose, DORIS 2021 and LLDAS, written from the definitions.

A second hand: plain functions over dicts, Decimal and Fraction. ``None`` means not known. Three-valued logic is
"false beats unknown beats true" everywhere.

Sources: Gladman 2002 (SLEDAI-2K), van Vollenhoven 2021 (DORIS), Franklyn 2016 (LLDAS), Golder 2016 (maxima).
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

EIGHT = "seizure psychosis organic_brain_syndrome visual_disturbance cranial_nerve_disorder lupus_headache cva vasculitis"
FOUR = "arthritis myositis urinary_casts hematuria proteinuria pyuria"
TWO = "rash alopecia mucosal_ulcers pleurisy pericarditis low_complement increased_dna_binding"
ONE = "fever thrombocytopenia leukopenia"
WEIGHT = {key: w for w, keys in ((8, EIGHT), (4, FOUR), (2, TWO), (1, ONE)) for key in keys.split()}
SEROLOGY = ("low_complement", "increased_dna_binding")
MAJOR = frozenset(
    [
        *EIGHT.split(),
        "urinary_casts",
        "hematuria",
        "proteinuria",
        "pyuria",
        "pleurisy",
        "pericarditis",
        "fever",
    ]
)

PREDNISONE_FACTOR = {
    "prednisone": Fraction(1),
    "prednisolone": Fraction(1),
    "methylprednisolone": Fraction(5, 4),
    "triamcinolone": Fraction(5, 4),
    "hydrocortisone": Fraction(5, 20),
    "cortisone_acetate": Fraction(5, 25),
    "dexamethasone": Fraction(500, 75),
    "betamethasone": Fraction(50, 6),
    "deflazacort": Fraction(5, 6),
}
SYSTEMIC = ("oral", "intravenous", "intramuscular")

MAXIMUM = {  # (maximum, unit); Golder 2016 table 3 footnote, then the study's own additions
    "hydroxychloroquine": (Decimal(400), "mg/day"),
    "methotrexate": (Decimal(30), "mg/week"),
    "azathioprine": (Decimal(200), "mg/day"),
    "mycophenolate_mofetil": (Decimal(3000), "mg/day"),
    "mycophenolic_acid": (Decimal(2160), "mg/day"),
    "leflunomide": (Decimal(20), "mg/day"),
    "tacrolimus": (Decimal(5), "mg/day"),
    "ciclosporin": (Decimal(4), "mg/kg/day"),
    "belimumab_iv": (Decimal(10), "mg/kg q4w"),
    "belimumab_sc": (Decimal(200), "mg/week"),
    "telitacicept": (Decimal(160), "mg/week"),
    "anifrolumab": (Decimal(300), "mg q4w"),
}


def all_of(parts: Iterable[bool | None]) -> bool | None:
    """Combine required parts: one false decides, else one unknown decides."""
    seen = list(parts)
    if any(part is False for part in seen):
        return False
    return None if any(part is None for part in seen) else True


def counts(finding: tuple[bool | None, str | None]) -> bool | None:
    """Whether one descriptor counts: (present, attributable); unknown attribution counts."""
    present, attributable = finding
    if present is None:
        return None
    return present and attributable != "no"


class Score(NamedTuple):
    """A total, None as long as one descriptor is not known, with its bounds and what they hang on."""

    total: int | None
    lower: int
    upper: int
    missing: list[str]
    attribution_unknown: list[str]


def sledai(findings: Mapping[str, tuple[bool | None, str | None]], *, clinical: bool = False) -> Score:
    """The score; the clinical one leaves the two serological descriptors out."""
    lower = missing = 0
    unknown: list[str] = []
    flagged: list[str] = []
    for key, weight in WEIGHT.items():
        if clinical and key in SEROLOGY:
            continue
        finding = findings.get(key, (None, None))
        answer = counts(finding)
        if answer is None:
            unknown.append(key)
            missing += weight
        elif answer:
            lower += weight
            if finding[1] == "unknown":
                flagged.append(key)
    return Score(None if unknown else lower, lower, lower + missing, unknown, flagged)


def physician_global(value: Decimal, full_scale: int = 3) -> Decimal | None:
    """The assessment on the 0-3 scale, or None when it lies outside its scale."""
    if value < 0 or value > full_scale:
        return None
    return value * 3 / full_scale if full_scale != 3 else value


def prednisone_mg(drug: str, dose_mg: Decimal, *, betamethasone_us_label: bool = False) -> Fraction:
    """Prednisone milligrams of one dose, as an exact fraction."""
    if drug == "betamethasone" and betamethasone_us_label:
        return Fraction(dose_mg) * Fraction(20, 3)
    return Fraction(dose_mg) * PREDNISONE_FACTOR[drug]


def current_daily_dose(
    administrations: Iterable[tuple[date, str, Decimal, str, bool]], known_days: Iterable[date], visit: date
) -> Fraction | None:
    """Mean of the seven days that end on the visit day.

    Each administration is (day, drug, mg, route, premedication of a study infusion). A day not in ``known_days``
    makes the dose unknown.
    """
    days = {visit - timedelta(days=back) for back in range(7)}
    if not days <= set(known_days):
        return None
    total = Fraction(0)
    for day, drug, dose_mg, route, premedication in administrations:
        if day in days and route in SYSTEMIC and not premedication:
            total += prednisone_mg(drug, dose_mg)
    return total / 7


def at_most(value: Fraction | Decimal | None, limit: str) -> bool | None:
    """Value at or under the limit; unknown stays unknown."""
    return None if value is None else Fraction(value) <= Fraction(limit)


def doris(
    findings: Mapping[str, tuple[bool | None, str | None]],
    pga: Decimal | None,
    prednisone_mg_per_day: Fraction | Decimal | None,
    *,
    treatment_stable: bool | None,
) -> tuple[bool | None, dict[str, bool | None]]:
    """The four items of DORIS 2021 and their conjunction."""
    score = sledai(findings, clinical=True)
    quiet = False if score.lower > 0 else (True if score.upper == 0 else None)
    items = {
        "clinical_sledai": quiet,
        "pga": None if pga is None else pga < Decimal("0.5"),
        "prednisone": at_most(prednisone_mg_per_day, "5"),
        "stable": treatment_stable,
    }
    return all_of(items.values()), items


def stable_treatment(
    changes: Iterable[tuple[date | None, str, str]],
    rescues: Iterable[date | None],
    visit: date,
    window_d: int = 28,
) -> bool | None:
    """No start or increase of an antimalarial, immunosuppressive or biologic and no rescue in the days before.

    Each change is (day, class, what): stopping and lowering are allowed, as is the study product. A day that is
    not known may lie in the window.
    """
    watched = ("antimalarial", "immunosuppressive", "biologic")
    days = [day for day, kind, what in changes if kind in watched and what in ("started", "increased")]
    first = visit - timedelta(days=window_d)
    return all_of(None if day is None else not first <= day <= visit for day in [*days, *rescues])


def lldas_activity(
    findings: Mapping[str, tuple[bool | None, str | None]],
    *,
    haemolytic: bool | None,
    gastrointestinal: bool | None,
) -> bool | None:
    """Item 1: at most four points, no major organ, no haemolytic anaemia, no gastrointestinal activity."""
    score = sledai(findings)
    majors = [counts(findings.get(key, (None, None))) for key in sorted(MAJOR)]
    majors += [haemolytic, gastrointestinal]
    low = False if score.lower > 4 else (True if score.upper <= 4 else None)
    return all_of([low, *(None if m is None else not m for m in majors)])


def no_new_feature(
    rule: str,
    now: Mapping[str, bool | None],
    before: Mapping[str, bool | None] | None,
    *,
    flare: str | None = None,
    investigator: bool | None = None,
) -> tuple[bool | None, bool | None]:
    """Item 2: (the answer that holds, the derived one); True means no new feature.

    ``now`` and ``before`` hold the 24 descriptors and the flags ``haemolytic_anaemia`` and ``gi_activity``, already
    reduced to "counts". ``flare`` is "none", "mild_moderate" or "severe".
    """
    derived: bool | None
    if rule in ("sfi", "sfi_baseline"):
        derived = None if flare is None else flare == "none"
    elif before is None:
        derived = None
    else:
        keys = [key for key in WEIGHT if not (rule == "sledai_clinical" and key in SEROLOGY)]
        parts: list[bool | None] = []
        for key in [*keys, "haemolytic_anaemia", "gi_activity"]:
            present, was = now.get(key), before.get(key)
            if present is False or was is True:
                parts.append(True)
            elif present is None or was is None:
                parts.append(None)
            else:
                parts.append(False)
        derived = all_of(parts)
    return (derived if investigator is None else investigator), derived


def drug_within_maximum(drug: str, dose: Decimal | None, weight_kg: Decimal | None = None) -> bool | None:
    """At or under the standard maximum; None when dose, needed weight or the maximum is not known.

    Doses are per day, per week or per infusion as the maximum is; a per-kilogram maximum is compared exactly with
    maximum times weight.
    """
    if dose is None or drug not in MAXIMUM:
        return None
    maximum, unit = MAXIMUM[drug]
    if "kg" not in unit:
        return dose <= maximum
    return None if weight_kg is None else Fraction(dose) <= Fraction(maximum) * Fraction(weight_kg)


def standard_treatment(
    drugs: Iterable[tuple[str, Decimal | None, bool | None]],
    *,
    other_investigational: bool | None,
    weight_kg: Decimal | None = None,
) -> bool | None:
    """Item 5: each (drug, dose, tolerated) within its maximum and tolerated; no other investigational drug."""
    parts: list[bool | None] = [None if other_investigational is None else not other_investigational]
    for drug, dose, tolerated in drugs:
        parts += [drug_within_maximum(drug, dose, weight_kg), tolerated]
    return all_of(parts)


def lldas(
    *,
    activity: bool | None,
    no_new: bool | None,
    pga: Decimal | None,
    prednisone_mg_per_day: Fraction | Decimal | None,
    standard: bool | None,
) -> tuple[bool | None, list[bool | None]]:
    """The five items and their conjunction."""
    items = [activity, no_new, at_most(pga, "1"), at_most(prednisone_mg_per_day, "7.5"), standard]
    return all_of(items), items

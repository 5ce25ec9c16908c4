"""Each measure says of a row of text what the definition says of the values that the text means."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import lupus_scores

from firstdose.derive.response.bicla import derive_bicla
from firstdose.derive.response.bilag import BILAG_DOMAINS, compute_bilag_score
from firstdose.derive.response.classification import CRITERIA, derive_ana_entry, derive_classification
from firstdose.derive.response.damage_index import DAMAGE_DOMAINS, compute_damage_index
from firstdose.derive.response.doris import derive_doris
from firstdose.derive.response.glucocorticoids import compute_prednisone_mg
from firstdose.derive.response.lldas import ActivityOutsideSledai, derive_lldas
from firstdose.derive.response.pga import compute_pga
from firstdose.derive.response.ri50 import compute_ri50, derive_ri50_response
from firstdose.derive.response.sle_das import WEIGHTS, SleDasItems, compute_sle_das
from firstdose.derive.response.sledai import DESCRIPTORS, DescriptorFinding, Sledai, derive_sledai
from firstdose.derive.response.sledai_flare_index import (
    MILD_SIGNS,
    SEVERE_SIGNS,
    AddedDrug,
    FlareFindings,
    FlareState,
    derive_flare_index,
)
from firstdose.derive.response.sledai_proposal import ActivityValues, DatedValue, propose_descriptors
from firstdose.derive.response.sri import derive_sri
from firstdose.derive.safety.crs import CrsFindings, grade_crs
from firstdose.derive.safety.ctcae_laboratory import LaboratoryGrade, grade_laboratory_value
from firstdose.derive.safety.ctcae_limits import LABORATORY_TERMS, NOT_IN_CTCAE
from firstdose.derive.safety.ctcae_vital_signs import (
    BloodPressure,
    OxygenSaturation,
    grade_fever,
    grade_hypertension,
    grade_hypothermia,
    grade_hypoxia,
)
from firstdose.derive.safety.ecg import Tracing, derive_qtc
from firstdose.derive.safety.expedited import (
    MinimumCriteria,
    SeriousEvent,
    SeriousnessCriterion,
    derive_expedited_reporting,
)
from firstdose.derive.safety.gvhd import (
    GvhdStages,
    assign_liver_stage,
    assign_lower_gi_stage,
    assign_skin_stage,
    grade_gvhd,
)
from firstdose.derive.safety.hys_law import LiverSample, LiverValue, derive_hys_law
from firstdose.derive.safety.icans import IcansFindings, IceAssessment, compute_ice_score, grade_icans
from firstdose.derive.safety.unit_conversion import convert_exactly, convert_for_grading
from firstdose.derive.safety.unit_factors import UNITS
from firstdose.derive.scores import MEASURE_BY_KEY, Column, score_rows
from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import Grade

Row = Mapping[str, str]
NUMBERS = [
    "0",
    "0.3",
    "0.5",
    "0.51",
    "1",
    "1.0",
    "1.8",
    "2.0",
    "3",
    "4.9",
    "38.0",
    "40.1",
    "60",
    "88",
    "100",
    "140",
]


# --- what a text means, read a second time
def number(row: Row, name: str) -> Decimal | None:
    return Decimal(row[name]) if row.get(name) else None


def whole(row: Row, name: str) -> int | None:
    return int(row[name]) if row.get(name) else None


def answer(row: Row, name: str) -> bool | None:
    return {"yes": True, "no": False}.get(row.get(name, ""))


def day(row: Row, name: str) -> date | None:
    return date.fromisoformat(row[name]) if row.get(name) else None


def finding(word: str) -> DescriptorFinding:
    return {
        "absent": DescriptorFinding(present=False),
        "no": DescriptorFinding(present=False),
        "present_sle": DescriptorFinding(present=True, attributable="yes"),
        "present_other_cause": DescriptorFinding(present=True, attributable="no"),
        "present_unknown": DescriptorFinding(present=True, attributable="unknown"),
        "yes": DescriptorFinding(present=True),
    }.get(word, DescriptorFinding(present=None))


def sledai(row: Row, prefix: str = "") -> Sledai:
    return derive_sledai({one.key: finding(row.get(prefix + one.key, "")) for one in DESCRIPTORS})


def known_total(row: Row, name: str) -> Sledai:
    """An assessment with that total, made of descriptors; an unknown one if there is none."""
    total = whole(row, name)
    if total is None:
        return derive_sledai({})
    left, present = total, []
    for one in DESCRIPTORS:
        if one.weight <= left:
            present.append(one.key)
            left -= one.weight
    assert left == 0
    found = derive_sledai(
        {one.key: DescriptorFinding(present=one.key in present, attributable="yes") for one in DESCRIPTORS}
    )
    assert found.total == total
    return found


def prednisone(row: Row, prefix: str = "") -> Fraction | NotDerived:
    drug, dose = row.get(f"{prefix}glucocorticoid", ""), number(row, f"{prefix}glucocorticoid_mg_per_day")
    if drug == "none" and not dose:
        return Fraction(0)
    if drug in ("", "none") or dose is None:
        return NotDerived("dose_unknown")
    return compute_prednisone_mg(drug, dose)


def letters(row: Row, prefix: str = "") -> Any:
    return {one: row.get(f"{prefix}bilag_{one}") or None for one in BILAG_DOMAINS}


def or_missing(given: bool | None) -> bool | NotDerived:  # noqa: FBT001 - an answer
    return NotDerived("not_assessed") if given is None else given


def known(value: Any) -> Any:
    """What an answer shows: nothing where it is not derived, the number of a grade."""
    if isinstance(value, NotDerived):
        return None
    return value.value if isinstance(value, Grade) else value


# --- what the definitions say
def expect_sledai(row: Row) -> dict[str, Any]:
    found = sledai(row)
    return {"": found.total, "lower_bound": found.lower_bound, "upper_bound": found.upper_bound}


def expect_clinical(row: Row) -> dict[str, Any]:
    found = sledai(row)
    return {
        "": found.clinical_total,
        "lower_bound": found.clinical_lower_bound,
        "upper_bound": found.clinical_upper_bound,
    }


def expect_proposals(row: Row) -> dict[str, Any]:
    on = day(row, "sampled_on")
    if on is None and row.get("lymphodepletion_start"):
        return {"": None}

    def dated(name: str) -> DatedValue | None:
        value = number(row, name)
        at = on or date(2020, 1, 1)
        return (
            None
            if value is None
            else DatedValue(
                value=value, on=at, lln=number(row, f"{name}_lln"), uln=number(row, f"{name}_uln")
            )
        )

    names = [
        name
        for name in ActivityValues.__struct_fields__
        if name not in ("active_joints", "has_urinary_casts")
    ]
    values = ActivityValues(
        active_joints=whole(row, "active_joints"),
        has_urinary_casts=answer(row, "has_urinary_casts"),
        **{name: dated(name) for name in names},
    )
    excluded = row["excluded_causes"]
    found = propose_descriptors(
        values,
        lymphodepletion_start=day(row, "lymphodepletion_start"),
        first_infusion=day(row, "first_infusion"),
        excluded_causes=[] if excluded in ("", "none") else [excluded],
    )
    said = {key: one.finding for key, one in found.items()}
    points = sum(d.weight for d in DESCRIPTORS if d.key in said and getattr(said[d.key], "present", False))
    reasons = {one.reason for one in said.values() if isinstance(one, NotDerived)}
    is_known = (
        any(isinstance(one, DescriptorFinding) for one in said.values()) or "needs_attribution" in reasons
    )
    words = {
        key: {True: "present_unknown", False: "absent"}[bool(one.present)]
        if isinstance(one, DescriptorFinding)
        else "needs_attribution" if one.reason == "needs_attribution" else None
        for key, one in said.items()
    }  # fmt: skip
    return {"": points, **words} if is_known else {"": None}


def expect_pga(row: Row) -> dict[str, Any]:
    scale: Any = whole(row, "recorded_scale_max")
    if scale is None:
        return {"": None}
    found = compute_pga(number(row, "recorded_pga"), scale)
    return {"": found if isinstance(found, NotDerived) else found.value}


def expect_prednisone(row: Row) -> dict[str, Any]:
    dose = number(row, "dose_mg")
    if not row["glucocorticoid"] or dose is None:
        return {"": None}
    found = compute_prednisone_mg(row["glucocorticoid"], dose)
    assert isinstance(found, Fraction)
    return {"exact": str(found)}


def expect_sle_das(row: Row) -> dict[str, Any]:
    found = compute_sle_das(
        SleDasItems(
            swollen_joints_28=whole(row, "swollen_joints_28"),
            rash=row["rash_extent"] or None,  # type: ignore[arg-type] # a word of the item
            present={item: answer(row, item) for item in WEIGHTS},
            proteinuria_mg_per_24h=number(row, "proteinuria_mg_per_24h"),
            platelets_10e9_per_l=number(row, "platelets_10e9_per_l"),
            white_cells_10e9_per_l=number(row, "white_cells_10e9_per_l"),
        )
    )
    return {"": found.score, "category": found.category}


def expect_doris(row: Row) -> dict[str, Any]:
    found = derive_doris(
        sledai(row),
        pga=number(row, "pga"),
        prednisone_mg_per_day=prednisone(row),
        is_treatment_stable=or_missing(answer(row, "is_treatment_stable")),
    )
    return {
        "": found.attained,
        **{name: getattr(found, name) for name in found.__struct_fields__ if name != "attained"},
    }


def expect_lldas(row: Row) -> dict[str, Any]:
    has_previous = any(row.get(f"previous_{one.key}") not in ("", "unknown", None) for one in DESCRIPTORS)
    # an assessment whose cells all say not assessed is one, and leaves everything open
    has_previous |= any(row.get(f"previous_{one.key}") == "unknown" for one in DESCRIPTORS)
    names = ("haemolytic_anaemia", "gi_activity")
    found = derive_lldas(
        sledai(row),
        ActivityOutsideSledai(**{name: answer(row, name) for name in names}),
        pga=number(row, "pga"),
        prednisone_mg_per_day=prednisone(row),
        is_maintenance_tolerated=or_missing(answer(row, "is_maintenance_tolerated")),
        previous_sledai=sledai(row, "previous_") if has_previous else None,
        previous_outside=ActivityOutsideSledai(**{name: answer(row, f"previous_{name}") for name in names})
        if has_previous
        else None,
        new_features_recorded=answer(row, "new_features_recorded"),
    )
    parts = (
        "low_activity",
        "no_new_features",
        "pga_is_low",
        "glucocorticoid_is_low",
        "maintenance_is_tolerated",
    )
    return {"": found.attained, **{name: getattr(found, name) for name in parts}}


def expect_responder(derive: Callable[..., Any], row: Row) -> dict[str, Any]:
    found = derive(
        known_total(row, "baseline_sledai_2k"),
        known_total(row, "sledai_2k"),
        baseline_bilag=letters(row, "baseline_"),
        bilag=letters(row),
        baseline_pga=number(row, "baseline_pga"),
        pga=number(row, "pga"),
        has_treatment_failure=answer(row, "has_treatment_failure"),
    )
    return {
        "": found.responded,
        **{name: getattr(found, name) for name in found.__struct_fields__ if name != "responded"},
    }


def expect_ri50(row: Row) -> dict[str, Any]:
    baseline = sledai(row, "baseline_")
    found = compute_ri50(
        baseline,
        sledai(row),
        improved_by_half={one.key: answer(row, f"improved_{one.key}") for one in DESCRIPTORS},
    )
    return {
        "": found.total,
        "lower_bound": found.lower_bound,
        "fell_by_4": derive_ri50_response(baseline, found),
    }


def expect_bilag(row: Row) -> dict[str, Any]:
    found = compute_bilag_score(letters(row))
    return {"": found.total, "upper_bound": found.upper_bound}


def expect_sdi(row: Row) -> dict[str, Any]:
    return {"": compute_damage_index({one.key: whole(row, f"sdi_{one.key}") for one in DAMAGE_DOMAINS})}


def expect_classification(row: Row) -> dict[str, Any]:
    found = derive_classification(
        is_ana_positive=derive_ana_entry(
            whole(row, "ana_reciprocal_titre"), is_equivalent_positive=answer(row, "ana_equivalent_positive")
        ),
        findings={one.key: finding(row[one.key]) for one in CRITERIA},
    )
    return {"": found.classified, "lower_bound": found.lower_bound, "has_clinical": found.has_clinical}


def expect_flare(row: Row) -> dict[str, Any]:
    def state(prefix: str) -> FlareState:
        return FlareState(
            sledai=known_total(row, f"{prefix}sledai_2k"),
            pga=number(row, f"{prefix}pga"),
            prednisone_mg_per_day=prednisone(row, prefix),
        )

    added = []
    for name, drug_class in (
        ("nsaid_or_antimalarial", "antimalarial"),
        ("immunosuppressive_or_biologic", "biologic"),
    ):
        said = answer(row, f"added_{name}")
        reason = {True: "sle_activity", False: "other", None: None}[said]
        added.append(AddedDrug(drug="a drug", drug_class=drug_class, added_for=reason))  # type: ignore[arg-type] # words
    found = derive_flare_index(
        state("before_"),
        state(""),
        FlareFindings(
            mild_signs={sign: answer(row, f"mild_{sign}") for sign in MILD_SIGNS},
            severe_signs={sign: answer(row, f"severe_{sign}") for sign in SEVERE_SIGNS},
            severe_sign_needed_more=answer(row, "severe_sign_needed_more"),
            added=tuple(added),
            was_admitted_for_activity=answer(row, "was_admitted_for_activity"),
        ),
        weight_kg=number(row, "weight_kg"),
    )
    return {"": found.index.flare, "severe_met": ";".join(found.severe_met) or "none"}


def expect_laboratory(row: Row) -> dict[str, Any]:
    value, version, analyte, unit = number(row, "value"), row["ctcae_version"], row["analyte"], row["unit"]
    if not version or not analyte or value is None:
        return {"": None}
    numbers = {name: number(row, name) for name in ("value", "lln", "uln", "baseline")}
    if analyte not in NOT_IN_CTCAE:
        if not unit and analyte != "inr":
            return {"": None}
        for name, one in numbers.items():
            if one is not None:
                found = convert_for_grading(analyte, one, unit=unit or "1")
                if isinstance(found, NotDerived):
                    return {"": None}
                numbers[name] = found.value
    assert numbers["value"] is not None
    grades = grade_laboratory_value(
        analyte,
        numbers["value"],
        version=version,  # type: ignore[arg-type] # a word of the column
        lln=numbers["lln"],
        uln=numbers["uln"],
        baseline=numbers["baseline"],
        on_anticoagulation=answer(row, "on_anticoagulation"),
        symptomatic=answer(row, "symptomatic"),
        intervention=answer(row, "intervention"),
        fasting=answer(row, "fasting"),
    )
    by_side = {one.direction: one.grade.value for one in grades if isinstance(one, LaboratoryGrade)}
    highest = max(by_side.values(), default=0)
    is_open = highest == 0 and len(by_side) < len(grades)
    return {
        "": None if is_open else highest,
        "low_grade": by_side.get("low"),
        "high_grade": by_side.get("high"),
    }


def expect_conversion(row: Row) -> dict[str, Any]:
    value = number(row, "value")
    if not row["analyte"] or not row["unit"] or value is None:
        return {"": None}
    to_unit = row["to_unit"] or UNITS[row["analyte"]].unit
    found = convert_exactly(row["analyte"], value, unit=row["unit"], to_unit=to_unit)
    return {"exact": None if isinstance(found, NotDerived) else str(found)}


def expect_vital_signs(row: Row) -> dict[str, Any]:
    version: Any = row["ctcae_version"]
    if not version:
        return {"": None}
    grades: dict[str, Any] = {}
    temperature = number(row, "temperature_c")
    if temperature is not None:
        grades["fever_grade"] = grade_fever(
            temperature, above_40_h=number(row, "above_40_h"), version=version
        )
        grades["hypothermia_grade"] = grade_hypothermia(temperature, version=version)
    pairs = [
        (number(row, f"{at}systolic_mmhg"), number(row, f"{at}diastolic_mmhg")) for at in ("", "baseline_")
    ]
    if pairs[0] != (None, None):
        if any((one is None) != (other is None) for one, other in pairs):
            grades["hypertension_grade"] = NotDerived("incomplete")
        else:
            now, before = (
                None
                if one is None or other is None
                else BloodPressure(systolic_mmhg=one, diastolic_mmhg=other)
                for one, other in pairs
            )
            assert now is not None
            grades["hypertension_grade"] = grade_hypertension(
                now, baseline=before, persisting_h=number(row, "persisting_h"), version=version
            )
    oxygen = OxygenSaturation(
        at_rest_percent=number(row, "saturation_at_rest_percent"),
        on_exertion_percent=number(row, "saturation_on_exertion_percent"),
        arterial_oxygen_mmhg=number(row, "arterial_oxygen_mmhg"),
        lln_percent=number(row, "saturation_lln_percent"),
        is_on_continuous_oxygen=answer(row, "is_on_continuous_oxygen") is True,
    )
    measured = (oxygen.at_rest_percent, oxygen.on_exertion_percent, oxygen.arterial_oxygen_mmhg)
    if oxygen.is_on_continuous_oxygen or any(one is not None for one in measured):
        grades["hypoxia_grade"] = grade_hypoxia(oxygen, version=version)
    said = {name: known(one) for name, one in grades.items()}
    is_open = not said or None in said.values()
    return {"": None if is_open else max(said.values()), **said}


def expect_qtcf(row: Row) -> dict[str, Any]:
    version: Any = row["ctcae_version"]
    tracings: dict[str, list[Tracing]] = {"": [], "baseline_": []}
    for at, found in tracings.items():
        for suffix in ("", "_2", "_3"):
            qt, rate = number(row, f"{at}qt_ms{suffix}"), number(row, f"{at}heart_rate_per_min{suffix}")
            if (qt is None) != (rate is None):
                return {"": None}
            if qt is not None and rate is not None:
                found.append(Tracing(qt_ms=qt, heart_rate_per_min=rate))
    if not version or not tracings[""]:
        return {"": None}
    qtc = derive_qtc(
        tracings[""],
        baseline=tracings["baseline_"],
        version=version,
        has_serious_arrhythmia=answer(row, "has_serious_arrhythmia") is True,
    )
    assert not isinstance(qtc, NotDerived)
    return {"": qtc.mean_ms, "change_ms": qtc.change_ms, "grade": qtc.grade}


def expect_crs(row: Row) -> dict[str, Any]:
    """Over everything that a blank cell could say."""
    fevers = [answer(row, "had_crs_fever")] if answer(row, "had_crs_fever") is not None else [True, False]
    name = "had_antipyretic_or_anticytokine"
    antipyretics = [answer(row, name)] if answer(row, name) is not None else [True, False]
    drugs: list[frozenset[str]] = [frozenset(row["vasopressors"].split(";")) - {"none", ""}]
    if not row["vasopressors"]:
        drugs = [frozenset(), frozenset({"dopamine"}), frozenset({"dopamine", "epinephrine"})]
    grades = {
        known(
            grade_crs(
                CrsFindings(
                    temperature_c=number(row, "temperature_c"),
                    had_crs_fever=bool(fever),
                    had_antipyretic_or_anticytokine=bool(antipyretic),
                    has_hypotension=answer(row, "has_hypotension"),
                    vasopressors=given,
                    oxygen=row["oxygen"] or None,  # type: ignore[arg-type] # a word of the column
                    nasal_flow_l_per_min=number(row, "nasal_flow_l_per_min"),
                    died_of_crs=answer(row, "died_of_crs") is True,
                )
            )
        )
        for fever in fevers
        for antipyretic in antipyretics
        for given in drugs
    }
    return {"": grades.pop() if len(grades) == 1 else None}


def expect_icans(row: Row) -> dict[str, Any]:
    parts = compute_ice_score(
        IceAssessment(
            orientation=whole(row, "ice_orientation"),
            naming=whole(row, "ice_naming"),
            follows_command=answer(row, "ice_follows_command"),
            writes_sentence=answer(row, "ice_writes_sentence"),
            counts_backwards=answer(row, "ice_counts_backwards"),
        )
    )
    given = whole(row, "ice_score")
    ice: int | NotDerived = parts if given is None else given
    if given is not None and isinstance(parts, int) and parts != given:
        ice = NotDerived("ice_contradicts")
    words: dict[str, Any] = {name: row[name] or None for name in ("consciousness", "seizure", "oedema")}
    found = grade_icans(
        IcansFindings(
            ice=ice,
            has_deep_focal_weakness=answer(row, "has_deep_focal_weakness"),
            died_of_icans=answer(row, "died_of_icans") is True,
            **words,
        )
    )
    return {"": found, "ice": ice}


def expect_gvhd(row: Row) -> dict[str, Any]:
    erythema, bullae = number(row, "erythema_percent"), number(row, "bullae_percent")
    skins = (
        {None}
        if erythema is None
        else {
            assign_skin_stage(erythema, one)
            for one in ([bullae] if bullae is not None else [Decimal(0), erythema])
        }
    )
    unit: Any = row["bilirubin_unit"]
    bilirubin = number(row, "bilirubin")
    said = answer(row, "has_severe_pain_or_blood")
    guts = {
        known(
            assign_lower_gi_stage(
                stool_ml_per_d=number(row, "stool_ml_per_d"),
                episodes_per_d=number(row, "episodes_per_d"),
                has_severe_pain_or_blood=one,
            )
        )
        for one in ([False, True] if said is None else [said])
    }
    stages = GvhdStages(
        skin=skins.pop() if len(skins) == 1 else None,
        liver=None if bilirubin is None or not unit else assign_liver_stage(bilirubin, unit),
        upper_gi=whole(row, "upper_gi_stage"),
        lower_gi=guts.pop() if len(guts) == 1 else None,
    )
    return {"": grade_gvhd(stages), "skin_stage": stages.skin, "lower_gi_stage": stages.lower_gi}


def expect_hys_law(row: Row) -> dict[str, Any]:
    start = datetime(2025, 3, 1, tzinfo=UTC)

    def sample(prefix: str) -> LiverSample:
        values = {}
        for name in ("alt", "ast", "alkaline_phosphatase", "bilirubin"):
            value = number(row, prefix + name)
            values[name] = (
                None if value is None else LiverValue(value=value, uln=number(row, f"{prefix}{name}_uln"))
            )
        return LiverSample(collected_at=start, **values)

    samples, later = [sample("")], sample("later_")
    if later.bilirubin is not None:
        if not row["later_after_d"]:
            return {"": None}
        samples.append(
            msgspec.structs.replace(later, collected_at=start + timedelta(days=int(row["later_after_d"])))
        )
    found = derive_hys_law(samples, baseline=sample("baseline_"))
    return {
        "": found.is_candidate,
        "over_baseline": found.is_candidate_over_baseline,
        "is_potential": found.is_potential,
    }


def expect_susar(row: Row) -> dict[str, Any]:
    def knew(name: str) -> datetime | None:
        on = day(row, f"sponsor_knew_{name}_on")
        return None if on is None else datetime.combine(on, time(12), SHANGHAI)

    aware = row["site_aware_at"]
    words: dict[str, Any] = {
        name: row[name] or None for name in ("causality_investigator", "causality_sponsor")
    }
    found = derive_expedited_reporting(
        SeriousEvent(
            criteria={one: answer(row, one) for one in get_args(SeriousnessCriterion)},
            is_expected=answer(row, "is_expected"),
            site_aware_at=datetime.strptime(f"{aware or '2025-01-01 00:00'} +0800", "%Y-%m-%d %H:%M %z"),
            sponsor_knew=MinimumCriteria(
                participant=knew("participant"),
                reporter=knew("reporter"),
                product=knew("product"),
                event=knew("event"),
            ),
            **words,
        )
    )
    due: dict[str, Any] = {
        f"{one.kind}_due": one.due for one in found.deadlines if aware or one.kind != "site_to_sponsor"
    }
    names = ("site_to_sponsor_due", "initial_due", "follow_up_due")
    return {"": found.is_susar, "day_0": found.day_0, **{name: due.get(name) for name in names}}


EXPECTED: dict[str, Callable[[Row], dict[str, Any]]] = {
    "sledai_2k": expect_sledai,
    "clinical_sledai": expect_clinical,
    "sledai_proposals": expect_proposals,
    "pga": expect_pga,
    "prednisone_equivalent": expect_prednisone,
    "sle_das": expect_sle_das,
    "doris_2021": expect_doris,
    "lldas": expect_lldas,
    "sri_4": partial(expect_responder, derive_sri),
    "bicla": partial(expect_responder, derive_bicla),
    "s2k_ri_50": expect_ri50,
    "bilag_score": expect_bilag,
    "sdi": expect_sdi,
    "eular_acr_2019": expect_classification,
    "flare_index": expect_flare,
    "ctcae_laboratory": expect_laboratory,
    "unit_conversion": expect_conversion,
    "ctcae_vital_signs": expect_vital_signs,
    "qtcf": expect_qtcf,
    "crs_astct": expect_crs,
    "icans_astct": expect_icans,
    "gvhd_magic": expect_gvhd,
    "hys_law": expect_hys_law,
    "susar_clock": expect_susar,
}


def list_cells(column: Column, row_unit: list[str]) -> list[str]:
    """Cells that may stand in a column, without spellings of the same."""
    if column.name in ("unit", "to_unit"):
        return row_unit
    if column.kind == "choice":
        return list(column.choices)
    if column.kind == "list":
        return [
            "none",
            column.choices[0],
            ";".join(column.choices[:2]) if column.name == "vasopressors" else column.choices[-1],
        ]
    if column.kind == "yes_no_unknown":
        return ["yes", "no", "no", "unknown"]
    if column.kind in ("date", "moment"):
        tail = " 09:15" if column.kind == "moment" else ""
        return [f"2025-03-{number:02}{tail}" for number in (1, 2, 28)]
    low, high = column.at_least or Decimal(0), column.at_most if column.at_most is not None else Decimal(200)
    if column.kind == "whole_number":
        return [
            str(one)
            for one in {int(low), min(int(low) + 4, int(high)), min(12, int(high)), min(80, int(high))}
        ]
    return [
        one
        for one in NUMBERS
        if low <= Decimal(one) <= high and not (column.is_positive and Decimal(one) <= 0)
    ]


@st.composite
def rows(draw: st.DrawFn, key: str) -> dict[str, str]:
    """A row near to one without gaps: most cells as a few of them say, one in a while blank."""
    measure = MEASURE_BY_KEY[key]
    blank_in, noise = draw(st.sampled_from([3, 60, 5000])), draw(st.sampled_from([2, 9, 40]))
    row: dict[str, str] = {}
    for column in measure.columns:
        units = [""]
        if column.name in ("unit", "to_unit") and row.get("analyte") in UNITS:
            units = list(UNITS[row["analyte"]].factors)
        choice = draw(st.integers(0, 2**32))
        cells = list_cells(column, units)
        is_quiet = choice % noise != 0
        row[column.name] = (
            "" if choice % blank_in == 1 else column.example if is_quiet else cells[choice // 7 % len(cells)]
        )
        if is_quiet and column.name == "unit":
            row[column.name] = units[0]
    return row


def test_every_measure_is_compared() -> None:
    assert EXPECTED.keys() == MEASURE_BY_KEY.keys()


@pytest.mark.parametrize("key", EXPECTED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_measure_says_what_the_definition_says(key: str, data: st.DataObject) -> None:
    row = data.draw(rows(key))
    (scored,) = score_rows(key, [row])
    assert scored.faults == ()
    said = {"": scored.value, **scored.components}
    for name, expected in EXPECTED[key](row).items():
        assert said[name] == known(expected), name
    assert (scored.value is None) == bool(scored.reason)


@settings(max_examples=60, deadline=None)
@given(row=rows("doris_2021"))
def test_remission_is_that_of_a_second_implementation(row: dict[str, str]) -> None:
    answers = {one.key: found.counts(one.key) for found in [sledai(row)] for one in DESCRIPTORS}
    if sum(one is None for one in answers.values()) > 8:
        return
    dose = prednisone(row)
    expected = lupus_scores.doris(
        answers,
        pga=number(row, "pga"),
        prednisone=None if isinstance(dose, NotDerived) else dose,
        stable=answer(row, "is_treatment_stable"),
    )
    assert score_rows("doris_2021", [row])[0].value is expected


def test_every_unit_of_a_limit_is_the_unit_of_grading() -> None:
    assert [one.analyte for one in LABORATORY_TERMS if UNITS[one.analyte].unit != one.unit] == []

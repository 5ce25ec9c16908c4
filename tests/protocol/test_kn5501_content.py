"""The bundled study says what the public registry states, and asks what its clinical definitions need."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import BaseModel

import firstdose.protocol
from firstdose.protocol.resolve import build_protocol
from firstdose.protocol.resolved import DltCriterionSpecification, Label, Protocol, Schedule

FOLDER = Path(firstdose.protocol.__file__).parent / "studies" / "kn5501"
HAN = re.compile("[\u4e00-\u9fff]")

# The registry text of the trial, outcome by outcome, with its time frame in days from the first infusion.
# fmt: off
REGISTERED_OUTCOMES = (
    ("Dose Limiting Toxicity",                                                                   0, (14, 28)),
    ("Number of participants with adverse events",                                     "enrolment", 364),
    ("Time to Peak Plasma Concentration (Tmax)",                                                 0, 28),
    ("Peak Plasma Concentration (Cmax)",                                                         0, 28),
    ("Area under the plasma concentration versus time curve (AUC)",                              0, 28),
    ("Duration of retention",                                                                    0, 28),
    ("Number of CD19+ B cells per microlitre in peripheral blood (PD biomarker)",        "enrolment", 364),
    ("Concentration of cytokines (IL-6, etc.) in peripheral blood (PD biomarker)",       "enrolment", 364),
    ("Concentration of immunoglobulins (IgG, IgM, IgE and IgA) in peripheral blood (PD biomarker)",
                                                                                         "enrolment", 364),
    ("Concentration of serum complements (PD biomarker)",                                "enrolment", 364),
    ("Number or percentage of B cell subsets in peripheral blood (PD biomarker)",        "enrolment", 364),
    ("Response rate of DORIS 2021(The 2021 Definitions Of Remission In SLE)",            "enrolment", 364),
    ("Response rate of LLDAS (Lupus Low Disease Activity Status)",                       "enrolment", 364),
)
REGISTERED_SITES = {
    ("Bengbu Medical College First Affiliated Hospital", "Bengbu, Anhui, China"),
    ("Peking Union Medical College Hospital", "Beijing, Beijing Municipality, China"),
    ("The First Affiliated Hospital of Henan University of Science and Technology", "Luoyang, Henan, China"),
    ("Union Hospital, Tongji Medical College, Huazhong University of Science and Technology",
     "Wuhan, Hubei, China"),
    ("Jiangsu Provincial People's Hospital", "Nanjing, Jiangsu, China"),
    ("Changhai Hospital of Shanghai", "Shanghai, Shanghai Municipality, China"),
}
# Gladman et al., J Rheumatol 2002;29:288-291: the descriptors of SLEDAI-2K by their weight
SLEDAI_2K = {
    8: ("seizure", "psychosis", "organic_brain_syndrome", "visual_disturbance", "cranial_nerve_disorder",
        "lupus_headache", "cva", "vasculitis"),
    4: ("arthritis", "myositis", "urinary_casts", "hematuria", "proteinuria", "pyuria"),
    2: ("rash", "alopecia", "mucosal_ulcers", "pleurisy", "pericarditis", "low_complement",
        "increased_dna_binding"),
    1: ("fever", "thrombocytopenia", "leukopenia"),
}
# fmt: on


@pytest.fixture(scope="module")
def study() -> Protocol:
    built = build_protocol({file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.yaml")})
    assert isinstance(built, Protocol), "\n".join(map(str, built))
    return built


# --- what the registry states


def test_the_thirteen_endpoints_are_the_registered_outcomes_word_for_word(study: Protocol) -> None:
    said = tuple((endpoint.outcome, endpoint.from_day, endpoint.to_day) for endpoint in study.endpoints)
    assert said == REGISTERED_OUTCOMES


def test_the_six_sites_are_the_registered_hospitals(study: Protocol) -> None:
    sites = {(site.name.en, f"{site.city.en}, {site.province.en}, {site.country.en}") for site in study.sites}
    assert sites == REGISTERED_SITES
    assert len({site.key for site in study.sites}) == 6


def test_the_registered_design_is_treatment_of_36_people_unmasked_and_without_allocation(
    study: Protocol,
) -> None:
    facts = study.study
    assert (facts.study_type, facts.allocation, facts.purpose, facts.masking) == (
        "INTERVENTIONAL",
        "NA",
        "TREATMENT",
        "NONE",
    )
    assert facts.enrolment == 36
    assert (study.product.route, study.product.setting, study.product.after_lymphodepletion) == (
        "intravenous",
        "inpatient",
        True,
    )


def test_six_rising_single_doses_run_from_the_first_human_dose_to_the_highest_on_record(
    study: Protocol,
) -> None:
    doses = [study.regimen_by_key[key].cells_1e9 for key in study.part_by_key["sad"].regimens]
    assert doses == [Decimal(dose) for dose in ("0.75", "1.5", "3.0", "4.5", "6.0", "9.0")]


def test_multiple_dose_regimens_are_two_to_four_with_three_to_five_infusions_each(study: Protocol) -> None:
    regimens = [study.regimen_by_key[key] for key in study.part_by_key["mad"].regimens]
    assert 2 <= len(regimens) <= 4
    assert {len(regimen.infusion_days) for regimen in regimens} == {3, 4, 5}
    assert study.study.infusions == (3, 5)
    highest = max(study.regimen_by_key[key].cells_1e9 for key in study.part_by_key["sad"].regimens)
    assert all(regimen.cells_1e9 <= highest for regimen in regimens)


def test_one_or_two_of_the_multiple_dose_regimens_are_expanded(study: Protocol) -> None:
    expansion, mad = study.part_by_key["expansion"], study.part_by_key["mad"]
    assert (expansion.min_regimens, expansion.max_regimens) == (1, 2)
    assert expansion.regimens == mad.regimens


@pytest.mark.parametrize(("part", "last_day"), [("sad", 14), ("mad", 28), ("expansion", 28)])
def test_toxicity_is_watched_for_two_weeks_after_a_single_and_four_after_several_doses(
    study: Protocol, part: str, last_day: int
) -> None:
    window = study.part_by_key[part].dlt_window.window
    assert [window.has(day) for day in (-1, 0, last_day, last_day + 1)] == [False, True, True, False]


def test_every_last_infusion_is_watched_for_a_week_inside_the_window(study: Protocol) -> None:
    mad = study.part_by_key["mad"]
    for key in mad.regimens:
        assert study.regimen_by_key[key].infusion_days[-1] + 7 <= mad.dlt_window.last


def test_visits_come_from_every_week_to_every_sixteen_weeks(study: Protocol) -> None:
    # "from 1 week interval to 12-16 weeks' interval", to "the last assessment at 52 weeks"
    for schedule in study.schedules:
        weeks = [visit.day // 7 for visit in schedule.visits if visit.day >= 0 and visit.day % 7 == 0]
        intervals = [later - earlier for earlier, later in pairwise(weeks)]
        assert (min(intervals), max(intervals)) == study.study.visit_interval_weeks == (1, 16)
        assert weeks[-1] == study.study.follow_up_weeks == 52
        if schedule.key == "sad":
            assert intervals == [1, 1, 1, 1, 4, 4, 12, 12, 16]


# --- where the values come from


@pytest.mark.parametrize(
    ("clause", "label"),
    [
        # --- in the registry text
        ("study", "registry"),
        ("sites", "registry"),
        ("endpoints", "registry"),
        ("parts.sad.dlt_window", "registry"),
        ("parts.mad.dlt_window", "registry"),
        # --- in a public record, not in the registry text
        ("study.registry_id", "registry-mirror"),
        ("study.sponsor", "registry-mirror"),
        ("eligibility.inc_age", "registry-mirror"),
        ("eligibility.inc_weight", "registry-mirror"),
        # --- published nowhere for this trial
        ("parts", "assumed"),
        ("parts.sad.levels", "assumed"),
        ("parts.mad.regimens", "assumed"),
        ("dlt", "assumed"),
        ("lymphodepletion", "assumed"),
        ("schedules", "assumed"),
    ],
)
def test_a_value_says_whether_the_registry_stated_it(study: Protocol, clause: str, label: str) -> None:
    assert study.bases[clause].label == label


# --- safety


def _fires(criterion: DltCriterionSpecification) -> tuple[int, int | None, int | None]:
    return criterion.grade, criterion.improves_to, criterion.within_h


@pytest.mark.parametrize(
    ("category", "scale", "rules"),
    [
        # --- category, scale, (grade, must improve to, within hours); no time means at once
        ("crs", "ASTCT", {(4, None, None), (3, 2, 72)}),
        ("icans", "ASTCT", {(4, None, None), (3, 2, 72)}),
        ("gvhd", "MAGIC", {(3, None, None), (2, 1, 168)}),
        ("iec_hs", "IEC-HS", {(3, None, None)}),
        ("infusion_reaction", "CTCAE", {(4, None, None), (3, 1, 24)}),
        ("death", "CTCAE", {(5, None, None)}),
        # --- in the SAD window a cytopenia cannot be told from lymphodepletion: only death counts there
        ("haematological", "CTCAE", {(5, None, None), (4, 3, 14 * 24)}),
    ],
)
def test_a_toxicity_limits_the_dose_by_its_grade_and_how_long_it_lasts(
    study: Protocol, category: str, scale: str, rules: set[tuple[int, int | None, int | None]]
) -> None:
    criteria = [criterion for criterion in study.dlt.criteria if category in criterion.categories]
    assert {_fires(criterion) for criterion in criteria} == rules
    assert {criterion.scale for criterion in criteria} == {scale}


def test_other_toxicity_limits_the_dose_but_not_expected_pharmacology(study: Protocol) -> None:
    other = [criterion for criterion in study.dlt.criteria if not criterion.categories]
    assert {_fires(criterion) for criterion in other} == {(4, None, None), (3, 2, 72)}
    for criterion in other:
        assert {"Fever", "Chills", "Fatigue", "Nausea", "Alopecia"} <= set(criterion.except_terms)
        assert "B-cell aplasia" in criterion.except_terms


def test_lasting_cytopenia_limits_the_dose_of_several_infusions_and_not_of_one(study: Protocol) -> None:
    lasting = [
        criterion
        for criterion in study.dlt.criteria
        if "haematological" in criterion.categories and criterion.within_h is not None
    ]
    assert [criterion.parts for criterion in lasting] == [("mad", "expansion")]


def test_the_second_participant_waits_a_week_for_the_sentinel_and_the_third_three_days(
    study: Protocol,
) -> None:
    for key in ("sad", "mad"):
        stagger = study.part_by_key[key].stagger
        assert (stagger.first_to_second_d, stagger.next_d) == (7, 3)


def test_lymphodepletion_is_three_days_of_fludarabine_and_cyclophosphamide_before_day_0(
    study: Protocol,
) -> None:
    assert study.lymphodepletion.days == (-5, -4, -3)
    assert {drug.key: drug.mg_per_m2 for drug in study.lymphodepletion.drugs} == {
        "fludarabine": 25,
        "cyclophosphamide": 300,
    }


# --- the visits


def _points(schedule: Schedule, day: int, form: str) -> tuple[str, ...] | None:
    visits = [visit for visit in schedule.visits if visit.day == day]
    assert len(visits) == 1, (schedule.key, day)
    found = [at.timepoints for at in visits[0].forms if at.form == form]
    return found[0] if found else None


def test_cells_and_cytokines_are_sampled_around_each_infusion_and_a_day_later(study: Protocol) -> None:
    for regimen in study.regimens:
        schedule = study.schedule_by_key[regimen.schedule]
        for day in regimen.infusion_days:
            cells = _points(schedule, day, "cellular_kinetics")
            assert cells is not None
            assert {"pre", "t1h", "t4h"} <= set(cells)
            cytokines = _points(schedule, day, "cytokines")
            assert cytokines is not None
            assert {"pre", "t4h"} <= set(cytokines)
            for form in ("cellular_kinetics", "cytokines"):
                assert _points(schedule, day + 1, form) == ("t24h",)
        last = regimen.infusion_days[-1]
        assert "t8h" in (_points(schedule, last, "cellular_kinetics") or ())
        for days_later in (3, 7, 14):
            assert _points(schedule, last + days_later, "cellular_kinetics") is not None
        assert _points(schedule, 28, "cellular_kinetics") is not None


def test_each_infusion_day_has_its_visit_with_safety_before_the_cells_run(study: Protocol) -> None:
    for regimen in study.regimens:
        schedule = study.schedule_by_key[regimen.schedule]
        infused = {visit.infusion: visit.day for visit in schedule.visits if visit.infusion is not None}
        assert infused == dict(enumerate(regimen.infusion_days, start=1))
        for day in regimen.infusion_days:
            for form in ("vital_signs", "haematology", "chemistry", "ecg"):
                assert "pre" in (_points(schedule, day, form) or ())


def test_vital_signs_on_an_infusion_day_rise_in_time(study: Protocol) -> None:
    points = _points(study.schedule_by_key["sad"], 0, "vital_signs")
    assert points is not None
    hours = [study.timepoints_h[point] for point in points]
    assert hours == sorted(hours)
    assert hours[0] < 0 < hours[1] <= Decimal("0.25")


def test_activity_and_biomarkers_have_a_baseline_before_lymphodepletion(study: Protocol) -> None:
    first_drug = study.lymphodepletion.days[0]
    for schedule in study.schedules:
        for form in ("sledai", "pga", "bilag", "drugs", "cytokines", "lymphocyte_subsets", "immunoglobulins"):
            assert _points(schedule, first_drug, form) is not None
        assert _points(schedule, first_drug, "complement") is not None


def test_remission_and_low_activity_can_be_judged_at_each_efficacy_visit(study: Protocol) -> None:
    assert study.definitions.efficacy_visit_days == tuple(7 * week for week in (4, 8, 12, 24, 36, 52))
    for schedule in study.schedules:
        for day in study.definitions.efficacy_visit_days:
            for form in ("sledai", "pga", "drugs", "complement", "urinalysis", "haematology"):
                assert _points(schedule, day, form) is not None


def test_the_efficacy_windows_begin_after_the_midpoint_before_week_4_and_end_half_an_interval_late(
    study: Protocol,
) -> None:
    days = study.definitions.efficacy_visit_days
    assert study.definitions.efficacy_first_window_from_d == (14 + days[0]) // 2 + 1
    assert study.definitions.efficacy_last_window_to_d == days[-1] + (days[-1] - days[-2]) // 2


# --- the forms


@pytest.mark.parametrize(
    ("form", "items"),
    [
        # --- the analytes that the registered outcomes name
        ("cellular_kinetics", {"transgene_copies_per_ug", "lloq", "state", "car_nk_cells_per_ul"}),
        ("lymphocyte_subsets", {"cd19_b_cells_per_ul"}),
        ("cytokines", {"il6"}),
        ("immunoglobulins", {"igg", "igm", "ige", "iga"}),
        ("complement", {"c3", "c4", "ch50"}),
        (
            "lymphocyte_subsets",
            {"transitional", "naive", "unswitched_memory", "switched_memory", "double_negative"},
        ),
        ("lymphocyte_subsets", {"plasmablast"}),
        # --- abnormal vital signs, laboratory results and 12-lead ECG readings
        ("vital_signs", {"temperature", "sbp", "dbp", "pulse", "respiratory_rate", "spo2"}),
        ("haematology", {"wbc", "neutrophils", "lymphocytes", "haemoglobin", "platelets"}),
        ("chemistry", {"alt", "ast", "alp", "ggt", "bilirubin", "creatinine", "sodium", "potassium"}),
        ("coagulation", {"inr", "aptt", "fibrinogen", "ferritin", "crp"}),
        ("ecg", {"qt_1", "qt_2", "qt_3", "heart_rate_1", "heart_rate_2", "heart_rate_3"}),
        # --- what DORIS 2021 and LLDAS ask besides SLEDAI-2K
        ("sledai", {"haemolytic_anaemia", "gi_activity", "no_new_features"}),
        ("pga", {"pga"}),
        ("drugs", {"glucocorticoid", "antimalarial", "immunosuppressant", "biologic"}),
        ("drugs", {"rescue_given", "other_investigational", "tolerated"}),
    ],
)  # fmt: skip
def test_each_measure_that_an_endpoint_needs_is_asked_for(
    study: Protocol, form: str, items: set[str]
) -> None:
    assert items <= set(study.form_by_key[form].by_key)


def test_the_sledai_form_asks_each_of_the_24_descriptors_and_its_cause(
    study: Protocol,
) -> None:
    items = study.form_by_key["sledai"].by_key
    keys = [key for descriptors in SLEDAI_2K.values() for key in descriptors]
    assert len(keys) == 24
    assert sum(weight * len(descriptors) for weight, descriptors in SLEDAI_2K.items()) == 105
    for key in keys:
        assert {choice.key for choice in items[key].choices} == {
            "absent",
            "present_sle",
            "present_other_cause",
            "present_unknown",
            "not_assessed",
        }


def test_the_bilag_form_gives_a_letter_to_each_of_nine_systems(study: Protocol) -> None:
    items = study.form_by_key["bilag"].items
    assert len(items) == 9
    assert all([choice.key for choice in item.choices] == list("ABCDE") for item in items)


def test_the_damage_index_can_reach_its_maximum_of_47_in_twelve_domains(study: Protocol) -> None:
    # Gladman et al., Arthritis Rheum 1996;39:363
    ranges = [item.hard for item in study.form_by_key["sdi"].items]
    assert len(ranges) == 12
    assert sum(ends[1] for ends in ranges if ends is not None) == 47


def test_the_physician_judges_activity_from_0_to_3(study: Protocol) -> None:
    assert study.form_by_key["pga"].by_key["pga"].hard == (Decimal(0), Decimal(3))


@pytest.mark.parametrize("sex", ["female", "male"])
def test_each_laboratory_value_has_a_reference_range_for_either_sex(study: Protocol, sex: str) -> None:
    given = {(found.form, found.item) for found in study.reference_ranges if found.sex in (None, sex)}
    for form in ("haematology", "chemistry", "coagulation", "cytokines", "immunoglobulins", "complement"):
        for item in study.form_by_key[form].items:
            if item.type == "decimal":
                assert (form, item.key) in given, (form, item.key)


def test_a_reference_range_lies_inside_what_a_form_accepts(study: Protocol) -> None:
    for found in study.reference_ranges:
        hard = study.form_by_key[found.form].by_key[found.item].hard
        assert hard is not None, found
        for end in (found.low, found.high):
            assert end is None or hard[0] <= end <= hard[1], found


def test_every_form_is_filled_somewhere(study: Protocol) -> None:
    for schedule in study.schedules:
        filled = {at.form for visit in schedule.visits for at in visit.forms}
        assert filled == {form.key for form in study.forms}


# --- the two languages


def _labels(value: object, path: str) -> Iterator[tuple[str, Label]]:
    if isinstance(value, Label):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _labels(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, tuple):
        for place, entry in enumerate(value):
            yield from _labels(entry, f"{path}.{getattr(entry, 'key', place)}")


def test_every_text_is_in_chinese_too(study: Protocol) -> None:
    labels = list(_labels(study, "kn5501"))
    assert len(labels) > 300
    assert [path for path, label in labels if HAN.search(label.zh) is None] == []
    assert [path for path, label in labels if HAN.search(label.en) is not None] == []

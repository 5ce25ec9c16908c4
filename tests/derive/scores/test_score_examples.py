"""Measures that stand alone: worked examples, blank cells, and what every measure of the list keeps to."""

import re
from decimal import Decimal
from typing import Any

import pytest

from firstdose.derive.response.sledai import DESCRIPTORS
from firstdose.derive.scores import MEASURES, Measure, score_rows
from firstdose.derive.scores.measure import Plain

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAMES_OF_THEIR_OWN = {"SLEDAI-2K", "C3", "C4", "CH50"}


def template(key: str, **changes: str) -> dict[str, str]:
    """The example row of a measure, with changes."""
    measure = next(one for one in MEASURES if one.key == key)
    row = {column.name: column.example for column in measure.columns}
    assert changes.keys() <= row.keys()
    return row | changes


def one(key: str, **changes: str) -> Any:
    """What is said of the example row with changes."""
    (scored,) = score_rows(key, [template(key, **changes)])
    return scored


# fmt: off
# the clinical idea                    measure                 cells                                                            value
EXAMPLES: dict[str, tuple[str, dict[str, str], Plain | None]] = {
    # --- SLEDAI-2K: weights 8, 4, 2, 1
    "nothing is there":                ("sledai_2k", {},                                                                         0),
    "arthritis and rash":              ("sledai_2k", {"arthritis": "present_sle", "rash": "present_sle"},                        6),
    "a seizure, low complement, fever": ("sledai_2k", {"seizure": "yes", "low_complement": "yes", "fever": "yes"},               11),
    "a rash of a drug":                ("sledai_2k", {"rash": "present_other_cause"},                                            0),
    "proteinuria not assessed":        ("sledai_2k", {"proteinuria": ""},                                                        None),
    "serology is not clinical":        ("clinical_sledai", {"low_complement": "yes", "fever": "yes"},                            1),
    "serology missing is no matter":   ("clinical_sledai", {"low_complement": "", "increased_dna_binding": ""},                  0),
    # --- limits of the values are strict
    "platelets exactly 100":           ("sledai_proposals", {"platelets_10e9_per_l": "100"},                                     0),
    "platelets 99":                    ("sledai_proposals", {"platelets_10e9_per_l": "99"},                                      1),
    "protein exactly 0.5 g":           ("sledai_proposals", {"urine_protein_g_per_24h": "0.5"},                                  0),
    "protein 0.51 g":                  ("sledai_proposals", {"urine_protein_g_per_24h": "0.51"},                                 4),
    "38.0 is no fever":                ("sledai_proposals", {"temperature_c": "38.0"},                                           0),
    "fever after lymphodepletion":     ("sledai_proposals", {"temperature_c": "39", "lymphodepletion_start": "2025-05-28"},      0),
    # --- glucocorticoids, exactly
    "dexamethasone 0.75 mg":           ("prednisone_equivalent", {"glucocorticoid": "dexamethasone", "dose_mg": "0.75"},         Decimal(5)),
    "methylprednisolone 4 mg":         ("prednisone_equivalent", {"glucocorticoid": "methylprednisolone", "dose_mg": "4"},       Decimal(5)),
    "hydrocortisone 20 mg":            ("prednisone_equivalent", {"glucocorticoid": "hydrocortisone", "dose_mg": "20"},          Decimal(5)),
    # --- PGA
    "1.5 of 10 cm":                    ("pga", {"recorded_pga": "1.5", "recorded_scale_max": "10"},                              Decimal("0.45")),
    "more than the scale has":         ("pga", {"recorded_pga": "3.1", "recorded_scale_max": "3"},                               None),
    # --- DORIS
    "remission":                       ("doris_2021", {"pga": "0.49"},                                                           True),
    "PGA 0.5 is not remission":        ("doris_2021", {"pga": "0.5"},                                                            False),
    "dexamethasone 0.75 mg is 5 mg":   ("doris_2021", {"glucocorticoid": "dexamethasone", "glucocorticoid_mg_per_day": "0.75"},  True),
    "dexamethasone 0.76 mg is more":   ("doris_2021", {"glucocorticoid": "dexamethasone", "glucocorticoid_mg_per_day": "0.76"},  False),
    "no glucocorticoid":               ("doris_2021", {"glucocorticoid": "none", "glucocorticoid_mg_per_day": ""},               True),
    "none, and yet 5 mg":              ("doris_2021", {"glucocorticoid": "none", "glucocorticoid_mg_per_day": "5"},              None),
    "unknown, but PGA decides":        ("doris_2021", {"pga": "2", "is_treatment_stable": ""},                                   False),
    # --- LLDAS
    "low activity":                    ("lldas", {"pga": "1", "glucocorticoid_mg_per_day": "7.5"},                               True),
    "PGA 1.1":                         ("lldas", {"pga": "1.1"},                                                                 False),
    "prednisone 7.6 mg":               ("lldas", {"glucocorticoid_mg_per_day": "7.6"},                                           False),
    "SLEDAI 4 without organs":         ("lldas", {"arthritis": "yes", "previous_arthritis": "yes"},                              True),
    "a major organ":                   ("lldas", {"proteinuria": "yes", "previous_proteinuria": "yes"},                          False),
    "new alopecia":                    ("lldas", {"alopecia": "yes"},                                                            False),
    "the investigator says not new":   ("lldas", {"alopecia": "yes", "new_features_recorded": "no"},                             True),
    # --- responses
    "SRI-4 by exactly 4":              ("sri_4", {"baseline_sledai_2k": "10", "sledai_2k": "6"},                                 True),
    "SRI-4 by 3":                      ("sri_4", {"baseline_sledai_2k": "10", "sledai_2k": "7"},                                 False),
    "two new B":                       ("sri_4", {"bilag_renal": "B", "bilag_ophthalmic": "B"},                                  False),
    "PGA up by exactly 0.3":           ("sri_4", {"baseline_pga": "1.0", "pga": "1.3"},                                          False),
    "A to B is better":                ("bicla", {"baseline_bilag_renal": "A", "bilag_renal": "B"},                              True),
    "A stays A":                       ("bicla", {"baseline_bilag_renal": "A", "bilag_renal": "A"},                              False),
    "joints better by half":           ("s2k_ri_50", {"baseline_arthritis": "yes", "arthritis": "yes", "improved_arthritis": "yes"}, Decimal("2.0")),
    "BILAG A, B and C":                ("bilag_score", {"bilag_renal": "A", "bilag_mucocutaneous": "B", "bilag_musculoskeletal": "C"}, 21),
    "damage of kidney and eye":        ("sdi", {"sdi_renal": "3", "sdi_ocular": "1"},                                            4),
    "class III nephritis":             ("eular_acr_2019", {"nephritis_iii_or_iv": "present_sle"},                                True),
    "ANA 1:40":                        ("eular_acr_2019", {"ana_reciprocal_titre": "40", "nephritis_iii_or_iv": "present_sle"},  False),
    "arthritis is mild":               ("flare_index", {"mild_arthritis": "yes"},                                                "mild_moderate"),
    "a severe sign alone":             ("flare_index", {"severe_nephritis": "yes"},                                              "none"),
    "nephritis with admission":        ("flare_index", {"severe_nephritis": "yes", "severe_sign_needed_more": "yes"},            "severe"),
    "a biologic is severe":            ("flare_index", {"added_immunosuppressive_or_biologic": "yes"},                           "severe"),
    "perhaps a biologic":              ("flare_index", {"added_immunosuppressive_or_biologic": ""},                              None),
    "platelets exactly 100, SLE-DAS":  ("sle_das", {"platelets_10e9_per_l": "100"},                                              Decimal("0.366")),
    # --- CTCAE
    "1.8 is 1.5 times 1.2":            ("ctcae_laboratory", {"value": "1.8", "uln": "1.2", "unit": "mg/dL"},                     1),
    "1.81 is more":                    ("ctcae_laboratory", {"value": "1.81", "uln": "1.2", "unit": "mg/dL"},                    2),
    "the same in umol/L":              ("ctcae_laboratory", {"value": "159.156", "uln": "106.104", "baseline": "106.104", "unit": "umol/L"}, 1),
    "haemoglobin 7.9 g/dL":            ("ctcae_laboratory", {"analyte": "hemoglobin", "value": "7.9", "unit": "g/dL", "lln": "12", "uln": "16"}, 3),
    "low, and no upper limit needed":  ("ctcae_laboratory", {"analyte": "hemoglobin", "value": "7.9", "unit": "g/dL", "uln": ""}, 3),
    "normal, but no upper limit":      ("ctcae_laboratory", {"analyte": "hemoglobin", "value": "14", "unit": "g/dL", "uln": ""}, None),
    "lipase 2.5 times, no symptoms":   ("ctcae_laboratory", {"analyte": "lipase", "value": "150", "unit": "U/L", "uln": "60", "symptomatic": "no"}, 2),
    "lipase 2.5 times, not recorded":  ("ctcae_laboratory", {"analyte": "lipase", "value": "150", "unit": "U/L", "uln": "60", "symptomatic": ""}, 3),
    "no unit, no grade":               ("ctcae_laboratory", {"unit": ""},                                                        None),
    "INR needs no unit":               ("ctcae_laboratory", {"analyte": "inr", "value": "1.3", "unit": ""},                      1),
    "no limit of normal":              ("ctcae_laboratory", {"analyte": "alt", "value": "30", "unit": "U/L", "uln": ""},         None),
    "neutrophils, v6.0":               ("ctcae_laboratory", {"ctcae_version": "6", "analyte": "neutrophils", "value": "1.4", "unit": "10^9/L"}, 1),
    "ferritin has no term":            ("ctcae_laboratory", {"analyte": "ferritin", "value": "900", "unit": ""},                 None),
    "39.0 is grade 1":                 ("ctcae_vital_signs", {"temperature_c": "39.0"},                                          1),
    "39.1 is grade 2":                 ("ctcae_vital_signs", {"temperature_c": "39.1"},                                          2),
    "a rate of 60":                    ("qtcf", {"qt_ms": "400", "heart_rate_per_min": "60"},                                    400),
    "9.8 g/dL is 98 g/L":              ("unit_conversion", {"analyte": "hemoglobin", "value": "9.8", "unit": "g/dL"},            Decimal(98)),
    "mg/L of creatinine is unknown":   ("unit_conversion", {"analyte": "creatinine", "value": "1", "unit": "mg/L"},              None),
    # --- cell therapy
    "fever with low flow":             ("crs_astct", {"oxygen": "nasal_cannula", "nasal_flow_l_per_min": "6"},                   2),
    "6.1 L/min":                       ("crs_astct", {"oxygen": "nasal_cannula", "nasal_flow_l_per_min": "6.1"},                 3),
    "one drug under two names":        ("crs_astct", {"vasopressors": "noradrenaline; norepinephrine"},                          3),
    "two vasopressors":                ("crs_astct", {"vasopressors": "norepinephrine;epinephrine"},                             4),
    "afebrile, earlier fever or not?": ("crs_astct", {"temperature_c": "37", "had_crs_fever": "", "had_antipyretic_or_anticytokine": "no"}, None),
    "vasopressors not recorded":       ("crs_astct", {"vasopressors": ""},                                                       None),
    "not recorded, but ventilated":    ("crs_astct", {"vasopressors": "", "oxygen": "positive_pressure"},                        4),
    "ICE 9":                           ("icans_astct", {},                                                                       1),
    "ICE 9 and 10 at once":            ("icans_astct", {"ice_score": "10"},                                                      None),
    "only the score":                  ("icans_astct", {"ice_score": "2", "ice_orientation": "", "ice_naming": ""},              3),
    "skin 25 %":                       ("gvhd_magic", {"erythema_percent": "25", "stool_ml_per_d": "0"},                         1),
    "skin above 50 %, bullae unknown": ("gvhd_magic", {"erythema_percent": "60", "bullae_percent": "", "stool_ml_per_d": "0"},   None),
    # --- reporting
    "ALT 3 times, bilirubin above 2":  ("hys_law", {"alt": "120", "ast": "", "bilirubin": "2.5"},                                True),
    "bilirubin exactly 2 times":       ("hys_law", {"bilirubin": "2.4"},                                                         False),
    "it follows on day 30":            ("hys_law", {"bilirubin": "1", "later_bilirubin": "3", "later_bilirubin_uln": "1.2", "later_after_d": "30"}, True),
    "it follows on day 31":            ("hys_law", {"bilirubin": "1", "later_bilirubin": "3", "later_bilirubin_uln": "1.2", "later_after_d": "31"}, False),
    "unexpected and related":          ("susar_clock", {},                                                                       True),
    "expected":                        ("susar_clock", {"is_expected": "yes"},                                                   False),
}
# fmt: on


@pytest.mark.parametrize(("key", "cells", "value"), EXAMPLES.values(), ids=EXAMPLES)
def test_worked_example(key: str, cells: dict[str, str], value: Plain | None) -> None:
    scored = one(key, **cells)
    assert scored.faults == ()
    assert (scored.value, type(scored.value)) == (value, type(value))
    assert bool(scored.reason) == (value is None)


def test_bounds_stand_where_a_descriptor_was_not_assessed() -> None:
    scored = one("sledai_2k", rash="yes", proteinuria="")
    assert (scored.reason, scored.detail) == ("descriptors_missing", "proteinuria")
    assert (scored.components["lower_bound"], scored.components["upper_bound"]) == (2, 6)
    assert (scored.components["counted"], scored.components["missing"]) == ("rash", "proteinuria")


def test_what_counts_is_named_and_so_is_what_a_person_has_to_attribute() -> None:
    said = one("sledai_2k", rash="yes", fever="present_sle", low_complement="present_sle").components
    assert (said["counted"], said["attribution_unknown"]) == ("rash;low_complement;fever", "rash")
    clinical = one("clinical_sledai", rash="yes", low_complement="yes").components
    assert (clinical["counted"], clinical["lower_bound"]) == ("rash", 2)
    proposed = one("sledai_proposals", temperature_c="39", lymphodepletion_start="2025-05-28").components
    assert (proposed["fever"], proposed["to_attribute"]) == ("needs_attribution", "fever")
    assert (proposed["arthritis"], proposed["leukopenia"]) == ("absent", "absent")


def test_without_a_previous_assessment_low_disease_activity_waits_for_the_investigator() -> None:
    first = {f"previous_{descriptor.key}": "" for descriptor in DESCRIPTORS}
    assert "there is no previous assessment" in one("lldas", **first).detail
    assert one("lldas", **first, new_features_recorded="no").value is True


def test_an_arrhythmia_that_is_not_recorded_leaves_the_grade_to_the_interval() -> None:
    grades = [one("qtcf", has_serious_arrhythmia=said).components["grade"] for said in ("no", "", "yes")]
    assert grades == [0, 0, 4]


def test_a_raised_baseline_is_asked_for_in_addition() -> None:
    scored = one("hys_law", alt="130", ast="", baseline_alt="100")
    assert (scored.value, scored.components["over_baseline"]) == (True, False)


def test_the_days_of_a_report_count_from_the_day_on_which_all_four_criteria_were_known() -> None:
    said = one("susar_clock", sponsor_knew_event_on="2025-03-05", death="yes").components
    days = (said["day_0"], said["initial_due"], said["follow_up_due"])
    assert list(map(str, days)) == ["2025-03-05", "2025-03-12", "2025-03-20"]
    assert str(said["site_to_sponsor_due"]) == "2025-03-02 14:30:00+08:00"
    assert one("susar_clock", site_aware_at="").components["site_to_sponsor_due"] is None


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.key)
class TestEveryMeasure:
    def test_scores_its_own_template(self, measure: Measure) -> None:
        scored = one(measure.key)
        assert (scored.faults, scored.reason) == ((), "")
        assert scored.value is not None

    def test_gives_a_reason_and_no_fault_where_every_cell_is_blank(self, measure: Measure) -> None:
        (scored,) = score_rows(measure.key, [dict.fromkeys(template(measure.key), " ")])
        assert scored.value is None
        assert (scored.faults, bool(scored.reason), bool(scored.detail)) == ((), True, True)

    def test_leaves_every_blank_cell_without_a_fault(self, measure: Measure) -> None:
        blanked = [template(measure.key) | {column.name: ""} for column in measure.columns]
        for scored in score_rows(measure.key, blanked):
            assert scored.faults == ()
            assert (scored.value is None) == bool(scored.reason)

    def test_says_in_both_languages_what_it_is_and_reads_and_gives(self, measure: Measure) -> None:
        texts = [measure.title, measure.row]
        texts += [text for column in measure.columns for text in (column.description, column.in_words())]
        texts += [answer.description for answer in measure.list_answers()]
        for text in texts:
            assert text.en
            assert CHINESE.search(text.zh) or text.zh in NAMES_OF_THEIR_OWN or text.en == text.zh, text
        assert re.search(r"\b(19|20)\d\d\b", measure.source) or measure.key in (
            "pga",
            "prednisone_equivalent",
            "unit_conversion",
        )

    def test_names_no_column_twice(self, measure: Measure) -> None:
        names = [column.name for column in measure.columns] + [
            answer.name for answer in measure.list_answers()
        ]
        assert len(set(names)) == len(names)

    def test_gives_only_components_that_it_lists(self, measure: Measure) -> None:
        scored = one(measure.key)
        assert list(scored.components) == [component.name for component in measure.components]


def test_no_two_measures_have_one_key() -> None:
    assert len({measure.key for measure in MEASURES}) == len(MEASURES) == 24

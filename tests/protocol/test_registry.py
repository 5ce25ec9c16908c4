"""A registry record is read from the registry's plain text and from its JSON."""

import gzip
import json
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pytest

from firstdose.protocol.registry import parse_registry
from firstdose.protocol.registry_record import (
    DesignFact,
    FrameEnd,
    RegistryRecord,
    Span,
    TimeFrame,
)
from firstdose.terms.outcomes import Fault, NotDerived

TEXT = (Path(__file__).parent / "kn5501_registry.txt").read_text(encoding="utf-8")
LINES = TEXT.splitlines()
# One page per block, so that a test can put them in another order.
SUMMARY, LABELS, DESIGN = LINES[:1], LINES[1:11], LINES[11:12]
SITES, OUTCOMES, DISCLAIMER = LINES[12:24], LINES[24:51], LINES[51:]
TO_4_WEEKS = TimeFrame("first dose", (FrameEnd(4),))
TO_52_WEEKS = TimeFrame("enrolment", (FrameEnd(52),))
# The public record of another trial (PALLAS), where this machine keeps it.
OTHER_STUDY = Path(__file__).parents[2].parent / "shared" / "standards" / "ctgov" / "NCT02513394.json.gz"


def read(text: str) -> RegistryRecord:
    record = parse_registry(text)
    assert isinstance(record, RegistryRecord), record
    return record


def read_faults(text: str) -> list[Fault]:
    faults = parse_registry(text)
    assert isinstance(faults, list), faults
    return faults


def without_places(record: RegistryRecord) -> RegistryRecord:
    return msgspec.structs.replace(
        record,
        facts=tuple(msgspec.structs.replace(fact, where="") for fact in record.facts),
        sites=tuple(msgspec.structs.replace(site, where="") for site in record.sites),
        outcomes=tuple(msgspec.structs.replace(outcome, where="") for outcome in record.outcomes),
    )


def json_study() -> dict[str, Any]:
    """The same facts as the text, in the form of the API; which outcomes are primary is not known."""
    frame_4 = "from the first dose to 4 weeks"
    frame_52 = "from enrollment to the last assessment at 52 weeks"
    outcomes: list[dict[str, str]] = []
    for title, frame in (
        ("Dose Limiting Toxicity", "from the first dose to 2 weeks (SAD) or 4 weeks (MAD)"),
        ("Number of participants with adverse events", frame_52),
        ("Time to Peak Plasma Concentration (Tmax)", f"{frame_4}."),
        ("Peak Plasma Concentration (Cmax)", frame_4),
        ("Area under the plasma concentration versus time curve (AUC)", f"{frame_4}."),
        ("Duration of retention", frame_4),
        ("Number of CD19+ B cells per microlitre in peripheral blood (PD biomarker)", frame_52),
        ("Concentration of cytokines (IL-6, etc.) in peripheral blood (PD biomarker)", frame_52),
        (
            "Concentration of immunoglobulins (IgG, IgM, IgE and IgA) in peripheral blood (PD biomarker)",
            frame_52,
        ),
        ("Concentration of serum complements (PD biomarker)", frame_52),
        ("Number or percentage of B cell subsets in peripheral blood (PD biomarker)", frame_52),
        ("Response rate of DORIS 2021(The 2021 Definitions Of Remission In SLE)", frame_52),
        ("Response rate of LLDAS (Lupus Low Disease Activity Status)", frame_52),
    ):
        outcomes.append({"measure": title, "timeFrame": frame})
    outcomes[1]["description"] = (
        "Number of participants with adverse events(including abnormal physical examinations(PE), abnormal "
        "vital signs, abnormal laboratory test results and abnormal 12-ECG readings"
    )
    places = (
        ("Bengbu Medical College First Affiliated Hospital", "Bengbu", "Anhui"),
        ("Peking Union Medical College Hospital", "Beijing", "Beijing Municipality"),
        ("The First Affiliated Hospital of Henan University of Science and Technology", "Luoyang", "Henan"),
        (
            "Union Hospital, Tongji Medical College, Huazhong University of Science and Technology",
            "Wuhan",
            "Hubei",
        ),
        ("Jiangsu Provincial People's Hospital", "Nanjing", "Jiangsu"),
        ("Changhai Hospital of Shanghai", "Shanghai", "Shanghai Municipality"),
    )
    return {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT07358988"},
            "descriptionModule": {"briefSummary": SUMMARY[0], "detailedDescription": DESIGN[0]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": ["PHASE1"],
                "designInfo": {
                    "allocation": "NA",
                    "interventionModel": "SINGLE_GROUP",
                    "primaryPurpose": "TREATMENT",
                    "maskingInfo": {"masking": "NONE"},
                },
                "enrollmentInfo": {"count": 36, "type": "ESTIMATED"},
            },
            "outcomesModule": {"primaryOutcomes": outcomes[:2], "secondaryOutcomes": outcomes[2:]},
            "contactsLocationsModule": {
                "locations": [
                    {
                        "facility": name,
                        "city": city,
                        "state": state,
                        "country": "China",
                        "geoPoint": {"lat": 1},
                    }
                    for name, city, state in places
                ]
            },
        },
        "hasResults": False,
    }


def test_the_text_states_thirteen_outcomes_six_sites_and_fifteen_design_facts() -> None:
    record = read(TEXT)
    assert (len(record.outcomes), len(record.sites), len(record.facts)) == (13, 6, 15)


# fmt: off
DESIGN_FACTS: dict[str, tuple[str | Span, str]] = {
    # --- labelled lines
    "study_type":                ("INTERVENTIONAL", "line 3"),
    "allocation":                ("NA", "line 5"),
    "purpose":                   ("TREATMENT", "line 7"),
    "masking":                   ("NONE", "line 9"),
    "enrolment":                 (Span(36, 36), "line 11"),
    # --- the summary's sentences
    "infusions_single":          (Span(1, 1), "line 1"),
    "infusions_multiple":        (Span(3, 5), "line 1"),
    "route":                     ("intravenous", "line 1"),
    "setting":                   ("inpatient", "line 1"),
    "lymphodepletion":           ("after", "line 1"),
    "visit_interval_shortest_d": (Span(7, 7), "line 1"),
    "visit_interval_longest_d":  (Span(84, 112), "line 1"),
    # --- the sentences about the two parts
    "dose_levels":               (Span(6, 6), "line 12"),
    "regimens":                  (Span(2, 4), "line 12"),
    "regimens_expanded":         (Span(1, 2), "line 12"),
}
# fmt: on


def test_every_design_fact_of_the_text_is_read_with_its_line() -> None:
    read_facts = {fact.key: (fact.value, fact.where) for fact in read(TEXT).facts}
    assert read_facts == DESIGN_FACTS


def test_a_hospital_whose_name_has_the_commas_of_a_place_stays_a_name() -> None:
    site = read(TEXT).sites[3]
    assert (
        site.facility
        == "Union Hospital, Tongji Medical College, Huazhong University of Science and Technology"
    )
    assert (site.city, site.province, site.country, site.where) == ("Wuhan", "Hubei", "China", "line 19")


def test_a_heading_above_the_sites_is_not_taken_for_a_hospital() -> None:
    sites = read("Masking\nNONE\nLocations\n" + "\n".join(SITES[6:])).sites
    assert [site.facility for site in sites] == [*SITES[6::2]]


def test_a_hospital_with_short_names_between_commas_is_not_taken_for_a_place() -> None:
    (site,) = read(
        "Masking\nNONE\nLocations\nUnion Hospital, Tongji College, Wuhan\nWuhan, Hubei, China"
    ).sites
    assert (site.facility, site.city) == ("Union Hospital, Tongji College, Wuhan", "Wuhan")


def test_a_title_that_is_a_sentence_stays_the_title_below_another_outcome() -> None:
    frame = "Time frame: from the first dose to 4 weeks"
    outcomes = read(f"Retention\n{frame}\nIs it safe?\nAdverse events\n{frame}").outcomes
    assert [(outcome.title, outcome.description) for outcome in outcomes] == [
        ("Retention", ""),
        ("Is it safe?", "Adverse events"),
    ]


def test_the_time_frames_of_the_text_are_read() -> None:
    outcomes = read(TEXT).outcomes
    assert outcomes[0].frame == TimeFrame("first dose", (FrameEnd(2, "SAD"), FrameEnd(4, "MAD")))
    assert [outcome.frame for outcome in outcomes[2:6]] == [TO_4_WEEKS] * 4
    assert [outcome.frame for outcome in (outcomes[1], *outcomes[6:])] == [TO_52_WEEKS] * 8


def test_only_the_adverse_events_have_a_description_and_the_disclaimer_is_no_outcome() -> None:
    outcomes = read(TEXT).outcomes
    assert [bool(outcome.description) for outcome in outcomes] == [False, True, *[False] * 11]
    assert outcomes[1].description.startswith("Number of participants with adverse events(including")
    assert [outcomes[0].where, outcomes[2].where, outcomes[12].where] == ["line 25", "line 30", "line 50"]
    assert "advice" not in outcomes[12].title


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param((SUMMARY, OUTCOMES, DESIGN, SITES, LABELS, DISCLAIMER), id="outcomes below the summary"),
        pytest.param((LABELS, SITES, SUMMARY, DESIGN, OUTCOMES, DISCLAIMER), id="prose in front of outcomes"),
        pytest.param((OUTCOMES, SITES, LABELS, DISCLAIMER, SUMMARY, DESIGN), id="outcomes first"),
        pytest.param((DESIGN, SITES[6:8], LABELS, SITES, OUTCOMES, SUMMARY), id="the comma hospital first"),
    ],
)
def test_the_blocks_of_the_text_may_stand_in_any_order(blocks: tuple[list[str], ...]) -> None:
    expected, found = without_places(read(TEXT)), without_places(read("\n".join(chain(*blocks))))
    assert found.facts == expected.facts
    assert found.outcomes == expected.outcomes
    assert found.sites[-6:] == expected.sites


def test_empty_lines_other_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    spaced = "\ufeff" + "\r\n\r\n".join(f"  {line} " for line in LINES)
    assert without_places(read(spaced)) == without_places(read(TEXT))


def test_the_json_of_the_same_facts_gives_the_same_record_apart_from_places() -> None:
    assert without_places(read(json.dumps(json_study()))) == without_places(read(TEXT))


def test_places_in_the_json_are_paths() -> None:
    record = read(json.dumps(json_study(), indent=1))
    assert record.stated("enrolment")[0].where == "protocolSection.designModule.enrollmentInfo.count"
    assert record.stated("dose_levels")[0].where == "protocolSection.descriptionModule.detailedDescription"
    assert record.sites[1].where == "protocolSection.contactsLocationsModule.locations[1]"
    assert record.outcomes[2].where == "protocolSection.outcomesModule.secondaryOutcomes[0]"


def test_a_json_without_modules_states_nothing_and_is_no_fault() -> None:
    assert read('{"protocolSection": {}}') == RegistryRecord(facts=(), sites=(), outcomes=())


def test_sentences_about_arms_and_interventions_are_read_too() -> None:
    arms = {"armGroups": [{"label": "SAD", "description": "A single infusion, one of four SAD dose levels."}]}
    facts = read(json.dumps({"protocolSection": {"armsInterventionsModule": arms}})).facts
    where = "protocolSection.armsInterventionsModule.armGroups[0].description"
    assert facts == (
        DesignFact(key="infusions_single", value=Span(1, 1), said="single infusion", where=where),
        DesignFact(key="dose_levels", value=Span(4, 4), said="four SAD dose levels", where=where),
    )


@pytest.mark.skipif(not OTHER_STUDY.exists(), reason=f"there is no {OTHER_STUDY.name} on this machine")
def test_the_public_record_of_another_trial_is_read() -> None:
    record = read(gzip.decompress(OTHER_STUDY.read_bytes()).decode("utf-8"))
    assert [(fact.key, fact.value) for fact in record.facts[:5]] == [
        ("study_type", "INTERVENTIONAL"),
        ("allocation", "RANDOMIZED"),
        ("purpose", "TREATMENT"),
        ("masking", "NONE"),
        ("enrolment", Span(5796, 5796)),
    ]
    assert len(record.sites) == 437
    assert (record.sites[0].city, record.sites[0].province) == ("Mobile", "Alabama")
    assert [outcome.frame_text for outcome in record.outcomes] == ["4 years"] * 5
    assert all(isinstance(outcome.frame, NotDerived) for outcome in record.outcomes)


PHOTOGRAPH = bytes([0xFF, 0xD8, 0xFF, 0xE0, 0, 16]) + b"JFIF\0" + bytes(range(256))
# fmt: off
FAULTS: dict[str, tuple[str, list[tuple[str, int, str]]]] = {
    # --- neither form
    "an empty file":              ("", [("not a registry record", 0, "")]),
    "white space":                (" \n\n", [("not a registry record", 0, "")]),
    "a letter":                   ("Dear colleague,\nplease find", [("not a registry record", 0, "")]),
    "a photograph":               (PHOTOGRAPH.decode("utf-8", "replace"), [("not a registry record", 0, "")]),
    "a photograph as Latin-1":    (PHOTOGRAPH.decode("latin-1"), [("not a registry record", 0, "")]),
    # --- the plain text
    "enrolment in other words":   ("Masking\nNONE\nEnrollment\nabout forty\n",
                                   [("the enrolment 'about forty' is not a number", 4, "enrolment")]),
    "enrolment without end":      ("Enrollment\n" + "9" * 5000,
                                   [(f"the enrolment {'9' * 5000!r} is not a number", 2, "enrolment")]),
    "enrolment at the end":       ("Masking\nNONE\nEnrollment\n", [("'Enrollment' has no value", 3, "")]),
    "a label below a label":      ("Allocation\nMasking\nNONE\n", [("'Allocation' has no value", 1, "")]),
    "an empty time frame":        ("Duration\nTime frame:\n", [("this time frame is empty", 2, "")]),
    "a time frame of nothing":    ("Masking\nNONE\nTime frame: 4 weeks\n",
                                   [("this time frame has no outcome above it", 3, "")]),
    "two faults, told together":  ("Enrollment\nmany\nTime frame: 4 weeks\n",
                                   [("the enrolment 'many' is not a number", 2, "enrolment"),
                                    ("this time frame has no outcome above it", 3, "")]),
    # --- the JSON
    "broken JSON":                ('{\n "protocolSection": {\n  "designModule" 1\n}}',
                                   [("not JSON: Expecting ':' delimiter", 3, "")]),
    "cut JSON":                   ('{"protocolSection":\n', [("not JSON: Expecting value", 2, "")]),
    "JSON nested without end":    ("[" * 200_000, [("not a study: its JSON is nested too deeply", 0, "")]),
    "JSON of something else":     ('{"cells": 3}', [("this JSON has no protocolSection", 1, "")]),
    "a page of studies":          ('{"studies": []}', [("this JSON has no protocolSection", 1, "")]),
    "a list":                     ("[1, 2]", [("this JSON has no protocolSection", 1, "")]),
    "enrolment below 0":     ('{"protocolSection": {"designModule": {"enrollmentInfo": {"count": -1}}}}',
                                   [("Expected `int` >= 0", 0,
                                     "protocolSection.designModule.enrollmentInfo.count")]),
    "a number without end":       ('{"n": ' + "9" * 5000 + "}",
                                   [("not a study: a number of its JSON has thousands of digits", 0, "")]),
    "enrolment as a text":   ('{"protocolSection": {"designModule": {"enrollmentInfo": {"count": "36"}}}}',
                                   [("Expected `int | null`, got `str`", 0,
                                     "protocolSection.designModule.enrollmentInfo.count")]),
    "a module that is a list":    ('{"protocolSection": {"outcomesModule": []}}',
                                   [("primaryOutcomes stands in no object", 0,
                                     "protocolSection.outcomesModule.primaryOutcomes"),
                                    ("secondaryOutcomes stands in no object", 0,
                                     "protocolSection.outcomesModule.secondaryOutcomes"),
                                    ("otherOutcomes stands in no object", 0,
                                     "protocolSection.outcomesModule.otherOutcomes")]),
    "an outcome without measure": ('{"protocolSection": {"outcomesModule": {"primaryOutcomes": [{}]}}}',
                                   [("Object missing required field `measure`", 0,
                                     "protocolSection.outcomesModule.primaryOutcomes[0]")]),
    "a site without a name":      ('{"protocolSection": {"contactsLocationsModule": {"locations": [{}]}}}',
                                   [("Object missing required field `facility`", 0,
                                     "protocolSection.contactsLocationsModule.locations[0]")]),
}
# fmt: on


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_a_bad_registry_file_gives_its_faults_with_their_places(
    text: str, expected: list[tuple[str, int, str]]
) -> None:
    assert [(fault.what, fault.line, fault.clause) for fault in read_faults(text)] == expected


def test_an_outcome_without_a_time_frame_is_kept_and_says_so() -> None:
    study = {"protocolSection": {"outcomesModule": {"otherOutcomes": [{"measure": "Duration"}]}}}
    assert read(json.dumps(study)).outcomes[0].frame == NotDerived("not_stated")

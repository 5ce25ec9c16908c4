"""The bundled study meets every statement of its registry text, and a changed statement is seen."""

from pathlib import Path

import pytest

from firstdose.protocol.registry import parse_registry
from firstdose.protocol.registry_check import RegistryRow, check_registry
from firstdose.protocol.registry_record import RegistryRecord
from firstdose.protocol.resolve import build_protocol
from firstdose.protocol.resolved import Protocol, Schedule

TEXT = (Path(__file__).parent / "kn5501_registry.txt").read_text(encoding="utf-8")
STUDY = Path(__file__).parents[2] / "src" / "firstdose" / "protocol" / "studies" / "kn5501"
ONLY_IN_PROTOCOL = "in the protocol, not in the registry"


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    built = build_protocol({path.name: path.read_text(encoding="utf-8") for path in STUDY.glob("*.yaml")})
    assert isinstance(built, Protocol), "\n".join(map(str, built))
    return built


def check(protocol: Protocol, text: str = TEXT) -> tuple[RegistryRow, ...]:
    record = parse_registry(text)
    assert isinstance(record, RegistryRecord), record
    return check_registry(protocol, record)


def not_met(rows: tuple[RegistryRow, ...]) -> list[tuple[str, str, str]]:
    return [(row.kind, row.statement, row.reason) for row in rows if not row.is_met]


def test_the_bundled_study_meets_every_statement_of_the_registry(protocol: Protocol) -> None:
    rows = check(protocol)
    assert not_met(rows) == []
    assert [[row.kind for row in rows].count(kind) for kind in ("design", "site", "outcome")] == [15, 6, 13]


def test_every_row_says_where_it_stands_and_which_clause_meets_it(protocol: Protocol) -> None:
    rows = check(protocol)
    assert all(row.where.startswith("line ") and row.met_by and row.stated for row in rows)
    enrolment = next(row for row in rows if row.statement == "Enrolment")
    assert (enrolment.stated, enrolment.where, enrolment.met_by) == ("36", "line 11", "study.enrolment = 36")
    tmax = next(row for row in rows if "Tmax" in row.statement)
    assert tmax.met_by == "endpoints.tmax = from Day 0 to Day 28, cellular_kinetics"


CMAX = "Peak Plasma Concentration (Cmax)"
DLT = "Dose Limiting Toxicity"
UNION = "Union Hospital, Tongji Medical College, Huazhong University of Science and Technology"
SAD_WINDOW_DIFFERS = (
    "the endpoint ends on Day 14 or Day 28, the registry on Day 21 or Day 28; "
    "parts.sad.dlt_window runs from Day 0 to Day 14 (ends: both), the registry's to Day 21"
)
CMAX_BEFORE_DOSE = "; ".join(
    [
        "the endpoint starts from Day 0, the registry from enrolment",
        *(
            f"no visit with cellular_kinetics before the first infusion ({schedule})"
            for schedule in ("sad", "mad-M1", "mad-M2", "mad-M3", "mad-M4")
        ),
    ]
)
FRAME_NOT_READ = (
    "the time frame cannot be read: '4 years' does not say from the first dose or from enrolment to a week"
)
# fmt: off
# what stands in the text, what is put there, the only rows that are not met then: kind, statement, reason
CHANGES: dict[str, tuple[str, str, list[tuple[str, str, str]]]] = {
    # --- design facts, labelled
    "enrolment one higher": ("\n36\n", "\n37\n",
                             [("design", "Enrolment", "the protocol has 36, the registry 37")]),
    "enrolment one lower":  ("\n36\n", "\n35\n",
                             [("design", "Enrolment", "the protocol has 36, the registry 35")]),
    "masked":               ("\nNONE\n", "\nDOUBLE\n",
                             [("design", "Masking", "the protocol has NONE, the registry DOUBLE")]),
    "allocation not said":  ("Allocation\nNA\n", "",
                             [("design", "Allocation", "the registry does not state it")]),
    # --- design facts in sentences
    "seven dose levels":    ("six different doses", "seven different doses",
                             [("design", "Dose levels of the single-dose part",
                               "the protocol has 6, the registry 7")]),
    "two or three regimens": ("2-4 multiple-dose", "2-3 multiple-dose",
                             [("design", "Regimens of the multiple-dose part",
                               "the protocol has 4, the registry 2 to 3")]),
    "one regimen expanded": ("1-2 dosing regimen", "one dosing regimen",
                             [("design", "Regimens that are expanded",
                               "the protocol has 1 to 2, the registry 1")]),
    "at most 4 infusions":  ("3 to 5 times", "3 to 4 times",
                             [("design", "Infusions of a participant in the multiple-dose part",
                               "the protocol has 3 to 5, the registry 3 to 4")]),
    "under the skin":       ("intravenous", "subcutaneous",
                             [("design", "Route of the infusion",
                               "the protocol has intravenous, the registry subcutaneous")]),
    "as an outpatient":     ("inpatient", "outpatient",
                             [("design", "Setting of the infusion",
                               "the protocol has inpatient, the registry outpatient")]),
    "no lymphodepletion":   ("after lymphodepletion", "without lymphodepletion",
                             [("design", "Infusion and lymphodepletion",
                               "the protocol has after, the registry without")]),
    "visits every 15 weeks": ("12-16 weeks' interval", "12-15 weeks' interval",
                             [("design", "Longest interval between visits, in days",
                               "the protocol has 112, the registry 84 to 105")]),
    # --- sites
    "a site dropped":       ("Jiangsu Provincial People's Hospital\nNanjing, Jiangsu, China\n", "",
                             [("site", "Jiangsu Provincial People's Hospital", ONLY_IN_PROTOCOL)]),
    "a site elsewhere":     ("Nanjing, Jiangsu", "Suzhou, Jiangsu",
                             [("site", "Jiangsu Provincial People's Hospital",
                               "the protocol has it in Nanjing, Jiangsu, China")]),
    "another province":     ("Wuhan, Hubei", "Wuhan, Hunan",
                             [("site", UNION, "the protocol has it in Wuhan, Hubei, China")]),
    "a seventh site":       ("Changhai Hospital of Shanghai\n",
                             "West China Hospital\nChengdu, Sichuan, China\nChanghai Hospital of Shanghai\n",
                             [("site", "West China Hospital", "no site of the protocol has this name")]),
    # --- outcomes
    "a renamed outcome":    (CMAX, "Peak of Cells",
                             [("outcome", "Peak of Cells", "no endpoint of the protocol has these words"),
                              ("outcome", CMAX, ONLY_IN_PROTOCOL)]),
    "an outcome dropped":   (f"{CMAX}\nTime frame: from the first dose to 4 weeks\n", "",
                             [("outcome", CMAX, ONLY_IN_PROTOCOL)]),
    "DLT window of SAD":    ("2 weeks (SAD)", "3 weeks (SAD)",
                             [("outcome", DLT, SAD_WINDOW_DIFFERS)]),
    "kinetics to 3 weeks":  (f"{CMAX}\nTime frame: from the first dose to 4 weeks",
                             f"{CMAX}\nTime frame: from the first dose to 3 weeks",
                             [("outcome", CMAX, "the endpoint ends on Day 28, the registry on Day 21")]),
    "kinetics from enrolment": (f"{CMAX}\nTime frame: from the first dose to 4 weeks",
                             f"{CMAX}\nTime frame: from enrollment to 4 weeks",
                             [("outcome", CMAX, CMAX_BEFORE_DOSE)]),
    "an unread time frame": (f"{DLT}\nTime frame: from the first dose to 2 weeks (SAD) or 4 weeks (MAD)",
                             f"{DLT}\nTime frame: 4 years",
                             [("outcome", DLT, FRAME_NOT_READ)]),
    # --- case, white space and the order of the parts do not count
    "other case and spaces": ("Wuhan, Hubei, China\nJiangsu Provincial People's",
                              "WUHAN,  Hubei , China\nJIANGSU  Provincial People's", []),
    "MAD before SAD":       ("2 weeks (SAD) or 4 weeks (MAD)", "4 weeks (MAD) or 2 weeks (SAD)", []),
}
# fmt: on


@pytest.mark.parametrize(("before", "after", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_statement_of_the_registry_is_the_only_one_not_met(
    protocol: Protocol, before: str, after: str, expected: list[tuple[str, str, str]]
) -> None:
    assert before in TEXT
    assert not_met(check(protocol, TEXT.replace(before, after, 1))) == expected


def test_a_second_statement_that_contradicts_the_first_has_its_own_row(protocol: Protocol) -> None:
    text = TEXT.replace("Masking\nNONE", "Masking\nNONE\nEnrollment\n40")
    rows = [row for row in check(protocol, text) if row.statement == "Enrolment"]
    assert [(row.stated, row.where, row.is_met) for row in rows] == [
        ("40", "line 11", False),
        ("36", "line 13", True),
    ]


def with_change(protocol: Protocol, **changed: object) -> Protocol:
    """The protocol with other fields; built anew, so that what it looks up by key is new too."""
    fields = {name: getattr(protocol, name) for name in Protocol.model_fields}
    return Protocol(**(fields | changed))


def without_form(protocol: Protocol, visit_key: str, form: str) -> Protocol:
    """The protocol without one form at one visit of every schedule."""
    schedules = []
    for schedule in protocol.schedules:
        visits = [
            visit.model_copy(update={"forms": tuple(at for at in visit.forms if at.form != form)})
            if visit.key == visit_key
            else visit
            for visit in schedule.visits
        ]
        schedules.append(Schedule(key=schedule.key, visits=tuple(visits)))
    return with_change(protocol, schedules=tuple(schedules))


def with_endpoint_forms(protocol: Protocol, key: str, *forms: str) -> Protocol:
    """The protocol with an endpoint made of other forms."""
    endpoints = [
        endpoint.model_copy(update={"forms": forms}) if endpoint.key == key else endpoint
        for endpoint in protocol.endpoints
    ]
    return with_change(protocol, endpoints=tuple(endpoints))


@pytest.mark.parametrize(
    ("visit_key", "form", "outcomes"),
    [
        # --- the last visit of the frame is what fails it: Week 52, and Day 28 for kinetics
        pytest.param(
            "W52", "complement", ["Concentration of serum complements (PD biomarker)"], id="Week 52"
        ),
        pytest.param("W36", "complement", [], id="a visit on the way"),
        # --- one form at Week 52 is enough for the safety laboratory
        pytest.param("W52", "haematology", [], id="another form reaches Week 52"),
    ],
)
def test_a_form_missing_at_the_end_of_the_frame_fails_its_outcomes(
    protocol: Protocol, visit_key: str, form: str, outcomes: list[str]
) -> None:
    rows = check(without_form(protocol, visit_key, form))
    assert [statement for _, statement, _ in not_met(rows)] == outcomes


def test_kinetics_without_day_28_fail_the_four_kinetics_outcomes_in_the_schedules_concerned(
    protocol: Protocol,
) -> None:
    rows = not_met(check(without_form(protocol, "D28", "cellular_kinetics")))
    assert len(rows) == 4
    assert all("no visit with cellular_kinetics reaches Day 28 (sad)" in reason for _, _, reason in rows)


def test_an_endpoint_on_a_form_that_does_not_exist_is_not_met(protocol: Protocol) -> None:
    changed = with_endpoint_forms(protocol, "lldas", "sledai", "charm")
    assert [reason for _, _, reason in not_met(check(changed))] == ["there is no form charm"]


def test_an_endpoint_on_a_form_that_nobody_fills_is_not_met(protocol: Protocol) -> None:
    empty = protocol.form_by_key["sledai"].model_copy(update={"key": "unused"})
    changed = with_endpoint_forms(
        with_change(protocol, forms=(*protocol.forms, empty)), "lldas", "sledai", "unused"
    )
    (row,) = not_met(check(changed))
    assert row[2].startswith("unused is not scheduled in the time frame (sad);")


def test_a_dlt_window_that_leaves_out_its_last_day_is_not_the_registrys(protocol: Protocol) -> None:
    parts = tuple(
        part.model_copy(update={"dlt_window": part.dlt_window.model_copy(update={"closed": "left"})})
        if part.key == "expansion"
        else part
        for part in protocol.parts
    )
    (row,) = not_met(check(with_change(protocol, parts=parts)))
    assert row[1:] == (
        DLT,
        "parts.expansion.dlt_window runs from Day 0 to Day 28 (ends: left), the registry's to Day 28",
    )


def test_infusions_on_other_numbers_of_days_are_seen(protocol: Protocol) -> None:
    regimens = tuple(
        regimen.model_copy(update={"infusion_days": (0, 7)}) if regimen.key == "M1" else regimen
        for regimen in protocol.regimens
    )
    (row,) = not_met(check(with_change(protocol, regimens=regimens)))
    assert row[2] == "the protocol has 2 to 5, the registry 3 to 5"


def test_a_longest_regimen_above_the_registrys_is_seen_in_the_study_facts(protocol: Protocol) -> None:
    study = protocol.study.model_copy(update={"infusions": (3, 6)})
    (row,) = not_met(check(with_change(protocol, study=study)))
    assert row[2] == "the protocol has 3 to 6, the registry 3 to 5"


def test_kinetics_without_day_0_fail_the_four_kinetics_outcomes(protocol: Protocol) -> None:
    rows = not_met(check(without_form(protocol, "D0", "cellular_kinetics")))
    assert len(rows) == 4
    assert all("no visit with cellular_kinetics on Day 0 (sad)" in reason for _, _, reason in rows)


def test_half_a_year_between_two_planned_visits_is_longer_than_the_registry_says(protocol: Protocol) -> None:
    schedules = tuple(
        Schedule(key=schedule.key, visits=tuple(visit for visit in schedule.visits if visit.key != "W36"))
        for schedule in protocol.schedules
    )
    (row,) = not_met(check(with_change(protocol, schedules=schedules)))
    assert row[2] == "the protocol has 112 to 196, the registry 84 to 112"

"""Kinetics of one participant as they are read from the record, by hand."""

from decimal import Decimal
from math import log

import pytest
from tests.small_record import SmallRecord

from firstdose.derive.kinetics.exposure import Area
from firstdose.derive.kinetics.of_participant import (
    ParticipantKinetics,
    derive_kinetics_of_participant,
    derive_samples,
)
from firstdose.derive.kinetics.peak import Level
from firstdose.derive.kinetics.retention import Retention
from firstdose.record.state import Participant
from firstdose.terms.outcomes import NotDerived

# fmt: off
WHOLE_COURSE = [
    ("D0", "pre", -0.02, "nd"), ("D1", "t24h", 1, "100"), ("D3", "", 3, "400"), ("D7", "", 7, "200"),
    ("D14", "", 14, "50"), ("D21", "", 21, "blq"), ("D28", "", 28, "nd"),
]
# fmt: on
Course = list[tuple[str, str, float, str]]


def derive(
    course: Course, *, today_d: float = 400, left: bool = False
) -> tuple[ParticipantKinetics, SmallRecord, Participant]:
    record = SmallRecord(today_d=today_d)
    person = record.treated()
    for visit, timepoint, day, level in course:
        record.sample(person, visit, day, level, timepoint)
    if left:
        person.screen_failed = "left"
    return derive_kinetics_of_participant(record.state, person), record, person


def auc_of(value: Area | NotDerived) -> float | str:
    return value.reason if isinstance(value, NotDerived) else value.auc_d_copies_per_ug


def test_peak_area_and_retention_of_a_whole_course_are_those_calculated_by_hand() -> None:
    found, _, person = derive(WHOLE_COURSE)
    positions = [form.position for form in person.forms_by_name["cellular_kinetics"]]
    assert isinstance(found.cmax.value, Level)
    assert (found.cmax.value.level_copies_per_ug, found.cmax.value.time_d) == (Decimal(400), Decimal(3))
    assert found.cmax.sources == (positions[2],)
    # 0 to 1 a triangle, 1 to 3 up by a line, 3 to 7 and 7 to 14 down by exponentials
    by_hand = 50 + 500 + 4 * (400 - 200) / log(400 / 200) + 7 * (200 - 50) / log(200 / 50)
    assert auc_of(found.auc.value) == pytest.approx(by_hand, rel=1e-12)
    # and on to zero at the first result below quantification, a week later
    assert auc_of(found.auc_to_first_below_quantification.value) == pytest.approx(
        by_hand + 7 * 50 / 2, rel=1e-12
    )
    assert isinstance(found.retention.value, Retention)
    retained = found.retention.value
    assert (retained.duration_d, retained.lost_by_d, retained.is_censored) == (
        Decimal(14),
        Decimal(21),
        False,
    )
    assert found.retention.sources == (positions[4], positions[5])
    assert found.clast.value == Level(
        level_copies_per_ug=Decimal(50), time_d=Decimal(14), source=positions[4]
    )


def test_a_finding_names_its_clause_and_its_rule() -> None:
    found, _, _ = derive(WHOLE_COURSE)
    assert (found.cmax.clause, found.auc.clause, found.retention.clause) == (
        "endpoints.cmax",
        "endpoints.auc",
        "endpoints.retention",
    )
    assert found.cmax.rule == "cellular-kinetics-1"


def test_a_corrected_level_comes_from_the_correction() -> None:
    _, record, person = derive(WHOLE_COURSE)
    day_3 = person.forms["D3", "cellular_kinetics", ""]
    position = record.correct(day_3, "transgene_copies_per_ug", "900")
    found = derive_kinetics_of_participant(record.state, person)
    assert isinstance(found.cmax.value, Level)
    assert found.cmax.value.level_copies_per_ug == Decimal(900)
    assert found.cmax.sources == (position,)


# fmt: off
# course, day of today, whether the participant left; covered or why not known, main area known
WINDOWS: dict[str, tuple[Course, float, bool, bool | str, bool]] = {
    # --- a sample of Day 28 closes the window, whatever it says and whenever it was drawn in its visit
    "Day 28 quantifiable":       ([("D3", "", 3, "400"), ("D28", "", 28, "60")], 28, False, True, True),
    "Day 28 drawn on day 26":    ([("D3", "", 3, "400"), ("D28", "", 26, "60")], 28, False, True, True),
    "Day 28 not detected":       ([("D3", "", 3, "400"), ("D28", "", 28, "nd")], 28, False, True, True),
    # --- before the visit is over nobody knows what comes
    "still to be sampled":       ([("D3", "", 3, "400"), ("D21", "", 21, "60")], 22, False, "window_open", False),
    "below, but not over":       ([("D3", "", 3, "400"), ("D21", "", 21, "nd")], 22, False, "window_open", False),
    "last day of the visit":     ([("D3", "", 3, "400"), ("D21", "", 21, "60")], 30, False, "window_open", False),
    # --- over without a sample of Day 28: known only if the cells were gone
    "missed, quantifiable":      ([("D3", "", 3, "400"), ("D21", "", 21, "60")], 31, False, False, False),
    "missed, cells were gone":   ([("D3", "", 3, "400"), ("D21", "", 21, "nd")], 31, False, True, True),
    "left with cells":           ([("D3", "", 3, "400"), ("D7", "", 7, "60")], 8, True, False, False),
    "left without cells":        ([("D3", "", 3, "400"), ("D7", "", 7, "nd")], 8, True, True, True),
    # --- nothing to go by
    "no sample yet":             ([], 2, False, "no_sample_after_infusion", False),
    "only the one before":       ([("D0", "pre", -0.02, "nd")], 2, False, "no_sample_after_infusion", False),
}
# fmt: on


@pytest.mark.parametrize("case", WINDOWS.values(), ids=WINDOWS.keys())
def test_an_area_is_given_only_when_the_window_is_known_to_its_end(
    case: tuple[Course, float, bool, bool | str, bool],
) -> None:
    course, today_d, left, covered, has_area = case
    found, _, _ = derive(course, today_d=today_d, left=left)
    value = found.is_window_covered.value
    assert (value.reason if isinstance(value, NotDerived) else value) == covered
    assert isinstance(found.auc.value, Area) == has_area


# fmt: off
# what the samples of Days 1, 3, 7, 28 say; Cmax or its reason, retention [d], censored
BELOW: dict[str, tuple[list[str], str, str, bool]] = {
    # --- a result below quantification is never a peak
    "never quantifiable":        (["nd", "blq", "nd", "nd"], "never_quantifiable", "0", False),
    "once, on the first day":    (["70", "nd", "nd", "nd"], "70", "1", False),
    # --- one result below between two quantifiable ones does not end retention
    "gone and back":             (["70", "nd", "60", "nd"], "70", "7", False),
    # --- equal levels: the first; quantifiable on Day 28: censored there
    "a tie, still there":        (["70", "90", "90", "55"], "90", "28", True),
    # --- exactly the limit is quantifiable
    "exactly the limit":         (["50", "nd", "nd", "nd"], "50", "1", False),
    # --- no result is no sample
    "lost in the laboratory":    (["70", "", "60", ""], "70", "7", True),
}
# fmt: on


@pytest.mark.parametrize("case", BELOW.values(), ids=BELOW.keys())
def test_results_below_quantification_are_a_kind_of_result(case: tuple[list[str], str, str, bool]) -> None:
    levels, cmax, retention_d, is_censored = case
    places = [("D1", "t24h", 1.0), ("D3", "", 3.0), ("D7", "", 7.0), ("D28", "", 28.0)]
    course = [(*place, level) for place, level in zip(places, levels, strict=True)]
    found, _, _ = derive(course)
    peak = found.cmax.value
    assert (peak.reason if isinstance(peak, NotDerived) else str(peak.level_copies_per_ug)) == cmax
    assert found.was_never_quantifiable == (cmax == "never_quantifiable")
    assert isinstance(found.retention.value, Retention)
    assert found.retention.value.duration_d == Decimal(retention_d)
    assert found.retention.value.is_censored == is_censored
    if cmax == "90":
        assert not isinstance(peak, NotDerived)
        assert peak.time_d == Decimal(3)


# fmt: off
# visit, time point, nominal hours from the first infusion; M1 infuses on Days 0, 7 and 14
NOMINAL: list[tuple[str, str, str | None]] = [
    ("D0", "pre", "-0.5"), ("D0", "t4h", "4"), ("D1", "t24h", "24"), ("D3", "", "72"),
    # the second infusion was given
    ("D7", "pre", "167.5"), ("D7", "t1h", "169"), ("D8", "t24h", "192"),
    # the third was not: hours after it mean nothing, its planned day still does
    ("D14", "t1h", None), ("D15", "t24h", None), ("D21", "", "504"),
    # outside the schedule
    ("UNS", "", None),
]
# fmt: on


def test_nominal_times_count_from_the_infusion_of_the_visit_if_it_was_given() -> None:
    record = SmallRecord()
    person = record.participant(regimen="M1")
    record.infuse(person, 1)
    record.infuse(person, 2, day=7)
    for place, (visit, timepoint, _) in enumerate(NOMINAL):
        record.sample(person, visit, place, "100", timepoint)
    nominal = [sample.nominal_time_h for sample in derive_samples(record.state, person)]
    assert nominal == [None if hours is None else Decimal(hours) for _, _, hours in NOMINAL]


def test_each_infusion_has_its_own_peak_and_the_last_is_compared_with_the_first() -> None:
    record = SmallRecord()
    person = record.participant(regimen="M1")
    for number, infused_d in ((1, 0), (2, 7), (3, 14)):
        record.infuse(person, number, day=infused_d)
    for visit, timepoint, day, level in (
        ("D3", "", 3, "100"),
        ("D7", "pre", 6.98, "80"),
        ("D10", "", 10, "300"),
        ("D14", "pre", 13.98, "90"),
        ("D17", "", 17, "250"),
        ("D21", "", 21, "120"),
        ("D28", "", 28, "60"),
    ):
        record.sample(person, visit, day, level, timepoint)
    found = derive_kinetics_of_participant(record.state, person)
    peaks = [each.cmax.value for each in found.infusions]
    assert [
        (level.level_copies_per_ug, level.time_d) for level in peaks if not isinstance(level, NotDerived)
    ] == [(Decimal(100), Decimal(3)), (Decimal(300), Decimal(3)), (Decimal(250), Decimal(3))]
    assert found.cmax_accumulation.value == Decimal("2.5")
    assert isinstance(found.cmax.value, Level)
    assert found.cmax.value.time_d == Decimal(10)


def test_nobody_has_kinetics_before_an_infusion() -> None:
    record = SmallRecord()
    found = derive_kinetics_of_participant(record.state, record.participant())
    assert found.samples == ()
    assert found.infusions == ()
    for finding in (found.cmax, found.auc, found.retention, found.half_life):
        assert isinstance(finding.value, NotDerived)

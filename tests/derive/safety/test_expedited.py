"""Expedited reporting: what is serious, what is a SUSAR, and by when it is reported."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from firstdose.derive.safety.adverse_events import Causality
from firstdose.derive.safety.expedited import (
    Deadline,
    HospitalStay,
    MinimumCriteria,
    ReportKind,
    SeriousEvent,
    SeriousnessCriterion,
    derive_day_0,
    derive_expedited_reporting,
    derive_seriousness,
    derive_susar,
    describe_standing,
    is_hospitalisation,
)
from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.outcomes import NotDerived


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def _criteria(**answers: bool | None) -> dict[SeriousnessCriterion, bool | None]:
    none: dict[SeriousnessCriterion, bool | None] = {
        "death": False,
        "life_threatening": False,
        "hospitalisation_prolonged": False,
        "disability": False,
        "congenital_anomaly": False,
        "medically_important": False,
    }
    return none | answers  # type: ignore[return-value] # keyword names are not known to be criteria


AWARE = _at("2025-03-10T08:00")
EVENT = SeriousEvent(
    criteria=_criteria(medically_important=True),
    is_expected=False,
    causality_investigator="possible",
    causality_sponsor="possible",
    site_aware_at=AWARE,
    sponsor_knew=MinimumCriteria(
        participant=AWARE, reporter=AWARE, product=_at("2025-03-10T15:00"), event=_at("2025-03-10T23:59")
    ),
)


def _event(**changes: object) -> SeriousEvent:
    return msgspec.structs.replace(EVENT, **changes)


# fmt: off
SERIOUS = {
    "one criterion":                  (_criteria(disability=True), True),
    "one met, another unknown":       (_criteria(disability=True, death=None), True),
    "all answered no":                (_criteria(), False),
    "one not answered":               (_criteria(congenital_anomaly=None), "seriousness_not_assessed"),
    "nothing answered":               ({}, "seriousness_not_assessed"),
}
# fmt: on


@pytest.mark.parametrize(("criteria", "expected"), SERIOUS.values(), ids=SERIOUS)
def test_an_event_is_serious_by_any_criterion(
    criteria: dict[SeriousnessCriterion, bool | None], *, expected: bool | str
) -> None:
    found = derive_seriousness(criteria)
    assert (found.reason if isinstance(found, NotDerived) else found) == expected


@pytest.mark.parametrize(
    ("stay", "counts"),
    [
        ("because_of_event", True),
        ("prolonged_by_event", True),
        ("planned_treatment", False),
        ("observation_below_24h", False),
        ("social", False),
        ("planned_procedure", False),
    ],
)
def test_a_planned_stay_is_not_hospitalisation(stay: HospitalStay, *, counts: bool) -> None:
    assert is_hospitalisation(stay) is counts


# fmt: off
SUSARS = {
    # changes                                                                       SUSAR
    "serious, unexpected, possible":   ({}, True),
    # --- each part known to be absent rules it out
    "not serious":                     ({"criteria": _criteria()}, False),
    "expected":                        ({"is_expected": True}, False),
    "both say unlikely":               ({"causality_investigator": "unlikely", "causality_sponsor": "unlikely"}, False),
    # --- one of the two is enough, and a missing causality counts as related
    "only the investigator":           ({"causality_sponsor": "unrelated"}, True),
    "only the sponsor":                ({"causality_investigator": "unrelated"}, True),
    "the sponsor's view is missing":   ({"causality_investigator": "unrelated", "causality_sponsor": None}, True),
    "nobody said":                     ({"causality_investigator": None, "causality_sponsor": None}, True),
    # --- unknown parts leave it open, unless another rules it out
    "expectedness unknown":            ({"is_expected": None}, "expectedness_not_assessed"),
    "seriousness unknown":             ({"criteria": {}}, "seriousness_not_assessed"),
    "seriousness unknown, expected":   ({"criteria": {}, "is_expected": True}, False),
    "unknown, but unrelated":          ({"is_expected": None, "causality_investigator": "unrelated",
                                         "causality_sponsor": "unlikely"}, False),
}
# fmt: on


@pytest.mark.parametrize(("changes", "expected"), SUSARS.values(), ids=SUSARS)
def test_what_is_a_suspected_unexpected_serious_reaction(
    changes: dict[str, object], *, expected: bool | str
) -> None:
    found = derive_susar(_event(**changes))
    assert (found.reason if isinstance(found, NotDerived) else found) == expected


def test_day_0_is_the_day_of_the_last_of_the_four_criteria_at_the_sites() -> None:
    assert derive_day_0(EVENT.sponsor_knew) == date(2025, 3, 10)
    later = msgspec.structs.replace(EVENT.sponsor_knew, reporter=_at("2025-03-11T00:00"))
    assert derive_day_0(later) == date(2025, 3, 11)


@pytest.mark.parametrize("one", ["participant", "reporter", "product", "event"])
def test_without_one_of_the_four_there_is_no_day_0_and_no_clock_of_the_authority(one: str) -> None:
    known = msgspec.structs.replace(EVENT.sponsor_knew, **{one: None})
    found = derive_expedited_reporting(_event(sponsor_knew=known))
    assert isinstance(found.day_0, NotDerived)
    assert one in found.day_0.detail
    assert [owed.kind for owed in found.deadlines] == ["site_to_sponsor"]


SITE: tuple[ReportKind, datetime] = ("site_to_sponsor", _at("2025-03-11T08:00"))
# fmt: off
DUE = {
    # --- fatal or life-threatening: Day 7, and Day 15 for the follow-up
    "fatal":                     ({"criteria": _criteria(death=True)},
                                  [SITE, ("initial", date(2025, 3, 17)), ("follow_up", date(2025, 3, 25))]),
    "life-threatening":          ({"criteria": _criteria(life_threatening=True)},
                                  [SITE, ("initial", date(2025, 3, 17)), ("follow_up", date(2025, 3, 25))]),
    # --- not ruled out runs on the shorter clock
    "death not answered":        ({"criteria": _criteria(death=None, disability=True)},
                                  [SITE, ("initial", date(2025, 3, 17)), ("follow_up", date(2025, 3, 25))]),
    # --- any other: Day 15
    "medically important":       ({}, [SITE, ("initial", date(2025, 3, 25))]),
    "expectedness unknown":      ({"is_expected": None}, [SITE, ("initial", date(2025, 3, 25))]),
    # --- no SUSAR: only the site reports
    "expected":                  ({"is_expected": True}, [SITE]),
    "not related":               ({"causality_investigator": "unlikely", "causality_sponsor": "unrelated"}, [SITE]),
    "not serious":               ({"criteria": _criteria()}, []),
}
# fmt: on


@pytest.mark.parametrize(("changes", "expected"), DUE.values(), ids=DUE)
def test_the_reports_that_are_owed_and_their_days(
    changes: dict[str, object], expected: list[tuple[ReportKind, date | datetime]]
) -> None:
    found = derive_expedited_reporting(_event(**changes))
    assert [(owed.kind, owed.due) for owed in found.deadlines] == expected
    for owed in found.deadlines:
        assert owed.text.en
        assert owed.text.zh


def test_the_days_are_parameters() -> None:
    fatal = _event(criteria=_criteria(death=True))
    found = derive_expedited_reporting(fatal, urgent_d=3, follow_up_further_d=2, site_h=12)
    assert [owed.due for owed in found.deadlines] == [
        _at("2025-03-10T20:00"),
        date(2025, 3, 13),
        date(2025, 3, 15),
    ]
    (_, other) = derive_expedited_reporting(EVENT, other_d=10).deadlines
    assert other.due == date(2025, 3, 20)


_, AUTHORITY = derive_expedited_reporting(EVENT).deadlines
SITE_REPORT = derive_expedited_reporting(EVENT).deadlines[0]
# fmt: off
STANDINGS = {
    # --- the authority's day lasts to midnight at the sites
    "last minute":          (AUTHORITY, "2025-03-25T23:59", None, "in_time"),
    "a minute too late":    (AUTHORITY, "2025-03-26T00:00", None, "late"),
    "open on its day":      (AUTHORITY, None, "2025-03-25T23:59", "open"),
    "overdue the day after": (AUTHORITY, None, "2025-03-26T00:00", "overdue"),
    # --- the site's 24 hours end to the minute
    "24 hours exactly":     (SITE_REPORT, "2025-03-11T08:00", None, "in_time"),
    "a minute more":        (SITE_REPORT, "2025-03-11T08:01", None, "late"),
    "open at 24 hours":     (SITE_REPORT, None, "2025-03-11T08:00", "open"),
    "overdue":              (SITE_REPORT, None, "2025-03-11T08:01", "overdue"),
}
# fmt: on


@pytest.mark.parametrize(("owed", "sent", "now", "standing"), STANDINGS.values(), ids=STANDINGS)
def test_when_a_report_is_late(owed: Deadline, sent: str | None, now: str | None, standing: str) -> None:
    found = owed.standing(sent_at=_at(sent) if sent else None, now=_at(now or "2025-06-01T00:00"))
    assert found == standing
    assert describe_standing(found).zh


def test_day_0_counts_by_the_calendar_of_the_sites_wherever_the_moment_was_written() -> None:
    known = msgspec.structs.replace(EVENT.sponsor_knew, event=datetime(2025, 3, 10, 16, 30, tzinfo=UTC))
    assert derive_day_0(known) == date(2025, 3, 11)


@pytest.mark.parametrize(
    ("investigator", "sponsor", "words"),
    [
        ("possible", "unlikely", "investigator and sponsor differ on causality: counts as related"),
        ("possible", None, "causality missing: counts as related"),
        ("unlikely", "unrelated", "not related"),
        ("probable", "definite", "at least possibly related"),
    ],
)
def test_the_reason_says_how_causality_was_read(
    investigator: Causality | None, sponsor: Causality | None, words: str
) -> None:
    found = derive_expedited_reporting(_event(causality_investigator=investigator, causality_sponsor=sponsor))
    assert words in [reason.en for reason in found.reasons]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"criteria": _criteria()}, ["not serious"]),
        ({"criteria": {}}, ["seriousness not fully answered", "unexpected"]),
        ({"is_expected": True}, ["serious", "expected"]),
        ({"is_expected": None}, ["serious", "expectedness not answered: treated as unexpected"]),
    ],
)
def test_the_reasons_say_what_was_assumed(changes: dict[str, object], words: list[str]) -> None:
    found = derive_expedited_reporting(_event(**changes))
    assert [reason.en for reason in found.reasons][: len(words)] == words
    assert all(reason.zh for reason in found.reasons)

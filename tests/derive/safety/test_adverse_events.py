"""Adverse events: periods, treatment emergence, relation, and participants counted once."""

from datetime import datetime, timedelta

import msgspec
import pytest

from firstdose.derive.safety.adverse_event_incidence import Incidence, derive_incidence
from firstdose.derive.safety.adverse_events import (
    AdverseEvent,
    Causality,
    GradeAt,
    PartialMoment,
    StudyMilestones,
    derive_period,
    is_related,
    is_treatment_emergent,
    parse_partial_moment,
)
from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import ASTCT_2019, CTCAE_5, CTCAE_6


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def _moment(text: str) -> PartialMoment:
    moment = parse_partial_moment(text)
    assert isinstance(moment, PartialMoment)
    return moment


MILESTONES = StudyMilestones(
    consent=_at("2025-02-01T09:00"),
    lymphodepletion_start=_at("2025-03-01T10:00"),
    first_infusion=_at("2025-03-06T10:00"),
    last_visit=_at("2026-03-05T12:00"),
)
EVENT = AdverseEvent(
    key="AE-1",
    participant="P01",
    soc="Infections and infestations",
    pt="Pneumonia",
    onset=_moment("2025-03-10"),
    end=None,
    grades=(GradeAt(_at("2025-03-10T08:00"), 2),),
    scale=CTCAE_5,
    is_serious=False,
)


def _event(**changes: object) -> AdverseEvent:
    return msgspec.structs.replace(EVENT, **changes)


# fmt: off
PERIODS = {
    # onset                end           period
    # --- the first infusion, to the minute where it is known
    "a minute before":     ("2025-03-06T09:59", "", "lymphodepletion"),
    "as it starts":        ("2025-03-06T10:00", "", "treatment_emergent"),
    "same day, no time":   ("2025-03-06", "", "treatment_emergent"),
    "the day before":      ("2025-03-05", "", "lymphodepletion"),
    # --- a partial date is treatment-emergent unless proven otherwise
    "only the month":      ("2025-03", "", "treatment_emergent"),
    "ended before":        ("2025-03", "2025-03-04", "lymphodepletion"),
    "only the year":       ("2025", "", "treatment_emergent"),
    "nothing known":       ("", "", "treatment_emergent"),
    "month before":        ("2025-02", "", "pre"),
    "ended before both":   ("2025", "2025-02-20", "pre"),
    # --- proven before consent it is history
    "January":             ("2025-01", "", "medical_history"),
    "day of consent":      ("2025-02-01", "", "pre"),
    "first dose of it":    ("2025-03-01T10:00", "", "lymphodepletion"),
    # --- the last visit closes the period
    "day of last visit":   ("2026-03-05", "", "treatment_emergent"),
    "at the last visit":   ("2026-03-05T12:00", "", "treatment_emergent"),
    "a minute after it":   ("2026-03-05T12:01", "", "after_follow_up"),
    "after the last":      ("2026-03-06", "", "after_follow_up"),
}
# fmt: on


@pytest.mark.parametrize(("onset", "end", "period"), PERIODS.values(), ids=PERIODS)
def test_the_period_of_an_event(onset: str, end: str, period: str) -> None:
    event = _event(onset=_moment(onset), end=_moment(end) if end else None)
    assert derive_period(event, MILESTONES) == period


def test_an_event_at_the_very_start_of_lymphodepletion_or_infusion_belongs_to_it() -> None:
    starts = {
        "treatment_emergent": MILESTONES.first_infusion,
        "lymphodepletion": MILESTONES.lymphodepletion_start,
        "pre": MILESTONES.consent,
    }
    for period, start in starts.items():
        assert derive_period(_event(onset=PartialMoment(start, start)), MILESTONES) == period


def test_a_participant_who_was_never_infused_has_no_treatment_emergent_event() -> None:
    never_infused = msgspec.structs.replace(MILESTONES, first_infusion=None)
    assert derive_period(EVENT, never_infused) == "lymphodepletion"
    assert not is_treatment_emergent(EVENT, never_infused)


BEFORE = GradeAt(_at("2025-03-03T08:00"), 2)
# fmt: off
WORSENING = {
    "began after":              ({}, True),
    "began before, same":       ({"grades": (BEFORE, GradeAt(_at("2025-03-10T08:00"), 2))}, False),
    "began before, worse":      ({"grades": (BEFORE, GradeAt(_at("2025-03-06T10:00"), 3))}, True),
    "worse before the infusion": ({"grades": (BEFORE, GradeAt(_at("2025-03-06T09:59"), 3))}, False),
    "worse after the last visit": ({"grades": (BEFORE, GradeAt(_at("2026-03-06T09:59"), 3))}, False),
    "became serious after":     ({"grades": (BEFORE,), "became_serious_at": _at("2025-03-07T08:00")}, True),
    "became serious as it started": ({"grades": (BEFORE,),
                                      "became_serious_at": _at("2025-03-06T10:00")}, True),
    "became serious at the last visit": ({"grades": (BEFORE,),
                                          "became_serious_at": _at("2026-03-05T12:00")}, True),
    "became serious after the last": ({"grades": (BEFORE,),
                                       "became_serious_at": _at("2026-03-05T12:01")}, False),
    "worse at the last visit":  ({"grades": (BEFORE, GradeAt(_at("2026-03-05T12:00"), 3))}, True),
    "became serious before":    ({"grades": (BEFORE,), "became_serious_at": _at("2025-03-04T08:00")}, False),
}
# fmt: on


@pytest.mark.parametrize(("changes", "emergent"), WORSENING.values(), ids=WORSENING)
def test_worsening_after_the_infusion_is_treatment_emergent(
    changes: dict[str, object], *, emergent: bool
) -> None:
    onset = {"onset": _moment("2025-03-03")} if changes else {}
    assert is_treatment_emergent(_event(**onset, **changes), MILESTONES) is emergent


@pytest.mark.parametrize(
    ("causality", "related"),
    [
        ("unrelated", False),
        ("unlikely", False),
        ("possible", True),
        ("probable", True),
        ("definite", True),
        (None, True),
    ],
)
def test_related_is_at_least_possible_and_missing_counts_as_related(
    causality: Causality | None, *, related: bool
) -> None:
    assert is_related(causality) is related


@pytest.mark.parametrize(
    ("text", "latest"),
    [
        ("2024", "2024-12-31T23:59:59"),
        ("2024-02", "2024-02-29T23:59:59"),
        ("2024-12", "2024-12-31T23:59:59"),
        ("2024-02-28", "2024-02-28T23:59:59"),
        ("2024-02-28T07:30", "2024-02-28T07:30:59"),
    ],
)
def test_a_partial_date_ends_with_what_is_known_of_it(text: str, latest: str) -> None:
    assert _moment(text).latest == _at(latest)


def test_what_is_no_date_is_not_read() -> None:
    assert isinstance(parse_partial_moment("last week"), NotDerived)


def _graded(participant: str, pt: str, *grades: int | None, soc: str = "Infections") -> AdverseEvent:
    return _event(
        participant=participant,
        pt=pt,
        soc=soc,
        grades=tuple(
            GradeAt(_at("2025-03-10T08:00") + timedelta(days=day), grade) for day, grade in enumerate(grades)
        ),
    )


def test_participants_are_counted_once_at_their_maximum_grade() -> None:
    incidence = derive_incidence(
        [
            _graded("P01", "Pneumonia", 1, 3, 2),
            _graded("P01", "Pneumonia", 2),
            _graded("P01", "Sinusitis", 1),
            _graded("P02", "Pneumonia", 2),
        ]
    )
    assert isinstance(incidence, Incidence)
    (infections,) = incidence.socs
    assert infections.row.grade_by_participant == (("P01", 3), ("P02", 2))
    assert infections.row.severe == ("P01",)
    assert [row.label for row in infections.pts] == ["Pneumonia", "Sinusitis"]
    assert infections.pts[1].grade_by_participant == (("P01", 1),)
    assert incidence.any_event.participants == ("P01", "P02")


def test_classes_and_terms_go_by_number_of_participants_then_by_name() -> None:
    incidence = derive_incidence(
        [
            _graded("P01", "Nausea", 1, soc="Gut"),
            _graded("P01", "Chills", 1, soc="General"),
            _graded("P01", "Pneumonia", 1),
            _graded("P02", "Sinusitis", 1),
            _graded("P02", "Cystitis", 1),
            _graded("P01", "Sinusitis", 1),
        ]
    )
    assert isinstance(incidence, Incidence)
    assert [one.row.label for one in incidence.socs] == ["Infections", "General", "Gut"]
    assert [row.label for row in incidence.socs[0].pts] == ["Sinusitis", "Cystitis", "Pneumonia"]


# fmt: off
UNGRADED: dict[str, tuple[list[AdverseEvent], int, bool]] = {
    # events                                                            grade  imputed
    "alone":                   ([_graded("P01", "Rash", None)], 3, True),
    "beside a lower grade":    ([_graded("P01", "Rash", None), _graded("P01", "Rash", 2)], 3, True),
    "beside grade 3":          ([_graded("P01", "Rash", None), _graded("P01", "Rash", 3)], 3, False),
    "beside grade 4":          ([_graded("P01", "Rash", None), _graded("P01", "Rash", 4)], 4, False),
    "one of its grades known": ([_graded("P01", "Rash", None, 1)], 1, False),
}
# fmt: on


@pytest.mark.parametrize(("events", "grade", "imputed"), UNGRADED.values(), ids=UNGRADED)
def test_a_missing_grade_counts_as_grade_3_and_is_listed(
    events: list[AdverseEvent], grade: int, *, imputed: bool
) -> None:
    incidence = derive_incidence(events)
    assert isinstance(incidence, Incidence)
    assert incidence.any_event.grade_by_participant == (("P01", grade),)
    assert incidence.any_event.imputed == (("P01",) if imputed else ())
    assert max(event.table_grade for event in events) == grade


def test_two_versions_of_one_scale_never_stand_in_one_table_but_two_scales_may() -> None:
    assert isinstance(derive_incidence([EVENT, _event(scale=CTCAE_6)]), NotDerived)
    assert isinstance(derive_incidence([EVENT, _event(scale=ASTCT_2019)]), Incidence)

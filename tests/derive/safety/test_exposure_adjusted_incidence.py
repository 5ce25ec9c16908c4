"""Adverse events per patient-year."""

from datetime import datetime, timedelta
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.double import safety_measures as double

from firstdose.derive.safety.adverse_events import AdverseEvent, GradeAt, PartialMoment, parse_partial_moment
from firstdose.derive.safety.exposure_adjusted_incidence import (
    DAYS_PER_YEAR,
    ExposureAdjustedIncidence,
    TimeAtRisk,
    derive_exposure_adjusted_incidence,
)
from firstdose.numerics.poisson import compute_poisson_interval
from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import CTCAE_5

START = datetime(2025, 3, 10, 8, tzinfo=SHANGHAI)
LAST_D = 364


def _day(day: float) -> datetime:
    return START + timedelta(days=day)


def _span(code: str, last_day: float = LAST_D) -> TimeAtRisk:
    return TimeAtRisk(participant=code, start=START, end=_day(last_day))


def _event(code: str, at: datetime | None, **changes: object) -> AdverseEvent:
    event = AdverseEvent(
        key="AE-1",
        participant=code,
        soc="Infections and infestations",
        pt="Pneumonia",
        onset=PartialMoment(at, at),
        end=None,
        grades=(GradeAt(at or START, 2),),
        scale=CTCAE_5,
        is_serious=False,
    )
    return msgspec.structs.replace(event, **changes)


def _derived(events: list[AdverseEvent], spans: list[TimeAtRisk]) -> ExposureAdjustedIncidence:
    found = derive_exposure_adjusted_incidence(events, spans)
    assert isinstance(found, ExposureAdjustedIncidence)
    return found


def _days(found: ExposureAdjustedIncidence) -> tuple[Fraction, Fraction]:
    years = (found.participants.patient_years, found.events.patient_years)
    return years[0] * DAYS_PER_YEAR, years[1] * DAYS_PER_YEAR


def test_participants_are_at_risk_until_their_first_event_and_events_count_to_the_end() -> None:
    found = _derived(
        [_event("P01", _day(100)), _event("P01", _day(20)), _event("P02", _day(50))],
        [_span("P01"), _span("P02"), _span("P03", 30)],
    )
    assert (found.participants.n, found.events.n) == (2, 3)
    assert _days(found) == (Fraction(20 + 50 + 30), Fraction(364 + 364 + 30))
    assert found.with_event == ("P01", "P02")
    assert found.participants.rate == pytest.approx(2 / (100 / 365.25))
    assert found.participants.interval == compute_poisson_interval(2, float(Fraction(100) / DAYS_PER_YEAR))


def _partial(text: str) -> PartialMoment:
    found = parse_partial_moment(text)
    assert isinstance(found, PartialMoment)
    return found


BEFORE, AFTER = GradeAt(_day(-3), 2), GradeAt(_day(40), 3)
EARLIER = PartialMoment(_day(-3), _day(-3))
# fmt: off
MOMENTS = {
    # --- the ends of the time at risk belong to it
    "as it starts":                  ({"onset": PartialMoment(START, START)}, 0),
    "at its end":                    ({"onset": PartialMoment(_day(364), _day(364))}, 364),
    "after its end":                 ({"onset": PartialMoment(_day(364.1), _day(364.1))}, None),
    # --- an uncertain onset counts as early as it may be
    "the same day, no time":         ({"onset": _partial("2025-03-10")}, 0),
    "nothing known":                 ({"onset": PartialMoment(None, None)}, 0),
    "only the month":                ({"onset": _partial("2025-04")}, Fraction(65, 3)),
    # --- began earlier: counts if and when it worsened
    "earlier, the same grade":       ({"onset": EARLIER, "grades": (BEFORE, GradeAt(_day(40), 2))}, None),
    "earlier, a higher grade":       ({"onset": EARLIER, "grades": (BEFORE, AFTER)}, 40),
    "earlier, became serious":       ({"onset": EARLIER, "grades": (BEFORE,), "became_serious_at": _day(9)}, 9),
    "serious before it started":     ({"onset": EARLIER, "grades": (BEFORE,), "became_serious_at": _day(-1)}, None),
    "worse after the end":           ({"onset": EARLIER, "grades": (BEFORE, GradeAt(_day(400), 3))}, None),
    "no grade to compare with":      ({"onset": EARLIER, "grades": (AFTER,)}, None),
}
# fmt: on


@pytest.mark.parametrize(("changes", "day"), MOMENTS.values(), ids=MOMENTS)
def test_the_moment_at_which_an_event_counts(changes: dict[str, object], day: Fraction | int | None) -> None:
    found = _derived([_event("P01", START, **changes)], [_span("P01")])
    assert found.events.n == (day is not None)
    assert _days(found)[0] == (LAST_D if day is None else day)


def test_events_of_people_outside_the_analysis_set_do_not_count() -> None:
    assert _derived([_event("P09", _day(3))], [_span("P01")]).events.n == 0


def test_no_time_gives_no_rate() -> None:
    found = _derived([_event("P01", START)], [_span("P01")])
    assert isinstance(found.participants.rate, NotDerived)
    assert isinstance(found.participants.interval, NotDerived)
    assert found.participants.rate.reason == "no_exposure"
    assert found.events.rate == pytest.approx(365.25 / 364)


@pytest.mark.parametrize(
    ("spans", "reason"),
    [([_span("P01"), _span("P01", 3)], "participant_twice"), ([_span("P01", -1)], "time_reversed")],
)
def test_times_that_contradict_give_a_reason(spans: list[TimeAtRisk], reason: str) -> None:
    found = derive_exposure_adjusted_incidence([], spans)
    assert isinstance(found, NotDerived)
    assert found.reason == reason


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.one_of(st.none(), st.integers(0, 400))), min_size=1, max_size=8
    )
)
def test_a_second_sum_of_the_time_at_risk_agrees(rows: list[tuple[int, int | None]]) -> None:
    spans = [_span(f"P{i}", followed) for i, (followed, _) in enumerate(rows)]
    events = [_event(f"P{i}", _day(at)) for i, (_, at) in enumerate(rows) if at is not None]
    expected = double.person_seconds(
        [None if at is None else at * double.DAY_S for _, at in rows], [end * double.DAY_S for end, _ in rows]
    )
    assert _days(_derived(events, spans))[0] == Fraction(expected, double.DAY_S)

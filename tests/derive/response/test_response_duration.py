"""Best response by a day, how long a response lasts, and curves with death as a competing event."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import lupus_measures

from firstdose.derive.response.response_duration import (
    ResponseDuration,
    compute_response_curves,
    derive_best_response_by,
    derive_response_duration,
)
from firstdose.derive.response.response_rate import Assessment, TimeToResponse
from firstdose.numerics.cumulative_incidence import CumulativeIncidence
from firstdose.numerics.survival import Curve
from firstdose.terms.outcomes import NotDerived

INFUSED = date(2025, 3, 1)
MISSING = NotDerived("descriptors_missing")
YES, NO = True, False


def _course(*marks: tuple[int, bool | NotDerived]) -> list[Assessment]:
    return [Assessment(on=INFUSED + timedelta(days=day), status=status) for day, status in marks]


def _day(day: int | None) -> date | None:
    return None if day is None else INFUSED + timedelta(days=day)


# fmt: off
DURATIONS: dict[str, tuple[list[Assessment], int | None, tuple[int, str] | None]] = {
    # course                                                 died  days, how it ended
    "never":              (_course((28, NO)), None, None),
    "nothing known":      (_course((28, MISSING)), None, None),
    # --- from the first true to the first later false
    "lost":               (_course((28, NO), (56, YES), (84, YES), (112, NO)), None, (56, "lost")),
    "lost at once":       (_course((28, YES), (29, NO)), None, (1, "lost")),
    "lost and regained":  (_course((28, YES), (56, NO), (84, YES)), None, (28, "lost")),
    # --- censored at the last known status, which a missing one does not extend
    "still there":        (_course((28, YES), (112, YES)), None, (84, "censored")),
    "seen once":          (_course((28, YES)), None, (0, "censored")),
    "then missing":       (_course((28, YES), (56, YES), (112, MISSING)), None, (28, "censored")),
    "missing between":    (_course((28, YES), (56, MISSING), (84, NO)), None, (56, "lost")),
    # --- death in response competes; after the loss it changes nothing
    "died in response":   (_course((28, YES), (56, YES)), 100, (72, "death")),
    "died after loss":    (_course((28, YES), (56, NO)), 100, (28, "lost")),
    "died without":       (_course((28, NO)), 100, None),
}
BEST: dict[str, tuple[list[Assessment], bool | None]] = {
    # --- by day 364, that day included
    "on the last day":    (_course((364, YES)), True),
    "a day later":        (_course((28, NO), (365, YES)), False),
    "on the first day":   (_course((0, YES)), True),
    "before the infusion": (_course((-1, YES), (28, NO)), False),
    "missing":            (_course((28, NO), (56, MISSING)), None),
    "missing later":      (_course((28, NO), (400, MISSING)), False),
    "none":               (_course((400, NO)), None),
}
# fmt: on


@pytest.mark.parametrize(("course", "died", "expected"), DURATIONS.values(), ids=DURATIONS)
def test_a_response_lasts_to_the_first_later_assessment_without_it(
    course: list[Assessment], died: int | None, expected: tuple[int, str] | None
) -> None:
    found = derive_response_duration(list(reversed(course)), died_on=_day(died))
    assert (None if isinstance(found, NotDerived) else (found.time_d, found.outcome)) == expected


@pytest.mark.parametrize(("course", "ever"), BEST.values(), ids=BEST)
def test_the_best_response_by_week_52(course: list[Assessment], *, ever: bool | None) -> None:
    found = derive_best_response_by(course, INFUSED, last_day=364)
    assert (None if isinstance(found, NotDerived) else found) is ever


@given(
    statuses=st.dictionaries(st.integers(0, 40), st.sampled_from([True, True, False, None]), max_size=8),
    died_later=st.one_of(st.none(), st.integers(0, 20)),
)
@settings(max_examples=200, deadline=None)
def test_the_duration_agrees_with_a_walk_from_day_to_day(
    statuses: dict[int, bool | None], died_later: int | None
) -> None:
    died = None if died_later is None else max(statuses, default=0) + died_later
    found = derive_response_duration(
        _course(*((day, MISSING if status is None else status) for day, status in statuses.items())),
        died_on=_day(died),
    )
    expected = lupus_measures.response_length(statuses, died)
    assert (None if isinstance(found, NotDerived) else (found.time_d, found.outcome)) == expected


def test_death_before_a_response_is_censored_in_one_curve_and_competes_in_the_other() -> None:
    curves = compute_response_curves(
        [
            TimeToResponse(time_d=28, outcome="response"),
            TimeToResponse(time_d=40, outcome="death"),
            TimeToResponse(time_d=56, outcome="response"),
            TimeToResponse(time_d=84, outcome="censored"),
        ]
    )
    assert isinstance(curves.without_event, Curve)
    assert isinstance(curves.incidence, CumulativeIncidence)
    # by hand: 3/4 after the first; then 3/4 * 1/2 with the dead one gone, against 1/4 + 1/4 of all four
    assert curves.without_event.survival_at(60) == 0.375
    assert curves.incidence.incidence_at("response", 60) == 0.5
    assert curves.incidence.incidence_at("death", 60) == 0.25


def test_durations_have_curves_of_their_own() -> None:
    curves = compute_response_curves(
        [ResponseDuration(time_d=84, outcome="lost"), ResponseDuration(time_d=120, outcome="death")]
    )
    assert isinstance(curves.without_event, Curve)
    assert isinstance(curves.incidence, CumulativeIncidence)
    assert curves.without_event.median == 84
    assert curves.incidence.causes == ("death", "lost")


def test_nobody_has_no_curve() -> None:
    curves = compute_response_curves([])
    assert isinstance(curves.without_event, NotDerived)
    assert isinstance(curves.incidence, NotDerived)

"""Response rates and their denominators, sustained response, and time to the first."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from firstdose.derive.response.response_rate import (
    Assessment,
    TimeToResponse,
    VisitStatus,
    compute_response_rate_nri,
    compute_response_rate_observed,
    derive_best_response,
    derive_sustained_response,
    derive_time_to_response,
)
from firstdose.terms.outcomes import NotDerived

MISSING = NotDerived("not_assessed")
INFUSED = date(2025, 3, 6)
YES, NO = True, False

# fmt: off
EVERYONE = [
    VisitStatus(participant="P01", progress="reached", status=YES),
    VisitStatus(participant="P02", progress="reached", status=NO),
    # --- non-responders by imputation only
    VisitStatus(participant="P03", progress="reached", status=MISSING),
    VisitStatus(participant="P04", progress="discontinued", status=MISSING),
    VisitStatus(participant="P05", progress="reached", status=YES, had_rescue=True),
    # --- has not come so far: in no denominator
    VisitStatus(participant="P06", progress="ongoing", status=MISSING),
]
# fmt: on


def test_imputation_counts_everyone_who_reached_the_visit_or_stopped_before_it() -> None:
    rate = compute_response_rate_nri(EVERYONE)
    assert rate.responders == ("P01",)
    assert rate.denominator == ("P01", "P02", "P03", "P04", "P05")
    assert rate.imputed == ("P03", "P04", "P05")


def test_the_observed_rate_counts_known_statuses_and_ignores_rescue() -> None:
    rate = compute_response_rate_observed(EVERYONE)
    assert (rate.responders, rate.denominator) == (("P01", "P05"), ("P01", "P02", "P05"))


# Clopper-Pearson intervals printed to four decimals.
PRINTED = [(0, 3, "0.0000", "0.7076"), (1, 6, "0.0042", "0.6412"), (6, 9, "0.2993", "0.9251")]


@pytest.mark.parametrize(("n_responders", "n_total", "low", "high"), PRINTED)
def test_the_rate_has_an_exact_interval(n_responders: int, n_total: int, low: str, high: str) -> None:
    rate = compute_response_rate_nri(
        [
            VisitStatus(participant=f"P{number}", progress="reached", status=number < n_responders)
            for number in range(n_total)
        ]
    )
    assert isinstance(rate.interval, tuple)
    for found, printed in zip(rate.interval, (low, high), strict=True):
        assert abs(Decimal(found) - Decimal(printed)) <= Decimal("0.00005")


def test_nobody_gives_no_rate() -> None:
    rate = compute_response_rate_nri([])
    assert isinstance(rate.rate, NotDerived)
    assert isinstance(rate.interval, NotDerived)


def _course(*marks: tuple[int, bool | NotDerived]) -> list[Assessment]:
    return [Assessment(on=INFUSED + timedelta(days=day), status=status) for day, status in marks]


# fmt: off
SUSTAINED = {
    # course                                              missing breaks  bridged
    "84 days":            (_course((28, YES), (112, YES)), YES, YES),
    "83 days":            (_course((28, YES), (111, YES)), NO, NO),
    "one only":           (_course((28, YES)), NO, NO),
    "lost between":       (_course((28, YES), (84, NO), (112, YES)), NO, NO),
    # --- a missing status between two true ones
    "missing between":    (_course((28, YES), (84, MISSING), (112, YES)), NO, YES),
    "missing before":     (_course((0, MISSING), (28, YES), (112, YES)), YES, YES),
    # --- once sustained, a later loss does not undo it
    "lost later":         (_course((28, YES), (112, YES), (168, NO)), YES, YES),
    "second run":         (_course((0, YES), (28, NO), (56, YES), (140, YES)), YES, YES),
    "nothing known":      (_course((28, MISSING)), None, None),
}
# fmt: on


@pytest.mark.parametrize(("course", "breaks", "bridged"), SUSTAINED.values(), ids=SUSTAINED)
def test_a_response_is_sustained_over_84_days(
    course: list[Assessment], *, breaks: bool | None, bridged: bool | None
) -> None:
    answers = [
        derive_sustained_response(list(reversed(course)), missing="breaks"),
        derive_sustained_response(course, missing="bridged"),
    ]
    assert [None if isinstance(one, NotDerived) else one for one in answers] == [breaks, bridged]


# fmt: off
BEST = {
    "ever":             (_course((28, NO), (56, YES), (84, MISSING)), YES),
    "never":            (_course((28, NO), (56, NO)), NO),
    "perhaps":          (_course((28, NO), (56, MISSING)), None),
    "not seen":         (_course(), None),
}
TIMES = {
    "at the infusion":             (_course((0, YES)), None, TimeToResponse(time_d=0, outcome="response")),
    "the first of two":            (_course((28, NO), (56, YES), (84, YES)), None,
                                    TimeToResponse(time_d=56, outcome="response")),
    "before the infusion is not":  (_course((-7, YES), (28, NO)), None,
                                    TimeToResponse(time_d=28, outcome="censored")),
    # --- censored at the last known status, which a missing one does not extend
    "never":                       (_course((28, NO), (56, NO)), None,
                                    TimeToResponse(time_d=56, outcome="censored")),
    "never, then missing":         (_course((28, NO), (56, MISSING)), None,
                                    TimeToResponse(time_d=28, outcome="censored")),
    # --- death competes, unless the response came first
    "died":                        (_course((28, NO)), 40, TimeToResponse(time_d=40, outcome="death")),
    "died in remission":           (_course((28, YES)), 40, TimeToResponse(time_d=28, outcome="response")),
    "nothing known":               (_course((28, MISSING)), None, None),
}
# fmt: on


@pytest.mark.parametrize(("course", "ever"), BEST.values(), ids=BEST)
def test_best_response(course: list[Assessment], *, ever: bool | None) -> None:
    answer = derive_best_response(course)
    assert (None if isinstance(answer, NotDerived) else answer) is ever


@pytest.mark.parametrize(("course", "died_on_day", "expected"), TIMES.values(), ids=TIMES)
def test_time_to_the_first_response(
    course: list[Assessment], died_on_day: int | None, expected: TimeToResponse | None
) -> None:
    died_on = None if died_on_day is None else INFUSED + timedelta(days=died_on_day)
    time = derive_time_to_response(course, INFUSED, died_on=died_on)
    assert (None if isinstance(time, NotDerived) else time) == expected
    if isinstance(time, TimeToResponse):
        assert time.is_censored is (time.outcome == "censored")

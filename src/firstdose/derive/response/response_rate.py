"""Response rates, best and sustained response, and time to the first.

A missing status stays missing in the endpoint; imputation as non-response happens here, and is listed.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from firstdose.numerics.intervals import compute_clopper_pearson
from firstdose.terms.outcomes import NotDerived

SUSTAINED_SPAN_D = 84
"""P-SUS-1: first to last date of a sustained response, 12 weeks. [d]"""


class VisitStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The status of one participant of the analysis set at one visit.

    ``progress`` is "ongoing" while the visit's window has not closed and the participant is still followed;
    a participant who discontinued or died before the visit is "discontinued".
    """

    participant: str
    progress: Literal["reached", "discontinued", "ongoing"]
    status: bool | NotDerived
    had_rescue: bool = False


class ResponseRate(msgspec.Struct, frozen=True, kw_only=True):
    """Responders of a denominator, with the exact interval, and who was imputed as a non-responder."""

    responders: tuple[str, ...]
    denominator: tuple[str, ...]
    imputed: tuple[str, ...]
    rate: float | NotDerived
    interval: tuple[float, float] | NotDerived


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """One scheduled efficacy assessment of one participant."""

    on: date
    status: bool | NotDerived


class TimeToResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Days to the first response, or to where following ended and how."""

    time_d: int
    outcome: Literal["response", "censored", "death"]

    @property
    def is_censored(self) -> bool:
        """Whether neither the response nor the competing death was seen."""
        return self.outcome == "censored"


def compute_response_rate_nri(statuses: Sequence[VisitStatus], *, confidence: float = 0.95) -> ResponseRate:
    """Response rate with non-responder imputation.

    Parameters
    ----------
    statuses : sequence of n VisitStatus
        One per participant of the analysis set.
    confidence : float
        Of the two-sided Clopper-Pearson interval.

    Returns
    -------
    ResponseRate
        The denominator is everyone who reached the visit or discontinued before it. A missing status,
        discontinuation, death and rescue before the visit are non-responses.

    Source
    ------
    Convention P-RR-1.
    """
    counted = [one for one in statuses if one.progress != "ongoing"]
    responders = [
        one for one in counted if one.progress == "reached" and one.status is True and not one.had_rescue
    ]
    imputed = [one for one in counted if one not in responders and one.status is not False]
    return _rate(responders, counted, imputed, confidence)


def compute_response_rate_observed(
    statuses: Sequence[VisitStatus], *, confidence: float = 0.95
) -> ResponseRate:
    """Response rate among those whose status is known, as assessed; rescue is ignored."""
    counted = [
        one for one in statuses if one.progress == "reached" and not isinstance(one.status, NotDerived)
    ]
    return _rate([one for one in counted if one.status is True], counted, [], confidence)


def derive_best_response(assessments: Sequence[Assessment]) -> bool | NotDerived:
    """Whether the response was ever attained.

    Returns
    -------
    bool
        True if any assessment is true; false if all are known false.
    NotDerived
        If none is true and one is missing, or there is no assessment.
    """
    if any(one.status is True for one in assessments):
        return True
    if not assessments or any(isinstance(one.status, NotDerived) for one in assessments):
        return NotDerived("no_evaluable_assessment" if not assessments else "assessments_missing")
    return False


def derive_sustained_response(
    assessments: Sequence[Assessment],
    *,
    missing: Literal["breaks", "bridged"] = "breaks",
    span_d: int = SUSTAINED_SPAN_D,
) -> bool | NotDerived:
    """Whether the response held at two or more consecutive assessments over a span.

    Parameters
    ----------
    assessments : sequence of n Assessment
        Scheduled efficacy assessments, in any order.
    missing : "breaks" or "bridged"
        A missing status between two true ones breaks the run (as in non-responder imputation) or is bridged
        (observed).
    span_d : int
        Least days from the first to the last true assessment of the run; equal is enough. [d]

    Returns
    -------
    bool
    NotDerived
        If no assessment has a known status.

    Source
    ------
    Convention P-SUS-1.
    """
    if all(isinstance(one.status, NotDerived) for one in assessments):
        return NotDerived("no_evaluable_assessment")
    run_start: date | None = None
    for one in sorted(assessments, key=lambda each: each.on):
        if one.status is True:
            if run_start is not None and (one.on - run_start).days >= span_d:
                return True
            run_start = run_start or one.on
        elif one.status is False or missing == "breaks":
            run_start = None
    return False


def derive_time_to_response(
    assessments: Sequence[Assessment], first_infusion: date, *, died_on: date | None = None
) -> TimeToResponse | NotDerived:
    """Days from the first infusion to the first assessment with the response.

    Parameters
    ----------
    assessments : sequence of n Assessment
        Those before the first infusion are ignored.
    first_infusion : date
        Day 0; the same day is 0.
    died_on : date or None
        Death without the response is a competing event.

    Returns
    -------
    TimeToResponse
        Never attained: censored at the last assessment with a known status; a missing one does not extend.
    NotDerived
        If no assessment has a known status and the participant has not died.

    Source
    ------
    Convention P-TTR-1.
    """
    known = sorted(
        (one for one in assessments if one.on >= first_infusion and not isinstance(one.status, NotDerived)),
        key=lambda each: each.on,
    )
    first = next((one for one in known if one.status is True), None)
    if first is not None:
        return TimeToResponse(time_d=(first.on - first_infusion).days, outcome="response")
    if died_on is not None:
        return TimeToResponse(time_d=(died_on - first_infusion).days, outcome="death")
    if not known:
        return NotDerived(
            "no_evaluable_assessment", "no assessment after the first infusion has a known status"
        )
    return TimeToResponse(time_d=(known[-1].on - first_infusion).days, outcome="censored")


def _rate(
    responders: list[VisitStatus], counted: list[VisitStatus], imputed: list[VisitStatus], confidence: float
) -> ResponseRate:
    return ResponseRate(
        responders=tuple(one.participant for one in responders),
        denominator=tuple(one.participant for one in counted),
        imputed=tuple(one.participant for one in imputed),
        rate=len(responders) / len(counted) if counted else NotDerived("nobody_counted"),
        interval=compute_clopper_pearson(len(responders), len(counted), confidence),
    )

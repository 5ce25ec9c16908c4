"""How long a response lasts, and curves of the time to it, with death as a competing event."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from firstdose.derive.response.response_rate import Assessment, TimeToResponse, derive_best_response
from firstdose.numerics.cumulative_incidence import CumulativeIncidence, compute_cumulative_incidence
from firstdose.numerics.survival import Curve, compute_kaplan_meier
from firstdose.terms.outcomes import NotDerived


class ResponseDuration(msgspec.Struct, frozen=True, kw_only=True):
    """Days from the first assessment with the response to its end, and how it ended."""

    time_d: int
    outcome: Literal["lost", "censored", "death"]


class ResponseCurves(msgspec.Struct, frozen=True, kw_only=True):
    """Two readings of the same times.

    ``without_event`` takes death as censored (Kaplan-Meier); ``incidence`` takes it as a competing event, so
    that the shares of all outcomes add up to one.
    """

    without_event: Curve | NotDerived
    incidence: CumulativeIncidence | NotDerived


def derive_best_response_by(
    assessments: Sequence[Assessment], first_infusion: date, *, last_day: int
) -> bool | NotDerived:
    """Whether the response was ever attained from the first infusion to a protocol day, both included.

    Parameters
    ----------
    assessments : sequence of n Assessment
        In any order; those outside the days are ignored.
    first_infusion : date
        Day 0.
    last_day : int
        For "by Week 52" the end of that visit's analysis window. [protocol day]

    Source
    ------
    Convention P-RR-1.
    """
    last = first_infusion + timedelta(days=last_day)
    return derive_best_response([one for one in assessments if first_infusion <= one.on <= last])


def derive_response_duration(
    assessments: Sequence[Assessment], *, died_on: date | None = None
) -> ResponseDuration | NotDerived:
    """Days from the first assessment with the response to the first later one without it.

    Parameters
    ----------
    assessments : sequence of n Assessment
        Of one participant after the first infusion, in any order.
    died_on : date or None
        Death in response is a competing event.

    Returns
    -------
    ResponseDuration
        Never lost: censored at the last assessment with a known status; a missing one neither ends nor
        extends the response.
    NotDerived
        ``no_response`` if the response was never attained.

    Source
    ------
    Convention P-DUR-1.

    Examples
    --------
    >>> course = [Assessment(on=date(2025, 3, 1), status=True), Assessment(on=date(2025, 3, 29), status=False)]
    >>> derive_response_duration(course)
    ResponseDuration(time_d=28, outcome='lost')
    """
    known = sorted(
        (one for one in assessments if not isinstance(one.status, NotDerived)), key=lambda each: each.on
    )
    first = next((one.on for one in known if one.status is True), None)
    if first is None:
        return NotDerived("no_response", "the response was never attained")
    lost = next((one.on for one in known if one.on > first and one.status is False), None)
    if lost is not None:
        return ResponseDuration(time_d=(lost - first).days, outcome="lost")
    if died_on is not None:
        return ResponseDuration(time_d=(died_on - first).days, outcome="death")
    return ResponseDuration(time_d=(known[-1].on - first).days, outcome="censored")


def compute_response_curves(times: Sequence[TimeToResponse | ResponseDuration]) -> ResponseCurves:
    """The time to a response, or its duration, of several participants.

    Parameters
    ----------
    times : sequence of n TimeToResponse or ResponseDuration
        One a participant, all of one kind. Someone without a time is left out by the caller and named there.

    Returns
    -------
    ResponseCurves
        The causes of the incidence are the outcomes other than "censored".

    Examples
    --------
    >>> curves = compute_response_curves([
    ...     TimeToResponse(time_d=28, outcome="response"),
    ...     TimeToResponse(time_d=40, outcome="death"),
    ...     TimeToResponse(time_d=56, outcome="response"),
    ...     TimeToResponse(time_d=84, outcome="censored"),
    ... ])
    >>> curves.incidence.incidence_at("response", 60.0), curves.incidence.incidence_at("death", 60.0)
    (0.5, 0.25)
    """
    days = [float(one.time_d) for one in times]
    return ResponseCurves(
        without_event=compute_kaplan_meier(days, [one.outcome in ("response", "lost") for one in times]),
        incidence=compute_cumulative_incidence(
            days, [None if one.outcome == "censored" else one.outcome for one in times]
        ),
    )

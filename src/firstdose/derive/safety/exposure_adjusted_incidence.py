"""Adverse events per patient-year: participants until their first event, and all events."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

import msgspec

from firstdose.derive.safety.adverse_events import AdverseEvent
from firstdose.numerics.poisson import compute_poisson_interval
from firstdose.terms.outcomes import NotDerived

DAYS_PER_YEAR = Fraction("365.25")
"""[d/year]"""
_YEAR = DAYS_PER_YEAR * 86400
_SECOND = timedelta(seconds=1)


class TimeAtRisk(msgspec.Struct, frozen=True, kw_only=True):
    """The time in which events of a participant are counted, both ends included."""

    participant: str
    start: datetime
    end: datetime


class IncidenceRate(msgspec.Struct, frozen=True, kw_only=True):
    """A number per patient-year with its exact interval."""

    n: int
    patient_years: Fraction
    rate: float | NotDerived
    interval: tuple[float, float] | NotDerived


class ExposureAdjustedIncidence(msgspec.Struct, frozen=True, kw_only=True):
    """Participants with an event per patient-year at risk, and events per patient-year under observation."""

    participants: IncidenceRate
    events: IncidenceRate
    with_event: tuple[str, ...]


def derive_exposure_adjusted_incidence(
    events: Sequence[AdverseEvent], at_risk: Sequence[TimeAtRisk], *, confidence: float = 0.95
) -> ExposureAdjustedIncidence | NotDerived:
    """Rates of one kind of adverse event.

    Parameters
    ----------
    events : sequence of n AdverseEvent
        Already selected (treatment-emergent, one preferred term ...), in any order; those that are dated
        outside the time at risk of their participant do not count.
    at_risk : sequence of TimeAtRisk
        Everyone of the analysis set, once each.
    confidence : float
        Of the intervals.

    Returns
    -------
    ExposureAdjustedIncidence
        An uncertain onset counts at the earliest moment that it may have, so that time at risk is not
        overstated. An event that began earlier and worsened counts when it did.
    NotDerived
        ``participant_twice`` or ``time_reversed``.

    Source
    ------
    Intervals: Garwood F. Biometrika 1936;28:437-442. Time at risk ends with the first event.

    Examples
    --------
    >>> from datetime import UTC
    >>> year = TimeAtRisk(participant="P01", start=datetime(2025, 1, 1, tzinfo=UTC),
    ...                   end=datetime(2025, 12, 31, 12, tzinfo=UTC))
    >>> derive_exposure_adjusted_incidence([], [year]).events.rate
    0.0
    """
    spans = {one.participant: one for one in at_risk}
    if len(spans) < len(at_risk):
        return NotDerived("participant_twice", "a participant has two times at risk")
    if any(one.end < one.start for one in at_risk):
        return NotDerived("time_reversed", "a time at risk ends before it starts")
    began: defaultdict[str, list[datetime]] = defaultdict(list)
    for event in events:
        span = spans.get(event.participant)
        moment = None if span is None else _began_at(event, span)
        if moment is not None:
            began[event.participant].append(moment)
    until_first = sum(
        (_years(one.start, min(began.get(one.participant, [one.end]))) for one in at_risk), Fraction(0)
    )
    observed = sum((_years(one.start, one.end) for one in at_risk), Fraction(0))
    return ExposureAdjustedIncidence(
        participants=_rate(len(began), until_first, confidence),
        events=_rate(sum(len(moments) for moments in began.values()), observed, confidence),
        with_event=tuple(sorted(began)),
    )


def _began_at(event: AdverseEvent, span: TimeAtRisk) -> datetime | None:
    """The moment at which an event counts, or None where it began outside the time at risk."""
    earliest, latest = event.onset.earliest, event.onset.latest
    if latest is not None and latest < span.start:
        return _worsened_at(event, span)
    moment = span.start if earliest is None else max(earliest, span.start)
    return moment if moment <= span.end else None


def _worsened_at(event: AdverseEvent, span: TimeAtRisk) -> datetime | None:
    known = [one for one in event.grades if one.grade is not None]
    before = [one.grade for one in known if one.at < span.start and one.grade is not None]
    moments = [
        one.at
        for one in known
        if before and one.grade is not None and one.grade > max(before) and one.at >= span.start
    ]
    if event.became_serious_at is not None and event.became_serious_at >= span.start:
        moments.append(event.became_serious_at)
    return min((moment for moment in moments if moment <= span.end), default=None)


def _years(start: datetime, end: datetime) -> Fraction:
    return Fraction((end - start) // _SECOND) / _YEAR


def _rate(n: int, patient_years: Fraction, confidence: float) -> IncidenceRate:
    interval = compute_poisson_interval(n, float(patient_years), confidence)
    no_rate = NotDerived("no_exposure", "there is no rate without time under observation")
    return IncidenceRate(
        n=n,
        patient_years=patient_years,
        rate=float(n / patient_years) if patient_years else no_rate,
        interval=interval,
    )

"""The Aalen-Johansen curve of events that exclude one another, such as a response and death before it."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isfinite

import msgspec

from firstdose.terms.outcomes import NotDerived


class IncidenceStep(msgspec.Struct, frozen=True, kw_only=True):
    """One time at which someone had an event or was censored."""

    time: float
    n_at_risk: int
    """Just before this time."""
    n_events: Mapping[str, int]
    """By cause, at this time."""
    n_censored: int
    incidence: Mapping[str, float]
    """By cause, up to and with this time."""
    event_free: float
    """Just after this time; with the incidences it adds up to one."""


class CumulativeIncidence(msgspec.Struct, frozen=True, kw_only=True):
    """Cumulative incidence by cause: 0 before the first step, then constant between steps."""

    steps: tuple[IncidenceStep, ...]
    causes: tuple[str, ...]
    n_total: int

    def incidence_at(self, cause: str, time: float) -> float:
        """Share that has had the event of a cause by a time; 0 for a cause that nobody had.

        Examples
        --------
        >>> curve = compute_cumulative_incidence([3.0, 5.0], ["response", None])
        >>> curve.incidence_at("response", 2.9), curve.incidence_at("response", 3.0), curve.incidence_at("death", 9.0)
        (0.0, 0.5, 0.0)
        """
        reached = next((step for step in reversed(self.steps) if step.time <= time), None)
        return 0.0 if reached is None else reached.incidence.get(cause, 0.0)


def compute_cumulative_incidence(
    times: Sequence[float], causes: Sequence[str | None]
) -> CumulativeIncidence | NotDerived:
    """Cumulative incidence of each cause from right-censored times.

    Parameters
    ----------
    times : sequence of n float
        Time of the event, or until when the participant was watched without any; 0 or more, in any order.
    causes : sequence of n str or None
        Which event it was; None is censored. Someone censored at the time of another's event was still at
        risk at that moment.

    Returns
    -------
    CumulativeIncidence
        At each time the incidence of a cause rises by the share that was free of any event just before it,
        times the cause's events among those at risk.
    NotDerived
        ``nobody_counted`` or ``time_not_valid`` (below 0 or not a number).

    Source
    ------
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-150.

    Examples
    --------
    >>> curve = compute_cumulative_incidence([6.0, 8.0, 10.0, 14.0], ["response", "death", "response", None])
    >>> [(step.time, step.incidence["response"], step.event_free) for step in curve.steps]
    [(6.0, 0.25, 0.75), (8.0, 0.25, 0.5), (10.0, 0.5, 0.25), (14.0, 0.5, 0.25)]
    """
    pairs = list(zip(times, causes, strict=True))
    if not pairs:
        return NotDerived("nobody_counted", "there are no times")
    if not all(isfinite(time) and time >= 0 for time, _ in pairs):
        return NotDerived("time_not_valid", "a time is below 0 or not a number")
    seen = tuple(sorted({cause for _, cause in pairs if cause is not None}))
    n_at_risk = len(pairs)
    # exact, so that the shares add up to one
    event_free = Fraction(1)
    incidence = dict.fromkeys(seen, Fraction(0))
    steps = []
    for time in sorted({time for time, _ in pairs}):
        n_events = {cause: pairs.count((time, cause)) for cause in seen}
        n_censored = pairs.count((time, None))
        for cause, count in n_events.items():
            incidence[cause] += event_free * Fraction(count, n_at_risk)
        event_free *= Fraction(n_at_risk - sum(n_events.values()), n_at_risk)
        steps.append(
            IncidenceStep(
                time=time,
                n_at_risk=n_at_risk,
                n_events=n_events,
                n_censored=n_censored,
                incidence={cause: float(share) for cause, share in incidence.items()},
                event_free=float(event_free),
            )
        )
        n_at_risk -= sum(n_events.values()) + n_censored
    return CumulativeIncidence(steps=tuple(steps), causes=seen, n_total=len(pairs))

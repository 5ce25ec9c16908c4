"""The Kaplan-Meier curve of right-censored times."""

from collections.abc import Sequence
from fractions import Fraction
from math import isfinite

import msgspec

from firstdose.terms.outcomes import NotDerived

_HALF = Fraction(1, 2)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One time at which someone had the event or was censored."""

    time: float
    n_at_risk: int
    """Just before this time."""
    n_events: int
    n_censored: int
    survival: float
    """Just after this time."""


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """A Kaplan-Meier curve: 1 before the first step, then constant between steps."""

    steps: tuple[Step, ...]
    n_total: int
    n_events: int
    median: float | NotDerived

    def survival_at(self, time: float) -> float:
        """Share still without the event just after a time.

        Examples
        --------
        >>> curve = compute_kaplan_meier([3.0, 5.0], [True, False])
        >>> curve.survival_at(2.9), curve.survival_at(3.0), curve.survival_at(99.0)
        (1.0, 0.5, 0.5)
        """
        return next((step.survival for step in reversed(self.steps) if step.time <= time), 1.0)

    def n_at_risk_at(self, time: float) -> int:
        """How many are still watched and without the event just before a time.

        Examples
        --------
        >>> curve = compute_kaplan_meier([3.0, 5.0], [True, False])
        >>> curve.n_at_risk_at(3.0), curve.n_at_risk_at(3.1), curve.n_at_risk_at(5.1)
        (2, 1, 0)
        """
        return sum(step.n_events + step.n_censored for step in self.steps if step.time >= time)


def compute_kaplan_meier(times: Sequence[float], had_event: Sequence[bool]) -> Curve | NotDerived:
    """Product-limit estimate from right-censored times.

    Parameters
    ----------
    times : sequence of n float
        Time of the event, or until when the participant was watched without it; 0 or more, in any order.
    had_event : sequence of n bool
        Whether the time is that of the event; otherwise it is censored. Someone censored at the time of
        another's event was still at risk at that moment.

    Returns
    -------
    Curve
        ``median`` is the earliest time at which half or fewer are left; not derived if the curve stays
        above a half.
    NotDerived
        ``nobody_counted`` or ``time_not_valid`` (below 0 or not a number).

    Source
    ------
    Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481.

    Examples
    --------
    >>> curve = compute_kaplan_meier([6.0, 6.0, 10.0, 14.0], [True, False, True, False])
    >>> [(step.time, step.n_at_risk, step.survival) for step in curve.steps]
    [(6.0, 4, 0.75), (10.0, 2, 0.375), (14.0, 1, 0.375)]
    >>> curve.median
    10.0
    """
    pairs = list(zip(times, had_event, strict=True))
    if not pairs:
        return NotDerived("nobody_counted", "there are no times")
    if not all(isfinite(time) and time >= 0 for time, _ in pairs):
        return NotDerived("time_not_valid", "a time is below 0 or not a number")
    n_at_risk = len(pairs)
    # exact, so that a curve at one half is known to be there
    survival = Fraction(1)
    median: float | NotDerived = NotDerived("median_not_reached", "more than half are left at the end")
    steps = []
    for time in sorted({time for time, _ in pairs}):
        n_events = sum(1 for at, event in pairs if at == time and event)
        n_censored = sum(1 for at, event in pairs if at == time and not event)
        survival *= Fraction(n_at_risk - n_events, n_at_risk)
        if survival <= _HALF and isinstance(median, NotDerived):
            median = time
        steps.append(
            Step(
                time=time,
                n_at_risk=n_at_risk,
                n_events=n_events,
                n_censored=n_censored,
                survival=float(survival),
            )
        )
        n_at_risk -= n_events + n_censored
    return Curve(
        steps=tuple(steps),
        n_total=len(pairs),
        n_events=sum(1 for _, event in pairs if event),
        median=median,
    )

"""B cells after the infusion: nadir, depletion, aplasia, recovery and reconstitution.

The count is CD19+ cells per microlitre of blood.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from firstdose.derive.pharmacodynamics.measurements import Measurement, select_usable
from firstdose.terms.outcomes import NotDerived

DEEP_DEPLETION_PERCENT = Decimal(99)
"""Deep depletion: a fall of at least this much from the baseline before lymphodepletion (assumed)."""

_NO_SAMPLE = NotDerived("no_sample_after_infusion", "no usable count after the infusion")
_NEVER_DEPLETED = NotDerived("never_depleted", "no count after the infusion was under the threshold")


class Depletion(msgspec.Struct, frozen=True, kw_only=True):
    """Percent fall from baseline to nadir; a lower bound when any count was below quantification."""

    percent: Decimal
    is_lower_bound: bool
    sources: tuple[int, ...]


class TimeToEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Time from the first infusion to an event, or until when it had not been seen.

    ``after_d`` is the last sample without the event before it, so it happened after ``after_d`` and by
    ``time_d``; None if no earlier sample stands after the infusion, or if the event was not seen.
    """

    time_d: Decimal
    had_event: bool
    after_d: Decimal | None
    sources: tuple[int, ...]


class Aplasia(msgspec.Struct, frozen=True, kw_only=True):
    """Days from the first count under the threshold to the recovery; censored at the last count."""

    start_d: Decimal
    end_d: Decimal
    is_censored: bool
    sources: tuple[int, ...]

    @property
    def duration_d(self) -> Decimal:
        """How long it lasted, or lasted at least if censored [d]."""
        return self.end_d - self.start_d


def derive_nadir(measurements: Sequence[Measurement]) -> Measurement | NotDerived:
    """Lowest count after the first infusion, the earliest of equal ones.

    A result below quantification ranks by its limit, before a count equal to that limit.
    """
    after = select_usable(measurements, after_d=Decimal(0))
    if not after:
        return _NO_SAMPLE
    return min(after, key=lambda m: (m.upper_bound, not m.is_below_quantification))


def derive_percent_depletion(
    measurements: Sequence[Measurement], baseline: Measurement | NotDerived
) -> Depletion | NotDerived:
    """Percent fall from the baseline before lymphodepletion to the nadir: 100 (1 - nadir / baseline).

    Returns
    -------
    Depletion
        Negative if every count stayed above the baseline.
    NotDerived
        ``no_baseline``, ``baseline_below_quantification``, ``baseline_zero`` or
        ``no_sample_after_infusion``.
    """
    if isinstance(baseline, NotDerived):
        return baseline
    if not baseline.is_usable:
        return NotDerived("no_baseline", "the baseline gave no result")
    if baseline.is_below_quantification:
        return NotDerived("baseline_below_quantification", "B cells were not quantifiable at baseline")
    if baseline.upper_bound == 0:
        return NotDerived("baseline_zero", "there were no B cells at baseline")
    nadir = derive_nadir(measurements)
    if isinstance(nadir, NotDerived):
        return nadir
    return Depletion(
        percent=100 * (baseline.upper_bound - nadir.upper_bound) / baseline.upper_bound,
        # any result below quantification may lie under the lowest number that is known
        is_lower_bound=any(
            m.is_below_quantification for m in select_usable(measurements, after_d=Decimal(0))
        ),
        sources=(baseline.source, nadir.source),
    )


def derive_deep_depletion(
    depletion: Depletion | NotDerived, *, from_percent: Decimal = DEEP_DEPLETION_PERCENT
) -> bool | NotDerived:
    """Whether the fall reached a share, 99 % unless the study says otherwise.

    Unknown where only a lower bound under it is known.

    Examples
    --------
    >>> derive_deep_depletion(Depletion(percent=Decimal("99"), is_lower_bound=False, sources=()))
    True
    >>> derive_deep_depletion(Depletion(percent=Decimal("97"), is_lower_bound=True, sources=())).reason
    'nadir_below_quantification'
    """
    if isinstance(depletion, NotDerived):
        return depletion
    if depletion.percent >= from_percent:
        return True
    if depletion.is_lower_bound:
        return NotDerived(
            "nadir_below_quantification", f"the fall is at least {depletion.percent:.1f} %, perhaps more"
        )
    return False


def derive_time_to_depletion(
    measurements: Sequence[Measurement], *, threshold_cells_per_ul: Decimal
) -> TimeToEvent | NotDerived:
    """Time to the first count under the threshold, or below quantification.

    Returns
    -------
    TimeToEvent
        Censored at the last count if none was under the threshold.
    NotDerived
        ``no_sample_after_infusion``.
    """
    after = select_usable(measurements, after_d=Decimal(0))
    if not after:
        return _NO_SAMPLE
    first = next((i for i, m in enumerate(after) if m.is_below(threshold_cells_per_ul)), None)
    return _time_to(after, first, 0)


def derive_recovery(
    measurements: Sequence[Measurement],
    *,
    depleted_below_cells_per_ul: Decimal,
    recovered_from_cells_per_ul: Decimal,
) -> TimeToEvent | NotDerived:
    """Time to the first of two consecutive counts at or above the recovery threshold, after depletion.

    Returns
    -------
    TimeToEvent
        Censored at the last count: one high count at the end, with none after it, is not yet a recovery.
    NotDerived
        ``no_sample_after_infusion`` or ``never_depleted``.
    """
    depleted = _from_depletion(measurements, depleted_below_cells_per_ul)
    if isinstance(depleted, NotDerived):
        return depleted
    recovered = [_reaches(m, recovered_from_cells_per_ul) for m in depleted]
    first = next((i for i, (one, following) in enumerate(pairwise(recovered)) if one and following), None)
    return _time_to(depleted, first, 1)


def derive_aplasia(
    measurements: Sequence[Measurement],
    *,
    depleted_below_cells_per_ul: Decimal,
    recovered_from_cells_per_ul: Decimal,
) -> Aplasia | NotDerived:
    """Duration of B-cell aplasia: from the first count under the threshold to the recovery.

    Returns
    -------
    Aplasia
        Censored at the last count if there was no recovery.
    NotDerived
        ``no_sample_after_infusion`` or ``never_depleted``.
    """
    recovery = derive_recovery(
        measurements,
        depleted_below_cells_per_ul=depleted_below_cells_per_ul,
        recovered_from_cells_per_ul=recovered_from_cells_per_ul,
    )
    depleted = _from_depletion(measurements, depleted_below_cells_per_ul)
    if isinstance(recovery, NotDerived):
        return recovery
    assert not isinstance(depleted, NotDerived)
    return Aplasia(
        start_d=depleted[0].time_d,
        end_d=recovery.time_d,
        is_censored=not recovery.had_event,
        sources=tuple(dict.fromkeys((depleted[0].source, *recovery.sources))),
    )


def derive_reconstitution(
    measurements: Sequence[Measurement], *, depleted_below_cells_per_ul: Decimal, lln_cells_per_ul: Decimal
) -> TimeToEvent | NotDerived:
    """Time to the first count at or above the lower limit of normal, after depletion.

    Returns
    -------
    TimeToEvent
        Censored at the last count.
    NotDerived
        ``no_sample_after_infusion`` or ``never_depleted``.
    """
    depleted = _from_depletion(measurements, depleted_below_cells_per_ul)
    if isinstance(depleted, NotDerived):
        return depleted
    first = next((i for i, m in enumerate(depleted) if _reaches(m, lln_cells_per_ul)), None)
    return _time_to(depleted, first, 0)


def _from_depletion(
    measurements: Sequence[Measurement], threshold_cells_per_ul: Decimal
) -> tuple[Measurement, ...] | NotDerived:
    after = select_usable(measurements, after_d=Decimal(0))
    if not after:
        return _NO_SAMPLE
    first = next((i for i, m in enumerate(after) if m.is_below(threshold_cells_per_ul)), None)
    return _NEVER_DEPLETED if first is None else after[first:]


def _reaches(measurement: Measurement, threshold_cells_per_ul: Decimal) -> bool:
    return not measurement.is_below(threshold_cells_per_ul)


def _time_to(samples: tuple[Measurement, ...], first: int | None, n_confirming: int) -> TimeToEvent:
    if first is None:
        last = samples[-1]
        return TimeToEvent(time_d=last.time_d, had_event=False, after_d=None, sources=(last.source,))
    return TimeToEvent(
        time_d=samples[first].time_d,
        had_event=True,
        after_d=samples[first - 1].time_d if first > 0 else None,
        sources=tuple(m.source for m in samples[first : first + 1 + n_confirming]),
    )

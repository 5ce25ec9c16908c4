"""One measured value of a marker at one time."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """A value of one marker; ``time_d`` counts from the start of the first infusion.

    ``value`` is None when the sample is missing or below quantification; in the second case
    ``is_below_quantification`` is true and ``lloq`` is the limit of that sample, in the marker's unit.
    ``source`` is the position of the record.
    """

    time_d: Decimal
    value: Decimal | None
    is_below_quantification: bool = False
    lloq: Decimal | None = None
    source: int

    @property
    def is_usable(self) -> bool:
        """Whether the measurement says something: a finite number from 0 on, or less than a known limit."""
        known = self.lloq if self.is_below_quantification else self.value
        return self.time_d.is_finite() and known is not None and known.is_finite() and known >= 0

    @property
    def upper_bound(self) -> Decimal:
        """The value, or the limit that it lies under; only of a usable measurement."""
        known = self.lloq if self.is_below_quantification else self.value
        assert known is not None
        return known

    def is_below(self, threshold: Decimal) -> bool:
        """Whether the value is under a threshold; a result below quantification always counts as under it."""
        return self.is_below_quantification or self.upper_bound < threshold


def select_usable(
    measurements: Sequence[Measurement], *, after_d: Decimal | None = None
) -> tuple[Measurement, ...]:
    """The usable measurements in the order of time (then of the record), those after a moment only if given.

    Examples
    --------
    >>> taken = [Measurement(time_d=Decimal(7), value=Decimal(4), source=2),
    ...          Measurement(time_d=Decimal(3), value=None, source=1)]
    >>> [measurement.source for measurement in select_usable(taken)]
    [2]
    """
    usable = [m for m in measurements if m.is_usable and (after_d is None or m.time_d > after_d)]
    return tuple(sorted(usable, key=lambda m: (m.time_d, m.source)))

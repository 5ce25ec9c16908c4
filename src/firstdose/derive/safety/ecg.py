"""QT interval corrected by Fridericia, and its CTCAE grade.

The cube root is taken in whole numbers and is the same on every machine; a mean that lies exactly on a half
is so decided by the rule and not by the last bit.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from firstdose.derive.safety.ctcae_laboratory import SCALES
from firstdose.derive.safety.ctcae_limits import Version
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import Grade

ROOT_PLACES = 12
"""Decimal places of a corrected interval; further digits are cut off. [ms]"""
SECONDS_PER_MINUTE = 60
QTC_ABOVE_MS: tuple[tuple[int, int], ...] = ((3, 500), (2, 480))
QTC_G1_MS = 450
CHANGE_ABOVE_MS = 60
"""Strict: exactly 60 ms is no grade 3."""


class Tracing(msgspec.Struct, frozen=True, kw_only=True):
    """One ECG tracing."""

    qt_ms: Decimal
    heart_rate_per_min: Decimal


class QtcAssessment(msgspec.Struct, frozen=True, kw_only=True):
    """Corrected QT of a time point with its grade.

    ``mean_ms`` is rounded half up to whole milliseconds; ``change_ms`` is the difference of rounded means.
    """

    qtcf_ms: tuple[Decimal, ...]
    mean_ms: int
    change_ms: int | NotDerived
    grade: Grade


def compute_qtcf(tracing: Tracing) -> Decimal:
    """QT corrected by Fridericia: QT over the cube root of the RR interval in seconds. [ms].

    Raises
    ------
    ValueError
        If the interval or the rate is not positive.

    Source
    ------
    Fridericia LS. Acta Med Scand 1920;53:469-486.

    Examples
    --------
    >>> compute_qtcf(Tracing(qt_ms=Decimal(400), heart_rate_per_min=Decimal(60)))
    Decimal('400.000000000000')
    """
    if tracing.qt_ms <= 0 or tracing.heart_rate_per_min <= 0:
        raise ValueError(f"QT and heart rate must be positive: {tracing}")
    cube = Fraction(tracing.qt_ms) ** 3 * Fraction(tracing.heart_rate_per_min) / SECONDS_PER_MINUTE
    scaled = cube * Fraction(10) ** (3 * ROOT_PLACES)
    root = _integer_cube_root(scaled.numerator // scaled.denominator)
    return Decimal(root).scaleb(-ROOT_PLACES)


def compute_mean_qtcf(tracings: Sequence[Tracing]) -> int | NotDerived:
    """Mean of the corrected intervals of a time point, half up to whole milliseconds. [ms].

    Source
    ------
    Convention P-QT-1: the printed bands are whole milliseconds, so 480.5 is 481 and grade 2.
    """
    if not tracings:
        return NotDerived("no_tracing", "no ECG tracing at this time point")
    mean = sum((Fraction(compute_qtcf(one)) for one in tracings), Fraction(0)) / len(tracings)
    return int(mean + Fraction(1, 2))


def derive_qtc(
    tracings: Sequence[Tracing],
    *,
    baseline: Sequence[Tracing],
    version: Version,
    has_serious_arrhythmia: bool = False,
) -> QtcAssessment | NotDerived:
    """Corrected QT of a time point, its change from baseline and its grade.

    Parameters
    ----------
    tracings, baseline : sequence of n Tracing
        Triplicates as a rule; an empty baseline leaves the change not derived.
    version : "5.0" or "6.0"
        Of CTCAE; on whole milliseconds both give the same grade.
    has_serious_arrhythmia : bool
        Torsade de pointes, polymorphic ventricular tachycardia, or signs of serious arrhythmia: grade 4.

    Returns
    -------
    QtcAssessment
        A change above 60 ms is grade 3 whatever the value.
    NotDerived
        If there is no tracing.
    """
    mean_ms, baseline_ms = compute_mean_qtcf(tracings), compute_mean_qtcf(baseline)
    if isinstance(mean_ms, NotDerived):
        return mean_ms
    change_ms = (
        NotDerived("no_baseline", "no baseline ECG")
        if isinstance(baseline_ms, NotDerived)
        else mean_ms - baseline_ms
    )
    return QtcAssessment(
        qtcf_ms=tuple(compute_qtcf(one) for one in tracings),
        mean_ms=mean_ms,
        change_ms=change_ms,
        grade=Grade(
            _grade(mean_ms, change_ms, has_serious_arrhythmia=has_serious_arrhythmia), SCALES[version]
        ),
    )


def _grade(mean_ms: int, change_ms: int | NotDerived, *, has_serious_arrhythmia: bool) -> int:
    if has_serious_arrhythmia:
        return 4
    if isinstance(change_ms, int) and change_ms > CHANGE_ABOVE_MS:
        return 3
    by_value = (grade for grade, limit_ms in QTC_ABOVE_MS if mean_ms > limit_ms)
    return next(by_value, 1 if mean_ms >= QTC_G1_MS else 0)


def _integer_cube_root(number: int) -> int:
    """The largest whole number whose cube is not above the number, by Newton's method from above."""
    root = 1 << -(-number.bit_length() // 3)
    while root**3 > number:
        root = (2 * root + number // root**2) // 3
    return root

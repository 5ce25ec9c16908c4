"""The terminal slope and the half-life of the contraction phase."""

from collections.abc import Sequence
from decimal import Decimal
from math import fsum, log

import msgspec

from firstdose.derive.kinetics.profile import Profile
from firstdose.terms.outcomes import NotDerived

SAME_FIT = 1e-4
"""Adjusted R2 values closer than this are the same fit; then more samples are better (PKNCA, and Phoenix
WinNonlin as validated for NonCompart)."""


class HalfLifeGates(msgspec.Struct, frozen=True, kw_only=True):
    """What a terminal fit must reach to be reported; each limit is itself good enough."""

    min_r2_adjusted: float = 0.9
    min_span_half_lives: float = 2.0
    min_points: int = 3


class TerminalFit(msgspec.Struct, frozen=True, kw_only=True):
    """The straight line through the logarithms of the last levels.

    ``intercept`` is the natural logarithm of the level that the line gives at time 0. ``first_d`` and
    ``last_d`` are the times of the first and last sample used. ``is_rising_window_better``: a window with a
    rising line fitted better and was not taken.
    """

    lambda_z_per_d: float
    half_life_d: float
    intercept: float
    r2_adjusted: float
    n_points: int
    first_d: float
    last_d: float
    span_half_lives: float
    is_rising_window_better: bool
    sources: tuple[int, ...] = ()


def compute_terminal_fit(times_d: Sequence[float], levels: Sequence[float]) -> TerminalFit | NotDerived:
    """Best falling line through the last three or more logarithms of the levels.

    Parameters
    ----------
    times_d, levels : sequences of n float
        Quantifiable samples after the peak, earliest first; times strictly increasing [d], levels above 0.

    Returns
    -------
    TerminalFit
        The window that ends at the last sample and has the highest adjusted R2; among windows within
        0.0001 of it, the one with the most samples. Windows with a rising line are passed over.
    NotDerived
        ``too_few_points`` or ``no_falling_window``.

    Examples
    --------
    >>> fit = compute_terminal_fit([1.0, 2.0, 3.0, 4.0], [80.0, 40.0, 20.0, 10.0])
    >>> round(fit.half_life_d, 6), fit.n_points, round(fit.span_half_lives, 6)
    (1.0, 4, 3.0)
    """
    if len(times_d) < 3:  # noqa: PLR2004  # two points have no adjusted R2
        return NotDerived("too_few_points", f"{len(times_d)} quantifiable samples after the peak, 3 needed")
    lines = [_line(times_d[first:], levels[first:]) for first in range(len(times_d) - 2)]
    fitted = [line for line in lines if line is not None]
    falling = [line for line in fitted if line.slope < 0]
    if not falling:
        return NotDerived("no_falling_window", "the levels do not fall after the peak")
    best_r2 = max(line.r2_adjusted for line in falling)
    chosen = max((line for line in falling if line.r2_adjusted > best_r2 - SAME_FIT), key=lambda line: line.n)
    half_life_d = log(2) / -chosen.slope
    first_d = times_d[-chosen.n]
    return TerminalFit(
        lambda_z_per_d=-chosen.slope,
        half_life_d=half_life_d,
        intercept=chosen.intercept,
        r2_adjusted=chosen.r2_adjusted,
        n_points=chosen.n,
        first_d=first_d,
        last_d=times_d[-1],
        span_half_lives=(times_d[-1] - first_d) / half_life_d,
        is_rising_window_better=max(line.r2_adjusted for line in fitted) > best_r2,
    )


def derive_half_life(
    profile: Profile, *, gates: HalfLifeGates | None = None, after_d: Decimal | None = None
) -> TerminalFit | NotDerived:
    """Half-life of the contraction phase, if the samples support one.

    Parameters
    ----------
    profile : Profile
    gates : HalfLifeGates, optional
        Adjusted R2 at least 0.9, span at least two half-lives and at least three samples, unless told
        otherwise.
    after_d : Decimal, optional
        End of the last infusion, from the first infusion [d]; samples count from after it and after the peak.

    Returns
    -------
    TerminalFit
    NotDerived
        ``infusion_time_not_known``, ``never_quantifiable``, ``too_few_points``, ``no_falling_window``,
        ``fit_too_poor`` or ``span_too_short``.
    """
    limits = gates or HalfLifeGates()
    if after_d is not None and not after_d.is_finite():
        return NotDerived("infusion_time_not_known", "the time of the last infusion is not known")
    quantifiable = [point for point in profile.points if point.is_quantifiable]
    if not quantifiable:
        return NotDerived("never_quantifiable", "every sample was below quantification")
    peak = max(quantifiable, key=lambda point: point.level_copies_per_ug)
    from_d = peak.time_d if after_d is None else max(peak.time_d, after_d)
    tail = [point for point in quantifiable if point.time_d > from_d]
    fit = compute_terminal_fit(
        [float(point.time_d) for point in tail], [float(point.level_copies_per_ug) for point in tail]
    )
    if isinstance(fit, NotDerived):
        return fit
    if fit.n_points < limits.min_points:
        return NotDerived("too_few_points", f"{fit.n_points} samples, {limits.min_points} needed")
    if fit.r2_adjusted < limits.min_r2_adjusted:
        return NotDerived(
            "fit_too_poor", f"adjusted R2 {fit.r2_adjusted:.3f}, at least {limits.min_r2_adjusted} needed"
        )
    if fit.span_half_lives < limits.min_span_half_lives:
        return NotDerived(
            "span_too_short",
            f"{fit.span_half_lives:.2f} half-lives sampled, at least {limits.min_span_half_lives} needed",
        )
    used = tail[-fit.n_points :]
    return msgspec.structs.replace(fit, sources=tuple(p.source for p in used if p.source is not None))


class _Line(msgspec.Struct, frozen=True):
    slope: float
    intercept: float
    r2_adjusted: float
    n: int


def _line(times: Sequence[float], levels: Sequence[float]) -> _Line | None:
    n = len(times)
    logarithms = [log(level) for level in levels]
    middle_t, middle_y = fsum(times) / n, fsum(logarithms) / n
    # centred sums: times near day 28 and levels near 1e6 would lose digits in raw ones
    off_t = [time - middle_t for time in times]
    off_y = [y - middle_y for y in logarithms]
    s_tt, s_yy = fsum(t * t for t in off_t), fsum(y * y for y in off_y)
    if s_tt == 0 or s_yy == 0:
        return None
    s_ty = fsum(t * y for t, y in zip(off_t, off_y, strict=True))
    r2 = s_ty * s_ty / (s_tt * s_yy)
    slope = s_ty / s_tt
    return _Line(slope, middle_y - slope * middle_t, 1 - (1 - r2) * (n - 1) / (n - 2), n)

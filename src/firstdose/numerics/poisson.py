"""The exact interval for the rate of a Poisson count."""

from scipy.special import gammaincinv

from firstdose.terms.outcomes import NotDerived


def compute_poisson_interval(
    n_events: int, exposure: float, confidence: float = 0.95
) -> tuple[float, float] | NotDerived:
    """Exact two-sided interval for a rate; each tail keeps half of what is left, also at 0 events.

    Parameters
    ----------
    n_events : int
        0 or more.
    exposure : float
        Time under observation, above 0; the rate is per its unit.
    confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    tuple of two floats, lower end first
    NotDerived
        ``no_exposure``, ``count_out_of_range`` or ``confidence_out_of_range``.

    Source
    ------
    Garwood F. Biometrika 1936;28:437-442. Ends as quantiles of the gamma distribution with shapes n_events
    and n_events + 1.

    Examples
    --------
    >>> low, high = compute_poisson_interval(25, 1.0)
    >>> f"{low:.2f} to {high:.2f}"
    '16.18 to 36.90'
    """
    if exposure <= 0:
        return NotDerived("no_exposure", "there is no rate without time under observation")
    if n_events < 0:
        return NotDerived("count_out_of_range", f"{n_events} is not a number of events")
    if not 0 < confidence < 1:
        return NotDerived("confidence_out_of_range", f"a confidence of {confidence} is not between 0 and 1")
    tail = (1 - confidence) / 2
    low = 0.0 if n_events == 0 else float(gammaincinv(n_events, tail))
    high = float(gammaincinv(n_events + 1, 1 - tail))
    return low / exposure, high / exposure

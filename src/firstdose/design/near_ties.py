"""Counts at which the move of an interval rule hangs on a tie, to be looked at before a table is approved."""

from firstdose.design.rules import keyboard, mtpi, tpi
from firstdose.design.specification import DesignSpecification


def list_near_ties(spec: DesignSpecification) -> tuple[tuple[int, int], ...]:
    """Counts (n, y) at which masses that speak for different moves are nearly equal.

    The keyboard and the mTPI are compared in whole numbers there, and an exact tie takes the cautious move; of the
    TPI, whose masses are no fractions, the cautious move is taken within 1e-9. The other rules compare whole numbers
    throughout and have no such counts.

    Examples
    --------
    >>> spec = DesignSpecification(
    ...     rule="mtpi", n_levels=3, target_rate="0.25", max_n=18, max_n_per_level=9, mtd_min_n=6
    ... )
    >>> list_near_ties(spec)
    ((2, 1),)
    """
    return tuple(
        (n, n_dlt)
        for n in range(1, spec.max_n + 1)
        for n_dlt in range(n + 1)
        if _is_nearly_tied(spec, n, n_dlt)
    )


def _is_nearly_tied(spec: DesignSpecification, n: int, n_dlt: int) -> bool:
    if spec.rule == "tpi":
        k1, k2 = spec.tpi_deviations
        return tpi.is_nearly_tied(n, n_dlt, target_rate=spec.target_rate, k1=k1, k2=k2)
    low, high = spec.interval
    if spec.rule in {"keyboard", "mtpi_2"}:
        return keyboard.is_nearly_tied(n, n_dlt, low=low, high=high)
    return spec.rule == "mtpi" and mtpi.is_nearly_tied(n, n_dlt, low=low, high=high)

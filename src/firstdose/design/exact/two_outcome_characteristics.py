"""The final states of BOIN12 weighed with true DLT and response rates."""

from collections.abc import Sequence

import msgspec
import numpy as np

from firstdose.design.exact.two_outcomes import TwoOutcomeStates


class Boin12Characteristics(msgspec.Struct, frozen=True, kw_only=True):
    """What a BOIN12 design does under given true rates; one value per level, lowest first.

    ``p_none`` is the probability that no level is selected, ``p_stop_none_admissible`` that the part stops because
    no level is admissible; means are expected participants, in all levels or in each.
    """

    true_dlt_rates: tuple[float, ...]
    true_response_rates: tuple[float, ...]
    p_selected: tuple[float, ...]
    p_none: float
    p_stop_none_admissible: float
    mean_n_per_level: tuple[float, ...]
    mean_n_dlt_per_level: tuple[float, ...]
    mean_n_efficacy_per_level: tuple[float, ...]
    mean_n: float
    n_states: int


def compute_boin12_characteristics(
    states: TwoOutcomeStates, true_dlt_rates: Sequence[float], true_response_rates: Sequence[float]
) -> Boin12Characteristics:
    """Exact operating characteristics under given true rates, a DLT and a response being independent.

    Parameters
    ----------
    states : TwoOutcomeStates
    true_dlt_rates, true_response_rates : sequence of float
        One per level, lowest first.

    Examples
    --------
    >>> from firstdose.design import DesignSpecification
    >>> from firstdose.design.exact.two_outcomes import enumerate_boin12_states
    >>> from firstdose.design.rules.boin12_table import compile_rank_table
    >>> from firstdose.design.rules.boin12_specification import UtilitySpecification
    >>> spec = UtilitySpecification(max_toxicity_rate="0.35", min_efficacy_rate="0.25", u2="40", u3="60")
    >>> guards = DesignSpecification(
    ...     rule="boin", n_levels=3, target_rate="0.35", max_n=9, max_n_per_level=9, mtd_min_n=3
    ... )
    >>> states = enumerate_boin12_states(compile_rank_table(spec, 9, 3), guards)
    >>> found = compute_boin12_characteristics(states, (0.05, 0.1, 0.2), (0.2, 0.4, 0.5))
    >>> round(sum(found.p_selected) + found.p_none, 12)
    1.0
    """
    n_levels = states.n.shape[1]
    rates = np.array([true_dlt_rates, true_response_rates], dtype=np.float64)
    if rates.shape != (2, n_levels) or not ((rates >= 0) & (rates <= 1)).all():
        raise ValueError(f"true rates must be {n_levels} numbers between 0 and 1, of DLTs and of responses")
    probability = states.n_paths.copy()
    for place in range(n_levels):
        n = states.n[:, place].astype(np.int64)
        for rate, events in zip(rates[:, place], (states.n_dlt, states.n_efficacy), strict=True):
            happened = events[:, place].astype(np.int64)
            probability *= np.power(rate, happened) * np.power(1 - rate, n - happened)
    selected = np.bincount(states.obd, weights=probability, minlength=n_levels + 1)
    mean_n, mean_dlt, mean_efficacy = (
        tuple((probability @ counts).tolist()) for counts in (states.n, states.n_dlt, states.n_efficacy)
    )
    return Boin12Characteristics(
        true_dlt_rates=tuple(rates[0].tolist()),
        true_response_rates=tuple(rates[1].tolist()),
        p_selected=tuple(selected[1:].tolist()),
        p_none=float(selected[0]),
        p_stop_none_admissible=float(probability[states.none_admissible].sum()),
        mean_n_per_level=mean_n,
        mean_n_dlt_per_level=mean_dlt,
        mean_n_efficacy_per_level=mean_efficacy,
        mean_n=float(sum(mean_n)),
        n_states=len(probability),
    )

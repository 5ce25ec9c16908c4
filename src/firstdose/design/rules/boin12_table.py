"""BOIN12: the table of ranks that the rule reads.

Source
------
Lin R, Zhou Y, Yan F, Li D, Yuan Y. JCO Precis Oncol 2020;4:1393-1402; see :mod:`firstdose.design.rules.boin12`.
"""

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
from scipy.special import betainc, betaincc

from firstdose.design.rules import boin
from firstdose.design.rules.boin12_specification import UtilitySpecification, check_utility_specification
from firstdose.design.stepping import DE_ESCALATE, ESCALATE, STAY
from firstdose.numerics.beta import compute_upper_tail_exact

NEAR = 1e-9
"""Log odds of desirabilities as near as this are one rank; they err by below 1e-11."""


class RankTable(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the rule reads of a level's counts, as whole numbers.

    ``zones[n][y]`` is ``ESCALATE`` where the DLT rate is at or below lambda_e, ``DE_ESCALATE`` at or above lambda_d,
    else ``STAY``; ``too_toxic[n][y]`` and ``futile[n][e]`` are 1 where a level is not admissible.
    ``ranks[n][y][e]`` has the place of the desirability among all counts up to ``max_n_per_level``, from 1, equal
    for equal desirabilities, 0 where the counts are not admissible; one place, or with ``counts_both`` one for each
    possible number with both, the fewest first. The texts are printed, never compared. ``digest`` is the SHA-256 of
    all the rest.
    """

    specification: UtilitySpecification
    max_n_per_level: int
    cohort_size: int
    zones: tuple[tuple[int, ...], ...]
    too_toxic: tuple[tuple[int, ...], ...]
    futile: tuple[tuple[int, ...], ...]
    ranks: tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]
    benchmark: str
    escalation_boundary: str
    de_escalation_boundary: str
    digest: str = ""


class RankRow(msgspec.Struct, frozen=True, kw_only=True):
    """One printed row: the score of counts; None is "E", not admissible."""

    n: int
    n_dlt: int
    n_efficacy: int
    n_both: int | None
    score: Decimal | None


def compile_rank_table(spec: UtilitySpecification, max_n_per_level: int, cohort_size: int) -> RankTable:
    """The rank table of a BOIN12 design.

    Parameters
    ----------
    spec : UtilitySpecification
    max_n_per_level : int
        Most participants at a level.
    cohort_size : int
        Scores are printed for whole cohorts; decisions read every number.

    Raises
    ------
    ValueError
        If :func:`check_utility_specification` finds a fault.

    Examples
    --------
    >>> spec = UtilitySpecification(max_toxicity_rate="0.35", min_efficacy_rate="0.25", u2="40", u3="60")
    >>> table = compile_rank_table(spec, 9, 3)
    >>> table.benchmark, table.escalation_boundary, table.de_escalation_boundary
    ('0.7050', '0.2763', '0.4189')
    >>> [str(row.score) for row in tabulate_ranks(table) if (row.n, row.n_dlt, row.n_efficacy) == (9, 2, 3)]
    ['32.5']
    """
    faults = check_utility_specification(spec)
    if faults:
        raise ValueError("; ".join(str(fault) for fault in faults))
    numbers = range(max_n_per_level + 1)
    too_toxic = tuple(tuple(int(is_too_toxic(spec, n, y)) for y in range(n + 1)) for n in numbers)
    futile = tuple(tuple(int(is_futile(spec, n, e)) for e in range(n + 1)) for n in numbers)
    low, high = boin.compute_boundaries(spec.max_toxicity_rate, *_p1_and_p2(spec))
    table = RankTable(
        specification=spec,
        max_n_per_level=max_n_per_level,
        cohort_size=cohort_size,
        zones=tuple(tuple(_assign_zone(spec, n, y) for y in range(n + 1)) for n in numbers),
        too_toxic=too_toxic,
        futile=futile,
        ranks=_rank(spec, too_toxic, futile),
        benchmark=f"{float(spec.benchmark):.4f}",
        escalation_boundary=f"{low:.4f}",
        de_escalation_boundary=f"{high:.4f}",
    )
    return msgspec.structs.replace(table, digest=compute_rank_digest(table))


def compute_rank_digest(table: RankTable) -> str:
    """SHA-256 of the canonical JSON of everything but the digest itself, in hexadecimal."""
    unsigned = msgspec.structs.replace(table, digest="")
    return hashlib.sha256(msgspec.json.encode(unsigned, order="sorted")).hexdigest()


def is_too_toxic(spec: UtilitySpecification, n: int, n_dlt: int) -> bool:
    """Whether Pr(DLT rate > max_toxicity_rate) reaches its cutoff, with a uniform prior, decided exactly."""
    tail = compute_upper_tail_exact(Fraction(spec.max_toxicity_rate), 1 + n_dlt, 1 + n - n_dlt)
    return tail >= Fraction(spec.toxicity_cutoff)


def is_futile(spec: UtilitySpecification, n: int, n_efficacy: int) -> bool:
    """Whether Pr(response rate < min_efficacy_rate) reaches its cutoff, with a uniform prior, decided exactly."""
    tail = compute_upper_tail_exact(Fraction(spec.min_efficacy_rate), 1 + n_efficacy, 1 + n - n_efficacy)
    return 1 - tail >= Fraction(spec.efficacy_cutoff)


def compute_desirability(spec: UtilitySpecification, n: int, quasi_events: Fraction) -> float:
    """Pr(mean utility > benchmark), with a uniform prior.

    Examples
    --------
    >>> spec = UtilitySpecification(max_toxicity_rate="0.35", min_efficacy_rate="0.25", u2="40", u3="60")
    >>> round(compute_desirability(spec, 0, Fraction(0)), 3)
    0.295
    """
    x = float(quasi_events)
    return float(betaincc(1 + x, 1 + n - x, float(spec.benchmark)))


def _p1_and_p2(spec: UtilitySpecification) -> tuple[Decimal, Decimal]:
    return spec.p1_ratio * spec.max_toxicity_rate, spec.p2_ratio * spec.max_toxicity_rate


def _assign_zone(spec: UtilitySpecification, n: int, n_dlt: int) -> int:
    target, (p1, p2) = spec.max_toxicity_rate, _p1_and_p2(spec)
    if n == 0:
        return STAY
    if boin.is_at_or_above_de_escalation_boundary(n, n_dlt, target_rate=target, p2=p2):
        return DE_ESCALATE
    if boin.is_at_or_below_escalation_boundary(n, n_dlt, target_rate=target, p1=p1):
        return ESCALATE
    return STAY


def list_both(spec: UtilitySpecification, n: int, n_dlt: int, n_efficacy: int) -> range:
    """The possible numbers with both; the fewest alone where it does not matter."""
    fewest = max(0, n_dlt + n_efficacy - n)
    return range(fewest, (min(n_dlt, n_efficacy) if spec.counts_both else fewest) + 1)


def _rank(
    spec: UtilitySpecification,
    too_toxic: tuple[tuple[int, ...], ...],
    futile: tuple[tuple[int, ...], ...],
) -> tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]:
    """Places of desirabilities, from 1; 0 for counts that are not admissible."""

    def list_events(n: int, y: int, e: int) -> Iterator[Fraction]:
        return (spec.compute_quasi_events(n, y, e, both) for both in list_both(spec, n, y, e))

    # equal sums of utility among as many participants are one desirability, whatever the rounding
    kinds = {
        (n, x)
        for n, row in enumerate(too_toxic)
        for y in range(n + 1)
        for e in range(n + 1)
        if not row[y] and not futile[n][e]
        for x in list_events(n, y, e)
    }
    order = sorted(kinds)
    totals, events = np.array([n for n, _ in order]), np.array([float(x) for _, x in order])
    a, b, limit = 1 + events, 1 + totals - events, float(spec.benchmark)
    odds = np.log(betaincc(a, b, limit)) - np.log(betainc(a, b, limit))
    upwards = np.argsort(odds, kind="stable")
    places = np.empty(len(order), dtype=np.int64)
    places[upwards] = 1 + np.concatenate([[0], np.cumsum(np.diff(odds[upwards]) > NEAR)])
    place_of = dict(zip(order, places.tolist(), strict=True))
    return tuple(
        tuple(
            tuple(
                tuple(0 if row[y] or futile[n][e] else place_of[n, x] for x in list_events(n, y, e))
                for e in range(n + 1)
            )
            for y in range(n + 1)
        )
        for n, row in enumerate(too_toxic)
    )


def tabulate_ranks(table: RankTable) -> tuple[RankRow, ...]:
    """The table to print: rank-based desirability scores of whole cohorts, the mean rank where they tie."""
    spec = table.specification
    printed = [
        (n, y, e, both, table.ranks[n][y][e][nth])
        for n in range(0, table.max_n_per_level + 1, table.cohort_size)
        for y in range(n + 1)
        for e in range(n + 1)
        for nth, both in enumerate(list_both(spec, n, y, e))
    ]
    places = sorted(place for *_, place in printed if place)
    score_of: dict[int, Decimal] = {}
    for place in places:
        if place not in score_of:
            first = places.index(place) + 1
            score_of[place] = Decimal(2 * first + places.count(place) - 1) / 2
    return tuple(
        RankRow(
            n=n,
            n_dlt=y,
            n_efficacy=e,
            n_both=both if spec.counts_both else None,
            score=score_of.get(place),
        )
        for n, y, e, both, place in printed
    )


def compute_mean_utility(n: int, quasi_events: Fraction) -> Fraction:
    """The posterior mean of a level's utility with a uniform prior, from 0 to 1."""
    return (1 + quasi_events) / (2 + n)

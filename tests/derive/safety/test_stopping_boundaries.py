"""Boundaries that stop for toxicity, as whole numbers and with what they do."""

from decimal import Decimal
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import safety_measures as double

from firstdose.derive.safety.stopping_boundaries import (
    Look,
    PocockBoundary,
    StoppingBoundary,
    compute_bayesian_boundary,
    compute_pocock_boundary,
    compute_stopping_characteristics,
    tabulate_boundary,
)
from firstdose.terms.outcomes import NotDerived

UNIFORM = (Decimal(1), Decimal(1))


def _bayesian(
    sizes: range, limit: str, probability: str, prior: tuple[Decimal, Decimal] = UNIFORM
) -> StoppingBoundary:
    found = compute_bayesian_boundary(
        sizes, limit_rate=Decimal(limit), probability=Decimal(probability), prior=prior
    )
    assert isinstance(found, StoppingBoundary)
    return found


def _pocock(last: int, rate: str, alpha: str) -> PocockBoundary:
    found = compute_pocock_boundary(range(1, last + 1), acceptable_rate=Decimal(rate), alpha=Decimal(alpha))
    assert isinstance(found, PocockBoundary)
    return found


def _rows(boundary: StoppingBoundary) -> list[tuple[int, int, int]]:
    return [(row.first_n, row.last_n, row.stop_at) for row in tabulate_boundary(boundary)]


# --- published: R package stoppingrule (Martens MJ, Lian Q, Logan BR), printed in the README of its repository

# "Bayesian beta-binomial", 30 patients, 20 %, prior Beta(0.6, 2.4), threshold printed as 0.9630823. With
# 4 of 7 the posterior probability is 0.96308269, above the printed threshold in the seventh digit, and the
# printed table does not stop there: the threshold is read as 0.963083, which gives that table.
PUBLISHED_THRESHOLD = "0.963083"
PUBLISHED_BAYESIAN = [
    (3, 4, 3), (5, 6, 4), (7, 10, 5), (11, 13, 6), (14, 17, 7),
    (18, 20, 8), (21, 24, 9), (25, 28, 10), (29, 30, 11),
]  # fmt: skip
# true rate, rejection probability, expected events
PUBLISHED_BAYESIAN_OC = [
    ("0.20", 0.09957367, 5.651197),
    ("0.25", 0.23832301, 6.536293),
    ("0.30", 0.43615256, 6.926712),
    ("0.35", 0.64555222, 6.819377),
    ("0.40", 0.81491087, 6.355803),
]
# "Pocock" of Ivanova and others, 50 patients, 20 %, alpha 0.10 (README of version 0.1 on CRAN)
PUBLISHED_POCOCK = [
    (3, 4, 3), (5, 6, 4), (7, 9, 5), (10, 12, 6), (13, 16, 7), (17, 19, 8), (20, 23, 9), (24, 26, 10),
    (27, 30, 11), (31, 34, 12), (35, 38, 13), (39, 41, 14), (42, 45, 15), (46, 49, 16), (50, 50, 17),
]  # fmt: skip
# true rate, rejection probability, expected evaluated. The expected events of that version are left out: they
# exceed the rate times the expected evaluated, which Wald's identity forbids; later versions agree with it.
PUBLISHED_POCOCK_OC = [
    ("0.20", 0.09977254, 46.72419),
    ("0.25", 0.27689051, 41.93172),
    ("0.30", 0.53974016, 34.66321),
    ("0.35", 0.78266569, 26.59365),
    ("0.40", 0.92684148, 19.62976),
]
_LAST_DIGIT = 0.5


def test_the_bayesian_boundary_is_the_published_one() -> None:
    boundary = _bayesian(range(1, 31), "0.20", PUBLISHED_THRESHOLD, (Decimal("0.6"), Decimal("2.4")))
    assert _rows(boundary) == PUBLISHED_BAYESIAN
    for rate, p_stop, events in PUBLISHED_BAYESIAN_OC:
        found = compute_stopping_characteristics(boundary, Decimal(rate))
        assert float(found.p_stop) == pytest.approx(p_stop, abs=_LAST_DIGIT * 1e-8)
        assert float(found.mean_n_events) == pytest.approx(events, abs=_LAST_DIGIT * 1e-6)


def test_the_pocock_boundary_is_the_published_one() -> None:
    found = _pocock(50, "0.20", "0.10")
    assert _rows(found.boundary) == PUBLISHED_POCOCK
    for rate, p_stop, mean_n in PUBLISHED_POCOCK_OC:
        oc = compute_stopping_characteristics(found.boundary, Decimal(rate))
        assert float(oc.p_stop) == pytest.approx(p_stop, abs=_LAST_DIGIT * 1e-8)
        assert float(oc.mean_n) == pytest.approx(mean_n, abs=_LAST_DIGIT * 1e-5)
        assert oc.mean_n_events == oc.mean_n * Fraction(rate)


# fmt: off
# the tables of the study: stop at, for 3, 6, ... 36 participants
TABLES = {
    "0.30 with 0.90":              ("0.30", "0.90", UNIFORM, [2, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15]),
    "0.25 with 0.90":              ("0.25", "0.90", UNIFORM, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
    "0.30 with 0.95":              ("0.30", "0.95", UNIFORM, [3, 4, 5, 7, 8, 9, 10, 11, 12, 14, 15, 16]),
    "0.30 with 0.90, sceptical":   ("0.30", "0.90", (Decimal("0.6"), Decimal("1.4")),
                                    [3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15]),
}
# fmt: on


@pytest.mark.parametrize(("limit", "probability", "prior", "stop_at"), TABLES.values(), ids=TABLES)
def test_the_bayesian_tables_of_the_study(
    limit: str, probability: str, prior: tuple[Decimal, Decimal], stop_at: list[int]
) -> None:
    found = _bayesian(range(3, 37, 3), limit, probability, prior)
    assert [look.stop_at for look in found.looks] == stop_at


def test_the_pocock_boundaries_of_an_expansion() -> None:
    twelve = _pocock(12, "0.20", "0.05")
    assert [look.stop_at for look in twelve.boundary.looks] == [None, None, 3, 3, 4, 4, 5, 5, 5, 6, 6, 6]
    assert float(twelve.p_stop_at_acceptable) == pytest.approx(0.0489, abs=0.00005)
    thirty_six = _rows(_pocock(36, "0.20", "0.05").boundary)
    assert thirty_six == [
        (3, 3, 3), (4, 5, 4), (6, 8, 5), (9, 11, 6), (12, 14, 7), (15, 18, 8), (19, 21, 9), (22, 24, 10),
        (25, 28, 11), (29, 31, 12), (32, 35, 13), (36, 36, 14),
    ]  # fmt: skip


def test_no_larger_pointwise_limit_keeps_alpha() -> None:
    found = _pocock(8, "0.20", "0.05")
    tails = {
        Fraction(sum(_ways(n, k) for k in range(first, n + 1)), 5**n)
        for n in range(1, 9)
        for first in range(n + 1)
    }
    larger = min(tail for tail in tails if tail > found.pointwise)
    looks = []
    for n in range(1, 9):
        sums = [Fraction(sum(_ways(n, k) for k in range(first, n + 1)), 5**n) for first in range(n + 1)]
        looks.append((n, next((first for first, tail in enumerate(sums) if tail <= larger), None)))
    p_stop, _, _ = double.stops_in(dict(looks), Fraction(1, 5))
    assert found.p_stop_at_acceptable <= Fraction(1, 20) < p_stop


def test_the_pointwise_limit_is_the_largest_tail_that_the_boundary_attains() -> None:
    found = _pocock(12, "0.20", "0.05")
    attained = [
        Fraction(sum(_ways(look.n, k) for k in range(look.stop_at, look.n + 1)), 5**look.n)
        for look in found.boundary.looks
        if look.stop_at is not None
    ]
    assert found.pointwise == max(attained)


def _ways(n: int, k: int) -> int:
    """Sequences of n with k events at a rate of 1 in 5, in units of 5 to the power n."""
    return comb(n, k) * int(4 ** (n - k))


def test_a_posterior_exactly_at_its_probability_does_not_stop() -> None:
    # Beta(2, 1) lies above 1/2 with 3/4
    at_limit = _bayesian(range(1, 2), "0.5", "0.75")
    below = _bayesian(range(1, 2), "0.5", "0.7499")
    assert (at_limit.looks[0].stop_at, below.looks[0].stop_at) == (None, 1)


def test_a_boundary_stops_at_its_looks_alone() -> None:
    boundary = StoppingBoundary(looks=(Look(n=3, stop_at=2), Look(n=6, stop_at=None)))
    assert [boundary.stops(*row) for row in [(3, 1), (3, 2), (4, 4), (6, 6)]] == [False, True, False, False]


# fmt: off
FAULTS = {
    "no looks":            (range(0), "0.3", "0.9", UNIFORM, "sizes_not_in_order"),
    "a look at nobody":    (range(3), "0.3", "0.9", UNIFORM, "sizes_not_in_order"),
    "looks in reverse":    (range(6, 0, -3), "0.3", "0.9", UNIFORM, "sizes_not_in_order"),
    "a rate of 0":         (range(3, 4), "0", "0.9", UNIFORM, "rate_out_of_range"),
    "a probability of 1":  (range(3, 4), "0.3", "1", UNIFORM, "rate_out_of_range"),
    "a shape of 0":        (range(3, 4), "0.3", "0.9", (Decimal(0), Decimal(1)), "prior_out_of_range"),
    # Beta(0.5, 0.5) is symmetric: above 1/2 with exactly 1/2, as is Beta(1.5, 1.5)
    "cannot be told apart": (range(2, 3), "0.5", "0.5", (Decimal("0.5"), Decimal("0.5")), "too_near_to_decide"),
}
# fmt: on


@pytest.mark.parametrize(("sizes", "limit", "probability", "prior", "reason"), FAULTS.values(), ids=FAULTS)
def test_what_gives_no_boundary_says_why(
    sizes: range, limit: str, probability: str, prior: tuple[Decimal, Decimal], reason: str
) -> None:
    found = compute_bayesian_boundary(
        sizes, limit_rate=Decimal(limit), probability=Decimal(probability), prior=prior
    )
    assert isinstance(found, NotDerived)
    assert found.reason == reason


def test_a_pocock_boundary_needs_a_rate() -> None:
    found = compute_pocock_boundary([3], acceptable_rate=Decimal(1), alpha=Decimal("0.05"))
    assert isinstance(found, NotDerived)
    assert found.reason == "rate_out_of_range"


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.integers(1, 9), st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=5),
    st.sampled_from([Fraction(0), Fraction(1, 5), Fraction(1, 3), Fraction(1)]),
)
def test_a_boundary_stops_as_often_as_all_sequences_say(
    stop_at: dict[int, int | None], true_rate: Fraction
) -> None:
    boundary = StoppingBoundary(looks=tuple(Look(n=n, stop_at=stop_at[n]) for n in sorted(stop_at)))
    found = compute_stopping_characteristics(boundary, true_rate)
    expected = double.stops_in(stop_at, true_rate)
    assert (found.p_stop, found.mean_n, found.mean_n_events) == expected
    assert sum(found.p_stop_at) == found.p_stop

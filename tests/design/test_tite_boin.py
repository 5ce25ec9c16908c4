"""TITE-BOIN: the published tables, each side of each limit, BOIN itself, and a second implementation."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import tite_rules

from firstdose.design.rules.boin import (
    compute_boundaries,
    is_at_or_above_de_escalation_boundary,
    is_at_or_below_escalation_boundary,
    is_excessively_toxic,
)
from firstdose.design.rules.tite_boin import (
    TiteEstimate,
    TiteOptions,
    assign_move,
    check_follow_up,
    check_tite_options,
    compare_with_quotient,
    compute_effective_n,
    compute_imputed_rate,
)
from firstdose.design.rules.tite_boin_table import BoundaryRow, compute_boundary_rows

BOTH: tuple[TiteEstimate, ...] = ("effective_n", "imputed")
IMPUTED = TiteOptions(estimate="imputed")
HALF_DIGIT = Decimal("0.005")


class _Rates(TypedDict):
    target_rate: Decimal
    p1: Decimal
    p2: Decimal


def _rates(target: str) -> _Rates:
    phi = Decimal(target)
    return {"target_rate": phi, "p1": Decimal("0.6") * phi, "p2": Decimal("1.4") * phi}


def _move(
    n_evaluable: int, n_dlt: int, shares: list[Fraction], target: str, options: TiteOptions = IMPUTED
) -> str:
    return assign_move(n_evaluable, n_dlt, shares, **_rates(target), options=options)


# --- published

# Yuan et al. 2018, Table 1 (target 0.2) and Table S1 (target 0.3), as transcribed in the tests of the R package
# simFastBOIN (tests/testthat/fixtures/yuan2018-tables.csv). The rows of Table 1 up to nine treated stand also in
# Table 1 of a trial that uses the design (Contemp Clin Trials Commun, PMC9260438). Columns: treated, DLTs, pending,
# then E, S, D, X (eliminate), suspend, or a limit of the STFT: E>= escalates, D<= de-escalates, else it stays.
TABLE_1 = """
3 0 0-1 E;  3 0 2-3 suspend;  3 1 0-2 D;  3 2-3 0-1 X
6 0 0-3 E;  6 0 4-6 suspend;  6 1 0-3 S;  6 1 4-5 suspend;  6 2 0-4 D;  6 3-6 0-3 X
9 0 0-4 E;  9 0 5-9 suspend;  9 1 0-2 E;  9 1 3 E>=0.77;  9 1 4 E>=2.15;  9 1 5-8 suspend
9 2 0 S;  9 2 1 D<=0.52;  9 2 2 D<=1.59;  9 2 3 D<=2.66;  9 2 4 D<=3.73;  9 2 5-7 suspend
9 3 0-6 D;  9 4-9 0-5 X
12 0 0-6 E;  12 0 7-12 suspend;  12 1 0-5 E;  12 1 6 E>=1.24;  12 1 7-11 suspend
12 2 0-6 S;  12 2 7-10 suspend;  12 3-4 0-9 D;  12 5-12 0-7 X
15 0 0-7 E;  15 0 8-15 suspend;  15 1 0-7 E;  15 1 8-14 suspend
15 2 0-2 E;  15 2 3 E>=1.14;  15 2 4 E>=2.31;  15 2 5 E>=3.48;  15 2 6 E>=4.65;  15 2 7 E>=5.82;  15 2 8-13 suspend
15 3 0-2 S;  15 3 3 D<=1.16;  15 3 4 D<=2.34;  15 3 5 D<=3.53;  15 3 6 D<=4.72;  15 3 7 D<=5.90;  15 3 8-12 suspend
15 4-5 0-11 D;  15 6-15 0-9 X
"""
TABLE_S1 = """
3 0 0-1 E;  3 0 2-3 suspend;  3 1 0 S;  3 1 1 D<=0.88;  3 1 2 suspend;  3 2 0-1 D;  3 3 0 X
6 0 0-3 E;  6 0 4-6 suspend;  6 1 0-1 E;  6 1 2 E>=0.60;  6 1 3 E>=1.96;  6 1 4-5 suspend
6 2 0 S;  6 2 1 D<=0.73;  6 2 2 D<=1.80;  6 2 3 D<=2.87;  6 2 4 suspend;  6 3 0-3 D;  6 4-6 0-2 X
9 0 0-4 E;  9 0 5-9 suspend;  9 1 0-4 E;  9 1 5-8 suspend
9 2 0 E;  9 2 1 E>=0.59;  9 2 2 E>=1.65;  9 2 3 E>=2.71;  9 2 4 E>=3.77;  9 2 5-7 suspend
9 3 0 S;  9 3 1 D<=0.58;  9 3 2 D<=1.65;  9 3 3 D<=2.72;  9 3 4 D<=3.79;  9 3 5-6 suspend
9 4 0-5 D;  9 5-9 0-4 X
12 0 0-6 E;  12 0 7-12 suspend;  12 1 0-6 E;  12 1 7-11 suspend
12 2 0-3 E;  12 2 4 E>=1.33;  12 2 5 E>=2.72;  12 2 6 E>=4.11;  12 2 7-10 suspend
12 3 0-6 S;  12 3 7-9 suspend
12 4 0 S;  12 4 1 D<=0.43;  12 4 2 D<=1.50;  12 4 3 D<=2.57;  12 4 4 D<=3.65;  12 4 5 D<=4.72;  12 4 6 D<=5.79
12 4 7-8 suspend;  12 5-6 0-7 D;  12 7-12 0-5 X
15 0 0-7 E;  15 0 8-15 suspend;  15 1 0-7 E;  15 1 8-14 suspend
15 2 0-5 E;  15 2 6 E>=0.35;  15 2 7 E>=2.07;  15 2 8-13 suspend
15 3 0-1 E;  15 3 2 E>=0.11;  15 3 3 E>=1.29;  15 3 4 E>=2.46;  15 3 5 E>=3.64;  15 3 6 E>=4.81;  15 3 7 E>=5.98
15 3 8-12 suspend;  15 4 0-7 S;  15 4 8-11 suspend
15 5 0 S;  15 5 1 D<=0.28;  15 5 2 D<=1.35;  15 5 3 D<=2.42;  15 5 4 D<=3.50;  15 5 5 D<=4.57;  15 5 6 D<=5.64
15 5 7 D<=6.72;  15 5 8-10 suspend;  15 6-7 0-9 D;  15 8-15 0-7 X
"""
# Chen et al. 2025, Table 1 (target 0.3), and Chen et al. 2026, Table A1 (target 0.25), which suspend from 51% pending
# on; as transcribed in the same package (chen2025-2026-tables.csv). Their further condition for escalation, the
# shortest follow-up of a pending participant, is not part of the published TITE-BOIN and not built here.
CHEN_2025 = """
3 0 0-1 E;  3 0 2-3 suspend;  3 1 0 S;  3 1 1 D<=0.88;  3 1 2 suspend;  3 2 0-1 D;  3 3 0 X
6 0 0-2 E;  6 0 3-6 suspend;  6 1 0-1 E;  6 1 2 E>=0.60;  6 1 3-5 suspend
6 2 0 S;  6 2 1 D<=0.73;  6 2 2 D<=1.80;  6 2 3-4 suspend;  6 3 0-3 D;  6 4-6 0-2 X
"""
CHEN_2026 = """
3 0 0-1 E;  3 0 2-3 suspend;  3 1-2 0-2 D;  3 3 0 X
6 0 0-2 E;  6 0 3-6 suspend;  6 1 0 E;  6 1 1 E>=0.22;  6 1 2 E>=1.38;  6 1 3-5 suspend;  6 2-3 0-4 D;  6 4-6 0-2 X
9 0 0-4 E;  9 0 5-9 suspend;  9 1 0-3 E;  9 1 4 E>=0.66;  9 1 5-8 suspend;  9 2 0-4 S;  9 2 5-7 suspend
9 3-4 0-6 D;  9 5-9 0-4 X
"""
BELOW_HALF = TiteOptions(estimate="imputed", suspend_above=Decimal("0.49"))
# source, target, rows, options, states and limits as counted in the source
PUBLISHED = {
    "Yuan 2018, Table 1": ("0.2", TABLE_1, IMPUTED, 320, 17),
    "Yuan 2018, Table S1": ("0.3", TABLE_S1, IMPUTED, 320, 38),
    "Chen 2025, Table 1": ("0.3", CHEN_2025, BELOW_HALF, 38, 4),
    "Chen 2026, Table A1": ("0.25", CHEN_2026, BELOW_HALF, 93, 3),
}
WORDS = {"E": "escalate", "S": "stay", "D": "de_escalate", "X": "eliminate", "suspend": "suspend"}


def _span(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _states(table: str) -> Iterator[tuple[int, int, int, str]]:
    """Every state that a printed table covers, and its cell."""
    for printed in table.replace(";", "\n").strip().splitlines():
        treated, dlts, pending, cell = printed.split()
        for n_dlt in _span(dlts):
            for n_pending in _span(pending):
                if n_dlt + n_pending <= int(treated):
                    yield int(treated), n_dlt, n_pending, cell


def _limits() -> Iterator[tuple[str, TiteOptions, int, int, int, str, Decimal]]:
    for target, table, options, *_ in PUBLISHED.values():
        for treated, n_dlt, n_pending, cell in _states(table):
            if "=" in cell:
                kind, _, limit = cell.partition("=")
                yield target, options, treated, n_dlt, n_pending, kind, Decimal(limit)


@pytest.mark.parametrize("case", PUBLISHED.values(), ids=PUBLISHED.keys())
def test_the_decision_table_is_the_published_one(case: tuple[str, str, TiteOptions, int, int]) -> None:
    target, table, options, n_states, n_limits = case
    states = list(_states(table))
    sizes = sorted({state[0] for state in states})
    rule = _rates(target)
    eliminated = partial(is_excessively_toxic, target_rate=rule["target_rate"], probability=Decimal("0.95"))
    rows = compute_boundary_rows(sizes, **rule, options=options, is_eliminated=eliminated)
    found: dict[tuple[int, int, int], BoundaryRow] = {
        (row.n_treated, row.n_dlt, pending): row
        for row in rows
        for pending in range(row.fewest_pending, row.most_pending + 1)
    }
    assert len(states) == len(found) == n_states
    assert sum("=" in cell for *_, cell in states) == n_limits
    for treated, n_dlt, n_pending, cell in states:
        row = found[treated, n_dlt, n_pending]
        kind, _, limit = cell.partition("=")
        if not limit:
            assert row.move == WORDS[kind], (treated, n_dlt, n_pending)
            continue
        assert row.move is None
        own, other = (row.escalate_from, row.de_escalate_to)[:: 1 if kind == "E>" else -1]
        assert other is None
        assert own is not None
        assert abs(own - Decimal(limit)) <= HALF_DIGIT, (treated, n_dlt, n_pending)


@pytest.mark.parametrize("case", list(_limits()))
def test_the_move_changes_at_every_printed_limit(
    case: tuple[str, TiteOptions, int, int, int, str, Decimal],
) -> None:
    target, options, treated, n_dlt, n_pending, kind, limit = case
    digit = Fraction(1, 100)
    below, above = (
        _move(treated - n_pending, n_dlt, [stft / n_pending] * n_pending, target, options)
        for stft in (Fraction(limit) - digit, Fraction(limit) + digit)
    )
    assert (below, above) == (("stay", "escalate") if kind == "E>" else ("de_escalate", "stay"))


# Yuan et al. 2018, Figure 1 and its text: target 0.2, a window of 90 days. Days of follow-up stand where the decision
# depends on them; elsewhere the number pending does (as transcribed in simFastBOIN, test-tite_boin_decision_table.R).
# fmt: off
#                     evaluable, DLTs, days of follow-up of the pending or their number, move
FIGURE_1: dict[str, tuple[int, int, tuple[int, ...] | int, str]] = {
    "day 60":          (0, 0, 3, "suspend"),
    "day 120":         (2, 0, 1, "escalate"),
    "day 165":         (1, 1, (30, 15), "de_escalate"),
    "day 210":         (3, 0, 3, "escalate"),
    "day 255":         (3, 1, 3, "stay"),
    "day 300":         (4, 1, 5, "suspend"),
    "day 315":         (5, 1, (75, 60, 45, 30), "escalate"),
    # not in the paper: the same with the follow-up at each side of its limit of 2.15 windows, 193.5 days
    "193 days in all": (5, 1, (75, 60, 45, 13), "stay"),
    "194 days in all": (5, 1, (75, 60, 45, 14), "escalate"),
}
# fmt: on


@pytest.mark.parametrize("case", FIGURE_1.values(), ids=FIGURE_1.keys())
def test_the_trial_of_yuans_figure_goes_as_told(case: tuple[int, int, tuple[int, ...] | int, str]) -> None:
    n_evaluable, n_dlt, pending, move = case
    follow_ups = ((0,) * pending, (89,) * pending) if isinstance(pending, int) else (pending,)
    for days in follow_ups:
        assert _move(n_evaluable, n_dlt, [Fraction(day, 90) for day in days], "0.2") == move


# Limits of the effective number (evaluable plus STFT) for target 0.3, with two evaluable before escalation and no
# suspension for the share pending, as Lin and Yuan 2020: values of the tests of simFastBOIN, said there to be
# computed on their own; no table of Lin and Yuan for BOIN is published. Six decimals are printed.
LIN_AND_YUAN = TiteOptions(suspend_above=Decimal(1), fewest_complete_to_escalate=2)
# fmt: off
#    treated, DLTs, pending, move or None, escalate, suspend, de-escalate
EFFECTIVE = (
    (3, 0, 1, "escalate", None, None, None),
    (3, 0, 2, "suspend", None, None, None),
    (3, 0, 3, "suspend", None, None, None),
    (3, 1, 1, None, None, None, "2.789249"),
    (3, 1, 2, None, None, None, "2.789249"),
    (3, 2, 1, "de_escalate", None, None, None),
    (6, 0, 5, "suspend", None, None, None),
    (6, 1, 3, None, "4.228496", None, None),
    (6, 1, 4, None, "4.228496", None, "2.789249"),
    (6, 1, 5, None, None, "4.228496", "2.789249"),
    (6, 2, 2, None, None, None, "5.578498"),
    (9, 2, 4, None, "8.456993", None, "5.578498"),
    (9, 2, 7, None, "8.456993", None, "5.578498"),
    (9, 3, 5, None, None, None, "8.367747"),
    (12, 4, 8, None, None, None, "11.156995"),
)
# fmt: on


@pytest.mark.parametrize("case", EFFECTIVE)
def test_limits_of_the_effective_number_are_those_of_another_package(
    case: tuple[int, int, int, str | None, str | None, str | None, str | None],
) -> None:
    treated, n_dlt, n_pending, move, *printed = case
    rows = compute_boundary_rows([treated], **_rates("0.3"), options=LIN_AND_YUAN)
    row = next(
        row for row in rows if row.n_dlt == n_dlt and row.fewest_pending <= n_pending <= row.most_pending
    )
    assert row.move == move
    for limit, expected in zip(
        (row.escalate_from, row.suspend_from, row.de_escalate_to), printed, strict=True
    ):
        assert (limit is None) == (expected is None)
        if limit is not None and expected is not None:
            assert abs(limit + treated - n_pending - Decimal(expected)) <= Decimal("0.0000005")


# Decisions that the package escalation states for its get_boin_tite, and TITEgBOIN with it (test of TITE-BOIN
# selectors, groups 2 and 3); target 0.25, nothing suspended.
# fmt: off
#   evaluable, DLTs, shares, move
ESCALATION = {
    "one in 3.5":  (3, 1, ("0.5",), "stay"),
    "one in 5":    (4, 1, ("0.3", "0.7"), "stay"),
    "none in 2.3": (2, 0, ("0.3",), "escalate"),
    "two in 3.6":  (3, 2, ("0.6",), "de_escalate"),
}
# fmt: on


@pytest.mark.parametrize("case", ESCALATION.values(), ids=ESCALATION.keys())
def test_moves_are_those_of_the_package_escalation(case: tuple[int, int, tuple[str, ...], str]) -> None:
    n_evaluable, n_dlt, shares, move = case
    options = TiteOptions(suspend_above=Decimal(1))
    assert _move(n_evaluable, n_dlt, [Fraction(share) for share in shares], "0.25", options) == move


def test_dlts_that_are_only_expected_do_not_lead_down() -> None:
    # Yuan 2018, Table 1, six treated, one DLT, three pending: stay whatever the follow-up, and 1/6 is below 0.2
    lambda_d = compute_boundaries(**_rates("0.2"))[1]
    assert compute_imputed_rate(3, 1, 3, Fraction(0), Decimal("0.2")) > lambda_d
    assert _move(3, 1, [Fraction(0)] * 3, "0.2") == "stay"


# --- each side of the limits that no table shows

HALF, NEARLY = Fraction(1, 2), Fraction(99, 100)
# fmt: off
#                                       target, evaluable, DLTs, shares, options, move
SIDES = {
    # --- suspension: more than half, not half
    "half pending":                     ("0.3", 3, 0, [HALF] * 3, {}, "escalate"),
    "more than half pending":           ("0.3", 2, 0, [NEARLY] * 3, {}, "suspend"),
    "nobody evaluable":                 ("0.3", 0, 0, [NEARLY] * 3, {}, "suspend"),
    # --- a rate that stays too high whatever the pending do is not waited for
    "two DLTs and one unknown":         ("0.3", 2, 2, [Fraction(0)], {}, "de_escalate"),
    "two DLTs and four unknown":        ("0.3", 2, 2, [Fraction(0)] * 4, {}, "suspend"),
    "two DLTs and three unknown":       ("0.3", 2, 2, [Fraction(0)] * 3, {}, "de_escalate"),
    # --- two evaluable before escalation, where asked for, and only while windows are open
    "one evaluable, two asked for":     ("0.3", 1, 0, [NEARLY], {"fewest_complete_to_escalate": 2}, "suspend"),
    "two evaluable, two asked for":     ("0.3", 2, 0, [NEARLY], {"fewest_complete_to_escalate": 2}, "escalate"),
    "one treated, two asked for":       ("0.3", 1, 0, [], {"fewest_complete_to_escalate": 2}, "escalate"),
    "only pending, never suspended":    ("0.3", 0, 0, [HALF], {"suspend_above": Decimal(1)}, "suspend"),
    "not seen at all":                  ("0.3", 0, 0, [Fraction(0)], {"suspend_above": Decimal(1)}, "suspend"),
    # --- nobody
    "nobody treated":                   ("0.3", 0, 0, [], {}, "stay"),
}
# fmt: on


@pytest.mark.parametrize("estimate", BOTH)
@pytest.mark.parametrize("case", SIDES.values(), ids=SIDES.keys())
def test_what_holds_for_both_estimates(
    case: tuple[str, int, int, list[Fraction], dict[str, object], str], estimate: TiteEstimate
) -> None:
    target, n_evaluable, n_dlt, shares, more, move = case
    options = TiteOptions(estimate=estimate, **more)  # type: ignore[arg-type]  # one field each, of its type
    assert _move(n_evaluable, n_dlt, shares, target, options) == move


# lambda_e is 1/2 for target 0.6 and p1 0.4, lambda_d for target 0.4 and p2 0.6: the rate can tie with both
ODD = Fraction(1, 10**40)
# fmt: off
#                                  target, p1, p2, shares beside one evaluable with a DLT, move
TIES = {
    "at lambda_e":                 ("0.6", "0.4", "0.8", [HALF, HALF], "escalate"),
    "a breath above lambda_e":     ("0.6", "0.4", "0.8", [HALF, HALF - ODD], "stay"),
    "a breath below lambda_e":     ("0.6", "0.4", "0.8", [HALF, HALF + ODD], "escalate"),
    "at lambda_d":                 ("0.4", "0.2", "0.6", [HALF, HALF], "de_escalate"),
    "a breath above lambda_d":     ("0.4", "0.2", "0.6", [HALF, HALF - ODD], "de_escalate"),
    "a breath below lambda_d":     ("0.4", "0.2", "0.6", [HALF, HALF + ODD], "stay"),
}
# fmt: on


@pytest.mark.parametrize("case", TIES.values(), ids=TIES.keys())
def test_a_tie_with_a_boundary_is_no_matter_of_rounding(
    case: tuple[str, str, str, list[Fraction], str],
) -> None:
    target, p1, p2, shares, move = case
    options = TiteOptions(suspend_above=Decimal(1))
    found = assign_move(
        1, 1, shares, target_rate=Decimal(target), p1=Decimal(p1), p2=Decimal(p2), options=options
    )
    assert found == move


def test_a_rate_that_can_at_best_tie_with_lambda_d_is_settled_and_not_suspended() -> None:
    rule: _Rates = {"target_rate": Decimal("0.4"), "p1": Decimal("0.2"), "p2": Decimal("0.6")}
    options = TiteOptions(suspend_above=Decimal("0.4"))
    assert assign_move(1, 1, [HALF], **rule, options=options) == "de_escalate"
    # three treated: with one DLT the rate could still come to 1/3
    assert assign_move(1, 1, [HALF, HALF], **rule, options=options) == "suspend"


def test_follow_up_counted_in_seconds_is_compared_as_exactly() -> None:
    window = 14 * 86_400
    lambda_e = compute_boundaries(**_rates("0.25"))[0]
    limit = int((1 / lambda_e - 5) * window)  # one DLT: escalate from an effective number of 1 / lambda_e on
    rest = Fraction(1, 7)
    options = TiteOptions(suspend_above=Decimal(1))
    moves = [
        _move(5, 1, [Fraction(seconds, window) - rest, rest], "0.25", options)
        for seconds in (limit, limit + 1)
    ]
    assert moves == ["stay", "escalate"]


@pytest.mark.parametrize("target", ["0.2", "0.25", "0.3", "0.33", "0.4"])
@pytest.mark.parametrize("estimate", BOTH)
def test_with_every_window_complete_it_is_boin(target: str, estimate: TiteEstimate) -> None:
    rule = _rates(target)
    for n in range(1, 19):
        for n_dlt in range(n + 1):
            move = _move(n, n_dlt, [], target, TiteOptions(estimate=estimate))
            is_low = is_at_or_below_escalation_boundary(
                n, n_dlt, target_rate=rule["target_rate"], p1=rule["p1"]
            )
            is_high = is_at_or_above_de_escalation_boundary(
                n, n_dlt, target_rate=rule["target_rate"], p2=rule["p2"]
            )
            assert move == ("escalate" if is_low else "de_escalate" if is_high else "stay")


# --- second implementation and properties

NEAR = 1e-9


@st.composite
def _situations(draw: st.DrawFn) -> tuple[int, int, list[Fraction], str]:
    n_evaluable = draw(st.integers(0, 12))
    n_dlt = draw(st.integers(0, n_evaluable))
    shares = draw(st.lists(st.fractions(0, 1, max_denominator=28).filter(lambda w: w < 1), max_size=8))
    if not n_evaluable + len(shares):
        n_evaluable = 1
    return n_evaluable, n_dlt, shares, draw(st.sampled_from(["0.2", "0.25", "0.3", "0.33"]))


OPTIONS = st.builds(
    TiteOptions,
    suspend_above=st.sampled_from([Decimal("0.49"), Decimal("0.5"), Decimal("0.65"), Decimal(1)]),
    estimate=st.sampled_from(BOTH),
    fewest_complete_to_escalate=st.integers(1, 3),
)


@settings(max_examples=400, deadline=None)
@given(_situations(), OPTIONS)
def test_the_move_is_that_of_a_second_implementation(
    situation: tuple[int, int, list[Fraction], str], options: TiteOptions
) -> None:
    n_evaluable, n_dlt, shares, target = situation
    rule = _rates(target)
    expected = tite_rules.boin_moves(
        n_dlt,
        n_evaluable,
        [float(share) for share in shares],
        float(rule["target_rate"]),
        float(rule["p1"]),
        float(rule["p2"]),
        options.estimate,
        suspend_above=float(options.suspend_above),
        fewest=options.fewest_complete_to_escalate,
        near=NEAR,
    )
    assert _move(n_evaluable, n_dlt, shares, target, options) in expected


@settings(max_examples=200, deadline=None)
@given(_situations())
def test_estimated_rates_are_those_of_a_second_implementation(
    situation: tuple[int, int, list[Fraction], str],
) -> None:
    n_evaluable, n_dlt, shares, target = situation
    floats = [float(share) for share in shares]
    imputed = compute_imputed_rate(n_evaluable, n_dlt, len(shares), sum(shares, Fraction(0)), Decimal(target))
    assert float(imputed) == pytest.approx(
        tite_rules.rate_by_imputation(n_dlt, n_evaluable, floats, float(target)), abs=1e-12
    )
    if n_dlt:
        effective = n_dlt / compute_effective_n(n_evaluable, shares)
        assert float(effective) == pytest.approx(
            tite_rules.rate_by_effective_number(n_dlt, n_evaluable, floats), abs=1e-12
        )


@settings(max_examples=200, deadline=None)
@given(_situations(), OPTIONS, st.fractions(0, 1, max_denominator=50))
def test_longer_follow_up_without_a_dlt_never_lowers_the_level(
    situation: tuple[int, int, list[Fraction], str], options: TiteOptions, part: Fraction
) -> None:
    n_evaluable, n_dlt, shares, target = situation
    order = {"de_escalate": 0, "stay": 1, "suspend": 2, "escalate": 2}
    later = [share + part * (1 - share) * Fraction(9, 10) for share in shares]
    now, then = (_move(n_evaluable, n_dlt, seen, target, options) for seen in (shares, later))
    assert order[now] <= order[then]


@settings(max_examples=100, deadline=None)
@given(_situations(), OPTIONS)
def test_the_printed_row_says_what_the_move_is(
    situation: tuple[int, int, list[Fraction], str], options: TiteOptions
) -> None:
    n_evaluable, n_dlt, shares, target = situation
    treated, stft = n_evaluable + len(shares), sum(shares, Fraction(0))
    rows = compute_boundary_rows([treated], **_rates(target), options=options)
    row = next(
        row for row in rows if row.n_dlt == n_dlt and row.fewest_pending <= len(shares) <= row.most_pending
    )
    said = row.move or "stay"
    if row.escalate_from is not None and stft >= row.escalate_from:
        said = "escalate"
    if row.suspend_from is not None and stft >= row.suspend_from:
        said = "suspend"
    if row.de_escalate_to is not None and stft <= row.de_escalate_to:
        said = "de_escalate"
    assert _move(n_evaluable, n_dlt, shares, target, options) == said


@settings(max_examples=200, deadline=None)
@given(st.fractions(1, 50, max_denominator=40), st.integers(1, 12), st.integers(1, 12), st.integers(-1, 1))
def test_a_quotient_of_logarithms_that_is_rational_is_met_exactly(
    root: Fraction, a: int, b: int, side: int
) -> None:
    root += 1
    rate = Fraction(a, b) + side * Fraction(1, 10**50)
    assert compare_with_quotient(rate, root**a, root**b) == side


# --- bad input


def test_bad_options_are_named_one_by_one() -> None:
    bad = TiteOptions(suspend_above=Decimal(0), estimate="guess", fewest_complete_to_escalate=0)  # type: ignore[arg-type]  # meant
    assert [str(fault) for fault in check_tite_options(bad)] == [
        "suspend_above: suspend_above is 0, not between 0 and 1; write a number above 0 and below 1",
        "estimate: estimate 'guess' is not known; write effective_n or imputed",
        "fewest_complete_to_escalate: fewest_complete_to_escalate is 0, not a whole number from 1; write 1 or more",
    ]


@pytest.mark.parametrize("share", ["NaN", "1.01", "-0.5", "half"])
def test_a_share_that_is_none_cannot_suspend(share: str) -> None:
    faults = check_tite_options(TiteOptions(suspend_above=share))  # type: ignore[arg-type]  # as a file may say
    assert [fault.clause for fault in faults] == ["suspend_above"]
    assert share in faults[0].what


def test_good_options_have_no_fault() -> None:
    for share in ("0.01", "0.5", "1"):
        assert not check_tite_options(TiteOptions(suspend_above=Decimal(share)))


# fmt: off
BAD_COUNTS = {
    "window complete":    (3, 0, [Fraction(1)], "was seen through 1 of the DLT window"),
    "longer than window": (3, 0, [Fraction(5, 4)], "was seen through 5/4 of the DLT window"),
    "before the window":  (3, 0, [Fraction(-1, 14)], "was seen through -1/14 of the DLT window"),
    "no number":          (3, 0, [float("nan")], "was seen through nan of the DLT window"),
    "fewer than nobody":  (-1, 0, [], "n_evaluable is -1"),
    "fewer than no DLT":  (3, -2, [], "n_dlt is -2"),
    "more than all":      (3, 4, [], "4 participants have a DLT out of 3 evaluable"),
}
# fmt: on


@pytest.mark.parametrize("case", BAD_COUNTS.values(), ids=BAD_COUNTS.keys())
def test_impossible_counts_are_named(case: tuple[int, int, list[Fraction], str]) -> None:
    n_evaluable, n_dlt, shares, said = case
    faults = check_follow_up(n_evaluable, n_dlt, shares)
    assert any(said in fault.what for fault in faults)


def test_possible_counts_have_no_fault() -> None:
    assert not check_follow_up(3, 3, [Fraction(0), Fraction(13, 14)])

"""What holds for every design at every count that it can reach or that is thrown at it."""

from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from tests.double import boin_by_formula as double

from firstdose.design import (
    Action,
    DecisionTable,
    DesignSpecification,
    Tallies,
    Titration,
    compile_table,
    compute_operating_characteristics,
    recommend,
    select_mtd,
)
from firstdose.design.rules.algorithmic import ALGORITHMIC
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.specification import RULES, TITE_RULES
from firstdose.terms.outcomes import NotDerived

TREATING = {Action.ESCALATE, Action.STAY, Action.DE_ESCALATE}
N_LEVELS = 4
SKELETON = tuple(map(Decimal, ("0.08", "0.16", "0.26", "0.37")))
TRIED = [rule for rule in RULES if rule not in TITE_RULES and rule != "blrm"]
"""With every window complete a time-to-event rule is BOIN or the CRM; the BLRM is slow, and has tests of its own."""


@st.composite
def _designs(draw: st.DrawFn) -> DecisionTable:
    rule = draw(st.sampled_from(TRIED))
    counts = rule in ALGORITHMIC
    target = draw(st.sampled_from([Decimal("0.2"), Decimal("0.25"), Decimal("0.3"), Decimal("0.33")]))
    model = CrmSpecification(skeleton=SKELETON, target_rate=target) if rule == "crm" else UNSET
    cohort_size = 3 if counts else draw(st.integers(1, 4))
    max_n_per_level = draw(st.integers(6, 12))
    spec = DesignSpecification(
        rule=rule,
        n_levels=N_LEVELS,
        target_rate=target,
        crm=model,
        cohort_size=cohort_size,
        start_level=draw(st.integers(1, 2)),
        titration=draw(st.sampled_from([None, Titration(), Titration(3)])),
        max_n=draw(st.integers(max_n_per_level, 18)),
        max_n_per_level=max_n_per_level,
        mtd_min_n=draw(st.integers(1, 6)),
        six_at_mtd=draw(st.booleans()),
        stop_at_top_level=draw(st.booleans()),
        extra_safe_offset=None if counts or rule == "crm" else draw(st.sampled_from([None, Decimal("0.05")])),
    )
    return compile_table(spec)


@st.composite
def _states(draw: st.DrawFn) -> tuple[DecisionTable, Tallies, int, bool]:
    table = draw(_designs())
    left, n, n_dlt = table.specification.max_n, [], []
    for _ in range(N_LEVELS):
        here = draw(st.integers(0, min(left, 9)))
        left -= here
        n.append(here)
        n_dlt.append(draw(st.integers(0, here)))
    tallies = Tallies(tuple(n), tuple(n_dlt), (0,) * N_LEVELS)
    return table, tallies, draw(st.integers(1, N_LEVELS)), draw(st.booleans())


def _lowest_closed(table: DecisionTable, tallies: Tallies) -> int:
    pairs = zip(tallies.n_evaluable, tallies.n_dlt, strict=True)
    closed = [
        level for level, (n, y) in enumerate(pairs, start=1) if table.eliminated and table.eliminated[n][y]
    ]
    return min(closed, default=N_LEVELS + 1)


@settings(deadline=None)
@given(_states())
def test_nobody_is_treated_on_a_closed_level_nor_one_skipped_nor_a_cap_passed(
    case: tuple[DecisionTable, Tallies, int, bool],
) -> None:
    table, tallies, level, ended = case
    spec = table.specification
    found = recommend(table, tallies, level, titration_ended=ended)
    if found.action in TREATING:
        assert found.level is not None
        assert found.level < _lowest_closed(table, tallies)
        assert found.level <= level + 1
        assert found.cohort_size >= 1
        assert sum(tallies.n_evaluable) + found.cohort_size <= spec.max_n
        assert tallies.n_evaluable[found.level - 1] + found.cohort_size <= spec.max_n_per_level
        moved = {Action.ESCALATE: found.level == level + 1, Action.STAY: found.level == level}
        assert moved.get(found.action, found.level < level)
    else:
        assert found.cohort_size == 0
        assert found.level is None or found.level < _lowest_closed(table, tallies)


@settings(deadline=None)
@given(_states())
def test_one_more_dlt_never_leads_higher(case: tuple[DecisionTable, Tallies, int, bool]) -> None:
    table, tallies, level, ended = case
    place = level - 1
    if tallies.n_dlt[place] == tallies.n_evaluable[place]:
        return
    more = list(tallies.n_dlt)
    more[place] += 1
    fewer_found = recommend(table, tallies, level, titration_ended=ended)
    more_found = recommend(
        table, msgspec.structs.replace(tallies, n_dlt=tuple(more)), level, titration_ended=ended
    )
    if fewer_found.action is Action.STOP_TOO_TOXIC:
        assert more_found.action is Action.STOP_TOO_TOXIC
    if {fewer_found.action, more_found.action} <= TREATING:
        assert (more_found.level or 0) <= (fewer_found.level or 0)


@settings(deadline=None)
@given(_states())
def test_no_escalation_when_the_observed_rate_is_above_the_target(
    case: tuple[DecisionTable, Tallies, int, bool],
) -> None:
    table, tallies, level, ended = case
    n, n_dlt = tallies.n_evaluable[level - 1], tallies.n_dlt[level - 1]
    if n and Fraction(n_dlt, n) > Fraction(table.specification.target_rate):
        assert recommend(table, tallies, level, titration_ended=ended).action is not Action.ESCALATE


@settings(deadline=None)
@given(_states(), st.integers(0, N_LEVELS))
def test_a_cap_is_never_passed(case: tuple[DecisionTable, Tallies, int, bool], cap: int) -> None:
    table, tallies, level, ended = case
    found = recommend(table, tallies, level, titration_ended=ended, cap_level=cap)
    assert found.level is None or found.level <= cap


@settings(deadline=None)
@given(_states(), st.integers(0, N_LEVELS - 1), st.integers(1, 3))
def test_an_open_window_at_any_level_is_waited_for(
    case: tuple[DecisionTable, Tallies, int, bool], place: int, n_open: int
) -> None:
    table, tallies, level, ended = case
    # the rolling six alone counts those who are pending at the level
    assume(table.specification.rule != "rolling_six" or place != level - 1)
    pending = tuple(n_open if k == place else 0 for k in range(N_LEVELS))
    waiting = msgspec.structs.replace(tallies, n_pending=pending)
    found = recommend(table, waiting, level, titration_ended=ended)
    assert (found.action, found.level, found.cohort_size) == (Action.WAIT, None, 0)
    assert str(n_open) in found.reason_text.en
    assert str(n_open) in found.reason_text.zh
    assert select_mtd(table, waiting) == NotDerived(
        "window_open", f"participants inside their DLT window: {n_open}"
    )


@settings(max_examples=25, deadline=None)
@given(_designs(), st.lists(st.floats(0, 1), min_size=N_LEVELS, max_size=N_LEVELS))
def test_every_design_ends_and_its_probabilities_sum_to_one(table: DecisionTable, rates: list[float]) -> None:
    found = compute_operating_characteristics(table, rates)
    assert sum(found.p_selected) + found.p_none == pytest.approx(1, abs=1e-12)
    assert found.mean_n <= table.specification.max_n + 1e-9


def _boin_double(target: str) -> DecisionTable:
    return compile_table(
        DesignSpecification(
            rule="boin",
            n_levels=3,
            target_rate=Decimal(target),
            max_n=60,
            max_n_per_level=60,
            mtd_min_n=1,
            cohort_size=1,
            stop_at_top_level=False,
        )
    )


@pytest.mark.parametrize("target", ["0.2", "0.25", "0.3"])
def test_the_next_level_agrees_with_a_second_implementation_for_every_count_up_to_18(target: str) -> None:
    table = _boin_double(target)
    above = ((0, 0), (3, 0), (3, 2), (3, 3))
    for n in range(1, 19):
        for y in range(n + 1):
            for n_above, y_above in above:
                counts, events = (3, n, n_above), (0, y, y_above)
                found = recommend(table, Tallies(counts, events, (0, 0, 0)), 2)
                assert (found.level or 0) == double.next_level(counts, events, 2, float(target)), counts
            counts, events = (n, 0, 0), (y, 0, 0)
            found = recommend(table, Tallies(counts, events, (0, 0, 0)), 1)
            assert (found.level or 0) == double.next_level(counts, events, 1, float(target)), counts


@st.composite
def _counts(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    n = tuple(draw(st.integers(0, 18)) for _ in range(3))
    return n, tuple(draw(st.integers(0, here)) for here in n)


@settings(max_examples=400, deadline=None)
@given(_counts(), st.sampled_from(["0.2", "0.25", "0.3"]))
def test_the_mtd_agrees_with_a_second_implementation(
    counts: tuple[tuple[int, ...], tuple[int, ...]], target: str
) -> None:
    n, n_dlt = counts
    found = select_mtd(_TABLES[target], Tallies(n, n_dlt, (0, 0, 0)))
    assert (0 if isinstance(found, NotDerived) else found) == double.mtd(n, n_dlt, float(target))


_TABLES = {target: _boin_double(target) for target in ("0.2", "0.25", "0.3")}

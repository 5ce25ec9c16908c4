"""B cells after the infusion: nadir, depletion, aplasia, recovery, reconstitution and subsets."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstdose.derive.pharmacodynamics.b_cells import (
    Aplasia,
    Depletion,
    TimeToEvent,
    derive_aplasia,
    derive_deep_depletion,
    derive_nadir,
    derive_percent_depletion,
    derive_reconstitution,
    derive_recovery,
    derive_time_to_depletion,
)
from firstdose.derive.pharmacodynamics.measurements import Measurement
from firstdose.derive.pharmacodynamics.subsets import (
    Subset,
    SubsetShares,
    derive_immune_reset,
    derive_subset_share,
)
from firstdose.terms.outcomes import NotDerived

DEPLETED, RECOVERED, LLN = Decimal(1), Decimal(10), Decimal(100)
Course = list[tuple[int, str]]


def counts_of(course: Course) -> list[Measurement]:
    """A course as (day, count); "<1" is below a limit of 1, "" is missing."""
    return [
        Measurement(
            time_d=Decimal(day),
            value=Decimal(said) if said and said[0] != "<" else None,
            is_below_quantification=said.startswith("<"),
            lloq=Decimal(said[1:]) if said.startswith("<") else None,
            source=position,
        )
        for position, (day, said) in enumerate(course)
    ]


def baseline_of(said: str) -> Measurement:
    return counts_of([(-6, said)])[0]


# fmt: off
# course after the infusion, baseline; nadir (day), percent, lower bound, deep
DEPLETIONS: dict[str, tuple[Course, str, int | str, str, bool, bool | str]] = {
    # --- exactly 99 % is deep, just less is not
    "99 % exactly":           ([(3, "5"), (7, "1"), (14, "20")], "100", 7, "99", False, True),
    "just less":              ([(3, "5"), (7, "1.001")], "100", 7, "98.999", False, False),
    # --- the earliest of equal counts
    "two equal nadirs":       ([(3, "2"), (7, "2")], "100", 3, "98", False, False),
    # --- below quantification bounds the fall from below: enough to say yes, never to say no
    "below, enough":          ([(3, "5"), (7, "<1")], "100", 7, "99", True, True),
    "below, not enough":      ([(3, "5"), (7, "<1")], "90", 7, "98.9", True, "nadir_below_quantification"),
    "below a raised limit":   ([(3, "<5"), (7, "2")], "100", 7, "98", True, "nadir_below_quantification"),
    # --- values up to the infusion are not the nadir
    "lowest before infusion": ([(0, "0"), (3, "40")], "100", 3, "60", False, False),
    "never under baseline":   ([(3, "150")], "100", 3, "-50", False, False),
}
# fmt: on


@pytest.mark.parametrize("case", DEPLETIONS.values(), ids=DEPLETIONS.keys())
def test_nadir_and_percent_depletion(case: tuple[Course, str, int, str, bool, bool | str]) -> None:
    course, base, nadir_day, percent, is_bound, deep = case
    counts = counts_of(course)
    nadir = derive_nadir(counts)
    assert isinstance(nadir, Measurement)
    assert int(nadir.time_d) == nadir_day
    found = derive_percent_depletion(counts, baseline_of(base))
    assert isinstance(found, Depletion)
    assert found.percent.quantize(Decimal("0.1")) == Decimal(percent).quantize(Decimal("0.1"))
    assert found.is_lower_bound is is_bound
    is_deep = derive_deep_depletion(found)
    assert (is_deep.reason if isinstance(is_deep, NotDerived) else is_deep) == deep


@pytest.mark.parametrize(
    ("course", "baseline", "reason"),
    [
        ([(3, "5")], NotDerived("no_baseline"), "no_baseline"),
        ([(3, "5")], baseline_of(""), "no_baseline"),
        ([(3, "5")], baseline_of("0"), "baseline_zero"),
        ([(3, "5")], baseline_of("<1"), "baseline_below_quantification"),
        ([(0, "5"), (3, "")], baseline_of("100"), "no_sample_after_infusion"),
    ],
)
def test_no_percent_depletion_without_a_baseline_and_a_count(
    course: Course, baseline: Measurement | NotDerived, reason: str
) -> None:
    found = derive_percent_depletion(counts_of(course), baseline)
    assert isinstance(found, NotDerived)
    assert found.reason == reason
    assert derive_deep_depletion(found) is found


# fmt: off
# day and whether the event was seen, with the last day without it
Event = tuple[int, bool, int | None] | str
COURSES: dict[str, tuple[Course, Event, Event, tuple[int, int, bool] | str, Event]] = {
    # course                                time to depletion, recovery, aplasia, reconstitution
    # --- under the threshold, not at it
    "at the threshold":     ([(3, "1"), (7, "1")], (7, False, None), "never_depleted", "never_depleted",
                             "never_depleted"),
    "just under":           ([(3, "1"), (7, "0.9"), (14, "2")], (7, True, 3), (14, False, None),
                             (7, 14, True), (14, False, None)),
    # --- below quantification is depleted, whatever its limit
    "below quantification": ([(3, "<5")], (3, True, None), (3, False, None), (3, 3, True), (3, False, None)),
    # --- recovery: at the threshold on two in a row, from the first of them
    "two in a row":         ([(3, "0"), (28, "9.9"), (56, "10"), (84, "10"), (168, "99")],
                             (3, True, None), (56, True, 28), (3, 56, False), (168, False, None)),
    "one, then back":       ([(3, "0"), (28, "10"), (56, "9"), (84, "12"), (168, "30")],
                             (3, True, None), (84, True, 56), (3, 84, False), (168, False, None)),
    "one at the end":       ([(3, "0"), (28, "5"), (56, "12")], (3, True, None), (56, False, None),
                             (3, 56, True), (56, False, None)),
    "one missing between":  ([(3, "0"), (28, "12"), (56, ""), (84, "12")], (3, True, None), (28, True, 3),
                             (3, 28, False), (84, False, None)),
    # --- reconstitution: at the lower limit of normal, once
    "at the limit":         ([(3, "0"), (84, "99"), (168, "100")], (3, True, None), (84, True, 3),
                             (3, 84, False), (168, True, 84)),
    # --- high counts before depletion are no recovery
    "high before":          ([(1, "150"), (3, "150"), (7, "0")], (7, True, 3), (7, False, None), (7, 7, True),
                             (7, False, None)),
    # --- nobody looked after the infusion
    "no sample":            ([(0, "0"), (3, "")], "no_sample_after_infusion", "no_sample_after_infusion",
                             "no_sample_after_infusion", "no_sample_after_infusion"),
}
# fmt: on


def told(found: TimeToEvent | Aplasia | NotDerived) -> object:
    if isinstance(found, NotDerived):
        return found.reason
    if isinstance(found, Aplasia):
        assert found.duration_d == found.end_d - found.start_d
        return int(found.start_d), int(found.end_d), found.is_censored
    return int(found.time_d), found.had_event, None if found.after_d is None else int(found.after_d)


@pytest.mark.parametrize("case", COURSES.values(), ids=COURSES.keys())
def test_depletion_recovery_aplasia_and_reconstitution(
    case: tuple[Course, object, object, object, object],
) -> None:
    course, *expected = case
    counts = counts_of(course)
    assert [
        told(derive_time_to_depletion(counts, threshold_cells_per_ul=DEPLETED)),
        told(
            derive_recovery(
                counts, depleted_below_cells_per_ul=DEPLETED, recovered_from_cells_per_ul=RECOVERED
            )
        ),
        told(
            derive_aplasia(
                counts, depleted_below_cells_per_ul=DEPLETED, recovered_from_cells_per_ul=RECOVERED
            )
        ),
        told(derive_reconstitution(counts, depleted_below_cells_per_ul=DEPLETED, lln_cells_per_ul=LLN)),
    ] == expected


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 30)), min_size=1, max_size=12))
def test_aplasia_never_lasts_less_than_nothing_and_starts_at_depletion(rows: list[tuple[int, int]]) -> None:
    counts = counts_of([(day, str(count)) for day, count in rows])
    aplasia = derive_aplasia(
        counts, depleted_below_cells_per_ul=DEPLETED, recovered_from_cells_per_ul=RECOVERED
    )
    depletion = derive_time_to_depletion(counts, threshold_cells_per_ul=DEPLETED)
    assert isinstance(depletion, TimeToEvent)
    assert isinstance(aplasia, Aplasia) == depletion.had_event
    if isinstance(aplasia, Aplasia):
        assert aplasia.duration_d >= 0
        assert aplasia.start_d == depletion.time_d


ODD_NUMBERS = st.one_of(st.none(), st.decimals(allow_nan=True, allow_infinity=True), st.just(Decimal("sNaN")))
ODD_COUNTS = st.lists(
    st.builds(
        Measurement,
        time_d=st.one_of(st.decimals(allow_nan=True), st.integers(-9, 90).map(Decimal)),
        value=ODD_NUMBERS,
        is_below_quantification=st.booleans(),
        lloq=ODD_NUMBERS,
        source=st.integers(0, 9),
    ),
    max_size=8,
)


@given(ODD_COUNTS)
def test_bad_counts_give_reasons_and_never_an_exception(counts: list[Measurement]) -> None:
    nadir = derive_nadir(counts)
    depletion = derive_time_to_depletion(counts, threshold_cells_per_ul=DEPLETED)
    assert isinstance(nadir, NotDerived) == isinstance(depletion, NotDerived)
    for baseline in counts[:1]:
        derive_deep_depletion(derive_percent_depletion(counts, baseline))
    derive_aplasia(counts, depleted_below_cells_per_ul=DEPLETED, recovered_from_cells_per_ul=RECOVERED)


# fmt: off
SHARES: dict[str, tuple[int | None, int | None, Decimal | str]] = {
    # --- the smallest parent count counts
    "parent just enough":     (10, 50, Decimal(20)),
    "parent one too few":     (10, 49, "parent_count_too_small"),
    # --- all and none
    "none":                   (0, 50, Decimal(0)),
    "all":                    (50, 50, Decimal(100)),
    # --- not a share
    "more than the parent":   (51, 50, "count_out_of_range"),
    "negative":               (-1, 50, "count_out_of_range"),
    "not counted":            (None, 50, "not_measured"),
    "parent not counted":     (10, None, "not_measured"),
}
# fmt: on


@pytest.mark.parametrize("case", SHARES.values(), ids=SHARES.keys())
def test_share_of_a_subset_needs_enough_b_cells(case: tuple[int | None, int | None, Decimal | str]) -> None:
    n_subset, n_parent, expected = case
    found = derive_subset_share(n_subset, n_parent, min_parent=50)
    assert (found.reason if isinstance(found, NotDerived) else found) == expected


def test_no_b_cells_give_no_share_even_without_a_minimum() -> None:
    assert isinstance(derive_subset_share(0, 0, min_parent=0), NotDerived)


def test_every_subset_has_both_names_and_its_markers() -> None:
    assert len({subset.markers for subset in Subset}) == 6
    assert all(subset.text.en and subset.text.zh for subset in Subset)


UNKNOWN = NotDerived("parent_count_too_small")
# fmt: off
RESETS: dict[str, tuple[tuple[int, int, int], tuple[int | None, int, int], bool | str]] = {
    # naive, switched memory, plasmablast: before; after
    "all three":                    ((40, 20, 6), (80, 5, 1), True),
    "naive no higher":              ((40, 20, 6), (40, 5, 1), False),
    "memory no lower":              ((40, 20, 6), (80, 20, 1), False),
    "plasmablasts no lower":        ((40, 20, 6), (80, 5, 6), False),
    # --- a part that is known to fail decides, one that is not known does not
    "naive unknown, memory fails":  ((40, 20, 6), (None, 20, 1), False),
    "naive unknown":                ((40, 20, 6), (None, 5, 1), "share_not_known"),
}
# fmt: on


@pytest.mark.parametrize("case", RESETS.values(), ids=RESETS.keys())
def test_immune_reset_needs_all_three_shares(
    case: tuple[tuple[int, int, int], tuple[int | None, int, int], bool | str],
) -> None:
    before, after, expected = case

    def shares(naive: int | None, memory: int, plasmablast: int) -> SubsetShares:
        return SubsetShares(
            naive_percent=UNKNOWN if naive is None else Decimal(naive),
            switched_memory_percent=Decimal(memory),
            plasmablast_percent=Decimal(plasmablast),
        )

    found = derive_immune_reset(shares(*before), shares(*after))
    assert (found.reason if isinstance(found, NotDerived) else found) == expected

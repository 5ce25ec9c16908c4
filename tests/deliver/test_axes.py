"""Axes cover the data with a few round ticks."""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstdose.deliver.figures.axes import (
    Axis,
    choose_linear_ticks,
    choose_log_ticks,
    choose_time_ticks,
    label_ticks,
    thin_labels,
)
from firstdose.deliver.figures.svg import SMALL_SIZE, measure_text

LEVELS = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False)
POSITIVE = st.floats(min_value=1e-12, max_value=1e15, allow_nan=False)
DAYS = st.floats(min_value=-400, max_value=6000, allow_nan=False)


def _leading_digits(number: Decimal) -> str:
    return "".join(str(digit) for digit in number.as_tuple().digits).strip("0")


def _choose_weeks(low: float, high: float) -> tuple[Decimal, ...]:
    return choose_time_ticks(low, high, "week")


@pytest.mark.parametrize(
    ("choose", "values"),
    [
        (choose_linear_ticks, DAYS),
        (choose_time_ticks, DAYS),
        (_choose_weeks, DAYS),
        (choose_log_ticks, POSITIVE),
    ],
)
@given(data=st.data())
def test_ticks_cover_the_data_and_are_between_three_and_nine(
    choose: Callable[[float, float], tuple[Decimal, ...]],
    values: st.SearchStrategy[float],
    data: st.DataObject,
) -> None:
    low, high = sorted((data.draw(values), data.draw(values)))
    ticks = choose(low, high)
    assert 3 <= len(ticks) <= 9
    assert ticks[0] <= Decimal(repr(low))
    assert ticks[-1] >= Decimal(repr(high))
    assert list(ticks) == sorted(set(ticks))


@given(LEVELS, LEVELS)
def test_linear_ticks_are_evenly_spaced_by_a_round_step(first: float, second: float) -> None:
    ticks = choose_linear_ticks(min(first, second), max(first, second))
    steps = {later - tick for tick, later in pairwise(ticks)}
    assert len(steps) == 1
    assert _leading_digits(steps.pop()) in {"1", "2", "5"}
    assert 3 <= len(ticks) <= 9


@given(POSITIVE, POSITIVE)
def test_ticks_of_a_logarithmic_axis_are_one_two_or_five_times_a_power_of_ten(
    first: float, second: float
) -> None:
    ticks = choose_log_ticks(first, second)
    assert {_leading_digits(tick) for tick in ticks} <= {"1", "2", "5"}


def test_a_logarithmic_axis_does_not_begin_at_zero() -> None:
    with pytest.raises(ValueError, match="above zero"):
        choose_log_ticks(0, 10)


@given(LEVELS, LEVELS, LEVELS)
def test_a_value_stands_between_the_ends_of_its_axis(low: float, high: float, value: float) -> None:
    axis = Axis(ticks=choose_linear_ticks(low, high), start_px=300.0, end_px=20.0)
    assert 20 <= axis.place(value) <= 300


def test_equal_ratios_are_equal_distances_on_a_logarithmic_axis() -> None:
    axis = Axis(ticks=choose_log_ticks(1, 1000), start_px=0.0, end_px=300.0, is_log=True)
    assert [round(axis.place(value), 6) for value in (1, 10, 100, 1000)] == [0, 100, 200, 300]


@given(st.lists(st.tuples(st.floats(0, 700), st.text("D0123456789周", min_size=1, max_size=8)), max_size=30))
def test_labels_that_are_kept_do_not_touch(labelled: list[tuple[float, str]]) -> None:
    places = [place for place, _ in labelled]
    labels = [label for _, label in labelled]
    kept = sorted(thin_labels(places, labels), key=lambda i: places[i])
    for i, j in pairwise(kept):
        assert (
            places[i] + measure_text(labels[i], SMALL_SIZE) / 2
            < places[j] - measure_text(labels[j], SMALL_SIZE) / 2
        )


@given(LEVELS, LEVELS)
def test_no_two_ticks_have_the_same_label(low: float, high: float) -> None:
    labels = label_ticks(choose_linear_ticks(low, high))
    assert len(set(labels)) == len(labels)


# fmt: off
LABELS = {
    "weeks of days":       ((0, 28, 56), 7, "linear", ("0", "4", "8")),
    "same places":         ((Decimal("-0.5"), 0, Decimal("0.5")), 1, "linear", ("−0.5", "0.0", "0.5")),
    "large":               ((0, 50000, 100000), 1, "linear", ("0", "5×10⁴", "10⁵")),
    "large and negative":  ((-100000, 0, 100000), 1, "linear", ("−10⁵", "0", "10⁵")),
    "small, logarithmic":  ((Decimal("0.1"), 1, 10), 1, "log", ("0.1", "1", "10")),
}
# fmt: on


@pytest.mark.parametrize(("ticks", "divide_by", "kind", "labels"), LABELS.values(), ids=LABELS.keys())
def test_ticks_are_written_for_a_reader(
    ticks: tuple[Decimal | int, ...], divide_by: int, kind: str, labels: tuple[str, ...]
) -> None:
    assert label_ticks([Decimal(tick) for tick in ticks], is_log=kind == "log", divide_by=divide_by) == labels

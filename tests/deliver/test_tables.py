"""Cells keep what they were made of."""

from decimal import Decimal

import pytest

from firstdose.deliver.tables import (
    Cell,
    Column,
    Row,
    Table,
    cell_of_absence,
    cell_of_count,
    cell_of_count_of,
    cell_of_geometric_mean,
    cell_of_mean,
    cell_of_nothing,
    cell_of_number,
    cell_of_text,
    list_results,
)
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

WHO = ("P-0002", "P-0001")
ABSENT = NotDerived("no_baseline")


def _statistics(cell: Cell) -> dict[str, object]:
    return {statistic.name: statistic.value for statistic in cell.statistics}


def test_a_count_gives_back_the_participants_behind_it() -> None:
    cell = cell_of_count_of(WHO, ["P-0001", "P-0002", "P-0003"], positions=[4, 9])
    assert cell.participants == ("P-0001", "P-0002")
    assert cell.positions == (4, 9)
    assert cell.shown.en == "2/3 (66.7 %)"


def test_a_participant_with_two_events_counts_once() -> None:
    assert cell_of_count(["P-0001", "P-0001"]).value == 1
    assert cell_of_count_of(["P-0001", "P-0001"], 4).value == 1


def test_the_rate_and_its_interval_are_kept_unrounded() -> None:
    cell = cell_of_count_of(["P-0001"], 3, interval=(0.00840375, 0.90570))
    assert _statistics(cell) == {
        "n": 1,
        "N": 3,
        "rate": Decimal(1) / Decimal(3),
        "low": 0.00840375,
        "high": 0.90570,
    }
    assert cell.below.en == "[0.8, 90.6] %"


def test_an_interval_that_cannot_be_known_shows_its_reason() -> None:
    assert cell_of_count_of([], 0, interval=NotDerived("no_participants")).below.zh == "无受试者"


def test_nobody_is_counted_who_is_not_in_the_denominator() -> None:
    with pytest.raises(ValueError, match="P-0002"):
        cell_of_count_of(WHO, ["P-0001"])
    with pytest.raises(ValueError, match="not in the denominator"):
        cell_of_count_of(WHO, 1)


# fmt: off
ABSENCES = {
    "number":         cell_of_number(ABSENT, participants=WHO),
    "mean":           cell_of_mean(0, ABSENT, ABSENT, participants=WHO),
    "geometric mean": cell_of_geometric_mean(0, ABSENT, ABSENT, participants=WHO),
    "absence":        cell_of_absence(ABSENT, participants=WHO),
}
# fmt: on


@pytest.mark.parametrize("cell", ABSENCES.values(), ids=ABSENCES.keys())
def test_a_value_that_cannot_be_known_is_shown_as_its_reason(cell: Cell) -> None:
    assert cell.value == ABSENT
    assert (cell.shown.en, cell.shown.zh) == ("no baseline", "无基线值")
    assert cell.participants == WHO
    assert not cell.is_number


def test_a_mean_without_a_spread_says_why() -> None:
    assert cell_of_mean(1, Decimal(8), NotDerived("too_few")).shown.en == "8.0 (too few values)"
    assert cell_of_geometric_mean(1, 8.0, NotDerived("too_few")).shown.en == "8.00 (too few values)"


def test_a_median_stands_with_its_range() -> None:
    cell = cell_of_mean(4, Decimal("6.5"), 2, 1, kind="median", spread_high=12)
    assert cell.shown.en == "6.5 [2.0, 12.0]"
    assert _statistics(cell) == {"n": 4, "median": Decimal("6.5"), "low": 2, "high": 12}


def test_a_change_shows_its_direction() -> None:
    assert cell_of_number(Decimal("1.25"), 1, signed=True).shown.en == "+1.3"


def test_a_row_has_one_cell_a_column() -> None:
    with pytest.raises(ValueError, match="2 cells under 1 columns"):
        Table(
            key="t",
            title=Text("t", "t"),
            columns=(Column(key="a", label=Text("A", "A")),),
            rows=(Row(stub=Text("r", "r"), cells=(cell_of_nothing(), cell_of_nothing())),),
        )


def test_the_results_of_a_table_are_its_unrounded_numbers_in_long_form() -> None:
    table = Table(
        key="baseline",
        title=Text("Baseline", "基线"),
        columns=(Column(key="level_1", label=Text("1", "1")), Column(key="level_2", label=Text("2", "2"))),
        rows=(
            Row(
                stub=Text("Score", "评分"),
                group=Text("SLEDAI-2K", "SLEDAI-2K"),
                cells=(cell_of_number(Decimal("4.25"), 1), cell_of_absence(ABSENT)),
            ),
            Row(stub=Text("Note", "注"), cells=(cell_of_text(Text("a", "一")), cell_of_nothing())),
        ),
    )
    told = [(r.group, r.row, r.column, r.stat_name, r.stat) for r in list_results(table)]
    assert told == [
        ("SLEDAI-2K", "Score", "level_1", "value", Decimal("4.25")),
        ("SLEDAI-2K", "Score", "level_2", "not_derived", "no_baseline"),
    ]

"""Operating characteristics as tables and as a figure."""

from collections.abc import Sequence
from functools import cached_property
from math import sqrt
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.deliver.design.words import LEVEL, NONE, TRUE_RATE, name_levels
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.level_bars import LevelPanel, LevelSlot, render_level_bars
from firstdose.deliver.formatting import format_number, to_decimal
from firstdose.deliver.tables import Cell, Column, Row, Statistic, Table, cell_of_nothing
from firstdose.design import Calendar, compute_expected_duration_d
from firstdose.design.comparison import compute_p_correct, find_correct_levels, say_what_is_assumed
from firstdose.design.exact.scenarios import OVERDOSE_RATE, ScenarioCharacteristics
from firstdose.design.specification import DesignSpecification
from firstdose.terms.words import Language, Text

SELECTED = Text("Selected as MTD (%)", "选为MTD（%）")
MEAN_N = Text("Mean participants", "平均例数")
MEAN_DLT = Text("Mean with DLT", "平均DLT例数")
CORRECT = Text("Correct (%)", "正确（%）")
OVERDOSED = Text("Overdosed", "过量例数")
STOPPED = Text("Stopped (%)", "终止（%）")
_SCENARIO = Text("Scenario", "情景")
_ALL = Text("all", "合计")


class Means(NamedTuple):
    """Expected cohorts, those of them with a second participant, and participants."""

    mean_n_cohorts: float
    mean_n_seconds: float
    mean_n_since: float


class Computed(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Characteristics of one design under scenarios, with what is needed to tell them.

    ``basis`` says whether they are exact or simulated; ``names`` and ``true_rates`` are those of the scenarios.
    Where they are simulated, ``errors`` holds the Monte Carlo standard error of each number under its name, and
    ``n_trials`` how many trials there were in a scenario.
    """

    specification: DesignSpecification
    level_keys: tuple[str, ...]
    names: tuple[Text, ...]
    true_rates: NDArray[np.float64]
    found: ScenarioCharacteristics
    basis: Text
    errors: ScenarioCharacteristics | None = None
    n_trials: int | None = None
    calendar: Calendar | None = None
    """The times of the part, where its expected duration is told."""

    @cached_property
    def p_correct(self) -> NDArray[np.float64]:
        """The probability of a correct selection in each scenario."""
        return compute_p_correct(self.found, self.true_rates, self.specification.target_rate)

    def compute_duration_d(self, place: int) -> float | None:
        """The expected days from the first infusion to the last decision; None without a calendar or if simulated."""
        if self.calendar is None or self.errors is not None:
            return None
        means = (getattr(self.found, name)[place] for name in Means._fields)
        return compute_expected_duration_d(Means(*map(float, means)), self.calendar)

    def find_error(self, name: str, *place: int) -> float | None:
        """The standard error of a number; None where it is exact."""
        return None if self.errors is None else float(getattr(self.errors, name)[place])

    def find_error_of_p_correct(self, p_correct: float) -> float | None:
        """The standard error of the probability of a correct selection; None where it is exact."""
        return None if self.n_trials is None else sqrt(p_correct * (1 - p_correct) / (self.n_trials - 1))


def say_definitions(spec: DesignSpecification) -> tuple[Text, ...]:
    """What correct, overdosed and stopped mean in a table."""
    target = spec.target_rate
    correct = Text(
        f"Correct: the level whose true DLT rate is closest to the target {target} is selected (of equally close "
        f"levels, any); where every true rate exceeds {OVERDOSE_RATE}, none is.",
        f"正确：选出真实DLT率最接近目标{target}的水平（同样接近者均可）；所有真实DLT率均超过{OVERDOSE_RATE}时，不选出任何水平。",
    )
    rest = Text(
        f"Overdosed: mean participants at levels with a true DLT rate above {OVERDOSE_RATE}. Stopped: the part ends "
        "as too toxic.",
        f"过量：真实DLT率超过{OVERDOSE_RATE}的水平的平均例数。终止：该部分因毒性结束。",
    )
    return (correct, rest)


def percent(share: float, places: int = 1, error: float | None = None) -> Cell:
    """A probability in per cent, the unit being in the head of its column; its standard error in parentheses.

    Examples
    --------
    >>> percent(0.25, error=0.004).shown.en
    '25.0 (0.40)'
    """
    shown = format_number(100 * share, places)
    statistics = [Statistic("probability", share)]
    if error is not None:
        shown += f" ({format_number(100 * error, places + 1)})"
        statistics.append(Statistic("se", error))
    return Cell(value=share, shown=Text(shown, shown), statistics=tuple(statistics))


def mean(number: float, places: int, error: float | None = None) -> Cell:
    """A mean number of participants; its standard error in parentheses.

    Examples
    --------
    >>> mean(12.25, 1, 0.04).shown.en
    '12.3 (0.04)'
    """
    shown = format_number(number, places)
    statistics = [Statistic("mean", number)]
    if error is not None:
        shown += f" ({format_number(error, places + 1)})"
        statistics.append(Statistic("se", error))
    return Cell(value=number, shown=Text(shown, shown), statistics=tuple(statistics))


def tabulate_scenario(computed: Computed, title: Text, place: int = 0) -> Table:
    """One scenario: a row a level, one for the selection of none, and one for all levels together.

    Parameters
    ----------
    computed : Computed
    title : Text
        The design, as the title says it.
    place : int
        Which scenario, from 0.
    """
    written = write_rates(computed.true_rates[place].tolist())
    columns = (
        Column(key="true_dlt_rate", label=TRUE_RATE),
        Column(key="p_selected", label=SELECTED),
        Column(key="mean_n", label=MEAN_N),
        Column(key="mean_n_dlt", label=MEAN_DLT),
    )
    rows = [
        Row(
            stub=level,
            cells=(
                _rate(float(computed.true_rates[place, i]), written[i]),
                _cell(computed, "p_selected", place, i),
                _cell(computed, "mean_n_per_level", place, i, places=2),
                _cell(computed, "mean_n_dlt_per_level", place, i, places=2),
            ),
        )
        for i, level in enumerate(name_levels(computed.level_keys))
    ]
    nothing = cell_of_nothing()
    rows.append(Row(stub=NONE, cells=(nothing, _cell(computed, "p_none", place), nothing, nothing)))
    totals = (_cell(computed, "mean_n", place, places=2), _cell(computed, "mean_n_dlt", place, places=2))
    rows.append(Row(stub=_ALL, cells=(nothing, percent(1.0), *totals)))
    summary = [cell.shown.en for cell in list_cells(computed, place)[len(computed.level_keys) + 1 :]]
    told = Text(
        f"Correct {summary[0]} %; stopped {summary[4]} %; overdosed {summary[3]} participants.",
        f"正确{summary[0]} %；终止{summary[4]} %；过量{summary[3]}例。",
    )
    return Table(
        key="operating-characteristics",
        title=title,
        stubhead=LEVEL,
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            told,
            *_say_duration(computed, place),
            *say_definitions(computed.specification),
            *say_what_is_assumed(computed.specification, computed.specification),
        ),
        source=computed.basis,
    )


def _say_duration(computed: Computed, place: int) -> tuple[Text, ...]:
    """How long the part takes on average, and on which times that rests."""
    days, calendar = computed.compute_duration_d(place), computed.calendar
    if days is None or calendar is None:
        return ()
    window, first, later, review = (
        f"{value:g}"
        for value in (
            calendar.dlt_window_d,
            calendar.first_to_second_d,
            calendar.next_d,
            calendar.review_d,
        )
    )
    accrual = f"{calendar.accrual_d:.1f}"
    return (
        Text(
            f"Expected duration {days:.0f} days: a DLT window of {window} days, the second of a cohort {first} days "
            f"after the first at the earliest, later ones {later} days after the last, {review} days for a review, "
            f"a participant every {accrual} days.",
            f"预期历时{days:.0f}天：DLT观察窗{window}天，队列第2例最早在首例{first}天后，此后每例间隔{later}天，评审{review}天，"
            f"每{accrual}天有1例参与者。",
        ),
    )


def tabulate_scenarios(computed: Computed, title: Text) -> Table:
    """Many scenarios: a row each, with the selection of every level and the totals."""
    return Table(
        key="scenarios",
        title=title,
        stubhead=_SCENARIO,
        columns=list_columns(computed.level_keys),
        rows=tuple(
            Row(stub=name, cells=list_cells(computed, place)) for place, name in enumerate(computed.names)
        ),
        footnotes=(
            *say_definitions(computed.specification),
            *say_what_is_assumed(computed.specification, computed.specification),
        ),
        source=computed.basis,
    )


def list_columns(level_keys: Sequence[str]) -> tuple[Column, ...]:
    """Selection per level under one spanner, then the totals."""
    return (
        *(
            Column(key=f"p_selected_{level.en}", label=level, spanner=SELECTED)
            for level in (*name_levels(level_keys), NONE)
        ),
        Column(key="p_correct", label=CORRECT),
        Column(key="mean_n", label=MEAN_N),
        Column(key="mean_n_dlt", label=MEAN_DLT),
        Column(key="mean_n_overdose", label=OVERDOSED),
        Column(key="p_stop_too_toxic", label=STOPPED),
    )


def list_cells(computed: Computed, place: int) -> tuple[Cell, ...]:
    """The cells of one scenario under :func:`list_columns`."""
    p_correct = float(computed.p_correct[place])
    return (
        *(_cell(computed, "p_selected", place, i) for i in range(len(computed.level_keys))),
        _cell(computed, "p_none", place),
        percent(p_correct, error=computed.find_error_of_p_correct(p_correct)),
        _cell(computed, "mean_n", place),
        _cell(computed, "mean_n_dlt", place),
        _cell(computed, "mean_n_overdose", place),
        _cell(computed, "p_stop_too_toxic", place),
    )


def _cell(computed: Computed, name: str, *place: int, places: int = 1) -> Cell:
    number, error = float(getattr(computed.found, name)[place]), computed.find_error(name, *place)
    return percent(number, places, error) if name.startswith("p_") else mean(number, places, error)


def list_slots(computed: Computed, place: int, *, has_none: bool) -> tuple[LevelSlot, ...]:
    """The places along the axis of a figure: each level with its true rate, and none."""
    rates = computed.true_rates[place].tolist()
    written = write_rates(rates)
    correct = find_correct_levels(rates, computed.specification.target_rate)
    slots = [
        LevelSlot(
            label=level,
            below=Text(rate, rate),
            is_marked=number in correct,
        )
        for number, (level, rate) in enumerate(
            zip(name_levels(computed.level_keys), written, strict=True), start=1
        )
    ]
    if has_none:
        slots.append(LevelSlot(label=NONE, below=Text("", ""), is_marked=not correct))
    return tuple(slots)


def draw_characteristics(computed: Computed, title: Text, *, language: Language) -> Figure:
    """Selection at the left and participants at the right, one row a scenario.

    Raises
    ------
    ValueError
        If there are more scenarios than a figure can hold.
    """
    found = computed.found
    panels: list[LevelPanel] = []
    for place, name in enumerate(computed.names):
        selected = (*found.p_selected[place].tolist(), float(found.p_none[place]))
        panels.append(
            LevelPanel(
                heading=name,
                y_title=SELECTED,
                slots=list_slots(computed, place, has_none=True),
                values=(tuple(100 * share for share in selected),),
            )
        )
        panels.append(
            LevelPanel(
                heading=Text("", ""),
                y_title=MEAN_N,
                slots=list_slots(computed, place, has_none=False),
                values=(tuple(found.mean_n_per_level[place].tolist()),),
                of_which=tuple(found.mean_n_dlt_per_level[place].tolist()),
            )
        )
    return render_level_bars(
        "operating-characteristics",
        title,
        panels,
        (),
        n_columns=2,
        language=language,
        marked=Text("correct selection: true rate closest to the target", "正确选择：真实DLT率最接近目标"),
        part=Text("of these, with a DLT", "其中发生DLT"),
        below_title=TRUE_RATE,
        source=computed.basis,
    )


def write_rates(rates: Sequence[float]) -> tuple[str, ...]:
    """True DLT rates as they were given, all with the decimals of the longest, two at least.

    Examples
    --------
    >>> write_rates([0.1, 0.125, 0.3])
    ('0.100', '0.125', '0.300')
    """
    decimals = [to_decimal(float(rate)) for rate in rates]
    places = max(2, *(-exponent for one in decimals if isinstance(exponent := one.as_tuple().exponent, int)))
    return tuple(format_number(one, places) for one in decimals)


def _rate(rate: float, shown: str) -> Cell:
    return Cell(value=rate, shown=Text(shown, shown), statistics=(Statistic("value", rate),))

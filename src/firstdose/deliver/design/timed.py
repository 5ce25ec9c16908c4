"""What designs did in simulated trials on a calendar, as tables; BOIN12 stands beside them without one."""

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from firstdose.deliver.design.characteristics import (
    CORRECT,
    MEAN_DLT,
    MEAN_N,
    SELECTED,
    mean,
    percent,
    write_rates,
)
from firstdose.deliver.design.words import LEVEL, NONE, TRUE_RATE, name_levels
from firstdose.deliver.formatting import format_number
from firstdose.deliver.tables import Cell, Column, Row, Statistic, Table, cell_of_nothing
from firstdose.design import (
    TITLES,
    DesignSpecification,
    TimedCalendar,
    TimedCharacteristics,
    find_correct_levels,
)
from firstdose.design.exact.scenarios import OVERDOSE_RATE
from firstdose.design.simulated.time_models import (
    ArrivalModel,
    DltTimeModel,
    FixedArrivals,
    LogLogisticDltTimes,
    UniformDltTimes,
)
from firstdose.design.simulated.timed_sums import QUANTILES
from firstdose.design.specification import UTILITY_RULES
from firstdose.terms.words import Text

if TYPE_CHECKING:
    from firstdose.design.simulated.utility_trials import UtilityCharacteristics

RULE = Text("Rule", "规则")
_DURATION = Text("Duration (days)", "历时（天）")
_SUSPENDED = Text("Suspended (days)", "暂停（天）")
_BACKFILLED = Text("Backfilled", "回填例数")
_STOPPED = Text("Stopped (%)", "终止（%）")
_MEAN_RESPONSES = Text("Mean with response", "平均应答例数")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every design: the scenarios, the clocks, and how often trials were played.

    ``true_rates`` are scenarios by levels; ``response_rates`` are one per level, the same in every scenario.
    """

    level_keys: tuple[str, ...]
    names: tuple[Text, ...]
    true_rates: tuple[tuple[float, ...], ...]
    response_rates: tuple[float, ...] | None
    calendar: TimedCalendar
    arrivals: ArrivalModel
    dlt_times: DltTimeModel
    n_trials: int
    seed: int

    @property
    def basis(self) -> Text:
        """That the numbers are simulated, and from what."""
        return Text(
            f"simulated, {self.n_trials:,} trials, seed {self.seed}; in parentheses: Monte Carlo standard errors",
            f"模拟，{self.n_trials:,}次试验，种子{self.seed}；括号内为蒙特卡洛标准误",
        )


class TimedDesign(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One design with what it did in each scenario."""

    specification: DesignSpecification
    found: "tuple[TimedCharacteristics | UtilityCharacteristics, ...]"


def compute_share_correct(
    design: DesignSpecification, found: Any, true_rates: Sequence[float]
) -> tuple[float, float] | None:
    """The share of trials that select a level closest to the target, with its standard error.

    None for a rule that looks for the optimal biological dose: closest to the target is not its aim.
    """
    if design.rule in UTILITY_RULES:
        return None
    levels = find_correct_levels(true_rates, design.target_rate)
    share = sum(found.p_selected[level - 1] for level in levels) if levels else found.p_none
    share = min(share, 1.0)
    return share, sqrt(share * (1 - share) / (found.n_trials - 1))


def tabulate_timed_summary(setting: Setting, designs: Sequence[TimedDesign], title: Text) -> Table:
    """A row a rule, grouped by scenario: selection, participants, and the time that the part takes.

    Parameters
    ----------
    setting : Setting
    designs : sequence of TimedDesign
    title : Text
    """
    spans = [Text("mean", "均值"), *(Text(f"{100 * q:g} %", f"{100 * q:g} %") for q in QUANTILES)]
    columns = (
        Column(key="p_correct", label=CORRECT),
        Column(key="p_none", label=Text("None (%)", "未选出（%）")),
        Column(key="p_stop", label=_STOPPED),
        Column(key="mean_n", label=MEAN_N),
        Column(key="mean_n_backfilled", label=_BACKFILLED),
        *(Column(key=f"duration_{word.en}", label=word, spanner=_DURATION) for word in spans),
        Column(key="mean_suspended_d", label=_SUSPENDED),
    )
    return Table(
        key="timed-summary",
        title=title,
        stubhead=RULE,
        columns=columns,
        rows=tuple(
            Row(
                stub=TITLES[one.specification.rule],
                cells=_summarize(one.specification, one.found[place], setting.true_rates[place]),
                group=_name_scenario(setting, place),
            )
            for place in range(len(setting.names))
            for one in designs
        ),
        footnotes=tuple(_explain(setting, designs)),
        source=setting.basis,
    )


def tabulate_timed_levels(setting: Setting, designs: Sequence[TimedDesign], title: Text) -> Table:
    """A row a level of each rule in each scenario: who is treated there, and whether it is selected."""
    has_responses = any(one.specification.rule in UTILITY_RULES for one in designs)
    columns = (
        Column(key="true_dlt_rate", label=TRUE_RATE),
        Column(key="p_selected", label=SELECTED),
        Column(key="mean_n", label=MEAN_N),
        Column(key="mean_n_dlt", label=MEAN_DLT),
        *((Column(key="mean_n_efficacy", label=_MEAN_RESPONSES),) if has_responses else ()),
    )
    return Table(
        key="timed-levels",
        title=title,
        stubhead=LEVEL,
        columns=columns,
        rows=tuple(
            row
            for place in range(len(setting.names))
            for one in designs
            for row in _list_levels(setting, one, place, has_responses=has_responses)
        ),
        source=setting.basis,
    )


def _list_levels(setting: Setting, design: TimedDesign, place: int, *, has_responses: bool) -> list[Row]:
    title, name = TITLES[design.specification.rule], setting.names[place]
    group = Text(f"{title.en}, {name.en}", f"{title.zh}，{name.zh}")
    found, rates = design.found[place], setting.true_rates[place]
    written, nothing = write_rates(rates), cell_of_nothing()
    rows = []
    for i, level in enumerate(name_levels(setting.level_keys)):
        rate = Text(written[i], written[i])
        cells = [
            Cell(value=rates[i], shown=rate, statistics=(Statistic("value", rates[i]),)),
            _cell(found, "p_selected", i),
            _cell(found, "mean_n_per_level", i, places=2),
            _cell(found, "mean_n_dlt_per_level", i, places=2),
        ]
        if has_responses:
            cells.append(_cell(found, "mean_n_efficacy_per_level", i, places=2))
        rows.append(Row(stub=level, cells=tuple(cells), group=group))
    blank = (nothing,) * (2 + has_responses)
    rows.append(Row(stub=NONE, cells=(nothing, _cell(found, "p_none"), *blank), group=group))
    return rows


def _summarize(spec: DesignSpecification, found: Any, rates: Sequence[float]) -> tuple[Cell, ...]:
    correct = compute_share_correct(spec, found, rates)
    stopped = "p_stop_none_admissible" if spec.rule in UTILITY_RULES else "p_stop_too_toxic"
    quantiles = (_cell(found, "duration_quantiles_d", i, places=0) for i in range(len(QUANTILES)))
    return (
        cell_of_nothing() if correct is None else percent(correct[0], error=correct[1]),
        _cell(found, "p_none"),
        _cell(found, stopped),
        _cell(found, "mean_n"),
        _cell(found, "mean_n_backfilled"),
        _cell(found, "mean_duration_d", places=0),
        *quantiles,
        _cell(found, "mean_suspended_d", places=0),
    )


def _cell(found: Any, name: str, *place: int, places: int = 1) -> Cell:
    """A number with its standard error; nothing where this design has no such number."""
    if not hasattr(found, name):
        return cell_of_nothing()
    number, error = getattr(found, name), getattr(found, f"se_{name}")
    for one in place:
        number, error = number[one], error[one]
    return percent(number, places, error) if name.startswith("p_") else mean(number, places, error)


def _name_scenario(setting: Setting, place: int) -> Text:
    name, rates = setting.names[place], ", ".join(write_rates(setting.true_rates[place]))
    group = Text(f"{name.en}: true DLT rates {rates}", f"{name.zh}：真实DLT率 {rates}")
    if setting.response_rates is None:
        return group
    responses = ", ".join(write_rates(setting.response_rates))
    return Text(f"{group.en}; response rates {responses}", f"{group.zh}；应答率 {responses}")


def _explain(setting: Setting, designs: Sequence[TimedDesign]) -> list[Text]:
    """What the numbers mean, and the clocks behind them."""
    target, clock = designs[0].specification.target_rate, setting.calendar
    window, review = f"{clock.dlt_window_d:g}", f"{clock.review_d:g}"
    first, later = f"{clock.first_to_second_d:g}", f"{clock.next_d:g}"
    gap, gap_zh = _say_arrivals(setting.arrivals)
    time, time_zh = _say_dlt_times(setting.dlt_times)
    notes = [
        Text(
            f"Correct: the level whose true DLT rate is closest to the target {target} is selected (of equally close "
            f"levels, any); where every true rate exceeds {OVERDOSE_RATE}, none is. Stopped: the part ends as too toxic.",
            f"正确：选出真实DLT率最接近目标{target}的水平（同样接近者均可）；所有真实DLT率均超过{OVERDOSE_RATE}时，"
            "不选出任何水平。终止：该部分因毒性结束。",
        ),
        Text(
            "Duration: from the first infusion to the last decision. Suspended: the days of it on which nobody could be "
            "treated, because the rule waited or a review was held. A rule that waits does so to the end of every "
            "window.",
            "历时：自首次输注至最后一次决策。暂停：其间因规则等待或评审而不能给药的天数。等待的规则均等到观察窗结束。",
        ),
        Text(
            f"DLT window {window} days; second participant of a cohort {first} days after the first, each later one "
            f"{later} days after the last; review {review} days. {gap} {time}",
            f"DLT观察窗{window}天；队列第2例在首例{first}天后，此后每例间隔{later}天；评审{review}天。{gap_zh}{time_zh}",
        ),
    ]
    if any(one.specification.rule in UTILITY_RULES for one in designs):
        notes.append(
            Text(
                "BOIN12: without a calendar, both outcomes of a cohort being known before the next; selected is the "
                "optimal biological dose, and stopped means that no level is admissible.",
                "BOIN12：不含日历，每个队列的两种结局在下一队列前均已知；所选为最佳生物学剂量，终止指无可接受的水平。",
            )
        )
    return notes


def _say_arrivals(model: ArrivalModel) -> tuple[str, str]:
    if isinstance(model, FixedArrivals):
        days = format_number(model.gap_d, 1)
        return (
            f"A participant is ready every {days} days while enrolment is open; nobody queues.",
            f"入组开放期间每{days}天有1例可入组，不排队等候。",
        )
    days = format_number(1 / model.rate_per_day, 1)
    return (
        f"While enrolment is open participants are ready at random, every {days} days on average; nobody queues.",
        f"入组开放期间参与者随机到来，平均每{days}天1例，不排队等候。",
    )


def _say_dlt_times(model: DltTimeModel) -> tuple[str, str]:
    if isinstance(model, UniformDltTimes):
        return "A DLT comes at any time of the window alike.", "DLT在观察窗内均匀发生。"
    share = f"{100 * model.share_in_second_half:g}"
    is_log_logistic = isinstance(model, LogLogisticDltTimes)
    name, name_zh = ("log-logistic", "对数逻辑斯谛") if is_log_logistic else ("Weibull", "威布尔")
    return (
        f"Times to DLT are {name}, {share} % of the DLTs in the second half of the window.",
        f"DLT发生时间为{name_zh}分布，{share} %在观察窗后半段。",
    )

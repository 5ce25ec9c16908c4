"""When the parts of the whole trial end, as tables: simulated, with standard errors."""

from collections.abc import Sequence
from math import isnan

from firstdose.deliver.design.characteristics import mean, percent
from firstdose.deliver.design.whole_trial import MEAN, name_quantile, name_truth
from firstdose.deliver.formatting import format_number
from firstdose.deliver.tables import Cell, Column, Row, Table, cell_of_absence
from firstdose.simulate.whole_trial import QUANTILES, Estimate, SimulatedCalendar, SimulatedDate
from firstdose.simulate.whole_trial.calendar import DAYS_A_MONTH
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

DATES = (
    ("sad_end", Text("single doses end", "单次给药部分结束")),
    ("mad_end", Text("multiple doses end", "多次给药部分结束")),
    ("last_first_infusion", Text("last first infusion", "末例首次输注")),
    ("last_visit", Text("last visit", "末次访视")),
)
"""The dates of the calendar by their names, in their order."""
_MONTHS = Text("Months from the start of the trial", "自试验开始的月数")


def tabulate_dates(calendar: SimulatedCalendar, title: Text) -> Table:
    """When each part ends and the last participant is treated and seen, over simulated trials.

    Parameters
    ----------
    calendar : SimulatedCalendar
    title : Text
        The scenario, as the title says it.
    """
    columns = [
        Column(key="p_reached", label=Text("Reached (%)", "达到（%）")),
        Column(key="mean_months", label=MEAN, spanner=_MONTHS),
    ]
    columns += [
        Column(key=f"months_q{100 * p:02.0f}", label=name_quantile(p), spanner=_MONTHS) for p in QUANTILES
    ]
    rows = []
    for name, label in DATES:
        date: SimulatedDate = getattr(calendar, name)
        reached = date.p_reached
        rows.append(
            Row(
                stub=label,
                cells=(
                    percent(reached.value, error=reached.standard_error),
                    _months(date, date.mean),
                    *(_months(date, _pick(date, place)) for place in range(len(QUANTILES))),
                ),
            )
        )
    return Table(
        key="trial-dates",
        title=Text(f"{title.en}: when", f"{title.zh}：时间"),
        columns=tuple(columns),
        rows=tuple(rows),
        footnotes=(_say_accrual(calendar), _say_overlap(calendar)),
        source=say_simulated(calendar),
    )


def tabulate_dates_of_scenarios(calendars: Sequence[SimulatedCalendar], title: Text) -> Table:
    """A row a scenario: the mean of every date, and its 95 % quantile.

    Parameters
    ----------
    calendars : sequence of SimulatedCalendar
        One or more, with the same calendar, seed and number of trials.
    title : Text
    """
    late = QUANTILES[-1]
    spanners = (
        (Text("Mean months from the start", "平均月数（自试验开始）"), "mean_months"),
        (Text(f"{100 * late:.0f} % quantile", f"{100 * late:.0f} %分位数"), f"months_q{100 * late:02.0f}"),
    )
    rows = []
    for calendar in calendars:
        dates: list[SimulatedDate] = [getattr(calendar, name) for name, _ in DATES]
        rows.append(
            Row(
                stub=name_truth(calendar.truth.name),
                cells=(
                    *(_months(date, date.mean) for date in dates),
                    *(_months(date, _pick(date, len(QUANTILES) - 1)) for date in dates),
                ),
            )
        )
    return Table(
        key="trial-dates",
        title=Text(f"{title.en}: when", f"{title.zh}：时间"),
        columns=tuple(
            Column(key=f"{key}_{name}", label=label, spanner=spanner)
            for spanner, key in spanners
            for name, label in DATES
        ),
        rows=tuple(rows),
        footnotes=(
            _say_candidates(calendars[0]),
            Text(
                "A date is over the trials that reach it: the multiple doses do not begin in all.",
                "各日期仅统计到达该节点的试验：并非所有试验都进行多次给药。",
            ),
        ),
        source=say_simulated(calendars[0]),
    )


def _pick(date: SimulatedDate, place: int) -> Estimate | None:
    return date.quantiles[place] if date.quantiles else None


def _months(date: SimulatedDate, days: Estimate | None) -> Cell:
    """A time of a date in months with its standard error, where any trial reaches the date. [d]."""
    if days is None or not date.n_trials:
        return cell_of_absence(NotDerived("not_reached"))
    error = days.standard_error / DAYS_A_MONTH
    return mean(days.value / DAYS_A_MONTH, 1, None if isnan(error) else error)


def say_simulated(calendar: SimulatedCalendar) -> Text:
    """That numbers are simulated, from how many trials and which seed."""
    return Text(
        f"simulated, {calendar.n_trials:,} trials, seed {calendar.seed}; in parentheses: Monte Carlo standard errors",
        f"模拟，{calendar.n_trials:,}次试验，种子{calendar.seed}；括号内为蒙特卡洛标准误",
    )


def _say_candidates(calendar: SimulatedCalendar) -> Text:
    asked = calendar.calendar
    each = sum(site.candidates_per_month for site in asked.sites)
    shown = format_number(each, 1)
    failing = format_number(100 * asked.screen_failure_rate, 0)
    times = [f"{days:g}" for days in (asked.screening_d, asked.to_infusion_d, asked.review_d)]
    return Text(
        f"{shown} candidates a month over {len(asked.sites)} sites while a place is free, of whom {failing} % fail "
        f"screening ({times[0]} d); {times[1]} d to the first infusion, {times[2]} d for a review.",
        f"名额空出期间{len(asked.sites)}家中心合计每月{shown}名候选者，其中{failing} %筛选失败（筛选{times[0]}天）；"
        f"至首次输注{times[1]}天，审查{times[2]}天。",
    )


def _say_accrual(calendar: SimulatedCalendar) -> Text:
    told = _say_candidates(calendar)
    n = format_number(calendar.mean_n_screened.value, 1)
    return Text(f"{told.en} On average {n} are screened.", f"{told.zh}平均筛选{n}名。")


def _say_overlap(calendar: SimulatedCalendar) -> Text:
    n, n_error = (
        format_number(number, places)
        for number, places in (
            (calendar.mean_n_expanded.value, 1),
            (calendar.mean_n_expanded.standard_error, 2),
        )
    )
    p, p_error = (
        format_number(100 * number, places)
        for number, places in ((calendar.p_all_closed.value, 1), (calendar.p_all_closed.standard_error, 2))
    )
    return Text(
        f"In time, participants of the expansion are treated while others are observed: {n} ({n_error}) on average, and "
        f"every regimen is closed in {p} % ({p_error}).",
        f"按时间模拟时，扩展部分在观察他人期间继续给药：平均{n}例（{n_error}），方案全部关闭的概率为{p} %（{p_error}）。",
    )

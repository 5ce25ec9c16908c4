"""The whole trial before it starts as one figure."""

from collections.abc import Sequence

from firstdose.deliver.design.trial_dates import DATES, say_simulated
from firstdose.deliver.design.whole_trial import (
    EXPANSION,
    MULTIPLE_DOSES,
    RATE_PLACES,
    SINGLE_DOSES,
    WHOLE,
    find_quantile,
)
from firstdose.deliver.design.words import NONE, TRUE_RATE
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.level_bars import NO_WORDS, LevelPanel, LevelSlot
from firstdose.deliver.figures.trial_forecast import CountPanel, DateSpread, Section, render_trial_forecast
from firstdose.deliver.formatting import format_number
from firstdose.simulate.whole_trial import SimulatedCalendar, SimulatedDate, TrialPlan, WholeTrial
from firstdose.simulate.whole_trial.calendar import DAYS_A_MONTH, QUANTILES
from firstdose.terms.words import Language, Text


def draw_whole_trial(
    plan: TrialPlan, whole: WholeTrial, calendar: SimulatedCalendar, title: Text, *, language: Language
) -> Figure:
    """Selection of both parts, participants of each part, and the spread of the dates.

    Parameters
    ----------
    plan : TrialPlan
    whole : WholeTrial
        Computed for this plan.
    calendar : SimulatedCalendar
        Of the same plan and truth.
    title : Text
        The scenario, as the title says it.
    language : Language
    """
    levels = (
        _panel(
            Text("MTD of the single doses", "单次给药的MTD"),
            [level.key for level in plan.sad.levels],
            whole.truth.single_dose_rates,
            whole.p_sad_mtd,
            whole.true_mtd,
        ),
        _panel(
            Text("Regimen of the multiple doses", "多次给药的方案"),
            [level.key for level in plan.mad.levels],
            whole.regimen_rates,
            whole.p_mad_regimen,
            whole.true_regimen,
        ),
    )
    counts = [
        _count(name, p_n, mean_n)
        for name, p_n, mean_n in (
            (SINGLE_DOSES, whole.sad.p_n, whole.sad.mean_n),
            (MULTIPLE_DOSES, whole.mad.p_n, whole.mad.mean_n),
            (EXPANSION, whole.expansion.p_n, whole.expansion.mean_n),
            (WHOLE, whole.p_n, whole.mean_n),
        )
    ]
    basis = say_simulated(calendar)
    simulated = Text(basis.en.partition(";")[0], basis.zh.partition("；")[0])
    return render_trial_forecast(
        "whole-trial",
        title,
        levels,
        counts,
        [_date(label, getattr(calendar, name), calendar.n_trials) for name, label in DATES],
        sections=(
            Section(heading=Text("What is selected: exact", "选择结果：精确计算"), axis_title=TRUE_RATE),
            Section(
                heading=Text(
                    "How many are treated, probability of each number in %: exact",
                    "治疗例数，各例数的概率（%）：精确计算",
                ),
                axis_title=Text("Participants", "例数"),
            ),
            Section(
                heading=Text(f"When: {simulated.en}", f"时间：{simulated.zh}"),
                axis_title=Text("Months from the start of the trial", "自试验开始的月数"),
            ),
        ),
        language=language,
        marked=Text("right selection: true rate nearest to the target", "正确选择：真实DLT率最接近目标"),
    )


def _panel(
    heading: Text, keys: Sequence[str], rates: Sequence[float], p_selected: Sequence[float], right: int
) -> LevelPanel:
    """A panel of selection; what is selected begins with none, the slots end with it."""
    slots = [
        LevelSlot(
            label=Text(key, key),
            below=Text(format_number(rate, RATE_PLACES), format_number(rate, RATE_PLACES)),
            is_marked=level == right,
        )
        for level, (key, rate) in enumerate(zip(keys, rates, strict=True), start=1)
    ]
    slots.append(LevelSlot(label=NONE, below=NO_WORDS, is_marked=right == 0))
    return LevelPanel(
        heading=heading,
        y_title=Text("Selected (%)", "选中（%）"),
        slots=tuple(slots),
        values=(tuple(100 * p for p in (*p_selected[1:], p_selected[0])),),
    )


def _count(name: Text, p_n: tuple[float, ...], mean_n: float) -> CountPanel:
    mean_shown = format_number(mean_n, 1)
    low, high = (find_quantile(p_n, p) for p in (QUANTILES[0], QUANTILES[-1]))
    span = f"{low}–{high}" if low < high else str(low)
    return CountPanel(
        label=name,
        below=Text(f"mean {mean_shown}; 90 % in {span}", f"平均{mean_shown}例；90 %在{span}例"),
        p_n=p_n,
    )


def _date(label: Text, date: SimulatedDate, n_trials: int) -> DateSpread:
    if not date.quantiles:
        return DateSpread(
            label=label, below=Text("reached by none", "均未达到"), mean_months=0.0, quantiles_months=()
        )
    months = date.mean.value / DAYS_A_MONTH
    shown = format_number(months, 1)
    below = Text(f"mean {shown}", f"平均{shown}个月")
    if date.n_trials < n_trials:
        reached = format_number(100 * date.p_reached.value, 1)
        below = Text(f"{below.en}; {reached} % reach it", f"{below.zh}；{reached} %达到")
    return DateSpread(
        label=label,
        below=below,
        mean_months=months,
        quantiles_months=tuple(one.value / DAYS_A_MONTH for one in date.quantiles),
    )

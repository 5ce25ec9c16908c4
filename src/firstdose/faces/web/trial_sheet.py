"""The whole trial as its page shows it: numbers in words, bars and bands by their places."""

from collections.abc import Sequence
from functools import lru_cache
from math import ceil

import msgspec

from firstdose.deliver.design.trial_dates import DATES, tabulate_dates
from firstdose.deliver.design.whole_trial import (
    ENDINGS,
    EXPANSION,
    MULTIPLE_DOSES,
    RATE_PLACES,
    SINGLE_DOSES,
    WHOLE,
    find_quantile,
    name_selection,
)
from firstdose.deliver.formatting import format_number
from firstdose.deliver.tables import Table
from firstdose.faces.web.design_chart import Bar, place_selection, write_place
from firstdose.faces.web.design_sheet import Mark
from firstdose.simulate.whole_trial import (
    QUANTILES,
    SimulatedCalendar,
    TrialCalendar,
    TrialPlan,
    Truth,
    WholeTrial,
    compute_whole_trial,
    simulate_calendar,
)
from firstdose.simulate.whole_trial.calendar import DAYS_A_MONTH
from firstdose.terms.outcomes import Fault
from firstdose.terms.words import Text

N_TRIALS = 10_000
"""Simulated trials of one calendar: a tenth of a second, and standard errors of a day or two."""
KEPT_CURVES, KEPT_CALENDARS = 256, 64
PERCENT_PLACES, MEAN_PLACES = 1, 1
LEAST_SHOWN = 0.0005
"""Probabilities below this would be written as 0.0 %."""
SPREAD_PX = 34
"""Of the bars of a number of participants."""
LONGEST_NAME = 3
"""Letters under a bar."""
FEWEST_TICKS = 4
TICK_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
"""Of the axis of months."""


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """What a part selects: bars with none first, a mark a level, and the selection that is right, 0 for none.

    ``names`` stand under the bars: the keys of the levels, or their places where a key has no room.
    """

    title: Text
    keys: tuple[str, ...]
    names: tuple[str, ...]
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    right: int
    p_right: str


class Regimen(msgspec.Struct, frozen=True, kw_only=True):
    """A regimen with the true rate that follows from the single doses."""

    key: str
    cells_1e9: str
    n_infusions: int
    rate: str
    mark: Mark


class Count(msgspec.Struct, frozen=True):
    """One bar of a number of participants, and what it says."""

    x: str
    y: str
    width: str
    height: str
    says: str


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """Participants and DLTs of a part, or of the whole trial."""

    key: str
    title: Text
    counts: tuple[Count, ...]
    mean_n: str
    span: str
    mean_n_dlt: str
    dlt_span: str
    mean_n_overdose: str
    p_not_enough: str


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What may happen, how often [%], and how long its bar is."""

    title: Text
    p: str
    width: str


class Exact(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is exact, as it is shown."""

    enrolment: int
    panels: tuple[Panel, ...]
    regimens: tuple[Regimen, ...]
    parts: tuple[PartRow, ...]
    endings: tuple[Share, ...]
    expanded: tuple[Share, ...]
    p_stops_for_toxicity: str


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """Places of a date on the axis of months: mean and quantiles; empty where no trial reaches it."""

    title: Text
    quantiles: tuple[str, ...]
    widths: tuple[str, str]
    mean: str


class Dates(msgspec.Struct, frozen=True, kw_only=True):
    """The simulated dates: drawn, and as a table."""

    bands: tuple[Band, ...]
    ticks: tuple[tuple[int, str], ...]
    table: Table


@lru_cache(maxsize=KEPT_CURVES)
def compute_trial(plan: TrialPlan, truth: Truth) -> WholeTrial | None:
    """The exact numbers, kept for the next question about the same curve; None where they cannot be had."""
    found = compute_whole_trial(plan, truth)
    return found if isinstance(found, WholeTrial) else None


@lru_cache(maxsize=KEPT_CALENDARS)
def compute_dates(
    plan: TrialPlan, truth: Truth, calendar: TrialCalendar, seed: int
) -> SimulatedCalendar | list[Fault]:
    """The simulated dates, kept likewise."""
    return simulate_calendar(plan, truth, calendar, seed=seed, n_trials=N_TRIALS)


def write_percent(p: float) -> str:
    """A probability in per cent, and never 0 for what may happen.

    Examples
    --------
    >>> write_percent(0.1249), write_percent(0.00002), write_percent(0.0)
    ('12.5', '<0.1', '0.0')
    """
    return "<0.1" if 0 < p < LEAST_SHOWN else format_number(100 * p, PERCENT_PLACES)


def describe_exact(plan: TrialPlan, whole: WholeTrial) -> Exact:
    """The exact numbers as they are shown.

    Parameters
    ----------
    plan : TrialPlan
    whole : WholeTrial
        Computed for this plan.
    """
    panels = (
        _panel(
            SINGLE_DOSES,
            [level.key for level in plan.sad.levels],
            whole.truth.single_dose_rates,
            whole.p_sad_mtd,
            whole.true_mtd,
            whole.overdose_rate,
        ),
        _panel(
            MULTIPLE_DOSES,
            [level.key for level in plan.mad.levels],
            whole.regimen_rates,
            whole.p_mad_regimen,
            whole.true_regimen,
            whole.overdose_rate,
        ),
    )
    return Exact(
        enrolment=plan.enrolment,
        panels=panels,
        regimens=tuple(
            Regimen(
                key=level.key,
                cells_1e9=f"{level.cells_1e9:f}",
                n_infusions=level.n_infusions,
                rate=format_number(rate, RATE_PLACES),
                mark=mark,
            )
            for level, rate, mark in zip(plan.mad.levels, whole.regimen_rates, panels[1].marks, strict=True)
        ),
        parts=_list_parts(whole),
        endings=tuple(_share(ENDINGS[ending], p) for ending, p in whole.p_endings),
        # in the order of the regimens, so that no line jumps while the curve moves
        expanded=tuple(_share(name_selection(keys), p) for keys, p in sorted(whole.p_expanded)),
        p_stops_for_toxicity=write_percent(whole.p_stops_for_toxicity),
    )


def describe_dates(simulated: SimulatedCalendar) -> Dates:
    """The simulated dates as they are shown, in months."""
    dates = [(title, getattr(simulated, name)) for name, title in DATES]
    months = [[one.value / DAYS_A_MONTH for one in date.quantiles] for _, date in dates]
    latest = max((quantiles[-1] for quantiles in months if quantiles), default=1.0)
    step = next((one for one in reversed(TICK_STEPS) if latest / one >= FEWEST_TICKS), TICK_STEPS[0])
    last = max(1, ceil(latest / step)) * step

    def place(month: float) -> str:
        return write_place(100 * month / last)

    return Dates(
        bands=tuple(
            Band(
                title=title,
                quantiles=tuple(place(month) for month in quantiles),
                widths=(place(quantiles[-1] - quantiles[0]), place(quantiles[-2] - quantiles[1]))
                if quantiles
                else ("0", "0"),
                mean=place(date.mean.value / DAYS_A_MONTH) if quantiles else "",
            )
            for (title, date), quantiles in zip(dates, months, strict=True)
        ),
        ticks=tuple((month, place(month)) for month in range(0, last + 1, step)),
        table=tabulate_dates(simulated, Text("Whole trial", "全试验")),
    )


def _panel(
    title: Text,
    keys: Sequence[str],
    rates: Sequence[float],
    p_selected: Sequence[float],
    right: int,
    overdose_rate: float,
) -> Panel:
    marks: list[Mark] = ["overdose" if rate > overdose_rate else "" for rate in rates]
    if right:
        marks[right - 1] = "correct"
    return Panel(
        title=title,
        keys=tuple(keys),
        names=tuple(keys)
        if max(map(len, keys)) <= LONGEST_NAME
        else tuple(str(level) for level in range(1, len(keys) + 1)),
        bars=place_selection(p_selected, [write_percent(p) for p in p_selected]),
        marks=tuple(marks),
        right=right,
        p_right=write_percent(p_selected[right]),
    )


def _share(title: Text, p: float) -> Share:
    return Share(title=title, p=write_percent(p), width=write_place(100 * p))


def _list_parts(whole: WholeTrial) -> tuple[PartRow, ...]:
    parts = (
        ("sad", SINGLE_DOSES, whole.sad),
        ("mad", MULTIPLE_DOSES, whole.mad),
        ("expansion", EXPANSION, whole.expansion),
        ("whole", WHOLE, whole),
    )
    # a bar is as high in one part as in another
    tallest = max(max(part.p_n) for _, _, part in parts)
    return tuple(
        PartRow(
            key=key,
            title=title,
            counts=_place_counts(part.p_n, tallest),
            mean_n=format_number(part.mean_n, MEAN_PLACES),
            span=_write_span(part.p_n),
            mean_n_dlt=format_number(part.mean_n_dlt, MEAN_PLACES),
            dlt_span=_write_span(part.p_n_dlt),
            mean_n_overdose=format_number(part.mean_n_overdose, MEAN_PLACES),
            p_not_enough=write_percent(part.p_not_enough),
        )
        for key, title, part in parts
    )


def _place_counts(p_n: Sequence[float], tallest: float) -> tuple[Count, ...]:
    slot = 100 / len(p_n)
    return tuple(
        Count(
            x=write_place(slot * (n + 0.1)),
            y=write_place(SPREAD_PX * (1 - p / tallest)),
            width=write_place(slot * 0.8),
            height=write_place(SPREAD_PX * p / tallest),
            says=f"{n}: {write_percent(p)} %",
        )
        for n, p in enumerate(p_n)
        if p >= LEAST_SHOWN
    )


def _write_span(p_n: Sequence[float]) -> str:
    """From the 5 to the 95 % quantile."""
    low, high = (find_quantile(p_n, p) for p in (QUANTILES[0], QUANTILES[-1]))
    return f"{low}–{high}" if low < high else f"{low}"

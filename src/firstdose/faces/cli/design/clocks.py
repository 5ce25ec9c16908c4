"""The clocks of a simulated part as they are given on the command line, and how often it is played."""

from collections.abc import Sequence

import click

from firstdose.design import FixedArrivals, PoissonArrivals, TimedCalendar, UniformDltTimes, WeibullDltTimes
from firstdose.design.simulated.time_models import ArrivalModel, DltTimeModel, check_dlt_time_model
from firstdose.design.simulated.timed_options import check_timed_calendar
from firstdose.faces.cli.said import end_with_faults
from firstdose.protocol.resolved import Part
from firstdose.simulate.rehearsal import MEAN_DAYS_BETWEEN_CANDIDATES
from firstdose.simulate.safety_board import REVIEW_AFTER_D
from firstdose.simulate.scenario import Scenario

FEWEST_TRIALS, MOST_TRIALS = 2, 10_000_000
"""Trials of a scenario: one has no standard error, and each keeps its duration, 16 bytes."""
FEWEST_DAYS, MOST_DAYS = 0.01, 3650.0
"""Days between two participants: a hundred a day, to one in ten years."""
DAYS_BETWEEN = MEAN_DAYS_BETWEEN_CANDIDATES / (1 - Scenario().screen_failure_rate.typical)
"""Between two participants who passed screening, where nothing else is said: as in the rehearsal."""
REVIEW_D = REVIEW_AFTER_D + 1
"""To the meeting, and a day to sign and open the next cohort: as in the rehearsal."""
LATE_SHARE = 0.5
"""Of the DLTs, in the second half of the window (Yuan et al. 2018)."""


def require_trials(n_trials: int, seed: int) -> None:
    """End the command with one sentence if so many trials, or that seed, cannot be."""
    if not FEWEST_TRIALS <= n_trials <= MOST_TRIALS:
        noun = "trial" if n_trials == 1 else "trials"
        raise click.ClickException(
            f"{n_trials} {noun} cannot be simulated; write {FEWEST_TRIALS} to {MOST_TRIALS:,}"
        )
    if not 0 <= seed < 1 << 62:
        raise click.ClickException(f"a seed of {seed} is not a whole number from 0 to below 2^62")


def read_number(option: str, words: str) -> float:
    """A number of an option, or the end of the command with one sentence."""
    try:
        return float(words)
    except ValueError:
        raise click.ClickException(f"{words!r} is not a number for {option}; write one such as 0.5") from None


def read_responses(words: str, level_keys: Sequence[str]) -> tuple[float, ...]:
    """The response rates of the levels, or the end of the command with the value that is wrong."""
    found = tuple(read_number("--responses", word.strip()) for word in words.split(","))
    for rate in found:
        if not 0 <= rate <= 1:
            raise click.ClickException(f"a true response rate of {rate:g} is not between 0 and 1")
    if len(found) != len(level_keys):
        noun = "response rate" if len(found) == 1 else "response rates"
        raise click.ClickException(
            f"{len(found)} {noun} for {len(level_keys)} levels ({', '.join(level_keys)})"
        )
    return found


def read_calendar(part: Part, review_d: float) -> TimedCalendar:
    """The part's own times: a participant counts at the end of the last day of the DLT window."""
    calendar = TimedCalendar(
        dlt_window_d=float(part.dlt_window.last),
        review_d=review_d,
        first_to_second_d=float(part.stagger.first_to_second_d),
        next_d=float(part.stagger.next_d),
    )
    faults = check_timed_calendar(calendar)
    if faults:
        end_with_faults(faults)
    return calendar


def read_arrivals(kind: str, words: str) -> ArrivalModel:
    """When participants come, ``poisson`` or ``fixed``, from the days between two of them."""
    days = read_number("--days-between", words)
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise click.ClickException(
            f"{words} days between participants cannot be; write {FEWEST_DAYS:g} to {MOST_DAYS:g}"
        )
    return FixedArrivals(days) if kind == "fixed" else PoissonArrivals((1 / days,))


def read_dlt_times(kind: str, late_share: str | None) -> DltTimeModel:
    """When in the window a DLT comes, ``uniform`` or ``weibull``."""
    if kind == "uniform":
        if late_share is not None:
            raise click.ClickException("--late-share is about Weibull times; write --dlt-times weibull too")
        return UniformDltTimes()
    share = LATE_SHARE if late_share is None else read_number("--late-share", late_share)
    model = WeibullDltTimes(share)
    faults = check_dlt_time_model(model)
    if faults:
        end_with_faults(faults)
    return model

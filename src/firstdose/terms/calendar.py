"""Days and windows.

Day 0 is the day of the first infusion and days before it are negative; elapsed time starts at 0.0 at the
first infusion. Every window states its ends.
"""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal

import msgspec

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has one time zone, UTC+8, without daylight saving; all six sites keep it."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """An interval of days whose ends are stated.

    Examples
    --------
    >>> two_weeks = Window(first=0, last=14, closed="both")
    >>> [two_weeks.has(day) for day in (-1, 0, 14, 15)]
    [False, True, True, False]
    """

    first: Decimal | int
    last: Decimal | int
    closed: Literal["both", "left", "right", "neither"] = "both"
    unit: Literal["day"] = "day"

    def has(self, day: Decimal | int) -> bool:
        """Whether the day lies in the window."""
        after_start = day >= self.first if self.closed in ("both", "left") else day > self.first
        before_end = day <= self.last if self.closed in ("both", "right") else day < self.last
        return after_start and before_end


def site_date(moment: datetime) -> date:
    """The calendar date of a moment at the sites.

    Examples
    --------
    >>> from datetime import UTC
    >>> site_date(datetime(2025, 3, 1, 17, 0, tzinfo=UTC))
    datetime.date(2025, 3, 2)
    """
    return moment.astimezone(SHANGHAI).date()


def render_site_time(moment: datetime) -> str:
    """A moment as people at the sites write it.

    Examples
    --------
    >>> from datetime import UTC
    >>> render_site_time(datetime(2025, 3, 1, 17, 0, tzinfo=UTC))
    '2025-03-02 01:00'
    """
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def protocol_day(moment: datetime | date, first_infusion: datetime | date) -> int:
    """Days from the first infusion by the calendar: Day 0 is its day, days before are negative. [d].

    Examples
    --------
    >>> protocol_day(date(2025, 3, 8), date(2025, 3, 1))
    7
    >>> protocol_day(date(2025, 2, 24), date(2025, 3, 1))
    -5
    """
    return (_date(moment) - _date(first_infusion)).days


def elapsed_d(moment: datetime, since: datetime) -> Decimal:
    """Time from one moment to another, exact to the second. [d].

    Examples
    --------
    >>> from datetime import UTC
    >>> elapsed_d(datetime(2025, 3, 2, 12, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC))
    Decimal('1.5')
    """
    span = moment - since
    return Decimal(span.days) + Decimal(span.seconds) / Decimal(86400)


def _date(moment: datetime | date) -> date:
    return site_date(moment) if isinstance(moment, datetime) else moment

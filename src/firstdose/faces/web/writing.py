"""How pages write dates, moments and values; and the environment of the templates."""

from datetime import date, datetime
from typing import Any

from jinja2 import Environment, StrictUndefined, select_autoescape

from firstdose.record.events import Value
from firstdose.terms.calendar import SHANGHAI, site_date
from firstdose.terms.words import Language, Text
from firstdose.faces.web.words import SEVERAL, WORDS

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def open_environment(**options: Any) -> Environment:
    """The environment of the templates: everything escaped, an unknown name is an error."""
    options.pop("autoescape", None)
    return Environment(
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )


class Writer:
    """Writes in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def say(self, key: str, **values: object) -> str:
        """A text of the pages."""
        return WORDS[key].in_language(self.language).format(**values)

    def count(self, key: str, n: int) -> str:
        """A text of the pages with a number, in the singular where the language has one.

        Examples
        --------
        >>> Writer("en").count("days_left", 1), Writer("en").count("days_left", 3), Writer("zh").count("days_left", 1)
        ('1 day left', '3 days left', '剩余 1 天')
        """
        one, several = SEVERAL[key]
        return (one if n == 1 else several).in_language(self.language).format(n=n)

    def write_text(self, text: Text) -> str:
        """A text of the study."""
        return text.in_language(self.language)

    def write_day(self, day: date | datetime | None) -> str:
        """A calendar date at the sites."""
        if day is None:
            return "–"
        on = site_date(day) if isinstance(day, datetime) else day
        return on.isoformat() if self.language == "zh" else f"{on.day} {MONTHS[on.month - 1]} {on.year}"

    def write_moment(self, moment: datetime | None) -> str:
        """A moment in the sites' time."""
        if moment is None:
            return "–"
        return f"{self.write_day(moment)} {moment.astimezone(SHANGHAI):%H:%M}"

    def write_value(self, value: Value) -> str:
        """A value of a form."""
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        return value or "–"

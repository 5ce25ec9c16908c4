"""How pages write dates, moments and values; and the environment of the templates."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.urls import reverse
from jinja2 import Environment, StrictUndefined

from firstdose.faces.web.words import SEVERAL, WORDS
from firstdose.protocol.resolved import Drug, Item
from firstdose.record.events import Value
from firstdose.terms.calendar import SHANGHAI, site_date
from firstdose.terms.words import Language, Text

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def open_environment(**options: Any) -> Environment:
    """The environment of the templates: everything escaped, an unknown name is an error."""
    stated = options | {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    del stated["autoescape"]
    environment = Environment(autoescape=True, **stated)
    environment.globals["url"] = reverse
    return environment


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
        >>> Writer("en").count("days_left", 1), Writer("en").count("days_left", 3)
        ('1 day left', '3 days left')
        >>> Writer("zh").count("days_left", 1)
        '剩余 1 天'
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

    def write_utc(self, moment: datetime) -> str:
        """A moment in UTC, to the second."""
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

    def write_choice(self, item: Item, value: Value) -> str:
        """The value of an item: a choice by its label."""
        labels = {choice.key: choice.label.text for choice in item.choices}
        return labels[value].in_language(self.language) if value in labels else self.write_value(value)

    def write_unit(self, item: Item) -> str:
        """The unit of an item, with its exponent raised."""
        return (item.unit or "").replace("10^9", "10⁹").replace("10^6", "10⁶")

    def write_category(self, key: str) -> str:
        """A category of adverse events; one of the study's own is written by its key."""
        text = WORDS.get(f"category_{key}")
        return self.write_text(text) if text else key.replace("_", " ")

    def write_drug(self, key: str, drugs: Sequence[Drug]) -> str:
        """A lymphodepleting drug by its name."""
        return next((self.write_text(drug.name.text) for drug in drugs if drug.key == key), key)

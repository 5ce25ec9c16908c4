"""Columns of a measure, and how their cells are read: exactly, or with one sentence what is wrong.

A cell is text. Blank is missing; anything else is read by the kind of its column or is a fault, never a guess.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal

import msgspec

from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.measures import read_decimal
from firstdose.terms.words import Text

Kind = Literal["decimal", "whole_number", "yes_no_unknown", "choice", "date", "moment", "list"]
KIND_TEXT: Mapping[Kind, Text] = {
    "decimal": Text("decimal number", "小数"),
    "whole_number": Text("whole number", "整数"),
    "yes_no_unknown": Text("yes, no or unknown", "是、否或未知（yes、no、unknown）"),
    "choice": Text("one of", "选项之一"),
    "date": Text("date, YYYY-MM-DD", "日期，YYYY-MM-DD"),
    "moment": Text("date and time, YYYY-MM-DD HH:MM, at UTC+8", "日期和时间，YYYY-MM-DD HH:MM，UTC+8"),
    "list": Text("words with a semicolon between, or none", "以分号分隔的词，无则填 none"),
}
CELLS_KEPT = 4096
"""Distinct cells of a column whose reading is kept; a column of scores has few."""
CHOICES_TOLD = 12
"""Of a longer list of choices only the near ones are told."""
SIGNIFICANT_DIGITS_MAX = 20
MAGNITUDE_MAX = 15
"""Digits and powers of ten of a number; a longer one is a slip, and its exact fraction would have no end of digits."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_SEPARATORS = re.compile(r"[;；,，、|]")
# fmt: off
_ANSWERS: Mapping[str, bool | None] = {
    "yes": True, "y": True, "true": True, "1": True, "是": True,
    "no": False, "n": False, "false": False, "0": False, "否": False,
    "unknown": None, "not_assessed": None, "未知": None, "不详": None,
}
# fmt: on
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.ASCII)


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column that a measure reads.

    A file without a column that ``is_required`` is refused; a blank cell in it is only missing. ``choices`` are
    the words of a choice or list (of a list without them any word); ``also`` are further spellings. ``example``
    is the cell of the template.
    """

    name: str
    kind: Kind
    description: Text
    unit: str = ""
    is_required: bool = False
    choices: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    is_case_kept: bool = False
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    is_positive: bool = False
    example: str = ""

    def in_words(self) -> Text:
        """What stands in a cell."""
        words = KIND_TEXT[self.kind]
        if self.choices:
            joined = ", ".join(self.choices)
            separator = Text(": ", "：") if self.kind == "list" else Text(" ", "：")
            words = Text(f"{words.en}{separator.en}{joined}", f"{words.zh}{separator.zh}{joined}")
        limits = self._limits()
        return Text(words.en + limits.en, words.zh + limits.zh)

    def _limits(self) -> Text:
        if self.is_positive:
            return Text(" above 0", "，大于0")
        if self.at_least is not None and self.at_most is not None:
            return Text(f" from {self.at_least} to {self.at_most}", f"，{self.at_least}至{self.at_most}")
        return (
            Text("", "")
            if self.at_least is None
            else Text(f" of at least {self.at_least}", f"，不小于{self.at_least}")
        )


class BadCell(msgspec.Struct, frozen=True):
    """What is wrong with a cell, and what to write."""

    what: str
    next: str


class Cells(msgspec.Struct, frozen=True):
    """The cells of a row as they were read; what is missing is not in it."""

    values: Mapping[str, Any]

    def decimal(self, name: str) -> Decimal | None:
        """A decimal number."""
        found: Decimal | None = self.values.get(name)
        return found

    def whole(self, name: str) -> int | None:
        """A whole number."""
        found: int | None = self.values.get(name)
        return found

    def answer(self, name: str) -> bool | None:
        """Yes or no; None is unknown or missing."""
        found: bool | None = self.values.get(name)
        return found

    def word(self, name: str) -> str | None:
        """The word of a choice."""
        found: str | None = self.values.get(name)
        return found

    def day(self, name: str) -> date | None:
        """A date."""
        found: date | None = self.values.get(name)
        return found

    def moment(self, name: str) -> datetime | None:
        """A moment with its offset from UTC."""
        found: datetime | None = self.values.get(name)
        return found

    def words(self, name: str) -> tuple[str, ...] | None:
        """The words of a list; empty where the cell says none, None where it is blank."""
        found: tuple[str, ...] | None = self.values.get(name)
        return found


Reader = Callable[[str], Any]


def make_reader(column: Column) -> Reader:
    """What reads the cells of a column: text to value, None where it is missing, or a BadCell.

    Examples
    --------
    >>> read = make_reader(Column(name="pga", kind="decimal", description=Text("", ""), at_least=Decimal(0)))
    >>> read(" 0.5 "), read("")
    (Decimal('0.5'), None)
    >>> read("low").what
    "'low' is not a number"
    """
    reader = _READERS[column.kind]
    words = _list_words(column)

    @lru_cache(maxsize=CELLS_KEPT)
    def read(text: str) -> Any:
        written = text.strip()
        return reader(column, words, written) if written else None

    return read


def _list_words(column: Column) -> Mapping[str, str]:
    pairs = [(word, word) for word in column.choices] + list(column.also)
    return {spelling if column.is_case_kept else spelling.casefold(): word for spelling, word in pairs}


def _bad(column: Column, what: str) -> BadCell:
    return BadCell(what, f"write {_with_article(column)}")


def _with_article(column: Column) -> str:
    words = column.in_words().en
    articles: dict[Kind, str] = {"decimal": "a ", "whole_number": "a ", "date": "a ", "moment": "a "}
    return articles.get(column.kind, "") + words


def _read_decimal(column: Column, _: Mapping[str, str], written: str) -> Decimal | BadCell:
    number = read_decimal(written)
    if _COMMA.fullmatch(written):
        return BadCell(f"{written!r} is written with a comma", "write a decimal point")
    if not isinstance(number, Decimal):
        return _bad(column, number.detail)
    if not _NUMBER.fullmatch(written):
        return _bad(column, f"{written!r} is not written as a number")
    if len(number.as_tuple().digits) > SIGNIFICANT_DIGITS_MAX or (
        number and abs(number.adjusted()) > MAGNITUDE_MAX
    ):
        return _bad(column, f"{written[:40]!r} has too many digits")
    if column.is_positive and number <= 0:
        return _bad(column, f"{written} is not above 0")
    if column.at_least is not None and number < column.at_least:
        return _bad(column, f"{written} is below {column.at_least}")
    if column.at_most is not None and number > column.at_most:
        return _bad(column, f"{written} is above {column.at_most}")
    return number


def _read_whole(column: Column, words: Mapping[str, str], written: str) -> int | BadCell:
    number = _read_decimal(column, words, written)
    if isinstance(number, BadCell):
        return number
    return int(number) if number == int(number) else _bad(column, f"{written} is not a whole number")


def _read_answer(column: Column, _: Mapping[str, str], written: str) -> bool | BadCell | None:
    key = written.casefold()
    return _ANSWERS[key] if key in _ANSWERS else _bad(column, f"{written!r} is not an answer")


def _read_choice(column: Column, words: Mapping[str, str], written: str) -> str | BadCell:
    found = words.get(written if column.is_case_kept else written.casefold())
    if found is not None:
        return found
    near = get_close_matches(written, column.choices, n=3)
    if near and len(column.choices) > CHOICES_TOLD:
        return BadCell(f"{written!r} is not a choice", f"did you mean {' or '.join(near)}?")
    return _bad(column, f"{written!r} is not a choice")


def _read_day(column: Column, _: Mapping[str, str], written: str) -> date | BadCell:
    if not _DATE.fullmatch(written):
        return _bad(column, f"{written!r} is not a date")
    try:
        return date.fromisoformat(written)
    except ValueError:
        return _bad(column, f"{written!r} is not a day of the calendar")


def _read_moment(column: Column, _: Mapping[str, str], written: str) -> datetime | BadCell:
    try:
        found = datetime.fromisoformat(written) if _MOMENT.fullmatch(written) else None
    except ValueError:
        found = None
    if found is None:
        return _bad(column, f"{written!r} is not a date with a time")
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def _read_list(column: Column, words: Mapping[str, str], written: str) -> tuple[str, ...] | BadCell:
    if written.casefold() in ("none", "无"):
        return ()
    found = [word for part in _SEPARATORS.split(written) if (word := part.strip().casefold())]
    unknown = [word for word in found if words and word not in words]
    if unknown:
        return _bad(column, f"{unknown[0]!r} is not a word of the list")
    return tuple(words.get(word, word) for word in found)


_READERS: Mapping[Kind, Callable[[Column, Mapping[str, str], str], Any]] = {
    "decimal": _read_decimal,
    "whole_number": _read_whole,
    "yes_no_unknown": _read_answer,
    "choice": _read_choice,
    "date": _read_day,
    "moment": _read_moment,
    "list": _read_list,
}

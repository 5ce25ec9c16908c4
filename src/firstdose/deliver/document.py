"""A report as a tree of values: sections of paragraphs, definitions, tables and figures.

House rules: no number in a document is typed by hand; a document knows neither pages nor files.
"""

import re
from collections.abc import Callable
from typing import Union

import msgspec

from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.tables import Table
from firstdose.terms.words import Language, Text

_KEY = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")


class Paragraph(msgspec.Struct, frozen=True):
    """Running text."""

    text: Text


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """How a value was derived: the rule in words, the clause that says so, and its source."""

    term: Text
    rule: Text
    clause: str = ""
    source: Text = Text("", "")


class Illustration(msgspec.Struct, frozen=True, kw_only=True):
    """A figure drawn in each language, with the table of the numbers in it."""

    en: Figure
    zh: Figure
    table: Table | None = None

    def in_language(self, language: Language) -> Figure:
        """The figure whose words are in the language asked for."""
        return self.zh if language == "zh" else self.en


class Details(msgspec.Struct, frozen=True):
    """Blocks that stay folded until the reader opens them."""

    summary: Text
    blocks: tuple["Block", ...]


Block = Union[Paragraph, Definition, Table, Illustration, Details]  # noqa: UP007 - Details refers to it by name


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A section with its key (lower case; it names the page), title and blocks."""

    key: str
    title: Text
    blocks: tuple[Block, ...]
    summary: Text = Text("", "")

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key) or self.key == "index":
            raise ValueError(f"{self.key!r} cannot name a section: lower-case letters, digits, - and _")


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A report: title, subtitle (study, cutoff, position in the record), sections in order."""

    title: Text
    sections: tuple[Section, ...]
    subtitle: Text = Text("", "")
    facts: tuple[tuple[Text, Text], ...] = ()

    def __post_init__(self) -> None:
        keys = [section.key for section in self.sections]
        if len(set(keys)) != len(keys):
            raise ValueError(f"two sections have one key: {sorted(keys)}")


def illustrate(draw: Callable[[Language], Figure], table: Table | None = None) -> Illustration:
    """Draw a figure in both languages, with the table beside it."""
    return Illustration(en=draw("en"), zh=draw("zh"), table=table)

"""A text in the two languages of the trial."""

from typing import Literal

import msgspec

Language = Literal["en", "zh"]


class Text(msgspec.Struct, frozen=True):
    """A text in English and in Simplified Chinese.

    Examples
    --------
    >>> Text("infusion", "输注").in_language("zh")
    '输注'
    """

    en: str
    zh: str

    def in_language(self, language: Language) -> str:
        """The text in the language asked for."""
        return self.zh if language == "zh" else self.en

    def __str__(self) -> str:
        return self.en

"""A measure: what one row is, which columns it reads, and the function from a row to its answers."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from firstdose.derive.scores.columns import Cells, Column
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

Plain = str | int | bool | Decimal | date | datetime
"""What an answer is; a number that has no finite decimal is given in 28 digits."""
AnswerKind = Literal["decimal", "whole_number", "yes_no", "word", "date", "moment"]
_28_DIGITS = Context(prec=28)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a measure says of a row: its value, or one of the components behind it."""

    name: str
    kind: AnswerKind
    description: Text
    unit: str = ""


class Scored(msgspec.Struct, frozen=True):
    """The value of a row with its components by name; each may be missing, with its reason."""

    value: Plain | NotDerived
    components: Mapping[str, Plain | NotDerived]


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A measure that needs nothing but a row of cells.

    The name of the value is the key, so that the answers of one measure can stand among the columns of the
    next. ``derive`` calls the definition where it stands; no rule is written here.
    """

    key: str
    title: Text
    row: Text
    columns: tuple[Column, ...]
    value: Answer
    components: tuple[Answer, ...]
    source: str
    derive: Callable[[Cells], Scored]

    def list_answers(self) -> tuple[Answer, ...]:
        """The columns that scoring adds: the value, its components, and the reason where there is no value."""
        named = (msgspec.structs.replace(one, name=f"{self.key}_{one.name}") for one in self.components)
        return (msgspec.structs.replace(self.value, name=self.key), *named, *self._reason())

    def _reason(self) -> tuple[Answer, Answer]:
        return (
            Answer(
                name=f"{self.key}_reason",
                kind="word",
                description=Text("why there is no value, as a code", "无结果的原因代码"),
            ),
            Answer(
                name=f"{self.key}_detail",
                kind="word",
                description=Text("why there is no value, in words", "无结果的原因说明"),
            ),
        )


def as_decimal(number: Fraction) -> Decimal:
    """A fraction as a decimal, in 28 digits where it has no end.

    Examples
    --------
    >>> as_decimal(Fraction(25, 4)), as_decimal(Fraction(20, 3))
    (Decimal('6.25'), Decimal('6.666666666666666666666666667'))
    """
    return _28_DIGITS.divide(Decimal(number.numerator), Decimal(number.denominator))


def agree(*answers: Plain | NotDerived, otherwise: NotDerived) -> Plain | NotDerived:
    """The answer that all situations give that what is missing leaves open, or why there is none.

    Examples
    --------
    >>> agree(4, 4, otherwise=NotDerived("open")), agree(2, 4, otherwise=NotDerived("open")).reason
    (4, 'open')
    """
    first = answers[0]
    return first if all(one == first for one in answers) else otherwise

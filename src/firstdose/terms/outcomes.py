"""The kinds of "no", and a value that knows where it came from.

Fault: a file is badly written. Refused: the protocol does not allow it now. NotDerived: it cannot be
known. Everything else that goes wrong is our bug and an exception.
"""

from typing import Generic, TypeVar

import msgspec

from firstdose.terms.words import Text

T = TypeVar("T")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong in a file, with its place; faults are collected and told all at once.

    Examples
    --------
    >>> str(Fault(what="cohort size is 0", next="write 1 or more", file="sad.yaml", line=12, clause="cohort_size"))
    'sad.yaml:12: cohort_size: cohort size is 0; write 1 or more'
    """

    what: str
    why: str = ""
    next: str = ""
    file: str = ""
    line: int = 0
    clause: str = ""

    def __str__(self) -> str:
        place = ":".join(part for part in (self.file, str(self.line) if self.line else "") if part)
        said = "; ".join(part for part in (self.what, self.why, self.next) if part)
        return ": ".join(part for part in (place, self.clause, said) if part)


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """What the protocol does not allow now, with the clause and what would make it allowed."""

    what: Text
    clause: str
    allowed_when: Text

    def __str__(self) -> str:
        return f"{self.what.en} Clause {self.clause}. {self.allowed_when.en}"


class NotDerived(msgspec.Struct, frozen=True):
    """A value that cannot be known, with the reason.

    ``reason`` is a short code in lower case with underscores (``not_assessed``, ``no_baseline``);
    ``detail`` says the same to a reader.
    """

    reason: str
    detail: str = ""


class Finding(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A derived value, or the reason why there is none, with its clause, rule and sources.

    ``sources`` are positions of the record: the events that the value came from.
    """

    value: T | NotDerived
    clause: str
    rule: str
    sources: tuple[int, ...] = ()

"""What a public registry states about a trial: design facts, sites and outcomes, each with its place."""

from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived

DesignKey = Literal[
    "study_type",
    "allocation",
    "purpose",
    "masking",
    "enrolment",
    "infusions_single",
    "infusions_multiple",
    "route",
    "setting",
    "lymphodepletion",
    "dose_levels",
    "regimens",
    "regimens_expanded",
    "visit_interval_shortest_d",
    "visit_interval_longest_d",
]
Start = Literal["first dose", "enrolment"]
FramePart = Literal["SAD", "MAD"]


class Span(msgspec.Struct, frozen=True):
    """A whole number, or a range of them with both ends included.

    Examples
    --------
    >>> Span(2, 4).holds(Span(4, 4)), Span(2, 4).holds(Span(4, 5))
    (True, False)
    >>> str(Span(2, 4)), str(Span(6, 6))
    ('2 to 4', '6')
    """

    fewest: int
    most: int

    def holds(self, other: "Span") -> bool:
        """Whether the other span lies inside this one."""
        return self.fewest <= other.fewest and other.most <= self.most

    def __str__(self) -> str:
        return str(self.fewest) if self.fewest == self.most else f"{self.fewest} to {self.most}"


class DesignFact(msgspec.Struct, frozen=True, kw_only=True):
    """A design fact: its value, the words that state it and where they stand."""

    key: DesignKey
    value: str | Span
    said: str
    where: str


class RegistrySite(msgspec.Struct, frozen=True, kw_only=True):
    """A hospital of the registry; a part of its place that is not stated is empty."""

    facility: str
    city: str
    province: str
    country: str
    where: str


class FrameEnd(msgspec.Struct, frozen=True):
    """Where a time frame ends, and for which part of the trial if it says so. [weeks]."""

    weeks: int
    part: FramePart | None = None


class TimeFrame(msgspec.Struct, frozen=True):
    """A time frame: what it starts from, and its end or ends."""

    start: Start
    ends: tuple[FrameEnd, ...]


class RegistryOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome of the registry with its time frame, as written and as read."""

    title: str
    description: str
    frame_text: str
    frame: TimeFrame | NotDerived
    where: str


class RegistryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A registry record: facts in the order of :data:`DesignKey`, the rest as they stand in the file."""

    facts: tuple[DesignFact, ...]
    sites: tuple[RegistrySite, ...]
    outcomes: tuple[RegistryOutcome, ...]

    def stated(self, key: DesignKey) -> tuple[DesignFact, ...]:
        """Every statement of a design fact; none if the record is silent, several if it repeats itself."""
        return tuple(fact for fact in self.facts if fact.key == key)

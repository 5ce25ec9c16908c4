"""Adverse events: what one is, when it began, whether it is treatment-emergent and related.

A missing causality counts as related and a missing grade as grade 3 where tables ask for grade 3 or more:
nothing drops out of a table by being unknown.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from firstdose.terms.calendar import SHANGHAI
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import Scale

Causality = Literal["unrelated", "unlikely", "possible", "probable", "definite"]
RELATED: frozenset[Causality] = frozenset({"possible", "probable", "definite"})
"""P-AE-3."""
GRADE_WHEN_MISSING = 3
"""P-AE-5."""

Period = Literal["medical_history", "pre", "lymphodepletion", "treatment_emergent", "after_follow_up"]
Category = Literal[
    "crs",
    "icans",
    "gvhd",
    "iec_hs",
    "infusion_reaction",
    "infection",
    "haematological",
    "other",
]


class PartialMoment(msgspec.Struct, frozen=True):
    """A moment known to lie between two ends, both included; None where nothing bounds it."""

    earliest: datetime | None
    latest: datetime | None


class GradeAt(msgspec.Struct, frozen=True):
    """The grade of an event from a moment on; None when it was not recorded."""

    at: datetime
    grade: int | None


class AdverseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One adverse event of one participant.

    ``grades`` are its grades over time on ``scale``, oldest first; grade 0 is resolution.
    ``became_serious_at`` is set when an event worsened to serious after it began.
    """

    key: str
    participant: str
    soc: str
    pt: str
    onset: PartialMoment
    end: PartialMoment | None
    grades: tuple[GradeAt, ...]
    scale: Scale
    is_serious: bool
    category: Category = "other"
    causality_study_product: Causality | None = None
    causality_lymphodepletion: Causality | None = None
    clearly_due_to: Literal["lymphodepletion", "sle", "infection", "other_drug"] | None = None
    is_asymptomatic_laboratory: bool = False
    became_serious_at: datetime | None = None
    baseline_grade: int | None = None
    infusion_stopped_at: datetime | None = None
    steroids_started_at: datetime | None = None

    @property
    def max_grade(self) -> int | NotDerived:
        """The highest recorded grade."""
        known = [one.grade for one in self.grades if one.grade is not None]
        return max(known) if known else NotDerived("no_grade", f"no grade of {self.key} was recorded")

    @property
    def table_grade(self) -> int:
        """The grade that tables use: the highest, or grade 3 when none was recorded."""
        return GRADE_WHEN_MISSING if isinstance(self.max_grade, NotDerived) else self.max_grade


class StudyMilestones(msgspec.Struct, frozen=True, kw_only=True):
    """Moments of one participant that bound the periods; None where it has not happened."""

    consent: datetime
    lymphodepletion_start: datetime | None
    first_infusion: datetime | None
    last_visit: datetime | None = None


def parse_partial_moment(text: str) -> PartialMoment | NotDerived:
    """A moment from as much of it as is known: year, month, day, or minute, in the sites' time.

    Examples
    --------
    >>> march = parse_partial_moment("2025-03")
    >>> march.earliest.isoformat(), march.latest.isoformat()
    ('2025-03-01T00:00:00+08:00', '2025-03-31T23:59:59+08:00')
    >>> parse_partial_moment("")
    PartialMoment(earliest=None, latest=None)
    """
    if not text:
        return PartialMoment(None, None)
    for form, step in (("%Y", "year"), ("%Y-%m", "month"), ("%Y-%m-%d", "day"), ("%Y-%m-%dT%H:%M", "minute")):
        try:
            earliest = datetime.strptime(text, form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
        return PartialMoment(earliest, _next(earliest, step) - timedelta(seconds=1))
    return NotDerived("not_a_date", f"{text!r} is not a date or a part of one")


def derive_period(event: AdverseEvent, milestones: StudyMilestones) -> Period:
    """The period in which an event began.

    Parameters
    ----------
    event : AdverseEvent
        Onset may be partial; the end, if known, bounds it too.
    milestones : StudyMilestones
        Of its participant.

    Returns
    -------
    Period
        Treatment-emergent unless it is proven to begin before the first infusion; then lymphodepletion unless
        proven earlier; then before it. Proven to begin before consent it is medical history.

    Source
    ------
    Convention P-AE-4.
    """
    latest = _latest_onset(event)
    if milestones.last_visit and event.onset.earliest and event.onset.earliest > milestones.last_visit:
        return "after_follow_up"
    if milestones.first_infusion and (latest is None or latest >= milestones.first_infusion):
        return "treatment_emergent"
    if milestones.lymphodepletion_start and (latest is None or latest >= milestones.lymphodepletion_start):
        return "lymphodepletion"
    return "pre" if latest is None or latest >= milestones.consent else "medical_history"


def is_treatment_emergent(event: AdverseEvent, milestones: StudyMilestones) -> bool:
    """Whether an event began, or worsened in grade or seriousness, on or after the first infusion."""
    period = derive_period(event, milestones)
    if period in ("treatment_emergent", "after_follow_up"):
        return period == "treatment_emergent"
    infused, last = milestones.first_infusion, milestones.last_visit
    if infused is None:
        return False
    before = [one.grade for one in event.grades if one.grade is not None and one.at < infused]
    after = [
        one.grade
        for one in event.grades
        if one.grade is not None and one.at >= infused and (last is None or one.at <= last)
    ]
    has_worsened = bool(before) and bool(after) and max(after) > max(before)
    serious_at = event.became_serious_at
    return has_worsened or (
        serious_at is not None and serious_at >= infused and (last is None or serious_at <= last)
    )


def is_related(causality: Causality | None) -> bool:
    """Whether an event is at least possibly related; a missing causality counts as related."""
    return causality is None or causality in RELATED


def _latest_onset(event: AdverseEvent) -> datetime | None:
    ends = [event.onset.latest, event.end.latest if event.end else None]
    return min((end for end in ends if end is not None), default=None)


def _next(moment: datetime, step: str) -> datetime:
    if step == "year":
        return moment.replace(year=moment.year + 1)
    if step == "month":
        in_next_month = moment.replace(day=28) + timedelta(days=4)
        return in_next_month.replace(day=1)
    return moment + (timedelta(days=1) if step == "day" else timedelta(minutes=1))

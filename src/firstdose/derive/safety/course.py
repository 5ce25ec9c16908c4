"""How a graded term ran in one participant: baseline grade, worst later grade, and the shift between them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from firstdose.derive.baseline import is_baseline_moment
from firstdose.record.state import Participant
from firstdose.terms.outcomes import Finding, NotDerived
from firstdose.terms.scales import Grade
from firstdose.terms.words import Text


class GradedReading(msgspec.Struct, frozen=True, kw_only=True):
    """The grade of a term at one moment, or why there is none, with the positions it was read from."""

    collected_at: datetime
    grade: Grade | NotDerived
    sources: tuple[int, ...]


class TermCourse(msgspec.Struct, frozen=True, kw_only=True):
    """A graded term of one participant.

    ``worst`` is over everything after the baseline, ``worst_after_infusion`` over what was collected after
    the first infusion began. ``is_emergent`` says whether the latter exceeds the baseline grade; a missing
    baseline counts as grade 0.
    """

    form: str
    key: str
    term: Text
    baseline: Finding[Grade]
    worst: Finding[Grade]
    worst_after_infusion: Finding[Grade]
    is_emergent: Finding[bool]


def derive_term_course(
    readings: Sequence[GradedReading],
    participant: Participant,
    *,
    form: str,
    key: str,
    term: Text,
    clause: str,
) -> TermCourse:
    """The course of a term from its graded readings.

    Parameters
    ----------
    readings : sequence of n GradedReading
        In the order of their collection; the last before lymphodepletion is the baseline.
    participant : Participant
        Whose lymphodepletion and infusion divide the readings.
    form, key : str
        Where the values stand.
    term : Text
        The term that the grades are of.
    clause : str
        What the grades follow from.
    """
    first = participant.first_infusion_at
    before = [one for one in readings if is_baseline_moment(participant, one.collected_at)]
    after = [one for one in readings if not is_baseline_moment(participant, one.collected_at)]
    infused = [one for one in after if first is not None and one.collected_at > first]
    baseline = Finding[Grade](
        value=before[-1].grade if before else NotDerived("no_baseline", "no value before lymphodepletion"),
        clause=clause,
        rule="grade of the last value before lymphodepletion",
        sources=before[-1].sources if before else (),
    )
    worst_after_infusion = _worst(infused, clause, "highest grade after the start of the first infusion")
    return TermCourse(
        form=form,
        key=key,
        term=term,
        baseline=baseline,
        worst=_worst(after, clause, "highest grade after the baseline"),
        worst_after_infusion=worst_after_infusion,
        is_emergent=_has_worsened(baseline, worst_after_infusion, clause),
    )


def _worst(readings: Sequence[GradedReading], clause: str, rule: str) -> Finding[Grade]:
    graded = [one for one in readings if isinstance(one.grade, Grade)]
    if graded:
        top = max(graded, key=_value)
        return Finding(value=top.grade, clause=clause, rule=rule, sources=top.sources)
    missing = [one for one in readings if isinstance(one.grade, NotDerived)]
    absence = missing[0].grade if missing else NotDerived("no_data", "no value")
    return Finding(value=absence, clause=clause, rule=rule, sources=missing[0].sources if missing else ())


def _value(reading: GradedReading) -> int:
    return reading.grade.value if isinstance(reading.grade, Grade) else -1


def _has_worsened(baseline: Finding[Grade], worst: Finding[Grade], clause: str) -> Finding[bool]:
    before = baseline.value.value if isinstance(baseline.value, Grade) else 0
    return Finding(
        value=worst.value.value > before if isinstance(worst.value, Grade) else worst.value,
        clause=clause,
        rule="highest grade after the start of the first infusion above the baseline grade",
        sources=tuple(sorted({*baseline.sources, *worst.sources})),
    )

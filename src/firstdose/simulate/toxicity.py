"""Adverse events of a virtual participant, as a site would report them.

Episodes of illness, cytopenias seen in the blood counts of the visits and everyday events become one list.
Events of a further infusion come on top: those before it stay as they were, except that one which was still
going on at the end of a shorter course later gets its end and its later grades.
"""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import msgspec
import numpy as np

from firstdose.simulate.adverse_event_terms import CYTOPENIAS, EPISODE_TERMS, MinorEvent, Term
from firstdose.simulate.course import Course
from firstdose.simulate.episodes import Episode, dlt_probability
from firstdose.simulate.people import Person
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.streams import Stream, open_stream
from firstdose.simulate.virtual_participants import Trajectory
from firstdose.terms.scales import ScaleName
from firstdose.terms.words import Text

__all__ = ["Category", "VirtualAdverseEvent", "dlt_probability", "simulate_adverse_events"]

Category = Literal["crs", "icans", "infection", "infusion_reaction", "gvhd", "cytopenia", "other"]

_COUNT_LIMITS = {
    "neutrophils": (Decimal("1.5"), Decimal("1.0"), Decimal("0.5")),
    "platelets": (Decimal(75), Decimal(50), Decimal(25)),
    "haemoglobin": (Decimal(100), Decimal(80), None),
}
"""Below these a count has grade 2, 3 and 4 (CTCAE v5.0; anaemia of grade 4 is a clinical judgement)."""

_COUNT_DAYS = (-4, -3, -1, 0, 1, 3, 7, 10, 14, 21, 28, 56, 84, 168, 252, 364)
"""Days of the schedule on which a blood count is taken; a cytopenia is seen on them."""

_SERIOUS_FROM_GRADE = 3
_REPORTED_CYTOPENIA = {"neutrophils": 3, "platelets": 2, "haemoglobin": 3}
"""From this grade an investigator calls a count clinically significant (assumed)."""


class VirtualAdverseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An adverse event: what, when, how severe over time, caused by what.

    ``grades`` are (day reached, grade) in time order; ``end_d`` is None while it goes on at the end of
    follow-up. ``is_dlt`` is the truth of the simulation, for the comparison with what a trial finds.
    """

    preferred_term: str
    soc: str
    text: Text
    onset_d: float
    grades: tuple[tuple[float, int], ...]
    end_d: float | None
    scale: ScaleName
    is_related_to_product: bool
    is_related_to_lymphodepletion: bool
    is_serious: bool
    category: Category
    is_dlt: bool = False

    @property
    def highest_grade(self) -> int:
        """The highest grade reached."""
        return max(grade for _, grade in self.grades)


def simulate_adverse_events(
    rng: np.random.Generator, scenario: Scenario, person: Person, course: Course, trajectory: Trajectory
) -> tuple[VirtualAdverseEvent, ...]:
    """The adverse events of a participant until the end of follow-up, in order of onset.

    Parameters
    ----------
    rng : numpy.random.Generator
        The participant's own, as for ``simulate_participant``; only its seed counts.
    scenario, person, course : Scenario, Person, Course
        As for ``simulate_participant``.
    trajectory : Trajectory
        What ``simulate_participant`` returned for them: events agree with its values.

    Examples
    --------
    >>> from firstdose.simulate.people import draw_person
    >>> from firstdose.simulate.virtual_participants import simulate_participant
    >>> rng, scenario = np.random.default_rng(4), Scenario()
    >>> course = Course(lymphodepletion_days=(-5, -4, -3))
    >>> person = draw_person(rng, scenario)
    >>> trajectory = simulate_participant(rng, scenario, person, course)
    >>> events = simulate_adverse_events(rng, scenario, person, course, trajectory)
    >>> any(event.is_related_to_product for event in events)
    False
    """
    stream = open_stream(rng)
    events = [_reported(stream, scenario, episode) for episode in trajectory.episodes]
    for analyte, term in CYTOPENIAS.items():
        events.extend(_cytopenias(trajectory, course, analyte, term))
    events.extend(_minor_events(stream, scenario, person, course))
    seen = (_until(event, course.end_d) for event in events if event.onset_d <= course.end_d)
    return tuple(sorted(seen, key=lambda event: (event.onset_d, event.preferred_term)))


def _until(event: VirtualAdverseEvent, end_of_follow_up_d: float) -> VirtualAdverseEvent:
    return msgspec.structs.replace(
        event,
        grades=tuple(step for step in event.grades if step[0] <= end_of_follow_up_d),
        end_d=event.end_d if event.end_d is not None and event.end_d <= end_of_follow_up_d else None,
    )


def _reported(stream: Stream, scenario: Scenario, episode: Episode) -> VirtualAdverseEvent:
    is_infection = episode.kind == "infection"
    if episode.kind == "infection":
        term = _infection_term(stream, scenario, episode.occurrence)
    else:
        term = EPISODE_TERMS[episode.kind]
    category: Category = "other" if episode.kind in ("liver", "diarrhoea") else episode.kind  # type: ignore[assignment]  # the kinds left are categories
    scale: ScaleName = "CTCAE"
    if episode.kind in ("crs", "icans"):
        scale = "ASTCT"
    elif episode.kind == "gvhd":
        scale = "MAGIC"
    return VirtualAdverseEvent(
        preferred_term=term.preferred_term,
        soc=term.soc,
        text=term.text,
        onset_d=episode.onset_d,
        grades=episode.grades,
        end_d=episode.end_d,
        scale=scale,
        is_related_to_product=not is_infection,
        # the months after lymphodepletion are the months of its infections
        is_related_to_lymphodepletion=is_infection and episode.onset_d < 90.0,  # noqa: PLR2004 (assumed)
        is_serious=episode.highest_grade >= _SERIOUS_FROM_GRADE,
        category=category,
        is_dlt=episode.is_dlt,
    )


def _infection_term(stream: Stream, scenario: Scenario, occurrence: int) -> Term:
    draw, share = stream.uniform("infection_term", occurrence), 0.0
    for weight, term in scenario.infections:
        share += weight
        if draw < share:
            return term
    return scenario.infections[-1][1]


def _cytopenias(
    trajectory: Trajectory, course: Course, analyte: str, term: Term
) -> Iterator[VirtualAdverseEvent]:
    if not course.lymphodepletion_days:
        return
    days = [day for day in _COUNT_DAYS if min(course.lymphodepletion_days) < day <= course.end_d]
    baseline = _count_grade(trajectory, analyte, min(course.lymphodepletion_days) - 1)
    steps: list[tuple[float, int]] = []
    for day in days:
        grade = _count_grade(trajectory, analyte, day)
        if grade > max(baseline, 1):
            if not steps or steps[-1][1] != grade:
                steps.append((float(day), grade))
        elif steps:
            yield from _cytopenia(steps, float(day), analyte, term)
            steps = []
    if steps:
        yield from _cytopenia(steps, None, analyte, term)


def _cytopenia(
    steps: list[tuple[float, int]], end_d: float | None, analyte: str, term: Term
) -> Iterator[VirtualAdverseEvent]:
    if max(grade for _, grade in steps) < _REPORTED_CYTOPENIA[analyte]:
        return
    yield VirtualAdverseEvent(
        preferred_term=term.preferred_term,
        soc=term.soc,
        text=term.text,
        onset_d=steps[0][0],
        grades=tuple(steps),
        end_d=end_d,
        scale="CTCAE",
        is_related_to_product=False,
        is_related_to_lymphodepletion=True,
        is_serious=False,
        category="cytopenia",
    )


def _count_grade(trajectory: Trajectory, analyte: str, day: int) -> int:
    value = trajectory.value(analyte, float(day))
    if value is None:
        return 0
    below = [limit is not None and value < limit for limit in _COUNT_LIMITS[analyte]]
    return 1 + sum(below) if any(below) else 0


def _minor_events(
    stream: Stream, scenario: Scenario, person: Person, course: Course
) -> Iterator[VirtualAdverseEvent]:
    started_d = float(min(course.lymphodepletion_days)) if course.lymphodepletion_days else None
    for event in scenario.minor_events:
        if event.unless_sign in person.descriptors:
            continue
        starts: tuple[float, ...] = (started_d,) if started_d is not None else ()
        if event.after == "infusion":
            starts = tuple(infusion.day for infusion in course.infusions)
        for k, start in enumerate(starts):
            if stream.uniform("has:" + event.term.preferred_term, k) < event.p:
                yield _minor_event(stream, event, k, start)


def _minor_event(stream: Stream, event: MinorEvent, k: int, start_d: float) -> VirtualAdverseEvent:
    name = event.term.preferred_term
    first, last = event.onset_d
    onset_d = round(start_d + first + (last - first) * stream.uniform("onset:" + name, k), 3)
    length_d = event.length_d * math.exp(0.4 * stream.normal("length:" + name, k))
    return VirtualAdverseEvent(
        preferred_term=name,
        soc=event.term.soc,
        text=event.term.text,
        onset_d=onset_d,
        grades=((onset_d, 1 + (stream.uniform("grade:" + name, k) < event.grade_2_share)),),
        end_d=round(onset_d + length_d, 3),
        scale="CTCAE",
        is_related_to_product=event.after == "infusion",
        is_related_to_lymphodepletion=event.after == "lymphodepletion",
        is_serious=False,
        category="other",
    )

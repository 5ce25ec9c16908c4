"""A virtual participant from screening to the last visit, ready to answer what any form asks.

Everything is a function of the participant's generator (its seed, see ``streams``), the scenario, the person
and the course. A longer course gives the same values before the addition, because the hidden state is carried
forward only from the left, every illness belongs to its own infusion, and the noise of a sample is addressed
by its analyte and its minute (cytokines, product, chemistry, bedside) or its day (blood count, cells,
antibodies, complement, urine, assessment of disease), not by the order in which samples are asked for.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec
import numpy as np

from firstdose.simulate.bedside import BEDSIDE
from firstdose.simulate.blood import BLOOD, TransgeneLevel, derive_transgene_level
from firstdose.simulate.body import Body
from firstdose.simulate.course import Course
from firstdose.simulate.disease import DISEASE, derive_sledai_descriptors
from firstdose.simulate.episodes import Episode, draw_episodes
from firstdose.simulate.people import Person
from firstdose.simulate.physiology import Traits, compute_physiology, draw_traits
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.serum import SERUM
from firstdose.simulate.streams import open_stream

READINGS: Mapping[str, Callable[[Body, float], Decimal | None]] = {**BLOOD, **SERUM, **DISEASE, **BEDSIDE}
"""What can be measured, by analyte key."""


class Trajectory(msgspec.Struct, frozen=True):
    """The measurable course of one participant."""

    body: Body

    @property
    def course(self) -> Course:
        """What was given, and until when."""
        return self.body.physiology.course

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """The illnesses behind the values, in order of onset."""
        return self.body.episodes

    def value(self, analyte_key: str, day: float) -> Decimal | None:
        """The value of a sample as it is reported.

        Parameters
        ----------
        analyte_key : str
            A key of ``READINGS``; another key is a programming error.
        day : float
            Elapsed days from the first infusion, negative before it. [d]

        Returns
        -------
        Decimal
            Rounded to the decimals of the report.
        None
            After the end of follow-up, for a transgene level below quantification (``transgene_level`` says
            which), and for a subset when there are too few B cells to share out.
        """
        reading = READINGS[analyte_key]
        return reading(self.body, day) if day <= self.course.end_d else None

    def transgene_level(self, day: float) -> TransgeneLevel:
        """The state of a transgene sample, and its level when quantifiable [copies/ug]."""
        return derive_transgene_level(self.body, day)

    def sledai_descriptors(self, day: float, *, window_d: float = 0.0) -> frozenset[str]:
        """The SLEDAI-2K descriptors of lupus present at a visit, by key."""
        return derive_sledai_descriptors(self.body, day, window_d=window_d)


def simulate_participant(
    rng: np.random.Generator, scenario: Scenario, person: Person, course: Course
) -> Trajectory:
    """The trajectory of a person through a course.

    Parameters
    ----------
    rng : numpy.random.Generator
        The participant's own, from a ``SeedSequence``; only its seed counts, it is not advanced.
    scenario : Scenario
        The virtual world.
    person : Person
        Drawn from the same generator by ``draw_person``.
    course : Course
        What was given so far; call again with a longer one.

    Examples
    --------
    >>> from firstdose.simulate.course import Infusion
    >>> from firstdose.simulate.people import draw_person
    >>> rng = np.random.default_rng(20250301)
    >>> scenario = Scenario()
    >>> course = Course(lymphodepletion_days=(-5, -4, -3), infusions=(Infusion(0.0, 3.0),))
    >>> trajectory = simulate_participant(rng, scenario, draw_person(rng, scenario), course)
    >>> trajectory.value("cd19_b_cells_per_ul", 28.0) < trajectory.value("cd19_b_cells_per_ul", -6.0)
    True
    """
    stream = open_stream(rng)
    traits = _with_low_counts(draw_traits(stream, scenario), person)
    return Trajectory(
        Body(
            stream=stream,
            scenario=scenario,
            person=person,
            physiology=compute_physiology(traits, scenario, course),
            episodes=draw_episodes(stream, scenario, course),
        )
    )


def _with_low_counts(traits: Traits, person: Person) -> Traits:
    # few lymphocytes belong to a lupus leukopenia; without these limits the total could exceed 3.0 x10^9/L
    if "leukopenia" not in person.descriptors:
        return traits
    return msgspec.structs.replace(
        traits,
        t_cells=min(traits.t_cells, 520.0),
        nk_cells=min(traits.nk_cells, 90.0),
        b_cells=min(traits.b_cells, 110.0),
    )

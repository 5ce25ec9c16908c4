"""A virtual participant as the instruments meet it: hidden state, illnesses, and the noise of a sample."""

import math
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from firstdose.simulate.episodes import Episode, EpisodeKind
from firstdose.simulate.laboratory import LaboratoryValue
from firstdose.simulate.people import Person
from firstdose.simulate.physiology import Latent, Physiology
from firstdose.simulate.scenario import Quantity, Scenario
from firstdose.simulate.streams import Stream

_MINUTES_PER_DAY = 1440


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """Everything true about a participant; readings are taken from it."""

    stream: Stream
    scenario: Scenario
    person: Person
    physiology: Physiology
    episodes: tuple[Episode, ...]

    def latent(self, day: float) -> Latent:
        """The hidden state at a moment."""
        return self.physiology.at(day)

    def noise(self, analyte: str, day: float, *, daily: bool = False) -> float:
        """The standard normal error of a sample, one per analyte and minute, or per analyte and day."""
        slot = math.floor(day) if daily else round(day * _MINUTES_PER_DAY)
        return self.stream.normal("sample:" + analyte, slot)

    def own(self, name: str, quantity: Quantity) -> float:
        """The person's own value of a log-normal quantity, within two standard deviations."""
        deviation = min(max(self.stream.normal(name), -2.0), 2.0)
        return quantity.typical * math.exp(quantity.spread * deviation)

    def intensity(
        self, day: float, kinds: Iterable[EpisodeKind], *, rise_d: float, half_life_d: float
    ) -> float:
        """How strongly a marker answers to the episodes of these kinds."""
        return sum(
            episode.intensity_at(day, rise_d=rise_d, half_life_d=half_life_d)
            for episode in self.episodes
            if episode.kind in kinds
        )

    def grade(self, day: float, kind: EpisodeKind) -> int:
        """The highest grade of a kind of episode at a moment."""
        return max((episode.grade_at(day) for episode in self.episodes if episode.kind == kind), default=0)

    def killing(self, day: float) -> float:
        """The flux of B cells being killed, as a share of the most that could be."""
        return self.physiology.kill(day) * self.latent(day).b_cells / self.physiology.traits.b_cells

    def inflammation(self, day: float) -> float:
        """The common drive of the markers of inflammation; about 1 in a grade 1 cytokine release syndrome."""
        released = self.intensity(day, ("crs",), rise_d=0.3, half_life_d=1.0)
        infected = self.intensity(day, ("infection",), rise_d=0.5, half_life_d=1.5)
        return released + 0.4 * infected + 0.5 * self.killing(day)

    def resting_value(self, row: LaboratoryValue, day: float) -> float:
        """The value of a sample by its row of the laboratory table."""
        typical = row.female if self.person.sex == "female" else row.male
        between = min(max(self.stream.normal("own:" + row.key), -2.0), 2.0)
        exponent = row.between * between + row.within * self.noise(row.key, day)
        return typical * math.exp(exponent + row.inflamed * self.inflammation(day))


def as_reported(value: float, decimals: int) -> Decimal:
    """A value as a laboratory reports it: to its decimals and never negative.

    Examples
    --------
    >>> as_reported(4.1266, 2), as_reported(-0.001, 1)
    (Decimal('4.13'), Decimal('0.0'))
    """
    return Decimal(f"{max(value, 0.0):.{decimals}f}")

"""One participant's randomness, addressed by name and moment instead of by the order of drawing.

A participant has one generator. Its seed, not its state, gives a 64-bit key, and every random number is a
hash of (key, name, slot): the name says what is drawn, the slot which infusion, day or minute it belongs
to. So a number never depends on what was drawn before it. A longer course leaves every earlier value as it
was, a generator that was already used gives the same participant, and a new parameter disturbs no old one.
"""

from statistics import NormalDist
from zlib import crc32

import msgspec
import numpy as np

_MASK = (1 << 64) - 1
_STANDARD_NORMAL = NormalDist()
_LARGEST_DEVIATION = 3.0


class Stream(msgspec.Struct, frozen=True):
    """Uniform and standard normal numbers of one participant.

    Source
    ------
    The mixing function is the finalizer of SplitMix64: Steele GL, Lea D, Flood CH. OOPSLA 2014;453-472.

    Examples
    --------
    >>> stream = open_stream(np.random.default_rng(1))
    >>> stream.uniform("crs", 2) == open_stream(np.random.default_rng(1)).uniform("crs", 2)
    True
    """

    key: int

    def uniform(self, name: str, slot: int = 0) -> float:
        """A number in the open interval (0, 1)."""
        mixed = _mix(self.key ^ _mix(crc32(name.encode())))
        return ((_mix(mixed + slot & _MASK) >> 11) + 0.5) / 9007199254740992.0

    def normal(self, name: str, slot: int = 0) -> float:
        """A standard normal number, held within 3 standard deviations so that no value is absurd."""
        deviation = _STANDARD_NORMAL.inv_cdf(self.uniform(name, slot))
        return min(max(deviation, -_LARGEST_DEVIATION), _LARGEST_DEVIATION)


def open_stream(rng: np.random.Generator) -> Stream:
    """The stream of the participant whose generator this is; the generator is not advanced.

    Parameters
    ----------
    rng : numpy.random.Generator
        One per participant, made from a ``SeedSequence`` (``default_rng`` and ``Generator.spawn`` do so).
    """
    sequence = rng.bit_generator.seed_seq
    key = sequence.generate_state(2, np.uint32)
    return Stream(int(key[0]) << 32 | int(key[1]))


def _mix(number: int) -> int:
    number = number + 0x9E3779B97F4A7C15 & _MASK
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _MASK
    return number ^ number >> 31

"""R's default random stream again: the Mersenne Twister seeded as ``set.seed`` does, and binomial inversion.

Written from the description of R's ``Random`` help page: the seed is scrambled by a linear congruential
generator (69069, 1) fifty times before it fills the 625 words of the state, the first of which holds the
position; a uniform is a 32-bit word over 2^32.
"""

import numpy as np


def uniforms(seed: int) -> "UniformStream":
    """The stream of ``runif`` after ``set.seed(seed)``."""
    return UniformStream(seed)


class UniformStream:
    """Uniform numbers one by one."""

    def __init__(self, seed: int) -> None:
        words = []
        for step in range(50 + 625):
            seed = (69069 * seed + 1) % 2**32
            if step >= 50:
                words.append(seed)
        self._generator = np.random.MT19937()
        self._generator.state = {
            "bit_generator": "MT19937",
            "state": {"key": np.array(words[1:], dtype=np.uint64), "pos": 624},
        }

    def take(self, count: int) -> list[float]:
        """The next numbers."""
        return [float(word) / 2**32 for word in self._generator.random_raw(count)]

"""Random numbers that are looked up, not drawn in turn: the same participant has the same luck in every design.

A number depends on the seed, the trial, the stream and the place of the participant in the order of enrolment,
and on nothing else. So two rules can be compared trial by trial, and a result does not depend on the machine,
on how trials are shared out to processes, or on which of them ends first.

Source
------
Salmon JK, Moraes MA, Dror RO, Shaw DE. Parallel random numbers: as easy as 1, 2, 3. SC 2011 (counter based
generators). Steele GL, Lea D, Flood CH. Fast splittable pseudorandom number generators. OOPSLA 2014;453-472:
the finalizer of SplitMix64, variant 13 of D. Stafford.
"""

import numpy as np
from numba import njit

OUTCOME, DLT_TIME, ARRIVAL, EFFICACY, BACKFILL = 0, 1, 2, 3, 4
"""Streams: whether a participant has a DLT, when, when they arrive, whether they respond, and where they go."""

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / (1 << 53)


@njit(cache=True, inline="always")
def _mix(z: np.uint64) -> np.uint64:
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


@njit(cache=True)
def start_stream(seed: int, trial: int, stream: int) -> np.uint64:
    """The start of one stream of one trial, to be given to :func:`look_up`."""
    key = _mix(np.uint64(seed) + _GAMMA)
    key = _mix(key + np.uint64(trial) * _GAMMA + _GAMMA)
    return _mix(key + np.uint64(stream) * _GAMMA + _GAMMA)


@njit(cache=True, inline="always")
def look_up(start: np.uint64, place: int) -> float:
    """The uniform number from 0 to below 1 at a place of a stream, places counted from 0.

    Examples
    --------
    >>> start = start_stream(7, 0, OUTCOME)
    >>> look_up(start, 3) == look_up(start, 3), look_up(start, 3) == look_up(start, 4)
    (True, False)
    """
    # a start that came back from compiled code is a plain whole number
    return float(_mix(np.uint64(start) + (np.uint64(place) + np.uint64(1)) * _GAMMA) >> _S11) * _UNIT

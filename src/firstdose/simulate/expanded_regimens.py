"""Which regimens are expanded: the choice of the committee, in the rehearsal as before the trial.

The highest regimen that was treated and is not above the one selected, and those just below it, up to the most that
may be expanded.
"""

import numpy as np
from numpy.typing import NDArray

from firstdose.design.stepping import IntArray


def choose_regimens(n: IntArray, level: IntArray, *, fewest: int, most: int) -> NDArray[np.bool_]:
    """The regimens that are expanded; one row per end of the part before, one column per regimen, lowest first.

    Parameters
    ----------
    n : array of int
        Participants treated, rows by regimens.
    level : array of int
        The regimen selected, from 1; 0 for none.
    fewest, most : int
        Regimens that may be expanded; where fewer are left to choose from, none is.

    Examples
    --------
    >>> choose_regimens(np.array([[3, 3, 6, 3], [3, 3, 0, 0]]), np.array([3, 0]), fewest=1, most=2)
    array([[False,  True,  True, False],
           [False, False, False, False]])
    """
    allowed = (n > 0) & (np.arange(1, n.shape[1] + 1) <= np.asarray(level)[:, None])
    place_from_top = np.cumsum(allowed[:, ::-1], axis=1)[:, ::-1]
    highest = allowed & (place_from_top <= most)
    chosen: NDArray[np.bool_] = highest & (highest.sum(axis=1, keepdims=True) >= fewest)
    return chosen

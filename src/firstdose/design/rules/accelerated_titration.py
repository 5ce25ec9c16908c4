"""Accelerated titration: one participant per level at the start of a part.

Source
------
Simon R et al. Accelerated titration designs for phase I clinical trials in oncology. J Natl Cancer Inst
1997;89:1138-1147. When titration ends with a DLT or another trigger, the level is filled up to a whole cohort
before the rule decides, as in the R package BOIN 2.7.2 (``get.oc(titration=TRUE)``).
"""

from collections.abc import Sequence

from firstdose.design.specification import DesignSpecification


def is_titrating(
    spec: DesignSpecification, n_dlt: Sequence[int], level: int, *, titration_ended: bool
) -> bool:
    """Whether participants at the level are still treated one by one.

    Parameters
    ----------
    spec : DesignSpecification
    n_dlt : sequence of int
        Participants with a DLT, one per level; the first DLT at any level ends titration for good.
    level : int
        From 1, the lowest.
    titration_ended : bool
        Whether a trigger outside the counts has ended it.
    """
    if spec.titration is None or titration_ended or any(n_dlt):
        return False
    return spec.titration.until_level is None or level < spec.titration.until_level

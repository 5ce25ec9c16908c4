"""All measures by their keys."""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from firstdose.derive.scores.activity import ACTIVITY_MEASURES
from firstdose.derive.scores.cell_therapy import CELL_THERAPY_MEASURES
from firstdose.derive.scores.flare import FLARE_MEASURES
from firstdose.derive.scores.laboratory import LABORATORY_MEASURES
from firstdose.derive.scores.lupus_indices import LUPUS_INDEX_MEASURES
from firstdose.derive.scores.measure import Measure
from firstdose.derive.scores.reporting import REPORTING_MEASURES
from firstdose.derive.scores.response import RESPONSE_MEASURES
from firstdose.derive.scores.vital_signs import VITAL_SIGN_MEASURES
from firstdose.terms.outcomes import Fault

MEASURES: tuple[Measure, ...] = (
    *ACTIVITY_MEASURES,
    *RESPONSE_MEASURES,
    *LUPUS_INDEX_MEASURES,
    *FLARE_MEASURES,
    *LABORATORY_MEASURES,
    *VITAL_SIGN_MEASURES,
    *CELL_THERAPY_MEASURES,
    *REPORTING_MEASURES,
)
MEASURE_BY_KEY: Mapping[str, Measure] = MappingProxyType({one.key: one for one in MEASURES})


def find_measure(key: str) -> Measure | Fault:
    """The measure of a key, or which keys are near to it.

    Examples
    --------
    >>> find_measure("sledai_2k").title.en
    'SLEDAI-2K'
    >>> str(find_measure("sledai2k"))
    "there is no measure 'sledai2k'; did you mean sledai_2k?"
    """
    found = MEASURE_BY_KEY.get(key)
    if found is not None:
        return found
    written = key.casefold().replace("-", "_").replace(" ", "_")
    near = [one for one in MEASURE_BY_KEY if written and written in one]
    near += [one for one in get_close_matches(written, MEASURE_BY_KEY, cutoff=0.7) if one not in near]
    return Fault(
        what=f"there is no measure {key!r}",
        next=f"did you mean {' or '.join(near[:4])}?"
        if near
        else f"the measures are {', '.join(MEASURE_BY_KEY)}",
    )

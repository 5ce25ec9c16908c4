"""Acute graft versus host disease by MAGIC: organ stages and the overall grade, for adults."""

from decimal import Decimal
from itertools import product
from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import MAGIC_2016, Grade

SKIN_STAGE_2_PERCENT = Decimal(25)
SKIN_ABOVE_STAGE_2_PERCENT = Decimal(50)
BULLAE_ABOVE_PERCENT = Decimal(5)
BILIRUBIN_STAGE_1: dict[str, Decimal] = {"mg/dL": Decimal(2), "umol/L": Decimal(34)}
BILIRUBIN_ABOVE: dict[str, tuple[Decimal, Decimal, Decimal]] = {
    "mg/dL": (Decimal(3), Decimal(6), Decimal(15)),
    "umol/L": (Decimal(51), Decimal(102), Decimal(256)),
}
"""Above these begin stages 2, 3 and 4: values between printed bands go to the higher stage (P-GVHD-1)."""
STOOL_ML_STAGE_1 = Decimal(500)
STOOL_ML_STAGE_2 = Decimal(1000)
STOOL_ML_ABOVE_STAGE_2 = Decimal(1500)
EPISODES_STAGE_1 = Decimal(3)
EPISODES_STAGE_2 = Decimal(5)
EPISODES_ABOVE_STAGE_2 = Decimal(7)

STAGES = range(5)
STAGES_UPPER_GI = range(2)


class GvhdStages(msgspec.Struct, frozen=True, kw_only=True):
    """Stage of each organ as attributed to graft versus host disease; None was not assessed.

    An organ whose findings have another cause is at stage 0.
    """

    skin: int | None
    liver: int | None
    upper_gi: int | None
    lower_gi: int | None


def assign_skin_stage(active_erythema_percent: Decimal, bullae_percent: Decimal = Decimal(0)) -> int:
    """Stage of the skin, by body surface with active erythema and with bullae and desquamation. [%].

    Examples
    --------
    >>> [assign_skin_stage(Decimal(percent)) for percent in ("0", "24.9", "25", "50", "51")]
    [0, 1, 2, 2, 3]
    """
    if active_erythema_percent > SKIN_ABOVE_STAGE_2_PERCENT:
        return 4 if bullae_percent > BULLAE_ABOVE_PERCENT else 3
    if active_erythema_percent >= SKIN_STAGE_2_PERCENT:
        return 2
    return 1 if active_erythema_percent > 0 else 0


def assign_liver_stage(bilirubin: Decimal, unit: Literal["mg/dL", "umol/L"]) -> int:
    """Stage of the liver by bilirubin, read in the unit it was reported in.

    Examples
    --------
    >>> assign_liver_stage(Decimal("3.0"), "mg/dL"), assign_liver_stage(Decimal("3.05"), "mg/dL")
    (1, 2)
    """
    if bilirubin < BILIRUBIN_STAGE_1[unit]:
        return 0
    return 1 + sum(bilirubin > limit for limit in BILIRUBIN_ABOVE[unit])


def assign_lower_gi_stage(
    *,
    stool_ml_per_d: Decimal | None,
    episodes_per_d: Decimal | None,
    has_severe_pain_or_blood: bool,
) -> int | NotDerived:
    """Stage of the lower gut of an adult, from means over 3 days; volume goes before episodes.

    Severe abdominal pain (with or without ileus) or grossly bloody stool is stage 4, whatever the volume.
    """
    if has_severe_pain_or_blood:
        return 4
    if stool_ml_per_d is not None:
        return _gut_stage(stool_ml_per_d, STOOL_ML_STAGE_1, STOOL_ML_STAGE_2, STOOL_ML_ABOVE_STAGE_2)
    if episodes_per_d is not None:
        return _gut_stage(episodes_per_d, EPISODES_STAGE_1, EPISODES_STAGE_2, EPISODES_ABOVE_STAGE_2)
    return NotDerived("not_measured", "neither stool volume nor episodes were recorded")


def grade_gvhd(stages: GvhdStages) -> Grade | NotDerived:
    """MAGIC overall grade, 0 to 4 for none to IV.

    Returns
    -------
    Grade
    NotDerived
        If an organ was not assessed and its stage could change the grade.

    Raises
    ------
    ValueError
        If a stage is out of its range.

    Source
    ------
    Harris AC et al. Biol Blood Marrow Transplant 2016;22:4-10.
    """
    possible = {
        _overall(*organs)
        for organs in product(
            _possible(stages.skin, STAGES),
            _possible(stages.liver, STAGES),
            _possible(stages.upper_gi, STAGES_UPPER_GI),
            _possible(stages.lower_gi, STAGES),
        )
    }
    if len(possible) > 1:
        return NotDerived("organ_not_assessed", f"grade is one of {sorted(possible)}")
    return Grade(possible.pop(), MAGIC_2016)


def _possible(stage: int | None, stages: range) -> range | tuple[int]:
    if stage is None:
        return stages
    if stage not in stages:
        raise ValueError(f"stage out of range: {stage}")
    return (stage,)


def _overall(skin: int, liver: int, upper_gi: int, lower_gi: int) -> int:
    if max(skin, liver, lower_gi) == STAGES[-1]:
        return 4
    if max(liver, lower_gi) > 1:
        return 3
    if skin == STAGES[-2] or 1 in (liver, upper_gi, lower_gi):
        return 2
    return 1 if skin else 0


def _gut_stage(value: Decimal, stage_1: Decimal, stage_2: Decimal, above_stage_2: Decimal) -> int:
    return (value >= stage_1) + (value >= stage_2) + (value > above_stage_2)

"""Immune effector cell-associated neurotoxicity (ICANS) by the ASTCT consensus, with the ICE score."""

from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import ASTCT_2019, Grade

ORIENTATION_MAX = 4
NAMING_MAX = 3
ICE_MAX = 10
ICE_MIN_BY_GRADE: tuple[tuple[int, int], ...] = ((10, 0), (7, 1), (3, 2), (0, 3))
"""Lowest score of each grade, best first."""


class IceAssessment(msgspec.Struct, frozen=True, kw_only=True):
    """The five parts of the ICE score; None where not tested.

    ``orientation`` counts year, month, city and hospital; ``naming`` counts objects.
    """

    orientation: int | None
    naming: int | None
    follows_command: bool | None
    writes_sentence: bool | None
    counts_backwards: bool | None


class IcansFindings(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of one moment, not attributable to another cause.

    ``consciousness`` None is not recorded. Tremor, myoclonus and haemorrhage are not entered here.
    """

    ice: int | NotDerived
    consciousness: Literal["alert", "awakens_spontaneously", "to_voice", "to_touch", "unarousable"] | None
    seizure: Literal["none", "resolves", "prolonged_or_repetitive"] | None
    has_deep_focal_weakness: bool | None
    oedema: Literal["none", "focal", "diffuse_or_raised_pressure"] | None
    died_of_icans: bool = False


def compute_ice_score(assessment: IceAssessment) -> int | NotDerived:
    """ICE score, 0 to 10.

    Raises
    ------
    ValueError
        If orientation or naming is out of its range.

    Examples
    --------
    >>> compute_ice_score(IceAssessment(orientation=4, naming=3, follows_command=True, writes_sentence=False,
    ...                                 counts_backwards=True))
    9
    """
    parts = (
        assessment.orientation,
        assessment.naming,
        assessment.follows_command,
        assessment.writes_sentence,
        assessment.counts_backwards,
    )
    known = [int(part) for part in parts if part is not None]
    if len(known) < len(parts):
        return NotDerived("not_tested", "a part of the ICE score was not tested")
    orientation, naming, *single = known
    if not (0 <= orientation <= ORIENTATION_MAX and 0 <= naming <= NAMING_MAX):
        raise ValueError(f"orientation or naming out of range: {assessment}")
    return orientation + naming + sum(single)


def grade_icans(findings: IcansFindings) -> Grade | NotDerived:
    """ASTCT grade of ICANS, the worst of its rows; 0 is none.

    Returns
    -------
    Grade
        ICE 0 in an awake participant is grade 3, because unarousable grade 4. Spontaneous awakening alone,
        with ICE 10, is not ICANS.
    NotDerived
        If a row that could be worse is unknown.

    Source
    ------
    Lee DW et al. Biol Blood Marrow Transplant 2019;25:625-638.
    """
    if findings.died_of_icans:
        return Grade(5, ASTCT_2019)
    rows = (
        _grade_ice(findings),
        _grade_consciousness(findings),
        _grade_seizure(findings),
        *_grade_focal(findings),
    )
    worst = max((row for row in rows if isinstance(row, int)), default=0)
    unknown = [row for row in rows if isinstance(row, NotDerived)]
    return unknown[0] if unknown and worst < 4 else Grade(worst, ASTCT_2019)  # noqa: PLR2004 - the worst grade alive


def _grade_ice(findings: IcansFindings) -> int | NotDerived:
    if findings.consciousness == "unarousable":
        return 4
    if isinstance(findings.ice, NotDerived):
        return findings.ice
    if not 0 <= findings.ice <= ICE_MAX:
        raise ValueError(f"ICE score out of range: {findings.ice}")
    return next(grade for lowest, grade in ICE_MIN_BY_GRADE if findings.ice >= lowest)


def _grade_consciousness(findings: IcansFindings) -> int | NotDerived:
    if findings.consciousness is None:
        return NotDerived("consciousness_unknown", "level of consciousness was not recorded")
    # "Awakens spontaneously" is the grade 1 column of a grade that the ICE score decides.
    grades = {"alert": 0, "awakens_spontaneously": 0, "to_voice": 2, "to_touch": 3, "unarousable": 4}
    return grades[findings.consciousness]


def _grade_seizure(findings: IcansFindings) -> int | NotDerived:
    if findings.seizure is None:
        return NotDerived("seizure_unknown", "it was not recorded whether there was a seizure")
    return {"none": 0, "resolves": 3, "prolonged_or_repetitive": 4}[findings.seizure]


def _grade_focal(findings: IcansFindings) -> tuple[int | NotDerived, int | NotDerived]:
    motor: int | NotDerived = NotDerived("motor_unknown", "motor findings were not recorded")
    if findings.has_deep_focal_weakness is not None:
        motor = 4 if findings.has_deep_focal_weakness else 0
    oedema: int | NotDerived = NotDerived("oedema_unknown", "raised pressure or oedema was not recorded")
    if findings.oedema is not None:
        oedema = {"none": 0, "focal": 3, "diffuse_or_raised_pressure": 4}[findings.oedema]
    return motor, oedema

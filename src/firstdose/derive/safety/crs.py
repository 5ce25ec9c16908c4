"""Cytokine release syndrome by the ASTCT consensus: the worse of hypotension and hypoxia, given fever."""

from collections.abc import Collection
from decimal import Decimal
from typing import Literal

import msgspec

from firstdose.terms.outcomes import NotDerived
from firstdose.terms.scales import ASTCT_2019, Grade

FEVER_C = Decimal("38.0")
LOW_FLOW_MAX_L_PER_MIN = Decimal(6)
VASOPRESSIN = frozenset({"vasopressin"})
"""Not counted among vasopressors, but alone it is one (P-CRS-1)."""
INOTROPES = frozenset({"dobutamine", "milrinone"})
"""Not vasopressors (P-CRS-2)."""

OxygenSupport = Literal[
    "none",
    "nasal_cannula",
    "blow_by",
    "facemask",
    "non_rebreather_mask",
    "venturi_mask",
    "positive_pressure",
]
_OXYGEN_GRADE: dict[OxygenSupport, int] = {
    "none": 1,
    "blow_by": 2,
    "facemask": 3,
    "non_rebreather_mask": 3,
    "venturi_mask": 3,
    "positive_pressure": 4,
}


class CrsFindings(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of one moment, each already judged not attributable to another cause; None is unknown.

    ``had_crs_fever`` and ``had_antipyretic_or_anticytokine`` say why fever may be absent now.
    ``nasal_flow_l_per_min`` goes with a nasal cannula. Intubation to protect the airway or for a procedure,
    without hypoxia, is entered as the oxygen that is needed otherwise.
    """

    temperature_c: Decimal | None
    had_crs_fever: bool
    had_antipyretic_or_anticytokine: bool
    has_hypotension: bool | None
    vasopressors: frozenset[str]
    oxygen: OxygenSupport | None
    nasal_flow_l_per_min: Decimal | None = None
    died_of_crs: bool = False


def grade_crs(findings: CrsFindings) -> Grade | NotDerived:
    """ASTCT grade of cytokine release syndrome; 0 is none.

    Parameters
    ----------
    findings : CrsFindings
        Of one moment.

    Returns
    -------
    Grade
        0 to 5. After earlier fever of this syndrome, or after antipyretics or anticytokine therapy, fever is
        no longer asked for; without fever, hypotension and hypoxia it has then ended.
    NotDerived
        If a finding that decides is unknown.

    Source
    ------
    Lee DW et al. Biol Blood Marrow Transplant 2019;25:625-638; conventions P-CRS-1 and P-CRS-2.
    """
    if findings.died_of_crs:
        return Grade(5, ASTCT_2019)
    has_fever = None if findings.temperature_c is None else findings.temperature_c >= FEVER_C
    is_fever_asked = not (findings.had_crs_fever or findings.had_antipyretic_or_anticytokine)
    if is_fever_asked and has_fever is False:
        return Grade(0, ASTCT_2019)
    if is_fever_asked and has_fever is None:
        return NotDerived("temperature_unknown", "temperature is unknown and fever is needed")
    hypotension, hypoxia = _grade_hypotension(findings), _grade_hypoxia(findings)
    known = [one for one in (hypotension, hypoxia) if isinstance(one, int)]
    unknown = [one for one in (hypotension, hypoxia) if isinstance(one, NotDerived)]
    worst = max(known, default=1)
    if unknown and worst < max(_OXYGEN_GRADE.values()):
        return unknown[0]
    if worst == 1 and not has_fever:
        return (
            NotDerived("temperature_unknown", "temperature is unknown: grade 0 or 1")
            if has_fever is None
            else Grade(0, ASTCT_2019)
        )
    return Grade(worst, ASTCT_2019)


def _grade_hypotension(findings: CrsFindings) -> int | NotDerived:
    named = {name.lower() for name in findings.vasopressors} - INOTROPES
    n_counted = len(named - VASOPRESSIN)
    if n_counted > 1:
        return 4
    if named:
        return 3
    if findings.has_hypotension is None:
        return NotDerived("hypotension_unknown", "it is not recorded whether there was hypotension")
    return 2 if findings.has_hypotension else 1


def _grade_hypoxia(findings: CrsFindings) -> int | NotDerived:
    if findings.oxygen is None:
        return NotDerived("oxygen_unknown", "oxygen support is not recorded")
    if findings.oxygen != "nasal_cannula":
        return _OXYGEN_GRADE[findings.oxygen]
    if findings.nasal_flow_l_per_min is None:
        return NotDerived("flow_unknown", "flow by nasal cannula is not recorded")
    return 2 if findings.nasal_flow_l_per_min <= LOW_FLOW_MAX_L_PER_MIN else 3


def derive_worst_grade(grades: Collection[Grade | NotDerived]) -> Grade | NotDerived:
    """The worst grade of an episode; NotDerived if any moment could have been worse than the worst known."""
    known = [one for one in grades if isinstance(one, Grade)]
    unknown = [one for one in grades if isinstance(one, NotDerived)]
    if not known:
        return unknown[0] if unknown else NotDerived("no_findings", "nothing was recorded for this episode")
    worst = max(known, key=lambda one: one.value)
    return unknown[0] if unknown and worst.value < max(_OXYGEN_GRADE.values()) else worst

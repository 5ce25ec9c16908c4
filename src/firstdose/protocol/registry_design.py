"""Design facts: the clause of the protocol that answers each, and whether its value agrees."""

from itertools import pairwise

from firstdose.protocol.registry_record import DesignFact, DesignKey, Span
from firstdose.protocol.resolved import Part, Protocol, Schedule

WEEK_D = 7
LABELS: dict[DesignKey, str] = {
    "study_type": "Study type",
    "allocation": "Allocation",
    "purpose": "Primary purpose",
    "masking": "Masking",
    "enrolment": "Enrolment",
    "infusions_single": "Infusions of a participant in the single-dose part",
    "infusions_multiple": "Infusions of a participant in the multiple-dose part",
    "route": "Route of the infusion",
    "setting": "Setting of the infusion",
    "lymphodepletion": "Infusion and lymphodepletion",
    "dose_levels": "Dose levels of the single-dose part",
    "regimens": "Regimens of the multiple-dose part",
    "regimens_expanded": "Regimens that are expanded",
    "visit_interval_shortest_d": "Shortest interval between visits, in days",
    "visit_interval_longest_d": "Longest interval between visits, in days",
}


def check_fact(fact: DesignFact, value: str | Span | None) -> str:
    """Why a design fact is not met; nothing if it is."""
    if value is None:
        return "the protocol has nothing to compare"
    if isinstance(fact.value, Span) and isinstance(value, Span):
        return "" if fact.value.holds(value) else f"the protocol has {value}, the registry {fact.value}"
    return "" if fact.value == value else f"the protocol has {value}, the registry {fact.value}"


def clause_for(protocol: Protocol, key: DesignKey) -> tuple[str, str | Span | None]:
    """The clause that answers a design fact, and its value."""
    study = protocol.study
    shortest_d, longest_d = (weeks * WEEK_D for weeks in study.visit_interval_weeks)
    singles, multiples, expansions = (
        [part for part in protocol.parts if part.kind == kind]
        for kind in ("single_dose", "multiple_dose", "expansion")
    )
    is_after = protocol.product.after_lymphodepletion and all(
        day < 0 for day in protocol.lymphodepletion.days
    )
    expanded = [n for part in expansions for n in (part.min_regimens, part.max_regimens) if n is not None]
    clauses: dict[DesignKey, tuple[str, str | Span | None]] = {
        "study_type": ("study.study_type", study.study_type),
        "allocation": ("study.allocation", study.allocation),
        "purpose": ("study.purpose", study.purpose),
        "masking": ("study.masking", study.masking),
        "enrolment": ("study.enrolment", _span([study.enrolment])),
        "infusions_single": ("parts.levels", _span(_n_infusions(protocol, singles))),
        "infusions_multiple": (
            "study.infusions and parts.regimens",
            _span([*study.infusions, *_n_infusions(protocol, multiples)]),
        ),
        "route": ("study.product.route", protocol.product.route),
        "setting": ("study.product.setting", protocol.product.setting),
        "lymphodepletion": (
            "study.product.after_lymphodepletion and lymphodepletion.days",
            "after" if is_after else "not after",
        ),
        "dose_levels": ("parts.levels", _span([sum(len(part.regimens) for part in singles)])),
        "regimens": ("parts.regimens", _span([sum(len(part.regimens) for part in multiples)])),
        "regimens_expanded": ("parts.min_regimens and parts.max_regimens", _span(expanded)),
        "visit_interval_shortest_d": ("study.visit_interval_weeks", _span([shortest_d])),
        "visit_interval_longest_d": (
            "study.visit_interval_weeks and schedules",
            _span([longest_d, *map(_longest_gap_d, protocol.schedules)]),
        ),
    }
    return clauses[key]


def _span(numbers: list[int]) -> Span | None:
    return Span(min(numbers), max(numbers)) if numbers else None


def _n_infusions(protocol: Protocol, parts: list[Part]) -> list[int]:
    """The numbers of infusions of the regimens of parts."""
    return [len(protocol.regimen_by_key[key].infusion_days) for part in parts for key in part.regimens]


def _longest_gap_d(schedule: Schedule) -> int:
    """The longest time between planned visits from Day 0 on. [d]."""
    days = sorted({0, *(visit.day for visit in schedule.visits if visit.day >= 0)})
    return max((late - early for early, late in pairwise(days)), default=0)

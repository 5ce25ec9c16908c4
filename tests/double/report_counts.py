"""Counts of the report straight from the events of a record, with nothing folded and nothing shared.

An event is looked at by the name of its class and its fields; the record is a list of events in order.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

DAY = timedelta(days=1)
AT_THE_SITES = timedelta(hours=8)
SEROLOGY = {"low_complement", "increased_dna_binding", "haemolytic_anaemia", "gi_activity", "no_new_features"}
PRESENT = {"present_sle", "present_unknown"}
CHANGED = (
    "antimalarial_started_or_increased",
    "immunosuppressant_started_or_increased",
    "biologic_started_or_increased",
    "rescue_given",
)


def named(events: Iterable[Any], kind: str) -> list[Any]:
    return [event for event in events if type(event).__name__ == kind]


def first_infusions(events: Sequence[Any]) -> dict[str, datetime]:
    return {one.participant: one.happened_at for one in named(events, "InfusionStarted") if one.infusion == 1}


def day_of(moment: datetime, zero: datetime) -> int:
    return ((moment + AT_THE_SITES).date() - (zero + AT_THE_SITES).date()).days


def with_adverse_event(events: Sequence[Any]) -> set[str]:
    treated = first_infusions(events)
    return {one.participant for one in named(events, "AdverseEventReported")} & set(treated)


def with_emergent(events: Sequence[Any], at_least: int = 1, *, serious_only: bool = False) -> set[str]:
    """Participants whose event began at the first infusion or later and reached a grade."""
    zero = first_infusions(events)
    graded: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in named(events, "AdverseEventGraded"):
        key = (one.participant, one.adverse_event)
        graded[key] = max(graded[key], one.grade)
    found = set()
    for one in named(events, "AdverseEventReported"):
        worst = max(one.grade or 0, graded[one.participant, one.adverse_event])
        began = one.participant in zero and one.onset >= zero[one.participant]
        if began and worst >= at_least and (one.is_serious or not serious_only):
            found.add(one.participant)
    return found


def with_dlt(events: Sequence[Any]) -> set[str]:
    return {one.participant for one in named(events, "DltAdjudicated") if one.is_dlt}


def dlt_evaluable(events: Sequence[Any]) -> set[str]:
    return {one.participant for one in named(events, "EvaluabilityDetermined") if one.is_dlt_evaluable}


def by_regimen(events: Sequence[Any], codes: Iterable[str]) -> dict[tuple[str, str], set[str]]:
    """The participants among the codes, by part and regimen of the cohort of their place."""
    cohort = {one.cohort: (one.part, one.regimen) for one in named(events, "CohortOpened")}
    place = {one.participant: cohort[one.cohort] for one in named(events, "SlotReserved")}
    found: dict[tuple[str, str], set[str]] = {}
    for code in codes:
        found.setdefault(place[code], set()).add(code)
    return found


def forms(events: Sequence[Any], kind: str) -> dict[str, list[tuple[datetime, dict[str, Any]]]]:
    """The forms of one kind by participant, with every correction put in."""
    filled: dict[tuple[str, str, str], tuple[datetime, dict[str, Any]]] = {}
    for event in events:
        name = type(event).__name__
        if name == "FormSubmitted" and event.form == kind:
            filled[event.participant, event.visit, event.timepoint] = (event.collected_at, dict(event.values))
        if name == "ValueCorrected" and event.form == kind:
            filled[event.participant, event.visit, event.timepoint][1][event.item] = event.new
    found: defaultdict[str, list[tuple[datetime, dict[str, Any]]]] = defaultdict(list)
    for (participant, _, _), (at, values) in filled.items():
        found[participant].append((at, values))
    return found


def prednisone_mg(values: dict[str, Any]) -> Fraction | None:
    """Mean of seven days of prednisone; no other drug is given in the rehearsed trial."""
    drug = values["glucocorticoid"]
    assert drug in ("none", "prednisone")
    today = Fraction(0) if drug == "none" else Fraction(values["glucocorticoid_mg_per_day"])
    if values["constant_last_7_days"]:
        return today
    before = [
        values.get(f"glucocorticoid_mg_{back}_{'day' if back == 1 else 'days'}_before")
        for back in range(1, 7)
    ]
    if any(dose is None for dose in before):
        return None
    total = today
    for dose in before:
        total += Fraction(str(dose))
    return total / 7


def in_doris_remission(sledai: dict[str, Any], pga: dict[str, Any], drugs: dict[str, Any]) -> bool:
    """Known remission: any part that is false or not known is none."""
    clinical = [answer for item, answer in sledai.items() if item not in SEROLOGY]
    no_activity = not any(answer in PRESENT or answer in ("not_assessed", None) for answer in clinical)
    dose = prednisone_mg(drugs)
    return (
        no_activity
        and pga.get("pga") is not None
        and Fraction(pga["pga"]) < Fraction(1, 2)
        and dose is not None
        and dose <= 5
        and not any(drugs[item] for item in CHANGED)
    )


def doris_at(events: Sequence[Any], target_day: int, first_day: int, last_day: int) -> set[str]:
    """Participants in remission at the visit: the assessment in the window that is nearest to its day."""
    zero = first_infusions(events)
    sledai, pga, drugs = (forms(events, kind) for kind in ("sledai", "pga", "drugs"))
    responders = set()
    for code, start in zero.items():
        days = {day_of(at, start): (at, values) for at, values in sledai[code]}
        inside = [day for day in days if first_day <= day <= last_day]
        if not inside:
            continue
        chosen = min(inside, key=lambda day: (abs(day - target_day), -day))
        at, activity = days[chosen]
        same_day = [
            next((values for when, values in kind[code] if when.date() == at.date()), None)
            for kind in (pga, drugs)
        ]
        rescued = any(values["rescue_given"] for when, values in drugs[code] if start < when <= at)
        if None not in same_day and in_doris_remission(activity, *same_day) and not rescued:  # type: ignore[arg-type]
            responders.add(code)
    return responders


def worst_neutrophils_below(events: Sequence[Any], limit: str) -> set[str]:
    """Treated participants with a neutrophil count below a limit after lymphodepletion began."""
    started: dict[str, datetime] = {}
    for one in named(events, "LymphodepletionGiven"):
        started.setdefault(one.participant, one.happened_at)
    counts = forms(events, "haematology")
    return {
        code
        for code in first_infusions(events)
        for at, values in counts[code]
        if at > started[code]
        and values.get("neutrophils") is not None
        and Fraction(values["neutrophils"]) < Fraction(limit)
    }

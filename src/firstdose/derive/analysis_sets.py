"""Who is in which analysis set (ICH E9); the rules in words stand in the study file."""

from collections.abc import Callable

from firstdose.derive.baseline import is_baseline_moment
from firstdose.record.state import Participant, State

AnalysisSetKey = str


def is_enrolled(participant: Participant) -> bool:
    """Consented and found eligible."""
    return participant.consented_at is not None and participant.eligible_at is not None


def is_treated(participant: Participant) -> bool:
    """Received any of the product."""
    return bool(participant.infusions)


def is_dlt_evaluable(participant: Participant) -> bool:
    """Counts for the dose decision: a DLT, or the window completed with enough cells."""
    found = participant.evaluability
    return participant.is_determined and found is not None and found.is_dlt_evaluable


def has_kinetics(participant: Participant) -> bool:
    """Treated, with a sample for cells after the first infusion."""
    return is_treated(participant) and _has_later(participant, "cellular_kinetics")


def has_pharmacodynamics(participant: Participant) -> bool:
    """Treated, with a baseline and a later value of a biomarker form."""
    forms = ("lymphocyte_subsets", "cytokines", "immunoglobulins", "complement")
    return is_treated(participant) and any(
        _has_earlier(participant, form) and _has_later(participant, form) for form in forms
    )


def has_active_baseline(participant: Participant) -> bool:
    """Treated, with a clinical SLEDAI-2K descriptor present before lymphodepletion."""
    return is_treated(participant) and any(
        is_baseline_moment(participant, form.collected_at)
        and any(value in ("present_sle", "present_unknown") for value in form.values.values())
        for form in participant.forms_by_name.get("sledai", ())
    )


def _has_later(participant: Participant, form: str) -> bool:
    first = participant.first_infusion_at
    return first is not None and any(
        found.collected_at > first for found in participant.forms_by_name.get(form, ())
    )


def _has_earlier(participant: Participant, form: str) -> bool:
    found = participant.forms_by_name.get(form, ())
    return any(is_baseline_moment(participant, filled.collected_at) for filled in found)


RULES: dict[AnalysisSetKey, Callable[[Participant], bool]] = {
    "enrolled_set": is_enrolled,
    "safety_set": is_treated,
    "dlt_evaluable_set": is_dlt_evaluable,
    "kinetics_set": has_kinetics,
    "pharmacodynamics_set": has_pharmacodynamics,
    "efficacy_set": has_active_baseline,
}
"""The rule of each analysis set."""


def derive_analysis_set(state: State, key: AnalysisSetKey) -> tuple[Participant, ...]:
    """The participants of an analysis set, in enrolment order."""
    return tuple(participant for participant in state.participants.values() if RULES[key](participant))

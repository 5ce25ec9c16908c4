"""What a simulated trial on a calendar is told beside its design: the times, and what is done on open windows."""

from collections.abc import Sequence
from math import isfinite
from typing import Literal

import msgspec
from msgspec import UNSET

from firstdose.design.rules.backfill_options import Backfill, check_backfill
from firstdose.design.rules.crm_specification import CrmSpecification, check_crm_specification
from firstdose.design.rules.tite_boin import TiteOptions, check_tite_options
from firstdose.design.specification import BOIN_RULES, MODEL_RULES, DesignSpecification
from firstdose.terms.outcomes import Fault


class TimedCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """The times of a part [d]; arrivals are a model of their own."""

    dlt_window_d: float
    review_d: float = 0.0
    """From the data to the decision: after a whole cohort, or before an infusion on open windows."""
    first_to_second_d: float = 0.0
    """From the first participant of a cohort, the sentinel, to the second at the earliest."""
    next_d: float = 0.0
    """From each later participant of a cohort to the next at the earliest."""


class TiteCrm(msgspec.Struct, frozen=True, kw_only=True):
    """The TITE-CRM: the model, and the evaluable that a level with open windows needs before it is left upwards."""

    model: CrmSpecification
    fewest_complete_to_escalate: int = 1


class Backfilling(msgspec.Struct, frozen=True, kw_only=True):
    """BF-BOIN: whoever arrives while the escalation cohort is followed goes to an open level below.

    Published is the highest open one; ``random`` is any of them alike. A response is seen when its participant's
    window ends. Backfilled participants do not count towards the caps of the design, and backfilling ends with
    escalation.
    """

    rule: Backfill = Backfill()
    goes_to: Literal["highest", "random"] = "highest"


WhilePending = TiteOptions | TiteCrm | Backfilling


def check_timed_calendar(calendar: TimedCalendar) -> list[Fault]:
    """Everything that makes a calendar impossible, one sentence each.

    Examples
    --------
    >>> for fault in check_timed_calendar(TimedCalendar(dlt_window_d=0.0, review_d=-1.0)):
    ...     print(fault)
    dlt_window_d: dlt_window_d is 0.0; write a number of days above 0
    review_d: review_d is -1.0; write a number of days, 0 or more
    """
    faults = []
    if not (isfinite(calendar.dlt_window_d) and calendar.dlt_window_d > 0):
        what = f"dlt_window_d is {calendar.dlt_window_d}"
        faults.append(Fault(what=what, next="write a number of days above 0", clause="dlt_window_d"))
    for name in ("review_d", "first_to_second_d", "next_d"):
        value = getattr(calendar, name)
        if not (isfinite(value) and value >= 0):
            what = f"{name} is {value}"
            faults.append(Fault(what=what, next="write a number of days, 0 or more", clause=name))
    return faults


def read_while_pending(spec: DesignSpecification) -> WhilePending | None:
    """What a design itself says is done on open windows; None where it waits, or rolls."""
    if spec.rule == "tite_boin":
        return spec.tite_options
    if spec.backfill is not UNSET:
        return Backfilling(rule=spec.backfill)
    if spec.rule == "tite_crm" and spec.crm is not UNSET:
        return TiteCrm(
            model=spec.crm, fewest_complete_to_escalate=spec.tite_options.fewest_complete_to_escalate
        )
    return None


def check_while_pending(
    spec: DesignSpecification, while_pending: WhilePending | None, response_rates: Sequence[float] | None
) -> list[Fault]:
    """Everything that makes a rule for open windows impossible, or unfit for the design; one sentence each."""
    faults: list[Fault] = []
    if isinstance(while_pending, TiteCrm):
        faults += check_crm_specification(while_pending.model, n_levels=spec.n_levels)
        if while_pending.model.target_rate != spec.target_rate:
            said = f"the model's target_rate is {while_pending.model.target_rate}, the design's {spec.target_rate}"
            faults.append(Fault(what=said, next="write the same", clause="model"))
    elif spec.rule in MODEL_RULES:
        said = f"{spec.rule} reads every level through a model, and has no table of counts"
        faults.append(
            Fault(what=said, next="simulate it without a calendar, or as TITE-CRM", clause="while_pending")
        )
    elif while_pending is not None and spec.rule not in BOIN_RULES:
        said = f"the table is one of {spec.rule}"
        faults.append(Fault(what=said, next="give a table of boin", clause="while_pending"))
    if isinstance(while_pending, TiteOptions) and spec.backfill is not UNSET:
        said = "the design backfills and decides on open windows, and the two are not simulated together"
        faults.append(Fault(what=said, next="simulate without one of them", clause="backfill"))
    if isinstance(while_pending, TiteOptions):
        faults += check_tite_options(while_pending)
    if isinstance(while_pending, Backfilling):
        faults += check_backfill(while_pending.rule, cohort_size=spec.cohort_size)
        if while_pending.rule.needs_response and response_rates is None:
            said = "a level opens for backfilling with a response, and no response rates are given"
            faults.append(Fault(what=said, next="give one per level", clause="response_rates"))
    if response_rates is not None and (
        len(response_rates) != spec.n_levels or not all(0 <= rate <= 1 for rate in response_rates)
    ):
        said = f"response_rates are not {spec.n_levels} numbers between 0 and 1"
        faults.append(Fault(what=said, next="give one per level", clause="response_rates"))
    return faults

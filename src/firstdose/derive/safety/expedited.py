"""Expedited reporting: seriousness, SUSAR, and the clocks that start on Day 0.

Day 0 is the calendar day at the sites on which the sponsor first knew all four minimum criteria. A report
sent on the last day is in time. Where expectedness is unknown the clocks run as if the event were unexpected.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, get_args

import msgspec

from firstdose.derive.safety.adverse_events import Causality, is_related
from firstdose.terms.calendar import site_date
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

FATAL_OR_LIFE_THREATENING_D = 7
FOLLOW_UP_FURTHER_D = 8
OTHER_D = 15
"""ICH E2A, section III.B, and China's standard for rapid reporting (CDE 2018). [calendar days after Day 0]"""
SITE_H = 24
"""From the site's awareness to the sponsor. [h]"""

SeriousnessCriterion = Literal[
    "death",
    "life_threatening",
    "hospitalisation_prolonged",
    "disability",
    "congenital_anomaly",
    "medically_important",
]
URGENT: tuple[SeriousnessCriterion, ...] = ("death", "life_threatening")
HospitalStay = Literal[
    "because_of_event",
    "prolonged_by_event",
    "planned_treatment",
    "observation_below_24h",
    "social",
    "planned_procedure",
]
COUNTED_STAYS: frozenset[HospitalStay] = frozenset({"because_of_event", "prolonged_by_event"})
"""P-AE-2: the other stays are not hospitalisation in the sense of seriousness."""
ReportKind = Literal["site_to_sponsor", "initial", "follow_up"]
Standing = Literal["in_time", "late", "open", "overdue"]

_KIND_TEXT: dict[ReportKind, Text] = {
    "site_to_sponsor": Text("Site to sponsor, 24 hours", "研究中心向申办者报告，24小时"),
    "initial": Text("First report to the authority", "向监管机构首次报告"),
    "follow_up": Text("Follow-up report to the authority", "向监管机构随访报告"),
}
_STANDING_TEXT: dict[Standing, Text] = {
    "in_time": Text("sent in time", "已按时上报"),
    "late": Text("sent late", "已逾期上报"),
    "open": Text("due", "待上报"),
    "overdue": Text("overdue", "逾期未上报"),
}


class MinimumCriteria(msgspec.Struct, frozen=True, kw_only=True):
    """When the sponsor first knew each of the four; None is not yet."""

    participant: datetime | None
    reporter: datetime | None
    product: datetime | None
    event: datetime | None


class SeriousEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an event for expedited reporting; None is unknown.

    ``is_expected``: listed in the reference safety information by nature, severity and frequency.
    """

    criteria: Mapping[SeriousnessCriterion, bool | None]
    is_expected: bool | None
    causality_investigator: Causality | None
    causality_sponsor: Causality | None
    site_aware_at: datetime
    sponsor_knew: MinimumCriteria


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """A report that is owed: by a moment for the site, by the end of a calendar day for the authority."""

    kind: ReportKind
    due: date | datetime
    text: Text

    def standing(self, *, sent_at: datetime | None, now: datetime) -> Standing:
        """Whether the report was or is in time; a moment or day that equals the due one is in time."""
        is_past = self._is_past(now if sent_at is None else sent_at)
        if sent_at is None:
            return "overdue" if is_past else "open"
        return "late" if is_past else "in_time"

    def _is_past(self, moment: datetime) -> bool:
        if isinstance(self.due, datetime):
            return moment > self.due
        return site_date(moment) > self.due


class ExpeditedReporting(msgspec.Struct, frozen=True, kw_only=True):
    """What an event asks for, and why."""

    is_serious: bool | NotDerived
    is_susar: bool | NotDerived
    day_0: date | NotDerived
    deadlines: tuple[Deadline, ...]
    reasons: tuple[Text, ...]


def derive_seriousness(criteria: Mapping[SeriousnessCriterion, bool | None]) -> bool | NotDerived:
    """Whether an event is serious: any criterion is enough, all must be known to be absent.

    Source
    ------
    ICH E2A, section II.B.

    Examples
    --------
    >>> derive_seriousness({"death": False, "life_threatening": True})
    True
    """
    answers = [criteria.get(one) for one in get_args(SeriousnessCriterion)]
    if True in answers:
        return True
    if None in answers:
        return NotDerived("seriousness_not_assessed", "a criterion of seriousness is not answered")
    return False


def is_hospitalisation(stay: HospitalStay) -> bool:
    """Whether a stay in hospital makes an event serious (P-AE-2).

    Examples
    --------
    >>> is_hospitalisation("planned_treatment"), is_hospitalisation("prolonged_by_event")
    (False, True)
    """
    return stay in COUNTED_STAYS


def derive_day_0(known: MinimumCriteria) -> date | NotDerived:
    """The calendar day at the sites on which the sponsor first knew all four minimum criteria.

    Examples
    --------
    >>> derive_day_0(MinimumCriteria(participant=None, reporter=None, product=None, event=None)).reason
    'minimum_criteria_missing'
    """
    moments = {
        "participant": known.participant,
        "reporter": known.reporter,
        "product": known.product,
        "event": known.event,
    }
    missing = [name for name, moment in moments.items() if moment is None]
    if missing:
        return NotDerived("minimum_criteria_missing", f"the sponsor does not know: {', '.join(missing)}")
    return site_date(max(moment for moment in moments.values() if moment is not None))


def derive_susar(event: SeriousEvent) -> bool | NotDerived:
    """Whether an event is a suspected unexpected serious adverse reaction.

    Returns
    -------
    bool
        False if any part is known false; true if serious, unexpected, and related to the product in the
        view of the investigator or of the sponsor. A missing causality counts as related (P-AE-3).
    NotDerived
        ``seriousness_not_assessed`` or ``expectedness_not_assessed``.

    Source
    ------
    ICH E2A, sections II and III.
    """
    is_serious = derive_seriousness(event.criteria)
    if is_serious is False or event.is_expected is True or not _is_suspected(event):
        return False
    if isinstance(is_serious, NotDerived):
        return is_serious
    if event.is_expected is None:
        return NotDerived("expectedness_not_assessed", "expectedness is not answered")
    return True


def derive_expedited_reporting(
    event: SeriousEvent,
    *,
    urgent_d: int = FATAL_OR_LIFE_THREATENING_D,
    follow_up_further_d: int = FOLLOW_UP_FURTHER_D,
    other_d: int = OTHER_D,
    site_h: int = SITE_H,
) -> ExpeditedReporting:
    """The reports that an event asks for, with the day or moment by which each is due.

    Parameters
    ----------
    event : SeriousEvent
    urgent_d, follow_up_further_d, other_d : int
        Calendar days: of a fatal or life-threatening event after Day 0, of its follow-up after that, of any
        other event after Day 0.
    site_h : int
        Hours from the site's awareness.

    Returns
    -------
    ExpeditedReporting
        The site's report is owed unless the event is known not to be serious; reports to the authority
        unless it is known to be no SUSAR, and once Day 0 is known.

    Source
    ------
    ICH E2A, section III.B; CDE standard and procedure for rapid reporting of safety data, 2018.
    """
    is_serious, is_susar = derive_seriousness(event.criteria), derive_susar(event)
    day_0 = derive_day_0(event.sponsor_knew)
    deadlines: list[Deadline] = []
    if is_serious is not False:
        due = event.site_aware_at + timedelta(hours=site_h)
        deadlines.append(Deadline(kind="site_to_sponsor", due=due, text=_KIND_TEXT["site_to_sponsor"]))
    is_urgent = any(event.criteria.get(one) is not False for one in URGENT)
    if is_susar is not False and not isinstance(day_0, NotDerived):
        first = urgent_d if is_urgent else other_d
        deadlines.append(_authority("initial", day_0, first))
        if is_urgent:
            deadlines.append(_authority("follow_up", day_0, first + follow_up_further_d))
    return ExpeditedReporting(
        is_serious=is_serious,
        is_susar=is_susar,
        day_0=day_0,
        deadlines=tuple(deadlines),
        reasons=_explain(event, is_serious=is_serious, is_susar=is_susar, is_urgent=is_urgent),
    )


def describe_standing(standing: Standing) -> Text:
    """The words for a standing."""
    return _STANDING_TEXT[standing]


def _authority(kind: ReportKind, day_0: date, after_d: int) -> Deadline:
    words = _KIND_TEXT[kind]
    return Deadline(
        kind=kind,
        due=day_0 + timedelta(days=after_d),
        text=Text(f"{words.en}, by Day {after_d}", f"{words.zh}，不迟于第{after_d}天"),
    )


def _is_suspected(event: SeriousEvent) -> bool:
    views: Sequence[Causality | None] = (event.causality_investigator, event.causality_sponsor)
    return any(is_related(view) for view in views)


def _explain(
    event: SeriousEvent, *, is_serious: bool | NotDerived, is_susar: bool | NotDerived, is_urgent: bool
) -> tuple[Text, ...]:
    if is_serious is False:
        return (Text("not serious", "非严重"),)
    reasons = [
        Text("seriousness not fully answered", "严重性未完整评估")
        if isinstance(is_serious, NotDerived)
        else Text("serious", "严重")
    ]
    if event.is_expected is None:
        reasons.append(Text("expectedness not answered: treated as unexpected", "预期性未评估：按非预期处理"))
    elif event.is_expected:
        reasons.append(Text("expected", "预期"))
    else:
        reasons.append(Text("unexpected", "非预期"))
    reasons.append(_explain_causality(event))
    if is_susar is not False and is_urgent:
        reasons.append(Text("fatal or life-threatening, or not ruled out", "致死或危及生命，或尚未排除"))
    return tuple(reasons)


def _explain_causality(event: SeriousEvent) -> Text:
    views = (event.causality_investigator, event.causality_sponsor)
    if not _is_suspected(event):
        return Text("not related", "无关")
    if None in views:
        return Text("causality missing: counts as related", "因果关系缺失：按有关计")
    if is_related(views[0]) != is_related(views[1]):
        return Text(
            "investigator and sponsor differ on causality: counts as related",
            "研究者与申办者因果关系判断不一致：按有关计",
        )
    return Text("at least possibly related", "至少可能有关")

"""The paper work of a site for one participant: visits, forms, corrections, queries, adverse events."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from firstdose.conduct import commands as c
from firstdose.conduct.dlt import assess_dlt
from firstdose.conduct.form_values import check_values
from firstdose.protocol.resolved import Form, Visit
from firstdose.record.events import AdverseEventReported, AnyEvent, Causality, QueryRaised, Value
from firstdose.simulate import cast
from firstdose.simulate.filled_forms import Assessment, fill_form
from firstdose.simulate.toxicity import VirtualAdverseEvent, simulate_adverse_events
from firstdose.terms.calendar import site_date
from firstdose.terms.outcomes import NotDerived, Refused
from firstdose.terms.scales import ASTCT_2019, MAGIC_2016

if TYPE_CHECKING:
    from firstdose.simulate.participation import Participation

DAY = timedelta(days=1)
LATE_ENTRY_SHARE = 0.06
"""How often a form is entered days after its visit (assumed)."""
ENTRY_ERROR_SHARE = 0.012
"""How often a number is entered wrongly and corrected later (assumed)."""
BY_INVESTIGATOR = frozenset({"sledai", "pga", "bilag", "sdi", "physical_examination", "ice"})
"""Forms that an investigator fills."""
SEVERE = 3
VERSIONS = {"ASTCT": ASTCT_2019.version, "MAGIC": MAGIC_2016.version, "IEC-HS": "2023"}
LABORATORY_SOC = "Investigations"
"""The organ class of laboratory values (MedDRA)."""


class SiteWork:
    """What the coordinator and the investigator enter for one participant."""

    def __init__(self, participation: "Participation") -> None:
        self._own = participation
        self._reported: set[tuple[str, float]] = set()
        self._to_adjudicate: set[str] = set()
        self._n_forms = 0

    # --- visits and forms

    def hold(self, visit: Visit, now: datetime, infused_at: datetime | None = None) -> None:
        """A visit takes place; its forms are entered in the evening, some of them days later."""
        own = self._own
        command = c.HoldVisit(participant=own.code, visit=visit.key, happened_on=site_date(now))
        own.world.expect(command, own.coordinator, now)
        is_withheld = visit.infusion is not None and infused_at is None
        for at in visit.forms:
            points = at.timepoints or ("",)
            for point in points[:1] if is_withheld else points:
                collected = self._collected(point, now, infused_at)
                self._n_forms += 1
                own.plan(*self._entry(visit, at.form, point, collected, self._n_forms))

    def _collected(self, point: str, now: datetime, infused_at: datetime | None) -> datetime:
        """When a sample is taken: its hours after the infusion of this visit or of the day before."""
        own = self._own
        if not point:
            return now
        after = timedelta(hours=float(own.world.protocol.timepoints_h[point]))
        if infused_at is not None:
            return infused_at + after
        latest = own.zero + timedelta(days=own.infusions[-1].day) + after if own.infusions else now
        return latest if abs(latest - now) < DAY else now

    def _entry(
        self, visit: Visit, form: str, point: str, collected: datetime, slot: int
    ) -> tuple[datetime, Callable[[datetime], None]]:
        late = self._own.stream.uniform("late_entry", slot) < LATE_ENTRY_SHARE
        wait_h = 2.0 + 6.0 * self._own.stream.uniform("entry_after", slot)
        if late:
            wait_h += 24 * (2 + 9 * self._own.stream.uniform("late_by_days", slot))
        entered = collected + timedelta(minutes=round(wait_h * 60))
        return entered, lambda now: self._enter(visit, form, point, collected, slot, now)

    def _enter(
        self, visit: Visit, form_key: str, point: str, collected: datetime, slot: int, now: datetime
    ) -> None:
        own = self._own
        form = own.world.protocol.form_by_key[form_key]
        day = own.day(collected)
        seen = Assessment(own.person, own.trajectory, own.world.scenario, day, site_date(collected), slot)
        values, not_done = fill_form(form, seen)
        entered, wrong = self._mistype(form, values, not_done, slot)
        actor = own.investigator if form_key in BY_INVESTIGATOR else own.coordinator
        events = own.world.expect(
            c.SubmitForm(
                participant=own.code,
                visit=visit.key,
                form=form_key,
                timepoint=point,
                collected_at=collected,
                values=entered,
                not_done=not_done,
            ),
            actor,
            now,
        )
        if wrong is not None:
            correction = c.CorrectValue(
                participant=own.code,
                visit=visit.key,
                form=form_key,
                timepoint=point,
                item=wrong,
                new=values[wrong],
                reason="transcription error found against the source",
            )
            wait = 2 + round(16 * own.stream.uniform("correction_after", slot))
            own.plan(now + wait * DAY, self._asking(correction, actor))
        self._answer_queries(events, slot, now)

    def _asking(self, command: c.AnyCommand, actor: c.Actor) -> Callable[[datetime], None]:
        def ask(now: datetime) -> None:
            self._own.world.expect(command, actor, now)

        return ask

    def _mistype(
        self, form: Form, values: dict[str, Value], not_done: dict[str, str], slot: int
    ) -> tuple[dict[str, Value], str | None]:
        """Sometimes two digits of a number change places, in a way that the form accepts."""
        stream = self._own.stream
        if stream.uniform("entry_error", slot) >= ENTRY_ERROR_SHARE:
            return values, None
        numbers = [
            item.key for item in form.items if item.type in ("decimal", "integer") and values.get(item.key)
        ]
        if not numbers:
            return values, None
        key = numbers[int(len(numbers) * stream.uniform("entry_error_in", slot))]
        text = str(values[key])
        swapped = text[1] + text[0] + text[2:] if len(text) > 1 and text[:2].isdigit() else text
        entered = values | {key: swapped.lstrip("0") or "0"}
        if entered[key] == text or str(entered[key]).startswith("."):
            return values, None
        if any(problem.is_wrong for problem in check_values(form, entered, not_done)):
            return values, None
        return entered, key

    def _answer_queries(self, events: tuple[AnyEvent, ...], slot: int, now: datetime) -> None:
        own = self._own
        for event in events:
            if not isinstance(event, QueryRaised):
                continue
            answer = c.AnswerQuery(
                participant=own.code, query=event.query, answer="confirmed against the source"
            )
            close = c.CloseQuery(participant=own.code, query=event.query)
            answered = now + timedelta(hours=round(24 + 120 * own.stream.uniform("answer_after", slot)))
            own.plan(answered, self._asking(answer, own.coordinator))
            closed = answered + timedelta(hours=26)
            own.plan(closed, self._asking(close, cast.DATA_MANAGER))

    # --- adverse events

    def plan_adverse_events(self) -> None:
        """Plan the reports of what comes up under the course so far; what was planned stays."""
        own = self._own
        trajectory = own.trajectory
        events = simulate_adverse_events(
            own.rng, own.world.scenario, own.person, trajectory.course, trajectory
        )
        for event in events:
            key = (event.preferred_term, event.onset_d)
            if key not in self._reported and event.onset_d >= min(own.lymphodepletion_days):
                self._reported.add(key)
                self._plan_report(event, len(self._reported))

    def _moment(self, day: float) -> datetime:
        return self._own.zero + timedelta(minutes=round(day * 1440))

    def _plan_report(self, event: VirtualAdverseEvent, slot: int) -> None:
        delay_h = 3 + (14 if event.is_serious else 40) * self._own.stream.uniform("report_after", slot)
        onset = self._moment(event.onset_d)
        at = onset + timedelta(minutes=round(delay_h * 60))
        self._own.plan(at, lambda now: self._report(event, onset, now))

    def _report(self, event: VirtualAdverseEvent, onset: datetime, now: datetime) -> None:
        own = self._own
        version = own.world.protocol.definitions.ctcae_version
        events = own.world.expect(
            c.ReportAdverseEvent(
                participant=own.code,
                verbatim=event.text.zh,
                preferred_term=event.preferred_term,
                system_organ_class=event.soc,
                category=_category(event),
                onset=onset,
                grade=event.grades[0][1],
                scale=event.scale,
                scale_version=VERSIONS.get(event.scale, version),
                is_serious=event.is_serious,
                seriousness=("hospitalisation_prolonged",) if event.is_serious else (),
                causality=_causality(event),
            ),
            own.investigator,
            now,
        )
        key = next(found.adverse_event for found in events if isinstance(found, AdverseEventReported))
        for day, grade in event.grades[1:]:
            own.plan(self._moment(day) + timedelta(hours=2), self._grading(key, grade, self._moment(day)))
        if event.end_d is not None:
            ended = self._moment(event.end_d)
            own.plan(ended + timedelta(hours=8), self._ending(key, ended))
        window = own.world.protocol.part_by_key[own.world.state().cohorts[own.cohort].part].dlt_window
        severe = event.highest_grade >= SEVERE or event.category == "gvhd"
        if event.is_related_to_product and severe and 0 <= event.onset_d <= window.last + 1:
            self._to_adjudicate.add(key)
            own.world.agenda.plan(now + DAY, self._adjudication(key))

    def _grading(self, key: str, grade: int, at: datetime) -> Callable[[datetime], None]:
        command = c.GradeAdverseEvent(
            participant=self._own.code, adverse_event=key, grade=grade, happened_at=at
        )
        return self._asking(command, self._own.investigator)

    def _ending(self, key: str, at: datetime) -> Callable[[datetime], None]:
        command = c.EndAdverseEvent(
            participant=self._own.code, adverse_event=key, outcome="recovered", happened_at=at
        )
        return self._asking(command, self._own.investigator)

    def has_open_adjudication(self) -> bool:
        """Whether a severe related event still waits for its adjudication."""
        return bool(self._to_adjudicate)

    def _adjudication(self, key: str) -> Callable[[datetime], None]:
        def adjudicate(now: datetime) -> None:
            own = self._own
            assessed = assess_dlt(own.world.state(), own.record, key, now)
            if isinstance(assessed.is_dlt, NotDerived) and not own.record.has_left:
                own.world.agenda.plan(now + DAY, self._adjudication(key))
                return
            is_dlt = assessed.is_dlt is True
            reason = (
                "the participant left before it could be seen"
                if not isinstance(assessed.is_dlt, bool)
                else ""
            )
            command = c.AdjudicateDlt(participant=own.code, adverse_event=key, is_dlt=is_dlt, reason=reason)
            answer = own.world.ask(command, cast.MONITOR, now)
            assert not isinstance(answer, Refused), answer
            self._to_adjudicate.discard(key)
            if is_dlt:
                own.follow_up.look_at_cohort(now)

        return adjudicate


def _category(event: VirtualAdverseEvent) -> str:
    """The study file's category of an event."""
    if event.category == "cytopenia":
        return "haematological"
    return "laboratory" if event.category == "other" and event.soc == LABORATORY_SOC else event.category


def _causality(event: VirtualAdverseEvent) -> dict[str, Causality]:
    product: Causality = "unlikely"
    if event.is_related_to_product:
        product = "probable" if event.category in ("crs", "infusion_reaction", "icans") else "possible"
    lymphodepletion: Causality = "probable" if event.is_related_to_lymphodepletion else "unlikely"
    return {"product": product, "lymphodepletion": lymphodepletion, "procedure": "unrelated"}

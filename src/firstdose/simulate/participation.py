"""The way of one virtual participant through the trial, as its site lives it."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol as Interface

import numpy as np

from firstdose.conduct import commands as c
from firstdose.conduct.infusion import find_infusion_visit
from firstdose.protocol.resolved import Regimen, Visit
from firstdose.record.events import ParticipantScreened
from firstdose.record.state import Participant
from firstdose.simulate import cast
from firstdose.simulate.course import Course, Infusion
from firstdose.simulate.follow_up import FollowUp
from firstdose.simulate.people import SCREEN_FAILURES, draw_person, draw_screen_failure_reason
from firstdose.simulate.site_work import SiteWork
from firstdose.simulate.streams import open_stream
from firstdose.simulate.virtual_participants import Trajectory, simulate_participant
from firstdose.simulate.world import World
from firstdose.terms.outcomes import Refused

DAY = timedelta(days=1)
SCREENING_LASTS_D = 6
"""Days from consent to the end of screening (assumed). [d]."""
PARTIAL_INFUSION_SHARE = 0.03
"""How often an infusion ends before 80 % of the cells are given (assumed)."""
FAILED_CRITERIA = {
    "activity_too_low": "inc_activity",
    "neutrophils_low": "inc_neutrophils",
    "hepatitis_b": "exc_hepatitis_b",
    "active_infection": "exc_infection",
    "tuberculosis": "exc_tuberculosis",
    "kidney_function": "inc_kidney",
    "weight_low": "inc_weight",
    "consent_withdrawn": "inc_consent",
}
"""The criterion of the study file behind a reason to fail screening."""


class Board(Interface):
    """Who looks at a part when a participant is determined."""

    def consider(self, part_key: str, now: datetime) -> None:
        """Plan a meeting if the part's latest cohort is complete."""


class Participation:
    """A candidate who becomes, or does not become, a treated participant."""

    def __init__(
        self,
        world: World,
        rng: np.random.Generator,
        number: int,
        cohort: str,
        fill: Callable[[str, datetime], None],
        board: Board,
    ) -> None:
        self.world, self.rng, self.number, self.cohort = world, rng, number, cohort
        self.fill, self.board = fill, board
        self.stream = open_stream(rng)
        self.person = draw_person(rng, world.scenario)
        sites = world.protocol.sites
        self.site = sites[int(len(sites) * self.stream.uniform("site"))].key
        self.code = ""
        self.zero = datetime.max.replace(tzinfo=UTC)
        self.infusions: list[Infusion] = []
        self.lymphodepletion_days: list[int] = []
        self.work = SiteWork(self)
        self.follow_up = FollowUp(self)
        self._trajectory: Trajectory | None = None

    # --- who acts, and what is known

    @property
    def coordinator(self) -> c.Actor:
        """The coordinator of the site."""
        return cast.at_site("coordinator", self.site)

    @property
    def investigator(self) -> c.Actor:
        """The investigator of the site."""
        return cast.at_site("investigator", self.site)

    @property
    def record(self) -> Participant:
        """What the record holds of the participant."""
        return self.world.state().participants[self.code]

    @property
    def regimen(self) -> Regimen:
        """The regimen of the cohort."""
        found = self.world.state().regimen_of(self.record)
        assert found is not None
        return found

    @property
    def trajectory(self) -> Trajectory:
        """The physiology under what was given so far."""
        if self._trajectory is None:
            course = Course(
                lymphodepletion_days=tuple(self.lymphodepletion_days),
                infusions=tuple(self.infusions),
                end_d=420.0,
            )
            self._trajectory = simulate_participant(self.rng, self.world.scenario, self.person, course)
        return self._trajectory

    def day(self, moment: datetime) -> float:
        """Elapsed days from the first infusion, planned or given. [d]."""
        return (moment - self.zero).total_seconds() / 86400

    def plan(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        """Plan an act that falls away when the participant has left."""

        def while_here(now: datetime) -> None:
            if not self.record.has_left:
                act(now)

        self.world.agenda.plan(moment, while_here)

    # --- screening

    def consent(self, now: datetime) -> None:
        """A person comes to the site and consents."""
        cohort = self.world.state().cohorts[self.cohort]
        if not cohort.is_open or len(cohort.participants) >= cohort.capacity:
            self.world.candidates[self.cohort] -= 1
            return
        now = now.replace(hour=1, minute=30, second=0, microsecond=0) + DAY
        self.world.agenda.plan(now, self._screen)

    def _screen(self, now: datetime) -> None:
        events = self.world.expect(
            c.ScreenParticipant(
                site=self.site,
                happened_at=now,
                sex=self.person.sex,
                year_of_birth=now.year - self.person.age_y,
            ),
            self.coordinator,
            now,
        )
        self.code = next(event.participant for event in events if isinstance(event, ParticipantScreened))
        consent = self.world.protocol.eligibility.consent
        self.world.expect(
            c.GiveConsent(participant=self.code, version=consent.version, language="zh", happened_at=now),
            self.coordinator,
            now,
        )
        self.zero = self._earliest_infusion(now + SCREENING_LASTS_D * DAY)
        schedule = self.world.protocol.schedule_by_key[self.world.protocol.regimens[0].schedule]
        screening = next(visit for visit in schedule.visits if visit.kind == "screening")
        self.plan(now + timedelta(hours=1), lambda moment: self.work.hold(screening, moment))
        self.plan(now + SCREENING_LASTS_D * DAY, self._end_screening)

    def _end_screening(self, now: datetime) -> None:
        self.world.candidates[self.cohort] -= 1
        reason = draw_screen_failure_reason(self.rng, self.world.scenario)
        if reason is not None:
            self._fail(now, (FAILED_CRITERIA[reason],), SCREEN_FAILURES[reason].en)
            return
        criteria = self.world.protocol.eligibility.criteria
        answers = {criterion.key: criterion.kind == "inclusion" for criterion in criteria}
        confirm = c.ConfirmEligibility(participant=self.code, happened_at=now, answers=answers)
        self.world.expect(confirm, self.investigator, now)
        self._reserve(now)

    def _reserve(self, now: datetime) -> None:
        slot = c.ReserveSlot(participant=self.code, cohort=self.cohort)
        answer = self.world.ask(slot, self.coordinator, now)
        if isinstance(answer, Refused):
            if self.world.state().paused_because and self.day(now) < -6:  # noqa: PLR2004 - lymphodepletion is near
                self.zero += DAY
                self.plan(now + DAY, self._reserve)
            else:
                self._fail(now, (), "no place was free")
            return
        self.zero = self._earliest_infusion(now)
        self.world.planned_infusions.setdefault(self.cohort, []).append(self.zero)
        for visit in self.visits():
            if visit.kind == "lymphodepletion":
                # samples first, then the drugs
                self.plan(self.zero + visit.day * DAY - timedelta(hours=1), self.holding(visit))
                self.plan(self.zero + visit.day * DAY, self._lymphodepletion(visit))
            elif visit.kind == "baseline":
                self.plan(self.zero + visit.day * DAY - timedelta(hours=1), self.holding(visit))
        self.plan(self.zero - timedelta(hours=2), self._release(1))

    def _fail(self, now: datetime, criteria: tuple[str, ...], reason: str) -> None:
        self.world.expect(
            c.FailScreening(participant=self.code, happened_at=now, criteria=criteria, reason=reason),
            self.coordinator,
            now,
        )
        self.fill(self.cohort, now)

    def _earliest_infusion(self, now: datetime) -> datetime:
        """Ten in the morning, a week ahead at least, and after those before in the cohort."""
        ready = (now + 7 * DAY).replace(hour=2, minute=0, second=0, microsecond=0)
        part = self.world.protocol.part_by_key[self.world.state().cohorts[self.cohort].part]
        before = sorted(self.world.planned_infusions.get(self.cohort, []))
        if not before:
            return ready
        wait = part.stagger.first_to_second_d if len(before) == 1 else part.stagger.next_d
        return max(ready, before[-1] + wait * DAY)

    def visits(self) -> tuple[Visit, ...]:
        """The planned visits of the regimen."""
        return self.world.protocol.schedule_by_key[self.regimen.schedule].visits

    def holding(self, visit: Visit) -> Callable[[datetime], None]:
        """The act of holding a visit."""
        return lambda now: self.work.hold(visit, now)

    # --- treatment

    def _lymphodepletion(self, visit: Visit) -> Callable[[datetime], None]:
        def give(now: datetime) -> None:
            surface = _body_surface_m2(self.person.height_cm, self.person.weight_kg)
            plan = self.world.protocol.lymphodepletion
            doses = {drug.key: f"{float(drug.mg_per_m2) * surface:.0f}" for drug in plan.drugs}
            command = c.GiveLymphodepletion(
                participant=self.code, planned_day=visit.day, happened_at=now, doses_mg=doses
            )
            answer = self.world.ask(command, self.coordinator, now)
            if isinstance(answer, Refused):
                self.follow_up.leave(
                    now, "physician_decision", "lymphodepletion could not be given as planned"
                )
                return
            self.lymphodepletion_days.append(visit.day)
            self._trajectory = None
            if len(self.lymphodepletion_days) == len(plan.days):
                self.work.plan_adverse_events()

        return give

    def _release(self, infusion: int) -> Callable[[datetime], None]:
        def release(now: datetime) -> None:
            lot = f"KN{now:%y%m%d}-{self.site}{self.number:02d}{infusion}"
            self.world.expect(
                c.ReleaseProduct(
                    participant=self.code,
                    infusion=infusion,
                    lot=lot,
                    cells_1e9=str(self.regimen.cells_1e9),
                    viability_percent=f"{82 + 14 * self.stream.uniform('viability', infusion):.1f}",
                    happened_at=now,
                ),
                cast.at_site("pharmacist", self.site),
                now,
            )
            self.plan(now + timedelta(hours=2), self._infuse(infusion, lot))

        return release

    def _infuse(self, infusion: int, lot: str) -> Callable[[datetime], None]:
        def infuse(now: datetime) -> None:
            start = c.StartInfusion(participant=self.code, infusion=infusion, lot=lot, happened_at=now)
            answer = self.world.ask(start, self.coordinator, now)
            if isinstance(answer, Refused):
                self._wait_or_give_up(infusion, lot, now)
                return
            planned = self.regimen.cells_1e9
            share = 0.95 + 0.05 * self.stream.uniform("cells", infusion)
            if self.stream.uniform("partial", infusion) < PARTIAL_INFUSION_SHARE:
                share = 0.7
            cells = min(Decimal(f"{float(planned) * share:.2f}"), planned)
            if infusion == 1:
                self.zero = now
            self.infusions.append(Infusion(round(self.day(now), 4), float(cells)))
            self._trajectory = None
            end = now + timedelta(minutes=35)
            self.plan(end, self._complete(infusion, cells))
            visit = find_infusion_visit(self.world.state(), self.regimen, infusion)
            self.work.hold(visit, now, infused_at=now)
            self.work.plan_adverse_events()
            if infusion == 1:
                self.follow_up.plan()
            if infusion < len(self.regimen.infusion_days):
                due = self.zero + self.regimen.infusion_days[infusion] * DAY
                self.plan(due - timedelta(hours=2), self._release_if_given(infusion + 1))

        return infuse

    def _complete(self, infusion: int, cells: Decimal) -> Callable[[datetime], None]:
        def complete(now: datetime) -> None:
            command = c.CompleteInfusion(
                participant=self.code, infusion=infusion, cells_1e9=str(cells), happened_at=now
            )
            self.world.expect(command, self.coordinator, now)

        return complete

    def _release_if_given(self, infusion: int) -> Callable[[datetime], None]:
        def release(now: datetime) -> None:
            if self.record.has_dlt:
                self._withhold(infusion, "a dose-limiting toxicity", now)
            else:
                self._release(infusion)(now)

        return release

    def _wait_or_give_up(self, infusion: int, lot: str, now: datetime) -> None:
        """The ward tries again a day later, as long as the windows allow it."""
        if infusion == 1:
            waited = self.day(now) + 1
            limit = self.world.protocol.lymphodepletion.latest_infusion_after_last_d + max(
                self.lymphodepletion_days
            )
            if waited <= limit:
                self.plan(now + DAY, self._infuse(infusion, lot))
            else:
                self.follow_up.leave(
                    now, "physician_decision", "the first infusion could not be given in time"
                )
            return
        visit = find_infusion_visit(self.world.state(), self.regimen, infusion)
        if round(self.day(now)) < visit.last_day and not self.record.has_dlt:
            self.plan(now + DAY, self._infuse(infusion, lot))
        else:
            self._withhold(infusion, "toxicity had not passed on the infusion day", now)

    def _withhold(self, infusion: int, reason: str, now: datetime) -> None:
        command = c.WithholdInfusion(participant=self.code, infusion=infusion, reason=reason, happened_at=now)
        self.world.expect(command, self.investigator, now)
        visits = self.visits()
        for number in range(infusion, len(self.regimen.infusion_days) + 1):
            visit = next(found for found in visits if found.infusion == number)
            self.plan(self.zero + visit.day * DAY, self.holding(visit))


def _body_surface_m2(height_cm: Decimal, weight_kg: Decimal) -> float:
    """Body surface by Mosteller RD. N Engl J Med 1987;317:1098. [m2]."""
    return math.sqrt(float(height_cm) * float(weight_kg) / 3600)

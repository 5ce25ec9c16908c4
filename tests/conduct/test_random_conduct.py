"""Whatever anybody asks for in whatever order, the protocol is kept and the state is the fold of the log."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.conduct.ledger import Ledger
from tests.trials import (
    COMMITTEE,
    DAY,
    HOUR,
    SmallTrial,
    coordinator,
    investigator,
    pharmacist,
    replaced,
    start,
    start_part_two,
)

from firstdose.conduct import commands as c
from firstdose.record.fold import apply, fold
from firstdose.record.state import Participant, State
from firstdose.simulate import cast
from firstdose.study.trial import Recorded
from firstdose.terms.calendar import site_date

WAYS_IN = (
    "a cohort of three is open",
    "from the start",
    "multiple doses may start",
    "a second regimen is open",
)
SITES = st.sampled_from(["01", "02", "03"])
SOME_SITES = st.lists(SITES, min_size=1, max_size=3)
SLIPS = (
    "",
    "",
    "",
    "no stagger",
    "no stagger",
    "a pause meanwhile",
    "too early",
    "too late",
    "two days of lymphodepletion",
    "despite the pause",
    "somebody leaves and comes back",
    "the committee meets first",
)
"""What somebody gets wrong; mostly nothing."""
WHO = st.integers(0, 5)
"""Which participant, counted from the last one who came."""
DECISIONS = ["escalate", "stay", "de_escalate", "select_mtd", "stop_too_toxic", "expand"]
ANYBODY = st.sampled_from([None, None, None, cast.MONITOR, cast.CHAIR, coordinator("01"), investigator("02")])
"""Who asks: mostly who should, now and then somebody else."""


def begin(way: str) -> SmallTrial:
    if way == "from the start":
        return start()
    if way == "a cohort of three is open":
        trial = start()
        for level in (1, 2):
            trial.complete_single("sad", f"SAD-{level}")
            trial.review("sad", "escalate", level=level + 1)
        trial.open_cohort("sad", "SAD-3")
        return trial
    trial = start_part_two(5)
    if way == "a second regimen is open":
        trial.complete_single("mad", "M1", site="03")
        trial.review("mad", "escalate", level=2)
        trial.open_cohort("mad", "M2")
    return trial


class RandomConduct(RuleBasedStateMachine):
    """A trial under random hands: whole acts, that carry it forward, and single commands out of their order."""

    trial: SmallTrial

    @initialize(way=st.sampled_from(WAYS_IN))
    def begins(self, way: str) -> None:
        self.trial = begin(way)
        self.ledger = Ledger(self.trial.protocol)
        self.shadow = State()
        for entry in self.trial.store.read():
            self.ledger.note(entry)
            apply(self.shadow, entry)

    def ask(self, command: c.AnyCommand, who: c.Actor, other: c.Actor | None = None) -> bool:
        """Ask, and keep the second book; whether it was allowed."""
        position = self.trial.store.head()[0]
        answer = self.trial.ask(command, other or who)
        if not isinstance(answer, Recorded):
            assert self.trial.store.head()[0] == position, "a refusal added to the record"
            assert answer.clause
            assert answer.what.zh
            return False
        fold(answer.entries, start=self.shadow)
        for entry in answer.entries:
            self.ledger.note(entry)
        return True

    def somebody(self, who: int) -> Participant | None:
        codes = list(self.trial.state.participants)
        return self.trial.participant(codes[-1 - who % len(codes)]) if codes else None

    def one_who(self, who: int, fits: Callable[[Participant], bool]) -> Participant | None:
        """Somebody for whom an act is due."""
        found = [one for one in self.trial.state.participants.values() if fits(one)]
        return found[-1 - who % len(found)] if found else None

    def some_cohort(self, number: int) -> str:
        cohorts = list(self.trial.state.cohorts) or ["sad-c01"]
        return cohorts[-1 - number % len(cohorts)]

    # --- whole acts

    def go_on(self, who: int, sites: list[str], slip: str) -> None:
        """What is due: the pause ends, who waits is treated, who was infused is determined, people come.

        ``slip`` is what somebody gets wrong on the way.
        """
        state = self.trial.state
        free = [one for one in state.cohorts.values() if one.is_open and len(one.participants) < one.capacity]
        if slip == "somebody leaves and comes back":
            self.something_of_enrolment(who=who, what="leave", other=None)
            found = self.somebody(who)
            for one in free if found is not None else ():
                reserve = c.ReserveSlot(participant=found.code if found else "", cohort=one.key)
                self.ask(reserve, coordinator(found.site if found else "01"))
        if state.paused_because and slip != "despite the pause":
            self.ask(c.ResumeTrial(reason="reviewed"), cast.CHAIR)
        elif self.one_who(who, lambda one: one.cohort is not None and not one.lymphodepletion):
            self.is_depleted_and_infused(who=who, slip=slip)
        elif free:
            self.people_come_and_take_places(sites=sites)
        elif self.one_who(who, lambda one: bool(one.infusions) and not one.is_determined):
            for _ in range(4):
                self.is_infused_again(who=who)
            self.completes_the_window(who=who)
        elif any(one.is_open for one in state.cohorts.values()):
            part = next(one.part for one in state.cohorts.values() if one.is_open)
            self.the_committee_meets(part=part, action=None, level=None, regimens=("M1",), order=COMMITTEE)
        else:
            self.the_next_cohort_opens()

    @rule(who=WHO, sites=SOME_SITES, slip=st.sampled_from(SLIPS))
    def goes_on(self, who: int, sites: list[str], slip: str) -> None:
        self.go_on(who, sites, slip)

    @rule(who=WHO, sites=SOME_SITES, slips=st.lists(st.sampled_from(SLIPS[:-1]), min_size=1, max_size=8))
    def goes_on_for_a_while(self, who: int, sites: list[str], slips: list[str]) -> None:
        for slip in slips:
            self.go_on(who, sites, slip)

    @rule(days=st.sampled_from([1, 3, 7, 14, 28]))
    def time_passes(self, days: int) -> None:
        self.trial.wait(days)

    @rule()
    def the_next_cohort_opens(self) -> None:
        if self.trial.state.paused_because:
            self.ask(c.ResumeTrial(reason="reviewed"), cast.CHAIR)
        for part in self.trial.protocol.parts:
            for regimen in part.regimens:
                self.ask(c.OpenCohort(part=part.key, regimen=regimen), cast.MONITOR)

    @rule(sites=st.lists(SITES, min_size=1, max_size=4))
    def people_come_and_take_places(self, sites: list[str]) -> None:
        for site in sites:
            now = self.trial.now
            screen = c.ScreenParticipant(site=site, happened_at=now, sex="female", year_of_birth=1990)
            if len(self.trial.state.participants) > 30 or not self.ask(screen, coordinator(site)):
                return
            code = list(self.trial.state.participants)[-1]
            consent = c.GiveConsent(participant=code, version="1.0", language="zh", happened_at=now)
            self.ask(consent, coordinator(site))
            confirm = c.ConfirmEligibility(participant=code, happened_at=now, answers=self.trial.answers())
            self.ask(confirm, investigator(site))
            for cohort in [key for key, found in self.trial.state.cohorts.items() if found.is_open]:
                self.ask(c.ReserveSlot(participant=code, cohort=cohort), coordinator(site))

    @rule(who=WHO, slip=st.sampled_from(SLIPS))
    def is_depleted_and_infused(self, who: int, slip: str) -> None:
        found = self.one_who(who, lambda one: one.cohort is not None and not one.lymphodepletion)
        if found is None or found.cohort is None:
            return
        cohort = self.trial.state.cohorts[found.cohort]
        others = [self.trial.participant(code).first_infusion_at for code in cohort.participants]
        latest = max((at for at in others if at is not None), default=None)
        if slip != "no stagger" and latest is not None:
            self.trial.now = max(self.trial.now, latest + 2 * DAY)
        days = self.trial.protocol.lymphodepletion.days
        for place, day in enumerate(days[:2] if slip == "two days of lymphodepletion" else days):
            self.trial.wait(1 if place else 0)
            self.ask(self.trial.lymphodepletion(found.code, day), coordinator(found.site))
        self.trial.wait({"too early": 1, "too late": 9}.get(slip, 3))
        if slip == "a pause meanwhile":
            self.ask(c.PauseTrial(reason="a death elsewhere"), cast.MONITOR)
        if slip == "the committee meets first":
            part = cohort.part if cohort.part != "expansion" else "mad"
            self.the_committee_meets(
                part=part, action="stop_too_toxic", level=None, regimens=("M1",), order=COMMITTEE
            )
        self.infuse(found)

    @rule(who=WHO)
    def is_infused_again(self, who: int) -> None:
        """The next infusion with its lot, on its planned day where there is one."""
        found = self.one_who(who, lambda one: bool(one.infusions) and not one.is_determined)
        if found is not None:
            self.infuse(found)

    def infuse(self, found: Participant) -> None:
        regimen = self.trial.state.regimen_of(found)
        if regimen is None:
            return
        number = len(found.infusions) + 1
        if 1 < number <= len(regimen.infusion_days):
            self.trial.wait_until_day(found.code, regimen.infusion_days[number - 1])
        self.ask(self.trial.product(found.code, number), pharmacist(found.site))
        self.ask(self.trial.infusion(found.code, number), coordinator(found.site))
        ended = c.CompleteInfusion(
            participant=found.code,
            infusion=number,
            cells_1e9=str(regimen.cells_1e9),
            happened_at=self.trial.now,
        )
        self.ask(ended, coordinator(found.site))

    @rule(who=WHO)
    def completes_the_window(self, who: int) -> None:
        found = self.one_who(who, lambda one: bool(one.infusions) and not one.is_determined)
        part = self.trial.state.part_of(found) if found else None
        if found is None or part is None or found.first_infusion_at is None:
            return
        last = self.trial.protocol.part_by_key[part].dlt_window.last
        self.trial.wait_until_day(found.code, last)
        visit = c.HoldVisit(participant=found.code, visit=f"D{last}", happened_on=site_date(self.trial.now))
        self.ask(visit, coordinator(found.site))
        self.ask(c.DetermineEvaluability(participant=found.code), cast.MONITOR)

    @rule(
        part=st.sampled_from(["", "", "", "sad", "mad"]),
        action=st.sampled_from([None, None, None, None, None, None, *DECISIONS]),
        level=st.none() | st.integers(0, 7),
        regimens=st.sampled_from([("M1",), ("M1", "M2"), ("M3",)]),
        order=st.permutations(COMMITTEE),
    )
    def the_committee_meets(
        self,
        part: str,
        action: Any,
        level: int | None,
        regimens: tuple[str, ...],
        order: Sequence[c.Actor],
    ) -> None:
        """On the latest part, it follows the rule or decides anything; the members sign in any order."""
        latest = next((one.part for one in reversed(self.trial.state.cohorts.values())), "sad")
        taken = c.TakeSnapshot(part=part or latest, cutoff=self.trial.now)
        if not self.ask(taken, cast.STATISTICIAN):
            return
        key, (found, _) = list(self.trial.state.recommendations.items())[-1]
        command = c.MakeDecision(
            snapshot=key,
            action=action or found.action,  # type: ignore[arg-type] # also "wait", which is refused
            level=level if action else None,
            regimens=regimens if action == "expand" else (),
            reason="as we see it",
        )
        self.ask(command, cast.CHAIR)
        self.sign(order)

    def sign(self, actors: Sequence[c.Actor]) -> None:
        for key in list(self.trial.state.decisions)[-1:]:
            for actor in actors:
                self.ask(self.trial.signature(key), actor)

    # --- single commands, in any order and by anybody

    @rule(who=WHO, what=st.sampled_from(["reserve", "release", "leave", "consent", "fail"]), other=ANYBODY)
    def something_of_enrolment(self, who: int, what: str, other: c.Actor | None) -> None:
        found = self.somebody(who)
        code, site = (found.code, found.site) if found else ("01-001", "01")
        now = self.trial.now
        commands: dict[str, c.AnyCommand] = {
            "reserve": c.ReserveSlot(participant=code, cohort=self.some_cohort(who)),
            "release": c.ReleaseSlot(participant=code, reason="an infection"),
            "leave": c.WithdrawParticipant(participant=code, happened_at=now, reason="lost_to_follow_up"),
            "consent": c.WithdrawConsent(participant=code, happened_at=now, reason="no more"),
            "fail": c.FailScreening(participant=code, happened_at=now, criteria=(), reason="pneumonia"),
        }
        self.ask(commands[what], coordinator(site), other)

    @rule(
        who=WHO,
        what=st.sampled_from(["deplete", "product", "infuse", "infuse", "end", "withhold"]),
        number=st.integers(1, 3),
        back_h=st.sampled_from([0, 0, 30, 200]),
        other=ANYBODY,
    )
    def something_of_treatment(
        self, who: int, what: str, number: int, back_h: int, other: c.Actor | None
    ) -> None:
        """Also dated back, as when it is entered days later."""
        found = self.somebody(who)
        if found is None:
            return
        code, site, at = found.code, found.site, self.trial.now - back_h * HOUR
        commands: dict[str, tuple[c.AnyCommand, c.Actor]] = {
            "deplete": (
                replaced(self.trial.lymphodepletion(code, number - 6), happened_at=at),
                coordinator(site),
            ),
            "product": (replaced(self.trial.product(code, number), happened_at=at), pharmacist(site)),
            "infuse": (replaced(self.trial.infusion(code, number), happened_at=at), coordinator(site)),
            "end": (
                c.CompleteInfusion(
                    participant=code, infusion=number, cells_1e9=str(Decimal(number)), happened_at=at
                ),
                coordinator(site),
            ),
            "withhold": (
                c.WithholdInfusion(participant=code, infusion=number, reason="an infection", happened_at=at),
                investigator(site),
            ),
        }
        command, who_should = commands[what]
        self.ask(command, who_should, other)

    @rule(
        who=WHO,
        category=st.sampled_from(["crs", "other", "infection"]),
        grade=st.integers(1, 5),
        adjudicated=st.sampled_from([None, None, True, False]),
    )
    def falls_ill(self, who: int, category: str, grade: int, adjudicated: bool | None) -> None:  # noqa: FBT001
        found = self.somebody(who)
        if found is None:
            return
        self.ask(
            self.trial.adverse_event(found.code, category=category, grade=grade), investigator(found.site)
        )
        for key in list(found.adverse_events) if adjudicated is not None else ():
            command = c.AdjudicateDlt(
                participant=found.code, adverse_event=key, is_dlt=bool(adjudicated), reason="as we see it"
            )
            self.ask(command, cast.MONITOR)

    @rule(
        what=st.sampled_from(["pause", "resume", "close", "sign", "open", "snapshot"]),
        number=st.integers(0, 3),
        other=ANYBODY,
    )
    def something_of_the_study(self, what: str, number: int, other: c.Actor | None) -> None:
        parts = self.trial.protocol.parts
        commands: dict[str, tuple[c.AnyCommand, c.Actor]] = {
            "pause": (c.PauseTrial(reason="a death elsewhere"), cast.MONITOR),
            "resume": (c.ResumeTrial(reason="reviewed"), cast.CHAIR),
            "close": (c.CloseCohort(cohort=self.some_cohort(number), reason="to review"), cast.MONITOR),
            "open": (
                c.OpenCohort(part=parts[number % 3].key, regimen=parts[number % 3].regimens[number]),
                cast.MONITOR,
            ),
            "snapshot": (c.TakeSnapshot(part="sad", cutoff=self.trial.now - 9 * DAY), cast.STATISTICIAN),
        }
        if what == "sign":
            self.sign(COMMITTEE[:number])
        else:
            command, who_should = commands[what]
            self.ask(command, who_should, other)

    # --- what always holds

    @invariant()
    def the_state_is_what_the_events_say(self) -> None:
        """The shadow is only ever written by the fold, so nothing that was asked changed the state otherwise."""
        if hasattr(self, "shadow"):
            assert self.trial.state == self.shadow

    def teardown(self) -> None:
        if hasattr(self, "shadow"):
            assert fold(self.trial.store.read()) == self.shadow
            capacities = {key: cohort.capacity for key, cohort in self.shadow.cohorts.items()}
            assert self.ledger.capacity == capacities


TestRandomConduct = RandomConduct.TestCase
TestRandomConduct.settings = settings(
    max_examples=50,
    # shrinking a whole trial takes minutes; what failed is replayed first at the next run
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

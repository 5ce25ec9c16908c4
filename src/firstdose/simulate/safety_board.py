"""The medical monitor and the safety review committee of a rehearsed trial."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np

from firstdose.conduct import commands as c
from firstdose.conduct.cohorts import NEXT_COHORT, find_cap_level, find_room
from firstdose.conduct.counts import count_part
from firstdose.conduct.dose_rules import open_table
from firstdose.conduct.review import compute_decision_digest
from firstdose.design import Tallies, select_mtd
from firstdose.protocol.resolved import Part
from firstdose.record.events import DoseDecisionMade, RecommendationComputed, SnapshotTaken
from firstdose.simulate import cast
from firstdose.simulate.expanded_regimens import choose_regimens
from firstdose.simulate.streams import Stream
from firstdose.simulate.world import World
from firstdose.terms.outcomes import NotDerived, Refused

REVIEW_AFTER_D = 2
"""Days from the last determination to the meeting (assumed). [d]."""
CAUTIOUS_SHARE = 0.10
"""How often the committee treats more participants where the rule would escalate (assumed)."""
MEANING = {
    "committee_chair": "I have reviewed the cohort and approve this dose decision.",
    "committee_clinician": "I have reviewed the safety data and agree with this dose decision.",
}


class SafetyBoard:
    """Meets when every place of a part's cohorts is determined; decides, signs, and lets the trial go on."""

    def __init__(self, world: World, stream: Stream, go_on: Callable[[datetime], None]) -> None:
        self._world, self._stream, self._go_on = world, stream, go_on
        self._planned: set[tuple[str, int]] = set()
        self._pause_planned = False

    def consider(self, part_key: str, now: datetime) -> None:
        """Plan a meeting if the part's latest cohort is complete."""
        state = self._world.state()
        part = self._world.protocol.part_by_key[part_key]
        if part.design is None:
            return
        cohorts = [cohort for cohort in state.cohorts.values() if cohort.part == part_key]
        meeting = (part_key, len(cohorts))
        pending = sum(count_part(state, part, now).tallies.n_pending)
        if cohorts and cohorts[-1].is_open and not pending and meeting not in self._planned:
            self._planned.add(meeting)
            at = (now + timedelta(days=REVIEW_AFTER_D)).replace(hour=7, minute=0, second=0, microsecond=0)
            self._world.agenda.plan(at, lambda moment: self._meet(part, moment))

    def _meet(self, part: Part, now: datetime) -> None:
        world = self._world
        events = world.expect(c.TakeSnapshot(part=part.key, cutoff=now), cast.STATISTICIAN, now)
        snapshot = next(event for event in events if isinstance(event, SnapshotTaken))
        found = next(event for event in events if isinstance(event, RecommendationComputed))
        if found.action == "wait":
            self._planned.discard((part.key, self._n_cohorts(part)))
            return
        command = self._decision(part, snapshot, found)
        world.agenda.plan(now + timedelta(minutes=40), lambda moment: self._decide(command, moment))

    def _decide(self, command: c.MakeDecision, now: datetime) -> None:
        events = self._world.expect(command, cast.CHAIR, now)
        made = next(event for event in events if isinstance(event, DoseDecisionMade))
        for minutes, actor in ((10, cast.CHAIR), (150, cast.CLINICIAN)):
            self._world.agenda.plan(now + timedelta(minutes=minutes), self._signing(made.decision, actor))
        self._world.agenda.plan(now + timedelta(days=1), self._go_on)

    def _n_cohorts(self, part: Part) -> int:
        return sum(cohort.part == part.key for cohort in self._world.state().cohorts.values())

    def _signing(self, decision: str, actor: c.Actor) -> Callable[[datetime], None]:
        def sign(now: datetime) -> None:
            digest = compute_decision_digest(self._world.state(), decision)
            self._world.expect(
                c.SignDecision(decision=decision, meaning=MEANING[actor.role], digest=digest), actor, now
            )

        return sign

    def _decision(self, part: Part, snapshot: SnapshotTaken, found: RecommendationComputed) -> c.MakeDecision:
        expands = any(other.regimens_from == part.key for other in self._world.protocol.parts)
        if found.action == "select_mtd" and found.level is None:
            return c.MakeDecision(
                snapshot=snapshot.snapshot,
                action="stop_too_toxic",
                reason="No level can be selected as the MTD.",
            )
        if found.action == "select_mtd" and expands:
            return c.MakeDecision(
                snapshot=snapshot.snapshot, action="expand", regimens=self._choose(part, found.level or 1)
            )
        room = find_room(self._world.state(), part, closing_open_cohorts=True)
        if room < 1 and found.action in NEXT_COHORT:
            return self._without_room(part, snapshot, found)
        full = (
            part.design is not None
            and found.n_evaluable[found.current_level - 1] < part.design.cohort_size * 2
        )
        cautious = (
            found.action == "escalate"
            and found.cohort_size > 1
            and full
            and room >= 2 * found.cohort_size
            and self._stream.uniform(f"cautious:{snapshot.snapshot}") < CAUTIOUS_SHARE
        )
        if cautious:
            return c.MakeDecision(
                snapshot=snapshot.snapshot,
                action="stay",
                reason="Related grade 2 events came up late; the committee wants three more participants here.",
            )
        action = found.action
        assert action != "wait"
        level = found.level if action == "select_mtd" else None
        return c.MakeDecision(snapshot=snapshot.snapshot, action=action, level=level)  # type: ignore[arg-type]

    def _without_room(
        self, part: Part, snapshot: SnapshotTaken, found: RecommendationComputed
    ) -> c.MakeDecision:
        """The part is full although the rule would go on: the committee selects the MTD from what is known."""
        assert part.design is not None
        table, _ = open_table(self._world.state(), part)
        tallies = Tallies(found.n_evaluable, found.n_dlt, found.n_pending)
        level = select_mtd(table, tallies, find_cap_level(self._world.state(), part))
        reason = "The part has no place left; the MTD is selected from the counts so far."
        if isinstance(level, NotDerived):
            return c.MakeDecision(snapshot=snapshot.snapshot, action="stop_too_toxic", reason=reason)
        if any(other.regimens_from == part.key for other in self._world.protocol.parts):
            regimens = self._choose(part, min(level, found.level or level))
            return c.MakeDecision(
                snapshot=snapshot.snapshot, action="expand", regimens=regimens, reason=reason
            )
        return c.MakeDecision(snapshot=snapshot.snapshot, action="select_mtd", level=level, reason=reason)

    def _choose(self, part: Part, level: int) -> tuple[str, ...]:
        """The regimens that are expanded where one is recommended."""
        state = self._world.state()
        expansion = next(found for found in state.protocol.parts if found.regimens_from == part.key)
        treated = {cohort.regimen for cohort in state.cohorts.values() if cohort.part == part.key}
        chosen = choose_regimens(
            np.array([[key in treated for key in part.regimens]], dtype=np.int64),
            np.array([level]),
            fewest=expansion.min_regimens or 1,
            most=expansion.max_regimens or 1,
        )[0]
        return tuple(key for key, is_chosen in zip(part.regimens, chosen, strict=True) if is_chosen)

    def plan_pause_review(self, at: datetime) -> None:
        """The committee meets on a pause and ends it."""
        if self._pause_planned:
            return
        self._pause_planned = True
        self._world.agenda.plan(at, self._resume)

    def _resume(self, now: datetime) -> None:
        self._pause_planned = False
        reason = "Every case was reviewed; the trial goes on under the dose rule, with closer observation."
        answer = self._world.ask(c.ResumeTrial(reason=reason), cast.CHAIR, now)
        assert not isinstance(answer, Refused)
        self._world.agenda.plan(now + timedelta(days=1), self._go_on)

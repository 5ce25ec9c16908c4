"""A second book of the trial, kept from the events alone, that says at once when a rule of the protocol is broken.

It reads the protocol's numbers and the events, and nothing of what conduct thinks of them.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

from firstdose.protocol.resolved import Protocol
from firstdose.record import events as e

LEAVING = (e.ConsentWithdrawn, e.ParticipantWithdrawn, e.ScreenFailed)
DAY = timedelta(days=1)
SITES = timedelta(hours=8)
"""The sites' clock is eight hours ahead of UTC."""


class Ledger:
    """What was reserved, given, decided and signed so far."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.capacity: dict[str, int] = {}
        self.regimen_of_cohort: dict[str, str] = {}
        self.members: dict[str, list[str]] = defaultdict(list)
        self.consented: dict[str, datetime] = {}
        self.eligible: set[str] = set()
        self.left: set[str] = set()
        self.depleted: dict[str, list[tuple[int, datetime]]] = defaultdict(list)
        self.lots: dict[tuple[str, int], e.ProductReleased] = {}
        self.infused: dict[str, list[datetime]] = defaultdict(list)
        self.is_paused = False
        self.made: dict[str, e.DoseDecisionMade] = {}
        self.signed: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.in_effect: dict[str, e.DoseDecisionMade] = {}

    def note(self, entry: e.Entry) -> None:
        """Check an entry against what stands here, then write it down."""
        event = entry.event
        if isinstance(event, e.InfusionStarted):
            self._check_infusion(event)
        self._note_participant(event)
        self._note_cohort(event)
        self._note_decision(entry)
        if isinstance(event, e.TrialPaused | e.TrialResumed):
            self.is_paused = isinstance(event, e.TrialPaused)
        self._check_places()

    def _note_participant(self, event: e.AnyEvent) -> None:
        if isinstance(event, e.ConsentGiven):
            self.consented[event.participant] = event.happened_at
        elif isinstance(event, e.EligibilityConfirmed):
            self.eligible.add(event.participant)
        elif isinstance(event, LEAVING):
            self.left.add(event.participant)
        elif isinstance(event, e.LymphodepletionGiven):
            self.depleted[event.participant].append((event.planned_day, event.happened_at))
        elif isinstance(event, e.ProductReleased):
            self.lots[event.participant, event.infusion] = event
        elif isinstance(event, e.InfusionStarted):
            self.infused[event.participant].append(event.happened_at)

    def _note_cohort(self, event: e.AnyEvent) -> None:
        if isinstance(event, e.CohortOpened):
            self._check_opening(event)
            self.capacity[event.cohort] = event.capacity
            self.regimen_of_cohort[event.cohort] = event.regimen
        elif isinstance(event, e.CohortEnlarged):
            self.capacity[event.cohort] = event.capacity
        elif isinstance(event, e.SlotReserved):
            assert event.participant not in self.left, "a place for someone who left"
            assert not self.is_paused, "a place during a pause"
            self.members[event.cohort].append(event.participant)
        elif isinstance(event, e.SlotReleased):
            self.members[event.cohort].remove(event.participant)

    def _note_decision(self, entry: e.Entry) -> None:
        event = entry.event
        if isinstance(event, e.DoseDecisionMade):
            self.made[event.decision] = event
        elif isinstance(event, e.DecisionSigned):
            signed = self.signed[event.decision]
            assert event.login not in [login for login, _ in signed], "a member signed twice"
            signed.append((event.login, entry.role))
            made = self.made[event.decision]
            if len(signed) == self.protocol.review.signatures_required:
                assert "committee_chair" in [role for _, role in signed], "in effect without the chair"
                self.in_effect[made.part] = made

    def _check_places(self) -> None:
        places = [code for members in self.members.values() for code in members]
        assert len(places) == len(set(places)), "a participant with two places"
        assert len(places) <= self.protocol.study.enrolment, "more participants than the study enrols"
        for cohort, members in self.members.items():
            assert len(members) <= self.capacity[cohort], f"cohort {cohort} is overfilled"
        for part in self.protocol.parts:
            taken = sum(
                len(members)
                for cohort, members in self.members.items()
                if self.regimen_of_cohort[cohort] in part.regimens and cohort.startswith(f"{part.key}-")
            )
            assert taken <= part.max_participants, f"part {part.key} is overfilled"

    def _check_opening(self, event: e.CohortOpened) -> None:
        assert not self.is_paused, "a cohort opens during a pause"
        part = self.protocol.part_by_key[event.part]
        if part.kind != "expansion":
            decided = self.in_effect.get(event.part)
            level = 1 if decided is None else decided.level
            assert self.protocol.regimen_by_key[event.regimen].dose_level == level, "a level not decided"

    def _check_infusion(self, event: e.InfusionStarted) -> None:
        code, at = event.participant, event.happened_at
        assert not self.is_paused, "an infusion during a pause"
        assert code not in self.left, "an infusion of someone who left"
        assert code in self.consented, "an infusion without consent"
        assert self.consented[code] <= at, "an infusion before the consent"
        assert code in self.eligible, "an infusion without eligibility"
        cohort = next((key for key, members in self.members.items() if code in members), None)
        assert cohort is not None, "an infusion without a place"
        regimen = self.protocol.regimen_by_key[self.regimen_of_cohort[cohort]]
        lot = self.lots.get((code, event.infusion))
        assert lot is not None, "an infusion of a lot that was not released"
        assert (lot.lot, lot.happened_at <= at) == (event.lot, True), "another lot, or released later"
        assert Decimal(lot.cells_1e9) <= regimen.cells_1e9, "more cells than the regimen gives"
        given = self.depleted[code]
        assert [day for day, _ in given] == list(self.protocol.lymphodepletion.days), "lymphodepletion"
        assert event.infusion == len(self.infused[code]) + 1, "an infusion out of its order"
        if event.infusion == 1:
            since = ((at + SITES).date() - (given[-1][1] + SITES).date()).days
            assert 2 <= since <= 7, "the interval from lymphodepletion"
            self._check_stagger(cohort, at)
        self._check_level(cohort, regimen.dose_level, regimen.cells_1e9)

    def _check_stagger(self, cohort: str, at: datetime) -> None:
        stagger = self.protocol.part_by_key[cohort.rsplit("-", 1)[0]].stagger
        before = sorted(self.infused[code][0] for code in self.members[cohort] if self.infused[code])
        if before:
            wait_d = stagger.first_to_second_d if len(before) == 1 else stagger.next_d
            assert at - before[-1] >= wait_d * DAY, f"the stagger of {cohort}"

    def _check_level(self, cohort: str, level: int, cells_1e9: Decimal) -> None:
        part = self.protocol.part_by_key[cohort.rsplit("-", 1)[0]]
        if part.kind == "expansion":
            chosen = self.in_effect.get(part.regimens_from or "")
            assert chosen is not None, "an expansion that nobody decided"
            assert self.regimen_of_cohort[cohort] in chosen.regimens, "a regimen that was not chosen"
            return
        decided = self.in_effect.get(part.key)
        highest = 1 if decided is None else decided.level or 0
        assert level <= highest, f"level {level} of {part.key} above the one decided, {highest}"
        if part.capped_by is not None:
            mtd = self.in_effect.get(part.capped_by)
            assert mtd is not None, "multiple doses without an MTD"
            assert mtd.action == "select_mtd", "multiple doses without an MTD"
            capping = self.protocol.part_by_key[part.capped_by].regimens[(mtd.level or 0) - 1]
            assert cells_1e9 <= self.protocol.regimen_by_key[capping].cells_1e9, "a dose above the MTD"

"""The follow-up of one virtual participant: visits held and missed, determination, leaving, the end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from firstdose.conduct import commands as c
from firstdose.protocol.resolved import Visit
from firstdose.simulate import cast
from firstdose.terms.outcomes import Refused

if TYPE_CHECKING:
    from firstdose.simulate.participation import Participation

DAY = timedelta(days=1)
MISSED_SHARE = 0.03
"""How often a follow-up visit is missed (assumed)."""
DROPOUT_SHARE = 0.08
"""How many participants leave before Week 52 (assumed)."""
LATE_SHARE = 0.04
"""How often a visit is held after its window (assumed)."""
AS_PLANNED_SHARE = 0.7
"""How often a visit is held on its planned day (assumed)."""
LOST_SHARE = 0.4
"""How many of those who leave are lost to follow-up (assumed)."""
CLOSE_VISITS_D = 28
"""Up to this day visits are held inside their windows (assumed). [d]."""


class FollowUp:
    """What comes after the first infusion."""

    def __init__(self, participation: "Participation") -> None:
        self._own = participation

    def plan(self) -> None:
        """Plan the visits after the first infusion, what is missed, and how it ends."""
        own = self._own
        part = own.world.protocol.part_by_key[own.world.state().cohorts[own.cohort].part]
        infusion_visits = {visit.infusion for visit in own.visits() if visit.infusion}
        for place, visit in enumerate(own.visits()):
            if visit.day <= 0 or (visit.infusion or 0) in infusion_visits:
                continue
            ends_window = visit.day == part.dlt_window.last
            at = own.zero + self._visit_day(visit, place) * DAY - timedelta(hours=1)
            missed = visit.kind == "follow_up" and visit.day > 1 and not ends_window
            if missed and own.stream.uniform("missed", place) < MISSED_SHARE:
                own.plan(own.zero + (visit.last_day + 1) * DAY, self._missing(visit))
            else:
                own.plan(at, own.holding(visit))
            if ends_window:
                own.plan(at + DAY, self.determine)
        if own.stream.uniform("drops_out") < DROPOUT_SHARE:
            day = 8 + 330 * own.stream.uniform("drops_out_on")
            own.plan(own.zero + timedelta(days=round(day), hours=3), self._drop_out)
        last = own.visits()[-1]
        own.plan(own.zero + (last.last_day + 6) * DAY, self._finish)

    def _visit_day(self, visit: Visit, place: int) -> int:
        """Mostly the planned day, sometimes another one of the window, rarely one after it."""
        own = self._own
        luck = own.stream.uniform("visit_day", place)
        follow_up = visit.day > CLOSE_VISITS_D
        if follow_up and luck < LATE_SHARE:
            return visit.last_day + 1 + int(3 * own.stream.uniform("late_by", place))
        if luck < AS_PLANNED_SHARE:
            return visit.day
        span = visit.last_day - visit.first_day + 1
        return visit.first_day + int(span * own.stream.uniform("window_day", place))

    def _missing(self, visit: Visit) -> Callable[[datetime], None]:
        own = self._own

        def miss(now: datetime) -> None:
            command = c.MissVisit(
                participant=own.code, visit=visit.key, reason="the participant could not travel"
            )
            own.world.expect(command, own.coordinator, now)

        return miss

    def _drop_out(self, now: datetime) -> None:
        own = self._own
        lost = own.stream.uniform("lost") < LOST_SHARE
        self.leave(now, "lost_to_follow_up" if lost else "withdrawal_by_participant", "")

    def leave(self, now: datetime, reason: str, detail: str) -> None:
        """The participant leaves; who was infused is determined, another place is filled again."""
        own = self._own
        own.world.expect(
            c.WithdrawParticipant(
                participant=own.code,
                happened_at=now,
                reason=reason,  # type: ignore[arg-type] # one of the command's literals
                detail=detail,
            ),
            own.coordinator,
            now,
        )
        if own.record.infusions:
            own.world.agenda.plan(now + DAY, self.determine)
        else:
            own.fill(own.cohort, now)

    def determine(self, now: datetime) -> None:
        """The monitor determines whether the participant counts; open questions of DLT come first."""
        own = self._own
        record = own.record
        if not record.is_determined:
            if own.work.has_open_adjudication():
                own.world.agenda.plan(now + DAY, self.determine)
                return
            answer = own.world.ask(c.DetermineEvaluability(participant=own.code), cast.MONITOR, now)
            if isinstance(answer, Refused):
                own.world.agenda.plan(now + DAY, self.determine)
                return
        self.look_at_cohort(now)

    def look_at_cohort(self, now: datetime) -> None:
        """A place may have come free, or the cohort may be complete."""
        own = self._own
        state = own.world.state()
        if state.cohorts[own.cohort].is_open:
            own.fill(own.cohort, now)
        own.board.consider(state.cohorts[own.cohort].part, now)

    def _finish(self, now: datetime) -> None:
        own = self._own
        last = own.visits()[-1]
        if last.key not in own.record.visits:
            own.plan(now + DAY, self._finish)
            return
        own.world.expect(c.CompleteParticipant(participant=own.code, happened_at=now), own.coordinator, now)

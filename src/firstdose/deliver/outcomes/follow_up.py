"""The swimmer plot: how long each participant was followed, infusions, dose-limiting toxicities, remission."""

from collections.abc import Sequence

from firstdose.deliver.document import Illustration, illustrate
from firstdose.deliver.figures import ResponseSpan, SwimmerBar, render_swimmer
from firstdose.deliver.groups import TOTAL, Group
from firstdose.derive.response.of_participant import Assessed, ParticipantResponse
from firstdose.record.state import Participant, State
from firstdose.terms.calendar import protocol_day
from firstdose.terms.words import Text


def illustrate_follow_up(
    state: State, groups: Sequence[Group], responses: dict[str, ParticipantResponse]
) -> Illustration:
    """One bar a treated participant, grouped by dose level."""
    bars = [
        _bar(state.participants[code], group.title, responses.get(code))
        for group in groups
        if group.key != TOTAL
        for code in group.participants
    ]
    return illustrate(
        lambda language: render_swimmer(
            "follow-up",
            Text("Follow-up of each participant", "各受试者随访情况"),
            bars,
            language=language,
            response_label=Text("DORIS remission", "DORIS缓解"),
            time_unit="week",
        )
    )


def find_last_day(participant: Participant) -> int:
    """The last protocol day on which a participant is known to be followed. [d]."""
    first = participant.first_infusion_at
    assert first is not None
    held = [
        protocol_day(one.held_on, first) for one in participant.visits.values() if one.held_on is not None
    ]
    ended = participant.completed_at or (participant.withdrawn.happened_at if participant.withdrawn else None)
    if ended is not None:
        return max(0, protocol_day(ended, first))
    return max([0, *held])


def _bar(participant: Participant, group: Text, response: ParticipantResponse | None) -> SwimmerBar:
    first = participant.first_infusion_at
    assert first is not None
    dlts = sorted(
        protocol_day(record.reported.onset, first)
        for record in participant.adverse_events.values()
        if record.dlt is not None and record.dlt.is_dlt
    )
    last = find_last_day(participant)
    withdrawn = participant.withdrawn
    return SwimmerBar(
        participant=participant.code,
        group=group,
        last_d=last,
        is_ongoing=participant.completed_at is None and not participant.has_left,
        infusions_d=tuple(protocol_day(one.started_at, first) for one in participant.infusions.values()),
        dlts_d=tuple(dlts),
        responses=_spans(response) if response else (),
        withdrew_d=max(0, protocol_day(withdrawn.happened_at, first)) if withdrawn else None,
    )


def _spans(response: ParticipantResponse) -> tuple[ResponseSpan, ...]:
    """Stretches of efficacy visits in remission; one that is not known ends a stretch."""
    spans: list[ResponseSpan] = []
    run: list[int] = []
    for visit in response.visits:
        found = visit.assessed.value
        if isinstance(found, Assessed) and found.doris.attained is True:
            run.append(found.day)
            continue
        spans += _close(run)
        run = []
    return (*spans, *_close(run))


def _close(run: Sequence[int]) -> tuple[ResponseSpan, ...]:
    if not run:
        return ()
    return (ResponseSpan(first_d=run[0], last_d=run[-1] if len(run) > 1 else None),)

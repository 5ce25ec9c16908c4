"""Refusals that several rules share."""

from firstdose.record.events import AnyEvent
from firstdose.record.state import Participant, State
from firstdose.terms.outcomes import Refused
from firstdose.terms.words import Text

Decided = list[AnyEvent] | Refused
"""What a rule returns: the events of the act, or why it is not allowed now."""


def refuse(clause: str, en: str, zh: str, when_en: str, when_zh: str) -> Refused:
    """A refusal: what, the clause, and what would make it allowed, in both languages."""
    return Refused(what=Text(en, zh), clause=clause, allowed_when=Text(when_en, when_zh))


def find_participant(state: State, code: str) -> Participant | Refused:
    """The participant of a code who is still in the trial, or the refusal."""
    participant = state.participants.get(code)
    if participant is None:
        return refuse(
            "record.participant",
            f"There is no participant {code!r}.",
            f"没有受试者 {code!r}。",
            "Screen the participant first.",
            "请先筛选该受试者。",
        )
    return participant


def refuse_leaver(participant: Participant) -> Refused | None:
    """A refusal where the participant has left the trial."""
    if not participant.has_left:
        return None
    return refuse(
        "participation.left",
        f"{participant.code} has left the trial.",
        f"{participant.code} 已退出试验。",
        "A new consent and a new screening are needed.",
        "需重新签署知情同意书并重新筛选。",
    )

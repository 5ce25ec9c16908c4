"""When a value is a baseline: before the first lymphodepletion dose (P-BASE-1)."""

from datetime import datetime

from firstdose.record.state import Participant


def is_baseline_moment(participant: Participant, moment: datetime) -> bool:
    """Whether a moment is before the first lymphodepletion dose, or before any treatment began.

    A sample at the very start of the dose is too late; samples of that visit are taken before the drugs.
    """
    start = participant.first_lymphodepletion_at or participant.first_infusion_at
    return start is None or moment < start

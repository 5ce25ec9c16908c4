"""The report of a trial as of any position of its record, or of any moment."""

from datetime import datetime

from firstdose.deliver.document import Document
from firstdose.deliver.report import build_report
from firstdose.record.fold import apply
from firstdose.record.log import GENESIS, parse_row
from firstdose.record.state import State
from firstdose.study.trial import Trial


def build_report_as_of(trial: Trial, as_of: int | datetime | None = None) -> Document:
    """The report of a trial.

    Parameters
    ----------
    trial : Trial
    as_of : int, datetime or None
        A position, with the event that stands there; a moment, up to what was recorded by then; or the whole
        record.

    Returns
    -------
    Document
        The same for the same position, whenever it is made.
    """
    state = State()
    head = GENESIS
    for row in trial.store.read_rows(0, as_of if isinstance(as_of, int) else None):
        entry = parse_row(row)
        if isinstance(as_of, datetime) and entry.recorded_at > as_of:
            break
        apply(state, entry)
        head = row.hash
    return build_report(state, as_of=state.position, head=head.hex(), recorded_at=state.recorded_at)

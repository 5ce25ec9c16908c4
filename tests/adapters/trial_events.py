"""Events of a small trial, and short ways to write them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from firstdose.adapters.store_memory import MemoryStore
from firstdose.adapters.store_sqlite import SqliteStore
from firstdose.record.events import AnyEvent, CohortOpened, Entry, FormSubmitted, ParticipantScreened
from firstdose.record.log import Row

Store = SqliteStore | MemoryStore
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def screened(number: int) -> ParticipantScreened:
    return ParticipantScreened(
        participant=f"P{number:02}", site="shanghai", happened_at=NOON, sex="female", year_of_birth=1990
    )


def filled(number: int, haemoglobin: str = "11.2") -> FormSubmitted:
    return FormSubmitted(
        participant=f"P{number:02}",
        visit="day_14",
        form="haematology",
        collected_at=NOON,
        values={"haemoglobin": haemoglobin, "remark": "采血顺利", "repeated": False, "platelets": None},
    )


def opened(cohort: str = "SAD-1") -> CohortOpened:
    return CohortOpened(cohort=cohort, part="sad", regimen="sad_1", capacity=1, purpose="escalation")


def record(
    store: Store,
    events: Sequence[AnyEvent],
    command: str,
    *,
    recorded_at: datetime = NOON,
    actor: str = "chen",
    site: str = "shanghai",
) -> list[Entry]:
    with store.transaction() as transaction:
        return transaction.append(
            events,
            recorded_at=recorded_at,
            actor=actor,
            role="coordinator",
            site=site,
            release="0.1.0/1.0",
            command=command,
        )


def fill(store: Store, n: int) -> list[Row]:
    """A record of n events, one a minute, and its rows."""
    for number in range(1, n + 1):
        moment = NOON + timedelta(minutes=number)
        record(store, [filled(number, f"{number}.5")], f"command-{number}", recorded_at=moment)
    return list(store.read_rows())

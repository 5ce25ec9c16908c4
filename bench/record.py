"""How fast the record is written, read and verified: python bench/record.py [folder to measure in]."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import perf_counter

from firstdose.adapters.store_sqlite import SqliteStore
from firstdose.adapters.verify_sqlite import verify_record
from firstdose.record.events import FormSubmitted, Value

N_EVENTS = 32_000
"""Events of the whole trial: 36 participants, 26 visits, 9 forms, with corrections and queries."""
N_ITEMS = 15
MOMENT = datetime(2025, 3, 1, 8, 30, tzinfo=UTC)


def forms() -> Iterator[FormSubmitted]:
    """Forms as a site fills them, without end."""
    for number in count():
        values: dict[str, Value] = {f"item_{item}": f"{number % 97}.{item}" for item in range(N_ITEMS)}
        yield FormSubmitted(
            participant=f"P{number % 36:02}",
            visit=f"day_{number % 26}",
            form=f"form_{number % 9}",
            collected_at=MOMENT,
            values=values,
        )


def append(store: SqliteStore, n_events: int, n_a_transaction: int, label: str) -> None:
    """Append forms, some in a transaction."""
    form = forms()
    for command in range(n_events // n_a_transaction):
        with store.transaction() as transaction:
            transaction.append(
                [next(form) for _ in range(n_a_transaction)],
                recorded_at=datetime.now(UTC),
                actor="chen",
                role="coordinator",
                site="shanghai",
                release="0.1.0/1.0",
                command=f"{label}-{command}",
            )


def measure(what: Callable[[], object]) -> float:
    """The wall time of an act [s]."""
    start = perf_counter()
    what()
    return perf_counter() - start


def main(folder: Path) -> None:
    """Print one line a measurement."""
    for n_events, n_a_transaction in ((2_000, 1), (20_000, 100)):
        with SqliteStore(folder / f"append_{n_a_transaction}.db", create=True) as store:
            taken = measure(lambda: append(store, n_events, n_a_transaction, "a"))  # noqa: B023 - called at once
        print(f"append, {n_a_transaction:>3} a transaction   {n_events / taken:>10,.0f} events/s")
    path = folder / "trial.db"
    with SqliteStore(path, create=True) as store:
        append(store, N_EVENTS, 1_000, "trial")
        for what, act in {
            "read rows": lambda: sum(1 for _ in store.read_rows()),
            "read entries": lambda: sum(1 for _ in store.read()),
            "read and keep entries": lambda: list(store.read()),
            "copy the first half": lambda: store.copy_prefix(folder / "half.db", N_EVENTS // 2),
        }.items():
            print(f"{what:<24} {measure(act):>8.3f} s for {N_EVENTS:,} events")
        head = store.head()[1].hex()
    taken = measure(lambda: verify_record(path, head))
    found = len(verify_record(path, head))
    print(f"{'verify':<24} {taken:>8.3f} s for {N_EVENTS:,} events, {found} breaks")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as place:
        main(Path(place))

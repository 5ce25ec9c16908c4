"""Processes that race for one place, and processes that are killed while they record."""

import random
import signal
import subprocess
import sys
from itertools import groupby
from pathlib import Path

from tests.adapters.trial_events import opened, record

from firstdose.adapters.store_sqlite import SqliteStore
from firstdose.adapters.verify_sqlite import verify_record
from firstdose.record.events import CohortOpened, SlotReserved

N_PROCESSES, N_ROUNDS = 8, 5
N_KILLS = 10
N_STATEMENTS = 20

RACER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from firstdose.adapters.store_sqlite import SqliteStore
from firstdose.record.events import SlotReserved

store = SqliteStore(Path(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    cohort, participant = line.strip(), "P" + sys.argv[2]
    with store.transaction() as transaction:
        events = [entry.event for entry in transaction.read_since(0)]
        if any(isinstance(event, SlotReserved) and event.cohort == cohort for event in events):
            answer = "refused"
        else:
            transaction.append(
                [SlotReserved(participant=participant, cohort=cohort)], recorded_at=datetime.now(UTC),
                actor=participant, role="coordinator", site="", release="", command=cohort + participant,
            )
            answer = "reserved"
    print(answer, flush=True)
"""

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from firstdose.adapters.store_sqlite import SqliteStore
from firstdose.record.events import SlotReserved

store = SqliteStore(Path(sys.argv[1]))
number = store.head()[0]
while True:
    number += 1
    events = [SlotReserved(participant=f"P{number}", cohort=str(nth)) for nth in range(3)]
    with store.transaction() as transaction:
        transaction.append(
            events, recorded_at=datetime.now(UTC), actor="chen", role="coordinator", site="", release="",
            command=f"{sys.argv[2]}-{number}",
        )
    print(transaction.head[0], transaction.head[1].hex(), flush=True)
"""


FALLER = """
import os, signal, sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from firstdose.adapters.store_sqlite import SqliteStore
from firstdose.record.events import SlotReserved

store = SqliteStore(Path(sys.argv[1]))
number = count(1)

def fall(statement):
    if next(number) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

store._connection().set_trace_callback(fall)
events = [SlotReserved(participant="P02", cohort=str(nth)) for nth in range(2)]
with store.transaction() as transaction:
    transaction.append(
        events, recorded_at=datetime.now(UTC), actor="chen", role="coordinator", site="", release="",
        command="reserve",
    )
print(transaction.head[0], transaction.head[1].hex(), flush=True)
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def say(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text + "\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_eight_processes_race_for_one_place_and_exactly_one_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "trial.db"
    cohorts = [f"SAD-{number}" for number in range(N_ROUNDS)]
    with SqliteStore(path, create=True) as store:
        record(store, [opened(cohort) for cohort in cohorts], "open")
        racers = [start(RACER, str(path), str(number)) for number in range(N_PROCESSES)]
        try:
            assert [hear(racer) for racer in racers] == ["ready"] * N_PROCESSES
            for cohort in cohorts:
                for racer in racers:
                    say(racer, cohort)
                answers = sorted(hear(racer) for racer in racers)
                assert answers == ["refused"] * (N_PROCESSES - 1) + ["reserved"]
        finally:
            for racer in racers:
                racer.communicate()
        events = [entry.event for entry in store.read()]
        assert [event.cohort for event in events if isinstance(event, SlotReserved)] == cohorts
        assert sum(isinstance(event, CohortOpened) for event in events) == N_ROUNDS
        assert verify_record(path, store.head()[1].hex()) == ()


def test_a_killed_process_loses_nothing_that_it_acknowledged_and_leaves_no_half_command(
    tmp_path: Path,
) -> None:
    path = tmp_path / "trial.db"
    SqliteStore(path, create=True).close()
    moments = random.Random(20250301)
    n_acknowledged = 0
    for kill in range(N_KILLS):
        writer = start(WRITER, str(path), str(kill))
        acknowledged = [hear(writer) for _ in range(moments.randrange(1, 150))]
        # somewhere within the next few commits, not at the moment of an answer
        try:
            writer.wait(moments.uniform(0, 0.003))
        except subprocess.TimeoutExpired:
            writer.send_signal(signal.SIGKILL)
        acknowledged += writer.communicate()[0].splitlines()
        assert writer.returncode == -signal.SIGKILL
        last, head = acknowledged[-1].split()
        # nobody has opened the file since: the verification reads what the killed process left
        assert verify_record(path, head) == ()
        with SqliteStore(path) as store:
            assert int(last) <= store.head()[0] <= int(last) + 3
            n_acknowledged += len(acknowledged)
    with SqliteStore(path, read_only=True) as store:
        commands = [
            [entry.nth for entry in found] for _, found in groupby(store.read(), lambda one: one.command)
        ]
    assert all(found == [1, 2, 3] for found in commands)
    assert n_acknowledged <= len(commands) <= n_acknowledged + N_KILLS


def test_a_process_that_falls_at_any_statement_of_a_transaction_recorded_all_of_it_or_nothing(
    tmp_path: Path,
) -> None:
    falls = range(1, N_STATEMENTS + 1)
    paths = [tmp_path / f"{number}.db" for number in falls]
    for path in paths:
        with SqliteStore(path, create=True) as store:
            record(store, [opened()], "open")
            head = store.head()[1].hex()
    fallers = [start(FALLER, str(path), str(number)) for path, number in zip(paths, falls, strict=True)]
    answers = [faller.communicate()[0].split() for faller in fallers]
    for path, answer in zip(paths, answers, strict=True):
        kept = answer[1] if answer else head
        assert verify_record(path, kept) == ()
        with SqliteStore(path) as store:
            assert store.head()[0] == (3 if answer else 1)
    # the last ones had fewer statements than that, and so the range covers every statement
    assert [faller.returncode for faller in fallers[:8]] == [-signal.SIGKILL] * 8
    assert fallers[-1].returncode == 0

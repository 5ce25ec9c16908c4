"""The thread of a whole trial: rehearse, store, fold, verify, report. Seconds, and ratios to one plain read.

Run: ``.venv/bin/python bench/thread.py``
"""

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from firstdose.record.fold import fold
from firstdose.study.check_study import check_study
from firstdose.study.report import build_report_as_of
from firstdose.wiring import open_trial, read_study, rehearse_to_file, verify_record, write_document


def timed(act: Callable[[], object]) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    protocol = check_study(read_study("kn5501"))
    assert not isinstance(protocol, tuple)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trial.db"
        seconds = {"rehearse and store": timed(lambda: list(rehearse_to_file(path, protocol, 7)))}
        trial = open_trial(path, read_only=True)
        plain = timed(path.read_bytes)
        rows = timed(lambda: list(trial.store.read_rows()))
        seconds |= {
            "check the study": timed(lambda: check_study(read_study("kn5501"))),
            "read the rows": rows,
            "read and decode": timed(lambda: list(trial.store.read())),
            "fold to the state": timed(lambda: fold(trial.store.read())),
            "verify the chain": timed(lambda: verify_record(path)),
        }
        document = build_report_as_of(trial)
        seconds["build the report"] = timed(lambda: build_report_as_of(trial))
        seconds["write the report"] = timed(lambda: write_document(document, Path(folder) / "report"))
        n_events = trial.store.head()[0]
        print(
            f"{n_events} events, {path.stat().st_size / 1e6:.1f} MB, read as a file in {plain * 1000:.1f} ms"
        )
        for name, taken in seconds.items():
            print(f"{name:20} {taken:7.3f} s   {taken / rows:6.1f} × reading the rows")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()

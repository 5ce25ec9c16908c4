"""The thread, end to end: rehearse, verify, report, and what happens when things go wrong."""

import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from firstdose.faces.cli import main
from firstdose.wiring import open_trial, verify_record


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that ``firstdose demo --no-serve`` has filled."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    result = run("demo", "--no-serve", "--out", str(folder))
    assert result.exit_code == 0, result.output
    return folder


def test_the_demo_leaves_a_record_and_a_report(demo: Path) -> None:
    assert (demo / "trial.db").is_file()
    assert "<html" in (demo / "report" / "index.html").read_text("utf-8")


def test_the_record_of_the_demo_verifies(demo: Path) -> None:
    result = run("record", "verify", str(demo / "trial.db"))
    assert result.exit_code == 0
    assert "unbroken" in result.output


def test_a_second_demo_keeps_the_record_that_is_there(demo: Path) -> None:
    before = (demo / "trial.db").stat()
    assert run("demo", "--no-serve", "--out", str(demo)).exit_code == 0
    assert (demo / "trial.db").stat().st_mtime_ns == before.st_mtime_ns


def test_one_flipped_byte_of_a_payload_is_named(demo: Path, tmp_path: Path) -> None:
    body = (demo / "trial.db").read_bytes()
    with sqlite3.connect(demo / "trial.db") as database:
        (position, payload) = database.execute(
            "SELECT position, body FROM payload WHERE position = 5000"
        ).fetchone()
    place = body.index(bytes(payload))
    altered = tmp_path / "altered.db"
    altered.write_bytes(body[: place + 20] + bytes([body[place + 20] ^ 1]) + body[place + 21 :])
    result = run("record", "verify", str(altered))
    assert result.exit_code == 1
    assert f"event {position}" in result.stderr


def test_a_cut_tail_is_found_against_a_head_that_was_kept(demo: Path, tmp_path: Path) -> None:
    position, head = run("record", "head", str(demo / "trial.db")).output.split()
    cut = tmp_path / "cut.db"
    open_trial(demo / "trial.db", read_only=True).store.copy_prefix(cut, int(position) - 1)  # type: ignore[attr-defined]
    assert run("record", "verify", str(cut)).exit_code == 0
    result = run("record", "verify", str(cut), "--head", head)
    assert result.exit_code == 1
    assert "tail was cut" in result.stderr


def read_folder(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_report_as_of_a_position_is_the_same_bytes_each_time(demo: Path, tmp_path: Path) -> None:
    for name in ("once", "twice"):
        result = run("report", str(demo / "trial.db"), "--out", str(tmp_path / name), "--as-of", "6000")
        assert result.exit_code == 0, result.output
    assert read_folder(tmp_path / "once") == read_folder(tmp_path / "twice")
    assert read_folder(tmp_path / "once") != read_folder(demo / "report")


def test_a_report_as_of_a_date_is_that_of_the_last_event_known_then(demo: Path, tmp_path: Path) -> None:
    store = open_trial(demo / "trial.db", read_only=True).store
    date = "2023-11-30"
    last = max(entry.position for entry in store.read() if entry.recorded_at.isoformat() < "2023-11-30T16")
    for name, as_of in (("by_date", date), ("by_position", str(last))):
        assert (
            run("report", str(demo / "trial.db"), "--out", str(tmp_path / name), "--as-of", as_of).exit_code
            == 0
        )
    assert read_folder(tmp_path / "by_date") == read_folder(tmp_path / "by_position")


# fmt: off
# a careless user            arguments ({demo} is the filled folder, {tmp} an empty one)            words of the sentence
MISTAKES = {
    "no such record":        (["report", "{tmp}/no.db", "--out", "{tmp}/r"],                           ["no.db"]),
    "a text as record":      (["record", "verify", "{tmp}/text.db"],                                   ["text.db"]),
    "a cut database":        (["report", "{tmp}/cut.db", "--out", "{tmp}/r"],                          ["cut.db"]),
    "report over a folder":  (["report", "{demo}/trial.db", "--out", "{tmp}"],                         ["not written"]),
    "as of nonsense":        (["report", "{demo}/trial.db", "--out", "{tmp}/r", "--as-of", "soon"],    ["soon"]),
    "as of the future":      (["report", "{demo}/trial.db", "--out", "{tmp}/r", "--as-of", "999999"],  ["999999"]),
    "rehearse over a file":  (["rehearse", "kn5501", "--out", "{demo}/trial.db"],                      ["exists"]),
    "rehearse nothing":      (["rehearse", "nothing", "--out", "{tmp}/t.db"],                          ["nothing"]),
    "rehearse nowhere":      (["rehearse", "kn5501", "--out", "{tmp}/no/where.db"],                    ["where.db"]),
    "demo over a real one":  (["demo", "--no-serve", "--out", "{tmp}/real"],                           ["not a rehearsal"]),
    "a head that is none":   (["record", "verify", "{demo}/trial.db", "--head", "abc"],                ["abc"]),
}
# fmt: on


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence_and_no_traceback(demo: Path, tmp_path: Path, mistake: str) -> None:
    (tmp_path / "text.db").write_text("not a database at all\n" * 100, "utf-8")
    (tmp_path / "cut.db").write_bytes((demo / "trial.db").read_bytes()[:100_000])
    (tmp_path / "real").mkdir()
    open_trial(tmp_path / "real" / "trial.db", create=True)
    arguments, words = MISTAKES[mistake]
    result = run(*(part.format(demo=demo, tmp=tmp_path) for part in arguments))
    assert result.exit_code == 1, result.output
    said = result.stderr.strip()
    assert len(said.splitlines()) == 1, said
    assert "a mistake of firstdose" not in said
    for word in words:
        assert word in said


def test_a_second_server_on_the_port_gets_one_sentence(demo: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("demo", "--out", str(demo), "--port", str(port))
    assert result.exit_code == 1
    assert f"{port}" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


REHEARSE_AND_TELL = """
import sys
from pathlib import Path
from firstdose.study.check_study import check_study
from firstdose.wiring import open_trial, read_study, rehearse_to_file
protocol = check_study(read_study("kn5501"))
path = Path(sys.argv[1])
steps = rehearse_to_file(path, protocol, 7)
next(steps)
other = open_trial(path, read_only=True)
for step in steps:
    print(other.store.head()[0], flush=True)
"""


@pytest.mark.parametrize("wait_s", [0.4, 0.9, 1.5])
def test_killing_a_rehearsal_loses_no_event_that_was_told(tmp_path: Path, wait_s: float) -> None:
    path = tmp_path / "trial.db"
    child = subprocess.Popen(
        [sys.executable, "-c", REHEARSE_AND_TELL, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    told = int(child.stdout.readline())
    time.sleep(wait_s + random.Random(str(path)).random() / 5)
    os.kill(child.pid, signal.SIGKILL)
    rest = child.stdout.read().split()
    child.wait()
    child.stdout.close()
    told = max([told, *(int(line) for line in rest)])
    assert verify_record(path) == ()
    assert open_trial(path, read_only=True).store.head()[0] >= told > 0


def test_the_server_answers_and_prints_how_to_sign_in(demo: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "firstdose", "demo", "--out", str(demo), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert child.stdout is not None
        said = ""
        while "practice copies" not in said:
            line = child.stdout.readline()
            assert line, said
            said += line
        address = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
        assert address is not None
        assert "park" in said
        with socket.create_connection(("127.0.0.1", int(address[1])), timeout=5) as client:
            client.sendall(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.")
    finally:
        child.terminate()
        child.wait(timeout=10)
        if child.stdout:
            child.stdout.close()

"""What every file of the project keeps to."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
).stdout.split()
TEXTS = [name for name in TRACKED if not name.endswith((".png", ".db", ".gz")) and (ROOT / name).is_file()]
BANNED_NAMES = ("utils", "helpers", "common", "manager", "base", "services")


@pytest.mark.skipif(not TRACKED, reason="not a git checkout: the list of files is not known")
class TestEveryFile:
    def test_names_no_path_of_a_machine(self) -> None:
        machine = re.compile("|".join(("/ro" + "ot/", "/ho" + "me/[a-z]", "/wo" + "rk/", "/tm" + "p/[a-z]")))
        found = [name for name in TEXTS if machine.search((ROOT / name).read_text("utf-8"))]
        assert found == []

    def test_lock_files_hold_hashes_and_no_addresses(self) -> None:
        for name in ("locks/runtime.lock", "locks/test.lock"):
            text = (ROOT / name).read_text("utf-8")
            assert "://" not in text
            pinned = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
            assert len(pinned) > 10
            assert all(line.endswith("\\") for line in pinned), "a pin without a hash"

    def test_no_module_is_named_after_nothing(self) -> None:
        modules = [Path(name).stem for name in TRACKED if name.startswith("src/") and name.endswith(".py")]
        assert not set(modules) & set(BANNED_NAMES)

    def test_a_module_can_be_read_in_one_sitting(self) -> None:
        ugly = (ROOT / "docs" / "ugly.md").read_text("utf-8")
        long = [
            name
            for name in TRACKED
            if name.startswith("src/")
            and name.endswith(".py")
            and len((ROOT / name).read_text("utf-8").splitlines()) > 400
            and name not in ugly
        ]
        assert long == [], "over 400 lines without a line in docs/ugly.md"

    def test_standard_names_in_capitals_stand_only_at_the_door(self) -> None:
        names = re.compile(r"\b(USUBJID|AETOXGR|PARAMCD|AVISIT|TRTEMFL|ARMCD)\b")
        found = [
            name
            for name in TRACKED
            if name.startswith("src/") and "deliver/standards" not in name and name.endswith(".py")
            if names.search((ROOT / name).read_text("utf-8"))
        ]
        assert found == []

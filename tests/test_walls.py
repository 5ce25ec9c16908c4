"""The five walls of the house, each broken once in a copy and seen to fall."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# fmt: off
# contract                  file of the copy                       a line that breaks it
BREACHES = {
    "floors":                 ("src/firstdose/terms/words.py",         "import firstdose.record.events"),
    "pure-core":              ("src/firstdose/conduct/decide.py",      "import pathlib"),
    "clinical-topics":        ("src/firstdose/derive/safety/dlt.py",   "import firstdose.derive.response.sri"),
    "second-implementations": ("tests/double/product_limit.py",        "import firstdose.numerics.survival"),
    "through-the-wiring":     ("src/firstdose/faces/cli/record.py",    "import firstdose.adapters.files"),
}
# fmt: on


def lint(root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("lint-imports")
    asked = [part for contract in contracts for part in ("--contract", contract)]
    paths = os.pathsep.join((str(root / "src"), str(root)))
    return subprocess.run(
        [str(command), "--no-cache", *asked],
        cwd=root,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignored)
    shutil.copytree(ROOT / "tests" / "double", tmp_path / "tests" / "double", ignore=ignored)
    (tmp_path / "tests" / "__init__.py").touch()
    return tmp_path


def test_the_house_keeps_its_five_walls() -> None:
    found = lint(ROOT)
    assert found.returncode == 0, found.stdout
    assert "5 kept, 0 broken" in found.stdout


@pytest.mark.parametrize("contract", BREACHES)
def test_a_wall_falls_when_it_is_broken(copy: Path, contract: str) -> None:
    file, line = BREACHES[contract]
    path = copy / file
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")
    found = lint(copy, contract)
    assert found.returncode == 1, found.stdout
    assert "0 kept, 1 broken" in found.stdout

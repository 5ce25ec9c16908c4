"""Files: studies, registry texts, and folders that are written whole or not at all."""

import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from firstdose.terms.outcomes import Fault

_STUDIES = files("firstdose.protocol") / "studies"


class FileFault(Exception):  # noqa: N818 - a fault is the house's word for a file that is wrong
    """A file that cannot be read or written, with one sentence."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def list_studies() -> tuple[str, ...]:
    """The names of the bundled studies."""
    return tuple(sorted(entry.name for entry in _STUDIES.iterdir() if entry.is_dir()))


def read_study(name: str) -> dict[str, str]:
    """The YAML texts of a bundled study, or of a file or folder of one's own.

    Raises
    ------
    FileFault
        There is no such study, or a file of it cannot be read as text.
    """
    if name in list_studies():
        folder = _STUDIES / name
        entries = sorted(
            (entry for entry in folder.iterdir() if entry.name.endswith(".yaml")),
            key=lambda entry: entry.name,
        )
        return {entry.name: entry.read_text("utf-8") for entry in entries}
    path = Path(name)
    if path.is_dir():
        paths = sorted(found for found in path.iterdir() if found.suffix in (".yaml", ".yml"))
        if not paths:
            raise FileFault(Fault(what=f"{name} holds no YAML file", next="name the folder of a study"))
        return {found.name: read_text(found) for found in paths}
    if path.is_file():
        return {path.name: read_text(path)}
    bundled = ", ".join(list_studies())
    raise FileFault(
        Fault(
            what=f"there is no study {name!r}", next=f"name a bundled one ({bundled}), or its file or folder"
        )
    )


def read_text(path: Path) -> str:
    """The text of a file.

    Raises
    ------
    FileFault
        It is not there, may not be read, or is not UTF-8 text.
    """
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise FileFault(Fault(what=f"there is no file {path}", next="check the name")) from None
    except UnicodeDecodeError:
        raise FileFault(Fault(what=f"{path} is not text", next="name a text file in UTF-8")) from None
    except OSError as error:
        raise FileFault(Fault(what=f"{path} cannot be read", why=(error.strerror or "").lower())) from None


def write_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write a folder of files beside the old one, then take its place; what is not in it goes.

    Raises
    ------
    FileFault
        The folder cannot be written, or holds something else than an earlier result.
    """
    if folder.exists() and not (folder.is_dir() and _is_ours(folder)):
        why = "something else is there"
        raise FileFault(Fault(what=f"{folder} is not written", why=why, next="name a new or empty folder"))
    fresh = folder.with_name(f".{folder.name}.new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        for name, body in contents.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise FileFault(Fault(what=f"{folder} cannot be written", why=reason)) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Whether a folder is empty or holds an earlier report."""
    return (folder / "index.html").is_file() or not any(folder.iterdir())

"""Text → written form: YAML whose every value knows its file and line.

A protocol is one document or the files of a folder; each top-level key stands in exactly one file. Numbers
with a point are read as decimals. A key that stands twice is a fault: nothing is silently overwritten.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import yaml
from pydantic import ValidationError

from firstdose.protocol.resolved import Basis
from firstdose.protocol.written import WrittenProtocol
from firstdose.terms.outcomes import Fault

Path = tuple[str | int, ...]
SOURCE = re.compile(r"^(registry-mirror|registry|assumed): (\S.*)$", re.DOTALL)
SILENT = ("list", "by_key")


class Places(msgspec.Struct, frozen=True):
    """Where the values of the written form stand: file and line, and the clause that names them."""

    lines: dict[Path, tuple[str, int]]
    clauses: dict[Path, str]

    def fault(self, path: Path, what: str, *, why: str = "", next: str = "") -> Fault:  # noqa: A002
        """A fault at a path of the written form, or at the nearest place above it that stands in a file."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        file, line = self.lines.get(known, ("", 0))
        named = path
        while named and named not in self.clauses:
            named = named[:-1]
        clause = ".".join(part for part in (self.clauses.get(named), clause_of(path[len(named) :])) if part)
        return Fault(what=what, why=why, next=next, file=file, line=line, clause=clause)


class Parsed(msgspec.Struct, frozen=True):
    """A written protocol with the places and the bases of its values."""

    written: WrittenProtocol
    places: Places
    bases: dict[str, Basis]


class _Loader(yaml.CSafeLoader):
    """YAML's safe loader with decimals for numbers with a point."""


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    text = str(loader.construct_scalar(node)).replace("_", "")
    special = {".inf": "Infinity", "-.inf": "-Infinity", ".nan": "NaN"}
    return Decimal(special.get(text.lower(), text))


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)


def parse_protocol(files: Mapping[str, str]) -> Parsed | tuple[Fault, ...]:
    """The written protocol of one or several YAML texts, or every fault in them.

    Parameters
    ----------
    files : mapping of file name to text
        The names appear in faults.
    """
    faults: list[Fault] = []
    tree: dict[str, Any] = {}
    lines: dict[Path, tuple[str, int]] = {}
    clauses: dict[Path, str] = {}
    for name, text in files.items():
        try:
            loader = _Loader(text)
            node = loader.get_single_node()
            if node is not None and _holds_itself(node, frozenset(), set()):
                faults.append(Fault(what="an anchor stands inside the value that it names", file=name))
                continue
            document = loader.construct_document(node) if node is not None else None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            faults.append(Fault(what=f"not YAML: {error.problem}", file=name, line=line))
            continue
        except (yaml.YAMLError, ArithmeticError, ValueError) as error:
            faults.append(Fault(what=f"not YAML: {' '.join(str(error).split())}", file=name))
            continue
        if not isinstance(document, dict) or not isinstance(node, yaml.MappingNode):
            faults.append(Fault(what="a protocol file holds keys and values", file=name, line=1))
            continue
        faults += _note_places(node, (), name, lines, clauses, document)
        for key, value in document.items():
            if key in tree:
                line = lines[(key,)][1]
                faults.append(
                    Fault(what=f"{key!r} stands in two files", file=name, line=line, clause=str(key))
                )
            tree[key] = value
    if not files:
        faults.append(Fault(what="a protocol needs at least one file"))
    if faults:
        return tuple(faults)
    places = Places(lines, clauses)
    try:
        written = WrittenProtocol.model_validate(tree)
    except ValidationError as error:
        return tuple(
            places.fault(tuple(entry["loc"]), entry["msg"], why=_shown(entry["input"]))
            for entry in error.errors(include_url=False)
        )
    reader = _BasisReader(places)
    reader.read(tree, (), is_labelled=False)
    return tuple(reader.faults) or Parsed(written, places, reader.bases)


def _holds_itself(node: yaml.Node, above: frozenset[int], known: set[int]) -> bool:
    """Whether an alias leads back to a node above it; ``known`` are the nodes that were looked at."""
    if id(node) in above:
        return True
    if id(node) in known or isinstance(node, yaml.ScalarNode):
        return False
    known.add(id(node))
    below = [found for pair in node.value for found in (pair if isinstance(pair, tuple) else (pair,))]
    return any(_holds_itself(found, above | {id(node)}, known) for found in below)


def clause_of(path: Path) -> str:
    """The clause that names a path, as a reader would write it."""
    return ".".join(str(step) for step in path if step not in SILENT)


def _note_places(
    node: yaml.Node,
    path: Path,
    file: str,
    lines: dict[Path, tuple[str, int]],
    clauses: dict[Path, str],
    value: Any,
    clause: str = "",
) -> list[Fault]:
    """Note file, line and clause of every value below a node; return the keys that stand twice."""
    faults: list[Fault] = []
    lines.setdefault(path, (file, node.start_mark.line + 1))
    clauses[path] = clause
    if isinstance(node, yaml.MappingNode):
        seen: set[Any] = set()
        for key_node, child in node.value:
            key = key_node.value
            at = (file, key_node.start_mark.line + 1)
            if key in seen:
                faults.append(Fault(what=f"{key!r} stands twice", file=at[0], line=at[1], clause=clause))
            seen.add(key)
            lines[(*path, key)] = at
            below = clause if key in SILENT else ".".join(part for part in (clause, key) if part)
            faults += _note_places(child, (*path, key), file, lines, clauses, (value or {}).get(key), below)
    elif isinstance(node, yaml.SequenceNode):
        for place, child in enumerate(node.value):
            entry = value[place] if isinstance(value, list) else None
            name = str(entry["key"]) if isinstance(entry, dict) and "key" in entry else str(place)
            below = ".".join(part for part in (clause, name) if part)
            faults += _note_places(child, (*path, place), file, lines, clauses, entry, below)
    return faults


class _BasisReader:
    """Reads the labels of all values by clause; notes a fault for each value or label that is not right."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.bases: dict[str, Basis] = {}
        self.faults: list[Fault] = []

    def read(self, value: Any, path: Path, *, is_labelled: bool) -> None:
        """Read a value and everything below it; a label holds for everything below its mapping."""
        if isinstance(value, dict):
            own = value.get("sources") or {}
            if value.get("source") is not None:
                is_labelled = self._label(path, value["source"]) or is_labelled
            for field, said in own.items():
                if field not in value:
                    what = f"there is no {field!r} to label"
                    self.faults.append(self._places.fault((*path, "sources", field), what))
                self._label((*path, field), said)
            for field, below in value.items():
                if field not in ("source", "sources"):
                    self.read(below, (*path, field), is_labelled=is_labelled or field in own)
        elif isinstance(value, list):
            for place, below in enumerate(value):
                self.read(below, (*path, place), is_labelled=is_labelled)
        elif not is_labelled:
            what = "this value has no label"
            how = "add source: to its mapping or one above"
            self.faults.append(self._places.fault(path, what, next=how))

    def _label(self, path: Path, said: Any) -> bool:
        match = SOURCE.match(str(said))
        if match is None:
            why = "a label is registry, registry-mirror or assumed, then a colon and the basis"
            self.faults.append(self._places.fault(path, f"{said!r} is not a label", why=why))
            return False
        clause = self._places.clauses.get(path, clause_of(path))
        self.bases[clause] = Basis.model_validate({"label": match[1], "basis": " ".join(match[2].split())})
        return True


def _shown(value: Any) -> str:
    """What stood in the file, short."""
    if isinstance(value, dict | list):
        return ""
    text = str(value)
    return f"it says {text[:60]!r}"

"""The plain text of a registry's page: labels with values, pairs of site lines, groups of outcome lines."""

import re

from firstdose.protocol.registry_record import (
    DesignFact,
    DesignKey,
    RegistryOutcome,
    RegistryRecord,
    RegistrySite,
    Span,
)
from firstdose.protocol.registry_words import (
    in_design_order,
    parse_code,
    parse_design_sentences,
    parse_time_frame,
)
from firstdose.terms.outcomes import Fault

LABELS: dict[str, DesignKey] = {
    "study type": "study_type",
    "allocation": "allocation",
    "purpose": "purpose",
    "primary purpose": "purpose",
    "masking": "masking",
    "enrollment": "enrolment",
    "enrolment": "enrolment",
}
FRAME = re.compile(r"time\s*frame\s*:\s*(.*)", re.IGNORECASE)
ENROLMENT = re.compile(
    r"(\d{1,6})(?:\s+participants?)?(?:\s*\((?:estimated|actual|anticipated)\))?", re.IGNORECASE
)
# "Union Hospital, Tongji Medical College, Huazhong University of Science and Technology" has the commas of a
# place and is a name; the words of institutions tell them apart.
PLACE = re.compile(r"[^,;:()]+(?:,[^,;:()]+){1,2}")
INSTITUTION = re.compile(
    r"\b(?:hospital|university|college|institute|cent(?:er|re)|clinic|school|medical|medicine|research)\b",
    re.IGNORECASE,
)
PLACE_WORDS_AT_MOST = 4
SENTENCE_END = (".", "?", "!", "。")

Line = tuple[int, str]
BREAK = ""
"""Stands where a block was taken out, so that what it kept apart stays apart."""


def is_registry_text(text: str) -> bool:
    """Whether a text has a label or a time frame of a registry's page."""
    return any(_label(line) or FRAME.fullmatch(line) for _, line in _lines(text))


def parse_registry_text(text: str) -> RegistryRecord | list[Fault]:
    """The record of a registry's plain text, or every fault in it; the blocks stand in any order."""
    faults: list[Fault] = []
    rest = _lines(text)
    labelled, rest = _take_labels(rest, faults)
    sites, rest = _take_sites(rest)
    outcomes, rest = _take_outcomes(rest, faults)
    prose = [fact for line, said in rest for fact in parse_design_sentences(said, f"line {line}")]
    if faults:
        return sorted(faults, key=lambda fault: fault.line)
    return RegistryRecord(
        facts=in_design_order([*labelled, *prose]), sites=tuple(sites), outcomes=tuple(outcomes)
    )


def _lines(text: str) -> list[Line]:
    """The lines that say something, with their numbers and single spaces."""
    folded = ((number, " ".join(line.split())) for number, line in enumerate(text.splitlines(), start=1))
    return [(number, line.lstrip("\ufeff")) for number, line in folded if line.strip("\ufeff")]


def _label(line: str) -> DesignKey | None:
    return LABELS.get(line.rstrip(":").strip().casefold())


def _take_labels(lines: list[Line], faults: list[Fault]) -> tuple[list[DesignFact], list[Line]]:
    """The labelled values, and the lines without them."""
    facts: list[DesignFact] = []
    rest: list[Line] = []
    place = 0
    while place < len(lines):
        number, line = lines[place]
        key = _label(line)
        place += 1
        if key is None:
            rest.append((number, line))
            continue
        rest.append((number, BREAK))
        at, value = lines[place] if place < len(lines) else (number, "")
        if not value or _label(value):
            faults.append(Fault(what=f"{line!r} has no value", next="write it on the next line", line=number))
            continue
        place += 1
        where = f"line {at}"
        if key != "enrolment":
            facts.append(DesignFact(key=key, value=parse_code(value), said=value, where=where))
        elif match := ENROLMENT.fullmatch(value):
            n_enrolled = int(match[1])
            facts.append(DesignFact(key=key, value=Span(n_enrolled, n_enrolled), said=match[1], where=where))
        else:
            faults.append(Fault(what=f"the enrolment {value!r} is not a number", line=at, clause="enrolment"))
    return facts, rest


def _take_sites(lines: list[Line]) -> tuple[list[RegistrySite], list[Line]]:
    """The pairs of a name and a place, and the lines without them."""
    sites: list[RegistrySite] = []
    rest: list[Line] = []
    place = 0
    while place < len(lines):
        number, name = lines[place]
        below = [line for _, line in lines[place + 1 : place + 3]]
        is_name = bool(name) and not name.endswith(SENTENCE_END) and not FRAME.fullmatch(name)
        has_place = bool(below) and _is_place(below[0]) and not any(map(FRAME.fullmatch, below[1:]))
        if not (is_name and has_place):
            rest.append((number, name))
            place += 1
            continue
        city, *province, country = (part.strip() for part in below[0].split(","))
        rest.append((number, BREAK))
        sites.append(
            RegistrySite(
                facility=name,
                city=city,
                province=province[0] if province else "",
                country=country,
                where=f"line {number}",
            )
        )
        place += 2
    return sites, rest


def _is_place(line: str) -> bool:
    parts = line.split(",")
    return (
        PLACE.fullmatch(line) is not None
        and INSTITUTION.search(line) is None
        and not line.endswith(SENTENCE_END)
        and all(part.strip()[:1].isupper() and len(part.split()) <= PLACE_WORDS_AT_MOST for part in parts)
    )


def _take_outcomes(lines: list[Line], faults: list[Fault]) -> tuple[list[RegistryOutcome], list[Line]]:
    """The groups of lines that end in a time frame, and the lines of prose outside them."""
    outcomes: list[RegistryOutcome] = []
    rest: list[Line] = []
    group: list[Line] = []
    below_outcome = False
    for number, line in lines:
        match = FRAME.fullmatch(line)
        if line == BREAK:
            rest += group
            group, below_outcome = [], False
        elif match is None:
            group.append((number, line))
        else:
            n_prose = 0 if below_outcome else _n_prose(group)
            rest += group[:n_prose]
            titled = group[n_prose:]
            group, below_outcome = [], True
            if titled and match[1]:
                outcomes.append(_outcome(titled, match[1]))
            else:
                what = "this time frame is empty" if titled else "this time frame has no outcome above it"
                faults.append(Fault(what=what, line=number))
    return outcomes, [*rest, *group]


def _outcome(titled: list[Line], frame_text: str) -> RegistryOutcome:
    (at, title), *description = titled
    return RegistryOutcome(
        title=title,
        description=" ".join(said for _, said in description),
        frame_text=frame_text,
        frame=parse_time_frame(frame_text),
        where=f"line {at}",
    )


def _n_prose(group: list[Line]) -> int:
    """How many lines at the start of a group are whole sentences: prose in front of the first outcome."""
    titles = (place for place, (_, line) in enumerate(group) if not line.endswith(SENTENCE_END))
    return next(titles, max(len(group) - 1, 0))

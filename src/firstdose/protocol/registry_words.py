"""The small grammars of registry prose: number words, ranges, time frames, design sentences."""

import re
from collections.abc import Iterable, Iterator
from typing import get_args

from firstdose.protocol.registry_record import (
    DesignFact,
    DesignKey,
    FrameEnd,
    FramePart,
    Span,
    TimeFrame,
)
from firstdose.terms.outcomes import NotDerived

NUMBER_WORDS = {
    "single": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
NUMBER = rf"(?:\d{{1,6}}|{'|'.join(NUMBER_WORDS)})"
RANGE = rf"(?<![\w.-]){NUMBER}(?:\s*(?:-|–|—|\bto\b|\bor\b)\s*{NUMBER})?(?!\d|[\w.]\d)"
DAYS = {"day": 1, "week": 7}

INTERVAL = re.compile(rf"({RANGE})[\s-]*(day|week)s?['’]?s?[\s-]+intervals?\b", re.IGNORECASE)
FRAME_START = re.compile(
    r"from\s+(?:the\s+)?(?:(?P<dose>(?:first|initial)\s+(?:dose|infusion)(?:\s+day)?)|(?P<enrolment>enroll?ment))"
    r"\s+(?:up\s+)?(?:to|until|through)\s+(?:the\s+last\s+assessment\s+at\s+)?(?P<rest>.+?)\s*\.?",
    re.IGNORECASE,
)
FRAME_END = re.compile(
    rf"(?:(?P<number>{NUMBER})[\s-]*(?P<unit>day|week)s?|(?P<unit_first>day|week)\s+(?P<number_after>\d{{1,6}}))"
    r"(?:\s*\(\s*(?P<part>SAD|MAD)\s*\))?",
    re.IGNORECASE,
)

# A fact is looked for only in sentences about its matter: "3 to 5 times" is a number of infusions in a
# sentence about infusions, and in no other.
SENTENCES: tuple[tuple[DesignKey, str, str], ...] = (
    (
        "infusions_single",
        r"\binfusions?\b",
        rf"({RANGE})\s+(?:or\s+(?:multiple|several|more)\b|(?:intravenous\s+)?infusion\b)",
    ),
    ("infusions_multiple", r"\binfusions?\b", rf"({RANGE})\s+(?:times\b|(?:intravenous\s+)?infusions\b)"),
    ("route", r"\binfusions?\b", r"\b(intravenous|subcutaneous|intrathecal|intraperitoneal)(?:ly)?\b"),
    ("setting", r"\binfusions?\b", r"\b(inpatient|outpatient)s?\b"),
    ("lymphodepletion", r"\blymphodepletion\b", r"\b(after|before|without)\s+(?:\w+\s+)?lymphodepletion\b"),
    (
        "dose_levels",
        r"\bSAD\b|\bsingle[\s-](?:ascending[\s-])?dose",
        rf"({RANGE})\s+(?:(?:different|ascending|increasing|SAD)\s+)*(?:doses\b|dose\s+levels?\b)",
    ),
    ("regimens", r"\bregimens?\b", rf"({RANGE})\s+(?:[\w-]+\s+){{0,3}}regimens?\b(?![^,;.]*\bexpan)"),
    ("regimens_expanded", r"\bexpan", rf"({RANGE})\s+(?:[\w-]+\s+){{0,3}}regimens?\b(?=[^,;.]*\bexpan)"),
)


def parse_span(text: str) -> Span | NotDerived:
    """A number or a range in digits or in words.

    Examples
    --------
    >>> parse_span("six"), parse_span("3 to 5"), parse_span("1-2")
    (Span(fewest=6, most=6), Span(fewest=3, most=5), Span(fewest=1, most=2))
    """
    said = text.strip().casefold()
    if re.fullmatch(RANGE, said) is None:
        return NotDerived("not_a_number", f"{text!r} is not a number or a range")
    numbers = [_number(word) for word in re.findall(NUMBER, said)]
    if numbers[0] > numbers[-1]:
        return NotDerived("not_a_range", f"{text!r} runs from high to low")
    return Span(numbers[0], numbers[-1])


def parse_time_frame(text: str) -> TimeFrame | NotDerived:
    """What an outcome's time frame starts from and where it ends, or that the grammar does not read it.

    Examples
    --------
    >>> parse_time_frame("from enrollment to the last assessment at 52 weeks")
    TimeFrame(start='enrolment', ends=(FrameEnd(weeks=52, part=None),))
    """
    match = FRAME_START.fullmatch(text.strip())
    if match is None:
        return NotDerived(
            "frame_not_read", f"{text!r} does not say from the first dose or from enrolment to a week"
        )
    ends = []
    for said in re.split(r"\s+(?:or|and)\s+|\s*[,;]\s*", match["rest"]):
        end = FRAME_END.fullmatch(said)
        if end is None:
            return NotDerived("frame_not_read", f"{said!r} is not a number of weeks")
        unit = (end["unit"] or end["unit_first"]).casefold()
        weeks, rest_d = divmod(_number(end["number"] or end["number_after"]) * DAYS[unit], DAYS["week"])
        if rest_d:
            return NotDerived("frame_not_read", f"{said!r} is not a whole number of weeks")
        ends.append(FrameEnd(weeks, _part(end["part"])))
    return TimeFrame("first dose" if match["dose"] else "enrolment", tuple(ends))


def parse_code(text: str) -> str:
    """A coded design fact as the registry's code writes it.

    Examples
    --------
    >>> parse_code("None (Open Label)"), parse_code("Non-Randomized"), parse_code("N/A")
    ('NONE', 'NON_RANDOMIZED', 'NA')
    """
    outside = re.sub(r"\([^)]*\)", " ", text).upper()
    code = "_".join(re.findall(r"[A-Z]+", outside))
    return "NA" if code == "N_A" else code


def parse_design_sentences(text: str, where: str) -> Iterator[DesignFact]:
    """The design facts that a paragraph of prose states."""
    for sentence in re.split(r"(?<=[.;?!])\s+", " ".join(text.split())):
        for key, about, pattern in SENTENCES:
            if re.search(about, sentence, re.IGNORECASE) is None:
                continue
            for match in re.finditer(pattern, sentence, re.IGNORECASE):
                value = parse_span(match[1])
                if isinstance(value, Span):
                    yield DesignFact(key=key, value=value, said=match[0], where=where)
                elif not match[1][:1].isdigit():
                    yield DesignFact(key=key, value=match[1].casefold(), said=match[0], where=where)
        if re.search(r"\bvisit", sentence, re.IGNORECASE):
            yield from _visit_intervals(sentence, where)


def in_design_order(facts: Iterable[DesignFact]) -> tuple[DesignFact, ...]:
    """The facts in the order of :data:`DesignKey`."""
    order = get_args(DesignKey)
    return tuple(sorted(facts, key=lambda fact: order.index(fact.key)))


def _visit_intervals(sentence: str, where: str) -> Iterator[DesignFact]:
    """The shortest and the longest interval between visits, where a sentence states both."""
    found = list(INTERVAL.finditer(sentence))
    keys: tuple[DesignKey, DesignKey] = ("visit_interval_shortest_d", "visit_interval_longest_d")
    if len(found) != len(keys):
        return
    for key, match in zip(keys, found, strict=True):
        span = parse_span(match[1])
        if isinstance(span, Span):
            unit_d = DAYS[match[2].casefold()]
            yield DesignFact(
                key=key, value=Span(span.fewest * unit_d, span.most * unit_d), said=match[0], where=where
            )


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBER_WORDS[word.casefold()]


def _part(said: str | None) -> FramePart | None:
    if said is None:
        return None
    return "SAD" if said.upper() == "SAD" else "MAD"

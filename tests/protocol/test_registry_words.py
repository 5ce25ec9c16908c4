"""The small grammars of registry prose."""

import pytest

from firstdose.protocol.registry_record import FrameEnd, Span, TimeFrame
from firstdose.protocol.registry_words import (
    parse_code,
    parse_design_sentences,
    parse_span,
    parse_time_frame,
)
from firstdose.terms.outcomes import NotDerived

# fmt: off
SPANS: dict[str, tuple[int, int] | str] = {
    # --- one number
    "six": (6, 6), "Six": (6, 6), "36": (36, 36), " 1 ": (1, 1), "twelve": (12, 12), "single": (1, 1),
    "0": (0, 0),
    # --- a range, in digits, in words, in both
    "2-4": (2, 4), "1–2": (1, 2), "3 to 5": (3, 5), "three to five": (3, 5), "two or three": (2, 3),
    "one-2": (1, 2), "4-4": (4, 4),
    # --- no number
    "": "not_a_number", "several": "not_a_number", "2-": "not_a_number", "-2": "not_a_number",
    "2.5": "not_a_number", "1234567": "not_a_number",
    "2-4-6": "not_a_number", "sixty": "not_a_number", "3 5": "not_a_number",
    # --- a range that is none
    "5-3": "not_a_range",
}
# fmt: on


@pytest.mark.parametrize(("text", "expected"), SPANS.items(), ids=[repr(text) for text in SPANS])
def test_numbers_and_ranges_are_read_in_digits_and_words(text: str, expected: tuple[int, int] | str) -> None:
    found = parse_span(text)
    assert (found.reason if isinstance(found, NotDerived) else (found.fewest, found.most)) == expected


def frame(start: str, *ends: tuple[int, str | None]) -> TimeFrame:
    read_ends = tuple(
        FrameEnd(weeks, None if part is None else "SAD" if part == "SAD" else "MAD") for weeks, part in ends
    )
    return TimeFrame("first dose" if start == "dose" else "enrolment", read_ends)


# fmt: off
FRAMES: dict[str, TimeFrame | None] = {
    # --- the four frames of the registry text
    "from the first dose to 2 weeks (SAD) or 4 weeks (MAD)": frame("dose", (2, "SAD"), (4, "MAD")),
    "from enrollment to the last assessment at 52 weeks":    frame("enrolment", (52, None)),
    "from the first dose to 4 weeks":                        frame("dose", (4, None)),
    "from the first dose to 4 weeks.":                       frame("dose", (4, None)),
    # --- the same in other words
    "From first infusion until week 4":                      frame("dose", (4, None)),
    "from the first dose through four weeks":                frame("dose", (4, None)),
    "from the first dose to 28 days":                        frame("dose", (4, None)),
    "from the first dose up to 4-week":                      frame("dose", (4, None)),
    "from enrolment to 12 weeks, 24 weeks and 52 weeks":
        frame("enrolment", (12, None), (24, None), (52, None)),
    "from the first dose to 4 weeks (MAD); 2 weeks (sad)":   frame("dose", (4, "MAD"), (2, "SAD")),
    # --- not read rather than guessed
    "4 years": None, "52 weeks": None, "from baseline to 4 weeks": None,
    "from the first dose to 4 months": None,
    "from the first dose to 10 days": None, "from the first dose to 2 weeks (TAD)": None, "": None,
    "from the first dose to 4 weeks after the last dose": None, "from the last dose to 4 weeks": None,
    "from enrollment": None,
}
# fmt: on


@pytest.mark.parametrize(("text", "expected"), FRAMES.items(), ids=[repr(text) for text in FRAMES])
def test_time_frames_are_read_or_said_to_be_unread(text: str, expected: TimeFrame | None) -> None:
    found = parse_time_frame(text)
    if expected is None:
        assert isinstance(found, NotDerived)
        assert found.reason == "frame_not_read"
    else:
        assert found == expected


# fmt: off
SENTENCES: dict[str, dict[str, str | Span]] = {
    # --- infusions of a participant
    "Participants receive one or multiple (2-3 times) intravenous infusion.":
        {"infusions_single": Span(1, 1), "infusions_multiple": Span(2, 3), "route": "intravenous"},
    "They receive a single infusion or three to five infusions intravenously.":
        {"infusions_single": Span(1, 1), "infusions_multiple": Span(3, 5), "route": "intravenous"},
    "The questionnaire is answered 3 to 5 times.": {},
    # --- dose levels and regimens
    "In the single-dose part seven dose levels are explored.": {"dose_levels": Span(7, 7)},
    "In Part 1(SAD), 5 ascending doses will be explored.": {"dose_levels": Span(5, 5)},
    "About three different regimens are explored, and two regimens are expanded.":
        {"regimens": Span(3, 3), "regimens_expanded": Span(2, 2)},
    "In cohorts 6 different doses are given.": {},
    # --- setting and lymphodepletion
    "The infusion is given to outpatients without lymphodepletion.":
        {"setting": "outpatient", "lymphodepletion": "without"},
    # --- intervals between visits, only where the shortest and the longest stand
    "They visit the clinic from 3 days intervals to 8 weeks' intervals.":
        {"visit_interval_shortest_d": Span(3, 3), "visit_interval_longest_d": Span(56, 56)},
    "They visit the clinic at a 4 week interval.": {},
    "Samples are taken from 1 week interval to 12 weeks' interval.": {},
}
# fmt: on


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES.items(), ids=list(SENTENCES))
def test_design_sentences_state_facts_only_about_their_matter(
    sentence: str, expected: dict[str, str | Span]
) -> None:
    assert {fact.key: fact.value for fact in parse_design_sentences(sentence, "")} == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("INTERVENTIONAL", "INTERVENTIONAL"),
        ("Interventional", "INTERVENTIONAL"),
        ("NA", "NA"),
        ("N/A", "NA"),
        ("Non-Randomized", "NON_RANDOMIZED"),
        ("None (Open Label)", "NONE"),
        ("basic science", "BASIC_SCIENCE"),
    ],
)
def test_the_words_of_a_page_and_the_codes_of_the_json_are_the_same(text: str, code: str) -> None:
    assert parse_code(text) == code

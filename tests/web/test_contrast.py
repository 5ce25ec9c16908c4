"""Colours of the pages: every text stands out from what it stands on, in the light and in the dark scheme.

Contrast as WCAG 2.2 defines it: relative luminance of sRGB, (lighter + 0.05) / (darker + 0.05); success criterion
1.4.3 asks 4.5 of text, 1.4.11 asks 3 of what is no text but carries meaning.
"""

import re
from pathlib import Path

import pytest

import firstdose.faces.web

CSS = (Path(firstdose.faces.web.__file__).parent / "static" / "firstdose.css").read_text()
TOKEN = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
LIGHT_CSS, DARK_CSS = CSS.split("@media (prefers-color-scheme: dark)", 1)
SCHEMES = {
    "light": dict(TOKEN.findall(LIGHT_CSS)),
    "dark": dict(TOKEN.findall(LIGHT_CSS)) | dict(TOKEN.findall(DARK_CSS)),
}
GROUNDS = ("page", "card", "sunk")
TEXT_ON = [
    *(
        (ink, ground)
        for ink in ("text", "muted", "link", "good", "warn", "bad", "info")
        for ground in GROUNDS
    ),
    *((ink, f"{ink}-bg") for ink in ("good", "warn", "bad", "info", "plum")),
    *(("text", f"{ink}-bg") for ink in ("good", "warn", "bad", "info", "plum")),
    ("accent-text", "accent"),
    ("card", "bad"),
    ("card", "plum"),
    ("link", "plum-bg"),
    ("plum", "card"),
]
"""Pairs of ink and ground that the style sheet puts together."""
SHAPE_ON = [
    ("accent", "line"),
    ("info", "line"),
    ("accent", "card"),
    ("info", "page"),
    ("line-strong", "card"),
]


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_definition_gives_21_for_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_reaches_the_contrast_of_level_aa(scheme: str) -> None:
    tokens = SCHEMES[scheme]
    found = {pair: round(contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair in TEXT_ON}
    assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_shape_that_carries_meaning_stands_out(scheme: str) -> None:
    tokens = SCHEMES[scheme]
    found = {pair: round(contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair in SHAPE_ON}
    assert {pair: ratio for pair, ratio in found.items() if ratio < 3} == {}


def test_colours_stand_in_the_tokens_only() -> None:
    rules = CSS[CSS.index("* { box-sizing") :].split("@media print")[0]
    assert re.findall(r"#[0-9a-f]{3,8}\b", rules) == []

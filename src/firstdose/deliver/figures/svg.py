"""SVG elements as text, and the width of words."""

import re
import unicodedata
from xml.sax.saxutils import escape, quoteattr

from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.style import STYLE_ELEMENT
from firstdose.terms.words import Language, Text

TEXT_SIZE = 12
SMALL_SIZE = 11
WIDTH = 760

_NARROW = set("ijlI.,:;'|!()[]{}· `tfr-/\\1")
_WIDE = set("mwMW@%—")
# Extensible Markup Language 1.0 (fifth edition), production [2] Char
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def measure_text(words: str, size: float = TEXT_SIZE) -> float:
    """The width of a line of words, a little on the wide side; CJK characters are one em wide. [px].

    Examples
    --------
    >>> measure_text("剂量", 10), measure_text("ill", 10) < measure_text("mmm", 10)
    (20.0, True)
    """
    return round(sum(_measure_character(character) for character in words) * size, 2)


def shorten_text(words: str, width: float, size: float = TEXT_SIZE) -> str:
    """The words, cut with an ellipsis if they are wider than the width.

    Examples
    --------
    >>> shorten_text("a very long label of a cohort", 60)
    'a very l…'
    """
    if measure_text(words, size) <= width:
        return words
    kept = words
    while kept and measure_text(kept + "…", size) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrap_text(words: str, width: float, size: float = TEXT_SIZE, most_lines: int = 3) -> tuple[str, ...]:
    """The words in lines no wider than the width; the last line is cut if they do not fit.

    Examples
    --------
    >>> wrap_text("stay at this level", 60)
    ('stay at', 'this level')
    """
    lines: list[str] = []
    line = ""
    for piece in _split_words(words):
        if line and measure_text((line + piece).rstrip(), size) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    lines.append(line.rstrip())
    if len(lines) > most_lines:
        rest = "".join(lines[most_lines - 1 :])
        lines = [*lines[: most_lines - 1], rest]
    return tuple(shorten_text(line, width, size) for line in lines)


def write_px(number: float) -> str:
    """A coordinate with at most two decimals, never minus zero.

    Examples
    --------
    >>> write_px(3.14159), write_px(-0.001), write_px(20.0)
    ('3.14', '0', '20')
    """
    shown = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def clean_text(words: str) -> str:
    """The words, with characters that XML cannot hold replaced."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", words)


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float = TEXT_SIZE,
    anchor: str = "start",
    kind: str = "fd-ink",
    turned: bool = False,
) -> str:
    """Words at a place: ``y`` is the baseline; ``turned`` reads from the bottom to the top."""
    turn = f' transform="rotate(-90 {write_px(x)} {write_px(y)})"' if turned else ""
    return (
        f'<text x="{write_px(x)}" y="{write_px(y)}" font-size="{write_px(size)}" text-anchor="{anchor}" '
        f'class="{kind}"{turn}>{escape(clean_text(words))}</text>'
    )


def line(x1: float, y1: float, x2: float, y2: float, *, kind: str, width: float = 1, dash: str = "") -> str:
    """A straight line."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{write_px(x1)}" y1="{write_px(y1)}" x2="{write_px(x2)}" y2="{write_px(y2)}" '
        f'stroke-width="{write_px(width)}" class="{kind}"{dashes}/>'
    )


def path(
    points: list[tuple[float, float]], *, kind: str, width: float = 0, dash: str = "", closed: bool = False
) -> str:
    """A line through points, or an area when it is closed."""
    drawn = "L".join(f"{write_px(x)} {write_px(y)}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    stroke = f' stroke-width="{write_px(width)}" stroke-linejoin="round"' if width else ""
    return f'<path d="M{drawn}{"Z" if closed else ""}"{stroke} class="{kind}"{dashes}/>'


def rect(x: float, y: float, width: float, height: float, *, kind: str, round_px: float = 0) -> str:
    """A rectangle."""
    corner = f' rx="{write_px(round_px)}"' if round_px else ""
    return (
        f'<rect x="{write_px(x)}" y="{write_px(y)}" width="{write_px(max(width, 0))}" '
        f'height="{write_px(max(height, 0))}" class="{kind}"{corner}/>'
    )


def circle(x: float, y: float, radius: float, *, kind: str, width: float = 1.5) -> str:
    """A circle."""
    return (
        f'<circle cx="{write_px(x)}" cy="{write_px(y)}" r="{write_px(radius)}" '
        f'stroke-width="{write_px(width)}" class="{kind}"/>'
    )


def mark(shape: str, x: float, y: float, *, radius: float = 4, kind: str = "fd-fill") -> str:
    """A mark of a shape: circle, square, triangle, down, diamond, cross or tick."""
    r = radius
    if shape == "circle":
        return circle(x, y, r, kind=kind)
    if shape == "cross":
        return path([(x - r, y - r), (x + r, y + r)], kind="fd-line", width=2) + path(
            [(x - r, y + r), (x + r, y - r)], kind="fd-line", width=2
        )
    if shape == "tick":
        return path([(x, y - r), (x, y + r)], kind="fd-line", width=1.6)
    corners = {
        "square": [(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
        "triangle": [(0, -1.15), (1.05, 0.8), (-1.05, 0.8)],
        "down": [(0, 1.15), (1.05, -0.8), (-1.05, -0.8)],
        "diamond": [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)],
    }[shape]
    return path([(x + dx * r, y + dy * r) for dx, dy in corners], kind=kind, width=1.5, closed=True)


def group(kind: str, parts: list[str], *, tip: str = "") -> str:
    """Elements under one class, with a tip that names them."""
    if not parts:
        return ""
    title = f"<title>{escape(clean_text(tip))}</title>" if tip else ""
    return f'<g class="{kind}">{title}{"".join(parts)}</g>'


def figure_of(
    key: str,
    title: Text,
    description: Text,
    parts: list[str],
    *,
    height: float,
    width: float = WIDTH,
    language: Language,
) -> Figure:
    """The parts as one accessible drawing: title and description are tied to it by name."""
    name = f"{key}-{language}"
    said = escape(clean_text(title.in_language(language)))
    described = escape(clean_text(description.in_language(language)))
    tongue = "zh-Hans" if language == "zh" else "en"
    ids = quoteattr(f"{name}-title {name}-description")
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {write_px(width)} {write_px(height)}" '
        f'width="{write_px(width)}" height="{write_px(height)}" class="fd-figure" role="img" '
        f'xml:lang="{tongue}" lang="{tongue}" aria-labelledby={ids}>'
        f"<title id={quoteattr(name + '-title')}>{said}</title>"
        f"<desc id={quoteattr(name + '-description')}>{described}</desc>"
        f"{STYLE_ELEMENT}{rect(0, 0, width, height, kind='fd-paper')}{''.join(parts)}</svg>"
    )
    return Figure(key=key, title=title, description=description, svg=drawn)


def figure_of_nothing(key: str, title: Text, why: Text, *, language: Language) -> Figure:
    """A figure without data: it says why."""
    height = 120.0
    lines = wrap_text(why.in_language(language), WIDTH - 80, 13)
    first = height / 2 + 5 - 9 * (len(lines) - 1)
    parts = [
        rect(8, 8, WIDTH - 16, height - 16, kind="fd-band", round_px=6),
        *(
            text(WIDTH / 2, first + 18 * i, words, size=13, anchor="middle", kind="fd-muted")
            for i, words in enumerate(lines)
        ),
    ]
    return figure_of(key, title, why, parts, height=height, language=language)


def _measure_character(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.4
    if character in _WIDE:
        return 0.95
    if character.isupper():
        return 0.72
    return 0.6


def _split_words(words: str) -> list[str]:
    """Pieces between which a line may break: after a space, and around each CJK character."""
    pieces: list[str] = []
    piece = ""
    for character in words:
        if unicodedata.east_asian_width(character) in "WF":
            pieces += [piece, character] if piece else [character]
            piece = ""
        elif character == " ":
            pieces.append(piece + " ")
            piece = ""
        else:
            piece += character
    return [*pieces, piece] if piece or not pieces else pieces

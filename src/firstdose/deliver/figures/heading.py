"""The title over a drawing that stands alone."""

from firstdose.deliver.figures.svg import text, wrap_text

_SIZE = 13.0
_BOLD = 1.12
"""How much wider strong letters are than others."""
_LINE_HEIGHT = 18.0


def draw_heading(words: str, *, left: float, width: float, top: float) -> tuple[list[str], float]:
    """The words in up to three lines, and the height that they take. [px]."""
    lines = wrap_text(words, width, _SIZE * _BOLD)
    parts = [
        text(left, top + 14 + _LINE_HEIGHT * i, line, size=_SIZE, kind="fd-ink fd-strong")
        for i, line in enumerate(lines)
    ]
    return parts, 6 + _LINE_HEIGHT * len(lines)

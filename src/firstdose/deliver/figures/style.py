"""Colours and line styles of figures, as one style sheet.

The six hues are those of Okabe and Ito; where one has less than 3:1 contrast with the paper (WCAG 2.2,
1.4.11) it is darkened for light paper or lightened for dark paper. A test computes the contrasts.

Source
------
Okabe M, Ito K. Color Universal Design, 2008 (blue #0072B2, vermillion #D55E00, bluish green #009E73, reddish
purple #CC79A7, orange #E69F00, sky blue #56B4E9).
"""

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1d2530",
    "muted": "#56606e",
    "rule": "#8a93a0",
    "grid": "#e6e9ee",
    "s1": "#0072b2",
    "s2": "#d55e00",
    "s3": "#00875f",
    "s4": "#b0568b",
    "s5": "#a87400",
    "s6": "#2a87bd",
    "r0": "#e8eef4",
    "r1": "#bcd5e8",
    "r2": "#7fb2d6",
    "r3": "#3d86b8",
    "r4": "#0f5788",
    "r5": "#082f4d",
}
DARK = {
    "paper": "#14181e",
    "ink": "#e8ebef",
    "muted": "#a3adba",
    "rule": "#6d7785",
    "grid": "#2a313b",
    "s1": "#4aa3df",
    "s2": "#f08a4b",
    "s3": "#2fbf95",
    "s4": "#d992ba",
    "s5": "#e6a72e",
    "s6": "#8fd0f5",
    "r0": "#e8eef4",
    "r1": "#bcd5e8",
    "r2": "#7fb2d6",
    "r3": "#3d86b8",
    "r4": "#0f5788",
    "r5": "#082f4d",
}
N_SERIES = 6
N_RAMP = 6

DASHES = ("", "7 3", "2 3", "9 3 2 3", "12 4", "5 2 1 2 1 2")
SHAPES = ("circle", "square", "triangle", "diamond", "down", "cross")

_RULES = """\
.fd-figure{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans CJK SC",\
"PingFang SC","Microsoft YaHei","WenQuanYi Micro Hei",sans-serif;font-variant-numeric:tabular-nums}
.fd-paper{fill:var(--fd-paper)}
.fd-ink{fill:var(--fd-ink)}
.fd-muted{fill:var(--fd-muted)}
.fd-strong{font-weight:600}
.fd-on-dark{fill:#ffffff}
.fd-on-light{fill:#1d2530}
.fd-axis{stroke:var(--fd-rule);fill:none}
.fd-grid{stroke:var(--fd-grid);fill:none}
.fd-guide{stroke:var(--fd-muted);fill:none}
.fd-band{fill:var(--fd-grid);opacity:.55}
.fd-line{fill:none;stroke:currentColor}
.fd-fill{fill:currentColor}
.fd-open{fill:var(--fd-paper);stroke:currentColor}
.fd-area{fill:currentColor;opacity:.13}
.fd-soft{fill:currentColor;opacity:.38}
.fd-faint{opacity:.42}
.fd-edge{stroke:var(--fd-muted);stroke-width:.75}
.fd-s0{color:var(--fd-ink)}
"""


def _write_variables(colours: dict[str, str]) -> str:
    return ".fd-figure{" + ";".join(f"--fd-{name}:{colour}" for name, colour in colours.items()) + "}\n"


FIGURE_CSS = (
    _write_variables(LIGHT)
    + "@media screen and (prefers-color-scheme:dark){"
    + _write_variables(DARK).strip()
    + "}\n"
    + _RULES
    + "".join(f".fd-s{i}{{color:var(--fd-s{i})}}\n" for i in range(1, N_SERIES + 1))
    + "".join(f".fd-r{i}{{fill:var(--fd-r{i})}}\n" for i in range(N_RAMP))
)
"""The style sheet of every figure; it stands in each SVG file, or once in the style sheet of a page."""

STYLE_ELEMENT = f"<style>{FIGURE_CSS}</style>"


def name_series(index: int) -> str:
    """The class that colours the series of this place, counted from 0."""
    return f"fd-s{index % N_SERIES + 1}"


def choose_dash(index: int) -> str:
    """The dash of the series of this place; the first is unbroken."""
    return DASHES[(index + index // N_SERIES) % len(DASHES)]


def choose_shape(index: int) -> str:
    """The mark of the series of this place."""
    # the seventh series has the first hue again, and so takes another mark
    return SHAPES[(index + index // N_SERIES) % len(SHAPES)]

"""The growth of the states of a design, drawn: two panels with a logarithmic axis."""

from collections.abc import Sequence
from math import ceil, log10

WIDTH, HEIGHT, LEFT, TOP, PANEL_W, PANEL_H, GAP = 760, 320, 70, 46, 280, 210, 90
Point = tuple[int, int]


def draw_growth(by_levels: Sequence[Point], by_n: Sequence[Point]) -> str:
    """An SVG with the final states of BOIN in cohorts of three, by levels and by participants."""
    panels = (
        ("30 participants", "Dose levels", by_levels),
        ("6 dose levels", "Participants", by_n),
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="12"><title>Final states of BOIN in cohorts of three</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<text x="{LEFT}" y="20" font-size="14">Final states of BOIN in cohorts of three (logarithmic)</text>'
    )
    parts = [head]
    for number, (title, x_title, points) in enumerate(panels):
        parts.append(_draw_panel(LEFT + number * (PANEL_W + GAP), title, x_title, points))
    return "".join(parts) + "</svg>\n"


def _draw_panel(left: int, title: str, x_title: str, points: Sequence[Point]) -> str:
    low, high = 1, ceil(log10(max(states for _, states in points)))
    first, last = points[0][0], points[-1][0]

    def place(x: float, states: float) -> tuple[float, float]:
        across = left + PANEL_W * (x - first) / (last - first)
        return across, TOP + PANEL_H * (high - log10(states)) / (high - low)

    parts = [f'<text x="{left}" y="{TOP - 8}">{title}</text>']
    for power in range(low, high + 1):
        _, y = place(first, 10**power)
        parts.append(
            f'<line x1="{left}" x2="{left + PANEL_W}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{10**power:,}</text>'
        )
    placed = [place(*point) for point in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>')
    for (x, y), (value, _) in zip(placed, points, strict=True):
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#1f5fa8"/>'
            f'<text x="{x:.1f}" y="{TOP + PANEL_H + 18}" text-anchor="middle">{value}</text>'
        )
    middle = left + PANEL_W / 2
    parts.append(f'<text x="{middle}" y="{TOP + PANEL_H + 38}" text-anchor="middle">{x_title}</text>')
    return "".join(parts)

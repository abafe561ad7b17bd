"""Lines as SVG, written by hand: a few lines on two axes do not need a plotting library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, MARGIN = 640, 400, 60
COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#7d3c98", "#888888", "#b9770e")
TICKS = 5

Points = Sequence[tuple[float, float]]


def lines(series: Mapping[str, Points], *, x: str, y: str, log: bool = False) -> str:
    """One line a series, named; `x` and `y` name the axes. `log` draws x, above 0, by its
    logarithm.
    """
    across = [_across(a, log) for points in series.values() for a, _ in points]
    left, right = min(across, default=0.0), max(across, default=1.0)
    top = max((b for points in series.values() for _, b in points), default=1.0) or 1.0

    def place(a: float, b: float) -> str:
        share = (_across(a, log) - left) / ((right - left) or 1.0)
        return (
            f"{MARGIN + (WIDTH - 2 * MARGIN) * share:.1f},"
            f"{HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * b / top:.1f}"
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<path fill="none" stroke="black" d="M{MARGIN},{MARGIN} V{HEIGHT - MARGIN}'
        f' H{WIDTH - MARGIN}"/>',
        *_ticks(top, left, right, log),
        f'<text x="{WIDTH // 2}" y="{HEIGHT - 14}" text-anchor="middle">{escape(x)}</text>',
        f'<text x="{MARGIN}" y="{MARGIN - 16}" text-anchor="middle">{escape(y)}</text>',
    ]
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        drawn = " ".join(place(a, b) for a, b in points)
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{drawn}"/>'
        )
        parts.append(
            f'<text x="{MARGIN + 14}" y="{MARGIN + 16 * number}" fill="{colour}">'
            f"{escape(name)}</text>"
        )
    return "\n".join([*parts, "</svg>\n"])


def _across(value: float, log: bool) -> float:
    return math.log10(value) if log else value


def _ticks(top: float, left: float, right: float, log: bool) -> list[str]:
    marks = []
    for step in range(TICKS + 1):
        share = step / TICKS
        up = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share
        along = MARGIN + (WIDTH - 2 * MARGIN) * share
        value = left + (right - left) * share
        marks.append(
            f'<text x="{MARGIN - 6}" y="{up + 4:.1f}" text-anchor="end">{top * share:.3g}</text>'
        )
        marks.append(
            f'<text x="{along:.1f}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">'
            f"{10**value if log else value:.3g}</text>"
        )
    return marks


def loss_curve(rows: Sequence[Mapping[str, float]]) -> str:
    """Training and validation loss by step. Rows without one of them are left out of its line."""
    series = {
        words: [(row["step"], row[key]) for row in rows if key in row]
        for words, key in (("training", "train_loss"), ("validation", "valid_loss"))
    }
    return lines({words: points for words, points in series.items() if points}, x="step", y="loss")

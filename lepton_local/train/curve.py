"""A loss curve as SVG, written by hand: two lines do not need a plotting library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, MARGIN = 640, 320, 48
LINES = (("train_loss", "#888888", "training"), ("valid_loss", "#c0392b", "validation"))


def loss_curve(rows: Sequence[Mapping[str, float]]) -> str:
    """Training and validation loss by step. Rows without one of them are left out of its line."""
    values = [row[key] for row in rows for key, _, _ in LINES if key in row]
    top = max(values, default=1.0) or 1.0
    last = max((row["step"] for row in rows), default=1) or 1

    def place(step: float, loss: float) -> str:
        x = MARGIN + (WIDTH - 2 * MARGIN) * step / last
        y = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * loss / top
        return f"{x:.1f},{y:.1f}"

    axes = f"{place(0, top)} {place(0, 0)} {place(last, 0)}"
    right = WIDTH - MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<polyline fill="none" stroke="black" points="{axes}"/>',
        f'<text x="{MARGIN - 6}" y="{MARGIN + 4}" text-anchor="end">{top:.2f}</text>',
        f'<text x="{MARGIN - 6}" y="{HEIGHT - MARGIN + 4}" text-anchor="end">0</text>',
        f'<text x="{right}" y="{HEIGHT - MARGIN + 18}" text-anchor="end">step {last}</text>',
    ]
    for number, (key, colour, words) in enumerate(LINES):
        points = " ".join(place(row["step"], row[key]) for row in rows if key in row)
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>'
        )
        parts.append(
            f'<text x="{right - 90}" y="{MARGIN + 16 * number}" fill="{colour}">{words} loss</text>'
        )
    return "\n".join([*parts, "</svg>", ""])

"""The words and figures of a chart (ECMA-376 part 1, 21.2), as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def chart_rows(chart: Any) -> Iterator[list[str]]:
    """The titles of a chart, then a row for each series: its name, and "category: value" for each
    of its points.
    """
    for title in chart.iter(f"{_CHART}title"):
        yield ["".join(run.text or "" for run in title.iter(f"{_DRAWING}t"))]
    for series in chart.iter(f"{_CHART}ser"):
        names, values = _points(series, "cat", "xVal"), _points(series, "val", "yVal")
        pairs = ((names.get(place, ""), values.get(place, "")) for place in {**names, **values})
        yield [*_points(series, "tx").values(), *(": ".join(filter(None, pair)) for pair in pairs)]


def _points(series: Any, *parts: str) -> dict[str, str]:
    """What stands in these parts of a series, by its place there."""
    found: dict[str, str] = {}
    for part in parts:
        for place in series.iterchildren(f"{_CHART}{part}"):
            for value in place.iter(f"{_CHART}v"):
                found.setdefault(value.getparent().get("idx", ""), value.text or "")
    return found

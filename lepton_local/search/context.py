"""The lines around the one that was found, put together from the passages of the index: they say
what was searched, whatever the file says by now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lepton_local.store.index import Index
from lepton_local.store.segment import Segment
from lepton_local.types import Hit

Lines = tuple[tuple[int, str], ...]  # the number of each line, from 1, and the line

MOST_LINES = 1000  # before a line, or after it
_COLUMNS = ["start", "end", "line", "column", "text"]
_FURTHEST = 200  # columns into a line where a passage may begin behind blanks


def with_lines(index: Index, hits: Sequence[Hit], *, before: int, after: int) -> list[Hit]:
    """The same hits, each with so many lines above and below its own, if any are asked for."""
    if not before and not after:
        return list(hits)
    return [
        replace(hit, lines=lines_around(index, hit, before=before, after=after)) for hit in hits
    ]


def lines_around(index: Index, hit: Hit, *, before: int, after: int) -> Lines:
    """The line of a hit, up to `before` lines above it and `after` below it."""
    for segment, row, first, end in _rows(index, hit):
        rows = np.arange(max(first, row - before - 1), min(end, row + after + 2))
        taken = segment.passages.take(rows, _COLUMNS).to_pylist()
        if taken[int(row - rows[0])]["text"] == hit.passage.text:
            wanted = range(hit.line - before, hit.line + after + 1)
            return tuple(each for each in joined(taken) if each[0] in wanted)
    return ()


def section(index: Index, hit: Hit) -> str:
    """All that stands under the heading of a hit, in the passages before and after it too."""
    heading = hit.passage.heading
    for segment, row, first, end in _rows(index, hit):
        rows = np.arange(first, end)
        taken = segment.passages.take(rows, [*_COLUMNS, "heading"]).to_pylist()
        at = low = row - first
        if taken[at]["text"] != hit.passage.text:
            continue
        while low > 0 and taken[low - 1]["heading"] == heading:
            low -= 1
        high = at + 1
        while high < len(taken) and taken[high]["heading"] == heading:
            high += 1
        return "\n".join(line for _, line in joined(taken[low:high]))
    return hit.passage.text


def own_lines(hit: Hit) -> Lines:
    """The lines of a hit's passage alone."""
    passage = hit.passage
    return joined([{name: getattr(passage, name) for name in _COLUMNS}])


def _rows(index: Index, hit: Hit) -> Iterator[tuple[Segment, int, int, int]]:
    """Where passages at the hit's place stand: segment, row, first and last row of the document."""
    key = hit.passage.document[len(hit.path) + 1 :]
    for segment, live in zip(index.segments, index.live_documents, strict=True):
        named = live.copy()
        for name, value in (("path", hit.path), ("root", hit.root), ("key", key)):
            if named.any():
                named &= segment.column(name).holds(value.__eq__)
        ends = np.cumsum(segment.document_rows)
        for number in np.flatnonzero(named).tolist():
            end = int(ends[number])
            first = end - int(segment.document_rows[number])
            starts = segment.passages.take(np.arange(first, end), ["start"]).column(0)
            place = starts.to_pylist()
            if hit.passage.start in place:
                yield segment, first + place.index(hit.passage.start), first, end


def joined(passages: Sequence[Mapping[str, Any]]) -> Lines:
    """The lines of neighbouring passages of a document, in order. Between two stands nothing but
    white space, and each says in which line and column it begins.
    """
    first = passages[0]
    parts, end, line = [_indent(first["column"])], first["start"], first["line"]
    for each in passages:
        if each["start"] > end:
            breaks = each["line"] - line
            gap = "\n" * breaks + _indent(each["column"]) if breaks else " " * (each["start"] - end)
            parts.append(gap)
            end, line = each["start"], each["line"]
        new = each["text"][end - each["start"] :]
        parts.append(new)
        end, line = max(end, each["end"]), line + new.count("\n")
    return tuple(enumerate("".join(parts).split("\n"), first["line"]))


def _indent(column: int) -> str:
    return " " * (column - 1) if column <= _FURTHEST else "… "

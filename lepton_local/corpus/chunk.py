"""Documents -> passages: windows of whole sentences under one heading, with exact offsets."""

# ruff: noqa: RUF001 - signs that look alike are what this file is about
from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from lepton_local.corpus.headings import TOP, Heading, headings, path_at
from lepton_local.corpus.sentences import sentences
from lepton_local.corpus.windows import PARAGRAPH, PLAIN, SECTION, Units, pack
from lepton_local.types import Document, Passage

__all__ = ["chunk", "sentences"]

_INK = re.compile(r"\S")
Ints = npt.NDArray[np.int64]
# No word piece of real text is longer; a longer one (a hash, base64, a word in an unknown script)
# counts as several, so that a passage stays readable.
_PIECE = 48
_LABEL = 24
_UNWRAPPED = 160  # a line this long is a paragraph of its own


def chunk(
    document: Document,
    spans: Callable[[str], npt.NDArray[np.integer]],
    *,
    tokens: int,
    overlap: int,
) -> list[Passage]:
    """Passages of a document, in order; together they hold every character that is not white space.

    `spans(text)` gives an (n, 2) array with the code points at which each word piece of the whole
    text starts and ends. A passage has at most `tokens` word pieces, and repeats whole sentences of
    up to `overlap` from the one before it. It crosses no heading of level 1 or 2, except that a
    heading without words of its own goes with the one below it.
    """
    text = document.text
    if tokens < 1 or not 0 <= overlap < tokens:
        raise ValueError(f"tokens={tokens}, overlap={overlap}: expected 0 <= overlap < tokens")
    starts, ends = _pieces(np.asarray(spans(text), dtype=np.int64).reshape(-1, 2))
    found = headings(document)
    cut = sorted(
        {0, len(text), *(heading.start for heading in found), *(heading.end for heading in found)}
    )
    opens = {heading.start for heading in found}
    heads = {heading.start for heading in found if heading.end > heading.start}
    places: list[tuple[int, int]] = []
    kinds: list[int] = []
    headed: list[bool] = []
    for start, end in itertools.pairwise(cut):
        kind = SECTION if start in opens else PARAGRAPH
        # The byte order mark, kept so that offsets are the file's, is no part of any passage.
        start_of_words = 1 if start == 0 and text.startswith("\ufeff") else start
        for place in sentences(text, start_of_words, end):
            if kind == PLAIN and _opens_paragraph(text, places[-1][1], place[0]):
                kind = PARAGRAPH
            for part in _split(text, place, starts, ends, tokens):
                places.append(part)
                kinds.append(kind)
                headed.append(start in heads)
                kind = PLAIN
    if not places:
        return []
    table = np.array(places, dtype=np.int64)
    units = Units(
        first=np.searchsorted(ends, table[:, 0], side="right").tolist(),
        last=np.searchsorted(starts, table[:, 1], side="left").tolist(),
        opens=kinds,
        keeps=[head or _leads(text, place) for head, place in zip(headed, places, strict=True)],
    )
    windows = [
        window
        for start, end in _regions(places, headed, found)
        for window in pack(units, start, end, tokens=tokens, overlap=overlap)
    ]
    return list(_passages(document, found, places, headed, windows))


def _passages(
    document: Document,
    found: list[Heading],
    places: list[tuple[int, int]],
    headed: list[bool],
    windows: list[tuple[int, int]],
) -> Iterator[Passage]:
    text, marks = document.text, document.marks
    line, begin, at = 1, 0, 0  # the line that `at` is in, and where that line begins
    for first, last in windows:
        start, end = places[first][0], places[last - 1][1]
        lines = text.count("\n", at, start)
        if lines:
            line, begin = line + lines, text.rindex("\n", at, start) + 1
        at = start
        # What a passage is about begins after the heading lines it opens with.
        anchor = next(
            (places[unit][0] for unit in range(first, last) if not headed[unit]),
            places[last - 1][0],
        )
        mark = bisect_right(marks, anchor, key=lambda mark: mark.start) - 1
        yield Passage(
            document=document.id,
            start=start,
            end=end,
            text=text[start:end],
            mark=marks[mark].label if mark >= 0 else "",
            heading=path_at(document, found, anchor),
            line=line,
            column=start - begin + 1,
        )


def _regions(
    places: list[tuple[int, int]], headed: list[bool], found: list[Heading]
) -> Iterator[tuple[int, int]]:
    """Runs of units that no passage may leave, as (first unit, end)."""
    begin = 0
    above = 0  # level of the heading before
    for heading in found:
        at = bisect_left(places, (heading.start, 0))
        lone = above < heading.level and all(
            headed[begin:at]
        )  # only the headings over this one stand before it
        if heading.level <= TOP and at > begin and not lone:
            yield begin, at
            begin = at
        above = heading.level
    yield begin, len(places)


def _pieces(spans: Ints) -> tuple[Ints, Ints]:
    """Starts and ends of the word pieces, over-long ones cut up."""
    starts, ends = spans[:, 0], spans[:, 1]
    parts = np.maximum(1, -(-(ends - starts) // _PIECE))
    if parts.max(initial=1) == 1:
        return starts, ends
    rank = np.arange(int(parts.sum())) - np.repeat(np.cumsum(parts) - parts, parts)
    cut = np.repeat(starts, parts) + rank * _PIECE
    return cut, np.minimum(cut + _PIECE, np.repeat(ends, parts))


def _split(
    text: str, place: tuple[int, int], starts: Ints, ends: Ints, tokens: int
) -> Iterator[tuple[int, int]]:
    """A sentence in parts of at most `tokens` pieces: cut at a line end, else at white space, else
    between pieces.
    """
    start, end = place
    first = int(np.searchsorted(ends, start, side="right"))
    last = int(np.searchsorted(starts, end, side="left"))
    while last - first > tokens:
        limit = int(starts[first + tokens])
        least = max(start, int(starts[first + tokens // 2]))
        cut = text.rfind("\n", least, limit)
        if cut < 0:
            cut = next((at for at in range(limit - 1, least, -1) if text[at].isspace()), limit)
        cut = max(cut, start + 1)  # several pieces of one character: nothing to cut between
        yield start, start + len(text[start:cut].rstrip())
        ink = _INK.search(text, cut, end)
        if ink is None:
            return
        start = ink.start()
        first = int(np.searchsorted(ends, start, side="right"))
    yield start, end


def _leads(text: str, place: tuple[int, int]) -> bool:
    """Whether a sentence leads up to the next: it ends in a colon, or is a line of a word or two
    ("Note").
    """
    start, end = place
    if text[end - 1] in ":：":
        return True
    return end - start <= _LABEL and text[end - 1].isalnum() and text.startswith("\n\n", end)


def _opens_paragraph(text: str, end: int, start: int) -> bool:
    """Whether the gap between two sentences holds an empty line, or the end of a line that no
    editor wrapped.
    """
    breaks = text.count("\n", end, start)
    return breaks > 1 or (breaks == 1 and text.rfind("\n", max(0, end - _UNWRAPPED), end) < 0)

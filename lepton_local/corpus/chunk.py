"""Documents -> passages: windows of whole sentences under one heading, with exact offsets."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lepton_local.corpus.headings import NAMED, TOP, Heading, headings, path_at
from lepton_local.corpus.pieces import Pieces, Place, blank_rules
from lepton_local.corpus.sentences import UNWRAPPED, lines, sentences
from lepton_local.corpus.windows import PARAGRAPH, PIECE, PLAIN, SECTION, Units, pack
from lepton_local.types import Document, Passage

__all__ = ["chunk", "sentences"]

_LABEL = 24  # characters of a line that is no sentence, such as "Note"


def chunk(
    document: Document,
    spans: Callable[[str], npt.NDArray[np.integer]],
    *,
    tokens: int,
    overlap: int,
) -> list[Passage]:
    """Passages of a document, in order; together they hold every character that is not white space.

    `spans(text)` gives an (n, 2) array with the code points at which each word piece of the whole
    text, without its rules, starts and ends. A passage has at most `tokens` word pieces, and
    repeats whole sentences of up to `overlap` from the one before it. It crosses no heading of
    level 1 or 2, except that a heading without words of its own goes with the deeper one below it.
    Its mark and its heading are those of its first words that are not a heading.
    """
    if not 0 <= overlap < tokens:
        raise ValueError(f"tokens={tokens}, overlap={overlap}: expected 0 <= overlap < tokens")
    found = headings(document)
    rows = _rows(document, found)
    if not rows.places:
        return []
    pieces = Pieces(spans(blank_rules(document.text)))
    first, last = pieces.within(rows.places)
    if int((last - first).max()) > tokens:
        rows = rows.split(document.text, pieces, tokens)
        first, last = pieces.within(rows.places)
    longest = 0 if _is_code(document, found) else _LABEL  # its short lines are no labels
    leads = (_leads(document.text, place, longest) for place in rows.places)
    keeps = [head or lead for head, lead in zip(rows.headed, leads, strict=True)]
    units = Units(first.tolist(), last.tolist(), rows.opens, keeps)
    windows = [
        window
        for start, end in _regions(rows, found)
        for window in pack(units, start, end, tokens=tokens, overlap=overlap)
    ]
    return list(_passages(document, found, rows, windows))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Sentences in order: where each stands, what it opens, and whether it is in a heading."""

    places: list[Place] = field(default_factory=list)
    opens: list[int] = field(default_factory=list)
    headed: list[bool] = field(default_factory=list)

    def add(self, place: Place, opens: int, headed: bool) -> None:
        self.places.append(place)
        self.opens.append(opens)
        self.headed.append(headed)

    def split(self, text: str, pieces: Pieces, tokens: int) -> _Rows:
        """The same sentences, those of more than `tokens` pieces in parts."""
        rows = _Rows()
        for place, opens, headed in zip(self.places, self.opens, self.headed, strict=True):
            for number, part in enumerate(pieces.split(text, place, tokens)):
                rows.add(part, PLAIN if number else opens, headed)
        return rows


def _rows(document: Document, found: list[Heading]) -> _Rows:
    text = document.text
    rows = _Rows()
    split = lines if _is_code(document, found) else sentences
    opens = {head.start: PIECE if head.level == NAMED else SECTION for head in found}
    heads = {heading.start for heading in found if heading.end > heading.start}
    cuts = sorted({0, len(text), *opens, *(heading.end for heading in found)})
    for start, end in pairwise(cuts):
        kind = opens.get(start, PARAGRAPH)
        # The byte order mark is in the text so that offsets are the file's; no passage has it.
        ink = 1 if start == 0 and text.startswith("\ufeff") else start
        for place in split(text, ink, end):
            if kind == PLAIN and _opens_paragraph(text, rows.places[-1][1], place[0]):
                kind = PARAGRAPH
            rows.add(place, kind, start in heads)
            kind = PLAIN
    return rows


def _regions(rows: _Rows, found: list[Heading]) -> Iterator[tuple[int, int]]:
    """Runs of sentences that no passage may leave, as (first, end)."""
    begin = 0
    above = 0  # level of the heading before
    for heading in found:
        if heading.level <= TOP:
            at = bisect_left(rows.places, (heading.start, 0))
            # Where nothing but the headings above this one stands before it, they go with it.
            if at > begin and not (above < heading.level and all(rows.headed[begin:at])):
                yield begin, at
                begin = at
        above = heading.level
    if begin < len(rows.places):
        yield begin, len(rows.places)


def _passages(
    document: Document, found: list[Heading], rows: _Rows, windows: list[tuple[int, int]]
) -> Iterator[Passage]:
    text, marks = document.text, document.marks
    line, begin, at = 1, 0, 0  # the line that `at` is in, and where that line begins
    for first, last in windows:
        start, end = rows.places[first][0], rows.places[last - 1][1]
        breaks = text.count("\n", at, start)
        if breaks:
            line, begin = line + breaks, text.rindex("\n", at, start) + 1
        at = start
        words = next((row for row in range(first, last) if not rows.headed[row]), last - 1)
        anchor = rows.places[words][0]
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


def _is_code(document: Document, found: list[Heading]) -> bool:
    """Whether this is source code, which has lines, and no sentences but in its comments."""
    return document.exact and any(heading.level == NAMED for heading in found)


def _leads(text: str, place: Place, longest: int) -> bool:
    """Whether a sentence leads up to the next: it ends in a colon, or is a line like "Note", of
    `longest` characters at most.
    """
    start, end = place
    if text[end - 1] in ":\uff1a":
        return True
    return end - start <= longest and text[end - 1].isalnum() and text.startswith("\n\n", end)


def _opens_paragraph(text: str, end: int, start: int) -> bool:
    """Whether the gap between two sentences holds an empty line, or ends a line nobody wrapped."""
    breaks = text.count("\n", end, start)
    return breaks > 1 or (breaks == 1 and text.rfind("\n", max(0, end - UNWRAPPED), end) < 0)

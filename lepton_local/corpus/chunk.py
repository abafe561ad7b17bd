"""Documents -> passages: windows of whole sentences under one heading, with exact offsets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lepton_local.corpus.headings import NAMED, TOP, Heading, asked, headings, path_at
from lepton_local.corpus.pieces import SECTION as STRETCH
from lepton_local.corpus.pieces import Ints, Pieces
from lepton_local.corpus.sentences import UNWRAPPED, lines, sentences
from lepton_local.corpus.windows import PARAGRAPH, PIECE, PLAIN, SECTION, Unit, pack
from lepton_local.types import Document, Passage

_LABEL = 24  # characters of a line that is no sentence, such as "Note"


def chunk(
    document: Document,
    spans: Callable[[str], npt.NDArray[np.integer]],
    *,
    tokens: int,
    overlap: int,
) -> Iterator[Passage]:
    """Passages of a document, in order; together they hold every character from where its text
    begins that is not white space.

    `spans(section)` gives an (n, 2) array with the code points at which each word piece of a
    section of the text, without its rules, starts and ends. A passage has at most `tokens` word
    pieces, and repeats whole sentences of up to `overlap` from the one before it. It crosses no
    heading of level 1 or 2, or one that asks, except that a heading without words of its own goes
    with the deeper one below it. Its mark and its heading are those of its first words that are not
    a heading.

    What is in memory beside the document is a section of it, however long it is.
    """
    if not 0 <= overlap < tokens:
        raise ValueError(f"tokens={tokens}, overlap={overlap}: expected 0 <= overlap < tokens")
    found = headings(document)
    pieces = Pieces(document.text, spans)
    units = _units(document, found, pieces, tokens)
    windows = (
        window
        for _, region in groupby(units, key=attrgetter("region"))
        for window in pack(region, tokens=tokens, overlap=overlap)
    )
    return _passages(document, found, windows)


class _Row(NamedTuple):
    """A sentence, or a part of one: where it stands, and the rest as a Unit has it."""

    start: int
    end: int
    opens: int
    headed: bool
    region: int


def _rows(document: Document, found: list[Heading]) -> Iterator[_Row]:
    """Sentences in order; a region is a run of them that no passage may leave."""
    text = document.text
    split = lines if _is_code(document, found) else sentences
    opens = {head.start: PIECE if head.level == NAMED else SECTION for head in found}
    heads = {heading.start for heading in found if heading.end > heading.start}
    places = {document.begin, len(text), *opens, *(heading.end for heading in found)}
    cuts = sorted(place for place in places if place >= document.begin)
    coming = iter([*found, None])
    heading = next(coming)
    above = 0  # level of the heading before
    region, empty, bare = 0, True, True  # bare: nothing but headings so far
    before = 0  # where the last sentence ends
    for start, end in pairwise(cuts):
        while heading is not None and heading.start <= start:
            # Where nothing but the headings above this one stands before it, they go with it.
            cuts_off = heading.level <= TOP or asked(heading.path)
            if cuts_off and not empty and not (above < heading.level and bare):
                region, empty, bare = region + 1, True, True
            above = heading.level
            heading = next(coming)
        kind, headed = opens.get(start, PARAGRAPH), start in heads
        # The byte order mark is in the text so that offsets are the file's; no passage has it.
        ink = 1 if start == 0 and text.startswith("\ufeff") else start
        for first, last in split(text, ink, end):
            if kind == PLAIN and _opens_paragraph(text, before, first):
                kind = PARAGRAPH
            yield _Row(first, last, kind, headed, region)
            kind, before = PLAIN, last
            empty, bare = False, bare and headed


def _units(document: Document, found: list[Heading], pieces: Pieces, tokens: int) -> Iterator[Unit]:
    """Sentences, those of more than `tokens` pieces in parts."""
    longest = 0 if _is_code(document, found) else _LABEL  # its short lines are no labels
    for rows in _stretches(_rows(document, found)):
        for short, first, last in _short(rows, pieces, tokens):
            for row, begin, end in zip(short, first.tolist(), last.tolist(), strict=True):
                keeps = row.headed or _leads(document.text, row.start, row.end, longest)
                yield Unit(row.start, row.end, begin, end, row.opens, row.headed, keeps, row.region)
            pieces.forget(short[-1].end)


def _stretches(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    """Rows that reach over no more than a stretch of the text, or one that does."""
    held: list[_Row] = []
    for row in rows:
        if held and row.end - held[0].start > STRETCH:
            yield held
            held = []
        held.append(row)
    if held:
        yield held


def _short(
    rows: list[_Row], pieces: Pieces, tokens: int
) -> Iterator[tuple[list[_Row], Ints, Ints]]:
    """The same rows, those of more than `tokens` pieces in parts; and the pieces of each."""
    if rows[0].end - rows[0].start > STRETCH:  # as long as a file, it may be
        for part in _parts(rows[0], pieces, tokens):
            yield [part], *pieces.within([(part.start, part.end)])
        return
    first, last = pieces.within([(row.start, row.end) for row in rows])
    if int((last - first).max()) > tokens:
        rows = [part for row in rows for part in _parts(row, pieces, tokens)]
        first, last = pieces.within([(row.start, row.end) for row in rows])
    yield rows, first, last


def _parts(row: _Row, pieces: Pieces, tokens: int) -> Iterator[_Row]:
    for number, (start, end) in enumerate(pieces.split((row.start, row.end), tokens)):
        opens = PLAIN if number else row.opens
        yield row._replace(start=start, end=end, opens=opens)


def _passages(
    document: Document, found: list[Heading], windows: Iterator[Sequence[Unit]]
) -> Iterator[Passage]:
    text, marks = document.text, document.marks
    line, begin, at = 1, 0, 0  # the line that `at` is in, and where that line begins
    for units in windows:
        start, end = units[0].start, units[-1].end
        breaks = text.count("\n", at, start)
        if breaks:
            line, begin = line + breaks, text.rindex("\n", at, start) + 1
        at = start
        anchor = next((unit.start for unit in units if not unit.headed), units[-1].start)
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


def _leads(text: str, start: int, end: int, longest: int) -> bool:
    """Whether a sentence leads up to the next: it ends in a colon, or is a line like "Note", of
    `longest` characters at most.
    """
    if text[end - 1] in ":\uff1a":
        return True
    return end - start <= longest and text[end - 1].isalnum() and text.startswith("\n\n", end)


def _opens_paragraph(text: str, end: int, start: int) -> bool:
    """Whether the gap between two sentences holds an empty line, or ends a line nobody wrapped."""
    breaks = text.count("\n", end, start)
    return breaks > 1 or (breaks == 1 and text.rfind("\n", max(0, end - UNWRAPPED), end) < 0)

"""A page of a PDF as lines: its text as people read it, and what they have written onto it."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from lepton_local.corpus.formats.columns import Cell, Printed, in_reading_order
from lepton_local.corpus.formats.layout import Line
from lepton_local.corpus.formats.pdf_notes import Written, written

_BOLD = re.compile(rb"bold|black|heavy|demi|CMBX", re.IGNORECASE)  # in the name of a font
_SIZE_STEP = 0.25  # points; sizes that differ by less are the same
_WORD = re.compile(r"\S+")
_LETTER = re.compile(r"[^\W\d_]")
_JOINED = re.compile("[\ufffe\x02]")  # where PDFium has joined two lines at their hyphen
_BELOW = 0.6  # of the height of a line: so far below or above, going back, another line begins
_LOOSE = 0.475  # of the height of a line: the mean width of its characters is less
_GAP = 0.8  # of the height of a line: what sets two cells of it apart


def read_page(
    pdf: pypdfium2.PdfDocument, number: int
) -> tuple[list[Line], list[pypdfium2.PdfAttachment]]:
    """The lines of a page in the order in which they are read, and the files pinned to it; a
    damaged page has none.
    """
    try:
        page = pdf[number]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return [], []  # one damaged page; the others are worth having
    try:
        lines = in_reading_order(list(_printed(text_page.raw, text_page.get_text_range())))
        notes, files = written(pdf, page, text_page)
        return _beside_labels(lines, notes), files
    finally:
        text_page.close()
        page.close()


def _printed(text_page: Any, text: str) -> Iterator[Printed]:
    """The lines of a page in PDFium's order, with the height in points and the weight of each one's
    first letter.
    """
    at = 0  # in UTF-16 units, which PDFium counts
    for line in text.split("\n"):
        if line.strip():
            letter = _LETTER.search(line)
            skipped = letter.start() if letter is not None else 0
            index = pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, at + skipped)
            box = _box(text_page, index)
            size = round((box.top - box.bottom) / _SIZE_STEP) * _SIZE_STEP if box else 0.0
            bold = box is not None and _is_bold(text_page, index)
            first = pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, at)
            found = list(_cells(text_page, line, first, size))
            rows = [found] if _JOINED.search(line) else _rows(found, size)
            for cells in rows:
                yield Printed(tuple(cells), size, bold)
        at += _units(line) + 1


def _rows(cells: Iterable[Cell], size: float) -> Iterator[list[Cell]]:
    """Cells of what PDFium takes for one line, in lines: it joins some short ones of tables."""
    row: list[Cell] = []
    for cell in cells:
        if row and _is_below(cell.left, cell.bottom, row[-1].right, row[-1].bottom, size):
            yield row
            row = []
        row.append(cell)
    yield row


def _is_below(left: float, bottom: float, edge: float, before: float, size: float) -> bool:
    """Whether words begin another line than those that end at `edge`, and not a raised sign."""
    return left < edge and abs(bottom - before) > _BELOW * size


def _cells(text_page: Any, line: str, first: int, size: float) -> Iterator[Cell]:
    """The words of a line, parted where more than a space lies between them.

    first: PDFium's number of the line's first character; all that a line holds have numbers in
    turn.
    """
    whole = _one_cell(text_page, line, first, size)
    if whole is not None:
        yield whole
        return
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    told = [ctypes.byref(each) for each in (left, right, bottom, top)]
    one = _JOINED.search(line) is None
    box_of, wide = pdfium.FPDFText_GetCharBox, _units(line) > len(line)
    begun: tuple[int, float, float, float] | None = None
    end, edge = 0, 0.0
    for word in _WORD.finditer(line):
        start, stop = word.span()
        number = first + (_units(line[:start]) if wide else start)
        if not box_of(text_page, number, *told):
            continue
        if begun is not None and (
            left.value - edge > _GAP * size > 0
            or (one and _is_below(left.value, bottom.value, edge, begun[2], size))
        ):
            yield Cell(line[begun[0] : end], begun[1], edge, begun[2], begun[3])
            begun = None
        begun = begun or (start, left.value, bottom.value, top.value)
        number += (_units(word[0]) if wide else stop - start) - 1
        end, edge = stop, right.value
        if box_of(text_page, number, *told):
            edge = max(edge, right.value)
    if begun is None:
        yield Cell(line.strip(), 0.0, 0.0, 0.0, 0.0)
    else:
        yield Cell(line[begun[0] : max(end, len(line.rstrip()))], begun[1], edge, *begun[2:])


def _one_cell(text_page: Any, line: str, first: int, size: float) -> Cell | None:
    """The line as one cell, where nothing that was printed in one go lies far from the next; None
    where each word has to be looked at.
    """
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    told = [ctypes.byref(each) for each in (left, top, right, bottom)]
    many = pdfium.FPDFText_CountRects(text_page, first, len(line))
    begin = edge = before = 0.0
    for number in range(many):
        pdfium.FPDFText_GetRect(text_page, number, *told)
        if not number:
            begin = left.value
        elif left.value - edge > _GAP * size or _is_below(
            left.value, bottom.value, edge, before, size
        ):
            return None
        edge, before = right.value, bottom.value
    if not many or (many == 1 and edge - begin > _LOOSE * size * len(line)):
        return None
    return Cell(line.strip(), begin, edge, bottom.value, top.value)


def _box(text_page: Any, index: int) -> Any:
    box = pdfium.FS_RECTF()
    found = index >= 0 and pdfium.FPDFText_GetLooseCharBox(text_page, index, box)
    return box if found else None


def _units(text: str) -> int:
    """How many UTF-16 units a text has."""
    if text.isascii() or max(text) <= "\uffff":
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _is_bold(text_page: Any, index: int) -> bool:
    if pdfium.FPDFText_GetFontWeight(text_page, index) >= 600:
        return True
    name = ctypes.create_string_buffer(128)
    pdfium.FPDFText_GetFontInfo(text_page, index, name, len(name), None)
    return _says_bold(name.value)


@lru_cache(maxsize=256)
def _says_bold(font: bytes) -> bool:
    return _BOLD.search(font) is not None


def _beside_labels(lines: Sequence[Printed], notes: Sequence[Written]) -> list[Line]:
    """The lines, and what is written beside them: each note after the line at its height, or in
    place of one that is no more than its label.
    """
    found = [Line(line.text, line.size, line.bold, line.row) for line in lines]
    places = [(line.cells[0].top, line.cells[0].left) for line in lines]
    for note in notes:
        near = min(
            range(len(found)),
            key=lambda row: (abs(places[row][0] - note.top), places[row][1] > note.left),
            default=-1,
        )
        size = found[near].size if near >= 0 else 0.0
        line = Line(note.text, size, False, True)
        label = found[near].text.strip(" :_.") if near >= 0 else ""
        if label and note.text.removeprefix("[x] ").startswith(label):
            found[near] = line
        else:
            found.insert(near + 1, line)
            places.insert(near + 1, (note.top, note.left))
    return found

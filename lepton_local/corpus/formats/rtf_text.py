"""The words of an RTF file -> paragraphs, headings, items and rows of tables."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lepton_local.corpus.formats.rows import column_names, named
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer

_HEADING = re.compile(r"heading ([1-9])\Z", re.IGNORECASE)
_BODY = 9  # the level of the outline that is none
_ENDS = frozenset("par sect page column".split())


class Flow:
    """Writes paragraphs as they end, and notes the first title and the first heading."""

    def __init__(self, writer: Writer) -> None:
        self.title = ""
        self.heading = ""
        self._writer = writer
        self._styles: dict[int, str] = {}
        self._words: list[str] = []  # of the paragraph, or of the cell
        self._cells: list[str] = []  # of the row
        self._notes: list[str] = []  # to write after the paragraph
        self._outer: list[tuple[list[str], bool]] = []  # words around open notes; if in a table
        self._style = 0
        self._level = 0  # of the outline; 0: of no heading
        self._item = ""  # the bullet or number that the paragraph begins with
        self._depth = 0  # of the list, from 0
        self._in_table = False
        self._begun = False  # a row of the table has been written
        self._is_header = False  # the row names the columns of its table
        self._names: list[str] = []  # of those columns

    def say(self, text: str) -> None:
        """Words that are shown."""
        self._words.append(text)

    def name_style(self, number: int, text: str) -> None:
        """A part of the name of a style."""
        self._styles[number] = self._styles.get(number, "") + text

    def open(self) -> None:
        """What comes until `close` is a note, or the number of an item."""
        self._outer.append((self._words, self._in_table))
        self._words = []

    def close(self, *, is_item: bool) -> None:
        """The end of what `open` began."""
        text = "".join(self._words)
        self._words, self._in_table = self._outer.pop()
        if is_item:
            number = text.strip()
            self._item = f"{number} " if any(map(str.isalnum, number)) else "- "
        else:
            self._notes.append(text)

    def control(self, word: str, number: int | None) -> None:
        """A word of the file that says how text is set."""
        if word in _ENDS:
            self._end_paragraph()
        elif word == "pard":
            self._style, self._level, self._item, self._in_table = 0, 0, "", False
            self._depth = 0
        elif word == "s":
            self._style = number or 0
        elif word == "outlinelevel":
            self._level = (number or 0) + 1 if 0 <= (number or 0) < _BODY else 0
        elif word == "ilvl":
            self._depth = min(number or 0, _BODY)
        elif word == "intbl":
            self._in_table = True
        elif word in ("trowd", "trhdr"):
            self._is_header = word == "trhdr"
        elif word == "nestcell" or (self._outer and word in ("cell", "row")):
            self._words.append("\n")
        elif word == "cell":
            self._cells.append(whole(self._words))
            self._words = []
        elif word == "row":
            self._end_row()

    def end(self) -> None:
        """The end of the file."""
        self._end_row()
        self._in_table = False
        self._end_paragraph()

    def _end_paragraph(self) -> None:
        if self._outer or self._in_table:
            self._words.append("\n")
            return
        if self._cells:
            self._end_row()
        text = whole(self._words)
        self._words = []
        if text.strip():
            self._paragraph(text)
        self._write_notes()

    def _paragraph(self, text: str) -> None:
        writer, name = self._writer, self._styles.get(self._style, "").strip("; ").split(",")[0]
        match = _HEADING.match(name)
        level = int(match[1]) if match is not None else self._level
        if name.lower() == "title":
            level = 1
        breaks = 1 if self._item and not level else 2
        writer.end_line(breaks)
        start = writer.at
        writer.indent = "  " * self._depth if self._item else ""
        writer.lead(self._item)
        for line in text.split("\n"):
            writer.words(line)
            writer.end_line(1)
        writer.end_line(breaks)
        writer.indent = ""
        self._item = ""
        self._begun = False
        if level:
            line = one_line(text)
            writer.mark(f"{'#' * min(level, 6)} {line}", start)
            if name.lower() == "title":
                self.title = self.title or line
            else:
                self.heading = self.heading or line

    def _end_row(self) -> None:
        if any(cell.strip() for cell in self._cells):
            self._writer.end_line(1 if self._begun else 2)
            self._names = self._names if self._begun else []
            self._begun = True
            self._writer.row(named(self._cells, self._names))
            if self._is_header:
                self._names = column_names(self._cells)
        self._cells = []
        self._write_notes()

    def _write_notes(self) -> None:
        for line in "\n".join(self._notes).splitlines():
            self._writer.end_line(2)
            self._writer.words(line)
            self._writer.end_line(2)
        self._notes = []


def whole(words: Iterable[str]) -> str:
    """The words as one text; `\\u` gives a character beyond 16 bits in two halves."""
    return "".join(words).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

"""A manual page being written: headings, paragraphs, tags with their bodies, tables, literal lines.

What the two macro languages of manual pages have in common, over `Writer`.
"""

from __future__ import annotations

import re

from lepton_local.corpus.formats.roff import JOINED
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer, clean
from lepton_local.corpus.headings import term
from lepton_local.types import Mark

FORMATS = ".T&"  # a line of a table after which its formats are told anew
_STEP = "    "
_TAG = 120  # characters


class Manual:
    """Builds the text of a manual page."""

    def __init__(self) -> None:
        self.day = ""  # the date of the page, as it is written there
        self._name = ""
        self._section = ""
        self._writer = Writer()
        self._depth = 0  # of `.RS` and of lists
        self._hung = False  # whether the text is the body of a tag
        self._termed = False  # whether the mark of a tag holds
        self._begun = 0  # where the paragraph does
        self._literal = False
        self._joined = False  # whether the next words follow without a space
        self._table: list[str] | None = None  # lines of a table that is being read

    @property
    def title(self) -> str:
        """Like "ls(1)", spelt as the page itself spells it where the header is in capitals."""
        if not self._name:
            return ""
        name = self._name
        if name.isupper():
            spelt = re.search(rf"\b{re.escape(name)}\b", self.text(), re.IGNORECASE)
            name = (
                spelt.group() if spelt is not None and not spelt.group().isupper() else name.lower()
            )
        return one_line(f"{name}({self._section})" if self._section else name)

    def name_after(self, name: str = "", section: str = "") -> None:
        """Note the name and the section that the header gives."""
        self._name, self._section = name.strip(), section.strip()

    def heading(self, level: int, words: str) -> None:
        """A heading of its own line, at the margin."""
        words = clean(words)
        self.literal(False)
        self._depth, self._hung, self._termed = 0, False, False
        self._writer.indent = ""
        self._writer.end_line(2)
        start = self._writer.at
        self._writer.words(words)
        self._writer.mark(f"{'#' * level} {one_line(words)}", start)
        self._writer.end_line(2)

    def paragraph(self, *, flush: bool = True) -> None:
        """Begin a paragraph; `flush` also ends the body of a tag."""
        if self._literal:
            self._writer.end_line(1)
            return
        if flush:
            self._hung = False
            self.over()
        self._indent()
        self._writer.end_line(2)
        self._begun = self._writer.at

    def over(self) -> None:
        """The bodies of tags are over, unless they are inside another one."""
        if self._termed and not self._depth:
            self._termed = False
            self._writer.mark_next("")

    def line(self) -> None:
        """Begin a line."""
        self._writer.end_line(1)

    def tag(self, words: str, *, more: bool = False) -> None:
        """A term at the margin, whose body follows on lines of their own; `more`: another term of
        the same body.
        """
        self._hung = False
        self._indent()
        self._writer.end_line(1 if more else 2)
        start = self._writer.at
        self._writer.words(words)
        if not more:
            self._mark(start)
        self._writer.end_line(1)
        self._hung = True
        self._indent()

    def _mark(self, start: int) -> None:
        """Make a mark of what was written from `start` on."""
        if label := term(self._writer.since(start)):
            self._writer.mark(label, start)
            self._termed = True

    def bullet(self, sign: str) -> None:
        """An item whose body begins on the line of its sign."""
        self._hung = False
        self._indent()
        self._writer.end_line(1)
        self._writer.lead(f"{self._writer.indent}{sign} ")

    def shift(self, step: int) -> None:
        """Go a step in, or out. What stands before a step in, if it is short and no sentence, is
        the tag of what is written there, as DocBook has it.
        """
        before = self._writer.since(self._begun).strip()
        if (
            step > 0
            and 0 < len(before) <= _TAG
            and "\n" not in before
            and before[-1] not in ".:,;!?"
        ):
            self._mark(self._begun)
        self._depth = max(0, self._depth + step)
        self._hung = False
        self._writer.drop_lead()
        self._writer.end_line(1)
        self._indent()

    def literal(self, on: bool) -> None:
        """From here on lines are kept as they are, or filled again."""
        if on != self._literal:
            self._literal = on
            self._writer.end_line(2 if on else 1)

    def table(self, on: bool) -> None:
        """Lines from here on are those of tbl(1): options, formats, and rows of cells."""
        if on:
            self._table = []
        elif self._table is not None:
            rows, self._table = self._table, None
            self._write_table(rows)

    def words(self, text: str) -> None:
        """A line of the page: filled, or kept where lines are literal."""
        if self._table is not None:
            self._table.append(text)
        elif self._literal:
            self._writer.end_line(1 if text.strip() else 2)
            self._writer.raw(text.expandtabs().rstrip())
        elif not text.strip():
            self.paragraph(flush=False)
        else:
            if text[0] in " \t":
                self._writer.end_line(1)
            self._writer.words(text if self._joined else f" {text}")
            self._joined = text.endswith(JOINED)

    def text(self) -> str:
        """All that was written."""
        return self._writer.text()

    def marks(self) -> tuple[Mark, ...]:
        """The marks of the headings and of the tags; where one begins, another is over."""
        return tuple({mark.start: mark for mark in self._writer.marks()}.values())

    def _indent(self) -> None:
        self._writer.indent = _STEP * (self._depth + self._hung)

    def _write_table(self, rows: list[str]) -> None:
        separator = "\t"
        told = False  # whether the lines with options and formats are over
        inside = False  # a cell of several lines, between T{ and T}
        self._writer.end_line(2)
        for row in rows:
            if not told or row == FORMATS:
                options = re.search(r"tab\s*\((.)\)", row)
                separator = options[1] if options is not None else separator
                told = row.rstrip().endswith(".")
                continue
            if not inside:
                self._writer.end_line(1)
            for number, cell in enumerate(row.split(separator)):
                if number:
                    self._writer.words(" | ")
                inside = (inside or cell.strip() == "T{") and not cell.startswith("T}")
                words = cell.strip().removeprefix("T{").removeprefix("T}")
                if words not in ("_", "="):
                    self._writer.words(f" {words}")
        self._writer.end_line(2)

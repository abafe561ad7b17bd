"""DOCX: paragraphs, headings, lists, tables, notes and comments of a Word document in their order,
and after them what stands at the edges of its pages.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from lepton_local.corpus.formats.chart import chart_rows
from lepton_local.corpus.formats.docx_numbers import Numbers, styles_of
from lepton_local.corpus.formats.docx_text import BOX, PARAGRAPH, boxes, text
from lepton_local.corpus.formats.leftovers import not_read
from lepton_local.corpus.formats.member import Member
from lepton_local.corpus.formats.opc import Package
from lepton_local.corpus.formats.properties import core_properties
from lepton_local.corpus.formats.rows import write_table
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.unzip import open_zip
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_HEADING = re.compile(r"heading ([1-9])\Z", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/"
_TABLE, _ROW, _CELL, _PART = f"{_W}tbl", f"{_W}tr", f"{_W}tc", f"{_W}altChunk"
_WRAPPERS = frozenset(f"{_W}{name}" for name in "sdt sdtContent ins smartTag customXml".split())
_NOTES = ("footnote", "endnote", "comment")
_REFERENCES = tuple(f"{_W}{kind}Reference" for kind in _NOTES)
_CHART, _DIAGRAM = f"{_DRAWN}chart}}chart", f"{_DRAWN}diagram}}relIds"
_FIGURES = re.compile(r"[\W\d]*\d[\W\d]*")
_LETTER = re.compile(r"[^\W\d_]")
_REFERENCE = re.compile(r"(?:\d\W?){5}")  # at the edge of a page; fewer digits are its number
_COPY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_FIRST_ROW = 0x20  # in tblLook: the first row is set apart, as a header is


def parse_docx(source: Source, data: bytes) -> Iterator[Document | Member]:
    """One document, and the files of other formats that are laid into it. Its title: the paragraph
    in the style "Title", the properties', or the first heading.
    """
    with open_zip(data) as archive:
        about = core_properties(archive)
        package = Package(archive)
        body = package.tree(package.main).find(f"{_W}body")
        if body is None:
            raise SourceError("malformed: it has no body, expected a document of Word")
        writer = Writer()
        walk = _Walk(package, writer)
        walk.blocks(body)
        walk.edges()
        inserted = list(walk.inserted())
        title = walk.titles.get("title", "") or about.title or walk.titles.get("heading", "")
        if writer.at:
            left = not_read(archive.namelist())
            yield writer.document(source, title, about.metadata() | left)
        yield from inserted
    if not writer.at and not inserted:
        raise SourceError("no text in it")


class _Walk:
    """Writes the blocks of a document; notes its first "title" and its first "heading"."""

    def __init__(self, package: Package, writer: Writer) -> None:
        main = package.main
        self.titles: dict[str, str] = {}
        self._package = package
        self._writer = writer
        self._relations = {each.id: each for each in package.relations(main)}
        self._links = {
            each.id: each.target
            for each in self._relations.values()
            if each.kind == "hyperlink" and each.external
        }
        self._style = styles_of(next(iter(self._trees("styles")), None))
        self._numbers = Numbers(next(iter(self._trees("numbering")), None))
        self._notes = {
            (kind, note.get(f"{_W}id")): note
            for kind in _NOTES
            for tree in self._trees(f"{kind}s")
            for note in tree
        }
        kinds = {each.kind for each in self._relations.values()}
        self._is_drawn = not kinds.isdisjoint(("chart", "diagramData"))
        self._capital = ""  # a large first letter, which Word keeps in a paragraph of its own

    def _trees(self, kind: str) -> list[Any]:
        return [tree for _, tree in self._package.related(self._package.main, kind)]

    def blocks(self, body: Any) -> None:
        """All paragraphs and tables of a body."""
        stack = list(reversed(body))
        while stack:
            block = stack.pop()
            if block.tag == PARAGRAPH:
                self._paragraph(block)
                for box in boxes(block):
                    self.blocks(box)
            elif block.tag == _TABLE:
                self._table(block)
            elif block.tag in _WRAPPERS:
                stack.extend(reversed(block))
                continue
            else:
                continue
            self._write_notes(block)
            if self._is_drawn:
                self._write_drawings(block)

    def _paragraph(self, block: Any) -> None:
        writer = self._writer
        words = self._capital + text(block, self._links)
        told = block.find(f"{_W}pPr")
        frame = told.find(f"{_W}framePr") if told is not None else None
        self._capital = ""
        if frame is not None and frame.get(f"{_W}dropCap", "none") != "none":
            self._capital = words.strip()
            return
        style_of = told.find(f"{_W}pStyle") if told is not None else None
        style_id = style_of.get(f"{_W}val", "") if style_of is not None else ""
        if not words.strip():
            if told is not None and _is_seen(told, block):  # its number is
                self._numbers.label(block, style_id, self._style(style_id))
            return
        style = self._style(style_id).name.lower()
        label = self._numbers.label(block, style_id, self._style(style_id))
        heading = _HEADING.match(style)
        item = heading is None and (label is not None or style.startswith("list"))
        lead = label if label or not item else "-"
        if heading is not None and lead == "-":
            lead = ""
        writer.end_line(1 if item else 2)
        at = writer.at
        for number, line in enumerate(words.split("\n")):
            if number:
                writer.end_line(1)
            elif lead:
                writer.lead(f"{lead} ")
            writer.words(line)
        writer.end_line(1 if item else 2)
        if heading is not None or style == "title":
            level = min(int(heading[1]), 6) if heading is not None else 1
            name = one_line(words)
            shown = f"{lead} {name}" if lead else name
            writer.mark(f"{'#' * level} {shown}", at)
            self.titles.setdefault("heading" if heading is not None else "title", name)

    def _table(self, block: Any) -> None:
        # A table within a cell is a part of the row that it stands in.
        rows = [row for row in block.iter(_ROW) if next(row.iterancestors(_CELL), None) is None]
        cells = [[text(cell, self._links) for cell in _cells(row)] for row in rows]
        if not rows:
            return
        repeated = rows[0].find(f"{_W}trPr/{_W}tblHeader") is not None
        named = repeated or (_sets_first_apart(block) and _names_columns(cells))
        write_table(cells, self._writer, has_header=named)

    def _write_notes(self, block: Any) -> None:
        """Write the notes and comments that a block refers to, below it."""
        if next(block.iter(*_REFERENCES), None) is None:
            return
        for kind in _NOTES:
            for reference in _under(block, f"{_W}{kind}Reference"):
                note = self._notes.get((kind, reference.get(f"{_W}id")))
                if note is None:
                    continue
                author = note.get(f"{_W}author", "") if kind == "comment" else ""
                lead = f"Comment by {author}: " if author else "Comment: "
                self._lines(text(note, self._links), lead if kind == "comment" else "")

    def _write_drawings(self, block: Any) -> None:
        """Write the charts and the words of diagrams of a block, a line a row."""
        for chart in _under(block, _CHART):
            for tree in self._drawn(chart.get(f"{_RELATION}id", "")):
                for cells in chart_rows(tree):
                    self._writer.row(cells)
        for diagram in _under(block, _DIAGRAM):
            for tree in self._drawn(diagram.get(f"{_RELATION}dm", "")):
                for point in tree.iter(f"{_DRAWN}diagram}}t"):
                    self._writer.row(
                        ["".join(t.text or "" for t in point.iter(f"{_DRAWN}main}}t"))]
                    )

    def _drawn(self, id_: str) -> Iterator[Any]:
        if id_ in self._relations:
            try:
                yield self._package.tree(self._relations[id_].target)
            except SourceError:
                return  # a damaged drawing: the text is worth having without

    def edges(self) -> None:
        """Write the headers and footers of all sections, each wording once."""
        said: set[str] = set()
        for kind in ("header", "footer"):
            for relation, tree in self._package.related(self._package.main, kind):
                links = {each.id: each.target for each in self._package.relations(relation.target)}
                words = text(tree, links)
                if words in said or not (_LETTER.search(words) or _REFERENCE.search(words)):
                    continue
                said.add(words)
                self._writer.end_line(2)
                self._writer.mark_next(kind)
                self._lines(words)

    def inserted(self) -> Iterator[Member]:
        """The files of other formats that Word shows as a part of the text."""
        for relation in self._relations.values():
            if relation.kind == "aFChunk" and not relation.external:
                name = posixpath.basename(relation.target)
                yield Member(name, name, partial(self._package.data, relation.target))

    def _lines(self, words: str, lead: str = "") -> None:
        lines = [line for line in words.split("\n") if line.strip()]
        for number, line in enumerate(lines):
            self._writer.end_line(1 if number else 2)
            self._writer.words(line if number else lead + line)
        self._writer.end_line(2)


def _is_seen(told: Any, block: Any) -> bool:
    """Whether a paragraph without words is there: not deleted, and not hidden."""
    mark = told.find(f"{_W}rPr")
    gone = () if mark is None else mark.iterchildren(f"{_W}del", f"{_W}moveFrom", f"{_W}vanish")
    return next(iter(gone), None) is None and block.find(f"{_W}del") is None


def _cells(row: Any) -> Iterator[Any]:
    """The cells of a row, those in content controls too."""
    for child in row:
        if child.tag == _CELL:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _cells(child)


def _sets_first_apart(table: Any) -> bool:
    """Whether the look of a table sets its first row apart."""
    look = table.find(f"{_W}tblPr/{_W}tblLook")
    if look is None:
        return False
    told = look.get(f"{_W}firstRow")
    if told is not None:
        return told in ("1", "true", "on")
    value = look.get(f"{_W}val", "0")
    return bool(re.fullmatch("[0-9A-Fa-f]{1,8}", value)) and bool(int(value, 16) & _FIRST_ROW)


def _names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a first row that is set apart names the columns: Word sets it apart in each new
    table, a form of labels and values too, which has two columns and none of figures.
    """
    first, *others = rows
    if not others or not all(any(map(str.isalpha, cell)) for cell in first):
        return False
    if len(first) > 2:
        return len(set(first)) == len(first)
    columns = zip(*(row for row in others if len(row) == len(first)), strict=True)
    return any(all(_FIGURES.fullmatch(cell) for cell in column) for column in columns)


def _under(block: Any, tag: str) -> Iterator[Any]:
    """The elements of a kind in a block, without those in a copy that is not shown, and in a text
    box of a paragraph, which is written by itself.
    """
    outside = (_COPY, f"{_W}moveFrom", *((BOX,) if block.tag == PARAGRAPH else ()))
    for element in block.iter(tag):
        if not any(block in each.iterancestors() for each in element.iterancestors(*outside)):
            yield element

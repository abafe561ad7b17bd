"""DOCX: paragraphs, headings, lists, tables and notes of a Word document, in their order."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from lepton_local.corpus.formats.properties import core_properties
from lepton_local.corpus.formats.rows import write_table
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.tree import parse_xml
from lepton_local.corpus.formats.unzip import open_zip
from lepton_local.corpus.formats.writer import Writer
from lepton_local.types import Document, Source

_HEADING = re.compile(r"heading ([1-9])\Z", re.IGNORECASE)
_WORDS, _TAB, _BREAKS = qn("w:t"), qn("w:tab"), (qn("w:br"), qn("w:cr"))
_HYPHEN = qn("w:noBreakHyphen")
_MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_REPEATED = f"{qn('w:trPr')}/{qn('w:tblHeader')}"  # a row that is shown again on each page
_WRAPPERS = (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:smartTag"), qn("w:customXml"))
# A second copy of a text box; words at the place from which they were moved.
_TWICE = (
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    qn("w:moveFrom"),
)
_NOTES = {RELATIONSHIP_TYPE.FOOTNOTES: "footnote", RELATIONSHIP_TYPE.ENDNOTES: "endnote"}
_REFERENCES = [qn(f"w:{kind}Reference") for kind in _NOTES.values()]

Notes = dict[tuple[str, str], Any]  # (tag of its reference, number) -> note


def parse_docx(source: Source, data: bytes) -> Iterator[Document]:
    """One document. Its title: the paragraph in the style "Title", the properties', or the first
    heading.
    """
    with open_zip(data) as archive:
        about = core_properties(archive)
    document = docx.Document(io.BytesIO(data))
    writer = Writer()
    styles = {style.style_id: (style.name or "").strip() for style in document.styles}
    shown = _blocks(document.element.body, styles, _notes(document.part), writer)
    title = shown.get("title", "") or about.title or shown.get("heading", "")
    yield writer.document(source, title, about.metadata())


def _notes(part: Any) -> Notes:
    """The notes of a document; those that draw the line above them have no reference."""
    return {
        (qn(f"w:{kind}Reference"), note.get(qn("w:id"))): note
        for relation in part.rels.values()
        if (kind := _NOTES.get(relation.reltype)) is not None
        for note in parse_xml(relation.target_part.blob, f"{kind}s.xml")
    }


def _blocks(body: Any, styles: dict[str, str], notes: Notes, writer: Writer) -> dict[str, str]:
    """Write the paragraphs and tables of a body; gives the first "title" and the first "heading"
    among them.
    """
    shown: dict[str, str] = {}
    stack = list(reversed(body))
    while stack:
        block = stack.pop()
        if block.tag == _PARAGRAPH:
            _paragraph(block, styles, writer, shown)
            _write_notes(block, notes, writer)
        elif block.tag == _TABLE:
            # A table within a cell is a part of the row that it stands in.
            rows = [row for row in block.iter(_ROW) if next(row.iterancestors(_CELL), None) is None]
            write_table(
                ([_text(cell) for cell in row.iterchildren(_CELL)] for row in rows),
                writer,
                has_header=bool(rows) and rows[0].find(_REPEATED) is not None,
            )
            _write_notes(block, notes, writer)
        elif block.tag in _WRAPPERS:
            stack.extend(reversed(block))
    return shown


def _paragraph(block: Any, styles: dict[str, str], writer: Writer, shown: dict[str, str]) -> None:
    words = _text(block)
    if not words.strip():
        return
    style = styles.get(block.style or "", "").lower()
    heading = _HEADING.match(style)
    item = style.startswith("list") or block.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None
    writer.end_line(1 if item and not heading else 2)
    at = writer.at
    for number, line in enumerate(words.split("\n")):
        if number:
            writer.end_line(1)
        elif item and not heading:
            writer.lead("- ")
        writer.words(line)
    writer.end_line(1 if item and not heading else 2)
    if heading is not None or style == "title":
        level = min(int(heading[1]), 6) if heading is not None else 1
        name = one_line(words)
        writer.mark(f"{'#' * level} {name}", at)
        shown.setdefault("heading" if heading is not None else "title", name)


def _write_notes(block: Any, notes: Notes, writer: Writer) -> None:
    """Write the notes that a block refers to, below it."""
    for reference in block.iter(*_REFERENCES):
        note = notes.get((reference.tag, reference.get(qn("w:id"))))
        if note is not None and not _is_twice(reference):
            for line in _text(note).split("\n"):
                writer.end_line(2)
                writer.words(line)
            writer.end_line(2)


def _is_twice(node: Any) -> bool:
    return next(node.iterancestors(*_TWICE), None) is not None


def _text(block: Any) -> str:
    """The words under an element; deleted ones, which Word keeps as `w:delText`, are not among
    them.
    """
    parts = []
    for node in block.iter(_WORDS, _MATHS, _HYPHEN, _TAB, *_BREAKS, _PARAGRAPH):
        if _is_twice(node):
            continue
        if node.tag in (_WORDS, _MATHS):
            parts.append(node.text or "")
        elif node.tag == _HYPHEN:
            parts.append("-")
        elif node.tag == _TAB:
            parts.append("\t")
        elif node is not block:
            parts.append("\n")
    return "".join(parts)

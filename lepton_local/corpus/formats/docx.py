"""DOCX: paragraphs, headings, lists and tables of a Word document, in their order."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from lepton_local.corpus.formats.title import from_name, one_line
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of encrypted documents, and of Word 97's
_UNPACKED = 512 << 20  # bytes; a small file that unpacks to more was made to fill the memory
_HEADING = re.compile(r"heading ([1-9])\Z", re.IGNORECASE)
_WORDS, _TAB, _BREAKS = qn("w:t"), qn("w:tab"), (qn("w:br"), qn("w:cr"))
_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_WRAPPERS = (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:smartTag"), qn("w:customXml"))
# A second copy of a text box.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def parse_docx(source: Source, data: bytes) -> Iterator[Document]:
    """One document. Its title: the paragraph in the style "Title", the properties', or the first
    heading.
    """
    _check(data)
    document = docx.Document(io.BytesIO(data))
    writer = Writer()
    styles = {style.style_id: (style.name or "").strip() for style in document.styles}
    shown = _blocks(document.element.body, styles, writer)
    title = (
        shown.get("title", "")
        or one_line(document.core_properties.title or "")
        or shown.get("heading", "")
    )
    day = document.core_properties.modified or document.core_properties.created
    yield Document(
        source=source,
        text=writer.text(),
        title=title or from_name(source.path),
        titled=bool(title),
        marks=writer.marks(),
        metadata={"date": day.date().isoformat()} if day is not None else {},
    )


def _check(data: bytes) -> None:
    """Raises SourceError unless this is a zip file of a reasonable size."""
    if data.startswith(_OLE):
        raise SourceError("encrypted, or a document of Word 97; save it as DOCX without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise SourceError("malformed DOCX: not a zip file") from error
    if size > _UNPACKED:
        raise SourceError(
            f"unpacks to {size:,} bytes; documents of up to {_UNPACKED:,} are indexed"
        )


def _blocks(body: Any, styles: dict[str, str], writer: Writer) -> dict[str, str]:
    """Write the paragraphs and tables of a body; gives the first "title" and the first "heading"
    among them.
    """
    shown: dict[str, str] = {}
    stack = list(reversed(body))
    while stack:
        block = stack.pop()
        if block.tag == _PARAGRAPH:
            _paragraph(block, styles, writer, shown)
        elif block.tag == _TABLE:
            writer.end_line(2)
            for row in block.iter(_ROW):
                cells = [" ".join(_text(cell).split()) for cell in row.iterchildren(_CELL)]
                writer.end_line(1)
                writer.words(" | ".join(cells).strip(" |"))
            writer.end_line(2)
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


def _text(block: Any) -> str:
    """The words under an element; deleted ones, which Word keeps as `w:delText`, are not among
    them.
    """
    parts = []
    for node in block.iter(_WORDS, _TAB, *_BREAKS, _PARAGRAPH):
        if any(outer.tag == _FALLBACK for outer in node.iterancestors(_FALLBACK)):
            continue
        if node.tag == _WORDS:
            parts.append(node.text or "")
        elif node.tag == _TAB:
            parts.append("\t")
        elif node is not block:
            parts.append("\n")
    return "".join(parts)

"""PPTX: the slides of a presentation in their order, each with its notes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Generator, Iterator
from typing import Any

import pptx
from pptx.oxml.ns import qn

from lepton_local.corpus.formats.chart import chart_rows
from lepton_local.corpus.formats.leftovers import not_read
from lepton_local.corpus.formats.member import Refused
from lepton_local.corpus.formats.properties import core_properties
from lepton_local.corpus.formats.rows import write_table
from lepton_local.corpus.formats.slide import mark_slide
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.tree import parse_xml
from lepton_local.corpus.formats.unzip import open_zip, read_member
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_SHAPE, _GROUP, _FRAME = qn("p:sp"), qn("p:grpSp"), qn("p:graphicFrame")
_PARAGRAPH, _RUN, _BREAK, _TAB = qn("a:p"), qn("a:t"), qn("a:br"), qn("a:tab")
_ROW, _CELL = qn("a:tr"), qn("a:tc")
_MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_EITHER = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_SLIDES = f"{qn('p:sldIdLst')}/{qn('p:sldId')}"
# Shows and templates are presentations under another name, which python-pptx refuses.
_TYPES = "[Content_Types].xml"
_KIND = re.compile(rb"(presentationml\.|ms-powerpoint\.)(?:slideshow|template)\.main")
_NOT_THERE = (KeyError, ValueError)  # a relation that is not there, or leads out of the file
_TITLES = ("title", "ctrTitle")
_LISTS = ("", "obj", "body")  # kinds of placeholders whose paragraphs have bullets
_CHROME = ("dt", "ftr", "hdr", "sldNum")  # the same words on every slide


def parse_pptx(source: Source, data: bytes) -> Iterator[Document | Refused]:
    """One document, and the parts that cannot be read. Its title: that of the first slide, else the
    properties', else that of any slide.
    """
    with open_zip(data) as archive:
        about = core_properties(archive)
        left = not_read(archive.namelist())
        data, refused = _whole_parts(archive)
    yield from refused
    writer = Writer()
    titles: list[str] = []
    deck = pptx.Presentation(io.BytesIO(data)).part
    for number, entry in enumerate(deck._element.iterfind(_SLIDES), 1):
        try:
            slide = deck.related_slide(entry.get(qn("r:id")))
        except _NOT_THERE:
            yield Refused(f"slide {number}", "malformed: it cannot be found")
        else:
            titles.append((yield from _slide(slide, number, writer)))
    title = next(filter(None, [*titles[:1], about.title, *titles]), "")
    yield writer.document(source, title, about.metadata() | left)


def _whole_parts(archive: zipfile.ZipFile) -> tuple[bytes, list[Refused]]:
    """The same presentation without pictures, and without the parts that are damaged, for each of
    which python-pptx would refuse it all; and what is wrong with those.
    """
    packed, refused = io.BytesIO(), []
    with zipfile.ZipFile(packed, "w") as plain:
        for name in dict.fromkeys(archive.namelist()):
            if name.lower().endswith((".xml", ".rels")):
                try:
                    part = read_member(archive, name)
                    if name == _TYPES:
                        part = _KIND.sub(rb"\1presentation.main", part)
                    parse_xml(part, name)
                except SourceError as error:
                    refused.append(Refused(name, str(error)))
                else:
                    plain.writestr(name, part)
    return packed.getvalue(), refused


def _slide(slide: Any, number: int, writer: Writer) -> Generator[Refused, None, str]:
    """Write a slide under a heading of level 2, so that no passage goes over two slides; gives what
    of it is not there, and returns its title.
    """
    shapes = list(_shapes(slide._element.cSld.spTree))
    heads = [shape for shape in shapes if _placeholder(shape) in _TITLES]
    title = " ".join(" ".join(_text(shape) for shape in heads).split())
    start = writer.at
    writer.end_line(2)
    writer.words(title)
    for shape in shapes:
        writer.end_line(2)
        if shape.tag == _FRAME:
            try:
                _frame(shape, slide.part, writer)
            except _NOT_THERE:
                yield Refused(f"slide {number}", "malformed: a chart or diagram cannot be found")
        elif shape not in heads and _placeholder(shape) not in _CHROME:
            _paragraphs(shape, writer)
    notes = writer.at
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if frame is not None:
        writer.end_line(2)
        _paragraphs(frame._element, writer)
    mark_slide(writer, number, title=title, start=start, notes=notes)
    return one_line(title)


def _shapes(tree: Any) -> Iterator[Any]:
    """Shapes and frames, those of groups too."""
    for child in tree:
        if child.tag in (_SHAPE, _FRAME):
            yield child
        elif child.tag == _GROUP:
            yield from _shapes(child)
        elif child.tag == _EITHER and len(child):  # a second version follows for older programs
            yield from _shapes(child[0])


def _placeholder(shape: Any) -> str | None:
    """The kind of placeholder that a shape fills ("" without one of its own), None if it fills
    none.
    """
    found = shape.find(f"*/{qn('p:nvPr')}/{qn('p:ph')}")
    return found.get("type", "") if found is not None else None


def _paragraphs(shape: Any, writer: Writer) -> None:
    listed = _placeholder(shape) in _LISTS
    for paragraph in shape.iter(_PARAGRAPH):
        style = paragraph.find(qn("a:pPr"))
        signs = {child.tag for child in style} if style is not None else set()
        item = listed or qn("a:buChar") in signs or qn("a:buAutoNum") in signs
        if item and qn("a:buNone") not in signs:
            level = int(style.get("lvl", "0")) if style is not None else 0
            writer.indent = "  " * min(level, 8)
            writer.lead("- ")
        for line in _text(paragraph).split("\n"):
            writer.words(line)
            writer.end_line(1)
        writer.drop_lead()
        writer.end_line(1 if item else 2)
        writer.indent = ""


def _frame(frame: Any, part: Any, writer: Writer) -> None:
    """Write what a frame holds, a line a row: a table, a chart, or the words of a diagram."""
    for table in frame.iter(qn("a:tbl")):
        style = table.find(qn("a:tblPr"))
        write_table(
            ([_text(cell) for cell in row.iterchildren(_CELL)] for row in table.iterchildren(_ROW)),
            writer,
            has_header=style is not None and style.get("firstRow") in ("1", "true"),
        )
    for chart in frame.iter(qn("c:chart")):
        found = part.related_part(chart.get(qn("r:id")))
        for cells in chart_rows(parse_xml(found.blob, found.partname)):
            writer.row(cells)
    for ids in frame.iter(f"{_DIAGRAM}relIds"):
        found = part.related_part(ids.get(qn("r:dm")))
        words = parse_xml(found.blob, found.partname)
        for point in words.iter(f"{_DIAGRAM}t"):
            writer.row([_text(point)])


def _text(element: Any) -> str:
    """The words under an element; its paragraphs are lines."""
    parts = []
    for node in element.iter(_RUN, _MATHS, _BREAK, _TAB, _PARAGRAPH):
        if node.tag in (_RUN, _MATHS):
            if next(node.iterancestors(_FALLBACK), None) is None:
                parts.append(node.text or "")
        elif node.tag == _BREAK or (node.tag == _PARAGRAPH and parts):
            parts.append("\n")
        elif node.tag == _TAB:
            parts.append("\t")
    return "".join(parts)

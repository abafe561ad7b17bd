"""ODT, ODP and ODS: texts, presentations and spreadsheets in the OpenDocument format."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from lepton_local.corpus.formats.leftovers import not_read
from lepton_local.corpus.formats.odf_objects import Objects, formula_words, is_framed
from lepton_local.corpus.formats.odf_styles import needed
from lepton_local.corpus.formats.odf_text import (
    TABLE,
    Walk,
    cells,
    comment,
    rows,
    words,
    write_edges,
)
from lepton_local.corpus.formats.properties import Properties, properties
from lepton_local.corpus.formats.rows import Cell, Row, write_sheet, write_table
from lepton_local.corpus.formats.slide import mark_slide
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.tree import local, parse_xml
from lepton_local.corpus.formats.unzip import open_zip, read_member
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_URN = "{urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE = f"{_URN}office:1.0}}"
_CLASS = f"{_URN}presentation:1.0}}class"
_CHROME = ("header", "footer", "date-time", "page-number")  # the same on every slide
_VALUES = ("value", "date-value", "time-value", "boolean-value", "string-value")
_BRACKET = re.compile(r"\[\.?|(?<=:)\.(?=\$?[A-Z])|\]")  # of "[.B2:.B3]"
_PREFIX = re.compile(r"\w+:(?==)")  # of its dialect
_LONGEST = 2000  # characters of a formula
_WIDEST = 256  # equal cells side by side that are written; a row may claim 16,384 of them


def parse_odf(source: Source, data: bytes) -> Iterator[Document]:
    """One document. Its title: the paragraph in the style "Title" or the title of the first slide,
    else the properties', else the first heading or title of a slide.
    """
    if data.lstrip()[:5] == b"<?xml":
        flat = parse_xml(data, "the file")  # all its parts in one
        meta = flat.find(f"{_OFFICE}meta")
        yield from _document(source, flat, meta, flat, Objects(None), [])
        return
    with open_zip(data) as archive:
        manifest = "META-INF/manifest.xml"
        if manifest in archive.namelist() and b"encryption-data" in read_member(archive, manifest):
            raise SourceError("encrypted: save this document without a password")
        text = read_member(archive, "content.xml")
        content = parse_xml(text, "content.xml")
        meta = _part(archive, "meta.xml")
        is_sheet = content.find(f"{_OFFICE}body/{_OFFICE}spreadsheet") is not None
        styles = None if is_sheet else _part(archive, "styles.xml", partial(needed, text))
        objects = Objects(archive)
        yield from _document(source, content, meta, styles, objects, archive.namelist())


def _document(
    source: Source, content: Any, meta: Any, common: Any, objects: Objects, names: Sequence[str]
) -> Iterator[Document]:
    about = _about(meta) if meta is not None else Properties()
    body = content.find(f"{_OFFICE}body/*")
    if body is None:
        raise SourceError("malformed: content.xml has no body, expected an OpenDocument file")
    writer = Writer()
    places = ((content, "automatic-styles"), (common, "automatic-styles"), (common, "styles"))
    styles = [part.find(f"{_OFFICE}{name}") for part, name in places if part is not None]
    first, later = _write(body, [each for each in styles if each is not None], writer, objects)
    if common is not None and local(body) == "text":
        write_edges(common, writer)
    title = first or about.title or later
    left = not_read(name for name in names if name not in objects.read)
    yield writer.document(source, title, about.metadata() | left)


def _part(archive: zipfile.ZipFile, name: str, cut: Callable[[bytes], bytes] = bytes) -> Any | None:
    try:
        return parse_xml(cut(read_member(archive, name)), name)
    except SourceError:
        return None  # the text is worth having without


def _about(meta: Any) -> Properties:
    found: dict[str, str] = {}
    for field in meta.iter():
        found.setdefault(local(field), field.text or "")
    author = found.get("initial-creator", "") or found.get("creator", "")
    dates = (found.get("date", ""), found.get("creation-date", ""))
    return properties(found.get("title", ""), authors=[author], dates=dates)


def _write(body: Any, styles: Sequence[Any], writer: Writer, objects: Objects) -> tuple[str, str]:
    """Write a body; gives a title to prefer over the properties', and one to use without them."""
    kind = local(body)

    def show(framed: Any) -> None:
        inner = objects.body(framed)
        if inner is not None:
            _embedded(inner, styles, writer)

    walk = Walk(writer, styles, show)
    if kind == "spreadsheet":
        for sheet in body.iterchildren(f"{TABLE}table"):
            write_sheet(sheet.get(f"{TABLE}name", ""), _rows(sheet), writer)
            for shapes in sheet.iterchildren(f"{TABLE}shapes"):
                walk.down(shapes)
            for framed in filter(is_framed, sheet.iter()) if objects.held else ():
                show(framed)
        return "", ""
    if kind in ("presentation", "drawing"):
        pages = (page for page in body if local(page) == "page")
        titles = [_slide(page, number, walk, writer) for number, page in enumerate(pages, 1)]
        return "".join(titles[:1]), next(filter(None, titles), "")
    walk.down(body)
    return walk.title, walk.heading


def _embedded(inner: Any, styles: Sequence[Any], writer: Writer) -> None:
    """Write what an embedded object shows."""
    kind = local(inner)
    if kind == "math":
        writer.row([formula_words(inner)])
    elif kind == "chart":
        for title in (each for each in inner.iter() if local(each) in ("title", "subtitle")):
            writer.row([words(title)])
        for table in inner.iter(f"{TABLE}table"):
            write_table(map(cells, rows(table)), writer, has_header=True)
    else:
        _write(inner, styles, writer, Objects(None))


def _slide(page: Any, number: int, walk: Walk, writer: Writer) -> str:
    """Write a slide, its title first, its notes last; gives its title."""
    shapes = [shape for shape in page if shape.get(_CLASS) not in _CHROME]
    heads = [shape for shape in shapes if shape.get(_CLASS) == "title"]
    title = " ".join(filter(None, map(words, heads)))
    start = writer.at
    writer.end_line(2)
    writer.words(title)
    writer.end_line(2)
    for shape in shapes:
        if shape not in heads and local(shape) != "notes":
            walk.down([shape])
            writer.end_line(2)
    notes = writer.at
    for shape in (shape for part in page if local(part) == "notes" for shape in part):
        if shape.get(_CLASS) not in _CHROME:
            walk.down([shape])
            writer.end_line(2)
    mark_slide(writer, number, title=title, start=start, notes=notes)
    return one_line(title)


def _rows(sheet: Any) -> Iterator[Row]:
    """The rows of a sheet that hold something, with the words that their cells show."""
    number = 0
    for row in rows(sheet):
        cells: list[Cell] = []
        column = 0
        for cell in row:
            count = _count(cell, "number-columns-repeated")
            text, note = _cell_words(cell) if local(cell) == "table-cell" else ("", "")
            if text or note:
                is_words = cell.get(f"{_OFFICE}value-type", "string") == "string"
                reach = _count(cell, "number-rows-spanned")
                cells += (
                    Cell(column + place, text, is_words, reach, note)
                    for place in range(min(count, _WIDEST))
                )
            column += count
        equal = _count(row, "number-rows-repeated")
        if cells:
            yield Row(number, number + equal - 1, tuple(cells))
        number += equal


def _cell_words(cell: Any) -> tuple[str, str]:
    """What a cell shows, or its formula where that was never calculated; and a note on it."""
    if not len(cell):
        formula = cell.get(f"{TABLE}formula", "")
        if not formula or any(cell.get(f"{_OFFICE}{name}") for name in _VALUES):
            return "", ""
        return _BRACKET.sub("", _PREFIX.sub("", formula))[:_LONGEST], ""
    text = words(cell)
    note = cell.find(f"{_OFFICE}annotation")
    if note is None:
        return text, ""
    said, author = comment(note)
    by = f"note by {author}: " if author else "note: "
    return text, f"({by}{said})" if said else ""


def _count(element: Any, name: str) -> int:
    value = element.get(f"{TABLE}{name}", "1")
    return max(1, int(value)) if value.isdecimal() else 1

"""Jupyter notebooks: the cells one after the other, and what they printed, with marks at cells and
headings. https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.html import read_page
from lepton_local.corpus.formats.markdown import markdown_headings
from lepton_local.corpus.formats.page import write_page
from lepton_local.corpus.formats.properties import Properties, properties
from lepton_local.corpus.formats.writer import Writer, clean
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_PRINTED = 2000  # characters of what a cell printed: enough for a table, too few for a log
_COLOUR = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
_OBJECT = re.compile(r"<[\w.]+(?: object)?[^<>]*>")  # what Python says of what it cannot print
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def parse_notebook(source: Source, data: bytes) -> Iterator[Document]:
    """One document. Its title: the notebook's own, or the first level-1 heading in it.

    Cells are numbered from 1, those without text too, as a person counts them.
    """
    try:
        notebook = json.loads(decode(data).removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"malformed notebook: {error}") from error
    cells = list(_cells(notebook))
    if not cells:
        raise SourceError("no cells in it: expected a Jupyter notebook of format 3 or 4")
    writer = Writer()
    for number, cell in enumerate(cells, 1):
        _write(cell, number, writer)
    headings = (mark.label[2:] for mark in writer.marks() if mark.label.startswith("# "))
    about = _about(_mapping(notebook.get("metadata")), next(headings, ""))
    yield writer.document(source, about.title, about.metadata())


def _cells(notebook: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(notebook, Mapping):
        return
    sheets = [notebook, *_mappings(notebook.get("worksheets"))]  # format 3 has sheets of cells
    for sheet in sheets:
        yield from _mappings(sheet.get("cells"))


def _write(cell: Mapping[str, Any], number: int, writer: Writer) -> None:
    kind = cell.get("cell_type")
    text = clean(_text(cell.get("source", cell.get("input")))).strip("\n")
    if kind == "heading":  # of format 3
        text = f"{'#' * int(cell.get('level') or 1)} {text}"
    if text.strip():
        writer.mark_next(f"cell {number}")
        writer.end_line(2)
        writer.raw(text)
    start = writer.at - len(text)
    if kind in ("markdown", "heading"):
        for heading in markdown_headings(text):
            writer.mark(heading.label, start + heading.start)
            writer.mark(f"cell {number}", start + heading.start)  # a passage is cited by its cell
    printed = "\n".join(filter(None, map(_printed, _mappings(cell.get("outputs")))))
    if len(printed) > _PRINTED:
        printed = f"{printed[:_PRINTED].rstrip()}…"
    if printed:
        writer.mark_next(f"cell {number}")
        writer.end_line(2)
        writer.raw(printed)


def _printed(output: Mapping[str, Any]) -> str:
    """What an output says in plain text; nothing for a picture."""
    data = _mapping(output.get("data", output))
    if any(name.startswith("image/") or name in ("png", "jpeg", "svg") for name in data):
        return ""
    if output.get("output_type") in ("error", "pyerr"):
        text = f"{output.get('ename', '')}: {output.get('evalue', '')}"
    else:
        text = _text(data.get("text/plain", data.get("text", output.get("text"))))
        page = _text(data.get("text/html", data.get("html")))
        if page.strip() and (not text.strip() or _OBJECT.fullmatch(text.strip())):
            text = _shown(page)
    return _CONTROLS.sub("", _COLOUR.sub("", clean(text))).strip("\n")


def _shown(page: str) -> str:
    """What an output says that is a page alone."""
    writer = Writer()
    with contextlib.suppress(SourceError):
        write_page(read_page(page.encode("utf-8", "replace")), writer)
    return writer.text()


def _about(fields: Mapping[str, Any], heading: str) -> Properties:
    names = (_mapping(author).get("name", author) for author in _sequence(fields.get("authors")))
    return properties(
        str(fields.get("title") or heading),
        authors=[name for name in names if isinstance(name, str)],
        dates=[str(fields.get("date") or "")],
    )


def _text(source: Any) -> str:
    """A string, or the lines of one."""
    if isinstance(source, str):
        return source
    return "".join(line for line in _sequence(source) if isinstance(line, str))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in _sequence(value) if isinstance(item, Mapping))


def _sequence(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()

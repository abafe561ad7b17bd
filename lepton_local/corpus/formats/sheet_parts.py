"""What an XLSX sheet holds beside the values of its cells: notes on them, formulas that were never
calculated, text boxes and charts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from lepton_local.corpus.formats.chart import chart_rows
from lepton_local.corpus.formats.opc import Package, Relation
from lepton_local.corpus.formats.rows import CellAt, column_number
from lepton_local.corpus.formats.tree import local
from lepton_local.errors import SourceError

_FORMULA = re.compile(
    rb"<(?:\w+:)?c\s(?=[^<>]*\br=[\"']([A-Z]+)(\d+)[\"'])[^<>]*>\s*<(?:\w+:)?f[^<>]*>([^<]+)</(?:\w+:)?f>"
    rb"\s*+(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?+\s*</(?:\w+:)?c>"
)
# How one ends that has no value: most sheets have none, and to look for them takes long.
_UNFINISHED = re.compile(
    rb"</(?:\w+:)?f>\s*+(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?+\s*</(?:\w+:)?c>"
)
_PLACE = re.compile(r"([A-Z]+)(\d+)\Z")
_LONGEST = 2000  # characters of a formula
_DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/"
_BOILERPLATE = re.compile(r"\[Threaded comment\].*?Comment:\s*", re.DOTALL)


def sheets_of(package: Package) -> dict[str, str]:
    """The parts of the sheets of a workbook, by their names."""
    targets = {each.id: each.target for each in package.relations(package.main)}
    found = {}
    for sheet in package.tree(package.main).iter():
        if local(sheet) == "sheet":
            part = next((targets[v] for v in sheet.attrib.values() if v in targets), "")
            if part:
                found[sheet.get("name", "")] = part
    return found


def said(package: Package, sheet: str) -> dict[CellAt, str]:
    """Words that stand at cells of a sheet: "note by Sanna: …", and "=SUM(B2:B3)"."""
    found: dict[CellAt, str] = {}
    data = package.data_if_whole(sheet)
    for cell in _FORMULA.finditer(data) if _UNFINISHED.search(data) else ():
        place = int(cell[2]) - 1, column_number(cell[1].decode())
        found[place] = f"={unescape(cell[3].decode('utf-8', 'replace'))[:_LONGEST]}"
    for relation in package.relations(sheet):
        if relation.kind == "comments":
            for at, words in _notes(package, relation):
                found[at] = f"{found[at]} ({words})" if at in found else f"({words})"
    return found


def drawn(package: Package, sheet: str) -> Iterator[list[str]]:
    """The words of the text boxes and charts on a sheet, a row each."""
    for relation, drawing in package.related(sheet, "drawing"):
        for shape in drawing.iter():
            if local(shape) == "sp":
                words = [
                    "".join(run.text or "" for run in paragraph.iter(f"{_DRAWN}main}}t"))
                    for paragraph in shape.iter(f"{_DRAWN}main}}p")
                ]
                yield [" ".join(filter(None, words))]
        for _, chart in package.related(relation.target, "chart"):
            yield from chart_rows(chart)


def _notes(package: Package, relation: Relation) -> Iterator[tuple[CellAt, str]]:
    try:
        tree = package.tree(relation.target)
    except SourceError:
        return
    authors = [each.text or "" for each in tree.iter() if local(each) == "author"]
    for note in (each for each in tree.iter() if local(each) == "comment"):
        place = _PLACE.match(note.get("ref", ""))
        texts = (each.text or "" for each in note.iter() if local(each) == "t")
        words = _BOILERPLATE.sub("", "".join(texts)).strip()
        number = note.get("authorId", "")
        author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
        author = "" if author.startswith("tc=") else author
        words = words.removeprefix(f"{author}:").strip() if author else words
        if place is not None and words:
            by = f"note by {author}: " if author else "note: "
            yield (int(place[2]) - 1, column_number(place[1])), by + " ".join(words.split())

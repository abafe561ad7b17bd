"""Which cells of an XLSX workbook show percentages: 0.25 stands in the file, and 25% on the screen.

calamine tells the format of a cell for dates alone.
"""

from __future__ import annotations

import re
import zipfile

from lepton_local.corpus.formats.rows import column_number
from lepton_local.corpus.formats.tree import local, parse_xml
from lepton_local.corpus.formats.unzip import read_member

_BUILT_IN = frozenset(("9", "10"))  # numbers of formats: ECMA-376 part 1, 18.8.30
_STYLES, _BOOK, _RELATIONS = "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_CELL = re.compile(rb"<(?:\w+:)?c\s(?=[^<>]*\br=\"([A-Z]+)(\d+)\")[^<>]*\bs=\"(\d+)\"")

Places = set[tuple[int, int]]  # (row, column), from 0


def percent_cells(archive: zipfile.ZipFile) -> dict[str, Places]:
    """The cells of each sheet whose number format holds a percent sign, by the sheet's name."""
    names = set(archive.namelist())
    if not {_STYLES, _BOOK, _RELATIONS} <= names:
        return {}
    styles = _percent_styles(archive)
    found: dict[str, Places] = {}
    if styles:
        relations = parse_xml(read_member(archive, _RELATIONS), _RELATIONS)
        targets = {one.get("Id"): one.get("Target", "") for one in relations}
        for sheet in parse_xml(read_member(archive, _BOOK), _BOOK).iter():
            links = (targets[value] for value in sheet.attrib.values() if value in targets)
            part = next(links, "") if local(sheet) == "sheet" else ""
            part = part[1:] if part.startswith("/") else f"xl/{part}"
            if part in names:
                cells = _CELL.finditer(read_member(archive, part))
                found[sheet.get("name", "")] = {
                    (int(cell[2]) - 1, column_number(cell[1].decode()))
                    for cell in cells
                    if int(cell[3]) in styles
                }
    return found


def _percent_styles(archive: zipfile.ZipFile) -> set[int]:
    """The numbers of the styles of cells that show percentages."""
    formats = set(_BUILT_IN)
    styles: set[int] = set()
    for element in parse_xml(read_member(archive, _STYLES), _STYLES):
        if local(element) == "numFmts":
            formats |= {one.get("numFmtId") for one in element if "%" in one.get("formatCode", "")}
        elif local(element) == "cellXfs":
            styles = {at for at, one in enumerate(element) if one.get("numFmtId") in formats}
    return styles

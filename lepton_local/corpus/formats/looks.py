"""How the cells of a workbook look: in which formats its numbers are shown. calamine tells it for
dates alone, and everything else would be read as it is kept: 0.25 for 25 %, 1234.5 for € 1,234.50.
"""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Mapping

from lepton_local.corpus.formats import biff8
from lepton_local.corpus.formats.biff12 import CELLS, ROW, records
from lepton_local.corpus.formats.number_format import BUILT_IN
from lepton_local.corpus.formats.opc import Package
from lepton_local.corpus.formats.rows import column_number
from lepton_local.corpus.formats.tree import local

_CELL = re.compile(rb"<(?:\w+:)?c\s(?=[^<>]*\br=[\"']([A-Z]+)(\d+)[\"'])[^<>]*\bs=[\"'](\d+)[\"']")
_FORMAT, _STYLE, _STYLES, _STYLES_END, _SHEET = 44, 47, 617, 618, 156  # records of XLSB
# Records of XLS ([MS-XLS] 2.4): of formats and styles; of cells.
_XLS_STYLES = frozenset((biff8.FORMAT, biff8.STYLE))
_XLS_CELLS, _XLS_MANY = frozenset((0x0203, 0x027E, 0x0006)), 0x00BD
_OLD_CELL = struct.Struct("<HHHHH")  # kind and size of a record; row, column, style of its cell

_Look = dict[int, dict[int, str]]  # row -> column -> format
Looks = dict[str, _Look]  # of the sheets by their names


def looks_of_xml(package: Package, sheets: Mapping[str, str]) -> Looks:
    """Of an XLSX workbook; sheets: name -> part."""
    formats: dict[int, str] = {}
    for _, tree in package.related(package.main, "styles"):
        known = dict(BUILT_IN)
        for each in tree.iter():
            if local(each) == "numFmt" and each.get("numFmtId", "").isdecimal():
                known[int(each.get("numFmtId"))] = each.get("formatCode", "")
        for element in tree:
            if local(element) == "cellXfs":
                ids = [one.get("numFmtId", "") for one in element]
                formats = {
                    at: known[int(id_)]
                    for at, id_ in enumerate(ids)
                    if id_.isdecimal() and _matters(known.get(int(id_), ""))
                }
    if not formats:
        return {}
    shown = {str(style).encode(): code for style, code in formats.items()}
    return {name: _xml_cells(package.data_if_whole(part), shown) for name, part in sheets.items()}


def _xml_cells(sheet: bytes, formats: Mapping[bytes, str]) -> _Look:
    found: _Look = defaultdict(dict)
    columns: dict[bytes, int] = {}
    for cell in _CELL.finditer(sheet):
        letters, row, style = cell.groups()
        if style in formats:
            if letters not in columns:
                columns[letters] = column_number(letters.decode())
            found[int(row) - 1][columns[letters]] = formats[style]
    return found


def looks_of_binary(package: Package) -> Looks:
    """Of an XLSB workbook."""
    parts = {each.id: each for each in package.relations(package.main)}
    styles = [each.target for each in parts.values() if each.kind == "styles"]
    formats = _binary_formats(package.data_if_whole(styles[0])) if styles else {}
    book = package.data_if_whole(package.main)
    found: Looks = {}
    for kind, at, size in records(book) if formats else ():
        if kind == _SHEET:
            id_, after = _wide(book, at + 8)
            name, _ = _wide(book, after)
            if id_ in parts and after < at + size:
                found[name] = _binary_cells(package.data_if_whole(parts[id_].target), formats)
    return found


def looks_of_old(stream: bytes, sheets: Mapping[str, int]) -> Looks:
    """Of an XLS workbook of Excel 97 or later; stream: its records; sheets: where each begins."""
    known, styles = dict(BUILT_IN), list[int]()
    for kind, _, body in biff8.records(stream, _XLS_STYLES):
        if kind == biff8.FORMAT and len(body) > 5:
            known[int.from_bytes(body[:2], "little")] = biff8.text(body[2:], 2)
        elif kind == biff8.STYLE and len(body) >= 4:
            styles.append(int.from_bytes(body[2:4], "little"))
    formats = {at: known[id_] for at, id_ in enumerate(styles) if _matters(known.get(id_, ""))}
    if not formats:
        return {}
    return {name: _old_cells(stream, begin, formats) for name, begin in sheets.items()}


def _matters(code: str) -> bool:
    """Whether a format shows numbers in a way of its own."""
    return any(sign in code for sign in "0#?%") or ('"' in code and "General" in code)


def _binary_formats(styles: bytes) -> dict[int, str]:
    known = dict(BUILT_IN)
    found: list[int] = []
    within = False
    for kind, at, _ in records(styles):
        if kind == _FORMAT:
            known[int.from_bytes(styles[at : at + 2], "little")] = _wide(styles, at + 2)[0]
        elif kind in (_STYLES, _STYLES_END):
            within = kind == _STYLES
        elif kind == _STYLE and within:
            found.append(int.from_bytes(styles[at + 2 : at + 4], "little"))
    return {at: known[id_] for at, id_ in enumerate(found) if _matters(known.get(id_, ""))}


def _binary_cells(sheet: bytes, formats: Mapping[int, str]) -> _Look:
    found: _Look = defaultdict(dict)
    row = 0
    for kind, at, _ in records(sheet):
        if kind == ROW:
            row = int.from_bytes(sheet[at : at + 4], "little")
        elif kind in CELLS:
            style = int.from_bytes(sheet[at + 4 : at + 7], "little")
            if style in formats:
                found[row][int.from_bytes(sheet[at : at + 4], "little")] = formats[style]
    return found


def _wide(data: bytes, at: int) -> tuple[str, int]:
    """A text with its length in front, and where it ends."""
    size = 2 * int.from_bytes(data[at : at + 4], "little")
    end = min(at + 4 + size, len(data))
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _old_cells(stream: bytes, at: int, formats: Mapping[int, str]) -> _Look:
    found: _Look = defaultdict(dict)
    last = len(stream) - _OLD_CELL.size
    while at <= last:
        kind, size, row, column, style = _OLD_CELL.unpack_from(stream, at)
        if kind in _XLS_CELLS:
            if style in formats:
                found[row][column] = formats[style]
        elif kind == _XLS_MANY:
            for number in range((size - 6) // 6):
                style = int.from_bytes(stream[at + 8 + 6 * number : at + 10 + 6 * number], "little")
                if style in formats:
                    found[row][column + number] = formats[style]
        elif kind == biff8.END:
            break
        at += 4 + size
    return found

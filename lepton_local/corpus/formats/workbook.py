"""XLSX, XLSM, XLSB and XLS: the sheets of a workbook, read by calamine."""

from __future__ import annotations

import contextlib
import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

import python_calamine
from python_calamine import CalamineSheet, SheetTypeEnum, SheetVisibleEnum

from lepton_local.corpus.formats.biff8 import sheets_of_old
from lepton_local.corpus.formats.extent import check_extent
from lepton_local.corpus.formats.leftovers import not_read
from lepton_local.corpus.formats.looks import (
    Looks,
    looks_of_binary,
    looks_of_old,
    looks_of_xml,
)
from lepton_local.corpus.formats.member import Refused
from lepton_local.corpus.formats.number_format import formatted, general
from lepton_local.corpus.formats.old_notes import Beside, beside_of_old
from lepton_local.corpus.formats.ole import open_old
from lepton_local.corpus.formats.opc import Package
from lepton_local.corpus.formats.properties import core_properties
from lepton_local.corpus.formats.rows import Cell, CellAt, Row, write_sheet
from lepton_local.corpus.formats.sheet_parts import drawn, said, sheets_of
from lepton_local.corpus.formats.unlock import unlocked
from lepton_local.corpus.formats.unzip import ENCRYPTED, OLE, open_zip, read_member
from lepton_local.corpus.formats.writer import Writer, clean
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_T = TypeVar("_T")
# What calamine may want to read: not pictures, and nothing of how cells look but their formats.
_PARTS = (".xml", ".rels", ".bin")
_NEVER = re.compile(
    r"(?:.*/)?(?:docProps|theme|drawings|charts|printerSettings|media)/|.*/calcChain\."
)
_KEPT = 1 << 20  # bytes of a part that is read once for both; larger ones are unpacked again
_Value = (
    int
    | float
    | str
    | bool
    | datetime.time
    | datetime.date
    | datetime.datetime
    | datetime.timedelta
)


def parse_workbook(source: Source, data: bytes) -> Iterator[Document | Refused]:
    """One document, and the sheets that cannot be read. Its title: the properties', else it is made
    from the file's name.
    """
    if data.startswith(OLE) and ENCRYPTED in data:
        data = unlocked(data)
    looks: Looks = {}
    parts: dict[str, str] = {}
    package = None
    noted: dict[str, Beside] = {}
    left: dict[str, str] = {}
    if data.startswith(OLE):
        old = open_old(data)
        if old.locked:
            data = unlocked(data)
            old = open_old(data)
        about = old.about
        begins = sheets_of_old(old.stream)
        looks = looks_of_old(old.stream, begins)
        noted = beside_of_old(old.stream, begins)
    else:
        archive = open_zip(data)
        about = core_properties(archive)
        left = not_read(archive.namelist())
        data, read = _repacked(archive)
        package = Package(archive, read)
        if package.main.endswith(".bin"):
            looks = looks_of_binary(package)
        else:
            parts = sheets_of(package)
            looks = looks_of_xml(package, parts)
    writer = Writer()
    with _told():
        workbook = python_calamine.load_workbook(io.BytesIO(data))
    with workbook:
        for sheet in workbook.sheets_metadata:
            # Sheets that a spreadsheet program cannot show hold what it notes for itself.
            if sheet.visible == SheetVisibleEnum.VeryHidden or sheet.typ != SheetTypeEnum.WorkSheet:
                continue
            part = parts.get(sheet.name, "")
            own = noted.get(sheet.name, Beside())
            beside = said(package, part) if package is not None and part else own.notes
            try:
                with _told():
                    cells = workbook.get_sheet_by_name(sheet.name)
            except (SourceError, python_calamine.CalamineError) as error:
                yield Refused(sheet.name, f"malformed: {error}")
                continue
            write_sheet(sheet.name, _rows(cells, looks.get(sheet.name, {}), beside), writer)
            for row in drawn(package, part) if package is not None and part else [own.drawn]:
                writer.row(row)
    yield writer.document(source, about.title, about.metadata() | left)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """A panic of calamine's Rust, which is no Exception, is told as a damaged file."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise SourceError(f"malformed workbook: {error}") from error
        raise


def _repacked(archive: zipfile.ZipFile) -> tuple[bytes, dict[str, bytes]]:
    """The same workbook, its members read with limits: calamine would unpack whatever they hold.
    And those members that are small.
    """
    packed, read = io.BytesIO(), dict[str, bytes]()
    with zipfile.ZipFile(packed, "w") as plain:
        for name in dict.fromkeys(archive.namelist()):
            if name.lower().endswith(_PARTS) and not _NEVER.match(name):
                part = read_member(archive, name)
                if len(part) <= _KEPT:
                    read[name] = part
                check_extent(name, part)
                plain.writestr(name, part)
    return packed.getvalue(), read


def _rows(
    sheet: CalamineSheet, looks: Mapping[int, Mapping[int, str]], beside: Mapping[CellAt, str]
) -> Iterator[Row]:
    """The rows that hold something. beside: what is said at cells, beside their values."""
    rest = _by_row(beside.items())
    reach = _by_row((at, last - at[0] + 1) for at, (last, _) in sheet.merged_cell_ranges or ())
    first = sheet.start[1] if sheet.start is not None else 0
    for number, values in enumerate(sheet.iter_rows() if sheet.start is not None else ()):
        words = rest.pop(number, {})
        if not words and values.count("") == len(values):
            continue  # most of a sheet may be empty
        codes, rows = looks.get(number, {}), reach.get(number, {})
        cells = tuple(
            Cell(column, text, isinstance(value, str), rows.get(column, 1))
            for column, value in enumerate(values, first)
            if value != "" and (text := _shown(value, codes.get(column, "")))
        )
        if words or cells:
            yield Row(number, number, _with(cells, words))
    for number, words in sorted(rest.items()):
        yield Row(number, number, _with((), words))


def _by_row(cells: Iterable[tuple[CellAt, _T]]) -> dict[int, dict[int, _T]]:
    found: dict[int, dict[int, _T]] = {}
    for (row, column), value in cells:
        found.setdefault(row, {})[column] = value
    return found


def _with(cells: tuple[Cell, ...], words: Mapping[int, str]) -> tuple[Cell, ...]:
    """The cells of a row, and the words that are said beside some of them."""
    if not words:
        return cells
    own = {cell.column: cell for cell in cells}
    for column, more in words.items():
        cell = own.get(column, Cell(column, "", True))
        own[column] = replace(cell, beside=more)
    return tuple(own[column] for column in sorted(own))


def _shown(value: _Value, code: str) -> str:
    """A value as a person reads it, in its format; dates and times in ISO's order."""
    if isinstance(value, str):
        return " ".join(clean(value).replace("\0", "").split())
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return formatted(value, code) if code else general(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ").removesuffix(":00")
    if isinstance(value, datetime.time):
        return value.isoformat().removesuffix(":00")
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return str(value)

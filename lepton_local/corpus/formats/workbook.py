"""XLSX, XLSM, XLSB and XLS: the sheets of a workbook, read by calamine."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterator

import python_calamine
from python_calamine import CalamineSheet, SheetTypeEnum, SheetVisibleEnum

from lepton_local.corpus.formats.extent import check_extent
from lepton_local.corpus.formats.ole import ole_properties
from lepton_local.corpus.formats.percent import Places, percent_cells
from lepton_local.corpus.formats.properties import core_properties
from lepton_local.corpus.formats.rows import Cell, Row, write_sheet
from lepton_local.corpus.formats.unzip import ENCRYPTED, OLE, open_zip, read_member
from lepton_local.corpus.formats.writer import Writer, clean
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_PARTS = (".xml", ".rels", ".bin")  # not the pictures
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


def parse_workbook(source: Source, data: bytes) -> Iterator[Document]:
    """One document. Its title: the properties', else it is made from the file's name."""
    percents: dict[str, Places] = {}
    if data.startswith(OLE) and ENCRYPTED not in data:
        about = ole_properties(data)
    else:
        with open_zip(data) as archive:
            about = core_properties(archive)
            data = _repacked(archive)
        with open_zip(data) as archive:
            percents = percent_cells(archive)
    writer = Writer()
    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as workbook:
            for sheet in workbook.sheets_metadata:
                # Sheets that a spreadsheet program cannot show hold what it notes for itself.
                seen = sheet.visible != SheetVisibleEnum.VeryHidden
                if seen and sheet.typ == SheetTypeEnum.WorkSheet:
                    cells = workbook.get_sheet_by_name(sheet.name)
                    rows = _rows(cells, percents.get(sheet.name, set()))
                    write_sheet(sheet.name, rows, writer)
    except BaseException as error:
        # A panic of calamine's Rust is no Exception.
        if type(error).__name__ == "PanicException":
            raise SourceError(f"malformed workbook: {error}") from error
        raise
    yield writer.document(source, about.title, about.metadata())


def _repacked(archive: zipfile.ZipFile) -> bytes:
    """The same workbook, its members read with limits: calamine would unpack whatever they hold."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as plain:
        for name in dict.fromkeys(archive.namelist()):
            if name.lower().endswith(_PARTS):
                part = read_member(archive, name)
                check_extent(name, part)
                plain.writestr(name, part)
    return packed.getvalue()


def _rows(sheet: CalamineSheet, percents: Places) -> Iterator[Row]:
    """The rows that hold something."""
    if sheet.start is None:
        return
    merged = {
        (row, column): last - row + 1 for (row, column), (last, _) in sheet.merged_cell_ranges or ()
    }
    for number, values in enumerate(sheet.iter_rows()):
        cells = tuple(
            Cell(column, text, isinstance(value, str), merged.get((number, column), 1))
            for column, value in enumerate(values, sheet.start[1])
            if (text := _shown(value, is_percent=(number, column) in percents))
        )
        if cells:
            yield Row(number, number, cells)


def _shown(value: _Value, *, is_percent: bool) -> str:
    """A value as a person reads it; dates and times in ISO's order."""
    if isinstance(value, str):
        return " ".join(clean(value).split())
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        # As many digits as a spreadsheet holds.
        return f"{value * 100:.15g}%" if is_percent else f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ").removesuffix(":00")
    if isinstance(value, datetime.time):
        return value.isoformat().removesuffix(":00")
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return str(value)

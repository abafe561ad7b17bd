"""Workbooks as people see them: formats of numbers, notes, charts, formulas, read-only ones."""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
from decimal import Decimal

import msoffcrypto  # type: ignore[import-untyped]
import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st

from lepton_local.corpus.formats.number_format import formatted, general
from lepton_local.errors import SourceError
from tests.archives import zipped
from tests.office import old_record, xls
from tests.parsing import document, documents


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1234.5, "#,##0.00", "1,234.50"),
        (1234.5, '"€" #,##0.00', "€ 1,234.50"),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"),
        (1234.5, '#,##0.00\\ "kr"', "1,234.50 kr"),
        (2.5, '0.0 "kg"', "2.5 kg"),
        (1067, "00000", "01067"),
        (0.125, "0.0%", "12.5%"),
        (0.25, "0%", "25%"),
        (1.005, "0.00", "1.01"),
        (45.6, ".0", "45.6"),
        (0.5, "#.00", ".50"),
        (12, '0."-"', "12-"),
        (0, "#,##0", "0"),
        (0, "#,###", ""),
        (0, "0", "0"),
        (-5, "0;(0)", "(5)"),
        (-5, "0.0", "-5.0"),
        (0, '0;-0;"none"', "none"),
        (1234567, '0.0,, "m"', "1.2 m"),
        (1234567890, "#,##0", "1,234,567,890"),
        (123456789, "000-00-0000", "123-45-6789"),
        (5551234, "###-####", "555-1234"),
        (15, '[<10]"few";"many"', "many"),
        (5, '[<10]"few";"many"', "few"),
        (1.5, "0.0#", "1.5"),
        (1.25, "0.0#", "1.25"),
        (12345, "0.00E+00", "1.23E+04"),
        (7, "[Red]0", "7"),
        (7, "General", "7"),
        (7, 'General" days"', "7 days"),
        (7, "@", "7"),
        (44000, "yyyy-mm-dd", "44000"),
        (3, '"Q"0', "Q3"),
    ],
)
def test_numbers_in_their_formats(value: float, code: str, shown: str) -> None:
    assert formatted(value, code) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567890123456.0, "1234567890123456"),
        (0.00001, "0.00001"),
        (0.1 + 0.2, "0.3"),
        (3.0, "3"),
    ],
)
def test_numbers_without_a_format(value: float, shown: str) -> None:
    assert general(value) == shown


@given(st.floats(-1e12, 1e12), st.integers(0, 6), st.booleans())
def test_formats_round_as_decimals_do(value: float, places: int, grouped: bool) -> None:
    code = ("#,##0" if grouped else "0") + ("." + "0" * places if places else "")
    told = Decimal(repr(value))
    shown = formatted(value, code)
    assert shown.replace(",", "").lstrip("-") == formatted(abs(value), code).replace(",", "")
    assert abs(Decimal(shown.replace(",", "")) - told) <= Decimal(1).scaleb(-places) / 2
    whole = shown.lstrip("-").partition(".")[0]
    assert not grouped or whole == f"{int(whole.replace(',', '')):,}"


SIGNS = '0#?.,%;"\\[]<>=$€-E+ _*@/GeneralyQ'


@given(st.floats(), st.text(SIGNS, max_size=20))
@example(math.inf, "0.00")
@example(15.0, "[>1.2.3]0")
@example(1e308, "0." + 120 * "0")
def test_no_format_breaks(value: float, code: str) -> None:
    assert isinstance(formatted(value, code), str)


def workbook() -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = made.add_worksheet("Tides")
    euro, code = (made.add_format({"num_format": each}) for each in ('"€" #,##0.00', "00000"))
    sheet.write_row(0, 0, ["Place", "Rent", "Code"])
    sheet.write(1, 0, "Kjelvik")
    sheet.write(1, 1, 1234.5, euro)
    sheet.write(1, 2, 1067, code)
    sheet.write(2, 0, "Skarvik")
    sheet.write_formula(2, 1, "=SUM(B2:B2)", None, "")
    sheet.write_comment("C3", "Measured by Sanna.", {"author": "Sanna"})
    sheet.insert_textbox("F9", "The gauge is new.")
    chart = made.add_chart({"type": "line"})
    chart.set_title({"name": "Spring tides"})
    chart.add_series({"values": "=Tides!$B$2:$B$3"})
    sheet.insert_chart("F20", chart)
    made.close()
    return out.getvalue()


def test_what_a_sheet_shows() -> None:
    text = document("a.xlsx", workbook()).text
    assert text.splitlines()[:5] == [
        "Tides",
        "",
        "Place | Rent | Code",
        "Place: Kjelvik | Rent: € 1,234.50 | Code: 01067",
        "Place: Skarvik | Rent: =SUM(B2:B2) | Code: (note by Sanna: Measured by Sanna.)",
    ]
    assert {"The gauge is new.", "Spring tides"} <= set(text.splitlines())


@pytest.mark.parametrize("written", ["prefixed", "single quotes"])
def test_a_sheet_as_other_programs_write_it(written: str) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook())) as usual:
        texts = {name: usual.read(name).decode() for name in usual.namelist()}
    sheet = texts["xl/worksheets/sheet1.xml"]
    if written == "prefixed":
        sheet = re.sub(r"<(/?)(?=\w)", r"<\1x:", sheet).replace(" xmlns=", " xmlns:x=")
    else:
        head, end, cells = sheet.partition("<sheetData>")
        sheet = head + end + cells.replace('"', "'")
    other = zipped(texts | {"xl/worksheets/sheet1.xml": sheet})
    assert document("a.xlsx", other).text == document("a.xlsx", workbook()).text


def noted() -> bytes:
    """The records of a note, a text box and a chart at the end of an XLS sheet."""

    def drawn(number: int, *words: str) -> bytes:
        size = sum(map(len, words))
        told = old_record(0x5D, struct.pack("<HHHH", 0x15, 0x12, 0x19, number) + bytes(14))
        told += old_record(0x1B6, struct.pack("<HHHHHHHH", 0, 0, 0, 0, 0, size, 16, 0) + bytes(2))
        for part in words:  # each in the letters that it needs
            wide = not part.isascii()
            told += old_record(0x3C, bytes((wide,)) + part.encode("utf-16-le" if wide else "ascii"))
        return told + old_record(0x3C, bytes(16))

    author = struct.pack("<HB", 5, 0) + b"Sanna"
    chart = (
        old_record(0x809, bytes(16))
        + old_record(0x100D, b"\0\0\x0c\0Spring tides")
        + old_record(0xA)
    )
    note = old_record(0x1C, struct.pack("<HHHH", 1, 1, 0, 7) + author)
    return drawn(7, "Sanna:\nMeasured ", "på kajen.") + drawn(8, "The gauge is new.") + chart + note


def test_notes_boxes_and_charts_of_old_workbooks() -> None:
    rows: list[list[str | float]] = [["Place", "Metres"], ["Kjelvik", 2.4], ["Skarvik", 3.1]]
    assert document("a.xls", xls("Tides", rows, below=noted())).text.splitlines() == [
        "Tides",
        "",
        "Place | Metres",
        "Place: Kjelvik | Metres: 2.4 (note by Sanna: Measured på kajen.)",
        "Place: Skarvik | Metres: 3.1",
        "The gauge is new. | Spring tides",
    ]


def test_a_note_on_the_head_of_a_column_is_no_part_of_its_name() -> None:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = made.add_worksheet("Tides")
    sheet.write_row(0, 0, ["Place", "Metres"])
    sheet.write_row(1, 0, ["Kjelvik", 2.4])
    sheet.write_comment("B1", "At high water.", {"author": "Sanna"})
    made.close()
    assert document("a.xlsx", out.getvalue()).text.splitlines()[2:] == [
        "Place | Metres (note by Sanna: At high water.)",
        "Place: Kjelvik | Metres: 2.4",
    ]


def test_a_long_formula_is_told_in_part() -> None:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    words = f'=A12&"{"ä" * 1992}&{"ö" * 400}"'
    made.add_worksheet("Tides").write_formula(0, 0, words, None, "")
    made.close()
    assert document("a.xlsx", out.getvalue()).text.splitlines()[-1] == words[:2001]


def test_workbooks_that_excel_opens_without_asking() -> None:
    def locked(password: str) -> bytes:
        out = io.BytesIO()
        msoffcrypto.OfficeFile(io.BytesIO(workbook())).encrypt(password, out)
        return out.getvalue()

    assert "Kjelvik" in document("a.xlsx", locked("VelvetSweatshop")).text
    with pytest.raises(SourceError, match="encrypted"):
        documents("a.xlsx", locked("secret"))

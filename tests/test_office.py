"""PPTX, workbooks and OpenDocument files: canonical text, marks, properties, and refusals."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pptx
import pytest
import xlsxwriter
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from lepton_local.errors import SourceError
from tests.archives import zipped
from tests.office import odf, passages, place, xls, xlsb
from tests.parsing import document, documents, marked, refused, word

BOX = (Inches(1), Inches(1), Inches(4), Inches(2))


def deck() -> bytes:
    """A presentation: title, bullets with notes, a table in a group's company, a chart."""
    made = pptx.Presentation()
    opening = made.slides.add_slide(made.slide_layouts[0])
    opening.shapes.title.text = "Otters"
    opening.placeholders[1].text = "A talk"
    second = made.slides.add_slide(made.slide_layouts[1])
    second.shapes.title.text = "Where they\vsleep"
    body = second.placeholders[1].text_frame
    body.text = "In a holt"
    deeper = body.add_paragraph()
    deeper.text, deeper.level = "under roots", 1
    second.notes_slide.notes_text_frame.text = "Mention the river Tamar."
    third = made.slides.add_slide(made.slide_layouts[6])
    group = third.shapes.add_group_shape()
    group.shapes.add_textbox(*BOX).text_frame.text = "هذا نص عربي"
    table = third.shapes.add_table(2, 2, *BOX).table
    for row, cells in enumerate([["River", "Otters"], ["Tamar", "水獭"]]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    made.slides.add_slide(made.slide_layouts[6])  # an empty one
    fifth = made.slides.add_slide(made.slide_layouts[5])
    fifth.shapes.title.text = "Figures"
    figures: Any = CategoryChartData
    data = figures()
    data.categories = ["2023", "2024"]
    data.add_series("Holts", (3, 4.5))
    fifth.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *BOX, data)
    made.core_properties.author = "Ada Lovelace"
    return saved(made.save)


def saved(save: Callable[[io.BytesIO], None]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def test_pptx() -> None:
    found = document("a.pptx", deck())
    assert found.text == (
        "Otters\n\nA talk\n\nWhere they sleep\n\n- In a holt\n  - under roots\n\n"
        "Mention the river Tamar.\n\nهذا نص عربي\n\nRiver | Otters\nRiver: Tamar | Otters: 水獭\n\n"
        "Figures\n\nHolts | 2023: 3 | 2024: 4.5"
    )
    assert marked(found) == [
        ("## Otters", "Otters"),
        ("slide 1", "Otters"),
        ("## Where they sleep", "Where they sleep"),
        ("slide 2", "Where they sleep"),
        ("slide 2, notes", "Mention the river Tamar."),
        ("## slide 3", "هذا نص عربي"),
        ("slide 3", "هذا نص عربي"),
        ("## Figures", "Figures"),
        ("slide 5", "Figures"),
    ]
    assert (found.title, found.titled) == ("Otters", True)
    assert found.metadata == {"author": "Ada Lovelace"}  # the template's dates are not its own
    assert [passage.mark for passage in passages(found)] == [f"slide {at}" for at in (1, 2, 3, 5)]
    assert passages(found)[2].heading == "Otters > slide 3"
    assert place(found, "Holts") == "slide 5"


SLIDE, CHART = "ppt/slides/slide5.xml", "ppt/charts/chart1.xml"
RELATIONS = "ppt/slides/_rels/slide5.xml.rels"


@pytest.mark.parametrize(
    ("part", "old", "new", "lost"),
    [
        (RELATIONS, b"charts/chart1.xml", b"charts/none.xml", ["slide 5"]),
        (RELATIONS, b'chart"', b'other"', []),
        (RELATIONS, b"</Relationships>", b"", [RELATIONS, "slide 5"]),
        (CHART, b"</c:chartSpace>", b"", [CHART, "slide 5"]),
        (SLIDE, b"</p:sld>", b"", [SLIDE, "slide 5"]),
        (
            "ppt/notesSlides/notesSlide1.xml",
            b"</p:notes>",
            b"",
            ["ppt/notesSlides/notesSlide1.xml"],
        ),
        ("ppt/theme/theme1.xml", b"</a:theme>", b"", ["ppt/theme/theme1.xml"]),
    ],
)
def test_a_damaged_part_of_a_presentation_costs_itself_alone(
    part: str, old: bytes, new: bytes, lost: list[str]
) -> None:
    with zipfile.ZipFile(io.BytesIO(deck())) as whole:
        made: dict[str, bytes | str] = {name: whole.read(name) for name in whole.namelist()}
        assert old in whole.read(part)
        made[part] = whole.read(part).replace(old, new)
    data = zipped(made)
    assert list(refused("a.pptx", data)) == [f"a.pptx#{key}" for key in lost]
    found = document("a.pptx", data)
    assert found.text.startswith("Otters\n\nA talk\n\nWhere they sleep\n\n- In a holt")
    assert ("Figures" in found.text) == (SLIDE not in lost)
    assert ("Holts" in found.text) == ("slide 5" not in lost)
    assert ("Tamar." in found.text) == (part != "ppt/notesSlides/notesSlide1.xml")


def test_pptx_properties() -> None:
    made = pptx.Presentation(io.BytesIO(deck()))
    made.slides[0].shapes.title.text = ""
    made.core_properties.modified = datetime.datetime(2024, 2, 29)
    for written, title in [("A Fine Deck", "A Fine Deck"), ("PowerPoint Presentation", "")]:
        made.core_properties.title = written
        found = document("a.pptx", saved(made.save))
        assert (found.title, found.titled) == (title or "Where they sleep", True)
        assert found.metadata["date"] == "2024-02-29"


def book(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    fill(made)
    made.close()
    return out.getvalue()


def test_xlsx() -> None:
    def fill(made: xlsxwriter.Workbook) -> None:
        made.set_properties(
            {"title": "Budget", "author": "Ada; Bo", "created": datetime.datetime(2024, 2, 29)}
        )
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        share = made.add_format({"num_format": "0.0%"})
        hours = made.add_format({"num_format": "[h]:mm"})
        sheet = made.add_worksheet("Sales")
        sheet.write_row("B2", ["Sales of the year"])
        sheet.write_row("B4", ["Region", "Item", "2023", "Day", "Hours", "Note"])
        sheet.merge_range("B5:B6", "North")
        sheet.write_row("C5", ["Tea", 0.1 + 0.2])
        sheet.write_datetime("E5", datetime.datetime(2023, 5, 1), day)
        sheet.write("F5", 1.5, hours)
        sheet.write("G5", "two\nlines")
        sheet.write_row("C6", ["مرحبا", 1234567.0])
        sheet.write("H6", True)
        sheet.write("B7", "Total")
        sheet.write("D7", 0.125, share)
        sheet.write_row("B10", ["Buyer", "Age"])
        sheet.write_row("B11", ["水野", 41])
        made.add_worksheet("Empty")
        made.add_worksheet("It's here").write("AB3", "alone")

    found = document("a.xlsx", book(fill))
    assert found.text.split("\n") == [
        *("Sales", "", "Sales of the year", ""),
        "Region | Item | 2023 | Day | Hours | Note",
        "Region: North | Item: Tea | 2023: 0.3 | Day: 2023-05-01 | Hours: 36:00 | Note: two lines",
        "Region: North | Item: مرحبا | 2023: 1234567 | TRUE",
        "Region: Total | 2023: 12.5%",
        *("", "Buyer | Age", "Buyer: 水野 | Age: 41", "", "It's here", "", "alone"),
    ]
    assert marked(found)[:3] == [
        ("## Sales", "Sales"),
        ("Sales!B2", "Sales of the year"),
        ("Sales!B4:G4", "Region | Item | 2023 | Day | Hours | Note"),
    ]
    assert [mark.label for mark in found.marks[3:]] == [
        *("Sales!B5:G5", "Sales!B6:H6", "Sales!B7:D7", "Sales!B10:C10", "Sales!B11:C11"),
        *("## It's here", "'It''s here'!AB3"),
    ]
    assert (found.title, found.titled) == ("Budget", True)
    assert found.metadata == {"author": "Ada, Bo", "date": "2024-02-29"}
    assert place(found, "alone") == "'It''s here'!AB3"
    assert passages(found, tokens=30)[-1].heading == "Budget > It's here"


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([["a", "b"]], ["a | b"]),
        ([["Name:", "Ada"], ["Born:", 1815]], ["Name: | Ada", "Born: | 1815"]),
        ([["x", 1], ["y", 2]], ["x | 1", "y | 2"]),
        ([["k", "v"], ["p", "q"], [], ["r", "s"], ["t", "u"]], ["k | v", "k: p | v: q", ""]),
        ([["one"], ["two"]], ["one", "", "two"]),
    ],
)
def test_headers_of_sheets(rows: list[list[str | float]], lines: list[str]) -> None:
    found = document("a.xlsx", book(lambda made: fill_rows(made, rows)))
    assert found.text.split("\n")[2 : 2 + len(lines)] == lines
    assert (found.title, found.titled) == ("a", False)
    if len(rows) == 5:  # after the empty row the names above hold on
        assert found.text.endswith("\n\nk: r | v: s\nk: t | v: u")


def fill_rows(made: xlsxwriter.Workbook, rows: list[list[str | float]]) -> None:
    sheet = made.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)


@pytest.mark.parametrize("make", [xls, xlsb])
def test_binary_workbooks(make: Callable[..., bytes]) -> None:
    found = document(f"a.{make.__name__}", make("年", [["Name", "Year"], ["Ada", 1815.0]]))
    assert found.text == "年\n\nName | Year\nName: Ada | Year: 1815"
    assert place(found, "1815") == "年!A1:B1"
    assert [mark.label for mark in found.marks] == ["## 年", "年!A1:B1", "年!A2:B2"]


def test_sheets_with_cells_far_apart() -> None:
    def far(made: xlsxwriter.Workbook) -> None:
        sheet = made.add_worksheet()
        sheet.write("A1", "a")
        sheet.write("XFD1048576", "z")

    with pytest.raises(SourceError, match="1,048,576 rows and 16,384 columns"):
        documents("a.xlsx", book(far))
    row = b"\x00\x91\x00" + (1 << 24).to_bytes(4, "little")  # a record of 17 bytes: row 16777216
    with pytest.raises(SourceError, match="16,777,217 rows and 2 columns"):
        documents("a.xlsb", xlsb("S", [["a", "b"]], more=row + bytes(13)))


SHEET = """<office:spreadsheet><table:table table:name="Kosten"><table:table-header-rows>
<table:table-row><table:table-cell><text:p>Was</text:p></table:table-cell>
<table:table-cell><text:p>Anteil</text:p></table:table-cell></table:table-row>
</table:table-header-rows><table:table-row table:number-rows-repeated="2"><table:table-cell
 office:value-type="string" table:number-rows-spanned="3"><text:p>Tee</text:p><text:p>grün</text:p>
</table:table-cell><table:table-cell office:value-type="percentage" office:value="0.25">
<text:p>25 %</text:p></table:table-cell></table:table-row><table:table-row
 table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/>
</table:table-row><table:table-row><table:covered-table-cell/><table:table-cell
 table:number-columns-repeated="16383"><text:p>viel</text:p></table:table-cell></table:table-row>
</table:table><table:table table:name="leer"/></office:spreadsheet>"""


def test_ods() -> None:
    found = document("a.ods", odf(SHEET))
    assert found.text.startswith(
        "Kosten\n\nWas | Anteil\nWas: Tee grün | Anteil: 25 %\n\nviel | viel"
    )
    assert found.text.count("viel") == 256  # of 16,383 equal cells
    assert [mark.label for mark in found.marks] == [
        *("## Kosten", "Kosten!A1:B1", "Kosten!A2:B3", "Kosten!B1048574:IW1048574"),
    ]
    assert place(found, "viel") == "Kosten!B1048574:IW1048574"


@pytest.mark.parametrize("name", ["a.pptx", "a.xlsx", "a.ods", "a.odt", "a.odp", "a.docx"])
def test_files_that_are_none(name: str) -> None:
    for data, reason in [
        (b"PK but no zip", "not a zip"),
        (zipped({"a.txt": "x"}), "malformed"),
        (zipped({"content.xml": "<a><b>"}), "malformed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "97|malformed"),
    ]:
        with pytest.raises(SourceError, match=reason):
            documents(name, data)
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    locked += bytes(96)
    with pytest.raises(SourceError, match="encrypted: "):
        documents(name, locked)


def test_truncated_files() -> None:
    whole = {
        "a.pptx": deck(),
        "a.xlsx": book(lambda made: fill_rows(made, [["a"]])),
        "a.xls": xls("S", [["Name"]]),
        "a.xlsb": xlsb("S", [["Name"]]),
        "a.ods": odf(SHEET),
        "a.docx": word(),
    }
    for name, data in whole.items():
        for end in (len(data) // 3, len(data) // 2):
            with pytest.raises(SourceError):
                documents(name, data[:end])


def test_encrypted_files() -> None:
    locked = b"\x2f\x00\x06\x00\x01" + bytes(5)  # the record FILEPASS: RC4
    with pytest.raises(SourceError, match="encrypted: "):
        documents("a.xls", xls("S", [["Name"]], more=locked))
    with pytest.raises(SourceError, match="encrypted: "):
        documents("a.ods", odf(SHEET, manifest="<manifest:encryption-data/>"))


def test_an_old_workbook_in_a_circle() -> None:
    data = bytearray(xls("S", [["Name"]]))
    at = 512 + 4 * 4  # of the sector after the third of the stream's
    data[at : at + 4] = (3).to_bytes(4, "little")
    with pytest.raises(SourceError, match="in a circle"):
        documents("a.xls", bytes(data))

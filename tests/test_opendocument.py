"""OpenDocument files as people see them: comments, edges of pages, links, charts, notes."""

from __future__ import annotations

import pytest

from tests.office import odf
from tests.parsing import document, marked

DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
NOTE = (
    f"<office:annotation {DC}><dc:creator>Sanna</dc:creator><text:p>Measured twice.</text:p>"
    "</office:annotation>"
)
FRAMED = f'<draw:frame><draw:object {XLINK} xlink:href="./Object 1"/></draw:frame>'
CHART = (
    '<chart:chart xmlns:chart="urn:oasis:names:tc:opendocument:xmlns:chart:1.0"><chart:title>'
    "<text:p>Herring</text:p></chart:title><table:table><table:table-header-rows><table:table-row>"
    "<table:table-cell/><table:table-cell><text:p>Landed</text:p></table:table-cell>"
    "</table:table-row></table:table-header-rows><table:table-row><table:table-cell><text:p>2030"
    "</text:p></table:table-cell><table:table-cell><text:p>2845</text:p></table:table-cell>"
    "</table:table-row></table:table></chart:chart>"
)
EDGES = (
    '<office:master-styles><style:master-page style:name="a"><style:header><text:p>Harbour office, '
    "HO-5583</text:p></style:header><style:footer><text:p><text:page-number>3</text:page-number>"
    "</text:p></style:footer></style:master-page></office:master-styles>"
)
TEXT = (
    f"<office:text><text:p>The gauge{NOTE} is <text:a {XLINK} "
    f'xlink:href="https://gauge.example">here</text:a>.</text:p><text:p>{FRAMED}</text:p>'
    f"<table:table><table:table-row><table:table-cell><text:p>Kjelvik</text:p>{NOTE}"
    "</table:table-cell></table:table-row></table:table></office:text>"
)
SHEET = (
    '<office:spreadsheet><table:table table:name="Tides"><table:table-row><table:table-cell>'
    "<text:p>Place</text:p></table:table-cell><table:table-cell><text:p>Metres</text:p>"
    "</table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>Kjelvik"
    f'</text:p></table:table-cell><table:table-cell office:value-type="float">{NOTE}<text:p>2.4'
    "</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>Sum"
    '</text:p></table:table-cell><table:table-cell table:formula="of:=SUM([.B2:.B2])"/>'
    f"</table:table-row><table:shapes>{FRAMED}<draw:custom-shape><text:p>The gauge is new.</text:p>"
    "</draw:custom-shape></table:shapes></table:table></office:spreadsheet>"
)
CHARTED = ["Herring", "", "Landed", "2030 | Landed: 2845", ""]


def test_what_stands_around_the_text() -> None:
    found = document("a.odt", odf(TEXT, common=EDGES, chart=CHART))
    assert found.text.splitlines() == [
        "The gauge is here (https://gauge.example).",
        "",
        "Comment by Sanna: Measured twice.",
        "",
        *CHARTED,
        "Kjelvik",
        "",
        "Comment by Sanna: Measured twice.",
        "",
        "Harbour office, HO-5583",
    ]
    assert marked(found) == [("header", "Harbour office, HO-5583")]
    assert "not_read" not in found.metadata


def test_what_a_sheet_shows() -> None:
    assert document("a.ods", odf(SHEET, chart=CHART)).text.splitlines() == [
        "Tides",
        "",
        "Place | Metres",
        "Place: Kjelvik | Metres: 2.4 (note by Sanna: Measured twice.)",
        "Place: Sum | Metres: =SUM(B2:B2)",
        *CHARTED,
        "The gauge is new.",
    ]


@pytest.mark.parametrize("chart", ["<", "<a/>"])
def test_a_damaged_object_costs_only_itself(chart: str) -> None:
    assert "The gauge is" in document("a.odt", odf(TEXT, chart=chart)).text

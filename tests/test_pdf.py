"""PDFs: what runs over the pages, the order of columns and rows, fields, notes, attached files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_local.corpus.formats.columns import Cell, Printed, in_reading_order
from lepton_local.corpus.formats.layout import Line
from lepton_local.corpus.formats.running import without_running_lines
from tests.parsing import document, documents
from tests.pdfs import Words, drawn

BODY = ["The keeper walks to the lamp each night.", "Nobody else has the key to the tower."]


def pages_of(*edges: list[str]) -> list[list[Line]]:
    """Pages with these lines at the top, and a body."""
    return [[Line(text, 10, False) for text in (*edge, *BODY, "End.")] for edge in edges]


def left(pages: list[list[Line]]) -> list[str]:
    """What is left of their edges."""
    whole = [[line.text for line in page] for page in without_running_lines(pages)]
    return [" / ".join(line for line in page if line not in (*BODY, "End.")) for page in whole]


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        # The same words: the first copy stays.
        ([["Agreement KX-22, A. and S."]] * 3, ["Agreement KX-22, A. and S.", "", ""]),
        # A number that is the page's.
        ([[f"The Journal {n}"] for n in (1, 2, 3)], ["The Journal 1", "", ""]),
        ([[f"Page {n} of 4"] for n in (1, 2, 3, 4)], ["", "", "", ""]),
        ([[f"- {n} -"] for n in (411, 412, 413)], ["", "", ""]),
        ([[n] for n in ("iii", "iv", "v", "vi")], ["", "", "", ""]),
        (
            [[f"{n} Proceedings of the Society of Lamp Keepers"] for n in (88, 89, 90)],
            ["88 Proceedings of the Society of Lamp Keepers", "", ""],
        ),
        # Numbers that are data.
        ([[f"2023-0{n}-02 Ticket {n * 7} {n}9.00"] for n in (3, 4, 5)], None),
        ([[f"Invoice {n}"] for n in (2041, 2042, 2043)], None),
        ([[f"Invoice INV-{n}"] for n in (1, 2, 3)], None),
        ([[f"{n}/22/2015"] for n in (1, 2, 3)], None),
        ([[f"Total {n}.00"] for n in (1, 2, 3)], None),
        ([["Gamma 1.8"], ["Gamma 2.2"], ["Gamma 2.4"]], None),
    ],
)  # fmt: skip
def test_running_lines(edges: list[list[str]], expected: list[str] | None) -> None:
    assert left(pages_of(*edges)) == (expected or [" / ".join(edge) for edge in edges])


SHORT = st.text("ab1 ", min_size=1, max_size=5)


@given(st.lists(st.lists(SHORT, min_size=1, max_size=6), min_size=1, max_size=6))
def test_every_wording_is_left_somewhere(pages: list[list[str]]) -> None:
    """Whatever returns, no words are lost but those of bare page numbers."""
    lines = [[Line(text, 10, False) for text in page] for page in pages]
    kept = {" ".join(line.text.split()) for page in without_running_lines(lines) for line in page}
    given_ = {" ".join(text.split()) for page in pages for text in page}
    assert not {text for text in given_ - kept if any(map(str.isalpha, text))}


COLUMNS = (
    [
        "The harbour board reviewed the yearly",
        "report of the pilots and found that the",
        "number of ships had grown by a tenth.",
    ],
    [
        "Dredging of the east channel begins in",
        "autumn and will cost nine million. The",
        "work is done by the firm of Ostrander.",
    ],
)


def test_columns_that_are_printed_across_are_read_one_by_one() -> None:
    across: list[Words] = [
        (50, 800, "A report for the whole board, on all of the page, to be read first by each.")
    ]
    for row in range(3):
        across += [(50, 780 - 12 * row, COLUMNS[0][row]), (300, 780 - 12 * row, COLUMNS[1][row])]
    text = document("a.pdf", drawn([across])).text
    assert " ".join(text.split()).endswith(" ".join((*COLUMNS[0], *COLUMNS[1])))


def test_columns_that_are_printed_one_by_one_stay() -> None:
    page = [
        (x, 780 - 12 * row, side[row])
        for x, side in zip((50, 300), COLUMNS, strict=True)
        for row in range(3)
    ]
    text = document("a.pdf", drawn([page])).text
    assert " ".join(text.split()) == " ".join((*COLUMNS[0], *COLUMNS[1]))


ROWS = [
    ("Berth", "Ship", "Tonnes"),
    ("4", "Osprey", "1,200"),
    ("11", "Grey Plover", "340"),
    ("12", "Tern", "95"),
]


@pytest.mark.parametrize("by_column", [False, True])
def test_rows_of_tables_stay_rows(by_column: bool) -> None:
    cells = [(50 + 120 * c, 780 - 14 * r, ROWS[r][c]) for r in range(4) for c in range(3)]
    if by_column:
        cells.sort(key=lambda cell: (cell[0], -cell[1]))
    text = document("a.pdf", drawn([cells])).text
    assert text.splitlines() == [" | ".join(row) for row in ROWS]


CELL = st.tuples(st.integers(0, 500), st.integers(1, 200), st.integers(0, 60))


@given(st.lists(st.lists(CELL, min_size=1, max_size=5), max_size=12))
def test_reading_order_loses_and_doubles_nothing(lines: list[list[tuple[int, int, int]]]) -> None:
    printed = [
        Printed(
            tuple(
                Cell(f"{row}.{place}", x, x + wide, 10 * y, 10 * y + 10)
                for place, (x, wide, y) in enumerate(line)
            ),
            10,
            False,
        )
        for row, line in enumerate(lines)
    ]
    found = [cell.text for line in in_reading_order(printed) for cell in line.cells]
    assert sorted(found) == sorted(cell.text for line in printed for cell in line.cells)


FIELD = "/Subtype /Widget /F 4"
TICKED = f"{FIELD} /FT /Btn /T (ok) /V /Yes /AS /Yes"


def test_values_of_fields_stand_beside_their_labels() -> None:
    page = [
        (50, 800, "Application"),
        (50, 770, "Name of the applicant:"),
        (70, 740, "Insured against damage"),
        (70, 710, "A parking space"),
    ]
    data = drawn(
        [page],
        annotations=[
            f"{FIELD} /FT /Tx /T (f1) /V (Marisol Quennell) /Rect [200 768 400 782]",
            f"{FIELD} /FT /Tx /T (f2) /TU (Home harbour) /V (Port Lindry) /Rect [200 650 400 664]",
            f"{FIELD} /FT /Tx /Ff 8192 /T (f3) /TU (Word) /V (secret) /Rect [200 630 400 644]",
            f"{TICKED} /Rect [50 738 62 750]",
            f"{FIELD} /FT /Btn /T (no) /V /Off /AS /Off /Rect [50 708 62 720]",
        ],
    )
    assert document("a.pdf", data).text.splitlines() == [
        "Application",
        "Name of the applicant: Marisol Quennell",
        "[x] Insured against damage",
        "A parking space",
        "Home harbour: Port Lindry",
    ]


def test_notes_are_lines_of_their_page() -> None:
    note = "/Subtype /Text /T (Sanna) /Contents (Is this still true?) /Rect [300 770 320 790]"
    free = "/Subtype /FreeText /DA (/F1 10 Tf) /Contents (Berth 19) /Rect [50 600 200 620]"
    link = "/Subtype /Link /Contents (elsewhere) /Rect [50 600 200 620]"
    hidden = f"{note} /F 2".replace("true", "hidden")
    page = [(50, 775, "The lamp is lit at dusk."), (50, 700, "It burns till dawn.")]
    text = document("a.pdf", drawn([page], annotations=[note, free, link, hidden])).text
    assert text.splitlines() == [
        "The lamp is lit at dusk.",
        "Note by Sanna: Is this still true?",
        "It burns till dawn.",
        "Note: Berth 19",
    ]
    assert document("a.pdf", drawn([[]], annotations=[free])).text == "Note: Berth 19"


def test_attached_files_are_documents() -> None:
    attached = {"figures.txt": b"The lock was opened 812 times.", "photo.jpg": b"x"}
    found = documents("a.pdf", drawn([[(50, 800, "See the figures.")]], attached=attached))
    assert [(each.key, each.text) for each in found] == [
        ("", "See the figures."),
        ("figures.txt", "The lock was opened 812 times."),
    ]
    (only,) = documents("a.pdf", drawn([[]], attached=attached))
    assert only.id == "a.pdf#figures.txt"

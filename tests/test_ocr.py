"""Pictures and scanned pages, read by a recogniser of the test's own; the real one is an extra."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from lepton_local.corpus.formats import ocr
from lepton_local.corpus.formats.image import parse_image
from lepton_local.corpus.formats.pdf import parse_pdf
from lepton_local.corpus.parse import knows
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source
from tests.parsing import documents, left_out, marked, pdf

SOURCE = Source("/root", "a_scan.png", 1, 1)


def shades(picture: ocr.Picture) -> list[str]:
    """Reads a picture as the mean of its colours: enough to tell which one it was given."""
    red, green, blue = picture.reshape(-1, 3).mean(axis=0).round().astype(int)
    return [f"The colours are {red}, {green} and {blue}."]


def nothing(picture: ocr.Picture) -> list[str]:
    return []


def painted(*colours: tuple[int, ...], form: str = "PNG", mode: str = "RGB") -> bytes:
    """A file with a picture of each colour."""
    first, *others = [Image.new(mode, (60, 30), colour) for colour in colours]
    out = io.BytesIO()
    more = {"save_all": True, "append_images": others} if others else {}
    first.save(out, form, **more)
    return out.getvalue()


def joined(*parts: bytes) -> bytes:
    """One PDF with the pages of all."""
    whole = pypdfium2.PdfDocument.new()
    for part in parts:
        whole.import_pages(pypdfium2.PdfDocument(part))
    out = io.BytesIO()
    whole.save(out)
    return out.getvalue()


RED, GREEN = (200, 10, 20), (0, 150, 30)
SCAN = painted(RED, form="PDF")
TEXT = pdf([[(10, "Words of a page that has a text layer.")]])


def read_image(data: bytes, recognise: ocr.Recogniser = shades) -> Document:
    (found,) = parse_image(SOURCE, data, recognise=recognise)
    return found


def read_pdf(data: bytes, recognise: ocr.Recogniser | None) -> Document:
    (found,) = parse_pdf(SOURCE, data, recognise=recognise)
    assert isinstance(found, Document)
    return found


def counts(found: Document) -> dict[str, str]:
    return {name: count for name, count in found.metadata.items() if name.startswith("pages")}


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "WEBP"])
def test_a_picture(form: str) -> None:
    lossless = {"WEBP": painted(RED, form="WEBP")}.get(form) or painted(RED, form=form)
    found = read_image(lossless)
    assert found.text.startswith("The colours are ")
    assert (found.title, found.titled, found.exact, found.marks) == ("a scan", False, False, ())
    assert found.metadata == {"pages": "1", "pages_by_ocr": "1"}
    assert left_out(found) == ""


def test_colours_arrive_as_red_green_blue_on_white_paper() -> None:
    assert read_image(painted(RED)).text == "The colours are 200, 10 and 20."
    assert (
        read_image(painted((0, 0, 0, 0), mode="RGBA")).text == "The colours are 255, 255 and 255."
    )


def test_a_tiff_of_two_pages() -> None:
    found = read_image(painted(RED, GREEN, form="TIFF"))
    assert marked(found) == [
        ("page 1", "The colours are 200, 10 and 20."),
        ("page 2", "The colours are 0, 150 and 30."),
    ]
    assert found.metadata["pages"] == "2"


def test_no_words_in_a_picture() -> None:
    with pytest.raises(SourceError, match="no words in this picture"):
        read_image(painted(RED), nothing)


def test_a_picture_of_too_many_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepton_local.corpus.formats.image._LARGEST", 1000)
    with pytest.raises(SourceError, match=r"60 x 30 pixels"):
        read_image(painted(RED))


@pytest.mark.parametrize("data", [b"no picture", painted(RED)[:40], painted(RED)[:60]])
def test_damaged_pictures(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "recogniser", lambda: shades)
    with pytest.raises(SourceError, match="malformed"):
        documents("a.png", data)


def test_without_the_extra_pictures_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = ["a.png", "a.jpg", "a.jpeg", "a.tif", "a.tiff", "a.bmp", "a.webp"]
    assert [name for name in pictures if knows(name)] == (pictures if ocr.installed() else [])
    monkeypatch.setattr(ocr, "recogniser", lambda: None)
    with pytest.raises(SourceError, match=r"pip install \"lepton-local\[ocr\]\""):
        documents("a.png", painted(RED))


# PDF.


def test_scanned_pages_are_read_and_counted() -> None:
    found = read_pdf(joined(TEXT, SCAN, TEXT), shades)
    assert found.text.split("\n\n")[1].startswith("The colours are ")
    assert [label for label, _ in marked(found)] == ["page 1", "page 2", "page 3"]
    assert counts(found) == {"pages": "3", "pages_by_ocr": "1"}
    assert left_out(found) == ""


def test_pages_that_nobody_reads_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "recogniser", lambda: None)
    whole = joined(SCAN, TEXT, SCAN, pdf([[]]))
    for recognise in (None, nothing):
        found = read_pdf(whole, recognise)
        assert marked(found) == [("page 2", "Words of a page that has a text layer.")]
        assert counts(found) == {"pages": "4", "pages_without_text": "2"}, "blank ones are none"


def test_a_pdf_of_pictures_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "recogniser", lambda: None)
    for installed, advice in ((False, "pip install"), (True, "OCR found no words")):
        monkeypatch.setattr(ocr, "installed", lambda there=installed: there)
        with pytest.raises(SourceError, match=f"no text in this PDF: 2 of its 2 .*{advice}"):
            documents("a.pdf", joined(SCAN, SCAN))
    assert read_pdf(joined(SCAN, SCAN), shades).metadata["pages_by_ocr"] == "2"


def test_recognised_lines_become_paragraphs() -> None:
    lines = ["A line that a scanner has read and that is bro-", "ken at its end, as all are."]
    found = read_pdf(SCAN, lambda picture: lines)
    assert found.text == "A line that a scanner has read and that is broken at its end, as all are."


# The order of what is found.


def box(left: float, top: float, words: str, *, width: float = 100, height: float = 10) -> ocr.Box:
    return (left, top, left + width, top + height, words)


def test_columns_are_read_one_after_the_other() -> None:
    left = [box(0, 40 + 15 * row, f"left {row}") for row in range(4)]
    right = [box(150, 41 + 15 * row, f"right {row}") for row in range(4)]
    mixed = [one for pair in zip(right, left, strict=True) for one in pair]
    page = [*mixed, box(0, 0, "A title over both", width=250), box(0, 150, "below", width=250)]
    stamp = box(-40, 0, "stamp", width=10, height=150)  # printed upwards along the margin
    assert ocr.in_order([stamp, *page]) == [
        *("A title over both", "left 0", "left 1", "left 2", "left 3"),
        *("right 0", "right 1", "right 2", "right 3", "below", "stamp"),
    ]


def test_words_side_by_side_are_one_line() -> None:
    page = [
        box(150, 1, "12 euros"),
        box(0, 0, "Coffee"),
        box(150, 21, "3 euros"),
        box(0, 20, "Tea"),
    ]
    assert ocr.in_order(page) == ["Coffee 12 euros", "Tea 3 euros"]
    assert ocr.in_order([]) == []


def test_a_table_is_read_row_by_row() -> None:
    page = [
        box(60 * column, 15 * row, f"{row}{column}", width=20)
        for column in range(3)
        for row in range(4)
    ]
    assert ocr.in_order(page) == ["00 01 02", "10 11 12", "20 21 22", "30 31 32"]


def test_lines_that_touch_are_read_from_top_to_bottom() -> None:
    page = [box(5 - row, 8 * row, f"line {row}") for row in range(5)]
    assert ocr.in_order(page) == [f"line {row}" for row in range(5)]


def test_every_box_is_read_once() -> None:
    random = np.random.default_rng(1)
    for _ in range(50):
        places = random.integers(0, 200, (30, 2)).tolist()
        page = [box(left, top, f"w{n}") for n, (left, top) in enumerate(places)]
        words = " ".join(ocr.in_order(page)).split()
        assert sorted(words) == sorted(f"w{n}" for n in range(30))

"""Pictures as documents: of files, and in documents, with their words, places and dates."""

from __future__ import annotations

import contextlib
import ctypes
import email.message
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import docx
import numpy as np
import pptx
import pptx.util
import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
import pytest
import xlsxwriter
from PIL import ExifTags, Image

from lepton_local.corpus.formats import depicted, ocr
from lepton_local.corpus.how import How
from lepton_local.corpus.parse import parse, parse_pictures
from lepton_local.corpus.pixels import Pixels
from lepton_local.errors import SourceError
from lepton_local.types import Document, Skipped, Source
from tests.archives import zipped
from tests.office import odf

SEEN = How(pictures=True)
WIDE, HIGH = 120, 80


@pytest.fixture(autouse=True)
def _without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    """What OCR reads in a plain colour depends on whether it is there."""
    monkeypatch.setattr(ocr, "recogniser", lambda: None)


def painted(colour: str = "red", form: str = "PNG", size: tuple[int, int] = (WIDE, HIGH)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form)
    return out.getvalue()


def photo(*, orientation: int = 1, taken: str = "2024:05:03 14:30:00", said: str = "") -> bytes:
    """A JPEG whose left half is red, with what a camera notes."""
    image = Image.new("RGB", (WIDE, HIGH), "blue")
    image.paste((255, 0, 0), (0, 0, WIDE // 2, HIGH))
    exif = image.getexif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.ImageDescription] = said
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


def read(name: str, data: bytes) -> list[Document | Skipped]:
    return list(parse(Source("/root", name, len(data), 1), data, how=SEEN))


def seen(name: str, data: bytes) -> list[Document]:
    """The documents that are pictures."""
    found = [each for each in read(name, data) if isinstance(each, Document)]
    return [each for each in found if depicted.DIGEST in each.metadata]


def dots(name: str, data: bytes, side: int = 32) -> dict[str, np.ndarray]:
    """The pictures by their keys."""
    how = How(pictures=True, side=side)
    found = parse_pictures(Source("/root", name, len(data), 1), data, how=how)
    return {
        each.key: np.frombuffer(each.data, np.uint8).reshape(each.height, each.width, 3)
        for each in found
        if isinstance(each, Pixels)
    }


def docx_file() -> bytes:
    made = docx.Document()
    made.add_paragraph("A report on the canal.")
    made.add_picture(io.BytesIO(painted("red")))
    made.add_paragraph("Figure 1: A red barge at night", style="Caption")
    made.add_picture(io.BytesIO(painted("green")))
    shown = made.inline_shapes[1]._inline.docPr
    shown.set("descr", "Two willows by the water")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def pptx_file() -> bytes:
    made = pptx.Presentation()
    for title, colour in (("Otters of the Thames", "red"), ("Herons", "green")):
        slide = made.slides.add_slide(made.slide_layouts[5])
        assert slide.shapes.title is not None
        slide.shapes.title.text = title
        point = pptx.util.Pt
        slide.shapes.add_picture(
            io.BytesIO(painted(colour)), point(72), point(144), point(120), point(80)
        )
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def xlsx_file() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("Stock")
        sheet.write("A1", "Barges")
        image = {"image_data": io.BytesIO(painted("red")), "description": "A barge for sale"}
        sheet.insert_image("C5", "barge.png", image)
    return out.getvalue()


def odf_file() -> bytes:
    spaces = (
        'xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"'
    )
    body = (
        f"<office:text {spaces}><text:p>A letter.</text:p><draw:frame><draw:text-box><text:p>"
        '<draw:frame><draw:image xlink:href="Pictures/1.png"/><svg:title>Lock gates</svg:title>'
        "</draw:frame>Illustration 1: The lock at Teddington</text:p></draw:text-box>"
        "</draw:frame></office:text>"
    )
    made = odf(body)
    with io.BytesIO(made) as file:
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr("Pictures/1.png", painted("red"))
        return file.getvalue()


def pdf_file(caption: str = "", *, turned: bool = False) -> bytes:
    """A page of A4 with a picture and its caption, and one with the same picture."""
    pdf = pypdfium2.PdfDocument.new()
    for _ in range(2):
        page = pdf.new_page(595, 842)
        image = pypdfium2.PdfImage.new(pdf)
        image.load_jpeg(io.BytesIO(painted("red", "JPEG")), inline=True)
        image.set_matrix(pypdfium2.PdfMatrix().scale(240, 160).translate(100, 500))
        page.insert_obj(image)
        if caption:
            words = pypdfium2.PdfObject(pdfium.FPDFPageObj_NewTextObj(pdf, b"Helvetica", 11.0))
            told = ctypes.create_string_buffer(caption.encode("utf-16-le") + b"\0\0")
            pdfium.FPDFText_SetText(words, ctypes.cast(told, ctypes.POINTER(ctypes.c_ushort)))
            words.set_matrix(pypdfium2.PdfMatrix().translate(100, 480))
            page.insert_obj(words)
        if turned:
            page.set_rotation(90)
        page.gen_content()
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def mail_file() -> bytes:
    made = email.message.EmailMessage()
    made["Subject"], made["From"] = "The boats", "ann@example.org"
    made.set_content("Look at these.")
    made.add_attachment(painted("red"), maintype="image", subtype="png", filename="red_barge.png")
    made.add_attachment(
        painted("green"),
        maintype="image",
        subtype="png",
        disposition="inline",
        filename="shown.png",
        cid="<1>",
    )
    return bytes(made)


def test_a_file_is_found_by_its_name_and_what_it_says_of_itself() -> None:
    (found,) = seen("boats/red_barge-at-night.jpg", photo(said="Barge No. 7 near Kew"))
    assert (found.key, found.title, found.format) == ("", "red barge-at-night", "jpeg")
    assert found.text == "Barge No. 7 near Kew"
    assert (found.metadata["width"], found.metadata["height"]) == (str(WIDE), str(HIGH))
    assert (found.metadata["taken"], found.metadata["date"]) == (
        "2024-05-03T14:30:00",
        "2024-05-03",
    )
    (plain,) = seen("a_barge.png", painted())
    assert plain.text == "a barge"
    assert "taken" not in plain.metadata


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_every_format(form: str) -> None:
    name = f"a.{form.lower()}"
    (found,) = seen(name, painted("blue", form))
    assert found.format == form.lower()
    middle = dots(name, painted("blue", form))[""][16, 16]
    assert np.abs(middle.astype(int) - (0, 0, 255)).max() < 8


def test_a_picture_is_seen_as_the_camera_was_held() -> None:
    (found,) = seen("a.jpg", photo(orientation=6))
    assert (found.metadata["width"], found.metadata["height"]) == (str(HIGH), str(WIDE))
    picture = dots("a.jpg", photo(orientation=6))[""]
    assert picture.shape[0] > picture.shape[1]
    assert picture[2, 16, 0] > 200 > 60 > picture[-3, 16, 0]  # what was left is above


def test_what_is_transparent_lies_on_white_paper() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(out, "PNG")
    assert dots("a.png", out.getvalue())[""].min() == 255


def test_pictures_of_16_bits_are_seen() -> None:
    values = np.linspace(0, 65535, 40 * 40).astype(np.uint16).reshape(40, 40)
    out = io.BytesIO()
    Image.fromarray(values).save(out, "PNG")
    picture = dots("a.png", out.getvalue())[""]
    assert picture[0].max() < 30
    assert picture[-1].min() > 225


def test_a_tiff_of_several_pages() -> None:
    out = io.BytesIO()
    first, second = (Image.new("RGB", (60, 60), colour) for colour in ("red", "green"))
    first.save(out, "TIFF", save_all=True, append_images=[second])
    found = seen("scan.tif", out.getvalue())
    assert [(each.key, each.marks[0].label) for each in found] == [
        ("", "page 1"),
        ("picture 2", "page 2"),
    ]
    assert set(dots("scan.tif", out.getvalue())) == {"", "picture 2"}


CASES: list[tuple[str, Callable[[], bytes], list[tuple[str, str, str]]]] = [
    (
        "a.docx",
        docx_file,
        [
            ("picture 1", "Figure 1: A red barge at night", ""),
            ("picture 2", "Two willows by the water", ""),
        ],
    ),
    (
        "a.pptx",
        pptx_file,
        [
            ("picture 1", "image.png\nOtters of the Thames", "slide 1"),
            ("picture 2", "image.png\nHerons", "slide 2"),
        ],
    ),
    ("a.xlsx", xlsx_file, [("picture 1", "A barge for sale", "Stock!C5")]),
    ("a.odt", odf_file, [("picture 1", "Lock gates\nIllustration 1: The lock at Teddington", "")]),
    ("a.pdf", pdf_file, [("picture 1", "A picture on page 1", "page 1")]),
    ("a.eml", mail_file, [("red_barge.png", "red barge", ""), ("picture 1", "shown", "")]),
]


@pytest.mark.parametrize(("name", "make", "expected"), CASES, ids=[each[0] for each in CASES])
def test_pictures_in_documents(
    name: str, make: Callable[[], bytes], expected: list[tuple[str, str, str]]
) -> None:
    data = make()
    found = seen(name, data)
    told = [(each.key, each.text, each.marks[0].label if each.marks else "") for each in found]
    assert sorted(told) == sorted(expected)
    red = next(each for each in found if each.key in ("picture 1", "red_barge.png"))
    assert set(dots(name, data)) == {each.key for each in found}
    middle = dots(name, data)[red.key][16, 16]
    wanted = (0, 128, 0) if name == "a.eml" and red.key == "picture 1" else (255, 0, 0)
    assert np.abs(middle.astype(int) - wanted).max() < 8
    with contextlib.suppress(SourceError):  # and of nothing else, without being asked for
        for each in parse(Source("/root", name, len(data), 1), data):
            assert isinstance(each, Skipped) or depicted.DIGEST not in each.metadata


def test_a_place_is_told_from_the_top_left_of_the_page_as_it_is_seen() -> None:
    (found,) = seen("a.pdf", pdf_file())
    assert (found.metadata["page"], found.metadata["box"]) == ("1", "100 182 340 342")
    (turned,) = seen("a.pdf", pdf_file(turned=True))
    assert turned.metadata["box"] == "500 100 660 340"
    slide = seen("a.pptx", pptx_file())[1]
    assert (slide.metadata["page"], slide.metadata["box"]) == ("2", "72 144 192 224")


@pytest.mark.parametrize(
    ("below", "caption"),
    [
        ("Figure 3. A red barge at night", "Figure 3. A red barge at night"),
        ("Abbildung 2: Ein Kahn", "Abbildung 2: Ein Kahn"),
        ("The text goes on below it", "A picture on page 1"),
        ("Figures of sales are given below", "A picture on page 1"),
    ],
)
def test_the_caption_at_a_picture_of_a_page(below: str, caption: str) -> None:
    assert [each.text for each in seen("a.pdf", pdf_file(below))] == [caption]


def test_pictures_in_archives_and_what_is_not_read() -> None:
    data = zipped({"x/barge.png": painted(), "a.docx": docx_file()})
    assert {each.id for each in seen("a.zip", data)} == {
        "a.zip#x/barge.png",
        "a.zip#a.docx/picture 1",
        "a.zip#a.docx/picture 2",
    }
    text = next(each for each in read("a.docx", docx_file()) if isinstance(each, Document))
    assert "not_read" not in text.metadata


def test_icons_in_documents_are_no_pictures() -> None:
    made = docx.Document()
    made.add_paragraph("With a bullet.")
    made.add_picture(io.BytesIO(painted(size=(16, 16))))
    out = io.BytesIO()
    made.save(out)
    assert seen("a.docx", out.getvalue()) == []
    assert len(seen("icon.png", painted(size=(16, 16)))) == 1


@pytest.mark.parametrize("data", [b"no picture", painted()[:40], painted("red", "JPEG")[:200]])
def test_a_damaged_file_is_refused_in_a_line(data: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        read("a.png", data)
    assert "\n" not in str(caught.value)


def bomb() -> bytes:
    """A PNG that says it has 400 million dots."""
    data = bytearray(painted())
    data[16:24] = struct.pack(">II", 20_000, 20_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(SourceError, match=r"20,000 x 20,000 dots|decompression bomb") as caught:
        read("a.png", bomb())
    assert "\n" not in str(caught.value)


def test_a_bomb_in_a_document_costs_only_itself() -> None:
    found = read("a.zip", zipped({"bomb.png": bomb(), "barge.png": painted()}))
    assert [each.id for each in found if isinstance(each, Document)] == ["a.zip#barge.png"]
    (skipped,) = [each for each in found if isinstance(each, Skipped)]
    assert skipped.source.path == "a.zip#bomb.png"


@pytest.mark.parametrize(("name", "make"), [each[:2] for each in CASES], ids=[c[0] for c in CASES])
def test_whatever_is_damaged_is_refused_and_nothing_else(
    name: str, make: Callable[[], bytes]
) -> None:
    chance, whole = random.Random(7), make()
    for _ in range(12):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(SourceError):
            for each in read(name, bytes(data)):
                assert isinstance(each, Document) or "\n" not in each.reason


def test_words_in_a_picture_are_read_where_ocr_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "recogniser", lambda: lambda picture: ["Mind the lock"])
    (found,) = seen("a_barge.png", painted())
    assert found.text == "Mind the lock"
    assert {each.text.split("\n")[-1] for each in seen("a.docx", docx_file())} == {"Mind the lock"}

"""The pictures on the pages of a PDF, each with its place and the caption that stands at it."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from functools import partial

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
from PIL import Image

from lepton_local.corpus.formats.depicted import LARGEST, Box, Found, too_large
from lepton_local.corpus.formats.pdf import PDFIUM
from lepton_local.corpus.formats.title import one_line

_FINE = 10  # steps a point: PDFium tells places in whole ones
_NEAR = 60.0  # points below a picture, or above it, in which its caption begins
_BESIDE = 20.0  # points to the left and right of it
_CAPTION = re.compile(
    r"\s*(?:fig(?:ure|\.)?|abb(?:ildung|\.)?|bild|photo(?:graph)?|foto|plate|chart|exhibit|scheme|"
    r"figura|imagen|рис(?:унок|\.)?|图|圖|図)\s*\.?\s*[\dIVXA]",
    re.IGNORECASE,
)
_LONGEST = 300  # characters of a caption
_SCAN = 0.8  # of a page: a picture of it, whose words are read with the page


def pictures_of_pdf(data: bytes) -> Iterator[Found]:
    """The pictures, page by page; a damaged page has none. What is drawn of lines is no picture."""
    with PDFIUM, pypdfium2.PdfDocument(data) as pdf:
        for number in range(len(pdf)):
            try:
                page = pdf[number]
                objects = list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]))
            except pypdfium2.PdfiumError:
                continue
            width, height = page.get_size()
            for each in objects:
                try:
                    box = _box(page, each, width, height)
                    caption = _caption(page, each.get_bounds())
                except pypdfium2.PdfiumError:
                    continue
                share = (box[2] - box[0]) * (box[3] - box[1]) / max(width * height, 1.0)
                yield Found(
                    partial(_drawn, each),
                    words=[caption],
                    page=number + 1,
                    mark=f"page {number + 1}",
                    box=box,
                    read=share < _SCAN,
                )
            page.close()


def _drawn(picture: pypdfium2.PdfImage) -> Image.Image:
    """The picture as it is seen: turned, and without what its mask hides."""
    width, height = picture.get_px_size()
    if width * height > LARGEST:
        raise too_large(width, height)
    try:
        bitmap = picture.get_bitmap(render=True)
    except pypdfium2.PdfiumError:
        bitmap = picture.get_bitmap()
    image: Image.Image = bitmap.to_pil()
    return image


def _box(page: pypdfium2.PdfPage, picture: pypdfium2.PdfImage, width: float, height: float) -> Box:
    """Where it stands on the page as that is seen."""
    left, bottom, right, top = picture.get_bounds()
    corners = [_place(page, x, y, width, height) for x, y in ((left, top), (right, bottom))]
    (x1, x2), (y1, y2) = (sorted(each) for each in zip(*corners, strict=True))
    return max(0.0, x1), max(0.0, y1), min(width, x2), min(height, y2)


def _place(
    page: pypdfium2.PdfPage, x: float, y: float, width: float, height: float
) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    size = round(width * _FINE), round(height * _FINE)
    pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, ctypes.byref(across), ctypes.byref(down))
    return across.value / _FINE, down.value / _FINE


def _caption(page: pypdfium2.PdfPage, bounds: tuple[float, float, float, float]) -> str:
    """The words below a picture, or above it, that begin as captions do; "" without any."""
    left, bottom, right, top = bounds
    layer = page.get_textpage()
    try:
        for low, high in ((bottom - _NEAR, bottom + 2), (top - 2, top + _NEAR)):
            told = layer.get_text_bounded(left - _BESIDE, low, right + _BESIDE, high)
            lines = told.replace("\r", "").split("\n")
            first = next((at for at, line in enumerate(lines) if _CAPTION.match(line)), None)
            if first is not None:
                return one_line(" ".join(lines[first:]), longest=_LONGEST)
    finally:
        layer.close()
    return ""

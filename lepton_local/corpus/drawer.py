"""The process that draws a page of a PDF, shut in as those that parse are: it reads a line of JSON
and the file on its standard input, and writes a PNG to its standard output.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
import sys
from collections.abc import Iterator

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
from PIL import Image

from lepton_local.corpus.worker import confine, hurry

DOTS = 110  # an inch
LARGEST = 2000  # dots a side, for pages as large as posters
SMALL, COLOURS = 80, 24  # dots an inch, and colours, of a picture that is sent
TELLING = 12  # letters of a sentence that is marked by itself
COLOUR = (255, 226, 80)  # of a marker, over which the letters stay black

_SENTENCES = re.compile(r"(?<=[.!?])\s+")

Box = tuple[int, int, int, int]  # left, top, right, bottom, in dots


def main(seconds: float, memory: int) -> None:
    """Draw one page. Exit status: 3 for a file or page that cannot be drawn, ENOMEM for one that
    needs more than `memory` bytes; a signal after `seconds` of processor time.
    """
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    confine(memory)
    hurry(seconds)
    asked = json.loads(sys.stdin.buffer.readline())
    try:
        small = asked["small"]
        image = draw(
            sys.stdin.buffer.read(), asked["page"], asked["words"], dots=SMALL if small else DOTS
        )
        if small:
            image = image.quantize(COLOURS, dither=Image.Dither.NONE)
        image.save(out, format="PNG", optimize=small)
        out.flush()
    except MemoryError:
        os._exit(errno.ENOMEM)
    except BaseException:
        os._exit(3)
    os._exit(0)


def draw(data: bytes, number: int, words: str, *, dots: int = DOTS) -> Image.Image:
    """Page `number` (from 1) with these words marked, wherever white space and hyphens fall; dots:
    an inch.
    """
    with pypdfium2.PdfDocument(data) as pdf:
        page = pdf[number - 1]
        scale = min(dots / 72, LARGEST / max(page.get_size()))
        bitmap = page.render(scale=scale, may_draw_forms=True)
        image = bitmap.to_pil().convert("RGB")
        drawn = np.array(image)
        for left, top, right, bottom in boxes(page, words, *image.size):
            part = drawn[top:bottom, left:right]
            part[:] = part.astype(np.uint16) * COLOUR // 255
    return Image.fromarray(drawn)


def boxes(page: pypdfium2.PdfPage, words: str, width: int, height: int) -> Iterator[Box]:
    """Where the words stand on a page of so many dots, a box a line: all of them, or those of their
    sentences that do.
    """
    layer = page.get_textpage()
    letters, places = [], []
    for place in range(layer.count_chars()):
        code = pdfium.FPDFText_GetUnicode(layer, place)
        for letter in _letters(chr(code) if code < 0x110000 else ""):
            letters.append(letter)
            places.append(place)
    told = "".join(letters)
    whole = _letters(words)
    parts = [whole] if whole in told else map(_letters, _SENTENCES.split(words))
    for part in parts:
        at = told.find(part) if part == whole or len(part) >= TELLING else -1
        if part and at >= 0:
            first, last = places[at], places[at + len(part) - 1]
            for number in range(layer.count_rects(first, last - first + 1)):
                yield _box(page, layer.get_rect(number), width, height)


def _box(page: pypdfium2.PdfPage, rectangle: tuple[float, ...], width: int, height: int) -> Box:
    left, bottom, right, top = rectangle
    corners = [_dot(page, x, y, width, height) for x, y in ((left, top), (right, bottom))]
    (x1, x2), (y1, y2) = (sorted(each) for each in zip(*corners, strict=True))
    return max(0, x1 - 1), max(0, y1 - 1), min(width, x2 + 2), min(height, y2 + 2)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _dot(page: pypdfium2.PdfPage, x: float, y: float, width: int, height: int) -> tuple[int, int]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(
        page, 0, 0, width, height, 0, x, y, ctypes.byref(across), ctypes.byref(down)
    )
    return across.value, down.value

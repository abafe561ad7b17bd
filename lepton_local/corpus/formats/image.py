"""Pictures: the words that OCR reads in them; a TIFF may have several pages."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator

import numpy as np

from lepton_local.corpus.formats import ocr
from lepton_local.corpus.formats.layout import Line
from lepton_local.corpus.formats.reflow import write_pages
from lepton_local.corpus.formats.title import from_name
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_LARGEST = 80_000_000  # pixels; an A4 page at 600 dots an inch has 35 million
_PAGES = 2000


def parse_image(
    source: Source, data: bytes, *, recognise: ocr.Recogniser | None = None
) -> Iterator[Document]:
    """One document, titled after the file's name, with a mark "page 2" at each page of several.

    Raises SourceError for a picture without words, and where the extra `ocr` is not installed.
    """
    recognise = recognise or ocr.recogniser()
    if recognise is None:
        raise SourceError(f"a picture: to read the words in it, {ocr.INSTALL}")
    pages = [
        [Line(words, 1.0, False) for words in recognise(picture) if words.strip()]
        for picture in _pictures(data)
    ]
    if not any(pages):
        raise SourceError("no words in this picture that OCR can read")
    writer = Writer()
    write_pages(pages, [[0] * len(page) for page in pages], writer)
    yield Document(
        source=source,
        text=writer.text(),
        title=from_name(source.path),
        marks=writer.marks() if len(pages) > 1 else (),
        metadata={"pages": str(len(pages)), "pages_by_ocr": str(len(pages))},
    )


def _pictures(data: bytes) -> Iterator[ocr.Picture]:
    from PIL import Image, ImageOps, ImageSequence

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged metadata, and sizes, which are judged below
        with Image.open(io.BytesIO(data)) as image:
            for number, frame in enumerate(ImageSequence.Iterator(image), 1):
                if frame.width * frame.height > _LARGEST:
                    size = f"{frame.width:,} x {frame.height:,} pixels"
                    raise SourceError(f"{size}; pictures of up to {_LARGEST:,} are read")
                if number > _PAGES:
                    raise SourceError(f"more than {_PAGES:,} pictures in one file")
                whole = ImageOps.exif_transpose(frame).convert("RGBA")
                paper = Image.new("RGBA", whole.size, "white")  # under what is transparent
                paper.alpha_composite(whole)
                yield np.asarray(paper.convert("RGB"))

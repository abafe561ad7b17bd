"""A file that is a picture; a TIFF may be several."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PIL import Image

from lepton_local.corpus.formats.depicted import Found, opened
from lepton_local.errors import SourceError

_PAGES = 2000


def pictures_of_image(data: bytes) -> Iterator[Found]:
    """The picture; each page of a TIFF. What moves is its first picture."""
    with opened(data) as image:
        pages = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
    if pages > _PAGES:
        raise SourceError(f"more than {_PAGES:,} pictures in one file")
    for number in range(pages):
        mark = f"page {number + 1}" if pages > 1 else ""
        yield Found(partial(_page, data, number), mark=mark, page=number + 1 if mark else 0)


def _page(data: bytes, number: int) -> Image.Image:
    image = opened(data)
    if number:
        image.seek(number)
    return image

"""A picture as a document of its own, whose text is the words that belong to it, or as dots.

Pillow opens it, within a limit of dots that is checked before any is unpacked.
https://pillow.readthedocs.io/en/stable/reference/Image.html
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from lepton_local.corpus.formats.title import from_name, one_line
from lepton_local.corpus.formats.writer import clean
from lepton_local.corpus.how import SIDE
from lepton_local.corpus.pixels import Pixels
from lepton_local.errors import SourceError
from lepton_local.types import Document, Mark, Source

LARGEST = 80_000_000  # dots; an A4 page at 600 dots an inch has 35 million
LONG = 4  # times the shorter side that the longer one of what is looked at may have
# What metadata calls a picture's digest, its dots, where it stands, and when it was taken.
DIGEST, WIDTH, HEIGHT, PAGE, BOX, TAKEN = "picture", "width", "height", "page", "box", "taken"
_SAID = ("Title", "Description", "Comment", "comment")  # of the fields of a PNG or a GIF
_DAY = re.compile(r"(\d{4}):(\d\d):(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_TURNED = frozenset((5, 6, 7, 8))  # orientations that lie on their side

Box = tuple[float, float, float, float]  # left, top, right, bottom, in points from the top left
Recognise = Callable[[np.ndarray], list[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """A picture where it stands. `open` gives it, and may raise what Pillow raises."""

    open: Callable[[], Image.Image]
    words: Sequence[str] = ()  # that belong to it: alternative text, a caption
    name: str = ""  # of the file that it was
    page: int = 0  # 0: there are none
    mark: str = ""  # "page 3", "slide 2"
    box: Box | None = None
    read: bool = True  # the words in it, where these are read: those of a page are read with it


@dataclass(frozen=True, slots=True)
class Look:
    """A picture that was looked at. small: upright, as large as is looked at; form: "jpeg"."""

    small: Image.Image
    digest: str  # equal pictures have equal ones, of whatever form
    width: int  # of the whole, as it is seen
    height: int
    form: str
    said: Sequence[str]  # by the file, of itself
    taken: str


def look(found: Found) -> Look:
    """Look at a picture. Raises SourceError for one of too many dots, and what Pillow raises."""
    with _open(found) as image:
        size, said, taken = _size(image), tuple(_told(image)), _taken(image)
        form = (image.format or "png").lower()
        small = _reduced(image, SIDE)
    made = hashlib.blake2b(f"{small.width} {small.height} ".encode(), digest_size=16)
    made.update(small.tobytes())
    return Look(small, made.hexdigest(), *size, form, said, taken)


def document(
    source: Source, found: Found, seen: Look, key: str, recognise: Recognise | None
) -> Document:
    """A picture as a document, of which `recognise` reads the words in it. Raises as `look`."""
    read = []
    if recognise is not None and found.read:
        with _open(found) as image:
            read = recognise(np.asarray(_reduced(image, max(image.size))))
    lines = [one_line(clean(each), longest=2000) for each in (*found.words, *seen.said, *read)]
    words = dict.fromkeys(each for each in lines if each)
    name = from_name(found.name or source.path)
    where = f"on {found.mark}" if found.mark else f"in {name}"
    text = "\n".join(words) or (f"A picture {where}" if key and not found.name else name)
    about = {DIGEST: seen.digest, WIDTH: str(seen.width), HEIGHT: str(seen.height)}
    about |= {PAGE: str(found.page)} if found.page else {}
    about |= {BOX: " ".join(f"{each:g}" for each in found.box)} if found.box else {}
    about |= {TAKEN: seen.taken, "date": seen.taken[:10]} if seen.taken else {}
    return Document(
        source,
        text,
        title=from_name(source.path),
        key=key,
        marks=(Mark(0, found.mark),) if found.mark else (),
        format=seen.form,
        metadata=about,
    )


def pixels(seen: Look, key: str, side: int) -> Pixels:
    """A picture as dots, the shorter side of at most so many."""
    small = _reduced(seen.small, side)
    return Pixels(key, *small.size, small.tobytes())


def opened(data: bytes) -> Image.Image:
    """The picture in a file, of which nothing is unpacked yet. Raises SourceError for what is
    none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are judged before anything is unpacked
            return Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise SourceError("no picture of a known format, or a damaged one") from None
    except Image.DecompressionBombError as error:
        raise SourceError(str(error)) from None


@contextmanager
def _open(found: Found) -> Iterator[Image.Image]:
    """The picture, once its size is known to be bearable."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged metadata, and sizes, which are judged here
        with found.open() as image:
            if image.width * image.height > LARGEST:
                raise too_large(image.width, image.height)
            yield image


def too_large(width: int, height: int) -> SourceError:
    """That a picture has too many dots."""
    return SourceError(f"{width:,} x {height:,} dots; pictures of up to {LARGEST:,} are read")


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """The picture upright, on white paper, of three colours, and no larger than is looked at."""
    image.draft("RGB", (2 * side, 2 * side))  # a JPEG need not be unpacked in full
    image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF":  # of 16 bits or more
        values = np.asarray(image, dtype=np.float64)
        low, high = float(values.min()), float(values.max())
        image = Image.fromarray(((values - low) * (255 / max(high - low, 1))).astype(np.uint8))
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGBA")
    scale = min(1.0, side / min(image.size), LONG * side / max(image.size))
    if scale < 1:
        size = [max(1, round(each * scale)) for each in image.size]
        image = image.resize((size[0], size[1]), Image.Resampling.BICUBIC, reducing_gap=3.0)
    if image.mode == "RGBA":
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        image = paper
    return image.convert("RGB")


def _size(image: Image.Image) -> tuple[int, int]:
    """Width and height as it is seen."""
    width, height = image.size
    turned = image.getexif().get(ExifTags.Base.Orientation) in _TURNED
    return (height, width) if turned else (width, height)


def _told(image: Image.Image) -> Iterator[str]:
    """What the file says of itself."""
    yield str(image.getexif().get(ExifTags.Base.ImageDescription, ""))
    for name in _SAID:
        value = image.info.get(name, "")
        yield value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _taken(image: Image.Image) -> str:
    """When it was taken, in ISO 8601, by the clock of the camera; "" where it does not say."""
    exif = image.getexif()
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    for value in (inner.get(ExifTags.Base.DateTimeOriginal), exif.get(ExifTags.Base.DateTime)):
        if match := _DAY.match(str(value)):
            year, month, day, hour, minute, second = match.groups()
            return f"{year}-{month}-{day}T{hour}:{minute}:{second}"
    return ""

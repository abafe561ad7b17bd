"""The pictures of OpenDocument texts, presentations and spreadsheets."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from PIL import Image

from lepton_local.corpus.formats.depicted import Box, Found, opened
from lepton_local.corpus.formats.member import LARGEST
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.tree import local, parse_xml
from lepton_local.corpus.formats.unzip import open_zip, read_member
from lepton_local.corpus.suffixes import FAMILIES, format_named
from lepton_local.errors import SourceError

_URN = "{urn:oasis:names:tc:opendocument:xmlns:"
_DRAW, _SVG = f"{_URN}drawing:1.0}}", f"{_URN}svg-compatible:1.0}}"
_SAID = (f"{_SVG}title", f"{_SVG}desc")
_HREF = "{http://www.w3.org/1999/xlink}href"
_TABLE = f"{_URN}table:1.0}}"
_LENGTH = re.compile(r"(-?[\d.]+)(cm|mm|in|pt|pc)\Z")
_POINTS = {"cm": 72 / 2.54, "mm": 7.2 / 2.54, "in": 72.0, "pt": 1.0, "pc": 12.0}


def pictures_of_odf(data: bytes) -> Iterator[Found]:
    """Those of the content, in order. In a text, a caption stands in a box with its picture."""
    if data.lstrip()[:5] == b"<?xml":
        yield from _pictures(parse_xml(data, "the file"), None)
        return
    with open_zip(data) as archive:
        content = parse_xml(read_member(archive, "content.xml"), "content.xml")
        yield from _pictures(content, archive)


def _pictures(content: Any, archive: Any) -> Iterator[Found]:
    numbers = {page: n for n, page in enumerate(content.iter(f"{_DRAW}page"), 1)}
    for image in content.iter(f"{_DRAW}image"):
        frame = image.getparent()
        if local(frame) != "frame":
            continue
        name = image.get(_HREF, "").removeprefix("./")
        if archive is not None and format_named(name) not in FAMILIES["image"]:
            continue
        said = [frame.findtext(tag) or "" for tag in _SAID]
        above = next((each for each in frame.iterancestors() if local(each) == "text-box"), None)
        caption = [_caption(above)] if above is not None else []
        page = next(frame.iterancestors(f"{_DRAW}page"), None)
        sheet = next(frame.iterancestors(f"{_TABLE}table"), None)
        number = numbers.get(page, 0)
        mark = (
            f"slide {number}"
            if number
            else sheet.get(f"{_TABLE}name", "")
            if sheet is not None
            else ""
        )
        yield Found(
            partial(_opened, archive, name, image),
            words=[*said, *caption],
            page=number,
            mark=mark,
            box=_box(frame) if number else None,
        )


def _caption(box: Any) -> str:
    """The words in a box, but for what is said of the picture in place of it."""
    parts = []
    for each in box.iter():
        parts.append(each.text or "" if each.tag not in _SAID else "")
        parts.append(each.tail or "" if each is not box else "")
    return one_line("".join(parts))


def _opened(archive: Any, name: str, image: Any) -> Image.Image:
    if archive is not None:
        return opened(read_member(archive, name, LARGEST))
    told = next((each.text or "" for each in image if local(each) == "binary-data"), "")
    try:
        return opened(base64.b64decode(told))
    except binascii.Error as error:
        raise SourceError(f"malformed: {error}") from error


def _box(frame: Any) -> Box | None:
    told = [_points(frame.get(f"{_SVG}{name}", "")) for name in ("x", "y", "width", "height")]
    left, top, width, height = told
    if left is None or top is None or width is None or height is None:
        return None
    return left, top, left + width, top + height


def _points(length: str) -> float | None:
    match = _LENGTH.match(length)
    try:
        return round(float(match[1]) * _POINTS[match[2]], 1) if match else None
    except ValueError:
        return None

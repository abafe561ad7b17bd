"""The pictures of DOCX, PPTX and XLSX: each where it is shown, with its alternative text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any
from zipfile import ZipFile

from PIL import Image

from lepton_local.corpus.formats.depicted import Box, Found, opened
from lepton_local.corpus.formats.member import LARGEST
from lepton_local.corpus.formats.opc import Package
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.unzip import open_zip, read_member
from lepton_local.corpus.suffixes import FAMILIES, format_named
from lepton_local.errors import SourceError

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_X = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_V = "{urn:schemas-microsoft-com:vml}"
_BLIP, _WORDS = f"{_A}blip", f"{_A}t"
_EMU = 12_700  # a point
_TITLES = ("title", "ctrTitle")


def pictures_of_docx(data: bytes) -> Iterator[Found]:
    """Those of the body in their order. A caption is the paragraph in that style behind one, or
    before it.
    """
    with open_zip(data) as archive:
        package = Package(archive)
        targets = _targets(package, package.main)
        paragraphs = [*package.tree(package.main).iter(f"{_W}p")]
        captions = {at: _text(p, f"{_W}t") for at, p in enumerate(paragraphs) if _is_caption(p)}
        for at, paragraph in enumerate(paragraphs):
            shown = [*paragraph.iter(_BLIP, f"{_V}imagedata")]
            if not shown:
                continue
            caption = next((n for n in (at + 1, at - 1) if n in captions), None)
            words = [captions.pop(caption)] if caption is not None else []
            for each in shown:
                name = targets.get(each.get(f"{_R}embed") or each.get(f"{_R}id") or "")
                about = next(each.iterancestors(f"{_WP}inline", f"{_WP}anchor"), None)
                told = about.find(f"{_WP}docPr") if about is not None else None
                yield from _found(archive, name, [*_said(told), *words])


def pictures_of_pptx(data: bytes) -> Iterator[Found]:
    """Those of each slide, where they stand on it; what a slide is called is told of them too."""
    with open_zip(data) as archive:
        package = Package(archive)
        slides = _targets(package, package.main)
        listed = package.tree(package.main).iterfind(f"{_P}sldIdLst/{_P}sldId")
        for number, entry in enumerate(listed, 1):
            part = slides.get(entry.get(f"{_R}id", ""), "")
            with suppress(SourceError):
                tree, targets = package.tree(part), _targets(package, part)
                title = next(
                    (_text(each, _WORDS) for each in tree.iter(f"{_P}sp") if _heads(each)), ""
                )
                for each in tree.iter(f"{_P}pic"):
                    blip = next(each.iter(_BLIP), None)
                    name = targets.get(blip.get(f"{_R}embed", "")) if blip is not None else None
                    words = [*_said(next(each.iter(f"{_P}cNvPr"), None)), title]
                    yield from _found(
                        archive, name, words, page=number, mark=f"slide {number}", box=_box(each)
                    )


def pictures_of_xlsx(data: bytes) -> Iterator[Found]:
    """Those of each sheet, at the cell over which they begin."""
    with open_zip(data) as archive:
        package = Package(archive)
        sheets = _targets(package, package.main)
        for entry in package.tree(package.main).iter(f"{_S}sheet"):
            part = sheets.get(entry.get(f"{_R}id", ""), "")
            for relation in package.relations(part):
                if relation.kind != "drawing" or relation.external:
                    continue
                with suppress(SourceError):
                    tree = package.tree(relation.target)
                    targets = _targets(package, relation.target)
                    for each in tree.iter(f"{_X}pic"):
                        blip = next(each.iter(_BLIP), None)
                        name = targets.get(blip.get(f"{_R}embed", "")) if blip is not None else None
                        words = _said(next(each.iter(f"{_X}cNvPr"), None))
                        mark = _cell(entry.get("name", ""), each)
                        yield from _found(archive, name, words, mark=mark)


def _found(archive: ZipFile, name: str | None, words: list[str], **where: Any) -> Iterator[Found]:
    """A picture, if its part is one of a format that is read."""
    if name and format_named(name) in FAMILIES["image"]:
        yield Found(partial(_opened, archive, name), words=words, **where)


def _opened(archive: ZipFile, name: str) -> Image.Image:
    return opened(read_member(archive, name, LARGEST))


def _targets(package: Package, part: str) -> dict[str, str]:
    return {each.id: each.target for each in package.relations(part) if not each.external}


def _said(told: Any) -> list[str]:
    """What properties of a drawing say of it: alternative text, title."""
    if told is None:
        return []
    return [words for name in ("descr", "title") if (words := told.get(name, "").strip())]


def _text(element: Any, tag: str) -> str:
    return one_line("".join(each.text or "" for each in element.iter(tag)))


def _is_caption(paragraph: Any) -> bool:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return style is not None and "caption" in style.get(f"{_W}val", "").lower()


def _heads(shape: Any) -> bool:
    found = shape.find(f"*/{_P}nvPr/{_P}ph")
    return found is not None and found.get("type") in _TITLES


def _box(picture: Any) -> Box | None:
    place = next(picture.iter(f"{_A}xfrm"), None)
    off, size = (
        (place.find(f"{_A}off"), place.find(f"{_A}ext")) if place is not None else (None, None)
    )
    if off is None or size is None:
        return None
    with suppress(ValueError):
        left, top = (int(off.get(name, "")) / _EMU for name in "xy")
        width, height = (int(size.get(name, "")) / _EMU for name in ("cx", "cy"))
        return left, top, left + width, top + height
    return None


def _cell(sheet: str, picture: Any) -> str:
    """ "Sales!B3", the cell over which a picture begins; of one that floats, the sheet."""
    begin = next(
        (each.find(f"{_X}from") for each in picture.iterancestors() if each.tag.startswith(_X)),
        None,
    )
    if begin is None:
        return sheet
    column, row = (int(begin.findtext(f"{_X}{name}") or 0) for name in ("col", "row"))
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{sheet}!{letters}{row + 1}"

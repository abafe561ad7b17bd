"""Who finds the pictures in files of a format, and what becomes of them: documents, or dots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from lepton_local.corpus import pulse
from lepton_local.corpus.formats import ocr
from lepton_local.corpus.formats.member import Refused
from lepton_local.corpus.how import How
from lepton_local.corpus.members import Pictures
from lepton_local.corpus.pixels import Pixels
from lepton_local.corpus.suffixes import CONTAINERS, FAMILIES, format_named
from lepton_local.types import Document, Source

if TYPE_CHECKING:
    from lepton_local.corpus.formats.depicted import Found

MOST = 2000  # pictures of a source
SMALL = 48  # dots of the shorter side of a picture in a document: less is a bullet, a rule, an icon

_WHOLE = ("whole_picture", "pictures_of_image")
# Format -> the module in formats/ that finds the pictures in it, and the function there.
_FINDERS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(FAMILIES["image"], _WHOLE),
    "pdf": ("pdf_pictures", "pictures_of_pdf"),
    "docx": ("ooxml_pictures", "pictures_of_docx"),
    "pptx": ("ooxml_pictures", "pictures_of_pptx"),
    **dict.fromkeys(("xlsx", "xlsm"), ("ooxml_pictures", "pictures_of_xlsx")),
    **dict.fromkeys(("odt", "odp", "ods"), ("odf_pictures", "pictures_of_odf")),
    **dict.fromkeys(("eml", "mhtml"), ("mail_pictures", "pictures_of_mail")),
}


def pictures_of(form: str) -> Pictures | None:
    """Who gives the pictures in files of a format; None where there are none."""
    found = _FINDERS.get(form)
    return None if found is None else partial(_pictures, found)


def may_hold_pictures(path: str) -> bool:
    """Whether there may be pictures in files of this name."""
    form = format_named(path)
    return form in _FINDERS or form in CONTAINERS


def _pictures(
    place: tuple[str, str], source: Source, data: bytes, how: How
) -> Iterator[Document | Pixels | Refused]:
    """Each picture once, where it stands first. One that cannot be read costs only itself."""
    from lepton_local.corpus.formats import depicted  # this loads Pillow

    module, name = place
    find: Callable[[bytes], Iterator[Found]] = getattr(
        import_module(f"lepton_local.corpus.formats.{module}"), name
    )
    alone = place == _WHOLE
    recognise = None if how.side else ocr.recogniser()
    known: set[str] = set()
    for number, found in enumerate(find(data), 1):
        key = "" if alone and number == 1 else f"picture {number}"
        if number > MOST:
            yield Refused("", f"more than {MOST:,} pictures in it; the rest is left out")
            return
        if how.key and not how.key.endswith(key):
            continue  # another one is wanted
        try:
            seen = depicted.look(found)
            if seen.digest in known or (not alone and min(seen.width, seen.height) < SMALL):
                continue
            known.add(seen.digest)
            if how.side:
                yield depicted.pixels(seen, key, how.side)
            else:
                yield depicted.document(source, found, seen, key, recognise)
        except MemoryError:
            raise
        except Exception as error:  # a library may raise anything on a file made to break it
            if not key:
                raise
            yield Refused(key, " ".join(str(error).split())[:200] or type(error).__name__)
        pulse.beat()

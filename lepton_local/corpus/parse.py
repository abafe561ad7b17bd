"""Which parser reads which file, and the one door through which all parsers are called."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import PurePosixPath

from lepton_local.corpus.converter import target_of
from lepton_local.corpus.formats.archive import parse_tar, parse_zip
from lepton_local.corpus.formats.asciidoc import parse_asciidoc
from lepton_local.corpus.formats.calendar import parse_calendar
from lepton_local.corpus.formats.code import parse_code
from lepton_local.corpus.formats.compressed import parse_compressed
from lepton_local.corpus.formats.data import parse_data
from lepton_local.corpus.formats.latex import parse_latex
from lepton_local.corpus.formats.man import is_manual, parse_man
from lepton_local.corpus.formats.markdown import parse_markdown
from lepton_local.corpus.formats.member import Member, Refused
from lepton_local.corpus.formats.notebook import parse_notebook
from lepton_local.corpus.formats.org import parse_org
from lepton_local.corpus.formats.rst import parse_rst
from lepton_local.corpus.formats.rtf import parse_rtf
from lepton_local.corpus.formats.signed import parse_signed
from lepton_local.corpus.formats.subtitles import parse_subtitles
from lepton_local.corpus.formats.table import parse_csv, parse_jsonl
from lepton_local.corpus.formats.text import parse_text
from lepton_local.corpus.formats.tnef import parse_tnef
from lepton_local.corpus.how import AS_EVER, How
from lepton_local.corpus.language import identify
from lepton_local.corpus.members import Format, Parser, unfold
from lepton_local.corpus.pictured import pictures_of
from lepton_local.corpus.pixels import Pixels
from lepton_local.corpus.suffixes import FAMILIES, NAMES, format_named, unpacked_name
from lepton_local.errors import SourceError
from lepton_local.types import Document, Skipped, Source


def _late(module: str, name: str) -> Parser:
    """The parser `name` of a module in formats/ whose libraries are loaded when a file needs them:
    together they take longer than most folders take to parse.
    """

    def parse_late(source: Source, data: bytes) -> Iterator[Document | Member | Refused]:
        found = import_module(f"lepton_local.corpus.formats.{module}")
        parser: Parser = getattr(found, name)
        return parser(source, data)

    return parse_late


_picture = _late("image", "parse_image")
# Who reads each format of `SUFFIXES`; pictures are read where the extra is installed.
PARSERS: dict[str, Parser] = {
    "text": parse_text,
    "markdown": parse_markdown,
    "rst": parse_rst,
    "latex": parse_latex,
    "org": parse_org,
    "asciidoc": parse_asciidoc,
    "man": parse_man,
    **dict.fromkeys(FAMILIES["subtitles"], parse_subtitles),
    "notebook": parse_notebook,
    "html": _late("html", "parse_html"),
    "pdf": _late("pdf", "parse_pdf"),
    "doc": _late("doc", "parse_doc"),
    "docx": _late("docx", "parse_docx"),
    "pptx": _late("pptx", "parse_pptx"),
    **dict.fromkeys(("xlsx", "xlsm", "xlsb", "xls"), _late("workbook", "parse_workbook")),
    **dict.fromkeys(("odt", "odp", "ods"), _late("odf", "parse_odf")),
    "rtf": parse_rtf,
    "epub": _late("epub", "parse_epub"),
    "jsonl": parse_jsonl,
    "csv": parse_csv,
    **dict.fromkeys(FAMILIES["code"], parse_code),
    **dict.fromkeys(FAMILIES["data"], parse_data),
    **dict.fromkeys(
        ("png", "jpeg", "tiff", "bmp", "webp") if find_spec("rapidocr") else (), _picture
    ),
    "zip": parse_zip,
    "tar": parse_tar,
    "eml": _late("mail", "parse_eml"),
    "mbox": _late("mail", "parse_mbox"),
    "msg": _late("msg", "parse_msg"),
    "mhtml": _late("mail", "parse_mhtml"),
    "tnef": parse_tnef,
    "p7m": parse_signed,
    **dict.fromkeys(FAMILIES["calendar"], parse_calendar),
}
_CODE = frozenset(FAMILIES["code"])  # written in no human language
_ROWS = frozenset(("jsonl", "csv"))  # a document a row
_SEEN = frozenset((*FAMILIES["image"], "pdf"))  # in which there are pictures, and no members
_SAMPLE = 2000  # characters that tell a document's language


def knows(path: str, *, root: str = "", pictures: bool = False) -> bool:
    """Whether files of this name are of a known format. pictures: whether these are documents.

    A name like `syslog.1` tells too little: under `root`, the file itself is asked whether it is a
    manual page.
    """
    if root and format_named(path) == "man":
        return is_manual(os.path.join(root, path))
    form = format_named(path)
    return form in PARSERS or (pictures and form in FAMILIES["image"])


def parse(
    source: Source, data: bytes, *, name: str = "", how: How = AS_EVER
) -> Iterator[Document | Skipped]:
    """The documents of a source, and after them the members of it that cannot be indexed, as
    `path#key`. name: what tells the format, where the source was converted.

    A file of an unknown format is read as plain text. Raises SourceError, and nothing else, for a
    file that cannot be indexed, or of which no member can.
    """
    items = _items(source, data, name, how)
    return (item for item in items if not isinstance(item, Pixels))


def parse_pictures(
    source: Source, data: bytes, *, name: str = "", how: How
) -> Iterator[Pixels | Skipped]:
    """The pictures of a source by the keys that they have as documents, as `parse` gives these."""
    items = _items(source, data, name, how)
    return (item for item in items if not isinstance(item, Document))


def _items(
    source: Source, data: bytes, name: str, how: How
) -> Iterator[Document | Skipped | Pixels]:
    format_of = partial(_format_of, how=how)
    form = format_of(name or source.path) or _unasked(source.path)
    if name not in ("", source.path):  # it is called as the file is
        form = Format(
            PurePosixPath(source.path).suffix.lower().removeprefix("."), form.parser, form.pictures
        )
    keys: Counter[str] = Counter()
    refused: list[Refused] = []
    for found in unfold(source, data, format_of, form, how=how):
        if isinstance(found, Refused):
            refused.append(found)
            continue
        if isinstance(found, Pixels):
            yield replace(found, key=_free(found.key, keys))
            continue
        language = "en" if found.format in _CODE else identify(found.text[:_SAMPLE])
        yield replace(found, source=source, key=_free(found.key, keys), language=language)
    if not keys and not how.side:
        reasons = (f"{each.key}: {each.reason}" if each.key else each.reason for each in refused)
        raise SourceError("; ".join(islice(reasons, 3)) or "no text in it")
    for each in refused:
        path = f"{source.path}#{each.key}" if each.key else source.path
        yield Skipped(replace(source, path=path), each.reason)


def format_of(path: str) -> tuple[str, str]:
    """The format that files of this name are read in ("pdf", "xlsx", "text"), and what of the name
    tells it: "suffix", "name", "LibreOffice" where that converts it, or "nothing" where the file is
    read as plain text because somebody asked for it.
    """
    name = PurePosixPath(path).name.lower()
    told = "name" if name in NAMES else "suffix"
    form = _format_of(name)
    if form is None and target_of(name):
        return PurePosixPath(name).suffix.removeprefix("."), "LibreOffice"
    if form is None:
        form, told = _unasked(name), "nothing"
    return f"{form.name}, compressed" if unpacked_name(name) else form.name, told


def _free(key: str, times: Counter[str]) -> str:
    """The key, or else `key@2`, `key@3`: the first that no document has yet. Takes note of it."""
    free = key
    while times[free]:
        times[key] += 1
        free = f"{key}@{times[key]}"
    times[free] += 1
    return free


def _format_of(path: str, *, how: How = AS_EVER) -> Format | None:
    name = format_named(path)
    parser = PARSERS.get(name)
    if unpacked_name(path) and (parser or (how.pictures and name in FAMILIES["image"])):
        return Format(name, parse_compressed)
    pictures = pictures_of(name) if how.pictures else None
    if name in (_SEEN if how.side else FAMILIES["image"]) and pictures:
        return Format(name, None, pictures)
    if parser is None:
        return None
    if how.text_fields and name in _ROWS:
        parser = partial(parser, text_fields=how.text_fields)
    return Format(name, parser, pictures)


def _unasked(path: str) -> Format:
    """How a file is read that a crawl passes over, and that a person has named."""
    picture = format_named(path) in FAMILIES["image"]
    return Format(format_named(path), _picture) if picture else Format("text", parse_text)

"""What the libraries under the parsers do by themselves: what a parser is measured against."""

from __future__ import annotations

import email
import email.policy
import gzip
import io
import zipfile
from collections.abc import Callable
from email.message import Message

import docx
import pptx
import pypdfium2  # type: ignore[import-untyped]
from lxml import etree, html  # type: ignore[import-untyped]
from python_calamine import CalamineWorkbook

from lepton_local.corpus.suffixes import unpacked_name


def library_of(form: str) -> str:
    """The library under the parser of a format; empty if the parser is the project's own."""
    return LIBRARIES.get(form.partition(",")[0], ("",))[0]


def read_alone(form: str, path: str, data: bytes) -> None:
    """Read all text of a file with that library, if there is one."""
    if library_of(form):
        packed = bool(unpacked_name(path))
        LIBRARIES[form.partition(",")[0]][1](gzip.decompress(data) if packed else data)


def _pdf(data: bytes) -> None:
    pdf = pypdfium2.PdfDocument(data)
    for page in pdf:
        page.get_textpage().get_text_range()
    pdf.close()


def _docx(data: bytes) -> None:
    found = docx.Document(io.BytesIO(data))
    for paragraph in found.element.body.iter("{*}p"):
        "".join(paragraph.itertext("{*}t"))


def _pptx(data: bytes) -> None:
    for slide in pptx.Presentation(io.BytesIO(data)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                _ = shape.text_frame.text


def _workbook(data: bytes) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()


def _zipped_xml(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name == "content.xml" or name.endswith(("html", "htm")):
                "".join(etree.fromstring(archive.read(name)).itertext())


def _zip(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            archive.read(name)


def _message(data: bytes) -> None:
    _parts(email.message_from_bytes(data, policy=email.policy.default))


def _mbox(data: bytes) -> None:
    for one in data.split(b"\nFrom "):
        _parts(email.message_from_bytes(one.partition(b"\n")[2], policy=email.policy.default))


def _parts(message: Message) -> None:
    for part in message.walk():
        part.get_payload(decode=True)


def _html(data: bytes) -> None:
    html.document_fromstring(data).text_content()


LIBRARIES: dict[str, tuple[str, Callable[[bytes], None]]] = {
    "html": ("lxml", _html),
    "pdf": ("pypdfium2", _pdf),
    "docx": ("python-docx", _docx),
    "pptx": ("python-pptx", _pptx),
    **dict.fromkeys(("xlsx", "xls", "ods"), ("python-calamine", _workbook)),
    **dict.fromkeys(("odt", "odp", "epub"), ("zipfile, lxml", _zipped_xml)),
    "eml": ("email", _message),
    "mbox": ("email", _mbox),
    "zip": ("zipfile", _zip),
}

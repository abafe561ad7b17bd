"""PDF: the text layer of each page, its lines joined to paragraphs, with marks at pages and
headings.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import PurePosixPath

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from lepton_local.corpus.formats import ocr
from lepton_local.corpus.formats.layout import (
    Line,
    body_of,
    heading_levels,
)
from lepton_local.corpus.formats.member import LARGEST, Member
from lepton_local.corpus.formats.pdf_page import read_page
from lepton_local.corpus.formats.properties import properties
from lepton_local.corpus.formats.reflow import write_pages
from lepton_local.corpus.formats.running import without_running_lines
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

# It warns of forms in XFA, of which the fields that other programs show are read all the same.
logging.getLogger(pypdfium2.PdfDocument.__module__).setLevel(logging.ERROR)
PDFIUM = threading.Lock()  # PDFium must not be called by two threads at once
_TITLE_SIZE = 1.2  # times the body's: what words of the first page must be, to be the title
_DOTS = 200  # an inch, at which a page is drawn for OCR: letters of 10 points are 28 high
_LARGEST = 4000  # dots a side, for pages as large as posters


def parse_pdf(
    source: Source, data: bytes, *, recognise: ocr.Recogniser | None = None
) -> Iterator[Document | Member]:
    """One document, and the files attached to it. Its title: the metadata's, if a person wrote it,
    else the first large words of the first page.

    Pages without a text layer are read by OCR where the extra `ocr` is installed. The metadata
    counts the pages, those read by OCR, and those on which something is printed but nothing was
    read.
    """
    with PDFIUM:
        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise SourceError(_reason(error)) from error
        try:
            _with_forms(pdf)
            read = [read_page(pdf, number) for number in range(len(pdf))]
            pages = [lines for lines, _ in read]
            bare = [
                number for number, page in enumerate(pages) if not page and _has_ink(pdf, number)
            ]
            body = body_of(pages) or 1.0
            scanned = _scanned(pdf, bare, body, recognise)
            metadata = pdf.get_metadata_dict(skip_empty=True)
            outline = _outline(pdf)
            attached = list(_attached(pdf, [file for _, files in read for file in files]))
        finally:
            pdf.close()
    if not any(pages) and not scanned:
        yield from attached
        raise SourceError(_textless(len(pages), len(bare)))
    about = properties(
        metadata.get("Title", ""),
        authors=[metadata.get("Author", "")],
        dates=[metadata.get("CreationDate", "")],
    )
    title = about.title or _title(pages[0] if pages else [], body)
    pages = without_running_lines([scanned.get(at, page) for at, page in enumerate(pages)])
    writer = Writer()
    write_pages(pages, heading_levels(pages, body, outline), writer)
    counts = {
        "pages": len(pages),
        "pages_by_ocr": len(scanned),
        "pages_without_text": len(bare) - len(scanned),
    }
    yield writer.document(
        source, title, about.metadata() | {name: str(n) for name, n in counts.items() if n}
    )
    yield from attached


def _reason(error: Exception) -> str:
    if "password" in str(error).lower() or "security" in str(error).lower():
        return "encrypted: this PDF needs a password"
    return f"malformed PDF: {' '.join(str(error).split())}"


def _textless(pages: int, bare: int) -> str:
    if not bare:
        return "no text in this PDF: its pages are blank"
    advice = "OCR found no words in them" if ocr.installed() else f"to read them, {ocr.INSTALL}"
    return f"no text in this PDF: {bare} of its {pages} pages are pictures; {advice}"


def _has_ink(pdf: pypdfium2.PdfDocument, number: int) -> bool:
    """Whether anything is drawn on a page; a damaged page counts as if there were."""
    try:
        page = pdf[number]
    except pypdfium2.PdfiumError:
        return True
    try:
        return bool(pdfium.FPDFPage_CountObjects(page) > 0)
    finally:
        page.close()


def _scanned(
    pdf: pypdfium2.PdfDocument,
    numbers: Sequence[int],
    size: float,
    recognise: ocr.Recogniser | None,
) -> dict[int, list[Line]]:
    """The lines of pages that are pictures, as far as OCR reads any; as if set in `size`."""
    found: dict[int, list[Line]] = {}
    recognise = recognise or (ocr.recogniser() if numbers else None)
    if recognise is None:
        return found
    for number in numbers:
        try:
            page = pdf[number]
            scale = min(_DOTS / 72, _LARGEST / max(page.get_size()))
            picture = page.render(scale=scale, rev_byteorder=True).to_numpy()[:, :, :3].copy()
            page.close()
        except pypdfium2.PdfiumError:
            continue
        lines = [Line(words, size, False) for words in recognise(picture) if words.strip()]
        if lines:
            found[number] = lines
    return found


def _with_forms(pdf: pypdfium2.PdfDocument) -> None:
    """Let PDFium know the fields of a form, before its pages are loaded."""
    with contextlib.suppress(pypdfium2.PdfiumError):  # a damaged form: the pages are worth having
        pdf.init_forms()


def _attached(
    pdf: pypdfium2.PdfDocument, pinned: Sequence[pypdfium2.PdfAttachment]
) -> Iterator[Member]:
    """The files attached to a PDF, and those pinned to its pages."""
    found = [pdf.get_attachment(number) for number in range(pdf.count_attachments())] + [*pinned]
    names: set[str] = set()
    for number, each in enumerate(found, 1):
        name = PurePosixPath(each.get_name().replace("\\", "/")).name or f"attachment {number}"
        if name not in names:
            names.add(name)
            yield Member(name, name, _reading(each))


def _reading(attachment: pypdfium2.PdfAttachment) -> Callable[[], bytes]:
    try:
        data = bytes(attachment.get_data())
    except pypdfium2.PdfiumError as error:
        reason = f"malformed attachment: {error}"
    else:
        if len(data) <= LARGEST:
            return lambda: data
        reason = f"larger than {LARGEST >> 20} MiB"

    def refuse() -> bytes:
        raise SourceError(reason)

    return refuse


def _outline(pdf: pypdfium2.PdfDocument) -> dict[tuple[int, str], int]:
    """(page from 0, title) -> level from 0, of the document's bookmarks."""
    found: dict[tuple[int, str], int] = {}
    try:
        for mark in pdf.get_toc(max_depth=6):
            place = mark.get_dest()
            index = place.get_index() if place is not None else None
            if index is not None:
                found.setdefault((index, mark.get_title()), mark.level)
    except pypdfium2.PdfiumError:
        pass  # damaged bookmarks: headings are found by their size
    return found


def _title(first: list[Line], body: float) -> str:
    large = (row for row, line in enumerate(first) if line.size >= body * _TITLE_SIZE)
    begin = next((row for row in large if sum(map(str.isalpha, first[row].text)) >= 8), None)
    if begin is None:
        return ""
    words = [
        line.text for line in takewhile(lambda line: line.size == first[begin].size, first[begin:])
    ]
    title = one_line(" ".join(words))
    return title if 4 < len(title) < 200 else ""

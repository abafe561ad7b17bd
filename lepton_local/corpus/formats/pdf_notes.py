"""What people have put onto the pages of a PDF: the values of form fields, notes, stamps."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

_NOTES = frozenset(
    getattr(pdfium, f"FPDF_ANNOT_{name}")
    for name in "TEXT FREETEXT LINE SQUARE CIRCLE POLYGON POLYLINE HIGHLIGHT UNDERLINE SQUIGGLY "
    "STRIKEOUT STAMP CARET INK REDACT".split()
)
_HIDDEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
_PASSWORD = 1 << 13  # of a text field (ISO 32000-1, 12.7.4.3)
_TICKS = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_UNTICKED = ("", "Off")
_NEAR = 250.0  # points to the left of a field, or to the right of a box, where its label may stand
_ABOVE = 16.0  # points above a field, as far
_TALL = 32.0  # points of a field of several lines
_DEEPEST = 8  # forms within forms of an appearance
_LONGEST = 200  # characters of a label


@dataclass(frozen=True, slots=True)
class Written:
    """Words on a page that are none of its text, and the upper left corner of their box."""

    text: str
    left: float
    top: float


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    bottom: float
    right: float
    top: float


def written(
    pdf: pypdfium2.PdfDocument, page: Any, text_page: Any
) -> tuple[list[Written], list[pypdfium2.PdfAttachment]]:
    """The field values and notes of a page, from top to bottom, and the files pinned to it.

    A value stands behind its label: what the form tells a person who points at the field, else the
    words beside or above it, else the field's name. Of boxes, those that are ticked.
    """
    found, files = [], []
    raw = page.raw
    for at in range(pdfium.FPDFPage_GetAnnotCount(raw)):
        annotation = pdfium.FPDFPage_GetAnnot(raw, at)
        if not annotation:
            continue
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if kind == pdfium.FPDF_ANNOT_FILEATTACHMENT:
            file = pdfium.FPDFAnnot_GetFileAttachment(annotation)
            files += [pypdfium2.PdfAttachment(file, pdf)] if file else []
        elif kind == pdfium.FPDF_ANNOT_WIDGET or kind in _NOTES:
            box = _box(annotation)
            if box is not None and not pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
                words = _words(pdf, annotation, kind, box, text_page)
                found += [Written(words, box.left, box.top)] if words else []
        pdfium.FPDFPage_CloseAnnot(annotation)
    return sorted(found, key=lambda each: (-each.top, each.left)), files


def _words(pdf: pypdfium2.PdfDocument, annotation: Any, kind: int, box: _Box, text: Any) -> str:
    if kind in _NOTES:
        return _note(annotation, kind, text)
    return _field(pdf.formenv.raw, annotation, box, text) if pdf.formenv is not None else ""


def _field(form: Any, annotation: Any, box: _Box, text_page: Any) -> str:
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in _TICKS:
        if not pdfium.FPDFAnnot_IsChecked(form, annotation):
            return ""
        told = _told(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation)
        beside = _words_in(text_page, _Box(box.right, box.bottom, box.right + _NEAR, box.top))
        export = _told(pdfium.FPDFAnnot_GetFormFieldExportValue, form, annotation)
        name = _told(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
        if kind == pdfium.FPDF_FORMFIELD_RADIOBUTTON:
            return f"[x] {told or name}: {beside or export}"
        return f"[x] {told or beside or _label(form, annotation, box, text_page)}"
    if kind == pdfium.FPDF_FORMFIELD_SIGNATURE:
        value = _appearance(annotation, text_page)
    elif kind == pdfium.FPDF_FORMFIELD_PUSHBUTTON or (
        kind == pdfium.FPDF_FORMFIELD_TEXTFIELD
        and pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD
    ):
        return ""
    else:
        value = _told(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
    if not value:
        return ""
    label = _label(form, annotation, box, text_page)
    return f"{label.rstrip(' :')}: {value}" if label else value


def _label(form: Any, annotation: Any, box: _Box, text_page: Any) -> str:
    middle = (box.bottom + box.top) / 2
    beside = _Box(box.left - _NEAR, middle - 4, box.left, middle + 4)
    if box.top - box.bottom > _TALL:  # of a field of several lines, the label is at its top
        beside = _Box(box.left - _NEAR, box.top - _TALL * 2 / 3, box.left, box.top)
    above = _Box(box.left, box.top, box.right, box.top + _ABOVE)
    return (
        _told(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation)
        or _words_in(text_page, beside)
        or _words_in(text_page, above)
        or _told(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
    )[:_LONGEST]


def _note(annotation: Any, kind: int, text_page: Any) -> str:
    words = _string(annotation, b"Contents")
    if not words and kind in (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP):
        words = _appearance(annotation, text_page)
    author = _string(annotation, b"T")
    return f"Note by {author}: {words}" if words and author else f"Note: {words}" if words else ""


def _appearance(annotation: Any, text_page: Any) -> str:
    """The words that an annotation shows, whatever it is."""
    many = pdfium.FPDFAnnot_GetObjectCount(annotation)
    objects = (pdfium.FPDFAnnot_GetObject(annotation, at) for at in range(many))
    return " ".join(word for each in objects for word in _texts(each, text_page, depth=0))


def _texts(thing: Any, text_page: Any, *, depth: int) -> Iterator[str]:
    kind = pdfium.FPDFPageObj_GetType(thing)
    if kind == pdfium.FPDF_PAGEOBJ_TEXT:
        words = _string_of(lambda *room: pdfium.FPDFTextObj_GetText(thing, text_page, *room))
        if words:
            yield words
    elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
        for at in range(pdfium.FPDFFormObj_CountObjects(thing)):
            inner = pdfium.FPDFFormObj_GetObject(thing, at)
            yield from _texts(inner, text_page, depth=depth + 1)


def _box(annotation: Any) -> _Box | None:
    box = pdfium.FS_RECTF()
    if not pdfium.FPDFAnnot_GetRect(annotation, box):
        return None
    return _Box(
        min(box.left, box.right),
        min(box.bottom, box.top),
        max(box.left, box.right),
        max(box.bottom, box.top),
    )


def _words_in(text_page: Any, box: _Box) -> str:
    """The last line of the page's text in a box."""
    words: str = text_page.get_text_bounded(box.left, box.bottom, box.right, box.top)
    lines = [" ".join(line.split()) for line in words.splitlines() if line.strip(" _.:")]
    return lines[-1].strip(" _") if lines else ""


def _told(ask: Callable[..., int], form: Any, annotation: Any) -> str:
    return _string_of(lambda *room: ask(form, annotation, *room))


def _string(annotation: Any, key: bytes) -> str:
    return _string_of(lambda *room: pdfium.FPDFAnnot_GetStringValue(annotation, key, *room))


def _string_of(ask: Callable[..., int]) -> str:
    """What a function of PDFium tells: it wants room for UTF-16, and says how many bytes."""
    size = ask(None, 0)
    if size <= 2:
        return ""
    room = ctypes.create_string_buffer(size)
    ask(ctypes.cast(room, ctypes.POINTER(ctypes.c_ushort)), size)
    return " ".join(room.raw[: size - 2].decode("utf-16-le", "replace").split())

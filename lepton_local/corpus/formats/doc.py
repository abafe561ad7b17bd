"""DOC: the paragraphs, headings, tables, notes and comments of a document of Word 6 to 2003."""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Iterator

import olefile  # type: ignore[import-untyped]

from lepton_local.corpus.formats.compound import about_compound, open_compound
from lepton_local.corpus.formats.doc_changes import Paragraphs, heading_styles
from lepton_local.corpus.formats.doc_file import (
    AUTHORS,
    EDGES,
    LISTS,
    OVERRIDES,
    PARAGRAPHS,
    STYLES,
    WordFile,
)
from lepton_local.corpus.formats.doc_lists import Labels
from lepton_local.corpus.formats.docx import parse_docx
from lepton_local.corpus.formats.html import parse_html
from lepton_local.corpus.formats.leftovers import counted
from lepton_local.corpus.formats.mail import parse_mhtml
from lepton_local.corpus.formats.member import Member
from lepton_local.corpus.formats.rtf import parse_rtf
from lepton_local.corpus.formats.rtf_text import Flow
from lepton_local.corpus.formats.text import parse_text
from lepton_local.corpus.formats.unzip import OLE
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

# What else programs save under this ending: how it begins, and who reads it.
_OTHERS = (
    (re.compile(rb"\s*\{\\rtf"), parse_rtf),
    (re.compile(rb"PK\x03\x04"), parse_docx),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<"), parse_html),
    (re.compile(rb"MIME-Version:", re.IGNORECASE), parse_mhtml),
)
# Kinds of notes: their tables, the bytes that are said of each, and how it begins.
_NOTES = {"footnote": (2, 3, 2), "endnote": (46, 47, 2), "comment": (4, 5, 30)}
_PARAGRAPH = re.compile("[^\r\x07\x0c]*[\r\x07\x0c]?")
_SIGNS = dict.fromkeys(range(32), "") | {
    7: "\t",
    9: "\t",
    0x0B: "\n",
    0x0D: "\n",
    0x0E: "\n",
    0x1E: "-",
    0xA0: " ",
}
_SEPARATORS = 6  # stories before the first header: what stands between the text and its notes
_CELL, _DRAWN, _ENDS = "\x07", "\x01", "\r\x07\x0c"


def parse_doc(source: Source, data: bytes) -> Iterator[Document | Member]:
    """One document. Its title: the paragraph in the style "Title", the properties', or the first
    heading.
    """
    if not data.startswith(OLE):
        parser = next((parser for begin, parser in _OTHERS if begin.match(data)), parse_text)
        if parser is parse_text and b"\0" in data:
            raise SourceError("no document of Word 6 or later; save it in today's format")
        yield from parser(source, data)
        return
    with open_compound(data) as opened:
        if not opened.exists("WordDocument"):
            raise SourceError("malformed: there is no document of Word in it")
        tables = _stream(opened, "0Table"), _stream(opened, "1Table")
        file = WordFile(_stream(opened, "WordDocument"), tables)
        writer = Writer()
        flow = Flow(writer)
        _write_body(file, flow)
        _write_edges(file, writer)
        about = about_compound(opened)
        drawn = file.text.count(_DRAWN, 0, file.parts["body"].stop)
        left = counted(["picture or object"] * drawn)
    if not writer.at:
        raise SourceError("no text in it")
    title = flow.title or about.title or flow.heading
    yield writer.document(source, title, about.metadata() | left)


def _stream(opened: olefile.OleFileIO, name: str) -> bytes:
    return bytes(opened.openstream(name).read()) if opened.exists(name) else b""


def _write_body(file: WordFile, flow: Flow) -> None:
    """The paragraphs, each with the notes that stand at it; after them the text boxes."""
    for style, name in heading_styles(file.table(STYLES)):
        flow.name_style(style, name)
    labels = Labels(file.table(STYLES), file.after(LISTS), file.after(OVERRIDES))
    held = Paragraphs(file.main, file.table(PARAGRAPHS))
    notes = _notes(file)
    body, boxes = file.parts["body"], file.parts["box"]
    before = ""
    for match in _PARAGRAPH.finditer(file.text, body.start, body.stop):
        words = match[0].rstrip(_ENDS)
        sign = match[0][len(words) :]
        about = held.at(file.place(match.end() - 1))
        flow.control("pard", None)
        flow.control("s", about.style)
        if label := words.strip() and labels.next(about.style, about.number, about.depth):
            flow.control("ilvl", about.depth)
            flow.open()
            flow.say(label)
            flow.close(is_item=True)
        if about.in_table:
            flow.control("intbl", None)
        if not about.ends_row:
            flow.say(_with_links(file, *match.span()))
        for at in range(*match.span()) if notes else ():
            for text in notes.pop(at, ()):
                flow.open()
                flow.say(text)
                flow.close(is_item=False)
        if sign == _CELL:
            ends = about.ends_row or (file.is_old and before == _CELL and not words)
            flow.control("row" if ends else "cell", None)
        else:
            flow.control("par", None)
        before = sign
    flow.control("pard", None)
    flow.end()
    for line in file.text[boxes.start : boxes.stop].translate(_SIGNS).splitlines():
        flow.say(line)
        flow.control("par", None)


def _with_links(file: WordFile, start: int, end: int) -> str:
    """The words of a paragraph; what a link leads to stands behind its words."""
    parts, at = [], start
    for place in range(start + 1, end + 1) if file.links else ():
        if address := file.links.get(place, ""):
            words = file.text[at:place].translate(_SIGNS)
            known = address.removeprefix("mailto:").removesuffix("/") in words
            parts += [words, "" if known else f" ({address})"]
            at = place
    return "".join([*parts, file.text[at:end].rstrip(_ENDS).translate(_SIGNS)])


def _notes(file: WordFile) -> dict[int, list[str]]:
    """The notes and comments by the character of the body that they stand at."""
    found = defaultdict(list)
    authors = _strings(file.table(AUTHORS))
    for kind, tables in _NOTES.items():
        start = file.parts[kind].start
        for place, told, span in file.marked(*tables):
            text = file.text[start + span.start : start + span.stop].translate(_SIGNS).strip()
            if kind == "comment":
                number = int.from_bytes(told[20:22], "little")
                author = authors[number] if number < len(authors) else ""
                text = f"Comment by {author}: {text}" if author else f"Comment: {text}"
            found[place].append(text)
    return found


def _write_edges(file: WordFile, writer: Writer) -> None:
    """Headers and footers, each wording once."""
    data, start = file.table(EDGES), file.parts["header"].start
    ends = struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
    said: set[str] = set()
    for number in range(_SEPARATORS, len(ends) - 2):
        text = file.text[start + ends[number] : start + ends[number + 1]].translate(_SIGNS).strip()
        if text in said or not any(map(str.isalpha, text)):
            continue
        said.add(text)
        writer.end_line(2)
        writer.mark_next("footer" if (number - _SEPARATORS) % 6 in (2, 3, 5) else "header")
        for line in text.splitlines():
            writer.words(line)
            writer.end_line(1)


def _strings(data: bytes) -> list[str]:
    """Strings one after another, each with its length before it."""
    found, at = [], 0
    while at + 2 <= len(data):
        size = 2 * int.from_bytes(data[at : at + 2], "little")
        found.append(data[at + 2 : at + 2 + size].decode("utf-16-le", "replace"))
        at += 2 + size
    return found

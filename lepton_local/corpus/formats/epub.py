"""EPUB: the chapters of a book, in the order in which they are read.

https://www.w3.org/TR/epub-33/; EPUB 2 differs in its table of contents and in its dates.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lepton_local.corpus.formats.epub_contents import Entry, Item, manifest, resolve, toc
from lepton_local.corpus.formats.html import read_page
from lepton_local.corpus.formats.leftovers import not_read
from lepton_local.corpus.formats.member import Refused
from lepton_local.corpus.formats.page import write_page
from lepton_local.corpus.formats.properties import Properties, properties
from lepton_local.corpus.formats.title import from_name
from lepton_local.corpus.formats.tree import local, parse_xml
from lepton_local.corpus.formats.unzip import open_zip, read_member
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Mark, Source

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_PAGES = frozenset(("application/xhtml+xml", "text/html", "application/xml", "text/xml"))
_HEADING = re.compile(r"(#{1,6}) ")
_LINKED = 0.7  # share of a page's letters that are links or headings: it lists the chapters
_BETWEEN = "\n\n"  # two chapters


def parse_epub(source: Source, data: bytes) -> Iterator[Document | Refused]:
    """One document, and the chapters that cannot be read. Its title is the package's, else it is
    made from the file's name.

    A chapter opens with a heading of the level that it has in the table of contents; headings
    within it are of lower ones.
    """
    parts: list[str] = []
    marks: list[Mark] = []
    at = 0
    with open_zip(data) as archive:
        path = _package(archive)
        package = parse_xml(read_member(archive, path), path)
        items = manifest(package, path)
        entries = toc(archive, items.values())
        lists = _lists(package, path, items)
        left = not_read(archive.namelist())
        for name in _spine(archive, package, path, items):
            try:
                page = read_page(read_member(archive, name))
                if name in lists and _is_contents(page):
                    continue
                text, found = _chapter(page, entries.get(name))
            except SourceError as error:
                yield Refused(name, str(error))
                continue
            if text:
                marks += (Mark(at + mark.start, mark.label) for mark in found)
                parts.append(text)
                at += len(text) + len(_BETWEEN)
    about = _about(package)
    yield Document(
        source=source,
        text=_BETWEEN.join(parts),
        title=about.title or from_name(source.path),
        titled=bool(about.title),
        marks=tuple(marks),
        metadata=about.metadata() | left,
    )


def _package(archive: zipfile.ZipFile) -> str:
    """The name of the file that lists the others."""
    container = parse_xml(read_member(archive, _CONTAINER), _CONTAINER)
    paths = (root.get("full-path", "") for root in container.iter() if local(root) == "rootfile")
    path = next(paths, "")
    if not path:
        raise SourceError(f"malformed: {_CONTAINER} names no package")
    return path


def _spine(
    archive: zipfile.ZipFile, package: Any, path: str, items: dict[str, Item]
) -> Iterator[str]:
    """The names of the pages in their order, each once. Raises SourceError for a page that is
    encrypted.
    """
    locked = _locked(archive)
    named = (element for element in package.iter() if local(element) == "itemref")
    read = (items[one.get("idref")] for one in named if one.get("idref") in items)
    for name in dict.fromkeys(item.name for item in read if item.kind in _PAGES):
        if name in locked:
            raise SourceError(f"encrypted: {name!r} is readable in the program of its shop only")
        yield name


def _lists(package: Any, path: str, items: dict[str, Item]) -> set[str]:
    """The names of the pages that are said to list the chapters."""
    named = (one for one in package.iter() if local(one) == "reference")
    lists = {resolve(path, one.get("href", "")) for one in named if one.get("type") == "toc"}
    return lists | {item.name for item in items.values() if item.is_nav}


def _is_contents(page: Any) -> bool:
    """Whether a page lists the chapters and does no more: it repeats their headings. In some books
    the first chapter follows in the same file.
    """
    whole = len("".join(page.text_content().split()))
    links = sum(len("".join(link.text_content().split())) for link in page.iter("a", "title"))
    headings = sum(len("".join(h.text_content().split())) for h in page.iter("h1", "h2", "h3"))
    return links + headings >= _LINKED * whole


def _locked(archive: zipfile.ZipFile) -> set[str]:
    """The names of encrypted members; fonts are, in many books that everybody can read."""
    if _ENCRYPTION not in archive.namelist():
        return set()
    listed = parse_xml(read_member(archive, _ENCRYPTION), _ENCRYPTION).iter()
    return {resolve("", one.get("URI", "")) for one in listed if local(one) == "CipherReference"}


def _chapter(page: Any, entry: Entry | None) -> tuple[str, list[Mark]]:
    """The text of a page, and its marks: those of its headings fitted into the table of contents,
    and one for its title there if it opens without a heading.
    """
    body = page.find("body")
    top = page if body is None else body
    for part in list(top.iterchildren("header", "footer")):
        part.tag = "section"  # of a chapter, not of a website
    writer = Writer()
    write_page(top, writer)
    marks = list(writer.marks())
    if entry is None:
        return writer.text(), marks
    if not any(mark.start == 0 and _HEADING.match(mark.label) for mark in marks):
        marks.insert(0, Mark(0, f"# {entry.title}"))
    fitted = []
    for number, mark in enumerate(marks):
        heading = _HEADING.match(mark.label)
        if heading is not None:
            level = entry.level if number == 0 else max(len(heading[1]), entry.level + 1)
            mark = Mark(mark.start, f"{'#' * min(level, 6)} {mark.label[heading.end() :]}")
        fitted.append(mark)
    return writer.text(), fitted


def _about(package: Any) -> Properties:
    """Of several dates, which EPUB 2 tells apart by their events, that of the publication."""
    fields: dict[str, list[Any]] = {}
    for field in package.iter():
        fields.setdefault(local(field), []).append(field)
    dates = [
        (next((value for name, value in date.items() if name.endswith("event")), ""), date.text)
        for date in fields.get("date", [])
    ]
    dates = [date for date in dates if date[0] not in ("modification", "conversion", "creation")]
    return properties(
        next((title.text or "" for title in fields.get("title", [])), ""),
        authors=[author.text or "" for author in fields.get("creator", [])],
        dates=[date or "" for _, date in sorted(dates, key=lambda date: date[0] != "publication")],
    )

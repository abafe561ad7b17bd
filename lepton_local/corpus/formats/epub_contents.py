"""What an EPUB lists: its files, and its chapters with their levels and titles."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lepton_local.corpus.formats.html import read_page
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.tree import local, parse_xml
from lepton_local.corpus.formats.unzip import read_member
from lepton_local.errors import SourceError

_NCX = "application/x-dtbncx+xml"


@dataclass(frozen=True, slots=True)
class Item:
    """A file of the book: its name in the archive and its media type."""

    name: str
    kind: str
    is_nav: bool  # EPUB 3's table of contents


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table of contents: its level, from 1, and its title."""

    level: int
    title: str


def resolve(base: str, href: str) -> str:
    """The name in the archive of what `href` means in the file `base`."""
    path = unquote(href.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path))


def manifest(package: Any, path: str) -> dict[str, Item]:
    """The files that a package lists, by their id."""
    return {
        item.get("id", ""): Item(
            resolve(path, item.get("href", "")),
            item.get("media-type", ""),
            "nav" in item.get("properties", "").split(),
        )
        for item in package.iter()
        if local(item) == "item"
    }


def toc(archive: zipfile.ZipFile, items: Iterable[Item]) -> dict[str, Entry]:
    """The first line of the table of contents for each file: of EPUB 3's, or of EPUB 2's. None if
    it is damaged: the chapters are worth having without.
    """
    lists = sorted((item for item in items if item.is_nav or item.kind == _NCX), key=_is_old)
    found: dict[str, Entry] = {}
    for item in lists[:1]:
        try:
            data = read_member(archive, item.name)
            lines = _ncx(parse_xml(data, item.name)) if _is_old(item) else _nav(read_page(data))
        except SourceError:
            break
        for href, entry in lines:
            if entry.title:
                found.setdefault(resolve(item.name, href), entry)
    return found


def _is_old(item: Item) -> bool:
    return not item.is_nav


def _nav(page: Any) -> Iterator[tuple[str, Entry]]:
    navs = list(page.iter("nav"))
    for nav in [nav for nav in navs if nav.get("epub:type") == "toc"] or navs[:1]:
        for link in nav.iter("a"):
            level = sum(1 for _ in link.iterancestors("ol"))
            yield link.get("href", ""), Entry(max(1, level), one_line(link.text_content()))


def _ncx(ncx: Any) -> Iterator[tuple[str, Entry]]:
    for point in ncx.iter():
        if local(point) == "navPoint":
            parts = {local(child): child for child in point}
            level = 1 + sum(1 for outer in point.iterancestors() if local(outer) == "navPoint")
            if "navLabel" in parts and "content" in parts:
                title = one_line("".join(parts["navLabel"].itertext()))
                yield parts["content"].get("src", ""), Entry(level, title)

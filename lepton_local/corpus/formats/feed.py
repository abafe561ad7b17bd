"""RSS, Atom and JSON Feed (https://www.jsonfeed.org): a document an item, with its day and link."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lepton_local.corpus.dates import iso_date
from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.title import from_name, one_line
from lepton_local.corpus.formats.tree import local, parse_xml
from lepton_local.corpus.formats.writer import Writer, clean
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_XML = re.compile(
    rb"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<\?.*?\?>\s*)*<(?:\w+:)?(?:rss|feed|RDF)\b", re.S
)
_JSON = re.compile(rb'"version"\s*:\s*"https?://(?:www\.)?jsonfeed\.org/')
_LOOKED = 4096  # bytes that tell a feed
_LONGEST = 200  # characters of a name
_BODIES = ("encoded", "content", "description", "summary", "content_html", "content_text")
_DATES = ("pubDate", "published", "date", "updated", "date_published", "date_modified")
_KEYS = ("guid", "id")
_TAGS = ("category", "tags")

Item = dict[str, list[str]]


def is_feed(data: bytes) -> bool:
    """Whether XML or JSON begins as a feed does."""
    head = data[:_LOOKED].removeprefix(b"\xef\xbb\xbf")
    return _XML.match(head) is not None or _JSON.search(head) is not None


def parse_feed(source: Source, data: bytes) -> Iterator[Document]:
    """A document for each item, cited by what the feed calls it, or by its number. Raises
    SourceError for what is malformed.
    """
    found = _json_items(data) if _JSON.search(data[:_LOOKED]) else _xml_items(data, source.path)
    for number, item in enumerate(found, 1):
        title = one_line(_plain(_first(item, ("title",))))
        text = _plain(_first(item, _BODIES)) or title
        if not text:
            continue
        name = clean(_first(item, _KEYS))
        tags = [each for name in _TAGS for each in item.get(name, [])]
        told = {
            "date": iso_date(_first(item, _DATES)),
            "link": _first(item, ("link", "url")),
            "author": one_line(_first(item, ("creator", "author", "authors"))),
            "tags": ", ".join(map(one_line, tags)),
        }
        yield Document(
            source=source,
            text=text,
            title=title or from_name(source.path),
            key=name if 0 < len(name) <= _LONGEST and name.isprintable() else str(number),
            titled=bool(title) and text != title,
            metadata={each: clean(value) for each, value in told.items() if value},
        )


def _xml_items(data: bytes, path: str) -> Iterator[Item]:
    for element in parse_xml(data, path).iter():
        if local(element) not in ("item", "entry"):
            continue
        item: Item = {}
        for child in element:
            name = local(child)
            words = "".join(child.itertext()).strip()
            if name == "link":
                alternate = child.get("rel", "alternate") == "alternate"
                words = (child.get("href", "") if alternate else "") or words
            elif name == "category":
                words = child.get("term", "") or words
            elif name == "author":
                named = next((each for each in child if local(each) == "name"), child)
                words = "".join(named.itertext()).strip()
            if words:
                item.setdefault(name, []).append(words)
        yield item


def _json_items(data: bytes) -> Iterator[Item]:
    try:
        items = json.loads(decode(data).removeprefix("\ufeff")).get("items", [])
    except (ValueError, RecursionError, AttributeError) as error:
        raise SourceError("malformed: not JSON, as a JSON Feed is") from error
    for told in items if isinstance(items, list) else []:
        if isinstance(told, dict):
            yield {str(name): list(_words(value)) for name, value in told.items()}


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _words(value.get("name"))
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)


def _first(item: Item, names: tuple[str, ...]) -> str:
    return next((each for name in names for each in item.get(name, []) if each), "")


def _plain(told: str) -> str:
    """What markup says, if it is markup."""
    if "<" not in told and "&" not in told:
        return clean(told).strip()
    # lxml's part for HTML takes long to load, and most files of XML and JSON are no feeds.
    from lepton_local.corpus.formats.html import read_page
    from lepton_local.corpus.formats.page import write_page

    writer = Writer()
    try:
        write_page(read_page(told.encode()), writer)
    except SourceError:
        return ""
    return writer.text().strip()

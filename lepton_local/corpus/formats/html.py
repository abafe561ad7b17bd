"""HTML: what a reader of the page would read, without its scripts, menus and footers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html  # type: ignore[import-untyped]

from lepton_local.corpus.decode import decode_as
from lepton_local.corpus.formats.about import about
from lepton_local.corpus.formats.menus import menus
from lepton_local.corpus.formats.page import write_page
from lepton_local.corpus.formats.pairs import write_pairs
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_CHARSET = re.compile(
    rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([\w-]+)|<\?xml[^>]+?encoding=[\"']([\w-]+)", re.IGNORECASE
)
# XML may close an element as it opens; to an HTML parser all that follows would be in it.
_XHTML = re.compile(r"<\?xml\s|\sxmlns\s*=|XHTML 1", re.IGNORECASE)
_CLOSED = re.compile(
    r"<(?!(?:br|hr|img|meta|link|input|col|area|base|wbr)\b)(\w[\w:-]*)(\s[^<>]*)?/>"
)
_MAIN = 0.2  # a main part with less of the page's text than this is no main part


def parse_html(source: Source, data: bytes, *, of_site: bool = True) -> Iterator[Document]:
    """One document. Its title is the page's first level-1 heading if <title> agrees with it, else
    <title>. of_site: blocks of links are menus, unless the page says where its content is.
    """
    page = read_page(data)
    main = _main(page)
    links = menus(main) if of_site and main.tag == "body" else frozenset()
    writer, heading = _written(main, links)
    if links:
        whole, first = _written(main, frozenset())
        if writer.at < _MAIN * whole.at:  # links are what this page is for
            writer, heading = whole, first
    write_pairs(page, writer)
    name = one_line(page.findtext(".//title") or "")
    title = heading if heading and (not name or heading.casefold() in name.casefold()) else name
    yield writer.document(source, title, about(page, main).metadata())


def _written(main: html.HtmlElement, without: frozenset[html.HtmlElement]) -> tuple[Writer, str]:
    writer = Writer()
    return writer, write_page(main, writer, without=without)


def read_page(data: bytes) -> html.HtmlElement:
    """The elements of a page; no entity of it opens a file or a connection."""
    text = _decode(data)
    if _XHTML.search(text, 0, 1000):
        text = _CLOSED.sub(r"<\1\2></\1>", text)
    # `huge_tree` lifts libxml2's limit on depth from 256 to 2048 elements.
    parser = html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
    )
    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise SourceError("no text in this page") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise SourceError("malformed HTML: elements within elements, deeper than a parser goes")
    return page


def _decode(data: bytes) -> str:
    declared = _CHARSET.search(data[:4096])
    name = (declared[1] or declared[2]).decode("ascii") if declared is not None else ""
    return decode_as(data, name)


def _main(page: html.HtmlElement) -> html.HtmlElement:
    """The part of the page that holds its content: what it says it is, if it is not too little,
    else all.
    """
    body = page.find("body")
    whole = page if body is None else body
    size = len(whole.text_content())
    for path in (".//main", ".//*[@role='main']", ".//article"):
        parts = whole.findall(path)
        if len(parts) == 1 and len(parts[0].text_content()) >= size * _MAIN:
            return parts[0]
    return whole

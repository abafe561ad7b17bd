"""HTML: what a reader of the page would read, without its scripts, menus and footers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html  # type: ignore[import-untyped]

from lepton_local.corpus.dates import dated
from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.page import write_page
from lepton_local.corpus.formats.title import from_name, one_line
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_CHARSET = re.compile(
    rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([\w-]+)|<\?xml[^>]+?encoding=[\"']([\w-]+)", re.IGNORECASE
)
# What pages declare -> the encoding that holds all they may mean by it.
# https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
}
_DATES = (
    "article:published_time",
    "date",
    "dc.date",
    "dcterms.created",
    "pubdate",
    "article:modified_time",
)
_MAIN = 0.2  # a main part with less of the page's text than this is no main part


def parse_html(source: Source, data: bytes) -> Iterator[Document]:
    """One document. Its title is the page's first level-1 heading if <title> agrees with it, else
    <title>.
    """
    page = _tree(data)
    writer = Writer()
    heading = write_page(_main(page), writer)
    name = one_line(page.findtext(".//title") or "")
    title = heading if heading and (not name or heading.casefold() in name.casefold()) else name
    yield Document(
        source=source,
        text=writer.text(),
        title=title or from_name(source.path),
        titled=bool(title),
        marks=writer.marks(),
        metadata=_metadata(page),
    )


def _tree(data: bytes) -> html.HtmlElement:
    # `huge_tree` lifts libxml2's limit on depth from 256 to 2048 elements.
    parser = html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
    )
    try:
        page = html.document_fromstring(_decode(data).encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise SourceError("no text in this page") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise SourceError("malformed HTML: elements within elements, deeper than a parser goes")
    return page


def _decode(data: bytes) -> str:
    declared = _CHARSET.search(data[:4096])
    name = (declared[1] or declared[2]).decode("ascii").lower() if declared is not None else ""
    if name and not name.startswith("utf"):
        if not name.startswith("iso-2022"):  # bytes of this one are valid UTF-8 as well
            try:
                return data.decode("utf-8")
            except UnicodeDecodeError:
                pass
        try:
            return data.decode(_MEANT.get(name, name))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


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


def _metadata(page: html.HtmlElement) -> dict[str, str]:
    named: dict[str, str] = {}
    for meta in page.iter("meta"):
        name = (meta.get("name") or meta.get("property") or "").lower()
        if name in _DATES and meta.get("content"):
            named.setdefault(name, meta.get("content", ""))
    first = next((named[name] for name in _DATES if name in named), "")
    return {name: value for name, value in dated({"date": first}).items() if name == "date"}

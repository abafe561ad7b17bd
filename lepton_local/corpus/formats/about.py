"""What an HTML page says about itself: its authors and the day on which it appeared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lxml import html  # type: ignore[import-untyped]

from lepton_local.corpus.dates import iso_date
from lepton_local.corpus.formats.properties import Properties, properties

_AUTHORS = ("author", "article:author", "dc.creator", "citation_author")
_DATES = (
    "article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dcterms.created",
    "pubdate",
    "citation_publication_date",
)
_CHANGED = ("article:modified_time", "datemodified")
_DEEPEST = 8  # objects within objects


def about(page: html.HtmlElement, main: html.HtmlElement) -> Properties:
    """Of the dates the first that there is: when it was published, in <meta>; in JSON-LD; in <time>
    in its main part, if it is said to be that or is the only day there; when it was changed.
    """
    named: dict[str, list[str]] = {}
    for meta in page.iter("meta"):
        name = meta.get("name") or meta.get("property") or meta.get("itemprop") or ""
        named.setdefault(name.lower(), []).append(meta.get("content", ""))
    articles = list(_articles(page))
    published = [item["datePublished"] for item in articles if "datePublished" in item]
    dates = [
        *(date for name in _DATES for date in named.get(name, [])),
        *(date for date in published if isinstance(date, str)),
        *_times(main),
        *(date for name in _CHANGED for date in named.get(name, [])),
    ]
    authors = next((named[name] for name in _AUTHORS if any(named.get(name, []))), [])
    written = [name for item in articles[:1] for name in _names(item.get("author"))]
    return properties(authors=authors or written, dates=dates)


def _times(main: html.HtmlElement) -> list[str]:
    times = [time for time in main.iter("time") if iso_date(time.get("datetime", ""))]
    said = [
        time.get("datetime")
        for time in times
        if time.get("itemprop") == "datePublished" or time.get("pubdate") is not None
    ]
    days = {iso_date(time.get("datetime")) for time in times}
    return said or (list(days) if len(days) == 1 else [])


def _articles(page: html.HtmlElement) -> Iterator[dict[str, Any]]:
    """The objects of JSON-LD that have a day of publication or an author."""
    for script in page.iter("script"):
        if script.get("type", "").lower() == "application/ld+json":
            try:
                found = json.loads(script.text or "")
            except (ValueError, RecursionError):
                continue
            yield from _objects(found, _DEEPEST)


def _objects(found: object, depth: int) -> Iterator[dict[str, Any]]:
    items = found if isinstance(found, list) else [found]
    for item in items:
        if isinstance(item, dict):
            if "datePublished" in item or "author" in item:
                yield item
            elif depth:
                yield from _objects(item.get("@graph", []), depth - 1)


def _names(author: object) -> Iterator[str]:
    for one in author if isinstance(author, list) else [author]:
        name = one.get("name") if isinstance(one, dict) else one
        if isinstance(name, str):
            yield name

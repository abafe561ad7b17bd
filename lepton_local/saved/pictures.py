"""Pictures of the pages of PDFs that a saved answer cites, with the words marked on them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lepton_local.corpus.picture import MOST_WORDS, page_picture
from lepton_local.errors import InputError, SourceError
from lepton_local.search.document import read
from lepton_local.store.index import Index
from lepton_local.types import Answer, Hit

MOST = 3  # of one answer: each takes some 50 kB and half a second
DATA = "data:image/png;base64,"
_IN_PAGE = re.compile(rf'src="{DATA}([A-Za-z0-9+/=]+)"')

Pictures = Mapping[str, bytes]  # PNGs by their digests


def drawn(
    index: Index, hits: Sequence[Hit], answers: Sequence[Answer]
) -> tuple[dict[int, dict[str, Any]], dict[str, bytes]]:
    """What is to be told of the pictures, by the places of their hits, and the pictures: those of
    hits with answers first, and each page once.
    """
    told: dict[int, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    seen = set()
    first = [place for each in answers for place, hit in enumerate(hits) if _holds(hit, each)]
    for place in dict.fromkeys([*first, *range(len(hits))]):
        hit = hits[place]
        answer = next((each for each in answers if _holds(hit, each)), None)
        page = _page(index, hit, answer.line if answer else hit.line)
        if not page or (hit.source, page) in seen or len(pictures) == MOST:
            continue
        seen.add((hit.source, page))
        words = (answer.quote if answer else hit.passage.text)[:MOST_WORDS]
        try:
            png = page_picture(hit.source, page, words, small=True)
        except SourceError:  # it has changed: the page says so
            continue
        told[place] = {"page": page, "words": words, "digest": digest(png)}
        pictures[digest(png)] = png
    return told, pictures


def digest(png: bytes) -> str:
    """What a picture is called by in a record."""
    return f"sha256:{hashlib.sha256(png).hexdigest()}"


def address(png: bytes) -> str:
    """A picture as the address of an image, which holds all of it."""
    return DATA + base64.b64encode(png).decode()


def pictures_in(page: str) -> dict[str, bytes]:
    """The pictures of a page. Raises ValueError for what is none."""
    found = [base64.b64decode(each, validate=True) for each in _IN_PAGE.findall(page)]
    return {digest(each): each for each in found}


def _page(index: Index, hit: Hit, line: int) -> int:
    if hit.format != "pdf":
        return 0
    try:
        found = read(index, hit.passage.document)
    except InputError:  # of a name that several have
        return 0
    return found.page_of(line) if found.told["digest"] == hit.source.digest else 0


def _holds(hit: Hit, answer: Answer) -> bool:
    return (hit.source, hit.passage) == (answer.hit.source, answer.hit.passage)

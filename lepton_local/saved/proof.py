"""A saved answer held against the documents as they are now: does each still say so, and does the
file show nothing else?
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from lepton_local.corpus.isolate import parse_source
from lepton_local.corpus.picture import page_picture
from lepton_local.errors import InputError, SourceError
from lepton_local.saved.page import FIRST, RECORD, page
from lepton_local.saved.pictures import digest, pictures_in
from lepton_local.saved.record import KIND, LAYOUT
from lepton_local.search.documents import documents_called
from lepton_local.store.index import Index
from lepton_local.types import Document, Source

HOLDS, CHANGED, GONE = "holds", "changed", "gone"
LARGEST = 64 << 20  # bytes of a file that is looked at
_SOURCE = ["root", "path", "size", "mtime_ns", "digest"]
_ENDS = "</script>"


@dataclass(frozen=True, slots=True)
class Saved:
    """A file of ours, as it was read. `shown` says whether it shows its record and nothing else;
    None: another version wrote it, and its look cannot be compared.
    """

    record: Mapping[str, Any]
    shown: bool | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one thing that a file says. `why` is empty where all is as it was."""

    what: str  # "answer", "guess", or "passage 2"
    words: str
    place: str  # document:line, when it was saved
    state: str  # holds, changed, gone
    why: str = ""


def is_ours(path: Path) -> bool:
    """Whether a file begins as those do that we write."""
    with path.open("rb") as file:
        return file.read(len(FIRST)) == FIRST.encode()


def read_saved(path: Path) -> Saved:
    """Raises InputError for a file that is no saved answer, and OSError for one that cannot be
    read.
    """
    with path.open("rb") as file:
        written = file.read(LARGEST + 1)
    try:
        if not written.startswith(FIRST.encode()) or len(written) > LARGEST:
            raise ValueError
        told = written.decode()
        begin = told.rindex(RECORD) + len(RECORD)
        record = json.loads(told[begin : told.index(_ENDS, begin)])
        if record["kind"] != KIND:
            raise ValueError
        list(_citations(record))  # all that is proved is there, and of its type
        if record["layout"] != LAYOUT:
            return Saved(record, None)
        list(_pictured(record))
        return Saved(record, page(record, pictures_in(told[:begin])) == told)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise InputError(
            f"{path} is no answer that was saved, expected a file of --html",
            advice="lepton-search query INDEX QUESTION --html FILE",
        ) from None


def prove_saved(record: Mapping[str, Any], index: Index) -> list[Proof]:
    """What became of each of its citations, the answer's, or the guesses', then the passages', and
    of its pictures, which are drawn again.
    """
    known = lru_cache(maxsize=None)(lambda name: list(_documents(index, name)))
    cited = [_proved(each, known(each.document)) for each in _citations(record)]
    return [*cited, *_pictures(record, index)]


def _pictures(record: Mapping[str, Any], index: Index) -> Iterator[Proof]:
    for each in _pictured(record):
        why = _drawn_otherwise(each, index)
        place = f"{each.document}, page {each.page}"
        yield Proof(each.what, each.words, place, CHANGED if why else HOLDS, why)


@dataclass(frozen=True, slots=True)
class _Picture:
    what: str
    document: str
    source: str  # digest of the file
    page: int
    words: str
    digest: str


def _pictured(record: Mapping[str, Any]) -> Iterator[_Picture]:
    for number, each in enumerate(record["passages"], 1):
        if (told := each.get("picture")) is not None:
            yield _Picture(
                what=f"picture of passage {number}",
                document=str(each["document"]),
                source=str(each["digest"]),
                page=int(told["page"]),
                words=str(told["words"]),
                digest=str(told["digest"]),
            )


def _drawn_otherwise(told: _Picture, index: Index) -> str:
    """Why a page does not look as its picture does; empty: it does, dot for dot."""
    why = "no such document is in the index and on the disk"
    for row in documents_called(index, told.document, _SOURCE):
        source = Source(**{column: row[column] for column in _SOURCE})
        try:
            png = page_picture(
                replace(source, digest=told.source), told.page, told.words, small=True
            )
        except SourceError as error:
            why = str(error)
            continue
        if digest(png) == told.digest:
            return ""
        why = "the page looks otherwise, or another version drew it"
    return why


@dataclass(frozen=True, slots=True)
class _Citation:
    what: str
    document: str
    title: str
    mark: str
    line: int
    start: int
    end: int
    words: str
    around: str  # the sentence around an answer
    lines: Sequence[tuple[int, str]]
    digest: str


def _citations(record: Mapping[str, Any]) -> Iterator[_Citation]:
    answer = [("answer", record["answer"])] if record["answer"] is not None else []
    guesses = [("guess", each) for each in record["guesses"]]
    numbered = [(f"passage {at}", each) for at, each in enumerate(record["passages"], 1)]
    for what, each in (*answer, *guesses, *numbered):
        yield _Citation(
            what=what,
            document=str(each["document"]),
            title=str(each["title"]),
            mark=str(each["mark"]),
            line=int(each["line"]),
            start=int(each["start"]),
            end=int(each["end"]),
            words=str(each["text"]),
            around=str(each.get("quote", "")),
            lines=[(int(line["line"]), str(line["text"])) for line in each.get("lines", [])],
            digest=str(each["digest"]),
        )


def _documents(index: Index, name: str) -> Iterator[tuple[str, Document]]:
    """The documents of that name that are there now, each with its file's digest."""
    for row in documents_called(index, name, _SOURCE):
        parsed = parse_source(Source(**{column: row[column] for column in _SOURCE}))
        for document in parsed.documents:
            if document.id == name:
                yield parsed.source.digest, document


def _proved(cited: _Citation, documents: Sequence[tuple[str, Document]]) -> Proof:
    told = cited.what, cited.words, f"{cited.document}:{cited.line}"
    if not documents:
        return Proof(*told, GONE, "no such document is in the index and on the disk")
    whys = [_changed(cited, document) for _, document in documents]
    if "" in whys:
        same = any(digest == cited.digest for digest, _ in documents)
        return Proof(*told, HOLDS, "" if same else "though the file has changed elsewhere")
    return Proof(*told, CHANGED, whys[0])


def _changed(cited: _Citation, document: Document) -> str:
    """What a document no longer says as it was cited; empty: nothing."""
    whole = document.text
    if not 0 <= cited.start <= cited.end or whole[cited.start : cited.end] != cited.words:
        at = whole.find(cited.words) if cited.words else -1
        if at < 0:
            return "the document does not say so"
        return f"its words stand in line {whole.count(chr(10), 0, at) + 1} now"
    if cited.around and _plain(cited.around) not in _plain(whole):
        return "the sentence around it is another"
    lines = whole.split("\n")
    for number, words in cited.lines:
        there = lines[number - 1] if 0 < number <= len(lines) else ""
        if _plain(words.removeprefix("… ")) not in _plain(there):
            return f"line {number}, beside it, is another"
    first = whole.count("\n", 0, cited.start) + 1
    last = first + cited.words.count("\n")
    if not first <= cited.line <= last:
        return f"it begins in line {first}"
    if cited.title != document.title:
        return "the document has another title"
    if cited.mark and cited.mark not in {mark.label for mark in document.marks}:
        return f"nothing in the document is called {cited.mark}"
    return ""


def _plain(words: str) -> str:
    return " ".join(words.split())

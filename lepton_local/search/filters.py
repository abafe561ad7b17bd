"""Filters choose documents before a search starts: `path:GLOB type:pdf after:2026-01-31 before:…
lang:zh title:WORD author:WORD tag:WORD`, each turned round by a leading `-`.
"""

from __future__ import annotations

import datetime
import fnmatch
import os
import re
import unicodedata
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_local.corpus.suffixes import CONTAINERS, format_named, formats_called
from lepton_local.corpus.words import terms
from lepton_local.errors import InputError
from lepton_local.store.passages import Coded
from lepton_local.store.typed import strings

_AUTHORS = ("author", "authors")
_TAGS = ("tag", "tags", "keywords", "categories", "category", "labels")

LONGEST_PATH = 4096  # characters of a pattern; no system has longer paths

Predicate = Callable[[Sequence[Coded]], np.ndarray]  # columns of documents -> (documents,) bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on documents, and the columns of documents.parquet that it looks at."""

    columns: tuple[str, ...]
    holds: Predicate


def parse_filter(expression: str) -> Filter:
    """Understand one filter. Raises InputError for one that is unknown or malformed."""
    name, colon, value = expression.removeprefix("-").partition(":")
    make = FILTERS.get(name)
    if not colon or not value or make is None:
        known = ", ".join(f"{name}:" for name in FILTERS)
        raise InputError(
            f"filter {expression!r} is unknown, expected one of {known} with a value after it",
            advice="lepton-search query INDEX QUESTION --filter path:notes/*",
        )
    made = make(value)
    if not expression.startswith("-"):
        return made
    return Filter(made.columns, lambda columns: ~made.holds(columns))


def cited_by(name: str) -> Filter:
    """Holds for the document that results cite as `name`, and for all documents of the file of that
    path, as it is cited or as it stands on disk.
    """
    place = _composed(os.path.abspath(os.path.expanduser(name)))
    name = _composed(name)

    def likely(path: str) -> bool:
        path = _composed(path)
        return path == name or name.startswith(f"{path}#") or place.endswith(path)

    def predicate(columns: Sequence[Coded]) -> np.ndarray:
        mask = columns[1].holds(likely)
        for row in np.flatnonzero(mask).tolist():
            root, path, key = (
                _composed(each.values[int(each.codes[row])].as_py()) for each in columns
            )
            mask[row] = name in (path, f"{path}#{key}") or place == os.path.join(root, path)
        return mask

    return Filter(("root", "path", "key"), predicate)


def document_mask(
    filters: Sequence[Filter], column: Callable[[str], Coded], count: int
) -> np.ndarray:
    """(count,) bool: the documents for which every filter holds. `column` gives one of all of
    them.
    """
    mask = np.ones(count, dtype=bool)
    for each in filters:
        mask &= each.holds([column(name) for name in each.columns])
    return mask


def _composed(name: str) -> str:
    """A name as people type it: macOS, and ZIPs made there, keep letters and accents apart."""
    return unicodedata.normalize("NFC", name)


def _each(column: str, holds: Callable[[str], bool]) -> Filter:
    """A filter that looks at one string of each document."""
    return Filter((column,), lambda columns: columns[0].holds(holds))


def _path(glob: str) -> Filter:
    if len(glob) > LONGEST_PATH:
        raise InputError(
            f"filter 'path:{glob[:20]}…' has {len(glob):,} characters, expected at most "
            f"{LONGEST_PATH:,}",
            advice="lepton-search query INDEX QUESTION --filter path:notes/*",
        )
    glob = _composed(glob)
    pattern = re.compile(fnmatch.translate(glob))
    folder = glob.rstrip("/") + "/"

    def named(name: str) -> bool:
        name = _composed(name)
        return pattern.match(name) is not None or name.startswith(folder)

    def predicate(columns: Sequence[Coded]) -> np.ndarray:
        mask = columns[0].holds(named)
        paths, keys = (column.values.to_pylist() for column in columns)
        path_of, key_of = (column.codes for column in columns)
        # A document within a file is named by both, as it is cited.
        for row in np.flatnonzero(~mask & columns[1].holds(bool)).tolist():
            mask[row] = named(f"{paths[path_of[row]]}#{keys[key_of[row]]}")
        return mask

    return Filter(("path", "key"), predicate)


def _type(word: str) -> Filter:
    wanted = formats_called(word)
    within = wanted & CONTAINERS

    def predicate(columns: Sequence[Coded]) -> np.ndarray:
        mask = columns[0].holds(lambda form: form in wanted)
        mask |= columns[1].holds(lambda path: format_named(path) in within)
        return mask

    return Filter(("format", "path"), predicate)


def _after(day: str) -> Filter:
    bound = _day("after", day)
    return _each("date", lambda date: date >= bound)


def _before(day: str) -> Filter:
    bound = _day("before", day)
    return _each("date", lambda date: date < bound)


def _day(name: str, day: str) -> str:
    try:
        return datetime.date.fromisoformat(day).isoformat()
    except ValueError:
        raise InputError(
            f"filter '{name}:{day}' has no date, expected a day such as 2026-01-31",
            advice=f"lepton-search query INDEX QUESTION --filter {name}:2026-01-31",
        ) from None


def _language(code: str) -> Filter:
    return _each("language", lambda language: language == code.lower())


def _title(word: str) -> Filter:
    wanted = _terms("title", word, "report")
    return _each("title", lambda title: wanted <= set(terms(title)))


def _author(word: str) -> Filter:
    wanted = _terms("author", word, "lee")
    return _each("metadata", lambda metadata: wanted <= set(terms(_told(metadata, _AUTHORS))))


def _tag(word: str) -> Filter:
    wanted = _terms("tag", word, "travel")
    return _each("metadata", lambda metadata: wanted <= set(terms(_told(metadata, _TAGS))))


def _told(metadata: str, names: Container[str]) -> str:
    """What a document's metadata, a JSON object, says under these names; a row calls a field what
    its column is called.
    """
    fields = strings(metadata).items()
    return "\n".join(value for name, value in fields if name.lower() in names)


def _terms(name: str, word: str, example: str) -> set[str]:
    wanted = set(terms(word))
    if not wanted:
        raise InputError(
            f"filter '{name}:{word}' has no word, expected one",
            advice=f"lepton-search query INDEX QUESTION --filter {name}:{example}",
        )
    return wanted


FILTERS: dict[str, Callable[[str], Filter]] = {
    "path": _path,
    "type": _type,
    "after": _after,
    "before": _before,
    "lang": _language,
    "title": _title,
    "author": _author,
    "tag": _tag,
}

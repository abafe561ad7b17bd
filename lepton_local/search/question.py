"""What was asked: the words to search by, and the conditions that narrow the search before it
starts.

Inside a question, `"exact phrase"` must stand in a passage and `-word` must not. Beside it, filters
choose documents: `path:GLOB type:pdf after:2026-01-31 before:… lang:zh title:WORD`, each turned
round by a leading `-`.
"""

from __future__ import annotations

import datetime
import fnmatch
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_local.corpus.words import terms
from lepton_local.errors import InputError

_PHRASE = re.compile(r'"([^"]*\w[^"]*)"')
# A phrase, or a word left out; a dash inside a phrase belongs to the phrase.
_MARKED = re.compile(_PHRASE.pattern + r"|(?<!\S)-([^\W\d_]\w*)(?!\S)")
_SURROGATE = re.compile("[\ud800-\udfff]")  # what a terminal makes of bytes that are no UTF-8
_SUFFIXES = {
    "html": ("html", "htm", "xhtml"),
    "markdown": ("md", "markdown"),
    "md": ("md", "markdown"),
    "text": ("txt", "text"),
    "txt": ("txt", "text"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart. `text` is what the models read: no quotes, no excluded words."""

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


def parse_question(asked: str) -> Question:
    """Take a question apart. Raises InputError when nothing is left to search by."""
    asked = _SURROGATE.sub("\ufffd", asked)
    marked = _MARKED.findall(asked)
    phrases = tuple(phrase for phrase, _ in marked if phrase)
    excluded = tuple(word for _, word in marked if word)
    text = " ".join(_MARKED.sub(lambda match: match[1] or " ", asked).split())
    if not re.search(r"\w", text):
        raise InputError(
            f"{asked!r} asks nothing, expected words to search by: "
            "lepton-search query INDEX QUESTION"
        )
    return Question(text, phrases, excluded)


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Matches the phrase's words in order, whatever the case, white space and punctuation between
    them.
    """
    words = re.findall(r"\w+", phrase)
    body = r"\W+".join(map(re.escape, words))
    # Scripts without spaces have no word boundary: there the phrase may stand inside a longer run.
    before = r"(?<!\w)" if _spaced(words[0][0]) else ""
    after = r"(?!\w)" if _spaced(words[-1][-1]) else ""
    return re.compile(before + body + after, re.IGNORECASE)


def _spaced(letter: str) -> bool:
    return letter < "\u0e00" or "\u1e00" <= letter < "\u2e80"


Predicate = Callable[[pa.Table], np.ndarray]  # rows of documents.parquet -> (documents,) bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on documents, and the columns it looks at."""

    columns: tuple[str, ...]
    holds: Predicate


def parse_filter(expression: str) -> Filter:
    """Understand one filter. Raises InputError for one that is unknown or malformed."""
    name, colon, value = expression.removeprefix("-").partition(":")
    make = FILTERS.get(name)
    if not colon or not value or make is None:
        known = ", ".join(f"{name}:" for name in FILTERS)
        raise InputError(
            f"filter {expression!r} is unknown, expected one of {known} with a value after it: "
            "lepton-search query INDEX QUESTION --filter path:notes/*"
        )
    made = make(value)
    if not expression.startswith("-"):
        return made
    return Filter(made.columns, lambda table: ~made.holds(table))


def cited_by(name: str) -> Filter:
    """Holds for the document that results cite as `name`, and for all documents of the file of that
    path, as it is cited or as it stands on disk.
    """
    place = os.path.abspath(os.path.expanduser(name))

    def named(document: dict[str, str]) -> bool:
        path = document["path"]
        return name in (path, f"{path}#{document['key']}") or place == os.path.join(
            document["root"], path
        )

    def predicate(table: pa.Table) -> np.ndarray:
        return np.array([named(document) for document in table.to_pylist()], dtype=bool)

    return Filter(("root", "path", "key"), predicate)


def document_mask(
    filters: Sequence[Filter], read: Callable[[Sequence[str]], pa.Table], count: int
) -> np.ndarray:
    """(count,) bool: the documents for which every filter holds. `read` gives columns of all of
    them.
    """
    mask = np.ones(count, dtype=bool)
    for each in filters:
        mask &= each.holds(read(each.columns))
    return mask


def _each(column: str, holds: Callable[[str], bool]) -> Filter:
    """A filter that looks at one string of each document; equal strings are looked at once."""

    def predicate(table: pa.Table) -> np.ndarray:
        values = table.column(column).to_pylist()
        known = {value: holds(value) for value in set(values)}
        return np.fromiter((known[value] for value in values), bool, len(values))

    return Filter((column,), predicate)


def _path(glob: str) -> Filter:
    pattern = re.compile(fnmatch.translate(glob))
    folder = glob.rstrip("/") + "/"
    return _each("path", lambda path: pattern.match(path) is not None or path.startswith(folder))


def _type(suffix: str) -> Filter:
    endings = tuple(
        "." + each for each in _SUFFIXES.get(suffix.lower(), (suffix.lower().lstrip("."),))
    )
    return _each("path", lambda path: path.lower().endswith(endings))


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
            f"filter '{name}:{day}' has no date, expected a day such as 2026-01-31: "
            f"lepton-search query INDEX QUESTION --filter {name}:2026-01-31"
        ) from None


def _language(code: str) -> Filter:
    return _each("language", lambda language: language == code.lower())


def _title(word: str) -> Filter:
    wanted = set(terms(word))
    if not wanted:
        raise InputError(
            f"filter 'title:{word}' has no word, expected one: "
            "lepton-search query INDEX QUESTION --filter title:report"
        )
    return _each("title", lambda title: wanted <= set(terms(title)))


FILTERS: dict[str, Callable[[str], Filter]] = {
    "path": _path,
    "type": _type,
    "after": _after,
    "before": _before,
    "lang": _language,
    "title": _title,
}

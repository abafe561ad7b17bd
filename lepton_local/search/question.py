"""What was asked: the words to search by, and the conditions that narrow the search before it
starts.

Inside a question, `"exact phrase"` must stand in a passage and `-word` must not. Beside it, filters
choose documents: `path:GLOB type:pdf after:2026-01-31 before:… lang:zh title:WORD author:WORD`,
each turned round by a leading `-`.
"""

from __future__ import annotations

import datetime
import fnmatch
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_local.corpus.words import terms
from lepton_local.errors import InputError
from lepton_local.store.passages import Coded

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
            f"{asked!r} asks nothing, expected words to search by",
            advice="lepton-search query INDEX QUESTION",
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


def phrase_sieve(phrase: str) -> str:
    """A pattern for RE2, Arrow's quick engine, that lets every text through that `phrase_pattern`
    matches, and few others.

    The two differ in what they know of Unicode: so letters beyond ASCII are any sign, or part of
    what may stand between words.
    """
    words = re.findall(r"\w+", phrase)
    letters = [
        ["[iI\u0130\u0131]" if c in "iI" else c if c.isascii() else "." for c in w] for w in words
    ]
    return "(?is)" + "[^a-zA-Z0-9_]+".join(map("".join, letters))


def _spaced(letter: str) -> bool:
    return letter < "\u0e00" or "\u1e00" <= letter < "\u2e80"


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
    place = os.path.abspath(os.path.expanduser(name))

    def predicate(columns: Sequence[Coded]) -> np.ndarray:
        mask = columns[1].holds(
            lambda path: path == name or name.startswith(f"{path}#") or place.endswith(path)
        )
        for row in np.flatnonzero(mask).tolist():
            root, path, key = (each.values[int(each.codes[row])].as_py() for each in columns)
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


def _each(column: str, holds: Callable[[str], bool]) -> Filter:
    """A filter that looks at one string of each document."""
    return Filter((column,), lambda columns: columns[0].holds(holds))


def _path(glob: str) -> Filter:
    pattern = re.compile(fnmatch.translate(glob))
    folder = glob.rstrip("/") + "/"

    def named(name: str) -> bool:
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


def _type(suffix: str) -> Filter:
    endings = tuple(
        "." + each for each in _SUFFIXES.get(suffix.lower(), (suffix.lower().lstrip("."),))
    )
    # A document within a file (an attachment, a member of an archive) has an ending of its own.
    return Filter(
        ("path", "key"),
        lambda columns: np.logical_or.reduce(
            [column.holds(lambda name: name.lower().endswith(endings)) for column in columns]
        ),
    )


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
    return _each("metadata", lambda metadata: wanted <= set(terms(_authors(metadata))))


def _authors(metadata: str) -> str:
    """Who wrote a document, by its metadata, a JSON object; a row calls it what its column does."""
    fields = json.loads(metadata).items()
    return "\n".join(value for name, value in fields if name.lower() in ("author", "authors"))


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
}

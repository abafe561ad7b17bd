"""Filters choose documents before a search starts: `path:GLOB type:pdf,docx date:2026-01 after:30d
before:… taken:2026-01 lang:zh title:WORD author:WORD tag:WORD field:NAME=VALUE`, each turned round
by a leading `-`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from lepton_local.corpus.suffixes import CONTAINERS, format_named, formats_called
from lepton_local.corpus.words import terms
from lepton_local.errors import InputError
from lepton_local.rights import Person, Rights
from lepton_local.search.days import days
from lepton_local.search.paths import composed, meant
from lepton_local.searched import Condition, Part
from lepton_local.store.passages import Coded
from lepton_local.store.typed import parsed, strings

AUTHORS = ("author", "authors")
TAKEN = "taken"  # of a picture: when it was
TAGS = ("tag", "tags", "keywords", "categories", "category", "labels")

LONGEST_PATH = 4096  # characters of a pattern; no system has longer paths

Predicate = Callable[[Sequence[Coded]], np.ndarray]  # columns of documents -> (documents,) bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on documents, and the columns of documents.parquet that it looks at."""

    columns: tuple[str, ...]
    holds: Predicate


def parse_filter(expression: str) -> Filter:
    """Understand one filter. Raises InputError for one that is unknown or malformed."""
    return filter_for(condition_of(expression))


def condition_of(expression: str) -> Condition:
    """What a filter asks for: one of the values between its commas; what stands in quotation marks
    is one value. Raises InputError for one that is unknown.
    """
    name, _, value = expression.removeprefix("-").partition(":")
    if not value or name not in FILTERS:
        known = ", ".join(f"{name}:" for name in FILTERS)
        raise InputError(
            f"filter {expression!r} is unknown, expected one of {known} and a value",
            advice="lepton-search query INDEX QUESTION --filter path:notes/*",
        )
    if len(value) > 2 and value[0] == value[-1] == '"':
        values = [value[1:-1]]
    else:
        values = [each.strip() for each in value.split(",") if each.strip()]
        if name == "path" and values != [value]:  # commas stand in names, too
            values = [value, *values]
        if name == "field":  # the name need not be said again
            named, sign, _ = value.partition("=")
            values = [each if "=" in each else named + sign + each for each in values if sign]
    parts = tuple(Part(name, each) for each in values or [value])
    return Condition(parts, expression.startswith("-"))


def filter_for(condition: Condition) -> Filter:
    """That of a condition whose parts are filters. Raises InputError for a malformed value."""
    made = [FILTERS[part.kind](part.value) for part in condition.parts]
    ends = np.cumsum([len(each.columns) for each in made]).tolist()

    def holds(columns: Sequence[Coded]) -> np.ndarray:
        each = (
            one.holds(columns[end - len(one.columns) : end])
            for one, end in zip(made, ends, strict=True)
        )
        return np.asarray(np.logical_or.reduce(list(each)) ^ condition.excluded)

    return Filter(tuple(name for each in made for name in each.columns), holds)


def cited_by(name: str) -> Filter:
    """Holds for the document that results cite as `name`, and for all documents of the file of that
    path, as it is cited or as it stands on disk.
    """
    place = composed(os.path.abspath(os.path.expanduser(name)))
    name = composed(name)

    def likely(path: str) -> bool:
        path = composed(path)
        return path == name or name.startswith(f"{path}#") or place.endswith(path)

    def predicate(columns: Sequence[Coded]) -> np.ndarray:
        mask = columns[1].holds(likely)
        for row in np.flatnonzero(mask).tolist():
            root, path, key = (
                composed(each.values[int(each.codes[row])].as_py()) for each in columns
            )
            mask[row] = name in (path, f"{path}#{key}") or place == os.path.join(root, path)
        return mask

    return Filter(("root", "path", "key"), predicate)


def readable_by(person: Person, rights: Rights) -> Filter:
    """Holds for the documents of files that a person may read."""

    def predicate(columns: Sequence[Coded]) -> np.ndarray:
        roots, paths = columns
        mask = np.zeros(len(roots.codes), dtype=bool)
        for code, root in enumerate(roots.values.to_pylist()):
            may = rights.readable(root, person)
            mask |= (roots.codes == code) & paths.holds(may.__contains__)
        return mask

    return Filter(("root", "path"), predicate)


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
    if len(glob) > LONGEST_PATH:
        raise InputError(
            f"filter 'path:{glob[:20]}…' has {len(glob):,} characters, expected at most "
            f"{LONGEST_PATH:,}",
            advice="lepton-search query INDEX QUESTION --filter path:notes/*",
        )
    named = meant(glob)

    def predicate(columns: Sequence[Coded]) -> np.ndarray:
        roots, paths, keys = (column.values.to_pylist() for column in columns)
        root_of, path_of, key_of = (column.codes for column in columns)
        mask = np.zeros(len(path_of), dtype=bool)
        for code, root in enumerate(roots):
            mask |= (root_of == code) & columns[1].holds(partial(named, root))
        # A document within a file is named by both, as it is cited; a row is none that a name or a
        # folder could mean.
        any_key = any(sign in glob for sign in "#*?[")
        within = columns[2].holds(lambda key: "/" in key or bool(any_key and key))
        for row in np.flatnonzero(~mask & within).tolist():
            mask[row] = named(roots[root_of[row]], f"{paths[path_of[row]]}#{keys[key_of[row]]}")
        return mask

    return Filter(("root", "path", "key"), predicate)


def _type(word: str) -> Filter:
    wanted = formats_called(word)
    within = wanted & CONTAINERS

    def predicate(columns: Sequence[Coded]) -> np.ndarray:
        mask = columns[0].holds(lambda form: form in wanted)
        mask |= columns[1].holds(lambda path: format_named(path) in within)
        return mask

    return Filter(("format", "path"), predicate)


def _after(value: str) -> Filter:
    first = days("after", value)[0].isoformat()
    return _each("date", lambda date: date >= first)


def _before(value: str) -> Filter:
    first = days("before", value)[0].isoformat()
    return _each("date", lambda date: date < first)


def _date(value: str) -> Filter:
    first, end = (day.isoformat() for day in days("date", value))
    return _each("date", lambda date: first <= date < end)


def _taken(value: str) -> Filter:
    first, end = (day.isoformat() for day in days("taken", value))
    return _each("metadata", lambda text: any(first <= day < end for day in days_taken(text)))


def days_taken(metadata: str) -> list[str]:
    """The day on which a picture was taken, if its document is one that says so."""
    return [when[:10] for when in told(metadata, (TAKEN,))] if f'"{TAKEN}"' in metadata else []


def _language(code: str) -> Filter:
    return _each("language", lambda language: language == code.lower())


def _title(word: str) -> Filter:
    wanted = _terms("title", word, "report")
    return _each("title", lambda title: wanted <= set(terms(title)))


def _author(word: str) -> Filter:
    wanted = _terms("author", word, "lee")
    return _each(
        "metadata", lambda metadata: wanted <= set(terms("\n".join(told(metadata, AUTHORS))))
    )


def _tag(word: str) -> Filter:
    wanted = _terms("tag", word, "travel")
    return _each("metadata", lambda metadata: wanted <= set(terms("\n".join(told(metadata, TAGS)))))


def _field(value: str) -> Filter:
    name, _, wanted = (part.strip() for part in value.partition("="))
    if not name or not wanted:
        raise InputError(
            f"filter 'field:{value}' has no name or no value, expected field:NAME=VALUE",
            advice="lepton-search query INDEX QUESTION --filter field:state=open",
        )
    name, wanted = name.casefold(), composed(wanted).casefold()

    def holds(metadata: str) -> bool:
        values = (value for key, value in strings(metadata).items() if key.casefold() == name)
        return any(wanted in _values(value) for value in values)

    return _each("metadata", holds)


def _values(value: str) -> list[str]:
    """A value as it is, and each of several: a list of JSON."""
    several: list[object] = []
    if value.startswith("["):
        with contextlib.suppress(ValueError):
            several = parsed(value.encode())
    return [composed(str(each).strip()).casefold() for each in (value, *several)]


def told(metadata: str, names: Container[str]) -> list[str]:
    """What a document's metadata, a JSON object, says under these names; a row calls a field what
    its column is called.
    """
    return [value for name, value in strings(metadata).items() if name.lower() in names]


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
    "date": _date,
    "after": _after,
    "before": _before,
    "taken": _taken,
    "lang": _language,
    "title": _title,
    "author": _author,
    "tag": _tag,
    "field": _field,
}
DATES = ("after", "before", "date")  # those whose values are days of documents,
DAYS = (*DATES, "taken")  # and of whatever

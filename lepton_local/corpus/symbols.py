"""The names that a document defines or explains: functions, classes and methods of code, its
options, configuration keys, and the entries of a reference.

An index holds each beside the words of its passage, so that whoever asks for a name by itself finds
what it stands for before what uses it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from lepton_local.corpus.headings import FIELD, NAMED, named
from lepton_local.corpus.suffixes import FAMILIES
from lepton_local.types import Document, Passage

PREFIX = "\x1f"  # of a name among the terms of an index: no word begins so, and it sorts before all
LONGEST = 120  # characters of a name
_CODE = frozenset(FAMILIES["code"])
_ROWS = frozenset(("jsonl", "csv"))
_INK = re.compile(r"\S")
_PARTS = re.compile(r"\.|::|#|->|/")
_NAME = r"[A-Za-z_$][\w$-]*(?:(?:\.|::|#|->)[A-Za-z_$<*][\w$<>*-]*)*[?!]?"
_OPTION = r"--?[A-Za-z](?:[\w-]*\w)?"
_WHOLE = re.compile(rf"(?:{_NAME}|{_OPTION})(?=\Z|\()")
# Where code declares an option, and where a manual explains one: at the beginning of a line.
_DECLARED = re.compile(
    rf"(?:option|argument|flag|switch)\w*\(\s*((?:[\"']{_OPTION}[\"'],?\s*)+)", re.IGNORECASE
)
_EXPLAINED = re.compile(
    r"^[ \t]*((?:-\w[ ,|]+)?--?(?:\[no-\])?[A-Za-z][\w-]*)(?=[\s=,\[<]|$)", re.MULTILINE
)
# A line that is nothing but a name with parts: an entry of a list of keys or variables.
_ENTRY = re.compile(
    r"^[ \t]*`{0,2}([A-Za-z_]\w*(?:\.[\w<>*-]+)+|[A-Z]\w*_\w+|[a-z]\w*_\w+)`{0,2}[ \t]*$",
    re.MULTILINE,
)

Places = list[tuple[int, tuple[str, ...]]]  # where something begins, and its names


def places(document: Document) -> Places:
    """Where the pieces of code and the entries among the marks of a document begin, in order, with
    their names. A piece that goes on after one within it begins once.
    """
    found, seen = [], set()
    for mark in document.marks:
        level, name = named(mark.label)
        if level in (NAMED, FIELD):
            name = name.partition(" ")[2]
        if level and mark.label not in seen:
            seen.add(mark.label)
            names = tuple(_ends(name.strip("`* ")))
            ink = _INK.search(document.text, mark.start)
            if names and ink is not None:
                found.append((ink.start(), names))  # no passage begins with white space
    return found


def symbols(document: Document, found: Places, passage: Passage) -> list[str]:
    """The terms of what begins in a passage. found: of its document, by `places`."""
    if document.format in _ROWS:
        return []  # a row is found by its fields
    names: set[str] = set()
    for start, each in found[bisect_left(found, (passage.start,)) :]:
        if start >= passage.end:
            break
        names.update(each)
    names.update(_options(passage.text, code=document.format in _CODE))
    return sorted({term for name in names for term in (PREFIX + name, PREFIX + name.casefold())})


def parts(name: str) -> Sequence[str]:
    """The parts of a name: of "Engine.run" two."""
    return _PARTS.split(name)


def is_code(form: str) -> bool:
    """Whether documents of a format define what they name, and do not only explain it."""
    return form in _CODE


def _ends(name: str) -> Iterator[str]:
    """A name without its arguments, and the same without the first of its parts, and so on."""
    match = _WHOLE.match(name)
    if match is None or len(match[0]) > LONGEST:
        return
    split = parts(match[0])
    yield from (".".join(split[first:]) for first in range(len(split)))


def _options(text: str, *, code: bool) -> Iterator[str]:
    if code:
        for each in _DECLARED.finditer(text):
            yield from re.findall(_OPTION, each[1])
        return
    for each in _EXPLAINED.finditer(text):
        for option in re.split(r"[ ,|]+", each[1]):
            yield option.replace("[no-]", "")
            yield option.replace("[no-]", "no-")
    for each in _ENTRY.finditer(text):
        yield each[1]

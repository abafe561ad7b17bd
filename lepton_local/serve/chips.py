"""What narrows a search, to be chosen by a click: filters, each with how many documents it leaves.

They are words of the question, as a person may type them, so what was chosen stands in the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from lepton_local.saved.markup import text
from lepton_local.search.census import census
from lepton_local.search.filters import FILTERS
from lepton_local.serve.page import searched
from lepton_local.store.index import Index
from lepton_local.types import Result

_NAMES = {"type": "Type", "path": "Folder", "date": "Year", "lang": "Language"}
_known: WeakKeyDictionary[Index, dict[str, list[tuple[str, int]]]] = WeakKeyDictionary()


def chips(result: Result, index: Index) -> Iterator[str]:
    """The filters that hold, each to be taken back, and those that would leave something out."""
    chosen = [
        (part.kind, part.value)
        for each in result.conditions
        if not each.excluded and len(each.parts) == 1
        for part in each.parts
        if part.kind in FILTERS
    ]
    on = "".join(_taken_back(searched(result), *each) for each in chosen)
    if on:
        yield f"<nav class=chips aria-label=Filters>{on}</nav>"
    if index not in _known:
        _known[index] = census(index)
    groups = [
        (_NAMES[name], name, values)
        for name, values in _known[index].items()
        if len(values) > 1 and all(name != kind for kind, _ in chosen)
    ]
    if groups and result.hits:
        yield "<details class=chips><summary>Narrow the search</summary>"
        for told, name, values in groups:
            links = " ".join(_added(searched(result), name, *each) for each in values)
            yield f"<p>{told}: {links}</p>"
        yield "</details>"


def _added(question: str, name: str, value: str, many: int) -> str:
    asked = f"{question} {_written(name, value)}"
    return f'<a href="{_link(asked)}" dir=auto>{text(value)}</a> <small>{many:,}</small>'


def _taken_back(question: str, name: str, value: str) -> str:
    written = next(
        (each for each in (_written(name, value), f"{name}:{value}") if each in question), ""
    )
    if not written:
        return ""
    rest = " ".join(question.replace(written, " ", 1).split())
    told = f"{text(written)} <span aria-hidden=true>&times;</span>"
    return f'<a class=on href="{_link(rest)}" title="Search without it" dir=auto>{told}</a> '


def _written(name: str, value: str) -> str:
    return f'{name}:"{value}"' if " " in value else f"{name}:{value}"


def _link(asked: str) -> str:
    return escape(f"/?{urlencode({'q': asked})}")

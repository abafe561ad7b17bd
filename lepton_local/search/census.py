"""Which values a filter has in an index, and how many documents have each: for somebody who asked
for one that none has, or looks for what to leave out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from lepton_local.search.filters import AUTHORS, DATES, TAGS, days_taken, told
from lepton_local.searched import Part
from lepton_local.store.index import Index

SHOWN = 10  # values that are named


def values_of(index: Index, asked: Part) -> str:
    """A clause that names the commonest values of a filter, or what to do where it has none."""
    name, values = asked.kind, _VALUES.get(asked.kind)
    if name in DATES:
        found = sorted(index.document_table(["date"]).column(0).to_pylist())
        return f"the days go from {found[0]} to {found[-1]}" if found else "leave it out"
    if name == "field":
        field = asked.value.partition("=")[0]
        name, values = (
            f"field {field}",
            ("metadata", lambda metadata: told(metadata, {field.lower()})),
        )
    if values is None:
        return "leave it out"
    column, each = values
    counted = _counted(index, column, each)
    listed = [f"{value} ({many:,})" for value, many in counted.most_common(SHOWN)]
    if len(counted) > SHOWN:
        listed.append(f"{len(counted) - SHOWN:,} more")
    return f"there are {', '.join(listed)}" if listed else f"none has a {name}; leave it out"


def census(index: Index) -> dict[str, list[tuple[str, int]]]:
    """What tells documents apart, by the filters that ask for it: their formats, first folders,
    years and languages, and how many documents have each, the commonest first.
    """
    return {name: _counted(index, *kind).most_common(SHOWN) for name, kind in _APART.items()}


def _counted(index: Index, column: str, values: Callable[[str], Iterable[str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for value in index.document_table([column]).column(0).to_pylist():
        found.update(set(values(value)))
    return found


def _year(date: str) -> Iterator[str]:
    if date:
        yield date[:4]


def _itself(value: str) -> Iterator[str]:
    if value:
        yield value


def _folder(path: str) -> Iterator[str]:
    """The first folder of a path; of a file in none its name."""
    folder, slash, _ = path.partition("/")
    yield folder + slash


def _in_folder(path: str) -> Iterator[str]:
    yield from (each for each in _folder(path) if each.endswith("/"))


def _authors(metadata: str) -> Iterator[str]:
    yield from told(metadata, AUTHORS)


def _tags(metadata: str) -> Iterator[str]:
    for value in told(metadata, TAGS):
        yield from filter(None, map(str.strip, value.split(",")))


_VALUES: dict[str, tuple[str, Callable[[str], Iterable[str]]]] = {
    "type": ("format", _itself),
    "lang": ("language", _itself),
    "path": ("path", _folder),
    "author": ("metadata", _authors),
    "taken": ("metadata", lambda metadata: (day[:7] for day in days_taken(metadata))),
    "tag": ("metadata", _tags),
}
_APART: dict[str, tuple[str, Callable[[str], Iterable[str]]]] = {
    "type": ("format", _itself),
    "path": ("path", _in_folder),
    "date": ("date", _year),
    "lang": ("language", _itself),
}

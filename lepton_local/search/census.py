"""Which values a filter has in an index, and how many documents have each: for somebody who asked
for one that none has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from lepton_local.search.filters import AUTHORS, DATES, TAGS, told
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
    counted: Counter[str] = Counter()
    for value in index.document_table([column]).column(0).to_pylist():
        counted.update(set(each(value)))
    listed = [f"{value} ({many:,})" for value, many in counted.most_common(SHOWN)]
    if len(counted) > SHOWN:
        listed.append(f"{len(counted) - SHOWN:,} more")
    return f"there are {', '.join(listed)}" if listed else f"none has a {name}; leave it out"


def _itself(value: str) -> Iterator[str]:
    if value:
        yield value


def _folder(path: str) -> Iterator[str]:
    """The first folder of a path; of a file in none its name."""
    folder, slash, _ = path.partition("/")
    yield folder + slash


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
    "tag": ("metadata", _tags),
}

"""The documents of an index themselves: which there are, and what stands in one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_local.errors import InputError
from lepton_local.search.context import Lines, joined
from lepton_local.search.filters import Filter, cited_by, document_mask, parse_filter
from lepton_local.store.index import Index
from lepton_local.store.segment import Segment

_COLUMNS = ["root", "path", "key", "title", "language", "format", "date", "size", "digest", "rows"]
_NAME = ["path", "key"]
_TEXT = ["start", "end", "line", "column", "text"]
_STRETCH = re.compile(r"(.+):(\d+)(-?)(\d*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines of a document, first and last counted from 1; None: up to its end."""

    name: str
    first: int = 1
    last: int | None = None


def listed_documents(index: Index, filters: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What is stored of each document for which all filters hold, in the order of path, key and
    root; `document` is its name as results cite it. Raises InputError for an unknown filter.
    """
    chosen = [parse_filter(each) for each in filters]
    found = [
        {"document": _name(row), **row, "passages": row.pop("rows")}
        for segment, numbers in _chosen(index, chosen)
        for row in segment.documents.take(numbers, _COLUMNS).to_pylist()
    ]
    return sorted(found, key=lambda row: (row["path"], row["key"], row["root"]))


def document_lines(index: Index, name: str) -> Iterator[tuple[str, Lines]]:
    """Each document that is cited as `name`, or is in the file of that name, and its lines: "a.md"
    gives all of them, "a.md:3-9" those from the third to the ninth.

    They are what was indexed: every character but white space, which is told by lines and columns.
    Raises InputError when no document is called so.
    """
    wanted = Stretch(name)
    found = list(_chosen(index, [cited_by(name)]))
    if not found and (stretch := _stretch(name)):
        wanted, found = stretch, list(_chosen(index, [cited_by(stretch.name)]))
    if not found:
        raise InputError(
            f"{name} is not in the index, expected a document as results cite it",
            advice=f"lepton-index ls {index.place}",
        )
    columns = ["path", "key", "first_row", "rows"]
    for segment, numbers in found:
        for row in segment.documents.take(numbers, columns).to_pylist():
            rows = np.arange(row["first_row"], row["first_row"] + row["rows"])
            lines = joined(segment.passages.take(rows, _TEXT).to_pylist())
            last = wanted.last or lines[-1][0]
            yield _name(row), tuple(each for each in lines if wanted.first <= each[0] <= last)


def documents_called(index: Index, name: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """These columns of each document that results cite as `name`: several roots may have one."""
    found = named_documents(index, name, [*_NAME, *columns])
    return [row for _, row in found if _name(row) == name]


def named_documents(
    index: Index, name: str, columns: Sequence[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of its segment, and these columns, of each document that results cite as `name`,
    or that is in the file of that name.
    """
    for segment, numbers in _chosen(index, [cited_by(name)]):
        at = index.segments.index(segment)
        for row in segment.documents.take(numbers, columns).to_pylist():
            yield at, row


def _chosen(index: Index, filters: Sequence[Filter]) -> Iterator[tuple[Segment, np.ndarray]]:
    """Per segment that has some, the numbers of the live documents for which all filters hold."""
    for segment, live in zip(index.segments, index.live_documents, strict=True):
        mask = live & document_mask(filters, segment.column, segment.entry.documents)
        if mask.any():
            yield segment, np.flatnonzero(mask)


def _name(row: dict[str, Any]) -> str:
    return f"{row['path']}#{row['key']}" if row["key"] else str(row["path"])


def _stretch(typed: str) -> Stretch | None:
    """`name:3`, `name:3-9` or `name:3-`."""
    if (found := _STRETCH.fullmatch(typed)) is None:
        return None
    name, first, open_, last = found.groups()
    end = int(last) if last else None if open_ else int(first)
    return Stretch(name, int(first), end)

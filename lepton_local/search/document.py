"""One document as it was indexed: what is known of it, its lines, and the places in it."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_local.corpus.headings import outline
from lepton_local.errors import InputError
from lepton_local.search.context import Lines, joined
from lepton_local.search.documents import named_documents
from lepton_local.searched import Snapshot
from lepton_local.store.index import Index
from lepton_local.store.typed import strings
from lepton_local.types import Mark

_TOLD = ["root", "path", "title", "format", "language", "date", "digest", "size", "characters"]
_COLUMNS = [*_TOLD, "key", "metadata", "marks", "first_row", "rows"]
_PAGE = "page "
_TEXT = ["start", "end", "line", "column", "text"]


@dataclass(frozen=True, slots=True)
class Read:
    """A document. `told` has its columns; `marks` are sorted, each with the line it stands in."""

    name: str  # as results cite it
    snapshot: Snapshot
    told: Mapping[str, Any]
    lines: Lines
    marks: tuple[tuple[Mark, int], ...]

    @property
    def file(self) -> str:
        """The file that it stands in."""
        return os.path.join(str(self.told["root"]), str(self.told["path"]))

    def page_of(self, line: int) -> int:
        """The page of a PDF, from 1, on which a line of its text stands; 0 where there is no page
        to be shown: of other documents, and of PDFs in archives and mails.
        """
        if self.told["format"] != "pdf" or self.told["key"]:
            return 0
        pages = [
            int(mark.label.removeprefix(_PAGE))
            for mark, at in self.marks
            if at <= line and mark.label.removeprefix(_PAGE).isdecimal()
        ]
        return pages[-1] if pages else 1

    def record(self, *, first: int = 1, last: int | None = None) -> dict[str, Any]:
        """JSON-ready, with the lines `first` to `last` of its text, counted from 1."""
        shown = [each for each in self.lines if first <= each[0] <= (last or self.lines[-1][0])]
        line_of = {mark.start: line for mark, line in self.marks}
        headings = outline(mark for mark, _ in self.marks)
        return {
            "index": self.snapshot.index,
            "generation": self.snapshot.generation,
            "document": self.name,
            "file": self.file,
            **{name: self.told[name] for name in _TOLD},
            "metadata": strings(self.told["metadata"]),
            "passages": self.told["rows"],
            "lines": self.lines[-1][0],
            "first": shown[0][0] if shown else None,
            "last": shown[-1][0] if shown else None,
            "text": "\n".join(text for _, text in shown),
            "marks": [
                {"start": mark.start, "line": line, "label": mark.label}
                for mark, line in self.marks
            ],
            "outline": [
                {"line": line_of[start], "level": level, "heading": name, "path": path}
                for start, level, name, path in headings
            ],
        }


def is_document(index: Index, name: str) -> bool:
    """Whether results cite a document so, or one of the file of that name."""
    return next(named_documents(index, name, ["path"]), None) is not None


def read(index: Index, name: str) -> Read:
    """The document that results cite so; of several roots, the first. Raises InputError where there
    is none, or a file of several that need be named.
    """
    first: tuple[int, dict[str, Any]] | None = None
    inside = []
    for segment, row in named_documents(index, name, _COLUMNS):
        called = f"{row['path']}#{row['key']}" if row["key"] else str(row["path"])
        inside.append(called)
        if called == name and first is None:
            first = segment, row
    if first is None and inside:
        raise InputError(
            f"{name} holds {len(inside):,} documents, expected the name of one, such as {inside[0]}"
        )
    if first is None:
        raise InputError(
            f"{name} is not in the index, expected a document as results cite it",
            advice=f"lepton-index ls {index.place}",
        )
    number, row = first
    rows = np.arange(row["first_row"], row["first_row"] + row["rows"])
    passages = index.segments[number].passages.take(rows, _TEXT).to_pylist()
    member = index.members_of(index.offsets[number : number + 1])
    marks = [Mark(**each) for each in row["marks"]]
    return Read(
        name,
        index.snapshots[int(member[0])],
        row,
        joined(passages),
        tuple((mark, _line(passages, mark.start)) for mark in marks),
    )


def _line(passages: Sequence[Mapping[str, Any]], start: int) -> int:
    """In which line a place of the text stands; of one between passages, the next one's."""
    at = bisect_right(passages, start, key=lambda each: int(each["start"])) - 1
    if at >= 0 and start <= passages[at]["end"]:
        inside = str(passages[at]["text"])[: start - passages[at]["start"]]
        return int(passages[at]["line"]) + inside.count("\n")
    return int(passages[min(at + 1, len(passages) - 1)]["line"])

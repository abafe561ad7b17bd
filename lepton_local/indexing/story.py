"""What an index holds of one file: how it was read, its documents and their passages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow.compute as pc

from lepton_local.corpus.dates import day_in_name
from lepton_local.corpus.decode import encoding_of
from lepton_local.corpus.formats.title import from_name
from lepton_local.corpus.parse import format_of
from lepton_local.corpus.suffixes import unpacked_name
from lepton_local.errors import SourceError
from lepton_local.store.index import Index
from lepton_local.store.segment import Segment
from lepton_local.store.typed import strings

_DOCUMENT = [
    "root",
    "path",
    "key",
    "title",
    "language",
    "digest",
    "size",
    "mtime_ns",
    "exact",
    "characters",
    "date",
    "metadata",
    "marks",
    "first_row",
    "rows",
]
_PASSAGE = ["start", "end", "line", "column", "mark", "heading"]


def file_story(documents: list[dict[str, Any]], data: bytes | None) -> dict[str, Any]:
    """The facts of a file, from its documents; `data` are its bytes, if they are still the same."""
    first = documents[0]
    name, told_by = format_of(first["path"])
    exact = first["exact"] and "compressed" not in name
    return {
        "format": {"name": name, "told_by": told_by},
        "encoding": _encoding(data) if data is not None and exact else None,
        "bytes": first["size"],
        "modified": moment(first["mtime_ns"]),
        "digest": first["digest"],
        "characters": sum(document["characters"] for document in documents),
        "passages": sum(len(document["passages"]) for document in documents),
    }


def documents_of(index: Index, root: str, path: str) -> list[dict[str, Any]]:
    """The documents of a file in the order in which they stand in it; none of a file that is not
    indexed.
    """
    found = []
    for segment, live in zip(index.segments, index.live_documents, strict=True):
        places = segment.documents.table(["root", "path"])
        here = pc.and_(pc.equal(places["root"], root), pc.equal(places["path"], path))
        numbers = np.from_dlpack(pc.indices_nonzero(here)).astype(np.int64)
        numbers = numbers[live[numbers]]
        if len(numbers):
            rows = segment.documents.take(numbers, _DOCUMENT).to_pylist()
            found += [_document(segment, row) for row in rows]
    return found


def moment(mtime_ns: int) -> str:
    """A file's time in UTC, to the second."""
    return datetime.fromtimestamp(mtime_ns // 1_000_000_000, tz=UTC).isoformat()


def _document(segment: Segment, row: Mapping[str, Any]) -> dict[str, Any]:
    rows = np.arange(row["first_row"], row["first_row"] + row["rows"])
    metadata = strings(row["metadata"])
    told = {name: row[name] for name in _DOCUMENT if name not in ("first_row", "rows", "marks")}
    return {
        **told,
        "title_from": "name" if row["title"] in _named(row) else "document",
        "date_from": _date_from(row, metadata),
        "metadata": metadata,
        "marks": _kinds([mark["label"] for mark in row["marks"]]),
        "segment": segment.entry.name,
        "passages": segment.passages.take(rows, _PASSAGE).to_pylist(),
    }


def _date_from(row: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    if "date" in metadata:
        return "document"
    return "name" if day_in_name(row["key"] or row["path"]) == row["date"] else "file time"


def _named(row: Mapping[str, Any]) -> set[str]:
    """The titles that a document gets from the name of its file, or of its place in the file."""
    names = [name for name in (row["path"], unpacked_name(row["path"]), row["key"]) if name]
    return {from_name(name) for name in names} | {PurePosixPath(name).name for name in names}


def _kinds(labels: Sequence[str]) -> dict[str, int]:
    """How many places of each kind it has: {"heading": 5, "page": 2}. A page is marked anew under
    each heading; headings may well bear the same name.
    """
    others = dict.fromkeys(label for label in labels if not label.startswith("#"))
    headings = [label for label in labels if label.startswith("#")]
    return dict(Counter(map(_kind, [*headings, *others])))


def _kind(label: str) -> str:
    if label.startswith("#"):
        return "heading"
    if "!" in label:  # Sheet1!A2:C2
        return "cell range"
    return "note" if label.endswith(", notes") else label.partition(" ")[0]


def _encoding(data: bytes) -> str | None:
    try:
        return encoding_of(data)
    except SourceError:
        return None

"""The columns on disk: the whole layout of a segment in one place."""

from __future__ import annotations

import pyarrow as pa

FORMAT = 2  # raised whenever an older reader could misread what is written


_LABEL = [
    pa.field("start", pa.int64(), nullable=False),
    pa.field("label", pa.string(), nullable=False),
]
_MARK = pa.field("element", pa.struct(_LABEL), nullable=False)


def _columns(columns: list[tuple[str, pa.DataType]]) -> pa.Schema:
    """No column has nulls; Parquet has no room for one in columns that say so."""
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in columns])


_MARK = pa.struct(_columns([("start", pa.int64()), ("label", pa.string())]))

DOCUMENTS = _columns(
    [
        ("root", pa.string()),  # the folder that `path` is relative to
        ("path", pa.string()),
        ("key", pa.string()),
        ("digest", pa.string()),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("title", pa.string()),
        ("exact", pa.bool_()),
        ("language", pa.string()),
        ("format", pa.string()),  # what it was read as: "markdown"
        (
            "date",
            pa.string(),
        ),  # ISO 8601: the document's own date, else the day the file was last changed
        ("metadata", pa.string()),  # JSON object of strings
        ("characters", pa.int64()),
        ("marks", pa.list_(pa.field("element", _MARK, nullable=False))),
        ("first_row", pa.int64()),  # its passages are the rows first_row … first_row + rows - 1
        ("rows", pa.int64()),
    ]
)

PASSAGES = _columns(
    [
        ("document", pa.int32()),  # row of documents.parquet
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("line", pa.int64()),
        ("column", pa.int64()),
        ("mark", pa.string()),
        ("heading", pa.string()),
        ("text", pa.string()),
        ("text_digest", pa.binary(16)),  # of what is encoded: equal digests have equal vectors
    ]
)

TERMS = _columns(
    [
        ("term", pa.string()),  # sorted by code point
        ("first", pa.int64()),  # its postings are first … the next term's first
    ]
)

"""The columns on disk: the whole layout of a segment in one place."""

from __future__ import annotations

import pyarrow as pa

FORMAT = 2  # raised whenever an older reader could misread what is written

DOCUMENTS = pa.schema(
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
        ("marks", pa.list_(pa.struct([("start", pa.int64()), ("label", pa.string())]))),
        ("first_row", pa.int64()),  # its passages are the rows first_row … first_row + rows - 1
        ("rows", pa.int64()),
    ]
)

PASSAGES = pa.schema(
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

TERMS = pa.schema(
    [
        ("term", pa.string()),  # sorted by code point
        ("first", pa.int64()),  # its postings are first … the next term's first
    ]
)

# The files of a segment, each named once.
DOCUMENTS_FILE = "documents.parquet"
PASSAGES_FILE = "passages.parquet"
VECTORS_FILE = "vectors.npy"  # (rows, dim) float16, unit rows
FAISS_FILE = "dense.faiss"  # only where an exact scan would be slow
TERMS_FILE = "terms.parquet"
POSTINGS_FILE = "postings.npy"  # (postings, 2) int32: row, count; sorted by term, then row
LENGTHS_FILE = "lengths.npy"  # (rows,) int32: terms in each passage
ENTRY_FILE = "segment.json"  # its entry in the manifest: what a half-finished build goes on from

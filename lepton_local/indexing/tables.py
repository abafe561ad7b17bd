"""Documents and passages as the rows of a segment's tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_local.corpus.dates import day_in_name
from lepton_local.store.schema import DOCUMENTS, PASSAGES
from lepton_local.types import Document, Passage


def document_table(documents: list[Document], characters: list[int], rows: list[int]) -> pa.Table:
    """Rows of documents.parquet, of documents whose text, of so many characters, need not be there
    any more.
    """
    first = np.cumsum([0, *rows])[:-1]
    return pa.Table.from_pylist(
        [
            {
                "root": d.source.root,
                "path": d.source.path,
                "key": d.key,
                "digest": d.source.digest,
                "size": d.source.size,
                "mtime_ns": d.source.mtime_ns,
                "title": d.title,
                "exact": d.exact,
                "language": d.language,
                "format": d.format,
                "date": d.metadata.get("date") or day_in_name(d.id) or day(d.source.mtime_ns),
                "metadata": json.dumps(dict(d.metadata), ensure_ascii=False),
                "characters": many,
                "marks": [(m.start, m.label) for m in d.marks],
                "first_row": int(f),
                "rows": n,
            }
            for d, many, f, n in zip(documents, characters, first, rows, strict=True)
        ],
        schema=DOCUMENTS,
    )


def passage_table(passages: list[list[Passage]], digests: pa.Array) -> pa.Table:
    """Rows of passages.parquet; passages are grouped by document."""
    flat = [passage for group in passages for passage in group]
    columns: dict[str, Any] = {
        name: [getattr(p, name) for p in flat]
        for name in ("start", "end", "line", "column", "mark", "heading", "text")
    }
    columns["document"] = np.repeat(np.arange(len(passages)), [len(group) for group in passages])
    columns["text_digest"] = digests
    return pa.table({name: columns[name] for name in PASSAGES.names}, schema=PASSAGES)


def day(mtime_ns: int) -> str:
    """The day, in UTC, of a file's time."""
    return datetime.fromtimestamp(mtime_ns // 1_000_000_000, tz=UTC).date().isoformat()

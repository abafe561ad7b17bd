"""Why a file is, or is not, found: its whole story as one JSON-ready record."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from lepton_local.corpus.crawl import crawl
from lepton_local.corpus.parse import knows
from lepton_local.corpus.read import read
from lepton_local.errors import SourceError
from lepton_local.store.index import Index
from lepton_local.types import Skipped, Source

_COLUMNS = ["root", "path", "key", "title", "language", "digest", "characters", "date"]


def explain(index_path: str | Path, file: str | Path) -> dict[str, Any]:
    """What the index knows of `file` (a path on disk, or as it is cited).

    `status` is indexed, stale, skipped, new (found by a crawl, not indexed yet), ignored, unknown
    format, folder, missing, or outside (under none of the index's roots); `reason` says more.
    """
    index = Index.open(index_path)
    root, path = _locate(index, file)
    record: dict[str, Any] = {"file": str(file), "root": root, "path": path}
    if root is None:
        roots = ", ".join(index.manifest.roots)
        return {
            **record,
            "status": "outside",
            "reason": f"it lies under none of the index's roots: {roots}",
        }
    now = _now(root, path)
    documents = _documents(index, root, path)
    if documents:
        digest = documents[0]["digest"]
        stale = now is None or now.digest != digest
        reason = (
            ""
            if not stale
            else "the file is gone"
            if now is None
            else "the file has changed since it was indexed"
        )
        status = "stale" if stale else "indexed"
        return {
            **record,
            "status": status,
            "reason": reason,
            "digest": digest,
            "documents": documents,
        }
    for skipped in index.manifest.skipped:
        if (skipped.source.root, skipped.source.path) == (root, path):
            return {
                **record,
                "status": "skipped",
                "reason": skipped.reason,
                "digest": skipped.source.digest,
            }
    return {**record, **_not_indexed(index, Path(root), path)}


def _locate(index: Index, file: str | Path) -> tuple[str | None, str]:
    """The root folder that a file lies under, and its path there."""
    given = Path(file).expanduser()
    absolute = Path(os.path.abspath(given))
    for text in index.manifest.roots:
        root = Path(text)
        folder = root.parent if root.is_file() else root
        for candidate in (absolute, folder / given):
            if candidate.is_relative_to(folder) and (
                os.path.lexists(candidate) or _documents(index, str(folder), str(given))
            ):
                return str(folder), candidate.relative_to(folder).as_posix()
    row = str(file).rpartition("#")[0]  # one document of a table is cited as FILE#KEY
    if row and (found := _locate(index, row))[0] is not None:
        return found
    for text in index.manifest.roots:
        if absolute.is_relative_to(text):
            return text, absolute.relative_to(text).as_posix()
    return None, str(file)


def _now(root: str, path: str) -> Source | None:
    try:
        return read(Source(root, path, 0, 0))[0]
    except SourceError:
        return None


def _documents(index: Index, root: str, path: str) -> list[dict[str, Any]]:
    found = []
    for segment, live in zip(index.segments, index.live_documents, strict=True):
        table = segment.documents.table([*_COLUMNS, "first_row", "rows"])
        for number, row in enumerate(table.to_pylist()):
            if live[number] and (row["root"], row["path"]) == (root, path):
                first, rows = row.pop("first_row"), row.pop("rows")
                columns = ["start", "end", "line", "column", "mark", "heading"]
                passages = segment.passages.take(
                    np.arange(first, first + rows), columns
                ).to_pylist()
                found.append({**row, "passages": passages})
    return found


def _not_indexed(index: Index, root: Path, path: str) -> dict[str, str]:
    if (root / path).is_dir():
        return {"status": "folder", "reason": "expected one of the files in it"}
    if not (root / path).is_file():
        return {"status": "missing", "reason": "there is no such file"}
    config = index.manifest.config
    for item in crawl(
        [Path(r) for r in index.manifest.roots],
        include=config.include,
        exclude=config.exclude,
        max_bytes=config.max_bytes,
    ):
        source = item.source if isinstance(item, Skipped) else item
        if (source.root, source.path) == (str(root), path):
            if isinstance(item, Skipped):
                return {"status": "skipped", "reason": item.reason}
            return {
                "status": "new",
                "reason": f"it came after the last update: lepton-index update {index.path}",
            }
    if not knows(path):
        return {
            "status": "unknown format",
            "reason": f"no parser reads {Path(path).suffix or 'files without a suffix'}",
        }
    return {"status": "ignored", "reason": _why_ignored(root, path)}


def _why_ignored(root: Path, path: str) -> str:
    """Why the crawl passes over a file that it could read."""
    if hidden := next((name for name in Path(path).parts if name.startswith(".")), ""):
        return f"{hidden} is hidden: its name begins with a dot"
    real = (root / path).resolve()
    if not real.is_relative_to(root.resolve()):
        return f"it leads out of the root, to {real}"
    return "a rule of .gitignore or .leptonignore, --include or --exclude leaves it out"

"""Why a file is, or is not, found: its whole story as one JSON-ready record."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lepton_local.corpus.converter import target_of
from lepton_local.corpus.crawl import crawl
from lepton_local.corpus.parse import knows
from lepton_local.corpus.read import read
from lepton_local.errors import SourceError
from lepton_local.indexing.plan import place, refused_members
from lepton_local.indexing.story import documents_of, file_story
from lepton_local.rights import told
from lepton_local.store.index import Index
from lepton_local.types import Skipped, Source


def explain(index_path: str | Path, file: str | Path) -> dict[str, Any]:
    """What the index knows of `file` (a path on disk, or as it is cited).

    `status` is indexed, stale, skipped, new (found by a crawl, not indexed yet), ignored, unknown
    format, folder, missing, or outside (under none of the index's roots); `reason` says more. What
    is told of a file that is indexed: see story.py.
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
    if documents := documents_of(index, root, path):
        _, sign, key = str(file).rpartition(f"{path}#")
        one = [each for each in documents if sign and each["key"] == key]
        if sign and not one:
            return {
                **record,
                "path": f"{path}#{key}",
                "status": "missing",
                "reason": "no document of the file has this name, expected one that "
                f"lepton-index explain {index.place} {path} names",
            }
        return {**record, **_indexed(index, documents), "documents": one or documents}
    if (skipped := _skipped(index, root, path)) is not None:
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
                os.path.lexists(candidate)
                or documents_of(index, str(folder), str(given))
                or _skipped(index, str(folder), candidate.relative_to(folder).as_posix())
            ):
                return str(folder), candidate.relative_to(folder).as_posix()
    row = str(file).rpartition("#")[0]  # one document of a table is cited as FILE#KEY
    if row and (found := _locate(index, row))[0] is not None:
        return found
    for text in index.manifest.roots:
        if absolute.is_relative_to(text):
            return text, absolute.relative_to(text).as_posix()
    return None, str(file)


def _indexed(index: Index, documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The story of a file that is indexed."""
    root, path, size, digest = (documents[0][name] for name in ("root", "path", "size", "digest"))
    data, reason = _now(Source(root, path, size, 0, digest))
    rights = index.manifest.rights
    return {
        "status": "stale" if reason else "indexed",
        "reason": reason,
        "generation": index.manifest.generation,
        **file_story(documents, data),
        **({"readers": told(rights.rule(root, path))} if rights is not None else {}),
        "parts": len(documents),
        "skipped": _members(index, root, path, digest),
    }


def _now(indexed: Source) -> tuple[bytes | None, str]:
    """The bytes of a file if they are still the ones that were indexed, else why not."""
    try:
        now, data = read(indexed)
    except SourceError as error:
        gone = not os.path.exists(os.path.join(indexed.root, indexed.path))
        return None, "the file is gone" if gone else f"the file cannot be read now: {error}"
    if now.digest != indexed.digest:
        return None, "the file has changed since it was indexed"
    return data, ""


def _skipped(index: Index, root: str, path: str) -> Skipped | None:
    """What the index says of a file, or of a member `path#key`, that it does not hold."""
    places = (each for each in index.manifest.skipped if place(each.source) == (root, path))
    return next(places, None)


def _members(index: Index, root: str, path: str, digest: str) -> list[dict[str, str]]:
    """What was refused of a file that is indexed: members of it, or the rest."""
    file = {(root, path): Source(root, path, 0, 0, digest)}
    members = refused_members(index.manifest.skipped, file, drop=())
    return [{"path": each.source.path, "reason": each.reason} for each in members]


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
        libreoffice=config.libreoffice,
        pictures=config.pictures,
    ):
        source = item.source if isinstance(item, Skipped) else item
        if (source.root, source.path) == (str(root), path):
            if isinstance(item, Skipped):
                return {"status": "skipped", "reason": item.reason}
            return {
                "status": "new",
                "reason": f"it came after the last update: lepton-index update {index.place}",
            }
        inside = source.root == str(root) and path.startswith(f"{source.path}/")
        if isinstance(item, Skipped) and inside:
            return {"status": "skipped", "reason": f"{source.path}/: {item.reason}"}
    if not knows(path, root=str(root), pictures=config.pictures):
        told = f"no parser reads {Path(path).suffix or 'files without a suffix'}"
        if target_of(path):
            told += ", but LibreOffice does: lepton-index build FOLDER --with-libreoffice"
        elif knows(path, pictures=True):
            told += ", but pictures are found by their words: lepton-index build FOLDER --pictures"
        return {"status": "unknown format", "reason": told}
    return {"status": "ignored", "reason": _why_ignored(root, path)}


def _why_ignored(root: Path, path: str) -> str:
    """Why the crawl passes over a file that it could read."""
    if hidden := next((name for name in Path(path).parts if name.startswith(".")), ""):
        return f"{hidden} is hidden: its name begins with a dot"
    real = (root / path).resolve()
    if not real.is_relative_to(root.resolve()):
        return f"it leads out of the root, to {real}"
    if real != Path(os.path.abspath(root / path)):
        return f"a link leads to it; the file itself is {real}"
    return "a rule of .gitignore or .leptonignore, --include or --exclude leaves it out"

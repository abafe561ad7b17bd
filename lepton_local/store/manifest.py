"""The manifest: the one file of an index that is ever replaced. Whoever has read it has a whole
generation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from lepton_local.config import BuildConfig
from lepton_local.errors import DamagedError, NoIndexError, VersionError
from lepton_local.store import files
from lepton_local.store.schema import FORMAT
from lepton_local.types import Skipped, Source

MANIFEST_FILE = "manifest.json"
_SEAL = "digest"  # of the manifest itself, last in it


@dataclass(frozen=True, slots=True)
class EncoderId:
    """Which encoder made the vectors; another one may not search them."""

    name: str
    digest: str
    dim: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a file of a segment must be: its size is looked at on opening, its digest by `check`."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """One segment as the manifest knows it."""

    name: str
    rows: int
    documents: int
    files: Mapping[str, StoredFile]
    encoder: str  # digest of the encoder
    dense: Mapping[str, Any] = field(
        default_factory=dict
    )  # how dense.faiss is searched, and its measured recall
    deleted: str = ""  # file of sorted rows that are no longer live, relative to the index
    deleted_rows: int = 0
    deleted_digest: str = ""

    @property
    def live_rows(self) -> int:
        """Passages that can still be found."""
        return self.rows - self.deleted_rows

    @property
    def bytes(self) -> int:
        """Size on disk."""
        return sum(file.size for file in self.files.values())


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of an index."""

    generation: int
    config: BuildConfig
    encoder: EncoderId
    roots: tuple[str, ...]
    segments: tuple[SegmentEntry, ...]
    skipped: tuple[Skipped, ...] = ()

    def save(self, index: Path) -> None:
        """Make this the index's current generation."""
        files.write_json(index / MANIFEST_FILE, _sealed({"format": FORMAT, **asdict(self)}))


def load_manifest(index: Path) -> Manifest:
    """Read the current generation.

    Raises NoIndexError, VersionError or DamagedError.
    """
    path = index / MANIFEST_FILE
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise NoIndexError(
            f"{index} is not an index (no {MANIFEST_FILE} in it)",
            advice=f"lepton-index build FOLDER --out {index}",
        ) from None
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path} cannot be read ({error})", advice=rebuild(index)) from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        found = value.get("format") if isinstance(value, dict) else None
        raise VersionError(
            f"{path} has format {found!r}, this version reads {FORMAT}", advice=rebuild(index)
        )
    try:
        return Manifest(
            generation=int(value["generation"]),
            config=_config(value["config"]),
            encoder=EncoderId(**value["encoder"]),
            roots=tuple(value["roots"]),
            segments=tuple(segment_entry(entry) for entry in value["segments"]),
            skipped=tuple(
                Skipped(Source(**entry["source"]), entry["reason"], entry.get("unreadable", False))
                for entry in value["skipped"]
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(
            f"{path} is not a whole manifest ({error!r})", advice=rebuild(index)
        ) from None


def is_as_written(index: Path) -> bool:
    """Whether every byte of an index's manifest is the one that was written."""
    try:
        data = (index / MANIFEST_FILE).read_bytes()
        value = json.loads(data)
        del value[_SEAL]
        return files.json_text(_sealed(value)).encode() == data
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _sealed(value: dict[str, Any]) -> dict[str, Any]:
    """A manifest with the digest of all that is in it."""
    digest = hashlib.sha256(files.json_text(value).encode()).hexdigest()
    return {**value, _SEAL: f"sha256:{digest}"}


def segment_entry(value: Mapping[str, Any]) -> SegmentEntry:
    """A segment's entry from its JSON."""
    files = {name: StoredFile(**file) for name, file in value["files"].items()}
    return SegmentEntry(**{**value, "files": files})


def rebuild(index: Path) -> str:
    """The command that heals an index, as the advice of an error."""
    return f"lepton-index build FOLDER --out {index}"


def _config(value: Mapping[str, Any]) -> BuildConfig:
    known = {f.name for f in fields(BuildConfig)}
    lists: dict[str, Any] = {
        name: tuple(item) if isinstance(item, list) else item
        for name, item in value.items()
        if name in known
    }
    return BuildConfig(**lists)

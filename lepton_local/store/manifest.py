"""The manifest: the one file of an index that is ever replaced. Whoever has read it has a whole
generation.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from lepton_local.config import MINILM, MINILM_SHA256, BuildConfig
from lepton_local.errors import DamagedError, NoIndexError, VersionError
from lepton_local.rights import Rights
from lepton_local.store.entry import EncoderId, SegmentEntry, faults
from lepton_local.store.files import json_text
from lepton_local.store.keys import identity_in, keyless
from lepton_local.store.names import MANIFEST_FILE, SEGMENTS_FOLDER, TEXT, is_far
from lepton_local.store.schema import FORMAT
from lepton_local.store.storage import Storage, damaged, digest, rebuild
from lepton_local.store.typed import parsed, typed
from lepton_local.types import Skipped

KIND = "lepton-local index"  # what tells our manifest from anybody else's file of that name
_KIND = re.compile(rb'\{\s*"kind": ?"lepton-local index"')
_SEAL = "digest"  # of the manifest itself, last in it
_SEALED = re.compile(rb'"digest": "sha256:[0-9a-f]{64}"\s*\}\s*\Z')
MOST = 1 << 28  # bytes of a manifest: a million files may be skipped
OLDER = {"format", "generation", "config", "encoder", "roots", "segments", "skipped", _SEAL}


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of an index."""

    generation: int
    config: BuildConfig
    encoders: Mapping[str, EncoderId]  # of each field
    roots: tuple[str, ...]
    segments: tuple[SegmentEntry, ...]
    skipped: tuple[Skipped, ...] = ()
    rights: Rights | None = None  # who may read which file, where that was asked for
    # Digest of the file that this, or the generation before it, was read from; "" of none.
    seal: str = field(default="", compare=False)

    @property
    def encoder(self) -> EncoderId:
        """The encoder of the texts."""
        return self.encoders[TEXT]

    def save(self, storage: Storage) -> None:
        """Make this the index's current generation. Raises LockedError if another one has come
        since it was read.
        """
        value = asdict(self)
        del value["seal"]
        # Older versions know neither, and refuse an index that has some.
        if self.rights is None:
            del value["rights"]
        for made in value["encoders"].values():
            if made["of"] == TEXT:
                del made["of"]
        whole = {"kind": KIND, "format": FORMAT, **value}
        storage.swap(MANIFEST_FILE, json_text(_sealed(whole)).encode(), self.seal)


def load_manifest(storage: Storage) -> Manifest:
    """Read the current generation.

    Raises NoIndexError where there is none of ours, VersionError or DamagedError.
    """
    data = _read(storage)
    path = f"{storage.place}/{MANIFEST_FILE}"
    if identity_in(data):  # nothing has decrypted it
        raise keyless(storage.place)
    try:
        value = parsed(data)
    except ValueError as error:
        value = error
    if not _is_ours(data, value):
        raise NoIndexError(f"{path} is not the manifest of an index", advice=_make(storage))
    if isinstance(value, ValueError):
        raise damaged(storage, MANIFEST_FILE, f"cannot be read ({value})")
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        found = value.get("format") if isinstance(value, dict) else None
        raise VersionError(
            f"{path} has format {str(found)[:40]!r}, this version reads {FORMAT}",
            advice=rebuild(storage.place),
        )
    try:
        manifest = _manifest(value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(storage, MANIFEST_FILE, f"is not a whole manifest ({error})") from None
    return replace(manifest, seal=digest(data))


def current_seal(storage: Storage) -> str:
    """The seal of the current generation, whatever it says. Raises NoIndexError where there is
    none.
    """
    return digest(_read(storage))


def last_generation(storage: Storage) -> tuple[int, str]:
    """The generation of the index that is there now, 0 where none can be read, and the digest of
    its manifest, "" where there is none.
    """
    try:
        manifest = load_manifest(storage)
    except NoIndexError:
        return 0, ""
    except (VersionError, DamagedError):
        return 0, digest(storage.map(MANIFEST_FILE))
    return manifest.generation, manifest.seal


def is_as_written(storage: Storage) -> bool:
    """Whether every byte of an index's manifest is the one that was written."""
    try:
        data = _read(storage)
        value = parsed(data)
        del value[_SEAL]
        return json_text(_sealed(value)).encode() == data
    except (ValueError, TypeError, KeyError, NoIndexError):
        return False


def _read(storage: Storage) -> bytes:
    try:
        return storage.read(MANIFEST_FILE, MOST)
    except (FileNotFoundError, NotADirectoryError):
        raise NoIndexError(
            f"{storage.place} is not an index (no {MANIFEST_FILE} in it)",
            advice=_make(storage),
        ) from None
    except DamagedError as error:
        raise NoIndexError(error.message, advice=error.advice) from None
    except OSError as error:
        raise damaged(storage, MANIFEST_FILE, f"cannot be read ({error.strerror})") from None


def _make(storage: Storage) -> str:
    """The command that makes an index where somebody looked for one; of documents, not among
    them. Where nothing is, a name was mistyped: then the one that shows which indexes there are.
    """
    if is_far(storage.place):
        return rebuild(storage.place)
    if not os.path.lexists(storage.place):
        return "lepton-index list, or lepton-index build FOLDER"
    found = storage.list("")
    if os.path.isfile(storage.place) or (found and SEGMENTS_FOLDER not in found):
        return f"lepton-index build {shlex.quote(storage.place)}"
    return rebuild(storage.place)


def _is_ours(data: bytes, value: Any) -> bool:
    """Whether a manifest is one that we have written, whatever has happened to it since."""
    if _KIND.match(data) or (isinstance(value, ValueError) and _SEALED.search(data)):
        return True
    return isinstance(value, dict) and (value.get("kind") == KIND or value.keys() == OLDER)


def _sealed(value: dict[str, Any]) -> dict[str, Any]:
    """A manifest with the digest of all that is in it."""
    return {**value, _SEAL: digest(json_text(value).encode())}


def _manifest(value: dict[str, Any]) -> Manifest:
    known = {f.name for f in fields(BuildConfig)}
    config = {name: item for name, item in value["config"].items() if name in known}
    bare = {
        name: item for name, item in value.items() if name not in ("kind", "format", "seal", _SEAL)
    }
    manifest = _renamed(typed(Manifest, {**bare, "config": config}))
    if wrong := next(_faults(manifest), ""):
        raise ValueError(wrong)
    return manifest


def _renamed(manifest: Manifest) -> Manifest:
    """With the name that the first bundled encoder has now, where it made vectors."""
    old = {
        name: replace(made, name=MINILM, model=MINILM)
        for name, made in manifest.encoders.items()
        if made.digest.startswith(f"sha256:{MINILM_SHA256}+")
    }
    config = replace(manifest.config, encoder=MINILM) if TEXT in old else manifest.config
    return replace(manifest, encoders={**manifest.encoders, **old}, config=config)


def _faults(manifest: Manifest) -> Iterator[str]:
    """What cannot be so in a manifest, whatever is on the disk."""
    if not 0 <= manifest.generation < 1 << 53:
        yield f"generation {manifest.generation}"
    if TEXT not in manifest.encoders:
        yield "no encoder of the texts"
    for name, encoder in manifest.encoders.items():
        if not -1 <= encoder.unrelated < encoder.related <= 1:
            at = f"{encoder.unrelated} and {encoder.related}"
            yield f"the likenesses of {name[:60]!r} lie at {at}"
    for root in manifest.roots:
        if not os.path.isabs(root) or "\0" in root:
            yield f"{root[:60]!r} is no root"
    if len({entry.name for entry in manifest.segments}) < len(manifest.segments):
        yield "a segment is named twice"
    if manifest.rights is not None:
        most = len(manifest.rights.rules)
        if not all(0 <= n < most for each in manifest.rights.files.values() for n in each.values()):
            yield "a file has a rule that is not there"
    for entry in manifest.segments:
        yield from faults(entry)
        for name, each in entry.fields.items():
            made = manifest.encoders.get(name)
            if made is None or (made.digest, made.dim) != (each.encoder, each.dim):
                yield f"the field {name} of {entry.name} is of another encoder"

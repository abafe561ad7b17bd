"""Indexes in one file that can be carried: a ZIP archive whose members are stored as they are, so
an index in it is opened where it lies, on a DVD too, and read as one in a folder is.

The first member, bundle.json, says the size and the digest of every other. The same indexes give
the same bytes.
"""

from __future__ import annotations

import contextlib
import mmap
import re
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

import pyarrow as pa

from lepton_local.errors import DamagedError, InputError, StoreError
from lepton_local.store import files, names
from lepton_local.store.files import json_text
from lepton_local.store.manifest import load_manifest
from lepton_local.store.storage import Sink, Storage, StoredFile, damaged, digest
from lepton_local.store.typed import parsed, typed

CONTENTS, SIGNATURE = _ABOUT = "bundle.json", "bundle.sig"  # what is said of the other members
INDEXES, WHEELS, MODELS = "indexes", "wheels", "models"
INSTALLER = "__main__.py"  # which Python runs where it lies
_KIND = "lepton bundle"
_LOCAL = struct.Struct("<26xHH")  # lengths of the name and of what pads the head of a member
_ALIGN = 64  # bytes: arrays are read in place
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MOST_TOLD = 1 << 28  # bytes of bundle.json
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,99}")
_WHEEL = re.compile(r"[A-Za-z0-9_][\w.+-]{0,250}\.whl")
_MODEL = re.compile(r"models/[0-9a-f]{16}(/[A-Za-z0-9_][\w.-]{0,99}){1,3}")
_OTHERS = frozenset({"sbom.json", INSTALLER})


class Bundle:
    """One index in such a file; nothing can be written to it."""

    def __init__(self, path: Path, index: str = "") -> None:
        """index: its name there, which may be left out where it is the only one. Raises
        DamagedError for what is no bundle, InputError for a name that it does not hold.
        """
        self._path = path
        self._members = members(path)
        there = sorted({each.split("/")[1] for each in self._members if _is_of_index(each)})
        if (index or len(there) == 1) and (index or there[0]) in there:
            self.index = index or there[0]
            self._prefix = f"{INDEXES}/{self.index}/"
        else:
            raise InputError(
                f"{path} holds {', '.join(there)}, expected the name of one",
                advice=f'lepton-search query {path}#{there[0] if there else "NAME"} "…"',
            )
        with open(path, "rb") as file:
            self._data = pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    @property
    def place(self) -> str:
        return str(self._path)

    def read(self, name: str, most: int) -> bytes:
        found = self.map(name)
        if found.size > most:
            raise damaged(self, name, f"has {found.size} bytes, expected at most {most}")
        return bytes(found)

    def map(self, name: str, stored: StoredFile | None = None) -> pa.Buffer:
        try:
            first, size = self._members[self._prefix + name]
        except KeyError:
            raise FileNotFoundError(name) from None
        return self._data.slice(first, size)

    def parts(self, name: str, stored: StoredFile | None, *, whole: bool) -> None:
        return None

    def list(self, folder: str) -> list[str]:
        start = self._prefix + (f"{folder}/" if folder else "")
        rest = [each.removeprefix(start) for each in self._members if each.startswith(start)]
        return sorted({each.partition("/")[0] for each in rest})

    def put(self, name: str) -> contextlib.AbstractContextManager[Sink]:
        self._refuse()

    def rename(self, folder: str, to: str) -> None:
        self._refuse()

    def remove(self, name: str) -> None:
        self._refuse()

    def swap(self, name: str, data: bytes, before: str) -> None:
        self._refuse()

    def lock(self) -> contextlib.AbstractContextManager[None]:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise StoreError(
            f"{self._path} is a bundle, of which nothing is changed, expected an index in a folder",
            advice=f"lepton-index unbundle {self._path} FOLDER",
        )


def members(path: Path) -> dict[str, tuple[int, int]]:
    """Where each member begins, and its bytes. Raises DamagedError for what is no bundle."""
    found: dict[str, tuple[int, int]] = {}
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            for each in archive.infolist():
                file.seek(each.header_offset)
                named, padded = _LOCAL.unpack(file.read(_LOCAL.size))
                first = each.header_offset + _LOCAL.size + named + padded
                if not is_ours(each.filename) or each.filename in found:
                    raise ValueError(f"has a member {each.filename[:80]!r}")
                if each.compress_type != zipfile.ZIP_STORED or each.flag_bits & 1:
                    raise ValueError(f"has a packed member {each.filename}")
                if first + each.file_size > archive.start_dir:
                    raise ValueError(f"has a member {each.filename} that goes on behind its end")
                found[each.filename] = first, each.file_size
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError) as error:
        raise DamagedError(
            f"{path} is no whole bundle ({error})", advice="have it copied once more"
        ) from None
    if next(iter(found), "") != CONTENTS:
        raise DamagedError(f"{path} is no bundle", advice="lepton-index bundle OUT.lepton INDEX")
    return found


def is_ours(name: str) -> bool:
    """Whether a member may bear this name: none leads out of the folder that it is written to."""
    if name in _OTHERS or name in _ABOUT or _MODEL.fullmatch(name):
        return True
    return _is_of_index(name) or _is_wheel(name)


def write(
    out: Path,
    indexes: Mapping[str, Storage],
    further: Mapping[str, bytes | Path],
    *,
    lies: Mapping[str, Storage] | None = None,
    sign: Callable[[bytes], bytes] | None = None,
) -> None:
    """Write these indexes, by the names that they get, and further members into a new file. lies:
    the same indexes as they lie there: an encrypted one stays encrypted. sign: gives the signature
    of what is said of all members.

    Raises InputError for a name that cannot be.
    """
    parts: dict[str, pa.Buffer] = {}
    told: dict[str, Any] = {"kind": _KIND, "schema": 1, "indexes": {}, "files": {}}
    for name, storage in sorted(indexes.items()):
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot be the name of an index in a bundle, expected letters, digits,"
                " - . and _",
                advice="rename the folder of the index",
            )
        manifest = load_manifest(storage)
        told["indexes"][name] = {"generation": manifest.generation, "seal": manifest.seal}
        for each in _named(storage):
            parts[f"{INDEXES}/{name}/{each}"] = (lies or indexes)[name].map(each)
    for name, data in further.items():
        parts[name] = pa.py_buffer(data if isinstance(data, bytes) else data.read_bytes())
    order = sorted(parts)
    told["files"] = {
        name: {"size": parts[name].size, "digest": digest(parts[name])} for name in order
    }
    with files.writing(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        contents = json_text(told).encode()
        _add(archive, CONTENTS, pa.py_buffer(contents))
        if sign is not None:
            _add(archive, SIGNATURE, pa.py_buffer(sign(contents)))
        for name in order:
            _add(archive, name, parts[name])


def _told(path: Path, there: Mapping[str, tuple[int, int]]) -> dict[str, StoredFile]:
    """What the file says of its members, held against what there is. Raises DamagedError."""
    with open(path, "rb") as file:
        file.seek(there[CONTENTS][0])
        try:
            told = parsed(file.read(min(there[CONTENTS][1], _MOST_TOLD)))
            said = {name: typed(StoredFile, each) for name, each in told["files"].items()}
            right = told["kind"] == _KIND
        except (ValueError, KeyError, TypeError, AttributeError):
            right = False
    sizes = {name: size for name, (_, size) in there.items() if name not in _ABOUT}
    if not right or {name: each.size for name, each in said.items()} != sizes:
        raise DamagedError(
            f"{path} holds other files than it says", advice="have it copied once more"
        )
    return said


def unpack(
    path: Path, folder: Path, *, trusted: Callable[[bytes, bytes], None] | None = None
) -> list[Path]:
    """Write what is in a bundle below a new or empty folder, each file after it was proved by its
    digest, and of each index the manifest last; gives the folders of the indexes. trusted: raises
    where its second argument is no signature of the first that is good.

    Raises DamagedError, and then nothing is left behind, and InputError.
    """
    there = members(path)
    said = _told(path, there)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"{folder} is not empty, expected a new folder",
            advice=f"lepton-index unbundle {path} {folder}/indexes",
        )
    with open(path, "rb") as file:
        data = pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if trusted is not None:
        parts = [data.slice(*there.get(name, (0, 0))).to_pybytes() for name in _ABOUT]
        trusted(parts[0], parts[1])
    found = {name: data.slice(*there[name]) for name in said}
    for name, each in found.items():
        if digest(each) != said[name].digest:
            raise DamagedError(
                f"{path} has other bytes in {name} than were packed",
                advice="have it copied once more; nothing was written",
            )
    last = f"/{names.MANIFEST_FILE}"
    for name in sorted(found.keys() - {INSTALLER}, key=lambda each: (each.endswith(last), each)):
        target = folder / name
        files.make_folder(target.parent, mode=0o700)
        with files.writing(target, mode=0o600) as out:
            out.write(found[name])
    return sorted({folder / INDEXES / each.split("/")[1] for each in found if _is_of_index(each)})


def _add(archive: zipfile.ZipFile, name: str, data: pa.Buffer) -> None:
    """A member whose bytes begin at a multiple of `_ALIGN`."""
    assert archive.fp is not None
    told = zipfile.ZipInfo(name, _EPOCH)
    told.external_attr = 0o600 << 16
    head = archive.fp.tell() + _LOCAL.size + len(name.encode()) + 4
    told.extra = struct.pack("<HH", 0xD935, -head % _ALIGN) + b"\0" * (-head % _ALIGN)
    with archive.open(told, "w") as member:
        for first in range(0, data.size, 1 << 24):
            member.write(memoryview(data)[first : first + (1 << 24)])


def _named(storage: Storage) -> Iterator[str]:
    """The files of the current generation of an index."""
    yield names.IGNORE_FILE
    yield names.MANIFEST_FILE
    locked = (f"{names.KEYS_FOLDER}/{name}" for name in storage.list(names.KEYS_FOLDER))
    yield from filter(names.is_keys_file, locked)
    for entry in load_manifest(storage).segments:
        yield from entry.stored
        yield f"{entry.folder}/{names.ENTRY_FILE}"
        if entry.deleted:
            yield entry.deleted
        for each in entry.fields.values():
            if each.folder:
                yield f"{each.folder}/{names.FIELD_FILE}"


def _is_of_index(name: str) -> bool:
    parts = PurePosixPath(name).parts
    if len(parts) < 3 or parts[0] != INDEXES or not _NAME.fullmatch(parts[1]):
        return False
    rest = "/".join(parts[2:])
    if "/".join(parts) != name:
        return False
    if rest in (names.MANIFEST_FILE, names.IGNORE_FILE):
        return True
    if names.is_deleted_list(rest) or names.is_keys_file(rest):
        return True
    return len(parts) == 5 and names.is_folder(parts[2], parts[3]) and names.is_inside(parts[4])


def _is_wheel(name: str) -> bool:
    parent, _, wheel = name.rpartition("/")
    return parent == WHEELS and _WHEEL.fullmatch(wheel) is not None

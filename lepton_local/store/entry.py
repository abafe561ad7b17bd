"""What a manifest says of a segment and of its vectors, and what of that cannot be."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace

from lepton_local.store import names
from lepton_local.store.files import json_text
from lepton_local.store.names import FIELD_FILES, ROWS_FILE, TEXT, VECTORS_FILE, WORDS_FILES
from lepton_local.store.storage import StoredFile

MOST_ROWS = 1 << 31  # of a segment: postings count them in 32 bits
MOST_NUMBERS = 1 << 16  # of a vector


@dataclass(frozen=True, slots=True)
class EncoderId:
    """Which encoder made the vectors; another one may not search them."""

    name: str
    digest: str
    dim: int
    model: str  # what it was loaded by: `bundled`, a folder, or a name
    unrelated: float  # mean cosines by it of texts that have nothing to do with each other,
    related: float  # and of questions and their passages: what its scale is known by
    of: str = TEXT  # what it has made vectors of; or `pictures`


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """The vectors that one encoder has made of a segment's rows."""

    encoder: str  # its digest
    dim: int
    rows: int  # that have a vector
    files: Mapping[str, StoredFile]
    folder: str = ""  # where the files lie; "": with those of the segment
    # How dense.faiss is searched, and its measured recall.
    faiss: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """One segment as the manifest knows it."""

    name: str
    rows: int
    documents: int
    files: Mapping[str, StoredFile]
    fields: Mapping[str, FieldEntry]
    deleted: str = ""  # file of sorted rows that are no longer live, relative to the index
    deleted_rows: int = 0
    deleted_digest: str = ""
    moved: Mapping[str, str] = field(default_factory=dict)  # root as written -> where it is now

    @property
    def folder(self) -> str:
        """Where its files lie, relative to the index."""
        return f"{names.SEGMENTS_FOLDER}/{self.name}"

    @property
    def live_rows(self) -> int:
        """Passages that can still be found."""
        return self.rows - self.deleted_rows

    @property
    def stored(self) -> dict[str, StoredFile]:
        """Every file of it and of its fields, by its name in the index."""
        found = {f"{self.folder}/{name}": file for name, file in self.files.items()}
        for each in self.fields.values():
            folder = each.folder or self.folder
            found |= {f"{folder}/{name}": file for name, file in each.files.items()}
        return found

    @property
    def bytes(self) -> int:
        """Size on disk."""
        return sum(file.size for file in self.stored.values())


def note_of(entry: SegmentEntry) -> bytes:
    """What a segment's own file says of it: all that was known when it was written."""
    text = {TEXT: entry.fields[TEXT]}
    fresh = replace(entry, fields=text, deleted="", deleted_rows=0, deleted_digest="")
    told = asdict(fresh)
    del told["moved"]
    return json_text(told).encode()


def faults(entry: SegmentEntry) -> Iterator[str]:
    """What cannot be so in an entry, whatever is on the disk."""
    if not names.SEGMENT.fullmatch(entry.name):
        yield f"{entry.name[:60]!r} is no name of a segment"
    if not 0 <= entry.rows < MOST_ROWS or not 0 <= entry.documents <= entry.rows:
        yield f"{entry.documents} documents of {entry.rows} passages"
    if entry.files.keys() != set(WORDS_FILES):
        yield f"{entry.name} has other files than a segment has"
    if entry.deleted:
        of = f"{names.DELETED_FOLDER}/{entry.name}."
        if not names.is_deleted_list(entry.deleted) or not entry.deleted.startswith(of):
            yield f"{entry.deleted[:60]!r} is no list of deleted rows of {entry.name}"
    if not (entry.deleted != "") <= entry.deleted_rows <= entry.rows * (entry.deleted != ""):
        yield f"{entry.deleted_rows} of {entry.rows} passages are deleted"
    if entry.deleted and not names.DIGEST.fullmatch(entry.deleted_digest):
        yield f"{entry.deleted_digest[:80]!r} is no digest"
    if TEXT not in entry.fields or entry.fields[TEXT].folder:
        yield f"{entry.name} has no vectors of its texts"
    for name, each in entry.fields.items():
        yield from _field_faults(entry, name, each)
    for root in entry.moved.values():
        if not os.path.isabs(root) or "\0" in root:
            yield f"{root[:60]!r} is no root"
    for stored in entry.stored.values():
        if stored.size < 0 or not names.DIGEST.fullmatch(stored.digest):
            yield f"a file of {entry.name} has {stored.size} bytes and {stored.digest[:80]!r}"


def _field_faults(entry: SegmentEntry, name: str, each: FieldEntry) -> Iterator[str]:
    if not names.FIELD.fullmatch(name):
        yield f"{name[:60]!r} is no name of a field"
    if not 1 <= each.dim <= MOST_NUMBERS:
        yield f"vectors of {each.dim} numbers"
    if not 0 <= each.rows <= entry.rows or (name == TEXT and each.rows != entry.rows):
        yield f"{each.rows} vectors of {entry.rows} passages"
    needed = {VECTORS_FILE, *([ROWS_FILE] if each.rows < entry.rows else [])}
    if not needed <= each.files.keys() <= set(FIELD_FILES):
        yield f"the field {name} of {entry.name} has other files than a field has"
    parent, _, folder = each.folder.partition("/")
    ours = parent == names.FIELDS_FOLDER and names.field_of(folder, entry.name) == name
    if each.folder and not ours:
        yield f"{each.folder[:80]!r} is no folder of the field {name} of {entry.name}"

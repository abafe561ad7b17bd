"""The names of an index's files, and what tells them from anybody else's."""

from __future__ import annotations

import os
import re
from pathlib import Path

MANIFEST_FILE = "manifest.json"
LOCK_FILE = "lock"
UNNAMED_FILE = "unnamed.json"  # in an object store: what no generation names, and since when
IGNORE_FILE = ".leptonignore"  # an index inside a corpus is no part of it
IGNORE_ALL = b"*\n"
SEGMENTS_FOLDER = "segments"
FIELDS_FOLDER = "fields"
DELETED_FOLDER = "deleted"
KEYS_FOLDER = "keys"  # of an encrypted index: its key, locked
BUNDLE = ".lepton"  # how the name of a file ends that holds whole indexes

# The files of a segment, each named once.
DOCUMENTS_FILE = "documents.parquet"
PASSAGES_FILE = "passages.parquet"
TERMS_FILE = "terms.parquet"
POSTINGS_FILE = "postings.npy"  # (postings, 2) int32: row, count; sorted by term, then row
LENGTHS_FILE = "lengths.npy"  # (rows,) int32: terms in each passage
ENTRY_FILE = "segment.json"  # its entry in the manifest: what a half-finished build goes on from
WORDS_FILES = (DOCUMENTS_FILE, PASSAGES_FILE, TERMS_FILE, POSTINGS_FILE, LENGTHS_FILE)
PICTURES = "pictures"  # what a field is of, and called, whose encoder sees pictures
TEXT = "text"  # the field of vectors that every row has: made of its heading path and text
QUESTION = "question"  # that of rows below a question: made of the question alone
# The files of a vector field; those of `text` lie in the folder of the segment itself.
VECTORS_FILE = "vectors.npy"  # (n, dim) float16, unit rows
ROWS_FILE = "rows.npy"  # (n,) int64: which rows have a vector, ascending; only where some have none
FAISS_FILE = "dense.faiss"  # only where an exact scan would be slow
FIELD_FILE = "field.json"  # the entry of a field that has a folder of its own
FIELD_FILES = (VECTORS_FILE, ROWS_FILE, FAISS_FILE)

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
FIELD = re.compile(r"[a-z][a-z0-9_-]{0,31}")
SEGMENT = re.compile(r"\d{6,9}-[0-9a-f]{16}")
_FIELD_FOLDER = re.compile(rf"({SEGMENT.pattern})\.({FIELD.pattern})-[0-9a-f]{{16}}")
_DELETED = re.compile(rf"{SEGMENT.pattern}\.\d{{1,19}}\.npy")
_KEYS = re.compile(r"[0-9a-f]{16}\.json")
_HALF = re.compile(r"\.tmp-[0-9a-f]{16}")  # a folder whose files are still being written
_BESIDE = re.compile(r"\.[a-z0-9.-]{4,80}\.[0-9a-f]{16}\.tmp")  # a file that is
_INSIDE = frozenset({*WORDS_FILES, *FIELD_FILES, ENTRY_FILE, FIELD_FILE})


def is_far(place: str) -> bool:
    """Whether a place is none on this machine: "s3://bucket/index"."""
    return "://" in place


def half_written() -> str:
    """A name, new every time, for a folder that is not finished."""
    return f".tmp-{os.urandom(8).hex()}"


def is_half(name: str) -> bool:
    """Whether a file lies in a folder that is not finished."""
    return any(map(_HALF.fullmatch, name.split("/")[:-1]))


def beside(name: str) -> str:
    """A name, new every time, for a file that will take the place of `name`."""
    return f".{name.lstrip('.')}.{os.urandom(8).hex()}.tmp"


def is_beside(name: str) -> bool:
    """Whether a name is one of `beside`."""
    return _BESIDE.fullmatch(name) is not None


def is_folder(parent: str, name: str) -> bool:
    """Whether `name` is one that we give to a folder in `parent`."""
    kinds = {SEGMENTS_FOLDER: SEGMENT, FIELDS_FOLDER: _FIELD_FOLDER}
    known = kinds.get(parent)
    return known is not None and (_HALF.fullmatch(name) or known.fullmatch(name)) is not None


def field_name(model: str) -> str:
    """The name of a field by an encoder's name or folder."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", Path(model).name.lower()).strip("-")
    return (plain if plain[:1].isalpha() else f"field-{plain}")[:32].rstrip("-")


def field_of(folder: str, segment: str) -> str:
    """The field of that segment that a folder in `FIELDS_FOLDER` is for; "" for another one's."""
    found = _FIELD_FOLDER.fullmatch(folder)
    return found[2] if found and found[1] == segment else ""


def is_deleted_list(path: str) -> bool:
    """Whether a path is that of a list of deleted rows."""
    parent, _, name = path.rpartition("/")
    return parent == DELETED_FOLDER and _DELETED.fullmatch(name) is not None


def keys_file(identity: bytes) -> str:
    """Where the key of this identity lies, locked."""
    return f"{KEYS_FOLDER}/{identity.hex()}.json"


def is_keys_file(path: str) -> bool:
    """Whether a path is one of `keys_file`."""
    parent, _, name = path.rpartition("/")
    return parent == KEYS_FOLDER and _KEYS.fullmatch(name) is not None


def is_inside(name: str) -> bool:
    """Whether a file of this name in a segment's or a field's folder is ours."""
    return name in _INSIDE or is_beside(name)

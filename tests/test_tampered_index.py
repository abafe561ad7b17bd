"""An index that was handed over, and may have been made to harm: every field of its manifest and
every file of it changed, its digests made to fit. It is told in a line, or does no harm: no
traceback, no dead process, no hanging, nothing touched elsewhere.
"""

from __future__ import annotations

import copy
import io
import json
import random
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lepton_local.errors import DamagedError, LeptonError
from lepton_local.indexing import builder, fields
from lepton_local.indexing.check import check
from lepton_local.search.searcher import Searcher
from lepton_local.store import ann
from lepton_local.store.entry import FieldEntry
from lepton_local.store.files import json_text
from lepton_local.store.index import Index
from lepton_local.store.storage import Memory, Storage, digest, map_file
from tests.conftest import WordEncoder
from tests.test_engines import unit_rows
from tests.test_fields import Letters
from tests.test_storage import contents
from tests.test_update import PLAIN

SECONDS = 20.0  # a command may take on a busy machine; it takes a hundredth of one
Value = Any
Path = tuple[Any, ...]  # names and numbers that lead to a value


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of an index of two segments, one with a list of deleted rows."""
    corpus = tmp_path_factory.mktemp("made") / "corpus"
    corpus.mkdir()
    for number in range(12):
        text = (
            f"Note {number}: the otter sleeps near the river.\n\nA heron waits for {number} fish."
        )
        (corpus / f"{number}.md").write_text(text)
    storage = Memory()
    builder.build(corpus, storage, encoder=WordEncoder())
    for name in ("0.md", "4.md"):
        (corpus / name).unlink()
    (corpus / "new.txt").write_text("A kite needs wind, the otter a river.\n")
    builder.update(storage, encoder=WordEncoder())
    fields.add(storage, "letters", encoder=Letters())
    files = {name: storage.map(name).to_pybytes() for name in contents(storage)}
    assert sum(name.startswith("deleted/") for name in files) == 1
    return files


class Work:
    """An index that may be changed, and the place where it lies."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.manifest: Value = json.loads(storage.read("manifest.json", 1 << 20))

    def put(self, name: str, data: bytes) -> None:
        """Write a file."""
        with self.storage.put(name) as file:
            file.write(data)

    def seal(self) -> None:
        """Write the manifest, with every digest and size in it as the files are now."""
        for entry in self.manifest["segments"]:
            own = f"segments/{entry['name']}"
            parts = [(own, entry["files"])]
            parts += [(each["folder"] or own, each["files"]) for each in entry["fields"].values()]
            for folder, files in parts:
                for name, stored in files.items():
                    data = self.storage.map(f"{folder}/{name}")
                    stored.update(size=data.size, digest=digest(data))
            if entry["deleted"]:
                entry["deleted_digest"] = digest(self.storage.map(entry["deleted"]))
        self.write(self.manifest)

    def write(self, manifest: Value) -> None:
        """Write a manifest that bears the digest of all that is in it."""
        if isinstance(manifest, dict):
            bare = {name: value for name, value in manifest.items() if name != "digest"}
            sealed = digest(json_text(bare).encode())
            manifest = {**bare, "digest": sealed}
        self.put("manifest.json", json_text(manifest).encode())

    def segment(self, number: int = 0) -> str:
        """The folder of a segment."""
        return f"segments/{self.manifest['segments'][number]['name']}"


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Ends what takes longer, by an alarm."""

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def ask(index: Storage) -> None:
    """Questions of every kind, by words, by meaning and by phrase."""
    config = replace(PLAIN, fields=("text", "letters"))
    given = {"letters": Letters()}
    searcher = Searcher(Index.open(index), encoder=WordEncoder(), fields=given, config=config)
    for question in ("otter river", '"heron waits"', "-fish otter kite"):
        searcher.search(question, k=30)
    searcher.search("otter", filters=["path:*.md", "lang:en", "after:2001-01-01", "type:markdown"])
    searcher.search("otter", filters=["title:note", "author:mole"])


def prove(index: Storage) -> None:
    list(check(index))


def update(index: Storage) -> None:
    given = {"letters": Letters()}
    builder.update(index, encoder=WordEncoder(), fields=given, allow_deletions=True)


COMMANDS: dict[str, Callable[[Storage], object]] = {
    "ask": ask,
    "check": prove,
    "update": update,
    "compact": lambda index: builder.compact(index),
}


def wrong(storage: Storage, command: Callable[[Storage], object]) -> str:
    """What a command does that it must not do."""
    try:
        with limit(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            command(storage)
    except LeptonError as error:
        return repr(error) if "\n" in str(error) else ""
    except TimeoutError:
        return "hangs"
    except Exception as error:  # what the command line would show as a traceback
        return repr(error)[:300]
    return ""


def survives(made: dict[str, bytes], change: Callable[[Work], None]) -> list[str]:
    """Run every command on a copy that was changed; gives what is wrong."""
    found = []
    for name, command in COMMANDS.items():
        storage = Memory()
        for path, data in made.items():
            with storage.put(path) as file:
                file.write(data)
        change(Work(storage))
        if problem := wrong(storage, command):
            found.append(f"{name}: {problem}")
    return found


VALUES: list[Value] = [
    None,
    True,
    -1,
    0,
    1,
    9,
    1 << 40,
    1 << 70,
    1.5,
    1e308,
    "",
    "x",
    "../../canary",
    "/etc/passwd",
    "a\0b",
    [],
    {},
    [1],
    {"a": 1},
]


def paths_of(value: Value, path: Path = ()) -> Iterator[Path]:
    """Where every value of a JSON document is."""
    yield path
    if isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths_of(each, (*path, name))


def with_value(whole: Value, path: Path, value: Value) -> Value:
    if not path:
        return value
    changed = copy.deepcopy(whole)
    at = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return changed


def test_unchanged_it_is_whole(made: dict[str, bytes]) -> None:
    assert survives(made, lambda work: work.seal()) == []
    storage = Memory()
    for name, data in made.items():
        with storage.put(name) as file:
            file.write(data)
    assert all(finding.ok for finding in check(storage))


def test_every_field_of_the_manifest(made: dict[str, bytes]) -> None:
    chance = random.Random(7)
    whole = json.loads(made["manifest.json"])
    found = []
    for path in paths_of(whole):
        for value in chance.sample(VALUES, 2):

            def change(work: Work, path: Path = path, value: Value = value) -> None:
                work.write(with_value(work.manifest, path, value))

            found += [f"{path} = {value!r}: {each}" for each in survives(made, change)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 100_000,
        b'{"format": 1e999}',
        b"\xff\xfe",
        b"null",
    ],
)
def test_what_is_no_json(made: dict[str, bytes], data: bytes) -> None:
    head = b'{\n "kind": "lepton-local index",\n "a": '
    note = next(name for name in made if name.endswith("segment.json"))
    for name in ("manifest.json", note):
        assert survives(made, lambda work, name=name: work.put(name, data)) == []  # type: ignore[misc]
        assert survives(made, lambda work, name=name: work.put(name, head + data)) == []  # type: ignore[misc]


def flipped(data: bytes, chance: random.Random, *, within: int) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 4])):
        changed[chance.randrange(min(len(data), within))] = chance.choice([0, 1, 127, 128, 255])
    return bytes(changed)


def test_every_file(made: dict[str, bytes]) -> None:
    """Bytes changed, cut off and added; with the digests as they were, and made to fit."""
    chance = random.Random(8)
    found = []
    for name, data in made.items():
        if name == "manifest.json":
            continue
        broken = [
            b"",
            data[: len(data) // 2],
            data[:-1],
            data + b"x",
            bytes(len(data)),
            *(flipped(data, chance, within=len(data)) for _ in range(5)),
            *(flipped(data, chance, within=100) for _ in range(5)),
        ]
        if name.endswith(".parquet"):  # what it says of itself stands at its end
            broken += [flipped(data[::-1], chance, within=600)[::-1] for _ in range(8)]
        for number, each in enumerate(broken):

            def change(
                work: Work, name: str = name, each: bytes = each, seal: int = number
            ) -> None:
                work.put(name, each)
                if seal % 4:
                    work.seal()

            found += [f"{name} {number}: {problem}" for problem in survives(made, change)]
    assert not found, "\n".join(found)


def test_faiss_is_never_believed() -> None:
    """Every number in the head of an index of each kind, and bytes of the rest."""
    chance = random.Random(9)
    vectors = unit_rows(1200, 5)
    for kind in ("flat", "hnsw", "ivf", "RaBitQ"):
        built = ann.build(vectors, kind, recall=0.5)
        assert built is not None
        storage = Memory()
        stored = ann.write(built[0], storage, "dense.faiss")
        data = storage.map("dense.faiss").to_pybytes()
        told = 0
        for number in range(80):
            each = flipped(data, chance, within=len(data) if number % 4 == 0 else 250)
            with storage.put("dense.faiss") as file:
                file.write(each)
            entry = FieldEntry("", 32, 1200, {"dense.faiss": stored})
            if each != data:
                with pytest.raises(DamagedError, match="as it was written"):
                    ann.load(map_file(storage, "dense.faiss"), entry)
            entry = replace(entry, files={"dense.faiss": file.stored})
            try:
                index = ann.load(map_file(storage, "dense.faiss"), entry)
            except DamagedError:
                told += 1
                continue
            for mask in (np.ones(1200, dtype=bool), np.arange(1200) % 3 == 0):
                rows = ann.search(index, vectors[0].astype(np.float32), 10, mask, built[1])
                assert not len(rows) or 0 <= rows.min() <= rows.max() < 1200
        assert told > 8


def first_of(made: dict[str, bytes]) -> str:
    """The folder of the segment that has a list of deleted rows."""
    listed = next(name for name in made if name.startswith("deleted/"))
    return f"segments/{listed.removeprefix('deleted/').partition('.')[0]}/"


def array(data: bytes) -> np.ndarray:
    return np.asarray(np.load(io.BytesIO(data)))


def saved(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def changed_at(values: np.ndarray, place: Value, value: Value) -> np.ndarray:
    values = values.copy()
    values[place] = value
    return values


ARRAYS: dict[str, list[Callable[[np.ndarray], np.ndarray]]] = {
    "every": [
        lambda a: a[:-1],
        lambda a: a[:0],
        lambda a: np.concatenate([a, a]),
        lambda a: a.astype(np.float64),
        lambda a: a.astype(">i4"),
        lambda a: a.ravel()[None],
        lambda a: a.astype(bool),
        lambda a: np.asfortranarray(np.stack([a, a])),
    ],
    "vectors.npy": [
        lambda a: changed_at(a, 1, np.nan),
        lambda a: changed_at(a, 2, 0),
        lambda a: changed_at(a, (0, 0), np.inf),
        lambda a: a[:, :-1],
    ],
    "postings.npy": [
        lambda a: changed_at(a, (3, 0), -1),
        lambda a: changed_at(a, (3, 0), 1 << 30),
        lambda a: changed_at(a, (0, 0), 1 << 30),
        lambda a: changed_at(a, (2, 1), -5),
        lambda a: changed_at(a, (2, 1), 0),
        lambda a: a[::-1],
    ],
    "lengths.npy": [
        lambda a: changed_at(a, 0, -1),
        lambda a: changed_at(a, 0, 0),
        lambda a: changed_at(a, 1, (1 << 31) - 1),
    ],
    "rows.npy": [
        lambda a: changed_at(a, 0, -1),
        lambda a: changed_at(a, -1, 1 << 40),
        lambda a: a[::-1],
    ],
    ".npy": [
        lambda a: changed_at(a, 0, -1),
        lambda a: changed_at(a, 0, 1 << 40),
        lambda a: np.concatenate([a[:1], a[:-1]]),
    ],
}


def test_every_array(made: dict[str, bytes]) -> None:
    """Of another shape, type or meaning, with digests that fit: refused, and by `check` too."""
    found = []
    for name in made:
        own = first_of(made).removeprefix("segments/").rstrip("/")
        if own not in name or not name.endswith(".npy"):
            continue
        kind = ".npy" if name.startswith("deleted/") else name.rpartition("/")[2]
        for number, make in enumerate(ARRAYS["every"] + ARRAYS[kind]):

            def change(work: Work, name: str = name, make: Callable[..., Value] = make) -> None:
                work.put(name, saved(make(array(made[name]))))
                work.seal()

            found += [f"{name} {number}: {problem}" for problem in survives(made, change)]
            if is_well(made, change):
                found.append(f"{name} {number}: check says that all is well")
    assert not found, "\n".join(found)


def is_well(made: dict[str, bytes], change: Callable[[Work], None]) -> bool:
    """Whether `check` finds nothing."""
    storage = Memory()
    for name, data in made.items():
        with storage.put(name) as file:
            file.write(data)
    change(Work(storage))
    try:
        return all(finding.ok for finding in check(storage))
    except LeptonError:
        return False


def nulled(table: pa.Table, name: str) -> pa.Table:
    place = table.schema.get_field_index(name)
    column = pa.nulls(len(table), table.schema.field(name).type)
    return table.set_column(place, pa.field(name, column.type), column)


def filled(table: pa.Table, name: str, value: Value) -> pa.Table:
    """One row of a column with another value."""
    field, place = table.schema.field(name), table.schema.get_field_index(name)
    values = table.column(name).to_pylist()
    values[len(values) // 2] = value
    return table.set_column(place, field, pa.array(values, field.type))


STRANGE: dict[Value, list[Value]] = {
    pa.int64(): [-1, (1 << 62) + 1],
    pa.int32(): [-1, (1 << 31) - 1],
    pa.string(): ["", "a\0b", "[" * 5000, "{"],
    pa.bool_(): [False],
    pa.binary(16): [b"x" * 16],
}


def parquet(table: pa.Table, **how: Value) -> bytes:
    file = io.BytesIO()
    settings = {"row_group_size": 256, "compression": "lz4", "write_statistics": False, **how}
    pq.write_table(table, file, **settings)
    return file.getvalue()


def tables(name: str, table: pa.Table) -> Iterator[tuple[str, bytes, bool]]:
    """What is wrong, the file, and whether `check` must see it."""
    for column in table.column_names:
        yield f"no {column}", parquet(table.drop_columns([column])), True
        yield f"null {column}", parquet(nulled(table, column)), True
        kind = table.schema.field(column).type
        for value in STRANGE.get(kind, []):
            yield f"{column} = {str(value)[:20]!r}", parquet(filled(table, column, value)), False
    yield "a row less", parquet(table.slice(1)), True
    yield "no row", parquet(table.slice(0, 0)), True
    yield "twice", parquet(pa.concat_tables([table, table])), True
    yield "another order", parquet(table.select(table.column_names[::-1])), True
    yield "small groups", parquet(table, row_group_size=3), True
    yield "another codec", parquet(table, compression="zstd"), True
    if name == "terms.parquet":
        yield "unsorted", parquet(table.take(list(range(len(table)))[::-1])), True
        yield "all the same", parquet(filled(table, "term", table["term"][0].as_py())), True
    if name == "passages.parquet":
        bomb = pa.array(["x" * (1 << 23)] * len(table))
        place = table.schema.get_field_index("text")
        yield "a bomb", parquet(table.set_column(place, table.schema.field("text"), bomb)), True


def test_every_table(made: dict[str, bytes]) -> None:
    """Other columns, rows, groups and values, with digests that fit."""
    found = []
    for path, data in made.items():
        if not path.startswith(first_of(made)) or not path.endswith(".parquet"):
            continue
        table = pq.read_table(io.BytesIO(data))
        for said, each, seen in tables(path.rpartition("/")[2], table):

            def change(work: Work, path: str = path, each: bytes = each) -> None:
                work.put(path, each)
                work.seal()

            found += [f"{path} {said}: {problem}" for problem in survives(made, change)]
            if seen and is_well(made, change):
                found.append(f"{path} {said}: check says that all is well")
    assert not found, "\n".join(found)


def test_a_segment_that_is_named_again(made: dict[str, bytes]) -> None:
    def change(work: Work) -> None:
        work.manifest["segments"] *= 300
        work.seal()

    assert survives(made, change) == []
    assert not is_well(made, change)

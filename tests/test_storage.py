"""The places for files: what each of them promises, in what order a disk is asked, and that nobody
goes round them.
"""

from __future__ import annotations

import ast
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import lepton_local
from lepton_local.errors import DamagedError, LockedError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.store.encrypted import Encrypted
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from lepton_local.store.keys import Secret
from lepton_local.store.names import KEYS_FOLDER, is_beside
from lepton_local.store.storage import Memory, Storage, digest
from tests.conftest import WordEncoder
from tests.test_update import answers

PACKAGE = Path(lepton_local.__file__).parent
SECRET = Secret(bytes(32), True)
PLACES: list[Callable[[Path], Storage]] = [
    Folder,
    lambda path: Memory(),
    lambda path: Encrypted.begun(Folder(path), SECRET),
]


def put(storage: Storage, name: str, data: bytes) -> None:
    with storage.put(name) as file:
        file.write(data[:2])
        file.write(data[2:])
    assert file.stored.size == len(data)
    assert file.stored.digest == digest(data)


@pytest.mark.parametrize("place", PLACES)
def test_what_is_put_is_there(tmp_path: Path, place: Callable[[Path], Storage]) -> None:
    storage = place(tmp_path)
    assert storage.list("a") == storage.list("") == []
    put(storage, "a/half/one", b"first")
    put(storage, "a/half/none", b"")
    mapped = storage.map("a/half/one")
    put(storage, "a/half/one", b"second")
    assert mapped.to_pybytes() == b"first"  # a snapshot for life
    assert storage.read("a/half/one", 6) == storage.map("a/half/one").to_pybytes() == b"second"
    assert storage.map("a/half/none").size == 0
    with pytest.raises(DamagedError, match="6 bytes, expected at most 5"):
        storage.read("a/half/one", 5)
    with pytest.raises(FileNotFoundError):
        storage.read("a/half/two", 5)
    with pytest.raises(FileNotFoundError):
        storage.map("b")
    storage.rename("a/half", "a/whole")
    assert storage.list("a") == ["whole"]
    assert storage.list("a/whole") == ["none", "one"]
    storage.remove("a/whole")
    storage.remove("a/nothing")
    assert storage.list("a/whole") == ["none", "one"]
    storage.remove("a/whole/none")
    storage.remove("a/whole/one")
    storage.remove("a/whole")
    assert storage.list("a") == []


@pytest.mark.parametrize("place", PLACES)
def test_what_fails_midway_changes_nothing(
    tmp_path: Path, place: Callable[[Path], Storage]
) -> None:
    storage = place(tmp_path)
    put(storage, "a", b"whole")
    with pytest.raises(TypeError), storage.put("a") as file:
        file.write(b"half" + None)  # type: ignore[operator]
    assert storage.read("a", 9) == b"whole"
    assert [name for name in storage.list("") if name != KEYS_FOLDER] == ["a"]


@pytest.mark.parametrize("place", PLACES)
def test_one_file_takes_the_place_of_the_one_that_was_read(
    tmp_path: Path, place: Callable[[Path], Storage]
) -> None:
    storage = place(tmp_path)
    storage.swap("a", b"one", "")
    with pytest.raises(LockedError, match="changed by another process"):
        storage.swap("a", b"two", "")
    storage.swap("a", b"two", digest(b"one"))
    with pytest.raises(LockedError):
        storage.swap("a", b"three", digest(b"one"))
    assert storage.read("a", 9) == b"two"


@pytest.mark.parametrize("place", PLACES)
def test_there_is_one_writer(tmp_path: Path, place: Callable[[Path], Storage]) -> None:
    storage = place(tmp_path / "index")
    with storage.lock(), pytest.raises(LockedError, match="another process"), storage.lock():
        pass
    with storage.lock():
        pass
    assert os.listdir(tmp_path) == []


def test_an_index_in_memory_is_the_one_on_the_disk(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    """The same bytes at every step, and the same answers."""
    memory, folder = Memory(), Folder(tmp_path / "index")
    for _ in grown(notes, (memory, folder), encoder):
        assert contents(memory) == contents(folder)
        assert answers(Index.open(memory), encoder) == answers(Index.open(folder), encoder)
        assert all(finding.ok for finding in check(memory))
    assert "lock" in folder.list("")


def grown(
    notes: Path, places: Sequence[str | Path | Storage], encoder: WordEncoder
) -> Iterator[int]:
    """The same index at every place is built, updated twice and compacted; gives each step done."""
    for step in range(4):
        if step == 1:
            (notes / "kite.txt").write_text("A kite needs wind.\n")
        if step == 2:
            (notes / "bread.md").unlink()
        for place in places:
            if step == 0:
                builder.build(notes, place, encoder=encoder)
            elif step == 3:
                builder.compact(place)
            else:
                builder.update(place, encoder=encoder)
        yield step


def contents(storage: Storage) -> dict[str, str]:
    """Every file of an index but its lock and keys: name -> digest."""
    found: dict[str, str] = {}
    todo = [name for name in storage.list("") if name not in ("lock", KEYS_FOLDER)]
    while todo:
        name = todo.pop()
        if inside := storage.list(name):
            todo += [f"{name}/{each}" for each in inside]
        elif name != "deleted":  # a folder of which nothing is left
            found[name] = digest(storage.map(name))
    return found


BANNED = re.compile(
    r"(open|os\.(open|listdir|scandir|mkdir|rename|replace|unlink|remove|rmdir|link|symlink)|"
    r"np\.(load|save|savez|memmap|fromfile)|pa\.(memory_map|OSFile|input_stream|output_stream)|"
    r"mmap\.mmap|shutil\.\w+|.*\.(read_bytes|read_text|write_bytes|write_text|mkdir|unlink|rmdir|"
    r"touch|tofile|iterdir))"
)
# Those that ask a disk or an object store, and one that asks whether a root of a corpus is empty.
DISK = {f"store/{name}.py" for name in ("files", "folder", "bundle", "cache", "account")}
DISK |= {"indexing/vanished.py"}


def test_nobody_goes_round_the_storage() -> None:
    """In these floors, no other file opens, maps or writes one, whatever it belongs to."""
    looked = 0
    for floor in ("store", "indexing", "search"):
        for path in (PACKAGE / floor).rglob("*.py"):
            if path.relative_to(PACKAGE).as_posix() in DISK:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    looked += 1
                    said = ast.unparse(node.func)
                    assert not BANNED.fullmatch(said), f"{path}:{node.lineno}: {said}"
                    if re.fullmatch(r"pq\.\w+|faiss\.(read|write)_index", said):
                        assert path.name in ("passages.py", "ann.py"), f"{path}:{node.lineno}"
    assert looked > 2000


Event = tuple[str, str, str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What the disk is asked, in order: ("flush", path, ""), ("move", from, to)."""
    events: list[Event] = []
    fsync, moves = os.fsync, {"replace": os.replace, "rename": os.rename}

    def flush(number: int) -> None:
        events.append(("flush", os.readlink(f"/proc/self/fd/{number}"), ""))
        fsync(number)

    def moved(kind: str) -> Callable[[Path, Path], None]:
        def move(one: Path, other: Path) -> None:
            events.append(("move", str(one), str(other)))
            moves[kind](one, other)

        return move

    monkeypatch.setattr(os, "fsync", flush)
    for kind in moves:
        monkeypatch.setattr(os, kind, moved(kind))
    return events


def test_every_name_is_given_to_bytes_that_are_on_the_disk(
    tmp_path: Path, notes: Path, encoder: WordEncoder, asked: list[Event]
) -> None:
    """A file is flushed before it gets its name, and the folder with the name after; all of it
    before the manifest that names it.
    """
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    (notes / "bread.md").unlink()
    builder.update(index, encoder=encoder)
    builder.compact(index)
    moves = [(at, one, other) for at, (what, one, other) in enumerate(asked) if what == "move"]
    assert len(moves) > 20
    for at, one, other in moves:
        assert ("flush", one, "") in asked[:at], one
        after = asked[at + 1 : at + 2]
        assert after == [("flush", str(Path(other).parent), "")], other
    commits = [at for at, _, other in moves if other.endswith("manifest.json")]
    assert len(commits) == 3
    folders = {str(path) for path in (index / "segments").iterdir()}
    assert folders <= {other for _, _, other in moves}


def test_new_folders_are_on_the_disk_too(tmp_path: Path, asked: list[Event]) -> None:
    put(Folder(tmp_path), "a/b/cart", b"x")
    flushed = [
        Path(one) for what, one, _ in asked if what == "flush" and not is_beside(Path(one).name)
    ]
    assert flushed == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_an_index_is_its_owners_alone(
    tmp_path: Path, notes: Path, encoder: WordEncoder, umask: int
) -> None:
    before = os.umask(umask)
    try:
        builder.build(notes, tmp_path / "index", encoder=encoder)
        (notes / "bread.md").unlink()
        builder.update(tmp_path / "index", encoder=encoder)
    finally:
        os.umask(before)
    for path in [tmp_path / "index", *(tmp_path / "index").rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path

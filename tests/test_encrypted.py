"""An encrypted index: the same answers, nothing in the clear, and one line for whatever has been
done to it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import click
import pytest

from lepton_local.cli.index import main as index_command
from lepton_local.cli.place import Place
from lepton_local.cli.search import main as search_command
from lepton_local.errors import AlteredError, DamagedError, SecretError, StoreError
from lepton_local.indexing import builder, fields
from lepton_local.indexing.check import check
from lepton_local.indexing.rewrite import rewrite
from lepton_local.search.searcher import Searcher
from lepton_local.store import locks
from lepton_local.store.cipher import BLOCK, sealed_size
from lepton_local.store.encrypted import Encrypted
from lepton_local.store.feedback import Event, Feedback
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from lepton_local.store.keys import KEY_FILE, RING, Secret, make_key_file, secret_in
from lepton_local.store.place import storage_at
from lepton_local.store.storage import Memory, digest
from tests.conftest import WordEncoder
from tests.systems import forks
from tests.test_cli import complaint, lepton_index
from tests.test_fields import Letters
from tests.test_storage import contents, put
from tests.test_update import PLAIN, answers

WORDS = Secret(b"correct horse battery staple", False)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "index.key"
    make_key_file(path)
    return path


def test_an_encrypted_index_is_the_clear_one(
    tmp_path: Path, notes: Path, encoder: WordEncoder, key: Path
) -> None:
    """The same bytes at every step, once they are decrypted, and the same answers; an updated one
    is one that was built afresh.
    """
    clear = Folder(tmp_path / "clear")
    with RING.looking(key):
        for step in range(4):
            if step == 1:
                (notes / "kite.txt").write_text("A kite needs wind.\n")
            if step == 2:
                (notes / "bread.md").unlink()
            for place in (tmp_path / "hidden", clear):
                if step == 0:
                    secret = secret_in(key) if place != clear else None
                    builder.build(notes, place, encoder=encoder, secret=secret)
                elif step == 3:
                    builder.compact(place)
                else:
                    builder.update(place, encoder=encoder)
            hidden = storage_at(tmp_path / "hidden")
            assert isinstance(hidden, Encrypted)
            assert contents(hidden) == contents(clear)
            assert answers(Index.open(hidden), encoder) == answers(Index.open(clear), encoder)
            assert all(finding.ok for finding in check(hidden))
        fresh = builder.build(notes, tmp_path / "fresh", encoder=encoder, secret=WORDS).index
        assert answers(fresh, encoder) == answers(Index.open(hidden), encoder)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_any_range_of_any_file_is_read(size: int) -> None:
    below = Memory()
    storage = Encrypted.begun(below, WORDS)
    data = bytes(at * 7 % 251 for at in range(size))
    put(storage, "a/b", data)
    assert len(below.read("a/b", 1 << 20)) == sealed_size(size)
    found = storage.parts("a/b", None, whole=True)
    assert found is not None
    assert found.size == size
    for first in {0, size // 2, max(size - 1, 0), min(BLOCK, size)}:
        for length in {0, 1, 100, BLOCK, size}:
            length = min(length, size - first)
            assert found.get(first, length) == data[first : first + length]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Path:
    """An index of two segments, with a list of deleted rows."""
    corpus = tmp_path_factory.mktemp("made") / "secret-corpus"
    corpus.mkdir()
    for number in range(3):
        (corpus / f"salary-{number}.txt").write_text(f"The otter {number} sleeps in a holt.\n")
    index = corpus.with_name("index")
    with RING.looking(key):
        builder.build(corpus, index, encoder=WordEncoder(), secret=secret_in(key))
        (corpus / "salary-0.txt").unlink()
        (corpus / "more.txt").write_text("The heron waits for the otter.\n")
        builder.update(index, encoder=WordEncoder())
    return index


@pytest.fixture
def index(tmp_path: Path, made: Path, key: Path) -> Iterator[Path]:
    shutil.copytree(made, tmp_path / "index")
    with RING.looking(key):
        yield tmp_path / "index"


def test_nothing_is_in_the_clear(made: Path) -> None:
    files = [path for path in made.rglob("*") if path.is_file()]
    assert len(files) > 16
    for path in files:
        data = path.read_bytes()
        for word in (b"otter", b"salary", b"heron", b"secret-corpus", b"PAR1", b"NUMPY", b"words"):
            assert word not in data, path


def encrypted_files(index: Path) -> list[Path]:
    return [
        path
        for path in sorted(index.rglob("*"))
        if path.is_file() and path.name not in ("lock", ".leptonignore") and "keys" not in str(path)
    ]


def found_in(index: Path) -> list[str]:
    """What is found, when all of an index is read. Raises StoreError."""
    if wrong := [finding for finding in check(index) if not finding.ok]:
        raise DamagedError(wrong[0].detail)
    searcher = Searcher(Index.open(index), encoder=WordEncoder(), config=PLAIN)
    return [hit.passage.text for hit in searcher.search("where does the otter sleep?", k=9)]


def test_whatever_byte_is_changed_is_noticed(index: Path) -> None:
    right = found_in(index)
    for path in encrypted_files(index):
        whole = path.read_bytes()
        middle = len(whole) // 2
        for at in (8, 55, 56, middle, len(whole) - 1):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(StoreError):
                found_in(index)
        for data in (whole[:-1], whole[:middle], whole + b"\0"):
            path.write_bytes(data)
            with pytest.raises(StoreError):
                found_in(index)
        path.write_bytes(whole)
    assert found_in(index) == right


def test_files_that_change_places_are_noticed_when_the_index_is_opened(index: Path) -> None:
    """Of the same kind in two segments, even where they have the same size, and of one segment."""
    one, other = sorted((index / "segments").iterdir())
    swaps = [(one / path.name, path) for path in other.iterdir()]
    swaps += [(one / "lengths.npy", one / "postings.npy")]
    for a, b in swaps:
        first, second = a.read_bytes(), b.read_bytes()
        a.write_bytes(second)
        b.write_bytes(first)
        # What a segment says of itself is read by updates, and by a check.
        looking = found_in if a.name == "segment.json" else Index.open
        with pytest.raises(StoreError):
            looking(index)
        a.write_bytes(first)
        b.write_bytes(second)
    Index.open(index)


def test_a_file_of_an_older_generation_is_noticed(index: Path, key: Path) -> None:
    older = {path: path.read_bytes() for path in encrypted_files(index)}
    corpus = Index.open(index).manifest.roots[0]
    (Path(corpus) / "new.txt").write_text("A kite needs wind.\n")
    builder.update(index, encoder=WordEncoder())
    manifest = index / "manifest.json"
    newer = manifest.read_bytes()
    for path, data in older.items():  # even of a whole index, by whoever has seen the newer one
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with pytest.raises(AlteredError, match=r"older copy: .* number 2, and number 3") as told:
        Index.open(index)
    mark = Path(told.value.advice.rpartition(" ")[2])
    mark.unlink()
    Index.open(index)
    manifest.write_bytes(newer)
    Index.open(index)


def test_blocks_that_change_places_are_noticed() -> None:
    below = Memory()
    storage = Encrypted.begun(below, WORDS)
    put(storage, "a", bytes(4 * BLOCK))
    whole, step = below.read("a", 1 << 20), BLOCK + 16
    head, blocks, end = whole[:56], [whole[56 + at * step :][:step] for at in range(4)], whole[-56:]
    for order in ([1, 0, 2, 3], [0, 0, 2, 3], [0, 1, 2], [0, 1, 3], [0, 1, 2, 3, 3]):
        below.swap("a", head + b"".join(blocks[at] for at in order) + end, digest(below.map("a")))
        with pytest.raises(DamagedError, match=r"cut or altered|damaged in block [12] of 4"):
            storage.map("a")


def test_what_a_person_is_told(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*arguments: str | Path) -> str:
        monkeypatch.setattr(RING, "_keys", {})  # as in a new process
        return complaint(lepton_index(*arguments))

    index, new, wrong = tmp_path / "index", tmp_path / "new.key", tmp_path / "wrong.key"
    make_key_file(wrong)
    short = tmp_path / "short.key"
    short.write_text("lepton-key-1 abcd")
    building = ("build", notes, "--out", index, "--encrypt")
    assert "nobody can be asked for a passphrase, expected a key file" in told(*building)
    done = lepton_index(*building, "--key-file", new)
    assert done.exit_code == 0
    assert done.stderr == f"made {new}: without it nobody can open the index again\n"
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    said = told("info", index)
    assert "is encrypted, expected its key: add --key-file FILE, or set LEPTON_KEY_FILE" in said
    info = ("info", index, "--key-file")
    assert "wrong.key does not open" in told(*info, wrong)
    assert "holds no whole key" in told(*info, short)
    assert "cannot be read (no such file" in told(*info, tmp_path / "none")
    assert "4 documents" in lepton_index(*info, new).stdout
    monkeypatch.setenv(KEY_FILE, str(new))
    monkeypatch.setattr(RING, "_keys", {})
    assert "is not encrypted" in told("build", notes, "--out", clear(tmp_path, notes), "--encrypt")
    keys = next((index / "keys").iterdir())
    keys.write_text(keys.read_text().replace("wrapped", "warped"))
    assert "holds no locks" in told("info", index)
    keys.rename(keys.with_name("0123456789abcdef.json"))
    assert "has lost the file keys/" in told("info", index)


def clear(tmp_path: Path, notes: Path) -> Path:
    builder.build(notes, tmp_path / "clear", encoder=WordEncoder())
    return tmp_path / "clear"


def test_every_command_that_opens_an_index_takes_its_key() -> None:
    for group in (index_command, search_command):
        group.list_commands(click.Context(group))  # loads them
        for name, command in group.commands.items():
            takes = {each.name for each in command.params if isinstance(each.type, Place)}
            keyed = "key_file" in {each.name for each in command.params}
            assert keyed == bool(takes or name == "build"), name


def test_an_index_is_encrypted_and_gets_another_key_where_it_lies(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    """With what a person has said of it, a second field and deleted rows."""
    index, one, two = tmp_path / "index", tmp_path / "one.key", tmp_path / "two.key"
    builder.build(notes, index, encoder=encoder)
    fields.add(index, "letters", encoder=Letters())
    (notes / "bread.md").unlink()
    builder.update(index, encoder=encoder, fields={"letters": Letters()})
    right = answers(Index.open(index), encoder)
    event = Event("answer_good", "2026-11-27", "who holds hands?", 1, ("00" * 16,))
    Feedback(index).add(event)
    assert "not encrypted" in complaint(lepton_index("rekey", index))
    assert "nobody can be asked" in complaint(lepton_index("encrypt", index))
    done = lepton_index("encrypt", index, "--key-file", one)
    assert "1  a key file, since 20" in done.stdout
    for key in (one, two):
        with RING.looking(key):
            assert answers(Index.open(index), encoder) == right
            assert all(finding.ok for finding in check(index))
            assert Feedback(index).events() == [event]
        files = [*index.rglob("*"), Feedback(index).path]
        assert not any(
            word in path.read_bytes()
            for path in files
            if path.is_file()
            for word in (b"Otter", b"hands", b"letters", b"garden", b"PAR1")
        )
        if key == one:
            rekeyed = lepton_index("rekey", index, "--key-file", one, "--new-key-file", two)
            assert rekeyed.exit_code == 0, rekeyed.output
    assert len(list((index / "keys").iterdir())) == 1


def test_locks_are_added_and_taken_away_and_no_other_file_changes(
    index: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Keyring:
        held: ClassVar[dict[str, str]] = {}

        def set_password(self, service: str, name: str, told: str) -> None:
            self.held[name] = told

        def get_password(self, service: str, name: str) -> str | None:
            return self.held.get(name)

    monkeypatch.setitem(sys.modules, "keyring", Keyring())
    before = {path: path.read_bytes() for path in encrypted_files(index)}
    other = tmp_path / "other.key"
    other.write_text("correct horse battery staple\n")  # a file may hold a passphrase
    done = lepton_index("encrypt", index, "--add-key-file", other, "--add-keyring", "--json")
    kinds = [lock["kind"] for lock in json.loads(done.stdout)["locks"]]
    assert kinds == ["key", "passphrase", "keyring"]
    assert lepton_index("encrypt", index, "--drop", "1").exit_code == 0
    assert {path: path.read_bytes() for path in encrypted_files(index)} == before
    for wanted, opens in ((key, False), (other, True), (None, True)):
        monkeypatch.setattr(RING, "_keys", {})
        monkeypatch.setattr(RING, "_file", wanted)
        if opens:
            Index.open(index)
        else:
            with pytest.raises(SecretError, match="does not open"):
                Index.open(index)
    assert "there is no lock 3, expected 1 to 2" in complaint(
        lepton_index("encrypt", index, "--drop", "3")
    )
    last = complaint(lepton_index("encrypt", index, "--drop", "1", "--drop", "2"))
    assert "without any lock nobody could open the index again" in last


def test_a_passphrase_is_asked_for(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "MEMORY", 64)
    storage = storage_at(index)
    assert isinstance(storage, Encrypted)
    storage.relock(storage.locks.added(storage.key, WORDS))
    monkeypatch.setattr(RING, "_file", None)
    tried = iter(["wrong", WORDS.data.decode(), "wrong", "wrong", "wrong"])
    for opens in (True, False):
        monkeypatch.setattr(RING, "_keys", {})
        with RING.asking(lambda place: next(tried)):
            if opens:
                Index.open(index)
            else:
                with pytest.raises(SecretError, match="tried 3 times"):
                    Index.open(index)


@forks
def test_a_passphrase_is_typed_at_a_terminal(index: Path) -> None:
    """Twice where it is new, and Ctrl-C ends the command as it ends any other."""
    storage = storage_at(index)
    assert isinstance(storage, Encrypted)
    storage.relock(storage.locks.added(storage.key, WORDS))
    words = WORDS.data
    assert at_a_terminal("info", index, typed=[words])[0] == 0
    assert at_a_terminal("info", index, typed=[b"\x03"])[0] == 130
    adding = ("encrypt", index, "--add-passphrase")
    status, said = at_a_terminal(*adding, typed=[words, b"a b c d", b"other", b"e f", b"e f"])
    assert status == 0
    assert b"not the same twice" in said
    assert b"3  a passphrase" in said
    assert words not in said


def at_a_terminal(*arguments: str | Path, typed: Sequence[bytes]) -> tuple[int, bytes]:
    """The exit status of `lepton-index`, and what is seen; each prompt is answered in turn."""
    import pty

    code = "from lepton_local.cli.index import main; main(prog_name='lepton-index')"
    child, terminal = pty.fork()
    if not child:
        os.environ.pop(KEY_FILE, None)
        os.execv(sys.executable, [sys.executable, "-c", code, *map(str, arguments)])
    seen, left = b"", list(typed)
    with contextlib.suppress(OSError):  # the terminal ends with its last process
        while data := os.read(terminal, 1024):
            seen += data
            if seen.endswith(b": ") and left:
                one = left.pop(0)
                os.write(terminal, one if one == b"\x03" else one + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen


def test_a_bundle_of_an_encrypted_index_stays_encrypted(
    index: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "all.lepton"
    done = lepton_index("bundle", file, index)
    assert done.exit_code == 0, done.output
    assert b"otter" not in file.read_bytes()
    right = found_in(index)
    assert found_in(file) == right
    assert lepton_index("unbundle", file, tmp_path / "out").exit_code == 0
    assert found_in(tmp_path / "out" / "indexes" / "index") == right


@forks
def test_a_run_that_is_killed_leaves_the_index_as_it_was(index: Path, tmp_path: Path) -> None:
    """Before any of the operations by which it gets another key; the next run goes on."""
    new = tmp_path / "new.key"
    make_key_file(new)
    right = looked_at(index)
    fatal, killed = 1, True
    while killed:
        child = os.fork()
        if not child:
            die_before(fatal)
            rewrite(index, secret_in(new))
            os._exit(0)
        killed = os.waitpid(child, 0)[1] != 0
        with contextlib.suppress(SecretError):
            assert looked_at(index) == right
            fatal += 29
            continue
        with RING.looking(new):
            assert found_in(index)
            assert looked_at(index) == right
        fatal += 1
    assert fatal > 20


def looked_at(index: Path) -> list[list[str]]:
    return [segment.passages.column("text").to_pylist() for segment in Index.open(index).segments]


def die_before(fatal: int) -> None:
    count = 0

    def deadly(operation: Callable[..., Any]) -> Callable[..., Any]:
        def before(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return operation(*args, **kwargs)

        return before

    for name in ("replace", "rename", "fsync", "unlink"):
        setattr(os, name, deadly(getattr(os, name)))


@pytest.mark.skipif(sys.platform != "linux", reason="it asks the Linux kernel")
def test_a_process_with_a_key_leaves_no_image_of_its_memory() -> None:
    code = (
        "import ctypes, resource; from lepton_local.store.keys import RING; "
        "dumpable = lambda: ctypes.CDLL(None).prctl(3, 0, 0, 0, 0); before = dumpable(); "
        "RING.keep(bytes(8), bytes(32)); "
        "print(before, dumpable(), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1 0 (0, 0)\n"

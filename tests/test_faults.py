"""What may befall an index: killed writers, full and read-only disks, two writers, files and clocks
that change. It stays whole, says what is the matter, and goes on. At length: `benchmarks/bench.py
faults`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner

from lepton_local.cli.index import main as index_command
from lepton_local.errors import StoreError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.search.searcher import Searcher
from lepton_local.store import files
from lepton_local.store.index import Index
from tests.conftest import WordEncoder
from tests.faults import ROOT, FullDisk, contents, full_disks, kills, small_disks
from tests.test_update import PLAIN

VERBS = ["build", "update", "compact"]


@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_random_moments(tmp_path: Path, notes: Path, verb: str) -> None:
    assert kills(tmp_path, notes, verb, 2, seed=1)["died"] == 2


@pytest.mark.parametrize("verb", VERBS)
def test_no_room_on_the_disk(tmp_path: Path, notes: Path, verb: str) -> None:
    assert full_disks(tmp_path, notes, verb)["writes"] > 5


def test_a_full_disk_is_told_in_a_line(tmp_path: Path, notes: Path, encoder: WordEncoder) -> None:
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    (notes / "bread.md").unlink()
    with mock.patch.object(files, "open", FullDisk(1).open, create=True):
        result = CliRunner().invoke(index_command, ["update", str(index)])
    assert result.exit_code == 2
    assert "no space left on device" in result.stderr
    assert result.stderr.count("\n") == 1


KILLED = """
import os, signal, sys
from lepton_local.indexing import builder, ingest
from tests.conftest import WordEncoder

class Deadly(WordEncoder):
    calls = 0

    def encode(self, texts, **more):
        self.calls += 1
        if self.calls == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts, **more)

ingest.FIRST_ROWS = ingest.BATCH_ROWS = 5
verb, corpus, index = sys.argv[1:]
if verb == "build":
    builder.build(corpus, index, encoder=Deadly())
else:
    builder.update(index, encoder=Deadly())
"""


@pytest.mark.parametrize("verb", ["build", "update"])
def test_a_killed_run_encodes_only_the_rest(
    tmp_path: Path, notes: Path, encoder: WordEncoder, verb: str
) -> None:
    """Killed when it has encoded three segments of five passages each; the last of them may not be
    written yet.
    """
    index = tmp_path / "index"
    if verb == "update":
        builder.build(notes, index, encoder=encoder)
    for number in range(30):
        (notes / f"{number:02d}.txt").write_text(f"Note {number} is about otters.")
    command = [sys.executable, "-c", KILLED, verb, str(notes), str(index)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    encoder.encoded.clear()
    go_on = {"build": lambda: builder.build(notes, index, encoder=encoder)}
    go_on["update"] = lambda: builder.update(index, encoder=encoder)
    report = go_on[verb]()
    assert report.index.rows == 35
    kept = {"build": 35, "update": 30}[verb] - report.encoded
    assert kept in (10, 15)
    assert len(encoder.encoded) == report.encoded


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing in `folder` can be written; the administrator, who may write all, is nobody here."""
    places = [folder, *folder.rglob("*")]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    administrator = os.geteuid() == 0
    if administrator:
        os.seteuid(65534)
    try:
        yield
    finally:
        if administrator:
            os.seteuid(0)
        for place in places:
            place.chmod(0o700 if place.is_dir() else 0o600)


def test_a_read_only_index_answers(notes: Path, encoder: WordEncoder) -> None:
    """And what would write it says so in a line. (tmp_path is closed to nobody.)"""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        index = Path(folder) / "index"
        builder.build(notes, index, encoder=encoder)

        def ask() -> list[str]:
            searcher = Searcher(Index.open(index), encoder=encoder, config=PLAIN)
            return [hit.path for hit in searcher.search("sourdough starter", k=1)]

        assert ask() == ["bread.md"]  # and what it imports is there
        with read_only(index):
            assert ask() == ["bread.md"]
            assert all(finding.ok for finding in check(index))
            for command in (["compact", str(index)], ["update", str(index)]):
                result = CliRunner().invoke(index_command, command)
                assert result.exit_code == 2
                assert result.stderr == (
                    f"lepton-index: {index}: permission denied, expected a place that you may "
                    "write to: lepton-index build FOLDER --out INDEX\n"
                )
            with pytest.raises(PermissionError):
                builder.build(notes, index, encoder=encoder)
        assert all(finding.ok for finding in check(index))


HOLD = """
import sys
from pathlib import Path
from lepton_local.indexing.commit import writer_lock
from lepton_local.store.folder import Folder

with writer_lock(Folder(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_writers(tmp_path: Path, notes: Path, encoder: WordEncoder) -> None:
    """The second is told at once, and comes in when the first has ended, in whatever way."""
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(index)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert first.stdout is not None
    assert first.stdout.readline() == "held\n"
    for command in ("update", "compact"):
        result = CliRunner().invoke(index_command, [command, str(index)])
        assert result.exit_code == 2
        assert "is being written by another process" in result.stderr
        assert result.stderr.count("\n") == 1
    first.kill()
    first.communicate()
    assert CliRunner().invoke(index_command, ["update", str(index), "--quiet"]).exit_code == 0


def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was indexed of it stays until it can be read."""
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    (notes / "garden.txt").write_text("The beans were planted in June.\n")
    (notes / "kite.txt").write_text("A kite needs wind.\n")

    def found(question: str) -> str:
        searcher = Searcher(Index.open(index), encoder=encoder, config=PLAIN)
        return searcher.search(question, k=1)[0].passage.text

    state = os.fstat

    def restless(number: int) -> os.stat_result:
        path = f"/proc/self/fd/{number}"
        if os.readlink(path).endswith("garden.txt"):
            os.utime(path, ns=(1, state(number).st_mtime_ns + 1))
        return state(number)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", restless)
        report = builder.update(index, encoder=encoder)
    assert [each.reason for each in report.skipped] == [
        "changed while it was read; the next update takes it"
    ]
    assert "tomatoes" in found("planted tomatoes")
    assert "kite" in found("kite wind")
    assert builder.update(index, encoder=encoder).skipped == ()
    assert "beans" in found("planted beans")


def test_clocks_that_go_backwards_or_wild(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    """Any other time than before means that a file is read; no year is too far off."""
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    garden = notes / "garden.txt"
    text = garden.read_text()
    for word, year in (("beans123", -10), ("carrots1", 50), ("parsnips", 400), ("radishes", -60)):
        garden.write_text(text.replace("tomatoes", word))
        assert garden.stat().st_size == len(text)
        os.utime(garden, ns=(0, year * 365 * 86_400 * 10**9))
        report = builder.update(index, encoder=encoder)
        assert (report.changed, report.encoded) == (1, 1)
        found = Searcher(report.index, encoder=encoder, config=PLAIN).search(word, k=1)
        assert word in found[0].passage.text
        assert not found[0].stale
        assert builder.update(index, encoder=encoder).changed == 0
    assert all(finding.ok for finding in check(index, sources=True))


def test_every_flipped_byte_and_missing_file_is_found(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    """In each file of an index in turn; the message names what heals it, and that heals it."""
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    (notes / "rows.jsonl").write_text('{"_id": "a", "title": "Otter", "text": "Otters swim."}\n')
    (notes / "bread.md").unlink()
    builder.update(index, encoder=encoder)
    whole = contents(index)
    files_there = [path for path in index.rglob("*") if path.is_file() and path.stat().st_size]
    assert {path.suffix for path in files_there} == {"", ".json", ".npy", ".parquet"}
    for path in files_there:
        data = path.read_bytes()
        ends = {0, 1, len(data) // 3, len(data) // 2, len(data) - 2, len(data) - 1}
        for at in sorted(ends & set(range(len(data)))):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            _is_found(index, path)
        path.write_bytes(data[:-1])
        _is_found(index, path)
        path.unlink()
        _is_found(index, path)
        path.write_bytes(data)
    assert contents(index) == whole


def test_a_build_heals_whatever_is_missing(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    index, kept = tmp_path / "index", tmp_path / "kept"
    builder.build(notes, kept, encoder=encoder)
    for path in [path.relative_to(kept) for path in kept.rglob("*") if path.is_file()]:
        shutil.copytree(kept, index)
        (index / path).unlink()
        builder.build(notes, index, encoder=encoder)
        assert contents(index) == contents(kept)
        shutil.rmtree(index)


def _is_found(index: Path, path: Path) -> None:
    try:
        wrong = [finding for finding in check(index) if not finding.ok]
        assert wrong, path
        assert str(path.relative_to(index)) in {finding.subject for finding in wrong}
        said = wrong[0].detail
    except StoreError as error:
        assert path.name == "manifest.json"
        said = str(error)
    assert said.endswith(f"lepton-index build FOLDER --out {index}")


def test_a_file_system_without_room_can_be_taken_away(tmp_path: Path) -> None:
    """Nothing of a build that failed holds a file of it; only the administrator may mount."""
    told = small_disks(tmp_path, ROOT / "corpora" / "guide", step=64)
    assert told["not allowed"] or (told["builds without"] and told["updates with room"])

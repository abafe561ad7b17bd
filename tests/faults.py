"""Faults on purpose: in short for the tests, at length for `benchmarks/bench.py faults`."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from unittest import mock

import numpy as np

from lepton_local.config import BuildConfig
from lepton_local.corpus import isolate
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.indexing.plan import indexed_sources
from lepton_local.store import files
from lepton_local.store.index import Index
from lepton_local.store.names import MANIFEST_FILE
from tests.conftest import WordEncoder
from tests.samples import mutated
from tests.victim import run

ROOT = Path(__file__).parent.parent


def mutations(work: Path, count: int, *, seed: int) -> Counter[str]:
    """Index mutated files and tell how many fared how. `work` is an empty folder.

    Fails unless each file is in the index or named with a reason of one line, the index is whole,
    nothing was written beside it, and an update finds nothing left to do.
    """
    corpus, outside = work / "corpus", work / "outside"
    for folder in (corpus, outside / "home", outside / "tmp"):
        folder.mkdir(parents=True)
    for name, data in mutated(count, seed=seed):
        (corpus / name).write_bytes(data)
    before = listing(corpus), listing(outside)
    with home(outside):
        config = BuildConfig(include=("*",))
        built = builder.build(corpus, work / "index", config, encoder=WordEncoder())
        again = builder.update(work / "index", encoder=WordEncoder())
    assert (listing(corpus), listing(outside)) == before
    assert sorted(os.listdir(work)) == ["corpus", "index", "outside"]
    assert again.index.manifest == built.index.manifest
    assert all(finding.ok for finding in check(work / "index"))
    indexed = {path for _, path in indexed_sources(built.index)}
    refused = {each.source.path: each.reason for each in built.skipped}
    assert indexed | {path.split("#")[0] for path in refused} == set(os.listdir(corpus))
    assert all(reason and reason == " ".join(reason.split()) for reason in refused.values())
    whole = {path: reason for path, reason in refused.items() if path in set(os.listdir(corpus))}
    fared = Counter(_kind(reason) for path, reason in whole.items() if path not in indexed)
    return Counter({"files": count, "indexed": len(indexed), **fared})


def _kind(reason: str) -> str:
    if not reason.startswith("the parser"):
        return "refused"
    return next(
        word for word in ("longer", "crashed", "needed", "gave", "failed") if word in reason
    )


@contextmanager
def home(folder: Path) -> Iterator[None]:
    """Parsers have their home and their place for temporary files in `folder`."""
    isolate.close_kept()
    places = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
    with mock.patch.dict(os.environ, places):
        yield
    isolate.close_kept()


def listing(folder: Path) -> dict[str, str]:
    """What is in a folder: path -> digest."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in folder.rglob("*")
    }


@dataclass
class Victim:
    """The process of victim.py."""

    verb: str
    corpus: Path
    index: Path

    def __enter__(self) -> Victim:
        command = [sys.executable, "-m", "tests.victim", self.verb, str(self.corpus)]
        self.process = subprocess.Popen(
            [*command, str(self.index)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def run(self, seconds: float = 0) -> tuple[int, float, int]:
        """Exit status, seconds, and passages encoded; killed after `seconds`, if they are given."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        status, took, encoded = self.process.stdout.readline().split()
        return int(status), float(took), int(encoded)


def kills(work: Path, corpus: Path, verb: str, count: int, *, seed: int) -> Counter[str]:
    """Kill builds, updates or compactions of a copy of `corpus` at random moments, `count` of them.

    Fails unless each leaves the old generation or the new one, whole, and the next run goes on to
    what a run without a kill makes. Tells how many died, how many of them after their commit, how
    many passages the next runs did not have to encode again, and how many lived.
    """
    chance = random.Random(seed)
    documents, index, kept = prepared(work, corpus, verb)
    told: Counter[str] = Counter()
    with Victim(verb, documents, index) as victim:
        _restore(kept, index)
        old = contents(index)
        _, seconds, most = victim.run()
        new = contents(index)
        while told["died"] < count:
            _restore(kept, index)
            end, _, _ = victim.run(chance.uniform(0.02, 1) * seconds)
            found = contents(index)
            assert end in (0, -signal.SIGKILL)
            assert found in (old, new), "half a generation"
            status, _, encoded = victim.run()
            assert status == 0
            assert contents(index) == new
            assert not list(index.rglob(".*tmp*"))
            if end:
                told += Counter(died=1, committed=found == new, spared=most - encoded)
            told["lived"] += not end
            seconds *= 1.05 if end else 0.8  # so that some live, and the last moments are tried too
    return told


def prepared(work: Path, corpus: Path, verb: str) -> tuple[Path, Path, Path]:
    """A copy of `corpus`, where an index of it goes, and what is there before `verb`."""
    documents, index, kept = work / "documents", work / "index", work / "kept"
    shutil.copytree(corpus, documents)
    if verb != "build":
        builder.build(documents, kept, encoder=WordEncoder())
        paths = sorted(path for path in documents.rglob("*") if path.is_file())
        paths[0].unlink()
        for path in paths[1::3]:
            path.with_name(f"new-{path.name}").write_bytes(path.read_bytes().swapcase())
    if verb == "compact":
        builder.update(kept, encoder=WordEncoder())
    return documents, index, kept


def _restore(kept: Path, index: Path) -> None:
    shutil.rmtree(index, ignore_errors=True)
    if kept.exists():
        shutil.copytree(kept, index)


def contents(folder: Path) -> list[Any]:
    """Every document and passage of an index, once it is certain to be whole; none where a first
    build has not committed.
    """
    if not (folder / MANIFEST_FILE).exists():
        return []
    assert all(finding.ok for finding in check(folder))
    index = Index.open(folder)
    found = index.document_table(["path", "key", "digest", "rows"]).to_pylist()
    documents = [tuple(row.values()) for row in found]
    live = index.take_passages(np.flatnonzero(np.concatenate(index.live)), ["start", "text"])
    return [len(index.segments) == 1, sorted(documents), sorted(map(str, live.to_pylist()))]


class FullDisk:
    """Stands in for `open` in store/files.py: from the `fatal`th write on there is no room left."""

    def __init__(self, fatal: int) -> None:
        self.fatal, self.writes = fatal, 0

    def open(self, path: Path, mode: str) -> IO[bytes]:
        if mode == "rb":
            return open(path, mode)
        return io.BufferedWriter(_FullFile(self, path))

    def room(self, path: str) -> None:
        """Raises OSError if there is none for another write."""
        self.writes += 1
        if self.fatal and self.writes >= self.fatal:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


class _FullFile(io.FileIO):
    def __init__(self, disk: FullDisk, path: Path) -> None:
        super().__init__(path, "wb")
        self._disk = disk

    def write(self, data: Any) -> int:
        self._disk.room(str(self.name))
        return super().write(data)


def full_disks(work: Path, corpus: Path, verb: str) -> Counter[str]:
    """A build, update or compaction of a copy of `corpus`, where each write in turn is the first
    for which the disk has no room.

    Fails unless each ends in an OSError that says so and leaves the old generation, or the new one,
    whole, and a run with room enough ends well.
    """
    documents, index, kept = prepared(work, corpus, verb)
    _restore(kept, index)
    old = contents(index)
    disk = FullDisk(0)
    with mock.patch.object(files, "open", disk.open, create=True):
        run(verb, str(documents), str(index))
    new = contents(index)
    told: Counter[str] = Counter()
    for fatal in range(1, disk.writes + 1):
        _restore(kept, index)
        try:
            with mock.patch.object(files, "open", FullDisk(fatal).open, create=True):
                run(verb, str(documents), str(index))
            raise AssertionError("nothing was said")
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        assert contents(index) in (old, new)
        run(verb, str(documents), str(index))
        assert contents(index) == new
        told["writes"] += 1
    return told


def small_disks(work: Path, corpus: Path, *, step: int = 64) -> Counter[str]:
    """Build and update on file systems in memory that grow by `step` KiB until all has room.

    Fails unless each that has not says so, and is left with no index, the old one or the new one,
    whole. Tells how many runs had room; only the administrator may mount such disks.
    """
    documents, _, _ = prepared(work, corpus, "build")
    disk, told, size = work / "disk", Counter[str](), 0
    disk.mkdir()
    while told["updates with room"] == 0:
        size += step
        mounted = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(disk)]
        if subprocess.run(mounted, capture_output=True, check=False).returncode:
            return Counter({"not allowed": 1})
        extra = documents / "extra.md"
        try:
            built = _has_room("build", documents, disk / "index")
            told["builds with room" if built else "builds without"] += 1
            if built:
                extra.write_text("# New\n\n" + "A kite needs wind, an otter needs a river.\n" * 99)
                updated = _has_room("update", documents, disk / "index")
                told["updates with room" if updated else "updates without"] += 1
        finally:
            extra.unlink(missing_ok=True)
            subprocess.run(["umount", str(disk)], check=True)
    return told


def _has_room(verb: str, documents: Path, index: Path) -> bool:
    before = contents(index)
    try:
        run(verb, str(documents), str(index))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        assert contents(index) == before
        return False
    assert contents(index) != before
    return True

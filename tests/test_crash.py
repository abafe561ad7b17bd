"""kill -9 at every file operation of a commit: the index is the old one or the new one, and the
next run goes on. Of an encrypted one at some of them; `LEPTON_LONG=1` makes it all.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lepton_local.homes import data_folder
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.store.keys import KEY_FILE, Secret, make_key_file
from tests.conftest import WordEncoder
from tests.systems import forks
from tests.test_update import PLAIN, answers

pytestmark = forks
ROOT = Path(__file__).parent.parent

# Reads "fatal" numbers; for each, a fork runs one command and kills itself before the n-th
# operation that changes the disk (0: never). Answers with the exit status, how many operations
# there were, and how many passages were encoded.
DRIVER = """
import os, signal, sys
from pathlib import Path
from lepton_local.corpus.isolate import Parsed
from lepton_local.corpus.parse import parse
from lepton_local.corpus.read import read
from lepton_local.indexing import builder, crew
from lepton_local.store import files
from lepton_local.store.keys import RING, secret_in
from lepton_local.types import Source
from tests.conftest import WordEncoder

def parse_here(sources, workers, how):  # to start a process takes longer than all the rest
    for source in sources:
        source, data = read(source)
        yield Parsed(source, tuple(parse(source, data)))

crew.parse_sources = parse_here
verb, corpus, index = sys.argv[1:]
SECRET = secret_in(RING.file) if RING.file else None
count = 0

def deadly(operation):
    def before(*args, **kwargs):
        global count
        count += 1
        if count == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return operation(*args, **kwargs)
    return before

class Disk:
    def __getattr__(self, name):
        found = getattr(os, name)
        return deadly(found) if name in {"replace", "rename", "fsync", "unlink"} else found

class Trees:
    rmtree = staticmethod(deadly(files.shutil.rmtree))

def run():
    files.os, files.shutil = Disk(), Trees()
    files.open = deadly(open)
    Path.mkdir = deadly(Path.mkdir)
    encoder = WordEncoder()
    if verb == "build":
        builder.build(corpus, index, encoder=encoder, secret=SECRET)
    elif verb == "update":
        builder.update(index, encoder=encoder)
    else:
        builder.compact(index)
    os.write(told[1], f"{count} {len(encoder.encoded)}".encode())

for path in Path(corpus).iterdir():  # what parses is imported once
    list(parse(*read(Source(corpus, path.name, path.stat().st_size, 0))))
for line in sys.stdin:
    fatal = int(line)
    told = os.pipe()
    child = os.fork()
    if not child:
        run()
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(told[1])
    print(status, *os.read(told[0], 99).decode().split(), flush=True)
    os.close(told[0])
"""


class Driver:
    """Runs one command again and again, each time in a process that may be told to die."""

    def __init__(self, verb: str, corpus: Path, index: Path) -> None:
        command = [sys.executable, "-c", DRIVER, verb, str(corpus), str(index)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, fatal: int) -> list[int]:
        """Exit status; of a run that lived, also its operations and the passages it encoded."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{fatal}\n")
        self.process.stdin.flush()
        return [int(number) for number in self.process.stdout.readline().split()]

    def close(self) -> None:
        """End the process that forks."""
        self.process.communicate()


@pytest.fixture(params=["clear", "encrypted"])
def secret(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Secret | None:
    """What locks the index of a test, if anything does."""
    if request.param == "clear":
        return None
    monkeypatch.setenv(KEY_FILE, str(tmp_path / "key"))
    return make_key_file(tmp_path / "key")


def fatal_ones(total: int, secret: Secret | None) -> list[int]:
    """The operations before which a run is killed: all, or one of seven and those that commit."""
    if secret is None or os.environ.get("LEPTON_LONG"):
        return list(range(1, total + 1))
    return sorted({*range(1, total + 1, 7), *range(total - 5, total + 1)})


@pytest.mark.parametrize("verb", ["build", "update", "compact"])
def test_killed_at_every_file_operation(
    tmp_path: Path, notes: Path, encoder: WordEncoder, verb: str, secret: Secret | None
) -> None:
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder, secret=secret)
    old = answers(Index.open(index), encoder)
    if verb != "build":
        (notes / "kite.txt").write_text("A kite needs wind, an otter needs a river.\n")
    if verb == "compact":
        (notes / "bread.md").unlink()
        builder.update(index, encoder=encoder)
        old = answers(Index.open(index), encoder)
    new = answers(builder.build(notes, tmp_path / "fresh", encoder=encoder).index, encoder)
    kept = tmp_path / "kept"
    shutil.copytree(index, kept)
    driver = Driver(verb, notes, index)
    status, total, _ = driver.run(0)
    assert status == 0
    assert total > 15
    for fatal in fatal_ones(total, secret):
        put_back(kept, index)
        assert driver.run(fatal) == [-signal.SIGKILL]
        found = answers(Index.open(index), encoder)
        assert found in (old, new), f"half a generation after operation {fatal}"
        assert all(finding.ok for finding in check(index))
    assert driver.run(0)[0] == 0
    driver.close()
    assert answers(Index.open(index), encoder) == new
    assert not list(index.rglob(".*tmp*"))


def put_back(kept: Path, index: Path) -> None:
    """The index as it was; that an encrypted one was newer is forgotten."""
    shutil.rmtree(index)
    shutil.copytree(kept, index)
    shutil.rmtree(data_folder() / "seen", ignore_errors=True)


@pytest.mark.usefixtures("secret")
def test_a_killed_first_build_leaves_its_vectors(tmp_path: Path, notes: Path) -> None:
    """Killed between its segment and its manifest, a first build is not there; the next encodes
    nothing again.
    """
    index = tmp_path / "index"
    driver = Driver("build", notes, index)
    _, total, encoded = driver.run(0)
    assert encoded == 5
    found_one = False
    for fatal in range(total, 0, -1):
        shutil.rmtree(index, ignore_errors=True)
        assert driver.run(fatal) == [-signal.SIGKILL]
        found_one = bool(list(index.glob("segments/0*"))) and not (index / "manifest.json").exists()
        if found_one:
            break
    assert found_one
    assert driver.run(0)[::2] == [0, 0]
    driver.close()
    searcher = Searcher(Index.open(index), encoder=WordEncoder(), config=PLAIN)
    assert searcher.search("sourdough starter")[0].path == "bread.md"

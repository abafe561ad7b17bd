"""An index folder that was handed over, with links, pipes and devices in it: nothing is followed,
nothing hangs, and what lies elsewhere stays as it is.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lepton_local.errors import LeptonError, StoreError
from lepton_local.indexing import builder
from lepton_local.indexing.commit import writer_lock
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from tests.conftest import WordEncoder
from tests.faults import listing
from tests.test_tampered_index import COMMANDS, wrong

Change = Callable[[Path, Path], None]  # of an index, and of a folder elsewhere


def _segment(index: Path) -> Path:
    return next(path for path in (index / "segments").iterdir() if path.name[0] == "0")


def _linked(name: str) -> Change:
    """A file or folder of the index is a link to the like of it elsewhere."""

    def change(index: Path, elsewhere: Path) -> None:
        path = index / name.replace("SEGMENT", _segment(index).name)
        target = elsewhere / path.name
        shutil.move(path, target)
        path.symlink_to(target)

    return change


def _made(name: str, make: Callable[[Path], None]) -> Change:
    def change(index: Path, elsewhere: Path) -> None:
        path = index / name.replace("SEGMENT", _segment(index).name)
        path.unlink(missing_ok=True)
        make(path)

    return change


def _halves(index: Path, elsewhere: Path) -> None:
    for number in range(20):
        (index / "segments" / f".tmp-{number:06d}").symlink_to(elsewhere)
        (index / "segments" / f".tmp-{number:016x}").symlink_to(elsewhere)
        (index / f".manifest.json.{number}.tmp").symlink_to(elsewhere / "precious.txt")
        (index / f".manifest.json.{number:016x}.tmp").symlink_to(elsewhere / "precious.txt")


FILES = [
    "manifest.json",
    "lock",
    ".leptonignore",
    "segments/SEGMENT/vectors.npy",
    "segments/SEGMENT/passages.parquet",
    "segments/SEGMENT/segment.json",
]
FOLDERS = ["segments", "deleted", "segments/SEGMENT"]
CHANGES: dict[str, Change] = {
    **{
        f"link {name}": _linked(name)
        for name in [*FILES, "segments", "deleted", "segments/SEGMENT"]
    },
    **{f"pipe {name}": _made(name, os.mkfifo) for name in FILES},
    **{f"zeros {name}": _made(name, lambda path: path.symlink_to("/dev/zero")) for name in FILES},
    **{f"folder {name}": _made(name, lambda path: path.mkdir()) for name in FILES},
    "halves": _halves,
}


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("handed")
    corpus = place / "corpus"
    corpus.mkdir()
    for number in range(6):
        (corpus / f"{number}.txt").write_text(f"Note {number} of otters.\n")
    builder.build(corpus, place / "index", encoder=WordEncoder())
    (corpus / "0.txt").unlink()
    builder.update(place / "index", encoder=WordEncoder())
    (corpus / "1.txt").unlink()
    (place / "elsewhere").mkdir()
    (place / "elsewhere" / "precious.txt").write_text("mine")
    return place


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_is_followed(tmp_path: Path, handed: Path, name: str) -> None:
    for command in COMMANDS.values():
        work = tmp_path / "work"
        shutil.copytree(handed, work)
        CHANGES[name](work / "index", work / "elsewhere")
        before = listing(work / "elsewhere")
        assert wrong(Folder(work / "index"), command) == ""
        assert listing(work / "elsewhere") == before
        shutil.rmtree(work)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("name", ["", "lock"])
def test_an_index_that_is_anothers_is_not_written(
    tmp_path: Path, notes: Path, encoder: WordEncoder, name: str
) -> None:
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    os.chown(index / name, 65534, 65534)
    with pytest.raises(StoreError, match="belongs to another user"):
        builder.update(index, encoder=encoder)
    assert Index.open(index).documents == 4


@pytest.mark.parametrize("name", ["", "lock"])
def test_an_index_that_others_may_write_is_not_written(
    tmp_path: Path, notes: Path, encoder: WordEncoder, name: str
) -> None:
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    (index / name).chmod(0o777)
    with pytest.raises(StoreError, match="others may write to") as told:
        builder.compact(index)
    assert told.value.advice == f"chmod -R go-w {index}"
    (index / name).chmod(0o755)
    builder.compact(index)


def test_the_lock_is_the_owners_alone(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir(mode=0o777)
    with writer_lock(Folder(tmp_path / "index")):
        assert (tmp_path / "index").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "index" / "lock").stat().st_mode & 0o777 == 0o600


def test_an_error_has_one_line(handed: Path) -> None:
    with pytest.raises(LeptonError) as told:
        Index.open(handed / "corpus")
    assert "\n" not in str(told.value)

"""Indexes that are asked while they are updated: a newer state takes the place of an older one."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path

import pytest

import lepton_local as lepton
from lepton_local.serve import live as module
from lepton_local.serve.live import Live, Snapshot


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of one document."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "lease.md").write_text("The rent is 940 euros.\n", encoding="utf-8")
    lepton.build(tmp_path / "notes", tmp_path / "index")
    return tmp_path / "index"


def test_the_old_state_answers_until_the_new_one_is_warm(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = Live([index])
    old = live.newest()
    held, warmed, warm = threading.Event(), threading.Event(), Snapshot.warm

    def slowly(self: Snapshot) -> None:
        held.wait(30)
        warm(self)
        warmed.set()

    monkeypatch.setattr(Snapshot, "warm", slowly)
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    (index.parent / "notes" / "ferry.txt").write_text("A ferry.\n", encoding="utf-8")
    lepton.update(index)
    try:
        assert live.newest() is old
        assert old.of().answering.answer("rent").hits  # though the manifest names other files now
    finally:
        held.set()
    monkeypatch.setattr(module, "PATIENCE", 30)
    new = live.newest()
    assert warmed.is_set()
    assert new.of().answering.index.documents == 2
    assert new.token != old.token
    gone = weakref.ref(old.members["index"])
    del old
    gc.collect()
    assert gone() is None  # whoever has asked it is done, and nobody else holds it


def test_an_index_that_cannot_be_opened_is_said_until_it_can(index: Path) -> None:
    live = Live([index])
    manifest = (index / "manifest.json").read_bytes()
    (index / "manifest.json").write_bytes(manifest[:-20])
    for _ in range(2):
        with pytest.raises(lepton.LeptonError):
            live.now()
    (index / "manifest.json").write_bytes(manifest)
    assert live.newest().of().listing.index.documents == 1


def test_indexes_of_one_name_are_told_by_their_paths(index: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "index"
    lepton.build(tmp_path / "notes", other)
    assert list(Live([index, other]).now().members) == [str(index), str(other)]

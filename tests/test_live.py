"""Indexes that are asked while they are updated: a newer state takes the place of an older one."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path

import pytest

import lepton_local as lepton
from lepton_local.config import SearchConfig
from lepton_local.search.lookup import Finder, Look, Lookup, filtered, finder
from lepton_local.serve import live as module
from lepton_local.serve.live import Live, Snapshot
from lepton_local.serve.tokens import OWNER, Token
from lepton_local.store.index import Index


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


def test_others_look_through_what_is_served_for_whoever_may_see_all_of_it(index: Path) -> None:
    """Of each state those who look through it go once nobody asks it any more."""
    asked: list[int] = []
    spread_over: list[weakref.ref[Index]] = []

    def spread(whole: Index) -> tuple[Index, Finder]:
        held = Index(whole.segments, whole.live, manifest=whole.manifest, storage=whole.storage)
        spread_over.append(weakref.ref(held))
        look = finder(held, filtered(held))

        def counted(lookup: Lookup) -> Look:
            asked.append(len(spread_over))
            return look(lookup)

        return held, counted

    live = Live([index], SearchConfig(rerank=False, answer=False), spread=spread)
    limited = Token("cook", filters=("path:*",))
    for who, times in ((OWNER, 1), (Token("any"), 1), (limited, 0)):
        asked.clear()
        assert live.newest().of(who=who).listing.search("rent")
        assert asked == [1] * times
    (index.parent / "notes" / "ferry.txt").write_text("A ferry.\n", encoding="utf-8")
    lepton.update(index)
    asked.clear()
    assert live.newest().of(["index"]).listing.search("ferry")[0].path == "ferry.txt"
    assert asked[-1] == 2
    gc.collect()
    assert [each() is None for each in spread_over] == [True, False]

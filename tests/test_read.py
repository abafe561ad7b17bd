"""Files are read once, whole and regular: whatever lies where one was, nobody waits for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lepton_local.corpus import read as reading
from lepton_local.corpus.read import read
from lepton_local.errors import SourceError, UnreadableError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.indexing.explain import explain
from lepton_local.search.searcher import Searcher
from lepton_local.types import Source
from tests.conftest import WordEncoder
from tests.systems import pipes
from tests.test_update import PLAIN


@pipes
def test_a_pipe_where_a_file_was_makes_nobody_wait(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index
    result = Searcher(index, encoder=encoder, config=PLAIN).answer("bake loaf")
    path = result.hits[0].source.path
    (notes / path).unlink()
    os.mkfifo(notes / path)
    searcher = Searcher(index, encoder=encoder, config=PLAIN)
    result = searcher.verify(searcher.answer("bake loaf"))
    found = [hit for hit in result.hits if hit.source.path == path]
    assert {(hit.verified, hit.stale) for hit in found} == {(False, True)}
    wrong = [each for each in check(index.path, sources=True) if not each.ok]
    assert [each.subject for each in wrong] == [path]
    assert "not a regular file" in explain(index.path, notes / path)["reason"]
    with pytest.raises(SourceError, match="not a regular file"):
        read(Source(str(notes), path, 1, 1))
    again = builder.update(index.path, encoder=encoder)
    assert [(each.source.path, each.reason) for each in again.skipped] == [
        (path, "not a regular file")
    ]


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/tty", "."])
def test_a_device_or_a_folder_is_no_file(place: str) -> None:
    if not os.path.exists(place):
        pytest.skip(f"this system has no {place}")
    with pytest.raises((SourceError, UnreadableError)):
        read(Source("/", os.path.abspath(place), 1, 1))


def test_a_file_that_has_grown_beyond_the_limit_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    (tmp_path / "a.txt").write_bytes(bytes(101))
    with pytest.raises(SourceError, match="101 bytes; files of up to 100 are indexed"):
        read(Source(str(tmp_path), "a.txt", 20, 1))
    assert len(read(Source(str(tmp_path), "a.txt", 101, 1))[1]) == 101  # as it was allowed

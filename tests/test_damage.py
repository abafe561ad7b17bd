"""Indexes whose files were altered, and what runs that were killed leave behind: told, never
believed, and healed by the command that the message names.
"""

from __future__ import annotations

import json
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lepton_local.errors import DamagedError, StoreError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.store.passages import Rows
from tests.conftest import WordEncoder
from tests.test_update import PLAIN, answers

FILES = ["documents.parquet", "passages.parquet", "terms.parquet", "vectors.npy", "postings.npy"]


@pytest.mark.parametrize("name", FILES)
def test_altered_bytes_are_told_and_healed(
    tmp_path: Path, notes: Path, encoder: WordEncoder, name: str
) -> None:
    whole = builder.build(notes, tmp_path / "index", encoder=encoder).index
    expected = answers(whole, encoder)
    file = next((tmp_path / "index").rglob(name))
    file.write_bytes(bytes(file.stat().st_size))
    with pytest.raises(DamagedError, match="lepton-index build FOLDER --out") as told:
        Searcher(Index.open(tmp_path / "index"), encoder=encoder, config=PLAIN).search('"bake" lof')
    assert "\n" not in str(told.value)
    healed = builder.build(notes, tmp_path / "index", encoder=encoder).index
    assert answers(healed, encoder) == expected


def test_a_build_does_not_borrow_altered_vectors(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    """The size is right and the header too: only the digest tells."""
    expected = answers(builder.build(notes, tmp_path / "index", encoder=encoder).index, encoder)
    file = next((tmp_path / "index").rglob("vectors.npy"))
    vectors = np.load(file)
    np.save(file, vectors[::-1])
    assert not all(finding.ok for finding in check(tmp_path / "index"))
    healed = builder.build(notes, tmp_path / "index", encoder=encoder).index
    assert answers(healed, encoder) == expected


@pytest.mark.parametrize("value", [None, "x", 5, [], {}, [1], ["x"]])
def test_a_manifest_of_nonsense_is_told(
    tmp_path: Path, notes: Path, encoder: WordEncoder, value: Any
) -> None:
    builder.build(notes, tmp_path / "index", encoder=encoder)
    path = tmp_path / "index" / "manifest.json"
    manifest = json.loads(path.read_text())
    empty: list[tuple[str, Any]] = [
        ("segments", []),
        ("segments", {}),
        ("skipped", []),
        ("skipped", {}),
        ("config", {}),
    ]
    for name in ("config", "encoder", "segments", "skipped", "format"):
        path.write_text(json.dumps({**manifest, name: value}))
        if (name, value) in empty:
            continue  # an index of nothing is one
        with pytest.raises(StoreError):
            Index.open(tmp_path / "index")


def test_an_empty_list_of_deleted_rows_is_told(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    builder.build(notes, tmp_path / "index", encoder=encoder)
    (notes / "bread.md").unlink()
    builder.update(tmp_path / "index", encoder=encoder)
    next((tmp_path / "index" / "deleted").iterdir()).write_bytes(b"")
    with pytest.raises(DamagedError):
        Index.open(tmp_path / "index")


def test_leftovers_of_a_killed_run_are_not_taken_in(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    """A run that died while it wrote a segment left files under the name that the next one uses."""
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    (notes / "kite.txt").write_text("A kite needs wind.\n")
    half = index / "segments" / ".tmp-0123456789abcdef"
    half.mkdir()
    (half / "dense.faiss").write_bytes(b"of another segment")
    (index / ".manifest.json.0123456789abcdef.tmp").write_bytes(b"{")
    found = builder.update(index, encoder=encoder).index
    assert all("dense.faiss" not in entry.files for entry in found.manifest.segments)
    assert not list(index.rglob(".*tmp*"))


def test_a_build_of_many_segments_holds_few_files(
    tmp_path: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may hold a few hundred files, and a large build makes hundreds of segments."""
    for number in range(30):
        (notes / f"{number}.txt").write_text(f"Note {number} about otters.\n")
    monkeypatch.setattr("lepton_local.indexing.ingest.BATCH_ROWS", 1)
    held: weakref.WeakSet[Rows] = weakref.WeakSet()
    most = 0
    start = Rows.__init__

    def counted(rows: Rows, *args: Any, **more: Any) -> None:
        nonlocal most
        start(rows, *args, **more)
        held.add(rows)
        most = max(most, len(held))

    monkeypatch.setattr(Rows, "__init__", counted)
    assert builder.build(notes, tmp_path / "index", encoder=encoder).index.documents == 34
    assert most < 12

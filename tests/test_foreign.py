"""A build, an update and a compaction touch nothing that is not theirs, whatever it is called."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lepton_local.errors import InputError, StoreError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.store.index import Index
from tests.conftest import WordEncoder
from tests.faults import listing

SEGMENT = "000001-0123456789abcdef"
NAMES = [
    "manifest.json",
    "lock",
    ".leptonignore",
    ".manifest.json.0123456789abcdef.tmp",
    "segments",
    "segments/intro.ts",
    f"segments/{SEGMENT}/vectors.npy",
    f"segments/{SEGMENT}/mine.txt",
    "segments/.tmp-0123456789abcdef/passages.parquet",
    f"fields/{SEGMENT}.text-0123456789abcdef/vectors.npy",
    "deleted/mail.txt",
    f"deleted/{SEGMENT}.3.npy",
    "index.html",
    ".git/config",
]
CONTENTS = [
    b"",
    b"*\n",
    b"{}",
    b'{"name": "app", "segments": [], "format": 2}',
    b'{"manifest_version": 3, "kind": "extension"}',
    b"[[[",
]
TREES = st.dictionaries(
    st.sampled_from(NAMES) | st.text("ab.-/", min_size=1, max_size=6),
    st.sampled_from(CONTENTS) | st.binary(max_size=20),
    min_size=1,
    max_size=5,
)


class Broken(WordEncoder):
    """An encoder that fails when it is asked."""

    def encode(self, texts: Sequence[str], **more: Any) -> Any:
        raise InputError("no")


def _write(folder: Path, tree: dict[str, bytes]) -> None:
    for name, data in tree.items():
        path = folder / name
        assume(".." not in path.parts and not name.startswith("/"))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError:  # a file is where a folder should be, or the other way round
            assume(False)


@settings(max_examples=60)
@given(TREES, st.sampled_from([WordEncoder, Broken]))
def test_whatever_lies_there_stays(tree: dict[str, bytes], encoder: type[WordEncoder]) -> None:
    ours = {"lock": b"", ".leptonignore": b"*\n"}
    assume(not ours.items() <= tree.items())  # that is what a first build leaves that was killed
    with tempfile.TemporaryDirectory() as place:
        corpus, out = Path(place) / "corpus", Path(place) / "out"
        corpus.mkdir()
        (corpus / "a.txt").write_text("The otter sleeps.\n")
        out.mkdir()
        _write(out, tree)
        before = listing(out)
        with pytest.raises(StoreError):
            builder.update(out, encoder=encoder())
        with pytest.raises(StoreError):
            builder.compact(out)
        assert listing(out) == before
        with contextlib.suppress(InputError):
            builder.build(corpus, out, encoder=encoder())
        after = listing(out)
        assert {name: after[name] for name in before} == before


def test_a_folder_of_other_files_is_told_in_a_line(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    (tmp_path / "site" / "segments").mkdir(parents=True)
    (tmp_path / "site" / "manifest.json").write_text('{"name": "app"}')
    with pytest.raises(InputError, match=r"holds other files \(manifest.json\)"):
        builder.build(notes, tmp_path / "site", encoder=encoder)
    with pytest.raises(StoreError, match="is not the manifest of an index"):
        Index.open(tmp_path / "site")


def test_what_people_put_into_an_index_stays(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    segment = next((index / "segments").iterdir())
    kept = ["README", "segments/notes.txt", "deleted/a.npy", f"segments/{segment.name}/mine"]
    for name in kept:
        (index / name).parent.mkdir(exist_ok=True)
        (index / name).write_text("mine")
    (notes / "bread.md").unlink()
    builder.update(index, encoder=encoder)
    builder.compact(index)
    builder.build(notes, index, encoder=encoder)
    assert all((index / name).read_text() == "mine" for name in kept)
    assert len([name for name in os.listdir(index / "segments") if name != segment.name]) == 2
    assert all(finding.ok for finding in check(index))


def test_a_first_build_that_fails_leaves_nothing(tmp_path: Path, notes: Path) -> None:
    with pytest.raises(InputError):
        builder.build(notes, tmp_path / "a" / "index", encoder=Broken())
    assert os.listdir(tmp_path) == ["notes"]

"""What a build is asked for: its corpus, its index's place, its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_local.config import BuildConfig
from lepton_local.errors import InputError
from lepton_local.indexing import builder
from tests.conftest import WordEncoder


def test_an_index_inside_its_corpus_is_not_indexed(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    everything = BuildConfig(include=("*",))
    first = builder.build(notes, notes / "index", everything, encoder=encoder)
    assert first.index.documents == 4
    second = builder.update(notes / "index", encoder=encoder)
    assert (second.unchanged, second.skipped) == (3, ())
    third = builder.build(notes, tmp_path / "other", everything, encoder=encoder)
    assert (third.index.documents, third.skipped) == (4, ())
    with pytest.raises(InputError, match="is the corpus itself"):
        builder.build(notes, notes, encoder=encoder)


def test_roots_are_taken_once(tmp_path: Path, notes: Path, encoder: WordEncoder) -> None:
    (notes / "deep").mkdir()
    (notes / "deep" / "kite.txt").write_text("A kite needs wind.\n")
    roots = [notes, notes / "deep" / "..", notes / "deep", notes / "deep" / "kite.txt"]
    index = builder.build(roots, tmp_path / "index", encoder=encoder).index
    assert index.documents == 5
    assert index.manifest.roots[0] == str(notes)
    assert builder.update(tmp_path / "index", encoder=encoder).unchanged == 4


def test_an_index_is_named_after_its_corpus(
    notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (notes / "deep-1.2").mkdir()
    (notes / "deep-1.2" / "kite.txt").write_text("A kite needs wind.\n")
    monkeypatch.chdir(notes / "deep-1.2")
    assert builder.build("..", encoder=encoder).index.path == Path("indexes/notes")
    assert builder.build(".", encoder=encoder).index.path == Path("indexes/deep-1.2")


def test_settings_that_cannot_be_used_are_named_before_anything_is_encoded(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    for config in (BuildConfig(chunk_tokens=0), BuildConfig(faiss="nonsense")):
        with pytest.raises(InputError, match=r"passages of 0 word pieces|--faiss nonsense"):
            builder.build(notes, tmp_path / "index", config, encoder=encoder)
    with pytest.raises(InputError, match=r"--faiss Flat,RFlat: FAISS cannot use it"):
        builder.build(notes, tmp_path / "index", BuildConfig(faiss="Flat,RFlat"), encoder=encoder)
    assert not list((tmp_path / "index").glob("manifest.json"))


def test_an_encoder_of_short_inputs_gets_short_passages(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    encoder.max_tokens = 24
    (notes / "long.txt").write_text("Otters sleep in rivers under willows and moss. " * 9)
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index
    assert index.documents == 5
    assert max(len(encoder.spans(text)) for text in encoder.encoded) <= 22


def test_an_encoder_folder_is_found_from_elsewhere(
    tmp_path: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    config = BuildConfig(encoder="model")
    index = builder.build(notes, tmp_path / "index", config, encoder=encoder).index
    assert index.manifest.config.encoder == str(tmp_path / "model")


def test_a_build_that_is_stopped_early_has_kept_its_first_passages(
    tmp_path: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        (notes / f"{number:02}.txt").write_text(f"Note {number} about otters.\n")
    monkeypatch.setattr("lepton_local.indexing.ingest.FIRST_ROWS", 4)

    def stop(stage: str, done: int, total: int | None) -> None:
        if stage == "encode" and done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        builder.build(notes, tmp_path / "index", encoder=encoder, progress=stop)
    again = builder.build(notes, tmp_path / "index", encoder=encoder)
    assert again.passages - again.encoded >= 16


@pytest.mark.parametrize("cause", ["every file is refused", "the encoder fails", "Ctrl-C"])
def test_a_first_build_that_keeps_nothing_leaves_nothing(
    tmp_path: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt if cause == "Ctrl-C" else RuntimeError

    if cause == "every file is refused":
        for path in notes.iterdir():
            path.write_bytes(b"\0\1\2\3")
    else:
        monkeypatch.setattr(encoder, "encode", fail)
    (tmp_path / "there").mkdir()
    for place in ("new/index", "there"):
        with pytest.raises((InputError, RuntimeError, KeyboardInterrupt)):
            builder.build(notes, tmp_path / place, encoder=encoder)
        assert {path.name for path in tmp_path.iterdir()} == {"notes", "there"}
        assert not list((tmp_path / "there").iterdir())


def test_a_failed_build_over_an_index_leaves_it(
    tmp_path: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder.build(notes, tmp_path / "index", encoder=encoder)
    before = sorted((tmp_path / "index").rglob("*"))
    for path in notes.iterdir():
        path.write_bytes(b"\0\1\2\3")
    with pytest.raises(InputError, match="nothing could be indexed"):
        builder.build(notes, tmp_path / "index", encoder=encoder)
    assert sorted((tmp_path / "index").rglob("*")) == before


def test_an_index_is_not_put_among_other_files(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    """It would hide them from every later crawl: an index is passed over."""
    used = tmp_path / "used"
    used.mkdir()
    (used / "letter.txt").write_text("Dear otter.\n")
    with pytest.raises(InputError, match=r"holds other files \(letter.txt\)"):
        builder.build(notes, used, encoder=encoder)
    assert [path.name for path in used.iterdir()] == ["letter.txt"]

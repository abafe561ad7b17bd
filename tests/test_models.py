"""Encoders: each against a second engine, the same to the bit in any company, found by name or refused in a line."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sentence_transformers
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from tests import tiny_models

from lepton_local.errors import LeptonError, ModelError
from lepton_local.models import cache, load
from lepton_local.models.card import Card, encoder_card
from lepton_local.models.encoder import RowEncoder
from lepton_local.models.export import export
from lepton_local.models.load import load_encoder
from lepton_local.models.networks import network
from lepton_local.models.resolve import BUNDLED_ENCODER
from lepton_local.models.roles import Runtime
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.models.runtime_torch import TorchRuntime
from lepton_local.models.tokens import Tokens, padded

TEXTS = [
    "How do I keep an index fresh?",
    "A heron stands still for an hour, waiting for fish.",
    "naïve café — 東京 is the capital of Japan",
    "",
    "Otters hold hands while they sleep. " * 60,  # longer than any of the networks reads
    "x",
]


@pytest.fixture(scope="module", autouse=True)
def _apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the run's own; and one thread for torch, which else fights other tests for cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEPTON_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def reference() -> NDArray[np.float32]:
    """What sentence-transformers makes of the texts, in float32."""
    model = SentenceTransformer(str(BUNDLED_ENCODER), device="cpu", local_files_only=True)
    return np.asarray(model.encode(TEXTS, normalize_embeddings=True), dtype=np.float32)


def _encoder(card: Card, runtime: Runtime) -> RowEncoder:
    tokens = Tokens.load(card.folder / "tokenizer.json", card.max_tokens)
    assert card.shape is not None
    return RowEncoder(
        "test", "", dim=card.shape.width, tokens=tokens, runtime=runtime, prompts=card.prompts
    )


def _exact(card: Card, out: Path) -> RowEncoder:
    export(card, out, precision="fp32")
    return _encoder(card, OnnxRuntime(out / "model.onnx", threads=2))


def test_the_float_graph_is_the_network(tmp_path: Path, reference: NDArray[np.float32]) -> None:
    card = encoder_card(BUNDLED_ENCODER)
    assert card is not None
    np.testing.assert_allclose(_exact(card, tmp_path).encode(TEXTS), reference, atol=1e-5)


def test_the_torch_runtime_is_the_network(reference: NDArray[np.float32]) -> None:
    card = encoder_card(BUNDLED_ENCODER)
    assert card is not None
    encoder = _encoder(card, TorchRuntime(network(card), device="cpu"))
    np.testing.assert_allclose(encoder.encode(TEXTS), reference, atol=1e-5)


def test_the_bundled_encoder_is_close_to_the_network(reference: NDArray[np.float32]) -> None:
    encoder = load_encoder(device="cpu")
    vectors = encoder.encode(TEXTS)
    assert (encoder.dim, encoder.max_tokens) == (384, 256)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert (vectors * reference).sum(axis=1).min() > 0.98


def test_a_vector_depends_on_its_text_alone() -> None:
    one, two = load_encoder(device="cpu", threads=1), load_encoder(device="cpu", threads=4)
    alone = np.concatenate([one.encode([text]) for text in TEXTS])
    together = two.encode(TEXTS * 8)
    assert together.tobytes() == np.tile(alone, (8, 1)).tobytes()


def test_progress_hears_every_text_once() -> None:
    heard: list[int] = []
    load_encoder(device="cpu").encode(["one", "two", "three"] * 30, progress=heard.append)
    assert sum(heard) == 90
    assert len(heard) > 1


def test_nothing_to_encode() -> None:
    assert load_encoder(device="cpu").encode([]).shape == (0, 384)


def test_spans_are_code_points_and_never_cut() -> None:
    encoder = load_encoder(device="cpu")
    text = "Zoë's naïveté 😀 東京 " * 200
    spans = encoder.spans(text)
    assert spans.shape[0] > 1000
    assert {text[start:end] for start, end in spans[:12].tolist()} >= {"Zoë", "東", "京"}
    assert encoder.spans("").shape == (0, 2)


@pytest.mark.parametrize("kind", ["bert", "roberta", "electra", "distilbert", "mpnet"])
@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_every_family_and_pooling(tmp_path: Path, kind: str, pooling: str) -> None:
    folder = tmp_path / "model"
    _sentence_folder(folder, kind, pooling)
    oracle = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    expected = oracle.encode(TEXTS, normalize_embeddings=True)
    card = encoder_card(folder)
    assert card is not None
    assert card.head == pooling
    (tmp_path / "graph").mkdir()
    np.testing.assert_allclose(
        _exact(card, tmp_path / "graph").encode(TEXTS), expected, atol=1e-4
    )
    torch_encoder = _encoder(card, TorchRuntime(network(card), device="cpu"))
    np.testing.assert_allclose(torch_encoder.encode(TEXTS), expected, atol=1e-4)


def test_a_folder_is_an_encoder_with_its_prompts_and_length(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    _sentence_folder(folder, "bert", "mean")
    tiny_models.edit(
        folder / "config_sentence_transformers.json",
        prompts={"query": "query: ", "document": "passage: "},
    )
    encoder = load_encoder(str(folder), device="cpu")
    assert encoder.max_tokens == 64
    plain = encoder.encode(["query: herons", "passage: herons"])
    tiny_models.edit(folder / "config_sentence_transformers.json", prompts={})
    without = load_encoder(str(folder), device="cpu")
    question = encoder.encode(["herons"], kind="question")
    passage = encoder.encode(["herons"], kind="passage")
    np.testing.assert_array_equal(question, without.encode(["query: herons"]))
    np.testing.assert_array_equal(passage, without.encode(["passage: herons"]))
    assert not np.array_equal(question, plain[:1])
    assert encoder.digest != without.digest  # the same weights, other vectors


def test_other_folders_go_through_sentence_transformers(tmp_path: Path) -> None:
    body = tmp_path / "body"
    tiny_models.save(body, "albert", "mean")
    _save_tokenizer(body)
    model = SentenceTransformer(
        modules=[
            part := sentence_transformers.models.Transformer(str(body)),
            sentence_transformers.models.Pooling(part.get_embedding_dimension()),
            sentence_transformers.models.Dense(32, 20, init_weight=torch.eye(20, 32)),
        ],
        device="cpu",
    )
    folder = tmp_path / "model"
    model.save(str(folder))
    encoder = load_encoder(str(folder), device="cpu")
    assert encoder.dim == 20
    expected = model.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)
    assert encoder.spans("two herons").tolist() == [[0, 3], [4, 9], [9, 10]]


def test_names_of_the_hugging_face_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "hub" / "models--somebody--something"
    _sentence_folder(home / "snapshots" / "abc", "bert", "mean")
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("abc")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    assert load_encoder("somebody/something", device="cpu").dim == 32
    with pytest.raises(ModelError, match=r"somebody/else.*models--somebody--else.*allow-download"):
        load_encoder("somebody/else", device="cpu")


@pytest.mark.parametrize("name", ["no/such/folder/here", "../nowhere", "", "nothing-of-this-name"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="no such model") as caught:
        load_encoder(name, device="cpu")
    assert "\n" not in str(caught.value)


def test_pickles_are_refused(tmp_path: Path) -> None:
    tiny_models.save(tmp_path, "bert", "mean")
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin, a pickle"):
        load_encoder(str(tmp_path), device="cpu")


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    tiny_models.save(tmp_path, "bert", "mean")
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ModelError, match="cannot be read as safetensors"):
        load_encoder(str(tmp_path), device="cpu")


def test_weights_of_another_config_are_refused(tmp_path: Path) -> None:
    tiny_models.save(tmp_path, "bert", "mean")
    tiny_models.edit(tmp_path / "config.json", num_hidden_layers=3)
    with pytest.raises(ModelError, match=r"lack encoder\.layer\.2\."):
        load_encoder(str(tmp_path), device="cpu")


@pytest.mark.parametrize("kind", ["bert", "albert"])
def test_an_empty_folder_and_a_bad_tokenizer_are_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        load_encoder(str(tmp_path), device="cpu")
    tiny_models.save(tmp_path, kind, "mean")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(LeptonError):
        load_encoder(str(tmp_path), device="cpu")


def test_other_weights_in_the_place_of_the_bundled_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_models.save(tmp_path, "bert", "mean")
    monkeypatch.setattr(load, "BUNDLED_ENCODER", tmp_path)
    with pytest.raises(ModelError, match=r"expected 53aa51172d142c89.*pip install"):
        load_encoder(device="cpu")


def test_the_cache_is_made_once_and_follows_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "model"
    tiny_models.save(folder, "bert", "mean")
    first = load_encoder(str(folder), device="cpu")
    graphs = sorted((tmp_path / "cache" / "models").iterdir())
    assert [sorted(os.listdir(graph)) for graph in graphs] == [["model.bin", "model.onnx"]]
    made = graphs[0].stat().st_mtime_ns
    second = load_encoder(str(folder), device="cpu")
    assert graphs[0].stat().st_mtime_ns == made
    assert second.digest == first.digest
    assert second.encode(["a"]).tobytes() == first.encode(["a"]).tobytes()

    tiny_models.save(folder, "bert", "mean", hidden_act="relu")
    third = load_encoder(str(folder), device="cpu")
    assert third.digest != first.digest
    assert not np.allclose(third.encode(["a"]), first.encode(["a"]))
    assert len(list((tmp_path / "cache" / "models").iterdir())) == 2


def test_a_failed_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEPTON_CACHE", str(tmp_path))

    def fail(out: Path) -> None:
        (out / "half").write_text("half")
        raise ModelError("no")

    with pytest.raises(ModelError):
        cache.prepared("key", fail)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LEPTON_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="LEPTON_CACHE"):
        load_encoder(device="cpu")


def test_a_changed_file_has_another_digest(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    first = cache.digest([path])
    path.write_bytes(b"three")
    assert cache.digest([path]) != first
    assert cache.digest([path, path]) not in (first, cache.digest([path]))


def test_out_of_memory_halves_the_batch() -> None:
    class Small(torch.nn.Module):
        """A device with room for three rows."""

        def __init__(self) -> None:
            super().__init__()
            self.sizes: list[int] = []

        def forward(
            self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
        ) -> dict[str, torch.Tensor]:
            self.sizes.append(len(ids))
            if len(ids) > 3:
                raise torch.OutOfMemoryError("no room")
            return {"vector": ids.float()}

    small = Small()
    runtime = TorchRuntime(small, device="cpu")
    runtime.batch = 16
    ids = np.arange(40, dtype=np.int64).reshape(20, 2)
    out = runtime.run(ids, np.ones_like(ids), np.zeros_like(ids))
    np.testing.assert_array_equal(out["vector"], ids)
    assert small.sizes[:3] == [16, 8, 4]
    assert max(small.sizes[3:]) == 2


def test_padding_of_rows() -> None:
    rows = Tokens.load(BUNDLED_ENCODER / "tokenizer.json", 8).rows(["a", "one two three " * 9])
    ids, mask, types = padded(rows)
    assert ids.shape == mask.shape == types.shape == (2, 8)
    assert mask.sum(axis=1).tolist() == [3, 8]
    assert ids[0].tolist() == [101, 1037, 102, 0, 0, 0, 0, 0]
    assert ids[1, -1] == 102  # a text that is cut still ends with [SEP]


@pytest.mark.parametrize("device", ["tpu", ""])
def test_an_unknown_device_is_refused(device: str) -> None:
    with pytest.raises(ModelError, match="expected auto, cpu or cuda"):
        load_encoder(device=device)


def test_cuda_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(LeptonError, match="--device cpu"):
        load_encoder(device="cuda")


def _sentence_folder(folder: Path, kind: str, pooling: str) -> None:
    """A sentence encoder of 64 tokens, saved by sentence-transformers itself."""
    body = folder.parent / f"{folder.name}-body"
    tiny_models.save(body, kind, "mean")
    _save_tokenizer(body)
    transformer = sentence_transformers.models.Transformer(str(body), max_seq_length=64)
    pool = sentence_transformers.models.Pooling(32, pooling_mode=pooling)
    SentenceTransformer(modules=[transformer, pool], device="cpu").save(str(folder))
    shutil.rmtree(body)


def _save_tokenizer(body: Path) -> None:
    """What transformers wants beside tokenizer.json."""
    (body / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "pad_token": "[PAD]",
                "model_max_length": 512,
            }
        )
    )

"""Encoders: each against a second engine, the same to the bit in any company, found by name."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer

from lepton_local.models.borrowed import whole
from lepton_local.models.card import Card, encoder_card
from lepton_local.models.encoder import RowEncoder
from lepton_local.models.export import export
from lepton_local.models.load import load_encoder
from lepton_local.models.networks import network
from lepton_local.models.resolve import BUNDLED_ENCODER
from lepton_local.models.roles import Floats, Ints, Runtime
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.models.runtime_torch import TorchRuntime
from lepton_local.models.tokens import Row, Tokens, padded
from tests import tiny_models

pytestmark = pytest.mark.usefixtures("one_thread")

TEXTS = [
    "How do I keep an index fresh?",
    "A heron stands still for an hour, waiting for fish.",
    "naïve café — 東京 is the capital of Japan",
    "",
    "Otters hold hands while they sleep. " * 60,  # longer than any of the networks reads
    "x",
]


@pytest.fixture(scope="module")
def reference() -> NDArray[np.float32]:
    """What sentence-transformers makes of the texts, in float32."""
    model = SentenceTransformer(str(whole(BUNDLED_ENCODER)), device="cpu", local_files_only=True)
    return np.asarray(model.encode(TEXTS, normalize_embeddings=True), dtype=np.float32)


def _encoder(card: Card, runtime: Runtime) -> RowEncoder:
    tokens = Tokens.load(card.folder / "tokenizer.json", card.max_tokens)
    assert card.shape is not None
    return RowEncoder(
        "test",
        "",
        languages=frozenset(),
        dim=card.shape.width,
        tokens=tokens,
        runtime=runtime,
        prompts=card.prompts,
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
    likeness = (vectors * reference).sum(axis=1)
    assert likeness.min() > 0.97  # texts of one word or none: every rounding counts
    assert likeness[:3].min() > 0.99


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


def test_a_block_is_tokenised_while_the_last_one_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    plain = load_encoder(device="cpu").encode(TEXTS)
    rows, run = Tokens.rows, OnnxRuntime.run

    def told(tokens: Tokens, texts: Sequence[str]) -> list[Row]:
        begun.append(len(texts))
        return rows(tokens, texts)

    def waiting(runtime: OnnxRuntime, ids: Ints, mask: Ints, types: Ints) -> dict[str, Floats]:
        end = time.monotonic() + 20
        while len(begun) < 2 and time.monotonic() < end:
            time.sleep(0.005)
        assert len(begun) > 1
        return run(runtime, ids, mask, types)

    monkeypatch.setattr("lepton_local.models.encoder.BLOCK", 3)
    monkeypatch.setattr(Tokens, "rows", told)
    monkeypatch.setattr(OnnxRuntime, "run", waiting)
    assert load_encoder(device="cpu").encode(TEXTS).tobytes() == plain.tobytes()
    assert begun == [3, 3]


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
    tiny_models.sentence_folder(folder, kind, pooling)
    oracle = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    expected = oracle.encode(TEXTS, normalize_embeddings=True)
    card = encoder_card(folder)
    assert card is not None
    assert card.head == pooling
    (tmp_path / "graph").mkdir()
    np.testing.assert_allclose(_exact(card, tmp_path / "graph").encode(TEXTS), expected, atol=1e-4)
    torch_encoder = _encoder(card, TorchRuntime(network(card), device="cpu"))
    np.testing.assert_allclose(torch_encoder.encode(TEXTS), expected, atol=1e-4)


def test_a_folder_is_an_encoder_with_its_prompts_and_length(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    tiny_models.sentence_folder(folder, "bert", "mean")
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
    tiny_models.save_tokenizer(body)
    model = SentenceTransformer(
        modules=[
            part := Transformer(str(body)),
            Pooling(part.get_embedding_dimension()),
            Dense(32, 20, init_weight=torch.eye(20, 32)),
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
    # As a build does: one thread asks for the pieces of whole texts while another encodes.
    whole = encoder.spans(TEXTS[4] * 9)
    with ThreadPoolExecutor(1) as other:
        vectors = other.submit(encoder.encode, TEXTS * 9)
        while not vectors.done():
            np.testing.assert_array_equal(encoder.spans(TEXTS[4] * 9), whole)
    np.testing.assert_allclose(vectors.result(), np.tile(expected, (9, 1)), atol=1e-5)


def test_padding_of_rows() -> None:
    rows = Tokens.load(BUNDLED_ENCODER / "tokenizer.json", 8).rows(["a", "one two three " * 9])
    ids, mask, types = padded(rows)
    assert ids.shape == mask.shape == types.shape == (2, 8)
    assert mask.sum(axis=1).tolist() == [3, 8]
    assert ids[0].tolist() == [101, 1037, 102, 0, 0, 0, 0, 0]
    assert ids[1, -1] == 102  # a text that is cut still ends with [SEP]

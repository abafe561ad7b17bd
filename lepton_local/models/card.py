"""What a model folder says of itself: its card, read from the JSON files beside the weights.

Folders in the layout of Hugging Face and of sentence-transformers are understood, and pair models:
a network of the BERT family with two heads, whose config.json names the architecture `PairModel`
and may say `max_tokens`, `heading`, and `tags` where there is a third head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lepton_local.errors import ModelError
from lepton_local.models.families import Shape, shape
from lepton_local.models.folder import (
    number,
    read_json,
    read_object,
    unexpected,
    whole,
    word,
)

Head = Literal["mean", "cls", "max", "relevance", "spans", "pair"]
JudgeHead = Literal["relevance", "spans", "pair"]
MAX_TOKENS = 512  # of a network that could read more: the cost of attention grows with the square

# The last word of an architecture in config.json -> the head it carries.
_ARCHITECTURES: Mapping[str, JudgeHead] = {
    "PairModel": "pair",
    "ForSequenceClassification": "relevance",
    "ForQuestionAnswering": "spans",
}
# Entries of config.json, and how large each can be.
_WHOLE = {
    **dict.fromkeys(("num_hidden_layers", "n_layers", "num_attention_heads", "n_heads"), 1000),
    **dict.fromkeys(("hidden_size", "dim", "embedding_size"), 1 << 16),
    **dict.fromkeys(("intermediate_size", "hidden_dim"), 1 << 18),
    **dict.fromkeys(("max_position_embeddings", "max_tokens"), 1 << 20),
    **dict.fromkeys(("vocab_size",), 1 << 24),
}
_WORDS = ("model_type", "hidden_act", "activation", "position_embedding_type")
_LEAST = 8  # tokens: less has no room for a text between the special ones
_PROMPT = 2000  # characters
# Where sentence-transformers keeps its words for the body, by the age of the folder.
_BODY_CONFIGS = tuple(
    f"sentence_{name}_config.json"
    for name in ("bert", "roberta", "distilbert", "camembert", "xlm-roberta", "xlnet", "albert")
)
_POOLINGS: Mapping[str, Head] = {
    "mean": "mean",
    "mean_tokens": "mean",
    "cls": "cls",
    "cls_token": "cls",
    "max": "max",
    "max_tokens": "max",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One network in one folder. `folder` holds config.json, weights and tokenizer."""

    folder: Path
    head: Head
    max_tokens: int
    config: Mapping[str, Any]
    prompts: Mapping[str, str] = field(default_factory=dict)  # kind of text -> words put before it
    heading: bool = False  # a pair model that was trained with headings before passages
    tags: bool = False  # a pair model with a third head, which tags every token of an answer

    @property
    def shape(self) -> Shape | None:
        """The network's shape, None where no graph can be written for it."""
        return shape(self.config)


def read_config(path: Path) -> Mapping[str, Any]:
    """A network's config.json, without what says nothing (null) or names code (auto_map).

    ModelError if an entry that is used here is not what it should be.
    """
    told = read_object(path)
    for name, high in _WHOLE.items():
        whole(told, name, 1, path, high=high)
    for name in _WORDS:
        word(told, name, "", path)
    number(told, "layer_norm_eps", 1e-12, path, low=0, high=1)
    names = told.get("architectures", [""])
    if not (isinstance(names, list) and names and all(isinstance(each, str) for each in names)):
        raise unexpected(path, "architectures", names, "a list of names")
    return {name: entry for name, entry in told.items() if name != "auto_map"}


def judge_card(folder: Path) -> Card:
    """Read the card of a cross-encoder, a reader or a pair model; ModelError if it is none."""
    config = read_config(folder / "config.json")
    names = config.get("architectures", ["no architecture"])
    for ending, head in _ARCHITECTURES.items():
        if names[0].endswith(ending):
            return Card(
                folder,
                head,
                _max_tokens(folder, config),
                config,
                heading=bool(config.get("heading", False)),
                tags=bool(config.get("tags", False)),
            )
    raise ModelError(
        f"{folder}: config.json names {names[0]}, expected a cross-encoder "
        "(…ForSequenceClassification), a reader (…ForQuestionAnswering) or a PairModel",
        advice="give --reranker or --reader such a folder",
    )


def encoder_card(folder: Path) -> Card | None:
    """Read the card of a sentence encoder that is a body and one pooling; None for any that is more
    than that.

    A folder without modules.json is read as a body with mean pooling, as sentence-transformers
    does.
    """
    if not (folder / "modules.json").is_file():
        config = read_config(folder / "config.json")
        names = config.get("architectures", [""])
        if names[0].endswith(tuple(_ARCHITECTURES)):
            raise ModelError(
                f"{folder}: config.json names {names[0]}, expected a sentence encoder",
                advice="give --encoder one, and this as --reranker or --reader",
            )
        return Card(folder, "mean", _max_tokens(folder, config), config)
    modules = _modules(folder / "modules.json")
    kinds = [kind.rsplit(".", 1)[-1] for kind, _ in modules]
    # Rows are scaled to length 1 whether or not the folder asks for it.
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    body = folder / modules[0][1]
    head = _pooling(read_object(folder / modules[1][1] / "config.json"))
    told = next((body / name for name in _BODY_CONFIGS if (body / name).is_file()), None)
    settings = read_object(told) if told else {}
    if head is None or settings.get("do_lower_case"):
        return None
    config = read_config(body / "config.json")
    limit = whole(settings, "max_seq_length", MAX_TOKENS, told or body, low=_LEAST, high=1 << 20)
    return Card(body, head, min(limit, _max_tokens(body, config)), config, prompts=_prompts(folder))


def check_labels(folder: Path, labels: int) -> None:
    """ModelError unless a classification head judges relevance: by one logit, or by two classes."""
    if labels not in (1, 2):
        raise ModelError(
            f"{folder}: classifies into {labels} labels, expected one (relevance) or two "
            "(irrelevant, relevant)",
            advice="give a cross-encoder that was trained to rank",
        )


def _pooling(config: Mapping[str, Any]) -> Head | None:
    if not config.get("include_prompt", True):
        return None
    if isinstance(config.get("pooling_mode"), str):
        return _POOLINGS.get(config["pooling_mode"])
    start = "pooling_mode_"
    modes = [key[len(start) :] for key, on in config.items() if key.startswith(start) and on]
    return _POOLINGS.get(modes[0]) if len(modes) == 1 else None


def _modules(path: Path) -> list[tuple[str, str]]:
    """The type and the folder of each module; ModelError for one that lies elsewhere, or is none of
    the library's own.
    """
    told = read_json(path)
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        raise unexpected(path, "its content", told, "a list of modules")
    found = [(word(each, "type", "", path), word(each, "path", "", path)) for each in told]
    for kind, place in found:
        if not kind.startswith("sentence_transformers."):
            raise unexpected(path, "a type", kind, "one of sentence_transformers")
        if Path(place).is_absolute() or ".." in Path(place).parts:
            raise unexpected(path, "a path", place, "a folder of the model")
    return found


def _prompts(folder: Path) -> Mapping[str, str]:
    """The words to put before questions and passages, under the names sentence-transformers knows
    them by.
    """
    path = folder / "config_sentence_transformers.json"
    config = read_object(path) if path.is_file() else {}
    prompts = config.get("prompts", {})
    if not isinstance(prompts, dict) or not all(
        isinstance(each, str | None) and len(each or "") <= _PROMPT for each in prompts.values()
    ):
        raise unexpected(path, "prompts", prompts, f"words of {_PROMPT} characters at most")
    default = prompts.get(word(config, "default_prompt_name", "", path)) or ""
    names = {"question": ("query",), "passage": ("document", "passage", "corpus")}
    return {
        kind: next((prompts[name] for name in known if prompts.get(name)), default)
        for kind, known in names.items()
    }


def _max_tokens(folder: Path, config: Mapping[str, Any]) -> int:
    """The longest input: what config.json, the tokenizer and the position table agree on."""
    network = shape(config)
    if network and network.width % network.heads:
        raise unexpected(
            folder / "config.json", "width", network.width, f"a multiple of {network.heads} heads"
        )
    positions = network.positions if network else config.get("max_position_embeddings", MAX_TOKENS)
    limits = [MAX_TOKENS, int(positions)]
    if "max_tokens" in config:
        limits.append(int(config["max_tokens"]))
    told = folder / "tokenizer_config.json"
    if told.is_file():  # without a limit, the library writes a number of 30 digits
        most = number(read_object(told), "model_max_length", MAX_TOKENS, told, low=1, high=1e40)
        limits.append(int(most))
    if min(limits) < _LEAST:
        raise unexpected(folder, "longest input", min(limits), f"{_LEAST} tokens or more")
    return min(limits)

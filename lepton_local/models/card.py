"""What a model folder says of itself: its card, read from the JSON files beside the weights.

Folders in the layout of Hugging Face and of sentence-transformers are understood, and pair models:
a network of the BERT family with two heads, whose config.json names the architecture `PairModel`
and may say `max_tokens` and `heading`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lepton_local.errors import ModelError
from lepton_local.models.families import Shape, shape

Head = Literal["mean", "cls", "max", "relevance", "spans", "pair"]
JudgeHead = Literal["relevance", "spans", "pair"]
MAX_TOKENS = 512  # of a network that could read more: the cost of attention grows with the square

# The last word of an architecture in config.json -> the head it carries.
_ARCHITECTURES: Mapping[str, JudgeHead] = {
    "PairModel": "pair",
    "ForSequenceClassification": "relevance",
    "ForQuestionAnswering": "spans",
}
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

    @property
    def shape(self) -> Shape | None:
        """The network's shape, None where no graph can be written for it."""
        return shape(self.config)


def read_json(path: Path) -> Any:
    """Read a JSON file of a model folder; ModelError if it is missing or malformed."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path}: cannot be read ({error}); expected the folder of a model with its {path.name}"
        ) from error


def judge_card(folder: Path) -> Card:
    """Read the card of a cross-encoder, a reader or a pair model; ModelError if it is none."""
    config = read_json(folder / "config.json")
    names = config.get("architectures") or ["no architecture"]
    for ending, head in _ARCHITECTURES.items():
        if names[0].endswith(ending):
            return Card(
                folder,
                head,
                _max_tokens(folder, config),
                config,
                heading=bool(config.get("heading", False)),
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
        config = read_json(folder / "config.json")
        names = config.get("architectures") or [""]
        if names[0].endswith(tuple(_ARCHITECTURES)):
            raise ModelError(
                f"{folder}: config.json names {names[0]}, expected a sentence encoder",
                advice="give --encoder one, and this as --reranker or --reader",
            )
        return Card(folder, "mean", _max_tokens(folder, config), config)
    modules = read_json(folder / "modules.json")
    kinds = [module["type"].rsplit(".", 1)[-1] for module in modules]
    # Rows are scaled to length 1 whether or not the folder asks for it.
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    body = folder / modules[0]["path"]
    head = _pooling(read_json(folder / modules[1]["path"] / "config.json"))
    settings: Mapping[str, Any] = next(
        (read_json(body / n) for n in _BODY_CONFIGS if (body / n).is_file()), {}
    )
    if head is None or settings.get("do_lower_case"):
        return None
    config = read_json(body / "config.json")
    limit = int(settings.get("max_seq_length") or MAX_TOKENS)
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


def _prompts(folder: Path) -> Mapping[str, str]:
    """The words to put before questions and passages, under the names sentence-transformers knows
    them by.
    """
    path = folder / "config_sentence_transformers.json"
    config = read_json(path) if path.is_file() else {}
    prompts = config.get("prompts") or {}
    default = prompts.get(config.get("default_prompt_name"), "")
    names = {"question": ("query",), "passage": ("document", "passage", "corpus")}
    return {
        kind: next((prompts[name] for name in known if prompts.get(name)), default)
        for kind, known in names.items()
    }


def _max_tokens(folder: Path, config: Mapping[str, Any]) -> int:
    """The longest input: what config.json, the tokenizer and the position table agree on."""
    network = shape(config)
    positions = network.positions if network else config.get("max_position_embeddings", MAX_TOKENS)
    limits = [MAX_TOKENS, int(positions)]
    if "max_tokens" in config:
        limits.append(int(config["max_tokens"]))
    if (folder / "tokenizer_config.json").is_file():
        limits.append(
            int(read_json(folder / "tokenizer_config.json").get("model_max_length", MAX_TOKENS))
        )
    return min(limits)

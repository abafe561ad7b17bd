"""Model folders as torch networks that speak the runtimes' language: (ids, mask, types) in, named
tensors out.

The pair model's network is defined here; every other one is a class of `transformers`. Beside this
file only `sentence` imports transformers, and those that train.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn

from lepton_local.errors import ModelError
from lepton_local.models.borrowed import model_weights, whole
from lepton_local.models.card import Card, check_labels
from lepton_local.models.folder import reason
from lepton_local.models.weights import weight_files

Outputs = dict[str, Tensor]


class PairNetwork(nn.Module):
    """A body of the BERT family with a span head on every token and a relevance head on the first.

    Its tensors are called `span_head.*`, `relevance_head.*` and, by the body's kind, `bert.*`,
    `mpnet.*`..., here and in its safetensors. Where the config says `tags`, there is a `tag_head`
    on every token too.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        told = transformers.AutoConfig.for_model(**config)
        make: Callable[..., transformers.PreTrainedModel] = transformers.AutoModel.from_config
        body = make(told, dtype=torch.float32, trust_remote_code=False)
        self._name = body.base_model_prefix
        self._typed = _takes_types(body)
        self.add_module(self._name, body)
        self.span_head = nn.Linear(told.hidden_size, 2)
        self.relevance_head = nn.Linear(told.hidden_size, 1)
        self.tag_head = nn.Linear(told.hidden_size, 1) if config.get("tags") else None

    @property
    def body(self) -> transformers.PreTrainedModel:
        """The network below the heads."""
        body = self.get_submodule(self._name)
        assert isinstance(body, transformers.PreTrainedModel)
        return body

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> Outputs:
        """Give `relevance` (rows,), `start` and `end`, and perhaps `tag` (rows, tokens): logits."""
        given = {"input_ids": ids, "attention_mask": mask}
        if self._typed:
            given["token_type_ids"] = types
        hidden = self.body(**given)[0]
        start, end = self.span_head(hidden).unbind(-1)
        found = {"relevance": self.relevance_head(hidden[:, 0])[:, 0], "start": start, "end": end}
        return found | ({"tag": self.tag_head(hidden)[..., 0]} if self.tag_head else {})


class HeadNetwork(nn.Module):
    """A network of `transformers` with any head but `pair`."""

    def __init__(self, model: nn.Module, head: str) -> None:
        super().__init__()
        self.model = model
        self._head = head
        self._typed = _takes_types(model)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> Outputs:
        """Give the outputs that `heads.outputs` describes."""
        given = {"input_ids": ids, "attention_mask": mask}
        if self._typed:
            given["token_type_ids"] = types
        result = self.model(**given)
        if self._head == "spans":
            return {"start": result.start_logits, "end": result.end_logits}
        if self._head == "relevance":
            logits = result.logits.float()
            two = logits.shape[1] == 2
            return {"relevance": logits[:, 1] - logits[:, 0] if two else logits[:, 0]}
        return {"vector": pooled(result.last_hidden_state.float(), mask, self._head)}


def pair_network(folder: Path, config: Mapping[str, Any]) -> PairNetwork:
    """A pair model's network with weights drawn by chance; ModelError if there is none of this
    config.json.
    """
    try:
        return PairNetwork(config)
    except Exception as error:  # whatever a class makes of a config.json that it does not expect
        raise ModelError(
            f"{folder}: transformers cannot make its network ({reason(error)})"
        ) from error


def _takes_types(model: nn.Module) -> bool:
    return "token_type_ids" in inspect.signature(model.forward).parameters


def pooled(hidden: Tensor, mask: Tensor, how: str) -> Tensor:
    """One vector a row (rows, width) of its tokens' (rows, tokens, width): mean, cls or max."""
    if how == "cls":
        return hidden[:, 0]
    inside = mask[:, :, None].bool()
    if how == "max":
        return hidden.masked_fill(~inside, float("-inf")).amax(dim=1)
    return (hidden * inside).sum(dim=1) / mask.sum(dim=1, keepdim=True)


_VOCABULARIES = ("vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model")
_CLASSES: Mapping[str, Callable[..., Any]] = {
    "relevance": transformers.AutoModelForSequenceClassification.from_pretrained,
    "spans": transformers.AutoModelForQuestionAnswering.from_pretrained,
}


def network(card: Card) -> nn.Module:
    """Load a card's network in float32, ready to run; ModelError if the folder does not hold it
    whole.
    """
    weight_files(card.folder)  # pickles are refused
    if card.head == "pair":
        return _pair(card)
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    load: Callable[..., Any] = _CLASSES.get(card.head, transformers.AutoModel.from_pretrained)
    try:
        model, told = load(
            str(whole(card.folder)),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:  # whatever a class makes of a config.json that it does not expect
        raise ModelError(f"{card.folder}: transformers cannot load it ({reason(error)})") from error
    pools = card.head not in _CLASSES  # then a body's own pooler is not asked
    missing = [name for name in told["missing_keys"] if not (pools and "pooler" in name)]
    if missing:
        raise ModelError(
            f"{card.folder}: the weights lack {sorted(missing)[0]}, which its config.json calls "
            "for",
            advice="use a folder whose weights and config.json belong together",
        )
    if card.head == "relevance":
        check_labels(card.folder, model.config.num_labels)
    return HeadNetwork(model, card.head).eval()


def convert_tokenizer(folder: Path, out: Path) -> None:
    """Write the tokenizer.json of a folder that holds an older tokenizer; ModelError if it holds
    none.
    """
    if not any((folder / name).is_file() for name in _VOCABULARIES):
        # transformers would make an empty tokenizer of nothing
        raise _no_tokenizer(folder, "no vocabulary either")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
        tokenizer.backend_tokenizer.save(str(out))
    except Exception as error:  # transformers raises what each tokenizer's files make it raise
        raise _no_tokenizer(folder, reason(error)) from error


def _no_tokenizer(folder: Path, why: str) -> ModelError:
    return ModelError(
        f"{folder}: no tokenizer.json, and none can be made ({why})",
        advice="save the tokenizer again with tokenizer.save_pretrained(folder)",
    )


def _pair(card: Card) -> PairNetwork:
    net = pair_network(card.folder, card.config)
    weights = model_weights(card.folder)
    tensors = {name: torch.from_numpy(array.copy()) for name, array in weights.items()}
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        raise ModelError(f"{card.folder}: not a pair model's weights ({reason(error)})") from error
    return net.eval()

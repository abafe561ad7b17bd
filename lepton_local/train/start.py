"""The network a run starts from, which of its weights learn, and how it is written down."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from lepton_local.errors import InputError, ModelError, extra
from lepton_local.models.calibration import CALIBRATION
from lepton_local.models.card import judge_card, read_config
from lepton_local.models.families import FAMILIES, shape
from lepton_local.models.languages import languages
from lepton_local.models.networks import PairNetwork, network, pair_network
from lepton_local.models.tokens import Tokens
from lepton_local.models.vocabulary import check_vocabulary
from lepton_local.models.weights import WEIGHTS, read_weights, weight_files
from lepton_local.store.files import make_folder, write_json, write_text, writing
from lepton_local.train.loop import depth

MAX_TOKENS = 256
FREEZE = "none, embeddings, layers:N or all"
# Carried over from the base: its tokenizer, and what its scores are worth until somebody fits that
# anew.
_CARRIED = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"),
    CALIBRATION,
)
ADAPTED = ("query", "key", "value", "mixed", "wide", "narrow")  # every linear part of a layer


@dataclass(frozen=True, slots=True)
class Start:
    """A pair network and what goes with it. Without `taught` its heads are new."""

    folder: Path
    config: Mapping[str, Any]
    network: PairNetwork
    tokens: Tokens
    heading: bool
    taught: bool


def start(
    folder: Path,
    *,
    seed: int,
    dropout: float,
    max_tokens: int = MAX_TOKENS,
    tags: bool = False,
) -> Start:
    """Load a pair model, or put two new heads on the body of an encoder of the BERT family;
    ModelError for anything else. tags: with a third head, which is new where there was none.
    """
    config = read_config(folder / "config.json")
    if shape(config) is None:
        raise ModelError(
            f"{folder}: config.json says model_type {config.get('model_type')}, expected one of "
            f"{', '.join(FAMILIES)}",
            advice="give --base the folder of a pair model or of such an encoder",
        )
    taught = config.get("architectures") == ["PairModel"]
    if taught:
        card = judge_card(folder)
        net = network(card)
        assert isinstance(net, PairNetwork)
        heading, limit = card.heading, card.max_tokens
    else:
        heading, limit = True, MAX_TOKENS
        net = _from_encoder(folder, config, seed=seed)
    if tags and net.tag_head is None:
        torch.manual_seed(seed)
        net.tag_head = _begin(nn.Linear(net.relevance_head.in_features, 1))
    for name, module in net.named_modules():
        if isinstance(module, nn.Dropout):
            # Not of attention weights: they are most of the numbers to draw, and the least use.
            module.p = 0.0 if name.endswith((".self.dropout", ".attn.dropout")) else dropout
    check_vocabulary(folder / "tokenizer.json")
    tokens = Tokens.load(folder / "tokenizer.json", min(limit, max_tokens))
    config = {**config, "architectures": ["PairModel"], "max_tokens": limit, "heading": heading}
    config |= {"tags": True} if net.tag_head is not None else {}
    return Start(folder, config, net, tokens, heading, taught)


def _from_encoder(folder: Path, config: Mapping[str, Any], *, seed: int) -> PairNetwork:
    torch.manual_seed(seed)  # of the heads
    net = pair_network(folder, config)
    prefix = f"{net.body.base_model_prefix}."
    tensors = {
        name.removeprefix(prefix): torch.from_numpy(array.copy())
        for name, array in read_weights(weight_files(folder)).items()
    }
    missing, _ = net.body.load_state_dict(tensors, strict=False)
    lacking = [name for name in missing if not name.startswith("pooler.")]
    if lacking:
        raise ModelError(
            f"{folder}: the weights lack {lacking[0]}; expected the body of a"
            f" {config['model_type']} network"
        )
    for head in (net.span_head, net.relevance_head):
        _begin(head)
    return net


def _begin(head: nn.Linear) -> nn.Linear:
    nn.init.normal_(head.weight, std=0.02)
    nn.init.zeros_(head.bias)
    return head


def freeze(net: nn.Module, what: str) -> None:
    """Stop weights from learning: none, embeddings, the embeddings and lowest N layers, or all but
    the heads.
    """
    layers = {"none": -1, "embeddings": 0, "all": 1 << 30}.get(what)
    if layers is None:
        kind, _, number = what.partition(":")
        if kind != "layers" or not number.isdecimal():
            raise InputError(f"--freeze {what}: expected {FREEZE}")
        layers = int(number)
    for name, parameter in net.named_parameters():
        place = depth(name)
        # The pooler is no part of a pair model's output: it keeps what it had.
        parameter.requires_grad = not (0 <= place <= layers) and ".pooler." not in f".{name}"


def adapt(net: PairNetwork, *, rank: int, seed: int) -> None:
    """Put low-rank adapters on the body's linear layers (https://arxiv.org/abs/2106.09685); they
    and the heads learn.
    """
    # Imported here: only this option needs peft, which brings accelerate with it.
    with extra("train", "--lora"):
        from peft import LoraConfig, inject_adapter_in_model

    torch.manual_seed(seed)
    parts = FAMILIES[net.body.config.model_type].parts
    names = "|".join(re.escape(parts[part]) for part in ADAPTED)
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=rf".*\.layer\.\d+\.({names})")
    inject_adapter_in_model(config, net)
    for name, parameter in net.named_parameters():
        parameter.requires_grad = "lora_" in name or name.startswith(
            ("span_head", "relevance_head", "tag_head")
        )


def merged(net: PairNetwork) -> PairNetwork:
    """The network without adapters: what they learnt is added to the weights that they stood
    beside.
    """
    if not any("lora_" in name for name, _ in net.named_parameters()):
        return net
    from peft.tuners.lora import LoraLayer

    whole = copy.deepcopy(net)
    for name, module in list(whole.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, child = name.rpartition(".")
            setattr(whole.get_submodule(parent), child, module.get_base_layer())
    return whole


def write(begun: Start, out: Path) -> None:
    """Write the pair model's folder: config.json, weights in half precision, tokenizer."""
    make_folder(out)
    tensors = {
        name: tensor.detach().to("cpu", torch.float16).contiguous()
        for name, tensor in merged(begun.network).state_dict().items()
        if tensor.is_floating_point()
    }
    with writing(out / WEIGHTS) as stream:
        stream.write(save(tensors, metadata={"format": "pt"}))
    write_json(out / "config.json", dict(begun.config))
    for name in _CARRIED:
        source = begun.folder / name
        if source.is_file() and source.resolve() != (out / name).resolve():
            shutil.copyfile(source, out / name)
    told = out / "tokenizer_config.json"
    if told.is_file():  # an encoder's own limit is often shorter
        limits = json.loads(told.read_text(encoding="utf-8"))
        write_json(told, {**limits, "model_max_length": begun.config["max_tokens"]})
    if not (out / "README.md").exists():
        write_text(out / "README.md", _model_card(begun, out.name))


def _model_card(begun: Start, name: str) -> str:
    """A card to be filled in; the languages are the base's, which a searcher goes by."""
    told = sorted(languages(begun.folder))
    front = f"---\nlanguage: [{', '.join(told)}]\n---\n" if told else ""
    return f"{front}# {name}\n\nA pair model, trained from {begun.folder.name}.\n"

"""The checkpoint of a training run: one safetensors file, from which it goes on to the same losses.

Its tensors are "weight/NAME", "exp_avg/NAME", "exp_avg_sq/NAME" and "step/NAME" of each parameter
that is trained (float32), and "random", the state of torch's generator (uint8). Its metadata hold
"format", and as JSON the "recipe" and the "state" of the run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from lepton_local.errors import InputError
from lepton_local.store.files import writing
from lepton_local.train.recipe import Recipe

CHECKPOINT = "checkpoint.safetensors"
FORMAT = "lepton-checkpoint-1"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")  # what AdamW remembers of a parameter
_KEEP = ("freeze", "lora", "batch", "accumulate", "seed", "task")  # what a resumed run must share


@dataclass(slots=True)
class State:
    """How far a run is."""

    epoch: int = 0
    batch: int = 0  # batches of this epoch that are done
    step: int = 0
    seconds: float = 0.0
    best: float = float("inf")
    worse: int = 0  # validations since the best one
    recent: dict[str, float] = field(default_factory=dict)  # sums over `passes` forward passes
    passes: int = 0


def save(
    path: Path, network: nn.Module, optimiser: torch.optim.Optimizer, recipe: Recipe, state: State
) -> None:
    """Write all that a run needs to go on; a checkpoint that was there is replaced."""
    tensors = {"random": torch.get_rng_state()}
    for name, parameter in _trained(network).items():
        tensors[f"weight/{name}"] = parameter.detach()
        for kind, moment in optimiser.state.get(parameter, {}).items():
            tensors[f"{kind}/{name}"] = moment
    told = {
        "format": FORMAT,
        "recipe": json.dumps(asdict(recipe)),
        "state": json.dumps(asdict(state)),
    }
    with writing(path) as stream:
        stream.write(to_bytes({n: t.cpu().contiguous() for n, t in tensors.items()}, told))


def load(path: Path, network: nn.Module, optimiser: torch.optim.Optimizer, recipe: Recipe) -> State:
    """Put the run back to where it was saved, and say where that is: at the start if it was stopped
    before its first checkpoint.

    InputError for a file that is damaged or none of ours, and for another recipe or network.
    """
    if not path.is_file():
        return State()
    try:
        told, tensors = _read(path)
        before = json.loads(told["recipe"])
        other = [f"{key} {before[key]}" for key in _KEEP if before[key] != getattr(recipe, key)]
        state = State(**json.loads(told["state"]))
        random = tensors.pop("random")
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(
            f"{path}: not a checkpoint of this trainer ({reason})",
            advice="begin anew without --resume",
        ) from error
    if other:
        raise InputError(
            f"{path}: this run was begun with {', '.join(other)}",
            advice="resume it with the same, or use another --out",
        )
    trained = _trained(network)
    if not _fits(tensors, trained):
        raise InputError(
            f"{path}: its tensors are not those of this network",
            advice="resume with the same --base, or begin anew without --resume",
        )
    for name, parameter in trained.items():
        # Copied: what was read may lie in the file, which the next checkpoint replaces.
        parameter.data.copy_(tensors[f"weight/{name}"])
        if f"step/{name}" in tensors:  # not of a parameter that has had no gradient yet
            optimiser.state[parameter] = {
                kind: tensors[f"{kind}/{name}"].to(parameter.device, copy=True) for kind in _MOMENTS
            }
    torch.set_rng_state(random)
    return state


def _trained(network: nn.Module) -> dict[str, nn.Parameter]:
    return {name: p for name, p in network.named_parameters() if p.requires_grad}


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    with safe_open(path, framework="pt") as file:
        told = file.metadata() or {}
        if told.get("format") != FORMAT:
            raise ValueError(f"format {told.get('format')}, expected {FORMAT}")
        names = file.keys()  # the file itself cannot be iterated over
        return told, {name: file.get_tensor(name) for name in names}


def _fits(tensors: Mapping[str, Tensor], trained: Mapping[str, nn.Parameter]) -> bool:
    """Whether these are the weights and all or no moments of each of these parameters."""
    shapes = {key: tensor.shape for key, tensor in tensors.items()}
    expected = {}
    for name, parameter in trained.items():
        expected[f"weight/{name}"] = parameter.shape
        if any(f"{kind}/{name}" in shapes for kind in _MOMENTS):
            expected |= {f"{kind}/{name}": parameter.shape for kind in _MOMENTS}
            expected[f"step/{name}"] = torch.Size()
    return shapes == expected

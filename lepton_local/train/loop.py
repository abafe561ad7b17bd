"""The training loop: steps and validation. It knows neither questions nor networks' heads."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import torch
from torch import Tensor, nn

from lepton_local.errors import InputError
from lepton_local.store.files import make_folder, remove, write_text
from lepton_local.train import checkpoint
from lepton_local.train.checkpoint import CHECKPOINT, State
from lepton_local.train.curve import loss_curve
from lepton_local.train.machine import spare_memory, steady_memory
from lepton_local.train.recipe import Recipe, rate
from lepton_local.train.team import ALONE, Team
from lepton_local.types import Progress

HISTORY = "history.jsonl"
CURVE = "loss.svg"


@dataclass(frozen=True, slots=True)
class Job:
    """What is trained. `loss(places, seed)` is differentiable; `validate()` gives numbers, "loss"
    among them.
    """

    network: nn.Module
    plan: Callable[[int], Sequence[Sequence[int]]]  # epoch -> batches of places
    loss: Callable[[Sequence[int], str], dict[str, Tensor]]  # -> "loss" and its parts
    validate: Callable[[], dict[str, float]]
    save: Callable[[Path], None]  # writes the model into a folder


def run(
    job: Job,
    recipe: Recipe,
    out: Path,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    team: Team = ALONE,
) -> State:
    """Train, and leave the best weights, history.jsonl and loss.svg in `out`.

    With `resume` a run that was stopped goes on from its last checkpoint, and to the same losses on
    the same machine. Of a team, the first process alone validates and writes.
    """
    first = team.place == 0
    make_folder(out)
    steady_memory()
    torch.manual_seed(recipe.seed)
    optimiser = torch.optim.AdamW(_groups(job.network, recipe), lr=recipe.lr, fused=True)
    state = State()
    if resume:
        if (out / HISTORY).is_file() and not (out / CHECKPOINT).is_file():
            raise InputError(
                f"{out}: its run has ended, expected one that was stopped",
                advice=f"to teach the model more, give --base {out} and another --out",
            )
        state = checkpoint.load(out / CHECKPOINT, job.network, optimiser, recipe)
    if first:
        _trim_history(out / HISTORY, state.step if resume else 0)
    plan = job.plan(state.epoch)
    total = recipe.epochs * (len(plan) // recipe.accumulate)
    every = recipe.validate or max(1, len(plan) // recipe.accumulate)
    begun, saved = monotonic() - state.seconds, monotonic()
    if first and not state.step:
        checkpoint.save(out / CHECKPOINT, job.network, optimiser, recipe, state)
        _validate(job, state, out)  # weights that only got worse are not kept
    while state.epoch < recipe.epochs:
        done = state.step / max(total, 1)
        state.seconds = monotonic() - begun
        if recipe.minutes:
            done = max(done, state.seconds / 60 / recipe.minutes)
        if recipe.patience and state.worse >= recipe.patience:
            done = 1.0
        done = team.agree(done)
        if done >= 1:
            break
        _step(job, recipe, state, optimiser, plan, share=rate(recipe, done=done), team=team)
        if state.batch + recipe.accumulate > len(plan):
            state.epoch, state.batch = state.epoch + 1, 0
            plan = job.plan(state.epoch)
        if progress is not None:
            progress("train", state.step, total)
        if first and state.step % every == 0:
            _validate(job, state, out)
        if monotonic() - saved >= recipe.save:
            state.seconds = monotonic() - begun
            if first:
                checkpoint.save(out / CHECKPOINT, job.network, optimiser, recipe, state)
            spare_memory()
            saved = monotonic()
    if first:
        if state.passes:
            _validate(job, state, out)
        remove(out / CHECKPOINT)
    return state


def _step(
    job: Job,
    recipe: Recipe,
    state: State,
    optimiser: torch.optim.Optimizer,
    plan: Sequence[Sequence[int]],
    *,
    share: float,
    team: Team,
) -> None:
    job.network.train()
    for _ in range(recipe.accumulate):
        losses = job.loss(plan[state.batch], f"{recipe.seed} {state.epoch} {state.batch}")
        (losses["loss"] / recipe.accumulate).backward()  # type: ignore[no-untyped-call]
        for name, value in losses.items():
            state.recent[name] = state.recent.get(name, 0.0) + float(value.detach())
        state.passes += 1
        state.batch += 1
    team.share(job.network.parameters())
    nn.utils.clip_grad_norm_(job.network.parameters(), recipe.clip)
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * share
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    state.step += 1


def _validate(job: Job, state: State, out: Path) -> None:
    job.network.eval()
    with torch.inference_mode():
        found = job.validate()
    row: dict[str, Any] = {"step": state.step, "seconds": round(state.seconds, 1)}
    row |= {f"train_{k}": round(v / state.passes, 4) for k, v in state.recent.items()}
    row |= {f"valid_{k}": round(v, 4) for k, v in found.items()}
    state.recent, state.passes = {}, 0
    if found["loss"] < state.best:
        state.best, state.worse = found["loss"], 0
        job.save(out)
    else:
        state.worse += 1
    rows = [*_history(out / HISTORY), row]
    write_text(out / HISTORY, "".join(json.dumps(each) + "\n" for each in rows))
    write_text(out / CURVE, loss_curve(rows))


def _groups(network: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameters by learning rate and decay. Biases and norms are not decayed, as in BERT."""
    deepest = 1 + max((depth(name) for name, _ in network.named_parameters()), default=0)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            place = depth(name)
            peak = recipe.lr * recipe.layer_decay ** (0 if place < 0 else deepest - place)
            decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((peak, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": peak, "peak": peak, "weight_decay": decay}
        for (peak, decay), parameters in groups.items()
    ]


def depth(name: str) -> int:
    """How deep a parameter lies by its name: 0 embeddings, 1 the lowest layer, -1 a head."""
    parts = name.split(".")
    if any(part.startswith(("embeddings", "relative_")) for part in parts):
        return 0
    return int(parts[parts.index("layer") + 1]) + 1 if "layer" in parts else -1


def _history(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _trim_history(path: Path, step: int) -> None:
    """Forget what came after the checkpoint: it will come again."""
    rows = [row for row in _history(path) if row["step"] <= step]
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))

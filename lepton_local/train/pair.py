"""Training the pair model: its losses over batches of questions, and what it says about held-back
ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lepton_local.errors import InputError
from lepton_local.train.attention import NAME as PLAIN
from lepton_local.train.batches import UNKNOWN, Batch, collate, plan
from lepton_local.train.checkpoint import State
from lepton_local.train.data import Candidate, Group
from lepton_local.train.loop import Job, run
from lepton_local.train.losses import listwise_loss, pointwise_loss, span_loss
from lepton_local.train.machine import computes_in_half
from lepton_local.train.recipe import Recipe
from lepton_local.train.start import Start, adapt, freeze, write
from lepton_local.train.team import ALONE, Team

TASKS = ("rank", "read", "both")
SHARES = {"span": 1.0, "pointwise": 0.5, "listwise": 0.5}  # of each loss in the sum


def train_pair(
    begun: Start,
    groups: Sequence[Group],
    validation: Sequence[Group],
    recipe: Recipe,
    out: Path,
    *,
    device: str = "cpu",
    resume: bool = False,
    progress: Callable[[str, int, int | None], None] | None = None,
    team: Team = ALONE,
) -> State:
    """Train on `groups` and leave the model that did best on `validation` in the folder `out`.

    InputError when the task has nothing to learn from the groups.
    """
    shown = [judged for group in groups if (judged := for_task(group, recipe.task))]
    held = [judged for group in validation if (judged := for_task(group, recipe.task))]
    if not shown or not held:
        raise InputError(
            f"--task {recipe.task}: {len(shown)} questions to learn from and {len(held)} to"
            " validate on, expected some of each; reading needs answers, and ranking passages"
            " that are relevant or not"
        )
    if len(shown) < recipe.batch * recipe.accumulate:
        recipe = replace(recipe, batch=len(shown), accumulate=1)
    if recipe.lora:
        adapt(begun.network, rank=recipe.lora, seed=recipe.seed)
    else:
        freeze(begun.network, recipe.freeze)
    begun.network.bert.set_attn_implementation(PLAIN if device == "cpu" else "sdpa")
    begun.network.to(device)
    job = Job(
        network=begun.network,
        plan=lambda epoch: [
            batch[team.place :: team.size]
            for batch in plan(shown, size=recipe.batch, seed=recipe.seed, epoch=epoch)
            if len(batch) >= team.size
        ],
        loss=lambda batch, seed: losses(begun, [shown[i] for i in batch], seed, device=device),
        validate=lambda: validate(begun, held, size=recipe.batch, device=device),
        save=lambda folder: write(begun, folder),
    )
    return run(job, recipe, out, resume=resume, progress=progress, team=team)


def for_task(group: Group, task: str) -> Group | None:
    """The group with the labels that a task learns from; None if none is left."""
    if task == "both":
        return group
    kept = tuple(
        Candidate(
            c.passage, c.relevant if task == "rank" else None, c.spans if task == "read" else None
        )
        for c in group.candidates
    )
    kept = tuple(c for c in kept if c.relevant is not None or c.spans is not None)
    return Group(group.question, kept) if kept else None


def losses(begun: Start, groups: Sequence[Group], seed: str, *, device: str) -> dict[str, Tensor]:
    """The loss of one batch and its parts; the same seed shows the same windows."""
    batch = collate(groups, begun.tokens, heading=begun.heading, rng=random.Random(seed))
    return _losses(batch, _forward(begun, batch, device), device)


def validate(begun: Start, groups: Sequence[Group], *, size: int, device: str) -> dict[str, float]:
    """The mean losses over held-back groups, and two shares that people can read.

    `spans`: answers, or none, bounded exactly; `first`: relevant passages ranked above their
    group's others.
    """
    sums: dict[str, float] = {}
    right = {"spans": [0, 0], "first": [0, 0]}
    order = sorted(range(len(groups)), key=lambda i: groups[i].length)
    for place in range(0, len(order), size):
        chosen = [groups[i] for i in order[place : place + size]]
        batch = collate(chosen, begun.tokens, heading=begun.heading, rng=random.Random(place))
        logits = _forward(begun, batch, device)
        for name, value in _losses(batch, logits, device).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(chosen) / len(groups)
        _count(right, batch, logits)
    return sums | {name: hits / max(total, 1) for name, (hits, total) in right.items()}


def _forward(begun: Start, batch: Batch, device: str) -> dict[str, Tensor]:
    given = [torch.from_numpy(array).to(device) for array in (batch.ids, batch.mask, batch.types)]
    with torch.autocast(
        torch.device(device).type, dtype=torch.bfloat16, enabled=computes_in_half(device)
    ):
        found: dict[str, Tensor] = begun.network(*given)
    return found


def _losses(batch: Batch, logits: dict[str, Tensor], device: str) -> dict[str, Tensor]:
    inside, start, end, relevant, group = (
        torch.from_numpy(array).to(device)
        for array in (batch.inside, batch.start, batch.end, batch.relevant, batch.group)
    )
    parts = {
        "span": (span_loss(logits["start"], start, inside) + span_loss(logits["end"], end, inside))
        / 2,
        "pointwise": pointwise_loss(logits["relevance"], relevant),
        "listwise": listwise_loss(logits["relevance"], relevant, group),
    }
    total = torch.stack([SHARES[name] * part for name, part in parts.items()]).sum()
    return {"loss": total, **parts}


def _count(right: dict[str, list[int]], batch: Batch, logits: dict[str, Tensor]) -> None:
    start, end, relevance = (
        logits[name].float().cpu().numpy() for name in ("start", "end", "relevance")
    )
    known = batch.start != UNKNOWN
    hit = np.ones(len(known), dtype=bool)
    for scores, gold in ((start, batch.start), (end, batch.end)):
        hit &= np.where(batch.inside == 1, scores, -np.inf).argmax(axis=1) == gold
    right["spans"][0] += int((hit & known).sum())
    right["spans"][1] += int(known.sum())
    for row in np.flatnonzero(batch.relevant == 1):
        rivals = relevance[(batch.group == batch.group[row]) & (batch.relevant == 0)]
        if len(rivals):
            right["first"][0] += int(relevance[row] > rivals.max())
            right["first"][1] += 1

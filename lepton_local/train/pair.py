"""Training the pair model: its losses over batches of questions, and what it says about held-back
ones.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lepton_local.errors import InputError
from lepton_local.models.families import FAMILIES
from lepton_local.models.networks import PairNetwork
from lepton_local.models.roles import Ints
from lepton_local.train.attention import NAME as PLAIN
from lepton_local.train.batches import Batch, collate, plan
from lepton_local.train.checkpoint import State
from lepton_local.train.data import Group, hold_back
from lepton_local.train.loop import Job, run
from lepton_local.train.losses import (
    drift_loss,
    listwise_loss,
    pointwise_loss,
    shared_loss,
    span_loss,
    tag_loss,
)
from lepton_local.train.machine import computes_in_half
from lepton_local.train.recipe import TAG, Recipe
from lepton_local.train.start import Start, adapt, freeze, write
from lepton_local.train.team import ALONE, Team
from lepton_local.types import Progress

# Of each loss in the sum: a span is to be told from the rest of its passage, and from those of the
# other passages; so is a relevant passage from irrelevant ones in general, and from its rivals.
SHARES = {"span": 0.5, "shared": 0.5, "pointwise": 0.5, "listwise": 0.5, "drift": 4.0, "tag": 1.0}


def train_pair(
    begun: Start,
    groups: Sequence[Group],
    validation: Sequence[Group],
    recipe: Recipe,
    out: Path,
    *,
    remembered: Sequence[Group] = (),
    device: str = "cpu",
    resume: bool = False,
    progress: Progress | None = None,
    team: Team = ALONE,
) -> State:
    """Train on `groups` and leave the model that did best on `validation` in the folder `out`.

    The `remembered` ones it is to go on answering as the network does now.

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
    if remembered and not begun.taught:
        raise InputError(
            f"--remember: {begun.folder} is a bare encoder, which answers nothing yet",
            advice="leave --remember out, or give a pair model as --base",
        )
    before = copy.deepcopy(begun.network).eval().to(device) if remembered else None
    others, checked = hold_back(remembered) if remembered else ([], [])
    shown += others
    if len(shown) < recipe.batch * recipe.accumulate:
        recipe = replace(recipe, batch=len(shown), accumulate=1)
    if recipe.lora:
        adapt(begun.network, rank=recipe.lora, seed=recipe.seed)
    else:
        freeze(begun.network, recipe.freeze)
    body = begun.network.body
    if not FAMILIES[body.config.model_type].relative:  # whose attention cannot be exchanged
        body.set_attn_implementation(PLAIN if device == "cpu" else "sdpa")
    begun.network.to(device)
    job = Job(
        network=begun.network,
        plan=lambda epoch: [
            batch[team.place :: team.size]
            for batch in plan(shown, size=recipe.batch, seed=recipe.seed, epoch=epoch)
            if len(batch) >= team.size
        ],
        loss=lambda batch, seed: losses(
            begun,
            [shown[i] for i in batch],
            seed,
            before=before,
            tagging=recipe.task == TAG,
            device=device,
        ),
        validate=lambda: validate(
            begun,
            held,
            checked,
            size=recipe.batch,
            before=before,
            tagging=recipe.task == TAG,
            device=device,
        ),
        save=lambda folder: write(begun, folder),
    )
    return run(job, recipe, out, resume=resume, progress=progress, team=team)


def for_task(group: Group, task: str) -> Group | None:
    """The group with the labels that a task learns from; None if none is left."""
    if task == "both":
        return group
    kept = tuple(
        replace(c, spans=None, shares=()) if task == "rank" else replace(c, relevant=None)
        for c in group.candidates
    )
    kept = tuple(c for c in kept if c.relevant is not None or c.spans is not None)
    return Group(group.question, kept) if kept else None


def losses(
    begun: Start,
    groups: Sequence[Group],
    seed: str,
    *,
    before: PairNetwork | None = None,
    tagging: bool = False,
    device: str,
) -> dict[str, Tensor]:
    """The loss of one batch and its parts; the same seed shows the same windows.

    `before` is the network as it was: what it says is the label of a question to be remembered.
    tagging: the third head alone is taught, on the answers.
    """
    batch = collate(groups, begun.tokens, heading=begun.heading, rng=random.Random(seed))
    logits = _forward(begun.network, batch, device)
    return _losses(batch, logits, before, tagging=tagging, device=device)


def validate(
    begun: Start,
    groups: Sequence[Group],
    remembered: Sequence[Group] = (),
    *,
    size: int,
    before: PairNetwork | None = None,
    tagging: bool = False,
    device: str,
) -> dict[str, float]:
    """The mean losses over held-back groups, and two shares that people can read.

    `spans`: answers, or none, bounded exactly; `first`: relevant passages ranked above their
    group's others.
    """
    sums: dict[str, float] = {}
    right = {"spans": [0, 0], "first": [0, 0]}
    for part in (groups, remembered):
        order = sorted(part, key=lambda group: group.length)
        for place in range(0, len(order), size):
            chosen = order[place : place + size]
            batch = collate(chosen, begun.tokens, heading=begun.heading, rng=random.Random(place))
            logits = _forward(begun.network, batch, device)
            told = _losses(batch, logits, before, tagging=tagging, device=device)
            for name, value in told.items():
                sums[name] = sums.get(name, 0.0) + float(value) * len(chosen) / len(part)
            _count(right, batch, logits)
    return sums | {name: hits / max(total, 1) for name, (hits, total) in right.items()}


def _forward(
    network: PairNetwork, batch: Batch, device: str, rows: Ints | slice = slice(None)
) -> dict[str, Tensor]:
    given = [
        torch.from_numpy(array[rows]).to(device) for array in (batch.ids, batch.mask, batch.types)
    ]
    with torch.autocast(
        torch.device(device).type, dtype=torch.bfloat16, enabled=computes_in_half(device)
    ):
        found: dict[str, Tensor] = network(*given)
    return found


def _losses(
    batch: Batch,
    logits: dict[str, Tensor],
    before: PairNetwork | None,
    *,
    tagging: bool,
    device: str,
) -> dict[str, Tensor]:
    inside, start, end, relevant, group = (
        torch.from_numpy(array).to(device)
        for array in (batch.inside, batch.start, batch.end, batch.relevant, batch.group)
    )
    if tagging:
        parts = {"tag": tag_loss(logits["tag"], torch.from_numpy(batch.tags).to(device))}
    else:
        parts = _of_both(logits, (inside, start, end, relevant, group))
    rows = np.flatnonzero(batch.remembered)
    if before is not None and len(rows):
        with torch.no_grad():
            said = _forward(before, batch, device, rows)
        now = {name: each[rows] for name, each in logits.items()}
        parts["drift"] = drift_loss(now, said, inside[rows])
    total = torch.stack([SHARES[name] * part for name, part in parts.items()]).sum()
    return {"loss": total, **parts}


def _of_both(logits: dict[str, Tensor], told: Sequence[Tensor]) -> dict[str, Tensor]:
    """What spans and relevance miss. told: inside, start, end, relevant, group."""
    inside, start, end, relevant, group = told
    return {
        "span": (span_loss(logits["start"], start, inside) + span_loss(logits["end"], end, inside))
        / 2,
        "shared": (
            shared_loss(logits["start"], start, inside, group)
            + shared_loss(logits["end"], end, inside, group)
        )
        / 2,
        "pointwise": pointwise_loss(logits["relevance"], relevant),
        "listwise": listwise_loss(logits["relevance"], relevant, group),
    }


def _count(right: dict[str, list[int]], batch: Batch, logits: dict[str, Tensor]) -> None:
    start, end, relevance = (
        logits[name].float().cpu().numpy() for name in ("start", "end", "relevance")
    )
    known = batch.start.sum(axis=1) > 0
    hit = np.ones(len(known), dtype=bool)
    for scores, told in ((start, batch.start), (end, batch.end)):
        best = np.where(batch.inside == 1, scores, -np.inf).argmax(axis=1, keepdims=True)
        hit &= np.take_along_axis(told, best, axis=1)[:, 0] == told.max(axis=1)
    right["spans"][0] += int((hit & known).sum())
    right["spans"][1] += int(known.sum())
    for row in np.flatnonzero(batch.relevant == 1):
        rivals = relevance[(batch.group == batch.group[row]) & (batch.relevant == 0)]
        if len(rivals):
            right["first"][0] += int(relevance[row] > rivals.max())
            right["first"][1] += 1

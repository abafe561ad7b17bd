"""The bundled encoder learns where its teachers hold texts to be:
python distil.py STUDENT TEXTS.jsonl TARGETS OUT --minutes N [--lr X]

A regression of vectors (as in https://arxiv.org/abs/2004.09813, in one language): the loss is 1
less the cosine with the target. Pieces' vectors and positions stay as they are, so that what ships
is the layers alone. Of the chunks of targets that are there, the one that was seen least comes
next; the learning rate falls to nothing by the clock. A run that was stopped goes on from
OUT/state.pt. The first chunk is held back and told.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from targets import ROWS
from torch import Tensor
from torch.nn.functional import normalize
from transformers import AutoModel, AutoTokenizer

BATCH = 64
TOKENS = 256
LONG = 400  # characters


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("student", "texts", "targets", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--lr", type=float, default=2e-4)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    torch.manual_seed(5)
    if given.threads:
        torch.set_num_threads(given.threads)
    given.out.mkdir(parents=True, exist_ok=True)
    texts = [json.loads(line)["text"] for line in given.texts.open()]
    cutter = AutoTokenizer.from_pretrained(given.student, local_files_only=True)
    model = AutoModel.from_pretrained(
        given.student, local_files_only=True, trust_remote_code=False, add_pooling_layer=False
    ).to(given.device)
    model.embeddings.requires_grad_(False)
    model.eval()  # no dropout: the targets are exact
    learnt = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=given.lr, weight_decay=0.01, betas=(0.9, 0.98))
    state = given.out / "state.pt"
    seen: list[int] = []  # chunks
    spent = 0.0
    if state.exists():
        kept = torch.load(state, weights_only=True)
        model.load_state_dict(kept["model"])
        optimiser.load_state_dict(kept["optimiser"])
        seen, spent = kept["seen"], kept["spent"]
    next_chunk(given.targets, seen)
    held = list(batches(cutter, texts, given.targets, 0))[::3]

    def place(ids: Tensor, mask: Tensor) -> Tensor:
        ids, mask = ids.to(given.device), mask.to(given.device)
        with torch.autocast(given.device, dtype=torch.bfloat16):
            states = model(input_ids=ids, attention_mask=mask).last_hidden_state
        told = mask[..., None].to(torch.float32)
        return normalize((states.float() * told).sum(1) / told.sum(1))

    began = time.monotonic() - spent
    total = given.minutes * 60
    print(f"held back: {near(place, held):.4f}", flush=True)
    loss_of = []
    while (gone := time.monotonic() - began) < total:
        seen.append(next_chunk(given.targets, seen))
        for ids, mask, target in batches(cutter, texts, given.targets, seen[-1]):
            gone = time.monotonic() - began
            rate = min(1.0, (len(seen) * 32 - 31) / 100) * max(0.0, 1 - gone / total)
            for group in optimiser.param_groups:
                group["lr"] = given.lr * rate
            loss = 1 - (place(ids, mask) * target.to(given.device)).sum(1).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(learnt, 1.0)
            optimiser.step()
            optimiser.zero_grad()
            loss_of.append(loss.item())
        if len(seen) % 4 == 0:
            said = f"{len(seen)} chunks, {gone / 60:.1f} min: loss {np.mean(loss_of[-128:]):.4f}"
            print(said, f"held back {near(place, held):.4f}", flush=True)
            kept = {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**kept, "seen": seen, "spent": gone}, state.with_suffix(".making"))
            os.replace(state.with_suffix(".making"), state)
    print(f"held back: {near(place, held):.4f}", flush=True)
    for path in given.student.rglob("*"):
        if path.suffix in (".json", ".txt"):
            (given.out / path.relative_to(given.student)).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, given.out / path.relative_to(given.student))
    weights = {name: part.contiguous() for name, part in model.state_dict().items()}
    save_file(weights, given.out / "model.safetensors", metadata={"format": "pt"})
    state.unlink(missing_ok=True)


def next_chunk(targets: Path, seen: list[int]) -> int:
    """Of those that are there, the one that was seen least; two are waited for."""
    while len(there := sorted(targets.glob("0*.npy"))) < 2:
        time.sleep(10)
    return min((int(path.stem) for path in there[1:]), key=lambda each: (seen.count(each), each))


def batches(
    cutter: Any, texts: list[str], targets: Path, number: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Of a chunk, by length: (pieces, which are some, where they shall lie). Of long texts, which
    cost most, a quarter.
    """
    part = texts[number * ROWS : (number + 1) * ROWS]
    where = torch.from_numpy(np.load(targets / f"{number:05}.npy").astype(np.float32))
    length = np.array([len(text) for text in part])
    kept = np.flatnonzero((length < LONG) | (np.arange(len(part)) % 4 == 0))
    by_length = kept[np.argsort(length[kept], kind="stable")]
    groups = np.array_split(by_length, math.ceil(len(kept) / BATCH))
    order = torch.randperm(len(groups)).tolist()
    for which in (groups[place] for place in order):
        cut = cutter(
            [part[row] for row in which],
            padding=True,
            pad_to_multiple_of=8,  # fewer shapes to prepare a kernel for
            truncation=True,
            max_length=TOKENS,
            return_tensors="pt",
        )
        yield cut["input_ids"], cut["attention_mask"], where[which]


def near(place, held) -> float:  # type: ignore[no-untyped-def]
    """The mean cosine of held-back texts with their targets."""
    with torch.inference_mode():
        return float(torch.cat([(place(i, m).cpu() * t).sum(1) for i, m, t in held]).mean())


if __name__ == "__main__":
    main()

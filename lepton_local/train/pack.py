"""A bundled model without what all-MiniLM-L6-v2 has: half the size, the same numbers."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from lepton_local.errors import InputError
from lepton_local.models import cache
from lepton_local.models.borrowed import BORROWS, PREFIX, lent, model_weights
from lepton_local.models.card import encoder_card, judge_card
from lepton_local.models.resolve import carried
from lepton_local.models.weights import SHARDS, WEIGHTS
from lepton_local.store.files import make_folder, writing


def pack(folder: Path, out: Path) -> tuple[int, int]:
    """Write the pair model or encoder in `folder` to `out`, in half precision, without the tensors
    that equal those of all-MiniLM-L6-v2; gives how many were kept and left out.

    InputError if it is neither, or has none of them, or if `out` is the folder itself.
    """
    if _head(folder) not in ("pair", "mean") or out.resolve() == folder.resolve():
        raise InputError(
            f"{folder}: expected the folder of a pair model or of an encoder with mean pooling, and"
            " another one to write to",
            advice="lepton-train pack MODEL --out DIR",
        )
    there = lent()
    tensors = {
        name if name.startswith(PREFIX) or PREFIX + name not in there else PREFIX + name: array
        for name, array in model_weights(folder).items()
    }
    kept = {
        name: array.astype(np.float16)
        for name, array in tensors.items()
        if name not in there or not np.array_equal(array.astype(np.float16), there[name])
    }
    if len(kept) == len(tensors):
        raise InputError(
            f"{folder}: has nothing in common with all-MiniLM-L6-v2",
            advice="train it with --base minilm --freeze embeddings",
        )
    make_folder(out)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != SHARDS and path.suffix in (".json", ".md", ".txt"):
            make_folder((out / path.relative_to(folder)).parent)
            shutil.copyfile(path, out / path.relative_to(folder))
    told = {"format": "pt", BORROWS: cache.digest([carried() / WEIGHTS])}
    with writing(out / WEIGHTS) as stream:
        stream.write(save(kept, told))
    return len(kept), len(tensors) - len(kept)


def _head(folder: Path) -> str:
    encodes = (folder / "modules.json").is_file()
    card = encoder_card(folder) if encodes else judge_card(folder)
    return card.head if card else ""

"""A pair model without what the bundled encoder has: half the size, the same numbers."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from lepton_local.errors import InputError
from lepton_local.models import cache
from lepton_local.models.borrowed import BORROWS, lent, model_weights
from lepton_local.models.card import judge_card
from lepton_local.models.resolve import BUNDLED_ENCODER
from lepton_local.models.weights import SHARDS, WEIGHTS
from lepton_local.store.files import make_folder, writing


def pack(folder: Path, out: Path) -> tuple[int, int]:
    """Write the pair model in `folder` to `out`, in half precision, without the tensors that equal
    the bundled encoder's; gives how many were kept and left out.

    InputError if that is all or none of them, or if `out` is the folder itself.
    """
    if judge_card(folder).head != "pair" or out.resolve() == folder.resolve():
        raise InputError(
            f"{folder}: expected the folder of a pair model, and another one to write to",
            advice="lepton-train pack MODEL --out DIR",
        )
    tensors, there = model_weights(folder), lent()
    kept = {
        name: array.astype(np.float16)
        for name, array in tensors.items()
        if name not in there or not np.array_equal(array.astype(np.float16), there[name])
    }
    if len(kept) == len(tensors):
        raise InputError(
            f"{folder}: has nothing in common with the bundled encoder",
            advice="train it with --base bundled --freeze embeddings",
        )
    make_folder(out)
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != SHARDS and path.suffix in (".json", ".md", ".txt"):
            shutil.copyfile(path, out / path.name)
    told = {"format": "pt", BORROWS: cache.digest([BUNDLED_ENCODER / WEIGHTS])}
    with writing(out / WEIGHTS) as stream:
        stream.write(save(kept, told))
    return len(kept), len(tensors) - len(kept)

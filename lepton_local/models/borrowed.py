"""Weights that a bundled model does not keep because all-MiniLM-L6-v2, as which it began, has them:
what it has not trained, the table of words above all.

The metadata of its safetensors file say whose they are: {"borrows": sha256 of the lender's file}.
Borrowed tensors are rounded to half precision, as the model's own are.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from lepton_local.errors import ModelError
from lepton_local.models import cache
from lepton_local.models.families import FAMILIES
from lepton_local.models.resolve import carried
from lepton_local.models.roles import Floats
from lepton_local.models.weights import WEIGHTS, read_weights, weight_files

BORROWS = "borrows"
PREFIX = FAMILIES["bert"].prefix  # of all names in a model that borrows, as in a pair model
_HEADER = 8  # bytes that say how long the header of a safetensors file is


def model_weights(folder: Path) -> dict[str, Floats]:
    """Every tensor of a model, as float32; ModelError if a file is damaged, or the lender another
    one.
    """
    files = weight_files(folder)
    own = read_weights(files)
    lenders = {lender: path for path in files if (lender := _lender(path))}
    for lender, path in lenders.items():
        if cache.digest([carried() / WEIGHTS]) != lender:
            raise ModelError(
                f"{path}: borrows from an encoder whose weights have sha256 {lender:.64}, which is"
                " not the bundled one",
                advice="use the model with the version of lepton-local that packed it",
            )
        own = lent() | own
    return own


def lent() -> dict[str, Floats]:
    """The lender's tensors in half precision, under their names in a pair model."""
    return {
        PREFIX + name: array.astype(np.float16).astype(np.float32)
        for name, array in read_weights([carried() / WEIGHTS]).items()
    }


def whole(folder: Path) -> Path:
    """The folder of an encoder for libraries that know of no lender: itself, or a copy in the cache
    with every tensor in it.
    """
    files = weight_files(folder)
    if not any(map(_lender, files)):
        return folder

    def make(out: Path) -> None:
        shutil.copytree(folder, out, dirs_exist_ok=True)
        tensors = model_weights(folder)
        save_file(
            {name.removeprefix(PREFIX): array for name, array in tensors.items()},
            out / WEIGHTS,
            {"format": "pt"},
        )

    return cache.prepared(f"{cache.digest(files)[:16]}-whole", make)


def _lender(path: Path) -> str:
    """What the metadata of a safetensors file, which has been read as one, say."""
    with path.open("rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(_HEADER), "little")))
    return str(header.get("__metadata__", {}).get(BORROWS, ""))

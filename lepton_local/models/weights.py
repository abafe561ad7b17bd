"""The tensors of a model folder, read without torch, and the digest that names them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize

from lepton_local.errors import ModelError
from lepton_local.models.roles import Floats

WEIGHTS = "model.safetensors"
SHARDS = "model.safetensors.index.json"


def weight_files(folder: Path) -> list[Path]:
    """Give the safetensors files of a model folder; ModelError if there are none.

    Pickled weights (*.bin) are refused: to open one is to run whatever program it holds.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / SHARDS).is_file():
        names = json.loads((folder / SHARDS).read_text(encoding="utf-8"))["weight_map"].values()
        return [folder / name for name in sorted(set(names))]
    raise _none(folder)


def all_weight_files(folder: Path) -> list[Path]:
    """Give every safetensors file below a folder of several modules; ModelError if a module has
    only a pickle.
    """
    for pickled in sorted(folder.rglob("pytorch_model*.bin")):
        if not list(pickled.parent.glob("*.safetensors")):
            raise _none(pickled.parent)
    return sorted(folder.rglob("*.safetensors")) or weight_files(folder)


def _none(folder: Path) -> ModelError:
    pickled = sorted(path.name for path in folder.glob("*.bin"))
    found = f"only {pickled[0]}, a pickle, which could run code" if pickled else "none"
    return ModelError(
        f"{folder}: expected weights in {WEIGHTS}, found {found}",
        advice="save the model again with model.save_pretrained(folder)",
    )


def file_digest(path: Path) -> str:
    """Give the sha256 of a file in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_weights(files: list[Path]) -> dict[str, Floats]:
    """Read every tensor as float32; ModelError if a file is damaged."""
    out: dict[str, Floats] = {}
    for path in files:
        try:
            tensors = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
        except (OSError, SafetensorError) as error:
            raise ModelError(
                f"{path}: cannot be read as safetensors ({error})",
                advice="copy or save the model again",
            ) from error
        for name, entry in tensors:
            array = _array(entry)
            if array is not None:  # integer buffers (position ids) are no weights
                # Checkpoints converted from TensorFlow call the two parts of a norm so.
                out[
                    name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
                        "LayerNorm.beta", "LayerNorm.bias"
                    )
                ] = array
    return out


def _array(entry: Mapping[str, object]) -> Floats | None:
    kind, shape, data = entry["dtype"], entry["shape"], entry["data"]
    assert isinstance(data, bytes | bytearray)
    assert isinstance(shape, list)
    flat: NDArray[np.float32]
    if kind == "BF16":  # numpy has no bfloat16: it is the upper half of a float32
        flat = (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    elif kind in _FLOATS:
        flat = np.frombuffer(data, _FLOATS[kind]).astype(np.float32)
    else:
        return None
    return flat.reshape(shape)


_FLOATS: Mapping[object, str] = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}

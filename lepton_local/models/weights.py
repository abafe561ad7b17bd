"""The tensors of a model folder, read without torch, and the digest that names them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize

from lepton_local.errors import ModelError
from lepton_local.models.folder import MOST_WEIGHTS, check_size, read_bytes, read_object, unexpected
from lepton_local.models.roles import Floats

WEIGHTS = "model.safetensors"
SHARDS = "model.safetensors.index.json"
_SHARD = re.compile(r"[\w.-]+\.safetensors")


def weight_files(folder: Path) -> list[Path]:
    """Give the safetensors files of a model folder; ModelError if there are none.

    Pickled weights (*.bin) are refused: to open one is to run whatever program it holds.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / SHARDS).is_file():
        return _shards(folder)
    raise _none(folder)


def _shards(folder: Path) -> list[Path]:
    """The files that an index of shards names; ModelError for any that is not beside it."""
    told = read_object(folder / SHARDS).get("weight_map")
    if not isinstance(told, dict) or not told:
        raise unexpected(folder / SHARDS, "weight_map", told, "names of tensors and their files")
    for name in told.values():
        if not isinstance(name, str) or not _SHARD.fullmatch(name):
            raise unexpected(folder / SHARDS, "a file", name, "the name of a safetensors file")
    files = [folder / name for name in sorted(set(told.values()))]
    for path in files:
        if not path.is_file():
            raise ModelError(
                f"{path}: not there, although {SHARDS} names it", advice="save the model again"
            )
    return files


def all_weight_files(folder: Path) -> list[Path]:
    """Give every safetensors file below a folder of several modules; ModelError if a module has
    only a pickle.
    """
    for pickled in sorted(_within(folder, "pytorch_model*.bin")):
        if not list(pickled.parent.glob("*.safetensors")):
            raise _none(pickled.parent)
    return sorted(_within(folder, "*.safetensors")) or weight_files(folder)


def _within(folder: Path, pattern: str) -> list[Path]:
    """Files of a folder and of its modules, which lie in folders of it."""
    return [*folder.glob(pattern), *folder.glob(f"*/{pattern}")]


def _none(folder: Path) -> ModelError:
    pickled = sorted(path.name for path in folder.glob("*.bin"))
    found = f"only {pickled[0]}, a pickle, which could run code" if pickled else "none"
    return ModelError(
        f"{folder}: expected weights in {WEIGHTS}, found {found}",
        advice="save the model again with model.save_pretrained(folder)",
    )


def file_digest(path: Path) -> str:
    """Give the sha256 of a file in hex; ModelError if it is larger than any weights."""
    with path.open("rb") as stream:
        check_size(path, os.fstat(stream.fileno()).st_size, MOST_WEIGHTS)
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_weights(files: list[Path]) -> dict[str, Floats]:
    """Read every tensor as float32; ModelError if a file is damaged."""
    out: dict[str, Floats] = {}
    for path in files:
        try:
            tensors = deserialize(read_bytes(path, most=MOST_WEIGHTS))  # type: ignore[no-untyped-call]
        except SafetensorError as error:
            raise ModelError(
                f"{path}: cannot be read as safetensors ({error})",
                advice="copy or save the model again",
            ) from error
        for name, entry in tensors:
            array = _array(entry)
            if array is not None and not np.isfinite(array).all():
                raise ModelError(
                    f"{path}: {name:.80} holds numbers that are none (NaN or infinite)",
                    advice="copy or save the model again",
                )
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

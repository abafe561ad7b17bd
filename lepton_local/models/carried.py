"""Models that travel with indexes: in a bundle, and then beside the indexes that it held."""

from __future__ import annotations

import os
from pathlib import Path

from lepton_local.errors import InputError
from lepton_local.models.multilingual import MULTILINGUAL
from lepton_local.models.resolve import BUNDLED, resolve

_FOLDER = "models"
_ENDINGS = (".json", ".txt", ".model", ".safetensors", ".onnx", ".md")
_ALSO = ("LICENSE", "LICENCE", "NOTICE")


def name_of(digest: str) -> str:
    """The folder of a model among those that are carried, by its digest."""
    return f"{_FOLDER}/{digest.removeprefix('sha256:')[:16]}"


def files_of(model: str, digest: str) -> dict[str, bytes | Path]:
    """The files of a model by the names that they get in a bundle; none of one that a package
    carries. Raises ModelError where it is not here, InputError for one of a strange form.
    """
    if model in (BUNDLED, MULTILINGUAL):
        return {}
    home = resolve(model, bundled=Path(), allow_download=False)
    found = {
        path.relative_to(home).as_posix(): path
        for path in sorted(home.rglob("*"))
        if path.is_file() and (path.suffix in _ENDINGS or path.stem in _ALSO)
    }
    if not found or any(len(Path(each).parts) > 3 for each in found):
        raise InputError(f"{model} is no folder of a model that can be carried")
    return {f"{name_of(digest)}/{each}": path for each, path in found.items()}


def beside(index: str, model: str, digest: str) -> str:
    """What loads the model of an index: the folder that came with the index, if one did."""
    if model in (BUNDLED, MULTILINGUAL):
        return model
    folder = Path(os.path.abspath(index)).parent.parent / name_of(digest)
    return str(folder) if folder.is_dir() else model

"""The judge that marks have taught: a model's folder beside an index, its owner's alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lepton_local.errors import StoreError
from lepton_local.store import files
from lepton_local.store.beside import TAUGHT, beside

# What a training leaves in the folder of its model; only these are ever removed.
_OURS = frozenset(
    "config.json model.safetensors calibration.json README.md vocab.txt tokenizer.json"
    " tokenizer_config.json special_tokens_map.json history.jsonl loss.svg".split()
)


def folder_of(index: str | Path) -> Path:
    """Where it lies, if it is there."""
    return beside(index, TAUGHT)


def is_own(folder: Path) -> bool:
    """Whether it is a folder of one's own that nobody else may write to."""
    try:
        state = os.lstat(folder)
    except OSError:
        return False
    others = os.name == "posix" and (state.st_uid != os.geteuid() or state.st_mode & 0o022)
    return stat.S_ISDIR(state.st_mode) and not others


def keep(index: str | Path, judge: Path | None) -> None:
    """Have the folder of a model as the one that is used; None: that there is none. Raises
    StoreError where something else stands there.
    """
    place = folder_of(index)
    if os.path.lexists(place):
        names = files.listed(place) if is_own(place) else {"?"}
        if not names <= _OURS:
            raise StoreError(
                f"{place} holds something else than a model that was taught here",
                advice=f"move it away: mv {place} {place}.old",
            )
        for name in names:
            files.remove(place / name)
        files.remove_empty(place)
    if judge is not None:
        os.chmod(judge, 0o700)
        files.rename_folder(judge, place)

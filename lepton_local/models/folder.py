"""Reading the files of a model folder that somebody handed over: regular files only, of bounded
size, and JSON that is what it should be.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lepton_local.errors import ModelError

MOST_JSON = 4 << 20  # bytes of a configuration
MOST_WEIGHTS = 16 << 30  # of a file of weights
_COPY = "copy or save the model again"


def check_folder(folder: Path) -> None:
    """ModelError if anything in a folder or in its modules' folders is neither a file nor a folder:
    a library that opens a pipe or a device waits, or reads, for ever.
    """
    for path in [*folder.glob("*"), *folder.glob("*/*")]:
        try:
            mode = path.stat().st_mode
        except OSError:  # a link to nowhere is opened by nobody
            continue
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise ModelError(f"{path}: not a regular file", advice="remove it from the model")


def read_bytes(path: Path, *, most: int = MOST_JSON) -> bytes:
    """The whole of a regular file; ModelError for anything else, or more than so many bytes."""
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            told = os.fstat(stream.fileno())
            if not stat.S_ISREG(told.st_mode):
                raise ModelError(f"{path}: not a regular file", advice=_COPY)
            check_size(path, told.st_size, most)
            return stream.read(most)
    except (OSError, MemoryError, ValueError) as error:
        raise ModelError(
            f"{path}: cannot be read ({error or 'no memory'}); expected the folder of a model with"
            f" its {path.name}"
        ) from error


def check_size(path: Path, size: int, most: int) -> None:
    """ModelError for a file of more than so many bytes."""
    if size > most:
        raise ModelError(f"{path}: {size:,} bytes, expected {most:,} at most", advice=_COPY)


def read_json(path: Path, *, most: int = MOST_JSON) -> Any:
    """What a JSON file of a model folder holds; ModelError if it is missing or malformed."""
    data = read_bytes(path, most=most)
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"{path}: cannot be read ({error}); expected the folder of a model with its {path.name}"
        ) from error


def read_object(path: Path) -> dict[str, Any]:
    """The entries of a JSON object that are not null; ModelError for any other JSON."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise unexpected(path, "its content", value, "an object")
    return {name: entry for name, entry in value.items() if entry is not None}


def number(
    told: Mapping[str, Any], name: str, default: float, where: Path, *, low: float, high: float
) -> float:
    """A number from `low` to `high`, or the default where there is none of that name; ModelError
    for any other value.
    """
    value = told.get(name, default)
    if not is_number(value) or not low <= value <= high:
        raise unexpected(where, name, value, f"a number from {low:g} to {high:g}")
    return float(value)


def whole(
    told: Mapping[str, Any], name: str, default: int, where: Path, *, low: int = 1, high: int
) -> int:
    """The same of whole numbers."""
    value = number(told, name, default, where, low=low, high=high)
    if value != int(value):
        raise unexpected(where, name, value, "a whole number")
    return int(value)


def word(told: Mapping[str, Any], name: str, default: str, where: Path) -> str:
    """A string, or the default where there is none of that name; ModelError for any other value."""
    value = told.get(name, default)
    if not isinstance(value, str):
        raise unexpected(where, name, value, "a string")
    return value


def is_number(value: object) -> bool:
    """Whether a JSON value is a finite number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of 400 digits
        return False


def unexpected(where: Path, name: str, value: object, expected: str) -> ModelError:
    """What is said of a wrong entry, however large it is."""
    shown = repr(value) if isinstance(value, str | float | bool) else type(value).__name__
    shown = f"{value}" if is_number(value) else shown
    return ModelError(f"{where}: {name} is {shown[:80]}, expected {expected}", advice=_COPY)


def reason(error: Exception) -> str:
    """What a library says of a model in however many lines, in one."""
    return (" ".join(str(error).split()) or type(error).__name__)[:200]


def _without_waiting(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))

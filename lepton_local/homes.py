"""The folders of a user in which this project keeps things."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path


def cache_folder() -> Path:
    """`LEPTON_CACHE`, or the place where this system keeps what can be made again."""
    if told := os.environ.get("LEPTON_CACHE"):
        return Path(told)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "lepton-local"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "lepton-local" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lepton-local"


def data_folder() -> Path:
    """`LEPTON_DATA`, or the place where this system keeps what a person would miss."""
    if told := os.environ.get("LEPTON_DATA"):
        return Path(told)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "lepton-local"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "lepton-local" / "data"
    told = os.environ.get("XDG_DATA_HOME")
    return (Path(told) if told else Path.home() / ".local" / "share") / "lepton-local"


def is_closed(path: Path) -> bool:
    """Whether a folder is one in which no other user can put anything in the place of ours."""
    told = path.lstat()
    others = told.st_mode & 0o022 and not told.st_mode & stat.S_ISVTX
    trusted = (os.geteuid() if hasattr(os, "geteuid") else 0, 0)
    return path.is_dir() and told.st_uid in trusted and (os.name == "nt" or not others)

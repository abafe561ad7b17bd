"""Files that belong to an index and lie beside it, never in it: what a person has said of its
answers, and what was learnt from that. They are their owner's alone.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from lepton_local.errors import StoreError
from lepton_local.homes import data_folder
from lepton_local.store.names import is_far

FEEDBACK = ".feedback.jsonl"  # what their names end in, after that of the index
LEARNT = ".learnt.json"
TAUGHT = ".learnt.pair"  # a folder: the judge that was taught
ALONE = 0o600


def beside(index: str | Path, ending: str) -> Path:
    """Where such a file lies: beside the index, of one elsewhere among the user's own files."""
    folder = Path(os.path.abspath(index))
    if is_far(str(index)):
        name = hashlib.sha256(str(index).encode()).hexdigest()[:16]
        folder = data_folder() / "feedback" / name
    return folder.with_name(folder.name + ending)


def check_own(path: Path) -> None:
    """Raises StoreError for what is no file of one's own, FileNotFoundError where nothing is."""
    state = os.lstat(path)
    if not stat.S_ISREG(state.st_mode):
        raise StoreError(
            f"{path} is no regular file, expected the feedback of an index",
            advice=f"move it away: mv {path} {path}.old",
        )
    if os.name == "posix" and (state.st_uid != os.geteuid() or state.st_mode & 0o022):
        raise StoreError(
            f"{path} is another user's, or others may write to it, expected your own",
            advice=f"chmod 600 {path}",
        )

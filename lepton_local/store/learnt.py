"""What an index has learnt from feedback: one small file beside it. Without the file it is searched
as if nothing had ever been said of its answers.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lepton_local.errors import DamagedError
from lepton_local.store import files, taught
from lepton_local.store.beside import ALONE, LEARNT, beside, check_own
from lepton_local.store.place import decrypted, stored_at
from lepton_local.store.typed import parsed, typed

_MOST = 1 << 26  # bytes that are read


@dataclass(frozen=True, slots=True)
class Moved:
    """Questions that were marked, and where each is moved: (n, dim) float16 both, as base64."""

    dim: int
    width: float  # of the likeness from which another question moves along
    asked: str
    moves: str


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt; of each step None where it is not used."""

    since: str  # ISO 8601
    marks: int  # that it was learnt from
    encoder: str  # the digest of the encoder whose vectors these are
    lexical: float | None = None  # share of the words in a hybrid score
    judge: float | None = None  # share of the judge in a final score
    threshold: float | None = None  # an answer less probable is not given
    moved: Moved | None = None
    adapters: bool = False  # a judge that was taught lies beside it

    def steps(self) -> list[str]:
        """What is in use, in words."""
        weights, threshold = self.lexical is not None, self.threshold is not None
        used = {"weights": weights, "threshold": threshold, "questions": self.moved is not None}
        used["adapters"] = self.adapters
        return [name for name, is_used in used.items() if is_used]


def moved(asked: np.ndarray, moves: np.ndarray, width: float) -> Moved:
    """asked, moves: (n, dim)."""
    both = (base64.b64encode(each.astype("<f2").tobytes()).decode() for each in (asked, moves))
    return Moved(asked.shape[1], width, *both)


def arrays(told: Moved) -> tuple[np.ndarray, np.ndarray]:
    """Questions and their moves, (n, dim) float64 both. Raises ValueError for what is none."""
    asked, moves = (
        np.frombuffer(base64.b64decode(each, validate=True), "<f2").astype(np.float64)
        for each in (told.asked, told.moves)
    )
    finite = bool(np.isfinite(asked).all() and np.isfinite(moves).all())
    if told.dim < 1 or asked.shape != moves.shape or not finite or told.width <= 0:
        raise ValueError("these are no vectors")
    return asked.reshape(-1, told.dim), moves.reshape(-1, told.dim)


def path_of(index: str | Path) -> Path:
    """Where what an index has learnt lies."""
    return beside(index, LEARNT)


def read(index: str | Path) -> Learnt | None:
    """What an index has learnt, if anything. Raises StoreError for a file that is not one's own,
    DamagedError for one that holds something else.
    """
    path = path_of(index)
    try:
        check_own(path)
    except FileNotFoundError:
        return None
    try:
        sealed = decrypted(stored_at(index))
        data = files.read(path, _MOST)
        told = parsed(data if sealed is None else sealed.unseal(data))
        found = typed(Learnt, {name: told[name] for name in told if name != "schema"})
        shares = (found.lexical, found.judge, found.threshold)
        if any(each is not None and not 0 <= each <= 1 for each in shares):
            raise ValueError(f"{shares} are no shares")
        if found.moved is not None:
            arrays(found.moved)
    except (ValueError, TypeError) as error:
        raise DamagedError(
            f"{path} does not hold what an index has learnt ({error})",
            advice=f"lepton-train adapt {index} --undo",
        ) from None
    return found


def write(index: str | Path, learnt: Learnt, judge: Path | None = None) -> Path:
    """Keep it; from then on the index is searched with it. judge: the folder of the model that was
    taught, which is moved to its place; else one that was taught before goes. Raises StoreError for
    what is not one's own.
    """
    path = path_of(index)
    taught.keep(index, judge)
    with contextlib.suppress(FileNotFoundError):
        check_own(path)
    data = json.dumps({"schema": 1, **asdict(learnt)}).encode()
    sealed = decrypted(stored_at(index))
    with files.writing(path, mode=ALONE) as file:
        file.write(data if sealed is None else sealed.seal(data))
    return path


def rewrite(
    index: str | Path, read: Callable[[bytes], bytes], write: Callable[[bytes], bytes]
) -> None:
    """Write what the file says in another way, if there is one."""
    path = path_of(index)
    try:
        check_own(path)
    except FileNotFoundError:
        return
    data = write(read(files.read(path, _MOST)))
    with files.writing(path, mode=ALONE) as file:
        file.write(data)


def remove(index: str | Path) -> bool:
    """Search as before; whether there was anything. Raises StoreError for a file that is not one's
    own.
    """
    path = path_of(index)
    try:
        check_own(path)
    except FileNotFoundError:
        return False
    taught.keep(index, None)
    files.remove(path)
    return True

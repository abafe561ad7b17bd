"""How far an encrypted index was when this user last saw it, or an encrypted file. An older copy of
the whole, put in the place of a newer one, is as sound as it ever was: only whoever remembers can
tell.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from lepton_local.errors import AlteredError
from lepton_local.homes import data_folder
from lepton_local.store import files
from lepton_local.store.names import is_far

_FOLDER = "seen"
_MOST = 1 << 8  # bytes of a mark


def check(place: str, identity: bytes, count: int) -> None:
    """Raises AlteredError where what lies there has been replaced less often than what was seen
    here; notes what has been replaced more often.
    """
    last = _last(place, identity)
    if count < last:
        raise AlteredError(
            f"{place} is an older copy: it is number {count}, and number {last} has been read here",
            advice=f"if you have put it there yourself: rm {_mark(place, identity)}",
        )
    if count > last:
        note(place, identity, count)


def note(place: str, identity: bytes, count: int) -> None:
    """Remember the state of an index, as far as a file can be written."""
    path = _mark(place, identity)
    with contextlib.suppress(OSError):
        files.make_folder(path.parent, mode=0o700)
        with files.writing(path, mode=0o600) as file:
            file.write(b"%d\n" % count)


def _last(place: str, identity: bytes) -> int:
    with contextlib.suppress(OSError, ValueError):
        return int(files.read(_mark(place, identity), _MOST))
    return 0


def _mark(place: str, identity: bytes) -> Path:
    """Of one key at one place: a copy elsewhere goes its own way."""
    where = place if is_far(place) else os.path.realpath(place)
    named = hashlib.sha256(identity + os.fsencode(where)).hexdigest()[:32]
    return data_folder() / _FOLDER / named

"""Asking the server of an index at its back door, a Unix socket that only its user can open: it has
the models in memory already. Where nobody answers at once, the command does the work itself.
"""

# All that is imported here is paid for by each question that a server answers.

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import time
from dataclasses import asdict
from pathlib import Path

from lepton_local import __version__
from lepton_local.cli.links import lined, wanted
from lepton_local.cli.reader import Reader
from lepton_local.cli.said import Question, Said
from lepton_local.cli.screen import columns
from lepton_local.config import SearchConfig

PATIENCE = 0.2  # seconds until the first sign of life
LATER = 1.0  # seconds without a further one: a machine may be busy, and the work is under way
BEAT, DONE = b".", b"\n"  # a sign of life, and what stands before the answer
LONGEST = 1 << 21  # bytes of what is asked
_CHUNK = 1 << 16
_MANIFEST = "manifest.json"


def folder() -> Path:
    """Where the doors of this user are: among what the system forgets when it stops."""
    told = os.environ.get("XDG_RUNTIME_DIR")
    if told:
        return Path(told) / "lepton-local"
    return Path(os.environ.get("TMPDIR") or "/tmp") / f"lepton-local-{os.geteuid()}"


def door(index: str) -> Path:
    """The door of the server of an index, whether or not there is one."""
    place = os.fsencode(os.path.realpath(index))
    return folder() / hashlib.sha256(place).hexdigest()[:16]


def is_private(place: Path) -> bool:
    """Whether a folder is this user's alone."""
    try:
        state = place.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(state.st_mode) and not state.st_mode & 0o077
    return private and state.st_uid == os.geteuid()


def answered(query: Question) -> Said | None:
    """What the server of these indexes says; None where there is none, or it cannot be asked: it
    has its own models, where they run as it pleases.
    """
    usual = SearchConfig()
    own = ("reranker", "reader", "device", "allow_download")
    if not hasattr(socket, "AF_UNIX") or any(
        query.engine[name] != getattr(usual, name) for name in own
    ):
        return None
    try:
        place = door(query.indexes[0])
        if not is_private(place.parent) or not stat.S_ISSOCK(place.lstat().st_mode):
            return None
        asked = {
            "version": __version__,
            "places": [os.path.realpath(each) for each in query.indexes],
            "seals": [_seal(each) for each in query.indexes],
            "reader": asdict(Reader(columns(most=1 << 16), os.getcwd(), wanted(), lined())),
            "query": asdict(query),
        }
        told = _told(place, json.dumps(asked).encode() + b"\n")
        if not told:
            return None
        found = json.loads(told)
        return Said(**{**found, "out": tuple(found["out"]), "err": tuple(found["err"])})
    except (OSError, ValueError, TypeError):
        return None


def _told(place: Path, asked: bytes) -> bytes:
    """What comes back, once it has begun to; empty where the server does not want to answer."""
    if len(asked) > LONGEST:
        return b""
    end = time.monotonic() + PATIENCE
    with socket.socket(socket.AF_UNIX) as talk:
        talk.settimeout(PATIENCE)
        talk.connect(str(place))
        talk.settimeout(max(end - time.monotonic(), 0.001))
        talk.sendall(asked)
        talk.settimeout(max(end - time.monotonic(), 0.001))
        parts = [talk.recv(_CHUNK)]
        talk.settimeout(LATER)
        while parts[-1]:
            parts.append(talk.recv(_CHUNK))
    beats, done, told = b"".join(parts).partition(DONE)
    return told if done and not beats.strip(BEAT) else b""


def _seal(index: str) -> str:
    """Which generation of an index there is."""
    with open(os.path.join(index, _MANIFEST), "rb") as file:
        return f"sha256:{hashlib.sha256(file.read()).hexdigest()}"

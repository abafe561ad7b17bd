"""Watching: an index is updated whenever its roots change, until somebody stops it.

Events tell of most changes at once; a sweep now and then finds what they miss, such as edits that
another machine makes on a network share. `WATCHFILES_FORCE_POLLING=1` looks at every file again and
again instead, where the system gives no events at all.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path, PurePath

from watchfiles import watch

from lepton_local.errors import LeptonError
from lepton_local.indexing.report import Report
from lepton_local.store.manifest import load_manifest
from lepton_local.store.place import storage_at

SWEEP = 600.0  # seconds from one update to the next where nothing seems to change
RETRY = 10.0  # seconds until an update that failed is tried again
REST = 4.0  # times its own length that an update is followed by a rest: a fifth of a core at most
# Milliseconds:
QUIET = 500  # without an event, after which a change is taken to be whole; and from tick to tick
LONGEST = 5000  # that further events may put an update off
POLL = 2000  # between two looks where the system gives no events
RULES = (".gitignore", ".leptonignore")  # the hidden files that say what is indexed


def updates(
    index: str | Path, update: Callable[[], Report], *, sweep: float = SWEEP, retry: float = RETRY
) -> Iterator[Report | LeptonError | OSError]:
    """Run `update` now, whenever a root changes, and every `sweep` seconds; give what came of each,
    for ever.

    An update that fails is tried again after `retry` seconds. Raises StoreError when there is no
    index.
    """
    roots = load_manifest(storage_at(index)).roots
    rest = due = 0.0
    while True:
        stamps, pending = _stamps(roots), True  # what has changed while nobody watched is not known
        with contextlib.closing(_events(str(index), roots)) as events:
            for changed in events:
                began = time.monotonic()
                pending |= changed
                if began >= due or (pending and began >= rest):
                    outcome = _tried(update)
                    yield outcome
                    now, pending = time.monotonic(), False
                    rest = now + REST * (now - began)
                    due = now + (sweep if isinstance(outcome, Report) else retry)
                    if isinstance(outcome, Report) and outcome.index.manifest.roots != roots:
                        roots = outcome.index.manifest.roots
                        break
                if _stamps(roots) != stamps:
                    break  # a root has come, gone or been replaced: watch the one that is there now
        time.sleep(QUIET / 1000)


def _events(index: str, roots: Sequence[str]) -> Generator[bool, None, None]:
    """Whether something has changed: told first when all folders are watched, then at every tick.

    Ends when no watch holds: a folder has gone, or a name that is not UTF-8 cannot be told.
    """
    folders = [root for root in roots if os.path.isdir(root)]
    apart = os.path.realpath(index)
    missed = False
    for polling in (None, True):
        try:
            for changes in watch(
                *folders,
                watch_filter=None,  # it would keep the ticks back as well
                debounce=LONGEST,
                step=QUIET,
                rust_timeout=QUIET,
                yield_on_timeout=True,
                force_polling=polling,
                poll_delay_ms=POLL,
                ignore_permission_denied=True,
            ):
                yield missed or any(_matters(path, folders, apart) for _, path in changes)
                missed = False
        except FileNotFoundError:
            break
        except (OSError, RuntimeError):
            missed = True  # the system's events are used up, or break off: look at the files
    yield True


def _matters(path: str, folders: Sequence[str], apart: str) -> bool:
    """Whether a change at `path` may change what is indexed; the index itself is set apart."""
    if PurePath(os.path.realpath(path)).is_relative_to(apart):
        return False
    inside = [PurePath(path).relative_to(f) for f in folders if PurePath(path).is_relative_to(f)]
    return any(
        not any(name.startswith(".") for name in within.parts[:-1])
        and (not within.name.startswith(".") or within.name in RULES)
        for within in inside
    )


def _stamps(roots: Sequence[str]) -> list[tuple[int, ...]]:
    """What tells that a root is the same: of a folder its place on the disk, of a file its size and
    time too; of one that is not there, nothing.
    """
    found: list[tuple[int, ...]] = []
    for root in roots:
        try:
            state = os.stat(root)
        except OSError:
            found.append(())
            continue
        written = () if stat.S_ISDIR(state.st_mode) else (state.st_size, state.st_mtime_ns)
        found.append((state.st_dev, state.st_ino, *written))
    return found


def _tried(update: Callable[[], Report]) -> Report | LeptonError | OSError:
    try:
        return update()
    except (LeptonError, OSError) as error:
        return error

"""A folder that is not there now is not a thousand deletions: an update stops, and asks.

The usual case is a disk or a share that is not mounted: its folder is missing, or there and empty.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from lepton_local.errors import InputError
from lepton_local.indexing.plan import Plan, place

# Fewer are soon indexed again; people do delete a handful, or a half, and should not be asked.
FEWEST = 20  # files
SHARE = 0.5  # of what is indexed of a root


def missing_roots(roots: Sequence[str]) -> list[str]:
    """The roots that are not there, or that the system does not let us see."""
    return [root for root in roots if not os.path.exists(root)]


def check_roots(index: str, roots: Sequence[str], todo: Plan) -> None:
    """Raises InputError when a root is missing or empty, or most of its files have gone at once."""
    for root in missing_roots(roots):
        count = sum(root in (each, os.path.join(each, path)) for each, path in todo.indexed)
        raise InputError(
            f"{root} is not there, and its documents are kept ({_files(count)})",
            advice=f"bring it back, or lepton-index move {index} {root} FOLDER where it is now, or "
            f"lepton-index update {index} --allow-deletions",
        )
    indexed = Counter(root for root, _ in todo.indexed)
    folders = {*roots, *map(os.path.dirname, roots)}  # the documents of a file are under its folder
    for root, lost in _lost(todo).items():
        if root not in folders:
            continue  # nobody wants it any more
        many = lost >= FEWEST and lost > SHARE * indexed[root]
        if many or _is_empty(root):
            raise InputError(
                f"{root} has lost {lost:,} of its {_files(indexed[root])} at once, and their "
                "documents are kept, expected a disk that is mounted",
                advice=f"bring them back, or lepton-index update {index} --allow-deletions",
            )


def _lost(todo: Plan) -> Counter[str]:
    """Root -> indexed files that are on the disk no more. A file that was moved is not lost: it
    keeps its size and time.
    """
    arrived = Counter(
        (each.size, each.mtime_ns) for each in todo.ingest if place(each) in todo.added
    )
    lost: Counter[str] = Counter()
    for root, path in sorted(todo.drop - todo.changed):
        source = todo.indexed[root, path]
        stamp = (source.size, source.mtime_ns)
        if arrived[stamp]:
            arrived[stamp] -= 1
        elif not os.path.lexists(os.path.join(root, path)):  # else it is there, and left out
            lost[root] += 1
    return lost


def _is_empty(root: str) -> bool:
    try:
        with os.scandir(root) as entries:
            return next(entries, None) is None
    except OSError:
        return False


def _files(count: int) -> str:
    return f"{count:,} indexed file{'' if count == 1 else 's'}"

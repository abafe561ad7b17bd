"""Several indexes searched as one: what all of them hold, ranked as one index of it all would."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.errors import InputError, VersionError
from lepton_local.store.index import Index
from lepton_local.store.storage import rebuild


def union(indexes: Sequence[Index]) -> Index:
    """One index of the passages of several. Raises VersionError when their vectors were made by
    several encoders, and InputError when there is none.
    """
    if not indexes:
        raise InputError("no index was named, expected one or several")
    first, *others = indexes
    made = first.manifest.encoder
    for other in others:
        theirs = other.manifest.encoder
        if theirs.digest != made.digest:
            raise VersionError(
                f"{other.place} was encoded by {theirs.name} ({theirs.digest}), and {first.place} "
                f"by {made.name} ({made.digest}): they cannot be searched together",
                advice=rebuild(other.place),
            )
    if not others:
        return first
    return Index(
        [segment for index in indexes for segment in index.segments],
        [live for index in indexes for live in index.live],
        manifest=first.manifest,
        storage=first.storage,
        members=indexes,
    )

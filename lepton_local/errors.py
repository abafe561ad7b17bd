"""Everything that can go wrong on purpose, as one tree.

    LeptonError
    ├── InputError          a value the caller gave cannot be used (question, k, filter, path)
    ├── SourceError         one source file cannot be indexed: it is skipped, with this reason
    │   └── UnreadableError     it cannot be read now: what is indexed of it is kept
    ├── ModelError          a model is missing, damaged, or of the wrong kind
    ├── DependencyError     an installed package is missing, or two of them clash
    └── StoreError          an index cannot be opened
        ├── NoIndexError        there is no index at this place
        ├── VersionError        the index was written in another format, or by another encoder
        ├── DamagedError        a file of the index is missing, truncated or altered
        └── LockedError         another process is writing this index

A message is one line: the value, what was expected, and the next command to type. The command line
prints it and exits with status 2; a library user catches `LeptonError`.
"""

from __future__ import annotations


class LeptonError(Exception):
    """The root of the tree; never raised itself."""


class InputError(LeptonError):
    """A value the caller gave cannot be used."""


class SourceError(LeptonError):
    """One source file cannot be indexed; the message is the reason that `info --skipped` shows."""


class UnreadableError(SourceError):
    """The system refuses to read a file, or it changes meanwhile: another time it may be read."""


class ModelError(LeptonError):
    """A model is missing, damaged, or of the wrong kind."""


class DependencyError(LeptonError):
    """An installed package is missing, or two of them clash."""


class StoreError(LeptonError):
    """An index cannot be opened."""


class NoIndexError(StoreError):
    """There is no index at this place."""


class VersionError(StoreError):
    """The index was written in another format, or by another encoder."""


class DamagedError(StoreError):
    """A file of the index is missing, truncated or altered."""


class LockedError(StoreError):
    """Another process is writing this index."""

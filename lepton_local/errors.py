"""Everything that can go wrong on purpose, as one tree.

    LeptonError
    ├── InputError          a value the caller gave cannot be used (question, k, filter, path)
    ├── SourceError         one source file cannot be indexed: it is skipped, with this reason
    │   └── UnreadableError     it cannot be read now: what is indexed of it is kept
    ├── ModelError          a model is missing, damaged, or of the wrong kind
    ├── DependencyError     an installed package is missing, or two of them clash
    ├── ClusterError        no cluster answers, or its machines cannot do the work
    └── StoreError          an index cannot be opened
        ├── NoIndexError        there is no index at this place
        ├── VersionError        the index was written in another format, or by another encoder
        ├── DamagedError        a file of the index is missing, truncated or altered
        ├── LockedError         another process is writing this index
        ├── SecretError         the index is encrypted, and its key is missing or is another one
        └── AlteredError        the manifest of an encrypted index is another than was written last

A `message` is one line: the value, and what was expected. `advice` is what to do now, mostly the
next command to type; it is empty where nothing is known that would help. `str()` has both: the
command line prints that and exits with status 2. Whoever serves people without a command line shows
the message alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class LeptonError(Exception):
    """The root of the tree; never raised itself."""

    advice = ""  # of its kind, where whoever raises it knows nothing better

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice or type(self).advice

    def __str__(self) -> str:
        return f"{self.message}: {self.advice}" if self.advice else self.message


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


class ClusterError(LeptonError):
    """No cluster answers, or its machines cannot do the work."""


class StoreError(LeptonError):
    """An index cannot be opened."""


class NoIndexError(StoreError):
    """There is no index at this place."""


class VersionError(StoreError):
    """The index was written in another format, or by another encoder."""

    advice = "lepton-index build FOLDER --out INDEX"


class DamagedError(StoreError):
    """A file of the index is missing, truncated or altered."""

    advice = "lepton-index build FOLDER --out INDEX"


class LockedError(StoreError):
    """Another process is writing this index."""


class SecretError(StoreError):
    """The index is encrypted, and its key is missing or is another one."""


class AlteredError(StoreError):
    """The manifest of an encrypted index is another than was written last."""


@contextmanager
def extra(name: str, purpose: str) -> Iterator[None]:
    """Around the imports of what an extra brings: DependencyError, with the command that installs
    it, where one of them is not there.
    """
    with needed(purpose, f"'lepton-local[{name}]'"):
        yield


@contextmanager
def needed(purpose: str, package: str = "") -> Iterator[None]:
    """The same for the package that is imported, or another one that brings it."""
    try:
        yield
    except ImportError as error:
        raise DependencyError(
            f"{purpose} needs {error.name}, which is not installed",
            advice=f"pip install {package or error.name}",
        ) from None

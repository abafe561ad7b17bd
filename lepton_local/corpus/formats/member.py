"""What a parser gives beside documents: the files in a container, each parsed like a file on disk,
and the parts that could not be read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LARGEST = 64 << 20  # bytes of a member; a larger one is refused, as a larger file is


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a source: a member of an archive, a message of a mailbox, an attachment.

    `key` names it in its container, and is empty where it is all that there is; the ending of
    `name` tells its format. `read` gives its bytes, and raises SourceError where they must not or
    cannot be read; it is called at most once, and before the container is asked for more.
    """

    key: str
    name: str
    read: Callable[[], bytes]
    date: str = ""  # ISO 8601: of a document in it that has no date of its own


@dataclass(frozen=True, slots=True)
class Refused:
    """What of a source is not indexed, and why. The key of a member or of a part (a chapter, a
    slide), or none for all the rest.
    """

    key: str
    reason: str

"""A question about made documents, with what the truth is known by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its answers, none where the documents do not say.

    An answer stands in a document of `path`, in a record (a line, or a document of few lines) that
    holds all of `keys`, right behind `behind` if that is given.
    """

    question: str
    answers: tuple[str, ...]
    kind: str
    path: str = ""
    keys: tuple[str, ...] = ()
    behind: str = ""

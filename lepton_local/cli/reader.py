"""Who reads what a command prints: whoever started this process, unless it prints for another."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reader:
    """Of another process: the width of its terminal, the folder it stands in, and whether its
    terminal makes links, of lines too.
    """

    columns: int
    folder: str
    links: bool
    lined: bool


READER: ContextVar[Reader | None] = ContextVar("reader", default=None)

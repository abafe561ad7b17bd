"""How a parser that takes long keeps its process: page by page it says that it goes on."""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[], None]] = []


def beat() -> None:
    """Say that one page of many is done: the limits of time begin anew."""
    for listener in _listeners:
        listener()


def listen(listener: Callable[[], None]) -> None:
    """Be told of every page from now on."""
    _listeners.append(listener)

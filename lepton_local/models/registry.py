"""What is loaded once and shared by all threads of a process.

Two threads that ask for one model at once get one object, and load it once; those that ask for two
load them side by side.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Place:
    """Where one thing is, or will be as soon as whoever holds the lock has loaded it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    filled: bool = False
    thing: Any = None


class Registry(Generic[T]):
    """Things by their key, the last used of them; older ones live as long as somebody else holds
    them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        """Give the thing of this key, loaded if nobody has it. What `load` raises is raised to
        whoever called it; the next one tries again.
        """
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > self._most:
                self._places.popitem(last=False)
        with place.lock:
            if not place.filled:
                place.thing, place.filled = load(), True
            thing: T = place.thing
            return thing

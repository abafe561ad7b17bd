"""What the routes share: the indexes, and how many may ask at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from lepton_local.serve.live import Live

WAITING = 16  # requests that may wait for a core; a further one is to come again

T = TypeVar("T")


class Busy(Exception):
    """More is asked than is answered."""


class Door:
    """The indexes, and a thread a core for those who ask them."""

    def __init__(self, live: Live, *, cores: int) -> None:
        """cores: questions that are answered side by side."""
        self.live = live
        self._cores = CapacityLimiter(cores)

    async def turn(self, work: Callable[[], T]) -> T:
        """Do this in a thread once a core is free. Raises Busy where too many wait already."""
        if self._cores.statistics().tasks_waiting >= WAITING:
            raise Busy
        return await to_thread.run_sync(work, limiter=self._cores)

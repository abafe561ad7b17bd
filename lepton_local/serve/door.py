"""What the routes share: the indexes, and how many may ask at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from anyio import CapacityLimiter, fail_after, to_thread

from lepton_local.serve.live import Live, Searchers
from lepton_local.serve.tokens import asking

WAITING = 128  # requests that may wait for a core; a further one is to come again
PATIENCE = 30.0  # seconds that a request waits for a core

T = TypeVar("T")


class Busy(Exception):
    """More is asked than is answered."""


class Door:
    """The indexes, and a thread a core for those who ask them."""

    def __init__(
        self,
        live: Live,
        *,
        cores: int,
        opens: bool = False,
        theme: str = "auto",
        records: bool = False,
    ) -> None:
        """cores: questions that are answered side by side; opens: whether files of documents may be
        opened in their programs; theme: of the page, light, dark, or auto: the system's; records:
        whether it is kept which passages are opened and copied.
        """
        self.live = live
        self.opens = opens
        self.theme = theme
        self.records = records
        self._cores = CapacityLimiter(cores)
        self._threads = CapacityLimiter(cores)  # never waited for: whoever has a core has one

    def now(self) -> Searchers:
        """Those of all indexes, as far as whoever asks may see them."""
        return self.searchers()

    def searchers(self, names: Sequence[str] = ()) -> Searchers:
        """Those of the indexes of these names, as far as whoever asks may see them; of all where
        none is named. Raises InputError.
        """
        return self.live.newest().of(names, who=asking.get())

    @property
    def is_limited(self) -> bool:
        """Whether whoever asks sees some indexes or documents alone."""
        return asking.get().is_limited(self.live.newest().members.values())

    async def turn(self, work: Callable[[], T]) -> T:
        """Do this in a thread once a core is free. Raises Busy where too many wait already, or it
        takes too long.
        """
        if not self._cores.available_tokens and self._cores.statistics().tasks_waiting >= WAITING:
            raise Busy
        me = object()
        try:
            with fail_after(PATIENCE):
                await self._cores.acquire_on_behalf_of(me)
        except TimeoutError:
            raise Busy from None
        try:
            return await to_thread.run_sync(work, limiter=self._threads)
        finally:
            self._cores.release_on_behalf_of(me)

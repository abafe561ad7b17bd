"""Sources parsed in their order, a few of them ahead of whoever takes what they give."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from lepton_local.corpus.how import AS_EVER, How
from lepton_local.corpus.isolate import Parsed, Parser, a_parser
from lepton_local.types import Source

# That may wait to be taken, of all sources but the next one, which may give more: as much as a
# source may.
BYTES = 64 << 20
SOURCES = 4  # a process, that may wait or be at work


def parse_sources(sources: Sequence[Source], workers: int, how: How = AS_EVER) -> Ahead:
    """Parse sources in `workers` processes; close it, from any thread, to end them early."""
    return Ahead(sources, min(workers, len(sources)), how)


class Ahead:
    """What threads, each with a process, have parsed and nobody has taken yet: an iterator.

    Taking raises DependencyError when a process cannot even start.
    """

    def __init__(self, sources: Sequence[Source], workers: int, how: How) -> None:
        self._sources, self._how = sources, how
        self._most = SOURCES * workers
        self._changed = threading.Condition()
        self._begun = self._taken = 0
        self._bytes: dict[int, int] = {}  # that each source has given so far, and nobody has taken
        self._finished: dict[int, Parsed | Exception] = {}
        self._busy: set[Parser] = set()
        self._stopped = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def __iter__(self) -> Ahead:
        return self

    def __next__(self) -> Parsed:
        """What the next source gave, once it is there."""
        with self._changed:
            number = self._taken
            self._changed.wait_for(lambda: self._over() or number in self._finished)
            if self._over():
                raise StopIteration
            found = self._finished.pop(number)
            self._bytes.pop(number, None)
            self._taken += 1
            self._changed.notify_all()
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        """End what is still at work, and whoever waits for it."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            while thread.is_alive():
                for parser in list(self._busy):
                    parser.kill()
                thread.join(0.05)

    def _work(self) -> None:
        with a_parser() as parser:
            while (number := self._next()) is not None:
                self._busy.add(parser)
                began = time.perf_counter()
                try:
                    wait = partial(self._wait, number)
                    source = self._sources[number]
                    parsed = parser.parse(source, wait, how=self._how)
                    found: Parsed | Exception
                    found = replace(parsed, seconds=time.perf_counter() - began)
                except Exception as error:  # raised where it is taken
                    found = error
                self._busy.remove(parser)
                with self._changed:
                    self._finished[number] = found
                    self._changed.notify_all()

    def _wait(self, number: int, told: int) -> None:
        """A source has given so many bytes: wait until there is room for more of it."""
        with self._changed:
            self._bytes[number] = told
            self._changed.wait_for(
                lambda: self._stopped or number == self._taken or not self._full()
            )

    def _next(self) -> int | None:
        """The number of the source to begin, as soon as there is room for what it gives."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended() or self._room())
            if self._ended():
                return None
            self._begun += 1
            return self._begun - 1

    def _ended(self) -> bool:
        return self._stopped or self._begun == len(self._sources)

    def _over(self) -> bool:
        return self._stopped or self._taken == len(self._sources)

    def _room(self) -> bool:
        waiting = self._begun - self._taken
        return waiting == 0 or (waiting < self._most and not self._full())

    def _full(self) -> bool:
        return sum(self._bytes.values()) >= BYTES

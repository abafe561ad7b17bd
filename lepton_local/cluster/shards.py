"""An index searched on many machines. Its segments are dealt out to processes, each of which keeps
some open; a question goes to all, and what they find is ranked as if it had been found here.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

from lepton_local import __version__
from lepton_local.cluster.machines import (
    Gone,
    Machine,
    Remote,
    answered,
    connected,
    given,
    machines,
    started,
)
from lepton_local.cluster.shard import Facts, Placed, Shard, summed, together
from lepton_local.config import SearchConfig
from lepton_local.errors import ClusterError, LeptonError
from lepton_local.search.lookup import Finder, Look, Lookup, Spread
from lepton_local.search.retrieve import Candidates, cut
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.store.statistics import Statistics
from lepton_local.store.ticket import ticket
from lepton_local.store.union import union

CORES = 2  # of a machine, for each process that searches
OPENING = 120.0  # seconds until a process has opened its segments
TRIES = 5  # of opening a part anew
HEDGE = 1.0  # seconds after which another process that holds the same is asked too
DEADLINE = 30.0  # seconds after which an answer goes without who has not answered


@dataclass(slots=True)
class _Part:
    """Segments that lie together, and the processes that hold them."""

    first: int  # row of the index
    placed: list[Placed] = field(default_factory=list)
    rows: int = 0  # live ones
    held: list[Remote] = field(default_factory=list)
    coming: dict[Any, Remote] = field(default_factory=dict)  # by what they were asked
    failed: int = 0  # that did not come
    facts: Facts | None = None

    @property
    def nodes(self) -> list[str]:
        """Where its processes are."""
        return [remote.machine.node for remote in (*self.held, *self.coming.values())]


class Shards:
    """The processes that hold an index. They end with a `with`, or with the last who has this."""

    def __init__(self, index: Index, *, replicas: int = 0) -> None:
        """replicas: further machines that hold the same as each one.

        Raises ClusterError where no machine is there, or a part of the index cannot be opened.
        """
        self._manifest, self._copies = index.manifest, 1 + replicas
        self._lock = threading.RLock()
        self._missed = threading.local()
        self._why = ""  # the last process that did not come
        self._failed: Counter[str] = Counter()  # by node, processes that did not come or have gone
        self._looked = 0.0  # when the machines were last asked for more processes
        there = machines(CORES)
        if not there:
            raise ClusterError("no machine of the cluster has a processor for us")
        self._parts = _dealt(index, sum(machine.many for machine in there))
        self._end = weakref.finalize(self, _end, self._parts)
        self._end.atexit = False  # the cluster is left by then
        for part in sorted(self._parts, key=lambda part: -part.rows):
            for _ in range(self._copies):
                self._open(part)
        self.wait()
        self._facts = summed([part.facts for part in self._parts if part.facts is not None])
        self._whole = index

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def index(self) -> Index:
        """The index, of which these processes tell what is counted. It keeps them, and is not kept
        here: once nobody asks it any more they end.
        """
        whole = self._whole
        return Index(
            whole.segments,
            whole.live,
            manifest=whole.manifest,
            storage=whole.storage,
            members=whole.members,
            statistics=Statistics(*self._facts, self._frequencies),
        )

    def look(self, lookup: Lookup) -> Look:
        """See `Finder`: every process looks, and the best of all are taken."""

        def count() -> int:
            told = self._ask("count", lookup, self._facts)
            self._missed.parts = self._lacking(told)
            return sum(told.values())

        def find(n: int) -> Candidates:
            told = self._ask("find", lookup, self._facts, n)
            missed, self._missed.parts = self._lacking(told), set()
            rows = sum(self._parts[number].rows for number in missed)
            every = together([told[number] for number in sorted(told)], lookup)
            every = replace(every, missing=rows / max(1, sum(part.rows for part in self._parts)))
            return cut(every, n=n, named=lookup.named, by_words=lookup.terms is not None)

        return Look(count, find)

    def holding(self, number: int) -> list[Remote]:
        """The processes that hold a part, by its number."""
        return list(self._parts[number].held)

    def _frequencies(self, many: Sequence[Sequence[str]]) -> list[int]:
        if not many:
            return []
        told = self._ask("frequencies", many)
        self._missed.parts = self._lacking(told)  # the question that asks is this thread's
        return [sum(each) for each in zip(*told.values(), strict=True)] or [0] * len(many)

    def _lacking(self, told: dict[int, Any]) -> set[int]:
        """The parts that told nothing, now or earlier for the same question."""
        missed: set[int] = getattr(self._missed, "parts", set())
        return missed | (set(range(len(self._parts))) - told.keys())

    def _ask(self, method: str, *args: Any) -> dict[int, Any]:
        """What one process of each part gives, by its number; nothing of one that nobody holds."""
        self._see()
        told: dict[int, Any] = {}
        asked: dict[Any, tuple[int, Remote]] = {}
        untried = {number: self.holding(number) for number in range(len(self._parts))}

        def ask(number: int) -> None:
            if untried[number]:
                remote = untried[number].pop(0)
                asked[remote.ask(method, *args)] = number, remote

        for number in untried:
            ask(number)
        began = time.monotonic()
        while asked and len(told) < len(self._parts) and time.monotonic() - began < DEADLINE:
            ready = answered(list(asked), HEDGE)
            for ref in ready:
                number, remote = asked.pop(ref)
                try:
                    told.setdefault(number, given(ref))
                except Gone as error:
                    self._lose(self._parts[number], remote, error)
                    ask(number)
            if not ready:
                for number in {number for number, _ in asked.values()} - told.keys():
                    ask(number)
        return told

    def _lose(self, part: _Part, remote: Remote, error: Gone) -> None:
        """A process has gone: have another machine hold what it held."""
        with self._lock:
            if remote in part.held:
                part.held.remove(remote)
                self._failed[remote.machine.node] += 1
                remote.end()
                self._why = f"{remote.machine.name}: {error}"
                self._open(part)

    def _see(self) -> None:
        """Take in the processes that have opened their part meanwhile; start those that lack."""
        with self._lock:
            for part in self._parts:
                for ref in answered(list(part.coming), 0):
                    self._take(part, ref)
            if time.monotonic() - self._looked > HEDGE:
                self._looked = time.monotonic()
                for part in self._parts:
                    if len(part.nodes) < self._copies and part.failed < TRIES:
                        self._open(part)

    def _take(self, part: _Part, ref: Any) -> None:
        remote = part.coming.pop(ref)
        try:
            part.facts = given(ref)
        except (Gone, LeptonError) as error:
            part.failed += 1
            self._failed[remote.machine.node] += 1
            self._why = f"{remote.machine.name}: {error}"
            remote.end()
        else:
            part.held.append(remote)

    def _open(self, part: _Part) -> None:
        """Have the machine that holds least open a part; none, if all that are there hold it."""
        free = [machine for machine in machines(CORES) if machine.node not in part.nodes]
        if free:
            # One that has just died may still be in the list.
            machine = min(free, key=lambda each: (self._failed[each.node], self._load(each)))
            brief = (self._manifest, part.placed, part.first)
            remote = started(Shard, brief, machine, processors=0)
            part.coming[remote.ask("open", __version__)] = remote

    def _load(self, machine: Machine) -> float:
        """How many rows a machine holds, for each process that it has room for."""
        held = sum(part.rows * part.nodes.count(machine.node) for part in self._parts)
        return held / machine.many

    def wait(self) -> None:
        """Wait for the processes that are coming, and until each part is held by one. Raises
        ClusterError.
        """
        began = time.monotonic()
        while True:
            lacking = [part for part in self._parts if not part.held]
            for part in self._parts:  # a machine that has just died may have been asked
                if len(part.nodes) < self._copies and part.failed < TRIES:
                    self._open(part)
            coming = {ref: part for part in self._parts for ref in part.coming}
            late = time.monotonic() - began > OPENING
            if not lacking and (late or not coming):
                return
            if late or not all(part.coming for part in lacking):
                few = f"{len(lacking)} of {len(self._parts)} parts of the index"
                raise ClusterError(f"{few} could not be opened ({self._why or 'no machine came'})")
            for ref in answered(list(coming), HEDGE):
                self._take(coming[ref], ref)


def _dealt(index: Index, many: int) -> list[_Part]:
    """The segments of an index in at most so many parts of about as many rows, in their order."""
    placed = [
        (place, segment.entry)
        for member in index.members
        for place in [ticket(member.storage)]
        for segment in member.segments
    ]
    share = max(1, sum(entry.live_rows for _, entry in placed)) / many
    parts: dict[int, _Part] = {}
    before = 0
    for (place, entry), first in zip(placed, index.offsets.tolist(), strict=False):
        number = min(many - 1, int((before + entry.live_rows / 2) / share))
        part = parts.setdefault(number, _Part(first))
        part.placed.append((place, entry))
        part.rows += entry.live_rows
        before += entry.live_rows
    return list(parts.values())


def _end(parts: Sequence[_Part]) -> None:
    for part in parts:
        for remote in (*part.held, *part.coming.values()):
            remote.end()


@contextmanager
def spreading(address: str, *, replicas: int) -> Iterator[Spread]:
    """What has the machines of a cluster look through an index. address: see `connected`. Raises
    ClusterError.
    """

    def spread(index: Index) -> tuple[Index, Finder]:
        shards = Shards(index, replicas=replicas)
        return shards.index, shards.look

    with connected(address):
        yield spread


@contextmanager
def searching(
    address: str, places: Sequence[str], config: SearchConfig, *, replicas: int
) -> Iterator[Searcher]:
    """A searcher of these indexes, whose passages the machines of a cluster look through. address:
    see `connected`. Raises ClusterError, StoreError.
    """
    whole = union([Index.open(place) for place in places])
    with spreading(address, replicas=replicas) as spread:
        index, look = spread(whole)
        yield Searcher(index, config=config, look=look)

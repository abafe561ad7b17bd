"""What the machines of a cluster write is what one process would write: each batch of sources
becomes segments at a place that all of them see, and whoever asked for them commits. A process or
a machine that dies costs time alone: its batch is done again, and equal segments have equal names.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from socket import gethostname
from typing import Self

from lepton_local.cluster.machines import Process, connected, machines
from lepton_local.cluster.pool import Job, Pool
from lepton_local.config import BuildConfig
from lepton_local.errors import ClusterError
from lepton_local.indexing.commit import next_number
from lepton_local.indexing.crew import joined, write_batch
from lepton_local.indexing.deal import deal
from lepton_local.indexing.known import KnownVectors
from lepton_local.indexing.merge import runs
from lepton_local.indexing.report import silent
from lepton_local.indexing.tally import Tally
from lepton_local.models.load import load_encoder
from lepton_local.models.roles import Encoder
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.names import LOCK_FILE
from lepton_local.store.storage import Storage
from lepton_local.store.ticket import Ticket, ticket
from lepton_local.types import Source

CORES = 4  # of a process, at most: parsing, cutting and writing have one thread each

Done = tuple[list[SegmentEntry], Tally]


class Builder(Process):
    """A process that builds; it keeps its encoder, and knows what it has encoded."""

    def __init__(
        self, place: Ticket, known: Sequence[SegmentEntry], digest: str, threads: int
    ) -> None:
        self._storage, self._digest, self._threads = place.open(), digest, threads
        self._known = KnownVectors(self._storage, known, encoder=digest)

    def write(self, sources: Sequence[Source], config: BuildConfig, number: int) -> Done:
        """Sources as segments; see `write_batch`."""
        tally = Tally(silent)
        with tally.timed("load"):
            encoder = load_encoder(config.encoder, device=config.device, threads=self._threads)
        if encoder.digest != self._digest:
            raise ClusterError(
                f"{config.encoder} on {gethostname()} is {encoder.digest}, expected {self._digest}"
            )
        place, known = self._storage, self._known
        written = write_batch(place, sources, encoder, config, tally, known, number=number)
        return written, tally

    def join(self, entries: Sequence[SegmentEntry], config: BuildConfig) -> Done:
        """Segments as one; see `joined`."""
        tally = Tally(silent)
        return joined(self._storage, entries, config, tally), tally


class ClusterCrew:
    """The machines of a cluster, which is looked for once there is work; used in a `with`."""

    def __init__(self, address: str) -> None:
        """address: see `connected`."""
        self._address, self._connected = address, False
        self._open = contextlib.ExitStack()
        self._pool: Pool | None = None
        self._place = ""  # of what its processes write

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.close()
        self._open.close()

    def write(
        self,
        storage: Storage,
        sources: Sequence[Source],
        encoder: Encoder,
        config: BuildConfig,
        tally: Tally,
        known: Sequence[SegmentEntry],
    ) -> list[SegmentEntry]:
        """See `Crew.write`: segments of up to LARGEST rows."""
        tally.total_bytes = sum(source.size for source in sources)
        roots = sorted({source.root for source in sources})
        pool = self._start(storage, roots, known, encoder.digest)
        number = next_number(storage)
        batches = deal(sources, sum(machine.many for machine in machines(CORES)))
        jobs = [("write", (batch, config, number + i)) for i, batch in enumerate(batches)]
        return _joined(pool, _done(pool, jobs, tally), config, tally)

    def join(
        self,
        storage: Storage,
        entries: Sequence[SegmentEntry],
        chosen: Sequence[SegmentEntry],
        config: BuildConfig,
        tally: Tally,
    ) -> list[SegmentEntry]:
        """See `Crew.join`: into segments of up to LARGEST rows, of whole segments."""
        names = {entry.name for entry in chosen}
        parts = [[entry] for entry in entries if entry.name in names and entry.live_rows]
        rest = [entry for entry in entries if entry.name not in names]
        if not parts:
            return rest
        pool = self._pool if storage.place == self._place else None
        pool = pool or self._start(storage, (), (), "")
        return [*_joined(pool, parts, config, tally), *rest]

    def _start(
        self,
        storage: Storage,
        roots: Sequence[str],
        known: Sequence[SegmentEntry],
        digest: str,
    ) -> Pool:
        """Processes that write to a place, and know what is there."""
        place = ticket(storage)
        if not self._connected:
            self._open.enter_context(connected(self._address))
            self._connected = True
        lock = [f"{place.place}/{LOCK_FILE}"] if os.path.isdir(place.place) else []
        paths = (*lock, *place.paths, *roots)
        if self._pool is not None:
            self._pool.close()
        self._place = storage.place
        self._pool = Pool(Builder, (place, list(known), digest), paths, processors=CORES)
        return self._pool


def _joined(
    pool: Pool, parts: Sequence[list[SegmentEntry]], config: BuildConfig, tally: Tally
) -> list[SegmentEntry]:
    jobs = [("join", (run, config)) for run in runs(parts)]
    tally.progress("merge", 0, len(jobs))
    return [entry for part in _done(pool, jobs, tally) for entry in part]


def _done(pool: Pool, jobs: Sequence[Job], tally: Tally) -> list[list[SegmentEntry]]:
    """The segments of each job, in their order."""
    found: dict[int, list[SegmentEntry]] = {}

    def told(number: int, given: Done, machine: str) -> None:
        found[number], part = given
        tally.add(part, machine)

    pool.do(jobs, told)
    return [found[number] for number in range(len(jobs))]

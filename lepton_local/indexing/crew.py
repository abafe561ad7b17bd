"""Who writes the segments of a build: this process, or those of many machines. Whoever has asked
for them commits, alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lepton_local.config import BuildConfig
from lepton_local.corpus.ahead import parse_sources
from lepton_local.corpus.how import How
from lepton_local.indexing.commit import next_number
from lepton_local.indexing.ingest import ingest
from lepton_local.indexing.known import KnownVectors
from lepton_local.indexing.merge import merge_chosen
from lepton_local.indexing.tally import Tally
from lepton_local.models.roles import Encoder
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.names import TEXT
from lepton_local.store.storage import Storage
from lepton_local.store.vectors import wants_faiss
from lepton_local.types import Source


class Crew(Protocol):
    """Writes segments, and joins them. What it gives is the same, whoever it is."""

    def write(
        self,
        storage: Storage,
        sources: Sequence[Source],
        encoder: Encoder,
        config: BuildConfig,
        tally: Tally,
        known: Sequence[SegmentEntry],
    ) -> list[SegmentEntry]:
        """Write sources, in their order, as one segment or as few; none where they give nothing.
        known: segments whose vectors need not be made again.
        """

    def join(
        self,
        storage: Storage,
        entries: Sequence[SegmentEntry],
        chosen: Sequence[SegmentEntry],
        config: BuildConfig,
        tally: Tally,
    ) -> list[SegmentEntry]:
        """`entries` with the `chosen` ones merged into one or a few, which come first."""


class Alone:
    """This process."""

    def write(
        self,
        storage: Storage,
        sources: Sequence[Source],
        encoder: Encoder,
        config: BuildConfig,
        tally: Tally,
        known: Sequence[SegmentEntry],
    ) -> list[SegmentEntry]:
        """See `Crew.write`: one segment."""
        vectors = KnownVectors(storage, known, encoder=encoder.digest)
        number = next_number(storage)
        written = write_batch(storage, sources, encoder, config, tally, vectors, number=number)
        return joined(storage, written, config, tally)

    def join(
        self,
        storage: Storage,
        entries: Sequence[SegmentEntry],
        chosen: Sequence[SegmentEntry],
        config: BuildConfig,
        tally: Tally,
    ) -> list[SegmentEntry]:
        """See `Crew.join`: into one."""
        return merge_chosen(storage, entries, chosen, config, tally)


def write_batch(
    storage: Storage,
    sources: Sequence[Source],
    encoder: Encoder,
    config: BuildConfig,
    tally: Tally,
    known: KnownVectors,
    *,
    number: int,
) -> list[SegmentEntry]:
    """Parse and write sources as segments, which `joined` makes one of; the first has this
    `number`.
    """
    tally.total_bytes = sum(source.size for source in sources)
    written = ingest(
        parse_sources(sources, config.workers, How.of(config)),
        storage,
        encoder=encoder,
        config=config,
        known=known,
        first_number=number,
        tally=tally,
    )
    for entry in written[-1:]:
        known.release(entry)
    return written


def joined(
    storage: Storage, written: Sequence[SegmentEntry], config: BuildConfig, tally: Tally
) -> list[SegmentEntry]:
    """Segments as one, without their deleted rows, and with the FAISS index that it is to have."""
    if len(written) > 1 or any(
        each.deleted_rows or wants_faiss(each.fields[TEXT], config.faiss) for each in written
    ):
        return merge_chosen(storage, written, written, config, tally)
    return list(written)

"""The steps that build and update share: crawl the roots, name the encoder, tell what was done."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from lepton_local.config import BuildConfig
from lepton_local.corpus.acl import rights_of
from lepton_local.corpus.crawl import crawl
from lepton_local.indexing.plan import place
from lepton_local.indexing.report import Report
from lepton_local.indexing.tally import Tally
from lepton_local.models.roles import Encoder
from lepton_local.models.scale import scale_of
from lepton_local.rights import Rights
from lepton_local.store.entry import EncoderId
from lepton_local.store.index import Index
from lepton_local.store.storage import Storage
from lepton_local.types import Progress, Skipped, Source


def identity(encoder: Encoder, model: str) -> EncoderId:
    """What a manifest says of an encoder; `model` is what it was loaded by."""
    scale = asdict(scale_of(encoder))
    return EncoderId(encoder.name, encoder.digest, encoder.dim, model, **scale)


def crawl_roots(
    roots: Sequence[Path], config: BuildConfig, progress: Progress
) -> list[Source | Skipped]:
    """The files under the roots, and those that were passed over with a reason, in order."""
    found: list[Source | Skipped] = []
    for item in crawl(
        roots,
        include=config.include,
        exclude=config.exclude,
        max_bytes=config.max_bytes,
        libreoffice=config.libreoffice,
        pictures=config.pictures,
    ):
        found.append(item)
        progress("crawl", len(found), None)
    progress("crawl", len(found), len(found))
    return found


def read_rights(found: Sequence[Source | Skipped], config: BuildConfig) -> Rights | None:
    """Who may read the files that were found, where the index is to know. Asked last, so that what
    was shut while files were read is shut.
    """
    if config.acl == "none":
        return None
    return rights_of(each for each in found if isinstance(each, Source))


def in_order(skipped: Sequence[Skipped]) -> tuple[Skipped, ...]:
    """Sorted by place: some are known by their look, others when they are read."""
    return tuple(sorted(skipped, key=lambda each: place(each.source)))


def report_of(
    storage: Storage,
    tally: Tally,
    began: float,
    *,
    followed: Mapping[str, str] | None = None,
    **counts: int,
) -> Report:
    """What a run did, of the index as it is now; `began` by perf_counter, `counts` of files."""
    return Report(
        index=Index.open(storage),
        passages=tally.passages,
        encoded=tally.encoded,
        reused=tally.passages - tally.encoded,
        seconds={**tally.seconds, "total": time.perf_counter() - began},
        skipped=in_order(tally.skipped),
        followed=followed or {},
        machines=tally.machines,
        **counts,
    )

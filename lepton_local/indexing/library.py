"""The same three verbs for a program: each gives the index itself, where the command line wants the
whole report.
"""

from __future__ import annotations

from pathlib import Path

from lepton_local.config import BuildConfig
from lepton_local.indexing import builder
from lepton_local.indexing.report import silent
from lepton_local.indexing.request import Corpus
from lepton_local.models.roles import Encoder
from lepton_local.store.index import Index
from lepton_local.types import Progress


def build(
    corpus: Corpus,
    out: str | Path | None = None,
    config: BuildConfig | None = None,
    *,
    encoder: Encoder | None = None,
    progress: Progress = silent,
) -> Index:
    """Index folders or files; see builder.build. Files that could not be read are in
    `index.manifest.skipped`.
    """
    return builder.build(corpus, out, config, encoder=encoder, progress=progress).index


def update(
    index: str | Path,
    *,
    encoder: Encoder | None = None,
    device: str = "auto",
    allow_deletions: bool = False,
    allow_download: bool = False,
    progress: Progress = silent,
) -> Index:
    """Bring an index up to date with its folders; see update.update."""
    return builder.update(
        index,
        encoder=encoder,
        device=device,
        allow_deletions=allow_deletions,
        allow_download=allow_download,
        progress=progress,
    ).index


def compact(index: str | Path, *, progress: Progress = silent) -> Index:
    """Merge an index's segments; see builder.compact."""
    return builder.compact(index, progress=progress).index

"""Test sets as files and as indexes in the scratch folder."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import click

from lepton_local.config import BuildConfig
from lepton_local.indexing.builder import build
from lepton_local.models.resolve import BUNDLED
from lepton_local.store.index import Index

NOT_ENGLISH = {"cmrc2018_dev_ret"}  # beyond the default encoder: outside the mean


def unpacked(folder: Path, work: Path) -> Path:
    """The corpus of a set as a plain file in `work`."""
    corpus = work / "corpus.jsonl"
    if not corpus.exists():
        work.mkdir(parents=True, exist_ok=True)
        zipped = folder / "corpus.jsonl.gz"
        with (
            gzip.open(zipped) if zipped.exists() else open(folder / corpus.name, "rb") as packed,
            open(corpus, "wb") as plain,
        ):
            shutil.copyfileobj(packed, plain)
    return corpus


def index_of(folder: Path, work: Path, encoder: str = BUNDLED) -> Index:
    """The index of a set's corpus; one that an earlier run has left in `work` lends its vectors."""
    click.echo(f"{folder.name}: building {work / 'index'}", err=True)
    return build(unpacked(folder, work), work / "index", BuildConfig(encoder=encoder)).index

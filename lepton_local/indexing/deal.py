"""Sources dealt out in batches, each of which one process can parse, cut and encode by itself."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.corpus.suffixes import FAMILIES, format_named
from lepton_local.types import Source

# What a byte costs, where one of plain text costs 1, by order of magnitude: encoding takes longest,
# and most of a PDF or a picture is not text.
_LIGHT = dict.fromkeys(("pdf", *FAMILIES["image"]), 0.2)
FILE = 2048  # what a file costs beside its bytes: it is opened, sent to a parser, and named
LEAST, MOST = 256 << 10, 8 << 20  # of a batch: a second, and the most that is done twice
PER_WORKER = 8  # batches, so that none waits long for the last


def cost(source: Source) -> float:
    """What it costs to index a source, in bytes of plain text."""
    return FILE + source.size * _LIGHT.get(format_named(source.path), 1.0)


def deal(sources: Sequence[Source], workers: int) -> list[list[Source]]:
    """Batches of about equal cost, in the order of the sources: what is written of them, one batch
    after another, is what would be written of them all.
    """
    costs = [cost(source) for source in sources]
    size = min(max(sum(costs) / (PER_WORKER * workers), LEAST), MOST)
    batches: list[list[Source]] = []
    held = size
    for source, each in zip(sources, costs, strict=True):
        if held + each > size:
            batches.append([])
            held = 0.0
        batches[-1].append(source)
        held += each
    return batches

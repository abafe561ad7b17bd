"""What is like something: a picture like pictures, where these have vectors, else documents like a
document or a text.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from lepton_local.corpus.how import How
from lepton_local.corpus.pixels import Pixels
from lepton_local.corpus.suffixes import FAMILIES, format_named
from lepton_local.errors import InputError
from lepton_local.models.pictures import PictureEncoder
from lepton_local.search.asked import asked_path, asked_text, parsed_file
from lepton_local.search.conditions import Masks, Pool, document_rows, having
from lepton_local.search.fields import Fields
from lepton_local.search.filters import cited_by
from lepton_local.search.hits import rank
from lepton_local.search.retrieve import retrieve
from lepton_local.search.similar import similar
from lepton_local.store.index import Index
from lepton_local.store.names import PICTURES, TEXT
from lepton_local.types import Hit


def likened(
    index: Index, fields: Fields, what: str | Path, within: Masks, *, text: bool, k: int
) -> list[Hit]:
    """The `k` most like what is cited so, a file, or with `text` what is said. Raises InputError
    where there is none, or none that can be read.
    """
    name = "" if text else seeing_field(index)
    if name and (found := _picture(index, fields, name, what)) is not None:
        return _alike(index, name, *found, within, k=k)
    asked = (asked_text if text else asked_path)(index, what, lambda: fields.encoder(TEXT))
    return similar(index, asked, within, k=k)


def seeing_field(index: Index) -> str:
    """The first field of pictures that all members have; "" if there is none."""
    manifests = [member.manifest for member in index.members]
    return next(
        (
            name
            for name, made in manifests[0].encoders.items()
            if made.of == PICTURES and all(name in each.encoders for each in manifests)
        ),
        "",
    )


def _picture(
    index: Index, fields: Fields, name: str, what: str | Path
) -> tuple[np.ndarray, Masks] | None:
    """The vector (dim,) of a picture, and which rows are its own; None for what is no picture."""
    if not isinstance(what, str | Path):
        return None
    own = document_rows(index, [cited_by(str(what))])
    there = having(index, own, {name})
    for segment, mask in zip(index.segments, there, strict=True):
        if mask.any():
            first = np.zeros(len(mask), dtype=bool)
            first[np.flatnonzero(mask)[0]] = mask.sum() == sum(map(np.count_nonzero, own))
            found = segment.fields[name].of(first)
            return (found[0].astype(np.float32), own) if len(found) else None
    if any(mask.any() for mask in own) or format_named(str(what)) not in FAMILIES["image"]:
        return None
    encoder = fields.encoder(name)
    assert isinstance(encoder, PictureEncoder)
    parsed = parsed_file(index, what, How(pictures=True, side=encoder.side))
    if not parsed.pictures:
        reason = parsed.refused[0].reason if parsed.refused else "no picture"
        raise InputError(f"{what} cannot be read ({reason}), expected a picture")
    return encoder.see([_dots(parsed.pictures[0])])[0], own


def _dots(pixels: Pixels) -> np.ndarray:
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)


def _alike(
    index: Index, name: str, vector: np.ndarray, own: Masks, within: Masks, *, k: int
) -> list[Hit]:
    """The pictures nearest to a vector (dim,), but its own. Their score is the cosine."""
    masks = zip(index.segments, having(index, within, {name}), own, strict=True)
    pools = [Pool(segment, mask & ~mine) for segment, mask, mine in masks]
    found = retrieve(index, pools, vectors={name: vector}, terms=None, n=4 * k)
    cosines = found.cosines[name]
    hits, _ = rank(index, found.rows, cosines, {name: cosines}, most=k)
    return [replace(hit, relevance=min(max(hit.score, 0.0), 1.0)) for hit in hits]

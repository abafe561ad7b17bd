"""Which rows of a segment are pictures: the first of each document whose metadata says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from lepton_local.errors import DamagedError
from lepton_local.store.segment import Segment
from lepton_local.store.typed import strings

_DIGEST = re.compile(r"[0-9a-f]{32}")
_NAMED = '"picture": "'


@dataclass(frozen=True, slots=True)
class Depicted:
    """What metadata says of a picture: its digest, its dots, its place and when it was taken."""

    digest: str  # equal pictures have equal ones
    width: int
    height: int
    page: int = 0  # from 1; 0: there are none
    box: tuple[float, ...] = ()  # left, top, right, bottom, in points from the top left of the page
    taken: str = ""  # ISO 8601, by the clock of the camera

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> Self | None:
        """That of a document; None of one that is no picture."""
        told = metadata.get("picture", "")
        if not _DIGEST.fullmatch(told):
            return None
        try:
            box = tuple(map(float, metadata.get("box", "").split()))
            width, height = int(metadata["width"]), int(metadata["height"])
            page, taken = int(metadata.get("page", "0")), metadata.get("taken", "")
        except (KeyError, ValueError):
            return None
        return cls(told, width, height, page, box if len(box) == 4 else (), taken)


def picture_rows(segment: Segment) -> dict[int, str]:
    """Row -> digest of its picture, of all documents that are pictures, by row."""
    column = segment.column("metadata")
    told: dict[int, str] = {}
    for code, text in enumerate(column.values.to_pylist()):
        if _NAMED in text:
            try:
                found = Depicted.of(strings(text))
            except DamagedError:
                continue
            if found is not None:
                told[code] = found.digest
    if not told:
        return {}
    rows = segment.document_rows
    firsts = np.cumsum(rows) - rows
    documents = np.flatnonzero(np.isin(column.codes, list(told)))
    return {int(firsts[each]): told[int(column.codes[each])] for each in documents.tolist()}

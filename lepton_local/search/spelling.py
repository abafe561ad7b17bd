"""Words that are a slip of the finger away from another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA


def alike(word: str, others: Sequence[str], *, slips: int) -> Iterator[tuple[int, str]]:
    """Those of `others` that at most so many slips set apart from `word`, with how many: a letter
    too many, one too few, a wrong one, or two that changed places.
    """
    found = process.extract(word, others, scorer=OSA.distance, score_cutoff=slips, limit=None)
    for other, distance, _ in found:
        yield int(distance), other

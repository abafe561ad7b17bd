"""Texts in which a pattern matches. RE2 tells in an eighth of the time that Python takes, and never
tries one way after another: its time grows with the text alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_local.errors import InputError

STEP = 16  # texts between two looks at the clock
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # no characters, and never will be
# A pattern such as "(.?){900}x" has more states than RE2 keeps a table of: then a megabyte takes
# minutes. What goes slower than this is given up.
GRACE, RATE = 10.0, 5000  # seconds, and texts a second after them


def sieve(table: pa.Table, pattern: str) -> np.ndarray:
    """(n,) bool: the rows of a table of strings in one of whose columns the pattern matches."""
    found = np.zeros(len(table), dtype=bool)
    for column in table.columns:
        matched = pc.match_substring_regex(column, pattern).combine_chunks()
        found |= matched.to_numpy(zero_copy_only=False)
    return found


class Grep:
    """A regular expression that a person wrote, and the time it has taken so far."""

    def __init__(self, written: str) -> None:
        """written: as in a question, "/pattern/" or "/pattern/i". Raises InputError for what is
        none, or could take for ever.
        """
        body, _, flags = written[1:].rpartition("/")
        self._written, self._pattern = written, f"(?m{flags}){body}"
        self._spent, self._texts = 0.0, 0
        try:
            pc.match_substring_regex(pa.array([""]), self._pattern)
        except pa.ArrowInvalid as error:
            why = str(error).removeprefix("Invalid regular expression: ").partition(": (?m")[0]
            raise InputError(
                f"{written} is no regular expression that RE2 knows ({why})",
                advice="lepton-search query INDEX '/INV-[0-9]+/'",
            ) from None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of each match in a text."""
        # Arrow tells what matches only by putting something in its place.
        texts = pa.array([text.replace(_OPEN, " ").replace(_CLOSE, " ")])
        marked = pc.replace_substring_regex(texts, self._pattern, rf"{_OPEN}\0{_CLOSE}")[0].as_py()
        first, *others = marked.split(_OPEN)
        place = len(first)
        for inside, _, after in (piece.partition(_CLOSE) for piece in others):
            if inside:
                yield place, place + len(inside)
            place += len(inside) + len(after)

    def holds(self, table: pa.Table) -> np.ndarray:
        """(n,) bool: the rows of a table of strings in one of whose columns it matches."""
        found = [np.zeros(0, dtype=bool)]
        for first in range(0, len(table), STEP):
            began = time.perf_counter()
            found.append(sieve(table.slice(first, STEP), self._pattern))
            self._spent += time.perf_counter() - began
            self._texts += STEP
            if self._spent > GRACE + self._texts / RATE:
                raise InputError(
                    f"{self._written} takes too long, expected a pattern with fewer repetitions",
                    advice="lepton-search query INDEX QUESTION --filter path:FOLDER",
                )
        return np.concatenate(found)

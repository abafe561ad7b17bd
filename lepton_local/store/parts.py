"""Large files that lie elsewhere, of which a few parts are brought before the rest: a first answer
need not wait for all of an index. What is brought so is kept in memory, and is proved by no digest;
once much of a file is wanted, the whole is brought, and proved.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import pyarrow as pa

LEAST = 4 << 20  # bytes: smaller files are brought whole, which takes no longer
BLOCK = 128 << 10  # bytes that are brought at least
GAP = 2  # blocks between two that are wanted, which are brought along with them
SHARE = 0.25  # of a file that is brought by parts at most

Span = tuple[int, int]  # where bytes begin, and how many they are


class Ranges(Protocol):
    """A file of which some bytes are read without the rest. See `Parts`."""

    @property
    def size(self) -> int: ...

    def want(self, spans: Iterable[Span]) -> bool: ...

    def get(self, first: int, size: int) -> bytes: ...


class Parts:
    """A file of `size` bytes; safe for any number of threads.

    bring: bytes of the file by where they begin and how many they are.
    """

    def __init__(
        self, size: int, bring: Callable[[Sequence[int], Sequence[int]], list[bytes]]
    ) -> None:
        self.size = size
        self._bring, self._lock = bring, threading.Lock()
        self._held: dict[int, bytes] = {}

    def want(self, spans: Iterable[Span]) -> bool:
        """Bring what is lacking of these, together. False where so much of the file is wanted that
        the whole is to be brought: then nothing is. Raises what `bring` does.
        """
        with self._lock:
            numbers = {
                number
                for first, size in spans
                if size
                for number in range(first // BLOCK, (first + size - 1) // BLOCK + 1)
            }
            lacking = sorted(numbers - self._held.keys())
            if (len(self._held) + len(lacking)) * BLOCK > max(self.size * SHARE, BLOCK):
                return False
            runs: list[list[int]] = []
            for number in lacking:
                if runs and number - runs[-1][1] <= GAP:
                    runs[-1][1] = number
                else:
                    runs.append([number, number])
            starts = [low * BLOCK for low, _ in runs]
            ends = [min((high + 1) * BLOCK, self.size) for _, high in runs]
            lengths = [end - start for start, end in zip(starts, ends, strict=True)]
            for start, data in zip(
                starts, self._bring(starts, lengths) if runs else [], strict=True
            ):
                for at in range(0, len(data), BLOCK):
                    self._held[(start + at) // BLOCK] = data[at : at + BLOCK]
            return True

    def get(self, first: int, size: int) -> bytes:
        """Bytes that were wanted before."""
        numbers = range(first // BLOCK, (first + max(size, 1) - 1) // BLOCK + 1)
        whole = b"".join(self._held[number] for number in numbers)
        start = first - numbers[0] * BLOCK
        return whole[start : start + size]


class Reader:
    """Such a file as Arrow reads it."""

    closed = False

    def __init__(self, parts: Ranges, whole: Callable[[], pa.Buffer]) -> None:
        self._parts, self._whole, self._at = parts, whole, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True

    def flush(self) -> None:
        pass

    def tell(self) -> int:
        return self._at

    def seek(self, to: int, whence: int = 0) -> int:
        self._at = to + (0, self._at, self._parts.size)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        rest = self._parts.size - self._at
        size = rest if size < 0 else min(size, rest)
        first, self._at = self._at, self._at + size
        if self._parts.want([(first, size)]):
            return self._parts.get(first, size)
        return bytes(self._whole().slice(first, size))

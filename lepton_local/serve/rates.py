"""How often a token may ask: so many requests in so long, any of them at once, as a bucket that
fills evenly.

https://en.wikipedia.org/wiki/Token_bucket
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from lepton_local.errors import InputError
from lepton_local.serve.tokens import Token

_SECONDS = {"s": 1, "min": 60, "h": 3_600, "day": 86_400}
_RATE = re.compile(r"([1-9]\d{0,5})/(s|min|h|day)")


def per_second(rate: str) -> tuple[int, float]:
    """How many requests may come at once, and how many a second in the long run, of "60/min".

    Raises InputError for what is no rate.
    """
    told = _RATE.fullmatch(rate)
    if told is None:
        raise InputError(f"rate {rate!r:.40} is none, expected 60/min, or so many a s, h or day")
    return int(told[1]), int(told[1]) / _SECONDS[told[2]]


class Rates:
    """What each token has left; asked from one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds."""
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # by digest: requests, and when it was so

    def wait(self, who: Token) -> float:
        """Seconds until whoever asks may ask; 0: now, and that is counted."""
        if not who.rate:
            return 0.0
        most, each = per_second(who.rate)
        now = self._clock()
        left, then = self._left.get(who.digest, (float(most), now))
        left = min(float(most), left + (now - then) * each)
        may = left >= 1
        self._left[who.digest] = (left - may, now)
        return 0.0 if may else (1 - left) / each

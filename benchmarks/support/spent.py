"""What a process and all that it has started have spent of processors' time: a busy machine does
not stretch that as it stretches the time that passes.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def spent() -> float:
    """Seconds of this process and of those that live below it; Linux alone tells."""
    below, took = defaultdict(list), {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = each.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        number = int(each.parent.name)
        below[int(told[1])].append(number)
        took[number] = (int(told[11]) + int(told[12])) / TICKS
    left, all_of_them = [os.getpid()], 0.0
    while left:
        number = left.pop()
        all_of_them += took.get(number, 0.0)
        left += below[number]
    return all_of_them


def spent_by(work: Callable[[], object], *, idle: float = 0.0) -> tuple[float, float]:
    """Seconds of processors, and seconds that passed. idle: what is spent each second while nothing
    is asked, which does not count.
    """
    before, began = spent(), time.perf_counter()
    work()
    passed = time.perf_counter() - began
    return max(0.0, spent() - before - idle * passed), passed

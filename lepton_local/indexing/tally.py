"""The count of what a run does: what became of its sources, how many passages have vectors, and
where the time went.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lepton_local.indexing.report import STAGES
from lepton_local.types import Progress, Skipped, Source


@dataclass
class Tally:
    """What becomes of the sources, filled while `ingest` runs, and told as it fills."""

    progress: Progress
    total_bytes: int = 0  # of all the sources to come
    skipped: list[Skipped] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)  # those that gave documents
    bytes: int = 0  # of the sources prepared so far
    passages: int = 0  # that have a vector
    encoded: int = 0  # of these, the ones that had none before
    # By stage; each is timed in one thread alone.
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    expected: int = 0  # passages in all, as far as can be told
    machines: dict[str, dict[str, float]] = field(default_factory=dict)  # see `Report.machines`

    def foresee(self, passages: int, share: float) -> None:
        """Expect these passages now; with them, `share` of all bytes has been prepared, and from
        the rest as many again are expected from every byte.
        """
        parsed = self.passages + passages
        self.expected = max(parsed, round(parsed / share)) if 0 < share < 1 else parsed

    def advance(self, passages: int) -> None:
        """So many more passages have a vector."""
        self.passages += passages
        self.progress("encode", self.passages, self.expected)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds of a block to a stage."""
        began = time.perf_counter()
        yield
        self.spent(stage, time.perf_counter() - began)

    def spent(self, stage: str, seconds: float) -> None:
        """A stage has taken so much longer."""
        self.seconds[stage] += seconds

    def add(self, part: Tally, machine: str) -> None:
        """Count what another tally has of a part of the sources, done by a machine."""
        self.skipped += part.skipped
        self.sources += part.sources
        self.bytes += part.bytes
        self.encoded += part.encoded
        if part.passages:
            self.foresee(part.passages, self.bytes / self.total_bytes if self.total_bytes else 1.0)
            self.advance(part.passages)
        done = self.machines.setdefault(machine, {"passages": 0})
        done["passages"] += part.passages
        for stage, seconds in part.seconds.items():
            self.spent(stage, seconds)
            done[stage] = done.get(stage, 0.0) + seconds

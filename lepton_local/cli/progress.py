"""How far a long command is, on stderr: bars on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import Any

import click
from tqdm import tqdm  # type: ignore[import-untyped]

STAGES = {
    "crawl": ("looking for files", "file"),
    "read": ("reading", "file"),
    "encode": ("encoding", "passage"),
    "write": ("writing", "file"),
    "merge": ("merging", "segment"),
    "ask": ("answering", "question"),
}
PAUSE = 5.0  # seconds between two plain lines


class Progress:
    """Shows what the stages of a build have done, or how many questions; used in a `with`."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.live = sys.stderr.isatty()
        self.bars: dict[str, tqdm[Any]] = {}
        self.said = monotonic()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """`done` of `total` (None: nobody knows yet) of this stage."""
        if self.quiet:
            return
        words, unit = STAGES.get(stage, (stage, "step"))
        if self.live:
            self._bar(stage, words, unit, done, total)
        elif monotonic() - self.said >= PAUSE:
            self.said = monotonic()
            of = f" of {total:,}" if total else ""
            click.echo(f"{words}: {done:,}{of} {unit}s", err=True)

    def _bar(self, stage: str, words: str, unit: str, done: int, total: int | None) -> None:
        bar = self.bars.get(stage)
        if bar is None:
            bar = self.bars[stage] = tqdm(
                desc=f"{words:<17}", unit=f" {unit}s", total=total, leave=False, dynamic_ncols=True
            )
        bar.total = total
        bar.update(done - bar.n)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear the bars: what is said next starts on a clean line."""
        for bar in reversed(self.bars.values()):
            bar.close()

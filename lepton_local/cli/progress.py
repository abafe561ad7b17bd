"""How far a long command is, on stderr: a bar on a terminal, elsewhere a line now and then.

And Ctrl-C is not forgotten: an interrupt that comes while a library is imported, or is taken down,
may end there, as an exception that Python prints or drops. The next word of progress raises it
again.
"""

from __future__ import annotations

import signal
import sys
from time import monotonic
from types import FrameType, TracebackType
from typing import Any

import click
from tqdm import tqdm  # type: ignore[import-untyped]

from lepton_local.cli.screen import columns
from lepton_local.cli.stop import ASKING, Stopped
from lepton_local.progress import STAGES

PAUSE = 5.0  # seconds between two plain lines
WIDTH = max(len(words) for words, _ in STAGES.values())


class Progress:
    """Shows how far the present stage of a build is, or of many questions; used in a `with`."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.live = sys.stderr.isatty()
        self.stage = ""
        self.bar: tqdm[Any] | None = None
        self.said = monotonic()
        self.stopped = 0  # the signal that asked for it
        self.before: dict[int, Any] = {}  # signal -> who heard it before

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """`done` of `total` (None: nobody knows yet) of this stage."""
        if self.stopped:
            raise Stopped(self.stopped)
        if self.quiet:
            return
        if self.live:
            self._draw(stage, done, total)
        elif monotonic() - self.said >= PAUSE:
            self.said = monotonic()
            words, unit = STAGES[stage]
            of = f" of {total:,}" if total else ""
            click.echo(f"{words} {done:,}{of} {unit}", err=True)

    def _draw(self, stage: str, done: int, total: int | None) -> None:
        if self.bar is None or stage != self.stage:
            self.close()
            words, unit = STAGES[stage]
            shape = f"{words:<{WIDTH}} {{percentage:3.0f}}% {{bar}} {{n:,}} of {{total:,}} {unit}"
            self.stage = stage
            self.bar = tqdm(
                total=total,
                initial=done,
                leave=False,
                miniters=1,
                ncols=columns() - 2,  # room for the ^C that the terminal shows
                bar_format=f"{shape}, {{remaining}} left" if total else f"{words} {{n:,}} {unit}",
            )
        self.bar.total = total
        self.bar.update(done - self.bar.n)
        if done == total:
            self.bar.refresh()

    def close(self) -> None:
        """Clear the bar: whatever is said next starts on a clean line."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped = number
        self.before[number](number, frame)

    def __enter__(self) -> Progress:
        # A job in the background may ignore Ctrl-C, and goes on doing so.
        for number in (signal.SIGINT, *ASKING):
            if callable(before := signal.getsignal(number)):
                self.before[number] = before
                signal.signal(number, self._stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, before in self.before.items():
            if signal.getsignal(number) == self._stop:
                signal.signal(number, before)
        self.close()

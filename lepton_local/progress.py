"""How far a long piece of work is, as a bar: of a notebook where there is one, or of a terminal."""

from __future__ import annotations

from typing import Any

# What is done in each stage, and of what.
STAGES = {
    "crawl": ("found", "files"),
    "encode": ("encoding", "passages"),
    "merge": ("merging", "segments"),
    "ask": ("answering", "questions"),
    "draft": ("drafting", "questions"),
    "table": ("reading", "documents"),
    "train": ("training", "steps"),
}


class ProgressBar:
    """A Progress: hand one to `build`, `update`, `compact` or `evaluate`."""

    def __init__(self) -> None:
        self._stage = ""
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int | None, /) -> None:
        """`done` of `total` (None: nobody knows yet) of this stage."""
        if stage != self._stage:
            from tqdm.auto import tqdm  # type: ignore[import-untyped]  # it looks for a notebook, which takes a while

            self.close()
            words, unit = STAGES[stage]
            self._stage = stage
            self._bar = tqdm(total=total, desc=words, unit=f" {unit}")
        self._bar.total = total
        self._bar.update(done - self._bar.n)
        if done == total:
            self._bar.refresh()

    def close(self) -> None:
        """End the bar of the present stage."""
        if self._bar is not None:
            self._bar.close()
            self._bar, self._stage = None, ""

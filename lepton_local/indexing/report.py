"""What a build or an update did, and how it tells of its progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lepton_local.store.index import Index
from lepton_local.types import Skipped

# The stages of a build, as `Report.seconds` names them. From `parse` to `write` they run side by
# side, so together they may take longer than the whole.
STAGES = {
    "load": "loading the encoder",
    "parse": "reading and parsing",
    "chunk": "cutting passages",
    "words": "counting words",
    "encode": "encoding",
    "write": "writing",
    "join": "joining segments",
    "faiss": "FAISS",
}
NOTICED = 0.1  # seconds
SHARE = 0.01  # of the whole: what takes less of both is not worth a word


def silent(stage: str, done: int, total: int | None) -> None:
    """The Progress that tells nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """What changed. added, changed, moved, removed, unchanged and kept count files; the rest counts
    passages.
    """

    index: Index
    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    kept: int = 0  # files that cannot be read now: what was indexed of them stays
    passages: int = 0  # written in this run
    encoded: int = 0  # of these, turned into vectors in this run
    reused: int = 0  # of these, given the vector that an equal passage already had
    seconds: Mapping[str, float] = field(default_factory=dict)  # by stage, and the `total`
    skipped: tuple[Skipped, ...] = ()
    followed: Mapping[str, str] = field(default_factory=dict)  # roots that moved with the index
    # Machine -> seconds by stage, and `passages`; none where it was this process alone.
    machines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def profile(self) -> dict[str, float]:
        """Seconds of the stages that took noticeable time, in the order of the work, by their plain
        names.
        """
        return self.noticed(self.seconds)

    def noticed(self, seconds: Mapping[str, float]) -> dict[str, float]:
        """The same of a machine's `seconds`."""
        least = max(NOTICED, SHARE * self.seconds.get("total", 0.0))
        return {
            words: seconds[stage]
            for stage, words in STAGES.items()
            if seconds.get(stage, 0.0) >= least
        }

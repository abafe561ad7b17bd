"""The pair model: one network that both judges and reads a passage beside its question, in one
pass.
"""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.models import judge
from lepton_local.models.calibration import Calibration
from lepton_local.models.roles import Floats, PassageText, Reading, Runtime
from lepton_local.models.tokens import Tokens


class PairModel:
    """A reranker and a reader, over a runtime with the outputs `relevance`, `start` and `end`.

    `heading` says that the network was trained with each passage's heading before its words.
    """

    def __init__(
        self,
        name: str,
        digest: str,
        *,
        languages: frozenset[str],
        tokens: Tokens,
        runtime: Runtime,
        heading: bool,
        calibration: Calibration | None = None,
    ) -> None:
        self.languages = languages
        self.calibration = calibration or Calibration()
        self.name = name
        self.digest = digest
        self._tokens = tokens
        self._runtime = runtime
        self._heading = heading

    def score(self, question: str, passages: Sequence[PassageText]) -> Floats:
        """See `roles.Reranker.score`. The best window of a passage speaks for it."""
        windows = self._tokens.windows(question, passages, heading=self._heading)
        return judge.relevances(windows, judge.outputs(self._runtime, windows), len(passages))

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        """See `roles.Reader.read`; each reading has its passage's relevance too."""
        windows = self._tokens.windows(question, passages, heading=self._heading)
        results = judge.outputs(self._runtime, windows)
        relevance = judge.relevances(windows, results, len(passages))
        return judge.readings(passages, windows, results, relevance)

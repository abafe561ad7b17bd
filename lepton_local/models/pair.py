"""The pair model: one network that both judges and reads a passage beside its question, in one
pass.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
        found = self.read(question, passages)
        return np.array([reading.relevance for reading in found], dtype=np.float32)

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        """See `roles.Reader.read`; each reading has its passage's relevance too, to which what the
        network has read there adds (`calibration.Rerank.evidence`).
        """
        windows = self._tokens.windows(question, passages, heading=self._heading)
        results = judge.outputs(self._runtime, windows)
        relevance = judge.relevances(windows, results, len(passages))
        evidence = self.calibration.rerank.evidence
        return [
            reading._replace(relevance=float(logit) + evidence * reading.gain)
            for reading, logit in zip(
                judge.readings(passages, windows, results), relevance, strict=True
            )
        ]

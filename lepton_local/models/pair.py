"""The pair model: one network that both judges and reads a passage beside its question, in one
pass.
"""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.models import judge
from lepton_local.models.cross import CrossEncoder
from lepton_local.models.roles import PassageText, Reading


class PairModel(CrossEncoder):
    """A reranker and a reader, over a runtime with the outputs `relevance`, `start` and `end`."""

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        """See `roles.Reader.read`; each reading has its passage's relevance too."""
        windows = self.windows(question, passages)
        results = judge.outputs(self.runtime, windows)
        relevance = judge.relevances(windows, results, len(passages))
        return judge.readings(passages, windows, results, relevance)

"""Any cross-encoder in Hugging Face layout as a reranker."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.models import judge
from lepton_local.models.roles import Floats, PassageText


class CrossEncoder(judge.Judge):
    """A reranker over a runtime with the output `relevance`."""

    def score(self, question: str, passages: Sequence[PassageText]) -> Floats:
        """See `roles.Reranker.score`. The best window of a passage speaks for it."""
        windows = self.windows(question, passages)
        return judge.relevances(windows, judge.outputs(self.runtime, windows), len(passages))

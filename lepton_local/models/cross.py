"""Any cross-encoder in Hugging Face layout as a reranker."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.models import judge
from lepton_local.models.calibration import Calibration
from lepton_local.models.roles import Floats, PassageText, Runtime
from lepton_local.models.tokens import Tokens


class CrossEncoder:
    """A reranker over a runtime with the output `relevance`. Headings stand before passages."""

    def __init__(
        self,
        name: str,
        digest: str,
        *,
        languages: frozenset[str],
        tokens: Tokens,
        runtime: Runtime,
        calibration: Calibration | None = None,
    ) -> None:
        self.languages = languages
        self.calibration = calibration or Calibration()
        self.name = name
        self.digest = digest
        self._tokens = tokens
        self._runtime = runtime

    def score(self, question: str, passages: Sequence[PassageText]) -> Floats:
        """See `roles.Reranker.score`. The best window of a passage speaks for it."""
        windows = self._tokens.windows(question, passages, heading=True)
        return judge.relevances(windows, judge.outputs(self._runtime, windows), len(passages))

"""Any extractive question-answering network in Hugging Face layout as a reader."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.models import judge
from lepton_local.models.calibration import Calibration
from lepton_local.models.roles import PassageText, Reading, Runtime
from lepton_local.models.tokens import Tokens


class SpanReader:
    """A reader over a runtime with the outputs `start` and `end`.

    Headings are left out: these networks were trained on passages alone, and a heading is no place
    for an answer.
    """

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

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        """See `roles.Reader.read`."""
        windows = self._tokens.windows(question, passages, heading=False)
        return judge.readings(passages, windows, judge.outputs(self._runtime, windows))

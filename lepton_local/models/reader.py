"""Any extractive question-answering network in Hugging Face layout as a reader."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.models import judge
from lepton_local.models.roles import PassageText, Reading


class SpanReader(judge.Judge):
    """A reader over a runtime with the outputs `start` and `end`."""

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        """See `roles.Reader.read`."""
        windows = self.windows(question, passages)
        return judge.readings(passages, windows, judge.outputs(self.runtime, windows))

"""Questions that stand in documents above their answers: of a row that is a pair its own, else the
heading above a passage, if that asks.
"""

from __future__ import annotations

from collections.abc import Mapping

from lepton_local.corpus.headings import asked

PAIR = "question"  # the field of a row's metadata that is a question with an answer


def stored_question(heading: str, metadata: Mapping[str, str]) -> str:
    """The question that a passage below this path of headings answers, or nothing. metadata: of its
    document.
    """
    return metadata.get(PAIR, "") or asked(heading)

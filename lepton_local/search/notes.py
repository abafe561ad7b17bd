"""What a person should know of how a question was treated."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.search.conditions import Masks, Pool
from lepton_local.search.question import Question

NOTHING_LIKE = "no word of the question stands in the documents, and nothing is near it in meaning"


def nothing_left(
    question: Question, filters: Sequence[str], within: Masks, left: Sequence[Pool]
) -> tuple[str, ...]:
    """What a person should know when no passage was found: which condition left none.

    within: what the filters left; left: what was left of it when the search ended.
    """
    if filters and not any(mask.any() for mask in within):
        return ("no document passes the filters; leave one out",)
    if question.phrases and not any(pool.mask.any() for pool in left):
        phrases = ", ".join(f'"{phrase}"' for phrase in question.phrases)
        return (f"no passage holds {phrases} word for word; ask without the quotation marks",)
    return ()


def unread(language: str, *, reranker: bool, reader: bool) -> tuple[str, ...]:
    """What was left out because a model was not made for the question's language."""
    left_out = [
        said
        for missing, said in ((reranker, "not reranked"), (reader, "not read for an answer"))
        if missing
    ]
    if not left_out:
        return ()
    return (
        f"the question is in another language ({language}) than the models were made for: found "
        f"mostly by its words, {' and '.join(left_out)}; --reranker and --reader take models that "
        "read it",
    )

"""Hard negatives: passages that the engine finds for a question, and that do not answer it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lepton_local.evaluation.metrics import contains_answer, normalise_answer
from lepton_local.models.roles import PassageText
from lepton_local.search.searcher import Searcher
from lepton_local.train.data import Candidate, Group
from lepton_local.types import Progress

DEPTH = 20  # passages that are looked through for each question


def mined(
    groups: Sequence[Group],
    searcher: Searcher,
    *,
    count: int,
    progress: Progress | None = None,
) -> Iterator[Group]:
    """Each group with up to `count` more irrelevant passages, the hardest first.

    A passage that shares its words with a relevant one, or holds an answer, is no negative. The
    searcher should retrieve without reranking: a model is not to choose what it is taught with.
    """
    for number, group in enumerate(groups, 1):
        own = [c for c in group.candidates if c.relevant is not False]
        answers = [c.passage.text[start:end] for c in own for start, end in c.spans or ()]
        spans = () if any(c.spans is not None for c in own) else None
        known = [normalise_answer(c.passage.text) for c in group.candidates]
        found: list[Candidate] = []
        for hit in searcher.search(group.question, k=DEPTH):
            text = normalise_answer(hit.passage.text)
            same = any(text in other or other in text for other in known)
            if not same and not (answers and contains_answer(hit.passage.text, answers)):
                passage = PassageText(hit.passage.heading, hit.passage.text)
                found.append(Candidate(passage, False, spans))
                known.append(text)
        yield Group(group.question, (*group.candidates, *found[:count]))
        if progress is not None:
            progress("ask", number, len(groups))


def group_record(group: Group) -> dict[str, Any]:
    """The group as a row that `read_groups` reads; its first passage is the positive."""
    first, *others = group.candidates
    row: dict[str, Any] = {
        "query": group.question,
        "heading": first.passage.heading,
        "positive": first.passage.text,
        "negatives": [other.passage._asdict() for other in others],
    }
    if first.spans is not None:
        row["answers"] = [list(span) for span in first.spans]
        if first.shares:
            row["shares"] = list(first.shares)
    return row

"""A test set drafted from the documents of an index, for a person to correct: mined questions,
their answers, and where these stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lepton_local.corpus.pieces import blank_rules
from lepton_local.corpus.sentences import sentences
from lepton_local.models.roles import PassageText, Reader
from lepton_local.search.mined import Mined, mined
from lepton_local.store.index import Index
from lepton_local.types import Progress

OF_EACH = 3  # questions about a document, at most, as long as there are others
_BLOCK = 256  # passages that are mined at a time
_LONGEST = 300  # characters of an answer


@dataclass(frozen=True, slots=True)
class Drafted:
    """A question, the words that answer it, and the document in which they stand."""

    question: str
    answer: str
    document: str
    line: int
    kind: str  # asked: it stands in the document; definition: it was made of one


def draft(
    index: Index,
    reader: Callable[[], Reader],
    *,
    n: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Drafted]:
    """At most `n` questions that the documents answer, drawn by `seed`, in the documents' order.

    A question that was made of a definition is kept if the reader, asked it of the passage, answers
    with words of that definition.
    """
    found: list[tuple[int, int, Drafted]] = []
    spare: list[tuple[int, int, Drafted]] = []
    seen: set[str] = set()
    of_each: Counter[str] = Counter()
    for number, start, drafted in _candidates(index, reader, seed):
        if drafted.question.casefold() in seen:
            continue
        seen.add(drafted.question.casefold())
        of_each[drafted.document] += 1
        few = of_each[drafted.document] <= OF_EACH
        (found if few else spare).append((number, start, drafted))
        if progress is not None and few:
            progress("draft", len(found), n)
        if len(found) == n:
            break
    found += spare[: n - len(found)]
    return [drafted for _, _, drafted in sorted(found, key=lambda each: each[:2])]


def _candidates(
    index: Index, reader: Callable[[], Reader], seed: int
) -> Iterator[tuple[int, int, Drafted]]:
    """Every question of every live passage, with the number of its document and its place there."""
    rows = np.flatnonzero(np.concatenate([np.zeros(0, dtype=bool), *index.live]))
    rows = np.random.default_rng(seed).permutation(rows)
    columns = ["document", "start", "line", "heading", "text"]
    for first in range(0, len(rows), _BLOCK):
        passages = index.take_passages(rows[first : first + _BLOCK], columns).to_pylist()
        numbers = np.array([each["document"] for each in passages], dtype=np.int64)
        documents = index.take_documents(numbers, ["path", "key"]).to_pylist()
        for passage, document in zip(passages, documents, strict=True):
            text, heading = passage["text"], passage["heading"]
            key = document["key"]
            name = f"{document['path']}#{key}" if key else document["path"]
            for each in mined(text, heading):
                answer = text[each.start : _short(text, each)]
                if each.kind == "definition" and not _confirmed(each, heading, text, reader()):
                    continue
                line = passage["line"] + text.count("\n", 0, each.start)
                told = Drafted(each.question, answer, name, line, each.kind)
                yield passage["document"], passage["start"] + each.start, told


def _short(text: str, each: Mined) -> int:
    """Where the first sentence of an answer ends."""
    _, end = next(sentences(text, each.start, each.end), (each.start, each.end))
    return min(end, each.start + _LONGEST)


def _confirmed(each: Mined, heading: str, text: str, reader: Reader) -> bool:
    """Whether the reader finds an answer in the passage, and it lies in the words that were
    mined.
    """
    passage = PassageText(heading, blank_rules(text))
    reading = reader.read(each.question, [passage])[0]
    if not reading.spans or reading.spans[0].score <= reading.null:
        return False
    best = reading.spans[0]
    return each.start <= best.start < each.end

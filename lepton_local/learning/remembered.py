"""What an index is not to forget: questions that its own documents answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_local.corpus.sentences import sentences
from lepton_local.evaluation.draft import Drafted, draft
from lepton_local.learning.trial import Wanted
from lepton_local.search.searcher import Searcher
from lepton_local.types import Hit, Progress

_WORDS = 6  # of a sentence that can be asked for


@dataclass(frozen=True, slots=True)
class Remembered:
    """Questions, and what is to be found by each: its document."""

    asked: list[Wanted]
    drafted: list[Drafted]  # the first of them; the others are sentences of the documents


def remembered(
    searcher: Searcher, *, n: int, seed: int = 0, progress: Progress | None = None
) -> Remembered:
    """`n` questions drafted from the documents; where there are fewer, sentences of them too."""
    index = searcher.index
    drafted = draft(index, lambda: searcher.reader, n=n, seed=seed, progress=progress)
    found = [_wanted(each.question, each.document) for each in drafted]
    rows = np.flatnonzero(np.concatenate([np.zeros(0, dtype=bool), *index.live]))
    rows = np.random.default_rng(seed).permutation(rows)[: 4 * n]
    passages = index.take_passages(rows, ["document", "text"]).to_pylist()
    numbers = np.array([each["document"] for each in passages], dtype=np.int64)
    documents = index.take_documents(numbers, ["path", "key"]).to_pylist()
    for passage, document in zip(passages, documents, strict=True):
        if len(found) >= n:
            break
        text = passage["text"]
        long = (text[a:b].strip() for a, b in sentences(text) if len(text[a:b].split()) >= _WORDS)
        if said := next(long, ""):
            key = document["key"]
            found.append(_wanted(said, f"{document['path']}#{key}" if key else document["path"]))
    return Remembered(found, drafted)


def _wanted(question: str, document: str) -> Wanted:
    return Wanted(question, frozenset([document]), _document)


def _document(hit: Hit) -> str:
    return hit.passage.document

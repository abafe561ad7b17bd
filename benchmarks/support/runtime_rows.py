"""Real texts as the rows of token ids that `bench.py runtimes` gives every runtime."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from support.sets import unpacked

from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import questions_of
from lepton_local.models.card import Card
from lepton_local.models.roles import PassageText
from lepton_local.models.tokens import Row, Tokens, padded

BATCHES = (1, 4, 16)
TOKENS = 180  # of a passage, as a build cuts them


def drawn(folder: Path, work: Path, rows: int, seed: int) -> tuple[list[str], list[str]]:
    """Documents and questions of a set, as many of each."""
    random_ = random.Random(seed)
    documents = random_.sample(list(documents_of(folder, work).values()), rows)
    asked = [words for _, words, _ in questions_of(retrieval_set(folder))]
    return documents, random_.choices(asked, k=rows)


def retrieval_set(folder: Path) -> RetrievalSet:
    data = load_dataset(folder)
    if not isinstance(data, RetrievalSet):
        raise InputError(f"{folder}: expected a BEIR folder: bench.py runtimes --data FOLDER")
    return data


def documents_of(folder: Path, work: Path) -> dict[str, str]:
    rows = map(json.loads, unpacked(folder, work).read_text(encoding="utf-8").splitlines())
    return {row["_id"]: f"{row.get('title', '')} {row['text']}".strip() for row in rows}


def tokens_of(card: Card, most: int) -> Tokens:
    return Tokens.load(card.folder / "tokenizer.json", most)


def encoded(card: Card, documents: Sequence[str]) -> list[Row]:
    return tokens_of(card, TOKENS).rows(documents)


def paired(card: Card, questions: Sequence[str], documents: Sequence[str]) -> list[Row]:
    tokens = tokens_of(card, card.max_tokens)
    cut = [" ".join(text.split()[: TOKENS * 3 // 4]) for text in documents]
    return [
        tokens.windows(question, [PassageText("", text)], heading=False)[0].row
        for question, text in zip(questions, cut, strict=True)
    ]


def levelled(rows: Sequence[Row]) -> list[Row]:
    """Sorted by length, and each group of the largest batch cut to its shortest."""
    ordered, most = sorted(rows, key=lambda row: -len(row.ids)), BATCHES[-1]
    out = []
    for first in range(0, len(ordered) - most + 1, most):
        group = ordered[first : first + most]
        length = len(group[-1].ids)
        out += [Row(row.ids[:length], row.types[:length]) for row in group]
    return out


def save(path: Path, rows: Sequence[Row]) -> None:
    ids, mask, types = padded(rows)
    np.savez(path, ids=ids, types=types, lengths=mask.sum(axis=1))

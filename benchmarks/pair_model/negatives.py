"""Passages that look like answers and are none, by words and by meaning, for training files."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from random import Random
from typing import Any

import bm25s
import numpy as np
import Stemmer

from lepton_local.models.resolve import CARRIED

Row = dict[str, Any]
SEEN = 1100  # characters of a passage that are encoded
NEAR = 6  # passages of each list that are looked at
KEPT = 8
_STEMMER = Stemmer.Stemmer("english")
_ARTICLES = re.compile(r"\b(a|an|the)\b|[^\w\s]")


def plain(text: str) -> str:
    """Lower case, without articles and punctuation, a blank at each end."""
    return " " + " ".join(_ARTICLES.sub(" ", text.lower()).split()) + " "


def shown(heading: str, text: str) -> str:
    """A passage as the encoder is given it."""
    return (f"{heading}\n{text}" if heading else text)[:SEEN]


class Vectors:
    """Unit vectors by all-MiniLM-L6-v2, each text encoded once, in two processes."""

    def __init__(self) -> None:
        self._known: dict[str, np.ndarray] = {}

    def of(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384)"""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            order = sorted(new, key=len)
            parts = [order[start::2] for start in range(2)]
            with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
                for part, made in zip(parts, pool.map(_encoded, parts), strict=True):
                    self._known.update(zip(part, made, strict=True))
        return np.stack([self._known[text] for text in texts])


def _encoded(texts: list[str]) -> np.ndarray:
    """Imported here: only the child processes need torch."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    model = SentenceTransformer(str(CARRIED), device="cpu", model_kwargs={"dtype": torch.bfloat16})
    model.max_seq_length = 160
    made = model.encode(
        texts,
        batch_size=32,
        normalize_embeddings=True,
        convert_to_tensor=True,
        show_progress_bar=False,
    )
    return np.asarray(made.float().numpy())


def _tokens(texts: Sequence[str]) -> Any:
    return bm25s.tokenize(list(texts), stemmer=_STEMMER, show_progress=False)


class Pool:
    """Passages (heading, text) that negatives are taken from."""

    def __init__(self, items: Sequence[tuple[str, str]], vectors: Vectors) -> None:
        self.items = list(dict.fromkeys(items))
        self._plain = [plain(text) for _, text in self.items]
        self._words = bm25s.BM25(k1=0.9, b=0.4)
        self._words.index(
            _tokens([f"{heading} {text}" for heading, text in self.items]), show_progress=False
        )
        self._vectors = vectors
        self._matrix = vectors.of([shown(*item) for item in self.items])

    def mine(
        self,
        rows: Sequence[Row],
        want: Callable[[Row], int],
        *,
        rng: Random,
        depth: int = 16,
        margin: float = 0.95,
    ) -> None:
        """Give each row `want(row)` negatives, drawn from the best by words and by meaning.

        None holds an answer. Where answers are not known, a passage that is as near to the question
        as `margin` times the positive may answer it too, and is left out.
        """
        todo = [(row, number) for row in rows if (number := want(row))]
        if not todo:
            return
        most = min(depth, len(self.items))
        asked = [row["query"] for row, _ in todo]
        by_words, _ = self._words.retrieve(_tokens(asked), k=most, show_progress=False)
        questions = self._vectors.of(asked)
        positives = self._vectors.of([shown(row["title"], row["positive"]) for row, _ in todo])
        for place, ((row, number), listed) in enumerate(zip(todo, by_words, strict=True)):
            likeness = self._matrix @ questions[place]
            near = np.argpartition(-likeness, most - 1)[:most]
            near = near[np.argsort(-likeness[near])]
            golds = {plain(row["positive"][s:e]) for s, e in row.get("answers", [])} - {"  ", " "}
            known = {plain(text) for text in (row["positive"], *row.get("also", []))}
            limit = max(0.25, margin * float(positives[place] @ questions[place]))
            if row.get("answers"):
                limit = 9.0

            def wrong(i: int) -> bool:
                words = self._plain[i]
                return (
                    words not in known  # noqa: B023
                    and not any(gold in words for gold in golds)  # noqa: B023
                    and likeness[i] <= limit  # noqa: B023
                )

            one, other = ([i for i in each.tolist() if wrong(i)][:NEAR] for each in (listed, near))
            half = NEAR // 2
            chosen = list(dict.fromkeys(one[:half] + other[:half] + one[half:] + other[half:]))
            chosen = chosen[:KEPT]
            rng.shuffle(chosen)
            row["negatives"] = [
                {"heading": self.items[i][0], "text": self.items[i][1]} for i in chosen[:number]
            ]

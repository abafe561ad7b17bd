"""What a hundred updates do to the recall of an index with a FAISS segment, and what compaction
does.

The documents are rows of JSONL files; their vectors are made as those of vectors.py are, from real
ones that a text's digest picks, so that only writing and searching take time.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

import click
import numpy as np
from support.large import JITTER
from support.record import HERE, table

from lepton_local.config import BuildConfig
from lepton_local.indexing.builder import build, compact, update
from lepton_local.models.load import load_encoder
from lepton_local.store.dense import scan
from lepton_local.store.index import Index
from lepton_local.store.names import TEXT

GUIDE = HERE.parent / "corpora" / "guide"
FILE = 100  # documents of a file, of a passage each
NEAREST = 10
HEADER = ("index", "passages", "segments", "deleted", "in FAISS", "recall@10", "lowest", "ms")


class Made:
    """An encoder that moves a real vector along the difference of two others."""

    name = "made"
    languages = frozenset({"en"})
    max_tokens = 256

    def __init__(self, real: np.ndarray) -> None:
        """real: (n, dim) unit rows."""
        self._real = real.astype(np.float32)
        self.dim = real.shape[1]
        self.digest = f"sha256:{hashlib.sha256(self._real.tobytes()).hexdigest()}"

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: str = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        """See `roles.Encoder.encode`."""
        digests = b"".join(hashlib.sha256(text.encode()).digest()[:24] for text in texts)
        picked = np.frombuffer(digests, np.uint64).reshape(-1, 3) % len(self._real)
        one, plus, minus = picked.T
        moved = self._real[one] + JITTER * (self._real[plus] - self._real[minus])
        if progress is not None:
            progress(len(texts))
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))

    def spans(self, text: str) -> np.ndarray:
        """See `roles.Encoder.spans`."""
        found = [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]
        return np.array(found, dtype=np.int32).reshape(-1, 2)


def updated(
    work: Path,
    *,
    real: np.ndarray | None = None,
    rows: int = 40_000,
    updates: int = 100,
    questions: int = 200,
    seed: int = 0,
    config: BuildConfig | None = None,
) -> list[dict[str, Any]]:
    """Build an index of `rows` passages, update it again and again, compact it; recall at each.

    An update adds a file, changes a tenth of another and removes a third: of 40,000 passages, a
    quarter has come and a quarter gone after 100, and a quarter was written anew. real: vectors to
    make others of, (n, dim); those of the user guide, if none are given.
    """
    corpus, place = work / "corpus", work / "index"
    for folder in (corpus, place):
        shutil.rmtree(folder, ignore_errors=True)
    corpus.mkdir(parents=True)
    encoder = Made(_guide() if real is None else real)
    random = np.random.default_rng(seed)
    asked = encoder.encode([f"question {number}" for number in range(questions)])
    for number in range(rows // FILE):
        _write(corpus, number, [f"text {number} {row}" for row in range(FILE)])
    index = build(corpus, place, config, encoder=encoder).index
    told = [_measured("built", index, asked)]
    for number in range(updates):
        _edit(corpus, rows // FILE + number, random)
        index = update(place, encoder=encoder).index
        if number % 10 == 9:
            click.echo(f"{number + 1} of {updates} updates", err=True)
    told.append(_measured(f"after {updates} updates", index, asked))
    told.append(_measured("compacted", compact(place).index, asked))
    return told


def summarise(told: Sequence[dict[str, Any]]) -> str:
    """A table; `lowest` is the recall that a twentieth of the questions does not reach."""
    return table(HEADER, [[str(each[name]) for name in HEADER] for each in told])


def _guide() -> np.ndarray:
    texts = "\n\n".join(path.read_text() for path in sorted(GUIDE.glob("*.md"))).split("\n\n")
    return load_encoder(device="cpu").encode([text for text in texts if len(text) > FILE])


def _write(corpus: Path, number: int, texts: Sequence[str]) -> None:
    lines = [json.dumps({"_id": str(row), "text": text}) for row, text in enumerate(texts)]
    (corpus / f"{number:05}.jsonl").write_text("\n".join(lines) + "\n")


def _edit(corpus: Path, number: int, random: np.random.Generator) -> None:
    _write(corpus, number, [f"text {number} {row}" for row in range(FILE)])
    names = sorted(path.stem for path in corpus.iterdir())
    changed, removed = random.choice(names[:-1], 2, replace=False)
    texts = [f"text {int(changed)} {row}" for row in range(FILE)]
    texts[::10] = [f"{text} again {number}" for text in texts[::10]]
    _write(corpus, int(changed), texts)
    (corpus / f"{removed}.jsonl").unlink()


def _measured(name: str, index: Index, asked: np.ndarray) -> dict[str, Any]:
    entries = index.manifest.segments
    recall, took = [], []
    for question in asked:
        began = time.perf_counter()
        found = _best(index, question, exactly=False)
        took.append(time.perf_counter() - began)
        recall.append(len(found & _best(index, question, exactly=True)) / NEAREST)
    return {
        "index": name,
        "passages": index.rows,
        "segments": len(entries),
        "deleted": sum(entry.deleted_rows for entry in entries),
        "in FAISS": sum(entry.live_rows for entry in entries if entry.fields[TEXT].faiss),
        "recall@10": round(fmean(recall), 4),
        "lowest": round(float(np.quantile(recall, 0.05)), 2),
        "ms": round(1000 * median(took), 2),
        "tuned": [dict(entry.fields[TEXT].faiss) for entry in entries if entry.fields[TEXT].faiss],
    }


def _best(index: Index, question: np.ndarray, *, exactly: bool) -> set[int]:
    """The best live rows over all segments, as a search proposes them or as a scan finds them."""
    rows, scores = [], []
    for segment, live, first in zip(index.segments, index.live, index.offsets, strict=False):
        if exactly:
            here = scan(segment.text.vectors, question, NEAREST, live)
        else:
            here = segment.text.nearest(question, NEAREST, live)
        rows.append(here + first)
        scores.append(segment.text.cosines(question, here))
    order = np.argsort(-np.concatenate(scores), kind="stable")[:NEAREST]
    return set(np.concatenate(rows)[order].tolist())

"""Where the teachers hold texts to be: python targets.py TEXTS.jsonl OUT [--teacher NAME]...

Each encoder's vectors of the texts, by chunks of rows that a stopped run does not make again
(OUT/00000.npy), and first the map that joins them (OUT/map.npz): every teacher's vectors less the
mean of their kind, to length 1, side by side, on the axes that hold most of them, turned to lie as
near to the first teacher's as a rotation can bring them (Schönemann 1966): a student that begins
there has the least to learn.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lepton_local.models.load import load_encoder
from lepton_local.models.roles import Encoder

TEACHERS = ("minilm", "multilingual")
SPREAD = (1.0, 1.15)  # that unlike and alike texts lie as far apart for each, by models/scale.tsv
ROWS = 2048
SAMPLE = 6144  # rows that the map is made from


def main(texts: Path, out: Path, threads: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in texts.open()]
    teachers = [load_encoder(name, device="cpu", threads=threads) for name in TEACHERS]
    if not (out / "map.npz").exists():
        make_map(teachers, rows[:SAMPLE], out / "map.npz")
    known = np.load(out / "map.npz")
    for number in range(len(rows) // ROWS):
        path = out / f"{number:05}.npy"
        if not path.exists():
            part = rows[number * ROWS : (number + 1) * ROWS]
            save(path, joined(encoded(teachers, part), part, known["means"]) @ known["turn"])


def make_map(teachers: Sequence[Encoder], rows: Sequence[dict[str, str]], path: Path) -> None:
    vectors = encoded(teachers, rows)
    asked = np.array([row["kind"] == "question" for row in rows])
    means = np.stack([[each[asked == kind].mean(axis=0) for each in vectors] for kind in (0, 1)])
    means[:, 0] = 0  # the first teacher's lie about the origin
    both = joined(vectors, rows, means)
    held, axes = np.linalg.eigh(both.T @ both)
    axes = axes[:, ::-1][:, : vectors[0].shape[1]]
    left, _, right = np.linalg.svd((both @ axes).T @ vectors[0])
    turned = axes @ left @ right
    kept = held[::-1][: axes.shape[1]].sum() / held.sum()
    near = (unit(both @ turned) * vectors[0]).sum(axis=1).mean()
    print(f"the map keeps {kept:.4f} of the square; cosine with the first teacher {near:.3f}")
    np.savez(path, means=means, turn=turned)


def encoded(teachers: Sequence[Encoder], rows: Sequence[dict[str, str]]) -> list[np.ndarray]:
    """Of each teacher (n, dim)."""
    asked = np.array([row["kind"] == "question" for row in rows])
    out = []
    for each in teachers:
        vectors = np.empty((len(rows), each.dim), np.float32)
        for kind, which in (("question", asked), ("passage", ~asked)):
            texts = [row["text"] for row, mine in zip(rows, which, strict=True) if mine]
            vectors[which] = each.encode(texts, kind=kind)  # type: ignore[arg-type]
        out.append(vectors)
    return out


def joined(
    vectors: Sequence[np.ndarray], rows: Sequence[dict[str, str]], means: np.ndarray
) -> np.ndarray:
    kind = np.array([row["kind"] == "question" for row in rows], int)
    return np.concatenate(
        [
            unit(each - means[kind, place]) * spread
            for place, (each, spread) in enumerate(zip(vectors, SPREAD, strict=True))
        ],
        axis=1,
    )


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def save(path: Path, vectors: np.ndarray) -> None:
    made = path.with_suffix(".making")
    with made.open("wb") as file:
        np.save(file, unit(vectors).astype(np.float16))
    os.replace(made, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)

"""What the bundled pair model was trained on in its second run: the file of the first, more short
questions and reviews, and questions without answers that the first model could answer surely.

    python benchmarks/pair_model/diet_more.py DATA OUT MODEL

OUT is the folder that `diet.py` has filled, MODEL what was trained on it; OUT gets more.jsonl.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from diet import Diet, held_back
from negatives import Row, plain

from lepton_local.models.load import load_reader
from lepton_local.models.roles import PassageText, Reader

MORE = {
    ("qamr_dev", "qamr_test"): 14_000,
    ("squadshifts_amazon_reviews",): 3_500,
    ("squadshifts_reddit",): 3_500,
}
SURE = 0.6  # of held-back SQuAD questions that are answered this surely, 72 % are exactly right


def labelled(reader: Reader, row: Row) -> list[tuple[int, int]]:
    """The best span where it holds most of the probability of all spans and "none here"."""
    (reading,) = reader.read(row["query"], [PassageText(row["title"], row["positive"])])
    logits = np.array([*(span.score for span in reading.spans), reading.null])
    share = 1 / np.exp(logits - logits[0]).sum()
    first = reading.spans[:1]
    return [(span.start, span.end) for span in first if share >= SURE]


def unanswered(diet: Diet) -> list[Row]:
    """Questions about paragraphs that no question with an answer is about."""
    known = {
        plain(row["positive"])
        for name in ("squad_train_partial", "squad_train_aligned_extra")
        for row in diet.squad(name)
    }
    return [
        {**row, "source": "squad_nqg_labelled", "title": row["title"].replace("_", " ")}
        for row in diet.pairs("squad_nqg_pairs")
        if plain(row["positive"]) not in known and not held_back(row["query"])
    ]


def more(diet: Diet, have: Sequence[Row], reader: Reader) -> list[Row]:
    """The rows to add, each beside its positive alone."""
    seen = {(row["query"].lower().rstrip("? "), row["positive"]) for row in have}
    added: list[Row] = []
    for row in unanswered(diet):
        row["title"] = row["title"] if diet.rng.random() < 0.6 else ""
        if spans := labelled(reader, row):
            added.append({**row, "answers": spans})
    for names, most in MORE.items():
        rows = [
            {**row, "title": "", "query": diet.typed(row["query"])}
            for name in names
            for row in diet.squad(name)
            if (row["query"].lower().rstrip("? "), row["positive"]) not in seen
            and not held_back(row["query"])
        ]
        diet.rng.shuffle(rows)
        added += rows[:most]
    kept = ("source", "query", "positive", "answers")
    return [{**{k: r[k] for k in kept}, "heading": r["title"], "negatives": []} for r in added]


def main(data: Path, out: Path, model: str) -> None:
    have = [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]
    rows = have + more(Diet(data), have, load_reader(model))
    Random(43).shuffle(rows)
    with open(out / "more.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    print(len(rows), dict(Counter(row["source"] for row in rows)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

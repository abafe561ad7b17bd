"""What the bundled pair model was trained on in its third run: the file of the second, with what a
teacher holds of each answer beside what people marked, and questions that `asker.py` asks.

    python benchmarks/pair_model/diet_taught.py DATA OUT PAIR TEACHER

OUT is the folder that `diet_more.py` and `asker.py` have filled, PAIR the model that the asker was
made of, TEACHER a larger reader; OUT gets taught.jsonl.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np
from asker import Item, Pieces, load, questions
from diet import Diet
from diet_more import unanswered
from negatives import Row
from picked import Span, picked

from lepton_local.models.judge import outputs
from lepton_local.models.load import load_reader
from lepton_local.models.pair import PairModel
from lepton_local.models.reader import SpanReader
from lepton_local.models.roles import PassageText
from lepton_local.models.spans import LONGEST, Logits, decode

SQUAD = ("squad_train_partial", "squad_train_aligned_extra")
NATURAL = ("nq_oracle_dev_litm", "qed_dev")
MINED = 8000  # made questions that get negatives
LEAST = 0.02  # what a span must be held for to be kept
SHARES = {  # of the questions of these sets that are shown again
    "squadshifts_reddit": 0.4,
    "squadshifts_amazon_reviews": 0.4,
    "qamr_dev": 0.6,
    "qamr_test": 0.6,
}
OTHERS = {  # rows of these sets whose passages are asked about too
    "scifact_train": 500,
    "pubmedqa": 700,
    "medquad": 900,
    "squadshifts_reddit": 900,
    "squadshifts_amazon_reviews": 900,
}


def told(reader: SpanReader | PairModel, row: Row) -> dict[Span | None, float]:
    """How far a reader believes in the best spans of a row's positive, and in none (None).

    The shares of all spans and of none sum to 1; those below LEAST are left out, and what they
    held goes to the other spans.
    """
    passage = PassageText(row["heading"], row["positive"])
    window = reader.windows(row["query"], [passage])[0]
    (logits,) = outputs(reader.runtime, [window])
    own = slice(window.first, window.first + len(window.offsets))
    start, end = logits["start"][own], logits["end"][own]
    sums = np.add.outer(start, end)
    valid = np.tril(np.triu(np.ones_like(sums)), LONGEST - 1) > 0
    null = float(logits["start"][0] + logits["end"][0])
    scores = np.append(sums[valid], null)
    top = scores.max()
    whole = float(np.exp(scores - top).sum())
    found = decode(row["positive"], [Logits(window.offsets, start, end)])
    held = {(s.start, s.end): float(np.exp(s.score - top)) / whole for s in found}
    none = float(np.exp(null - top)) / whole
    kept = {span: share for span, share in held.items() if share >= LEAST}
    scale = (1 - none) / sum(kept.values()) if kept else 0
    return {span: share * scale for span, share in kept.items()} | {None: none}


def taught(row: Row, shares: dict[Span | None, float]) -> Row:
    """The row, labelled by these shares."""
    spans = sorted((span for span in shares if span is not None), key=lambda span: -shares[span])
    return {**row, "answers": spans, "shares": [round(shares[span], 4) for span in spans]}


def again(rows: Sequence[Row], reader: SpanReader | PairModel, rng: Random) -> Iterator[Row]:
    """The rows of the second run. Those of encyclopaedias with half of their belief from the
    teacher, and SQuAD's twice.
    """
    for row in rows:
        source = row["source"]
        if source == "squad_nqg_labelled" or rng.random() > SHARES.get(source, 1):
            continue
        if not row.get("answers") or source not in SQUAD + NATURAL:
            yield row
            continue
        shares = Counter({span: share / 2 for span, share in told(reader, row).items()})
        for answer in row["answers"]:
            shares[tuple(answer)] += 0.5 / len(row["answers"])
        yield from [taught(row, shares)] * (2 if source in SQUAD else 1)


def passages(diet: Diet, have: Sequence[Row]) -> Iterator[tuple[Row, int, int]]:
    """What is asked about once: heading and text, how many questions, and in which style."""
    seen: set[str] = set()
    rows = [(row, 5, 0) for name in SQUAD for row in diet.squad(name)]
    rows += [(row, 3, 1) for name in NATURAL for row in diet.squad(name)]
    rows += [(row, 6, 0) for row in unanswered(diet)]
    left = dict(OTHERS)
    for row in have:
        if left.get(row["source"], 0):
            left[row["source"]] -= 1
            text = row["positive"][:1100]
            rows.append(({"title": row["heading"], "positive": text}, 2, 1))
    for row, count, style in rows:
        key = " ".join(row["positive"].split()).lower()
        if key not in seen and len(key) >= 60:
            seen.add(key)
            heading = row["title"] if diet.rng.random() < 0.6 else ""
            yield {"heading": heading, "positive": row["positive"]}, count, style


def asked(diet: Diet, have: Sequence[Row], pair: Path, asker: Path) -> Iterator[Row]:
    """Made questions, with the span that each was made for."""
    items = []
    for row, count, style in passages(diet, have):
        for span in picked(row["positive"], count, diet.rng):
            often = 0.8 if style == 0 else 0.07  # encyclopaedias are asked about as SQuAD asks
            way = 0 if diet.rng.random() < often else 1
            items.append(Item(row["heading"], row["positive"], span, way))
    network, pieces = load(asker, pair), Pieces(pair)
    items.sort(key=lambda item: len(item.text))
    for first in range(0, len(items), 64):
        for item, question in questions(network, pieces, items[first : first + 64]):
            row = {"source": "asked", "query": question, "heading": item.heading}
            yield {**row, "positive": item.text, "made": item.answer}


def sure(row: Row, shares: dict[Span | None, float]) -> bool:
    """Whether the teacher finds an answer to a made question, that it was made for or another."""
    best = max((span for span in shares if span), key=lambda s: shares[s], default=None)
    if best is None or shares[None] > 0.3:
        return False
    (a, b), (c, d) = best, row["made"]
    meant = 2 * max(0, min(b, d) - max(a, c)) > 0.5 * (b - a + d - c)
    return shares[best] >= (0.15 if meant else 0.35)


def main(data: Path, out: Path, pair: Path, teacher: str) -> None:
    diet, reader = Diet(data), load_reader(teacher)
    assert isinstance(reader, SpanReader | PairModel)
    have = [json.loads(line) for line in (out / "more.jsonl").read_text().splitlines()]
    rows = list(again(have, reader, diet.rng))
    for row in unanswered(diet):
        heading = row["title"] if diet.rng.random() < 0.6 else ""
        plain = {"source": "squad_nqg_taught", "query": row["query"], "heading": heading}
        plain["positive"] = row["positive"]
        shares = told(reader, plain)
        if shares[None] < 0.5 and len(shares) > 1:
            rows += [{**taught(plain, shares), "negatives": []}] * 2
    made = []
    for row in asked(diet, have, pair, out / "asker"):
        shares = told(reader, row)
        if sure(row, shares):
            if diet.rng.random() < 0.25:
                row["query"] = row["query"].rstrip(" ?")
            made.append({**taught(row, shares), "title": row["heading"], "negatives": []})
    pool = diet.pool([(row["heading"], row["positive"]) for row in made])
    pool.mine(diet.rng.sample(made, min(MINED, len(made))), lambda row: 2, rng=diet.rng)
    rows += [{key: row[key] for key in row if key not in ("title", "made")} for row in made]
    diet.rng.shuffle(rows)
    with open(out / "taught.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    print(len(rows), dict(Counter(row["source"] for row in rows)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])

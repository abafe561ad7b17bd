"""How well `news` brings together what tells one story, and stories of one topic, in a feed that is
made up: its texts are paragraphs of an encyclopaedia, its days, papers and copies are drawn by
chance. A copy leaves out sentences, adds one of the next paragraph, says where it was written, or
has its sentences in another order, as those of an agency's stories do.
"""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from measure.foryou import LEAST
from support.record import new_record, table, write_json

from lepton_local.config import BuildConfig
from lepton_local.corpus.sentences import sentences
from lepton_local.indexing.builder import build
from lepton_local.models.load import load_encoder
from lepton_local.search import news
from lepton_local.store.index import Index

TOPICS, STORIES = 20, 5
COPIES = (1, 1, 2, 3)  # how many papers tell a story: one of these
DAYS = 7
TODAY = datetime.date.today()
SAME = (0.75, 0.8, 0.85, 0.9)
NEAR = (0.25, 0.35, 0.45)
NO_WORDS = 2.0  # a cosine that no texts have: none are compared sentence by sentence

Report = dict[str, Any]


def run(articles: Path, work: Path, *, seed: int, name: str) -> Path:
    """articles: a folder of texts, a topic each, a paragraph a line; gives the record."""
    chance = random.Random(seed)
    files = sorted(articles.glob("*.txt"))
    chance.shuffle(files)
    long = (file for file in files if len(_paragraphs(file)) > STORIES)
    fitting, asked = ([next(long) for _ in range(TOPICS)] for _ in range(2))
    ships = news.SAME, news.LIKELY, news.NEAR
    feeds = [_feed(part, work / str(n), chance) for n, part in enumerate((fitting, asked))]
    report: Report = {"topics": TOPICS, "stories": STORIES, "seed": seed, "ships": ships}
    report["same"] = {
        f"{same:g}": _measured(*feeds[0], same, ships[1], ships[2])["stories"] for same in SAME
    }
    report["near"] = {
        f"{near:g}": _measured(*feeds[0], ships[0], ships[1], near)["topics"] for near in NEAR
    }
    report["ways"] = {
        "as it ships": _measured(*feeds[1], *ships),
        "by vectors alone": _measured(*feeds[1], ships[0], NO_WORDS, ships[2]),
        "by sentences alone": _measured(*feeds[1], NO_WORDS, ships[1], ships[2]),
    }
    report["documents"] = len(feeds[1][1])
    record = new_record(name)
    write_json(record / "summary.json", report)
    (record / "summary.md").write_text(summarise(report), encoding="utf-8")
    return record


class Kept:
    """The bundled encoder, which encodes a sentence once: ways differ in their thresholds alone."""

    def __init__(self) -> None:
        self._encoder = load_encoder()
        self._known: dict[str, np.ndarray] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode(self, texts: Sequence[str], **how: Any) -> np.ndarray:
        """Vectors (n, dim), as the encoder makes them."""
        new = [each for each in dict.fromkeys(texts) if each not in self._known]
        if new:
            self._known |= zip(new, self._encoder.encode(new, **how), strict=True)
        return np.array([self._known[each] for each in texts])


Told = Mapping[str, tuple[str, str]]  # document -> its topic and its story


def _feed(files: Sequence[Path], work: Path, chance: random.Random) -> tuple[Path, Told]:
    """An index of the feed, and what each of its documents tells."""
    work.mkdir(parents=True, exist_ok=True)
    told: dict[str, tuple[str, str]] = {}
    rows: list[dict[str, str]] = []
    for file in files:
        texts = _paragraphs(file)
        for number in range(STORIES):
            for text in _copies(texts[number], texts[number + 1], chance):
                day = TODAY - datetime.timedelta(days=chance.randrange(DAYS))
                key = f"{len(rows)}"
                told[f"feed.jsonl#{key}"] = file.stem, f"{file.stem} {number}"
                rows.append({"_id": key, "text": text, "date": day.isoformat()})
    corpus = work / "feed.jsonl"
    chance.shuffle(rows)
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    build(corpus, work / "index", BuildConfig())
    return work / "index", told


def _paragraphs(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    found = [line.strip() for line in lines if len(line) >= LEAST]
    return [line for line in found if len(list(sentences(line))) >= 4]


def _copies(text: str, after: str, chance: random.Random) -> Iterator[str]:
    """The story as it is, and as other papers bring it."""
    yield text
    said = [text[start:end] for start, end in sentences(text)]
    start, end = next(iter(sentences(after)))
    for _ in range(chance.choice(COPIES) - 1):
        kept = list(said)
        for change in chance.sample(("shorter", "longer", "place", "order"), 2):
            if change == "shorter":
                del kept[-chance.randint(1, max(1, len(kept) // 3)) :]
            elif change == "longer":
                kept.append(after[start:end])
            elif change == "place":
                kept[0] = f"SOMEWHERE (agency) - {kept[0]}"
            else:
                kept[1:] = chance.sample(kept[1:], len(kept) - 1)
        yield " ".join(kept)


def _measured(index: Path, told: Told, same: float, likely: float, near: float) -> Report:
    """Precision, recall and F1 of pairs of documents that are one story, or of one topic."""
    before, encoder = (news.SAME, news.LIKELY, news.NEAR), _encoder()
    news.SAME, news.LIKELY, news.NEAR = same, likely, near
    with Index.open(index) as opened:
        found = news.news(opened, encoder, f"{DAYS + 1}d")
    news.SAME, news.LIKELY, news.NEAR = before
    stories = [story.documents for topic in found for story in topic.stories]
    topics = [[d for story in topic.stories for d in story.documents] for topic in found]
    return {
        "stories": _agreement(stories, {name: each[1] for name, each in told.items()}),
        "topics": _agreement(topics, {name: each[0] for name, each in told.items()}),
    }


@cache
def _encoder() -> Any:
    return Kept()


def _agreement(groups: Sequence[Sequence[str]], truth: Mapping[str, str]) -> dict[str, float]:
    made = {frozenset(pair) for group in groups for pair in combinations(group, 2)}
    true = {frozenset(pair) for pair in combinations(truth, 2) if len({*map(truth.get, pair)}) == 1}
    right = len(made & true)
    precision, recall = right / max(len(made), 1), right / max(len(true), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(f1, 4),
    }


def summarise(report: Report) -> str:
    """The figures as tables."""
    heads = ["precision", "recall", "f1"]

    def row(way: str, told: Mapping[str, float]) -> list[str]:
        return [way, *(f"{told[head]:.3f}" for head in heads)]

    same, likely, near = report["ships"]
    rows = [
        [*row(way, each["stories"]), *row(way, each["topics"])[1:]]
        for way, each in report["ways"].items()
    ]
    return (
        f"A feed that is made up: {report['documents']} items that tell {TOPICS * STORIES} stories "
        f"of {TOPICS} topics. The texts are paragraphs of an encyclopaedia; days, papers and "
        "copies were drawn by chance. Counted are pairs of items.\n\n"
        + table(["", *(f"{of}, {h}" for of in ("one story", "one topic") for h in heads)], rows)
        + f"\nOn {TOPICS} other topics, by the cosine from which texts tell one story ({same:g} "
        f"ships):\n\n{table(['', *heads], [row(*each) for each in report['same'].items()])}\n"
        f"And by that from which stories are of one topic ({near:g} ships; texts are compared "
        f"sentence by sentence from {likely:g}):\n\n"
        + table(["", *heads], [row(*each) for each in report["near"].items()])
    )

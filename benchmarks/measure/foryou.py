"""What `for-you` suggests to readers that are made up: each has three topics of a collection, has
marked a few paragraphs of them and one of another by chance, and would gladly read the rest.
"""

from __future__ import annotations

import datetime
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from support.record import new_record, table, write_json

from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.evaluation.metrics import ndcg
from lepton_local.indexing.builder import build
from lepton_local.models.load import load_encoder
from lepton_local.search import profile
from lepton_local.search.foryou import for_you
from lepton_local.search.searcher import Searcher
from lepton_local.store.feedback import HIT_GOOD, Event, Judged
from lepton_local.store.index import Index

TOPICS, PARAGRAPHS = 20, 25
LEAST = 200  # letters of a paragraph
OWN, MARKED = 3, (4, 2, 2)  # topics of a reader, and what they have marked of each
DAYS = 60  # before today in which they did
WORDS = 10  # of a question
K = 10
NOW = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.UTC)

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is made up."""

    topics: Sequence[str]
    marked: Sequence[str]  # names of documents, the oldest first
    days: Sequence[float]  # ago


def run(articles: Path, work: Path, *, readers: int, seed: int, name: str) -> Path:
    """articles: a folder of texts, a topic each, a paragraph a line; gives the record."""
    chance = random.Random(seed)
    files = sorted(articles.glob("*.txt"))
    chance.shuffle(files)
    report: Report = {"topics": TOPICS, "paragraphs": PARAGRAPHS, "readers": readers, "seed": seed}
    tried: Report = {}
    chosen: list[list[Path]] = [[], []]
    for file in files:
        part = next((each for each in chosen if len(each) < TOPICS), None)
        if part is not None and len(_paragraphs(file)) >= PARAGRAPHS:
            part.append(file)
    shipped = profile.SAME
    fitting, asked = (_collection(each, work / str(n)) for n, each in enumerate(chosen))
    # What is one interest is told on other topics than those that are reported.
    for same in (0.25, 0.35, 0.45):
        profile.SAME = same
        told = _measured(fitting, _readers(fitting, readers, chance), {"for you": _suggested(0.0)})
        tried[f"{same:g}"] = told["for you"]
    best = max(tried, key=lambda each: tried[each]["ndcg@10"])
    report |= {"fitted": tried, "best": best}
    profile.SAME = shipped
    report["ways"] = _measured(asked, _readers(asked, readers, chance), _ways())
    record = new_record(name)
    write_json(record / "summary.json", report)
    (record / "summary.md").write_text(summarise(report, shipped), encoding="utf-8")
    return record


def _paragraphs(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if len(line) >= LEAST][:PARAGRAPHS]


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents of known topics, and what is stored of each."""

    index: Index
    topic: Mapping[str, str]  # document -> its topic
    digest: Mapping[str, str]  # of its first passage
    mean: Mapping[str, np.ndarray]
    text: Mapping[str, str]


def _collection(files: Sequence[Path], work: Path) -> Collection:
    work.mkdir(parents=True, exist_ok=True)
    topic, text = {}, {}
    with open(work / "reading.jsonl", "w", encoding="utf-8") as out:
        for file in files:
            for number, paragraph in enumerate(_paragraphs(file)):
                key = f"{file.stem}-{number}"
                topic[key], text[key] = file.stem, paragraph
                out.write(json.dumps({"_id": key, "text": paragraph}) + "\n")
    index = build(work / "reading.jsonl", work / "index", BuildConfig()).index
    documents = index.take_documents(np.arange(index.documents), ["key", "first_row", "rows"])
    digest, mean = {}, {}
    for each in documents.to_pylist():
        rows = np.arange(each["first_row"], each["first_row"] + each["rows"])
        told = index.take_passages(rows[:1], ["text_digest"]).to_pylist()[0]
        digest[each["key"]] = told["text_digest"].hex()
        total = index.take_vectors(rows).astype(np.float64).sum(axis=0)
        mean[each["key"]] = total / np.linalg.norm(total)
    return Collection(index, topic, digest, mean, text)


def _readers(of: Collection, many: int, chance: random.Random) -> list[Reader]:
    names = sorted(set(of.topic.values()))
    found = []
    for _ in range(many):
        topics = chance.sample(names, OWN)
        marked = [
            each
            for topic, count in zip(topics, MARKED, strict=True)
            for each in chance.sample([d for d, t in of.topic.items() if t == topic], count)
        ]
        marked.append(chance.choice([d for d, t in of.topic.items() if t not in topics]))
        chance.shuffle(marked)
        days = sorted((chance.uniform(0, DAYS) for _ in marked), reverse=True)
        found.append(Reader(topics, marked, days))
    return found


Way = Callable[[Collection, Reader, Sequence[Reader]], list[str]]


def _ways() -> dict[str, Way]:
    return {
        "`for-you`": _suggested(0.1),
        "without other topics": _suggested(0.0),
        "one interest": _suggested(0.0, same=-1.0),
        "BM25 profile": _by_words,
        "what most have marked": _popular,
    }


def _suggested(explore: float, same: float | None = None) -> Way:
    encoder = load_encoder()

    def way(of: Collection, reader: Reader, _: Sequence[Reader]) -> list[str]:
        told_of = zip(reader.marked, reader.days, strict=True)
        events = [_event(of, each, ago) for each, ago in told_of]
        before, profile.SAME = profile.SAME, profile.SAME if same is None else same
        told = for_you(of.index, encoder, events, now=NOW, k=K, explore=explore)
        profile.SAME = before
        return [each.hit.passage.document.partition("#")[2] for each in told]

    return way


def _event(of: Collection, document: str, ago: float) -> Event:
    """That a document was marked, for a question of its first words."""
    time = (NOW - datetime.timedelta(days=ago)).isoformat()
    what = Judged(of.digest[document], document, 0, 1, 1)
    return Event(HIT_GOOD, time, " ".join(of.text[document].split()[:WORDS]), 1, (), what)


def _by_words(of: Collection, reader: Reader, _: Sequence[Reader]) -> list[str]:
    """What BM25 finds by all words of what was marked."""
    config = SearchConfig(mode="lexical", rerank=False, answer=False)
    words = [w for each in reader.marked for w in of.text[each].split() if w.isalnum()]
    hits = Searcher(of.index, config=config).ranking(" ".join(words), k=10 * K)
    found = dict.fromkeys(hit.passage.document.partition("#")[2] for hit in hits)
    return [each for each in found if each not in reader.marked][:K]


def _popular(of: Collection, reader: Reader, others: Sequence[Reader]) -> list[str]:
    counts = Counter(each for other in others if other is not reader for each in other.marked)
    return [each for each, _ in counts.most_common() if each not in reader.marked][:K]


def _measured(of: Collection, readers: Sequence[Reader], ways: Mapping[str, Way]) -> Report:
    known = Counter(each for reader in readers for each in reader.marked)
    report: Report = {}
    for way, suggest in ways.items():
        rows, given = [], set()
        for reader in readers:
            found = suggest(of, reader, readers)
            given.update(found)
            wanted = {
                each
                for each, topic in of.topic.items()
                if topic in reader.topics and each not in reader.marked
            }
            pairs = list(combinations(found, 2))
            own = {of.topic[each] for each in found} & set(reader.topics)
            share = [(known[each] + 1) / (len(readers) + 1) for each in found]
            rows.append(
                {
                    "ndcg@10": ndcg([each in wanted for each in found], [1] * len(wanted), K),
                    "topics": len(own) / OWN,
                    "novelty": fmean(-np.log2(each) for each in share) if share else 0.0,
                    "diversity": 1 - fmean(float(of.mean[a] @ of.mean[b]) for a, b in pairs)
                    if pairs
                    else 0.0,
                }
            )
        report[way] = {key: round(fmean(row[key] for row in rows), 4) for key in rows[0]}
        report[way]["coverage"] = round(len(given) / len(of.topic), 4)
    return report


def summarise(report: Report, shipped: float) -> str:
    """The figures as tables."""
    heads = ["ndcg@10", "topics", "novelty", "diversity", "coverage"]

    def rows(told: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
        return [[way, *(f"{each[head]:.3f}" for head in heads)] for way, each in told.items()]

    named = ["", "nDCG@10", "own topics found", "novelty", "diversity", "coverage"]
    return (
        f"{report['readers']} readers, who are made up, of {TOPICS} topics with {PARAGRAPHS} "
        f"paragraphs each. A reader has marked {', '.join(map(str, MARKED))} paragraphs of three "
        f"topics and one of another, in {DAYS} days; wanted are all others of the three. Novelty: "
        "mean of -log2 of the share of readers who know a document; diversity: one less the mean "
        "cosine of pairs; coverage: share of the documents that are suggested to anybody.\n\n"
        + table(named, rows(report["ways"]))
        + f"\nOn {TOPICS} other topics, by the cosine from which two things are one interest "
        f"({shipped:g} ships):\n\n" + table(named, rows(report["fitted"]))
    )

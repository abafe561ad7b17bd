"""Questions with the passages that the engine itself finds for them, as `lepton-train pair` reads
them: of made worlds, and of the questions of public sets over one index of all their paragraphs.

    python benchmarks/pair_model/groups.py worlds WORLDS OUT.jsonl
    python benchmarks/pair_model/groups.py public DATA OUT.jsonl --most 3000
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from asked import Asked
from diet import held_back

import lepton_local as lepton
from lepton_local.config import SearchConfig
from lepton_local.evaluation.metrics import contains_answer
from lepton_local.models.load import load_encoder
from lepton_local.models.spans import within_word
from lepton_local.search.searcher import Searcher
from lepton_local.types import Hit

PASSAGES = 5  # of a group
A_KIND = 1200  # groups of one kind of made question
DEPTH = 24  # hits that are looked through
UNANSWERED = 0.15  # share of the groups whose answer is taken away: the rest does not say
PUBLIC = {
    "squad_train_partial": 0.6,
    "squad_train_aligned_extra": 0.05,
    "nq_oracle_dev_litm": 0.13,
    "qed_dev": 0.05,
    "policyqa_dev": 0.05,
    "friendsqa_dev": 0.05,
    "qamr_dev": 0.07,
}


def place(asked: Asked, text: str) -> tuple[int, int] | None:
    """Where the answer stands in a passage of its document; None where its record is not there."""
    for record in records(text, whole=asked.path.endswith(".csv")):
        start, end = record
        if all(key in text[start:end] for key in asked.keys):
            for words in asked.answers:
                found = text.find(asked.behind + words, start, end)
                first = found + len(asked.behind)
                last = first + len(words)
                if found >= 0 and not within_word(text, first) and not within_word(text, last):
                    return first, last
    return None


def records(text: str, *, whole: bool) -> Iterator[tuple[int, int]]:
    """Lines, then paragraphs, then the whole."""
    for border in ("\n", "\n\n"):
        start = 0
        for part in text.split(border):
            yield start, start + len(part)
            start += len(part) + len(border)
    if whole:
        yield 0, len(text)


def group(
    question: str, best: tuple[Hit, tuple[int, int]] | None, others: list[Hit]
) -> dict[str, Any]:
    """A row for training. Without `best` the first of the others stands in its place."""
    first, answers = (best[0], [list(best[1])]) if best else (others.pop(0), [])
    negatives = [{"heading": hit.passage.heading, "text": hit.passage.text} for hit in others]
    return {
        "query": question,
        "heading": first.passage.heading,
        "positive": first.passage.text,
        "answers": answers,
        "negatives": negatives[: PASSAGES - 1],
    }


def of_worlds(folder: Path, rng: Random) -> Iterator[dict[str, Any]]:
    """Groups of every world, each searched for itself."""
    encoder = load_encoder("bundled")
    lost: Counter[str] = Counter()
    made: Counter[tuple[str, bool]] = Counter()
    for world in sorted(folder.glob("world-*")):
        with tempfile.TemporaryDirectory() as out:
            index = lepton.build(world / "files", Path(out) / "index", encoder=encoder)
            searcher = Searcher(
                index, encoder=encoder, config=SearchConfig(rerank=False, answer=False)
            )
            for line in (world / "questions.jsonl").read_text(encoding="utf-8").splitlines():
                told = json.loads(line)
                asked = Asked(
                    **{**told, "answers": tuple(told["answers"]), "keys": tuple(told["keys"])}
                )
                hits = searcher.search(asked.question.replace('"', " "), k=DEPTH)
                held = [
                    (hit, at)
                    for hit in hits
                    if hit.path == asked.path and (at := place(asked, hit.passage.text))
                ]
                if asked.answers and not held:
                    lost[asked.kind] += 1
                    continue
                mine = {hit.row for hit, _ in held}
                others = [hit for hit in hits if hit.row not in mine]
                unanswered = not asked.answers or (rng.random() < UNANSWERED and len(others) > 3)
                made[asked.kind, unanswered] += 1
                if made[asked.kind, unanswered] > A_KIND:
                    continue
                yield {
                    **group(asked.question, None if unanswered else held[0], others),
                    "kind": asked.kind,
                }
    print("no passage found:", dict(lost))


def of_public(data: Path, rng: Random, *, most: int) -> Iterator[dict[str, Any]]:
    """Groups of the questions of public sets, over one index of all their paragraphs."""
    encoder = load_encoder("bundled")
    with tempfile.TemporaryDirectory() as out:
        rows, asked = _public(data, rng, most=most)
        corpus = Path(out) / "paragraphs.jsonl"
        corpus.write_text(
            "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding="utf-8"
        )
        index = lepton.build(corpus, Path(out) / "index", encoder=encoder)
        searcher = Searcher(index, encoder=encoder, config=SearchConfig(rerank=False, answer=False))
        for question, answers, number in asked:
            hits = searcher.search(question.replace('"', " "), k=DEPTH)
            held = _held(hits, f"#{number}", answers)
            others = [
                hit
                for hit in hits
                if not contains_answer(hit.passage.text, [a for a, _ in answers])
            ]
            if held is None or len(others) < 3:
                continue
            unanswered = rng.random() < UNANSWERED
            yield {**group(question, None if unanswered else held, others), "kind": "public"}


def _held(
    hits: list[Hit], document: str, answers: list[tuple[str, int]]
) -> tuple[Hit, tuple[int, int]] | None:
    for hit in hits:
        passage = hit.passage
        if passage.document.endswith(document):
            for text, start in answers:
                first = start - passage.start
                if first >= 0 and passage.text[first : first + len(text)] == text:
                    return hit, (first, first + len(text))
    return None


def _public(
    data: Path, rng: Random, *, most: int
) -> tuple[list[dict[str, str]], list[tuple[str, list[tuple[str, int]], str]]]:
    rows: dict[str, dict[str, str]] = {}
    asked = []
    for name, share in PUBLIC.items():
        found = []
        with gzip.open(data / "qa" / "train" / f"{name}.json.gz", "rt", encoding="utf-8") as stream:
            for article in json.load(stream)["data"]:
                for paragraph in article["paragraphs"]:
                    context = paragraph["context"]
                    for qa in paragraph["qas"]:
                        if qa["answers"] and len(context) < 4000 and not held_back(qa["question"]):
                            found.append(
                                (qa["question"], context, article.get("title", ""), qa["answers"])
                            )
        for question, context, title, answers in rng.sample(
            found, min(len(found), int(most * share))
        ):
            text = context.strip()
            shift = len(context) - len(context.lstrip())
            row = rows.setdefault(
                text, {"_id": str(len(rows)), "title": title.replace("_", " "), "text": text}
            )
            asked.append(
                (question, [(a["text"], a["answer_start"] - shift) for a in answers], row["_id"])
            )
    return list(rows.values()), asked


def main() -> None:
    """Write the groups."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("what", choices=["worlds", "public"])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--most", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=73)
    given = parser.parse_args()
    rng = Random(given.seed)
    made = (
        of_worlds(given.source, rng)
        if given.what == "worlds"
        else of_public(given.source, rng, most=given.most)
    )
    kinds: Counter[str] = Counter()
    with given.out.open("w", encoding="utf-8") as stream:
        for row in made:
            kinds[row["kind"] + ("" if row["answers"] else ", none")] += 1
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(sum(kinds.values()), dict(kinds))


if __name__ == "__main__":
    main()

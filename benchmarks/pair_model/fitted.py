"""Fit what the scores of a pair model are worth, on made worlds and on held-back questions of
SQuAD, half of these asked again without their paragraph. Writes MODEL/calibration.json.

    python benchmarks/pair_model/fitted.py MODEL DATA --worlds WORLDS --asked QUESTIONS=DOCUMENTS
    python benchmarks/pair_model/fitted.py MODEL DATA --signs-of OTHER

`--asked`, again and again, adds questions as `bench.py words` takes them, half of them without an
answer: false premises (SQuAD 2.0 over whole articles), other names and numbers than there are.
Without such the score of a passage weighs too much: it is as high for them.

A network that was trained on such worlds is right there more often than it will be anywhere else:
it takes the weights of its signs from one that was not, and only its own scores are fitted.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
from asked import Asked
from diet import held_back
from support.asked import read

import lepton_local as lepton
from lepton_local.evaluation.metrics import f1
from lepton_local.models.calibration import CALIBRATION, Signs, read_calibration
from lepton_local.models.load import load_encoder, load_reader
from lepton_local.search.answer import Proposal, plain_words
from lepton_local.search.searcher import Searcher
from lepton_local.store.files import write_json
from lepton_local.train.calibrate import WEIGHTS, Judged, fit, summary

THRESHOLD = 0.25  # from here on half of the answers are right, in tables and in prose
A_WORLD = 24  # questions of each world
A_SET = 110  # questions of each set that is asked besides, with an answer, and as many without
SQUAD = 140  # questions
OTHERS = 350  # paragraphs that none of them is about
OWN = ("gain", "score", "bias")  # weights of what a network says itself, and of none
LONGER = 8  # words that may stand around a made answer


def right(words: str, asked: Asked) -> bool:
    """Whether words hold the whole of an answer, and not much more; of a long one, most of it."""
    said = plain_words(words)
    for answer in asked.answers:
        told = plain_words(answer)
        if " ".join(told) in " ".join(said) and len(said) <= len(told) + LONGER:
            return True
        if (len(told) > 4 or asked.kind == "squad") and f1(words, [answer]) >= 0.5:
            return True
    return False


def judged(asked: Asked, found: list[Proposal]) -> Judged:
    """The spans of a question, and which of them are right."""
    signs = np.array([each.signs for each in found]).reshape(-1, len(Signs._fields))
    return Judged(signs, np.array([right(each.text, asked) for each in found], dtype=bool))


def main() -> None:
    """Ask, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    how_much = parser.add_mutually_exclusive_group(required=True)
    how_much.add_argument("--worlds", type=Path)
    how_much.add_argument("--signs-of", type=Path)
    parser.add_argument("--asked", action="append", default=[])
    parser.add_argument("--seed", type=int, default=9)
    given = parser.parse_args()
    encoder, pair = load_encoder("bundled"), load_reader(str(given.model))
    rng = Random(given.seed)

    def rows(files: Path, questions: list[tuple[Asked, tuple[str, ...]]]) -> Iterator[Judged]:
        with tempfile.TemporaryDirectory() as out:
            index = lepton.build(files, Path(out) / "index", encoder=encoder)
            searcher = Searcher(index, encoder=encoder, reranker=pair, reader=pair)
            for asked, filters in questions:
                text = asked.question.replace('"', " ")
                yield judged(asked, searcher.spans(text, filters=filters))

    found: list[Judged] = []
    for world in sorted(given.worlds.glob("world-*")) if given.worlds else ():
        lines = (world / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        drawn = [Asked(**json.loads(line)) for line in rng.sample(lines, A_WORLD)]
        found += rows(world / "files", [(asked, ()) for asked in drawn])
    for each in given.asked:
        file, _, documents = each.partition("=")
        with tempfile.TemporaryDirectory() as out:
            index = lepton.build(documents, Path(out) / "index", encoder=encoder)
            searcher = Searcher(index, encoder=encoder, reranker=pair, reader=pair)
            for asked in read(Path(file), Path(out)).sampled(A_SET, given.seed):
                spans = searcher.spans(asked.question)
                signs = np.array([one.signs for one in spans]).reshape(-1, len(Signs._fields))
                right_ones = [asked.answerable and asked.right(one.text) for one in spans]
                found.append(Judged(signs, np.array(right_ones, dtype=bool)))
    with tempfile.TemporaryDirectory() as folder:
        found += rows(Path(folder), squad(given.data, Path(folder), rng))
    before = read_calibration(given.model)
    start = read_calibration(given.signs_of or given.model).answer
    fitted = fit(found, start, OWN if given.signs_of else WEIGHTS)
    how = replace(fitted, threshold=THRESHOLD)
    write_json(given.model / CALIBRATION, replace(before, answer=how).record())
    for told, each in (("before", before.answer), ("now", how)):
        print(f"{told}: {summary(found, each)}")


def squad(data: Path, folder: Path, rng: Random) -> list[tuple[Asked, tuple[str, ...]]]:
    """Held-back questions, each with the filters it is asked under; their paragraphs, and others,
    become files of `folder`.
    """
    source = data / "qa" / "train" / "squad_train_partial.json.gz"
    with gzip.open(source, "rt", encoding="utf-8") as stream:
        articles = json.load(stream)["data"]
    paragraphs = [each for article in articles for each in article["paragraphs"]]
    known = [
        (each["context"], qa)
        for each in paragraphs
        for qa in each["qas"]
        if qa["answers"] and held_back(qa["question"])
    ]
    questions: list[tuple[Asked, tuple[str, ...]]] = []
    for number, (context, qa) in enumerate(rng.sample(known, SQUAD)):
        name = f"held-{number}.txt"
        (folder / name).write_text(context, encoding="utf-8")
        answers = tuple(answer["text"] for answer in qa["answers"])
        questions.append((Asked(qa["question"], answers, "squad"), ()))
        if number % 2 == 0:
            questions.append((Asked(qa["question"], (), "squad"), (f"-path:{name}",)))
    for number, each in enumerate(rng.sample(paragraphs, OTHERS)):
        (folder / f"other-{number}.txt").write_text(each["context"], encoding="utf-8")
    return questions


if __name__ == "__main__":
    main()

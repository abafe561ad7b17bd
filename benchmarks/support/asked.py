"""Questions with their answers, of three layouts: with patterns that accept, made, and SQuAD's."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import QuestionSet, load_dataset
from lepton_local.evaluation.metrics import contains_answer, f1
from lepton_local.search.answer import plain_words

RIGHT = 0.5  # F1 from which words count as right
LONGER = 8  # words that may stand around a made answer
OTHERS = 2000  # paragraphs that nobody asks about, where paragraphs become the documents


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and which words answer it; none where `answerable` is false."""

    question: str
    answerable: bool
    right: Callable[[str], bool]
    held: Callable[[str], bool]  # whether a passage holds an answer


@dataclass(frozen=True, slots=True)
class Questions:
    """Those of a file, and the folder of their documents if they brought these."""

    asked: Sequence[Asked]
    documents: Path

    def sampled(self, most: int | None, seed: int) -> list[Asked]:
        """Up to so many with an answer, and as many without."""
        chance, chosen = random.Random(seed), []
        for there in (True, False):
            some = [each for each in self.asked if each.answerable is there]
            chosen += some if most is None or len(some) <= most else chance.sample(some, most)
        return chosen


def read(file: Path, folder: Path, *, matching: str | None = None) -> Questions:
    """The questions of a file, those that match a pattern.

    A list of `question` and `accept` (regular expressions, null without an answer); lines of
    `question` and `answers`; or SQuAD's layout, whose paragraphs are written to `folder`, unless it
    is there. Raises InputError for any other file.
    """
    wanted = re.compile(matching or "", re.IGNORECASE)
    if file.suffix == ".jsonl":
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        found = [_made(row["question"], row["answers"]) for row in rows]
    elif isinstance(told := _json(file), list):
        found = [_accepted(row["question"], row["accept"]) for row in told]
    else:
        data = load_dataset(file)
        if not isinstance(data, QuestionSet):
            raise InputError(f"{file}: expected questions with their answers")
        some = [each for each in data.questions if wanted.search(each.text)]
        if not folder.exists():
            _paragraphs(data, [each.context for each in some], folder)
        found = [_squad(each.text, each.answers) for each in some]
    return Questions([each for each in found if wanted.search(each.question)], folder)


def _json(file: Path) -> Any:
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open() as stream:
        return json.load(stream)


def _paragraphs(data: QuestionSet, asked: Sequence[str], folder: Path) -> None:
    every = list(dict.fromkeys(each.context for each in data.questions))
    others = random.Random(0).sample(every, min(len(every), OTHERS))
    folder.mkdir(parents=True)
    for number, text in enumerate(dict.fromkeys([*asked, *others])):
        (folder / f"{number:05}.txt").write_text(text, encoding="utf-8")


def _accepted(question: str, accept: Sequence[str] | None) -> Asked:
    patterns = [re.compile(each) for each in accept or ()]

    def held(text: str) -> bool:
        return any(each.search(text) for each in patterns)

    return Asked(question, accept is not None, held, held)


def _made(question: str, answers: Sequence[str]) -> Asked:
    told = [plain_words(each) for each in answers]

    def right(words: str) -> bool:
        said = plain_words(words)
        return any(
            (" ".join(each) in " ".join(said) and len(said) <= len(each) + LONGER)
            or (len(each) > 4 and f1(words, [answer]) >= RIGHT)
            for each, answer in zip(told, answers, strict=True)
        )

    def held(text: str) -> bool:
        return any(" ".join(each) in " ".join(plain_words(text)) for each in told)

    return Asked(question.replace('"', " "), bool(answers), right, held)


def _squad(question: str, answers: Sequence[str]) -> Asked:
    def right(words: str) -> bool:
        return bool(answers) and f1(words, answers) >= RIGHT

    def held(text: str) -> bool:
        return bool(answers) and contains_answer(text, answers)

    return Asked(question.replace('"', " "), bool(answers), right, held)

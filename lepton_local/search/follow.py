"""Which words of a talk the next question is asked along with ("and how large may it be?").

Nothing is generated. Each telling word of the questions so far, of what answered them and of the
title of the document that answered last gets a probability of being meant; those that are probable
are asked along. A question without a word that points back takes some only where one is so probable
that the question must lean on the talk; one with such a word always takes the likeliest. The task
is Voskarides et al., "Query Resolution for Conversational Search with Limited Supervision" (2020);
the two small networks, of which the second also sees what the first thinks of the other words, were
trained by `benchmarks/bench.py follow`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from lepton_local.models.folder import read_json
from lepton_local.search.either import either
from lepton_local.search.follow_signs import Said, Word, points_back, signs, words
from lepton_local.searched import Origin

MOST_WORDS = 12  # a long talk must not drown the question
PHRASE = 4  # words that may stand in the place of one that points back
_STANDS = frozenset("it they them he him she".split())
_WHOSE = frozenset("its their his her".split())  # "her" also stands for a person
_WORD = re.compile(r"\w+")
_PLACES = ("question", "answer", "title")


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked, and what came of it."""

    question: str
    answer: str = ""
    title: str = ""  # of the document that answered
    carried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Net:
    """A network with one hidden layer. mean, scale: (signs,); hidden: (signs, n); out: (n,)."""

    mean: np.ndarray
    scale: np.ndarray
    hidden: np.ndarray
    bias: np.ndarray
    out: np.ndarray
    base: float

    def __call__(self, table: np.ndarray) -> np.ndarray:
        """Probabilities (words,) by signs (words, signs)."""
        near = (np.log1p(np.maximum(table, 0)) - self.mean) / self.scale
        return probability(np.maximum(near @ self.hidden + self.bias, 0) @ self.out + self.base)


@dataclass(frozen=True, slots=True)
class Follower:
    """Both networks, and how probable a word must be."""

    first: Net
    second: Net
    leans: float  # the likeliest word, for a question that does not point back to lean on the talk
    floor: float  # and for one that does
    least: float  # for a word to be taken along, where it does
    near: float  # of the likeliest word's probability, for another to be meant with it

    def __call__(self, table: np.ndarray) -> np.ndarray:
        """Probabilities (words,)."""
        return self.second(among(table, self.first(table))) if len(table) else np.empty(0)

    def taken(self, sure: np.ndarray, *, points: bool) -> np.ndarray:
        """(words,) bool: what is taken along. points: the question points back."""
        best = float(sure.max(initial=0.0))
        if points:
            return np.asarray((sure >= min(self.least, self.near * best)) & (best >= self.floor))
        return np.asarray((sure >= self.least) & (best >= self.leans))


def probability(logits: np.ndarray) -> np.ndarray:
    """(n,) -> (n,)"""
    return np.asarray(1 / (1 + np.exp(-logits)))


def among(table: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """The signs (words, signs) behind what the first network thinks of each word and of all."""
    count, best = len(sure), float(sure.max())
    place = np.argsort(np.argsort(-sure, kind="stable"), kind="stable")
    any_of_them = 1 - float(np.prod(1 - np.minimum(sure, 0.99)))
    of_all = [np.full(count, each) for each in (best, float(sure.sum()), any_of_them)]
    return np.column_stack([sure, sure / max(best, 1e-9), place, *of_all, table])


def carry(question: str, talk: Sequence[Turn]) -> tuple[Origin, ...]:
    """The words of a talk that a question leans on, in the order of the talk; none where it stands
    alone.
    """
    return meanings(question, talk)[0]


def meanings(question: str, talk: Sequence[Turn]) -> tuple[tuple[Origin, ...], ...]:
    """The same, and once more where another subject is as likely meant."""
    asked = words(question)
    if not talk or not _english(question, asked):
        return ((),)
    said = [Said(words(t.question), words(t.answer), words(t.title)) for t in talk]
    before = {word.stem for each in talk[-1].carried for word in words(each)}
    model = follower()
    stems, written, table = signs(asked, said, before)
    sure = model(table)
    chosen = model.taken(sure, points=points_back(asked))
    best = np.argsort(-sure, kind="stable")[:MOST_WORDS]
    taken = sorted(at for at in best.tolist() if chosen[at])
    known = {stems[at]: float(sure[at]) for at in taken}
    two = either(asked, said[-1].question, known, least=model.least)
    return tuple(
        tuple(_origin(stems[at], written[at], said) for at in taken if stems[at] not in left)
        for left in (two[::-1] if two else [frozenset[str]()])
    )


def complete(question: str, carried: Sequence[str]) -> str:
    """The question with words of those before it: where it has one word that points back, in its
    place, since a reader answers that better; else behind.
    """
    phrase = " ".join(carried)
    pointing = [word for word in _WORD.finditer(question) if word[0].lower() in _STANDS | _WHOSE]
    if not carried or len(carried) > PHRASE or len(pointing) != 1 or '"' in question:
        return f"{question} ({phrase})" if carried else question
    begin, end = pointing[0].span()
    following = words(question[end:])[:1]
    whose = pointing[0][0].lower() in _WHOSE and not any(each.plain for each in following)
    own = "'s" if whose and following else ""
    return f"{question[:begin]}{phrase}{own}{question[end:]}"


def _english(question: str, asked: Sequence[Word]) -> bool:
    """The networks have read English alone: nothing is taken along where no word is."""
    return any(word.plain for word in asked) or (len(asked) < 3 and question.isascii())


def _origin(stem: str, written: str, talk: Sequence[Said]) -> Origin:
    """Where a word was said last."""
    for turn, said in reversed(list(enumerate(talk, 1))):
        for of, text in zip(_PLACES, (said.question, said.answer, said.title), strict=True):
            if any(word.stem == stem for word in text):
                return Origin(written, turn, of)
    raise AssertionError(f"{written} was never said")


@cache
def follower() -> Follower:
    """The networks that ship."""
    return read_follower(read_json(Path(__file__).with_name("follow.json")))


def read_follower(told: dict[str, Any]) -> Follower:
    """Networks by the numbers that they were kept as."""
    limits = (told[name] for name in ("leans", "floor", "least", "near"))
    return Follower(_net(told["first"]), _net(told["second"]), *limits)


def _net(told: dict[str, Any]) -> Net:
    arrays = {name: np.array(told[name]) for name in ("mean", "scale", "hidden", "bias", "out")}
    return Net(**arrays, base=told["base"])

"""Logs of chats: what was asked, what was answered, and how that was rated; as stored questions,
and as marks.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lepton_local.corpus.decode import decode
from lepton_local.corpus.words import fold, plain
from lepton_local.errors import InputError, SourceError
from lepton_local.search.searcher import Searcher
from lepton_local.store.feedback import JUDGEMENTS, Event, Judged, judged
from lepton_local.types import Hit

# What a column is called, in any case; the first of these that is there counts.
QUESTIONS = ("question", "query", "prompt", "user", "input", "asked")
ANSWERS = ("best_answer", "answer", "response", "reply", "assistant", "output")
RATINGS = ("rating", "feedback", "vote", "good", "thumb", "thumbs")
_GOOD = frozenset("good up yes true like liked positive helpful thumbs_up 👍".split())
_BAD = frozenset("bad down no false dislike disliked negative unhelpful thumbs_down 👎".split())
LOOKED_AT = 10  # passages in which an answer is looked for
LONGEST = 300  # of its characters
_MARKS = ",;\t|"  # what may stand between cells


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and an answer of a log. rating: above 0 good, below 0 bad, 0 not rated."""

    question: str
    answer: str
    rating: float


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and the best of its answers."""

    question: str
    answer: str
    asked: int  # how often
    rating: float  # mean of the answer's ratings


def read_log(data: bytes, name: str) -> list[Exchange]:
    """The exchanges of a CSV file or of JSON Lines; what lacks a question or an answer is left out.
    Raises InputError for a file without such columns.
    """
    try:
        text = decode(data).removeprefix("\ufeff")
    except SourceError as error:
        reason = error.message
        raise InputError(f"{name} is {reason}, expected CSV, or JSON Lines") from None
    rows = list(_lines(text, name) if text.lstrip().startswith("{") else _cells(text, name))
    known = {key for row in rows for key in row}
    question, answer, rating = (
        next((each for each in names if each in known), "")
        for names in (QUESTIONS, ANSWERS, RATINGS)
    )
    if not question or not answer:
        lacking = "question" if not question else "answer"
        raise InputError(
            f"{name} has no {lacking} (it has {', '.join(sorted(known)) or 'nothing'}), expected "
            f"columns such as {QUESTIONS[0]}, {ANSWERS[1]} and {RATINGS[0]}"
        )
    rated = _ratings([row.get(rating) for row in rows])
    found = (
        Exchange(_text(row.get(question)), _text(row.get(answer)), worth)
        for row, worth in zip(rows, rated, strict=True)
    )
    return [each for each in found if each.question and each.answer]


def pairs(log: Sequence[Exchange]) -> list[Pair]:
    """Each question once, as it was asked first, with the answer that was rated best; of equals the
    one that was given most often, and of these the last. Answers that were mostly rated bad are
    left out.
    """
    asked: dict[str, list[Exchange]] = {}
    for each in log:
        asked.setdefault(_same(each.question), []).append(each)
    return [pair for many in asked.values() if (pair := _best(many)) is not None]


def _best(many: Sequence[Exchange]) -> Pair | None:
    given: dict[str, list[Exchange]] = {}
    for each in many:
        given[each.answer] = [*given.pop(each.answer, []), each]  # the last given stands last
    ranked = []
    for place, (answer, those) in enumerate(given.items()):
        rated = [each.rating for each in those if each.rating]
        ranked.append((sum(rated) / max(len(rated), 1), len(those), place, answer))
    rating, _, _, answer = max(ranked)
    return Pair(many[0].question, answer, len(many), rating) if rating >= 0 else None


def marks(searcher: Searcher, log: Sequence[Exchange]) -> Iterator[Event | None]:
    """What each rated exchange says of the passage that its answer stands in; None where it stands
    in none.
    """
    worth: dict[tuple[str, str], float] = {}
    for each in log:
        asked = each.question, each.answer
        worth[asked] = worth.get(asked, 0.0) + each.rating
    for (question, answer), rating in worth.items():
        if not rating:
            continue
        kind = JUDGEMENTS["hit"][rating > 0]
        result = searcher.answer(question, k=LOOKED_AT)
        rank = _holding(answer, result.hits)
        if rank:
            yield judged(result, kind, hit=rank)
            continue
        found = searcher.search(answer[:LONGEST], k=LOOKED_AT)
        place = _holding(answer, found)
        if place:
            passage = found[place - 1].passage
            what = Judged(passage.digest, passage.document, passage.start, passage.end, 0)
            yield replace(judged(result, kind), what=what)
        else:
            yield None


def _holding(answer: str, hits: Sequence[Hit]) -> int:
    """Which of the hits, from 1, holds the beginning of an answer or is a part of it; 0: none."""
    wanted = _same(answer)
    for rank, hit in enumerate(hits, 1):
        there = _same(hit.passage.text)
        if there and (wanted[:LONGEST] in there or there in wanted):
            return rank
    return 0


def _lines(text: str, name: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f"{name} line {number} is no JSON object, expected one a line")
        yield {str(key).strip().lower(): value for key, value in row.items()}


def _cells(text: str, name: str) -> Iterator[Mapping[str, Any]]:
    head = text.partition("\n")[0]
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(_MARKS, key=head.count))
        names = [each.strip().lower() for each in next(rows, [])]
        yield from (dict(zip(names, row, strict=False)) for row in rows if row)
    except csv.Error as error:
        raise InputError(f"{name} is no CSV ({error}), expected rows of cells") from None


def _ratings(told: Sequence[Any]) -> list[float]:
    """What ratings are worth: words, signs, shares, or stars, of which the middle is neither."""
    numbers = [_number(each) for each in told]
    known = [each for each in numbers if each is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if low < 0:  # around nought
        middle, half = 0.0, max(high, -low)
    elif high <= 1:  # shares
        middle, half = 0.5, 0.5
    else:  # stars, of which one is the fewest
        middle, half = (1 + max(high, 5)) / 2, (max(high, 5) - 1) / 2
    worth = [middle if each is None else each for each in numbers]
    return [max(-1.0, min(1.0, (each - middle) / half)) for each in worth]


def _number(told: Any) -> float | None:
    if isinstance(told, bool):
        return float(told)
    word = str(told if told is not None else "").strip().lower()
    if word in _GOOD or word in _BAD:
        return 1.0 if word in _GOOD else 0.0
    try:
        return float(word)
    except ValueError:
        return None


def _text(told: Any) -> str:
    return str(told).strip() if isinstance(told, str) else ""


def _same(question: str) -> str:
    return " ".join(fold(plain(question)).split()).rstrip(" ?!.")

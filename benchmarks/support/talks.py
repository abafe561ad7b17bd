"""Talks to train on and to measure with: questions that follow one another, as they were asked and
as somebody who came in late would need to ask them.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lepton_local.search.follow_signs import Word, words


@dataclass(frozen=True, slots=True)
class Step:
    """A question of a talk. whole: as it is asked alone; None: nobody has said so."""

    asked: str
    whole: str | None
    answer: str = ""
    title: str = ""


Talk = list[Step]
Source = tuple[str, list[tuple[str, str]]]  # a title, questions and their answers

_ABOUT = ("Tell me about {}.", "What is {}?", "Who is {}?", "I want to know about {}", "{}")
_LINKS = frozenset("of in for about with from to on by at".split())


def rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def rewritten(path: Path) -> list[Talk]:
    """Talks whose questions people have rewritten: {topic, turn, history, query, rewrite} a line,
    with title, heading and answers in the history (CANARD) or questions alone (CAsT).
    """
    topics: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(path):
        topics[row["topic"]].append(row)
    answered = path.name.startswith("canard")
    return [_answered(each) if answered else _asked(each) for each in topics.values()]


def _asked(turns: Sequence[dict[str, Any]]) -> Talk:
    return [Step(each["query"], each["rewrite"]) for each in turns]


def _answered(turns: Sequence[dict[str, Any]]) -> Talk:
    longest = max(turns, key=lambda each: len(each["history"]))
    title = ", ".join(longest["history"][:2])
    said = [*longest["history"][2:], longest["query"], ""]
    whole = {len(each["history"]): each["rewrite"] for each in turns}
    pairs = zip(said[::2], said[1::2], strict=False)
    return [
        Step(question, whole.get(2 * turn + 2), answer, title)
        for turn, (question, answer) in enumerate(pairs)
    ]


def shapes(talk: Talk, others: Sequence[Talk], rng: random.Random) -> Iterator[Talk]:
    """A talk as it is; begun by a whole question in place of a title; and, by chance, so with
    answers, or begun by its subject, or after the beginning of another one.
    """
    yield talk
    yield begun(talk, answers=False)
    subject = talk[0].title.split(",")[0]
    name = Step(rng.choice(_ABOUT).format(subject), None)
    answers = rng.random() < 0.5
    before = begun(rng.choice(others), answers=answers)[: rng.randint(1, 4)]
    bare = [replace(step, answer="", title="") for step in talk]
    glued = [*(replace(step, whole=None) for step in before), *begun(talk, answers=answers)]
    yield rng.choice(([name, *bare], glued))


def begun(talk: Talk, *, answers: bool) -> Talk:
    """A talk without a title, so that its first question must name the subject."""
    first = replace(talk[0], asked=talk[0].whole or talk[0].asked)
    steps = [first, *talk[1:]]
    return [replace(step, title="", answer=step.answer if answers else "") for step in steps]


def squad(path: Path) -> list[Source]:
    """The articles of a file of SQuAD with more than five questions."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    found = []
    for article in articles:
        questions = [
            (each["question"].strip(), each["answers"][0]["text"] if each["answers"] else "")
            for paragraph in article["paragraphs"]
            for each in paragraph["qas"]
        ]
        if len(questions) > 5:
            found.append((article["title"].replace("_", " "), questions))
    return found


def texts(path: Path) -> dict[str, str]:
    """The paragraphs of the articles of a file of SQuAD, by their titles."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    return {
        article["title"].replace("_", " "): "\n".join(p["context"] for p in article["paragraphs"])
        for article in articles
    }


def medquad(path: Path) -> list[Source]:
    """The documents of MedQuAD with more than two questions."""
    documents: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows(path):
        if not row.get("in_liveqa_eval"):
            question = re.sub(r"\s*\?+$", "?", row["query"].replace(" (are)", ""))
            first = row["positive"].split(". ")[0][:200]
            documents[row["src"].rsplit("_", 1)[0]].append((question, first))
    return [(each[0][0].rstrip("?"), each) for each in documents.values() if len(each) > 2]


def made(count: int, sources: Sequence[Source], rng: random.Random) -> list[Talk]:
    """Talks of questions that share some words, which are blanked in most but the first of them;
    then of others. Some questions between lean on nothing.
    """
    talks: list[Talk] = []
    while len(talks) < count:
        title, questions = rng.choice(sources)
        holding: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, (question, _) in enumerate(questions):
            for each in sorted({gram for gram, _, _ in grams(words(question))}):
                holding[each].append(number)
        most = max(8, len(questions) // 3)
        shared = [g for g, at in holding.items() if 2 <= len(at) <= most and len("".join(g)) > 3]
        if not shared:
            continue
        answers, titled = rng.random() < 0.45, rng.random() < 0.25
        steps: Talk = []
        for _ in range(rng.choice((1, 1, 2, 2, 3))):
            gram = _widest(rng.choice(shared), shared, holding)
            chosen = rng.sample(holding[gram], min(len(holding[gram]), rng.randint(2, 4)))
            for place, number in enumerate(chosen):
                steps.append(_step(questions[number], gram, place, rng))
            if rng.random() < 0.35:
                question, answer = rng.choice(questions)
                steps.append(Step(question, question, answer))
        if rng.random() < 0.3:
            question, answer = rng.choice(rng.choice(sources)[1])
            steps.append(Step(question, question, answer))
        keep = {"title": title if titled else ""}
        talks.append([replace(s, answer=s.answer if answers else "", **keep) for s in steps])
    return talks


def _step(pair: tuple[str, str], gram: tuple[str, ...], place: int, rng: random.Random) -> Step:
    whole, answer = pair
    if place == 0 and rng.random() < 0.15:
        said = words(whole)
        first, last = next((a, b) for each, a, b in grams(said) if each == gram)
        whole = f"Tell me about {' '.join(word.text for word in said[first:last])}."
    blank = blanked(whole, gram, rng) if place and rng.random() < 0.75 else None
    return Step(blank or whole, whole, answer)


def _widest(
    gram: tuple[str, ...], shared: Sequence[tuple[str, ...]], holding: dict[Any, list[int]]
) -> tuple[str, ...]:
    """The longest words around these that stand in nearly as many questions."""
    for each in sorted(shared, key=len, reverse=True):
        inside = any(each[at : at + len(gram)] == gram for at in range(len(each)))
        if len(each) > len(gram) and inside and len(holding[each]) >= 0.7 * len(holding[gram]):
            return each
    return gram


def grams(said: Sequence[Word]) -> list[tuple[tuple[str, ...], int, int]]:
    """Every run of one to four words that begins and ends with a telling one, by stems, and where
    it stands.
    """
    return [
        (tuple(word.stem for word in said[first:last]), first, last)
        for first in range(len(said))
        for last in range(first + 1, min(first + 4, len(said)) + 1)
        if not said[first].plain and not said[last - 1].plain
    ]


def blanked(question: str, gram: tuple[str, ...], rng: random.Random) -> str | None:
    """The question with a word that points back in place of these, or nothing; None where nothing
    would be left.
    """
    said = words(question)
    places = [(match.start(), match.end()) for match in re.finditer(r"\w+", question)]
    first, last = next((a, b) for each, a, b in grams(said) if each == gram)
    begin, end = places[first][0], places[last - 1][1]
    own = question[end : end + 2] in ("'s", "\u2019s")
    end += 2 * own
    head = first
    if head and said[head - 1].low in ("the", "a", "an"):
        head -= 1
        begin = places[head][0]
    before = said[head - 1].low if head else ""
    if own:
        instead = rng.choice(("its", "their", "his", "her", "its"))
    elif before in _LINKS and rng.random() < 0.55:
        instead, begin = "", places[head - 1][0]
    elif last < len(said) and not said[last].plain and rng.random() < 0.6:
        instead = rng.choice(("", "its", "this", "the"))
    elif last - first > 1 and rng.random() < 0.35:
        instead = f"{rng.choice(('the', 'that', 'this'))} {said[last - 1].text}"
    else:
        instead = rng.choice("it they it them he she this these that".split())
    left = re.sub(r"\s+", " ", question[:begin] + instead + question[end:]).replace(" ?", "?")
    return left.strip() if len(words(left)) > 1 else None

"""Answers of whole sentences: how much of what people wrote they hold, and how sure they may be."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from measure.answers import index_of
from support.record import new_record, table, write_json, write_rows

from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import Question, QuestionSet, load_dataset
from lepton_local.evaluation.metrics import auroc, calibration_error, f1
from lepton_local.models.roles import PassageText
from lepton_local.search.searcher import Searcher
from lepton_local.search.stretch import THRESHOLD, probability, whole_sentences, worth
from lepton_local.search.wants import SENTENCES, wanted
from lepton_local.search.written import LEAST
from lepton_local.types import Result


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about the papers, answered by a phrase and as it wants to be."""

    question: str
    kind: str
    gold: str
    phrase: Result
    whole: Result

    def best(self, result: Result) -> str:
        """The answer, or the first that was not sure enough."""
        first = result.answer or next(iter(result.answers), None)
        return first.text if first else ""


def run(papers: Path, squad: str | Path, work: Path, *, most: int, seed: int, name: str) -> Path:
    """Ask about the papers, fit on SQuAD; return the folder of the record."""
    told = json.loads((papers / "eval_questions.json").read_text(encoding="utf-8"))
    data = load_dataset(squad)
    if not isinstance(data, QuestionSet):
        raise InputError(f"{squad}: expected a SQuAD JSON file: bench.py kinds PAPERS --squad F")
    record = new_record(name)
    searcher = Searcher(index_of(papers, work / "index"))
    rows = [
        Asked(
            asked,
            wanted(asked),
            gold,
            searcher.answer(asked, k=1, whole=False),
            searcher.answer(asked, k=1),
        )
        for asked, gold in zip(told["questions"], told["ground_truths"], strict=True)
    ]
    sample = _sampled(data, most=most, seed=seed)
    fit = fitted(sample, searcher.reranker)
    summary = {
        "papers": searcher.index.documents,
        "seed": seed,
        "sentences": figures([row for row in rows if row.kind == SENTENCES]),
        "others": figures([row for row in rows if row.kind != SENTENCES]),
        "squad": fit,
        "claims": claims(data, searcher.reranker, seed=seed),
    }
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(summarise(summary), encoding="utf-8")
    write_rows(record / "questions.jsonl.gz", map(_raw, rows))
    return record


def figures(rows: Sequence[Asked]) -> dict[str, Any]:
    """Token F1 in percent, silence counted as none; `unasked`: of the first answer, sure or not."""
    kinds: dict[str, Callable[[Asked], Result]] = {
        "phrase": lambda row: row.phrase,
        "whole": lambda row: row.whole,
    }
    return {
        "questions": len(rows),
        "same": sum(row.phrase.answer == row.whole.answer for row in rows),
        **{
            name: {
                "f1": _percent(
                    f1(r.answer.text, [row.gold]) if (r := given(row)).answer else 0.0
                    for row in rows
                ),
                "f1_of_first": _percent(f1(row.best(given(row)), [row.gold]) for row in rows),
                "answered": sum(given(row).answer is not None for row in rows),
                "words": round(fmean(len(row.best(given(row)).split()) for row in rows), 1),
            }
            for name, given in kinds.items()
        },
    }


def fitted(sample: Sequence[Question], judge: Any) -> dict[str, Any]:
    """What the best sentence of a paragraph is worth: the line from how good it is to the odds that
    an accepted answer begins there, and what the one that ships makes of it.

    judge: a pair model.
    """
    goods, right = [], []
    for question in sample:
        single = whole_sentences(question.context)
        title = question.title.replace("_", " ")
        parts = [PassageText(title, question.context[start:end]) for start, end in single]
        reading = judge.read(question.text, [PassageText(title, question.context)])[0]
        told = [
            worth(float(logit), [s.score - reading.null for s in reading.spans if a <= s.start < b])
            for logit, (a, b) in zip(judge.score(question.text, parts), single, strict=True)
        ]
        best = max(range(len(single)), key=told.__getitem__)
        start, end = single[best]
        goods.append(told[best])
        right.append(any(start <= at < end for _, at in question.marked) and bool(question.answers))
    x, y = np.array(goods), np.array(right)
    slope, intercept = logistic(x, y)
    sure = np.array([probability(each) for each in goods])
    given = sure >= THRESHOLD
    answerable = np.array([bool(question.answers) for question in sample])
    return {
        "questions": len(sample),
        "answerable": int(answerable.sum()),
        "best_sentence_right": round(float(y[answerable].mean()), 4),
        "slope": round(float(slope), 4),
        "intercept": round(float(intercept), 4),
        "auroc": auroc(x[y].tolist(), x[~y].tolist()),
        "calibration_error": round(calibration_error(sure.tolist(), y.tolist()), 4),
        "answered": round(float(given[answerable].mean()), 4),
        "right_of_answered": round(float(y[given].mean()), 4),
        "answered_without": round(float(given[~answerable].mean()), 4),
    }


def claims(data: QuestionSet, judge: Any, *, seed: int) -> dict[str, Any]:
    """How often the judge finds a sentence of a paragraph where it stands, in the other sentences
    of its paragraph, and in another paragraph of the same article.
    """
    chance = random.Random(seed)
    articles: dict[str, list[str]] = {}
    for question in data.questions:
        if question.context not in articles.setdefault(question.title, []):
            articles[question.title].append(question.context)
    found: dict[str, list[bool]] = {"itself": [], "its paragraph": [], "another paragraph": []}
    for title, contexts in articles.items():
        for context, other in pairwise(chance.sample(contexts, min(4, len(contexts)))):
            single, strange = ([t[a:b] for a, b in whole_sentences(t)] for t in (context, other))
            claim = chance.choice(single)
            rest = [each for each in single if each != claim]
            for where, parts in zip(found, ([claim], rest, strange), strict=True):
                if parts:
                    texts = [PassageText(title.replace("_", " "), each) for each in parts]
                    found[where].append(bool(max(judge.score(claim, texts)) >= LEAST))
    return {
        "sentences": len(found["itself"]),
        **{where: round(fmean(told), 4) for where, told in found.items()},
    }


def logistic(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of the log odds of y (n,) over x (n,), by Newton's method."""
    rows, line = np.stack([x, np.ones(len(x))], axis=1), np.zeros(2)
    for _ in range(50):
        sure = 1 / (1 + np.exp(-(rows @ line)))
        curve = rows.T @ (rows * (sure * (1 - sure))[:, None])
        line += np.linalg.solve(curve, rows.T @ (y - sure))
    return float(line[0]), float(line[1])


def _sampled(data: QuestionSet, *, most: int, seed: int) -> list[Question]:
    """How and why questions: as many with an answer as without."""
    chance = random.Random(seed)
    asked = [each for each in data.questions if wanted(each.text) == SENTENCES]
    kinds = [[each for each in asked if bool(each.answers) == there] for there in (True, False)]
    return [each for kind in kinds for each in chance.sample(kind, min(most, len(kind)))]


def _percent(shares: Any) -> float:
    return round(100 * fmean(shares), 2)


def _raw(row: Asked) -> list[Any]:
    """Question, kind, and of each way its first answer, its certainty, whether given, and F1."""
    told = []
    for result in (row.phrase, row.whole):
        first = result.answer or next(iter(result.answers), None)
        sure = round(first.confidence, 4) if first else None
        words = row.best(result)
        told += [words, sure, result.answer is not None, round(f1(words, [row.gold]), 3)]
    return [row.question, row.kind, *told]


def summarise(summary: dict[str, Any]) -> str:
    """The figures as tables."""
    kinds = [("how, why, explain", summary["sentences"]), ("others", summary["others"])]
    rows = [
        [
            f"{kind}, {told['questions']}: {way}",
            f"{told[way]['f1']:.1f}",
            f"{told[way]['f1_of_first']:.1f}",
            str(told[way]["answered"]),
            f"{told[way]['words']:.1f}",
        ]
        for kind, told in kinds
        for way in ("phrase", "whole")
    ]
    answers = table(["questions", "F1", "F1 of the first", "answered", "words"], rows)
    fit = summary["squad"]
    names = [name for name in fit if name != "questions"]
    line = table(
        ["of SQuAD", *names],
        [[str(fit["questions"]), *(f"{fit[name]:.4g}" for name in names)]],
    )
    told = summary["claims"]
    places = [name for name in told if name != "sentences"]
    borne = table(
        ["sentences found in", *places],
        [[str(told["sentences"]), *(f"{told[name]:.3f}" for name in places)]],
    )
    return f"{answers}\n{line}\n{borne}"

"""How well a searcher does on a published test set: rankings in BEIR, answers in SQuAD layout.

Each question becomes one row (`rank_questions`, `ask_questions`), and a report is a summary of rows
(summary.py), so that a benchmark can keep the rows, and settings be compared (compare.py).
"""

from __future__ import annotations

import glob
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TypeVar

from lepton_local.errors import InputError
from lepton_local.evaluation import metrics
from lepton_local.evaluation.compare import Measured
from lepton_local.evaluation.datasets import Question, QuestionSet, RetrievalSet, load_dataset
from lepton_local.evaluation.rows import TOP, Outcome, Ranking
from lepton_local.search.question import without_conditions
from lepton_local.types import Hit, Progress, Result

DEPTH = 100  # documents a ranking is judged to
PASSAGES = 300  # passages asked for, so that long documents that fill many places still leave DEPTH

T = TypeVar("T")


class Asked(Protocol):
    """What an evaluation asks of a searcher; `Searcher` is one."""

    def ranking(self, question: str, *, k: int) -> Sequence[Hit]:
        """The best passages, best first."""
        ...

    def answer(
        self, question: str, *, k: int = 10, filters: Sequence[str] = (), whole: bool = True
    ) -> Result:
        """The words that answer; without `whole` never more than a phrase."""
        ...


def evaluate(
    searcher: Asked,
    dataset: str | Path,
    *,
    split: str | None = None,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Ask a test set's questions; return the figures that `lepton-search eval --json` prints.

    A BEIR folder gives `queries`, `ndcg@10`, `map`, `mrr@10`, `recall@100`, `noise@10`, `seconds`;
    a SQuAD file `questions`, `em`, `f1` (percent), `hit@1`, `hit@5`, `answered`, `auroc`,
    `seconds`. `intervals` are those in which the means lie, by the questions' number. `sample`
    asks that many questions, chosen by `seed`. Seconds are means over the questions. InputError
    when the set cannot be read, or is of another corpus.
    """
    data = load_dataset(dataset, split=split)
    return measure(searcher, data, sample=sample, seed=seed, progress=progress).report()


def measure(
    searcher: Asked,
    data: RetrievalSet | QuestionSet,
    *,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Measured:
    """Ask a test set's questions, and keep what each of them gave. Raises InputError."""
    if isinstance(data, RetrievalSet):
        ranked = rank_questions(searcher, data, sample=sample, seed=seed, progress=progress)
        return Measured(ranked)
    answers = ask_questions(searcher, data, sample=sample, seed=seed, progress=progress)
    return Measured(answers)


def rank_questions(
    searcher: Asked,
    data: RetrievalSet,
    *,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Ranking]:
    """Rank documents, each by its best passage, for every question that has a relevant one."""
    judged = {document for grades in data.judgements.values() for document in grades}
    rows = []
    asked = questions_of(data, sample=sample, seed=seed)
    for query, text, grades in asked:
        started = time.perf_counter()
        hits = searcher.ranking(text, k=PASSAGES)
        seconds = time.perf_counter() - started
        documents = tuple(
            dict.fromkeys(
                _judged_id(path, document, judged)
                for hit in hits
                for path, document in _everywhere(hit)
            )
        )[:DEPTH]
        rows.append(Ranking(query, documents, _measure(documents, grades), seconds, text))
        _report(progress, len(rows), len(asked))
    if not any(document in judged for row in rows for document in row.documents):
        raise InputError(
            f"{data.name}: nothing that was found is a document of this set",
            advice="index its own corpus first: lepton-index build …/corpus.jsonl",
        )
    return rows


def questions_of(
    data: RetrievalSet, *, sample: int | None = None, seed: int = 0
) -> list[tuple[str, str, Mapping[str, int]]]:
    """The questions of a set that have a relevant document: id, words, and grades of documents."""
    answered = [
        (query, without_conditions(data.queries[query]), grades)
        for query, grades in data.judgements.items()
        if query in data.queries and max(grades.values()) > 0
    ]
    if not answered:
        raise InputError(
            f"{data.name}: no question of it has a relevant document", advice="check its qrels"
        )
    return list(_sampled(answered, sample, seed))


def _everywhere(hit: Hit) -> Iterator[tuple[str, str]]:
    """Path and document of every place where a hit's text stands: a copy is found as well."""
    yield hit.path, hit.passage.document
    for place in hit.also:
        yield place.path, place.document


def _judged_id(path: str, document: str, judged: set[str]) -> str:
    """The id a set's judgements know a document by: its key, its path, or the path's stem."""
    names = (document.partition("#")[2], document, PurePosixPath(path).stem)
    return next((name for name in names if name in judged), document)


def _measure(documents: Sequence[str], grades: Mapping[str, int]) -> dict[str, float]:
    gains = [grades.get(document, 0) for document in documents]
    relevant = [gain > 0 for gain in gains]
    total = sum(grade > 0 for grade in grades.values())
    return {
        "ndcg@10": metrics.ndcg(gains, list(grades.values()), 10),
        "map": metrics.average_precision(relevant, total),
        "mrr@10": metrics.reciprocal_rank(relevant, 10),
        "recall@100": metrics.recall(relevant, total, DEPTH),
        "noise@10": metrics.noise(relevant, 10),
    }


def ask_questions(
    searcher: Asked,
    data: QuestionSet,
    *,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Ask every question of the whole index.

    If every question of the set is answerable, each is asked a second time with the article that
    answers it left out: the file of the same name, as far as some question found it.
    """
    asked = _sampled(data.questions, sample, seed)
    second = all(question.answers for question in data.questions)
    total = len(asked) * (1 + second)
    articles: dict[str, set[str]] = {}
    rows = []
    for question in asked:
        result = searcher.answer(without_conditions(question.text), k=TOP, whole=False)
        for hit in result.hits:
            for article, found in by_article(path for path, _ in _everywhere(hit)).items():
                articles.setdefault(article, set()).update(found)
        rows.append(_judge(question, result))
        _report(progress, len(rows), total)
    if not second:
        return rows
    for number, question in enumerate(asked):
        if own := articles.get(question.title):
            text, filters = without_conditions(question.text), leaving_out(own)
            result = searcher.answer(text, k=TOP, filters=filters, whole=False)
            rows[number] = replace(rows[number], left_out=1 - result.null_confidence)
        _report(progress, len(asked) + number + 1, total)
    return rows


def by_article(paths: Iterable[str]) -> dict[str, set[str]]:
    """The files of each article: those that are named like it."""
    articles: dict[str, set[str]] = {}
    for path in paths:
        articles.setdefault(PurePosixPath(path).stem, set()).add(path)
    return articles


def leaving_out(paths: Iterable[str]) -> list[str]:
    """Filters that find everything but these files."""
    return [f'-path:"{glob.escape(path)}"' for path in sorted(paths)]


def _judge(question: Question, result: Result) -> Outcome:
    words = result.answer.text if result.answer else ""
    chinese = metrics.HAN.search(question.text) is not None
    found = (
        rank
        for rank, hit in enumerate(result.hits[:TOP], 1)
        if metrics.contains_answer(hit.passage.text, question.answers, chinese=chinese)
    )
    return Outcome(
        id=question.id,
        answerable=bool(question.answers),
        answer=words,
        certainty=result.answer.confidence if result.answer else None,
        confidence=1 - result.null_confidence,
        found=next(found, None),
        exact=metrics.exact_match(words, question.answers, chinese=chinese),
        f1=metrics.f1(words, question.answers, chinese=chinese),
        seconds=result.seconds,
        question=question.text,
    )


def _sampled(items: Sequence[T], sample: int | None, seed: int) -> Sequence[T]:
    """That many of the items, in their order; the same for the same seed."""
    if sample is None or sample >= len(items):
        return items
    chosen = sorted(random.Random(seed).sample(range(len(items)), sample))
    return [items[i] for i in chosen]


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress("ask", done, total)

"""A question on its way: made ready to be asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_local.config import SearchConfig
from lepton_local.corpus.language import identify
from lepton_local.models.roles import Encoder, Reader, Reranker
from lepton_local.search.columns import Alike
from lepton_local.search.fields import Fields, reads
from lepton_local.search.lessons import NONE, Lessons, lessons
from lepton_local.search.lexical import weigh
from lepton_local.search.marked import Marks, marked
from lepton_local.search.named import Rows, named
from lepton_local.search.options import entries
from lepton_local.search.question import Question, parse_question
from lepton_local.search.symbols import sought
from lepton_local.search.words import question_words
from lepton_local.searched import Condition, Term
from lepton_local.store.index import Index
from lepton_local.store.names import TEXT


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as the retrievers, the judge and the reader are asked it, of whatever rows."""

    asked: str  # as it was typed
    question: Question
    language: str
    vectors: Mapping[str, np.ndarray]  # by field, (dim,) each; none to search by words alone
    terms: tuple[Term, ...]
    corrections: Mapping[str, str]
    names: Sequence[Rows]  # of the files whose name is all that was asked
    places: Mapping[Rows, float]  # what is added to the rows of symbols that were asked for
    marks: Mapping[Rows, float]  # rows that a person has marked for this question: see Marks
    wrong: frozenset[str]  # answers that somebody has marked as wrong, by `key_of`
    lessons: Lessons  # and what else was learnt from that
    encoders: Sequence[Encoder]  # that made the vectors
    alike: Alike | None  # how like texts are to each other; None: no encoder is asked
    foreign: bool  # no encoder was made for its language
    reads: bool  # an answer is wanted
    seen: frozenset[str]  # the fields that are of pictures, which no judge sees
    only: frozenset[str]  # those whose rows alone are wanted; none: all rows
    reranker: Reranker | None  # None: not wanted, or it does not read the language
    reader: Reader | None
    seconds: Mapping[str, float]

    @property
    def judged(self) -> bool:
        """Whether a network looks at what the retrievers found."""
        return self.reranker is not None or self.reader is not None


def ready(
    asked: str,
    index: Index,
    fields: Fields,
    config: SearchConfig,
    learnt: Lessons | None = None,
    filters: Sequence[Condition] = (),
    *,
    reranker: Callable[[], Reranker] | None,
    reader: Callable[[], Reader] | None,
) -> Asking:
    """Take a question apart, encode it, and choose who reads its language. None: not wanted.
    learnt: in place of what lies beside the index; filters: beside the question.

    Raises InputError for a blank one.
    """
    began = time.perf_counter()
    question, clock = parse_question(asked), {}
    language = identify(question.text)
    encoders = fields.encoders(language) if config.mode != "lexical" else {}
    if fields.only:
        reranker = reader = None  # they read, and do not see
    judge = reranker() if reranker is not None else None
    finder = reader() if reader is not None else None
    clock["load"] = time.perf_counter() - began
    lap = time.perf_counter()
    asks = {each.digest: each for each in encoders.values()}  # one may have made several fields
    made = {name: each.encode([question.text], kind="question")[0] for name, each in asks.items()}
    vectors = {name: made[encoder.digest] for name, encoder in encoders.items()}
    if vectors:
        clock["encode"] = time.perf_counter() - lap
    lap = time.perf_counter()
    words, corrections = question_words(index, question.words, question.prefixes)
    terms = weigh(index.statistics, words)
    clock["words"] = time.perf_counter() - lap
    text = encoders.get(TEXT)
    marks, within = Marks(), (*question.filters, *filters)
    if config.feedback:
        marks = marked(index, question.text, vectors.get(TEXT), text, filters=within)
    taught = learnt or (lessons(index) if config.feedback else NONE)
    if text is not None:
        vectors[TEXT] = taught.moved(vectors[TEXT], text.digest)
    return Asking(
        asked,
        question,
        language,
        vectors,
        terms,
        corrections if config.mode != "dense" else {},
        names=named(index, question.text, terms, corrections),
        places=sought(index, question.text, terms) or entries(index, question.text),
        marks=marks.rows,
        wrong=marks.wrong,
        lessons=taught,
        encoders=tuple(asks.values()),
        alike=fields.alike(next(iter(encoders))) if encoders else None,
        foreign=not any(reads(encoder, language) for encoder in encoders.values()),
        reads=reader is not None,
        seen=fields.seen,
        only=fields.only,
        reranker=judge if judge is not None and reads(judge, language) else None,
        reader=finder if finder is not None and reads(finder, language) else None,
        seconds=clock,
    )

"""The query engine: question -> candidates -> fused -> judged -> hits, and from the same pass the
words that answer.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, Self

from lepton_local.config import SearchConfig
from lepton_local.corpus.language import identify
from lepton_local.models.load import load_encoder, load_reader, load_reranker
from lepton_local.models.roles import Encoder, Reader, Reranker
from lepton_local.search.answer import Proposal, answered, proposals
from lepton_local.search.asked import asked_path, asked_text
from lepton_local.search.checks import (
    check_asked,
    check_config,
    check_limits,
    check_model,
    check_skip,
)
from lepton_local.search.conditions import pools, rows_on
from lepton_local.search.context import with_lines
from lepton_local.search.fields import Fields, reads
from lepton_local.search.filters import condition_of
from lepton_local.search.first import in_order
from lepton_local.search.hits import Where, marks_of, where
from lepton_local.search.lexical import weigh
from lepton_local.search.listing import at_most, listed, nothing_like, weighed
from lepton_local.search.matched import Wanted, wanted_terms
from lepton_local.search.named import named
from lepton_local.search.notes import nothing_found, understood, unread
from lepton_local.search.place import placed
from lepton_local.search.question import parse_question
from lepton_local.search.rerank import rerank
from lepton_local.search.retrieve import retrieve
from lepton_local.search.sights import sights
from lepton_local.search.similar import similar
from lepton_local.search.sources import Freshness, prove_result
from lepton_local.search.symbols import sought
from lepton_local.search.words import question_words
from lepton_local.store.index import Index
from lepton_local.store.names import TEXT
from lepton_local.store.union import union
from lepton_local.types import Hit, Mark, Result

FILTERS_KEPT = 16  # sets of filters whose rows a searcher remembers, a byte a row


@dataclass(frozen=True, slots=True)
class _Found:
    """What a question found, before it is cited."""

    result: Result
    spans: list[Proposal]
    marks: Mapping[tuple[str, Where], Sequence[Mark]]  # of the document of each hit that is shown
    wanted: Wanted


class Searcher:
    """Searches one snapshot of an index. Models are loaded when they are first needed, and kept."""

    def __init__(
        self,
        index: Index,
        *,
        encoder: Encoder | None = None,
        fields: Mapping[str, Encoder] | None = None,
        reranker: Reranker | None = None,
        reader: Reader | None = None,
        config: SearchConfig | None = None,
    ) -> None:
        """encoder: of the texts; fields: the encoders of further fields, by their names.

        Raises InputError for settings that cannot be and models that lack what their role needs,
        VersionError when an encoder did not make the vectors of its field.
        """
        self.index = index
        self.config = config if config is not None else SearchConfig()
        check_config(self.config)
        self._within = lru_cache(FILTERS_KEPT)(partial(rows_on, index))
        self._freshness = Freshness()
        given = {**(fields or {}), **({} if encoder is None else {TEXT: encoder})}
        load = partial(load_encoder, **self._loading)
        self.fields = Fields(index, self.config.fields, given, load)
        if reranker is not None:
            check_model(reranker, Reranker, "reranker")
            self.reranker = reranker
        if reader is not None:
            check_model(reader, Reader, "reader")
            self.reader = reader

    @classmethod
    def open(
        cls, path: str | Path | Sequence[str | Path], config: SearchConfig | None = None
    ) -> Searcher:
        """Open the current generation of the index at `path`, or of several, to search them as one.

        Raises StoreError, also where their encoders differ, or InputError.
        """
        paths = [path] if isinstance(path, str | Path) else path
        return cls(union([Index.open(each) for each in paths]), config=config)

    @property
    def encoder(self) -> Encoder:
        """The encoder that made the vectors of the texts. Raises ModelError, or VersionError for
        another one.
        """
        return self.fields.encoder(TEXT)

    @cached_property
    def reranker(self) -> Reranker:
        """The judge of relevance. Raises ModelError."""
        return load_reranker(self.config.reranker, **self._loading)

    @cached_property
    def reader(self) -> Reader:
        """The finder of answers; of a pair model, the reranker itself. Raises ModelError."""
        return load_reader(self.config.reader, **self._loading)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index and of what is remembered of it. The models stay loaded."""
        self.index.close()
        self._within.cache_clear()

    def search(
        self, question: str, *, k: int = 10, filters: Sequence[str] = (), skip: int = 0
    ) -> list[Hit]:
        """The best `k` passages after the first `skip`. Raises InputError for a blank question, k
        below 1, or an unknown filter.
        """
        found = self._found(question, k, filters, skip=skip, read=False)
        return self._placed(found, found.result)

    def answer(
        self, question: str, *, k: int = 10, filters: Sequence[str] = (), skip: int = 0
    ) -> Result:
        """The best `k` passages after the first `skip`, and the words in the best few of all that
        answer the question, if any do.

        Raises InputError for a blank question, k below 1, or an unknown filter.
        """
        began = time.perf_counter()
        found = self._found(question, k, filters, skip=skip, read=self.config.answer)
        result = found.result
        if found.spans:
            how = self.reader.calibration.answer
            result = answered(result, found.spans, how, self._freshness.marked)
        result = replace(result, hits=tuple(self._placed(found, result)))
        return replace(result, seconds={**result.seconds, "total": time.perf_counter() - began})

    def spans(self, question: str, *, filters: Sequence[str] = ()) -> list[Proposal]:
        """Every span that competes to be the answer, by falling strength: what a calibration is
        fitted on.

        Raises InputError for a blank question or an unknown filter.
        """
        return self._found(question, 1, filters, skip=0, read=True).spans

    def similar(
        self, what: str | Path, *, text: bool = False, k: int = 10, filters: Sequence[str] = ()
    ) -> list[Hit]:
        """The `k` documents most like the one cited so, or a file; with `text`, like what is said.
        A hit is most like one passage of it, its `like`. Raises InputError as `search` does.
        """
        check_limits(k, filters)
        asked = (asked_text if text else asked_path)(self.index, what, lambda: self.encoder)
        within = self._within(tuple(map(condition_of, filters)), datetime.date.today())
        return self._freshness.marked(similar(self.index, asked, within, k=k))

    def verify(self, result: Result) -> Result:
        """The same result, hits and answers marked by whether their files still say the same."""
        return prove_result(result, self.index)

    def _found(
        self, asked: str, k: int, filters: Sequence[str], *, skip: int, read: bool
    ) -> _Found:
        began = time.perf_counter()
        check_asked(asked, k, filters)
        check_skip(skip)
        question = parse_question(asked)
        chosen = (*question.filters, *map(condition_of, filters))
        within = self._within(chosen, datetime.date.today())
        config, clock = self.config, {}
        language = identify(question.text)
        encoders = self.fields.encoders(language) if config.mode != "lexical" else {}
        reranker = self.reranker if config.rerank and reads(self.reranker, language) else None
        reader = self.reader if read and reads(self.reader, language) else None
        clock["load"] = time.perf_counter() - began

        lap = time.perf_counter()
        vectors = {
            name: encoder.encode([question.text], kind="question")[0]
            for name, encoder in encoders.items()
        }
        if vectors:
            clock["encode"] = time.perf_counter() - lap
        lap = time.perf_counter()
        words, corrections = question_words(self.index, question.words, question.prefixes)
        terms = weigh(self.index.statistics, words)
        allowed = pools(self.index, question.conditions, within)
        by_words = terms if config.mode != "dense" else None
        names = named(self.index, question.text, terms, corrections)
        places = sought(self.index, question.text, terms)
        clock["words"] = time.perf_counter() - lap
        depth = config.rerank_depth if reranker is not None or reader is not None else 0
        foreign = not any(reads(encoder, language) for encoder in encoders.values())
        most = k + skip
        n = max(config.candidates, most)
        while True:
            known = [*names, *places]
            found = retrieve(self.index, allowed, vectors=vectors, terms=by_words, n=n, named=known)
            taken = len(found.rows) if config.per_file else max(most, depth)
            hits, rows = in_order(
                self.index,
                self.fields,
                found,
                mode=config.mode,
                foreign=foreign,
                names=names,
                places=places,
                most=taken,
            )
            if len(at_most(hits, config.per_file)) >= most or len(found.rows) < n:
                break
            n *= 4  # copies of a few passages fill the candidates
        clock.update(found.seconds)

        lap = time.perf_counter()
        nearest = weighed(hits[:1], mode=config.mode, judged=False)
        strange = bool(hits) and not question.conditions
        strange = strange and nothing_like(question.text, terms, nearest, encoders.values())
        hits, rows = ([], []) if strange else (hits, rows)
        row_of = {(hit.index, where(hit)): row for hit, row in zip(hits, rows, strict=True)}
        hits, readings = rerank(question.text, hits, depth=depth, reranker=reranker, reader=reader)
        hits = weighed(hits, mode=config.mode, judged=reranker is not None)
        shown = listed(hits, k=k, skip=skip, config=config)
        head = hits[:depth] if reader is not None else []
        cited = {(hit.index, where(hit)): hit for hit in [*head, *shown]}
        marks = dict(
            zip(cited, marks_of(self.index, [row_of[each] for each in cited]), strict=True)
        )
        spans: list[Proposal] = []
        if reader is not None:
            own = [marks[hit.index, where(hit)] for hit in head]
            spans = proposals(question.text, head, readings, own, how=reader.calibration.answer)
        clock["rerank"] = time.perf_counter() - lap
        result = Result(
            question=asked,
            hits=tuple(self._freshness.marked(shown)),
            standalone=question.text,
            terms=terms,
            conditions=(*question.conditions, *chosen),
            indexes=self.index.snapshots,
            corrections=corrections if config.mode != "dense" else {},
            notes=understood(question)
            + unread(
                language,
                reranker=config.rerank and reranker is None,
                reader=read and reader is None,
            )
            + (() if hits else nothing_found(self.index, question, chosen, allowed, strange)),
            seconds=clock,
        )
        languages = self.index.statistics.languages
        wanted = wanted_terms(terms, languages, sights(question.conditions))
        return _Found(result, spans, marks, wanted)

    def _placed(self, found: _Found, result: Result) -> list[Hit]:
        """The hits of a result, cited where their words stand, with the lines that go with them."""
        answers = result.guesses if result.answer is None else (result.answer,)
        hits = placed(result.hits, found.marks, found.wanted, answers)
        return with_lines(self.index, hits, before=self.config.before, after=self.config.after)

    @property
    def _loading(self) -> dict[str, Any]:
        config = self.config
        return {
            "device": config.device,
            "threads": config.threads,
            "allow_download": config.allow_download,
        }

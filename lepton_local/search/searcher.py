"""The query engine: question -> candidates -> fused -> judged -> hits, and from the same pass the
words that answer.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

from lepton_local.config import SearchConfig
from lepton_local.models.load import load_encoder, load_reader, load_reranker
from lepton_local.models.roles import Encoder, Reader, Reranker
from lepton_local.search import checks
from lepton_local.search.answer import Proposal, answered
from lepton_local.search.asking import Asking, ready
from lepton_local.search.context import with_lines
from lepton_local.search.evidence import TOKENS, Evidence, evidence
from lepton_local.search.fields import Fields, built_with
from lepton_local.search.filters import condition_of
from lepton_local.search.found import Found, judged
from lepton_local.search.kinds import as_wanted
from lepton_local.search.lessons import Lessons, judging
from lepton_local.search.lookup import Finder, filtered, finder
from lepton_local.search.notes import nothing_found, with_absent
from lepton_local.search.place import placed
from lepton_local.search.related import with_related
from lepton_local.search.sought import Sought
from lepton_local.search.sources import Freshness, prove_result
from lepton_local.search.summary import MOST, PASSAGES, Summary, summary
from lepton_local.search.timely import timely
from lepton_local.searched import Condition
from lepton_local.store.index import Index
from lepton_local.store.names import TEXT
from lepton_local.store.union import union
from lepton_local.types import Hit, Result


class Searcher:
    """Searches one snapshot of an index. Models are loaded when they are first needed, and kept."""

    learnt: Lessons | None = None  # in place of what lies beside the index

    def __init__(
        self,
        index: Index,
        *,
        encoder: Encoder | None = None,
        fields: Mapping[str, Encoder] | None = None,
        reranker: Reranker | None = None,
        reader: Reader | None = None,
        config: SearchConfig | None = None,
        look: Finder | None = None,
    ) -> None:
        """encoder: of the texts; fields: the encoders of further fields, by their names; look: who
        looks for passages, this process unless given.

        Raises InputError for settings that cannot be and models that lack what their role needs,
        VersionError when an encoder did not make the vectors of its field.
        """
        self.index = index
        checked = checks.checked(config if config is not None else SearchConfig())
        self.config = judging(checked, index)
        self._within = filtered(index)
        self._look = look or finder(index, self._within)
        self._freshness = Freshness()
        given = {**(fields or {}), **({} if encoder is None else {TEXT: encoder})}
        load = partial(load_encoder, **self._loading)
        self.fields = Fields(index, self.config.fields or built_with(index), given, load)
        if reranker is not None:
            checks.check_model(reranker, Reranker, "reranker")
            self.reranker = reranker
        if reader is not None:
            checks.check_model(reader, Reader, "reader")
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
        """The encoder of the texts. Raises ModelError, or VersionError for another one."""
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
        return list(self.concluded(self._found(question, k, filters, skip=skip, read=False)).hits)

    def ranking(self, question: str, *, k: int, filters: Sequence[str] = ()) -> Sequence[Hit]:
        """What `search` finds, copies one by one, cited where passages begin: to measure it."""
        config = replace(self.config, fold=False)
        sought = self._sought(question, k, filters, skip=0, read=False, config=config)
        return self._seen(sought, k=k, skip=0).result.hits

    def answer(
        self,
        question: str,
        *,
        k: int = 10,
        filters: Sequence[str] = (),
        skip: int = 0,
        whole: bool = True,
        related: bool = False,
    ) -> Result:
        """The best `k` passages after the first `skip`, and the words in the best few of all that
        answer the question, if any do. whole: how and why are answered by whole sentences, and
        lists by all their items; without it, as all other questions are. related: with questions
        near it. Raises InputError for a blank question, k below 1, or an unknown filter.
        """
        began = time.perf_counter()
        found = self._found(question, k, filters, skip=skip, read=self.config.answer)
        result = self.concluded(found, whole=whole)
        result = with_related(found, result) if related else result
        return replace(result, seconds={**result.seconds, "total": time.perf_counter() - began})

    def evidence(
        self,
        question: str,
        *,
        tokens: int = TOKENS,
        k: int = 10,
        filters: Sequence[str] = (),
        skip: int = 0,
    ) -> Evidence:
        """The best passages, numbered and cited, as far as they fit in so many word pieces: what a
        language model is given. Raises InputError as `answer` does.
        """
        found = self._found(question, k, filters, skip=skip, read=False)
        return evidence(self.concluded(found), self.encoder, tokens=tokens)

    def summary(self, question: str, *, most: int = MOST, filters: Sequence[str] = ()) -> Summary:
        """Up to `most` sentences of the documents that together answer, none of which says what
        another does. Raises InputError as `answer` does.
        """
        found = self._found(question, PASSAGES, filters, skip=0, read=True)
        told = summary(found, self.fields, most=most)
        fresh = self._freshness.marked([each.hit for each in told.sentences])
        cited = zip(told.sentences, fresh, strict=True)
        return replace(told, sentences=tuple(replace(each, hit=hit) for each, hit in cited))

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
        A hit is most like one passage of it, its `like`. Raises InputError as `search` does."""
        from lepton_local.search.liken import likened  # this loads the parsers

        checks.check_limits(k, filters)
        within = self._within(tuple(map(condition_of, filters)), day=datetime.date.today())
        return self._freshness.marked(
            likened(self.index, self.fields, what, within, text=text, k=k)
        )

    def verify(self, result: Result) -> Result:
        """The same result, hits and answers marked by whether their files still say the same."""
        return prove_result(result, self.index)

    def asking(self, asked: str, filters: Sequence[Condition] = (), *, read: bool = True) -> Asking:
        """Make a question ready: take it apart, encode it, and choose who reads its language.

        Raises InputError for a blank one.
        """
        rerank = (lambda: self.reranker) if self.config.rerank else None
        answer = (lambda: self.reader) if read else None
        models: dict[str, Any] = {"reranker": rerank, "reader": answer}
        return ready(asked, self.index, self.fields, self.config, self.learnt, filters, **models)

    def stages(
        self, question: str, *, k: int = 10, filters: Sequence[str] = (), skip: int = 0
    ) -> Iterator[Result]:
        """What is known of an answer, as soon as it is: first the passages, before anything has
        judged them, then what `answer` gives, and then that with `related` questions.

        Raises InputError for a blank question, k below 1, or an unknown filter.
        """
        began = time.perf_counter()
        sought = self._sought(question, k, filters, skip=skip, read=self.config.answer)
        unread = replace(sought.ask, reranker=None, reader=None)
        early = self.judged(unread, sought.hits, sought.rows, k=k, skip=skip, depth=0)
        yield replace(self.concluded(early), notes=(), seconds=sought.seconds)
        found = self._seen(sought, k=k, skip=skip)
        result = self.concluded(found)
        total = {**result.seconds, "total": time.perf_counter() - began}
        yield (result := replace(result, seconds=total))
        yield with_related(found, result)

    def _found(self, asked: str, k: int, filters: Sequence[str], *, skip: int, read: bool) -> Found:
        return self._seen(self._sought(asked, k, filters, skip=skip, read=read), k=k, skip=skip)

    def _sought(
        self,
        asked: str,
        k: int,
        filters: Sequence[str],
        *,
        skip: int,
        read: bool,
        config: SearchConfig | None = None,
    ) -> Sought:
        checks.check_asked(asked, k, filters)
        checks.check_skip(skip)
        given = tuple(map(condition_of, filters))
        ask = self.asking(asked, given, read=read)
        chosen, how = (*ask.question.filters, *given), config or self.config
        return timely(self.index, self.fields, how, ask, chosen, self._look, most=k + skip)

    def _seen(self, sought: Sought, *, k: int, skip: int) -> Found:
        ask, lap = sought.ask, time.perf_counter()
        seen = self.judged(ask, sought.hits, sought.rows, k=k, skip=skip, depth=sought.depth)
        clock = {**sought.seconds, "rerank": time.perf_counter() - lap}
        notes = seen.result.notes + sought.notes
        chosen, left, told = sought.filters, sought.left, sought.conditions
        if seen.empty:
            notes += nothing_found(self.index, ask.question, chosen, left, seen.strange)
        result = replace(seen.result, conditions=told, notes=notes, seconds=clock)
        return replace(seen, result=with_absent(result, sought.missing))

    def judged(
        self,
        ask: Asking,
        hits: list[Hit],
        rows: Sequence[int],
        *,
        k: int,
        skip: int = 0,
        depth: int,
    ) -> Found:
        """What stands in these hits, of `rows`: the first `depth` are judged and read, `k` after
        the first `skip` are shown.
        """
        return judged(self.index, self.config, ask, hits, rows, k=k, skip=skip, depth=depth)

    def concluded(self, found: Found, *, whole: bool = True) -> Result:
        """The result with the answer that its spans give, or sentences or a list where the question
        wants the `whole`, and its hits cited where their words stand.
        """
        result = found.result
        result = replace(result, hits=tuple(self._freshness.marked(result.hits)))
        if found.spans:
            how = found.ask.lessons.answering(self.reader.calibration.answer)
            result = answered(result, found.spans, how, self._freshness.marked)
        if whole:
            result = as_wanted(result, found, self._freshness.marked)
        return replace(result, hits=tuple(self._placed(found, result)))

    def _placed(self, found: Found, result: Result) -> list[Hit]:
        """The hits of a result, cited where their words stand, with the lines that go with them."""
        answers = result.guesses if result.answer is None else (result.answer,)
        hits = placed(result.hits, found.marks, found.wanted, answers)
        return with_lines(self.index, hits, before=self.config.before, after=self.config.after)

    @property
    def _loading(self) -> dict[str, Any]:
        names = ("device", "threads", "allow_download")
        return {name: getattr(self.config, name) for name in names}

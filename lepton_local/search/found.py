"""What a question found: its candidates as hits, judged and read, before any of it is cited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from lepton_local.config import SearchConfig
from lepton_local.search.answer import Proposal, proposals
from lepton_local.search.asking import Asking
from lepton_local.search.expansion import expanded
from lepton_local.search.hits import Where, marks_of, openings, where
from lepton_local.search.listing import listed, nothing_like, weighed
from lepton_local.search.marked import key_of
from lepton_local.search.matched import Wanted, wanted_terms
from lepton_local.search.newest import newest_first, newest_spans
from lepton_local.search.notes import understood, unread
from lepton_local.search.rerank import rerank
from lepton_local.search.sights import sights
from lepton_local.store.index import Index
from lepton_local.types import Hit, Mark, Result


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found, before it is cited."""

    result: Result
    ask: Asking
    head: Sequence[Hit]  # those that were judged and read, best first; none without a reader
    spans: list[Proposal]
    marks: Mapping[tuple[str, Where], Sequence[Mark]]  # of the document of each hit here
    wanted: Wanted
    empty: bool  # no passage was found
    strange: bool  # what was found is like nothing that was asked


def judged(
    index: Index,
    config: SearchConfig,
    ask: Asking,
    hits: Sequence[Hit],
    rows: Sequence[int],
    *,
    k: int,
    skip: int,
    depth: int,
) -> Found:
    """What stands in these hits, of `rows`: the first `depth` are judged and read, `k` after the
    first `skip` are shown.
    """
    text, reader = ask.question.text, ask.reader
    nearest = weighed(hits[:1], mode=config.mode, judged=False)
    strange = bool(hits) and not ask.question.conditions
    strange = strange and nothing_like(text, ask.terms, nearest, ask.encoders)
    hits, rows = ([], []) if strange else (hits, rows)
    row_of = {(hit.index, where(hit)): row for hit, row in zip(hits, rows, strict=True)}
    share = ask.lessons.judge
    judge = ask.reranker
    hits, readings = rerank(
        text, hits, depth=depth, reranker=judge, reader=reader, share=share, seen=ask.seen
    )
    hits = weighed(hits, mode=config.mode, judged=ask.reranker is not None)
    newest = ask.question.newest
    shown = listed(newest_first(hits) if newest else hits, k=k, skip=skip, config=config)
    head = hits[:depth] if reader is not None else []
    cited = {(hit.index, where(hit)): hit for hit in [*head, *shown]}
    marks = dict(zip(cited, marks_of(index, [row_of[each] for each in cited]), strict=True))
    spans: list[Proposal] = []
    if reader is not None:
        places = [marks[hit.index, where(hit)] for hit in head]
        how = reader.calibration.answer
        opened = partial(openings, index, head, [row_of[hit.index, where(hit)] for hit in head])
        also = expanded(text, (head, places), openings=opened)
        spans = proposals(text, head, readings, places, how=how, also=also, alike=ask.alike)
        spans = [each for each in spans if key_of(each.text) not in ask.wrong]
        spans = newest_spans(spans, head) if newest else spans
    result = Result(
        question=ask.asked,
        hits=tuple(shown),
        standalone=text,
        terms=ask.terms,
        conditions=(*ask.question.conditions, *ask.question.filters),
        indexes=index.snapshots,
        corrections=ask.corrections,
        notes=understood(ask.question)
        + unread(
            ask.language,
            reranker=config.rerank and ask.reranker is None and not ask.only,
            reader=ask.reads and reader is None,
        ),
    )
    seen = sights(ask.question.conditions, text)
    wanted = wanted_terms(ask.terms, index.statistics.languages, seen)
    return Found(result, ask, head, spans, marks, wanted, empty=not hits, strange=strange)

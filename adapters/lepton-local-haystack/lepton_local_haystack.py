"""Passages and answers of a lepton-local index in Haystack."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.dataclasses import ExtractedAnswer

import lepton_local as lepton


@component
class LeptonRetriever:
    """The best passages of an index, or of several as if they were one, and the answers in them.

    The meta of a document are its record in `lepton-search query --json`: file, page, line,
    offsets, digest, how relevant it is. `filters` are lepton-local's: "type:pdf", "after:30d".
    """

    def __init__(
        self, index: str | list[str], top_k: int = 10, filters: list[str] | None = None
    ) -> None:
        """top_k and filters: for whoever is asked without any."""
        self.index, self.top_k, self.filters = index, top_k, filters or []
        self._searcher: lepton.Searcher | None = None

    def warm_up(self) -> None:
        """Open the index. Raises StoreError where there is none."""
        if self._searcher is None:
            self._searcher = lepton.Searcher.open(self.index)

    @component.output_types(documents=list[Document], answers=list[ExtractedAnswer])
    def run(
        self, query: str, top_k: int | None = None, filters: list[str] | None = None
    ) -> dict[str, Any]:
        """Passages, best first, and answers in the documents' own words, the surest first; none
        where the documents do not say.
        """
        self.warm_up()
        assert self._searcher is not None
        chosen = self.filters if filters is None else filters
        result = self._searcher.answer(query, k=top_k or self.top_k, filters=chosen)
        found = (result.answer, *result.answers) if result.answer else ()
        return {"documents": _documents(result), "answers": [_answer(result, a) for a in found]}

    def to_dict(self) -> dict[str, Any]:
        """What a pipeline writes of it."""
        return default_to_dict(self, index=self.index, top_k=self.top_k, filters=self.filters)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> LeptonRetriever:
        """What it was when it was written."""
        made: LeptonRetriever = default_from_dict(cls, data)
        return made


def _documents(result: lepton.Result) -> list[Document]:
    records = lepton.result_record(result)["hits"]
    return [
        Document(id=each["passage"], content=each.pop("text"), meta=each, score=each["relevance"])
        for each in records
    ]


def _answer(result: lepton.Result, answer: lepton.Answer) -> ExtractedAnswer:
    (document,) = _documents(replace(result, hits=(answer.hit,)))
    start = answer.start - answer.hit.passage.start
    return ExtractedAnswer(
        query=result.question,
        score=answer.confidence,
        data=answer.text,
        document=document,
        context=answer.quote,
        document_offset=ExtractedAnswer.Span(start, start + len(answer.text)),
        meta={"line": answer.line, "column": answer.column, "mark": answer.mark},
    )

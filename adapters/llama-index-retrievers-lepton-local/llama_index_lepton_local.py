"""Passages and answers of a lepton-local index in LlamaIndex."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

import lepton_local as lepton

_READ = ("document", "mark")  # of the metadata, what a language model is to read


class LeptonRetriever(BaseRetriever):
    """The best `k` passages of an index, or of several as if they were one.

    The metadata of a passage are its record in `lepton-search query --json`: file, page, line,
    offsets, digest, how relevant it is. `filters` are lepton-local's: "type:pdf", "after:30d".
    """

    def __init__(
        self, index: str | list[str], *, k: int = 10, filters: Sequence[str] = (), **given: Any
    ) -> None:
        """Raises StoreError where there is no index. given: what a BaseRetriever takes."""
        super().__init__(**given)
        self.searcher = lepton.Searcher.open(index)
        self.k, self.filters = k, tuple(filters)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = query_bundle.query_str
        hits = self.searcher.search(question, k=self.k, filters=self.filters)
        return nodes(lepton.Result(question, tuple(hits), indexes=self.searcher.index.snapshots))


class LeptonQueryEngine(BaseQueryEngine):
    """Answers in the documents' own words; no language model is asked. The metadata of a response
    are the record of its answer, and of the further ones.
    """

    def __init__(self, retriever: LeptonRetriever) -> None:
        super().__init__(callback_manager=CallbackManager())
        self._retriever = retriever

    def _query(self, query_bundle: QueryBundle) -> Response:
        asked = self._retriever
        result = asked.searcher.answer(query_bundle.query_str, k=asked.k, filters=asked.filters)
        record = lepton.result_record(result)
        told = {name: record[name] for name in ("answer", "answers", "null_confidence")}
        text = result.answer.text if result.answer else "The documents do not say."
        return Response(text, source_nodes=nodes(result), metadata=told)

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}


def nodes(result: lepton.Result) -> list[NodeWithScore]:
    """The passages of a result."""
    found = []
    for each in lepton.result_record(result)["hits"]:
        hidden = [name for name in each if name not in _READ]
        node = TextNode(
            id_=each["passage"],
            text=each.pop("text"),
            metadata=each,
            start_char_idx=each["start"],
            end_char_idx=each["end"],
            excluded_llm_metadata_keys=hidden,
            excluded_embed_metadata_keys=hidden,
        )
        found.append(NodeWithScore(node=node, score=each["relevance"]))
    return found

"""Passages and answers of a lepton-local index in LangChain."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool, tool
from pydantic import ConfigDict, Field

import lepton_local as lepton


class LeptonRetriever(BaseRetriever):
    """The best `k` passages of an index, or of several as if they were one.

    The metadata of a passage are its record in `lepton-search query --json`: file, page, line,
    offsets, digest, how relevant it is. `filters` are lepton-local's: "type:pdf", "after:30d".
    """

    model_config = ConfigDict(ignored_types=(cached_property,))

    index: str | list[str]
    k: int = Field(default=10, ge=1)
    filters: list[str] = Field(default_factory=list)

    @cached_property
    def searcher(self) -> lepton.Searcher:
        """What is asked: the state in which the index is when it is asked first."""
        return lepton.Searcher.open(self.index)

    def ask(self, question: str, **choices: Any) -> dict[str, Any]:
        """The whole record of a question. choices: `k` and `filters`, of this question alone."""
        chosen = {"k": self.k, "filters": self.filters, **choices}
        return lepton.result_record(self.searcher.answer(question, **chosen))

    def answer_tool(
        self,
        name: str = "answer_from_documents",
        description: str = "Answer a question in the words of the user's own documents.",
    ) -> BaseTool:
        """A tool that answers in the documents' own words and says where they stand; the whole
        record goes along as its artifact.
        """

        def answer(question: str) -> tuple[str, dict[str, Any]]:
            record = self.ask(question)
            found = record["answer"]
            if found is None:
                return "The documents do not say.", record
            place = f"{found['document']}, line {found['line']}"
            return f"{found['text']} ({place}: {found['quote']})", record

        made = tool(name, description=description, response_format="content_and_artifact")
        return made(answer)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **choices: Any
    ) -> list[Document]:
        chosen = {"k": self.k, "filters": self.filters, **choices}
        hits = self.searcher.search(query, **chosen)
        records = lepton.result_record(
            lepton.Result(query, tuple(hits), indexes=self.searcher.index.snapshots)
        )["hits"]
        return [
            Document(page_content=each.pop("text"), metadata=each, id=each["passage"])
            for each in records
        ]

"""Against a real index of three short files, with the bundled models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_lepton_local import LeptonRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

import lepton_local as lepton

TEXTS = {
    "otters.md": "# Otters\n\nAn otter sleeps in a holt, which it digs into the bank of a river.\n",
    "bees.md": "# Bees\n\nA bee sleeps in its hive. The hive holds forty thousand bees.\n",
    "rent.txt": "The rent is due on the third of each month. It is paid to the bank.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("adapter")
    (folder / "docs").mkdir()
    for name, text in TEXTS.items():
        (folder / "docs" / name).write_text(text)
    lepton.build(folder / "docs", folder / "index")
    return str(folder / "index")


@pytest.fixture
def retriever(index: str) -> LeptonRetriever:
    return LeptonRetriever(index=index, k=2)


class TestStandard(RetrieversIntegrationTests):
    """LangChain's own suite."""

    @pytest.fixture(autouse=True)
    def _index(self, index: str) -> None:
        self.index = index

    @property
    def retriever_constructor(self) -> type[LeptonRetriever]:
        return LeptonRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"index": self.index}

    @property
    def retriever_query_example(self) -> str:
        return "Where does an otter sleep?"


def test_a_document_says_where_it_stands(retriever: LeptonRetriever) -> None:
    first, *others = retriever.invoke("Where does an otter sleep?")
    assert len(others) == 1
    path = Path(first.metadata["file"])
    assert path.name == "otters.md"
    start, end = first.metadata["start"], first.metadata["end"]
    assert path.read_text()[start:end] == first.page_content
    only = retriever.invoke("Where does an otter sleep?", filters=["type:text"])
    assert [each.metadata["path"] for each in only] == ["rent.txt"]


def test_the_tool_answers_and_says_when_it_cannot(retriever: LeptonRetriever) -> None:
    tool = retriever.answer_tool()
    call = {"name": tool.name, "args": {"question": "When is the rent due?"}, "id": "1"}
    told = tool.invoke({**call, "type": "tool_call"})
    assert "third of each month" in told.content
    assert "rent.txt, line 1" in told.content
    assert told.artifact["answer"]["path"] == "rent.txt"
    assert tool.invoke({"question": "Who wrote the opera Carmen?"}) == "The documents do not say."
